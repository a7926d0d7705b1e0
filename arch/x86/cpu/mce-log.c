/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors of the machine that dom0 has not acknowledged yet, oldest first. dom0 is told by VIRQ_MCA,
 * reads one with mce_log_oldest() as often as it likes and ends it with mce_log_done(); one that
 * dies in between loses nothing. The first errors tell most: when there is no room, later ones are
 * named on the console alone.
 */
#include <hv/lib.h>
#include <hv/lock.h>
#include <hv/virq.h>
#include <asm/mce.h>

#define ROOM 64

static struct mce_error errors[ROOM];
static unsigned int nr_errors;
static uint64_t last_id;
static bool told_of_loss;
static DEFINE_SPINLOCK(log_lock, RANK_MCE_LOG);

void mce_log(const struct mce_error *e)
{
    bool tell = false;

    spin_lock(&log_lock);
    if (nr_errors < ROOM) {
        errors[nr_errors] = *e;
        errors[nr_errors++].id = ++last_id;
    } else {
        tell = !told_of_loss;
        told_of_loss = true;
    }
    spin_unlock(&log_lock);
    /* No guest repeats this: it is told once. */
    if (tell) {
        printk(XENLOG_WARNING "Machine checks: dom0 reads none, later ones are told here alone\n");
    }
    send_global_virq(VIRQ_MCA);
}

bool mce_log_oldest(bool urgent, struct mce_error *e)
{
    bool found = false;

    spin_lock(&log_lock);
    for (unsigned int i = 0; i < nr_errors && !found; i++) {
        if (errors[i].urgent == urgent) {
            *e = errors[i];
            found = true;
        }
    }
    spin_unlock(&log_lock);
    return found;
}

void mce_log_done(bool urgent, uint64_t id)
{
    spin_lock(&log_lock);
    for (unsigned int i = 0; i < nr_errors; i++) {
        if (errors[i].urgent == urgent && errors[i].id == id) {
            nr_errors--;
            memmove(&errors[i], &errors[i + 1], (nr_errors - i) * sizeof(errors[0]));
            break;
        }
    }
    spin_unlock(&log_lock);
}
