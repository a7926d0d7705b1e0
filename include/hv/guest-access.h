/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory seen from a hypercall. guest_ptr_t is a guest virtual address that nobody has
 * checked; only these functions turn it into bytes. Each returns 0, or -EFAULT when the range is
 * not all the guest's own or not mapped, in which case some bytes may have been copied. A copy is
 * one capture: decide and act on the private copy (I1). Hypervisor address space is never read or
 * written.
 */
#ifndef HV_GUEST_ACCESS_H
#define HV_GUEST_ACCESS_H

#include <hv/compiler.h>
#include <hv/errno.h>
#include <asm/guest-access.h>

typedef struct {
    unsigned long va;
} guest_ptr_t;

static inline guest_ptr_t guest_ptr(unsigned long va)
{
    return (guest_ptr_t){ va };
}

static inline bool guest_ptr_is_null(guest_ptr_t p)
{
    return p.va == 0;
}

static inline guest_ptr_t guest_ptr_add(guest_ptr_t p, unsigned long bytes)
{
    return (guest_ptr_t){ p.va + bytes };
}

/* The pointer inside a published XEN_GUEST_HANDLE. */
#define guest_handle(h) guest_ptr((unsigned long)(h).p)

int copy_from_guest_any(void *to, guest_ptr_t from, size_t bytes) __must_check;
int copy_to_guest_any(guest_ptr_t to, const void *from, size_t bytes) __must_check;

#define GUEST_COPY_INLINE(bytes)                                                                   \
    (__builtin_constant_p(bytes) && (bytes) <= GUEST_COPY_INLINE_MAX && (bytes) % 2 == 0)

static always_inline __must_check int copy_from_guest(void *to, guest_ptr_t from, size_t bytes)
{
    if (GUEST_COPY_INLINE(bytes)) {
        return guest_read_fixed(to, from.va, bytes);
    }
    return copy_from_guest_any(to, from, bytes);
}

static always_inline __must_check int copy_to_guest(guest_ptr_t to, const void *from, size_t bytes)
{
    if (GUEST_COPY_INLINE(bytes)) {
        return guest_write_fixed(to.va, from, bytes);
    }
    return copy_to_guest_any(to, from, bytes);
}

/* The same bytes also go back to where they come from: there is room for an answer. */
static always_inline __must_check int copy_from_guest_for_answer(void *to, guest_ptr_t from,
                                                                 size_t bytes)
{
    if (GUEST_COPY_INLINE(bytes)) {
        return guest_probe_fixed(to, from.va, bytes);
    }
    return copy_from_guest_any(to, from, bytes) ? -EFAULT : copy_to_guest_any(from, to, bytes);
}

int clear_guest(guest_ptr_t to, size_t bytes) __must_check;
/* Is [p, p + bytes) free of hypervisor addresses and wrap? (Not: is it mapped.) */
bool guest_access_ok(guest_ptr_t p, size_t bytes);

/* Element idx of an array of *obj. */
#define copy_from_guest_elem(obj, p, idx)                                                          \
    copy_from_guest(obj, guest_ptr_add(p, (unsigned long)(idx) * sizeof(*(obj))), sizeof(*(obj)))
#define copy_to_guest_elem(p, idx, obj)                                                            \
    copy_to_guest(guest_ptr_add(p, (unsigned long)(idx) * sizeof(*(obj))), obj, sizeof(*(obj)))

#endif
