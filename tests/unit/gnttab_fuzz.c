/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Batches of grant operations from bytes, for libFuzzer: two domains grant, map, copy, unmap, swap
 * and change versions in whatever order and with whatever arguments, write to their own entries,
 * and die. Found is what ASan and UBSan find, a failing ASSERT, and what a dead domain leaves (the
 * audit in fake_domain_end).
 *
 * An input is a row of records: a byte that says who does what, and what the operation takes.
 * Numbers that must be small to mean anything (domains, references, handles, frames) are bent
 * towards those that there are, in three cases of four.
 */
#include <gen/grant_table_op-dispatch.h>
#include <hv/domain.h>
#include <hv/mm.h>

#include "../../common/gnttab/private.h"

#define PAGES     4U
#define BATCH_MAX 4U

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct domain *dom[2];
static struct page_info *pages[2][PAGES];

static const uint8_t *at, *end;

static uint64_t bytes(unsigned int n)
{
    uint64_t v = 0;

    while (n--) {
        v = v << 8 | (at < end ? *at++ : 0);
    }
    return v;
}

/* Mostly below `most`. */
static uint32_t small(uint32_t most)
{
    uint32_t how = (uint32_t)bytes(1);

    return how & 3 ? (how >> 2) % most : (uint32_t)bytes(4);
}

static domid_t some_domain(void)
{
    static const domid_t known[] = { 1, 2, DOMID_SELF, 0 };
    uint32_t i = small(ARRAY_SIZE(known));

    return i < ARRAY_SIZE(known) ? known[i] : (domid_t)i;
}

static uint64_t some_frame(void)
{
    uint32_t i = small(2 * PAGES);

    return i < 2 * PAGES ? mfn_x(page_to_mfn(pages[i / PAGES][i % PAGES])) : bytes(8);
}

/* The domain's own word of its own table. */
static void write_entry(struct domain *d)
{
    struct grant_table *t = d->gnttab;
    uint32_t ref = small(32) % 128;
    uint16_t flags = (uint16_t)bytes(2);
    uint64_t frame = some_frame();

    if (t->version == 1) {
        grant_entry_v1_t *e = (grant_entry_v1_t *)t->shared[0] + ref;

        e->frame = (uint32_t)frame;
        e->domid = some_domain();
        e->flags = flags;
    } else {
        union grant_entry_v2 *e = (union grant_entry_v2 *)t->shared[0] + ref;

        e->hdr.domid = some_domain();
        e->full_page.frame = frame;
        if ((flags & GTF_type_mask) == GTF_transitive) {
            e->transitive.trans_domid = some_domain();
            e->transitive.gref = small(32);
        } else if (flags & GTF_sub_page) {
            e->sub_page.page_off = (uint16_t)bytes(2);
            e->sub_page.length = (uint16_t)bytes(2);
        }
        e->hdr.flags = flags;
    }
}

static uint64_t some_address(void)
{
    return 0x100000 + (uint64_t)small(16) * PAGE_SIZE;
}

static void do_map(unsigned int nr)
{
    struct gnttab_map_grant_ref op[BATCH_MAX];

    for (unsigned int i = 0; i < nr; i++) {
        op[i] = (struct gnttab_map_grant_ref){ .host_addr = some_address(),
                                               .flags = (uint32_t)bytes(1),
                                               .ref = small(32),
                                               .dom = some_domain() };
    }
    (void)grant_table_op_map_grant_ref(nr, fake_guest(op));
}

static void do_unmap(unsigned int nr)
{
    struct gnttab_unmap_grant_ref op[BATCH_MAX];

    for (unsigned int i = 0; i < nr; i++) {
        op[i] = (struct gnttab_unmap_grant_ref){ .host_addr = bytes(1) & 7 ? some_address() : 0,
                                                 .dev_bus_addr = bytes(1) & 7
                                                                     ? 0
                                                                     : some_frame() << PAGE_SHIFT,
                                                 .handle = small(64) };
    }
    (void)grant_table_op_unmap_grant_ref(nr, fake_guest(op));
}

static struct gnttab_copy_ptr some_end(bool gref)
{
    struct gnttab_copy_ptr p = { .domid = gref ? some_domain() : DOMID_SELF };

    if (gref) {
        p.u.ref = small(32);
    } else {
        p.u.gmfn = some_frame();
    }
    p.offset = (uint16_t)bytes(2) % (bytes(1) & 7 ? PAGE_SIZE : 0x10000);
    return p;
}

static void do_copy(unsigned int nr)
{
    struct gnttab_copy op[BATCH_MAX];

    for (unsigned int i = 0; i < nr; i++) {
        uint16_t flags = bytes(1) & 7;

        op[i] = (struct gnttab_copy){ .source = some_end(flags & GNTCOPY_source_gref),
                                      .dest = some_end(flags & GNTCOPY_dest_gref),
                                      .len = (uint16_t)bytes(2) % 0x1100,
                                      .flags = flags };
    }
    (void)grant_table_op_copy(nr, fake_guest(op));
}

static void do_swap(unsigned int nr)
{
    struct gnttab_swap_grant_ref op[BATCH_MAX];

    for (unsigned int i = 0; i < nr; i++) {
        op[i] = (struct gnttab_swap_grant_ref){ .ref_a = small(32), .ref_b = small(32) };
    }
    (void)grant_table_op_swap_grant_ref(nr, fake_guest(op));
}

static void do_version(void)
{
    struct gnttab_set_version op = { .version = small(4) };

    (void)grant_table_op_set_version(1, fake_guest(&op));
}

static void do_setup(void)
{
    uint64_t frames[8];
    struct gnttab_setup_table op = { .dom = some_domain(), .nr_frames = small(6) % 8 };
    struct gnttab_get_status_frames status = { .dom = some_domain(), .nr_frames = small(6) % 8 };

    set_xen_guest_handle(op.frame_list, frames);
    (void)grant_table_op_setup_table(1, fake_guest(&op));
    set_xen_guest_handle(status.frame_list, frames);
    (void)grant_table_op_get_status_frames(1, fake_guest(&status));
}

static void step(void)
{
    uint8_t what = (uint8_t)bytes(1);
    unsigned int nr = 1 + (what >> 6);
    struct domain *d = dom[what >> 3 & 1];

    fake_set_current(d->vcpu[what >> 4 & 1]);
    switch (what & 7) {
    case 0:
    case 1:
        write_entry(d);
        break;
    case 2:
        do_map(nr);
        break;
    case 3:
        do_unmap(nr);
        break;
    case 4:
        do_copy(nr);
        break;
    case 5:
        do_swap(nr);
        break;
    case 6:
        do_version();
        break;
    default:
        do_setup();
        break;
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    fake_machine(2);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    at = data;
    end = data + size;
    fake_console_clear();
    for (unsigned int i = 0; i < 2; i++) {
        dom[i] = fake_domain((domid_t)(i + 1), 2, ~0U);
        dom[i]->max_pages = 16;
        for (unsigned int n = 0; n < PAGES; n++) {
            pages[i][n] = alloc_domheap_page(dom[i], 0);
            assert_non_null(pages[i][n]);
        }
    }
    while (at < end) {
        step();
    }
    for (unsigned int i = 0; i < 2; i++) {
        fake_grant_tables_gone(dom[i]);
        for (unsigned int n = 0; n < PAGES; n++) {
            put_page_alloc_ref(pages[i][n]);
        }
    }
    /* Either may be first to die: it stays until the other's mappings go. */
    fake_domain_kill(dom[size & 1]);
    fake_domain_kill(dom[!(size & 1)]);
    fake_domain_gone(1);
    fake_domain_gone(2);
    return 0;
}
