/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CAST: reading (spec/encodings/cast.md). Values are printed a vector at a time into memory that
 * lives as long as the block, where views may look at it; rows whose texts do not fit the template
 * are spread over it. A filter reads its constants by the template, once, and asks the values; a
 * range does so where texts ascend as values do, its ends found by halving the domain.
 */
#include <inttypes.h>

#include "format/enc/enc_cast.h"
#include "format/enc/enc_expand.h"
#include "format/enc/enc_table.h"
#include "format/text.h"

enum { SIZES = 8, MAX_SET = 1024 };

/* A predicate in the values' domain, kept for the vectors to come. */
struct translation {
    const struct stoa_predicate *known; /* NULL: none yet */
    struct stoa_predicate copy;         /* of it, to recognise it by */
    bool is_possible;
    struct stoa_predicate predicate;
    struct stoa_value *set; /* room for MAX_SET, NULL until first used */
    uint8_t *set_bytes;     /* of BYTES values */
};

struct cast_state {
    struct stoa_cast_template t;
    uint8_t **texts;            /* per vector: its texts, NULL until first decoded */
    struct stoa_vector *values; /* the child's scratch */
    bool has_exceptions;
    struct stoa_expand exceptions; /* rows that hold other texts */
    struct stoa_vector spread;     /* a vector of them */
    uint8_t *one;                  /* room for the text of one value */
    struct translation translation;
};

/* ---- opening ---- */

/* [CAST-1] [CAST-2] */
static stoa_status take_template(struct stoa_parts *parts, struct stoa_cast_template *t,
                                 stoa_error *err)
{
    const struct stoa_node *node = parts->node;
    const uint8_t *sizes = NULL;
    const uint8_t *bytes = NULL;
    STOA_TRY(stoa_parts_take(parts, SIZES, "template sizes", &sizes, err));
    t->form = stoa_cast_form_find(stoa_node_flags_a(node));
    if (!t->form)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "cast node: expected a form from 1 to %d, found %u",
                         STOA_CAST_FORM_LIMIT - 1, stoa_node_flags_a(node));
    t->options = stoa_node_flags_b(node);
    t->width = sizes[0];
    t->prefix_size = sizes[1];
    t->suffix_size = sizes[2];
    t->pattern_size = sizes[3];
    if (t->prefix_size > STOA_CAST_MAX_AFFIX || t->suffix_size > STOA_CAST_MAX_AFFIX ||
        t->pattern_size > STOA_CAST_MAX_PATTERN || stoa_load_le32(sizes + 4) != 0)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "cast node: expected at most %d bytes around texts, %d of pattern and "
            "then 0, found %u, %u, %u and %" PRIu32,
            STOA_CAST_MAX_AFFIX, STOA_CAST_MAX_PATTERN, t->prefix_size, t->suffix_size,
            t->pattern_size, stoa_load_le32(sizes + 4));
    const uint32_t size = (uint32_t)t->prefix_size + t->suffix_size + t->pattern_size;
    STOA_TRY(stoa_parts_take(parts, size, "template", &bytes, err));
    memcpy(t->prefix, bytes, t->prefix_size);
    memcpy(t->suffix, bytes + t->prefix_size, t->suffix_size);
    memcpy(t->pattern, bytes + t->prefix_size + t->suffix_size, t->pattern_size);
    return stoa_parts_align(parts, err);
}

/* [CAST-3] [CAST-15] */
static stoa_status check_template(const struct stoa_node *node,
                                  struct stoa_cast_template *t, stoa_error *err)
{
    if (!stoa_cast_prepare(t))
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "cast node: expected a template of form %s, found options %u, width %u "
            "and a pattern of %u bytes that make none",
            t->form->name, t->options, t->width, t->pattern_size);
    if (node->context->is_utf8 && (!stoa_utf8_is_valid(t->prefix, t->prefix_size) ||
                                   !stoa_utf8_is_valid(t->suffix, t->suffix_size)))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "cast node: expected well-formed UTF-8 around texts, found other "
                         "bytes");
    if ((uint64_t)stoa_cast_max_text(t) * node->count > STOA_MAX_ROW_GROUP_RAW)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "cast node: expected texts of at most %zu bytes together, found "
                         "%" PRIu32 " of up to %" PRIu32,
                         STOA_MAX_ROW_GROUP_RAW, node->count, stoa_cast_max_text(t));
    return STOA_OK;
}

