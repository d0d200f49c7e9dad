/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which templates a column of texts may follow. A few rows are looked at: one of them is taken for
 * typical, what all rows of its shape begin and end with becomes the affixes, and what is between
 * decides the form. Each guess is tried on all of the rows. Most columns of text end at the first
 * step, a look at four of them.
 */
#include "format/enc/enc_cast.h"

enum {
    RUNS = 4,
    RUN_ROWS = 16,
    SAMPLES = RUNS * RUN_ROWS,
    RUN_LOOK = 256, /* rows, since some are NULL */
    FIRST_LOOK = 4,
    MISSES = 16,      /* one row in so many may not fit */
    SHORT_FIELDS = 3, /* of one or two digits that a pattern can have */
};

struct sample {
    uint32_t count;
    struct stoa_view texts[SAMPLES];
};

struct guesses {
    const struct sample *sample;
    struct stoa_cast_template *out;
    unsigned count;
};

static bool is_digit(uint8_t byte)
{
    return (unsigned)byte - '0' < 10;
}

static bool is_letter(uint8_t byte)
{
    return (unsigned)(byte | 0x20) - 'a' < 26;
}

static bool is_hex(uint8_t byte)
{
    return is_digit(byte) || (unsigned)(byte | 0x20) - 'a' < 6;
}

/* ---- the sample ---- */

static bool is_valid(const struct stoa_enc_input *input, uint32_t row)
{
    return !input->validity || stoa_bit_get(input->validity, row);
}

/* Adds up to `most` texts of rows from `first` on. */
static void add_run(const struct stoa_enc_input *input, uint32_t first, uint32_t most,
                    struct sample *out)
{
    const struct stoa_column *column = input->column;
    const uint32_t end =
        column->length - first < RUN_LOOK ? column->length : first + RUN_LOOK;
    uint32_t count = 0;
    for (uint32_t row = first; row < end && count < most; row++) {
        if (!is_valid(input, row))
            continue;
        out->texts[out->count++] = stoa_column_view(column, row);
        count++;
    }
}

/* Runs of rows from evenly spread places: neighbours and distant rows. */
static void take_sample(const struct stoa_enc_input *input, struct sample *out)
{
    const uint32_t length = input->column->length;
    out->count = 0;
    if (length <= SAMPLES)
        add_run(input, 0, SAMPLES, out);
    for (uint32_t run = 0; length > SAMPLES && run < RUNS; run++)
        add_run(input, (uint32_t)((uint64_t)run * length / RUNS), RUN_ROWS, out);
}

static bool has_digit(struct stoa_view text)
{
    for (uint32_t i = 0; i < text.length && i < STOA_CAST_MAX_TEXT; i++) {
        if (is_digit(text.data[i]))
            return true;
    }
    return false;
}

/* At least half of the first few texts have digits and are no essays. */
static bool may_fit(const struct stoa_enc_input *input)
{
    struct sample first = {.count = 0};
    uint32_t good = 0;
    add_run(input, 0, FIRST_LOOK, &first);
    for (uint32_t i = 0; i < first.count; i++)
        good += first.texts[i].length <= STOA_CAST_MAX_TEXT && has_digit(first.texts[i]);
    return good * 2 >= first.count;
}

/* ---- trying ---- */

static bool fits_sample(const struct stoa_cast_template *t, const struct sample *sample)
{
    uint8_t room[STOA_CAST_MAX_HEX / 2];
    struct stoa_value value;
    uint32_t misses = 0;
    for (uint32_t i = 0; i < sample->count && misses * MISSES <= sample->count; i++)
        misses += !stoa_cast_parse(t, sample->texts[i], &value, room);
    return misses * MISSES <= sample->count;
}

/* Keeps the guess when it fits the sample. */
static bool try_guess(struct guesses *guesses, const struct stoa_cast_template *t)
{
    struct stoa_cast_template guess = *t;
    if (guesses->count == STOA_CAST_CANDIDATES || !stoa_cast_prepare(&guess) ||
        !fits_sample(&guess, guesses->sample))
        return false;
    guesses->out[guesses->count++] = guess;
    return true;
}

/* A template of the form with what is before and behind [first, end) of the text. */
static bool set_affixes(struct stoa_cast_template *t, struct stoa_view text, uint32_t first,
                        uint32_t end)
{
    const uint32_t behind = text.length - end;
    if (first > STOA_CAST_MAX_AFFIX || behind > STOA_CAST_MAX_AFFIX)
        return false;
    t->prefix_size = (uint8_t)first;
    t->suffix_size = (uint8_t)behind;
    memset(t->prefix, 0, sizeof t->prefix);
    memset(t->suffix, 0, sizeof t->suffix);
    memcpy(t->prefix, text.data, first);
    memcpy(t->suffix, text.data + end, behind);
    return true;
}

