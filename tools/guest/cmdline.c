/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line in start_info, read in place.
 */
#include <stdlib.h>
#include <string.h>
#include <guest/cmdline.h>
#include <guest/start.h>

static const char *next_word(const char *at, size_t *len)
{
    at += strspn(at, " \t");
    *len = strcspn(at, " \t");
    return at;
}

static const char *text(void)
{
    return (const char *)guest_start_info->cmd_line;
}

bool cmdline_has(const char *word)
{
    size_t len;

    for (const char *at = next_word(text(), &len); len; at = next_word(at + len, &len)) {
        if (len == strlen(word) && !strncmp(at, word, len)) {
            return true;
        }
    }
    return false;
}

bool cmdline_get(const char *name, char *value, size_t size)
{
    size_t len, name_len = strlen(name);
    bool found = false;

    for (const char *at = next_word(text(), &len); len; at = next_word(at + len, &len)) {
        size_t value_len = len - name_len - 1;

        if (len <= name_len || strncmp(at, name, name_len) || at[name_len] != '=' ||
            value_len >= size) {
            continue;
        }
        memcpy(value, at + name_len + 1, value_len);
        value[value_len] = '\0';
        found = true;
    }
    return found;
}

unsigned long cmdline_number(const char *name, unsigned long otherwise)
{
    char value[32];

    return cmdline_get(name, value, sizeof(value)) ? strtoul(value, NULL, 0) : otherwise;
}

bool glob_match(const char *pattern, const char *s)
{
    const char *star = NULL, *retry = NULL;

    while (*s) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = s;
        } else if (*pattern == '?' || *pattern == *s) {
            pattern++;
            s++;
        } else if (star) {
            pattern = star;
            s = ++retry;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}
