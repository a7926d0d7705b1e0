/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One grant table and one mapper, used by one vCPU and then by two at once, each with an entry and
 * an address of its own, by the wall clock: operations a second by one, by both together, and both
 * in percent of one, which is 200 when nothing is shared and 100 when a lock is all there is. The
 * best of many short rounds of either, as the machine may have better things to do.
 */
#include <guest/gnttab.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include <guest/pt.h>
#include <guest/smp.h>
#include <guest/time.h>
#include "bench.h"

#define VCPUS  2u
#define ROUNDS 64u
#define LENGTH (10 * NSEC_PER_MSEC)
#define BATCH  32u /* operations between two looks at the clock */
#define APART  64u /* entries, of which several share a line of the cache */

struct hammer {
    bool (*op)(struct hammer *h) __attribute__((aligned(64)));
    unsigned long va;
    char *pages; /* granted, and copied to */
    grant_ref_t ref;
    uint64_t count; /* operations in the last round */
    bool failed;
};

static struct hammer hammers[VCPUS];
static volatile unsigned long ready, go, stop;

static bool map_and_unmap(struct hammer *h)
{
    struct gnttab_map_grant_ref map = { .host_addr = h->va,
                                        .flags = GNTMAP_host_map,
                                        .ref = h->ref };
    struct gnttab_unmap_grant_ref unmap = { .host_addr = h->va };

    hv_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
    unmap.handle = map.handle;
    hv_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
    return map.status == GNTST_okay && unmap.status == GNTST_okay;
}

static bool copy_64(struct hammer *h)
{
    struct gnttab_copy copy = { .len = 64, .flags = GNTCOPY_source_gref };

    copy.source.u.ref = h->ref;
    copy.source.domid = DOMID_SELF;
    copy.dest.u.gmfn = virt_to_mfn(h->pages + PAGE_SIZE);
    copy.dest.domid = DOMID_SELF;
    hv_grant_table_op(GNTTABOP_copy, &copy, 1);
    return copy.status == GNTST_okay;
}

static void hammer(void *arg)
{
    struct hammer *h = arg;

    h->count = 0;
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    while (!go) {
        cpu_relax();
    }
    while (!stop && !h->failed) {
        for (unsigned int i = 0; i < BATCH; i++) {
            h->failed |= !h->op(h);
        }
        h->count += BATCH;
        /* The first vCPU keeps the time. */
        if (h == hammers && time_now() >= go) {
            stop = 1;
        }
    }
}

/* Operations a second by nr vCPUs at once; 0 when one fails. */
static uint64_t rate(unsigned int nr)
{
    uint64_t start, count = 0;

    ready = go = stop = 0;
    for (unsigned int i = 1; i < nr; i++) {
        if (smp_start(i, hammer, &hammers[i])) {
            return 0;
        }
    }
    while (ready < nr - 1) {
        cpu_relax();
    }
    start = time_now();
    go = start + LENGTH;
    hammer(&hammers[0]);
    for (unsigned int i = 1; i < nr; i++) {
        if (smp_join(i)) {
            return 0;
        }
    }
    for (unsigned int i = 0; i < nr; i++) {
        if (hammers[i].failed) {
            return 0;
        }
        count += hammers[i].count;
    }
    return count * NSEC_PER_SEC / (time_now() - start);
}

static void measure(const char *what, unsigned int version, bool (*op)(struct hammer *h))
{
    uint64_t one = 0, both = 0;
    char name[48];

    for (unsigned int i = 0; i < VCPUS; i++) {
        hammers[i].op = op;
    }
    for (unsigned int i = 0; i < ROUNDS; i++) {
        uint64_t alone = rate(1), together = rate(VCPUS);

        one = alone > one ? alone : one;
        both = together > both ? together : both;
    }
    snprintf(name, sizeof(name), "grant-one-vcpu-%s-v%u", what, version);
    bench_report(name, one ? one : ~0ull);
    snprintf(name, sizeof(name), "grant-two-vcpus-%s-v%u", what, version);
    bench_report(name, both ? both : ~0ull);
    snprintf(name, sizeof(name), "grant-two-to-one-%s-v%u", what, version);
    bench_report(name, one && both ? both * 100 / one : ~0ull);
}

static bool begin(unsigned int version)
{
    if (gnttab_init() || (gnttab_abi->version != version && gnttab_switch_version(version))) {
        return false;
    }
    for (unsigned int i = 0; i < VCPUS; i++) {
        struct hammer *h = &hammers[i];

        h->pages = h->pages ? h->pages : page_alloc(APART);
        h->va = h->va ? h->va : pt_vmap_reserve(1);
        if (!h->pages || pt_map(h->va, 0)) {
            return false;
        }
        h->ref = (i + 1) * APART;
        gnttab_abi->update_entry(h->ref, 0, virt_to_mfn(h->pages), GTF_permit_access);
    }
    return true;
}

void bench_hammer(void)
{
    for (unsigned int version = 1; version <= 2; version++) {
        if (!begin(version)) {
            return;
        }
        measure("map", version, map_and_unmap);
        measure("copy-64", version, copy_64);
        for (unsigned int i = 0; i < VCPUS; i++) {
            gnttab_abi->end_foreign_access(hammers[i].ref);
        }
    }
}
