/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A unit's life: judged by its capabilities, made ready with empty tables, switched on once the
 * hardware domain's mappings are there, switched off when the machine ends.
 *
 * Start-up, one CPU; vtd_disable() without locks.
 */
#include <hv/lib.h>

#include "hw.h"

#define LONGEST_FAULTS (0x3ff * 16 + 256 * 16) /* offset and number, at most */

const struct iommu_driver vtd_driver = {
    .name = "VT-d",
    .format = &vtd_format,
    .enable = vtd_enable,
    .disable = vtd_disable,
    .attach = vtd_attach,
    .flush = vtd_flush,
    .find = vtd_find,
};

void vtd_dead(const struct vtd_unit *v, const char *what)
{
    panic("VT-d: the unit at %#lx %s: status %#x, faults %#x, queue %#lx to %#lx\n",
          maddr_x(v->unit->registers), what, vtd_read32(v, VTD_GSTS), vtd_read32(v, VTD_FSTS),
          vtd_read64(v, VTD_IQH), vtd_read64(v, VTD_IQT));
}

/* The states stay as they are but for one (10.4.4); the write buffer's bit clears when done. */
static bool try_command(const struct vtd_unit *v, uint32_t set, uint32_t clear)
{
    uint32_t wanted = set == GC_WRITE_BUFFER ? 0 : set, asked = set | clear;

    vtd_write32(v, VTD_GCMD, (vtd_read32(v, VTD_GSTS) & GC_KEEP & ~clear) | set);
    return iommu_wait_for((vtd_read32(v, VTD_GSTS) & asked) == wanted);
}

void vtd_command(const struct vtd_unit *v, uint32_t set, uint32_t clear)
{
    if (!try_command(v, set, clear)) {
        vtd_dead(v, "does not follow a command");
    }
}

/* Why the unit is of no use, NULL: it is. */
static const char *__init judge(const struct vtd_unit *v)
{
    if (v->cap == ~0UL || !v->cap || v->ecap == ~0UL) {
        return "does not answer";
    }
    if (!(v->ecap & ECAP_QUEUE) || !iommu_options.qinval) {
        return "has no queued invalidation";
    }
    if (!(v->cap & (CAP_LEVELS_3 | CAP_LEVELS_4))) {
        return "has neither 3 nor 4 levels of tables";
    }
    return NULL;
}

/* What firmware left on is off: its tables, its queue, its remapping. What faults it had outlive a
 * reset, and would be taken for those of the queue to come. */
static bool __init take_over(const struct vtd_unit *v)
{
    static const uint32_t states[] __initconst = { GC_TRANSLATION, GC_REMAP, GC_QUEUE };
    uint32_t status = vtd_read32(v, VTD_GSTS);

    for (unsigned int i = 0; i < ARRAY_SIZE(states); i++) {
        if ((status & states[i]) && !try_command(v, 0, states[i])) {
            return false;
        }
    }
    vtd_write32(v, VTD_FSTS, FSTS_STICKY);
    return true;
}

static void __init lower_limits(const struct vtd_unit *v)
{
    struct iommu_limits *l = &iommu_limits;

    l->levels = min(l->levels, v->cap & CAP_LEVELS_4 ? 4U : 3U);
    if (!(v->cap & CAP_LARGE_1G)) {
        l->largest = min(l->largest, 2U);
    }
    if (!(v->cap & CAP_LARGE_2M)) {
        l->largest = 1;
    }
    l->coherent = l->coherent && (v->ecap & ECAP_COHERENT);
    if (!(v->ecap & ECAP_SNOOP)) {
        iommu_options.snoop = false;
    }
    l->passthrough = l->passthrough && (v->ecap & ECAP_PASSTHROUGH);
    l->domain_ids = min(l->domain_ids, CAP_DOMAIN_IDS(v->cap));
}

