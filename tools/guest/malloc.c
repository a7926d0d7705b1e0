/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * malloc: size classes of powers of two up to half a page, whole pages above.
 *
 * Each block is preceded by a header that names its class or page count. Pages of a class are never
 * given back. heap_lock is taken with events masked.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <guest/lock.h>
#include <guest/mm.h>
#include <guest/shutdown.h>

#define CLASS_MIN_SHIFT 5
#define CLASS_MAX_SHIFT 11
#define NR_CLASSES      (CLASS_MAX_SHIFT - CLASS_MIN_SHIFT + 1)
#define HEADER_MAGIC    0x6d616c6cu
#define HEADER_FREE     0x66726565u

struct header {
    uint32_t magic;
    uint32_t class; /* NR_CLASSES: whole pages */
    union {
        uint64_t pages;
        struct header *next;
    };
};

_Static_assert(sizeof(struct header) == 16, "blocks are 16-byte aligned");

static struct header *free_list[NR_CLASSES];
static struct spinlock heap_lock;

static unsigned int class_of(size_t total)
{
    unsigned int class = 0;

    while (((size_t)1 << (class + CLASS_MIN_SHIFT)) < total) {
        class ++;
    }
    return class;
}

static struct header *refill(unsigned int class)
{
    size_t size = (size_t)1 << (class + CLASS_MIN_SHIFT);
    char *page = page_alloc(1);
    struct header *list = NULL;

    for (size_t at = 0; page && at < PAGE_SIZE; at += size) {
        struct header *h = (struct header *)(page + at);

        *h = (struct header){ .magic = HEADER_FREE, .class = class, .next = list };
        list = h;
    }
    return list;
}

static void *alloc_small(unsigned int class)
{
    bool masked = spin_lock_events(&heap_lock);
    struct header *h = free_list[class];

    if (!h) {
        h = refill(class);
    }
    if (h) {
        free_list[class] = h->next;
        h->magic = HEADER_MAGIC;
        h->next = NULL;
    }
    spin_unlock_events(&heap_lock, masked);
    return h ? h + 1 : NULL;
}

void *malloc(size_t size)
{
    struct header *h;
    unsigned long pages;

    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    if (size + sizeof(*h) <= (size_t)1 << CLASS_MAX_SHIFT) {
        return alloc_small(class_of(size + sizeof(*h)));
    }
    pages = (size + sizeof(*h) + PAGE_SIZE - 1) / PAGE_SIZE;
    h = page_alloc(pages);
    if (!h) {
        return NULL;
    }
    *h = (struct header){ .magic = HEADER_MAGIC, .class = NR_CLASSES, .pages = pages };
    return h + 1;
}

static size_t usable(const struct header *h)
{
    size_t total = h->class == NR_CLASSES ? h->pages * PAGE_SIZE
                                          : (size_t)1 << (h->class + CLASS_MIN_SHIFT);

    return total - sizeof(*h);
}

void free(void *p)
{
    struct header *h = (struct header *)p - 1;
    bool masked;

    if (!p) {
        return;
    }
    if (h->magic != HEADER_MAGIC) {
        guest_panic("free of %p, which malloc did not give", p);
    }
    h->magic = HEADER_FREE;
    if (h->class == NR_CLASSES) {
        page_free(h, h->pages);
        return;
    }
    masked = spin_lock_events(&heap_lock);
    h->next = free_list[h->class];
    free_list[h->class] = h;
    spin_unlock_events(&heap_lock, masked);
}

void *calloc(size_t nr, size_t size)
{
    size_t total;
    void *p;

    if (__builtin_mul_overflow(nr, size, &total)) {
        return NULL;
    }
    p = malloc(total);
    return p ? memset(p, 0, total) : NULL;
}

void *realloc(void *p, size_t size)
{
    void *copy;
    size_t old;

    if (!p) {
        return malloc(size);
    }
    old = usable((struct header *)p - 1);
    if (size <= old) {
        return p;
    }
    copy = malloc(size);
    if (copy) {
        memcpy(copy, p, old);
        free(p);
    }
    return copy;
}
