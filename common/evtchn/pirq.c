/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports for physical interrupts. A pirq comes to be when PHYSDEVOP_map_pirq gives a domain one,
 * which this version refuses; so no number names one.
 */
#include <gen/event_channel_op-dispatch.h>
#include "private.h"

long event_channel_op_bind_pirq(struct evtchn_bind_pirq *arg)
{
    return -EINVAL;
}
