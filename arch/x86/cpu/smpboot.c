/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting the other CPUs (SDM vol. 3A 8.4): INIT, then STARTUP to a page below 1 MiB. The first
 * CPU gives each its stack, per-CPU data and idle vCPU, then tells all to start, one message each,
 * since a broadcast would also reach those that are to be left alone. They come up at the same
 * time, and take turns with the first CPU to bring their TSC in step.
 */
#include <hv/acpi.h>
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <hv/smp.h>
#include <asm/apic.h>
#include <asm/boot.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/entry.h>
#include <asm/processor.h>
#include <asm/smpboot.h>
#include <asm/stack.h>
#include <asm/state.h>
#include <asm/time.h>

cpumask_t cpu_present_map, cpu_online_map;
unsigned int nr_cpu_ids = 1;

static unsigned int opt_maxcpus __initdata = NR_CPUS;
uint_param("maxcpus", opt_maxcpus, 0, UINT32_MAX);
static bool opt_smp __initdata = true;
bool_param("smp", opt_smp);

extern const char trampoline_start[], trampoline_end[], trampoline_gdtr[], trampoline_far[];
extern const char trampoline_cr3[], trampoline_ids[], trampoline_nr[], trampoline_entry[];
extern const char trampoline_gdt[], trampoline_64[];

#define STARTUP_TRIES  2
#define ARRIVE_TIMEOUT MILLISECS(1000)

static cpumask_t arrived; /* CPUs that run C */
static unsigned int turn; /* the one of them that may go on */
static bool nobody_else;  /* may go on: those that come later stay where they are */
static cpumask_t startable __initdata;

/* This CPU's APIC id before the APIC is mapped: SDM vol. 2, CPUID leaves 0BH and 1. */
uint32_t __init arch_boot_apic_id(void)
{
    if (cpuid(0, 0).eax >= 0xb && cpuid(0xb, 0).ebx) {
        return cpuid(0xb, 0).edx;
    }
    return cpuid(1, 0).ebx >> 24;
}

void __init smp_prepare(void)
{
    uint32_t self = arch_boot_apic_id();
    unsigned int cpu = 1;

    apic_choose_mode();
    cpumask_set(0, &cpu_present_map);
    cpumask_set(0, &cpu_online_map);
    cpu_apic_id[0] = self;
    if (!opt_smp) {
        opt_maxcpus = 1;
    }
    for (unsigned int i = 0; i < acpi_info.nr_cpus; i++) {
        const struct acpi_cpu *c = &acpi_info.cpus[i];

        if (!c->enabled || c->apic_id == self) {
            continue;
        }
        if (!x2apic_mode && c->apic_id > XAPIC_ID_MAX) {
            printk(XENLOG_WARNING "CPU with APIC id %#x needs x2APIC, left alone\n", c->apic_id);
            continue;
        }
        if (cpu >= opt_maxcpus || cpu >= NR_CPUS) {
            continue;
        }
        cpu_apic_id[cpu] = c->apic_id;
        cpumask_set(cpu, &cpu_present_map);
        cpu++;
    }
    nr_cpu_ids = cpu;
}

/* First C code of a started CPU, on its own stack, on the start-up page tables. */
static void __noreturn ap_start(void)
{
    unsigned int cpu = smp_processor_id();

    write_cr3(idle_cr3);
    desc_cpu_load();
    cpu_init_registers(cpu);
    apic_init_cpu();
    cpumask_set(cpu, &arrived);
    while (smp_load_acquire(&turn) != cpu) {
        if (READ_ONCE(nobody_else)) {
            halt();
        }
        cpu_relax();
    }
    time_init_cpu(cpu);
    cpumask_set(cpu, &cpu_online_map);
    heap_cache_cpu_up();
    local_irq_enable();
    reset_stack_and_call(idle_loop);
}

static void __init put32(char *page, const char *field, uint32_t v)
{
    memcpy(page + (field - trampoline_start), &v, sizeof(v));
}

static void __init put64(char *page, const char *field, uint64_t v)
{
    memcpy(page + (field - trampoline_start), &v, sizeof(v));
}

