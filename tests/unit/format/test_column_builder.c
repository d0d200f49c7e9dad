/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/column_builder.c against a list of values. */
#include "tests/unit/format/random_column.h"

#include <string.h>

#include "common/alloc.h"

enum { MODEL_ROWS = 4000 };

struct model {
    struct stoa_value values[MODEL_ROWS];
    uint32_t length;
};

static void check_against(const struct stoa_column_builder *builder,
                          const struct model *model)
{
    const struct stoa_column column = stoa_column_builder_view(builder);
    uint32_t nulls = 0;
    assert_int_equal(column.length, model->length);
    for (uint32_t row = 0; row < model->length; row++) {
        const struct stoa_value found = stoa_column_get(&column, row);
        const struct stoa_value *expected = &model->values[row];
        assert_int_equal(found.is_null, expected->is_null);
        nulls += expected->is_null;
        if (!found.is_null)
            assert_int_equal(stoa_value_compare_exact(column.phys, &found, expected), 0);
    }
    assert_int_equal(builder->null_count, nulls);
    assert_true((column.validity == NULL) == (nulls == 0));
    if (column.phys == STOA_PHYS_BYTES)
        assert_int_equal(column.offsets[column.length], builder->byte_size);
}

static void add_one(struct test_random *random, struct stoa_column_builder *builder,
                    struct model *model)
{
    struct stoa_value value = random_value(random, builder->phys);
    value.is_null = test_random_below(random, 8) == 0;
    assert_ok(stoa_column_builder_append(builder, &value, NULL), NULL);
    model->values[model->length++] = value;
}

static void add_range(struct test_random *random, struct stoa_column_builder *builder,
                      struct model *model, const struct stoa_column *source)
{
    const uint32_t first = (uint32_t)test_random_below(random, source->length + 1);
    const uint32_t count = (uint32_t)test_random_below(random, source->length - first + 1);
    assert_ok(stoa_column_builder_append_rows(builder, source, first, count, NULL), NULL);
    for (uint32_t i = 0; i < count; i++)
        model->values[model->length++] = stoa_column_get(source, first + i);
}

static void add_gathered(struct test_random *random, struct stoa_column_builder *builder,
                         struct model *model, const struct stoa_column *source)
{
    uint32_t rows[100];
    const uint32_t count = (uint32_t)test_random_below(random, 101);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = (uint32_t)test_random_below(random, source->length);
        model->values[model->length++] = stoa_column_get(source, rows[i]);
    }
    assert_ok(stoa_column_builder_gather(builder, source, rows, count, NULL), NULL);
}

static void cut(struct test_random *random, struct stoa_column_builder *builder,
                struct model *model)
{
    model->length -= (uint32_t)test_random_below(random, model->length / 4 + 1);
    stoa_column_builder_cut(builder, model->length);
}

static void check_mixed_appends(struct test_random *random, enum stoa_phys phys,
                                unsigned null_percent)
{
    static struct model model;
    struct stoa_column_builder source_builder;
    struct stoa_column_builder builder;
    random_column(random, phys, 300, null_percent, 50, &source_builder);
    const struct stoa_column whole = stoa_column_builder_view(&source_builder);
    const struct stoa_column source = stoa_column_slice(&whole, 64, 230);
    stoa_column_builder_init(&builder, phys);
    for (int round = 0; round < 2; round++) { /* the second in memory that was used */
        model.length = 0;
        for (int i = 0; i < 40 && model.length < MODEL_ROWS - 400; i++) {
            add_one(random, &builder, &model);
            add_range(random, &builder, &model, &source);
            add_gathered(random, &builder, &model, &source);
            if (i % 5 == 0)
                cut(random, &builder, &model);
        }
        check_against(&builder, &model);
        stoa_column_builder_clear(&builder);
        assert_int_equal(stoa_column_builder_view(&builder).length, 0);
    }
    stoa_column_builder_done(&builder);
    stoa_column_builder_done(&source_builder);
}

static void test_builder_keeps_rows_appended_in_any_way(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(331);
    for
        EACH_PHYS(phys)
        {
            check_mixed_appends(&random, (enum stoa_phys)phys, 0);
            check_mixed_appends(&random, (enum stoa_phys)phys, 30);
            check_mixed_appends(&random, (enum stoa_phys)phys, 100);
        }
}

