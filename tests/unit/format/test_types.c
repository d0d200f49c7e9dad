/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/types.c: the table, its texts and the SQL spellings. */
#include "tests/support/test_support.h"

#include <string.h>

#include "format/types.h"

static void check_round_trip(stoa_type type)
{
    char text[STOA_TYPE_TEXT_MAX];
    stoa_type back = {.id = STOA_TYPE_BOOL};
    stoa_error err;
    assert_true(stoa_type_is_valid(type));
    assert_ok(stoa_type_parse(stoa_type_text(type, text), &back, &err), &err);
    assert_true(stoa_type_equal(back, type));
}

static void test_type_text_reads_back_as_the_same_type(void **state)
{
    STOA_UNUSED(state);
    for (int id = STOA_TYPE_BOOL; id <= STOA_TYPE_UUID; id++) {
        if (id != STOA_TYPE_DECIMAL)
            check_round_trip((stoa_type){.id = (stoa_type_id)id});
    }
    for (uint8_t precision = 1; precision <= 38; precision++) {
        for (uint8_t scale = 0; scale <= precision; scale++)
            check_round_trip((stoa_type){STOA_TYPE_DECIMAL, precision, scale});
    }
}

/* [FMT-20] [FMT-21] */
static void test_types_have_their_physical_kinds(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        stoa_type type;
        enum stoa_phys phys;
        size_t width;
    } rows[] = {
        {{STOA_TYPE_BOOL, 0, 0},        STOA_PHYS_BOOL,    0 },
        {{STOA_TYPE_INT8, 0, 0},        STOA_PHYS_I64,     8 },
        {{STOA_TYPE_INT64, 0, 0},       STOA_PHYS_I64,     8 },
        {{STOA_TYPE_UINT64, 0, 0},      STOA_PHYS_U64,     8 },
        {{STOA_TYPE_FLOAT64, 0, 0},     STOA_PHYS_F64,     8 },
        {{STOA_TYPE_DECIMAL, 18, 2},    STOA_PHYS_I64,     8 },
        {{STOA_TYPE_DECIMAL, 19, 2},    STOA_PHYS_I128,    16},
        {{STOA_TYPE_DATE, 0, 0},        STOA_PHYS_I64,     8 },
        {{STOA_TYPE_TIME, 0, 0},        STOA_PHYS_I64,     8 },
        {{STOA_TYPE_TIMESTAMP, 0, 0},   STOA_PHYS_I64,     8 },
        {{STOA_TYPE_TIMESTAMPTZ, 0, 0}, STOA_PHYS_I64,     8 },
        {{STOA_TYPE_TEXT, 0, 0},        STOA_PHYS_BYTES,   0 },
        {{STOA_TYPE_BINARY, 0, 0},      STOA_PHYS_BYTES,   0 },
        {{STOA_TYPE_UUID, 0, 0},        STOA_PHYS_FIXED16, 16},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(stoa_type_phys(rows[i].type), rows[i].phys);
        assert_int_equal(stoa_phys_width(rows[i].phys), rows[i].width);
    }
}

/* The numbers that files hold [FMT-20] [FMT-21], and the limits [FMT-3]. */
static void test_numbers_on_disk_are_those_of_the_specification(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"bool",  "int8",   "int16",     "int32",
                                        "int64", "uint64", "float64",   "decimal(9,2)",
                                        "date",  "time",   "timestamp", "timestamptz",
                                        "text",  "binary", "uuid"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        stoa_type type;
        assert_ok(stoa_type_parse(names[i], &type, NULL), NULL);
        assert_int_equal(type.id, i + 1);
    }
    static const enum stoa_phys kinds[] = {
        STOA_PHYS_BOOL, STOA_PHYS_I64,   STOA_PHYS_U64,    STOA_PHYS_F64,
        STOA_PHYS_I128, STOA_PHYS_BYTES, STOA_PHYS_FIXED16};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        assert_int_equal(kinds[i], i + 1);
    assert_int_equal(STOA_VECTOR_ROWS, 1024);
    assert_int_equal(STOA_BLOCK_ROWS, 65536);
    assert_int_equal(STOA_ROW_GROUP_ROWS, 1048576);
    assert_int_equal(STOA_MAX_COLUMNS, 1048576);
    assert_int_equal(STOA_MAX_NAME_BYTES, 4096);
    assert_int_equal(STOA_MAX_BOUND_BYTES, 64);
    assert_int_equal(STOA_MAX_VALUE_BYTES, 16777216);
}

