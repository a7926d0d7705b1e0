/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests inside a PV kernel.
 *
 * A file defines SUITE and then TEST(name) { ... } bodies; a kernel links several files. Each test
 * prints one line, TEST <suite>.<name> PASS|FAIL|SKIP|ERROR [reason], and the kernel ends with
 * SUITE <kernel> END. A missing END is the runner's ERROR. EXPECT_* goes on after a failure,
 * REQUIRE_* leaves the test.
 *
 * ROLE(name) is a function that a domU built from this same kernel runs (command line role=name);
 * its value is the domain's shutdown reason.
 */
#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/console.h>
#include <guest/cpu.h>
#include <guest/event.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include <guest/pt.h>
#include <guest/smp.h>
#include <guest/start.h>
#include <guest/time.h>
#include <guest/trap.h>

struct guest_test {
    const char *suite;
    const char *name;
    void (*fn)(void);
};

struct guest_role {
    const char *name;
    int (*fn)(void);
};

#define TEST(id)                                                                                   \
    static void test_##id(void);                                                                   \
    static const struct guest_test test_entry_##id                                                 \
        __attribute__((used, aligned(8), section(".guest_tests"))) = { SUITE, #id, test_##id };    \
    static void test_##id(void)

#define ROLE(id)                                                                                   \
    static int role_##id(void);                                                                    \
    static const struct guest_role role_entry_##id                                                 \
        __attribute__((used, aligned(8), section(".guest_roles"))) = { #id, role_##id };           \
    static int role_##id(void)

__attribute__((format(printf, 3, 4))) void test_fail(const char *file, int line, const char *fmt,
                                                     ...);
__attribute__((format(printf, 1, 2))) void test_skip(const char *fmt, ...);
void test_error(const char *why);
void test_counted(void);

/* One value against the expected one; true when equal. */
bool test_equal(const char *file, int line, const char *text, long got, long want);
bool test_true(const char *file, int line, const char *text, bool ok);

#define EXPECT_EQ(got, want) test_equal(__FILE__, __LINE__, #got, (long)(got), (long)(want))
#define EXPECT(cond)         test_true(__FILE__, __LINE__, #cond, (cond))

#define REQUIRE_EQ(got, want)                                                                      \
    do {                                                                                           \
        if (!EXPECT_EQ(got, want)) {                                                               \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#define REQUIRE(cond)                                                                              \
    do {                                                                                           \
        if (!EXPECT(cond)) {                                                                       \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#define SKIP(...)                                                                                  \
    do {                                                                                           \
        test_skip(__VA_ARGS__);                                                                    \
        return;                                                                                    \
    } while (0)

/* Is the machine QEMU's TCG? Asked of the processor itself, so also right without CPUID faulting.
 */
bool test_under_tcg(void);
/* Is this our hypervisor? For cases that now and then bring the reference down. */
bool test_on_corbel(void);
/* The version that the hypervisor is to say, as XENVER_version does: the command line's xen=,
 * or 4.17. */
long test_xen_version(void);

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* An address that no mapping covers, and one that is the hypervisor's. */
#define BAD_POINTER ((void *)0x0000600000000000ul)
#define HV_POINTER  ((void *)0xffff830000000000ul)

#endif
