/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binder over the table of bind_schema.h: statements and what they mean, or the error with code,
 * place, message and hint, exactly.
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "tests/unit/query/bind_schema.h"
#include "tests/unit/query/plan_dump.h"

/* The plan as text, or "E201@7 message | hint". */
static void bind_to_text(const char *sql, const stoa_schema *schema, struct stoa_buf *out)
{
    struct stoa_plan *plan;
    stoa_error err;
    stoa_error_clear(&err);
    if (stoa_test_plan(sql, schema, &plan, &err) == STOA_OK) {
        stoa_plan_dump(plan, schema, out);
        stoa_plan_free(plan);
    } else {
        assert_int_equal(stoa_buf_printf(out, NULL, "E%d@%d %s%s%s", (int)err.status,
                                         err.offset == UINT64_MAX ? -1 : (int)err.offset,
                                         err.message, err.hint[0] ? " | " : "", err.hint),
                         STOA_OK);
    }
    assert_int_equal(stoa_buf_append_byte(out, 0, NULL), STOA_OK);
}

struct row {
    const char *sql;
    const char *expected;
};

static void check_rows(const struct row *rows, size_t count, const stoa_schema *schema)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct stoa_buf out;
        stoa_buf_init(&out, 1 << 20);
        bind_to_text(rows[i].sql, schema, &out);
        if (strcmp((const char *)out.data, rows[i].expected) != 0) {
            print_error("statement  %s\nexpected   %s\nfound      %s\n", rows[i].sql,
                        rows[i].expected, (const char *)out.data);
            wrong++;
        }
        stoa_buf_done(&out);
    }
    assert_int_equal(wrong, 0);
}
#define CHECK_ROWS(rows, schema) check_rows(rows, sizeof(rows) / sizeof(rows)[0], schema)

static void test_bind_resolves_names(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select * exclude (id, u, w, tz, ts, g, x, h) from t",
         "select a:int32 \"a\", b:float64 \"b\", s:text \"s\", Name:text \"Name\", d:date \"d\", m:decimal(12,2) \"m\", f:bool \"f\", user.name:text \"user.name\", k:int8 \"k\", \"p.q\":int16 \"\"p.q\"\""                                                                                                                                                                                                                                                                     },
        {"select ID, t.A, name, \"Name\", user.name, t.user.name, \"p.q\", T.* exclude (\"p.q\", a) from t",
         "select id:int64 \"id\", a:int32 \"a\", Name:text \"Name\", Name:text \"Name\", user.name:text \"user.name\", user.name:text \"user.name\", \"p.q\":int16 \"\"p.q\"\", id:int64 \"id\", b:float64 \"b\", s:text \"s\", Name:text \"Name\", d:date \"d\", ts:timestamp \"ts\", tz:timestamptz \"tz\", m:decimal(12,2) \"m\", w:decimal(30,5) \"w\", u:uint64 \"u\", f:bool \"f\", user.name:text \"user.name\", k:int8 \"k\", g:uuid \"g\", x:binary \"x\", h:time \"h\""},
        {"select \"user.name\", \"USER\".name from t",
         "select user.name:text \"user.name\", user.name:text \"user.name\""                                                                                                                                                                                                                                                                                                                                                                                                     },
        {"select a from t x",                                                                                "select a:int32 \"a\""                                                                                                                                                                                                                                                                                                                                              },
        {"select nme from t",                                                                                "E201@7 no column \"nme\" | did you mean \"Name\"?"                                                                                                                                                                                                                                                                                                                 },
        {"select t.nme from t",                                                                              "E201@9 no column \"nme\" | did you mean \"Name\"?"                                                                                                                                                                                                                                                                                                                 },
        {"select q.a from t",                                                                                "E201@7 no column \"q.a\""                                                                                                                                                                                                                                                                                                                                          },
        {"select \"hello\" from t",
         "E201@7 no column \"hello\" | a text is written 'hello', in single quotes"                                                                                                                                                                                                                                                                                                                                                                                              },
        {"select n from t where n = 1",                                                                      "E201@22 no column \"n\" | did you mean \"a\"?"                                                                                                                                                                                                                                                                                                                     },
        {"select a as n from t where n = 1",
         "E201@27 no column \"n\" | \"n\" names an output, which is computed later than this"                                                                                                                                                                                                                                                                                                                                                                                    },
        {"select q.* from t",                                                                                "E207@7 no table \"q\" in FROM"                                                                                                                                                                                                                                                                                                                                     },
        {"select * exclude (zz) from t",                                                                     "E201@18 no column \"zz\" | did you mean \"tz\"?"                                                                                                                                                                                                                                                                                                                   },
        {"select a from t group by nme",
         "E201@25 no column \"nme\" | did you mean \"Name\"?"                                                                                                                                                                                                                                                                                                                                                                                                                    },
    };
    CHECK_ROWS(rows, &stoa_bind_schema);
}

