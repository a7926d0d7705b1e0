/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes of a guest kernel to its own level-1 page tables, which it can map only read-only: the
 * faulting instruction is carried out on its behalf, through the same checks as mmu_update.
 *
 * The instruction is copied once and judged by that copy; the fault address says where it writes.
 * The guest may change its code meanwhile, and gets no more than a checked write to its own table.
 * The entry is exchanged against what the operation saw, so accessed and dirty bits set by the CPU
 * meanwhile are not lost; tries are bounded (I6).
 *
 * Locks: the table's page lock.
 */
#include <hv/domain.h>
#include <asm/pv-mm.h>
#include <asm/pv.h>

#include "../mm/table.h"
#include "emul-fetch.h"
#include "ptwr-decode.h"

#define MAX_TRIES 16

struct write {
    struct ptwr_insn insn;
    uint64_t src; /* masked to the operand's size */
    uint64_t accumulator;
    unsigned int shift; /* of the operand in its entry, in bits */
    uint64_t mask;
    /* Results. */
    uint64_t old; /* operand as it was */
    unsigned long flags;
    bool wrote;
};

static void operands(struct write *w, struct cpu_user_regs *regs, unsigned long addr)
{
    const struct ptwr_insn *insn = &w->insn;
    uint64_t src = insn->has_imm           ? insn->imm
                   : insn->op == PTWR_STOS ? regs->rax
                                           : *insn_reg(regs, insn->reg);

    w->mask = insn->size == 8 ? ~0UL : (1UL << (8 * insn->size)) - 1;
    w->src = (insn->high_byte ? src >> 8 : src) & w->mask;
    w->accumulator = regs->rax & w->mask;
    w->shift = (unsigned int)(addr & 7) * 8;
    w->flags = regs->rflags;
}

/* Applies w to the entry: 0, or what the new entry's references were refused with. */
static int apply(pte_t *slot, struct write *w, struct domain *d)
{
    unsigned long flags_before = w->flags;
    pte_t old = { READ_ONCE(slot->v) };

    for (unsigned int tries = 0; tries < MAX_TRIES; tries++) {
        uint64_t value;
        pte_t new;
        int rc;

        w->flags = flags_before;
        w->wrote = true;
        w->old = (old.v >> w->shift) & w->mask;
        value = w->src;
        if (w->insn.op == PTWR_CMPXCHG) {
            ptwr_compare(w->insn.size, w->accumulator, w->old, &w->flags);
            if (w->accumulator != w->old) {
                w->wrote = false;
                return 0;
            }
        } else {
            value = ptwr_apply(w->insn.op, w->insn.size, w->old, w->src, &w->flags);
        }
        new.v = (old.v & ~(w->mask << w->shift)) | value << w->shift;
        rc = l1_entry_exchange(slot, &old, new, d);
        if (rc != -EAGAIN) {
            return rc;
        }
    }
    return -EBUSY;
}

/* A 32-bit result clears the register's upper half, narrower ones leave the rest alone. */
static void set_operand(uint64_t *reg, const struct ptwr_insn *insn, uint64_t v)
{
    if (insn->size >= 4) {
        *reg = v;
    } else if (insn->size == 2) {
        *reg = (*reg & ~0xffffUL) | v;
    } else if (insn->high_byte) {
        *reg = (*reg & ~0xff00UL) | v << 8;
    } else {
        *reg = (*reg & ~0xffUL) | v;
    }
}

static void retire(struct vcpu *v, struct cpu_user_regs *regs, const struct write *w)
{
    const struct ptwr_insn *insn = &w->insn;
    switch (insn->op) {
    case PTWR_XCHG:
        set_operand(insn_reg(regs, insn->reg), insn, w->old);
        break;
    case PTWR_CMPXCHG:
        if (!w->wrote) {
            struct ptwr_insn rax = { .size = insn->size };

            set_operand(&regs->rax, &rax, w->old);
        }
        break;
    case PTWR_STOS:
        regs->rdi += regs->rflags & X86_EFLAGS_DF ? -(uint64_t)insn->size : insn->size;
        break;
    default:
        break;
    }
    regs->rflags = w->flags;
    insn_retire(v, regs, insn->len);
}

