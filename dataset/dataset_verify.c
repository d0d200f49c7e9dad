/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stoa_verify: every byte of every retained version. The format file by its exact text, each
 * manifest by its own checksums, its content and the hash its successor keeps, each data file
 * by whole-file hash, by its own checksums and against the manifest's statistics.
 *
 * Damage does not end the walk: it is counted and reported, and what can still be looked at
 * is looked at. Only a lack of memory and the like stops it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "common/alloc.h"
#include "common/pool.h"
#include "dataset/file_check.h"
#include "dataset/log.h"
#include "dataset/name_map.h"
#include "dataset/snapshot_state.h"
#include "dataset/target.h"

#define NAMES_LIMIT ((size_t)1 << 30)

struct seen_file {
    uint64_t size;
    struct stoa_hash128 hash;
};

/* What one thread decompresses with; not in use while it is in verify->idle. */
struct workspace {
    struct stoa_decompressor decompressor;
    struct workspace *next;
};

struct verify {
    bool deep;
    void (*on_damage)(void *context, const stoa_error *damage);
    void *context;
    struct stoa_pool *pool;
    struct stoa_root root;
    pthread_mutex_t lock; /* for report, first and idle, and around on_damage */
    stoa_verify_report report;
    stoa_error first;
    struct workspace *idle;     /* owned; as many at most as there are threads */
    struct stoa_name_map paths; /* data files looked at; the number is that in `seen` */
    struct seen_file *seen;     /* owned */
    uint32_t seen_capacity;
};

/* What one version's files are checked against. */
struct version_files {
    struct verify *verify;
    const struct stoa_manifest *manifest;
    struct stoa_stat_cache *stats;
    const uint32_t *files; /* numbers of those not yet looked at */
};

static bool is_damage(stoa_status status)
{
    return status != STOA_E_NO_MEMORY && status != STOA_E_MEMORY_LIMIT &&
           status != STOA_E_INTERRUPTED && status != STOA_E_INTERNAL;
}

static void add_damage(struct verify *verify, const stoa_error *damage)
{
    (void)pthread_mutex_lock(&verify->lock);
    if (verify->report.damages++ == 0)
        verify->first = *damage;
    if (verify->on_damage != NULL)
        verify->on_damage(verify->context, damage);
    (void)pthread_mutex_unlock(&verify->lock);
}

/* Turns a failure into a damage; what is none is passed on. */
static stoa_status note(struct verify *verify, stoa_status status, const stoa_error *damage,
                        stoa_error *err)
{
    if (status == STOA_OK)
        return STOA_OK;
    if (is_damage(status)) {
        add_damage(verify, damage);
        return STOA_OK;
    }
    if (err != NULL)
        *err = *damage;
    return status;
}

static void on_reader_damage(void *context, const stoa_error *damage)
{
    add_damage(context, damage);
}

static struct workspace *take_idle(struct verify *verify)
{
    (void)pthread_mutex_lock(&verify->lock);
    struct workspace *workspace = verify->idle;
    if (workspace != NULL)
        verify->idle = workspace->next;
    (void)pthread_mutex_unlock(&verify->lock);
    return workspace;
}

static void give_back(struct verify *verify, struct workspace *workspace)
{
    (void)pthread_mutex_lock(&verify->lock);
    workspace->next = verify->idle;
    verify->idle = workspace;
    (void)pthread_mutex_unlock(&verify->lock);
}

static void free_idle(struct verify *verify)
{
    while (verify->idle != NULL) {
        struct workspace *workspace = take_idle(verify);
        stoa_decompressor_done(&workspace->decompressor);
        stoa_free(workspace);
    }
}

/* The reader reports each damage itself; only what is none comes back. */
static stoa_status verify_reader(struct verify *verify, struct stoa_reader *reader,
                                 bool deep, stoa_error *err)
{
    stoa_error failure;
    struct workspace *workspace = take_idle(verify);
    if (workspace == NULL)
        workspace = stoa_alloc_zeroed(1, sizeof *workspace);
    if (workspace == NULL)
        return stoa_fail_memory(err, sizeof *workspace);
    const stoa_status status = stoa_reader_verify(reader, deep, &workspace->decompressor,
                                                  on_reader_damage, verify, &failure);
    give_back(verify, workspace);
    if (status == STOA_OK || is_damage(status))
        return STOA_OK;
    if (err != NULL)
        *err = failure;
    return status;
}

