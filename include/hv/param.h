/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command-line options. A room declares an option beside the variable that it sets; the parser
 * names in one line each option that is unknown or whose value does not parse, and goes on.
 *
 * Invariant (I30): an option whose value is refused changes nothing. A value is parsed into a copy
 * of the variable, which is stored when all of the value has been understood. A custom parser gets
 * that copy and sets nothing else.
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
    uint64_t least, most; /* PARAM_UINT, PARAM_SIZE: what is taken */
    /* PARAM_CUSTOM: 0, or -EINVAL when val is malformed; copy: of var, to be changed. */
    int (*fn)(const char *val, void *copy);
};

#define PARAM_COPY_MAX 128

#define PARAM_(nm, k, v, l, lo, hi, f)                                                             \
    static const struct param __used __aligned(8) __section(".init.params")                        \
        PARAM_UNIQ_(param_, __COUNTER__) = { nm, k, l, v, lo, hi, f }
#define PARAM_UNIQ_(a, b)  PARAM_UNIQ2_(a, b)
#define PARAM_UNIQ2_(a, b) a##b

#define string_param(name, array) PARAM_(name, PARAM_STRING, array, sizeof(array), 0, 0, NULL)
#define bool_param(name, var)     PARAM_(name, PARAM_BOOL, &(var), sizeof(var), 0, 1, NULL)
#define uint_param(name, var, least, most)                                                         \
    PARAM_(name, PARAM_UINT, &(var), sizeof(var), least, most, NULL)
#define size_param(name, var, least, most)                                                         \
    PARAM_(name, PARAM_SIZE, &(var), sizeof(var), least, most, NULL)
/* func: int (const char *val, __typeof__(var) *copy) */
#define custom_param(name, func, var) CUSTOM_PARAM_(name, func, var, __COUNTER__)
#define CUSTOM_PARAM_(name, func, var, id)                                                         \
    static int __init PARAM_UNIQ_(parse_param_, id)(const char *val, void *copy)                   \
    {                                                                                              \
        return func(val, copy);                                                                    \
    }                                                                                              \
    _Static_assert(                                                                                \
        __builtin_types_compatible_p(__typeof__(&func), int (*)(const char *, __typeof__(var) *)), \
        "the parser is for another variable");                                                     \
    _Static_assert(sizeof(var) <= PARAM_COPY_MAX, "PARAM_COPY_MAX");                               \
    PARAM_(name, PARAM_CUSTOM, &(var), sizeof(var), 0, 0, PARAM_UNIQ_(parse_param_, id))

/* Parses the whole line; warns by name. Splits at spaces; "opt", "no-opt", "opt=val". */
void cmdline_parse(const char *line) __init;
/* Cuts the line before the word "--"; what follows it, "" without one. */
const char *cmdline_split(char *line) __init;
/* Helpers for custom parsers: 0/1 for a boolean word (or NULL/""), -EINVAL otherwise. */
int parse_bool(const char *val, size_t len);
/*
 * A number at s, which starts with a digit; *end is where it stopped, and the caller's to judge.
 * 0, -EINVAL when there is none, -ERANGE when it is more than most; then nothing is stored.
 */
int parse_number(const char *s, const char **end, unsigned int base, uint64_t most, uint64_t *n)
    __must_check;
/* "512M", "2G", "4096k": the same, in bytes. Without a suffix it counts KiB. */
int parse_size(const char *s, const char **end, uint64_t most, uint64_t *bytes) __must_check;

#endif
