/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Powering off: ACPI's soft-off state S5 (ACPI 7.4.2.6), entered by the registers that FADT names
 * (4.8.3.2; 4.8.3.7 on reduced hardware) with the values that \_S5 names. No locks: the other CPUs
 * are stopped.
 */
#include <hv/acpi.h>
#include <hv/console.h>
#include <hv/lib.h>
#include <asm/current.h>
#include <asm/fatal.h>
#include <asm/io.h>
#include <asm/processor.h>

#define PM1_SCI_EN     (1U << 0)
#define PM1_SLP_TYP(n) ((uint32_t)(n) << 10)
#define PM1_SLP_MASK   PM1_SLP_TYP(7)
#define PM1_SLP_EN     (1U << 13)
#define PM1_WAK_STS    (1U << 15) /* of the status register, cleared by writing 1 */
#define SLEEP_TYP(n)   ((uint8_t)((n) << 2))
#define SLEEP_EN       (1U << 5)
#define SPINS          1000000

static bool is_port(const struct acpi_address *r)
{
    return r->bits && r->space == ACPI_SPACE_IO && r->address && r->address <= 0xffff;
}

static uint16_t pm1_read(const struct acpi_address *r)
{
    return inw((uint16_t)r->address);
}

/* Firmware may still own the registers, when no domain has asked it for them. */
static void own_registers(void)
{
    if (!acpi_info.smi_cmd || !acpi_info.acpi_enable ||
        (pm1_read(&acpi_info.pm1a_cnt) & PM1_SCI_EN)) {
        return;
    }
    outb(acpi_info.acpi_enable, acpi_info.smi_cmd);
    for (unsigned int i = 0; i < SPINS && !(pm1_read(&acpi_info.pm1a_cnt) & PM1_SCI_EN); i++) {
        cpu_relax();
    }
}

static void pm1_write(const struct acpi_address *r, uint8_t typ, uint32_t enable)
{
    if (is_port(r)) {
        outw((uint16_t)((pm1_read(r) & ~(PM1_SLP_MASK | PM1_SLP_EN)) | PM1_SLP_TYP(typ) | enable),
             (uint16_t)r->address);
    }
}

static void enter_s5(const struct acpi_s5 *s5)
{
    if (acpi_info.fadt_flags & ACPI_FADT_HW_REDUCED) {
        if (is_port(&acpi_info.sleep_ctl)) {
            outb((uint8_t)(SLEEP_TYP(s5->typ_a) | SLEEP_EN), (uint16_t)acpi_info.sleep_ctl.address);
        }
        return;
    }
    if (!is_port(&acpi_info.pm1a_cnt)) {
        return;
    }
    own_registers();
    if (is_port(&acpi_info.pm1a_evt)) {
        outw(PM1_WAK_STS, (uint16_t)acpi_info.pm1a_evt.address);
    }
    /* The types first, then both enabling bits: 4.8.3.2.1. */
    pm1_write(&acpi_info.pm1a_cnt, s5->typ_a, 0);
    pm1_write(&acpi_info.pm1b_cnt, s5->typ_b, 0);
    wbinvd();
    pm1_write(&acpi_info.pm1a_cnt, s5->typ_a, PM1_SLP_EN);
    pm1_write(&acpi_info.pm1b_cnt, s5->typ_b, PM1_SLP_EN);
}

void machine_power_off_by(const struct acpi_s5 *s5)
{
    if (!s5->found) {
        printk(XENLOG_ERR "ACPI tells no way to power off: do it by hand\n");
        machine_halt();
    }
    console_flush();
    local_irq_disable();
    stop_other_cpus();
    enter_s5(s5);
    for (unsigned int i = 0; i < SPINS; i++) {
        (void)inb(0x80);
    }
    printk(XENLOG_ERR "The machine did not power off: do it by hand\n");
    machine_halt();
}

void machine_power_off(void)
{
    machine_power_off_by(&acpi_info.s5);
}
