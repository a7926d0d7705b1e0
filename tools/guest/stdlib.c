/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers from text, errno and its names, abort.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <guest/shutdown.h>

int errno;

static int digit_value(int c)
{
    if (isdigit(c)) {
        return c - '0';
    }
    return isalpha(c) ? tolower(c) - 'a' + 10 : 99;
}

unsigned long strtoul(const char *restrict s, char **restrict end, int base)
{
    const char *start = s;
    unsigned long value = 0;
    int negative = 0, digits = 0;

    while (isspace(*s)) {
        s++;
    }
    if (*s == '+' || *s == '-') {
        negative = *s++ == '-';
    }
    if ((base == 0 || base == 16) && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') &&
        isxdigit(s[2])) {
        s += 2;
        base = 16;
    } else if (base == 0) {
        base = s[0] == '0' ? 8 : 10;
    }
    for (; digit_value(*s) < base; s++, digits++) {
        value = value * (unsigned long)base + (unsigned long)digit_value(*s);
    }
    if (end) {
        *end = (char *)(digits ? s : start);
    }
    return negative ? -value : value;
}

long strtol(const char *restrict s, char **restrict end, int base)
{
    return (long)strtoul(s, end, base);
}

unsigned long long strtoull(const char *restrict s, char **restrict end, int base)
{
    return strtoul(s, end, base);
}

int atoi(const char *s)
{
    return (int)strtol(s, NULL, 10);
}

void abort(void)
{
    guest_panic("abort");
}

const char *strerror(int err)
{
    static const struct {
        int err;
        const char *text;
    } names[] = {
        { 0, "Success" },
        { EPERM, "Operation not permitted" },
        { ENOENT, "No such entry" },
        { ESRCH, "No such domain" },
        { EIO, "Input/output error" },
        { ENXIO, "No such device or address" },
        { E2BIG, "Argument list too long" },
        { ENOEXEC, "Exec format error" },
        { EBADF, "Bad handle" },
        { EAGAIN, "Try again" },
        { ENOMEM, "Out of memory" },
        { EACCES, "Permission denied" },
        { EFAULT, "Bad address" },
        { EBUSY, "Busy" },
        { EEXIST, "Exists" },
        { EXDEV, "Cross-device link" },
        { ENODEV, "No such device" },
        { EINVAL, "Invalid argument" },
        { ENOSPC, "No space left" },
        { ERANGE, "Out of range" },
        { EDEADLK, "Deadlock" },
        { ENOSYS, "Not implemented" },
        { ENODATA, "No data available" },
        { ETIME, "Timer expired" },
        { EOVERFLOW, "Value too large" },
        { ERESTART, "Interrupted, to be restarted" },
        { EOPNOTSUPP, "Not supported" },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].err == err) {
            return names[i].text;
        }
    }
    return "Unknown error";
}
