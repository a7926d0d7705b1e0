/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI devices in dom0: the list of them, and interrupts by message. Two devices of the emulator
 * serve: "edu" (1e.0), which raises its interrupt, by MSI, when a register is written; and one with
 * an MSI-X table (1d.0). Without them (another machine) tests that want one are skipped.
 */
#include "test.h"
#include <public/physdev.h>

#define SUITE "pci"

#define EDU        0xf0
#define EDU_ID     0x11e81234u
#define EDU_RAISE  0x60
#define EDU_ACK    0x64
#define EDU_STATUS 0x24
#define MSIX_DEV   0xe8
#define NOTHING    0xff /* no device has this number */

#define CAP_MSI     0x05
#define CAP_MSIX    0x11
#define PCI_BAR(n)  (0x10 + 4 * (n))
#define COMMAND_MEM 0x2u
#define COMMAND_DMA 0x4u
#define MSI_ENABLE  (1u << 16)

#define DEVICE_PAGE (PTE_KERN | PTE_PCD)

static volatile uint32_t *edu_regs;

static void out32(uint32_t v, uint16_t port)
{
    __asm__ volatile("outl %0, %w1" : : "a"(v), "Nd"(port));
}

static uint32_t in32(uint16_t port)
{
    uint32_t v;

    __asm__ volatile("inl %w1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static uint32_t cfg_read(uint8_t devfn, uint8_t reg)
{
    out32(0x80000000u | (uint32_t)devfn << 8 | (reg & 0xfc), 0xcf8);
    return in32(0xcfc);
}

static void cfg_write(uint8_t devfn, uint8_t reg, uint32_t v)
{
    out32(0x80000000u | (uint32_t)devfn << 8 | (reg & 0xfc), 0xcf8);
    out32(v, 0xcfc);
}

static uint8_t capability(uint8_t devfn, uint8_t id)
{
    uint8_t at = cfg_read(devfn, 0x34) & 0xfc;

    for (unsigned int i = 0; i < 48 && at; i++) {
        uint32_t head = cfg_read(devfn, at);

        if ((head & 0xff) == id) {
            return at;
        }
        at = (head >> 8) & 0xfc;
    }
    return 0;
}

static long add(uint16_t seg, uint8_t devfn, uint32_t flags)
{
    struct physdev_pci_device_add op = { .seg = seg, .devfn = devfn, .flags = flags };

    return hv_physdev_op(PHYSDEVOP_pci_device_add, &op);
}

static long device_op(uint32_t cmd, uint16_t seg, uint8_t devfn)
{
    struct physdev_pci_device op = { .seg = seg, .devfn = devfn };

    return hv_physdev_op(cmd, &op);
}

static long manage(uint32_t cmd, uint8_t devfn)
{
    struct physdev_manage_pci op = { .devfn = devfn };

    return hv_physdev_op(cmd, &op);
}

static struct physdev_map_pirq map;

static long map_msi(int type, uint8_t devfn, int entry, uint64_t table)
{
    memset(&map, 0, sizeof(map));
    map.domid = DOMID_SELF;
    map.type = type;
    map.index = map.pirq = -1;
    map.devfn = devfn;
    map.entry_nr = entry;
    map.table_base = table;
    return hv_physdev_op(PHYSDEVOP_map_pirq, &map);
}

static long unmap(int pirq)
{
    struct physdev_unmap_pirq op = { .domid = DOMID_SELF, .pirq = pirq };

    return hv_physdev_op(PHYSDEVOP_unmap_pirq, &op);
}

static long bind(int pirq, evtchn_port_t *port)
{
    struct evtchn_bind_pirq op = { .pirq = (uint32_t)pirq };
    long rc = hv_event_channel_op(EVTCHNOP_bind_pirq, &op);

    *port = op.port;
    return rc;
}

static bool may_do_ports(void)
{
    struct physdev_set_iopl op = { .iopl = 1 };

    return hv_physdev_op(PHYSDEVOP_set_iopl, &op) == 0;
}

/* A page of device memory, at a place of its own; NULL when it cannot be mapped. */
static void *map_device(uint64_t machine)
{
    unsigned long va = pt_vmap_reserve(1);

    return pt_map(va, (machine & PTE_ADDR) | DEVICE_PAGE) ? NULL : (void *)va;
}

static bool find_edu(void)
{
    if (!may_do_ports() || cfg_read(EDU, 0) != EDU_ID) {
        return false;
    }
    cfg_write(EDU, 4, cfg_read(EDU, 4) | COMMAND_MEM | COMMAND_DMA);
    if (!edu_regs) {
        edu_regs = map_device(cfg_read(EDU, PCI_BAR(0)));
    }
    return edu_regs;
}

TEST(device_list)
{
    struct physdev_manage_pci_ext ext = { .devfn = 0 };

    EXPECT_EQ(add(0, 0, 0), 0);
    EXPECT_EQ(add(0, 0, 0), 0); /* again */
    EXPECT_EQ(device_op(PHYSDEVOP_pci_device_remove, 0, 0), 0);
    EXPECT_EQ(device_op(PHYSDEVOP_pci_device_remove, 0, 0), -ENODEV);
    EXPECT_EQ(device_op(PHYSDEVOP_pci_device_remove, 0, NOTHING), -ENODEV);
    EXPECT_EQ(manage(PHYSDEVOP_manage_pci_add, 0), 0);
    EXPECT_EQ(manage(PHYSDEVOP_manage_pci_remove, 0), 0);
    EXPECT_EQ(manage(PHYSDEVOP_manage_pci_remove, 0), -ENODEV);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_manage_pci_add_ext, &ext), 0);
    ext.is_virtfn = 2;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_manage_pci_add_ext, &ext), -EINVAL);
    ext.is_virtfn = 0;
    ext.is_extfn = 2;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_manage_pci_add_ext, &ext), -EINVAL);
    EXPECT_EQ(manage(PHYSDEVOP_restore_msi, 0), 0);
    EXPECT_EQ(device_op(PHYSDEVOP_restore_msi_ext, 0, 0), 0);
    EXPECT_EQ(device_op(PHYSDEVOP_restore_msi_ext, 5, 0), -ENODEV);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_pci_device_add, BAD_POINTER), -EFAULT);
}

