/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Global VIRQs and their owner: XEN_DOMCTL_set_virq_handler's answers, delegation of VIRQ_DOM_EXC,
 * the latch, the fall-back when the owner dies, and XEN_DOMCTL_get_domain_state.
 */
#define SUITE "virq"
#include "test.h"
#include "child.h"

#define NO_DOMAIN        0x7000
#define DOMCTL_GET_STATE 90
#define STATE_EXIST      1
#define STATE_SHUTDOWN   2
#define STATE_DYING      4
#define STATE_DEAD       8

static long set_handler(domid_t domid, uint32_t virq)
{
    struct xen_domctl op;

    child_domctl_init(&op, XEN_DOMCTL_set_virq_handler, domid);
    op.u.set_virq_handler.virq = virq;
    return hv_domctl(&op);
}

struct domain_state {
    uint16_t state, caps;
    uint32_t pad0;
    uint64_t unique_id;
};

static long get_state(domid_t *domid, struct domain_state *out)
{
    struct xen_domctl op;
    long rc;

    child_domctl_init(&op, DOMCTL_GET_STATE, *domid);
    op.interface_version = 0;
    rc = hv_domctl(&op);
    memcpy(out, op.u.pad, sizeof(*out));
    *domid = op.domain;
    return rc;
}

/* Only the timer, debug, profiling and performance VIRQs belong to a vCPU; every other number is
 * global. */
static bool is_global(unsigned int virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

TEST(set_handler_every_virq)
{
    for (unsigned int virq = 0; virq < NR_VIRQS + 4; virq++) {
        if (!EXPECT_EQ(set_handler(0, virq), virq < NR_VIRQS && is_global(virq) ? 0 : -EINVAL)) {
            printf("#    VIRQ %u\n", virq);
        }
    }
    EXPECT_EQ(set_handler(0, NR_VIRQS), -EINVAL);
    EXPECT_EQ(set_handler(0, ~0u), -EINVAL);
    EXPECT_EQ(set_handler(0, 1u << 31), -EINVAL);
}

TEST(set_handler_errors)
{
    EXPECT_EQ(set_handler(NO_DOMAIN, VIRQ_DOM_EXC), -ESRCH);
    EXPECT_EQ(set_handler(DOMID_INVALID, VIRQ_DOM_EXC), -ESRCH);
    EXPECT_EQ(set_handler(DOMID_XEN, VIRQ_DOM_EXC), -ESRCH);
    EXPECT_EQ(set_handler(DOMID_IO, VIRQ_DOM_EXC), -ESRCH);
    EXPECT_EQ(set_handler(DOMID_IDLE, VIRQ_DOM_EXC), -ESRCH);
}

/* 4.17 takes a second setting of the same owner, bound or not, without a word. */
TEST(set_handler_again)
{
    evtchn_port_t port;

    EXPECT_EQ(set_handler(0, VIRQ_DOM_EXC), 0);
    EXPECT_EQ(set_handler(0, VIRQ_DOM_EXC), 0);
    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    EXPECT_EQ(set_handler(0, VIRQ_DOM_EXC), 0);
    EXPECT_EQ(event_close(port), 0);
}

/* A domain that has shut down is seen to be so just before its dom0 is told. */
static bool is_told(evtchn_port_t port)
{
    uint64_t limit = time_now() + NSEC_PER_SEC;

    while (!event_pending(port) && time_now() < limit) {
    }
    return event_pending(port);
}

/* Dom0 is told of a shutdown and of a destruction. */
TEST(dom_exc_to_dom0)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=hello" };
    evtchn_port_t port;

    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    event_clear(port);
    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(is_told(port));
    event_clear(port);
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT(is_told(port));
    EXPECT_EQ(event_close(port), 0);
}

TEST(dom_exc_masked_port_keeps_it)
{
    evtchn_port_t port;
    domid_t id;

    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    event_mask(port);
    event_clear(port);
    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(id), 0);
    EXPECT(event_pending(port));
    EXPECT_EQ(event_close(port), 0);
}

/* A handler domain: binds DOM_EXC, says so, and counts what arrives until it is told to stop. */
static volatile unsigned long child_hits;

static void on_exc(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    child_hits++;
    printf("DOM_EXC\n");
}