static void test_bind_types_literals(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select 1, 9223372036854775807, 9223372036854775808, -9223372036854775808, 1.50, 0.05, .5, 1e3, 1e-3, 0.0",
         "select 1:int64 \"1\", 9223372036854775807:int64 \"9223372036854775807\", 9223372036854775808:decimal(19,0) \"9223372036854775808\", -9223372036854775808:int64 \"-9223372036854775808\", 1.50:decimal(3,2) \"1.50\", 0.05:decimal(2,2) \"0.05\", 0.5:decimal(1,1) \".5\", 1000:decimal(4,0) \"1e3\", 0.001:decimal(3,3) \"1e-3\", 0.0:decimal(1,1) \"0.0\""},
        {"select 12345678901234567890123456789012345678, 1e37, 1.5e300, 1.2345678901234567890123456789012345678901",
         "select 12345678901234567890123456789012345678:decimal(38,0) \"12345678901234567890123456789012345678\", 10000000000000000000000000000000000000:decimal(38,0) \"1e37\", 1.5e+300:float64 \"1.5e300\", 1.2345678901234567:float64 \"1.2345678901234567890123456789012345678901\""                                                                            },
        {"select 123456789012345678901234567890123456789",
         "E211@7 expected a number of at most 38 digits, found 39"                                                                                                                                                                                                                                                                                                   },
        {"select 1e400",                                                                                                                 "E211@7 \"1e400\" is out of range for float64"                                                                                                                                                                              },
        {"select 'x', null, true, date '2020-02-29', timestamp '2020-01-01 01:02:03', 'a'::text, '5'::int, '1.50'::decimal, 5::decimal",
         "select 'x':text \"'x'\", NULL:text \"null\", true:bool \"true\", '2020-02-29':date \"date '2020-02-29'\", '2020-01-01 01:02:03':timestamp \"timestamp '2020-01-01 01:02:03'\", 'a':text \"'a'::text\", 5:int32 \"'5'::int\", 1.50:decimal(3,2) \"'1.50'::decimal\", 5:decimal(19,0) \"5::decimal\""                                                        },
        {"select '1.5x'::decimal",                                                                                                       "E212@7 expected a decimal number, found \"1.5x\""                                                                                                                                                                          },
        {"select s::decimal from t",
         "E204@10 expected decimal(precision, scale) to cast text to, found decimal without them"                                                                                                                                                                                                                                                                    },
        {"select b::numeric(10, 2), m::decimal from t",
         "select CAST(b AS decimal(10,2)):decimal(10,2) \"b::numeric(10, 2)\", m:decimal(12,2) \"m::decimal\""                                                                                                                                                                                                                                                       },
        {"select a::foo from t",
         "E204@10 expected a type (bool, int8, int16, int32, int64, uint64, float64, decimal(p,s), date, time, timestamp, timestamptz, text, binary, uuid), found \"foo\""                                                                                                                                                                                           },
        {"select a::varchar(10) from t",
         "E204@10 expected text without parameters, found \"varchar(10)\""                                                                                                                                                                                                                                                                                           },
        {"select date '2020-13-01'",                                                                                                     "E211@12 \"2020-13-01\" is out of range for date"                                                                                                                                                                           },
        {"select interval '1 day'",                                                                                                      "E205@7 intervals are not supported yet"                                                                                                                                                                                    },
        {"select cast(s as int64) + 1, cast(a as text) from t",
         "select (CAST(s AS int64) + 1):int64 \"cast(s as int64) + 1\", CAST(a AS text):text \"cast(a as text)\""                                                                                                                                                                                                                                                    },
    };
    CHECK_ROWS(rows, &stoa_bind_schema);
}

