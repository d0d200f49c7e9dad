/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that the tests of SAME share; see same_check.h. */
#include "tests/unit/format/same_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bitmap.h"
#include "format/enc/enc_parts.h"

/* ---- the column that is referred to ---- */

uint32_t same_null_count(const struct stoa_column *column)
{
    return column->validity ? column->length - (uint32_t)stoa_bitmap_count(column->validity,
                                                                           column->length)
                            : 0;
}

static stoa_status open_base(struct stoa_reference_source *source, uint32_t column,
                             struct stoa_block **out_block, stoa_error *err)
{
    struct same_base *base =
        (struct same_base *)((char *)source - offsetof(struct same_base, source));
    base->opened++;
    snprintf(source->label, sizeof source->label, "\"base\"");
    if (column != SAME_BASE)
        return stoa_fail(err, STOA_E_CORRUPT, "expected column %d, found %u", SAME_BASE,
                         column);
    stoa_arena_done(&base->arena);
    stoa_arena_init(&base->arena, (size_t)64 << 20);
    *out_block = &base->block;
    return stoa_block_open(base->payload.data, base->payload.size, base->column.phys,
                           base->is_text, base->column.length,
                           same_null_count(&base->column),
                           base->choice.uses_dictionary ? &base->dictionary : NULL, NULL,
                           stoa_kernels_best(), &base->arena, NULL, &base->block, err);
}

static void make_dictionary(struct same_base *base)
{
    stoa_error err;
    uint8_t encoding = 0;
    assert_ok(stoa_dictionary_build_create(&base->column, STOA_PROFILE_BALANCED,
                                           &base->build, &err),
              &err);
    if (!base->build)
        return;
    assert_ok(stoa_dictionary_build_encode(
                  base->build,
                  &(struct stoa_encode_means){.profile = STOA_PROFILE_BALANCED},
                  &base->dictionary_payload, &encoding, &err),
              &err);
    assert_ok(stoa_dictionary_open(base->dictionary_payload.data,
                                   base->dictionary_payload.size, base->column.phys,
                                   base->is_text, stoa_dictionary_build_count(base->build),
                                   stoa_kernels_best(), &base->dictionary_arena, NULL,
                                   &base->dictionary, &err),
              &err);
}

void same_base_make(struct same_base *base, const struct stoa_column_builder *builder,
                    bool is_text)
{
    stoa_error err;
    *base = (struct same_base){.builder = *builder, .is_text = is_text};
    base->column = stoa_column_builder_view(&base->builder);
    stoa_buf_init(&base->dictionary_payload, SIZE_MAX / 4);
    stoa_arena_init(&base->dictionary_arena, (size_t)64 << 20);
    stoa_arena_init(&base->arena, (size_t)64 << 20);
    stoa_buf_init(&base->payload, SIZE_MAX / 4);
    if (base->column.phys != STOA_PHYS_BOOL)
        make_dictionary(base);
    const struct stoa_block_input input = {
        .column = &base->column,
        .codes = base->build ? stoa_dictionary_build_codes(base->build) : NULL,
        .dictionary_count = base->build ? stoa_dictionary_build_count(base->build) : 0};
    assert_ok(stoa_block_encode_by(&input, &base->payload, &base->choice, &err), &err);
    base->source = (struct stoa_reference_source){.column = SAME_OWN, .open = open_base};
    if (!base->choice.uses_dictionary)
        return;
    base->codes = malloc(base->column.length * sizeof *base->codes);
    assert_non_null(base->codes);
    for (uint32_t i = 0; i < base->column.length; i++)
        base->codes[i] = (uint16_t)input.codes[i];
}

void same_base_done(struct same_base *base)
{
    stoa_column_builder_done(&base->builder);
    stoa_dictionary_build_free(base->build);
    stoa_buf_done(&base->dictionary_payload);
    stoa_arena_done(&base->dictionary_arena);
    stoa_arena_done(&base->arena);
    stoa_buf_done(&base->payload);
    free(base->codes);
}

struct stoa_enc_reference same_reference(const struct same_base *base, uint32_t forms)
{
    return (struct stoa_enc_reference){.number = SAME_BASE,
                                       .forms = forms,
                                       .column = &base->column,
                                       .codes = base->codes,
                                       .decode_cycles = base->choice.decode_cycles};
}

