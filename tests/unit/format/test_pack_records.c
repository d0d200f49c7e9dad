/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records inside packed parts [FMT-11] [FMT-48]: what sizes tell is kept as 0, like lies beside
 * like at the places that the spec names, and any bytes at all come back as they were.
 */
#include "tests/support/test_support.h"

#include <stdlib.h>
#include <string.h>

#include "common/bits.h"
#include "common/checked.h"
#include "format/layout.h"
#include "format/pack_records.h"

enum {
    COLUMNS = 5,
    BLOCKS = 2,
    ROWS = COLUMNS * BLOCKS,
    DICTIONARIES = 2,
    HEAP = 64,
    DICTIONARIES_AT = ROWS * STOA_BLOCK_RECORD_SIZE,
    HEAP_AT = DICTIONARIES_AT + DICTIONARIES * STOA_DICTIONARY_RECORD_SIZE,
    SIZE = HEAP_AT + HEAP,
    NODES = 3,
    NODES_AT = STOA_SCHEMA_HEADER_SIZE,
    SECTION = NODES_AT + NODES * STOA_SCHEMA_NODE_SIZE + 24
};

static const struct stoa_tail_shape shape = {
    .columns = COLUMNS, .blocks = BLOCKS, .dictionaries = DICTIONARIES, .heap_size = HEAP};

/* Record 3 has a min of 9 bytes and a max of 8, which is in its key alone; record 6 both. */
static void bounds_of(uint32_t record, uint8_t out_sizes[2])
{
    static const uint8_t sizes[ROWS][2] = {
        [3] = {9,  8 },
          [6] = {16, 20}
    };
    memcpy(out_sizes, sizes[record], 2);
}

static void put_bounds(uint8_t *records, uint32_t record, uint32_t *end)
{
    uint8_t *block = records + record * STOA_BLOCK_RECORD_SIZE;
    bounds_of(record, block + 29);
    if (block[29] > 8)
        stoa_store_le32(block + 36, *end);
    for (uint32_t side = 0; side < 2; side++) {
        if (block[29 + side] <= 8)
            continue;
        for (uint32_t i = 0; i < 8; i++)
            block[40 + 8 * side + i] = records[HEAP_AT + *end + 7 - i];
        *end += block[29 + side];
    }
}

/* As a writer makes it: columns 1 and 4 have dictionaries. */
static void make_records(uint8_t records[SIZE])
{
    uint64_t end = 0;
    uint32_t heap_end = 0;
    uint32_t dictionary = 0;
    memset(records, 0, SIZE);
    for (uint32_t i = 0; i < HEAP; i++)
        records[HEAP_AT + i] = (uint8_t)('a' + i);
    for (uint32_t i = 0; i < ROWS; i++) {
        if (i == 1 * BLOCKS || i == 4 * BLOCKS) {
            const struct stoa_dictionary_record own = {.offset = end,
                                                       .checksum = 7,
                                                       .stored_size = 100 + i,
                                                       .count = 3,
                                                       .column = i / BLOCKS};
            stoa_dictionary_record_write(&own,
                                         records + DICTIONARIES_AT +
                                             dictionary++ * STOA_DICTIONARY_RECORD_SIZE);
            end += stoa_align_up(own.stored_size, 8);
        }
        const struct stoa_block_record block = {
            .offset = end, .stored_size = 9 + i, .rows = 1000 + i, .checksum = i};
        stoa_block_record_write(&block, records + i * STOA_BLOCK_RECORD_SIZE);
        put_bounds(records, i, &heap_end);
        end += stoa_align_up(block.stored_size, 8);
    }
}

/* Word `word` of block record `record` in an arranged tail. */
static uint64_t word_at(const uint8_t *arranged, uint32_t word, uint32_t record)
{
    return stoa_load_le64(arranged + (word * ROWS + record) * 8);
}

