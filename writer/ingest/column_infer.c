/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The column loops of pass 1. Each loop runs while values have its shape and returns the row of
 * the first that has not; that one goes through the exact classifier (stoa_facts_add), which
 * may change the shape. Joins are the same on both ways, so this is speed only.
 */
#include "writer/ingest/column_infer.h"

#include "writer/ingest/digits_time.h"

/* What a loop works on. */
struct infer_run {
    struct stoa_facts *facts;
    const uint8_t *text;
    const struct stoa_ref *refs;
    uint32_t count;
};

/* A loop returns the first row from `row` on that it cannot take. */
typedef uint32_t (*infer_loop)(const struct infer_run *run, uint32_t row);

static uint32_t skip_nothing(const struct infer_run *run, uint32_t row)
{
    while (row < run->count && run->refs[row].length == 0)
        row++;
    return row;
}

static void join_ints(struct stoa_facts *facts, int64_t low, int64_t high)
{
    if (low < facts->int_min)
        facts->int_min = low;
    if (high > facts->int_max)
        facts->int_max = high;
}

/* Integers of at most 18 digits, in a column that has integers and nothing else. */
static uint32_t int_loop(const struct infer_run *run, uint32_t row)
{
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    for (; row < run->count; row++) {
        const struct stoa_ref ref = run->refs[row];
        int64_t value = 0;
        if (ref.length == 0)
            continue;
        if (!stoa_int_fast(run->text + ref.begin, stoa_ref_length(ref), &value))
            break;
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    const int64_t exact = INT64_C(1) << 53;
    if (low <= high && (low < -exact || high > exact) && !run->facts->is_float_inexact)
        return UINT32_MAX; /* the caller takes these rows one by one */
    if (low <= high)
        join_ints(run->facts, low, high);
    return row;
}

/* What a loop over numbers joins at its end. */
struct number_span {
    uint32_t whole;
    uint32_t scale_min;
    uint32_t scale_max;
    int64_t low;
    int64_t high;
};

static void join_span(struct stoa_facts *facts, const struct number_span *span)
{
    facts->whole_digits =
        span->whole > facts->whole_digits ? span->whole : facts->whole_digits;
    facts->scale_min =
        span->scale_min < facts->scale_min ? span->scale_min : facts->scale_min;
    facts->scale_max =
        span->scale_max > facts->scale_max ? span->scale_max : facts->scale_max;
    if (span->low <= span->high)
        join_ints(facts, span->low, span->high);
}

static void widen_span(struct number_span *span, const struct stoa_fraction *fraction)
{
    span->whole =
        fraction->whole_digits > span->whole ? fraction->whole_digits : span->whole;
    span->scale_min = fraction->scale < span->scale_min ? fraction->scale : span->scale_min;
    span->scale_max = fraction->scale > span->scale_max ? fraction->scale : span->scale_max;
}

/* A fraction of 16 to 19 digits: whether float64 keeps it has to be looked at, once. */
static bool long_fraction(struct stoa_facts *facts, const uint8_t *p, uint32_t length,
                          struct number_span *span)
{
    struct stoa_fraction fraction;
    bool is_exact = true;
    if (!stoa_fraction_long(p, length, &fraction))
        return false;
    if (!facts->is_float_inexact) {
        (void)stoa_fraction_float(&fraction, p, length, &is_exact);
        facts->is_float_inexact = !is_exact;
    }
    widen_span(span, &fraction);
    return true;
}

/* Fractions of at most 19 digits, and integers up to 2^53 once the column has some. */
static uint32_t fraction_loop(const struct infer_run *run, uint32_t row)
{
    const int64_t exact = INT64_C(1) << 53;
    const bool has_ints = (run->facts->kinds & stoa_kind_bit(STOA_KIND_INT)) != 0;
    struct number_span span = {
        .scale_min = UINT32_MAX, .low = INT64_MAX, .high = INT64_MIN};
    for (; row < run->count; row++) {
        const struct stoa_ref ref = run->refs[row];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *p = run->text + ref.begin;
        struct stoa_fraction fraction;
        int64_t value = 0;
        if (ref.length == 0)
            continue;
        if (stoa_fraction_fast(p, length, &fraction)) {
            widen_span(&span, &fraction);
            continue;
        }
        if (long_fraction(run->facts, p, length, &span))
            continue;
        if (!has_ints || !stoa_int_fast(p, length, &value) || value > exact ||
            value < -exact)
            break;
        span.low = value < span.low ? value : span.low;
        span.high = value > span.high ? value : span.high;
    }
    join_span(run->facts, &span);
    return row;
}

static uint32_t date_loop(const struct infer_run *run, uint32_t row)
{
    int64_t days = 0;
    for (; row < run->count; row++) {
        const struct stoa_ref ref = run->refs[row];
        if (ref.length != 0 &&
            (stoa_ref_length(ref) != 10 || !stoa_date_fast(run->text + ref.begin, &days)))
            break;
    }
    return row;
}

/* Timestamps that all have a zone, or all have none. */
static inline uint32_t moment_loop(const struct infer_run *run, uint32_t row,
                                   bool wants_zone)
{
    int64_t micros = 0;
    bool has_zone = false;
    for (; row < run->count; row++) {
        const struct stoa_ref ref = run->refs[row];
        if (ref.length == 0)
            continue;
        if (!stoa_timestamp_fast(run->text + ref.begin, stoa_ref_length(ref), &has_zone,
                                 &micros) ||
            has_zone != wants_zone)
            break;
    }
    return row;
}

static uint32_t timestamp_loop(const struct infer_run *run, uint32_t row)
{
    return moment_loop(run, row, false);
}

static uint32_t timestamptz_loop(const struct infer_run *run, uint32_t row)
{
    return moment_loop(run, row, true);
}

static uint32_t bool_loop(const struct infer_run *run, uint32_t row)
{
    bool value = false;
    for (; row < run->count; row++) {
        const struct stoa_ref ref = run->refs[row];
        if (ref.length != 0 &&
            !stoa_bool_fast(run->text + ref.begin, stoa_ref_length(ref), &value))
            break;
    }
    return row;
}

static uint32_t uuid_loop(const struct infer_run *run, uint32_t row)
{
    uint8_t bytes[16];
    for (; row < run->count; row++) {
        const struct stoa_ref ref = run->refs[row];
        if (ref.length != 0 &&
            (stoa_ref_length(ref) != 36 || !stoa_uuid_fast(run->text + ref.begin, bytes)))
            break;
    }
    return row;
}

/* The loop for what the column is so far. A kind may be joined in bulk only when it is in the
 * set already, with the place where it occurred first. */
static infer_loop choose_loop(const struct stoa_facts *facts)
{
    const uint32_t kinds = facts->kinds;
    if (kinds == stoa_kind_bit(STOA_KIND_INT))
        return int_loop;
    if (kinds & stoa_kind_bit(STOA_KIND_FRACTION))
        return fraction_loop;
    if (kinds == stoa_kind_bit(STOA_KIND_DATE))
        return date_loop;
    if (kinds & stoa_kind_bit(STOA_KIND_TIMESTAMP))
        return timestamp_loop;
    if (kinds == stoa_kind_bit(STOA_KIND_TIMESTAMPTZ))
        return timestamptz_loop;
    if (kinds == stoa_kind_bit(STOA_KIND_BOOL))
        return bool_loop;
    if (kinds == stoa_kind_bit(STOA_KIND_UUID))
        return uuid_loop;
    return skip_nothing;
}

static void add_one(const struct infer_run *run, uint32_t row)
{
    const struct stoa_ref ref = run->refs[row];
    if (ref.length != 0)
        stoa_facts_add(run->facts, run->text + ref.begin, stoa_ref_length(ref), ref.begin);
}

void stoa_column_infer(struct stoa_facts *facts, const uint8_t *text,
                       const struct stoa_ref *refs, uint32_t count, uint32_t nulls)
{
    const struct infer_run run = {
        .facts = facts, .text = text, .refs = refs, .count = count};
    facts->values += count - nulls;
    facts->nulls += nulls;
    uint32_t row = nulls == count ? count : 0;
    while (row < count && !facts->is_settled) {
        const uint32_t stop = choose_loop(facts)(&run, row);
        if (stop == UINT32_MAX) {
            for (; row < count && !facts->is_float_inexact; row++)
                add_one(&run, row);
            continue;
        }
        row = stop;
        stoa_facts_check(facts);
        if (row < count)
            add_one(&run, row++);
    }
}
