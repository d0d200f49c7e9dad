/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader/block_load.c: what damage costs, what a slot keeps, and what loading reads and
 * allocates.
 */
#include "tests/tables/test_table.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/support/fault_io.h"

static const struct test_write_options plain = {.profile = STOA_PROFILE_BALANCED};

enum { ROWS = 140000, BLOCKS = 3 };

static const struct test_column_spec specs[] = {
    {"i", {STOA_TYPE_INT64, 0, 0},  TEST_VALUES_NARROW, TEST_NULLS_NONE},
    {"t", {STOA_TYPE_TEXT, 0, 0},   TEST_VALUES_FEW,    TEST_NULLS_NONE},
    {"w", {STOA_TYPE_UINT64, 0, 0}, TEST_VALUES_WIDE,   TEST_NULLS_SOME},
    {"z", {STOA_TYPE_TEXT, 0, 0},   TEST_VALUES_STEADY, TEST_NULLS_NONE}, /* under zstd */
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
    struct test_random random = {.state = 1};
    test_directory_make(&fixture.directory);
    test_table_make(&fixture.table, &random, specs, COLUMNS, ROWS);
    test_table_write(&fixture.table, &fixture.directory, "t.stoa", &plain, NULL);
    assert_ok(test_reader_open(&fixture.directory, "t.stoa", &fixture.reader, NULL), NULL);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stoa_reader_close(fixture->reader);
    test_table_done(&fixture->table);
    test_directory_remove(&fixture->directory);
    return 0;
}

static int new_slot(void **state)
{
    struct fixture *fixture = *state;
    stoa_block_slot_init(&fixture->slot);
    return 0;
}

static int free_slot(void **state)
{
    struct fixture *fixture = *state;
    stoa_block_slot_done(&fixture->slot);
    return 0;
}

/* The file with one byte changed, opened. */
static struct stoa_reader *open_damaged(struct fixture *fixture, uint64_t offset)
{
    struct stoa_reader *reader = NULL;
    size_t size = 0;
    char *bytes = test_file_read(&fixture->directory, "t.stoa", &size);
    assert_true(offset < size);
    bytes[offset] = (char)(bytes[offset] ^ 0x10);
    test_file_write(&fixture->directory, "damaged.stoa", bytes, size);
    free(bytes);
    assert_ok(test_reader_open(&fixture->directory, "damaged.stoa", &reader, NULL), NULL);
    return reader;
}

/* [FMT-81] */
static void test_damage_to_a_payload_costs_one_block(void **state)
{
    struct fixture *fixture = *state;
    struct stoa_block_info info;
    stoa_error error;
    assert_ok(stoa_reader_block_info(fixture->reader, 2, 0, 1, &info, NULL), NULL);
    struct stoa_reader *reader = open_damaged(fixture, info.offset + info.stored_size / 2);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        for (uint32_t b = 0; b < BLOCKS; b++) {
            const stoa_status status =
                stoa_reader_load(reader, c, 0, b, &fixture->slot, &error);
            assert_int_equal(status, c == 2 && b == 1 ? STOA_E_CORRUPT : STOA_OK);
        }
    }
    assert_fails(stoa_reader_load(reader, 2, 0, 1, &fixture->slot, &error), STOA_E_CORRUPT,
                 &error);
    assert_contains(error.message, "checksum");
    assert_string_equal(error.place,
                        "damaged.stoa: column \"w\", row group 0, block 1, rows "
                        "65536 to 131071");
    stoa_reader_close(reader);
}

/* The dictionary lies before the column's first block. */
static void test_damage_to_a_dictionary_costs_the_blocks_that_use_it(void **state)
{
    struct fixture *fixture = *state;
    struct stoa_block_info info;
    stoa_error error;
    assert_ok(stoa_reader_block_info(fixture->reader, 1, 0, 0, &info, NULL), NULL);
    assert_true(info.uses_dictionary);
    struct stoa_reader *reader = open_damaged(fixture, info.offset - 16);
    assert_ok(stoa_reader_load(reader, 0, 0, 0, &fixture->slot, &error), &error);
    for (uint32_t b = 0; b < BLOCKS; b++) {
        assert_fails(stoa_reader_load(reader, 1, 0, b, &fixture->slot, &error),
                     STOA_E_CORRUPT, &error);
        assert_contains(error.place, "column \"t\", row group 0, dictionary");
    }
    stoa_reader_close(reader);
}

