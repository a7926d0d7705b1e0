/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Platform timers: HPET (IA-PC HPET 1.0a), the ACPI PM timer (ACPI 4.8.3.3), and the PIT's
 * channel 2. One is chosen at start-up to calibrate the others by; a better one than the PIT can
 * also carry time (platform_time()).
 *
 * Invariant: ticks.last is a value that the timer had, widened to 64 bits, less than one time round
 * ago. Any CPU may move it on; no lock.
 */
#include <hv/acpi.h>
#include <hv/arch/mm.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <asm/io.h>
#include <asm/time.h>

#define HPET_CAP        0x000
#define HPET_CFG        0x010
#define HPET_COUNTER    0x0f0
#define HPET_CFG_ON     1U
#define HPET_CFG_LEGACY 2U /* timers 0 and 1 have the PIT's and the RTC's interrupt lines */
#define HPET_LEN        0x400
#define HPET_MAX_FS     100000000U /* period in femtoseconds: at most 100 ns */

#define PM_TIMER_HZ 3579545U

#define PIT_HZ        1193182U
#define PIT_CH2       0x42
#define PIT_MODE      0x43
#define PIT_CH2_ONCE  0xb0   /* channel 2, both bytes, mode 0 */
#define COUNT_TRIES   100000 /* of a register that takes 1 us to read, or 4 for the PIT */
#define PIT_CH2_LATCH 0x80
#define PORT_61       0x61
#define PORT_61_GATE  0x01
#define PORT_61_SPKR  0x02

static struct {
    uint64_t last; /* timer's value, widened */
    s_time_t offset;
    struct tsc_scale scale;
} ticks;

static const struct platform_timer *timer __ro_after_init;

static void *hpet_regs __ro_after_init;

static uint64_t hpet_read(void)
{
    return mmio_read32((char *)hpet_regs + HPET_COUNTER);
}

/* Whichever timer is used: what firmware left on is not for whoever has those lines now. */
static void __init hpet_find(void)
{
    uint32_t cfg;

    if (!maddr_x(acpi_info.hpet)) {
        return;
    }
    if (arch_is_ram(acpi_info.hpet, HPET_LEN)) {
        printk(XENLOG_WARNING "HPET at %#lx lies in RAM, not used\n", maddr_x(acpi_info.hpet));
        return;
    }
    hpet_regs = ioremap(acpi_info.hpet, HPET_LEN);
    if (!hpet_regs) {
        return;
    }
    cfg = mmio_read32((char *)hpet_regs + HPET_CFG);
    if (cfg != ~0U && (cfg & HPET_CFG_LEGACY)) {
        mmio_write32((char *)hpet_regs + HPET_CFG, cfg & ~HPET_CFG_LEGACY);
        printk(XENLOG_INFO "HPET: taken out of legacy mode\n");
    }
}

static bool __init hpet_start(struct platform_timer *t)
{
    uint32_t period;

    if (!hpet_regs) {
        return false;
    }
    period = mmio_read32((char *)hpet_regs + HPET_CAP + 4);
    if (!period || period > HPET_MAX_FS) {
        printk(XENLOG_WARNING "HPET: a period of %u fs cannot be, not used\n", period);
        return false;
    }
    mmio_write32((char *)hpet_regs + HPET_CFG,
                 mmio_read32((char *)hpet_regs + HPET_CFG) | HPET_CFG_ON);
    *t = (struct platform_timer){
        .name = "HPET", .hz = 1000000000000000UL / period, .mask = 0xffffffff, .read = hpet_read
    };
    return true;
}

static uint16_t pm_port __ro_after_init;

static uint64_t pm_read(void)
{
    return inl(pm_port);
}

static bool __init pm_start(struct platform_timer *t)
{
    const struct acpi_address *a = &acpi_info.pm_timer;

    if (!a->bits || a->space != ACPI_SPACE_IO || a->address > 0xffff) {
        return false;
    }
    pm_port = (uint16_t)a->address;
    *t = (struct platform_timer){ .name = "ACPI PM timer",
                                  .hz = PM_TIMER_HZ,
                                  .mask = acpi_info.pm_timer_32bit ? 0xffffffff : 0xffffff,
                                  .read = pm_read };
    return true;
}

