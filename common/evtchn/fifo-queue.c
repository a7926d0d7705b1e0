/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delivery in the FIFO ABI. A pending port is linked behind the tail of its queue, or becomes the
 * head when the guest has taken the tail away. Each port's own lock is held by the sender, so one
 * sender at a time links a port; the queue's lock orders senders of different ports.
 *
 * A port may still be the tail of a queue on which it was linked before, with another priority or
 * vCPU: it is taken off there first, under that queue's lock, so no other port is ever linked
 * behind it.
 */
#include <hv/interleave.h>
#include "fifo-private.h"

/* Tries of a compare-and-exchange on a word that the guest may be changing (I6). */
#define LINK_TRIES 4

/* One bounded round: 1 linked behind the tail, 0 the tail is no longer on a queue, -1 still
 * contended. */
static int try_link(event_word_t *tail, uint32_t port)
{
    event_word_t w = READ_ONCE(*tail);

    for (unsigned int i = 0; i < LINK_TRIES; i++) {
        event_word_t linked = (w & ~(WORD_BUSY | EVTCHN_FIFO_LINK_MASK)) | port;

        if (!(w & WORD_LINKED)) {
            return 0;
        }
        if (__atomic_compare_exchange_n(tail, &w, linked, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED)) {
            return 1;
        }
    }
    return -1;
}

/* BUSY asks the guest to hold still for a moment; one that does not loses what it disturbs. */
static bool link_behind(event_word_t *tail, uint32_t port)
{
    int rc = try_link(tail, port);

    if (unlikely(rc < 0)) {
        (void)__atomic_fetch_or(tail, WORD_BUSY, __ATOMIC_SEQ_CST);
        rc = try_link(tail, port);
        if (rc <= 0) {
            (void)__atomic_fetch_and(tail, ~WORD_BUSY, __ATOMIC_SEQ_CST);
        }
    }
    return rc > 0;
}

/* Takes the locks of both queues in the order of vCPU, then priority; one lock when they are one.
 */
static void lock_queues(struct fifo_queue *a, struct fifo_queue *b) __no_lock_analysis
{
    if (a == b) {
        irq_lock_nested(&a->lock);
    } else if (a < b) {
        irq_lock_nested(&a->lock);
        irq_lock_nested_same_rank(&b->lock);
    } else {
        irq_lock_nested(&b->lock);
        irq_lock_nested_same_rank(&a->lock);
    }
}

static void unlock_queues(struct fifo_queue *a, struct fifo_queue *b) __no_lock_analysis
{
    irq_unlock_nested(&a->lock);
    if (a != b) {
        irq_unlock_nested(&b->lock);
    }
}

static struct fifo_vcpu *fifo_vcpu_of(const struct evtchn_fifo *f, uint16_t vcpu)
{
    return vcpu < f->nr_vcpus ? smp_load_acquire(&f->vcpu[vcpu]) : NULL;
}

/* The queue that the port was last put on, as far as is known without its lock; q when none. */
static struct fifo_queue *last_queue(const struct evtchn_fifo *f, const struct evtchn *e,
                                     struct fifo_queue *q)
{
    union fifo_place last = { .raw = READ_ONCE(e->last.raw) };
    struct fifo_vcpu *fv = fifo_vcpu_of(f, last.vcpu);

    return fv ? &fv->queue[last.priority] : q;
}

/*
 * Locks q and the queue that the port was last put on; which one. A sender and a vCPU that unmasks
 * may both be about to link the port: the later one finds it moved, and looks again. Each further
 * round needs the other one to have linked it meanwhile, and the guest to have taken it off: after
 * a few, what is linked behind a stale tail is the guest's own loss (I6).
 */
static noinline struct fifo_queue *lock_with_last(const struct evtchn_fifo *f,
                                                  const struct evtchn *e,
                                                  struct fifo_queue *q) __no_lock_analysis
{
    for (unsigned int i = 0;; i++) {
        struct fifo_queue *old = last_queue(f, e, q);

        interleave("evtchn.fifo.last_queue");
        lock_queues(q, old);
        if (likely(old == last_queue(f, e, q)) || i == LINK_TRIES) {
            return old;
        }
        unlock_queues(q, old);
    }
}

/* The same for q's place; nearly always the port was put there the last time, too. */
static always_inline struct fifo_queue *lock_queue(const struct evtchn_fifo *f,
                                                   const struct evtchn *e, struct fifo_queue *q,
                                                   union fifo_place place) __no_lock_analysis
{
    if (likely(READ_ONCE(e->last.raw) == place.raw)) {
        interleave("evtchn.fifo.last_queue");
        irq_lock_nested(&q->lock);
        if (likely(READ_ONCE(e->last.raw) == place.raw)) {
            return q;
        }
        irq_unlock_nested(&q->lock);
    }
    return lock_with_last(f, e, q);
}

/* Puts the port on its queue; true when the guest must be told that the queue is not empty. */
static bool enqueue(struct evtchn_fifo *f, uint32_t port, struct evtchn *e, event_word_t *word,
                    struct fifo_vcpu *fv, union fifo_place place)
{
    struct fifo_queue *q = &fv->queue[place.priority];
    struct fifo_queue *old = lock_queue(f, e, q, place);
    bool linked = false, first = false;

