/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spilled segments: every kind comes back as it was, and changed bytes are noticed.
 */
#include "tests/support/test_support.h"

#include <string.h>
#include <unistd.h>

#include "dataset/spill.h"

static stoa_error error;

static const enum stoa_phys kinds[] = {STOA_PHYS_BOOL,  STOA_PHYS_I64,    STOA_PHYS_U64,
                                       STOA_PHYS_F64,   STOA_PHYS_I128,   STOA_PHYS_BYTES,
                                       STOA_PHYS_BYTES, STOA_PHYS_FIXED16};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static struct stoa_value random_value(struct test_random *random, enum stoa_phys phys,
                                      bool nulls, uint8_t text[40])
{
    struct stoa_value value = {.is_null = nulls && test_random_below(random, 3) == 0};
    if (value.is_null)
        return value;
    if (phys == STOA_PHYS_BOOL) {
        value.boolean = test_random_below(random, 2) == 1;
    } else if (phys == STOA_PHYS_BYTES) {
        value.bytes.length = (uint32_t)test_random_below(random, 40);
        value.bytes.data = text;
        test_random_bytes(random, text, value.bytes.length);
    } else {
        test_random_bytes(random, value.fixed16, 16);
    }
    return value;
}

static void fill(struct test_random *random, struct stoa_column_builder *builders,
                 uint32_t rows, bool nulls)
{
    for (uint32_t c = 0; c < KINDS; c++) {
        stoa_column_builder_init(&builders[c], kinds[c]);
        for (uint32_t i = 0; i < rows; i++) {
            uint8_t text[40];
            const struct stoa_value value =
                random_value(random, kinds[c], nulls && c != 6, text);
            assert_ok(stoa_column_builder_append(&builders[c], &value, &error), &error);
        }
    }
}

static void compare(const struct stoa_column *found, const struct stoa_column *expected)
{
    assert_int_equal(found->length, expected->length);
    for (uint32_t i = 0; i < found->length; i++) {
        const bool null =
            expected->validity != NULL && !stoa_bit_get(expected->validity, i);
        assert_int_equal(found->validity != NULL && !stoa_bit_get(found->validity, i),
                         null);
        const struct stoa_value a = stoa_column_get(found, i);
        const struct stoa_value b = stoa_column_get(expected, i);
        if (!null)
            assert_int_equal(stoa_value_compare_exact(found->phys, &a, &b), 0);
    }
}

static void test_segments_come_back_in_any_order(void **state)
{
    (void)state;
    static const uint32_t rows[] = {1, 63, 64, 65, 1000, 8192};
    enum { SEGMENTS = sizeof rows / sizeof rows[0] };
    struct test_random random = test_random_start(11);
    struct test_directory directory;
    struct stoa_spill spill;
    struct stoa_column_builder builders[SEGMENTS][KINDS];
    test_directory_make(&directory);
    const struct stoa_file folder = {.fd = directory.fd};
    assert_ok(stoa_spill_init(&spill, &folder, &error), &error);
    for (uint32_t s = 0; s < SEGMENTS; s++) {
        struct stoa_column views[KINDS];
        uint32_t number = 0;
        fill(&random, builders[s], rows[s], s % 2 == 1);
        for (uint32_t c = 0; c < KINDS; c++)
            views[c] = stoa_column_builder_view(&builders[s][c]);
        assert_ok(stoa_spill_write(&spill, views, KINDS, rows[s], &number, &error), &error);
        assert_int_equal(number, s);
    }
    for (uint32_t s = SEGMENTS; s-- > 0;) {
        struct stoa_column found[KINDS];
        for (uint32_t c = 0; c < KINDS; c++)
            found[c].phys = kinds[c];
        assert_ok(stoa_spill_read(&spill, s, found, KINDS, &error), &error);
        for (uint32_t c = 0; c < KINDS; c++) {
            const struct stoa_column view = stoa_column_builder_view(&builders[s][c]);
            compare(&found[c], &view);
            stoa_column_builder_done(&builders[s][c]);
        }
    }
    stoa_spill_done(&spill);
    stoa_spill_done(&spill);
    test_directory_remove(&directory);
}

static void test_changed_bytes_are_noticed(void **state)
{
    (void)state;
    struct test_random random = test_random_start(12);
    struct test_directory directory;
    struct stoa_spill spill;
    struct stoa_column_builder builders[KINDS];
    struct stoa_column views[KINDS];
    struct stoa_column found[KINDS];
    uint32_t number = 0;
    test_directory_make(&directory);
    const struct stoa_file folder = {.fd = directory.fd};
    assert_ok(stoa_spill_init(&spill, &folder, &error), &error);
    fill(&random, builders, 100, true);
    for (uint32_t c = 0; c < KINDS; c++) {
        views[c] = stoa_column_builder_view(&builders[c]);
        found[c].phys = kinds[c];
    }
    assert_ok(stoa_spill_write(&spill, views, KINDS, 100, &number, &error), &error);
    for (uint64_t at = 0; at < spill.size; at += 97) {
        uint8_t byte = 0;
        assert_int_equal(pread(spill.file.fd, &byte, 1, (off_t)at), 1);
        const uint8_t changed = byte ^ 4;
        assert_int_equal(pwrite(spill.file.fd, &changed, 1, (off_t)at), 1);
        assert_fails(stoa_spill_read(&spill, number, found, KINDS, &error), STOA_E_IO,
                     &error);
        assert_int_equal(pwrite(spill.file.fd, &byte, 1, (off_t)at), 1);
    }
    assert_ok(stoa_spill_read(&spill, number, found, KINDS, &error), &error);
    for (uint32_t c = 0; c < KINDS; c++)
        stoa_column_builder_done(&builders[c]);
    stoa_spill_done(&spill);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments_come_back_in_any_order),
        cmocka_unit_test(test_changed_bytes_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
