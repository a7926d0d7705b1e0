/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels in the FIFO ABI, with a guest that reads its queues as the ABI says, and with one
 * that writes anything anywhere into what it shares. To the first no event is lost and none comes
 * twice; the second harms itself alone: senders come back, and after a reset all is as new.
 */
#include <pthread.h>
#include <gen/event_channel_op-dispatch.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/softirq.h>

#include "../../common/evtchn/fifo-private.h"

#define PORTS 64U
#define VCPUS 2U

static struct domain *a, *b;
static struct page_info *control_pg[VCPUS], *array_pg;
static struct evtchn_fifo_control_block *control[VCPUS];
static event_word_t *words;
static uint32_t remote[PORTS + 1]; /* b's end of each of a's ports */

/* The guest's own notes: where each queue goes on. */
static uint32_t guest_head[VCPUS][EVTCHN_FIFO_MAX_QUEUES];

static void as(struct domain *d, unsigned int vcpu)
{
    fake_set_current(d->vcpu[vcpu]);
}

static struct page_info *frame_of(struct domain *d)
{
    struct page_info *pg = alloc_domheap_page(d, 0);

    assert_non_null(pg);
    return pg;
}

static long init_control(unsigned int vcpu)
{
    struct evtchn_init_control arg = { .control_gfn = mfn_x(page_to_mfn(control_pg[vcpu])),
                                       .vcpu = vcpu };

    as(a, 0);
    return event_channel_op_init_control(&arg);
}

static long expand(void)
{
    struct evtchn_expand_array arg = { .array_gfn = mfn_x(page_to_mfn(array_pg)) };

    as(a, 0);
    return event_channel_op_expand_array(&arg);
}

static void go_fifo(void)
{
    for (unsigned int v = 0; v < VCPUS; v++) {
        assert_int_equal(init_control(v), 0);
    }
    memset(words, 0, PAGE_SIZE);
    memset(guest_head, 0, sizeof(guest_head));
    assert_int_equal(expand(), 0);
}

/* Ports 1..PORTS of a, each connected to one of b. */
static void connect_all(void)
{
    for (uint32_t i = 1; i <= PORTS; i++) {
        struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = 2 };
        struct evtchn_bind_interdomain bind = { .remote_dom = 1, .remote_port = i };

        as(a, 0);
        assert_int_equal(event_channel_op_alloc_unbound(a, &alloc), 0);
        assert_int_equal(alloc.port, i);
        as(b, 0);
        assert_int_equal(event_channel_op_bind_interdomain(&bind), 0);
        remote[i] = bind.local_port;
    }
}

static long send(uint32_t port)
{
    struct evtchn_send arg = { .port = remote[port] };

    return event_channel_op_send(&arg);
}

static int machine(void **state)
{
    fake_machine(4);
    return 0;
}

static int begin(void **state)
{
    fake_run_on(0);
    a = fake_domain(1, VCPUS, ~0U);
    b = fake_domain(2, 1, ~0U);
    a->max_pages = 16;
    for (unsigned int v = 0; v < VCPUS; v++) {
        control_pg[v] = frame_of(a);
        control[v] = page_to_virt(control_pg[v]);
    }
    array_pg = frame_of(a);
    words = page_to_virt(array_pg);
    connect_all();
    go_fifo();
    as(b, 0);
    return 0;
}

static int end(void **state)
{
    struct page_info *mine[] = { control_pg[0], control_pg[1], array_pg };

    fake_run_on(0);
    fake_set_current(idle_vcpu[0]);
    WRITE_ONCE(a->dying, DOMDYING_alive);
    domain_pause_nosync(a);
    while (evtchn_destroy(a) == -ERESTART) {
    }
    for (unsigned int i = 0; i < 3; i++) {
        put_page_alloc_ref(mine[i]);
    }
    fake_domain_end(a);
    fake_domain_end(b);
    return 0;
}

