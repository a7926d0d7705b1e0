/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boxed frame numbers and addresses, in every build. A box of one kind is never given where another
 * is wanted; all arithmetic and every conversion has its name here.
 *   mfn  machine frame            gfn  guest frame (a guest's idea of physical memory)
 *   pfn  pseudo-physical frame of a PV guest       dfn  frame in a device's address space
 *   maddr / daddr  the byte addresses of mfn and dfn
 */
#ifndef HV_FRAME_H
#define HV_FRAME_H

#include <hv/compiler.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define BOXED_FRAME(name, raw)                                                                     \
    typedef struct {                                                                               \
        uint64_t raw;                                                                              \
    } name##_t;                                                                                    \
    static inline name##_t _##name(uint64_t n)                                                     \
    {                                                                                              \
        return (name##_t){ n };                                                                    \
    }                                                                                              \
    static inline uint64_t name##_x(name##_t f)                                                    \
    {                                                                                              \
        return f.raw;                                                                              \
    }                                                                                              \
    static inline name##_t name##_add(name##_t f, uint64_t n)                                      \
    {                                                                                              \
        return (name##_t){ f.raw + n };                                                            \
    }                                                                                              \
    static inline bool name##_eq(name##_t a, name##_t b)                                           \
    {                                                                                              \
        return a.raw == b.raw;                                                                     \
    }                                                                                              \
    static inline bool name##_lt(name##_t a, name##_t b)                                           \
    {                                                                                              \
        return a.raw < b.raw;                                                                      \
    }                                                                                              \
    static inline uint64_t name##_diff(name##_t end, name##_t start)                               \
    {                                                                                              \
        return end.raw - start.raw;                                                                \
    }                                                                                              \
    static inline bool name##_aligned(name##_t f, unsigned int order)                              \
    {                                                                                              \
        return !(f.raw & ((1UL << order) - 1));                                                    \
    }

BOXED_FRAME(mfn, mfn)
BOXED_FRAME(gfn, gfn)
BOXED_FRAME(pfn, pfn)
BOXED_FRAME(dfn, dfn)
BOXED_FRAME(maddr, maddr)
BOXED_FRAME(daddr, daddr)

#define INVALID_MFN _mfn(~0UL)
#define INVALID_GFN _gfn(~0UL)
#define INVALID_PFN _pfn(~0UL)
#define INVALID_DFN _dfn(~0UL)

#define PRI_mfn   "05lx"
#define PRI_gfn   "05lx"
#define PRI_pfn   "05lx"
#define PRI_dfn   "05lx"
#define PRI_maddr "016lx"

static inline maddr_t mfn_to_maddr(mfn_t mfn)
{
    return _maddr(mfn.mfn << PAGE_SHIFT);
}

static inline mfn_t maddr_to_mfn(maddr_t ma)
{
    return _mfn(ma.maddr >> PAGE_SHIFT);
}

static inline daddr_t dfn_to_daddr(dfn_t dfn)
{
    return _daddr(dfn.dfn << PAGE_SHIFT);
}

static inline dfn_t daddr_to_dfn(daddr_t da)
{
    return _dfn(da.daddr >> PAGE_SHIFT);
}

#endif
