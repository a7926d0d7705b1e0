/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall table: numbers that are not there, registers kept, console_io, multicall,
 * vm_assist.
 */
#define SUITE "hypercall"
#include <public/platform.h>
#include "test.h"
#include "child.h"

TEST(unknown_numbers)
{
    static const unsigned int absent[] = { 11, 43, 44, 45, 46, 47, 52, 56, 60, 63, 64, 100, 127 };

    for (unsigned int i = 0; i < ARRAY_SIZE(absent); i++) {
        if (!EXPECT_EQ(hypercall0(absent[i]), -ENOSYS)) {
            printf("#    hypercall %u\n", absent[i]);
        }
    }
}

/* The number is a 32-bit value in eax; anything past the table is refused, not wrapped. */
static long raw_hypercall(unsigned long nr)
{
    long ret;

    __asm__ volatile("xorl %%edi, %%edi; xorl %%esi, %%esi; syscall"
                     : "=a"(ret)
                     : "0"(nr)
                     : "rcx", "r11", "rdi", "rsi", "memory");
    return ret;
}

TEST(number_bounds)
{
    EXPECT_EQ(raw_hypercall(__HYPERVISOR_xen_version), test_xen_version());
    EXPECT_EQ(raw_hypercall(1000), -ENOSYS);
    EXPECT_EQ(raw_hypercall(0x7fffffff), -ENOSYS);
    EXPECT_EQ(raw_hypercall(0x80000000), -ENOSYS);
    EXPECT_EQ(raw_hypercall(0xffffffff), -ENOSYS);
}

TEST(registers_kept)
{
    unsigned long rbx = 0x1111, rbp_ok, r12 = 0x2222, r13 = 0x3333, r14 = 0x4444, r15 = 0x5555;
    register unsigned long b __asm__("rbx") = rbx;
    register unsigned long c __asm__("r12") = r12;
    register unsigned long d __asm__("r13") = r13;
    register unsigned long e __asm__("r14") = r14;
    register unsigned long f __asm__("r15") = r15;
    long ret = __HYPERVISOR_xen_version;

    __asm__ volatile(
        "movq %%rbp, %%r9; xorl %%edi, %%edi; syscall; xorl %k1, %k1; cmpq %%rbp, %%r9; "
        "sete %b1"
        : "+a"(ret), "=&d"(rbp_ok), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f)
        :
        : "rcx", "r11", "rdi", "r9", "memory");
    EXPECT_EQ(ret, test_xen_version());
    EXPECT_EQ(rbp_ok, 1);
    EXPECT(b == rbx && c == r12 && d == r13 && e == r14 && f == r15);
}