TEST(small_ops)
{
    struct physdev_pci_mmcfg_reserved area = { .address = 0x1000, .segment = 9, .end_bus = 255 };
    struct physdev_dbgp_op dbgp = { .op = PHYSDEVOP_DBGP_RESET_PREPARE };

    area.flags = 2;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_pci_mmcfg_reserved, &area), -EINVAL);
    area.flags = XEN_PCI_MMCFG_RESERVED;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_pci_mmcfg_reserved, &area), -ENODEV);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_dbgp_op, &dbgp), 0);
    dbgp.op = PHYSDEVOP_DBGP_RESET_DONE;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_dbgp_op, &dbgp), 0);
}

TEST(map_errors)
{
    EXPECT_EQ(add(0, 0, 0), 0);
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MSI, 0, 0, 0), -ENODEV); /* no such capability */
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MSI, NOTHING, 0, 0), -ENODEV);
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MSI_SEG, NOTHING, 0, 0), -ENODEV);
    if (!find_edu()) {
        SKIP("no device for it");
    }
    EXPECT_EQ(add(0, EDU, 0), 0);
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MULTI_MSI, EDU, 0, 0), -EDOM);
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MULTI_MSI, EDU, 64, 0), -EDOM);
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MULTI_MSI, EDU, 2, 0), -EOPNOTSUPP);
    memset(&map, 0, sizeof(map));
    map.domid = DOMID_SELF;
    map.devfn = EDU;
    map.pirq = 1000000;
    map.index = -1;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_map_pirq, &map), -EINVAL);
    map.pirq = -1;
    map.index = 3;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_map_pirq, &map), -EINVAL);
}

static volatile unsigned long hits;

static void on_edu(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    edu_regs[EDU_ACK / 4] = edu_regs[EDU_STATUS / 4];
    hits++;
}

static bool raised(unsigned long wanted)
{
    uint64_t end = time_now() + 10 * NSEC_PER_SEC;

    edu_regs[EDU_RAISE / 4] = 1;
    while (hits < wanted && time_now() < end) {
        cpu_relax();
    }
    return hits == wanted;
}

