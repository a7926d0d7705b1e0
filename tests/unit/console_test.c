/* SPDX-License-Identifier: GPL-2.0-only */
/* common/console: which messages are printed, and how often those that a guest can cause. */
#include <hv/console.h>
#include <hv/lib.h>
#include <hv/param.h>
#include "../../common/console/private.h"

#define BUCKET 10 /* messages at once */
#define PERIOD MILLISECS(500)

static char written[65536];

void console_devices_write(const char *s, size_t n)
{
    size_t used = strlen(written);

    assert_true(used + n < sizeof(written));
    memcpy(written + used, s, n);
    written[used + n] = '\0';
}

static int machine(void **state)
{
    fake_reset(1);
    return 0;
}

static int reset(void **state)
{
    written[0] = '\0';
    fake_advance(SECONDS(60)); /* whatever was printed before, as much may be printed as at first */
    cmdline_parse("loglvl=all guest_loglvl=none/all");
    return 0;
}

/* How often a text stands in what was written. */
static unsigned int count(const char *text)
{
    unsigned int n = 0;

    for (const char *s = written; (s = strstr(s, text)); s++) {
        n++;
    }
    return n;
}

static void levels_are_obeyed(void **state)
{
    cmdline_parse("loglvl=warning guest_loglvl=error");
    printk(XENLOG_WARNING "own warning\n");
    printk(XENLOG_INFO "own info\n");
    printk(XENLOG_G_ERR "guest error\n");
    printk(XENLOG_G_WARNING "guest warning\n");
    assert_string_equal(written, "(HV) own warning\n(HV) guest error\n");
}

/* What a guest can cause as often as it likes is printed now and then, with the number of those
 * left out. */
static void a_flood_of_a_guests_is_limited(void **state)
{
    for (unsigned int i = 0; i < 1000; i++) {
        printk(XENLOG_G_ERR "again\n");
    }
    assert_int_equal(count("again"), BUCKET);
    fake_advance(PERIOD);
    for (unsigned int i = 0; i < 1000; i++) {
        printk(XENLOG_G_ERR "again\n");
    }
    assert_int_equal(count("again"), BUCKET + 1);
    assert_int_equal(count("990 messages suppressed"), 1);
    /* The hypervisor's own are not held back by it. */
    printk(XENLOG_ERR "own\n");
    assert_int_equal(count("own"), 1);
    fake_advance(SECONDS(3600));
    for (unsigned int i = 0; i < 1000; i++) {
        printk(XENLOG_G_ERR "later\n");
    }
    assert_int_equal(count("later"), BUCKET);
}

/* A line in pieces is one message: the limit leaves out all of it or nothing. */
static void the_rest_of_a_line_shares_its_fate(void **state)
{
    for (unsigned int i = 0; i < 2 * BUCKET; i++) {
        printk(XENLOG_G_ERR "first");
        printk(" second");
        printk(" third\n");
    }
    assert_int_equal(count("(HV) first second third\n"), BUCKET);
    assert_int_equal(count("first"), BUCKET);
    assert_int_equal(count("third"), BUCKET);
}

/* A message longer than the buffer is cut. */
static void a_long_message_is_cut(void **state)
{
    static char text[5000];

    memset(text, 'x', sizeof(text) - 1);
    printk("%s\n", text);
    assert_in_range(strlen(written), 1000, 1100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(levels_are_obeyed, reset),
        cmocka_unit_test_setup(a_flood_of_a_guests_is_limited, reset),
        cmocka_unit_test_setup(the_rest_of_a_line_shares_its_fate, reset),
        cmocka_unit_test_setup(a_long_message_is_cut, reset),
    };

    return cmocka_run_group_tests_name("console", tests, machine, NULL);
}
