/* SPDX-License-Identifier: GPL-2.0-only */
/* The software VT-d unit of unit/vtd.h, and what else the architecture owes to drivers/passthrough.
 */
#include <sys/mman.h>
#include <hv/arch/iommu.h>
#include <hv/acpi.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/pci.h>
#include <unit/vtd.h>

#define R_CAP    0x08
#define R_ECAP   0x10
#define R_GCMD   0x18
#define R_GSTS   0x1c
#define R_RTADDR 0x20
#define R_FSTS   0x34
#define R_PMEN   0x64
#define R_IQH    0x80
#define R_IQT    0x88
#define R_IQA    0x90
#define R_FAULTS 0x220
#define FAULTS   4
#define ONE_TIME (1U << 30 | 1U << 27)
/* Conditions for a fault interrupt. A unit raises none while one of these bits was set before. */
#define FAULT_STATUS 0x73U

#define TLB     4096
#define CONTEXT 64

static struct {
    union {
        unsigned char bytes[4096];
        uint32_t r32[1024];
        uint64_t r64[512];
    } regs;
    struct fake_vtd_options o;
    uint64_t root;
    unsigned int waited;
    bool stuck, queue_error;
    struct {
        bool used;
        uint16_t source, id;
        uint64_t lo, hi;
    } context[CONTEXT];
    struct {
        bool used;
        uint16_t id;
        uint64_t dfn, mfn;
        unsigned int perms;
    } tlb[TLB];
    unsigned int next_fault, storm;
    bool edge;           /* of the fault interrupt */
    unsigned char *seen; /* the arena as it was written back */
    void (*handler)(void *data);
    void *handler_data;
} unit;

unsigned long fake_vtd_commands;
void (*fake_vtd_at_flush)(void);

static uint32_t *r32(unsigned int reg)
{
    return &unit.regs.r32[reg / 4];
}

static uint64_t *r64(unsigned int reg)
{
    return &unit.regs.r64[reg / 8];
}

