/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU policies as tools read and write them: feature words, and lists of CPUID leaves and MSRs. A
 * domain's policy is the default for PV guests until its maker gives it another, before it first
 * runs; from then on it stays as it is, so that vCPUs read it without a lock. It is written under
 * the domain's control lock.
 */
#include <gen/domctl-dispatch.h>
#include <gen/sysctl-dispatch.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/nospec.h>
#include <asm/cpu-policy.h>
#include <asm/cpufeature.h>

#define NR_FEATURE_SET_WORDS 19U
#define LEAVES_WITH_SUBS     4U
#define HYPERVISOR_LEAVES    2U
#define HYPERVISOR_LEAF      0x40000000U
#define HYPERVISOR_LEAF_2    0x40000100U
#define MAX_LEAVES                                                                                 \
    (POLICY_BASIC_LEAVES - LEAVES_WITH_SUBS + POLICY_CACHE_LEAVES + POLICY_FEATURE_LEAVES +        \
     POLICY_TOPOLOGY_LEAVES + POLICY_XSTATE_LEAVES + HYPERVISOR_LEAVES + POLICY_EXTENDED_LEAVES)
#define CACHE_TYPE_MASK   0x1fU
#define NOT_THE_REASON    0xffffffffU
#define MSR_PLATFORM_INFO 0xceU
#define MSR_ARCH_CAPS     0x10aU

_Static_assert(MAX_LEAVES == 120, "what tools are told");

/* MSRs that a policy holds; no guest has any of their features. */
static const uint32_t policy_msrs[] = { MSR_PLATFORM_INFO, MSR_ARCH_CAPS };

static const struct cpu_policy *host_policy_of(uint32_t index)
{
    switch (index) {
    case XEN_SYSCTL_cpu_policy_raw:
        return &raw_policy;
    case XEN_SYSCTL_cpu_policy_host:
        return &host_policy;
    case XEN_SYSCTL_cpu_policy_pv_max:
    case XEN_SYSCTL_cpu_policy_pv_default:
        return &pv_policy;
    case XEN_SYSCTL_cpu_policy_hvm_max:
    case XEN_SYSCTL_cpu_policy_hvm_default:
        return ERR_PTR(-EOPNOTSUPP);
    default:
        return ERR_PTR(-EINVAL);
    }
}

/* The published order of feature words, which is not that of cpu_features[]. */
static void feature_set(const struct cpu_policy *p, uint32_t words[NR_FEATURE_SET_WORDS])
{
    static const uint8_t first[] = { FEATURE_1_EDX,  FEATURE_1_ECX, FEATURE_E1_EDX, FEATURE_E1_ECX,
                                     FEATURE_D1_EAX, FEATURE_7_EBX, FEATURE_7_ECX,  FEATURE_E7_EDX,
                                     FEATURE_E8_EBX, FEATURE_7_EDX };

    for (unsigned int i = 0; i < ARRAY_SIZE(first); i++) {
        words[i] = cpu_policy_bits(p, first[i]);
    }
    words[10] = p->feature[1].a;
    words[11] = p->extended[0x21].a;
    words[12] = p->feature[1].b;
    words[13] = p->feature[2].d;
    words[14] = p->feature[1].c;
    words[15] = p->feature[1].d;
    words[16] = words[17] = 0; /* MSR_ARCH_CAPS */
    words[18] = p->extended[0x21].c;
}

int sysctl_get_cpu_featureset(struct xen_sysctl *op)
{
    static const uint32_t policies[] = {
        [XEN_SYSCTL_cpu_featureset_raw] = XEN_SYSCTL_cpu_policy_raw,
        [XEN_SYSCTL_cpu_featureset_host] = XEN_SYSCTL_cpu_policy_host,
        [XEN_SYSCTL_cpu_featureset_pv] = XEN_SYSCTL_cpu_policy_pv_default,
        [XEN_SYSCTL_cpu_featureset_hvm] = XEN_SYSCTL_cpu_policy_hvm_default,
        [XEN_SYSCTL_cpu_featureset_pv_max] = XEN_SYSCTL_cpu_policy_pv_max,
        [XEN_SYSCTL_cpu_featureset_hvm_max] = XEN_SYSCTL_cpu_policy_hvm_max,
    };
    struct xen_sysctl_cpu_featureset *f = &op->u.cpu_featureset;
    guest_ptr_t to = guest_handle(f->features);
    uint32_t words[NR_FEATURE_SET_WORDS], room = f->nr_features;
    const struct cpu_policy *p;

    if (guest_ptr_is_null(to)) {
        f->nr_features = NR_FEATURE_SET_WORDS;
        return 0;
    }
    if (f->index >= ARRAY_SIZE(policies)) {
        return -EINVAL;
    }
    p = host_policy_of(policies[array_index_nospec(f->index, ARRAY_SIZE(policies))]);
    if (IS_ERR(p)) {
        return (int)PTR_ERR(p);
    }
    feature_set(p, words);
    f->nr_features = min(room, NR_FEATURE_SET_WORDS);
    if (copy_to_guest(to, words, f->nr_features * sizeof(words[0]))) {
        return -EFAULT;
    }
    return room < NR_FEATURE_SET_WORDS ? -ENOBUFS : 0;
}

