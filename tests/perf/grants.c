/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant operations, single and in batches of 32, by version, while 1, 1,000 and 100,000 other
 * mappings are held. dom0 grants to itself, but for the transitive rows, where a child built from
 * this kernel passes dom0's grant on. Counts are for one element.
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

#define NR   32u
#define HELD 125u /* mappings of one entry */
#define MOST 100000u

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static unsigned long va;
static char *pages;
static grant_ref_t refs[NR], sub[NR], passed[NR]; /* one a page */
static struct gnttab_map_grant_ref map[NR];
static struct gnttab_unmap_grant_ref unmap[NR];
static struct gnttab_copy copy[NR];
static grant_handle_t held[MOST];
static grant_ref_t held_refs[MOST / HELD];

static void row(const char *what, const char *suffix, uint64_t count)
{
    char name[64];

    snprintf(name, sizeof(name), "grant-%s%s", what, suffix);
    bench_report(name, count);
}

static bool all_done(unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        if (map[i].status || unmap[i].status || copy[i].status) {
            return false;
        }
    }
    return true;
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
        if (!all_done(nr)) {
            return ~0ull;
        }
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

static grant_ref_t grant_page(unsigned int page)
{
    return gnttab_grant(0, virt_to_mfn(pages + page * PAGE_SIZE), 0);
}

static bool begin(unsigned int version)
{
    if (gnttab_init() || (gnttab_abi->version != version && gnttab_switch_version(version))) {
        return false;
    }
    for (unsigned int i = 0; i < NR; i++) {
        refs[i] = grant_page(1 + i);
        map[i] = (struct gnttab_map_grant_ref){ .host_addr = va + i * PAGE_SIZE,
                                                .flags = GNTMAP_host_map,
                                                .ref = refs[i] };
        unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = va + i * PAGE_SIZE };
        if (version == 2) {
            sub[i] = gnttab_grant_sub_page(0, virt_to_mfn(pages + (1 + i) * PAGE_SIZE),
                                           GTF_readonly, 256, 64);
        }
    }
    return true;
}

static void end(void)
{
    for (unsigned int i = 0; i < NR; i++) {
        gnttab_end(refs[i]);
        if (gnttab_abi->version == 2) {
            gnttab_end(sub[i]);
        }
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

/* The child that passes our pages on; passed[] names its entries. */
static bool relay_start(struct child *c)
{
    char cmdline[32];
    struct child_options o = { .cmdline = cmdline, .gnttab_version = 2, .paused = true };
    grant_ref_t own[NR];
    long last;

    /* A new frame's references come in their order. */
    if (gnttab_grow(gnttab_frames() + 1)) {
        return false;
    }
    for (unsigned int i = 0; i < NR; i++) {
        own[i] = gnttab_take();
    }
    snprintf(cmdline, sizeof(cmdline), "relay=%u", own[0]);
    if (own[NR - 1] != own[0] + NR - 1 || child_create(c, &o)) {
        return false;
    }
    for (unsigned int i = 0; i < NR; i++) {
        gnttab_abi->update_entry(own[i], c->id, virt_to_mfn(pages + (1 + i) * PAGE_SIZE),
                                 GTF_permit_access | GTF_readonly);
    }
    child_unpause(c);
    if (!child_wait_text(c, "READY", 10 * NSEC_PER_SEC) || !child_reported(c, "last", &last)) {
        return false;
    }
    for (unsigned int i = 0; i < NR; i++) {
        passed[i] = (grant_ref_t)last - (NR - 1) + i;
    }
    return true;
}

/* Mappings [from, to) are held from now on, each HELD of them of an entry of their own. */
static bool hold(unsigned int from, unsigned int to, unsigned long at)
{
    static struct gnttab_map_grant_ref op[HELD];

    for (unsigned int i = from; i < to;) {
        unsigned int left = HELD - i % HELD, nr = to - i < left ? to - i : left;
        grant_ref_t *ref = &held_refs[i / HELD];

        *ref = i % HELD ? *ref : grant_page(0);
        for (unsigned int j = 0; j < nr; j++) {
            op[j] = (struct gnttab_map_grant_ref){ .host_addr = at + (i + j) * PAGE_SIZE,
                                                   .flags = GNTMAP_host_map,
                                                   .ref = *ref };
        }
        hv_grant_table_op(GNTTABOP_map_grant_ref, op, nr);
        for (unsigned int j = 0; j < nr; j++, i++) {
            if (op[j].status != GNTST_okay) {
                return false;
            }
            held[i] = op[j].handle;
        }
    }
    return true;
}

static void release(unsigned int nr, unsigned long at)
{
    static struct gnttab_unmap_grant_ref op[HELD];

    for (unsigned int i = 0; i < nr; i += HELD) {
        for (unsigned int j = 0; j < HELD; j++) {
            op[j] = (struct gnttab_unmap_grant_ref){ .host_addr = at + (i + j) * PAGE_SIZE,
                                                     .handle = held[i + j] };
        }
        hv_grant_table_op(GNTTABOP_unmap_grant_ref, op, HELD);
        gnttab_end(held_refs[i / HELD]);
    }
}

static bool query(unsigned int nr)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    uint64_t frame;

    (void)nr;
    set_xen_guest_handle(setup.frame_list, (xen_pfn_t *)&frame);
    return hv_grant_table_op(GNTTABOP_setup_table, &setup, 1) == 0;
}

static void measure(unsigned int version, unsigned int nr, bool relayed, domid_t relay)
{
    char suffix[24];

    snprintf(suffix, sizeof(suffix), nr > 1 ? "-v%u-held-%u" : "-v%u", version, nr);
    both("map", suffix, map_and_unmap);
    fill_copies(0, refs, 0, 64);
    both("copy-64", suffix, copy_all);
    fill_copies(0, refs, 0, PAGE_SIZE);
    both("copy-4096", suffix, copy_all);
    if (version == 2) {
        fill_copies(0, sub, 256, 64);
        both("sub-page-64", suffix, copy_all);
    }
    if (relayed) {
        fill_copies(relay, passed, 0, 64);
        both("transitive-64", suffix, copy_all);
    }
}

static void by_version(unsigned int version, unsigned long at)
{
    static const unsigned int levels[] = { 1, 1000, MOST };
    static struct child relay;
    bool relayed = false;

    if (!begin(version)) {
        row("map", version == 1 ? "-v1" : "-v2", ~0ull);
        return;
    }
    if (version == 2) {
        relayed = relay_start(&relay);
    }
    for (unsigned int i = 0, nr = 0; i < ARRAY_SIZE(levels); nr = levels[i++]) {
        if (!hold(nr, levels[i], at)) {
            return;
        }
        measure(version, levels[i], relayed, relay.id);
    }
    release(MOST, at);
    if (version == 2) {
        child_destroy(&relay);
    }
    end();
}

void bench_grants(void)
{
    unsigned long at = pt_vmap_reserve(MOST);

    pages = page_alloc(1 + NR);
    va = pt_vmap_reserve(NR);
    for (unsigned long i = 0; i < MOST; i += 512) {
        if (pt_map(at + i * PAGE_SIZE, 0)) {
            return;
        }
    }
    for (unsigned int i = 0; i < NR; i++) {
        if (pt_map(va + i * PAGE_SIZE, 0)) {
            return;
        }
    }
    by_version(1, at);
    row("setup", "", least(query, 1));
    by_version(2, at);
}
