/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext_op: pinning at every level, base pointers, flushes, page copies, and each refusal.
 */
#define SUITE "mmuext"
#include "test.h"
#include "child.h"

static long op1(unsigned int cmd, unsigned long a1, unsigned long a2, unsigned int fd)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.linear_addr = a1;
    op.arg2.src_mfn = a2;
    return hv_mmuext_op(&op, 1, NULL, fd);
}

static long self(unsigned int cmd, unsigned long a1)
{
    return op1(cmd, a1, 0, DOMID_SELF);
}

TEST(pin_every_level)
{
    void *t[5] = { NULL };

    for (unsigned int level = 1; level <= 4; level++) {
        pte_t *table = t[level] = page_alloc(1);

        REQUIRE(table != NULL);
        if (level > 1) {
            table[level == 4 ? 280 : 3] = pte_make(virt_to_mfn(t[level - 1]), PTE_TABLE);
        }
        EXPECT_EQ(self(MMUEXT_PIN_L1_TABLE + level - 1, virt_to_mfn(table)), -EINVAL);
        REQUIRE_EQ(pt_set_readonly(table), 0);
    }
    for (unsigned int level = 1; level <= 4; level++) {
        unsigned int cmd = MMUEXT_PIN_L1_TABLE + level - 1;
        unsigned long mfn = virt_to_mfn(t[level]);

        EXPECT_EQ(self(cmd, mfn), 0);
        EXPECT_EQ(self(cmd, mfn), -EINVAL);
        /* Not as another level while it is this one. */
        EXPECT_EQ(self(MMUEXT_PIN_L1_TABLE + level % 4, mfn), -EINVAL);
        EXPECT_EQ(pt_set_writable(t[level]), -EBUSY);
    }
    for (unsigned int level = 4; level >= 1; level--) {
        EXPECT_EQ(self(MMUEXT_UNPIN_TABLE, virt_to_mfn(t[level])), 0);
        EXPECT_EQ(self(MMUEXT_UNPIN_TABLE, virt_to_mfn(t[level])), -EINVAL);
    }
    for (unsigned int level = 1; level <= 4; level++) {
        EXPECT_EQ(pt_set_writable(t[level]), 0);
        page_free(t[level], 1);
    }
}

TEST(pin_errors)
{
    static const unsigned int pins[] = { MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
                                         MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE,
                                         MMUEXT_UNPIN_TABLE };

    for (unsigned int i = 0; i < ARRAY_SIZE(pins); i++) {
        EXPECT_EQ(self(pins[i], ~0ul), -EINVAL);
        EXPECT_EQ(self(pins[i], 0xffffffffful), -EINVAL);
        EXPECT_EQ(op1(pins[i], 0, 0, 0x7000), -ESRCH);
    }
}

TEST(new_baseptr)
{
    pte_t *root = page_alloc(1);
    unsigned long old = virt_to_mfn(pt_root);

    REQUIRE(root != NULL);
    for (unsigned int i = 272; i < 512; i++) {
        root[i] = pt_root[i];
    }
    EXPECT_EQ(self(MMUEXT_NEW_BASEPTR, virt_to_mfn(root)), -EINVAL);
    REQUIRE_EQ(pt_set_readonly(root), 0);
    REQUIRE_EQ(self(MMUEXT_NEW_BASEPTR, virt_to_mfn(root)), 0);
    EXPECT_EQ(self(MMUEXT_NEW_BASEPTR, virt_to_mfn(root)), 0);
    /* The hypervisor put its own slots in; the M2P is still there. */
    EXPECT_EQ(machine_to_phys_mapping[virt_to_mfn(root)], virt_to_pfn(root));
    EXPECT_EQ(self(MMUEXT_NEW_BASEPTR, ~0ul), -EINVAL);
    REQUIRE_EQ(self(MMUEXT_NEW_BASEPTR, old), 0);
    EXPECT_EQ(pt_set_writable(root), 0);
    page_free(root, 1);
}

TEST(flushes)
{
    unsigned long mask = 1;
    unsigned long va = (unsigned long)pt_root;

    EXPECT_EQ(self(MMUEXT_TLB_FLUSH_LOCAL, 0), 0);
    EXPECT_EQ(self(MMUEXT_TLB_FLUSH_ALL, 0), 0);
    EXPECT_EQ(self(MMUEXT_INVLPG_LOCAL, va), 0);
    EXPECT_EQ(self(MMUEXT_INVLPG_ALL, va), 0);
    EXPECT_EQ(self(MMUEXT_INVLPG_LOCAL, (unsigned long)HV_POINTER), 0);
    EXPECT_EQ(self(MMUEXT_INVLPG_ALL, 0x0000800000000000ul), 0);
    EXPECT_EQ(op1(MMUEXT_TLB_FLUSH_MULTI, 0, (unsigned long)&mask, DOMID_SELF), 0);
    EXPECT_EQ(op1(MMUEXT_INVLPG_MULTI, va, (unsigned long)&mask, DOMID_SELF), 0);
    mask = ~0ul;
    EXPECT_EQ(op1(MMUEXT_TLB_FLUSH_MULTI, 0, (unsigned long)&mask, DOMID_SELF), 0);
    EXPECT_EQ(op1(MMUEXT_TLB_FLUSH_MULTI, 0, (unsigned long)BAD_POINTER, DOMID_SELF), -EINVAL);
    EXPECT_EQ(op1(MMUEXT_INVLPG_MULTI, va, (unsigned long)BAD_POINTER, DOMID_SELF), -EINVAL);
    EXPECT_EQ(self(MMUEXT_FLUSH_CACHE, 0), 0);
    EXPECT_EQ(self(MMUEXT_FLUSH_CACHE_GLOBAL, 0), 0);
}

