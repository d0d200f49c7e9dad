/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names inside a dataset: partition directories, data files, manifests, and the checks that
 * keep every path below the dataset's directory. Used by all of dataset/; owns nothing.
 * Rules: spec/dataset.md, sections 3 and 4.
 *
 * Partition directories are for people and other tools: they are never parsed back for our own
 * data, since the true values stand in the manifest. So encoding may lose (hashes, suffixes).
 */
#ifndef STOA_DATASET_PATHS_H
#define STOA_DATASET_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/io.h"

enum {
    STOA_ID_SIZE = 16,          /* bytes of a random id: dataset, operation */
    STOA_ID_TEXT_SIZE = 33,     /* its lower-case hex digits with NUL */
    STOA_PATH_LIMIT = 4095,     /* bytes of a path in a manifest */
    STOA_NAME_LIMIT = 255,      /* bytes of one part of it */
    STOA_KEY_LIMIT = 100,       /* [DS-23] longer keys are replaced by a hash */
    STOA_COMPONENT_LIMIT = 200, /* [DS-23] with "key=": longer values are */
    STOA_FILE_NAME_SIZE = 64,   /* room for a data file's or manifest's own name */
};

/* A partition value as the manifest keeps it: canonical text, or NULL. Borrowed. */
struct stoa_partition_value {
    const char *text; /* NULL: the value is NULL */
    size_t length;
};

/* Appends the directory name "key=value" for one partition column [DS-20..23]. At most
 * STOA_COMPONENT_LIMIT bytes of [A-Za-z0-9_.%=~-]. */
STOA_MUST_USE stoa_status stoa_partition_component(const char *key,
                                                   const struct stoa_partition_value *value,
                                                   struct stoa_buf *out, stoa_error *err);

/* True for a path a manifest may name [DS-12]: relative, 1..STOA_PATH_LIMIT bytes, no empty
 * part, no "." or "..", no NUL, no part above STOA_NAME_LIMIT, outside "_stoa", UTF-8. */
bool stoa_path_is_valid(const char *path, size_t length);

/* Opens `path` (valid as above, or inside "_stoa") below `root`, following no link. */
STOA_MUST_USE stoa_status stoa_path_open(const struct stoa_file *root, const char *path,
                                         enum stoa_open_mode mode,
                                         struct stoa_file *out_file, stoa_error *err);

/* Makes every directory on `path` (a directory path below `root`; "" is the root itself). */
STOA_MUST_USE stoa_status stoa_path_make_directories(const struct stoa_file *root,
                                                     const char *path, stoa_error *err);

/* Removes a leftover; nothing depends on whether it can. */
void stoa_path_try_remove(int dirfd, const char *path);

/* 16 bytes nobody else has (getrandom). */
STOA_MUST_USE stoa_status stoa_id_create(uint8_t out_id[STOA_ID_SIZE], stoa_error *err);
void stoa_id_text(const uint8_t id[STOA_ID_SIZE], char out_text[STOA_ID_TEXT_SIZE]);

/* "0000000000000042.stoa" and back; false for anything else. Versions are 1 .. 10^16-1. */
#define STOA_VERSION_LIMIT UINT64_C(9999999999999999)
void stoa_manifest_name(uint64_t version, char out_name[STOA_FILE_NAME_SIZE]);
bool stoa_manifest_name_parse(const char *name, uint64_t *out_version);

/* "<operation>-<sequence>.stoa" and back; `out_operation` gets the 32 digits. */
void stoa_data_file_name(const uint8_t operation[STOA_ID_SIZE], uint32_t sequence,
                         char out_name[STOA_FILE_NAME_SIZE]);
bool stoa_data_file_name_parse(const char *name, char out_operation[STOA_ID_TEXT_SIZE]);

/* True if the text begins with 32 lower-case hex digits, which go to `out_operation`. */
bool stoa_operation_parse(const char *name, char out_operation[STOA_ID_TEXT_SIZE]);

/* Splits "lake/orders@42": true when the path ends in '@' and a version, whose digits begin at
 * *out_at. The caller asks the file system first whether the whole path exists. */
bool stoa_path_split_version(const char *path, size_t *out_at, uint64_t *out_version);

#endif
