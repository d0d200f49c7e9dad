/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structural scan at every level of the machine against one byte at a time: offsets,
 * records, odd quotes, seams at any byte, line counts [ING-5, ING-6].
 */
#include "tests/support/test_support.h"

#include <stdlib.h>
#include <string.h>

#include "writer/ingest/csv_scan.h"

enum { TEXT_MAX = 700, PLACES = TEXT_MAX + STOA_CSV_ENDS_SLACK };

struct found {
    uint32_t ends[PLACES];
    uint32_t records[PLACES];
    size_t end_count;
    size_t record_count;
    size_t odd; /* offset of the first odd quote or garbage; SIZE_MAX: none */
    bool ends_quoted;
};

static bool is_structure(const struct stoa_csv_dialect *dialect, uint8_t byte)
{
    return byte == dialect->delimiter || byte == '\n' || byte == '\r';
}

/* The definition: parity of quotes, each checked against its neighbours. */
static void scan_simply(const struct stoa_csv_dialect *dialect, const uint8_t *text,
                        size_t size, struct found *out)
{
    bool is_quoted = false;
    *out = (struct found){.odd = SIZE_MAX};
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = text[i];
        const bool is_quote = dialect->has_quote && byte == dialect->quote;
        const bool was_quote = i > 0 && dialect->has_quote && text[i - 1] == dialect->quote;
        const bool closed_before = was_quote && !is_quoted;
        if (closed_before && !is_quote && !is_structure(dialect, byte)) {
            out->odd = i;
            return;
        }
        if (is_quote && !is_quoted && i > 0 && !is_structure(dialect, text[i - 1]) &&
            !was_quote) {
            out->odd = i;
            return;
        }
        if (is_quote)
            is_quoted = !is_quoted;
        if (is_quoted || !is_structure(dialect, byte))
            continue;
        if (byte == '\n' && i > 0 && text[i - 1] == '\r')
            continue; /* also behind a closing quote: then the CR was outside */
        out->ends[out->end_count++] = (uint32_t)i;
        if (byte == '\n' || byte == '\r')
            out->records[out->record_count++] = (uint32_t)out->end_count;
    }
    out->ends_quoted = is_quoted;
}

static struct stoa_csv_scan make_scan(const uint8_t *text, struct found *out)
{
    struct stoa_csv_scan scan = {
        .text = text, .ends = out->ends, .end_capacity = PLACES, .records = out->records};
    stoa_csv_scan_seek(&scan, 0);
    return scan;
}

/* Scans in steps of `step` bytes. */
static void scan_in_steps(const struct stoa_csv_kernels *kernels,
                          const struct stoa_csv_dialect *dialect, const uint8_t *text,
                          size_t size, size_t step, struct found *out)
{
    *out = (struct found){.odd = SIZE_MAX};
    struct stoa_csv_scan scan = make_scan(text, out);
    while (scan.at < size && !scan.is_odd) {
        scan.end = size - scan.at < step ? size : scan.at + step;
        kernels->index(dialect, &scan);
    }
    out->end_count = scan.end_count;
    out->record_count = scan.record_count;
    out->ends_quoted = scan.quoted != 0;
    if (scan.is_odd)
        out->odd = scan.at;
}

static void check_same(const struct found *found, const struct found *expected)
{
    assert_int_equal(found->end_count, expected->end_count);
    assert_memory_equal(found->ends, expected->ends, found->end_count * sizeof(uint32_t));
    assert_int_equal(found->record_count, expected->record_count);
    assert_memory_equal(found->records, expected->records,
                        found->record_count * sizeof(uint32_t));
    assert_int_equal(found->odd == SIZE_MAX, expected->odd == SIZE_MAX);
    if (found->odd == SIZE_MAX)
        assert_int_equal(found->ends_quoted, expected->ends_quoted);
}

static void check_split(const struct stoa_csv_kernels *kernels,
                        const struct stoa_csv_dialect *dialect, const uint8_t *text,
                        size_t size, const struct found *expected)
{
    static struct found ignored;
    struct stoa_csv_scan scan = make_scan(text, &ignored);
    scan.end = size;
    kernels->split(dialect, &scan);
    assert_int_equal(scan.is_odd, expected->odd != SIZE_MAX);
    assert_int_equal(scan.has_line_end, expected->record_count != 0);
    if (expected->record_count != 0)
        assert_int_equal(scan.last_line_end,
                         expected->ends[expected->records[expected->record_count - 1] - 1]);
}

static size_t count_simply(const uint8_t *text, size_t size)
{
    size_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\r' || (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'));
    return lines;
}

static void check_text(const struct stoa_csv_dialect *dialect, const uint8_t *text,
                       size_t size, size_t step)
{
    static struct found expected;
    static struct found found;
    scan_simply(dialect, text, size, &expected);
    for (int level = 0; level < STOA_CPU_LEVEL_COUNT; level++) {
        const struct stoa_csv_kernels *kernels =
            stoa_csv_kernels_for((enum stoa_cpu_level)level);
        if (!kernels)
            continue;
        scan_in_steps(kernels, dialect, text, size, size + 1, &found);
        check_same(&found, &expected);
        scan_in_steps(kernels, dialect, text, size, step, &found);
        check_same(&found, &expected);
        check_split(kernels, dialect, text, size, &expected);
        assert_int_equal(kernels->count_lines(text, size), count_simply(text, size));
    }
}

