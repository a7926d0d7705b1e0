/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments of a 64-bit process: FS and GS bases, TLS slots, a local descriptor table. */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "user.h"

static uint64_t gs_read(void)
{
    uint64_t v;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(v) : : "memory");
    return v;
}

/* Two processes with different GS bases on one CPU: neither sees the other's. */
TEST(segments, gs_base_across_switches)
{
    static uint64_t words[2] = { 0x1111, 0x2222 };
    pid_t child;
    int status, who;
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof(one), &one);
    child = fork();
    who = child == 0;
    REQUIRE(!syscall(SYS_arch_prctl, ARCH_SET_GS, &words[who]));
    for (int i = 0; i < 2000; i++) {
        REQUIRE_EQ(gs_read(), words[who]);
        sched_yield();
    }
    if (who) {
        _exit(0);
    }
    REQUIRE_EQ(waitpid(child, &status, 0), child);
    REQUIRE_EQ(status, 0);
}

static __thread unsigned long tls_word;

static void *count_tls(void *arg)
{
    unsigned long start = (unsigned long)arg;

    tls_word = start;
    for (int i = 0; i < 2000; i++) {
        tls_word++;
        sched_yield();
    }
    return (void *)(tls_word - start);
}

TEST(segments, thread_storage)
{
    pthread_t threads[8];

    for (unsigned long i = 0; i < 8; i++) {
        REQUIRE(!pthread_create(&threads[i], NULL, count_tls, (void *)(i << 32)));
    }
    for (int i = 0; i < 8; i++) {
        void *counted;

        REQUIRE(!pthread_join(threads[i], &counted));
        REQUIRE_EQ((unsigned long)counted, 2000);
    }
}

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE (1 << 1)
#endif

TEST(segments, wrgsbase)
{
    static uint64_t word = 0x77;
    uint64_t base;

    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE)) {
        skip("the kernel does not offer it");
    }
    __asm__ volatile("wrgsbase %0" : : "r"(&word));
    REQUIRE_EQ(gs_read(), 0x77);
    sched_yield();
    usleep(1000);
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    REQUIRE_EQ(base, (uintptr_t)&word);
}

static void put_descriptor(unsigned int entry, void *base, unsigned int limit)
{
    struct user_desc desc = {
        .entry_number = entry,
        .base_addr = (unsigned int)(uintptr_t)base,
        .limit = limit,
        .seg_32bit = 1,
        .contents = MODIFY_LDT_CONTENTS_DATA,
        .useable = 1,
    };

    if (syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc))) {
        if (errno == ENOSYS) {
            skip("the kernel has no modify_ldt");
        }
        fail("modify_ldt: %s", strerror(errno));
    }
}

#define LDT_SELECTOR(n) ((n)*8 + 7)

static uint32_t *low_page(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1,
                   0);

    REQUIRE(p != MAP_FAILED);
    return p;
}

/* Loaded by the selector's number, and kept over switches and over changes of the table. */
TEST(segments, ldt)
{
    uint32_t *page = low_page(), seen;

    page[0] = 0xcafe;
    page[1] = 0xbeef;
    put_descriptor(0, page, 4095);
    put_descriptor(700, page + 1, 3);
    for (int i = 0; i < 100; i++) {
        __asm__ volatile("mov %1, %%gs; mov %%gs:0, %0" : "=r"(seen) : "r"(LDT_SELECTOR(0)));
        REQUIRE_EQ(seen, 0xcafe);
        sched_yield();
        __asm__ volatile("mov %1, %%gs; mov %%gs:0, %0" : "=r"(seen) : "r"(LDT_SELECTOR(700)));
        REQUIRE_EQ(seen, 0xbeef);
    }
    __asm__ volatile("mov %0, %%gs" : : "r"(0));
}

TEST(segments, ldt_read_back)
{
    uint64_t table[2] = { 0, 0 };

    put_descriptor(1, low_page(), 4095);
    REQUIRE_EQ(syscall(SYS_modify_ldt, 0, table, sizeof(table)), sizeof(table));
    REQUIRE_EQ(table[0], 0);
    REQUIRE(table[1] & (1ULL << 47));
}

static void past_the_limit(void)
{
    uint32_t seen;

    __asm__ volatile("mov %1, %%gs; mov %%gs:0, %0" : "=r"(seen) : "r"(LDT_SELECTOR(9)));
}

/* A selector of an empty slot is refused. */
TEST(segments, ldt_empty_slot)
{
    put_descriptor(3, low_page(), 4095);
    REQUIRE_EQ(fault_of(past_the_limit).signo, SIGSEGV);
}

static void call_gate(void)
{
    __asm__ volatile("mov %0, %%gs" : : "r"(3 * 8)); /* the kernel's or hypervisor's own segments */
}

TEST(segments, kernel_selector)
{
    struct fault f = fault_of(call_gate);

    REQUIRE(f.signo == 0 || f.signo == SIGSEGV);
}

/* A child inherits the table, and its changes are its own. */
TEST(segments, ldt_over_fork)
{
    uint32_t *page = low_page(), seen;
    int status;
    pid_t child;

    page[0] = 0x1234;
    put_descriptor(0, page, 4095);
    child = fork();
    if (child == 0) {
        __asm__ volatile("mov %1, %%gs; mov %%gs:0, %0" : "=r"(seen) : "r"(LDT_SELECTOR(0)));
        REQUIRE_EQ(seen, 0x1234);
        put_descriptor(0, page + 1, 3);
        _exit(0);
    }
    REQUIRE_EQ(waitpid(child, &status, 0), child);
    REQUIRE_EQ(status, 0);
    __asm__ volatile("mov %1, %%gs; mov %%gs:0, %0" : "=r"(seen) : "r"(LDT_SELECTOR(0)));
    REQUIRE_EQ(seen, 0x1234);
}
