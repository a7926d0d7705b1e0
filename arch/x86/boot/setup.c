/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of start-up, in one list: each step may rely on those before it. One CPU until
 * smp_boot_cpus(), interrupts off until the timer works. Ends in the first domain.
 */
#include <hv/arch/domain.h>
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/gnttab.h>
#include <hv/iommu.h>
#include <hv/init.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/numa.h>
#include <hv/rcu.h>
#include <hv/rangeset.h>
#include <hv/screen.h>
#include <hv/serial.h>
#include <hv/smp.h>
#include <hv/tasklet.h>
#include <hv/timer.h>
#include <asm/topology.h>
#include <asm/alternative.h>
#include <asm/apic.h>
#include <asm/boot.h>
#include <asm/cpu-policy.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/dom0.h>
#include <asm/extable.h>
#include <asm/hvmap.h>
#include <asm/irq.h>
#include <asm/layout.h>
#include <asm/memmap.h>
#include <asm/mce.h>
#include <asm/mitigations.h>
#include <asm/nmi.h>
#include <asm/perdomain.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/smpboot.h>
#include <asm/stack.h>
#include <asm/state.h>
#include <asm/time.h>
#include <asm/watchdog.h>
#include <public/version.h>

static void __init banner(void)
{
    printk("Corbel, a hypervisor with the Xen 4.17 ABI (%s)\n", boot_info.loader);
    printk(XENLOG_INFO "Command line: %s\n", boot_info.cmdline);
}

/* Memory: the heap, the hypervisor's own page tables, virtually contiguous areas. */
static void __init start_memory(void)
{
    memmap_limit(&memory_map, _maddr(DIRECTMAP_SIZE));
    memmap_print(&memory_map);
    memmap_for_each_free(&memory_map, boot_heap_add);
    numa_init();
    hvmap_init();
    heap_init();
    idle_cr3 = maddr_x(image_to_maddr(idle_pg_table));
}

/* This CPU as every other will be: own stack, registers, interrupt controller, clock. */
static void __init start_cpu0(void)
{
    cpu_init_registers(0);
    cpu_topology_init();
    cpu_policies_init();
    apic_init();
    ioapic_init();
    time_init();
    heap_cache_cpu_up();
    local_irq_enable();
}

/* Domain 0, from the first module; the machine is of no use without it. */
static void __init start_dom0(void)
{
    struct xen_domctl_createdomain config = {
        .max_vcpus = dom0_max_vcpus(),
        .max_evtchn_port = -1,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(gnttab_highest_version()),
    };
    struct domain *d;
    int rc;

    if (!boot_info.nr_modules) {
        panic("The boot loader gave no dom0 kernel: it is the first module\n");
    }
    d = domain_create(0, &config, CDF_privileged | CDF_hardware);
    if (IS_ERR(d)) {
        panic("Cannot create domain 0: %ld\n", PTR_ERR(d));
    }
    d->vm_assist |= BIT(VMASST_TYPE_pae_extended_cr3);
    rc = dom0_build(d);
    if (rc) {
        panic("Cannot build domain 0: %d\n", rc);
    }
    rc = dom0_map_devices(d);
    if (rc) {
        panic("Cannot map memory for domain 0's devices: %d\n", rc);
    }
    iommu_start(d);
    time_update_wallclock(d);
    console_start_domain_input();
    printk(XENLOG_INFO "Starting domain 0\n");
    if (domain_unpause_by_systemcontroller(d)) {
        BUG(); /* it was made paused */
    }
}

/* On CPU 0's own stack. */
static void __init __noreturn hv_start_on_own_stack(void)
{
    start_cpu0();
    console_init();
    keyhandler_init();
    ns16550_init();
    pv_perdomain_boot();
    system_state = SYS_smp_boot;
    smp_boot_cpus();
    time_all_cpus();
    mce_init();
    watchdog_init();
    iommu_init();
    start_dom0();
    reset_stack_and_call(start_finish);
}

void __init hv_start(void)
{
    ns16550_early_init();
    screen_early_init();
    banner();
    extable_init();
    cpu_features_init();
    mitigations_init();
    alternatives_apply();
    acpi_start();
    smp_prepare();
    start_memory();
    system_state = SYS_boot;
    timer_subsys_init();
    rcu_init();
    tasklet_subsystem_init();
    nmi_init();
    system_domains_init();
    hvmap_give_holes();
    sched_init();
    if (percpu_area_init(0) || cpu_stack_init(0)) {
        panic("No memory for the first CPU's stack\n");
    }
    get_cpu_info()->current_vcpu = idle_vcpu_create(0);
    if (!current || sched_cpu_up(0)) {
        panic("No memory for the first CPU's idle vCPU\n");
    }
    cpu_leave_boot_stack(hv_start_on_own_stack);
}