/* Takes the first event of a queue; 0: it is empty. As the ABI tells guests to. */
static uint32_t guest_take(unsigned int vcpu, unsigned int prio)
{
    uint32_t port = guest_head[vcpu][prio];
    event_word_t w;

    if (!port) {
        port = __atomic_load_n(&control[vcpu]->head[prio], __ATOMIC_SEQ_CST);
    }
    if (!port) {
        return 0;
    }
    w = __atomic_load_n(&words[port], __ATOMIC_SEQ_CST);
    do {
        guest_head[vcpu][prio] = w & EVTCHN_FIFO_LINK_MASK;
    } while (!__atomic_compare_exchange_n(&words[port], &w,
                                          w & ~(WORD_LINKED | EVTCHN_FIFO_LINK_MASK), false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return port;
}

static unsigned long handled[PORTS + 1];
static void (*on_event)(uint32_t port);

/* Everything that is ready on a vCPU; how many events. */
static unsigned int guest_handle_all(unsigned int vcpu)
{
    unsigned int n = 0;
    uint32_t ready;

    while ((ready = __atomic_exchange_n(&control[vcpu]->ready, 0, __ATOMIC_SEQ_CST)) != 0) {
        while (ready) {
            unsigned int prio = (unsigned int)__builtin_ctz(ready);
            uint32_t port;

            while ((port = guest_take(vcpu, prio)) != 0) {
                assert_in_range(port, 1, PORTS);
                if ((__atomic_load_n(&words[port], __ATOMIC_SEQ_CST) & WORD_MASKED) == 0 &&
                    __atomic_fetch_and(&words[port], ~WORD_PENDING, __ATOMIC_SEQ_CST) &
                        WORD_PENDING) {
                    handled[port]++;
                    n++;
                    if (on_event) {
                        on_event(port);
                    }
                }
                if (!guest_head[vcpu][prio]) {
                    break;
                }
            }
            ready &= ~(1U << prio);
            ready |= __atomic_exchange_n(&control[vcpu]->ready, 0, __ATOMIC_SEQ_CST);
        }
    }
    return n;
}

/* What was pending before is delivered with the array's first page. */
static void early_events_come_along(void **state)
{
    on_event = NULL;
    memset(handled, 0, sizeof(handled));
    for (uint32_t port = 1; port <= PORTS; port++) {
        assert_int_equal(send(port), 0);
        assert_int_equal(send(port), 0);
    }
    assert_int_equal(guest_handle_all(0), PORTS);
    for (uint32_t port = 1; port <= PORTS; port++) {
        assert_int_equal(handled[port], 1);
    }
    assert_int_equal(guest_handle_all(0) + guest_handle_all(1), 0);
}

static uint32_t sequence[PORTS];
static unsigned int nr_sequence;

static void note(uint32_t port)
{
    sequence[nr_sequence++] = port;
}

static void set_priority(uint32_t port, uint32_t priority)
{
    struct evtchn_set_priority arg = { .port = port, .priority = priority };

    as(a, 0);
    assert_int_equal(event_channel_op_set_priority(&arg), 0);
    as(b, 0);
}

static void order_is_priority_then_time(void **state)
{
    static const uint32_t order[] = { 9, 2, 5, 3, 1 };

    (void)guest_handle_all(0);
    set_priority(9, EVTCHN_FIFO_PRIORITY_MAX);
    set_priority(2, 3);
    set_priority(1, EVTCHN_FIFO_PRIORITY_MIN);
    nr_sequence = 0;
    on_event = note;
    for (uint32_t port = 1; port <= 9; port++) {
        if (port == 1 || port == 2 || port == 9) {
            assert_int_equal(send(port), 0);
        }
    }
    assert_int_equal(send(5), 0);
    assert_int_equal(send(3), 0);
    assert_int_equal(guest_handle_all(0), 5);
    assert_memory_equal(sequence, order, sizeof(order));
}

static void masked_ones_wait(void **state)
{
    struct evtchn_unmask arg = { .port = 4 };

    on_event = NULL;
    (void)guest_handle_all(0);
    __atomic_fetch_or(&words[4], WORD_MASKED, __ATOMIC_SEQ_CST);
    assert_int_equal(send(4), 0);
    assert_int_equal(guest_handle_all(0), 0);
    assert_true(words[4] & WORD_PENDING);
    as(a, 0);
    assert_int_equal(event_channel_op_unmask(&arg), 0);
    as(b, 0);
    assert_int_equal(guest_handle_all(0), 1);
}

static bool stop;
static pthread_barrier_t start;
static unsigned long sent[PORTS + 1], seen[PORTS + 1];

static void remember_sent(uint32_t port)
{
    __atomic_store_n(&seen[port], __atomic_load_n(&sent[port], __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
}

#define SENDS 60000U

static unsigned int senders_left;

static void *play_sender(void *arg)
{
    unsigned int cpu = (unsigned int)(unsigned long)arg;
    uint32_t seed = cpu;

    fake_run_on(cpu);
    as(b, 0);
    pthread_barrier_wait(&start);
    for (unsigned int i = 0; i < SENDS; i++) {
        uint32_t port;

        seed = seed * 1664525 + 1013904223;
        /* Of two senders each has its own ports, so that what was sent last is known. */
        port = (seed >> 16) % (PORTS / 2) * 2 + cpu;
        __atomic_add_fetch(&sent[port], 1, __ATOMIC_SEQ_CST);
        (void)send(port);
    }
    __atomic_sub_fetch(&senders_left, 1, __ATOMIC_RELEASE);
    return NULL;
}

static bool masks_too;

/* Ports change their queue, and are masked and unmasked, while events are on their way. */
static void *play_mover(void *arg)
{
    uint32_t seed = 77;

    fake_run_on(3);
    as(a, 1);
    pthread_barrier_wait(&start);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        struct evtchn_set_priority p;
        struct evtchn_bind_vcpu v;
        struct evtchn_unmask u;

        seed = seed * 1664525 + 1013904223;
        p.port = v.port = 1 + (seed >> 16) % PORTS;
        p.priority = (seed >> 8) % (EVTCHN_FIFO_PRIORITY_MIN + 1);
        v.vcpu = (seed >> 24) % VCPUS;
        (void)!event_channel_op_set_priority(&p);
        (void)!event_channel_op_bind_vcpu(&v);
        if (!masks_too) {
            continue;
        }
        u.port = 1 + (seed >> 18) % PORTS;
        __atomic_fetch_or(&words[u.port], WORD_MASKED, __ATOMIC_SEQ_CST);
        (void)!event_channel_op_unmask(&u);
    }
    return NULL;
}

static void run_against(void *(*third)(void *), void (*body)(void))
{
    pthread_t senders[2], other;

    __atomic_store_n(&stop, false, __ATOMIC_RELEASE);
    senders_left = 2;
    pthread_barrier_init(&start, NULL, 4);
    for (unsigned long cpu = 1; cpu <= 2; cpu++) {
        assert_int_equal(pthread_create(&senders[cpu - 1], NULL, play_sender, (void *)cpu), 0);
    }
    assert_int_equal(pthread_create(&other, NULL, third, NULL), 0);
    fake_run_on(0);
    pthread_barrier_wait(&start);
    body();
    pthread_join(senders[0], NULL);
    pthread_join(senders[1], NULL);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    pthread_join(other, NULL);
}

static void guest_handles_meanwhile(void)
{
    for (unsigned int i = 0; __atomic_load_n(&senders_left, __ATOMIC_ACQUIRE); i++) {
        (void)guest_handle_all(i % VCPUS);
    }
}

/* No wakeup is lost: after the last send of each port the guest has been told of it. */
static void send_and_move(unsigned int rounds)
{
    on_event = remember_sent;
    for (unsigned int i = 0; i < rounds; i++) {
        (void)guest_handle_all(0);
        memset(sent, 0, sizeof(sent));
        memset(seen, 0, sizeof(seen));
        run_against(play_mover, guest_handles_meanwhile);
        while (guest_handle_all(0) + guest_handle_all(1)) {
        }
        for (uint32_t port = 1; port <= PORTS; port++) {
            assert_int_equal(seen[port], sent[port]);
        }
    }
}

static void nothing_is_lost_while_ports_move(void **state)
{
    masks_too = false;
    send_and_move(20);
}

static void nothing_is_lost_while_ports_are_unmasked(void **state)
{
    masks_too = true;
    send_and_move(20);
}

/* The whole of the shared frames, words that a queue goes through above all. */
static void *play_adversary(void *arg)
{
    uint32_t seed = 5;

    fake_run_on(3);
    as(a, 1);
    pthread_barrier_wait(&start);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        seed = seed * 1664525 + 1013904223;
        switch (seed >> 28) {
        case 0:
            WRITE_ONCE(control[0]->ready, seed << 3);
            break;
        case 1:
            WRITE_ONCE(control[0]->head[(seed >> 8) % EVTCHN_FIFO_MAX_QUEUES], seed << 5);
            break;
        case 2:
            ((volatile unsigned char *)control[1])[(seed >> 8) % PAGE_SIZE] = (unsigned char)seed;
            break;
        default:
            WRITE_ONCE(words[(seed >> 8) % (PORTS + 2)], seed * 2654435761U);
            break;
        }
    }
    return NULL;
}

static unsigned long max_own_sends;

/* Meanwhile b's senders are not held up: they all come to their end (run_against joins them). */
static void others_go_on(void)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_send s;

    as(b, 0);
    assert_int_equal(event_channel_op_bind_ipi(&ipi), 0);
    s.port = ipi.port;
    for (max_own_sends = 0; max_own_sends < 10000; max_own_sends++) {
        clear_bit(ipi.port, b->shared_info->evtchn_pending);
        assert_int_equal(event_channel_op_send(&s), 0);
        assert_true(test_bit(ipi.port, b->shared_info->evtchn_pending));
    }
    assert_int_equal(evtchn_close(b, ipi.port), 0);
}

static void an_adversary_harms_itself_alone(void **state)
{
    struct evtchn_reset reset = { .dom = DOMID_SELF };
    unsigned char *guard = fake_frame();
    struct page_info *pages[] = { control_pg[0], control_pg[1], array_pg };

    memset(guard, 0x5a, PAGE_SIZE);
    on_event = NULL;
    run_against(play_adversary, others_go_on);
    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        assert_int_equal(guard[i], 0x5a);
    }
    assert_int_equal(max_own_sends, 10000);

    as(a, 0);
    while (event_channel_op_reset(a, &reset) == -ERESTART) {
    }
    assert_null(a->evtchn.fifo);
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(pages[i]->count_info & PGC_count_mask, 1);
    }
    as(b, 0);
    for (uint32_t port = 1; port <= PORTS; port++) {
        assert_int_equal(evtchn_close(b, remote[port]), 0);
    }
    connect_all();
    go_fifo();
    memset(handled, 0, sizeof(handled));
    as(b, 0);
    (void)guest_handle_all(0);
    for (uint32_t port = 1; port <= PORTS; port++) {
        assert_int_equal(send(port), 0);
    }
    assert_int_equal(guest_handle_all(0), PORTS);
}

