/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TIME templates [CAST-8] to [CAST-12]: dates, times of day and time stamps in the proleptic
 * Gregorian calendar as a count of their finest unit. A pattern says in letters what stands where;
 * preparing it makes steps of a field and the character behind it.
 */
#include "format/enc/enc_cast.h"
#include "format/text.h"

/* How a field is written. */
enum {
    KIND_PAIR,  /* two digits */
    KIND_SHORT, /* one or two */
    KIND_YEAR,
    KIND_FRACTION,
    KIND_MONTH, /* three letters */
    KIND_HALF,  /* AM or PM */
    KIND_NONE   /* the character alone */
};

/* Which number a field is; the order is that of significance. */
enum {
    SOURCE_YEAR,
    SOURCE_MONTH,
    SOURCE_DAY,
    SOURCE_HOUR,
    SOURCE_MINUTE,
    SOURCE_SECOND,
    SOURCE_FRACTION,
    SOURCE_TWELVE, /* the hour of a clock of twelve */
    SOURCE_HALF,   /* 0: before noon */
    SOURCE_COUNT,
    SOURCE_NONE = SOURCE_COUNT
};

/* Of the years 0 to 9999. */
enum { DAYS_LOW = -719528, DAYS_HIGH = 2932896, MAX_FRACTION = 9 };

#define BIT(source) (1u << (source))
#define DATE_BITS   (BIT(SOURCE_YEAR) | BIT(SOURCE_MONTH) | BIT(SOURCE_DAY))

static const struct letter {
    uint8_t letter;
    uint8_t kind;
    uint8_t source;
    uint8_t size; /* bytes at most */
} letters[] = {
    {'Y', KIND_YEAR,     SOURCE_YEAR,     4}, /* [CAST-9] */
    {'M', KIND_PAIR,     SOURCE_MONTH,    2},
    {'m', KIND_SHORT,    SOURCE_MONTH,    2},
    {'B', KIND_MONTH,    SOURCE_MONTH,    3},
    {'D', KIND_PAIR,     SOURCE_DAY,      2},
    {'d', KIND_SHORT,    SOURCE_DAY,      2},
    {'H', KIND_PAIR,     SOURCE_HOUR,     2},
    {'h', KIND_SHORT,    SOURCE_HOUR,     2},
    {'K', KIND_PAIR,     SOURCE_TWELVE,   2},
    {'k', KIND_SHORT,    SOURCE_TWELVE,   2},
    {'P', KIND_HALF,     SOURCE_HALF,     2},
    {'N', KIND_PAIR,     SOURCE_MINUTE,   2},
    {'S', KIND_PAIR,     SOURCE_SECOND,   2},
    {'F', KIND_FRACTION, SOURCE_FRACTION, 1},
};

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static const struct letter *find_letter(uint8_t byte)
{
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (letters[i].letter == byte)
            return &letters[i];
    }
    return NULL;
}

/* [CAST-10] */
static bool is_literal(uint8_t byte)
{
    return byte == 'T' || (byte >= 0x20 && byte < 0x30) || (byte >= 0x3A && byte < 0x41) ||
           byte == '_';
}

/* ---- preparing ---- */

/* Adds one byte of the pattern to the steps; false when it may not stand there. */
static bool add_step(struct stoa_cast_template *t, uint8_t byte, unsigned *seen)
{
    struct stoa_cast_field *last =
        t->field_count > 0 ? &t->fields[t->field_count - 1] : NULL;
    const struct letter *letter = find_letter(byte);
    if (!letter) {
        if (!is_literal(byte))
            return false;
        if (last && last->literal == 0) {
            last->literal = byte;
            t->max_body++;
            return true;
        }
    } else if (last && last->literal == 0) {
        if (last->kind == KIND_FRACTION && letter->kind == KIND_FRACTION) {
            t->fraction_digits++;
            t->max_body++;
            return t->fraction_digits <= MAX_FRACTION;
        }
        if (last->kind == KIND_SHORT) /* [CAST-11] */
            return false;
    }
    if (t->field_count == STOA_CAST_MAX_PATTERN ||
        (letter && (*seen & BIT(letter->source))))
        return false;
    struct stoa_cast_field *field = &t->fields[t->field_count++];
    *field = letter ? (struct stoa_cast_field){letter->kind, letter->source, 0}
                    : (struct stoa_cast_field){KIND_NONE, SOURCE_NONE, byte};
    *seen |= letter ? BIT(letter->source) : 0;
    if (letter && letter->kind == KIND_FRACTION)
        t->fraction_digits = 1;
    t->max_body += letter ? letter->size : 1;
    return true;
}

