/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics to the fields of a record and back [FMT-66]..[FMT-70]. Called by the file writer
 * and the reader. Everything a reader gets from here has been checked against the kind and
 * against itself, because pruning by a wrong bound is a silently wrong answer.
 */
#include "format/stats_record.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/bits.h"

#define SIGN_BIT (UINT64_C(1) << 63)

enum { KEY_BYTES = 8, WIDE_BYTES = 16 };

/* ---- keys ---- */

/* The first eight bytes as a big-endian number, zeros behind the end. */
static uint64_t text_key(const uint8_t *data, uint32_t length)
{
    uint8_t head[KEY_BYTES] = {0};
    if (length)
        memcpy(head, data, length < KEY_BYTES ? length : KEY_BYTES);
    return __builtin_bswap64(stoa_load_le64(head));
}

static uint64_t float_key(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & SIGN_BIT ? ~bits : bits ^ SIGN_BIT;
}

static double float_of_key(uint64_t key)
{
    const uint64_t bits = key & SIGN_BIT ? key ^ SIGN_BIT : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint64_t stoa_value_key(enum stoa_phys phys, const struct stoa_value *value)
{
    switch (phys) {
    case STOA_PHYS_BOOL: return value->boolean;
    case STOA_PHYS_I64: return (uint64_t)value->i64 ^ SIGN_BIT;
    case STOA_PHYS_U64: return value->u64;
    case STOA_PHYS_F64: return float_key(value->f64 == 0 ? 0.0 : value->f64);
    case STOA_PHYS_I128: return (uint64_t)((stoa_u128)value->i128 >> 64) ^ SIGN_BIT;
    case STOA_PHYS_BYTES: return text_key(value->bytes.data, value->bytes.length);
    case STOA_PHYS_FIXED16: return text_key(value->fixed16, WIDE_BYTES);
    case STOA_PHYS_COUNT: break;
    }
    return 0;
}

/* ---- writing ---- */

/* The size a record names for a bound. */
static uint8_t bound_size(enum stoa_phys phys, const struct stoa_value *bound)
{
    if (phys == STOA_PHYS_BYTES)
        return (uint8_t)bound->bytes.length;
    return phys == STOA_PHYS_I128 || phys == STOA_PHYS_FIXED16 ? WIDE_BYTES : 0;
}

/* How many bytes of a bound with this size lie in the heap: short texts are in the key. */
static size_t heap_size(enum stoa_phys phys, uint8_t size)
{
    return phys == STOA_PHYS_BYTES && size <= KEY_BYTES ? 0 : size;
}

static size_t write_bound(enum stoa_phys phys, const struct stoa_value *bound, uint8_t *out)
{
    const size_t size = heap_size(phys, bound_size(phys, bound));
    if (size == 0)
        return 0;
    if (phys == STOA_PHYS_BYTES)
        memcpy(out, bound->bytes.data, size);
    else if (phys == STOA_PHYS_I128)
        memcpy(out, &bound->i128, size);
    else
        memcpy(out, bound->fixed16, size);
    return size;
}

/* [FMT-35] one pattern for every NaN, and no low part beside what is not finite. */
static void write_float_sum(struct stoa_float_sum sum, uint8_t out[16])
{
    uint64_t high;
    uint64_t low;
    memcpy(&high, &sum.high, sizeof high);
    memcpy(&low, &sum.low, sizeof low);
    if (isnan(sum.high))
        high = UINT64_C(0x7FF8000000000000);
    stoa_store_le64(out, high);
    stoa_store_le64(out + 8, isfinite(sum.high) ? low : 0);
}

size_t stoa_stats_to_core(const struct stoa_stats *stats, struct stoa_stats_core *out_core,
                          uint8_t out_bounds[STOA_STATS_BOUNDS_MAX])
{
    struct stoa_stats_core core = {.flags = 0};
    size_t size = 0;
    if (stats->has_sum) {
        core.flags |= STOA_RECORD_HAS_SUM;
        if (stats->phys == STOA_PHYS_F64)
            write_float_sum(stats->float_sum, core.sum);
        else
            memcpy(core.sum, &stats->int_sum, sizeof core.sum);
    }
    if (stats->has_bounds) {
        core.flags |= STOA_RECORD_HAS_BOUNDS;
        core.flags |= stats->min_is_exact ? STOA_RECORD_MIN_EXACT : 0;
        core.flags |= stats->max_is_exact ? STOA_RECORD_MAX_EXACT : 0;
        core.flags |= stats->max_is_open ? STOA_RECORD_MAX_OPEN : 0;
        core.min_size = bound_size(stats->phys, &stats->min);
        core.min_key = stoa_value_key(stats->phys, &stats->min);
        size = write_bound(stats->phys, &stats->min, out_bounds);
        core.max_key = UINT64_MAX;
        if (!stats->max_is_open) {
            core.max_size = bound_size(stats->phys, &stats->max);
            core.max_key = stoa_value_key(stats->phys, &stats->max);
            size += write_bound(stats->phys, &stats->max, out_bounds + size);
        }
    }
    *out_core = core;
    return size;
}

/* ---- reading ---- */

size_t stoa_stats_bounds_size(enum stoa_phys phys, const struct stoa_stats_core *core)
{
    return heap_size(phys, core->min_size) + heap_size(phys, core->max_size);
}

static stoa_status fail_bound(const char *which, uint64_t key, unsigned size,
                              stoa_error *err)
{
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected a %s that fits its kind, found key %016" PRIx64
                     " with %u bytes",
                     which, key, size);
}

static void read_key(enum stoa_phys phys, uint64_t key, struct stoa_value *out)
{
    if (phys == STOA_PHYS_BOOL)
        out->boolean = key != 0;
    else if (phys == STOA_PHYS_I64)
        out->i64 = (int64_t)(key ^ SIGN_BIT);
    else if (phys == STOA_PHYS_U64)
        out->u64 = key;
    else
        out->f64 = float_of_key(key);
}

