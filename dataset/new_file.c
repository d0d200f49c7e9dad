/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See new_file.h. The name is linked, as a commit's is: a rename would replace what somebody
 * else has put there meanwhile.
 */
#include "dataset/new_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/paths.h"
#include "dataset/target.h"

static stoa_status fail_exists(const char *path, stoa_error *err)
{
    (void)stoa_fail(err, STOA_E_EXISTS, "expected a new file, found one there");
    stoa_error_set_place(err, "%s", path);
    return STOA_E_EXISTS;
}

/* The directory that will hold `path`; unlike for datasets it must be there. */
static stoa_status open_directory(const char *path, struct stoa_file *out_directory,
                                  stoa_error *err)
{
    size_t length = strlen(path);
    char *prefix = stoa_strdup(path);
    if (prefix == NULL)
        return stoa_fail_memory(err, length + 1);
    while (length > 0 && prefix[length - 1] != '/')
        length--;
    prefix[length] = '\0';
    const stoa_status status = stoa_io_open(AT_FDCWD, length == 0 ? "." : prefix,
                                            STOA_OPEN_DIRECTORY, path, out_directory, err);
    stoa_free(prefix);
    return status;
}

static stoa_status make_temporary(struct stoa_new_file *file, stoa_error *err)
{
    uint8_t id[STOA_ID_SIZE];
    char text[STOA_ID_TEXT_SIZE];
    STOA_TRY(stoa_id_create(id, err));
    stoa_id_text(id, text);
    (void)snprintf(file->temporary, sizeof file->temporary, ".stoa-%s.tmp", text);
    STOA_TRY(stoa_io_open(file->directory.fd, file->temporary, STOA_OPEN_CREATE_NEW,
                          file->path, &file->file, err));
    file->is_there = true;
    return STOA_OK;
}

stoa_status stoa_new_file_create(const char *path, struct stoa_new_file *out_file,
                                 stoa_error *err)
{
    struct stoa_new_file file = {
        .directory = STOA_FILE_CLOSED, .file = STOA_FILE_CLOSED, .path = stoa_strdup(path)};
    stoa_status status = STOA_OK;
    struct stat facts;
    bool exists = false;
    if (file.path == NULL)
        return stoa_fail_memory(err, 1);
    STOA_TRY_CLEANUP(stoa_io_stat_at(AT_FDCWD, path, &exists, &facts, err));
    if (exists) {
        status = fail_exists(path, err);
        goto cleanup;
    }
    STOA_TRY_CLEANUP(stoa_target_check_new(path, err));
    STOA_TRY_CLEANUP(open_directory(path, &file.directory, err));
    STOA_TRY_CLEANUP(make_temporary(&file, err));
    *out_file = file;
    return STOA_OK;
cleanup:
    stoa_new_file_done(&file);
    return status;
}

stoa_status stoa_new_file_close(struct stoa_new_file *file, stoa_error *err)
{
    STOA_TRY(stoa_io_sync(&file->file, err));
    return stoa_io_close(&file->file, err);
}

stoa_status stoa_new_file_open(const struct stoa_new_file *file, struct stoa_file *out_file,
                               stoa_error *err)
{
    return stoa_io_open(file->directory.fd, file->temporary, STOA_OPEN_READ, file->path,
                        out_file, err);
}

/* Whether both names are of one file: the link was made, whatever was said of it. */
static stoa_status look_at_link(const struct stoa_new_file *file, bool *out_is_ours,
                                stoa_error *err)
{
    struct stat made;
    struct stat named;
    bool is_made = false;
    bool is_named = false;
    STOA_TRY(stoa_io_stat_at(file->directory.fd, file->temporary, &is_made, &made, err));
    STOA_TRY(stoa_io_stat_at(AT_FDCWD, file->path, &is_named, &named, err));
    *out_is_ours =
        is_made && is_named && made.st_dev == named.st_dev && made.st_ino == named.st_ino;
    return STOA_OK;
}

static stoa_status link_name(struct stoa_new_file *file, stoa_error *err)
{
    bool exists = false;
    bool is_ours = false;
    const stoa_status status = stoa_io_link(file->directory.fd, file->temporary, AT_FDCWD,
                                            file->path, &exists, err);
    if (status != STOA_OK && status != STOA_E_UNKNOWN_OUTCOME)
        return status;
    if (status == STOA_E_UNKNOWN_OUTCOME || exists) {
        if (look_at_link(file, &is_ours, NULL) != STOA_OK || !is_ours)
            return exists ? fail_exists(file->path, err) : status;
    }
    file->is_linked = true;
    return STOA_OK;
}

/* A temporary name that cannot be removed does no harm to the file. */
static void drop_temporary(struct stoa_new_file *file)
{
    if (file->is_there) {
        const stoa_status status =
            stoa_io_remove(file->directory.fd, file->temporary, NULL);
        STOA_UNUSED(status);
    }
    file->is_there = false;
}

stoa_status stoa_new_file_keep(struct stoa_new_file *file, stoa_error *err)
{
    STOA_TRY(link_name(file, err));
    drop_temporary(file);
    STOA_TRY(stoa_io_sync_if_possible(&file->directory, err));
    file->is_linked = false;
    return STOA_OK;
}

void stoa_new_file_done(struct stoa_new_file *file)
{
    if (file->path == NULL)
        return;
    stoa_io_discard(&file->file);
    drop_temporary(file);
    if (file->is_linked) {
        const stoa_status status = stoa_io_remove(AT_FDCWD, file->path, NULL);
        STOA_UNUSED(status); /* the failure that led here is the one to tell */
    }
    stoa_io_discard(&file->directory);
    stoa_free(file->path);
    file->path = NULL;
}
