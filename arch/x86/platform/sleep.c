/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Power-off as the hardware domain asks for it: it has run the methods of ACPI's tables and gives
 * the sleep types (ACPI 6.4, 4.8.3.2.1). Other sleep states would want the CPUs to be started again
 * and are refused. No state, no locks.
 */
#include <gen/platform_op-dispatch.h>
#include <hv/acpi.h>
#include <hv/lib.h>
#include <asm/fatal.h>

#define PM1_SLP_TYP(val)   (((val) >> 10) & 7U)
#define SLEEP_CTL_TYP(val) (((val) >> 2) & 7U)
#define ACPI_S5            5U

int platform_op_enter_acpi_sleep(struct xen_platform_op *op)
{
    const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;
    bool reduced = s->flags & XENPF_ACPI_SLEEP_EXTENDED;
    struct acpi_s5 s5 = { .found = true };

    if (s->sleep_state < 1 || s->sleep_state > ACPI_S5 || s->flags & ~XENPF_ACPI_SLEEP_EXTENDED) {
        return -EINVAL;
    }
    if (reduced != !!(acpi_info.fadt_flags & ACPI_FADT_HW_REDUCED)) {
        return -EPERM;
    }
    if (s->sleep_state != ACPI_S5) {
        return -EINVAL;
    }
    s5.typ_a = (uint8_t)(reduced ? SLEEP_CTL_TYP(s->val_a) : PM1_SLP_TYP(s->val_a));
    s5.typ_b = (uint8_t)PM1_SLP_TYP(s->val_b);
    printk(XENLOG_INFO "The hardware domain turns the machine off\n");
    machine_power_off_by(&s5);
}
