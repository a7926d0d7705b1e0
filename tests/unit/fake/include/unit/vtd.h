/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VT-d unit in software, as strict as the manual allows one to be: it caches what it can, entries
 * that are not there too when it has caching mode; it sees of memory only what was written back
 * when it is not coherent; and it carries commands out one by one, some time after they were
 * posted.
 */
#ifndef UNIT_VTD_H
#define UNIT_VTD_H

#include <hv/arch/iommu.h>
#include <hv/frame.h>

struct fake_vtd_options {
    bool caching_mode, coherent, page_selective, large;
    unsigned int levels; /* 3 or 4 */
    unsigned int delay;  /* looks at a register before the next command is done */
    uint32_t sticky;     /* in its fault status at first, as what ran before has left it */
    bool five_levels;    /* of which passing through must say that there are so many */
};

/* It answers at several addresses, a page apart, for tests that count units. */
#define FAKE_VTD_REGISTERS 0xfed90000UL
#define FAKE_VTD_UNITS     4

/* A unit as after reset. */
void fake_vtd_reset(const struct fake_vtd_options *options);
/* A device's access: where it goes, INVALID_MFN when refused (which is recorded). */
mfn_t fake_vtd_dma(uint16_t source, dfn_t dfn, bool write);
/* A requester's context entry, as it is in memory for the unit. */
struct iommu_pair fake_vtd_context(uint16_t source);
/* From now on it carries nothing out, or refuses the next command. */
void fake_vtd_break(bool stuck, bool queue_error);
/* Forgets all that it need not keep. */
void fake_vtd_forget(void);
/* If faults are pending since none were, the interrupt's handler is called; how many records were
 * full. */
unsigned int fake_vtd_interrupt(void);
/* So many records that are given back are full again at once. */
void fake_vtd_storm(unsigned int records);
/* The fault status. */
uint32_t fake_vtd_faults(void);
bool fake_vtd_translates(void);
/* Commands carried out so far. */
extern unsigned long fake_vtd_commands;
/* Called before the unit drops what it has of mappings; NULL: nothing. */
extern void (*fake_vtd_at_flush)(void);

#endif
