/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen_version, and the hypercall table's answers to numbers that are not there.
 */
#define SUITE "version"
#include "test.h"
#include "child.h"

TEST(numbers)
{
    EXPECT_EQ(hv_xen_version(XENVER_version, NULL), 0x40011);
    EXPECT_EQ(hypercall0(63), -ENOSYS);
}

ROLE(hello)
{
    printf("hello from a child\nREPORT answer %d\n", 42);
    return SHUTDOWN_poweroff;
}

TEST(child)
{
    static struct child c;
    long v = 0;

    EXPECT_EQ(child_run(&c, "role=hello", 5 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&c, "answer", &v));
    EXPECT_EQ(v, 42);
}

static void count(void *arg)
{
    ++*(volatile unsigned long *)arg;
}

TEST(smp)
{
    volatile unsigned long n = 0;

    EXPECT_EQ(smp_count(), 2);
    EXPECT_EQ(smp_start(1, count, (void *)&n), 0);
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(n, 1);
    EXPECT_EQ(smp_start(1, count, (void *)&n), 0);
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(n, 2);
}