static void test_types_out_of_range_are_not_valid(void **state)
{
    STOA_UNUSED(state);
    static const stoa_type bad[] = {
        {(stoa_type_id)0,   0,  0},
        {(stoa_type_id)16,  0,  0},
        {(stoa_type_id)255, 0,  0},
        {STOA_TYPE_INT64,   1,  0},
        {STOA_TYPE_TEXT,    0,  1},
        {STOA_TYPE_DECIMAL, 0,  0},
        {STOA_TYPE_DECIMAL, 39, 0},
        {STOA_TYPE_DECIMAL, 5,  6},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[STOA_TYPE_TEXT_MAX];
        assert_false(stoa_type_is_valid(bad[i]));
        assert_true(strlen(stoa_type_text(bad[i], text)) < sizeof text);
    }
}

static void test_sql_spellings_are_understood(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        const char *text;
        stoa_type type;
    } rows[] = {
        {"BIGINT",                      {STOA_TYPE_INT64, 0, 0}      },
        {"  Integer ",                  {STOA_TYPE_INT32, 0, 0}      },
        {"smallint",                    {STOA_TYPE_INT16, 0, 0}      },
        {"tinyint",                     {STOA_TYPE_INT8, 0, 0}       },
        {"double precision",            {STOA_TYPE_FLOAT64, 0, 0}    },
        {"DOUBLE \t PRECISION",         {STOA_TYPE_FLOAT64, 0, 0}    },
        {"varchar",                     {STOA_TYPE_TEXT, 0, 0}       },
        {"character varying",           {STOA_TYPE_TEXT, 0, 0}       },
        {"bytea",                       {STOA_TYPE_BINARY, 0, 0}     },
        {"boolean",                     {STOA_TYPE_BOOL, 0, 0}       },
        {"timestamp with time zone",    {STOA_TYPE_TIMESTAMPTZ, 0, 0}},
        {"timestamp without time zone", {STOA_TYPE_TIMESTAMP, 0, 0}  },
        {"numeric(10,3)",               {STOA_TYPE_DECIMAL, 10, 3}   },
        {"DECIMAL ( 38 , 38 ) ",        {STOA_TYPE_DECIMAL, 38, 38}  },
        {"dec(5)",                      {STOA_TYPE_DECIMAL, 5, 0}    },
        {"UUID",                        {STOA_TYPE_UUID, 0, 0}       },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        stoa_type type = {.id = STOA_TYPE_BOOL};
        stoa_error err;
        assert_ok(stoa_type_parse(rows[i].text, &type, &err), &err);
        assert_true(stoa_type_equal(type, rows[i].type));
    }
}

static void test_texts_that_are_no_types_are_refused_by_name(void **state)
{
    STOA_UNUSED(state);
    static const char *const bad[] = {
        "",
        " ",
        "int128",
        "in t",
        "decimal",
        "decimal()",
        "decimal(0)",
        "decimal(39)",
        "decimal(4,5)",
        "decimal(4,-1)",
        "decimal(4",
        "decimal(4,",
        "decimal(4,2)x",
        "decimal(004)",
        "decimal(4 2)",
        "varchar(20)",
        "timestamp(6)",
        "int4",
        "text,",
        "a name that is much longer than any type that this program knows",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        stoa_type type = {.id = STOA_TYPE_UUID};
        stoa_error err;
        assert_fails(stoa_type_parse(bad[i], &type, &err), STOA_E_TYPE, &err);
        assert_int_equal(type.id, STOA_TYPE_UUID);
    }
    stoa_error err;
    stoa_type type;
    assert_fails(stoa_type_parse("int128", &type, &err), STOA_E_TYPE, &err);
    assert_contains(err.message, "decimal(p,s)");
    assert_contains(err.message, "int128");
    assert_fails(stoa_type_parse("varchar(20)", &type, &err), STOA_E_TYPE, &err);
    assert_contains(err.message, "without parameters");
    assert_fails(stoa_type_parse(NULL, &type, &err), STOA_E_USAGE, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_text_reads_back_as_the_same_type),
        cmocka_unit_test(test_types_have_their_physical_kinds),
        cmocka_unit_test(test_numbers_on_disk_are_those_of_the_specification),
        cmocka_unit_test(test_types_out_of_range_are_not_valid),
        cmocka_unit_test(test_sql_spellings_are_understood),
        cmocka_unit_test(test_texts_that_are_no_types_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
