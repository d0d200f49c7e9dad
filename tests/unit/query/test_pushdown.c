/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pushdown: a table of conditions and what becomes of them, and a property test: random conditions
 * over random rows, where what was pushed must select exactly the rows for which the condition itself
 * is true, and what statistics prove must hold.
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "format/stats.h"
#include "tests/unit/query/bind_schema.h"
#include "tests/unit/query/draw_condition.h"
#include "tests/unit/query/plan_dump.h"

struct row {
    const char *condition;
    const char *expected; /* behind "select 1:int64 "1"" */
};

static void check_rows(const struct row *rows, size_t count)
{
    static const char head[] = "select 1:int64 \"1\"";
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct stoa_plan *plan;
        struct stoa_buf sql;
        struct stoa_buf out;
        stoa_error err;
        stoa_error_clear(&err);
        stoa_buf_init(&sql, 1 << 16);
        stoa_buf_init(&out, 1 << 16);
        assert_ok(
            stoa_buf_printf(&sql, NULL, "select 1 from t where %s", rows[i].condition),
            NULL);
        assert_ok(stoa_buf_append_byte(&sql, 0, NULL), NULL);
        assert_ok(stoa_test_plan((const char *)sql.data, &stoa_bind_schema, &plan, &err),
                  &err);
        stoa_plan_dump(plan, &stoa_bind_schema, &out);
        assert_ok(stoa_buf_append_byte(&out, 0, NULL), NULL);
        const char *found = (const char *)out.data + strlen(head);
        if (strcmp(found, rows[i].expected) != 0) {
            print_error("condition  %s\nexpected   %s\nfound      %s\n", rows[i].condition,
                        rows[i].expected, found);
            wrong++;
        }
        stoa_plan_free(plan);
        stoa_buf_done(&sql);
        stoa_buf_done(&out);
    }
    assert_int_equal(wrong, 0);
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof(rows)[0])

static void test_pushdown_translates_numbers(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"a > 5",                              " | where a > 5 -> exact a [6, )"                                     },
        {"5 < a and 10 >= a",                  " | where (5 < a) AND (10 >= a) -> exact a [6, 10]"                   },
        {"a > 1.5 and a < 7.5",                " | where (a > 1.5) AND (a < 7.5) -> exact a [2, 7]"                  },
        {"a = 1.5",                            " | where a = 1.5 -> none (true for no value) | never"                },
        {"a <> 1.5",                           " | where a <> 1.5 -> exact a not-null"                               },
        {"id > 1e20",
         " | where id > 100000000000000000000 -> none (true for no value) | never"                                   },
        {"id < 99999999999999999999",
         " | where id < 99999999999999999999 -> exact id not-null"                                                   },
        {"k > 300 or k = 5",                   " | where (k > 300) OR (k = 5) -> exact k [5, 5]"                     },
        {"a = 2147483648",                     " | where a = 2147483648 -> none (true for no value) | never"         },
        {"a > 1.5::float64",                   " | where a > 1.5 -> exact a [2, )"                                   },
        {"id > 9007199254740993::float64",
         " | where id > 9007199254740992 -> exact id [9007199254740994, )"                                           },
        {"id = 9007199254740992::float64",
         " | where id = 9007199254740992 -> exact id [9007199254740992, 9007199254740993]"                           },
        {"m = 1.505 or m in (1, 2.50, 3.123)",
         " | where (m = 1.505) OR CAST(m AS decimal(13,3)) IN (1.000, 2.500, 3.123) -> exact m {1.00, 2.50}"         },
        {"m > 100 and w <= 3 and u >= 0",
         " | where m > 100.00 -> exact m [100.01, ); w <= 3.00000 -> exact w (, 3.00000]; u >= 0 -> exact u not-null"},
        {"u > -1",                             " | where u > -1 -> exact u not-null"                                 },
        {"u = 18446744073709551615 or u < -5",
         " | where (u = 18446744073709551615) OR (u < -5) -> exact u [18446744073709551615, )"                       },
        {"m > 1e0::float64",                   " | where m > 1 -> exact m [1.01, )"                                  },
        {"a in (1, 2.0, 3)",
         " | where CAST(a AS decimal(20,1)) IN (1.0, 2.0, 3.0) -> exact a [1, 3]"                                    },
        {"a in (1, 5, 9)",                     " | where a IN (1, 5, 9) -> exact a {1, 5, 9}"                        },
        {"a not in (1, 5)",                    " | where a NOT IN (1, 5) -> exact a not {1, 5}"                      },
        {"a::float64 > 2",                     " | where a > 2 -> exact a [3, )"                                     },
        {"a::int8 = 5",                        " | where CAST(a AS int8) = 5 -> none (function on column)"           },
        {"m::int64 = 3",                       " | where CAST(m AS int64) = 3 -> none (function on column)"          },
        {"a + 1 = 5",                          " | where (a + 1) = 5 -> none (function on column)"                   },
        {"abs(a) = 5",                         " | where abs(a) = 5 -> none (function on column)"                    },
    };
    CHECK_ROWS(rows);
}

