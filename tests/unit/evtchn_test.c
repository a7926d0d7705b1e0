/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels in the 2-level ABI: which ports are given out and taken back (against a model),
 * connections, what reaches whom, reset and its preemption, and senders against closers. Each test
 * ends with both domains gone and nothing of theirs left (I11, I17).
 */
#include <pthread.h>
#include <gen/event_channel_op-dispatch.h>
#include <gen/sched_op-dispatch.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/softirq.h>

#include "../../common/evtchn/private.h"

static struct domain *a, *b;

static void as(struct domain *d)
{
    fake_set_current(d->vcpu[0]);
}

static long alloc_for(struct domain *d, domid_t remote)
{
    struct evtchn_alloc_unbound arg = { .dom = DOMID_SELF, .remote_dom = remote };
    long rc;

    as(d);
    rc = event_channel_op_alloc_unbound(d, &arg);
    return rc ? rc : (long)arg.port;
}

static long bind_to(struct domain *d, struct domain *rd, uint32_t rport)
{
    struct evtchn_bind_interdomain arg = { .remote_dom = rd->domain_id, .remote_port = rport };
    long rc;

    as(d);
    rc = event_channel_op_bind_interdomain(&arg);
    return rc ? rc : (long)arg.local_port;
}

static long send_on(struct domain *d, uint32_t port)
{
    struct evtchn_send arg = { .port = port };

    as(d);
    return event_channel_op_send(&arg);
}

static bool pending(const struct domain *d, long port)
{
    return test_bit((unsigned int)port, d->shared_info->evtchn_pending);
}

static uint32_t status_of(struct domain *d, long port)
{
    struct evtchn_status arg = { .dom = DOMID_SELF, .port = (uint32_t)port };

    as(d);
    assert_int_equal(event_channel_op_status(d, &arg), 0);
    return arg.status;
}

static int machine(void **state)
{
    fake_machine(4);
    return 0;
}

static int begin(void **state)
{
    fake_console_clear();
    a = fake_domain(1, 2, ~0U);
    b = fake_domain(2, 2, 200);
    return 0;
}

static int end(void **state)
{
    fake_domain_end(a);
    fake_domain_end(b);
    return 0;
}

/* The lowest free port each time, as a bitmap of them says. */
static void ports_follow_the_model(void **state)
{
    static bool used[EVTCHN_2L_NR_CHANNELS];
    uint32_t held = 1;

    memset(used, 0, sizeof(used));
    used[0] = true;
    srand(7);
    for (unsigned int round = 0; round < 60000; round++) {
        uint32_t port = (uint32_t)rand() % EVTCHN_2L_NR_CHANNELS;

        if (used[port] && port && rand() % 3) {
            assert_int_equal(evtchn_close(a, port), 0);
            used[port] = false;
            held--;
        } else {
            uint32_t lowest = 0;

            while (lowest < EVTCHN_2L_NR_CHANNELS && used[lowest]) {
                lowest++;
            }
            if (lowest == EVTCHN_2L_NR_CHANNELS) {
                assert_int_equal(alloc_for(a, 2), -ENOSPC);
                continue;
            }
            assert_int_equal(alloc_for(a, 2), lowest);
            used[lowest] = true;
            held++;
        }
        assert_int_equal(a->evtchn.in_use, held);
    }
}

/* b was created with ports up to 200: a limit that counts from port 0. */
static void limit_holds(void **state)
{
    uint32_t limit;

    for (unsigned int port = 1; port <= 200; port++) {
        assert_int_equal(alloc_for(b, 1), port);
    }
    assert_int_equal(alloc_for(b, 1), -ENOSPC);
    assert_int_equal(evtchn_close(b, 77), 0);
    assert_int_equal(alloc_for(b, 1), 77);
    limit = a->evtchn.limit;
    a->evtchn.limit = 6;
    for (unsigned int port = 1; port < EVTCHN_2L_NR_CHANNELS; port++) {
        if (port == 6) {
            assert_int_equal(alloc_for(a, 2), -ENOSPC);
            a->evtchn.limit = limit;
        }
        assert_int_equal(alloc_for(a, 2), port);
    }
    assert_int_equal(alloc_for(a, 2), -ENOSPC);
}

