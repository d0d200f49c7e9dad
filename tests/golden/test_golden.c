/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden files: today's writer gives their bytes, today's reader their rows, and together they
 * show every encoding there is.
 */
#include "tests/golden/golden_tables.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void open_folder(struct test_directory *folder)
{
    folder->fd = open(test_source_path("tests/golden"), O_RDONLY | O_DIRECTORY);
    assert_true(folder->fd >= 0);
    snprintf(folder->path, sizeof folder->path, "%s", test_source_path("tests/golden"));
}

static const char *file_name(const struct golden_file *golden, const char *ending)
{
    static char name[128];
    snprintf(name, sizeof name, "%s.%s", golden->name, ending);
    return name;
}

static void test_writer_gives_the_golden_bytes(void **state)
{
    struct test_directory folder;
    struct test_directory directory;
    (void)state;
    open_folder(&folder);
    test_directory_make(&directory);
    for (size_t i = 0; golden_file_at(i); i++) {
        const struct golden_file *golden = golden_file_at(i);
        const struct test_write_options options = {.profile = golden->profile,
                                                   .keeps_sketches =
                                                       golden_keeps_sketches(golden),
                                                   .filters = golden_filters(golden)};
        struct test_table table;
        size_t found_size = 0;
        size_t expected_size = 0;
        golden_table_make(golden, &table);
        test_table_write(&table, &directory, file_name(golden, "stoa"), &options, NULL);
        char *found = test_file_read(&directory, file_name(golden, "stoa"), &found_size);
        char *expected = test_file_read(&folder, file_name(golden, "stoa"), &expected_size);
        if (found_size != expected_size || memcmp(found, expected, found_size) != 0)
            fail_msg("%s.stoa: today's writer gives other bytes (%zu, not %zu)",
                     golden->name, found_size, expected_size);
        free(found);
        free(expected);
        test_table_done(&table);
    }
    test_directory_remove(&directory);
    close(folder.fd);
}

static void test_reader_gives_the_golden_rows(void **state)
{
    struct test_directory folder;
    (void)state;
    open_folder(&folder);
    for (size_t i = 0; golden_file_at(i); i++) {
        const struct golden_file *golden = golden_file_at(i);
        struct stoa_reader *reader = NULL;
        struct test_table table;
        struct stoa_buf text;
        stoa_error error;
        size_t expected_size = 0;
        stoa_buf_init(&text, SIZE_MAX / 4);
        char *expected = test_file_read(&folder, file_name(golden, "txt"), &expected_size);
        assert_ok(test_reader_open(&folder, file_name(golden, "stoa"), &reader, &error),
                  &error);
        assert_ok(stoa_reader_verify(reader, true, NULL, NULL, NULL, &error), &error);
        assert_ok(test_table_read(&table, reader, &error), &error);
        test_table_print(&table, &text);
        assert_int_equal(text.size, expected_size);
        assert_bytes(text.data, expected, expected_size);
        stoa_buf_done(&text);
        free(expected);
        test_table_done(&table);
        stoa_reader_close(reader);
    }
    close(folder.fd);
}

/* ---- encodings ---- */

static void collect_encodings(const struct stoa_node *node, uint64_t *seen)
{
    if (!node)
        return;
    *seen |= UINT64_C(1) << node->encoding->id;
    for (int i = 0; i < STOA_NODE_MAX_CHILDREN; i++)
        collect_encodings(node->children[i], seen);
}

static void collect_file(struct stoa_reader *reader, uint64_t *seen)
{
    struct stoa_block_slot slot;
    stoa_error error;
    stoa_block_slot_init(&slot);
    for (uint32_t c = 0; c < stoa_reader_columns(reader); c++) {
        if (stoa_reader_row_groups(reader) == 0)
            break;
        assert_ok(stoa_reader_load(reader, c, 0, 0, &slot, &error), &error);
        collect_encodings(slot.block.root, seen);
    }
    stoa_block_slot_done(&slot);
}

static void test_golden_files_show_every_encoding(void **state)
{
    struct test_directory folder;
    uint64_t seen = 0;
    (void)state;
    open_folder(&folder);
    for (size_t i = 0; golden_file_at(i); i++) {
        struct stoa_reader *reader = NULL;
        stoa_error error;
        assert_ok(test_reader_open(&folder, file_name(golden_file_at(i), "stoa"), &reader,
                                   &error),
                  &error);
        collect_file(reader, &seen);
        stoa_reader_close(reader);
    }
    for (size_t i = 0; stoa_encoding_at(i); i++) {
        const struct stoa_encoding *encoding = stoa_encoding_at(i);
        if (!(seen >> encoding->id & 1))
            fail_msg("no golden file has encoding %s", encoding->name);
    }
    close(folder.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writer_gives_the_golden_bytes),
        cmocka_unit_test(test_reader_gives_the_golden_rows),
        cmocka_unit_test(test_golden_files_show_every_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
