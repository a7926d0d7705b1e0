/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pvclock (public/xen.h): a stamp of the TSC, the time at it, and a scale, from which a guest
 * computes time by itself.
 *
 * Where the TSC carries time there is one such base for all CPUs, and it never changes. Where the
 * platform timer does, each CPU has its own: renewed by a timer of the CPU, from how fast its TSC
 * went since the last time, and published when a vCPU comes to the CPU or the base is new. A new
 * base never takes time back that guests of the CPU have seen: it runs slower until it is right.
 *
 * Invariant: a CPU's base is written by that CPU alone, interrupts off. No locks.
 */
#include <hv/arch/time.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/timer.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/time.h>

#define RENEW      MILLISECS(250)
#define SHORTEST   MILLISECS(20) /* that a rate is measured over */
#define MAX_STRIDE SECONDS(4)    /* and the longest: it must fit 32 bits */
#define TRIES      4
#define TRIES_MAX  32 /* while the readings are no moment */
#define MOMENT     MICROSECS(50)

static struct pvclock_base tsc_base __ro_after_init;
static DEFINE_PER_CPU(struct pvclock_base, cpu_base);
static DEFINE_PER_CPU(struct timer, renew_timer);

void __init pvclock_set_base(uint64_t tsc, struct tsc_scale scale)
{
    tsc_base = (struct pvclock_base){ .tsc = tsc, .scale = scale, .seq = 1 };
}

/* The TSC and the time at one moment; of several readings the one that took least. */
static uint64_t stamp(s_time_t *now)
{
    uint64_t best = ~0UL, tsc = 0, longest = muldiv64(tsc_khz(), (uint32_t)MOMENT, 1000000);

    for (unsigned int i = 0; i < TRIES || (i < TRIES_MAX && best > longest); i++) {
        uint64_t before = rdtsc_ordered();
        s_time_t t = platform_time();
        uint64_t took = rdtsc_ordered() - before;

        if (took < best) {
            best = took;
            tsc = before + took / 2;
            *now = t;
        }
    }
    return tsc;
}

static s_time_t base_time_at(const struct pvclock_base *b, uint64_t tsc)
{
    uint64_t delta = tsc - b->tsc;

    return b->stime + (s_time_t)((unsigned __int128)delta * b->scale.mul >> (32 - b->scale.shift));
}

s_time_t arch_guest_time(void)
{
    unsigned long flags = local_irq_save();
    const struct pvclock_base *b = &this_cpu(cpu_base);
    s_time_t now = b->seq ? base_time_at(b, rdtsc_ordered()) : NOW();

    local_irq_restore(flags);
    return now;
}

/* Ticks a second since the base was made, or what start-up found when that is no measure. */
static uint64_t rate_since(const struct pvclock_base *b, uint64_t tsc, s_time_t now)
{
    s_time_t stride = now - b->real;

    if (stride < SHORTEST || stride > MAX_STRIDE || tsc <= b->tsc) {
        return b->hz;
    }
    return muldiv64(tsc - b->tsc, 1000000000, (uint32_t)stride);
}

static void base_renew(struct pvclock_base *b)
{
    struct pvclock_base fresh = { .seq = b->seq + 1, .hz = (uint64_t)tsc_khz() * 1000 };
    s_time_t ahead = 0;
    uint32_t target;

    fresh.tsc = stamp(&fresh.real);
    fresh.stime = fresh.real;
    if (b->seq) {
        fresh.hz = rate_since(b, fresh.tsc, fresh.real);
        ahead = base_time_at(b, fresh.tsc) - fresh.real;
    }
    if (ahead > 0) {
        fresh.stime += ahead;
        ahead = min_t(s_time_t, ahead, RENEW / 2);
    } else {
        ahead = 0;
    }
    target = (uint32_t)(RENEW - ahead);
    fresh.scale = tsc_scale_of(muldiv64(fresh.hz, (uint32_t)RENEW, target));
    *b = fresh;
}

static void renew(void *unused)
{
    unsigned long flags = local_irq_save();

    base_renew(&this_cpu(cpu_base));
    local_irq_restore(flags);
    if (!is_idle_vcpu(current)) {
        time_update_vcpu(current, false);
    }
    timer_set(&this_cpu(renew_timer), NOW() + RENEW);
}

void pvclock_start_cpu(void)
{
    base_renew(&this_cpu(cpu_base));
    timer_init(&this_cpu(renew_timer), renew, NULL, smp_processor_id());
    timer_set(&this_cpu(renew_timer), NOW() + RENEW);
}

static const struct pvclock_base *base_here(void)
{
    const struct pvclock_base *b;

    if (likely(!READ_ONCE(time_by_platform))) {
        return &tsc_base;
    }
    b = &this_cpu(cpu_base);
    /* Until this CPU has been told that the TSC is given up. */
    return b->seq ? b : &tsc_base;
}

/* The version is odd while the rest is being written. */
static void publish(struct vcpu_time_info *t, const struct vcpu_time_info *u)
{
    WRITE_ONCE(t->version, u->version);
    smp_wmb();
    t->tsc_timestamp = u->tsc_timestamp;
    t->system_time = u->system_time;
    t->tsc_to_system_mul = u->tsc_to_system_mul;
    t->tsc_shift = u->tsc_shift;
    t->flags = u->flags;
    smp_wmb();
    WRITE_ONCE(t->version, u->version + 1);
}

void time_update_vcpu(struct vcpu *v, bool force)
{
    const struct pvclock_base *b = base_here();
    struct vcpu_time_info *t = &v->vcpu_info->time;
    struct vcpu_time_info u;

    if (likely(v->arch.pvclock_info == t && v->arch.pvclock_base == b &&
               v->arch.pvclock_seq == b->seq) &&
        !force) {
        return;
    }
    v->arch.pvclock_info = t;
    v->arch.pvclock_base = b;
    v->arch.pvclock_seq = b->seq;

    u = (struct vcpu_time_info){
        .version = ++v->arch.pvclock_version | 1,
        .tsc_timestamp = b->tsc,
        .system_time = (uint64_t)b->stime,
        .tsc_to_system_mul = b->scale.mul,
        .tsc_shift = b->scale.shift,
        .flags = b == &tsc_base && cpu_has(X86_FEATURE_INVTSC) ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
    };
    v->arch.pvclock_version = u.version + 1;
    publish(t, &u);

    if (!guest_ptr_is_null(v->time_info_guest) && v == current) {
        u.version++;
        if (copy_to_guest(v->time_info_guest, &u, sizeof(u))) {
            v->time_info_guest = guest_ptr(0);
        }
    }
}
