/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A priority queue whose links are inside the objects: a leftist tree, least key at the root.
 * Insert and remove (of any node) take O(log n) steps in the worst case, the minimum O(1); nothing
 * is allocated, so nothing can fail. The caller holds whatever lock guards the tree.
 */
#ifndef HV_HEAP_H
#define HV_HEAP_H

#include <hv/compiler.h>

struct heap_node {
    struct heap_node *left, *right, *up;
    int64_t key;   /* those of one heap are less than 2^63 apart, and may go round */
    uint32_t rank; /* distance to the nearest free link, at least 1; 0: in no heap */
};

struct heap {
    struct heap_node *root; /* least key, NULL when empty */
};

static inline bool heap_queued(const struct heap_node *n)
{
    return READ_ONCE(n->rank) != 0;
}

static inline struct heap_node *heap_first(const struct heap *h)
{
    return h->root;
}

/* Is key a before b, on a scale that goes round? */
static inline bool key_before(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b) < 0;
}

/* n->key is set and n is in no heap. */
void heap_insert(struct heap *h, struct heap_node *n);
/* n is in h. */
void heap_remove(struct heap *h, struct heap_node *n);
/* n, which is in h, gets another key; where that changes no order, nothing but the key is touched.
 */
void heap_rekey(struct heap *h, struct heap_node *n, int64_t key);

#endif
