/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instruction of the guest, copied once (I1) and taken apart by the emulators of this directory
 * from that copy alone.
 */
#ifndef PV_EMUL_FETCH_H
#define PV_EMUL_FETCH_H

#include <hv/guest-access.h>
#include <hv/frame.h>
#include <hv/lib.h>
#include <public/xen.h>
#include <asm/debugreg.h>
#include <asm/entry.h>

#define MAX_INSN_LEN 15

struct insn {
    uint8_t bytes[MAX_INSN_LEN];
    unsigned int len; /* bytes that could be read */
    unsigned int at;  /* next to look at */
    uint8_t rex;
    bool opsize16, addr32, rep, segment_override;
    uint8_t segment;   /* the override's prefix */
    unsigned long dr6; /* breakpoints that it met */
};

/* Reads at regs->rip; less than 15 bytes when the page after is not there. False: nothing at all.
 */
bool insn_fetch(struct insn *insn, const struct cpu_user_regs *regs);
/* Takes legacy prefixes and REX. False: no opcode follows, or LOCK, which none of ours has. */
bool insn_prefixes(struct insn *insn);
/* Next byte; false past the end. */
static inline bool insn_byte(struct insn *insn, uint8_t *b)
{
    if (insn->at >= insn->len) {
        return false;
    }
    *b = insn->bytes[insn->at++];
    return true;
}
/* Where the instruction set's sixteen registers are in a saved frame. */
extern const uint8_t insn_reg_offset[16];

/* General register 0..15 of a saved frame. */
static inline uint64_t *insn_reg(struct cpu_user_regs *regs, unsigned int nr)
{
    return (uint64_t *)((char *)regs + insn_reg_offset[nr & 15]);
}

struct vcpu;

/* #DB for the guest, for the reasons in dr6. */
void insn_debug(struct vcpu *v, struct cpu_user_regs *regs, unsigned long dr6);
/* len bytes of instruction have been carried out for the guest, and met the breakpoints in dr6; a
 * single step ends after them. */
static inline void insn_retire_met(struct vcpu *v, struct cpu_user_regs *regs, unsigned int len,
                                   unsigned long dr6)
{
    regs->rip += len;
    regs->rflags &= ~(unsigned long)X86_EFLAGS_RF;
    if (regs->rflags & X86_EFLAGS_TF) {
        dr6 |= DR6_SINGLE_STEP;
    }
    if (unlikely(dr6)) {
        insn_debug(v, regs, dr6);
    }
}

static inline void insn_retire(struct vcpu *v, struct cpu_user_regs *regs, unsigned int len)
{
    insn_retire_met(v, regs, len, 0);
}

#endif
