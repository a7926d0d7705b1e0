/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysctl: the operations of the foundation, and the errors of all.
 */
#define SUITE "sysctl"
#include "test.h"
#include "child.h"

static struct xen_sysctl op;

static long call(uint32_t cmd)
{
    op.cmd = cmd;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hv_sysctl(&op);
}

static long call_clean(uint32_t cmd)
{
    memset(&op, 0, sizeof(op));
    return call(cmd);
}

TEST(errors)
{
    EXPECT_EQ(hv_sysctl(BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_sysctl((struct xen_sysctl *)HV_POINTER), -EFAULT);
    memset(&op, 0, sizeof(op));
    op.cmd = XEN_SYSCTL_physinfo;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION - 1;
    EXPECT_EQ(hv_sysctl(&op), -EACCES);
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION + 1;
    EXPECT_EQ(hv_sysctl(&op), -EACCES);
    op.interface_version = 0;
    EXPECT_EQ(hv_sysctl(&op), -EACCES);
    EXPECT_EQ(call_clean(0), -ENOSYS);
    EXPECT_EQ(call_clean(2000), -ENOSYS);
    EXPECT_EQ(call_clean(100), -ENOSYS);
    EXPECT_EQ(call_clean(~0u), -ENOSYS);
}

TEST(physinfo)
{
    static const uint32_t caps[] = { XEN_SYSCTL_PHYSCAP_pv, XEN_SYSCTL_PHYSCAP_gnttab_v1,
                                     XEN_SYSCTL_PHYSCAP_gnttab_v2 };

    REQUIRE_EQ(call_clean(XEN_SYSCTL_physinfo), 0);
    EXPECT_EQ(op.u.physinfo.nr_nodes, 1);
    EXPECT(op.u.physinfo.nr_cpus >= 1 && op.u.physinfo.nr_cpus <= 64);
    EXPECT_EQ(op.u.physinfo.max_cpu_id, op.u.physinfo.nr_cpus - 1);
    EXPECT(op.u.physinfo.threads_per_core >= 1);
    EXPECT(op.u.physinfo.cores_per_socket >= 1);
    EXPECT(op.u.physinfo.cpu_khz > 1000);
    EXPECT(op.u.physinfo.total_pages > op.u.physinfo.free_pages);
    EXPECT(op.u.physinfo.free_pages > 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(caps); i++) {
        EXPECT_EQ(op.u.physinfo.capabilities & caps[i], caps[i]);
    }
    EXPECT_EQ(op.u.physinfo.capabilities & ~(XEN_SYSCTL_PHYSCAP_MAX * 2 - 1), 0);
}

/* All of RAM, the hypervisor's own included: as much as the memory map has. */
TEST(total_memory)
{
    static struct {
        uint64_t addr, size;
        uint32_t type;
    } __attribute__((packed)) e[128];
    struct xen_memory_map map = { .nr_entries = ARRAY_SIZE(e) };
    uint64_t pages = 0;

    set_xen_guest_handle(map.buffer, e);
    REQUIRE_EQ(hv_memory_op(XENMEM_machine_memory_map, &map), 0);
    for (unsigned int i = 0; i < map.nr_entries; i++) {
        if (e[i].type == 1) {
            pages += (e[i].size + (e[i].addr & 0xfff)) >> 12;
        }
    }
    REQUIRE_EQ(call_clean(XEN_SYSCTL_physinfo), 0);
    /* Firmware's first and last pages may count or not. */
    EXPECT(op.u.physinfo.total_pages <= pages + 1 && op.u.physinfo.total_pages + 2048 > pages);
}

/* Memory is accounted: what a domain gets is what the heap loses, and it comes back. */
TEST(free_pages_follow)
{
    unsigned long before, after;
    static struct child c;
    struct child_options o = { .cmdline = "role=hello", .paused = true };

    REQUIRE_EQ(call_clean(XEN_SYSCTL_physinfo), 0);
    before = (unsigned long)child_settle();
    REQUIRE_EQ(child_create(&c, &o), 0);
    after = (unsigned long)child_settle();
    /* Pages of an earlier domain may come back meanwhile, so only the return has a lower bound. */
    EXPECT((long)(before - after) < 1024 + 256);
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT(child_settles_to((long)after + 1024 - 64));
}

TEST(domain_list)
{
    static struct xen_domctl_getdomaininfo infos[8];
    domid_t a, b;

    REQUIRE_EQ(child_create_empty(&a, 1, 0), 0);
    REQUIRE_EQ(child_create_empty(&b, 1, 0), 0);
    memset(&op, 0, sizeof(op));
    op.u.getdomaininfolist.max_domains = 8;
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, infos);
    EXPECT_EQ(call(XEN_SYSCTL_getdomaininfolist), 0);
    EXPECT_EQ(op.u.getdomaininfolist.num_domains, 3);
    EXPECT_EQ(infos[0].domain, 0);
    EXPECT_EQ(infos[1].domain, a);
    EXPECT_EQ(infos[2].domain, b);
    op.u.getdomaininfolist.first_domain = a;
    op.u.getdomaininfolist.max_domains = 1;
    EXPECT_EQ(call(XEN_SYSCTL_getdomaininfolist), 0);
    EXPECT_EQ(op.u.getdomaininfolist.num_domains, 1);
    EXPECT_EQ(infos[0].domain, a);
    op.u.getdomaininfolist.first_domain = b + 1;
    EXPECT_EQ(call(XEN_SYSCTL_getdomaininfolist), 0);
    EXPECT_EQ(op.u.getdomaininfolist.num_domains, 0);
    op.u.getdomaininfolist.first_domain = 0;
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, BAD_POINTER);
    EXPECT_EQ(call(XEN_SYSCTL_getdomaininfolist), -EFAULT);
    op.u.getdomaininfolist.max_domains = 0;
    EXPECT_EQ(call(XEN_SYSCTL_getdomaininfolist), 0);
    EXPECT_EQ(op.u.getdomaininfolist.num_domains, 0);
    EXPECT_EQ(child_destroy_id(a), 0);
    EXPECT_EQ(child_destroy_id(b), 0);
}