static void test_bind_unites_types(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select case when f then 1 else 2.5 end, case when f then null else 'x' end, case f when true then 1 end from t",
         "select CASE WHEN f THEN 1.0 ELSE 2.5 END:decimal(2,1) \"case when f then 1 else 2.5 end\", CASE WHEN f THEN NULL ELSE 'x' END:text \"case when f then null else 'x' end\", CASE WHEN (f = true) THEN 1 END:int64 \"case f when true then 1 end\""                                                                                           },
        {"select a in (1, 2.50, 100), s in ('a', null), a not in (3, 3, 1), a in (id, 1) from t",
         "select CAST(a AS decimal(21,2)) IN (1.00, 2.50, 100.00):bool \"a in (1, 2.50, 100)\", s IN ('a', NULL):bool \"s in ('a', null)\", CAST(a AS int64) NOT IN (1, 3):bool \"a not in (3, 3, 1)\", ((CAST(a AS int64) = id) OR (CAST(a AS int64) = 1)):bool \"a in (id, 1)\""                                                                    },
        {"select coalesce(a, 1), coalesce(null, 'x'), nullif(a, 0), greatest(a, 2.5) from t",
         "select coalesce(CAST(a AS int64), 1):int64 \"coalesce(a, 1)\", 'x':text \"coalesce(null, 'x')\", nullif(CAST(a AS int64), 0):int64 \"nullif(a, 0)\", greatest(CAST(a AS decimal(11,1)), 2.5):decimal(11,1) \"greatest(a, 2.5)\""                                                                                                            },
        {"select a between 1 and 2, a not between 2 and 1, a between symmetric id and 5 from t",
         "select ((CAST(a AS int64) >= 1) AND (CAST(a AS int64) <= 2)):bool \"a between 1 and 2\", NOT ((CAST(a AS int64) >= 2) AND (CAST(a AS int64) <= 1)):bool \"a not between 2 and 1\", (((CAST(a AS int64) >= id) AND (CAST(a AS int64) <= 5)) OR ((CAST(a AS int64) >= 5) AND (CAST(a AS int64) <= id))):bool \"a between symmetric id and 5\""},
        {"select f is true, f is not false, f is unknown, a is distinct from 1, a is not distinct from null from t",
         "select CASE WHEN f THEN true ELSE false END:bool \"f is true\", CASE WHEN NOT f THEN false ELSE true END:bool \"f is not false\", f IS NULL:bool \"f is unknown\", (CAST(a AS int64) IS DISTINCT FROM 1):bool \"a is distinct from 1\", (a IS NOT DISTINCT FROM NULL):bool \"a is not distinct from null\""                                 },
        {"select case when f then 1 else 'x' end from t",
         "E212@31 cannot read \"x\" as int64"                                                                                                                                                                                                                                                                                                         },
        {"select a in ('x') from t",                                                                                       "E212@13 cannot read \"x\" as int32"                                                                                                                                                                                       },
        {"select case when f then d else 1 end from t",
         "E204@31 CASE: no type holds both date and int64"                                                                                                                                                                                                                                                                                            },
        {"select s = 1 from t",
         "E204@9 cannot compare text with int64 | write the constant as the column's type, or CAST one of them"                                                                                                                                                                                                                                       },
        {"select case when a then 1 end from t",
         "E204@17 expected bool for WHEN, found int32"                                                                                                                                                                                                                                                                                                },
        {"select not a from t",                                                                                            "E204@11 expected bool for NOT, found int32"                                                                                                                                                                               },
        {"select a and f from t",                                                                                          "E204@7 expected bool for AND, found int32"                                                                                                                                                                                },
        {"select f or 'x' from t",                                                                                         "E212@12 cannot read \"x\" as bool"                                                                                                                                                                                        },
    };
    CHECK_ROWS(rows, &stoa_bind_schema);
}

