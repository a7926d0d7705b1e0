/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The primary fault log (7.2): records that a unit fills in a ring of registers, and an interrupt.
 * Each record is read, given back and told.
 *
 * The unit interrupts when something is pending where nothing was (7.3), so that the log is read
 * until it is empty. One that fills faster than that is left alone for a moment: a timer goes on,
 * and the interrupt comes again once it was empty.
 *
 * Interrupt context of one CPU, or the timer's; a record that both take is told twice at most.
 */
#include <hv/lib.h>

#include "hw.h"

/* A record's upper half (10.4.14); the lower is the page. */
#define RECORD_HIGH      8
#define RECORD_SOURCE(h) ((uint16_t)(h))
#define RECORD_REASON(h) ((unsigned int)((h) >> 32 & 0xff))
#define RECORD_READ      (1UL << 62)
#define RECORD_FULL      (1UL << 63)
/* The register that holds FULL, of 32 bits: written with 1 it gives the record back. */
#define RECORD_STATE   12
#define RECORD_FULL_32 (1U << 31)

/* 7.1.3, of legacy mode. */
static const char *const reasons[] = {
    [0x1] = "no root entry",
    [0x2] = "no context entry",
    [0x3] = "invalid context entry",
    [0x4] = "beyond the address width",
    [0x5] = "not mapped for writing",
    [0x6] = "not mapped for reading",
    [0x7] = "table out of reach",
    [0x8] = "root table out of reach",
    [0x9] = "context table out of reach",
    [0xa] = "reserved bits in a root entry",
    [0xb] = "reserved bits in a context entry",
    [0xc] = "reserved bits in a table",
    [0xd] = "translated request refused",
};

#define MAX_ROUNDS 8
#define PAUSE      MILLISECS(10)

static bool take_record(struct vtd_unit *v, unsigned int n)
{
    char *record = v->fault_regs + n * 16;
    uint64_t page = arch_mmio_read64(record), high = arch_mmio_read64(record + RECORD_HIGH);
    struct iommu_fault f = { .source = RECORD_SOURCE(high),
                             .write = !(high & RECORD_READ),
                             .address = page & PAGE_MASK,
                             .reason = RECORD_REASON(high),
                             .what = "other reason" };

    if (!(high & RECORD_FULL)) {
        return false;
    }
    arch_mmio_write32(record + RECORD_STATE, RECORD_FULL_32);
    if (f.reason < ARRAY_SIZE(reasons) && reasons[f.reason]) {
        f.what = reasons[f.reason];
    }
    iommu_fault_report(v->unit, &f);
    return true;
}

/* Each record once, from the first that is full on. */
static void take_records(struct vtd_unit *v, uint32_t status)
{
    unsigned int first = FSTS_FIRST(status);

    for (unsigned int i = 0; i < v->nr_faults; i++) {
        if (!take_record(v, (first + i) % v->nr_faults)) {
            break;
        }
    }
    if (status & FSTS_OVERFLOW) {
        vtd_write32(v, VTD_FSTS, FSTS_OVERFLOW);
    }
}

static void take_faults(void *data)
{
    struct vtd_unit *v = data;

    for (unsigned int round = 0; round < MAX_ROUNDS; round++) {
        uint32_t status = vtd_read32(v, VTD_FSTS);

        if (!(status & (FSTS_PENDING | FSTS_OVERFLOW))) {
            return;
        }
        take_records(v, status);
    }
    timer_set(&v->faults_later, NOW() + PAUSE);
}

int __init vtd_faults_init(struct vtd_unit *v)
{
    uint64_t address;
    uint32_t data;
    int rc;

    timer_init(&v->faults_later, take_faults, v, 0);
    rc = arch_iommu_irq(take_faults, v, "VT-d faults", &address, &data);

    if (rc) {
        return rc;
    }
    vtd_write32(v, VTD_FEDATA, data);
    vtd_write32(v, VTD_FEADDR, (uint32_t)address);
    vtd_write32(v, VTD_FEUADDR, (uint32_t)(address >> 32));
    take_faults(v);
    vtd_write32(v, VTD_FECTL, 0);
    return 0;
}