/* With no tables of a bus yet: nobody reaches anything once translation is on. */
static void __init install_root(struct vtd_unit *v)
{
    if (!(v->ecap & ECAP_COHERENT)) {
        arch_cache_write_back(v->root, PAGE_SIZE);
    }
    vtd_write64(v, VTD_RTADDR, maddr_x(virt_to_maddr(v->root)));
    vtd_command(v, GC_ROOT, 0);
    vtd_queue_start(v);
    vtd_flush_contexts(v);
    vtd_flush_all(v);
}

static int __init prepare(struct vtd_unit *v)
{
    const char *why = judge(v);

    if (why) {
        printk(XENLOG_ERR "VT-d: the unit at %#lx %s\n", maddr_x(v->unit->registers), why);
        return -EOPNOTSUPP;
    }
    v->root = alloc_zeroed_page();
    if (!v->root || vtd_queue_init(v)) {
        return -ENOMEM;
    }
    v->nr_faults = CAP_FAULTS(v->cap);
    v->fault_regs = ioremap(_maddr(maddr_x(v->unit->registers) + CAP_FAULT_OFFSET(v->cap)),
                            v->nr_faults * 16UL);
    if (!v->fault_regs) {
        return -ENOMEM;
    }
    v->unit->register_frames = ROUNDUP(CAP_FAULT_OFFSET(v->cap) + v->nr_faults * 16UL, PAGE_SIZE) >>
                               PAGE_SHIFT;
    if (!take_over(v)) {
        printk(XENLOG_ERR "VT-d: the unit at %#lx cannot be taken from firmware\n",
               maddr_x(v->unit->registers));
        return -EIO;
    }
    lower_limits(v);
    install_root(v);
    return vtd_faults_init(v);
}

bool __init vtd_units_agree(void)
{
    for (unsigned int i = 0; i < iommu_nr_units; i++) {
        const struct vtd_unit *v = vtd_of(iommu_units[i]);

        if (!(v->cap & (iommu_limits.levels == 4 ? CAP_LEVELS_4 : CAP_LEVELS_3))) {
            printk(XENLOG_ERR "VT-d: the unit at %#lx has no tables of %u levels, as others need\n",
                   maddr_x(v->unit->registers), iommu_limits.levels);
            return false;
        }
    }
    return true;
}

int __init vtd_unit_init(uint16_t segment, maddr_t registers, struct iommu_unit **u)
{
    struct vtd_unit *v;

    *u = iommu_unit_new(&vtd_driver, segment, registers, PAGE_SIZE);
    if (!*u) {
        return -ENOMEM;
    }
    v = xzalloc(struct vtd_unit);
    if (!v) {
        return -ENOMEM;
    }
    v->unit = *u;
    (*u)->own = v;
    v->cap = vtd_read64(v, VTD_CAP);
    v->ecap = vtd_read64(v, VTD_ECAP);
    if (iommu_options.verbose) {
        printk(XENLOG_INFO "VT-d: unit at %#lx, version %#x, capabilities %#lx, %#lx\n",
               maddr_x(registers), vtd_read32(v, VTD_VER), v->cap, v->ecap);
    }
    return prepare(v);
}

/* Firmware's protected regions would keep devices from memory that is theirs now (10.4.16). */
static void drop_protected_regions(const struct vtd_unit *v)
{
    if (!(v->cap & (CAP_PROTECTED_LOW | CAP_PROTECTED_HIGH)) ||
        !(vtd_read32(v, VTD_PMEN) & (PMEN_ENABLE | PMEN_STATUS))) {
        return;
    }
    vtd_write32(v, VTD_PMEN, 0);
    if (!iommu_wait_for(!(vtd_read32(v, VTD_PMEN) & PMEN_STATUS))) {
        vtd_dead(v, "keeps its protected regions");
    }
}

void vtd_enable(struct iommu_unit *u)
{
    struct vtd_unit *v = vtd_of(u);

    vtd_command(v, GC_TRANSLATION, 0);
    drop_protected_regions(v);
}

/* The machine is about to end: a unit that does not follow changes nothing about that. */
void vtd_disable(struct iommu_unit *u)
{
    (void)try_command(vtd_of(u), 0, GC_TRANSLATION);
}