/* ---- UUID ---- */

/* Where the 36 characters of one begin, or the text's length. */
static uint32_t find_uuid(struct stoa_view text)
{
    for (uint32_t i = 0; i + 36 <= text.length; i++) {
        const uint8_t *p = text.data + i;
        if (p[8] == '-' && p[13] == '-' && p[18] == '-' && p[23] == '-' && is_hex(p[0]) &&
            is_hex(p[35]))
            return i;
    }
    return text.length;
}

static void learn_uuid(struct guesses *guesses, struct stoa_view text)
{
    struct stoa_cast_template t = {.form = &stoa_cast_uuid};
    const uint32_t first = find_uuid(text);
    if (first == text.length || !set_affixes(&t, text, first, first + 36))
        return;
    if (!try_guess(guesses, &t)) {
        t.options = STOA_CAST_UPPER;
        (void)try_guess(guesses, &t);
    }
}

/* ---- common affixes ---- */

/* Whether a minus stands at `i`, and is no dash behind a word or a number. */
static bool is_sign(struct stoa_view text, uint32_t i)
{
    const uint8_t *p = text.data;
    return i < text.length && p[i] == '-' &&
           (i == 0 || !(is_letter(p[i - 1]) || is_digit(p[i - 1])));
}

/* What may change from row to row of one shape: digits with points and commas among them, and a
 * minus before them. Returns the first byte behind such a run at `i`, or i. */
static uint32_t skip_run(struct stoa_view text, uint32_t i)
{
    const uint8_t *p = text.data;
    uint32_t at = i;
    if (is_sign(text, at))
        at++;
    if (at == text.length || !is_digit(p[at]))
        return i;
    while (at < text.length &&
           (is_digit(p[at]) || ((p[at] == '.' || p[at] == ',') && at + 1 < text.length &&
                                is_digit(p[at + 1]))))
        at++;
    return at;
}

static bool same_shape(struct stoa_view a, struct stoa_view b)
{
    uint32_t i = 0;
    uint32_t k = 0;
    while (i < a.length && k < b.length) {
        const uint32_t next_i = skip_run(a, i);
        const uint32_t next_k = skip_run(b, k);
        if (next_i == i || next_k == k) {
            if (next_i != i || next_k != k || a.data[i] != b.data[k])
                return false;
            i++;
            k++;
        } else {
            i = next_i;
            k = next_k;
        }
    }
    return i == a.length && k == b.length;
}

static uint32_t common_start(struct stoa_view a, struct stoa_view b, uint32_t most)
{
    uint32_t size = 0;
    while (size < most && size < b.length && a.data[size] == b.data[size])
        size++;
    return size;
}

static uint32_t common_end(struct stoa_view a, struct stoa_view b, uint32_t most)
{
    uint32_t size = 0;
    while (size < most && size < b.length &&
           a.data[a.length - 1 - size] == b.data[b.length - 1 - size])
        size++;
    return size;
}

/* What the texts that `belongs` takes have in common with `text`, and their lengths. */
struct common {
    uint32_t start, end; /* bytes at the start, at the end */
    uint32_t shortest, longest;
};

static struct common find_common(const struct sample *sample, struct stoa_view text,
                                 bool (*belongs)(struct stoa_view a, struct stoa_view b))
{
    struct common common = {
        .start = text.length, .end = text.length, .shortest = text.length, .longest = 0};
    for (uint32_t i = 0; i < sample->count; i++) {
        const struct stoa_view other = sample->texts[i];
        if (!belongs(text, other))
            continue;
        common.start = common_start(text, other, common.start);
        common.end = common_end(text, other, common.end);
        common.shortest = other.length < common.shortest ? other.length : common.shortest;
        common.longest = other.length > common.longest ? other.length : common.longest;
    }
    return common;
}

/* ---- numbers ---- */

/* How far the common start goes back, so that no part of a number is in it. */
enum trim {
    TRIM_SIGN,  /* digits, points and commas among them, a minus */
    TRIM_POINT, /* digits, points and commas */
    TRIM_DIGITS,
    TRIM_COUNT
};

static uint32_t trim_start(struct stoa_view text, uint32_t size, enum trim trim)
{
    const uint8_t *p = text.data;
    while (size > 0 &&
           (is_digit(p[size - 1]) ||
            (trim <= TRIM_POINT && size > 1 && (p[size - 1] == '.' || p[size - 1] == ',') &&
             is_digit(p[size - 2]))))
        size--;
    if (trim == TRIM_SIGN && is_sign(text, size - 1))
        size--;
    return size;
}

