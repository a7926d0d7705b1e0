/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/pv/ptwr-decode.c: known encodings, arithmetic against this CPU's own, and random bytes.
 */
#include <stdlib.h>
#include <hv/lib.h>

#include "../../arch/x86/pv/ptwr-decode.h"

struct encoding {
    const char *bytes;
    unsigned int n;
    struct ptwr_insn want;
};

#define E(b, ...)                                                                                  \
    {                                                                                              \
        b, sizeof(b) - 1,                                                                          \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static const struct encoding known[] = {
    /* mov %rax,(%rdi) */
    E("\x48\x89\x07", .op = PTWR_MOV, .len = 3, .size = 8, .reg = 0),
    /* mov %r9,0x10(%r12,%rcx,8) */
    E("\x4d\x89\x4c\xcc\x10", .op = PTWR_MOV, .len = 5, .size = 8, .reg = 9),
    /* mov %edx,0x12345678(%rip) */
    E("\x89\x15\x78\x56\x34\x12", .op = PTWR_MOV, .len = 6, .size = 4, .reg = 2),
    /* mov %ah,(%rsi); with REX it is spl's number */
    E("\x88\x26", .op = PTWR_MOV, .len = 2, .size = 1, .reg = 0, .high_byte = true),
    E("\x40\x88\x26", .op = PTWR_MOV, .len = 3, .size = 1, .reg = 4),
    /* movq $-1,8(%rbx) */
    E("\x48\xc7\x43\x08\xff\xff\xff\xff", .op = PTWR_MOV, .len = 8, .size = 8, .has_imm = true,
      .imm = ~0UL),
    /* movq $0,0x0(,%rax,8) : SIB without base */
    E("\x48\xc7\x04\xc5\0\0\0\0\0\0\0\0", .op = PTWR_MOV, .len = 12, .size = 8, .has_imm = true),
    /* movw $0x1234,(%rdi) */
    E("\x66\xc7\x07\x34\x12", .op = PTWR_MOV, .len = 5, .size = 2, .has_imm = true, .imm = 0x1234),
    /* xchg %rax,(%rdi) */
    E("\x48\x87\x07", .op = PTWR_XCHG, .len = 3, .size = 8, .reg = 0),
    /* lock cmpxchg %rdx,(%rdi) */
    E("\xf0\x48\x0f\xb1\x17", .op = PTWR_CMPXCHG, .len = 5, .size = 8, .reg = 2),
    /* lock btrq $1,(%rdi); lock btr %rax,(%rdi) */
    E("\xf0\x48\x0f\xba\x37\x01", .op = PTWR_BTR, .len = 6, .size = 8, .has_imm = true, .imm = 1),
    E("\xf0\x48\x0f\xb3\x07", .op = PTWR_BTR, .len = 5, .size = 8, .reg = 0),
    /* lock andb $0xfd,(%rdi); lock orq $2,(%rdi); sub %ecx,(%rax) */
    E("\xf0\x80\x27\xfd", .op = PTWR_AND, .len = 4, .size = 1, .has_imm = true, .imm = ~2UL),
    E("\xf0\x48\x83\x0f\x02", .op = PTWR_OR, .len = 5, .size = 8, .has_imm = true, .imm = 2),
    E("\x29\x08", .op = PTWR_SUB, .len = 2, .size = 4, .reg = 1),
    /* movnti %rax,(%rdi); stos %rax,(%rdi) */
    E("\x48\x0f\xc3\x07", .op = PTWR_MOV, .len = 4, .size = 8, .reg = 0),
    E("\x48\xab", .op = PTWR_STOS, .len = 2, .size = 8),
    /* a REX before a legacy prefix does not count */
    E("\x48\x66\x89\x07", .op = PTWR_MOV, .len = 4, .size = 2, .reg = 0),
};

static void test_known(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        const struct encoding *e = &known[i];
        struct ptwr_insn got;

        assert_true(ptwr_decode((const uint8_t *)e->bytes, e->n, &got));
        assert_int_equal(got.op, e->want.op);
        assert_int_equal(got.len, e->want.len);
        assert_int_equal(got.size, e->want.size);
        assert_int_equal(got.reg, e->want.reg);
        assert_int_equal(got.has_imm, e->want.has_imm);
        assert_int_equal(got.high_byte, e->want.high_byte);
        assert_true(got.imm == e->want.imm);
        /* Cut short anywhere it is refused, never read past. */
        for (unsigned int n = 0; n < e->want.len; n++) {
            uint8_t *cut = malloc(n ? n : 1);

            memcpy(cut, e->bytes, n);
            assert_false(ptwr_decode(cut, n, &got));
            free(cut);
        }
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *bytes;
        unsigned int n;
    } refused[] = {
        { "\x48\x89\xc7", 3 },         /* mov to a register */
        { "\x48\x8b\x07", 3 },         /* a load */
        { "\xf0\x48\x89\x07", 4 },     /* lock mov: #UD */
        { "\x48\x11\x07", 3 },         /* adc */
        { "\x48\x39\x07", 3 },         /* cmp */
        { "\xf3\x48\xab", 3 },         /* rep stos */
        { "\x48\x0f\xba\x27\x01", 5 }, /* bt */
        { "\x48\xff\x07", 3 },         /* inc */
        { "\x0f\x05", 2 },
        { "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x48\x89\x07", 16 }, /* 16 bytes */
    };
    struct ptwr_insn got;

    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        assert_false(ptwr_decode((const uint8_t *)refused[i].bytes, refused[i].n, &got));
    }
}

