/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding and walking versions. Version numbers are contiguous from 1, since each commit links
 * exactly the next name and makes its parent's name durable first [DS-34].
 */
#include "dataset/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/file_check.h"
#include "stoa/dataset.h"

static const char hint_name[] = "hint";

/* The version the hint names, or 0: any trouble in reading it is ignored. Without its LF it is
 * not as somebody wrote it. */
static uint64_t read_hint(const struct stoa_root *root)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    char text[32];
    size_t got = 0;
    uint64_t version = 0;
    if (stoa_io_open(root->meta.fd, hint_name, STOA_OPEN_READ, NULL, &file, NULL) !=
        STOA_OK)
        return 0;
    if (stoa_io_read_some_at(&file, 0, text, sizeof text, &got, NULL) != STOA_OK)
        got = 0;
    stoa_io_discard(&file);
    size_t digits = 0;
    for (; digits < got && text[digits] != '\n'; digits++) {
        if (text[digits] < '0' || text[digits] > '9' || digits >= 16)
            return 0;
        version = version * 10 + (uint64_t)(text[digits] - '0');
    }
    return digits + 1 == got && text[0] != '0' ? version : 0;
}

void stoa_log_write_hint(const struct stoa_root *root, uint64_t version)
{
    uint8_t id[STOA_ID_SIZE];
    char name[STOA_FILE_NAME_SIZE];
    char id_text[STOA_ID_TEXT_SIZE];
    char text[32];
    struct stoa_file file = STOA_FILE_CLOSED;
    if (stoa_id_create(id, NULL) != STOA_OK)
        return;
    stoa_id_text(id, id_text);
    (void)snprintf(name, sizeof name, "%s.hint", id_text);
    const int length = snprintf(text, sizeof text, "%" PRIu64 "\n", version);
    if (stoa_io_open(root->tmp.fd, name, STOA_OPEN_CREATE_NEW, NULL, &file, NULL) !=
        STOA_OK)
        return;
    stoa_status status = stoa_io_write(&file, text, (size_t)length, NULL);
    if (status == STOA_OK)
        status = stoa_io_close(&file, NULL);
    if (status == STOA_OK)
        status = stoa_io_rename(root->tmp.fd, name, root->meta.fd, hint_name, NULL);
    stoa_io_discard(&file);
    if (status != STOA_OK)
        stoa_path_try_remove(root->tmp.fd, name);
}

static stoa_status version_exists(const struct stoa_root *root, uint64_t version,
                                  bool *out_exists, stoa_error *err)
{
    char name[STOA_FILE_NAME_SIZE];
    struct stat facts;
    stoa_manifest_name(version, name);
    return stoa_io_stat_at(root->log.fd, name, out_exists, &facts, err);
}

/* A listing may miss a name that is made while it is read; a look at the name does not. */
static stoa_status check_no_gap(const struct stoa_root *root, uint64_t missing,
                                uint64_t next, stoa_error *err)
{
    bool exists = false;
    for (; missing < next; missing++) {
        STOA_TRY(version_exists(root, missing, &exists, err));
        if (exists)
            continue;
        (void)stoa_fail(err, STOA_E_CORRUPT,
                        "expected the manifest of version %" PRIu64
                        ", found none below version %" PRIu64,
                        missing, next);
        stoa_error_set_place(err, "%s", root->directory.name);
        return STOA_E_CORRUPT;
    }
    return STOA_OK;
}

/* Names are sorted, and so are the versions in them. */
static stoa_status newest_listed(const struct stoa_root *root, uint64_t *out_version,
                                 stoa_error *err)
{
    char **names = NULL;
    size_t count = 0;
    uint64_t newest = 0;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_io_list(root->log.fd, ".", &names, &count, err));
    for (size_t i = 0; i < count && status == STOA_OK; i++) {
        uint64_t version = 0;
        if (!stoa_manifest_name_parse(names[i], &version))
            continue;
        status = check_no_gap(root, newest + 1, version, err);
        newest = version;
    }
    stoa_free(names);
    if (status == STOA_OK)
        *out_version = newest;
    return status;
}