static stoa_status open_values(struct stoa_parts *parts, const struct cast_state *state,
                               stoa_error *err)
{
    const uint32_t count = parts->node->count;
    if (state->t.phys == STOA_PHYS_BYTES)
        return stoa_parts_child_bytes(parts, STOA_CAST_CHILD_VALUES, count, err);
    return stoa_parts_child(parts, STOA_CAST_CHILD_VALUES, state->t.phys, count, err);
}

/* [CAST-13] The bitmap of the rows that hold other texts. */
static stoa_status open_exceptions(struct stoa_node *node, struct cast_state *state,
                                   stoa_error *err)
{
    struct stoa_arena *arena = node->context->arena;
    struct stoa_node *texts = node->children[STOA_CAST_CHILD_TEXTS];
    const size_t words = stoa_bitmap_words(node->count);
    uint64_t *bits = stoa_arena_alloc_zeroed(arena, words, sizeof *bits);
    if (!bits)
        return stoa_arena_fail(arena, words * sizeof *bits, err);
    STOA_TRY(stoa_expand_gaps(node, node->children[STOA_CAST_CHILD_GAPS], bits, err));
    STOA_TRY(stoa_expand_open(texts, (const uint8_t *)bits, node->count, &state->exceptions,
                              err));
    void *views = NULL;
    STOA_TRY(stoa_enc_scratch(node->context, STOA_VECTOR_ROWS * sizeof(struct stoa_view),
                              &views, err));
    state->spread.phys = STOA_PHYS_BYTES;
    state->spread.values.raw = views;
    state->has_exceptions = true;
    return STOA_OK;
}

static stoa_status open_parts(struct stoa_node *node, unsigned depth,
                              struct cast_state *state, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    const uint32_t exceptions = stoa_node_parameter(node);
    STOA_TRY(take_template(&parts, &state->t, err));
    STOA_TRY(check_template(node, &state->t, err));
    STOA_TRY(open_values(&parts, state, err));
    if (exceptions >= node->count) /* [CAST-13] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "cast node: expected fewer than %" PRIu32
                         " other texts, found %" PRIu32,
                         node->count, exceptions);
    if (exceptions > 0) {
        STOA_TRY(
            stoa_parts_child(&parts, STOA_CAST_CHILD_GAPS, STOA_PHYS_U64, exceptions, err));
        STOA_TRY(stoa_parts_child(&parts, STOA_CAST_CHILD_TEXTS, STOA_PHYS_BYTES,
                                  exceptions, err));
    }
    STOA_TRY(stoa_parts_end(&parts, err));
    return exceptions > 0 ? open_exceptions(node, state, err) : STOA_OK;
}

static stoa_status cast_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_arena *arena = node->context->arena;
    const uint32_t vectors = stoa_vector_count(node->count);
    struct cast_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    uint8_t **texts = stoa_arena_alloc_zeroed(arena, vectors, sizeof *texts);
    uint8_t *one = stoa_arena_alloc(arena, STOA_CAST_MAX_TEXT + STOA_CAST_SLACK);
    if (!state || !texts || !one)
        return stoa_arena_fail(arena, sizeof *state + vectors * sizeof *texts, err);
    STOA_TRY(open_parts(node, depth, state, err));
    STOA_TRY(
        stoa_node_scratch(node->children[STOA_CAST_CHILD_VALUES], &state->values, err));
    state->texts = texts;
    state->one = one;
    node->state = state;
    return STOA_OK;
}

/* ---- the domain ---- */

struct bounds {
    int64_t low, high; /* U64: their bits, and unsigned */
};

static stoa_status fail_domain(const struct cast_state *state, const char *what,
                               stoa_error *err)
{
    return stoa_fail(err, STOA_E_CORRUPT,
                     "cast node: expected %s of form %s, found one outside", what,
                     state->t.form->name);
}

static struct bounds unsigned_bounds(const uint64_t *values, uint32_t count)
{
    uint64_t low = values[0];
    uint64_t high = values[0];
    for (uint32_t i = 1; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    return (struct bounds){(int64_t)low, (int64_t)high};
}

static bool are_sizes(const struct stoa_view *views, uint32_t count, uint32_t size)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < count; i++)
        any |= views[i].length ^ size;
    return any == 0;
}

