/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners of global VIRQs: the answers, the latch, and the races: a new owner against its death,
 * against another new owner, against a sender. Some are played at a fixed point, inside the log
 * line of a hand-over or at an interleaving point; the others by one host thread a CPU, round after
 * round.
 */
#include <pthread.h>
#include <gen/domctl-dispatch.h>
#include <gen/event_channel_op-dispatch.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/virq.h>

#define VIRQ VIRQ_CON_RING /* no side effects of its own */

/* Called once, by the log line between a hand-over's decision and its delivery. */
static void (*interloper)(void);
static struct domain *a, *b;
static int a_refs, b_refs; /* references when nobody owns anything */

void printk(const char *fmt, ...)
{
    void (*now)(void) = interloper;
    va_list ap;

    interloper = NULL;
    if (now) {
        now();
    }
    va_start(ap, fmt);
    vprintk(fmt, ap);
    va_end(ap);
}

static uint32_t bind(struct domain *d)
{
    struct evtchn_bind_virq arg = { .virq = VIRQ };
    struct vcpu *self = current;

    fake_set_current(d->vcpu[0]);
    assert_int_equal(event_channel_op_bind_virq(&arg), 0);
    fake_set_current(self);
    return arg.port;
}

static void unbind(struct domain *d, uint32_t port)
{
    struct evtchn_close arg = { .port = port };
    struct vcpu *self = current;

    fake_set_current(d->vcpu[0]);
    assert_int_equal(event_channel_op_close(&arg), 0);
    fake_set_current(self);
}

static bool take(struct domain *d, uint32_t port)
{
    return test_and_clear_bit(port, d->shared_info->evtchn_pending);
}

/* Bound to d now: is something waiting? */
static bool told_at_bind(struct domain *d)
{
    uint32_t port = bind(d);
    bool told = take(d, port);

    unbind(d, port);
    return told;
}

/* Is played once at the interleaving point. */
static const char *gap;
static void (*at_gap)(void);

static void play_at_gap(const char *point)
{
    void (*now)(void) = at_gap;

    if (now && !strcmp(point, gap)) {
        at_gap = NULL;
        now();
    }
}

static void play_once(const char *point, void (*fn)(void))
{
    gap = point;
    at_gap = fn;
    fake_interleave(play_at_gap);
}

static int machine(void **state)
{
    fake_machine(4);
    return 0;
}

static int begin(void **state)
{
    interloper = NULL;
    at_gap = NULL;
    fake_interleave(NULL);
    a = fake_domain(1, 1, 100);
    a_refs = a->refcnt;
    b = fake_domain(2, 1, 100);
    b_refs = b->refcnt;
    return 0;
}

static int end(void **state)
{
    fake_domain_end(a);
    fake_domain_end(b);
    (void)told_at_bind(hardware_domain);
    return 0;
}

static void only_global_ones_have_owners(void **state)
{
    for (unsigned int virq = 0; virq < NR_VIRQS; virq++) {
        bool global = virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
                      virq != VIRQ_XENPMU;

        assert_int_equal(virq_set_handler(a, virq), global ? 0 : -EINVAL);
        assert_int_equal(virq_owner_id(virq), global ? 1 : 0);
    }
    assert_int_equal(virq_set_handler(a, NR_VIRQS), -EINVAL);
    assert_int_equal(virq_set_handler(a, ~0U), -EINVAL);
    a->dying = DOMDYING_dying;
    assert_int_equal(virq_set_handler(a, VIRQ), -EINVAL);
    a->dying = DOMDYING_alive;
}

static void what_nobody_has_bound_waits(void **state)
{
    uint32_t port;

    send_global_virq(VIRQ);
    send_global_virq(VIRQ);
    assert_true(told_at_bind(hardware_domain));
    assert_false(told_at_bind(hardware_domain));
    send_global_virq(VIRQ);
    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    assert_false(told_at_bind(b)); /* not the owner's */
    assert_true(told_at_bind(a));
    assert_false(told_at_bind(a));
    port = bind(a);
    send_global_virq(VIRQ);
    assert_true(take(a, port));
    assert_false(told_at_bind(hardware_domain));
}

static void hand_over_tells_the_new_owner(void **state)
{
    uint32_t pa = bind(a), pb = bind(b);

    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    assert_true(take(a, pa));
    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    assert_false(take(a, pa)); /* it is the owner already */
    assert_int_equal(virq_set_handler(b, VIRQ), 0);
    assert_false(take(a, pa));
    assert_true(take(b, pb));
    assert_non_null(strstr(fake_console(), "silent"));
    assert_int_equal(virq_set_handler(hardware_domain, VIRQ), 0);
    assert_int_equal(a->refcnt, a_refs);
    assert_int_equal(b->refcnt, b_refs);
    (void)told_at_bind(hardware_domain);
}

static void owners_death_tells_the_hardware_domain(void **state)
{
    uint32_t port = bind(hardware_domain), pa = bind(a);

    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    assert_true(take(a, pa));
    (void)take(hardware_domain, port);
    virq_release_all(a);
    virq_release_all(a);
    assert_int_equal(virq_owner_id(VIRQ), 0);
    assert_true(take(hardware_domain, port));
    assert_false(take(a, pa));
    unbind(hardware_domain, port);
    assert_int_equal(a->refcnt, a_refs);
}

