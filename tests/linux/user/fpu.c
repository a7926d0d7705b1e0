/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vector and floating-point state over switches: several processes a CPU, each with a pattern of
 * its own in all registers, which only a wrong switch can change. Also over signals and fork.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "user.h"

#define PROCESSES 6
#define ROUNDS    3000

struct sse_state {
    uint64_t xmm[16][2];
    uint32_t mxcsr;
    uint16_t cw;
    double x87;
};

static void sse_fill(struct sse_state *s, unsigned int seed)
{
    for (int i = 0; i < 16; i++) {
        s->xmm[i][0] = 0x0101010101010101ULL * (seed * 16 + (unsigned int)i);
        s->xmm[i][1] = ~s->xmm[i][0];
    }
    s->mxcsr = 0x1f80 | (seed % 4) << 13; /* the rounding modes */
    s->cw = (uint16_t)(0x37f | (seed % 4) << 10);
    s->x87 = seed + 0.25;
}

/* Loads all, leaves the CPU, stores all: nothing of the compiler's runs between. */
static long sse_round(const struct sse_state *in, struct sse_state *out, long call, long arg1,
                      long arg2)
{
    __asm__ volatile(
        "ldmxcsr %c[mx](%[in]); fninit; fldcw %c[cw](%[in]); fldl %c[st](%[in])\n\t"
        "movups 0(%[in]), %%xmm0; movups 16(%[in]), %%xmm1; movups 32(%[in]), %%xmm2\n\t"
        "movups 48(%[in]), %%xmm3; movups 64(%[in]), %%xmm4; movups 80(%[in]), %%xmm5\n\t"
        "movups 96(%[in]), %%xmm6; movups 112(%[in]), %%xmm7; movups 128(%[in]), %%xmm8\n\t"
        "movups 144(%[in]), %%xmm9; movups 160(%[in]), %%xmm10; movups 176(%[in]), %%xmm11\n\t"
        "movups 192(%[in]), %%xmm12; movups 208(%[in]), %%xmm13; movups 224(%[in]), %%xmm14\n\t"
        "movups 240(%[in]), %%xmm15\n\t"
        "syscall\n\t"
        "movups %%xmm0, 0(%[out]); movups %%xmm1, 16(%[out]); movups %%xmm2, 32(%[out])\n\t"
        "movups %%xmm3, 48(%[out]); movups %%xmm4, 64(%[out]); movups %%xmm5, 80(%[out])\n\t"
        "movups %%xmm6, 96(%[out]); movups %%xmm7, 112(%[out]); movups %%xmm8, 128(%[out])\n\t"
        "movups %%xmm9, 144(%[out]); movups %%xmm10, 160(%[out]); movups %%xmm11, 176(%[out])\n\t"
        "movups %%xmm12, 192(%[out]); movups %%xmm13, 208(%[out]); movups %%xmm14, 224(%[out])\n\t"
        "movups %%xmm15, 240(%[out])\n\t"
        "stmxcsr %c[mx](%[out]); fnstcw %c[cw](%[out]); fstpl %c[st](%[out])\n\t"
        "fninit"
        : "+a"(call)
        : [in] "r"(in), [out] "r"(out), [mx] "i"(offsetof(struct sse_state, mxcsr)),
          [cw] "i"(offsetof(struct sse_state, cw)), [st] "i"(offsetof(struct sse_state, x87)),
          "D"(arg1), "S"(arg2)
        : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
          "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return call;
}

static void sse_process(unsigned int seed)
{
    struct sse_state in, out;

    memset(&in, 0, sizeof(in));
    sse_fill(&in, seed);
    for (int i = 0; i < ROUNDS; i++) {
        memset(&out, 0, sizeof(out));
        (void)sse_round(&in, &out, SYS_sched_yield, 0, 0);
        REQUIRE(!memcmp(in.xmm, out.xmm, sizeof(in.xmm)));
        REQUIRE_EQ(out.mxcsr & ~0x3fU, in.mxcsr);
        REQUIRE_EQ(out.cw, in.cw);
        REQUIRE(out.x87 == in.x87);
    }
}

/* fn in several processes at once, on few CPUs. */
static void in_processes(void (*fn)(unsigned int))
{
    pid_t children[PROCESSES];
    int status;

    for (unsigned int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        REQUIRE(children[i] >= 0);
        if (children[i] == 0) {
            fn(i + 1);
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        REQUIRE_EQ(waitpid(children[i], &status, 0), children[i]);
        if (status) {
            _exit(1); /* the child gave the reason */
        }
    }
}

TEST(fpu, sse_across_switches)
{
    in_processes(sse_process);
}

#define XCR0_AVX    0x06u
#define XCR0_AVX512 0xe6u

/* Parts of the state that the kernel switches; 0 without XSAVE. */
static uint32_t enabled_state(void)
{
    unsigned int a, b, c, d;
    uint32_t xcr0;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX)) {
        return 0;
    }
    __asm__("xgetbv" : "=a"(xcr0) : "c"(0) : "edx");
    return xcr0;
}

