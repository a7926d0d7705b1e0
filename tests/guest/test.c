/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runner: picks tests by test=<glob>, runs each, prints verdicts; or plays a role as a domU.
 *
 * One test runs at a time, on vCPU 0; helpers on other vCPUs may call EXPECT_*, so the verdict has
 * a lock.
 */
#include <stdarg.h>
#include <guest/cmdline.h>
#include <guest/lock.h>
#include <public/domctl.h>
#include "test.h"

extern const struct guest_test guest_tests_start[], guest_tests_end[];
extern const struct guest_role guest_roles_start[], guest_roles_end[];

#define REASON_SIZE     240
#define MAX_NOTES       12
#define SUITE_NAME_SIZE 32

static struct {
    struct spinlock lock;
    char reason[REASON_SIZE];
    unsigned int failures;
    bool skipped, broken;
} verdict;

static unsigned long nr_checks;

static void note(const char *text)
{
    bool masked = spin_lock_events(&verdict.lock);

    if (!verdict.failures && !verdict.skipped) {
        snprintf(verdict.reason, sizeof(verdict.reason), "%s", text);
    }
    spin_unlock_events(&verdict.lock, masked);
}

void test_counted(void)
{
    __atomic_fetch_add(&nr_checks, 1, __ATOMIC_RELAXED);
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
    const char *base = strrchr(file, '/');
    char text[REASON_SIZE];
    int at = snprintf(text, sizeof(text), "%s:%d: ", base ? base + 1 : file, line);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text + at, sizeof(text) - (size_t)at, fmt, ap);
    va_end(ap);
    note(text);
    if (verdict.failures++ < MAX_NOTES) {
        printf("#    %s\n", text);
    }
}

void test_skip(const char *fmt, ...)
{
    char text[REASON_SIZE];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    note(text);
    verdict.skipped = true;
}

void test_error(const char *why)
{
    note(why);
    verdict.broken = true;
}

bool test_equal(const char *file, int line, const char *text, long got, long want)
{
    test_counted();
    if (got == want) {
        return true;
    }
    test_fail(file, line, "%s is %ld (%#lx), expected %ld", text, got, (unsigned long)got, want);
    return false;
}

bool test_true(const char *file, int line, const char *text, bool ok)
{
    test_counted();
    if (!ok) {
        test_fail(file, line, "not so: %s", text);
    }
    return ok;
}

bool test_on_corbel(void)
{
    xen_extraversion_t extra = { 0 };

    return !hv_xen_version(XENVER_extraversion, extra) && strstr(extra, "-corbel");
}

long test_xen_version(void)
{
    char text[8] = "4.17";

    cmdline_get("xen", text, sizeof(text));
    return strcmp(text, "4.20") ? 0x40011 : 0x40014;
}

bool test_under_tcg(void)
{
    uint32_t eax = 0x40000000, ebx, ecx, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    return ebx == 0x54474354 && ecx == 0x43544743 && edx == 0x47435447;
}

static const char *run(const struct guest_test *test)
{
    memset(&verdict, 0, sizeof(verdict));
    test->fn();
    if (verdict.failures) {
        return "FAIL";
    }
    return verdict.broken ? "ERROR" : verdict.skipped ? "SKIP" : "PASS";
}

static bool selected(const struct guest_test *test, const char *pattern)
{
    char name[96];

    snprintf(name, sizeof(name), "%s.%s", test->suite, test->name);
    return glob_match(pattern, name);
}

/* Any domain but this one; -1: there is none. */
static int other_domain(void)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_getdomaininfo,
        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
        .domain = 1,
    };

    return hv_domctl(&op) ? -1 : op.u.getdomaininfo.domain;
}

/*
 * What the tests have made has come to its end, on ours: a domain that is left was never told to
 * die, or something holds it. 1, and a verdict that is not printed otherwise.
 */
static unsigned int domain_is_left(const char *suite)
{
    uint64_t limit = time_now() + 10 * NSEC_PER_SEC;
    int id;

    while ((id = other_domain()) >= 0 && time_now() < limit) {
        time_sleep(NSEC_PER_MSEC);
    }
    if (id < 0 || !test_on_corbel()) {
        return 0;
    }
    printf("TEST %s.no_domain_is_left FAIL domain %d\n", suite, id);
    return 1;
}

static int run_tests(void)
{
    char pattern[96] = "*";
    char suite[SUITE_NAME_SIZE] = "guest";
    unsigned int bad = 0, nr = 0;

    /* Every PV vCPU starts with a 100 Hz timer; tests want only the ticks that they ask for. */
    hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    cmdline_get("test", pattern, sizeof(pattern));
    cmdline_get("suite", suite, sizeof(suite));
    for (const struct guest_test *test = guest_tests_start; test < guest_tests_end; test++) {
        const char *outcome;

        if (!selected(test, pattern)) {
            continue;
        }
        nr++;
        outcome = run(test);
        bad += !strcmp(outcome, "FAIL") || !strcmp(outcome, "ERROR");
        printf("TEST %s.%s %s%s%s\n", test->suite, test->name, outcome,
               verdict.reason[0] ? " " : "", verdict.reason);
    }
    bad += domain_is_left(suite);
    printf("SUITE %s END tests=%u checks=%lu bad=%u\n", suite, nr, nr_checks, bad);
    return bad ? 1 : 0;
}

/* The smallest child. */
ROLE(hello)
{
    printf("hello\n");
    return SHUTDOWN_poweroff;
}

int guest_main(void)
{
    char role[64];

    if (!cmdline_get("role", role, sizeof(role))) {
        return run_tests();
    }
    for (const struct guest_role *r = guest_roles_start; r < guest_roles_end; r++) {
        if (!strcmp(r->name, role)) {
            struct sched_shutdown shutdown = { .reason = (unsigned int)r->fn() };

            hv_sched_op(SCHEDOP_shutdown, &shutdown);
        }
    }
    printf("no such role: %s\n", role);
    return 1;
}
