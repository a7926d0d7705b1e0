/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table isolation: on a CPU that lets user mode read supervisor mappings (Meltdown), an
 * isolated guest runs on a level-4 table of the CPU's own. It has the guest's entries, the M2P that
 * the ABI shows, the descriptor windows of its own domain, and of the hypervisor the entry code,
 * the IDT, this CPU's descriptor page, exception stacks and the topmost page of its main stack.
 * There is no direct map, no heap, no data, no other CPU's stack in it.
 *
 * Invariant: what a shadow table has of a guest's table is what that table had at root_gen; the
 * generation advances after each write to a level-4 table and before the old entry's frame is given
 * back, and other CPUs that run the domain are interrupted, so no CPU enters a guest on an entry
 * whose frame is gone. Generations are drawn from one counter, so that a frame which is another
 * domain's table later is never taken for the old one.
 *
 * Global mappings would outlive the switch of CR3: CR4.PGE is off when any domain is isolated. Each
 * CPU writes its own table only, interrupts off; no locks.
 *
 * `xpti=BOOL`, `xpti=dom0=BOOL,domu=BOOL`: who is isolated. Without it, everyone on CPUs that need
 * it.
 */
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <hv/percpu.h>
#include <asm/boot.h>
#include <asm/entry.h>
#include <asm/flush.h>
#include <asm/page-type.h>
#include <asm/processor.h>
#include <asm/stack.h>
#include <asm/xpti.h>

#include "table.h"

extern char __entry_text_start[], __entry_text_end[];
extern const char idt_page[];

static struct dom0_domu isolated __ro_after_init = { -1, -1 };

static int __init parse_xpti(const char *s, struct dom0_domu *to)
{
    if (!strcmp(s, "default")) {
        *to = (struct dom0_domu){ -1, -1 };
        return 0;
    }
    return parse_dom0_domu(s, to);
}
custom_param("xpti", parse_xpti, isolated);

struct shadow {
    pte_t *l4;
    unsigned long root; /* CR3 of the guest's table that l4 was copied from */
    uint64_t gen;       /* of its domain then */
};
static DEFINE_PER_CPU(struct shadow, shadow);
static uint64_t root_clock;

void __init xpti_init(bool needed)
{
    if (isolated.dom0 < 0) {
        isolated.dom0 = needed;
    }
    if (isolated.domu < 0) {
        isolated.domu = needed;
    }
    if (isolated.dom0 || isolated.domu) {
        cpu_features[X86_FEATURE_XPTI / 32] |= 1U << (X86_FEATURE_XPTI % 32);
        host_cr4 &= ~(unsigned long)CR4_PGE;
    }
    printk(XENLOG_INFO "Page-table isolation: dom0 %s, others %s\n", isolated.dom0 ? "on" : "off",
           isolated.domu ? "on" : "off");
    if (needed && !(isolated.dom0 && isolated.domu)) {
        printk(XENLOG_WARNING "Page-table isolation: this CPU lets guests read the hypervisor's "
                              "memory (Meltdown), and the command line leaves it so\n");
    }
}

bool xpti_domain(const struct domain *d)
{
    return d->domain_id == 0 ? isolated.dom0 : isolated.domu;
}

/* The hypervisor's own mapping of a page that is mapped by itself. */
static pte_t host_leaf(unsigned long va)
{
    const pte_t *table = idle_pg_table;

    for (unsigned int level = 4; level > 1; level--) {
        pte_t e = table[PT_INDEX(va, level)];

        BUG_ON(!pte_present(e) || (level < 4 && (e.v & PTE_PSE)));
        table = maddr_to_virt(mfn_to_maddr(pte_mfn(e)));
    }
    return table[PT_INDEX(va, 1)];
}

static int show_as(pte_t *table, unsigned long va, pte_t leaf)
{
    for (unsigned int level = 4; level > 1; level--) {
        pte_t *e = &table[PT_INDEX(va, level)];

        if (!pte_present(*e)) {
            void *page = alloc_zeroed_page();

            if (!page) {
                return -ENOMEM;
            }
            *e = pte_make(virt_to_mfn(page), MAP_TABLE);
        }
        table = mfn_to_virt(pte_mfn(*e));
    }
    leaf.v &= ~(uint64_t)PTE_G;
    table[PT_INDEX(va, 1)] = leaf;
    return 0;
}