/* [CAST-3] Decoded values are of the domain; *out says how far they reach. */
static stoa_status check_values(const struct stoa_node *node,
                                const struct stoa_vector *values, struct bounds *out,
                                stoa_error *err)
{
    const struct cast_state *state = node->state;
    const struct stoa_cast_template *t = &state->t;
    struct bounds bounds = {0, 0};
    bool is_inside = true;
    if (t->phys == STOA_PHYS_BYTES) {
        is_inside = are_sizes(values->values.views, values->length, t->value_size);
    } else if (t->phys != STOA_PHYS_FIXED16) {
        node->context->kernels->min_max_i64(values->values.i64, values->length, &bounds.low,
                                            &bounds.high);
        if (t->phys == STOA_PHYS_I64) {
            is_inside = bounds.low >= t->low && bounds.high <= t->high;
        } else {
            if (bounds.low < 0)
                bounds = unsigned_bounds(values->values.u64, values->length);
            is_inside = (uint64_t)bounds.high <= t->limit;
        }
    }
    *out = bounds;
    return is_inside ? STOA_OK : fail_domain(state, "values", err);
}

/* ---- decoding ---- */

/* Bytes of the longest text of values from low to high. */
static uint32_t measure(const struct cast_state *state, const struct bounds *bounds)
{
    const struct stoa_cast_template *t = &state->t;
    const bool is_large = t->phys == STOA_PHYS_U64 && (bounds->low < 0 || bounds->high < 0);
    if (!t->form->measure || is_large)
        return stoa_cast_max_text(t);
    return t->prefix_size + t->suffix_size + t->form->measure(t, bounds->low, bounds->high);
}

/* Memory for a vector's texts: the same values take the same each time. */
static stoa_status text_memory(struct stoa_node *node, uint32_t vector, uint32_t size,
                               uint8_t **out, stoa_error *err)
{
    struct cast_state *state = node->state;
    struct stoa_arena *arena = node->context->arena;
    if (!state->texts[vector]) {
        state->texts[vector] = stoa_arena_alloc(arena, (size_t)size + STOA_CAST_SLACK);
        if (!state->texts[vector])
            return stoa_arena_fail(arena, (size_t)size + STOA_CAST_SLACK, err);
    }
    *out = state->texts[vector];
    return STOA_OK;
}

static stoa_status print_vector(struct stoa_node *node, uint32_t vector,
                                struct stoa_vector *out, stoa_error *err)
{
    struct cast_state *state = node->state;
    struct stoa_vector *values = state->values;
    struct bounds bounds;
    uint8_t *memory = NULL;
    STOA_TRY(stoa_node_decode(node->children[STOA_CAST_CHILD_VALUES], vector, values, err));
    STOA_TRY(check_values(node, values, &bounds, err));
    STOA_TRY(
        text_memory(node, vector, values->length * measure(state, &bounds), &memory, err));
    out->length = values->length;
    state->t.form->print(&state->t, values->values.raw, values->length, memory,
                         out->values.views);
    return STOA_OK;
}

static uint32_t exceptions_of(const struct cast_state *state, uint32_t vector)
{
    return state->has_exceptions
               ? state->exceptions.ranks[vector + 1] - state->exceptions.ranks[vector]
               : 0;
}

/* [CAST-13] */
static stoa_status put_exceptions(struct cast_state *state, uint32_t vector,
                                  struct stoa_vector *out, stoa_error *err)
{
    const struct stoa_value nothing = {.is_null = false};
    const uint8_t *bits = state->exceptions.bits + (size_t)vector * STOA_VECTOR_WORDS * 8;
    STOA_TRY(stoa_expand_decode(&state->exceptions, vector, &nothing, &state->spread, err));
    for (uint32_t first = 0; first < out->length; first += 64, bits += 8) {
        for (uint64_t word = stoa_load_le64(bits); word; word &= word - 1) {
            const uint32_t row = first + (uint32_t)__builtin_ctzll(word);
            out->values.views[row] = state->spread.values.views[row];
        }
    }
    return STOA_OK;
}