#define ARITH 0x8d5UL

#define CPU_OP(insn, type)                                                                         \
    ({                                                                                             \
        type r_ = (type)a;                                                                         \
        __asm__(insn " %2, %0; pushfq; pop %1" : "+r"(r_), "=r"(f) : "r"((type)b) : "cc");         \
        r_;                                                                                        \
    })
#define CPU_SIZES(insn)                                                                            \
    (size == 1   ? CPU_OP(insn "b", uint8_t)                                                       \
     : size == 2 ? CPU_OP(insn "w", uint16_t)                                                      \
     : size == 4 ? CPU_OP(insn "l", uint32_t)                                                      \
                 : CPU_OP(insn "q", uint64_t))

static uint64_t on_this_cpu(enum ptwr_op op, unsigned int size, uint64_t a, uint64_t b,
                            unsigned long *flags)
{
    unsigned long f;
    uint64_t r;

    switch (op) {
    case PTWR_ADD:
        r = CPU_SIZES("add");
        break;
    case PTWR_SUB:
        r = CPU_SIZES("sub");
        break;
    case PTWR_OR:
        r = CPU_SIZES("or");
        break;
    case PTWR_AND:
        r = CPU_SIZES("and");
        break;
    default:
        r = CPU_SIZES("xor");
        break;
    }
    *flags = f & ARITH;
    return r;
}

static uint64_t random64(void)
{
    uint64_t r = 0;

    for (int i = 0; i < 5; i++) {
        r = r << 15 ^ (uint64_t)rand();
    }
    switch (rand() % 4) {
    case 0:
        return r % 3;
    case 1:
        return ~0UL << (r % 64);
    default:
        return r;
    }
}

static void test_arithmetic(void **state)
{
    static const enum ptwr_op ops[] = { PTWR_ADD, PTWR_SUB, PTWR_OR, PTWR_AND, PTWR_XOR };

    srand(1);
    for (int i = 0; i < 200000; i++) {
        enum ptwr_op op = ops[rand() % 5];
        unsigned int size = 1U << rand() % 4;
        uint64_t mask = size == 8 ? ~0UL : (1UL << 8 * size) - 1;
        uint64_t a = random64() & mask, b = random64() & mask, want;
        unsigned long flags = 0x8d7, want_flags;

        want = on_this_cpu(op, size, a, b, &want_flags);
        assert_true(ptwr_apply(op, size, a, b, &flags) == want);
        flags &= ARITH;
        if (op == PTWR_OR || op == PTWR_AND || op == PTWR_XOR) {
            flags &= ~0x10UL; /* AF is undefined */
            want_flags &= ~0x10UL;
        }
        assert_true(flags == want_flags);
    }
}

static void test_bits(void **state)
{
    unsigned long flags = 0;

    assert_true(ptwr_apply(PTWR_BTR, 8, 0x63, 1, &flags) == 0x61);
    assert_true(flags & 1);
    assert_true(ptwr_apply(PTWR_BTS, 8, 0x61, 65, &flags) == 0x63);
    assert_false(flags & 1);
    assert_true(ptwr_apply(PTWR_BTC, 4, 0x80000000U, 31, &flags) == 0);
    assert_true(flags & 1);
}

static void test_random_bytes(void **state)
{
    srand(2);
    for (int i = 0; i < 1000000; i++) {
        unsigned int n = (unsigned int)rand() % 17;
        uint8_t *bytes = malloc(n ? n : 1);
        struct ptwr_insn insn;

        for (unsigned int j = 0; j < n; j++) {
            bytes[j] = rand() % 3 ? (uint8_t)rand() : (uint8_t)(0x40 | rand() % 16);
        }
        if (ptwr_decode(bytes, n, &insn)) {
            assert_true(insn.len <= n && insn.len <= 15 && insn.len >= 1);
            assert_true(insn.reg < 16);
            assert_true(insn.size == 1 || insn.size == 2 || insn.size == 4 || insn.size == 8);
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_arithmetic),   cmocka_unit_test(test_bits),
        cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