static void test_bind_folds_constants(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select 1 + 2 * 3, 'a' || 'b', 1 in (1, null), null and false, not true, upper('x')",
         "select 7:int64 \"1 + 2 * 3\", 'ab':text \"'a' || 'b'\", true:bool \"1 in (1, null)\", false:bool \"null and false\", false:bool \"not true\", 'X':text \"upper('x')\""},
        {"select a from t where 1 = 1 and 2 > 1",                                              "select a:int32 \"a\""                                                           },
        {"select a from t where 1 = 2",                                                        "select a:int32 \"a\" | never"                                                   },
        {"select a from t where null",                                                         "select a:int32 \"a\" | never"                                                   },
        {"select 1/0",                                                                         "select (1 / 0):int64 \"1/0\""                                                   },
        {"select case when true then 1 else 1/0 end",
         "select CASE WHEN true THEN 1 ELSE (1 / 0) END:int64 \"case when true then 1 else 1/0 end\""                                                                           },
        {"select s like 'a' || '%' from t where s like 'a' || '%'",
         "select (s LIKE 'a%'):bool \"s like 'a' || '%'\" | where s LIKE 'a%' -> exact s [a, b)"                                                                                },
    };
    CHECK_ROWS(rows, &stoa_bind_schema);
}

static void test_bind_aggregates(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select count(*), count(1), count(a), count(null), sum(a), sum(m), avg(a), min(s), max(d) from t",
         "select a0:int64 \"count(*)\", a0:int64 \"count(1)\", a1:int64 \"count(a)\", a2:int64 \"count(null)\", a3:decimal(38,0) \"sum(a)\", a4:decimal(38,2) \"sum(m)\", a5:float64 \"avg(a)\", a6:text \"min(s)\", a7:date \"max(d)\" | group nothing | aggregate a0 = count(*):int64, a1 = count(a:int32):int64, a2 = count(NULL:text):int64, a3 = sum(a:int32):decimal(38,0), a4 = sum(m:decimal(12,2)):decimal(38,2), a5 = avg(a:int32):float64, a6 = min(s:text):text, a7 = max(d:date):date"},
        {"select sum(a) + sum(a), count(distinct a), count(a) filter (where f), count(a) filter (where true) from t",
         "select (a0 + a0):decimal(38,0) \"sum(a) + sum(a)\", a1:int64 \"count(distinct a)\", a2:int64 \"count(a) filter (where f)\", a3:int64 \"count(a) filter (where true)\" | group nothing | aggregate a0 = sum(a:int32):decimal(38,0), a1 = count(distinct a:int32):int64, a2 = count(a:int32) filter f:bool:int64, a3 = count(a:int32):int64"                                                                                                                                               },
        {"select a, count(*) from t group by a",
         "select g0:int32 \"a\", a0:int64 \"count(*)\" | group a:int32 | aggregate a0 = count(*):int64"                                                                                                                                                                                                                                                                                                                                                                                            },
        {"select a + 1, a + 1 + 1, count(*) from t group by a + 1",
         "select g0:int64 \"a + 1\", (g0 + 1):int64 \"a + 1 + 1\", a0:int64 \"count(*)\" | group (CAST(a AS int64) + 1):int64 | aggregate a0 = count(*):int64"                                                                                                                                                                                                                                                                                                                                     },
        {"select upper(s) v, count(*) n from t group by v having n > 3 and v <> 'X' order by n desc, max(a)",
         "select g0:text \"v\", a0:int64 \"n\", a1:int32 hidden | group upper(s):text | aggregate a0 = count(*):int64, a1 = max(a:int32):int32 | having ((a0 > 3) AND (g0 <> 'X')):bool | order 2 desc nulls-first, 3"                                                                                                                                                                                                                                                                             },
        {"select a, d, count(*) from t group by all",
         "select g0:int32 \"a\", g1:date \"d\", a0:int64 \"count(*)\" | group a:int32, d:date | aggregate a0 = count(*):int64"                                                                                                                                                                                                                                                                                                                                                                     },
        {"select count(*) from t group by all",
         "select a0:int64 \"count(*)\" | group nothing | aggregate a0 = count(*):int64"                                                                                                                                                                                                                                                                                                                                                                                                            },
        {"select a, count(*) from t group by 1, a",
         "select g0:int32 \"a\", a0:int64 \"count(*)\" | group a:int32 | aggregate a0 = count(*):int64"                                                                                                                                                                                                                                                                                                                                                                                            },
        {"select max(a) as a from t group by a",
         "select a0:int32 \"a\" | group a:int32 | aggregate a0 = max(a:int32):int32"                                                                                                                                                                                                                                                                                                                                                                                                               },
        {"select a as b, count(*) from t group by b, a",
         "select g1:int32 \"b\", a0:int64 \"count(*)\" | group b:float64, a:int32 | aggregate a0 = count(*):int64"                                                                                                                                                                                                                                                                                                                                                                                 },
        {"select 1 from t having count(*) > 1",
         "select 1:int64 \"1\" | group nothing | aggregate a0 = count(*):int64 | having (a0 > 1):bool"                                                                                                                                                                                                                                                                                                                                                                                             },
        {"select a from t group by a order by count(*) desc",
         "select g0:int32 \"a\", a0:int64 hidden | group a:int32 | aggregate a0 = count(*):int64 | order 2 desc nulls-first"                                                                                                                                                                                                                                                                                                                                                                       },
        {"select 'x' as v, count(*) from t group by v",
         "select g0:text \"v\", a0:int64 \"count(*)\" | group 'x':text | aggregate a0 = count(*):int64"                                                                                                                                                                                                                                                                                                                                                                                            },
        {"select count(*) from t where f group by s having min(a) between 1 and 2 limit 3",
         "select a0:int64 \"count(*)\" | where f -> exact f [true, ) | group s:text | aggregate a0 = count(*):int64, a1 = min(a:int32):int32 | having ((CAST(a1 AS int64) >= 1) AND (CAST(a1 AS int64) <= 2)):bool | limit 3"                                                                                                                                                                                                                                                                      },
    };
    CHECK_ROWS(rows, &stoa_bind_schema);
}

