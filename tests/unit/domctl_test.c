/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl and sysctl from the guest's argument on: versions, targets, permission before everything
 * else, locks that a refused caller never meets, and errors that leave all as it was. And a
 * multicall of them, stopped between any two elements. Handlers are the real ones.
 */
#include <gen/control-rules.h>
#include <gen/domctl-dispatch.h>
#include <gen/hypercall-dispatch.h>
#include <gen/sched_op-dispatch.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/rangeset.h>
#include <hv/softirq.h>
#include <public/sysctl.h>

static struct domain *plain, *victim;
static unsigned long pages_before;

static int machine(void **state)
{
    fake_machine(2);
    return 0;
}

static int begin(void **state)
{
    fake_console_clear();
    plain = fake_domain(1, 1, 100);
    victim = fake_domain(2, 2, 100);
    fake_settle();
    pages_before = heap_free_pages_total();
    fake_set_current(hardware_domain->vcpu[0]);
    fake_guest_writes = 0;
    return 0;
}

static int end(void **state)
{
    fake_guest_unmap(NULL, 0);
    fake_guest_flipper(NULL);
    fake_domain_end(plain);
    fake_domain_end(victim);
    return 0;
}

static struct xen_domctl command(uint32_t cmd, domid_t id)
{
    return (struct xen_domctl){ .cmd = cmd,
                                .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                                .domain = id };
}

static long issue(struct xen_domctl *op)
{
    return do_domctl(fake_guest(op));
}

static void version_comes_before_everything(void **state)
{
    static const uint32_t versions[] = { 0, 0x14, 0x16, 0x18, ~0U };

    for (unsigned int i = 0; i < ARRAY_SIZE(versions); i++) {
        for (uint32_t cmd = 0; cmd < 1100; cmd++) {
            struct xen_domctl op = command(cmd, 0x7000);

            op.interface_version = versions[i];
            if (cmd != XEN_DOMCTL_get_domain_state) {
                assert_int_equal(issue(&op), -EACCES);
            }
        }
    }
}

static void unknown_targets_and_commands(void **state)
{
    static const domid_t nobody[] = { 7, 0x7000, DOMID_SELF, DOMID_IO, DOMID_XEN, DOMID_INVALID };

    for (unsigned int i = 0; i < ARRAY_SIZE(nobody); i++) {
        struct xen_domctl op = command(XEN_DOMCTL_max_mem, nobody[i]);

        assert_int_equal(issue(&op), -ESRCH);
        op.cmd = XEN_DOMCTL_getdomaininfo;
        assert_int_equal(issue(&op), -ESRCH);
    }
    struct xen_domctl op = command(8, 2);

    assert_int_equal(issue(&op), -ENOSYS);
    op.cmd = ~0U;
    assert_int_equal(issue(&op), -ENOSYS);
    assert_int_equal(do_domctl(guest_ptr(0)), -EFAULT);
}

/* I4: every command by a domain that may none, while every lock that the command takes is held. */
static void refused_callers_change_and_wait_for_nothing(void **state)
{
    struct domain before = *victim;

    fake_set_current(plain->vcpu[0]);
    spin_lock(&victim->ctl_lock);
    before.ctl_lock = victim->ctl_lock;
    for (uint32_t cmd = 0; cmd < 1100; cmd++) {
        struct xen_domctl op = command(cmd, 2), same;

        memset(&op.u, 0x5a, sizeof(op.u));
        same = op;
        if (cmd == XEN_DOMCTL_get_domain_state) {
            continue;
        }
        assert_int_equal(issue(&op), -EPERM);
        assert_memory_equal(&op, &same, sizeof(op));
    }
    assert_memory_equal(&before, victim, sizeof(before));
    spin_unlock(&victim->ctl_lock);
    assert_int_equal(fake_guest_writes, 0);
    assert_int_equal(heap_free_pages_total(), pages_before);
}

/* createdomain as a caller of interface version 0x17 writes it: a word more before vmtrace_size. */
static struct xen_domctl create_0x17(uint32_t altp2m_opts)
{
    const struct xen_domctl_createdomain config = { .max_vcpus = 1,
                                                    .max_evtchn_port = 10,
                                                    .max_grant_frames = 4,
                                                    .max_maptrack_frames = 4,
                                                    .grant_opts = XEN_DOMCTL_GRANT_version(1) };
    const size_t at = offsetof(struct xen_domctl_createdomain, vmtrace_size);
    struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain, .interface_version = 0x17 };

    memcpy(op.u.pad, &config, at);
    memcpy(op.u.pad + at, &altp2m_opts, sizeof(altp2m_opts));
    memcpy(op.u.pad + at + sizeof(altp2m_opts), (const uint8_t *)&config + at, sizeof(config) - at);
    return op;
}

