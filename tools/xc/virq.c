/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Global virtual interrupts: handing one to a domain, and what is known of who has them.
 *
 * The interface cannot be asked for a virtual interrupt's handler. What is shown is what xc set, as
 * long as that domain lives; when it dies the interrupt is dom0's again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "record.h"
#include "virqs.h"
#include "xc.h"

static void link_path(unsigned int virq, char *path, size_t size)
{
    snprintf(path, size, "/run/xc/virq-%u", virq);
}

/* The handler is kept as a link that names its domain's handle: written in one step, read too. */
static int remember(unsigned int virq, const xc_dominfo_t *info)
{
    char path[40], scratch[48], key[2 * sizeof(xen_domain_handle_t) + 1];

    link_path(virq, path, sizeof(path));
    if (info->domid == 0) {
        return unlink(path) && errno != ENOENT ? -1 : 0;
    }
    snprintf(scratch, sizeof(scratch), "%s.new", path);
    record_key(info->handle, key);
    if (!record_folder() || (unlink(scratch) && errno != ENOENT) || symlink(key, scratch)) {
        return -1;
    }
    return rename(scratch, path);
}

/* The domain that was given it and lives, or 0. */
static uint32_t handler_of(unsigned int virq)
{
    char path[40], target[64], key[2 * sizeof(xen_domain_handle_t) + 1];
    xc_dominfo_t info;
    ssize_t length;

    link_path(virq, path, sizeof(path));
    length = readlink(path, target, sizeof(target) - 1);
    if (length < 0) {
        return 0;
    }
    target[length] = '\0';
    for (uint32_t next = 1; xc_domain_getinfo(xch, next, 1, &info) == 1; next = info.domid + 1) {
        record_key(info.handle, key);
        if (!info.dying && !strcmp(key, target)) {
            return info.domid;
        }
    }
    return 0;
}

static bool virq_number(const char *text, unsigned int *number)
{
    unsigned long value;
    int known = virq_by_name(text);

    if (known < 0 && !parse_number(text, 0, NR_VIRQS - 1, &value)) {
        return false;
    }
    *number = known < 0 ? (unsigned int)value : (unsigned int)known;
    return true;
}

int cmd_virq_handler(int argc, char **argv)
{
    unsigned int virq;
    xc_dominfo_t info;

    if (argc != 3) {
        return xc_misused("it wants a virtual interrupt and a domain");
    }
    if (!virq_number(argv[1], &virq)) {
        return xc_misused("%s is no virtual interrupt: `xc virq-list` has them", argv[1]);
    }
    if (!find_domain(argv[2], &info)) {
        return XC_FAILED;
    }
    if (xc_domain_set_virq_handler(xch, info.domid, (int)virq)) {
        return xc_get_last_errno(xch) == EINVAL
                   ? xc_say("virtual interrupt %u is not a global one, or domain %u is dying", virq,
                            info.domid)
                   : xc_say_failed();
    }
    if (remember(virq, &info)) {
        return xc_say("handed over, but /run/xc cannot remember it: %s", strerror(errno));
    }
    return XC_OK;
}

int cmd_virq_list(int argc, char **argv)
{
    if (argc > 1) {
        return xc_misused("%s is too much", argv[1]);
    }
    if (json) {
        json_open(NULL, '[');
    } else {
        printf("virq name         handler\n");
    }
    for (size_t i = 0; i < NR_VIRQ_NAMES; i++) {
        uint32_t handler = handler_of(virqs[i].number);

        if (json) {
            json_open(NULL, '{');
            json_number("virq", virqs[i].number);
            json_string("name", virqs[i].name);
            json_number("handler", handler);
            json_close('}');
        } else {
            printf("%4u %-12s domain %u\n", virqs[i].number, virqs[i].name, handler);
        }
    }
    if (json) {
        json_close(']');
    }
    return XC_OK;
}