TEST(compat_ops)
{
    struct evtchn_op op = { .cmd = EVTCHNOP_status };

    op.u.status.dom = DOMID_SELF;
    op.u.status.port = 1;
    EXPECT_EQ(hypercall1(__HYPERVISOR_event_channel_op_compat, &op), 0);
    op.cmd = 1000;
    EXPECT_EQ(hypercall1(__HYPERVISOR_event_channel_op_compat, &op), -ENOSYS);
    EXPECT_EQ(hypercall1(__HYPERVISOR_event_channel_op_compat, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hypercall2(__HYPERVISOR_sched_op_compat, SCHEDOP_yield, 0), 0);
    EXPECT_EQ(hypercall2(__HYPERVISOR_sched_op_compat, 100, 0), -ENOSYS);
}

/* The version is looked at before the command. */
TEST(platform_op_errors)
{
    struct xen_platform_op op = { .cmd = 1000, .interface_version = XENPF_INTERFACE_VERSION };

    EXPECT_EQ(hypercall1(__HYPERVISOR_platform_op, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hypercall1(__HYPERVISOR_platform_op, &op), -ENOSYS);
    op.interface_version++;
    EXPECT_EQ(hypercall1(__HYPERVISOR_platform_op, &op), -EACCES);
}

TEST(console_io)
{
    char c;

    EXPECT_EQ(hv_console_io(CONSOLEIO_write, 0, NULL), 0);
    EXPECT_EQ(hv_console_io(CONSOLEIO_write, 0, BAD_POINTER), 0);
    EXPECT_EQ(hv_console_io(CONSOLEIO_write, 16, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_console_io(CONSOLEIO_write, 16, HV_POINTER), -EFAULT);
    EXPECT_EQ(hv_console_io(CONSOLEIO_read, 0, NULL), 0);
    EXPECT_EQ(hv_console_io(CONSOLEIO_read, 1, &c), 0);
    EXPECT_EQ(hv_console_io(CONSOLEIO_read, 1, BAD_POINTER), 0);
    /* A count that is negative as the answer's type. */
    EXPECT_EQ(hv_console_io(CONSOLEIO_read, 0x80000000, &c), -E2BIG);
    EXPECT_EQ(hv_console_io(CONSOLEIO_read, ~0u, &c), -E2BIG);
    EXPECT_EQ(hv_console_io(2, 0, NULL), -ENOSYS);
    EXPECT_EQ(hv_console_io(~0u, 0, NULL), -ENOSYS);
}

TEST(multicall_results)
{
    struct multicall_entry calls[4];

    memset(calls, 0, sizeof(calls));
    calls[0].op = __HYPERVISOR_xen_version;
    calls[0].args[0] = XENVER_version;
    calls[1].op = 63;
    calls[2].op = __HYPERVISOR_xen_version;
    calls[2].args[0] = XENVER_pagesize;
    calls[3].op = __HYPERVISOR_sched_op;
    calls[3].args[0] = SCHEDOP_yield;
    EXPECT_EQ(hv_multicall(calls, 4), 0);
    EXPECT_EQ(calls[0].result, test_xen_version());
    EXPECT_EQ(calls[1].result, -ENOSYS);
    EXPECT_EQ(calls[2].result, 4096);
    EXPECT_EQ(calls[3].result, 0);
}

TEST(multicall_errors)
{
    struct multicall_entry inner[1], calls[2];

    memset(calls, 0, sizeof(calls));
    memset(inner, 0, sizeof(inner));
    inner[0].op = __HYPERVISOR_xen_version;
    EXPECT_EQ(hv_multicall(NULL, 0), 0);
    EXPECT_EQ(hv_multicall(BAD_POINTER, 0), 0);
    EXPECT_EQ(hv_multicall(BAD_POINTER, 1), -EFAULT);
    EXPECT_EQ(hv_multicall(HV_POINTER, 1), -EFAULT);
    /* A multicall inside a multicall is refused in its own slot; the rest of the batch runs. */
    calls[0].op = __HYPERVISOR_multicall;
    calls[0].args[0] = (unsigned long)inner;
    calls[0].args[1] = 1;
    calls[1].op = __HYPERVISOR_xen_version;
    calls[1].args[0] = XENVER_version;
    EXPECT_EQ(hv_multicall(calls, 2), 0);
    EXPECT_EQ(calls[0].result, -EINVAL);
    EXPECT_EQ(calls[1].result, test_xen_version());
}

TEST(multicall_many)
{
    enum { MANY = 1000 };
    struct multicall_entry *calls = calloc(MANY, sizeof(*calls));
    unsigned int wrong = 0;

    REQUIRE(calls != NULL);
    for (unsigned int i = 0; i < MANY; i++) {
        calls[i].op = i & 1 ? __HYPERVISOR_xen_version : 62;
        calls[i].args[0] = XENVER_version;
        calls[i].result = 1;
    }
    EXPECT_EQ(hv_multicall(calls, MANY), 0);
    for (unsigned int i = 0; i < MANY; i++) {
        wrong += (long)calls[i].result != (i & 1 ? test_xen_version() : -ENOSYS);
    }
    EXPECT_EQ(wrong, 0);
    free(calls);
}

/* The array ends at an unmapped page: what fits is done, then the fault is reported. */
TEST(multicall_runs_off_the_page)
{
    unsigned long va = pt_vmap_reserve(2);
    void *page = page_alloc(1);
    struct multicall_entry *calls;
    unsigned int fit = PAGE_SIZE / sizeof(*calls);

    REQUIRE(page != NULL);
    REQUIRE_EQ(pt_map(va, pte_make(virt_to_mfn(page), PTE_KERN)), 0);
    calls = (struct multicall_entry *)(va + PAGE_SIZE) - 2;
    calls[0].op = calls[1].op = __HYPERVISOR_xen_version;
    EXPECT_EQ(hv_multicall(calls, fit), -EFAULT);
    EXPECT_EQ(calls[0].result, test_xen_version());
    EXPECT_EQ(calls[1].result, test_xen_version());
    EXPECT_EQ(pt_unmap(va), 0);
    page_free(page, 1);
}

TEST(vm_assist)
{
    static const struct {
        unsigned int type;
        long want;
    } types[] = {
        { VMASST_TYPE_4gb_segments, 0 },
        { VMASST_TYPE_4gb_segments_notify, 0 },
        { VMASST_TYPE_writable_pagetables, 0 },
        { VMASST_TYPE_pae_extended_cr3, 0 },
        { VMASST_TYPE_architectural_iopl, 0 },
        { VMASST_TYPE_runstate_update_flag, 0 },
        { VMASST_TYPE_m2p_strict, 0 },
        { 6, -EINVAL },
        { 31, -EINVAL },
        { 64, -EINVAL },
        { ~0u, -EINVAL },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
        bool ok = EXPECT_EQ(hv_vm_assist(VMASST_CMD_enable, types[i].type), types[i].want);

        ok &= EXPECT_EQ(hv_vm_assist(VMASST_CMD_disable, types[i].type), types[i].want);
        if (!ok) {
            printf("#    type %u\n", types[i].type);
        }
    }
    EXPECT_EQ(hv_vm_assist(2, VMASST_TYPE_writable_pagetables), -ENOSYS);
    EXPECT_EQ(hv_vm_assist(~0u, 0), -ENOSYS);
}

/* Hypercalls whose rooms are not part of this interface answer as a release build of 4.17 does. */
TEST(absent_families)
{
    static uint64_t zero[16];
    EXPECT_EQ(hypercall1(__HYPERVISOR_tmem_op, 0), -ENOSYS);
    EXPECT_EQ(hypercall1(__HYPERVISOR_xsm_op, 0), -ENOSYS);
    EXPECT_EQ(hypercall2(__HYPERVISOR_xenpmu_op, 0, (unsigned long)zero), -EOPNOTSUPP);
}

/* No image is kept for after a crash, and the caller is told so. */
TEST(no_crash_kernel)
{
    static uint64_t range[4];

    EXPECT_EQ(hypercall2(__HYPERVISOR_kexec_op, 3, (unsigned long)range), -ENOSYS); /* get_range */
}

ROLE(console)
{
    char text[] = "x";

    printf("REPORT write %ld\n", hv_console_io(CONSOLEIO_write, 1, text));
    printf("REPORT read %ld\n", hv_console_io(CONSOLEIO_read, 1, text));
    printf("REPORT unknown %ld\n", hv_console_io(7, 1, text));
    printf("REPORT gap %ld\n", hypercall0(11));
    return SHUTDOWN_poweroff;
}

TEST(console_from_domu)
{
    static struct child c;
    long value = 1;

    REQUIRE_EQ(child_run(&c, "role=console", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&c, "write", &value));
    EXPECT_EQ(value, -EPERM);
    EXPECT(child_reported(&c, "read", &value));
    EXPECT_EQ(value, -EPERM);
    EXPECT(child_reported(&c, "unknown", &value));
    EXPECT_EQ(value, -EPERM);
    EXPECT(child_reported(&c, "gap", &value));
    EXPECT_EQ(value, -ENOSYS);
}
