/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SAME: a column by reference to another one of its row group (spec/encodings/same.md). Reading:
 * the block of the base is opened through the context, once, and decoded vector by vector
 * along with this node; map and exceptions are few and decoded when the node is opened.
 *
 * The base's values behind its NULLs are 0 by definition [SAME-3], so that what its own encoding
 * left there never matters.
 */
#include "format/enc/enc_same.h"

#include <assert.h>
#include <inttypes.h>

#include "common/bitmap.h"
#include "format/block.h"
#include "format/enc/enc_table.h"

/* [SAME-5] The rows that hold values of their own. */
struct same_exceptions {
    uint32_t count;
    uint32_t *rows;   /* ascending */
    uint32_t *starts; /* per vector and one more: the first of its exceptions */
    void *values;     /* as a vector of the kind holds them; BOOL: bitmap words */
};

struct same_state {
    unsigned form;
    bool is_root;
    struct stoa_block *base;
    const struct stoa_reference_source *source;
    struct stoa_node *residual; /* form 1 */
    void *map;                  /* forms 2 and 3 */
    uint32_t key_count;
    uint64_t low;
    uint32_t *keys; /* scratch of 1,024, forms 2 and 3 */
    struct same_exceptions exceptions;
    /* What the last predicate says of each entry of the map. A root's predicates stay as they are
     * while the block is open; those that a parent makes up do not. */
    const struct stoa_predicate *known;
    uint8_t *matches; /* NULL until first used */
};

/* Damage that shows in the base's block while this one is decoded. */
static stoa_status base_fail(const struct same_state *state, stoa_status status,
                             stoa_error *err)
{
    if (status == STOA_E_CORRUPT && err)
        return stoa_fail(err, status, "column %s, which this one refers to: %s",
                         state->source->label, err->message);
    return status;
}

#define TRY_BASE(state, expr)                                                              \
    do {                                                                                   \
        const stoa_status base_status_ = (expr);                                           \
        if (base_status_ != STOA_OK)                                                       \
            return base_fail(state, base_status_, err);                                    \
    } while (0)

/* ---- opening ---- */

static size_t value_size(enum stoa_phys phys)
{
    return phys == STOA_PHYS_BYTES ? sizeof(struct stoa_view) : stoa_phys_width(phys);
}

/* All values of a child, one behind the other; BOOL: bits. At most 65,536 of 16 bytes. */
static stoa_status load_values(struct stoa_node *child, void **out, stoa_error *err)
{
    const bool is_bool = child->phys == STOA_PHYS_BOOL;
    const size_t step =
        is_bool ? STOA_VECTOR_ROWS / 8 : STOA_VECTOR_ROWS * value_size(child->phys);
    struct stoa_vector *vector = NULL;
    void *memory = NULL;
    STOA_TRY(stoa_enc_scratch(child->context, stoa_vector_count(child->count) * step,
                              &memory, err));
    STOA_TRY(stoa_node_scratch(child, &vector, err));
    for (uint32_t v = 0; v < stoa_vector_count(child->count); v++) {
        STOA_TRY(stoa_node_decode(child, v, vector, err));
        memcpy((uint8_t *)memory + v * step, vector->values.raw,
               is_bool ? stoa_bitmap_words(vector->length) * 8
                       : vector->length * value_size(child->phys));
    }
    *out = memory;
    return STOA_OK;
}

static struct stoa_value load_value(enum stoa_phys phys, const void *values, uint32_t i)
{
    struct stoa_value value = {.is_null = false};
    if (phys == STOA_PHYS_BOOL)
        value.boolean = stoa_bit_get(values, i) != 0;
    else if (phys == STOA_PHYS_BYTES)
        value.bytes = ((const struct stoa_view *)values)[i];
    else
        value = stoa_value_load(phys, (const uint8_t *)values + i * value_size(phys));
    return value;
}

