/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power loss at every point of a commit. The calls of a commit are recorded; for every prefix
 * of them the model makes the trees that a crash could leave, with any of the unsynced things
 * lost, and each must open as a version that was or was being committed, verify, take the next
 * append and be cleaned by gc. What was acknowledged must be there.
 *
 * The test is tested: without any one of the protocol's syncs, or with rename for link, it must
 * find a violation [DS-30..36]. Without an argument a part of the states; with "all" all.
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataset/log.h"
#include "dataset/name_map.h"
#include "tests/fault/crash_model.h"

static bool thorough;

enum { VERSIONS_MAX = 4, ROWS = 8, REGIONS = 4 };

enum mutant {
    MUTANT_NONE,
    MUTANT_NO_DATA_SYNC,      /* W3 */
    MUTANT_NO_DIRECTORY_SYNC, /* W4 */
    MUTANT_NO_MANIFEST_SYNC,  /* W6 */
    MUTANT_NO_LOG_BEFORE,     /* W7 */
    MUTANT_NO_LOG_AFTER,      /* W9 */
    MUTANT_COUNT
};

/* Scenario (below) in which each must be caught. */
static const size_t mutant_scenarios[MUTANT_COUNT] = {0, 1, 1, 1, 2, 1};
static const char *const mutant_names[MUTANT_COUNT] = {"as it is",
                                                       "data files not synced",
                                                       "directories not synced",
                                                       "manifest not synced",
                                                       "log not synced before the link",
                                                       "log not synced after it"};

/* ---- recording ---- */

struct recording {
    struct fault_record *records;
    size_t count, capacity;
    size_t marks[2]; /* where each commit begins */
    size_t mark_count;
};