/* Pages of [start, end) as the hypervisor itself has them. */
static int show(pte_t *l4, const void *start, const void *end)
{
    unsigned long va = ROUNDDOWN((unsigned long)start, PAGE_SIZE);
    int rc = 0;

    for (; !rc && va < (unsigned long)end; va += PAGE_SIZE) {
        rc = show_as(l4, va, host_leaf(va));
    }
    return rc;
}

/* The exception stacks, the descriptor page, and the page with struct cpu_info. */
static int show_stacks(pte_t *l4, unsigned int cpu)
{
    unsigned long stack = CPU_STACK(cpu);
    int rc = show(l4, (void *)stack, (void *)(stack + (STACK_GUARD_PAGE + 1) * PAGE_SIZE));

    return rc ?: show(l4, (void *)(stack + STACK_SIZE - PAGE_SIZE), (void *)(stack + STACK_SIZE));
}

/* SYSCALL's slot comes from a page with no other CPU's, since guests' stack pointers pass there. */
static int show_syscall_slot(pte_t *l4, unsigned int cpu)
{
    struct syscall_slot *slot = &syscall_slots[cpu];
    char *page = alloc_zeroed_page();

    if (!page) {
        return -ENOMEM;
    }
    memcpy(page + ((unsigned long)slot & (PAGE_SIZE - 1)), slot, sizeof(*slot));
    return show_as(l4, (unsigned long)slot, pte_make(virt_to_mfn(page), MAP_RW));
}

int xpti_cpu_init(unsigned int cpu)
{
    struct cpu_info *info = cpu_info_of_stack(CPU_STACK(cpu));
    pte_t *l4;
    int rc;

    if (!xpti_on()) {
        return 0;
    }
    l4 = alloc_zeroed_page();
    if (!l4) {
        return -ENOMEM;
    }
    rc = show(l4, __entry_text_start, __entry_text_end) ?: show(l4, idt_page, idt_page + 1);
    rc = rc ?: show_stacks(l4, cpu) ?: show_syscall_slot(l4, cpu);
    if (rc) {
        return rc; /* what was made stays: the CPU does not run, and memory is out */
    }
    per_cpu(shadow, cpu).l4 = l4;
    info->guest_cr3 = maddr_x(mfn_to_maddr(virt_to_mfn(l4)));
    return 0;
}

void xpti_root_changed_slow(struct domain *d, bool live)
{
    smp_wmb();
    __atomic_store_n(&d->arch.pv.root_gen, __atomic_add_fetch(&root_clock, 1, __ATOMIC_SEQ_CST),
                     __ATOMIC_SEQ_CST);
    if (live) {
        cpumask_t others = d->dirty_cpus;

        cpumask_clear(smp_processor_id(), &others);
        flush_tlb_mask(&others);
    }
}

/*
 * A table that is its own lower level (pv-linear-pt) would show the hypervisor's tables through the
 * guest's: the shadow refers to itself instead, and to no other level-4 table.
 */
static pte_t shadow_entry(pte_t e, const struct shadow *s, mfn_t root)
{
    const struct page_info *pg;

    if (!pte_present(e)) {
        return (pte_t){ 0 };
    }
    pg = mfn_to_page(pte_mfn(e));
    if (likely((READ_ONCE(pg->inuse.type_info) & PGT_type_mask) != PGT_l4_page_table)) {
        return e;
    }
    return mfn_eq(pte_mfn(e), root) ? pte_make(virt_to_mfn(s->l4), pte_flags(e)) : (pte_t){ 0 };
}

static void shadow_copy(const struct shadow *s, mfn_t root)
{
    const pte_t *guest = mfn_to_virt(root);

    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        pte_t e = { READ_ONCE(guest[i].v) };

        if (!l4_slot_is_hypervisor(i)) {
            WRITE_ONCE(s->l4[i].v, shadow_entry(e, s, root).v);
        } else if (i == RO_M2P_SLOT || i == PERDOMAIN_SLOT) {
            WRITE_ONCE(s->l4[i].v, e.v);
        }
    }
}

unsigned long xpti_exit(struct vcpu *v)
{
    struct cpu_info *info = get_cpu_info();
    struct shadow *s = &this_cpu(shadow);
    uint64_t gen;

    info->hv_cr3 = v->arch.cr3;
    if (!v->domain->arch.pv.xpti) {
        return 0;
    }
    gen = __atomic_load_n(&v->domain->arch.pv.root_gen, __ATOMIC_SEQ_CST);
    if (s->root != v->arch.cr3 || s->gen != gen) {
        s->root = v->arch.cr3;
        s->gen = gen;
        shadow_copy(s, maddr_to_mfn(_maddr(v->arch.cr3)));
    }
    return info->guest_cr3;
}
