/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbered set of names.
 */
#include "tests/support/test_support.h"

#include <stdio.h>
#include <string.h>

#include "dataset/name_map.h"

static void test_names_are_numbered_in_order_of_appearance(void **state)
{
    (void)state;
    struct stoa_name_map map;
    stoa_error error;
    assert_ok(stoa_name_map_init(&map, 1 << 20, &error), &error);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            char name[32];
            uint32_t number = 0;
            bool added = false;
            const int length = snprintf(name, sizeof name, "name %u", i);
            assert_ok(
                stoa_name_map_put(&map, name, (size_t)length, &number, &added, &error),
                &error);
            assert_int_equal(number, i);
            assert_int_equal(added, round == 0);
            size_t found = 0;
            assert_string_equal(stoa_name_map_name(&map, i, &found), name);
            assert_int_equal(found, length);
        }
    }
    uint32_t number = 0;
    assert_false(stoa_name_map_find(&map, "name", 4, &number));
    stoa_name_map_done(&map);
}

static void test_empty_names_and_names_with_nul_are_names(void **state)
{
    (void)state;
    struct stoa_name_map map;
    stoa_error error;
    uint32_t number = 0;
    bool added = false;
    assert_ok(stoa_name_map_init(&map, 1 << 20, &error), &error);
    assert_false(stoa_name_map_find(&map, "", 0, &number));
    assert_ok(stoa_name_map_put(&map, "", 0, &number, &added, &error), &error);
    assert_ok(stoa_name_map_put(&map, "a\0b", 3, &number, &added, &error), &error);
    assert_int_equal(number, 1);
    assert_false(stoa_name_map_find(&map, "a\0c", 3, &number));
    assert_false(stoa_name_map_find(&map, "a", 1, &number));
    assert_true(stoa_name_map_find(&map, "", 0, &number));
    assert_int_equal(number, 0);
    stoa_name_map_done(&map);
}

static stoa_status fill(void *context, stoa_error *err)
{
    struct stoa_name_map map;
    (void)context;
    STOA_TRY(stoa_name_map_init(&map, 1 << 20, err));
    stoa_status status = STOA_OK;
    for (uint32_t i = 0; i < 200 && status == STOA_OK; i++) {
        uint32_t number = 0;
        bool added = false;
        status = stoa_name_map_put(&map, &i, sizeof i, &number, &added, err);
    }
    stoa_name_map_done(&map);
    return status;
}

static void test_short_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(test_allocation_failures(fill, NULL) > 5);
    struct stoa_name_map map;
    stoa_error error;
    uint32_t number = 0;
    bool added = false;
    assert_ok(stoa_name_map_init(&map, 64, &error), &error);
    char name[100] = {0};
    const stoa_status status =
        stoa_name_map_put(&map, name, sizeof name, &number, &added, &error);
    assert_true(status == STOA_E_LIMIT || status == STOA_E_MEMORY_LIMIT);
    stoa_name_map_done(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_numbered_in_order_of_appearance),
        cmocka_unit_test(test_empty_names_and_names_with_nul_are_names),
        cmocka_unit_test(test_short_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
