/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory by the word, inline, for arguments whose size is known: what most hypercalls copy is
 * a few words, and a loop that counts bytes costs more than the work. The rules are those of
 * guest-copy.c: an address of the hypervisor's is refused, and clamped under speculation; a fault
 * is -EFAULT, after which some words may have been copied.
 *
 * Included by hv/guest-access.h, and by this architecture's copying code.
 */
#ifndef ASM_GUEST_ACCESS_H
#define ASM_GUEST_ACCESS_H

#include <hv/compiler.h>
#include <hv/errno.h>
#include <asm/extable.h>
#include <asm/layout.h>
#include <asm/linear-slots.h>
#include <asm/smap.h>

/* Sizes that are copied inline: whole 2-byte words, no more than this. */
#define GUEST_COPY_INLINE_MAX 112

typedef uint64_t __attribute__((aligned(1), may_alias)) guest_u64_t;
typedef uint32_t __attribute__((aligned(1), may_alias)) guest_u32_t;
typedef uint16_t __attribute__((aligned(1), may_alias)) guest_u16_t;

#define HYPERVISOR_SHIFT 43
_Static_assert(HYPERVISOR_END - HYPERVISOR_START == 1UL << HYPERVISOR_SHIFT,
               "a shift tells an address of the hypervisor's");

static always_inline bool guest_va_ok(unsigned long va)
{
    return likely((va - HYPERVISOR_START) >> HYPERVISOR_SHIFT);
}

/*
 * The look at linear slots, which keeps all registers, without the compiler being told of a call:
 * for the ways in and out of a guest, where those who never look would else pay for it by what they
 * save.
 */
static always_inline unsigned long guest_va_look_aside(unsigned long va, unsigned long bytes)
{
    unsigned long at;

    __asm__ volatile("call guest_va_look" : "=a"(at) : "D"(va), "S"(bytes) : "memory", "cc");
    return at;
}

/*
 * Before an access to [*va, *va + bytes). False: it is not the guest's to have accessed. Where
 * speculation goes on nevertheless, *va is all ones there, which faults. One comparison tells the
 * hypervisor's addresses, and whether linear slots are to be looked at.
 */
static always_inline bool guest_va_clamp_by(unsigned long *va, size_t bytes, bool aside)
{
    unsigned long mask = (*va - HYPERVISOR_START) >> HYPERVISOR_SHIFT;
    bool look;

    __asm__("cmp %2, %0; sbb %0, %0" : "+&r"(mask), "=@ccc"(look) : "m"(guest_va_look_below));
    if (unlikely(look)) {
        *va = aside ? guest_va_look_aside(*va, bytes) : guest_va_look(*va, bytes);
        return *va != GUEST_VA_REFUSED;
    }
    *va |= mask;
    return true;
}

static always_inline bool guest_va_clamp(unsigned long *va, size_t bytes)
{
    return guest_va_clamp_by(va, bytes, false);
}

/* After a read, before its bytes are used: rc, or -EFAULT where they are not the guest's. */
static always_inline int guest_read_settle(void *to, unsigned long va, size_t bytes, int rc)
{
    return likely(!linear_slots_in_use()) ? rc : guest_read_look(to, va, bytes, rc);
}

/* One access; `rc` becomes -EFAULT where it faults, and stays as it is where it does not.
 * Nothing that was in the register before is taken for the guest's word. */
#define GUEST_ACCESS(insn, undo)                                                                   \
    "1: " insn "\n"                                                                                \
    "2:\n"                                                                                         \
    ".pushsection .text.fixup, \"ax\"\n"                                                           \
    "3: mov %[fault], %[rc]\n" undo "   jmp 2b\n"                                                  \
    ".popsection\n" EX_TABLE("1b", "3b")

#define GUEST_LOAD(word, at, rc)                                                                   \
    __asm__ volatile(GUEST_ACCESS("mov %[src], %[w]", "xor %k[w], %k[w]\n")                        \
                     : [w] "=r"(word), [rc] "+r"(rc)                                               \
                     : [src] "m"(at), [fault] "i"(-EFAULT))
/* Goes to `fault` where it faults. */
#define GUEST_STORE(at, word, fault)                                                               \
    __asm__ goto("1: mov %0, %1\n" EX_TABLE("1b", "%l2") : : "r"(word), "m"(at) : "memory" : fault)

/* From the guest's memory to the hypervisor's, and, as `back` says, to the guest's again; goes to
 * `fault` where the guest's faults. No value passes through the compiler's hands, so none that was
 * in a register before is taken for one. */
