/* SPDX-License-Identifier: GPL-2.0-only */
/* drivers/acpi: tables as firmware makes them, each with one thing broken, and noise. */
#include <stdlib.h>
#include <hv/acpi.h>
#include <hv/lib.h>

#define HEADER 36
#define XSDT   0x100000UL
#define RSDT   0x180000UL
#define TABLE  0x200000UL /* the n-th table is at TABLE + n * STRIDE */
#define STRIDE 0x10000UL

/* Firmware's memory: each table in a block of its own, so that the sanitizer sees a read past it.
 */
static struct {
    uint64_t addr;
    uint8_t *block;
    size_t len;
} blocks[24];
static unsigned int nr_blocks, nr_tables;
static uint64_t roots[16];

const void *arch_acpi_map(maddr_t ma, size_t len)
{
    for (unsigned int i = 0; i < nr_blocks; i++) {
        uint64_t off = maddr_x(ma) - blocks[i].addr;

        if (off < blocks[i].len && len <= blocks[i].len - off) {
            return blocks[i].block + off;
        }
    }
    return NULL;
}

static uint32_t boot_apic_id;

uint32_t arch_boot_apic_id(void)
{
    return boot_apic_id;
}

static void checksum(uint8_t *p, size_t len, size_t at)
{
    uint8_t sum = 0;

    p[at] = 0;
    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + p[i]);
    }
    p[at] = (uint8_t)-sum;
}

static uint8_t *place(uint64_t addr, const char *signature, const void *body, size_t len)
{
    uint32_t total = (uint32_t)(HEADER + len);
    uint8_t *p = calloc(1, total);

    assert_non_null(p);
    memcpy(p, signature, 4);
    memcpy(p + 4, &total, 4);
    memcpy(p + HEADER, body, len);
    checksum(p, total, 9);
    blocks[nr_blocks].addr = addr;
    blocks[nr_blocks].block = p;
    blocks[nr_blocks++].len = total;
    return p;
}

static uint8_t *add_table(const char *signature, const void *body, size_t len)
{
    roots[nr_tables] = TABLE + nr_tables * STRIDE;
    return place(roots[nr_tables++], signature, body, len);
}

static uint8_t rsdp[36];

static void make_rsdp(void)
{
    uint32_t rsdt = RSDT, len = sizeof(rsdp);
    uint64_t xsdt = XSDT;

    memset(rsdp, 0, sizeof(rsdp));
    memcpy(rsdp, "RSD PTR ", 8);
    rsdp[15] = 2;
    memcpy(rsdp + 16, &rsdt, 4);
    memcpy(rsdp + 20, &len, 4);
    memcpy(rsdp + 24, &xsdt, 8);
    checksum(rsdp, 20, 8);
    checksum(rsdp, 36, 32);
}

static int fresh(void **state)
{
    while (nr_blocks) {
        free(blocks[--nr_blocks].block);
    }
    nr_tables = 0;
    memset(&acpi_info, 0, sizeof(acpi_info));
    fake_console_clear();
    make_rsdp();
    return 0;
}

static void read_all(void)
{
    place(XSDT, "XSDT", roots, nr_tables * 8);
    acpi_init(rsdp, sizeof(rsdp));
}

/* Two CPUs, one of them off, an x2APIC, an IO-APIC, and IRQ 9 level and low. */
static const uint8_t madt[] = {
    0x00, 0x00, 0xe0, 0xfe, 1,    0, 0,    0, /* APIC address, 8259s there */
    0,    8,    0,    0,    1,    0, 0,    0, /* APIC 0, on */
    0,    8,    1,    1,    0,    0, 0,    0, /* APIC 1, off */
    9,    16,   0,    0,    0x23, 1, 0,    0,    1,    0, 0, 0, 7, 0, 0, 0, /* x2APIC 0x123 */
    1,    12,   3,    0,    0,    0, 0xc0, 0xfe, 0,    0, 0, 0,             /* IO-APIC 3 */
    2,    10,   0,    9,    20,   0, 0,    0,    0x0f, 0,                   /* IRQ 9 is GSI 20 */
};

