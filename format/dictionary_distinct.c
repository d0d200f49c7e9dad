/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding distinct values with an open-addressed table. Speed decides whether converting text is
 * fast: hashes are computed for a batch of rows, their slots fetched ahead, then looked up;
 * slots hold half of the hash, so that values are compared only when they are almost surely
 * equal.
 *
 *   slots[hash & mask] -> { tag = upper half of the hash, number of the value + 1 }
 */
#include <string.h>

#include "common/alloc.h"
#include "common/bitmap.h"
#include "common/hash.h"
#include "format/dictionary_parts.h"
#include "format/enc/enc_parts.h"

enum {
    BATCH = 256,
    FIRST_SLOTS = 4096,
    FIRST_CHECK = 4096, /* rows */
    PROBES_PER_ROW = 16 /* more on average: the values were made to collide */
};

struct slot {
    uint32_t tag;
    uint32_t number; /* of the value, from 1; 0: free */
};

/* A table being filled. */
struct finder {
    struct stoa_distinct result;
    struct slot *slots;
    uint32_t mask;       /* slots - 1 */
    uint32_t capacity;   /* of result.rows and hashes */
    uint64_t *hashes;    /* of the distinct values, for growing */
    uint64_t probes;     /* slots looked at beyond the first */
    uint32_t seen;       /* rows that are not NULL, so far */
    stoa_u128 low, high; /* of the order-preserving keys of integers */
};

/* ---- hashing ---- */

