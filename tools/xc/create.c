/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making a PV domain: a handle that no other has, the domain, an event channel for its console,
 * the kernel, and then its start. Whatever fails after the domain is there destroys it again.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "record.h"
#include "xc.h"

struct request {
    const char *kernel, *initrd, *name, *cmdline;
    unsigned long megabytes, vcpus;
    bool xs_domain, paused;
};

struct file {
    void *data;
    size_t size;
};

static int read_file(const char *path, struct file *f)
{
    FILE *in = fopen(path, "re");
    struct stat st;

    if (!in) {
        return xc_say("%s: %s", path, strerror(errno));
    }
    if (fstat(fileno(in), &st) || !S_ISREG(st.st_mode)) {
        fclose(in);
        return xc_say("%s: not a file", path);
    }
    f->size = (size_t)st.st_size;
    f->data = malloc(f->size + 1);
    if (!f->data || fread(f->data, 1, f->size, in) != f->size) {
        free(f->data);
        f->data = NULL;
        fclose(in);
        return xc_say("%s: cannot be read", path);
    }
    fclose(in);
    return XC_OK;
}

/* Random, in the form of RFC 4122, version 4. */
static int new_handle(xen_domain_handle_t handle)
{
    if (getrandom(handle, sizeof(xen_domain_handle_t), 0) != sizeof(xen_domain_handle_t)) {
        return -1;
    }
    handle[6] = (uint8_t)((handle[6] & 0x0f) | 0x40);
    handle[8] = (uint8_t)((handle[8] & 0x3f) | 0x80);
    return 0;
}

static int no_room(const struct request *r)
{
    xc_physinfo_t phys;

    if (xc_get_last_errno(xch) != ENOMEM || xc_physinfo(xch, &phys)) {
        return xc_say_failed();
    }
    return xc_say(
        "%s\n    The domain wants %lu MiB, the host has %lu MiB free. Take some from dom0:\n"
        "    echo KIB > /sys/devices/system/xen_memory/xen_memory0/target_kb",
        xc_get_last_error_message(xch), r->megabytes, (unsigned long)phys.free_pages >> 8);
}

static int build(uint32_t domid, const struct request *r, const struct file *kernel,
                 const struct file *initrd, const xen_domain_handle_t handle)
{
    struct xc_pv_image image = {
        .kernel = kernel->data,
        .kernel_size = kernel->size,
        .initrd = initrd->data,
        .initrd_size = initrd->size,
        .cmdline = r->cmdline,
        .memory_kb = r->megabytes * 1024,
        .vcpus = (unsigned int)r->vcpus,
    };
    struct record record = { 0 };
    int port = xc_evtchn_alloc_unbound(xch, domid, 0);

    if (port < 0) {
        return xc_say_failed();
    }
    image.console_evtchn = (uint32_t)port;
    if (xc_dom_build_pv(xch, domid, &image)) {
        return no_room(r);
    }
    snprintf(record.name, sizeof(record.name), "%s", r->name ? r->name : "");
    record.console_mfn = image.console_mfn;
    record.console_port = (evtchn_port_t)port;
    if (record_write(handle, &record)) {
        return xc_say("/run/xc: %s", strerror(errno));
    }
    return !r->paused && xc_domain_unpause(xch, domid) ? xc_say_failed() : XC_OK;
}

static int create(const struct request *r, const struct file *kernel, const struct file *initrd)
{
    struct xen_domctl_createdomain config = {
        .flags = r->xs_domain ? XEN_DOMCTL_CDF_xs_domain : 0,
        .max_vcpus = (uint32_t)r->vcpus,
        .max_evtchn_port = 1023,
        .max_grant_frames = 4,
        .max_maptrack_frames = 4,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
    };
    uint32_t domid = 0;
    int status;

    if (new_handle(config.handle)) {
        return xc_say("no random numbers: %s", strerror(errno));
    }
    if (xc_domain_create(xch, &domid, &config)) {
        return no_room(r);
    }
    status = build(domid, r, kernel, initrd, config.handle);
    if (status != XC_OK) {
        record_remove(config.handle);
        if (xc_domain_destroy(xch, domid)) {
            xc_say("the half-made domain %u stays: %s", domid, xc_get_last_error_message(xch));
        }
        return status;
    }
    printf("%u\n", domid);
    return XC_OK;
}

static bool name_is_free(const char *name)
{
    xc_dominfo_t info;
    unsigned long number;
    struct record r;

    if (!*name || strlen(name) >= NAME_MAX_BYTES || strpbrk(name, " \t\n") ||
        !strcmp(name, "dom0") || parse_number(name, 0, ~0UL, &number)) {
        xc_say("%s cannot be a name: one short word, no number", name);
        return false;
    }
    for (uint32_t next = 1; xc_domain_getinfo(xch, next, 1, &info) == 1; next = info.domid + 1) {
        if (record_read(info.handle, &r) && !strcmp(r.name, name)) {
            xc_say("domain %u is called %s already", info.domid, name);
            return false;
        }
    }
    return true;
}

enum { OPT_NAME = 256, OPT_MEMORY, OPT_VCPUS, OPT_CMDLINE, OPT_INITRD, OPT_XS, OPT_PAUSED };

static const struct option options[] = {
    { "name", required_argument, NULL, OPT_NAME },
    { "memory", required_argument, NULL, OPT_MEMORY },
    { "vcpus", required_argument, NULL, OPT_VCPUS },
    { "cmdline", required_argument, NULL, OPT_CMDLINE },
    { "initrd", required_argument, NULL, OPT_INITRD },
    { "xs-domain", no_argument, NULL, OPT_XS },
    { "paused", no_argument, NULL, OPT_PAUSED },
    { 0 },
};

static int take_option(struct request *r, int option)
{
    switch (option) {
    case OPT_NAME:
        r->name = optarg;
        return XC_OK;
    case OPT_MEMORY:
        return parse_number(optarg, 1, 1UL << 20, &r->megabytes)
                   ? XC_OK
                   : xc_misused("--memory %s: a number of MiB from 1", optarg);
    case OPT_VCPUS:
        return parse_number(optarg, 1, 128, &r->vcpus)
                   ? XC_OK
                   : xc_misused("--vcpus %s: a number from 1 to 128", optarg);
    case OPT_CMDLINE:
        r->cmdline = optarg;
        return XC_OK;
    case OPT_INITRD:
        r->initrd = optarg;
        return XC_OK;
    case OPT_XS:
        r->xs_domain = true;
        return XC_OK;
    case OPT_PAUSED:
        r->paused = true;
        return XC_OK;
    default:
        return xc_misused("no such option, or it wants a value");
    }
}

int cmd_create(int argc, char **argv)
{
    struct request r = { .megabytes = 4, .vcpus = 1, .cmdline = "" };
    struct file kernel = { 0 }, initrd = { 0 };
    int option, status;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (take_option(&r, option) != XC_OK) {
            return XC_USAGE;
        }
    }
    if (optind != argc - 1) {
        return xc_misused("it wants one kernel");
    }
    r.kernel = argv[optind];
    if (r.name && !name_is_free(r.name)) {
        return XC_FAILED;
    }
    status = read_file(r.kernel, &kernel);
    if (status == XC_OK && r.initrd) {
        status = read_file(r.initrd, &initrd);
    }
    if (status == XC_OK) {
        status = create(&r, &kernel, &initrd);
    }
    free(initrd.data);
    free(kernel.data);
    return status;
}