static void connections_live_and_end(void **state)
{
    long pa = alloc_for(a, 2), pb;
    uint32_t in_use = b->evtchn.in_use;

    /* Refused ones leave no port behind. */
    assert_int_equal(bind_to(b, a, 99), -EINVAL);
    assert_int_equal(bind_to(b, a, 0), -EINVAL);
    assert_int_equal(bind_to(b, a, ~0U), -EINVAL);
    assert_int_equal(bind_to(a, a, (uint32_t)pa), -EINVAL);
    assert_int_equal(b->evtchn.in_use, in_use);

    pb = bind_to(b, a, (uint32_t)pa);
    assert_int_equal(pb, 1);
    assert_true(pending(b, pb)); /* for what was sent before */
    assert_int_equal(bind_to(b, a, (uint32_t)pa), -EINVAL);
    assert_int_equal(status_of(a, pa), EVTCHNSTAT_interdomain);

    assert_int_equal(send_on(b, (uint32_t)pb), 0);
    assert_true(pending(a, pa));
    clear_bit((unsigned int)pb, b->shared_info->evtchn_pending);
    assert_int_equal(send_on(a, (uint32_t)pa), 0);
    assert_true(pending(b, pb));

    /* The other end waits for the same domain again. */
    assert_int_equal(evtchn_close(b, (uint32_t)pb), 0);
    assert_false(pending(b, pb));
    assert_int_equal(status_of(a, pa), EVTCHNSTAT_unbound);
    assert_int_equal(send_on(b, (uint32_t)pb), -EINVAL);
    assert_int_equal(send_on(a, (uint32_t)pa), 0);
    assert_int_equal(bind_to(b, a, (uint32_t)pa), pb);
}

static void wrong_ports_change_nothing(void **state)
{
    static const uint32_t wrong[] = { 0, 5, 127, 128, 4095, 4096, EVTCHN_MAX_PORTS, ~0U };
    struct shared_info before;

    /* Pending and masked: unmasking them would tell of them. */
    for (unsigned int i = 0; i < 5; i++) {
        set_bit(wrong[i], a->shared_info->evtchn_pending);
        set_bit(wrong[i], a->shared_info->evtchn_mask);
    }
    before = *a->shared_info;
    for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct evtchn_bind_vcpu to_vcpu = { .port = wrong[i], .vcpu = 1 };
        struct evtchn_unmask unmask = { .port = wrong[i] };

        assert_int_equal(evtchn_close(a, wrong[i]), -EINVAL);
        assert_int_equal(send_on(a, wrong[i]), -EINVAL);
        assert_int_equal(event_channel_op_bind_vcpu(&to_vcpu), -EINVAL);
        as(a);
        assert_int_equal(event_channel_op_unmask(&unmask), wrong[i] < 128 ? 0 : -EINVAL);
        assert_false(evtchn_is_pending(a, wrong[i]));
    }
    assert_memory_equal(&before, a->shared_info, sizeof(before));
}

static void events_go_to_the_bound_vcpu(void **state)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 1 };
    struct evtchn_bind_vcpu move = { .vcpu = 1 };
    struct evtchn_unmask unmask;
    long port = alloc_for(a, 1), other;

    as(a);
    assert_int_equal(event_channel_op_bind_ipi(&ipi), 0);
    assert_int_equal(send_on(a, ipi.port), 0);
    assert_int_equal(a->vcpu[0]->vcpu_info->evtchn_upcall_pending, 0);
    assert_int_equal(a->vcpu[1]->vcpu_info->evtchn_upcall_pending, 1);
    assert_int_equal(a->vcpu[1]->vcpu_info->evtchn_pending_sel, 1);

    other = bind_to(a, a, (uint32_t)port);
    a->vcpu[0]->vcpu_info->evtchn_upcall_pending = 0;
    a->vcpu[1]->vcpu_info->evtchn_upcall_pending = 0;
    a->vcpu[1]->vcpu_info->evtchn_pending_sel = 0;
    set_bit((unsigned int)port, a->shared_info->evtchn_mask);
    move.port = (uint32_t)port;
    assert_int_equal(event_channel_op_bind_vcpu(&move), 0);
    assert_int_equal(send_on(a, (uint32_t)other), 0);
    assert_true(pending(a, port));
    assert_int_equal(a->vcpu[1]->vcpu_info->evtchn_upcall_pending, 0);
    unmask.port = (uint32_t)port;
    assert_int_equal(event_channel_op_unmask(&unmask), 0);
    assert_int_equal(a->vcpu[1]->vcpu_info->evtchn_upcall_pending, 1);
    move.port = ipi.port; /* an IPI stays with its vCPU */
    assert_int_equal(event_channel_op_bind_vcpu(&move), -EINVAL);
}

