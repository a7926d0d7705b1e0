/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Soft interrupts: a word of pending bits a CPU, and the loop that empties it.
 *
 * Owns softirq_pending. Any CPU and any interrupt may set a bit; only the CPU itself clears one,
 * just before it runs the function, so nothing raised while a function runs is lost. The functions
 * run with interrupts on and no lock held. Called by the exit path, the idle loop, and long
 * start-up work.
 */
#include <hv/lock.h>
#include <hv/smp.h>
#include <hv/softirq.h>

DEFINE_PER_CPU(unsigned long, softirq_pending);

static void (*softirq_fn[NR_SOFTIRQS])(void) __read_mostly;

void softirq_register(enum softirq nr, void (*fn)(void))
{
    BUG_ON(softirq_fn[nr]);
    softirq_fn[nr] = fn;
}

/* True if the bit was clear. The plain test first saves the locked access when it was set. */
static bool softirq_mark(unsigned long *pending, enum softirq nr)
{
    return !test_bit(nr, pending) && !test_and_set_bit(nr, pending);
}

void raise_softirq(enum softirq nr)
{
    (void)softirq_mark(&this_cpu(softirq_pending), nr);
}

void cpu_raise_softirq(unsigned int cpu, enum softirq nr)
{
    if (softirq_mark(&per_cpu(softirq_pending, cpu), nr) && cpu != smp_processor_id()) {
        smp_send_event_check(cpu);
    }
}

/* Runs the pending ones of `mask`, lowest first, looking again after each. */
static void softirq_run(unsigned long mask)
{
    unsigned long *pending = &this_cpu(softirq_pending);
    unsigned long now;

    while ((now = READ_ONCE(*pending) & mask) != 0) {
        unsigned int nr = ffsl_(now);

        clear_bit(nr, pending);
        softirq_fn[nr]();
    }
}

void do_softirq(void)
{
    lock_assert_none_held();
    ASSERT(local_irq_is_enabled());
    softirq_run(~0UL);
}

void process_pending_softirqs(void)
{
    lock_assert_none_held();
    softirq_run(~BIT(SOFTIRQ_SCHEDULE));
}
