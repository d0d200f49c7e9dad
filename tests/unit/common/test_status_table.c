/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/status_table.c: complete, in order, with the exit codes of the manual. */
#include "tests/support/test_support.h"

#include <string.h>

#include "stoa/status.h"

/* Written a second time, from the list of exit codes that users rely on. */
static const struct {
    stoa_status status;
    int exit_code;
} expected[] = {
    {STOA_OK,                 0  },
    {STOA_E_TOO_FEW_FIELDS,   3  },
    {STOA_E_TOO_MANY_FIELDS,  3  },
    {STOA_E_UNCLOSED_QUOTE,   3  },
    {STOA_E_CAST,             3  },
    {STOA_E_ENCODING,         3  },
    {STOA_E_TOO_LONG,         3  },
    {STOA_E_QUOTE_GARBAGE,    3  },
    {STOA_E_EMPTY_SOURCE,     3  },
    {STOA_E_NUL_BYTE,         3  },
    {STOA_E_SOURCE_FORMAT,    3  },
    {STOA_E_USAGE,            2  },
    {STOA_E_COLUMN,           2  },
    {STOA_E_SYNTAX,           2  },
    {STOA_E_FUNCTION,         2  },
    {STOA_E_TYPE,             2  },
    {STOA_E_UNSUPPORTED_SQL,  2  },
    {STOA_E_AMBIGUOUS,        2  },
    {STOA_E_TABLE,            2  },
    {STOA_E_GROUPING,         2  },
    {STOA_E_DIVISION_BY_ZERO, 2  },
    {STOA_E_OVERFLOW,         2  },
    {STOA_E_BAD_VALUE,        2  },
    {STOA_E_IO,               8  },
    {STOA_E_NOT_FOUND,        8  },
    {STOA_E_EXISTS,           8  },
    {STOA_E_NO_SPACE,         8  },
    {STOA_E_UNKNOWN_OUTCOME,  12 },
    {STOA_E_SOURCE_CHANGED,   8  },
    {STOA_E_CORRUPT,          9  },
    {STOA_E_NOT_STOA,         9  },
    {STOA_E_NEWER,            9  },
    {STOA_E_CODEC,            9  },
    {STOA_E_DRIFT,            4  },
    {STOA_E_NOT_DATASET,      2  },
    {STOA_E_VERSION,          2  },
    {STOA_E_PARTITION,        3  },
    {STOA_E_NO_MEMORY,        10 },
    {STOA_E_MEMORY_LIMIT,     10 },
    {STOA_E_LIMIT,            10 },
    {STOA_E_BATCH_CONFLICT,   7  },
    {STOA_E_COMMIT_CONFLICT,  7  },
    {STOA_E_INTERRUPTED,      130},
    {STOA_E_INTERNAL,         1  },
    {STOA_E_LEDGER,           1  },
};

enum { EXPECTED_COUNT = sizeof expected / sizeof expected[0] };

static void test_status_table_has_every_code_with_its_exit_code(void **state)
{
    STOA_UNUSED(state);
    for (size_t i = 0; i < EXPECTED_COUNT; i++) {
        const stoa_status_info *row = stoa_status_find((int)expected[i].status);
        assert_non_null(row);
        assert_int_equal(row->status, expected[i].status);
        assert_int_equal(row->exit_code, expected[i].exit_code);
        assert_ptr_equal(stoa_status_at(i), row);
    }
    assert_null(stoa_status_at(EXPECTED_COUNT));
    assert_null(stoa_status_at(SIZE_MAX));
}

static void test_status_table_finds_no_other_number(void **state)
{
    STOA_UNUSED(state);
    size_t found = 0;
    for (int number = -10; number < 2000; number++)
        found += stoa_status_find(number) != NULL;
    assert_int_equal(found, EXPECTED_COUNT);
    assert_null(stoa_status_find(INT32_MIN));
    assert_null(stoa_status_find(INT32_MAX));
}

static void test_status_table_texts_fit_their_use(void **state)
{
    STOA_UNUSED(state);
    for (size_t i = 0; i < EXPECTED_COUNT; i++) {
        const stoa_status_info *row = stoa_status_at(i);
        assert_true(strspn(row->name, "abcdefghijklmnopqrstuvwxyz-") == strlen(row->name));
        assert_true(strlen(row->title) > 5 && strlen(row->title) <= 60);
        assert_null(strchr(row->title, '.'));
        assert_null(strchr(row->explain, '\n'));
        assert_int_equal(row->explain[strlen(row->explain) - 1], '.');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->name, stoa_status_at(j)->name);
    }
}

/* A failure answers three questions: what happened, is the data safe, what to do. */
static void test_status_table_explains_the_safety_of_the_data(void **state)
{
    STOA_UNUSED(state);
    static const char *const words[] = {
        "Nothing was",  "othing was changed", "data is untouched", "not concerned",
        "is not there", "never partial",      "committed nothing", "was untouched",
        "is untouched", "as it was",          "was removed",       "Only that column",
    };
    for (size_t i = 1; i < EXPECTED_COUNT; i++) {
        const stoa_status_info *row = stoa_status_at(i);
        bool said = false;
        for (size_t j = 0; j < sizeof words / sizeof words[0]; j++)
            said = said || strstr(row->explain, words[j]) != NULL;
        if (!said)
            fail_msg("E%d does not say whether the data is safe", (int)row->status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_table_has_every_code_with_its_exit_code),
        cmocka_unit_test(test_status_table_finds_no_other_number),
        cmocka_unit_test(test_status_table_texts_fit_their_use),
        cmocka_unit_test(test_status_table_explains_the_safety_of_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
