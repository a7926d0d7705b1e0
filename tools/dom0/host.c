/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Showing the host and its domains, and who receives which global virtual interrupt.
 *
 * The interface cannot be asked for a virtual interrupt's handler. What is shown is what was set
 * here, as long as that domain lives; when it dies the interrupt is dom0's again, and so says the
 * table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/mm.h>

#include "domains.h"
#include "host.h"
#include "virqs.h"

static uint32_t handlers[NR_VIRQ_NAMES]; /* 0 is dom0, who has them all at first */

static void show_version(void)
{
    int version = xc_version(xch, XENVER_version, NULL);
    xen_extraversion_t extra = "";
    xen_capabilities_info_t *caps = calloc(1, sizeof(*caps));

    xc_version(xch, XENVER_extraversion, extra);
    printf("version      %d.%d%.16s\n", version >> 16, version & 0xffff, extra);
    if (caps) {
        xc_version(xch, XENVER_capabilities, *caps);
        printf("guests       %s\n", *caps);
    }
    free(caps);
}

void host_show(void)
{
    xc_physinfo_t info;
    int scheduler = 0;
    uint64_t heap = 0;

    show_version();
    if (xc_physinfo(xch, &info)) {
        printf("info: %s\n", xc_get_last_error_message(xch));
        return;
    }
    printf("cpus         %u (%u nodes, %u cores a socket, %u threads a core) at %u MHz\n",
           info.nr_cpus, info.nr_nodes, info.cores_per_socket, info.threads_per_core,
           info.cpu_khz / 1000);
    printf("memory       %lu MiB, %lu MiB free\n", (unsigned long)info.total_pages >> 8,
           (unsigned long)info.free_pages >> 8);
    if (!xc_availheap(xch, 0, 32, -1, &heap)) {
        printf("below 4 GiB  %lu MiB free\n", (unsigned long)heap >> 20);
    }
    if (!xc_sched_id(xch, &scheduler)) {
        printf("scheduler    %d\n", scheduler);
    }
}

static char state_of(const xc_dominfo_t *info)
{
    return info->dying      ? 'd'
           : info->crashed  ? 'c'
           : info->shutdown ? 's'
           : info->paused   ? 'p'
           : info->running  ? 'r'
                            : 'b';
}

/* The rest of a domain's line; other hypervisors do not tell. */
static void grants_show(uint32_t domid)
{
    struct xen_domctl_get_grant_usage u;

    if (xc_domain_get_grant_usage(xch, domid, &u)) {
        printf("  -\n");
        return;
    }
    /* A table never shrinks: the frames that it has are the most that it had. */
    printf("  %u/%u/%u, %u/%u/%u, %u/%u/%u\n", u.entries, u.peak_entries, u.max_entries, u.maptrack,
           u.peak_maptrack, u.max_maptrack, u.frames, u.frames, u.max_frames);
}

void domains_show(void)
{
    xc_dominfo_t info;
    uint32_t next = 0;

    printf("  id kind      state vcpus      MiB  seconds  "
           "grants in use/peak/limit: entries, maptrack, frames\n");
    while (xc_domain_getinfo(xch, next, 1, &info) == 1) {
        const struct guest_domain *d = domain_find(info.domid);
        unsigned long milliseconds = (unsigned long)(info.cpu_time / 1000000);

        printf("%4u %-9s %c     %5u %4lu.%03lu %4lu.%03lu", info.domid,
               d            ? d->kind
               : info.domid ? "-"
                            : "dom0",
               state_of(&info), info.nr_online_vcpus, info.nr_pages >> 8,
               (info.nr_pages & 255) * 1000 / 256, milliseconds / 1000, milliseconds % 1000);
        grants_show(info.domid);
        next = info.domid + 1;
    }
}

void dmesg_show(void)
{
    static char text[4096];
    uint32_t index = 0;

    for (;;) {
        unsigned int count = sizeof(text) - 1;
        uint32_t before = index;

        if (xc_readconsolering(xch, text, &count, 0, 1, &index)) {
            printf("dmesg: %s\n", xc_get_last_error_message(xch));
            return;
        }
        if (!count || index == before) {
            return;
        }
        text[count] = '\0';
        for (char *line = text; *line; line += strnlen(line, 256)) {
            printf("%.256s", line);
        }
    }
}

int virq_number(const char *name)
{
    char *end;
    unsigned long number = strtoul(name, &end, 10);

    if (*name && !*end) {
        return number < NR_VIRQS ? (int)number : -1;
    }
    return virq_by_name(name);
}

int virq_set(unsigned int virq, uint32_t domid)
{
    if (xc_domain_set_virq_handler(xch, domid, (int)virq)) {
        printf("virq: %s\n", xc_get_last_error_message(xch));
        return -1;
    }
    for (unsigned int i = 0; i < NR_VIRQ_NAMES; i++) {
        if (virqs[i].number == virq) {
            handlers[i] = domid;
        }
    }
    return 0;
}

void virqs_show(void)
{
    printf("virq            handler\n");
    for (unsigned int i = 0; i < NR_VIRQ_NAMES; i++) {
        xc_dominfo_t info;

        if (handlers[i] && (xc_domain_getinfo(xch, handlers[i], 1, &info) != 1 ||
                            info.domid != handlers[i] || info.dying)) {
            handlers[i] = 0;
        }
        printf("%2u %-12s domain %u\n", virqs[i].number, virqs[i].name, handlers[i]);
    }
}
