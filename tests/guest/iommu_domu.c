/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device in a domU's hands: whose it is, and what it reaches there. The device is "edu", which
 * copies between machine addresses; the domU is built from this kernel and has its registers.
 */
#define SUITE "iommu_domu"
#include "child.h"
#include "edu.h"
#include "test.h"
#include <guest/cmdline.h>
#include <guest/gnttab.h>
#include <guest/shutdown.h>
#include <public/physdev.h>
#include <public/sysctl.h>

#define NOTHING 0x0000ffu /* no function has this number */

static struct xen_domctl op;

static long device(uint32_t cmd, domid_t domid, uint32_t sbdf, uint32_t flags)
{
    child_domctl_init(&op, cmd, domid);
    op.u.assign_device.dev = XEN_DOMCTL_DEV_PCI;
    op.u.assign_device.flags = flags;
    op.u.assign_device.u.pci.machine_sbdf = sbdf;
    return hv_domctl(&op);
}

static long assign(domid_t domid)
{
    return device(XEN_DOMCTL_assign_device, domid, EDU_DEVFN, 0);
}

static long deassign(domid_t domid)
{
    return device(XEN_DOMCTL_deassign_device, domid, EDU_DEVFN, 0);
}

static long test_assign(domid_t domid, uint32_t sbdf)
{
    return device(XEN_DOMCTL_test_assign_device, domid, sbdf, 0);
}

static bool all(const unsigned char *p, unsigned char byte)
{
    for (unsigned int i = 0; i < BYTES; i++) {
        if (((const volatile unsigned char *)p)[i] != byte) {
            return false;
        }
    }
    return true;
}

/* Does a copy by the device from that page of ours arrive in the other? */
static bool arrives(unsigned char *from, unsigned char *to)
{
    memset(from, PATTERN, PAGE_SIZE);
    memset(to, 0, PAGE_SIZE);
    return edu_copy(virt_to_maddr(from), virt_to_maddr(to), BYTES) && all(to, PATTERN);
}

/* Is what the device writes to that machine address there afterwards? */
static bool written(uint64_t machine, const unsigned char *seen)
{
    return edu_write(machine, BYTES) && all(seen, PATTERN);
}

static void report(const char *key, long value)
{
    printf("REPORT %s %ld\n", key, value);
}

/* Pages of its own, also when one was a page table meanwhile; and one that it has a grant on. */
ROLE(edu)
{
    unsigned char *from = page_alloc(1), *to = page_alloc(1), *table = page_alloc(1);
    uint64_t dom0_page = cmdline_number("target", 0) << PAGE_SHIFT;
    struct gnttab_map_grant_ref map = { .flags = GNTMAP_device_map,
                                        .ref = (grant_ref_t)cmdline_number("ref", 0) };
    struct gnttab_unmap_grant_ref unmap = { 0 };
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };
    unsigned long va = pt_vmap_reserve(1);

    report("map", pt_map(va, pte_make(cmdline_number("bar", 0), PTE_KERN | PTE_PCD)));
    edu_use((void *)va);
    report("own", arrives(from, to));

    memset(table, 0, PAGE_SIZE);
    report("readonly", pt_set_readonly(table));
    pin.arg1.mfn = virt_to_mfn(table);
    report("pin", hv_mmuext_op(&pin, 1, NULL, DOMID_SELF));
    report("table", written(virt_to_maddr(table), table));
    report("table_is_clean", all(table, 0));
    pin.cmd = MMUEXT_UNPIN_TABLE;
    report("unpin", hv_mmuext_op(&pin, 1, NULL, DOMID_SELF));
    report("writable", pt_set_writable(table));
    report("page_again",
           edu_read(virt_to_maddr(from), BYTES) && written(virt_to_maddr(table), table));

    report("foreign", edu_write(dom0_page, BYTES));
    printf("FOREIGN done\n");
    (void)hv_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
    report("grant", map.status);
    report("granted", edu_write(map.dev_bus_addr, BYTES));
    printf("GRANTED done\n");
    unmap.dev_bus_addr = map.dev_bus_addr;
    unmap.handle = map.handle;
    (void)hv_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
    report("ungrant", unmap.status);
    return SHUTDOWN_poweroff;
}