    if (__atomic_fetch_or(word, WORD_LINKED, __ATOMIC_SEQ_CST) & WORD_LINKED) {
        goto unlock; /* on a queue already: the guest will come to it */
    }
    if (old->tail == port) {
        old->tail = 0;
    }
    if (q->tail) {
        event_word_t *tail = fifo_word(f, q->tail);

        linked = tail && link_behind(tail, port);
    }
    if (!linked) {
        WRITE_ONCE(fv->control->head[place.priority], port);
        first = true;
    }
    q->tail = port;
    WRITE_ONCE(e->last.raw, place.raw);
unlock:
    unlock_queues(q, old);
    return first;
}

/* The word was seen pending, not masked and not linked. */
static noinline void link_port(struct domain *d, struct evtchn_fifo *f, uint32_t port,
                               struct evtchn *e, event_word_t *word)
{
    const union fifo_place place = { .vcpu = READ_ONCE(e->vcpu),
                                     .priority = READ_ONCE(e->priority) };
    struct fifo_vcpu *fv = fifo_vcpu_of(f, place.vcpu);

    if (unlikely(!fv)) {
        return; /* the vCPU has no queues: its control block brings none of the past */
    }
    if (enqueue(f, port, e, word, fv, place) &&
        !test_and_set_bit(place.priority, &fv->control->ready)) {
        vcpu_mark_events_pending(d->vcpu[place.vcpu]);
    }
}

/* The word was seen as w when it became pending. */
static always_inline void link_unmasked(struct domain *d, struct evtchn_fifo *f, uint32_t port,
                                        struct evtchn *e, event_word_t *word, event_word_t w)
{
    if (!(w & (WORD_MASKED | WORD_LINKED))) {
        link_port(d, f, port, e, word);
    }
}

static noinline void link_and_wake(struct domain *d, struct evtchn_fifo *f, uint32_t port,
                                   struct evtchn *e, event_word_t *word, event_word_t w)
{
    link_unmasked(d, f, port, e, word, w);
    evtchn_wake_pollers(d, port, e);
}

void evtchn_fifo_set_pending(struct domain *d, uint32_t port, struct evtchn *e)
{
    struct evtchn_fifo *f = evtchn_fifo_of(d, e);
    event_word_t *word = f ? fifo_word(f, port) : NULL;
    event_word_t w;

    if (unlikely(!word)) {
        /* Either we see the page that is just being added, or who adds it sees this. */
        __atomic_store_n(&e->pending, true, __ATOMIC_SEQ_CST);
        word = f ? fifo_word(f, port) : NULL;
        if (likely(!word) || !__atomic_exchange_n(&e->pending, false, __ATOMIC_SEQ_CST)) {
            return;
        }
    }
    /* A guest that unmasks after this sees PENDING, and asks. */
    w = __atomic_fetch_or(word, WORD_PENDING, __ATOMIC_SEQ_CST);
    if (!(w & WORD_PENDING) && evtchn_has_pollers(d)) {
        link_and_wake(d, f, port, e, word, w);
    } else {
        link_unmasked(d, f, port, e, word, w);
    }
}

void evtchn_fifo_unmask(struct domain *d, uint32_t port, struct evtchn *e)
{
    struct evtchn_fifo *f = evtchn_fifo_of(d, e);
    event_word_t *word = f ? fifo_word(f, port) : NULL;
    event_word_t w;

    if (!word) {
        return;
    }
    w = __atomic_and_fetch(word, ~WORD_MASKED, __ATOMIC_SEQ_CST);
    if ((w & (WORD_PENDING | WORD_LINKED)) == WORD_PENDING) {
        link_port(d, f, port, e, word);
    }
}

void evtchn_fifo_clear_pending(struct domain *d, uint32_t port, struct evtchn *e)
{
    struct evtchn_fifo *f = evtchn_fifo_of(d, NULL);
    event_word_t *word = f ? fifo_word(f, port) : NULL;

    e->pending = false;
    if (word) {
        (void)__atomic_fetch_and(word, ~WORD_PENDING, __ATOMIC_SEQ_CST);
    }
}

static bool word_has(const struct domain *d, uint32_t port, const struct evtchn *e,
                     event_word_t bits)
{
    const struct evtchn_fifo *f = evtchn_fifo_of(d, e);
    const event_word_t *word = f ? fifo_word(f, port) : NULL;

    return word && (READ_ONCE(*word) & bits);
}

bool evtchn_fifo_is_pending(const struct domain *d, uint32_t port, const struct evtchn *e)
{
    return word_has(d, port, e, WORD_PENDING);
}

bool evtchn_fifo_is_masked(const struct domain *d, uint32_t port)
{
    const struct evtchn_fifo *f = evtchn_fifo_of(d, NULL);

    return !f || !fifo_word(f, port) || word_has(d, port, NULL, WORD_MASKED);
}

bool evtchn_fifo_is_linked(const struct domain *d, uint32_t port)
{
    return word_has(d, port, NULL, WORD_LINKED);
}