static void version_0x17_has_its_own_layout(void **state)
{
    struct xen_domctl op = create_0x17(0), same, gsi;
    struct domain *d;

    assert_int_equal(issue(&op), 0);
    d = get_domain_by_id(op.domain);
    assert_non_null(d);
    put_domain(d);
    same = create_0x17(0);
    same.domain = op.domain;
    assert_memory_equal(&op.u, &same.u, sizeof(struct xen_domctl_createdomain) + 4);

    /* An operation that only this version has. */
    gsi = (struct xen_domctl){ .cmd = XEN_DOMCTL_gsi_permission,
                               .interface_version = 0x17,
                               .domain = op.domain,
                               .u.gsi_permission = { .gsi = 5, .flags = XEN_DOMCTL_GSI_GRANT } };
    assert_int_equal(rangeset_add(hardware_domain->irq_caps, 5, 5), 0);
    assert_int_equal(issue(&gsi), 0);
    assert_true(rangeset_contains(d->irq_caps, 5, 5));
    gsi.u.gsi_permission.flags = XEN_DOMCTL_GSI_REVOKE;
    assert_int_equal(issue(&gsi), 0);
    assert_false(rangeset_contains(d->irq_caps, 5, 5));
    gsi.u.gsi_permission.flags = 2;
    assert_int_equal(issue(&gsi), -EINVAL);
    gsi.u.gsi_permission = (struct xen_domctl_gsi_permission){ .gsi = 6, .flags = 1 };
    assert_int_equal(issue(&gsi), -EPERM); /* not dom0's to give */
    gsi.u.gsi_permission.gsi = ~0U;
    assert_int_equal(issue(&gsi), -EINVAL);
    gsi.interface_version = 0x15;
    assert_int_equal(issue(&gsi), -ENOSYS);
    gsi.cmd = XEN_DOMCTL_set_llc_colors;
    assert_int_equal(issue(&gsi), -ENOSYS);
    gsi.interface_version = 0x17;
    assert_int_equal(issue(&gsi), -EOPNOTSUPP); /* what its toolstack takes for "none here" */
    fake_domain_end(d);
    fake_settle();
    fake_set_current(hardware_domain->vcpu[0]);

    /* What our structure has no member for must not be asked for. */
    op = create_0x17(XEN_DOMCTL_ALTP2M_mixed);
    same = op;
    assert_int_equal(issue(&op), -EINVAL);
    assert_memory_equal(&op, &same, sizeof(op));
}

static long create(struct xen_domctl *op)
{
    op->cmd = XEN_DOMCTL_createdomain;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return issue(op);
}

/* Each refused configuration leaves no domain, no id taken and no memory used. */
static void failed_creation_leaves_nothing(void **state)
{
    static const struct {
        struct xen_domctl_createdomain config;
        domid_t id;
        long want;
    } wrong[] = {
        { { .max_vcpus = 0 }, 0, -EINVAL },
        { { .max_vcpus = MAX_VIRT_CPUS + 1 }, 0, -EINVAL },
        { { .max_vcpus = 1, .flags = XEN_DOMCTL_CDF_MAX << 1 }, 0, -EINVAL },
        { { .max_vcpus = 1, .flags = XEN_DOMCTL_CDF_iommu }, 0, -EINVAL },
        { { .max_vcpus = 1, .iommu_opts = 1 }, 0, -EINVAL },
        { { .max_vcpus = 1, .grant_opts = 0x100 }, 0, -EINVAL },
        { { .max_vcpus = 1, .cpupool_id = 3 }, 0, -ESRCH },
        { { .max_vcpus = 1 }, 2, -EEXIST },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct xen_domctl op = { .domain = wrong[i].id };

        op.u.createdomain = wrong[i].config;
        assert_int_equal(create(&op), wrong[i].want);
        fake_settle();
        assert_int_equal(heap_free_pages_total(), pages_before);
        rcu_read_lock();
        assert_null(domain_at_or_after(3));
        rcu_read_unlock();
    }
}

static struct xen_domctl any_domain(void)
{
    struct xen_domctl op = { .domain = 0 };

    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.max_evtchn_port = 10;
    op.u.createdomain.max_grant_frames = 4;
    op.u.createdomain.max_maptrack_frames = 4;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(2);
    return op;
}

