/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/layout_records.c: every field of every record lies where spec/format.md section 5 says
 * [FMT-1], and what was written is read back. What the readers refuse is tested with whole files in
 * tests/corrupt.
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "common/bits.h"
#include "format/layout.h"

static const struct stoa_stats_core core = {
    .flags = STOA_RECORD_HAS_BOUNDS | STOA_RECORD_MIN_EXACT | STOA_RECORD_HAS_SUM,
    .min_size = 20,
    .max_size = 64,
    .bounds_offset = 0x01020304,
    .min_key = 0x1111,
    .max_key = UINT64_C(0x2222222222222222),
    .sum = {9, 8, 7, 6, 5, 4, 3, 2, 1},
};

/* The part that block and statistics records share. */
static void check_core_bytes(const uint8_t *bytes)
{
    assert_int_equal(bytes[29], 20);
    assert_int_equal(bytes[30], 64);
    assert_int_equal(bytes[31], 0);
    assert_int_equal(stoa_load_le16(bytes + 34), 0);
    assert_int_equal(stoa_load_le32(bytes + 36), 0x01020304);
    assert_int_equal(stoa_load_le64(bytes + 40), 0x1111);
    assert_int_equal(stoa_load_le64(bytes + 48), UINT64_C(0x2222222222222222));
    assert_bytes(bytes + 56, core.sum, 16);
}

static void check_core(const struct stoa_stats_core *read)
{
    assert_int_equal(read->min_size, core.min_size);
    assert_int_equal(read->max_size, core.max_size);
    assert_int_equal(read->bounds_offset, core.bounds_offset);
    assert_int_equal(read->min_key, core.min_key);
    assert_int_equal(read->max_key, core.max_key);
    assert_bytes(read->sum, core.sum, sizeof core.sum);
}

static void test_block_record_has_the_bytes_of_the_specification(void **state)
{
    struct stoa_block_record record = {
        .offset = 4096,
        .stored_size = 777,
        .rows = 1000,
        .null_count = 10,
        .nan_count = 20,
        .raw_size = 8000,
        .encoding = 3,
        .core = core,
        .checksum = UINT64_C(0xfedcba9876543210),
    };
    struct stoa_block_record read;
    uint8_t bytes[STOA_BLOCK_RECORD_SIZE];
    stoa_error error;
    (void)state;
    memset(bytes, 0xFF, sizeof bytes);
    record.core.flags |= STOA_RECORD_USES_DICTIONARY;
    stoa_block_record_write(&record, bytes);
    assert_int_equal(stoa_load_le64(bytes), 4096);
    assert_int_equal(stoa_load_le32(bytes + 8), 777);
    assert_int_equal(stoa_load_le32(bytes + 12), 1000);
    assert_int_equal(stoa_load_le32(bytes + 16), 10);
    assert_int_equal(stoa_load_le32(bytes + 20), 20);
    assert_int_equal(stoa_load_le32(bytes + 24), 8000);
    assert_int_equal(bytes[28], 3);
    assert_int_equal(stoa_load_le16(bytes + 32), 1 + 2 + 16 + 256);
    check_core_bytes(bytes);
    assert_int_equal(stoa_load_le64(bytes + 72), UINT64_C(0xfedcba9876543210));
    assert_ok(stoa_block_record_read(bytes, &read, &error), &error);
    check_core(&read.core);
    assert_int_equal(read.core.flags, record.core.flags);
    assert_int_equal(read.raw_size, 8000);
    assert_int_equal(read.checksum, record.checksum);
}

static void test_stats_record_has_the_bytes_of_the_specification(void **state)
{
    const struct stoa_stats_record record = {
        .rows = UINT64_C(1) << 33, .null_count = 5, .nan_count = 6, .core = core};
    struct stoa_stats_record read;
    uint8_t bytes[STOA_STATS_RECORD_SIZE];
    stoa_error error;
    (void)state;
    memset(bytes, 0xFF, sizeof bytes);
    stoa_stats_record_write(&record, bytes);
    assert_int_equal(stoa_load_le64(bytes), UINT64_C(1) << 33);
    assert_int_equal(stoa_load_le64(bytes + 8), 5);
    assert_int_equal(stoa_load_le64(bytes + 16), 6);
    assert_int_equal(stoa_load_le32(bytes + 24) | bytes[28], 0);
    assert_int_equal(stoa_load_le16(bytes + 32), 1 + 2 + 16);
    check_core_bytes(bytes);
    assert_int_equal(stoa_load_le64(bytes + 72), 0);
    assert_ok(stoa_stats_record_read(bytes, &read, &error), &error);
    check_core(&read.core);
    assert_int_equal(read.nan_count, 6);
}