static void test_bind_explains_grouping_errors(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select a, sum(b) from t",
         "E208@7 column \"a\" is neither in GROUP BY nor inside an aggregate | add GROUP BY \"a\", or take min or max of it"     },
        {"select a, s, count(*) from t group by a",
         "E208@10 column \"s\" is neither in GROUP BY nor inside an aggregate | add \"s\" to GROUP BY, or take min or max of it" },
        {"select a, sum(b) from t group by a having b > 1",
         "E208@42 column \"b\" is neither in GROUP BY nor inside an aggregate | add \"b\" to GROUP BY, or take min or max of it" },
        {"select a + 1 from t group by a + 2",
         "E208@7 column \"a\" is neither in GROUP BY nor inside an aggregate | add \"a\" to GROUP BY, or take min or max of it"  },
        {"select a from t where sum(a) > 1",
         "E208@22 sum is an aggregate, which cannot be in WHERE | HAVING sees aggregates"                                        },
        {"select sum(sum(a)) from t",
         "E208@11 sum is an aggregate, which cannot be in another aggregate"                                                     },
        {"select count(*) from t group by count(*)",
         "E208@32 count is an aggregate, which cannot be in GROUP BY"                                                            },
        {"select count(*) n from t group by n",
         "E208@34 an aggregate cannot be in GROUP BY"                                                                            },
        {"select sum(a) filter (where count(*) > 1) from t",
         "E208@28 count is an aggregate, which cannot be in FILTER"                                                              },
        {"select a from t group by a order by b",
         "E208@36 column \"b\" is neither in GROUP BY nor inside an aggregate | add \"b\" to GROUP BY, or take min or max of it" },
        {"select * from t group by a",
         "E208@7 column \"id\" is neither in GROUP BY nor inside an aggregate | add \"id\" to GROUP BY, or take min or max of it"},
        {"select a from t limit count(*)",
         "E208@22 count is an aggregate, which cannot be in LIMIT"                                                               },
        {"select a from t group by 'x'",
         "E208@25 expected a column, an output's name or number, or an expression in GROUP BY, found a constant"                 },
        {"select a from t order by 'x'",
         "E208@25 expected an output's name or number, or an expression in ORDER BY, found a constant"                           },
        {"select distinct a from t order by b",
         "E208@34 with DISTINCT, ORDER BY can only use what is selected"                                                         },
    };
    CHECK_ROWS(rows, &stoa_bind_schema);
}