/* Each allocation that a creation makes fails once, until there are none left to fail. Small ones
 * that nobody gives back are LeakSanitizer's to find. */
static void creation_without_memory_leaves_nothing(void **state)
{
    long objects = fake_allocated;
    bool failed = true;

    for (unsigned int nr = 1; failed; nr++) {
        struct xen_domctl op = any_domain();
        struct domain *d;
        long rc;

        fake_allocation_fails = nr;
        rc = create(&op);
        failed = !fake_allocation_fails;
        fake_allocation_fails = 0;
        assert_int_equal(rc, failed ? -ENOMEM : 0);
        fake_settle();
        rcu_read_lock();
        d = domain_at_or_after(3);
        rcu_read_unlock();
        assert_true(failed == !d);
        if (d) {
            fake_domain_end(d);
            fake_settle();
        }
        assert_int_equal(heap_free_pages_total(), pages_before);
        assert_int_equal(fake_allocated, objects);
    }
}

/* The same for frames: there are as many as a creation needs but one, but two, and so on. */
static void creation_without_frames_leaves_nothing(void **state)
{
    static struct page_info *held[FAKE_FRAMES];
    struct domain *made;
    unsigned int nr = 0;
    long rc;

    while ((held[nr] = alloc_domheap_pages(NULL, 0, 0))) {
        nr++;
    }
    do {
        struct xen_domctl op = any_domain();
        unsigned long left;

        assert_true(nr > 0);
        free_domheap_page(held[--nr]);
        left = heap_free_pages_total();
        rc = create(&op);
        fake_settle();
        assert_true(rc == 0 || rc == -ENOMEM);
        assert_true(rc == 0 || heap_free_pages_total() == left);
    } while (rc);
    while (nr) {
        free_domheap_page(held[--nr]);
    }
    rcu_read_lock();
    made = domain_at_or_after(3);
    rcu_read_unlock();
    fake_domain_end(made);
    assert_int_equal(heap_free_pages_total(), pages_before);
}

/* The ids from 3 on, in the order in which the domains are listed, as decimal digits. */
static unsigned long listed(void)
{
    unsigned long digits = 0;
    struct domain *d;

    rcu_read_lock();
    for_each_domain (d) {
        digits = d->domain_id < 3 ? digits : digits * 10 + d->domain_id;
    }
    rcu_read_unlock();
    return digits;
}

/* Whatever the order of creation: a list call goes from an id to the next higher one. */
static void domains_are_listed_by_their_ids(void **state)
{
    static const domid_t ids[] = { 9, 5, 7, 3 };
    static const unsigned long then[] = { 9, 59, 579, 3579 }, later[] = { 357, 37, 3, 0 };

    for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
        struct xen_domctl op = any_domain();

        op.domain = ids[i];
        assert_int_equal(create(&op), 0);
        assert_int_equal(listed(), then[i]);
    }
    rcu_read_lock();
    assert_int_equal(domain_at_or_after(4)->domain_id, 5);
    assert_int_equal(domain_at_or_after(8)->domain_id, 9);
    assert_null(domain_at_or_after(10));
    rcu_read_unlock();
    for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
        struct domain *d = rcu_lock_domain_by_id(ids[i]);

        rcu_unlock_domain(d);
        fake_domain_end(d);
        fake_settle();
        assert_int_equal(listed(), later[i]);
    }
}

static void creation_answers_the_id(void **state)
{
    struct xen_domctl op = any_domain();
    struct domain *d;

    assert_int_equal(create(&op), 0);
    assert_true(op.domain > 2);
    d = get_domain_by_id(op.domain);
    assert_non_null(d);
    assert_int_equal(d->controller_pauses, 1);
    put_domain(d);
    fake_domain_end(d);
    fake_settle();
    assert_int_equal(heap_free_pages_total(), pages_before);
}

/* An answer that cannot be written is told; what was done is done. */
static void bad_answer_pointers(void **state)
{
    struct xen_domctl op = command(XEN_DOMCTL_getdomaininfo, 2);

    fake_guest_unmap(&op.u, 1);
    assert_int_equal(issue(&op), -EFAULT);
    fake_guest_unmap(NULL, 0);
    assert_int_equal(issue(&op), 0);
    assert_int_equal(op.u.getdomaininfo.domain, 2);
}

static struct xen_domctl *flipped;

/* The second vCPU turns a harmless command into another one as soon as it has been read. */
static void flip(void *host, size_t bytes)
{
    if (host == flipped) {
        flipped->cmd = XEN_DOMCTL_destroydomain;
        flipped->domain = 1;
    }
}

