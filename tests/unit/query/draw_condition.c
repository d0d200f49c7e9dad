/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The random conditions and rows of draw_condition.h.
 */
#include "tests/unit/query/draw_condition.h"

#include <string.h>

#include "format/text.h"
#include "tests/unit/query/bind_schema.h"

/* ---- random conditions ---- */

/* What one column's conditions are made of. */
struct source {
    const char *column;
    const char *const *constants; /* as SQL; ended by NULL */
    const char *const *extras;    /* whole conditions */
};

static const char *const int_constants[] = {"0",
                                            "1",
                                            "-1",
                                            "5",
                                            "7",
                                            "127",
                                            "128",
                                            "-129",
                                            "2147483647",
                                            "-2147483648",
                                            "9223372036854775807",
                                            "1.5",
                                            "-0.5",
                                            "5.0",
                                            "1e3",
                                            "99999999999999999999",
                                            "2.5::float64",
                                            "9007199254740993::float64",
                                            "1e300",
                                            "'NaN'::float64",
                                            "null",
                                            NULL};
static const char *const int_extras[] = {"C::float64 > 5",
                                         "C::decimal(20,2) = 5",
                                         "C::float64 in (1, 5, 2.5)",
                                         "C is null",
                                         "C is not null",
                                         "C = C",
                                         "C in (1, 2, 3, 5, 7)",
                                         "C not in (1, null)",
                                         "C in (0, 9, 1.50)",
                                         "abs(C) = 5",
                                         "C % 2 = 0",
                                         NULL};
static const char *const float_constants[] = {"0",
                                              "-0.0",
                                              "1.5",
                                              "1e300",
                                              "-1e300",
                                              "'NaN'::float64",
                                              "'Infinity'::float64",
                                              "'-Infinity'::float64",
                                              "0.1",
                                              "5",
                                              "9223372036854775807",
                                              "null",
                                              NULL};
static const char *const float_extras[] = {"C is null", "C in (1.5, 0, 'NaN')",
                                           "C not in (1.5, 2)", "round(C) = 2", NULL};
static const char *const decimal_constants[] = {
    "0",    "1.50",          "1.505", "-1.01", "100", "1e12", "1.5::float64",
    "0.01", "9999999999.99", "null",  NULL};
static const char *const decimal_extras[] = {"C::float64 >= 1.5", "C in (1.5, 1.505, 2)",
                                             "C::int64 = 2", "C is null", NULL};
static const char *const text_constants[] = {"''",  "'a'", "'ab'", "'abc'", "'b'",
                                             "'é'", "'%'", "'Ab'", "null",  NULL};
static const char *const text_extras[] = {"C like 'a%'",
                                          "C like '%b%'",
                                          "C not like 'ab%'",
                                          "C like 'a_c'",
                                          "C like 'a%c'",
                                          "C ilike 'AB%'",
                                          "C not ilike '%B'",
                                          "starts_with(C, 'ab')",
                                          "contains(C, 'b')",
                                          "ends_with(C, 'c')",
                                          "C like null",
                                          "C like '%'",
                                          "C like ''",
                                          "C like '\\%'",
                                          "C in ('a', 'b', null)",
                                          "C not in ('a', 'ab')",
                                          "lower(C) = 'ab'",
                                          "C is null",
                                          "C is not null",
                                          "(C like '%b%' and C like null) or C like '%q'",
                                          "length(C) > 1",
                                          NULL};
static const char *const date_constants[] = {"date '2020-01-01'",
                                             "date '1969-12-31'",
                                             "'2020-02-29'",
                                             "timestamp '2020-01-01 00:00:00'",
                                             "timestamp '2020-01-01 12:00:00'",
                                             "null",
                                             NULL};
static const char *const date_extras[] = {"extract(year from C) = 2020",
                                          "extract(year from C) < 2020",
                                          "C is null",
                                          "extract(year from C) between 1969 and 2019",
                                          "extract(month from C) = 2",
                                          "date_trunc('month', C) = '2020-02-01'",
                                          "date_trunc('year', C) > '2019-06-01'",
                                          "extract(decade from C) = 202",
                                          "extract(epoch from C) >= 0",
                                          NULL};
