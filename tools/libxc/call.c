/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Every hypercall of the library: bounce buffers, and the generic control operations.
 *
 * Invariant: the hypervisor is only ever given addresses of hypercall buffers. -EAGAIN of a control
 * operation that was interrupted is the hypervisor's to continue, and never seen here.
 */
#include "private.h"

int xc_bounce_open(xc_interface *xch, struct xc_bounce *b, const void *user, size_t size,
                   enum xc_direction direction)
{
    *b = (struct xc_bounce){ .user = (void *)(uintptr_t)user,
                             .size = size,
                             .direction = direction };
    if (!user || !size) {
        return 0;
    }
    b->hv = xc_hypercall_buffer_alloc(xch, size);
    if (!b->hv) {
        return -1;
    }
    if (direction & XC_IN) {
        memcpy(b->hv, user, size);
    } else {
        memset(b->hv, 0, size);
    }
    return 0;
}

void xc_bounce_close(xc_interface *xch, struct xc_bounce *b)
{
    int keep = errno;

    if (b->hv) {
        if (b->direction & XC_OUT) {
            memcpy(b->user, b->hv, b->size);
        }
        xc_hypercall_buffer_free(xch, b->hv, b->size);
    }
    b->hv = NULL;
    errno = keep;
}

/* The answer, or -1 when it is an error. */
static long finish(xc_interface *xch, long rc, const char *what)
{
    return rc < 0 ? xc_fail(xch, (int)-rc, "%s", what) : rc;
}

long xc_call_struct(xc_interface *xch, unsigned int nr, unsigned long cmd, void *arg, size_t size,
                    const char *what)
{
    struct xc_bounce b;
    long rc;

    if (xc_bounce_open(xch, &b, arg, size, XC_INOUT)) {
        return -1;
    }
    rc = xcb_hypercall(xch, nr, (unsigned long[5]){ cmd, (unsigned long)b.hv });
    rc = finish(xch, rc, what);
    xc_bounce_close(xch, &b);
    return rc;
}

void xc_member_put(void *arg, size_t size, size_t at, size_t len)
{
    uint8_t *p = (uint8_t *)arg + at;

    memmove(p + len, p, size - at - len);
    memset(p, 0, len);
}

void xc_member_cut(void *arg, size_t size, size_t at, size_t len)
{
    uint8_t *p = (uint8_t *)arg + at;

    memmove(p, p + len, size - at - len);
}

int xc_domctl(xc_interface *xch, uint32_t cmd, uint32_t version, uint32_t *domid, void *arg,
              size_t size, const char *what)
{
    struct xen_domctl op = { .cmd = cmd, .interface_version = version };
    struct xc_bounce b;
    long rc;

    op.domain = (domid_t)*domid;
    if (arg) {
        memcpy(&op.u, arg, size);
    }
    if (version == XEN_DOMCTL_INTERFACE_VERSION) {
        op.interface_version = xch->domctl_version;
        domctl_export(&op);
    }
    if (xc_bounce_open(xch, &b, &op, sizeof(op), XC_INOUT)) {
        return -1;
    }
    rc = xcb_hypercall(xch, __HYPERVISOR_domctl, (unsigned long[5]){ (unsigned long)b.hv });
    if (rc < 0) {
        xc_fail(xch, (int)-rc, "%s of domain %u", what, *domid);
    }
    xc_bounce_close(xch, &b);
    if (version == XEN_DOMCTL_INTERFACE_VERSION) {
        domctl_import(&op);
    }
    *domid = op.domain;
    if (arg) {
        memcpy(arg, &op.u, size);
    }
    return rc < 0 ? -1 : 0;
}

int xc_sysctl(xc_interface *xch, uint32_t cmd, uint32_t version, void *arg, size_t size,
              const char *what)
{
    struct xen_sysctl op = { .cmd = cmd, .interface_version = version };
    struct xc_bounce b;
    long rc;

    memcpy(&op.u, arg, size);
    if (xc_bounce_open(xch, &b, &op, sizeof(op), XC_INOUT)) {
        return -1;
    }
    rc = xcb_hypercall(xch, __HYPERVISOR_sysctl, (unsigned long[5]){ (unsigned long)b.hv });
    rc = finish(xch, rc, what);
    xc_bounce_close(xch, &b);
    memcpy(arg, &op.u, size);
    return rc < 0 ? -1 : 0;
}