/* A message arrives, also after it has moved between CPUs. */
TEST(message)
{
    uint8_t at;
    evtchn_port_t port;
    int pirq;

    if (!find_edu()) {
        SKIP("no device for it");
    }
    at = capability(EDU, CAP_MSI);
    REQUIRE(at);
    REQUIRE_EQ(add(0, EDU, 0), 0);
    REQUIRE_EQ(map_msi(MAP_PIRQ_TYPE_MSI, EDU, 0, 0), 0);
    pirq = map.pirq;
    EXPECT(pirq >= 16);
    EXPECT_EQ(cfg_read(EDU, at + 4) >> 20, 0xfee);
    REQUIRE_EQ(bind(pirq, &port), 0);
    event_set_handler(port, on_edu, NULL);
    EXPECT_EQ(event_unmask(port), 0);
    cfg_write(EDU, at, cfg_read(EDU, at) | MSI_ENABLE);
    hits = 0;
    for (unsigned int i = 1; i <= 10; i++) {
        REQUIRE(raised(i));
    }
    for (unsigned int i = 0; i < 4 * smp_count(); i++) {
        EXPECT_EQ(event_bind_vcpu(port, i % smp_count()), 0);
        EXPECT_EQ(event_bind_vcpu(port, 0), 0);
        REQUIRE(raised(11 + i));
    }
    cfg_write(EDU, at, cfg_read(EDU, at) & ~MSI_ENABLE);
    event_set_handler(port, NULL, NULL);
    EXPECT_EQ(event_close(port), 0);
    EXPECT_EQ(unmap(pirq), 0);
    EXPECT_EQ(unmap(pirq), -EINVAL);
    EXPECT_EQ(bind(pirq, &port), -EPERM);
}

#define HOST_BRIDGE_ID   0x29c08086u
#define HOST_BRIDGE_AREA 0x60
#define AREA_ENABLED     0x1u
#define AREA_SIZE_MASK   0x6u /* 0: 256 buses */
#define INTERRUPT_LINE   0x3c

/* A function's page of configuration space in memory; NULL where the machine has none. */
static volatile uint8_t *config_page(uint8_t devfn)
{
    uint32_t area;

    if (!may_do_ports() || cfg_read(0, 0) != HOST_BRIDGE_ID) {
        return NULL;
    }
    area = cfg_read(0, HOST_BRIDGE_AREA);
    if ((area & (AREA_ENABLED | AREA_SIZE_MASK)) != AREA_ENABLED) {
        return NULL;
    }
    return map_device((area & ~0xfffu) + ((uint64_t)devfn << PAGE_SHIFT));
}

/* Reads and writes of each width arrive, also beyond what the ports reach. */
TEST(configuration_in_memory)
{
    volatile uint8_t *cfg = config_page(EDU);
    uint32_t line;

    if (!cfg || !find_edu()) {
        SKIP("no configuration space in memory");
    }
    EXPECT_EQ(*(volatile uint32_t *)cfg, EDU_ID);
    EXPECT_EQ(*(volatile uint16_t *)(cfg + 2), EDU_ID >> 16);
    line = cfg_read(EDU, INTERRUPT_LINE);
    cfg[INTERRUPT_LINE] = 0x5a;
    EXPECT_EQ(cfg_read(EDU, INTERRUPT_LINE), (line & ~0xffu) | 0x5a);
    *(volatile uint16_t *)(cfg + INTERRUPT_LINE) = 0xff3c;
    EXPECT_EQ(cfg_read(EDU, INTERRUPT_LINE), (line & ~0xffu) | 0x3c);
    *(volatile uint32_t *)(cfg + INTERRUPT_LINE) = line;
    EXPECT_EQ(cfg_read(EDU, INTERRUPT_LINE), line);
    EXPECT_EQ(cfg[INTERRUPT_LINE], line & 0xff);
    cfg[0xffc] = 1;
    *(volatile uint32_t *)(cfg + 0x100) = 0xffffffff;
    EXPECT_EQ(pt_unmap((unsigned long)cfg), 0);
}

/* Where a message goes is not dom0's to change, nor is how many of them there are. */
TEST(message_is_not_the_guests)
{
    volatile uint8_t *cfg = config_page(EDU);
    uint32_t address, control;
    uint8_t at;

    if (!cfg || !find_edu()) {
        SKIP("no device for it, or no configuration space in memory");
    }
    at = capability(EDU, CAP_MSI);
    REQUIRE_EQ(add(0, EDU, 0), 0);
    REQUIRE_EQ(map_msi(MAP_PIRQ_TYPE_MSI, EDU, 0, 0), 0);
    address = cfg_read(EDU, at + 4);
    *(volatile uint32_t *)(cfg + at + 4) = 0xfee00000u | 0xfe000;
    EXPECT_EQ(cfg_read(EDU, at + 4), address);
    cfg_write(EDU, at + 4, address);
    control = cfg_read(EDU, at);
    cfg_write(EDU, at + 4, 0xfee00000u | 0xff000);
    EXPECT_EQ(cfg_read(EDU, at + 4), address);
    cfg_write(EDU, at + 4, address);
    cfg_write(EDU, at, control | 7u << 20);
    EXPECT_EQ(cfg_read(EDU, at), control);
    cfg_write(EDU, at, control);
    cfg[at + 2] = (uint8_t)(control >> 16) | 7u << 4;
    EXPECT_EQ(cfg_read(EDU, at), control);
    cfg_write(EDU, at, control);
    EXPECT_EQ(pt_unmap((unsigned long)cfg), 0);
    EXPECT_EQ(unmap(map.pirq), 0);
}

