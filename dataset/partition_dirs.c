/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directory names without collisions by case. The first spelling of a name keeps it plain; a
 * later one gets "~" and eight digits of its value's hash, which no encoding contains. Two
 * writers at once may still pick both spellings: harmless, since file names are unique and
 * values stand in the manifest.
 */
#include "dataset/partition_dirs.h"

#include <string.h>

#include "common/hash.h"

#define NAMES_LIMIT ((size_t)256 << 20)

void stoa_partition_dirs_done(struct stoa_partition_dirs *dirs)
{
    stoa_name_map_done(&dirs->lower);
    stoa_name_map_done(&dirs->exact);
}

/* Claims the spelling `path`; *out_free is false when another spelling has the name. */
static stoa_status claim(struct stoa_partition_dirs *dirs, const char *path, size_t length,
                         bool *out_free, stoa_error *err)
{
    char lower[STOA_PATH_LIMIT];
    uint32_t number = 0;
    uint32_t exact = 0;
    bool added = false;
    bool exact_added = false;
    if (length > sizeof lower)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected a partition directory of at most %d bytes, found %zu",
                         STOA_PATH_LIMIT, length);
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(path[i] >= 'A' && path[i] <= 'Z' ? path[i] + 32 : path[i]);
    STOA_TRY(stoa_name_map_put(&dirs->lower, lower, length, &number, &added, err));
    if (added)
        STOA_TRY(stoa_name_map_put(&dirs->exact, path, length, &exact, &exact_added, err));
    size_t known_length = 0;
    const char *known = stoa_name_map_name(&dirs->exact, number, &known_length);
    *out_free = known_length == length && memcmp(known, path, length) == 0;
    return STOA_OK;
}

stoa_status stoa_partition_dirs_init(struct stoa_partition_dirs *dirs,
                                     const struct stoa_manifest *parent, stoa_error *err)
{
    memset(dirs, 0, sizeof *dirs);
    stoa_status status = stoa_name_map_init(&dirs->lower, NAMES_LIMIT, err);
    if (status == STOA_OK)
        status = stoa_name_map_init(&dirs->exact, NAMES_LIMIT, err);
    const uint32_t files =
        parent != NULL && parent->partition_count > 0 ? parent->file_count : 0;
    for (uint32_t i = 0; i < files; i++) {
        const char *path = parent->files[i].path;
        for (const char *slash = strchr(path, '/'); slash != NULL && status == STOA_OK;
             slash = strchr(slash + 1, '/')) {
            bool is_free = false;
            status = claim(dirs, path, (size_t)(slash - path), &is_free, err);
        }
    }
    if (status != STOA_OK)
        stoa_partition_dirs_done(dirs);
    return status;
}

/* "~" and hash digits behind the name; another part of the hash for each try, so that two
 * values whose first digits agree part as well. */
static stoa_status append_suffix(struct stoa_buf *out, struct stoa_hash128 hash,
                                 unsigned try, stoa_error *err)
{
    const uint64_t part = try < 2 ? hash.low >> (32 * try) : hash.high >> (32 * (try - 2));
    return stoa_buf_printf(out, err, "~%08x", (unsigned)(part & UINT32_MAX));
}

stoa_status stoa_partition_dirs_name(struct stoa_partition_dirs *dirs,
                                     const char *const *keys,
                                     const struct stoa_partition_value *values,
                                     uint32_t count, struct stoa_buf *out, stoa_error *err)
{
    const size_t start = out->size;
    for (uint32_t i = 0; i < count; i++) {
        bool is_free = false;
        if (i > 0)
            STOA_TRY(stoa_buf_append_byte(out, '/', err));
        const size_t component = out->size;
        STOA_TRY(stoa_partition_component(keys[i], &values[i], out, err));
        const size_t plain = out->size;
        const struct stoa_hash128 hash =
            stoa_hash128(out->data + component, plain - component);
        for (unsigned try = 0;; try++) {
            STOA_TRY(claim(dirs, (const char *)out->data + start, out->size - start,
                           &is_free, err));
            if (is_free)
                break;
            if (try == 4)
                return stoa_fail(err, STOA_E_INTERNAL,
                                 "expected a free directory name for a partition");
            out->size = plain;
            STOA_TRY(append_suffix(out, hash, try, err));
        }
    }
    return STOA_OK;
}
