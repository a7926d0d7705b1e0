/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image's own mapping: where it is, and the rights of its parts.
 *
 * Invariant: no page of the image is writable and executable at once. boot.S made the tables; they
 * change once, at the end of start-up.
 */
#include <hv/lib.h>
#include <hv/smp.h>
#include <asm/boot.h>
#include <asm/layout.h>
#include <asm/processor.h>

maddr_t image_to_maddr(const void *va)
{
    return _maddr((unsigned long)va - IMAGE_START + maddr_x(image_start_maddr));
}

/* The image's mapping is global: switching global pages off and on drops it. Where they are off for
 * good, CR3 does. */
static void forget_all(void *unused)
{
    unsigned long cr4 = read_cr4();

    write_cr4(cr4 & ~(unsigned long)CR4_PGE);
    write_cr3(read_cr3());
    write_cr4(cr4);
}

void image_set_rights(const void *start, const void *end, uint64_t flags)
{
    unsigned long va = ROUNDDOWN((unsigned long)start, PAGE_SIZE);

    BUG_ON((flags & PTE_RW) && !(flags & PTE_NX));
    for (; va < (unsigned long)end; va += PAGE_SIZE) {
        pte_t *pte = &image_l1[(va - IMAGE_START) >> PAGE_SHIFT];

        WRITE_ONCE(pte->v, (pte->v & PTE_ADDR_MASK) | flags);
    }
    on_selected_cpus(&cpu_online_map, forget_all, NULL, true);
}

void image_seal(void)
{
    image_set_rights(__ro_after_init_start, __ro_after_init_end, MAP_RO);
}
