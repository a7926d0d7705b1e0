/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Event channels of other domains.
 */
#include "private.h"

int xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom, uint32_t remote_dom)
{
    struct evtchn_alloc_unbound arg = { .dom = (domid_t)dom, .remote_dom = (domid_t)remote_dom };
    long rc = xc_call_struct(xch, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &arg,
                             sizeof(arg), "alloc_unbound");

    return rc < 0 ? -1 : (int)arg.port;
}

int xc_evtchn_reset(xc_interface *xch, uint32_t dom)
{
    struct evtchn_reset arg = { .dom = (domid_t)dom };
    long rc = xc_call_struct(xch, __HYPERVISOR_event_channel_op, EVTCHNOP_reset, &arg, sizeof(arg),
                             "evtchn reset");

    return rc < 0 ? -1 : 0;
}

int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status)
{
    long rc = xc_call_struct(xch, __HYPERVISOR_event_channel_op, EVTCHNOP_status, status,
                             sizeof(*status), "evtchn status");

    return rc < 0 ? -1 : 0;
}
