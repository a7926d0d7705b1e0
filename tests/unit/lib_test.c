/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * common/lib: strings, numbers, bitmaps, formatted output and the heap, against the C library or a
 * model that is obviously right.
 */
#include <hv/bitops.h>
#include <hv/domain.h>
#include <hv/heap.h>
#include <hv/lib.h>

static uint64_t random_state;

/* xorshift64*: the same sequence in every run. */
static uint64_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dUL;
}

static int reset(void **state)
{
    random_state = 0x9e3779b97f4a7c15UL;
    fake_reset(1);
    return 0;
}

/* The format is made at run time, so the compiler cannot check it; both sides get the same. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static void compare_number(const char *fmt, uint64_t value, size_t size)
{
    char ours[80], theirs[80];
    int n, m;

    memset(ours, 0x5a, sizeof(ours));
    memset(theirs, 0x5a, sizeof(theirs));
    n = snprintf(ours, size, fmt, value);
    m = host_snprintf(theirs, size, fmt, value);
    if (n != m || memcmp(ours, theirs, sizeof(ours))) {
        fail_msg("\"%s\" of %#lx, %zu bytes: \"%s\" (%d), expected \"%s\" (%d)", fmt, value, size,
                 ours, n, theirs, m);
    }
}

static void numbers_print_as_in_c99(void **state)
{
    static const char *const lengths[] = { "", "l", "ll", "h", "hh", "z", "j" };
    static const char conversions[] = "diuxXo";

    for (unsigned int round = 0; round < 20000; round++) {
        uint64_t bits = next_random();
        uint64_t value = next_random() >> (bits % 64);
        const char *length = lengths[(bits >> 8) % ARRAY_SIZE(lengths)];
        char fmt[40] = "%";
        size_t at = 1;

        for (unsigned int flag = 0; flag < 5; flag++) {
            if (bits >> (16 + flag) & 1) {
                fmt[at++] = "-+ #0"[flag];
            }
        }
        if (bits >> 24 & 1) {
            at += (size_t)host_snprintf(fmt + at, 8, "%u", (unsigned int)(bits >> 28) % 30);
        }
        if (bits >> 25 & 1) {
            at += (size_t)host_snprintf(fmt + at, 8, ".%u", (unsigned int)(bits >> 33) % 26);
        }
        at += (size_t)host_snprintf(fmt + at, 8, "%s%c", length, conversions[(bits >> 40) % 6]);
        fmt[at] = '\0';
        compare_number(fmt, value, bits >> 48 & 1 ? 64 : (bits >> 50) % 12);
    }
}
#pragma GCC diagnostic pop

static void text_prints_as_in_c99(void **state)
{
    char out[32];

    assert_int_equal(snprintf(out, sizeof(out), "%5s|%-5s|%.2s", "ab", "cd", "efg"), 14);
    assert_string_equal(out, "   ab|cd   |ef");
    assert_int_equal(snprintf(out, sizeof(out), "%c%%%*d", 'x', 4, 7), 6);
    assert_string_equal(out, "x%   7");
    /* No terminator is read past the precision. */
    assert_int_equal(snprintf(out, 4, "%.3s", (const char[]){ 'a', 'b', 'c' }), 3);
    assert_string_equal(out, "abc");
    assert_int_equal(snprintf(out, 0, "long"), 4);
    assert_int_equal(snprintf(out, 3, "long"), 4);
    assert_string_equal(out, "lo");
}

static void domains_and_vcpus_have_names(void **state)
{
    struct domain *d = calloc(1, sizeof(*d));
    struct vcpu *v = calloc(1, sizeof(*v));
    char out[40];

    d->domain_id = 5;
    v->domain = d;
    v->vcpu_id = 2;
    snprintf(out, sizeof(out), "%pd %pv", (void *)d, (void *)v);
    assert_string_equal(out, "d5 d5v2");
    d->domain_id = DOMID_IO;
    snprintf(out, sizeof(out), "%pd", (void *)d);
    assert_string_equal(out, "d[IO]");
    snprintf(out, sizeof(out), "%ps", (void *)0x1234);
    assert_string_equal(out, "0000000000001234");
    free(v);
    free(d);
}

static void numbers_parse_as_in_c99(void **state)
{
    static const char *const texts[] = {
        "0",
        "7",
        "12x",
        "0x1f",
        "0xg",
        "017",
        "08",
        "+5",
        "-1",
        " \t 42",
        "",
        "x",
        "0x",
        "z",
        "-",
        "18446744073709551615",
        "18446744073709551616",
        "-18446744073709551615",
        "0xffffffffffffffffff",
        "1e5",
    };
    static const unsigned int bases[] = { 0, 2, 8, 10, 16, 36 };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        for (size_t b = 0; b < ARRAY_SIZE(bases); b++) {
            const char *end;
            char *host_end;
            unsigned long value = strtoul(texts[i], &end, bases[b]);

            assert_int_equal(value, host_strtoul(texts[i], &host_end, (int)bases[b]));
            assert_ptr_equal(end, host_end);
        }
    }
}

