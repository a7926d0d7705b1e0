/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building dom0, step by step: the image is judged before anything is taken for it; memory,
 * contents and tables follow; last, vCPU 0 gets its context, and with it the tables are validated
 * and pinned as any guest's would be. Start-up, one CPU, idle vCPU.
 *
 * `dom0_max_vcpus=N` or `=min-max`; without it as many as CPUs.
 */
#include <hv/arch/domain.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/softirq.h>
#include <public/features.h>
#include <asm/dom0.h>
#include <asm/entry.h>
#include <asm/page-type.h>

#include "build.h"
#include "bzimage.h"

#define DOM0_VCPUS_LIMIT 8192U /* what event channels can tell apart */

/* Writable page tables are offered by emulation of the writes. */
#define FEATURES_OFFERED                                                                           \
    (1U << XENFEAT_writable_page_tables | 1U << XENFEAT_pae_pgdir_above_4gb |                      \
     1U << XENFEAT_mmu_pt_update_preserve_ad | 1U << XENFEAT_highmem_assist |                      \
     1U << XENFEAT_gnttab_map_avail_bits | 1U << XENFEAT_dom0 |                                    \
     1U << XENFEAT_memory_op_vnode_supported)

static struct vcpus_range {
    unsigned int min, max;
} vcpus_wanted __initdata = { 1, DOM0_VCPUS_LIMIT };

/* N, N-, -N, N-M */
static int __init parse_dom0_max_vcpus(const char *s, struct vcpus_range *to)
{
    uint64_t lo = 1, hi = DOM0_VCPUS_LIMIT;

    if (*s != '-') {
        if (parse_number(s, &s, 0, UINT32_MAX, &lo)) {
            return -EINVAL;
        }
        hi = *s == '-' ? hi : lo;
    } else if (!s[1]) {
        return -EINVAL;
    }
    if (*s == '-' && *++s && parse_number(s, &s, 0, UINT32_MAX, &hi)) {
        return -EINVAL;
    }
    *to = (struct vcpus_range){ (unsigned int)lo, (unsigned int)hi };
    return *s || lo > hi ? -EINVAL : 0;
}
custom_param("dom0_max_vcpus", parse_dom0_max_vcpus, vcpus_wanted);

unsigned int __init dom0_max_vcpus(void)
{
    unsigned int nr = cpumask_weight(&cpu_online_map);

    nr = min(max(nr, vcpus_wanted.min), vcpus_wanted.max);
    return min(max(nr, 1U), DOM0_VCPUS_LIMIT);
}

/* The kernel as an ELF file: the module itself, or what is packed in it. */
static const char *__init find_elf(struct dom0 *b, const void **image, size_t *size)
{
    struct bzimage bz;
    const char *wrong;

    *image = maddr_to_virt(b->kernel->start);
    *size = b->kernel->size;
    if (!bzimage_is(*image, *size)) {
        return NULL;
    }
    wrong = bzimage_parse(*image, *size, &bz);
    if (wrong) {
        return wrong;
    }
    b->unpacked = vzalloc(bz.unpacked);
    if (!b->unpacked) {
        return "there is no memory to unpack it";
    }
    *image = b->unpacked;
    *size = bz.unpacked;
    return bzimage_unpack(&bz, b->unpacked, process_pending_softirqs);
}

static int __init judge_kernel(struct dom0 *b)
{
    const void *image;
    const char *wrong;
    uint32_t missing;
    size_t size;

    wrong = find_elf(b, &image, &size);
    if (!wrong) {
        wrong = elf_parse(image, size, &b->k);
    }
    if (wrong) {
        printk(XENLOG_ERR "dom0 kernel: %s\n", wrong);
        return -EINVAL;
    }
    missing = b->k.features_required & ~FEATURES_OFFERED;
    if (missing) {
        printk(XENLOG_ERR "dom0 kernel: it requires features that a PV guest does not have: %#x\n",
               missing);
        return -EINVAL;
    }
    if (b->k.says_supported && !(b->k.features_supported & 1U << XENFEAT_dom0)) {
        printk(XENLOG_ERR "dom0 kernel: it does not support being dom0\n");
        return -EINVAL;
    }
    printk(XENLOG_INFO "dom0 kernel: %s %s, %#lx to %#lx, entry %#lx\n", b->k.guest_os,
           b->k.guest_version, b->k.virt_start, b->k.virt_end, b->k.virt_entry);
    return 0;
}

