/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files under /run/xc. A file is written whole under another name and then renamed, so that a
 * reader sees all of it or nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

#define FOLDER "/run/xc"

const char *record_folder(void)
{
    return mkdir(FOLDER, 0755) && errno != EEXIST ? NULL : FOLDER;
}

void record_key(const xen_domain_handle_t handle, char *key)
{
    for (unsigned int i = 0; i < sizeof(xen_domain_handle_t); i++) {
        sprintf(key + 2 * i, "%02x", handle[i]);
    }
}

static void path_of(const xen_domain_handle_t handle, char *path, size_t size, const char *end)
{
    char key[2 * sizeof(xen_domain_handle_t) + 1];

    record_key(handle, key);
    snprintf(path, size, "%s/%s%s", FOLDER, key, end);
}

bool record_read(const xen_domain_handle_t handle, struct record *r)
{
    char path[80], line[128];
    FILE *file;

    memset(r, 0, sizeof(*r));
    path_of(handle, path, sizeof(path), "");
    file = fopen(path, "re");
    if (!file) {
        return false;
    }
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (!strncmp(line, "name=", 5)) {
            snprintf(r->name, sizeof(r->name), "%.*s", NAME_MAX_BYTES - 1, line + 5);
        } else if (sscanf(line, "console-port=%u", &r->console_port) != 1) {
            (void)sscanf(line, "console-mfn=%" SCNu64, &r->console_mfn);
        }
    }
    fclose(file);
    return true;
}

int record_write(const xen_domain_handle_t handle, const struct record *r)
{
    char path[80], scratch[80];
    FILE *file;
    int bad;

    if (!record_folder()) {
        return -1;
    }
    path_of(handle, path, sizeof(path), "");
    path_of(handle, scratch, sizeof(scratch), ".new");
    file = fopen(scratch, "we");
    if (!file) {
        return -1;
    }
    fprintf(file, "name=%s\nconsole-mfn=%" PRIu64 "\nconsole-port=%u\n", r->name, r->console_mfn,
            r->console_port);
    bad = ferror(file);
    if (fclose(file) || bad) {
        unlink(scratch);
        return -1;
    }
    return rename(scratch, path);
}

void record_remove(const xen_domain_handle_t handle)
{
    char path[80];

    path_of(handle, path, sizeof(path), "");
    unlink(path);
}
