/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where bytes come from (writer/ingest/ingest_source.c, ingest_encoding.c): identity, sources that
 * change, pipes, encodings.
 */
#include "tests/unit/writer/ingest_run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_identity_is_that_of_the_stored_bytes(void **state)
{
    static const char text[] = "\xEF\xBB\xBF\r\na,b\r\n1,2\r\n";
    struct run_open open;
    (void)state;
    for (size_t chunk_size = 0; chunk_size < 9; chunk_size++) {
        run_open(&open, text,
                 &(const struct stoa_ingest_options){.chunk_size = chunk_size});
        const struct stoa_ingest_source *source = stoa_ingest_source(open.ingest, 0);
        const struct stoa_hash128 hash = stoa_hash128(text, sizeof text - 1);
        assert_int_equal(source->size, sizeof text - 1);
        assert_true(source->hash.low == hash.low && source->hash.high == hash.high);
        assert_true(source->mtime_ns > 0);
        run_close(&open);
    }
}

static stoa_status count_rows(void *context, const struct stoa_column *columns,
                              uint32_t rows, uint32_t source, uint64_t first_line,
                              stoa_error *err)
{
    (void)columns, (void)source, (void)first_line, (void)err;
    *(uint64_t *)context += rows;
    return STOA_OK;
}

/* [ING-4] */
static void test_sources_that_change_between_the_passes_are_noticed(void **state)
{
    static const char *const changed[] = {
        "a,b\n1,3\n", "a,b\n1,2\n3,4\n", "a,b\n1,x\n", "a,b\n", "a,b\n1\n",
        "",           "a,b\n1,\"\n",     "a"};
    (void)state;
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        uint64_t rows = 0;
        const struct stoa_ingest_sink sink = {.context = &rows, .on_batch = count_rows};
        struct run_open open;
        stoa_error error;
        run_open(&open, "a,b\n1,2\n", NULL);
        test_file_write(&open.directory, "a.csv", changed[i], strlen(changed[i]));
        assert_fails(stoa_ingest_read(open.ingest, NULL, &sink, &error),
                     STOA_E_SOURCE_CHANGED, &error);
        assert_contains(error.place, "a.csv");
        run_close(&open);
    }
}

/* [ING-1] runs with the pipe as standard input. */
static void test_standard_input_is_spooled(void **state)
{
    static const char text[] = "a,b\n1,\"x\ny\"\n2,z\n";
    int ends[2];
    uint64_t rows = 0;
    const struct stoa_ingest_options options = {.chunk_size = 3};
    const struct stoa_ingest_sink sink = {.context = &rows, .on_batch = count_rows};
    struct stoa_ingest *ingest = NULL;
    stoa_error error;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof text - 1), sizeof text - 1);
    (void)close(ends[1]);
    const int saved = dup(0);
    assert_int_equal(dup2(ends[0], 0), 0);
    (void)close(ends[0]);
    assert_ok(stoa_ingest_create(&options, &ingest, &error), &error);
    assert_ok(stoa_ingest_add(ingest, "-", &error), &error);
    assert_int_equal(dup2(saved, 0), 0);
    (void)close(saved);
    assert_ok(stoa_ingest_infer(ingest, &error), &error);
    const struct stoa_ingest_source *source = stoa_ingest_source(ingest, 0);
    const struct stoa_hash128 hash = stoa_hash128(text, sizeof text - 1);
    assert_string_equal(source->name, "-");
    assert_int_equal(source->size, sizeof text - 1);
    assert_true(source->hash.low == hash.low && source->hash.high == hash.high);
    assert_int_equal(source->mtime_ns, 0);
    assert_ok(stoa_ingest_read(ingest, NULL, &sink, &error), &error);
    assert_int_equal(rows, 2);
    stoa_ingest_free(ingest);
}

