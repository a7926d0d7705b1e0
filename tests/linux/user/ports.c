/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O ports from user mode: none, some by ioperm, all by iopl, none again. Runs as root. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <unistd.h>
#include "user.h"

#define POST_PORT 0x80 /* writing to it does nothing on a PC */

static void write_post(void)
{
    outb(0, POST_PORT);
}

static void read_cmos(void)
{
    outb(0, 0x70);
    (void)inb(0x71);
}

static void need_root(void)
{
    if (geteuid()) {
        skip("not root");
    }
}

TEST(ports, denied)
{
    REQUIRE_EQ(fault_of(write_post).signo, SIGSEGV);
}

TEST(ports, ioperm)
{
    need_root();
    if (ioperm(POST_PORT, 1, 1)) {
        skip("ioperm: %s", strerror(errno));
    }
    for (int i = 0; i < 20; i++) {
        REQUIRE_EQ(fault_of(write_post).signo, 0);
        REQUIRE_EQ(fault_of(read_cmos).signo, SIGSEGV);
        sched_yield();
    }
    REQUIRE(!ioperm(POST_PORT, 1, 0));
    REQUIRE_EQ(fault_of(write_post).signo, SIGSEGV);
}

/* The bitmap is a process's own: another on the same CPU has none. */
TEST(ports, ioperm_is_the_processs)
{
    int status;
    pid_t child;
    cpu_set_t one;

    need_root();
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof(one), &one);
    child = fork();
    if (child == 0) {
        if (ioperm(POST_PORT, 1, 1)) {
            _exit(2);
        }
        for (int i = 0; i < 200; i++) {
            if (fault_of(write_post).signo) {
                _exit(1);
            }
            sched_yield();
        }
        _exit(0);
    }
    for (int i = 0; i < 200; i++) {
        REQUIRE_EQ(fault_of(write_post).signo, SIGSEGV);
        sched_yield();
    }
    REQUIRE_EQ(waitpid(child, &status, 0), child);
    if (WEXITSTATUS(status) == 2) {
        skip("ioperm is refused here");
    }
    REQUIRE_EQ(status, 0);
}

TEST(ports, iopl)
{
    need_root();
    if (iopl(3)) {
        skip("iopl: %s", strerror(errno));
    }
    REQUIRE_EQ(fault_of(write_post).signo, 0);
    REQUIRE_EQ(fault_of(read_cmos).signo, 0);
    REQUIRE(!iopl(0));
    REQUIRE_EQ(fault_of(write_post).signo, SIGSEGV);
}
