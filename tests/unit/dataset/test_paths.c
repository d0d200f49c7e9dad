/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names inside a dataset: what partition values become, what paths are refused, and names of
 * files both ways. [DS-12, DS-20..23]
 */
#include "tests/support/test_support.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/paths.h"

static const char *encode(const char *key, const char *text, size_t length)
{
    static char out[512];
    stoa_error error;
    struct stoa_buf buf;
    stoa_buf_init(&buf, 4096);
    const struct stoa_partition_value value = {.text = text, .length = length};
    assert_ok(stoa_partition_component(key, &value, &buf, &error), &error);
    assert_true(buf.size < sizeof out);
    memcpy(out, buf.data, buf.size);
    out[buf.size] = '\0';
    stoa_buf_done(&buf);
    return out;
}

static const char *encode_text(const char *text)
{
    return encode("k", text, strlen(text));
}

static void test_plain_values_stay_readable(void **state)
{
    (void)state;
    assert_string_equal(encode("date", "2026-11-22", 10), "date=2026-11-22");
    assert_string_equal(encode_text("eu_West-1.b"), "k=eu_West-1.b");
    assert_string_equal(encode_text("007"), "k=007");
}

static void test_other_bytes_become_upper_case_hex(void **state)
{
    (void)state;
    assert_string_equal(encode_text("a b/c=d%"), "k=a%20b%2Fc%3Dd%25");
    assert_string_equal(encode_text("\xc3\xa9~"), "k=%C3%A9%7E");
    assert_string_equal(encode("k", "\0\n", 2), "k=%00%0A");
    assert_string_equal(encode("a/b", "x", 1), "a%2Fb=x");
}

static void test_leading_dots_are_encoded(void **state)
{
    (void)state;
    assert_string_equal(encode_text(".."), "k=%2E.");
    assert_string_equal(encode_text(".hidden"), "k=%2Ehidden");
    assert_string_equal(encode("..", "x", 1), "%2E.=x");
}

static void test_keys_do_not_look_like_the_datasets_own_directory(void **state)
{
    (void)state;
    assert_string_equal(encode("_stoa", "1", 1), "%5Fstoa=1");
    assert_string_equal(encode("_stoa_x", "1", 1), "%5Fstoa_x=1");
    assert_string_equal(encode("_stoa/tmp", "1", 1), "%5Fstoa%2Ftmp=1");
    assert_string_equal(encode("_sto", "_stoa", 5), "_sto=_stoa");
}

static void test_null_empty_and_the_literal_differ(void **state)
{
    (void)state;
    assert_string_equal(encode("k", NULL, 0), "k=__HIVE_DEFAULT_PARTITION__");
    assert_string_equal(encode_text(""), "k=");
    assert_string_equal(encode_text("__HIVE_DEFAULT_PARTITION__"),
                        "k=%5F_HIVE_DEFAULT_PARTITION__");
}

static void test_long_names_become_hashes(void **state)
{
    (void)state;
    char text[300];
    char first[512];
    memset(text, 'x', sizeof text);
    assert_int_equal(strlen(encode("k", text, 198)), 200);
    (void)strcpy(first, encode("k", text, 199));
    assert_int_equal(strlen(first), 2 + 33);
    assert_int_equal(first[2], '~');
    text[0] = 'y';
    assert_string_not_equal(encode("k", text, 199), first);
    text[sizeof text - 1] = '\0';
    assert_true(strlen(encode(text, text, 299)) <= STOA_COMPONENT_LIMIT);
}

static void test_random_values_are_injective_and_safe(void **state)
{
    (void)state;
    struct test_random random = test_random_start(7);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[24];
        const size_t length = test_random_below(&random, sizeof bytes);
        test_random_bytes(&random, bytes, length);
        const char *text = encode("k", (const char *)bytes, length);
        assert_true(stoa_path_is_valid(text, strlen(text)));
        for (const char *p = text + 2; *p != '\0'; p++)
            assert_true(isalnum((unsigned char)*p) || strchr("_-.%", *p) != NULL);
        /* Decoding gives the value back, so no two values share a name. */
        size_t at = 0;
        for (const char *p = text + 2; *p != '\0'; at++) {
            unsigned byte = (unsigned char)*p;
            if (*p == '%') {
                const char code[3] = {p[1], p[2], 0};
                byte = (unsigned)strtoul(code, NULL, 16);
                p += 2;
            }
            p++;
            assert_true(at < length);
            assert_int_equal(bytes[at], byte);
        }
        assert_int_equal(at, length);
    }
}

