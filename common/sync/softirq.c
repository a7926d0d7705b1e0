/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Soft interrupts: a word of pending bits a CPU, and the loop that empties it.
 *
 * The architecture has the words where its exit path looks. Any CPU and any interrupt may set a
 * bit; only the CPU itself clears one, just before it runs the function, so nothing raised while a
 * function runs is lost. The functions run with interrupts on and no lock held. Called by the exit
 * path, the idle loop, and long start-up work.
 */
#include <hv/lock.h>
#include <hv/smp.h>
#include <hv/softirq.h>

static void (*softirq_fn[NR_SOFTIRQS])(void) __read_mostly;

void softirq_register(enum softirq nr, void (*fn)(void))
{
    BUG_ON(softirq_fn[nr]);
    softirq_fn[nr] = fn;
}

/* True if the bit was clear. The plain test first saves the locked access when it was set. */
static bool softirq_mark(uint32_t *pending, enum softirq nr)
{
    uint32_t bit = 1U << nr;

    return !(READ_ONCE(*pending) & bit) &&
           !(__atomic_fetch_or(pending, bit, __ATOMIC_SEQ_CST) & bit);
}

void raise_softirq(enum softirq nr)
{
    (void)softirq_mark(this_softirq_word(), nr);
}

void cpu_raise_softirq(unsigned int cpu, enum softirq nr)
{
    if (softirq_mark(softirq_word(cpu), nr) && cpu != smp_processor_id()) {
        smp_send_event_check(cpu);
    }
}

/* Runs the pending ones of `mask`, lowest first, looking again after each. */
static void softirq_run(uint32_t mask)
{
    uint32_t *pending = this_softirq_word();
    uint32_t now;

    while ((now = READ_ONCE(*pending) & mask) != 0) {
        unsigned int nr = ffsl_(now);

        (void)__atomic_fetch_and(pending, ~(1U << nr), __ATOMIC_SEQ_CST);
        softirq_fn[nr]();
    }
}

void do_softirq(void)
{
    lock_assert_none_held();
    ASSERT(local_irq_is_enabled());
    softirq_run(~0U);
}

void process_pending_softirqs(void)
{
    lock_assert_none_held();
    softirq_run(~(1U << SOFTIRQ_SCHEDULE));
}
