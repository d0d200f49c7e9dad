/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/suggest.c: which name is offered, and the distance against its definition. */
#include "tests/support/test_support.h"

#include <string.h>

#include "query/suggest.h"

static const char *best_of(const char *word, const char *const *names, size_t count)
{
    struct stoa_suggest suggest = {.word = word};
    for (size_t i = 0; i < count; i++)
        stoa_suggest_offer(&suggest, names[i]);
    return suggest.best;
}

static void test_the_nearest_name_is_offered(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"amount", "account", "created_at", "id", "Email"};
    static const char *const rows[][2] = {
        {"amuont",    "amount"    },
        {"accout",    "account"   },
        {"AMOUNT",    "amount"    },
        {"email",     "Email"     },
        {"emial",     "Email"     },
        {"creatd_at", "created_at"},
        {"create_at", "created_at"},
        {"di",        "id"        },
        {"amoun",     "amount"    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(best_of(rows[i][0], names, 5), rows[i][1]);
}

static void test_nothing_is_offered_when_nothing_is_near(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"amount", "id"};
    static char long_word[200];
    memset(long_word, 'a', sizeof long_word - 1);
    assert_null(best_of("zzzzzz", names, 2));
    assert_null(best_of("", names, 2));
    assert_null(best_of("xy", names, 2));
    assert_null(best_of(long_word, names, 2));
    const char *const too_long[] = {long_word};
    assert_null(best_of("aaaa", too_long, 1));
    assert_null(best_of("amount", NULL, 0));
}

static void test_ties_go_to_the_first(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"cat", "bat", "rat"};
    assert_string_equal(best_of("hat", names, 3), "cat");
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment by its recursion. */
static size_t naive(const char *a, size_t n, const char *b, size_t m)
{
    if (n == 0 || m == 0)
        return n + m;
    size_t best = naive(a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]);
    best = least(best, naive(a, n - 1, b, m) + 1);
    best = least(best, naive(a, n, b, m - 1) + 1);
    if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1])
        best = least(best, naive(a, n - 2, b, m - 2) + 1);
    return best;
}

static void test_the_distance_is_that_of_its_definition(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(611);
    for (int i = 0; i < 3000; i++) {
        char a[7] = "";
        char b[7] = "";
        const size_t n = 1 + test_random_below(&random, 6);
        const size_t m = 1 + test_random_below(&random, 6);
        for (size_t j = 0; j < n; j++)
            a[j] = "abc"[test_random_below(&random, 3)];
        for (size_t j = 0; j < m; j++)
            b[j] = "abc"[test_random_below(&random, 3)];
        struct stoa_suggest suggest = {.word = a};
        stoa_suggest_offer(&suggest, b);
        const size_t expected = naive(a, n, b, m);
        assert_int_equal(suggest.best != NULL, expected <= (n + 2) / 3);
        if (suggest.best)
            assert_int_equal(suggest.best_distance, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nearest_name_is_offered),
        cmocka_unit_test(test_nothing_is_offered_when_nothing_is_near),
        cmocka_unit_test(test_ties_go_to_the_first),
        cmocka_unit_test(test_the_distance_is_that_of_its_definition),
    };
    return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
