/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatting: flags "-0+ #", width, precision, hh h l ll z t j, and the conversions d i u x X o c s
 * p %.
 *
 * No state; output goes to the caller's buffer, cut at its size as C says.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct out {
    char *buf;
    size_t size, len;
};

struct spec {
    bool left, zero, plus, space, alt, upper;
    int width, precision; /* precision -1: not given */
    int length;           /* 0 int, 1 long and wider, -1 short, -2 char */
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size) {
        o->buf[o->len] = c;
    }
    o->len++;
}

static void pad(struct out *o, char c, int n)
{
    while (n-- > 0) {
        put(o, c);
    }
}

/* Prefix (sign or 0x), zeros, digits, all in a field. */
static void put_field(struct out *o, const struct spec *s, const char *prefix, int zeros,
                      const char *text, int len)
{
    int blank = s->width - (int)strlen(prefix) - zeros - len;

    if (!s->left) {
        pad(o, ' ', blank);
    }
    while (*prefix) {
        put(o, *prefix++);
    }
    pad(o, '0', zeros);
    for (int i = 0; i < len; i++) {
        put(o, text[i]);
    }
    if (s->left) {
        pad(o, ' ', blank);
    }
}

static void put_number(struct out *o, const struct spec *s, uint64_t value, unsigned int base,
                       const char *prefix)
{
    const char *digits = s->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    int at = sizeof(text), len, zeros = 0;

    for (; value; value /= base) {
        text[--at] = digits[value % base];
    }
    len = (int)sizeof(text) - at;
    if (s->precision >= 0) {
        zeros = s->precision > len ? s->precision - len : 0;
    } else if (len == 0) {
        zeros = 1;
    }
    if (s->zero && !s->left && s->precision < 0) {
        int room = s->width - (int)strlen(prefix) - len;

        zeros = room > zeros ? room : zeros;
    }
    put_field(o, s, prefix, zeros, text + at, len);
}

static int64_t get_signed(const struct spec *s, va_list *ap)
{
    if (s->length > 0) {
        return va_arg(*ap, long);
    }
    int value = va_arg(*ap, int);

    return s->length == -2 ? (signed char)value : s->length == -1 ? (short)value : value;
}

static uint64_t get_unsigned(const struct spec *s, va_list *ap)
{
    if (s->length > 0) {
        return va_arg(*ap, unsigned long);
    }
    unsigned int value = va_arg(*ap, unsigned int);

    return s->length == -2 ? (unsigned char)value : s->length == -1 ? (unsigned short)value : value;
}

static void put_signed(struct out *o, const struct spec *s, va_list *ap)
{
    int64_t value = get_signed(s, ap);
    const char *prefix = value < 0 ? "-" : s->plus ? "+" : s->space ? " " : "";

    put_number(o, s, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, prefix);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
    size_t max = s->precision < 0 ? SIZE_MAX : (size_t)s->precision;

    text = text ? text : "(null)";
    put_field(o, s, "", 0, text, (int)strnlen(text, max));
}

static const char *parse_number(const char *fmt, int *value, va_list *ap)
{
    if (*fmt == '*') {
        *value = va_arg(*ap, int);
        return fmt + 1;
    }
    for (*value = 0; isdigit(*fmt); fmt++) {
        *value = *value * 10 + (*fmt - '0');
    }
    return fmt;
}

static const char *parse_spec(const char *fmt, struct spec *s, va_list *ap)
{
    *s = (struct spec){ .precision = -1 };
    for (;; fmt++) {
        switch (*fmt) {
        case '-':
            s->left = true;
            continue;
        case '0':
            s->zero = true;
            continue;
        case '+':
            s->plus = true;
            continue;
        case ' ':
            s->space = true;
            continue;
        case '#':
            s->alt = true;
            continue;
        }
        break;
    }
    fmt = parse_number(fmt, &s->width, ap);
    if (s->width < 0) {
        s->left = true;
        s->width = -s->width;
    }
    if (*fmt == '.') {
        fmt = parse_number(fmt + 1, &s->precision, ap);
    }
    for (;; fmt++) {
        if (*fmt == 'l' || *fmt == 'z' || *fmt == 't' || *fmt == 'j') {
            s->length = 1;
        } else if (*fmt == 'h') {
            s->length--;
        } else {
            return fmt;
        }
    }
}

static void put_conversion(struct out *o, char conv, struct spec *s, va_list *ap)
{
    char c;

    switch (conv) {
    case 'd':
    case 'i':
        put_signed(o, s, ap);
        break;
    case 'u':
        put_number(o, s, get_unsigned(s, ap), 10, "");
        break;
    case 'o':
        put_number(o, s, get_unsigned(s, ap), 8, s->alt ? "0" : "");
        break;
    case 'X':
        s->upper = true;
        put_number(o, s, get_unsigned(s, ap), 16, s->alt ? "0X" : "");
        break;
    case 'x':
        put_number(o, s, get_unsigned(s, ap), 16, s->alt ? "0x" : "");
        break;
    case 'p':
        put_number(o, s, (uintptr_t)va_arg(*ap, void *), 16, "0x");
        break;
    case 'c':
        c = (char)va_arg(*ap, int);
        put_field(o, s, "", 0, &c, 1);
        break;
    case 's':
        put_string(o, s, va_arg(*ap, const char *));
        break;
    default:
        put(o, conv);
        break;
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { .buf = buf, .size = size };
    struct spec s;
    va_list args;

    va_copy(args, ap);
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(&o, *fmt);
            continue;
        }
        fmt = parse_spec(fmt + 1, &s, &args);
        if (!*fmt) {
            break;
        }
        put_conversion(&o, *fmt, &s, &args);
    }
    va_end(args);
    if (size) {
        buf[o.len < size ? o.len : size - 1] = '\0';
    }
    return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
