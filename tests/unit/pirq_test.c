/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines that several domains share: who is told, how long the line stays masked. */
#include <hv/arch/pirq.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/lib.h>
#include <hv/rangeset.h>

#include "../../arch/x86/irq/pirq.h"

#define LINE 17

unsigned int nr_irqs_gsi = 24;

static irq_handler_t *handler;
static void *handler_data;
static bool masked;
static unsigned int told[8]; /* by domain */

int request_irq(unsigned int irq, irq_handler_t *fn, void *data, const char *name)
{
    assert_int_equal(irq, LINE);
    handler = fn;
    handler_data = data;
    masked = false;
    return 0;
}

void release_irq(unsigned int irq)
{
    handler = NULL;
}

void irq_mask(unsigned int irq, bool on)
{
    assert_int_equal(irq, LINE);
    masked = on;
}

bool irq_is_level(unsigned int irq)
{
    return true;
}

void irq_set_cpu(unsigned int irq, unsigned int cpu)
{
}

void evtchn_send_pirq(struct domain *d, evtchn_port_t port)
{
    told[d->domain_id]++;
}

static struct domain *with_line(domid_t id)
{
    struct domain *d = fake_domain(id, 1, ~0U);

    assert_int_equal(pirq_domain_init(d), 0);
    pirq_find(d, LINE)->irq = LINE;
    assert_int_equal(rangeset_add(d->irq_caps, LINE, LINE), 0);
    assert_int_equal(arch_pirq_bind(d, LINE, 5, true), 0);
    return d;
}

static void without_line(struct domain *d)
{
    arch_pirq_unbind(d, LINE);
    pirq_domain_destroy(d);
    fake_domain_end(d);
}

/* The device asks: what is masked does not arrive. */
static bool fire(void)
{
    unsigned long flags;

    if (masked) {
        return false;
    }
    flags = local_irq_save();
    handler(LINE, handler_data);
    local_irq_restore(flags);
    return true;
}

/* One of two never says that it has served: the other goes on being told, now and then. */
static void one_that_never_ends_holds_up_no_other(void **state)
{
    struct domain *good = with_line(1), *bad = with_line(2);

    for (unsigned int i = 1; i < 10; i++) {
        assert_true(fire());
        assert_int_equal(told[1], i);
        assert_int_equal(told[2], i);
        assert_int_equal(pirq_eoi(good, LINE), 0);
        assert_true(masked);
        fake_run_until(NOW() + MILLISECS(50));
        assert_false(masked);
        /* Too late: that changes nothing. */
        assert_int_equal(pirq_eoi(bad, LINE), 0);
        assert_false(masked);
    }
    /* And both in time. */
    assert_true(fire());
    assert_int_equal(pirq_eoi(bad, LINE), 0);
    assert_true(masked);
    assert_int_equal(pirq_eoi(good, LINE), 0);
    assert_false(masked);
    /* One that leaves has served; the time of a line is over with its last domain. */
    assert_true(fire());
    without_line(bad);
    assert_true(masked);
    assert_int_equal(pirq_eoi(good, LINE), 0);
    assert_false(masked);
    without_line(good);
    fake_run_until(NOW() + MILLISECS(50));
}

/* Masked for one alone, and then there is another. */
static void one_joins_a_masked_line(void **state)
{
    struct domain *bad = with_line(4), *good;

    assert_true(fire());
    good = with_line(5);
    fake_run_until(NOW() + MILLISECS(50));
    assert_false(masked);
    assert_true(fire());
    assert_int_equal(told[5], 1);
    without_line(good);
    without_line(bad);
}

/* A line of its own a domain may keep masked as long as it likes. */
static void ones_own_line_waits(void **state)
{
    struct domain *d = with_line(3);

    assert_true(fire());
    fake_run_until(NOW() + SECONDS(10));
    assert_true(masked);
    assert_int_equal(pirq_eoi(d, LINE), 0);
    assert_false(masked);
    without_line(d);
}

static int machine(void **state)
{
    fake_machine(2);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_never_ends_holds_up_no_other),
        cmocka_unit_test(one_joins_a_masked_line),
        cmocka_unit_test(ones_own_line_waits),
    };

    return cmocka_run_group_tests(tests, machine, NULL);
}
