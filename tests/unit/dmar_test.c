/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VT-d's DMAR table: which unit a function is behind, reserved regions, and tables with mistakes,
 * each named, refused as a whole or left out. Buses as bridges number them; what a device's
 * requests are called behind a bridge to conventional PCI.
 */
#include <sanitizer/lsan_interface.h>
#include <stdlib.h>
#include <hv/domain.h>
#include <hv/param.h>
#include <unit/vtd.h>

#include "../../drivers/passthrough/device.h"
#include "../../drivers/passthrough/vtd/acpi.h"

/* Bridges: 00:1c.0 (Express root port) leads to buses 1 to 3, on which 01:00.0 turns Express into
 * PCI (bus 2), behind which 02:05.0 is a PCI bridge to bus 3; 00:1e.0 is one to bus 4. */
static const struct {
    uint8_t bus, devfn, secondary, last;
    int type; /* of Express port; -1 conventional */
} bridges[] = {
    { 0, 0xe0, 1, 3, 4 }, { 1, 0x00, 2, 3, 7 }, { 2, 0x28, 3, 3, -1 }, { 0, 0xf0, 4, 4, -1 }
};

/* A function that says of itself that it is a bridge, of that kind, to this bus. */
static struct {
    bool on;
    struct pci_address address;
    uint8_t secondary;
} liar;

static uint32_t read_liar(unsigned int reg)
{
    return reg == 0x06 ? 0 : reg == 0x0e ? 0x01 : liar.secondary;
}

uint32_t pci_read(struct pci_address a, unsigned int reg, unsigned int bytes)
{
    if (liar.on && pci_address_eq(a, liar.address)) {
        return read_liar(reg);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(bridges); i++) {
        if (a.segment || bridges[i].bus != a.bus || bridges[i].devfn != a.devfn) {
            continue;
        }
        switch (reg) {
        case 0x06:
            return bridges[i].type < 0 ? 0 : 0x10;
        case 0x0e:
            return 0x81;
        case 0x19:
            return bridges[i].secondary;
        case 0x1a:
            return bridges[i].last;
        case 0x34:
            return 0x40;
        case 0x40:
            return 0x10;
        case 0x42:
            return (uint32_t)bridges[i].type << 4;
        }
    }
    return reg == 0x0e ? 0 : reg == 0x06 ? 0 : ~0U >> (32 - 8 * bytes);
}

static uint8_t table[8192];
static uint32_t sticky;
static size_t len;

static void put(uint64_t v, unsigned int bytes)
{
    memcpy(table + len, &v, bytes);
    len += bytes;
}

static void begin(void)
{
    memset(table, 0, sizeof(table));
    len = 48;
}

static void drhd(uint8_t flags, uint64_t registers, unsigned int scopes)
{
    put(0, 2);
    put(16 + scopes, 2);
    put(flags, 1);
    put(0, 1);
    put(0, 2);
    put(registers, 8);
}

static void rmrr(uint64_t first, uint64_t last, unsigned int scopes)
{
    put(1, 2);
    put(24 + scopes, 2);
    put(0, 4);
    put(first, 8);
    put(last, 8);
}

static void scope(uint8_t type, uint8_t bus, unsigned int depth, const uint8_t *path)
{
    put(type, 1);
    put(6 + 2 * depth, 1);
    put(0, 3);
    put(bus, 1);
    for (unsigned int i = 0; i < 2 * depth; i++) {
        put(path[i], 1);
    }
}

static int machine(void **state)
{
    fake_machine(1);
    return 0;
}

static int read_table(void)
{
    struct fake_vtd_options usual = {
        .coherent = true, .large = true, .levels = 3, .sticky = sticky
    };
    uint8_t *copy;
    int rc;

    fake_vtd_reset(&usual);
    fake_console_clear();
    iommu_nr_units = 0;
    iommu_limits = (struct iommu_limits){ 4, 3, true, 65536, true };
    /* In a block of its own, so that the sanitizer sees a read past it. */
    copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, table, len);
    rc = vtd_read_dmar(copy, len);
    free(copy);
    for (unsigned int i = 0; i < iommu_nr_units; i++) {
        __lsan_ignore_object(iommu_units[i]);
        __lsan_ignore_object(iommu_units[i]->faults);
        if (iommu_units[i]->own) {
            __lsan_ignore_object(iommu_units[i]->own);
        }
    }
    return rc;
}

