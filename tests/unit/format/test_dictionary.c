/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of building, encoding and opening dictionaries [BLK-7] [BLK-8], of giving up on them, and of
 * predicates translated into codes. */
#include "tests/unit/format/node_check.h"

#include <string.h>

#include "format/block.h"
#include "format/enc/dictionary_memo.h"

/* A dictionary that was built, encoded and opened again. */
struct built {
    struct stoa_dictionary_build *build;
    struct stoa_buf payload;
    struct stoa_arena arena;
    struct stoa_dictionary dictionary;
};

static void build_and_open(const struct stoa_column *column, struct built *out)
{
    stoa_error err;
    uint8_t encoding = 0;
    stoa_buf_init(&out->payload, (size_t)1 << 26);
    stoa_arena_init(&out->arena, (size_t)1 << 26);
    assert_ok(
        stoa_dictionary_build_create(column, STOA_PROFILE_BALANCED, &out->build, &err),
        &err);
    assert_non_null(out->build);
    assert_ok(stoa_dictionary_build_encode(
                  out->build, &(struct stoa_encode_means){.profile = STOA_PROFILE_BALANCED},
                  &out->payload, &encoding, &err),
              &err);
    assert_int_equal(out->payload.data[8], encoding);
    assert_ok(stoa_dictionary_open(out->payload.data, out->payload.size, column->phys,
                                   false, stoa_dictionary_build_count(out->build),
                                   stoa_kernels_best(), &out->arena, NULL, &out->dictionary,
                                   &err),
              &err);
}

static void built_done(struct built *built)
{
    stoa_dictionary_build_free(built->build);
    stoa_buf_done(&built->payload);
    stoa_arena_done(&built->arena);
}

/* Each valid row's code stands for its value. */
static void check_codes(const struct stoa_column *column, const struct built *built)
{
    const uint32_t *codes = stoa_dictionary_build_codes(built->build);
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_value expected = stoa_column_get(column, row);
        assert_true(codes[row] < built->dictionary.count);
        if (expected.is_null)
            continue;
        const struct stoa_value found =
            stoa_dictionary_value(&built->dictionary, codes[row]);
        assert_int_equal(stoa_value_compare_exact(column->phys, &expected, &found), 0);
    }
}

static const uint32_t many_rows = 30000;

static void test_dictionary_gives_back_every_kind(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1801);
    for
        EACH_PHYS(phys)
        {
            if (phys == STOA_PHYS_BOOL)
                continue;
            for (unsigned percent = 0; percent < 100; percent += 30) {
                struct stoa_column_builder builder;
                struct built built;
                random_column(&random, (enum stoa_phys)phys, many_rows, percent, 60,
                              &builder);
                const struct stoa_column column = stoa_column_builder_view(&builder);
                build_and_open(&column, &built);
                assert_true(built.dictionary.count <= 60);
                check_codes(&column, &built);
                built_done(&built);
                stoa_column_builder_done(&builder);
            }
        }
}

/* Values that share their first bytes, differ in length, or are prefixes of each other. */
static void test_dictionary_sorts_texts_like_values(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1802);
    struct stoa_column_builder builder;
    struct built built;
    char text[64] = "https://www.example.org/";
    const size_t common = strlen(text);
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    for (uint32_t row = 0; row < many_rows; row++) {
        const size_t extra = test_random_below(&random, 20);
        for (size_t i = 0; i < extra; i++)
            text[common + i] =
                (char)("\x01"
                       "a\xFF\x00"[test_random_below(&random, 100) ? 3 : i % 3]);
        const struct stoa_value value = {
            .bytes = {.data = (const uint8_t *)text, .length = (uint32_t)(common + extra)}
        };
        assert_ok(stoa_column_builder_append(&builder, &value, NULL), NULL);
    }
    const struct stoa_column column = stoa_column_builder_view(&builder);
    build_and_open(&column, &built); /* opening checks the order */
    assert_true(built.dictionary.count > 200);
    check_codes(&column, &built);
    built_done(&built);
    stoa_column_builder_done(&builder);
}