static void test_bind_explains_calls(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select lowr(s) from t",                   "E203@7 no function \"lowr\" | did you mean lower?"                                    },
        {"select cuont(*) from t",                  "E203@7 no function \"cuont\" | did you mean count?"                                   },
        {"select frobnicate(s) from t",             "E203@7 no function \"frobnicate\""                                                    },
        {"select sum(s) from t",
         "E203@7 sum does not take text | known: sum(number) -> decimal(38) for exact numbers, float64 for float64"                        },
        {"select count(a, b) from t",
         "E203@7 expected one argument for count, found more | known: count(*), count(any) -> int64"                                       },
        {"select count() from t",
         "E203@7 expected one argument for count, found none | known: count(*), count(any) -> int64"                                       },
        {"select sum(*) from t",
         "E203@7 expected one argument for sum, found * | known: sum(number) -> decimal(38) for exact numbers, float64 for float64"        },
        {"select lower(s, s) from t",
         "E203@7 lower does not take (text, text) | known: lower(text) -> text"                                                            },
        {"select lower(distinct s) from t",
         "E203@7 lower is no aggregate: it takes no *, DISTINCT or FILTER"                                                                 },
        {"select lower(s) filter (where f) from t",
         "E203@7 lower is no aggregate: it takes no *, DISTINCT or FILTER"                                                                 },
        {"select lower(*) from t",
         "E203@7 lower is no aggregate: it takes no *, DISTINCT or FILTER"                                                                 },
        {"select a == 1 from t",                    "E203@9 no operator \"==\" | did you mean =?"                                          },
        {"select now()",                            "E205@7 the current time is not supported yet"                                         },
        {"select current_date",                     "E205@7 the current date is not supported yet"                                         },
        {"select a <-> b from t",                   "E203@9 no operator \"<->\""                                                           },
        {"select s like s escape 'x' from t",
         "E205@9 ESCAPE with a pattern or sign that is not a constant is not supported yet"                                                },
        {"select s like 'a!' escape '!' from t",
         "E212@14 expected a sign behind the escape at the end of the pattern, found none"                                                 },
        {"select s || a, a ^ 2, -a from t",
         "select (s || CAST(a AS text)):text \"s || a\", power(CAST(a AS float64), 2):float64 \"a ^ 2\", (- CAST(a AS int64)):int64 \"-a\""},
        {"select tz > ts from t",
         "E204@12 cannot convert (without CAST) timestamp to timestamptz"                                                                  },
    };
    CHECK_ROWS(rows, &stoa_bind_schema);
}

