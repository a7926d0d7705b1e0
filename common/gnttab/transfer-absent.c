/* SPDX-License-Identifier: GPL-2.0-only */
/* transfer where CONFIG_GRANT_TRANSFER is off: an operation that is not there. */
#include "private.h"
#include <gen/grant_table_op-dispatch.h>

long grant_table_op_transfer(unsigned int count, guest_ptr_t arg)
{
    return -ENOSYS;
}