static bool has_avx(void)
{
    return (enabled_state() & XCR0_AVX) == XCR0_AVX;
}

static bool has_avx512(void)
{
    unsigned int a, b, c, d;

    return (enabled_state() & XCR0_AVX512) == XCR0_AVX512 &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX512F);
}

__attribute__((target("avx"))) static void avx_process(unsigned int seed)
{
    uint64_t in[4], low[4], high[4];

    for (unsigned int i = 0; i < 4; i++) {
        in[i] = 0x0123456789abcdefULL * (seed + i);
    }
    for (int i = 0; i < ROUNDS; i++) {
        long rax = SYS_sched_yield;

        __asm__ volatile("vmovups %[in], %%ymm0; vmovups %[in], %%ymm15\n\t"
                         "syscall\n\t"
                         "vmovups %%ymm0, %[low]; vmovups %%ymm15, %[high]; vzeroupper"
                         : "+a"(rax), [low] "=m"(low), [high] "=m"(high)
                         : [in] "m"(in)
                         : "rcx", "r11", "memory", "xmm0", "xmm15");
        REQUIRE(!memcmp(in, low, sizeof(in)));
        REQUIRE(!memcmp(in, high, sizeof(in)));
    }
}

TEST(fpu, avx_across_switches)
{
    if (!has_avx()) {
        skip("no AVX here");
    }
    in_processes(avx_process);
}

/* The upper halves, the upper sixteen and the masks are three more parts of the state. */
__attribute__((target("avx512f"))) static void avx512_process(unsigned int seed)
{
    uint64_t in[8], low[8], high[8];
    uint16_t mask;

    for (unsigned int i = 0; i < 8; i++) {
        in[i] = 0xfedcba9876543211ULL * (seed + i);
    }
    for (int i = 0; i < ROUNDS; i++) {
        long rax = SYS_sched_yield;

        __asm__ volatile("vmovups %[in], %%zmm0; vmovups %[in], %%zmm31; kmovw %[seed], %%k1\n\t"
                         "syscall\n\t"
                         "vmovups %%zmm0, %[low]; vmovups %%zmm31, %[high]; kmovw %%k1, %[mask]\n\t"
                         "vzeroupper"
                         : "+a"(rax), [low] "=m"(low), [high] "=m"(high), [mask] "=m"(mask)
                         : [in] "m"(in), [seed] "r"(seed)
                         : "rcx", "r11", "memory", "xmm0", "xmm31", "k1");
        REQUIRE(!memcmp(in, low, sizeof(in)));
        REQUIRE(!memcmp(in, high, sizeof(in)));
        REQUIRE_EQ(mask, seed);
    }
}

TEST(fpu, avx512_across_switches)
{
    if (!has_avx512()) {
        skip("no AVX-512 here");
    }
    in_processes(avx512_process);
}

static void spoil(int signo)
{
    (void)signo;
    __asm__ volatile("pxor %%xmm0, %%xmm0; pcmpeqd %%xmm15, %%xmm15; fninit; fldz"
                     :
                     :
                     : "xmm0", "xmm15");
}

/* A handler's use of the registers is undone when it returns. */
TEST(fpu, signal_frames)
{
    struct sse_state in, out;

    signal(SIGUSR1, spoil);
    memset(&in, 0, sizeof(in));
    memset(&out, 0, sizeof(out));
    sse_fill(&in, 5);
    for (int i = 0; i < 200; i++) {
        REQUIRE_EQ(sse_round(&in, &out, SYS_kill, getpid(), SIGUSR1), 0);
        REQUIRE(!memcmp(in.xmm, out.xmm, sizeof(in.xmm)));
        REQUIRE(out.x87 == in.x87);
    }
}

/* Parent and child both come back from the call with the registers it was made with. */
TEST(fpu, fork_keeps_state)
{
    struct sse_state in, out;
    int status;
    long child;

    memset(&in, 0, sizeof(in));
    sse_fill(&in, 9);
    child = sse_round(&in, &out, SYS_fork, 0, 0);
    REQUIRE(!memcmp(in.xmm, out.xmm, sizeof(in.xmm)));
    REQUIRE_EQ(out.cw, in.cw);
    if (child == 0) {
        _exit(0);
    }
    REQUIRE_EQ(waitpid((pid_t)child, &status, 0), child);
    REQUIRE_EQ(status, 0);
}