/* Made, bound and undone many times: nothing runs out. */
TEST(messages_come_and_go)
{
    evtchn_port_t port;

    if (!find_edu()) {
        SKIP("no device for it");
    }
    REQUIRE_EQ(add(0, EDU, 0), 0);
    for (unsigned int i = 0; i < 600; i++) {
        REQUIRE_EQ(
            map_msi(i & 1 ? MAP_PIRQ_TYPE_MSI : MAP_PIRQ_TYPE_MULTI_MSI, EDU, i & 1 ? 0 : 1, 0), 0);
        if (i % 3) {
            REQUIRE_EQ(bind(map.pirq, &port), 0);
            EXPECT_EQ(event_bind_vcpu(port, i % smp_count()), 0);
            REQUIRE_EQ(event_close(port), 0);
        }
        REQUIRE_EQ(unmap(map.pirq), 0);
    }
}

/* A table of messages: each entry once, none beyond its end, and no guest writes it. */
TEST(message_table)
{
    uint8_t at = 0;
    uint32_t where, size;
    uint64_t table;
    int pirq[2];
    volatile uint32_t *page;
    uint32_t word;

    if (may_do_ports()) {
        at = capability(MSIX_DEV, CAP_MSIX);
    }
    if (!at) {
        SKIP("no device for it");
    }
    size = (cfg_read(MSIX_DEV, at) >> 16 & 0x7ff) + 1;
    where = cfg_read(MSIX_DEV, at + 4);
    table = (cfg_read(MSIX_DEV, (uint8_t)PCI_BAR(where & 7)) & ~0xfu) + (where & ~7u);
    cfg_write(MSIX_DEV, 4, cfg_read(MSIX_DEV, 4) | COMMAND_MEM | COMMAND_DMA);
    REQUIRE_EQ(add(0, MSIX_DEV, 0), 0);
    EXPECT_EQ(device_op(PHYSDEVOP_prepare_msix, 0, MSIX_DEV), 0);
    EXPECT_EQ(device_op(PHYSDEVOP_release_msix, 0, MSIX_DEV), 0);
    REQUIRE_EQ(map_msi(MAP_PIRQ_TYPE_MSI, MSIX_DEV, 0, table), 0);
    pirq[0] = map.pirq;
    REQUIRE_EQ(map_msi(MAP_PIRQ_TYPE_MSI_SEG, MSIX_DEV, 1, table), 0);
    pirq[1] = map.pirq;
    EXPECT(pirq[0] != pirq[1]);
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MSI, MSIX_DEV, (int)size, table), -EINVAL);
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MSI, MSIX_DEV, -1, table), -EINVAL);
    EXPECT_EQ(device_op(PHYSDEVOP_prepare_msix, 0, MSIX_DEV), -EBUSY);
    EXPECT_EQ(device_op(PHYSDEVOP_restore_msi_ext, 0, MSIX_DEV), 0);

    /* A page of it, asked for writable, is read-only. */
    page = map_device(table);
    REQUIRE(page);
    EXPECT_EQ(*pt_walk((unsigned long)page, 1) & PTE_W, 0);
    word = page[(table & ~PTE_ADDR) / 4];
    page[(table & ~PTE_ADDR) / 4] = ~word; /* goes nowhere */
    EXPECT_EQ(page[(table & ~PTE_ADDR) / 4], word);
    EXPECT_EQ(pt_unmap((unsigned long)page), 0);

    EXPECT_EQ(unmap(pirq[0]), 0);
    EXPECT_EQ(unmap(pirq[1]), 0);
    EXPECT_EQ(device_op(PHYSDEVOP_pci_device_remove, 0, MSIX_DEV), 0);
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MSI, MSIX_DEV, 0, table), -ENODEV);
}

/* A device that goes takes its messages along; the number is there until it is given back. */
TEST(device_goes)
{
    int pirq;

    if (!find_edu()) {
        SKIP("no device for it");
    }
    REQUIRE_EQ(add(0, EDU, 0), 0);
    REQUIRE_EQ(map_msi(MAP_PIRQ_TYPE_MSI, EDU, 0, 0), 0);
    pirq = map.pirq;
    EXPECT_EQ(unmap(pirq), 0);
    EXPECT_EQ(device_op(PHYSDEVOP_pci_device_remove, 0, EDU), 0);
    EXPECT_EQ(map_msi(MAP_PIRQ_TYPE_MSI, EDU, 0, 0), -ENODEV);
}
