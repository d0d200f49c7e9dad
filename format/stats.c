/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics of zones and blocks, and how levels above are made [FMT-66]..[FMT-71]. Called
 * by the file writer for every block and by whoever folds blocks into row groups, files and
 * tables; owns nothing. The on-disk form is in stats_record.c, pruning in prune.c.
 */
#include "format/stats.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "common/bitmap.h"
#include "format/kernels/kernels.h"
#include "format/text.h"

enum { SUM_LANES = 8 }; /* pairs that a zone's float sum is made from [FMT-35] */

/* ---- float sums ---- */

/* [FMT-35] */
void stoa_float_sum_add(struct stoa_float_sum *sum, double x)
{
    const double s = sum->high + x;
    if (isfinite(s)) {
        const double b = s - sum->high;
        sum->low += (sum->high - (s - b)) + (x - b);
    } else {
        sum->low = 0;
    }
    sum->high = s;
}

void stoa_float_sum_merge(struct stoa_float_sum *sum, struct stoa_float_sum more)
{
    stoa_float_sum_add(sum, more.high);
    if (isfinite(sum->high))
        sum->low += more.low;
}

/* ---- bounds of texts ---- */

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* [FMT-69] Length of the cut of a text longer than the limit: not inside a character. */
static uint32_t cut_length(const uint8_t *text)
{
    uint32_t length = STOA_MAX_BOUND_BYTES;
    while (length > STOA_MAX_BOUND_BYTES - 3 && is_continuation(text[length]))
        length--;
    return is_continuation(text[length]) ? STOA_MAX_BOUND_BYTES : length;
}