/* Those that were made since. */
static stoa_status probe_upwards(const struct stoa_root *root, uint64_t *version,
                                 stoa_error *err)
{
    bool exists = true;
    while (exists && *version < STOA_VERSION_LIMIT) {
        STOA_TRY(version_exists(root, *version + 1, &exists, err));
        *version += exists;
    }
    return STOA_OK;
}

/* The hint is written when its version is durable, so no crash leaves it above the newest. */
static stoa_status lost_head(const struct stoa_root *root, uint64_t hint, uint64_t newest,
                             stoa_error *err)
{
    (void)stoa_fail(err, STOA_E_CORRUPT,
                    "expected the manifest of version %" PRIu64
                    ", which _stoa/hint names, found none above version %" PRIu64,
                    hint, newest);
    stoa_error_set_place(err, "%s", root->directory.name);
    stoa_error_set_hint(err,
                        "restore _stoa/log from a copy; removing _stoa/hint gives up what "
                        "came after version %" PRIu64,
                        newest);
    return STOA_E_CORRUPT;
}

stoa_status stoa_log_list_head(const struct stoa_root *root, uint64_t *out_version,
                               stoa_error *err)
{
    uint64_t version = 0;
    const uint64_t hint = read_hint(root); /* before the listing, which then has it */
    STOA_TRY(newest_listed(root, &version, err));
    STOA_TRY(probe_upwards(root, &version, err));
    if (hint > version)
        return lost_head(root, hint, version, err);
    *out_version = version;
    return STOA_OK;
}

stoa_status stoa_log_find_head(const struct stoa_root *root, uint64_t *out_version,
                               stoa_error *err)
{
    uint64_t version = read_hint(root);
    bool exists = false;
    if (version != 0)
        STOA_TRY(version_exists(root, version, &exists, err));
    if (!exists)
        return stoa_log_list_head(root, out_version, err);
    STOA_TRY(probe_upwards(root, &version, err));
    *out_version = version;
    return STOA_OK;
}

static stoa_status no_version(const struct stoa_root *root, uint64_t version,
                              stoa_error *err)
{
    uint64_t head = 0;
    STOA_TRY(stoa_log_find_head(root, &head, err));
    const stoa_status status =
        version <= head && version != 0
            ? stoa_fail(err, STOA_E_CORRUPT,
                        "expected the manifest of version %" PRIu64 " of %" PRIu64
                        ", found none",
                        version, head)
            : stoa_fail(err, STOA_E_VERSION,
                        "expected a version within 1 .. %" PRIu64 ", found %" PRIu64, head,
                        version);
    stoa_error_set_place(err, "%s", root->directory.name);
    return status;
}

stoa_status stoa_log_load(const struct stoa_root *root, uint64_t version,
                          struct stoa_manifest **out_manifest,
                          struct stoa_hash128 *out_hash, stoa_error *err)
{
    char path[STOA_FILE_NAME_SIZE * 2];
    char name[STOA_FILE_NAME_SIZE];
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_hash128 hash = {0};
    bool exists = false;
    STOA_TRY(version_exists(root, version, &exists, err));
    if (!exists)
        return no_version(root, version, err);
    stoa_manifest_name(version, name);
    (void)snprintf(path, sizeof path, "_stoa/log/%s", name);
    STOA_TRY(stoa_path_open(&root->directory, path, STOA_OPEN_READ, &file, err));
    if (out_hash != NULL) {
        uint64_t size = 0;
        const stoa_status status = stoa_file_hash(&file, &hash, &size, err);
        if (status != STOA_OK) {
            stoa_io_discard(&file);
            return status;
        }
    }
    struct stoa_manifest *manifest = NULL;
    STOA_TRY(stoa_manifest_load(&file, version, root->id, &manifest, err));
    if (out_hash != NULL) {
        const stoa_status status =
            stoa_reader_verify(manifest->reader, false, NULL, NULL, NULL, err);
        if (status != STOA_OK) {
            stoa_manifest_free(manifest);
            return status;
        }
        *out_hash = hash;
    }
    *out_manifest = manifest;
    return STOA_OK;
}

