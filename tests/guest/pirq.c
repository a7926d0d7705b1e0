/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical interrupts in dom0: ports for them, the calls on their lines, and a real one, the
 * real-time clock's (line 8, edge-triggered), which fires when it is asked to.
 */
#include "test.h"
#include "child.h"

#define SUITE "pirq"

#define RTC_LINE      8
#define SCI_LINE      9
#define CONSOLE_LINE  4  /* COM1's */
#define UNMAPPED_LINE 18 /* by any test */

#define CMOS_INDEX     0x70
#define CMOS_DATA      0x71
#define RTC_A          0x0a
#define RTC_B          0x0b
#define RTC_C          0x0c
#define RTC_RATE_1024  0x06
#define RTC_B_PERIODIC 0x40

static uint8_t cmos_read(uint8_t reg)
{
    uint8_t v;

    __asm__ volatile("outb %b1, %w2; inb %w3, %b0"
                     : "=a"(v)
                     : "0"(reg), "Nd"((uint16_t)CMOS_INDEX), "Nd"((uint16_t)CMOS_DATA));
    return v;
}

static void cmos_write(uint8_t reg, uint8_t v)
{
    __asm__ volatile("outb %b0, %w1" : : "a"(reg), "Nd"((uint16_t)CMOS_INDEX));
    __asm__ volatile("outb %b0, %w1" : : "a"(v), "Nd"((uint16_t)CMOS_DATA));
}

static long set_iopl(uint32_t level)
{
    struct physdev_set_iopl op = { .iopl = level };

    return hv_physdev_op(PHYSDEVOP_set_iopl, &op);
}

static long bind(uint32_t pirq, uint32_t flags, evtchn_port_t *port)
{
    struct evtchn_bind_pirq op = { .pirq = pirq, .flags = flags };
    long rc = hv_event_channel_op(EVTCHNOP_bind_pirq, &op);

    *port = op.port;
    return rc;
}

static long eoi(uint32_t pirq)
{
    struct physdev_eoi op = { .irq = pirq };

    return hv_physdev_op(PHYSDEVOP_eoi, &op);
}

static long query(uint32_t pirq, uint32_t *flags)
{
    struct physdev_irq_status_query op = { .irq = pirq };
    long rc = hv_physdev_op(PHYSDEVOP_irq_status_query, &op);

    *flags = op.flags;
    return rc;
}

static long map_gsi(int gsi, int *pirq)
{
    struct physdev_map_pirq op = {
        .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = gsi, .pirq = *pirq
    };
    long rc = hv_physdev_op(PHYSDEVOP_map_pirq, &op);

    *pirq = op.pirq;
    return rc;
}

static long unmap(int pirq)
{
    struct physdev_unmap_pirq op = { .domid = DOMID_SELF, .pirq = pirq };

    return hv_physdev_op(PHYSDEVOP_unmap_pirq, &op);
}

TEST(bind_status_close)
{
    struct evtchn_status st = { .dom = DOMID_SELF };
    evtchn_port_t port, other;
    int pirq = RTC_LINE;

    EXPECT_EQ(bind(UNMAPPED_LINE, 0, &port), -EPERM);
    REQUIRE_EQ(map_gsi(RTC_LINE, &pirq), 0);
    REQUIRE_EQ(bind(RTC_LINE, 0, &port), 0);
    st.port = port;
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_status, &st), 0);
    EXPECT_EQ(st.status, EVTCHNSTAT_pirq);
    EXPECT_EQ(st.u.pirq, RTC_LINE);
    EXPECT_EQ(bind(RTC_LINE, 0, &other), -EEXIST);
    EXPECT_EQ(event_bind_vcpu(port, smp_count() - 1), 0);
    EXPECT_EQ(event_send(port), -EINVAL);
    EXPECT_EQ(event_close(port), 0);
    REQUIRE_EQ(bind(RTC_LINE, 0, &port), 0);
    EXPECT_EQ(event_close(port), 0);
}

TEST(end_of_interrupt)
{
    uint32_t flags;

    EXPECT_EQ(eoi(100000), -EINVAL);
    EXPECT_EQ(eoi(~0u), -EINVAL);
    EXPECT_EQ(query(RTC_LINE, &flags), 0);
    EXPECT_EQ(flags, XENIRQSTAT_needs_eoi);
    EXPECT_EQ(query(100000, &flags), -EINVAL);
}

static volatile unsigned long hits;

static void on_clock(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    hits++;
    (void)cmos_read(RTC_C); /* or there is no further one */
    (void)eoi(RTC_LINE);
}