/* A list of leaves in the caller's memory, as it grows. */
struct leaf_list {
    guest_ptr_t to;
    uint32_t room, nr;
};

static int put_leaf(struct leaf_list *l, uint32_t leaf, uint32_t sub, const struct cpuid_leaf *v)
{
    const xen_cpuid_leaf_t out = { leaf, sub, v->a, v->b, v->c, v->d };

    if (l->nr == l->room) {
        return -ENOBUFS;
    }
    return copy_to_guest_elem(l->to, l->nr++, &out);
}

/* How many sub-leaves of a leaf are worth telling; 0 for a leaf that has none. */
static unsigned int sub_leaves(const struct cpu_policy *p, uint32_t leaf)
{
    const uint64_t states = cpu_policy_xfeatures(p);
    unsigned int n = 0;

    switch (leaf) {
    case 0x4:
        while (n < POLICY_CACHE_LEAVES - 1 && (p->cache[n].a & CACHE_TYPE_MASK)) {
            n++;
        }
        return n + 1;
    case 0x7:
        return min(p->feature[0].a, POLICY_FEATURE_LEAVES - 1) + 1;
    case 0xb:
        while (n < POLICY_TOPOLOGY_LEAVES - 1 && (p->topology[n].c & 0xff00)) {
            n++;
        }
        return n + 1;
    case 0xd:
        n = states ? flsl_(states) + 1 : 0;
        return min(max(n, 2U), POLICY_XSTATE_LEAVES);
    default:
        return 0;
    }
}

static int put_leaves(struct leaf_list *l, const struct cpu_policy *p, uint32_t first,
                      uint32_t last)
{
    for (uint32_t leaf = first; leaf <= last; leaf++) {
        unsigned int subs = sub_leaves(p, leaf);
        unsigned int i = 0;

        do {
            const struct cpuid_leaf v = cpu_policy_cpuid(p, leaf, i);
            int rc = put_leaf(l, leaf, subs ? i : XEN_CPUID_NO_SUBLEAF, &v);

            if (rc) {
                return rc;
            }
        } while (++i < subs);
    }
    return 0;
}

/* 0 or -errno; *nr, which is the room, becomes how many there are. A null pointer asks for that. */
static int policy_to_guest(const struct cpu_policy *p, guest_ptr_t leaves, uint32_t *nr_leaves,
                           guest_ptr_t msrs, uint32_t *nr_msrs)
{
    static const struct cpuid_leaf nothing;
    struct leaf_list l = { leaves, *nr_leaves, 0 };
    int rc;

    if (guest_ptr_is_null(leaves)) {
        *nr_leaves = MAX_LEAVES;
    } else {
        rc = put_leaves(&l, p, 0, min(p->basic[0].a, POLICY_BASIC_LEAVES - 1));
        rc = rc ? rc : put_leaf(&l, HYPERVISOR_LEAF, XEN_CPUID_NO_SUBLEAF, &nothing);
        rc = rc ? rc : put_leaf(&l, HYPERVISOR_LEAF_2, XEN_CPUID_NO_SUBLEAF, &nothing);
        rc = rc ? rc : put_leaves(&l, p, POLICY_EXTENDED, p->extended[0].a);
        if (rc) {
            return rc;
        }
        *nr_leaves = l.nr;
    }
    if (guest_ptr_is_null(msrs)) {
        *nr_msrs = ARRAY_SIZE(policy_msrs);
        return 0;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(policy_msrs); i++) {
        const xen_msr_entry_t out = { .idx = policy_msrs[i] };

        if (i == *nr_msrs) {
            return -ENOBUFS;
        }
        if (copy_to_guest_elem(msrs, i, &out)) {
            return -EFAULT;
        }
    }
    *nr_msrs = ARRAY_SIZE(policy_msrs);
    return 0;
}

