/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random texts against a parser that shares nothing with ingest: it looks at one byte after
 * the other and follows spec/ingest.md section 2 word by word. All columns are text here; types have
 * their own tests.
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pool.h"
#include "format/text.h"

enum { TEXT_MAX = 400, FIELDS_MAX = 512, OUT_MAX = 64 << 10 };

/* ---- the simple parser ---- */

struct field {
    size_t begin;
    size_t end;
};

struct record {
    size_t begin, end, next;
    struct field fields[FIELDS_MAX];
    size_t count;
    int fault; /* 0, 103, 107 */
    size_t place;
};

static bool is_end(const char *text, size_t size, size_t at)
{
    return at >= size || text[at] == '\n' || text[at] == '\r';
}

static size_t behind(const char *text, size_t size, size_t at)
{
    if (at >= size)
        return size;
    return at + 1 + (text[at] == '\r' && at + 1 < size && text[at + 1] == '\n');
}

/* The line end at or behind `at`. */
static size_t next_break(const char *text, size_t size, size_t at)
{
    while (!is_end(text, size, at))
        at++;
    return at;
}

static void fail_record(const char *text, size_t size, struct record *record, int fault,
                        size_t place, size_t line_at)
{
    record->fault = fault;
    record->place = place;
    record->end = next_break(text, size, line_at);
    record->next = behind(text, size, record->end);
}

/* The closing quote of the field that opens at `open`; `size` when there is none. */
static size_t closing_quote(const char *text, size_t size, size_t open)
{
    size_t at = open + 1;
    while (at < size) {
        if (text[at] != '"')
            at++;
        else if (at + 1 < size && text[at + 1] == '"')
            at += 2;
        else
            break;
    }
    return at < size ? at : size;
}

static void parse_record(const char *text, size_t size, size_t at, struct record *record)
{
    *record = (struct record){.begin = at};
    for (;;) {
        struct field *field = &record->fields[record->count];
        field->begin = at;
        if (at < size && text[at] == '"') {
            const size_t close = closing_quote(text, size, at);
            if (close == size) {
                fail_record(text, size, record, 103, at, at);
                return;
            }
            const size_t garbage = close + 1;
            if (!is_end(text, size, garbage) && text[garbage] != ',') {
                if (next_break(text, size, at) < close)
                    fail_record(text, size, record, 103, at, at);
                else
                    fail_record(text, size, record, 107, garbage, garbage);
                return;
            }
            at = garbage;
        } else {
            while (!is_end(text, size, at) && text[at] != ',')
                at++;
        }
        field->end = at;
        record->count++;
        assert_true(record->count < FIELDS_MAX);
        if (is_end(text, size, at))
            break;
        at++;
    }
    record->end = at;
    record->next = behind(text, size, at);
}

static bool is_blank(const struct record *record)
{
    return record->fault == 0 && record->count == 1 && record->begin == record->end;
}

/* 1-based, as ingest reports places. */
static size_t line_of(const char *text, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line +=
            text[i] == '\n' || (text[i] == '\r' && (i + 1 == at || text[i + 1] != '\n'));
    return line;
}

static size_t column_of(const char *text, size_t at)
{
    size_t begin = at;
    size_t column = 1;
    while (begin > 0 && text[begin - 1] != '\n' && text[begin - 1] != '\r')
        begin--;
    for (; begin < at; begin++)
        column += ((uint8_t)text[begin] & 0xC0) != 0x80;
    return column;
}

/* ---- what ingest should show ---- */

struct output {
    char bytes[OUT_MAX];
    size_t size;
};

