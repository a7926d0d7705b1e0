/* SPDX-License-Identifier: GPL-2.0-only */
/* ptrace: single steps, breakpoints and watchpoints in debug registers. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include "user.h"

static volatile long watched;

__attribute__((noinline)) static void target_function(void)
{
    watched = watched + 1;
    for (volatile int i = 0; i < 100; i++) {
    }
}

static pid_t traced_child(void)
{
    pid_t child = fork();
    int status;

    REQUIRE(child >= 0);
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        target_function();
        _exit(42);
    }
    REQUIRE_EQ(waitpid(child, &status, 0), child);
    REQUIRE(WIFSTOPPED(status));
    return child;
}

static void poke_debug(pid_t child, int reg, unsigned long value)
{
    if (ptrace(PTRACE_POKEUSER, child,
               offsetof(struct user, u_debugreg) + (size_t)reg * sizeof(long), value)) {
        fail("debug register %d: %s", reg, strerror(errno));
    }
}

static void run_to_end(pid_t child)
{
    int status;

    REQUIRE(!ptrace(PTRACE_CONT, child, 0, 0));
    REQUIRE_EQ(waitpid(child, &status, 0), child);
    REQUIRE(WIFEXITED(status));
    REQUIRE_EQ(WEXITSTATUS(status), 42);
}

TEST(debug, single_step)
{
    pid_t child = traced_child();
    struct user_regs_struct regs;
    unsigned long last = 0;
    int status, moved = 0;

    for (int i = 0; i < 50; i++) {
        REQUIRE(!ptrace(PTRACE_SINGLESTEP, child, 0, 0));
        REQUIRE_EQ(waitpid(child, &status, 0), child);
        REQUIRE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
        REQUIRE(!ptrace(PTRACE_GETREGS, child, 0, &regs));
        moved += regs.rip != last;
        last = regs.rip;
    }
    REQUIRE(moved > 40);
    run_to_end(child);
}

TEST(debug, breakpoint)
{
    pid_t child = traced_child();
    struct user_regs_struct regs;
    int status;

    poke_debug(child, 0, (unsigned long)target_function);
    poke_debug(child, 7, 1); /* local enable, execution */
    REQUIRE(!ptrace(PTRACE_CONT, child, 0, 0));
    REQUIRE_EQ(waitpid(child, &status, 0), child);
    REQUIRE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    REQUIRE(!ptrace(PTRACE_GETREGS, child, 0, &regs));
    REQUIRE_EQ(regs.rip, (unsigned long)target_function);
    poke_debug(child, 7, 0);
    run_to_end(child);
}

TEST(debug, watchpoint)
{
    pid_t child = traced_child();
    int status;

    poke_debug(child, 3, (unsigned long)&watched);
    poke_debug(child, 7, 1UL << 6 | 0xdUL << 28); /* local enable of 3, write, 4 bytes */
    REQUIRE(!ptrace(PTRACE_CONT, child, 0, 0));
    REQUIRE_EQ(waitpid(child, &status, 0), child);
    REQUIRE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    REQUIRE_EQ(ptrace(PTRACE_PEEKDATA, child, &watched, 0), watched + 1);
    run_to_end(child);
}

/* Debug registers are the traced process's: this one, on the same CPU, is not stopped. */
TEST(debug, watchpoint_is_the_childs)
{
    pid_t child = traced_child();

    poke_debug(child, 0, (unsigned long)target_function);
    poke_debug(child, 7, 1);
    for (int i = 0; i < 100; i++) {
        target_function();
    }
    kill(child, SIGKILL);
}

/* Addresses of the kernel and of the hypervisor cannot be watched. */
TEST(debug, kernel_watchpoint)
{
    pid_t child = traced_child();
    size_t dr0 = offsetof(struct user, u_debugreg);

    REQUIRE(ptrace(PTRACE_POKEUSER, child, dr0, 0xffff820000000000UL));
    REQUIRE(ptrace(PTRACE_POKEUSER, child, dr0, 0xffffffff81000000UL));
    run_to_end(child);
}
