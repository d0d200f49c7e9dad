/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files joined without decoding [FMT-46]: rows, records and statistics are those of the sources,
 * a damaged or different source is refused with its place, and no failure leaves a file behind.
 */
#include "tests/tables/test_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/concat.h"
#include "format/stats_record.h"
#include "format/value.h"
#include "tests/support/fault_io.h"

enum { MAX_SOURCES = 6 };

static stoa_error error;
static uint64_t zones_seen; /* zones that were compared */

struct sources {
    struct test_directory directory;
    struct test_table tables[MAX_SOURCES];
    struct stoa_reader *readers[MAX_SOURCES];
    size_t count;
};

static void add_table(struct sources *sources, const struct test_write_options *options)
{
    char name[32];
    struct stoa_file_summary summary;
    const size_t i = sources->count++;
    (void)snprintf(name, sizeof name, "%zu.stoa", i);
    test_table_write(&sources->tables[i], &sources->directory, name, options, &summary);
    assert_ok(test_reader_open(&sources->directory, name, &sources->readers[i], &error),
              &error);
}

/* Same columns in all, other values and NULLs in each. */
static void make_sources(struct sources *sources, struct test_random *random,
                         const uint32_t *rows, size_t count)
{
    *sources = (struct sources){.count = 0};
    test_directory_make(&sources->directory);
    for (size_t i = 0; i < count; i++) {
        struct test_column_spec specs[TEST_TYPE_COUNT];
        char names[TEST_TYPE_COUNT][16];
        for (size_t c = 0; c < TEST_TYPE_COUNT; c++) {
            (void)snprintf(names[c], sizeof names[c], "column %zu", c);
            specs[c] = (struct test_column_spec){
                .name = names[c],
                .type = test_type(c),
                .values = (enum test_values)test_random_below(random, TEST_VALUES_COUNT),
                /* The first row group decides whether a column is nullable: always. */
                .nulls = c == 0 ? TEST_NULLS_NONE : TEST_NULLS_SOME,
            };
        }
        test_table_make(&sources->tables[i], random, specs, TEST_TYPE_COUNT, rows[i]);
        add_table(sources,
                  &(struct test_write_options){.profile = (enum stoa_profile)(i % 3)});
    }
}

static void free_sources(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        stoa_reader_close(sources->readers[i]);
        test_table_done(&sources->tables[i]);
    }
    test_directory_remove(&sources->directory);
}

static struct stoa_reader *open_joined(const struct sources *sources)
{
    struct stoa_reader *reader = NULL;
    assert_ok(test_reader_open(&sources->directory, "joined.stoa", &reader, &error),
              &error);
    assert_ok(stoa_reader_verify(reader, true, NULL, NULL, NULL, &error), &error);
    return reader;
}

static stoa_status join(const struct sources *sources, stoa_error *err)
{
    return stoa_concat_create(test_path(&sources->directory, "joined.stoa"),
                              sources->readers, sources->count, err);
}

/* ---- rows ---- */

static void check_rows(const struct sources *sources, struct stoa_reader *joined)
{
    struct test_table found;
    struct test_table all = {.rows = 0};
    assert_ok(test_table_read(&found, joined, &error), &error);
    const size_t columns = sources->tables[0].schema.field_count;
    for (size_t i = 0; i < sources->count; i++)
        all.rows += sources->tables[i].rows;
    assert_int_equal(found.rows, all.rows);
    for (size_t c = 0; c < columns; c++) {
        struct stoa_column_builder *builder = &found.columns[c];
        const struct stoa_column column = stoa_column_builder_view(builder);
        uint32_t row = 0;
        for (size_t i = 0; i < sources->count; i++) {
            const struct stoa_column source =
                stoa_column_builder_view(&sources->tables[i].columns[c]);
            for (uint32_t r = 0; r < sources->tables[i].rows; r++, row++) {
                const struct stoa_value a = stoa_column_get(&source, r);
                const struct stoa_value b = stoa_column_get(&column, row);
                assert_int_equal(a.is_null, b.is_null);
                assert_true(a.is_null ||
                            stoa_value_compare_exact(column.phys, &a, &b) == 0);
            }
        }
    }
    test_table_done(&found);
}

/* ---- statistics and records ---- */

