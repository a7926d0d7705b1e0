/* SPDX-License-Identifier: GPL-2.0-only */
/* The "edu" device as a mover of bytes: see edu.h. */
#include "edu.h"
#include "test.h"
#include <public/physdev.h>

#define EDU_ID      0x11e81234u
#define EDU_SOURCE  0x80
#define EDU_TARGET  0x88
#define EDU_COUNT   0x90
#define EDU_COMMAND 0x98
#define EDU_BUFFER  0x40000u
#define START       1u
#define TO_MEMORY   2u
#define SECONDS     10

static volatile uint32_t *regs;

uint32_t bus_read(uint8_t devfn, uint8_t reg)
{
    uint32_t v, at = 0x80000000u | (uint32_t)devfn << 8 | (reg & 0xfcu);

    __asm__ volatile("outl %0, %w1" : : "a"(at), "Nd"((uint16_t)0xcf8));
    __asm__ volatile("inl %w1, %0" : "=a"(v) : "Nd"((uint16_t)0xcfc));
    return v;
}

void bus_write(uint8_t devfn, uint8_t reg, uint32_t v)
{
    (void)bus_read(devfn, reg);
    __asm__ volatile("outl %0, %w1" : : "a"(v), "Nd"((uint16_t)0xcfc));
}

uint64_t edu_bar(void)
{
    return bus_read(EDU_DEVFN, 0x10) & ~0xfu;
}

void edu_use(volatile uint32_t *at)
{
    regs = at;
}

bool edu_find(void)
{
    struct physdev_set_iopl op = { .iopl = 1 };
    unsigned long va;

    if (hv_physdev_op(PHYSDEVOP_set_iopl, &op) || bus_read(EDU_DEVFN, 0) != EDU_ID) {
        return false;
    }
    bus_write(EDU_DEVFN, 4, bus_read(EDU_DEVFN, 4) | 6);
    if (!regs) {
        va = pt_vmap_reserve(1);
        if (pt_map(va, (edu_bar() & PTE_ADDR) | PTE_KERN | PTE_PCD)) {
            return false;
        }
        regs = (void *)va;
    }
    return true;
}

static void put64(unsigned int reg, uint64_t v)
{
    *(volatile uint64_t *)&regs[reg / 4] = v;
}

static bool go(uint64_t from, uint64_t to, uint32_t bytes, uint32_t command)
{
    uint64_t end = time_now() + SECONDS * 1000000000ull;

    put64(EDU_SOURCE, from);
    put64(EDU_TARGET, to);
    put64(EDU_COUNT, bytes);
    put64(EDU_COMMAND, command | START);
    while (regs[EDU_COMMAND / 4] & START) {
        if (time_now() > end) {
            return false;
        }
    }
    return true;
}

bool edu_read(uint64_t machine, uint32_t bytes)
{
    return go(machine, EDU_BUFFER, bytes, 0);
}

bool edu_write(uint64_t machine, uint32_t bytes)
{
    return go(EDU_BUFFER, machine, bytes, TO_MEMORY);
}

bool edu_copy(uint64_t from, uint64_t to, uint32_t bytes)
{
    return edu_read(from, bytes) && edu_write(to, bytes);
}

long edu_device_op(uint32_t cmd)
{
    struct physdev_pci_device_add add = { .devfn = EDU_DEVFN };

    return hv_physdev_op(cmd, &add);
}
