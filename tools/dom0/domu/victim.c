/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain that does nothing but be there: says so, and sleeps until it is destroyed.
 */
#include <stdio.h>
#include <guest/start.h>
#include <guest/time.h>

int guest_main(void)
{
    printf("victim: up with %lu pages\n", guest_start_info->nr_pages);
    for (;;) {
        time_sleep(10 * NSEC_PER_SEC);
    }
}
