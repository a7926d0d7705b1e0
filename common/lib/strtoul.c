/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers out of text, for command lines and device descriptions. No lock; any context.
 */
#include <hv/lib.h>

/* Value of c as a digit, or a number no base reaches. */
static unsigned int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned int)(c - '0');
    }
    if (c >= 'a' && c <= 'z') {
        return (unsigned int)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'Z') {
        return (unsigned int)(c - 'A') + 10;
    }
    return ~0U;
}

static bool has_hex_prefix(const char *s)
{
    return s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16;
}

/* Too large a number gives ULONG_MAX, with all of its digits taken, as in C. */
unsigned long strtoul(const char *s, const char **end, unsigned int base)
{
    const char *start = s;
    unsigned long value = 0;
    bool negative, overflow = false, any = false;

    while (*s == ' ' || (*s >= '\t' && *s <= '\r')) {
        s++;
    }
    negative = *s == '-';
    if (*s == '-' || *s == '+') {
        s++;
    }
    if ((base == 0 || base == 16) && has_hex_prefix(s)) {
        s += 2;
        base = 16;
    } else if (base == 0) {
        base = *s == '0' ? 8 : 10;
    }
    for (unsigned int digit; (digit = digit_value(*s)) < base; s++) {
        any = true;
        overflow |= __builtin_mul_overflow(value, (unsigned long)base, &value);
        overflow |= __builtin_add_overflow(value, (unsigned long)digit, &value);
    }
    if (end) {
        *end = any ? s : start;
    }
    if (overflow) {
        return ~0UL;
    }
    return negative ? -value : value;
}
