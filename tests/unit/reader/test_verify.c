/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader/verify*.c: no flipped bit, overwritten byte or swapped word goes unnoticed, every damage
 * is reported, and the run goes on behind it. `test_verify slow` does the census on a file of
 * every type.
 */
#include "tests/tables/test_table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct test_write_options plain = {.profile = STOA_PROFILE_BALANCED};

static const struct test_column_spec specs[] = {
    {"i", {STOA_TYPE_INT64, 0, 0},   TEST_VALUES_NARROW, TEST_NULLS_SOME},
    {"t", {STOA_TYPE_TEXT, 0, 0},    TEST_VALUES_FEW,    TEST_NULLS_NONE},
    {"f", {STOA_TYPE_FLOAT64, 0, 0}, TEST_VALUES_FEW,    TEST_NULLS_NONE},
};

/* ---- census ---- */

/* One file that is changed in place again and again. */
struct census {
    struct test_directory directory;
    int fd;
    uint8_t *bytes;
    size_t size;
};

static void census_begin(struct census *census, const struct test_table *table)
{
    test_directory_make(&census->directory);
    test_table_write(table, &census->directory, "t.stoa", &plain, NULL);
    census->bytes = test_file_read(&census->directory, "t.stoa", &census->size);
    census->fd = openat(census->directory.fd, "t.stoa", O_WRONLY);
    assert_true(census->fd >= 0);
}

static void census_end(struct census *census)
{
    close(census->fd);
    free(census->bytes);
    test_directory_remove(&census->directory);
}

static stoa_status open_and_verify(const struct census *census, stoa_error *err)
{
    struct stoa_reader *reader = NULL;
    STOA_TRY(test_reader_open(&census->directory, "t.stoa", &reader, err));
    const stoa_status status = stoa_reader_verify(reader, false, NULL, NULL, NULL, err);
    stoa_reader_close(reader);
    return status;
}

/* The file with `size` other bytes at `at` must not pass; then it is as before. */
static void assert_noticed(const struct census *census, size_t at, const void *bytes,
                           size_t size)
{
    stoa_error error;
    assert_int_equal(pwrite(census->fd, bytes, size, (off_t)at), size);
    if (open_and_verify(census, &error) == STOA_OK)
        fail_msg("bytes %zu to %zu were changed unnoticed", at, at + size - 1);
    assert_int_equal(pwrite(census->fd, census->bytes + at, size, (off_t)at), size);
}

/* [FMT-6] */
static void take_census(const struct census *census)
{
    stoa_error error;
    for (size_t at = 0; at < census->size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            const uint8_t flipped = census->bytes[at] ^ (uint8_t)(1 << bit);
            assert_noticed(census, at, &flipped, 1);
        }
    }
    assert_ok(open_and_verify(census, &error), &error);
}

/* Words of 8 bytes that change places: what plain sums do not see. */
static void swap_words(const struct census *census)
{
    for (size_t at = 0; at + 16 <= census->size; at += 8) {
        uint8_t swapped[16];
        memcpy(swapped, census->bytes + at + 8, 8);
        memcpy(swapped + 8, census->bytes + at, 8);
        if (memcmp(swapped, census->bytes + at, sizeof swapped) != 0)
            assert_noticed(census, at, swapped, sizeof swapped);
    }
}

static void overwrite_bytes(const struct census *census)
{
    static const uint8_t values[] = {0x00, 0xFF, '\n'};
    for (size_t at = 0; at < census->size; at++) {
        for (size_t i = 0; i < sizeof values; i++) {
            if (census->bytes[at] != values[i])
                assert_noticed(census, at, &values[i], 1);
        }
    }
}

static void test_verify_notices_every_flipped_bit(void **state)
{
    struct test_random random = test_random_start(1);
    struct test_table table;
    struct census census;
    (void)state;
    test_table_make(&table, &random, specs, sizeof specs / sizeof *specs, 40);
    census_begin(&census, &table);
    take_census(&census);
    swap_words(&census);
    census_end(&census);
    test_table_done(&table);
}

static void test_verify_notices_every_change_in_a_file_of_all_types(void **state)
{
    struct test_random random = test_random_start(2);
    struct test_table table;
    struct census census;
    (void)state;
    test_table_random(&table, &random, 50);
    census_begin(&census, &table);
    take_census(&census);
    swap_words(&census);
    overwrite_bytes(&census);
    census_end(&census);
    test_table_done(&table);
}

/* ---- reports ---- */

struct reports {
    unsigned count;
    char places[8][128];
};

static void take_report(void *context, const stoa_error *damage)
{
    struct reports *reports = context;
    if (reports->count < 8)
        snprintf(reports->places[reports->count], 128, "%.127s", damage->place);
    reports->count++;
}

