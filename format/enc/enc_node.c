/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes whatever their encoding: the common header [ENC-1], and the dispatch to the table's
 * functions with their generic fallbacks. Called by the block layer for the root and by
 * encodings for their children.
 */
#include <assert.h>
#include <inttypes.h>

#include "format/enc/enc_parts.h"

/* ---- writing ---- */

stoa_status stoa_node_begin(const struct stoa_encoding *encoding, enum stoa_phys phys,
                            uint32_t count, struct stoa_buf *out, size_t *out_start,
                            stoa_error *err)
{
    const size_t start = out->size;
    uint8_t header[STOA_NODE_HEADER_SIZE] = {(uint8_t)encoding->id, (uint8_t)phys};
    stoa_store_le32(header + 4, count);
    STOA_TRY(stoa_buf_append(out, header, sizeof header, err));
    *out_start = start;
    return STOA_OK;
}

stoa_status stoa_node_finish(struct stoa_buf *out, size_t start, stoa_error *err)
{
    STOA_TRY(stoa_buf_append_zeros(out, -(out->size - start) & 7, err));
    const size_t size = out->size - start;
    if (size > UINT32_MAX)
        return stoa_fail(err, STOA_E_LIMIT, "expected a node below 4 GiB, found %zu bytes",
                         size);
    stoa_store_le32(out->data + start + 8, (uint32_t)size);
    return STOA_OK;
}

/* ---- reading ---- */

static stoa_status check_header(const uint8_t *bytes, size_t size, enum stoa_phys phys,
                                uint32_t count, unsigned depth, stoa_error *err)
{
    if (depth > STOA_NODE_MAX_DEPTH) /* [ENC-5] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected nodes at most %d deep, found one at depth %u",
                         STOA_NODE_MAX_DEPTH, depth);
    if (size < STOA_NODE_HEADER_SIZE)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a node header of %d bytes, found %zu",
                         STOA_NODE_HEADER_SIZE, size);
    if (!stoa_encoding_find(bytes[0]))
        return stoa_fail(err, STOA_E_NEWER,
                         "expected a known encoding, found id %u (written by a newer "
                         "version?)",
                         bytes[0]);
    const char *name = stoa_encoding_find(bytes[0])->name;
    if (bytes[1] != phys) /* [ENC-4] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "%s node: expected physical kind %d, found %u", name, (int)phys,
                         bytes[1]);
    if (stoa_load_le32(bytes + 4) != count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "%s node: expected %" PRIu32 " values, found %" PRIu32, name,
                         count, stoa_load_le32(bytes + 4));
    const uint32_t length = stoa_load_le32(bytes + 8);
    if (length < STOA_NODE_HEADER_SIZE || length > size || length % 8 != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "%s node: expected a size from %d to %zu in steps of 8, found "
                         "%" PRIu32,
                         name, STOA_NODE_HEADER_SIZE, size, length);
    return STOA_OK;
}

stoa_status stoa_node_open(const uint8_t *bytes, size_t size, enum stoa_phys phys,
                           uint32_t count, unsigned depth, struct stoa_enc_context *context,
                           struct stoa_node **out_node, stoa_error *err)
{
    STOA_TRY(check_header(bytes, size, phys, count, depth, err));
    const struct stoa_encoding *encoding = stoa_encoding_find(bytes[0]);
    if (!(encoding->phys_mask & STOA_PHYS_BIT(phys)))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "%s node: expected a physical kind it can hold, found %d",
                         encoding->name, (int)phys);
    struct stoa_node *node = stoa_arena_alloc_zeroed(context->arena, 1, sizeof *node);
    if (!node)
        return stoa_arena_fail(context->arena, sizeof *node, err);
    node->encoding = encoding;
    node->phys = phys;
    node->count = count;
    node->bytes = bytes;
    node->size = stoa_load_le32(bytes + 8);
    node->context = context;
    STOA_TRY(encoding->open(node, depth, err));
    *out_node = node;
    return STOA_OK;
}

stoa_status stoa_node_decode(struct stoa_node *node, uint32_t vector,
                             struct stoa_vector *out, stoa_error *err)
{
    assert(vector < stoa_vector_count(node->count) && out->phys == node->phys);
    return node->encoding->decode(node, vector, out, err);
}

/* Encodings know nothing of NULL: whatever validity `scratch` has must not count. */
stoa_status stoa_node_select_decoded(struct stoa_node *node, uint32_t vector,
                                     const struct stoa_predicate *predicate,
                                     struct stoa_vector *scratch,
                                     uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    STOA_TRY(stoa_node_decode(node, vector, scratch, err));
    scratch->has_nulls = false;
    memset(scratch->validity, 0xFF, sizeof scratch->validity);
    stoa_predicate_eval(predicate, scratch, out_bits);
    return STOA_OK;
}

stoa_status stoa_node_select(struct stoa_node *node, uint32_t vector,
                             const struct stoa_predicate *predicate,
                             struct stoa_vector *scratch,
                             uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    assert(vector < stoa_vector_count(node->count) && scratch->phys == node->phys);
    if (predicate->kind == STOA_PREDICATE_IS_NULL ||
        predicate->kind == STOA_PREDICATE_IS_NOT_NULL) {
        stoa_bits_set_all(out_bits, stoa_vector_length(node->count, vector),
                          predicate->kind == STOA_PREDICATE_IS_NOT_NULL);
        return STOA_OK;
    }
    assert(predicate->phys == node->phys);
    if (!node->encoding->select)
        return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
    return node->encoding->select(node, vector, predicate, scratch, out_bits, err);
}

stoa_status stoa_node_narrow_decoded(struct stoa_node *node, uint32_t vector, uint32_t *out,
                                     stoa_error *err)
{
    struct stoa_vector *scratch = NULL;
    STOA_TRY(stoa_node_scratch(node, &scratch, err));
    STOA_TRY(stoa_node_decode(node, vector, scratch, err));
    uint64_t largest = 0;
    for (uint32_t i = 0; i < scratch->length; i++) {
        const uint64_t value = scratch->values.u64[i];
        largest = value > largest ? value : largest;
        out[i] = (uint32_t)value;
    }
    if (largest > UINT32_MAX)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "%s node: expected codes below 2^32, found %" PRIu64,
                         node->encoding->name, largest);
    return STOA_OK;
}