/* Ticks of the clock arrive, on whichever vCPU the port notifies, and stop when it is closed. */
TEST(clock_ticks)
{
    int pirq = RTC_LINE;
    evtchn_port_t port;
    uint8_t a, b;
    uint64_t end;

    REQUIRE_EQ(map_gsi(RTC_LINE, &pirq), 0);
    REQUIRE_EQ(set_iopl(1), 0);
    a = cmos_read(RTC_A);
    b = cmos_read(RTC_B);
    (void)cmos_read(RTC_C);
    hits = 0;
    REQUIRE_EQ(bind(RTC_LINE, 0, &port), 0);
    event_set_handler(port, on_clock, NULL);
    EXPECT_EQ(event_unmask(port), 0);
    cmos_write(RTC_A, (uint8_t)((a & 0xf0) | RTC_RATE_1024));
    cmos_write(RTC_B, b | RTC_B_PERIODIC);
    end = time_now() + 5 * NSEC_PER_SEC;
    while (hits < 20 && time_now() < end) {
        cpu_relax();
    }
    EXPECT(hits >= 20);
    cmos_write(RTC_B, b);
    cmos_write(RTC_A, a);
    event_set_handler(port, NULL, NULL);
    EXPECT_EQ(event_close(port), 0);
    (void)cmos_read(RTC_C);
    EXPECT_EQ(set_iopl(0), 0);
}

TEST(map_and_unmap_line)
{
    int pirq = SCI_LINE;

    EXPECT_EQ(map_gsi(SCI_LINE, &pirq), 0);
    EXPECT_EQ(pirq, SCI_LINE);
    pirq = -1;
    EXPECT_EQ(map_gsi(SCI_LINE, &pirq), 0);
    EXPECT_EQ(pirq, SCI_LINE);
    pirq = 20;
    EXPECT_EQ(map_gsi(20, &pirq), 0);
    EXPECT_EQ(unmap(20), 0);
    EXPECT_EQ(unmap(20), -EINVAL);
    pirq = -1;
    EXPECT_EQ(map_gsi(-2, &pirq), -EINVAL);
    EXPECT_EQ(map_gsi(100000, &pirq), -EINVAL);
    EXPECT_EQ(unmap(-1), -EINVAL);
    EXPECT_EQ(unmap(100000), -EINVAL);
}

TEST(map_pirq_errors)
{
    struct physdev_map_pirq op = { .domid = DOMID_SELF, .type = 99, .index = 1, .pirq = -1 };

    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_map_pirq, &op), -EINVAL);
    op.domid = 0x7ff0 - 1;
    op.type = MAP_PIRQ_TYPE_GSI;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_map_pirq, &op), -ESRCH);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_map_pirq, BAD_POINTER), -EFAULT);
}

TEST(setup_gsi)
{
    struct physdev_setup_gsi op = { .gsi = 20, .triggering = 1, .polarity = 1 };

    long rc = hv_physdev_op(PHYSDEVOP_setup_gsi, &op);

    EXPECT(rc == 0 || rc == -EEXIST);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_setup_gsi, &op), -EEXIST);
    op.gsi = -1;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_setup_gsi, &op), -EINVAL);
    op.gsi = 100000;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_setup_gsi, &op), -EINVAL);
}

/* The line of the serial port that is the console is the hypervisor's: it has a number, no port. */
TEST(console_line)
{
    struct physdev_setup_gsi setup = { .gsi = CONSOLE_LINE };
    evtchn_port_t port;
    uint32_t flags;
    int pirq = CONSOLE_LINE;

    REQUIRE_EQ(map_gsi(CONSOLE_LINE, &pirq), 0);
    EXPECT_EQ(bind(CONSOLE_LINE, 0, &port), -EBUSY);
    EXPECT_EQ(bind(CONSOLE_LINE, BIND_PIRQ__WILL_SHARE, &port), -EBUSY);
    EXPECT_EQ(query(CONSOLE_LINE, &flags), 0);
    EXPECT_EQ(flags, XENIRQSTAT_needs_eoi);
    EXPECT_EQ(eoi(CONSOLE_LINE), 0);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_setup_gsi, &setup), -EEXIST);
}

TEST(get_free_pirq)
{
    struct physdev_get_free_pirq op = { .type = MAP_PIRQ_TYPE_GSI };

    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_get_free_pirq, &op), 0);
    EXPECT(op.pirq >= 16);
}

TEST(alloc_irq_vector)
{
    struct physdev_irq op = { .irq = RTC_LINE };

    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_alloc_irq_vector, &op), 0);
    EXPECT_EQ(op.vector, RTC_LINE);
}

TEST(apic_read)
{
    struct physdev_apic op = { .apic_physbase = 0xfec00000, .reg = 1 };

    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_apic_read, &op), 0);
    EXPECT_EQ(op.value >> 16 & 0xff, 23); /* the last pin */
    op.apic_physbase = 0x1000;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_apic_read, &op), -EINVAL);
}

static uint8_t eoi_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

