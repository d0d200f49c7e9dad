/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each system call and each allocation of convert, append, open, query, gc and verify fails once,
 * and for ever: the error is clean, nothing leaks, and the dataset is as it was, or as it is after
 * the commit when the call that failed did not matter. Without an argument a deterministic part
 * of the loops; with "all" every step.
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/log.h"
#include "dataset/snapshot.h"
#include "stoa/convert.h"
#include "stoa/query.h"
#include "tests/support/fault_io.h"

static bool thorough;

enum { ROWS = 12, REGIONS = 4 };

struct world {
    struct test_directory directory;
    char dataset[300], source[300];
    uint64_t version; /* committed; 0: there is no dataset */
    uint64_t fingerprint;
    uint64_t next_id;
    uint64_t runs, commits;
};

struct workload {
    const char *name;
    bool creates; /* starts without a dataset */
    bool commits;
    unsigned step; /* of the thinned loops */
    stoa_status (*run)(struct world *world, stoa_error *err);
};

/* ---- the world ---- */

static const char csv[] = "id,region,amount,day\n1,r1,0.25,2024-10-04\n2,,0.5,2024-10-04\n"
                          "3,\"\",0.75,2024-10-05\n4,R1,1.25,2024-10-05\n";

static void options_of(const struct world *world, struct fixture_options *options)
{
    *options = (struct fixture_options){.path = world->dataset,
                                        .rows = ROWS,
                                        .first = world->next_id,
                                        .regions = REGIONS,
                                        .partitions = {FIXTURE_REGION},
                                        .partition_count = 1,
                                        .memory = 256};
}

static void world_remember(struct world *world)
{
    stoa_error error;
    struct stoa_root root;
    assert_ok(stoa_root_open(world->dataset, &root, &error), &error);
    assert_ok(stoa_log_find_head(&root, &world->version, &error), &error);
    stoa_root_close(&root);
    world->fingerprint = fixture_fingerprint(world->dataset);
    world->next_id += ROWS;
}

/* A new directory, with a dataset of one version unless the workload makes it. */
static void world_reset(struct world *world, const struct workload *workload)
{
    stoa_error error;
    struct fixture_options options;
    uint64_t version = 0;
    if (world->directory.path[0] != '\0')
        test_directory_remove(&world->directory);
    test_directory_make(&world->directory);
    (void)snprintf(world->dataset, sizeof world->dataset, "%s",
                   test_path(&world->directory, "ds"));
    (void)snprintf(world->source, sizeof world->source, "%s",
                   test_path(&world->directory, "feed.csv"));
    test_file_write(&world->directory, "feed.csv", csv, strlen(csv));
    world->version = 0;
    if (workload->creates)
        return;
    options_of(world, &options);
    assert_ok(fixture_commit(&options, &version, &error), &error);
    world_remember(world);
}

static uint64_t version_now(const struct world *world)
{
    stoa_error error;
    struct stoa_root root;
    uint64_t version = 0;
    const stoa_status status = stoa_root_open(world->dataset, &root, &error);
    if (status == STOA_E_NOT_FOUND || status == STOA_E_NOT_DATASET)
        return 0; /* nothing, or only begun */
    assert_ok(status, &error);
    assert_ok(stoa_log_find_head(&root, &version, &error), &error);
    stoa_root_close(&root);
    return version;
}

/* After a run whose status was `status`: the state must be one the caller may conclude. */
static void world_check(struct world *world, const struct workload *workload,
                        stoa_status status, const stoa_error *error, const char *fault)
{
    const uint64_t version = version_now(world);
    const bool moved = version == world->version + 1;
    bool fine = version == world->version || moved;
    if (workload->commits && status == STOA_OK)
        fine = moved;
    else if (status != STOA_E_UNKNOWN_OUTCOME)
        fine = version == world->version;
    if (status != STOA_OK)
        fine = fine && error->status == status && error->message[0] != '\0';
    if (!fine)
        print_message("%s, %s: status %d, version %llu -> %llu: %s\n", workload->name,
                      fault, (int)status, (unsigned long long)world->version,
                      (unsigned long long)version, error->message);
    assert_true(fine);
    world->runs++;
    if (moved) {
        world->commits++;
        assert_true(fixture_fingerprint(world->dataset) != world->fingerprint);
        world_reset(world, workload);
    } else if (version > 0) {
        assert_int_equal(fixture_fingerprint(world->dataset), world->fingerprint);
    }
}

