/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of values and types of columns (spec/ingest.md sections 4 and 5): each rule by example,
 * then independence of order and pieces, and that values come back as they were.
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/text.h"
#include "writer/ingest/column_facts.h"
#include "writer/ingest/digits_time.h"

enum { PADDED = 128 };

/* A text with readable bytes behind it, as windows have. */
struct padded {
    uint8_t bytes[PADDED];
    uint32_t length;
};

static struct padded pad(const char *text)
{
    struct padded padded;
    memset(padded.bytes, '7', sizeof padded.bytes);
    padded.length = (uint32_t)strlen(text);
    assert_true(padded.length < PADDED - 16);
    memcpy(padded.bytes, text, padded.length);
    return padded;
}

/* ---- kinds ---- */

struct kind_case {
    enum stoa_kind kind;
    const char *texts[24];
};

static const struct kind_case kinds[] = {
  /* [ING-20] */
    {STOA_KIND_INT,
     {"0", "-7", "42", "9223372036854775808", "-9223372036854775809",
      "18446744073709551616", "99999999999999999999999999999999999999"}                 },
 /* [ING-21] */
    {STOA_KIND_FRACTION,
     {"0.5", "-0.5", ".5", "-.25", "1.50", "123456789012345678901234567890.125", "0.0"} },
 /* [ING-22] */
    {STOA_KIND_FLOAT,
     {"1e+30", "1.5e-07", "2E-3", "-0", "-0.00", "-.0", "1e-400", ".5e+1"}              },
 /* [ING-23] */
    {STOA_KIND_BOOL,        {"true", "false"}                                           },
 /* [ING-24] */
    {STOA_KIND_DATE,
     {"2026-11-22", "0000-01-01", "9999-12-31", "2024-02-29", "2000-02-29"}             },
 /* [ING-25] */
    {STOA_KIND_TIME,        {"00:00:00", "23:59:59", "01:10:09.5", "01:10:09.123456000"}},
 /* [ING-26] */
    {STOA_KIND_TIMESTAMP,
     {"2026-11-22 01:10:09", "2026-11-22T01:10:09.123456", "2026-11-22 01:10",
      "2026-11-22 01:10:09.100000000"}                                                  },
    {STOA_KIND_TIMESTAMPTZ,
     {"2026-11-22T01:10:09Z", "2026-11-22T01:10:09z", "2026-11-22 01:10:09+00",
      "2026-11-22 01:10:09.5-03:30", "2026-11-22T01:10+0200"}                           },
 /* [ING-27] */
    {STOA_KIND_UUID,
     {"123e4567-e89b-12d3-a456-426614174000", "abcdefab-cdef-abcd-efab-cdefabcdefab",
      "00000000-0000-0000-0000-000000000000"}                                           },
 /* [ING-28] */
    {STOA_KIND_TEXT,
     {"007", "+7", "00", "-", ".", "-.", "5.", "1,5", "1_000", " 7", "7 ", "0x1F", "1e5",
      "1e", "1e+", "e+5", "00.5", "-007", "100000000000000000000000000000000000000"}    },
    {STOA_KIND_TEXT,
     {"True", "TRUE", "t", "yes", "NaN", "Infinity", "inf", "truex", "falsy"}           },
    {STOA_KIND_TEXT,
     {"2026-02-29", "2023-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-1-1",
      "41_10_1", "2018-02-15AAA", "22.11.2026", "11/22/2026", "2026/11/22", "20261122x",
      "-2026-11-22", "12026-11-22"}                                                     },
    {STOA_KIND_TEXT,
     {"24:00:00", "12:60:00", "12:00:60", "1:00:00", "12:00", "01:10:09.1234567",
      "01:10:09."}                                                                      },
    {STOA_KIND_TEXT,
     {"2026-11-22 24:00:00", "2026-11-22 01:10:09.1234567", "2026-11-22  01:10:09",
      "2026-11-22 01:10:09 +00", "2026-11-22 01:10:09+25", "2026-11-22t01:10:09",
      "0000-01-01 00:00:00+01", "9999-12-31 23:59:59-01", "2026-11-22 1:10:09"}         },
    {STOA_KIND_TEXT,
     {"123E4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000",
      "123e4567-e89b-12d3-a456-42661417400g", "{123e4567-e89b-12d3-a456-426614174000}"} },
};