/* The code point of the well-formed sequence of `length` bytes at `p`. */
static uint32_t read_code_point(const uint8_t *p, uint32_t length)
{
    static const uint8_t lead_masks[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = p[0] & lead_masks[length];
    for (uint32_t i = 1; i < length; i++)
        code = code << 6 | (p[i] & 0x3F);
    return code;
}

static uint32_t utf8_length(uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

static void write_code_point(uint32_t code, uint8_t *p)
{
    static const uint8_t leads[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    const uint32_t length = utf8_length(code);
    for (uint32_t i = length - 1; i > 0; i--) {
        p[i] = (uint8_t)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    p[0] = (uint8_t)(leads[length] | code);
}

/* [FMT-69] Raises the last character that has a next one that fits; returns the new length, 0
 * when there is none. `text` has room for the limit. */
static uint32_t raise_utf8(uint8_t *text, uint32_t length)
{
    while (length > 0) {
        uint32_t start = length - 1;
        while (is_continuation(text[start]))
            start--;
        const uint32_t code = read_code_point(text + start, length - start);
        const uint32_t next = code == 0xD7FF ? 0xE000 : code + 1;
        if (next <= 0x10FFFF && start + utf8_length(next) <= STOA_MAX_BOUND_BYTES) {
            write_code_point(next, text + start);
            return start + utf8_length(next);
        }
        length = start;
    }
    return 0;
}

static uint32_t raise_bytes(uint8_t *text, uint32_t length)
{
    while (length > 0 && text[length - 1] == 0xFF)
        length--;
    if (length > 0)
        text[length - 1]++;
    return length;
}

static void set_min_text(struct stoa_stats *stats, struct stoa_view text)
{
    const bool fits = text.length <= STOA_MAX_BOUND_BYTES;
    const uint32_t length = fits ? text.length : cut_length(text.data);
    if (length)
        memmove(stats->min_bytes, text.data, length);
    stats->min.bytes = (struct stoa_view){.data = stats->min_bytes, .length = length};
    stats->min_is_exact = fits;
}

static void set_max_text(struct stoa_stats *stats, struct stoa_view text)
{
    const bool fits = text.length <= STOA_MAX_BOUND_BYTES;
    uint32_t length = fits ? text.length : cut_length(text.data);
    if (length)
        memmove(stats->max_bytes, text.data, length);
    if (!fits) {
        length = stoa_utf8_is_valid(stats->max_bytes, length)
                     ? raise_utf8(stats->max_bytes, length)
                     : raise_bytes(stats->max_bytes, length);
    }
    stats->max.bytes = (struct stoa_view){.data = stats->max_bytes, .length = length};
    stats->max_is_exact = fits;
    stats->max_is_open = !fits && length == 0;
}

/* ---- one zone; each function looks at the rows that are not NULL ---- */

/* Validity of rows [64 * word, ...), with ones for rows that exist only. */
static uint64_t valid_bits(const struct stoa_column *column, uint32_t word)
{
    const uint64_t exist = stoa_low_mask(column->length - word * 64);
    return column->validity ? column->validity[word] & exist : exist;
}

static void set_exact(struct stoa_stats *stats)
{
    stats->has_bounds = true;
    stats->min_is_exact = true;
    stats->max_is_exact = true;
}

static void compute_bool(struct stoa_stats *stats, const struct stoa_column *column)
{
    const uint64_t *bits = column->values;
    uint64_t trues = 0;
    for (uint32_t word = 0; word < stoa_bitmap_words(column->length); word++)
        trues += (uint64_t)__builtin_popcountll(bits[word] & valid_bits(column, word));
    stats->int_sum = (stoa_i128)trues;
    if (stats->rows == stats->null_count)
        return;
    set_exact(stats);
    stats->min.boolean = trues == stats->rows - stats->null_count;
    stats->max.boolean = trues > 0;
}

/* A word of 64 rows of which some are NULL. */
static void add_sparse_i64(const int64_t *values, uint64_t valid, int64_t *low,
                           int64_t *high, stoa_i128 *sum)
{
    for (; valid; valid &= valid - 1) {
        const int64_t v = values[__builtin_ctzll(valid)];
        *low = v < *low ? v : *low;
        *high = v > *high ? v : *high;
        *sum += v;
    }
}

static void compute_i64(struct stoa_stats *stats, const struct stoa_column *column)
{
    const struct stoa_kernels *kernels = stoa_kernels_best();
    const int64_t *values = column->values;
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    stoa_i128 sum = 0;
    if (stats->null_count == 0 && stats->rows > 0) {
        kernels->min_max_i64(values, column->length, &low, &high);
        kernels->sum_i64(values, column->length, &sum);
    } else {
        for (uint32_t word = 0; word < stoa_bitmap_words(column->length); word++)
            add_sparse_i64(values + (size_t)word * 64, valid_bits(column, word), &low,
                           &high, &sum);
    }
    stats->int_sum = sum;
    if (stats->rows == stats->null_count)
        return;
    set_exact(stats);
    stats->min.i64 = low;
    stats->max.i64 = high;
}

static void compute_u64(struct stoa_stats *stats, const struct stoa_column *column)
{
    const uint64_t *values = column->values;
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    stoa_u128 sum = 0;
    for (uint32_t word = 0; word < stoa_bitmap_words(column->length); word++) {
        for (uint64_t valid = valid_bits(column, word); valid; valid &= valid - 1) {
            const uint64_t v = values[(size_t)word * 64 + (size_t)__builtin_ctzll(valid)];
            low = v < low ? v : low;
            high = v > high ? v : high;
            sum += v;
        }
    }
    stats->int_sum = (stoa_i128)sum;
    if (stats->rows == stats->null_count)
        return;
    set_exact(stats);
    stats->min.u64 = low;
    stats->max.u64 = high;
}

static void compute_i128(struct stoa_stats *stats, const struct stoa_column *column)
{
    const stoa_i128 *values = column->values;
    stoa_i128 low = 0;
    stoa_i128 high = 0;
    stoa_i128 sum = 0;
    bool is_first = true;
    for (uint32_t word = 0; word < stoa_bitmap_words(column->length); word++) {
        for (uint64_t valid = valid_bits(column, word); valid; valid &= valid - 1) {
            const stoa_i128 v = values[(size_t)word * 64 + (size_t)__builtin_ctzll(valid)];
            low = is_first || v < low ? v : low;
            high = is_first || v > high ? v : high;
            is_first = false;
            if (stats->has_sum && !stoa_add_i128(sum, v, &sum))
                stats->has_sum = false; /* [FMT-70] */
        }
    }
    stats->int_sum = stats->has_sum ? sum : 0;
    if (is_first)
        return;
    set_exact(stats);
    stats->min.i128 = low;
    stats->max.i128 = high;
}

/* What eight interleaved lanes know: row r belongs to lane r mod 8 [FMT-35]. */
struct float_lanes {
    double high[SUM_LANES];
    double low[SUM_LANES];
    double min[SUM_LANES];
    double max[SUM_LANES];
    uint64_t nans[SUM_LANES];
};

/* Adds the next eight rows, of which those in `valid` count. Without branches, so that the
 * lanes become vectors; NULL lanes keep what they had. */
static inline void add_eight(struct float_lanes *lanes, const double *values,
                             const uint64_t valid[SUM_LANES])
{
    for (unsigned i = 0; i < SUM_LANES; i++) {
        const double x = values[i];
        const double old = lanes->high[i];
        const double s = old + x;
        const double b = s - old;
        const double error = (old - (s - b)) + (x - b);
        const double low = fabs(s) <= DBL_MAX ? lanes->low[i] + error : 0.0;
        lanes->low[i] = valid[i] ? low : lanes->low[i];
        lanes->high[i] = valid[i] ? s : old;
        lanes->min[i] = valid[i] && x < lanes->min[i] ? x : lanes->min[i];
        lanes->max[i] = valid[i] && x > lanes->max[i] ? x : lanes->max[i];
        lanes->nans[i] += valid[i] && x != x;
    }
}

static void add_rows(struct float_lanes *lanes, const double *values, uint32_t count,
                     uint64_t valid)
{
    uint32_t row = 0;
    for (; row + SUM_LANES <= count; row += SUM_LANES) {
        uint64_t live[SUM_LANES];
        for (unsigned i = 0; i < SUM_LANES; i++)
            live[i] = valid >> (row + i) & 1;
        add_eight(lanes, values + row, live);
    }
    if (row == count)
        return;
    double rest[SUM_LANES] = {0};
    uint64_t live[SUM_LANES] = {0};
    for (unsigned i = 0; row + i < count; i++) {
        rest[i] = values[row + i];
        live[i] = valid >> (row + i) & 1;
    }
    add_eight(lanes, rest, live);
}

/* [FMT-68] zero bounds are +0.0, whichever zero occurred. */
static double normal_zero(double x)
{
    return x == 0 ? 0.0 : x;
}

static void fold_lanes(struct stoa_stats *stats, const struct float_lanes *lanes)
{
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    for (unsigned i = 0; i < SUM_LANES; i++) {
        const struct stoa_float_sum pair = {lanes->high[i], lanes->low[i]};
        stoa_float_sum_merge(&stats->float_sum, pair);
        stats->nan_count += lanes->nans[i];
        low = lanes->min[i] < low ? lanes->min[i] : low;
        high = lanes->max[i] > high ? lanes->max[i] : high;
    }
    if (stats->rows == stats->null_count + stats->nan_count)
        return;
    set_exact(stats);
    stats->min.f64 = normal_zero(low);
    stats->max.f64 = normal_zero(high);
}

static void compute_f64(struct stoa_stats *stats, const struct stoa_column *column)
{
    const double *values = column->values;
    struct float_lanes lanes = {.high = {0}};
    for (unsigned i = 0; i < SUM_LANES; i++) {
        lanes.min[i] = (double)INFINITY;
        lanes.max[i] = -(double)INFINITY;
    }
    for (uint32_t row = 0; row < column->length; row += 64) {
        const uint32_t left = column->length - row;
        add_rows(&lanes, values + row, left < 64 ? left : 64, valid_bits(column, row / 64));
    }
    fold_lanes(stats, &lanes);
}

/* The first eight bytes of a text as a number that is ordered as they are, zeros behind a
 * shorter one; `readable` bytes follow `data` in its buffer. */
static uint64_t prefix_key(const uint8_t *data, uint32_t length, uint32_t readable)
{
    uint64_t head = 0;
    if (readable >= sizeof head)
        head = stoa_load_le64(data);
    else if (readable > 0)
        memcpy(&head, data, readable);
    const uint64_t key = __builtin_bswap64(head);
    return length >= sizeof head ? key : key & ~(~UINT64_C(0) >> (8 * length));
}

/* The smallest and the largest text so far. Most texts are told from both by their prefix, which
 * costs a quarter of two memcmp. */
struct text_bounds {
    struct stoa_value low, high; /* NULL at first */
    uint64_t low_key, high_key;
};

static void add_text(struct text_bounds *bounds, struct stoa_view text, uint64_t key)
{
    const struct stoa_value v = {.bytes = text};
    if (bounds->low.is_null ||
        (key <= bounds->low_key &&
         stoa_value_compare(STOA_PHYS_BYTES, &v, &bounds->low) < 0)) {
        bounds->low = v;
        bounds->low_key = key;
    }
    if (bounds->high.is_null ||
        (key >= bounds->high_key &&
         stoa_value_compare(STOA_PHYS_BYTES, &v, &bounds->high) > 0)) {
        bounds->high = v;
        bounds->high_key = key;
    }
}

static void find_text_bounds(const struct stoa_column *column, struct text_bounds *bounds)
{
    const uint32_t end = column->length ? column->offsets[column->length] : 0;
    for (uint32_t word = 0; word < stoa_bitmap_words(column->length); word++) {
        for (uint64_t valid = valid_bits(column, word); valid; valid &= valid - 1) {
            const uint32_t row = word * 64 + (uint32_t)__builtin_ctzll(valid);
            const struct stoa_view text = stoa_column_view(column, row);
            add_text(bounds, text,
                     prefix_key(text.data, text.length, end - column->offsets[row]));
        }
    }
}

/* Numbers compare faster than texts, and a vector of them at once. */
static void find_coded_bounds(const struct stoa_column *column, const uint32_t *codes,
                              const struct stoa_column *values, struct text_bounds *bounds)
{
    uint32_t low = UINT32_MAX;
    uint32_t high = 0;
    for (uint32_t word = 0; word < stoa_bitmap_words(column->length); word++) {
        uint64_t valid = valid_bits(column, word);
        const uint32_t *part = codes + word * 64;
        for (uint32_t i = 0; valid == UINT64_MAX && i < 64; i++) {
            low = part[i] < low ? part[i] : low;
            high = part[i] > high ? part[i] : high;
        }
        for (valid += valid == UINT64_MAX; valid; valid &= valid - 1) {
            const uint32_t code = part[__builtin_ctzll(valid)];
            low = code < low ? code : low;
            high = code > high ? code : high;
        }
    }
    if (low > high)
        return; /* no value at all */
    const struct stoa_view first = stoa_column_view(values, low);
    const struct stoa_view last = stoa_column_view(values, high);
    add_text(bounds, first, prefix_key(first.data, first.length, first.length));
    add_text(bounds, last, prefix_key(last.data, last.length, last.length));
}

static void set_texts(struct stoa_stats *stats, const struct text_bounds *bounds)
{
    if (bounds->low.is_null)
        return;
    stats->has_bounds = true;
    set_min_text(stats, bounds->low.bytes);
    set_max_text(stats, bounds->high.bytes);
}

/* The 16 bytes as a number that is ordered as they are. */
static stoa_u128 fixed16_key(const uint8_t *p)
{
    return (stoa_u128)__builtin_bswap64(stoa_load_le64(p)) << 64 |
           __builtin_bswap64(stoa_load_le64(p + 8));
}

static void store_fixed16_key(stoa_u128 key, uint8_t *out)
{
    stoa_store_le64(out, __builtin_bswap64((uint64_t)(key >> 64)));
    stoa_store_le64(out + 8, __builtin_bswap64((uint64_t)key));
}

static void compute_fixed16(struct stoa_stats *stats, const struct stoa_column *column)
{
    const uint8_t *values = column->values;
    stoa_u128 low = ~(stoa_u128)0;
    stoa_u128 high = 0;
    for (uint32_t word = 0; word < stoa_bitmap_words(column->length); word++) {
        for (uint64_t valid = valid_bits(column, word); valid; valid &= valid - 1) {
            const size_t row = (size_t)word * 64 + (size_t)__builtin_ctzll(valid);
            const stoa_u128 key = fixed16_key(values + row * 16);
            low = key < low ? key : low;
            high = key > high ? key : high;
        }
    }
    if (stats->rows == stats->null_count)
        return;
    set_exact(stats);
    store_fixed16_key(low, stats->min.fixed16);
    store_fixed16_key(high, stats->max.fixed16);
}

typedef void compute_function(struct stoa_stats *stats, const struct stoa_column *column);

/* All kinds but BYTES. */
static compute_function *const compute_functions[STOA_PHYS_COUNT] = {
    [STOA_PHYS_BOOL] = compute_bool, [STOA_PHYS_I64] = compute_i64,
    [STOA_PHYS_U64] = compute_u64,   [STOA_PHYS_F64] = compute_f64,
    [STOA_PHYS_I128] = compute_i128, [STOA_PHYS_FIXED16] = compute_fixed16,
};

void stoa_stats_init(struct stoa_stats *stats, enum stoa_phys phys)
{
    *stats = (struct stoa_stats){.phys = phys};
    stats->has_sum = phys != STOA_PHYS_BYTES && phys != STOA_PHYS_FIXED16; /* [FMT-70] */
}

static void init_counts(struct stoa_stats *stats, const struct stoa_column *column)
{
    stoa_stats_init(stats, column->phys);
    stats->rows = column->length;
    if (column->validity)
        stats->null_count =
            column->length - stoa_bitmap_count(column->validity, column->length);
}

/* ---- levels above ---- */

void stoa_stats_copy(struct stoa_stats *to, const struct stoa_stats *from)
{
    *to = *from;
    if (from->phys != STOA_PHYS_BYTES || !from->has_bounds)
        return;
    to->min.bytes.data = to->min_bytes;
    to->max.bytes.data = to->max_bytes;
}

/* True if there are values whose bounds nobody knows. */
static bool bounds_are_unknown(const struct stoa_stats *stats)
{
    return !stats->has_bounds && stats->rows > stats->null_count + stats->nan_count;
}

static void take_min(struct stoa_stats *into, const struct stoa_stats *more)
{
    const int order = stoa_value_compare(into->phys, &more->min, &into->min);
    if (order > 0 || (order == 0 && into->min_is_exact))
        return;
    into->min_is_exact = more->min_is_exact;
    if (order == 0)
        return;
    if (into->phys == STOA_PHYS_BYTES) {
        memcpy(into->min_bytes, more->min_bytes, sizeof into->min_bytes);
        into->min.bytes.length = more->min.bytes.length;
    } else {
        into->min = more->min;
    }
}

static void take_max(struct stoa_stats *into, const struct stoa_stats *more)
{
    if (into->max_is_open)
        return;
    const int order =
        more->max_is_open ? 1 : stoa_value_compare(into->phys, &more->max, &into->max);
    if (order < 0 || (order == 0 && into->max_is_exact))
        return;
    into->max_is_exact = more->max_is_exact;
    into->max_is_open = more->max_is_open;
    if (order == 0)
        return;
    if (into->phys == STOA_PHYS_BYTES) {
        memcpy(into->max_bytes, more->max_bytes, sizeof into->max_bytes);
        into->max.bytes.length = more->max.bytes.length;
    } else {
        into->max = more->max;
    }
}

static void take_bounds(struct stoa_stats *into, const struct stoa_stats *more)
{
    into->has_bounds = true;
    into->min_is_exact = more->min_is_exact;
    into->max_is_exact = more->max_is_exact;
    into->max_is_open = more->max_is_open;
    into->min = more->min;
    into->max = more->max;
    if (into->phys != STOA_PHYS_BYTES)
        return;
    memcpy(into->min_bytes, more->min_bytes, sizeof into->min_bytes);
    memcpy(into->max_bytes, more->max_bytes, sizeof into->max_bytes);
    into->min.bytes.data = into->min_bytes;
    into->max.bytes.data = into->max_bytes;
}

static void forget_bounds(struct stoa_stats *stats)
{
    stats->has_bounds = false;
    stats->min_is_exact = false;
    stats->max_is_exact = false;
    stats->max_is_open = false;
    memset(&stats->min, 0, sizeof stats->min);
    memset(&stats->max, 0, sizeof stats->max);
}

static void merge_sums(struct stoa_stats *into, const struct stoa_stats *more)
{
    into->has_sum = into->has_sum && more->has_sum &&
                    stoa_add_i128(into->int_sum, more->int_sum, &into->int_sum);
    if (into->has_sum) {
        stoa_float_sum_merge(&into->float_sum, more->float_sum);
        return;
    }
    into->int_sum = 0;
    into->float_sum = (struct stoa_float_sum){0, 0};
}

/* [FMT-71] */
void stoa_stats_merge(struct stoa_stats *into, const struct stoa_stats *more)
{
    assert(into->phys == more->phys);
    const bool is_unknown = bounds_are_unknown(into) || bounds_are_unknown(more);
    into->rows += more->rows;
    into->null_count += more->null_count;
    into->nan_count += more->nan_count;
    merge_sums(into, more);
    if (is_unknown) {
        forget_bounds(into);
    } else if (more->has_bounds && into->has_bounds) {
        take_min(into, more);
        take_max(into, more);
    } else if (more->has_bounds) {
        take_bounds(into, more);
    }
}

/* ---- one block, zone by zone ---- */

static struct stoa_column zone_at(const struct stoa_column *column, uint32_t row)
{
    const uint32_t left = column->length - row;
    return stoa_column_slice(column, row, left < STOA_ZONE_ROWS ? left : STOA_ZONE_ROWS);
}

/* Also the bounds in full: they are cut last, so that a block's are as good as if it had no zones. */
static void compute_text_zone(struct stoa_stats *zone, const struct stoa_column *part,
                              const struct stoa_coded *coded, uint32_t first,
                              struct text_bounds *whole)
{
    struct text_bounds bounds = {.low = {.is_null = true}, .high = {.is_null = true}};
    init_counts(zone, part);
    if (coded)
        find_coded_bounds(part, coded->codes + first, &coded->values, &bounds);
    else
        find_text_bounds(part, &bounds);
    set_texts(zone, &bounds);
    if (!zone->has_bounds)
        return;
    const struct stoa_view low = bounds.low.bytes;
    const struct stoa_view high = bounds.high.bytes;
    add_text(whole, low, prefix_key(low.data, low.length, low.length));
    add_text(whole, high, prefix_key(high.data, high.length, high.length));
}

void stoa_stats_compute_zones(struct stoa_stats *stats, const struct stoa_column *column,
                              const struct stoa_coded *coded, struct stoa_stats *out_zones)
{
    struct text_bounds texts = {.low = {.is_null = true}, .high = {.is_null = true}};
    stoa_stats_init(stats, column->phys);
    for (uint32_t row = 0; row < column->length; row += STOA_ZONE_ROWS) {
        const struct stoa_column part = zone_at(column, row);
        struct stoa_stats zone;
        if (column->phys == STOA_PHYS_BYTES) {
            compute_text_zone(&zone, &part, coded, row, &texts);
        } else {
            init_counts(&zone, &part);
            compute_functions[column->phys](&zone, &part);
        }
        stoa_stats_merge(stats, &zone);
        if (out_zones)
            stoa_stats_copy(&out_zones[row / STOA_ZONE_ROWS], &zone);
    }
    set_texts(stats, &texts);
}

void stoa_stats_compute(struct stoa_stats *stats, const struct stoa_column *column)
{
    stoa_stats_compute_zones(stats, column, NULL, NULL);
}