#define AT(b, d, f) ((struct pci_address){ 0, (b), PCI_DEVFN(d, f) })
#define ONE(...)    ((const uint8_t[]){ __VA_ARGS__ })
#define REGS(n)     (FAKE_VTD_REGISTERS + (n)*0x1000UL)
#define UNIT(n)     (iommu_units[n])

static void units_by_scope(void **state)
{
    begin();
    drhd(0, REGS(0), 8 + 10);
    scope(1, 0, 1, ONE(0x02, 0));
    scope(1, 0, 2, ONE(0x1c, 0, 0x00, 1)); /* through the root port: 01:00.1 */
    drhd(0, REGS(1), 8 + 8);
    scope(3, 0xf0, 1, ONE(0x1f, 0)); /* an IO-APIC */
    scope(2, 1, 1, ONE(0x00, 0));    /* the bridge to PCI, and what is behind it */
    drhd(1, REGS(2), 0);
    assert_int_equal(read_table(), 0);
    assert_int_equal(iommu_nr_units, 3);
    assert_ptr_equal(vtd_find(AT(0, 2, 0)), UNIT(0));
    assert_ptr_equal(vtd_find(AT(1, 0, 1)), UNIT(0));
    assert_ptr_equal(vtd_find(AT(1, 0, 0)), UNIT(1));
    assert_ptr_equal(vtd_find(AT(2, 9, 3)), UNIT(1));
    assert_ptr_equal(vtd_find(AT(3, 1, 0)), UNIT(1));
    assert_ptr_equal(vtd_find(AT(0, 2, 1)), UNIT(2));
    assert_ptr_equal(vtd_find(AT(4, 0, 0)), UNIT(2));
    assert_null(vtd_find((struct pci_address){ 1, 0, 0 }));
}

/* Firmware that describes one unit by two entries: it is one unit. */
static void a_unit_that_is_named_twice(void **state)
{
    begin();
    drhd(0, REGS(0), 8);
    scope(1, 0, 1, ONE(0x02, 0));
    drhd(0, REGS(1), 8);
    scope(1, 0, 1, ONE(0x03, 0));
    drhd(1, REGS(0), 0);
    assert_int_equal(read_table(), 0);
    assert_int_equal(iommu_nr_units, 2);
    assert_non_null(strstr(fake_console(), "twice"));
    assert_ptr_equal(vtd_find(AT(0, 2, 0)), UNIT(0));
    assert_ptr_equal(vtd_find(AT(0, 3, 0)), UNIT(1));
    assert_ptr_equal(vtd_find(AT(0, 4, 0)), UNIT(0));
}

static void nobody_is_behind_no_unit(void **state)
{
    begin();
    drhd(0, REGS(0), 8);
    scope(1, 0, 1, ONE(0x02, 0));
    assert_int_equal(read_table(), 0);
    assert_null(vtd_find(AT(0, 3, 0)));
    begin();
    rmrr(0x1000, 0x1fff, 0);
    assert_int_equal(read_table(), -ENODEV);
}

static void reserved_regions(void **state)
{
    begin();
    drhd(1, REGS(0), 0);
    rmrr(0xe0000, 0xeffff, 16);
    scope(1, 0, 1, ONE(0x1d, 7));
    scope(1, 0, 1, ONE(0x1a, 7));
    assert_int_equal(read_table(), 0);
    assert_true(iommu_reserved_has(AT(0, 0x1d, 7)));
    assert_true(iommu_reserved_has(AT(0, 0x1a, 7)));
    assert_false(iommu_reserved_has(AT(0, 0x1d, 0)));
}

/* Each mistake is said, and none of the table is used. */
static void expect_refused(const char *said)
{
    assert_true(read_table() < 0);
    assert_non_null(strstr(fake_console(), said));
}

static void mistakes_are_named(void **state)
{
    begin();
    drhd(1, REGS(0) + 8, 0);
    expect_refused("a unit at");
    begin();
    drhd(1, 0, 0);
    expect_refused("a unit at");
    begin();
    drhd(1, REGS(0), 0);
    table[48 + 2] = 12; /* shorter than a unit's entry; what follows makes no sense either */
    expect_refused("wrong length");
    begin();
    drhd(1, REGS(0), 0);
    len -= 2;
    expect_refused("wrong length");
    begin();
    drhd(1, REGS(0), 0);
    put(1, 2);
    put(2, 2);
    expect_refused("wrong length");
    begin();
    drhd(0, REGS(0), 8);
    scope(1, 0, 1, ONE(0x20, 0));
    expect_refused("names device 32");
    begin();
    drhd(0, REGS(0), 8);
    scope(1, 0, 1, ONE(0x02, 0));
    table[48 + 16 + 1] = 7;
    expect_refused("scope has a wrong length");
}

