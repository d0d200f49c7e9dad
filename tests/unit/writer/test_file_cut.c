/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer/file/row_group_cut.c against [FMT-4] done literally, row by row. The cut looks at
 * offsets and validity only, so texts of many megabytes cost nothing here.
 */
#include "tests/support/test_support.h"

#include <stdlib.h>
#include <string.h>

#include "common/bits.h"
#include "writer/file/row_group_cut.h"

enum { MAX_ROWS = 40000, MAX_CUTS = 4096, TEXTS = 2 };

/* One int64, three bools and two texts. */
static const stoa_field fields[] = {
    {"i", 1, {STOA_TYPE_INT64, 0, 0},    true},
    {"b", 2, {STOA_TYPE_BOOL, 0, 0},     true},
    {"c", 3, {STOA_TYPE_BOOL, 0, 0},     true},
    {"d", 4, {STOA_TYPE_BOOL, 0, 0},     true},
    {"t", 5, {STOA_TYPE_TEXT, 0, 0},     true},
    {"u", 6, {STOA_TYPE_BINARY, 0, 0},   true},
    {"x", 7, {STOA_TYPE_DECIMAL, 30, 0}, true},
};
enum { COLUMNS = sizeof fields / sizeof *fields, FIRST_TEXT = 4 };

struct rows {
    uint32_t count;
    uint32_t offsets[TEXTS][MAX_ROWS + 1];
    uint64_t validity[MAX_ROWS / 64 + 1];
    struct stoa_column columns[COLUMNS];
};

/* Text lengths up to `longest`, zero for most rows when `sparse`. */
static struct rows *make_rows(struct test_random *random, uint32_t count, uint32_t longest,
                              bool sparse, bool has_nulls)
{
    struct rows *rows = calloc(1, sizeof *rows);
    rows->count = count;
    test_random_bytes(random, rows->validity, sizeof rows->validity);
    for (int t = 0; t < TEXTS; t++) {
        for (uint32_t row = 0; row < count; row++) {
            uint32_t length = (uint32_t)test_random_below(random, (uint64_t)longest + 1);
            if (sparse && test_random_below(random, 50) != 0)
                length = 3;
            /* 4 GiB of text is the most that one column can say. */
            const uint32_t room = UINT32_MAX - rows->offsets[t][row];
            rows->offsets[t][row + 1] =
                rows->offsets[t][row] + (length < room ? length : 0);
        }
    }
    for (int i = 0; i < COLUMNS; i++) {
        rows->columns[i].phys = stoa_type_phys(fields[i].type);
        rows->columns[i].length = count;
    }
    for (int t = 0; t < TEXTS; t++)
        rows->columns[FIRST_TEXT + t].offsets = rows->offsets[t];
    if (has_nulls)
        rows->columns[FIRST_TEXT].validity = rows->validity;
    return rows;
}

static uint64_t row_text(const struct rows *rows, uint32_t row)
{
    uint64_t size = 0;
    for (int t = 0; t < TEXTS; t++) {
        const struct stoa_column *column = &rows->columns[FIRST_TEXT + t];
        if (!column->validity || stoa_bit_get(column->validity, row))
            size += column->offsets[row + 1] - column->offsets[row];
    }
    return size;
}

/* R(n) of [FMT-4] for n rows with `text` bytes of text. */
static uint64_t raw_of(uint64_t n, uint64_t text)
{
    return n * (8 + 4 + 4 + 16) + 3 * ((n + 7) / 8) + text;
}

/* The sizes of the row groups, as the two sentences of [FMT-4] say it. */
static uint32_t cut_literally(const struct rows *rows, uint32_t out_sizes[MAX_CUTS])
{
    const uint64_t limit = 67108864;
    uint32_t cuts = 0;
    uint64_t n = 0;
    uint64_t text = 0;
    uint64_t text_before = 0; /* at n - 1,024, n a multiple of 1,024 */
    for (uint32_t row = 0; row < rows->count; row++) {
        const uint64_t more = row_text(rows, row);
        const uint64_t now = raw_of(n, text);
        const bool first = n == 1048576 || (n > 0 && raw_of(n + 1, text + more) > limit);
        const bool second =
            n > 0 && n % 1024 == 0 && now + (now - raw_of(n - 1024, text_before)) > limit;
        if (first || second) {
            assert_true(cuts < MAX_CUTS);
            out_sizes[cuts++] = (uint32_t)n;
            n = text = text_before = 0;
        }
        if (n % 1024 == 0)
            text_before = text;
        n++;
        text += more;
    }
    if (n > 0)
        out_sizes[cuts++] = (uint32_t)n;
    return cuts;
}

