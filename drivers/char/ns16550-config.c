/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * com1=, com2=: <baud>[/<clock>][,<data parity stop>[,<base>|pci[,<irq>[,<bus>:<dev>.<fn>]]]]
 * baud "auto" leaves the firmware's rate; base is an I/O port below 64 KiB, else device memory;
 * "pci" takes the first serial controller on the bus, or the one named last. irq 0 means polling.
 */
#include <hv/lib.h>
#include <hv/param.h>
#include "ns16550.h"

/* Takes a number if there is one; false when *s does not start with a digit. */
static bool __init take_number(const char **s, unsigned int base, uint64_t *n)
{
    return !parse_number(*s, s, base, ~0UL, n);
}

/* "8n1" */
static int __init parse_line_format(const char **s, uint8_t *lcr)
{
    const char *p = *s;
    uint8_t v;

    if (p[0] < '5' || p[0] > '8') {
        return -EINVAL;
    }
    v = LCR_BITS((uint8_t)(p[0] - '0'));
    switch (p[1]) {
    case 'n':
        break;
    case 'o':
        v |= LCR_PARITY;
        break;
    case 'e':
        v |= LCR_PARITY | LCR_EVEN;
        break;
    case 'm':
        v |= LCR_PARITY | LCR_STICK;
        break;
    case 's':
        v |= LCR_PARITY | LCR_EVEN | LCR_STICK;
        break;
    default:
        return -EINVAL;
    }
    if (p[2] != '1' && p[2] != '2') {
        return -EINVAL;
    }
    *lcr = p[2] == '2' ? v | LCR_STOP2 : v;
    *s += 3;
    return 0;
}

static int __init parse_rate(const char **s, struct uart_config *c)
{
    uint64_t n;

    if (!strncmp(*s, "auto", 4)) {
        *s += 4;
        c->baud = 0;
        return 0;
    }
    if (!take_number(s, 10, &n) || !n || n > 4000000) {
        return -EINVAL;
    }
    c->baud = (uint32_t)n;
    if (**s == '/') {
        (*s)++;
        if (!take_number(s, 0, &n) || n < c->baud || n > 1000000000) {
            return -EINVAL;
        }
        c->clock = (uint32_t)n;
    }
    return 0;
}

static int __init parse_place(const char **s, struct uart_config *c)
{
    if (!strncmp(*s, "pci", 3)) {
        *s += 3;
        c->on_pci = true;
        c->irq = 0;
        return 0;
    }
    return take_number(s, 0, &c->base) && c->base ? 0 : -EINVAL;
}

static int __init parse_irq(const char **s, struct uart_config *c)
{
    uint64_t n;

    if (!take_number(s, 0, &n) || n > 0xffff) {
        return -EINVAL;
    }
    c->irq = (uint16_t)n;
    return 0;
}

static int __init parse_bdf(const char **s, struct uart_config *c)
{
    uint64_t bus, dev, fn;

    if (!take_number(s, 16, &bus) || *(*s)++ != ':' || !take_number(s, 16, &dev) ||
        *(*s)++ != '.' || !take_number(s, 16, &fn) || bus > 255 || dev > 31 || fn > 7) {
        return -EINVAL;
    }
    c->pci_bdf = (uint32_t)(bus << 8 | dev << 3 | fn);
    c->on_pci = true;
    return 0;
}

/* True when another field follows the comma; a field may be left empty. */
static bool __init next_field(const char **s)
{
    return **s == ',' && (*s)++;
}

static bool __init field_given(const char *s)
{
    return *s && *s != ',';
}

int __init uart_parse(const char *s, struct uart_config *c)
{
    int rc = 0;

    c->present = true;
    if (field_given(s)) {
        rc = parse_rate(&s, c);
    }
    if (!rc && next_field(&s) && field_given(s)) {
        rc = parse_line_format(&s, &c->lcr);
    }
    if (!rc && next_field(&s) && field_given(s)) {
        rc = parse_place(&s, c);
    }
    if (!rc && next_field(&s) && field_given(s)) {
        rc = parse_irq(&s, c);
    }
    if (!rc && next_field(&s) && field_given(s)) {
        rc = parse_bdf(&s, c);
    }
    return rc || *s ? -EINVAL : 0;
}
