/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended processor state (SDM vol. 1 ch. 13). Each vCPU has one area in the standard format, big
 * enough for all features that the host enables; it is saved and loaded eagerly at each switch.
 */
#ifndef ASM_XSTATE_H
#define ASM_XSTATE_H

#include <hv/compiler.h>

struct vcpu;

#define XSTATE_FP  (1UL << 0)
#define XSTATE_SSE (1UL << 1)
#define XSTATE_AVX (1UL << 2)
/* Three that come together. */
#define XSTATE_AVX512 (7UL << 5)

#define FCW_DEFAULT        0x37f
#define MXCSR_DEFAULT      0x1f80
#define MXCSR_MASK_DEFAULT 0xffbfU /* without DAZ */
#define FSW_ES             0x80    /* an exception is pending */

/* FXSAVE image, then the XSAVE header: the part every area has. */
struct xsave_area {
    struct {
        uint16_t fcw, fsw;
        uint8_t ftw, unused;
        uint16_t fop;
        uint64_t fip, fdp;
        uint32_t mxcsr, mxcsr_mask;
        uint8_t st[8][16], xmm[16][16];
        uint8_t available[96];
    } fx;
    uint64_t xstate_bv, xcomp_bv;
    uint64_t reserved[6];
} __aligned(64);
_Static_assert(sizeof(struct xsave_area) == 576, "SDM vol. 1 13.4: legacy region and header");

/* Reads the features of this CPU (the first time), enables them; each CPU, before it runs a vCPU.
 */
void xstate_init_cpu(void);
/* Features guests may enable in XCR0 (0: no XSAVE), and the size of an area with them. */
extern uint64_t xfeature_mask;
extern unsigned int xstate_size;

int xstate_alloc(struct vcpu *v) __must_check;
void xstate_free(struct vcpu *v);
/* Current CPU's registers to v's area, v's area to the registers. */
void xstate_save(struct vcpu *v);
void xstate_load(const struct vcpu *v);
/* Initial state, or an FXSAVE image from a guest context (clamped to what FXRSTOR accepts). */
void xstate_reset(struct vcpu *v);
void xstate_set_fxsave(struct vcpu *v, const void *image);
void xstate_get_fxsave(const struct vcpu *v, void *image);
/* XSETBV by a guest: 0, or -EINVAL when the combination is not one. */
int xstate_set_xcr0(struct vcpu *v, uint64_t xcr0) __must_check;
/* Size of an area for the features in xcr0, as CPUID leaf 0xd says. */
unsigned int xstate_size_for(uint64_t xcr0);

#endif
