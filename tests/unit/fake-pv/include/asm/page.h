/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture for files of arch/x86/mm: they have their own page-table entries. */
#ifndef FAKE_PV_ASM_PAGE_H
#define FAKE_PV_ASM_PAGE_H

#include <asm/layout.h>
#include "../../../../../arch/x86/include/asm/page.h"

/* Frame 0 would be here. */
#define DIRECTMAP_START ((unsigned long)fake_ram - (FAKE_FIRST_MFN << PAGE_SHIFT))
/* The slots of a level-4 table that are the hypervisor's. */
#define HV_FIRST_SLOT  256
#define HV_LAST_SLOT   271
#define PERDOMAIN_SLOT 258

#endif