static void hand_to_b(void)
{
    assert_int_equal(virq_set_handler(b, VIRQ), 0);
}

/* While a binds what it owns, it goes to b, which has not bound it: b is told when it does. */
static void old_owners_bind_takes_nothing(void **state)
{
    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    (void)told_at_bind(a);
    play_once("virq.bound.owner", hand_to_b);
    (void)bind(a);
    assert_null(at_gap);
    assert_true(told_at_bind(b));
}

/* What was latched for it while it was the owner is the new owner's to hear of. */
static void old_owner_is_told_nothing(void **state)
{
    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    send_global_virq(VIRQ);
    hand_to_b();
    assert_false(told_at_bind(a));
    assert_true(told_at_bind(b));
}

static void bind_a(void)
{
    (void)bind(a);
}

/* The owner binds between being found not to have bound it and the latch: one of the two sees it.
 */
static void bind_at_the_gap(void **state)
{
    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    (void)told_at_bind(a);
    play_once("virq.raise.not_bound", bind_a);
    send_global_virq(VIRQ);
    assert_null(at_gap);
    assert_true(take(a, a->vcpu[0]->evtchn.virq_to_evtchn[VIRQ]));
}

static void hand_to_b_and_bind_a(void)
{
    hand_to_b();
    bind_a();
}

/* A sender that still sees a as the owner, when b is it already and a binds: b's latch is b's. */
static void late_sender_takes_nothing(void **state)
{
    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    (void)told_at_bind(a);
    play_once("virq.raise.not_bound", hand_to_b_and_bind_a);
    send_global_virq(VIRQ);
    assert_null(at_gap);
    assert_true(told_at_bind(b));
}

static void kill_b(void)
{
    WRITE_ONCE(b->dying, DOMDYING_dying);
    virq_release_all(b);
}

/* b dies between being made the owner and being told: the event is the hardware domain's. */
static void set_against_kill_at_the_gap(void **state)
{
    (void)bind(a);
    (void)bind(b);
    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    interloper = kill_b;
    assert_int_equal(virq_set_handler(b, VIRQ), 0);
    assert_int_equal(virq_owner_id(VIRQ), 0);
    assert_true(told_at_bind(hardware_domain));
    assert_int_equal(b->refcnt, b_refs);
    b->dying = DOMDYING_alive;
}

static void hand_to_hardware_domain(void)
{
    assert_int_equal(virq_set_handler(hardware_domain, VIRQ), 0);
}

/* Another owner is set at that point: it is told, though it binds only later. */
static void set_against_set_at_the_gap(void **state)
{
    (void)bind(a);
    (void)bind(b);
    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    interloper = hand_to_hardware_domain;
    assert_int_equal(virq_set_handler(b, VIRQ), 0);
    assert_int_equal(virq_owner_id(VIRQ), 0);
    assert_true(told_at_bind(hardware_domain));
}

static bool told_of(struct domain *d, uint32_t port, domid_t id)
{
    struct xen_domctl op = { .domain = DOMID_INVALID };
    bool told = take(d, port), named = false;

    fake_set_current(d->vcpu[0]);
    while (domctl_get_domain_state(d, &op) == 0) {
        named |= op.domain == id;
        op = (struct xen_domctl){ .domain = DOMID_INVALID };
    }
    fake_set_current(idle_vcpu[0]);
    return told && named;
}

/* Each step on a domain's way out is told to DOM_EXC's owner, whoever it is, by an event and by id.
 */
static void each_step_of_a_death_is_told(void **state)
{
    struct domain *owners[] = { hardware_domain, a };

    a->is_xenstore = true;
    for (unsigned int i = 0; i < ARRAY_SIZE(owners); i++) {
        struct evtchn_bind_virq bind = { .virq = VIRQ_DOM_EXC };
        struct domain *d = fake_domain(3, 1, 10);

        assert_int_equal(virq_set_handler(owners[i], VIRQ_DOM_EXC), 0);
        fake_set_current(owners[i]->vcpu[0]);
        assert_int_equal(event_channel_op_bind_virq(&bind), 0);
        fake_set_current(idle_vcpu[0]);
        (void)told_of(owners[i], bind.port, 3);
        assert_false(told_of(owners[i], bind.port, 3));
        domain_shutdown(d, SHUTDOWN_poweroff);
        assert_true(told_of(owners[i], bind.port, 3));
        assert_true(get_domain(d)); /* it stays when it is dead */
        fake_domain_kill(d);
        assert_true(told_of(owners[i], bind.port, 3));
        put_domain(d);
        assert_true(told_of(owners[i], bind.port, 3));
        fake_settle();
        fake_domain_gone(3);
        unbind(owners[i], bind.port);
    }
    assert_int_equal(virq_set_handler(hardware_domain, VIRQ_DOM_EXC), 0);
}

