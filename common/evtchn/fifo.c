/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO ABI's set-up: control blocks, pages of event words, priorities; and its end. All of it
 * under the domain's event lock. Shared frames are held writable until the state is freed.
 */
#include <gen/event_channel_op-dispatch.h>
#include <hv/arch/guest-frame.h>
#include <hv/interleave.h>
#include "fifo-private.h"

/* What was pending in the 2-level ABI is pending still; words for it come with the pages. */
static void carry_over(struct domain *d)
{
    for (uint32_t port = evtchn_next_used(d, 1); port < d->evtchn.valid;
         port = evtchn_next_used(d, port + 1)) {
        struct evtchn *e = evtchn_record(d, port);
        unsigned long flags = irq_lock(&e->lock);

        if (port < EVTCHN_2L_NR_CHANNELS && test_bit(port, d->shared_info->evtchn_pending)) {
            e->pending = true;
        }
        e->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        irq_unlock(&e->lock, flags);
    }
}

static struct evtchn_fifo *fifo_new(const struct domain *d)
{
    struct evtchn_fifo *f = xzalloc_bytes(sizeof(*f) + d->max_vcpus * sizeof(f->vcpu[0]),
                                          __alignof__(struct evtchn_fifo));

    if (f) {
        f->nr_vcpus = d->max_vcpus;
    }
    return f;
}

/* The vCPU's queues and its control block at offset of the guest's frame. Once a vCPU. */
static long add_control_block(struct domain *d, struct evtchn_fifo *f, unsigned int vcpu,
                              uint64_t gfn, uint32_t offset)
{
    struct fifo_vcpu *fv;
    void *va;
    int rc;

    if (f->vcpu[vcpu]) {
        return -EINVAL;
    }
    fv = xzalloc(struct fifo_vcpu);
    if (!fv) {
        return -ENOMEM;
    }
    rc = map_guest_frame(d, _gfn(gfn), &fv->pg, &va);
    if (rc) {
        xfree(fv);
        return rc;
    }
    interleave("evtchn.fifo.control_mapped");
    fv->control = (struct evtchn_fifo_control_block *)((char *)va + offset);
    for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++) {
        irq_lock_init(&fv->queue[i].lock, RANK_EVTCHN_FIFO);
        WRITE_ONCE(fv->control->head[i], 0);
    }
    WRITE_ONCE(fv->control->ready, 0);
    smp_store_release(&f->vcpu[vcpu], fv);
    return 0;
}

long event_channel_op_init_control(struct evtchn_init_control *arg)
{
    struct domain *d = current->domain;
    struct evtchn_fifo *f, *fresh = NULL;
    unsigned int vcpu = arg->vcpu;
    long rc;

    arg->link_bits = EVTCHN_FIFO_LINK_BITS;
    if (!domain_vcpu(d, vcpu)) {
        return -ENOENT;
    }
    vcpu = (unsigned int)array_index_nospec(vcpu, d->max_vcpus);
    if (arg->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || (arg->offset & 7)) {
        return -EINVAL;
    }

    spin_lock(&d->evtchn.lock);
    f = evtchn_fifo_of(d, NULL);
    if (!f) {
        f = fresh = fifo_new(d);
    }
    rc = f ? add_control_block(d, f, vcpu, arg->control_gfn, arg->offset) : -ENOMEM;
    if (!rc && fresh) {
        smp_store_release(&d->evtchn.fifo, fresh);
        fresh = NULL;
        carry_over(d);
    }
    spin_unlock(&d->evtchn.lock);
    xfree(fresh);
    return rc;
}

/* Ports of the new page that had become pending before there was a word for them. */
static void deliver_early(struct domain *d, uint32_t first)
{
    for (uint32_t port = evtchn_next_used(d, first);
         port < d->evtchn.valid && port < first + WORDS_PER_PAGE;
         port = evtchn_next_used(d, port + 1)) {
        struct evtchn *e = evtchn_record(d, port);
        unsigned long flags = irq_lock(&e->lock);

        if (__atomic_exchange_n(&e->pending, false, __ATOMIC_SEQ_CST)) {
            evtchn_fifo_set_pending(d, port, e);
        }
        irq_unlock(&e->lock, flags);
    }
}

long event_channel_op_expand_array(struct evtchn_expand_array *arg)
{
    struct domain *d = current->domain;
    struct evtchn_fifo *f;
    uint32_t page;
    void *va;
    long rc;

    spin_lock(&d->evtchn.lock);
    f = evtchn_fifo_of(d, NULL);
    rc = -EOPNOTSUPP;
    if (!f) {
        goto unlock;
    }
    page = f->nr_pages;
    rc = -ENOSPC;
    if (page >= MAX_PAGES) {
        goto unlock;
    }
    rc = map_guest_frame(d, _gfn(arg->array_gfn), &f->pg[page], &va);
    if (rc) {
        goto unlock;
    }
    interleave("evtchn.fifo.page_mapped");
    f->page[page] = va;
    smp_store_release(&f->nr_pages, page + 1);
    deliver_early(d, page * (uint32_t)WORDS_PER_PAGE);
unlock:
    spin_unlock(&d->evtchn.lock);
    return rc;
}

long event_channel_op_set_priority(struct evtchn_set_priority *arg)
{
    struct domain *d = current->domain;
    struct evtchn *e;
    long rc = 0;

    spin_lock(&d->evtchn.lock);
    e = evtchn_lookup(d, arg->port);
    if (!e) {
        rc = -EINVAL;
    } else if (!evtchn_fifo_of(d, NULL)) {
        rc = -ENOSYS;
    } else if (e->state == ECS_RESERVED) {
        rc = -EACCES;
    } else if (arg->priority > EVTCHN_FIFO_PRIORITY_MIN) {
        rc = -EINVAL;
    } else {
        WRITE_ONCE(e->priority, (uint8_t)arg->priority);
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}

static void fifo_free(struct evtchn_fifo *f)
{
    for (uint32_t i = 0; i < f->nr_pages; i++) {
        unmap_guest_frame(f->pg[i]);
    }
    for (unsigned int i = 0; i < f->nr_vcpus; i++) {
        if (f->vcpu[i]) {
            unmap_guest_frame(f->vcpu[i]->pg);
            xfree(f->vcpu[i]);
        }
    }
    xfree(f);
}

/*
 * All ports are closed, each under its own lock, and whoever uses this state holds the lock of a
 * port that is not: so nobody does, and nobody will.
 */
void evtchn_fifo_destroy(struct domain *d)
{
    struct evtchn_fifo *f = evtchn_fifo_of(d, NULL);

    WRITE_ONCE(d->evtchn.fifo, NULL);
    if (f) {
        fifo_free(f);
    }
}

void evtchn_vcpu_destroy(struct vcpu *v)
{
    (void)v;
}
