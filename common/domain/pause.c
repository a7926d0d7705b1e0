/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pausing domains: counted, each pause undone by who made it. The control domain's own pause is one
 * count beside the others, with a flag, since its tools may ask for it twice.
 */
#include <hv/virq.h>
#include "private.h"

static void pause_vcpus(struct domain *d, void (*how)(struct vcpu *v))
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        how(v);
    }
}

void domain_pause(struct domain *d)
{
    ASSERT(d != current->domain);
    (void)__atomic_add_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST);
    pause_vcpus(d, vcpu_sleep_sync);
}

void domain_pause_nosync(struct domain *d)
{
    (void)__atomic_add_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST);
    pause_vcpus(d, vcpu_sleep_nosync);
}

void domain_unpause(struct domain *d)
{
    if (__atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST) == 0) {
        pause_vcpus(d, vcpu_wake);
    }
}

/* Its tools nest a few; more is a mistake, and would have the count go round in the end. */
#define CONTROLLER_PAUSES_MAX 255

int domain_pause_by_systemcontroller(struct domain *d)
{
    unsigned int old = __atomic_load_n(&d->controller_pauses, __ATOMIC_RELAXED);

    do {
        if (old >= CONTROLLER_PAUSES_MAX) {
            return -EOVERFLOW;
        }
    } while (!__atomic_compare_exchange_n(&d->controller_pauses, &old, old + 1, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    domain_pause(d);
    return 0;
}

int domain_unpause_by_systemcontroller(struct domain *d)
{
    unsigned int old = __atomic_load_n(&d->controller_pauses, __ATOMIC_RELAXED);

    do {
        if (old == 0) {
            return -EINVAL;
        }
    } while (!__atomic_compare_exchange_n(&d->controller_pauses, &old, old - 1, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    if (old == 1) {
        WRITE_ONCE(d->creation_finished, true);
    }
    domain_unpause(d);
    return 0;
}

/* A breakpoint in a guest that is being debugged: it stops here, and its debugger is told. */
void domain_pause_for_debugger(void)
{
    struct domain *d = current->domain;

    (void)__atomic_add_fetch(&d->controller_pauses, 1, __ATOMIC_SEQ_CST);
    domain_pause_nosync(d);
    send_global_virq(VIRQ_DEBUGGER);
}