static void test_load_refuses_numbers_that_are_not_there(void **state)
{
    struct fixture *fixture = *state;
    stoa_error error;
    assert_fails(stoa_reader_load(fixture->reader, COLUMNS, 0, 0, &fixture->slot, &error),
                 STOA_E_USAGE, &error);
    assert_fails(stoa_reader_load(fixture->reader, 0, 1, 0, &fixture->slot, &error),
                 STOA_E_USAGE, &error);
    assert_fails(stoa_reader_load(fixture->reader, 0, 0, BLOCKS, &fixture->slot, &error),
                 STOA_E_USAGE, &error);
}

/* One pread a block, two for the first that needs a dictionary. */
static void test_loading_reads_each_payload_once(void **state)
{
    struct fixture *fixture = *state;
    static const struct fault_kind preads = {.name = "pread", .calls = FAULT_PREAD};
    stoa_error error;
    uint64_t stored = 0;
    for (uint32_t b = 0; b < BLOCKS; b++) {
        struct stoa_block_info info;
        assert_ok(stoa_reader_block_info(fixture->reader, 1, 0, b, &info, &error), &error);
        stored += info.stored_size;
    }
    fault_io_start(&preads, 0, false, NULL, NULL);
    for (uint32_t b = 0; b < BLOCKS; b++)
        assert_ok(stoa_reader_load(fixture->reader, 1, 0, b, &fixture->slot, &error),
                  &error);
    fault_io_stop();
    assert_int_equal(fault_io_calls(), BLOCKS + 1);
    assert_true(fixture->slot.bytes_read > stored);
    assert_true(fixture->slot.bytes_read < stored + 1000);
}

static void test_loading_allocates_nothing_once_a_slot_is_warm(void **state)
{
    struct fixture *fixture = *state;
    stoa_error error;
    for (int round = 0; round < 3; round++) {
        stoa_alloc_fail_at(0, false);
        for (uint32_t b = 0; b < BLOCKS; b++)
            assert_ok(stoa_reader_load(fixture->reader, 2, 0, b, &fixture->slot, &error),
                      &error);
    }
    assert_int_equal(stoa_alloc_count(), 0);
}

static stoa_status decode_text(void *context, stoa_error *err)
{
    struct fixture *fixture = context;
    struct stoa_block_slot slot;
    struct stoa_vector vector;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_vector_init(&vector, STOA_PHYS_BYTES, err));
    stoa_block_slot_init(&slot);
    STOA_TRY_CLEANUP(stoa_reader_load(fixture->reader, 3, 0, BLOCKS - 1, &slot, err));
    STOA_TRY_CLEANUP(stoa_block_decode(&slot.block, 0, &vector, err));
    assert_int_equal(vector.length, STOA_VECTOR_ROWS);
    assert_non_null(slot.own_decompressor.memory[STOA_CODEC_ZSTD]);
cleanup:
    stoa_block_slot_done(&slot);
    stoa_vector_done(&vector);
    return status;
}

static void test_slots_report_short_memory(void **state)
{
    struct fixture *fixture = *state;
    stoa_field field; /* the name, which errors want, stays with the reader */
    assert_ok(stoa_reader_field(fixture->reader, 3, &field, NULL), NULL);
    assert_true(test_allocation_failures(decode_text, fixture) >= 4);
}

/* Slots of one owner set up one zstd context, whichever of them comes first. */
static void test_slots_share_a_decompressor(void **state)
{
    struct fixture *fixture = *state;
    struct stoa_decompressor decompressor;
    struct stoa_block_slot slots[2];
    struct stoa_vector vector;
    stoa_error error;
    stoa_decompressor_init(&decompressor);
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, &error), &error);
    for (uint32_t i = 0; i < 2; i++) {
        void *const before = decompressor.memory[STOA_CODEC_ZSTD];
        stoa_block_slot_init(&slots[i]);
        slots[i].decompressor = &decompressor;
        assert_ok(stoa_reader_load(fixture->reader, 3, 0, i, &slots[i], &error), &error);
        assert_ok(stoa_block_decode(&slots[i].block, 0, &vector, &error), &error);
        assert_null(slots[i].own_decompressor.memory[STOA_CODEC_ZSTD]);
        assert_non_null(decompressor.memory[STOA_CODEC_ZSTD]);
        assert_true(i == 0 || decompressor.memory[STOA_CODEC_ZSTD] == before);
    }
    for (uint32_t i = 0; i < 2; i++)
        stoa_block_slot_done(&slots[i]);
    stoa_vector_done(&vector);
    stoa_decompressor_done(&decompressor);
}

