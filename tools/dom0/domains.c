/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making and ending domains, and reading their consoles.
 *
 * Invariant: a console page is mapped only while its domain is not being destroyed: a mapping
 * would keep a dead domain's page, and so the domain.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <guest/time.h>
#include <public/io/console.h>

#include "domains.h"
#include "room.h"

extern const char kernel_handler[], kernel_handler_end[];
extern const char kernel_victim[], kernel_victim_end[];

static struct guest_domain domains[DOMAINS_MAX];

struct kind {
    const char *name, *kernel, *kernel_end;
    uint32_t flags;
};

static const struct kind kinds[] = {
    /* It may ask about other domains, as the domain of a xenstore may. */
    { "handler", kernel_handler, kernel_handler_end, XEN_DOMCTL_CDF_xs_domain },
    { "victim", kernel_victim, kernel_victim_end, 0 },
};

struct guest_domain *domain_find(uint32_t id)
{
    for (unsigned int i = 0; i < DOMAINS_MAX; i++) {
        if (domains[i].used && domains[i].id == id) {
            return &domains[i];
        }
    }
    return NULL;
}

static struct guest_domain *free_slot(void)
{
    for (unsigned int i = 0; i < DOMAINS_MAX; i++) {
        if (!domains[i].used) {
            memset(&domains[i], 0, sizeof(domains[i]));
            return &domains[i];
        }
    }
    return NULL;
}

static int create(uint32_t *id, uint32_t flags, unsigned int vcpus)
{
    struct xen_domctl_createdomain config = {
        .flags = flags,
        .max_vcpus = vcpus,
        .max_evtchn_port = 1023,
        .max_grant_frames = 4,
        .max_maptrack_frames = 4,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
    };

    *id = 0;
    return xc_domain_create(xch, id, &config);
}

static int build(struct guest_domain *d, const struct kind *kind, unsigned int megabytes,
                 unsigned int vcpus)
{
    struct xc_pv_image image = {
        .kernel = kind->kernel,
        .kernel_size = (size_t)(kind->kernel_end - kind->kernel),
        .cmdline = kind->name,
        .memory_kb = megabytes * 1024ull,
        .vcpus = vcpus,
    };

    if (xc_dom_build_pv(xch, d->id, &image)) {
        return -1;
    }
    d->console = xc_map_foreign_pages(xch, d->id, XC_PROT_READ | XC_PROT_WRITE, &image.console_mfn,
                                      1);
    if (!d->console) {
        return -1;
    }
    return xc_domain_unpause(xch, d->id);
}

struct guest_domain *domain_new(const char *name, unsigned int megabytes, unsigned int vcpus)
{
    const struct kind *kind = NULL;
    struct guest_domain *d = free_slot();

    for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        kind = strcmp(name, kinds[i].name) ? kind : &kinds[i];
    }
    if (!kind || !d) {
        printf("create: %s\n", kind ? "there are too many domains" : "no such kind of domain");
        return NULL;
    }
    if (room_make(megabytes * 256ul)) {
        printf("create: no %u MiB on this host: %s\n", megabytes, strerror(errno));
        return NULL;
    }
    if (create(&d->id, kind->flags, vcpus)) {
        printf("create: %s\n", xc_get_last_error_message(xch));
        return NULL;
    }
    d->used = true;
    strncpy(d->kind, name, sizeof(d->kind) - 1);
    if (build(d, kind, megabytes, vcpus)) {
        printf("create: %s\n", xc_get_last_error_message(xch));
        domain_end(d);
        return NULL;
    }
    return d;
}

static void console_close(struct guest_domain *d)
{
    if (d->console) {
        xc_unmap_foreign(xch, d->console, 1);
        d->console = NULL;
    }
}

int domain_end(struct guest_domain *d)
{
    int rc;

    console_close(d);
    rc = xc_domain_destroy(xch, d->id);
    if (!rc) {
        d->used = false;
    }
    return rc;
}

void domains_reap(void)
{
    for (unsigned int i = 0; i < DOMAINS_MAX; i++) {
        struct guest_domain *d = &domains[i];
        xc_dominfo_t info;

        if (!d->used) {
            continue;
        }
        if (xc_domain_getinfo(xch, d->id, 1, &info) != 1 || info.domid != d->id || info.dying) {
            console_close(d);
            d->used = false;
        }
    }
}

static void log_byte(struct guest_domain *d, char c)
{
    if (d->log_len == DOMAIN_LOG_SIZE - 1) {
        size_t cut = DOMAIN_LOG_SIZE / 4;

        memmove(d->log, d->log + cut, d->log_len - cut);
        d->log_len -= cut;
        d->log_shown = d->log_shown > cut ? d->log_shown - cut : 0;
    }
    d->log[d->log_len++] = c;
    d->log[d->log_len] = '\0';
}

/* The ring's indices are the other domain's to write: at most one ring of bytes is taken at a
 * time. */
static void console_read_ring(struct guest_domain *d)
{
    struct xencons_interface *ring = d->console;
    XENCONS_RING_IDX cons = ring->out_cons;
    XENCONS_RING_IDX prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);

    if (prod - cons > sizeof(ring->out)) {
        cons = prod;
    }
    while (cons != prod) {
        char c = ring->out[MASK_XENCONS_IDX(cons, ring->out)];

        log_byte(d, c == '\n' || (c >= ' ' && c < 0x7f) ? c : '.');
        cons++;
    }
    __atomic_store_n(&ring->out_cons, cons, __ATOMIC_RELEASE);
}

static void show_lines(struct guest_domain *d)
{
    char *end;

    while ((end = strchr(d->log + d->log_shown, '\n')) != NULL) {
        *end = '\0';
        printf("[%s %u] %s\n", d->kind, d->id, d->log + d->log_shown);
        *end = '\n';
        d->log_shown = (size_t)(end - d->log) + 1;
    }
}

void consoles_pump(bool shown)
{
    for (unsigned int i = 0; i < DOMAINS_MAX; i++) {
        struct guest_domain *d = &domains[i];

        if (!d->used || !d->console) {
            continue;
        }
        console_read_ring(d);
        if (shown) {
            show_lines(d);
        }
    }
}

bool consoles_unshown(void)
{
    for (unsigned int i = 0; i < DOMAINS_MAX; i++) {
        if (domains[i].used && strchr(domains[i].log + domains[i].log_shown, '\n')) {
            return true;
        }
    }
    return false;
}

bool console_wait(struct guest_domain *d, size_t from, const char *text, unsigned int milliseconds)
{
    uint64_t end = time_now() + milliseconds * NSEC_PER_MSEC;

    for (;;) {
        consoles_pump(true);
        if (from <= d->log_len && strstr(d->log + from, text)) {
            return true;
        }
        if (time_now() >= end) {
            return false;
        }
        time_sleep(5 * NSEC_PER_MSEC);
    }
}

void console_send(struct guest_domain *d, const char *text, size_t len)
{
    struct xencons_interface *ring = d->console;
    XENCONS_RING_IDX prod = ring->in_prod;

    for (size_t i = 0; i < len; i++) {
        XENCONS_RING_IDX cons = __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);

        if (prod - cons >= sizeof(ring->in)) {
            break;
        }
        ring->in[MASK_XENCONS_IDX(prod, ring->in)] = text[i];
        prod++;
    }
    __atomic_store_n(&ring->in_prod, prod, __ATOMIC_RELEASE);
}
