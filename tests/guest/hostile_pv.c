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
