/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where data files of many columns end; those of few are tested through the router. [DS-18]
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <stdio.h>

#include "dataset/data_writer.h"
#include "dataset/root.h"

enum { COLUMNS = STOA_WIDE_COLUMNS + 1, ROWS = 300 };

struct wide {
    char names[COLUMNS][12];
    stoa_field fields[COLUMNS];
    struct stoa_column columns[COLUMNS];
    int64_t numbers[ROWS];
};

static struct wide wide;

static void make_columns(void)
{
    for (int row = 0; row < ROWS; row++)
        wide.numbers[row] = row;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        (void)snprintf(wide.names[i], sizeof wide.names[i], "c%u", i);
        wide.fields[i] = (stoa_field){
            .name = wide.names[i], .type = {.id = STOA_TYPE_INT64}, .id = i + 1};
        wide.columns[i] = (struct stoa_column){
            .phys = STOA_PHYS_I64, .length = ROWS, .values = wide.numbers};
    }
}

/* Appends all rows in pieces of so many. */
static stoa_status append_all(struct stoa_data_writer *writer, uint32_t batch,
                              stoa_error *err)
{
    static struct stoa_column pieces[COLUMNS];
    for (uint32_t first = 0; first < ROWS; first += batch) {
        const uint32_t count = ROWS - first < batch ? ROWS - first : batch;
        for (uint32_t i = 0; i < COLUMNS; i++)
            pieces[i] = stoa_column_slice(&wide.columns[i], first, count);
        STOA_TRY(stoa_data_writer_append(writer, pieces, count, err));
    }
    return stoa_data_writer_finish(writer, err);
}

static void check_files(const char *path, uint32_t batch)
{
    static const uint64_t expected[] = {128, 128, 44};
    static const uint32_t tracked[] = {0};
    const struct stoa_data_writer_options options = {
        .schema = {.fields = wide.fields, .field_count = COLUMNS},
        .tracked = tracked,
        .tracked_count = 1,
        .file_raw = (uint64_t)COLUMNS * 8 * 100, /* reached by row 100, told at row 128 */
    };
    struct stoa_root root = STOA_ROOT_CLOSED;
    struct stoa_transaction transaction = {.file_count = 0};
    struct stoa_data_writer *writer = NULL;
    stoa_error error;
    assert_ok(stoa_root_create(path, &root, &error), &error);
    assert_ok(stoa_transaction_begin(&root, &transaction, &error), &error);
    assert_ok(stoa_data_writer_create(&transaction, &options, "", NULL, 0, &writer, &error),
              &error);
    assert_ok(append_all(writer, batch, &error), &error);
    assert_int_equal(transaction.file_count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(transaction.files[i].rows, expected[i]);
    stoa_data_writer_free(writer);
    stoa_transaction_done(&transaction);
    stoa_root_close(&root);
}

static void test_wide_files_end_at_64_rows_whatever_the_batches(void **state)
{
    (void)state;
    struct test_directory directory;
    test_directory_make(&directory);
    make_columns();
    check_files(test_path(&directory, "whole"), ROWS);
    check_files(test_path(&directory, "pieces"), 64);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wide_files_end_at_64_rows_whatever_the_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
