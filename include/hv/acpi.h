/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ACPI's static tables say (ACPI 6.4 ch. 5), copied out once at start-up; nothing keeps a
 * pointer into firmware memory. A table with a wrong checksum or length is named and skipped; a
 * MADT with a wrong checksum alone is named and used.
 */
#ifndef HV_ACPI_H
#define HV_ACPI_H

#include <hv/frame.h>

#define ACPI_MAX_CPUS      CONFIG_NR_CPUS
#define ACPI_MAX_IOAPICS   32
#define ACPI_MAX_OVERRIDES 24
#define ACPI_MAX_ECAMS     16
#define ACPI_MAX_MEMORY    128

/* A register as FADT gives it (5.2.3.2); width 0: not there. */
struct acpi_address {
    uint8_t space; /* ACPI_SPACE_* */
    uint8_t bits;
    uint64_t address;
};
#define ACPI_SPACE_MEMORY 0
#define ACPI_SPACE_IO     1
#define ACPI_SPACE_PCI    2

struct acpi_cpu {
    uint32_t apic_id, acpi_id;
    uint32_t domain; /* proximity domain of SRAT */
    bool enabled;
};

struct acpi_ioapic {
    uint8_t id;
    maddr_t addr;
    uint32_t gsi_base;
};

/* An ISA interrupt that is not the identity (5.2.12.5). */
struct acpi_override {
    uint8_t irq;
    uint32_t gsi;
    bool active_low, level;
};

struct acpi_ecam {
    maddr_t base;
    uint16_t segment;
    uint8_t first_bus, last_bus;
};

struct acpi_memory {
    uint64_t start, end;
    uint32_t domain;
    bool hotplug;
};

struct acpi_info {
    bool found;
    maddr_t rsdp; /* where dom0 finds it, when known */

    bool x2apic_opt_out; /* DMAR: firmware does not bear x2APIC mode */
    maddr_t lapic_addr;  /* MADT */
    bool has_pic;
    unsigned int nr_cpus, nr_ioapics, nr_overrides;
    struct acpi_cpu cpus[ACPI_MAX_CPUS];
    struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
    struct acpi_override overrides[ACPI_MAX_OVERRIDES];

    bool has_fadt; /* FADT */
    uint16_t sci;
    uint32_t fadt_flags;
    uint16_t boot_flags;
    struct acpi_address pm1a_cnt, pm1b_cnt, pm1a_evt, pm_timer, reset;
    uint8_t reset_value;
    bool pm_timer_32bit;
    uint8_t acpi_enable;           /* to smi_cmd: firmware lets the system own ACPI's registers */
    uint16_t smi_cmd;              /* port; 0: it does so always */
    struct acpi_address sleep_ctl; /* instead of PM1 control on reduced hardware */

    struct acpi_s5 { /* DSDT or an SSDT: SLP_TYP for powering off */
        bool found;
        uint8_t typ_a, typ_b;
    } s5;

    maddr_t hpet; /* 0: none */
    uint16_t hpet_min_tick;

    unsigned int nr_ecams; /* MCFG */
    struct acpi_ecam ecams[ACPI_MAX_ECAMS];

    unsigned int nr_memory; /* SRAT */
    struct acpi_memory memory[ACPI_MAX_MEMORY];
    unsigned int nr_slit; /* SLIT, distances of the first domains */
    uint8_t slit[16][16];
};
extern struct acpi_info acpi_info;

#define ACPI_FADT_RESET_SUPPORTED (1U << 10)
#define ACPI_FADT_TMR_EXT         (1U << 8)
#define ACPI_FADT_HW_REDUCED      (1U << 20)

#define ACPI_RSDP_LEN 36 /* of revision 2 and up */

/*
 * Reads everything. rsdp: a copy that the boot loader gave (len bytes), or NULL: searched in low
 * memory where BIOS leaves it. Start-up, before the firmware's memory is reused.
 */
void acpi_init(const void *rsdp, unsigned int len) __init;

/* A writable copy of DMAR or IVRS, when firmware has it; until start-up's end. */
void *acpi_iommu_table(const char *signature, size_t *len) __init;

/* The architecture: the APIC id of the CPU that starts the machine. */
uint32_t arch_boot_apic_id(void) __init;
/* The architecture: len bytes at ma, readable until acpi_init() returns; NULL when out of reach. */
const void *arch_acpi_map(maddr_t ma, size_t len) __init;

#endif