static void test_empty_builder_has_a_view(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_PHYS(phys)
        {
            struct stoa_column_builder builder;
            stoa_column_builder_init(&builder, (enum stoa_phys)phys);
            const struct stoa_column column = stoa_column_builder_view(&builder);
            assert_int_equal(column.length, 0);
            assert_int_equal(stoa_column_raw_size(&column), 0);
            assert_int_equal(column.offsets[0], 0);
            stoa_column_builder_done(&builder);
        }
}

static void test_builder_refuses_what_its_offsets_cannot_hold(void **state)
{
    STOA_UNUSED(state);
    struct stoa_column_builder builder;
    stoa_error err;
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    const struct stoa_value value = {
        .bytes = {.data = (const uint8_t *)"abc", .length = 3}
    };
    assert_ok(stoa_column_builder_append(&builder, &value, &err), &err);
    assert_fails(stoa_column_builder_reserve(&builder, 1, (size_t)UINT32_MAX - 2, &err),
                 STOA_E_LIMIT, &err);
    assert_fails(stoa_column_builder_reserve(&builder, 1, SIZE_MAX, &err), STOA_E_LIMIT,
                 &err);
    assert_fails(stoa_column_builder_reserve(&builder, UINT32_MAX, 0, &err), STOA_E_LIMIT,
                 &err);
    assert_fails(stoa_column_builder_reserve(&builder, SIZE_MAX, 0, &err), STOA_E_LIMIT,
                 &err);
    assert_int_equal(builder.length, 1);
    assert_int_equal(builder.byte_size, 3);
    stoa_column_builder_done(&builder);
}

/* Appends to a builder that holds one row; whatever fails, that row is still there. */
static stoa_status append_more(void *context, stoa_error *err)
{
    const enum stoa_phys phys = *(const enum stoa_phys *)context;
    struct test_random random = {.state = 7};
    struct stoa_column_builder source_builder;
    struct stoa_column_builder builder;
    stoa_column_builder_init(&builder, phys);
    stoa_column_builder_init(&source_builder, phys);
    stoa_status status = STOA_OK;
    const struct stoa_value first = random_value(&random, phys);
    STOA_TRY_CLEANUP(stoa_column_builder_append(&builder, &first, err));
    for (int i = 0; i < 200 && status == STOA_OK; i++) {
        const struct stoa_value value = random_value(&random, phys);
        status = stoa_column_builder_append(&source_builder, &value, err);
    }
    const uint32_t rows[] = {0, 199, 3};
    const struct stoa_column source = stoa_column_builder_view(&source_builder);
    if (status == STOA_OK)
        status = stoa_column_builder_append_rows(&builder, &source, 0, 200, err);
    if (status == STOA_OK)
        status = stoa_column_builder_gather(&builder, &source, rows, 3, err);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    const struct stoa_value found = stoa_column_get(&column, 0);
    assert_int_equal(stoa_value_compare_exact(phys, &found, &first), 0);
cleanup:
    stoa_column_builder_done(&source_builder);
    stoa_column_builder_done(&builder);
    return status;
}

/* What row groups and rows of a wave hold must not take half as much again. */
static void test_builder_grows_to_a_full_row_group_exactly(void **state)
{
    enum { SIZE = 1 << 20 };
    (void)state;
    static uint8_t bytes[SIZE];
    const struct stoa_value value = {
        .bytes = {.data = bytes, .length = SIZE}
    };
    struct stoa_column_builder builder;
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    for (size_t held = SIZE; held <= STOA_MAX_ROW_GROUP_RAW; held += SIZE) {
        assert_ok(stoa_column_builder_append(&builder, &value, NULL), NULL);
        assert_true(builder.byte_capacity <= STOA_MAX_ROW_GROUP_RAW);
    }
    assert_ok(stoa_column_builder_append(&builder, &value, NULL), NULL);
    assert_int_equal(builder.byte_size, STOA_MAX_ROW_GROUP_RAW + SIZE);
    stoa_column_builder_done(&builder);
}

static void test_builder_survives_short_memory(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_PHYS(phys)
        {
            enum stoa_phys kind = (enum stoa_phys)phys;
            assert_true(test_allocation_failures(append_more, &kind) > 4);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builder_keeps_rows_appended_in_any_way),
        cmocka_unit_test(test_empty_builder_has_a_view),
        cmocka_unit_test(test_builder_refuses_what_its_offsets_cannot_hold),
        cmocka_unit_test(test_builder_grows_to_a_full_row_group_exactly),
        cmocka_unit_test(test_builder_survives_short_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
