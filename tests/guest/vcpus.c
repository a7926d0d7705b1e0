/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu_op: life of a vCPU, its run-state and time areas, its timers, its own vcpu_info; each
 * refusal.
 */
#define SUITE "vcpu"
#include "test.h"
#include "child.h"

static volatile unsigned long ran;

static void run_once(void *arg)
{
    (void)arg;
    ran++;
}

TEST(unknown)
{
    EXPECT_EQ(hv_vcpu_op(14, 0, NULL), -ENOSYS);
    EXPECT_EQ(hv_vcpu_op(1000, 0, NULL), -ENOSYS);
    EXPECT_EQ(hv_vcpu_op(-1, 0, NULL), -ENOSYS);
}

TEST(no_such_vcpu)
{
    static const int ops[] = {
        VCPUOP_initialise,
        VCPUOP_up,
        VCPUOP_down,
        VCPUOP_is_up,
        VCPUOP_get_runstate_info,
        VCPUOP_register_runstate_memory_area,
        VCPUOP_set_periodic_timer,
        VCPUOP_stop_periodic_timer,
        VCPUOP_set_singleshot_timer,
        VCPUOP_stop_singleshot_timer,
        VCPUOP_register_vcpu_info,
        VCPUOP_send_nmi,
        VCPUOP_get_physid,
        VCPUOP_register_vcpu_time_memory_area,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
        if (!EXPECT_EQ(hv_vcpu_op(ops[i], 2, NULL), -ENOENT) ||
            !EXPECT_EQ(hv_vcpu_op(ops[i], ~0u, NULL), -ENOENT)) {
            printf("#    operation %d\n", ops[i]);
        }
    }
}

TEST(up_and_down)
{
    static struct vcpu_guest_context ctx;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    EXPECT_EQ(hv_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    ran = 0;
    REQUIRE_EQ(smp_start(1, run_once, NULL), 0);
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(ran, 1);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    REQUIRE_EQ(smp_start(1, run_once, NULL), 0);
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(ran, 2);
    /* A context is given once. */
    EXPECT_EQ(hv_vcpu_op(VCPUOP_initialise, 1, &ctx), -EEXIST);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_initialise, 0, &ctx), -EEXIST);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_down, 1, NULL), 0);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_up, 0, NULL), 0);
}

ROLE(secondary)
{
    static struct vcpu_guest_context ctx;
    long rc;

    printf("REPORT count %u\n", smp_count());
    printf("REPORT up %ld\n", hv_vcpu_op(VCPUOP_up, 1, NULL));
    printf("REPORT fault %ld\n", hv_vcpu_op(VCPUOP_initialise, 1, BAD_POINTER));
    smp_make_context(1, run_once, NULL, &ctx);
    ctx.ctrlreg[3] = xen_pfn_to_cr3(0xffffffff);
    printf("REPORT root %ld\n", hv_vcpu_op(VCPUOP_initialise, 1, &ctx));
    smp_make_context(1, run_once, NULL, &ctx);
    ctx.gdt_ents = 9000;
    printf("REPORT gdt %ld\n", hv_vcpu_op(VCPUOP_initialise, 1, &ctx));
    smp_make_context(1, run_once, NULL, &ctx);
    rc = hv_vcpu_op(VCPUOP_initialise, 1, &ctx);
    printf("REPORT init %ld\n", rc);
    guest_cpus[1].online = true;
    printf("REPORT again %ld\n", hv_vcpu_op(VCPUOP_initialise, 1, &ctx));
    printf("REPORT start %ld\n", hv_vcpu_op(VCPUOP_up, 1, NULL));
    printf("REPORT join %ld\n", smp_join(1));
    printf("REPORT ran %ld\n", ran);
    return SHUTDOWN_poweroff;
}

TEST(initialise_in_a_child)
{
    static const struct {
        const char *key;
        long want;
    } reports[] = {
        { "count", 2 },     { "up", -EINVAL }, { "fault", -EFAULT }, { "root", -EINVAL },
        { "gdt", -EINVAL }, { "init", 0 },     { "again", -EEXIST }, { "start", 0 },
        { "join", 0 },      { "ran", 1 },
    };
    static struct child c;
    struct child_options o = { .cmdline = "role=secondary", .vcpus = 2 };

    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    for (unsigned int i = 0; i < ARRAY_SIZE(reports); i++) {
        long value = -999;

        if (!EXPECT(child_reported(&c, reports[i].key, &value)) ||
            !EXPECT_EQ(value, reports[i].want)) {
            printf("#    report %s\n", reports[i].key);
        }
    }
    EXPECT_EQ(child_destroy(&c), 0);
}

/* All vCPUs down is an end of its own. */
ROLE(all_down)
{
    hv_vcpu_op(VCPUOP_down, 0, NULL);
    return SHUTDOWN_reboot;
}

