/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug builds: the hypervisor fails on purpose, for the tests of the paths that tell of it.
 * crash=KIND[@CPU] has that CPU fail as soon as start-up is over, from its timer softirq, with
 * domain 0 running. Nothing but the command line reaches this.
 */
#include <hv/init.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/smp.h>
#include <hv/timer.h>
#include <asm/apic.h>
#include <asm/current.h>
#include <asm/layout.h>
#include <asm/processor.h>
#include <asm/provoke.h>
#include <asm/time.h>

/* A page of the hypervisor's that is never mapped: behind the stacks of all CPUs. */
#define UNMAPPED      (CPU_STACK(NR_CPUS) + PAGE_SIZE)
#define NON_CANONICAL 0x8000000000000000UL

static noinline void fail_page_fault(void)
{
    WRITE_ONCE(*(unsigned long *)UNMAPPED, 1);
}

static noinline void fail_protection(void)
{
    WRITE_ONCE(*(unsigned long *)NON_CANONICAL, 1);
}

/* Each level keeps a word behind the call, so that it is one. */
static noinline unsigned long fail_stack(unsigned long depth)
{
    volatile unsigned long word = depth;

    return depth == ~0UL ? 0 : word + fail_stack(depth + 1);
}

static noinline void fail_overrun(void)
{
    char text[16];

    /* As a loop with a wrong bound would: nothing tells the compiler. */
    for (volatile unsigned int i = 0; i < sizeof(text) + 16; i++) {
        ((volatile char *)text)[i] = 'x';
    }
}

static noinline void fail_bug(void)
{
    BUG();
}

static noinline void fail_assert(void)
{
    ASSERT(!local_irq_is_enabled() && "provoked");
}

static noinline void fail_panic(void)
{
    panic("provoked\n");
}

static noinline void fail_jump(void)
{
    void (*volatile nowhere)(void) = (void (*)(void))UNMAPPED;

    nowhere();
}

static noinline void fail_stuck(void)
{
    local_irq_disable();
    for (;;) {
        cpu_relax();
    }
}

static noinline void fail_nmi(void)
{
    apic_send_icr(cpu_apic_id[smp_processor_id()], APIC_DM_NMI | APIC_ICR_ASSERT);
}

/* As a frame that was written over the CPU's record would. */
static noinline void fail_record(void)
{
    local_irq_disable();
    get_cpu_info()->current_vcpu = (struct vcpu *)NON_CANONICAL;
    BUG();
}

static noinline void fail_tsc(void)
{
    time_leave_tsc("provoked");
}

/* As messages of those vectors come: without the error codes that the exceptions have. */
static noinline void fail_messages(void)
{
    __asm__ volatile("int $8; int $10; int $11; int $12; int $13; int $14; int $17; int $21;"
                     "int $29; int $30");
    printk("Messages of exceptions' vectors: done\n");
}

static noinline void fail_stack_all(void)
{
    (void)fail_stack(1);
}

static const struct {
    const char *name;
    void (*fn)(void);
} kinds[] = {
    { "page-fault", fail_page_fault },
    { "protection", fail_protection },
    { "stack", fail_stack_all },
    { "overrun", fail_overrun },
    { "bug", fail_bug },
    { "assert", fail_assert },
    { "panic", fail_panic },
    { "jump", fail_jump },
    { "stuck", fail_stuck },
    { "nmi", fail_nmi },
    { "record", fail_record },
    { "tsc", fail_tsc },
    { "messages", fail_messages },
};

static struct {
    unsigned int kind, cpu;
} chosen = { .kind = ARRAY_SIZE(kinds) };
static struct timer provoke_timer;

static int __init parse_crash(const char *s, __typeof__(chosen) *to)
{
    const char *at = strchr(s, '@'), *end;
    size_t len = at ? (size_t)(at - s) : strlen(s);
    uint64_t cpu = 0;

    if (at) {
        if (parse_number(at + 1, &end, 10, NR_CPUS - 1, &cpu) || *end) {
            return -EINVAL;
        }
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strlen(kinds[i].name) == len && !strncmp(kinds[i].name, s, len)) {
            to->kind = i;
            to->cpu = (unsigned int)cpu;
            return 0;
        }
    }
    return -EINVAL;
}
custom_param("crash", parse_crash, chosen);

static void provoke_now(void *unused)
{
    kinds[chosen.kind].fn();
}

void provoke_start(void)
{
    if (chosen.kind == ARRAY_SIZE(kinds)) {
        return;
    }
    if (chosen.cpu >= NR_CPUS || !cpu_online(chosen.cpu)) {
        printk(XENLOG_ERR "crash=: there is no CPU%u\n", chosen.cpu);
        return;
    }
    timer_init(&provoke_timer, provoke_now, NULL, chosen.cpu);
    timer_set(&provoke_timer, NOW());
}
