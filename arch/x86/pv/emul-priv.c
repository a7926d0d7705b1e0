/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privileged instructions of a PV guest. They fault with #GP(0), since the guest runs in ring 3;
 * those that the ABI promises are done here on the guest's behalf, everything else becomes the #GP
 * that the guest would have had. Port accesses are in emul-io.c, MSRs in emul-msr.c. Current vCPU;
 * no locks.
 */
#include <hv/domain.h>
#include <asm/cpu-policy.h>
#include <asm/cpufeature.h>
#include <asm/extable.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/pv-mm.h>
#include <asm/xstate.h>
#include "emul-fetch.h"
#include "emul.h"

static unsigned long guest_cr3(const struct vcpu *v)
{
    return maddr_x(mfn_to_maddr(v->arch.guest_table));
}

static enum emul_result read_cr(struct vcpu *v, unsigned int cr, uint64_t *reg)
{
    switch (cr) {
    case 0:
        *reg = v->arch.pv.ctrlreg[0];
        return EMUL_DONE;
    case 2:
        *reg = v->vcpu_info->arch.cr2;
        return EMUL_DONE;
    case 3:
        *reg = guest_cr3(v);
        return EMUL_DONE;
    case 4:
        *reg = v->arch.pv.ctrlreg[4];
        return EMUL_DONE;
    default:
        return EMUL_REFUSED;
    }
}

/* A table whose validation was preempted keeps what was done; the instruction is issued again. */
static enum emul_result load_cr3(mfn_t root)
{
    int rc = pv_new_cr3(root);

    return !rc ? EMUL_DONE : rc == -ERESTART ? EMUL_AGAIN : EMUL_REFUSED;
}

static enum emul_result write_cr(struct vcpu *v, unsigned int cr, uint64_t val)
{
    unsigned long may_set;

    switch (cr) {
    case 0:
        if ((val ^ v->arch.pv.ctrlreg[0]) & ~(uint64_t)CR0_TS) {
            return EMUL_REFUSED;
        }
        (void)do_fpu_taskswitch(!!(val & CR0_TS));
        return EMUL_DONE;
    case 2:
        v->arch.pv.ctrlreg[2] = val;
        v->vcpu_info->arch.cr2 = val;
        return EMUL_DONE;
    case 3:
        return load_cr3(maddr_to_mfn(_maddr(val)));
    case 4:
        may_set = pv_cr4_may_set(v->domain);
        v->arch.pv.ctrlreg[4] = (v->arch.pv.ctrlreg[4] & ~may_set) | (val & may_set);
        pv_load_cr4(v);
        return EMUL_DONE;
    default:
        return EMUL_REFUSED;
    }
}

/* MOV to and from control and debug registers: 0f 20..23. */
static enum emul_result mov_special(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn,
                                    uint8_t op)
{
    unsigned int nr;
    uint64_t *reg;
    uint8_t modrm;
    long val;

    if (!insn_byte(insn, &modrm)) {
        return EMUL_REFUSED;
    }
    nr = ((modrm >> 3) & 7) | (insn->rex & 4) << 1;
    reg = insn_reg(regs, (modrm & 7) | (insn->rex & 1) << 3);
    switch (op) {
    case 0x20:
        return read_cr(v, nr, reg);
    case 0x22:
        return write_cr(v, nr, *reg);
    case 0x21:
        if (nr > 7) {
            return EMUL_REFUSED;
        }
        val = do_get_debugreg((int)nr);
        if (val == -ENODEV) {
            return EMUL_REFUSED;
        }
        *reg = (uint64_t)val;
        return EMUL_DONE;
    default:
        return pv_set_debugreg(v, nr, *reg) ? EMUL_REFUSED : EMUL_DONE;
    }
}

static void emulate_cpuid(const struct vcpu *v, struct cpu_user_regs *regs)
{
    struct cpuid_leaf leaf;

    pv_cpuid(v, (uint32_t)regs->rax, (uint32_t)regs->rcx, &leaf);
    regs->rax = leaf.a;
    regs->rbx = leaf.b;
    regs->rcx = leaf.c;
    regs->rdx = leaf.d;
}

/* With CR4.TSD the CPU refuses both modes, which are the same to it. */
static bool may_read_tsc(const struct vcpu *v)
{
    return !(v->arch.pv.ctrlreg[4] & CR4_TSD) || guest_kernel_mode(v);
}

static enum emul_result group_01(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn)
{
    uint64_t tsc;
    uint8_t modrm;

    if (!insn_byte(insn, &modrm)) {
        return EMUL_REFUSED;
    }
    switch (modrm) {
    case 0xd1: /* XSETBV */
        if (!(v->arch.pv.ctrlreg[4] & CR4_OSXSAVE)) {
            pv_inject_trap(v, regs, TRAP_UD, PV_NO_ERROR_CODE);
            return EMUL_AGAIN;
        }
        if ((uint32_t)regs->rcx || !guest_kernel_mode(v) ||
            xstate_set_xcr0(v, (uint32_t)regs->rax | (uint64_t)(uint32_t)regs->rdx << 32)) {
            return EMUL_REFUSED;
        }
        return EMUL_DONE;
    case 0xf9: /* RDTSCP */
        if (!may_read_tsc(v)) {
            return EMUL_REFUSED;
        }
        __asm__ volatile("rdtsc; shl $32, %%rdx; or %%rdx, %%rax" : "=a"(tsc) : : "rdx");
        regs->rax = (uint32_t)tsc;
        regs->rdx = tsc >> 32;
        regs->rcx = v->arch.pv.tsc_aux;
        return EMUL_DONE;
    default:
        return EMUL_REFUSED;
    }
}