ROLE(exc_handler)
{
    evtchn_port_t port;
    long rc = event_bind_virq(VIRQ_DOM_EXC, 0, &port);

    printf("REPORT bind %ld\n", rc);
    if (rc) {
        return SHUTDOWN_crash;
    }
    event_set_handler(port, on_exc, NULL);
    event_unmask(port);
    printf("READY\n");
    for (;;) {
        hv_sched_op(SCHEDOP_block, NULL);
    }
}

static unsigned int count_text(const char *log, const char *text)
{
    unsigned int n = 0;

    while ((log = strstr(log, text)) != NULL) {
        log += strlen(text);
        n++;
    }
    return n;
}

static long start_handler(struct child *c)
{
    struct child_options o = { .cmdline = "role=exc_handler", .flags = XEN_DOMCTL_CDF_xs_domain };
    long rc = child_create(c, &o);

    if (!rc && !child_wait_text(c, "READY", 10 * NSEC_PER_SEC)) {
        rc = -ETIME;
    }
    return rc;
}

static bool wait_hits(struct child *c, unsigned int want)
{
    for (uint64_t end = time_now() + 10 * NSEC_PER_SEC; time_now() < end;) {
        child_collect(c);
        if (count_text(c->log, "DOM_EXC") >= want) {
            return true;
        }
        time_sleep(NSEC_PER_MSEC);
    }
    return false;
}