#define EOI_LINE 19 /* of no other test: one that was unmapped is not given again */

/* Once a domain, and of its own memory; the older form is another name of the same. */
TEST(eoi_page)
{
    struct physdev_pirq_eoi_gmfn op = { .gmfn = ~0ul >> 12 };
    evtchn_port_t port;
    int pirq = EOI_LINE;

    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), -EINVAL);
    op.gmfn = virt_to_mfn(eoi_page);
    REQUIRE_EQ(hv_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), 0);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), -EBUSY);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v1, &op), -EBUSY);
    REQUIRE_EQ(map_gsi(EOI_LINE, &pirq), 0);
    REQUIRE_EQ(bind(EOI_LINE, BIND_PIRQ__WILL_SHARE, &port), 0);
    EXPECT(!(eoi_page[EOI_LINE / 8] >> (EOI_LINE % 8) & 1)); /* nothing has come */
    EXPECT_EQ(event_close(port), 0);
}

/* --- A domain that was given one line --- */

#define GIVEN_LINE 21
#define OTHER_LINE 22

static long permit(domid_t id, uint8_t pirq, bool allow)
{
    struct xen_domctl op;

    child_domctl_init(&op, XEN_DOMCTL_irq_permission, id);
    op.u.irq_permission.pirq = pirq;
    op.u.irq_permission.allow_access = allow;
    return hv_domctl(&op);
}

static void report(const char *key, long value)
{
    printf("REPORT %s %ld\n", key, value);
}

/* It has the line, and has no way to another by renumbering what it has. */
ROLE(pirq)
{
    evtchn_port_t port;
    int pirq = GIVEN_LINE;

    report("map_own", map_gsi(GIVEN_LINE, &pirq));
    pirq = OTHER_LINE;
    report("map_own_as_other", map_gsi(GIVEN_LINE, &pirq));
    report("map_other", map_gsi(OTHER_LINE, &pirq));
    report("bind_other", bind(OTHER_LINE, BIND_PIRQ__WILL_SHARE, &port));
    report("bind_own", bind(GIVEN_LINE, BIND_PIRQ__WILL_SHARE, &port));
    report("close_own", event_close(port));
    report("unmap_own", unmap(GIVEN_LINE));
    report("bind_again", bind(GIVEN_LINE, BIND_PIRQ__WILL_SHARE, &port));
    return SHUTDOWN_poweroff;
}

TEST(given_line)
{
    static const struct {
        const char *key;
        long wanted;
    } wanted[] = {
        { "map_own", -EPERM },   { "map_own_as_other", -EPERM },
        { "map_other", -EPERM }, { "bind_other", -EPERM },
        { "bind_own", 0 },       { "close_own", 0 },
        { "unmap_own", -EPERM }, { "bind_again", 0 },
    };
    static struct child c;
    struct child_options o = { .cmdline = "role=pirq", .paused = true };
    struct physdev_map_pirq map = { .type = MAP_PIRQ_TYPE_GSI,
                                    .index = GIVEN_LINE,
                                    .pirq = GIVEN_LINE };
    int pirq = GIVEN_LINE;
    long value;

    REQUIRE_EQ(child_create(&c, &o), 0);
    map.domid = c.id;
    EXPECT_EQ(permit(c.id, GIVEN_LINE, true), -EPERM); /* dom0 has no such number yet */
    EXPECT_EQ(map_gsi(GIVEN_LINE, &pirq), 0);
    EXPECT_EQ(permit(c.id, GIVEN_LINE, true), 0);
    EXPECT_EQ(permit(c.id, OTHER_LINE, true), -EPERM);
    EXPECT_EQ(permit(c.id, 0, false), -EPERM);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_map_pirq, &map), 0);
    map.pirq = OTHER_LINE;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_map_pirq, &map), -EEXIST);
    EXPECT_EQ(child_unpause(&c), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (EXPECT(child_reported(&c, wanted[i].key, &value)) &&
            !EXPECT_EQ(value, wanted[i].wanted)) {
            printf("#    %s\n", wanted[i].key);
        }
    }
    EXPECT_EQ(child_destroy(&c), 0);
}

/* An interrupt has one number in a domain, and unmapping it gives up the right to it. */
TEST(one_number_one_line)
{
    int pirq = OTHER_LINE, second = OTHER_LINE + 1;
    evtchn_port_t port;

    EXPECT_EQ(map_gsi(OTHER_LINE, &pirq), 0);
    EXPECT_EQ(map_gsi(OTHER_LINE, &second), -EEXIST);
    EXPECT_EQ(unmap(OTHER_LINE), 0);
    EXPECT_EQ(bind(OTHER_LINE, 0, &port), -EPERM);
    EXPECT_EQ(map_gsi(OTHER_LINE, &pirq), -EPERM);
}
