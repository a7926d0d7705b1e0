/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: guest memory is host memory.
 *
 * Owns the one range that is not mapped, and the functions that play a second vCPU: the flipper,
 * and the one at interleaving points. NULL and the hypervisor's own addresses are never the
 * guest's.
 */
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/interleave.h>
#include <asm/layout.h>
#include "internal.h"

unsigned long fake_guest_reads, fake_guest_writes;

/* Arguments that an operation asked to be called with again, and which of them. */
unsigned long fake_hypercall_args[5];
unsigned int fake_hypercall_args_set;

static unsigned long unmapped_start, unmapped_end;
static void (*flipper)(void *host, size_t bytes);
static void (*at_point)(const char *point);

void fake_guest_reset(void)
{
    unmapped_start = unmapped_end = 0;
    flipper = NULL;
    at_point = NULL;
    fake_guest_reads = fake_guest_writes = 0;
    fake_hypercall_args_set = 0;
}

guest_ptr_t fake_guest(void *host)
{
    return guest_ptr((unsigned long)host);
}

void fake_guest_unmap(const void *start, size_t bytes)
{
    unmapped_start = (unsigned long)start;
    unmapped_end = unmapped_start + bytes;
}

void fake_guest_flipper(void (*fn)(void *host, size_t bytes))
{
    flipper = fn;
}

void fake_interleave(void (*fn)(const char *point))
{
    at_point = fn;
}

void interleave(const char *point)
{
    static __thread bool inside; /* what the function does comes by such points too */

    if (at_point && !inside) {
        inside = true;
        at_point(point);
        inside = false;
    }
}

bool guest_access_ok(guest_ptr_t p, size_t bytes)
{
    unsigned long end = p.va + bytes;

    return end >= p.va && (end <= HYPERVISOR_START || p.va >= HYPERVISOR_END);
}

static bool mapped(guest_ptr_t p, size_t bytes)
{
    if (!bytes) {
        return true;
    }
    return guest_access_ok(p, bytes) && p.va >= 4096 &&
           (p.va >= unmapped_end || p.va + bytes <= unmapped_start);
}

int copy_from_guest_any(void *to, guest_ptr_t from, size_t bytes)
{
    if (!mapped(from, bytes)) {
        return -EFAULT;
    }
    __builtin_memcpy(to, (void *)from.va, bytes);
    (void)__atomic_add_fetch(&fake_guest_reads, 1, __ATOMIC_RELAXED);
    if (flipper) {
        flipper((void *)from.va, bytes);
    }
    return 0;
}

int copy_to_guest_any(guest_ptr_t to, const void *from, size_t bytes)
{
    if (!mapped(to, bytes)) {
        return -EFAULT;
    }
    __builtin_memcpy((void *)to.va, from, bytes);
    (void)__atomic_add_fetch(&fake_guest_writes, 1, __ATOMIC_RELAXED);
    return 0;
}

int clear_guest(guest_ptr_t to, size_t bytes)
{
    if (!mapped(to, bytes)) {
        return -EFAULT;
    }
    __builtin_memset((void *)to.va, 0, bytes);
    (void)__atomic_add_fetch(&fake_guest_writes, 1, __ATOMIC_RELAXED);
    return 0;
}

void hypercall_set_arg(unsigned int idx, unsigned long value)
{
    fake_hypercall_args[idx] = value;
    fake_hypercall_args_set |= 1U << idx;
}
