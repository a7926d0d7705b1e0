/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domains that there are: finding one by name or id, lists, pausing and ending them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "record.h"
#include "xc.h"

/* Asks for the next domain from an id on. False at the end; a failure is in xc's last error. */
static bool next_domain(uint32_t from, xc_dominfo_t *info, bool *bad)
{
    int got = xc_domain_getinfo(xch, from, 1, info);

    *bad = got < 0;
    return got == 1;
}

static void name_of(const xc_dominfo_t *info, char *name, size_t size)
{
    struct record r;

    if (info->domid == 0) {
        snprintf(name, size, "dom0");
    } else {
        record_read(info->handle, &r);
        snprintf(name, size, "%s", r.name);
    }
}

bool find_domain(const char *text, xc_dominfo_t *info)
{
    unsigned long wanted;
    bool bad;

    if (parse_number(text, 0, DOMID_FIRST_RESERVED - 1, &wanted)) {
        if (next_domain((uint32_t)wanted, info, &bad) && info->domid == wanted) {
            return true;
        }
        bad ? xc_say_failed() : xc_say("no domain %lu: `xc list` shows what there is", wanted);
        return false;
    }
    for (uint32_t next = 0; next_domain(next, info, &bad); next = info->domid + 1) {
        char name[NAME_MAX_BYTES];

        name_of(info, name, sizeof(name));
        if (!strcmp(name, text)) {
            return true;
        }
    }
    bad ? xc_say_failed() : xc_say("no domain is called %s: `xc list` shows what there is", text);
    return false;
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

static void domain_json(const xc_dominfo_t *info, const char *name)
{
    char state[2] = { state_of(info), '\0' };
    char handle[2 * sizeof(xen_domain_handle_t) + 1];

    record_key(info->handle, handle);
    json_open(NULL, '{');
    json_number("domid", info->domid);
    json_string("name", name);
    json_string("handle", handle);
    json_string("state", state);
    if (info->shutdown) {
        json_number("shutdown_reason", info->shutdown_reason);
    }
    json_bool("hvm", info->hvm);
    json_bool("xenstore", info->xenstore);
    json_number("vcpus", info->nr_online_vcpus);
    json_number("memory_kib", info->nr_pages * 4);
    json_number("max_memory_kib", info->max_memkb);
    json_number("cpu_time_ns", info->cpu_time);
    json_close('}');
}

static void domain_line(const xc_dominfo_t *info, const char *name)
{
    uint64_t ms = info->cpu_time / 1000000;

    printf("%5u %-20s %c     %5u %8lu.%02lu %8" PRIu64 ".%03u\n", info->domid, *name ? name : "-",
           state_of(info), info->nr_online_vcpus, info->nr_pages >> 8,
           (info->nr_pages & 255) * 100 / 256, ms / 1000, (unsigned int)(ms % 1000));
}

/* Calls show for one domain, or for all. */
static int each_domain(int argc, char **argv, int (*show)(const xc_dominfo_t *info))
{
    xc_dominfo_t info;
    bool bad;

    if (argc > 2) {
        return xc_misused("%s is too much", argv[2]);
    }
    if (argc == 2) {
        return find_domain(argv[1], &info) ? show(&info) : XC_FAILED;
    }
    for (uint32_t next = 0; next_domain(next, &info, &bad); next = info.domid + 1) {
        if (show(&info) != XC_OK) {
            return XC_FAILED;
        }
    }
    return bad ? xc_say_failed() : XC_OK;
}

static int show_domain(const xc_dominfo_t *info)
{
    char name[NAME_MAX_BYTES];

    name_of(info, name, sizeof(name));
    if (json) {
        domain_json(info, name);
    } else {
        domain_line(info, name);
    }
    return XC_OK;
}

int cmd_list(int argc, char **argv)
{
    int status;

    if (json) {
        json_open(NULL, '[');
    } else {
        printf("   id name                 state vcpus         MiB      seconds\n");
    }
    status = each_domain(argc, argv, show_domain);
    if (json) {
        json_close(']');
    }
    return status;
}

int cmd_domid(int argc, char **argv)
{
    xc_dominfo_t info;

    if (argc != 2) {
        return xc_misused("it wants one name");
    }
    if (!find_domain(argv[1], &info)) {
        return XC_FAILED;
    }
    printf("%u\n", info.domid);
    return XC_OK;
}

/* "0-3,7" for a map. */
static void cpus_text(const uint8_t *map, unsigned int cpus, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned int first = 0; first < cpus; first++) {
        unsigned int last = first;

        if (!(map[first / 8] & 1 << first % 8)) {
            continue;
        }
        while (last + 1 < cpus && map[(last + 1) / 8] & 1 << (last + 1) % 8) {
            last++;
        }
        used += (size_t)snprintf(text + used, size - used, last > first ? "%s%u-%u" : "%s%u",
                                 used ? "," : "", first, last);
        if (used >= size) {
            return;
        }
        first = last;
    }
}

