/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements to trees: tables of statements and dumps, of refusals and syntax errors with code, place and
 * text, the limits of depth and size, and failing allocations.
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "query/sql_parse.h"
#include "tests/unit/query/sql_dump.h"

/* The tree as text, or "E202@7 message | hint". */
static void parse_to_text(const char *sql, struct stoa_buf *out)
{
    struct stoa_arena arena;
    struct stoa_sql_statement statement;
    stoa_error err;
    stoa_error_clear(&err);
    stoa_arena_init(&arena, (size_t)64 << 20);
    if (stoa_sql_parse(sql, &arena, &statement, &err) == STOA_OK) {
        stoa_sql_dump(&statement, out);
    } else {
        assert_int_equal(stoa_buf_printf(out, NULL, "E%d@%d %s%s%s", (int)err.status,
                                         err.offset == UINT64_MAX ? -1 : (int)err.offset,
                                         err.message, err.hint[0] ? " | " : "", err.hint),
                         STOA_OK);
    }
    assert_int_equal(stoa_buf_append_byte(out, 0, NULL), STOA_OK);
    stoa_arena_done(&arena);
}

struct row {
    const char *sql;
    const char *expected;
};

static void check_rows(const struct row *rows, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct stoa_buf out;
        stoa_buf_init(&out, 1 << 20);
        parse_to_text(rows[i].sql, &out);
        if (strcmp((const char *)out.data, rows[i].expected) != 0) {
            print_error("statement  %s\nexpected   %s\nfound      %s\n", rows[i].sql,
                        rows[i].expected, (const char *)out.data);
            wrong++;
        }
        stoa_buf_done(&out);
    }
    assert_int_equal(wrong, 0);
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof(rows)[0])

static void test_parse_reads_every_clause(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"SELECT a, count(*) FROM 'x' WHERE b > 1 GROUP BY a ORDER BY 2 LIMIT 5",
         "select a, (count *) from 'x' where (> b 1) group a order 2 limit 5"                                                        },
        {"select 1",                                                                               "select 1"                        },
        {"select distinct a, b from t",                                                            "select-distinct a, b from t"     },
        {"select a from t order by b desc nulls last, 1 asc nulls first, a + 1 limit 10 offset 5",
         "select a from t order b desc nulls-last, 1 nulls-first, (+ a 1) limit 10 offset 5"                                         },
        {"select a from t offset 2 rows fetch first 3 rows only",
         "select a from t limit 3 offset 2"                                                                                          },
        {"select a from t limit all",                                                              "select a from t limit null"      },
        {"select a, count(*) from t group by 1, a + 1 having count(*) > 1;",
         "select a, (count *) from t group 1, (+ a 1) having (> (count *) 1)"                                                        },
        {"select t.a from orders as t",                                                            "select t.a from orders as t"     },
        {"select t.a from 'some path' t",                                                          "select t.a from 'some path' as t"},
    };
    CHECK_ROWS(rows);
}

static void test_parse_reads_expressions(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select 0, -5, - 5, 1.50, 1e3, -9223372036854775808, 99999999999999999999, .5",
         "select 0, -5, -5, 1.50, 1e3, -9223372036854775808, 99999999999999999999, .5"                                                  },
        {"select 'it''s', E'a\\tb', true, FALSE, null, $$x$$, '\303\251'",
         "select 'it's', 'a\tb', true, false, null, 'x', '\303\251'"                                                                    },
        {"select a + b * -c, not a and b or c, a % 2 = 1, a || b, +a, a <> b, a != b",
         "select (+ a (* b (- c))), (or (and (not a) b) c), (= (% a 2) 1), (|| a b), a, (<> a b), (<> a b)"                             },
        {"select a between 1 and 2, a not between symmetric 1 and 2",
         "select (between a 1 2), (not-between-symmetric a 1 2)"                                                                        },
        {"select a in (1, 2, null), a not in ('x')",
         "select (in a 1 2 null), (not-in a 'x')"                                                                                       },
        {"select a like 'x%', a not like 'y', a ilike 'z', a not ilike 'z', a like 'a!%' escape '!'",
         "select (~~ a 'x%'), (!~~ a 'y'), (~~* a 'z'), (!~~* a 'z'), (~~ a (like_escape 'a!%' '!'))"                                   },
        {"select a is null, a is not null, a is true, a is not false, a is unknown",
         "select (is-null a), (not-is-null a), (is-true a), (not-is-false a), (is-null a)"                                              },
        {"select a is distinct from b, a is not distinct from null",
         "select (is-distinct a b), (not-is-distinct a null)"                                                                           },
        {"select case a when 1 then 'x' else 'y' end, case when a then b when c then d end",
         "select (case of a (when 1 'x' 'y')), (case (when a b c d))"                                                                   },
        {"select a::int, cast(b as decimal(10, 2)), c::timestamp with time zone, double precision '1'",
         "select (cast a [int]), (cast b [decimal(10, 2)]), (cast c [timestamp with time zone]), (cast '1' [double precision])"         },
        {"select date '2020-01-01', a::\"int64\", b::character varying",
         "select (cast '2020-01-01' [date]), (cast a [int64]), (cast b [character varying])"                                            },
        {"select extract(year from d), substring(s from 2 for 3), position('a' in s)",
         "select (extract 'year' d), (substring s 2 3), (position s 'a')"                                                               },
        {"select trim(both 'x' from s), trim(s), coalesce(a, b), nullif(a, 0), greatest(1, 2), least(a)",
         "select (btrim s 'x'), (btrim s), (coalesce a b), (nullif a 0), (greatest 1 2), (least a)"                                     },
        {"select count(distinct x) filter (where y > 0), SUM(a), Count(*)",
         "select (count distinct x filter (> y 0)), (sum a), (count *)"                                                                 },
        {"select current_date, now()",                                                                    "select (current_date), (now)"},
    };
    CHECK_ROWS(rows);
}

