/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of query/aggregate_*.c: sums, means, extremes and counts of random groups against plain loops; the same
 * answer from rows, from merged parts and from statistics; empty groups, NaN, overflow, failing allocations.
 */
#include "tests/unit/query/expr_cases.h"

#include <math.h>
#include <string.h>

#include "format/text.h"
#include "query/aggregate.h"
#include "query/call.h"

enum {
    GROUP_COUNT = 13,
    LANE_COUNT = 8,
    BLOCK_ROWS = 21000, /* three zones; the last vector is not whole */
    MAX_STATE = 96
};

/* States of one aggregate, laid out as the group-by operator does. */
struct states {
    const struct stoa_aggregate *aggregate;
    stoa_type arg_type;
    stoa_type type; /* of the result */
    struct stoa_arena arena;
    stoa_i128
        room[(GROUP_COUNT * MAX_STATE) / sizeof(stoa_i128)]; /* aligned as states must be */
};

static stoa_type type_of(const char *text)
{
    stoa_type type;
    stoa_error err;
    assert_ok(stoa_type_parse(text, &type, &err), &err);
    return type;
}

static void states_open(struct states *states, const char *name, const char *arg_type)
{
    stoa_type out_arg;
    states->aggregate = stoa_aggregate_find(name);
    assert_non_null(states->aggregate);
    assert_true(states->aggregate->state_size <= MAX_STATE);
    assert_int_equal(states->aggregate->state_size % 16, 0);
    states->arg_type = type_of(arg_type);
    assert_true(states->aggregate->resolve(states->arg_type, &states->type, &out_arg));
    assert_true(stoa_type_equal(out_arg, states->arg_type));
    stoa_arena_init(&states->arena, (size_t)64 << 20);
    memset(states->room, 0, sizeof states->room);
}

static void states_close(struct states *states)
{
    stoa_arena_done(&states->arena);
}

static uint8_t *state_at(struct states *states, size_t group)
{
    return (uint8_t *)states->room + group * MAX_STATE;
}

/* The active rows that are not NULL, as the group-by operator gives them. */
static void make_rows(struct stoa_row_list *rows, const struct stoa_vector *arg,
                      const uint64_t *active)
{
    if (arg)
        stoa_row_list_make_valid(rows, active, arg->length, arg->validity);
    else
        stoa_row_list_make(rows, active, STOA_VECTOR_ROWS);
}

static stoa_status states_update(struct states *states, const uint32_t *groups,
                                 const struct stoa_vector *arg, const uint64_t *active,
                                 stoa_error *err)
{
    struct stoa_row_list rows;
    make_rows(&rows, arg, active);
    return states->aggregate->update((uint8_t *)states->room, MAX_STATE, groups, arg, &rows,
                                     &states->arena, err);
}

/* Adds rows [0, length) of the vector to one group. */
static void states_add(struct states *states, size_t group, const struct stoa_vector *arg)
{
    uint32_t groups[STOA_VECTOR_ROWS];
    uint64_t active[STOA_VECTOR_WORDS] = {0};
    stoa_error err;
    for (uint32_t i = 0; i < arg->length; i++) {
        groups[i] = (uint32_t)group;
        stoa_bit_set(active, i);
    }
    assert_ok(states_update(states, groups, arg, active, &err), &err);
}

static struct stoa_value states_finish(struct states *states, size_t group)
{
    struct stoa_value value = {.is_null = false};
    stoa_error err;
    assert_ok(states->aggregate->finish(state_at(states, group), states->type,
                                        states->arg_type, &value, &err),
              &err);
    return value;
}

static void states_merge(struct states *states, size_t into, size_t from)
{
    stoa_error err;
    assert_ok(states->aggregate->merge(state_at(states, into), state_at(states, from),
                                       &states->arena, &err),
              &err);
}

/* ---- one vector of values from the notation ---- */

