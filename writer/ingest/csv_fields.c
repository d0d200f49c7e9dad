/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of a window: column by column for the loops of both passes, and row by row for the
 * checks that look at bytes. Owns nothing.
 */
#include "writer/ingest/csv_fields.h"

#include <string.h>

#include "common/bits.h"
#include "format/text.h"
#include "format/types.h"

/* ---- one column ---- */

/* Windows without a quote: begin and end are all there is. */
static uint32_t plain_fields(const struct stoa_csv_window *window, uint32_t column,
                             struct stoa_ref *out_refs)
{
    const uint32_t columns = window->columns;
    const uint32_t *end = window->ends + column;
    uint32_t nulls = 0;
    if (column == 0) {
        for (uint32_t r = 0; r < window->row_count; r++, end += columns) {
            const uint32_t begin = window->begins[r];
            out_refs[r] = (struct stoa_ref){.begin = begin, .length = *end - begin};
            nulls += *end == begin;
        }
        return nulls;
    }
    for (uint32_t r = 0; r < window->row_count; r++, end += columns) {
        const uint32_t begin = end[-1] + 1;
        out_refs[r] = (struct stoa_ref){.begin = begin, .length = *end - begin};
        nulls += *end == begin;
    }
    return nulls;
}

/* A field that begins with a quote ends with one too: the rows saw to that. */
static uint32_t strip_quotes(const uint8_t *text, uint8_t quote, struct stoa_ref *refs,
                             uint32_t count)
{
    uint32_t nulls = 0;
    for (uint32_t r = 0; r < count; r++) {
        const struct stoa_ref ref = refs[r];
        if (ref.length >= 2 && text[ref.begin] == quote)
            refs[r] = (struct stoa_ref){.begin = ref.begin + 1,
                                        .length = (ref.length - 2) | STOA_REF_QUOTED};
        nulls += ref.length == 0;
    }
    return nulls;
}

/* True if the field, quotes halved, is the text. */
static bool is_text(const uint8_t *field, struct stoa_ref ref, uint8_t quote,
                    const char *text)
{
    const uint32_t length = stoa_ref_length(ref);
    const bool is_quoted = (ref.length & STOA_REF_QUOTED) != 0;
    uint32_t i = 0;
    for (; i < length && *text != '\0'; i++, text++) {
        if (field[i] != (uint8_t)*text)
            return false;
        i += is_quoted && field[i] == quote;
    }
    return i >= length && *text == '\0';
}

static uint32_t find_null_texts(const uint8_t *text, uint8_t quote,
                                const struct stoa_null_texts *nulls, struct stoa_ref *refs,
                                uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t r = 0; r < count; r++) {
        for (size_t i = 0; i < nulls->count && refs[r].length != 0; i++) {
            if (is_text(text + refs[r].begin, refs[r], quote, nulls->texts[i]))
                refs[r].length = 0;
        }
        found += refs[r].length == 0;
    }
    return found;
}

uint32_t stoa_csv_fields(const struct stoa_csv_window *window,
                         const struct stoa_csv_dialect *dialect, uint32_t column,
                         const struct stoa_null_texts *nulls, struct stoa_ref *out_refs)
{
    uint32_t count = plain_fields(window, column, out_refs);
    if (window->has_quotes && dialect->has_quote)
        count = strip_quotes(window->text, dialect->quote, out_refs, window->row_count);
    if (nulls->count != 0)
        count = find_null_texts(window->text, dialect->quote, nulls, out_refs,
                                window->row_count);
    return count;
}

uint32_t stoa_csv_count_nulls(const struct stoa_csv_window *window,
                              const struct stoa_csv_dialect *dialect, uint32_t column,
                              const struct stoa_null_texts *nulls,
                              struct stoa_ref *scratch_refs)
{
    const uint32_t columns = window->columns;
    const uint32_t *end = window->ends + column;
    uint32_t count = 0;
    if (nulls->count != 0 || column == 0)
        return stoa_csv_fields(window, dialect, column, nulls, scratch_refs);
    for (uint32_t r = 0; r < window->row_count; r++, end += columns)
        count += end[0] == end[-1] + 1; /* quoted or not: no byte between the delimiters */
    return count;
}

/* ---- quoted texts ---- */

uint32_t stoa_csv_unquote(const uint8_t *text, uint32_t length, uint8_t quote, uint8_t *out)
{
    uint8_t *to = out;
    const uint8_t *end = text + length;
    while (text < end) {
        const uint8_t *found = memchr(text, quote, (size_t)(end - text));
        const size_t piece = (size_t)((found ? found + 1 : end) - text);
        memcpy(to, text, piece);
        to += piece;
        text += piece + (found != NULL); /* the second of the pair */
    }
    return (uint32_t)(to - out);
}

uint32_t stoa_csv_value_length(const uint8_t *text, struct stoa_ref ref, uint8_t quote)
{
    const uint32_t length = stoa_ref_length(ref);
    uint32_t pairs = 0;
    if (!(ref.length & STOA_REF_QUOTED))
        return length;
    const uint8_t *p = text + ref.begin;
    const uint8_t *end = p + length;
    while (p < end && (p = memchr(p, quote, (size_t)(end - p))) != NULL) {
        pairs++;
        p += 2;
    }
    return length - pairs;
}

