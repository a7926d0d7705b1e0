/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the tests, each in a process of its own, and prints a line for each:
 *     TEST <suite>.<name> PASS|FAIL|SKIP [reason]
 * An argument runs only the tests whose names begin with it. Exit status 0 when none failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include "user.h"

#define SECONDS_A_TEST 60

enum { STATUS_PASS = 0, STATUS_FAIL = 1, STATUS_SKIP = 2 };

extern const struct user_test __start_user_tests[], __stop_user_tests[];

static char *reason; /* shared with the process that runs the test */
#define REASON_SIZE 4096

__attribute__((noreturn)) static void leave(int status, const char *fmt, va_list ap)
{
    vsnprintf(reason, REASON_SIZE, fmt, ap);
    _exit(status);
}

void fail(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    leave(STATUS_FAIL, fmt, ap);
}

void skip(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    leave(STATUS_SKIP, fmt, ap);
}

static sigjmp_buf fault_return;
static volatile struct fault fault_seen;

static void note_fault(int signo, siginfo_t *info, void *context)
{
    const ucontext_t *uc = context;

    fault_seen.signo = signo;
    fault_seen.code = info->si_code;
    fault_seen.addr = (uintptr_t)info->si_addr;
    fault_seen.err = uc->uc_mcontext.gregs[REG_ERR];
    fault_seen.trapno = uc->uc_mcontext.gregs[REG_TRAPNO];
    siglongjmp(fault_return, 1);
}

struct fault fault_of(void (*fn)(void))
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
    struct sigaction sa = { .sa_sigaction = note_fault, .sa_flags = SA_SIGINFO };
    struct fault f = { 0 };

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i], &sa, NULL);
    }
    fault_seen.signo = 0;
    if (!sigsetjmp(fault_return, 1)) {
        fn();
    }
    f.signo = fault_seen.signo;
    f.code = fault_seen.code;
    f.addr = fault_seen.addr;
    f.err = fault_seen.err;
    f.trapno = fault_seen.trapno;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        signal(signals[i], SIG_DFL);
    }
    return f;
}

/* Whether it failed. */
static bool run(const struct user_test *t)
{
    int status;
    pid_t pid;

    reason[0] = '\0';
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        alarm(SECONDS_A_TEST);
        t->fn();
        _exit(STATUS_PASS);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        printf("TEST %s ERROR no process: %s\n", t->name, strerror(errno));
        return true;
    }
    kill(-pid, SIGKILL); /* what it left behind */
    if (WIFSIGNALED(status)) {
        printf("TEST %s FAIL died of %s\n", t->name, strsignal(WTERMSIG(status)));
        return true;
    }
    switch (WEXITSTATUS(status)) {
    case STATUS_PASS:
        printf("TEST %s PASS\n", t->name);
        return false;
    case STATUS_SKIP:
        printf("TEST %s SKIP %s\n", t->name, reason);
        return false;
    default:
        printf("TEST %s FAIL %s\n", t->name, reason);
        return true;
    }
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : "";
    unsigned int failed = 0, count = 0;

    reason = mmap(NULL, REASON_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (reason == MAP_FAILED) {
        perror("mmap");
        return 2;
    }
    for (const struct user_test *t = __start_user_tests; t < __stop_user_tests; t++) {
        if (!strncmp(t->name, only, strlen(only))) {
            failed += run(t);
            count++;
        }
    }
    printf("SUITE user END %u tests, %u failed\n", count, failed);
    return failed != 0;
}
