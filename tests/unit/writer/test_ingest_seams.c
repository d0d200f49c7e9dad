/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes out of an ingest does not depend on where chunks are cut or how many threads work
 * [ING-41]: tricky texts at every chunk size from 1 to 64 bytes, with and without a pool.
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pool.h"

struct tricky {
    const char *text;
    size_t size;
};
#define TRICKY(literal)                                                                    \
    {                                                                                      \
        literal, sizeof(literal) - 1                                                       \
    }

/* Seams fall on every byte of these. */
static const struct tricky texts[] = {
    TRICKY("a,b\n1,2\n3,4\n5,6\n7,8\n9,10\n11,12\n13,14\n"),
    TRICKY("a,b\r\n1,\"x\r\ny\"\r\n2,\"\"\"\"\r\n3,\"\"\r\n4,\"a,b\"\r\n\r\n5,z\r\n"),
    TRICKY("a,b\r1,2\r\r3,4\r\n\n5,6\n\r7,8"),
    TRICKY("a,b\n1,5\" pipe\n2,\"q\"\n3,6\" \"pipe\n4,\"\"\n\"\"\"5\"\"\",x\ny\",z\n"),
    TRICKY("a,b\n1,\"x\"y\n2,\"p\nq\"\n3,\"r\"s,\"t\n4,u\n5,\"v\n6,\"w\"\n7,\"\n"),
    TRICKY("a,b\n1,\"x\n\n2,y\n3,\"\"z\"\"\n4,\"\"\"\n5,6\n7,8,9\n10\n"),
    TRICKY("a,b,c\n1,2,3\n,,\n4,5\n6,7,8,9,10,11,12,13,14\n\n15,16,17\n\"\",\"\",\"\"\n"),
    TRICKY("a\n\n1\n\n\n2\n\"3\"\n\"\n\"\n\n"),
    TRICKY("a\n\"\r\n\r\"\r\n\"\r\"\n\"\n\r\n\"\r"),
    TRICKY("a,b\n\xC3\xA9,\xE2\x82\xAC\nx,\xFF\ny,\0z\n\xF0\x9F\x98\x80,w\n"),
    TRICKY("a,b\n1,2.5\n2,2026-01-02\n3,x\n4,\n5,2026-01-02 03:04:05\n6,true\n"),
    TRICKY("a,b\n1,1.5\n1.25,12345678901234567890123456789012345678\n-0,7\n007,8\n"),
    TRICKY("a,b\n2,\"unclosed to the very end\n3,4\n5,6\n7,\"\"\"\n8,9"),
    TRICKY("a,b\n\"1\n2\n3\",\"4\n5\n6\"\n\"7\n\",\"\n8\"\n9,\"0\n\n\n\"x\n10,11\n"),
};

static char *show(const struct tricky *tricky, enum stoa_ingest_policy policy,
                  size_t chunk_size, struct stoa_pool *pool, size_t *out_size)
{
    const struct run_case run = {
        .sources = {{.bytes = tricky->text, .size = tricky->size}},
        .source_count = 1,
        .options = { .delimiter = ',',
                    .header = STOA_HEADER_YES,
                    .policy = policy,
                    .chunk_size = chunk_size,
                    .pool = pool},
    };
    return run_show_sized(&run, out_size);
}

static void check_chunk_sizes(const struct tricky *tricky, enum stoa_ingest_policy policy,
                              struct stoa_pool *pool, size_t step)
{
    size_t whole_size = 0;
    char *whole = show(tricky, policy, 0, NULL, &whole_size);
    for (size_t chunk_size = 1; chunk_size <= 64; chunk_size += step) {
        size_t size = 0;
        char *found = show(tricky, policy, chunk_size, pool, &size);
        if (size != whole_size || memcmp(found, whole, size) != 0)
            print_error("chunks of %zu bytes of:\n%s\n", chunk_size, tricky->text);
        assert_string_equal(found, whole);
        assert_int_equal(size, whole_size);
        assert_memory_equal(found, whole, size);
        free(found);
    }
    free(whole);
}

static void test_chunks_of_any_size_give_the_same_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_chunk_sizes(&texts[i], STOA_BAD_ROW_REJECT, NULL, 1);
}

static void test_chunks_of_any_size_give_the_same_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_chunk_sizes(&texts[i], STOA_BAD_ROW_FAIL, NULL, 3);
}

static void test_threads_give_the_same_rows(void **state)
{
    struct stoa_pool *pool = NULL;
    stoa_error error;
    (void)state;
    assert_ok(stoa_pool_create(3, &pool, &error), &error);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_chunk_sizes(&texts[i], STOA_BAD_ROW_REJECT, pool, 7);
    stoa_pool_free(pool);
}

/* Rows whose first column is the line where they begin. */
static char *make_numbered(struct test_random *random, size_t rows)
{
    char *text = malloc(rows * 64 + 64);
    char *at = text;
    unsigned line = 2;
    assert_non_null(text);
    at += sprintf(at, "line,text\n");
    for (size_t i = 0; i < rows; i++) {
        at += sprintf(at, "%u,\"", line);
        for (uint64_t breaks = test_random_below(random, 4); breaks > 0; breaks--) {
            const bool is_crlf = test_random_below(random, 2);
            at += sprintf(at, is_crlf ? "x\"\",\r\n" : "y\n");
            line++;
        }
        at += sprintf(at, "\"\n");
        line++;
        if (test_random_below(random, 8) == 0) {
            at += sprintf(at, "\r\n");
            line++;
        }
    }
    return text;
}

static void test_batches_know_the_line_of_their_first_row(void **state)
{
    static const size_t chunk_sizes[] = {1, 7, 64, 1000, 5000, 0};
    struct test_random random = test_random_start(7);
    (void)state;
    char *text = make_numbered(&random, 2000);
    for (size_t i = 0; i < sizeof chunk_sizes / sizeof *chunk_sizes; i++) {
        const struct run_case run = {
            .sources = {{.bytes = text, .size = strlen(text)}},
            .source_count = 1,
            .options = {.chunk_size = chunk_sizes[i]},
            .checks_lines = true,
        };
        char *found = run_show(&run);
        assert_contains(found, "line:int64 text:text\n2|");
        free(found);
    }
    free(text);
}

/* More rows in a chunk than one batch may have. */
static void test_large_chunks_come_as_several_batches(void **state)
{
    enum { ROWS = 150000 };
    char *text = malloc(ROWS * 8 + 16);
    (void)state;
    assert_non_null(text);
    char *at = text + sprintf(text, "line\n");
    for (int i = 0; i < ROWS; i++)
        at += sprintf(at, "%d\n", i + 2);
    const struct run_case run = {
        .sources = {{.bytes = text, .size = strlen(text)}},
        .source_count = 1,
        .options = {.chunk_size = 8 << 20},
        .checks_lines = true,
    };
    char *found = run_show(&run);
    assert_contains(found, "\n149999\n150000\n150001\n");
    free(found);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_of_any_size_give_the_same_rows),
        cmocka_unit_test(test_chunks_of_any_size_give_the_same_errors),
        cmocka_unit_test(test_threads_give_the_same_rows),
        cmocka_unit_test(test_batches_know_the_line_of_their_first_row),
        cmocka_unit_test(test_large_chunks_come_as_several_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
