/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `iommu=` and `dom0-iommu=`: lists of words, each with an optional `no-` or `=bool`. A list with a
 * word that is unknown is refused whole. Start-up, one CPU.
 */
#include <hv/lib.h>
#include <hv/param.h>

#include "private.h"

struct iommu_options iommu_options = {
    .enable = true,
    .superpages = true,
    .qinval = true,
    .snoop = true,
    .quarantine = QUARANTINE_BASIC,
    .hwdom_inclusive = -1,
    .hwdom_reserved = -1,
};

/* The word's value: -1 when it is not `name`, -2 when what follows = is no boolean. */
static int __init boolean(const char *word, size_t len, const char *name)
{
    size_t n = strlen(name);
    bool no = len > 3 && !strncmp(word, "no-", 3);
    int rc;

    if (no) {
        word += 3;
        len -= 3;
    }
    if (len < n || strncmp(word, name, n)) {
        return -1;
    }
    if (len == n) {
        return !no;
    }
    if (word[n] != '=' || no) {
        return -1;
    }
    rc = parse_bool(word + n + 1, len - n - 1);
    return rc < 0 ? -2 : rc;
}

struct word {
    const char *name;
    bool *flag;
    int *tristate;
};

static int __init set_word(const struct word *words, unsigned int nr, const char *word, size_t len)
{
    for (unsigned int i = 0; i < nr; i++) {
        int val = boolean(word, len, words[i].name);

        if (val == -2) {
            return -EINVAL;
        }
        if (val >= 0 && words[i].flag) {
            *words[i].flag = val;
        } else if (val >= 0) {
            *words[i].tristate = val;
        }
        if (val >= 0) {
            return 0;
        }
    }
    return -ENOENT;
}

static bool is_word(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && !strncmp(word, name, len);
}

static int __init iommu_word(const char *word, size_t len, struct iommu_options *to)
{
    const struct word words[] = {
        { "force", &to->required, NULL },
        { "required", &to->required, NULL },
        { "verbose", &to->verbose, NULL },
        { "debug", &to->verbose, NULL },
        { "superpages", &to->superpages, NULL },
        { "qinval", &to->qinval, NULL },
        { "snoop", &to->snoop, NULL },
        { "intremap-required", &to->remap_required, NULL },
        { "dom0-passthrough", &to->hwdom_passthrough, NULL },
        { "dom0-strict", &to->hwdom_strict, NULL },
    };
    int val = parse_bool(word, len);

    if (val >= 0) {
        to->enable = val;
        return 0;
    }
    if (is_word(word, len, "quarantine=scratch-page")) {
        to->quarantine = QUARANTINE_SCRATCH;
        return 0;
    }
    val = boolean(word, len, "quarantine");
    if (val >= 0) {
        to->quarantine = val ? QUARANTINE_BASIC : QUARANTINE_OFF;
        return 0;
    }
    return set_word(words, ARRAY_SIZE(words), word, len);
}

static int __init hwdom_word(const char *word, size_t len, struct iommu_options *to)
{
    const struct word words[] = {
        { "passthrough", &to->hwdom_passthrough, NULL },
        { "strict", &to->hwdom_strict, NULL },
        { "map-inclusive", NULL, &to->hwdom_inclusive },
        { "map-reserved", NULL, &to->hwdom_reserved },
    };

    return set_word(words, ARRAY_SIZE(words), word, len);
}

static int __init parse_list(const char *s, struct iommu_options *to,
                             int (*set)(const char *word, size_t len, struct iommu_options *to))
{
    do {
        const char *comma = strchr(s, ',');
        size_t len = comma ? (size_t)(comma - s) : strlen(s);

        if (set(s, len, to)) {
            return -EINVAL;
        }
        s = comma ? comma + 1 : NULL;
    } while (s);
    return 0;
}

static int __init parse_iommu(const char *s, struct iommu_options *to)
{
    return parse_list(s, to, iommu_word);
}
custom_param("iommu", parse_iommu, iommu_options);

static int __init parse_hwdom(const char *s, struct iommu_options *to)
{
    return parse_list(s, to, hwdom_word);
}
custom_param("dom0-iommu", parse_hwdom, iommu_options);

bool iommu_hwdom_inclusive(void)
{
    return iommu_options.hwdom_inclusive != 0;
}

bool iommu_hwdom_reserved(void)
{
    return iommu_options.hwdom_reserved != 0;
}