static int __init make_vcpus(struct domain *d)
{
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        if (!vcpu_create(d, i)) {
            printk(XENLOG_ERR "dom0: cannot create vCPU %u\n", i);
            return -ENOMEM;
        }
    }
    return 0;
}

/* The tables keep a reference for the vCPU and one for the pin. */
static int __init pin_tables(struct dom0 *b)
{
    struct page_info *pg;
    int rc;

    while ((rc = page_get_and_type(virt_to_mfn(b->l4), b->d, PGT_l4_page_table, &pg)) ==
           -ERESTART) {
        process_pending_softirqs();
    }
    if (!rc) {
        (void)__atomic_fetch_or(&pg->inuse.type_info, PGT_pinned, __ATOMIC_SEQ_CST);
    }
    return rc;
}

static int __init start_context(struct dom0 *b)
{
    struct vcpu_guest_context *c = xzalloc(struct vcpu_guest_context);
    int rc;

    if (!c) {
        return -ENOMEM;
    }
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = b->k.virt_entry;
    c->user_regs.rsp = b->v_stack + PAGE_SIZE;
    c->user_regs.rsi = b->v_info;
    c->user_regs.rflags = X86_EFLAGS_IF;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->user_regs.ds = c->user_regs.es = c->user_regs.fs = c->user_regs.gs = FLAT_KERNEL_DS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = b->v_stack + PAGE_SIZE;
    c->ctrlreg[3] = xen_pfn_to_cr3(mfn_x(virt_to_mfn(b->l4)));
    while ((rc = arch_set_info_guest(b->d->vcpu[0], c)) == -ERESTART) {
        process_pending_softirqs();
    }
    xfree(c);
    return rc;
}

static int __init fill(struct dom0 *b)
{
    int rc = dom0_take_memory(b);

    if (rc) {
        return rc;
    }
    dom0_build_tables(b);
    dom0_load(b);
    rc = pin_tables(b);
    if (rc) {
        printk(XENLOG_ERR "dom0: its page tables were refused: %d\n", rc);
        return rc;
    }
    rc = start_context(b);
    if (rc) {
        printk(XENLOG_ERR "dom0: its first vCPU's context was refused: %d\n", rc);
    }
    return rc;
}

int __init dom0_build(struct domain *d)
{
    struct dom0 *b = xzalloc(struct dom0);
    int rc;

    if (!b) {
        return -ENOMEM;
    }
    b->d = d;
    b->kernel = &boot_info.modules[0];
    b->initrd = boot_info.nr_modules > 1 && boot_info.modules[1].size ? &boot_info.modules[1]
                                                                      : NULL;

    rc = judge_kernel(b);
    if (!rc) {
        rc = make_vcpus(d);
    }
    if (!rc) {
        rc = dom0_permissions(d);
    }
    if (!rc) {
        rc = dom0_size(b);
    }
    if (!rc) {
        rc = dom0_layout(b);
    }
    if (rc) {
        goto free_builder;
    }
    rc = -ENOMEM;
    b->mfns = vzalloc(b->nr_pages * sizeof(*b->mfns));
    if (!b->mfns) {
        goto free_builder;
    }
    rc = fill(b);
    if (!rc) {
        if (b->initrd_pages) {
            boot_info.modules[1].size = 0; /* nothing of it is left to be given back */
        }
        printk(XENLOG_INFO "dom0: %lu MiB, %u vCPUs, mapped %#lx to %#lx\n", b->nr_pages >> 8,
               d->max_vcpus, b->v_start, b->v_end);
    }
    vfree(b->mfns);
free_builder:
    vfree(b->unpacked);
    xfree(b);
    return rc;
}
