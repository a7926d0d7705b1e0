/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant operations, single and in batches of 32, by version; then with many mappings held. dom0
 * grants to itself, but for the transitive rows, where a child built from this kernel passes dom0's
 * grant on. Counts are for one element.
 */
#include <guest/cmdline.h>
#include <guest/gnttab.h>
#include <guest/hypercall.h>
#include <guest/pt.h>
#include <guest/time.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "../guest/child.h"
#include "bench.h"

#define NR      32u
#define HELD    125u /* mappings of one entry */
#define MOST    100000u
#define RESERVE 200u /* references from here on hold mappings, or are passed on */

static unsigned long va;
static char *pages;
static grant_ref_t refs[NR]; /* one a page */
static struct gnttab_map_grant_ref map[NR];
static struct gnttab_unmap_grant_ref unmap[NR];
static struct gnttab_copy copy[NR];

static void row(const char *what, const char *suffix, uint64_t count)
{
    char name[64];

    snprintf(name, sizeof(name), "grant-%s%s", what, suffix);
    bench_report(name, count);
}

/* The least of several runs of fn(nr) for one element; -1 when an element fails. */
static uint64_t least(bool (*fn)(unsigned int nr), unsigned int nr)
{
    uint64_t best = ~0ull;

    for (unsigned int run = 0; run < BENCH_RUNS * 2; run++) {
        uint64_t start = cpu_rdtsc(), took;

        for (unsigned int i = 0; i < 4; i++) {
            if (!fn(nr)) {
                return ~0ull;
            }
        }
        took = cpu_rdtsc() - start;
        best = took < best ? took : best;
    }
    return best / 4 / nr;
}

static bool map_and_unmap(unsigned int nr)
{
    hv_grant_table_op(GNTTABOP_map_grant_ref, map, nr);
    for (unsigned int i = 0; i < nr; i++) {
        unmap[i].handle = map[i].handle;
    }
    hv_grant_table_op(GNTTABOP_unmap_grant_ref, unmap, nr);
    return map[nr - 1].status == GNTST_okay && unmap[nr - 1].status == GNTST_okay;
}

static bool copy_all(unsigned int nr)
{
    hv_grant_table_op(GNTTABOP_copy, copy, nr);
    return copy[nr - 1].status == GNTST_okay;
}

static void both(const char *what, const char *suffix, bool (*fn)(unsigned int nr))
{
    char batch[24];

    row(what, suffix, least(fn, 1));
    snprintf(batch, sizeof(batch), "%s-32", suffix);
    row(what, batch, least(fn, NR));
}

/* Each element from another entry of dom's to a page of our own. */
static void fill_copies(domid_t dom, const grant_ref_t *from, unsigned int offset, unsigned int len)
{
    for (unsigned int i = 0; i < NR; i++) {
        copy[i] = (struct gnttab_copy){ .len = (uint16_t)len, .flags = GNTCOPY_source_gref };
        copy[i].source.u.ref = from[i];
        copy[i].source.domid = dom;
        copy[i].source.offset = (uint16_t)offset;
        copy[i].dest.u.gmfn = virt_to_mfn(pages);
        copy[i].dest.domid = DOMID_SELF;
    }
}

static bool begin(unsigned int version)
{
    if (gnttab_init() || (gnttab_abi->version != version && gnttab_switch_version(version))) {
        return false;
    }
    for (unsigned int i = 0; i < NR; i++) {
        refs[i] = gnttab_grant(0, virt_to_mfn(pages + (1 + i) * PAGE_SIZE), 0);
        map[i] = (struct gnttab_map_grant_ref){ .host_addr = va + i * PAGE_SIZE,
                                                .flags = GNTMAP_host_map,
                                                .ref = refs[i] };
        unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = va + i * PAGE_SIZE };
    }
    fill_copies(0, refs, 0, 64);
    return true;
}

static void by_version(unsigned int version)
{
    const char *suffix = version == 1 ? "-v1" : "-v2";
    grant_ref_t sub[NR];

    if (!begin(version)) {
        row("map", suffix, ~0ull);
        return;
    }
    both("map", suffix, map_and_unmap);
    both("copy-64", suffix, copy_all);
    fill_copies(0, refs, 0, PAGE_SIZE);
    both("copy-4096", suffix, copy_all);
    if (version == 2) {
        for (unsigned int i = 0; i < NR; i++) {
            sub[i] = gnttab_grant_sub_page(0, virt_to_mfn(pages + (1 + i) * PAGE_SIZE),
                                           GTF_readonly, 256, 64);
        }
        fill_copies(0, sub, 256, 64);
        both("sub-page-64", suffix, copy_all);
    }
}

