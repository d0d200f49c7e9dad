/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the BOOL encoding [BOOL-1]. */
#include "tests/unit/format/node_check.h"

static void test_bool_gives_back_every_shape(void **state)
{
    STOA_UNUSED(state);
    node_round_trip_shapes(STOA_ENC_BOOL, STOA_PHYS_BOOL, 1201);
}

/* true, false, true, true and something behind the rows that must not show. */
static struct stoa_buf example_node(void)
{
    static const uint64_t words = UINT64_C(0xFF0D);
    const struct stoa_column column = {
        .phys = STOA_PHYS_BOOL, .length = 4, .values = &words};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, 4096);
    node_encode(STOA_ENC_BOOL, &column, STOA_PROFILE_BALANCED, &bytes);
    return bytes;
}

static void test_bool_writes_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    uint8_t expected[64];
    const size_t size = hex_bytes("07 01 00 00 04 00 00 00  18 00 00 00 00 00 00 00 "
                                  "0d 00 00 00 00 00 00 00",
                                  expected, sizeof expected);
    struct stoa_buf bytes = example_node();
    assert_int_equal(size, bytes.size);
    assert_bytes(bytes.data, expected, size);
    stoa_buf_done(&bytes);
}

static void test_bool_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {3,  1, {1},    STOA_E_CORRUPT, "bool node: expected flags of 0"                       },
        {12, 1, {1},    STOA_E_CORRUPT, "bool node: expected a parameter of 0"                 },
        {8,  1, {16},   STOA_E_CORRUPT, "bool node: expected 8 bytes of bits, found 0"         },
        {16,
         1,     {0x1D},
         STOA_E_CORRUPT,                "bool node: expected bits of 0 behind value 4, found 1"},
    };
    struct stoa_buf bytes = example_node();
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BOOL, 4, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_BOOL, 4, NULL);
    stoa_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bool_gives_back_every_shape),
        cmocka_unit_test(test_bool_writes_the_specified_bytes),
        cmocka_unit_test(test_bool_refuses_wrong_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