static void test_pushdown_keeps_the_order_of_floats(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"b > 1.5",                      " | where b > 1.5 -> exact b (1.5, )"                 },
        {"b < 1.5",                      " | where b < 1.5 -> exact b (, 1.5)"                 },
        {"b > 'NaN' or b = 'NaN'",
         " | where (b > 'NaN') OR (b = 'NaN') -> exact b [NaN, )"                              },
        {"b <= 'NaN'",                   " | where b <= 'NaN' -> exact b not-null"             },
        {"b < 'NaN'",                    " | where b < 'NaN' -> exact b (, Infinity]"          },
        {"b <> 1 and b <> 2",            " | where (b <> 1) AND (b <> 2) -> exact b not {1, 2}"},
        {"b = 0 or b = -0.0",            " | where (b = 0) OR (b = 0) -> exact b [0, 0]"       },
        {"b > 'Infinity'",               " | where b > 'Infinity' -> exact b (Infinity, )"     },
        {"b <= 'Infinity' or b = 'NaN'",
         " | where (b <= 'Infinity') OR (b = 'NaN') -> exact b not-null"                       },
        {"not (b <= 5)",                 " | where NOT (b <= 5) -> exact b (5, )"              },
    };
    CHECK_ROWS(rows);
}

static void test_pushdown_translates_dates(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"d > timestamp '2020-01-01 12:00:00'",
         " | where d > '2020-01-01 12:00:00' -> exact d [2020-01-02, )"                                                           },
        {"d = timestamp '2020-01-01 00:00:00'",
         " | where d = '2020-01-01 00:00:00' -> exact d [2020-01-01, 2020-01-01]"                                                 },
        {"d = timestamp '2020-01-01 00:00:01'",
         " | where d = '2020-01-01 00:00:01' -> none (true for no value) | never"                                                 },
        {"ts = date '2020-01-02'",
         " | where ts = '2020-01-02 00:00:00' -> exact ts [2020-01-02 00:00:00, 2020-01-02 00:00:00]"                             },
        {"ts::date = '2020-01-01'",
         " | where CAST(ts AS date) = '2020-01-01' -> exact ts [2020-01-01 00:00:00, 2020-01-01 23:59:59.999999]"                 },
        {"ts::date in ('2020-01-01', '2020-01-02')",
         " | where CAST(ts AS date) IN ('2020-01-01', '2020-01-02') -> exact ts [2020-01-01 00:00:00, 2020-01-02 23:59:59.999999]"},
        {"date_trunc('month', ts) = '2020-02-01'",
         " | where date_trunc('month', ts) = '2020-02-01 00:00:00' -> exact ts [2020-02-01 00:00:00, 2020-02-29 23:59:59.999999]" },
        {"date_trunc('month', ts) = '2020-02-02'",
         " | where date_trunc('month', ts) = '2020-02-02 00:00:00' -> none (true for no value) | never"                           },
        {"extract(year from d) between 2019 and 2020",
         " | where (extract('year', d) >= 2019) AND (extract('year', d) <= 2020) -> exact d [2019-01-01, 2020-12-31]"             },
        {"date_part('year', ts) > 2020",
         " | where date_part('year', ts) > 2020 -> exact ts [2021-01-01 00:00:00, )"                                              },
        {"extract(month from d) = 2",
         " | where extract('month', d) = 2 -> none (function on column)"                                                          },
        {"extract(epoch from ts) < 0",
         " | where extract('epoch', ts) < 0.000000 -> exact ts (, 1969-12-31 23:59:59.999999]"                                    },
        {"h < '12:00'",                                " | where h < '12:00:00' -> exact h (, 11:59:59.999999]"                   },
    };
    CHECK_ROWS(rows);
}

