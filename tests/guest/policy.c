/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU policies: get_cpu_featureset and get_cpu_policy of the host, get_cpu_policy and
 * set_cpu_policy of domains; and that a domain sees what its policy says.
 */
#define SUITE "policy"
#include "test.h"
#include "child.h"
#include <public/sysctl.h>

#define WORDS      19
#define MAX_LEAVES 120
#define MAX_MSRS   2
#define UNTOUCHED  0x55555555u

#define SSE3  (1u << 0)
#define SSSE3 (1u << 9)
#define SSE41 (1u << 19)

static struct xen_sysctl op;
static struct xen_domctl dop;
static uint32_t words[WORDS + 1];
static xen_cpuid_leaf_t leaves[MAX_LEAVES + 1];
static xen_msr_entry_t msrs[MAX_MSRS + 1];
static uint32_t nr_leaves, nr_msrs; /* that are in them */

static long featureset(uint32_t index, uint32_t nr, void *to)
{
    memset(&op, 0, sizeof(op));
    op.cmd = XEN_SYSCTL_get_cpu_featureset;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op.u.cpu_featureset.index = index;
    op.u.cpu_featureset.nr_features = nr;
    set_xen_guest_handle(op.u.cpu_featureset.features, to);
    return hv_sysctl(&op);
}

static long host_policy(uint32_t index, uint32_t nl, void *l, uint32_t nm, void *m)
{
    memset(&op, 0, sizeof(op));
    op.cmd = XEN_SYSCTL_get_cpu_policy;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op.u.cpu_policy.index = index;
    op.u.cpu_policy.nr_leaves = nl;
    op.u.cpu_policy.nr_msrs = nm;
    set_xen_guest_handle(op.u.cpu_policy.leaves, l);
    set_xen_guest_handle(op.u.cpu_policy.msrs, m);
    return hv_sysctl(&op);
}

static long domain_policy(uint32_t cmd, domid_t id, uint32_t nl, void *l, uint32_t nm, void *m)
{
    struct xen_domctl_cpu_policy *p = &dop.u.cpu_policy;

    child_domctl_init(&dop, cmd, id);
    p->nr_leaves = nl;
    p->nr_msrs = nm;
    p->err_leaf = p->err_subleaf = p->err_msr = UNTOUCHED;
    set_xen_guest_handle(p->leaves, l);
    set_xen_guest_handle(p->msrs, m);
    return hv_domctl(&dop);
}

/* All of a domain's policy to leaves[] and msrs[]. */
static bool get(domid_t id)
{
    if (domain_policy(XEN_DOMCTL_get_cpu_policy, id, MAX_LEAVES, leaves, MAX_MSRS, msrs)) {
        return false;
    }
    nr_leaves = dop.u.cpu_policy.nr_leaves;
    nr_msrs = dop.u.cpu_policy.nr_msrs;
    return true;
}

static long set(domid_t id)
{
    return domain_policy(XEN_DOMCTL_set_cpu_policy, id, nr_leaves, leaves, nr_msrs, msrs);
}

static xen_cpuid_leaf_t *find(uint32_t leaf)
{
    static xen_cpuid_leaf_t none;

    for (uint32_t i = 0; i < nr_leaves; i++) {
        if (leaves[i].leaf == leaf) {
            return &leaves[i];
        }
    }
    test_fail(__FILE__, __LINE__, "no leaf %#x", leaf);
    return &none;
}

static void refused_with(uint32_t leaf, uint32_t subleaf, uint32_t msr)
{
    EXPECT_EQ(dop.u.cpu_policy.err_leaf, leaf);
    EXPECT_EQ(dop.u.cpu_policy.err_subleaf, subleaf);
    EXPECT_EQ(dop.u.cpu_policy.err_msr, msr);
}

static xen_cpuid_leaf_t see(uint32_t leaf, uint32_t subleaf)
{
    xen_cpuid_leaf_t r = { leaf, subleaf, leaf, 0, subleaf, 0 };

    __asm__ volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid"
                     : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
    return r;
}

