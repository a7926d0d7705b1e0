/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine with two memory nodes: what sysctl tells of them and of the CPUs, and where domains'
 * memory comes from. kernels.toml has the machine.
 */
#define SUITE "numa"
#include <public/arch-x86/xen-mca.h>
#include <public/memory.h>
#include <public/sysctl.h>
#include "test.h"
#include "child.h"

#define NODES     2u
#define NODE0_END (192ul << 20) /* the second one's start */
#define FAR       21u           /* the distance between them */

static struct xen_sysctl op;

static long call(uint32_t cmd)
{
    op.cmd = cmd;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hv_sysctl(&op);
}

static uint32_t nr_nodes(void)
{
    memset(&op, 0, sizeof(op));
    return call(XEN_SYSCTL_physinfo) ? 0 : op.u.physinfo.nr_nodes;
}

static uint64_t avail(int node)
{
    memset(&op, 0, sizeof(op));
    op.u.availheap.node = node;
    return call(XEN_SYSCTL_availheap) ? 0 : op.u.availheap.avail_bytes;
}

#define NEED_NODES()                                                                               \
    if (nr_nodes() != NODES) {                                                                     \
        SKIP("one memory node");                                                                   \
    }

TEST(physinfo)
{
    NEED_NODES();
    EXPECT_EQ(op.u.physinfo.nr_nodes, NODES);
    EXPECT_EQ(op.u.physinfo.max_node_id, 63);
    EXPECT_EQ(op.u.physinfo.threads_per_core, 1);
    EXPECT_EQ(op.u.physinfo.cores_per_socket, 2);
    EXPECT_EQ(op.u.physinfo.nr_cpus, 4);
}

TEST(cpus)
{
    static struct xen_sysctl_cputopo topo[8];

    NEED_NODES();
    memset(&op, 0, sizeof(op));
    set_xen_guest_handle(op.u.cputopoinfo.cputopo, topo);
    for (uint32_t room = 0; room < 4; room++) {
        op.u.cputopoinfo.num_cpus = room;
        EXPECT_EQ(call(XEN_SYSCTL_cputopoinfo), 0);
        EXPECT_EQ(op.u.cputopoinfo.num_cpus, room);
    }
    op.u.cputopoinfo.num_cpus = 8;
    REQUIRE_EQ(call(XEN_SYSCTL_cputopoinfo), 0);
    REQUIRE_EQ(op.u.cputopoinfo.num_cpus, 4);
    for (uint32_t cpu = 0; cpu < 4; cpu++) {
        EXPECT_EQ(topo[cpu].core, cpu % 2);
        EXPECT_EQ(topo[cpu].socket, cpu / 2);
        EXPECT_EQ(topo[cpu].node, cpu / 2);
    }
}

TEST(nodes)
{
    static struct xen_sysctl_meminfo mem[4];
    static uint32_t distance[16];

    NEED_NODES();
    memset(&op, 0, sizeof(op));
    EXPECT_EQ(call(XEN_SYSCTL_numainfo), 0);
    EXPECT_EQ(op.u.numainfo.num_nodes, NODES);
    for (uint32_t room = 0; room <= 4; room++) {
        uint32_t nr = room < NODES ? room : NODES;

        memset(mem, 0, sizeof(mem));
        memset(distance, 0, sizeof(distance));
        set_xen_guest_handle(op.u.numainfo.meminfo, mem);
        set_xen_guest_handle(op.u.numainfo.distance, distance);
        op.u.numainfo.num_nodes = room;
        EXPECT_EQ(call(XEN_SYSCTL_numainfo), 0);
        EXPECT_EQ(op.u.numainfo.num_nodes, nr);
        for (uint32_t i = 0; i < nr * nr; i++) {
            EXPECT_EQ(distance[i], i / nr == i % nr ? 10u : FAR);
        }
        EXPECT_EQ(distance[nr * nr], 0);
        EXPECT_EQ(mem[nr].memsize, 0);
    }
    EXPECT_EQ(mem[0].memsize, NODE0_END);
    EXPECT(mem[1].memsize > 300ul << 20 && mem[1].memsize <= 320ul << 20);
    EXPECT(mem[0].memfree > 0 && mem[0].memfree < mem[0].memsize);
    EXPECT(mem[1].memfree > 0 && mem[1].memfree < mem[1].memsize);
    set_xen_guest_handle(op.u.numainfo.meminfo, BAD_POINTER);
    op.u.numainfo.num_nodes = 2;
    EXPECT_EQ(call(XEN_SYSCTL_numainfo), -EFAULT);
}

TEST(available_heap)
{
    NEED_NODES();
    EXPECT(avail(0) > 0);
    EXPECT(avail(1) > 0);
    EXPECT_EQ(avail(0) + avail(1), avail(-1));
    EXPECT_EQ(avail(2), 0);
}

static long affinity(uint32_t cmd, domid_t id, uint8_t *map, uint32_t bits)
{
    struct xen_domctl d;

    child_domctl_init(&d, cmd, id);
    set_xen_guest_handle(d.u.nodeaffinity.nodemap.bitmap, map);
    d.u.nodeaffinity.nodemap.nr_bits = bits;
    return hv_domctl(&d);
}