#define GUEST_MOVE(to, at, reg, back, fault)                                                       \
    do {                                                                                           \
        if (back) {                                                                                \
            __asm__ goto("1: mov %0, %%" reg "\n   mov %%" reg ", %1\n2: mov %%" reg               \
                         ", %0\n" EX_TABLE("1b", "%l2") EX_TABLE("2b", "%l2")                      \
                         :                                                                         \
                         : "m"(at), "m"(to)                                                        \
                         : "rax", "memory"                                                         \
                         : fault);                                                                 \
        } else {                                                                                   \
            __asm__ goto("1: mov %0, %%" reg "\n   mov %%" reg ", %1\n" EX_TABLE("1b", "%l2")      \
                         :                                                                         \
                         : "m"(at), "m"(to)                                                        \
                         : "rax", "memory"                                                         \
                         : fault);                                                                 \
        }                                                                                          \
    } while (0)

/* The words of a copy, one after the other; not a loop: clang unrolls none that may jump out. */
#define EACH_WORD(word)                                                                            \
    do {                                                                                           \
        word(0);                                                                                   \
        word(1);                                                                                   \
        word(2);                                                                                   \
        word(3);                                                                                   \
        word(4);                                                                                   \
        word(5);                                                                                   \
        word(6);                                                                                   \
        word(7);                                                                                   \
        word(8);                                                                                   \
        word(9);                                                                                   \
        word(10);                                                                                  \
        word(11);                                                                                  \
        word(12);                                                                                  \
        word(13);                                                                                  \
    } while (0)
_Static_assert(GUEST_COPY_INLINE_MAX == 14 * 8, "as many as there are above");

#define MOVE_WORD(i)                                                                               \
    if ((i) < bytes / 8) {                                                                         \
        GUEST_MOVE(words[i], from[i], "rax", back, fault);                                         \
    }

/* bytes and back are constants. What is the guest's to read is told in the end; what is not, it
 * cannot write either (linear-slots.c), so that nothing was written back there. */
static always_inline int guest_capture(void *to, unsigned long va, size_t bytes, bool back)
{
    const guest_u64_t *from;
    guest_u64_t *words = to;

    if (!guest_va_clamp(&va, bytes)) {
        return -EFAULT;
    }
    from = (const guest_u64_t *)va;
    stac();
    EACH_WORD(MOVE_WORD);
    if (bytes & 4) {
        GUEST_MOVE(*(guest_u32_t *)&words[bytes / 8], *(const guest_u32_t *)&from[bytes / 8], "eax",
                   back, fault);
    }
    if (bytes & 2) {
        GUEST_MOVE(*(guest_u16_t *)((char *)to + (bytes & ~3UL)),
                   *(const guest_u16_t *)((unsigned long)from + (bytes & ~3UL)), "ax", back, fault);
    }
    clac();
    return guest_read_settle(to, va, bytes, 0);

fault:
    clac();
    return guest_read_settle(to, va, bytes, -EFAULT);
}
#undef MOVE_WORD

static always_inline int guest_read_fixed(void *to, unsigned long va, size_t bytes)
{
    return guest_capture(to, va, bytes, false);
}

static always_inline int guest_probe_fixed(void *to, unsigned long va, size_t bytes)
{
    return guest_capture(to, va, bytes, true);
}

#define STORE_WORD(i)                                                                              \
    if ((i) < bytes / 8) {                                                                         \
        GUEST_STORE(to[i], words[i], fault);                                                       \
    }

/* bytes is a constant. */
static always_inline int guest_write_fixed(unsigned long va, const void *from, size_t bytes)
{
    const guest_u64_t *words = from;
    guest_u64_t *to;

    if (!guest_va_clamp(&va, bytes)) {
        return -EFAULT;
    }
    to = (guest_u64_t *)va;
    stac();
    EACH_WORD(STORE_WORD);
    if (bytes & 4) {
        GUEST_STORE(*(guest_u32_t *)&to[bytes / 8], *(const guest_u32_t *)&words[bytes / 8], fault);
    }
    if (bytes & 2) {
        GUEST_STORE(*(guest_u16_t *)((unsigned long)to + (bytes & ~3UL)),
                    *(const guest_u16_t *)((const char *)from + (bytes & ~3UL)), fault);
    }
    clac();
    return 0;

fault:
    clac();
    return -EFAULT;
}
#undef STORE_WORD
#undef EACH_WORD

#endif
