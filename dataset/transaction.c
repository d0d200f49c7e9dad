/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of an operation before its commit. Every name is the operation's own (random id and a
 * counter), so nothing here can hit another writer's file; removing them on failure is
 * courtesy, not correctness: what stays is gc's.
 */
#include "dataset/transaction.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/alloc.h"
#include "common/pool.h"
#include "dataset/file_check.h"
#include "format/types.h"

/* Files that are synced at once; and how many it takes to be worth threads. */
enum { SETTLE_THREADS = 8, SETTLE_ALONE = 4 };
/* A check's memory in blocks of raw size: stored, decompressed, decoded. */
enum { CHECK_BLOCKS = 3 };
enum { LEASE_TRIES = 20 };
#define ARENA_LIMIT ((size_t)512 << 20)
#define NAMES_LIMIT ((size_t)256 << 20)

/* Creates and locks the lease. *out_is_ours: nobody locked or removed it in between, as gc
 * may do to a lease that it finds unlocked. */
static stoa_status try_lease(struct stoa_transaction *transaction, const char *path,
                             bool *out_is_ours, stoa_error *err)
{
    const struct stoa_root *root = transaction->root;
    struct stat opened;
    struct stat named;
    bool exists = false;
    bool locked = false;
    STOA_TRY(stoa_io_open(root->meta.fd, path, STOA_OPEN_CREATE_NEW, NULL,
                          &transaction->lease, err));
    stoa_status status = stoa_io_lock(&transaction->lease, &locked, err);
    if (status == STOA_OK)
        status = stoa_io_stat(&transaction->lease, &opened, err);
    if (status == STOA_OK)
        status = stoa_io_stat_at(root->meta.fd, path, &exists, &named, err);
    *out_is_ours = status == STOA_OK && locked && exists && opened.st_dev == named.st_dev &&
                   opened.st_ino == named.st_ino;
    if (*out_is_ours)
        return STOA_OK;
    stoa_path_try_remove(root->meta.fd, path);
    stoa_io_discard(&transaction->lease);
    return status;
}

/* Where the file system has no locks gc goes by age alone. */
static stoa_status take_lease(struct stoa_transaction *transaction, stoa_error *err)
{
    char path[STOA_FILE_NAME_SIZE];
    bool is_ours = false;
    (void)snprintf(path, sizeof path, "leases/%s", transaction->id_text);
    for (int tries = 0; tries < LEASE_TRIES; tries++) {
        STOA_TRY(try_lease(transaction, path, &is_ours, err));
        if (is_ours)
            return STOA_OK;
        const struct timespec pause = {.tv_nsec = (tries + 1) * 1000000L};
        (void)nanosleep(&pause, NULL);
    }
    (void)stoa_fail(err, STOA_E_IO,
                    "expected to hold a lease within %d tries, found it taken or removed "
                    "each time",
                    LEASE_TRIES);
    stoa_error_set_place(err, "_stoa/%s", path);
    return STOA_E_IO;
}

stoa_status stoa_transaction_begin(const struct stoa_root *root,
                                   struct stoa_transaction *out_transaction,
                                   stoa_error *err)
{
    struct stoa_transaction *transaction = out_transaction;
    memset(transaction, 0, sizeof *transaction);
    transaction->lease = STOA_FILE_CLOSED;
    transaction->root = root;
    stoa_arena_init(&transaction->arena, ARENA_LIMIT);
    stoa_status status = stoa_id_create(transaction->id, err);
    if (status == STOA_OK)
        status = stoa_name_map_init(&transaction->touched, NAMES_LIMIT, err);
    stoa_id_text(transaction->id, transaction->id_text);
    if (status == STOA_OK)
        status = take_lease(transaction, err);
    if (status != STOA_OK)
        stoa_transaction_done(transaction);
    return status;
}

void stoa_transaction_done(struct stoa_transaction *transaction)
{
    if (transaction->root == NULL)
        return;
    for (uint32_t i = 0; i < transaction->pending_count; i++)
        stoa_io_discard(&transaction->pending[i].file);
    for (uint32_t i = 0; i < transaction->file_count && !transaction->keep; i++)
        stoa_path_try_remove(transaction->root->directory.fd, transaction->files[i].path);
    if (transaction->lease.fd >= 0) {
        char path[STOA_FILE_NAME_SIZE];
        (void)snprintf(path, sizeof path, "leases/%s", transaction->id_text);
        stoa_path_try_remove(transaction->root->meta.fd, path);
    }
    stoa_io_discard(&transaction->lease);
    if (transaction->has_stats)
        stoa_stat_table_done(&transaction->stats);
    stoa_free(transaction->files);
    stoa_name_map_done(&transaction->touched);
    stoa_arena_done(&transaction->arena);
    memset(transaction, 0, sizeof *transaction);
}

stoa_status stoa_transaction_ask(const struct stoa_transaction *transaction,
                                 stoa_error *err)
{
    return transaction->on_step != NULL
               ? transaction->on_step(transaction->step_context, err)
               : STOA_OK;
}

