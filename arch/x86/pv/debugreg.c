/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PV vCPU's debug registers (SDM vol. 3B 18.2).
 *
 * The CPU has DR0 to DR3 and DR7 of the vCPU that runs there while that has a breakpoint enabled;
 * DR6 is not put there: it is at its reset value but for the moment between a #DB and its handler,
 * which adds what the CPU said to the vCPU's own. Breakpoints on I/O are never the CPU's, where the
 * hypervisor's own accesses would meet them: a guest's ports are emulated, and so is what watches
 * them. Each call acts on the current vCPU or on one that does not run; no locks.
 */
#include <hv/guest-access.h>
#include <hv/nospec.h>
#include <asm/debugreg.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <gen/hypercall-dispatch.h>

#define DR7_ENABLE(i)      (3UL << (2 * (i))) /* locally, globally */
#define DR7_RW(i)          (3UL << (16 + 4 * (i)))
#define DR7_LEN(i)         (3UL << (18 + 4 * (i)))
#define DR7_RW_OF(dr7, i)  (((dr7) >> (16 + 4 * (i))) & 3)
#define DR7_LEN_OF(dr7, i) (((dr7) >> (18 + 4 * (i))) & 3)

enum { RW_EXECUTE, RW_WRITE, RW_IO, RW_ACCESS };

static bool is_canonical(unsigned long va)
{
    return (unsigned long)((long)(va << 16) >> 16) == va;
}

/* Breakpoints on I/O exist with CR4.DE only. */
static bool dr7_valid(const struct vcpu *v, unsigned long dr7)
{
    if (v->arch.pv.ctrlreg[4] & CR4_DE) {
        return true;
    }
    for (unsigned int i = 0; i < DR_ADDR_REGS; i++) {
        if (DR7_RW_OF(dr7, i) == RW_IO) {
            return false;
        }
    }
    return true;
}

/* What of it the CPU gets. A length with an instruction breakpoint is undefined there. */
static unsigned long dr7_for_cpu(unsigned long dr7)
{
    for (unsigned int i = 0; i < DR_ADDR_REGS; i++) {
        if (DR7_RW_OF(dr7, i) == RW_IO) {
            dr7 &= ~(DR7_ENABLE(i) | DR7_RW(i) | DR7_LEN(i));
        } else if (DR7_RW_OF(dr7, i) == RW_EXECUTE) {
            dr7 &= ~DR7_LEN(i);
        }
    }
    return dr7;
}

void pv_load_debugregs(const struct vcpu *v)
{
    const unsigned long *dr = v->arch.pv.dr;

    __asm__ volatile("mov %0, %%db0" : : "r"(dr[0]));
    __asm__ volatile("mov %0, %%db1" : : "r"(dr[1]));
    __asm__ volatile("mov %0, %%db2" : : "r"(dr[2]));
    __asm__ volatile("mov %0, %%db3" : : "r"(dr[3]));
    __asm__ volatile("mov %0, %%db7" : : "r"(v->arch.pv.dr7_cpu));
}

static long set_dr7(struct vcpu *v, unsigned long value)
{
    if (value >> 32) {
        return -EINVAL;
    }
    value &= ~DR7_ZERO;
    value |= DR7_RESET;
    if (value & DR7_GD) {
        return -EPERM;
    }
    if ((value & DR7_ENABLED) && !dr7_valid(v, value)) {
        return -EPERM;
    }
    v->arch.pv.dr[7] = value;
    v->arch.pv.dr7_cpu = dr7_for_cpu(value);
    return 0;
}

long pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value)
{
    unsigned long *dr = v->arch.pv.dr;
    long rc = 0;

    if ((reg == 4 || reg == 5) && !(v->arch.pv.ctrlreg[4] & CR4_DE)) {
        reg += 2;
    }
    switch (reg) {
    case 0:
    case 1:
    case 2:
    case 3:
        /* A breakpoint on the hypervisor would fire inside it. */
        if (!guest_access_ok(guest_ptr(value), 1) || !is_canonical(value)) {
            return -EPERM;
        }
        dr[array_index_nospec(reg, DR_ADDR_REGS)] = value;
        break;
    case 6:
        if (value >> 32) {
            return -EINVAL;
        }
        dr[6] = (value & ~DR6_ZERO) | DR6_RESET;
        break;
    case 7:
        rc = set_dr7(v, value);
        break;
    default:
        return -ENODEV;
    }
    if (!rc && v == current) {
        pv_load_debugregs(v);
    }
    return rc;
}

long do_set_debugreg(int reg, unsigned long value)
{
    return pv_set_debugreg(current, (unsigned int)reg, value);
}

long do_get_debugreg(int reg)
{
    const struct vcpu *v = current;
    unsigned int nr = (unsigned int)reg;

    if ((nr == 4 || nr == 5) && !(v->arch.pv.ctrlreg[4] & CR4_DE)) {
        nr += 2;
    }
    if (nr > 7 || nr == 4 || nr == 5) {
        return -ENODEV;
    }
    return (long)v->arch.pv.dr[array_index_nospec(nr, 8)];
}

void pv_debug_status(struct vcpu *v, unsigned long status)
{
    /* Matches with DR0 to DR3 of a vCPU that ran here before. */
    if (!(v->arch.pv.dr7_cpu & DR7_ENABLED)) {
        status &= ~DR6_MATCHES;
    }
    v->arch.pv.dr[6] |= status & ~DR6_RESET;
    v->arch.pv.dr[6] &= status | ~DR6_RESET;
}

unsigned long pv_io_matches(const struct vcpu *v, unsigned int port, unsigned int bytes)
{
    const unsigned long *dr = v->arch.pv.dr;
    unsigned long matches = 0;

    if (!(v->arch.pv.ctrlreg[4] & CR4_DE)) {
        return 0;
    }
    for (unsigned int i = 0; i < DR_ADDR_REGS; i++) {
        static const uint8_t width[] = { 1, 2, 8, 4 };
        unsigned long watched = width[DR7_LEN_OF(dr[7], i)], start = dr[i] & ~(watched - 1);

        if ((dr[7] & DR7_ENABLE(i)) && DR7_RW_OF(dr[7], i) == RW_IO && start < port + bytes &&
            port < start + watched) {
            matches |= 1UL << i;
        }
    }
    return matches;
}