/* ---- the column that refers ---- */

void same_encode(const struct same_base *base, const struct stoa_column *column,
                 uint32_t forms, struct stoa_buf *out)
{
    stoa_error err;
    const struct stoa_enc_reference reference = same_reference(base, forms);
    struct stoa_column values = *column;
    values.validity = NULL;
    struct stoa_enc_input input = {.column = &values,
                                   .depth = 1,
                                   .limit = (double)INFINITY,
                                   .validity = column->validity,
                                   .references = &reference,
                                   .reference_count = 1};
    stoa_enc_collect_facts(&values, NULL, &input.facts);
    assert_ok(stoa_encoding_find(STOA_ENC_SAME)->encode(&input, out, &err), &err);
}

/* Close with node_close. `validity`: of the rows, whole words. */
stoa_status same_open(struct same_base *base, const uint8_t *bytes, size_t size,
                      const struct stoa_column *column, struct opened_node *out,
                      stoa_error *err)
{
    stoa_arena_init(&out->arena, (size_t)256 << 20);
    out->node = NULL;
    out->context =
        (struct stoa_enc_context){.arena = &out->arena,
                                  .kernels = stoa_kernels_best(),
                                  .is_utf8 = base->is_text,
                                  .validity = (const uint8_t *)column->validity,
                                  .rows = column->length,
                                  .valid_count = column->length - same_null_count(column),
                                  .references = &base->source};
    return stoa_node_open(bytes, size, column->phys, column->length, 1, &out->context,
                          &out->node, err);
}

static bool equal_values(enum stoa_phys phys, const struct stoa_value *a,
                         const struct stoa_value *b)
{
    return stoa_value_compare_exact(phys, a, b) == 0;
}

void same_check_rows(struct stoa_node *node, const struct stoa_column *column)
{
    struct stoa_vector vector;
    stoa_error err;
    assert_ok(stoa_vector_init(&vector, column->phys, NULL), NULL);
    for (uint32_t v = 0; v < stoa_vector_count(column->length); v++) {
        assert_ok(stoa_node_decode(node, v, &vector, &err), &err);
        for (uint32_t i = 0; i < vector.length; i++) {
            const uint32_t row = v * STOA_VECTOR_ROWS + i;
            const struct stoa_value expected = stoa_column_get(column, row);
            const struct stoa_value found = stoa_vector_get(&vector, i);
            struct stoa_value one;
            if (expected.is_null)
                continue;
            if (!equal_values(column->phys, &expected, &found))
                fail_msg("row %u differs (kind %d)", row, (int)column->phys);
            assert_ok(stoa_node_at(node, row, &one, &err), &err);
            if (!equal_values(column->phys, &expected, &one))
                fail_msg("row %u differs alone (kind %d)", row, (int)column->phys);
        }
    }
    stoa_vector_done(&vector);
}

void same_check_selects(struct stoa_node *node, const struct stoa_column *column,
                        struct test_random *random)
{
    struct stoa_vector scratch;
    stoa_error err;
    assert_ok(stoa_vector_init(&scratch, column->phys, NULL), NULL);
    for (int k = 0; k < 30; k++) {
        const struct stoa_predicate *predicate = random_predicate(random, column);
        const uint32_t v =
            (uint32_t)test_random_below(random, stoa_vector_count(column->length));
        uint64_t bits[STOA_VECTOR_WORDS];
        assert_ok(stoa_node_select(node, v, predicate, &scratch, bits, &err), &err);
        for (uint32_t i = 0; i < stoa_vector_length(column->length, v); i++) {
            const struct stoa_value value =
                stoa_column_get(column, v * STOA_VECTOR_ROWS + i);
            if (!value.is_null &&
                (stoa_bit_get(bits, i) != 0) != stoa_predicate_match(predicate, &value))
                fail_msg("row %u of vector %u matches wrongly", i, v);
        }
    }
    stoa_vector_done(&scratch);
}