static void assert_same_stats(const struct stoa_stats *a, const struct stoa_stats *b)
{
    struct stoa_stats_core cores[2];
    uint8_t bounds[2][STOA_STATS_BOUNDS_MAX];
    const size_t size = stoa_stats_to_core(a, &cores[0], bounds[0]);
    assert_int_equal(stoa_stats_to_core(b, &cores[1], bounds[1]), size);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->null_count, b->null_count);
    assert_int_equal(a->nan_count, b->nan_count);
    assert_int_equal(cores[0].flags, cores[1].flags);
    assert_int_equal(cores[0].min_key, cores[1].min_key);
    assert_int_equal(cores[0].max_key, cores[1].max_key);
    assert_memory_equal(cores[0].sum, cores[1].sum, sizeof cores[0].sum);
    assert_memory_equal(bounds[0], bounds[1], size);
}

static void check_block(struct stoa_reader *source, uint32_t group,
                        struct stoa_reader *joined, uint32_t joined_group, uint32_t column,
                        uint32_t block)
{
    struct stoa_block_info a;
    struct stoa_block_info b;
    struct stoa_stats stats[2];
    assert_ok(stoa_reader_block_info(source, column, group, block, &a, &error), &error);
    assert_ok(stoa_reader_block_info(joined, column, joined_group, block, &b, &error),
              &error);
    assert_int_equal(a.rows, b.rows);
    assert_int_equal(a.null_count, b.null_count);
    assert_int_equal(a.encoding, b.encoding);
    assert_int_equal(a.stored_size, b.stored_size);
    assert_int_equal(a.raw_size, b.raw_size);
    assert_int_equal(a.uses_dictionary, b.uses_dictionary);
    assert_ok(stoa_reader_block_stats(source, column, group, block, &stats[0], &error),
              &error);
    assert_ok(
        stoa_reader_block_stats(joined, column, joined_group, block, &stats[1], &error),
        &error);
    assert_same_stats(&stats[0], &stats[1]);
    struct stoa_stats zones[2][STOA_BLOCK_ZONES];
    uint32_t counts[2];
    assert_ok(
        stoa_reader_block_zones(source, column, group, block, zones[0], &counts[0], &error),
        &error);
    assert_ok(stoa_reader_block_zones(joined, column, joined_group, block, zones[1],
                                      &counts[1], &error),
              &error);
    assert_int_equal(counts[0], counts[1]);
    zones_seen += counts[0];
    for (uint32_t z = 0; z < counts[0]; z++)
        assert_same_stats(&zones[0][z], &zones[1][z]);
}

/* [FMT-71] All levels, and the tails as they were. */
static void check_records(const struct sources *sources, struct stoa_reader *joined)
{
    uint32_t at = 0;
    const uint32_t columns = stoa_reader_columns(joined);
    struct stoa_stats file[TEST_TYPE_COUNT];
    struct stoa_stats found;
    for (uint32_t c = 0; c < columns; c++)
        stoa_stats_init(&file[c], stoa_type_phys(sources->tables[0].fields[c].type));
    for (size_t i = 0; i < sources->count; i++) {
        for (uint32_t g = 0; g < stoa_reader_row_groups(sources->readers[i]); g++, at++) {
            struct stoa_row_group_info info;
            struct stoa_buf tails[2];
            assert_ok(stoa_reader_row_group(sources->readers[i], g, &info, &error), &error);
            for (uint32_t c = 0; c < columns; c++) {
                struct stoa_stats group;
                for (uint32_t b = 0; b < info.blocks; b++)
                    check_block(sources->readers[i], g, joined, at, c, b);
                assert_ok(
                    stoa_reader_group_stats(sources->readers[i], c, g, &group, &error),
                    &error);
                assert_ok(stoa_reader_group_stats(joined, c, at, &found, &error), &error);
                assert_same_stats(&group, &found);
                stoa_stats_merge(&file[c], &group);
            }
            stoa_buf_init(&tails[0], SIZE_MAX / 4);
            stoa_buf_init(&tails[1], SIZE_MAX / 4);
            assert_ok(stoa_reader_read_tail(sources->readers[i], g, &tails[0], &error),
                      &error);
            assert_ok(stoa_reader_make_tail(joined, at, &tails[1], &error), &error);
            assert_int_equal(tails[0].size, tails[1].size);
            assert_bytes(tails[1].data, tails[0].data, tails[0].size);
            stoa_buf_done(&tails[0]);
            stoa_buf_done(&tails[1]);
        }
    }
    assert_int_equal(stoa_reader_row_groups(joined), at);
    for (uint32_t c = 0; c < columns; c++) {
        assert_ok(stoa_reader_file_stats(joined, c, &found, &error), &error);
        assert_same_stats(&file[c], &found);
    }
}