TEST(last_vcpu_down)
{
    static struct child c;

    EXPECT_EQ(child_run(&c, "role=all_down", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
}

TEST(runstate)
{
    static struct vcpu_runstate_info info, again;
    struct vcpu_register_runstate_memory_area area;
    static volatile struct vcpu_runstate_info mapped;

    EXPECT_EQ(hv_vcpu_op(VCPUOP_get_runstate_info, 0, &info), 0);
    EXPECT_EQ(info.state, RUNSTATE_running);
    EXPECT(info.time[RUNSTATE_running] > 0);
    EXPECT(info.state_entry_time > 0);
    /* On a busy host a sleep may end before it has begun. */
    for (unsigned int i = 0; i < 50; i++) {
        time_sleep(2 * NSEC_PER_MSEC);
        EXPECT_EQ(hv_vcpu_op(VCPUOP_get_runstate_info, 0, &again), 0);
        if (again.time[RUNSTATE_blocked] >= info.time[RUNSTATE_blocked] + NSEC_PER_MSEC) {
            break;
        }
    }
    EXPECT(again.time[RUNSTATE_blocked] >= info.time[RUNSTATE_blocked] + NSEC_PER_MSEC);
    EXPECT(again.time[RUNSTATE_running] >= info.time[RUNSTATE_running]);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_get_runstate_info, 0, BAD_POINTER), -EFAULT);
    memset((void *)&mapped, 0xff, sizeof(mapped));
    set_xen_guest_handle(area.addr.h, (void *)&mapped);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), 0);
    EXPECT_EQ(mapped.state, RUNSTATE_running);
    time_sleep(NSEC_PER_MSEC);
    EXPECT_EQ(mapped.state, RUNSTATE_running);
    EXPECT(mapped.time[RUNSTATE_blocked] >= again.time[RUNSTATE_blocked]);
    EXPECT_EQ(mapped.state_entry_time & XEN_RUNSTATE_UPDATE, 0);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_runstate_memory_area, 0, BAD_POINTER), -EFAULT);
    set_xen_guest_handle(area.addr.h, NULL);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), 0);
}

TEST(time_area)
{
    struct vcpu_register_time_memory_area area;
    static volatile struct vcpu_time_info mapped;

    memset((void *)&mapped, 0, sizeof(mapped));
    set_xen_guest_handle(area.addr.h, (void *)&mapped);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area), 0);
    EXPECT(mapped.version > 0);
    EXPECT_EQ(mapped.version & 1, 0);
    EXPECT(mapped.tsc_to_system_mul != 0);
    {
        uint64_t a = time_now(), b = time_read(&mapped), c = time_now();

        EXPECT(a <= b + NSEC_PER_USEC && b <= c + NSEC_PER_USEC);
    }
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, BAD_POINTER), -EFAULT);
    set_xen_guest_handle(area.addr.h, NULL);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area), 0);
}

static volatile unsigned long ticks;

static void on_tick(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    ticks++;
}

TEST(periodic_timer)
{
    struct vcpu_set_periodic_timer op = { .period_ns = 2 * NSEC_PER_MSEC };
    evtchn_port_t port;

    REQUIRE_EQ(event_bind_virq(VIRQ_TIMER, 0, &port), 0);
    event_set_handler(port, on_tick, NULL);
    event_unmask(port);
    ticks = 0;
    EXPECT_EQ(hv_vcpu_op(VCPUOP_set_periodic_timer, 0, &op), 0);
    for (uint64_t end = time_now() + 5 * NSEC_PER_SEC; ticks < 5 && time_now() < end;) {
        cpu_relax();
    }
    EXPECT(ticks >= 5);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    ticks = 0;
    time_sleep(8 * NSEC_PER_MSEC);
    EXPECT(ticks <= 1);
    op.period_ns = NSEC_PER_MSEC - 1;
    EXPECT_EQ(hv_vcpu_op(VCPUOP_set_periodic_timer, 0, &op), -EINVAL);
    op.period_ns = ~0ul;
    EXPECT_EQ(hv_vcpu_op(VCPUOP_set_periodic_timer, 0, &op), -EINVAL);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_set_periodic_timer, 0, BAD_POINTER), -EFAULT);
    EXPECT_EQ(event_close(port), 0);
}

ROLE(default_ticks)
{
    evtchn_port_t port;
    uint64_t end = time_now() + 5 * NSEC_PER_SEC;

    event_bind_virq(VIRQ_TIMER, 0, &port);
    event_set_handler(port, on_tick, NULL);
    event_unmask(port);
    while (ticks < 5 && time_now() < end) {
        cpu_relax();
    }
    return ticks >= 5 ? SHUTDOWN_poweroff : SHUTDOWN_crash;
}

