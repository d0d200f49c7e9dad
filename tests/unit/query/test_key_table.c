/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of keys: numbers in the order of first appearance, equal keys found again, strangers with the same hash told apart, memory
 * charged and given back; and the split of a morsel's keys into parts.
 */
#include "tests/support/test_support.h"

#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "query/key_run.h"
#include "query/word_table.h"

static stoa_error error;

static uint32_t add(struct stoa_key_table *table, const char *key, uint64_t hash,
                    bool is_new)
{
    uint32_t number = UINT32_MAX;
    bool found_new = !is_new;
    assert_ok(
        stoa_key_table_add(table, key, strlen(key), hash, &number, &found_new, &error),
        &error);
    assert_int_equal(found_new, is_new);
    return number;
}

static void test_keys_are_numbered_in_the_order_they_come(void **state)
{
    (void)state;
    struct stoa_budget budget = {.limit = 64 << 20};
    struct stoa_key_table table;
    char key[32];
    stoa_key_table_init(&table, &budget);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 10000; i++) {
            snprintf(key, sizeof key, "key %u", i);
            assert_int_equal(add(&table, key, stoa_hash64(key, strlen(key), 0), round == 0),
                             i);
        }
    }
    for (uint32_t i = 0; i < 10000; i++) {
        size_t size = 0;
        snprintf(key, sizeof key, "key %u", i);
        const uint8_t *found = stoa_key_list_get(&table.keys, i, &size);
        assert_int_equal(size, strlen(key));
        assert_memory_equal(found, key, size);
    }
    stoa_key_table_clear(&table);
    assert_int_equal(add(&table, "key 7", 7, true), 0);
    assert_true(budget.used > 0);
    stoa_key_table_done(&table);
    assert_int_equal(budget.used, 0);
}

static void test_keys_with_equal_hashes_are_told_apart(void **state)
{
    (void)state;
    struct stoa_budget budget = {.limit = 1 << 20};
    struct stoa_key_table table;
    static const char *const keys[] = {"",         "a",        "b",         "ab",
                                       "12345678", "12345679", "123456781", "123456782"};
    stoa_key_table_init(&table, &budget);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(add(&table, keys[i], 42, true), i);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(add(&table, keys[i], 42, false), i);
    /* Equal in the half that the table keeps, different above. */
    assert_int_equal(add(&table, "c", UINT64_C(42) | UINT64_C(1) << 40, true), 8);
    stoa_key_table_done(&table);
}

static void test_the_budget_ends_growth(void **state)
{
    (void)state;
    struct stoa_budget budget = {.limit = 100000};
    struct stoa_key_table table;
    stoa_status status = STOA_OK;
    stoa_key_table_init(&table, &budget);
    for (uint32_t i = 0; status == STOA_OK && i < 100000; i++) {
        uint32_t number = 0;
        bool is_new = false;
        status = stoa_key_table_add(&table, &i, sizeof i, stoa_hash_mix(i), &number,
                                    &is_new, &error);
        assert_true(budget.used <= budget.limit);
    }
    assert_int_equal(status, STOA_E_MEMORY_LIMIT);
    assert_true(table.keys.count > 100);
    assert_contains(error.hint, "--memory");
    stoa_key_table_done(&table);
    assert_int_equal(budget.used, 0);
}

static stoa_status add_some(void *context, stoa_error *err)
{
    struct stoa_budget budget = {.limit = 1 << 20};
    struct stoa_key_table table;
    struct stoa_word_table words;
    struct stoa_key_run run;
    stoa_status status = STOA_OK;
    uint32_t number = 0;
    bool is_new = false;
    STOA_UNUSED(context);
    stoa_key_table_init(&table, &budget);
    stoa_word_table_init(&words, &budget);
    stoa_key_run_init(&run, true, &budget);
    for (uint64_t i = 0; status == STOA_OK && i < 200; i++) {
        status = stoa_key_table_add(&table, &i, 8, stoa_hash_mix(i), &number, &is_new, err);
        if (status == STOA_OK)
            status =
                stoa_word_table_add(&words, i, stoa_hash_mix(i), &number, &is_new, err);
        if (status == STOA_OK)
            status = stoa_key_run_append_word(&run, i, false, err);
    }
    stoa_key_table_done(&table);
    stoa_word_table_done(&words);
    stoa_key_run_done(&run);
    assert_int_equal(budget.used, 0);
    return status;
}

static void test_failing_allocations_leave_nothing(void **state)
{
    (void)state;
    assert_true(test_allocation_failures(add_some, NULL) > 10);
}

static void test_words_and_null_are_numbered_together(void **state)
{
    (void)state;
    struct stoa_budget budget = {.limit = 64 << 20};
    struct stoa_word_table table;
    uint32_t number = 0;
    bool is_new = false;
    stoa_word_table_init(&table, &budget);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            const uint64_t word = i * UINT64_C(0x9e3779b97f4a7c15);
            assert_ok(stoa_word_table_add(&table, word, stoa_hash_mix(word), &number,
                                          &is_new, &error),
                      &error);
            assert_int_equal(number, i >= 100 ? i + 1 : i);
            assert_int_equal(is_new, round == 0);
            if (i != 99)
                continue;
            assert_ok(stoa_word_table_add_null(&table, &number, &is_new, &error), &error);
            assert_int_equal(number, 100);
            assert_int_equal(is_new, round == 0);
        }
    }
    assert_int_equal(table.count, 5001);
    assert_int_equal(table.null_number, 101);
    assert_int_equal(table.words[2], 2 * UINT64_C(0x9e3779b97f4a7c15));
    stoa_word_table_done(&table);
    assert_int_equal(budget.used, 0);
}

/* Each key is in the part of its hash, in the order they were added. */
static void test_a_split_keeps_the_order_in_each_part(void **state)
{
    (void)state;
    struct stoa_budget budget = {.limit = 64 << 20};
    struct stoa_key_run run;
    uint32_t seen = 0;
    stoa_key_run_init(&run, true, &budget);
    for (uint64_t i = 0; i < 3000; i++)
        assert_ok(stoa_key_run_append_word(&run, i * i, i == 1500, &error), &error);
    stoa_key_run_split(&run);
    for (uint32_t part = 0; part < STOA_KEY_PARTS; part++) {
        for (uint32_t i = stoa_key_run_first(&run, part); i < run.part_ends[part]; i++) {
            assert_int_equal(stoa_key_part(run.hashes[run.by_part[i]]), part);
            if (i > stoa_key_run_first(&run, part))
                assert_true(run.by_part[i] > run.by_part[i - 1]);
            seen++;
        }
    }
    assert_int_equal(seen, 3000);
    assert_int_equal(run.null_number, 1500);
    stoa_key_run_clear(&run);
    stoa_key_run_split(&run);
    assert_int_equal(run.part_ends[STOA_KEY_PARTS - 1], 0);
    stoa_key_run_done(&run);
    assert_int_equal(budget.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_numbered_in_the_order_they_come),
        cmocka_unit_test(test_keys_with_equal_hashes_are_told_apart),
        cmocka_unit_test(test_the_budget_ends_growth),
        cmocka_unit_test(test_failing_allocations_leave_nothing),
        cmocka_unit_test(test_words_and_null_are_numbered_together),
        cmocka_unit_test(test_a_split_keeps_the_order_in_each_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