/* [SAME-1] [SAME-2] */
static stoa_status open_base(struct stoa_node *node, struct same_state *state,
                             stoa_error *err)
{
    struct stoa_enc_context *context = node->context;
    struct stoa_reference_source *source = context->references;
    const uint32_t column = stoa_node_parameter(node);
    if (!source)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "same node: expected one at most in a block, and none in a "
                         "dictionary or in a block that is referred to");
    context->references = NULL;
    if (column >= source->column)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "same node: expected a column before this one, number %" PRIu32
                         ", found %" PRIu32,
                         source->column, column);
    STOA_TRY(source->open(source, column, &state->base, err));
    if (state->base->rows != node->count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "same node: expected %" PRIu32 " rows in column %s, which it "
                         "refers to, found %" PRIu32,
                         node->count, source->label, state->base->rows);
    if (!state->base->root)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "same node: expected values in column %s, which it refers to, "
                         "found NULLs alone",
                         source->label);
    state->source = source;
    return STOA_OK;
}

/* [SAME-2] The form, and the kinds of node and base. */
static stoa_status check_kinds(const struct stoa_node *node, const struct same_state *state,
                               stoa_error *err)
{
    const struct stoa_block *base = state->base;
    const unsigned form = state->form;
    bool is_right = base->phys == node->phys;
    if (form == STOA_SAME_NUMBER)
        is_right = STOA_SAME_WORDS & STOA_PHYS_BIT(base->phys);
    else if (form == STOA_SAME_CODE)
        is_right = base->root->encoding->id == STOA_ENC_DICT &&
                   state->low < base->context->dictionary->count;
    else if (node->phys == STOA_PHYS_BYTES)
        is_right = is_right && (base->context->is_utf8 || !node->context->is_utf8);
    if (!is_right || !(stoa_same_kinds(form) & STOA_PHYS_BIT(node->phys)))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "same node: expected kinds that form %u can hold, found %d by "
                         "%d (%s) of column %s",
                         form, (int)node->phys, (int)base->phys, base->root->encoding->name,
                         state->source->label);
    return STOA_OK;
}

/* [SAME-4] [SAME-5] */
static stoa_status check_counts(const struct stoa_node *node,
                                const struct same_state *state, stoa_error *err)
{
    const bool has_map = state->form >= STOA_SAME_NUMBER;
    if (state->exceptions.count >= node->count ||
        (state->form == STOA_SAME_OFFSET && state->exceptions.count > 0))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "same node: expected fewer exceptions than %" PRIu32
                         " values, and none in form 1, found %" PRIu32,
                         node->count, state->exceptions.count);
    if (has_map ? state->key_count == 0 || state->key_count > STOA_SAME_KEYS_MAX
                : state->key_count > 0 || state->low > 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "same node: expected %s, found %" PRIu32 " keys from %" PRIu64
                         " on in form %u",
                         has_map ? "1 to 65536 keys" : "no keys", state->key_count,
                         state->low, state->form);
    return STOA_OK;
}

/* [SAME-5] */
static stoa_status load_rows(struct stoa_node *node, struct stoa_node *gaps,
                             struct same_exceptions *out, stoa_error *err)
{
    const uint32_t vectors = stoa_vector_count(node->count);
    uint64_t next = 0;
    void *memory = NULL;
    void *distances = NULL;
    STOA_TRY(load_values(gaps, &distances, err));
    STOA_TRY(stoa_enc_scratch(node->context,
                              ((size_t)out->count + vectors + 1) * sizeof(uint32_t),
                              &memory, err));
    out->rows = memory;
    out->starts = out->rows + out->count;
    for (uint32_t k = 0; k < out->count; k++) {
        const uint64_t gap = ((const uint64_t *)distances)[k];
        if (gap >= node->count - next)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "same node: expected gap %" PRIu32 " below %" PRIu64
                             ", found %" PRIu64,
                             k, node->count - next, gap);
        next += gap;
        out->rows[k] = (uint32_t)next++;
        out->starts[out->rows[k] / STOA_VECTOR_ROWS + 1]++;
    }
    for (uint32_t v = 0; v < vectors; v++)
        out->starts[v + 1] += out->starts[v];
    return STOA_OK;
}