static int affinity_text(uint32_t domid, uint32_t vcpu, char *hard, char *soft, size_t size)
{
    int cpus = xc_get_max_cpus(xch), bytes = xc_get_cpumap_size(xch), status = -1;
    uint8_t *maps = bytes > 0 ? calloc(2, (size_t)bytes) : NULL;

    if (maps && !xc_vcpu_getaffinity(xch, domid, (int)vcpu, maps, maps + bytes,
                                     XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)) {
        cpus_text(maps, (unsigned int)cpus, hard, size);
        cpus_text(maps + bytes, (unsigned int)cpus, soft, size);
        status = 0;
    }
    free(maps);
    return status;
}

static int show_vcpu(const xc_dominfo_t *d, uint32_t vcpu)
{
    char hard[64] = "", soft[64] = "";
    xc_vcpuinfo_t info;

    if (xc_vcpu_getinfo(xch, d->domid, vcpu, &info)) {
        return xc_get_last_errno(xch) == ESRCH ? XC_OK : xc_say_failed();
    }
    if (affinity_text(d->domid, vcpu, hard, soft, sizeof(hard))) {
        return xc_say_failed();
    }
    if (json) {
        json_open(NULL, '{');
        json_number("domid", d->domid);
        json_number("vcpu", vcpu);
        json_number("cpu", info.cpu);
        json_bool("online", info.online);
        json_bool("running", info.running);
        json_bool("blocked", info.blocked);
        json_number("cpu_time_ns", info.cpu_time);
        json_string("hard_affinity", hard);
        json_string("soft_affinity", soft);
        json_close('}');
        return XC_OK;
    }
    printf("%5u %5u %4u %-5s %8" PRIu64 ".%03u  %s / %s\n", d->domid, vcpu, info.cpu,
           !info.online   ? "-"
           : info.running ? "r"
           : info.blocked ? "b"
                          : "w",
           (uint64_t)(info.cpu_time / 1000000000), (unsigned int)(info.cpu_time / 1000000 % 1000),
           hard, soft);
    return XC_OK;
}

static int show_vcpus(const xc_dominfo_t *info)
{
    for (uint32_t vcpu = 0; vcpu <= info->max_vcpu_id; vcpu++) {
        if (show_vcpu(info, vcpu) != XC_OK) {
            return XC_FAILED;
        }
    }
    return XC_OK;
}

int cmd_vcpu_list(int argc, char **argv)
{
    int status;

    if (json) {
        json_open(NULL, '[');
    } else {
        printf("domid  vcpu  cpu state      seconds  hard / soft affinity\n");
    }
    status = each_domain(argc, argv, show_vcpus);
    if (json) {
        json_close(']');
    }
    return status;
}

/* The domain that text means, which is not the caller's own. */
static int other_domain(const char *text, xc_dominfo_t *info)
{
    if (!find_domain(text, info)) {
        return XC_FAILED;
    }
    return info->domid ? XC_OK : xc_say("domain 0 is the one that asks");
}

/* Does one thing to the one domain that the command is about. */
static int on_one(int argc, char **argv, int (*call)(xc_interface *handle, uint32_t domid))
{
    xc_dominfo_t info;
    int status;

    if (argc != 2) {
        return xc_misused("it wants one domain");
    }
    status = other_domain(argv[1], &info);
    if (status == XC_OK && call(xch, info.domid)) {
        status = xc_say_failed();
    }
    return status;
}

int cmd_pause(int argc, char **argv)
{
    return on_one(argc, argv, xc_domain_pause);
}

int cmd_unpause(int argc, char **argv)
{
    return on_one(argc, argv, xc_domain_unpause);
}

int cmd_destroy(int argc, char **argv)
{
    xc_dominfo_t info;

    if (argc < 2) {
        return xc_misused("it wants a domain");
    }
    for (int i = 1; i < argc; i++) {
        if (other_domain(argv[i], &info) != XC_OK) {
            return XC_FAILED;
        }
        if (xc_domain_destroy(xch, info.domid)) {
            return xc_say_failed();
        }
        record_remove(info.handle);
    }
    return XC_OK;
}
