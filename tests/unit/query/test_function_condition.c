/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_condition.c: COALESCE, NULLIF, GREATEST, LEAST by table. That COALESCE is
 * lazy is tested with the evaluator. */
#include "tests/unit/query/expr_cases.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"greatest(int64 1, int64 3, int64 2)",                            "int64 3"           },
    {"greatest(int64 1, int64 NULL, int64 2)",                         "int64 2"           },
    {"greatest(int64 NULL, int64 NULL)",                               "int64 NULL"        },
    {"greatest(float64 NaN, float64 1)",                               "float64 NaN"       },
    {"least(float64 NaN, float64 1)",                                  "float64 1"         },
    {"least(int64 1, decimal(2,1) 0.5)",                               "decimal(20,1) 0.5" },
    {"greatest(int64 1, float64 1.5)",                                 "float64 1.5"       },
    {"greatest(text 'a', text 'b', 'c')",                              "text 'c'"          },
    {"greatest('1', int64 2)",                                         "int64 2"           },
    {"least(date 2020-01-01, timestamp 2019-12-31 00:00:00)",
     "timestamp 2019-12-31 00:00:00"                                                       },
    {"coalesce(int64 NULL, int64 2)",                                  "int64 2"           },
    {"coalesce(NULL, int64 2)",                                        "int64 2"           },
    {"coalesce(NULL, NULL)",                                           "text NULL"         },
    {"coalesce(int64 1, decimal(3,1) 2.5)",                            "decimal(20,1) 1.0" },
    {"coalesce(int64 NULL, decimal(3,1) 2.5)",                         "decimal(20,1) 2.5" },
    {"coalesce(text NULL, 'x')",                                       "text 'x'"          },
    {"coalesce(decimal(3,1) NULL, '2.55')",                            "decimal(4,2) 2.55" },
    {"coalesce('1.5', '2.55', decimal(3,1) 2.5)",                      "decimal(4,2) 1.50" },
    {"nullif(int64 1, int64 1)",                                       "int64 NULL"        },
    {"nullif(int64 1, int64 2)",                                       "int64 1"           },
    {"nullif(int64 NULL, int64 2)",                                    "int64 NULL"        },
    {"nullif(int64 1, int64 NULL)",                                    "int64 1"           },
    {"nullif(text 'a', 'a')",                                          "text NULL"         },
    {"nullif(decimal(3,1) 1.0, int64 1)",                              "decimal(20,1) NULL"},
    {"nullif(int64 1, decimal(3,1) 1.0)",                              "decimal(20,1) NULL"},
    {"nullif(float64 NaN, float64 NaN)",                               "float64 NULL"      },
    {"nullif(float64 0, float64 -0.0)",                                "float64 NULL"      },
    {"greatest(decimal(5,2) 1.50, int64 1)",                           "decimal(21,2) 1.50"},
    {"greatest(date 2020-01-01, date NULL, date 2020-01-02)",          "date 2020-01-02"   },
    {"greatest(bool true, bool false)",                                "bool true"         },
    {"least(text 'b', text 'a', text NULL)",                           "text 'a'"          },
    {"least(int64 5)",                                                 "int64 5"           },
    {"least(uint64 5, int64 -1)",                                      "decimal(20,0) -1"  },
    {"greatest(float64 -0.0, float64 0)",                              "float64 -0"        },
    {"coalesce(int64 5)",                                              "int64 5"           },
    {"coalesce(text NULL, text NULL, text 'x')",                       "text 'x'"          },
    {"coalesce(date NULL, '2020-01-01')",                              "date 2020-01-01"   },
    {"coalesce(date NULL, 'x')",                                       "!value"            },
    {"coalesce(int32 NULL, int64 7)",                                  "int64 7"           },
    {"coalesce(float64 NULL, int64 7)",                                "float64 7"         },
    {"coalesce(bool NULL, bool false)",                                "bool false"        },
    {"coalesce(binary NULL, '\\x01')",                                 "binary '\\x01'"    },
    {"coalesce(uuid NULL, uuid 550e8400-e29b-41d4-a716-446655440000)",
     "uuid 550e8400-e29b-41d4-a716-446655440000"                                           },
    {"nullif(text 'a', text 'b')",                                     "text 'a'"          },
    {"nullif(date 2020-01-01, '2020-01-01')",                          "date NULL"         },
    {"nullif(float64 1, int64 1)",                                     "float64 NULL"      },
    {"nullif(bool true, bool true)",                                   "bool NULL"         },
    {"nullif(NULL, NULL)",                                             "text NULL"         },
    {"nullif(int64 1, text '1')",                                      "!function"         },
    {"coalesce('1.55', int64 1, decimal(3,1) 2.5)",                    "decimal(21,2) 1.55"},
    {"coalesce('1.55', decimal(3,1) NULL, int64 NULL)",                "decimal(21,2) 1.55"},
    {"greatest('7', int64 1, '12')",                                   "int64 12"          },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"greatest(text 'a', int64 1)",    "!function"},
    {"coalesce(int64 NULL, text 'a')", "!function"},
};

static void test_conditions_are_those_of_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_conditions_refuse_types_without_a_common_one(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions_are_those_of_postgresql),
        cmocka_unit_test(test_conditions_refuse_types_without_a_common_one),
    };
    return cmocka_run_group_tests_name("function_condition", tests, NULL, NULL);
}