static void test_column_record_has_the_bytes_of_the_specification(void **state)
{
    const struct stoa_column_record record = {
        .name_hash = UINT64_C(0x0123456789abcdef),
        .field_id = 42,
        .name_offset = 1000,
        .name_size = 4096,
        .flags = STOA_COLUMN_NULLABLE | STOA_COLUMN_HAS_DICTIONARY,
        .type = {.id = STOA_TYPE_DECIMAL, .precision = 38, .scale = 10},
        .stored_size = UINT64_C(1) << 40,
        .null_count = 99,
        .dictionary_index = 7,
    };
    struct stoa_column_record read;
    uint8_t bytes[STOA_COLUMN_RECORD_SIZE];
    stoa_error error;
    (void)state;
    memset(bytes, 0xFF, sizeof bytes);
    stoa_column_record_write(&record, bytes);
    assert_int_equal(stoa_load_le64(bytes), UINT64_C(0x0123456789abcdef));
    assert_int_equal(stoa_load_le32(bytes + 8), 42);
    assert_int_equal(stoa_load_le32(bytes + 12), 1000);
    assert_int_equal(stoa_load_le16(bytes + 16), 4096);
    assert_int_equal(bytes[18], 8);
    assert_int_equal(bytes[19], 38);
    assert_int_equal(bytes[20], 10);
    assert_int_equal(bytes[21], 3);
    assert_int_equal(stoa_load_le16(bytes + 22), 0);
    assert_int_equal(stoa_load_le64(bytes + 24), UINT64_C(1) << 40);
    assert_int_equal(stoa_load_le64(bytes + 32), 99);
    assert_int_equal(stoa_load_le32(bytes + 40), 7);
    assert_int_equal(stoa_load_le32(bytes + 44), 0);
    assert_int_equal(stoa_load_le64(bytes + 48) | stoa_load_le64(bytes + 56), 0);
    assert_ok(stoa_column_record_read(bytes, &read, &error), &error);
    assert_true(stoa_type_equal(read.type, record.type));
    assert_int_equal(read.dictionary_index, 7);
}

static void test_group_record_has_the_bytes_of_the_specification(void **state)
{
    const struct stoa_group_record record = {
        .offset = 80000,
        .size = 50000,
        .first_row = UINT64_C(1) << 35,
        .rows = 65537,
        .blocks = 2,
        .first_block = 32,
        .dictionaries = 3,
        .tail_size = 640,
        .seed = UINT64_C(0xabcdef),
        .raw_size = 1 << 20,
    };
    struct stoa_group_record read;
    uint8_t bytes[STOA_GROUP_RECORD_SIZE];
    stoa_error error;
    (void)state;
    stoa_group_record_write(&record, bytes);
    assert_int_equal(stoa_load_le64(bytes), 80000);
    assert_int_equal(stoa_load_le64(bytes + 8), 50000);
    assert_int_equal(stoa_load_le64(bytes + 16), UINT64_C(1) << 35);
    assert_int_equal(stoa_load_le32(bytes + 24), 65537);
    assert_int_equal(stoa_load_le32(bytes + 28), 2);
    assert_int_equal(stoa_load_le32(bytes + 32), 32);
    assert_int_equal(stoa_load_le32(bytes + 36), 3);
    assert_int_equal(stoa_load_le64(bytes + 40), 640);
    assert_int_equal(stoa_load_le64(bytes + 48), UINT64_C(0xabcdef));
    assert_int_equal(stoa_load_le64(bytes + 56), 1 << 20);
    assert_ok(stoa_group_record_read(bytes, &read, &error), &error);
    assert_bytes(&read, &record, sizeof read);
}

static void test_dictionary_record_has_the_bytes_of_the_specification(void **state)
{
    const struct stoa_dictionary_record record = {
        .offset = 64,
        .checksum = UINT64_C(0x8877665544332211),
        .stored_size = 500,
        .count = 60,
        .column = 12,
        .encoding = 8,
    };
    const struct stoa_dictionary_record none = {.column = 12}; /* [FMT-72] */
    struct stoa_dictionary_record read;
    uint8_t bytes[STOA_DICTIONARY_RECORD_SIZE];
    stoa_error error;
    (void)state;
    memset(bytes, 0xFF, sizeof bytes);
    stoa_dictionary_record_write(&record, bytes);
    assert_int_equal(stoa_load_le64(bytes), 64);
    assert_int_equal(stoa_load_le64(bytes + 8), UINT64_C(0x8877665544332211));
    assert_int_equal(stoa_load_le32(bytes + 16), 500);
    assert_int_equal(stoa_load_le32(bytes + 20), 60);
    assert_int_equal(stoa_load_le32(bytes + 24), 12);
    assert_int_equal(stoa_load_le32(bytes + 28), 8);
    assert_ok(stoa_dictionary_record_read(bytes, &read, &error), &error);
    assert_int_equal(read.count, 60);
    stoa_dictionary_record_write(&none, bytes);
    assert_ok(stoa_dictionary_record_read(bytes, &read, &error), &error);
    assert_int_equal(read.count, 0);
}

static void test_section_entry_has_the_bytes_of_the_specification(void **state)
{
    const struct stoa_section section = {
        .id = 7, .flags = 1, .offset = UINT64_C(1) << 34, .size = 4089};
    struct stoa_section read;
    uint8_t bytes[STOA_SECTION_SIZE];
    (void)state;
    stoa_section_write(&section, bytes);
    assert_int_equal(stoa_load_le32(bytes), 7);
    assert_int_equal(stoa_load_le32(bytes + 4), 1);
    assert_int_equal(stoa_load_le64(bytes + 8), UINT64_C(1) << 34);
    assert_int_equal(stoa_load_le64(bytes + 16), 4089);
    stoa_section_read(bytes, &read);
    assert_bytes(&read, &section, sizeof read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_record_has_the_bytes_of_the_specification),
        cmocka_unit_test(test_stats_record_has_the_bytes_of_the_specification),
        cmocka_unit_test(test_column_record_has_the_bytes_of_the_specification),
        cmocka_unit_test(test_group_record_has_the_bytes_of_the_specification),
        cmocka_unit_test(test_dictionary_record_has_the_bytes_of_the_specification),
        cmocka_unit_test(test_section_entry_has_the_bytes_of_the_specification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
