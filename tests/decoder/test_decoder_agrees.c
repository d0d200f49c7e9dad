/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's writer against the independent decoder (spec/decoder): what the one writes the
 * other must print, for tables of all types made from a seed. The decoder also makes every
 * statistic, seed and table anew, so that a wrong one is found here [FMT-43] [FMT-64] [FMT-70]
 * [FMT-71] [FMT-73]. Meson names the decoder by the environment variable STOA_DECODE.
 */
#include "tests/tables/spelled_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "format/text.h"

enum { TEXT_MAXIMUM = 1 << 30 };

static void put(struct stoa_buf *out, const char *text)
{
    stoa_error error;
    assert_ok(stoa_buf_append(out, text, strlen(text), &error), &error);
}

/* Cells must not hold what parts cells and lines. */
static void put_escaped(struct stoa_buf *out, const uint8_t *bytes, size_t size)
{
    static const char special[] = "\t\n\r\\";
    static const char letters[] = "tnr\\";
    stoa_error error;
    for (size_t i = 0; i < size; i++) {
        const char *found = bytes[i] ? strchr(special, bytes[i]) : NULL;
        if (found)
            put(out, "\\");
        const uint8_t byte = found ? (uint8_t)letters[found - special] : bytes[i];
        assert_ok(stoa_buf_append_byte(out, byte, &error), &error);
    }
}

static void put_cell(struct stoa_buf *out, stoa_type type, const struct stoa_value *value)
{
    struct stoa_buf text;
    stoa_error error;
    if (value->is_null) {
        put(out, "\\N");
        return;
    }
    stoa_buf_init(&text, TEXT_MAXIMUM);
    assert_ok(stoa_text_append(type, value, &text, &error), &error);
    put_escaped(out, text.data, text.size);
    stoa_buf_done(&text);
}

static void put_heading(struct stoa_buf *out, const stoa_schema *schema)
{
    for (size_t c = 0; c < schema->field_count; c++) {
        char type[STOA_TYPE_TEXT_MAX];
        put(out, c > 0 ? "\t" : "");
        put(out, schema->fields[c].name);
        put(out, ":");
        put(out, stoa_type_text(schema->fields[c].type, type));
    }
    put(out, "\n");
}

static void put_table(struct stoa_buf *out, const struct test_table *table)
{
    put_heading(out, &table->schema);
    for (uint32_t row = 0; row < table->rows; row++) {
        for (size_t c = 0; c < table->schema.field_count; c++) {
            const struct stoa_column column = stoa_column_builder_view(&table->columns[c]);
            const struct stoa_value value = stoa_column_get(&column, row);
            put(out, c > 0 ? "\t" : "");
            put_cell(out, table->schema.fields[c].type, &value);
        }
        put(out, "\n");
    }
}

/* Runs the decoder; its output goes to d.txt, its complaint to the test's own. */
static void decode(const struct test_directory *directory)
{
    const char *decoder = getenv("STOA_DECODE");
    char command[1024];
    if (!decoder) {
        print_message("skipped: STOA_DECODE does not name the decoder\n");
        skip();
    }
    snprintf(command, sizeof command, "'%s' '%s' >'%s'", decoder,
             test_path(directory, "t.stoa"), test_path(directory, "d.txt"));
    assert_int_equal(system(command), 0);
}

static void check(const struct test_table *table, const struct test_write_options *options)
{
    struct test_directory directory;
    struct stoa_buf expected;
    size_t size = 0;
    test_directory_make(&directory);
    stoa_buf_init(&expected, TEXT_MAXIMUM);
    test_table_write(table, &directory, "t.stoa", options, NULL);
    put_table(&expected, table);
    decode(&directory);
    char *found = test_file_read(&directory, "d.txt", &size);
    assert_int_equal(size, expected.size);
    assert_bytes(found, expected.data, size);
    free(found);
    stoa_buf_done(&expected);
    test_directory_remove(&directory);
}

static void test_decoder_prints_tables_of_every_type(void **state)
{
    static const uint32_t rows[] = {0, 1, 2, 63, 64, 65, 1023, 1024, 1025, 3000};
    struct test_random random = test_random_start(11);
    (void)state;
    for (size_t i = 0; i < 3 * sizeof rows / sizeof *rows; i++) {
        struct test_table table;
        const struct test_write_options options = {.profile = (enum stoa_profile)(i % 3)};
        test_table_random(&table, &random, rows[i / 3]);
        check(&table, &options);
        test_table_done(&table);
    }
}

