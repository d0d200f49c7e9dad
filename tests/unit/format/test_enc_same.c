/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SAME encoding [SAME-1] [SAME-3] [SAME-4] [SAME-5]: every form with NULLs on either side, and when
 * it is chosen. */
#include "tests/unit/format/same_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bitmap.h"
#include "format/enc/enc_parts.h"

/* ---- columns ---- */

static void test_equal_gives_back_every_kind(void **state)
{
    STOA_UNUSED(state);
    static const unsigned nulls[] = {0, 10, 60};
    struct test_random random = test_random_start(2101);
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    for
        EACH_PHYS(phys)
        {
            for (unsigned k = 0; k < 9; k++) {
                struct same_base base;
                struct stoa_column_builder builder;
                random_column(&random, (enum stoa_phys)phys, k == 8 ? 70 : SAME_ROWS,
                              nulls[k % 3], k % 2 ? 7 : 400, &builder);
                same_base_make(&base, &builder, false);
                same_vary(&random, &base.column, k % 4 == 0 ? 0 : 2, nulls[k / 3],
                          &builder);
                const struct stoa_column column = stoa_column_builder_view(&builder);
                if (same_null_count(&column) < column.length &&
                    same_null_count(&base.column) < base.column.length)
                    same_check(&base, &column, 1 << STOA_SAME_EQUAL, &random, &bytes);
                stoa_column_builder_done(&builder);
                same_base_done(&base);
            }
        }
    stoa_buf_done(&bytes);
}

/* Days and a few more; or sums that wrap around. */
static void add_offsets(struct test_random *random, const struct stoa_column *column,
                        bool is_wild, unsigned null_percent,
                        struct stoa_column_builder *out)
{
    stoa_column_builder_init(out, column->phys);
    for (uint32_t i = 0; i < column->length; i++) {
        struct stoa_value value = stoa_column_get(column, i);
        if (value.is_null)
            value = (struct stoa_value){.is_null = false};
        value.u64 += is_wild ? test_random_next(random) : 1 + test_random_below(random, 30);
        value.is_null = test_random_below(random, 100) < null_percent;
        assert_ok(stoa_column_builder_append(out, &value, NULL), NULL);
    }
}

static void test_offset_gives_back_integers(void **state)
{
    STOA_UNUSED(state);
    static const unsigned nulls[] = {0, 10};
    struct test_random random = test_random_start(2102);
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    for (unsigned k = 0; k < 24; k++) {
        struct same_base base;
        struct stoa_column_builder builder;
        const enum stoa_phys phys = k % 2 ? STOA_PHYS_I64 : STOA_PHYS_U64;
        if (k % 3 == 0)
            shape_column(&random, phys, k % 4 < 2 ? SHAPE_NARROW : SHAPE_ASCENDING,
                         SAME_ROWS, &builder);
        else
            random_column(&random, phys, SAME_ROWS, nulls[k / 2 % 2], 300, &builder);
        same_base_make(&base, &builder, false);
        add_offsets(&random, &base.column, k % 8 == 5, nulls[k / 4 % 2], &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        same_check(&base, &column, 1 << STOA_SAME_OFFSET, &random, &bytes);
        stoa_column_builder_done(&builder);
        same_base_done(&base);
    }
    stoa_buf_done(&bytes);
}

static void test_maps_give_back_every_fixed_kind(void **state)
{
    STOA_UNUSED(state);
    static const enum stoa_phys bases[] = {STOA_PHYS_I64, STOA_PHYS_U64, STOA_PHYS_BYTES};
    static const enum stoa_phys kinds[] = {STOA_PHYS_I64, STOA_PHYS_U64, STOA_PHYS_F64,
                                           STOA_PHYS_I128, STOA_PHYS_FIXED16};
    struct test_random random = test_random_start(2103);
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    for (unsigned k = 0; k < 60; k++) {
        struct same_base base;
        struct stoa_column_builder builder;
        const enum stoa_phys phys = bases[k % 3];
        same_keys(&random, phys, k / 3 % 2 ? 4 : 0, &builder);
        same_base_make(&base, &builder, phys == STOA_PHYS_BYTES);
        assert_true(phys != STOA_PHYS_BYTES || base.codes);
        same_determine(&random, &base.column, kinds[k % 5], k / 6 % 2 ? 15 : 0, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        const unsigned form = phys == STOA_PHYS_BYTES ? STOA_SAME_CODE : STOA_SAME_NUMBER;
        same_check(&base, &column, UINT32_C(1) << form, &random, &bytes);
        stoa_column_builder_done(&builder);
        same_base_done(&base);
    }
    stoa_buf_done(&bytes);
}

/* Fixed values and their NULL slots; the bytes must not change with the latter [FMT-5]. */
static void test_slots_behind_nulls_do_not_show(void **state)
{
    STOA_UNUSED(state);
    enum { COUNT = 1500 };
    static int64_t base_values[COUNT], values[COUNT];
    static uint64_t base_valid[24], valid[24];
    struct test_random random = test_random_start(2104);
    const struct stoa_column base = {.phys = STOA_PHYS_I64,
                                     .length = COUNT,
                                     .validity = base_valid,
                                     .values = base_values};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = COUNT, .validity = valid, .values = values};
    const struct same_base referred = {.column = base};
    for (size_t i = 0; i < COUNT; i++) {
        base_values[i] = (int64_t)test_random_below(&random, 50);
        values[i] = base_values[i] + 3;
    }
    for (size_t i = 0; i < 24; i++) {
        base_valid[i] = ~(test_random_next(&random) & test_random_next(&random) &
                          test_random_next(&random) & test_random_next(&random));
        valid[i] = test_random_next(&random);
    }
    base_valid[23] &= stoa_low_mask(COUNT % 64);
    valid[23] &= base_valid[23];
    for (size_t i = 0; i < 23; i++)
        valid[i] &= base_valid[i] | (i == 4);
    for (unsigned form = 0; form < STOA_SAME_CODE; form++) {
        struct stoa_buf once, twice;
        stoa_buf_init(&once, SIZE_MAX / 4);
        stoa_buf_init(&twice, SIZE_MAX / 4);
        for (size_t i = 0; form == STOA_SAME_EQUAL && i < COUNT; i++)
            values[i] -= 3;
        same_encode(&referred, &column, UINT32_C(1) << form, &once);
        for (size_t i = 0; i < COUNT; i++) {
            if (!stoa_bit_get(base_valid, i))
                base_values[i] = (int64_t)test_random_next(&random);
            if (!stoa_bit_get(valid, i))
                values[i] = (int64_t)test_random_next(&random);
        }
        same_encode(&referred, &column, UINT32_C(1) << form, &twice);
        assert_int_equal(once.size, twice.size);
        assert_bytes(twice.data, once.data, once.size);
        stoa_buf_done(&once);
        stoa_buf_done(&twice);
    }
}

/* ---- choosing ---- */

static uint8_t encoding_of(const struct same_base *base, const struct stoa_column *column,
                           const uint32_t *codes, uint32_t dictionary_count,
                           struct stoa_buf *out)
{
    stoa_error err;
    struct stoa_block_choice choice;
    const struct stoa_enc_reference reference =
        same_reference(base, (1 << STOA_SAME_FORM_COUNT) - 1);
    const struct stoa_block_input input = {.column = column,
                                           .codes = codes,
                                           .dictionary_count = dictionary_count,
                                           .references = &reference,
                                           .reference_count = 1};
    out->size = 0;
    assert_ok(stoa_block_encode_by(&input, out, &choice, &err), &err);
    return choice.encoding;
}

static void test_a_block_refers_where_that_saves_a_tenth(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2105);
    struct same_base base;
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    int64_t *values = malloc(65536 * sizeof *values);
    assert_non_null(values);
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    stoa_column_builder_init(&builder, STOA_PHYS_I64);
    for (uint32_t i = 0; i < 65536; i++) {
        const struct stoa_value day = {.i64 = 8000 +
                                              (int64_t)test_random_below(&random, 2500)};
        assert_ok(stoa_column_builder_append(&builder, &day, NULL), NULL);
    }
    same_base_make(&base, &builder, false);
    const int64_t *days = stoa_column_i64(&base.column);
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 65536, .values = values};
    for (uint32_t i = 0; i < 65536; i++)
        values[i] = days[i] + 1 + (int64_t)test_random_below(&random, 30);
    assert_int_equal(encoding_of(&base, &column, NULL, 0, &bytes), STOA_ENC_SAME);
    assert_true(bytes.size < 65536 * 5 / 8 + 1000);
    for (uint32_t i = 0; i < 65536; i++) /* 12 bits against 13: too little */
        values[i] = days[i] + (int64_t)test_random_below(&random, 4000);
    assert_int_equal(encoding_of(&base, &column, NULL, 0, &bytes), STOA_ENC_FFOR);
    free(values);
    stoa_buf_done(&bytes);
    same_base_done(&base);
}

