/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/text_bool.c: booleans and UUIDs, as PostgreSQL spells them. */
#include "tests/unit/format/text_check.h"

#include <string.h>

static const stoa_type bool_type = {.id = STOA_TYPE_BOOL};
static const stoa_type uuid_type = {.id = STOA_TYPE_UUID};

static void test_booleans_have_one_canonical_spelling(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_value yes = {.boolean = true};
    const struct stoa_value no = {.boolean = false};
    check_canonical(bool_type, &yes, "true");
    check_canonical(bool_type, &no, "false");
}

static void test_booleans_have_many_lenient_spellings(void **state)
{
    STOA_UNUSED(state);
    static const char *const yes[] = {"t",   "tr", "tru", "TRUE", "True",  "y",    "ye",
                                      "YES", "on", "ON",  "1",    " true", "true "};
    static const char *const no[] = {"f",  "fa", "fals", "FALSE", "n",
                                     "no", "of", "OFF",  "0"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        check_lenient(bool_type, yes[i], "true");
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        check_lenient(bool_type, no[i], "false");
}

static void test_texts_that_are_no_booleans_are_refused(void **state)
{
    STOA_UNUSED(state);
    static const char *const bad[] = {"",   "o",  "truee", "yess", "2",
                                      "01", "10", "t f",   "ja"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_refused(bool_type, bad[i], STOA_E_BAD_VALUE);
}

static void test_uuids_print_and_read_back(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(541);
    struct stoa_value value = {.is_null = false};
    for (int i = 0; i < 3000; i++) {
        test_random_bytes(&random, value.fixed16, 16);
        check_prints_and_reads_back(uuid_type, &value);
    }
    for (uint8_t i = 0; i < 16; i++)
        value.fixed16[i] = (uint8_t)(i * 17);
    check_canonical(uuid_type, &value, "00112233-4455-6677-8899-aabbccddeeff");
}

static void test_uuids_have_lenient_spellings(void **state)
{
    STOA_UNUSED(state);
    static const char canonical[] = "00112233-4455-6677-8899-aabbccddeeff";
    check_lenient(uuid_type, "00112233-4455-6677-8899-AABBCCDDEEFF", canonical);
    check_lenient(uuid_type, "{00112233-4455-6677-8899-aabbccddeeff}", canonical);
    check_lenient(uuid_type, "00112233445566778899aabbccddeeff", canonical);
    check_lenient(uuid_type, "0011-2233-4455-6677-8899-aabb-ccdd-eeff", canonical);
    check_lenient(uuid_type, " 00112233-4455-6677-8899-aabbccddeeff ", canonical);
}

static void test_texts_that_are_no_uuids_are_refused(void **state)
{
    STOA_UNUSED(state);
    static const char *const bad[] = {
        "",
        "{}",
        "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeeff0",
        "00112233-4455-6677-8899-aabbccddeefg",
        "00112233--4455-6677-8899-aabbccddeeff",
        "-00112233-4455-6677-8899-aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeeff-",
        "{00112233-4455-6677-8899-aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeeff}",
        "001122334-455-6677-8899-aabbccddeeff",
        "0x112233-4455-6677-8899-aabbccddeeff",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_refused(uuid_type, bad[i], STOA_E_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_booleans_have_one_canonical_spelling),
        cmocka_unit_test(test_booleans_have_many_lenient_spellings),
        cmocka_unit_test(test_texts_that_are_no_booleans_are_refused),
        cmocka_unit_test(test_uuids_print_and_read_back),
        cmocka_unit_test(test_uuids_have_lenient_spellings),
        cmocka_unit_test(test_texts_that_are_no_uuids_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
