/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialect detection by counting fields: the delimiter that splits most records alike. Called
 * when a source is added; owns nothing.
 *
 * The first record must contain the delimiter, so that text with a few commas in it stays one
 * column; ties go to the characters that text holds least often.
 */
#include "writer/ingest/csv_detect.h"

#include <string.h>

#include "common/alloc.h"
#include "writer/ingest/csv_fields.h"
#include "writer/ingest/value_kind.h"

enum { SAMPLE_RECORDS = 500, MOST_COUNTS = 32 };

static const uint8_t delimiters[] = {'\t', 0x1F, 0x01, '|', ';', ',', '~', '^'};

/* ---- the delimiter ---- */

/* How the records of the sample split. */
struct split_count {
    uint32_t records;
    uint32_t split;  /* records with more than one field */
    uint32_t alike;  /* of those, the ones with the most frequent number of fields */
    uint64_t fields; /* in the first record */
};

/* The most frequent of the field counts seen; others than the first few are not tracked. */
struct count_table {
    uint64_t fields[MOST_COUNTS];
    uint32_t records[MOST_COUNTS];
    uint32_t used;
};

static void count_one(struct count_table *table, uint64_t fields)
{
    uint32_t i = 0;
    while (i < table->used && table->fields[i] != fields)
        i++;
    if (i == MOST_COUNTS)
        return;
    if (i == table->used) {
        table->fields[i] = fields;
        table->records[i] = 0;
        table->used++;
    }
    table->records[i]++;
}

/* The next record at *at that is neither blank nor cut by the end of the sample. */
static bool next_record(const struct stoa_csv_dialect *dialect,
                        const struct stoa_csv_sample *sample, size_t *at,
                        struct stoa_csv_record *record, uint32_t *ends, size_t capacity)
{
    while (*at < sample->size) {
        stoa_csv_record_begin(record, *at);
        stoa_csv_record_feed(dialect, record, sample->bytes + *at, *at, sample->size - *at,
                             sample->is_whole, ends, capacity);
        /* A quote that the sample's end leaves open says nothing. */
        if (record->state != STOA_CSV_DONE)
            return false;
        *at = (size_t)record->next;
        if (record->fields != 1 || record->end > record->begin)
            return true;
    }
    return false;
}

/* True if the delimiter stands outside quotes in the record. Behind a fault nobody knows what is
 * inside quotes, so there every one counts. */
static bool is_split(const struct stoa_csv_dialect *dialect,
                     const struct stoa_csv_sample *sample,
                     const struct stoa_csv_record *record)
{
    if (record->fault == STOA_OK)
        return record->fields > 1;
    return record->fields > 0 || memchr(sample->bytes + record->place, dialect->delimiter,
                                        (size_t)(record->end - record->place)) != NULL;
}

static struct split_count count_split(const struct stoa_csv_dialect *dialect,
                                      const struct stoa_csv_sample *sample)
{
    struct count_table table = {.used = 0};
    struct split_count count = {.records = 0};
    struct stoa_csv_record record;
    size_t at = sample->begin;
    while (count.records < SAMPLE_RECORDS &&
           next_record(dialect, sample, &at, &record, NULL, 0)) {
        if (count.records++ == 0) {
            count.fields = record.fields + (record.fault != STOA_OK);
            if (count.fields < 2)
                break;
        }
        count.split += is_split(dialect, sample, &record);
        if (record.fault == STOA_OK && record.fields > 1)
            count_one(&table, record.fields);
    }
    for (uint32_t i = 0; i < table.used; i++) {
        if (table.records[i] > count.alike)
            count.alike = table.records[i];
    }
    return count;
}

/* True if `count` is a better split than `best`. With one record only, more fields win. */
static bool is_better(const struct split_count *count, const struct split_count *best)
{
    if (count->fields < 2 || 2 * count->split < count->records)
        return false;
    if (best->records == 0)
        return true;
    if (count->records == 1 && best->records == 1)
        return count->fields > best->fields;
    return (uint64_t)count->alike * best->records > (uint64_t)best->alike * count->records;
}

/* '\n' when nothing splits. */
static uint8_t detect_delimiter(struct stoa_csv_dialect dialect,
                                const struct stoa_csv_sample *sample,
                                struct split_count *best)
{
    uint8_t delimiter = '\n';
    *best = (struct split_count){.records = 0};
    for (size_t i = 0; i < sizeof delimiters; i++) {
        if (dialect.has_quote && delimiters[i] == dialect.quote)
            continue;
        dialect.delimiter = delimiters[i];
        const struct split_count count = count_split(&dialect, sample);
        if (is_better(&count, best)) {
            *best = count;
            delimiter = delimiters[i];
        }
    }
    return delimiter;
}

