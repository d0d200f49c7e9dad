/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/cpu.c. The level is found once per process, so each setting gets its own. */
#include "tests/support/test_support.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cpu.h"

/* stoa_cpu_level() in a fresh process with STOA_CPU set to `value` (NULL: unset). */
static int level_with(const char *value)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (value != NULL)
            (void)setenv("STOA_CPU", value, 1);
        else
            (void)unsetenv("STOA_CPU");
        _exit((int)stoa_cpu_level());
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    return WEXITSTATUS(result);
}

static void test_cpu_environment_only_lowers_the_level(void **state)
{
    STOA_UNUSED(state);
    const enum stoa_cpu_level best = stoa_cpu_best();
    assert_int_equal(level_with(NULL), best);
    assert_int_equal(level_with("ref"), STOA_CPU_REF);
#if defined(__x86_64__)
    assert_int_equal(level_with("avx2"), best < STOA_CPU_AVX2 ? best : STOA_CPU_AVX2);
    assert_int_equal(level_with("avx512"), best);
    assert_int_equal(level_with("neon"), STOA_CPU_REF);
#elif defined(__aarch64__)
    assert_int_equal(level_with("neon"), best);
    assert_int_equal(level_with("avx2"), STOA_CPU_REF);
#endif
    assert_int_equal(level_with("nonsense"), best);
}

static void test_cpu_environment_is_checked(void **state)
{
    STOA_UNUSED(state);
    stoa_error error;
    (void)setenv("STOA_CPU", "avx", 1);
    assert_fails(stoa_cpu_check_environment(&error), STOA_E_USAGE, &error);
    assert_contains(error.message, "found \"avx\"");
    (void)setenv("STOA_CPU", "", 1);
    assert_fails(stoa_cpu_check_environment(NULL), STOA_E_USAGE, NULL);
    (void)setenv("STOA_CPU", "avx2", 1);
    assert_ok(stoa_cpu_check_environment(&error), &error);
    (void)unsetenv("STOA_CPU");
    assert_ok(stoa_cpu_check_environment(&error), &error);
}

static void test_cpu_levels_have_names(void **state)
{
    STOA_UNUSED(state);
    assert_string_equal(stoa_cpu_level_name(STOA_CPU_REF), "ref");
    assert_string_equal(stoa_cpu_level_name(STOA_CPU_AVX2), "avx2");
    assert_string_equal(stoa_cpu_level_name(STOA_CPU_AVX512), "avx512");
    assert_string_equal(stoa_cpu_level_name(STOA_CPU_NEON), "neon");
    assert_string_equal(stoa_cpu_level_name(STOA_CPU_LEVEL_COUNT), "unknown");
}

static void test_cpu_count_honours_affinity(void **state)
{
    STOA_UNUSED(state);
    cpu_set_t before;
    cpu_set_t one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    const unsigned all = stoa_cpu_count();
    assert_true(all >= 1 && all <= (unsigned)CPU_COUNT(&before));
    int first = 0;
    while (!CPU_ISSET(first, &before))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(stoa_cpu_count(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

static void test_cpu_quota_rounds_up_and_ignores_the_malformed(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        const char *text;
        unsigned count;
    } cases[] = {
        {"150000 100000\n",           2   },
        {"200000 100000\n",           2   },
        {"1 100000",                  1   },
        {"max 100000\n",              0   },
        {"",                          0   },
        {"100000",                    0   },
        {"100000 ",                   0   },
        {"0 100000",                  0   },
        {"100000 0",                  0   },
        {"-1 100000",                 0   },
        {"1e9 100000",                0   },
        {"100000 100000x",            0   },
        {"9999999999999999 1",        4096},
        {"99999999999999999999999 1", 0   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(stoa_cpu_quota_parse(cases[i].text), cases[i].count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cpu_environment_only_lowers_the_level),
        cmocka_unit_test(test_cpu_environment_is_checked),
        cmocka_unit_test(test_cpu_levels_have_names),
        cmocka_unit_test(test_cpu_count_honours_affinity),
        cmocka_unit_test(test_cpu_quota_rounds_up_and_ignores_the_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
