/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain that grants dom0 a page, names the reference on its console, and answers what dom0
 * writes there.
 */
#include <stdio.h>
#include <string.h>
#include <guest/gnttab.h>
#include <guest/mm.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/time.h>

static char page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

int guest_main(void)
{
    long rc = gnttab_init();
    grant_ref_t ref;

    if (rc) {
        printf("granter: no grant table: %ld\n", rc);
        return 1;
    }
    strcpy(page, "granted");
    ref = gnttab_grant(0, virt_to_mfn(page), 0);
    printf("granter: reference %u\n", ref);
    while (strcmp((const char *)page, "asked")) {
        time_sleep(10 * NSEC_PER_MSEC);
        __asm__ volatile("" ::: "memory");
    }
    strcpy(page, "answered");
    while (!gnttab_end(ref)) {
        time_sleep(10 * NSEC_PER_MSEC);
    }
    printf("granter: done\n");
    for (;;) {
        time_sleep(10 * NSEC_PER_SEC);
    }
}
