/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters (format.md 5.11): their places, and that they let every decoded value through.
 */
#include "decoder_extras.h"

/* The filter of the column in the row group; size 0: it has none there. */
static const uint8_t *filter_of(const struct decoder *d, const struct column *column,
                                uint32_t group, uint64_t *size)
{
    const struct section *s = &d->sections[SECTION_FILTERS];
    const uint8_t *entry = s->bytes + column->filters + (uint64_t)8 * group;
    *size = (uint64_t)get32(entry + 4) * 8;
    return s->bytes + column->filters + (uint64_t)get32(entry) * 8;
}

/* [FMT-111] */
void check_filter_parts(struct decoder *d)
{
    const struct section *s = &d->sections[SECTION_FILTERS];
    uint64_t end = 0;
    for (uint32_t c = 0; c < d->column_count; c++) {
        const struct column *column = &d->columns[c];
        const uint64_t entries = (uint64_t)8 * d->group_count;
        d->at_column = column;
        if (!column->has_filters)
            continue;
        if (column->filters != end || entries > s->size - end)
            refuse(d, "filters: expected them at %llu, found %llu", (unsigned long long)end,
                   (unsigned long long)column->filters);
        end += entries;
        for (uint32_t g = 0; g < d->group_count; g++) {
            uint64_t size = 0;
            const uint8_t *filter = filter_of(d, column, g, &size);
            const uint8_t *expected = s->bytes + (size > 0 ? end : column->filters);
            if (filter != expected || size > s->size - end)
                refuse(d, "filters: that of row group %u is not at %llu", g,
                       (unsigned long long)end);
            if (size > 0) {
                const uint32_t segment = size < 16 ? 0 : get32(filter + 8);
                const uint64_t places = ((uint64_t)get32(filter + 12) + 2) * segment;
                if (segment == 0 || (segment & (segment - 1)) != 0 || segment > 1u << 18 ||
                    get32(filter + 12) == 0 || 16 + (places + 7) / 8 * 8 != size)
                    refuse(d, "filters: %llu bytes are no filter",
                           (unsigned long long)size);
                require_zero(d, filter + 16 + places, size - 16 - places, "filter");
            }
            end += size;
        }
    }
    d->at_column = NULL;
    if (end != s->size)
        refuse(d, "filters: expected %llu bytes, found %llu", (unsigned long long)end,
               (unsigned long long)s->size);
}

/* The upper 64 bits of a product, by halves: C99 has no wider type. */
static uint64_t high_product(uint64_t a, uint64_t b)
{
    const uint64_t low = (a & 0xffffffff) * (b & 0xffffffff);
    const uint64_t one = (a >> 32) * (b & 0xffffffff) + (low >> 32);
    const uint64_t two = (a & 0xffffffff) * (b >> 32) + (one & 0xffffffff);
    return (a >> 32) * (b >> 32) + (one >> 32) + (two >> 32);
}

/* [FMT-112] */
static bool lets_through(const uint8_t *filter, uint64_t hash)
{
    const uint32_t segment = get32(filter + 8);
    const uint8_t *places = filter + 16;
    uint64_t h = hash + get64(filter);
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    h ^= h >> 33;
    const uint64_t first = high_product(h, (uint64_t)get32(filter + 12) * segment);
    const uint64_t second = (first + segment) ^ (h >> 18 & (segment - 1));
    const uint64_t third = (first + (uint64_t)2 * segment) ^ (h & (segment - 1));
    return (places[first] ^ places[second] ^ places[third]) == ((h ^ h >> 32) & 0xff);
}

/* [FMT-113] */
void check_block_filter(const struct decoder *d, const struct column *column,
                        const struct value *values, uint32_t rows)
{
    uint64_t size = 0;
    const uint8_t *filter = filter_of(d, column, d->at_group, &size);
    for (uint32_t r = 0; size > 0 && r < rows; r++) {
        if (!values[r].is_null &&
            !lets_through(filter, hash_value(column->kind, &values[r])))
            refuse(d, "filter: it denies the value in row %u of the block", r);
    }
}
