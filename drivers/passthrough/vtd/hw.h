/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VT-d units (Intel Virtualization Technology for Directed I/O, 3.3): registers, capabilities, and
 * what this driver's files know of each other. Each register is read and written at its own width.
 */
#ifndef VTD_HW_H
#define VTD_HW_H

#include <hv/arch/iommu.h>
#include <hv/timer.h>

#include "../private.h"

/* Registers (10.4); the width is in the accessors' names. */
#define VTD_VER     0x00
#define VTD_CAP     0x08 /* 64 */
#define VTD_ECAP    0x10 /* 64 */
#define VTD_GCMD    0x18
#define VTD_GSTS    0x1c
#define VTD_RTADDR  0x20 /* 64 */
#define VTD_FSTS    0x34
#define VTD_FECTL   0x38
#define VTD_FEDATA  0x3c
#define VTD_FEADDR  0x40
#define VTD_FEUADDR 0x44
#define VTD_PMEN    0x64
#define VTD_IQH     0x80 /* 64 */
#define VTD_IQT     0x88 /* 64 */
#define VTD_IQA     0x90 /* 64 */

#define CAP_DOMAIN_IDS(c)   (1U << (4 + 2 * ((c)&7)))
#define CAP_WRITE_BUFFER    (1UL << 4)
#define CAP_PROTECTED_LOW   (1UL << 5)
#define CAP_PROTECTED_HIGH  (1UL << 6)
#define CAP_CACHING_MODE    (1UL << 7)
#define CAP_LEVELS_3        (1UL << 9)
#define CAP_LEVELS_4        (1UL << 10)
#define CAP_LEVELS_5        (1UL << 11)
#define CAP_FAULT_OFFSET(c) (((c) >> 24 & 0x3ff) * 16)
#define CAP_LARGE_2M        (1UL << 34)
#define CAP_LARGE_1G        (1UL << 35)
#define CAP_PAGE_SELECTIVE  (1UL << 39)
#define CAP_FAULTS(c)       ((unsigned int)((c) >> 40 & 0xff) + 1)
#define CAP_MAX_ORDER(c)    ((unsigned int)((c) >> 48 & 0x3f))
#define CAP_DRAIN_WRITES    (1UL << 54)
#define CAP_DRAIN_READS     (1UL << 55)

#define ECAP_COHERENT    (1UL << 0)
#define ECAP_QUEUE       (1UL << 1)
#define ECAP_PASSTHROUGH (1UL << 6)
#define ECAP_SNOOP       (1UL << 7)

/* Of GCMD and GSTS: the states, and what is a one-time command. */
#define GC_TRANSLATION  (1U << 31)
#define GC_ROOT         (1U << 30)
#define GC_WRITE_BUFFER (1U << 27)
#define GC_QUEUE        (1U << 26)
#define GC_REMAP        (1U << 25)
#define GC_KEEP         0x96ffffffU /* 10.4.4: read, with one-time bits clear, and written back */

#define PMEN_ENABLE (1U << 31)
#define PMEN_STATUS (1U << 0)

#define FSTS_OVERFLOW    (1U << 0)
#define FSTS_PENDING     (1U << 1)
#define FSTS_QUEUE_ERROR (1U << 4)
#define FSTS_COMPLETION  (1U << 5)
#define FSTS_TIME_OUT    (1U << 6)
#define FSTS_STICKY      (FSTS_OVERFLOW | FSTS_QUEUE_ERROR | FSTS_COMPLETION | FSTS_TIME_OUT)
#define FSTS_FIRST(s)    ((s) >> 8 & 0xff)
#define FECTL_MASKED     (1U << 31)

/* Root and context entries (9.1, 9.3), 256 of either in a table. */
#define ROOT_PRESENT        1UL
#define CONTEXT_PRESENT     (1UL << 0)
#define CONTEXT_QUIET       (1UL << 1)
#define CONTEXT_PASSTHROUGH (2UL << 2)
#define CONTEXT_ID(hi)      ((uint16_t)((hi) >> 8))

struct vtd_queue {
    irqlock_t lock;
    struct iommu_pair *ring; /* one page */
    uint32_t *status;        /* where a unit writes what it has come to */
    unsigned int tail;
    uint32_t sequence;
};

struct vtd_unit {
    struct iommu_unit *unit;
    uint64_t cap, ecap;
    struct iommu_pair *root;
    struct vtd_queue queue;
    char *fault_regs;
    unsigned int nr_faults;
    struct timer faults_later;
};

static inline struct vtd_unit *vtd_of(const struct iommu_unit *u)
{
    return u->own;
}

static inline uint32_t vtd_read32(const struct vtd_unit *v, unsigned int reg)
{
    return arch_mmio_read32(v->unit->regs + reg);
}

static inline uint64_t vtd_read64(const struct vtd_unit *v, unsigned int reg)
{
    return arch_mmio_read64(v->unit->regs + reg);
}

static inline void vtd_write32(const struct vtd_unit *v, unsigned int reg, uint32_t val)
{
    arch_mmio_write32(v->unit->regs + reg, val);
}

static inline void vtd_write64(const struct vtd_unit *v, unsigned int reg, uint64_t val)
{
    arch_mmio_write64(v->unit->regs + reg, val);
}

/* hw.c: one command of GCMD; the unit that does not follow ends the machine. */
void vtd_command(const struct vtd_unit *v, uint32_t set, uint32_t clear);
void vtd_dead(const struct vtd_unit *v, const char *what) __noreturn __cold;
/* A unit named by ACPI: 0, or an error that was told. */
int vtd_unit_init(uint16_t segment, maddr_t registers, struct iommu_unit **u) __init __must_check;
/* Whether all can use tables of the levels that iommu_limits has come to; otherwise told. */
bool vtd_units_agree(void) __init __must_check;
void vtd_enable(struct iommu_unit *u);
void vtd_disable(struct iommu_unit *u);

/* acpi.c */
struct iommu_unit *vtd_find(struct pci_address a);

/* ctx.c */
int vtd_attach(struct iommu_unit *u, uint16_t source, const struct iommu_context *ctx, bool quiet);

/* entry.c */
extern struct table_format vtd_format;
/* Devices' accesses look into caches whatever they ask for, where all units can see to that. */
void vtd_format_init(bool snoop) __init;
struct iommu_pair vtd_context_entry(const struct vtd_unit *v, const struct iommu_context *ctx,
                                    bool quiet);

/* queue.c: each returns when the unit has done it. */
int vtd_queue_init(struct vtd_unit *v) __init __must_check;
void vtd_queue_start(struct vtd_unit *v);
void vtd_flush_contexts(struct vtd_unit *v);
void vtd_flush_context(struct vtd_unit *v, uint16_t id, uint16_t source);
void vtd_flush_all(struct vtd_unit *v);
void vtd_flush_domain(struct vtd_unit *v, uint16_t id);
void vtd_flush_pages(struct vtd_unit *v, uint16_t id, dfn_t dfn, unsigned int order);
void vtd_flush(struct iommu_unit *u, const struct iommu_context *ctx,
               const struct iommu_flush *flush);
/* What was written to tables leaves the chipset's buffers, where that must be asked for. */
void vtd_flush_write_buffer(struct vtd_unit *v);

/* fault.c */
int vtd_faults_init(struct vtd_unit *v) __init __must_check;

extern const struct iommu_driver vtd_driver;

#endif
