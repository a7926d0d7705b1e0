/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions of user mode: each arrives as its signal, with the code and address that hardware
 * gives. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "user.h"

#define PF_PRESENT 1
#define PF_WRITE   2
#define PF_USER    4
#define PF_FETCH   16

static char *page;

static void divide(void)
{
    __asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; xor %%ecx, %%ecx; div %%ecx"
                     :
                     :
                     : "eax", "ecx", "edx", "cc");
}

TEST(faults, divide)
{
    struct fault f = fault_of(divide);

    REQUIRE_EQ(f.signo, SIGFPE);
    REQUIRE_EQ(f.code, FPE_INTDIV);
    REQUIRE_EQ(f.trapno, 0);
}

static void undefined(void)
{
    __asm__ volatile("ud2");
}

TEST(faults, undefined_opcode)
{
    struct fault f = fault_of(undefined);

    REQUIRE_EQ(f.signo, SIGILL);
    REQUIRE_EQ(f.code, ILL_ILLOPN);
}

static void breakpoint(void)
{
    __asm__ volatile("int3");
}

TEST(faults, breakpoint)
{
    struct fault f = fault_of(breakpoint);

    REQUIRE_EQ(f.signo, SIGTRAP);
    REQUIRE_EQ(f.trapno, 3);
}

static void halt(void)
{
    __asm__ volatile("hlt");
}

TEST(faults, privileged)
{
    struct fault f = fault_of(halt);

    REQUIRE_EQ(f.signo, SIGSEGV);
    REQUIRE_EQ(f.code, SI_KERNEL);
    REQUIRE_EQ(f.trapno, 13);
}

static void software_interrupt(void)
{
    __asm__ volatile("int $0x41");
}

/* The gate is not the user's: the error code names the vector as hardware does. */
TEST(faults, software_interrupt)
{
    struct fault f = fault_of(software_interrupt);

    REQUIRE_EQ(f.signo, SIGSEGV);
    REQUIRE_EQ(f.trapno, 13);
    /* QEMU before version 8 puts the vector one bit higher, and a hypervisor may pass that on. */
    REQUIRE(f.err == 0x41 * 8 + 2 || f.err == 0x41 * 16 + 2);
}

static void single_step(void)
{
    __asm__ volatile("pushf; orl $0x100, (%%rsp); popf; nop" : : : "memory", "cc");
}

TEST(faults, trap_flag)
{
    struct fault f = fault_of(single_step);

    REQUIRE_EQ(f.signo, SIGTRAP);
    REQUIRE_EQ(f.trapno, 1);
}

static void read_null(void)
{
    (void)*(volatile char *)16;
}

TEST(faults, null_pointer)
{
    struct fault f = fault_of(read_null);

    REQUIRE_EQ(f.signo, SIGSEGV);
    REQUIRE_EQ(f.code, SEGV_MAPERR);
    REQUIRE_EQ(f.addr, 16);
    REQUIRE_EQ(f.err, PF_USER);
}

static void write_page(void)
{
    *(volatile char *)(page + 123) = 1;
}

TEST(faults, write_protected)
{
    struct fault f;

    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    page[123] = 7;
    REQUIRE(!mprotect(page, 4096, PROT_READ));
    f = fault_of(write_page);
    REQUIRE_EQ(f.signo, SIGSEGV);
    REQUIRE_EQ(f.code, SEGV_ACCERR);
    REQUIRE_EQ(f.addr, (uintptr_t)page + 123);
    REQUIRE_EQ(f.err, PF_USER | PF_WRITE | PF_PRESENT);
    REQUIRE_EQ(page[123], 7);
    REQUIRE(!mprotect(page, 4096, PROT_READ | PROT_WRITE));
    f = fault_of(write_page);
    REQUIRE_EQ(f.signo, 0);
    REQUIRE_EQ(page[123], 1);
}

static void call_page(void)
{
    ((void (*)(void))(uintptr_t)page)();
}

TEST(faults, no_execute)
{
    struct fault f;

    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    memset(page, 0xc3, 4096); /* ret */
    f = fault_of(call_page);
    REQUIRE_EQ(f.signo, SIGSEGV);
    REQUIRE_EQ(f.code, SEGV_ACCERR);
    REQUIRE_EQ(f.addr, (uintptr_t)page);
    REQUIRE_EQ(f.err, PF_USER | PF_FETCH | PF_PRESENT);
    REQUIRE(!mprotect(page, 4096, PROT_READ | PROT_EXEC));
    REQUIRE_EQ(fault_of(call_page).signo, 0);
}

static void read_kernel(void)
{
    (void)*(volatile char *)0xffff880000000000UL;
}

static void read_hypervisor(void)
{
    (void)*(volatile char *)0xffff820000000000UL;
}

TEST(faults, kernel_address)
{
    struct fault f = fault_of(read_kernel);

    REQUIRE_EQ(f.signo, SIGSEGV);
    f = fault_of(read_hypervisor);
    REQUIRE_EQ(f.signo, SIGSEGV);
}

static void read_noncanonical(void)
{
    (void)*(volatile char *)0x8000000000000000UL;
}

TEST(faults, noncanonical)
{
    struct fault f = fault_of(read_noncanonical);

    REQUIRE_EQ(f.signo, SIGSEGV);
    REQUIRE_EQ(f.code, SI_KERNEL);
}

/* A return to a non-canonical address must harm nobody but the process. */
TEST(faults, noncanonical_jump)
{
    static void (*volatile nowhere)(void) = (void (*)(void))0x8000000000000000UL;

    REQUIRE_EQ(fault_of(nowhere).signo, SIGSEGV);
}

static void unaligned(void)
{
    static char words[16];

    __asm__ volatile("pushf; orl $0x40000, (%%rsp); popf\n\t"
                     "movl 1(%0), %%eax\n\t"
                     "pushf; andl $~0x40000, (%%rsp); popf"
                     :
                     : "r"(words)
                     : "eax", "memory", "cc");
}

TEST(faults, alignment)
{
    struct fault f = fault_of(unaligned);

    if (f.signo == 0) {
        skip("this CPU does not check alignment");
    }
    REQUIRE_EQ(f.signo, SIGBUS);
    REQUIRE_EQ(f.code, BUS_ADRALN);
}

static void x87_divide(void)
{
    unsigned short cw = 0x037b; /* zero divide unmasked */

    __asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(cw));
}

static void sse_divide(void)
{
    unsigned int mxcsr = 0x1d80; /* zero divide unmasked */

    __asm__ volatile("ldmxcsr %0; xorps %%xmm1, %%xmm1; mov $0x3f800000, %%eax; movd %%eax, %%xmm0;"
                     "divss %%xmm1, %%xmm0"
                     :
                     : "m"(mxcsr)
                     : "eax", "xmm0", "xmm1");
}

TEST(faults, floating_point)
{
    struct fault f = fault_of(x87_divide);

    REQUIRE_EQ(f.signo, SIGFPE);
    REQUIRE_EQ(f.code, FPE_FLTDIV);
    f = fault_of(sse_divide);
    if (f.signo == 0) {
        skip("this CPU raises no SIMD exceptions");
    }
    REQUIRE_EQ(f.signo, SIGFPE);
    REQUIRE_EQ(f.code, FPE_FLTDIV);
}
