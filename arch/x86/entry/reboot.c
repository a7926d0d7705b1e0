/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Restarting the machine, or leaving it as it is: the last instructions of the hypervisor. The ways
 * to reset are tried one after the other, the one that reboot= names first. No locks: the other
 * CPUs are stopped, and the caller may be a dying CPU.
 */
#include <hv/acpi.h>
#include <hv/console.h>
#include <hv/iommu.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <asm/current.h>
#include <asm/fatal.h>
#include <asm/io.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/time.h>

#define CHIPSET_RESET 0xcf9
#define RESET_FULL    0x06
#define RESET_ARM     0x02
#define KBD_COMMAND   0x64
#define KBD_BUSY      0x02
#define KBD_RESET     0xfe

/* What a screen shows is gone with the reset. */
#define READING_SECONDS 5
#define FAST_TSC_KHZ    4000000UL /* for as long as the TSC's rate is not known */

static struct reboot_options {
    bool never;
    unsigned int first_way;
} opt __ro_after_init;
bool_param("noreboot", opt.never);

/* A port write needs its time to take effect: reads of a port that is always there take about 1 us.
 */
static void spin_a_while(void)
{
    for (unsigned int i = 0; i < 100000; i++) {
        (void)inb(0x80);
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

static void chipset_reset(void)
{
    outb(RESET_ARM, CHIPSET_RESET);
    outb(RESET_FULL, CHIPSET_RESET);
    spin_a_while();
}

static void keyboard_reset(void)
{
    for (unsigned int i = 0; i < 0x10000 && (inb(KBD_COMMAND) & KBD_BUSY); i++) {
        cpu_relax();
    }
    outb(KBD_RESET, KBD_COMMAND);
    spin_a_while();
}

/* No handler for anything: the CPU shuts down, and the board resets. */
static void triple_fault(void)
{
    static const struct desc_ptr no_idt;

    lidt(&no_idt);
    __asm__ volatile("int3");
}

/* In the order in which they are tried. */
static const struct {
    const char *name;
    void (*reset)(void);
} ways[] = {
    { "acpi", acpi_reset },
    { "pci", chipset_reset },
    { "kbd", keyboard_reset },
    { "triple", triple_fault },
};

/* reboot=: the way by its name or first letter, or `no`. */
static int __init parse_reboot(const char *s, struct reboot_options *to)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
        if (!strcmp(s, ways[i].name) || (s[0] == ways[i].name[0] && !s[1])) {
            to->first_way = i;
            return 0;
        }
    }
    if (!strcmp(s, "no") || !strcmp(s, "n")) {
        to->never = true;
        return 0;
    }
    return -EINVAL;
}
custom_param("reboot", parse_reboot, opt);

void machine_reset(void)
{
    local_irq_disable();
    /* What starts next finds devices as firmware left them. */
    iommu_stop();
    ways[opt.first_way].reset();
    for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
        ways[i].reset();
    }
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

void machine_end(void)
{
    if (!opt.never) {
        machine_reset();
    }
    local_irq_disable();
    for (;;) {
        halt();
    }
}

void machine_restart_when_read(void)
{
    unsigned long khz = tsc_khz() ? tsc_khz() : FAST_TSC_KHZ;

    if (!opt.never && console_on_screen()) {
        uint64_t end = rdtsc() + READING_SECONDS * 1000UL * khz;

        printk(XENLOG_ERR "Reset in %u seconds\n", READING_SECONDS);
        console_flush();
        while (rdtsc() < end) {
            cpu_relax();
        }
    }
    machine_restart();
}

void machine_restart(void)
{
    if (opt.never) {
        printk(XENLOG_ERR "noreboot: the machine stays as it is. Reset it by hand.\n");
        machine_halt();
    }
    console_flush();
    local_irq_disable();
    stop_other_cpus();
    machine_reset();
}
