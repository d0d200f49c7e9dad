/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CSV source before its first row: byte order mark, skipped lines, dialect, header, and its
 * columns entered into the union ([ING-13..17]). Called through the table of input formats.
 */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "format/text.h"
#include "writer/ingest/csv_detect.h"
#include "writer/ingest/csv_input.h"
#include "writer/ingest/csv_pass.h"

enum { SAMPLE_BYTES = 64 << 10 };

/* A source while it is opened. */
struct opening {
    struct stoa_ingest *ingest;
    struct stoa_input *input;
    uint32_t number;
    struct stoa_buf buf; /* the head, grown until the first record is complete */
    struct stoa_input_head head;
    struct stoa_csv_sample sample;
    struct stoa_csv_record record; /* the first that is not blank */
    uint32_t *ends;                /* owned; of its fields */
    uint64_t start;                /* behind byte order mark and skipped lines */
};

/* ---- finding the first record ---- */

static bool is_break(uint8_t byte)
{
    return byte == '\n' || byte == '\r';
}

/* Behind `lines` line ends from `at` on; false when the head has fewer. */
static bool skip_lines(const struct stoa_input_head *head, uint64_t lines, size_t *at)
{
    for (; lines > 0; lines--) {
        while (*at < head->size && !is_break(head->bytes[*at]))
            (*at)++;
        if (*at == head->size)
            return false;
        /* A CR at the very end may be half a line end; reading more decides. */
        if (head->bytes[*at] == '\r' && *at + 1 == head->size && !head->is_whole)
            return false;
        *at = stoa_csv_behind(head->bytes, *at);
    }
    return true;
}

/* Puts the sample where the first record that is not blank begins; false: need more bytes. */
static bool find_first(struct opening *open)
{
    const struct stoa_input_head *head = &open->head;
    size_t at = 0;
    open->input->info.has_bom =
        head->size >= 3 && memcmp(head->bytes, "\xEF\xBB\xBF", 3) == 0;
    if (open->input->info.has_bom)
        at = 3;
    if (!skip_lines(head, open->ingest->options.skip_lines, &at) && !head->is_whole)
        return false;
    open->start = at;
    while (at < head->size && is_break(head->bytes[at]))
        at++;
    open->sample = (struct stoa_csv_sample){
        .bytes = head->bytes, .begin = at, .size = head->size, .is_whole = head->is_whole};
    return at < head->size || head->is_whole;
}

/* Reads the first record with the dialect found; false: need more bytes. */
static bool read_first(struct opening *open)
{
    const struct stoa_csv_sample *sample = &open->sample;
    open->input->dialect = stoa_csv_detect_dialect(&open->ingest->options, sample);
    stoa_csv_record_begin(&open->record, sample->begin);
    stoa_csv_record_feed(&open->input->dialect, &open->record,
                         sample->bytes + sample->begin, sample->begin,
                         sample->size - sample->begin, sample->is_whole, NULL, 0);
    return open->record.state == STOA_CSV_DONE;
}

static stoa_status fail_empty(stoa_error *err)
{
    return stoa_fail(err, STOA_E_EMPTY_SOURCE, "expected rows, found blank lines only");
}

/* Grows the head until it holds the first record. */
static stoa_status find_record(struct opening *open, stoa_error *err)
{
    const size_t most = open->ingest->options.memory / 2;
    size_t size = SAMPLE_BYTES;
    while (!find_first(open) ||
           (open->sample.begin < open->sample.size && !read_first(open))) {
        if (size >= most) {
            const stoa_status status = stoa_fail(
                err, STOA_E_MEMORY_LIMIT,
                "expected the first record within %zu bytes (half the memory for reading)",
                most);
            stoa_error_set_hint(err, "is a quote never closed in the first lines?");
            return status;
        }
        size = size < most / 4 ? 4 * size : most;
        STOA_TRY(stoa_source_head(open->input, size, &open->buf, &open->head, err));
    }
    return open->sample.begin == open->sample.size ? fail_empty(err) : STOA_OK;
}

/* ---- faults in it ---- */

