/* SPDX-License-Identifier: GPL-2.0-only */
/* vm_assist: help that a guest kernel turns on for its whole domain. Bits are set atomically. */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <gen/vm_assist-dispatch.h>

static long check(unsigned int type)
{
    if (type >= BITS_PER_LONG || !(arch_vm_assist_valid_mask(current->domain) & BIT(type))) {
        return -EINVAL;
    }
    return 0;
}

long vm_assist_enable(unsigned int type)
{
    long rc = check(type);

    if (!rc) {
        set_bit(type, &current->domain->vm_assist);
    }
    return rc;
}

long vm_assist_disable(unsigned int type)
{
    long rc = check(type);

    if (!rc) {
        clear_bit(type, &current->domain->vm_assist);
    }
    return rc;
}
