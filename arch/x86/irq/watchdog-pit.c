/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdog's NMIs from the PIT (8254): where a CPU has no performance counter that counts, as
 * in an emulator. Channel 0 runs at its lowest rate, and its line at the IO-APIC is delivered as
 * NMI to CPU 0, which watches all. Nobody else uses channel 0: guests have no access to the PIT's
 * ports.
 */
#include <hv/lib.h>
#include <asm/apic.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/processor.h>
#include "watchdog-private.h"

#define PIT_CH0      0x40
#define PIT_MODE     0x43
#define PIT_CH0_RATE 0x34 /* channel 0, both bytes, mode 2: one pulse each time round */
#define PIT_IRQ      0
#define PIT_HZ       18 /* 1193182 / 65536 */

/* It cannot be asked: an NMI on CPU 0 that has no other cause counts as its own. */
static bool pit_mine(void)
{
    return true;
}

static __init bool pit_find(void)
{
    return irq_route_nmi(PIT_IRQ, 0, "watchdog") == 0;
}

static __init void pit_start(void)
{
    outb(PIT_CH0_RATE, PIT_MODE);
    outb(0, PIT_CH0);
    outb(0, PIT_CH0);
}

static __init void pit_stop(void)
{
    irq_mask(PIT_IRQ, true);
}

const struct nmi_source nmi_source_pit = {
    .name = "the PIT",
    .hz = PIT_HZ,
    .find = pit_find,
    .start = pit_start,
    .stop = pit_stop,
    .mine = pit_mine,
};
