/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways from compatibility mode into the kernel: INT 80h everywhere, SYSENTER on CPUs of Intel's
 * and Zhaoxin's, SYSCALL on AMD's and Hygon's, and the vDSO's, which is the best of them. A way
 * that a CPU does not have costs the process that tries it, and nobody else.
 *
 * SYSENTER and SYSCALL come back to the vDSO, whatever they were called from: there the three words
 * are taken from the stack that its own code has put there, and a near return follows.
 */
#include <cpuid.h>
#include "user32.h"

#define TIMES 1000

/* A call with no argument: number in, result out. The other registers are kept, but what each says
 * below. */
typedef long way(long nr);

static uint32_t vdso_entry;
static uint32_t flags_in, flags_out; /* added to the flags at the call; as they are after it */

#define WITH_FLAGS "pushf; mov %[more], %%ecx; or %%ecx, (%%esp); popf\n\t"
#define SAVE_FLAGS "pushf; pop %[flags]; push $0x202; popf; cld\n\t"

static long by_int80(long nr)
{
    __asm__ volatile(WITH_FLAGS "int $0x80\n\t" SAVE_FLAGS
                     : "+a"(nr), [flags] "=&r"(flags_out)
                     : [more] "m"(flags_in)
                     : "ecx", "memory", "cc");
    return nr;
}

/* The stack is found by %ebp. */
static long by_sysenter(long nr)
{
    __asm__ volatile("call 1f; jmp 2f\n"
                     "1: push %%ecx; push %%edx; push %%ebp\n\t"
                     "mov %%esp, %%ebp\n\t" WITH_FLAGS "sysenter\n"
                     "2: " SAVE_FLAGS
                     : "+a"(nr), [flags] "=&r"(flags_out)
                     : [more] "m"(flags_in)
                     : "ecx", "edx", "memory", "cc");
    return nr;
}

/* %ecx is the return address's: what it held comes in %ebp, and %ebp on the stack. */
static long by_syscall(long nr)
{
    __asm__ volatile("call 1f; jmp 2f\n"
                     "1: push %%ecx; push %%edx; push %%ebp\n\t" WITH_FLAGS "mov %%ecx, %%ebp\n\t"
                     "syscall\n"
                     "2: " SAVE_FLAGS
                     : "+a"(nr), [flags] "=&r"(flags_out)
                     : [more] "m"(flags_in)
                     : "ecx", "edx", "memory", "cc");
    return nr;
}

static long by_vdso(long nr)
{
    __asm__ volatile(WITH_FLAGS "call *%[entry]\n\t" SAVE_FLAGS
                     : "+a"(nr), [flags] "=&r"(flags_out)
                     : [more] "m"(flags_in), [entry] "m"(vdso_entry)
                     : "ecx", "memory", "cc");
    return nr;
}

static bool cpu_is(const char *vendor)
{
    uint32_t a, b, c, d;
    const uint32_t *name = (const uint32_t *)vendor;

    __cpuid(0, a, b, c, d);
    return b == name[0] && d == name[1] && c == name[2];
}

static const struct {
    const char *name, *stepped, *nested, *missing;
    way *call;
    const char *const vendors[3]; /* whose CPUs have it; none: all */
} ways[] = {
    { "int80", "int80_stepped", "int80_nested_task", "int80_missing", by_int80, {} },
    { "sysenter",
      "sysenter_stepped",
      "sysenter_nested_task",
      "sysenter_missing",
      by_sysenter,
      { "GenuineIntel", "CentaurHauls", "  Shanghai  " } },
    { "syscall",
      "syscall_stepped",
      "syscall_nested_task",
      "syscall_missing",
      by_syscall,
      { "AuthenticAMD", "HygonGenuine" } },
    { "vdso_call", "vdso_stepped", "vdso_nested_task", "vdso_missing", by_vdso, {} },
};

#define NR_WAYS (sizeof(ways) / sizeof(ways[0]))

static bool has(size_t i)
{
    bool has = !ways[i].vendors[0];

    for (size_t n = 0; n < 3 && ways[i].vendors[n]; n++) {
        has = has || cpu_is(ways[i].vendors[n]);
    }
    return has;
}

static bool works(way *call, long pid)
{
    for (int i = 0; i < TIMES; i++) {
        if (call(NR_getpid) != pid) {
            return false;
        }
    }
    return true;
}

static volatile uint32_t steps;

static void count_step(int signo, void *info, uint32_t *context)
{
    (void)signo;
    (void)info;
    (void)context;
    steps++;
}

/* The process is stepped up to the call and on after it, and nothing else is; the flag is there as
 * it was. */
static void test_stepped(const char *name, way *call, long pid)
{
    bool good = handle(SIGTRAP, count_step);
    uint32_t counted;

    steps = 0;
    flags_in = FLAGS_TF;
    good = call(NR_getpid) == pid && good;
    flags_in = 0;
    counted = steps;
    good = good && flags_out & FLAGS_TF && counted > 1;
    good = call(NR_getpid) == pid && steps == counted && good;
    verdict(name, good);
}

/* NT makes an IRET fail, whose ever it is. */
static void test_nested_task(const char *name, way *call, long pid)
{
    flags_in = FLAGS_NT;
    verdict(name, works(call, pid));
    flags_in = 0;
}

/* The process that tries it ends by a signal: the next one goes on. */
static void test_missing(const char *name, way *call, long pid)
{
    long child = call3(NR_fork, 0, 0, 0);
    int status = 0;

    if (child == 0) {
        call(NR_getpid);
        call3(NR_exit, 0, 0, 0);
    }
    verdict(name, call3(NR_waitpid, child, (long)&status, 0) == child &&
                      (status == SIGILL || status == SIGSEGV) && call3(NR_getpid, 0, 0, 0) == pid);
}

/* What a call leaves alone, by whichever way. */
static void test_registers(void)
{
    uint32_t nr = NR_getpid, b = 0xb0b0b0b0, c = 0xc0c0c0c0, d = 0xd0d0d0d0, s = 0x51515151,
             t = 0xd1d1d1d1;

    __asm__ volatile("call *%[entry]"
                     : "+a"(nr), "+b"(b), "+c"(c), "+d"(d), "+S"(s), "+D"(t)
                     : [entry] "m"(vdso_entry)
                     : "memory", "cc");
    verdict("vdso_registers", b == 0xb0b0b0b0 && c == 0xc0c0c0c0 && d == 0xd0d0d0d0 &&
                                  s == 0x51515151 && t == 0xd1d1d1d1);
}

void test_ways(uint32_t entry)
{
    long pid = call3(NR_getpid, 0, 0, 0);

    vdso_entry = entry;
    for (size_t i = 0; i < NR_WAYS; i++) {
        if (ways[i].call == by_vdso && !entry) {
            not_here(ways[i].name, "no vDSO");
        } else if (has(i)) {
            verdict(ways[i].name, pid > 0 && works(ways[i].call, pid));
            test_stepped(ways[i].stepped, ways[i].call, pid);
            test_nested_task(ways[i].nested, ways[i].call, pid);
        } else {
            test_missing(ways[i].missing, ways[i].call, pid);
        }
    }
    if (entry) {
        test_registers();
    }
}
