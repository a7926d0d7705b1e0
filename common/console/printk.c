/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * printk: levels, rate limits, prefixes. A message goes to the ring and to every device line by
 * line, each line begun with "(HV) " and, when asked for, the time.
 *
 * Two pairs of thresholds, one for the hypervisor's own messages and one for those that a guest can
 * cause: below `lower` a level is always printed, below `upper` it is rate limited, from `upper` on
 * it is dropped. Nothing that a guest can cause waits for more than a line's way through the
 * device.
 */
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/smp.h>
#include <hv/time.h>
#include "private.h"

#define NR_LEVELS     4 /* error, warning, info, debug */
#define LEVEL_DEFAULT 1

struct thresholds {
    uint8_t lower, upper;
};

static struct thresholds own = THRESHOLDS_OWN;
static struct thresholds guest = THRESHOLDS_GUEST;

/* A bucket of messages that fills with time; messages that found it empty are counted. */
#define BUCKET_SIZE   10
#define BUCKET_PERIOD MILLISECS(500) /* for one message */
struct bucket {
    s_time_t filled;
    unsigned int left, dropped;
};
static struct bucket bucket = { 0, BUCKET_SIZE, 0 };

enum timestamps { TS_none, TS_boot };
static enum timestamps timestamps;

static DEFINE_IRQLOCK(output_lock, RANK_CONSOLE);
static bool emergency;
static unsigned int emergency_cpu; /* whose words are printed then; the others' wait for ever */
static bool line_open;             /* the last message ended without a newline */
static bool line_dropped;          /* and it was not printed */
static char message[1024];

unsigned long console_lock_output(void) __no_lock_analysis
{
    if (likely(!READ_ONCE(emergency))) {
        unsigned long flags = irq_lock(&output_lock);

        if (likely(!READ_ONCE(emergency))) {
            return flags;
        }
        irq_unlock(&output_lock, flags);
    }
    while (READ_ONCE(emergency_cpu) != smp_processor_id()) {
        cpu_relax();
    }
    return local_irq_save();
}

void console_unlock_output(unsigned long flags) __no_lock_analysis
{
    if (unlikely(READ_ONCE(emergency))) {
        local_irq_restore(flags);
    } else {
        irq_unlock(&output_lock, flags);
    }
}

bool console_in_emergency(void)
{
    return READ_ONCE(emergency);
}

/* How often the lock is tried: longer than a line takes on a slow device. */
#define EMERGENCY_SPINS 1000000U

void console_force_unlock(void) __no_lock_analysis
{
    bool taken = false;
    unsigned long flags;

    WRITE_ONCE(emergency_cpu, smp_processor_id());
    if (!emergency) {
        /* A line that another CPU is printing is let through, if it gets on. */
        for (unsigned int i = 0; !taken && i < EMERGENCY_SPINS; i++) {
            taken = irq_trylock(&output_lock, &flags);
            cpu_relax();
        }
        console_ring_emergency();
        line_open = false;
        WRITE_ONCE(emergency, true);
        if (taken) {
            irq_unlock(&output_lock, flags);
        }
    }
    console_devices_sync();
}

void console_emergency_turn(unsigned int cpu)
{
    WRITE_ONCE(emergency_cpu, cpu);
}

static int __init level_word(const char **s)
{
    static const struct {
        const char *word;
        int level;
    } words[] = {
        { "none", 0 }, { "error", 1 }, { "warning", 2 },
        { "info", 3 }, { "debug", 4 }, { "all", 4 },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
        size_t n = strlen(words[i].word);

        if (!strncmp(*s, words[i].word, n) && ((*s)[n] == '/' || !(*s)[n])) {
            *s += n;
            return words[i].level;
        }
    }
    return -EINVAL;
}

/* "<level>[/<rate-limited level>]" */
static int __init parse_thresholds(const char *s, struct thresholds *t)
{
    int lower = level_word(&s);
    int upper = lower;

    if (lower >= 0 && *s == '/') {
        s++;
        upper = level_word(&s);
    }
    if (lower < 0 || upper < 0 || *s) {
        return -EINVAL;
    }
    t->lower = (uint8_t)lower;
    t->upper = (uint8_t)max(lower, upper);
    return 0;
}