int sysctl_get_cpu_policy(struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_policy *c = &op->u.cpu_policy;
    const struct cpu_policy *p = host_policy_of(c->index);

    if (c->_rsvd) {
        return -EINVAL;
    }
    if (IS_ERR(p)) {
        return (int)PTR_ERR(p);
    }
    return policy_to_guest(p, guest_handle(c->leaves), &c->nr_leaves, guest_handle(c->msrs),
                           &c->nr_msrs);
}

int domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *c = &op->u.cpu_policy;

    return policy_to_guest(d->arch.cpu_policy, guest_handle(c->leaves), &c->nr_leaves,
                           guest_handle(c->msrs), &c->nr_msrs);
}

/* Each leaf in its place; one that has none is named. */
static int leaves_from_guest(struct cpu_policy *p, struct xen_domctl_cpu_policy *c)
{
    for (uint32_t i = 0; i < c->nr_leaves; i++) {
        struct cpuid_leaf *place;
        xen_cpuid_leaf_t in;

        if (copy_from_guest_elem(&in, guest_handle(c->leaves), i)) {
            return -EFAULT;
        }
        if (in.leaf == HYPERVISOR_LEAF || in.leaf == HYPERVISOR_LEAF_2) {
            continue; /* the hypervisor's own leaves are as they are */
        }
        place = cpu_policy_leaf(p, in.leaf, in.subleaf);
        if (!place) {
            c->err_leaf = in.leaf;
            c->err_subleaf = in.subleaf;
            return -ERANGE;
        }
        *place = (struct cpuid_leaf){ in.a, in.b, in.c, in.d };
    }
    return 0;
}

/* They hold nothing that a guest may be given. */
static int msrs_from_guest(struct xen_domctl_cpu_policy *c)
{
    for (uint32_t i = 0; i < c->nr_msrs; i++) {
        xen_msr_entry_t in;
        int rc = 0;

        if (copy_from_guest_elem(&in, guest_handle(c->msrs), i)) {
            return -EFAULT;
        }
        if (in.flags) {
            rc = -EINVAL;
        } else if (in.idx != MSR_PLATFORM_INFO && in.idx != MSR_ARCH_CAPS) {
            rc = -ERANGE;
        } else if (in.val >> 32) {
            rc = -EOVERFLOW;
        } else if (in.val) {
            rc = -EINVAL;
        }
        if (rc) {
            c->err_msr = in.idx;
            return rc;
        }
    }
    return 0;
}

/* The highest leaves may be lower than the default's, not higher. */
static int check_limits(const struct cpu_policy *p, struct xen_domctl_cpu_policy *c)
{
    if (p->basic[0].a > pv_policy.basic[0].a) {
        c->err_leaf = 0;
    } else if (p->feature[0].a > pv_policy.feature[0].a) {
        c->err_leaf = 0x7;
        c->err_subleaf = 0;
    } else if (p->extended[0].a < POLICY_EXTENDED || p->extended[0].a > pv_policy.extended[0].a) {
        c->err_leaf = POLICY_EXTENDED;
    } else {
        return 0;
    }
    return -EINVAL;
}

int domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *c = &op->u.cpu_policy;
    struct cpu_policy *new;
    int rc;

    if (READ_ONCE(d->creation_finished)) {
        return -EEXIST;
    }
    new = xzalloc(struct cpu_policy);
    if (!new) {
        return -ENOMEM;
    }
    *new = *d->arch.cpu_policy;
    c->err_leaf = c->err_subleaf = c->err_msr = NOT_THE_REASON;
    rc = c->nr_leaves > MAX_LEAVES || c->nr_msrs > ARRAY_SIZE(policy_msrs) ? -E2BIG : 0;
    rc = rc ? rc : leaves_from_guest(new, c);
    rc = rc ? rc : msrs_from_guest(c);
    rc = rc ? rc : check_limits(new, c);
    if (rc) {
        goto free;
    }
    pv_policy_limit(new, &pv_policy);
    pv_policy_finish(new);
    if (!d->arch.own_cpu_policy) {
        d->arch.own_cpu_policy = new;
        smp_store_release(&d->arch.cpu_policy, new);
        return 0;
    }
    /* Freed with the domain only: whoever starts it meanwhile reads one or the other. */
    *d->arch.own_cpu_policy = *new;

free:
    xfree(new);
    return rc;
}