static enum emul_result two_byte(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn)
{
    bool kernel = guest_kernel_mode(v);
    uint64_t val;
    uint8_t op;

    if (!insn_byte(insn, &op)) {
        return EMUL_REFUSED;
    }
    switch (op) {
    case 0x01:
        return group_01(v, regs, insn);
    case 0xa2:
        emulate_cpuid(v, regs);
        return EMUL_DONE;
    case 0x31:
        if (!may_read_tsc(v)) {
            return EMUL_REFUSED;
        }
        __asm__ volatile("rdtsc; shl $32, %%rdx; or %%rdx, %%rax" : "=a"(val) : : "rdx");
        regs->rax = (uint32_t)val;
        regs->rdx = val >> 32;
        return EMUL_DONE;
    default:
        break;
    }
    if (!kernel) {
        return EMUL_REFUSED;
    }
    switch (op) {
    case 0x06: /* CLTS */
        (void)do_fpu_taskswitch(0);
        return EMUL_DONE;
    case 0x09: /* WBINVD */
        if (pv_may_use_devices(v->domain)) {
            wbinvd();
        }
        return EMUL_DONE;
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
        return mov_special(v, regs, insn, op);
    case 0x30:
        return pv_wrmsr(v, (uint32_t)regs->rcx,
                        (uint32_t)regs->rax | (uint64_t)(uint32_t)regs->rdx << 32);
    case 0x32:
        if (pv_rdmsr(v, (uint32_t)regs->rcx, &val) != EMUL_DONE) {
            return EMUL_REFUSED;
        }
        regs->rax = (uint32_t)val;
        regs->rdx = val >> 32;
        return EMUL_DONE;
    default:
        return EMUL_REFUSED;
    }
}

static enum emul_result one_insn(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn)
{
    uint8_t op;

    if (!insn_prefixes(insn) || !insn_byte(insn, &op)) {
        return EMUL_REFUSED;
    }
    switch (op) {
    case 0x0f:
        return two_byte(v, regs, insn);
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f:
        return pv_string_io(v, regs, insn, op);
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef:
        return pv_port_io(v, regs, insn, op);
    case 0xfa: /* CLI and STI mean nothing, but are allowed to who has I/O privilege. */
    case 0xfb:
        return pv_iopl_ok(v) ? EMUL_DONE : EMUL_REFUSED;
    default:
        return EMUL_REFUSED;
    }
}

#define AR_TYPE_CODE (3U << 11) /* no system segment, and executable */
#define AR_LONG      (1U << 21)

enum code_kind {
    CODE_OTHER,
    CODE_LONG,
    CODE_GONE, /* another vCPU has taken the LDT's page out of the window since the fault */
};

/*
 * Only 64-bit code is emulated, whose segments have no base but FS and GS. The guest may use any
 * code segment of its tables, which are loaded (SDM volume 2, LAR).
 */
static enum code_kind code_kind(uint16_t selector)
{
    uint32_t rights = 0, gone = 1;

    if (likely(selector == FLAT_RING3_CS64)) {
        return CODE_LONG;
    }
    __asm__ volatile("1: lar %2, %0\n"
                     "   mov $0, %1\n"
                     "2:\n" EX_TABLE("1b", "2b")
                     : "+r"(rights), "+r"(gone)
                     : "r"((uint32_t)selector)
                     : "cc");
    if (gone) {
        return CODE_GONE;
    }
    return (rights & (AR_TYPE_CODE | AR_LONG)) == (AR_TYPE_CODE | AR_LONG) ? CODE_LONG : CODE_OTHER;
}

bool pv_emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs)
{
    enum code_kind kind = code_kind(regs->cs);
    struct insn insn;

    if (unlikely(kind == CODE_GONE)) {
        return true; /* the way back finds the page again, and the instruction faults again */
    }
    if (kind != CODE_LONG || !insn_fetch(&insn, regs)) {
        return false;
    }
    switch (one_insn(v, regs, &insn)) {
    case EMUL_DONE:
        insn_retire_met(v, regs, insn.at, insn.dr6);
        return true;
    case EMUL_AGAIN:
        return true;
    default:
        return false;
    }
}

/* "ud2; .ascii xen" in front of CPUID: 0f 0b 78 65 6e 0f a2. */
bool pv_emulate_forced(struct vcpu *v, struct cpu_user_regs *regs)
{
    static const uint8_t forced_cpuid[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
    uint8_t bytes[sizeof(forced_cpuid)];

    if (copy_from_guest(bytes, guest_ptr(regs->rip), sizeof(bytes)) ||
        memcmp(bytes, forced_cpuid, sizeof(bytes))) {
        return false;
    }
    emulate_cpuid(v, regs);
    insn_retire(v, regs, sizeof(bytes));
    return true;
}