/* `quotes` and `breaks` in percent; the rest are plain bytes and delimiters. */
static void make_text(struct test_random *random, uint8_t *text, size_t size,
                      uint64_t quotes, uint64_t breaks)
{
    for (size_t i = 0; i < size; i++) {
        const uint64_t dice = test_random_below(random, 100);
        if (dice < quotes)
            text[i] = '"';
        else if (dice < quotes + breaks)
            text[i] = test_random_below(random, 3) ? '\n' : '\r';
        else
            text[i] = ",,ab\x80\xFF\x01 "[test_random_below(random, 8)];
    }
}

static void test_levels_find_what_a_byte_loop_finds(void **state)
{
    struct test_random random = test_random_start(5);
    uint8_t text[TEXT_MAX + STOA_CSV_PADDING];
    (void)state;
    for (int i = 0; i < 4000; i++) {
        const size_t size = (size_t)test_random_below(&random, TEXT_MAX);
        const struct stoa_csv_dialect dialect = {
            .delimiter = i % 7 ? ',' : '\n', .quote = '"', .has_quote = i % 5 != 0};
        test_random_bytes(&random, text, sizeof text);
        make_text(&random, text, size, i % 4 ? test_random_below(&random, 4) : 0,
                  test_random_below(&random, 30));
        check_text(&dialect, text, size, 1 + (size_t)test_random_below(&random, 130));
    }
}

/* Well-formed fields, so that quotes are rarely odd and parity runs over many blocks. */
static void test_levels_agree_on_quoted_fields_over_many_blocks(void **state)
{
    static const char *const fields[] = {"\"a,b\"", "\"\"",   "\"x\"\"y\"", "plain",
                                         "",        "\"\n\"", "\"\r\n",     "\"\"\"\""};
    struct test_random random = test_random_start(6);
    const struct stoa_csv_dialect dialect = {
        .delimiter = ',', .quote = '"', .has_quote = true};
    uint8_t text[TEXT_MAX + STOA_CSV_PADDING];
    (void)state;
    for (int i = 0; i < 3000; i++) {
        size_t size = 0;
        while (size < TEXT_MAX - 10) {
            const char *field = fields[test_random_below(&random, i % 2 ? 6 : 8)];
            memcpy(text + size, field, strlen(field));
            size += strlen(field);
            text[size++] = test_random_below(&random, 4) ? ',' : '\n';
        }
        memset(text + size, 0, STOA_CSV_PADDING);
        check_text(&dialect, text, size, 1 + (size_t)test_random_below(&random, 200));
    }
}

static void test_scan_stops_while_there_is_room_and_goes_on(void **state)
{
    enum { SIZE = 600, ROOM = 64 };
    const struct stoa_csv_dialect dialect = {
        .delimiter = ',', .quote = '"', .has_quote = true};
    uint8_t text[SIZE + STOA_CSV_PADDING];
    uint32_t ends[ROOM + STOA_CSV_ENDS_SLACK];
    uint32_t records[ROOM + STOA_CSV_ENDS_SLACK];
    (void)state;
    memset(text, ',', sizeof text);
    for (int level = 0; level < STOA_CPU_LEVEL_COUNT; level++) {
        const struct stoa_csv_kernels *kernels =
            stoa_csv_kernels_for((enum stoa_cpu_level)level);
        struct stoa_csv_scan scan = {.text = text,
                                     .end = SIZE,
                                     .ends = ends,
                                     .records = records,
                                     .end_capacity = ROOM + STOA_CSV_ENDS_SLACK};
        size_t seen = 0;
        if (!kernels)
            continue;
        stoa_csv_scan_seek(&scan, 0);
        while (scan.at < SIZE) {
            scan.end_count = 0;
            kernels->index(&dialect, &scan);
            assert_true(scan.end_count > 0 && scan.end_count <= ROOM + 64);
            for (size_t i = 0; i < scan.end_count; i++)
                assert_int_equal(ends[i], seen++);
        }
        assert_int_equal(seen, SIZE);
    }
}

static void test_special_bytes_are_noticed_inside_the_text_only(void **state)
{
    const struct stoa_csv_dialect dialect = {
        .delimiter = ',', .quote = '"', .has_quote = true};
    uint8_t text[200 + STOA_CSV_PADDING];
    static struct found out;
    (void)state;
    for (int level = 0; level < STOA_CPU_LEVEL_COUNT; level++) {
        const struct stoa_csv_kernels *kernels =
            stoa_csv_kernels_for((enum stoa_cpu_level)level);
        for (size_t at = 0; kernels && at <= 200; at++) {
            memset(text, 'x', 200);
            memset(text + 200, 0xFF, STOA_CSV_PADDING);
            text[at] = at % 2 ? 0 : 0x80;
            struct stoa_csv_scan scan = make_scan(text, &out);
            scan.end = 200;
            kernels->index(&dialect, &scan);
            assert_int_equal(scan.has_special, at < 200);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_find_what_a_byte_loop_finds),
        cmocka_unit_test(test_levels_agree_on_quoted_fields_over_many_blocks),
        cmocka_unit_test(test_scan_stops_while_there_is_room_and_goes_on),
        cmocka_unit_test(test_special_bytes_are_noticed_inside_the_text_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