/* What is wrong in a reserved region's entry loses that entry, not the table. */
static void a_wrong_region_is_left_out(void **state)
{
    static const struct {
        uint64_t first, last;
        uint8_t device;
        const char *said;
    } wrong[] = { { 0x1800, 0x1fff, 2, "0x1800 to 0x1fff: ignored" },
                  { 0x3000, 0x1fff, 2, "0x3000 to 0x1fff: ignored" },
                  { 0x1000, 0x1ff0, 2, "0x1000 to 0x1ff0: ignored" },
                  { 1UL << 52, (1UL << 52) + 0xfff, 2, ": ignored" },
                  { 0x1000, 1UL << 51 | 0xfff, 2, ": ignored" },
                  { 0x1000, 0x1fff, 32, "names device 32" } };

    for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
        begin();
        drhd(1, REGS(0), 0);
        rmrr(wrong[i].first, wrong[i].last, 8);
        scope(1, 0, 1, ONE(wrong[i].device, 0));
        rmrr(0x5000, 0x5fff, 8);
        scope(1, 0, 1, ONE((uint8_t)(3 + i), 0));
        assert_int_equal(read_table(), 0);
        assert_non_null(strstr(fake_console(), wrong[i].said));
        assert_false(iommu_reserved_has(AT(0, 2, 0)));
        assert_true(iommu_reserved_has(AT(0, 3 + i, 0)));
    }
    begin();
    drhd(1, REGS(0), 0);
    rmrr(0x1000, 0x1fff, 8);
    scope(1, 0, 1, ONE(2, 0));
    table[48 + 16 + 24 + 1] = 7;
    assert_int_equal(read_table(), 0);
    assert_non_null(strstr(fake_console(), "scope has a wrong length"));
    assert_false(iommu_reserved_has(AT(0, 2, 0)));
}

/* As many devices, regions and scopes as a table can name. */
static void no_number_is_too_large(void **state)
{
    begin();
    drhd(0, REGS(0), 8 * 255);
    for (unsigned int i = 0; i < 255; i++) {
        scope(1, 9, 1, ONE((uint8_t)(i / 8), (uint8_t)(i % 8)));
    }
    drhd(0, REGS(1), 8 * 255);
    for (unsigned int i = 0; i < 255; i++) {
        scope(1, 10, 1, ONE((uint8_t)(i / 8), (uint8_t)(i % 8)));
    }
    rmrr(0xe0000, 0xeffff, 8 * 255);
    for (unsigned int i = 0; i < 255; i++) {
        scope(1, 11, 1, ONE((uint8_t)(i / 8), (uint8_t)(i % 8)));
    }
    assert_int_equal(read_table(), 0);
    assert_ptr_equal(vtd_find(AT(10, 31, 6)), UNIT(1));
    assert_true(iommu_reserved_has(AT(11, 31, 6)));
}

/* A unit's fault status outlives what ran before. */
static void old_faults_end_nothing(void **state)
{
    begin();
    drhd(1, REGS(0), 0);
    for (unsigned int bit = 0; bit < 7; bit++) {
        sticky = 1U << bit;
        assert_int_equal(read_table(), 0);
        assert_int_equal(fake_vtd_faults() & 0x71, 0);
    }
    sticky = 0;
}

/* Two units without a common number of levels: said, and not used. */
static void units_that_do_not_agree(void **state)
{
    begin();
    drhd(1, REGS(0), 0);
    assert_int_equal(read_table(), 0);
    iommu_limits.levels = 4;
    assert_false(vtd_units_agree());
    iommu_limits.levels = 3;
    assert_true(vtd_units_agree());
}