/* The directory and all above it: another writer may have made one of them and died before
 * it was durable. */
static stoa_status touch(struct stoa_transaction *transaction, const char *directory,
                         stoa_error *err)
{
    uint32_t number = 0;
    bool added = true;
    for (size_t length = strlen(directory); added; length--) {
        if (length != 0 && directory[length] != '\0' && directory[length] != '/')
            continue;
        STOA_TRY(stoa_name_map_put(&transaction->touched, directory, length, &number,
                                   &added, err));
        if (length == 0)
            break;
    }
    return STOA_OK;
}

static stoa_status copy_values(struct stoa_arena *arena,
                               const struct stoa_partition_value *values, uint32_t count,
                               const struct stoa_partition_value **out, stoa_error *err)
{
    const size_t bytes = count * sizeof *values;
    struct stoa_partition_value *copy = stoa_arena_alloc(arena, bytes);
    if (copy == NULL)
        return stoa_arena_fail(arena, bytes, err);
    for (uint32_t i = 0; i < count; i++) {
        copy[i] = values[i];
        if (values[i].text == NULL)
            continue;
        copy[i].text = stoa_arena_strndup(arena, values[i].text, values[i].length);
        if (copy[i].text == NULL)
            return stoa_arena_fail(arena, values[i].length + 1, err);
    }
    *out = copy;
    return STOA_OK;
}

static stoa_status grow_files(struct stoa_transaction *transaction, stoa_error *err)
{
    if (transaction->file_count == STOA_MANIFEST_FILES)
        return stoa_fail(err, STOA_E_LIMIT, "expected at most %d data files in a commit",
                         STOA_MANIFEST_FILES);
    if (transaction->file_count < transaction->file_capacity)
        return STOA_OK;
    const uint32_t capacity =
        transaction->file_capacity == 0 ? 16 : transaction->file_capacity * 2;
    void *files = stoa_realloc(transaction->files, capacity * sizeof *transaction->files);
    if (files == NULL)
        return stoa_fail_memory(err, capacity * sizeof *transaction->files);
    transaction->files = files;
    transaction->file_capacity = capacity;
    return STOA_OK;
}

stoa_status stoa_transaction_create_file(struct stoa_transaction *transaction,
                                         const char *directory,
                                         const struct stoa_partition_value *values,
                                         uint32_t value_count, struct stoa_file *out_file,
                                         uint32_t *out_number, stoa_error *err)
{
    char name[STOA_FILE_NAME_SIZE];
    struct stoa_arena *arena = &transaction->arena;
    struct stoa_manifest_file file = {0};
    STOA_TRY(grow_files(transaction, err));
    STOA_TRY(copy_values(arena, values, value_count, &file.values, err));
    stoa_data_file_name(transaction->id, transaction->file_count, name);
    const size_t size = strlen(directory) + 1 + strlen(name) + 1;
    char *path = stoa_arena_alloc(arena, size);
    if (path == NULL)
        return stoa_arena_fail(arena, size, err);
    (void)snprintf(path, size, "%s%s%s", directory, directory[0] != '\0' ? "/" : "", name);
    file.path = path;
    STOA_TRY(touch(transaction, directory, err));
    STOA_TRY(stoa_path_make_directories(&transaction->root->directory, directory, err));
    STOA_TRY(stoa_path_open(&transaction->root->directory, path, STOA_OPEN_CREATE_NEW,
                            out_file, err));
    *out_number = transaction->file_count;
    transaction->files[transaction->file_count++] = file;
    return STOA_OK;
}

stoa_status stoa_transaction_end_file(struct stoa_transaction *transaction,
                                      struct stoa_file *file, uint32_t number,
                                      const stoa_schema *schema, stoa_error *err)
{
    assert(transaction->pending_count < STOA_PENDING_FILES);
    transaction->schema = *schema;
    transaction->pending[transaction->pending_count].file = *file;
    transaction->pending[transaction->pending_count].number = number;
    transaction->pending_count++;
    *file = STOA_FILE_CLOSED;
    return transaction->pending_count == STOA_PENDING_FILES
               ? stoa_transaction_settle(transaction, err)
               : STOA_OK;
}

/* Not the caller's pool: these threads only wait for the disk (300 small files: 0.4 s
 * instead of 1.4) and hold no memory. NULL for a few things, or when there are no threads
 * to be had: it goes without. */
static struct stoa_pool *sync_pool(uint32_t count)
{
    struct stoa_pool *pool = NULL;
    if (count <= SETTLE_ALONE || stoa_pool_create(SETTLE_THREADS, &pool, NULL) != STOA_OK)
        return NULL;
    return pool;
}

/* A pool task: one pending file becomes durable. */
static stoa_status sync_file(void *context, size_t index, stoa_error *err)
{
    struct stoa_transaction *transaction = context;
    struct stoa_file *file = &transaction->pending[index].file;
    STOA_TRY(stoa_io_sync(file, err));
    return stoa_io_close(file, err);
}

