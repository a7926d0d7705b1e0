/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The demonstration: a virtual interrupt is handed to another domain, which then learns of a
 * domain's death without a word from dom0.
 *
 * Ends with "DEMO PASS" or "DEMO FAIL reason" on the serial line, and answers the exit status.
 */
#include <stdio.h>
#include <guest/cpu.h>
#include <guest/time.h>

#include "demo.h"
#include "domains.h"
#include "host.h"

#define VICTIMS    4
#define SILENCE_MS 1000
#define REPORT_MS  20000
#define MEGABYTES  4

static int failed(const char *reason)
{
    printf("DEMO FAIL %s\n", reason);
    return 1;
}

static unsigned int pick(unsigned int count)
{
    uint64_t x = cpu_rdtsc();

    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdull;
    x ^= x >> 33;
    return (unsigned int)(x % count);
}

/* Destroys one of the victims that are left, picked at random; answers its id in *id. */
static int destroy_one(struct guest_domain **victims, unsigned int *left, uint32_t *id)
{
    unsigned int i = pick(*left);
    struct guest_domain *d = victims[i];

    *id = d->id;
    victims[i] = victims[--*left];
    return domain_end(d);
}

static int start_domains(struct guest_domain **handler, struct guest_domain **victims)
{
    *handler = domain_new("handler", MEGABYTES, 1);
    if (!*handler || !console_wait(*handler, 0, "handler: ready", REPORT_MS)) {
        return failed("the handler domain did not start");
    }
    for (unsigned int i = 0; i < VICTIMS; i++) {
        victims[i] = domain_new("victim", MEGABYTES, 1);
        if (!victims[i] || !console_wait(victims[i], 0, "victim: up", REPORT_MS)) {
            return failed("a victim did not start");
        }
    }
    return 0;
}

int demo_run(void)
{
    struct guest_domain *handler, *victims[VICTIMS];
    unsigned int left = VICTIMS;
    char expected[48];
    uint32_t id;
    size_t before;

    printf("--- the host\n");
    host_show();
    printf("--- a handler domain and %u victims\n", VICTIMS);
    if (start_domains(&handler, victims)) {
        return 1;
    }
    domains_show();

    /* A look at the new domains, so that the handler knows them before one is taken away. */
    consoles_pump(true);
    before = handler->log_len;
    if (console_wait(handler, before, "died", SILENCE_MS)) {
        return failed("the handler reported a death before there was one");
    }
    if (destroy_one(victims, &left, &id)) {
        return failed(xc_get_last_error_message(xch));
    }
    printf("--- domain %u destroyed; VIRQ_DOM_EXC is dom0's, the handler domain must be silent\n",
           id);
    if (console_wait(handler, before, "handler:", SILENCE_MS)) {
        return failed("the handler domain spoke before the interrupt was its own");
    }

    if (virq_set(VIRQ_DOM_EXC, handler->id)) {
        return failed(xc_get_last_error_message(xch));
    }
    printf("--- VIRQ_DOM_EXC handed to domain %u\n", handler->id);
    virqs_show();
    if (destroy_one(victims, &left, &id)) {
        return failed(xc_get_last_error_message(xch));
    }
    printf("--- domain %u destroyed\n", id);
    snprintf(expected, sizeof(expected), "handler: domain %u died\n", id);
    if (!console_wait(handler, before, expected, REPORT_MS)) {
        return failed("the handler domain did not name the domain that died");
    }
    printf("--- the handler domain found out\n");

    domain_end(handler);
    while (left) {
        domain_end(victims[--left]);
    }
    domains_show();
    printf("DEMO PASS domain %u\n", id);
    return 0;
}