static void test_parse_keeps_names_as_written(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select A.B, \"Weird Col\", \"a\"\"b\", aBc as \"My Name\", d Total, e AS From from t",
         "select A.B, \"Weird Col\", \"a\"b\", aBc as My Name, d as Total, e as From from t"                                       },
        {"select user.name, order.id, a.select.from from t",
         "select user.name, order.id, a.select.from from t"                                                                        },
        {"select t.*, \"T\".* from t",                                                                   "select t*, \"T\"* from t"},
        {"select averyveryveryveryveryveryveryveryveryveryveryverylongnamethatismorethan63bytes from t",
         "select averyveryveryveryveryveryveryveryveryveryveryverylongnamethatismorethan63bytes from t"                            },
        {"select stra\303\237e, \"\303\211COLE\" from t",
         "select stra\303\237e, \"\303\211COLE\" from t"                                                                           },
    };
    CHECK_ROWS(rows);
}

static void test_parse_rewrites_extensions(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"from 'a b.csv'",                                                            "select * from 'a b.csv'"              },
        {"from t select a, b where a = 1 order by all desc",
         "select a, b from t where (= a 1) order ALL desc"                                                                   },
        {"from data/select/where where x is distinct from 3",
         "select * from data/select/where where (is-distinct x 3)"                                                           },
        {"from t;",                                                                   "select * from t"                      },
        {"from a/order/b@2 x select * exclude order, c where d",
         "select *-order, c from a/order/b@2 as x where d"                                                                   },
        {"select * from dir/sub-1/date=2026-01-01/x.stoa@42 As T",
         "select * from dir/sub-1/date=2026-01-01/x.stoa@42 as T"                                                            },
        {"select * from ./a/../b, where",                                             "E202@24 syntax error at \"where\""    },
        {"select * from /abs/path.stoa",                                              "select * from /abs/path.stoa"         },
        {"select * from 'path with ''quotes'''@7 x",
         "select * from 'path with 'quotes'@7' as x"                                                                         },
        {"select * from 'x't",                                                        "select * from 'x' as t"               },
        {"select a from t group by all",                                              "select a from t group ALL"            },
        {"select a from t group by all having true order by all nulls first limit 1",
         "select a from t group ALL having true order ALL nulls-first limit 1"                                               },
        {"select all a from t",                                                       "select a from t"                      },
        {"select * exclude (x, \"Y z\", p.q), * exclude a, t.* except (b) from t",
         "select *-x-\"Y z\"-p.q, *-a, t*-b from t"                                                                          },
        {"select a * exclude from t",                                                 "select (* a exclude) from t"          },
        {"describe t",                                                                "describe select * from t"             },
        {"describe 'x'@3",                                                            "describe select * from 'x@3'"         },
        {"DESCRIBE select 1",                                                         "describe select 1"                    },
        {"summarize lake/orders@2;",                                                  "summarize select * from lake/orders@2"},
        {"summarize",                                                                 "summarize select *"                   },
        {"explain select 1",                                                          "explain select 1"                     },
        {"explain analyze from t",                                                    "analyze select * from t"              },
        {"explain (select 1)",                                                        "explain select 1"                     },
    };
    CHECK_ROWS(rows);
}

