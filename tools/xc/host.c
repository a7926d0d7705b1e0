/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host: what it is, its messages, its debug keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "xc.h"

struct host {
    int version;
    xen_extraversion_t extra;
    xen_capabilities_info_t caps;
    xen_commandline_t cmdline;
    xc_physinfo_t phys;
    uint64_t below_4g;
    int scheduler;
};

static int ask_host(struct host *h)
{
    h->version = xc_version(xch, XENVER_version, NULL);
    if (h->version < 0 || xc_version(xch, XENVER_extraversion, h->extra) < 0 ||
        xc_version(xch, XENVER_capabilities, h->caps) < 0 ||
        xc_version(xch, XENVER_commandline, h->cmdline) < 0 || xc_physinfo(xch, &h->phys) ||
        xc_availheap(xch, 0, 32, -1, &h->below_4g) || xc_sched_id(xch, &h->scheduler)) {
        return -1;
    }
    h->extra[sizeof(h->extra) - 1] = '\0';
    h->caps[sizeof(h->caps) - 1] = '\0';
    h->cmdline[sizeof(h->cmdline) - 1] = '\0';
    return 0;
}

static const char *scheduler_name(int id)
{
    switch (id) {
    case XEN_SCHEDULER_CREDIT:
        return "credit";
    case XEN_SCHEDULER_CREDIT2:
        return "credit2";
    case XEN_SCHEDULER_RTDS:
        return "rtds";
    case XEN_SCHEDULER_ARINC653:
        return "arinc653";
    case XEN_SCHEDULER_NULL:
        return "null";
    default:
        return "unknown";
    }
}

static void host_json(const struct host *h)
{
    char version[48];

    snprintf(version, sizeof(version), "%d.%d%s", h->version >> 16, h->version & 0xffff, h->extra);
    json_open(NULL, '{');
    json_string("version", version);
    json_string("guests", h->caps);
    json_string("command_line", h->cmdline);
    json_string("scheduler", scheduler_name(h->scheduler));
    json_number("cpus", h->phys.nr_cpus);
    json_number("nodes", h->phys.nr_nodes);
    json_number("cores_per_socket", h->phys.cores_per_socket);
    json_number("threads_per_core", h->phys.threads_per_core);
    json_number("cpu_khz", h->phys.cpu_khz);
    json_number("memory_kib", h->phys.total_pages * 4);
    json_number("free_kib", h->phys.free_pages * 4);
    json_number("free_below_4g_kib", h->below_4g >> 10);
    json_close('}');
}

int cmd_info(int argc, char **argv)
{
    struct host h;

    if (argc > 1) {
        return xc_misused("%s is too much", argv[1]);
    }
    if (ask_host(&h)) {
        return xc_say_failed();
    }
    if (json) {
        host_json(&h);
        return XC_OK;
    }
    printf("version       %d.%d%s\n", h.version >> 16, h.version & 0xffff, h.extra);
    printf("guests        %s\n", h.caps);
    printf("command line  %s\n", h.cmdline);
    printf("scheduler     %s\n", scheduler_name(h.scheduler));
    printf("cpus          %u (%u nodes, %u cores a socket, %u threads a core) at %u MHz\n",
           h.phys.nr_cpus, h.phys.nr_nodes, h.phys.cores_per_socket, h.phys.threads_per_core,
           h.phys.cpu_khz / 1000);
    printf("memory        %lu MiB, %lu MiB free, %lu MiB of it below 4 GiB\n",
           (unsigned long)h.phys.total_pages >> 8, (unsigned long)h.phys.free_pages >> 8,
           (unsigned long)h.below_4g >> 20);
    return XC_OK;
}

int cmd_dmesg(int argc, char **argv)
{
    bool clear = argc == 2 && !strcmp(argv[1], "--clear");
    static char text[16384];
    uint32_t index = 0, before;
    unsigned int count;

    if (argc > 1 && !clear) {
        return xc_misused("%s is no option of it", argv[1]);
    }
    do {
        before = index;
        count = sizeof(text);
        if (xc_readconsolering(xch, text, &count, 0, 1, &index)) {
            return xc_say_failed();
        }
        fwrite(text, 1, count, stdout);
    } while (count && index != before);
    count = sizeof(text);
    if (clear && xc_readconsolering(xch, text, &count, 1, 0, NULL)) {
        return xc_say_failed();
    }
    return XC_OK;
}

int cmd_debug_keys(int argc, char **argv)
{
    if (argc != 2 || !*argv[1]) {
        return xc_misused("it wants the keys as one word");
    }
    return xc_send_debug_keys(xch, argv[1]) ? xc_say_failed() : XC_OK;
}
