/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Back end inside a PV kernel on tools/guest: direct hypercalls, and foreign mappings in a window
 * of the kernel's own address space.
 *
 * Invariant: a slot of the window is taken exactly while something is mapped there. Locks: none;
 * the embedded dom0 calls libxc on one vCPU.
 */
#include <guest/event.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include <guest/pt.h>

#include "private.h"

#define WINDOW_PAGES 1024u

static unsigned long window;
static uint8_t taken[WINDOW_PAGES];

/* One thread is all there is. */
void xcb_lock(void)
{
}

void xcb_unlock(void)
{
}

int xcb_open(xc_interface *xch)
{
    (void)xch;
    if (!window) {
        window = pt_vmap_reserve(WINDOW_PAGES);
    }
    return 0;
}

void xcb_close(xc_interface *xch)
{
    (void)xch;
}

long xcb_hypercall(xc_interface *xch, unsigned int nr, const unsigned long args[5])
{
    return xch->dummy ? -ENOSYS : hypercall(nr, args[0], args[1], args[2], args[3], args[4]);
}

void *xcb_buffer_alloc(xc_interface *xch, size_t size)
{
    (void)xch;
    return malloc(size);
}

void xcb_buffer_free(xc_interface *xch, void *p, size_t size)
{
    (void)xch;
    (void)size;
    free(p);
}

/* First fit; WINDOW_PAGES when there is no room. */
static unsigned int take_slots(unsigned int num)
{
    unsigned int run = 0;

    for (unsigned int i = 0; i < WINDOW_PAGES; i++) {
        run = taken[i] ? 0 : run + 1;
        if (run == num) {
            memset(&taken[i + 1 - num], 1, num);
            return i + 1 - num;
        }
    }
    return WINDOW_PAGES;
}

int xcb_map(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *mfns, unsigned int num,
            void **addr)
{
    uint64_t flags = prot & XC_PROT_WRITE ? PTE_KERN : PTE_RO;
    unsigned int slot = num && num <= WINDOW_PAGES ? take_slots(num) : WINDOW_PAGES;
    unsigned long va = window + (unsigned long)slot * PAGE_SIZE;

    if (xch->dummy) {
        return -ENOSYS;
    }
    if (slot == WINDOW_PAGES) {
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < num; i++) {
        long rc = pt_map_foreign(va + i * PAGE_SIZE, pte_make(mfns[i], flags), dom);

        if (rc) {
            for (unsigned int undo = 0; undo < i; undo++) {
                pt_unmap(va + undo * PAGE_SIZE);
            }
            memset(&taken[slot], 0, num);
            return (int)rc;
        }
    }
    *addr = (void *)va;
    return 0;
}

int xcb_unmap(xc_interface *xch, void *addr, unsigned int num)
{
    unsigned long offset = (unsigned long)addr - window;
    unsigned int slot = (unsigned int)(offset / PAGE_SIZE);

    (void)xch;
    if (offset % PAGE_SIZE || slot >= WINDOW_PAGES || num > WINDOW_PAGES - slot) {
        return -EINVAL;
    }
    for (unsigned int i = 0; i < num; i++) {
        long rc = pt_unmap((unsigned long)addr + i * PAGE_SIZE);

        if (rc) {
            return (int)rc;
        }
        taken[slot + i] = 0;
    }
    return 0;
}

/* A port's upcalls come here; it is in the queue, perhaps as another of that number, closed since.
 */
#define PORT_OWN    1u
#define PORT_QUEUED 2u

/* Ports that were notified and not yet asked for, each once: they fit. Filled by upcalls. */
struct xenevtchn_handle {
    evtchn_port_t queue[EVTCHN_2L_NR_CHANNELS];
    volatile unsigned int head, tail;
    volatile uint8_t state[EVTCHN_2L_NR_CHANNELS];
};

static void notified(evtchn_port_t port, void *arg)
{
    struct xenevtchn_handle *xce = arg;

    event_mask(port);
    if (!(xce->state[port] & PORT_QUEUED)) {
        xce->state[port] |= PORT_QUEUED;
        xce->queue[xce->tail % EVTCHN_2L_NR_CHANNELS] = port;
        xce->tail++;
    }
}

static int answer(long rc)
{
    if (rc < 0) {
        errno = (int)-rc;
        return -1;
    }
    return (int)rc;
}

static evtchn_port_or_error_t bound(xenevtchn_handle *xce, long rc, evtchn_port_t port)
{
    if (rc) {
        return answer(rc);
    }
    event_set_handler(port, notified, xce);
    xce->state[port] |= PORT_OWN;
    event_unmask(port);
    return (int)port;
}

xenevtchn_handle *xenevtchn_open(xentoollog_logger *logger, unsigned int open_flags)
{
    (void)logger;
    (void)open_flags;
    return calloc(1, sizeof(xenevtchn_handle));
}

/* Its ports end with it, as those of a file do: no upcall finds it any more. */
int xenevtchn_close(xenevtchn_handle *xce)
{
    int rc = 0;

    for (evtchn_port_t port = 0; xce && port < EVTCHN_2L_NR_CHANNELS; port++) {
        if ((xce->state[port] & PORT_OWN) && xenevtchn_unbind(xce, port)) {
            rc = -1;
        }
    }
    free(xce);
    return rc;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
    (void)xce;
    return -1;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
    (void)xce;
    return answer(event_send(port));
}

evtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid)
{
    evtchn_port_t port = 0;
    long rc = event_alloc_unbound(DOMID_SELF, (domid_t)domid, &port);

    return bound(xce, rc, port);
}

evtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
                                                  evtchn_port_t remote_port)
{
    evtchn_port_t port = 0;
    long rc = event_bind_interdomain((domid_t)domid, remote_port, &port);

    return bound(xce, rc, port);
}

evtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq)
{
    evtchn_port_t port = 0;
    long rc = event_bind_virq(virq, 0, &port);

    return bound(xce, rc, port);
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
    if (port >= EVTCHN_2L_NR_CHANNELS || !(xce->state[port] & PORT_OWN)) {
        return answer(-EINVAL);
    }
    event_mask(port);
    event_set_handler(port, NULL, NULL);
    xce->state[port] &= (uint8_t)~PORT_OWN; /* no upcall finds it any more */
    return answer(event_close(port));
}

evtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
    while (xce->head != xce->tail) {
        evtchn_port_t port = xce->queue[xce->head % EVTCHN_2L_NR_CHANNELS];

        xce->head++;
        xce->state[port] &= (uint8_t)~PORT_QUEUED; /* and masked: no upcall changes it */
        if (xce->state[port] & PORT_OWN) {
            return (int)port;
        }
    }
    return answer(-EAGAIN);
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
    (void)xce;
    return answer(event_unmask(port));
}
