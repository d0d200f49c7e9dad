/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/sql.md against the tables of functions: between its marks it lists the help text of every one,
 * in the order of the tables. STOA_WRITE_DOCS=1 writes the list.
 */
#include "tests/support/test_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "query/aggregate.h"
#include "query/function.h"

static const char begin[] = "<!-- functions:begin -->\n";
static const char end[] = "<!-- functions:end -->\n";

static void put(struct stoa_buf *out, const char *text)
{
    assert_ok(stoa_buf_append(out, text, strlen(text), NULL), NULL);
}

static void put_list(struct stoa_buf *out)
{
    const struct stoa_aggregate *aggregate;
    const struct stoa_function *function;
    put(out, "Aggregates, each with `DISTINCT` and `FILTER (WHERE ...)`:\n\n");
    for (size_t i = 0; (aggregate = stoa_aggregate_at(i)) != NULL; i++)
        assert_ok(stoa_buf_printf(out, NULL, "- `%s`\n", aggregate->help), NULL);
    put(out, "\nFor every row:\n\n");
    for (size_t i = 0; (function = stoa_function_at(i)) != NULL; i++)
        assert_ok(stoa_buf_printf(out, NULL, "- `%s`\n", function->help), NULL);
}

static void write_file(const char *path, const char *head, size_t head_size,
                       const struct stoa_buf *list, const char *tail)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(head, 1, head_size, file), head_size);
    assert_int_equal(fwrite(list->data, 1, list->size, file), list->size);
    assert_int_equal(fwrite(tail, 1, strlen(tail), file), strlen(tail));
    assert_int_equal(fclose(file), 0);
}

static void test_docs_list_every_function(void **state)
{
    STOA_UNUSED(state);
    const char *path = test_source_path("docs/sql.md");
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    static char text[1 << 17];
    const size_t size = fread(text, 1, sizeof text - 1, file);
    assert_int_equal(fclose(file), 0);
    text[size] = '\0';
    char *from = strstr(text, begin);
    char *to = strstr(text, end);
    assert_true(from && to && from < to);
    from += strlen(begin);
    struct stoa_buf list;
    stoa_buf_init(&list, 1 << 20);
    put_list(&list);
    if (getenv("STOA_WRITE_DOCS"))
        write_file(path, text, (size_t)(from - text), &list, to);
    else if ((size_t)(to - from) != list.size || memcmp(from, list.data, list.size) != 0)
        fail_msg("the functions in docs/sql.md differ from the tables; "
                 "run this test with STOA_WRITE_DOCS=1");
    stoa_buf_done(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_docs_list_every_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
