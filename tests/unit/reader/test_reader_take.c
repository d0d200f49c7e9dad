/* SPDX-License-Identifier: Apache-2.0 */
/* reader/reader_take.c: values by row number, over blocks and row groups, and what they cost. */
#include "tests/tables/test_table.h"

#include <stdlib.h>

#include "common/alloc.h"
#include "tests/support/fault_io.h"

static const struct test_write_options plain = {.profile = STOA_PROFILE_BALANCED};

/* Two row groups, the second of one short block. */
enum { ROWS = STOA_ROW_GROUP_ROWS + 3000, BLOCKS = 17, MOST = 4000 };

static const struct test_column_spec specs[] = {
    {"i", {STOA_TYPE_INT64, 0, 0},   TEST_VALUES_NARROW, TEST_NULLS_NONE},
    {"t", {STOA_TYPE_TEXT, 0, 0},    TEST_VALUES_FEW,    TEST_NULLS_SOME},
    {"d", {STOA_TYPE_FLOAT64, 0, 0}, TEST_VALUES_RUNS,   TEST_NULLS_HALF},
    {"b", {STOA_TYPE_BOOL, 0, 0},    TEST_VALUES_WIDE,   TEST_NULLS_RUNS},
};
enum { COLUMNS = sizeof specs / sizeof *specs };

struct fixture {
    struct test_directory directory;
    struct test_table table;
    struct stoa_reader *reader;
    struct stoa_block_slot slot;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct test_random random = {.state = 11};
    test_directory_make(&fixture.directory);
    test_table_make(&fixture.table, &random, specs, COLUMNS, ROWS);
    test_table_write(&fixture.table, &fixture.directory, "t.stoa", &plain, NULL);
    assert_ok(test_reader_open(&fixture.directory, "t.stoa", &fixture.reader, NULL), NULL);
    assert_int_equal(stoa_reader_row_groups(fixture.reader), 2);
    stoa_block_slot_init(&fixture.slot);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stoa_block_slot_done(&fixture->slot);
    stoa_reader_close(fixture->reader);
    test_table_done(&fixture->table);
    test_directory_remove(&fixture->directory);
    return 0;
}

/* ---- values ---- */

static void check_rows(const struct fixture *fixture, uint32_t column, const uint64_t *rows,
                       uint32_t count, const struct stoa_column_builder *taken,
                       uint32_t first)
{
    const struct stoa_column expected =
        stoa_column_builder_view(&fixture->table.columns[column]);
    const struct stoa_column found = stoa_column_builder_view(taken);
    assert_int_equal(found.length, first + count);
    for (uint32_t i = 0; i < count; i++) {
        const struct stoa_value a = stoa_column_get(&expected, (uint32_t)rows[i]);
        const struct stoa_value b = stoa_column_get(&found, first + i);
        assert_int_equal(a.is_null, b.is_null);
        if (!a.is_null)
            assert_int_equal(stoa_value_compare_exact(expected.phys, &a, &b), 0);
    }
}

static void check_take(struct fixture *fixture, uint32_t column, const uint64_t *rows,
                       uint32_t count)
{
    struct stoa_column_builder taken;
    stoa_error error;
    stoa_column_builder_init(&taken, fixture->table.columns[column].phys);
    for (uint32_t round = 0; round < 2; round++) {
        assert_ok(stoa_reader_take(fixture->reader, column, rows, count, &fixture->slot,
                                   &taken, &error),
                  &error);
        check_rows(fixture, column, rows, count, &taken, round * count);
    }
    stoa_column_builder_done(&taken);
}

static void test_take_gives_rows_in_the_order_asked_for(void **state)
{
    struct test_random random = test_random_start(3301);
    static uint64_t rows[MOST];
    for (int round = 0; round < 24; round++) {
        const uint32_t count = (uint32_t)test_random_below(&random, round % 4 ? 40 : MOST);
        const uint64_t within = round % 3 ? ROWS : 5000;
        for (uint32_t i = 0; i < count; i++) {
            rows[i] = ROWS - within + test_random_below(&random, within);
            if (round % 5 == 0 && i > 0 && rows[i] < rows[i - 1])
                rows[i] = rows[i - 1];
        }
        check_take(*state, (uint32_t)round % COLUMNS, rows, count);
    }
}

static void test_take_reaches_the_ends_of_blocks_and_row_groups(void **state)
{
    static const uint64_t rows[] = {
        ROWS - 1,         STOA_ROW_GROUP_ROWS, STOA_ROW_GROUP_ROWS - 1,
        STOA_BLOCK_ROWS,  STOA_BLOCK_ROWS - 1, 0,
        STOA_VECTOR_ROWS, STOA_VECTOR_ROWS - 1};
    for (uint32_t column = 0; column < COLUMNS; column++) {
        for (uint32_t count = 0; count <= 8; count++)
            check_take(*state, column, rows + (8 - count), count);
    }
}

/* ---- what it costs ---- */

