/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pointers with a meaning, for %pv %pd %ps %pS: which domain, which vCPU, which function.
 *
 * The caller keeps the object alive; nothing is locked or allocated, so that crash paths may print.
 */
#include <hv/domain.h>
#include <hv/format.h>
#include <hv/lib.h>
#include <hv/symbols.h>

static void put_domain_name(struct format_out *out, const struct domain *d)
{
    static const struct {
        domid_t id;
        const char *name;
    } system_names[] = {
        { DOMID_IO, "d[IO]" },
        { DOMID_XEN, "d[XEN]" },
        { DOMID_COW, "d[COW]" },
        { DOMID_IDLE, "d[IDLE]" },
    };

    if (!d) {
        format_string(out, "NULL");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(system_names); i++) {
        if (system_names[i].id == d->domain_id) {
            format_string(out, system_names[i].name);
            return;
        }
    }
    format_char(out, 'd');
    format_number(out, d->domain_id, 10, 1);
}

static void put_vcpu_name(struct format_out *out, const struct vcpu *v)
{
    if (!v) {
        format_string(out, "NULL");
        return;
    }
    put_domain_name(out, v->domain);
    format_char(out, 'v');
    format_number(out, v->vcpu_id, 10, 1);
}

static void put_symbol(struct format_out *out, unsigned long addr, bool with_offset)
{
    unsigned long offset, size;
    const char *name = symbols_lookup(addr, &offset, &size);

    if (!name) {
        format_number(out, addr, 16, 16);
        return;
    }
    format_string(out, name);
    if (with_offset || offset) {
        format_string(out, "+0x");
        format_number(out, offset, 16, 1);
        format_string(out, "/0x");
        format_number(out, size, 16, 1);
    }
}

size_t format_pointer(struct format_out *out, char kind, const void *pointer)
{
    struct format_out measure = { NULL, 0, 0 };
    size_t start;

    if (!out) {
        out = &measure;
    }
    start = out->used;
    switch (kind) {
    case 'v':
        put_vcpu_name(out, pointer);
        break;
    case 'd':
        put_domain_name(out, pointer);
        break;
    default:
        put_symbol(out, (unsigned long)pointer, kind == 'S');
        break;
    }
    return out->used - start;
}
