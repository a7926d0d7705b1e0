/* SPDX-License-Identifier: GPL-2.0-only */
/* xen_version: who the hypervisor is and what it can do, as a 4.17 host says it. Constant; no
 * locks. */
#include <hv/arch/version.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/init.h>
#include <hv/lib.h>
#include <hv/xsm.h>
#include <public/features.h>
#include <public/version.h>
#include <gen/xen_version-dispatch.h>

#define VERSION_MAJOR 4
#define VERSION_MINOR 17

/* Fills the whole fixed-size answer: text, then zeroes (I18). */
static long put_text(guest_ptr_t to, const char *text, size_t size)
{
    char buf[1024];

    ASSERT(size <= sizeof(buf));
    memset(buf, 0, size);
    (void)strlcpy(buf, text, size);
    return copy_to_guest(to, buf, size);
}

long xen_version_version(void)
{
    return VERSION_MAJOR << 16 | VERSION_MINOR;
}

long xen_version_extraversion(guest_ptr_t arg)
{
    return put_text(arg, "-corbel", sizeof(xen_extraversion_t));
}

long xen_version_compile_info(guest_ptr_t arg)
{
    struct xen_compile_info info;

    memset(&info, 0, sizeof(info));
    (void)strlcpy(info.compiler, __VERSION__, sizeof(info.compiler));
    (void)strlcpy(info.compile_by, "corbel", sizeof(info.compile_by));
    (void)strlcpy(info.compile_domain, "corbel", sizeof(info.compile_domain));
    /* A date would make two builds of one source differ. */
    (void)strlcpy(info.compile_date, "reproducible build", sizeof(info.compile_date));
    return copy_to_guest(arg, &info, sizeof(info));
}

long xen_version_capabilities(guest_ptr_t arg)
{
    return put_text(arg, arch_capabilities, sizeof(xen_capabilities_info_t));
}

long xen_version_changeset(guest_ptr_t arg)
{
    return put_text(arg, "unavailable", sizeof(xen_changeset_info_t));
}

long xen_version_platform_parameters(guest_ptr_t arg)
{
    const struct xen_platform_parameters p = { .virt_start = arch_hypervisor_start };

    return copy_to_guest(arg, &p, sizeof(p));
}

static uint32_t features(const struct domain *d)
{
    uint32_t f = 1U << XENFEAT_memory_op_vnode_supported | arch_features(d);

    if (is_hardware_domain(d)) {
        f |= 1U << XENFEAT_dom0;
    }
    return f;
}

long xen_version_get_features(guest_ptr_t arg)
{
    struct xen_feature_info info;

    if (copy_from_guest(&info, arg, sizeof(info))) {
        return -EFAULT;
    }
    if (info.submap_idx) {
        return -EINVAL;
    }
    info.submap = features(current->domain);
    return copy_to_guest(arg, &info, sizeof(info));
}

long xen_version_pagesize(void)
{
    return PAGE_SIZE;
}

long xen_version_guest_handle(guest_ptr_t arg)
{
    const struct domain *d = current->domain;

    return copy_to_guest(arg, d->handle, sizeof(d->handle));
}

long xen_version_commandline(guest_ptr_t arg)
{
    return put_text(arg, xsm_version_commandline(NULL) ? "<denied>" : boot_info.cmdline,
                    sizeof(xen_commandline_t));
}

/* Answers the length; the bytes go behind the caller's header when there is room. */
long xen_version_build_id(guest_ptr_t arg)
{
    unsigned int len;
    const void *id = arch_build_id(&len);
    xen_build_id_t head;

    if (!id) {
        return -ENODATA;
    }
    if (guest_ptr_is_null(arg)) {
        return len;
    }
    if (copy_from_guest(&head, arg, sizeof(head))) {
        return -EFAULT;
    }
    if (head.len == 0) {
        return -EINVAL;
    }
    if (head.len < len) {
        return -ENOBUFS;
    }
    if (copy_to_guest(guest_ptr_add(arg, sizeof(head)), id, len)) {
        return -EFAULT;
    }
    return len;
}
