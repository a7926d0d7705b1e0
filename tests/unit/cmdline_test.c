/* SPDX-License-Identifier: GPL-2.0-only */
/* common/boot/cmdline.c: options by kind, and one line about each word that is wrong. */
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/param.h>

static char unit_text[8];
static bool unit_flag;
static uint32_t unit_number;
static uint64_t unit_size;
static uint8_t unit_small;
static char unit_custom_seen[16];

static int unit_custom(const char *val, char (*to)[16])
{
    strlcpy(*to, "half", sizeof(*to));
    if (!strcmp(val, "bad")) {
        return -EINVAL;
    }
    strlcpy(*to, *val ? val : "(none)", sizeof(*to));
    return 0;
}

string_param("unit_text", unit_text);
bool_param("unit_flag", unit_flag);
uint_param("unit_number", unit_number, 1, 99);
uint_param("unit_small", unit_small, 0, ~0UL);
size_param("unit_size", unit_size, 0, ~0UL);
custom_param("unit_custom", unit_custom, unit_custom_seen);

static int reset(void **state)
{
    fake_reset(1);
    memset(unit_text, 0, sizeof(unit_text));
    memset(unit_custom_seen, 0, sizeof(unit_custom_seen));
    unit_flag = false;
    unit_number = 1;
    unit_size = 1;
    unit_small = 1;
    return 0;
}

static void values_are_stored(void **state)
{
    cmdline_parse("unit_text=abc unit_flag  unit_number=0x10\tunit_size=2M unit_custom=v");
    assert_string_equal(unit_text, "abc");
    assert_true(unit_flag);
    assert_int_equal(unit_number, 16);
    assert_int_equal(unit_size, 2 << 20);
    assert_string_equal(unit_custom_seen, "v");
    assert_string_equal(fake_console(), "");
}

static void booleans_have_many_words(void **state)
{
    static const char *const off[] = { "unit_flag=no",    "unit_flag=off", "unit_flag=0",
                                       "unit_flag=false", "no-unit_flag",  "unit-flag=disable" };

    for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
        unit_flag = true;
        cmdline_parse(off[i]);
        assert_false(unit_flag);
    }
    cmdline_parse("unit_flag=yes");
    assert_true(unit_flag);
    assert_string_equal(fake_console(), "");
}

static void sizes_have_suffixes(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } sizes[] = {
        { "unit_size=3", 3UL << 10 },      { "unit_size=3b", 3 },
        { "unit_size=1G", 1UL << 30 },     { "unit_size=1t", 1UL << 40 },
        { "unit_size=0x10k", 16UL << 10 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        cmdline_parse(sizes[i].text);
        assert_int_equal(unit_size, sizes[i].value);
    }
}

/* Each is named in one line, changes nothing, and what follows still counts. */
static void wrong_words_are_named(void **state)
{
    static const char *const wrong[] = {
        "nonsense",          "unit_text=muchtoolong",
        "unit_flag=perhaps", "unit_number=12x",
        "unit_number",       "unit_number=",
        "unit_small=256",    "unit_size=4Q",
        "no-unit_number=3",  "unit_custom=bad",
        "no-unit_flag=yes",  "unit_flagg",
        "unit_number=0",     "unit_number=100",
        "unit_number=-1",    "unit_number=+1",
        "unit_size=50%",     "unit_size=-1",
        "unit_size=1MB",     "unit_size=99999999999T",
        "unit_size=",        "unit_size=99999999999999999999",
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        char line[64];
        const char *said, *end;

        fake_reset(1);
        unit_flag = false;
        snprintf(line, sizeof(line), "%s unit_custom=after", wrong[i]);
        cmdline_parse(line);
        said = fake_console();
        end = strchr(said, '\n');
        assert_non_null(strstr(said, wrong[i]));
        assert_non_null(end);
        assert_string_equal(end, "\n");
        assert_int_equal(unit_number, 1);
        assert_int_equal(unit_small, 1);
        assert_int_equal(unit_size, 1);
        assert_false(unit_flag);
        assert_string_equal(unit_text, "");
        assert_string_equal(unit_custom_seen, "after");
    }
}

/* What stands behind the word "--" is for another, and no part of the line any more. */
static void lines_are_split(void **state)
{
    static const struct {
        const char *line, *own, *other;
    } lines[] = {
        { "a b -- c  d", "a b", "c  d" }, { "a --  ", "a", "" },    { "-- x=1", "", "x=1" },
        { "a --b -- c", "a --b", "c" },   { "a\t--\tc", "a", "c" }, { "a b", "a b", "" },
        { "a -- b -- c", "a", "b -- c" }, { "", "", "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        char line[32];
        const char *rest;

        strlcpy(line, lines[i].line, sizeof(line));
        rest = cmdline_split(line);
        assert_string_equal(line, lines[i].own);
        assert_string_equal(rest, lines[i].other);
    }
}

static void a_word_of_any_length_is_survived(void **state)
{
    static char line[3000];

    memset(line, 'x', sizeof(line) - 1);
    memcpy(line + 2900, " unit_number=5 ", 15);
    cmdline_parse(line);
    assert_int_equal(unit_number, 5);
    cmdline_parse("");
    cmdline_parse(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(values_are_stored, reset),
        cmocka_unit_test_setup(booleans_have_many_words, reset),
        cmocka_unit_test_setup(sizes_have_suffixes, reset),
        cmocka_unit_test_setup(wrong_words_are_named, reset),
        cmocka_unit_test_setup(lines_are_split, reset),
        cmocka_unit_test_setup(a_word_of_any_length_is_survived, reset),
    };

    return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