/* One step of a race: a function that each CPU calls once, all at the same time. */
static void (*steps[3])(void);
static pthread_barrier_t gate;

static void *play(void *arg)
{
    unsigned int cpu = (unsigned int)(unsigned long)arg;

    fake_run_on(cpu);
    pthread_barrier_wait(&gate);
    steps[cpu]();
    return NULL;
}

static void race(void)
{
    pthread_t threads[3];

    for (unsigned long cpu = 1; cpu < 3; cpu++) {
        assert_int_equal(pthread_create(&threads[cpu], NULL, play, (void *)cpu), 0);
    }
    play((void *)0);
    for (unsigned int cpu = 1; cpu < 3; cpu++) {
        pthread_join(threads[cpu], NULL);
    }
}

static void set_a(void)
{
    (void)!virq_set_handler(a, VIRQ);
}

static void set_b(void)
{
    (void)!virq_set_handler(b, VIRQ);
}

static void send(void)
{
    send_global_virq(VIRQ);
}

#define ROUNDS 1500U

/* Two owners are set while the VIRQ is raised: whoever it is in the end knows. */
static void set_against_set_against_send(void **state)
{
    uint32_t pa = bind(a), pb = bind(b);
    unsigned int won[2] = { 0 };

    pthread_barrier_init(&gate, NULL, 3);
    steps[0] = set_a;
    steps[1] = set_b;
    steps[2] = send;
    for (unsigned int i = 0; i < ROUNDS; i++) {
        bool owner_is_a, told;

        assert_int_equal(virq_set_handler(hardware_domain, VIRQ), 0);
        (void)told_at_bind(hardware_domain);
        (void)take(a, pa);
        (void)take(b, pb);
        race();
        owner_is_a = virq_owner_id(VIRQ) == 1;
        assert_true(owner_is_a || virq_owner_id(VIRQ) == 2);
        told = owner_is_a ? take(a, pa) : take(b, pb);
        assert_true(told);
        won[owner_is_a]++;
    }
    assert_int_equal(a->refcnt + b->refcnt, a_refs + b_refs + 1);
}

/* The same with owners that bind only afterwards. */
static void set_against_send_unbound(void **state)
{
    pthread_barrier_init(&gate, NULL, 3);
    steps[0] = set_a;
    steps[1] = set_b;
    steps[2] = send;
    for (unsigned int i = 0; i < ROUNDS; i++) {
        assert_int_equal(virq_set_handler(hardware_domain, VIRQ), 0);
        (void)told_at_bind(hardware_domain);
        race();
        assert_true(told_at_bind(virq_owner_id(VIRQ) == 1 ? a : b));
    }
}

/* An owner is set while it is killed and the VIRQ raised, bound or not: in the end it is the
 * hardware domain's, which knows, and no reference is left. */
static void set_against_kill_against_send(void **state)
{
    pthread_barrier_init(&gate, NULL, 3);
    steps[0] = set_b;
    steps[1] = kill_b;
    steps[2] = send;
    for (unsigned int i = 0; i < ROUNDS; i++) {
        uint32_t port = i & 1 ? bind(b) : 0;

        (void)told_at_bind(hardware_domain);
        race();
        assert_int_equal(virq_owner_id(VIRQ), 0);
        assert_true(told_at_bind(hardware_domain));
        assert_int_equal(b->refcnt, b_refs);
        b->dying = DOMDYING_alive;
        if (port) {
            unbind(b, port);
        }
    }
}

static void bind_and_leave(void)
{
    (void)bind(a);
}

/* The owner binds while the VIRQ is raised: delivered or latched, never neither. */
static void bind_against_send(void **state)
{
    pthread_barrier_init(&gate, NULL, 3);
    assert_int_equal(virq_set_handler(a, VIRQ), 0);
    (void)told_at_bind(a);
    steps[0] = bind_and_leave;
    steps[1] = send;
    steps[2] = send;
    for (unsigned int i = 0; i < ROUNDS; i++) {
        race();
        assert_true(take(a, a->vcpu[0]->evtchn.virq_to_evtchn[VIRQ]));
        unbind(a, a->vcpu[0]->evtchn.virq_to_evtchn[VIRQ]);
        (void)told_at_bind(a);
    }
}

#define virq_unit(t) cmocka_unit_test_setup_teardown(t, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        virq_unit(each_step_of_a_death_is_told),
        virq_unit(only_global_ones_have_owners),
        virq_unit(what_nobody_has_bound_waits),
        virq_unit(hand_over_tells_the_new_owner),
        virq_unit(owners_death_tells_the_hardware_domain),
        virq_unit(set_against_kill_at_the_gap),
        virq_unit(set_against_set_at_the_gap),
        virq_unit(old_owner_is_told_nothing),
        virq_unit(old_owners_bind_takes_nothing),
        virq_unit(bind_at_the_gap),
        virq_unit(late_sender_takes_nothing),
        virq_unit(set_against_set_against_send),
        virq_unit(set_against_send_unbound),
        virq_unit(set_against_kill_against_send),
        virq_unit(bind_against_send),
    };

    return cmocka_run_group_tests_name("virq", tests, machine, NULL);
}