TEST(sched_id)
{
    EXPECT_EQ(call_clean(XEN_SYSCTL_sched_id), 0);
    EXPECT_EQ(op.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
}

TEST(readconsole)
{
    static char buffer[2048];
    uint32_t index;

    memset(&op, 0, sizeof(op));
    set_xen_guest_handle(op.u.readconsole.buffer, buffer);
    op.u.readconsole.count = sizeof(buffer);
    EXPECT_EQ(call(XEN_SYSCTL_readconsole), 0);
    EXPECT(op.u.readconsole.count > 0 && op.u.readconsole.count <= sizeof(buffer));
    /* Incremental: nothing new, nothing read. */
    index = op.u.readconsole.index;
    op.u.readconsole.incremental = 1;
    do {
        index = op.u.readconsole.index;
        op.u.readconsole.count = sizeof(buffer);
        EXPECT_EQ(call(XEN_SYSCTL_readconsole), 0);
    } while (op.u.readconsole.count);
    EXPECT_EQ(op.u.readconsole.index, index);
    op.u.readconsole.count = sizeof(buffer);
    op.u.readconsole.index = 0;
    set_xen_guest_handle(op.u.readconsole.buffer, BAD_POINTER);
    EXPECT_EQ(call(XEN_SYSCTL_readconsole), -EFAULT);
}

TEST(debug_keys)
{
    static char keys[] = "h";

    memset(&op, 0, sizeof(op));
    set_xen_guest_handle(op.u.debug_keys.keys, keys);
    op.u.debug_keys.nr_keys = 1;
    EXPECT_EQ(call(XEN_SYSCTL_debug_keys), 0);
    op.u.debug_keys.nr_keys = 0;
    EXPECT_EQ(call(XEN_SYSCTL_debug_keys), 0);
    op.u.debug_keys.nr_keys = 1;
    set_xen_guest_handle(op.u.debug_keys.keys, BAD_POINTER);
    EXPECT_EQ(call(XEN_SYSCTL_debug_keys), -EFAULT);
}

TEST(cpu_topology)
{
    static struct xen_sysctl_cputopo topo[64];

    EXPECT_EQ(call_clean(XEN_SYSCTL_cputopoinfo), 0);
    EXPECT(op.u.cputopoinfo.num_cpus >= 1);
    set_xen_guest_handle(op.u.cputopoinfo.cputopo, topo);
    op.u.cputopoinfo.num_cpus = 64;
    EXPECT_EQ(call(XEN_SYSCTL_cputopoinfo), 0);
    EXPECT(op.u.cputopoinfo.num_cpus >= 1);
    EXPECT_EQ(topo[0].node, 0);
    EXPECT_EQ(topo[0].socket, 0);
    EXPECT(topo[0].core == 0 || topo[0].core == XEN_INVALID_CORE_ID);
    op.u.cputopoinfo.num_cpus = 64;
    set_xen_guest_handle(op.u.cputopoinfo.cputopo, BAD_POINTER);
    EXPECT_EQ(call(XEN_SYSCTL_cputopoinfo), -EFAULT);
}

TEST(numa)
{
    static struct xen_sysctl_meminfo mem[4];
    static uint32_t distance[16];

    EXPECT_EQ(call_clean(XEN_SYSCTL_numainfo), 0);
    EXPECT_EQ(op.u.numainfo.num_nodes, 1);
    set_xen_guest_handle(op.u.numainfo.meminfo, mem);
    set_xen_guest_handle(op.u.numainfo.distance, distance);
    op.u.numainfo.num_nodes = 4;
    EXPECT_EQ(call(XEN_SYSCTL_numainfo), 0);
    EXPECT_EQ(op.u.numainfo.num_nodes, 1);
    EXPECT(mem[0].memsize > 0);
    EXPECT(mem[0].memfree > 0 && mem[0].memfree < mem[0].memsize);
    EXPECT_EQ(distance[0], 10);
}

TEST(cpu_idle_times)
{
    static struct xen_sysctl_cpuinfo info[64];

    memset(&op, 0, sizeof(op));
    op.u.getcpuinfo.max_cpus = 64;
    set_xen_guest_handle(op.u.getcpuinfo.info, info);
    EXPECT_EQ(call(XEN_SYSCTL_getcpuinfo), 0);
    EXPECT(op.u.getcpuinfo.nr_cpus >= 1);
    EXPECT(info[0].idletime > 0);
    op.u.getcpuinfo.max_cpus = 64;
    set_xen_guest_handle(op.u.getcpuinfo.info, BAD_POINTER);
    EXPECT_EQ(call(XEN_SYSCTL_getcpuinfo), -EFAULT);
}

TEST(available_heap)
{
    memset(&op, 0, sizeof(op));
    op.u.availheap.node = -1;
    EXPECT_EQ(call(XEN_SYSCTL_availheap), 0);
    EXPECT(op.u.availheap.avail_bytes > 0);
    memset(&op, 0, sizeof(op));
    op.u.availheap.node = -1;
    op.u.availheap.max_bitwidth = 32;
    EXPECT_EQ(call(XEN_SYSCTL_availheap), 0);
    EXPECT(op.u.availheap.avail_bytes > 0);
}

static long sched_param(uint32_t cmd, uint32_t pool, uint32_t sched_id, uint32_t ratelimit)
{
    memset(&op, 0, sizeof(op));
    op.u.scheduler_op.cmd = cmd;
    op.u.scheduler_op.cpupool_id = pool;
    op.u.scheduler_op.sched_id = sched_id;
    op.u.scheduler_op.u.sched_credit2.ratelimit_us = ratelimit;
    return call(XEN_SYSCTL_scheduler_op);
}

static void expect_ratelimit(uint32_t us)
{
    EXPECT_EQ(sched_param(XEN_SYSCTL_SCHEDOP_getinfo, 0, XEN_SCHEDULER_CREDIT2, 7), 0);
    EXPECT_EQ(op.u.scheduler_op.u.sched_credit2.ratelimit_us, us);
}

TEST(scheduler_op)
{
    static const uint32_t good[] = { 0, 100, 999, 500000, 1000 };
    static const uint32_t bad[] = { 1, 99, 500001, 1000000, ~0u };

    expect_ratelimit(1000);
    for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
        EXPECT_EQ(sched_param(XEN_SYSCTL_SCHEDOP_putinfo, 0, XEN_SCHEDULER_CREDIT2, good[i]), 0);
        expect_ratelimit(good[i]);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        EXPECT_EQ(sched_param(XEN_SYSCTL_SCHEDOP_putinfo, 0, XEN_SCHEDULER_CREDIT2, bad[i]),
                  -EINVAL);
        expect_ratelimit(1000);
    }
    EXPECT_EQ(sched_param(2, 0, XEN_SCHEDULER_CREDIT2, 1000), -EINVAL);
    EXPECT_EQ(sched_param(2, 1, XEN_SCHEDULER_CREDIT2, 1000), -EINVAL);
    EXPECT_EQ(sched_param(XEN_SYSCTL_SCHEDOP_getinfo, 1, XEN_SCHEDULER_CREDIT2, 0), -ESRCH);
    EXPECT_EQ(sched_param(XEN_SYSCTL_SCHEDOP_getinfo, 1, XEN_SCHEDULER_CREDIT, 0), -ESRCH);
    EXPECT_EQ(sched_param(XEN_SYSCTL_SCHEDOP_getinfo, 0, XEN_SCHEDULER_CREDIT, 0), -EINVAL);
    EXPECT_EQ(sched_param(XEN_SYSCTL_SCHEDOP_putinfo, 0, XEN_SCHEDULER_NULL, 1000), -EINVAL);
}

