/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables under load: what fork, mmap, mprotect and mremap make of them, data checked. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "user.h"

#define MIB  (1UL << 20)
#define PAGE 4096UL

static char *anonymous(size_t size)
{
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    REQUIRE(p != MAP_FAILED);
    return p;
}

static void stamp(char *p, size_t size, uint64_t seed)
{
    for (size_t at = 0; at < size; at += PAGE) {
        *(uint64_t *)(p + at) = seed + at;
    }
}

static bool stamped(const char *p, size_t size, uint64_t seed)
{
    for (size_t at = 0; at < size; at += PAGE) {
        if (*(const uint64_t *)(p + at) != seed + at) {
            return false;
        }
    }
    return true;
}

TEST(memory, copy_on_write)
{
    size_t size = 8 * MIB;
    char *p = anonymous(size);
    int status;

    stamp(p, size, 1);
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            REQUIRE(stamped(p, size, 1));
            stamp(p, size, 100 + (uint64_t)i);
            REQUIRE(stamped(p, size, 100 + (uint64_t)i));
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++) {
        REQUIRE(wait(&status) > 0);
        REQUIRE_EQ(status, 0);
    }
    REQUIRE(stamped(p, size, 1));
}

TEST(memory, many_forks)
{
    int status;

    for (int i = 0; i < 150; i++) {
        pid_t child = fork();

        REQUIRE(child >= 0);
        if (child == 0) {
            _exit(i & 0x7f);
        }
        REQUIRE_EQ(waitpid(child, &status, 0), child);
        REQUIRE_EQ(WEXITSTATUS(status), i & 0x7f);
    }
}

TEST(memory, processes_at_once)
{
    int status, n = 60;

    for (int i = 0; i < n; i++) {
        pid_t child = fork();

        REQUIRE(child >= 0);
        if (child == 0) {
            char *p = anonymous(MIB / 2);

            stamp(p, MIB / 2, (uint64_t)i);
            sched_yield();
            _exit(stamped(p, MIB / 2, (uint64_t)i) ? 0 : 1);
        }
    }
    for (int i = 0; i < n; i++) {
        REQUIRE(wait(&status) > 0);
        REQUIRE_EQ(status, 0);
    }
}

TEST(memory, map_and_unmap)
{
    for (int round = 0; round < 30; round++) {
        char *p[32];

        for (int i = 0; i < 32; i++) {
            p[i] = anonymous(16 * PAGE);
            stamp(p[i], 16 * PAGE, (uint64_t)i);
        }
        for (int i = 0; i < 32; i++) {
            REQUIRE(stamped(p[i], 16 * PAGE, (uint64_t)i));
            REQUIRE(!munmap(p[i], 16 * PAGE));
        }
    }
}

TEST(memory, protection_flips)
{
    size_t size = 64 * PAGE;
    char *p = anonymous(size);

    for (uint64_t round = 0; round < 100; round++) {
        REQUIRE(!mprotect(p, size, PROT_READ | PROT_WRITE));
        stamp(p, size, round);
        REQUIRE(!mprotect(p, size, PROT_READ));
        REQUIRE(stamped(p, size, round));
        REQUIRE(!mprotect(p + 8 * PAGE, 8 * PAGE, PROT_NONE));
    }
}

TEST(memory, moves)
{
    size_t size = 2 * MIB;
    char *p = anonymous(size);

    stamp(p, size, 77);
    for (int i = 0; i < 20; i++) {
        char *q = mremap(p, size, size + PAGE, MREMAP_MAYMOVE);

        REQUIRE(q != MAP_FAILED);
        REQUIRE(stamped(q, size, 77));
        p = mremap(q, size + PAGE, size, MREMAP_MAYMOVE);
        REQUIRE(p != MAP_FAILED);
    }
}

/* Given back to the kernel, a page comes back zeroed. */
TEST(memory, given_back)
{
    char *p = anonymous(4 * MIB);

    memset(p, 0x5a, 4 * MIB);
    REQUIRE(!madvise(p, 4 * MIB, MADV_DONTNEED));
    for (size_t at = 0; at < 4 * MIB; at++) {
        REQUIRE_EQ(p[at], 0);
    }
}

TEST(memory, shared_between_cpus)
{
    unsigned int *word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                              0);
    int status;

    REQUIRE(word != MAP_FAILED);
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            for (int n = 0; n < 20000; n++) {
                __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++) {
        REQUIRE(wait(&status) > 0);
        REQUIRE_EQ(status, 0);
    }
    REQUIRE_EQ(*word, 80000);
}

/* A page of code that is written anew is what then runs. */
TEST(memory, code_is_replaced)
{
    unsigned char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int (*fn)(void) = (int (*)(void))(uintptr_t)p;

    REQUIRE(p != MAP_FAILED);
    for (int i = 0; i < 100; i++) {
        p[0] = 0xb8; /* mov $i, %eax; ret */
        memcpy(p + 1, &i, sizeof(i));
        p[5] = 0xc3;
        REQUIRE_EQ(fn(), i);
    }
}