static const char *const timestamp_constants[] = {"timestamp '2020-01-01 00:00:00'",
                                                  "timestamp '2020-01-01 23:59:59.999999'",
                                                  "date '2020-01-01'",
                                                  "date '1970-01-01'",
                                                  "'1969-12-31 23:59:59.999999'",
                                                  "null",
                                                  NULL};
static const char *const timestamp_extras[] = {
    "C::date = '2020-01-01'",
    "C::date <= '1969-12-31'",
    "C::date in ('2020-01-01', '1970-01-01')",
    "extract(year from C) = 2020",
    "date_trunc('day', C) = '2020-01-01'",
    "date_trunc('hour', C) <> '2020-01-01 23:00:00'",
    "C is not null",
    NULL};
static const char *const unsigned_constants[] = {"0",
                                                 "-1",
                                                 "1",
                                                 "18446744073709551615",
                                                 "18446744073709551616",
                                                 "9223372036854775808",
                                                 "1.5",
                                                 "1.8e19::float64",
                                                 "null",
                                                 NULL};
static const char *const bool_constants[] = {"true", "false", "null", NULL};
static const char *const bool_extras[] = {
    "C",          "not C",        "C is true",      "C is not true",
    "C is false", "C is unknown", "C is not false", NULL};
static const char *const uuid_constants[] = {
    "'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-12d3-a456-426614174000'",
    "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "null", NULL};
static const char *const binary_constants[] = {"'\\x'",     "'\\x00ff'", "'\\xff'",
                                               "'\\xffff'", "null",      NULL};
static const char *const time_constants[] = {"'00:00:00'", "'12:00:00'",
                                             "'23:59:59.999999'", "null", NULL};
static const char *const plain_extras[] = {"C is null", "C is not null", "C = C", NULL};

/* Texts count three times: they have the most forms. */
static const struct source sources[] = {
    {"a",  int_constants,       int_extras      },
    {"id", int_constants,       int_extras      },
    {"k",  int_constants,       int_extras      },
    {"b",  float_constants,     float_extras    },
    {"m",  decimal_constants,   decimal_extras  },
    {"w",  decimal_constants,   decimal_extras  },
    {"s",  text_constants,      text_extras     },
    {"s",  text_constants,      text_extras     },
    {"s",  text_constants,      text_extras     },
    {"d",  date_constants,      date_extras     },
    {"ts", timestamp_constants, timestamp_extras},
    {"u",  unsigned_constants,  plain_extras    },
    {"f",  bool_constants,      bool_extras     },
    {"g",  uuid_constants,      plain_extras    },
    {"x",  binary_constants,    plain_extras    },
    {"h",  time_constants,      plain_extras    },
};
enum { SOURCE_COUNT = sizeof sources / sizeof sources[0] };

static const char *pick(struct test_random *random, const char *const *list)
{
    uint64_t count = 0;
    while (list[count])
        count++;
    return list[test_random_below(random, count)];
}

static void put(struct stoa_buf *sql, const char *text)
{
    assert_ok(stoa_buf_append(sql, text, strlen(text), NULL), NULL);
}

/* A condition of its own, with the column's name for every capital C that stands alone. */
static void put_extra(struct stoa_buf *sql, const struct source *source, const char *extra)
{
    for (const char *p = extra; *p != '\0'; p++) {
        if (*p == 'C')
            put(sql, source->column);
        else
            assert_ok(stoa_buf_append_byte(sql, (uint8_t)*p, NULL), NULL);
    }
}

static void put_leaf(struct test_random *random, struct stoa_buf *sql,
                     const struct source *source)
{
    static const char *const operators[] = {" = ",
                                            " <> ",
                                            " < ",
                                            " <= ",
                                            " > ",
                                            " >= ",
                                            " is distinct from ",
                                            " is not distinct from ",
                                            NULL};
    const uint64_t form = test_random_below(random, 10);
    if (form < 3) {
        put_extra(sql, source, pick(random, source->extras));
        return;
    }
    if (form == 3) { /* the constant first */
        put(sql, pick(random, source->constants));
        put(sql, pick(random, operators));
        put(sql, source->column);
        return;
    }
    put(sql, source->column);
    if (form > 4) {
        put(sql, pick(random, operators));
        put(sql, pick(random, source->constants));
        return;
    }
    put(sql, test_random_below(random, 2) ? " between " : " not between ");
    put(sql, pick(random, source->constants));
    put(sql, " and ");
    put(sql, pick(random, source->constants));
}

static void put_condition(struct test_random *random, struct stoa_buf *sql, unsigned depth,
                          const struct source *source)
{
    static const char *const tests[] = {" is true", " is not true", " is false", " is null",
                                        NULL};
    if (depth == 0 || test_random_below(random, 4) == 0) {
        /* Now and then another column, which most trees cannot be pushed with. */
        const bool is_other = test_random_below(random, 12) == 0;
        put_leaf(random, sql,
                 is_other ? &sources[test_random_below(random, SOURCE_COUNT)] : source);
        return;
    }
    const uint64_t form = test_random_below(random, 8);
    put(sql, form < 6 ? "(" : form == 6 ? "not (" : "(");
    put_condition(random, sql, depth - 1, source);
    if (form < 6) {
        put(sql, form < 3 ? " and " : " or ");
        put_condition(random, sql, depth - 1, source);
    }
    put(sql, ")");
    if (form == 7)
        put(sql, pick(random, tests));
}

void draw_condition(struct test_random *random, struct stoa_buf *sql, unsigned depth,
                    unsigned number)
{
    put_condition(random, sql, depth, &sources[number % SOURCE_COUNT]);
}

/* ---- random rows ---- */

/* Spellings that values are drawn from, so that they meet the constants above. */
static const char *const value_texts[][12] = {
    [STOA_TYPE_BOOL] = {"true",                  "false"       },
    [STOA_TYPE_INT8] = {                                         "0",                                                  "1",                              "-1", "5", "7", "127", "-128", "2", "3"},
    [STOA_TYPE_INT16] = {                                      "0",                                                                                     "1",                               "-1"},
    [STOA_TYPE_INT32] = {                                                                       "0",                                                                                   "1",   "-1", "5", "7", "128", "2147483647", "-2147483648",
                        "-129", "1000"},
    [STOA_TYPE_INT64] = {"0","1",                               "5", "9223372036854775807", "-9223372036854775808", "-1",
                        "9007199254740992", "9007199254740993", "9007199254740994", "7"},
    [STOA_TYPE_UINT64] = {                                                                  "0",                                                                                                          "1",                          "2", "18446744073709551615", "9223372036854775808",
                        "9223372036854775807", "18000000000000000000"},
    [STOA_TYPE_FLOAT64] = {                                                                  "0",                                                                                                                                                  "-0","1.5", "NaN", "Infinity", "-Infinity", "1e300", "0.1",
                        "5", "-1e300", "2", "9223372036854775807"},
    [STOA_TYPE_DECIMAL] = { "0",                                                 "1.50", "1.51", "-1.01", "100", "1.49", "9999999999.99",
                        "0.01", "2", "-0.01"},
    [STOA_TYPE_DATE] = {                                      "2020-01-01",                                                                                          "2020-02-29","1969-12-31", "1970-01-01",
                        "2019-12-31", "9999-12-31", "0001-01-01", "2020-12-31"},
    [STOA_TYPE_TIME] = {       "00:00:00","12:00:00",               "23:59:59.999999", "11:59:59"},
    [STOA_TYPE_TIMESTAMP] = {"2020-01-01 00:00:00","2020-01-01 23:59:59.999999",
                        "2019-12-31 23:59:59.999999", "1970-01-01 00:00:00",
                        "1969-12-31 23:59:59.999999", "2020-01-02 00:00:00",
                        "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"},
    [STOA_TYPE_TIMESTAMPTZ] = {                                                   "2020-01-01 00:00:00+00"                                                                                               },
    [STOA_TYPE_TEXT] = {                                                                "",                                                                                               "a",                           "ab", "abc", "b", "é", "%", "Ab", "AB", "aXc", "ac", "c"},
    [STOA_TYPE_BINARY] = {                                                          "a",                                                           "b"                        },
    [STOA_TYPE_UUID] = {                                                                            "00000000-0000-0000-0000-000000000000",
                        "123e4567-e89b-12d3-a456-426614174000",                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                        "123e4567-e89b-12d3-a456-426614174001"},
};

static struct stoa_value random_value(struct test_random *random, stoa_type type)
{
    static const struct stoa_view binaries[] = {
        {(const uint8_t *)"",         0},
        {(const uint8_t *)"\x00\xff", 2},
        {(const uint8_t *)"\xff",     1},
        {(const uint8_t *)"\xff\xff", 2},
        {(const uint8_t *)"\x01",     1}
    };
    struct stoa_value value = {.is_null = test_random_below(random, 8) == 0};
    uint64_t count = 0;
    if (value.is_null)
        return value;
    if (type.id == STOA_TYPE_BINARY) {
        value.bytes = binaries[test_random_below(random, 5)];
        return value;
    }
    while (count < 12 && value_texts[type.id][count])
        count++;
    const char *text = value_texts[type.id][test_random_below(random, count)];
    assert_ok(stoa_text_parse(type, text, strlen(text), &value, NULL), NULL);
    return value;
}

/* All rows of one column; few distinct values at times, so that statistics prove something. */
static void table_fill_column(struct test_random *random, struct draw_table *table,
                              size_t i)
{
    const stoa_type type = stoa_bind_schema.fields[i].type;
    struct stoa_value pool[3];
    const bool is_narrow = test_random_below(random, 2) == 0;
    for (size_t k = 0; k < 3; k++)
        pool[k] = random_value(random, type);
    for (size_t row = 0; row < DRAW_ROWS; row++) {
        const struct stoa_value value =
            is_narrow ? pool[test_random_below(random, 3)] : random_value(random, type);
        assert_ok(stoa_column_builder_append(&table->builders[i], &value, NULL), NULL);
    }
}

static void set_vector(struct stoa_vector *vector, const struct stoa_column *column)
{
    vector->length = column->length;
    vector->has_nulls = column->validity != NULL;
    memset(vector->validity, 0xff, sizeof vector->validity);
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        if (column->validity && !stoa_bit_get(column->validity, row)) {
            stoa_bit_clear(vector->validity, row);
            continue;
        }
        switch (vector->phys) {
        case STOA_PHYS_BOOL:
            if (value.boolean)
                stoa_bit_set(vector->values.bits, row);
            else
                stoa_bit_clear(vector->values.bits, row);
            break;
        case STOA_PHYS_I64: vector->values.i64[row] = value.i64; break;
        case STOA_PHYS_U64: vector->values.u64[row] = value.u64; break;
        case STOA_PHYS_F64: vector->values.f64[row] = value.f64; break;
        case STOA_PHYS_I128: vector->values.i128[row] = value.i128; break;
        case STOA_PHYS_BYTES: vector->values.views[row] = value.bytes; break;
        case STOA_PHYS_FIXED16:
            memcpy(vector->values.fixed16 + 16 * (size_t)row, value.fixed16, 16);
            break;
        case STOA_PHYS_COUNT: break;
        }
    }
}

void draw_table_make(struct test_random *random, struct draw_table *table)
{
    for (size_t i = 0; i < stoa_bind_schema.field_count; i++) {
        const enum stoa_phys phys = stoa_type_phys(stoa_bind_schema.fields[i].type);
        stoa_column_builder_init(&table->builders[i], phys);
        table_fill_column(random, table, i);
        assert_ok(stoa_vector_init(&table->vectors[i], phys, NULL), NULL);
        memset(table->vectors[i].values.raw, 0,
               phys == STOA_PHYS_BOOL    ? STOA_VECTOR_WORDS * sizeof(uint64_t)
               : phys == STOA_PHYS_BYTES ? STOA_VECTOR_ROWS * sizeof(struct stoa_view)
                                         : STOA_VECTOR_ROWS * stoa_phys_width(phys));
        const struct stoa_column column = stoa_column_builder_view(&table->builders[i]);
        set_vector(&table->vectors[i], &column);
    }
}

void draw_table_free(struct draw_table *table)
{
    for (size_t i = 0; i < stoa_bind_schema.field_count; i++) {
        stoa_vector_done(&table->vectors[i]);
        stoa_column_builder_done(&table->builders[i]);
    }
}