static void good_tables(void **state)
{
    static const uint8_t hpet[] = { 0,    0,    0, 0, 0, 64, 0, 0,    0, 0,
                                    0xd0, 0xfe, 0, 0, 0, 0,  0, 0x80, 0, 0 };

    add_table("HPET", hpet, sizeof(hpet));
    add_table("APIC", madt, sizeof(madt));
    add_table("OEM1", madt, sizeof(madt));
    read_all();
    assert_true(acpi_info.found);
    assert_int_equal(acpi_info.nr_cpus, 2);
    assert_int_equal(acpi_info.cpus[1].apic_id, 0x123);
    assert_true(acpi_info.cpus[1].enabled);
    assert_int_equal(maddr_x(acpi_info.lapic_addr), 0xfee00000);
    assert_int_equal(acpi_info.nr_ioapics, 1);
    assert_int_equal(acpi_info.ioapics[0].id, 3);
    assert_int_equal(acpi_info.nr_overrides, 1);
    assert_int_equal(acpi_info.overrides[0].gsi, 20);
    assert_true(acpi_info.overrides[0].level && acpi_info.overrides[0].active_low);
    assert_int_equal(maddr_x(acpi_info.hpet), 0xfed00000);
    assert_string_equal(fake_console(), "");
}

/* SRAT speaks of the CPUs of MADT also when the root names it first. */
static void order_does_not_matter(void **state)
{
    uint8_t srat[12 + 16 + 40] = { 0 };
    uint64_t length = 0x1000;

    memcpy(srat + 12, (const uint8_t[]){ 0, 16, 5, 0, 1, 0, 0, 0 }, 8);
    srat[28] = 1;
    srat[29] = 40;
    srat[30] = 5;
    memcpy(srat + 28 + 16, &length, 8);
    srat[28 + 28] = 1;
    add_table("SRAT", srat, sizeof(srat));
    add_table("APIC", madt, sizeof(madt));
    read_all();
    assert_int_equal(acpi_info.cpus[0].domain, 5);
    assert_int_equal(acpi_info.nr_memory, 1);
    assert_int_equal(acpi_info.memory[0].end, 0x1000);
    assert_int_equal(acpi_info.memory[0].domain, 5);
}

/* A machine without its MADT is of little use: that one is read all the same. */
static void wrong_checksum(void **state)
{
    uint8_t *p = add_table("APIC", madt, sizeof(madt));
    uint8_t *q = add_table("HPET", madt, sizeof(madt));

    p[12]++;
    q[12]++;
    read_all();
    assert_int_equal(acpi_info.nr_cpus, 2);
    assert_int_equal(maddr_x(acpi_info.hpet), 0);
    assert_non_null(strstr(fake_console(), "APIC at 0x200000 has a wrong checksum, used anyway"));
    assert_non_null(strstr(fake_console(), "HPET at 0x210000 has a wrong checksum, skipped"));
}

#define MANY (ACPI_MAX_CPUS + 40)

static void put_x2apic(uint8_t *e, uint32_t id, uint32_t flags)
{
    memset(e, 0, 16);
    e[0] = 9;
    e[1] = 16;
    memcpy(e + 4, &id, 4);
    memcpy(e + 8, &flags, 4);
    memcpy(e + 12, &id, 4);
}

/* What cannot run takes no place; of what can, the CPU that starts the machine is never left out.
 */
static void more_cpus_than_fit(void **state)
{
    static uint8_t body[8 + 16 * (2 * MANY + 1)];
    bool boot_is_there = false;

    boot_apic_id = 5000;
    for (uint32_t i = 0; i < MANY; i++) {
        put_x2apic(body + 8 + 16 * i, 1000 + i, i & 1 ? 2 : 0); /* off; or to be put in later */
        put_x2apic(body + 8 + 16 * (MANY + i), 2000 + i, 1);
    }
    put_x2apic(body + 8 + 16 * 2 * MANY, boot_apic_id, 1);
    add_table("APIC", body, sizeof(body));
    read_all();
    assert_int_equal(acpi_info.nr_cpus, ACPI_MAX_CPUS);
    for (unsigned int i = 0; i < acpi_info.nr_cpus; i++) {
        assert_true(acpi_info.cpus[i].enabled);
        boot_is_there |= acpi_info.cpus[i].apic_id == boot_apic_id;
    }
    assert_true(boot_is_there);
    assert_non_null(strstr(fake_console(), "beyond NR_CPUS"));
    assert_null(strstr(fake_console(), "id 0x3e8 is beyond"));
    assert_null(strstr(fake_console(), "id 0x1388 is beyond"));
}

