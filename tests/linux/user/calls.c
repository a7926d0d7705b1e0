/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways into the kernel, and what needs none: vsyscall, vDSO, CPUID, time stamps. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "user.h"

/* All registers but rax, rcx and r11 come back as they were. */
TEST(calls, syscall_registers)
{
    register uint64_t r8 __asm__("r8") = 0x8888888888888888, r9 __asm__("r9") = 0x9999999999999999;
    register uint64_t r10 __asm__("r10") = 0x1010101010101010;
    register uint64_t r12 __asm__("r12") = 0x1212121212121212;
    register uint64_t r15 __asm__("r15") = 0x1515151515151515;
    uint64_t rax = SYS_getppid, rbx = 0xb0b0b0b0b0b0b0b0, rdx = 0xd0d0d0d0d0d0d0d0;

    __asm__ volatile("syscall"
                     : "+a"(rax), "+b"(rbx), "+d"(rdx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r12),
                       "+r"(r15)
                     :
                     : "rcx", "r11", "memory");
    REQUIRE_EQ(rax, getppid());
    REQUIRE_EQ(rbx, 0xb0b0b0b0b0b0b0b0);
    REQUIRE_EQ(rdx, 0xd0d0d0d0d0d0d0d0);
    REQUIRE_EQ(r8, 0x8888888888888888);
    REQUIRE_EQ(r9, 0x9999999999999999);
    REQUIRE_EQ(r10, 0x1010101010101010);
    REQUIRE_EQ(r12, 0x1212121212121212);
    REQUIRE_EQ(r15, 0x1515151515151515);
}

/* The direction flag is the kernel's business only while it is there. */
TEST(calls, syscall_flags)
{
    uint64_t flags, rax = SYS_getpid;

    __asm__ volatile("std; syscall; pushf; pop %0; cld"
                     : "=r"(flags), "+a"(rax)
                     :
                     : "rcx", "r11", "memory", "cc");
    REQUIRE_EQ(rax, getpid());
    REQUIRE(flags & 0x400);
}

TEST(calls, unknown_syscall)
{
    errno = 0;
    REQUIRE_EQ(syscall(0x3fffff), -1);
    REQUIRE_EQ(errno, ENOSYS);
}

/* The 32-bit gate works from 64-bit code: number 20 is getpid there. */
TEST(calls, int80)
{
    long rax = 20;

    __asm__ volatile("int $0x80" : "+a"(rax) : : "memory", "r8", "r9", "r10", "r11");
    if (rax == -ENOSYS) {
        skip("the kernel has no 32-bit calls");
    }
    REQUIRE_EQ(rax, getpid());
}

static bool has_vsyscall(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[256];
    bool found = false;

    while (maps && fgets(line, sizeof(line), maps)) {
        found = found || strstr(line, "[vsyscall]");
    }
    return found;
}

TEST(calls, vsyscall)
{
    time_t (*vtime)(time_t *) = (time_t(*)(time_t *))0xffffffffff600400UL;
    time_t before = time(NULL), now;

    if (!has_vsyscall()) {
        skip("the kernel has no vsyscall page");
    }
    now = vtime(NULL);
    REQUIRE(now >= before && now <= time(NULL));
}

/* Every CPU's clock goes forward, also beside the others'. */
TEST(calls, clock_goes_forward)
{
    struct timespec last = { 0 }, t;
    cpu_set_t all, one;

    REQUIRE(!sched_getaffinity(0, sizeof(all), &all));
    for (int round = 0; round < 200; round++) {
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
            if (!CPU_ISSET(cpu, &all)) {
                continue;
            }
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            REQUIRE(!sched_setaffinity(0, sizeof(one), &one));
            for (int i = 0; i < 20; i++) {
                REQUIRE(!clock_gettime(CLOCK_MONOTONIC, &t));
                REQUIRE(t.tv_sec > last.tv_sec ||
                        (t.tv_sec == last.tv_sec && t.tv_nsec >= last.tv_nsec));
                last = t;
            }
        }
    }
}

TEST(calls, sleeping_takes_its_time)
{
    struct timespec before, after, nap = { .tv_nsec = 20 * 1000 * 1000 };
    long long ns;

    clock_gettime(CLOCK_MONOTONIC, &before);
    REQUIRE(!nanosleep(&nap, NULL));
    clock_gettime(CLOCK_MONOTONIC, &after);
    ns = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
    REQUIRE(ns >= nap.tv_nsec);
}

TEST(calls, time_stamp_counter)
{
    uint64_t a = __builtin_ia32_rdtsc(), b = __builtin_ia32_rdtsc();

    REQUIRE(b >= a);
}

TEST(calls, cpuid)
{
    unsigned int a, b, c, d;
    char vendor[13] = "";

    REQUIRE(__get_cpuid(0, &a, &b, &c, &d));
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &d, 4);
    memcpy(vendor + 8, &c, 4);
    REQUIRE(strlen(vendor) == 12);
    REQUIRE(__get_cpuid(1, &a, &b, &c, &d));
    REQUIRE(d & bit_SSE2);
}