/* The aggregate of the values, as text; `parts` states are made one after the other and merged. */
static const char *answer(const char *name, const char *type, const char *const *values,
                          uint32_t count, uint32_t parts)
{
    static char text[256];
    struct states states;
    struct stoa_vector vector;
    states_open(&states, name, type);
    for (uint32_t part = 0; part < parts; part++) {
        vector_make(&vector, type, 0);
        for (uint32_t i = part * count / parts; i < (part + 1) * count / parts; i++)
            vector_set(&vector, vector.length++, values[i]);
        states_add(&states, 1 + part, &vector);
        stoa_vector_done(&vector);
        states_merge(&states, 0, 1 + part);
    }
    struct stoa_value value = states_finish(&states, 0);
    struct stoa_buf out;
    stoa_error err;
    char type_text[STOA_TYPE_TEXT_MAX];
    stoa_buf_init(&out, sizeof text - 1);
    assert_ok(stoa_buf_printf(&out, &err, "%s ", stoa_type_text(states.type, type_text)),
              &err);
    if (value.is_null)
        assert_ok(stoa_buf_printf(&out, &err, "NULL"), &err);
    else
        assert_ok(stoa_text_append(states.type, &value, &out, &err), &err);
    memcpy(text, out.data, out.size);
    text[out.size] = '\0';
    stoa_buf_done(&out);
    states_close(&states);
    return text;
}

struct answer_case {
    const char *name, *type, *expected;
    const char *values[6];
};