/* The same for what is common at the end. */
static uint32_t trim_end(struct stoa_view text, uint32_t size, enum trim trim)
{
    const uint8_t *end = text.data + text.length;
    while (size > 0 &&
           (is_digit(*(end - size)) || (trim <= TRIM_POINT && size > 1 &&
                                        (*(end - size) == '.' || *(end - size) == ',') &&
                                        is_digit(*(end - size + 1)))))
        size--;
    return size;
}

/* Digits behind the point of a number, or nothing when there is none. */
static uint32_t count_decimals(struct stoa_view text, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        if (text.data[i] == '.')
            return end - i - 1;
    }
    return 0;
}

static void guess_numbers(struct guesses *guesses, struct stoa_view text, uint32_t first,
                          uint32_t end, bool is_fixed)
{
    struct stoa_cast_template t = {.form = &stoa_cast_padded};
    const uint32_t decimals = count_decimals(text, first, end);
    if (!set_affixes(&t, text, first, end) || decimals > UINT8_MAX)
        return;
    if (is_fixed && decimals == 0) {
        t.width = (uint8_t)(end - first);
        (void)try_guess(guesses, &t);
    }
    t.form = &stoa_cast_number;
    t.width = (uint8_t)decimals;
    for (unsigned options = 0; options < 4; options++) {
        t.options = (uint8_t)options;
        if (decimals == 0 || (options & STOA_CAST_SIGNED))
            (void)try_guess(guesses, &t); /* the sample may have no minus, or no comma */
    }
}

static void learn_numbers(struct guesses *guesses, struct stoa_view text)
{
    const struct common common = find_common(guesses->sample, text, same_shape);
    uint32_t last_start = UINT32_MAX;
    uint32_t last_end = UINT32_MAX;
    for (int trim = 0; trim < TRIM_COUNT; trim++) {
        const uint32_t start = trim_start(text, common.start, (enum trim)trim);
        const uint32_t room = common.shortest - start;
        const uint32_t end =
            trim_end(text, common.end < room ? common.end : room, (enum trim)trim);
        const bool is_new = start != last_start || end != last_end;
        last_start = start;
        last_end = end;
        if (is_new && start + end < text.length &&
            text.length - start - end <= STOA_CAST_MAX_TEXT)
            guess_numbers(guesses, text, start, text.length - end,
                          common.shortest == common.longest);
    }
}

/* ---- hex digits ---- */

static bool same_length(struct stoa_view a, struct stoa_view b)
{
    return a.length == b.length;
}

static void learn_hex(struct guesses *guesses, struct stoa_view text)
{
    const struct common common = find_common(guesses->sample, text, same_length);
    struct stoa_cast_template t = {.form = &stoa_cast_hex};
    uint32_t first = common.start;
    uint32_t behind = common.end;
    while (first > 0 && is_hex(text.data[first - 1]))
        first--;
    behind = behind < text.length - first ? behind : text.length - first;
    while (behind > 0 && is_hex(text.data[text.length - behind]))
        behind--;
    const uint32_t digits = text.length - first - behind;
    if (digits == 0 || digits > STOA_CAST_MAX_HEX ||
        !set_affixes(&t, text, first, text.length - behind))
        return;
    if (digits == 32) {
        t.form = &stoa_cast_uuid;
        t.options = STOA_CAST_BARE;
    } else {
        t.width = (uint8_t)digits;
    }
    if (!try_guess(guesses, &t)) {
        t.options |= STOA_CAST_UPPER;
        (void)try_guess(guesses, &t);
    }
}

/* ---- dates and times ---- */

static const char *const dates[] = {
    "Y-M-D", "Y/M/D", "Y.M.D", "M/D/Y",  "m/d/Y",  "D/M/Y", "d/m/Y",
    "D.M.Y", "d.m.Y", "M-D-Y", "D-M-Y",  "m-d-Y",  "d-m-Y", "D-B-Y",
    "D/B/Y", "D B Y", "d B Y", "B d, Y", "B D, Y", "YMD",
};
static const char *const clocks[] = {
    "H:N:S", "H:N", "h:N:S", "h:N", "k:N:S P", "k:N P", "K:N:S P", "K:N P", "HNS",
};
static const char separators[] = " T:_,";

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Puts `pattern` behind what the template has. */
static bool extend(struct stoa_cast_template *t, const char *pattern)
{
    const size_t size = strlen(pattern);
    if (t->pattern_size + size > STOA_CAST_MAX_PATTERN)
        return false;
    memcpy(t->pattern + t->pattern_size, pattern, size);
    t->pattern_size = (uint8_t)(t->pattern_size + size);
    return true;
}

