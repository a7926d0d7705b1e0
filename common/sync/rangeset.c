/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of numbers as sorted, disjoint, non-adjacent ranges in one array.
 *
 * Owns the array; looking up is a binary search. A change is built in place after room for it is
 * certain, so a failed one (-ENOMEM) leaves the set as it was. Each set has its own reader-writer
 * lock; functions given to rangeset_for_each() run under it and do not change the set.
 */
#include <hv/lib.h>
#include <hv/lock.h>
#include <hv/mm.h>
#include <hv/rangeset.h>

struct range {
    unsigned long s, e; /* both inclusive */
};

struct rangeset {
    char name[32];
    rwlock_t lock;
    unsigned int count, room;
    struct range *ranges;
};

#define FIRST_ROOM 4

struct rangeset *rangeset_new(const char *name)
{
    struct rangeset *r = xzalloc(struct rangeset);

    if (!r) {
        return NULL;
    }
    strlcpy(r->name, name, sizeof(r->name));
    rwlock_init(&r->lock, RANK_RANGESET);
    return r;
}

void rangeset_destroy(struct rangeset *r)
{
    if (r) {
        xfree(r->ranges);
        xfree(r);
    }
}

/* Index of the first range that ends at or after n; count when none does. */
static unsigned int first_reaching(const struct rangeset *r, unsigned long n)
{
    unsigned int low = 0, high = r->count;

    while (low < high) {
        unsigned int middle = low + (high - low) / 2;

        if (r->ranges[middle].e < n) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Replaces `old` ranges at index `at` by `new` ones whose content the caller fills in. */
static int resize_at(struct rangeset *r, unsigned int at, unsigned int old, unsigned int new)
{
    unsigned int count = r->count - old + new;

    if (count > r->room) {
        unsigned int room = max(r->room * 2, (unsigned int)FIRST_ROOM);
        struct range *ranges = xmalloc_array(struct range, room);

        if (!ranges) {
            return -ENOMEM;
        }
        if (r->ranges) {
            memcpy(ranges, r->ranges, r->count * sizeof(*ranges));
            xfree(r->ranges);
        }
        r->ranges = ranges;
        r->room = room;
    }
    memmove(r->ranges + at + new, r->ranges + at + old, (r->count - at - old) * sizeof(*r->ranges));
    r->count = count;
    return 0;
}

/* Joins [s, e] with all ranges that overlap or touch it. */
static int add_locked(struct rangeset *r, unsigned long s, unsigned long e)
{
    unsigned int at = first_reaching(r, s ? s - 1 : 0);
    unsigned int end = at;
    struct range joined = { s, e };
    int rc;

    while (end < r->count && (e == ~0UL || r->ranges[end].s <= e + 1)) {
        joined.s = min(joined.s, r->ranges[end].s);
        joined.e = max(joined.e, r->ranges[end].e);
        end++;
    }
    rc = resize_at(r, at, end - at, 1);
    if (!rc) {
        r->ranges[at] = joined;
    }
    return rc;
}

/* Takes [s, e] out; what is left of the first and last overlapped ranges stays. */
static int remove_locked(struct rangeset *r, unsigned long s, unsigned long e)
{
    unsigned int at = first_reaching(r, s);
    unsigned int end = at, kept = 0;
    struct range keep[2];
    int rc;

    while (end < r->count && r->ranges[end].s <= e) {
        end++;
    }
    if (end == at) {
        return 0;
    }
    if (r->ranges[at].s < s) {
        keep[kept++] = (struct range){ r->ranges[at].s, s - 1 };
    }
    if (r->ranges[end - 1].e > e) {
        keep[kept++] = (struct range){ e + 1, r->ranges[end - 1].e };
    }
    rc = resize_at(r, at, end - at, kept);
    if (!rc) {
        memcpy(r->ranges + at, keep, kept * sizeof(*keep));
    }
    return rc;
}

int rangeset_add(struct rangeset *r, unsigned long s, unsigned long e)
{
    int rc;

    if (s > e) {
        return -EINVAL;
    }
    write_lock(&r->lock);
    rc = add_locked(r, s, e);
    write_unlock(&r->lock);
    return rc;
}

int rangeset_remove(struct rangeset *r, unsigned long s, unsigned long e)
{
    int rc;

    if (s > e) {
        return -EINVAL;
    }
    write_lock(&r->lock);
    rc = remove_locked(r, s, e);
    write_unlock(&r->lock);
    return rc;
}

bool rangeset_contains(struct rangeset *r, unsigned long s, unsigned long e)
{
    unsigned int at;
    bool contains;

    read_lock(&r->lock);
    at = first_reaching(r, e);
    contains = at < r->count && r->ranges[at].s <= s && s <= e;
    read_unlock(&r->lock);
    return contains;
}

bool rangeset_overlaps(struct rangeset *r, unsigned long s, unsigned long e)
{
    unsigned int at;
    bool overlaps;

    read_lock(&r->lock);
    at = first_reaching(r, s);
    overlaps = at < r->count && r->ranges[at].s <= e && s <= e;
    read_unlock(&r->lock);
    return overlaps;
}

bool rangeset_empty(struct rangeset *r)
{
    return READ_ONCE(r->count) == 0;
}

int rangeset_for_each (struct rangeset *r, unsigned long s, unsigned long e,
                       int (*fn)(unsigned long s, unsigned long e, void *data), void *data)
{
    int rc = 0;

    read_lock(&r->lock);
    for (unsigned int i = first_reaching(r, s); i < r->count && r->ranges[i].s <= e && !rc; i++) {
        rc = fn(max(s, r->ranges[i].s), min(e, r->ranges[i].e), data);
    }
    read_unlock(&r->lock);
    return rc;
}

static int print_range(unsigned long s, unsigned long e, void *data)
{
    if (s == e) {
        printk(" %lx", s);
    } else {
        printk(" %lx-%lx", s, e);
    }
    return 0;
}

void rangeset_print(struct rangeset *r)
{
    printk("    %-12s {", r->name);
    (void)rangeset_for_each (r, 0, ~0UL, print_range, NULL);
    printk(" }\n");
}
