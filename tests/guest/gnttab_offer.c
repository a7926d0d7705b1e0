/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this hypervisor has of grant tables, by build and by `gnttab=`: asked of it, so that a suite
 * runs on any. What the run says is not there (`without=v2,transfer,transitive`) is checked to be
 * just that which is not (gnttab.c).
 */
#include <guest/cmdline.h>
#include "gnttab_test.h"

unsigned int gt_versions(void)
{
    static unsigned int highest;

    /* At first the runtime takes the highest. */
    if (!highest && !gnttab_init()) {
        highest = gnttab_abi->version;
    }
    return highest;
}

long gt_use(unsigned int version)
{
    if (!gt_versions()) {
        return gnttab_init();
    }
    return gnttab_abi->version == version ? 0 : gnttab_switch_version(version);
}

bool gt_has_transfer(void)
{
    struct gnttab_transfer op;

    return hv_grant_table_op(GNTTABOP_transfer, &op, 0) != -ENOSYS;
}

bool gt_told_without(const char *what)
{
    char list[64], *at;
    size_t len = strlen(what);

    if (!cmdline_get("without", list, sizeof(list))) {
        return false;
    }
    for (at = list; *at; at += *at == ',') {
        size_t word = 0;

        while (at[word] && at[word] != ',') {
            word++;
        }
        if (word == len && !memcmp(at, what, len)) {
            return true;
        }
        at += word;
    }
    return false;
}