static void test_every_kind_has_its_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (size_t t = 0; t < 24 && kinds[i].texts[t]; t++) {
            const struct padded text = pad(kinds[i].texts[t]);
            struct stoa_kind_detail detail;
            const enum stoa_kind kind = stoa_kind_of(text.bytes, text.length, &detail);
            if (kind != kinds[i].kind)
                print_error("\"%s\" is %s\n", kinds[i].texts[t], stoa_kind_name(kind));
            assert_int_equal(kind, kinds[i].kind);
        }
    }
}

/* The fast readers must agree with the exact ones wherever they say yes. */
static void check_fast(const char *chars)
{
    const struct padded text = pad(chars);
    const uint8_t *p = text.bytes;
    struct stoa_kind_detail detail;
    struct stoa_value value;
    struct stoa_fraction fraction;
    int64_t integer = 0;
    bool has_zone = false;
    const enum stoa_kind kind = stoa_kind_of(p, text.length, &detail);
    if (stoa_int_fast(p, text.length, &integer)) {
        assert_int_equal(kind, STOA_KIND_INT);
        assert_true(detail.integer == integer);
    }
    if (stoa_fraction_fast(p, text.length, &fraction)) {
        assert_int_equal(kind, STOA_KIND_FRACTION);
        assert_int_equal(fraction.scale, detail.scale);
        assert_int_equal(fraction.whole_digits, detail.whole_digits);
        const stoa_type type = {STOA_TYPE_DECIMAL, 38, (uint8_t)fraction.scale};
        stoa_i128 exact = 0;
        assert_true(stoa_decimal_parse(chars, text.length, type.scale, &exact));
        const stoa_i128 own = fraction.digits;
        assert_true((fraction.is_negative ? -own : own) == exact);
    }
    if (text.length == 10 && stoa_date_fast(p, &integer)) {
        assert_int_equal(kind, STOA_KIND_DATE);
        assert_true(stoa_text_parse_canonical((stoa_type){.id = STOA_TYPE_DATE}, chars,
                                              text.length, &value));
        assert_int_equal(value.i64, integer);
    }
    if (stoa_timestamp_fast(p, text.length, &has_zone, &integer)) {
        stoa_error error;
        const stoa_type type = {.id =
                                    has_zone ? STOA_TYPE_TIMESTAMPTZ : STOA_TYPE_TIMESTAMP};
        assert_ok(stoa_text_parse(type, chars, text.length, &value, &error), &error);
        assert_int_equal(value.i64, integer);
    }
}

static void test_fast_readers_agree_with_the_exact_ones(void **state)
{
    struct test_random random = test_random_start(11);
    char text[40];
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (size_t t = 0; t < 24 && kinds[i].texts[t]; t++)
            check_fast(kinds[i].texts[t]);
    }
    for (int i = 0; i < 60000; i++) {
        const size_t size = 1 + (size_t)test_random_below(&random, 22);
        for (size_t c = 0; c < size; c++)
            text[c] =
                "0123456789012345678901234567890.-: /+eZT"[test_random_below(&random, 40)];
        text[size] = '\0';
        check_fast(text);
    }
    for (int i = 0; i < 60000; i++) {
        (void)snprintf(text, sizeof text, "%04u-%02u-%02u%c%02u:%02u:%02u.%u",
                       (unsigned)test_random_below(&random, 10000),
                       (unsigned)test_random_below(&random, 14),
                       (unsigned)test_random_below(&random, 33), i % 3 ? ' ' : 'T',
                       (unsigned)test_random_below(&random, 25),
                       (unsigned)test_random_below(&random, 61),
                       (unsigned)test_random_below(&random, 61),
                       (unsigned)test_random_below(&random, 2000000));
        text[i % 4 == 0 ? 10 : i % 4 == 1 ? 19 : strlen(text)] = '\0';
        check_fast(text);
    }
}