void same_check_sums(struct stoa_node *node, const struct stoa_column *column,
                     struct test_random *random)
{
    stoa_error err;
    if (!(STOA_PHYS_BIT(column->phys) &
          (STOA_PHYS_BIT(STOA_PHYS_I64) | STOA_PHYS_BIT(STOA_PHYS_U64))))
        return;
    for (int k = 0; k < 8; k++) {
        const uint32_t first = (uint32_t)test_random_below(random, column->length);
        const uint32_t count =
            (uint32_t)test_random_below(random, column->length - first + 1);
        stoa_i128 found = 7;
        stoa_i128 expected = 7;
        assert_ok(stoa_node_sum(node, first, count, &found, &err), &err);
        assert_ok(stoa_node_sum_decoded(node, first, count, &expected, &err), &err);
        assert_true(found == expected);
    }
}

/* The column in one of `forms` gives back its values; its bytes do not depend on what lies behind
 * NULLs (the caller fills that with garbage). */
void same_check(struct same_base *base, const struct stoa_column *column, uint32_t forms,
                struct test_random *random, struct stoa_buf *bytes)
{
    struct opened_node opened;
    stoa_error err;
    bytes->size = 0;
    same_encode(base, column, forms, bytes);
    base->opened = 0;
    assert_ok(same_open(base, bytes->data, bytes->size, column, &opened, &err), &err);
    assert_int_equal(base->opened, 1);
    assert_true(forms >> stoa_node_flags_a(opened.node) & 1);
    same_check_rows(opened.node, column);
    same_check_selects(opened.node, column, random);
    same_check_sums(opened.node, column, random);
    if (!column->validity)
        node_check(opened.node, column, random);
    node_close(&opened);
}

/* ---- columns that go together ---- */

/* `column` with some of its values replaced by others and some rows NULL. */
void same_vary(struct test_random *random, const struct stoa_column *column,
               unsigned exception_percent, unsigned null_percent,
               struct stoa_column_builder *out)
{
    stoa_column_builder_init(out, column->phys);
    for (uint32_t i = 0; i < column->length; i++) {
        struct stoa_value value = stoa_column_get(column, i);
        if (value.is_null) { /* [SAME-3] what the base's NULL stands for, mostly */
            memset(&value, 0, sizeof value);
            value.is_null = test_random_below(random, 4) > 0;
        }
        if (test_random_below(random, 100) < exception_percent)
            value = random_value(random, column->phys);
        if (test_random_below(random, 100) < null_percent)
            value.is_null = true;
        assert_ok(stoa_column_builder_append(out, &value, NULL), NULL);
    }
}

void same_keys(struct test_random *random, enum stoa_phys phys, unsigned null_percent,
               struct stoa_column_builder *out)
{
    char text[32];
    stoa_column_builder_init(out, phys);
    for (uint32_t i = 0; i < SAME_ROWS; i++) {
        const int64_t key = (int64_t)test_random_below(random, SAME_KEYS);
        struct stoa_value value = {.is_null =
                                       test_random_below(random, 100) < null_percent};
        if (phys == STOA_PHYS_BYTES) {
            value.bytes.length =
                (uint32_t)snprintf(text, sizeof text, "key %02d", (int)key);
            value.bytes.data = (const uint8_t *)text;
        } else {
            value.i64 = key - 20;
        }
        if (phys == STOA_PHYS_U64)
            value.u64 += 1000;
        assert_ok(stoa_column_builder_append(out, &value, NULL), NULL);
    }
}

/* A value for each key, by the key's last bytes. */
void same_determine(struct test_random *random, const struct stoa_column *keys,
                    enum stoa_phys phys, unsigned null_percent,
                    struct stoa_column_builder *out)
{
    struct stoa_value map[256];
    stoa_column_builder_init(out, phys);
    for (size_t i = 0; i < 256; i++)
        map[i] = random_value(random, phys);
    for (uint32_t i = 0; i < keys->length; i++) {
        const struct stoa_value key = stoa_column_get(keys, i);
        uint8_t hash = 0;
        if (!key.is_null)
            hash = keys->phys == STOA_PHYS_BYTES
                       ? (uint8_t)(key.bytes.data[4] * 10 + key.bytes.data[5])
                       : key.fixed16[0];
        struct stoa_value value = map[hash];
        if (test_random_below(random, 50) == 0)
            value = random_value(random, phys);
        value.is_null = test_random_below(random, 100) < null_percent;
        assert_ok(stoa_column_builder_append(out, &value, NULL), NULL);
    }
}