/* A closed reader's address comes back at once with most allocators. */
static void test_slots_do_not_confuse_dictionaries_of_two_files(void **state)
{
    struct fixture *fixture = *state;
    struct test_random random = {.state = 2};
    struct test_table other;
    struct stoa_reader *reader = NULL;
    struct stoa_vector vector;
    stoa_error error;
    test_table_make(&other, &random, specs, COLUMNS, 70000);
    for (uint32_t row = 0; row < 8; row++) /* other texts, so other dictionary entries */
        other.columns[1].bytes[other.columns[1].offsets[row]] = 'H';
    test_table_write(&other, &fixture->directory, "other.stoa", &plain, NULL);
    assert_ok(test_reader_open(&fixture->directory, "t.stoa", &reader, &error), &error);
    assert_ok(stoa_reader_load(reader, 1, 0, 0, &fixture->slot, &error), &error);
    assert_true(fixture->slot.has_dictionary);
    stoa_reader_close(reader);
    assert_ok(test_reader_open(&fixture->directory, "other.stoa", &reader, &error), &error);
    assert_ok(stoa_reader_load(reader, 1, 0, 0, &fixture->slot, &error), &error);
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, &error), &error);
    assert_ok(stoa_block_decode(&fixture->slot.block, 0, &vector, &error), &error);
    for (uint32_t row = 0; row < 8; row++)
        assert_int_equal(vector.values.views[row].data[0], 'H');
    stoa_vector_done(&vector);
    stoa_reader_close(reader);
    test_table_done(&other);
}

static stoa_status load_one(void *context, size_t index, stoa_error *err)
{
    struct fixture *fixture = context;
    const uint32_t column = (uint32_t)index % COLUMNS;
    struct stoa_block_slot slot;
    stoa_field field;
    struct stoa_stats stats;
    const stoa_schema *schema = NULL;
    stoa_status status = STOA_OK;
    stoa_block_slot_init(&slot);
    STOA_TRY_CLEANUP(stoa_reader_load(fixture->reader, column, 0,
                                      (uint32_t)index / COLUMNS % BLOCKS, &slot, err));
    STOA_TRY_CLEANUP(stoa_reader_field(fixture->reader, column, &field, err));
    STOA_TRY_CLEANUP(stoa_reader_file_stats(fixture->reader, column, &stats, err));
    STOA_TRY_CLEANUP(stoa_reader_schema(fixture->reader, &schema, err));
    assert_string_equal(schema->fields[column].name, field.name);
    assert_int_equal(stats.rows, ROWS);
cleanup:
    stoa_block_slot_done(&slot);
    return status;
}

static void test_threads_share_a_reader(void **state)
{
    struct fixture *fixture = *state;
    struct stoa_pool *pool = NULL;
    stoa_error error;
    stoa_reader_close(fixture->reader); /* begin with nothing read */
    assert_ok(test_reader_open(&fixture->directory, "t.stoa", &fixture->reader, &error),
              &error);
    assert_ok(stoa_pool_create(4, &pool, &error), &error);
    assert_ok(stoa_pool_run(pool, 40, load_one, fixture, &error), &error);
    stoa_pool_free(pool);
}

#define WITH_SLOT(test) cmocka_unit_test_setup_teardown(test, new_slot, free_slot)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SLOT(test_damage_to_a_payload_costs_one_block),
        WITH_SLOT(test_damage_to_a_dictionary_costs_the_blocks_that_use_it),
        WITH_SLOT(test_load_refuses_numbers_that_are_not_there),
        WITH_SLOT(test_loading_reads_each_payload_once),
        WITH_SLOT(test_loading_allocates_nothing_once_a_slot_is_warm),
        WITH_SLOT(test_slots_report_short_memory),
        WITH_SLOT(test_slots_share_a_decompressor),
        WITH_SLOT(test_slots_do_not_confuse_dictionaries_of_two_files),
        WITH_SLOT(test_threads_share_a_reader),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