static void count_file(struct verify *verify, uint64_t bytes)
{
    (void)pthread_mutex_lock(&verify->lock);
    verify->report.files++;
    verify->report.bytes += bytes;
    (void)pthread_mutex_unlock(&verify->lock);
}

/* ---- data files ---- */

static stoa_status check_hash(struct verify *verify, const struct stoa_manifest_file *entry,
                              stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_hash128 hash = {0};
    uint64_t size = 0;
    STOA_TRY(
        stoa_path_open(&verify->root.directory, entry->path, STOA_OPEN_READ, &file, err));
    stoa_status status = stoa_file_hash(&file, &hash, &size, err);
    if (status == STOA_OK && size != entry->size)
        status = stoa_fail(err, STOA_E_CORRUPT,
                           "expected %" PRIu64 " bytes, found %" PRIu64, entry->size, size);
    if (status == STOA_OK && (hash.low != entry->hash.low || hash.high != entry->hash.high))
        status = stoa_fail(err, STOA_E_CORRUPT,
                           "expected the bytes that were committed, found others");
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s", file.name);
    stoa_io_discard(&file);
    return status;
}

static stoa_status check_stats(const struct version_files *files, uint32_t number,
                               struct stoa_reader *reader, stoa_error *err)
{
    const struct stoa_manifest *manifest = files->manifest;
    for (uint32_t k = 0; k < manifest->tracked_count; k++) {
        struct stoa_stats stats;
        struct stoa_stat_row in_file;
        struct stoa_stat_row in_manifest;
        STOA_TRY(stoa_reader_file_stats(reader, manifest->tracked[k], &stats, err));
        STOA_TRY(stoa_stat_cache_row(files->stats, k, number, &in_manifest, err));
        stoa_stat_row_encode(&stats, &in_file);
        if (memcmp(&in_file, &in_manifest, sizeof in_file) != 0)
            return stoa_fail(
                err, STOA_E_CORRUPT,
                "expected the statistics of column \"%s\" in the manifest as in "
                "the file, found others",
                manifest->fields[manifest->tracked[k]].name);
    }
    return STOA_OK;
}

static stoa_status check_content(const struct version_files *files, uint32_t number,
                                 struct stoa_reader *reader, stoa_error *err)
{
    const stoa_schema schema = stoa_manifest_schema(files->manifest);
    STOA_TRY(stoa_file_check_entry(reader, &files->manifest->files[number], &schema, err));
    return check_stats(files, number, reader, err);
}

/* A pool task: one data file. Damage in it does not skip the files behind it. */
static stoa_status verify_file(void *context, size_t index, stoa_error *err)
{
    const struct version_files *files = context;
    struct verify *verify = files->verify;
    const uint32_t number = files->files[index];
    const struct stoa_manifest_file *entry = &files->manifest->files[number];
    struct stoa_reader *reader = NULL;
    stoa_error damage;
    count_file(verify, entry->size);
    stoa_status status = check_hash(verify, entry, &damage);
    STOA_TRY(note(verify, status, &damage, err));
    if (status != STOA_OK && status != STOA_E_CORRUPT)
        return STOA_OK; /* it cannot be read: opened once more it would only be told twice */
    status = stoa_file_open_data(&verify->root.directory, entry->path, entry->size, &reader,
                                 &damage);
    if (status != STOA_OK)
        return note(verify, status, &damage, err);
    status = check_content(files, number, reader, &damage);
    if (status != STOA_OK)
        stoa_error_set_place(&damage, "%s/%s", verify->root.directory.name, entry->path);
    status = note(verify, status, &damage, err);
    if (status == STOA_OK)
        status = verify_reader(verify, reader, verify->deep, err);
    stoa_reader_close(reader);
    return status;
}