static void test_bind_orders_and_limits(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select a as z, b from t order by z desc, 2 nulls first, a, s",
         "select a:int32 \"z\", b:float64 \"b\", s:text hidden | order 1 desc nulls-first, 2 nulls-first, 3"             },
        {"select a from t order by a + 1",
         "select a:int32 \"a\", (CAST(a AS int64) + 1):int64 hidden | order 2"                                           },
        {"select a as b from t order by b, t.b",
         "select a:int32 \"b\", b:float64 hidden | order 1, 2"                                                           },
        {"select a, b from t order by all desc",
         "select a:int32 \"a\", b:float64 \"b\" | order 1 desc nulls-first, 2 desc nulls-first"                          },
        {"select distinct a, b from t order by 2, a",
         "select a:int32 \"a\", b:float64 \"b\" | distinct | order 2, 1"                                                 },
        {"select a as Z, b as z from t order by z",
         "select a:int32 \"Z\", b:float64 \"z\" | order 2"                                                               },
        {"select a as z, b as z from t order by z",
         "E206@38 \"z\" could mean more than one output"                                                                 },
        {"select a as z, a as z from t order by z",
         "select a:int32 \"z\", a:int32 \"z\" | order 1"                                                                 },
        {"select a as n from t order by n + 1",
         "select a:int32 \"n\", (CAST(a AS int64) + 1):int64 hidden | order 2"                                           },
        {"select a from t order by 2",
         "E201@25 expected an output between 1 and 1 in ORDER BY, found 2"                                               },
        {"select a from t order by 0",
         "E201@25 expected an output between 1 and 1 in ORDER BY, found 0"                                               },
        {"select a from t order by -1",
         "E201@25 expected an output between 1 and 1 in ORDER BY, found -1"                                              },
        {"select a from t group by 3",
         "E201@25 expected an output between 1 and 1 in GROUP BY, found 3"                                               },
        {"select a from t limit 2 + 3 offset 1",
         "select a:int32 \"a\" | limit 5 | offset 1"                                                                     },
        {"select a from t limit null",                                   "select a:int32 \"a\""                          },
        {"select a from t limit '7'",                                    "select a:int32 \"a\" | limit 7"                },
        {"select a from t limit 1.5",                                    "select a:int32 \"a\" | limit 2"                },
        {"select a from t limit -1",                                     "E212@22 expected LIMIT of 0 or more, found -1" },
        {"select a from t offset -2",                                    "E212@23 expected OFFSET of 0 or more, found -2"},
        {"select a from t limit a",
         "E201@22 expected a number for LIMIT and OFFSET, found a column"                                                },
        {"select a from t limit 'x'",                                    "E212@22 cannot read \"x\" as int64"            },
    };
    CHECK_ROWS(rows, &stoa_bind_schema);
}

static void test_bind_reads_only_used_columns(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select count(*) from t",
         "select a0:int64 \"count(*)\" | group nothing | aggregate a0 = count(*):int64"                                                                                                                               },
        {"select s from t where a > 1 order by d",
         "select s:text \"s\", d:date hidden | where a > 1 -> exact a [2, ) | order 2"                                                                                                                                },
        {"select sum(b) from t where user.name = 'x' group by m having max(k) > 0",
         "select a0:float64 \"sum(b)\" | where user.name = 'x' -> exact user.name [x, x] | group m:decimal(12,2) | aggregate a0 = sum(b:float64):float64, a1 = max(k:int8):int8 | having (CAST(a1 AS int64) > 0):bool"},
        {"select 1 from t",                                                         "select 1:int64 \"1\""                                                                                                            },
        {"select a from t group by a order by max(id)",
         "select g0:int32 \"a\", a0:int64 hidden | group a:int32 | aggregate a0 = max(id:int64):int64 | order 2"                                                                                                      },
    };
    CHECK_ROWS(rows, &stoa_bind_schema);
}

static void test_bind_works_without_a_table(void **state)
{
    STOA_UNUSED(state);
    static const struct row rows[] = {
        {"select 1 + 1 as two, 'x'",    "select 2:int64 \"two\", 'x':text \"'x'\""                    },
        {"select a",                    "E201@7 no column \"a\": the statement has no FROM"           },
        {"select \"x\"",
         "E201@7 no column \"x\": the statement has no FROM | a text is written 'x', in single quotes"},
        {"select *",                    "E201@7 * has no columns: the statement has no FROM"          },
        {"select count(*)",
         "select a0:int64 \"count(*)\" | group nothing | aggregate a0 = count(*):int64"               },
        {"select 1 where false",        "select 1:int64 \"1\" | never"                                },
        {"select 1 order by 1 limit 1", "select 1:int64 \"1\" | order 1 | limit 1"                    },
    };
    CHECK_ROWS(rows, NULL);
}