static void test_verify_reports_each_damage_and_goes_on(void **state)
{
    struct test_random random = test_random_start(3);
    struct reports reports = {.count = 0};
    struct stoa_reader *reader = NULL;
    struct test_directory directory;
    struct test_table table;
    stoa_error error;
    size_t size = 0;
    (void)state;
    test_directory_make(&directory);
    test_table_make(&table, &random, specs, sizeof specs / sizeof *specs, 70000);
    test_table_write(&table, &directory, "t.stoa", &plain, NULL);
    assert_ok(test_reader_open(&directory, "t.stoa", &reader, &error), &error);
    char *bytes = test_file_read(&directory, "t.stoa", &size);
    for (uint32_t column = 0; column < 3; column += 2) {
        struct stoa_block_info info;
        assert_ok(stoa_reader_block_info(reader, column, 0, 1, &info, &error), &error);
        bytes[info.offset] ^= 1;
    }
    stoa_reader_close(reader);
    test_file_write(&directory, "t.stoa", bytes, size);
    free(bytes);
    for (int deep = 0; deep < 2; deep++) {
        reports.count = 0;
        assert_ok(test_reader_open(&directory, "t.stoa", &reader, &error), &error);
        assert_fails(stoa_reader_verify(reader, deep, NULL, take_report, &reports, &error),
                     STOA_E_CORRUPT, &error);
        assert_int_equal(reports.count, 2);
        assert_string_equal(
            reports.places[0],
            "t.stoa: column \"i\", row group 0, block 1, rows 65536 to 69999");
        assert_string_equal(
            reports.places[1],
            "t.stoa: column \"f\", row group 0, block 1, rows 65536 to 69999");
        assert_string_equal(error.place, reports.places[0]);
        stoa_reader_close(reader);
    }
    test_table_done(&table);
    test_directory_remove(&directory);
}

static void test_verify_reports_a_damaged_page_once(void **state)
{
    struct test_random random = test_random_start(4);
    struct reports reports = {.count = 0};
    struct stoa_reader *reader = NULL;
    struct test_directory directory;
    struct test_table table;
    stoa_error error;
    size_t size = 0;
    (void)state;
    test_directory_make(&directory);
    test_table_random(&table, &random, 70000); /* the block records fill the first page */
    test_table_write(&table, &directory, "t.stoa", &plain, NULL);
    char *bytes = test_file_read(&directory, "t.stoa", &size);
    const uint64_t footer = *(const uint64_t *)(const void *)(bytes + size - 128);
    bytes[footer + 100] ^= 1;
    test_file_write(&directory, "t.stoa", bytes, size);
    free(bytes);
    assert_ok(test_reader_open(&directory, "t.stoa", &reader, &error), &error);
    assert_fails(stoa_reader_verify(reader, true, NULL, take_report, &reports, &error),
                 STOA_E_CORRUPT, &error);
    assert_int_equal(reports.count, 1);
    assert_string_equal(reports.places[0], "t.stoa: footer page 0");
    stoa_reader_close(reader);
    test_table_done(&table);
    test_directory_remove(&directory);
}

/* The reader holds the footer already; the file changed behind its back. */
static void test_verify_reads_the_file_and_not_what_the_reader_holds(void **state)
{
    struct test_random random = test_random_start(5);
    struct stoa_reader *reader = NULL;
    struct test_table table;
    struct census census;
    stoa_error error;
    (void)state;
    test_table_make(&table, &random, specs, sizeof specs / sizeof *specs, 40);
    census_begin(&census, &table);
    const size_t places[] = {50, 70, census.size - 300, census.size - 100};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const uint8_t other = census.bytes[places[i]] ^ 1;
        assert_ok(test_reader_open(&census.directory, "t.stoa", &reader, &error), &error);
        assert_ok(stoa_reader_verify(reader, true, NULL, NULL, NULL, &error), &error);
        assert_int_equal(pwrite(census.fd, &other, 1, (off_t)places[i]), 1);
        assert_fails(stoa_reader_verify(reader, true, NULL, NULL, NULL, &error),
                     STOA_E_CORRUPT, &error);
        assert_int_equal(pwrite(census.fd, &census.bytes[places[i]], 1, (off_t)places[i]),
                         1);
        stoa_reader_close(reader);
    }
    census_end(&census);
    test_table_done(&table);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_notices_every_flipped_bit),
        cmocka_unit_test(test_verify_reports_each_damage_and_goes_on),
        cmocka_unit_test(test_verify_reports_a_damaged_page_once),
        cmocka_unit_test(test_verify_reads_the_file_and_not_what_the_reader_holds),
    };
    const struct CMUnitTest slow_tests[] = {
        cmocka_unit_test(test_verify_notices_every_change_in_a_file_of_all_types),
    };
    if (argc > 1 && strcmp(argv[1], "slow") == 0)
        return cmocka_run_group_tests(slow_tests, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
