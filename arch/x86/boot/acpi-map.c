/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How ACPI's tables are read before there is a heap: through the start-up direct map, which ends at
 * 4 GiB, and through pieces of it that are added here for tables above, which 64-bit firmware may
 * have. They go again when all has been read, since the final direct map is made of what is memory.
 *
 * Start-up, one CPU. Firmware's addresses are not trusted: what they may add is bounded by the
 * tables that stand ready.
 */
#include <hv/acpi.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <asm/boot.h>
#include <asm/layout.h>
#include <asm/memmap.h>
#include <asm/page.h>
#include <asm/processor.h>

#define START_MAP_END (1UL << 32)
#define SIZE_2M       (1UL << 21)
#define SIZE_1G       (1UL << 30)
#define HIGH_END      (PT_ENTRIES * SIZE_1G) /* what one level-3 table maps */
#define HIGH_TABLES   4

static pte_t high_l2[HIGH_TABLES][PT_ENTRIES] __section(".bss.init.page_aligned") __aligned(4096);
static unsigned int nr_high __initdata;

static uint64_t opt_rsdp __initdata;
uint_param("acpi_rsdp", opt_rsdp, 0, ~0UL);

/* The level-2 table of the GiB at ma: there, or one of those that stand ready. */
static pte_t *__init table_of(uint64_t ma)
{
    pte_t *e = &directmap_l3[ma / SIZE_1G];
    pte_t *table;

    for (unsigned int i = 0; i < nr_high; i++) {
        if (pte_present(*e) && mfn_eq(pte_mfn(*e), maddr_to_mfn(image_to_maddr(high_l2[i])))) {
            return high_l2[i];
        }
    }
    if (nr_high == HIGH_TABLES || pte_present(*e)) {
        return NULL;
    }
    table = high_l2[nr_high++];
    *e = pte_make(maddr_to_mfn(image_to_maddr(table)), MAP_TABLE);
    return table;
}

static bool __init map_high(uint64_t start, uint64_t end)
{
    for (uint64_t at = ROUNDDOWN(start, SIZE_2M); at < end; at += SIZE_2M) {
        pte_t *table = table_of(at);

        if (!table) {
            return false;
        }
        table[at / SIZE_2M % PT_ENTRIES] = pte_make(
            maddr_to_mfn(_maddr(at)), PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX | PTE_PSE);
    }
    return true;
}

const void *__init arch_acpi_map(maddr_t ma, size_t len)
{
    uint64_t start = maddr_x(ma), end = start + len;

    if (end < start || end > HIGH_END) {
        return NULL;
    }
    if (end > START_MAP_END && !map_high(max_t(uint64_t, start, START_MAP_END), end)) {
        return NULL;
    }
    return maddr_to_virt(ma);
}

static void __init unmap_high(void)
{
    for (uint64_t gib = START_MAP_END / SIZE_1G; gib < PT_ENTRIES; gib++) {
        directmap_l3[gib].v = 0;
    }
    nr_high = 0;
    write_cr3(read_cr3());
}

/* acpi_rsdp= wins; otherwise what the boot loader copied. */
void __init acpi_start(void)
{
    const void *given = opt_rsdp ? arch_acpi_map(_maddr(opt_rsdp), ACPI_RSDP_LEN) : NULL;

    if (given) {
        acpi_info.rsdp = _maddr(opt_rsdp);
        acpi_init(given, ACPI_RSDP_LEN);
    } else {
        acpi_init(boot_firmware.rsdp_len ? boot_firmware.rsdp : NULL, boot_firmware.rsdp_len);
    }
    unmap_high();
}
