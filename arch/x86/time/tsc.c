/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time from the TSC. The base and scale are set once, before other CPUs run, and never change, so
 * readers need no lock and no retry.
 */
#include <hv/lib.h>
#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/time.h>

/* Long enough for 20 ppm with a 1 us error at either end. */
#define CALIBRATION_MS      50
#define CALIBRATION_TSC_MAX (20UL * 1000 * 1000 * 1000) /* seconds, at any rate of today */
#define LOOKS               8

/* mul is from 2^31 to 2^32, so the inverse has at least 62 significant bits. */
#define INVERSE_BITS 94

static struct {
    uint64_t tsc; /* counter at system time 0 */
    uint32_t mul;
    uint8_t right;    /* 32 - shift */
    uint64_t inverse; /* 2^INVERSE_BITS / mul */
    int8_t shift;
    uint32_t khz;
} clock __ro_after_init;

s_time_t tsc_time(void)
{
    uint64_t delta = rdtsc_ordered() - clock.tsc;

    return (s_time_t)((unsigned __int128)delta * clock.mul >> clock.right);
}

struct tsc_scale tsc_scale_of(uint64_t hz)
{
    struct tsc_scale s = { .shift = 0 };
    uint64_t rate = hz;

    /* Until mul has its top bit set: the most precise form. */
    while (rate > 2 * 1000000000UL) {
        rate >>= 1;
        s.shift--;
    }
    while (rate <= 1000000000UL) {
        rate <<= 1;
        s.shift++;
    }
    s.mul = (uint32_t)((1000000000UL << 32) / rate);
    return s;
}

uint32_t tsc_khz(void)
{
    return clock.khz;
}

/* A time that the counter will not reach is as far away as it can say: never one in the past. */
uint64_t stime_to_tsc(s_time_t s)
{
    unsigned __int128 tsc;

    if (s < 0) {
        return clock.tsc;
    }
    /* One more, so that the time is not just before s when the counter is there. */
    tsc = ((unsigned __int128)(uint64_t)s * clock.inverse >> (INVERSE_BITS - clock.right)) +
          clock.tsc + 1;
    return tsc > ~0UL ? ~0UL : (uint64_t)tsc;
}

/* 2^INVERSE_BITS / mul by long division. */
static uint64_t __init inverse_of(uint32_t mul)
{
    uint64_t high = 1UL << (INVERSE_BITS - 32);

    return (high / mul) << 32 | ((high % mul) << 32) / mul;
}

/* One moment, on all three counters. */
struct moment {
    uint64_t timer, tsc;
    uint32_t apic;
};

/*
 * The CPU may be held up between two counters, by firmware or by a hypervisor below, for longer
 * than a calibration lasts: of several looks the one counts that took the least time.
 */
static struct moment __init look(const struct platform_timer *pt)
{
    struct moment best = { 0 };
    uint64_t least = ~0UL;

    for (unsigned int i = 0; i < LOOKS; i++) {
        uint64_t before = rdtsc_ordered(), timer = pt->read(), took;
        uint32_t apic = apic_timer_count();

        took = rdtsc_ordered() - before;
        if (took < least) {
            least = took;
            best = (struct moment){ .timer = timer, .tsc = before + took / 2, .apic = apic };
        }
    }
    return best;
}

/*
 * Counts the TSC and the APIC timer over the same stretch of the platform timer, which may go round
 * meanwhile.
 */
static uint64_t __init calibrate(const struct platform_timer *pt, uint64_t *apic_hz)
{
    uint64_t want = pt->hz * CALIBRATION_MS / 1000, ticks = 0, last, now;
    struct moment start, end;

    apic_timer_count_start();
    start = look(pt);
    for (last = start.timer; ticks < want; last = now) {
        now = pt->read();
        ticks += (now - last) & pt->mask;
        if (rdtsc_ordered() - start.tsc > CALIBRATION_TSC_MAX) {
            panic("%s has stopped while the TSC was measured by it\n", pt->name);
        }
    }
    end = look(pt);
    ticks += (end.timer - last) & pt->mask;

    /* 64 bits hold the products of a stretch of minutes. */
    *apic_hz = (uint64_t)(start.apic - end.apic) * pt->hz / ticks;
    return (end.tsc - start.tsc) * pt->hz / ticks;
}

uint64_t __init tsc_calibrate(const struct platform_timer *pt)
{
    uint64_t apic_hz, hz = calibrate(pt, &apic_hz);
    struct tsc_scale scale = tsc_scale_of(hz);

    clock.khz = (uint32_t)(hz / 1000);
    clock.mul = scale.mul;
    clock.shift = scale.shift;
    clock.inverse = inverse_of(scale.mul);
    clock.right = (uint8_t)(32 - scale.shift);
    clock.tsc = rdtsc_ordered();
    pvclock_set_base(clock.tsc, scale);
    return apic_hz;
}