/* Each look of values with each pattern of NULLs, so that every encoding is met. */
static void test_decoder_prints_all_values_and_null_patterns(void **state)
{
    struct test_random random = test_random_start(12);
    (void)state;
    for (int values = 0; values < TEST_VALUES_COUNT; values++) {
        struct test_column_spec specs[TEST_TYPE_COUNT * TEST_NULLS_COUNT];
        char names[TEST_TYPE_COUNT * TEST_NULLS_COUNT][24];
        for (size_t i = 0; i < TEST_TYPE_COUNT * TEST_NULLS_COUNT; i++) {
            snprintf(names[i], sizeof names[i], "c%zu", i);
            specs[i] = (struct test_column_spec){names[i], test_type(i % TEST_TYPE_COUNT),
                                                 (enum test_values)values,
                                                 (enum test_nulls)(i / TEST_TYPE_COUNT)};
        }
        struct test_table table;
        const struct test_write_options options = {.profile =
                                                       (enum stoa_profile)(values % 3)};
        test_table_make(&table, &random, specs, TEST_TYPE_COUNT * TEST_NULLS_COUNT, 2100);
        check(&table, &options);
        test_table_done(&table);
    }
}

/* Columns of every type that keep zones, sketches and filters [FMT-90] [FMT-102] [FMT-112]. */
static void test_decoder_makes_zones_and_sketches_anew(void **state)
{
    static const enum test_values values[] = {TEST_VALUES_SEQUENCE, TEST_VALUES_STEADY,
                                              TEST_VALUES_RUNS};
    struct test_random random = test_random_start(14);
    (void)state;
    for (size_t round = 0; round < 3; round++) {
        struct test_column_spec specs[TEST_TYPE_COUNT];
        bool filters[TEST_TYPE_COUNT];
        char names[TEST_TYPE_COUNT][24];
        for (size_t i = 0; i < TEST_TYPE_COUNT; i++) {
            snprintf(names[i], sizeof names[i], "c%zu", i);
            filters[i] = i % 3 != 1;
            specs[i] = (struct test_column_spec){names[i], test_type(i), values[round],
                                                 (enum test_nulls)(i % 4)};
        }
        struct test_table table;
        const struct test_write_options options = {
            .profile = STOA_PROFILE_FAST, .keeps_sketches = true, .filters = filters};
        test_table_make(&table, &random, specs, TEST_TYPE_COUNT,
                        round == 1 ? 70000 : 17000);
        check(&table, &options);
        test_table_done(&table);
    }
}

/* More than one block and one row group: dictionaries per row group, merged statistics. */
static void test_decoder_prints_many_blocks_and_row_groups(void **state)
{
    static const struct test_column_spec specs[] = {
        {"wide", {.id = STOA_TYPE_FLOAT64}, TEST_VALUES_WIDE, TEST_NULLS_SOME},
        {"few",  {.id = STOA_TYPE_TEXT},    TEST_VALUES_FEW,  TEST_NULLS_RUNS},
    };
    struct test_random random = test_random_start(13);
    struct test_table table;
    const struct test_write_options options = {.profile = STOA_PROFILE_BALANCED};
    (void)state;
    test_table_make(&table, &random, specs, 2, 1048576 + 70000);
    check(&table, &options);
    test_table_done(&table);
}

/* Texts that are kept as what they spell, with exceptions and NULLs. */
static void test_decoder_prints_spelled_texts(void **state)
{
    struct test_random random = test_random_start(14);
    struct test_table table;
    (void)state;
    for (int profile = 0; profile < 3; profile++) {
        const struct test_write_options options = {.profile = (enum stoa_profile)profile};
        spelled_table_make(&table, &random, 3000);
        check(&table, &options);
        test_table_done(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoder_prints_tables_of_every_type),
        cmocka_unit_test(test_decoder_prints_all_values_and_null_patterns),
        cmocka_unit_test(test_decoder_makes_zones_and_sketches_anew),
        cmocka_unit_test(test_decoder_prints_many_blocks_and_row_groups),
        cmocka_unit_test(test_decoder_prints_spelled_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
