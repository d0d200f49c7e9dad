/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stoa_gc: removes what no version refers to [DS-40..43]. Candidates are found first, by name
 * and age; then the live set is computed from every version, again if a commit came between;
 * only then is anything removed. Killed at any point it has removed leftovers and nothing else.
 *
 * No link is followed, and only names that our own writers give are ever touched.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/alloc.h"
#include "dataset/log.h"
#include "dataset/name_map.h"
#include "stoa/dataset.h"

enum { GRACE_DEFAULT = 24 * 3600, DEPTH_MAX = STOA_MANIFEST_PARTITION_COLUMNS };
#define NAMES_LIMIT ((size_t)1 << 30)

struct candidate {
    const char *path; /* in the dataset; in the arena */
    uint64_t bytes;
};

struct gc {
    const stoa_gc_options *options;
    stoa_gc_report report;
    struct stoa_root root;
    struct stoa_arena arena;
    struct candidate *candidates; /* owned */
    size_t candidate_count, candidate_capacity;
    struct stoa_name_map live; /* paths of data files of all versions */
    int64_t newest_second;     /* files changed after this are young */
};

/* ---- what is live ---- */

static stoa_status add_live(void *context, const struct stoa_manifest *manifest, bool *stop,
                            stoa_error *err)
{
    struct gc *gc = context;
    STOA_UNUSED(stop);
    for (uint32_t i = 0; i < manifest->file_count; i++) {
        const char *path = manifest->files[i].path;
        uint32_t number = 0;
        bool added = false;
        STOA_TRY(stoa_name_map_put(&gc->live, path, strlen(path), &number, &added, err));
    }
    return STOA_OK;
}

/* Until a whole pass has seen the same newest version at its begin and at its end. */
static stoa_status find_live(struct gc *gc, stoa_error *err)
{
    uint64_t known = 0;
    uint64_t head = 0;
    /* From a listing: behind a gap in the log lie versions that a hint may not lead to. */
    STOA_TRY(stoa_log_list_head(&gc->root, &head, err));
    do {
        known = head;
        STOA_TRY(stoa_log_walk(&gc->root, known, add_live, gc, err));
        STOA_TRY(stoa_log_list_head(&gc->root, &head, err));
    } while (head != known);
    return STOA_OK;
}

/* ---- candidates ---- */

#define LEASES "_stoa/leases/"

/* Opens and locks the lease, which the caller closes; *out_held when its writer is alive and
 * has it. No lease, and no error: nobody holds it. */
static stoa_status lock_lease(const struct gc *gc, const char *operation,
                              struct stoa_file *out_lease, bool *out_held, stoa_error *err)
{
    char path[STOA_FILE_NAME_SIZE * 2];
    struct stoa_file lease = STOA_FILE_CLOSED;
    stoa_error held;
    bool locked = false;
    (void)snprintf(path, sizeof path, LEASES "%s", operation);
    stoa_status status =
        stoa_path_open(&gc->root.directory, path, STOA_OPEN_READ, &lease, &held);
    if (status == STOA_E_NOT_FOUND) {
        *out_held = false;
        return STOA_OK;
    }
    if (status == STOA_OK)
        status = stoa_io_lock(&lease, &locked, &held);
    if (status != STOA_OK) {
        stoa_io_discard(&lease);
        if (err != NULL)
            *err = held;
        return status;
    }
    *out_lease = lease;
    *out_held = !locked;
    return STOA_OK;
}

/* True while a writer of this operation is alive: it holds its lease's lock. */
static stoa_status lease_is_held(const struct gc *gc, const char *operation, bool *out_held,
                                 stoa_error *err)
{
    struct stoa_file lease = STOA_FILE_CLOSED;
    const stoa_status status = lock_lease(gc, operation, &lease, out_held, err);
    stoa_io_discard(&lease);
    return status;
}

static stoa_status add_candidate(struct gc *gc, const char *path, const struct stat *facts,
                                 stoa_error *err)
{
    if (gc->candidate_count == gc->candidate_capacity) {
        const size_t capacity =
            gc->candidate_capacity == 0 ? 64 : gc->candidate_capacity * 2;
        void *grown = stoa_realloc(gc->candidates, capacity * sizeof *gc->candidates);
        if (grown == NULL)
            return stoa_fail_memory(err, capacity * sizeof *gc->candidates);
        gc->candidates = grown;
        gc->candidate_capacity = capacity;
    }
    const char *copy = stoa_arena_strndup(&gc->arena, path, strlen(path));
    if (copy == NULL)
        return stoa_arena_fail(&gc->arena, strlen(path) + 1, err);
    gc->candidates[gc->candidate_count++] = (struct candidate){
        .path = copy, .bytes = facts->st_size > 0 ? (uint64_t)facts->st_size : 0};
    return STOA_OK;
}

