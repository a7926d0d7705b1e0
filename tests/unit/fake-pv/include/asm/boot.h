/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture for files of arch/x86/mm: the hypervisor's own level-4 table. */
#ifndef FAKE_PV_ASM_BOOT_H
#define FAKE_PV_ASM_BOOT_H

#include <asm/page.h>

extern pte_t idle_pg_table[PT_ENTRIES];

#endif
