/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to model-specific registers that may not exist: a fault becomes an error. No state. */
#include <hv/errno.h>
#include <asm/extable.h>
#include <asm/msr.h>

int rdmsr_safe(uint32_t msr, uint64_t *val)
{
    uint32_t lo, hi;
    int rc = -EFAULT;

    __asm__ volatile("1: rdmsr\n"
                     "xor %0, %0\n"
                     "2:\n" EX_TABLE("1b", "2b")
                     : "+r"(rc), "=a"(lo), "=d"(hi)
                     : "c"(msr), "a"(0), "d"(0));
    *val = lo | (uint64_t)hi << 32;
    return rc;
}

int wrmsr_safe(uint32_t msr, uint64_t val)
{
    int rc = -EFAULT;

    __asm__ volatile("1: wrmsr\n"
                     "xor %0, %0\n"
                     "2:\n" EX_TABLE("1b", "2b")
                     : "+r"(rc)
                     : "c"(msr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32))
                     : "memory");
    return rc;
}