/* I5: a reset goes on where it stopped, is one caller's, and does some work each time. */
static void reset_is_preempted_and_goes_on(void **state)
{
    struct evtchn_reset arg = { .dom = DOMID_SELF };
    unsigned int rounds = 0;
    uint32_t left;
    long rc;

    for (unsigned int i = 0; i < 500; i++) {
        assert_true(alloc_for(a, 2) > 0);
    }
    do {
        left = a->evtchn.in_use;
        as(a);
        raise_softirq(SOFTIRQ_TIMER);
        rc = event_channel_op_reset(a, &arg);
        if (rc == -ERESTART) {
            assert_true(a->evtchn.in_use < left);
            fake_set_current(a->vcpu[1]);
            assert_int_equal(event_channel_op_reset(a, &arg), -EBUSY);
        }
        rounds++;
    } while (rc == -ERESTART);
    assert_int_equal(rc, 0);
    assert_int_equal(a->evtchn.in_use, 1);
    assert_true(rounds > 10);
    assert_int_equal(alloc_for(a, 2), 1);
    fake_settle();
}

/* XSA-343: a port that is opened behind the reset's back is not forgotten. */
static void reset_tells_of_ports_behind_it(void **state)
{
    struct evtchn_reset arg = { .dom = DOMID_SELF };

    for (unsigned int i = 0; i < 200; i++) {
        assert_true(alloc_for(a, 2) > 0);
    }
    as(a);
    raise_softirq(SOFTIRQ_TIMER);
    assert_int_equal(event_channel_op_reset(a, &arg), -ERESTART);
    fake_settle();
    assert_int_equal(alloc_for(a, 2), 1);
    as(a);
    assert_int_equal(event_channel_op_reset(a, &arg), -EAGAIN);
    assert_int_equal(a->evtchn.in_use, 2);
    assert_int_equal(event_channel_op_reset(a, &arg), 0);
}

/* A domain without vCPUs is told when it has one: of ports that are not masked, and of them alone.
 */
static void events_wait_for_a_vcpu(void **state)
{
    struct xen_domctl_createdomain config = { .max_vcpus = 2, .max_evtchn_port = 100 };
    uint32_t remote[3] = { 0 };
    struct domain *d;

    config.max_grant_frames = config.max_maptrack_frames = 4;
    config.grant_opts = XEN_DOMCTL_GRANT_version(2);
    d = domain_create(5, &config, 0);
    assert_false(IS_ERR(d));
    fake_set_current(b->vcpu[0]);
    for (uint32_t port = 1; port <= 2; port++) {
        struct evtchn_alloc_unbound alloc = { .dom = 5, .remote_dom = 2 };

        assert_int_equal(event_channel_op_alloc_unbound(d, &alloc), 0);
        assert_int_equal(alloc.port, port);
        remote[port] = (uint32_t)bind_to(b, d, port);
    }
    set_bit(2, d->shared_info->evtchn_mask);
    assert_int_equal(send_on(b, remote[2]), 0);
    assert_true(pending(d, 2));
    assert_non_null(vcpu_create(d, 1));
    assert_int_equal(d->vcpu[1]->vcpu_info->evtchn_upcall_pending, 0);
    assert_int_equal(send_on(b, remote[1]), 0);
    assert_true(pending(d, 1));
    assert_false(send_guest_domain_virq(d, VIRQ_CON_RING));
    assert_non_null(vcpu_create(d, 0));
    assert_int_equal(d->vcpu[0]->vcpu_info->evtchn_upcall_pending, 1);
    assert_int_equal(d->vcpu[0]->vcpu_info->evtchn_pending_sel, 1);
    assert_int_equal(d->vcpu[1]->vcpu_info->evtchn_upcall_pending, 0);
    fake_domain_end(d);
}

/* Masked alone: nobody is woken for it. */
static void masked_events_wake_no_new_vcpu(void **state)
{
    struct xen_domctl_createdomain config = { .max_vcpus = 1, .max_evtchn_port = 100 };
    struct domain *d;

    config.max_grant_frames = config.max_maptrack_frames = 4;
    config.grant_opts = XEN_DOMCTL_GRANT_version(2);
    d = domain_create(5, &config, 0);
    assert_false(IS_ERR(d));
    set_bit(2, d->shared_info->evtchn_mask);
    set_bit(2, d->shared_info->evtchn_pending);
    assert_non_null(vcpu_create(d, 0));
    assert_int_equal(d->vcpu[0]->vcpu_info->evtchn_upcall_pending, 0);
    assert_int_equal(d->vcpu[0]->vcpu_info->evtchn_pending_sel, 0);
    fake_domain_end(d);
}