struct stoa_csv_doubt stoa_csv_doubt_one_column(const struct stoa_csv_dialect *dialect,
                                                const struct stoa_csv_sample *sample)
{
    struct stoa_csv_doubt most = {.records = 0};
    struct stoa_csv_dialect other = *dialect;
    for (size_t i = 0; i < sizeof delimiters; i++) {
        struct stoa_csv_record record;
        size_t at = sample->begin;
        uint32_t records = 0;
        other.delimiter = delimiters[i];
        struct stoa_csv_doubt doubt = {.delimiter = delimiters[i]};
        if (dialect->has_quote && delimiters[i] == dialect->quote)
            continue;
        for (; records < SAMPLE_RECORDS; records++) {
            if (!next_record(&other, sample, &at, &record, NULL, 0))
                break;
            if (is_split(&other, sample, &record) && doubt.records++ == 0)
                doubt.first = (size_t)record.begin;
        }
        if (records > 1 && 2 * doubt.records > records - 1 && doubt.records > most.records)
            most = doubt;
    }
    return most;
}

/* ---- the quote ---- */

static bool is_edge(uint8_t byte)
{
    return byte == '\n' || byte == '\r' || memchr(delimiters, byte, sizeof delimiters);
}

/* How often `quote` stands where a field begins or ends. */
static void count_quotes(const struct stoa_csv_sample *sample, uint8_t quote,
                         size_t *opening, size_t *closing)
{
    const uint8_t *bytes = sample->bytes;
    *opening = 0;
    *closing = 0;
    for (size_t at = sample->begin; at < sample->size; at++) {
        if (bytes[at] != quote)
            continue;
        *opening += at == sample->begin || is_edge(bytes[at - 1]);
        *closing += at + 1 == sample->size || is_edge(bytes[at + 1]);
    }
}

/* True if every text behind the first record is in single quotes: then they are quotes, and not
 * apostrophes of some values. */
static bool quotes_all_texts(const struct stoa_csv_dialect *dialect,
                             const struct stoa_csv_sample *sample)
{
    enum { FIELDS = 256 };
    uint32_t ends[FIELDS];
    struct stoa_csv_record record;
    struct stoa_kind_detail detail;
    size_t at = sample->begin;
    size_t quoted = 0;
    for (uint32_t i = 0; i < SAMPLE_RECORDS; i++) {
        if (!next_record(dialect, sample, &at, &record, ends, FIELDS))
            break;
        if (record.fault != STOA_OK)
            return false;
        size_t begin = (size_t)record.begin;
        for (uint64_t c = 0; i > 0 && c < record.fields && c < FIELDS; c++) {
            const uint8_t *text = sample->bytes + begin;
            const uint32_t length = (uint32_t)(ends[c] - begin);
            begin = (size_t)ends[c] + 1;
            if (length > 0 && text[0] == dialect->quote)
                quoted++;
            else if (length > 0 && stoa_kind_of(text, length, &detail) == STOA_KIND_TEXT)
                return false;
        }
    }
    return quoted >= 2;
}

/* Single quotes, if the sample is full of them and has no field in double quotes. */
static bool detect_single_quotes(const struct stoa_ingest_options *options,
                                 const struct stoa_csv_sample *sample,
                                 struct stoa_csv_dialect *dialect)
{
    struct stoa_csv_dialect single = {
        .delimiter = (uint8_t)options->delimiter, .quote = '\'', .has_quote = true};
    struct split_count count;
    size_t opening = 0;
    size_t closing = 0;
    count_quotes(sample, '"', &opening, &closing);
    if (opening != 0 || options->delimiter == '\'')
        return false;
    count_quotes(sample, '\'', &opening, &closing);
    if (opening < 2 || closing < 2)
        return false;
    if (options->delimiter == 0)
        single.delimiter = detect_delimiter(single, sample, &count);
    if (!quotes_all_texts(&single, sample))
        return false;
    *dialect = single;
    return true;
}

struct stoa_csv_dialect stoa_csv_detect_dialect(const struct stoa_ingest_options *options,
                                                const struct stoa_csv_sample *sample)
{
    struct stoa_csv_dialect dialect = {.delimiter = (uint8_t)options->delimiter,
                                       .quote = (uint8_t)options->quote,
                                       .has_quote = !options->has_no_quote};
    struct split_count count;
    const bool is_open = options->quote == 0 && !options->has_no_quote;
    if (is_open && detect_single_quotes(options, sample, &dialect))
        return dialect;
    if (is_open)
        dialect.quote = '"';
    if (options->delimiter == 0)
        dialect.delimiter = detect_delimiter(dialect, sample, &count);
    return dialect;
}

/* ---- the header ---- */

/* What the sample says of one column. */
struct column_sample {
    enum stoa_kind first_kind;
    bool is_first_value; /* of another kind than text, or digits and punctuation */
    bool is_first_empty;
    bool is_first_null_word;
    int64_t first_year; /* of an integer in the first record */
    uint32_t kinds;     /* of the records behind the first */
};

/* Words that stand for NULL in a first row of data over numbers. */
static bool is_null_word(const uint8_t *text, uint32_t length)
{
    static const char *const words[] = {"NA",   "N/A", "n/a", "na", "null", "NULL", "None",
                                        "none", "NaN", "nan", "-",  "--",   "?",    "."};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0)
            return true;
    }
    return false;
}

