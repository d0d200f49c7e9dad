/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the encodings share among themselves: see enc_parts.h. Owns nothing.
 */
#include "format/enc/enc_parts.h"

#include <inttypes.h>

#include "common/bitmap.h"
#include "format/text.h"

/* ---- walking the parts of a node ---- */

stoa_status stoa_parts_take(struct stoa_parts *parts, uint64_t size, const char *what,
                            const uint8_t **out, stoa_error *err)
{
    if (size > stoa_parts_left(parts))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "%s node: expected %" PRIu64 " bytes of %s, found %zu",
                         parts->node->encoding->name, size, what, stoa_parts_left(parts));
    *out = parts->node->bytes + parts->at;
    parts->at += (size_t)size;
    return STOA_OK;
}

/* [ENC-3] */
stoa_status stoa_parts_align(struct stoa_parts *parts, stoa_error *err)
{
    const uint8_t *padding = NULL;
    STOA_TRY(stoa_parts_take(parts, -parts->at & 7, "padding", &padding, err));
    for (const uint8_t *end = parts->node->bytes + parts->at; padding < end; padding++) {
        if (*padding != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "%s node: expected padding of 0, found %u",
                             parts->node->encoding->name, *padding);
    }
    return STOA_OK;
}

stoa_status stoa_parts_child(struct stoa_parts *parts, unsigned slot, enum stoa_phys phys,
                             uint32_t count, stoa_error *err)
{
    struct stoa_node *child = NULL;
    STOA_TRY(stoa_node_open(parts->node->bytes + parts->at, stoa_parts_left(parts), phys,
                            count, parts->depth + 1, parts->node->context, &child, err));
    parts->node->children[slot] = child;
    parts->at += child->size;
    return STOA_OK;
}

stoa_status stoa_parts_child_bytes(struct stoa_parts *parts, unsigned slot, uint32_t count,
                                   stoa_error *err)
{
    struct stoa_node *node = parts->node;
    struct stoa_enc_context *context = node->context;
    struct stoa_enc_context *binary = NULL;
    if (!context->is_utf8)
        return stoa_parts_child(parts, slot, STOA_PHYS_BYTES, count, err);
    binary = stoa_arena_alloc_zeroed(context->arena, 1, sizeof *binary);
    if (!binary)
        return stoa_arena_fail(context->arena, sizeof *binary, err);
    *binary = *context;
    binary->is_utf8 = false;
    node->context = binary;
    const stoa_status status = stoa_parts_child(parts, slot, STOA_PHYS_BYTES, count, err);
    node->context = context;
    return status;
}

stoa_status stoa_parts_end(struct stoa_parts *parts, stoa_error *err)
{
    STOA_TRY(stoa_parts_align(parts, err));
    if (stoa_parts_left(parts) != 0)
        return stoa_fail(err, STOA_E_CORRUPT, "%s node: expected %zu bytes, found %zu",
                         parts->node->encoding->name, parts->at, parts->node->size);
    return STOA_OK;
}

stoa_status stoa_node_check_flags(const struct stoa_node *node, stoa_error *err)
{
    if (stoa_node_flags_a(node) != 0 || stoa_node_flags_b(node) != 0)
        return stoa_fail(err, STOA_E_CORRUPT, "%s node: expected flags of 0, found %u %u",
                         node->encoding->name, stoa_node_flags_a(node),
                         stoa_node_flags_b(node));
    return STOA_OK;
}

stoa_status stoa_node_check_parameter(const struct stoa_node *node, stoa_error *err)
{
    if (stoa_node_parameter(node) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "%s node: expected a parameter of 0, found %" PRIu32,
                         node->encoding->name, stoa_node_parameter(node));
    return STOA_OK;
}

/* ---- memory ---- */

enum { SCRATCH_ALIGN = 64 };

stoa_status stoa_enc_scratch(struct stoa_enc_context *context, size_t size, void **out,
                             stoa_error *err)
{
    uint8_t *memory = stoa_arena_alloc_zeroed(context->arena, size + SCRATCH_ALIGN, 1);
    if (!memory)
        return stoa_arena_fail(context->arena, size + SCRATCH_ALIGN, err);
    *out = memory + (-(uintptr_t)memory & (SCRATCH_ALIGN - 1));
    return STOA_OK;
}

