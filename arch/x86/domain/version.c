/* SPDX-License-Identifier: GPL-2.0-only */
/* Who the hypervisor is, on x86: guests it runs, features it gives them, its build id. */
#include <hv/arch/version.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <public/features.h>
#include <asm/boot.h>
#include <asm/layout.h>

const char arch_capabilities[] = "xen-3.0-x86_64 ";
const unsigned long arch_hypervisor_start = HYPERVISOR_START;

uint32_t arch_features(const struct domain *d)
{
    uint32_t extended_cr3 = d->vm_assist >> VMASST_TYPE_pae_extended_cr3 & 1;

    return extended_cr3 << XENFEAT_pae_pgdir_above_4gb | 1U << XENFEAT_direct_mapped |
           1U << XENFEAT_mmu_pt_update_preserve_ad | 1U << XENFEAT_highmem_assist |
           1U << XENFEAT_gnttab_map_avail_bits;
}

/* ELF note: name length, description length, type, name "GNU", description. */
const void *arch_build_id(unsigned int *len)
{
    const uint32_t *note = (const uint32_t *)__build_id_start;

    if (__build_id_end - __build_id_start < 16 || note[0] != 4) {
        return NULL;
    }
    *len = note[1];
    return note + 4;
}
