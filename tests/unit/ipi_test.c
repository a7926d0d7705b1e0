/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Function calls to other CPUs, when an interrupt of their vector comes that no CPU has sent:
 * before a call, and while one is being made.
 */
#include <pthread.h>
#include <hv/lib.h>
#include <hv/smp.h>

/* What arch/x86 has in asm/apic.h and asm/irq.h. */
void irq_call_function(void);
void send_ipi(unsigned int cpu, uint8_t vector);

static bool sent;
static unsigned int calls, old_calls;
static pthread_t sender;

void send_ipi(unsigned int cpu, uint8_t vector)
{
    __atomic_store_n(&sent, true, __ATOMIC_SEQ_CST);
}

static void count(void *data)
{
    ++*(unsigned int *)data;
}

/* CPU 0 calls a function on CPU 1. */
static void *call(void *data)
{
    cpumask_t set = { 0 };

    fake_run_on(0);
    cpumask_set(1, &set);
    on_selected_cpus(&set, count, data, true);
    return NULL;
}

static void begin_call(unsigned int *counter)
{
    sent = false;
    assert_int_equal(pthread_create(&sender, NULL, call, counter), 0);
    while (!__atomic_load_n(&sent, __ATOMIC_SEQ_CST)) {
        cpu_relax();
    }
}

static void call_during_interrupt(const char *point)
{
    if (!strcmp(point, "ipi.call_function.look")) {
        fake_interleave(NULL);
        begin_call(&calls);
    }
}

/* An interrupt that came from nobody, and meanwhile a call: the function of that call is run. */
static void strange_interrupts_take_no_old_call(void **state)
{
    begin_call(&old_calls);
    fake_run_on(1);
    irq_call_function();
    assert_int_equal(pthread_join(sender, NULL), 0);
    assert_int_equal(old_calls, 1);
    irq_call_function();
    assert_int_equal(old_calls, 1);

    fake_interleave(call_during_interrupt);
    irq_call_function();
    assert_int_equal(pthread_join(sender, NULL), 0);
    assert_int_equal(calls, 1);
    assert_int_equal(old_calls, 1);
    irq_call_function(); /* the call's own interrupt */
    assert_int_equal(calls, 1);
}

static int machine(void **state)
{
    fake_machine(2);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strange_interrupts_take_no_old_call),
    };

    return cmocka_run_group_tests(tests, machine, NULL);
}