/* ---- checks over whole rows ---- */

struct row_check {
    const struct stoa_csv_rows *rows;
    const struct stoa_csv_window *window;
    uint64_t *bad;
    struct stoa_csv_fault_list *faults;
};

static size_t row_end(const struct stoa_csv_window *window, uint32_t row)
{
    return window->ends[(size_t)(row + 1) * window->columns - 1];
}

static stoa_status mark_bad(const struct row_check *check, uint32_t row, size_t place,
                            size_t value_end, stoa_status code, stoa_error *err)
{
    const struct stoa_csv_window *window = check->window;
    const uint32_t *ends = window->ends + (size_t)row * window->columns;
    const size_t begin = window->begins[row];
    uint32_t column = 0;
    while (column + 1 < window->columns && ends[column] <= place)
        column++;
    const size_t line = check->rows->kernels->count_lines(window->text + window->text_begin,
                                                          begin - window->text_begin);
    const struct stoa_csv_fault fault = {
        .begin = begin,
        .end = row_end(window, row),
        .place = place,
        .value_end = value_end,
        .line = window->lines + line,
        .code = code,
        .column = column,
    };
    stoa_bit_set(check->bad, row);
    return stoa_csv_faults_add(check->faults, &fault, err);
}

/* Whichever of NUL and malformed UTF-8 comes first in a row. */
static stoa_status check_bytes(const struct row_check *check, stoa_error *err)
{
    const struct stoa_csv_window *window = check->window;
    const uint8_t *text = window->text;
    const size_t size = window->text_end - window->text_begin;
    if (memchr(text + window->text_begin, 0, size) == NULL &&
        stoa_utf8_is_valid(text + window->text_begin, size))
        return STOA_OK;
    for (uint32_t r = 0; r < window->row_count; r++) {
        const uint8_t *begin = text + window->begins[r];
        const size_t length = row_end(window, r) - window->begins[r];
        const uint8_t *nul = memchr(begin, 0, length);
        const size_t valid =
            stoa_utf8_valid_prefix(begin, nul ? (size_t)(nul - begin) : length);
        if (!nul && valid == length)
            continue;
        const bool is_nul = nul && valid == (size_t)(nul - begin);
        const size_t place = window->begins[r] + valid;
        STOA_TRY(mark_bad(check, r, place, place + 1,
                          is_nul ? STOA_E_NUL_BYTE : STOA_E_ENCODING, err));
    }
    return STOA_OK;
}

/* Only records that are that long can hold a value that is. */
static stoa_status check_lengths(const struct row_check *check, stoa_error *err)
{
    const struct stoa_csv_window *window = check->window;
    const uint8_t quote = check->rows->dialect.quote;
    for (uint32_t r = 0; r < window->row_count; r++) {
        size_t begin = window->begins[r];
        if (row_end(window, r) - begin <= STOA_MAX_VALUE_BYTES ||
            stoa_bit_get(check->bad, r))
            continue;
        for (uint32_t c = 0; c < window->columns; c++) {
            const size_t end = window->ends[(size_t)r * window->columns + c];
            struct stoa_ref ref = {.begin = (uint32_t)begin,
                                   .length = (uint32_t)(end - begin)};
            if (check->rows->dialect.has_quote)
                (void)strip_quotes(window->text, quote, &ref, 1);
            if (stoa_csv_value_length(window->text, ref, quote) > STOA_MAX_VALUE_BYTES) {
                STOA_TRY(mark_bad(check, r, begin, end, STOA_E_TOO_LONG, err));
                break;
            }
            begin = end + 1;
        }
    }
    return STOA_OK;
}

stoa_status stoa_csv_check_text(const struct stoa_csv_rows *rows,
                                const struct stoa_csv_window *window, uint64_t *bad,
                                struct stoa_csv_fault_list *faults, stoa_error *err)
{
    const struct row_check check = {
        .rows = rows, .window = window, .bad = bad, .faults = faults};
    memset(bad, 0, stoa_bitmap_words(window->row_count) * sizeof *bad);
    if (window->has_special)
        STOA_TRY(check_bytes(&check, err));
    if (window->text_end - window->text_begin > STOA_MAX_VALUE_BYTES)
        STOA_TRY(check_lengths(&check, err));
    return STOA_OK;
}

void stoa_csv_window_drop(struct stoa_csv_window *window, const uint64_t *bad)
{
    const size_t columns = window->columns;
    uint32_t kept = 0;
    for (uint32_t r = 0; r < window->row_count; r++) {
        if (stoa_bit_get(bad, r))
            continue;
        window->begins[kept] = window->begins[r];
        memmove(window->ends + kept * columns, window->ends + r * columns,
                columns * sizeof(uint32_t));
        kept++;
    }
    window->row_count = kept;
}
