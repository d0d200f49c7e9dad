/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults in words: where, what was expected and found, the line with a caret, and what to try
 * [ING-42]. Called on the calling thread while the chunk is still there; owns nothing.
 */
#include <stdio.h>
#include <string.h>

#include "format/text.h"
#include "writer/ingest/csv_pass.h"

enum {
    SHOWN_BEFORE = 60, /* characters of the line before the fault */
    SHOWN_AFTER = 40,
    SHOWN_BYTES = 4 * (SHOWN_BEFORE + SHOWN_AFTER) + 8
};

/* ---- places ---- */

static bool is_break(uint8_t byte)
{
    return byte == '\n' || byte == '\r';
}

static size_t line_begin(const uint8_t *text, size_t at)
{
    while (at > 0 && !is_break(text[at - 1]))
        at--;
    return at;
}

static size_t line_end(const uint8_t *text, size_t at, size_t size)
{
    while (at < size && !is_break(text[at]))
        at++;
    return at;
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

static uint64_t count_characters(const uint8_t *text, size_t size)
{
    uint64_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += !is_continuation(text[i]);
    return count;
}

struct stoa_csv_place stoa_csv_fault_place(const struct stoa_csv_pass *pass,
                                           const struct stoa_csv_slot *slot,
                                           const struct stoa_csv_fault *fault)
{
    const uint8_t *text = slot->buffer.bytes;
    const size_t begin = line_begin(text, fault->place);
    const size_t inside = begin > fault->begin ? begin - fault->begin : 0;
    const uint64_t record = pass->lines + fault->line + 1;
    return (struct stoa_csv_place){
        .record_line = record,
        .line = record + pass->chunks.kernels->count_lines(text + fault->begin, inside),
        .column = 1 + count_characters(text + begin, fault->place - begin),
    };
}

struct stoa_csv_place stoa_csv_offset_place(const struct stoa_csv_pass *pass,
                                            const struct stoa_csv_slot *slot, size_t offset)
{
    const uint8_t *text = slot->buffer.bytes;
    const size_t begin = line_begin(text, offset);
    const struct stoa_csv_fault fault = {
        .begin = begin,
        .place = offset,
        .line = pass->chunks.kernels->count_lines(text, begin),
    };
    return stoa_csv_fault_place(pass, slot, &fault);
}

uint64_t stoa_csv_offset_line(const struct stoa_csv_pass *pass,
                              const struct stoa_csv_slot *slot, size_t offset,
                              struct stoa_csv_line_cursor *cursor)
{
    const uint8_t *text = slot->buffer.bytes;
    size_t from = cursor->offset;
    if (offset < from)
        *cursor = (struct stoa_csv_line_cursor){.offset = 0};
    /* Values are not cut between CR and LF: the one or the other would have to be in them. */
    from = cursor->offset;
    cursor->lines += pass->chunks.kernels->count_lines(text + from, offset - from);
    cursor->offset = offset;
    return pass->lines + cursor->lines + 1;
}

/* ---- excerpts ---- */

/* Bytes of the character at `text`; 1 for what is none. */
static size_t character_size(const uint8_t *text, size_t left)
{
    size_t size = 1;
    while (size < left && size < 4 && is_continuation(text[size]))
        size++;
    return stoa_utf8_is_valid(text, size) ? size : 1;
}

/* Copies up to `limit` characters, each one place wide: what would not be is a '?'. */
static size_t copy_shown(const uint8_t *text, size_t size, size_t limit, char *out)
{
    size_t used = 0;
    size_t at = 0;
    for (size_t shown = 0; at < size && shown < limit; shown++) {
        const size_t step = character_size(text + at, size - at);
        const uint8_t byte = text[at];
        if (step > 1 || (byte >= 0x20 && byte < 0x7F))
            memcpy(out + used, text + at, step);
        else
            out[used] = byte == '\t' ? ' ' : '?';
        used += step;
        at += step;
    }
    out[used] = '\0';
    return used;
}

/* Where the excerpt begins so that it shows SHOWN_BEFORE characters before `place`. */
static size_t shown_begin(const uint8_t *text, size_t begin, size_t place)
{
    size_t shown = 0;
    size_t at = place;
    while (at > begin && shown < SHOWN_BEFORE) {
        at--;
        shown += !is_continuation(text[at]);
    }
    while (at > begin && at < place && is_continuation(text[at]))
        at++;
    return at;
}

static void set_excerpt(const struct stoa_csv_slot *slot,
                        const struct stoa_csv_fault *fault, uint64_t line, stoa_error *err)
{
    const uint8_t *text = slot->buffer.bytes;
    const size_t end = line_end(text, fault->place, slot->buffer.filled);
    const size_t line_start = line_begin(text, fault->place);
    const size_t begin = shown_begin(text, line_start, fault->place);
    const size_t before = (size_t)count_characters(text + begin, fault->place - begin);
    const size_t value_end = fault->value_end < end ? fault->value_end : end;
    const size_t value =
        value_end > fault->place
            ? (size_t)count_characters(text + fault->place, value_end - fault->place)
            : 1;
    const char *cut = begin > line_start ? "..." : "";
    char shown[SHOWN_BYTES];
    char caret[SHOWN_AFTER + 1];
    char number[24];
    const size_t carets = value < 1 ? 1 : value < SHOWN_AFTER ? value : SHOWN_AFTER;
    (void)copy_shown(text + begin, end - begin, before + SHOWN_AFTER, shown);
    memset(caret, '^', carets);
    caret[carets] = '\0';
    const int width = snprintf(number, sizeof number, "%llu", (unsigned long long)line);
    stoa_error_set_excerpt(err, "%s | %s%s\n%*s | %*s%s", number, cut, shown, width, "",
                           (int)(before + strlen(cut)), "", caret);
}

/* ---- messages ---- */

typedef void (*describe_fn)(const struct stoa_csv_pass *pass,
                            const struct stoa_csv_slot *slot,
                            const struct stoa_csv_fault *fault, stoa_error *err);

static void describe_width(const struct stoa_csv_pass *pass,
                           const struct stoa_csv_slot *slot,
                           const struct stoa_csv_fault *fault, stoa_error *err)
{
    const uint8_t *text = slot->buffer.bytes;
    const size_t size = fault->end - fault->begin;
    const uint8_t wrong[2] = {' ', pass->input->dialect.quote};
    (void)stoa_fail(err, fault->code, "expected %u fields, found %llu",
                    pass->input->info.column_count, (unsigned long long)fault->detail);
    if (fault->code == STOA_E_TOO_FEW_FIELDS)
        stoa_error_set_hint(err,
                            "a line break inside a value needs quotes around the value");
    else if (pass->input->dialect.has_quote && memmem(text + fault->begin, size, wrong, 2))
        stoa_error_set_hint(err,
                            "a quote behind a blank is part of the value; there must be no "
                            "blank between delimiter and quote");
    else
        stoa_error_set_hint(err, "a value that holds the delimiter needs quotes around it; "
                                 "--delimiter names another delimiter");
}

static void describe_unclosed(const struct stoa_csv_pass *pass,
                              const struct stoa_csv_slot *slot,
                              const struct stoa_csv_fault *fault, stoa_error *err)
{
    if (fault->detail == STOA_CSV_NOWHERE || fault->detail >= slot->buffer.filled) {
        (void)stoa_fail(err, fault->code, "a quote is opened here and never closed");
    } else {
        const uint64_t lines = pass->chunks.kernels->count_lines(
            slot->buffer.bytes + fault->begin, (size_t)fault->detail - fault->begin);
        (void)stoa_fail(
            err, fault->code,
            "a quote is opened here; the next one is on line %llu with text behind "
            "it, so this one was never closed",
            (unsigned long long)(pass->lines + fault->line + 1 + lines));
    }
    stoa_error_set_hint(err, "if quotes mean nothing in this file: --no-quote");
}

static void describe_garbage(const struct stoa_csv_pass *pass,
                             const struct stoa_csv_slot *slot,
                             const struct stoa_csv_fault *fault, stoa_error *err)
{
    const uint8_t *text = slot->buffer.bytes;
    const size_t size = character_size(text + fault->place, fault->end - fault->place);
    STOA_UNUSED(pass);
    (void)stoa_fail(
        err, fault->code,
        "expected a delimiter or a line end behind the closing quote, found '%.*s'",
        (int)size, (const char *)text + fault->place);
    if (fault->place >= 2 && text[fault->place - 2] == '\\')
        stoa_error_set_hint(err,
                            "quotes inside quotes are doubled, not escaped by backslashes");
    else
        stoa_error_set_hint(err, "a quote inside a quoted value must be doubled");
}

static void describe_bytes(const struct stoa_csv_pass *pass,
                           const struct stoa_csv_slot *slot,
                           const struct stoa_csv_fault *fault, stoa_error *err)
{
    const uint8_t *text = slot->buffer.bytes;
    const char *guess = stoa_encoding_guess(text + fault->begin, fault->end - fault->begin,
                                            slot->buffer.offset + fault->begin);
    STOA_UNUSED(pass);
    if (fault->code == STOA_E_NUL_BYTE)
        (void)stoa_fail(err, fault->code, "expected text, found a NUL byte");
    else
        (void)stoa_fail(err, fault->code, "expected UTF-8, found the byte 0x%02X",
                        text[fault->place]);
    if (!guess && fault->code == STOA_E_NUL_BYTE)
        stoa_error_set_hint(err, "zeros in text are most often blocks that a crash or a "
                                 "broken copy lost: get the file again");
    else
        stoa_error_set_hint(err,
                            "if the file is in another encoding, name it: --encoding %s",
                            guess ? guess : "windows-1252");
}

static void describe_length(const struct stoa_csv_pass *pass,
                            const struct stoa_csv_slot *slot,
                            const struct stoa_csv_fault *fault, stoa_error *err)
{
    uint64_t length = fault->value_end - fault->place;
    STOA_UNUSED(pass);
    if (slot->buffer.is_condemned)
        length = fault->detail;
    if (length > STOA_MAX_VALUE_BYTES)
        (void)stoa_fail(err, fault->code,
                        "expected a value of at most %zu bytes, found one of %llu",
                        STOA_MAX_VALUE_BYTES, (unsigned long long)length);
    else
        (void)stoa_fail(err, fault->code,
                        "expected a record of at most %llu bytes, found more",
                        (unsigned long long)STOA_CSV_RECORD_MAX);
    stoa_error_set_hint(err, "a quote that is never closed makes such values");
}

static void describe_cast(const struct stoa_csv_pass *pass,
                          const struct stoa_csv_slot *slot,
                          const struct stoa_csv_fault *fault, stoa_error *err)
{
    const struct stoa_column_plan plan = stoa_csv_column_plan(pass, fault->column);
    const char *name = pass->ingest->all.columns[pass->input->columns[fault->column]].name;
    const uint8_t *text = slot->buffer.bytes + fault->place;
    const uint32_t length = (uint32_t)(fault->value_end - fault->place);
    struct stoa_buf scratch;
    struct stoa_value value;
    stoa_error cause;
    stoa_error_clear(&cause);
    stoa_buf_init(&scratch, STOA_MAX_VALUE_BYTES);
    if (stoa_value_cast(plan.type, text, length, &scratch, &value, &cause) == STOA_OK)
        (void)stoa_fail(&cause, STOA_E_CAST, "the value does not have its type");
    stoa_buf_done(&scratch);
    (void)stoa_fail(err, fault->code, "%s (column \"%s\")", cause.message, name);
    stoa_error_set_hint(
        err, "if it means NULL: --null '%.*s'; to keep the text: --types %s=text",
        (int)(length < 40 ? length : 40), (const char *)text, name);
}

static describe_fn find_describe(stoa_status code)
{
    static const struct {
        stoa_status code;
        describe_fn describe;
    } rows[] = {
        {STOA_E_TOO_FEW_FIELDS,  describe_width   },
        {STOA_E_TOO_MANY_FIELDS, describe_width   },
        {STOA_E_UNCLOSED_QUOTE,  describe_unclosed},
        {STOA_E_QUOTE_GARBAGE,   describe_garbage },
        {STOA_E_NUL_BYTE,        describe_bytes   },
        {STOA_E_ENCODING,        describe_bytes   },
        {STOA_E_TOO_LONG,        describe_length  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].code == code)
            return rows[i].describe;
    }
    return describe_cast;
}

stoa_status stoa_csv_fault_error(const struct stoa_csv_pass *pass,
                                 const struct stoa_csv_slot *slot,
                                 const struct stoa_csv_fault *fault, stoa_error *err)
{
    const struct stoa_csv_place place = stoa_csv_fault_place(pass, slot, fault);
    stoa_error_clear(err);
    find_describe(fault->code)(pass, slot, fault, err);
    stoa_error_set_place(err, "%s:%llu:%llu", pass->input->info.name,
                         (unsigned long long)place.line, (unsigned long long)place.column);
    stoa_error_set_offset(err, slot->buffer.offset + fault->place);
    set_excerpt(slot, fault, place.line, err);
    return fault->code;
}
