/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Predicates over the texts of a vector, many at a time: one text, a prefix, a part. Called by
 * predicate.c. Decoded texts mostly lie behind each other in one heap: a part is searched in the
 * whole heap, and what is found is given to the row it lies in, which costs a twentieth of a search
 * in each short text.
 */
#include "format/predicate_text.h"

#include <string.h>

#include "common/bits.h"
#include "format/kernels/kernels.h"

/* The texts behind each other; false when they lie elsewhere. Empty ones may lie anywhere. */
static bool is_heap(const struct stoa_view *views, uint32_t count, struct stoa_view *out)
{
    const uint8_t *first = NULL;
    const uint8_t *next = NULL;
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (views[i].length == 0)
            continue;
        if (next != NULL && views[i].data != next)
            return false;
        first = first ? first : views[i].data;
        next = views[i].data + views[i].length;
        size += views[i].length;
    }
    if (size > UINT32_MAX)
        return false;
    *out = (struct stoa_view){.data = first, .length = (uint32_t)size};
    return true;
}

/* Sets the bits of the texts that hold the part, which is not empty. What is found across the end
 * of a text is in neither. */
static void search_heap(const struct stoa_view *views, struct stoa_view heap,
                        struct stoa_view part, uint64_t found[STOA_VECTOR_WORDS])
{
    const struct stoa_kernels *kernels = stoa_kernels_best();
    size_t at = 0;
    uint32_t row = 0;
    size_t end = views[0].length; /* of the row's text in the heap */
    while (at < heap.length) {
        const size_t ahead =
            kernels->find_bytes(heap.data + at, heap.length - at, part.data, part.length);
        if (ahead == SIZE_MAX)
            return;
        at += ahead;
        while (end <= at)
            end += views[++row].length;
        const bool is_inside = part.length <= end - at;
        if (is_inside)
            stoa_bit_set(found, row);
        at = is_inside ? end : at + 1;
    }
}

/* Whether [low, high) is what begins with low: high is the same but for a last byte one larger. */
static bool is_prefix_range(const struct stoa_predicate *predicate)
{
    const struct stoa_view low = predicate->low.bytes;
    const struct stoa_view high = predicate->high.bytes;
    return predicate->low_inclusive && !predicate->high_inclusive && low.length > 0 &&
           low.length == high.length &&
           high.data[low.length - 1] == low.data[low.length - 1] + 1 &&
           memcmp(low.data, high.data, low.length - 1) == 0;
}

static bool is_one_text(const struct stoa_predicate *predicate)
{
    const struct stoa_view low = predicate->low.bytes;
    const struct stoa_view high = predicate->high.bytes;
    return predicate->low_inclusive && predicate->high_inclusive &&
           low.length == high.length &&
           (low.length == 0 || memcmp(low.data, high.data, low.length) == 0);
}

/* Rows among `rows` that match, the negation ignored; false: row by row. */
static bool find_rows(const struct stoa_predicate *predicate,
                      const struct stoa_vector *vector, uint64_t rows[STOA_VECTOR_WORDS])
{
    const struct stoa_view *views = vector->values.views;
    const struct stoa_kernels *kernels = stoa_kernels_best();
    uint64_t found[STOA_VECTOR_WORDS] = {0};
    struct stoa_view heap;
    if (predicate->kind == STOA_PREDICATE_RANGE && predicate->has_low &&
        predicate->has_high) {
        const bool is_prefix = is_prefix_range(predicate);
        if (!is_prefix && !is_one_text(predicate))
            return false;
        kernels->select_text(views, vector->length, &predicate->low.bytes, is_prefix, rows);
        return true;
    }
    if (predicate->kind != STOA_PREDICATE_TEST || !predicate->part ||
        !is_heap(views, vector->length, &heap))
        return false;
    if (predicate->part->length == 0)
        return true;
    search_heap(views, heap, *predicate->part, found);
    for (uint32_t i = 0; i < STOA_VECTOR_WORDS; i++)
        rows[i] &= found[i];
    return true;
}

bool stoa_predicate_eval_text(const struct stoa_predicate *predicate,
                              const struct stoa_vector *vector,
                              uint64_t bits[STOA_VECTOR_WORDS])
{
    uint64_t rows[STOA_VECTOR_WORDS];
    memcpy(rows, bits, sizeof rows);
    if (!find_rows(predicate, vector, rows))
        return false;
    for (uint32_t i = 0; i < STOA_VECTOR_WORDS; i++)
        bits[i] = predicate->negated ? bits[i] & ~rows[i] : rows[i];
    return true;
}
