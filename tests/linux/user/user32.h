/* SPDX-License-Identifier: GPL-2.0-only */
/* The 32-bit program's own small library: calls by int 0x80, and a line for each case. */
#ifndef USER32_H
#define USER32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NR_exit = 1,
    NR_fork = 2,
    NR_write = 4,
    NR_waitpid = 7,
    NR_getpid = 20,
    NR_sched_yield = 158,
    NR_rt_sigreturn = 173,
    NR_rt_sigaction = 174,
    NR_set_thread_area = 243,
};

#define SIGILL      4
#define SIGTRAP     5
#define SIGSEGV     11
#define SA_SIGINFO  4
#define SA_RESTORER 0x04000000

/* Words of the context that a signal's handler is given. */
enum { CONTEXT_TRAPNO = 17, CONTEXT_ERR = 18, CONTEXT_IP = 19, CONTEXT_FLAGS = 21 };

#define FLAGS_TF 0x100u
#define FLAGS_NT 0x4000u

typedef void handler32(int signo, void *info, uint32_t *context);

long call3(long nr, long a, long b, long c);
void say(const char *s);
void verdict(const char *name, bool passed);
void not_here(const char *name, const char *why);
/* Whether the kernel took it. */
bool handle(int signo, handler32 *handler);

/* ways32.c: all of them; entry is what the kernel gives as the best, 0: none. */
void test_ways(uint32_t entry);

#endif