static stoa_status remember(struct verify *verify, const struct stoa_manifest_file *file,
                            bool *out_new, stoa_error *err)
{
    uint32_t number = 0;
    STOA_TRY(stoa_name_map_put(&verify->paths, file->path, strlen(file->path), &number,
                               out_new, err));
    if (number >= verify->seen_capacity) {
        const uint32_t capacity = number < 64 ? 64 : number * 2;
        void *seen = stoa_realloc(verify->seen, capacity * sizeof *verify->seen);
        if (seen == NULL)
            return stoa_fail_memory(err, capacity * sizeof *verify->seen);
        verify->seen = seen;
        verify->seen_capacity = capacity;
    }
    struct seen_file *seen = &verify->seen[number];
    if (*out_new)
        *seen = (struct seen_file){.size = file->size, .hash = file->hash};
    if (seen->size == file->size && seen->hash.low == file->hash.low &&
        seen->hash.high == file->hash.high)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected the same size and hash of %s in all versions, found others",
                     file->path);
}

static stoa_status verify_files(struct verify *verify, const struct stoa_manifest *manifest,
                                stoa_error *err)
{
    struct version_files files = {.verify = verify, .manifest = manifest};
    stoa_status status = STOA_OK;
    size_t count = 0;
    uint32_t *numbers = stoa_alloc_array(manifest->file_count, sizeof *numbers);
    if (numbers == NULL)
        return stoa_fail_memory(err, manifest->file_count * sizeof *numbers);
    for (uint32_t i = 0; i < manifest->file_count; i++) {
        bool is_new = false;
        stoa_error damage;
        status = remember(verify, &manifest->files[i], &is_new, &damage);
        if (status != STOA_OK)
            stoa_error_set_place(&damage, "%s", stoa_reader_name(manifest->reader));
        STOA_TRY_CLEANUP(note(verify, status, &damage, err));
        if (is_new)
            numbers[count++] = i;
    }
    files.files = numbers;
    STOA_TRY_CLEANUP(stoa_stat_cache_create(manifest, &files.stats, err));
    STOA_TRY_CLEANUP(stoa_pool_run(verify->pool, count, verify_file, &files, err));
cleanup:
    stoa_stat_cache_free(files.stats);
    stoa_free(numbers);
    return status;
}

/* ---- versions ---- */

/* Opens, verifies and loads a manifest. *out_manifest is NULL when it is damaged. */
static stoa_status verify_manifest(struct verify *verify, uint64_t version,
                                   struct stoa_manifest **out_manifest,
                                   struct stoa_hash128 *out_hash, stoa_error *err)
{
    stoa_error damage;
    struct stoa_manifest *manifest = NULL;
    *out_manifest = NULL;
    verify->report.versions++;
    stoa_status status =
        stoa_log_load(&verify->root, version, &manifest, out_hash, &damage);
    if (status != STOA_OK)
        return note(verify, status, &damage, err);
    verify->report.bytes += stoa_reader_file_size(manifest->reader);
    const uint64_t before = verify->report.damages;
    status = verify_reader(verify, manifest->reader, true, err);
    if (status != STOA_OK || verify->report.damages != before) {
        stoa_manifest_free(manifest);
        return status;
    }
    *out_manifest = manifest;
    return STOA_OK;
}

/* Newest to oldest, since newer manifests name nearly all files of older ones. */
static stoa_status verify_versions(struct verify *verify, uint64_t first, uint64_t last,
                                   stoa_error *err)
{
    struct stoa_manifest *child = NULL;
    struct stoa_manifest *manifest = NULL;
    stoa_status status = STOA_OK;
    for (uint64_t version = last; version >= first && version >= 1; version--) {
        struct stoa_hash128 hash = {0};
        STOA_TRY_CLEANUP(verify_manifest(verify, version, &manifest, &hash, err));
        if (manifest != NULL && child != NULL) {
            stoa_error damage;
            status = stoa_log_check_chain(child, hash, &damage);
            STOA_TRY_CLEANUP(note(verify, status, &damage, err));
        }
        if (manifest != NULL)
            STOA_TRY_CLEANUP(verify_files(verify, manifest, err));
        stoa_manifest_free(child);
        child = manifest;
        manifest = NULL;
    }
cleanup:
    stoa_manifest_free(child);
    stoa_manifest_free(manifest);
    return status;
}