static const struct answer_case answer_cases[] = {
    {"sum",      "int64",        "decimal(38,0) NULL",                                   {NULL}                                          },
    {"sum",      "int64",        "decimal(38,0) NULL",                                   {"int64 NULL", "int64 NULL"}                    },
    {"sum",      "int64",        "decimal(38,0) 6",                                      {"int64 1", "int64 NULL", "int64 5"}            },
    {"sum",
     "int64",                    "decimal(38,0) 27670116110564327421",
     {"int64 9223372036854775807", "int64 9223372036854775807",
      "int64 9223372036854775807"}                                                                                                       },
    {"sum",
     "uint64",                   "decimal(38,0) 36893488147419103230",
     {"uint64 18446744073709551615", "uint64 18446744073709551615"}                                                                      },
    {"sum",
     "decimal(5,2)",             "decimal(38,2) 0.30",
     {"decimal(5,2) 0.10", "decimal(5,2) 0.20"}                                                                                          },
    {"sum",
     "decimal(38,0)",            "decimal(38,0) 99999999999999999999999999999999999999",
     {"decimal(38,0) 99999999999999999999999999999999999999", "decimal(38,0) 5",
      "decimal(38,0) -5"}                                                                                                                },
    {"sum",      "float64",      "float64 NULL",                                         {"float64 NULL"}                                },
    {"sum",      "float64",      "float64 0.6",                                          {"float64 0.1", "float64 0.2", "float64 0.3"}   },
    {"sum",      "float64",      "float64 1",                                            {"float64 1e100", "float64 1", "float64 -1e100"}},
    {"sum",      "float64",      "float64 NaN",                                          {"float64 1", "float64 NaN"}                    },
    {"sum",      "float64",      "float64 Infinity",                                     {"float64 1", "float64 Infinity"}               },
    {"sum",      "float64",      "float64 NaN",                                          {"float64 -Infinity", "float64 Infinity"}       },
    {"avg",      "int64",        "float64 NULL",                                         {"int64 NULL"}                                  },
    {"avg",      "int64",        "float64 1.5",                                          {"int64 1", "int64 2", "int64 NULL"}            },
    {"avg",      "decimal(5,2)", "float64 0.15",                                         {"decimal(5,2) 0.10", "decimal(5,2) 0.20"}      },
    {"avg",      "float64",      "float64 2",                                            {"float64 1", "float64 3"}                      },
    {"avg",
     "int64",                    "float64 9.223372036854776e+18",
     {"int64 9223372036854775807", "int64 9223372036854775807"}                                                                          },
    {"count",    "text",         "int64 0",                                              {"text NULL"}                                   },
    {"count",    "text",         "int64 2",                                              {"text 'a'", "text NULL", "text ''"}            },
    {"min",      "int64",        "int64 NULL",                                           {NULL}                                          },
    {"min",      "int64",        "int64 -3",                                             {"int64 5", "int64 -3", "int64 NULL"}           },
    {"max",      "int64",        "int64 5",                                              {"int64 5", "int64 -3", "int64 NULL"}           },
    {"min",      "float64",      "float64 1",                                            {"float64 NaN", "float64 1"}                    },
    {"max",      "float64",      "float64 NaN",                                          {"float64 1", "float64 NaN", "float64 Infinity"}},
    {"min",      "float64",      "float64 NaN",                                          {"float64 NaN"}                                 },
    {"min",      "float64",      "float64 0",                                            {"float64 -0.0"}                                },
    {"max",      "float64",      "float64 0",                                            {"float64 -0.0", "float64 -1"}                  },
    {"min",      "text",         "text a",                                               {"text 'b'", "text 'a'", "text 'ab'"}           },
    {"min",      "text",         "text ",                                                {"text 'b'", "text ''"}                         },
    {"max",
     "text",                     "text z is longer than what it replaces",
     {"text 'b'", "text 'z is longer than what it replaces'", "text 'c'"}                                                                },
    {"max",
     "uint64",                   "uint64 18446744073709551615",
     {"uint64 1", "uint64 18446744073709551615"}                                                                                         },
    {"min",
     "decimal(38,2)",            "decimal(38,2) -1.00",
     {"decimal(38,2) 5.00", "decimal(38,2) -1.00"}                                                                                       },
    {"max",      "date",         "date 2020-02-29",                                      {"date 2020-02-29", "date 1969-12-31"}          },
    {"min",      "bool",         "bool false",                                           {"bool true", "bool false"}                     },
    {"max",
     "uuid",                     "uuid 550e8400-e29b-41d4-a716-446655440000",
     {"uuid 550e8400-e29b-41d4-a716-446655440000",
      "uuid 00000000-0000-0000-0000-000000000001"}                                                                                       },
    {"bool_and", "bool",         "bool NULL",                                            {"bool NULL"}                                   },
    {"bool_and", "bool",         "bool true",                                            {"bool true", "bool NULL", "bool true"}         },
    {"bool_and", "bool",         "bool false",                                           {"bool true", "bool false"}                     },
    {"bool_or",  "bool",         "bool NULL",                                            {NULL}                                          },
    {"bool_or",  "bool",         "bool true",                                            {"bool false", "bool true", "bool NULL"}        },
    {"bool_or",  "bool",         "bool false",                                           {"bool false", "bool NULL"}                     },
};

static void test_answers_of_few_rows(void **state)
{
    STOA_UNUSED(state);
    for (size_t i = 0; i < sizeof answer_cases / sizeof answer_cases[0]; i++) {
        const struct answer_case *row = &answer_cases[i];
        uint32_t count = 0;
        while (count < 6 && row->values[count])
            count++;
        for (uint32_t parts = 1; parts <= 4; parts++) {
            const char *found = answer(row->name, row->type, row->values, count, parts);
            if (strcmp(found, row->expected) != 0)
                fail_msg("%s of row %zu in %u parts: expected %s, found %s", row->name, i,
                         parts, row->expected, found);
        }
    }
}