TEST(clear_and_copy)
{
    uint64_t *a = page_alloc(1), *b = page_alloc(1);

    REQUIRE(a && b);
    memset(a, 0x5a, PAGE_SIZE);
    EXPECT_EQ(op1(MMUEXT_COPY_PAGE, virt_to_mfn(b), virt_to_mfn(a), DOMID_SELF), 0);
    EXPECT(!memcmp(a, b, PAGE_SIZE));
    EXPECT_EQ(self(MMUEXT_CLEAR_PAGE, virt_to_mfn(b)), 0);
    EXPECT_EQ(b[0] | b[511], 0);
    EXPECT_EQ(self(MMUEXT_CLEAR_PAGE, virt_to_mfn(pt_root)), -EINVAL);
    EXPECT_EQ(self(MMUEXT_CLEAR_PAGE, ~0ul), -EINVAL);
    EXPECT_EQ(op1(MMUEXT_COPY_PAGE, virt_to_mfn(pt_root), virt_to_mfn(a), DOMID_SELF), -EINVAL);
    EXPECT_EQ(op1(MMUEXT_COPY_PAGE, virt_to_mfn(b), ~0ul, DOMID_SELF), -EINVAL);
    EXPECT_EQ(op1(MMUEXT_COPY_PAGE, virt_to_mfn(b), virt_to_mfn(pt_root), DOMID_SELF), 0);
    EXPECT(!memcmp(&b[272], &pt_root[272], 8 * 240));
    page_free(a, 1);
    page_free(b, 1);
}

TEST(unknown)
{
    EXPECT_EQ(self(MMUEXT_MARK_SUPER, 0), -EOPNOTSUPP);
    EXPECT_EQ(self(MMUEXT_UNMARK_SUPER, 0), -EOPNOTSUPP);
    EXPECT_EQ(self(14, 0), -ENOSYS);
    EXPECT_EQ(self(21, 0), -ENOSYS);
    EXPECT_EQ(self(1000, 0), -ENOSYS);
    EXPECT_EQ(self(~0u, 0), -ENOSYS);
}

TEST(count_and_done)
{
    struct mmuext_op ops[3] = {
        { .cmd = MMUEXT_TLB_FLUSH_LOCAL },
        { .cmd = 1000 },
        { .cmd = MMUEXT_TLB_FLUSH_LOCAL },
    };
    unsigned int done = 77;

    EXPECT_EQ(hv_mmuext_op(ops, 3, &done, DOMID_SELF), -ENOSYS);
    EXPECT_EQ(done, 1);
    EXPECT_EQ(hv_mmuext_op(ops, 1, &done, DOMID_SELF), 0);
    EXPECT_EQ(done, 1);
    EXPECT_EQ(hv_mmuext_op(ops, 0, &done, DOMID_SELF), 0);
    EXPECT_EQ(done, 0);
    EXPECT_EQ(hv_mmuext_op(BAD_POINTER, 1, &done, DOMID_SELF), -EFAULT);
    EXPECT_EQ(hv_mmuext_op(ops, 1, NULL, 0x7000), -ESRCH);
    EXPECT_EQ(hv_mmuext_op(ops, 1, NULL, DOMID_IO), -EPERM);
}

/* Pinning for another domain: what a builder does, and only with its own frames. */
TEST(pin_foreign)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=hello", .paused = true, .megabytes = 8 };
    void *page = page_alloc(1);

    REQUIRE_EQ(child_create(&c, &o), 0);
    REQUIRE_EQ(pt_set_readonly(page), 0);
    EXPECT_EQ(op1(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page), 0, c.id), -EINVAL);
    EXPECT_EQ(self(MMUEXT_PIN_L1_TABLE, c.p2m[c.nr_pages - 1]), -EINVAL);
    EXPECT_EQ(op1(MMUEXT_PIN_L1_TABLE, c.p2m[c.nr_pages - 1], 0, c.id), 0);
    EXPECT_EQ(op1(MMUEXT_UNPIN_TABLE, c.p2m[c.nr_pages - 1], 0, c.id), 0);
    EXPECT_EQ(op1(MMUEXT_NEW_BASEPTR, virt_to_mfn(pt_root), 0, c.id), -EPERM);
    EXPECT_EQ(op1(MMUEXT_SET_LDT, 0, 0, c.id), -EPERM);
    EXPECT_EQ(op1(MMUEXT_TLB_FLUSH_ALL, 0, 0, c.id), -EPERM);
    EXPECT_EQ(pt_set_writable(page), 0);
    EXPECT_EQ(child_destroy(&c), 0);
    page_free(page, 1);
}
