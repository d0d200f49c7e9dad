/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the RAW encoding [RAW-1] and of what all nodes share [ENC-1..4] [ENC-7..9]. */
#include "tests/unit/format/node_check.h"

#include <string.h>

static void test_raw_gives_back_every_fixed_kind(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_PHYS(phys)
        {
            if (stoa_phys_width((enum stoa_phys)phys) > 0)
                node_round_trip_shapes(STOA_ENC_RAW, (enum stoa_phys)phys, 1000 + phys);
        }
}

static const char example[] = "01 02 00 00 02 00 00 00  20 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00  fe ff ff ff ff ff ff ff";

/* The node of the specification's example. */
static struct stoa_buf example_node(void)
{
    static const int64_t values[] = {1, -2};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 2, .values = values};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, 4096);
    node_encode(STOA_ENC_RAW, &column, STOA_PROFILE_BALANCED, &bytes);
    return bytes;
}

static void test_raw_writes_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    uint8_t expected[64];
    struct stoa_buf bytes = example_node();
    assert_int_equal(hex_bytes(example, expected, sizeof expected), bytes.size);
    assert_bytes(bytes.data, expected, bytes.size);
    stoa_buf_done(&bytes);
}

static void test_nodes_refuse_wrong_headers(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {0,  1, {0},  STOA_E_NEWER,   "expected a known encoding, found id 0"                   },
        {0,  1, {37}, STOA_E_NEWER,   "expected a known encoding, found id 37"                  },
        {0,
         1,     {7},
         STOA_E_CORRUPT,              "bool node: expected a physical kind it can hold, found 2"},
        {1,  1, {3},  STOA_E_CORRUPT, "raw node: expected physical kind 2, found 3"             },
        {2,  1, {1},  STOA_E_CORRUPT, "raw node: expected flags of 0, found 1 0"                },
        {3,  1, {1},  STOA_E_CORRUPT, "raw node: expected flags of 0, found 0 1"                },
        {4,  1, {3},  STOA_E_CORRUPT, "raw node: expected 2 values, found 3"                    },
        {8,  1, {8},  STOA_E_CORRUPT, "expected a size from 16 to 32 in steps of 8, found 8"    },
        {8,
         1,     {40},
         STOA_E_CORRUPT,              "expected a size from 16 to 32 in steps of 8, found 40"   },
        {8,
         1,     {31},
         STOA_E_CORRUPT,              "expected a size from 16 to 32 in steps of 8, found 31"   },
        {8,  1, {24}, STOA_E_CORRUPT, "raw node: expected 16 bytes of values, found 8"          },
        {12, 1, {1},  STOA_E_CORRUPT, "raw node: expected a parameter of 0, found 1"            },
        {15, 0, {0},  STOA_E_CORRUPT, "expected a node header of 16 bytes, found 15"            },
    };
    struct stoa_buf bytes = example_node();
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_I64, 2, NULL, &damages[i]);
    stoa_buf_done(&bytes);
}

static void test_raw_refuses_bytes_behind_its_values(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf bytes = example_node();
    stoa_error err;
    assert_ok(stoa_buf_append_le64(&bytes, 0, &err), &err);
    bytes.data[8] = 40;
    const struct node_damage none = {
        0, 1, {1}, STOA_E_CORRUPT, "raw node: expected 32 bytes, found 40"};
    node_check_message(&bytes, STOA_PHYS_I64, 2, NULL, &none);
    stoa_buf_done(&bytes);
}

static void test_raw_survives_any_changed_byte(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf bytes = example_node();
    node_check_damage(&bytes, STOA_PHYS_I64, 2, NULL);
    stoa_buf_done(&bytes);
}

static void test_table_finds_every_row_by_its_id(void **state)
{
    STOA_UNUSED(state);
    size_t count = 0;
    for (const struct stoa_encoding *row; (row = stoa_encoding_at(count)) != NULL;
         count++) {
        assert_ptr_equal(stoa_encoding_find(row->id), row);
        assert_non_null(row->estimate);
        assert_non_null(row->encode);
        assert_non_null(row->open);
        assert_non_null(row->decode);
        assert_true(strncmp(row->spec, "spec/encodings/", 15) == 0);
        assert_true(row->decode_cycles > 0);
    }
    assert_int_equal(count, 18);
    assert_null(stoa_encoding_find(0));
    assert_null(stoa_encoding_find(STOA_ENC_ID_LIMIT));
    assert_null(stoa_encoding_find(1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raw_gives_back_every_fixed_kind),
        cmocka_unit_test(test_raw_writes_the_specified_bytes),
        cmocka_unit_test(test_nodes_refuse_wrong_headers),
        cmocka_unit_test(test_raw_refuses_bytes_behind_its_values),
        cmocka_unit_test(test_raw_survives_any_changed_byte),
        cmocka_unit_test(test_table_finds_every_row_by_its_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
