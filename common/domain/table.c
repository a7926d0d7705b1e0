/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domain ids. Lookup is lock-free under RCU: a two-level table of pointers, a bitmap of the ids in
 * use, and a list of all domains, the lower id first, for those who want each; a domain leaves all
 * three before its grace period begins, and keeps its link to the next one until it ends.
 * table_lock guards changes.
 */
#include <hv/domain.h>
#include <hv/nospec.h>
#include "private.h"

#define IDS_PER_PAGE 512
#define NR_PAGES     DIV_ROUND_UP(DOMID_FIRST_RESERVED, IDS_PER_PAGE)

static struct domain **table[NR_PAGES];
static DECLARE_BITMAP(used_ids, DOMID_FIRST_RESERVED);
static DEFINE_LIST(domains);
static domid_t last_id;
static DEFINE_SPINLOCK(table_lock, RANK_DOMLIST);

struct domain *domain_by_id(domid_t id)
{
    struct domain **page;

    if (id >= DOMID_FIRST_RESERVED) {
        return NULL;
    }
    id = (domid_t)array_index_nospec(id, DOMID_FIRST_RESERVED);
    page = rcu_dereference(table[id / IDS_PER_PAGE]);
    return page ? rcu_dereference(page[id % IDS_PER_PAGE]) : NULL;
}

static struct domain *at_link(struct list *link)
{
    return link == &domains ? NULL : list_entry(link, struct domain, link);
}

/* Behind the last one with a lower id: new ids are nearly always the highest. */
static void list_in_order(struct domain *d) __must_hold(table_lock)
{
    struct list *before = domains.prev;

    while (before != &domains && at_link(before)->domain_id > d->domain_id) {
        before = before->prev;
    }
    list_add(&d->link, before);
}

int domain_table_add(struct domain *d)
{
    domid_t id = d->domain_id;
    struct domain **page, **fresh = NULL;
    int rc = 0;

    if (!table[id / IDS_PER_PAGE]) {
        fresh = alloc_zeroed_page();
        if (!fresh) {
            return -ENOMEM;
        }
    }
    spin_lock(&table_lock);
    if (!table[id / IDS_PER_PAGE]) {
        rcu_assign_pointer(table[id / IDS_PER_PAGE], fresh);
        fresh = NULL;
    }
    page = table[id / IDS_PER_PAGE];
    if (page[id % IDS_PER_PAGE]) {
        rc = -EEXIST;
    } else {
        rcu_assign_pointer(page[id % IDS_PER_PAGE], d);
        set_bit(id, used_ids);
        list_in_order(d);
    }
    spin_unlock(&table_lock);
    free_xenheap_page(fresh);
    return rc;
}

void domain_table_remove(struct domain *d)
{
    spin_lock(&table_lock);
    clear_bit(d->domain_id, used_ids);
    list_del_rcu(&d->link);
    rcu_assign_pointer(table[d->domain_id / IDS_PER_PAGE][d->domain_id % IDS_PER_PAGE], NULL);
    spin_unlock(&table_lock);
}

/* The next id after the last one given that nobody has: ids of dead domains come back late. */
int domain_free_id(domid_t *id)
{
    unsigned int next;

    spin_lock(&table_lock);
    next = find_next_zero_bit(used_ids, DOMID_FIRST_RESERVED, last_id + 1U);
    if (next >= DOMID_FIRST_RESERVED) {
        next = find_next_zero_bit(used_ids, DOMID_FIRST_RESERVED, 1);
    }
    if (next < DOMID_FIRST_RESERVED) {
        last_id = (domid_t)next;
    }
    spin_unlock(&table_lock);
    if (next >= DOMID_FIRST_RESERVED) {
        return -ENOMEM;
    }
    *id = (domid_t)next;
    return 0;
}

/* The search among the ids ends with the highest in use. */
struct domain *domain_at_or_after(domid_t from)
{
    unsigned int id = from, end;
    struct domain *d = domain_by_id(from), *last;

    if (d) {
        return d;
    }
    last = at_link(READ_ONCE(domains.prev));
    end = last ? last->domain_id + 1U : 0;
    for (; id < end; id++) {
        id = find_next_bit(used_ids, end, id);
        d = id < end ? domain_by_id((domid_t)id) : NULL;
        if (d) {
            return d;
        }
    }
    return NULL;
}

struct domain *domain_after(struct domain *d)
{
    return at_link(rcu_dereference(d->link.next));
}

struct domain *rcu_lock_domain_by_id(domid_t id)
{
    struct domain *d;

    rcu_read_lock();
    d = domain_by_id(id);
    if (!d) {
        rcu_read_unlock();
    }
    return d;
}

struct domain *rcu_lock_domain_by_any_id(domid_t id)
{
    return id == DOMID_SELF ? rcu_lock_current_domain() : rcu_lock_domain_by_id(id);
}

int rcu_lock_remote_domain_by_id(domid_t id, struct domain **d)
{
    *d = rcu_lock_domain_by_id(id);
    if (!*d) {
        return -ESRCH;
    }
    if (*d == current->domain) {
        rcu_unlock_domain(*d);
        return -EPERM;
    }
    return 0;
}

struct domain *rcu_lock_current_domain(void)
{
    rcu_read_lock();
    return current->domain;
}

struct domain *get_domain_by_id(domid_t id)
{
    struct domain *d;

    rcu_read_lock();
    d = domain_by_id(id);
    if (d && !get_domain(d)) {
        d = NULL;
    }
    rcu_read_unlock();
    return d;
}

bool get_domain(struct domain *d)
{
    int old = __atomic_load_n(&d->refcnt, __ATOMIC_RELAXED);

    do {
        if (old <= 0) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&d->refcnt, &old, old + 1, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    return true;
}

void put_domain(struct domain *d)
{
    int left = __atomic_sub_fetch(&d->refcnt, 1, __ATOMIC_SEQ_CST);

    ASSERT(left >= 0);
    if (left == 0) {
        domain_destroy(d);
    }
}
