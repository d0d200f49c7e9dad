/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directory names of partition tuples. [DS-20..24]
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "dataset/partition_dirs.h"

static stoa_error error;

static const char *name_of(struct stoa_partition_dirs *dirs, const char *a, const char *b)
{
    static char out[8][600];
    static int turn;
    const char *const keys[] = {"k", "L"};
    const struct stoa_partition_value values[] = {
        {.text = a, .length = a != NULL ? strlen(a) : 0},
        {.text = b, .length = b != NULL ? strlen(b) : 0},
    };
    struct stoa_buf buf;
    stoa_buf_init(&buf, 5000);
    assert_ok(stoa_partition_dirs_name(dirs, keys, values, 2, &buf, &error), &error);
    char *text = out[turn++ % 8];
    assert_true(buf.size < sizeof out[0]);
    memcpy(text, buf.data, buf.size);
    text[buf.size] = '\0';
    stoa_buf_done(&buf);
    return text;
}

static void test_same_tuple_same_directory(void **state)
{
    (void)state;
    struct stoa_partition_dirs dirs;
    assert_ok(stoa_partition_dirs_init(&dirs, NULL, &error), &error);
    assert_string_equal(name_of(&dirs, "a", "b c"), "k=a/L=b%20c");
    assert_string_equal(name_of(&dirs, "a", "b c"), "k=a/L=b%20c");
    assert_string_equal(name_of(&dirs, NULL, ""), "k=__HIVE_DEFAULT_PARTITION__/L=");
    stoa_partition_dirs_done(&dirs);
}

static void test_case_collisions_get_a_suffix_at_their_level(void **state)
{
    (void)state;
    struct stoa_partition_dirs dirs;
    assert_ok(stoa_partition_dirs_init(&dirs, NULL, &error), &error);
    assert_string_equal(name_of(&dirs, "US", "x"), "k=US/L=x");
    const char *other = name_of(&dirs, "us", "x");
    assert_int_equal(strncmp(other, "k=us~", 5), 0);
    assert_string_equal(other + 5 + 8, "/L=x");
    assert_string_equal(name_of(&dirs, "us", "x"), other);
    assert_string_equal(name_of(&dirs, "US", "y"), "k=US/L=y");
    /* below another parent the plain name is free */
    const char *third = name_of(&dirs, "us", "X");
    assert_int_equal(strncmp(third, other, 13), 0);
    assert_int_equal(strncmp(third + 13, "/L=X~", 5), 0);
    stoa_partition_dirs_done(&dirs);
}

static void test_names_of_the_parent_version_are_taken(void **state)
{
    (void)state;
    struct stoa_partition_dirs dirs;
    struct stoa_manifest_file files[] = {{.path = "k=US/L=x/a.stoa"},
                                         {.path = "k=de/L=X/b.stoa"}};
    const struct stoa_manifest parent = {
        .files = files, .file_count = 2, .partition_count = 2};
    assert_ok(stoa_partition_dirs_init(&dirs, &parent, &error), &error);
    assert_string_equal(name_of(&dirs, "US", "x"), "k=US/L=x");
    assert_int_equal(strncmp(name_of(&dirs, "us", "x"), "k=us~", 5), 0);
    assert_int_equal(strncmp(name_of(&dirs, "de", "x"), "k=de/L=x~", 9), 0);
    stoa_partition_dirs_done(&dirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_tuple_same_directory),
        cmocka_unit_test(test_case_collisions_get_a_suffix_at_their_level),
        cmocka_unit_test(test_names_of_the_parent_version_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