static stoa_status fail_record(const struct opening *open, stoa_status code, size_t place,
                               stoa_error *err)
{
    const struct stoa_csv_pass pass = {.ingest = open->ingest,
                                       .input = open->input,
                                       .input_number = open->number,
                                       .chunks = {.kernels = stoa_csv_kernels_best()}};
    const struct stoa_csv_slot slot = {
        .buffer = {.bytes = open->buf.data, .filled = open->head.size}
    };
    const size_t begin = (size_t)open->record.begin;
    const struct stoa_csv_fault fault = {
        .begin = begin,
        .end = (size_t)open->record.end,
        .place = place,
        .value_end = place,
        .line = pass.chunks.kernels->count_lines(open->buf.data, begin),
        .detail = open->record.garbage,
        .code = code,
        .column = UINT32_MAX,
    };
    return stoa_csv_fault_error(&pass, &slot, &fault, err);
}

static stoa_status check_record(const struct opening *open, stoa_error *err)
{
    const uint8_t *begin = open->head.bytes + open->record.begin;
    const size_t size = (size_t)(open->record.end - open->record.begin);
    if (open->record.fault != STOA_OK)
        return fail_record(open, open->record.fault, (size_t)open->record.place, err);
    if (open->record.fields > STOA_MAX_COLUMNS)
        return stoa_fail(err, STOA_E_LIMIT, "expected at most %d columns, found %llu",
                         STOA_MAX_COLUMNS, (unsigned long long)open->record.fields);
    const uint8_t *nul = memchr(begin, 0, size);
    const size_t valid = stoa_utf8_valid_prefix(begin, nul ? (size_t)(nul - begin) : size);
    const size_t place = (size_t)open->record.begin + valid;
    if (nul && valid == (size_t)(nul - begin))
        return fail_record(open, STOA_E_NUL_BYTE, place, err);
    if (valid < size)
        return fail_record(open, STOA_E_ENCODING, place, err);
    return STOA_OK;
}

/* ---- names ---- */

/* The names of one source, unique without regard to case. */
struct naming {
    struct stoa_union names;
    uint32_t *numbers; /* owned; [column] number in names, UINT32_MAX: not named yet */
    uint8_t *text;     /* owned; one name without its quotes */
};

/* [ING-15] `base`, or base_2, base_3 ... when it is taken. */
static stoa_status add_unique(struct naming *naming, const char *base, uint32_t *out_number,
                              stoa_error *err)
{
    char name[STOA_MAX_NAME_BYTES + 16];
    size_t length = strlen(base);
    const uint32_t taken = stoa_union_find(&naming->names, base, length);
    if (taken == UINT32_MAX)
        return stoa_union_add(&naming->names, base, length, out_number, err);
    do {
        naming->names.columns[taken].suffix++;
        length = (size_t)snprintf(name, sizeof name, "%s_%u", base,
                                  naming->names.columns[taken].suffix);
    } while (stoa_union_find(&naming->names, name, length) != UINT32_MAX);
    if (length > STOA_MAX_NAME_BYTES)
        return stoa_fail(err, STOA_E_TOO_LONG, "expected a column name of at most %d bytes",
                         STOA_MAX_NAME_BYTES);
    return stoa_union_add(&naming->names, name, length, out_number, err);
}

/* The name in field `column`, NUL terminated in naming->text; empty without a header. */
static stoa_status read_name(const struct opening *open, struct naming *naming,
                             uint32_t column, stoa_error *err)
{
    const struct stoa_csv_dialect *dialect = &open->input->dialect;
    const size_t begin = column ? open->ends[column - 1] + 1 : (size_t)open->record.begin;
    const uint8_t *text = open->head.bytes + begin;
    uint32_t length = (uint32_t)(open->ends[column] - begin);
    naming->text[0] = '\0';
    if (!open->input->info.has_header)
        return STOA_OK;
    if (length > 2 * STOA_MAX_NAME_BYTES + 2)
        length = 2 * STOA_MAX_NAME_BYTES + 2;
    else if (dialect->has_quote && length >= 2 && text[0] == dialect->quote)
        length = stoa_csv_unquote(text + 1, length - 2, dialect->quote, naming->text);
    else
        memcpy(naming->text, text, length);
    if (length > STOA_MAX_NAME_BYTES)
        return stoa_fail(
            err, STOA_E_TOO_LONG,
            "expected a column name of at most %d bytes, found column %u with more",
            STOA_MAX_NAME_BYTES, column + 1);
    naming->text[length] = '\0';
    return STOA_OK;
}