static void *copy_bytes(const void *bytes, size_t size)
{
    if (bytes == NULL)
        return NULL;
    void *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

static void observe(void *context, const struct fault_record *record)
{
    struct recording *recording = context;
    if (recording->count == recording->capacity) {
        recording->capacity = recording->capacity == 0 ? 256 : recording->capacity * 2;
        recording->records =
            realloc(recording->records, recording->capacity * sizeof *recording->records);
        assert_non_null(recording->records);
    }
    struct fault_record *kept = &recording->records[recording->count++];
    *kept = *record;
    const bool writes = record->call == FAULT_WRITE || record->call == FAULT_PWRITE;
    kept->path =
        record->path != NULL ? copy_bytes(record->path, strlen(record->path) + 1) : NULL;
    kept->path2 =
        record->path2 != NULL ? copy_bytes(record->path2, strlen(record->path2) + 1) : NULL;
    kept->bytes = writes && record->result > 0
                      ? copy_bytes(record->bytes, (size_t)record->result)
                      : NULL;
}

static void recording_done(struct recording *recording)
{
    for (size_t i = 0; i < recording->count; i++) {
        free((void *)(uintptr_t)recording->records[i].path);
        free((void *)(uintptr_t)recording->records[i].path2);
        free((void *)(uintptr_t)recording->records[i].bytes);
    }
    free(recording->records);
}

/* ---- scenarios ---- */

struct scenario {
    const char *name;
    uint64_t before;  /* versions committed and durable before the recording */
    uint64_t commits; /* recorded; all but the last crash right after their link */
};

static const struct scenario scenarios[] = {
    {"first commit",                                0, 1},
    {"append",                                      2, 1},
    {"append on a version that is not durable yet", 1, 2},
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

struct world {
    struct test_directory directory;
    char dataset[300];
    struct crash_model model;
    struct recording recording;
    uint64_t hashes[VERSIONS_MAX + 1]; /* fingerprint of each version; 0: no rows */
    uint64_t first, last;              /* versions a crash may leave */
    struct stoa_name_map seen;
    uint64_t states, violations;
    uint64_t go_on_every; /* states between two that are continued */
    bool is_loud;
};

static void commit(const char *path, uint64_t number)
{
    stoa_error error;
    uint64_t version = 0;
    assert_ok(fixture_commit(&(struct fixture_options){.path = path,
                                                       .rows = ROWS,
                                                       .first = number * ROWS,
                                                       .regions = number > 0 ? REGIONS : 2,
                                                       .partitions = {FIXTURE_REGION},
                                                       .partition_count = 1,
                                                       .memory = 200},
                             &version, &error),
              &error);
    assert_int_equal(version, number + 1);
}

static void world_record(struct world *world, const struct scenario *scenario)
{
    stoa_error error;
    memset(world, 0, sizeof *world);
    test_directory_make(&world->directory);
    (void)snprintf(world->dataset, sizeof world->dataset, "%s",
                   test_path(&world->directory, "ds"));
    assert_ok(stoa_name_map_init(&world->seen, (size_t)1 << 30, &error), &error);
    for (uint64_t i = 0; i < scenario->before; i++)
        commit(world->dataset, i);
    crash_model_init(&world->model, world->directory.path);
    fault_io_start(NULL, 0, false, observe, &world->recording);
    for (uint64_t i = 0; i < scenario->commits; i++) {
        world->recording.marks[world->recording.mark_count++] = world->recording.count;
        commit(world->dataset, scenario->before + i);
    }
    fault_io_stop();
    world->first = scenario->before;
    world->last = scenario->before + scenario->commits;
    for (uint64_t version = 1; version <= world->last; version++) {
        char at[320];
        (void)snprintf(at, sizeof at, "%s@%llu", world->dataset,
                       (unsigned long long)version);
        world->hashes[version] = fixture_fingerprint(at);
    }
}

static void world_done(struct world *world)
{
    crash_model_done(&world->model);
    recording_done(&world->recording);
    stoa_name_map_done(&world->seen);
    test_directory_remove(&world->directory);
}

/* ---- one crash state ---- */

static int no_fsync(int fd)
{
    (void)fd;
    return 0;
}

/* The version on disk; false when it cannot be told. */
static bool find_version(const char *path, uint64_t *out_version, stoa_error *err)
{
    struct stoa_root root;
    enum stoa_root_state state = STOA_ROOT_ABSENT;
    *out_version = 0;
    if (stoa_root_probe(path, &state, err) != STOA_OK)
        return false;
    if (state != STOA_ROOT_PRESENT)
        return true;
    if (stoa_root_open(path, &root, err) != STOA_OK)
        /* Made, but without a log yet: then nothing was committed. */
        return err->status == STOA_E_NOT_FOUND;
    const stoa_status status = stoa_log_find_head(&root, out_version, err);
    stoa_root_close(&root);
    return status == STOA_OK;
}

/* The state holds one of the versions it may, whole. */
static bool is_whole(const struct world *world, const char *path, bool acknowledged,
                     stoa_error *err)
{
    uint64_t version = 0;
    uint64_t hash = 0;
    stoa_verify_report report;
    if (!find_version(path, &version, err))
        return false;
    if (version < (acknowledged ? world->last : world->first) || version > world->last) {
        (void)stoa_fail(err, STOA_E_VERSION, "found version %llu, acknowledged: %d",
                        (unsigned long long)version, acknowledged);
        return false;
    }
    if (version == 0)
        return true;
    if (fixture_hash(path, &hash, err) != STOA_OK)
        return false;
    if (hash != world->hashes[version]) {
        (void)stoa_fail(err, STOA_E_CORRUPT, "found other rows in version %llu",
                        (unsigned long long)version);
        return false;
    }
    return stoa_verify(path, 1, 1, NULL, NULL, &report, err) == STOA_OK;
}

/* The next append works, and gc leaves a whole dataset. */
static bool goes_on(const char *path, stoa_error *err)
{
    uint64_t before = 0;
    uint64_t version = 0;
    stoa_gc_report collected;
    stoa_verify_report report;
    const stoa_gc_options at_once = {.use_grace = 1};
    if (!find_version(path, &before, err))
        return false;
    const struct fixture_options options = {.path = path,
                                            .rows = 3,
                                            .first = 1000,
                                            .regions = REGIONS,
                                            .partitions = {FIXTURE_REGION},
                                            .partition_count = 1};
    return fixture_commit(&options, &version, err) == STOA_OK && version == before + 1 &&
           stoa_gc(path, &at_once, &collected, err) == STOA_OK &&
           stoa_verify(path, 1, 1, NULL, NULL, &report, err) == STOA_OK &&
           report.versions == version;
}

static void check_state(struct world *world, struct crash_choice choice, bool acknowledged,
                        const char *what)
{
    struct test_directory directory;
    char path[300];
    uint32_t number = 0;
    bool is_new = false;
    stoa_error error;
    const uint64_t key[2] = {crash_model_hash(&world->model, choice), acknowledged};
    assert_ok(stoa_name_map_put(&world->seen, key, sizeof key, &number, &is_new, &error),
              &error);
    if (!is_new)
        return;
    stoa_error_clear(&error);
    test_directory_make(&directory);
    crash_model_write(&world->model, choice, directory.path);
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    bool fine = is_whole(world, path, acknowledged, &error);
    if (fine && (acknowledged || world->states % world->go_on_every == 0))
        fine = goes_on(path, &error);
    if (!fine && world->is_loud)
        print_message("%s: %s (%s)\n", what, error.message, error.place);
    world->violations += !fine;
    world->states++;
    test_directory_remove(&directory);
}

/* ---- all states of a recording ---- */

static void explore(struct world *world, enum mutant mutant, bool acknowledged,
                    const char *what)
{
    const size_t pending = crash_model_pending(&world->model);
    const size_t step = thorough || mutant != MUTANT_NONE ? 1 : 1 + pending / 10;
    check_state(world, (struct crash_choice){.mode = CRASH_ALL}, acknowledged, what);
    check_state(world, (struct crash_choice){.mode = CRASH_NONE}, acknowledged, what);
    for (size_t i = 0; i < pending; i += step) {
        check_state(world, (struct crash_choice){.mode = CRASH_ALL_BUT_ONE, .one = i},
                    acknowledged, what);
        check_state(world, (struct crash_choice){.mode = CRASH_ONLY_ONE, .one = i},
                    acknowledged, what);
    }
    for (uint64_t i = 0; i < (thorough ? 40 : 4) && pending > 1; i++)
        check_state(world,
                    (struct crash_choice){.mode = CRASH_RANDOM,
                                          .random = {.state = world->states * 1000 + i}},
                    acknowledged, what);
}

/* Whether the mutant's writer would not have made this call. */
static bool is_dropped(enum mutant mutant, enum crash_sync kind, bool linked)
{
    return (mutant == MUTANT_NO_DATA_SYNC && kind == CRASH_SYNC_DATA) ||
           (mutant == MUTANT_NO_DIRECTORY_SYNC && kind == CRASH_SYNC_DIRECTORY) ||
           (mutant == MUTANT_NO_MANIFEST_SYNC && kind == CRASH_SYNC_MANIFEST) ||
           (mutant == MUTANT_NO_LOG_BEFORE && kind == CRASH_SYNC_LOG && !linked) ||
           (mutant == MUTANT_NO_LOG_AFTER && kind == CRASH_SYNC_LOG && linked);
}

static bool is_log_link(const struct fault_record *record)
{
    return record->call == FAULT_LINKAT && record->result == 0 &&
           strstr(record->path2, ".stoa") != NULL;
}

static void replay(struct world *world, enum mutant mutant)
{
    world->go_on_every = thorough ? 1 : 4;
    const struct recording *recording = &world->recording;
    size_t commit_number = 0;
    bool linked = false;
    bool crashed = false; /* an earlier writer, after its link */
    for (size_t i = 0; i < recording->count; i++) {
        const struct fault_record *record = &recording->records[i];
        char what[200];
        if (commit_number + 1 < recording->mark_count &&
            i == recording->marks[commit_number + 1]) {
            commit_number++;
            linked = false;
            crashed = false;
        }
        const enum crash_sync kind = crash_model_sync_kind(&world->model, record);
        if (crashed || is_dropped(mutant, kind, linked))
            continue;
        const bool changed = crash_model_apply(&world->model, record);
        if (is_log_link(record)) {
            linked = true;
            crashed = commit_number + 1 < recording->mark_count;
        }
        (void)snprintf(what, sizeof what, "%s, after call %zu (%s %.80s)",
                       mutant_names[mutant], i, fault_call_name(record->call),
                       record->path != NULL ? record->path : "");
        /* Between two syncs the same trees come up again and again. */
        if (changed && (thorough || record->call != FAULT_PWRITE))
            explore(world, mutant, false, what);
        if (mutant != MUTANT_NONE && world->violations > 0)
            return;
    }
    explore(world, mutant, true, mutant_names[mutant]);
}

static void with_fast_io(void (*body)(struct world *world, enum mutant mutant),
                         struct world *world, enum mutant mutant)
{
    struct stoa_io_ops fast = *stoa_io_system();
    fast.fsync = no_fsync; /* crash states are checked, not crashed again */
    stoa_io_set_ops(&fast);
    body(world, mutant);
    stoa_io_set_ops(NULL);
}

static void test_every_crash_leaves_a_committed_version(void **state)
{
    (void)state;
    for (size_t s = 0; s < SCENARIOS; s++) {
        struct world world;
        world_record(&world, &scenarios[s]);
        world.is_loud = true;
        with_fast_io(replay, &world, MUTANT_NONE);
        print_message("%s: %zu calls, %llu crash states, %llu violations\n",
                      scenarios[s].name, world.recording.count,
                      (unsigned long long)world.states,
                      (unsigned long long)world.violations);
        assert_int_equal(world.violations, 0);
        assert_true(world.states > 50);
        world_done(&world);
    }
}

static void test_each_missing_sync_is_caught(void **state)
{
    (void)state;
    for (int mutant = MUTANT_NONE + 1; mutant < MUTANT_COUNT; mutant++) {
        struct world world;
        world_record(&world, &scenarios[mutant_scenarios[mutant]]);
        with_fast_io(replay, &world, (enum mutant)mutant);
        print_message("%s: %llu violations in %llu states\n", mutant_names[mutant],
                      (unsigned long long)world.violations,
                      (unsigned long long)world.states);
        assert_true(world.violations > 0);
        world_done(&world);
    }
}

/* ---- link against rename ---- */

static struct {
    const char *path;
    bool is_armed;
    bool renames;
} race;

/* Another writer commits between this one's look at the log and its link. */
static int racing_linkat(int olddirfd, const char *oldpath, int newdirfd,
                         const char *newpath, int flags)
{
    if (race.is_armed && strlen(newpath) == strlen("0000000000000001.stoa")) {
        race.is_armed = false;
        commit(race.path, 1);
    }
    return race.renames
               ? stoa_io_system()->renameat(olddirfd, oldpath, newdirfd, newpath)
               : stoa_io_system()->linkat(olddirfd, oldpath, newdirfd, newpath, flags);
}

/* Rows after two writers raced; both were told that they committed. */
static uint64_t rows_after_race(bool renames)
{
    struct test_directory directory;
    char path[300];
    struct stoa_io_ops ops = *stoa_io_system();
    stoa_dataset *dataset = NULL;
    stoa_error error;
    uint64_t version = 0;
    test_directory_make(&directory);
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    commit(path, 0);
    ops.linkat = racing_linkat;
    race.path = path;
    race.renames = renames;
    race.is_armed = true;
    stoa_io_set_ops(&ops);
    assert_ok(fixture_commit(&(struct fixture_options){.path = path,
                                                       .rows = ROWS,
                                                       .first = 5 * ROWS,
                                                       .regions = REGIONS,
                                                       .partitions = {FIXTURE_REGION},
                                                       .partition_count = 1},
                             &version, &error),
              &error);
    stoa_io_set_ops(NULL);
    assert_false(race.is_armed);
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    const uint64_t rows = stoa_dataset_get_info(dataset)->rows;
    stoa_dataset_close(dataset);
    test_directory_remove(&directory);
    return rows;
}

static void test_a_lost_race_is_rebased_and_rename_would_lose_a_commit(void **state)
{
    (void)state;
    assert_int_equal(rows_after_race(false), 3 * ROWS);
    assert_int_equal(rows_after_race(true), 2 * ROWS); /* the race is real */
}

int main(int argc, char **argv)
{
    thorough = argc > 1 && strcmp(argv[1], "all") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_crash_leaves_a_committed_version),
        cmocka_unit_test(test_each_missing_sync_is_caught),
        cmocka_unit_test(test_a_lost_race_is_rebased_and_rename_would_lose_a_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