static void arguments_are_read_once(void **state)
{
    struct xen_domctl op = command(XEN_DOMCTL_max_mem, 2);

    op.u.max_mem.max_memkb = 4096;
    flipped = &op;
    fake_guest_flipper(flip);
    assert_int_equal(issue(&op), 0);
    assert_int_equal(victim->max_pages, 1024);
    assert_int_equal(plain->dying, DOMDYING_alive);
}

static void own_domain_is_no_target(void **state)
{
    static const uint32_t cmds[] = { XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain,
                                     XEN_DOMCTL_resumedomain,  XEN_DOMCTL_setvcpucontext,
                                     XEN_DOMCTL_max_vcpus,     XEN_DOMCTL_setdebugging };

    for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++) {
        struct xen_domctl op = command(cmds[i], 0);

        assert_int_equal(issue(&op), -EINVAL);
    }
    assert_int_equal(hardware_domain->pause_count, 1); /* as it was made */
}

/* SCHEDOP_remote_shutdown of the caller's own number is a shutdown, for who may shut domains down.
 */
static void remote_shutdown_of_oneself(void **state)
{
    struct sched_remote_shutdown op = { .domain_id = 1, .reason = SHUTDOWN_suspend };

    fake_set_current(plain->vcpu[0]);
    assert_int_equal(do_sched_op(SCHEDOP_remote_shutdown, fake_guest(&op)), -EPERM);
    assert_false(plain->is_shutting_down);
    plain->is_privileged = true;
    assert_int_equal(do_sched_op(SCHEDOP_remote_shutdown, fake_guest(&op)), 0);
    plain->is_privileged = false;
    assert_true(plain->is_shutting_down);
    assert_int_equal(plain->shutdown_code, SHUTDOWN_suspend);
}

static void pauses_nest(void **state)
{
    struct xen_domctl op = command(XEN_DOMCTL_pausedomain, 2);

    assert_int_equal(issue(&op), 0);
    op.cmd = XEN_DOMCTL_unpausedomain;
    assert_int_equal(issue(&op), 0);
    assert_int_equal(victim->controller_pauses, 1);
    assert_int_equal(issue(&op), 0);
    assert_int_equal(issue(&op), -EINVAL);
    assert_int_equal(victim->pause_count, 0);
}

#define CALLS 12U

/* The count of the control domain's pauses does not go round. */
static void pauses_have_a_bound(void **state)
{
    struct xen_domctl op = command(XEN_DOMCTL_pausedomain, 2);

    for (unsigned int i = 1; i < 255; i++) {
        assert_int_equal(issue(&op), 0);
    }
    assert_int_equal(issue(&op), -EOVERFLOW);
    assert_int_equal(victim->controller_pauses, 255);
    assert_int_equal(victim->pause_count, 255);
    op.cmd = XEN_DOMCTL_unpausedomain;
    for (unsigned int i = 1; i < 255; i++) {
        assert_int_equal(issue(&op), 0);
    }
}

/* A vCPU that is made as new waits for no event that its last life waited for. */
static void a_reset_vcpu_waits_for_nothing(void **state)
{
    struct xen_domctl op = command(XEN_DOMCTL_setvcpucontext, 2);
    struct sched_poll poll = { .timeout = SECONDS(100) };
    struct vcpu *v = victim->vcpu[1];

    fake_set_current(v);
    assert_int_equal(sched_op_poll(&poll), 0);
    set_bit(VPF_blocked, &v->pause_flags);
    fake_set_current(hardware_domain->vcpu[0]);
    op.u.vcpucontext.vcpu = 1;
    assert_int_equal(issue(&op), 0);
    assert_int_equal(v->pause_flags, BIT(VPF_down));
    assert_int_equal(victim->sched.nr_pollers, 0);
}

