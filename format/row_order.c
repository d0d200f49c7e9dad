/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting row numbers: a radix sort from the lowest byte up, over those bytes only in which rows
 * differ. Its time does not depend on the order, and a dozen thousand rows take a tenth of a
 * millisecond, which matters because every column of a point read sorts them anew.
 */
#include "format/row_order.h"

#include <stdbool.h>
#include <string.h>

#include "common/alloc.h"

enum { DIGIT_BITS = 8, DIGITS = 64 / DIGIT_BITS, DIGIT_VALUES = 1 << DIGIT_BITS };

static bool is_ascending(const uint64_t *rows, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (rows[i] < rows[i - 1])
            return false;
    }
    return true;
}

/* Bits in which some row differs from the first. */
static uint64_t find_differences(const uint64_t *rows, uint32_t count)
{
    uint64_t differences = 0;
    for (uint32_t i = 1; i < count; i++)
        differences |= rows[i] ^ rows[0];
    return differences;
}

/* One pass, which keeps the order of equal digits. */
static void sort_by_digit(const uint64_t *rows, uint32_t count, unsigned shift,
                          const uint32_t *from, uint32_t *to)
{
    uint32_t starts[DIGIT_VALUES] = {0};
    uint32_t start = 0;
    for (uint32_t i = 0; i < count; i++)
        starts[rows[i] >> shift & (DIGIT_VALUES - 1)]++;
    for (unsigned digit = 0; digit < DIGIT_VALUES; digit++) {
        const uint32_t size = starts[digit];
        starts[digit] = start;
        start += size;
    }
    for (uint32_t i = 0; i < count; i++)
        to[starts[rows[from[i]] >> shift & (DIGIT_VALUES - 1)]++] = from[i];
}

stoa_status stoa_row_order_make(const uint64_t *rows, uint32_t count, uint32_t **out_order,
                                stoa_error *err)
{
    if (is_ascending(rows, count)) {
        *out_order = NULL;
        return STOA_OK;
    }
    uint32_t *order = stoa_alloc_array(count, sizeof *order);
    uint32_t *other = stoa_alloc_array(count, sizeof *other);
    if (!order || !other) {
        stoa_free(order);
        stoa_free(other);
        return stoa_fail_memory(err, count * sizeof *order);
    }
    const uint64_t differences = find_differences(rows, count);
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        const unsigned shift = digit * DIGIT_BITS;
        if ((differences >> shift & (DIGIT_VALUES - 1)) == 0)
            continue;
        sort_by_digit(rows, count, shift, order, other);
        uint32_t *const sorted = other;
        other = order;
        order = sorted;
    }
    stoa_free(other);
    *out_order = order;
    return STOA_OK;
}

void stoa_row_order_invert(uint32_t *order, uint32_t count, uint32_t *scratch)
{
    for (uint32_t i = 0; i < count; i++)
        scratch[order[i]] = i;
    memcpy(order, scratch, count * sizeof *order);
}