static void test_pushdown_translates_texts(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"s = 'a'",                                          " | where s = 'a' -> exact s [a, a]"                                                     },
        {"s like 'abc%'",                                    " | where s LIKE 'abc%' -> exact s [abc, abd)"                                           },
        {"s like 'abc'",                                     " | where s LIKE 'abc' -> exact s [abc, abc]"                                            },
        {"s not like 'ab%'",                                 " | where s NOT LIKE 'ab%' -> exact s not [ab, ac)"                                      },
        {"s like 'ab%c'",
         " | where starts_with(s, 'ab') -> exact s [ab, ac); s LIKE 'ab%c' -> exact s test"                                                           },
        {"s like '%x%'",                                     " | where s LIKE '%x%' -> exact s test"                                                  },
        {"s like '%'",                                       " | where s LIKE '%' -> exact s not-null"                                                },
        {"s like 'a\\%b'",                                   " | where s LIKE 'a\\%b' -> exact s [a%b, a%b]"                                          },
        {"s ilike 'a%' or s = 'B'",                          " | where (s ILIKE 'a%') OR (s = 'B') -> exact s test"                                   },
        {"s not like '%x' and not (s like 'a_' or s = 'q')",
         " | where NOT (s = 'q') -> exact s not [q, q]; s NOT LIKE '%x' -> exact s test; NOT (s LIKE 'a_') -> exact s test"                           },
        {"starts_with(s, '\303\251')",
         " | where starts_with(s, '\303\251') -> exact s [\303\251, \303\252)"                                                                        },
        {"starts_with(s, '')",                               " | where starts_with(s, '') -> exact s not-null"                                        },
        {"contains(s, 'x')",                                 " | where contains(s, 'x') -> exact s test"                                              },
        {"lower(s) = 'x'",                                   " | where lower(s) = 'x' -> none (function on column)"                                   },
        {"s in ('b', 'a', 'b')",                             " | where s IN ('a', 'b') -> exact s {a, b}"                                             },
        {"s > 'a' and s > 'b' and s <= 'c'",
         " | where (s > 'a') AND (s > 'b') AND (s <= 'c') -> exact s (b, c]"                                                                          },
        {"g = '123e4567-e89b-12d3-a456-426614174000'",
         " | where g = '123e4567-e89b-12d3-a456-426614174000' -> exact g [123e4567-e89b-12d3-a456-426614174000, 123e4567-e89b-12d3-a456-426614174000]"},
        {"x > '\\x00ff'",                                    " | where x > '\\x00ff' -> exact x (\\x00ff, )"                                          },
        {"s like '%x' or s is null",
         " | where (s LIKE '%x') OR s IS NULL -> none (pattern is no prefix)"                                                                         },
        {"s like 'x%' or s is null",
         " | where (s LIKE 'x%') OR s IS NULL -> none (keeps NULL beside some values)"                                                                },
    };
    CHECK_ROWS(rows);
}

