/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Size: wide sources, long values, giant records, bad rows as they are kept, and memory that does
 * not grow with the input.
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/pool.h"

static stoa_status count_rows(void *context, const struct stoa_column *columns,
                              uint32_t rows, uint32_t source, uint64_t first_line,
                              stoa_error *err)
{
    (void)columns, (void)source, (void)first_line, (void)err;
    *(uint64_t *)context += rows;
    return STOA_OK;
}

static char *big_text(size_t size)
{
    char *text = malloc(size);
    if (!text)
        abort();
    return text;
}

/* [ING-11] */
static void test_values_above_the_limit_are_refused_with_their_place(void **state)
{
    const size_t limit = (size_t)16 << 20;
    char *text = big_text(limit + 64);
    (void)state;
    size_t used = (size_t)sprintf(text, "a,b\n1,x\n2,\"");
    memset(text + used, 'v', limit);
    used += limit;
    memcpy(text + used, "\"\n3,y\n", 7);
    char *found = run_text(text, NULL);
    assert_memory_equal(found, "a:int64 b:text\n1|\"x\"\n2|\"vvv", 26);
    free(found);
    memcpy(text + used, "v\"\n3,y\n", 8);
    const struct stoa_ingest_options fail = {.delimiter = ','};
    run_expect(text, &fail,
               "E106 a.csv:3:3: expected a value of at most 16777216 bytes, found one of "
               "16777219\n");
    free(text);
}

static void test_wide_sources_read_like_narrow_ones(void **state)
{
    enum { COLUMNS = 30000, ROWS = 3 };
    char *text = big_text((size_t)COLUMNS * (ROWS + 1) * 8);
    char *at = text;
    struct run_open open;
    (void)state;
    for (int c = 0; c < COLUMNS; c++)
        at += sprintf(at, "c%d%c", c, c + 1 < COLUMNS ? ',' : '\n');
    for (int r = 0; r < ROWS; r++) {
        for (int c = 0; c < COLUMNS; c++)
            at += sprintf(at, c % 3 ? "%d%c" : "x%d%c", c, c + 1 < COLUMNS ? ',' : '\n');
    }
    run_open(&open, text, NULL);
    assert_int_equal(stoa_ingest_schema(open.ingest)->field_count, COLUMNS);
    assert_int_equal(stoa_ingest_column(open.ingest, COLUMNS - 1)->type.id,
                     STOA_TYPE_INT64);
    assert_int_equal(stoa_ingest_column(open.ingest, COLUMNS - 3)->type.id, STOA_TYPE_TEXT);
    assert_int_equal(stoa_ingest_column(open.ingest, COLUMNS - 1)->values, ROWS);
    run_close(&open);
    free(text);
}

static void test_unclosed_quote_in_a_large_file_costs_one_line(void **state)
{
    enum { ROWS = 200000 };
    char *text = big_text(ROWS * 12 + 64);
    (void)state;
    char *at = text + sprintf(text, "a,b\n1,\"open\n");
    for (int i = 0; i < ROWS; i++)
        at += sprintf(at, "%d,row\n", 100000 + i);
    const struct stoa_ingest_options options = {
        .memory = 2 << 20, .policy = STOA_BAD_ROW_REJECT, .delimiter = ','};
    char *found = run_text(text, &options);
    assert_contains(found,
                    "a:int64 b:text\n!E103 line 2 at 2:3 \"1,\"open\"\n100000|\"row\"\n");
    assert_contains(found, "\n299999|\"row\"\n");
    free(found);
    free(text);
}

static void test_records_above_memory_are_no_bad_rows(void **state)
{
    const size_t size = 3 << 20;
    char *text = big_text(size + 64);
    (void)state;
    size_t used = (size_t)sprintf(text, "a,b\n1,\"");
    memset(text + used, 'v', size);
    memcpy(text + used + size, "\"\n2,x\n", 7);
    const struct stoa_ingest_options options = {
        .memory = 2 << 20, .policy = STOA_BAD_ROW_REJECT, .delimiter = ','};
    char *found = run_text(text, &options);
    assert_contains(found,
                    "E602 a.csv: offset 4: expected a record of at most 1048576 bytes");
    free(found);
    free(text);
}

