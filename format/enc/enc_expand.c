/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spreading a child's values over a node's rows; see enc_expand.h. What a vector needs from the
 * child is joined, when it lies in two vectors of the child, and given to a kernel.
 */
#include "format/enc/enc_expand.h"

#include <assert.h>
#include <inttypes.h>

#include "common/bitmap.h"

#define NO_VECTOR UINT32_MAX

uint32_t stoa_expand_count(const uint8_t *bits, uint32_t rows)
{
    uint32_t count = 0;
    for (size_t i = 0; i < stoa_bitmap_words(rows); i++)
        count += (uint32_t)__builtin_popcountll(stoa_load_le64(bits + i * 8));
    return count;
}

static size_t value_size(enum stoa_phys phys)
{
    return phys == STOA_PHYS_BYTES  ? sizeof(struct stoa_view)
           : phys == STOA_PHYS_BOOL ? 1 /* a bit takes less */
                                    : stoa_phys_width(phys);
}

stoa_status stoa_expand_open(struct stoa_node *child, const uint8_t *bits, uint32_t rows,
                             struct stoa_expand *out, stoa_error *err)
{
    struct stoa_enc_context *context = child->context;
    const uint32_t vectors = stoa_vector_count(rows);
    struct stoa_expand expand = {.child = child,
                                 .rows = rows,
                                 .bits = bits,
                                 .cached = NO_VECTOR,
                                 .cached_codes = NO_VECTOR};
    void *joined = NULL;
    expand.ranks =
        stoa_arena_alloc_zeroed(context->arena, (size_t)vectors + 1, sizeof(uint32_t));
    if (!expand.ranks)
        return stoa_arena_fail(context->arena, vectors * sizeof(uint32_t), err);
    for (uint32_t v = 0; v < vectors; v++)
        expand.ranks[v + 1] =
            expand.ranks[v] + stoa_expand_count(bits + (size_t)v * STOA_VECTOR_WORDS * 8,
                                                stoa_vector_length(rows, v));
    assert(expand.ranks[vectors] == child->count);
    STOA_TRY(stoa_enc_scratch(context, STOA_VECTOR_ROWS * value_size(child->phys), &joined,
                              err));
    STOA_TRY(stoa_node_scratch(child, &expand.values, err));
    expand.joined = joined;
    *out = expand;
    return STOA_OK;
}

stoa_status stoa_expand_gaps(const struct stoa_node *node, struct stoa_node *child,
                             uint64_t *bits, stoa_error *err)
{
    struct stoa_vector *gaps = NULL;
    uint32_t next = 0;
    STOA_TRY(stoa_node_scratch(child, &gaps, err));
    for (uint32_t k = 0; k < child->count; k++) {
        if (k % STOA_VECTOR_ROWS == 0)
            STOA_TRY(stoa_node_decode(child, k / STOA_VECTOR_ROWS, gaps, err));
        const uint64_t gap = gaps->values.u64[k % STOA_VECTOR_ROWS];
        if (gap >= node->count - next)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "%s node: expected gap %" PRIu32 " below %" PRIu32
                             ", found %" PRIu64,
                             node->encoding->name, k, node->count - next, gap);
        next += (uint32_t)gap;
        stoa_bit_set(bits, next++);
    }
    return STOA_OK;
}

/* ---- the child's values in a row ---- */

/* What one vector of the node takes from the child. */
struct span {
    uint32_t first;
    uint32_t count;
};

static struct span find_span(const struct stoa_expand *expand, uint32_t vector)
{
    const uint32_t first = expand->ranks[vector];
    return (struct span){.first = first, .count = expand->ranks[vector + 1] - first};
}

/* The part of a span that lies in the child's vector of its first value. */
static uint32_t part_of(struct span span)
{
    const uint32_t room = STOA_VECTOR_ROWS - span.first % STOA_VECTOR_ROWS;
    return span.count < room ? span.count : room;
}

static stoa_status load_child(struct stoa_expand *expand, uint32_t vector, stoa_error *err)
{
    if (expand->cached == vector)
        return STOA_OK;
    expand->cached = NO_VECTOR;
    STOA_TRY(stoa_node_decode(expand->child, vector, expand->values, err));
    expand->cached = vector;
    return STOA_OK;
}

/* Bits of a span from one or two vectors of the child, from bit 0 on. */
static void join_bits(const uint64_t *words, struct span span, uint32_t done, uint32_t part,
                      uint64_t *out)
{
    stoa_bitmap_copy(out, done, words, (span.first + done) % STOA_VECTOR_ROWS, part);
}

