/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics as manifest rows. Decoding trusts nothing: a wrong bound would make a query skip
 * rows in silence, so lengths, flags, order and counts are checked here, once.
 */
#include "dataset/stat_row.h"

#include <string.h>

#include "common/bits.h"

enum { PACK_HEADER = 19 }; /* nulls 8, nans 8, bits, two lengths */

static uint8_t encode_value(enum stoa_phys phys, const struct stoa_value *value,
                            uint8_t out[STOA_MAX_BOUND_BYTES])
{
    if (phys == STOA_PHYS_BYTES) {
        /* Empty bounds may come with a NULL pointer. */
        if (value->bytes.length != 0)
            memcpy(out, value->bytes.data, value->bytes.length);
        return (uint8_t)value->bytes.length;
    }
    if (phys == STOA_PHYS_BOOL) {
        out[0] = value->boolean ? 1 : 0;
        return 1;
    }
    const size_t width = stoa_phys_width(phys);
    memcpy(out, &value->i128, width); /* all members of the union begin at its start */
    return (uint8_t)width;
}

void stoa_stat_row_encode(const struct stoa_stats *stats, struct stoa_stat_row *out_row)
{
    memset(out_row, 0, sizeof *out_row);
    out_row->nulls = stats->null_count;
    out_row->nans = stats->nan_count;
    if (stats->has_bounds) {
        out_row->bits =
            (uint8_t)(STOA_STAT_BOUNDS | (stats->min_is_exact ? STOA_STAT_MIN_EXACT : 0) |
                      (stats->max_is_exact ? STOA_STAT_MAX_EXACT : 0) |
                      (stats->max_is_open ? STOA_STAT_MAX_OPEN : 0));
        out_row->min_length = encode_value(stats->phys, &stats->min, out_row->min);
        if (!stats->max_is_open)
            out_row->max_length = encode_value(stats->phys, &stats->max, out_row->max);
    }
    if (!stats->has_sum)
        return;
    out_row->bits |= STOA_STAT_SUM;
    if (stats->phys == STOA_PHYS_F64) {
        memcpy(out_row->sum, &stats->float_sum.high, 8);
        memcpy(out_row->sum + 8, &stats->float_sum.low, 8);
    } else {
        memcpy(out_row->sum, &stats->int_sum, 16);
    }
}

static stoa_status decode_value(enum stoa_phys phys, const uint8_t *bytes, uint8_t length,
                                uint8_t *storage, struct stoa_value *out, stoa_error *err)
{
    if (phys == STOA_PHYS_BYTES) {
        memcpy(storage, bytes, length);
        out->bytes = (struct stoa_view){.data = storage, .length = length};
        return STOA_OK;
    }
    const size_t width = phys == STOA_PHYS_BOOL ? 1 : stoa_phys_width(phys);
    if (length != width)
        return stoa_fail(err, STOA_E_CORRUPT, "expected a bound of %zu bytes, found %u",
                         width, length);
    if (phys == STOA_PHYS_BOOL) {
        if (bytes[0] > 1)
            return stoa_fail(err, STOA_E_CORRUPT, "expected a bound of 0 or 1, found %u",
                             bytes[0]);
        out->boolean = bytes[0] == 1;
        return STOA_OK;
    }
    memcpy(&out->i128, bytes, width);
    return STOA_OK;
}

static bool is_nan(enum stoa_phys phys, const struct stoa_value *value)
{
    return phys == STOA_PHYS_F64 && value->f64 != value->f64;
}

static stoa_status decode_bounds(const struct stoa_stat_row *row, enum stoa_phys phys,
                                 struct stoa_stats *stats, stoa_error *err)
{
    stats->has_bounds = true;
    stats->min_is_exact = (row->bits & STOA_STAT_MIN_EXACT) != 0;
    stats->max_is_exact = (row->bits & STOA_STAT_MAX_EXACT) != 0;
    stats->max_is_open = (row->bits & STOA_STAT_MAX_OPEN) != 0;
    if (stats->max_is_open &&
        (phys != STOA_PHYS_BYTES || stats->max_is_exact || row->max_length != 0))
        return stoa_fail(err, STOA_E_CORRUPT, "expected an open maximum only for texts");
    STOA_TRY(
        decode_value(phys, row->min, row->min_length, stats->min_bytes, &stats->min, err));
    if (stats->max_is_open)
        return STOA_OK;
    STOA_TRY(
        decode_value(phys, row->max, row->max_length, stats->max_bytes, &stats->max, err));
    if (is_nan(phys, &stats->min) || is_nan(phys, &stats->max) ||
        stoa_value_compare(phys, &stats->min, &stats->max) > 0)
        return stoa_fail(err, STOA_E_CORRUPT, "expected a minimum not above the maximum");
    return STOA_OK;
}