/* [CAST-11] A date or none; an hour and a minute, then perhaps seconds, then perhaps a fraction. */
static bool is_complete(unsigned seen)
{
    const bool has_date = (seen & DATE_BITS) == DATE_BITS;
    const bool has_hour = seen & BIT(SOURCE_HOUR);
    const bool has_twelve = seen & BIT(SOURCE_TWELVE);
    const bool has_minute = seen & BIT(SOURCE_MINUTE);
    return (has_date || (seen & DATE_BITS) == 0) && !(has_hour && has_twelve) &&
           has_twelve == !!(seen & BIT(SOURCE_HALF)) &&
           has_minute == (has_hour || has_twelve) &&
           (has_minute || !(seen & BIT(SOURCE_SECOND))) &&
           (seen & BIT(SOURCE_SECOND) || !(seen & BIT(SOURCE_FRACTION))) &&
           (has_date || has_minute);
}

/* Fixed widths, the most significant field first. */
static bool is_ascending(const struct stoa_cast_template *t)
{
    int last = -1;
    for (unsigned i = 0; i < t->field_count; i++) {
        const struct stoa_cast_field *field = &t->fields[i];
        if (field->kind == KIND_NONE)
            continue;
        if (field->kind == KIND_SHORT || field->kind == KIND_MONTH ||
            field->source > SOURCE_FRACTION || field->source < last)
            return false;
        last = field->source;
    }
    return true;
}

static int64_t clamp(stoa_i128 number)
{
    return number < INT64_MIN   ? INT64_MIN
           : number > INT64_MAX ? INT64_MAX
                                : (int64_t)number;
}

/* [CAST-12] */
static void set_domain(struct stoa_cast_template *t, unsigned seen)
{
    t->has_date = seen & BIT(SOURCE_DAY);
    t->per_day = 1;
    if (seen & BIT(SOURCE_MINUTE))
        t->per_day *= 1440;
    if (seen & BIT(SOURCE_SECOND))
        t->per_day *= 60;
    for (unsigned i = 0; i < t->fraction_digits; i++)
        t->per_day *= 10;
    t->low = t->has_date ? clamp((stoa_i128)DAYS_LOW * t->per_day) : 0;
    t->high = clamp(t->has_date ? (stoa_i128)(DAYS_HIGH + 1) * t->per_day - 1
                                : (stoa_i128)t->per_day - 1);
}

static bool time_prepare(struct stoa_cast_template *t)
{
    unsigned seen = 0;
    t->phys = STOA_PHYS_I64;
    t->is_full = false;
    t->max_body = 0;
    t->field_count = 0;
    t->fraction_digits = 0;
    if (t->options != 0 || t->width != 0 || t->pattern_size == 0)
        return false;
    for (unsigned i = 0; i < t->pattern_size; i++) {
        if (!add_step(t, t->pattern[i], &seen))
            return false;
    }
    if (!is_complete(seen))
        return false;
    t->is_ordered = is_ascending(t);
    set_domain(t, seen);
    return true;
}

/* ---- reading ---- */

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

/* At least `least` and at most `most` digits. */
static uint64_t read_number(struct reader *reader, unsigned least, unsigned most)
{
    uint64_t number = 0;
    unsigned count = 0;
    while (count < most && reader->at < reader->end && (unsigned)(*reader->at - '0') < 10) {
        number = number * 10 + (unsigned)(*reader->at++ - '0');
        count++;
    }
    reader->failed |= count < least;
    return number;
}

