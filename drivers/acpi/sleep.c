/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the machine is powered off: what \_S5 says (ACPI 7.4.2.6), the values for SLP_TYP. The
 * bytecode of DSDT and SSDTs is not interpreted. It is searched for the one form in which firmware
 * states \_S5, a named package of constants (20.2.5.1, 20.2.5.4); any other is left alone. Start-up
 * only; each byte is looked at once, and none outside of the table.
 */
#include "private.h"

#define AML_ZERO    0x00
#define AML_ONE     0x01
#define AML_NAME    0x08
#define AML_BYTE    0x0a
#define AML_WORD    0x0b
#define AML_DWORD   0x0c
#define AML_QWORD   0x0e
#define AML_PACKAGE 0x12
#define AML_ROOT    0x5c
#define MAX_SLP_TYP 7

struct aml {
    const uint8_t *at, *end;
};

static int __init aml_byte(struct aml *a)
{
    return a->at < a->end ? *a->at++ : -1;
}

/* A constant of up to 8 bytes (20.2.3). */
static bool __init aml_constant(struct aml *a, uint64_t *value)
{
    unsigned int bytes;

    *value = 0;
    switch (aml_byte(a)) {
    case AML_ZERO:
        return true;
    case AML_ONE:
        *value = 1;
        return true;
    case AML_BYTE:
        bytes = 1;
        break;
    case AML_WORD:
        bytes = 2;
        break;
    case AML_DWORD:
        bytes = 4;
        break;
    case AML_QWORD:
        bytes = 8;
        break;
    default:
        return false;
    }
    if ((size_t)(a->end - a->at) < bytes) {
        return false;
    }
    memcpy(value, a->at, bytes);
    a->at += bytes;
    return true;
}

/* PkgLength (20.2.4), which counts itself: narrows *a to the package. */
static bool __init aml_enter_package(struct aml *a)
{
    const uint8_t *start = a->at;
    int lead = aml_byte(a);
    unsigned int more = (unsigned int)lead >> 6;
    size_t len = more ? lead & 0x0f : lead & 0x3f;

    if (lead < 0) {
        return false;
    }
    for (unsigned int i = 0; i < more; i++) {
        int b = aml_byte(a);

        if (b < 0) {
            return false;
        }
        len |= (size_t)b << (4 + 8 * i);
    }
    if (len > (size_t)(a->end - start) || start + len < a->at) {
        return false;
    }
    a->end = start + len;
    return true;
}

/* Behind "_S5_": a package whose first two constants are SLP_TYP for the PM1a and PM1b blocks. */
static bool __init read_s5(struct aml a)
{
    uint64_t typ_a, typ_b;
    int count;

    if (aml_byte(&a) != AML_PACKAGE || !aml_enter_package(&a)) {
        return false;
    }
    count = aml_byte(&a);
    if (count < 1 || !aml_constant(&a, &typ_a)) {
        return false;
    }
    if (count == 1) { /* one value for both, a byte each */
        typ_b = typ_a >> 8;
        typ_a &= 0xff;
    } else if (!aml_constant(&a, &typ_b)) {
        return false;
    }
    if (typ_a > MAX_SLP_TYP || typ_b > MAX_SLP_TYP) {
        return false;
    }
    acpi_info.s5.found = true;
    acpi_info.s5.typ_a = (uint8_t)typ_a;
    acpi_info.s5.typ_b = (uint8_t)typ_b;
    return true;
}

void __init acpi_read_aml(const struct acpi_header *h)
{
    const uint8_t *base = (const uint8_t *)h;

    for (size_t i = sizeof(*h) + 1; !acpi_info.s5.found && i + 4 < h->length; i++) {
        bool named = base[i - 1] == AML_NAME;

        if (i >= sizeof(*h) + 2) {
            named |= base[i - 1] == AML_ROOT && base[i - 2] == AML_NAME;
        }
        if (named && !memcmp(base + i, "_S5_", 4)) {
            (void)read_s5((struct aml){ base + i + 4, base + h->length });
        }
    }
}
