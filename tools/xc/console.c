/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console of a domain that xc made: its ring, mapped, and its event channel.
 *
 * The ring's indices are the other domain's to write: at most one ring of bytes is taken at a time,
 * and what it says is data, never trusted. The page is unmapped before the program ends, since a
 * mapping keeps a dead domain's page, and so the domain.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <public/io/console.h>

#include "record.h"
#include "xc.h"

/* A kernel may be slow to notify, or be gone without a word: looked after this often. */
#define LOOK_MS 100

#define KEY_LEAVE 0x1d /* Ctrl-] */

struct console {
    xen_domain_handle_t handle;
    uint32_t domid;
    struct xencons_interface *ring;
    xenevtchn_handle *events;
    int port; /* ours; -1: none */
    const char *until;
    uint64_t end_ms; /* 0: none */
    char line[256];  /* what --until looks at */
    size_t line_size;
    bool found, input_open, left;
};

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A line that is longer than the room is looked at in parts. */
static void watch(struct console *c, char byte)
{
    if (byte != '\n' && c->line_size < sizeof(c->line) - 1) {
        c->line[c->line_size++] = byte;
        return;
    }
    c->line[c->line_size] = '\0';
    c->line_size = 0;
    if (c->until && strstr(c->line, c->until)) {
        c->found = true;
    }
}

static void notify(struct console *c)
{
    if (c->port >= 0) {
        xenevtchn_notify(c->events, (evtchn_port_t)c->port);
    }
}

/* Shows what is new; stops after the line that was waited for. */
static void show_output(struct console *c)
{
    XENCONS_RING_IDX prod = __atomic_load_n(&c->ring->out_prod, __ATOMIC_ACQUIRE);
    XENCONS_RING_IDX cons = c->ring->out_cons;

    if (prod == cons) {
        return;
    }
    if (prod - cons > sizeof(c->ring->out)) {
        cons = prod;
    }
    while (cons != prod && !c->found) {
        char byte = c->ring->out[MASK_XENCONS_IDX(cons, c->ring->out)];

        putchar(byte);
        watch(c, byte);
        cons++;
    }
    __atomic_store_n(&c->ring->out_cons, cons, __ATOMIC_RELEASE);
    fflush(stdout);
    notify(c);
}

/* What is typed, as far as there is room for it. */
static void take_input(struct console *c)
{
    XENCONS_RING_IDX prod = c->ring->in_prod;
    XENCONS_RING_IDX cons = __atomic_load_n(&c->ring->in_cons, __ATOMIC_ACQUIRE);
    size_t room = sizeof(c->ring->in) - (prod - cons);
    char bytes[sizeof(c->ring->in)];
    ssize_t got;

    if (prod - cons >= sizeof(c->ring->in)) {
        return;
    }
    got = read(STDIN_FILENO, bytes, room);
    c->input_open = got > 0;
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == KEY_LEAVE && isatty(STDIN_FILENO)) {
            c->left = true;
            break;
        }
        c->ring->in[MASK_XENCONS_IDX(prod, c->ring->in)] = bytes[i];
        prod++;
    }
    __atomic_store_n(&c->ring->in_prod, prod, __ATOMIC_RELEASE);
    notify(c);
}

static bool domain_lives(const struct console *c)
{
    xc_dominfo_t info;

    return xc_domain_getinfo(xch, c->domid, 1, &info) == 1 && info.domid == c->domid &&
           !info.dying && !memcmp(info.handle, c->handle, sizeof(info.handle));
}

static void wait_for_more(struct console *c)
{
    struct pollfd files[2] = {
        { .fd = c->port >= 0 ? xenevtchn_fd(c->events) : -1, .events = POLLIN },
        { .fd = c->input_open ? STDIN_FILENO : -1, .events = POLLIN },
    };
    int port;

    if (poll(files, 2, LOOK_MS) <= 0) {
        return;
    }
    if (files[0].revents) {
        port = xenevtchn_pending(c->events);
        if (port >= 0) {
            xenevtchn_unmask(c->events, (evtchn_port_t)port);
        }
    }
    if (files[1].revents) {
        take_input(c);
    }
}

static int run(struct console *c)
{
    for (;;) {
        bool lives = domain_lives(c);

        show_output(c);
        if (c->found || c->left) {
            return XC_OK;
        }
        if (!lives) {
            return c->until ? xc_say("domain %u ended before it said \"%s\"", c->domid, c->until)
                            : XC_OK;
        }
        if (c->end_ms && now_ms() >= c->end_ms) {
            return c->until ? xc_say("domain %u has not said \"%s\"", c->domid, c->until)
                            : xc_say("the time is over");
        }
        wait_for_more(c);
    }
}

static int run_on_terminal(struct console *c)
{
    struct termios before, raw;
    int status;

    if (!c->input_open || tcgetattr(STDIN_FILENO, &before)) {
        return run(c);
    }
    raw = before;
    cfmakeraw(&raw);
    raw.c_oflag |= OPOST;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    status = run(c);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return status;
}

static int attach(struct console *c, const struct record *r)
{
    xen_pfn_t mfn = r->console_mfn;
    int status;

    c->ring = xc_map_foreign_pages(xch, c->domid, XC_PROT_READ | XC_PROT_WRITE, &mfn, 1);
    if (!c->ring) {
        return xc_say_failed();
    }
    c->events = xenevtchn_open(NULL, 0);
    c->port = c->events ? xenevtchn_bind_interdomain(c->events, c->domid, r->console_port) : -1;
    status = run_on_terminal(c);
    if (c->events) {
        xenevtchn_close(c->events);
    }
    xc_unmap_foreign(xch, c->ring, 1);
    return status;
}

int cmd_console(int argc, char **argv)
{
    static const struct option options[] = {
        { "until", required_argument, NULL, 'u' },
        { "timeout", required_argument, NULL, 't' },
        { 0 },
    };
    struct console c = { .port = -1 };
    unsigned long seconds;
    struct record record;
    xc_dominfo_t info;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'u') {
            c.until = optarg;
        } else if (option == 't' && parse_number(optarg, 1, 1000000, &seconds)) {
            c.end_ms = now_ms() + seconds * 1000;
        } else {
            return xc_misused("no such option, or not with this value");
        }
    }
    if (optind != argc - 1) {
        return xc_misused("it wants one domain");
    }
    if (!find_domain(argv[optind], &info)) {
        return XC_FAILED;
    }
    if (!record_read(info.handle, &record) || !record.console_mfn) {
        return xc_say("xc has not made domain %u and does not know its console", info.domid);
    }
    memcpy(c.handle, info.handle, sizeof(c.handle));
    c.domid = info.domid;
    c.input_open = !c.until;
    return attach(&c, &record);
}