/* A reset that its vCPU never comes back to keeps no other domain from resetting the ports. */
static void a_reset_left_behind_is_taken_over(void **state)
{
    struct evtchn_reset own = { .dom = DOMID_SELF }, other = { .dom = 1 };

    for (unsigned int i = 0; i < 200; i++) {
        assert_true(alloc_for(a, 2) > 0);
    }
    as(a);
    raise_softirq(SOFTIRQ_TIMER);
    assert_int_equal(event_channel_op_reset(a, &own), -ERESTART);
    fake_settle();
    assert_int_equal(alloc_for(a, 2), 1);
    fake_set_current(a->vcpu[1]);
    assert_int_equal(event_channel_op_reset(a, &own), -EBUSY);
    as(b);
    assert_int_equal(event_channel_op_reset(a, &other), 0);
    assert_int_equal(a->evtchn.in_use, 1);
    as(a);
    assert_int_equal(event_channel_op_reset(a, &own), 0);
}

/* Whoever found a port valid may go on with its record: the bound only grows (I10). */
static void ports_stay_valid_over_a_reset(void **state)
{
    struct evtchn_reset arg = { .dom = DOMID_SELF };

    for (unsigned int i = 0; i < 200; i++) {
        assert_true(alloc_for(a, 2) > 0);
    }
    as(a);
    assert_int_equal(event_channel_op_reset(a, &arg), 0);
    assert_true(evtchn_port_is_valid(a, 200));
    assert_int_equal(send_on(a, 200), -EINVAL);
}

static unsigned int stops;

/* The reset of a is at its fifth stop: ports are opened behind it, and a's death begins, and stops.
 */
static void begin_death_at_fifth_stop(const char *point)
{
    if (strcmp(point, "evtchn.close_all.stopping") || ++stops != 5) {
        return;
    }
    for (unsigned int i = 1; i <= 100; i++) {
        assert_int_equal(alloc_for(a, 2), i);
    }
    as(b);
    WRITE_ONCE(a->dying, DOMDYING_dying);
    raise_softirq(SOFTIRQ_TIMER);
    assert_int_equal(evtchn_destroy(a), -ERESTART);
}

/* Teardown takes over: a reset that was under way changes nothing of its progress, and says so. */
static void death_takes_over_a_reset(void **state)
{
    struct evtchn_reset arg = { .dom = 1 };
    long rc;

    for (unsigned int i = 0; i < 300; i++) {
        assert_true(alloc_for(a, 2) > 0);
    }
    stops = 0;
    fake_interleave(begin_death_at_fifth_stop);
    do {
        as(b);
        raise_softirq(SOFTIRQ_TIMER);
        rc = event_channel_op_reset(a, &arg);
    } while (rc == -ERESTART);
    fake_interleave(NULL);
    assert_int_equal(rc, -EBUSY);
    assert_true(stops >= 5);
    assert_int_equal(event_channel_op_reset(a, &arg), -EBUSY);
    while (evtchn_destroy(a) == -ERESTART) {
    }
    assert_int_equal(a->evtchn.in_use, 1);
    fake_settle();
    a->dying = DOMDYING_alive;
}

static uint32_t polled; /* a's port of an IPI, masked, as a spin lock's is */

static void poll_it(void)
{
    struct sched_poll poll = { .nr_ports = 1 };

    set_xen_guest_handle(poll.ports, &polled);
    assert_int_equal(sched_op_poll(&poll), 0);
    assert_true(test_bit(VPF_poll, &a->vcpu[0]->pause_flags));
}

/* It is awake as soon as the flag is clear, and polls again. */
static void poll_again(const char *point)
{
    if (!strcmp(point, "sched.poll_end.cleared")) {
        poll_it();
    }
}

/* The end of one poll leaves the next one alone, which would sleep for ever without its port. */
static void a_new_poll_keeps_its_port(void **state)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };

    as(a);
    assert_int_equal(event_channel_op_bind_ipi(&ipi), 0);
    polled = ipi.port;
    set_bit(polled, a->shared_info->evtchn_mask);
    poll_it();
    fake_interleave(poll_again);
    vcpu_unblock(a->vcpu[0]);
    fake_interleave(NULL);
    assert_true(test_bit(VPF_poll, &a->vcpu[0]->pause_flags));
    assert_int_equal(a->sched.nr_pollers, 1);
    assert_int_equal(send_on(a, polled), 0);
    assert_false(test_bit(VPF_poll, &a->vcpu[0]->pause_flags));
    assert_int_equal(a->sched.nr_pollers, 0);
}