/* Whatever kind of file a name seems to be: what a version names is never removed. */
static bool is_live(const struct gc *gc, const char *path)
{
    uint32_t number = 0;
    return stoa_name_map_find(&gc->live, path, strlen(path), &number);
}

/* Looks at a file whose name is a writer's. Live ones are counted nowhere. */
static stoa_status consider(struct gc *gc, const char *path, const char *operation,
                            const struct stat *facts, stoa_error *err)
{
    bool held = false;
    if (is_live(gc, path))
        return STOA_OK;
    if (facts->st_mtim.tv_sec <= gc->newest_second)
        STOA_TRY(lease_is_held(gc, operation, &held, err));
    if (held || facts->st_mtim.tv_sec > gc->newest_second) {
        gc->report.files_young++;
        return STOA_OK;
    }
    return add_candidate(gc, path, facts, err);
}

/* The operation a leftover in _stoa/tmp or _stoa/leases belongs to; false for other names. */
static bool own_leftover(const char *name, char out_operation[STOA_ID_TEXT_SIZE])
{
    if (!stoa_operation_parse(name, out_operation))
        return false;
    const char *rest = name + STOA_ID_TEXT_SIZE - 1;
    return rest[0] == '\0' || rest[0] == '.' || rest[0] == '-';
}

/* "directory/name" into `out`; false when it does not fit: then no writer of ours made it. */
static bool join(char out[STOA_PATH_LIMIT + 1], const char *directory, const char *name)
{
    const int length = snprintf(out, STOA_PATH_LIMIT + 1, "%s%s%s", directory,
                                directory[0] != '\0' ? "/" : "", name);
    return length > 0 && length <= STOA_PATH_LIMIT;
}

/* True for "_stoa" and what is in it; not for a partition directory like "_stoa_x=1". */
static bool is_inside(const char *directory)
{
    static const char own[] = "_stoa";
    const size_t length = sizeof own - 1;
    return strncmp(directory, own, length) == 0 &&
           (directory[length] == '\0' || directory[length] == '/');
}

/* True for a name that [DS-20..24] give: other directories are somebody else's. */
static bool is_partition(const char *name)
{
    bool has_key = false;
    for (const char *p = name; *p != '\0'; p++) {
        const bool plain = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
                           (*p >= '0' && *p <= '9') || strchr("_.%=~-", *p) != NULL;
        if (!plain)
            return false;
        has_key = has_key || *p == '=';
    }
    return has_key;
}

static stoa_status scan_directory(struct gc *gc, const char *directory, unsigned depth,
                                  stoa_error *err);

/* A partition's directory is looked into, unless it is a dataset of its own. */
static stoa_status scan_partition(struct gc *gc, const char *path, const char *name,
                                  unsigned depth, stoa_error *err)
{
    char own[STOA_PATH_LIMIT + 1];
    struct stat facts;
    bool exists = false;
    if (depth == DEPTH_MAX || !is_partition(name) || !join(own, path, "_stoa"))
        return STOA_OK;
    STOA_TRY(stoa_io_stat_at(gc->root.directory.fd, own, &exists, &facts, err));
    return exists ? STOA_OK : scan_directory(gc, path, depth + 1, err);
}

static stoa_status scan_name(struct gc *gc, const char *directory, const char *name,
                             unsigned depth, stoa_error *err)
{
    char path[STOA_PATH_LIMIT + 1];
    char operation[STOA_ID_TEXT_SIZE];
    struct stat facts;
    bool exists = false;
    const bool inside = is_inside(directory);
    if (!join(path, directory, name) || strcmp(path, "_stoa") == 0)
        return STOA_OK;
    STOA_TRY(stoa_io_stat_at(gc->root.directory.fd, path, &exists, &facts, err));
    if (!exists)
        return STOA_OK;
    if (S_ISDIR(facts.st_mode))
        return inside ? STOA_OK : scan_partition(gc, path, name, depth, err);
    if (!S_ISREG(facts.st_mode))
        return STOA_OK;
    if (inside ? own_leftover(name, operation) : stoa_data_file_name_parse(name, operation))
        return consider(gc, path, operation, &facts, err);
    return STOA_OK;
}

static stoa_status scan_directory(struct gc *gc, const char *directory, unsigned depth,
                                  stoa_error *err)
{
    char **names = NULL;
    size_t count = 0;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_io_list(gc->root.directory.fd, directory[0] != '\0' ? directory : ".",
                          &names, &count, err));
    for (size_t i = 0; i < count && status == STOA_OK; i++)
        status = scan_name(gc, directory, names[i], depth, err);
    stoa_free(names);
    return status;
}

