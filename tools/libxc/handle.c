/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The handle: opening and closing, the last error, hypercall buffers.
 *
 * Invariant: every failure of a function that takes a handle has set errno, last_errno and
 * last_error. Locks: none, a handle is one thread's.
 */
#include <public/version.h>

#include "private.h"

#define XEN_4_20    (4 << 16 | 20)
#define DOMCTL_4_20 0x17

/* Any domain may ask for the hypervisor's version; 4.20 takes its own interface version alone. */
static uint32_t spoken_version(xc_interface *xch)
{
    long version = xcb_hypercall(xch, __HYPERVISOR_xen_version,
                                 (unsigned long[5]){ XENVER_version });

    return version >= XEN_4_20 ? DOMCTL_4_20 : XEN_DOMCTL_INTERFACE_VERSION;
}

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
                                unsigned int open_flags)
{
    xc_interface *xch;
    int rc;

    (void)logger;
    (void)dombuild_logger;
    if (open_flags & ~(XC_OPENFLAG_DUMMY | XC_OPENFLAG_NON_REENTRANT)) {
        errno = EINVAL;
        return NULL;
    }
    xch = calloc(1, sizeof(*xch));
    if (!xch) {
        errno = ENOMEM;
        return NULL;
    }
    xch->fd = -1;
    xch->dummy = open_flags & XC_OPENFLAG_DUMMY;
    if (xch->dummy) {
        return xch;
    }
    rc = xcb_open(xch);
    if (rc) {
        free(xch);
        errno = -rc;
        return NULL;
    }
    xch->domctl_version = spoken_version(xch);
    return xch;
}

int xc_interface_close(xc_interface *xch)
{
    if (!xch) {
        return 0;
    }
    if (!xch->dummy) {
        xcb_close(xch);
    }
    free(xch);
    return 0;
}

const char *xc_get_last_error_message(const xc_interface *xch)
{
    return xch->last_error;
}

int xc_get_last_errno(const xc_interface *xch)
{
    return xch->last_errno;
}

int xc_fail(xc_interface *xch, int err, const char *fmt, ...)
{
    va_list ap;
    size_t used;

    va_start(ap, fmt);
    vsnprintf(xch->last_error, sizeof(xch->last_error), fmt, ap);
    va_end(ap);
    used = strlen(xch->last_error);
    snprintf(xch->last_error + used, sizeof(xch->last_error) - used, ": %s", strerror(err));
    xch->last_errno = err;
    errno = err;
    return -1;
}

void *xc_hypercall_buffer_alloc(xc_interface *xch, size_t size)
{
    void *p = xch->dummy ? NULL : xcb_buffer_alloc(xch, size);

    if (!p) {
        xc_fail(xch, xch->dummy ? ENOSYS : ENOMEM, "hypercall buffer of %zu bytes", size);
    }
    return p;
}

void xc_hypercall_buffer_free(xc_interface *xch, void *p, size_t size)
{
    if (p) {
        xcb_buffer_free(xch, p, size);
    }
}
