/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's command line: options declared with the macros of hv/param.h, found by name and
 * set one word at a time. A word that names no option, or whose value its option refuses, is named
 * in one line and changes nothing (I30): values are parsed into a copy, and stored last, by one
 * place. The words after "--" are for the first domain.
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

int parse_number(const char *s, const char **end, unsigned int base, uint64_t most, uint64_t *n)
{
    const char *p;
    uint64_t value = strtoul(s, &p, base);

    *end = p;
    /* strtoul() would take spaces and signs. A word that starts with a letter may be hexadecimal.
     */
    if (p == s || *s == '-' || *s == '+' || *s == ' ' || (*s >= '\t' && *s <= '\r')) {
        return -EINVAL;
    }
    if (value == ~0UL || value > most) { /* ~0: too large a number, too */
        return -ERANGE;
    }
    *n = value;
    return 0;
}

/* Without a suffix the number counts KiB, as it always did in these options. */
int parse_size(const char *s, const char **end, uint64_t most, uint64_t *bytes)
{
    static const char suffixes[] = "BKMGT";
    unsigned int shift = 10;
    uint64_t n;
    int rc = parse_number(s, end, 0, ~0UL, &n);

    if (rc) {
        return rc;
    }
    for (unsigned int i = 0; suffixes[i]; i++) {
        if ((**end & ~0x20) == suffixes[i]) {
            shift = 10 * i;
            (*end)++;
            break;
        }
    }
    if (n > most >> shift) {
        return -ERANGE;
    }
    *bytes = n << shift;
    return 0;
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
    const char *end = val;
    uint64_t n = 0;
    int rc = p->kind == PARAM_SIZE ? parse_size(val, &end, p->most, &n)
                                   : parse_number(val, &end, 0, p->most, &n);

    if (rc || *end || n < p->least) {
        return -EINVAL;
    }
    return store_number(p, n);
}

static int __init set_custom(const struct param *p, const char *val)
{
    static char copy[PARAM_COPY_MAX] __aligned(16) __initdata;
    int rc;

    memcpy(copy, p->var, p->len);
    rc = p->fn(val, copy);
    if (!rc) {
        memcpy(p->var, copy, p->len);
    }
    return rc;
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
        return p->kind == PARAM_CUSTOM && !val ? set_custom(p, "no") : -EINVAL;
    }
    switch (p->kind) {
    case PARAM_STRING:
        return set_string(p, val ? val : "");
    case PARAM_UINT:
    case PARAM_SIZE:
        return val ? set_number(p, val) : -EINVAL;
    case PARAM_CUSTOM:
        return set_custom(p, val ? val : "");
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

/* At the first word that s has, and its length. */
static const char *__init next_word(const char *s, size_t *len)
{
    while (*s == ' ' || *s == '\t') {
        s++;
    }
    for (*len = 0; s[*len] && s[*len] != ' ' && s[*len] != '\t'; (*len)++) {
    }
    return s;
}

const char *__init cmdline_split(char *line)
{
    size_t len;

    for (const char *s = next_word(line, &len); len; s = next_word(s + len, &len)) {
        if (len == 2 && s[0] == '-' && s[1] == '-') {
            const char *rest = next_word(s + len, &len);
            size_t end = (size_t)(s - line);

            while (end && (line[end - 1] == ' ' || line[end - 1] == '\t')) {
                end--;
            }
            line[end] = '\0';
            return rest;
        }
    }
    return "";
}

void __init cmdline_parse(const char *line)
{
    static char __initdata word[512];
    size_t len;

    for (const char *s = next_word(line ? line : "", &len); len; s = next_word(s + len, &len)) {
        memcpy(word, s, min(len, sizeof(word) - 1));
        word[min(len, sizeof(word) - 1)] = '\0';
        if (len >= sizeof(word)) {
            printk(XENLOG_WARNING "command line: option too long: \"%.40s...\"\n", word);
        } else if (strcmp(word, "placeholder")) { /* what GRUB's scripts put in the image's place */
            take_word(word);
        }
    }
}