/* The span's values, contiguous: where they lie when one vector of the child has them all. */
static stoa_status load_span(struct stoa_expand *expand, struct span span, const void **out,
                             stoa_error *err)
{
    const size_t width = value_size(expand->child->phys);
    const bool is_bool = expand->child->phys == STOA_PHYS_BOOL;
    uint32_t done = 0;
    for (struct span left = span; left.count > 0;) {
        const uint32_t part = part_of(left);
        STOA_TRY(load_child(expand, left.first / STOA_VECTOR_ROWS, err));
        const uint8_t *from = (const uint8_t *)expand->values->values.raw +
                              left.first % STOA_VECTOR_ROWS * width;
        if (!is_bool && part == span.count) {
            *out = from;
            return STOA_OK;
        }
        if (is_bool)
            join_bits(expand->values->values.bits, span, done, part,
                      (uint64_t *)(void *)expand->joined);
        else
            memcpy(expand->joined + done * width, from, part * width);
        done += part;
        left = (struct span){.first = left.first + part, .count = left.count - part};
    }
    *out = expand->joined;
    return STOA_OK;
}

/* ---- spreading ---- */

static void load_mask(const struct stoa_expand *expand, uint32_t vector, uint32_t length,
                      uint64_t out[STOA_VECTOR_WORDS])
{
    const size_t size = stoa_bitmap_words(length) * 8;
    memset(out, 0, STOA_VECTOR_WORDS * sizeof *out);
    memcpy(out, expand->bits + (size_t)vector * STOA_VECTOR_WORDS * 8, size);
}

/* Values of 16 bytes; the kernels do the others. */
#define DEFINE_SPREAD(name, type)                                                          \
    static void name(const uint64_t *mask, uint32_t length, const type *restrict kept,     \
                     type fill, type *restrict out)                                        \
    {                                                                                      \
        for (uint32_t first = 0; first < length; first += 64, out += 64) {                 \
            const uint32_t rows = length - first < 64 ? length - first : 64;               \
            uint64_t word = mask[first / 64];                                              \
            if (word == ~UINT64_C(0)) {                                                    \
                memcpy(out, kept, 64 * sizeof *out);                                       \
                kept += 64;                                                                \
                continue;                                                                  \
            }                                                                              \
            for (uint32_t i = 0; i < rows; i++)                                            \
                out[i] = fill;                                                             \
            for (; word; word &= word - 1)                                                 \
                out[__builtin_ctzll(word)] = *kept++;                                      \
        }                                                                                  \
    }
DEFINE_SPREAD(spread_128, stoa_u128)
DEFINE_SPREAD(spread_views, struct stoa_view)

stoa_status stoa_expand_decode(struct stoa_expand *expand, uint32_t vector,
                               const struct stoa_value *fill, struct stoa_vector *out,
                               stoa_error *err)
{
    const struct span span = find_span(expand, vector);
    const uint32_t length = stoa_vector_length(expand->rows, vector);
    const struct stoa_kernels *kernels = expand->child->context->kernels;
    const void *kept = NULL;
    uint64_t mask[STOA_VECTOR_WORDS];
    out->length = length;
    if (span.count == 0) {
        stoa_vector_repeat(out, 0, length, fill);
        return STOA_OK;
    }
    STOA_TRY(load_span(expand, span, &kept, err));
    load_mask(expand, vector, length, mask);
    if (out->phys == STOA_PHYS_BOOL) {
        kernels->spread_bits(mask, kept, out->values.bits);
        for (uint32_t word = 0; fill->boolean && word < STOA_VECTOR_WORDS; word++)
            out->values.bits[word] |= ~mask[word];
    } else if (out->phys == STOA_PHYS_BYTES) {
        spread_views(mask, length, kept, fill->bytes, out->values.views);
    } else if (stoa_phys_width(out->phys) == 8) {
        kernels->spread_64(mask, length, kept, fill->u64, out->values.u64);
    } else {
        stoa_u128 wide;
        memcpy(&wide, fill->fixed16, sizeof wide);
        spread_128(mask, length, kept, wide, (stoa_u128 *)out->values.raw);
    }
    return STOA_OK;
}

/* ---- narrow ---- */

static stoa_status load_codes(struct stoa_expand *expand, uint32_t vector, stoa_error *err)
{
    if (expand->cached_codes == vector)
        return STOA_OK;
    if (!expand->codes) {
        void *memory = NULL;
        STOA_TRY(stoa_enc_scratch(expand->child->context,
                                  2 * STOA_VECTOR_ROWS * sizeof(uint32_t), &memory, err));
        expand->codes = memory;
    }
    expand->cached = NO_VECTOR; /* the child may use its scratch */
    expand->cached_codes = NO_VECTOR;
    STOA_TRY(stoa_node_narrow(expand->child, vector, expand->codes, err));
    expand->cached_codes = vector;
    return STOA_OK;
}

