/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls: the raw call through the transfer page, and one thin wrapper a hypercall.
 *
 * Owns nothing. A wrapper adds no policy: it answers what the hypervisor answered. The three kinds
 * of start file (start-note.S, start-msr.S, start-syscall.S) differ only in who fills
 * hypercall_page.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <stdint.h>
#include <stddef.h>
#include <public/xen.h>
#include <public/callback.h>
#include <public/domctl.h>
#include <public/event_channel.h>
#include <public/memory.h>
#include <public/nmi.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>

#define HYPERCALL_STRIDE 32

extern char hypercall_page[];

/* The general form: any number, up to five arguments. The hypervisor may change argument registers.
 */
static inline long hypercall(unsigned int nr, unsigned long a1, unsigned long a2, unsigned long a3,
                             unsigned long a4, unsigned long a5)
{
    register unsigned long r10 __asm__("r10") = a4;
    register unsigned long r8 __asm__("r8") = a5;
    unsigned long entry = (unsigned long)hypercall_page + (unsigned long)nr * HYPERCALL_STRIDE;
    long ret;

    __asm__ volatile("call *%%rax"
                     : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                     : "0"(entry)
                     : "memory");
    return ret;
}

#define hypercall0(nr)       hypercall(nr, 0, 0, 0, 0, 0)
#define hypercall1(nr, a)    hypercall(nr, (unsigned long)(a), 0, 0, 0, 0)
#define hypercall2(nr, a, b) hypercall(nr, (unsigned long)(a), (unsigned long)(b), 0, 0, 0)
#define hypercall3(nr, a, b, c)                                                                    \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), 0, 0)
#define hypercall4(nr, a, b, c, d)                                                                 \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), (unsigned long)(d), 0)

static inline long hv_set_trap_table(const struct trap_info *table)
{
    return hypercall1(__HYPERVISOR_set_trap_table, table);
}

static inline long hv_mmu_update(const struct mmu_update *req, unsigned int count,
                                 unsigned int *done, unsigned int foreigndom)
{
    return hypercall4(__HYPERVISOR_mmu_update, req, count, done, foreigndom);
}

static inline long hv_mmuext_op(const struct mmuext_op *op, unsigned int count, unsigned int *done,
                                unsigned int foreigndom)
{
    return hypercall4(__HYPERVISOR_mmuext_op, op, count, done, foreigndom);
}

static inline long hv_set_gdt(const unsigned long *frames, unsigned int entries)
{
    return hypercall2(__HYPERVISOR_set_gdt, frames, entries);
}

static inline long hv_stack_switch(unsigned long ss, unsigned long sp)
{
    return hypercall2(__HYPERVISOR_stack_switch, ss, sp);
}

static inline long hv_set_callbacks(unsigned long event, unsigned long failsafe,
                                    unsigned long syscall)
{
    return hypercall3(__HYPERVISOR_set_callbacks, event, failsafe, syscall);
}

static inline long hv_fpu_taskswitch(int set)
{
    return hypercall1(__HYPERVISOR_fpu_taskswitch, set);
}

static inline long hv_platform_op(struct xen_platform_op *op)
{
    return hypercall1(__HYPERVISOR_platform_op, op);
}

static inline long hv_set_debugreg(int reg, unsigned long value)
{
    return hypercall2(__HYPERVISOR_set_debugreg, reg, value);
}

static inline long hv_get_debugreg(int reg)
{
    return hypercall1(__HYPERVISOR_get_debugreg, reg);
}

static inline long hv_update_descriptor(uint64_t maddr, uint64_t desc)
{
    return hypercall2(__HYPERVISOR_update_descriptor, maddr, desc);
}

static inline long hv_memory_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_memory_op, cmd, arg);
}

static inline long hv_multicall(struct multicall_entry *calls, unsigned int nr)
{
    return hypercall2(__HYPERVISOR_multicall, calls, nr);
}

static inline long hv_update_va_mapping(unsigned long va, uint64_t pte, unsigned long flags)
{
    return hypercall3(__HYPERVISOR_update_va_mapping, va, pte, flags);
}

static inline long hv_update_va_mapping_otherdomain(unsigned long va, uint64_t pte,
                                                    unsigned long flags, unsigned int domid)
{
    return hypercall4(__HYPERVISOR_update_va_mapping_otherdomain, va, pte, flags, domid);
}

static inline long hv_set_timer_op(uint64_t deadline)
{
    return hypercall1(__HYPERVISOR_set_timer_op, deadline);
}

static inline long hv_xen_version(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_xen_version, cmd, arg);
}

static inline long hv_console_io(unsigned int cmd, unsigned int count, char *text)
{
    return hypercall3(__HYPERVISOR_console_io, cmd, count, text);
}

static inline long hv_vm_assist(unsigned int cmd, unsigned int type)
{
    return hypercall2(__HYPERVISOR_vm_assist, cmd, type);
}

static inline long hv_vcpu_op(int cmd, unsigned int vcpu, void *arg)
{
    return hypercall3(__HYPERVISOR_vcpu_op, cmd, vcpu, arg);
}

static inline long hv_set_segment_base(int which, unsigned long base)
{
    return hypercall2(__HYPERVISOR_set_segment_base, which, base);
}

static inline long hv_nmi_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_nmi_op, cmd, arg);
}

static inline long hv_sched_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_sched_op, cmd, arg);
}

static inline long hv_callback_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_callback_op, cmd, arg);
}

static inline long hv_event_channel_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static inline long hv_physdev_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_physdev_op, cmd, arg);
}

static inline long hv_grant_table_op(unsigned int cmd, void *arg, unsigned int count)
{
    return hypercall3(__HYPERVISOR_grant_table_op, cmd, arg, count);
}

static inline long hv_sysctl(struct xen_sysctl *op)
{
    return hypercall1(__HYPERVISOR_sysctl, op);
}

static inline long hv_domctl_as_it_is(struct xen_domctl *op)
{
    return hypercall1(__HYPERVISOR_domctl, op);
}

/* The same; an argument in our headers' interface version goes in the hypervisor's, and comes back.
 */
long hv_domctl(struct xen_domctl *op);

#endif
