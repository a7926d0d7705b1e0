/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON on stdout (RFC 8259). Strings come from the hypervisor and from file names: bytes below
 * space and above 0x7e are escaped, so that the output is ASCII whatever they hold.
 */
#include <inttypes.h>
#include <stdio.h>

#include "json.h"

static unsigned int depth;
static bool comma; /* the next value follows another */

static void quoted(const char *text)
{
    putchar('"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            printf("\\%c", *p);
        } else if (*p < ' ' || *p > '~') {
            printf("\\u%04x", *p);
        } else {
            putchar(*p);
        }
    }
    putchar('"');
}

static void start(const char *key)
{
    if (depth) {
        printf("%s\n%*s", comma ? "," : "", (int)depth * 2, "");
    }
    comma = true;
    if (key) {
        quoted(key);
        printf(": ");
    }
}

void json_open(const char *key, char bracket)
{
    start(key);
    putchar(bracket);
    depth++;
    comma = false;
}

void json_close(char bracket)
{
    depth--;
    if (comma) {
        printf("\n%*s", (int)depth * 2, "");
    }
    putchar(bracket);
    comma = true;
    if (!depth) {
        putchar('\n');
    }
}

void json_string(const char *key, const char *value)
{
    start(key);
    quoted(value);
}

void json_number(const char *key, uint64_t value)
{
    start(key);
    printf("%" PRIu64, value);
}

void json_signed(const char *key, int64_t value)
{
    start(key);
    printf("%" PRId64, value);
}

void json_bool(const char *key, bool value)
{
    start(key);
    printf(value ? "true" : "false");
}

void json_null(const char *key)
{
    start(key);
    printf("null");
}