static void test_every_day_of_the_calendar_reads_fast_and_right(void **state)
{
    int64_t expected = -719528;
    (void)state;
    for (int64_t year = 0; year <= 9999; year += year % 400 < 5 ? 1 : 7) {
        for (unsigned month = 1; month <= 12; month++) {
            for (unsigned day = 1; day <= 31; day++) {
                uint8_t text[24];
                int64_t days = 0;
                (void)snprintf((char *)text, sizeof text, "%04d-%02u-%02u", (int)year,
                               month, day);
                const bool exists = stoa_date_from_civil(year, month, day, &expected);
                assert_int_equal(stoa_date_fast(text, &days), exists);
                if (exists)
                    assert_int_equal(days, expected);
            }
        }
    }
}

/* ---- types ---- */

/* The type of one column with these values, one a line. */
static void expect_type(const char *values, const char *type)
{
    static const struct stoa_ingest_options options = {.header = STOA_HEADER_YES};
    struct run_open open;
    char text[4096];
    char found[STOA_TYPE_TEXT_MAX];
    (void)snprintf(text, sizeof text, "c\n%s\n", values);
    run_open(&open, text, &options);
    assert_string_equal(stoa_type_text(stoa_ingest_column(open.ingest, 0)->type, found),
                        type);
    run_close(&open);
}

/* [ING-30] */
static void test_integers_get_the_narrowest_of_three_types(void **state)
{
    (void)state;
    expect_type("1\n-2\n0", "int64");
    expect_type("9223372036854775807\n-9223372036854775808", "int64");
    expect_type("0\n9223372036854775808", "uint64");
    expect_type("18446744073709551615", "uint64");
    expect_type("-1\n9223372036854775808", "decimal(38,0)");
    expect_type("18446744073709551616", "decimal(38,0)");
    expect_type("99999999999999999999999999999999999999\n-1", "decimal(38,0)");
    expect_type("1\n100000000000000000000000000000000000000", "text");
    expect_type("1\n007", "text");
    expect_type("1\n+7", "text");
}

static void test_fractions_of_one_scale_are_decimals(void **state)
{
    (void)state;
    expect_type("1.50\n-2.25\n0.00", "decimal(18,2)");
    expect_type("1234567890123456.25", "decimal(18,2)");
    expect_type("12345678901234567.25", "decimal(38,2)");
    expect_type("0.12345678901234567890", "decimal(38,20)");
    expect_type(".5\n0.5", "decimal(18,1)");
    expect_type("0.12345678901234567890123456789012345678", "decimal(38,38)");
}

/* [ING-31, ING-32] */
static void test_other_numbers_are_floats_if_exact_else_decimals_else_text(void **state)
{
    (void)state;
    expect_type("1.5\n2.25", "float64");
    expect_type("1\n2.5", "float64");
    expect_type("1e+30\n2", "float64");
    expect_type("-0\n1", "float64");
    expect_type("-0.0\n1.5", "float64");
    expect_type("9007199254740993\n0.5", "decimal(18,1)");
    expect_type("9007199254740992\n0.5", "float64");
    expect_type("10000000000000000\n0.5", "float64");
    expect_type("0.1\n0.10000000000000000001", "decimal(38,20)");
    expect_type("1e+30\n0.10000000000000000001", "text");
    expect_type("123456789012345678901234567890\n0.12345678901234567890", "text");
    expect_type("0.1000000000000000055511151231257827", "decimal(38,34)");
    expect_type("1e-400\n1", "text");
    expect_type("0.00000000000000000000000000000000000000000000015", "float64");
}

/* [ING-33] */
static void test_dates_and_timestamps_mix_but_zones_do_not(void **state)
{
    (void)state;
    expect_type("2026-11-22\n2026-11-23", "date");
    expect_type("2026-11-22\n2026-11-22 01:02:03", "timestamp");
    expect_type("2026-11-22T01:02:03Z\n2026-11-22 01:02:03+02", "timestamptz");
    expect_type("2026-11-22T01:02:03Z\n2026-11-22 01:02:03", "text");
    expect_type("2026-11-22\n2026-11-22T01:02:03Z", "text");
    expect_type("01:02:03\n2026-11-22", "text");
    expect_type("01:02:03", "time");
}

