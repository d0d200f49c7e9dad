/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader/block_load.c on blocks that are kept by those of another column [SAME-2] [SAME-6]: what
 * loading reads, what damage to the other column costs, and how short memory ends.
 */
#include "tests/tables/test_correlated.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "format/block.h"
#include "tests/support/fault_io.h"

static const struct test_write_options plain = {.profile = STOA_PROFILE_BALANCED};

enum { DAY, RECEIVED, ITEM, LABEL, PRICE, KEY, COPY };
enum { ROWS = 70000, BLOCKS = 2 };

struct fixture {
    struct test_directory directory;
    struct test_table table;
    struct stoa_reader *reader;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct test_random random = {.state = 1};
    test_directory_make(&fixture.directory);
    test_table_correlated(&fixture.table, &random, ROWS, 1, false);
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

static bool has_same(const struct stoa_node *node)
{
    bool found = node && node->encoding->id == STOA_ENC_SAME;
    for (int i = 0; node && !found && i < STOA_NODE_MAX_CHILDREN; i++)
        found = has_same(node->children[i]);
    return found;
}

static void test_each_correlated_column_refers(void **state)
{
    struct fixture *fixture = *state;
    struct stoa_block_slot slot;
    stoa_error error;
    stoa_block_slot_init(&slot);
    for (uint32_t c = 0; c < TEST_CORRELATED_COLUMNS; c++) {
        const bool is_base = c == DAY || c == ITEM || c == KEY;
        assert_ok(stoa_reader_load(fixture->reader, c, 0, 0, &slot, &error), &error);
        assert_true(has_same(slot.block.root) != is_base);
        assert_true(c != LABEL || slot.block.root->encoding->id == STOA_ENC_DICT);
    }
    stoa_block_slot_done(&slot);
    test_table_compare(&fixture->table, fixture->reader);
    assert_ok(stoa_reader_verify(fixture->reader, true, NULL, NULL, NULL, &error), &error);
}

/* Two preads, two payloads. */
static void test_loading_reads_both_payloads(void **state)
{
    static const struct fault_kind preads = {.name = "pread", .calls = FAULT_PREAD};
    struct fixture *fixture = *state;
    struct stoa_block_info own, base;
    struct stoa_block_slot slot;
    stoa_error error;
    assert_ok(stoa_reader_block_info(fixture->reader, RECEIVED, 0, 1, &own, &error),
              &error);
    assert_ok(stoa_reader_block_info(fixture->reader, DAY, 0, 1, &base, &error), &error);
    stoa_block_slot_init(&slot);
    assert_ok(stoa_reader_load(fixture->reader, RECEIVED, 0, 0, &slot, &error), &error);
    slot.bytes_read = 0;
    fault_io_start(&preads, 0, false, NULL, NULL);
    assert_ok(stoa_reader_load(fixture->reader, RECEIVED, 0, 1, &slot, &error), &error);
    fault_io_stop();
    assert_int_equal(fault_io_calls(), 2);
    assert_int_equal(slot.bytes_read, own.stored_size + base.stored_size);
    stoa_block_slot_done(&slot);
}

/* The file with a byte in the middle of a block's payload changed, opened. */
static struct stoa_reader *open_damaged(struct fixture *fixture, uint32_t column,
                                        uint32_t block)
{
    struct stoa_block_info info;
    struct stoa_reader *reader = NULL;
    size_t size = 0;
    char *bytes = test_file_read(&fixture->directory, "t.stoa", &size);
    assert_ok(stoa_reader_block_info(fixture->reader, column, 0, block, &info, NULL), NULL);
    bytes[info.offset + info.stored_size / 2] ^= 0x10;
    test_file_write(&fixture->directory, "damaged.stoa", bytes, size);
    free(bytes);
    assert_ok(test_reader_open(&fixture->directory, "damaged.stoa", &reader, NULL), NULL);
    return reader;
}

static void test_damage_costs_the_blocks_that_refer_to_it(void **state)
{
    struct fixture *fixture = *state;
    struct stoa_reader *reader = open_damaged(fixture, DAY, 1);
    struct stoa_block_slot slot;
    stoa_error error;
    stoa_block_slot_init(&slot);
    for (uint32_t c = 0; c < TEST_CORRELATED_COLUMNS; c++) {
        for (uint32_t b = 0; b < BLOCKS; b++) {
            const stoa_status status = stoa_reader_load(reader, c, 0, b, &slot, &error);
            assert_int_equal(status, c <= RECEIVED && b == 1 ? STOA_E_CORRUPT : STOA_OK);
        }
    }
    assert_fails(stoa_reader_load(reader, RECEIVED, 0, 1, &slot, &error), STOA_E_CORRUPT,
                 &error);
    assert_contains(error.message,
                    "column \"day\", which this one refers to: expected checksum");
    assert_string_equal(error.place, "damaged.stoa: column \"received\", row group 0, "
                                     "block 1, rows 65536 to 69999");
    stoa_block_slot_done(&slot);
    stoa_reader_close(reader);
}

static void count_damage(void *context, const stoa_error *damage)
{
    uint32_t *found = context;
    const bool is_base = strstr(damage->place, "\"item\"") != NULL;
    const bool refers =
        strstr(damage->message, "column \"item\", which this one refers to: ") != NULL;
    assert_true(is_base || refers);
    found[refers]++;
}

static void test_verify_names_both_columns(void **state)
{
    struct fixture *fixture = *state;
    struct stoa_reader *reader = open_damaged(fixture, ITEM, 0);
    uint32_t found[2] = {0};
    stoa_error error;
    assert_fails(stoa_reader_verify(reader, true, NULL, count_damage, found, &error),
                 STOA_E_CORRUPT, &error);
    assert_true(found[0] == 1 && found[1] == 2); /* label and price */
    stoa_reader_close(reader);
}

static stoa_status load_all(void *context, stoa_error *err)
{
    struct fixture *fixture = context;
    struct stoa_block_slot slot;
    struct stoa_vector vector;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_vector_init(&vector, STOA_PHYS_BYTES, err));
    stoa_block_slot_init(&slot);
    STOA_TRY_CLEANUP(stoa_reader_load(fixture->reader, RECEIVED, 0, 0, &slot, err));
    STOA_TRY_CLEANUP(stoa_reader_load(fixture->reader, LABEL, 0, 1, &slot, err));
    STOA_TRY_CLEANUP(stoa_block_decode(&slot.block, 0, &vector, err));
    STOA_TRY_CLEANUP(stoa_reader_load(fixture->reader, COPY, 0, 1, &slot, err));
    STOA_TRY_CLEANUP(stoa_block_decode(&slot.block, 0, &vector, err));
cleanup:
    stoa_block_slot_done(&slot);
    stoa_vector_done(&vector);
    return status;
}

