/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Level-4 slots that hold, or have held, a linear entry. What such a slot shows is page tables:
 * for the guest to look at, not memory that it may have the hypervisor read or write. So no access
 * on a guest's behalf goes through a marked slot (I26); the guest's own accesses do.
 *
 * A domain's marks stay until it is gone: paging-structure caches may hold an entry after it has
 * been replaced. A slot is marked before its entry is written, but an access that another CPU
 * admitted before that may still be on its way. Therefore a read looks at the marks once more when
 * its bytes are there, and drops them; a write needs no second look, since linear entries are
 * read-only, so it faults. The first look is by value and holds under speculation; the second need
 * not, a slot being marked once in a domain's life.
 *
 * No locks; marks are atomic bits. Called by what reads or writes guest memory by virtual address,
 * and by walks of guest tables.
 */
#include <hv/bitops.h>
#include <hv/domain.h>
#include <asm/layout.h>
#include <asm/linear-slots.h>
#include <asm/page.h>

/* More than a quotient has bits. */
#define LOOK_ALWAYS (1UL << 32)

unsigned long guest_va_look_below __read_mostly = 1;

void linear_slot_mark(struct domain *d, unsigned int slot)
{
    set_bit(slot, d->arch.pv.linear_slots);
    if (!linear_slots_in_use()) {
        WRITE_ONCE(guest_va_look_below, LOOK_ALWAYS);
    }
    smp_mb();
}

bool linear_slot_marked(const struct domain *d, unsigned int slot)
{
    return test_bit(slot, d->arch.pv.linear_slots);
}

unsigned long guest_va_look(unsigned long va, unsigned long bytes)
{
    const struct domain *d = current->domain;
    unsigned long last = va + bytes - !!bytes, refused;

    /* A value, not branches: what is refused is refused under speculation too. */
    refused = (unsigned long)va_is_hypervisor(va) | va_is_hypervisor(last) |
              linear_slot_marked(d, PT_INDEX(va, 4)) | linear_slot_marked(d, PT_INDEX(last, 4));
    __asm__("" : "+r"(refused));
    return va | -refused;
}

int guest_read_look(void *to, unsigned long va, unsigned long bytes, int rc)
{
    if (guest_va_look(va, bytes) == GUEST_VA_REFUSED) {
        memset(to, 0, bytes);
        return -EFAULT;
    }
    return rc;
}
