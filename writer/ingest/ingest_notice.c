/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user should know: why a column is text, and which flag would change it [ING-46]. Called
 * while sources are opened and at the end of pass 1; the ingest owns the list.
 *
 * The first value that did not agree is read back from its source, so that pass 1 need not
 * carry values around.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "format/text.h"
#include "writer/ingest/ingest_source.h"

enum { SHOWN_BYTES = 40 };

stoa_status stoa_notice_add(struct stoa_ingest *ingest, uint32_t column, uint32_t source,
                            stoa_error *err, const char *fmt, ...)
{
    if (ingest->notice_count == ingest->notice_capacity) {
        const uint32_t capacity = ingest->notice_capacity ? 2 * ingest->notice_capacity : 8;
        void *grown = stoa_realloc(ingest->notices, capacity * sizeof *ingest->notices);
        if (!grown)
            return stoa_fail_memory(err, capacity * sizeof *ingest->notices);
        ingest->notices = grown;
        ingest->notice_capacity = capacity;
    }
    struct stoa_ingest_notice *notice = &ingest->notices[ingest->notice_count];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(notice->text, sizeof notice->text, fmt, args);
    va_end(args);
    if (n < 0)
        return STOA_OK;
    if ((size_t)n >= sizeof notice->text) /* cut at a whole character */
        notice->text[stoa_utf8_valid_prefix((const uint8_t *)notice->text,
                                            sizeof notice->text - 1)] = '\0';
    notice->column = column;
    notice->source = source;
    ingest->notice_count++;
    return STOA_OK;
}

/* ---- values read back ---- */

/* A value as far as a notice shows it. */
struct shown_value {
    char text[SHOWN_BYTES + 8];
    bool is_whole;
};

/* Where the field that begins at bytes[1] ends; bytes[0] is what stands before it. */
static size_t field_end(const struct stoa_csv_dialect *dialect, const uint8_t *bytes,
                        size_t size)
{
    const bool is_quoted = dialect->has_quote && bytes[0] == dialect->quote;
    size_t end = 1;
    while (end < size) {
        const uint8_t byte = bytes[end];
        if (is_quoted ? byte == dialect->quote
                      : byte == dialect->delimiter || byte == '\n' || byte == '\r')
            break;
        end++;
    }
    return end;
}

/* Reads the field that begins at `offset` of the decoded text, behind its quote. */
static stoa_status read_back(const struct stoa_input *input, uint64_t offset,
                             struct shown_value *out, stoa_error *err)
{
    struct stoa_text_reader reader;
    uint8_t bytes[SHOWN_BYTES + 2] = {'\n'};
    const size_t before = offset > 0 ? 1 : 0;
    size_t size = 0;
    STOA_TRY(stoa_text_open(input, &reader, err));
    const stoa_status status =
        stoa_io_read_some_at(&reader.file, offset - before, bytes + 1 - before,
                             SHOWN_BYTES + 1 + before, &size, err);
    stoa_text_close(&reader);
    STOA_TRY(status);
    size += 1 - before;
    size_t length = field_end(&input->dialect, bytes, size) - 1;
    out->is_whole = length + 1 < size || size < sizeof bytes;
    if (length > SHOWN_BYTES)
        length = SHOWN_BYTES;
    length = stoa_utf8_valid_prefix(bytes + 1, length);
    for (size_t i = 0; i < length; i++)
        out->text[i] =
            bytes[i + 1] < 0x20 || bytes[i + 1] == 0x7F ? '?' : (char)bytes[i + 1];
    (void)snprintf(out->text + length, sizeof out->text - length, "%s",
                   out->is_whole ? "" : "...");
    return STOA_OK;
}

/* ---- why a column is text ---- */

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static bool is_number_like(const char *text)
{
    while (*text == '+' || *text == '-' || *text == '0')
        text++;
    bool has_digit = false;
    for (; *text != '\0'; text++) {
        if (!is_digit(*text) && *text != '.')
            return false;
        has_digit = true;
    }
    return has_digit;
}

static bool is_null_like(const char *text)
{
    static const char *const words[] = {"NA",   "N/A", "n/a", "na", "null", "NULL", "None",
                                        "none", "NaN", "nan", "-",  "--",   "?",    "."};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], text) == 0)
            return true;
    }
    return false;
}

/* Digits around two equal separators: a date whose order nobody can know. */
static bool is_date_like(const char *text)
{
    unsigned parts = 1;
    for (; *text != '\0' && *text != ' '; text++) {
        if (*text == '/' || *text == '.')
            parts++;
        else if (!is_digit(*text))
            return false;
    }
    return parts == 3;
}

