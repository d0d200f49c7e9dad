/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics (format.md 3, 5.4 and 5.5): made anew from the decoded values and merged upward, then
 * compared with what the file says. A statistic that is wrong prunes rows away unseen, which no
 * checksum can find.
 */
#include "decoder.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Flags of a record [FMT-67]. */
enum {
    HAS_BOUNDS = 1,
    MIN_EXACT = 2,
    MAX_EXACT = 4,
    MAX_OPEN = 8,
    HAS_SUM = 16,
    USES_DICTIONARY = 256
};

static double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* ---- orders [FMT-30] ---- */

static int compare_bytes(const struct value *a, const struct value *b)
{
    const uint32_t size = a->size < b->size ? a->size : b->size;
    const int order = size == 0 ? 0 : memcmp(a->text, b->text, size);
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

static int compare_unsigned(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_floats(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

int compare_values(unsigned kind, const struct value *a, const struct value *b)
{
    const uint64_t top = UINT64_C(1) << 63;
    switch (kind) {
    case KIND_I64: return compare_unsigned(a->low ^ top, b->low ^ top);
    case KIND_F64: return compare_floats(double_of(a->low), double_of(b->low));
    case KIND_I128:
        if (a->high != b->high)
            return compare_unsigned(a->high ^ top, b->high ^ top);
        return compare_unsigned(a->low, b->low);
    case KIND_BYTES:
    case KIND_FIXED16: return compare_bytes(a, b);
    default: return compare_unsigned(a->low, b->low);
    }
}

int compare_storage(unsigned kind, const struct value *a, const struct value *b)
{
    const int order = compare_values(kind, a, b);
    if (order != 0 || kind != KIND_F64)
        return order;
    if (isnan(double_of(a->low)))
        return compare_unsigned(a->low, b->low);
    return (int)(b->low >> 63) - (int)(a->low >> 63); /* -0.0 before 0.0 */
}

/* ---- sums ---- */

/* A float sum of [FMT-35]. */
struct pair {
    double high;
    double low;
};

static void pair_add(struct pair *pair, double x)
{
    const double s = pair->high + x;
    if (isfinite(s)) {
        const double b = s - pair->high;
        pair->low += (pair->high - (s - b)) + (x - b);
    } else {
        pair->low = 0;
    }
    pair->high = s;
}

static void pair_add_pair(struct pair *pair, struct pair q)
{
    pair_add(pair, q.high);
    if (isfinite(pair->high))
        pair->low += q.low;
}

static void store_pair(struct pair pair, uint64_t sum[2])
{
    if (isnan(pair.high)) {
        pair.low = 0;
        sum[0] = UINT64_C(0x7ff8000000000000);
    } else {
        sum[0] = bits_of(pair.high);
    }
    sum[1] = bits_of(isinf(pair.high) ? 0.0 : pair.low);
}

static void float_sum(const struct value *values, uint32_t rows, uint64_t sum[2])
{
    struct pair pairs[8] = {
        {0, 0}
    };
    struct pair total = {0, 0};
    for (uint32_t r = 0; r < rows; r++) {
        if (!values[r].is_null)
            pair_add(&pairs[r % 8], double_of(values[r].low));
    }
    for (unsigned i = 0; i < 8; i++)
        pair_add_pair(&total, pairs[i]);
    store_pair(total, sum);
}

/* A signed sum in 192 bits, lowest part first, so that leaving 128 bits shows. */
struct wide {
    uint64_t part[3];
};

static void wide_add(struct wide *wide, uint64_t low, uint64_t high, uint64_t sign)
{
    const uint64_t add[3] = {low, high, sign};
    uint64_t carry = 0;
    for (unsigned i = 0; i < 3; i++) {
        const uint64_t s = wide->part[i] + add[i];
        const uint64_t next = (s < add[i]) | (s + carry < s);
        wide->part[i] = s + carry;
        carry = next;
    }
}

static bool wide_fits(const struct wide *wide)
{
    return wide->part[2] == (wide->part[1] >> 63 ? ~UINT64_C(0) : 0);
}

static bool integer_sum(unsigned kind, const struct value *values, uint32_t rows,
                        uint64_t sum[2])
{
    struct wide wide = {
        {0, 0, 0}
    };
    for (uint32_t r = 0; r < rows; r++) {
        const struct value *v = &values[r];
        if (v->is_null)
            continue;
        const uint64_t top = kind == KIND_I128 ? v->high : kind == KIND_I64 ? v->low : 0;
        const uint64_t sign = top >> 63 ? ~UINT64_C(0) : 0;
        wide_add(&wide, v->low, kind == KIND_I128 ? v->high : sign, sign);
        if (!wide_fits(&wide)) /* [FMT-70] also when later rows would bring it back */
            return false;
    }
    sum[0] = wide.part[0];
    sum[1] = wide.part[1];
    return true;
}

/* ---- bounds ---- */

/* [FMT-69] How much of a long text a bound keeps. */
static uint32_t cut_size(const struct value *v)
{
    uint32_t size = MAX_BOUND_SIZE;
    for (unsigned less = 0; less < 3 && (v->text[size] & 0xc0) == 0x80; less++)
        size--;
    return (v->text[size] & 0xc0) == 0x80 ? MAX_BOUND_SIZE : size;
}

/* Writes a code point at p; returns its bytes. */
static uint32_t put_code_point(uint32_t c, uint8_t *p)
{
    if (c < 0x80) {
        p[0] = (uint8_t)c;
        return 1;
    }
    const uint32_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (uint32_t i = size - 1; i > 0; i--, c >>= 6)
        p[i] = (uint8_t)(0x80 | (c & 0x3f));
    p[0] = (uint8_t)(0xf00 >> size | c);
    return size;
}

static uint32_t get_code_point(const uint8_t *p, uint32_t size)
{
    uint32_t c = size == 1 ? p[0] : p[0] & (0x7fu >> size);
    for (uint32_t i = 1; i < size; i++)
        c = c << 6 | (p[i] & 0x3f);
    return c;
}

/* [FMT-69] Raises a cut text; returns its size, 0 when nothing remains. */
static uint32_t raise(uint8_t *text, uint32_t size)
{
    if (!is_utf8(text, size)) {
        while (size > 0 && text[size - 1] == 0xff)
            size--;
        if (size > 0)
            text[size - 1]++;
        return size;
    }
    while (size > 0) {
        uint32_t begin = size - 1;
        while ((text[begin] & 0xc0) == 0x80)
            begin--;
        uint32_t c = get_code_point(text + begin, size - begin);
        c = c == 0xd7ff ? 0xe000 : c + 1;
        uint8_t raised[4];
        if (c <= 0x10ffff) {
            const uint32_t added = put_code_point(c, raised);
            if (begin + added <= MAX_BOUND_SIZE) {
                memcpy(text + begin, raised, added);
                return begin + added;
            }
        }
        size = begin;
    }
    return 0;
}

static void cut_bounds(struct statistics *s, struct heap *heap)
{
    if (s->min.size > MAX_BOUND_SIZE) {
        s->min.size = cut_size(&s->min);
        s->is_min_exact = false;
    }
    if (s->max.size > MAX_BOUND_SIZE) {
        uint8_t *text = allocate(heap, MAX_BOUND_SIZE, 1);
        const uint32_t size = cut_size(&s->max);
        memcpy(text, s->max.text, size);
        s->max.text = text;
        s->max.size = raise(text, size);
        s->is_max_exact = false;
        s->is_max_open = s->max.size == 0;
    }
}

/* [FMT-4] */
static uint64_t raw_size(unsigned kind, const struct value *values, uint32_t rows)
{
    uint64_t size = 0;
    if (kind == KIND_BOOL)
        return (rows + 7) / 8;
    if (kind != KIND_BYTES)
        return (uint64_t)rows * (kind == KIND_I128 || kind == KIND_FIXED16 ? 16 : 8);
    for (uint32_t r = 0; r < rows; r++)
        size += 4 + (values[r].is_null ? 0 : values[r].size);
    return size;
}

static bool kind_has_sum(unsigned kind)
{
    return kind != KIND_BYTES && kind != KIND_FIXED16;
}

struct statistics statistics_empty(const struct column *column)
{
    struct statistics s;
    memset(&s, 0, sizeof s);
    s.has_sum = kind_has_sum(column->kind);
    return s;
}

static void find_bounds(unsigned kind, const struct value *values, uint32_t rows,
                        struct statistics *s)
{
    for (uint32_t r = 0; r < rows; r++) {
        const struct value *v = &values[r];
        if (v->is_null) {
            s->nulls++;
            continue;
        }
        if (kind == KIND_F64 && isnan(double_of(v->low))) {
            s->nans++;
            continue;
        }
        if (!s->has_bounds || compare_values(kind, v, &s->min) < 0)
            s->min = *v;
        if (!s->has_bounds || compare_values(kind, v, &s->max) > 0)
            s->max = *v;
        s->has_bounds = true;
    }
    s->is_min_exact = s->has_bounds;
    s->is_max_exact = s->has_bounds;
    if (kind == KIND_F64 && s->has_bounds) { /* [FMT-68] a zero bound is +0.0 */
        s->min.low = double_of(s->min.low) == 0 ? 0 : s->min.low;
        s->max.low = double_of(s->max.low) == 0 ? 0 : s->max.low;
    }
}

/* ---- merging [FMT-71] ---- */

static void merge_sum(const struct column *column, struct statistics *into,
                      const struct statistics *from)
{
    if (!into->has_sum || !from->has_sum) {
        into->has_sum = false;
        return;
    }
    if (column->kind == KIND_F64) {
        struct pair a = {double_of(into->sum[0]), double_of(into->sum[1])};
        const struct pair b = {double_of(from->sum[0]), double_of(from->sum[1])};
        pair_add_pair(&a, b);
        store_pair(a, into->sum);
        return;
    }
    struct wide wide = {
        {into->sum[0], into->sum[1], into->sum[1] >> 63 ? ~UINT64_C(0) : 0}
    };
    wide_add(&wide, from->sum[0], from->sum[1], from->sum[1] >> 63 ? ~UINT64_C(0) : 0);
    into->sum[0] = wide.part[0];
    into->sum[1] = wide.part[1];
    into->has_sum = wide_fits(&wide);
}

/* A max that is open is above every other. */
static int compare_max(unsigned kind, const struct statistics *a,
                       const struct statistics *b)
{
    if (a->is_max_open || b->is_max_open)
        return (int)a->is_max_open - (int)b->is_max_open;
    return compare_values(kind, &a->max, &b->max);
}

static void merge_bounds(unsigned kind, struct statistics *into,
                         const struct statistics *from)
{
    if (!from->has_bounds)
        return;
    const int min = into->has_bounds ? compare_values(kind, &from->min, &into->min) : -1;
    const int max = into->has_bounds ? compare_max(kind, from, into) : 1;
    if (min < 0 || (min == 0 && from->is_min_exact)) {
        into->min = from->min;
        into->is_min_exact = from->is_min_exact;
    }
    if (max > 0 || (max == 0 && from->is_max_exact)) {
        into->max = from->max;
        into->is_max_exact = from->is_max_exact;
        into->is_max_open = from->is_max_open;
    }
    into->has_bounds = true;
}

/* ---- one block ---- */

/* [FMT-35] [FMT-70] Sums of the zones, merged. */
static void sum_zones(const struct column *column, const struct value *values,
                      uint32_t rows, struct statistics *s)
{
    for (uint32_t row = 0; row < rows; row += ZONE_ROWS) {
        const uint32_t count = rows - row < ZONE_ROWS ? rows - row : ZONE_ROWS;
        struct statistics zone = statistics_empty(column);
        if (column->kind == KIND_F64)
            float_sum(values + row, count, zone.sum);
        else if (zone.has_sum)
            zone.has_sum = integer_sum(column->kind, values + row, count, zone.sum);
        merge_sum(column, s, &zone);
    }
}

struct statistics statistics_of_values(const struct column *column,
                                       const struct value *values, uint32_t rows,
                                       struct heap *heap)
{
    struct statistics s = statistics_empty(column);
    s.rows = rows;
    s.raw_size = raw_size(column->kind, values, rows);
    find_bounds(column->kind, values, rows, &s);
    if (column->kind == KIND_BYTES && s.has_bounds)
        cut_bounds(&s, heap);
    sum_zones(column, values, rows, &s);
    return s;
}

void statistics_merge(const struct column *column, struct statistics *into,
                      const struct statistics *from)
{
    into->rows += from->rows;
    into->nulls += from->nulls;
    into->nans += from->nans;
    into->raw_size += from->raw_size;
    merge_bounds(column->kind, into, from);
    merge_sum(column, into, from);
}

/* ---- comparing with a record ---- */

/* [FMT-68] */
uint64_t statistics_key(unsigned kind, const struct value *v)
{
    const uint64_t top = UINT64_C(1) << 63;
    uint64_t key = 0;
    switch (kind) {
    case KIND_I64: return v->low ^ top;
    case KIND_F64: return v->low & top ? ~v->low : v->low ^ top;
    case KIND_I128: return v->high ^ top;
    case KIND_BYTES:
    case KIND_FIXED16:
        for (unsigned i = 0; i < 8; i++)
            key = key << 8 | (i < v->size ? v->text[i] : 0);
        return key;
    default: return v->low;
    }
}

/* Bytes of a bound in full and whether the heap has them. */
static unsigned full_size(unsigned kind, const struct value *v)
{
    return kind == KIND_BYTES                          ? v->size
           : kind == KIND_I128 || kind == KIND_FIXED16 ? 16
                                                       : 0;
}

static void compare_bound(const struct decoder *d, unsigned kind, const struct value *v,
                          const char *what, uint64_t key, unsigned size,
                          const uint8_t **full)
{
    if (key != statistics_key(kind, v))
        refuse(d, "statistics: expected the key of %s to be %016llx, found %016llx", what,
               (unsigned long long)statistics_key(kind, v), (unsigned long long)key);
    if (size != full_size(kind, v))
        refuse(d, "statistics: expected %s of %u bytes, found %u", what, full_size(kind, v),
               size);
    if (size == 0 || (kind == KIND_BYTES && size <= 8))
        return;
    uint8_t number[16];
    for (unsigned i = 0; i < 8; i++) {
        number[i] = (uint8_t)(v->low >> 8 * i);
        number[8 + i] = (uint8_t)(v->high >> 8 * i);
    }
    if (memcmp(*full, kind == KIND_I128 ? number : v->text, size) != 0)
        refuse(d, "statistics: the full %s in the heap is another value", what);
    *full += size;
}

static void compare_counts(const struct decoder *d, const struct statistics *want,
                           const uint8_t *p, bool is_block)
{
    const uint64_t rows = is_block ? get32(p + 12) : get64(p);
    const uint64_t nulls = is_block ? get32(p + 16) : get64(p + 8);
    const uint64_t nans = is_block ? get32(p + 20) : get64(p + 16);
    if (rows != want->rows || nulls != want->nulls || nans != want->nans)
        refuse(
            d,
            "statistics: expected %llu rows, %llu NULLs, %llu NaNs, found %llu, %llu, %llu",
            (unsigned long long)want->rows, (unsigned long long)want->nulls,
            (unsigned long long)want->nans, (unsigned long long)rows,
            (unsigned long long)nulls, (unsigned long long)nans);
    if (is_block && get32(p + 24) != want->raw_size)
        refuse(d, "block record: expected raw size %llu, found %u",
               (unsigned long long)want->raw_size, get32(p + 24));
    if (!is_block) {
        require_zero(d, p + 24, 5, "statistics record");
        require_zero(d, p + 72, 8, "statistics record");
    }
    require_zero(d, p + 31, 1, "record");
    require_zero(d, p + 34, 2, "record");
}

void statistics_compare(const struct decoder *d, const struct column *column,
                        const struct statistics *want, const uint8_t *p, bool is_block)
{
    const unsigned flags = get16(p + 32);
    const unsigned expected =
        (want->has_bounds ? HAS_BOUNDS : 0) | (want->is_min_exact ? MIN_EXACT : 0) |
        (want->is_max_exact ? MAX_EXACT : 0) | (want->is_max_open ? MAX_OPEN : 0) |
        (want->has_sum ? HAS_SUM : 0);
    compare_counts(d, want, p, is_block);
    if ((is_block ? flags & ~(unsigned)USES_DICTIONARY : flags) != expected)
        refuse(d, "statistics: expected flags %02x, found %02x", expected, flags);
    if (want->has_bounds) {
        /* decoder_group.c has checked that the heap has them. */
        const uint8_t *full = d->sections[SECTION_HEAP].bytes + get32(p + 36);
        const bool is_open = want->is_max_open;
        compare_bound(d, column->kind, &want->min, "min", get64(p + 40), p[29], &full);
        if (!is_open)
            compare_bound(d, column->kind, &want->max, "max", get64(p + 48), p[30], &full);
        else if (get64(p + 48) != ~UINT64_C(0) || p[30] != 0)
            refuse(d, "statistics: an open max has key %016llx",
                   (unsigned long long)get64(p + 48));
    } else {
        require_zero(d, p + 29, 2, "statistics without bounds");
        require_zero(d, p + 36, 20, "statistics without bounds");
    }
    if (get64(p + 56) != (want->has_sum ? want->sum[0] : 0) ||
        get64(p + 64) != (want->has_sum ? want->sum[1] : 0))
        refuse(d, "statistics: expected sum %016llx %016llx, found %016llx %016llx",
               (unsigned long long)want->sum[0], (unsigned long long)want->sum[1],
               (unsigned long long)get64(p + 56), (unsigned long long)get64(p + 64));
}