static long pool_op(uint32_t which, uint32_t pool, uint32_t domid, uint32_t cpu)
{
    static uint8_t map[8];

    memset(&op, 0, sizeof(op));
    memset(map, 0xff, sizeof(map));
    op.u.cpupool_op.op = which;
    op.u.cpupool_op.cpupool_id = pool;
    op.u.cpupool_op.domid = domid;
    op.u.cpupool_op.cpu = cpu;
    op.u.cpupool_op.cpumap.nr_bits = 64;
    set_xen_guest_handle(op.u.cpupool_op.cpumap.bitmap, map);
    return call(XEN_SYSCTL_cpupool_op);
}

/* Pool 0 has all CPUs and all domains. */
TEST(cpupool_op)
{
    const uint8_t *map;

    REQUIRE_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, 0, 0, 0), 0);
    map = (const uint8_t *)op.u.cpupool_op.cpumap.bitmap.p;
    EXPECT_EQ(op.u.cpupool_op.cpupool_id, 0);
    EXPECT_EQ(op.u.cpupool_op.sched_id, XEN_SCHEDULER_CREDIT2);
    EXPECT(op.u.cpupool_op.n_dom >= 1);
    EXPECT(map[0] & 1);
    EXPECT_EQ(map[7], 0);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, 1, 0, 0), -ENOENT);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, ~0u, 0, 0), -ENOENT);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0, 0, 0), 0);
    EXPECT_EQ(map[0], 0);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 0, 0, 0), -EBUSY);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 1, 0, 0), -ENOENT);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 0, 0), -ENODEV);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 1, 0, 0), -ENOENT);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 0, 77), -EINVAL);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 0, 0, 0), -EPERM);
    EXPECT_EQ(pool_op(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 0, 0x7000, 0), -ESRCH);
    EXPECT_EQ(pool_op(0, 0, 0, 0), -ENOSYS);
    EXPECT_EQ(pool_op(8, 0, 0, 0), -ENOSYS);
}