/* Children take the slots in their order, those that there are. */
static stoa_status open_children(struct stoa_node *node, struct stoa_parts *parts,
                                 struct same_state *state, stoa_error *err)
{
    struct same_exceptions *exceptions = &state->exceptions;
    unsigned slot = 0;
    if (state->form == STOA_SAME_OFFSET) {
        STOA_TRY(stoa_parts_child(parts, slot, STOA_PHYS_I64, node->count, err));
        state->residual = node->children[slot++];
    } else if (state->form >= STOA_SAME_NUMBER) {
        STOA_TRY(stoa_parts_child(parts, slot, node->phys, state->key_count, err));
        STOA_TRY(load_values(node->children[slot++], &state->map, err));
    }
    if (exceptions->count > 0) {
        STOA_TRY(stoa_parts_child(parts, slot, STOA_PHYS_U64, exceptions->count, err));
        STOA_TRY(load_rows(node, node->children[slot++], exceptions, err));
        STOA_TRY(stoa_parts_child(parts, slot, node->phys, exceptions->count, err));
        STOA_TRY(load_values(node->children[slot], &exceptions->values, err));
    }
    return stoa_parts_end(parts, err);
}

static stoa_status same_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct stoa_arena *arena = node->context->arena;
    const uint8_t *parameters = NULL;
    struct same_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    if (!state)
        return stoa_arena_fail(arena, sizeof *state, err);
    state->form = stoa_node_flags_a(node);
    state->is_root = depth == 1;
    if (state->form >= STOA_SAME_FORM_COUNT || stoa_node_flags_b(node) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "same node: expected form 0 to 3 and flags b of 0, found %u %u",
                         state->form, stoa_node_flags_b(node));
    STOA_TRY(stoa_parts_take(&parts, STOA_SAME_PARAMETERS, "parameters", &parameters, err));
    state->exceptions.count = stoa_load_le32(parameters);
    state->key_count = stoa_load_le32(parameters + 4);
    state->low = stoa_load_le64(parameters + 8);
    STOA_TRY(open_base(node, state, err));
    STOA_TRY(check_counts(node, state, err));
    STOA_TRY(check_kinds(node, state, err));
    STOA_TRY(open_children(node, &parts, state, err));
    if (state->map) {
        void *keys = NULL;
        STOA_TRY(stoa_enc_scratch(node->context, STOA_VECTOR_ROWS * sizeof(uint32_t), &keys,
                                  err));
        state->keys = keys;
    }
    node->state = state;
    return STOA_OK;
}

/* ---- the base's rows ---- */

/* The words of the base's validity for a vector; false when no row of the base is NULL. */
static bool base_validity(const struct same_state *state, uint32_t vector, uint32_t length,
                          uint64_t out[STOA_VECTOR_WORDS])
{
    const uint8_t *bits = state->base->context->validity;
    if (!bits)
        return false;
    memset(out, 0, STOA_VECTOR_WORDS * sizeof *out);
    memcpy(out, bits + (size_t)vector * STOA_VECTOR_WORDS * 8,
           stoa_bitmap_words(length) * 8);
    return true;
}

static bool base_is_null(const struct same_state *state, uint32_t row)
{
    const uint8_t *bits = state->base->context->validity;
    return bits && !(bits[row / 8] >> row % 8 & 1);
}

/* [SAME-3] */
static void clear_nulls(const uint64_t valid[STOA_VECTOR_WORDS], struct stoa_vector *vector)
{
    const struct stoa_value nothing = {.is_null = false};
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        if (vector->phys == STOA_PHYS_BOOL) {
            vector->values.bits[word] &= valid[word];
            continue;
        }
        const uint32_t first = word * 64;
        if (first >= vector->length)
            return;
        uint64_t nulls = ~valid[word] & stoa_low_mask(vector->length - first);
        for (; nulls; nulls &= nulls - 1)
            stoa_vector_repeat(vector, first + (uint32_t)__builtin_ctzll(nulls), 1,
                               &nothing);
    }
}

/* The base's values of a vector, into one of the base's kind. */
static stoa_status decode_base(const struct same_state *state, uint32_t vector,
                               struct stoa_vector *out, stoa_error *err)
{
    uint64_t valid[STOA_VECTOR_WORDS];
    TRY_BASE(state, stoa_node_decode(state->base->root, vector, out, err));
    if (base_validity(state, vector, out->length, valid))
        clear_nulls(valid, out);
    return STOA_OK;
}

/* ---- keys ---- */

static stoa_status key_fail(const struct same_state *state, uint64_t key, stoa_error *err)
{
    return stoa_fail(err, STOA_E_CORRUPT,
                     "same node: expected keys below %" PRIu32 ", found %" PRIu64
                     " by column %s",
                     state->key_count, key, state->source->label);
}