/*
 * MOV or XCHG of a 64-bit register with memory that a register addresses, with or without a byte's
 * displacement: REX.W, opcode, ModRM [, displacement] in the low bytes of the word at rip.
 */
struct plain {
    uint64_t *reg;
    unsigned int len;
    bool exchange;
};

#define PLAIN_MASK 0x80fff8U /* ModRM.mod below 2, the opcode, REX without R, X and B */
#define PLAIN_XCHG 0x008748U
#define PLAIN_MOV  0x008948U
#define REX_R      0x04
#define RM_SIB     4
#define RM_RIP     5 /* without displacement */

static always_inline bool plain_decode(struct cpu_user_regs *regs, struct plain *p)
{
    unsigned int code, mod_rm, kind;
    uint64_t word;

    if (copy_from_guest(&word, guest_ptr(regs->rip), sizeof(word))) {
        return false;
    }
    code = (unsigned int)word;
    kind = code & PLAIN_MASK;
    mod_rm = code >> 16 & 0x47;
    if ((kind != PLAIN_XCHG && kind != PLAIN_MOV) || (mod_rm & 7) == RM_SIB || mod_rm == RM_RIP) {
        return false;
    }
    p->reg = insn_reg(regs, (code >> 19 & 7) | (code & REX_R) << 1);
    p->len = 3 + (mod_rm >> 6);
    p->exchange = kind == PLAIN_XCHG;
    return true;
}

/* What nearly all writes are, done straight. False: nothing has happened, and it is not one of
 * these or was refused. */
static always_inline bool plain_write(struct vcpu *v, struct cpu_user_regs *regs,
                                      unsigned long addr, mfn_t table)
{
    struct domain *d = v->domain;
    struct page_info *pg;
    struct plain p;
    pte_t old, *slot;
    int rc = -EINVAL;

    if ((addr & 7) || !frame_is_ram(table) || !plain_decode(regs, &p)) {
        return false;
    }
    pg = mfn_to_page(table);
    if (!page_ref_get(pg, domain_owner_id(d))) {
        return false;
    }
    if (likely(page_lock_as(pg, PGT_l1_page_table))) {
        slot = (pte_t *)((char *)mfn_to_virt(table) + (addr & ~PAGE_MASK));
        rc = l1_entry_swap(slot, &old, (pte_t){ *p.reg }, d);
        page_unlock(pg);
    }
    page_ref_put(pg);
    if (rc) {
        return false;
    }
    if (p.exchange) {
        *p.reg = old.v;
    }
    insn_retire(v, regs, p.len);
    return true;
}

/* Any other instruction, and what the above was refused. */
static noinline bool other_write(struct vcpu *v, struct cpu_user_regs *regs, unsigned long addr,
                                 mfn_t table)
{
    struct domain *d = v->domain;
    struct write w = { .wrote = false };
    struct page_info *pg;
    struct insn code;
    pte_t *slot;
    int rc;

    pg = get_page_from_mfn(table, d);
    if (!pg) {
        return false;
    }
    rc = -EINVAL;
    if ((READ_ONCE(pg->inuse.type_info) & PGT_type_mask) != PGT_l1_page_table ||
        !insn_fetch(&code, regs) || !ptwr_decode(code.bytes, code.len, &w.insn) ||
        (addr & 7) + w.insn.size > 8 || !page_lock(pg)) {
        goto put;
    }
    if ((READ_ONCE(pg->inuse.type_info) & PGT_type_mask) == PGT_l1_page_table) {
        operands(&w, regs, addr);
        slot = (pte_t *)((char *)page_to_virt(pg) + (addr & ~PAGE_MASK & ~7UL));
        rc = apply(slot, &w, d);
    }
    page_unlock(pg);
put:
    page_ref_put(pg);
    if (rc) {
        return false;
    }
    retire(v, regs, &w);
    return true;
}

bool pv_ptwr_fault(struct vcpu *v, struct cpu_user_regs *regs, unsigned long addr)
{
    pte_t l1e;

    if (!l1_lookup(v->arch.guest_table, addr, &l1e) || (l1e.v & (PTE_P | PTE_RW)) != PTE_P) {
        return false;
    }
    return likely(plain_write(v, regs, addr, pte_mfn(l1e))) ||
           other_write(v, regs, addr, pte_mfn(l1e));
}