/* Copies the trampoline and maps its page, executable and not writable, at its own address. */
static int __init trampoline_prepare(maddr_t at)
{
    uint32_t base = (uint32_t)maddr_x(at);
    char *page = maddr_to_virt(at);
    pte_t *l1 = alloc_zeroed_page();

    if (!l1) {
        return -ENOMEM;
    }
    l1[PT_INDEX(base, 1)] = pte_make(maddr_to_mfn(at), PTE_P | PTE_A);
    boot_low_l2[0] = pte_make(virt_to_mfn(l1), MAP_TABLE);
    boot_low_l3[0] = pte_make(virt_to_mfn(boot_low_l2), MAP_TABLE);
    boot_l4[0] = pte_make(virt_to_mfn(boot_low_l3), MAP_TABLE);
    for (unsigned int i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++) {
        boot_l4[i] = idle_pg_table[i];
    }

    memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    put32(page, trampoline_gdtr + 2, base + (uint32_t)(trampoline_gdt - trampoline_start));
    put32(page, trampoline_far, base + (uint32_t)(trampoline_64 - trampoline_start));
    put32(page, trampoline_cr3, (uint32_t)maddr_x(image_to_maddr(boot_l4)));
    put64(page, trampoline_entry, (unsigned long)ap_start);
    put64(page, trampoline_ids, (unsigned long)cpu_apic_id);
    put32(page, trampoline_nr, nr_cpu_ids);
    return 0;
}

static void __init delay(s_time_t ns)
{
    s_time_t end = NOW() + ns;

    while (NOW() < end) {
        cpu_relax();
    }
}

/* All that can be started; false when the time is over before. */
static bool __init wait_for_arrivals(s_time_t timeout)
{
    s_time_t end = NOW() + timeout;

    unsigned int cpu;

    for_each_cpu (cpu, &startable) {
        while (!cpumask_test(cpu, &arrived)) {
            if (NOW() > end) {
                return false;
            }
            cpu_relax();
        }
    }
    return true;
}

/* A message to each that can be started and has not arrived. */
static void __init send_startable(uint32_t icr)
{
    unsigned int cpu;

    for_each_cpu (cpu, &startable) {
        if (!cpumask_test(cpu, &arrived)) {
            apic_send_icr(cpu_apic_id[cpu], icr);
        }
    }
}

static int __init prepare_cpu(unsigned int cpu)
{
    struct vcpu *idle;
    int rc = percpu_area_init(cpu);

    if (!rc) {
        rc = cpu_stack_init(cpu);
    }
    if (rc) {
        return rc;
    }
    idle = idle_vcpu_create(cpu);
    if (!idle) {
        return -ENOMEM;
    }
    cpu_info_of_stack(CPU_STACK(cpu))->current_vcpu = idle;
    return sched_cpu_up(cpu);
}

static void __init start_cpus(maddr_t at)
{
    send_startable(APIC_DM_INIT | APIC_ICR_ASSERT | APIC_ICR_LEVEL);
    delay(MICROSECS(200));
    send_startable(APIC_DM_INIT | APIC_ICR_LEVEL);
    for (unsigned int i = 0; i < STARTUP_TRIES; i++) {
        delay(MICROSECS(i ? 200 : 100));
        send_startable(APIC_DM_STARTUP | (uint32_t)(maddr_x(at) >> PAGE_SHIFT));
        if (wait_for_arrivals(i ? ARRIVE_TIMEOUT : MILLISECS(10))) {
            return;
        }
    }
}

/* Lets an arrived CPU go on, and is its partner meanwhile. */
static void __init admit_cpu(unsigned int cpu)
{
    smp_store_release(&turn, cpu);
    tsc_sync_source(cpu);
    while (!cpu_online(cpu)) {
        cpu_relax();
    }
}

static void __init leave_out(unsigned int cpu, int rc)
{
    printk(XENLOG_ERR "CPU%u (APIC id %#x) did not start: %d\n", cpu, cpu_apic_id[cpu], rc);
    cpumask_clear(cpu, &cpu_present_map);
}

void __init smp_boot_cpus(void)
{
    maddr_t at = trampoline_maddr;
    unsigned int cpu;

    if (nr_cpu_ids == 1) {
        return;
    }
    if (!maddr_x(at) || trampoline_prepare(at)) {
        printk(XENLOG_ERR "No memory below 1 MiB to start other CPUs from\n");
        return;
    }
    for (cpu = 1; cpu < nr_cpu_ids; cpu++) {
        int rc = prepare_cpu(cpu);

        if (rc) {
            leave_out(cpu, rc);
        } else {
            cpumask_set(cpu, &startable);
        }
    }
    smp_mb();
    start_cpus(at);
    for_each_cpu (cpu, &startable) {
        if (cpumask_test(cpu, &arrived)) {
            admit_cpu(cpu);
        } else {
            leave_out(cpu, -ENODEV);
        }
    }
    WRITE_ONCE(nobody_else, true);
    printk(XENLOG_INFO "CPUs: %u of %u run\n", cpumask_weight(&cpu_online_map), nr_cpu_ids);
}
