/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Power-off through ACPI (ACPI 6.4, 4.8.3.2.1): the hardware domain, which runs the methods of
 * ACPI's tables, gives the sleep type; the registers are written here, once all other CPUs stand
 * still. Other sleep states would want the CPUs to be started again and are refused.
 */
#include <gen/platform_op-dispatch.h>
#include <hv/arch/domain.h>
#include <hv/acpi.h>
#include <hv/console.h>
#include <hv/lib.h>
#include <hv/smp.h>
#include <asm/apic.h>
#include <asm/fatal.h>
#include <asm/io.h>
#include <asm/processor.h>

#define PM1_SLP_TYP 0x1c00U
#define PM1_SLP_EN  0x2000U
#define ACPI_S5     5U

static bool is_port(const struct acpi_address *r)
{
    return r->bits >= 16 && r->space == ACPI_SPACE_IO && r->address && r->address <= 0xfffe;
}

/* Both registers get the type before either is told to go. */
static void write_sleep_type(uint16_t type_a, uint16_t type_b, uint16_t enable)
{
    const struct acpi_address *a = &acpi_info.pm1a_cnt, *b = &acpi_info.pm1b_cnt;
    uint16_t keep = (uint16_t) ~(PM1_SLP_TYP | PM1_SLP_EN);
    uint16_t port_a = (uint16_t)a->address, port_b = (uint16_t)b->address;

    outw((uint16_t)((inw(port_a) & keep) | type_a | enable), port_a);
    if (is_port(b)) {
        outw((uint16_t)((inw(port_b) & keep) | type_b | enable), port_b);
    }
}

int platform_op_enter_acpi_sleep(struct xen_platform_op *op)
{
    const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;
    uint16_t type_a = s->val_a & PM1_SLP_TYP, type_b = s->val_b & PM1_SLP_TYP;

    if (s->sleep_state < 1 || s->sleep_state > ACPI_S5 || s->flags & ~XENPF_ACPI_SLEEP_EXTENDED) {
        return -EINVAL;
    }
    /* Machines of the reduced kind, with a sleep control register, are not known here. */
    if (s->flags & XENPF_ACPI_SLEEP_EXTENDED || !is_port(&acpi_info.pm1a_cnt)) {
        return -EPERM;
    }
    if (s->sleep_state != ACPI_S5) {
        return -EINVAL;
    }
    printk(XENLOG_INFO "The hardware domain turns the machine off\n");
    console_flush();
    local_irq_disable();
    stop_other_cpus();
    write_sleep_type(type_a, type_b, 0);
    write_sleep_type(type_a, type_b, PM1_SLP_EN);
    machine_halt();
}
