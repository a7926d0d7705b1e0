/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that write one integer to memory, as kernels use them on page tables. Pure decoding.
 */
#ifndef PV_PTWR_DECODE_H
#define PV_PTWR_DECODE_H

#include <hv/compiler.h>

enum ptwr_op {
    PTWR_MOV,  /* mem = src */
    PTWR_XCHG, /* mem <-> reg */
    PTWR_CMPXCHG,
    PTWR_ADD,
    PTWR_OR,
    PTWR_AND,
    PTWR_SUB,
    PTWR_XOR,
    PTWR_BTS,
    PTWR_BTR,
    PTWR_BTC,
    PTWR_STOS, /* mem = rax, rdi moves on; not repeated */
};

struct ptwr_insn {
    enum ptwr_op op;
    unsigned int len;  /* bytes of the instruction */
    unsigned int size; /* bytes of memory written: 1, 2, 4 or 8 */
    bool has_imm;      /* the source is imm, else register reg */
    bool high_byte;    /* ... its second byte: AH, CH, DH, BH */
    unsigned int reg;  /* 0..15 */
    uint64_t imm;      /* sign-extended */
};

/* False: not one of these, not to memory, or longer than n bytes or 15. */
bool ptwr_decode(const uint8_t *bytes, unsigned int n, struct ptwr_insn *insn) __must_check;

/* What the operation makes of the old memory value; arithmetic flags in *flags. Values are size
 * bytes. */
uint64_t ptwr_apply(enum ptwr_op op, unsigned int size, uint64_t old, uint64_t src,
                    unsigned long *flags);
/* The flags of comparing a with b. */
void ptwr_compare(unsigned int size, uint64_t a, uint64_t b, unsigned long *flags);

#endif