void fake_vtd_reset(const struct fake_vtd_options *o)
{
    unsigned char *seen = unit.seen;

    if (!seen) {
        seen = mmap(NULL, FAKE_FRAMES << PAGE_SHIFT, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    memset(&unit, 0, sizeof(unit));
    unit.o = *o;
    unit.seen = seen;
    /* 256 ids, fault records at R_FAULTS, ranges up to 2^9 pages. */
    *r64(R_CAP) = 2 | (uint64_t)o->caching_mode << 7 | (o->levels == 4 ? 1UL << 10 : 1UL << 9) |
                  (R_FAULTS / 16UL) << 24 | (o->large ? 3UL << 34 : 0) |
                  (uint64_t)o->page_selective << 39 | (FAULTS - 1UL) << 40 | 9UL << 48 | 3UL << 54;
    *r64(R_CAP) |= o->five_levels ? 1UL << 11 : 0;
    *r32(R_FSTS) = o->sticky;
    *r64(R_ECAP) = 1UL << 1 | 1UL << 6 | 1UL << 7 | o->coherent;
}

/* What the unit sees of memory. */
static uint64_t fetch(uint64_t at)
{
    uint64_t offset = at - (FAKE_FIRST_MFN << PAGE_SHIFT), v;

    assert_true(offset < FAKE_FRAMES << PAGE_SHIFT);
    memcpy(&v, (unit.o.coherent ? fake_ram : unit.seen) + offset, sizeof(v));
    return v;
}

void arch_cache_write_back(const void *va, size_t bytes)
{
    size_t offset = (size_t)((const unsigned char *)va - fake_ram);

    if (unit.seen && offset < FAKE_FRAMES << PAGE_SHIFT) {
        memcpy(unit.seen + offset, va, bytes);
    }
}

static void drop_contexts(unsigned int granularity, uint16_t id, uint16_t source)
{
    for (unsigned int i = 0; i < CONTEXT; i++) {
        if (granularity == 1 || (granularity == 2 && unit.context[i].id == id) ||
            (granularity == 3 && unit.context[i].id == id && unit.context[i].source == source)) {
            unit.context[i].used = false;
        }
    }
}

static void drop_tlb(unsigned int granularity, uint16_t id, uint64_t dfn, unsigned int order)
{
    for (unsigned int i = 0; i < TLB; i++) {
        if (granularity == 1 || (granularity == 2 && unit.tlb[i].id == id) ||
            (granularity == 3 && unit.tlb[i].id == id &&
             unit.tlb[i].dfn >> order == dfn >> order)) {
            unit.tlb[i].used = false;
        }
    }
}

void fake_vtd_break(bool stuck, bool queue_error)
{
    unit.stuck = stuck;
    unit.queue_error = queue_error;
    *r32(R_FSTS) = 0;
}

void fake_vtd_forget(void)
{
    drop_contexts(1, 0, 0);
    drop_tlb(1, 0, 0, 0);
}

static void carry_out(uint64_t lo, uint64_t hi)
{
    unsigned int granularity = lo >> 4 & 3;
    uint32_t number = (uint32_t)(lo >> 32);

    switch (lo & 0xf) {
    case 1:
        drop_contexts(granularity, (uint16_t)(lo >> 16), (uint16_t)(lo >> 32));
        break;
    case 2:
        assert_true(granularity != 3 || (unit.o.page_selective && (hi & 0x3f) <= 9));
        /* Its range is aligned to itself. */
        assert_true(granularity != 3 || !(hi >> PAGE_SHIFT & ((1UL << (hi & 0x3f)) - 1)));
        if (fake_vtd_at_flush) {
            fake_vtd_at_flush();
        }
        drop_tlb(granularity, (uint16_t)(lo >> 16), hi >> PAGE_SHIFT, hi & 0x3f);
        break;
    case 5:
        /* Status write or an interrupt, not both: an emulator dies of it. */
        assert_int_equal(lo >> 4 & 3, 2);
        memcpy(maddr_to_virt(_maddr(hi)), &number, sizeof(number));
        break;
    default:
        fail_msg("no such command: %lx", lo);
    }
    fake_vtd_commands++;
}

/* At each look at a register or memory some time passes. */
static void work(void)
{
    uint64_t head = *r64(R_IQH);

    if (!(*r32(R_GSTS) & 1U << 26) || head == *r64(R_IQT) || unit.stuck ||
        ++unit.waited <= unit.o.delay) {
        return;
    }
    if (unit.queue_error) {
        *r32(R_FSTS) |= 1U << 4;
        return;
    }
    unit.waited = 0;
    carry_out(*(uint64_t *)maddr_to_virt(_maddr(*r64(R_IQA) + head)),
              *(uint64_t *)maddr_to_virt(_maddr(*r64(R_IQA) + head + 8)));
    *r64(R_IQH) = (head + 16) % PAGE_SIZE;
}

static unsigned int full_records(void)
{
    unsigned int full = 0;

    for (unsigned int i = 0; i < FAULTS; i++) {
        full += *r64(R_FAULTS + i * 16 + 8) >> 63;
    }
    return full;
}

static void record(uint16_t source, dfn_t dfn, bool write, unsigned int reason)
{
    unsigned int at = R_FAULTS + unit.next_fault * 16;

    unit.edge = unit.edge || !(*r32(R_FSTS) & FAULT_STATUS);
    if (*r64(at + 8) >> 63) {
        *r32(R_FSTS) |= 1;
        return;
    }
    *r64(at) = dfn_x(dfn) << PAGE_SHIFT;
    *r64(at + 8) = 1UL << 63 | (uint64_t)!write << 62 | (uint64_t)reason << 32 | source;
    if (!(*r32(R_FSTS) & 2)) {
        *r32(R_FSTS) = (*r32(R_FSTS) & 0xff) | 2 | unit.next_fault << 8;
    }
    unit.next_fault = (unit.next_fault + 1) % FAULTS;
}

static unsigned int reg_of(const volatile void *reg, unsigned int bytes)
{
    unsigned long offset = (unsigned long)((const volatile unsigned char *)reg - unit.regs.bytes);

    assert_true(offset < sizeof(unit.regs) && !(offset % bytes));
    return (unsigned int)offset;
}

static bool is_wide(unsigned int reg)
{
    return reg == R_CAP || reg == R_ECAP || reg == R_RTADDR || (reg >= R_IQH && reg <= R_IQA) ||
           reg >= R_FAULTS;
}

uint32_t arch_mmio_read32(const volatile void *reg)
{
    unsigned int r = reg_of(reg, 4);

    assert_false(is_wide(r));
    work();
    return *r32(r);
}

uint64_t arch_mmio_read64(const volatile void *reg)
{
    unsigned int r = reg_of(reg, 8);

    assert_true(is_wide(r));
    return *r64(r);
}

void arch_mmio_write32(volatile void *reg, uint32_t val)
{
    unsigned int r = reg_of(reg, 4);

    switch (r) {
    case R_GCMD:
        if (val & 1U << 30) {
            unit.root = *r64(R_RTADDR);
        }
        if (!(val & 1U << 26)) {
            *r64(R_IQH) = 0;
        }
        *r32(R_GSTS) = (*r32(R_GSTS) & 1U << 30) | (val & ~ONE_TIME) | (val & 1U << 30);
        break;
    case R_FSTS:
        *r32(R_FSTS) &= ~(val & 0x7fU);
        break;
    default:
        if (r >= R_FAULTS) {
            *r32(r) &= ~(val & 1U << 31);
            *r32(R_FSTS) &= full_records() ? ~0U : ~2U;
            if (unit.storm) {
                unit.storm--;
                record(0xf0, _dfn(0x77), true, 5);
            }
            break;
        }
        *r32(r) = val;
    }
}

void arch_mmio_write64(volatile void *reg, uint64_t val)
{
    unsigned int r = reg_of(reg, 8);

    assert_true(r == R_RTADDR || r == R_IQT || r == R_IQA);
    *r64(r) = val;
}

/* One store, as where the hypervisor runs. */
void arch_store_pair(struct iommu_pair *slot, struct iommu_pair val)
{
    struct iommu_pair was = *slot;
    bool done;

    do {
        __asm__ volatile("lock cmpxchg16b %1"
                         : "=@ccz"(done), "+m"(*slot), "+a"(was.lo), "+d"(was.hi)
                         : "b"(val.lo), "c"(val.hi)
                         : "memory");
    } while (!done);
}

void arch_relax(void)
{
    work();
    fake_advance(1000);
}

void arch_iommu_device_goes(struct pci_address a)
{
}

void arch_iommu_device_given(void)
{
}

int arch_iommu_irq(void (*fn)(void *data), void *fn_data, const char *name, uint64_t *address,
                   uint32_t *data)
{
    unit.handler = fn;
    unit.handler_data = fn_data;
    *address = 0xfee00000;
    *data = 0x31;
    return 0;
}

unsigned int fake_vtd_interrupt(void)
{
    unsigned int full = full_records();

    if (unit.edge) {
        unit.edge = false;
        unit.handler(unit.handler_data);
    }
    return full;
}

void fake_vtd_storm(unsigned int records)
{
    unit.storm = records;
}

uint32_t fake_vtd_faults(void)
{
    return *r32(R_FSTS);
}

struct iommu_pair fake_vtd_context(uint16_t source)
{
    uint64_t table = fetch(unit.root + (source >> 8) * 16UL);
    uint64_t at = (table & PAGE_MASK) + (source & 0xff) * 16UL;

    return table & 1 ? (struct iommu_pair){ fetch(at), fetch(at + 8) }
                     : (struct iommu_pair){ 0, 0 };
}

static bool find_context(uint16_t source, uint64_t *lo, uint64_t *hi)
{
    unsigned int slot = source % CONTEXT;
    uint64_t table;

    if (unit.context[slot].used && unit.context[slot].source == source) {
        *lo = unit.context[slot].lo;
        *hi = unit.context[slot].hi;
        return *lo & 1;
    }
    table = fetch(unit.root + (source >> 8) * 16UL);
    *lo = table & 1 ? fetch((table & PAGE_MASK) + (source & 0xff) * 16UL) : 0;
    *hi = table & 1 ? fetch((table & PAGE_MASK) + (source & 0xff) * 16UL + 8) : 0;
    if ((*lo & 1) || unit.o.caching_mode) {
        unit.context[slot].used = true;
        unit.context[slot].source = source;
        unit.context[slot].id = *lo & 1 ? (uint16_t)(*hi >> 8) : 0;
        unit.context[slot].lo = *lo;
        unit.context[slot].hi = *hi;
    }
    return *lo & 1;
}

/* Frame and rights by the tables; rights 0: nothing. */
static uint64_t walk(uint64_t root, unsigned int levels, uint64_t dfn, unsigned int *perms)
{
    uint64_t table = root & PAGE_MASK;

    for (unsigned int level = levels;; level--) {
        uint64_t e = fetch(table + (dfn >> (level - 1) * 9 & 511) * 8);
        uint64_t rest = (1UL << (level - 1) * 9) - 1;

        *perms = e & 3;
        if (!*perms) {
            return 0;
        }
        if (level == 1 || (e & 0x80)) {
            assert_true(level == 1 || (unit.o.large && level <= 3));
            return ((e & 0xffffffffff000UL) >> PAGE_SHIFT) + (dfn & rest);
        }
        table = e & 0xffffffffff000UL;
    }
}

mfn_t fake_vtd_dma(uint16_t source, dfn_t dfn, bool write)
{
    unsigned int slot = (unsigned int)(dfn_x(dfn) * 31 + source) % TLB, perms;
    uint64_t lo, hi, mfn;

    if (!fake_vtd_translates()) {
        return _mfn(dfn_x(dfn));
    }
    if (!find_context(source, &lo, &hi)) {
        if (!(lo & 2)) {
            record(source, dfn, write, 2);
        }
        return INVALID_MFN;
    }
    if ((lo >> 2 & 3) == 2) {
        assert_int_equal((hi & 7) + 2, unit.o.five_levels ? 5 : unit.o.levels);
        return _mfn(dfn_x(dfn));
    }
    assert_int_equal((hi & 7) + 2, unit.o.levels);
    if (unit.tlb[slot].used && unit.tlb[slot].id == (uint16_t)(hi >> 8) &&
        unit.tlb[slot].dfn == dfn_x(dfn)) {
        perms = unit.tlb[slot].perms;
        mfn = unit.tlb[slot].mfn;
    } else {
        mfn = walk(lo, (unsigned int)(hi & 7) + 2, dfn_x(dfn), &perms);
        if (perms || unit.o.caching_mode) {
            unit.tlb[slot].used = true;
            unit.tlb[slot].id = (uint16_t)(hi >> 8);
            unit.tlb[slot].dfn = dfn_x(dfn);
            unit.tlb[slot].mfn = mfn;
            unit.tlb[slot].perms = perms;
        }
    }
    if (!(perms & (write ? 2U : 1U))) {
        if (!(lo & 2)) {
            record(source, dfn, write, write ? 5 : 6);
        }
        return INVALID_MFN;
    }
    return _mfn(mfn);
}

bool fake_vtd_translates(void)
{
    return *r32(R_GSTS) >> 31;
}

/* Device memory is the unit's registers, wherever in them. */
void *ioremap(maddr_t ma, size_t len)
{
    uint64_t offset = maddr_x(ma) - FAKE_VTD_REGISTERS;

    return offset < FAKE_VTD_UNITS * sizeof(unit.regs)
               ? unit.regs.bytes + offset % sizeof(unit.regs)
               : NULL;
}

uint32_t __weak_default pci_read(struct pci_address a, unsigned int reg, unsigned int bytes)
{
    return ~0U >> (32 - 8 * bytes);
}

void *__weak_default acpi_iommu_table(const char *signature, size_t *len)
{
    *len = 0;
    return NULL;
}