static void test_only_types_that_make_sense_are_taken(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        const char *name, *type, *result;
    } rows[] = {
        {"sum",      "text",          NULL           },
        {"sum",      "date",          NULL           },
        {"sum",      "bool",          NULL           },
        {"avg",      "text",          NULL           },
        {"avg",      "timestamp",     NULL           },
        {"bool_and", "int64",         NULL           },
        {"sum",      "int8",          "decimal(38,0)"},
        {"sum",      "decimal(12,4)", "decimal(38,4)"},
        {"sum",      "float64",       "float64"      },
        {"avg",      "decimal(12,4)", "float64"      },
        {"count",    "uuid",          "int64"        },
        {"min",      "timestamptz",   "timestamptz"  },
        {"max",      "decimal(12,4)", "decimal(12,4)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct stoa_aggregate *aggregate = stoa_aggregate_find(rows[i].name);
        stoa_type type;
        stoa_type arg;
        char text[STOA_TYPE_TEXT_MAX];
        assert_non_null(aggregate);
        assert_int_equal(aggregate->resolve(type_of(rows[i].type), &type, &arg),
                         rows[i].result != NULL);
        if (rows[i].result)
            assert_string_equal(stoa_type_text(type, text), rows[i].result);
    }
    assert_null(stoa_aggregate_find("summ"));
    size_t count = 0;
    for (; stoa_aggregate_at(count); count++)
        assert_true(stoa_aggregate_find(stoa_aggregate_at(count)->name) ==
                    stoa_aggregate_at(count));
    assert_true(count >= 7);
}

static void test_sums_that_do_not_fit_are_errors(void **state)
{
    STOA_UNUSED(state);
    static const char *const exact[] = {
        "decimal(38,0) 99999999999999999999999999999999999999", "decimal(38,0) 1"};
    static const char *const floats[] = {"float64 1.5e308", "float64 1.5e308"};
    stoa_error err;
    for (int is_float = 0; is_float < 2; is_float++) {
        struct states states;
        struct stoa_vector vector;
        struct stoa_value value = {.i64 = 4711};
        const char *type = is_float ? "float64" : "decimal(38,0)";
        states_open(&states, "sum", type);
        vector_make(&vector, type, 2);
        for (uint32_t i = 0; i < 2; i++)
            vector_set(&vector, i, is_float ? floats[i] : exact[i]);
        states_add(&states, 0, &vector);
        assert_fails(states.aggregate->finish(state_at(&states, 0), states.type,
                                              states.arg_type, &value, &err),
                     STOA_E_OVERFLOW, &err);
        assert_int_equal(value.i64, 4711);
        /* 128 bits themselves run over, and a later part does not mend it. */
        for (int i = 0; i < 4 && !is_float; i++)
            states_add(&states, 1, &vector);
        states_merge(&states, 2, 1);
        if (!is_float)
            assert_fails(states.aggregate->finish(state_at(&states, 2), states.type,
                                                  states.arg_type, &value, &err),
                         STOA_E_OVERFLOW, &err);
        stoa_vector_done(&vector);
        states_close(&states);
    }
}

/* ---- random rows ---- */

/* A column of one block, in vectors and as statistics see it. */
struct block {
    struct stoa_column_builder builder;
    struct stoa_vector vectors[(BLOCK_ROWS + STOA_VECTOR_ROWS - 1) / STOA_VECTOR_ROWS];
    struct stoa_stats stats;
    uint32_t rows;
};

enum { VECTOR_COUNT = (BLOCK_ROWS + STOA_VECTOR_ROWS - 1) / STOA_VECTOR_ROWS };

static struct stoa_value random_value(struct test_random *random, enum stoa_phys phys,
                                      unsigned spread)
{
    struct stoa_value value = {.is_null = test_random_below(random, 9) == 0};
    const uint64_t bits = test_random_next(random);
    if (phys == STOA_PHYS_F64) {
        value.f64 =
            ldexp((double)(int64_t)bits, (int)test_random_below(random, spread) - 70);
    } else if (phys == STOA_PHYS_I128) {
        value.i128 = (stoa_i128)(int64_t)bits * INT64_C(1000000007);
    } else {
        value.i64 = (int64_t)bits >> test_random_below(random, 64);
    }
    return value;
}