static stoa_status cast_decode(struct stoa_node *node, uint32_t vector,
                               struct stoa_vector *out, stoa_error *err)
{
    struct cast_state *state = node->state;
    STOA_TRY(print_vector(node, vector, out, err));
    return exceptions_of(state, vector) > 0 ? put_exceptions(state, vector, out, err)
                                            : STOA_OK;
}

static stoa_status cast_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                           stoa_error *err)
{
    struct cast_state *state = node->state;
    const struct stoa_cast_template *t = &state->t;
    struct stoa_value value = {.is_null = false};
    STOA_TRY(stoa_node_at(node->children[STOA_CAST_CHILD_VALUES], row, &value, err));
    const bool is_inside =
        t->phys == STOA_PHYS_I64     ? value.i64 >= t->low && value.i64 <= t->high
        : t->phys == STOA_PHYS_U64   ? value.u64 <= t->limit
        : t->phys == STOA_PHYS_BYTES ? value.bytes.length == t->value_size
                                     : true;
    if (!is_inside)
        return fail_domain(state, "values", err);
    if (state->has_exceptions && (state->exceptions.bits[row / 8] >> row % 8 & 1))
        return stoa_expand_at(&state->exceptions, row, &value, out, err);
    out->is_null = false;
    out->bytes = stoa_cast_print_one(t, &value, state->one);
    return STOA_OK;
}

/* ---- predicates as those of values ---- */

static bool same_value(const struct stoa_value *a, const struct stoa_value *b)
{
    return a->bytes.data == b->bytes.data && a->bytes.length == b->bytes.length;
}

static bool is_same(const struct stoa_predicate *a, const struct stoa_predicate *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == STOA_PREDICATE_SET)
        return a->set == b->set && a->set_count == b->set_count;
    return a->has_low == b->has_low && a->has_high == b->has_high &&
           a->low_inclusive == b->low_inclusive && a->high_inclusive == b->high_inclusive &&
           (!a->has_low || same_value(&a->low, &b->low)) &&
           (!a->has_high || same_value(&a->high, &b->high));
}

/* A number of the domain counted from its lowest value; FIXED16 as a number of 128 bits. */
static struct stoa_value domain_value(const struct stoa_cast_template *t, stoa_u128 index)
{
    struct stoa_value value = {.is_null = false};
    if (t->phys == STOA_PHYS_FIXED16) {
        stoa_store_le64(value.fixed16, __builtin_bswap64((uint64_t)(index >> 64)));
        stoa_store_le64(value.fixed16 + 8, __builtin_bswap64((uint64_t)index));
    } else {
        value.u64 = (uint64_t)index + (t->phys == STOA_PHYS_I64 ? (uint64_t)t->low : 0);
    }
    return value;
}

static stoa_u128 last_index(const struct stoa_cast_template *t)
{
    if (t->phys == STOA_PHYS_FIXED16)
        return ~(stoa_u128)0;
    return t->phys == STOA_PHYS_I64 ? (stoa_u128)((uint64_t)t->high - (uint64_t)t->low)
                                    : t->limit;
}

/* The first value whose text is at or above (`is_above`: above) a constant; false: there is none. */
static bool find_first(const struct cast_state *state, const struct stoa_value *constant,
                       bool is_above, stoa_u128 *out)
{
    stoa_u128 low = 0;
    stoa_u128 high = last_index(&state->t);
    bool found = false;
    for (;;) {
        const stoa_u128 middle = low + (high - low) / 2;
        const struct stoa_value value = domain_value(&state->t, middle);
        const struct stoa_value text = {
            .bytes = stoa_cast_print_one(&state->t, &value, state->one)};
        const int order = stoa_value_compare(STOA_PHYS_BYTES, &text, constant);
        if (is_above ? order > 0 : order >= 0) {
            found = true;
            *out = middle;
            if (middle == low)
                return true;
            high = middle - 1;
        } else {
            if (middle == high)
                return found;
            low = middle + 1;
        }
    }
}