static stoa_status load_numbers(const struct same_state *state, uint32_t vector,
                                stoa_error *err)
{
    struct stoa_vector *numbers = NULL;
    const uint64_t low = state->low;
    uint32_t *restrict keys = state->keys;
    uint64_t any = 0;
    STOA_TRY(stoa_node_scratch(state->base->root, &numbers, err));
    TRY_BASE(state, stoa_node_decode(state->base->root, vector, numbers, err));
    const uint64_t *restrict values = numbers->values.u64;
    for (uint32_t i = 0; i < numbers->length; i++) {
        const uint64_t key = values[i] - low;
        any |= key;
        keys[i] = (uint32_t)key;
    }
    if (any >> 32 == 0)
        return STOA_OK;
    for (uint32_t i = 0; i < numbers->length; i++) /* too large ones stay so */
        keys[i] = values[i] - low > UINT32_MAX ? UINT32_MAX : keys[i];
    return STOA_OK;
}

static stoa_status load_codes(const struct same_state *state, uint32_t vector,
                              uint32_t length, stoa_error *err)
{
    struct stoa_node *root = state->base->root;
    TRY_BASE(state, root->encoding->codes(root, vector, state->keys, err));
    const uint32_t low = (uint32_t)state->low;
    for (uint32_t i = 0; low > 0 && i < length; i++)
        state->keys[i] -= low;
    return STOA_OK;
}

/* [SAME-3] [SAME-4] */
static stoa_status load_keys(const struct same_state *state, uint32_t vector,
                             uint32_t length, stoa_error *err)
{
    uint64_t valid[STOA_VECTOR_WORDS];
    uint32_t *keys = state->keys;
    STOA_TRY(state->form == STOA_SAME_NUMBER ? load_numbers(state, vector, err)
                                             : load_codes(state, vector, length, err));
    if (base_validity(state, vector, length, valid)) {
        for (uint32_t i = 0; i < length; i++)
            keys[i] = stoa_bit_get(valid, i) ? keys[i] : 0;
    }
    if (stoa_codes_are_below(keys, length, state->key_count))
        return STOA_OK;
    uint32_t largest = 0;
    for (uint32_t i = 0; i < length; i++)
        largest = keys[i] > largest ? keys[i] : largest;
    return key_fail(state, largest, err);
}

/* ---- decoding ---- */

static void put_exceptions(const struct same_state *state, uint32_t vector,
                           struct stoa_vector *out)
{
    const struct same_exceptions *exceptions = &state->exceptions;
    if (exceptions->count == 0)
        return;
    const uint32_t end = exceptions->starts[vector + 1];
    uint32_t k = exceptions->starts[vector];
    if (out->phys != STOA_PHYS_BOOL && stoa_phys_width(out->phys) == 8) {
        const uint64_t *values = exceptions->values;
        for (; k < end; k++)
            out->values.u64[exceptions->rows[k] % STOA_VECTOR_ROWS] = values[k];
        return;
    }
    for (; k < end; k++) {
        const struct stoa_value value = load_value(out->phys, exceptions->values, k);
        stoa_vector_repeat(out, exceptions->rows[k] % STOA_VECTOR_ROWS, 1, &value);
    }
}

static void gather_words(const uint64_t *restrict map, const uint32_t *restrict keys,
                         uint32_t count, uint64_t *restrict out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = map[keys[i]];
}

static void gather_wide(const uint8_t *restrict map, const uint32_t *restrict keys,
                        uint32_t count, uint8_t *restrict out)
{
    for (uint32_t i = 0; i < count; i++)
        memcpy(out + (size_t)i * 16, map + (size_t)keys[i] * 16, 16);
}

static stoa_status decode_offset(const struct same_state *state, uint32_t vector,
                                 struct stoa_vector *out, stoa_error *err)
{
    struct stoa_vector *residual = NULL;
    STOA_TRY(stoa_node_scratch(state->residual, &residual, err));
    STOA_TRY(decode_base(state, vector, out, err));
    STOA_TRY(stoa_node_decode(state->residual, vector, residual, err));
    state->base->context->kernels->add_64(out->values.u64, residual->values.u64,
                                          out->length);
    return STOA_OK;
}

