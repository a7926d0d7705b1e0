/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a PV guest may try on its vCPU and its page tables to bring the host down: each of these is
 * refused or harmless, and leaves nothing behind.
 */
#define SUITE "hostile_pv"
#include "test.h"
#include "child.h"

static long mmuext_self(unsigned int cmd, unsigned long mfn)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.mfn = mfn;
    return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* An element's number is all of its 64 bits: one that would nest without end names nothing. */
TEST(multicall_wide_number)
{
    static struct multicall_entry call;

    call.op = 1UL << 32 | __HYPERVISOR_multicall;
    call.args[0] = (unsigned long)&call;
    call.args[1] = 1;
    EXPECT_EQ(hv_multicall(&call, 1), 0);
    EXPECT_EQ(call.result, -ENOSYS);
}

static struct trap_catch caught;

static void do_write_cr3(void *arg)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(*(unsigned long *)arg) : "memory");
}

static bool cr3_refused(const void *root)
{
    unsigned long cr3 = virt_to_maddr(root);

    return trap_call(&caught, do_write_cr3, &cr3);
}

enum { CHAIN = 400, FIRST = 272 };

/*
 * Refused level-4 tables, each with an entry that names the next: the release of one must not go
 * through all the others.
 */
TEST(chain_of_refused_tables)
{
    static pte_t *root[CHAIN];
    pte_t *l3 = page_alloc(1);
    unsigned int accepted = 0, kept = 0;

    if (!test_on_corbel()) {
        SKIP("4.17 now and then loads one of them, and what did that has no page tables any more");
    }
    REQUIRE(l3 != NULL);
    REQUIRE_EQ(pt_set_readonly(l3), 0);
    for (unsigned int i = CHAIN; i--;) {
        root[i] = page_alloc(1);
        REQUIRE(root[i] != NULL);
        if (i == CHAIN - 1) {
            root[i][FIRST] = pte_make(virt_to_mfn(l3), PTE_TABLE);
            root[i][FIRST + 1] = pte_make(virt_to_mfn(l3), PTE_TABLE | PTE_PSE);
        } else {
            root[i][FIRST] = pte_make(virt_to_mfn(root[i + 1]), PTE_TABLE);
        }
        REQUIRE_EQ(pt_set_readonly(root[i]), 0);
        accepted += !cr3_refused(root[i]);
    }
    EXPECT_EQ(accepted, 0);
    for (unsigned int i = 0; i < CHAIN; i++) {
        accepted += mmuext_self(MMUEXT_PIN_L4_TABLE, virt_to_mfn(root[i])) == 0;
    }
    EXPECT_EQ(accepted, 0);
    for (unsigned int i = 0; i < CHAIN; i++) {
        kept += pt_set_writable(root[i]) != 0;
        page_free(root[i], 1);
    }
    EXPECT_EQ(kept, 0);
    EXPECT_EQ(pt_set_writable(l3), 0);
    page_free(l3, 1);
}

static long user_gone;

static void drop_user_table(void *arg)
{
    (void)arg;
    user_gone = mmuext_self(MMUEXT_NEW_USER_BASEPTR, 0);
}

/* A context that is refused half-way as a user's, and then given as a kernel's. */
ROLE(initialise_twice)
{
    static struct vcpu_guest_context ctx;
    pte_t *user = page_alloc(1);

    memcpy(&user[FIRST], &pt_root[FIRST], (512 - FIRST) * sizeof(*user));
    pt_set_readonly(user);
    smp_make_context(1, drop_user_table, NULL, &ctx);
    ctx.flags &= ~(unsigned long)VGCF_IN_KERNEL;
    ctx.ctrlreg[1] = xen_pfn_to_cr3(virt_to_mfn(user));
    ctx.gdt_ents = 1;
    ctx.gdt_frames[0] = ~0ul >> 12;
    printf("REPORT refused %ld\n", hv_vcpu_op(VCPUOP_initialise, 1, &ctx));
    ctx.flags |= VGCF_IN_KERNEL;
    ctx.gdt_ents = 0;
    guest_cpus[1].online = true;
    printf("REPORT init %ld\n", hv_vcpu_op(VCPUOP_initialise, 1, &ctx));
    printf("REPORT start %ld\n", hv_vcpu_op(VCPUOP_up, 1, NULL));
    printf("REPORT join %ld\n", smp_join(1));
    printf("REPORT gone %ld\n", user_gone);
    printf("REPORT free %ld\n", pt_set_writable(user));
    return SHUTDOWN_poweroff;
}