/* ---- tests ---- */

static void check_join(struct test_random *random, const uint32_t *rows, size_t count)
{
    struct sources sources;
    make_sources(&sources, random, rows, count);
    assert_ok(join(&sources, &error), &error);
    struct stoa_reader *joined = open_joined(&sources);
    check_rows(&sources, joined);
    check_records(&sources, joined);
    stoa_reader_close(joined);
    free_sources(&sources);
}

static void test_joined_files_have_rows_and_records_of_their_sources(void **state)
{
    (void)state;
    struct test_random random = test_random_start(46);
    static const uint32_t rows[][MAX_SOURCES] = {
        {700,   1, 1024, 65, 0, 3},
        {0, 2000},
        {70000,    10, 5000},
        {5    },
    };
    static const size_t counts[] = {6, 2, 3, 1};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        check_join(&random, rows[i], counts[i]);
    assert_true(zones_seen > 0);
}

static void test_joining_twice_gives_the_same_bytes(void **state)
{
    (void)state;
    struct test_random random = test_random_start(47);
    const uint32_t rows[] = {300, 4000, 20};
    struct sources sources;
    size_t sizes[2];
    char *bytes[2];
    make_sources(&sources, &random, rows, 3);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(join(&sources, &error), &error);
        bytes[i] = test_file_read(&sources.directory, "joined.stoa", &sizes[i]);
        assert_int_equal(remove(test_path(&sources.directory, "joined.stoa")), 0);
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_bytes(bytes[1], bytes[0], sizes[0]);
    free(bytes[0]);
    free(bytes[1]);
    free_sources(&sources);
}

/* A file cut into itself: row groups that are full are cut alike in one file and in two. */
static void test_a_joined_file_is_the_file_that_would_have_been_written(void **state)
{
    (void)state;
    struct test_random random = test_random_start(48);
    const struct test_column_spec specs[] = {
        {"n", {.id = STOA_TYPE_INT64}, TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
        {"b", {.id = STOA_TYPE_BOOL},  TEST_VALUES_FEW,      TEST_NULLS_NONE},
    };
    const struct test_write_options options = {.profile = STOA_PROFILE_BALANCED,
                                               .keeps_sketches = true}; /* [FMT-102] */
    const uint32_t counts[] = {STOA_ROW_GROUP_ROWS, 10};
    struct sources sources = {.count = 0};
    struct test_table whole;
    struct stoa_file_summary summary;
    test_directory_make(&sources.directory);
    test_table_make(&whole, &random, specs, 2, counts[0] + counts[1]);
    test_table_write(&whole, &sources.directory, "whole.stoa", &options, &summary);
    for (size_t i = 0; i < 2; i++) {
        struct test_table *part = &sources.tables[i];
        test_table_make(part, &random, specs, 2, 0);
        for (size_t c = 0; c < 2; c++) {
            const struct stoa_column column = stoa_column_builder_view(&whole.columns[c]);
            assert_ok(stoa_column_builder_append_rows(&part->columns[c], &column,
                                                      i == 0 ? 0 : counts[0], counts[i],
                                                      &error),
                      &error);
        }
        part->rows = counts[i];
        add_table(&sources, &options);
    }
    assert_ok(join(&sources, &error), &error);
    size_t sizes[2];
    char *bytes[2] = {test_file_read(&sources.directory, "whole.stoa", &sizes[0]),
                      test_file_read(&sources.directory, "joined.stoa", &sizes[1])};
    assert_int_equal(sizes[0], sizes[1]);
    assert_bytes(bytes[1], bytes[0], sizes[0]);
    free(bytes[0]);
    free(bytes[1]);
    test_table_done(&whole);
    free_sources(&sources);
}

static void test_rows_and_row_groups_mix_in_one_file(void **state)
{
    (void)state;
    struct test_random random = test_random_start(49);
    const uint32_t rows[] = {100, 2000, 30};
    struct sources sources;
    make_sources(&sources, &random, rows, 3);
    struct stoa_file file;
    struct stoa_file_writer *writer = NULL;
    struct stoa_file_summary summary;
    struct stoa_column columns[TEST_TYPE_COUNT];
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_BALANCED};
    assert_ok(stoa_io_open(sources.directory.fd, "joined.stoa", STOA_OPEN_CREATE_NEW, NULL,
                           &file, &error),
              &error);
    assert_ok(stoa_file_writer_create(&file, &sources.tables[0].schema, &options, &writer,
                                      &error),
              &error);
    for (size_t i = 0; i < 3; i++) {
        if (i == 1) {
            assert_ok(stoa_concat_append(writer, sources.readers[i], &error), &error);
            continue;
        }
        for (size_t c = 0; c < TEST_TYPE_COUNT; c++)
            columns[c] = stoa_column_builder_view(&sources.tables[i].columns[c]);
        assert_ok(stoa_file_writer_append(writer, columns, rows[i], &error), &error);
    }
    assert_ok(stoa_file_writer_finish(writer, &summary, &error), &error);
    assert_int_equal(summary.rows, 2130);
    assert_int_equal(summary.row_groups, 3);
    stoa_file_writer_free(writer);
    assert_ok(stoa_io_close(&file, &error), &error);
    struct stoa_reader *joined = open_joined(&sources);
    check_rows(&sources, joined);
    stoa_reader_close(joined);
    free_sources(&sources);
}