/* An operand that is used twice at every level would be a tree of 2^n parts. */
static void test_bind_bounds_shared_operands(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf sql;
    struct stoa_plan *plan;
    stoa_buf_init(&sql, 1 << 20);
    assert_int_equal(stoa_buf_printf(&sql, NULL, "select "), STOA_OK);
    for (int i = 0; i < 40; i++)
        assert_int_equal(stoa_buf_printf(&sql, NULL, "("), STOA_OK);
    assert_int_equal(stoa_buf_printf(&sql, NULL, "f"), STOA_OK);
    for (int i = 0; i < 40; i++)
        assert_int_equal(stoa_buf_printf(&sql, NULL, ") between false and true"), STOA_OK);
    assert_int_equal(stoa_buf_append(&sql, " from t", 8, NULL), STOA_OK);
    assert_int_equal(stoa_test_plan((const char *)sql.data, &stoa_bind_schema, &plan, NULL),
                     STOA_E_LIMIT);
    stoa_buf_done(&sql);
}

/* Not a schema that `convert` makes, but one that a file may hold. */
static void test_bind_reports_names_that_differ_in_case_only(void **state)
{
    STOA_UNUSED(state);
    static const stoa_field fields[] = {
        {"Total", 1, {.id = STOA_TYPE_INT64}, true},
        {"total", 2, {.id = STOA_TYPE_TEXT},  true},
        {"t.x",   3, {.id = STOA_TYPE_INT64}, true},
        {"x",     4, {.id = STOA_TYPE_INT64}, true},
    };
    static const stoa_schema schema = {.fields = fields, .field_count = 4};
    static const struct row rows[] = {
        {"select Total, \"total\" from t",
         "select Total:int64 \"Total\", total:text \"total\""                                },
        {"select TOTAL from t",            "E206@7 \"TOTAL\" could mean more than one column"},
        {"select t.x from t",              "E206@7 \"x\" could mean more than one column"    },
        {"select x, t.\"x\" from u",       "E206@10 \"x\" could mean more than one column"   },
    };
    CHECK_ROWS(rows, &schema);
}

static stoa_status bind_all_kinds(void *context, stoa_error *err)
{
    static const char sql[] =
        "select upper(s) v, count(distinct a) filter (where b > 1.5), sum(m) from t "
        "where a between 1 and 5 and s like 'ab%c' and not (f or d in ('2020-01-01')) "
        "group by v having count(*) > 1 order by v || 'x' limit 3";
    struct stoa_plan *plan = NULL;
    STOA_UNUSED(context);
    const stoa_status status = stoa_test_plan(sql, &stoa_bind_schema, &plan, err);
    if (status == STOA_OK)
        stoa_plan_free(plan);
    return status;
}

static void test_bind_survives_failing_allocations(void **state)
{
    STOA_UNUSED(state);
    assert_true(test_allocation_failures(bind_all_kinds, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bind_resolves_names),
        cmocka_unit_test(test_bind_types_literals),
        cmocka_unit_test(test_bind_unites_types),
        cmocka_unit_test(test_bind_folds_constants),
        cmocka_unit_test(test_bind_aggregates),
        cmocka_unit_test(test_bind_explains_grouping_errors),
        cmocka_unit_test(test_bind_explains_calls),
        cmocka_unit_test(test_bind_orders_and_limits),
        cmocka_unit_test(test_bind_reads_only_used_columns),
        cmocka_unit_test(test_bind_works_without_a_table),
        cmocka_unit_test(test_bind_bounds_shared_operands),
        cmocka_unit_test(test_bind_reports_names_that_differ_in_case_only),
        cmocka_unit_test(test_bind_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
