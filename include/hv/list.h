/* SPDX-License-Identifier: GPL-2.0-only */
/* A circular doubly linked list, its links inside the objects. */
#ifndef HV_LIST_H
#define HV_LIST_H

#include <hv/compiler.h>

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(l)                                                                               \
    {                                                                                              \
        &(l), &(l)                                                                                 \
    }
#define DEFINE_LIST(l) struct list l = LIST_INIT(l)

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return READ_ONCE(l->next) == l;
}

static inline void list_insert_(struct list *n, struct list *prev, struct list *next)
{
    n->next = next;
    n->prev = prev;
    next->prev = n;
    smp_store_release(&prev->next, n);
}

static inline void list_add(struct list *n, struct list *head)
{
    list_insert_(n, head, head->next);
}

static inline void list_add_tail(struct list *n, struct list *head)
{
    list_insert_(n, head->prev, head);
}

/* Takes n out and leaves it an empty list of its own. */
static inline void list_del(struct list *n)
{
    n->prev->next = n->next;
    n->next->prev = n->prev;
    list_init(n);
}

/* Takes n out but leaves its forward link for lock-free readers; free n after a grace period. */
static inline void list_del_rcu(struct list *n)
{
    n->next->prev = n->prev;
    smp_store_release(&n->prev->next, n->next);
}

#define list_entry(ptr, type, member)  container_of(ptr, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)
#define list_for_each(pos, head, member)                                                           \
    for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member); &(pos)->member != (head);   \
         (pos) = list_entry((pos)->member.next, __typeof__(*(pos)), member))
#define list_for_each_safe(pos, tmp, head, member)                                                 \
    for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member),                             \
        (tmp) = list_entry((pos)->member.next, __typeof__(*(pos)), member);                        \
         &(pos)->member != (head);                                                                 \
         (pos) = (tmp), (tmp) = list_entry((tmp)->member.next, __typeof__(*(pos)), member))

#endif
