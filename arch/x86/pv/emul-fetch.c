/* SPDX-License-Identifier: GPL-2.0-only */
/* Fetching and splitting a guest's instruction. Pure but for the one guest read; no locks. */
#include <asm/pv.h>

#include "emul-fetch.h"

#define DR6_SINGLE_STEP (1UL << 14)

bool insn_fetch(struct insn *insn, const struct cpu_user_regs *regs)
{
    unsigned long to_page_end = PAGE_SIZE - (regs->rip & ~PAGE_MASK);

    *insn = (struct insn){ .len = MAX_INSN_LEN };
    if (!copy_from_guest(insn->bytes, guest_ptr(regs->rip), MAX_INSN_LEN)) {
        return true;
    }
    if (to_page_end >= MAX_INSN_LEN) {
        return false;
    }
    insn->len = (unsigned int)to_page_end;
    return !copy_from_guest(insn->bytes, guest_ptr(regs->rip), to_page_end);
}

bool insn_prefixes(struct insn *insn)
{
    for (; insn->at < insn->len; insn->at++) {
        switch (insn->bytes[insn->at]) {
        case 0x66:
            insn->opsize16 = true;
            continue;
        case 0x67:
            continue;
        case 0xf2:
        case 0xf3:
            insn->rep = true;
            continue;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
            insn->segment_override = true;
            insn->segment = insn->bytes[insn->at];
            continue;
        case 0xf0:
            return false;
        default:
            break;
        }
        if ((insn->bytes[insn->at] & 0xf0) == 0x40) {
            insn->rex = insn->bytes[insn->at++];
        }
        return insn->at < insn->len;
    }
    return false;
}

uint64_t *insn_reg(struct cpu_user_regs *regs, unsigned int nr)
{
    switch (nr & 15) {
    case 0:
        return &regs->rax;
    case 1:
        return &regs->rcx;
    case 2:
        return &regs->rdx;
    case 3:
        return &regs->rbx;
    case 4:
        return &regs->rsp;
    case 5:
        return &regs->rbp;
    case 6:
        return &regs->rsi;
    case 7:
        return &regs->rdi;
    case 8:
        return &regs->r8;
    case 9:
        return &regs->r9;
    case 10:
        return &regs->r10;
    case 11:
        return &regs->r11;
    case 12:
        return &regs->r12;
    case 13:
        return &regs->r13;
    case 14:
        return &regs->r14;
    default:
        return &regs->r15;
    }
}

void insn_retire(struct vcpu *v, struct cpu_user_regs *regs, unsigned int len)
{
    regs->rip += len;
    regs->rflags &= ~(unsigned long)X86_EFLAGS_RF;
    if (regs->rflags & X86_EFLAGS_TF) {
        v->arch.pv.dr[6] |= DR6_SINGLE_STEP;
        pv_inject_trap(v, regs, TRAP_DB, PV_NO_ERROR_CODE);
    }
}