/* Any bytes: no access outside the table, and an end. */
static void noise_does_no_harm(void **state)
{
    uint64_t seed = 7;

    for (unsigned int round = 0; round < 3000; round++) {
        begin();
        drhd(1, REGS(0), 8);
        scope(1, 0, 1, ONE(0x02, 0));
        rmrr(0x1000, 0x1fff, 8);
        scope(1, 0, 1, ONE(0x03, 0));
        for (unsigned int n = 1 + round % 4; n--;) {
            seed = seed * 6364136223846793005UL + 1442695040888963407UL;
            table[48 + (seed >> 33) % (len - 48)] = (uint8_t)(seed >> 56);
        }
        if (round % 3 == 0) {
            len -= (seed >> 40) % 40;
        }
        /* Registers are where the emulated unit's are, or nowhere. */
        (void)!read_table();
    }
}

static const struct pci_address path[] = { { 0, 0, 0xe0 }, { 0, 1, 0x00 }, { 0, 2, 0x28 } };
static const struct pci_address far = AT(3, 4, 0), near = AT(2, 1, 0);
static const struct pci_address bridge = AT(0, 0x1e, 0), card = AT(4, 5, 0);
#define BRIDGE_ID 0xf0  /* what the card's requests carry */
#define BUS_ID    0x200 /* and those of the other two */
#define DOM0S     7     /* frames that devices of the one or the other reach */
#define DOMUS     9

static struct domain *d;

/* One unit that translates, and a domain beside the hardware domain. */
static void begin_devices(unsigned int domid)
{
    begin();
    drhd(1, REGS(0), 0);
    assert_int_equal(read_table(), 0);
    iommu_enabled = true;
    assert_int_equal(iommu_domain_create(hardware_domain, true), 0);
    d = fake_domain((domid_t)domid, 1, ~0U);
    assert_int_equal(iommu_domain_create(d, true), 0);
    vtd_enable(iommu_units[0]);
    assert_int_equal(iommu_page_writable(hardware_domain, _mfn(DOM0S)), 0);
    assert_int_equal(iommu_page_writable(d, _mfn(DOMUS)), 0);
}

static void add(struct pci_address a)
{
    assert_int_equal(iommu_device_add(a, a), 0);
}

static int give(struct pci_address a, struct domain *to)
{
    int rc;

    iommu_devices_lock();
    rc = iommu_device_give(iommu_device_find(a), to);
    iommu_devices_unlock();
    return rc;
}

static struct domain *owner_of(struct pci_address a)
{
    return iommu_device_find(a)->owner;
}

static bool reaches(uint16_t source, unsigned long frame)
{
    return mfn_eq(fake_vtd_dma(source, _dfn(frame), true), _mfn(frame));
}

static void end_devices(void)
{
    static const struct pci_address all[] = { AT(4, 5, 0), AT(4, 6, 0),    AT(0, 0x1e, 0),
                                              AT(3, 4, 0), AT(2, 1, 0),    AT(2, 5, 0),
                                              AT(1, 0, 0), AT(0, 0x1c, 0), AT(0, 5, 0),
                                              AT(0, 5, 3), AT(5, 1, 0) };

    for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
        iommu_device_remove(all[i]);
    }
    for (unsigned int source = 0; source < 0x600; source++) {
        assert_false(reaches((uint16_t)source, DOM0S));
    }
    assert_int_equal(hardware_domain->iommu->attached[0], 0);
    assert_int_equal(d->iommu->attached[0], 0);
    fake_domain_end(d);
    iommu_domain_destroy(hardware_domain);
    iommu_enabled = false;
}

/* One that lies in RAM, or where no table reaches, is said; the others are mapped. */
static void a_region_that_cannot_be_mapped(void **state)
{
    const uint64_t far_off = 1UL << 45, ram = FAKE_FIRST_MFN << PAGE_SHIFT;
    const uint64_t where[] = { far_off, ram, 0xe0000 };

    begin();
    drhd(1, REGS(0), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(where); i++) {
        rmrr(where[i], where[i] + 0xfff, 8);
        scope(1, 0, 1, ONE((uint8_t)(0x11 + i), 0));
    }
    assert_int_equal(read_table(), 0);
    iommu_enabled = true;
    assert_int_equal(iommu_domain_create(hardware_domain, true), 0);
    fake_console_clear();
    iommu_reserved_map(hardware_domain->iommu);
    assert_non_null(strstr(fake_console(), "0x200000000000 to 0x200000000fff of 0000:00:11.0"));
    assert_non_null(strstr(fake_console(), "0000:00:12.0 is not mapped: there is RAM"));
    assert_null(strstr(fake_console(), "00:13.0"));
    vtd_enable(iommu_units[0]);
    iommu_device_early(AT(0, 0x13, 0), hardware_domain);
    assert_true(reaches(0x13 << 3, 0xe0));
    assert_false(reaches(0x13 << 3, FAKE_FIRST_MFN));
    iommu_device_remove(AT(0, 0x13, 0));
    iommu_domain_destroy(hardware_domain);
    iommu_enabled = false;
}