static void expect_report(struct child *c, const char *key, long want)
{
    long value = -1;

    EXPECT(child_reported(c, key, &value));
    if (!EXPECT_EQ(value, want)) {
        printf("#    that was %s\n", key);
    }
}

static bool give_registers(domid_t domid, bool allow)
{
    child_domctl_init(&op, XEN_DOMCTL_iomem_permission, domid);
    op.u.iomem_permission.first_mfn = edu_bar() >> PAGE_SHIFT;
    op.u.iomem_permission.nr_mfns = 1;
    op.u.iomem_permission.allow_access = allow;
    return hv_domctl(&op) == 0;
}

static bool works_in_dom0(void)
{
    unsigned char *from = page_alloc(1), *to = page_alloc(1);
    bool yes = arrives(from, to);

    page_free(from, 1);
    page_free(to, 1);
    return yes;
}

TEST(capability)
{
    static struct xen_sysctl info = { .cmd = XEN_SYSCTL_physinfo,
                                      .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

    NEED_EDU();
    EXPECT_EQ(hv_sysctl(&info), 0);
    EXPECT(info.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_directio);
}

TEST(create_options)
{
    struct xen_domctl create;
    domid_t id;

    NEED_EDU();
    REQUIRE_EQ(child_create_empty(&id, 1, XEN_DOMCTL_CDF_iommu), 0);
    EXPECT_EQ(child_destroy_id(id), 0);
    child_domctl_init(&create, XEN_DOMCTL_createdomain, 0);
    create.u.createdomain.max_vcpus = 1;
    create.u.createdomain.iommu_opts = XEN_DOMCTL_IOMMU_no_sharept;
    EXPECT_EQ(hv_domctl(&create), -EINVAL);
    create.u.createdomain.flags = XEN_DOMCTL_CDF_iommu;
    create.u.createdomain.iommu_opts = 2 | 4;
    EXPECT_EQ(hv_domctl(&create), -EINVAL);
}

TEST(assign_errors)
{
    domid_t with, without;

    NEED_EDU();
    REQUIRE_EQ(child_create_empty(&with, 1, XEN_DOMCTL_CDF_iommu), 0);
    REQUIRE_EQ(child_create_empty(&without, 1, 0), 0);
    EXPECT_EQ(assign(without), -EOPNOTSUPP);
    EXPECT_EQ(deassign(without), -EOPNOTSUPP);
    EXPECT_EQ(test_assign(without, EDU_DEVFN), -EOPNOTSUPP);
    EXPECT_EQ(assign(0), -EINVAL);
    EXPECT_EQ(assign(4242), -ESRCH);
    EXPECT_EQ(device(XEN_DOMCTL_assign_device, with, NOTHING, 0), -ENODEV);
    EXPECT_EQ(device(XEN_DOMCTL_assign_device, with, EDU_DEVFN, 2), -EINVAL);
    EXPECT_EQ(test_assign(with, NOTHING), -EINVAL);
    EXPECT_EQ(test_assign(with, EDU_DEVFN), 0);
    EXPECT_EQ(deassign(with), -ENODEV);
    child_domctl_init(&op, XEN_DOMCTL_assign_device, with);
    op.u.assign_device.dev = XEN_DOMCTL_DEV_DT;
    op.u.assign_device.u.pci.machine_sbdf = EDU_DEVFN;
    EXPECT_EQ(hv_domctl(&op), -ENODEV);

    EXPECT_EQ(assign(with), 0);
    EXPECT_EQ(assign(with), -EBUSY);
    EXPECT_EQ(assign(DOMID_IO), -EBUSY);
    EXPECT_EQ(test_assign(with, EDU_DEVFN), -EINVAL);
    EXPECT(!works_in_dom0());
    EXPECT_EQ(deassign(with), 0);
    EXPECT_EQ(child_destroy_id(with), 0);
    EXPECT_EQ(child_destroy_id(without), 0);
    /* It is in quarantine still. */
    EXPECT(!works_in_dom0());
    EXPECT_EQ(deassign(DOMID_IO), 0);
    EXPECT(works_in_dom0());
}

TEST(quarantine)
{
    NEED_EDU();
    EXPECT(works_in_dom0());
    EXPECT_EQ(assign(DOMID_IO), 0);
    EXPECT(!works_in_dom0());
    EXPECT_EQ(deassign(DOMID_IO), 0);
    EXPECT(works_in_dom0());
    EXPECT_EQ(deassign(DOMID_IO), -ENODEV);
}

TEST(device_group)
{
    static uint32_t group[4];
    domid_t id;

    NEED_EDU();
    REQUIRE_EQ(child_create_empty(&id, 1, XEN_DOMCTL_CDF_iommu), 0);
    child_domctl_init(&op, XEN_DOMCTL_get_device_group, id);
    op.u.get_device_group.machine_sbdf = EDU_DEVFN;
    op.u.get_device_group.max_sdevs = 4;
    set_xen_guest_handle(op.u.get_device_group.sdev_array, group);
    EXPECT_EQ(hv_domctl(&op), 0);
    EXPECT_EQ(op.u.get_device_group.num_sdevs, 0);
    EXPECT_EQ(child_destroy_id(id), 0);
}

static long map_message(domid_t domid, int *pirq)
{
    struct physdev_map_pirq map = {
        .domid = domid, .type = MAP_PIRQ_TYPE_MSI, .index = -1, .pirq = -1, .devfn = EDU_DEVFN
    };
    long rc = hv_physdev_op(PHYSDEVOP_map_pirq, &map);

    *pirq = map.pirq;
    return rc;
}

static long unmap_message(domid_t domid, int pirq)
{
    struct physdev_unmap_pirq unmap = { .domid = domid, .pirq = pirq };

    return hv_physdev_op(PHYSDEVOP_unmap_pirq, &unmap);
}

/* Its messages are for the domain that has it. */
TEST(messages)
{
    domid_t id;
    int pirq;

    NEED_EDU();
    REQUIRE_EQ(child_create_empty(&id, 1, XEN_DOMCTL_CDF_iommu), 0);
    EXPECT_EQ(map_message(id, &pirq), -ENODEV);
    EXPECT_EQ(map_message(DOMID_SELF, &pirq), 0);
    EXPECT_EQ(unmap_message(DOMID_SELF, pirq), 0);
    EXPECT_EQ(assign(id), 0);
    EXPECT_EQ(map_message(DOMID_SELF, &pirq), -ENODEV);
    EXPECT_EQ(map_message(id, &pirq), 0);
    EXPECT_EQ(unmap_message(id, pirq), 0);
    EXPECT_EQ(child_destroy_id(id), 0);
    EXPECT_EQ(deassign(DOMID_IO), 0);
    EXPECT_EQ(map_message(DOMID_SELF, &pirq), 0);
    EXPECT_EQ(unmap_message(DOMID_SELF, pirq), 0);
}

/* Its domain's own memory, no other's; a grant's while it is mapped; nothing once it is dead. */
TEST(in_a_domu)
{
    static struct child c;
    static char words[128];
    unsigned char *target = page_alloc(1), *granted = page_alloc(1);
    struct child_options o = { .cmdline = words, .flags = XEN_DOMCTL_CDF_iommu, .paused = true };
    static const struct {
        const char *key;
        long value;
    } want[] = {
        { "map", 0 },   { "own", 1 },     { "readonly", 0 }, { "pin", 0 },
        { "table", 0 }, { "unpin", 0 },   { "writable", 0 }, { "page_again", 1 },
        { "grant", 0 }, { "granted", 1 }, { "ungrant", 0 },  { "table_is_clean", 1 },
    };
    grant_ref_t ref;

    NEED_EDU();
    REQUIRE_EQ(gnttab_init(), 0);
    /* The child's number is not known yet: the reference is, and is given to it below. */
    ref = gnttab_take();
    snprintf(words, sizeof(words), "role=edu bar=%lu target=%lu ref=%u", edu_bar() >> PAGE_SHIFT,
             virt_to_mfn(target), ref);
    memset(target, 0, PAGE_SIZE);
    memset(granted, 0, PAGE_SIZE);
    REQUIRE_EQ(child_create(&c, &o), 0);
    gnttab_abi->update_entry(ref, c.id, virt_to_mfn(granted), GTF_permit_access);
    EXPECT(give_registers(c.id, true));
    EXPECT_EQ(assign(c.id), 0);
    EXPECT_EQ(child_unpause(&c), 0);
    EXPECT_EQ(child_wait(&c, 60 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
        expect_report(&c, want[i].key, want[i].value);
    }
    EXPECT(all(target, 0));
    EXPECT(all(granted, PATTERN));
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT(gnttab_end(ref));
    gnttab_give(ref);
    /* The device has come into quarantine by itself. */
    EXPECT_EQ(deassign(DOMID_IO), 0);
    EXPECT(works_in_dom0());
    page_free(target, 1);
    page_free(granted, 1);
}

/*
 * A function with a table of messages: what its registers said while it was dom0's holds when a
 * domain has it, whatever they say then.
 */
#define MSIX_DEVFN 0xe8
#define CAP_MSIX   0x11

static uint8_t msix_capability(void)
{
    uint8_t at = (uint8_t)(bus_read(MSIX_DEVFN, 0x34) & 0xfc);

    for (unsigned int i = 0; i < 48 && at; i++) {
        uint32_t head = bus_read(MSIX_DEVFN, at);

        if ((head & 0xff) == CAP_MSIX) {
            return at;
        }
        at = (uint8_t)(head >> 8 & 0xfc);
    }
    return 0;
}

static long msix_op(uint32_t cmd)
{
    struct physdev_pci_device dev = { .devfn = MSIX_DEVFN };

    return hv_physdev_op(cmd, &dev);
}

static long map_entry(domid_t domid, int entry, uint64_t table, int *pirq)
{
    struct physdev_map_pirq map = { .domid = domid,
                                    .type = MAP_PIRQ_TYPE_MSI,
                                    .index = -1,
                                    .pirq = -1,
                                    .devfn = MSIX_DEVFN,
                                    .entry_nr = entry,
                                    .table_base = table };
    long rc = hv_physdev_op(PHYSDEVOP_map_pirq, &map);

    *pirq = map.pirq;
    return rc;
}

TEST(message_table_of_a_guests)
{
    struct physdev_pci_device_add add = { .devfn = MSIX_DEVFN };
    uint32_t where, bar;
    uint64_t table;
    uint8_t at, reg;
    int pirq[2];
    domid_t id;

    NEED_EDU();
    if ((bus_read(MSIX_DEVFN, 0) & 0xffff) == 0xffff || !(at = msix_capability())) {
        SKIP("no device with a table of messages");
    }
    where = bus_read(MSIX_DEVFN, (uint8_t)(at + 4));
    reg = (uint8_t)(0x10 + 4 * (where & 7));
    bar = bus_read(MSIX_DEVFN, reg);
    table = (bar & ~0xfu) + (where & ~7u);
    bus_write(MSIX_DEVFN, 4, bus_read(MSIX_DEVFN, 4) | 6);
    REQUIRE_EQ(hv_physdev_op(PHYSDEVOP_pci_device_add, &add), 0);
    REQUIRE_EQ(child_create_empty(&id, 1, XEN_DOMCTL_CDF_iommu), 0);
    EXPECT_EQ(msix_op(PHYSDEVOP_prepare_msix), 0);
    EXPECT_EQ(msix_op(PHYSDEVOP_prepare_msix), -EBUSY);
    EXPECT_EQ(device(XEN_DOMCTL_assign_device, id, MSIX_DEVFN, 0), 0);
    EXPECT_EQ(map_entry(id, 0, table, &pirq[0]), 0);
    bus_write(MSIX_DEVFN, reg, 0);
    EXPECT_EQ(map_entry(id, 1, table, &pirq[1]), 0);
    bus_write(MSIX_DEVFN, reg, bar);
    EXPECT_EQ(msix_op(PHYSDEVOP_release_msix), -EBUSY);
    EXPECT_EQ(unmap_message(id, pirq[0]), 0);
    EXPECT_EQ(unmap_message(id, pirq[1]), 0);
    /* None is in use, and still it is not asked. */
    bus_write(MSIX_DEVFN, reg, 0);
    EXPECT_EQ(map_entry(id, 0, table, &pirq[0]), 0);
    bus_write(MSIX_DEVFN, reg, bar);
    EXPECT_EQ(unmap_message(id, pirq[0]), 0);
    EXPECT_EQ(child_destroy_id(id), 0);
    EXPECT_EQ(msix_op(PHYSDEVOP_release_msix), 0);
    EXPECT_EQ(msix_op(PHYSDEVOP_release_msix), -EBUSY);
    EXPECT_EQ(device(XEN_DOMCTL_deassign_device, DOMID_IO, MSIX_DEVFN, 0), 0);
    EXPECT_EQ(map_entry(DOMID_SELF, 0, table, &pirq[0]), 0);
    EXPECT_EQ(unmap_message(DOMID_SELF, pirq[0]), 0);
}

/*
 * Vectors of exceptions that push an error code, or none; below what devices have; the fast system
 * call; nobody's; the hypervisor's own, its spurious one above all.
 */
static const uint8_t forged[] = { 0x08, 0x0d, 0x0e, 0x10, 0x11, 0x12, 0x13, 0x15, 0x1e, 0x20,
                                  0x2f, 0x80, 0x82, 0xef, 0xf0, 0xfb, 0xfc, 0xfd, 0xfe, 0xff };
#define SYSTEM_CALL   0x80
#define TIMES(vector) ((vector) == SYSTEM_CALL ? 10u : 1u) /* to meet a running guest */
#define MESSAGE(apic) (0xfee00000ul | (uint64_t)(apic) << 12)
#define CPUS          2

/* Each of them to each CPU, while this one runs and the others wait. */
ROLE(forge)
{
    uint32_t *data = page_alloc(1);
    unsigned long va = pt_vmap_reserve(1), sent = 0;

    report("map", pt_map(va, pte_make(cmdline_number("bar", 0), PTE_KERN | PTE_PCD)));
    edu_use((void *)va);
    for (unsigned int i = 0; i < ARRAY_SIZE(forged); i++) {
        *data = forged[i];
        if (!edu_read(virt_to_maddr(data), 4)) {
            continue;
        }
        for (unsigned int n = 0; n < CPUS * TIMES(forged[i]); n++) {
            sent += edu_write(MESSAGE(n % CPUS), 4);
        }
    }
    report("sent", (long)sent);
    return SHUTDOWN_poweroff;
}

static bool run_on(uint64_t cpus)
{
    static uint64_t mask;

    mask = cpus;
    child_domctl_init(&op, XEN_DOMCTL_setvcpuaffinity, 0);
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)&mask);
    return hv_domctl(&op) == 0;
}

/* Messages of its own making reach no domain, and hold back nothing on any CPU. */
TEST(forged_messages)
{
    static struct child c;
    static char words[64];
    struct child_options o = { .cmdline = words, .flags = XEN_DOMCTL_CDF_iommu, .paused = true };

    if (!test_on_corbel()) {
        SKIP("what a hypervisor without remapping does by itself is asked of ours alone");
    }
    NEED_EDU();
    snprintf(words, sizeof(words), "role=forge bar=%lu", edu_bar() >> PAGE_SHIFT);
    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT(give_registers(c.id, true));
    EXPECT_EQ(assign(c.id), 0);
    EXPECT_EQ(child_unpause(&c), 0);
    EXPECT_EQ(child_wait(&c, 30 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    expect_report(&c, "map", 0);
    expect_report(&c, "sent", CPUS * (ARRAY_SIZE(forged) - 1 + TIMES(SYSTEM_CALL)));
    for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
        EXPECT(run_on(1ul << cpu));
        time_sleep(NSEC_PER_SEC / 20);
    }
    EXPECT(run_on(~0ul));
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT_EQ(deassign(DOMID_IO), 0);
    EXPECT(works_in_dom0());
}