static uint64_t multiply_fold(uint64_t a, uint64_t b)
{
    const stoa_u128 product = (stoa_u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Texts up to 16 bytes, the common case, cost two loads and two multiplications (after wyhash). */
static uint64_t hash_text(struct stoa_view view)
{
    const uint64_t k1 = UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t k2 = UINT64_C(0xd6e8feb86659fd93);
    const uint8_t *p = view.data;
    const uint32_t n = view.length;
    uint64_t a = 0;
    uint64_t b = 0;
    if (n > 16)
        return stoa_hash64(p, n, 0);
    if (n >= 8) {
        a = stoa_load_le64(p);
        b = stoa_load_le64(p + n - 8);
    } else if (n >= 4) {
        a = stoa_load_le32(p);
        b = stoa_load_le32(p + n - 4);
    } else if (n > 0) {
        a = (uint64_t)p[0] | (uint64_t)p[n / 2] << 8 | (uint64_t)p[n - 1] << 16;
    }
    return multiply_fold(multiply_fold(a ^ k1, b ^ k2 ^ n), k2);
}

static void hash_rows(const struct stoa_column *column, uint32_t first, uint32_t count,
                      uint64_t *restrict out)
{
    if (column->phys == STOA_PHYS_BYTES) {
        const uint8_t *bytes = column->bytes;
        const uint32_t *offsets = column->offsets + first;
        for (uint32_t i = 0; i < count; i++)
            out[i] = hash_text((struct stoa_view){.data = bytes + offsets[i],
                                                  .length = offsets[i + 1] - offsets[i]});
    } else if (stoa_phys_width(column->phys) == 8) {
        const uint64_t *values = stoa_column_u64(column) + first;
        for (uint32_t i = 0; i < count; i++)
            out[i] = stoa_hash_mix(values[i]);
    } else {
        const uint8_t *values = (const uint8_t *)column->values + (size_t)first * 16;
        for (uint32_t i = 0; i < count; i++)
            out[i] =
                stoa_hash_mix(stoa_load_le64(values + (size_t)i * 16) ^
                              stoa_hash_mix(stoa_load_le64(values + (size_t)i * 16 + 8)));
    }
}

/* ---- the table ---- */

/* Of the same length; short ones without a call. */
static bool texts_equal(const uint8_t *a, const uint8_t *b, uint32_t size)
{
    if (size > 16)
        return memcmp(a, b, size) == 0;
    if (size >= 8)
        return stoa_load_le64(a) == stoa_load_le64(b) &&
               stoa_load_le64(a + size - 8) == stoa_load_le64(b + size - 8);
    if (size >= 4)
        return stoa_load_le32(a) == stoa_load_le32(b) &&
               stoa_load_le32(a + size - 4) == stoa_load_le32(b + size - 4);
    return size == 0 ||
           (a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1]);
}

static inline __attribute__((always_inline)) bool
rows_equal_as(const struct stoa_column *column, enum stoa_phys phys, uint32_t a, uint32_t b)
{
    if (phys == STOA_PHYS_BYTES) {
        const struct stoa_view x = stoa_column_view(column, a);
        const struct stoa_view y = stoa_column_view(column, b);
        return x.length == y.length && texts_equal(x.data, y.data, x.length);
    }
    if (phys == STOA_PHYS_U64)
        return stoa_column_u64(column)[a] == stoa_column_u64(column)[b];
    const uint8_t *values = column->values;
    return memcmp(values + (size_t)a * 16, values + (size_t)b * 16, 16) == 0;
}

static bool rows_equal(const struct stoa_column *column, uint32_t a, uint32_t b)
{
    if (column->phys == STOA_PHYS_BYTES)
        return rows_equal_as(column, STOA_PHYS_BYTES, a, b);
    if (stoa_phys_width(column->phys) == 8)
        return rows_equal_as(column, STOA_PHYS_U64, a, b);
    return rows_equal_as(column, STOA_PHYS_FIXED16, a, b);
}

static void place(struct finder *finder, uint64_t hash, uint32_t number)
{
    uint32_t at = (uint32_t)hash & finder->mask;
    while (finder->slots[at].number != 0)
        at = (at + 1) & finder->mask;
    finder->slots[at] = (struct slot){.tag = (uint32_t)(hash >> 32), .number = number};
}

/* Twice the slots; numbers stay. */
static stoa_status grow_slots(struct finder *finder, stoa_error *err)
{
    const size_t count = finder->slots ? ((size_t)finder->mask + 1) * 2 : FIRST_SLOTS;
    struct slot *slots = stoa_alloc_zeroed(count, sizeof *slots);
    if (!slots)
        return stoa_fail_memory(err, count * sizeof *slots);
    stoa_free(finder->slots);
    finder->slots = slots;
    finder->mask = (uint32_t)count - 1;
    for (uint32_t i = 0; i < finder->result.count; i++)
        place(finder, finder->hashes[i], i + 1);
    return STOA_OK;
}

static stoa_status grow_values(struct finder *finder, stoa_error *err)
{
    const size_t capacity = finder->capacity ? (size_t)finder->capacity * 2 : FIRST_SLOTS;
    uint32_t *rows = stoa_realloc(finder->result.rows, capacity * sizeof *rows);
    if (!rows)
        return stoa_fail_memory(err, capacity * sizeof *rows);
    finder->result.rows = rows;
    uint64_t *hashes = stoa_realloc(finder->hashes, capacity * sizeof *hashes);
    if (!hashes)
        return stoa_fail_memory(err, capacity * sizeof *hashes);
    finder->hashes = hashes;
    finder->capacity = (uint32_t)capacity;
    return STOA_OK;
}

/* Integers: how far apart the values are tells what they take without a dictionary. */
static void widen_bounds(struct finder *finder, uint32_t row)
{
    const struct stoa_column *column = finder->result.column;
    struct stoa_value value;
    memcpy(value.fixed16,
           (const uint8_t *)column->values + row * stoa_phys_width(column->phys),
           stoa_phys_width(column->phys));
    const stoa_u128 key = (stoa_u128)stoa_value_number(column->phys, &value) ^ (stoa_u128)1
                                                                                   << 127;
    if (finder->result.count == 1 || key < finder->low)
        finder->low = key;
    if (finder->result.count == 1 || key > finder->high)
        finder->high = key;
}

static stoa_status add_value(struct finder *finder, uint64_t hash, uint32_t row,
                             stoa_error *err)
{
    struct stoa_distinct *result = &finder->result;
    if (result->count == finder->capacity)
        STOA_TRY(grow_values(finder, err));
    result->rows[result->count] = row;
    finder->hashes[result->count] = hash;
    result->count++;
    if (result->column->phys == STOA_PHYS_BYTES)
        result->text_bytes += stoa_column_view(result->column, row).length;
    else if (stoa_phys_is_integer(result->column->phys))
        widen_bounds(finder, row);
    if (result->count > finder->mask / 2)
        return grow_slots(finder, err); /* places the new one too */
    place(finder, hash, result->count);
    return STOA_OK;
}

/* The slow way: a slot that does not hold the value at once, or a new value. */
static __attribute__((noinline)) stoa_status
find_or_add(struct finder *finder, uint64_t hash, uint32_t row, stoa_error *err)
{
    const struct stoa_column *column = finder->result.column;
    const uint32_t tag = (uint32_t)(hash >> 32);
    uint32_t at = (uint32_t)hash & finder->mask;
    for (; finder->slots[at].number != 0; at = (at + 1) & finder->mask) {
        const struct slot slot = finder->slots[at];
        if (slot.tag == tag &&
            rows_equal(column, finder->result.rows[slot.number - 1], row)) {
            finder->result.ids[row] = slot.number - 1;
            return STOA_OK;
        }
        finder->probes++;
    }
    finder->result.ids[row] = finder->result.count;
    return add_value(finder, hash, row, err);
}

/* Looks `count` rows up. `phys` is a constant where this is inlined, so that each kind gets a loop
 * of its own; what the loop needs lies in locals, as stores would make the compiler load it
 * again and again. */
static inline __attribute__((always_inline)) stoa_status
add_rows_as(struct finder *finder, enum stoa_phys phys, uint32_t first, uint32_t count,
            const uint64_t *hashes, stoa_error *err)
{
    const struct stoa_column column = *finder->result.column;
    uint32_t *ids = finder->result.ids;
    const struct slot *slots = finder->slots;
    const uint32_t *rows = finder->result.rows;
    uint32_t mask = finder->mask;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t row = first + i;
        if (column.validity && !stoa_bit_get(column.validity, row)) {
            ids[row] = 0;
            continue;
        }
        const struct slot slot = slots[(uint32_t)hashes[i] & mask];
        if (slot.tag == (uint32_t)(hashes[i] >> 32) && slot.number != 0 &&
            rows_equal_as(&column, phys, rows[slot.number - 1], row)) {
            ids[row] = slot.number - 1;
            continue;
        }
        STOA_TRY(find_or_add(finder, hashes[i], row, err));
        slots = finder->slots;
        mask = finder->mask;
        rows = finder->result.rows;
    }
    return STOA_OK;
}