static uint64_t read_name(struct reader *reader)
{
    for (unsigned i = 0; reader->end - reader->at >= 3 && i < 12; i++) {
        if (memcmp(reader->at, month_names + (size_t)i * 3, 3) == 0) {
            reader->at += 3;
            return i + 1;
        }
    }
    reader->failed = true;
    return 0;
}

static uint64_t read_half(struct reader *reader)
{
    if (reader->end - reader->at < 2 || reader->at[1] != 'M' ||
        (reader->at[0] != 'A' && reader->at[0] != 'P')) {
        reader->failed = true;
        return 0;
    }
    reader->at += 2;
    return reader->at[-2] == 'P';
}

static uint64_t read_field(const struct stoa_cast_template *t,
                           const struct stoa_cast_field *field, struct reader *reader)
{
    switch (field->kind) {
    case KIND_PAIR: return read_number(reader, 2, 2);
    case KIND_SHORT: return read_number(reader, 1, 2);
    case KIND_YEAR: return read_number(reader, 4, 4);
    case KIND_FRACTION: return read_number(reader, t->fraction_digits, t->fraction_digits);
    case KIND_MONTH: return read_name(reader);
    case KIND_HALF: return read_half(reader);
    default: return 0;
    }
}

/* The count of units that the fields come to. */
static bool join_fields(const struct stoa_cast_template *t,
                        const uint64_t numbers[SOURCE_COUNT + 1], int64_t *out)
{
    int64_t days = 0;
    if (t->has_date && !stoa_date_from_civil((int64_t)numbers[SOURCE_YEAR],
                                             (unsigned)numbers[SOURCE_MONTH],
                                             (unsigned)numbers[SOURCE_DAY], &days))
        return false;
    if (numbers[SOURCE_HOUR] > 23 || numbers[SOURCE_MINUTE] > 59 ||
        numbers[SOURCE_SECOND] > 59 || numbers[SOURCE_TWELVE] > 12)
        return false;
    /* 12 at night is hour 0, and only one of the two hours is there. */
    uint64_t rest =
        numbers[SOURCE_HOUR] + numbers[SOURCE_TWELVE] % 12 + 12 * numbers[SOURCE_HALF];
    rest = rest * 60 + numbers[SOURCE_MINUTE];
    if (t->per_day > 1440)
        rest = rest * 60 + numbers[SOURCE_SECOND];
    for (unsigned i = 0; i < t->fraction_digits; i++)
        rest *= 10;
    rest += numbers[SOURCE_FRACTION];
    const stoa_i128 count = (stoa_i128)days * t->per_day + rest;
    *out = (int64_t)count;
    return count >= t->low && count <= t->high;
}

static bool time_parse(const struct stoa_cast_template *t, const uint8_t *text,
                       uint32_t size, struct stoa_value *out, uint8_t *room)
{
    struct reader reader = {.at = text, .end = text + size};
    uint64_t numbers[SOURCE_COUNT + 1] = {0};
    STOA_UNUSED(room);
    for (unsigned i = 0; i < t->field_count && !reader.failed; i++) {
        const struct stoa_cast_field *field = &t->fields[i];
        numbers[field->source] = read_field(t, field, &reader);
        if (field->literal == 0)
            continue;
        reader.failed |= reader.at == reader.end || *reader.at != field->literal;
        reader.at += !reader.failed;
    }
    return !reader.failed && reader.at == reader.end && join_fields(t, numbers, &out->i64);
}

/* ---- printing ---- */