static void strings_compare_and_copy(void **state)
{
    char out[4];

    assert_int_equal(strlcpy(out, "abcdef", sizeof(out)), 6);
    assert_string_equal(out, "abc");
    assert_int_equal(strlcpy(out, "ab", sizeof(out)), 2);
    assert_string_equal(out, "ab");
    assert_int_equal(strlcpy(out, "ab", 0), 2);
    assert_true(strcmp("abc", "abd") < 0);
    assert_true(strcmp("abc", "ab") > 0);
    assert_true(strcmp("\x80", "a") > 0); /* as unsigned char */
    assert_int_equal(strncmp("abc", "abd", 2), 0);
    assert_int_equal(strncmp("a", "a\0x", 3), 0);
    assert_int_equal(strnlen("abc", 2), 2);
    assert_null(strchr("abc", 'd'));
    assert_string_equal(strchr("abc", 'b'), "bc");
    for (unsigned int round = 0; round < 2000; round++) {
        char hay[12], needle[4];
        uint64_t bits = next_random();

        for (unsigned int i = 0; i < 11; i++) {
            hay[i] = "ab"[bits >> i & 1];
        }
        hay[11] = '\0';
        for (unsigned int i = 0; i < 3; i++) {
            needle[i] = "ab"[bits >> (20 + i) & 1];
        }
        needle[(bits >> 30) % 4] = '\0';
        needle[3] = '\0';
        assert_ptr_equal(strstr(hay, needle), host_strstr(hay, needle));
    }
}

static void bitmaps_search_as_bit_by_bit(void **state)
{
    enum { BITS = 200 };
    DECLARE_BITMAP(map, BITS);

    for (unsigned int round = 0; round < 300; round++) {
        unsigned int size = (unsigned int)(next_random() % BITS) + 1;
        unsigned int from = (unsigned int)(next_random() % (size + 3));
        unsigned int set = from, clear = from;

        memset(map, round % 3 ? 0xff : 0, sizeof(map));
        for (unsigned int i = 0; i < 6; i++) {
            unsigned int bit = (unsigned int)(next_random() % BITS);

            if (round % 3) {
                __clear_bit(bit, map);
            } else {
                __set_bit(bit, map);
            }
        }
        while (set < size && !test_bit(set, map)) {
            set++;
        }
        while (clear < size && test_bit(clear, map)) {
            clear++;
        }
        assert_int_equal(find_next_bit(map, size, from), set < size ? set : size);
        assert_int_equal(find_next_zero_bit(map, size, from), clear < size ? clear : size);
    }
    for (unsigned int order = 0; order < 40; order++) {
        assert_int_equal(get_order(1UL << order), order);
        assert_int_equal(get_order((1UL << order) + 1), order + 1);
    }
}

/* Every node's key is at least its parent's, the links agree, and the ranks are a leftist tree's.
 */
static unsigned int check_heap(const struct heap_node *n, const struct heap_node *up)
{
    unsigned int left, right;

    if (!n) {
        return 0;
    }
    assert_ptr_equal(n->up, up);
    assert_true(!up || n->key >= up->key);
    left = check_heap(n->left, n);
    right = check_heap(n->right, n);
    assert_true(left >= right);
    assert_int_equal(n->rank, right + 1);
    return right + 1;
}

static void heap_gives_the_least_key(void **state)
{
    enum { NODES = 60 };
    static struct heap_node nodes[NODES];
    struct heap heap = { 0 };

    memset(nodes, 0, sizeof(nodes));
    for (unsigned int round = 0; round < 4000; round++) {
        struct heap_node *n = &nodes[next_random() % NODES];
        int64_t least = INT64_MAX;

        if (heap_queued(n) && next_random() % 2) {
            heap_rekey(&heap, n, (int64_t)(next_random() % 100) - 50);
        } else if (heap_queued(n)) {
            heap_remove(&heap, n);
            assert_false(heap_queued(n));
        } else {
            n->key = (int64_t)(next_random() % 100) - 50;
            heap_insert(&heap, n);
        }
        for (unsigned int i = 0; i < NODES; i++) {
            if (heap_queued(&nodes[i]) && nodes[i].key < least) {
                least = nodes[i].key;
            }
        }
        check_heap(heap.root, NULL);
        assert_int_equal(heap_first(&heap) ? heap_first(&heap)->key : INT64_MAX, least);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers_print_as_in_c99, reset),
        cmocka_unit_test_setup(text_prints_as_in_c99, reset),
        cmocka_unit_test_setup(domains_and_vcpus_have_names, reset),
        cmocka_unit_test_setup(numbers_parse_as_in_c99, reset),
        cmocka_unit_test_setup(strings_compare_and_copy, reset),
        cmocka_unit_test_setup(bitmaps_search_as_bit_by_bit, reset),
        cmocka_unit_test_setup(heap_gives_the_least_key, reset),
    };

    return cmocka_run_group_tests_name("lib", tests, NULL, NULL);
}
