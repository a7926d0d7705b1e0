/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decoders of packed kernels against what the host's own packers make, of several sizes and
 * kinds of data, at several levels; and against streams that are cut or changed, none of which may
 * harm: buffers are of exact size, so that the sanitizer sees a byte too much.
 */
#include <stdio.h>
#include <stdlib.h>
#include <hv/lib.h>
#include <hv/unpack.h>

#include "../../arch/x86/pv/dom0/bzimage.h"

#define MAX_SIZE (9UL << 20) /* more than a block of any of them */

/* A packer's command line, from standard input to standard output. */
static const struct row {
    const char *packing, *command;
    bool checked; /* what is changed in its output is noticed */
} rows[] = {
    { "zstd", "zstd -q -1", true },
    { "zstd", "zstd -q -3 --no-check", false },
    { "zstd", "zstd -q --fast=7", true },
    { "zstd", "zstd -q -9 --long=20", true },
    { "zstd", "zstd -q -19", true },
    { "zstd", "zstd -q --ultra -20 --long=24", true },
    { "zstd", "zstd -q -12 --stream-size=$(stat -L -c %s /dev/stdin)", true },
    { "xz", "xz -6 --check=crc32", true },
    { "xz", "xz --check=crc32 --x86 --lzma2=dict=32MiB", true },
    { "gzip", "gzip -n -1", true },
    { "gzip", "gzip -n -6", true },
    { "gzip", "gzip -9 -N", true },
    { "gzip",
      "python3 -c 'import gzip,sys; sys.stdout.buffer.write(gzip.compress("
      "sys.stdin.buffer.read(), 0))'",
      true },
    { "lz4", "lz4 -q -c -l -1", false },
    { "lz4", "lz4 -q -c -l -9", false },
    { "lz4 frame", "lz4 -q -c -1", true },
    { "lz4 frame", "lz4 -q -c -9 -BD -BX", true },
    { "lz4 frame", "lz4 -q -c -12 -B4 --no-frame-crc", false },
    { "bzip2", "bzip2 -1", true },
    { "bzip2", "bzip2 -9", true },
    { "lzma", "xz --format=lzma -1", false },
    { "lzma", "xz --format=lzma -9e", false },
    { "lzo", "lzop -1", true },
    { "lzo", "lzop -3 --crc32", true },
    { "lzo", "lzop -9", true },
    { "lzo", "lzop -9 -F", false },
};

static uint8_t data[MAX_SIZE], packed[MAX_SIZE + (1UL << 20)], unpacked[MAX_SIZE];
static unsigned int ticks;
static uint32_t seed;
static char dir[] = "/tmp/unpack_test.XXXXXX";

static void tick(void)
{
    ticks++;
}

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

enum { TEXT, CODE, NOISE, RUNS, ECHOES, NR_KINDS };

static void make_data(size_t size, unsigned int kind)
{
    for (size_t i = 0; i < size;) {
        size_t n = 1 + next_random() % (kind == RUNS ? 1000 : 60);
        size_t back = i ? 1 + next_random() % i : 0;

        for (; n && i < size; n--, i++) {
            switch (kind) {
            case TEXT:
                data[i] = (uint8_t) "etaoin shrdlu"[next_random() % 13];
                break;
            case CODE:
                data[i] = next_random() % 4 ? (uint8_t)(next_random() % 8) : (uint8_t)next_random();
                break;
            case NOISE:
                data[i] = (uint8_t)next_random();
                break;
            case RUNS:
                data[i] = (uint8_t)(n & 1 ? 0 : back);
                n &= ~1UL;
                n += n < 2;
                break;
            default:
                data[i] = back && back % 7 ? data[i - back] : (uint8_t)next_random();
            }
        }
    }
}

static size_t read_file(const char *path, uint8_t *to, size_t max)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    assert_non_null(f);
    n = fread(to, 1, max, f);
    fclose(f);
    assert_true(n < max);
    return n;
}

