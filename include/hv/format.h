/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the formatter (common/lib/snprintf.c) and what prints kinds of pointers
 * (common/lib/pointer.c). Everybody else calls snprintf() or printk().
 */
#ifndef HV_FORMAT_H
#define HV_FORMAT_H

#include <hv/compiler.h>

/* Where output goes: used counts on past size, at which nothing more is stored. */
struct format_out {
    char *buf;
    size_t size, used;
};

void format_char(struct format_out *out, char c);
void format_string(struct format_out *out, const char *s);
/* At least `digits` digits. */
void format_number(struct format_out *out, uint64_t value, unsigned int base, unsigned int digits);

/*
 * Prints what pointer points to, by kind: v struct vcpu, d struct domain, s symbol, S symbol with
 * offset and size. Returns its length; out NULL only measures. Any context.
 */
size_t format_pointer(struct format_out *out, char kind, const void *pointer);

#endif