/* Behind a bridge from Express to PCI requests carry its secondary bus; the nearest the root wins.
 */
static void requests_behind_bridges(void **state)
{
    begin_devices(2);
    for (unsigned int i = 0; i < ARRAY_SIZE(path); i++) {
        /* The last is behind the second, and asks for nothing itself. */
        add(path[i]);
        assert_false(reaches(BUS_ID, DOM0S));
    }
    add(far);
    assert_true(reaches(BUS_ID, DOM0S));
    add(near);
    /* They cannot be told apart, so neither goes to somebody else alone. */
    assert_true(iommu_device_is_entangled(iommu_device_find(far), NULL));
    assert_ptr_equal(iommu_device_in_group(hardware_domain, iommu_device_find(far), 0),
                     iommu_device_find(near));
    assert_int_equal(give(far, d), -EBUSY);
    assert_true(reaches(BUS_ID, DOM0S));
    /* One of the two goes: the other still works. */
    iommu_device_remove(far);
    assert_true(reaches(BUS_ID, DOM0S));
    assert_false(iommu_device_is_entangled(iommu_device_find(near), NULL));
    iommu_device_remove(near);
    assert_false(reaches(BUS_ID, DOM0S));
    end_devices();
}

/* A function that comes behind a bridge in a domain's hands changes nothing for that domain. */
static void a_function_is_added_beside_a_guests(void **state)
{
    begin_devices(3);
    for (unsigned int i = 0; i < ARRAY_SIZE(path); i++) {
        add(path[i]);
    }
    add(far);
    assert_int_equal(give(far, d), 0);
    assert_true(reaches(BUS_ID, DOMUS));
    fake_console_clear();
    add(near);
    assert_non_null(strstr(fake_console(), "0000:02:01.0 shares a requester id"));
    assert_null(owner_of(near));
    assert_true(reaches(BUS_ID, DOMUS));
    assert_false(reaches(BUS_ID, DOM0S));
    assert_false(reaches(pci_source(near), DOM0S));
    assert_int_equal(give(near, hardware_domain), -EBUSY);
    assert_false(reaches(BUS_ID, DOM0S));
    /* Once the domain has given its own back, both are dom0's. */
    assert_int_equal(give(far, NULL), 0);
    assert_int_equal(give(far, hardware_domain), 0);
    assert_int_equal(give(near, hardware_domain), 0);
    assert_true(reaches(BUS_ID, DOM0S));
    end_devices();
}

/* Two devices with one id that are both a domain's: neither leaves for dom0 while the other stays.
 */
static void a_group_comes_back(void **state)
{
    begin_devices(4);
    for (unsigned int i = 0; i < ARRAY_SIZE(path); i++) {
        add(path[i]);
    }
    add(far);
    assert_int_equal(give(far, d), 0);
    add(near);
    assert_int_equal(give(near, d), 0);
    assert_int_equal(give(far, hardware_domain), -EBUSY);
    assert_true(reaches(BUS_ID, DOMUS));
    assert_int_equal(give(far, NULL), 0);
    assert_false(reaches(BUS_ID, DOMUS));
    assert_int_equal(give(far, hardware_domain), -EBUSY);
    assert_false(reaches(BUS_ID, DOM0S));
    /* Its domain dies: both are nobody's. */
    assert_int_equal(iommu_devices_release(d), 0);
    assert_null(owner_of(near));
    assert_false(reaches(BUS_ID, DOMUS));
    iommu_device_remove(near);
    assert_int_equal(give(far, hardware_domain), 0);
    assert_true(reaches(BUS_ID, DOM0S));
    end_devices();
}