stoa_status stoa_expand_narrow(struct stoa_expand *expand, uint32_t vector, uint32_t fill,
                               uint32_t *out, stoa_error *err)
{
    const struct span span = find_span(expand, vector);
    const uint32_t length = stoa_vector_length(expand->rows, vector);
    uint64_t mask[STOA_VECTOR_WORDS];
    const uint32_t *kept = &fill; /* never read when the span is empty */
    for (struct span left = span; left.count > 0;) {
        const uint32_t part = part_of(left);
        STOA_TRY(load_codes(expand, left.first / STOA_VECTOR_ROWS, err));
        const uint32_t *from = expand->codes + left.first % STOA_VECTOR_ROWS;
        uint32_t *joined = expand->codes + STOA_VECTOR_ROWS;
        kept = part == span.count ? from : joined;
        if (part < span.count)
            memcpy(joined + (left.first - span.first), from, part * sizeof *joined);
        left = (struct span){.first = left.first + part, .count = left.count - part};
    }
    load_mask(expand, vector, length, mask);
    expand->child->context->kernels->spread_32(mask, length, kept, fill, out);
    return STOA_OK;
}

/* ---- one value ---- */

/* Set bits before row `row`, which may be the number of rows. */
static uint32_t rank_of(const struct stoa_expand *expand, uint32_t row)
{
    const uint32_t vector = row / STOA_VECTOR_ROWS;
    uint32_t rank = expand->ranks[vector];
    for (uint32_t first = vector * STOA_VECTOR_ROWS; first < row; first += 64) {
        const uint64_t word = stoa_load_le64(expand->bits + first / 8);
        const uint64_t before =
            row - first < 64 ? stoa_low_mask(row - first) : ~UINT64_C(0);
        rank += (uint32_t)__builtin_popcountll(word & before);
    }
    return rank;
}

stoa_status stoa_expand_at(struct stoa_expand *expand, uint32_t row,
                           const struct stoa_value *fill, struct stoa_value *out,
                           stoa_error *err)
{
    if (!(expand->bits[row / 8] >> row % 8 & 1)) {
        *out = *fill;
        return STOA_OK;
    }
    expand->cached = NO_VECTOR; /* the child may use its scratch */
    return stoa_node_at(expand->child, rank_of(expand, row), out, err);
}

/* ---- selecting ---- */

stoa_status stoa_expand_select(struct stoa_expand *expand, uint32_t vector,
                               const struct stoa_predicate *predicate,
                               uint64_t out_bits[STOA_VECTOR_WORDS],
                               uint64_t out_kept[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct span span = find_span(expand, vector);
    uint64_t mask[STOA_VECTOR_WORDS];
    uint64_t matches[STOA_VECTOR_WORDS] = {0};
    load_mask(expand, vector, stoa_vector_length(expand->rows, vector), mask);
    expand->cached = NO_VECTOR; /* its memory is the child's scratch now */
    for (struct span left = span; left.count > 0;) {
        const uint32_t part = part_of(left);
        uint64_t bits[STOA_VECTOR_WORDS];
        STOA_TRY(stoa_node_select(expand->child, left.first / STOA_VECTOR_ROWS, predicate,
                                  expand->values, bits, err));
        join_bits(bits, span, left.first - span.first, part, matches);
        left = (struct span){.first = left.first + part, .count = left.count - part};
    }
    expand->child->context->kernels->spread_bits(mask, matches, out_bits);
    if (out_kept)
        memcpy(out_kept, mask, sizeof mask);
    return STOA_OK;
}

/* ---- sums and extremes ---- */

stoa_status stoa_expand_sum(struct stoa_expand *expand, uint32_t first, uint32_t count,
                            uint32_t *out_kept, stoa_i128 *sum, stoa_error *err)
{
    const uint32_t from = rank_of(expand, first);
    const uint32_t kept = rank_of(expand, first + count) - from;
    expand->cached = NO_VECTOR; /* the child may use its scratch */
    STOA_TRY(stoa_node_sum(expand->child, from, kept, sum, err));
    *out_kept = kept;
    return STOA_OK;
}

stoa_status stoa_expand_extremes(struct stoa_expand *expand, uint32_t first, uint32_t count,
                                 uint32_t *out_kept, struct stoa_number_range *range,
                                 stoa_error *err)
{
    const uint32_t from = rank_of(expand, first);
    const uint32_t kept = rank_of(expand, first + count) - from;
    expand->cached = NO_VECTOR; /* the child may use its scratch */
    STOA_TRY(stoa_node_extremes(expand->child, from, kept, range, err));
    *out_kept = kept;
    return STOA_OK;
}
