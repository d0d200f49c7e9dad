/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/layout.c: header, trailer and tail end against the byte tables of spec/format.md, and
 * the seeds [FMT-43] [FMT-44] [FMT-60] done literally. What the readers refuse is tested with
 * whole files in tests/corrupt.
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "common/bits.h"
#include "format/layout.h"

static const struct stoa_hash128 identity = {.low = UINT64_C(0x1122334455667788),
                                             .high = UINT64_C(0x99aabbccddeeff00)};

static void test_header_has_the_bytes_of_the_specification(void **state)
{
    static const uint8_t magic[] = {0x53, 0x54, 0x4f, 0x41, 0x0d, 0x0a, 0x1a, 0x0a};
    const struct stoa_header header = {
        .compatible = 5, .identity = identity, .schema_size = 4096};
    uint8_t bytes[STOA_HEADER_SIZE];
    struct stoa_header read;
    stoa_error error;
    (void)state;
    stoa_header_write(&header, bytes);
    assert_bytes(bytes, magic, 8);
    assert_int_equal(stoa_load_le16(bytes + 8), 0);
    assert_int_equal(stoa_load_le16(bytes + 10), STOA_VERSION_MINOR);
    assert_int_equal(stoa_load_le32(bytes + 12), 64);
    assert_int_equal(stoa_load_le64(bytes + 16), 0);
    assert_int_equal(stoa_load_le64(bytes + 24), 5);
    assert_int_equal(stoa_load_le64(bytes + 32), identity.low);
    assert_int_equal(stoa_load_le64(bytes + 40), identity.high);
    assert_int_equal(stoa_load_le64(bytes + 48), 4096);
    assert_int_equal(stoa_load_le64(bytes + 56), stoa_hash64(bytes, 56, 0));
    assert_ok(stoa_header_read(bytes, &read, &error), &error);
    assert_int_equal(read.compatible, 5);
    assert_int_equal(read.schema_size, 4096);
    assert_int_equal(read.identity.high, identity.high);
}

static void test_trailer_has_the_bytes_of_the_specification(void **state)
{
    const struct stoa_trailer trailer = {
        .footer_offset = 800,
        .footer_size = 1000,
        .rows = 70000,
        .columns = 3,
        .row_groups = 1,
        .total_blocks = 2,
        .section_count = 7,
        .directory_offset = 600,
        .compatible = 9,
        .identity = identity,
        .content = {.low = 1, .high = 2},
    };
    static const uint8_t magic[] = {'S', 'T', 'O', 'A', 'E', 'N', 'D', '\n'};
    uint8_t bytes[STOA_TRAILER_SIZE];
    struct stoa_trailer read;
    stoa_error error;
    (void)state;
    stoa_trailer_write(&trailer, bytes);
    assert_int_equal(stoa_load_le64(bytes), 800);
    assert_int_equal(stoa_load_le64(bytes + 8), 1000);
    assert_int_equal(stoa_load_le64(bytes + 16), 70000);
    assert_int_equal(stoa_load_le32(bytes + 24), 3);
    assert_int_equal(stoa_load_le32(bytes + 28), 1);
    assert_int_equal(stoa_load_le32(bytes + 32), 2);
    assert_int_equal(stoa_load_le32(bytes + 36), 7);
    assert_int_equal(stoa_load_le64(bytes + 40), 600);
    assert_int_equal(stoa_load_le64(bytes + 48), 0);
    assert_int_equal(stoa_load_le64(bytes + 56), 9);
    assert_int_equal(stoa_load_le64(bytes + 64), identity.low);
    assert_int_equal(stoa_load_le64(bytes + 72), identity.high);
    assert_int_equal(stoa_load_le64(bytes + 80), 1);
    assert_int_equal(stoa_load_le64(bytes + 88), 2);
    assert_int_equal(stoa_load_le16(bytes + 96), 0);
    assert_int_equal(stoa_load_le16(bytes + 98), STOA_VERSION_MINOR);
    assert_int_equal(stoa_load_le64(bytes + 112), stoa_hash64(bytes, 112, 0));
    assert_bytes(bytes + 120, magic, 8);
    assert_ok(stoa_trailer_read(bytes, 1928, &read, &error), &error);
    assert_int_equal(read.total_blocks, 2);
    assert_int_equal(read.content.high, 2);
    assert_fails(stoa_trailer_read(bytes, 1929, &read, &error), STOA_E_CORRUPT, &error);
}

