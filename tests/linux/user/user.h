/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of what a Linux process sees of the CPU, for a kernel that runs on a hypervisor.
 *
 * A file defines TEST(suite, name) bodies. Each runs in a process of its own, so that it may be
 * killed, and with a time limit. It prints nothing; REQUIRE leaves it with a reason, skip() says
 * why it cannot be asked here.
 */
#ifndef USER_H
#define USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct user_test {
    const char *name;
    void (*fn)(void);
};

#define TEST(suite, id)                                                                            \
    static void test_##suite##_##id(void);                                                         \
    static const struct user_test entry_##suite##_##id                                             \
        __attribute__((used, aligned(8), section("user_tests"))) = { #suite "." #id,               \
                                                                     test_##suite##_##id };        \
    static void test_##suite##_##id(void)

/* Ends the test. The reason goes to the process that runs them all. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *fmt, ...);
__attribute__((noreturn, format(printf, 1, 2))) void skip(const char *fmt, ...);

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fail("%s:%d: %s", __FILE_NAME__, __LINE__, #condition);                                \
        }                                                                                          \
    } while (0)

#define REQUIRE_EQ(got, wanted)                                                                    \
    do {                                                                                           \
        long long got_ = (long long)(got), wanted_ = (long long)(wanted);                          \
        if (got_ != wanted_) {                                                                     \
            fail("%s:%d: %s is %#llx, not %#llx", __FILE_NAME__, __LINE__, #got, got_, wanted_);   \
        }                                                                                          \
    } while (0)

/* The signal that fn() dies of or runs into, 0 if it comes back; its code and address. */
struct fault {
    int signo;
    int code;
    uintptr_t addr;
    long err, trapno;
};
struct fault fault_of(void (*fn)(void));

#endif