/* Bytes of the text from `first` on that the template's pattern takes, which may be the shorter of
 * two (fields of one or two digits); 0: it does not fit. */
static uint32_t match(const struct stoa_cast_template *t, struct stoa_view text,
                      uint32_t first)
{
    struct stoa_cast_template prepared = *t;
    struct stoa_value value;
    if (!stoa_cast_prepare(&prepared))
        return 0;
    const uint32_t left = text.length - first;
    uint32_t size = prepared.max_body < left ? prepared.max_body : left;
    for (unsigned tries = 0; size > 0 && tries < SHORT_FIELDS + 1; tries++, size--) {
        if (prepared.form->parse(&prepared, text.data + first, size, &value, NULL))
            return size;
    }
    return 0;
}

static void finish_time(struct guesses *guesses, struct stoa_cast_template *t,
                        struct stoa_view text, uint32_t first, uint32_t size)
{
    const uint8_t *p = text.data + first;
    const uint32_t left = text.length - first;
    uint32_t fraction = 0;
    if (t->pattern[t->pattern_size - 1] == 'S' && size < left &&
        (p[size] == '.' || p[size] == ',')) {
        while (size + 1 + fraction < left && is_digit(p[size + 1 + fraction]))
            fraction++;
    }
    if (fraction > 0 && fraction <= 9) {
        const char point[2] = {(char)p[size], 0};
        if (!extend(t, point) || !extend(t, &"FFFFFFFFF"[9 - fraction]))
            return;
        size += 1 + fraction;
    }
    if (set_affixes(t, text, first, first + size))
        (void)try_guess(guesses, t);
}

/* The template's date, then perhaps a time of day. */
static void add_clock(struct guesses *guesses, const struct stoa_cast_template *date,
                      struct stoa_view text, uint32_t first, uint32_t size)
{
    const uint32_t at = first + size;
    const char *separator =
        at < text.length && text.data[at] ? strchr(separators, text.data[at]) : NULL;
    for (size_t i = 0; separator && i < COUNT(clocks); i++) {
        struct stoa_cast_template t = *date;
        const char one[2] = {*separator, 0};
        if (!extend(&t, one) || !extend(&t, clocks[i]))
            continue;
        const unsigned before = guesses->count;
        const uint32_t matched = match(&t, text, first);
        if (matched > 0)
            finish_time(guesses, &t, text, first, matched);
        if (guesses->count > before)
            return;
    }
    struct stoa_cast_template t = *date;
    finish_time(guesses, &t, text, first, size);
}

static void learn_times(struct guesses *guesses, struct stoa_view text)
{
    uint32_t first = 0;
    while (first < text.length && first <= STOA_CAST_MAX_AFFIX &&
           !is_digit(text.data[first]))
        first++;
    const uint32_t starts[2] = {first, first >= 4 ? first - 4 : first}; /* "Jan 5, 2024" */
    for (unsigned s = 0; s < 2 && guesses->count == 0; s++) {
        for (size_t i = 0; i < COUNT(dates); i++) {
            struct stoa_cast_template t = {.form = &stoa_cast_time};
            uint32_t size = 0;
            if (extend(&t, dates[i]) && (size = match(&t, text, starts[s])) > 0)
                add_clock(guesses, &t, text, starts[s], size);
        }
    }
    for (size_t i = 0; i < COUNT(clocks) && guesses->count == 0; i++) {
        struct stoa_cast_template t = {.form = &stoa_cast_time};
        uint32_t size = 0;
        if (extend(&t, clocks[i]) && (size = match(&t, text, first)) > 0)
            finish_time(guesses, &t, text, first, size);
    }
}

/* ---- all of them ---- */

static void learn_from(struct guesses *guesses, struct stoa_view text)
{
    if (text.length == 0 || text.length > STOA_CAST_MAX_TEXT || !has_digit(text))
        return;
    learn_uuid(guesses, text);
    if (guesses->count == 0)
        learn_times(guesses, text);
    learn_numbers(guesses, text);
    if (guesses->count == 0)
        learn_hex(guesses, text);
}

unsigned stoa_cast_learn(const struct stoa_enc_input *input,
                         struct stoa_cast_template out[STOA_CAST_CANDIDATES])
{
    struct sample sample;
    struct guesses guesses = {.sample = &sample, .out = out};
    if (!may_fit(input))
        return 0;
    take_sample(input, &sample);
    if (sample.count == 0)
        return 0;
    learn_from(&guesses, sample.texts[0]);
    if (guesses.count == 0 && sample.count > 2) /* the first may be an exception */
        learn_from(&guesses, sample.texts[sample.count / 2]);
    return guesses.count;
}
