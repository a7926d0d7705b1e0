/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen_version: who the hypervisor is and what it can do, as a 4.17 host says it, or with
 * xen-version=4.20 a 4.20 host. Constant after start-up; no locks.
 */
#include <hv/arch/version.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/init.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/version.h>
#include <hv/xsm.h>
#include <public/features.h>
#include <public/version.h>
#include <gen/xen_version-dispatch.h>

#define VERSION(major, minor) ((major) << 16 | (minor))

uint32_t abi_version __ro_after_init = VERSION(4, 17);

static int __init parse_xen_version(const char *val, uint32_t *to)
{
    static const struct {
        char word[8];
        uint32_t version;
    } known[] __initconst = { { "4.17", VERSION(4, 17) }, { "4.20", VERSION(4, 20) } };

    for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
        if (!strcmp(val, known[i].word)) {
            *to = known[i].version;
            return 0;
        }
    }
    return -EINVAL;
}
custom_param("xen-version", parse_xen_version, abi_version);

static const char extraversion[] = "-corbel";
static const char changeset[] = "unavailable";

static const char *commandline(void)
{
    return xsm_version_commandline(NULL) ? "<denied>" : boot_info.cmdline;
}

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
    return abi_version;
}

long xen_version_extraversion(guest_ptr_t arg)
{
    return put_text(arg, extraversion, sizeof(xen_extraversion_t));
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
    return put_text(arg, changeset, sizeof(xen_changeset_info_t));
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
    return put_text(arg, commandline(), sizeof(xen_commandline_t));
}

/* Answers the length; the bytes go behind the caller's header when there is room. */
static long put_varbuf(guest_ptr_t arg, const void *from, size_t len)
{
    xen_varbuf_t head;

    if (guest_ptr_is_null(arg)) {
        return (long)len;
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
    if (copy_to_guest(guest_ptr_add(arg, sizeof(head)), from, len)) {
        return -EFAULT;
    }
    return (long)len;
}

long xen_version_build_id(guest_ptr_t arg)
{
    unsigned int len;
    const void *id = arch_build_id(&len);

    return id ? put_varbuf(arg, id, len) : -ENODATA;
}

/* 4.18's, which cut nothing off: text without a terminator. */
long xen_version_extraversion2(guest_ptr_t arg)
{
    return put_varbuf(arg, extraversion, strlen(extraversion));
}

long xen_version_capabilities2(guest_ptr_t arg)
{
    return put_varbuf(arg, arch_capabilities, strlen(arch_capabilities));
}

long xen_version_changeset2(guest_ptr_t arg)
{
    return put_varbuf(arg, changeset, strlen(changeset));
}

long xen_version_commandline2(guest_ptr_t arg)
{
    const char *line = commandline();

    return put_varbuf(arg, line, strlen(line));
}
