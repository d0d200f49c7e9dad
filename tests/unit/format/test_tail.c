/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tails as a whole [FMT-45]: a sound one opens and gives its records back; one bit is noticed by
 * the checksum; and a field that was changed and summed up again is noticed by what it must have
 * in common with its neighbours.
 */
#include "tests/tables/test_table.h"

#include <stdlib.h>
#include <string.h>

#include "common/bits.h"
#include "format/tail.h"

enum { ROWS = STOA_BLOCK_ROWS + 700, COLUMNS = 3, BLOCKS = 2 };

static stoa_error error;

static struct fixture {
    struct test_directory directory;
    struct stoa_reader *reader;
    const stoa_schema *schema;
    uint64_t hash;
    struct stoa_buf tail;
} fixture;

/* A number, a text with a dictionary and NULLs, a text with long bounds. */
static int make(void **state)
{
    (void)state;
    struct test_random random = test_random_start(4);
    static const struct test_column_spec specs[COLUMNS] = {
        {"n",    {.id = STOA_TYPE_INT64}, TEST_VALUES_NARROW, TEST_NULLS_NONE},
        {"few",  {.id = STOA_TYPE_TEXT},  TEST_VALUES_FEW,    TEST_NULLS_SOME},
        {"long", {.id = STOA_TYPE_TEXT},  TEST_VALUES_WIDE,   TEST_NULLS_NONE},
    };
    struct test_table table;
    struct stoa_file_summary summary;
    test_directory_make(&fixture.directory);
    test_table_make(&table, &random, specs, COLUMNS, ROWS);
    test_table_write(&table, &fixture.directory, "a.stoa",
                     &(struct test_write_options){.profile = STOA_PROFILE_BALANCED},
                     &summary);
    test_table_done(&table);
    assert_ok(test_reader_open(&fixture.directory, "a.stoa", &fixture.reader, &error),
              &error);
    assert_ok(stoa_reader_schema(fixture.reader, &fixture.schema, &error), &error);
    fixture.hash = stoa_reader_identity(fixture.reader).low;
    stoa_buf_init(&fixture.tail, SIZE_MAX / 4);
    assert_ok(stoa_reader_read_tail(fixture.reader, 0, &fixture.tail, &error), &error);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    stoa_buf_done(&fixture.tail);
    stoa_reader_close(fixture.reader);
    test_directory_remove(&fixture.directory);
    return 0;
}

static stoa_status open_tail(const uint8_t *bytes, uint64_t size, struct stoa_tail *tail)
{
    stoa_error_clear(&error);
    return stoa_tail_open(bytes, size, fixture.schema, fixture.hash, tail, &error);
}

static void test_a_sound_tail_gives_its_records(void **state)
{
    (void)state;
    struct stoa_tail tail;
    struct stoa_dictionary_record dictionary;
    assert_ok(open_tail(fixture.tail.data, fixture.tail.size, &tail), &error);
    assert_int_equal(tail.end.rows, ROWS);
    assert_int_equal(tail.end.dictionaries, 1);
    assert_true(tail.heap_size % STOA_PAYLOAD_ALIGN != 0); /* there is padding to damage */
    stoa_tail_dictionary(&tail, 0, &dictionary);
    assert_int_equal(dictionary.column, 1);
    assert_int_equal(dictionary.count, 7);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        for (uint32_t b = 0; b < BLOCKS; b++) {
            struct stoa_block_record record;
            struct stoa_block_info info;
            struct stoa_stats found;
            struct stoa_stats expected;
            stoa_tail_block(&tail, c, b, &record);
            assert_ok(stoa_reader_block_info(fixture.reader, c, 0, b, &info, &error),
                      &error);
            assert_int_equal(record.rows, info.rows);
            assert_int_equal(record.stored_size, info.stored_size);
            assert_ok(stoa_tail_stats(&tail, c, b, &found, &error), &error);
            assert_ok(stoa_reader_block_stats(fixture.reader, c, 0, b, &expected, &error),
                      &error);
            assert_int_equal(found.null_count, expected.null_count);
            assert_int_equal(found.has_bounds, expected.has_bounds);
            assert_int_equal(stoa_value_compare(found.phys, &found.max, &expected.max), 0);
        }
    }
}

