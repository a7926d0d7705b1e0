/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: asking about one and about 200, creating and destroying an empty one and one with 16
 * MiB, and what an empty one costs in the hypervisor's memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include "bench.h"

#define NR_LIST  200
#define NR_PAGES 4096 /* 16 MiB */

static void init(struct xen_domctl *op, uint32_t cmd, domid_t domid)
{
    memset(op, 0, sizeof(*op));
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
}

static long create_bare(domid_t *id)
{
    struct xen_domctl op;
    long rc;

    init(&op, XEN_DOMCTL_createdomain, 0);
    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.max_evtchn_port = -1;
    op.u.createdomain.max_grant_frames = 1;
    op.u.createdomain.max_maptrack_frames = 1;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
    rc = hv_domctl(&op);
    *id = op.domain;
    return rc;
}

/* With its one vCPU: the smallest that could be built further. */
static long create(domid_t *id)
{
    struct xen_domctl op;
    long rc = create_bare(id);

    if (rc) {
        return rc;
    }
    init(&op, XEN_DOMCTL_max_vcpus, *id);
    op.u.max_vcpus.max = 1;
    return hv_domctl(&op);
}

static void destroy(domid_t id)
{
    struct xen_domctl op;

    do {
        init(&op, XEN_DOMCTL_destroydomain, id);
    } while (hv_domctl(&op) == -ERESTART);
}

static uint64_t free_pages(void)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_physinfo,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
    };

    return hv_sysctl(&op) ? 0 : op.u.physinfo.free_pages;
}

/* The last references go a little after the destroy: wait until the heap is as before. */
static void settle(uint64_t pages)
{
    for (unsigned int i = 0; i < 100000 && free_pages() != pages; i++) {
        hv_sched_op(SCHEDOP_yield, NULL);
    }
}

static void ask_one(void)
{
    struct xen_domctl op;

    init(&op, XEN_DOMCTL_getdomaininfo, 0);
    BENCH_MEASURE("getdomaininfo", 100, hv_domctl(&op));
}

/* As ever more is asked of a VIRQ's owner: nothing changes but the first time. */
static void set_handler(void)
{
    struct xen_domctl op;

    init(&op, XEN_DOMCTL_set_virq_handler, 0);
    op.u.set_virq_handler.virq = VIRQ_CONSOLE;
    BENCH_MEASURE("set-virq-handler", 100, hv_domctl(&op));
}

static void init_list(struct xen_sysctl *op, struct xen_domctl_getdomaininfo *infos)
{
    memset(op, 0, sizeof(*op));
    op->cmd = XEN_SYSCTL_getdomaininfolist;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op->u.getdomaininfolist.max_domains = NR_LIST;
    set_xen_guest_handle(op->u.getdomaininfolist.buffer, infos);
}

static void ask_many(void)
{
    static domid_t ids[NR_LIST];
    struct xen_domctl_getdomaininfo *infos = calloc(NR_LIST, sizeof(*infos));
    struct xen_sysctl op;
    uint64_t before = free_pages();
    unsigned int nr = 0;

    init_list(&op, infos);
    BENCH_MEASURE("list-1-domain", 100, hv_sysctl(&op));
    while (infos && nr < NR_LIST - 1 && create_bare(&ids[nr]) == 0) {
        nr++;
    }
    printf("BENCH memory-empty-domain %ld\n",
           nr ? (long)((before - free_pages()) * PAGE_SIZE / nr) : -1l);
    init_list(&op, infos);
    if (nr == NR_LIST - 1) {
        BENCH_MEASURE("list-200-domains", 3, hv_sysctl(&op));
    } else {
        bench_report("list-200-domains", ~0ull);
    }
    while (nr) {
        destroy(ids[--nr]);
    }
    settle(before);
    free(infos);
}

static void create_destroy_empty(void)
{
    domid_t id;

    if (create(&id)) {
        bench_report("create-destroy-empty", ~0ull);
        return;
    }
    destroy(id);
    BENCH_MEASURE("create-destroy-empty", 4, create(&id); destroy(id));
}

static void fill(domid_t id, unsigned long *frames)
{
    struct xen_memory_reservation r = { .domid = id, .nr_extents = NR_PAGES };
    struct xen_domctl op;

    init(&op, XEN_DOMCTL_max_mem, id);
    op.u.max_mem.max_memkb = NR_PAGES * 4;
    hv_domctl(&op);
    for (unsigned long i = 0; i < NR_PAGES; i++) {
        frames[i] = i;
    }
    set_xen_guest_handle(r.extent_start, frames);
    hv_memory_op(XENMEM_populate_physmap, &r);
}

static void create_destroy_16m(void)
{
    unsigned long *frames = malloc(NR_PAGES * sizeof(*frames));
    domid_t id;

    if (!frames || create(&id)) {
        bench_report("create-destroy-16m", ~0ull);
        return;
    }
    destroy(id);
    BENCH_MEASURE("create-destroy-16m", 1, create(&id); fill(id, frames); destroy(id));
    free(frames);
}

void bench_domains(void)
{
    ask_one();
    set_handler();
    ask_many();
    create_destroy_empty();
    create_destroy_16m();
}

/* All RAM of the machine by its own map; a hypervisor's idea of the total may leave itself out. */
static long machine_ram(void)
{
    static struct {
        uint64_t addr, size;
        uint32_t type;
    } __attribute__((packed)) entries[64];
    struct xen_memory_map map = { .nr_entries = 64 };
    long bytes = 0;

    set_xen_guest_handle(map.buffer, (void *)entries);
    if (hv_memory_op(XENMEM_machine_memory_map, &map)) {
        return -1;
    }
    for (unsigned int i = 0; i < map.nr_entries; i++) {
        bytes += entries[i].type == 1 ? (long)entries[i].size : 0;
    }
    return bytes;
}

/* What the hypervisor keeps for itself: all of RAM less what is free and what dom0 has. */
void bench_memory_use(void)
{
    domid_t self = DOMID_SELF;
    long ram = machine_ram(), mine = hv_memory_op(XENMEM_current_reservation, &self);

    if (ram < 0 || mine < 0 || !free_pages()) {
        bench_report("memory-hypervisor", ~0ull);
        return;
    }
    printf("BENCH memory-total %ld\n", ram);
    printf("BENCH memory-hypervisor %ld\n", ram - ((long)free_pages() + mine) * (long)PAGE_SIZE);
}
