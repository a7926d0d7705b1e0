/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding ACPI's tables: RSDP, then XSDT (or RSDT), then each table that somebody reads. Start-up
 * only, one CPU, no locks. Firmware is not trusted: every length is checked before it is used.
 */
#include "private.h"

/* 5.2.5.3 */
struct acpi_rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t ext_checksum, reserved[3];
} __packed;
_Static_assert(sizeof(struct acpi_rsdp) == ACPI_RSDP_LEN, "ACPI 5.2.5.3");
#define RSDP_V1_LEN 20

#define EBDA_POINTER  0x40e
#define EBDA_LEN      1024
#define BIOS_ROM      0xe0000
#define BIOS_ROM_LEN  0x20000
#define MAX_TABLE_LEN (1U << 20)

__ro_after_init struct acpi_info acpi_info;

static const struct {
    char signature[5];
    void (*read)(const struct acpi_header *h);
    bool any_sum; /* the machine is of little use without it: a wrong checksum is only told */
} readers[] = {
    { "APIC", acpi_read_madt, true },   { "FACP", acpi_read_fadt, false },
    { "HPET", acpi_read_hpet, false },  { "MCFG", acpi_read_mcfg, false },
    { "SRAT", acpi_read_srat, false },  { "SLIT", acpi_read_slit, false },
    { "SSDT", acpi_read_aml, false },   { "DMAR", acpi_keep_iommu, false },
    { "IVRS", acpi_keep_iommu, false },
};

static bool __init sums_to_zero(const void *p, size_t len)
{
    const uint8_t *b = p;
    uint8_t sum = 0;

    while (len--) {
        sum = (uint8_t)(sum + *b++);
    }
    return sum == 0;
}

static bool __init rsdp_valid(const struct acpi_rsdp *r, size_t room)
{
    if (room < RSDP_V1_LEN || memcmp(r->signature, "RSD PTR ", 8) ||
        !sums_to_zero(r, RSDP_V1_LEN)) {
        return false;
    }
    if (r->revision < 2) {
        return true;
    }
    return room >= sizeof(*r) && r->length >= sizeof(*r) && r->length <= room &&
           sums_to_zero(r, r->length);
}

static bool __init rsdp_search(uint64_t start, size_t len, struct acpi_rsdp *out)
{
    const uint8_t *area = arch_acpi_map(_maddr(start), len);

    for (size_t at = 0; area && at + RSDP_V1_LEN <= len; at += 16) {
        const struct acpi_rsdp *r = (const struct acpi_rsdp *)(area + at);

        if (rsdp_valid(r, len - at)) {
            memcpy(out, r, min_t(size_t, sizeof(*out), len - at));
            acpi_info.rsdp = _maddr(start + at);
            return true;
        }
    }
    return false;
}

static bool __init rsdp_find(const void *given, unsigned int len, struct acpi_rsdp *out)
{
    const uint16_t *ebda;

    if (given && rsdp_valid(given, len)) {
        memset(out, 0, sizeof(*out));
        memcpy(out, given, min_t(size_t, sizeof(*out), len));
        return true;
    }
    if (given) {
        printk(XENLOG_WARNING "ACPI: the boot loader's RSDP is broken, searching for another\n");
    }
    ebda = arch_acpi_map(_maddr(EBDA_POINTER), sizeof(*ebda));
    if (ebda && *ebda && rsdp_search((uint64_t)*ebda << 4, EBDA_LEN, out)) {
        return true;
    }
    return rsdp_search(BIOS_ROM, BIOS_ROM_LEN, out);
}

static const struct acpi_header *__init find_table(uint64_t addr, bool any_sum)
{
    const struct acpi_header *h = arch_acpi_map(_maddr(addr), sizeof(*h));
    uint32_t len;

    if (!h) {
        printk(XENLOG_WARNING "ACPI: table at %#lx is out of reach, skipped\n", addr);
        return NULL;
    }
    len = h->length;
    if (len < sizeof(*h) || len > MAX_TABLE_LEN) {
        printk(XENLOG_WARNING "ACPI: table %.4s at %#lx says it has %u bytes, skipped\n",
               h->signature, addr, len);
        return NULL;
    }
    h = arch_acpi_map(_maddr(addr), len);
    if (!h) {
        printk(XENLOG_WARNING "ACPI: table at %#lx is out of reach, skipped\n", addr);
        return NULL;
    }
    if (!sums_to_zero(h, len)) {
        printk(XENLOG_WARNING "ACPI: table %.4s at %#lx has a wrong checksum, %s\n", h->signature,
               addr, any_sum ? "used anyway" : "skipped");
        return any_sum ? h : NULL;
    }
    return h;
}

const struct acpi_header *__init acpi_table(uint64_t addr)
{
    return find_table(addr, false);
}

/* The entry at index of XSDT (8 bytes wide) or RSDT (4). */
static uint64_t __init root_entry(const struct acpi_header *root, unsigned int width, size_t index)
{
    uint64_t addr = 0;

    memcpy(&addr, (const uint8_t *)(root + 1) + index * width, width);
    return addr;
}

/* In the readers' order, whatever the root's is: SRAT speaks of CPUs that MADT has listed. */
static void __init root_read(const struct acpi_header *root, unsigned int width)
{
    size_t nr = (root->length - sizeof(*root)) / width;

    for (size_t i = 0; i < nr; i++) {
        uint64_t addr = root_entry(root, width, i);

        if (addr && !arch_acpi_map(_maddr(addr), sizeof(*root))) {
            printk(XENLOG_WARNING "ACPI: table at %#lx is out of reach, skipped\n", addr);
        }
    }
    for (unsigned int r = 0; r < ARRAY_SIZE(readers); r++) {
        for (size_t i = 0; i < nr; i++) {
            uint64_t addr = root_entry(root, width, i);
            const struct acpi_header *h = addr ? arch_acpi_map(_maddr(addr), sizeof(*h)) : NULL;

            if (!h || memcmp(h->signature, readers[r].signature, 4)) {
                continue;
            }
            h = find_table(addr, readers[r].any_sum);
            if (h) {
                readers[r].read(h);
            }
        }
    }
}

void __init acpi_init(const void *rsdp, unsigned int len)
{
    const struct acpi_header *root = NULL;
    struct acpi_rsdp r;
    unsigned int width = 8;

    if (!rsdp_find(rsdp, len, &r)) {
        printk(XENLOG_WARNING "ACPI: no RSDP\n");
        return;
    }
    if (r.revision >= 2 && r.xsdt) {
        root = acpi_table(r.xsdt);
    }
    if (!root) {
        width = 4;
        root = r.rsdt ? acpi_table(r.rsdt) : NULL;
    }
    if (!root) {
        printk(XENLOG_WARNING "ACPI: neither XSDT nor RSDT is usable\n");
        return;
    }
    acpi_info.found = true;
    root_read(root, width);
}

void acpi_for_each_sub(const struct acpi_header *h, size_t from,
                       void (*fn)(const struct acpi_sub *sub))
{
    const uint8_t *base = (const uint8_t *)h;
    size_t at = from;

    while (at + sizeof(struct acpi_sub) <= h->length) {
        const struct acpi_sub *sub = (const struct acpi_sub *)(base + at);

        if (sub->length < sizeof(*sub) || sub->length > h->length - at) {
            printk(XENLOG_WARNING "ACPI: %.4s: entry at offset %lu has a wrong length\n",
                   h->signature, at);
            return;
        }
        fn(sub);
        at += sub->length;
    }
}
