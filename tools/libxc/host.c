/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The host: CPUs, nodes, memory, console ring, debug keys, version.
 */
#include "private.h"

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
    memset(info, 0, sizeof(*info));
    return xc_op_sysctl_physinfo(xch, info);
}

int xc_get_max_cpus(xc_interface *xch)
{
    xc_physinfo_t info;

    return xc_physinfo(xch, &info) ? -1 : (int)info.max_cpu_id + 1;
}

int xc_get_cpumap_size(xc_interface *xch)
{
    int max = xc_get_max_cpus(xch);

    return max < 0 ? -1 : (max + 7) / 8;
}

int xc_cputopoinfo(xc_interface *xch, unsigned int *max_cpus, xc_cputopo_t *cputopo)
{
    struct xen_sysctl_cputopoinfo arg = { .num_cpus = *max_cpus };
    struct xc_bounce b;
    int rc;

    if (xc_bounce_open(xch, &b, cputopo, *max_cpus * sizeof(*cputopo), XC_OUT)) {
        return -1;
    }
    set_xen_guest_handle(arg.cputopo, b.hv);
    rc = xc_op_sysctl_cputopoinfo(xch, &arg);
    xc_bounce_close(xch, &b);
    *max_cpus = arg.num_cpus;
    return rc;
}

int xc_numainfo(xc_interface *xch, unsigned int *max_nodes, xc_meminfo_t *meminfo,
                uint32_t *distance)
{
    struct xen_sysctl_numainfo arg = { .num_nodes = *max_nodes };
    struct xc_bounce memory, distances;
    size_t nodes = *max_nodes;
    int rc = -1;

    if (xc_bounce_open(xch, &memory, meminfo, nodes * sizeof(*meminfo), XC_OUT)) {
        return -1;
    }
    if (xc_bounce_open(xch, &distances, distance, nodes * nodes * sizeof(*distance), XC_OUT)) {
        goto close_memory;
    }
    set_xen_guest_handle(arg.meminfo, memory.hv);
    set_xen_guest_handle(arg.distance, distances.hv);
    rc = xc_op_sysctl_numainfo(xch, &arg);
    *max_nodes = arg.num_nodes;
    xc_bounce_close(xch, &distances);
close_memory:
    xc_bounce_close(xch, &memory);
    return rc;
}

int xc_getcpuinfo(xc_interface *xch, int max_cpus, xc_cpuinfo_t *info, int *nr_cpus)
{
    struct xen_sysctl_getcpuinfo arg = { .max_cpus = (uint32_t)max_cpus };
    struct xc_bounce b;
    int rc;

    if (xc_bounce_open(xch, &b, info, (size_t)max_cpus * sizeof(*info), XC_OUT)) {
        return -1;
    }
    set_xen_guest_handle(arg.info, b.hv);
    rc = xc_op_sysctl_getcpuinfo(xch, &arg);
    xc_bounce_close(xch, &b);
    if (!rc && nr_cpus) {
        *nr_cpus = (int)arg.nr_cpus;
    }
    return rc;
}

int xc_availheap(xc_interface *xch, int min_width, int max_width, int node, uint64_t *bytes)
{
    struct xen_sysctl_availheap arg = { .min_bitwidth = (uint32_t)min_width,
                                        .max_bitwidth = (uint32_t)max_width,
                                        .node = node };
    int rc = xc_op_sysctl_availheap(xch, &arg);

    *bytes = arg.avail_bytes;
    return rc;
}

int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars, int clear,
                       int incremental, uint32_t *pindex)
{
    struct xen_sysctl_readconsole arg = { .clear = !!clear,
                                          .incremental = !!incremental,
                                          .index = incremental && pindex ? *pindex : 0,
                                          .count = *pnr_chars };
    struct xc_bounce b;
    int rc;

    if (xc_bounce_open(xch, &b, buffer, *pnr_chars, XC_OUT)) {
        return -1;
    }
    set_xen_guest_handle(arg.buffer, b.hv);
    rc = xc_op_sysctl_readconsole(xch, &arg);
    xc_bounce_close(xch, &b);
    if (!rc) {
        *pnr_chars = arg.count;
        if (pindex) {
            *pindex = arg.index;
        }
    }
    return rc;
}

int xc_send_debug_keys(xc_interface *xch, const char *keys)
{
    struct xen_sysctl_debug_keys arg = { .nr_keys = (uint32_t)strlen(keys) };
    struct xc_bounce b;
    int rc;

    if (xc_bounce_open(xch, &b, keys, arg.nr_keys, XC_IN)) {
        return -1;
    }
    set_xen_guest_handle(arg.keys, b.hv);
    rc = xc_op_sysctl_debug_keys(xch, &arg);
    xc_bounce_close(xch, &b);
    return rc;
}

/* Bytes of each command's structure; a build id says its own room. */
static size_t version_size(int cmd, const void *arg)
{
    switch (cmd) {
    case XENVER_extraversion:
        return sizeof(xen_extraversion_t);
    case XENVER_compile_info:
        return sizeof(xen_compile_info_t);
    case XENVER_capabilities:
        return sizeof(xen_capabilities_info_t);
    case XENVER_changeset:
        return sizeof(xen_changeset_info_t);
    case XENVER_platform_parameters:
        return sizeof(xen_platform_parameters_t);
    case XENVER_get_features:
        return sizeof(xen_feature_info_t);
    case XENVER_guest_handle:
        return sizeof(xen_domain_handle_t);
    case XENVER_commandline:
        return sizeof(xen_commandline_t);
    case XENVER_build_id:
        return arg ? sizeof(xen_build_id_t) + ((const xen_build_id_t *)arg)->len : 0;
    default:
        return 0;
    }
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
    size_t size = version_size(cmd, arg);

    return (int)xc_call_struct(xch, __HYPERVISOR_xen_version, (unsigned long)cmd, size ? arg : NULL,
                               size, "xen_version");
}
