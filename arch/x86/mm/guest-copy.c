/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moving bytes between the hypervisor and the current guest's address space.
 *
 * A guest address is refused when it lies in the hypervisor's range, and clamped under speculation.
 * Copies go upwards without overlap, so one that starts below the range meets a non-canonical
 * address, and faults, long before it could reach it; one that starts above ends at the top of the
 * address space and wraps into what is the guest's own. Level-4 slots with linear entries are
 * refused at both ends of the range (linear-slots.c). A fault ends the copy with -EFAULT (exception
 * table).
 *
 * No locks; any context in which a guest's page tables are loaded.
 */
#include <hv/errno.h>
#include <hv/guest-access.h>
#include <hv/interleave.h>
#include <asm/extable.h>
#include <asm/layout.h>
#include <asm/smap.h>

/* Beyond this many bytes the string instructions pay. */
#define SMALL_MAX 64

bool guest_access_ok(guest_ptr_t p, size_t bytes)
{
    unsigned long last = p.va + bytes - 1;

    if (!bytes) {
        return guest_va_ok(p.va);
    }
    return last >= p.va && (last < HYPERVISOR_START || p.va >= HYPERVISOR_END);
}

/* Bytes at `from` to `to`, upwards; how many were left when one of them faulted. */
static always_inline unsigned long copy_raw(void *to, const void *from, unsigned long n)
{
    unsigned long word;

    if (likely(n <= SMALL_MAX)) {
        __asm__ volatile("   sub $8, %[n]\n"
                         "   jb 3f\n"
                         "1: mov (%[from]), %[w]\n"
                         "2: mov %[w], (%[to])\n"
                         "   add $8, %[from]\n"
                         "   add $8, %[to]\n"
                         "   sub $8, %[n]\n"
                         "   jae 1b\n"
                         "3: add $8, %[n]\n"
                         "   jz 7f\n"
                         "4: movb (%[from]), %b[w]\n"
                         "5: movb %b[w], (%[to])\n"
                         "   inc %[from]\n"
                         "   inc %[to]\n"
                         "   dec %[n]\n"
                         "   jnz 4b\n"
                         "   jmp 7f\n"
                         "6: mov $1, %k[n]\n"
                         "7:\n" EX_TABLE("1b", "6b") EX_TABLE("2b", "6b") EX_TABLE("4b", "7b")
                             EX_TABLE("5b", "7b")
                         : [n] "+&r"(n), [from] "+&r"(from), [to] "+&r"(to), [w] "=&q"(word)
                         :
                         : "memory", "cc");
        return n;
    }
    word = n & 7;
    n >>= 3;
    __asm__ volatile("1: rep movsq\n"
                     "   mov %[tail], %[n]\n"
                     "2: rep movsb\n"
                     "   jmp 4f\n"
                     "3: mov $1, %k[n]\n"
                     "4:\n" EX_TABLE("1b", "3b") EX_TABLE("2b", "4b")
                     : [n] "+&c"(n), "+&S"(from), "+&D"(to)
                     : [tail] "r"(word)
                     : "memory");
    return n;
}

int copy_from_guest_any(void *to, guest_ptr_t from, size_t bytes)
{
    unsigned long left;

    if (!guest_va_clamp(&from.va, bytes)) {
        return -EFAULT;
    }
    interleave("guest-copy.read.admitted");
    stac();
    left = copy_raw(to, (const void *)from.va, bytes);
    clac();
    return guest_read_settle(to, from.va, bytes, unlikely(left) ? -EFAULT : 0);
}

int copy_to_guest_any(guest_ptr_t to, const void *from, size_t bytes)
{
    unsigned long left;

    if (!guest_va_clamp(&to.va, bytes)) {
        return -EFAULT;
    }
    stac();
    left = copy_raw((void *)to.va, from, bytes);
    clac();
    return unlikely(left) ? -EFAULT : 0;
}

int clear_guest(guest_ptr_t to, size_t bytes)
{
    unsigned long tail = bytes & 7, n = bytes >> 3;

    if (!guest_va_clamp(&to.va, bytes)) {
        return -EFAULT;
    }
    stac();
    __asm__ volatile("1: rep stosq\n"
                     "   mov %[tail], %[n]\n"
                     "2: rep stosb\n"
                     "   jmp 4f\n"
                     "3: mov $1, %k[n]\n"
                     "4:\n" EX_TABLE("1b", "3b") EX_TABLE("2b", "4b")
                     : [n] "+&c"(n), "+&D"(to.va)
                     : [tail] "r"(tail), "a"(0UL)
                     : "memory");
    clac();
    return unlikely(n) ? -EFAULT : 0;
}