static void test_payloads_come_in_the_order_of_the_file(void **state)
{
    (void)state;
    struct stoa_tail tail;
    struct stoa_tail_cursor cursor = {.column = 0};
    struct stoa_tail_payload payload;
    uint64_t offset = 0;
    uint64_t size = 0;
    uint64_t next = 0;
    uint32_t count = 0;
    size_t file_size = 0;
    uint8_t *file = test_file_read(&fixture.directory, "a.stoa", &file_size);
    assert_ok(open_tail(fixture.tail.data, fixture.tail.size, &tail), &error);
    assert_ok(stoa_reader_group_place(fixture.reader, 0, &offset, &size, &error), &error);
    for (; stoa_tail_next(&tail, &cursor, &payload); count++) {
        uint8_t *bytes = file + offset + payload.offset;
        assert_int_equal(payload.offset, next);
        next += (payload.stored_size + 7) / 8 * 8;
        assert_ok(stoa_tail_check_payload(&tail, &payload, bytes, &error), &error);
        bytes[payload.stored_size / 2] ^= 4;
        stoa_error_clear(&error);
        assert_fails(stoa_tail_check_payload(&tail, &payload, bytes, &error),
                     STOA_E_CORRUPT, &error);
        assert_contains(error.message, "expected checksum");
    }
    assert_int_equal(count, COLUMNS * BLOCKS + 1);
    assert_int_equal(next, size - fixture.tail.size);
    assert_false(stoa_tail_next(&tail, &cursor, &payload));
    free(file);
}

static void test_every_bit_of_a_tail_counts(void **state)
{
    (void)state;
    struct stoa_tail tail;
    for (size_t bit = 0; bit < fixture.tail.size * 8; bit++) {
        fixture.tail.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_fails(open_tail(fixture.tail.data, fixture.tail.size, &tail), STOA_E_CORRUPT,
                     &error);
        fixture.tail.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t size = 0; size < fixture.tail.size; size++)
        assert_fails(open_tail(fixture.tail.data, size, &tail), STOA_E_CORRUPT, &error);
}

/* ---- summed up again ---- */

struct change {
    size_t at; /* in the tail; from the end when negative */
    unsigned size;
    uint64_t value;
    const char *message;
};

/* Seed and checksum as [FMT-43] and [FMT-45] give them, for whatever the fields say. */
static void sum_up(uint8_t *bytes, size_t size, uint64_t blocks, uint64_t dictionaries)
{
    uint8_t *end = bytes + size - STOA_TAIL_END_SIZE;
    stoa_store_le64(
        end + 40, stoa_group_seed(bytes, size - STOA_TAIL_END_SIZE, blocks, dictionaries));
    stoa_store_le64(end + 56, stoa_hash64(bytes, size - 8, stoa_load_le64(end + 40)));
}

static void check_change(const struct change *change)
{
    const size_t size = fixture.tail.size;
    struct stoa_tail tail;
    uint8_t *bytes = malloc(size);
    uint8_t value[8];
    assert_non_null(bytes);
    memcpy(bytes, fixture.tail.data, size);
    stoa_store_le64(value, change->value);
    memcpy(bytes + change->at, value, change->size);
    sum_up(bytes, size, COLUMNS * BLOCKS, 1);
    if (open_tail(bytes, size, &tail) == STOA_OK)
        fail_msg("%u bytes at %zu: expected an error with \"%s\", found none", change->size,
                 change->at, change->message);
    assert_int_equal(error.status, STOA_E_CORRUPT);
    assert_contains(error.message, change->message);
    free(bytes);
}

