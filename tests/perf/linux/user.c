/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program in dom0 pays for processes, switches and memory. Each row is the least of several
 * rounds, in steps of the time stamp counter, which counts instructions where the emulator runs by
 * them. `user quick` does nothing and is what the exec row starts.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 20
#define PAGES  256
#define PAGE   4096

static const char *self;

static uint64_t now(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static void row(const char *name, void (*once)(void), unsigned int each)
{
    uint64_t best = ~0ull;

    for (unsigned int i = 0; i < ROUNDS; i++) {
        uint64_t start = now(), took;

        once();
        took = now() - start;
        best = took < best ? took : best;
    }
    printf("BENCH linux-%s %llu\n", name, (unsigned long long)(best / each));
}

static void do_syscall(void)
{
    for (int i = 0; i < 100; i++) {
        syscall(SYS_getppid);
    }
}

static void do_fork(void)
{
    pid_t child = fork();

    if (child == 0) {
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void do_fork_exec(void)
{
    pid_t child = fork();

    if (child == 0) {
        execl(self, self, "quick", (char *)NULL);
        _exit(1);
    }
    waitpid(child, NULL, 0);
}

static void do_mmap(void)
{
    munmap(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
           PAGES * PAGE);
}

static void map_touch_unmap(unsigned int pages)
{
    char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (unsigned int i = 0; i < pages; i++) {
        p[i * PAGE] = 1;
    }
    munmap(p, pages * PAGE);
}

/* As lmbench has it: what is mapped is used. */
static void do_mmap_touched(void)
{
    map_touch_unmap(64);
}

static void do_page_faults(void)
{
    map_touch_unmap(PAGES);
}

static void do_pipe(void)
{
    int ends[2];
    char byte = 0;

    if (pipe(ends)) {
        exit(1);
    }
    for (int i = 0; i < 100; i++) {
        if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1) {
            exit(1);
        }
    }
    close(ends[0]);
    close(ends[1]);
}

static int there[2], back[2];

/* One byte goes to the other process and comes back: two switches. */
static void do_ping_pong(void)
{
    char byte = 0;

    for (int i = 0; i < 100; i++) {
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) {
            exit(1);
        }
    }
}

static void ping_pong(void)
{
    pid_t child;
    char byte;

    if (pipe(there) || pipe(back) || (child = fork()) < 0) {
        exit(1);
    }
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1) {
        }
        _exit(0);
    }
    row("switch", do_ping_pong, 200);
    close(there[1]);
    waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    uint64_t started = now();

    if (argc > 1 && !strcmp(argv[1], "quick")) {
        return 0;
    }
    self = "/proc/self/exe";
    printf("BENCH linux-started-at %llu\n", (unsigned long long)started);
    row("syscall", do_syscall, 100);
    row("fork", do_fork, 1);
    row("fork-exec", do_fork_exec, 1);
    row("mmap", do_mmap, 1);
    row("mmap-touched", do_mmap_touched, 1);
    row("page-fault", do_page_faults, PAGES);
    row("pipe", do_pipe, 100);
    ping_pong();
    printf("BENCH END\n");
    return 0;
}
