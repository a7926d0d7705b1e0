/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl in the interface version of the hypervisor that runs. Kernels are built with 4.17's
 * structures; 4.20 takes its own version alone, in which one structure has a member more.
 */
#include <stdbool.h>
#include <string.h>
#include <guest/hypercall.h>

#define XEN_4_20    0x40014
#define DOMCTL_4_20 0x17

static uint32_t spoken_version(void)
{
    static uint32_t version;

    if (!version) {
        version = hv_xen_version(XENVER_version, NULL) >= XEN_4_20 ? DOMCTL_4_20
                                                                   : XEN_DOMCTL_INTERFACE_VERSION;
    }
    return version;
}

/* createdomain's altp2m_opts, 0, before vmtrace_size; or what follows it back to its place. */
static void convert(struct xen_domctl *op, bool back)
{
    unsigned char *arg = (unsigned char *)&op->u;
    size_t at = offsetof(struct xen_domctl_createdomain, vmtrace_size);
    size_t rest = sizeof(op->u) - at - sizeof(uint32_t);

    if (op->cmd != XEN_DOMCTL_createdomain) {
        return;
    }
    if (back) {
        memmove(arg + at, arg + at + sizeof(uint32_t), rest);
    } else {
        memmove(arg + at + sizeof(uint32_t), arg + at, rest);
        memset(arg + at, 0, sizeof(uint32_t));
    }
}

long hv_domctl(struct xen_domctl *op)
{
    uint32_t version = spoken_version();
    long rc;

    if (op->interface_version != XEN_DOMCTL_INTERFACE_VERSION ||
        version == XEN_DOMCTL_INTERFACE_VERSION) {
        return hv_domctl_as_it_is(op);
    }
    op->interface_version = version;
    convert(op, false);
    rc = hv_domctl_as_it_is(op);
    convert(op, true);
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return rc;
}