static void put(struct output *out, const void *bytes, size_t size)
{
    assert_true(size < OUT_MAX - out->size);
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static void put_text(struct output *out, const char *text)
{
    put(out, text, strlen(text));
}

static void put_field(struct output *out, const char *text, struct field field)
{
    if (field.begin == field.end) {
        put_text(out, "~");
        return;
    }
    put_text(out, "\"");
    if (text[field.begin] != '"') {
        put(out, text + field.begin, field.end - field.begin);
    } else {
        for (size_t i = field.begin + 1; i < field.end - 1; i++) {
            put(out, text + i, 1);
            i += text[i] == '"';
        }
    }
    put_text(out, "\"");
}

static void put_reject(struct output *out, const char *text, const struct record *record,
                       int code, size_t place)
{
    char head[128];
    (void)snprintf(head, sizeof head, "!E%d line %zu at %zu:%zu \"", code,
                   line_of(text, record->begin), line_of(text, place),
                   column_of(text, place));
    put_text(out, head);
    put(out, text + record->begin, record->end - record->begin);
    put_text(out, "\"\n");
}

/* The fault of a record in a source with `columns` columns; 0 for none. */
static int find_fault(const char *text, const struct record *record, size_t columns,
                      size_t *place)
{
    const size_t size = record->end - record->begin;
    const char *begin = text + record->begin;
    *place = record->place;
    if (record->fault != 0)
        return record->fault;
    if (record->count < columns) {
        *place = record->end;
        return 101;
    }
    if (record->count > columns) {
        *place = record->fields[columns].begin;
        return 102;
    }
    const char *nul = memchr(begin, 0, size);
    const size_t until = nul ? (size_t)(nul - begin) : size;
    const size_t valid = stoa_utf8_valid_prefix((const uint8_t *)begin, until);
    *place = record->begin + valid;
    if (valid < until)
        return 105;
    return nul ? 110 : 0;
}

static void expect(const char *text, size_t size, size_t columns, struct output *all)
{
    static struct output rows;
    rows.size = 0;
    all->size = 0;
    for (size_t c = 0; c < columns; c++) {
        char name[40];
        (void)snprintf(name, sizeof name, "%scolumn_%zu:text", c ? " " : "", c + 1);
        put_text(all, name);
    }
    put_text(all, "\n");
    for (size_t at = 0; at < size;) {
        struct record record;
        size_t place = 0;
        parse_record(text, size, at, &record);
        at = record.next;
        if (columns > 1 && is_blank(&record))
            continue;
        const int fault = find_fault(text, &record, columns, &place);
        if (fault != 0) {
            put_reject(all, text, &record, fault, place);
            continue;
        }
        for (size_t c = 0; c < columns; c++) {
            put_text(&rows, c ? "|" : "");
            put_field(&rows, text, record.fields[c]);
        }
        put_text(&rows, "\n");
    }
    put(all, rows.bytes, rows.size);
}

/* ---- random texts ---- */

/* Likes structure: half of the bytes are delimiters, quotes and line ends. */
static size_t make_text(struct test_random *random, char *text)
{
    static const char likely[] = ",,,\"\"\"\n\n\r";
    static const char letters[] = "ab1 .-\t;";
    const size_t size = 1 + (size_t)test_random_below(random, TEXT_MAX - 4);
    const uint64_t structure = 10 + test_random_below(random, 80);
    const bool has_special = test_random_below(random, 3) == 0;
    size_t at = 0;
    while (at < size) {
        if (test_random_below(random, 100) < structure)
            text[at++] = likely[test_random_below(random, sizeof likely - 1)];
        else if (has_special && test_random_below(random, 6) == 0)
            at += (size_t)sprintf(text + at, "%s",
                                  test_random_below(random, 3) ? "\xC3\xA9" : "\xFF");
        else if (has_special && test_random_below(random, 20) == 0)
            text[at++] = '\0';
        else
            text[at++] = letters[test_random_below(random, sizeof letters - 1)];
    }
    return at;
}

/* Columns of the source: the fields of its first record that is not blank; 0 when that one
 * is faulty (an error of its own). */
static size_t count_columns(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        struct record record;
        size_t place = 0;
        parse_record(text, size, at, &record);
        if (!is_blank(&record))
            return find_fault(text, &record, record.count, &place) ? 0 : record.count;
        at = record.next;
    }
    return 0;
}

static void check_text(const char *text, size_t size, size_t chunk_size,
                       struct stoa_pool *pool)
{
    static struct output expected;
    const size_t columns = count_columns(text, size);
    const struct run_case run = {
        .sources = {{.bytes = text, .size = size}},
        .source_count = 1,
        .options = { .delimiter = ',',
                    .quote = '"',
                    .header = STOA_HEADER_NO,
                    .all_text = true,
                    .policy = STOA_BAD_ROW_REJECT,
                    .chunk_size = chunk_size,
                    .pool = pool,
                    .format = "csv"},
    };
    if (columns == 0)
        return;
    size_t found_size = 0;
    char *found = run_show_sized(&run, &found_size);
    expect(text, size, columns, &expected);
    if (found_size != expected.size || memcmp(found, expected.bytes, found_size) != 0) {
        expected.bytes[expected.size] = '\0';
        print_error("chunk size %zu, text:\n%.*s\nexpected:\n%s\nfound:\n%s\n", chunk_size,
                    (int)size, text, expected.bytes, found);
    }
    assert_int_equal(found_size, expected.size);
    assert_memory_equal(found, expected.bytes, found_size);
    free(found);
}

static void test_random_texts_parse_as_the_simple_parser_says(void **state)
{
    struct test_random random = test_random_start(20261122);
    char text[TEXT_MAX + 8];
    (void)state;
    for (int i = 0; i < 1500; i++) {
        const size_t size = make_text(&random, text);
        check_text(text, size, 0, NULL);
    }
}

static void test_random_texts_parse_alike_in_small_chunks_and_threads(void **state)
{
    struct test_random random = test_random_start(4180);
    struct stoa_pool *pool = NULL;
    char text[TEXT_MAX + 8];
    stoa_error error;
    (void)state;
    assert_ok(stoa_pool_create(2, &pool, &error), &error);
    for (int i = 0; i < 1000; i++) {
        const size_t size = make_text(&random, text);
        check_text(text, size, 1 + (size_t)test_random_below(&random, 100),
                   i % 4 ? NULL : pool);
    }
    stoa_pool_free(pool);
}

/* Long enough for several windows and blocks of the scan. */
static void test_long_random_texts_parse_as_the_simple_parser_says(void **state)
{
    struct test_random random = test_random_start(99);
    (void)state;
    for (int i = 0; i < 8; i++) {
        static char text[12000];
        size_t size = (size_t)sprintf(text, "a,b,c\n");
        while (size < sizeof text - TEXT_MAX) {
            if (test_random_below(&random, 60) == 0)
                size += make_text(&random, text + size) % 40;
            else
                size +=
                    (size_t)sprintf(text + size, "%llu,\"x%s\",%s\n",
                                    (unsigned long long)test_random_below(&random, 99999),
                                    test_random_below(&random, 2) ? "\"\"" : "\n",
                                    test_random_below(&random, 3) ? "" : "y\"z");
        }
        check_text(text, size, i % 2 ? 0 : 1000, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_texts_parse_as_the_simple_parser_says),
        cmocka_unit_test(test_random_texts_parse_alike_in_small_chunks_and_threads),
        cmocka_unit_test(test_long_random_texts_parse_as_the_simple_parser_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