custom_param("loglvl", parse_thresholds, own);
custom_param("guest_loglvl", parse_thresholds, guest);

static int __init parse_timestamps(const char *s, __typeof__(timestamps) *to)
{
    int b = parse_bool(s, strlen(s));

    if (b >= 0) {
        *to = b ? TS_boot : TS_none;
    } else if (!strcmp(s, "none")) {
        *to = TS_none;
    } else if (!strcmp(s, "boot") || !strcmp(s, "raw") || !strcmp(s, "date") ||
               !strcmp(s, "datems")) {
        *to = TS_boot;
    } else {
        return -EINVAL;
    }
    return 0;
}
custom_param("console_timestamps", parse_timestamps, timestamps);

static void put(const char *s, size_t n)
{
    console_ring_put(s, n);
    console_devices_write(s, n);
}

static void put_line_start(void)
{
    char stamp[40];

    put("(HV) ", 5);
    if (timestamps == TS_boot) {
        s_time_t now = NOW();
        int n = snprintf(stamp, sizeof(stamp), "[%5lu.%06lu] ", (unsigned long)(now / SECONDS(1)),
                         (unsigned long)(now % SECONDS(1) / MICROSECS(1)));

        put(stamp, (size_t)n);
    }
}

static void put_lines(const char *s, size_t n)
{
    while (n) {
        const char *nl = strchr(s, '\n');
        size_t len = nl && (size_t)(nl - s) < n ? (size_t)(nl - s) + 1 : n;

        if (!line_open) {
            put_line_start();
        }
        put(s, len);
        line_open = s[len - 1] != '\n';
        s += len;
        n -= len;
    }
}

static bool bucket_take(struct bucket *b)
{
    s_time_t now = NOW();

    if (now - b->filled >= BUCKET_PERIOD) {
        s_time_t more = (now - b->filled) / BUCKET_PERIOD;

        b->left = more > BUCKET_SIZE - b->left ? BUCKET_SIZE : b->left + (unsigned int)more;
        b->filled = now;
    }
    if (!b->left) {
        b->dropped++;
        return false;
    }
    b->left--;
    if (b->dropped) {
        char note[64];
        int n = snprintf(note, sizeof(note), "%u message%s suppressed\n", b->dropped,
                         b->dropped == 1 ? "" : "s");

        b->dropped = 0;
        put_lines(note, (size_t)n);
    }
    return true;
}

/* Takes the level marks off the start of a message. */
static const char *strip_level(const char *s, unsigned int *level, bool *from_guest)
{
    *level = LEVEL_DEFAULT;
    *from_guest = false;
    while (s[0] == '<' && s[1] && s[2] == '>') {
        if (s[1] == 'G') {
            *from_guest = true;
        } else if (s[1] >= '0' && s[1] < '0' + NR_LEVELS) {
            *level = (unsigned int)(s[1] - '0');
        } else {
            break;
        }
        s += 3;
    }
    return s;
}

static bool wanted(unsigned int level, bool from_guest)
{
    const struct thresholds *t = from_guest ? &guest : &own;

    if (emergency || level < t->lower) {
        return true;
    }
    return level < t->upper && bucket_take(&bucket);
}

void vprintk(const char *fmt, va_list ap)
{
    unsigned long flags = console_lock_output();
    unsigned int level;
    bool from_guest;
    const char *s;

    vsnprintf(message, sizeof(message), fmt, ap);
    s = strip_level(message, &level, &from_guest);
    /* The rest of a line shares the fate of its beginning. */
    if (!(line_open || line_dropped)) {
        line_dropped = !wanted(level, from_guest);
    }
    if (*s && line_dropped) {
        line_dropped = s[strlen(s) - 1] != '\n';
        console_unlock_output(flags);
        return;
    }
    put_lines(s, strlen(s));
    console_unlock_output(flags);
    console_ring_notify();
}

void printk(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintk(fmt, ap);
    va_end(ap);
}