TEST(delegated)
{
    static struct child handler;
    evtchn_port_t port;
    domid_t victim;

    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    REQUIRE_EQ(start_handler(&handler), 0);
    /* Bound but not the owner: silent. */
    REQUIRE_EQ(child_create_empty(&victim, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(victim), 0);
    EXPECT(child_wait_idle(&handler, 10 * NSEC_PER_SEC));
    EXPECT_EQ(count_text(handler.log, "DOM_EXC"), 0);
    /* The owner: told, and dom0 is not. */
    event_clear(port);
    EXPECT_EQ(set_handler(handler.id, VIRQ_DOM_EXC), 0);
    EXPECT_EQ(set_handler(handler.id, VIRQ_DOM_EXC), 0);
    event_clear(port);
    child_collect(&handler);
    handler.log_len = 0;
    handler.log[0] = '\0';
    REQUIRE_EQ(child_create_empty(&victim, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(victim), 0);
    EXPECT(wait_hits(&handler, 1));
    EXPECT(!event_pending(port));
    /* Taken back while the handler has it bound: its port stays, silent. */
    EXPECT_EQ(set_handler(0, VIRQ_DOM_EXC), 0);
    EXPECT(child_wait_idle(&handler, 10 * NSEC_PER_SEC));
    handler.log_len = 0;
    handler.log[0] = '\0';
    event_clear(port);
    REQUIRE_EQ(child_create_empty(&victim, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(victim), 0);
    EXPECT(event_pending(port));
    EXPECT(child_wait_idle(&handler, 10 * NSEC_PER_SEC));
    EXPECT_EQ(count_text(handler.log, "DOM_EXC"), 0);
    EXPECT_EQ(child_destroy(&handler), 0);
    EXPECT_EQ(event_close(port), 0);
}

/* When the owner dies, ownership falls back to the hardware domain, which learns of that death. */
TEST(owner_dies)
{
    static struct child handler;
    evtchn_port_t port;
    domid_t victim;

    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    REQUIRE_EQ(start_handler(&handler), 0);
    REQUIRE_EQ(set_handler(handler.id, VIRQ_DOM_EXC), 0);
    event_clear(port);
    EXPECT_EQ(child_destroy(&handler), 0);
    EXPECT(event_pending(port));
    event_clear(port);
    REQUIRE_EQ(child_create_empty(&victim, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(victim), 0);
    EXPECT(event_pending(port));
    EXPECT_EQ(event_close(port), 0);
}

/* The same for an owner that never bound it. */
TEST(owner_dies_unbound)
{
    evtchn_port_t port;
    domid_t owner, victim;

    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    REQUIRE_EQ(child_create_empty(&owner, 1, 0), 0);
    REQUIRE_EQ(set_handler(owner, VIRQ_DOM_EXC), 0);
    event_clear(port);
    REQUIRE_EQ(child_create_empty(&victim, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(victim), 0);
    EXPECT(!event_pending(port));
    EXPECT_EQ(child_destroy_id(owner), 0);
    EXPECT(event_pending(port));
    EXPECT_EQ(event_close(port), 0);
}

TEST(many_owners)
{
    enum { NR = 4 };
    static const uint32_t virqs[NR] = { VIRQ_DOM_EXC, VIRQ_CONSOLE, VIRQ_TBUF, VIRQ_CON_RING };
    domid_t owner;

    REQUIRE_EQ(child_create_empty(&owner, 1, 0), 0);
    for (unsigned int i = 0; i < NR; i++) {
        EXPECT_EQ(set_handler(owner, virqs[i]), 0);
    }
    EXPECT_EQ(child_destroy_id(owner), 0);
    for (unsigned int i = 0; i < NR; i++) {
        EXPECT_EQ(set_handler(0, virqs[i]), 0);
    }
}

/* Ours: what happens while nobody has the VIRQ bound is latched, and the owner's bind delivers it.
 */
TEST(latch)
{
    evtchn_port_t port;
    domid_t victim;

    EXPECT_EQ(set_handler(0, VIRQ_DOM_EXC), 0);
    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    EXPECT_EQ(event_close(port), 0);
    REQUIRE_EQ(child_create_empty(&victim, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(victim), 0);
    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    EXPECT(event_pending(port));
    event_clear(port);
    EXPECT_EQ(event_close(port), 0);
    /* Once only. */
    REQUIRE_EQ(event_bind_virq(VIRQ_CON_RING, 0, &port), 0);
    event_clear(port);
    EXPECT_EQ(event_close(port), 0);
    REQUIRE_EQ(event_bind_virq(VIRQ_CON_RING, 0, &port), 0);
    EXPECT(!event_pending(port));
    EXPECT_EQ(event_close(port), 0);
}

/* Ours: a domain on its way out gets nothing any more. A mapping of its memory keeps it dying. */
TEST(dying_domain_refused)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=hello", .paused = true };
    unsigned long va = pt_vmap_reserve(1);
    uint64_t limit;
    long rc;

    REQUIRE_EQ(child_create(&c, &o), 0);
    REQUIRE_EQ(pt_map_foreign(va, pte_make(c.p2m[c.nr_pages - 1], PTE_KERN), c.id), 0);
    do {
        rc = child_domctl(XEN_DOMCTL_destroydomain, c.id);
    } while (rc == -ERESTART);
    EXPECT_EQ(rc, 0);
    EXPECT_EQ(set_handler(c.id, VIRQ_DOM_EXC), -EINVAL);
    EXPECT_EQ(set_handler(0, VIRQ_DOM_EXC), 0);
    EXPECT_EQ(pt_unmap(va), 0);
    pt_unmap(c.console_va);
    limit = time_now() + 10 * NSEC_PER_SEC;
    struct xen_domctl_getdomaininfo info;

    while (child_info(c.id, &info) == 0 && time_now() < limit) {
        time_sleep(NSEC_PER_MSEC);
    }
    EXPECT_EQ(child_info(c.id, &info), -ESRCH);
    free(c.p2m);
}

/* XEN_DOMCTL_get_domain_state, our extension. */
TEST(domain_state)
{
    struct domain_state s;
    evtchn_port_t port;
    domid_t id, asked;

    EXPECT_EQ(set_handler(0, VIRQ_DOM_EXC), 0);
    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    /* Drain what the bind marked. */
    do {
        asked = DOMID_INVALID;
    } while (get_state(&asked, &s) == 0);
    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    asked = id;
    EXPECT_EQ(get_state(&asked, &s), 0);
    EXPECT_EQ(s.state, STATE_EXIST);
    EXPECT_EQ(s.caps, 0);
    EXPECT_EQ(s.pad0, 0);
    EXPECT(s.unique_id != 0);
    asked = 0;
    EXPECT_EQ(get_state(&asked, &s), 0);
    EXPECT_EQ(s.state, STATE_EXIST);
    EXPECT_EQ(s.caps & 3, 3);
    do {
        asked = DOMID_INVALID;
    } while (get_state(&asked, &s) == 0);
    EXPECT_EQ(child_destroy_id(id), 0);
    asked = DOMID_INVALID;
    EXPECT_EQ(get_state(&asked, &s), 0);
    EXPECT_EQ(asked, id);
    EXPECT_EQ(s.state & STATE_EXIST, 0);
    asked = DOMID_INVALID;
    EXPECT_EQ(get_state(&asked, &s), -ENOENT);
    asked = NO_DOMAIN;
    EXPECT_EQ(get_state(&asked, &s), 0);
    EXPECT_EQ(s.state, 0);
    EXPECT_EQ(event_close(port), 0);
}

/* 500 domains shut down and destroyed: every one of the deaths is seen by an owner that looks. */
TEST(storm)
{
    enum { NR = 500, BATCH = 50 };
    static domid_t ids[BATCH];
    evtchn_port_t port;
    unsigned int woken = 0;

    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    for (unsigned int at = 0; at < NR; at += BATCH) {
        for (unsigned int i = 0; i < BATCH; i++) {
            REQUIRE_EQ(child_create_empty(&ids[i], 1, 0), 0);
        }
        for (unsigned int i = 0; i < BATCH; i++) {
            event_clear(port);
            REQUIRE_EQ(child_destroy_id(ids[i]), 0);
            woken += event_pending(port);
        }
    }
    EXPECT_EQ(woken, NR);
    EXPECT_EQ(event_close(port), 0);
}

/* One vCPU sets owners while the other kills them and raises the VIRQ. */
static volatile domid_t race_owner;
static volatile bool race_stop;
static volatile unsigned long race_sets, race_odd;

static void race_setter(void *arg)
{
    (void)arg;
    while (!race_stop) {
        long rc = set_handler(race_owner, VIRQ_DOM_EXC);

        race_sets++;
        if (rc != 0 && rc != -ESRCH && rc != -EINVAL) {
            race_odd++;
        }
        if (race_sets % 3 == 0) {
            set_handler(0, VIRQ_DOM_EXC);
        }
    }
}

/* The other vCPU has set owners since; on a busy host that may take its time. */
static bool setter_moved(unsigned long since)
{
    uint64_t end = time_now() + 10 * NSEC_PER_SEC;

    while (race_sets == since && time_now() < end) {
        cpu_relax();
    }
    return race_sets != since;
}

TEST(set_against_kill)
{
    evtchn_port_t port;
    domid_t victim;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    race_stop = false;
    race_sets = race_odd = 0;
    race_owner = 0;
    REQUIRE_EQ(smp_start(1, race_setter, NULL), 0);
    for (unsigned int i = 0; i < 40; i++) {
        domid_t owner;

        REQUIRE_EQ(child_create_empty(&owner, 1, 0), 0);
        race_owner = owner;
        REQUIRE(setter_moved(race_sets));
        REQUIRE_EQ(child_create_empty(&victim, 1, 0), 0);
        EXPECT_EQ(child_destroy_id(victim), 0);
        EXPECT_EQ(child_destroy_id(owner), 0);
    }
    race_stop = true;
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(race_odd, 0);
    EXPECT_EQ(set_handler(0, VIRQ_DOM_EXC), 0);
    event_clear(port);
    REQUIRE_EQ(child_create_empty(&victim, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(victim), 0);
    EXPECT(event_pending(port));
    EXPECT_EQ(event_close(port), 0);
}

/* Two vCPUs hand it to two domains, while a third one's deaths raise it; then both owners die. */
static volatile domid_t rival;

static void rival_setter(void *arg)
{
    (void)arg;
    while (!race_stop) {
        race_sets++;
        race_odd += set_handler(rival, VIRQ_DOM_EXC) != 0;
    }
}

TEST(set_against_set_against_send)
{
    evtchn_port_t port;
    domid_t a, b, victim;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &port), 0);
    REQUIRE_EQ(child_create_empty(&a, 1, 0), 0);
    REQUIRE_EQ(child_create_empty(&b, 1, 0), 0);
    race_stop = false;
    race_sets = race_odd = 0;
    rival = b;
    REQUIRE_EQ(smp_start(1, rival_setter, NULL), 0);
    REQUIRE(setter_moved(0));
    for (unsigned int i = 0; i < 2000; i++) {
        EXPECT_EQ(set_handler(i % 8 ? a : 0, VIRQ_DOM_EXC), 0);
        if (i % 100 == 0) {
            REQUIRE_EQ(child_create_empty(&victim, 1, 0), 0);
            EXPECT_EQ(child_destroy_id(victim), 0);
        }
    }
    race_stop = true;
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(race_odd, 0);
    EXPECT_EQ(set_handler(a, VIRQ_DOM_EXC), 0);
    event_clear(port);
    EXPECT_EQ(child_destroy_id(b), 0);
    EXPECT(!event_pending(port));
    EXPECT_EQ(child_destroy_id(a), 0);
    EXPECT(event_pending(port));
    EXPECT_EQ(event_close(port), 0);
}