/* The same by stoa_cut_take, with rows coming in steps of `step`. */
static uint32_t cut_by_take(const struct rows *rows, uint32_t step,
                            uint32_t out_sizes[MAX_CUTS])
{
    const stoa_schema schema = {.fields = fields, .field_count = COLUMNS};
    struct stoa_cut cut;
    uint32_t cuts = 0;
    stoa_cut_init(&cut, &schema);
    for (uint32_t row = 0; row < rows->count;) {
        const uint32_t in_step = step - row % step;
        const uint32_t left = rows->count - row;
        const uint32_t count = left < in_step ? left : in_step;
        const uint32_t taken = stoa_cut_take(&cut, rows->columns, COLUMNS, row, count);
        row += taken;
        if (taken < count) {
            assert_true(cuts < MAX_CUTS && cut.rows > 0);
            out_sizes[cuts++] = cut.rows;
            stoa_cut_reset(&cut);
        }
    }
    if (cut.rows > 0)
        out_sizes[cuts++] = cut.rows;
    return cuts;
}

static uint32_t check_cuts(const struct rows *rows)
{
    static const uint32_t steps[] = {1, 7, 1000, 1024, 65536};
    static uint32_t expected[MAX_CUTS];
    static uint32_t found[MAX_CUTS];
    const uint32_t count = cut_literally(rows, expected);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(cut_by_take(rows, steps[i], found), count);
        assert_bytes(found, expected, count * sizeof *expected);
    }
    return count;
}

static void test_cut_equals_the_rule_done_literally(void **state)
{
    static const struct {
        uint32_t rows, longest;
        bool sparse;
    } cases[] = {
        {3000,  16 << 20, true },
        {1000,  16 << 20, false},
        {40000, 100000,   false},
        {40000, 20000,    false},
        {20000, 3000000,  true },
        {5000,  1 << 20,  false},
    };
    struct test_random random = test_random_start(1);
    uint32_t cuts = 0;
    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const size_t k = i / 2;
        struct rows *rows = make_rows(&random, cases[k].rows, cases[k].longest,
                                      cases[k].sparse, i % 2 == 1);
        cuts += check_cuts(rows);
        free(rows);
    }
    assert_true(cuts > 500);
}

/* Rows of exactly 65,536 bytes: 1,024 of them reach the limit to the byte. */
static void test_cut_takes_a_vector_that_fits_to_the_byte(void **state)
{
    const stoa_field text = {
        "t", 1, {STOA_TYPE_BINARY, 0, 0},
          true
    };
    const stoa_schema schema = {.fields = &text, .field_count = 1};
    static uint32_t offsets[2049];
    const struct stoa_column column = {
        .phys = STOA_PHYS_BYTES, .length = 2048, .offsets = offsets};
    struct stoa_cut cut;
    (void)state;
    for (uint32_t i = 0; i < 2048; i++)
        offsets[i + 1] = offsets[i] + 65532;
    stoa_cut_init(&cut, &schema);
    assert_int_equal(stoa_cut_take(&cut, &column, 1, 0, 2048), 1024);
    assert_int_equal(stoa_cut_raw_size(&cut), 67108864);
    stoa_cut_reset(&cut);
    offsets[1024]++; /* one byte more in row 1,023: it does not fit */
    for (uint32_t i = 1024; i < 2048; i++)
        offsets[i + 1]++;
    assert_int_equal(stoa_cut_take(&cut, &column, 1, 0, 2048), 1023);
}

static void test_cut_gives_a_row_above_the_limit_its_own_row_group(void **state)
{
    enum { WIDE = 5 };
    stoa_field texts[WIDE];
    struct stoa_column columns[WIDE];
    static const uint32_t offsets[] = {0, 1, 1 + (16 << 20), 2 + (16 << 20)};
    struct stoa_cut cut;
    (void)state;
    for (int i = 0; i < WIDE; i++) {
        texts[i] = (stoa_field){
            "t", (uint32_t)i + 1, {STOA_TYPE_BINARY, 0, 0},
                true
        };
        columns[i] =
            (struct stoa_column){.phys = STOA_PHYS_BYTES, .length = 3, .offsets = offsets};
    }
    const stoa_schema schema = {.fields = texts, .field_count = WIDE};
    stoa_cut_init(&cut, &schema);
    for (uint32_t row = 0; row < 3; row++) {
        assert_int_equal(stoa_cut_take(&cut, columns, WIDE, row, 3 - row), 1);
        assert_int_equal(cut.rows, 1);
        stoa_cut_reset(&cut);
    }
}

static void test_cut_ends_a_row_group_at_1048576_rows(void **state)
{
    const stoa_field field = {
        "b", 1, {STOA_TYPE_BOOL, 0, 0},
          true
    };
    const stoa_schema schema = {.fields = &field, .field_count = 1};
    const struct stoa_column column = {.phys = STOA_PHYS_BOOL, .length = 3000000};
    struct stoa_cut cut;
    (void)state;
    stoa_cut_init(&cut, &schema);
    assert_int_equal(stoa_cut_take(&cut, &column, 1, 0, 3000000), 1048576);
    assert_int_equal(stoa_cut_take(&cut, &column, 1, 1048576, 5), 0);
    stoa_cut_reset(&cut);
    assert_int_equal(stoa_cut_take(&cut, &column, 1, 1048576, 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_equals_the_rule_done_literally),
        cmocka_unit_test(test_cut_takes_a_vector_that_fits_to_the_byte),
        cmocka_unit_test(test_cut_gives_a_row_above_the_limit_its_own_row_group),
        cmocka_unit_test(test_cut_ends_a_row_group_at_1048576_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