static void test_pushdown_knows_null(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"a is null",                                  " | where a IS NULL -> exact a null"                         },
        {"a is not null",                              " | where a IS NOT NULL -> exact a not-null"                 },
        {"a is null or a > 5",
         " | where a IS NULL OR (a > 5) -> none (keeps NULL beside some values)"                                    },
        {"a is not null and a is not distinct from 5",
         " | where a IS NOT NULL AND (a IS NOT DISTINCT FROM 5) -> exact a [5, 5]"                                  },
        {"a is distinct from 5",
         " | where a IS DISTINCT FROM 5 -> none (keeps NULL beside some values)"                                    },
        {"a is not distinct from null",
         " | where a IS NOT DISTINCT FROM NULL -> exact a null"                                                     },
        {"a is distinct from null",                    " | where a IS DISTINCT FROM NULL -> exact a not-null"       },
        {"a = null",                                   " | where a = NULL -> none (true for no value) | never"      },
        {"not (a = null)",                             " | where NOT (a = NULL) -> none (true for no value) | never"},
        {"a in (1, null)",                             " | where a IN (1, NULL) -> exact a [1, 1]"                  },
        {"a not in (1, null)",
         " | where a NOT IN (1, NULL) -> none (true for no value) | never"                                          },
        {"s like null",                                " | where s LIKE NULL -> none (true for no value) | never"   },
        {"a > 5 or null",                              " | where (a > 5) OR NULL -> exact a [6, )"                  },
        {"not (a > 5 or null)",                        " | where NOT (a > 5) -> exact a (, 5] | never"              },
        {"a is null or a is not null",                 ""                                                           },
        {"null and a = 1",                             " | where a = 1 -> exact a [1, 1] | never"                   },
    };
    CHECK_ROWS(rows);
}

static void test_pushdown_sees_through_connectives(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"f",                                                   " | where f -> exact f [true, )"                                   },
        {"not f",                                               " | where NOT f -> exact f (, false]"                              },
        {"f is true",                                           " | where CASE WHEN f THEN true ELSE false END -> exact f [true, )"},
        {"f is not true",
         " | where CASE WHEN f THEN false ELSE true END -> none (keeps NULL beside some values)"                                   },
        {"f is false",
         " | where CASE WHEN NOT f THEN true ELSE false END -> exact f (, false]"                                                  },
        {"f and not f",                                         " | where f AND NOT f -> none (true for no value) | never"         },
        {"f = true or f = false",                               " | where (f = true) OR (f = false) -> exact f not-null"           },
        {"a < 1 or a > 9",                                      " | where (a < 1) OR (a > 9) -> exact a not [1, 9]"                },
        {"a < 1 or a > 9 or a = 5",
         " | where (a < 1) OR (a > 9) OR (a = 5) -> prune a not [1, 4] (several ranges)"                                           },
        {"(a between 1 and 5 or a between 6 and 9) and a <> 3",
         " | where ((a >= 1) AND (a <= 5)) OR ((a >= 6) AND (a <= 9)) -> exact a [1, 9]; a <> 3 -> exact a not [3, 3]"             },
        {"a between 6 and 5",
         " | where (a >= 6) AND (a <= 5) -> none (true for no value) | never"                                                      },
        {"not (a > 5 or b > 2)",
         " | where NOT (a > 5) -> exact a (, 5]; NOT (b > 2) -> exact b (, 2]"                                                     },
        {"not (a > 5 and b > 2)",
         " | where NOT ((a > 5) AND (b > 2)) -> none (uses several columns)"                                                       },
        {"not (a between 2 and 4)",
         " | where NOT ((a >= 2) AND (a <= 4)) -> exact a not [2, 4]"                                                              },
        {"(a in (1, 2)) is true",
         " | where CASE WHEN a IN (1, 2) THEN true ELSE false END -> exact a [1, 2]"                                               },
        {"a > 3 and b < 3 and a > 5 and a < 100 and a <> 50",
         " | where (a > 3) AND (a > 5) AND (a < 100) -> exact a [6, 99]; b < 3 -> exact b (, 3); a <> 50 -> exact a not [50, 50]"  },
        {"true and 1 = 1",                                      ""                                                                 },
        {"a = 1 or a = 3 or a = 5",
         " | where (a = 1) OR (a = 3) OR (a = 5) -> exact a {1, 3, 5}"                                                             },
    };
    CHECK_ROWS(rows);
}

