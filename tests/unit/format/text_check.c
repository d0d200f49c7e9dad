/* SPDX-License-Identifier: Apache-2.0 */
/* Shared checks of text conversions; see text_check.h. */
#include "tests/unit/format/text_check.h"

#include <string.h>

static void assert_same(stoa_type type, const struct stoa_value *a,
                        const struct stoa_value *b)
{
    assert_false(a->is_null);
    assert_false(b->is_null);
    assert_int_equal(stoa_value_compare_exact(stoa_type_phys(type), a, b), 0);
}

/* A copy without terminator at the end of its block, so that a sanitizer sees a read past it. */
static char *exact_copy(const char *text, size_t length)
{
    char *copy = test_malloc(length ? length : 1);
    memcpy(copy, text, length);
    return copy;
}

static void check_text(stoa_type type, const struct stoa_value *value, const char *text,
                       size_t length)
{
    struct stoa_value back = {.is_null = true};
    stoa_error err;
    char *copy = exact_copy(text, length);
    assert_ok(stoa_text_parse(type, copy, length, &back, &err), &err);
    assert_same(type, &back, value);
    back = (struct stoa_value){.is_null = true};
    assert_true(stoa_text_parse_canonical(type, copy, length, &back));
    assert_same(type, &back, value);
    test_free(copy);
}

void check_canonical(stoa_type type, const struct stoa_value *value, const char *text)
{
    char printed[STOA_VALUE_TEXT_MAX + 1];
    const size_t length = stoa_text_write(type, value, printed);
    assert_true(length <= STOA_VALUE_TEXT_MAX);
    printed[length] = '\0';
    assert_string_equal(printed, text);
    check_text(type, value, text, length);
}

void check_prints_and_reads_back(stoa_type type, const struct stoa_value *value)
{
    char printed[STOA_VALUE_TEXT_MAX];
    const size_t length = stoa_text_write(type, value, printed);
    assert_true(length <= STOA_VALUE_TEXT_MAX);
    check_text(type, value, printed, length);
}

void check_lenient(stoa_type type, const char *text, const char *canonical)
{
    struct stoa_value value = {.is_null = true};
    struct stoa_value untouched = {.is_null = true};
    stoa_error err;
    char *copy = exact_copy(text, strlen(text));
    assert_ok(stoa_text_parse(type, copy, strlen(text), &value, &err), &err);
    check_canonical(type, &value, canonical);
    assert_false(stoa_text_parse_canonical(type, copy, strlen(text), &untouched));
    assert_true(untouched.is_null);
    test_free(copy);
}

void check_refused(stoa_type type, const char *text, stoa_status code)
{
    struct stoa_value untouched = {.is_null = true};
    stoa_error err;
    char *copy = exact_copy(text, strlen(text));
    assert_fails(stoa_text_parse(type, copy, strlen(text), &untouched, &err), code, &err);
    if (strlen(text) < 50)
        assert_contains(err.message, text);
    assert_false(stoa_text_parse_canonical(type, copy, strlen(text), &untouched));
    assert_true(untouched.is_null);
    test_free(copy);
}