/* Counts down from 65535 and on through 0; 55 ms until it has the same value again. */
static uint64_t pit_read(void)
{
    uint8_t lo, hi;

    outb(PIT_CH2_LATCH, PIT_MODE);
    lo = inb(PIT_CH2);
    hi = inb(PIT_CH2);
    return (uint64_t)(0xffff - (lo | hi << 8));
}

static void pit_stop(void)
{
    outb(inb(PORT_61) & (uint8_t)~PORT_61_GATE, PORT_61);
}

static bool __init pit_start(struct platform_timer *t)
{
    outb((uint8_t)((inb(PORT_61) & ~PORT_61_SPKR) | PORT_61_GATE), PORT_61);
    outb(PIT_CH2_ONCE, PIT_MODE);
    outb(0xff, PIT_CH2);
    outb(0xff, PIT_CH2);
    *t = (struct platform_timer){
        .name = "PIT", .hz = PIT_HZ, .mask = 0xffff, .read = pit_read, .stop = pit_stop
    };
    return true;
}

static const struct {
    const char *option;
    bool (*start)(struct platform_timer *t);
} sources[] = { { "hpet", hpet_start }, { "acpi", pm_start }, { "pit", pit_start } };

/* clocksource=: an index of sources; their number: none was named, or the TSC. */
static unsigned int opt_source __initdata = ARRAY_SIZE(sources);

static int __init parse_clocksource(const char *s, unsigned int *to)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(sources); i++) {
        if (!strcmp(s, sources[i].option)) {
            *to = i;
            return 0;
        }
    }
    if (strcmp(s, "tsc")) {
        return -EINVAL;
    }
    *to = ARRAY_SIZE(sources);
    return 0;
}
custom_param("clocksource", parse_clocksource, opt_source);

static const struct platform_timer *__init keep(const struct platform_timer *t)
{
    timer = t;
    ticks.scale = tsc_scale_of(t->hz);
    return t;
}

/* Counts, and says so by another value in far more reads than any of them takes. */
static bool __init counts(const struct platform_timer *t)
{
    uint64_t first = t->read();

    for (unsigned int i = 0; i < COUNT_TRIES; i++) {
        if (t->read() != first) {
            return true;
        }
    }
    printk(XENLOG_WARNING "%s does not count, not used\n", t->name);
    if (t->stop) {
        t->stop();
    }
    return false;
}

const struct platform_timer *__init platform_timer_init(void)
{
    static struct platform_timer chosen __ro_after_init;

    hpet_find();
    if (opt_source < ARRAY_SIZE(sources)) {
        if (sources[opt_source].start(&chosen) && counts(&chosen)) {
            return keep(&chosen);
        }
        printk(XENLOG_WARNING "clocksource=%s: not there\n", sources[opt_source].option);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(sources); i++) {
        if (i != opt_source && sources[i].start(&chosen) && counts(&chosen)) {
            return keep(&chosen);
        }
    }
    panic("No timer of this machine counts\n");
}

/*
 * The timer's value as if it had 64 bits. The word that says where it was is read before the timer,
 * and again after: a CPU that was held up between the two for a time round starts anew, since
 * others have moved it on meanwhile.
 */
static uint64_t ticks_now(void)
{
    const struct platform_timer *t = timer;
    uint64_t last, now;

    do {
        last = __atomic_load_n(&ticks.last, __ATOMIC_ACQUIRE);
        now = last + ((t->read() - last) & t->mask);
    } while (unlikely(__atomic_load_n(&ticks.last, __ATOMIC_ACQUIRE) != last));

    if (now - last > t->mask / 8) {
        (void)__atomic_compare_exchange_n(&ticks.last, &last, now, false, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED);
    }
    return now;
}

s_time_t platform_time(void)
{
    uint64_t ns = (uint64_t)((unsigned __int128)ticks_now() * ticks.scale.mul >>
                             (32 - ticks.scale.shift));

    return (s_time_t)ns + ticks.offset;
}

void platform_time_set(s_time_t now)
{
    ticks.offset += now - platform_time();
}

s_time_t platform_time_round(void)
{
    if (timer->stop) {
        return 0;
    }
    return (s_time_t)muldiv64(timer->mask, 1000000000, (uint32_t)timer->hz);
}
