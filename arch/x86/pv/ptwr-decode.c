/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding of memory writes and the arithmetic they do. SDM vol. 2: 2.1 (prefixes, ModRM,
 * SIB), 2.2.1 (REX), appendix A (opcode maps). Where the operand is, the page fault has already
 * told, so addressing forms are only measured.
 *
 * Pure functions: no state, no locks, no guest access. Called by page-table write emulation; tested
 * on the host.
 */
#include "ptwr-decode.h"

#define MAX_LEN 15

#define FLAG_CF     0x001UL
#define FLAG_PF     0x004UL
#define FLAG_AF     0x010UL
#define FLAG_ZF     0x040UL
#define FLAG_SF     0x080UL
#define FLAG_OF     0x800UL
#define FLAGS_ARITH (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

#define REX_W 8
#define REX_R 4

struct cursor {
    const uint8_t *bytes;
    unsigned int at, n;
    bool overrun;
    bool opsize, lock, rep;
    uint8_t rex;
    uint8_t mod, reg, rm;
};

static uint8_t next(struct cursor *c)
{
    if (c->at >= c->n) {
        c->overrun = true;
        return 0;
    }
    return c->bytes[c->at++];
}

static uint64_t immediate(struct cursor *c, unsigned int size)
{
    uint64_t v = 0;

    for (unsigned int i = 0; i < size; i++) {
        v |= (uint64_t)next(c) << (8 * i);
    }
    return size == 8 ? v : (uint64_t)((int64_t)(v << (64 - 8 * size)) >> (64 - 8 * size));
}

/* Legacy prefixes, then REX just before the opcode; a REX anywhere else does not count. */
static uint8_t prefixes(struct cursor *c)
{
    for (;;) {
        uint8_t b = next(c);

        switch (b) {
        case 0x66:
            c->opsize = true;
            break;
        case 0xf0:
            c->lock = true;
            break;
        case 0xf2:
        case 0xf3:
            c->rep = true;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
        case 0x67:
            break;
        default:
            if ((b & 0xf0) != 0x40) {
                return b;
            }
            c->rex = b;
            continue;
        }
        c->rex = 0;
    }
}

/* ModRM, SIB and displacement; false when the operand is a register. */
static bool memory_operand(struct cursor *c)
{
    uint8_t modrm = next(c);

    c->mod = modrm >> 6;
    c->reg = (uint8_t)((modrm >> 3 & 7) | (c->rex & REX_R ? 8 : 0));
    c->rm = modrm & 7;
    if (c->mod == 3) {
        return false;
    }
    if (c->rm == 4) {
        uint8_t sib = next(c);

        if (c->mod == 0 && (sib & 7) == 5) {
            (void)immediate(c, 4);
        }
    } else if (c->mod == 0 && c->rm == 5) {
        (void)immediate(c, 4);
    }
    if (c->mod == 1) {
        (void)immediate(c, 1);
    } else if (c->mod == 2) {
        (void)immediate(c, 4);
    }
    return true;
}

static unsigned int full_size(const struct cursor *c)
{
    return c->rex & REX_W ? 8 : c->opsize ? 2 : 4;
}

static void register_source(const struct cursor *c, struct ptwr_insn *insn)
{
    insn->reg = c->reg;
    if (insn->size == 1 && !c->rex && c->reg >= 4) {
        insn->high_byte = true;
        insn->reg = c->reg - 4U;
    }
}

/* Row of the arithmetic group; SBB, ADC and CMP are not among ours. */
static bool arithmetic(unsigned int row, enum ptwr_op *op)
{
    switch (row) {
    case 0:
        *op = PTWR_ADD;
        return true;
    case 1:
        *op = PTWR_OR;
        return true;
    case 4:
        *op = PTWR_AND;
        return true;
    case 5:
        *op = PTWR_SUB;
        return true;
    case 6:
        *op = PTWR_XOR;
        return true;
    default:
        return false;
    }
}

static bool decode_two_byte(struct cursor *c, struct ptwr_insn *insn)
{
    uint8_t op = next(c);

    insn->size = full_size(c);
    switch (op) {
    case 0xb0:
        insn->size = 1;
        /* fall through */
    case 0xb1:
        insn->op = PTWR_CMPXCHG;
        break;
    case 0xab:
        insn->op = PTWR_BTS;
        break;
    case 0xb3:
        insn->op = PTWR_BTR;
        break;
    case 0xbb:
        insn->op = PTWR_BTC;
        break;
    case 0xc3: /* MOVNTI */
        if (c->opsize || c->lock || c->rep) {
            return false;
        }
        insn->op = PTWR_MOV;
        break;
    case 0xba:
        if (!memory_operand(c) || (c->reg & 7) < 5) {
            return false;
        }
        insn->op = PTWR_BTS + ((c->reg & 7) - 5);
        insn->has_imm = true;
        insn->imm = immediate(c, 1);
        return true;
    default:
        return false;
    }
    if (!memory_operand(c)) {
        return false;
    }
    register_source(c, insn);
    return true;
}

