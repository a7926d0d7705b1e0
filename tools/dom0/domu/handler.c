/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handler domain: binds VIRQ_DOM_EXC, and when it is raised finds out by its own hypercalls
 * which domain died, and says so. Nobody tells it anything else; until the interrupt is handed to
 * it, it is silent.
 *
 * Two ways to find out, chosen by what the hypervisor has: XEN_DOMCTL_get_domain_state names each
 * domain that changed; otherwise getdomaininfo is asked for all, and compared with what was there
 * before.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <guest/event.h>
#include <guest/hypercall.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/time.h>

#define SCAN_PERIOD (50 * NSEC_PER_MSEC)
#define DOMAINS     DOMID_FIRST_RESERVED
#define GAP         64

/* What this domain knows of another. */
enum { UNKNOWN, ALIVE, MISSED, REPORTED };

static uint8_t known[DOMAINS], seen[DOMAINS];
static volatile unsigned long raised;

static void on_virq(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    raised++;
}

static long domctl(struct xen_domctl *op, uint32_t cmd, uint32_t version, domid_t domid)
{
    memset(op, 0, sizeof(*op));
    op->cmd = cmd;
    op->interface_version = version;
    op->domain = domid;
    return hv_domctl(op);
}

static bool state_op_exists(void)
{
    struct xen_domctl op;

    return domctl(&op, XEN_DOMCTL_get_domain_state, 0, 0) == 0;
}

static void report(domid_t id)
{
    if (known[id] != REPORTED) {
        known[id] = REPORTED;
        printf("handler: domain %u died\n", id);
    }
}

/* Every domain that changed since the last time, one by one. */
static void ask_changes(void)
{
    struct xen_domctl op;

    while (domctl(&op, XEN_DOMCTL_get_domain_state, 0, DOMID_INVALID) == 0) {
        uint16_t state = op.u.get_domain_state.state;

        if (!(state & XEN_DOMCTL_GETDOMSTATE_STATE_EXIST) ||
            (state & (XEN_DOMCTL_GETDOMSTATE_STATE_DYING | XEN_DOMCTL_GETDOMSTATE_STATE_DEAD))) {
            report(op.domain);
        } else {
            known[op.domain] = ALIVE;
        }
    }
}

/*
 * What is there now; a domain on its way out is reported when the interrupt asked for this
 * look. 4.17 answers for the next domain that there is, 4.20 for the one of that id alone: behind
 * GAP ids of none there are none.
 */
static void look(bool report_dying)
{
    struct xen_domctl op;
    domid_t next = 0;
    unsigned int missing = 0;

    memset(seen, 0, sizeof(seen));
    while (missing < GAP && next < DOMAINS) {
        domid_t id = next++;

        if (domctl(&op, XEN_DOMCTL_getdomaininfo, XEN_DOMCTL_INTERFACE_VERSION, id)) {
            missing++;
            continue;
        }
        if (op.u.getdomaininfo.domain < id || op.u.getdomaininfo.domain >= DOMAINS) {
            break;
        }
        id = op.u.getdomaininfo.domain;
        seen[id] = 1;
        if (!(op.u.getdomaininfo.flags & XEN_DOMINF_dying)) {
            known[id] = ALIVE;
        } else if (report_dying) {
            report(id);
        }
        next = id + 1;
        missing = 0;
    }
}

/* After the interrupt: whoever was there and is not has died. */
static void compare_after_event(void)
{
    look(true);
    for (unsigned int id = 0; id < DOMAINS; id++) {
        if (!seen[id] && (known[id] == ALIVE || known[id] == MISSED)) {
            report((domid_t)id);
        } else if (!seen[id]) {
            known[id] = UNKNOWN;
        }
    }
}

/*
 * Without an interrupt: keeps the picture fresh. A domain that is missing in two looks, and whose
 * death raised nothing here, died while the interrupt was somebody else's.
 */
static void refresh(void)
{
    look(false);
    for (unsigned int id = 0; id < DOMAINS; id++) {
        if (!seen[id]) {
            known[id] = known[id] == ALIVE ? MISSED : UNKNOWN;
        }
    }
}

int guest_main(void)
{
    bool by_state = state_op_exists();
    unsigned long handled = 0;
    evtchn_port_t port;
    long rc = event_bind_virq(VIRQ_DOM_EXC, 0, &port);

    if (rc) {
        printf("handler: cannot bind VIRQ_DOM_EXC: %ld\n", rc);
        return 1;
    }
    event_set_handler(port, on_virq, NULL);
    if (by_state) {
        ask_changes();
    } else {
        refresh();
    }
    event_unmask(port);
    printf("handler: ready, by %s\n", by_state ? "get_domain_state" : "getdomaininfo");
    for (;;) {
        unsigned long now = raised;

        if (now != handled) {
            handled = now;
            if (by_state) {
                ask_changes();
            } else {
                compare_after_event();
            }
        } else if (!by_state) {
            refresh();
        }
        if (raised == handled) {
            time_sleep(SCAN_PERIOD);
        }
    }
}