static void test_paths_stay_inside_the_dataset(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool valid;
    } cases[] = {
        {"a.stoa",      true },
        {"k=v/a.stoa",  true },
        {"_stoab/x",    true },
        {"a/_stoa",     true },
        {"",            false},
        {"/etc/passwd", false},
        {"a//b",        false},
        {"a/",          false},
        {"..",          false},
        {".",           false},
        {"a/../b",      false},
        {"a/./b",       false},
        {"_stoa",       false},
        {"_stoa/log/x", false},
        {"a/..b",       true },
        {"bad\xff",     false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(stoa_path_is_valid(cases[i].path, strlen(cases[i].path)),
                         cases[i].valid);
    assert_false(stoa_path_is_valid("a\0b", 3));
    char long_part[300];
    memset(long_part, 'x', sizeof long_part);
    assert_true(stoa_path_is_valid(long_part, 255));
    assert_false(stoa_path_is_valid(long_part, 256));
}

static void test_names_parse_back_and_nothing_else_does(void **state)
{
    (void)state;
    char name[STOA_FILE_NAME_SIZE];
    char operation[STOA_ID_TEXT_SIZE];
    uint8_t id[STOA_ID_SIZE];
    uint64_t version = 0;
    stoa_error error;
    stoa_manifest_name(42, name);
    assert_string_equal(name, "0000000000000042.stoa");
    assert_true(stoa_manifest_name_parse(name, &version));
    assert_int_equal(version, 42);
    assert_false(stoa_manifest_name_parse("0000000000000000.stoa", &version));
    assert_false(stoa_manifest_name_parse("000000000000042.stoa", &version));
    assert_false(stoa_manifest_name_parse("0000000000000042.stoa~", &version));
    assert_false(stoa_manifest_name_parse("", &version));

    assert_ok(stoa_id_create(id, &error), &error);
    stoa_data_file_name(id, 7, name);
    assert_true(stoa_data_file_name_parse(name, operation));
    assert_memory_equal(operation, name, 32);
    stoa_data_file_name(id, UINT32_MAX, name);
    assert_true(stoa_data_file_name_parse(name, operation));
    assert_false(stoa_data_file_name_parse("part-0000.stoa", operation));
    name[0] = 'G';
    assert_false(stoa_data_file_name_parse(name, operation));
}

static void test_version_suffix_is_digits_after_the_last_at(void **state)
{
    (void)state;
    size_t at = 0;
    uint64_t version = 0;
    assert_true(stoa_path_split_version("lake/orders@42", &at, &version));
    assert_int_equal(at, 11);
    assert_int_equal(version, 42);
    assert_true(stoa_path_split_version("a@b@7", &at, &version));
    assert_int_equal(at, 3);
    assert_false(stoa_path_split_version("orders", &at, &version));
    assert_false(stoa_path_split_version("orders@", &at, &version));
    assert_false(stoa_path_split_version("orders@4x", &at, &version));
    assert_false(stoa_path_split_version("@4", &at, &version));
    assert_false(stoa_path_split_version("x@99999999999999999", &at, &version));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_values_stay_readable),
        cmocka_unit_test(test_other_bytes_become_upper_case_hex),
        cmocka_unit_test(test_leading_dots_are_encoded),
        cmocka_unit_test(test_keys_do_not_look_like_the_datasets_own_directory),
        cmocka_unit_test(test_null_empty_and_the_literal_differ),
        cmocka_unit_test(test_long_names_become_hashes),
        cmocka_unit_test(test_random_values_are_injective_and_safe),
        cmocka_unit_test(test_paths_stay_inside_the_dataset),
        cmocka_unit_test(test_names_parse_back_and_nothing_else_does),
        cmocka_unit_test(test_version_suffix_is_digits_after_the_last_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
