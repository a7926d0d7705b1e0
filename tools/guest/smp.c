/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs: the boot vCPU's record, and the life of the others.
 *
 * Each secondary loops: run the function it was given, say so, go down. smp_start() wakes it again.
 * The started function and its argument are published before VCPUOP_up and read only after it.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <guest/smp.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include <guest/pt.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/time.h>
#include <guest/trap.h>

struct guest_cpu guest_cpus[CPU_MAX];

_Static_assert(offsetof(struct guest_cpu, self) == CPU_SELF, "entry.S");
_Static_assert(offsetof(struct guest_cpu, user_resume) == CPU_USER_RESUME, "entry.S");
_Static_assert(offsetof(struct trap_catch, rsp) == 0, "entry.S");
_Static_assert(sizeof(struct trap_regs) == 22 * 8, "entry.S");

void guest_start_secondary(void);
void smp_secondary(struct guest_cpu *cpu);

static uint8_t boot_trap_stack[CPU_STACK_SIZE] __attribute__((aligned(16)));
static struct vcpu_info extra_info[CPU_MAX] __attribute__((aligned(PAGE_SIZE)));

#define JOIN_TIMEOUT (10 * NSEC_PER_SEC)

void smp_init_boot(void)
{
    struct guest_cpu *cpu = &guest_cpus[0];

    cpu->self = cpu;
    cpu->info = &guest_shared_info->vcpu_info[0];
    cpu->trap_stack = boot_trap_stack + sizeof(boot_trap_stack);
    cpu->online = true;
    if (hv_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)cpu) ||
        hv_stack_switch(FLAT_KERNEL_SS, (unsigned long)cpu->trap_stack)) {
        guest_shutdown(SHUTDOWN_crash);
    }
}

void events_unmask(void)
{
    struct vcpu_info *info = this_cpu()->info;

    __asm__ volatile("" ::: "memory");
    *(volatile uint8_t *)&info->evtchn_upcall_mask = 0;
    __asm__ volatile("" ::: "memory");
    if (*(volatile uint8_t *)&info->evtchn_upcall_pending) {
        /* Any hypercall's exit delivers; this one does nothing else. */
        hv_xen_version(XENVER_version, NULL);
    }
}

unsigned int smp_count(void)
{
    unsigned int n = 0;

    while (n < CPU_MAX && hv_vcpu_op(VCPUOP_is_up, n, NULL) >= 0) {
        n++;
    }
    return n;
}

static int prepare_cpu(unsigned int vcpu)
{
    struct guest_cpu *cpu = &guest_cpus[vcpu];

    if (cpu->self) {
        return 0;
    }
    cpu->stack = page_alloc(CPU_STACK_SIZE / PAGE_SIZE);
    cpu->trap_stack = page_alloc(CPU_STACK_SIZE / PAGE_SIZE);
    if (!cpu->stack || !cpu->trap_stack) {
        return -ENOMEM;
    }
    cpu->trap_stack = (char *)cpu->trap_stack + CPU_STACK_SIZE;
    cpu->id = vcpu;
    cpu->info = vcpu < XEN_LEGACY_MAX_VCPUS ? &guest_shared_info->vcpu_info[vcpu]
                                            : &extra_info[vcpu];
    cpu->self = cpu;
    return 0;
}

static long register_extra_info(unsigned int vcpu)
{
    struct vcpu_register_vcpu_info reg = {
        .mfn = virt_to_mfn(&extra_info[vcpu]),
        .offset = (uint32_t)((unsigned long)&extra_info[vcpu] & ~PAGE_MASK),
    };

    return vcpu < XEN_LEGACY_MAX_VCPUS ? 0 : hv_vcpu_op(VCPUOP_register_vcpu_info, vcpu, &reg);
}

int smp_make_context(unsigned int vcpu, void (*entry)(void *), void *arg,
                     struct vcpu_guest_context *ctx)
{
    struct guest_cpu *cpu = &guest_cpus[vcpu];
    int rc = prepare_cpu(vcpu);

    if (rc) {
        return rc;
    }
    cpu->entry = entry;
    cpu->arg = arg;
    memset(ctx, 0, sizeof(*ctx));
    ctx->flags = VGCF_IN_KERNEL;
    ctx->user_regs.rip = (unsigned long)guest_start_secondary;
    ctx->user_regs.cs = FLAT_KERNEL_CS;
    ctx->user_regs.ss = FLAT_KERNEL_SS;
    ctx->user_regs.rsp = (unsigned long)cpu->stack + CPU_STACK_SIZE;
    ctx->user_regs.rdi = (unsigned long)cpu;
    ctx->kernel_ss = FLAT_KERNEL_SS;
    ctx->kernel_sp = (unsigned long)cpu->trap_stack;
    ctx->ctrlreg[3] = xen_pfn_to_cr3(virt_to_mfn(pt_root));
    ctx->event_callback_eip = (unsigned long)entry_event;
    ctx->failsafe_callback_eip = (unsigned long)entry_failsafe;
    ctx->syscall_callback_eip = (unsigned long)entry_syscall;
    ctx->gs_base_kernel = (unsigned long)cpu;
    for (const struct trap_info *t = trap_table; t->address; t++) {
        ctx->trap_ctxt[t->vector] = *t;
    }
    return 0;
}

void smp_secondary(struct guest_cpu *cpu)
{
    for (;;) {
        events_unmask();
        cpu->entry(cpu->arg);
        events_mask();
        __atomic_store_n(&cpu->online, false, __ATOMIC_RELEASE);
        hv_vcpu_op(VCPUOP_down, cpu->id, NULL);
    }
}

static long initialise(unsigned int vcpu, void (*fn)(void *), void *arg)
{
    struct vcpu_guest_context *ctx = malloc(sizeof(*ctx));
    long rc;

    if (!ctx) {
        return -ENOMEM;
    }
    rc = smp_make_context(vcpu, fn, arg, ctx);
    if (!rc) {
        rc = register_extra_info(vcpu);
    }
    if (!rc) {
        rc = hv_vcpu_op(VCPUOP_initialise, vcpu, ctx);
    }
    free(ctx);
    return rc;
}

long smp_start(unsigned int vcpu, void (*fn)(void *), void *arg)
{
    struct guest_cpu *cpu = &guest_cpus[vcpu];
    bool known = cpu->self != NULL;
    long rc = 0;

    if (vcpu >= CPU_MAX) {
        return -EINVAL;
    }
    cpu->entry = fn;
    cpu->arg = arg;
    if (!known) {
        rc = initialise(vcpu, fn, arg);
    }
    if (rc) {
        return rc;
    }
    __atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
    return hv_vcpu_op(VCPUOP_up, vcpu, NULL);
}

long smp_join(unsigned int vcpu)
{
    struct guest_cpu *cpu = &guest_cpus[vcpu];
    uint64_t limit = time_now() + JOIN_TIMEOUT;

    while (__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE) ||
           hv_vcpu_op(VCPUOP_is_up, vcpu, NULL) != 0) {
        if (time_now() > limit) {
            return -ETIME;
        }
        hv_sched_op(SCHEDOP_yield, NULL);
    }
    return 0;
}