/* A device behind a bridge goes while a domain has it: the bridge's id goes with it. */
static void a_guests_function_is_removed_behind_a_bridge(void **state)
{
    begin_devices(5);
    add(bridge);
    assert_false(reaches(BRIDGE_ID, DOM0S));
    add(card);
    assert_true(reaches(BRIDGE_ID, DOM0S));
    assert_int_equal(give(card, d), 0);
    assert_true(reaches(BRIDGE_ID, DOMUS));
    iommu_device_remove(card);
    assert_int_equal(d->iommu->attached[0], 0);
    assert_false(reaches(BRIDGE_ID, DOMUS));
    assert_false(reaches(BRIDGE_ID, DOM0S));
    end_devices();
}

/* Firmware's work starts before dom0 has reported the bridge, and goes on when it has. */
static void bridges_are_found_before_they_are_reported(void **state)
{
    begin_devices(6);
    iommu_device_early(card, hardware_domain);
    assert_true(reaches(BRIDGE_ID, DOM0S));
    add(card);
    assert_true(reaches(BRIDGE_ID, DOM0S));
    add(bridge);
    assert_true(reaches(BRIDGE_ID, DOM0S));
    iommu_device_remove(card);
    assert_false(reaches(BRIDGE_ID, DOM0S));
    /* A bridge that comes after what is behind it. */
    add(far);
    assert_false(reaches(BUS_ID, DOM0S));
    for (unsigned int i = ARRAY_SIZE(path); i--;) {
        add(path[i]);
    }
    assert_true(reaches(BUS_ID, DOM0S));
    end_devices();
}

/* Functions that the log is told of by numbers which no function has: they go where it goes. */
static void phantoms_go_along(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } words[] = {
        { "pci-phantom=5", false },           { "pci-phantom=0:5", false },
        { "pci-phantom=0:5,3", false },       { "pci-phantom=0:20,1", false },
        { "pci-phantom=100:5,1", false },     { "pci-phantom=0:5,1x", false },
        { "pci-phantom=10000:0:5,1", false }, { "pci-phantom=0:5,2", true },
        { "pci-phantom=1:0:6,1", true },
    };
    const struct pci_address device = AT(0, 5, 1);

    for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
        fake_console_clear();
        cmdline_parse(words[i].text);
        assert_int_equal(!strstr(fake_console(), "pci-phantom"), words[i].good);
    }
    assert_int_equal(iommu_phantom_stride(AT(0, 6, 0)), 0);
    begin_devices(8);
    add(device);
    for (unsigned int f = 0; f < 8; f++) {
        assert_int_equal(reaches((uint16_t)(5 << 3 | f), DOM0S), f % 2 == 1);
    }
    assert_int_equal(give(device, d), 0);
    assert_true(reaches(5 << 3 | 3, DOMUS));
    assert_false(reaches(5 << 3 | 3, DOM0S));
    iommu_device_remove(device);
    assert_false(reaches(5 << 3 | 3, DOMUS));
    end_devices();
}

/* What a guest's device says of itself once the guest has it is not believed. */
static void a_guests_device_becomes_no_bridge(void **state)
{
    const struct pci_address device = AT(0, 5, 0), victim = AT(5, 1, 0);

    begin_devices(7);
    add(device);
    assert_int_equal(give(device, d), 0);
    liar.on = true;
    liar.address = device;
    liar.secondary = 5;
    add(device);
    add(victim);
    assert_ptr_equal(owner_of(victim), hardware_domain);
    assert_false(reaches(pci_source(device), DOM0S));
    assert_true(reaches(pci_source(device), DOMUS));
    liar.on = false;
    end_devices();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_by_scope),
        cmocka_unit_test(nobody_is_behind_no_unit),
        cmocka_unit_test(reserved_regions),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test(requests_behind_bridges),
        cmocka_unit_test(a_function_is_added_beside_a_guests),
        cmocka_unit_test(a_group_comes_back),
        cmocka_unit_test(a_guests_function_is_removed_behind_a_bridge),
        cmocka_unit_test(bridges_are_found_before_they_are_reported),
        cmocka_unit_test(phantoms_go_along),
        cmocka_unit_test(a_wrong_region_is_left_out),
        cmocka_unit_test(a_region_that_cannot_be_mapped),
        cmocka_unit_test(no_number_is_too_large),
        cmocka_unit_test(a_unit_that_is_named_twice),
        cmocka_unit_test(old_faults_end_nothing),
        cmocka_unit_test(units_that_do_not_agree),
        cmocka_unit_test(a_guests_device_becomes_no_bridge),
    };

    return cmocka_run_group_tests(tests, machine, NULL);
}