static void test_pushdown_says_why_not(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"a = id",                                " | where a = id -> none (compares two columns)"               },
        {"a > 5 or b > 2",                        " | where (a > 5) OR (b > 2) -> none (OR over several columns)"},
        {"a = 1/0",                               " | where a = (1 / 0) -> none (not compared with a constant)"  },
        {"case when f then a > 1 else a > 2 end",
         " | where CASE WHEN f THEN (a > 1) ELSE (a > 2) END -> none (uses several columns)"                     },
        {"coalesce(a, 0) = 0",                    " | where coalesce(a, 0) = 0 -> none (function on column)"     },
        {"1/0 = 1",                               " | where (1 / 0) = 1 -> none (uses no column)"                },
        {"a + id > 5 and f",
         " | where f -> exact f [true, ); (a + id) > 5 -> none (compares two columns)"                           },
        {"length(s) > 3",                         " | where length(s) > 3 -> none (function on column)"          },
        {"upper(s) like 'A%'",                    " | where upper(s) LIKE 'A%' -> none (function on column)"     },
    };
    CHECK_ROWS(rows);
}

/* ---- the property ---- */

typedef uint64_t bits[STOA_VECTOR_WORDS];

/* Rows for which the expression is true; false when it fails for some row. */
static bool evaluate(const struct stoa_plan *plan, const struct stoa_expr *expr,
                     const struct draw_table *table, bits out)
{
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *columns[DRAW_COLUMNS];
    const struct stoa_rows rows = {.length = DRAW_ROWS, .columns = columns};
    for (uint32_t i = 0; i < plan->scan_column_count; i++)
        columns[i] = &table->vectors[plan->scan_columns[i]];
    assert_ok(stoa_evaluator_create(expr, &evaluator, NULL), NULL);
    const stoa_status status = stoa_evaluate_filter(evaluator, &rows, NULL, out, NULL);
    stoa_evaluator_free(evaluator);
    return status == STOA_OK;
}

static const char *shown;

/* One pushed predicate against its own expression and against statistics of its column. */
static bool check_predicate(const struct stoa_plan *plan,
                            const struct stoa_conjunct *conjunct,
                            const struct draw_table *table, bits out)
{
    const uint32_t column = plan->scan_columns[conjunct->column];
    bits by_expression;
    struct stoa_stats stats;
    if (!evaluate(plan, conjunct->expr, table, by_expression))
        return false;
    stoa_predicate_eval(&conjunct->predicate, &table->vectors[column], out);
    for (uint32_t row = 0; row < DRAW_ROWS; row++) {
        const bool is_true = stoa_bit_get(by_expression, row);
        const bool matches = stoa_bit_get(out, row);
        if (is_true != matches && (conjunct->push == STOA_PUSH_EXACT || is_true))
            fail_msg("%s\n  %s: row %u is %d, the predicate says %d", shown, conjunct->text,
                     row, is_true, matches);
    }
    const struct stoa_column values = stoa_column_builder_view(&table->builders[column]);
    stoa_stats_compute(&stats, &values);
    const enum stoa_prune prune = stoa_prune(&conjunct->predicate, &stats);
    for (uint32_t row = 0; row < DRAW_ROWS && prune != STOA_PRUNE_MAYBE; row++) {
        if (stoa_bit_get(out, row) != (prune == STOA_PRUNE_ALL))
            fail_msg("%s\n  %s: statistics prove %d, row %u contradicts", shown,
                     conjunct->text, prune, row);
    }
    return true;
}