static long sent_at_gap;

static void send_half_made(const char *point)
{
    if (!strcmp(point, "evtchn.fifo.page_mapped")) {
        as(b, 0);
        sent_at_gap = send(7);
        as(a, 0);
    }
}

static void look_half_made(const char *point)
{
    if (!strcmp(point, "evtchn.fifo.control_mapped")) {
        struct evtchn_fifo *f = evtchn_fifo_of(a, NULL); /* a's lock is ours */

        sent_at_gap = 0;
        assert_true(!f || !f->vcpu[1]);
    }
}

static void leave_fifo(void)
{
    struct evtchn_reset reset = { .dom = DOMID_SELF };

    as(a, 0);
    while (event_channel_op_reset(a, &reset) == -ERESTART) {
    }
    assert_null(a->evtchn.fifo);
    as(b, 0);
    for (uint32_t port = 1; port <= PORTS; port++) {
        assert_int_equal(evtchn_close(b, remote[port]), 0);
    }
    connect_all();
}

/* Nobody sees state, a vCPU's queues or a page of words before they are whole (I9). */
static void nothing_is_seen_half_made(void **state)
{
    struct evtchn_init_control bad = { .control_gfn = ~0UL >> PAGE_SHIFT };

    leave_fifo();
    as(a, 0);
    assert_true(event_channel_op_init_control(&bad) < 0);
    assert_null(a->evtchn.fifo);
    for (unsigned int v = 0; v < VCPUS; v++) {
        sent_at_gap = 1;
        fake_interleave(look_half_made);
        assert_int_equal(init_control(v), 0);
        fake_interleave(NULL);
        assert_int_equal(sent_at_gap, 0);
    }
    memset(words, 0, PAGE_SIZE);
    sent_at_gap = 1;
    fake_interleave(send_half_made);
    assert_int_equal(expand(), 0);
    fake_interleave(NULL);
    assert_int_equal(sent_at_gap, 0);
    assert_true(words[7] & WORD_PENDING); /* as an early one */
}