/* The same CPU in both formats is one; ids that mean all CPUs are none. */
static void cpus_listed_twice(void **state)
{
    uint8_t body[8 + 8 + 8 + 3 * 16] = { 0 };
    static const uint8_t lapics[] = { 0, 8, 0, 4, 1, 0, 0, 0, 0, 8, 0, 0xff, 1, 0, 0, 0 };

    memcpy(body + 8, lapics, sizeof(lapics));
    put_x2apic(body + 24, 4, 1);
    put_x2apic(body + 40, 0xffffffff, 1);
    put_x2apic(body + 56, 0x100, 1);
    add_table("APIC", body, sizeof(body));
    read_all();
    assert_int_equal(acpi_info.nr_cpus, 2);
    assert_int_equal(acpi_info.cpus[0].apic_id, 4);
    assert_int_equal(acpi_info.cpus[1].apic_id, 0x100);
}

/* Of too many IO-APICs, those with the lowest lines stay, wherever they are listed. */
static void more_ioapics_than_fit(void **state)
{
    uint8_t body[8 + 12 * (ACPI_MAX_IOAPICS + 8)] = { 0 };
    bool first = false;

    for (uint32_t i = 0; i < ACPI_MAX_IOAPICS + 8; i++) {
        uint8_t *e = body + 8 + 12 * i;
        uint32_t base = 24 * (ACPI_MAX_IOAPICS + 7 - i);

        e[0] = 1;
        e[1] = 12;
        e[2] = (uint8_t)i;
        memcpy(e + 8, &base, 4);
    }
    add_table("APIC", body, sizeof(body));
    read_all();
    assert_int_equal(acpi_info.nr_ioapics, ACPI_MAX_IOAPICS);
    for (unsigned int i = 0; i < ACPI_MAX_IOAPICS; i++) {
        assert_true(acpi_info.ioapics[i].gsi_base < 24 * ACPI_MAX_IOAPICS);
        first |= acpi_info.ioapics[i].gsi_base == 0;
    }
    assert_true(first);
}

/* Each byte of a MADT changed, and the table cut at each length: what is read stays in bounds. */
static void every_byte_of_a_madt(void **state)
{
    for (unsigned int at = 0; at < HEADER + sizeof(madt); at++) {
        for (unsigned int bit = 0; bit < 9; bit++) {
            uint8_t *p;

            fresh(state);
            p = add_table("APIC", madt, sizeof(madt) - (bit == 8 ? sizeof(madt) : 0));
            if (bit < 8) {
                p[at] ^= (uint8_t)(1 << bit);
            } else {
                fresh(state);
                add_table("APIC", madt, at < HEADER ? 0 : at - HEADER);
            }
            read_all();
            assert_true(acpi_info.nr_cpus <= 4);
            assert_true(acpi_info.nr_ioapics <= 2);
        }
    }
}

static void wrong_lengths(void **state)
{
    static const uint32_t lengths[] = { 0, 8, 35, 0x7fffffff, 0xffffffff };

    for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
        uint8_t *p;

        fresh(state);
        p = add_table("APIC", madt, sizeof(madt));
        memcpy(p + 4, &lengths[i], 4);
        read_all();
        assert_int_equal(acpi_info.nr_cpus, 0);
        assert_non_null(strstr(fake_console(), "skipped"));
    }
}

static void entries_that_do_not_fit(void **state)
{
    static const uint8_t lengths[] = { 0, 1, 60, 255 };

    for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
        uint8_t body[sizeof(madt)];

        fresh(state);
        memcpy(body, madt, sizeof(body));
        body[8 + 8 + 1] = lengths[i]; /* the second entry */
        add_table("APIC", body, sizeof(body));
        read_all();
        assert_int_equal(acpi_info.nr_cpus, 1);
        assert_int_equal(acpi_info.nr_ioapics, 0);
        assert_non_null(strstr(fake_console(), "wrong length"));
    }
}

static void root_falls_back(void **state)
{
    uint32_t entry = TABLE;
    uint8_t *xsdt;

    add_table("APIC", madt, sizeof(madt));
    place(RSDT, "RSDT", &entry, sizeof(entry));
    xsdt = place(XSDT, "XSDT", roots, 8);
    xsdt[9]++;
    acpi_init(rsdp, sizeof(rsdp));
    assert_int_equal(acpi_info.nr_cpus, 2);
    assert_non_null(strstr(fake_console(), "XSDT"));
}

/* Where nothing is: named, and the others are read. */
static void table_out_of_reach(void **state)
{
    add_table("APIC", madt, sizeof(madt));
    roots[nr_tables++] = 0x20000000000;
    read_all();
    assert_int_equal(acpi_info.nr_cpus, 2);
    assert_non_null(strstr(fake_console(), "0x20000000000 is out of reach, skipped"));
}