TEST(featuresets)
{
    uint32_t pv[WORDS], max[WORDS];

    REQUIRE_EQ(featureset(XEN_SYSCTL_cpu_featureset_pv, WORDS, pv), 0);
    EXPECT_EQ(op.u.cpu_featureset.nr_features, WORDS);
    REQUIRE_EQ(featureset(XEN_SYSCTL_cpu_featureset_pv_max, WORDS, max), 0);
    for (unsigned int i = 0; i < WORDS; i++) {
        EXPECT_EQ(pv[i] & ~max[i], 0);
    }
    REQUIRE_EQ(featureset(XEN_SYSCTL_cpu_featureset_raw, WORDS, words), 0);
    REQUIRE_EQ(featureset(XEN_SYSCTL_cpu_featureset_host, WORDS, words), 0);
    EXPECT_EQ(pv[0] & 0x1c9, 0x1c1); /* FPU, PAE, MCE, CX8; no PSE */
    EXPECT_EQ(words[0] & 0x1c9, 0x1c9);
    EXPECT_EQ(pv[1] & 1u << 5, 0);  /* VMX */
    EXPECT_EQ(pv[3] & 1u << 2, 0);  /* SVM */
    EXPECT(pv[2] & 1u << 29);       /* long mode */
    EXPECT_EQ(pv[5] & 0x100080, 0); /* SMEP, SMAP */
}

TEST(featureset_errors)
{
    EXPECT_EQ(featureset(1, 0, NULL), 0);
    EXPECT_EQ(op.u.cpu_featureset.nr_features, WORDS);
    EXPECT_EQ(featureset(6, WORDS, words), -EINVAL);
    EXPECT_EQ(featureset(~0u, WORDS, words), -EINVAL);
    EXPECT_EQ(featureset(1, WORDS, BAD_POINTER), -EFAULT);
    words[3] = UNTOUCHED;
    EXPECT_EQ(featureset(1, 3, words), -ENOBUFS);
    EXPECT_EQ(op.u.cpu_featureset.nr_features, 3);
    EXPECT_EQ(words[3], UNTOUCHED);
    words[WORDS] = UNTOUCHED;
    EXPECT_EQ(featureset(1, 1000, words), 0);
    EXPECT_EQ(op.u.cpu_featureset.nr_features, WORDS);
    EXPECT_EQ(words[WORDS], UNTOUCHED);
}

TEST(host_policies)
{
    static const uint32_t kinds[] = { XEN_SYSCTL_cpu_policy_raw, XEN_SYSCTL_cpu_policy_host,
                                      XEN_SYSCTL_cpu_policy_pv_max,
                                      XEN_SYSCTL_cpu_policy_pv_default };

    for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
        REQUIRE_EQ(host_policy(kinds[i], MAX_LEAVES, leaves, MAX_MSRS, msrs), 0);
        nr_leaves = op.u.cpu_policy.nr_leaves;
        EXPECT_EQ(leaves[0].leaf, 0);
        EXPECT_EQ(leaves[0].subleaf, XEN_CPUID_NO_SUBLEAF);
        EXPECT_EQ(find(0x80000000)->a >> 31, 1);
        EXPECT_EQ(op.u.cpu_policy.nr_msrs, MAX_MSRS);
        EXPECT_EQ(msrs[0].idx, 0xce);
        EXPECT_EQ(msrs[1].idx, 0x10a);
    }
    /* Two views of one thing. */
    REQUIRE_EQ(featureset(XEN_SYSCTL_cpu_featureset_pv, WORDS, words), 0);
    EXPECT_EQ(find(1)->d, words[0]);
    EXPECT_EQ(find(1)->c, words[1]);
    EXPECT_EQ(find(0x80000001)->d, words[2]);
    EXPECT_EQ(find(0x80000001)->c, words[3]);
}