/* While b's event for port 5 is about to be linked, vCPU 1 of a takes the port, has it linked by an
 * unmask, and handles it. */
static void move_port_5(const char *point)
{
    struct evtchn_bind_vcpu move = { .port = 5, .vcpu = 1 };
    struct evtchn_unmask unmask = { .port = 5 };

    if (strcmp(point, "evtchn.fifo.last_queue")) {
        return;
    }
    fake_run_on(1);
    local_irq_enable();
    as(a, 1);
    assert_int_equal(event_channel_op_bind_vcpu(&move), 0);
    assert_int_equal(event_channel_op_unmask(&unmask), 0);
    assert_int_equal(control[1]->head[EVTCHN_FIFO_PRIORITY_DEFAULT], 5);
    WRITE_ONCE(control[1]->head[EVTCHN_FIFO_PRIORITY_DEFAULT], 0);
    (void)__atomic_fetch_and(&words[5], ~(WORD_LINKED | EVTCHN_FIFO_LINK_MASK), __ATOMIC_SEQ_CST);
    fake_set_current(idle_vcpu[1]);
    local_irq_disable();
    fake_run_on(0);
}

/* The queue that the port was on meanwhile does not keep it as its tail: the next one is its head.
 */
static void a_port_moves_under_its_sender(void **state)
{
    struct evtchn_bind_vcpu move = { .port = 6, .vcpu = 1 };

    as(a, 0);
    assert_int_equal(event_channel_op_bind_vcpu(&move), 0);
    as(b, 0);
    fake_interleave(move_port_5);
    assert_int_equal(send(5), 0);
    fake_interleave(NULL);
    assert_int_equal(send(6), 0);
    assert_int_equal(control[1]->head[EVTCHN_FIFO_PRIORITY_DEFAULT], 6);
}

