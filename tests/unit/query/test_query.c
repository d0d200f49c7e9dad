/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public query object over a small dataset: answers that are made without a scan, errors while rows are
 * fetched, what FROM may be called, counters, failing allocations while a statement is prepared.
 */
#include "tests/unit/query/exec_fixture.h"

#include <string.h>

static const char rows_csv[] = "id:int64,country,amount\n"
                               "1,ES,1.50\n"
                               "2,DE,2.50\n"
                               "3,ES,\n"
                               "4,FR,4.00\n";

static stoa_query *prepare(const struct exec_place *place, const char *sql)
{
    const stoa_query_options options = {.threads = 1, .dataset = place->table};
    stoa_query *query = NULL;
    stoa_error err;
    stoa_error_clear(&err);
    assert_ok(stoa_query_prepare(sql, &options, &query, &err), &err);
    return query;
}

static void test_query_schema_names_and_types_the_result(void **state)
{
    STOA_UNUSED(state);
    struct exec_place place;
    exec_place_csv(&place, rows_csv, NULL);
    stoa_query *query =
        prepare(&place, "select ID, amount * 2 as twice, count(*) from t group by all");
    const stoa_schema *schema = stoa_query_schema(query);
    assert_int_equal(schema->field_count, 3);
    assert_string_equal(schema->fields[0].name, "id");
    assert_string_equal(schema->fields[1].name, "twice");
    assert_string_equal(schema->fields[2].name, "count(*)");
    assert_int_equal(schema->fields[0].type.id, STOA_TYPE_INT64);
    assert_int_equal(schema->fields[1].type.id, STOA_TYPE_DECIMAL);
    stoa_query_free(query);
    exec_place_done(&place);
}

static void test_query_takes_the_default_dataset_by_name_or_silence(void **state)
{
    STOA_UNUSED(state);
    struct exec_place place;
    exec_place_csv(&place, rows_csv, NULL);
    assert_answer(&place, "select count(*) from t", "4\n");
    assert_answer(&place, "select count(*) from T where t.id > 1", "3\n");
    assert_answer(&place, "select count(*)", "4\n");
    assert_answer(&place, "from t select id order by id desc limit 1", "4\n");
    exec_fails(&place, "select count(*) from u", STOA_E_TABLE, "no table \"u\"");
    exec_fails(&place, "select u.id from t u where t.id = 1", STOA_E_COLUMN, "t.id");
    exec_place_done(&place);
}

static void test_query_describes_without_reading(void **state)
{
    STOA_UNUSED(state);
    struct exec_place place;
    exec_place_csv(&place, rows_csv, NULL);
    assert_answer(&place, "describe t",
                  "id,int64,YES\ncountry,text,YES\namount,\"decimal(18,2)\",YES\n");
    assert_answer(&place, "describe select sum(amount) as total from t",
                  "total,\"decimal(38,2)\",YES\n");
    const char *summary = exec_csv(&place, "summarize t");
    assert_contains(summary, "id,int64,4,0,1,4,");
    assert_contains(summary, "country,text,4,0,DE,FR,");
    assert_contains(summary, "amount,\"decimal(18,2)\",4,1,1.50,4.00,");
    exec_fails(&place, "summarize select id + 1 from t", STOA_E_UNSUPPORTED_SQL,
               "SUMMARIZE");
    exec_place_done(&place);
}

static void test_query_explains_what_was_pruned(void **state)
{
    STOA_UNUSED(state);
    struct exec_place place;
    exec_place_csv(&place, rows_csv, "country");
    const char *plan =
        exec_csv(&place, "explain analyze select count(*) from t "
                         "where country = 'ES' and amount > 1 and id + 0 < 9");
    assert_contains(plan, "scan t   partitions 1 of 3   files 1 of 3");
    assert_contains(plan, "country = 'ES'  pushed");
    assert_contains(plan, "not pushed: function on column; kept as a filter");
    assert_contains(plan, "threads 1");
    plan = exec_csv(&place, "explain select id from t where id = 1.5 order by id limit 2");
    assert_contains(plan, "limit 2\nsort by id\noutput id\n");
    assert_contains(plan, "WHERE is never true");
    exec_place_done(&place);
}

