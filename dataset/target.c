/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolving the user's path.
 */
#include "dataset/target.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "dataset/paths.h"
#include "dataset/root.h"

/* The dataset's directory itself may be a link [DS-4]. */
static stoa_status link_is_file(const char *path, bool *out_is_file, stoa_error *err)
{
    struct stat facts;
    bool is_directory = false;
    const size_t size = strlen(path) + sizeof "/.";
    char *inside = stoa_alloc(size);
    if (inside == NULL)
        return stoa_fail_memory(err, size);
    (void)snprintf(inside, size, "%s/.", path);
    const stoa_status status =
        stoa_io_stat_at(AT_FDCWD, inside, &is_directory, &facts, err);
    stoa_free(inside);
    *out_is_file = !is_directory;
    return status;
}

stoa_status stoa_target_resolve(const char *path, struct stoa_target *out_target,
                                stoa_error *err)
{
    struct stoa_target target = {0};
    struct stat facts;
    bool exists = false;
    size_t length = strlen(path);
    STOA_TRY(stoa_io_stat_at(AT_FDCWD, path, &exists, &facts, err));
    target.path = stoa_strdup(path);
    if (target.path == NULL)
        return stoa_fail_memory(err, length + 1);
    stoa_status status = STOA_OK;
    if (!exists && stoa_path_split_version(path, &length, &target.version)) {
        target.path[length] = '\0';
        target.has_version = true;
        STOA_TRY_CLEANUP(stoa_io_stat_at(AT_FDCWD, target.path, &exists, &facts, err));
    }
    if (!exists) {
        status = stoa_fail(err, STOA_E_NOT_FOUND,
                           "expected a dataset or a .stoa file, found nothing");
        goto cleanup;
    }
    target.is_file = !S_ISDIR(facts.st_mode);
    if (S_ISLNK(facts.st_mode))
        STOA_TRY_CLEANUP(link_is_file(target.path, &target.is_file, err));
    if (target.is_file && target.has_version) {
        status =
            stoa_fail(err, STOA_E_VERSION, "expected a dataset before \"@\", found a file");
        goto cleanup;
    }
    *out_target = target;
cleanup:
    if (status != STOA_OK) {
        stoa_error_set_place(err, "%s", path);
        stoa_target_done(&target);
    }
    return status;
}

void stoa_target_done(struct stoa_target *target)
{
    stoa_free(target->path);
    target->path = NULL;
}

static stoa_status has_format(const char *directory, size_t length, bool *out_has,
                              stoa_error *err)
{
    static const char name[] = "/_stoa/format";
    struct stat facts;
    char *path = stoa_alloc(length + sizeof name);
    if (path == NULL)
        return stoa_fail_memory(err, length + sizeof name);
    memcpy(path, directory, length);
    memcpy(path + length, name, sizeof name);
    const stoa_status status = stoa_io_stat_at(AT_FDCWD, path, out_has, &facts, err);
    stoa_free(path);
    return status;
}

/* One step of the walk: *out_top when there is nothing above `up`, or nothing that we may look
 * at: such a directory holds nothing that we could harm. */
static stoa_status look_above(const char *up, struct stat *previous, bool *out_found,
                              bool *out_top, stoa_error *err)
{
    struct stat facts = {0};
    bool exists = false;
    stoa_status status = stoa_io_stat_at(AT_FDCWD, up, &exists, &facts, err);
    *out_top = status != STOA_OK || !exists ||
               (facts.st_dev == previous->st_dev && facts.st_ino == previous->st_ino);
    *previous = facts;
    if (!*out_top)
        status = has_format(up, strlen(up), out_found, err);
    return status == STOA_E_NO_MEMORY ? status : STOA_OK;
}

/* Looks at the directories above `directory` by "..": the user's path may go through links.
 * `itself`: also at that one. */
static stoa_status find_dataset_above(const char *directory, bool itself, bool *out_found,
                                      stoa_error *err)
{
    enum { LEVELS = 1000 };
    const size_t start = strlen(directory);
    const size_t size = start + (size_t)LEVELS * 3 + sizeof "/.";
    struct stat previous = {0};
    bool top = false;
    char *up = stoa_alloc(size);
    if (up == NULL)
        return stoa_fail_memory(err, size);
    (void)snprintf(up, size, "%s/.", directory);
    stoa_status status = STOA_OK;
    *out_found = false;
    if (itself)
        status = look_above(up, &previous, out_found, &top, err);
    for (size_t level = 0; level < LEVELS && status == STOA_OK && !*out_found && !top;
         level++) {
        memcpy(up + start + 3 * level, "/..", 4);
        status = look_above(up, &previous, out_found, &top, err);
    }
    stoa_free(up);
    return status;
}

stoa_status stoa_target_is_inside(const char *path, bool *out_inside, stoa_error *err)
{
    struct stoa_file directory = STOA_FILE_CLOSED;
    STOA_TRY(stoa_root_open_parent(path, &directory, err));
    const stoa_status status = find_dataset_above(directory.name, true, out_inside, err);
    stoa_io_discard(&directory);
    return status;
}

static stoa_status check_outside(const char *path, bool exists, stoa_error *err)
{
    struct stoa_file directory = STOA_FILE_CLOSED;
    stoa_status status = STOA_OK;
    bool found = false;
    if (exists) {
        STOA_TRY(find_dataset_above(path, false, &found, err));
    } else {
        STOA_TRY(stoa_root_open_parent(path, &directory, err));
        status = find_dataset_above(directory.name, true, &found, err);
        stoa_io_discard(&directory);
    }
    if (status == STOA_OK && found)
        status =
            stoa_fail(err, STOA_E_USAGE,
                      "expected a path outside other datasets, found one inside a dataset");
    return status;
}

stoa_status stoa_target_check_new(const char *path, stoa_error *err)
{
    struct stat facts;
    uint64_t version = 0;
    size_t length = 0;
    bool exists = false;
    bool hides = false;
    STOA_TRY(stoa_io_stat_at(AT_FDCWD, path, &exists, &facts, err));
    if (!exists && stoa_path_split_version(path, &length, &version))
        STOA_TRY(has_format(path, length, &hides, err));
    stoa_status status = STOA_OK;
    if (hides)
        status = stoa_fail(err, STOA_E_USAGE,
                           "expected a path for the dataset, found version %llu of one",
                           (unsigned long long)version);
    else if (!exists || S_ISDIR(facts.st_mode))
        status = check_outside(path, exists, err);
    if (status == STOA_E_USAGE)
        stoa_error_set_place(err, "%s", path);
    if (status == STOA_E_USAGE)
        stoa_error_set_hint(err, hides ? "versions never change: name the dataset itself"
                                       : "name a path outside of it");
    return status;
}