/* A reset that leaves a port open leaves the state, which that port uses. */
static void state_stays_while_a_port_is_open(void **state)
{
    struct evtchn_reset reset = { .dom = DOMID_SELF };
    struct evtchn_alloc_unbound again = { .dom = DOMID_SELF, .remote_dom = 2 };

    as(a, 0);
    raise_softirq(SOFTIRQ_TIMER);
    assert_int_equal(event_channel_op_reset(a, &reset), -ERESTART);
    assert_int_equal(event_channel_op_alloc_unbound(a, &again), 0);
    fake_settle();
    as(a, 0);
    assert_int_equal(event_channel_op_reset(a, &reset), -EAGAIN);
    assert_non_null(a->evtchn.fifo);
    assert_int_equal(event_channel_op_reset(a, &reset), 0);
    assert_null(a->evtchn.fifo);
}

/* Ports that cannot be told to a vCPU, or have no word, harm nobody; they are told of when they
 * can. */
static void parts_that_are_missing(void **state)
{
    struct evtchn_bind_vcpu move = { .port = 3, .vcpu = 1 };
    event_word_t before;

    leave_fifo();
    assert_int_equal(init_control(0), 0);
    as(a, 0);
    assert_int_equal(event_channel_op_bind_vcpu(&move), 0);
    memset(words, 0, PAGE_SIZE);
    as(b, 0);
    assert_int_equal(send(3), 0); /* no page of words */
    assert_int_equal(expand(), 0);
    as(b, 0);
    before = words[3];
    assert_true(before & WORD_PENDING);
    assert_int_equal(send(3), 0); /* no control block of vCPU 1 */
    assert_false(words[3] & WORD_LINKED);
    assert_int_equal(init_control(1), 0);
}