static void test_dictionary_orders_floats_by_storage_order(void **state)
{
    STOA_UNUSED(state);
    static const uint64_t bits[] = {
        0xFFF8000000000001, 0x8000000000000000, 0,
        0x7FF8000000000000, 0xFFF0000000000000, 0x7FF0000000000000,
        0x7FF0000000000001, 0xFFFFFFFFFFFFFFFF, 0x3FF0000000000000,
        0xBFF0000000000000, 0x0000000000000001, 0x8000000000000001};
    enum { COUNT = sizeof bits / sizeof bits[0] };
    static uint64_t values[30000];
    struct built built;
    for (uint32_t i = 0; i < many_rows; i++)
        values[i] = bits[i * 7 % COUNT];
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = many_rows, .values = values};
    build_and_open(&column, &built);
    assert_int_equal(built.dictionary.count, COUNT);
    check_codes(&column, &built);
    built_done(&built);
}

static void expect_none(const struct stoa_column *column)
{
    struct stoa_dictionary_build *build = NULL;
    stoa_error err;
    assert_ok(stoa_dictionary_build_create(column, STOA_PROFILE_BALANCED, &build, &err),
              &err);
    assert_null(build);
}

static void test_dictionary_is_not_made_where_it_does_not_pay(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        enum stoa_phys phys;
        enum shape shape;
    } cases[] = {
        {STOA_PHYS_I64,     SHAPE_ASCENDING},
        {STOA_PHYS_I64,     SHAPE_WIDE     },
        {STOA_PHYS_I64,     SHAPE_NARROW   },
        {STOA_PHYS_F64,     SHAPE_WIDE     },
        {STOA_PHYS_BYTES,   SHAPE_WIDE     },
        {STOA_PHYS_FIXED16, SHAPE_WIDE     },
        {STOA_PHYS_BOOL,    SHAPE_SKEWED   },
        {STOA_PHYS_BYTES,   SHAPE_ASCENDING},
    };
    struct test_random random = test_random_start(1803);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stoa_column_builder builder;
        shape_column(&random, cases[i].phys, cases[i].shape, many_rows, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        expect_none(&column);
        stoa_column_builder_done(&builder);
    }
    struct stoa_column_builder nulls;
    random_column(&random, STOA_PHYS_BYTES, 1000, 100, 5, &nulls);
    const struct stoa_column column = stoa_column_builder_view(&nulls);
    expect_none(&column);
    stoa_column_builder_done(&nulls);
    const struct stoa_column three = {
        .phys = STOA_PHYS_BYTES,
        .length = 3,
        .offsets = (const uint32_t[]){0, 1, 2, 3},
        .bytes = (const uint8_t *)"aba"
    };
    expect_none(&three); /* a dictionary costs more than three letters */
}

/* What stands behind a NULL must not show in the dictionary [FMT-5]. */
static void test_dictionary_does_not_see_behind_null(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1804);
    static uint64_t first[20000];
    static uint64_t second[20000];
    static uint64_t validity[20000 / 64 + 1];
    struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 20000, .validity = validity, .values = first};
    for (uint32_t i = 0; i < 20000; i++) {
        const bool valid = test_random_below(&random, 3) > 0;
        if (valid)
            stoa_bit_set(validity, i);
        first[i] = test_random_below(&random, 30) * 77777777777;
        second[i] = valid ? first[i] : test_random_next(&random);
    }
    struct built one;
    struct built two;
    build_and_open(&column, &one);
    column.values = second;
    build_and_open(&column, &two);
    assert_int_equal(one.payload.size, two.payload.size);
    assert_bytes(two.payload.data, one.payload.data, one.payload.size);
    built_done(&one);
    built_done(&two);
}

/* ---- predicates ---- */