struct check_round {
    const struct stoa_transaction *transaction;
    uint32_t first; /* pending file of index 0 */
};

/* A pool task: one file is read back. */
static stoa_status check_file(void *context, size_t index, stoa_error *err)
{
    const struct check_round *round = context;
    const struct stoa_transaction *transaction = round->transaction;
    const uint32_t number = transaction->pending[round->first + index].number;
    return stoa_file_check_new(&transaction->root->directory, &transaction->files[number],
                               &transaction->schema, err);
}

/* Files to check at once. A check holds a whole block, as it is stored and as it is decoded:
 * of wide texts that is as much as a row group may have. */
static uint32_t checks_at_once(const struct stoa_transaction *transaction)
{
    const uint64_t block = transaction->pending_raw < STOA_MAX_ROW_GROUP_RAW
                               ? transaction->pending_raw
                               : STOA_MAX_ROW_GROUP_RAW;
    const uint64_t fitting = transaction->check_memory / (CHECK_BLOCKS * (block + 1));
    const uint32_t threads = stoa_pool_threads(transaction->pool);
    return fitting == 0 ? 1 : fitting < threads ? (uint32_t)fitting : threads;
}

static stoa_status check_pending(struct stoa_transaction *transaction, stoa_error *err)
{
    const uint32_t count = transaction->pending_count;
    const uint32_t step = checks_at_once(transaction);
    for (uint32_t first = 0; first < count; first += step) {
        struct check_round round = {.transaction = transaction, .first = first};
        STOA_TRY(stoa_transaction_ask(transaction, err));
        STOA_TRY(stoa_pool_run(transaction->pool,
                               count - first < step ? count - first : step, check_file,
                               &round, err));
    }
    return STOA_OK;
}

stoa_status stoa_transaction_settle(struct stoa_transaction *transaction, stoa_error *err)
{
    struct stoa_pool *pool = sync_pool(transaction->pending_count);
    const stoa_status status =
        stoa_pool_run(pool, transaction->pending_count, sync_file, transaction, err);
    stoa_pool_free(pool);
    STOA_TRY(status);
    stoa_alloc_trim(); /* what the writers have freed makes room for the checks */
    STOA_TRY(check_pending(transaction, err));
    transaction->pending_count = 0;
    transaction->pending_raw = 0;
    return STOA_OK;
}

static uint32_t depth_of(const char *path)
{
    uint32_t depth = path[0] != '\0' ? 1 : 0;
    for (const char *p = path; *p != '\0'; p++)
        depth += *p == '/';
    return depth;
}

/* Deepest first; the rest of the order only has to be the same every time. */
static int compare_depths(const void *a, const void *b)
{
    const char *left = *(const char *const *)a;
    const char *right = *(const char *const *)b;
    const uint32_t left_depth = depth_of(left);
    const uint32_t right_depth = depth_of(right);
    if (left_depth != right_depth)
        return left_depth > right_depth ? -1 : 1;
    return strcmp(left, right);
}

struct sync_directories {
    const struct stoa_root *root;
    const char *const *paths;
};

/* A pool task: one directory of those at the same depth. */
static stoa_status sync_directory(void *context, size_t index, stoa_error *err)
{
    const struct sync_directories *sync = context;
    const char *path = sync->paths[index];
    struct stoa_file directory = STOA_FILE_CLOSED;
    if (path[0] == '\0')
        return stoa_io_sync(&sync->root->directory, err);
    STOA_TRY(
        stoa_path_open(&sync->root->directory, path, STOA_OPEN_DIRECTORY, &directory, err));
    const stoa_status status = stoa_io_sync(&directory, err);
    stoa_io_discard(&directory);
    return status;
}

/* Level by level, so that children are durable before their parents. */
static stoa_status sync_levels(const struct stoa_root *root, const char **paths,
                               uint32_t count, stoa_error *err)
{
    struct stoa_pool *pool = sync_pool(count);
    stoa_status status = STOA_OK;
    for (uint32_t first = 0; first < count && status == STOA_OK;) {
        uint32_t end = first + 1;
        while (end < count && depth_of(paths[end]) == depth_of(paths[first]))
            end++;
        struct sync_directories sync = {.root = root, .paths = paths + first};
        status = stoa_pool_run(pool, end - first, sync_directory, &sync, err);
        first = end;
    }
    stoa_pool_free(pool);
    return status;
}

stoa_status stoa_transaction_sync(struct stoa_transaction *transaction, stoa_error *err)
{
    const uint32_t count = transaction->touched.count;
    const char **paths = stoa_alloc_array(count, sizeof *paths);
    if (paths == NULL)
        return stoa_fail_memory(err, count * sizeof *paths);
    for (uint32_t i = 0; i < count; i++)
        paths[i] = stoa_name_map_name(&transaction->touched, i, NULL);
    qsort(paths, count, sizeof *paths, compare_depths);
    const stoa_status status = sync_levels(transaction->root, paths, count, err);
    stoa_free(paths);
    return status;
}