static stoa_status scan_leftovers(struct gc *gc, const char *directory, stoa_error *err)
{
    struct stat facts;
    bool exists = false;
    STOA_TRY(stoa_io_stat_at(gc->root.directory.fd, directory, &exists, &facts, err));
    return exists ? scan_directory(gc, directory, 0, err) : STOA_OK;
}

/* ---- the whole ---- */

/* The file system's own clock, by what it stamps on a new file; a read-only dataset can only
 * be looked at, and then our clock will do. */
static stoa_status set_clock(struct gc *gc, stoa_error *err)
{
    const bool dry = gc->options != NULL && gc->options->dry_run;
    const uint64_t grace = gc->options != NULL && gc->options->use_grace
                               ? gc->options->grace_seconds
                               : GRACE_DEFAULT;
    struct stoa_file probe = STOA_FILE_CLOSED;
    struct stat facts = {0};
    struct timespec now = {0};
    stoa_error held;
    stoa_status status = STOA_E_NOT_FOUND;
    if (gc->root.tmp.fd >= 0)
        status = stoa_io_open_temporary(gc->root.tmp.fd, &probe, &held);
    if (status == STOA_OK)
        status = stoa_io_stat(&probe, &facts, &held);
    stoa_io_discard(&probe);
    if (status == STOA_OK) {
        now = facts.st_mtim;
    } else if (dry || gc->root.tmp.fd < 0) {
        (void)clock_gettime(CLOCK_REALTIME, &now);
    } else {
        if (err != NULL)
            *err = held;
        return status;
    }
    gc->newest_second = grace > (uint64_t)now.tv_sec ? -1 : now.tv_sec - (int64_t)grace;
    return STOA_OK;
}

/* A lease goes while we hold its lock, so that a writer which has just made it either holds it
 * first or sees that it is gone, and makes another. */
static stoa_status remove_candidate(const struct gc *gc, const char *path,
                                    bool *out_removed, stoa_error *err)
{
    const size_t length = sizeof LEASES - 1;
    struct stoa_file lease = STOA_FILE_CLOSED;
    bool held = false;
    if (strncmp(path, LEASES, length) == 0)
        STOA_TRY(lock_lease(gc, path + length, &lease, &held, err));
    const stoa_status status =
        held ? STOA_OK : stoa_io_remove(gc->root.directory.fd, path, err);
    stoa_io_discard(&lease);
    *out_removed = !held;
    return status;
}

static stoa_status remove_candidates(struct gc *gc, stoa_error *err)
{
    const bool dry = gc->options != NULL && gc->options->dry_run;
    for (size_t i = 0; i < gc->candidate_count; i++) {
        const struct candidate *candidate = &gc->candidates[i];
        if (is_live(gc, candidate->path))
            continue; /* committed since */
        bool removed = true;
        if (!dry)
            STOA_TRY(remove_candidate(gc, candidate->path, &removed, err));
        if (!removed) {
            gc->report.files_young++;
            continue;
        }
        gc->report.files_removed++;
        gc->report.bytes_removed += candidate->bytes;
        if (gc->options != NULL && gc->options->on_file != NULL)
            gc->options->on_file(gc->options->context, candidate->path, candidate->bytes);
    }
    return STOA_OK;
}

static stoa_status run(struct gc *gc, stoa_error *err)
{
    STOA_TRY(set_clock(gc, err));
    STOA_TRY(find_live(gc, err));
    STOA_TRY(scan_leftovers(gc, "_stoa/tmp", err));
    STOA_TRY(scan_directory(gc, "", 0, err));
    /* Leases last: as long as a writer's files are candidates its lease must be seen. */
    STOA_TRY(scan_leftovers(gc, "_stoa/leases", err));
    STOA_TRY(find_live(gc, err));
    return remove_candidates(gc, err);
}

stoa_status stoa_gc(const char *path, const stoa_gc_options *options,
                    stoa_gc_report *out_report, stoa_error *err)
{
    struct gc gc = {.options = options, .root = STOA_ROOT_CLOSED};
    if (path == NULL || out_report == NULL)
        return stoa_fail(err, STOA_E_USAGE, "expected a path and a report, found NULL");
    stoa_arena_init(&gc.arena, NAMES_LIMIT);
    STOA_TRY(stoa_name_map_init(&gc.live, NAMES_LIMIT, err));
    stoa_status status = stoa_root_open(path, &gc.root, err);
    if (status == STOA_OK)
        status = run(&gc, err);
    if (status == STOA_OK)
        *out_report = gc.report;
    stoa_root_close(&gc.root);
    stoa_name_map_done(&gc.live);
    stoa_arena_done(&gc.arena);
    stoa_free(gc.candidates);
    return status;
}