/* However often it is stopped, each element is carried out once and answered in its place. */
static void multicall_goes_on_where_it_stopped(void **state)
{
    struct xen_domctl ops[CALLS];
    struct multicall_entry list[CALLS] = { 0 };
    unsigned long at = (unsigned long)list, left = CALLS;
    unsigned int rounds = 0;
    long rc;

    for (unsigned int i = 0; i < CALLS; i++) {
        ops[i] = command(i % 3 == 2 ? 9999 : XEN_DOMCTL_pausedomain, 2);
        list[i].op = __HYPERVISOR_domctl;
        list[i].args[0] = (unsigned long)&ops[i];
        list[i].result = 77;
    }
    do {
        raise_softirq(SOFTIRQ_TIMER);
        rc = do_multicall(guest_ptr(at), (unsigned int)left);
        if (rc == -ERESTART) {
            assert_int_equal(fake_hypercall_args[0] - at, sizeof(list[0]));
            assert_int_equal(fake_hypercall_args[1], left - 1);
            at = fake_hypercall_args[0];
            left = fake_hypercall_args[1];
        }
        rounds++;
    } while (rc == -ERESTART);
    assert_int_equal(rc, 0);
    assert_int_equal(rounds, CALLS);
    assert_int_equal(victim->controller_pauses, 1 + CALLS / 3 * 2);
    for (unsigned int i = 0; i < CALLS; i++) {
        assert_int_equal((long)list[i].result, i % 3 == 2 ? -ENOSYS : 0);
    }
    fake_settle();
    victim->controller_pauses -= CALLS / 3 * 2;
    victim->pause_count -= (int)(CALLS / 3 * 2);
}

static void multicall_bounds(void **state)
{
    struct multicall_entry list[2] = { 0 };

    list[0].op = __HYPERVISOR_multicall;
    list[1].op = 63;
    assert_int_equal(do_multicall(fake_guest(list), 2), 0);
    assert_int_equal((long)list[0].result, -EINVAL);
    assert_int_equal((long)list[1].result, -ENOSYS);
    assert_int_equal(do_multicall(guest_ptr(~0UL - 4095), ~0U), -EFAULT);
    assert_int_equal(do_multicall(guest_ptr(0), 1), -EFAULT);
    assert_int_equal(do_multicall(guest_ptr(0), 0), 0);
}

static bool held_there;

/* Every sysctl by a domain that may none, while another CPU holds the lock that some of them take.
 */
static void refused_meanwhile(const char *point)
{
    if (strcmp(point, "sysctl.apply.locked")) {
        return;
    }
    held_there = true;
    fake_set_current(plain->vcpu[0]);
    for (uint32_t cmd = 0; cmd < 100; cmd++) {
        struct xen_sysctl op = { .cmd = cmd, .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

        assert_int_equal(do_sysctl(fake_guest(&op)), -EPERM);
    }
    fake_set_current(hardware_domain->vcpu[0]);
}

static void sysctl_refuses_before_it_waits(void **state)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_scheduler_op,
                             .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

    op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_getinfo;
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    held_there = false;
    fake_interleave(refused_meanwhile);
    assert_int_equal(do_sysctl(fake_guest(&op)), 0);
    fake_interleave(NULL);
    assert_true(held_there);
}

static void sysctl_follows_the_same_rules(void **state)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_sched_id };

    assert_int_equal(do_sysctl(fake_guest(&op)), -EACCES);
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    assert_int_equal(do_sysctl(fake_guest(&op)), 0);
    assert_int_equal(op.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
    op.cmd = 999;
    assert_int_equal(do_sysctl(fake_guest(&op)), -ENOSYS);
    assert_int_equal(do_sysctl(guest_ptr(0)), -EFAULT);
    fake_set_current(plain->vcpu[0]);
    for (uint32_t cmd = 0; cmd < 100; cmd++) {
        op.cmd = cmd;
        assert_int_equal(do_sysctl(fake_guest(&op)), -EPERM);
    }
}

#define domctl_unit(t) cmocka_unit_test_setup_teardown(t, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        domctl_unit(version_0x17_has_its_own_layout),
        domctl_unit(version_comes_before_everything),
        domctl_unit(unknown_targets_and_commands),
        domctl_unit(refused_callers_change_and_wait_for_nothing),
        domctl_unit(failed_creation_leaves_nothing),
        domctl_unit(creation_without_memory_leaves_nothing),
        domctl_unit(creation_without_frames_leaves_nothing),
        domctl_unit(domains_are_listed_by_their_ids),
        domctl_unit(creation_answers_the_id),
        domctl_unit(bad_answer_pointers),
        domctl_unit(arguments_are_read_once),
        domctl_unit(own_domain_is_no_target),
        domctl_unit(remote_shutdown_of_oneself),
        domctl_unit(pauses_nest),
        domctl_unit(pauses_have_a_bound),
        domctl_unit(a_reset_vcpu_waits_for_nothing),
        domctl_unit(multicall_goes_on_where_it_stopped),
        domctl_unit(multicall_bounds),
        domctl_unit(sysctl_refuses_before_it_waits),
        domctl_unit(sysctl_follows_the_same_rules),
    };

    return cmocka_run_group_tests_name("domctl", tests, machine, NULL);
}
