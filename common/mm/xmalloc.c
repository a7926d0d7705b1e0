/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small objects: pages cut into objects of one size. A page's head stands at its start, so an
 * object is never page-aligned, and what is page-aligned is a whole allocation of pages.
 * xmalloc_lock guards all classes; an empty page goes back to the heap.
 */
#include <hv/bitops.h>
#include <hv/lib.h>
#include <hv/list.h>
#include <hv/mm.h>

#define HEAD_SIZE 64 /* objects begin at a multiple of the largest alignment */

struct slab {
    struct list link; /* of its class, while it has room */
    void *free;       /* first free object; each holds the next */
    uint16_t class, used, capacity;
};
_Static_assert(sizeof(struct slab) <= HEAD_SIZE, "the head fits before the objects");

static const uint16_t sizes[] = { 16, 32, 64, 96, 128, 192, 256, 320, 448, 576, 768, 1344, 2016 };
#define MAX_SMALL  2016
#define NR_CLASSES ARRAY_SIZE(sizes)

static struct list partial[NR_CLASSES];
static bool ready;
static DEFINE_SPINLOCK(xmalloc_lock, RANK_XMALLOC);

static unsigned int class_of(size_t size, size_t align)
{
    unsigned int c = 0;

    while (sizes[c] < size || sizes[c] % align) {
        c++;
    }
    return c;
}

static struct slab *slab_new(unsigned int class)
{
    struct slab *s = alloc_xenheap_pages(0, 0);
    char *obj;

    if (!s) {
        return NULL;
    }
    s->class = (uint16_t) class;
    s->used = 0;
    s->capacity = (uint16_t)((PAGE_SIZE - HEAD_SIZE) / sizes[class]);
    s->free = NULL;
    list_init(&s->link);
    obj = (char *)s + HEAD_SIZE + (s->capacity - 1UL) * sizes[class];
    for (unsigned int i = 0; i < s->capacity; i++, obj -= sizes[class]) {
        *(void **)obj = s->free;
        s->free = obj;
    }
    return s;
}

static void *small_alloc(unsigned int class)
{
    struct slab *s;
    void *obj;

    spin_lock(&xmalloc_lock);
    if (!ready) {
        for (unsigned int i = 0; i < NR_CLASSES; i++) {
            list_init(&partial[i]);
        }
        ready = true;
    }
    if (list_empty(&partial[class])) {
        spin_unlock(&xmalloc_lock);
        s = slab_new(class);
        if (!s) {
            return NULL;
        }
        spin_lock(&xmalloc_lock);
        list_add(&s->link, &partial[class]);
    }
    s = list_first(&partial[class], struct slab, link);
    obj = s->free;
    s->free = *(void **)obj;
    if (++s->used == s->capacity) {
        list_del(&s->link);
    }
    spin_unlock(&xmalloc_lock);
    return obj;
}

static void small_free(void *p)
{
    struct slab *s = (struct slab *)((unsigned long)p & PAGE_MASK);
    bool empty;

    spin_lock(&xmalloc_lock);
    if (s->used-- == s->capacity) {
        list_add(&s->link, &partial[s->class]);
    }
    *(void **)p = s->free;
    s->free = p;
    empty = s->used == 0;
    if (empty) {
        list_del(&s->link);
    }
    spin_unlock(&xmalloc_lock);
    if (empty) {
        free_xenheap_page(s);
    }
}

void *xmalloc_bytes(size_t size, size_t align)
{
    unsigned int order;
    void *p;

    if (!size) {
        size = 1;
    }
    if (align <= HEAD_SIZE) {
        size_t rounded = ROUNDUP(size, max_t(size_t, align, 16));

        if (rounded <= MAX_SMALL && (align <= 16 || rounded <= 1344)) {
            return small_alloc(class_of(rounded, max_t(size_t, align, 16)));
        }
    }
    if (align > PAGE_SIZE || size > PAGE_SIZE << MAX_ORDER) {
        return NULL;
    }
    order = get_order((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    p = alloc_xenheap_pages(order, 0);
    if (p) {
        virt_to_page(p)->inuse.type_info = order; /* no type: it is nobody's to map */
    }
    return p;
}

void *xzalloc_bytes(size_t size, size_t align)
{
    void *p = xmalloc_bytes(size, align);

    if (p) {
        memset(p, 0, size);
    }
    return p;
}

void *xmalloc_array_bytes(size_t n, size_t size, size_t align, bool zero)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        return NULL;
    }
    return zero ? xzalloc_bytes(bytes, align) : xmalloc_bytes(bytes, align);
}

void xfree(void *p)
{
    if (!p) {
        return;
    }
    if ((unsigned long)p & ~PAGE_MASK) {
        small_free(p);
    } else {
        unsigned int order = (unsigned int)virt_to_page(p)->inuse.type_info;

        virt_to_page(p)->inuse.type_info = 0;
        free_xenheap_pages(p, order);
    }
}