/* The child of the transitive rows: passes dom0's entries back to dom0, and stays. */
int bench_relay(void)
{
    grant_ref_t first = (grant_ref_t)cmdline_number("relay", 0), via = 0;

    if (gnttab_init() || !gnttab_transitive_available()) {
        return SHUTDOWN_crash;
    }
    for (unsigned int i = 0; i < NR; i++) {
        via = gnttab_grant_transitive(0, GTF_readonly, 0, first + i);
    }
    printf("REPORT last %u\nREADY\n", via);
    for (;;) {
        time_sleep(1000 * NSEC_PER_SEC);
    }
}

static void transitive(void)
{
    static struct child c;
    char cmdline[32];
    struct child_options o = { .cmdline = cmdline, .gnttab_version = 2, .paused = true };
    const grant_ref_t first = RESERVE + NR;
    grant_ref_t via[NR];
    long last;

    snprintf(cmdline, sizeof(cmdline), "relay=%u", first);
    if (child_create(&c, &o)) {
        row("transitive-64", "-v2", ~0ull);
        return;
    }
    for (unsigned int i = 0; i < NR; i++) {
        gnttab_abi->update_entry(first + i, c.id, virt_to_mfn(pages + (1 + i) * PAGE_SIZE),
                                 GTF_permit_access | GTF_readonly);
    }
    child_unpause(&c);
    if (child_wait_text(&c, "READY", 10 * NSEC_PER_SEC) && child_reported(&c, "last", &last)) {
        for (unsigned int i = 0; i < NR; i++) {
            via[i] = (grant_ref_t)last - (NR - 1) + i;
        }
        fill_copies(c.id, via, 0, 64);
        both("transitive-64", "-v2", copy_all);
    }
    child_destroy(&c);
}

/* Holds mappings of nr elements more. */
static bool hold(unsigned int from, unsigned int to, unsigned long at)
{
    static struct gnttab_map_grant_ref op[HELD];

    for (unsigned int i = from; i < to; i += HELD) {
        for (unsigned int j = 0; j < HELD; j++) {
            op[j] = (struct gnttab_map_grant_ref){ .host_addr = at + (i + j) * PAGE_SIZE,
                                                   .flags = GNTMAP_host_map,
                                                   .ref = RESERVE + i / HELD };
        }
        gnttab_abi->update_entry(RESERVE + i / HELD, 0, virt_to_mfn(pages), GTF_permit_access);
        hv_grant_table_op(GNTTABOP_map_grant_ref, op, HELD);
        if (op[HELD - 1].status != GNTST_okay) {
            return false;
        }
    }
    return true;
}

static bool query(unsigned int nr)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    uint64_t frame;

    (void)nr;
    set_xen_guest_handle(setup.frame_list, (xen_pfn_t *)&frame);
    return hv_grant_table_op(GNTTABOP_setup_table, &setup, 1) == 0;
}

static void with_many_held(void)
{
    unsigned long at = pt_vmap_reserve(MOST);

    for (unsigned long i = 0; i < MOST; i += 512) {
        if (pt_map(at + i * PAGE_SIZE, 0)) {
            return;
        }
    }
    if (!begin(1) || gnttab_grow(2)) {
        return;
    }
    if (hold(0, 1000, at)) {
        both("map", "-v1-held-1000", map_and_unmap);
    }
    if (hold(1000, MOST, at)) {
        both("map", "-v1-held-100000", map_and_unmap);
        both("copy-64", "-v1-held-100000", copy_all);
    }
}

void bench_grants(void)
{
    pages = page_alloc(1 + NR);
    va = pt_vmap_reserve(NR);
    for (unsigned int i = 0; i < NR; i++) {
        if (pt_map(va + i * PAGE_SIZE, 0)) {
            return;
        }
    }
    by_version(1);
    row("setup", "", least(query, 1));
    by_version(2);
    transitive();
    with_many_held();
}