static void test_another_schema_is_refused_by_its_first_difference(void **state)
{
    (void)state;
    struct test_random random = test_random_start(50);
    const struct test_column_spec first[] = {
        {"a", {.id = STOA_TYPE_INT64}, TEST_VALUES_FEW, TEST_NULLS_NONE},
        {"b", {.id = STOA_TYPE_TEXT},  TEST_VALUES_FEW, TEST_NULLS_NONE},
    };
    const struct test_column_spec second[] = {
        {"a", {.id = STOA_TYPE_INT64}, TEST_VALUES_FEW, TEST_NULLS_NONE},
        {"b", {.id = STOA_TYPE_TEXT},  TEST_VALUES_FEW, TEST_NULLS_HALF},
    };
    struct sources sources = {.count = 0};
    test_directory_make(&sources.directory);
    test_table_make(&sources.tables[0], &random, first, 2, 10);
    test_table_make(&sources.tables[1], &random, second, 2, 10);
    test_table_make(&sources.tables[2], &random, first, 1, 10);
    for (size_t i = 0; i < 3; i++)
        add_table(&sources, &(struct test_write_options){.profile = STOA_PROFILE_FAST});
    stoa_error_clear(&error);
    assert_fails(stoa_concat_create(test_path(&sources.directory, "joined.stoa"),
                                    sources.readers, 2, &error),
                 STOA_E_DRIFT, &error);
    assert_string_equal(error.message,
                        "expected column 2 to be field 2 \"b\", text not null, "
                        "found field 2 \"b\", text");
    assert_contains(error.place, "1.stoa");
    struct stoa_reader *pair[] = {sources.readers[0], sources.readers[2]};
    stoa_error_clear(&error);
    assert_fails(
        stoa_concat_create(test_path(&sources.directory, "joined.stoa"), pair, 2, &error),
        STOA_E_DRIFT, &error);
    assert_string_equal(error.message, "expected a file of 2 columns, found 1");
    assert_false(test_file_exists(&sources.directory, "joined.stoa"));
    free_sources(&sources);
}