static size_t vector_bytes(enum stoa_phys phys)
{
    if (phys == STOA_PHYS_BOOL)
        return STOA_VECTOR_ROWS / 8;
    if (phys == STOA_PHYS_BYTES)
        return STOA_VECTOR_ROWS * sizeof(struct stoa_view);
    return STOA_VECTOR_ROWS * stoa_phys_width(phys);
}

stoa_status stoa_vector_in_arena(struct stoa_enc_context *context, enum stoa_phys phys,
                                 struct stoa_vector **out, stoa_error *err)
{
    void *memory = NULL;
    void *values = NULL;
    STOA_TRY(stoa_enc_scratch(context, sizeof **out, &memory, err));
    STOA_TRY(stoa_enc_scratch(context, vector_bytes(phys), &values, err));
    struct stoa_vector *vector = memory;
    vector->phys = phys;
    vector->values.raw = values;
    memset(vector->validity, 0xFF, sizeof vector->validity);
    *out = vector;
    return STOA_OK;
}

stoa_status stoa_node_scratch(struct stoa_node *node, struct stoa_vector **out,
                              stoa_error *err)
{
    if (!node->scratch)
        STOA_TRY(stoa_vector_in_arena(node->context, node->phys, &node->scratch, err));
    *out = node->scratch;
    return STOA_OK;
}

/* ---- values ---- */

bool stoa_column_rows_equal(const struct stoa_column *column, uint32_t a, uint32_t b)
{
    if (column->phys == STOA_PHYS_BYTES)
        return stoa_view_equal(stoa_column_view(column, a), stoa_column_view(column, b));
    if (column->phys == STOA_PHYS_BOOL)
        return stoa_bit_get(column->values, a) == stoa_bit_get(column->values, b);
    const size_t width = stoa_phys_width(column->phys);
    const uint8_t *values = column->values;
    return memcmp(values + a * width, values + b * width, width) == 0;
}

static void repeat_bits(uint64_t *bits, uint32_t first, uint32_t count, bool set)
{
    if (set) {
        stoa_bitmap_set_range(bits, first, count);
        return;
    }
    for (uint32_t i = first; i < first + count;) {
        const uint32_t in_word = 64 - (i & 63);
        const uint32_t step = in_word < first + count - i ? in_word : first + count - i;
        bits[i >> 6] &= ~(stoa_low_mask(step) << (i & 63));
        i += step;
    }
}

void stoa_vector_repeat(struct stoa_vector *vector, uint32_t first, uint32_t count,
                        const struct stoa_value *value)
{
    if (vector->phys == STOA_PHYS_BOOL) {
        repeat_bits(vector->values.bits, first, count, value->boolean);
    } else if (vector->phys == STOA_PHYS_BYTES) {
        struct stoa_view *views = vector->values.views;
        const struct stoa_view view = value->bytes;
        for (uint32_t i = first; i < first + count; i++)
            views[i] = view;
    } else if (stoa_phys_width(vector->phys) == 8) {
        uint64_t *words = vector->values.u64;
        const uint64_t word = value->u64;
        for (uint32_t i = first; i < first + count; i++)
            words[i] = word;
    } else {
        stoa_i128 *wide = vector->values.i128;
        stoa_i128 one;
        memcpy(&one, value->fixed16, sizeof one);
        for (uint32_t i = first; i < first + count; i++)
            wide[i] = one;
    }
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The values are well-formed when their bytes are as a whole and none begins inside a character. */
stoa_status stoa_vector_check_text(const struct stoa_node *node, uint32_t vector,
                                   const uint8_t *bytes, uint32_t size,
                                   const struct stoa_vector *values, stoa_error *err)
{
    if (node->context->kernels->is_ascii(bytes, size))
        return STOA_OK;
    bool is_valid = stoa_utf8_is_valid(bytes, size);
    for (uint32_t i = 0; is_valid && i < values->length; i++) {
        const struct stoa_view view = values->values.views[i];
        is_valid = view.length == 0 || !is_continuation(view.data[0]);
    }
    if (is_valid)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "%s node: expected well-formed UTF-8 in vector %" PRIu32
                     ", found other bytes",
                     node->encoding->name, vector);
}