static void test_mixtures_and_nothing_are_text(void **state)
{
    (void)state;
    expect_type("true\nfalse", "bool");
    expect_type("true\n1", "text");
    expect_type("1\n2026-11-22", "text");
    expect_type("123e4567-e89b-12d3-a456-426614174000", "uuid");
    expect_type("123e4567-e89b-12d3-a456-426614174000\n5", "text");
    expect_type("1\n\"\"", "text");
    expect_type("\n\n", "text");
    expect_type("\n\n5", "int64");
    expect_type("\"1\"\n\"2\"", "int64");
    expect_type("1\n\"2\"\"\"", "text");
}

/* A value of another kind far behind anything a sample would see. */
static void test_one_late_value_decides(void **state)
{
    static const struct {
        const char *usual, *late, *type;
    } cases[] = {
        {"1",          "2.5",                 "float64"  },
        {"5",          "007",                 "text"     },
        {"2026-11-22", "2026-11-22 10:00:00", "timestamp"},
        {"",           "42",                  "int64"    },
        {"1.25",       "1.255",               "float64"  },
        {"12",         "9999999999999999999", "uint64"   },
    };
    enum { ROWS = 20481 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = malloc(ROWS * 24);
        struct run_open open;
        char found[STOA_TYPE_TEXT_MAX];
        assert_non_null(text);
        char *at = text + sprintf(text, "id,v\n");
        for (int row = 1; row < ROWS; row++)
            at += sprintf(at, "%d,%s\n", row, cases[i].usual);
        (void)sprintf(at, "%d,%s\n", ROWS, cases[i].late);
        run_open(&open, text, NULL);
        assert_string_equal(stoa_type_text(stoa_ingest_column(open.ingest, 1)->type, found),
                            cases[i].type);
        run_close(&open);
        free(text);
    }
}

/* ---- order and pieces ---- */

static const char *const pool_of_values[] = {"1",
                                             "-5",
                                             "0",
                                             "9007199254740993",
                                             "1.5",
                                             "2.25",
                                             ".75",
                                             "0.10000000000000000001",
                                             "1e+30",
                                             "-0",
                                             "2026-11-22",
                                             "2026-11-22 01:02:03",
                                             "true",
                                             "01:02:03",
                                             "x",
                                             "99999999999999999999999999999999999999",
                                             "-0.00",
                                             "3.14159265358979312",
                                             "2026-11-22T01:02:03Z",
                                             "18446744073709551615"};
enum { POOL_VALUES = 20 };

static void add_value(struct stoa_facts *facts, size_t value, uint64_t at)
{
    const struct padded text = pad(pool_of_values[value]);
    facts->values++;
    stoa_facts_add(facts, text.bytes, text.length, at);
}

static void test_types_do_not_depend_on_order_or_pieces(void **state)
{
    struct test_random random = test_random_start(31);
    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t values[6];
        struct stoa_facts forward;
        struct stoa_facts backward;
        struct stoa_facts merged;
        const size_t count = 1 + (size_t)test_random_below(&random, 6);
        stoa_facts_init(&forward);
        stoa_facts_init(&backward);
        stoa_facts_init(&merged);
        for (size_t v = 0; v < count; v++)
            values[v] = (size_t)test_random_below(&random, POOL_VALUES);
        for (size_t v = 0; v < count; v++) {
            add_value(&forward, values[v], v);
            add_value(&backward, values[count - 1 - v], v);
        }
        for (size_t v = 0; v < count;) {
            struct stoa_facts piece;
            stoa_facts_init(&piece);
            do
                add_value(&piece, values[v], v);
            while (++v < count && test_random_below(&random, 2));
            stoa_facts_merge(&merged, &piece);
        }
        const stoa_type type = stoa_facts_type(&forward);
        const stoa_type back = stoa_facts_type(&backward);
        const stoa_type parts = stoa_facts_type(&merged);
        assert_true(type.id == back.id && type.scale == back.scale &&
                    type.precision == back.precision);
        assert_true(type.id == parts.id && type.scale == parts.scale &&
                    type.precision == parts.precision);
        /* Numbers that neither float64 nor decimal holds settle a column at one of them; which
         * kinds of numbers came before is not kept exactly, and nobody asks. */
        if (forward.kinds & ~STOA_KINDS_NUMBER || !forward.is_settled)
            assert_int_equal(forward.kinds, merged.kinds);
        else
            assert_int_equal(merged.kinds & ~STOA_KINDS_NUMBER, 0);
        assert_int_equal(forward.values, merged.values);
        assert_int_equal(forward.first_kind, merged.first_kind);
        assert_int_equal(forward.odd_kind, merged.odd_kind);
        assert_int_equal(forward.first, merged.first);
        assert_int_equal(forward.odd, merged.odd);
    }
}