static void test_short_memory_is_reported(void **state)
{
    struct fixture *fixture = *state;
    stoa_field field; /* names stay with the reader */
    for (uint32_t c = 0; c < TEST_CORRELATED_COLUMNS; c++)
        assert_ok(stoa_reader_field(fixture->reader, c, &field, NULL), NULL);
    assert_true(test_allocation_failures(load_all, fixture) >= 8);
}

static stoa_status load_received(void *context, stoa_error *err)
{
    struct fixture *fixture = context;
    struct stoa_block_slot slot;
    stoa_block_slot_init(&slot);
    const stoa_status status =
        stoa_reader_load(fixture->reader, RECEIVED, 0, 1, &slot, err);
    stoa_block_slot_done(&slot);
    return status;
}

static void test_a_failed_read_of_the_other_column_fails(void **state)
{
    static const struct fault_kind broken = {
        .name = "pread", .calls = FAULT_PREAD, .errno_value = EIO};
    struct fixture *fixture = *state;
    for (uint64_t call = 1; call <= 2; call++) {
        stoa_error error;
        fault_io_start(&broken, call, true, NULL, NULL);
        const stoa_status status = load_received(fixture, &error);
        fault_io_stop();
        assert_int_equal(status, STOA_E_IO);
        assert_contains(error.place, "t.stoa");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_correlated_column_refers),
        cmocka_unit_test(test_loading_reads_both_payloads),
        cmocka_unit_test(test_damage_costs_the_blocks_that_refer_to_it),
        cmocka_unit_test(test_verify_names_both_columns),
        cmocka_unit_test(test_short_memory_is_reported),
        cmocka_unit_test(test_a_failed_read_of_the_other_column_fails),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