static void test_parse_refuses_by_name(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"insert into t values (1)",
         "E205@0 INSERT is not supported: expected SELECT, EXPLAIN, DESCRIBE or SUMMARIZE | a dataset is changed by `stoa convert`, never by SQL"},
        {"update t set a = 1",
         "E205@0 UPDATE is not supported: expected SELECT, EXPLAIN, DESCRIBE or SUMMARIZE | a dataset is changed by `stoa convert`, never by SQL"},
        {"create table t (a int)",
         "E205@0 CREATE is not supported: expected SELECT, EXPLAIN, DESCRIBE or SUMMARIZE | a dataset is changed by `stoa convert`, never by SQL"},
        {"set x = 1",
         "E205@0 SET is not supported: expected SELECT, EXPLAIN, DESCRIBE or SUMMARIZE | a dataset is changed by `stoa convert`, never by SQL"   },
        {"copy t to 'x'",
         "E205@0 COPY is not supported: expected SELECT, EXPLAIN, DESCRIBE or SUMMARIZE | a dataset is changed by `stoa convert`, never by SQL"  },
        {"select 1; select 2",                                           "E205@10 expected one statement, found 2"                               },
        {"select (select 1)",                                            "E205@7 subqueries are not supported yet"                               },
        {"select exists(select 1)",                                      "E205@7 subqueries are not supported yet"                               },
        {"select a in (select 1) from t",                                "E205@9 subqueries are not supported yet"                               },
        {"select * from (select 1) x",                                   "E205@9 a subquery in FROM is not supported yet"                        },
        {"select * from a join b on true",                               "E205@16 JOIN is not supported yet"                                     },
        {"select * from a, b",                                           "E205@9 more than one table in FROM is not supported yet"               },
        {"select * from read_csv('x')",                                  "E205@9 a function in FROM is not supported yet"                        },
        {"select * from t t(a, b)",
         "E205@14 renaming columns behind a table alias is not supported yet"                                                                    },
        {"select a from t tablesample system(1)",
         "E205@16 TABLESAMPLE is not supported yet"                                                                                              },
        {"with x as (select 1) select 1",                                "E205@0 WITH is not supported yet"                                      },
        {"select 1 union all select 2",
         "E205@9 UNION, INTERSECT and EXCEPT are not supported yet"                                                                              },
        {"select 1 except select 2",
         "E205@9 UNION, INTERSECT and EXCEPT are not supported yet"                                                                              },
        {"values (1)",                                                   "E205@0 VALUES is not supported yet"                                    },
        {"select row_number() over () from t",
         "E205@7 window functions (OVER) are not supported yet"                                                                                  },
        {"select sum(a order by b) from t",
         "E205@7 ORDER BY inside an aggregate is not supported yet"                                                                              },
        {"select percentile_cont(0.5) within group (order by a) from t",
         "E205@7 WITHIN GROUP is not supported yet"                                                                                              },
        {"select a[1] from t",
         "E205@7 a subscript or a field of an expression is not supported yet"                                                                   },
        {"select (a).b from t",
         "E205@8 a subscript or a field of an expression is not supported yet"                                                                   },
        {"select array[1]",                                              "E205@7 arrays are not supported yet"                                   },
        {"select (1, 2)",                                                "E205@7 row values are not supported yet"                               },
        {"select $1",                                                    "E205@7 parameters ($1) are not supported yet"                          },
        {"select a collate \"C\" from t",
         "E205@9 COLLATE (text compares bytewise) is not supported yet"                                                                          },
        {"select distinct on (a) a from t",                              "E205@7 DISTINCT ON is not supported yet"                               },
        {"select * from t for update",
         "E205@16 FOR UPDATE and FOR SHARE are not supported yet"                                                                                },
        {"select a from t group by rollup(a)",
         "E205@25 GROUPING SETS, ROLLUP and CUBE are not supported yet"                                                                          },
        {"select a from t group by distinct a",
         "E205@16 GROUP BY DISTINCT is not supported yet"                                                                                        },
        {"select a from t order by a using <",
         "E205@33 ORDER BY ... USING is not supported yet"                                                                                       },
        {"select a from t order by all, b",
         "E205@25 ORDER BY ALL beside other keys is not supported yet"                                                                           },
        {"select a into b from t",                                       "E205@9 SELECT INTO is not supported yet"                               },
        {"select a from t window w as ()",                               "E205@16 WINDOW is not supported yet"                                   },
        {"select a from t order by a fetch first 3 rows with ties",
         "E205@51 WITH TIES is not supported yet"                                                                                                },
        {"explain (analyze) select 1",
         "E205@8 options of EXPLAIN in brackets are not supported"                                                                               },
        {"select * replace (a as b) from t",                             "E205@9 * REPLACE is not supported yet"                                 },
        {"select b'101'",                                                "E205@7 bit strings are not supported yet"                              },
        {"select a = any(b) from t",
         "E205@9 comparing with ANY or ALL of an array is not supported yet"                                                                     },
        {"select a similar to 'x' from t",                               "E205@9 SIMILAR TO is not supported yet"                                },
        {"select U&\"d\\0061ta\" from t",
         "E205@7 this way to write a name is not supported yet"                                                                                  },
        {"select d at time zone 'UTC' from t",                           "E205@9 AT TIME ZONE is not supported yet"                              },
        {"select x.f(a) from t",                                         "E205@7 functions of a schema are not supported yet"                    },
        {"select f(variadic a) from t",                                  "E205@7 VARIADIC is not supported yet"                                  },
        {"select f(a => 1) from t",                                      "E205@9 naming an argument is not supported yet"                        },
        {"select a::int[] from t",                                       "E205@10 array types are not supported yet"                             },
        {"select localtime",                                             "E205@7 this name without brackets is not supported yet"                },
        {"select grouping(a) from t",                                    "E205@7 GROUPING() is not supported yet"                                },
        {"select count(*) from t where x = 1 qualify 2",
         "E205@35 QUALIFY is not supported yet"                                                                                                  },
        {"select try_cast(a as int) from t",                             "E205@7 TRY_CAST is not supported yet"                                  },
        {"select * from t asof join u on a",                             "E205@21 JOIN is not supported yet"                                     },
    };
    CHECK_ROWS(rows);
}