stoa_status stoa_node_narrow(struct stoa_node *node, uint32_t vector, uint32_t *out,
                             stoa_error *err)
{
    assert(node->phys == STOA_PHYS_U64 && vector < stoa_vector_count(node->count));
    if (!node->encoding->narrow)
        return stoa_node_narrow_decoded(node, vector, out, err);
    return node->encoding->narrow(node, vector, out, err);
}

stoa_status stoa_node_select_members(struct stoa_node *node, uint32_t vector,
                                     const uint64_t *members, uint32_t size,
                                     uint64_t out_bits[STOA_VECTOR_WORDS], bool *out_done,
                                     stoa_error *err)
{
    assert(node->phys == STOA_PHYS_U64 && vector < stoa_vector_count(node->count));
    *out_done = false;
    if (!node->encoding->select_members)
        return STOA_OK;
    return node->encoding->select_members(node, vector, members, size, out_bits, out_done,
                                          err);
}

stoa_status stoa_node_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                         stoa_error *err)
{
    assert(row < node->count);
    if (node->encoding->at)
        return node->encoding->at(node, row, out, err);
    struct stoa_vector *scratch = NULL;
    STOA_TRY(stoa_node_scratch(node, &scratch, err));
    STOA_TRY(stoa_node_decode(node, row / STOA_VECTOR_ROWS, scratch, err));
    *out = stoa_vector_get(scratch, row % STOA_VECTOR_ROWS);
    return STOA_OK;
}

stoa_i128 stoa_enc_sum_values(const struct stoa_node *node, const void *values,
                              uint32_t count)
{
    const struct stoa_kernels *kernels = node->context->kernels;
    stoa_u128 unsigned_sum = 0;
    stoa_i128 sum = 0;
    if (node->phys == STOA_PHYS_I64) {
        kernels->sum_i64(values, count, &sum);
        return sum;
    }
    kernels->sum_lanes(64, values, count, &unsigned_sum);
    return (stoa_i128)unsigned_sum;
}

