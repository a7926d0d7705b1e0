/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's side of drivers/passthrough (hv/arch/iommu.h): registers, caches, interrupts. */
#include <hv/arch/iommu.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/msi.h>
#include <asm/processor.h>

#define CACHE_LINE 64UL

uint32_t arch_mmio_read32(const volatile void *reg)
{
    return mmio_read32(reg);
}

uint64_t arch_mmio_read64(const volatile void *reg)
{
    return mmio_read64(reg);
}

void arch_mmio_write32(volatile void *reg, uint32_t val)
{
    mmio_write32(reg, val);
}

void arch_mmio_write64(volatile void *reg, uint64_t val)
{
    mmio_write64(reg, val);
}

void arch_cache_write_back(const void *va, size_t bytes)
{
    const char *line = (const char *)ROUNDDOWN((unsigned long)va, CACHE_LINE);

    for (; line < (const char *)va + bytes; line += CACHE_LINE) {
        __asm__ volatile("clflush (%0)" : : "r"(line) : "memory");
    }
    __asm__ volatile("mfence" : : : "memory");
}

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
    cpu_relax();
}

struct own_irq {
    void (*fn)(void *data);
    void *data;
};

static void take_irq(unsigned int irq, void *data)
{
    const struct own_irq *own = data;

    own->fn(own->data);
}

int arch_iommu_irq(void (*fn)(void *data), void *fn_data, const char *name, uint64_t *address,
                   uint32_t *data)
{
    struct own_irq *own = xzalloc(struct own_irq);
    uint32_t low;
    int irq, rc;

    if (!own) {
        return -ENOMEM;
    }
    *own = (struct own_irq){ fn, fn_data };
    irq = msi_new_own(&low, data);
    rc = irq < 0 ? irq : request_irq((unsigned int)irq, take_irq, own, name);
    if (rc) {
        xfree(own);
        return rc;
    }
    *address = low;
    return 0;
}
