/* SPDX-License-Identifier: Apache-2.0 */
/*
 * approx_count_distinct: a sketch of the values [FMT-101], which files carry too. Rows and files give
 * the same registers, so the answer does not depend on where they come from.
 */
#include "format/sketch.h"
#include "query/aggregate_parts.h"

_Static_assert(sizeof(struct stoa_sketch) % 16 == 0, "states are multiples of 16 bytes");

static bool resolve_distinct(stoa_type arg, stoa_type *out_type, stoa_type *out_arg)
{
    *out_type = stoa_type_of(STOA_TYPE_INT64);
    *out_arg = arg;
    return true;
}

static struct stoa_sketch *sketch_at(uint8_t *states, size_t stride, uint32_t group)
{
    return (struct stoa_sketch *)(void *)(states + stride * group);
}

static stoa_status update_distinct(uint8_t *states, size_t stride, const uint32_t *groups,
                                   const struct stoa_vector *arg,
                                   const struct stoa_row_list *rows,
                                   struct stoa_arena *arena, stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        const struct stoa_value value = stoa_vector_get(arg, row);
        stoa_sketch_add(sketch_at(states, stride, groups[row]),
                        stoa_value_hash(arg->phys, &value));
    }
    return STOA_OK;
}

static stoa_status fold_distinct(uint8_t *states, size_t stride,
                                 const struct stoa_vector *arg,
                                 const struct stoa_row_list *rows, struct stoa_arena *arena,
                                 stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    struct stoa_sketch *sketch = sketch_at(states, stride, 0);
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct stoa_value value = stoa_vector_get(arg, rows->rows[i]);
        stoa_sketch_add(sketch, stoa_value_hash(arg->phys, &value));
    }
    return STOA_OK;
}

/* No value, or one. */
static bool distinct_from_stats(uint8_t *state, stoa_type arg_type,
                                const struct stoa_stats *stats, struct stoa_arena *arena)
{
    STOA_UNUSED(arg_type);
    STOA_UNUSED(arena);
    if (stats->null_count == stats->rows)
        return true;
    if (stats->nan_count > 0 || !stats->has_bounds || !stats->min_is_exact ||
        !stats->max_is_exact ||
        stoa_value_compare(stats->phys, &stats->min, &stats->max) != 0)
        return false;
    stoa_sketch_add(sketch_at(state, 0, 0), stoa_value_hash(stats->phys, &stats->min));
    return true;
}

static void distinct_from_sketch(uint8_t *state, const struct stoa_sketch *sketch)
{
    stoa_sketch_merge(sketch_at(state, 0, 0), sketch);
}

static stoa_status merge_distinct(uint8_t *into, const uint8_t *from,
                                  struct stoa_arena *arena, stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    stoa_sketch_merge(sketch_at(into, 0, 0),
                      (const struct stoa_sketch *)(const void *)from);
    return STOA_OK;
}

static stoa_status finish_distinct(const uint8_t *state, stoa_type type, stoa_type arg_type,
                                   struct stoa_value *out_value, stoa_error *err)
{
    STOA_UNUSED(type);
    STOA_UNUSED(arg_type);
    STOA_UNUSED(err);
    const struct stoa_sketch *sketch = (const struct stoa_sketch *)(const void *)state;
    *out_value = (struct stoa_value){.i64 = (int64_t)stoa_sketch_estimate(sketch)};
    return STOA_OK;
}

const struct stoa_aggregate stoa_aggregate_approx_count_distinct = {
    .name = "approx_count_distinct",
    .help = "approx_count_distinct(any) -> int64, within 3.3 % (one standard deviation)",
    .resolve = resolve_distinct,
    .state_size = sizeof(struct stoa_sketch),
    .update = update_distinct,
    .fold = fold_distinct,
    .from_stats = distinct_from_stats,
    .from_sketch = distinct_from_sketch,
    .merge = merge_distinct,
    .finish = finish_distinct,
};
