/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access control: every default class against every kind of caller, the dummy module against the
 * inline answer, and generated dispatch, which must ask before anything of an operation happens
 * (I4).
 */
#include <hv/lib.h>
#include <hv/xsm.h>

#include "../../xsm/dummy.c"
#include <gen/domctl-dispatch.c>

/* Handlers that only count. */
static unsigned int carried_out;
#define COUNT(name)                                                                                \
    int domctl_##name(struct domain *d, struct xen_domctl *op)                                     \
    {                                                                                              \
        carried_out++;                                                                             \
        return 0;                                                                                  \
    }
DOMCTL_BUILT(COUNT)

static struct domain control, store, plain, target;
static struct vcpu caller;

static int reset(void **state)
{
    fake_reset(1);
    memset(&control, 0, sizeof(control));
    memset(&store, 0, sizeof(store));
    memset(&plain, 0, sizeof(plain));
    memset(&target, 0, sizeof(target));
    control.is_privileged = true;
    store.is_xenstore = true;
    target.domain_id = 9;
    caller.domain = &plain;
    fake_current[0] = &caller;
    carried_out = 0;
    return 0;
}

/* What each class answers control, store, plain for another domain; then plain for itself and for
 * none. */
static const struct {
    enum xsm_class class;
    int answers[5];
} expected[] = {
    { XSM_HOOK, { 0, 0, 0, 0, 0 } },
    { XSM_TARGET, { 0, -EPERM, -EPERM, 0, 0 } },
    { XSM_PRIV, { 0, -EPERM, -EPERM, -EPERM, -EPERM } },
    { XSM_XS_PRIV, { 0, 0, -EPERM, -EPERM, -EPERM } },
    { XSM_DM_PRIV, { 0, -EPERM, -EPERM, -EPERM, -EPERM } },
    { XSM_OTHER, { 0, 0, 0, 0, 0 } },
};

static void classes_answer(void **state)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(expected); i++) {
        enum xsm_class class = expected[i].class;
        const int *answers = expected[i].answers;

        assert_int_equal(xsm_default(class, &control, &target), answers[0]);
        assert_int_equal(xsm_default(class, &store, &target), answers[1]);
        assert_int_equal(xsm_default(class, &plain, &target), answers[2]);
        assert_int_equal(xsm_default(class, &plain, &plain), answers[3]);
        assert_int_equal(xsm_default(class, &plain, NULL), answers[4]);
    }
}

static void dummy_module_agrees(void **state)
{
    const struct domain *const sources[] = { &control, &store, &plain };
    const struct domain *const targets[] = { &target, &plain, NULL };

    for (unsigned int hook = 0; hook < XSM_HOOK_COUNT; hook++) {
        for (unsigned int s = 0; s < 3; s++) {
            for (unsigned int t = 0; t < 3; t++) {
                assert_int_equal(xsm_dummy.check(hook, sources[s], targets[t]),
                                 xsm_default(class_of[hook], sources[s], targets[t]));
            }
        }
    }
}

static void hooks_use_the_caller(void **state)
{
    assert_int_equal(xsm_domctl_pause(&target), -EPERM);
    assert_int_equal(xsm_evtchn_unbound(&plain), 0);
    assert_int_equal(xsm_evtchn_unbound(&target), -EPERM);
    assert_int_equal(xsm_getdomaininfo(&target), -EPERM);
    caller.domain = &store;
    assert_int_equal(xsm_getdomaininfo(&target), 0);
    assert_int_equal(xsm_domctl_pause(&target), -EPERM);
    caller.domain = &control;
    assert_int_equal(xsm_domctl_pause(&target), 0);
}

/* Refused for every command there is or could be; a known or an unknown one does not show. */
static void plain_domains_may_no_domctl(void **state)
{
    for (uint32_t cmd = 0; cmd < 1100; cmd++) {
        struct xen_domctl op = { .cmd = cmd, .domain = target.domain_id };

        /* Asked by its handler, under the lock of the interrupt's owner. */
        if (cmd != XEN_DOMCTL_get_domain_state) {
            assert_int_equal(domctl_check(&target, &op), -EPERM);
        }
    }
}

static void refused_domctl_is_not_carried_out(void **state)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_max_vcpus };
    struct xen_domctl before = op;
    bool copyback = true;

    assert_int_equal(domctl_dispatch(&target, &op, &copyback), -EPERM);
    assert_false(copyback);
    assert_int_equal(carried_out, 0);
    assert_memory_equal(&op, &before, sizeof(op));
}

static void permitted_domctl_is_carried_out_once(void **state)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpuinfo };
    bool copyback = false;

    caller.domain = &control;
    assert_int_equal(domctl_dispatch(&target, &op, &copyback), 0);
    assert_int_equal(carried_out, 1);
    assert_true(copyback);
    op.cmd = XEN_DOMCTL_max_mem;
    assert_int_equal(domctl_dispatch(&target, &op, &copyback), 0);
    assert_int_equal(carried_out, 2);
    assert_false(copyback);
    op.cmd = XEN_DOMCTL_audit_p2m;
    assert_int_equal(domctl_dispatch(&target, &op, &copyback), -ENOSYS);
    assert_int_equal(carried_out, 2);
}

static void control_domain_is_not_its_own_target(void **state)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_destroydomain };

    caller.domain = &control;
    assert_int_equal(domctl_check(&control, &op), -EINVAL);
    assert_int_equal(domctl_check(&target, &op), 0);
    op.cmd = XEN_DOMCTL_max_mem;
    assert_int_equal(domctl_check(&control, &op), 0);
}

static void rules_follow_the_rows(void **state)
{
    assert_int_equal(domctl_target_rule(XEN_DOMCTL_createdomain), CTL_TARGET_CREATE);
    assert_int_equal(domctl_target_rule(XEN_DOMCTL_getdomaininfo), CTL_TARGET_NEXT);
    assert_int_equal(domctl_target_rule(XEN_DOMCTL_destroydomain), CTL_TARGET_OTHER);
    assert_int_equal(domctl_target_rule(XEN_DOMCTL_get_domain_state), CTL_TARGET_NONE);
    assert_int_equal(domctl_target_rule(4711), CTL_TARGET_ANY);
    assert_int_equal(domctl_lock_rule(XEN_DOMCTL_max_mem), CTL_LOCK_CTL);
    assert_int_equal(domctl_lock_rule(XEN_DOMCTL_set_virq_handler), CTL_LOCK_NONE);
    assert_true(domctl_speaks(XEN_DOMCTL_max_mem, XEN_DOMCTL_INTERFACE_VERSION));
    assert_true(domctl_speaks(XEN_DOMCTL_max_mem, 0x17));
    assert_false(domctl_speaks(XEN_DOMCTL_max_mem, 0x16));
    assert_true(domctl_speaks(XEN_DOMCTL_get_domain_state, 0));
    assert_false(domctl_speaks(XEN_DOMCTL_get_domain_state, 0x17));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(classes_answer, reset),
        cmocka_unit_test_setup(dummy_module_agrees, reset),
        cmocka_unit_test_setup(hooks_use_the_caller, reset),
        cmocka_unit_test_setup(plain_domains_may_no_domctl, reset),
        cmocka_unit_test_setup(refused_domctl_is_not_carried_out, reset),
        cmocka_unit_test_setup(permitted_domctl_is_carried_out_once, reset),
        cmocka_unit_test_setup(control_domain_is_not_its_own_target, reset),
        cmocka_unit_test_setup(rules_follow_the_rows, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