/* Rows that no value can be. */
static void set_nothing(struct translation *translation)
{
    translation->predicate.kind = STOA_PREDICATE_SET;
    translation->predicate.set = translation->set;
    translation->predicate.set_count = 0;
}

static void translate_range(struct cast_state *state, const struct stoa_predicate *from)
{
    struct translation *translation = &state->translation;
    struct stoa_predicate *to = &translation->predicate;
    stoa_u128 low = 0;
    stoa_u128 behind = 0;
    bool is_empty =
        from->has_low && !find_first(state, &from->low, !from->low_inclusive, &low);
    const bool is_cut =
        from->has_high && find_first(state, &from->high, from->high_inclusive, &behind);
    is_empty |= is_cut && behind <= low;
    if (is_empty) {
        set_nothing(translation);
        return;
    }
    to->kind = STOA_PREDICATE_RANGE;
    to->has_low = to->has_high = true;
    to->low_inclusive = to->high_inclusive = true;
    to->low = domain_value(&state->t, low);
    to->high = domain_value(&state->t, is_cut ? behind - 1 : last_index(&state->t));
}

/* Adds the value of a constant that has one, in order. */
static void add_to_set(struct cast_state *state, struct stoa_view text)
{
    struct translation *translation = &state->translation;
    const struct stoa_cast_template *t = &state->t;
    size_t at = translation->predicate.set_count;
    uint8_t *room = translation->set_bytes + at * (STOA_CAST_MAX_HEX / 2);
    struct stoa_value value = {.is_null = false};
    if (!stoa_cast_parse(t, text, &value, room))
        return;
    for (; at > 0 && stoa_value_compare(t->phys, &translation->set[at - 1], &value) > 0;
         at--)
        translation->set[at] = translation->set[at - 1];
    translation->set[at] = value;
    translation->predicate.set_count++;
}

static void translate_set(struct cast_state *state, const struct stoa_value *set,
                          size_t count)
{
    set_nothing(&state->translation);
    for (size_t i = 0; i < count; i++)
        add_to_set(state, set[i].bytes);
}

static bool is_equality(const struct stoa_predicate *predicate)
{
    return predicate->has_low && predicate->has_high && predicate->low_inclusive &&
           predicate->high_inclusive &&
           stoa_view_equal(predicate->low.bytes, predicate->high.bytes);
}

static stoa_status make_room(struct stoa_node *node, struct translation *translation,
                             stoa_error *err)
{
    struct stoa_arena *arena = node->context->arena;
    const size_t bytes = MAX_SET * (STOA_CAST_MAX_HEX / 2);
    if (translation->set)
        return STOA_OK;
    struct stoa_value *set = stoa_arena_alloc_zeroed(arena, MAX_SET, sizeof *set);
    uint8_t *set_bytes = stoa_arena_alloc(arena, bytes);
    if (!set || !set_bytes)
        return stoa_arena_fail(arena, bytes, err);
    translation->set = set;
    translation->set_bytes = set_bytes;
    return STOA_OK;
}

/* Ranges of hex digits that are bytes, and sets too large to sort here, are left to decoding. */
static stoa_status translate(struct stoa_node *node, const struct stoa_predicate *predicate,
                             stoa_error *err)
{
    struct cast_state *state = node->state;
    struct translation *translation = &state->translation;
    const bool is_set = predicate->kind == STOA_PREDICATE_SET;
    const bool is_one = predicate->kind == STOA_PREDICATE_RANGE && is_equality(predicate);
    translation->known = NULL;
    STOA_TRY(make_room(node, translation, err));
    translation->predicate = (struct stoa_predicate){.phys = state->t.phys};
    translation->is_possible = true;
    if (is_one)
        translate_set(state, &predicate->low, 1);
    else if (is_set && predicate->set_count <= MAX_SET)
        translate_set(state, predicate->set, predicate->set_count);
    else if (predicate->kind == STOA_PREDICATE_RANGE && state->t.is_ordered)
        translate_range(state, predicate);
    else
        translation->is_possible = false;
    translation->copy = *predicate;
    translation->known = predicate;
    return STOA_OK;
}