/* Codes of a dictionary by codes of another: the tree is dict > same, so that filters and groups
 * run on codes as before. */
static void test_texts_with_a_dictionary_keep_it(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2106);
    struct same_base base;
    struct same_base names; /* for its dictionary */
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    struct stoa_arena arena;
    struct stoa_block block;
    stoa_error err;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    stoa_arena_init(&arena, (size_t)64 << 20);
    same_keys(&random, STOA_PHYS_BYTES, 3, &builder);
    same_base_make(&base, &builder, true);
    const uint32_t rows = base.column.length;
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    for (uint32_t i = 0; i < rows; i++) {
        struct stoa_value name = stoa_column_get(&base.column, i);
        char text[64];
        if (!name.is_null) {
            name.bytes.length = (uint32_t)snprintf(text, sizeof text, "name of %.6s",
                                                   (const char *)name.bytes.data);
            name.bytes.data = (const uint8_t *)text;
        }
        assert_ok(stoa_column_builder_append(&builder, &name, NULL), NULL);
    }
    same_base_make(&names, &builder, true);
    assert_non_null(names.build);
    const uint32_t count = stoa_dictionary_build_count(names.build);
    assert_int_equal(encoding_of(&base, &names.column,
                                 stoa_dictionary_build_codes(names.build), count, &bytes),
                     STOA_ENC_DICT);
    assert_ok(stoa_block_open(bytes.data, bytes.size, STOA_PHYS_BYTES, true, rows,
                              same_null_count(&names.column), &names.dictionary,
                              &base.source, stoa_kernels_best(), &arena, NULL, &block,
                              &err),
              &err);
    assert_int_equal(block.root->children[0]->encoding->id, STOA_ENC_SAME);
    same_check_rows(block.root, &names.column);
    same_check_selects(block.root, &names.column, &random);
    struct stoa_buf text;
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(block.root, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data,
                        "dict 40 entries > same by code of \"base\", 40 keys > seq by 1");
    stoa_buf_done(&text);
    stoa_arena_done(&arena);
    stoa_buf_done(&bytes);
    same_base_done(&names);
    same_base_done(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_gives_back_every_kind),
        cmocka_unit_test(test_offset_gives_back_integers),
        cmocka_unit_test(test_maps_give_back_every_fixed_kind),
        cmocka_unit_test(test_slots_behind_nulls_do_not_show),
        cmocka_unit_test(test_a_block_refers_where_that_saves_a_tenth),
        cmocka_unit_test(test_texts_with_a_dictionary_keep_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
