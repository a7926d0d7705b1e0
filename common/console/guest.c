/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall console_io. The hardware domain writes to the devices as they are; every other
 * domain that may write has a line buffer of its own, and each of its lines is printed with "(dN) "
 * before it at a guest's debug level, rate limited. Read gives what was typed for the hardware
 * domain.
 *
 * d->console_lock guards a domain's line buffer.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <gen/console_io-dispatch.h>
#include "private.h"

#define PIECE_SIZE 128u
#define LINE_SIZE  128u
#define COUNT_MAX  0x7fffffffu /* an answer must not look like an error */

static bool opt_console_to_ring;
bool_param("console_to_ring", opt_console_to_ring);

/* Straight to the devices: it may be a person at a prompt. */
static void write_raw(const char *s, size_t n)
{
    unsigned long flags = console_lock_output();

    console_devices_write(s, n);
    if (opt_console_to_ring) {
        console_ring_put(s, n);
    }
    console_unlock_output(flags);
    if (opt_console_to_ring) {
        console_ring_notify();
    }
}

static void print_line(struct domain *d)
{
    d->console_line[d->console_len] = '\0';
    printk(XENLOG_G_DEBUG "(d%u) %s\n", d->domain_id, d->console_line);
    d->console_len = 0;
}

static bool printable(char c)
{
    return (c >= ' ' && c <= '~') || c == '\t';
}

static int write_lines(struct domain *d, const char *s, size_t n)
{
    char *line = NULL;

    if (!READ_ONCE(d->console_line)) {
        line = xmalloc_array(char, LINE_SIZE);
        if (!line) {
            return -ENOMEM;
        }
    }
    spin_lock(&d->console_lock);
    if (!d->console_line) {
        d->console_line = line;
        d->console_len = 0;
        line = NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i] != '\n' && printable(s[i])) {
            d->console_line[d->console_len++] = s[i];
        }
        if (s[i] == '\n' || d->console_len == LINE_SIZE - 1) {
            print_line(d);
        }
    }
    spin_unlock(&d->console_lock);
    xfree(line);
    return 0;
}

/* At least one piece an entry, then as far as nothing else is waiting. */
long console_io_write(unsigned int count, guest_ptr_t buf)
{
    struct domain *d = current->domain;
    char piece[PIECE_SIZE];
    unsigned int done = 0;

    while (done < count) {
        unsigned int n = min(count - done, PIECE_SIZE);
        int rc = 0;

        if (done && hypercall_preempt_check()) {
            hypercall_set_arg(1, count - done);
            hypercall_set_arg(2, guest_ptr_add(buf, done).va);
            return -ERESTART;
        }
        if (copy_from_guest(piece, guest_ptr_add(buf, done), n)) {
            return -EFAULT;
        }
        if (is_hardware_domain(d)) {
            write_raw(piece, n);
        } else {
            rc = write_lines(d, piece, n);
        }
        if (rc) {
            return rc;
        }
        done += n;
    }
    return 0;
}

long console_io_read(unsigned int count, guest_ptr_t buf)
{
    char piece[PIECE_SIZE];
    unsigned int done = 0, n;

    if (count > COUNT_MAX) {
        return -E2BIG;
    }
    while (done < count && (n = console_take_input(piece, min(count - done, PIECE_SIZE)))) {
        if (copy_to_guest(guest_ptr_add(buf, done), piece, n)) {
            return -EFAULT;
        }
        done += n;
    }
    return done;
}

void console_domain_destroy(struct domain *d)
{
    xfree(d->console_line);
    d->console_line = NULL;
}