static void test_named_pipes_are_spooled_too(void **state)
{
    struct run_open opened;
    stoa_error error;
    (void)state;
    test_directory_make(&opened.directory);
    const char *path = test_path(&opened.directory, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    const pid_t writer =
        fork(); /* a pipe has two ends, and opening one waits for the other */
    if (writer == 0) {
        const int end = open(path, O_WRONLY);
        _exit(end >= 0 && write(end, "a\n5\n", 4) == 4 ? 0 : 1);
    }
    assert_true(writer > 0);
    assert_ok(stoa_ingest_create(&(const struct stoa_ingest_options){.delimiter = 0},
                                 &opened.ingest, &error),
              &error);
    assert_ok(stoa_ingest_add(opened.ingest, path, &error), &error);
    int result = 1;
    assert_int_equal(waitpid(writer, &result, 0), writer);
    assert_int_equal(result, 0);
    assert_ok(stoa_ingest_infer(opened.ingest, &error), &error);
    assert_int_equal(stoa_ingest_source(opened.ingest, 0)->rows_read, 1);
    run_close(&opened);
}

/* Stops at the second question, as a tool does after a signal. */
static stoa_status stop_second(void *context, int pass, uint64_t bytes_done,
                               uint64_t bytes_total, stoa_error *err)
{
    int *asked = context;
    assert_int_equal(pass, 1);
    assert_int_equal(bytes_done, 0);
    assert_int_equal(bytes_total, 0);
    return ++*asked < 2 ? STOA_OK : stoa_fail(err, STOA_E_INTERRUPTED, "stopped");
}

/* Neither a pipe without a writer nor one whose writer is silent keeps the caller waiting. */
static void test_waiting_for_a_pipe_can_be_given_up(void **state)
{
    (void)state;
    for (int has_writer = 0; has_writer < 2; has_writer++) {
        struct test_directory directory;
        struct stoa_ingest *ingest = NULL;
        stoa_error error;
        int asked = 0;
        test_directory_make(&directory);
        const char *path = test_path(&directory, "fifo");
        assert_int_equal(mkfifo(path, 0600), 0);
        const int writer = has_writer ? open(path, O_RDWR) : -1;
        const struct stoa_ingest_options options = {.on_progress = stop_second,
                                                    .progress_context = &asked};
        assert_ok(stoa_ingest_create(&options, &ingest, &error), &error);
        assert_fails(stoa_ingest_add(ingest, path, &error), STOA_E_INTERRUPTED, &error);
        assert_int_equal(asked, 2);
        stoa_ingest_free(ingest);
        if (writer >= 0)
            (void)close(writer);
        test_directory_remove(&directory);
    }
}

/* [ING-3] */
static void test_other_encodings_are_decoded(void **state)
{
    static const char latin[] = "name,n\nJos\xE9,1\n\x93q\x94,2\n";
    static const char utf16[] = "\xFF\xFE"
                                "a\0,\0b\0\n\0\xE9\0,\0\x31\0\n\0";
    struct run_case run = {.sources = {{.bytes = latin, .size = sizeof latin - 1}},
                           .source_count = 1,
                           .options = {.encoding = "windows-1252"}};
    (void)state;
    char *found = run_show(&run);
    assert_string_equal(found, "name:text n:int64\n\"Jos\xC3\xA9\"|1\n"
                               "\"\xE2\x80\x9Cq\xE2\x80\x9D\"|2\n");
    free(found);
    run.options.encoding = NULL;
    found = run_show(&run);
    assert_contains(found, "E105 a.csv:2:4: expected UTF-8, found the byte 0xE9");
    free(found);
    run.sources[0].bytes = utf16;
    run.sources[0].size = sizeof utf16 - 1;
    found = run_show(&run);
    assert_string_equal(found, "a:text b:int64\n\"\xC3\xA9\"|1\n");
    free(found);
    run.sources[0].size--;
    found = run_show(&run);
    assert_contains(found, "E105 a.csv: expected UTF-16LE, found bytes that are not");
    free(found);
    run.options.encoding = "ASCII//IGNORE";
    found = run_show(&run);
    assert_contains(found, "E200 : expected the name of an encoding");
    free(found);
    run.options.encoding = "klingon";
    found = run_show(&run);
    assert_contains(found, "E200 : expected the name of an encoding, found \"klingon\"");
    free(found);
}

/* [ING-3] iconv would take all of these for some encoding, most of them for the locale's. */
static void test_only_plain_names_of_encodings_are_taken(void **state)
{
    static const char *const refused[] = {
        "",        "\xC3\xA9",         "???",     "//",       "-",
        " latin1", "X//IGNORE",        "latin1 ", "latin1\n", "char",
        "CHAR",    "\xC3\xA9//IGNORE", ",",       "latin1,x"};
    static const char *const taken[] = {"latin1", "ISO_8859-1:1987", "windows-1252", "UTF8",
                                        "CP1252"};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char *found =
            run_text("a\n1\n", &(const struct stoa_ingest_options){.encoding = refused[i]});
        assert_contains(found, "E200 : expected the name of an encoding, found \"");
        free(found);
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        run_expect("a\n1\n", &(const struct stoa_ingest_options){.encoding = taken[i]},
                   "a:int64\n1\n");
}

/* The hint for text with zeros, with the lines above the record skipped or not. */
static void test_zeros_are_halves_of_characters_or_lost_blocks(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        uint64_t skip;
        const char *hint;
    } cases[] = {
        {"a\0,\0b\0\n\0\x31\0,\0\x32\0\n\0", 16, 0, "--encoding UTF-16LE"},
        {"a\0,\0b\0\n\0\x31\0,\0\x32\0\n\0", 16, 1, "--encoding UTF-16LE"},
        {"\0a\0,\0b\0\n\0\x31\0,\0\x32\0\n", 16, 0, "--encoding UTF-16BE"},
        {"a,b\n1,2\n\0\0\0,\0\0\0\0",        16, 0, "get the file again" },
        {"a,b\n1,\0\0\0\0\n3,4\n",           15, 0, "get the file again" },
        {"a,b\nlong text,one\0zero\n",       23, 0, "get the file again" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct test_directory directory;
        struct stoa_ingest *ingest = NULL;
        stoa_error error;
        test_directory_make(&directory);
        test_file_write(&directory, "a.csv", cases[i].bytes, cases[i].size);
        assert_ok(stoa_ingest_create(
                      &(const struct stoa_ingest_options){.skip_lines = cases[i].skip},
                      &ingest, &error),
                  &error);
        stoa_status status =
            stoa_ingest_add(ingest, test_path(&directory, "a.csv"), &error);
        if (status == STOA_OK)
            status = stoa_ingest_infer(ingest, &error);
        assert_fails(status, STOA_E_NUL_BYTE, &error);
        assert_contains(error.hint, cases[i].hint);
        stoa_ingest_free(ingest);
        test_directory_remove(&directory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity_is_that_of_the_stored_bytes),
        cmocka_unit_test(test_sources_that_change_between_the_passes_are_noticed),
        cmocka_unit_test(test_standard_input_is_spooled),
        cmocka_unit_test(test_named_pipes_are_spooled_too),
        cmocka_unit_test(test_waiting_for_a_pipe_can_be_given_up),
        cmocka_unit_test(test_other_encodings_are_decoded),
        cmocka_unit_test(test_only_plain_names_of_encodings_are_taken),
        cmocka_unit_test(test_zeros_are_halves_of_characters_or_lost_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