/* [ING-34] a column fits what each of its values fits, and the other way round. */
static void test_a_column_fits_a_type_if_each_value_does(void **state)
{
    static const stoa_type types[] = {
        {STOA_TYPE_BOOL,        0,  0 },
        {STOA_TYPE_INT8,        0,  0 },
        {STOA_TYPE_INT32,       0,  0 },
        {STOA_TYPE_INT64,       0,  0 },
        {STOA_TYPE_UINT64,      0,  0 },
        {STOA_TYPE_FLOAT64,     0,  0 },
        {STOA_TYPE_DECIMAL,     18, 2 },
        {STOA_TYPE_DECIMAL,     38, 0 },
        {STOA_TYPE_DECIMAL,     38, 20},
        {STOA_TYPE_DATE,        0,  0 },
        {STOA_TYPE_TIME,        0,  0 },
        {STOA_TYPE_TIMESTAMP,   0,  0 },
        {STOA_TYPE_TIMESTAMPTZ, 0,  0 },
        {STOA_TYPE_UUID,        0,  0 },
        {STOA_TYPE_TEXT,        0,  0 }
    };
    struct test_random random = test_random_start(32);
    (void)state;
    for (int i = 0; i < 4000; i++) {
        struct stoa_facts facts;
        const size_t count = 1 + (size_t)test_random_below(&random, 4);
        size_t values[4];
        stoa_facts_init(&facts);
        for (size_t v = 0; v < count; v++) {
            values[v] = (size_t)test_random_below(&random, POOL_VALUES);
            add_value(&facts, values[v], v);
        }
        assert_true(stoa_facts_fit(&facts, stoa_facts_type(&facts)));
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            bool all = true;
            for (size_t v = 0; v < count; v++) {
                const struct padded text = pad(pool_of_values[values[v]]);
                all &= stoa_facts_value_fits(text.bytes, text.length, types[t]);
            }
            assert_int_equal(stoa_facts_fit(&facts, types[t]), all);
        }
    }
}

/* ---- values ---- */

static void test_values_of_every_type_come_back(void **state)
{
    (void)state;
    run_expect(
        "i,u,w,d,f,b,a,t,s,z,g,x\n"
        "-5,18446744073709551615,99999999999999999999,1.50,2.5,true,2026-11-22,01:02:03,"
        "2026-11-22 01:02:03.5,2026-11-22T01:02:03+01:00,"
        "123e4567-e89b-12d3-a456-426614174000,hello\n"
        "7,0,-1,-0.25,1e+30,false,1969-12-31,23:59:59.25,1900-01-01T00:00:00,"
        "2026-11-22 00:02:03Z,abcdefab-cdef-abcd-efab-cdefabcdefab,\"a \"\"b\"\"\"\n"
        ",,,,,,,,,,,\n",
        NULL,
        "i:int64 u:uint64 w:decimal(38,0) d:decimal(18,2) f:float64 b:bool a:date t:time "
        "s:timestamp z:timestamptz g:uuid x:text\n"
        "-5|18446744073709551615|99999999999999999999|1.50|2.5|true|2026-11-22|01:02:03|"
        "2026-11-22 01:02:03.5|2026-11-22 00:02:03+00|"
        "123e4567-e89b-12d3-a456-426614174000|\"hello\"\n"
        "7|0|-1|-0.25|1e+30|false|1969-12-31|23:59:59.25|1900-01-01 00:00:00|"
        "2026-11-22 00:02:03+00|abcdefab-cdef-abcd-efab-cdefabcdefab|\"a \"b\"\"\n"
        "~|~|~|~|~|~|~|~|~|~|~|~\n");
}