/* From time to time: what failures left behind does not stop the next commit, and gc takes
 * it away. */
static void world_continue(struct world *world, const struct workload *workload)
{
    stoa_error error;
    struct fixture_options options;
    uint64_t version = 0;
    stoa_verify_report verified;
    stoa_gc_report collected;
    const stoa_gc_options at_once = {.use_grace = 1};
    options_of(world, &options);
    assert_ok(fixture_commit(&options, &version, &error), &error);
    assert_int_equal(version, world->version + 1);
    assert_ok(stoa_gc(world->dataset, &at_once, &collected, &error), &error);
    assert_ok(stoa_verify(world->dataset, 1, 1, NULL, NULL, &verified, &error), &error);
    assert_int_equal(verified.versions, version);
    world_reset(world, workload);
}

/* ---- workloads ---- */

static stoa_status run_commit(struct world *world, stoa_error *err)
{
    struct fixture_options options;
    uint64_t version = 0;
    options_of(world, &options);
    return fixture_commit(&options, &version, err);
}

static stoa_status run_convert(struct world *world, stoa_error *err)
{
    const char *const sources[] = {world->source};
    const char *const keys[] = {"region"};
    stoa_convert_report *report = NULL;
    const stoa_convert_options options = {.dataset = world->dataset,
                                          .sources = sources,
                                          .source_count = 1,
                                          .partition_by = keys,
                                          .partition_count = 1,
                                          .threads = 1};
    STOA_TRY(stoa_convert(&options, &report, err));
    stoa_convert_report_free(report);
    return STOA_OK;
}

static stoa_status read_dataset(stoa_dataset *dataset, stoa_error *err)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    for (size_t c = 0; c < info->schema.field_count; c++) {
        stoa_column_info column;
        int known_distinct = 0;
        uint64_t distinct = 0;
        STOA_TRY(stoa_dataset_column(dataset, c, &column, err));
        STOA_TRY(stoa_dataset_distinct(dataset, c, &known_distinct, &distinct, err));
        for (size_t f = 0; f < info->file_count; f++) {
            bool known = false;
            struct stoa_stats stats;
            STOA_TRY(stoa_dataset_file_stats(dataset, f, (uint32_t)c, &known, &stats, err));
        }
    }
    return STOA_OK;
}

static stoa_status run_open(struct world *world, stoa_error *err)
{
    stoa_dataset *dataset = NULL;
    STOA_TRY(stoa_dataset_open(world->dataset, &dataset, err));
    const stoa_status status = read_dataset(dataset, err);
    stoa_dataset_close(dataset);
    return status;
}

static int ignore_version(void *context, const stoa_version_info *info)
{
    (void)context;
    (void)info;
    return 0;
}

static stoa_status run_log(struct world *world, stoa_error *err)
{
    return stoa_dataset_log(world->dataset, ignore_version, NULL, err);
}

static stoa_status run_gc(struct world *world, stoa_error *err)
{
    stoa_gc_report report;
    const stoa_gc_options at_once = {.use_grace = 1};
    test_file_write(&world->directory, "ds/0123456789abcdef0123456789abcdef-000001.stoa",
                    "x", 1);
    return stoa_gc(world->dataset, &at_once, &report, err);
}

static stoa_status run_verify(struct world *world, stoa_error *err)
{
    stoa_verify_report report;
    return stoa_verify(world->dataset, 1, 1, NULL, NULL, &report, err);
}