/* First all names as they stand, then the numbered ones: no later name is taken away. */
static stoa_status name_columns(const struct opening *open, struct naming *naming,
                                stoa_error *err)
{
    const uint32_t count = open->input->info.column_count;
    const char *name = (const char *)naming->text;
    for (uint32_t c = 0; c < count; c++) {
        STOA_TRY(read_name(open, naming, c, err));
        naming->numbers[c] = UINT32_MAX;
        if (*name != '\0' &&
            stoa_union_find(&naming->names, name, strlen(name)) == UINT32_MAX)
            STOA_TRY(add_unique(naming, name, &naming->numbers[c], err));
    }
    for (uint32_t c = 0; c < count; c++) {
        char numbered[32];
        if (naming->numbers[c] != UINT32_MAX)
            continue;
        STOA_TRY(read_name(open, naming, c, err));
        (void)snprintf(numbered, sizeof numbered, "column_%u", c + 1);
        STOA_TRY(add_unique(naming, *name ? name : numbered, &naming->numbers[c], err));
        if (!open->input->info.has_header)
            continue;
        STOA_TRY(stoa_notice_add(
            open->ingest, UINT32_MAX, open->number, err,
            *name ? "%s: column %u has the name \"%s\" again; it is called \"%s\""
                  : "%s: column %u has no name%s; it is called \"%s\"",
            open->input->info.name, c + 1, name,
            naming->names.columns[naming->numbers[c]].name));
    }
    return STOA_OK;
}

/* [ING-17] */
static stoa_status enter_columns(const struct opening *open, const struct naming *naming,
                                 stoa_error *err)
{
    struct stoa_union *all = &open->ingest->all;
    const uint32_t count = open->input->info.column_count;
    for (uint32_t c = 0; c < count; c++) {
        const char *name = naming->names.columns[naming->numbers[c]].name;
        uint32_t number = stoa_union_find(all, name, strlen(name));
        if (number == UINT32_MAX) {
            STOA_TRY(stoa_union_add(all, name, strlen(name), &number, err));
            all->columns[number].first_source = open->number;
            all->columns[number].position = c;
        }
        open->input->columns[c] = number;
    }
    return STOA_OK;
}

static stoa_status make_columns(struct opening *open, stoa_error *err)
{
    const uint32_t count = (uint32_t)open->record.fields;
    struct naming naming = {.numbers = NULL};
    stoa_status status = STOA_OK;
    stoa_union_init(&naming.names);
    open->input->info.column_count = count;
    open->ends = stoa_alloc_array(count, sizeof *open->ends);
    open->input->columns = stoa_alloc_array(count, sizeof *open->input->columns);
    naming.numbers = stoa_alloc_array(count, sizeof *naming.numbers);
    naming.text = stoa_alloc(2 * STOA_MAX_NAME_BYTES + 8);
    if (!open->ends || !open->input->columns || !naming.numbers || !naming.text) {
        status = stoa_fail_memory(err, count * sizeof(uint32_t));
        goto cleanup;
    }
    const size_t begin = (size_t)open->record.begin;
    struct stoa_csv_record record;
    stoa_csv_record_begin(&record, begin);
    stoa_csv_record_feed(&open->input->dialect, &record, open->head.bytes + begin, begin,
                         open->head.size - begin, open->head.is_whole, open->ends, count);
    STOA_TRY_CLEANUP(name_columns(open, &naming, err));
    STOA_TRY_CLEANUP(enter_columns(open, &naming, err));
cleanup:
    stoa_free(naming.numbers);
    stoa_free(naming.text);
    stoa_union_done(&naming.names);
    return status;
}

