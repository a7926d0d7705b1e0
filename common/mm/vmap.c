/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtually contiguous areas of the hypervisor. Areas are handed out upwards, each followed by an
 * unmapped page; a freed area is kept for the next request that it fits. vmap_lock guards the list
 * of areas.
 */
#include <hv/arch/mm.h>
#include <hv/lib.h>
#include <hv/list.h>
#include <hv/mm.h>

struct area {
    struct list link;
    unsigned long va;
    unsigned long pages; /* without the guard */
    unsigned long used;  /* pages mapped; 0: the area is free */
    bool owns_frames;
};

static DEFINE_LIST(areas);
static unsigned long next_va;
static DEFINE_SPINLOCK(vmap_lock, RANK_VMAP);

static struct area *area_get(unsigned long pages)
{
    struct area *a, *fresh;

    spin_lock(&vmap_lock);
    list_for_each (a, &areas, link) {
        if (!a->used && a->pages >= pages && a->pages <= 2 * pages) {
            a->used = pages;
            spin_unlock(&vmap_lock);
            return a;
        }
    }
    spin_unlock(&vmap_lock);

    fresh = xzalloc(struct area);
    if (!fresh) {
        return NULL;
    }
    spin_lock(&vmap_lock);
    if (!next_va) {
        next_va = arch_vmap_start;
    }
    if (pages + 1 > (arch_vmap_end - next_va) >> PAGE_SHIFT) {
        spin_unlock(&vmap_lock);
        xfree(fresh);
        return NULL;
    }
    fresh->va = next_va;
    fresh->pages = fresh->used = pages;
    next_va += (pages + 1) << PAGE_SHIFT;
    list_add(&fresh->link, &areas);
    spin_unlock(&vmap_lock);
    return fresh;
}

static void area_put(struct area *a)
{
    arch_unmap_frames(a->va, a->used);
    spin_lock(&vmap_lock);
    a->owns_frames = false;
    a->used = 0;
    spin_unlock(&vmap_lock);
}

static struct area *area_find(const void *va)
{
    unsigned long base = (unsigned long)va & PAGE_MASK;
    struct area *a, *found = NULL;

    spin_lock(&vmap_lock);
    list_for_each (a, &areas, link) {
        if (a->va == base && a->used) {
            found = a;
            break;
        }
    }
    spin_unlock(&vmap_lock);
    return found;
}

void *vmap(const mfn_t *mfns, unsigned int nr)
{
    struct area *a = nr ? area_get(nr) : NULL;

    for (unsigned int i = 0; a && i < nr; i++) {
        if (arch_map_frames(a->va + i * PAGE_SIZE, mfns[i], 1, HVMAP_RW)) {
            area_put(a);
            a = NULL;
        }
    }
    return a ? (void *)a->va : NULL;
}

void vunmap(const void *va)
{
    struct area *a = area_find(va);

    if (a) {
        area_put(a);
    }
}

void *vzalloc(size_t size)
{
    unsigned long pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
    mfn_t *mfns = xzalloc_array(mfn_t, pages);
    unsigned long got = 0;
    void *va = NULL;

    for (; mfns && got < pages; got++) {
        void *page = alloc_zeroed_page();

        if (!page) {
            break;
        }
        mfns[got] = virt_to_mfn(page);
    }
    if (mfns && got == pages) {
        va = vmap(mfns, (unsigned int)pages);
    }
    if (va) {
        area_find(va)->owns_frames = true;
    } else {
        while (got--) {
            free_xenheap_page(mfn_to_virt(mfns[got]));
        }
    }
    xfree(mfns);
    return va;
}

void vfree(void *va)
{
    struct area *a = va ? area_find(va) : NULL;

    if (!a || !a->owns_frames) {
        return;
    }
    for (unsigned long i = 0; i < a->used; i++) {
        mfn_t mfn = arch_mapped_frame(a->va + i * PAGE_SIZE);

        arch_unmap_frames(a->va + i * PAGE_SIZE, 1);
        free_xenheap_page(mfn_to_virt(mfn));
    }
    area_put(a);
}

void *ioremap(maddr_t ma, size_t len)
{
    unsigned long offset = maddr_x(ma) & ~PAGE_MASK;
    unsigned long pages = (offset + len + PAGE_SIZE - 1) >> PAGE_SHIFT;
    struct area *a;

    if (!len || maddr_x(ma) + len < maddr_x(ma) || arch_is_ram(ma, len)) {
        return NULL;
    }
    a = area_get(pages);
    if (!a) {
        return NULL;
    }
    if (arch_map_frames(a->va, maddr_to_mfn(ma), pages, HVMAP_UC)) {
        area_put(a);
        return NULL;
    }
    return (void *)(a->va + offset);
}

void iounmap(const void *va)
{
    vunmap(va);
}