TEST(cpu_levelling_caps)
{
    memset(&op, 0xff, sizeof(op));
    EXPECT_EQ(call(XEN_SYSCTL_get_cpu_levelling_caps), 0);
    EXPECT_EQ(op.u.cpu_levelling_caps.caps & ~0x1ffu, 0);
}

TEST(pcitopoinfo)
{
    static struct physdev_pci_device devs[3] = { { .bus = 0xee }, { .bus = 0xee, .devfn = 8 } };
    static uint32_t nodes[3];

    memset(&op, 0, sizeof(op));
    set_xen_guest_handle(op.u.pcitopoinfo.devs, devs);
    set_xen_guest_handle(op.u.pcitopoinfo.nodes, nodes);
    EXPECT_EQ(call(XEN_SYSCTL_pcitopoinfo), 0);
    EXPECT_EQ(op.u.pcitopoinfo.num_devs, 0);
    /* It may stop early; nobody has told the hypervisor of these. */
    for (unsigned int done = 0; done < 2; done += op.u.pcitopoinfo.num_devs) {
        op.u.pcitopoinfo.num_devs = 2 - done;
        set_xen_guest_handle(op.u.pcitopoinfo.devs, devs + done);
        set_xen_guest_handle(op.u.pcitopoinfo.nodes, nodes + done);
        REQUIRE_EQ(call(XEN_SYSCTL_pcitopoinfo), 0);
        REQUIRE(op.u.pcitopoinfo.num_devs > 0);
    }
    EXPECT_EQ(nodes[0], XEN_INVALID_DEV);
    EXPECT_EQ(nodes[1], XEN_INVALID_DEV);
    EXPECT_EQ(nodes[2], 0);
    op.u.pcitopoinfo.num_devs = 2;
    set_xen_guest_handle(op.u.pcitopoinfo.devs, (struct physdev_pci_device *)BAD_POINTER);
    EXPECT_EQ(call(XEN_SYSCTL_pcitopoinfo), -EFAULT);
    set_xen_guest_handle(op.u.pcitopoinfo.devs, devs);
    set_xen_guest_handle(op.u.pcitopoinfo.nodes, (uint32_t *)BAD_POINTER);
    EXPECT_EQ(call(XEN_SYSCTL_pcitopoinfo), -EFAULT);
    set_xen_guest_handle(op.u.pcitopoinfo.nodes, (uint32_t *)NULL);
    EXPECT_EQ(call(XEN_SYSCTL_pcitopoinfo), -EINVAL);
}
