/* SPDX-License-Identifier: GPL-2.0-only */
/* FADT (ACPI 5.2.9): power management registers, reset. The tail that old revisions lack reads as
 * 0. */
#include "private.h"

struct fadt {
    struct acpi_header h;
    uint32_t facs, dsdt;
    uint8_t model, profile;
    uint16_t sci;
    uint32_t smi_cmd;
    uint8_t acpi_enable, acpi_disable, s4bios, pstate;
    uint32_t pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt, pm2_cnt, pm_tmr, gpe0, gpe1;
    uint8_t pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len, gpe0_len, gpe1_len, gpe1_base;
    uint8_t cst_cnt;
    uint16_t c2_latency, c3_latency, flush_size, flush_stride;
    uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
    uint16_t boot_flags;
    uint8_t reserved;
    uint32_t flags;
    struct acpi_gas reset_reg;
    uint8_t reset_value;
    uint16_t arm_boot;
    uint8_t minor;
    uint64_t x_facs, x_dsdt;
    struct acpi_gas x_pm1a_evt, x_pm1b_evt, x_pm1a_cnt, x_pm1b_cnt, x_pm2_cnt, x_pm_tmr;
    struct acpi_gas x_gpe0, x_gpe1, sleep_ctl, sleep_status;
} __packed;
_Static_assert(offsetof(struct fadt, flags) == 112, "ACPI 5.2.9");
_Static_assert(offsetof(struct fadt, x_pm_tmr) == 208, "ACPI 5.2.9");
_Static_assert(offsetof(struct fadt, sleep_ctl) == 244, "ACPI 5.2.9");

/* The extended form wins when it names something. */
static struct acpi_address __init pick(const struct acpi_gas *x, uint32_t port, uint8_t bytes)
{
    if (x->address) {
        return acpi_from_gas(x);
    }
    return (struct acpi_address){ .space = ACPI_SPACE_IO,
                                  .bits = port ? (uint8_t)(bytes * 8) : 0,
                                  .address = port };
}

/* The one table that no root names. */
static void __init read_dsdt(uint64_t addr)
{
    const struct acpi_header *h = addr ? acpi_table(addr) : NULL;

    if (h && memcmp(h->signature, "DSDT", 4)) {
        printk(XENLOG_WARNING "ACPI: FADT calls %.4s the DSDT, skipped\n", h->signature);
    } else if (h) {
        acpi_read_aml(h);
    }
}

void __init acpi_read_fadt(const struct acpi_header *h)
{
    struct fadt f;

    memset(&f, 0, sizeof(f));
    memcpy(&f, h, min_t(size_t, sizeof(f), h->length));

    acpi_info.has_fadt = true;
    acpi_info.sci = f.sci;
    acpi_info.fadt_flags = f.flags;
    acpi_info.boot_flags = f.boot_flags;
    acpi_info.pm1a_cnt = pick(&f.x_pm1a_cnt, f.pm1a_cnt, f.pm1_cnt_len);
    acpi_info.pm1b_cnt = pick(&f.x_pm1b_cnt, f.pm1b_cnt, f.pm1_cnt_len);
    acpi_info.pm1a_evt = pick(&f.x_pm1a_evt, f.pm1a_evt, f.pm1_evt_len);
    acpi_info.sleep_ctl = acpi_from_gas(&f.sleep_ctl);
    if (f.smi_cmd <= 0xffff) {
        acpi_info.smi_cmd = (uint16_t)f.smi_cmd;
        acpi_info.acpi_enable = f.acpi_enable;
    }
    if (f.pm_tmr_len >= 4 || f.x_pm_tmr.address) {
        acpi_info.pm_timer = pick(&f.x_pm_tmr, f.pm_tmr, 4);
        acpi_info.pm_timer_32bit = f.flags & ACPI_FADT_TMR_EXT;
    }
    if (f.flags & ACPI_FADT_RESET_SUPPORTED) {
        acpi_info.reset = acpi_from_gas(&f.reset_reg);
        acpi_info.reset_value = f.reset_value;
    }
    read_dsdt(f.x_dsdt ? f.x_dsdt : f.dsdt);
}
