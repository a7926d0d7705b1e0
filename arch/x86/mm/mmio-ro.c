/* SPDX-License-Identifier: GPL-2.0-only */
/* The set of device frames that no guest may write (asm/mmio-ro.h). The range set has its own lock.
 */
#include <hv/lib.h>
#include <hv/rangeset.h>
#include <asm/mmio-ro.h>

static struct rangeset *read_only;

int mmio_ro_add(mfn_t first, unsigned long nr)
{
    /* Only start-up and device set-up, which come one at a time, make the first. */
    if (!read_only) {
        struct rangeset *fresh = rangeset_new("read-only I/O memory");

        if (!fresh) {
            return -ENOMEM;
        }
        smp_store_release(&read_only, fresh);
    }
    return rangeset_add(read_only, mfn_x(first), mfn_x(first) + nr - 1);
}

void mmio_ro_remove(mfn_t first, unsigned long nr)
{
    if (rangeset_remove(read_only, mfn_x(first), mfn_x(first) + nr - 1)) {
        printk(XENLOG_WARNING "I/O memory at %#lx stays read-only: no memory\n",
               maddr_x(mfn_to_maddr(first)));
    }
}

bool mmio_is_ro(mfn_t mfn)
{
    struct rangeset *r = smp_load_acquire(&read_only);

    return r && rangeset_contains(r, mfn_x(mfn), mfn_x(mfn));
}
