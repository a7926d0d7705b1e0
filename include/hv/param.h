/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command-line options. A room declares an option beside the variable that it sets; the parser
 * names in one line each option that is unknown or whose value does not parse, and goes on.
 */
#ifndef HV_PARAM_H
#define HV_PARAM_H

#include <hv/compiler.h>

enum param_kind { PARAM_STRING, PARAM_BOOL, PARAM_UINT, PARAM_SIZE, PARAM_CUSTOM };

struct param {
    const char *name;
    enum param_kind kind;
    unsigned int len; /* bytes of var */
    void *var;
    int (*fn)(const char *val); /* PARAM_CUSTOM: 0, or -EINVAL when val is malformed */
};

#define PARAM_(nm, k, v, l, f)                                                                     \
    static const struct param __used __aligned(8) __section(".init.params")                        \
        PARAM_UNIQ_(param_, __COUNTER__) = { nm, k, l, v, f }
#define PARAM_UNIQ_(a, b)  PARAM_UNIQ2_(a, b)
#define PARAM_UNIQ2_(a, b) a##b

#define string_param(name, array) PARAM_(name, PARAM_STRING, array, sizeof(array), NULL)
#define bool_param(name, var)     PARAM_(name, PARAM_BOOL, &(var), sizeof(var), NULL)
#define uint_param(name, var)     PARAM_(name, PARAM_UINT, &(var), sizeof(var), NULL)
#define size_param(name, var)     PARAM_(name, PARAM_SIZE, &(var), sizeof(var), NULL)
#define custom_param(name, fn)    PARAM_(name, PARAM_CUSTOM, NULL, 0, fn)

/* Parses the whole line; warns by name. Splits at spaces; "opt", "no-opt", "opt=val". */
void cmdline_parse(const char *line) __init;
/* Helpers for custom parsers: 0/1 for a boolean word (or NULL/""), -EINVAL otherwise. */
int parse_bool(const char *val, size_t len);
/* "512M", "2G", "4096k"; *end is where it stopped. */
uint64_t parse_size(const char *s, const char **end);

#endif