/* As stoa_date_to_civil, in 32 bits without signs: from the March before year 0, an era earlier. */
static inline void split_days(int64_t days, uint32_t numbers[SOURCE_COUNT + 1])
{
    const uint32_t shifted = (uint32_t)(days + 719468 + 146097);
    const uint32_t era = shifted / 146097;
    const uint32_t day_of_era = shifted % 146097;
    const uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const uint32_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const uint32_t march_month = (5 * day_of_year + 2) / 153;
    const uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    numbers[SOURCE_DAY] = day_of_year - (153 * march_month + 2) / 5 + 1;
    numbers[SOURCE_MONTH] = month;
    numbers[SOURCE_YEAR] = era * 400 + year_of_era + (month <= 2) - 400;
}

/* `rest` units of a day into its hour, minute, second and fraction. */
static inline void split_rest(const struct stoa_cast_template *t, uint64_t rest,
                              uint32_t numbers[SOURCE_COUNT + 1])
{
    uint32_t count = (uint32_t)rest; /* of minutes or seconds */
    if (t->fraction_digits > 0) {
        const uint64_t unit = t->per_day / 86400;
        count = (uint32_t)(rest / unit);
        numbers[SOURCE_FRACTION] = (uint32_t)(rest % unit);
    }
    if (t->per_day > 1440) {
        numbers[SOURCE_SECOND] = count % 60;
        count /= 60;
    }
    const uint32_t hour = count / 60;
    numbers[SOURCE_MINUTE] = count % 60;
    numbers[SOURCE_HOUR] = hour;
    numbers[SOURCE_TWELVE] = (hour + 11) % 12 + 1;
    numbers[SOURCE_HALF] = hour >= 12;
}

static inline uint8_t *put_fraction(uint8_t *out, uint32_t number, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--, number /= 10)
        out[i - 1] = (uint8_t)('0' + number % 10);
    return out + digits;
}

static inline uint8_t *put_field(const struct stoa_cast_template *t, unsigned kind,
                                 uint32_t number, uint8_t *out)
{
    const char *pair = pairs + (size_t)number * 2;
    switch (kind) {
    case KIND_PAIR: memcpy(out, pair, 2); return out + 2;
    case KIND_SHORT:
        out[0] = (uint8_t)pair[number < 10];
        out[1] = (uint8_t)pair[1];
        return out + 1 + (number >= 10);
    case KIND_YEAR:
        memcpy(out, pairs + (size_t)(number / 100) * 2, 2);
        memcpy(out + 2, pairs + (size_t)(number % 100) * 2, 2);
        return out + 4;
    case KIND_FRACTION: return put_fraction(out, number, t->fraction_digits);
    case KIND_MONTH: memcpy(out, month_names + ((size_t)number - 1) * 3, 3); return out + 3;
    case KIND_HALF:
        out[0] = number ? 'P' : 'A';
        out[1] = 'M';
        return out + 2;
    default: return out;
    }
}

/* Where the fields of a value are found, kept from row to row: rows of one day often follow each
 * other. */
struct clock {
    uint32_t numbers[SOURCE_COUNT + 1];
    int64_t day;
};

/* Sets what the value's day and its time of day are written from. */
static inline void set_clock(const struct stoa_cast_template *t, int64_t value,
                             struct clock *clock)
{
    const int64_t per_day = (int64_t)t->per_day;
    int64_t day = value / per_day;
    int64_t rest = value % per_day;
    day -= rest < 0;
    rest += rest < 0 ? per_day : 0;
    if (t->has_date && day != clock->day)
        split_days(day, clock->numbers);
    clock->day = day;
    if (per_day > 1)
        split_rest(t, (uint64_t)rest, clock->numbers);
}

static void print_steps(const struct stoa_cast_template *t, const int64_t *values,
                        uint32_t count, uint8_t *out, struct stoa_view *views)
{
    const struct stoa_cast_template copy = *t; /* nothing written can change it */
    struct clock clock = {.day = INT64_MIN};
    for (uint32_t i = 0; i < count; i++) {
        set_clock(&copy, values[i], &clock);
        uint8_t *at = stoa_cast_put(out, copy.prefix, copy.prefix_size);
        for (unsigned k = 0; k < copy.field_count; k++) {
            const struct stoa_cast_field *field = &copy.fields[k];
            at = put_field(&copy, field->kind, clock.numbers[field->source], at);
            *at = field->literal;
            at += field->literal != 0;
        }
        at = stoa_cast_put(at, copy.suffix, copy.suffix_size);
        views[i] = (struct stoa_view){.data = out, .length = (uint32_t)(at - out)};
        out = at;
    }
}

