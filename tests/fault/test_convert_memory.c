/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peak memory of conversions, as the system counts it, against the memory option: a child
 * process converts, its parent looks at the peak. Texts that do not compress, wide enough for
 * row groups to end by size, in more partitions than are checked at once; with an argument also
 * 100,000 columns in several files of several row groups.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stoa/convert.h"
#include "tests/unit/dataset/dataset_fixture.h"

enum {
    PARTITIONS = 10,
    ROWS = 16000,
    TEXT = 10000,
    WIDE_COLUMNS = 100000,
    WIDE_ROWS = 500
};
#define MIB ((uint64_t)1 << 20)

static void write_source(const struct fixture_place *place)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    static char text[TEXT + 1];
    struct test_random random = test_random_start(1);
    FILE *file = fopen(place->source, "w");
    assert_non_null(file);
    (void)fprintf(file, "id,part,note\n");
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < TEXT; k += 10) {
            uint64_t bits = test_random_next(&random);
            for (int b = 0; b < 10; b++, bits >>= 6)
                text[k + b] = letters[bits & 63];
        }
        (void)fprintf(file, "%d,p%d,%s\n", i, i % PARTITIONS, text);
    }
    assert_int_equal(fclose(file), 0);
}

static int convert(const struct fixture_place *place, uint64_t rows, bool partitioned,
                   uint64_t memory)
{
    const char *const sources[] = {place->source};
    const char *const keys[] = {"part"};
    stoa_convert_report *report = NULL;
    stoa_error error;
    const stoa_convert_options options = {.dataset = place->dataset,
                                          .sources = sources,
                                          .source_count = 1,
                                          .partition_by = keys,
                                          .partition_count = partitioned ? 1 : 0,
                                          .memory = memory,
                                          .threads = 2};
    if (stoa_convert(&options, &report, &error) != STOA_OK) {
        (void)fprintf(stderr, "convert: %s\n", error.message);
        return 1;
    }
    const bool whole = report->rows_written == rows;
    stoa_convert_report_free(report);
    return whole ? 0 : 1;
}

/* Peak of a conversion in a process of its own, in bytes. */
static uint64_t peak(const struct fixture_place *place, uint64_t rows, bool partitioned,
                     uint64_t memory)
{
    struct rusage usage;
    int exit_status = 0;
    (void)fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(convert(place, rows, partitioned, memory));
    assert_int_equal(wait4(pid, &exit_status, 0, &usage), pid);
    assert_int_equal(exit_status, 0);
    return (uint64_t)usage.ru_maxrss * 1024;
}

static void write_wide_source(const struct fixture_place *place)
{
    FILE *file = fopen(place->source, "w");
    assert_non_null(file);
    for (int c = 0; c < WIDE_COLUMNS; c++)
        (void)fprintf(file, "%sc%d", c == 0 ? "" : ",", c);
    for (int row = 0; row < WIDE_ROWS; row++) {
        for (int c = 0; c < WIDE_COLUMNS; c++)
            (void)fprintf(file, "%c%d", c == 0 ? '\n' : ',',
                          (c * 7919 % 1000) * (row % 7 + 1) % 997);
    }
    (void)fputc('\n', file);
    assert_int_equal(fclose(file), 0);
}

static void skip_under_sanitizers(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    print_message("skipped: a sanitizer's memory is not the conversion's\n");
    skip();
#endif
}

/* Files are checked, and their footers made, at the cost of a few row groups, however many rows
 * there are. */
static void test_wide_conversions_stay_within_the_memory_option(void **state)
{
    (void)state;
    struct fixture_place place;
    skip_under_sanitizers();
    fixture_place_make(&place);
    write_wide_source(&place);
    const uint64_t bytes = peak(&place, WIDE_ROWS, false, 256 * MIB);
    print_message("%d columns: %llu of 256 MiB\n", WIDE_COLUMNS,
                  (unsigned long long)(bytes / MIB));
    assert_true(bytes < 256 * MIB);
    fixture_place_done(&place);
}

static void test_conversions_stay_within_the_memory_option(void **state)
{
    (void)state;
    static const struct {
        bool partitioned;
        uint64_t memory;
    } cases[] = {
        {true,  256 * MIB                },
        {true,  STOA_CONVERT_MEMORY_LEAST},
        {false, STOA_CONVERT_MEMORY_LEAST},
    };
    skip_under_sanitizers();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture_place place;
        fixture_place_make(&place);
        write_source(&place);
        const uint64_t bytes = peak(&place, ROWS, cases[i].partitioned, cases[i].memory);
        print_message(
            "%s: %llu of %llu MiB\n", cases[i].partitioned ? "partitioned" : "flat",
            (unsigned long long)(bytes / MIB), (unsigned long long)(cases[i].memory / MIB));
        assert_true(bytes < cases[i].memory);
        fixture_place_done(&place);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversions_stay_within_the_memory_option),
    };
    const struct CMUnitTest slow_tests[] = {
        cmocka_unit_test(test_wide_conversions_stay_within_the_memory_option),
    };
    (void)argv;
    return argc > 1 ? cmocka_run_group_tests(slow_tests, NULL, NULL)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