/* An event comes when the vCPU has looked, and is about to sleep. */
static void send_when_looked(const char *point)
{
    if (!strcmp(point, "sched.poll.looked") || !strcmp(point, "sched.block.looked")) {
        assert_int_equal(send_on(a, polled), 0);
    }
}

static void event_at_the_start_of_a_sleep(void **state)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct sched_poll poll = { .nr_ports = 1 };

    as(a);
    assert_int_equal(event_channel_op_bind_ipi(&ipi), 0);
    polled = ipi.port;
    set_xen_guest_handle(poll.ports, &polled);
    set_bit(polled, a->shared_info->evtchn_mask);
    fake_interleave(send_when_looked);
    assert_int_equal(sched_op_poll(&poll), 0);
    assert_false(test_bit(VPF_poll, &a->vcpu[0]->pause_flags));
    clear_bit(polled, a->shared_info->evtchn_pending);
    clear_bit(polled, a->shared_info->evtchn_mask);
    assert_int_equal(sched_op_block(), 0);
    assert_false(test_bit(VPF_blocked, &a->vcpu[0]->pause_flags));
    fake_interleave(NULL);
}

static void dying_domain_gets_no_port(void **state)
{
    a->dying = DOMDYING_dying;
    assert_int_equal(alloc_for(a, 2), -EINVAL);
    a->dying = DOMDYING_alive;
    assert_int_equal(alloc_for(a, 2), 1);
}

#define ROUNDS 4000U

static uint32_t meeting; /* a's port that b connects to again and again */
static volatile bool stop;
static pthread_barrier_t start;

static void *play_sender(void *arg)
{
    fake_run_on(1);
    fake_set_current(a->vcpu[1]);
    pthread_barrier_wait(&start);
    while (!stop) {
        struct evtchn_send s = { .port = meeting };

        (void)event_channel_op_send(&s);
    }
    return NULL;
}

static void *play_closer(void *arg)
{
    fake_run_on(2);
    fake_set_current(a->vcpu[0]);
    pthread_barrier_wait(&start);
    while (!stop) {
        struct evtchn_alloc_unbound again = { .dom = DOMID_SELF, .remote_dom = 2 };

        if (!evtchn_close(a, meeting)) {
            (void)event_channel_op_alloc_unbound(a, &again);
        }
    }
    return NULL;
}

/* Connecting, sending and closing from both ends at once: no event beyond the two domains' ports.
 */
static void ends_close_while_senders_send(void **state)
{
    pthread_t sender, closer;
    unsigned int bound = 0;

    meeting = (uint32_t)alloc_for(a, 2);
    stop = false;
    pthread_barrier_init(&start, NULL, 3);
    assert_int_equal(pthread_create(&sender, NULL, play_sender, NULL), 0);
    assert_int_equal(pthread_create(&closer, NULL, play_closer, NULL), 0);
    fake_run_on(0);
    pthread_barrier_wait(&start);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        long port = bind_to(b, a, meeting);

        if (port > 0) {
            bound++;
            (void)send_on(b, (uint32_t)port);
            assert_int_equal(evtchn_close(b, (uint32_t)port), 0);
            assert_false(pending(b, port));
        }
    }
    stop = true;
    pthread_join(sender, NULL);
    pthread_join(closer, NULL);
    assert_true(bound > 0);
    assert_int_equal(b->evtchn.in_use, 1);
    assert_true(a->evtchn.in_use <= 2);
}

#define evtchn_unit(t) cmocka_unit_test_setup_teardown(t, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        evtchn_unit(ports_follow_the_model),         evtchn_unit(limit_holds),
        evtchn_unit(connections_live_and_end),       evtchn_unit(wrong_ports_change_nothing),
        evtchn_unit(events_go_to_the_bound_vcpu),    evtchn_unit(reset_is_preempted_and_goes_on),
        evtchn_unit(reset_tells_of_ports_behind_it), evtchn_unit(dying_domain_gets_no_port),
        evtchn_unit(ports_stay_valid_over_a_reset),  evtchn_unit(a_reset_left_behind_is_taken_over),
        evtchn_unit(death_takes_over_a_reset),       evtchn_unit(a_new_poll_keeps_its_port),
        evtchn_unit(event_at_the_start_of_a_sleep),  evtchn_unit(events_wait_for_a_vcpu),
        evtchn_unit(masked_events_wake_no_new_vcpu), evtchn_unit(ends_close_while_senders_send),
    };

    return cmocka_run_group_tests_name("evtchn", tests, machine, NULL);
}