/* ---- texts of one length ---- */

/* Rows that a mold is worth making for. */
enum { MOLD_ROWS = 16 };

/* What all texts of a template have in common, and where the pairs of digits stand. */
struct mold {
    uint8_t bytes[STOA_CAST_MAX_TEXT];
    uint32_t size;
    unsigned spot_count;
    struct spot {
        uint8_t at;
        uint8_t source;
    } spots[STOA_CAST_MAX_PATTERN];
    bool has_year;
    uint32_t year_at;
    uint32_t fraction_at;
};

/* False when some field has no length of its own. */
static bool make_mold(const struct stoa_cast_template *t, struct mold *mold)
{
    uint32_t at = t->prefix_size;
    memset(mold, 0, sizeof *mold);
    memcpy(mold->bytes, t->prefix, t->prefix_size);
    for (unsigned k = 0; k < t->field_count; k++) {
        const struct stoa_cast_field *field = &t->fields[k];
        if (field->kind == KIND_PAIR) {
            mold->spots[mold->spot_count++] = (struct spot){(uint8_t)at, field->source};
            at += 2;
        } else if (field->kind == KIND_YEAR) {
            mold->year_at = at;
            mold->has_year = true;
            at += 4;
        } else if (field->kind == KIND_FRACTION) {
            mold->fraction_at = at;
            at += t->fraction_digits;
        } else if (field->kind != KIND_NONE) {
            return false;
        }
        mold->bytes[at] = field->literal;
        at += field->literal != 0;
    }
    memcpy(mold->bytes + at, t->suffix, t->suffix_size);
    mold->size = at + t->suffix_size;
    return true;
}

static inline void put_mold(uint8_t *out, const struct mold *mold)
{
    memcpy(out, mold->bytes, 32);
    if (mold->size > 32)
        memcpy(out + 32, mold->bytes + 32, mold->size - 32);
}

static void print_molded(const struct stoa_cast_template *t, const struct mold *from,
                         const int64_t *values, uint32_t count, uint8_t *out,
                         struct stoa_view *views)
{
    const struct stoa_cast_template copy = *t; /* as above */
    const struct mold mold = *from;
    struct clock clock = {.day = INT64_MIN};
    for (uint32_t i = 0; i < count; i++, out += mold.size) {
        set_clock(&copy, values[i], &clock);
        put_mold(out, &mold);
        if (mold.has_year)
            put_field(&copy, KIND_YEAR, clock.numbers[SOURCE_YEAR], out + mold.year_at);
        for (unsigned k = 0; k < mold.spot_count; k++)
            memcpy(out + mold.spots[k].at,
                   pairs + (size_t)clock.numbers[mold.spots[k].source] * 2, 2);
        if (copy.fraction_digits > 0)
            put_fraction(out + mold.fraction_at, clock.numbers[SOURCE_FRACTION],
                         copy.fraction_digits);
        views[i] = (struct stoa_view){.data = out, .length = mold.size};
    }
}

static void time_print(const struct stoa_cast_template *t, const void *values,
                       uint32_t count, uint8_t *out, struct stoa_view *views)
{
    struct mold mold;
    if (count >= MOLD_ROWS && make_mold(t, &mold))
        print_molded(t, &mold, values, count, out, views);
    else
        print_steps(t, values, count, out, views);
}

const struct stoa_cast_form stoa_cast_time = {
    .id = STOA_CAST_TIME,
    .name = "time",
    .cycles = 45,
    .prepare = time_prepare,
    .parse = time_parse,
    .print = time_print,
};