/* ---- selecting ---- */

/* Whether no value of the vector can be outside the domain, without looking at them. */
static bool is_surely_inside(const struct stoa_node *child, const struct cast_state *state,
                             uint32_t vector)
{
    const struct stoa_cast_template *t = &state->t;
    struct stoa_number_range range;
    if (t->is_full)
        return true;
    if (t->phys == STOA_PHYS_BYTES || !stoa_node_bounds(child, vector, &range))
        return false;
    return t->phys == STOA_PHYS_I64 ? range.low >= t->low && range.high <= t->high
                                    : range.low >= 0 && range.high <= (stoa_i128)t->limit;
}

static stoa_status select_values(struct stoa_node *node, uint32_t vector,
                                 const struct stoa_predicate *predicate,
                                 uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    struct cast_state *state = node->state;
    struct stoa_node *child = node->children[STOA_CAST_CHILD_VALUES];
    struct bounds bounds;
    if (is_surely_inside(child, state, vector))
        return stoa_node_select(child, vector, predicate, state->values, out_bits, err);
    STOA_TRY(stoa_node_decode(child, vector, state->values, err));
    STOA_TRY(check_values(node, state->values, &bounds, err));
    state->values->has_nulls = false;
    memset(state->values->validity, 0xFF, sizeof state->values->validity);
    stoa_predicate_eval(predicate, state->values, out_bits);
    return STOA_OK;
}

static stoa_status cast_select(struct stoa_node *node, uint32_t vector,
                               const struct stoa_predicate *predicate,
                               struct stoa_vector *scratch,
                               uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    struct cast_state *state = node->state;
    struct translation *translation = &state->translation;
    uint64_t others[STOA_VECTOR_WORDS];
    uint64_t mask[STOA_VECTOR_WORDS];
    if (predicate->kind == STOA_PREDICATE_TEST)
        return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
    if (translation->known != predicate || !is_same(&translation->copy, predicate))
        STOA_TRY(translate(node, predicate, err));
    if (!translation->is_possible)
        return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
    translation->predicate.negated = predicate->negated;
    STOA_TRY(select_values(node, vector, &translation->predicate, out_bits, err));
    if (exceptions_of(state, vector) == 0)
        return STOA_OK;
    STOA_TRY(stoa_expand_select(&state->exceptions, vector, predicate, others, mask, err));
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++)
        out_bits[word] = (out_bits[word] & ~mask[word]) | others[word];
    return STOA_OK;
}

/* ---- describing ---- */

static stoa_status cast_describe(const struct stoa_node *node, struct stoa_buf *out,
                                 stoa_error *err)
{
    const struct cast_state *state = node->state;
    const struct stoa_cast_template *t = &state->t;
    STOA_TRY(stoa_buf_printf(out, err, " %s", t->form->name));
    if (t->pattern_size > 0)
        STOA_TRY(
            stoa_buf_printf(out, err, " %.*s", t->pattern_size, (const char *)t->pattern));
    if (t->width > 0)
        STOA_TRY(stoa_buf_printf(out, err, " %u", t->width));
    if (t->prefix_size + t->suffix_size > 0)
        STOA_TRY(stoa_buf_printf(out, err, " between %u and %u bytes", t->prefix_size,
                                 t->suffix_size));
    if (state->has_exceptions)
        STOA_TRY(
            stoa_buf_printf(out, err, ", %" PRIu32 " others", stoa_node_parameter(node)));
    return STOA_OK;
}

const struct stoa_encoding stoa_enc_cast = {
    .id = STOA_ENC_CAST,
    .name = "cast",
    .spec = "spec/encodings/cast.md",
    .phys_mask = STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .has_children = true,
    .decode_cycles = 10,
    .vector_worth = 24,
    .estimate = stoa_cast_estimate,
    .encode = stoa_cast_encode,
    .open = cast_open,
    .decode = cast_decode,
    .select = cast_select,
    .at = cast_at,
    .describe = cast_describe,
};