static void no_root(void **state)
{
    acpi_init(rsdp, sizeof(rsdp));
    assert_false(acpi_info.found);
    fresh(state);
    rsdp[33]++;
    acpi_init(rsdp, sizeof(rsdp));
    assert_false(acpi_info.found);
    fresh(state);
    acpi_init(NULL, 0);
    assert_false(acpi_info.found);
}

static void slit_that_lies(void **state)
{
    uint64_t sizes[] = { 3, 257, 0x100000000UL, ~0UL };

    for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint8_t body[8 + 4] = { 0 };

        fresh(state);
        memcpy(body, &sizes[i], 8);
        add_table("SLIT", body, sizeof(body));
        read_all();
        assert_int_equal(acpi_info.nr_slit, 0);
        assert_non_null(strstr(fake_console(), "SLIT"));
    }
}

static void short_tables(void **state)
{
    static const char *const names[] = { "APIC", "FACP", "HPET", "MCFG", "SRAT", "SLIT", "SSDT" };

    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        for (size_t len = 0; len < 64; len++) {
            static const uint8_t ones[64] = { [0 ... 63] = 0xff };

            fresh(state);
            add_table(names[i], ones, len);
            read_all();
            assert_true(acpi_info.found);
        }
    }
}

#define S5(...) 0x08, '_', 'S', '5', '_', 0x12, __VA_ARGS__

/* Every form in which a table may state the package, and what it then says. */
static void s5_forms(void **state)
{
    static const struct {
        uint8_t aml[24];
        uint8_t len;
        uint8_t a, b;
    } good[] = {
        { { S5(0x06, 0x04, 0x00, 0x00, 0x00, 0x00) }, 12, 0, 0 },
        { { S5(0x05, 0x02, 0x0a, 0x05, 0x01) }, 11, 5, 1 },
        { { 0x08, 0x5c, '_', 'S', '5', '_', 0x12, 0x05, 0x02, 0x0a, 0x07, 0x01 }, 12, 7, 1 },
        { { S5(0x07, 0x02, 0x0b, 0x03, 0x00, 0x0a, 0x02) }, 13, 3, 2 },
        { { S5(0x07, 0x01, 0x0c, 0x05, 0x06, 0x00, 0x00) }, 13, 5, 6 },
        { { S5(0x47, 0x00, 0x02, 0x0a, 0x04, 0x0a, 0x04) }, 13, 4, 4 },
        { { S5(0x0c, 0x02, 0x0e, 0x06, 0, 0, 0, 0, 0, 0, 0, 0x01) }, 18, 6, 1 },
        /* The name alone, elsewhere in the table, is passed over. */
        { { '_', 'S', '5', '_', S5(0x05, 0x02, 0x00, 0x0a, 0x02) }, 15, 0, 2 },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
        fresh(state);
        add_table("SSDT", good[i].aml, good[i].len);
        read_all();
        assert_true(acpi_info.s5.found);
        assert_int_equal(acpi_info.s5.typ_a, good[i].a);
        assert_int_equal(acpi_info.s5.typ_b, good[i].b);
    }
}

/* A package that is cut off anywhere, is longer than its table, or holds no constants. */
static void s5_that_is_none(void **state)
{
    static const uint8_t whole[] = { S5(0x07, 0x02, 0x0b, 0x05, 0x00, 0x0a, 0x05) };
    static const uint8_t bad[][12] = {
        { S5(0x3f, 0x02, 0x00, 0x00, 0x00, 0x00) }, { S5(0x06, 0x00, 0x00, 0x00, 0x00, 0x00) },
        { S5(0x05, 0x02, 0x0a, 0x08, 0x00, 0x00) }, { S5(0x05, 0x02, 0x70, 0x00, 0x00, 0x00) },
        { S5(0xff, 0xff, 0xff, 0xff, 0x02, 0x00) }, { S5(0x01, 0x02, 0x00, 0x00, 0x00, 0x00) },
        { S5(0x00, 0x02, 0x00, 0x00, 0x00, 0x00) }, { S5(0x06, 0x02, 0x0d, 'x', 0x00, 0x00) },
        { S5(0x03, 0x02, 0x00, 0x01, 0x00, 0x00) },
    };

    for (size_t len = 0; len < sizeof(whole); len++) {
        fresh(state);
        add_table("SSDT", whole, len);
        read_all();
        assert_false(acpi_info.s5.found);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        fresh(state);
        add_table("SSDT", bad[i], sizeof(bad[i]));
        read_all();
        assert_false(acpi_info.s5.found);
    }
}