/* Without being asked, a PV vCPU ticks while it runs. */
TEST(periodic_by_default)
{
    static struct child c;

    EXPECT_EQ(child_run(&c, "role=default_ticks", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
}

TEST(singleshot_timer)
{
    struct vcpu_set_singleshot_timer op = { 0 };
    evtchn_port_t port;
    uint64_t start = time_now();

    REQUIRE_EQ(event_bind_virq(VIRQ_TIMER, 0, &port), 0);
    event_set_handler(port, on_tick, NULL);
    event_unmask(port);
    ticks = 0;
    op.timeout_abs_ns = start + 2 * NSEC_PER_MSEC;
    EXPECT_EQ(hv_vcpu_op(VCPUOP_set_singleshot_timer, 0, &op), 0);
    EXPECT(time_wait_flag(&ticks, 5 * NSEC_PER_SEC));
    EXPECT(time_now() >= start + 2 * NSEC_PER_MSEC);
    /* In the past: at once, also with the flag that once refused it. */
    op.timeout_abs_ns = 1;
    op.flags = VCPU_SSHOTTMR_future;
    ticks = 0;
    EXPECT_EQ(hv_vcpu_op(VCPUOP_set_singleshot_timer, 0, &op), 0);
    EXPECT(time_wait_flag(&ticks, 5 * NSEC_PER_SEC));
    op.timeout_abs_ns = time_now() + 3 * NSEC_PER_MSEC;
    EXPECT_EQ(hv_vcpu_op(VCPUOP_set_singleshot_timer, 0, &op), 0);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    ticks = 0;
    time_sleep(6 * NSEC_PER_MSEC);
    EXPECT_EQ(ticks, 0);
    if (smp_count() > 1) {
        EXPECT_EQ(hv_vcpu_op(VCPUOP_set_singleshot_timer, 1, &op), -EINVAL);
        EXPECT_EQ(hv_vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL), -EINVAL);
    }
    EXPECT_EQ(hv_vcpu_op(VCPUOP_set_singleshot_timer, 0, BAD_POINTER), -EFAULT);
    EXPECT_EQ(event_close(port), 0);
}

TEST(register_vcpu_info_errors)
{
    struct vcpu_register_vcpu_info op = { .mfn = ~0ul };
    void *page = page_alloc(1);

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_vcpu_info, 1, &op), -EINVAL);
    op.mfn = virt_to_mfn(page);
    op.offset = PAGE_SIZE - 32;
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_vcpu_info, 1, &op), -ENXIO);
    op.offset = 4;
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_vcpu_info, 1, &op), -ENXIO);
    op.offset = 0;
    op.mfn = virt_to_mfn(pt_root);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_vcpu_info, 1, &op), -EINVAL);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_vcpu_info, 1, BAD_POINTER), -EFAULT);
    page_free(page, 1);
}

/* A place of one's own: contents move there, events come there, and there is no second time. */
TEST(register_vcpu_info)
{
    static struct vcpu_info place __attribute__((aligned(64)));
    struct vcpu_register_vcpu_info op = {
        .mfn = virt_to_mfn(&place),
        .offset = (uint32_t)((unsigned long)&place & ~PAGE_MASK),
    };
    evtchn_port_t port;

    events_mask();
    REQUIRE_EQ(hv_vcpu_op(VCPUOP_register_vcpu_info, 0, &op), 0);
    guest_cpus[0].info = &place;
    EXPECT(events_masked());
    events_unmask();
    EXPECT(place.time.tsc_to_system_mul != 0);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_register_vcpu_info, 0, &op), -EINVAL);
    REQUIRE_EQ(event_bind_ipi(0, &port), 0);
    event_set_handler(port, on_tick, NULL);
    ticks = 0;
    event_unmask(port);
    EXPECT_EQ(event_send(port), 0);
    EXPECT_EQ(ticks, 1);
    EXPECT_EQ(event_close(port), 0);
}

TEST(get_physid)
{
    struct vcpu_get_physid id = { 0 };

    struct xen_sysctl s = { .cmd = XEN_SYSCTL_physinfo,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

    /* Told to a vCPU that is tied to one processor, and there may be only one. */
    REQUIRE_EQ(hv_sysctl(&s), 0);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_get_physid, 0, &id), s.u.physinfo.nr_cpus == 1 ? 0 : -EINVAL);
}

static volatile unsigned long sum[2];

static void count_up(void *arg)
{
    volatile unsigned long *mine = arg;

    for (unsigned int i = 0; i < 200000; i++) {
        ++*mine;
    }
}

TEST(both_run)
{
    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    sum[0] = sum[1] = 0;
    REQUIRE_EQ(smp_start(1, count_up, (void *)&sum[1]), 0);
    count_up((void *)&sum[0]);
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(sum[0], 200000);
    EXPECT_EQ(sum[1], 200000);
}

TEST(send_nmi)
{
    unsigned long before = guest_cpus[0].nmis;
    struct xennmi_callback cb = { .handler_address = (unsigned long)entry_nmi };

    REQUIRE_EQ(hv_nmi_op(XENNMI_register_callback, &cb), 0);
    EXPECT_EQ(hv_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
    EXPECT_EQ(hv_sched_op(SCHEDOP_yield, NULL), 0);
    EXPECT_EQ(guest_cpus[0].nmis, before + 1);
    EXPECT_EQ(hv_nmi_op(XENNMI_unregister_callback, NULL), 0);
}
