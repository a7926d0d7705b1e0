/* SPDX-License-Identifier: GPL-2.0-only */
/* Stopping and restarting the machine: the last instructions of the hypervisor. */
#include <hv/acpi.h>
#include <hv/console.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/smp.h>
#include <asm/apic.h>
#include <asm/fatal.h>
#include <asm/io.h>
#include <asm/processor.h>

#define CHIPSET_RESET 0xcf9
#define RESET_FULL    0x06
#define RESET_ARM     0x02
#define KBD_COMMAND   0x64
#define KBD_BUSY      0x02
#define KBD_RESET     0xfe

static bool opt_noreboot;
bool_param("noreboot", opt_noreboot);

static void spin_a_while(void)
{
    for (unsigned int i = 0; i < 1000000; i++) {
        cpu_relax();
    }
}

static void acpi_reset(void)
{
    const struct acpi_address *r = &acpi_info.reset;

    if (r->bits && r->space == ACPI_SPACE_IO && r->address <= 0xffff) {
        outb(acpi_info.reset_value, (uint16_t)r->address);
        spin_a_while();
    }
}

static void keyboard_reset(void)
{
    for (unsigned int i = 0; i < 0x10000 && (inb(KBD_COMMAND) & KBD_BUSY); i++) {
        cpu_relax();
    }
    outb(KBD_RESET, KBD_COMMAND);
    spin_a_while();
}

void machine_reset(void)
{
    static const struct desc_ptr no_idt;

    local_irq_disable();
    acpi_reset();
    outb(RESET_ARM, CHIPSET_RESET);
    outb(RESET_FULL, CHIPSET_RESET);
    spin_a_while();
    keyboard_reset();
    /* No handler for anything: the CPU shuts down, and the board resets. */
    lidt(&no_idt);
    __asm__ volatile("int3");
    for (;;) {
        halt();
    }
}

void machine_halt(void)
{
    console_flush();
    local_irq_disable();
    stop_other_cpus();
    for (;;) {
        halt();
    }
}

void machine_restart(void)
{
    if (opt_noreboot) {
        printk(XENLOG_ERR "noreboot: the machine stays as it is. Reset it by hand.\n");
        machine_halt();
    }
    console_flush();
    local_irq_disable();
    stop_other_cpus();
    machine_reset();
}