static bool decode_immediate_form(struct cursor *c, uint8_t op, struct ptwr_insn *insn)
{
    bool byte = op == 0x80 || op == 0xc6;

    insn->size = byte ? 1 : full_size(c);
    if (!memory_operand(c)) {
        return false;
    }
    if (op >= 0xc6) {
        if (c->lock || (c->reg & 7) != 0) {
            return false;
        }
        insn->op = PTWR_MOV;
    } else if (!arithmetic(c->reg & 7, &insn->op)) {
        return false;
    }
    insn->has_imm = true;
    insn->imm = immediate(c, byte || op == 0x83 ? 1 : insn->size == 8 ? 4 : insn->size);
    return true;
}

static bool decode_one_byte(struct cursor *c, uint8_t op, struct ptwr_insn *insn)
{
    switch (op) {
    case 0x80:
    case 0x81:
    case 0x83:
    case 0xc6:
    case 0xc7:
        return decode_immediate_form(c, op, insn);
    case 0xaa:
    case 0xab:
        if (c->rep || c->lock) {
            return false;
        }
        insn->op = PTWR_STOS;
        insn->size = op & 1 ? full_size(c) : 1;
        return true;
    case 0x86:
    case 0x87:
        insn->op = PTWR_XCHG;
        break;
    case 0x88:
    case 0x89:
        if (c->lock) {
            return false;
        }
        insn->op = PTWR_MOV;
        break;
    default:
        /* 00 01, 08 09 .. 30 31: to memory, from a register. */
        if (op >= 0x40 || (op & 6) || !arithmetic(op >> 3, &insn->op)) {
            return false;
        }
        break;
    }
    insn->size = op & 1 ? full_size(c) : 1;
    if (!memory_operand(c)) {
        return false;
    }
    register_source(c, insn);
    return true;
}

bool ptwr_decode(const uint8_t *bytes, unsigned int n, struct ptwr_insn *insn)
{
    struct cursor c = { .bytes = bytes, .n = n < MAX_LEN ? n : MAX_LEN };
    uint8_t op;
    bool known;

    *insn = (struct ptwr_insn){ 0 };
    op = prefixes(&c);
    known = op == 0x0f ? decode_two_byte(&c, insn) : decode_one_byte(&c, op, insn);
    insn->len = c.at;
    return known && !c.overrun;
}

static uint64_t mask_of(unsigned int size)
{
    return size == 8 ? ~0UL : (1UL << (8 * size)) - 1;
}

static unsigned long result_flags(unsigned int size, uint64_t r)
{
    unsigned long f = 0;

    if (!r) {
        f |= FLAG_ZF;
    }
    if (r >> (8 * size - 1) & 1) {
        f |= FLAG_SF;
    }
    if (!__builtin_parity((unsigned int)(r & 0xff))) {
        f |= FLAG_PF;
    }
    return f;
}

void ptwr_compare(unsigned int size, uint64_t a, uint64_t b, unsigned long *flags)
{
    unsigned int top = 8 * size - 1;
    uint64_t r = (a - b) & mask_of(size);
    unsigned long f = result_flags(size, r);

    if (a < b) {
        f |= FLAG_CF;
    }
    if (((a ^ b) & (a ^ r)) >> top & 1) {
        f |= FLAG_OF;
    }
    if ((a ^ b ^ r) & 0x10) {
        f |= FLAG_AF;
    }
    *flags = (*flags & ~FLAGS_ARITH) | f;
}

static uint64_t add(unsigned int size, uint64_t a, uint64_t b, unsigned long *flags)
{
    unsigned int top = 8 * size - 1;
    uint64_t r = (a + b) & mask_of(size);
    unsigned long f = result_flags(size, r);

    if (r < a) {
        f |= FLAG_CF;
    }
    if ((~(a ^ b) & (a ^ r)) >> top & 1) {
        f |= FLAG_OF;
    }
    if ((a ^ b ^ r) & 0x10) {
        f |= FLAG_AF;
    }
    *flags = (*flags & ~FLAGS_ARITH) | f;
    return r;
}

uint64_t ptwr_apply(enum ptwr_op op, unsigned int size, uint64_t old, uint64_t src,
                    unsigned long *flags)
{
    uint64_t bit = 1UL << (src & (8 * size - 1)), r;

    switch (op) {
    case PTWR_ADD:
        return add(size, old, src, flags);
    case PTWR_SUB:
        ptwr_compare(size, old, src, flags);
        return (old - src) & mask_of(size);
    case PTWR_OR:
        r = old | src;
        break;
    case PTWR_AND:
        r = old & src;
        break;
    case PTWR_XOR:
        r = old ^ src;
        break;
    case PTWR_BTS:
    case PTWR_BTR:
    case PTWR_BTC:
        *flags = (*flags & ~FLAG_CF) | (old & bit ? FLAG_CF : 0);
        return op == PTWR_BTS ? old | bit : op == PTWR_BTR ? old & ~bit : old ^ bit;
    default:
        return src;
    }
    *flags = (*flags & ~FLAGS_ARITH) | result_flags(size, r);
    return r;
}
