/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatted output into a buffer.
 *
 * C99's conversions d i u x X o c s p %, flags - + space # 0, width, precision and lengths hh h l
 * ll z t j; no floating point and no %n. %p followed by v d s S is given to format_pointer(). As in
 * C99 the result is the length that a large enough buffer would have got; the buffer is always
 * terminated. No lock, no allocation; any context, crash paths included.
 */
#include <hv/format.h>
#include <hv/lib.h>

struct spec {
    bool left, plus, space, alternate, zero, upper;
    int width;     /* 0: none */
    int precision; /* -1: none */
    unsigned int base;
    unsigned int bytes; /* size of an integer argument */
};

#define MAX_COUNT 4096 /* larger widths are cut, so that no sum with them overflows */

void format_char(struct format_out *out, char c)
{
    if (out->used + 1 < out->size) {
        out->buf[out->used] = c;
    }
    out->used++;
}

void format_string(struct format_out *out, const char *s)
{
    while (*s) {
        format_char(out, *s++);
    }
}

static void put_padding(struct format_out *out, char c, int count)
{
    for (; count > 0; count--) {
        format_char(out, c);
    }
}

/* Digits of value, lowest first; returns how many. 64 bits in base 8 need 22. */
static int make_digits(char *digits, uint64_t value, unsigned int base, bool upper)
{
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int n = 0;

    for (; value; value /= base) {
        digits[n++] = set[value % base];
    }
    return n;
}

static void put_number(struct format_out *out, const struct spec *s, uint64_t value, char sign)
{
    char digits[24];
    int count = make_digits(digits, value, s->base, s->upper);
    bool hex_prefix = s->alternate && s->base == 16 && value != 0;
    int zeros = (s->precision < 0 ? 1 : s->precision) - count;
    int pad;

    if (s->alternate && s->base == 8 && zeros <= 0) {
        zeros = 1;
    }
    zeros = max(zeros, 0);
    pad = s->width - zeros - count - (sign != 0) - (hex_prefix ? 2 : 0);
    if (s->zero && !s->left && s->precision < 0 && pad > 0) {
        zeros += pad;
        pad = 0;
    }
    put_padding(out, ' ', s->left ? 0 : pad);
    if (sign) {
        format_char(out, sign);
    }
    if (hex_prefix) {
        format_string(out, s->upper ? "0X" : "0x");
    }
    put_padding(out, '0', zeros);
    while (count) {
        format_char(out, digits[--count]);
    }
    put_padding(out, ' ', s->left ? pad : 0);
}

void format_number(struct format_out *out, uint64_t value, unsigned int base, unsigned int digits)
{
    struct spec s = { .base = base, .precision = (int)digits };

    put_number(out, &s, value, 0);
}

static void put_signed(struct format_out *out, const struct spec *s, int64_t value)
{
    char sign = value < 0 ? '-' : s->plus ? '+' : s->space ? ' ' : 0;

    put_number(out, s, value < 0 ? -(uint64_t)value : (uint64_t)value, sign);
}

static void put_text(struct format_out *out, const struct spec *s, const char *text)
{
    size_t max = s->precision < 0 ? ~0UL : (size_t)s->precision;
    int length;

    if (!text) {
        text = "(null)";
    }
    length = (int)strnlen(text, max);
    put_padding(out, ' ', s->left ? 0 : s->width - length);
    for (int i = 0; i < length; i++) {
        format_char(out, text[i]);
    }
    put_padding(out, ' ', s->left ? s->width - length : 0);
}

/* %p with its one-letter extensions; returns how many characters of fmt it took. */
static unsigned int put_pointer(struct format_out *out, struct spec *s, const char *fmt,
                                const void *pointer)
{
    size_t start = out->used;

    switch (*fmt) {
    case 'v':
    case 'd':
    case 's':
    case 'S':
        put_padding(out, ' ', s->left ? 0 : s->width - (int)format_pointer(NULL, *fmt, pointer));
        (void)format_pointer(out, *fmt, pointer);
        put_padding(out, ' ', s->width - (int)(out->used - start));
        return 1;
    default:
        s->base = 16;
        s->precision = 16;
        put_number(out, s, (uintptr_t)pointer, 0);
        return 0;
    }
}

static const char *parse_flags(const char *fmt, struct spec *s)
{
    for (;; fmt++) {
        switch (*fmt) {
        case '-':
            s->left = true;
            break;
        case '+':
            s->plus = true;
            break;
        case ' ':
            s->space = true;
            break;
        case '#':
            s->alternate = true;
            break;
        case '0':
            s->zero = true;
            break;
        default:
            return fmt;
        }
    }
}