/* One bound from its key and its bytes; `text` is where the statistics keep BYTES. The key
 * must be what the value gives, which also refuses NaN, -0.0 and booleans other than 0 and 1. */
static stoa_status read_bound(enum stoa_phys phys, const char *which, uint64_t key,
                              uint8_t size, const uint8_t *bytes,
                              uint8_t text[STOA_MAX_BOUND_BYTES], struct stoa_value *out,
                              stoa_error *err)
{
    struct stoa_value value = {.is_null = false};
    if (phys == STOA_PHYS_BYTES) {
        uint8_t head[KEY_BYTES];
        stoa_store_le64(head, __builtin_bswap64(key));
        if (size > STOA_MAX_BOUND_BYTES)
            return fail_bound(which, key, size, err);
        memcpy(text, size > KEY_BYTES ? bytes : head, size);
        value.bytes = (struct stoa_view){.data = text, .length = size};
    } else if (phys == STOA_PHYS_I128 || phys == STOA_PHYS_FIXED16) {
        if (size != WIDE_BYTES)
            return fail_bound(which, key, size, err);
        memcpy(value.fixed16, bytes, WIDE_BYTES); /* the union's i128 is the same bytes */
    } else {
        if (size != 0)
            return fail_bound(which, key, size, err);
        read_key(phys, key, &value);
    }
    if ((phys == STOA_PHYS_F64 && isnan(value.f64)) || stoa_value_key(phys, &value) != key)
        return fail_bound(which, key, size, err);
    *out = value;
    return STOA_OK;
}

static stoa_status read_bounds(const struct stoa_stats_core *core, const uint8_t *bounds,
                               struct stoa_stats *stats, stoa_error *err)
{
    const enum stoa_phys phys = stats->phys;
    const size_t min_bytes = heap_size(phys, core->min_size);
    stats->has_bounds = true;
    stats->min_is_exact = core->flags & STOA_RECORD_MIN_EXACT;
    stats->max_is_exact = core->flags & STOA_RECORD_MAX_EXACT;
    stats->max_is_open = core->flags & STOA_RECORD_MAX_OPEN;
    STOA_TRY(read_bound(phys, "min", core->min_key, core->min_size, bounds,
                        stats->min_bytes, &stats->min, err));
    if (stats->max_is_open) { /* [FMT-67] */
        if (phys != STOA_PHYS_BYTES || core->max_size != 0 || core->max_key != UINT64_MAX ||
            stats->max_is_exact)
            return fail_bound("open max", core->max_key, core->max_size, err);
        stats->max.bytes = (struct stoa_view){.data = stats->max_bytes, .length = 0};
        return STOA_OK;
    }
    const uint8_t *rest = bounds ? bounds + min_bytes : NULL;
    STOA_TRY(read_bound(phys, "max", core->max_key, core->max_size, rest, stats->max_bytes,
                        &stats->max, err));
    if (stoa_value_compare(phys, &stats->min, &stats->max) > 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a min up to the max, found keys %016" PRIx64
                         " and %016" PRIx64,
                         core->min_key, core->max_key);
    return STOA_OK;
}

static stoa_status read_sum(const struct stoa_stats_core *core, struct stoa_stats *stats,
                            stoa_error *err)
{
    static const uint8_t zeros[sizeof core->sum];
    const bool is_possible = stats->has_sum; /* as stoa_stats_init says for the kind */
    stats->has_sum = core->flags & STOA_RECORD_HAS_SUM;
    if (!stats->has_sum) {
        if (memcmp(core->sum, zeros, sizeof zeros) != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected zero where a record has no sum, found other bytes");
        return STOA_OK;
    }
    if (!is_possible)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected no sum for physical kind %d, found one",
                         (int)stats->phys);
    if (stats->phys == STOA_PHYS_F64) {
        memcpy(&stats->float_sum.high, core->sum, 8);
        memcpy(&stats->float_sum.low, core->sum + 8, 8);
    } else {
        memcpy(&stats->int_sum, core->sum, sizeof stats->int_sum);
    }
    return STOA_OK;
}

/* [FMT-66] */
static stoa_status check_counts(const struct stoa_stats *stats, stoa_error *err)
{
    const uint64_t rows = stats->rows;
    if (stats->null_count > rows || stats->nan_count > rows - stats->null_count ||
        (stats->nan_count > 0 && stats->phys != STOA_PHYS_F64))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected NULLs and NaNs within %" PRIu64 " rows, found %" PRIu64
                         " and %" PRIu64,
                         rows, stats->null_count, stats->nan_count);
    return STOA_OK;
}

stoa_status stoa_stats_from_core(enum stoa_phys phys, uint64_t rows, uint64_t null_count,
                                 uint64_t nan_count, const struct stoa_stats_core *core,
                                 const uint8_t *bounds, struct stoa_stats *out_stats,
                                 stoa_error *err)
{
    struct stoa_stats stats;
    stoa_stats_init(&stats, phys);
    stats.rows = rows;
    stats.null_count = null_count;
    stats.nan_count = nan_count;
    STOA_TRY(check_counts(&stats, err));
    STOA_TRY(read_sum(core, &stats, err));
    if (core->flags & STOA_RECORD_HAS_BOUNDS) {
        if (null_count + nan_count == rows)
            return stoa_fail(
                err, STOA_E_CORRUPT,
                "expected no bounds of %" PRIu64 " rows without a value, found some", rows);
        STOA_TRY(read_bounds(core, bounds, &stats, err));
    }
    stoa_stats_copy(out_stats, &stats);
    return STOA_OK;
}