/* Any byte of the second source's row groups. */
static void test_damage_in_a_source_is_refused_with_its_place(void **state)
{
    (void)state;
    struct test_random random = test_random_start(51);
    const uint32_t rows[] = {50, 3000};
    struct sources sources;
    size_t size = 0;
    make_sources(&sources, &random, rows, 2);
    uint8_t *bytes = test_file_read(&sources.directory, "1.stoa", &size);
    uint64_t offset = 0;
    uint64_t group_size = 0;
    assert_ok(stoa_reader_group_place(sources.readers[1], 0, &offset, &group_size, &error),
              &error);
    for (size_t i = 0; i < 200; i++) {
        const size_t at =
            (size_t)(offset + (i < 100 ? test_random_below(&random, group_size)
                                       : group_size - 1 - (i - 100) * 7));
        bytes[at] ^= (uint8_t)(1u << i % 8);
        test_file_write(&sources.directory, "1.stoa", bytes, size);
        stoa_error_clear(&error);
        assert_fails(join(&sources, &error), STOA_E_CORRUPT, &error);
        assert_contains(error.place, "1.stoa: ");
        assert_contains(error.place, "row group 0");
        assert_false(test_file_exists(&sources.directory, "joined.stoa"));
        bytes[at] ^= (uint8_t)(1u << i % 8);
    }
    free(bytes);
    free_sources(&sources);
}

static void test_a_file_that_is_there_is_left_alone(void **state)
{
    (void)state;
    struct test_random random = test_random_start(52);
    const uint32_t rows[] = {5, 5};
    struct sources sources;
    size_t size = 0;
    make_sources(&sources, &random, rows, 2);
    test_file_write(&sources.directory, "joined.stoa", "mine", 4);
    assert_fails(join(&sources, &error), STOA_E_EXISTS, &error);
    char *bytes = test_file_read(&sources.directory, "joined.stoa", &size);
    assert_string_equal(bytes, "mine");
    free(bytes);
    free_sources(&sources);
}

/* ---- faults ---- */

static stoa_status join_and_check(void *context, stoa_error *err)
{
    const struct sources *sources = context;
    const stoa_status status = join(sources, err);
    assert_int_equal(test_file_exists(&sources->directory, "joined.stoa"),
                     status == STOA_OK);
    if (status == STOA_OK)
        assert_int_equal(remove(test_path(&sources->directory, "joined.stoa")), 0);
    return status;
}

static void test_no_failing_call_leaves_a_file_behind(void **state)
{
    (void)state;
    struct test_random random = test_random_start(53);
    const uint32_t rows[] = {40, 1030};
    struct sources sources;
    struct fault_loop loop = FAULT_LOOP_START;
    make_sources(&sources, &random, rows, 2);
    while (fault_loop_next(&loop)) {
        stoa_error_clear(&error);
        fault_loop_arm(&loop);
        const stoa_status status = join(&sources, &error);
        fault_loop_disarm(&loop);
        const bool exists = test_file_exists(&sources.directory, "joined.stoa");
        if (status == STOA_OK)
            stoa_reader_close(open_joined(&sources));
        /* A file that cannot be removed may stay, but is then no whole one or was not kept. */
        else if (exists && (loop.kind->calls & FAULT_UNLINKAT) == 0)
            fail_msg("%s: a file was left behind", loop.name);
        if (exists)
            assert_int_equal(remove(test_path(&sources.directory, "joined.stoa")), 0);
    }
    assert_true(loop.runs > 100);
    free_sources(&sources);
}

static void test_no_failing_allocation_leaves_anything_behind(void **state)
{
    (void)state;
    struct test_random random = test_random_start(54);
    const uint32_t rows[] = {40, 1030};
    struct sources sources;
    make_sources(&sources, &random, rows, 2);
    assert_ok(join_and_check(&sources, &error), &error); /* readers keep schema and names */
    assert_true(test_allocation_failures(join_and_check, &sources) > 20);
    free_sources(&sources);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joined_files_have_rows_and_records_of_their_sources),
        cmocka_unit_test(test_joining_twice_gives_the_same_bytes),
        cmocka_unit_test(test_a_joined_file_is_the_file_that_would_have_been_written),
        cmocka_unit_test(test_rows_and_row_groups_mix_in_one_file),
        cmocka_unit_test(test_another_schema_is_refused_by_its_first_difference),
        cmocka_unit_test(test_damage_in_a_source_is_refused_with_its_place),
        cmocka_unit_test(test_a_file_that_is_there_is_left_alone),
        cmocka_unit_test(test_no_failing_call_leaves_a_file_behind),
        cmocka_unit_test(test_no_failing_allocation_leaves_anything_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