stoa_status stoa_node_sum_decoded(struct stoa_node *node, uint32_t first, uint32_t count,
                                  stoa_i128 *sum, stoa_error *err)
{
    struct stoa_vector *scratch = NULL;
    STOA_TRY(stoa_node_scratch(node, &scratch, err));
    stoa_i128 total = 0;
    while (count > 0) {
        const struct stoa_part part = stoa_first_part(first, count);
        STOA_TRY(stoa_node_decode(node, part.vector, scratch, err));
        total += stoa_enc_sum_values(node, scratch->values.u64 + part.first, part.count);
        first += part.count;
        count -= part.count;
    }
    *sum += total;
    return STOA_OK;
}

stoa_status stoa_node_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                          stoa_i128 *sum, stoa_error *err)
{
    assert(node->phys == STOA_PHYS_I64 || node->phys == STOA_PHYS_U64);
    assert(first <= node->count && count <= node->count - first);
    if (!node->encoding->sum)
        return stoa_node_sum_decoded(node, first, count, sum, err);
    return node->encoding->sum(node, first, count, sum, err);
}

void stoa_enc_extremes_of(const struct stoa_node *node, const void *values, uint32_t count,
                          struct stoa_number_range *range)
{
    const struct stoa_kernels *kernels = node->context->kernels;
    if (count == 0)
        return;
    if (node->phys == STOA_PHYS_I64) {
        int64_t low;
        int64_t high;
        kernels->min_max_i64(values, count, &low, &high);
        stoa_range_widen(range, low, high);
    } else {
        uint64_t low;
        uint64_t high;
        kernels->min_max_lanes(64, values, count, &low, &high);
        stoa_range_widen(range, (stoa_i128)low, (stoa_i128)high);
    }
}

stoa_status stoa_node_extremes_decoded(struct stoa_node *node, uint32_t first,
                                       uint32_t count, struct stoa_number_range *range,
                                       stoa_error *err)
{
    struct stoa_vector *scratch = NULL;
    STOA_TRY(stoa_node_scratch(node, &scratch, err));
    while (count > 0) {
        const struct stoa_part part = stoa_first_part(first, count);
        STOA_TRY(stoa_node_decode(node, part.vector, scratch, err));
        stoa_enc_extremes_of(node, scratch->values.u64 + part.first, part.count, range);
        first += part.count;
        count -= part.count;
    }
    return STOA_OK;
}

stoa_status stoa_node_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                               struct stoa_number_range *range, stoa_error *err)
{
    assert(node->phys == STOA_PHYS_I64 || node->phys == STOA_PHYS_U64);
    assert(first <= node->count && count <= node->count - first);
    if (count == 0)
        return STOA_OK;
    if (!node->encoding->extremes)
        return stoa_node_extremes_decoded(node, first, count, range, err);
    return node->encoding->extremes(node, first, count, range, err);
}

bool stoa_node_bounds(const struct stoa_node *node, uint32_t vector,
                      struct stoa_number_range *out)
{
    assert(node->phys == STOA_PHYS_I64 || node->phys == STOA_PHYS_U64);
    return node->encoding->bounds &&
           node->encoding->bounds(node, vector, &out->low, &out->high);
}

static stoa_status describe_level(const struct stoa_node *node, struct stoa_buf *out,
                                  stoa_error *err)
{
    STOA_TRY(stoa_buf_printf(out, err, "%s", node->encoding->name));
    return node->encoding->describe ? node->encoding->describe(node, out, err) : STOA_OK;
}

static unsigned child_count(const struct stoa_node *node)
{
    unsigned count = 0;
    while (count < STOA_NODE_MAX_CHILDREN && node->children[count])
        count++;
    return count;
}

/* "rle 7 runs (ffor 3 bits, const)", "dict 12 entries > ffor 4 bits" */
stoa_status stoa_node_describe(const struct stoa_node *node, struct stoa_buf *out,
                               stoa_error *err)
{
    STOA_TRY(describe_level(node, out, err));
    const unsigned count = child_count(node);
    if (count == 0)
        return STOA_OK;
    STOA_TRY(stoa_buf_printf(out, err, count == 1 ? " > " : " ("));
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            STOA_TRY(stoa_buf_printf(out, err, ", "));
        STOA_TRY(stoa_node_describe(node->children[i], out, err)); /* at most 3 deep */
    }
    return count == 1 ? STOA_OK : stoa_buf_printf(out, err, ")");
}