static stoa_status decode_map(const struct stoa_node *node, uint32_t vector,
                              struct stoa_vector *out, stoa_error *err)
{
    const struct same_state *state = node->state;
    out->length = stoa_vector_length(node->count, vector);
    STOA_TRY(load_keys(state, vector, out->length, err));
    if (stoa_phys_width(node->phys) == 8)
        gather_words(state->map, state->keys, out->length, out->values.u64);
    else
        gather_wide(state->map, state->keys, out->length, out->values.fixed16);
    return STOA_OK;
}

static stoa_status same_decode(struct stoa_node *node, uint32_t vector,
                               struct stoa_vector *out, stoa_error *err)
{
    const struct same_state *state = node->state;
    if (state->form == STOA_SAME_EQUAL)
        STOA_TRY(decode_base(state, vector, out, err));
    else if (state->form == STOA_SAME_OFFSET)
        STOA_TRY(decode_offset(state, vector, out, err));
    else
        STOA_TRY(decode_map(node, vector, out, err));
    put_exceptions(state, vector, out);
    return STOA_OK;
}

static stoa_status same_narrow(struct stoa_node *node, uint32_t vector, uint32_t *out,
                               stoa_error *err)
{
    const struct same_state *state = node->state;
    const uint32_t length = stoa_vector_length(node->count, vector);
    const struct same_exceptions *exceptions = &state->exceptions;
    if (!state->map)
        return stoa_node_narrow_decoded(node, vector, out, err);
    const uint64_t *map = state->map;
    uint64_t any = 0;
    STOA_TRY(load_keys(state, vector, length, err));
    for (uint32_t i = 0; i < length; i++) {
        any |= map[state->keys[i]];
        out[i] = (uint32_t)map[state->keys[i]];
    }
    for (uint32_t k = exceptions->count > 0 ? exceptions->starts[vector] : 0;
         exceptions->count > 0 && k < exceptions->starts[vector + 1]; k++) {
        any |= ((const uint64_t *)exceptions->values)[k];
        out[exceptions->rows[k] % STOA_VECTOR_ROWS] =
            (uint32_t)((const uint64_t *)exceptions->values)[k];
    }
    return any >> 32 == 0 ? STOA_OK : stoa_node_narrow_decoded(node, vector, out, err);
}

/* ---- selecting ---- */

static void select_exceptions(const struct stoa_node *node, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              uint64_t out_bits[STOA_VECTOR_WORDS])
{
    const struct same_state *state = node->state;
    const struct same_exceptions *exceptions = &state->exceptions;
    if (exceptions->count == 0)
        return;
    for (uint32_t k = exceptions->starts[vector]; k < exceptions->starts[vector + 1]; k++) {
        const struct stoa_value value = load_value(node->phys, exceptions->values, k);
        const uint32_t row = exceptions->rows[k] % STOA_VECTOR_ROWS;
        const uint64_t bit = UINT64_C(1) << row % 64;
        if (stoa_predicate_match(predicate, &value))
            out_bits[row / 64] |= bit;
        else
            out_bits[row / 64] &= ~bit;
    }
}

/* The base answers for its own rows; where it is NULL its value is 0. */
static stoa_status select_equal(const struct stoa_node *node, uint32_t vector,
                                const struct stoa_predicate *predicate,
                                struct stoa_vector *scratch,
                                uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct same_state *state = node->state;
    const uint32_t length = stoa_vector_length(node->count, vector);
    const struct stoa_value nothing = {.is_null = false};
    uint64_t valid[STOA_VECTOR_WORDS];
    TRY_BASE(state, stoa_node_select(state->base->root, vector, predicate, scratch,
                                     out_bits, err));
    if (!base_validity(state, vector, length, valid))
        return STOA_OK;
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++)
        out_bits[word] &= valid[word];
    if (!stoa_predicate_match(predicate, &nothing))
        return STOA_OK;
    stoa_bits_negate(valid, length);
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++)
        out_bits[word] |= valid[word];
    return STOA_OK;
}