static void test_query_counts_what_it_reads(void **state)
{
    STOA_UNUSED(state);
    struct exec_place place;
    stoa_query_counters counters;
    stoa_batch batch;
    exec_place_csv(&place, rows_csv, "country");
    stoa_query *query = prepare(&place, "select id from t where country = 'ES'");
    do {
        assert_ok(stoa_query_next(query, &batch, NULL), NULL);
    } while (batch.rows > 0);
    assert_ok(stoa_query_next(query, &batch, NULL), NULL); /* the end stays the end */
    assert_int_equal(batch.rows, 0);
    stoa_query_get_counters(query, &counters);
    assert_int_equal(counters.files, 3);
    assert_int_equal(counters.files_pruned, 2);
    assert_int_equal(counters.partitions_pruned, 2);
    assert_int_equal(counters.rows_matched, 2);
    stoa_query_free(query);
    exec_place_done(&place);
}

static void test_query_fails_with_the_line_and_then_only_frees(void **state)
{
    STOA_UNUSED(state);
    struct exec_place place;
    stoa_batch batch;
    stoa_error err;
    exec_place_csv(&place, rows_csv, NULL);
    stoa_query *query = prepare(&place, "select id,\n  1 / (id - 3) from t");
    stoa_error_clear(&err);
    assert_fails(stoa_query_next(query, &batch, &err), STOA_E_DIVISION_BY_ZERO, &err);
    assert_int_equal(err.offset, 15);
    assert_string_equal(err.excerpt, "2 |   1 / (id - 3) from t\n  |     ^");
    assert_fails(stoa_query_next(query, &batch, &err), STOA_E_USAGE, &err);
    stoa_query_free(query);
    stoa_query_free(NULL);
    exec_place_done(&place);
}

static void test_query_refuses_missing_arguments(void **state)
{
    STOA_UNUSED(state);
    stoa_query *query = NULL;
    stoa_batch batch;
    assert_fails(stoa_query_prepare(NULL, NULL, &query, NULL), STOA_E_USAGE, NULL);
    assert_fails(stoa_query_prepare("select 1", NULL, NULL, NULL), STOA_E_USAGE, NULL);
    assert_fails(stoa_query_next(NULL, &batch, NULL), STOA_E_USAGE, NULL);
    assert_null(stoa_query_schema(NULL));
}

struct attempt {
    const struct exec_place *place;
    const char *sql;
};

static stoa_status run_attempt(void *context, stoa_error *err)
{
    const struct attempt *attempt = context;
    const stoa_query_options options = {.threads = 1, .dataset = attempt->place->table};
    stoa_query *query = NULL;
    stoa_batch batch;
    stoa_status status = stoa_query_prepare(attempt->sql, &options, &query, err);
    do {
        if (status == STOA_OK)
            status = stoa_query_next(query, &batch, err);
    } while (status == STOA_OK && batch.rows > 0);
    stoa_query_free(query);
    return status;
}

static void test_query_survives_failing_allocations(void **state)
{
    STOA_UNUSED(state);
    static const char *const statements[] = {
        ("explain select country, count(*) from t where id > 1 and amount < 3 and lower(country) = "
         "'es' group by 1 having count(*) > 0 order by 2 limit 3"),
        "describe select *, id + 1 from t", "summarize t"};
    struct exec_place place;
    exec_place_csv(&place, rows_csv, "country");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        struct attempt attempt = {.place = &place, .sql = statements[i]};
        assert_true(test_allocation_failures(run_attempt, &attempt) > 10);
    }
    exec_place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_schema_names_and_types_the_result),
        cmocka_unit_test(test_query_takes_the_default_dataset_by_name_or_silence),
        cmocka_unit_test(test_query_describes_without_reading),
        cmocka_unit_test(test_query_explains_what_was_pruned),
        cmocka_unit_test(test_query_counts_what_it_reads),
        cmocka_unit_test(test_query_fails_with_the_line_and_then_only_frees),
        cmocka_unit_test(test_query_refuses_missing_arguments),
        cmocka_unit_test(test_query_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
