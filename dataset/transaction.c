/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of an operation before its commit. Every name is the operation's own (random id and a
 * counter), so nothing here can hit another writer's file; removing them on failure is
 * courtesy, not correctness: what stays is gc's.
 */
#include "dataset/transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

#define ARENA_LIMIT ((size_t)512 << 20)
#define NAMES_LIMIT ((size_t)256 << 20)

/* Best effort where the file system has no locks: then gc goes by age alone. */
static stoa_status take_lease(struct stoa_transaction *transaction, stoa_error *err)
{
    char path[STOA_FILE_NAME_SIZE];
    bool locked = false;
    (void)snprintf(path, sizeof path, "leases/%s", transaction->id_text);
    STOA_TRY(stoa_io_open(transaction->root->meta.fd, path, STOA_OPEN_CREATE_NEW, NULL,
                          &transaction->lease, err));
    const stoa_status ignored = stoa_io_lock(&transaction->lease, &locked, NULL);
    STOA_UNUSED(ignored);
    return STOA_OK;
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

static int compare_lengths(const void *a, const void *b)
{
    const size_t left = strlen(*(const char *const *)a);
    const size_t right = strlen(*(const char *const *)b);
    return left > right ? -1 : left < right;
}

static stoa_status sync_directory(const struct stoa_root *root, const char *path,
                                  stoa_error *err)
{
    struct stoa_file directory = STOA_FILE_CLOSED;
    if (path[0] == '\0')
        return stoa_io_sync(&root->directory, err);
    STOA_TRY(stoa_path_open(&root->directory, path, STOA_OPEN_DIRECTORY, &directory, err));
    const stoa_status status = stoa_io_sync(&directory, err);
    stoa_io_discard(&directory);
    return status;
}

stoa_status stoa_transaction_sync(struct stoa_transaction *transaction, stoa_error *err)
{
    const uint32_t count = transaction->touched.count;
    stoa_status status = STOA_OK;
    const char **paths = stoa_alloc_array(count, sizeof *paths);
    if (paths == NULL)
        return stoa_fail_memory(err, count * sizeof *paths);
    for (uint32_t i = 0; i < count; i++)
        paths[i] = stoa_name_map_name(&transaction->touched, i, NULL);
    /* A path is longer than each directory above it. */
    qsort(paths, count, sizeof *paths, compare_lengths);
    for (uint32_t i = 0; i < count && status == STOA_OK; i++)
        status = sync_directory(transaction->root, paths[i], err);
    stoa_free(paths);
    return status;
}
