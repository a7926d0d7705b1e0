/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's "edu" device (1e.0): a page of memory of its own, which it fills from and writes to
 * machine addresses that it is given. Dom0, or a domain that has the device's registers.
 */
#ifndef EDU_H
#define EDU_H

#include <stdbool.h>
#include <stdint.h>

#define EDU_DEVFN 0xf0

/* What tests copy: the device has room for a little less than a page. */
#define BYTES   2048
#define PATTERN 0x5a

/* Finds it in dom0 and lets it do DMA; false: it is not there. */
bool edu_find(void);
/* The machine address of its registers. */
uint64_t edu_bar(void);
/* Its registers are mapped here. */
void edu_use(volatile uint32_t *regs);

/* bytes of its own memory come from there, or go there. False: it does not end. */
bool edu_read(uint64_t machine, uint32_t bytes);
bool edu_write(uint64_t machine, uint32_t bytes);
/* A copy by the device, from one machine address to another. */
bool edu_copy(uint64_t from, uint64_t to, uint32_t bytes);

/* Configuration registers of bus 0, once edu_find() has asked for ports. */
uint32_t bus_read(uint8_t devfn, uint8_t reg);
void bus_write(uint8_t devfn, uint8_t reg, uint32_t v);

/* physdev_op on it: PHYSDEVOP_pci_device_add or _remove. */
long edu_device_op(uint32_t cmd);

/* A test of dom0's begins so. */
#define NEED_EDU()                                                                                 \
    do {                                                                                           \
        if (!edu_find()) {                                                                         \
            SKIP("no device that copies");                                                         \
        }                                                                                          \
        REQUIRE_EQ(edu_device_op(PHYSDEVOP_pci_device_add), 0);                                    \
    } while (0)

#endif