static void test_parse_points_at_syntax_errors(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"",                                          "E202@0 expected a statement, found none"                   },
        {";",                                         "E202@0 expected a statement, found none"                   },
        {"   -- nothing\n ",                          "E202@15 expected a statement, found none"                  },
        {"selct 1",
         "E202@0 syntax error at \"selct\" | did you mean SELECT instead of SELCT?"                               },
        {"select a form t where b",
         "E202@14 syntax error at \"t\" | did you mean FROM instead of FORM?"                                     },
        {"select a frm t where b",
         "E202@13 syntax error at \"t\" | did you mean FROM instead of FRM?"                                      },
        {"select '\303\251', from t",                 "E202@13 syntax error at \"from\""                          },
        {"select a from t wher x = 1",
         "E202@21 syntax error at \"x\" | did you mean WHERE instead of WHER?"                                    },
        {"select a from t where a >",                 "E202@25 syntax error at the end of the statement"          },
        {"select a from 'x' 'y'",                     "E202@18 syntax error at \"'y'\""                           },
        {"select a from t gruop by a",
         "E202@22 syntax error at \"by\" | did you mean GROUP instead of GRUOP?"                                  },
        {"select \"unclosed",                         "E202@7 unterminated quoted identifier at \"\"unclosed\""   },
        {"select 'unclosed",                          "E202@7 unterminated quoted string at \"'unclosed\""        },
        {"select 1 /* x",                             "E202@9 unterminated /* comment at the end of the statement"},
        {"select 1abc",                               "E202@7 trailing junk after numeric literal at \"1\""       },
        {"select from t",                             "E202@0 expected something to select, found nothing"        },
        {"select * exclude",
         "E202@16 expected column names after EXCLUDE, as in * EXCLUDE (a, b)"                                    },
        {"select * exclude (a from t",
         "E202@20 expected column names after EXCLUDE, as in * EXCLUDE (a, b)"                                    },
        {"select a from t where a = 'x' and )",       "E202@34 syntax error at \")\""                             },
        {"select 'ok'\nfrom t\nwhere \303\251 = = 1", "E202@30 syntax error at \"=\""                             },
        {"select 1 limit 5 fetch first row only",     "E202@17 syntax error at \"fetch\""                         },
        {"explain",                                   "E202@7 expected a statement, found none"                   },
        {"describe select",                           "E202@9 expected something to select, found nothing"        },
    };
    CHECK_ROWS(rows);
}