/* Packs size bytes of data; the packed size. */
static size_t pack(const struct row *row, size_t size)
{
    char in[64], out[64], command[512];
    FILE *f;
    size_t n;

    snprintf(in, sizeof(in), "%s/in", dir);
    snprintf(out, sizeof(out), "%s/out", dir);
    f = fopen(in, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    fclose(f);
    snprintf(command, sizeof(command), "%s <%s >%s", row->command, in, out);
    assert_int_equal(system(command), 0);
    n = read_file(out, packed, sizeof(packed));
    remove(in);
    remove(out);
    return n;
}

static const struct packing *packing(const struct row *row, size_t n)
{
    const struct packing *p = packing_of(packed, n);

    assert_non_null(p);
    assert_string_equal(p->name, row->packing);
    return p;
}

static void check(const struct row *row, size_t size)
{
    size_t n = pack(row, size);
    const char *wrong;

    memset(unpacked, 0x55, size);
    wrong = packing(row, n)->unpack(packed, n, unpacked, size, tick);
    if (wrong || memcmp(data, unpacked, size)) {
        fail_msg("%s of %zu bytes: %s", row->command, size, wrong ? wrong : "other bytes");
    }
}

static void streams_unpack(void **state)
{
    static const size_t sizes[] = {
        1, 2, 15, 17, 100, 1000, 65535, 65537, 131071, 262145, 1000000
    };

    for (unsigned int r = 0; r < ARRAY_SIZE(rows); r++) {
        for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
            make_data(sizes[i], (r + i) % NR_KINDS);
            check(&rows[r], sizes[i]);
        }
    }
    assert_true(ticks > 0);
}

static void every_kind_of_data(void **state)
{
    for (unsigned int kind = 0; kind < NR_KINDS; kind++) {
        make_data(50000, kind);
        for (unsigned int r = 0; r < ARRAY_SIZE(rows); r++) {
            check(&rows[r], 50000);
        }
    }
}

static void long_streams(void **state)
{
    make_data(MAX_SIZE, ECHOES);
    for (unsigned int r = 0; r < ARRAY_SIZE(rows); r++) {
        if (!r || strcmp(rows[r].packing, rows[r - 1].packing) != 0) {
            check(&rows[r], MAX_SIZE);
        }
    }
}

/* The output is exactly as long as was said. */
static void sizes_must_fit(void **state)
{
    make_data(70000, TEXT);
    for (unsigned int r = 0; r < ARRAY_SIZE(rows); r++) {
        size_t n = pack(&rows[r], 70000);
        const struct packing *p = packing(&rows[r], n);
        uint8_t *dst = malloc(69999);

        assert_non_null(p->unpack(packed, n, dst, 69999, tick));
        free(dst);
        assert_non_null(p->unpack(packed, n, unpacked, 70001, tick));
        assert_null(p->unpack(packed, n, unpacked, 70000, tick));
    }
}

/* From buffers of exact size; `changed`: whether this differs from the stream. */
static void try_bytes(const struct row *row, const struct packing *p, const uint8_t *src, size_t n,
                      size_t size, bool cut)
{
    uint8_t *dst = malloc(size);
    const char *wrong = p->unpack(src, n, dst, size, tick);

    if (!wrong && (cut || row->checked) && memcmp(dst, data, size)) {
        fail_msg("%s: a broken stream is taken", row->command);
    }
    free(dst);
}

/* What is cut is refused, unless nothing of the data was cut off. */
static void cut_streams_are_refused(void **state)
{
    const size_t size = 3000;

    for (unsigned int r = 0; r < ARRAY_SIZE(rows); r++) {
        const struct packing *p;
        size_t n;

        make_data(size, r % 2 ? TEXT : ECHOES);
        n = pack(&rows[r], size);
        p = packing(&rows[r], n);
        for (size_t cut = 0; cut < n; cut += 1 + (cut > 100 ? next_random() % (n / 50 + 1) : 0)) {
            uint8_t *src = malloc(cut ? cut : 1);

            memcpy(src, packed, cut);
            try_bytes(&rows[r], p, src, cut, size, true);
            free(src);
        }
    }
}

static void changed_streams_do_no_harm(void **state)
{
    const size_t size = 3000;

    for (unsigned int r = 0; r < ARRAY_SIZE(rows); r++) {
        const struct packing *p;
        size_t n;

        make_data(size, r % 2 ? ECHOES : TEXT);
        n = pack(&rows[r], size);
        p = packing(&rows[r], n);
        for (unsigned int round = 0; round < 200; round++) {
            uint8_t *src = malloc(n);

            memcpy(src, packed, n);
            for (unsigned int i = 0; i <= round % 3; i++) {
                size_t at = next_random() % (round % 2 ? n : min_t(size_t, n, 200));

                src[at] ^= (uint8_t)(1U << next_random() % 8);
            }
            try_bytes(&rows[r], p, src, n, size, false);
            free(src);
        }
    }
}

