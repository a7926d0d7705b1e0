/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leftist trees (hv/heap.h).
 *
 * Invariant: a node's key is not greater than its children's, and its left child's rank is not less
 * than its right child's; so the path of right links from any node has at most log2(n + 1) nodes,
 * which bounds every loop below. Locks: the caller's.
 */
#include <hv/heap.h>

static uint32_t rank_of(const struct heap_node *n)
{
    return n ? n->rank : 0;
}

/* Restores order and rank of n from its children; false if its rank was right already. */
static bool node_fix(struct heap_node *n)
{
    uint32_t rank;

    if (rank_of(n->left) < rank_of(n->right)) {
        struct heap_node *swap = n->left;

        n->left = n->right;
        n->right = swap;
    }
    rank = rank_of(n->right) + 1;
    if (n->rank == rank) {
        return false;
    }
    n->rank = rank;
    return true;
}

/* Joins two trees along their right links; the root of the result has no parent. */
static struct heap_node *heap_merge(struct heap_node *a, struct heap_node *b)
{
    struct heap_node *root = NULL, *up = NULL, **link = &root;

    while (a && b) {
        struct heap_node *least = a;

        if (key_before(b->key, a->key)) {
            least = b;
            b = a;
        }
        *link = least;
        least->up = up;
        up = least;
        link = &least->right;
        a = least->right;
    }
    *link = a ? a : b;
    if (*link) {
        (*link)->up = up;
    }
    for (; up; up = up->up) {
        (void)node_fix(up);
    }
    return root;
}

void heap_insert(struct heap *h, struct heap_node *n)
{
    n->left = n->right = n->up = NULL;
    n->rank = 1;
    h->root = h->root ? heap_merge(h->root, n) : n;
}

void heap_remove(struct heap *h, struct heap_node *n)
{
    struct heap_node *sub = heap_merge(n->left, n->right);
    struct heap_node *up = n->up;

    if (sub) {
        sub->up = up;
    }
    if (!up) {
        h->root = sub;
    } else if (up->left == n) {
        up->left = sub;
    } else {
        up->right = sub;
    }
    while (up && node_fix(up)) {
        up = up->up;
    }
    WRITE_ONCE(n->rank, 0);
}

/* Whether n may have this key where it stands. */
static bool key_fits(const struct heap_node *n, int64_t key)
{
    return (!n->up || !key_before(key, n->up->key)) &&
           (!n->left || !key_before(n->left->key, key)) &&
           (!n->right || !key_before(n->right->key, key));
}

void heap_rekey(struct heap *h, struct heap_node *n, int64_t key)
{
    if (key_fits(n, key)) {
        n->key = key;
        return;
    }
    heap_remove(h, n);
    n->key = key;
    heap_insert(h, n);
}