/* The whole path: parse, bind, open, prune, scan, group, sort. */
static stoa_status run_query(struct world *world, stoa_error *err)
{
    static const char sql[] = "SELECT region, count(*) AS n, sum(amount) FROM ds "
                              "WHERE id <> 3 GROUP BY region ORDER BY n DESC, region";
    const stoa_query_options options = {.threads = 1, .dataset = world->dataset};
    stoa_query *query = NULL;
    stoa_batch batch = {0};
    uint64_t rows = 0;
    STOA_TRY(stoa_query_prepare(sql, &options, &query, err));
    stoa_status status = STOA_OK;
    do {
        status = stoa_query_next(query, &batch, err);
        rows += status == STOA_OK ? batch.rows : 0;
    } while (status == STOA_OK && batch.rows > 0);
    stoa_query_free(query);
    if (status == STOA_OK)
        assert_int_equal(rows, REGIONS); /* all or an error, never a part */
    return status;
}

static const struct workload workloads[] = {
    {"create",                     true,  true,  7,  run_commit },
    {"append",                     false, true,  7,  run_commit },
    {"convert into a new dataset", true,  true,  11, run_convert},
    {"convert and append",         false, true,  11, run_convert},
    {"open and look",              false, false, 3,  run_open   },
    {"log",                        false, false, 3,  run_log    },
    {"gc",                         false, false, 5,  run_gc     },
    {"verify",                     false, false, 7,  run_verify },
    {"query",                      false, false, 3,  run_query  },
};
enum { WORKLOADS = sizeof workloads / sizeof workloads[0] };

/* ---- the loops ---- */

static void test_each_system_call_may_fail(void **state)
{
    (void)state;
    for (size_t w = 0; w < WORKLOADS; w++) {
        const struct workload *workload = &workloads[w];
        struct world world = {0};
        struct fault_loop loop = FAULT_LOOP_START;
        if (!thorough)
            loop.step = workload->step;
        world_reset(&world, workload);
        while (fault_loop_next(&loop)) {
            stoa_error error;
            const int64_t blocks = stoa_alloc_live();
            stoa_error_clear(&error);
            fault_loop_arm(&loop);
            const stoa_status status = workload->run(&world, &error);
            fault_loop_disarm(&loop);
            assert_int_equal(stoa_alloc_live(), blocks);
            if (!loop.fired)
                assert_ok(status, &error);
            world_check(&world, workload, status, &error, loop.name);
            if (world.runs % 100 == 0)
                world_continue(&world, workload);
        }
        print_message("%s: %llu faults of system calls, %llu commits all the same\n",
                      workload->name, (unsigned long long)loop.runs,
                      (unsigned long long)world.commits);
        assert_true(loop.runs > 10);
        test_directory_remove(&world.directory);
    }
}

static void fail_allocations(const struct workload *workload, bool for_ever)
{
    struct world world = {0};
    uint64_t count = 0;
    const uint64_t step = thorough ? 1 : workload->step;
    world_reset(&world, workload);
    for (uint64_t k = 1;; k += step) {
        char fault[64];
        stoa_error error;
        const int64_t blocks = stoa_alloc_live();
        stoa_error_clear(&error);
        (void)snprintf(fault, sizeof fault, "allocation %llu%s", (unsigned long long)k,
                       for_ever ? " for ever" : "");
        stoa_alloc_fail_at(k, for_ever);
        const stoa_status status = workload->run(&world, &error);
        count = stoa_alloc_count();
        stoa_alloc_fail_at(0, false);
        assert_int_equal(stoa_alloc_live(), blocks);
        if (status != STOA_OK && status != STOA_E_NO_MEMORY)
            print_message("%s, %s: status %d: %s\n", workload->name, fault, (int)status,
                          error.message);
        assert_true(status == STOA_OK || status == STOA_E_NO_MEMORY);
        world_check(&world, workload, status, &error, fault);
        if (count < k)
            break;
        if (world.runs % 100 == 0)
            world_continue(&world, workload);
    }
    print_message("%s: %llu allocations%s\n", workload->name, (unsigned long long)count,
                  for_ever ? ", failing for ever" : "");
    test_directory_remove(&world.directory);
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t w = 0; w < WORKLOADS; w++) {
        fail_allocations(&workloads[w], false);
        fail_allocations(&workloads[w], true);
    }
}

int main(int argc, char **argv)
{
    thorough = argc > 1 && strcmp(argv[1], "all") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_system_call_may_fail),
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
