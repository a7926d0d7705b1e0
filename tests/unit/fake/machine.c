/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: a machine that has started, for rooms that need domains. It has a heap, RCU,
 * timers, idle vCPUs and a scheduler, and a hardware domain; once a program, since the rooms' own
 * state cannot be taken back. Tests leave it as they found it: fake_domain_end() checks that.
 */
#include <sanitizer/lsan_interface.h>
#include <hv/arch/time.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/tasklet.h>
#include <hv/timer.h>

/* The last frames of the arena are for fake_frame(). */
#define HEAP_END (FAKE_FIRST_MFN + FAKE_FRAMES - 64)

extern _Thread_local jmp_buf *fake_switch_exit;

struct domain *fake_domain(domid_t id, unsigned int vcpus, unsigned int max_port)
{
    struct xen_domctl_createdomain config = {
        .max_vcpus = vcpus,
        .max_evtchn_port = max_port,
        .max_grant_frames = 4,
        .max_maptrack_frames = 4,
        .grant_opts = XEN_DOMCTL_GRANT_version(2),
    };
    struct domain *d = domain_create(id, &config, id ? 0 : CDF_privileged | CDF_hardware);

    assert_false(IS_ERR(d));
    for (unsigned int i = 0; i < vcpus; i++) {
        assert_non_null(vcpu_create(d, i));
        d->vcpu[i]->is_initialised = true;
    }
    return d;
}

void fake_machine(unsigned int nr_cpus)
{
    fake_reset(nr_cpus);
    /* Domains and ports are in machine frames: what they point to is no leak. */
    __lsan_register_root_region(fake_ram, FAKE_FRAMES << PAGE_SHIFT);
    boot_heap_add(mfn_to_maddr(_mfn(FAKE_FIRST_MFN)), mfn_to_maddr(_mfn(HEAP_END)));
    total_pages = 0;
    heap_init();
    rcu_init();
    timer_subsys_init();
    tasklet_subsystem_init();
    system_domains_init();
    sched_init();
    for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
        fake_run_on(cpu);
        fake_set_current(idle_vcpu_create(cpu));
        assert_int_equal(sched_cpu_up(cpu), 0);
    }
    fake_run_on(0);
    fake_domain(0, 1, 4095);
}

/* The softirq that switches contexts does not come back: what is still pending is run next time. */
bool fake_do_softirq(void)
{
    jmp_buf exit;

    if (!softirq_is_pending()) {
        return false;
    }
    fake_switch_exit = &exit;
    if (!setjmp(exit)) {
        do_softirq();
    }
    fake_switch_exit = NULL;
    return true;
}

void fake_settle(void)
{
    unsigned int self = smp_processor_id();
    bool again = true;

    for (unsigned int idle = 0; idle < 4;) {
        again = false;
        for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
            fake_run_on(cpu);
            rcu_quiescent();
            again |= fake_do_softirq();
        }
        idle = again ? 0 : idle + 1;
    }
    fake_run_on(self);
}

void fake_run_until(s_time_t end)
{
    for (;;) {
        s_time_t next = STIME_MAX;

        fake_settle();
        for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
            next = min(next, fake_deadline(cpu));
        }
        if (next > end) {
            break;
        }
        fake_advance(max(next - NOW(), (s_time_t)0));
        for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
            if (fake_deadline(cpu) <= NOW()) {
                fake_run_on(cpu);
                arch_set_next_timer(STIME_MAX);
                raise_softirq(SOFTIRQ_TIMER);
            }
        }
        fake_run_on(0);
    }
    fake_advance(end - NOW());
    fake_settle();
}

void fake_domain_kill(struct domain *d)
{
    int rc;

    domain_pause_nosync(d);
    fake_settle();
    fake_set_current(idle_vcpu[smp_processor_id()]);
    do {
        rc = domain_kill(d);
    } while (rc == -ERESTART);
    assert_int_equal(rc, 0);
    fake_settle();
}

void fake_domain_end(struct domain *d)
{
    domid_t id = d->domain_id;

    fake_domain_kill(d);
    fake_domain_gone(id);
}

void fake_domain_gone(domid_t id)
{
    assert_null(get_domain_by_id(id));
    assert_null(strstr(fake_console(), "AUDIT"));
}
