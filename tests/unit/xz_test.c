/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The .xz decoder against streams that Python's lzma module packs: several sizes and kinds of data,
 * the x86 filter, LZMA properties; and streams that are cut or changed, none of which may harm.
 */
#include <stdio.h>
#include <hv/crc32.h>
#include <hv/lib.h>
#include <hv/unpack.h>

static unsigned int ticks;

static void tick(void)
{
    ticks++;
}

static uint32_t seed;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

/* Text-like, code-like (calls and jumps) or random bytes. */
static void make_data(uint8_t *p, size_t size, unsigned int kind)
{
    for (size_t i = 0; i < size; i++) {
        switch (kind) {
        case 0:
            p[i] = "etaoin shrdlu"[next_random() % 13];
            break;
        case 1:
            p[i] = next_random() % 4
                       ? (uint8_t)next_random() % 8
                       : (uint8_t)(next_random() % 2 ? 0xe8 : 0xe9 + next_random() % 24);
            break;
        default:
            p[i] = (uint8_t)next_random();
            break;
        }
    }
}

/* Packs size bytes at data as `how`, a Python list of filters, says; the packed size. */
static size_t pack(const uint8_t *data, size_t size, const char *how, uint8_t *packed, size_t max)
{
    char dir[] = "/tmp/xz_test.XXXXXX", in[64], out[64], command[512];
    size_t n;
    FILE *f;

    assert_non_null(mkdtemp(dir));
    snprintf(in, sizeof(in), "%s/in", dir);
    snprintf(out, sizeof(out), "%s/out", dir);
    f = fopen(in, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    fclose(f);
    snprintf(command, sizeof(command),
             "/usr/bin/python3 -c 'import lzma; L=lzma; open(\"%s\",\"wb\").write(lzma.compress("
             "open(\"%s\",\"rb\").read(), check=L.CHECK_CRC32, filters=%s))'",
             out, in, how);
    assert_int_equal(system(command), 0);
    f = fopen(out, "rb");
    assert_non_null(f);
    n = fread(packed, 1, max, f);
    fclose(f);
    remove(in);
    remove(out);
    remove(dir);
    assert_true(n < max);
    return n;
}

#define LZMA2(more) "[{\"id\": L.FILTER_LZMA2, \"preset\": 6" more "}]"
#define X86_LZMA2   "[{\"id\": L.FILTER_X86}, {\"id\": L.FILTER_LZMA2, \"preset\": 9}]"
#define MAX_SIZE    (3UL << 20) /* more than a chunk of LZMA2 */

static uint8_t data[MAX_SIZE], packed[MAX_SIZE + 65536], unpacked[MAX_SIZE];

static void check(size_t size, unsigned int kind, const char *how)
{
    size_t n;

    make_data(data, size, kind);
    n = pack(data, size, how, packed, sizeof(packed));
    memset(unpacked, 0x55, size);
    assert_null(xz_unpack(packed, n, unpacked, size, tick));
    assert_memory_equal(data, unpacked, size);
}

static void streams_unpack(void **state)
{
    static const size_t sizes[] = { 1, 4, 5, 100, 65537, 300000 };

    for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned int kind = 0; kind < 3; kind++) {
            check(sizes[i], kind, LZMA2(""));
            check(sizes[i], kind, X86_LZMA2);
        }
    }
    check(MAX_SIZE, 1, X86_LZMA2);
    assert_true(ticks > 0);
}

static void properties_are_followed(void **state)
{
    check(200000, 0, LZMA2(", \"lc\": 0, \"lp\": 4, \"pb\": 0"));
    check(200000, 0, LZMA2(", \"lc\": 4, \"lp\": 0, \"pb\": 4"));
    check(200000, 1, LZMA2(", \"lc\": 1, \"lp\": 2, \"pb\": 2, \"dict_size\": 4096"));
}

static void crc_is_the_published_one(void **state)
{
    assert_int_equal(crc32(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(crc32(crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

/* The output is exactly as long as was said. */
static void sizes_must_fit(void **state)
{
    size_t n;

    make_data(data, 70000, 0);
    n = pack(data, 70000, LZMA2(""), packed, sizeof(packed));
    assert_non_null(xz_unpack(packed, n, unpacked, 69999, tick));
    assert_non_null(xz_unpack(packed, n, unpacked, 70001, tick));
    assert_null(xz_unpack(packed, n, unpacked, 70000, tick));
}

/* Every cut is found; buffers are of exact size, so that the sanitizer sees a byte too much. */
static void cut_streams_are_refused(void **state)
{
    size_t n;

    make_data(data, 3000, 0);
    n = pack(data, 3000, X86_LZMA2, packed, sizeof(packed));
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *src = malloc(cut ? cut : 1), *dst = malloc(3000);

        memcpy(src, packed, cut);
        assert_non_null(xz_unpack(src, cut, dst, 3000, tick));
        free(src);
        free(dst);
    }
}

/* Any change is found by a checksum, or harms nothing where no checksum is (none here). */
static void changed_streams_are_refused(void **state)
{
    size_t n;

    make_data(data, 3000, 0);
    n = pack(data, 3000, X86_LZMA2, packed, sizeof(packed));
    for (unsigned int round = 0; round < 8000; round++) {
        uint8_t *src = malloc(n), *dst = malloc(3000);
        size_t at = next_random() % n;

        memcpy(src, packed, n);
        src[at] ^= (uint8_t)(1U << next_random() % 8);
        if (round % 3 == 0) {
            src[next_random() % n] = (uint8_t)next_random();
        }
        if (memcmp(src, packed, n) != 0 && !xz_unpack(src, n, dst, 3000, tick)) {
            assert_memory_equal(dst, data, 3000);
        }
        free(src);
        free(dst);
    }
}

/* Chunks made of random bytes, behind right headers: the decoder itself, without checksums' help.
 */
static void random_chunks_harm_nothing(void **state)
{
    for (unsigned int round = 0; round < 8000; round++) {
        size_t n = 24 + next_random() % 200;
        uint8_t *src = malloc(n), *dst = malloc(5000);
        static const uint8_t head[] = { 0xfd, '7', 'z', 'X', 'Z', 0, 0, 0 };
        static const uint8_t block[] = { 2, 0, 0x21, 1, 0x16, 0, 0, 0 };
        uint32_t sum;

        for (size_t i = 0; i < n; i++) {
            src[i] = (uint8_t)next_random();
        }
        memcpy(src, head, 8);
        sum = crc32(0, src + 6, 2);
        memcpy(src + 8, &sum, 4);
        memcpy(src + 12, block, 8);
        sum = crc32(0, src + 12, 8);
        memcpy(src + 20, &sum, 4);
        if (n > 32) {
            src[24] = 0xe0;
            src[25] = (uint8_t)(next_random() % 8);
            src[27] = 0;
            src[29] = (uint8_t)(next_random() % 225);
            src[30] = 0;
        }
        (void)!xz_unpack(src, n, dst, 5000, tick);
        free(src);
        free(dst);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_is_the_published_one),   cmocka_unit_test(streams_unpack),
        cmocka_unit_test(properties_are_followed),    cmocka_unit_test(sizes_must_fit),
        cmocka_unit_test(cut_streams_are_refused),    cmocka_unit_test(changed_streams_are_refused),
        cmocka_unit_test(random_chunks_harm_nothing),
    };

    return cmocka_run_group_tests_name("xz", tests, NULL, NULL);
}