/* Behind the magic number nothing is as it should be. */
static void noise_does_no_harm(void **state)
{
    for (unsigned int r = 0; r < ARRAY_SIZE(rows); r++) {
        const struct packing *p;

        make_data(100, TEXT);
        p = packing(&rows[r], pack(&rows[r], 100));
        for (unsigned int round = 0; round < 100; round++) {
            size_t n = 12 + next_random() % 300, keep = p->magic_size + next_random() % 10;
            uint8_t *src = malloc(n), *dst = malloc(3000);

            memcpy(src, packed, min(n, keep));
            for (size_t i = keep; i < n; i++) {
                src[i] = (uint8_t)next_random();
            }
            (void)!p->unpack(src, n, dst, 3000, tick);
            free(src);
            free(dst);
        }
    }
}

static void unknown_bytes_are_no_packing(void **state)
{
    static const uint8_t elf[] = "\177ELF\2\1\1", zstd[] = { 0x28, 0xb5, 0x2f };

    assert_null(packing_of(elf, sizeof(elf)));
    assert_null(packing_of(zstd, sizeof(zstd)));
    assert_null(packing_of(zstd, 0));
}

/* A bzImage of one sector of setup around a payload; its size. */
static size_t wrap(uint8_t *image, const uint8_t *payload, size_t n)
{
    uint32_t length = (uint32_t)n, offset = 8;

    memset(image, 0, 1032);
    image[0x1f1] = 1;
    memcpy(image + 0x202, "HdrS\x0f\x02", 6);
    memcpy(image + 0x248, &offset, 4);
    memcpy(image + 0x24c, &length, 4);
    memcpy(image + 1032, payload, n);
    return 1032 + n;
}

/* Around each packing, with the size behind it; plain; and cut at each byte. */
static void bzimages(void **state)
{
    static uint8_t image[40000];
    uint32_t size = 3000;
    struct bzimage bz;

    for (unsigned int r = 0; r < ARRAY_SIZE(rows); r++) {
        size_t n, total;

        make_data(size, TEXT);
        n = pack(&rows[r], size);
        if (strcmp(rows[r].packing, "gzip") != 0) {
            memcpy(packed + n, &size, 4);
            n += 4;
        }
        assert_true(bzimage_is(packed, n)); /* without a bzImage around it */
        assert_null(bzimage_parse(packed, n, &bz));
        assert_null(bzimage_unpack(&bz, unpacked, tick));
        assert_memory_equal(unpacked, data, size);
        total = wrap(image, packed, n);
        assert_true(bzimage_is(image, total));
        memset(unpacked, 0, size);
        assert_null(bzimage_parse(image, total, &bz));
        assert_int_equal(bz.unpacked, size);
        assert_null(bzimage_unpack(&bz, unpacked, tick));
        assert_memory_equal(unpacked, data, size);
        for (size_t cut = 0x250; r == 0 && cut < total; cut++) {
            uint8_t *src = malloc(cut);

            memcpy(src, image, cut);
            assert_non_null(bzimage_parse(src, cut, &bz));
            free(src);
        }
    }
    memcpy(data, "\177ELF", 4);
    assert_null(bzimage_parse(image, wrap(image, data, size), &bz));
    assert_int_equal(bz.unpacked, size);
    assert_null(bzimage_unpack(&bz, unpacked, tick));
    assert_memory_equal(unpacked, data, size);
    data[0] = 0;
    assert_non_null(bzimage_parse(image, wrap(image, data, size), &bz));
    assert_non_null(bzimage_parse(image, wrap(image, packed, 15), &bz));
    assert_false(bzimage_is(data, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_bytes_are_no_packing),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test(cut_streams_are_refused),
        cmocka_unit_test(changed_streams_do_no_harm),
        cmocka_unit_test(sizes_must_fit),
        cmocka_unit_test(bzimages),
        cmocka_unit_test(streams_unpack),
        cmocka_unit_test(every_kind_of_data),
        cmocka_unit_test(long_streams),
    };
    int failed;

    fake_reset(1);
    if (!mkdtemp(dir)) {
        return 1;
    }
    failed = cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
    remove(dir);
    return failed;
}
