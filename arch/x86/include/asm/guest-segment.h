/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading the selectors of the current PV vCPU, those of its LDT too. */
#ifndef ASM_GUEST_SEGMENT_H
#define ASM_GUEST_SEGMENT_H

#include <asm/pv.h>
#include <asm/segment.h>

/* Each try finds the LDT's page in the window, unless another vCPU takes it out again just then. */
#define LDT_LOAD_TRIES 4

#define SELECTOR_TI 4U /* of the LDT */

/* A selector was refused: true when it may have been for an LDT page that was not mapped, and now
 * is. Interrupts on. */
static inline bool ldt_selector_mapped(struct vcpu *v, uint16_t sel)
{
    return (sel & SELECTOR_TI) && pv_map_ldt_page(v, sel & ~7UL);
}

/* LOAD_SEG() of v's selector; v is current. LDT pages are mapped as they are used, and this is a
 * use. Interrupts on: the page's type may have to be validated. */
#define LOAD_GUEST_SEG(v, seg, sel)                                                                \
    ({                                                                                             \
        unsigned int left_ = LDT_LOAD_TRIES, refused_;                                             \
                                                                                                   \
        do {                                                                                       \
            refused_ = LOAD_SEG(seg, sel);                                                         \
        } while (unlikely(refused_) && --left_ && ldt_selector_mapped(v, sel));                    \
        refused_;                                                                                  \
    })

#endif
