/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that C has no words for: control registers, descriptor tables, CPUID. */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <hv/compiler.h>
#include <asm/cpu-defs.h>

struct cpuid_regs {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(uint32_t leaf, uint32_t sub)
{
    struct cpuid_regs r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(sub));
    return r;
}

#define CONTROL_REGISTER(cr)                                                                       \
    static inline unsigned long read_##cr(void)                                                    \
    {                                                                                              \
        unsigned long v;                                                                           \
                                                                                                   \
        __asm__ volatile("mov %%" #cr ", %0" : "=r"(v));                                           \
        return v;                                                                                  \
    }                                                                                              \
    static inline void write_##cr(unsigned long v)                                                 \
    {                                                                                              \
        __asm__ volatile("mov %0, %%" #cr ::"r"(v) : "memory");                                    \
    }
CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)
#undef CONTROL_REGISTER

static inline void clts(void)
{
    __asm__ volatile("clts");
}

static inline void invlpg(unsigned long va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

static inline void wbinvd(void)
{
    __asm__ volatile("wbinvd" ::: "memory");
}

/* What LGDT and LIDT take. */
struct desc_ptr {
    uint16_t limit;
    uint64_t base;
} __packed;

static inline void lgdt(const struct desc_ptr *p)
{
    __asm__ volatile("lgdt %0" ::"m"(*p));
}

static inline void lidt(const struct desc_ptr *p)
{
    __asm__ volatile("lidt %0" ::"m"(*p));
}

static inline void ltr(uint16_t sel)
{
    __asm__ volatile("ltr %0" ::"rm"(sel));
}

static inline void lldt(uint16_t sel)
{
    __asm__ volatile("lldt %0" ::"rm"(sel));
}

static inline void halt(void)
{
    __asm__ volatile("hlt" ::: "memory");
}

/* Sleeps until an interrupt, without losing one that came just before. Interrupts on afterwards. */
static inline void safe_halt(void)
{
    __asm__ volatile("sti; hlt" ::: "memory");
}

#endif