TEST(host_policy_errors)
{
    EXPECT_EQ(host_policy(1, 0, NULL, 0, NULL), 0);
    EXPECT_EQ(op.u.cpu_policy.nr_leaves, MAX_LEAVES);
    EXPECT_EQ(op.u.cpu_policy.nr_msrs, MAX_MSRS);
    EXPECT_EQ(host_policy(6, MAX_LEAVES, leaves, MAX_MSRS, msrs), -EINVAL);
    EXPECT_EQ(host_policy(1, 3, leaves, MAX_MSRS, msrs), -ENOBUFS);
    EXPECT_EQ(host_policy(1, MAX_LEAVES, leaves, 1, msrs), -ENOBUFS);
    EXPECT_EQ(host_policy(1, MAX_LEAVES, BAD_POINTER, MAX_MSRS, msrs), -EFAULT);
    EXPECT_EQ(host_policy(1, MAX_LEAVES, leaves, MAX_MSRS, BAD_POINTER), -EFAULT);
    EXPECT_EQ(host_policy(1, 0, NULL, MAX_MSRS, msrs), 0);
    EXPECT_EQ(op.u.cpu_policy.nr_leaves, MAX_LEAVES);
}

/* What follows the vCPU and its registers is not the policy's. */
static void compare(const xen_cpuid_leaf_t *said)
{
    const bool subs = said->subleaf != XEN_CPUID_NO_SUBLEAF;
    xen_cpuid_leaf_t seen = see(said->leaf, subs ? said->subleaf : 0);
    uint32_t b = ~0u, c = ~0u, d = ~0u;

    if (said->leaf == 1) {
        b = 0x00ffffff;  /* APIC id */
        c = ~(1u << 27); /* OSXSAVE */
        d = ~(1u << 12); /* MTRR: the reference's dom0 sees the machine's */
    } else if (said->leaf == 0x80000001) {
        d = ~(1u << 12); /* the same bit again, on AMD */
    } else if (said->leaf == 0xb) {
        c = d = 0;
    } else if (said->leaf == 0xd && said->subleaf == 0) {
        b = 0; /* size by XCR0 */
    }
    if (!EXPECT_EQ(seen.a, said->a) || !EXPECT_EQ(seen.b & b, said->b & b) ||
        !EXPECT_EQ(seen.c & c, said->c & c) || !EXPECT_EQ(seen.d & d, said->d & d)) {
        printf("#    leaf %#x sub-leaf %#x\n", said->leaf, said->subleaf);
    }
}

TEST(seen_as_said)
{
    REQUIRE(get(0));
    for (uint32_t i = 0; i < nr_leaves; i++) {
        if (leaves[i].leaf >> 16 != 0x4000) {
            compare(&leaves[i]);
        }
    }
}

TEST(domain_policy_errors)
{
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    EXPECT_EQ(domain_policy(XEN_DOMCTL_get_cpu_policy, id, 0, NULL, 0, NULL), 0);
    EXPECT_EQ(dop.u.cpu_policy.nr_leaves, MAX_LEAVES);
    EXPECT_EQ(dop.u.cpu_policy.nr_msrs, MAX_MSRS);
    EXPECT_EQ(domain_policy(XEN_DOMCTL_get_cpu_policy, id, 2, leaves, MAX_MSRS, msrs), -ENOBUFS);
    EXPECT_EQ(domain_policy(XEN_DOMCTL_get_cpu_policy, id, MAX_LEAVES, BAD_POINTER, 2, msrs),
              -EFAULT);
    EXPECT_EQ(domain_policy(XEN_DOMCTL_set_cpu_policy, 0, 0, NULL, 0, NULL), -EINVAL);
    EXPECT_EQ(domain_policy(XEN_DOMCTL_set_cpu_policy, id, MAX_LEAVES + 1, leaves, 0, NULL),
              -E2BIG);
    EXPECT_EQ(domain_policy(XEN_DOMCTL_set_cpu_policy, id, 0, NULL, MAX_MSRS + 1, msrs), -E2BIG);
    EXPECT_EQ(domain_policy(XEN_DOMCTL_set_cpu_policy, id, 1, BAD_POINTER, 0, NULL), -EFAULT);
    EXPECT_EQ(domain_policy(XEN_DOMCTL_set_cpu_policy, id, 0, NULL, 1, BAD_POINTER), -EFAULT);
    EXPECT_EQ(child_destroy_id(id), 0);
    EXPECT_EQ(domain_policy(XEN_DOMCTL_get_cpu_policy, id, 0, NULL, 0, NULL), -ESRCH);
}