/* Nothing may stand above the newest version that can be reached [DS-26]: a gap below it would
 * be filled by the next commit, with another history. */
static stoa_status verify_no_gap(struct verify *verify, uint64_t head, stoa_error *err)
{
    char **names = NULL;
    size_t count = 0;
    STOA_TRY(stoa_io_list(verify->root.log.fd, ".", &names, &count, err));
    for (size_t i = 0; i < count; i++) {
        uint64_t version = 0;
        stoa_error damage;
        if (!stoa_manifest_name_parse(names[i], &version) || version <= head)
            continue;
        (void)stoa_fail(&damage, STOA_E_CORRUPT,
                        "expected versions without gaps up to %" PRIu64 ", found %" PRIu64,
                        head, version);
        stoa_error_set_place(&damage, "%s/_stoa/log/%s", verify->root.directory.name,
                             names[i]);
        add_damage(verify, &damage);
    }
    stoa_free(names);
    return STOA_OK;
}

static stoa_status verify_dataset(struct verify *verify, const struct stoa_target *target,
                                  stoa_error *err)
{
    stoa_error damage;
    uint64_t head = 0;
    stoa_status status = stoa_root_open(target->path, &verify->root, &damage);
    if (status != STOA_OK && status != STOA_E_CORRUPT) {
        if (err != NULL)
            *err = damage;
        return status;
    }
    STOA_TRY(note(verify, status, &damage, err));
    if (status != STOA_OK)
        return STOA_OK; /* without its id nothing else can be judged */
    STOA_TRY(stoa_log_find_head(&verify->root, &head, err));
    if (!target->has_version) {
        STOA_TRY(verify_no_gap(verify, head, err));
        return verify_versions(verify, 1, head, err);
    }
    if (target->version >= 1 && target->version <= head)
        return verify_versions(verify, target->version, target->version, err);
    return stoa_fail(err, STOA_E_VERSION,
                     "expected a version within 1 .. %" PRIu64 ", found %" PRIu64, head,
                     target->version);
}

static stoa_status verify_single(struct verify *verify, const char *path, stoa_error *err)
{
    const struct stoa_reader_options options = {0};
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_reader *reader = NULL;
    stoa_error damage;
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_READ, NULL, &file, err));
    stoa_status status = stoa_reader_open(&file, &options, &reader, &damage);
    if (status != STOA_OK)
        return note(verify, status, &damage, err);
    count_file(verify, stoa_reader_file_size(reader));
    status = verify_reader(verify, reader, verify->deep, err);
    stoa_reader_close(reader);
    return status;
}

stoa_status stoa_verify(const char *path, int deep, unsigned threads,
                        void (*on_damage)(void *context, const stoa_error *damage),
                        void *context, stoa_verify_report *out_report, stoa_error *err)
{
    struct stoa_target target = {0};
    struct verify verify = {.deep = deep != 0,
                            .on_damage = on_damage,
                            .context = context,
                            .root = STOA_ROOT_CLOSED};
    if (path == NULL || out_report == NULL)
        return stoa_fail(err, STOA_E_USAGE, "expected a path and a report, found NULL");
    if (pthread_mutex_init(&verify.lock, NULL) != 0)
        return stoa_fail_memory(err, sizeof verify.lock);
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(stoa_target_resolve(path, &target, err));
    STOA_TRY_CLEANUP(stoa_name_map_init(&verify.paths, NAMES_LIMIT, err));
    STOA_TRY_CLEANUP(stoa_pool_create(threads, &verify.pool, err));
    STOA_TRY_CLEANUP(target.is_file ? verify_single(&verify, target.path, err)
                                    : verify_dataset(&verify, &target, err));
    if (verify.report.damages > 0) {
        status = verify.first.status;
        if (err != NULL)
            *err = verify.first;
    }
cleanup:
    *out_report = verify.report;
    stoa_pool_free(verify.pool);
    stoa_name_map_done(&verify.paths);
    stoa_free(verify.seen);
    free_idle(&verify);
    stoa_root_close(&verify.root);
    stoa_target_done(&target);
    (void)pthread_mutex_destroy(&verify.lock);
    return status;
}
