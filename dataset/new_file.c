/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See new_file.h. The file is made under its own name, not renamed into place: a crash leaves a
 * file without trailer, which no reader takes for a whole one.
 */
#include "dataset/new_file.h"

#include <fcntl.h>

#include "common/alloc.h"
#include "dataset/root.h"
#include "dataset/target.h"

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
        status = stoa_fail(err, STOA_E_EXISTS, "expected a new file, found one there");
        stoa_error_set_place(err, "%s", path);
        goto cleanup;
    }
    STOA_TRY_CLEANUP(stoa_target_check_new(path, err));
    STOA_TRY_CLEANUP(stoa_root_open_parent(path, &file.directory, err));
    STOA_TRY_CLEANUP(
        stoa_io_open(AT_FDCWD, path, STOA_OPEN_CREATE_NEW, NULL, &file.file, err));
    file.is_there = true;
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

stoa_status stoa_new_file_keep(struct stoa_new_file *file, stoa_error *err)
{
    STOA_TRY(stoa_io_sync_if_possible(&file->directory, err));
    file->is_there = false;
    return STOA_OK;
}

void stoa_new_file_done(struct stoa_new_file *file)
{
    if (file->path == NULL)
        return;
    stoa_io_discard(&file->file);
    if (file->is_there) {
        const stoa_status status = stoa_io_remove(AT_FDCWD, file->path, NULL);
        STOA_UNUSED(status); /* the failure that led here is the one to tell */
    }
    stoa_io_discard(&file->directory);
    stoa_free(file->path);
    file->path = NULL;
}
