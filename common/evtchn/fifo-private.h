/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO ABI's state: pages of event words that the guest shares, and for each vCPU a control
 * block and the tails of its queues. The guest writes all of the shared memory at any time (I1): a
 * word is changed by single atomic steps only, and nothing read from it is used twice.
 */
#ifndef EVTCHN_FIFO_PRIVATE_H
#define EVTCHN_FIFO_PRIVATE_H

#include "private.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define MAX_PAGES      (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

#define WORD_PENDING (1U << EVTCHN_FIFO_PENDING)
#define WORD_MASKED  (1U << EVTCHN_FIFO_MASKED)
#define WORD_LINKED  (1U << EVTCHN_FIFO_LINKED)
#define WORD_BUSY    (1U << EVTCHN_FIFO_BUSY)

/* One queue of one vCPU. The lock guards tail, and the shared head of the same queue. */
struct fifo_queue {
    irqlock_t lock;
    uint32_t tail; /* the port last put on it; 0: none that may be linked from */
};

struct fifo_vcpu {
    struct evtchn_fifo_control_block *control; /* in pg */
    struct page_info *pg;
    struct fifo_queue queue[EVTCHN_FIFO_MAX_QUEUES];
};

/* Published in d->evtchn.fifo when complete. Pages are only added; vCPUs' parts only appear. */
struct evtchn_fifo {
    event_word_t *page[MAX_PAGES];
    struct page_info *pg[MAX_PAGES];
    uint32_t nr_pages; /* published after the page that it counts */
    unsigned int nr_vcpus;
    struct fifo_vcpu *vcpu[]; /* NULL until the vCPU has its control block */
};

/* The port's word, or NULL when there is no page for it yet. */
static always_inline event_word_t *fifo_word(const struct evtchn_fifo *f, uint32_t port)
{
    uint32_t page = port / WORDS_PER_PAGE;

    if (unlikely(page >= smp_load_acquire(&f->nr_pages))) {
        return NULL;
    }
    return f->page[array_index_nospec(page, MAX_PAGES)] + port % WORDS_PER_PAGE;
}

#endif