static uint32_t count_valid(const struct stoa_column *column, uint32_t first,
                            uint32_t count)
{
    uint32_t valid = 0;
    if (!column->validity)
        return count;
    for (uint32_t i = 0; i < count; i += 64)
        valid += (uint32_t)__builtin_popcountll(column->validity[(first + i) / 64] &
                                                stoa_low_mask(count - i));
    return valid;
}

static stoa_status add_batch(struct finder *finder, uint32_t first, uint32_t count,
                             stoa_error *err)
{
    const struct stoa_column *column = finder->result.column;
    uint64_t hashes[BATCH];
    hash_rows(column, first, count, hashes);
    for (uint32_t i = 0; i < count; i++)
        __builtin_prefetch(&finder->slots[(uint32_t)hashes[i] & finder->mask]);
    finder->seen += count_valid(column, first, count);
    if (column->phys == STOA_PHYS_BYTES)
        return add_rows_as(finder, STOA_PHYS_BYTES, first, count, hashes, err);
    if (stoa_phys_width(column->phys) == 8)
        return add_rows_as(finder, STOA_PHYS_U64, first, count, hashes, err);
    return add_rows_as(finder, STOA_PHYS_FIXED16, first, count, hashes, err);
}

/* ---- giving up ---- */

/* How many distinct values the column would have if all were equally frequent, by how often
 * values have repeated so far (the birthday paradox: r rows of D values repeat about r^2 / 2D
 * times). Real columns are skewed and have more repeats, so this errs on the side of going
 * on. */
