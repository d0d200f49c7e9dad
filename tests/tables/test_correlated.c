/* SPDX-License-Identifier: Apache-2.0 */
/* See test_correlated.h. */
#include "tests/tables/test_correlated.h"

#include <stdio.h>
#include <string.h>

enum { DAY, RECEIVED, ITEM, LABEL, PRICE, KEY, COPY, ITEMS = 40 };

struct row {
    struct stoa_value values[TEST_CORRELATED_COLUMNS];
    char label[32], key[32], other[32];
};

static struct stoa_view view_of(const char *text)
{
    return (struct stoa_view){.data = (const uint8_t *)text,
                              .length = (uint32_t)strlen(text)};
}

static void draw_row(struct test_random *random, struct row *row)
{
    const int64_t item = (int64_t)test_random_below(random, ITEMS);
    memset(row->values, 0, sizeof row->values);
    row->values[DAY].i64 = 8000 + (int64_t)test_random_below(random, 2500);
    row->values[RECEIVED].i64 =
        row->values[DAY].i64 + 1 + (int64_t)test_random_below(random, 30);
    row->values[ITEM].i64 = 100 + 3 * item;
    snprintf(row->label, sizeof row->label, "item %d of all", (int)item * 7 % ITEMS);
    row->values[LABEL].bytes = view_of(row->label);
    row->values[PRICE].f64 = (double)(item * item) / 7 - 20;
    if (test_random_below(random, 100) == 0)
        row->values[PRICE].f64 = (double)test_random_below(random, 1000) / 3;
    snprintf(row->key, sizeof row->key, "%012llx",
             (unsigned long long)(test_random_next(random) >> 16));
    snprintf(row->other, sizeof row->other, "other %u",
             (unsigned)test_random_below(random, 9));
    row->values[KEY].bytes = view_of(row->key);
    row->values[COPY].bytes =
        view_of(test_random_below(random, 200) ? row->key : row->other);
}

static void append_row(struct test_table *table, struct test_random *random,
                       struct row *row, unsigned null_percent, bool has_null_bases)
{
    for (int c = 0; c < TEST_CORRELATED_COLUMNS; c++) {
        const bool is_base = c == DAY || c == ITEM || c == KEY;
        row->values[c].is_null = is_base
                                     ? has_null_bases && test_random_below(random, 40) == 0
                                     : test_random_below(random, 100) < null_percent;
        assert_ok(stoa_column_builder_append(&table->columns[c], &row->values[c], NULL),
                  NULL);
    }
}

void test_table_correlated(struct test_table *table, struct test_random *random,
                           uint32_t rows, unsigned null_percent, bool has_null_bases)
{
    static const struct test_column_spec specs[TEST_CORRELATED_COLUMNS] = {
        [DAY] = {"day",      {STOA_TYPE_DATE, 0, 0},    0, TEST_NULLS_SOME},
        [RECEIVED] = {"received", {STOA_TYPE_DATE, 0, 0},    0, TEST_NULLS_SOME},
        [ITEM] = {"item",     {STOA_TYPE_INT32, 0, 0},   0, TEST_NULLS_SOME},
        [LABEL] = {"label",    {STOA_TYPE_TEXT, 0, 0},    0, TEST_NULLS_SOME},
        [PRICE] = {"price",    {STOA_TYPE_FLOAT64, 0, 0}, 0, TEST_NULLS_SOME},
        [KEY] = {"key",      {STOA_TYPE_TEXT, 0, 0},    0, TEST_NULLS_SOME},
        [COPY] = {"copy",     {STOA_TYPE_TEXT, 0, 0},    0, TEST_NULLS_SOME},
    };
    struct row row;
    test_table_make(table, random, specs, TEST_CORRELATED_COLUMNS, 0);
    for (uint32_t i = 0; i < rows; i++) {
        draw_row(random, &row);
        append_row(table, random, &row, null_percent, has_null_bases);
    }
    table->rows = rows;
}