/* FADT names DSDT; what it names instead is not read as one, and a broken one is named. */
static void dsdt_of_fadt(void **state)
{
    static const uint8_t aml[] = { S5(0x05, 0x02, 0x0a, 0x05, 0x01) };
    static const char *const signatures[] = { "DSDT", "OEM1" };
    uint32_t at = 0x300000;

    for (unsigned int i = 0; i < 3; i++) {
        uint8_t body[208] = { 0 }, *p;

        fresh(state);
        memcpy(body + 4, &at, 4); /* offset 40: DSDT */
        add_table("FACP", body, sizeof(body));
        p = place(at, signatures[i % 2], aml, sizeof(aml));
        if (i == 2) {
            p[40]++;
        }
        read_all();
        assert_int_equal(acpi_info.s5.found, i == 0);
        if (i) {
            assert_non_null(strstr(fake_console(), "skipped"));
        }
    }
}

/* Any bytes with a right length and checksum: nothing is read past a table, all counts stay in
 * bounds. */
static void noise(void **state)
{
    static const char *const names[] = { "APIC", "FACP", "HPET", "MCFG", "SRAT", "SLIT", "SSDT" };
    unsigned int seed = 4711;

    for (unsigned int round = 0; round < 2000; round++) {
        uint8_t body[400];

        fresh(state);
        for (unsigned int i = 0; i < sizeof(body); i++) {
            seed = seed * 1103515245 + 12345;
            body[i] = (uint8_t)(seed >> 16) & (seed & 0x1000000 ? 0xff : 0x0f);
        }
        add_table(names[round % ARRAY_SIZE(names)], body, (seed >> 8) % sizeof(body));
        read_all();
        assert_true(acpi_info.nr_cpus <= ACPI_MAX_CPUS);
        assert_true(acpi_info.nr_ioapics <= ACPI_MAX_IOAPICS);
        assert_true(acpi_info.nr_overrides <= ACPI_MAX_OVERRIDES);
        assert_true(acpi_info.nr_ecams <= ACPI_MAX_ECAMS);
        assert_true(acpi_info.nr_memory <= ACPI_MAX_MEMORY);
    }
}

static int last(void **state)
{
    return fresh(state);
}

/* Firmware that does not bear x2APIC mode says so beside its remapping of interrupts. */
static void x2apic_is_opted_out_of(void **state)
{
    for (unsigned int flags = 0; flags < 8; flags++) {
        const uint8_t dmar[] = { 38, (uint8_t)flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

        (void)fresh(NULL);
        add_table("DMAR", dmar, sizeof(dmar));
        read_all();
        assert_int_equal(acpi_info.x2apic_opt_out, (flags & 3) == 3);
    }
    (void)fresh(NULL);
    add_table("DMAR", "", 1);
    read_all();
    assert_false(acpi_info.x2apic_opt_out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(good_tables, fresh),
        cmocka_unit_test_setup(order_does_not_matter, fresh),
        cmocka_unit_test_setup(wrong_checksum, fresh),
        cmocka_unit_test_setup(more_cpus_than_fit, fresh),
        cmocka_unit_test_setup(cpus_listed_twice, fresh),
        cmocka_unit_test_setup(more_ioapics_than_fit, fresh),
        cmocka_unit_test_setup(every_byte_of_a_madt, fresh),
        cmocka_unit_test_setup(wrong_lengths, fresh),
        cmocka_unit_test_setup(entries_that_do_not_fit, fresh),
        cmocka_unit_test_setup(root_falls_back, fresh),
        cmocka_unit_test_setup(table_out_of_reach, fresh),
        cmocka_unit_test_setup(no_root, fresh),
        cmocka_unit_test_setup(slit_that_lies, fresh),
        cmocka_unit_test_setup(short_tables, fresh),
        cmocka_unit_test_setup(s5_forms, fresh),
        cmocka_unit_test_setup(s5_that_is_none, fresh),
        cmocka_unit_test_setup(dsdt_of_fadt, fresh),
        cmocka_unit_test_setup(noise, fresh),
        cmocka_unit_test_setup(x2apic_is_opted_out_of, fresh),
    };

    return cmocka_run_group_tests_name("acpi", tests, NULL, last);
}