/* ---- opening ---- */

/* Where the rows begin, and what was passed on the way. */
static void place_rows(const struct opening *open)
{
    const struct stoa_csv_kernels *kernels = stoa_csv_kernels_best();
    struct stoa_input *input = open->input;
    const uint8_t *bytes = open->head.bytes;
    const size_t start = (size_t)open->start;
    const size_t begin = (size_t)open->record.begin;
    input->data_offset = start;
    if (input->info.has_header) {
        input->info.header_line = kernels->count_lines(bytes, begin) + 1;
        input->info.blank_lines = kernels->count_lines(bytes + start, begin - start);
        input->data_offset = open->record.next;
    }
    input->data_lines = kernels->count_lines(bytes, (size_t)input->data_offset);
    input->has_open_line =
        input->data_offset > 0 && !is_break(bytes[input->data_offset - 1]);
}

/* One column by default, although most lines look like several: nobody may miss that. */
static stoa_status notice_doubt(const struct opening *open, stoa_error *err)
{
    const struct stoa_input *input = open->input;
    if (open->ingest->options.delimiter != 0 || input->dialect.delimiter != '\n')
        return STOA_OK;
    const struct stoa_csv_doubt doubt =
        stoa_csv_doubt_one_column(&input->dialect, &open->sample);
    if (doubt.records == 0)
        return STOA_OK;
    char shown[12]; /* as a shell takes it */
    if (doubt.delimiter == '\t')
        (void)snprintf(shown, sizeof shown, "'\\t'");
    else
        (void)snprintf(shown, sizeof shown, doubt.delimiter < 0x20 ? "$'\\x%02X'" : "'%c'",
                       doubt.delimiter);
    const unsigned long long above =
        stoa_csv_kernels_best()->count_lines(open->head.bytes, doubt.first);
    return stoa_notice_add(
        open->ingest, UINT32_MAX, open->number, err,
        "%s: read as one column, although most lines have %s outside quotes: the first "
        "line has none\nif the fields begin at line %llu: --skip %llu; if the first line is "
        "one field of them: --delimiter %s",
        input->info.name, shown, above + 1, above, shown);
}

static stoa_status open_source(struct opening *open, stoa_error *err)
{
    struct stoa_input *input = open->input;
    const enum stoa_ingest_header header = open->ingest->options.header;
    STOA_TRY(stoa_source_head(input, SAMPLE_BYTES, &open->buf, &open->head, err));
    STOA_TRY(find_record(open, err));
    STOA_TRY(check_record(open, err));
    input->info.has_header = header == STOA_HEADER_YES;
    if (header == STOA_HEADER_AUTO)
        STOA_TRY(stoa_csv_detect_header(&input->dialect, &open->sample,
                                        &input->info.has_header, err));
    input->info.format = "csv";
    input->info.delimiter =
        input->dialect.delimiter == '\n' ? 0 : (char)input->dialect.delimiter;
    input->info.quote = input->dialect.has_quote ? (char)input->dialect.quote : 0;
    place_rows(open);
    STOA_TRY(make_columns(open, err));
    STOA_TRY(notice_doubt(open, err));
    if (header == STOA_HEADER_AUTO && !input->info.has_header)
        STOA_TRY(
            stoa_notice_add(open->ingest, UINT32_MAX, open->number, err,
                            "%s: the first row holds values, so there is no header; if it "
                            "is one: --header yes",
                            input->info.name));
    return STOA_OK;
}

stoa_status stoa_csv_open(struct stoa_ingest *ingest, uint32_t input,
                          const struct stoa_input_head *head, stoa_error *err)
{
    struct opening open = {
        .ingest = ingest, .input = &ingest->inputs[input], .number = input};
    STOA_UNUSED(head);
    stoa_buf_init(&open.buf, ingest->options.memory + STOA_CSV_PADDING);
    const stoa_status status = open_source(&open, err);
    stoa_buf_done(&open.buf);
    stoa_free(open.ends);
    return status;
}