/* One test for each entry of the map, then one look for each row. */
static stoa_status select_map(struct stoa_node *node, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    struct same_state *state = node->state;
    const uint32_t length = stoa_vector_length(node->count, vector);
    if (!state->matches) {
        void *memory = NULL;
        STOA_TRY(stoa_enc_scratch(node->context, state->key_count, &memory, err));
        state->matches = memory;
    }
    if (state->known != predicate) {
        for (uint32_t k = 0; k < state->key_count; k++) {
            const struct stoa_value value = load_value(node->phys, state->map, k);
            state->matches[k] = stoa_predicate_match(predicate, &value);
        }
        state->known = predicate;
    }
    STOA_TRY(load_keys(state, vector, length, err));
    memset(out_bits, 0, STOA_VECTOR_WORDS * sizeof *out_bits);
    const uint8_t *matches = state->matches;
    for (uint32_t first = 0; first < length; first += 64) {
        const uint32_t count = length - first < 64 ? length - first : 64;
        const uint32_t *keys = state->keys + first;
        uint64_t word = 0;
        for (uint32_t i = 0; i < count; i++)
            word |= (uint64_t)matches[keys[i]] << i;
        out_bits[first / 64] = word;
    }
    return STOA_OK;
}

static bool same_bounds(const struct stoa_node *node, uint32_t vector, stoa_i128 *out_low,
                        stoa_i128 *out_high)
{
    const struct same_state *state = node->state;
    struct stoa_number_range base;
    struct stoa_number_range residual = {.low = 0, .high = 0};
    if (state->form > STOA_SAME_OFFSET || state->exceptions.count > 0 ||
        state->base->context->validity ||
        !stoa_node_bounds(state->base->root, vector, &base))
        return false;
    if (state->residual && !stoa_node_bounds(state->residual, vector, &residual))
        return false;
    const bool is_signed = node->phys == STOA_PHYS_I64;
    *out_low = base.low + residual.low;
    *out_high = base.high + residual.high;
    return *out_low >= (is_signed ? INT64_MIN : 0) &&
           *out_high <= (is_signed ? INT64_MAX : (stoa_i128)UINT64_MAX);
}

/* A range by the bounds of base and residual alone; false when they leave it open. */
static bool select_by_bounds(const struct stoa_node *node, uint32_t vector,
                             const struct stoa_predicate *predicate,
                             uint64_t out_bits[STOA_VECTOR_WORDS])
{
    struct stoa_number_range have;
    if (predicate->kind != STOA_PREDICATE_RANGE ||
        !same_bounds(node, vector, &have.low, &have.high))
        return false;
    const struct stoa_number_range wanted = stoa_predicate_numbers(predicate);
    const bool is_none =
        wanted.low > wanted.high || wanted.low > have.high || wanted.high < have.low;
    if (!is_none && (wanted.low > have.low || wanted.high < have.high))
        return false;
    stoa_bits_set_all(out_bits, stoa_vector_length(node->count, vector),
                      is_none == predicate->negated);
    return true;
}

static stoa_status same_select(struct stoa_node *node, uint32_t vector,
                               const struct stoa_predicate *predicate,
                               struct stoa_vector *scratch,
                               uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct same_state *state = node->state;
    if (state->form == STOA_SAME_OFFSET &&
        select_by_bounds(node, vector, predicate, out_bits))
        return STOA_OK;
    if (state->form == STOA_SAME_OFFSET || !state->is_root)
        return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
    if (state->map)
        STOA_TRY(select_map(node, vector, predicate, out_bits, err));
    else
        STOA_TRY(select_equal(node, vector, predicate, scratch, out_bits, err));
    select_exceptions(node, vector, predicate, out_bits);
    return STOA_OK;
}

/* ---- one row, and sums ---- */