/* Rows that the conjuncts let through; false when an expression fails for a row. */
static bool run_conjuncts(const struct stoa_plan *plan, const struct draw_table *table,
                          bits out)
{
    memset(out, plan->never_matches ? 0 : 0xff, sizeof(bits));
    for (uint32_t i = 0; i < plan->conjunct_count; i++) {
        const struct stoa_conjunct *conjunct = &plan->conjuncts[i];
        bits matches;
        if (conjunct->push != STOA_PUSH_NONE) {
            if (!check_predicate(plan, conjunct, table, matches))
                return false;
            for (size_t w = 0; w < STOA_VECTOR_WORDS; w++)
                out[w] &= matches[w];
        }
        if (conjunct->push == STOA_PUSH_EXACT)
            continue;
        if (!evaluate(plan, conjunct->expr, table, matches))
            return false;
        for (size_t w = 0; w < STOA_VECTOR_WORDS; w++)
            out[w] &= matches[w];
    }
    return true;
}

/* What a condition does in WHERE against what it says in the SELECT list. */
static bool check_condition(const char *condition, const struct draw_table *table,
                            uint32_t *pushed)
{
    struct stoa_plan *filter;
    struct stoa_plan *output;
    struct stoa_buf sql;
    stoa_error err;
    bits found;
    bits expected;
    stoa_error_clear(&err);
    stoa_buf_init(&sql, 1 << 16);
    assert_ok(stoa_buf_printf(&sql, NULL, "select %s as c from t%c", condition, 0), NULL);
    assert_ok(stoa_test_plan((const char *)sql.data, &stoa_bind_schema, &output, &err),
              &err);
    sql.size = 0;
    assert_ok(stoa_buf_printf(&sql, NULL, "select 1 from t where %s%c", condition, 0),
              NULL);
    shown = (const char *)sql.data;
    assert_ok(stoa_test_plan(shown, &stoa_bind_schema, &filter, &err), &err);
    const bool is_comparable = evaluate(output, output->outputs[0], table, expected) &&
                               run_conjuncts(filter, table, found);
    for (uint32_t row = 0; is_comparable && row < DRAW_ROWS; row++) {
        if (stoa_bit_get(found, row) != stoa_bit_get(expected, row))
            fail_msg("%s\n  row %u: the condition is %d, the conjuncts say %d", shown, row,
                     stoa_bit_get(expected, row), stoa_bit_get(found, row));
    }
    for (uint32_t i = 0; i < filter->conjunct_count; i++)
        *pushed += filter->conjuncts[i].push == STOA_PUSH_EXACT;
    *pushed += filter->never_matches;
    stoa_plan_free(filter);
    stoa_plan_free(output);
    stoa_buf_done(&sql);
    return is_comparable;
}

static void test_pushdown_selects_what_the_condition_selects(void **state)
{
    STOA_UNUSED(state);
    enum { TABLES = 12, CONDITIONS = 180 };
    struct test_random random = test_random_start(20260101);
    uint32_t compared = 0;
    uint32_t pushed = 0;
    for (unsigned t = 0; t < TABLES; t++) {
        struct draw_table table;
        draw_table_make(&random, &table);
        for (unsigned i = 0; i < CONDITIONS; i++) {
            struct stoa_buf condition;
            stoa_buf_init(&condition, 1 << 16);
            draw_condition(&random, &condition, (unsigned)test_random_below(&random, 4), i);
            assert_ok(stoa_buf_append_byte(&condition, 0, NULL), NULL);
            compared += check_condition((const char *)condition.data, &table, &pushed);
            stoa_buf_done(&condition);
        }
        draw_table_free(&table);
    }
    /* A test that compares or pushes little would pass for nothing. */
    assert_true(compared > TABLES * CONDITIONS * 9 / 10);
    assert_true(pushed > TABLES * CONDITIONS * 2 / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pushdown_translates_numbers),
        cmocka_unit_test(test_pushdown_keeps_the_order_of_floats),
        cmocka_unit_test(test_pushdown_translates_dates),
        cmocka_unit_test(test_pushdown_translates_texts),
        cmocka_unit_test(test_pushdown_knows_null),
        cmocka_unit_test(test_pushdown_sees_through_connectives),
        cmocka_unit_test(test_pushdown_says_why_not),
        cmocka_unit_test(test_pushdown_selects_what_the_condition_selects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