static bool set_contains(const struct stoa_code_set *set, uint32_t code)
{
    bool found = false;
    switch (set->kind) {
    case STOA_CODES_RANGE: found = set->low <= code && code <= set->high; break;
    case STOA_CODES_FEW:
        for (uint32_t i = 0; i < set->few_count; i++)
            found |= set->few[i] == code;
        break;
    case STOA_CODES_TABLE: found = stoa_bit_get(set->members, code) != 0; break;
    }
    return found != set->negated;
}

static void test_predicates_become_codes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1805);
    for
        EACH_PHYS(phys)
        {
            struct stoa_column_builder builder;
            struct built built;
            if (phys == STOA_PHYS_BOOL)
                continue;
            random_column(&random, (enum stoa_phys)phys, many_rows, 10, 60, &builder);
            const struct stoa_column column = stoa_column_builder_view(&builder);
            struct stoa_dictionary_memo *memo = NULL;
            build_and_open(&column, &built);
            for (int i = 0; i < 300; i++) {
                struct stoa_code_set codes;
                stoa_error err;
                const struct stoa_predicate *predicate = random_predicate(&random, &column);
                if (i % 50 == 0) /* addresses come again after 64 */
                    assert_ok(stoa_dictionary_memo_create(&built.arena, &memo, &err), &err);
                assert_ok(stoa_dictionary_memo_find(memo, &built.dictionary, predicate,
                                                    &codes, &err),
                          &err);
                for (uint32_t code = 0; code < built.dictionary.count; code++) {
                    const struct stoa_value value =
                        stoa_dictionary_value(&built.dictionary, code);
                    assert_int_equal(set_contains(&codes, code),
                                     stoa_predicate_match(predicate, &value));
                }
            }
            built_done(&built);
            stoa_column_builder_done(&builder);
        }
}

static bool count_calls(const void *context, const struct stoa_value *value)
{
    uint32_t *const *calls = context;
    (**calls)++;
    return value->bytes.length % 2 == 0;
}

static void test_memo_tests_each_entry_once(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1806);
    struct stoa_column_builder builder;
    struct built built;
    uint32_t calls = 0;
    uint32_t *pointer = &calls;
    random_column(&random, STOA_PHYS_BYTES, many_rows, 0, 40, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    build_and_open(&column, &built);
    struct stoa_predicate predicates[9];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 8; i++) {
            struct stoa_code_set codes;
            stoa_error err;
            predicates[i] = (struct stoa_predicate){.kind = STOA_PREDICATE_TEST,
                                                    .phys = STOA_PHYS_BYTES,
                                                    .test = count_calls,
                                                    .test_context = &pointer};
            assert_ok(stoa_dictionary_memo_find(built.dictionary.memo, &built.dictionary,
                                                &predicates[i], &codes, &err),
                      &err);
        }
    }
    assert_int_equal(calls, 8 * built.dictionary.count);
    built_done(&built);
    stoa_column_builder_done(&builder);
}

/* ---- damage ---- */

static void check_refused(const struct stoa_buf *payload, enum stoa_phys phys,
                          uint32_t count, const char *message)
{
    struct stoa_arena arena;
    struct stoa_dictionary dictionary;
    stoa_error err;
    stoa_arena_init(&arena, (size_t)1 << 26);
    assert_fails(stoa_dictionary_open(payload->data, payload->size, phys, true, count,
                                      stoa_kernels_best(), &arena, NULL, &dictionary, &err),
                 STOA_E_CORRUPT, &err);
    assert_contains(err.message, message);
    stoa_arena_done(&arena);
}

/* A payload of three numbers that ought to ascend. */
static struct stoa_buf number_payload(const int64_t values[3])
{
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 3, .values = values};
    struct stoa_buf payload;
    stoa_error err;
    stoa_buf_init(&payload, 4096);
    assert_ok(stoa_buf_append_zeros(&payload, 8, &err), &err);
    node_encode(STOA_ENC_RAW, &column, STOA_PROFILE_BALANCED, &payload);
    return payload;
}

