/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-vCPU data, reached through the kernel's GS base.
 *
 * The first members' offsets are known to entry.S (CPU_* below); static assertions in smp.c keep
 * both in step. A record is only ever changed by its own vCPU, except `online`.
 */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#define CPU_SELF        0
#define CPU_USER_RESUME 8
#define CPU_MAX         64
#define CPU_STACK_SIZE  16384

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>
#include <public/xen.h>

struct trap_catch;
struct trap_regs;

struct guest_cpu {
    struct guest_cpu *self;
    unsigned long user_resume;   /* stack pointer of the user_run() in progress, or 0 */
    struct trap_regs *user_regs; /* where that user_run() wants the registers */
    struct trap_catch *catch;    /* innermost trap_call() in progress */
    struct vcpu_info *info;
    struct evtchn_fifo_control_block *fifo;
    uint32_t fifo_head[16];
    unsigned int id;
    volatile bool online;
    volatile unsigned long upcalls;
    volatile unsigned long failsafes;
    volatile unsigned long nmis;
    void *stack;
    void *trap_stack;
    void (*entry)(void *arg);
    void *arg;
};

extern struct guest_cpu guest_cpus[CPU_MAX];

static inline struct guest_cpu *this_cpu(void)
{
    struct guest_cpu *cpu;

    __asm__("movq %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

/* Virtual interrupt flag: the upcall mask of this vCPU. */
static inline void events_mask(void)
{
    *(volatile uint8_t *)&this_cpu()->info->evtchn_upcall_mask = 1;
    __asm__ volatile("" ::: "memory");
}

static inline bool events_masked(void)
{
    return *(volatile uint8_t *)&this_cpu()->info->evtchn_upcall_mask != 0;
}

static inline uint64_t cpu_rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return ((uint64_t)hi << 32) | lo;
}

static inline void cpu_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}

/* Unmask, and take what became pending meanwhile. */
void events_unmask(void);

#endif
#endif