/* What one reject looked like. */
struct seen_reject {
    stoa_status code;
    uint64_t count, line, place_line, place_column, byte_offset;
    uint32_t raw_length;
    bool is_cut;
    struct stoa_hash128 hash;
    uint64_t rows;
    uint64_t last_line; /* of the last batch */
};

static stoa_status keep_reject(void *context, const struct stoa_ingest_reject *reject,
                               stoa_error *err)
{
    struct seen_reject *seen = context;
    (void)err;
    seen->code = reject->code;
    seen->line = reject->line;
    seen->place_line = reject->place_line;
    seen->place_column = reject->place_column;
    seen->byte_offset = reject->byte_offset;
    seen->raw_length = reject->raw.length;
    seen->is_cut = reject->is_cut;
    seen->hash = reject->hash;
    seen->count++;
    return STOA_OK;
}

static stoa_status keep_rows(void *context, const struct stoa_column *columns,
                             uint32_t rows, uint32_t source, uint64_t first_line,
                             stoa_error *err)
{
    struct seen_reject *seen = context;
    (void)columns, (void)source, (void)err;
    seen->rows += rows;
    seen->last_line = first_line;
    return STOA_OK;
}

static struct seen_reject reject_one(const char *text, size_t size)
{
    const struct stoa_ingest_options options = {.policy = STOA_BAD_ROW_REJECT,
                                                .delimiter = ','};
    struct seen_reject seen = {.count = 0};
    const struct stoa_ingest_sink sink = {
        .context = &seen, .on_batch = keep_rows, .on_reject = keep_reject};
    struct test_directory directory;
    struct stoa_ingest *ingest = NULL;
    stoa_error error;
    test_directory_make(&directory);
    test_file_write(&directory, "a.csv", text, size);
    assert_ok(stoa_ingest_create(&options, &ingest, &error), &error);
    assert_ok(stoa_ingest_add(ingest, test_path(&directory, "a.csv"), &error), &error);
    assert_ok(stoa_ingest_infer(ingest, &error), &error);
    assert_ok(stoa_ingest_read(ingest, NULL, &sink, &error), &error);
    stoa_ingest_free(ingest);
    test_directory_remove(&directory);
    assert_int_equal(seen.count, 1);
    return seen;
}

/* [ING-44] */
static void test_long_bad_rows_are_kept_up_to_a_limit_and_hashed_whole(void **state)
{
    static const size_t sizes[] = {20000, 64 << 10, (64 << 10) + 1, 300000};
    char *text = big_text(300100);
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t used = (size_t)sprintf(text, "a,b\n1,x\n");
        const size_t begin = used;
        memset(text + used, 'r', sizes[i]);
        used += sizes[i];
        used += (size_t)sprintf(text + used, "\n2,y\n");
        const struct seen_reject seen = reject_one(text, used);
        const struct stoa_hash128 hash = stoa_hash128(text + begin, sizes[i]);
        assert_int_equal(seen.code, STOA_E_TOO_FEW_FIELDS);
        assert_int_equal(seen.line, 3);
        assert_int_equal(seen.byte_offset, begin);
        assert_int_equal(seen.is_cut, sizes[i] > 64 << 10);
        assert_int_equal(seen.raw_length, sizes[i] < 64 << 10 ? sizes[i] : 64 << 10);
        assert_true(hash.low == seen.hash.low && hash.high == seen.hash.high);
        assert_int_equal(seen.rows, 2);
    }
    free(text);
}

/* A value that no buffer holds and that is too long anyway: the row is bad, the next is not. */
static void test_giant_values_cost_their_row_only(void **state)
{
    const size_t giant = (size_t)34 << 20;
    char *text = big_text(giant + 128);
    (void)state;
    size_t used = (size_t)sprintf(text, "a,b\n1,x\n2,\"");
    const size_t begin = 8;
    memset(text + used, 'v', giant);
    for (size_t i = 0; i < giant; i += 1 << 20)
        text[used + i] = '\n';
    used += giant;
    used += (size_t)sprintf(text + used, "\"\r\n3,z\n");
    const struct seen_reject seen = reject_one(text, used);
    const struct stoa_hash128 hash = stoa_hash128(text + begin, giant + 4);
    assert_int_equal(seen.code, STOA_E_TOO_LONG);
    assert_int_equal(seen.line, 3);
    assert_int_equal(seen.place_column, 3);
    assert_true(seen.is_cut);
    assert_true(hash.low == seen.hash.low && hash.high == seen.hash.high);
    assert_int_equal(seen.rows, 2);
    assert_int_equal(seen.last_line, 3 + 34 + 1);
    free(text);
}

