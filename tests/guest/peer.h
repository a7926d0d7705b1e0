/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A child domain that runs functions for the test. It is built from this same kernel, so a
 * function's address means the same in both; a page of the child's image, mapped here, carries the
 * calls.
 *
 * One call at a time. The functions run on the child's vCPU 0 and see the child's memory.
 */
#ifndef PEER_H
#define PEER_H

#include "child.h"

#define PEER_ARGS    5
#define PEER_PATIENT (20 * NSEC_PER_SEC)

typedef long (*peer_fn)(const unsigned long *arg);

struct mailbox;

struct peer {
    struct child c;
    struct mailbox *box;
    unsigned long box_va;
};

/* Creates and starts it: 0 or -errno. o may be NULL; its cmdline is the peer's own. */
long peer_start(struct peer *p, const struct child_options *o);

/* fn(arguments) there: its answer, or -ETIME. */
#define peer_call(p, fn, ...) peer_call_args(p, fn, (const unsigned long[PEER_ARGS]){ __VA_ARGS__ })
long peer_call_args(struct peer *p, peer_fn fn, const unsigned long *arg);

/* The same in two halves; between them the child works on its own. */
#define peer_post(p, fn, ...) peer_post_args(p, fn, (const unsigned long[PEER_ARGS]){ __VA_ARGS__ })
void peer_post_args(struct peer *p, peer_fn fn, const unsigned long *arg);
long peer_answer(struct peer *p);

/* Destroys it; 0 or -errno. What was mapped of it may be left mapped. */
long peer_stop(struct peer *p);

/* Kills it and returns before it is gone. */
long peer_kill(struct peer *p);

#endif