static void test_what_sizes_tell_is_kept_as_zero(void **state)
{
    STOA_UNUSED(state);
    uint8_t records[SIZE];
    uint8_t arranged[SIZE];
    make_records(records);
    stoa_records_arrange(records, &shape, arranged);
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_int_equal(word_at(arranged, 0, i), 0);
        assert_int_equal(word_at(arranged, 1, i), (1000 + (uint64_t)i) << 32 | (9 + i));
        assert_int_equal(word_at(arranged, 4, i) >> 32, 0); /* bounds_offset */
        assert_int_equal(word_at(arranged, 5, i), 0);       /* keys */
        assert_int_equal(word_at(arranged, 6, i), 0);
        assert_int_equal(word_at(arranged, 9, i), i); /* checksum */
    }
    const uint8_t *dictionaries = arranged + DICTIONARIES_AT;
    for (size_t k = 0; k < DICTIONARIES; k++) {
        assert_int_equal(stoa_load_le64(dictionaries + k * 8), 0);
        assert_int_equal(stoa_load_le64(dictionaries + (DICTIONARIES + k) * 8), 7);
        assert_int_equal(stoa_load_le32(dictionaries + (3 * DICTIONARIES + k) * 8),
                         k == 0 ? 1 : 4);
    }
    for (uint32_t i = 0; i < HEAP; i++)
        assert_int_equal(arranged[HEAP_AT + i], 'a' + i);
}

static void make_section(uint8_t section[SECTION])
{
    memset(section, 0, SECTION);
    section[0] = NODES;
    for (uint32_t i = 0; i < NODES; i++) {
        uint8_t *node = section + NODES_AT + i * STOA_SCHEMA_NODE_SIZE;
        stoa_store_le32(node, 1000 + i);
        stoa_store_le32(node + 4, STOA_NO_INDEX);
        stoa_store_le32(node + 16, i * 7);
        stoa_store_le32(node + 20, 7);
    }
    memset(section + SECTION - 24, 'n', 21);
}

static void test_nodes_lie_byte_by_byte(void **state)
{
    STOA_UNUSED(state);
    static const uint8_t ids[] = {1000 & 255, 1, 1, 1000 >> 8, 0, 0, 0, 0, 0};
    uint8_t section[SECTION];
    uint8_t arranged[SECTION];
    uint8_t before[SECTION];
    make_section(section);
    memcpy(before, section, SECTION);
    stoa_nodes_arrange(section, SECTION, NODES, arranged);
    assert_bytes(arranged, before, NODES_AT);
    assert_bytes(arranged + NODES_AT, ids, sizeof ids);
    for (uint32_t i = 0; i < NODES * 4; i++) {
        assert_int_equal(arranged[NODES_AT + 4 * NODES + i], 255); /* no parent */
        assert_int_equal(arranged[NODES_AT + 16 * NODES + i], 0);  /* name offset */
        assert_int_equal(arranged[NODES_AT + 20 * NODES + i], i < NODES ? 7 : 0);
    }
    assert_bytes(arranged + SECTION - 24, before + SECTION - 24, 24);
    stoa_nodes_restore(arranged, SECTION, NODES, section);
    assert_bytes(section, before, SECTION);
}

/* Sound, and with more and more of it damaged; exact copies, so that overreads show. */
static void test_any_records_come_back(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(48);
    uint8_t *records = malloc(SIZE);
    uint8_t *arranged = malloc(SIZE);
    uint8_t before[SIZE];
    assert_non_null(records);
    assert_non_null(arranged);
    make_records(before);
    for (size_t round = 0; round < 3000; round++) {
        memcpy(records, before, SIZE);
        stoa_records_arrange(records, &shape, arranged);
        stoa_records_restore(arranged, &shape, records);
        assert_bytes(records, before, SIZE);
        before[test_random_below(&random, SIZE)] = (uint8_t)test_random_next(&random);
    }
    free(records);
    free(arranged);
}

static void test_any_nodes_come_back(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(11);
    uint8_t before[SECTION];
    uint8_t section[SECTION];
    uint8_t arranged[SECTION];
    for (size_t round = 0; round < 200; round++) {
        test_random_bytes(&random, before, SECTION);
        memcpy(section, before, SECTION);
        stoa_nodes_arrange(section, SECTION, NODES, arranged);
        stoa_nodes_restore(arranged, SECTION, NODES, section);
        assert_bytes(section, before, SECTION);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_sizes_tell_is_kept_as_zero),
        cmocka_unit_test(test_nodes_lie_byte_by_byte),
        cmocka_unit_test(test_any_records_come_back),
        cmocka_unit_test(test_any_nodes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