static uint64_t predict_distinct(const struct finder *finder)
{
    const uint64_t seen = finder->seen;
    const uint64_t repeats = seen - finder->result.count;
    return repeats == 0 ? UINT64_MAX : seen * seen / (2 * repeats);
}

static uint64_t value_bits(const struct finder *finder)
{
    const enum stoa_phys phys = finder->result.column->phys;
    if (!stoa_phys_is_integer(phys))
        return stoa_phys_width(phys) * 8;
    const stoa_u128 range = finder->high - finder->low;
    return range > UINT64_MAX ? 128 : stoa_bit_width((uint64_t)range);
}

/* Codes and entries of `distinct` values against the values themselves. */
static bool is_too_wide(const struct finder *finder, uint64_t distinct)
{
    const uint64_t bits = value_bits(finder);
    const uint64_t code_bits = stoa_bit_width(distinct - 1);
    const uint64_t entry_bits = distinct * bits / finder->result.valid_count;
    return code_bits + entry_bits + 2 > bits;
}

static bool is_hopeless(const struct finder *finder)
{
    const struct stoa_distinct *result = &finder->result;
    const uint64_t predicted = predict_distinct(finder);
    const uint64_t rows = result->valid_count;
    if (finder->probes / PROBES_PER_ROW > finder->seen || result->count > rows / 2 + 1)
        return true;
    /* With few rows the guess is rough, so only what is far off counts. */
    if (predicted > (finder->seen < rows / 8 ? 2 * rows : rows / 3 * 2))
        return true;
    if (result->column->phys == STOA_PHYS_BYTES)
        return result->text_bytes > STOA_DICTIONARY_MAX_TEXT;
    return is_too_wide(finder, result->count);
}

/* ---- all rows ---- */

static stoa_status add_rows(struct finder *finder, bool *out_found, stoa_error *err)
{
    const uint32_t rows = finder->result.column->length;
    uint32_t next_check = FIRST_CHECK;
    for (uint32_t first = 0; first < rows; first += BATCH) {
        const uint32_t left = rows - first;
        STOA_TRY(add_batch(finder, first, left < BATCH ? left : BATCH, err));
        if (finder->seen < next_check)
            continue;
        if (is_hopeless(finder)) {
            *out_found = false;
            return STOA_OK;
        }
        next_check = next_check <= UINT32_MAX / 4 ? next_check * 4 : UINT32_MAX;
    }
    *out_found = !is_hopeless(finder);
    return STOA_OK;
}

static stoa_status run(struct finder *finder, bool *out_found, stoa_error *err)
{
    const uint32_t rows = finder->result.column->length;
    finder->result.ids = stoa_alloc_array(rows, sizeof *finder->result.ids);
    if (!finder->result.ids)
        return stoa_fail_memory(err, rows * sizeof *finder->result.ids);
    STOA_TRY(grow_slots(finder, err));
    return add_rows(finder, out_found, err);
}

stoa_status stoa_distinct_find(const struct stoa_column *column, bool *out_found,
                               struct stoa_distinct *out_distinct, stoa_error *err)
{
    struct finder finder = {.result = {.column = column}};
    bool found = false;
    finder.result.valid_count =
        column->validity ? (uint32_t)stoa_bitmap_count(column->validity, column->length)
                         : column->length;
    if (column->phys == STOA_PHYS_BOOL || finder.result.valid_count == 0) {
        *out_found = false;
        return STOA_OK;
    }
    const stoa_status status = run(&finder, &found, err);
    stoa_free(finder.slots);
    stoa_free(finder.hashes);
    if (status != STOA_OK || !found) {
        stoa_distinct_done(&finder.result);
        STOA_TRY(status);
    } else {
        *out_distinct = finder.result;
    }
    *out_found = found;
    return STOA_OK;
}

void stoa_distinct_done(struct stoa_distinct *distinct)
{
    stoa_free(distinct->rows);
    stoa_free(distinct->ids);
    distinct->rows = NULL;
    distinct->ids = NULL;
}