static void set_vector_row(struct stoa_vector *vector, uint32_t row,
                           const struct stoa_value *value)
{
    if (value->is_null)
        vector_set_null(vector, row);
    else if (vector->phys == STOA_PHYS_I128)
        vector->values.i128[row] = value->i128;
    else
        vector->values.u64[row] = value->u64;
}

static void block_make(struct block *block, const char *type, struct test_random *random,
                       unsigned spread)
{
    stoa_error err;
    const enum stoa_phys phys = stoa_type_phys(type_of(type));
    block->rows = BLOCK_ROWS;
    stoa_column_builder_init(&block->builder, phys);
    for (uint32_t v = 0; v < VECTOR_COUNT; v++) {
        const uint32_t left = block->rows - v * STOA_VECTOR_ROWS;
        vector_make(&block->vectors[v], type,
                    left < STOA_VECTOR_ROWS ? left : STOA_VECTOR_ROWS);
        for (uint32_t i = 0; i < block->vectors[v].length; i++) {
            const struct stoa_value value = random_value(random, phys, spread);
            set_vector_row(&block->vectors[v], i, &value);
            assert_ok(stoa_column_builder_append(&block->builder, &value, &err), &err);
        }
    }
    const struct stoa_column column = stoa_column_builder_view(&block->builder);
    stoa_stats_init(&block->stats, phys);
    stoa_stats_compute(&block->stats, &column);
}

static void block_done(struct block *block)
{
    for (uint32_t v = 0; v < VECTOR_COUNT; v++)
        stoa_vector_done(&block->vectors[v]);
    stoa_column_builder_done(&block->builder);
}

/* The lanes end with each zone [FMT-35]. */
static void end_zone(struct states *states)
{
    for (size_t lane = 1; lane < LANE_COUNT; lane++)
        states_merge(states, 1, 1 + lane);
    states_merge(states, 0, 1);
    memset(state_at(states, 1), 0, LANE_COUNT * MAX_STATE);
}

/* All rows by lanes, as without GROUP BY, folded into state 0. */
static void add_by_lanes(struct states *states, const struct block *block)
{
    for (uint32_t v = 0; v < VECTOR_COUNT; v++) {
        struct stoa_row_list rows;
        uint64_t active[STOA_VECTOR_WORDS] = {0};
        stoa_error err;
        for (uint32_t i = 0; i < block->vectors[v].length; i++)
            stoa_bit_set(active, i);
        make_rows(&rows, &block->vectors[v], active);
        if (v > 0 && v % (STOA_ZONE_ROWS / STOA_VECTOR_ROWS) == 0)
            end_zone(states);
        assert_ok(states->aggregate->fold(state_at(states, 1), MAX_STATE,
                                          &block->vectors[v], &rows, &states->arena, &err),
                  &err);
    }
    end_zone(states);
}

/* [FMT-35] The bits of a block's sum are the same from its rows and from its statistics. */
static void test_float_sums_by_lanes_are_those_of_the_statistics(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"sum", "avg"};
    struct test_random random = test_random_start(621);
    for (unsigned round = 0; round < 12; round++) {
        static struct block block;
        block_make(&block, "float64", &random, 1 + round * 12);
        for (size_t n = 0; n < 2; n++) {
            struct states rows;
            struct states stats;
            states_open(&rows, names[n], "float64");
            states_open(&stats, names[n], "float64");
            add_by_lanes(&rows, &block);
            assert_true(stats.aggregate->from_stats(state_at(&stats, 0), stats.arg_type,
                                                    &block.stats, &stats.arena));
            const struct stoa_value a = states_finish(&rows, 0);
            const struct stoa_value b = states_finish(&stats, 0);
            assert_true(a.u64 == b.u64);
            if (n == 0)
                assert_true(a.f64 ==
                            block.stats.float_sum.high + block.stats.float_sum.low);
            /* The whole state, so that further blocks give the same as well. */
            assert_memory_equal(rows.room, stats.room, rows.aggregate->state_size);
            states_close(&rows);
            states_close(&stats);
        }
        block_done(&block);
    }
}

