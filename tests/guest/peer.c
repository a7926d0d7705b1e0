/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both ends of the calls that peer.h describes.
 *
 * The mailbox belongs to the caller while its state is IDLE or DONE, to the child while CALL; the
 * state is written last.
 */
#include "peer.h"
#include "test.h"

enum { IDLE, CALL, DONE };

struct mailbox {
    unsigned long state;
    peer_fn fn;
    unsigned long arg[PEER_ARGS];
    long answer;
} __attribute__((aligned(PAGE_SIZE)));

static struct mailbox mailbox; /* the child's; in the parent it is not used */

/* Lets others run first, and sleeps when that was not enough. */
static void wait_politely(unsigned int *turns)
{
    if (++*turns < 200) {
        hv_sched_op(SCHEDOP_yield, NULL);
    } else {
        time_sleep(100 * NSEC_PER_USEC);
    }
}

ROLE(peer)
{
    for (;;) {
        unsigned int turns = 0;

        while (__atomic_load_n(&mailbox.state, __ATOMIC_ACQUIRE) != CALL) {
            wait_politely(&turns);
        }
        mailbox.answer = mailbox.fn(mailbox.arg);
        __atomic_store_n(&mailbox.state, DONE, __ATOMIC_RELEASE);
    }
    return SHUTDOWN_crash;
}

long peer_start(struct peer *p, const struct child_options *o)
{
    struct child_options mine = o ? *o : (struct child_options){ 0 };
    long rc;

    mine.cmdline = "role=peer";
    mine.paused = true;
    rc = child_create(&p->c, &mine);
    if (rc) {
        return rc;
    }
    p->box_va = p->box_va ? p->box_va : pt_vmap_reserve(1);
    rc = pt_map_foreign(p->box_va, pte_make(p->c.p2m[virt_to_pfn(&mailbox)], PTE_KERN), p->c.id);
    p->box = rc ? NULL : (struct mailbox *)p->box_va;
    if (!rc) {
        rc = child_unpause(&p->c);
    }
    if (rc) {
        peer_stop(p);
    }
    return rc;
}

void peer_post_args(struct peer *p, peer_fn fn, const unsigned long *arg)
{
    p->box->fn = fn;
    memcpy(p->box->arg, arg, sizeof(p->box->arg));
    __atomic_store_n(&p->box->state, CALL, __ATOMIC_RELEASE);
}

long peer_answer(struct peer *p)
{
    uint64_t limit = time_now() + PEER_PATIENT;
    unsigned int turns = 0;

    while (__atomic_load_n(&p->box->state, __ATOMIC_ACQUIRE) != DONE) {
        if (time_now() > limit) {
            child_collect(&p->c);
            printf("#    the peer is silent; it printed: %s\n", p->c.log);
            return -ETIME;
        }
        wait_politely(&turns);
    }
    return p->box->answer;
}

long peer_call_args(struct peer *p, peer_fn fn, const unsigned long *arg)
{
    peer_post_args(p, fn, arg);
    return peer_answer(p);
}

static void let_go(struct peer *p)
{
    if (p->box) {
        pt_unmap(p->box_va);
        p->box = NULL;
    }
}

long peer_stop(struct peer *p)
{
    let_go(p);
    return child_destroy(&p->c);
}

long peer_kill(struct peer *p)
{
    long rc;

    let_go(p);
    do {
        rc = child_domctl(XEN_DOMCTL_destroydomain, p->c.id);
    } while (rc == -ERESTART);
    return rc;
}