static void test_dictionary_refuses_wrong_payloads(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf equal = number_payload((const int64_t[]){1, 5, 5});
    struct stoa_buf below = number_payload((const int64_t[]){1, 5, 4});
    struct stoa_buf good = number_payload((const int64_t[]){1, 5, 6});
    stoa_error err;
    check_refused(&equal, STOA_PHYS_I64, 3, "expected entry 2 above the one before");
    check_refused(&below, STOA_PHYS_I64, 3, "expected entry 2 above the one before");
    check_refused(&good, STOA_PHYS_I64, 0, "expected 1 to 1048576 entries, found 0");
    check_refused(&good, STOA_PHYS_I64, 1 << 21, "expected 1 to 1048576 entries");
    check_refused(&good, STOA_PHYS_BOOL, 3, "expected a kind other than BOOL");
    check_refused(&good, STOA_PHYS_I64, 4, "raw node: expected 4 values, found 3");
    good.data[0] = 1;
    check_refused(&good, STOA_PHYS_I64, 3, "validity: expected a kind for 0 NULLs");
    good.data[0] = 0;
    assert_ok(stoa_buf_append_zeros(&good, 8, &err), &err);
    check_refused(&good, STOA_PHYS_I64, 3, "the root node to have 48 bytes, found 40");
    good.size = 0;
    check_refused(&good, STOA_PHYS_I64, 3,
                  "validity: expected a header of 8 bytes, found 0");
    stoa_buf_done(&equal);
    stoa_buf_done(&below);
    stoa_buf_done(&good);
}

/* ---- memory ---- */

static stoa_status build_and_encode(void *context, stoa_error *err)
{
    struct stoa_dictionary_build *build = NULL;
    struct stoa_buf payload;
    struct stoa_arena arena;
    struct stoa_dictionary dictionary;
    uint8_t encoding = 0;
    const struct stoa_column *column = context;
    stoa_status status = STOA_OK;
    stoa_buf_init(&payload, (size_t)1 << 24);
    stoa_arena_init(&arena, (size_t)1 << 24);
    STOA_TRY_CLEANUP(
        stoa_dictionary_build_create(column, STOA_PROFILE_BALANCED, &build, err));
    STOA_TRY_CLEANUP(stoa_dictionary_build_encode(
        build, &(struct stoa_encode_means){.profile = STOA_PROFILE_BALANCED}, &payload,
        &encoding, err));
    STOA_TRY_CLEANUP(stoa_dictionary_open(
        payload.data, payload.size, column->phys, false, stoa_dictionary_build_count(build),
        stoa_kernels_best(), &arena, NULL, &dictionary, err));
cleanup:
    stoa_dictionary_build_free(build);
    stoa_buf_done(&payload);
    stoa_arena_done(&arena);
    return status;
}

static void test_dictionary_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1807);
    struct stoa_column_builder builder;
    random_column(&random, STOA_PHYS_BYTES, 5000, 20, 50, &builder);
    struct stoa_column column = stoa_column_builder_view(&builder);
    assert_true(test_allocation_failures(build_and_encode, &column) > 20);
    stoa_column_builder_done(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dictionary_gives_back_every_kind),
        cmocka_unit_test(test_dictionary_sorts_texts_like_values),
        cmocka_unit_test(test_dictionary_orders_floats_by_storage_order),
        cmocka_unit_test(test_dictionary_is_not_made_where_it_does_not_pay),
        cmocka_unit_test(test_dictionary_does_not_see_behind_null),
        cmocka_unit_test(test_predicates_become_codes),
        cmocka_unit_test(test_memo_tests_each_entry_once),
        cmocka_unit_test(test_dictionary_refuses_wrong_payloads),
        cmocka_unit_test(test_dictionary_survives_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