static void check_stats(const char *name, const char *type, struct test_random *random)
{
    static struct block block;
    struct states rows;
    struct states stats;
    block_make(&block, type, random, 140);
    states_open(&rows, name, type);
    states_open(&stats, name, type);
    for (uint32_t v = 0; v < VECTOR_COUNT; v++)
        states_add(&rows, 0, &block.vectors[v]);
    assert_true(stats.aggregate->from_stats(state_at(&stats, 0), stats.arg_type,
                                            &block.stats, &stats.arena));
    const struct stoa_value a = states_finish(&rows, 0);
    const struct stoa_value b = states_finish(&stats, 0);
    assert_false(a.is_null || b.is_null);
    assert_int_equal(stoa_value_compare(stoa_type_phys(rows.type), &a, &b), 0);
    states_close(&rows);
    states_close(&stats);
    block_done(&block);
}

static void test_statistics_answer_as_rows_do(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(622);
    check_stats("sum", "int64", &random);
    check_stats("sum", "decimal(38,5)", &random);
    check_stats("avg", "int64", &random);
    check_stats("avg", "decimal(38,5)", &random);
    check_stats("count", "float64", &random);
    check_stats("min", "float64", &random);
    check_stats("max", "float64", &random);
    check_stats("min", "int64", &random);
    check_stats("max", "decimal(38,5)", &random);
}

/* What statistics do not say is not guessed. */
static void test_statistics_that_do_not_know_are_not_used(void **state)
{
    STOA_UNUSED(state);
    struct states states;
    struct stoa_stats stats;
    static const char *const names[] = {"sum", "avg", "min", "max"};
    for (size_t i = 0; i < 4; i++) {
        states_open(&states, names[i], "float64");
        stoa_stats_init(&stats, STOA_PHYS_F64);
        stats.rows = 10;
        stats.null_count = 10;
        stats.has_sum = false;
        assert_true(states.aggregate->from_stats(state_at(&states, 0), states.arg_type,
                                                 &stats, &states.arena));
        assert_true(states_finish(&states, 0).is_null);
        stats.null_count = 0;
        assert_false(states.aggregate->from_stats(state_at(&states, 0), states.arg_type,
                                                  &stats, &states.arena));
        stats.has_bounds = stats.min_is_exact = stats.max_is_exact = true;
        stats.nan_count = 1;
        stats.min.f64 = 1;
        stats.max.f64 = 2;
        const bool is_min = i == 2; /* NaN is the largest: it hides the maximum only */
        assert_int_equal(states.aggregate->from_stats(state_at(&states, 0), states.arg_type,
                                                      &stats, &states.arena),
                         is_min);
        stats.min_is_exact = stats.max_is_exact = false;
        assert_false(states.aggregate->from_stats(state_at(&states, 0), states.arg_type,
                                                  &stats, &states.arena));
        states_close(&states);
    }
}

struct plain_group {
    stoa_i128 sum;
    int64_t count, min, max;
};

