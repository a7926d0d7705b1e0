/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals: on another stack, nested, from a timer while the process computes. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
#include "user.h"

static sigjmp_buf back;
static volatile uintptr_t handler_stack;
static volatile int ticks;

static void on_other_stack(int signo)
{
    char here;

    (void)signo;
    handler_stack = (uintptr_t)&here;
    siglongjmp(back, 1);
}

/* Below the stack's end, however far that is. */
static void overflow_stack(void)
{
    __asm__ volatile("1: push %%rax; jmp 1b" : : : "memory");
}

/* The stack overflows; the handler runs on its own. */
TEST(signals, stack_overflow)
{
    struct rlimit limit = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };
    struct sigaction sa = { .sa_handler = on_other_stack, .sa_flags = SA_ONSTACK };
    stack_t ss = { .ss_size = 64 << 10 };

    setrlimit(RLIMIT_STACK, &limit);
    ss.ss_sp = malloc(ss.ss_size);
    REQUIRE(ss.ss_sp);
    REQUIRE(!sigaltstack(&ss, NULL));
    REQUIRE(!sigaction(SIGSEGV, &sa, NULL));
    if (!sigsetjmp(back, 1)) {
        overflow_stack();
    }
    REQUIRE(handler_stack >= (uintptr_t)ss.ss_sp &&
            handler_stack < (uintptr_t)ss.ss_sp + ss.ss_size);
}

static void tick(int signo)
{
    (void)signo;
    ticks++;
}

/* A computation that is interrupted all the time comes to the same end. */
TEST(signals, timer_beside_computation)
{
    struct itimerval it = { .it_interval = { .tv_usec = 2000 }, .it_value = { .tv_usec = 2000 } };
    uint64_t wanted = 0, sum;

    for (uint64_t i = 0; i < 3000000; i++) {
        wanted = wanted * 6364136223846793005ULL + i;
    }
    signal(SIGALRM, tick);
    REQUIRE(!setitimer(ITIMER_REAL, &it, NULL));
    while (ticks < 20) {
        sum = 0;
        for (uint64_t i = 0; i < 3000000; i++) {
            sum = sum * 6364136223846793005ULL + i;
            __asm__ volatile("" : "+r"(sum));
        }
        REQUIRE_EQ(sum, wanted);
    }
}

static volatile int depth;

static void nested(int signo)
{
    if (++depth < 20) {
        raise(signo);
    }
}

TEST(signals, nested)
{
    struct sigaction sa = { .sa_handler = nested, .sa_flags = SA_NODEFER };

    REQUIRE(!sigaction(SIGUSR2, &sa, NULL));
    raise(SIGUSR2);
    REQUIRE_EQ(depth, 20);
}