/* "1,234.50", "$5", "12 %": digits and what people write around them. */
static bool is_decorated_number(const char *text)
{
    bool has_digit = false;
    for (; *text != '\0'; text++) {
        if (!is_digit(*text) && !strchr("+-.,' $%()", *text))
            return false;
        has_digit |= is_digit(*text);
    }
    return has_digit;
}

static const char *reason_of(const char *text)
{
    if (text[0] == '+' && is_number_like(text))
        return "has a plus sign, which a number would lose";
    if (text[0] == '0' && text[1] != '.' && is_number_like(text))
        return "has leading zeros, which a number would lose";
    if (is_date_like(text))
        return "is no ISO date, and the order of day and month is not certain";
    if (is_decorated_number(text))
        return "is not written as a plain number";
    if (text[0] == '\0')
        return "is the quoted empty string";
    return "is none";
}

/* Values of some kind, and one that is plain text. */
static stoa_status notice_text(struct stoa_ingest *ingest, uint32_t column, stoa_error *err)
{
    const struct stoa_union_column *own = &ingest->all.columns[column];
    const struct stoa_input *input = &ingest->inputs[own->odd.input];
    const char *kind = stoa_kind_name((enum stoa_kind)own->facts.first_kind);
    const unsigned long long line = own->odd.line;
    struct shown_value value;
    STOA_TRY(read_back(input, own->odd.offset, &value, err));
    if (is_null_like(value.text) && value.is_whole)
        return stoa_notice_add(ingest, column, UINT32_MAX, err,
                               "\"%s\" is text: there are values like %s, but also \"%s\" "
                               "(first at %s:%llu)\nif that means NULL: --null '%s'",
                               own->name, kind, value.text, input->info.name, line,
                               value.text);
    return stoa_notice_add(ingest, column, UINT32_MAX, err,
                           "\"%s\" is text: there are values like %s, but \"%s\" %s (first "
                           "at %s:%llu)",
                           own->name, kind, value.text, reason_of(value.text),
                           input->info.name, line);
}

/* Two kinds that no type holds together. */
static stoa_status notice_mixture(struct stoa_ingest *ingest, uint32_t column,
                                  stoa_error *err)
{
    const struct stoa_union_column *own = &ingest->all.columns[column];
    const struct stoa_facts *facts = &own->facts;
    if (facts->odd_kind == STOA_KIND_COUNT)
        return stoa_notice_add(
            ingest, column, UINT32_MAX, err,
            "\"%s\" is text: neither decimal(38) nor float64 holds all of its "
            "numbers exactly",
            own->name);
    return stoa_notice_add(
        ingest, column, UINT32_MAX, err,
        "\"%s\" is text: some values are %s (first at %s:%llu), others %s (first at %s:%llu)",
        own->name, stoa_kind_name((enum stoa_kind)facts->first_kind),
        ingest->inputs[own->first.input].info.name, (unsigned long long)own->first.line,
        stoa_kind_name((enum stoa_kind)facts->odd_kind),
        ingest->inputs[own->odd.input].info.name, (unsigned long long)own->odd.line);
}

static stoa_status notice_column(struct stoa_ingest *ingest, uint32_t column,
                                 stoa_error *err)
{
    const struct stoa_union_column *own = &ingest->all.columns[column];
    const uint32_t text = stoa_kind_bit(STOA_KIND_TEXT);
    const uint32_t kinds = own->facts.kinds;
    if (own->is_forced || kinds == 0 || kinds == text)
        return STOA_OK;
    if (own->type.id == STOA_TYPE_TEXT)
        return own->facts.odd_kind == STOA_KIND_TEXT ? notice_text(ingest, column, err)
                                                     : notice_mixture(ingest, column, err);
    const bool has_fractions = (kinds & stoa_kind_bit(STOA_KIND_FRACTION)) != 0;
    const bool has_one_scale = own->facts.scale_min == own->facts.scale_max &&
                               kinds == stoa_kind_bit(STOA_KIND_FRACTION);
    if (own->type.id == STOA_TYPE_DECIMAL && has_fractions && !has_one_scale)
        return stoa_notice_add(
            ingest, column, UINT32_MAX, err,
            "\"%s\" is decimal(%u,%u): float64 would drop digits of some of "
            "its numbers\nif that does not matter: --types %s=float64",
            own->name, own->type.precision, own->type.scale, own->name);
    if (own->type.id == STOA_TYPE_TIMESTAMP && (kinds & stoa_kind_bit(STOA_KIND_DATE)))
        return stoa_notice_add(
            ingest, column, UINT32_MAX, err,
            "\"%s\" is timestamp: dates without a time are read as midnight", own->name);
    return STOA_OK;
}

stoa_status stoa_notice_columns(struct stoa_ingest *ingest, stoa_error *err)
{
    for (uint32_t i = 0; i < ingest->all.count; i++)
        STOA_TRY(notice_column(ingest, i, err));
    return STOA_OK;
}