static void test_groups_are_kept_apart(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"sum", "count", "min", "max", "avg"};
    struct test_random random = test_random_start(623);
    static struct block block;
    static uint32_t groups[VECTOR_COUNT][STOA_VECTOR_ROWS];
    uint64_t active[VECTOR_COUNT][STOA_VECTOR_WORDS];
    struct plain_group plain[GROUP_COUNT] = {{0}};
    stoa_error err;
    block_make(&block, "int64", &random, 1);
    for (uint32_t v = 0; v < VECTOR_COUNT; v++) {
        for (uint32_t w = 0; w < STOA_VECTOR_WORDS; w++)
            active[v][w] = test_random_next(&random);
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
            groups[v][i] = (uint32_t)test_random_below(&random, GROUP_COUNT - 1);
            if (i >= block.vectors[v].length)
                stoa_bit_clear(active[v], i);
            if (!stoa_bit_get(active[v], i) || stoa_vector_is_null(&block.vectors[v], i))
                continue;
            struct plain_group *group = &plain[groups[v][i]];
            const int64_t x = block.vectors[v].values.i64[i];
            group->min = group->count == 0 || x < group->min ? x : group->min;
            group->max = group->count == 0 || x > group->max ? x : group->max;
            group->sum += x;
            group->count++;
        }
    }
    for (size_t n = 0; n < 5; n++) {
        struct states states;
        states_open(&states, names[n], "int64");
        for (uint32_t v = 0; v < VECTOR_COUNT; v++)
            assert_ok(states_update(&states, groups[v], &block.vectors[v], active[v], &err),
                      &err);
        for (size_t g = 0; g < GROUP_COUNT; g++) {
            const struct stoa_value value = states_finish(&states, g);
            const struct plain_group *group = &plain[g];
            assert_int_equal(value.is_null, n != 1 && g == GROUP_COUNT - 1);
            if (value.is_null)
                continue;
            const bool is_right[] = {value.i128 == group->sum, value.i64 == group->count,
                                     value.i64 == group->min, value.i64 == group->max,
                                     value.f64 ==
                                         (double)group->sum / (double)group->count};
            assert_true(is_right[n]);
        }
        states_close(&states);
    }
    block_done(&block);
}

/* count(*) has no argument. */
static void test_count_of_rows_counts_nulls_too(void **state)
{
    STOA_UNUSED(state);
    struct states states;
    uint32_t groups[STOA_VECTOR_ROWS] = {0};
    uint64_t active[STOA_VECTOR_WORDS] = {UINT64_C(0xff00ff), 1};
    stoa_error err;
    states_open(&states, "count", "bool");
    assert_true(states.aggregate->takes_star);
    assert_ok(states_update(&states, groups, NULL, active, &err), &err);
    assert_int_equal(states_finish(&states, 0).i64, 17);
    states_close(&states);
}

static stoa_status longest_text(void *context, stoa_error *err)
{
    const struct stoa_vector *texts = context;
    const struct stoa_aggregate *aggregate = stoa_aggregate_find("max");
    stoa_i128 room[2 * MAX_STATE / sizeof(stoa_i128)] = {0};
    uint32_t groups[STOA_VECTOR_ROWS] = {0};
    const uint64_t active[STOA_VECTOR_WORDS] = {15};
    struct stoa_row_list rows;
    struct stoa_arena arena;
    make_rows(&rows, texts, active);
    stoa_arena_init(&arena, 1 << 20);
    stoa_status status =
        aggregate->update((uint8_t *)room, MAX_STATE, groups, texts, &rows, &arena, err);
    if (status == STOA_OK)
        status = aggregate->merge((uint8_t *)room + MAX_STATE, (const uint8_t *)room,
                                  &arena, err);
    stoa_arena_done(&arena);
    return status;
}

static void test_failing_allocations_leave_nothing_behind(void **state)
{
    STOA_UNUSED(state);
    struct stoa_vector texts;
    vector_make(&texts, "text", 4);
    vector_set(&texts, 0, "text 'a'");
    vector_set(&texts, 1, "text 'b, and this one is longer than the room of the first'");
    vector_set(&texts, 2, "text 'c'");
    vector_set(&texts, 3, "text 'd'");
    assert_true(test_allocation_failures(longest_text, &texts) > 0);
    stoa_vector_done(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_of_few_rows),
        cmocka_unit_test(test_only_types_that_make_sense_are_taken),
        cmocka_unit_test(test_sums_that_do_not_fit_are_errors),
        cmocka_unit_test(test_float_sums_by_lanes_are_those_of_the_statistics),
        cmocka_unit_test(test_statistics_answer_as_rows_do),
        cmocka_unit_test(test_statistics_that_do_not_know_are_not_used),
        cmocka_unit_test(test_groups_are_kept_apart),
        cmocka_unit_test(test_count_of_rows_counts_nulls_too),
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("aggregate", tests, NULL, NULL);
}