TEST(affinity_of_domain)
{
    uint8_t map[9] = { 0 };
    domid_t id;

    NEED_NODES();
    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    EXPECT_EQ(affinity(XEN_DOMCTL_getnodeaffinity, id, map, 64), 0);
    EXPECT_EQ(map[0], 0xff);
    EXPECT_EQ(map[7], 0xff);
    for (uint8_t nodes = 1; nodes < 4; nodes++) {
        map[0] = nodes;
        EXPECT_EQ(affinity(XEN_DOMCTL_setnodeaffinity, id, map, 8), 0);
        memset(map, 0xee, sizeof(map));
        EXPECT_EQ(affinity(XEN_DOMCTL_getnodeaffinity, id, map, 64), 0);
        EXPECT_EQ(map[0], nodes);
        EXPECT_EQ(map[1], 0);
        EXPECT_EQ(map[8], 0xee);
    }
    map[0] = 0;
    EXPECT_EQ(affinity(XEN_DOMCTL_setnodeaffinity, id, map, 8), -EINVAL);
    map[0] = 4; /* no such node */
    EXPECT_EQ(affinity(XEN_DOMCTL_setnodeaffinity, id, map, 8), -EINVAL);
    EXPECT_EQ(affinity(XEN_DOMCTL_setnodeaffinity, id, BAD_POINTER, 8), -EFAULT);
    EXPECT_EQ(affinity(XEN_DOMCTL_getnodeaffinity, id, BAD_POINTER, 8), -EFAULT);
    EXPECT_EQ(child_destroy_id(id), 0);
}

#define PAGES 64u

static unsigned long frames[PAGES];

/* Adds pages to a domain; how many of them are the second node's, or -errno. */
static long populate(domid_t id, uint32_t flags)
{
    struct xen_memory_reservation r = { .domid = id, .nr_extents = PAGES, .mem_flags = flags };
    static unsigned long next;
    long far = 0, rc;

    for (unsigned int i = 0; i < PAGES; i++) {
        frames[i] = next++;
    }
    set_xen_guest_handle(r.extent_start, frames);
    rc = hv_memory_op(XENMEM_populate_physmap, &r);
    if (rc != PAGES) {
        return rc < 0 ? rc : -ENOMEM;
    }
    for (unsigned int i = 0; i < PAGES; i++) {
        far += frames[i] << PAGE_SHIFT >= NODE0_END;
    }
    return far;
}

/* Memory comes from the nodes of the domain, unless the caller names one. */
TEST(memory_of_domain)
{
    struct xen_domctl d;
    uint8_t map;
    domid_t id;

    NEED_NODES();
    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    child_domctl_init(&d, XEN_DOMCTL_max_mem, id);
    d.u.max_mem.max_memkb = 16 * PAGES * 4;
    EXPECT_EQ(hv_domctl(&d), 0);
    for (unsigned int round = 0; round < 2; round++) {
        map = 1;
        EXPECT_EQ(affinity(XEN_DOMCTL_setnodeaffinity, id, &map, 8), 0);
        EXPECT_EQ(populate(id, 0), 0);
        map = 2;
        EXPECT_EQ(affinity(XEN_DOMCTL_setnodeaffinity, id, &map, 8), 0);
        EXPECT_EQ(populate(id, 0), PAGES);
        EXPECT_EQ(populate(id, XENMEMF_node(0)), 0);
        EXPECT_EQ(populate(id, XENMEMF_exact_node(0)), 0);
        EXPECT_EQ(populate(id, XENMEMF_exact_node(1)), PAGES);
    }
    EXPECT_EQ(child_destroy_id(id), 0);
}

/* A full node: what must lie there is refused, what should comes from the other. */
TEST(full_node)
{
    struct xen_domctl d;
    uint8_t map = 1;
    long far = 0;
    domid_t id;

    NEED_NODES();
    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    child_domctl_init(&d, XEN_DOMCTL_max_mem, id);
    d.u.max_mem.max_memkb = 256 << 10;
    EXPECT_EQ(hv_domctl(&d), 0);
    EXPECT_EQ(affinity(XEN_DOMCTL_setnodeaffinity, id, &map, 8), 0);
    for (unsigned int i = 0; i < (NODE0_END >> PAGE_SHIFT) / PAGES && far == 0; i++) {
        far = populate(id, 0);
    }
    EXPECT(far > 0);
    while (avail(0) > 0 && populate(id, XENMEMF_exact_node(0)) >= 0) {
    }
    EXPECT(avail(0) < PAGES << PAGE_SHIFT);
    EXPECT_EQ(populate(id, XENMEMF_exact_node(0)), -ENOMEM);
    EXPECT_EQ(populate(id, 0), PAGES);
    EXPECT_EQ(child_destroy_id(id), 0);
}

static struct mcinfo_logical_cpu cpus[8];

/* do_mca tells the same of CPUs as sysctl. */
TEST(machine_check_cpus)
{
    static struct xen_mc mc = { .cmd = XEN_MC_physcpuinfo,
                                .interface_version = XEN_MCA_INTERFACE_VERSION };

    NEED_NODES();
    mc.u.mc_physcpuinfo.ncpus = 8;
    set_xen_guest_handle(mc.u.mc_physcpuinfo.info, cpus);
    REQUIRE_EQ(hypercall1(__HYPERVISOR_mca, &mc), 0);
    REQUIRE_EQ(mc.u.mc_physcpuinfo.ncpus, 4);
    for (uint32_t cpu = 0; cpu < 4; cpu++) {
        EXPECT_EQ(cpus[cpu].mc_chipid, cpu / 2);
        EXPECT_EQ(cpus[cpu].mc_coreid, cpu % 2);
        EXPECT_EQ(cpus[cpu].mc_threadid, 0);
        EXPECT_EQ(cpus[cpu].mc_ncores, 2);
        EXPECT_EQ(cpus[cpu].mc_ncores_active, 2);
        EXPECT_EQ(cpus[cpu].mc_nthreads, 1);
    }
}