stoa_status stoa_stat_row_decode(const struct stoa_stat_row *row, enum stoa_phys phys,
                                 uint64_t rows, struct stoa_stats *out_stats,
                                 stoa_error *err)
{
    if (row->nulls > rows || row->nans > rows - row->nulls ||
        (row->nans != 0 && phys != STOA_PHYS_F64))
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected NULL and NaN counts within %llu rows, found %llu and %llu",
            (unsigned long long)rows, (unsigned long long)row->nulls,
            (unsigned long long)row->nans);
    const bool has_bounds = (row->bits & STOA_STAT_BOUNDS) != 0;
    const uint8_t needs_bounds =
        STOA_STAT_MIN_EXACT | STOA_STAT_MAX_EXACT | STOA_STAT_MAX_OPEN;
    if ((row->bits & ~STOA_STAT_ALL) != 0 ||
        (!has_bounds &&
         ((row->bits & needs_bounds) != 0 || row->min_length != 0 || row->max_length != 0)))
        return stoa_fail(err, STOA_E_CORRUPT, "expected flags of bounds, found 0x%02x",
                         row->bits);
    if (has_bounds && row->nulls + row->nans == rows)
        return stoa_fail(err, STOA_E_CORRUPT, "expected no bounds without values");
    stoa_stats_init(out_stats, phys);
    out_stats->rows = rows;
    out_stats->null_count = row->nulls;
    out_stats->nan_count = row->nans;
    out_stats->has_bounds = false;
    out_stats->has_sum = (row->bits & STOA_STAT_SUM) != 0;
    if (has_bounds)
        STOA_TRY(decode_bounds(row, phys, out_stats, err));
    if (!out_stats->has_sum)
        return STOA_OK;
    if (phys == STOA_PHYS_BYTES || phys == STOA_PHYS_FIXED16)
        return stoa_fail(err, STOA_E_CORRUPT, "expected no sum of texts");
    if (phys == STOA_PHYS_F64) {
        memcpy(&out_stats->float_sum.high, row->sum, 8);
        memcpy(&out_stats->float_sum.low, row->sum + 8, 8);
    } else {
        memcpy(&out_stats->int_sum, row->sum, 16);
    }
    return STOA_OK;
}

stoa_status stoa_stat_row_pack(const struct stoa_stat_row *row, struct stoa_buf *out,
                               stoa_error *err)
{
    const size_t sum = (row->bits & STOA_STAT_SUM) != 0 ? STOA_STAT_SUM_SIZE : 0;
    STOA_TRY(
        stoa_buf_reserve(out, PACK_HEADER + row->min_length + row->max_length + sum, err));
    uint8_t *p = out->data + out->size;
    stoa_store_le64(p, row->nulls);
    stoa_store_le64(p + 8, row->nans);
    p[16] = row->bits;
    p[17] = row->min_length;
    p[18] = row->max_length;
    p += PACK_HEADER;
    memcpy(p, row->min, row->min_length);
    p += row->min_length;
    memcpy(p, row->max, row->max_length);
    p += row->max_length;
    memcpy(p, row->sum, sum);
    out->size = (size_t)(p + sum - out->data);
    return STOA_OK;
}

size_t stoa_stat_row_unpack(const uint8_t *bytes, struct stoa_stat_row *out_row)
{
    memset(out_row, 0, sizeof *out_row);
    out_row->nulls = stoa_load_le64(bytes);
    out_row->nans = stoa_load_le64(bytes + 8);
    out_row->bits = bytes[16];
    out_row->min_length = bytes[17];
    out_row->max_length = bytes[18];
    const size_t sum = (out_row->bits & STOA_STAT_SUM) != 0 ? STOA_STAT_SUM_SIZE : 0;
    const uint8_t *p = bytes + PACK_HEADER;
    memcpy(out_row->min, p, out_row->min_length);
    p += out_row->min_length;
    memcpy(out_row->max, p, out_row->max_length);
    p += out_row->max_length;
    memcpy(out_row->sum, p, sum);
    return (size_t)(p + sum - bytes);
}
