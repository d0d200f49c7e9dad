/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolving the user's path.
 */
#include "dataset/target.h"

#include <fcntl.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "dataset/paths.h"

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