static void test_take_loads_each_block_once(void **state)
{
    struct fixture *fixture = *state;
    static const struct fault_kind preads = {.name = "pread", .calls = FAULT_PREAD};
    static const uint64_t spread[] = {70000, 3, 140000, 4, 70001, 5, 140001, 70000};
    static const uint64_t last[] = {140002};
    struct stoa_column_builder taken;
    stoa_error error;
    stoa_column_builder_init(&taken, STOA_PHYS_I64);
    check_take(fixture, 0, spread, 8); /* the footer's pages are read by now */
    fixture->slot.has_block = false;
    fault_io_start(&preads, 0, false, NULL, NULL);
    assert_ok(
        stoa_reader_take(fixture->reader, 0, spread, 8, &fixture->slot, &taken, &error),
        &error);
    fault_io_stop();
    assert_int_equal(fault_io_calls(), 3);
    fault_io_start(&preads, 0, false, NULL, NULL);
    assert_ok(stoa_reader_take(fixture->reader, 0, last, 1, &fixture->slot, &taken, &error),
              &error);
    fault_io_stop();
    assert_int_equal(fault_io_calls(), 0); /* the slot held it */
    stoa_column_builder_cut(&taken, 8);
    check_rows(fixture, 0, spread, 8, &taken, 0);
    stoa_column_builder_done(&taken);
}

/* ---- what can go wrong ---- */

static void test_take_refuses_rows_that_are_not_there(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t rows[] = {1, ROWS, 2};
    struct stoa_column_builder taken;
    stoa_error error;
    stoa_column_builder_init(&taken, STOA_PHYS_I64);
    assert_fails(
        stoa_reader_take(fixture->reader, 0, rows, 3, &fixture->slot, &taken, &error),
        STOA_E_USAGE, &error);
    assert_contains(error.message, "expected row numbers below 1051576, found 1051576");
    assert_contains(error.place, "t.stoa");
    assert_fails(
        stoa_reader_take(fixture->reader, COLUMNS, rows, 1, &fixture->slot, &taken, &error),
        STOA_E_USAGE, &error);
    assert_int_equal(taken.length, 0);
    stoa_column_builder_done(&taken);
}

/* [FMT-81] Damage is told with its place and costs its block alone. */
static void test_take_names_the_damaged_block(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t good[] = {140000, 1};
    static const uint64_t bad[] = {140000, 70000, 1};
    struct stoa_block_info info;
    struct stoa_reader *reader = NULL;
    struct stoa_column_builder taken;
    size_t size = 0;
    stoa_error error;
    assert_ok(stoa_reader_block_info(fixture->reader, 0, 0, 1, &info, &error), &error);
    char *bytes = test_file_read(&fixture->directory, "t.stoa", &size);
    bytes[info.offset + info.stored_size / 2] ^= 1;
    test_file_write(&fixture->directory, "damaged.stoa", bytes, size);
    free(bytes);
    assert_ok(test_reader_open(&fixture->directory, "damaged.stoa", &reader, &error),
              &error);
    stoa_column_builder_init(&taken, STOA_PHYS_I64);
    fixture->slot.has_block = false; /* the content's name is that of the whole file */
    assert_ok(stoa_reader_take(reader, 0, good, 2, &fixture->slot, &taken, &error), &error);
    assert_fails(stoa_reader_take(reader, 0, bad, 3, &fixture->slot, &taken, &error),
                 STOA_E_CORRUPT, &error);
    assert_string_equal(error.place,
                        "damaged.stoa: column \"i\", row group 0, block 1, rows 65536 to "
                        "131071");
    check_rows(fixture, 0, good, 2, &taken, 0);
    assert_ok(stoa_reader_take(reader, 0, good, 2, &fixture->slot, &taken, &error), &error);
    stoa_column_builder_done(&taken);
    fixture->slot.has_block = false;
    stoa_reader_close(reader);
}

static stoa_status take_some(void *context, stoa_error *err)
{
    struct fixture *fixture = context;
    static const uint64_t rows[] = {70000, 3, 140000, 4};
    struct stoa_block_slot slot;
    struct stoa_column_builder taken;
    stoa_block_slot_init(&slot);
    stoa_column_builder_init(&taken, STOA_PHYS_BYTES);
    const stoa_status status =
        stoa_reader_take(fixture->reader, 1, rows, 4, &slot, &taken, err);
    assert_int_equal(taken.length, status == STOA_OK ? 4 : 0);
    stoa_block_slot_done(&slot);
    stoa_column_builder_done(&taken);
    return status;
}

static void test_take_reports_short_memory(void **state)
{
    struct fixture *fixture = *state;
    stoa_field field; /* the name, which errors want, stays with the reader */
    assert_ok(stoa_reader_field(fixture->reader, 1, &field, NULL), NULL);
    assert_ok(take_some(fixture, NULL), NULL); /* so do pages of the footer */
    assert_true(test_allocation_failures(take_some, fixture) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_gives_rows_in_the_order_asked_for),
        cmocka_unit_test(test_take_reaches_the_ends_of_blocks_and_row_groups),
        cmocka_unit_test(test_take_loads_each_block_once),
        cmocka_unit_test(test_take_refuses_rows_that_are_not_there),
        cmocka_unit_test(test_take_names_the_damaged_block),
        cmocka_unit_test(test_take_reports_short_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
