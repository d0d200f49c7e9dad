/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader/reader_schema.c and footer_stream.c on a file of many columns: lookups by name and
 * field id, how little they read, and what a damaged footer page costs.
 */
#include "tests/tables/test_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/layout.h"
#include "tests/support/fault_io.h"

enum { COLUMNS = 3000 };

static const struct test_write_options plain = {.profile = STOA_PROFILE_FAST};

/* Two rows of COLUMNS columns "c0", "c1", ..; ids ascend or are shuffled. */
static void write_wide(const struct test_directory *directory, const char *name,
                       bool is_shuffled)
{
    static struct test_column_spec specs[COLUMNS];
    static char names[COLUMNS][16];
    struct test_random random = {.state = 1};
    struct test_table table;
    for (size_t i = 0; i < COLUMNS; i++) {
        snprintf(names[i], sizeof names[i], "c%zu", i);
        specs[i] = (struct test_column_spec){names[i], test_type(i % TEST_TYPE_COUNT),
                                             TEST_VALUES_NARROW, TEST_NULLS_NONE};
    }
    test_table_make(&table, &random, specs, COLUMNS, 2);
    for (size_t i = 0; i < COLUMNS; i++) {
        table.fields[i].id = (uint32_t)(is_shuffled ? 10 + i * 1009 % COLUMNS : 10 + 3 * i);
    }
    test_table_write(&table, directory, name, &plain, NULL);
    test_table_done(&table);
}

struct fixture {
    struct test_directory directory;
    struct stoa_reader *reader;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    test_directory_make(&fixture.directory);
    write_wide(&fixture.directory, "wide.stoa", false);
    write_wide(&fixture.directory, "shuffled.stoa", true);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    test_directory_remove(&fixture->directory);
    return 0;
}

static struct stoa_reader *open_file(struct fixture *fixture, const char *name)
{
    struct stoa_reader *reader = NULL;
    stoa_error error;
    assert_ok(test_reader_open(&fixture->directory, name, &reader, &error), &error);
    return reader;
}

static void test_find_knows_every_name_and_no_other(void **state)
{
    struct stoa_reader *reader = open_file(*state, "wide.stoa");
    static const char *const absent[] = {"", "C0", "c", "c3000", "c00", "c0 "};
    stoa_error error;
    bool found = false;
    uint32_t column = 0;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%u", i);
        assert_ok(stoa_reader_find(reader, name, &found, &column, &error), &error);
        assert_true(found);
        assert_int_equal(column, i);
    }
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        assert_ok(stoa_reader_find(reader, absent[i], &found, &column, &error), &error);
        assert_false(found);
    }
    stoa_reader_close(reader);
}

static void test_find_id_knows_every_id_and_no_other(void **state)
{
    static const char *const files[] = {"wide.stoa", "shuffled.stoa"};
    for (int shuffled = 0; shuffled < 2; shuffled++) {
        struct stoa_reader *reader = open_file(*state, files[shuffled]);
        stoa_error error;
        bool found = false;
        uint32_t column = 0;
        uint32_t count = 0;
        for (uint32_t id = 0; id < 12000; id++) {
            stoa_field field;
            assert_ok(stoa_reader_find_id(reader, id, &found, &column, &error), &error);
            if (!found)
                continue;
            assert_ok(stoa_reader_field(reader, column, &field, &error), &error);
            assert_int_equal(field.id, id);
            count++;
        }
        assert_int_equal(count, COLUMNS);
        assert_ok(stoa_reader_find_id(reader, UINT32_MAX, &found, &column, &error), &error);
        assert_false(found);
        stoa_reader_close(reader);
    }
}

static void test_schema_lists_all_columns_in_order(void **state)
{
    struct stoa_reader *reader = open_file(*state, "shuffled.stoa");
    const stoa_schema *schema = NULL;
    const stoa_schema *again = NULL;
    stoa_error error;
    assert_ok(stoa_reader_schema(reader, &schema, &error), &error);
    assert_ok(stoa_reader_schema(reader, &again, &error), &error);
    assert_ptr_equal(schema, again);
    assert_int_equal(schema->field_count, COLUMNS);
    assert_string_equal(schema->fields[2999].name, "c2999");
    assert_true(stoa_type_equal(schema->fields[2999].type, test_type(2999 % 16)));
    stoa_reader_close(reader);
}

/* Open: header and end. Then a page or two of name table, column records, heap and block
 * records, and a column record for each collision; however many columns there are. */
static void test_a_lookup_reads_few_pages(void **state)
{
    static const struct fault_kind preads = {.name = "pread", .calls = FAULT_PREAD};
    struct fixture *fixture = *state;
    stoa_error error;
    uint64_t calls = 0;
    for (uint32_t i = 0; i < 50; i++) {
        char name[16];
        bool found = false;
        uint32_t column = 0;
        struct stoa_stats stats;
        snprintf(name, sizeof name, "c%u", i * 59);
        fault_io_start(&preads, 0, false, NULL, NULL);
        struct stoa_reader *reader = open_file(fixture, "wide.stoa");
        assert_ok(stoa_reader_find(reader, name, &found, &column, &error), &error);
        assert_ok(stoa_reader_file_stats(reader, column, &stats, &error), &error);
        fault_io_stop();
        calls += fault_io_calls();
        stoa_reader_close(reader);
    }
    assert_true(calls <= 50 * 8);
}

static void test_damage_to_a_footer_page_costs_the_columns_in_it(void **state)
{
    struct fixture *fixture = *state;
    struct stoa_reader *reader = NULL;
    stoa_error error;
    size_t size = 0;
    uint32_t damaged = 0;
    char *bytes = test_file_read(&fixture->directory, "wide.stoa", &size);
    /* About in the middle of the column records: 64 x 3,000 bytes, the name table behind. */
    bytes[size - 128 - 4096 - 8192 * 4 - 64 * 1500] ^= 1;
    test_file_write(&fixture->directory, "damaged.stoa", bytes, size);
    free(bytes);
    assert_ok(test_reader_open(&fixture->directory, "damaged.stoa", &reader, &error),
              &error);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        stoa_field field;
        const stoa_status status = stoa_reader_field(reader, c, &field, &error);
        if (status == STOA_OK)
            continue;
        assert_int_equal(status, STOA_E_CORRUPT);
        assert_contains(error.place, "damaged.stoa: footer page ");
        damaged++;
    }
    assert_in_range(damaged, 63, 66); /* 4,088 / 64, and both neighbours */
    stoa_reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_knows_every_name_and_no_other),
        cmocka_unit_test(test_find_id_knows_every_id_and_no_other),
        cmocka_unit_test(test_schema_lists_all_columns_in_order),
        cmocka_unit_test(test_a_lookup_reads_few_pages),
        cmocka_unit_test(test_damage_to_a_footer_page_costs_the_columns_in_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