/* ---- bits of one vector ---- */

void stoa_bits_set_all(uint64_t bits[STOA_VECTOR_WORDS], uint32_t length, bool set)
{
    if (length >= STOA_VECTOR_ROWS) { /* of most vectors */
        memset(bits, set ? 0xFF : 0, STOA_VECTOR_WORDS * sizeof *bits);
        return;
    }
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        const uint32_t done = word * 64;
        const uint32_t left = length > done ? length - done : 0;
        bits[word] = set ? stoa_low_mask(left) : 0;
    }
}

void stoa_bits_negate(uint64_t bits[STOA_VECTOR_WORDS], uint32_t length)
{
    uint64_t all[STOA_VECTOR_WORDS];
    stoa_bits_set_all(all, length, true);
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++)
        bits[word] = ~bits[word] & all[word];
}

void stoa_bits_cut(uint64_t bits[STOA_VECTOR_WORDS], uint32_t length)
{
    uint64_t all[STOA_VECTOR_WORDS];
    if (length >= STOA_VECTOR_ROWS)
        return;
    stoa_bits_set_all(all, length, true);
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++)
        bits[word] &= all[word];
}

/* ---- scales ---- */

struct stoa_scale stoa_scale_make(uint64_t scale)
{
    const unsigned shift = (unsigned)__builtin_ctzll(scale);
    const uint64_t odd = scale >> shift;
    uint64_t inverse = odd; /* right in 3 bits; each step doubles them */
    for (int i = 0; i < 5; i++)
        inverse *= 2 - odd * inverse;
    return (struct stoa_scale){
        .scale = scale, .inverse = inverse, .limit = UINT64_MAX / odd, .shift = shift};
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Exact: distance is a multiple of the scale. */
static bool divides(const struct stoa_scale *scale, uint64_t distance)
{
    return (distance & stoa_low_mask(scale->shift)) == 0 &&
           (distance >> scale->shift) * scale->inverse <= scale->limit;
}

uint64_t stoa_enc_common_scale(const struct stoa_column *column, uint64_t base)
{
    const size_t width = stoa_phys_width(column->phys) / 8;
    const uint64_t *values = column->values; /* I128: the lower half comes first */
    uint64_t common = 0;
    struct stoa_scale scale = {.scale = 0};
    for (uint32_t i = 0; i < column->length && common != 1; i++) {
        const uint64_t distance = values[i * width] - base;
        if (common != 0 && divides(&scale, distance))
            continue;
        common = greatest_common_divisor(common, distance);
        if (common != 0)
            scale = stoa_scale_make(common);
    }
    return common == 0 ? 1 : common;
}

/* ---- predicates ---- */

static stoa_i128 kind_min(enum stoa_phys phys)
{
    if (phys == STOA_PHYS_I64)
        return INT64_MIN;
    return phys == STOA_PHYS_U64 ? 0 : (stoa_i128)((stoa_u128)1 << 127);
}

static stoa_i128 kind_max(enum stoa_phys phys)
{
    if (phys == STOA_PHYS_I64)
        return INT64_MAX;
    return phys == STOA_PHYS_U64 ? (stoa_i128)UINT64_MAX : ~kind_min(STOA_PHYS_I128);
}

struct stoa_number_range stoa_predicate_numbers(const struct stoa_predicate *predicate)
{
    const enum stoa_phys phys = predicate->phys;
    const struct stoa_number_range empty = {.low = 1, .high = 0};
    struct stoa_number_range range = {.low = kind_min(phys), .high = kind_max(phys)};
    if (predicate->has_low) {
        const stoa_i128 low = stoa_value_number(phys, &predicate->low);
        if (!predicate->low_inclusive && low == range.high)
            return empty;
        range.low = predicate->low_inclusive ? low : low + 1;
    }
    if (predicate->has_high) {
        const stoa_i128 high = stoa_value_number(phys, &predicate->high);
        if (!predicate->high_inclusive && high == kind_min(phys))
            return empty;
        range.high = predicate->high_inclusive ? high : high - 1;
    }
    return range;
}
