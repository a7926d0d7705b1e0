/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 32-bit program, without a library: the ways into a 64-bit kernel from compatibility mode, its
 * thread storage, signals, and the way to 64-bit code and back. Prints the lines that main.c
 * prints.
 */
#include "user32.h"

#define AT_SYSINFO 32

long call3(long nr, long a, long b, long c)
{
    __asm__ volatile("int $0x80" : "+a"(nr) : "b"(a), "c"(b), "d"(c) : "memory");
    return nr;
}

static size_t length(const char *s)
{
    size_t n = 0;

    while (s[n]) {
        n++;
    }
    return n;
}

void say(const char *s)
{
    call3(NR_write, 1, (long)s, (long)length(s));
}

static unsigned int failed;

void verdict(const char *name, bool passed)
{
    say("TEST compat.");
    say(name);
    say(passed ? " PASS\n" : " FAIL wrong result\n");
    failed += !passed;
}

void not_here(const char *name, const char *why)
{
    say("TEST compat.");
    say(name);
    say(" SKIP ");
    say(why);
    say("\n");
}

/* What the kernel gives as the best way in: sysenter or syscall, by the CPU. */
static uint32_t vdso_entry(const uint32_t *auxv)
{
    for (; auxv[0]; auxv += 2) {
        if (auxv[0] == AT_SYSINFO) {
            return auxv[1];
        }
    }
    return 0;
}

static void test_registers(void)
{
    uint32_t nr = NR_getpid, b = 0xb0b0b0b0, c = 0xc0c0c0c0, d = 0xd0d0d0d0, s = 0x51515151,
             t = 0xd1d1d1d1;

    __asm__ volatile("int $0x80"
                     : "+a"(nr), "+b"(b), "+c"(c), "+d"(d), "+S"(s), "+D"(t)
                     :
                     : "memory");
    verdict("registers", b == 0xb0b0b0b0 && c == 0xc0c0c0c0 && d == 0xd0d0d0d0 && s == 0x51515151 &&
                             t == 0xd1d1d1d1);
}

struct user_desc32 {
    uint32_t entry, base, limit, flags;
};

static void test_thread_area(void)
{
    static uint32_t word = 0x600df00d;
    struct user_desc32 desc = { (uint32_t)-1, (uint32_t)&word, 0xfffff, 0x51 };
    uint32_t seen = 0;
    bool same = true;

    if (call3(NR_set_thread_area, (long)&desc, 0, 0)) {
        verdict("thread_area", false);
        return;
    }
    __asm__ volatile("mov %0, %%gs" : : "r"((uint16_t)(desc.entry * 8 + 3)));
    for (int i = 0; i < 1000; i++) {
        call3(NR_sched_yield, 0, 0, 0);
        __asm__ volatile("mov %%gs:0, %0" : "=r"(seen));
        same = same && seen == word;
    }
    verdict("thread_area", same);
}

/* 64-bit code adds what 32 bits do not hold. */
static void test_long_mode(void)
{
    uint32_t high = 0;

    __asm__ volatile("mov $2f, %%ecx\n"
                     "ljmp $0x33, $1f\n"
                     ".code64\n"
                     "1: mov $0x123456789abcdef0, %%rax\n"
                     "shr $32, %%rax\n"
                     "push $0x23\n"
                     "push %%rcx\n"
                     "lretq\n"
                     ".code32\n"
                     "2:"
                     : "=a"(high)
                     :
                     : "ecx", "memory", "cc");
    verdict("long_mode_and_back", high == 0x12345678);
}

#define FAULTING_INSTRUCTION_SIZE 2

static volatile uint32_t trapno, error_code;

__attribute__((naked)) static void sigreturn(void)
{
    __asm__("mov %0, %%eax; int $0x80" : : "i"(NR_rt_sigreturn));
}

struct sigaction32 {
    handler32 *handler;
    uint32_t flags;
    void (*restorer)(void);
    uint32_t mask[2];
};

bool handle(int signo, handler32 *handler)
{
    struct sigaction32 sa = { handler, SA_SIGINFO | SA_RESTORER, sigreturn, { 0, 0 } };
    long rc = NR_rt_sigaction;

    __asm__ volatile("int $0x80"
                     : "+a"(rc)
                     : "b"(signo), "c"(&sa), "d"(0), "S"(sizeof(sa.mask))
                     : "memory");
    return rc == 0;
}

static void step_over(int signo, void *info, uint32_t *context)
{
    (void)signo;
    (void)info;
    trapno = context[CONTEXT_TRAPNO];
    error_code = context[CONTEXT_ERR];
    context[CONTEXT_IP] += FAULTING_INSTRUCTION_SIZE;
}

static void test_signal(void)
{
    bool good = handle(SIGSEGV, step_over);
    uint32_t kept = 0x12121212;

    __asm__ volatile("mov %%eax, (%%eax)" : "+b"(kept) : "a"(64) : "memory");
    verdict("signal", good && trapno == 14 && error_code == 6 && kept == 0x12121212);
}

__attribute__((used)) static void start(uint32_t *stack)
{
    uint32_t *p = stack + 1 + stack[0] + 1;

    while (*p++) {
    }
    test_ways(vdso_entry(p));
    test_registers();
    test_thread_area();
    test_long_mode();
    test_signal();
    say("SUITE compat END\n");
    call3(NR_exit, failed != 0, 0, 0);
}

__asm__(".globl _start\n"
        "_start: mov %esp, %eax\n"
        "push %eax\n"
        "call start\n");
