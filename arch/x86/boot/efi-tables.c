/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What UEFI left in memory: its system table names configuration tables by GUID (UEFI 2.9, 4.3 and
 * 4.6). Only read, and every pointer is checked to lie where it can be mapped. Start-up, one CPU.
 */
#include <hv/lib.h>
#include <hv/mm.h>
#include <asm/boot.h>
#include <asm/firmware.h>

#define SYSTAB_SIGNATURE 0x5453595320494249UL /* "IBI SYST" */
#define MAX_TABLES       256U

struct efi_systab {
    uint64_t signature;
    uint32_t revision, header_size, crc32, reserved;
    uint64_t firmware_vendor;
    uint32_t firmware_revision, pad;
    uint64_t handles_and_protocols[6], runtime_services, boot_services;
    uint64_t nr_tables, tables;
};
_Static_assert(offsetof(struct efi_systab, nr_tables) == 104, "UEFI 2.9, 4.3");

struct efi_config_table {
    uint8_t guid[16];
    uint64_t table;
};

static const uint8_t acpi20_guid[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
                                         0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };

/* A copy of what lies there; firmware need not align its tables. */
static bool read_at(uint64_t at, void *to, size_t len)
{
    const void *va = ioremap(_maddr(at), len);

    if (!va) {
        return false;
    }
    memcpy(to, va, len);
    iounmap(va);
    return true;
}

maddr_t efi_find_rsdp(maddr_t systab)
{
    struct efi_config_table entry;
    struct efi_systab st;

    if (!maddr_x(systab) || !read_at(maddr_x(systab), &st, sizeof(st)) ||
        st.signature != SYSTAB_SIGNATURE) {
        return _maddr(0);
    }
    for (uint64_t i = 0; i < min_t(uint64_t, st.nr_tables, MAX_TABLES); i++) {
        if (!read_at(st.tables + i * sizeof(entry), &entry, sizeof(entry))) {
            return _maddr(0);
        }
        if (!memcmp(entry.guid, acpi20_guid, sizeof(entry.guid))) {
            return _maddr(entry.table);
        }
    }
    return _maddr(0);
}
