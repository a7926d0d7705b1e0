/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's command line: options declared with the macros of hv/param.h, found by name and
 * set one word at a time. A word that names no option, or whose value its option refuses, is named
 * in one line and changes nothing. The words after "--" are for the first domain.
 *
 * Runs once, on the first CPU, before anything else prints: what it says waits in the console ring.
 */
#include <hv/lib.h>
#include <hv/param.h>

extern const struct param __params_start[], __params_end[];

int parse_bool(const char *val, size_t len)
{
    static const char *const words[][5] = {
        { "no", "off", "false", "disable", "0" },
        { "yes", "on", "true", "enable", "1" },
    };

    if (!val || !len) {
        return 1;
    }
    for (int answer = 0; answer < 2; answer++) {
        for (unsigned int i = 0; i < ARRAY_SIZE(words[0]); i++) {
            if (strlen(words[answer][i]) == len && !strncmp(words[answer][i], val, len)) {
                return answer;
            }
        }
    }
    return -EINVAL;
}

/* Without a suffix the number counts KiB, as it always did in these options. */
uint64_t parse_size(const char *s, const char **end)
{
    const char *p;
    uint64_t n = strtoul(s, &p, 0);
    unsigned int shift = 10;

    if (p != s) {
        switch (*p) {
        case 'T':
        case 't':
            shift = 40;
            p++;
            break;
        case 'G':
        case 'g':
            shift = 30;
            p++;
            break;
        case 'M':
        case 'm':
            shift = 20;
            p++;
            break;
        case 'K':
        case 'k':
            p++;
            break;
        case 'B':
        case 'b':
            shift = 0;
            p++;
            break;
        default:
            break;
        }
    }
    if (end) {
        *end = p;
    }
    return n > (~0UL >> shift) ? ~0UL : n << shift;
}

static int __init store_number(const struct param *p, uint64_t n)
{
    if (p->len < sizeof(n) && n >> (8 * p->len)) {
        return -ERANGE;
    }
    memcpy(p->var, &n, p->len);
    return 0;
}

static int __init set_number(const struct param *p, const char *val)
{
    const char *end;
    uint64_t n = p->kind == PARAM_SIZE ? parse_size(val, &end) : strtoul(val, &end, 0);

    if (end == val || *end) {
        return -EINVAL;
    }
    return store_number(p, n);
}

static int __init set_bool(const struct param *p, const char *val, bool inverted)
{
    int b = parse_bool(val, val ? strlen(val) : 0);

    if (b < 0 || (inverted && val)) {
        return -EINVAL;
    }
    return store_number(p, inverted ? !b : b);
}

static int __init set_string(const struct param *p, const char *val)
{
    if (strlen(val) >= p->len) {
        return -ERANGE;
    }
    strlcpy(p->var, val, p->len);
    return 0;
}

/* val is NULL when the word has no '='. */
static int __init set_param(const struct param *p, const char *val, bool inverted)
{
    if (p->kind == PARAM_BOOL) {
        return set_bool(p, val, inverted);
    }
    if (inverted) {
        return p->kind == PARAM_CUSTOM && !val ? p->fn("no") : -EINVAL;
    }
    switch (p->kind) {
    case PARAM_STRING:
        return set_string(p, val ? val : "");
    case PARAM_UINT:
    case PARAM_SIZE:
        return val ? set_number(p, val) : -EINVAL;
    case PARAM_CUSTOM:
        return p->fn(val ? val : "");
    default:
        return -EINVAL;
    }
}

/* Dash and underscore are the same letter in a name. */
static bool __init same_name(const char *name, const char *word, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char a = name[i] == '_' ? '-' : name[i];
        char b = word[i] == '_' ? '-' : word[i];

        if (a != b) {
            return false;
        }
    }
    return !name[len];
}

static const struct param *__init find_param(const char *word, size_t len)
{
    for (const struct param *p = __params_start; p < __params_end; p++) {
        if (strnlen(p->name, len) == len && same_name(p->name, word, len)) {
            return p;
        }
    }
    return NULL;
}

/* One word of the line, terminated. */
static void __init take_word(char *word)
{
    char *eq = strchr(word, '=');
    size_t len = eq ? (size_t)(eq - word) : strlen(word);
    const char *val = eq ? eq + 1 : NULL;
    bool inverted = false;
    const struct param *p = find_param(word, len);

    if (!p && len > 3 && !strncmp(word, "no-", 3)) {
        inverted = true;
        p = find_param(word + 3, len - 3);
    }
    if (!p) {
        printk(XENLOG_WARNING "command line: unknown option \"%s\"\n", word);
    } else if (set_param(p, val, inverted) < 0) {
        printk(XENLOG_WARNING "command line: malformed option \"%s\"\n", word);
    }
}

void __init cmdline_parse(const char *line)
{
    static char __initdata word[512];

    for (const char *s = line ? line : "";;) {
        size_t len = 0;

        while (*s == ' ' || *s == '\t') {
            s++;
        }
        while (s[len] && s[len] != ' ' && s[len] != '\t') {
            len++;
        }
        if (!len || (len == 2 && s[0] == '-' && s[1] == '-')) {
            return;
        }
        memcpy(word, s, min(len, sizeof(word) - 1));
        word[min(len, sizeof(word) - 1)] = '\0';
        if (len >= sizeof(word)) {
            printk(XENLOG_WARNING "command line: option too long: \"%.40s...\"\n", word);
        } else if (strcmp(word, "placeholder")) { /* what GRUB's scripts put in the image's place */
            take_word(word);
        }
        s += len;
    }
}