stoa_status stoa_log_check_chain(const struct stoa_manifest *child,
                                 struct stoa_hash128 hash, stoa_error *err)
{
    if (child->parent.low == hash.low && child->parent.high == hash.high)
        return STOA_OK;
    const stoa_status status =
        stoa_fail(err, STOA_E_CORRUPT,
                  "expected version %" PRIu64 " to be the parent that version %" PRIu64
                  " names, found other bytes",
                  child->version - 1, child->version);
    stoa_error_set_place(err, "%s", stoa_reader_name(child->reader));
    return status;
}

stoa_status stoa_log_walk(const struct stoa_root *root, uint64_t head, stoa_log_fn each,
                          void *context, stoa_error *err)
{
    struct stoa_manifest *child = NULL;
    struct stoa_manifest *manifest = NULL;
    stoa_status status = STOA_OK;
    bool stop = false;
    for (uint64_t version = head; version >= 1 && !stop; version--) {
        struct stoa_hash128 hash;
        STOA_TRY_CLEANUP(stoa_log_load(root, version, &manifest, &hash, err));
        if (child != NULL)
            STOA_TRY_CLEANUP(stoa_log_check_chain(child, hash, err));
        STOA_TRY_CLEANUP(each(context, manifest, &stop, err));
        stoa_manifest_free(child);
        child = manifest;
        manifest = NULL;
    }
cleanup:
    stoa_manifest_free(child);
    stoa_manifest_free(manifest);
    return status;
}

struct public_walk {
    int (*each)(void *context, const stoa_version_info *info);
    void *context;
};

static stoa_status show_version(void *context, const struct stoa_manifest *manifest,
                                bool *stop, stoa_error *err)
{
    const struct public_walk *walk = context;
    const char **names = stoa_alloc_array(manifest->source_count, sizeof *names);
    if (names == NULL)
        return stoa_fail_memory(err, manifest->source_count * sizeof *names);
    size_t count = 0;
    for (uint32_t i = 0; i < manifest->source_count; i++) {
        if (manifest->sources[i].version == manifest->version)
            names[count++] = manifest->sources[i].name;
    }
    const char *batch = NULL;
    for (uint32_t i = 0; i < manifest->batch_count; i++) {
        if (manifest->batches[i].version == manifest->version)
            batch = manifest->batches[i].id;
    }
    const stoa_version_info info = {
        .batch = batch,
        .version = manifest->version,
        .committed_us = manifest->committed_us,
        .operation = manifest->operation,
        .rows_read = manifest->rows_read,
        .rows_written = manifest->rows_written,
        .rows_rejected = manifest->rows_rejected,
        .files_added = manifest->files_added,
        .total_rows = manifest->total_rows,
        .total_files = manifest->file_count,
        .total_bytes = manifest->total_bytes,
        .sources = names,
        .source_count = count,
    };
    *stop = walk->each(walk->context, &info) != 0;
    stoa_free(names);
    return STOA_OK;
}

stoa_status stoa_dataset_log(const char *path,
                             int (*each)(void *context, const stoa_version_info *info),
                             void *context, stoa_error *err)
{
    struct stoa_root root = STOA_ROOT_CLOSED;
    struct public_walk walk = {.each = each, .context = context};
    uint64_t head = 0;
    if (path == NULL || each == NULL)
        return stoa_fail(err, STOA_E_USAGE, "expected a path and a function, found NULL");
    STOA_TRY(stoa_root_open(path, &root, err));
    stoa_status status = stoa_log_find_head(&root, &head, err);
    if (status == STOA_OK)
        status = stoa_log_walk(&root, head, show_version, &walk, err);
    stoa_root_close(&root);
    return status;
}