/* The exception in a row, or exceptions.count. */
static uint32_t find_exception(const struct same_exceptions *exceptions, uint32_t row)
{
    if (exceptions->count == 0)
        return 0;
    uint32_t low = exceptions->starts[row / STOA_VECTOR_ROWS];
    uint32_t high = exceptions->starts[row / STOA_VECTOR_ROWS + 1];
    const uint32_t end = high;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (exceptions->rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && exceptions->rows[low] == row ? low : exceptions->count;
}

static stoa_status base_at(const struct same_state *state, uint32_t row,
                           struct stoa_value *out, stoa_error *err)
{
    *out = (struct stoa_value){.is_null = false};
    if (base_is_null(state, row))
        return STOA_OK;
    TRY_BASE(state, stoa_node_at(state->base->root, row, out, err));
    return STOA_OK;
}

/* [SAME-3] [SAME-4] DICT has one child, its codes. */
static stoa_status key_at(const struct same_state *state, uint32_t row, uint32_t *out_key,
                          stoa_error *err)
{
    const struct stoa_block *base = state->base;
    struct stoa_value value = {.is_null = false};
    *out_key = 0;
    if (base_is_null(state, row))
        return STOA_OK;
    TRY_BASE(state, stoa_node_at(state->form == STOA_SAME_CODE ? base->root->children[0]
                                                               : base->root,
                                 row, &value, err));
    const uint64_t key = value.u64 - state->low;
    if (key >= state->key_count)
        return key_fail(state, key, err);
    *out_key = (uint32_t)key;
    return STOA_OK;
}

static stoa_status same_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                           stoa_error *err)
{
    const struct same_state *state = node->state;
    const uint32_t exception = find_exception(&state->exceptions, row);
    if (exception < state->exceptions.count) {
        *out = load_value(node->phys, state->exceptions.values, exception);
        return STOA_OK;
    }
    if (state->map) {
        uint32_t key = 0;
        STOA_TRY(key_at(state, row, &key, err));
        *out = load_value(node->phys, state->map, key);
        return STOA_OK;
    }
    struct stoa_value residual = {.is_null = false};
    STOA_TRY(base_at(state, row, out, err));
    if (!state->residual)
        return STOA_OK;
    STOA_TRY(stoa_node_at(state->residual, row, &residual, err));
    out->u64 += residual.u64;
    return STOA_OK;
}

/* Whether the sum of these rows is that of the base plus that of the residual. */
static bool sums_add_up(const struct stoa_node *node, uint32_t first, uint32_t count)
{
    const struct same_state *state = node->state;
    stoa_i128 low = 0;
    stoa_i128 high = 0;
    if (state->form == STOA_SAME_EQUAL)
        return state->exceptions.count == 0 && !state->base->context->validity;
    for (uint32_t v = first / STOA_VECTOR_ROWS; v * STOA_VECTOR_ROWS < first + count; v++) {
        if (!same_bounds(node, v, &low, &high))
            return false;
    }
    return true;
}

static stoa_status same_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                            stoa_i128 *sum, stoa_error *err)
{
    const struct same_state *state = node->state;
    stoa_i128 total = 0;
    if (!sums_add_up(node, first, count))
        return stoa_node_sum_decoded(node, first, count, sum, err);
    TRY_BASE(state, stoa_node_sum(state->base->root, first, count, &total, err));
    if (state->residual)
        STOA_TRY(stoa_node_sum(state->residual, first, count, &total, err));
    *sum += total;
    return STOA_OK;
}

static stoa_status same_describe(const struct stoa_node *node, struct stoa_buf *out,
                                 stoa_error *err)
{
    static const char *const names[] = {"equal to", "offset from", "by number of",
                                        "by code of"};
    const struct same_state *state = node->state;
    STOA_TRY(stoa_buf_printf(out, err, " %s %s", names[state->form], state->source->label));
    if (state->map)
        STOA_TRY(stoa_buf_printf(out, err, ", %" PRIu32 " keys", state->key_count));
    if (state->exceptions.count > 0)
        STOA_TRY(
            stoa_buf_printf(out, err, ", %" PRIu32 " exceptions", state->exceptions.count));
    return STOA_OK;
}

const struct stoa_encoding stoa_enc_same = {
    .id = STOA_ENC_SAME,
    .name = "same",
    .spec = "spec/encodings/same.md",
    .phys_mask =
        STOA_PHYS_FIXED | STOA_PHYS_BIT(STOA_PHYS_BOOL) | STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .has_children = true,
    .is_asked_last = true,
    .decode_cycles = 0.2, /* beside the base's; with a map more, see the estimate */
    .estimate = stoa_same_estimate,
    .encode = stoa_same_encode,
    .open = same_open,
    .decode = same_decode,
    .select = same_select,
    .narrow = same_narrow,
    .bounds = same_bounds,
    .at = same_at,
    .sum = same_sum,
    .describe = same_describe,
};
