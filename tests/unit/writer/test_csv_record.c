/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact reading of one record [ING-5..9]: fields, faults, where the next record begins, and
 * the same in pieces of any size.
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "writer/ingest/csv_record.h"

static const struct stoa_csv_dialect comma = {
    .delimiter = ',', .quote = '"', .has_quote = true};

struct expected {
    const char *text;
    uint64_t fields, end, next;
    stoa_status fault;
    uint64_t place;
};

static const struct expected cases[] = {
    {"a,b\nc",             2, 3,  4,  STOA_OK,               0},
    {"a,b\r\nc",           2, 3,  5,  STOA_OK,               0},
    {"a\rb",               1, 1,  2,  STOA_OK,               0},
    {"a\r",                1, 1,  2,  STOA_OK,               0},
    {"\n",                 1, 0,  1,  STOA_OK,               0},
    {"",                   1, 0,  0,  STOA_OK,               0},
    {"a,",                 2, 2,  2,  STOA_OK,               0},
    {",,\n",               3, 2,  3,  STOA_OK,               0},
    {"\"a,\nb\",c\nd",     2, 8,  9,  STOA_OK,               0},
    {"\"a\"\"b\"\n",       1, 6,  7,  STOA_OK,               0},
    {"\"\"",               1, 2,  2,  STOA_OK,               0},
    {"a\"b,\"c\"\n",       2, 7,  8,  STOA_OK,               0},
    {" \"a\"\n",           1, 4,  5,  STOA_OK,               0},
    {"x,\"a\nb",           1, 4,  5,  STOA_E_UNCLOSED_QUOTE, 2},
    {"x,\"a\r\nb",         1, 4,  6,  STOA_E_UNCLOSED_QUOTE, 2},
    {"x,\"a\r\rb",         1, 4,  5,  STOA_E_UNCLOSED_QUOTE, 2},
    {"x,\"a\n\nb",         1, 4,  5,  STOA_E_UNCLOSED_QUOTE, 2},
    {"\"a",                0, 2,  2,  STOA_E_UNCLOSED_QUOTE, 0},
    {"\"a\"\"",            0, 4,  4,  STOA_E_UNCLOSED_QUOTE, 0},
    {"\"a\nb\"c\nd",       0, 2,  3,  STOA_E_UNCLOSED_QUOTE, 0},
    {"\"a\"b\nc",          0, 4,  5,  STOA_E_QUOTE_GARBAGE,  3},
    {"\"a\"b\r\nc",        0, 4,  6,  STOA_E_QUOTE_GARBAGE,  3},
    {"\"a\"b,\"x",         0, 7,  7,  STOA_E_QUOTE_GARBAGE,  3},
    {"\"p\nq\",\"a\" \nc", 1, 10, 11, STOA_E_QUOTE_GARBAGE,  9},
};

static void check(const struct expected *expected, const struct stoa_csv_record *found)
{
    assert_int_equal(found->state, STOA_CSV_DONE);
    assert_int_equal(found->fields, expected->fields);
    assert_int_equal(found->end, expected->end);
    assert_int_equal(found->next, expected->next);
    assert_int_equal(found->fault, expected->fault);
    if (expected->fault != STOA_OK)
        assert_int_equal(found->place, expected->place);
}

static void test_records_end_where_the_rules_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text;
        struct stoa_csv_record record;
        stoa_csv_record_begin(&record, 0);
        stoa_csv_record_feed(&comma, &record, (const uint8_t *)text, 0, strlen(text), true,
                             NULL, 0);
        check(&cases[i], &record);
    }
}

static void test_records_are_the_same_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text;
        const size_t size = strlen(text);
        for (size_t piece = 1; piece <= size; piece++) {
            struct stoa_csv_record record;
            size_t at = 0;
            stoa_csv_record_begin(&record, 0);
            while (record.state != STOA_CSV_DONE) {
                const size_t step = size - at < piece ? size - at : piece;
                stoa_csv_record_feed(&comma, &record, (const uint8_t *)text + at, at, step,
                                     at + step == size, NULL, 0);
                at += step;
            }
            check(&cases[i], &record);
        }
    }
}

static void test_record_is_undecided_until_its_end_is_seen(void **state)
{
    static const char *const open[] = {"", "a", "a,b\r", "\"a\n", "\"a\"", "\"a\"b"};
    (void)state;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        struct stoa_csv_record record;
        stoa_csv_record_begin(&record, 0);
        stoa_csv_record_feed(&comma, &record, (const uint8_t *)open[i], 0, strlen(open[i]),
                             false, NULL, 0);
        assert_int_not_equal(record.state, STOA_CSV_DONE);
    }
}

static void test_field_ends_are_written_up_to_the_capacity(void **state)
{
    uint32_t ends[4] = {9, 9, 9, 9};
    struct stoa_csv_record record;
    (void)state;
    stoa_csv_record_begin(&record, 100);
    stoa_csv_record_feed(&comma, &record, (const uint8_t *)"a,\"b,\",c,d\n", 100, 11, true,
                         ends, 3);
    assert_int_equal(record.fields, 4);
    assert_int_equal(ends[0], 101);
    assert_int_equal(ends[1], 106);
    assert_int_equal(ends[2], 108);
    assert_int_equal(ends[3], 9);
    assert_int_equal(record.longest, 4);
    assert_int_equal(record.longest_begin, 102);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_end_where_the_rules_say),
        cmocka_unit_test(test_records_are_the_same_in_pieces_of_any_size),
        cmocka_unit_test(test_record_is_undecided_until_its_end_is_seen),
        cmocka_unit_test(test_field_ends_are_written_up_to_the_capacity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
