/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console ring: the last bytes printed, read by sysctl, shown in every crash dump, and given to
 * a device that joins late. Bytes are numbered from the start of the machine (modulo 2^32); `first`
 * and `next` are such numbers, next - first <= size, and the size is a power of two, so a number's
 * low bits are its place. All of it is guarded by the output lock.
 */
#include <hv/bitops.h>
#include <hv/init.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <hv/tasklet.h>
#include <hv/virq.h>
#include "private.h"

static char *ring = console_early_ring;
static uint32_t size = CONSOLE_EARLY_RING_SIZE;
static uint32_t first; /* oldest byte, or the first one since the ring was cleared */
static uint32_t next;  /* byte after the newest */

static uint64_t __initdata opt_conring_size;
size_param("conring_size", opt_conring_size, 0, ~0UL);

#define RING_SIZE_DEFAULT 32768u
#define RING_SIZE_MAX     (1u << 26)

void console_ring_put(const char *s, size_t n)
{
    if (n > size) {
        s += n - size;
        n = size;
    }
    for (size_t i = 0; i < n; i++) {
        ring[next++ & (size - 1)] = s[i];
    }
    if (next - first > size) {
        first = next - size;
    }
}

static void replay_until(uint32_t end, void (*write)(const char *s, size_t n))
{
    for (uint32_t i = first; (int32_t)(end - i) > 0;) {
        uint32_t at = i & (size - 1);
        uint32_t n = min(end - i, size - at);

        write(ring + at, n);
        i += n;
    }
}

void console_ring_replay(void (*write)(const char *s, size_t n))
{
    replay_until(next, write);
}

/* Copies what lies at byte number `from`, at most n bytes; how many. */
static uint32_t ring_copy(char *to, uint32_t from, uint32_t n)
{
    n = min(n, next - from);
    for (uint32_t i = 0; i < n; i++) {
        to[i] = ring[(from + i) & (size - 1)];
    }
    return n;
}

void __init console_ring_init(void)
{
    uint64_t wanted = opt_conring_size ? opt_conring_size : RING_SIZE_DEFAULT;
    unsigned int order;
    unsigned long flags;
    char *fresh;

    wanted = max_t(uint64_t, min_t(uint64_t, wanted, RING_SIZE_MAX), CONSOLE_EARLY_RING_SIZE);
    order = get_order(wanted) - PAGE_SHIFT;
    do {
        fresh = alloc_xenheap_pages(order, 0);
    } while (!fresh && (CONSOLE_EARLY_RING_SIZE >> PAGE_SHIFT) <= (1u << --order));
    if (!fresh) {
        panic("no memory for the console ring\n");
    }

    flags = console_lock_output();
    for (uint32_t i = first; i != next; i++) {
        fresh[i & ((PAGE_SIZE << order) - 1)] = ring[i & (size - 1)];
    }
    ring = fresh;
    size = (uint32_t)(PAGE_SIZE << order);
    console_unlock_output(flags);

    printk(XENLOG_INFO "console ring: %u KiB\n", size >> 10);
}

/*
 * sysctl readconsole. *count: room, then bytes copied; *index: where an incremental read goes on,
 * then where the next one will. The guest is written to in pieces, with no lock held.
 */
int console_read_ring(guest_ptr_t buf, uint32_t *count, uint32_t *index, bool incremental,
                      bool clear)
{
    char piece[256];
    uint32_t at, done = 0;
    unsigned long flags = console_lock_output();

    at = first;
    if (incremental && (int32_t)(*index - first) > 0) {
        at = (int32_t)(*index - next) > 0 ? next : *index;
    }
    while (done < *count) {
        uint32_t n;

        if ((int32_t)(first - at) > 0) {
            at = first; /* overtaken by new output meanwhile */
        }
        n = ring_copy(piece, at, min_t(uint32_t, *count - done, sizeof(piece)));
        if (!n) {
            break;
        }
        console_unlock_output(flags);
        if (copy_to_guest(guest_ptr_add(buf, done), piece, n)) {
            return -EFAULT;
        }
        done += n;
        at += n;
        flags = console_lock_output();
    }
    if (clear && (int32_t)(at - first) > 0) {
        first = at;
    }
    console_unlock_output(flags);

    *count = done;
    *index = at;
    return 0;
}

/* Where the output of an emergency begins: that is on the devices anyway. */
static uint32_t emergency_start;

void console_ring_emergency(void)
{
    emergency_start = next;
}

void console_dump_ring(void)
{
    unsigned long flags = console_lock_output();

    /* On a screen the reason of the emergency would scroll away. */
    replay_until(emergency_start, console_lines_write);
    console_unlock_output(flags);
}

static struct tasklet notify;
static bool notify_ready;

static void notify_owner(void *unused)
{
    send_global_virq(VIRQ_CON_RING);
}

void __init console_notify_init(void)
{
    tasklet_init(&notify, notify_owner, NULL);
    notify_ready = true;
}

void console_ring_notify(void)
{
    if (notify_ready && system_state == SYS_active && !console_in_emergency()) {
        tasklet_schedule(&notify);
    }
}