/* Each refusal names what it refused. */
TEST(refused_policies)
{
    static const struct {
        uint32_t leaf, subleaf;
    } bad[] = { { 0x55, XEN_CPUID_NO_SUBLEAF },
                { 0, 3 },
                { 7, 9 },
                { 0xd, 63 },
                { 0x80000050, XEN_CPUID_NO_SUBLEAF } };
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        REQUIRE(get(id));
        leaves[0].leaf = bad[i].leaf;
        leaves[0].subleaf = bad[i].subleaf;
        EXPECT_EQ(set(id), -ERANGE);
        refused_with(bad[i].leaf, bad[i].subleaf, ~0u);
    }
    REQUIRE(get(id));
    find(0)->a = 0x20;
    EXPECT_EQ(set(id), -EINVAL);
    refused_with(0, ~0u, ~0u);
    REQUIRE(get(id));
    find(0x80000000)->a = 0x80000030;
    EXPECT_EQ(set(id), -EINVAL);
    refused_with(0x80000000, ~0u, ~0u);
    REQUIRE(get(id));
    msrs[0].idx = 0x10;
    EXPECT_EQ(set(id), -ERANGE);
    refused_with(~0u, ~0u, 0x10);
    REQUIRE(get(id));
    msrs[0].flags = 1;
    EXPECT_EQ(set(id), -EINVAL);
    refused_with(~0u, ~0u, 0xce);
    REQUIRE(get(id));
    msrs[0].val = ~0ull;
    EXPECT_EQ(set(id), -EOVERFLOW);
    refused_with(~0u, ~0u, 0xce);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(features_can_only_go)
{
    uint32_t before;
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    REQUIRE(get(id));
    before = find(1)->c;
    find(1)->c |= 1u << 5; /* VMX */
    find(7)->b |= 1u << 7; /* SMEP */
    EXPECT_EQ(set(id), 0);
    REQUIRE(get(id));
    EXPECT_EQ(find(1)->c, before);
    EXPECT_EQ(find(7)->b & 1u << 7, 0);
    /* What needs a feature goes with it. */
    find(1)->c &= ~SSE3;
    EXPECT_EQ(set(id), 0);
    REQUIRE(get(id));
    EXPECT_EQ(find(1)->c & (SSE3 | SSSE3 | SSE41), 0);
    find(0)->a = 7;
    EXPECT_EQ(set(id), 0);
    REQUIRE(get(id));
    EXPECT_EQ(find(0)->a, 7);
    for (uint32_t i = 0; i < nr_leaves; i++) {
        EXPECT(leaves[i].leaf <= 7 || leaves[i].leaf >= 0x40000000);
    }
    EXPECT_EQ(child_destroy_id(id), 0);
}

ROLE(policy)
{
    printf("REPORT ecx %#x\n", see(1, 0).c);
    printf("REPORT highest %#x\n", see(0, 0).a);
    printf("REPORT past %#x\n", see(0xd, 0).a);
    return 0;
}

/* A domain that runs sees its own policy, which stays. */
TEST(a_domain_sees_its_own)
{
    static struct child c;
    const struct child_options o = { .cmdline = "role=policy", .paused = true };
    long value = -1;

    REQUIRE_EQ(child_create(&c, &o), 0);
    REQUIRE(get(c.id));
    find(1)->c &= ~SSE3;
    find(0)->a = 7;
    EXPECT_EQ(set(c.id), 0);
    EXPECT_EQ(child_unpause(&c), 0);
    EXPECT_EQ(child_wait(&c, 20 * NSEC_PER_SEC), 0);
    EXPECT(child_reported(&c, "ecx", &value));
    EXPECT_EQ(value & (SSE3 | SSSE3 | SSE41), 0);
    EXPECT(value & 1l << 31);
    EXPECT(child_reported(&c, "highest", &value));
    EXPECT_EQ(value, 7);
    EXPECT(child_reported(&c, "past", &value));
    EXPECT_EQ(value, 0);
    REQUIRE(get(c.id));
    EXPECT_EQ(set(c.id), -EEXIST);
    refused_with(UNTOUCHED, UNTOUCHED, UNTOUCHED);
    EXPECT_EQ(child_destroy(&c), 0);
}
