/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports and device memory. A width is part of each name. */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <hv/compiler.h>

#define PORT_ACCESS(bits, suffix)                                                                  \
    static inline uint##bits##_t in##suffix(uint16_t port)                                         \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
                                                                                                   \
        __asm__ volatile("in" #suffix " %1, %0" : "=a"(v) : "Nd"(port));                           \
        return v;                                                                                  \
    }                                                                                              \
    static inline void out##suffix(uint##bits##_t v, uint16_t port)                                \
    {                                                                                              \
        __asm__ volatile("out" #suffix " %0, %1" ::"a"(v), "Nd"(port));                            \
    }
PORT_ACCESS(8, b)
PORT_ACCESS(16, w)
PORT_ACCESS(32, l)
#undef PORT_ACCESS

#define MMIO_ACCESS(bits)                                                                          \
    static inline uint##bits##_t mmio_read##bits(const volatile void *p)                           \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
                                                                                                   \
        __asm__ volatile("mov %1, %0"                                                              \
                         : "=r"(v)                                                                 \
                         : "m"(*(const volatile uint##bits##_t *)p)                                \
                         : "memory");                                                              \
        return v;                                                                                  \
    }                                                                                              \
    static inline void mmio_write##bits(volatile void *p, uint##bits##_t v)                        \
    {                                                                                              \
        __asm__ volatile("mov %1, %0" : "=m"(*(volatile uint##bits##_t *)p) : "r"(v) : "memory");  \
    }
MMIO_ACCESS(8)
MMIO_ACCESS(16)
MMIO_ACCESS(32)
MMIO_ACCESS(64)
#undef MMIO_ACCESS

#endif