TEST(initialise_twice)
{
    static const char *const zero[] = { "init", "start", "join", "gone", "free" };
    static struct child c;
    struct child_options o = { .cmdline = "role=initialise_twice", .vcpus = 2 };
    long value = 0;

    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&c, "refused", &value) && value == -EINVAL);
    for (unsigned int i = 0; i < ARRAY_SIZE(zero); i++) {
        value = -999;
        if (!EXPECT(child_reported(&c, zero[i], &value)) || !EXPECT_EQ(value, 0)) {
            printf("#    report %s\n", zero[i]);
        }
    }
    EXPECT_EQ(child_destroy(&c), 0);
}

#define DESC_CODE64 0x00affb000000fffful /* present, DPL 3, long mode code */
#define LDT_CS      0x0ful               /* the LDT's second entry */

static long set_ldt(const void *base, unsigned int entries)
{
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

    op.arg1.linear_addr = (unsigned long)base;
    op.arg2.nr_ents = entries;
    return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Instructions that fault and are emulated, in a code segment of the LDT. */
static void run_in_ldt_segment(unsigned long times, unsigned long cr3)
{
    __asm__ volatile("pushq %[ldt]\n"
                     "lea 1f(%%rip), %%rax\n"
                     "pushq %%rax\n"
                     "lretq\n"
                     "1: mov %%cr0, %%rax\n"
                     "test %[cr3], %[cr3]\n"
                     "jz 2f\n"
                     "mov %[cr3], %%cr3\n"
                     "2: dec %[times]\n"
                     "jnz 1b\n"
                     "pushq %[flat]\n"
                     "lea 3f(%%rip), %%rax\n"
                     "pushq %%rax\n"
                     "lretq\n"
                     "3:\n"
                     : [times] "+r"(times)
                     : [ldt] "r"(LDT_CS), [flat] "r"((unsigned long)FLAT_KERNEL_CS), [cr3] "r"(cr3)
                     : "rax", "memory", "cc");
}

static uint64_t *ldt;
static volatile bool ldt_ready, ldt_done;

static void in_ldt_segment(void *arg)
{
    (void)arg;
    if (!set_ldt(ldt, 2)) {
        ldt_ready = true;
        run_in_ldt_segment(20000, 0);
        set_ldt(NULL, 0);
    }
    ldt_done = true;
}

/* Another set of tables takes the LDT's pages away, and the way back into its code segment finds
 * them again. */
TEST(return_to_ldt_segment)
{
    pte_t *root = page_alloc(1);
    unsigned long old = virt_to_mfn(pt_root);

    ldt = page_alloc(1);
    REQUIRE(root && ldt);
    memcpy(&root[FIRST], &pt_root[FIRST], (512 - FIRST) * sizeof(*root));
    ldt[1] = DESC_CODE64;
    REQUIRE_EQ(pt_set_readonly(root), 0);
    REQUIRE_EQ(pt_set_readonly(ldt), 0);
    REQUIRE_EQ(set_ldt(ldt, 2), 0);
    run_in_ldt_segment(3, virt_to_maddr(root));
    EXPECT_EQ(mmuext_self(MMUEXT_NEW_BASEPTR, old), 0);
    EXPECT_EQ(set_ldt(NULL, 0), 0);
    EXPECT_EQ(pt_set_writable(root), 0);
    EXPECT_EQ(pt_set_writable(ldt), 0);
    page_free(root, 1);
    page_free(ldt, 1);
}

/* One vCPU faults in a code segment whose descriptor's page another takes away meanwhile. */
TEST(ldt_against_emulation)
{
    unsigned long alias = pt_vmap_reserve(1);
    pte_t entry;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    ldt = page_alloc(1);
    REQUIRE(ldt != NULL);
    ldt[1] = DESC_CODE64;
    entry = pte_make(virt_to_mfn(ldt), PTE_RO);
    REQUIRE_EQ(pt_set_readonly(ldt), 0);
    REQUIRE_EQ(pt_map(alias, 0), 0);
    ldt_ready = ldt_done = false;
    REQUIRE_EQ(smp_start(1, in_ldt_segment, NULL), 0);
    while (!ldt_done) {
        hv_update_va_mapping(alias, entry, 0);
        hv_update_va_mapping(alias, 0, 0);
    }
    EXPECT(ldt_ready);
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(pt_set_writable(ldt), 0);
    page_free(ldt, 1);
}

/* Frame by address: the direct map's own, were its address not that of no page at all. */
#define NOT_CANONICAL_DIRECT_MAP 0x0000830000000000ul
#define FRAMES_2M                512

TEST(mapping_of_no_address)
{
    pte_t *table = NULL;

    for (unsigned long pfn = 0; pfn < mm_nr_pages && !table; pfn++) {
        void *page = page_alloc(1);

        REQUIRE(page != NULL);
        if (virt_to_mfn(page) % FRAMES_2M == 0) {
            table = page;
        }
    }
    REQUIRE(table != NULL);
    REQUIRE_EQ(pt_set_readonly(table), 0);
    REQUIRE_EQ(mmuext_self(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0);
    EXPECT_EQ(hv_update_va_mapping(NOT_CANONICAL_DIRECT_MAP + virt_to_maddr(table),
                                   pte_make(virt_to_mfn(table), PTE_RO), 0),
              -EINVAL);
    EXPECT_EQ(table[0], 0);
    EXPECT_EQ(mmuext_self(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
    EXPECT_EQ(pt_set_writable(table), 0);
}

static union {
    struct vcpu_guest_context c;
    uint8_t bytes[8192];
} context __attribute__((aligned(16)));

/* A vCPU that has no user page tables is not to run in user mode: nothing would be in CR3. */
TEST(user_mode_without_tables)
{
    static struct xen_domctl op;
    static struct child c;
    struct child_options o = { .cmdline = "role=hello", .paused = true };

    REQUIRE_EQ(child_create(&c, &o), 0);
    child_domctl_init(&op, XEN_DOMCTL_getvcpucontext, c.id);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &context.c);
    REQUIRE_EQ(hv_domctl(&op), 0);
    EXPECT_EQ(context.c.ctrlreg[1], 0);
    context.c.flags &= ~(unsigned long)VGCF_IN_KERNEL;
    child_domctl_init(&op, XEN_DOMCTL_setvcpucontext, c.id);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &context.c);
    EXPECT_EQ(hv_domctl(&op), -EOPNOTSUPP);
    child_unpause(&c);
    child_wait(&c, NSEC_PER_SEC);
    EXPECT_EQ(child_destroy(&c), 0);
}

/* The first vCPU that has no place in shared_info: up without one of its own it would have others'.
 */
ROLE(initialise_without_info)
{
    static struct vcpu_guest_context ctx;

    smp_make_context(1, drop_user_table, NULL, &ctx);
    printf("REPORT init %ld\n", hv_vcpu_op(VCPUOP_initialise, XEN_LEGACY_MAX_VCPUS, &ctx));
    return SHUTDOWN_poweroff;
}

TEST(initialise_without_info)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=initialise_without_info",
                               .vcpus = XEN_LEGACY_MAX_VCPUS + 1 };
    long value = 0;

    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&c, "init", &value) && value == -EINVAL);
    EXPECT_EQ(child_destroy(&c), 0);
}
