/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refused accesses: each is told with device, address and reason, a few a second and device. One
 * that goes on beyond all measure is quieted: its unit no longer records its faults, until the
 * device changes hands (I19).
 *
 * Lock: each unit's, RANK_IOMMU_FAULT, taken in interrupt context. Quieting takes the devices' lock
 * and so happens in a tasklet.
 */
#include <hv/lib.h>
#include <hv/tasklet.h>

#include "private.h"

#define WINDOW       SECONDS(1)
#define TOLD         8   /* messages a window and requester */
#define FLOOD        512 /* faults a window: enough */
#define MAX_SOURCES  16  /* requesters that are told apart */
#define MAX_MESSAGES 64  /* a window, of all */

struct source {
    uint16_t id;
    bool used, to_quiet;
    unsigned int count;
};

struct iommu_faults {
    irqlock_t lock;
    s_time_t window;
    unsigned int messages;
    struct source sources[MAX_SOURCES];
    struct iommu_unit *unit;
    struct tasklet quieter;
};

static void quiet_floods(void *data)
{
    struct iommu_faults *f = data;

    for (unsigned int i = 0; i < MAX_SOURCES; i++) {
        struct source *s = &f->sources[i];
        unsigned long flags = irq_lock(&f->lock);
        bool go = s->used && s->to_quiet;
        uint16_t id = s->id;

        s->to_quiet = false;
        irq_unlock(&f->lock, flags);
        /* No guest repeats this: a device that is quiet reaches nothing, and is refused nothing. */
        if (go) {
            printk(XENLOG_ERR "IOMMU: " PRI_pci " floods with refused accesses: quieted\n",
                   f->unit->segment, id >> 8, id >> 3 & 0x1f, id & 7U);
            iommu_device_quiet(f->unit, id);
        }
    }
}

int __init iommu_faults_init(struct iommu_unit *u)
{
    struct iommu_faults *f = xzalloc(struct iommu_faults);

    if (!f) {
        return -ENOMEM;
    }
    irq_lock_init(&f->lock, RANK_IOMMU_FAULT);
    f->unit = u;
    tasklet_init(&f->quieter, quiet_floods, f);
    u->faults = f;
    return 0;
}

/* A requester's record; those of a past window are given away. NULL: too many at once. */
static struct source *source_of(struct iommu_faults *f, uint16_t id)
{
    struct source *unused = NULL;

    for (unsigned int i = 0; i < MAX_SOURCES; i++) {
        struct source *s = &f->sources[i];

        if (s->used && s->id == id) {
            return s;
        }
        if (!s->used) {
            unused = s;
        }
    }
    if (unused) {
        *unused = (struct source){ .used = true, .id = id };
    }
    return unused;
}

static void new_window(struct iommu_faults *f)
{
    f->window = NOW();
    f->messages = 0;
    for (unsigned int i = 0; i < MAX_SOURCES; i++) {
        f->sources[i].count = 0;
        f->sources[i].used = f->sources[i].to_quiet;
    }
}

void iommu_fault_report(struct iommu_unit *u, const struct iommu_fault *fault)
{
    struct iommu_faults *f = u->faults;
    unsigned long flags = irq_lock(&f->lock);
    bool tell, flood = false;
    struct source *s;

    if (NOW() - f->window > WINDOW) {
        new_window(f);
    }
    s = source_of(f, fault->source);
    tell = s && s->count < TOLD && f->messages < MAX_MESSAGES;
    f->messages += tell;
    if (s && ++s->count == FLOOD) {
        s->to_quiet = flood = true;
    }
    irq_unlock(&f->lock, flags);

    if (tell) {
        /* No guest repeats this: a window of time has MAX_MESSAGES. */
        printk(XENLOG_ERR "IOMMU: " PRI_pci " %s %#lx refused: %s (%#x)\n", u->segment,
               fault->source >> 8, fault->source >> 3 & 0x1f, fault->source & 7U,
               fault->write ? "write to" : "read of", fault->address, fault->what, fault->reason);
    }
    if (flood) {
        tasklet_schedule(&f->quieter);
    }
}