/* `count` times `piece` between `head` and `tail`. */
static stoa_status parse_repeated(const char *head, const char *piece, size_t count,
                                  const char *tail)
{
    struct stoa_arena arena;
    struct stoa_sql_statement statement;
    struct stoa_buf sql;
    stoa_buf_init(&sql, (size_t)4 << 20);
    stoa_arena_init(&arena, (size_t)512 << 20);
    assert_int_equal(stoa_buf_append(&sql, head, strlen(head), NULL), STOA_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(stoa_buf_append(&sql, piece, strlen(piece), NULL), STOA_OK);
    assert_int_equal(stoa_buf_append(&sql, tail, strlen(tail) + 1, NULL), STOA_OK);
    const stoa_status status =
        stoa_sql_parse((const char *)sql.data, &arena, &statement, NULL);
    stoa_buf_done(&sql);
    stoa_arena_done(&arena);
    return status;
}

/* Trees that lean to one side are refused before the grammar builds them; flat lists are not. */
static void test_parse_bounds_depth_and_size(void **state)
{
    STOA_UNUSED(state);
    static const char *const deep[][3] = {
        {"select ",                      "(",                        "1"   },
        {"select ",                      "- ",                       "1"   },
        {"select ",                      "not ",                     "true"},
        {"select 1",                     "+1",                       ""    },
        {"select 1",                     "::int",                    ""    },
        {"select a",                     " is null",                 ""    },
        {"select ",                      "case when a then 1 else ", "0"   },
        {"select t.or",                  "+ t.or",                   ""    },
        {"select a",                     " between 1 and 2 is null", ""    },
        {"select ",                      "f(1, 2, ",                 "3"   },
        {"select 1",                     " union select 1, 2",       ""    },
        {"select 1 from a",              " join b on a and b",       ""    },
        {"select case when t.end then ", "case when t.end then ",    "1"   },
    };
    static const char *const flat[][3] = {
        {"select 1",                    ", 1",                    ""   },
        {"select a from t where a = 0", " or a = 1",              ""   },
        {"select a from t where a = 0", " and a between 1 and 2", ""   },
        {"select a in (0",              ", 1",                    ")"  },
        {"select case ",                "when a then b ",         "end"},
        {"select coalesce(0",           ", 1",                    ")"  },
    };
    for (size_t i = 0; i < sizeof deep / sizeof deep[0]; i++) {
        assert_int_equal(parse_repeated(deep[i][0], deep[i][1], 20000, deep[i][2]),
                         STOA_E_LIMIT);
    }
    for (size_t i = 0; i < sizeof flat / sizeof flat[0]; i++)
        assert_int_equal(parse_repeated(flat[i][0], flat[i][1], 3000, flat[i][2]), STOA_OK);
    assert_int_equal(parse_repeated("select 1", "+1", 400, ""), STOA_OK);
    assert_int_equal(parse_repeated("select 1", "         ", 200000, ""), STOA_E_LIMIT);
}

static void test_parse_refuses_text_that_is_not_utf8(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select '\303'", "E202@8 expected UTF-8, found the byte 0xc3"},
    };
    CHECK_ROWS(rows);
}

static stoa_status parse_all_kinds(void *context, stoa_error *err)
{
    static const char sql[] =
        "from 'x'@3 t select t.* exclude (a), case when a in (1, 2) then "
        "b::decimal(3,1) else sum(c) filter (where d) end as e where "
        "f between 1 and 2 group by all order by all";
    struct stoa_arena arena;
    struct stoa_sql_statement statement;
    STOA_UNUSED(context);
    stoa_arena_init(&arena, (size_t)64 << 20);
    const stoa_status status = stoa_sql_parse(sql, &arena, &statement, err);
    stoa_arena_done(&arena);
    return status;
}

static void test_parse_survives_failing_allocations(void **state)
{
    STOA_UNUSED(state);
    assert_true(test_allocation_failures(parse_all_kinds, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_reads_every_clause),
        cmocka_unit_test(test_parse_reads_expressions),
        cmocka_unit_test(test_parse_keeps_names_as_written),
        cmocka_unit_test(test_parse_rewrites_extensions),
        cmocka_unit_test(test_parse_refuses_by_name),
        cmocka_unit_test(test_parse_points_at_syntax_errors),
        cmocka_unit_test(test_parse_bounds_depth_and_size),
        cmocka_unit_test(test_parse_refuses_text_that_is_not_utf8),
        cmocka_unit_test(test_parse_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
