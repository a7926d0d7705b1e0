/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VT-d's DMAR table: which unit a function is behind, reserved regions, and tables with mistakes,
 * each named and refused as a whole. Buses as bridges number them; what a device's requests are
 * called behind a bridge to conventional PCI.
 */
#include <sanitizer/lsan_interface.h>
#include <hv/domain.h>
#include <unit/vtd.h>

#include "../../drivers/passthrough/device.h"
#include "../../drivers/passthrough/vtd/acpi.h"

/* Bridges: 00:1c.0 (Express root port) leads to buses 1 to 3, on which 01:00.0 turns Express into
 * PCI (bus 2), behind which 02:05.0 is a PCI bridge to bus 3. */
static const struct {
    uint8_t bus, devfn, secondary, last;
    int type; /* of Express port; -1 conventional */
} bridges[] = { { 0, 0xe0, 1, 3, 4 }, { 1, 0x00, 2, 3, 7 }, { 2, 0x28, 3, 3, -1 } };

uint32_t pci_read(struct pci_address a, unsigned int reg, unsigned int bytes)
{
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

static uint8_t table[1024];
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
    static const struct fake_vtd_options usual = { .coherent = true, .large = true, .levels = 3 };
    int rc;

    fake_vtd_reset(&usual);
    fake_console_clear();
    iommu_nr_units = 0;
    iommu_limits = (struct iommu_limits){ 4, 3, true, 65536, true };
    rc = vtd_read_dmar(table, len);
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
#define REGS(n)     (FAKE_VTD_REGISTERS)
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
    begin();
    drhd(1, REGS(0), 0);
    rmrr(0x1800, 0x1fff, 8);
    scope(1, 0, 1, ONE(0x02, 0));
    expect_refused("a reserved region");
    begin();
    drhd(1, REGS(0), 0);
    rmrr(0x3000, 0x1fff, 8);
    scope(1, 0, 1, ONE(0x02, 0));
    expect_refused("a reserved region");
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

/* Behind a bridge from Express to PCI requests carry its secondary bus; the nearest the root wins.
 */
static void requests_behind_bridges(void **state)
{
    static const struct pci_address path[] = { { 0, 0, 0xe0 }, { 0, 1, 0x00 }, { 0, 2, 0x28 } };
    const struct pci_address far = AT(3, 4, 0), near = AT(2, 1, 0);

    begin();
    drhd(1, REGS(0), 0);
    assert_int_equal(read_table(), 0);
    iommu_enabled = true;
    assert_int_equal(iommu_domain_create(hardware_domain, true), 0);
    vtd_enable(iommu_units[0]);
    assert_int_equal(iommu_page_writable(hardware_domain, _mfn(7)), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(path); i++) {
        /* The last is behind the second. */
        assert_true(mfn_eq(fake_vtd_dma(0x200, _dfn(7), true), INVALID_MFN));
        assert_int_equal(iommu_device_add(path[i], path[i]), 0);
    }
    assert_int_equal(iommu_device_add(far, far), 0);
    assert_int_equal(iommu_device_find(far)->alias, 0x200);
    assert_true(mfn_eq(fake_vtd_dma(0x200, _dfn(7), true), _mfn(7)));
    assert_int_equal(iommu_device_add(near, near), 0);
    assert_int_equal(iommu_device_find(near)->alias, 0x200);
    /* They cannot be told apart, so neither goes to somebody else alone. */
    assert_true(iommu_device_is_entangled(iommu_device_find(far), NULL));
    assert_ptr_equal(iommu_device_in_group(hardware_domain, iommu_device_find(far), 1),
                     iommu_device_find(near));
    /* One of the two goes: the other still works. */
    iommu_device_remove(far);
    assert_true(mfn_eq(fake_vtd_dma(0x200, _dfn(7), true), _mfn(7)));
    assert_false(iommu_device_is_entangled(iommu_device_find(near), NULL));
    iommu_device_remove(near);
    for (unsigned int i = ARRAY_SIZE(path); i--;) {
        iommu_device_remove(path[i]);
        assert_true(mfn_eq(fake_vtd_dma(0x200, _dfn(7), true), INVALID_MFN));
    }
    assert_int_equal(hardware_domain->iommu->attached[0], 0);
    iommu_domain_destroy(hardware_domain);
    iommu_enabled = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_by_scope),     cmocka_unit_test(nobody_is_behind_no_unit),
        cmocka_unit_test(reserved_regions),   cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(noise_does_no_harm), cmocka_unit_test(requests_behind_bridges),
    };

    return cmocka_run_group_tests(tests, machine, NULL);
}
