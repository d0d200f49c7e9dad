/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting distinct values in storage order [FMT-30]: each gets a 64-bit key that orders as the value
 * does, so that most comparisons touch neither the column nor a text; equal keys are settled by
 * the values. Text keys begin behind what all texts have in common ("https://www."). A merge sort:
 * its worst case is its usual case, whatever somebody feeds it.
 */
#include <string.h>

#include "common/alloc.h"
#include "format/dictionary_parts.h"
#include "format/enc/enc_parts.h"

struct item {
    uint64_t key;
    uint32_t number; /* of the distinct value */
};

struct sorter {
    const struct stoa_distinct *distinct;
    uint32_t common; /* bytes with which all texts begin */
    struct item *items;
    struct item *spare;
};

/* ---- keys ---- */

/* Up to 8 bytes as a big-endian number, zeros behind them. */
static uint64_t load_big_endian(const uint8_t *bytes, size_t size)
{
    uint64_t word = 0;
    if (size > 0) /* the bytes of an empty column may be NULL */
        memcpy(&word, bytes, size < 8 ? size : 8);
    return __builtin_bswap64(word);
}

/* [FMT-30] -0.0 below 0.0, NaN above all by the bits. Negative NaNs come last and keep their
 * bits; the others move down by as many as there are. */
static uint64_t float_key(uint64_t bits)
{
    const uint64_t top = UINT64_C(1) << 63;
    const uint64_t nans = (UINT64_C(1) << 52) - 1;
    if (bits > UINT64_C(0xFFF0000000000000))
        return bits;
    return (bits & top ? ~bits : bits ^ top) - nans;
}

static uint64_t fixed_key(enum stoa_phys phys, const uint8_t *value)
{
    const uint64_t top = UINT64_C(1) << 63;
    switch (phys) {
    case STOA_PHYS_I64: return stoa_load_le64(value) ^ top;
    case STOA_PHYS_U64: return stoa_load_le64(value);
    case STOA_PHYS_F64: return float_key(stoa_load_le64(value));
    case STOA_PHYS_I128: return stoa_load_le64(value + 8) ^ top;
    case STOA_PHYS_FIXED16: return load_big_endian(value, 8);
    case STOA_PHYS_BOOL:
    case STOA_PHYS_BYTES:
    case STOA_PHYS_COUNT: break;
    }
    return 0;
}

static const uint8_t *fixed_at(const struct stoa_distinct *distinct, uint32_t number)
{
    const struct stoa_column *column = distinct->column;
    return (const uint8_t *)column->values +
           distinct->rows[number] * stoa_phys_width(column->phys);
}

static struct stoa_view text_at(const struct stoa_distinct *distinct, uint32_t number)
{
    return stoa_column_view(distinct->column, distinct->rows[number]);
}

static uint32_t common_prefix(const struct stoa_distinct *distinct)
{
    const struct stoa_view first = text_at(distinct, 0);
    uint32_t common = first.length;
    for (uint32_t i = 1; i < distinct->count && common > 0; i++) {
        const struct stoa_view text = text_at(distinct, i);
        common = text.length < common ? text.length : common;
        if (common == 0 || memcmp(first.data, text.data, common) == 0)
            continue;
        uint32_t same = 0;
        while (first.data[same] == text.data[same])
            same++;
        common = same;
    }
    return common;
}

static void make_items(struct sorter *sorter)
{
    const struct stoa_distinct *distinct = sorter->distinct;
    const enum stoa_phys phys = distinct->column->phys;
    if (phys == STOA_PHYS_BYTES)
        sorter->common = common_prefix(distinct);
    for (uint32_t i = 0; i < distinct->count; i++) {
        sorter->items[i].number = i;
        if (phys == STOA_PHYS_BYTES) {
            const struct stoa_view text = text_at(distinct, i);
            sorter->items[i].key =
                load_big_endian(text.data + sorter->common, text.length - sorter->common);
        } else {
            sorter->items[i].key = fixed_key(phys, fixed_at(distinct, i));
        }
    }
}

/* ---- comparing ---- */

/* Values with equal keys. */
static bool value_is_less(const struct sorter *sorter, uint32_t a, uint32_t b)
{
    const struct stoa_distinct *distinct = sorter->distinct;
    const enum stoa_phys phys = distinct->column->phys;
    if (phys == STOA_PHYS_BYTES) {
        const struct stoa_view x = text_at(distinct, a);
        const struct stoa_view y = text_at(distinct, b);
        const uint32_t shorter = x.length < y.length ? x.length : y.length;
        const int order = memcmp(x.data + sorter->common, y.data + sorter->common,
                                 shorter - sorter->common);
        return order != 0 ? order < 0 : x.length < y.length;
    }
    const uint8_t *x = fixed_at(distinct, a);
    const uint8_t *y = fixed_at(distinct, b);
    if (phys == STOA_PHYS_I128)
        return stoa_load_le64(x) < stoa_load_le64(y);
    if (phys == STOA_PHYS_FIXED16)
        return load_big_endian(x + 8, 8) < load_big_endian(y + 8, 8);
    return false;
}

static bool is_less(const struct sorter *sorter, const struct item *a, const struct item *b)
{
    return a->key != b->key ? a->key < b->key : value_is_less(sorter, a->number, b->number);
}

/* ---- merge sort ---- */

enum { INSERTION_RUN = 16 };

static void sort_run(const struct sorter *sorter, struct item *items, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        const struct item item = items[i];
        uint32_t at = i;
        for (; at > 0 && is_less(sorter, &item, &items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static void merge_runs(const struct sorter *sorter, const struct item *in, uint32_t middle,
                       uint32_t count, struct item *out)
{
    uint32_t a = 0;
    uint32_t b = middle;
    for (uint32_t i = 0; i < count; i++) {
        const bool from_b = b < count && (a == middle || is_less(sorter, &in[b], &in[a]));
        out[i] = from_b ? in[b++] : in[a++];
    }
}

static void sort_items(struct sorter *sorter)
{
    const uint32_t count = sorter->distinct->count;
    for (uint32_t first = 0; first < count; first += INSERTION_RUN) {
        const uint32_t left = count - first;
        sort_run(sorter, sorter->items + first,
                 left < INSERTION_RUN ? left : INSERTION_RUN);
    }
    for (uint32_t width = INSERTION_RUN; width < count; width *= 2) {
        for (uint32_t first = 0; first < count; first += 2 * width) {
            const uint32_t left = count - first;
            merge_runs(sorter, sorter->items + first, left < width ? left : width,
                       left < 2 * width ? left : 2 * width, sorter->spare + first);
        }
        struct item *sorted = sorter->spare;
        sorter->spare = sorter->items;
        sorter->items = sorted;
    }
}

stoa_status stoa_distinct_sort(const struct stoa_distinct *distinct, uint32_t *out_order,
                               stoa_error *err)
{
    struct sorter sorter = {
        .distinct = distinct,
        .items = stoa_alloc_array(distinct->count, sizeof *sorter.items),
        .spare = stoa_alloc_array(distinct->count, sizeof *sorter.spare),
    };
    stoa_status status = STOA_OK;
    if (!sorter.items || !sorter.spare) {
        status = stoa_fail_memory(err, distinct->count * sizeof *sorter.items);
        goto cleanup;
    }
    make_items(&sorter);
    sort_items(&sorter);
    for (uint32_t i = 0; i < distinct->count; i++)
        out_order[i] = sorter.items[i].number;
cleanup:
    stoa_free(sorter.items);
    stoa_free(sorter.spare);
    return status;
}
