/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: the console, the failure ladder's end, and the reset of everything.
 *
 * BUG and ASSERT meet cmocka: a test that expects one catches it with expect_assert_failure(), any
 * other test fails there.
 */
#include <hv/arch/domain.h>
#include <hv/init.h>
#include <hv/lib.h>
#include <hv/symbols.h>
#include "internal.h"

/* Found at start-up on the machine. */
struct boot_info __weak_default boot_info;
enum system_state __weak_default system_state;

#define CONSOLE_SIZE 65536

static char console[CONSOLE_SIZE];
static size_t console_used;

/* UNIT_ONLY is a pattern: other tests of the program are left out. */
static void __attribute__((constructor)) choose_tests(void)
{
    const char *pattern = getenv("UNIT_ONLY");

    if (pattern) {
        cmocka_set_test_filter(pattern);
    }
}

/* The hypervisor's own formatter is under test here too: %pd and %pv come out as on the machine. */
void vprintk(const char *fmt, va_list ap)
{
    size_t left = CONSOLE_SIZE - 1 - console_used;
    int n = vsnprintf(console + console_used, left + 1, fmt, ap);

    if (getenv("UNIT_CONSOLE")) {
        fprintf(stderr, "# %s", console + console_used);
    }
    console_used += (size_t)n < left ? (size_t)n : left;
}

void printk(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintk(fmt, ap);
    va_end(ap);
}

const char *fake_console(void)
{
    return console;
}

void fake_console_clear(void)
{
    console_used = 0;
    console[0] = '\0';
}

static void __noreturn die(const char *what, const char *file, int line)
{
    mock_assert(0, what, file, line);
    abort();
}

void bug_at(const char *file, unsigned int line, const char *what)
{
    die(what, file, (int)line);
}

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintk(fmt, ap);
    va_end(ap);
    die("panic", __FILE__, __LINE__);
}

void machine_restart(void)
{
    die("machine_restart", __FILE__, __LINE__);
}

void machine_power_off(void)
{
    die("machine_power_off", __FILE__, __LINE__);
}

void machine_halt(void)
{
    die("machine_halt", __FILE__, __LINE__);
}

/* A test program has no table of symbols of its own. */
const char *symbols_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
    return NULL;
}

void fake_reset(unsigned int nr_cpus)
{
    fake_console_clear();
    fake_cpus_reset(nr_cpus);
    fake_memory_reset();
    fake_guest_reset();
    system_state = SYS_active;
}