static void test_tail_end_has_the_bytes_of_the_specification(void **state)
{
    const struct stoa_tail_end end = {
        .group_size = 9000,
        .tail_size = 224,
        .rows = 1000,
        .blocks = 1,
        .columns = 2,
        .dictionaries = 0,
        .seed = 77,
        .schema_hash = identity.low,
    };
    uint8_t tail[224];
    struct stoa_tail_end read;
    stoa_error error;
    (void)state;
    memset(tail, 0xA5, sizeof tail);
    stoa_tail_end_write(&end, tail);
    const uint8_t *bytes = tail + 160;
    assert_bytes(bytes, "STOATAIL", 8);
    assert_int_equal(stoa_load_le64(bytes + 8), 9000);
    assert_int_equal(stoa_load_le64(bytes + 16), 224);
    assert_int_equal(stoa_load_le32(bytes + 24), 1000);
    assert_int_equal(stoa_load_le32(bytes + 28), 1);
    assert_int_equal(stoa_load_le32(bytes + 32), 2);
    assert_int_equal(stoa_load_le32(bytes + 36), 0);
    assert_int_equal(stoa_load_le64(bytes + 40), 77);
    assert_int_equal(stoa_load_le64(bytes + 48), identity.low);
    assert_int_equal(stoa_load_le64(bytes + 56), stoa_hash64(tail, 216, 77));
    assert_ok(stoa_tail_end_read(tail, sizeof tail, &read, &error), &error);
    assert_int_equal(read.group_size, 9000);
    assert_fails(stoa_tail_end_read(tail, 63, &read, &error), STOA_E_CORRUPT, &error);
}

/* [FMT-43] Offsets and checksums are left out, everything else counts. */
static void test_group_seed_skips_offsets_and_checksums_only(void **state)
{
    enum { BLOCKS = 2, DICTIONARIES = 1, HEAP = 16 };
    enum { SIZE = BLOCKS * 80 + DICTIONARIES * 32 + HEAP };
    uint8_t records[SIZE];
    struct test_random random = test_random_start(1);
    (void)state;
    test_random_bytes(&random, records, SIZE);
    const uint64_t seed = stoa_group_seed(records, SIZE, BLOCKS, DICTIONARIES);
    for (size_t at = 0; at < SIZE; at++) {
        const size_t in_block = at % 80;
        const bool is_block = at < 160;
        const bool is_dictionary = !is_block && at < 192;
        const bool is_left_out =
            (is_block &&
             (in_block < 8 || (in_block >= 36 && in_block < 40) || in_block >= 72)) ||
            (is_dictionary && at - 160 < 16);
        records[at] ^= 0x40;
        assert_true((stoa_group_seed(records, SIZE, BLOCKS, DICTIONARIES) == seed) ==
                    is_left_out);
        records[at] ^= 0x40;
    }
}

static void test_seeds_are_made_as_specified(void **state)
{
    static const uint8_t bytes[100] = {1, 2, 3};
    uint8_t key[24];
    (void)state;
    stoa_store_le32(key, 7);
    stoa_store_le32(key + 4, 9);
    stoa_store_le64(key + 8, 1234);
    assert_int_equal(stoa_payload_seed(7, 9, 1234), stoa_hash64(key, 16, 0)); /* [FMT-44] */
    stoa_store_le64(key, identity.low);
    stoa_store_le64(key + 8, identity.high);
    stoa_store_le64(key + 16, 3);
    assert_int_equal(stoa_page_checksum(bytes, 100, identity, 3),
                     stoa_hash64(bytes, 100, stoa_hash64(key, 24, 0))); /* [FMT-60] */
}

static void test_blocks_of_a_row_group_hold_all_its_rows(void **state)
{
    static const uint32_t rows[] = {1, 65535, 65536, 65537, 1048575, 1048576};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t sum = 0;
        for (uint32_t b = 0; b < stoa_group_blocks(rows[i]); b++) {
            assert_in_range(stoa_block_rows(rows[i], b), 1, 65536);
            sum += stoa_block_rows(rows[i], b);
        }
        assert_int_equal(sum, rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_has_the_bytes_of_the_specification),
        cmocka_unit_test(test_trailer_has_the_bytes_of_the_specification),
        cmocka_unit_test(test_tail_end_has_the_bytes_of_the_specification),
        cmocka_unit_test(test_group_seed_skips_offsets_and_checksums_only),
        cmocka_unit_test(test_seeds_are_made_as_specified),
        cmocka_unit_test(test_blocks_of_a_row_group_hold_all_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
