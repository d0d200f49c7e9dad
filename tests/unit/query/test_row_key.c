/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row keys: equal bytes for values that SQL calls not distinct, different bytes for all others, and the values back from them.
 */
#include "tests/support/test_support.h"

#include <math.h>
#include <string.h>

#include "query/row_key.h"

static size_t make(struct stoa_buf *key, enum stoa_phys phys, struct stoa_value value)
{
    assert_ok(stoa_row_key_append(key, phys, &value, NULL), NULL);
    return key->size;
}

static bool same(enum stoa_phys phys, struct stoa_value a, struct stoa_value b)
{
    struct stoa_buf x, y;
    stoa_buf_init(&x, 1 << 20);
    stoa_buf_init(&y, 1 << 20);
    make(&x, phys, a);
    make(&y, phys, b);
    const bool is_same = x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
    stoa_buf_done(&x);
    stoa_buf_done(&y);
    return is_same;
}

static struct stoa_value text(const char *bytes, uint32_t length)
{
    return (struct stoa_value){
        .bytes = {.data = (const uint8_t *)bytes, .length = length}
    };
}

static void test_keys_are_equal_when_values_are_not_distinct(void **state)
{
    (void)state;
    const struct stoa_value null = {.is_null = true, .i64 = 7};
    const struct stoa_value other_null = {.is_null = true, .i64 = 8};
    for (unsigned phys = STOA_PHYS_BOOL; phys < STOA_PHYS_COUNT; phys++)
        assert_true(same((enum stoa_phys)phys, null, other_null));
    assert_true(same(STOA_PHYS_F64, (struct stoa_value){.f64 = 0.0},
                     (struct stoa_value){.f64 = -0.0}));
    assert_true(same(STOA_PHYS_F64, (struct stoa_value){.f64 = (double)NAN},
                     (struct stoa_value){.f64 = -(double)NAN}));
    assert_false(same(STOA_PHYS_F64, (struct stoa_value){.f64 = (double)NAN},
                      (struct stoa_value){.f64 = (double)INFINITY}));
    assert_false(same(STOA_PHYS_I64, (struct stoa_value){.i64 = 0}, null));
    assert_false(same(STOA_PHYS_BYTES, text("", 0), null));
    assert_false(same(STOA_PHYS_BYTES, text("a\0b", 3), text("a\0c", 3)));
    assert_true(same(STOA_PHYS_BYTES, text("a\0b", 3), text("a\0bc", 3)));
    assert_false(same(STOA_PHYS_BOOL, (struct stoa_value){.boolean = true},
                      (struct stoa_value){.boolean = false}));
    assert_false(same(STOA_PHYS_I128, (struct stoa_value){.i128 = (stoa_i128)1 << 100},
                      (struct stoa_value){.i128 = (stoa_i128)1 << 101}));
}

/* ("ab", "c") and ("a", "bc") must differ. */
static void test_neighbours_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct stoa_buf x, y;
    stoa_buf_init(&x, 1 << 20);
    stoa_buf_init(&y, 1 << 20);
    make(&x, STOA_PHYS_BYTES, text("ab", 2));
    make(&x, STOA_PHYS_BYTES, text("c", 1));
    make(&y, STOA_PHYS_BYTES, text("a", 1));
    make(&y, STOA_PHYS_BYTES, text("bc", 2));
    assert_int_equal(x.size, y.size);
    assert_memory_not_equal(x.data, y.data, x.size);
    stoa_buf_done(&x);
    stoa_buf_done(&y);
}

static void test_values_come_back_from_a_key(void **state)
{
    (void)state;
    struct stoa_buf key;
    const struct stoa_value null = {.is_null = true};
    stoa_buf_init(&key, 1 << 20);
    make(&key, STOA_PHYS_BOOL, (struct stoa_value){.boolean = true});
    make(&key, STOA_PHYS_I64, (struct stoa_value){.i64 = INT64_MIN});
    make(&key, STOA_PHYS_BYTES, null);
    make(&key, STOA_PHYS_BYTES, text("x\0y", 3));
    make(&key, STOA_PHYS_I128, (struct stoa_value){.i128 = -((stoa_i128)5 << 90)});
    make(&key, STOA_PHYS_F64, (struct stoa_value){.f64 = -0.0});
    make(&key, STOA_PHYS_U64, (struct stoa_value){.u64 = UINT64_MAX});
    make(&key, STOA_PHYS_FIXED16, (struct stoa_value){.fixed16 = "0123456789abcde"});
    const uint8_t *p = key.data;
    assert_true(stoa_row_key_take(STOA_PHYS_BOOL, &p).boolean);
    assert_true(stoa_row_key_take(STOA_PHYS_I64, &p).i64 == INT64_MIN);
    assert_true(stoa_row_key_take(STOA_PHYS_BYTES, &p).is_null);
    const struct stoa_value bytes = stoa_row_key_take(STOA_PHYS_BYTES, &p);
    assert_int_equal(bytes.bytes.length, 3);
    assert_memory_equal(bytes.bytes.data, "x\0y", 3);
    assert_true(stoa_row_key_take(STOA_PHYS_I128, &p).i128 == -((stoa_i128)5 << 90));
    assert_false(signbit(stoa_row_key_take(STOA_PHYS_F64, &p).f64));
    assert_true(stoa_row_key_take(STOA_PHYS_U64, &p).u64 == UINT64_MAX);
    assert_memory_equal(stoa_row_key_take(STOA_PHYS_FIXED16, &p).fixed16, "0123456789abcde",
                        16);
    assert_ptr_equal(p, key.data + key.size);
    stoa_buf_done(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_equal_when_values_are_not_distinct),
        cmocka_unit_test(test_neighbours_do_not_run_into_each_other),
        cmocka_unit_test(test_values_come_back_from_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
