/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mmu_update and mmuext_op share: an array of requests, how many were done (added to *pdone),
 * and going on after preemption. Two continuations exist: the rest of the array, with BATCH_MARK in
 * count (then *pdone is what earlier parts did); and, once the array is over but a release is not,
 * an empty array with the answer in place of foreigndom.
 */
#ifndef ARCH_X86_MM_BATCH_H
#define ARCH_X86_MM_BATCH_H

#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/hypercall.h>
#include <asm/page-type.h>

#define BATCH_MARK 0x80000000U
#define BATCH_GO   1

struct batch {
    unsigned int count, i;
    unsigned int done; /* by earlier parts */
};

/* BATCH_GO, or the call's answer: preempted before it began, it is made again as it is. */
static inline long batch_begin(struct batch *b, struct vcpu *v, guest_ptr_t array,
                               unsigned int count, guest_ptr_t pdone, unsigned int foreigndom,
                               size_t size)
{
    *b = (struct batch){ .count = count };
    if (unlikely(v->arch.old_guest_table) && old_table_finish(v)) {
        return -ERESTART;
    }
    if (unlikely(count & BATCH_MARK)) {
        b->count &= ~BATCH_MARK;
        if (!b->count && guest_ptr_is_null(array)) {
            return (int)foreigndom;
        }
        if (!guest_ptr_is_null(pdone) && copy_from_guest(&b->done, pdone, sizeof(b->done))) {
            return -EFAULT;
        }
    }
    /* A single element is checked by its own copy. */
    if (b->count != 1 && unlikely(!guest_access_ok(array, b->count * size))) {
        return -EFAULT;
    }
    return BATCH_GO;
}

/* Before each element. */
static always_inline bool batch_preempted(const struct batch *b, const struct vcpu *v)
{
    return v->arch.old_guest_table || (b->i && hypercall_preempt_check());
}

static inline long batch_end(struct batch *b, struct vcpu *v, long rc, guest_ptr_t array,
                             guest_ptr_t pdone, unsigned int foreigndom, size_t size)
{
    if (!guest_ptr_is_null(pdone)) {
        unsigned int done = b->done + b->i;

        /* What was done is done: a bad address costs the guest its number only. */
        if (copy_to_guest(pdone, &done, sizeof(done))) {
            pdone = guest_ptr(0);
        }
    }
    if (unlikely(rc == -ERESTART)) {
        hypercall_set_arg(0, guest_ptr_add(array, b->i * size).va);
        hypercall_set_arg(1, (b->count - b->i) | BATCH_MARK);
    } else if (unlikely(v->arch.old_guest_table)) {
        hypercall_set_arg(0, 0);
        hypercall_set_arg(1, BATCH_MARK);
        hypercall_set_arg(2, 0);
        hypercall_set_arg(3, (unsigned long)(unsigned int)rc);
        rc = -ERESTART;
    }
    return rc;
}

#endif
