/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console: console_io, or the console ring of a domU that was given one.
 *
 * console_lock keeps the output of vCPUs apart and is taken with events masked. A ring that stays
 * full because nobody reads it loses text after RING_YIELDS yields rather than hanging the
 * kernel.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <guest/console.h>
#include <guest/cpu.h>
#include <guest/event.h>
#include <guest/hypercall.h>
#include <guest/lock.h>
#include <guest/mm.h>
#include <guest/start.h>
#include <guest/time.h>
#include <public/io/console.h>

#define RING_YIELDS 2000

/* Ten bits a byte at 115200 baud. */
#define LINE_BYTE_NS (NSEC_PER_SEC * 10 / 115200)
#define LINE_LIMIT   (2 * NSEC_PER_SEC)

static struct spinlock console_lock;
static struct xencons_interface *ring;
static evtchn_port_t ring_port;
static uint64_t line_free_at; /* when the slowest serial line has sent all that was written */

void console_init(void)
{
    unsigned long mfn = guest_is_dom0() ? 0 : guest_start_info->console.domU.mfn;

    if (mfn) {
        mm_p2m = (unsigned long *)guest_start_info->mfn_list;
        ring = mfn_to_virt(mfn);
        ring_port = guest_start_info->console.domU.evtchn;
    }
}

static void ring_notify(void)
{
    if (ring_port) {
        event_send(ring_port);
    }
}

static bool ring_wait_room(void)
{
    for (unsigned int i = 0; i < RING_YIELDS; i++) {
        XENCONS_RING_IDX cons = __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);

        if (ring->out_prod - cons < sizeof(ring->out)) {
            return true;
        }
        ring_notify();
        hv_sched_op(SCHEDOP_yield, NULL);
    }
    return false;
}

static void ring_write(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!ring_wait_room()) {
            return;
        }
        ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = text[i];
        __atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_RELEASE);
    }
    ring_notify();
}

static void write_locked(const char *text, size_t len)
{
    if (ring) {
        ring_write(text, len);
    } else {
        uint64_t now = time_now();

        line_free_at = (line_free_at > now ? line_free_at : now) + len * LINE_BYTE_NS;
        hv_console_io(CONSOLEIO_write, (unsigned int)len, (char *)(uintptr_t)text);
    }
}

void console_write(const char *text, size_t len)
{
    bool masked = spin_lock_events(&console_lock);

    write_locked(text, len);
    spin_unlock_events(&console_lock, masked);
}

void console_drain(void)
{
    uint64_t now = time_now();

    if (line_free_at > now) {
        time_sleep(line_free_at - now < LINE_LIMIT ? line_free_at - now : LINE_LIMIT);
    }
}

static size_t ring_read(char *buf, size_t len)
{
    XENCONS_RING_IDX prod = __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE);
    XENCONS_RING_IDX cons = ring->in_cons;
    size_t n = 0;

    while (n < len && cons != prod) {
        buf[n++] = ring->in[MASK_XENCONS_IDX(cons, ring->in)];
        cons++;
    }
    __atomic_store_n(&ring->in_cons, cons, __ATOMIC_RELEASE);
    return n;
}

size_t console_read(char *buf, size_t len)
{
    bool masked = spin_lock_events(&console_lock);
    long n;

    if (ring) {
        n = (long)ring_read(buf, len);
    } else {
        n = hv_console_io(CONSOLEIO_read, (unsigned int)len, buf);
    }
    spin_unlock_events(&console_lock, masked);
    return n > 0 ? (size_t)n : 0;
}

int vprintf(const char *fmt, va_list ap)
{
    static char line[1024];
    bool masked = spin_lock_events(&console_lock);
    int n = vsnprintf(line, sizeof(line), fmt, ap);

    write_locked(line, strlen(line));
    spin_unlock_events(&console_lock, masked);
    return n;
}

int printf(const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vprintf(fmt, ap);
    va_end(ap);
    return n;
}

int putchar(int c)
{
    char text = (char)c;

    console_write(&text, 1);
    return c;
}

int puts(const char *s)
{
    return printf("%s\n", s);
}