/* A width or precision in digits. */
static const char *parse_count(const char *fmt, int *count)
{
    for (*count = 0; *fmt >= '0' && *fmt <= '9'; fmt++) {
        *count = min(*count * 10 + (*fmt - '0'), MAX_COUNT);
    }
    return fmt;
}

/* Length modifiers as a number of bytes. */
static const char *parse_length(const char *fmt, unsigned int *bytes)
{
    *bytes = sizeof(int);
    switch (*fmt) {
    case 'h':
        *bytes = fmt[1] == 'h' ? sizeof(char) : sizeof(short);
        return fmt + (fmt[1] == 'h' ? 2 : 1);
    case 'l':
        *bytes = sizeof(long);
        return fmt + (fmt[1] == 'l' ? 2 : 1);
    case 'z':
    case 't':
    case 'j':
        *bytes = sizeof(long);
        return fmt + 1;
    default:
        return fmt;
    }
}

static int64_t sign_extend(uint64_t value, unsigned int bytes)
{
    unsigned int shift = 64 - 8 * bytes;

    return (int64_t)(value << shift) >> shift;
}

static uint64_t zero_extend(uint64_t value, unsigned int bytes)
{
    unsigned int shift = 64 - 8 * bytes;

    return value << shift >> shift;
}

/* The arguments, in a struct because a va_list may be an array that a function cannot pass on. */
struct arguments {
    va_list ap;
};

/* An argument that was promoted to int, or a long one. */
static uint64_t next_integer(struct arguments *args, unsigned int bytes)
{
    return bytes > sizeof(int) ? va_arg(args->ap, uint64_t) : va_arg(args->ap, unsigned int);
}

/* Everything between % and the conversion's letter. */
static const char *parse_spec(const char *fmt, struct spec *s, struct arguments *args)
{
    fmt = parse_flags(fmt, s);
    if (*fmt == '*') {
        s->width = max(min(va_arg(args->ap, int), MAX_COUNT), -MAX_COUNT);
        s->left |= s->width < 0;
        s->width = s->width < 0 ? -s->width : s->width;
        fmt++;
    } else {
        fmt = parse_count(fmt, &s->width);
    }
    if (*fmt == '.' && fmt[1] == '*') {
        s->precision = max(min(va_arg(args->ap, int), MAX_COUNT), -1);
        fmt += 2;
    } else if (*fmt == '.') {
        fmt = parse_count(fmt + 1, &s->precision);
    }
    return parse_length(fmt, &s->bytes);
}

static void put_unsigned(struct format_out *out, struct spec *s, unsigned int base,
                         struct arguments *args)
{
    s->base = base;
    put_number(out, s, zero_extend(next_integer(args, s->bytes), s->bytes), 0);
}

static void put_one_char(struct format_out *out, struct spec *s, char c)
{
    put_padding(out, ' ', s->left ? 0 : s->width - 1);
    format_char(out, c);
    put_padding(out, ' ', s->left ? s->width - 1 : 0);
}

/* Prints one conversion; fmt stands at its letter, the result behind it. */
static const char *convert(struct format_out *out, struct spec *s, const char *fmt,
                           struct arguments *args)
{
    switch (*fmt++) {
    case 'd':
    case 'i':
        put_signed(out, s, sign_extend(next_integer(args, s->bytes), s->bytes));
        break;
    case 'u':
        put_unsigned(out, s, 10, args);
        break;
    case 'o':
        put_unsigned(out, s, 8, args);
        break;
    case 'X':
        s->upper = true;
        put_unsigned(out, s, 16, args);
        break;
    case 'x':
        put_unsigned(out, s, 16, args);
        break;
    case 'c':
        put_one_char(out, s, (char)va_arg(args->ap, int));
        break;
    case 's':
        put_text(out, s, va_arg(args->ap, const char *));
        break;
    case 'p':
        fmt += put_pointer(out, s, fmt, va_arg(args->ap, const void *));
        break;
    case '%':
        format_char(out, '%');
        break;
    default:
        /* An unknown conversion is shown as it stands: nobody knows its argument's size. */
        format_char(out, '%');
        format_char(out, fmt[-1]);
        break;
    }
    return fmt;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct format_out out = { .buf = buf, .size = size };
    struct arguments args;

    va_copy(args.ap, ap);
    while (*fmt) {
        struct spec s = { .precision = -1, .base = 10 };

        if (*fmt != '%') {
            format_char(&out, *fmt++);
            continue;
        }
        fmt = parse_spec(fmt + 1, &s, &args);
        if (*fmt) {
            fmt = convert(&out, &s, fmt, &args);
        }
    }
    va_end(args.ap);
    if (size) {
        buf[min(out.used, size - 1)] = '\0';
    }
    return (int)out.used;
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