static void test_fields_that_were_summed_up_again_are_noticed(void **state)
{
    (void)state;
    const size_t size = fixture.tail.size;
    const size_t end = size - STOA_TAIL_END_SIZE;
    const size_t few = 2 * STOA_BLOCK_RECORD_SIZE;   /* column 1, block 0 */
    const size_t longs = 4 * STOA_BLOCK_RECORD_SIZE; /* column 2, block 0 */
    const size_t dictionary = 6 * STOA_BLOCK_RECORD_SIZE;
    const struct change changes[] = {
        {0,               8, 8,              "expected the payload at offset 0 of the row group"      },
        {0,               8, UINT64_MAX - 7, "expected a payload within"                              },
        {8,               4, 1,              "expected the payload at offset"                         },
        {8,               4, 70 << 20,       "expected a payload within"                              },
        {12,              4, 5,              "expected 65536 rows in the block, found 5"              },
        {16,              4, 1,              "expected no NULLs in a column that is not nullable"     },
        {24,              4, 1,              "raw bytes"                                              },
        {few + 24,        4, UINT32_MAX,     "raw bytes"                                              },
        {32,              2, 256 + 31,       "expected no use of a dictionary in a column without one"},
        {few + 32,        2, 512,            "expected"                                               },
        {longs + 36,      4, 16,             "bounds at offset"                                       },
        {longs + 36,      4, UINT32_MAX,     "bounds at offset"                                       },
        {dictionary,      8, 8,              "expected the payload at offset"                         },
        {dictionary + 16, 4, UINT32_MAX,     "expected a payload within"                              },
        {dictionary + 20, 4, 0,              "expected"                                               },
        {dictionary + 20, 4, 1 << 20,        "entries"                                                },
        {dictionary + 24, 4, 0,              "expected the payload at offset 0"                       },
        {dictionary + 24, 4, 7,              "expected no use of a dictionary"                        },
        {end - 1,         1, 1,              "expected zeros behind the tail's heap"                  },
        {end + 8,         8, size - 8,       "inside its row group"                                   },
        {end + 8,         8, UINT64_MAX - 7, "expected payloads up to the tail"                       },
        {end + 24,        4, 0,              "expected 1 to"                                          },
        {end + 24,        4, ROWS - 1,       "rows in the block"                                      },
        {end + 24,        4, UINT32_MAX,     "expected 1 to"                                          },
        {end + 28,        4, 1,              "expected 1 to"                                          },
        {end + 32,        4, 4,              "expected the tail of 3 columns"                         },
        {end + 36,        4, 4,              "one dictionary a column"                                },
        {end + 48,        8, 1,              "expected the tail of 3 columns with schema"             },
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        check_change(&changes[i]);
}

/* Any eight bytes, summed up again: an error or a tail, never more. */
static void test_hostile_tails_are_judged_without_harm(void **state)
{
    (void)state;
    struct test_random random = test_random_start(46);
    const size_t size = fixture.tail.size;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    for (int i = 0; i < 20000; i++) {
        struct stoa_tail tail;
        memcpy(bytes, fixture.tail.data, size);
        const size_t at = test_random_below(&random, size / 4 - 1) * 4;
        const uint64_t value = test_random_next(&random);
        memcpy(bytes + at, &value, i % 2 ? 4 : 1);
        sum_up(bytes, size, COLUMNS * BLOCKS, 1);
        const stoa_status status = open_tail(bytes, size, &tail);
        assert_true(status == STOA_OK || status == STOA_E_CORRUPT);
        struct stoa_tail_cursor cursor = {.column = 0};
        struct stoa_tail_payload payload;
        while (status == STOA_OK && stoa_tail_next(&tail, &cursor, &payload))
            assert_true(payload.offset + payload.stored_size <=
                        tail.end.group_size - tail.end.tail_size);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sound_tail_gives_its_records),
        cmocka_unit_test(test_payloads_come_in_the_order_of_the_file),
        cmocka_unit_test(test_every_bit_of_a_tail_counts),
        cmocka_unit_test(test_fields_that_were_summed_up_again_are_noticed),
        cmocka_unit_test(test_hostile_tails_are_judged_without_harm),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