/* "1,5", "3/4/2026", "12.50 %": nobody calls a column that. */
static bool is_digits_and_signs(const uint8_t *text, uint32_t length)
{
    bool has_digit = false;
    for (uint32_t i = 0; i < length; i++) {
        const bool is_digit = (uint8_t)(text[i] - '0') < 10;
        if (!is_digit && !memchr(".,:/+-% ", text[i], 8))
            return false;
        has_digit |= is_digit;
    }
    return has_digit;
}

/* The field without its quotes. */
static struct stoa_ref bare_field(const struct stoa_csv_dialect *dialect,
                                  const uint8_t *bytes, size_t begin, size_t end)
{
    struct stoa_ref ref = {.begin = (uint32_t)begin, .length = (uint32_t)(end - begin)};
    if (dialect->has_quote && end - begin >= 2 && bytes[begin] == dialect->quote) {
        ref.begin++;
        ref.length -= 2;
    }
    return ref;
}

static void look_at_first(struct column_sample *column, const uint8_t *text,
                          uint32_t length)
{
    struct stoa_kind_detail detail = {.integer = 0};
    *column =
        (struct column_sample){.is_first_empty = length == 0, .first_kind = STOA_KIND_TEXT};
    if (length == 0)
        return;
    column->first_kind = stoa_kind_of(text, length, &detail);
    column->is_first_value =
        column->first_kind != STOA_KIND_TEXT || is_digits_and_signs(text, length);
    column->is_first_null_word = is_null_word(text, length);
    if (column->first_kind == STOA_KIND_INT && detail.integer < 10000 && detail.integer > 0)
        column->first_year = (int64_t)detail.integer;
}

static void look_at_record(const struct stoa_csv_dialect *dialect,
                           const struct stoa_csv_sample *sample, const uint32_t *ends,
                           size_t begin, size_t count, bool is_first,
                           struct column_sample *columns)
{
    struct stoa_kind_detail detail;
    for (size_t c = 0; c < count; c++) {
        const struct stoa_ref ref = bare_field(dialect, sample->bytes, begin, ends[c]);
        const uint8_t *text = sample->bytes + ref.begin;
        begin = (size_t)ends[c] + 1;
        if (is_first)
            look_at_first(&columns[c], text, ref.length);
        else if (ref.length != 0)
            columns[c].kinds |= stoa_kind_bit(stoa_kind_of(text, ref.length, &detail));
    }
}

/* Columns named 2010, 2011, 2012: what is no text in the first record are at least two
 * numbers, each one more (or less) than the one before. */
static bool is_sequence(const struct column_sample *columns, size_t count)
{
    int64_t previous = 0;
    int64_t step = 0;
    size_t seen = 0;
    for (size_t c = 0; c < count; c++) {
        const struct column_sample *column = &columns[c];
        if (!column->is_first_value)
            continue;
        const int64_t difference = column->first_year - previous;
        if (column->first_year == 0 || (seen > 0 && difference != 1 && difference != -1) ||
            (seen > 1 && difference != step))
            return false;
        step = difference;
        previous = column->first_year;
        seen++;
    }
    return seen >= 2 && seen < count;
}

static bool decide_header(const struct column_sample *columns, size_t count)
{
    const uint32_t text = stoa_kind_bit(STOA_KIND_TEXT);
    bool has_value = false;
    for (size_t c = 0; c < count; c++) {
        const struct column_sample *column = &columns[c];
        if (column->is_first_value)
            has_value = true;
        else if (!column->is_first_empty && !column->is_first_null_word &&
                 column->kinds != 0 && !(column->kinds & text))
            return true; /* a word above numbers or dates */
    }
    return !has_value || is_sequence(columns, count);
}

stoa_status stoa_csv_detect_header(const struct stoa_csv_dialect *dialect,
                                   const struct stoa_csv_sample *sample,
                                   bool *out_has_header, stoa_error *err)
{
    struct stoa_csv_record record;
    size_t at = sample->begin;
    *out_has_header = true;
    if (!next_record(dialect, sample, &at, &record, NULL, 0) || record.fault != STOA_OK)
        return STOA_OK;
    const size_t count = (size_t)record.fields; /* bounded by the bytes of the sample */
    uint32_t *ends = stoa_alloc_array(count, sizeof *ends);
    struct column_sample *columns = stoa_alloc_array(count, sizeof *columns);
    if (!ends || !columns) {
        stoa_free(ends);
        stoa_free(columns);
        return stoa_fail_memory(err, count * sizeof *columns);
    }
    at = sample->begin;
    for (uint32_t i = 0; i < SAMPLE_RECORDS; i++) {
        if (!next_record(dialect, sample, &at, &record, ends, count))
            break;
        if (record.fault == STOA_OK && record.fields == count)
            look_at_record(dialect, sample, ends, (size_t)record.begin, count, i == 0,
                           columns);
    }
    *out_has_header = decide_header(columns, count);
    stoa_free(ends);
    stoa_free(columns);
    return STOA_OK;
}
