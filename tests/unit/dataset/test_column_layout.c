/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stoa_dataset_layout: its bytes add up to the columns' stored bytes, what it says was expected is
 * what was written, and the next best is another encoding that costs no less.
 */
#include "tests/tables/test_table.h"

#include <stdio.h>
#include <string.h>

#include "stoa/column_layout.h"

static stoa_error error;

struct seen {
    const stoa_schema *schema;
    size_t column; /* of the last part */
    uint64_t bytes[TEST_TYPE_COUNT];
    uint64_t rows[TEST_TYPE_COUNT];
    size_t parts;
    size_t stop_at;
};

static int take(void *context, const stoa_layout_part *part)
{
    struct seen *seen = context;
    while (strcmp(seen->schema->fields[seen->column].name, part->column) != 0)
        seen->column++; /* columns in order, or this runs out */
    assert_true(seen->column < seen->schema->field_count);
    seen->bytes[seen->column] += part->bytes + part->dictionary_bytes;
    assert_true(part->dictionary_bytes == 0 || strncmp(part->encoding, "dict", 4) == 0);
    seen->rows[seen->column] += part->rows;
    assert_true(part->blocks > 0 && part->why[0] != '\0');
    assert_true(strncmp(part->encoding, part->next, strlen(part->next)) != 0 ||
                part->next[0] == '\0');
    if (part->sample_estimate > 0 && strcmp(part->why, "smallest") == 0)
        assert_true(part->next[0] == '\0' || part->sample_estimate <= part->next_estimate);
    /* "near exact": far below what would change a choice by much. */
    if (part->sample_estimate > 0 && part->sample_bytes > 4096)
        assert_in_range(part->sample_estimate, part->sample_bytes * 8 / 10,
                        part->sample_bytes * 12 / 10);
    return ++seen->parts == seen->stop_at;
}

static void test_parts_add_up_to_the_columns(void **state)
{
    (void)state;
    struct test_random random = test_random_start(81);
    struct test_directory directory;
    test_directory_make(&directory);
    for (int i = 0; i < 6; i++) {
        struct test_table table;
        struct stoa_file_summary summary;
        struct seen seen = {.column = 0};
        stoa_dataset *dataset = NULL;
        char name[16];
        snprintf(name, sizeof name, "%d.stoa", i);
        test_table_random(&table, &random, i == 5 ? 70000 : 3000);
        test_table_write(&table, &directory, name,
                         &(struct test_write_options){.profile = STOA_PROFILE_BALANCED},
                         &summary);
        assert_ok(stoa_dataset_open(test_path(&directory, name), &dataset, &error), &error);
        seen.schema = &stoa_dataset_get_info(dataset)->schema;
        assert_ok(stoa_dataset_layout(dataset, NULL, take, &seen, &error), &error);
        for (size_t c = 0; c < seen.schema->field_count; c++) {
            stoa_column_info info;
            assert_ok(stoa_dataset_column(dataset, c, &info, &error), &error);
            assert_int_equal(seen.bytes[c], info.stored_bytes);
            assert_int_equal(seen.rows[c], table.rows);
        }
        seen = (struct seen){.schema = seen.schema, .stop_at = 1};
        assert_ok(stoa_dataset_layout(dataset, "compact", take, &seen, &error), &error);
        assert_int_equal(seen.parts, 1);
        assert_fails(stoa_dataset_layout(dataset, "tiny", take, &seen, &error),
                     STOA_E_USAGE, &error);
        stoa_dataset_close(dataset);
        test_table_done(&table);
    }
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_add_up_to_the_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