/* What a child process that reads the text holds at most above what it began with, in KiB. */
static long peak_of(const char *path, size_t memory, struct stoa_pool *pool)
{
    const struct stoa_ingest_options options = {.memory = memory, .pool = pool};
    uint64_t rows = 0;
    const struct stoa_ingest_sink sink = {.context = &rows, .on_batch = count_rows};
    struct stoa_ingest *ingest = NULL;
    struct rusage before;
    struct rusage after;
    (void)getrusage(RUSAGE_SELF, &before);
    if (stoa_ingest_create(&options, &ingest, NULL) != STOA_OK ||
        stoa_ingest_add(ingest, path, NULL) != STOA_OK ||
        stoa_ingest_infer(ingest, NULL) != STOA_OK ||
        stoa_ingest_read(ingest, NULL, &sink, NULL) != STOA_OK)
        return -1;
    stoa_ingest_free(ingest);
    (void)getrusage(RUSAGE_SELF, &after);
    return after.ru_maxrss - before.ru_maxrss;
}

/* [ING-45] */
static void test_memory_holds_at_any_size_of_input(void **state)
{
    enum { SIZE = 24 << 20, MEMORY = 8 << 20 };
    static const char *const rows[] = {"1,x,2.5,2026-01-01,hello world\n", ",,,,\n",
                                       "1,2,3,4,5\n"};
    struct test_directory directory;
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* sanitizers keep what is freed */
#endif
    test_directory_make(&directory);
    char *text = big_text(SIZE + 64);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t used = (size_t)sprintf(text, "a,b,c,d,e\n");
        while (used < SIZE)
            used += (size_t)sprintf(text + used, "%s", rows[i]);
        test_file_write(&directory, "a.csv", text, used);
        const char *path = test_path(&directory, "a.csv");
        const pid_t child = fork();
        if (child == 0) {
            const long peak = peak_of(path, MEMORY, NULL);
            _exit(peak >= 0 && peak <= MEMORY / 1024 ? 0 : 1);
        }
        int result = 1;
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_int_equal(result, 0);
    }
    free(text);
    test_directory_remove(&directory);
}

static stoa_status stop_late(void *context, int pass, uint64_t done, uint64_t total,
                             stoa_error *err)
{
    uint64_t *calls = context;
    assert_true(pass == 1 || pass == 2);
    assert_true(done <= total);
    return ++*calls == 5 ? stoa_fail(err, STOA_E_INTERRUPTED, "stopped by the user")
                         : STOA_OK;
}

static void test_progress_is_reported_and_can_stop_the_run(void **state)
{
    uint64_t calls = 0;
    const struct stoa_ingest_options options = {
        .on_progress = stop_late, .progress_context = &calls, .chunk_size = 4};
    (void)state;
    run_expect("a,b\n1,2\n3,4\n5,6\n7,8\n9,0\n1,2\n3,4\n", &options,
               "E801 a.csv: stopped by the user\n");
    assert_int_equal(calls, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_above_the_limit_are_refused_with_their_place),
        cmocka_unit_test(test_wide_sources_read_like_narrow_ones),
        cmocka_unit_test(test_unclosed_quote_in_a_large_file_costs_one_line),
        cmocka_unit_test(test_records_above_memory_are_no_bad_rows),
        cmocka_unit_test(test_long_bad_rows_are_kept_up_to_a_limit_and_hashed_whole),
        cmocka_unit_test(test_giant_values_cost_their_row_only),
        cmocka_unit_test(test_memory_holds_at_any_size_of_input),
        cmocka_unit_test(test_progress_is_reported_and_can_stop_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