/* What export prints is read back to the same text. */
static void test_canonical_prints_are_read_as_themselves(void **state)
{
    static const char *const columns[] = {
        "1.5\n2\n-0\n1e+30\n1e-07\n10000000000000000\n1e+17\n0.1\n-1.7976931348623157e+308\n5e-324",
        "1.50\n-20.25\n0.00",
        "2026-11-22 01:02:03.123456\n1900-01-01 00:00:00",
        "2026-11-22 01:02:03+00\n2026-11-22 01:02:03.5+00",
        "01:02:03\n23:59:59.000001",
        "12345678901234567890123456.123456789012\n-0.000000000001"};
    (void)state;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "c\n%s\n", columns[i]);
        char *found = run_text(text, NULL);
        const char *rows = strchr(found, '\n') + 1;
        assert_null(strstr(found, "text"));
        assert_string_equal(rows, text + 2);
        free(found);
    }
}

/* Random numbers: whatever type they get, each prints as the same decimal. */
static void test_random_numbers_keep_their_decimal(void **state)
{
    struct test_random random = test_random_start(77);
    (void)state;
    for (int i = 0; i < 400; i++) {
        char text[2048] = "c\n";
        size_t used = 2;
        const uint64_t digits = 1 + test_random_below(&random, 20);
        for (int row = 0; row < 20; row++) {
            const uint64_t scale =
                test_random_below(&random, 4) ? digits / 2 : (uint64_t)row % 3;
            if (test_random_below(&random, 2))
                text[used++] = '-';
            text[used++] = (char)('1' + test_random_below(&random, 9));
            for (uint64_t d = 1; d < digits; d++)
                text[used++] = (char)('0' + test_random_below(&random, 10));
            if (scale > 0)
                text[used++] = '.';
            for (uint64_t d = 0; d < scale; d++)
                text[used++] = (char)('0' + test_random_below(&random, 10));
            text[used++] = '\n';
        }
        text[used] = '\0';
        char *found =
            run_text(text, &(const struct stoa_ingest_options){.header = STOA_HEADER_YES});
        const char *a = text + 2;
        const char *b = strchr(found, '\n') + 1;
        for (int row = 0; row < 20; row++) {
            stoa_i128 own = 0;
            stoa_i128 printed = 0;
            const size_t a_size = strcspn(a, "\n");
            const size_t b_size = strcspn(b, "\n");
            if (*b == '"') { /* text: the very same bytes */
                assert_int_equal(a_size, b_size - 2);
                assert_memory_equal(a, b + 1, a_size);
            } else if (!memchr(b, 'e', b_size)) {
                assert_true(stoa_decimal_parse(a, a_size, 12, &own));
                assert_true(stoa_decimal_parse(b, b_size, 12, &printed));
                assert_true(own == printed);
            }
            a += a_size + 1;
            b += b_size + 1;
        }
        free(found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_has_its_texts),
        cmocka_unit_test(test_fast_readers_agree_with_the_exact_ones),
        cmocka_unit_test(test_every_day_of_the_calendar_reads_fast_and_right),
        cmocka_unit_test(test_integers_get_the_narrowest_of_three_types),
        cmocka_unit_test(test_fractions_of_one_scale_are_decimals),
        cmocka_unit_test(test_other_numbers_are_floats_if_exact_else_decimals_else_text),
        cmocka_unit_test(test_dates_and_timestamps_mix_but_zones_do_not),
        cmocka_unit_test(test_mixtures_and_nothing_are_text),
        cmocka_unit_test(test_one_late_value_decides),
        cmocka_unit_test(test_types_do_not_depend_on_order_or_pieces),
        cmocka_unit_test(test_a_column_fits_a_type_if_each_value_does),
        cmocka_unit_test(test_values_of_every_type_come_back),
        cmocka_unit_test(test_canonical_prints_are_read_as_themselves),
        cmocka_unit_test(test_random_numbers_keep_their_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
