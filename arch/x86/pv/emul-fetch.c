/* SPDX-License-Identifier: GPL-2.0-only */
/* Fetching and splitting a guest's instruction. Pure but for the one guest read; no locks. */
#include <asm/pv.h>

#include "emul-fetch.h"

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
            insn->addr32 = true;
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

const uint8_t insn_reg_offset[16] = {
    offsetof(struct cpu_user_regs, rax), offsetof(struct cpu_user_regs, rcx),
    offsetof(struct cpu_user_regs, rdx), offsetof(struct cpu_user_regs, rbx),
    offsetof(struct cpu_user_regs, rsp), offsetof(struct cpu_user_regs, rbp),
    offsetof(struct cpu_user_regs, rsi), offsetof(struct cpu_user_regs, rdi),
    offsetof(struct cpu_user_regs, r8),  offsetof(struct cpu_user_regs, r9),
    offsetof(struct cpu_user_regs, r10), offsetof(struct cpu_user_regs, r11),
    offsetof(struct cpu_user_regs, r12), offsetof(struct cpu_user_regs, r13),
    offsetof(struct cpu_user_regs, r14), offsetof(struct cpu_user_regs, r15),
};

void insn_debug(struct vcpu *v, struct cpu_user_regs *regs, unsigned long dr6)
{
    v->arch.pv.dr[6] |= dr6;
    pv_inject_trap(v, regs, TRAP_DB, PV_NO_ERROR_CODE);
}
