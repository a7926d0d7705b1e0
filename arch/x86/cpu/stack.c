/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stack blocks and per-CPU areas: what a CPU must have before it runs its first instruction of C.
 *
 * Invariant: CPU n's block is mapped at CPU_STACK(n) and nowhere else but in the direct map; the
 * page below the main stack is its descriptor page, read-only, so an overflow faults on it and
 * arrives as a double fault on a stack of its own. Blocks and areas are made once a CPU and kept.
 */
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <asm/boot.h>
#include <asm/desc.h>
#include <asm/entry.h>
#include <asm/hvmap.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/smpboot.h>
#include <asm/softirq.h>
#include <asm/stack.h>
#include <asm/xpti.h>

__ro_after_init unsigned long per_cpu_offset[NR_CPUS];

/* What -fstack-protector-strong compares; one value for all, chosen at start-up. */
extern unsigned long __stack_chk_guard;
void __stack_chk_fail(void) __noreturn;
__ro_after_init unsigned long __stack_chk_guard;

void __stack_chk_fail(void)
{
    panic("Stack overrun in a function that returns to %pS\n", __builtin_return_address(0));
}

/* Its own frame must not be checked: the value changes below it. */
__attribute__((no_stack_protector)) void __init stack_guard_init(void)
{
    unsigned long value = rdtsc() * 0x9e3779b97f4a7c15UL;

    if (cpuid(1, 0).ecx & (1U << 30)) {
        unsigned long random;
        bool ok;

        __asm__ volatile("rdrand %0; setc %1" : "=r"(random), "=qm"(ok)::"cc");
        if (ok) {
            value ^= random;
        }
    }
    /* The lowest byte is 0, so that a string that overruns a buffer cannot write it. */
    __stack_chk_guard = value & ~0xffUL;
}

int percpu_area_init(unsigned int cpu)
{
    size_t size = (size_t)(__per_cpu_end - __per_cpu_start);
    void *area;

    if (per_cpu_offset[cpu]) {
        return 0;
    }
    area = xmalloc_bytes(size, SMP_CACHE_BYTES);
    if (!area) {
        return -ENOMEM;
    }
    memcpy(area, __per_cpu_start, size);
    per_cpu_offset[cpu] = (unsigned long)area - (unsigned long)__per_cpu_start;
    return 0;
}

static int map_stack_page(unsigned int cpu, unsigned int page, void *va, uint64_t flags)
{
    return map_pages_to_hv(CPU_STACK(cpu) + page * PAGE_SIZE, virt_to_mfn(va), 1, flags);
}

int cpu_stack_init(unsigned int cpu)
{
    unsigned long stack = CPU_STACK(cpu);
    struct desc_page *desc = NULL;
    struct cpu_info *info;
    void *page = NULL;
    int rc = -ENOMEM;

    for (unsigned int i = 0; i < STACK_SIZE / PAGE_SIZE; i++) {
        page = alloc_zeroed_page();
        if (!page) {
            goto unmap;
        }
        if (i == STACK_GUARD_PAGE) {
            desc = page;
        }
        rc = map_stack_page(cpu, i, page, i == STACK_GUARD_PAGE ? MAP_RO : MAP_RW);
        if (rc) {
            goto free;
        }
    }
    desc_page_init(desc, stack, cpu);
    per_cpu(desc_page, cpu) = desc;
    per_cpu(desc_page_mfn, cpu) = virt_to_mfn(desc);

    info = cpu_info_of_stack(stack);
    info->processor_id = cpu;
    info->per_cpu_offset = per_cpu_offset[cpu];
    syscall_slots[cpu].top = cpu_info_rsp0(info);
    return xpti_cpu_init(cpu);

free:
    free_xenheap_page(page);
unmap:
    /* The pages mapped so far stay with the block: the CPU may be tried again, never freed. */
    return rc;
}

bool stack_contains(unsigned long sp)
{
    unsigned long page = (sp & (STACK_SIZE - 1)) >> PAGE_SHIFT;

    if (sp >= CPU_STACKS_START && sp < CPU_STACK(NR_CPUS)) {
        return page != STACK_GUARD_PAGE;
    }
    if (system_state < SYS_active && sp >= (unsigned long)boot_stack &&
        sp < (unsigned long)boot_stack + STACK_SIZE) {
        return page != STACK_GUARD_PAGE;
    }
    return false;
}

/* On the new stack, with the new cpu_info. */
static __init __noreturn void on_own_stack(void (*fn)(void))
{
    desc_cpu_load();
    fn();
    BUG();
}

void __init cpu_leave_boot_stack(void (*fn)(void))
{
    struct cpu_info *info = cpu_info_of_stack(CPU_STACK(0));

    info->current_vcpu = current;
    ASSERT(!local_irq_is_enabled());
    info->softirq_pending = *this_softirq_word();
    __asm__ volatile("mov %0, %%rsp\n"
                     "xor %%ebp, %%ebp\n"
                     "call *%1\n"
                     :
                     : "r"(info), "r"(on_own_stack), "D"(fn)
                     : "memory");
    __builtin_unreachable();
}