/* A vCPU that polls port 0, which no reset closes, never comes near state that a reset frees. */
static void port_zero_has_no_state(void **state)
{
    struct evtchn_unmask unmask = { .port = 0 };

    as(a, 0);
    set_bit(0, a->shared_info->evtchn_pending);
    words[0] |= WORD_PENDING;
    assert_false(evtchn_is_pending(a, 0));
    words[1] |= WORD_PENDING;
    assert_true(evtchn_is_pending(a, 1));
    words[1] = 0;
    assert_int_equal(event_channel_op_unmask(&unmask), 0);
    assert_int_equal(words[0], WORD_PENDING);
    words[0] = 0;
}

/* Whoever keeps no port open may not look at the state, whatever other lock it holds. */
static void state_is_used_with_a_port_open_only(void **state)
{
    struct evtchn *e = evtchn_record(a, 1);
    unsigned long flags;

    expect_assert_failure((void)evtchn_fifo_of(a, e));
    expect_assert_failure((void)evtchn_fifo_of(a, NULL));
    flags = irq_lock(&e->lock);
    assert_ptr_equal(evtchn_fifo_of(a, e), a->evtchn.fifo);
    expect_assert_failure((void)evtchn_fifo_of(a, evtchn_record(a, 0)));
    expect_assert_failure((void)evtchn_fifo_of(a, evtchn_record(a, PORTS + 1)));
    irq_unlock(&e->lock, flags);
    spin_lock(&a->evtchn.lock);
    assert_ptr_equal(evtchn_fifo_of(a, NULL), a->evtchn.fifo);
    spin_unlock(&a->evtchn.lock);
}

static void set_up_errors(void **state)
{
    struct evtchn_init_control c = { .control_gfn = mfn_x(page_to_mfn(control_pg[0])) };
    struct evtchn_set_priority p = { .port = 0, .priority = 1 };

    as(a, 0);
    assert_int_equal(event_channel_op_init_control(&c), -EINVAL); /* it has one */
    c.vcpu = VCPUS;
    assert_int_equal(event_channel_op_init_control(&c), -ENOENT);
    assert_int_equal(event_channel_op_set_priority(&p), -EACCES);
    p.port = ~0U;
    assert_int_equal(event_channel_op_set_priority(&p), -EINVAL);
    p.port = 1;
    p.priority = EVTCHN_FIFO_PRIORITY_MIN + 1;
    assert_int_equal(event_channel_op_set_priority(&p), -EINVAL);
    as(b, 0);
    c.vcpu = 0;
    c.offset = PAGE_SIZE - 4;
    assert_int_equal(event_channel_op_init_control(&c), -EINVAL);
    c.offset = 0;
    assert_int_equal(event_channel_op_init_control(&c), -EINVAL); /* a's frame */
    assert_null(b->evtchn.fifo);
}

#define fifo_unit(t) cmocka_unit_test_setup_teardown(t, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fifo_unit(early_events_come_along),
        fifo_unit(order_is_priority_then_time),
        fifo_unit(masked_ones_wait),
        fifo_unit(nothing_is_lost_while_ports_move),
        fifo_unit(nothing_is_lost_while_ports_are_unmasked),
        fifo_unit(an_adversary_harms_itself_alone),
        fifo_unit(nothing_is_seen_half_made),
        fifo_unit(a_port_moves_under_its_sender),
        fifo_unit(state_stays_while_a_port_is_open),
        fifo_unit(parts_that_are_missing),
        fifo_unit(port_zero_has_no_state),
        fifo_unit(state_is_used_with_a_port_open_only),
        fifo_unit(set_up_errors),
    };

    return cmocka_run_group_tests_name("evtchn-fifo", tests, machine, NULL);
}
