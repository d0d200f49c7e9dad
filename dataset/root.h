/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dataset's directory held open: everything else in dataset/ works relative to these
 * descriptors and never by path again, so that a moved or replaced directory cannot mix two
 * datasets. Layout and format file: spec/dataset.md, section 1 [DS-1..4].
 */
#ifndef STOA_DATASET_ROOT_H
#define STOA_DATASET_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/io.h"
#include "dataset/paths.h"

struct stoa_root {
    struct stoa_file directory; /* the dataset */
    struct stoa_file meta;      /* _stoa */
    struct stoa_file log;       /* _stoa/log */
    struct stoa_file tmp;       /* _stoa/tmp; closed when absent and only reading */
    uint8_t id[STOA_ID_SIZE];   /* of the dataset */
};
#define STOA_ROOT_CLOSED                                                                   \
    ((struct stoa_root){.directory = STOA_FILE_CLOSED,                                     \
                        .meta = STOA_FILE_CLOSED,                                          \
                        .log = STOA_FILE_CLOSED,                                           \
                        .tmp = STOA_FILE_CLOSED})

/* What a path that shall become a dataset holds now. */
enum stoa_root_state {
    STOA_ROOT_ABSENT,  /* nothing, or an empty directory */
    STOA_ROOT_STARTED, /* a first commit began here and did not end */
    STOA_ROOT_PRESENT  /* a dataset, perhaps without a version yet */
};

/* STOA_E_EXISTS for a file, STOA_E_NOT_DATASET for a directory that holds something else. */
STOA_MUST_USE stoa_status stoa_root_probe(const char *path, enum stoa_root_state *out_state,
                                          stoa_error *err);

/* Opens an existing dataset. STOA_E_NOT_FOUND when there is nothing, STOA_E_NOT_DATASET when
 * it has no format file, STOA_E_NEWER, STOA_E_CORRUPT. */
STOA_MUST_USE stoa_status stoa_root_open(const char *path, struct stoa_root *out_root,
                                         stoa_error *err);

/* Makes what is missing (parents too) and opens it: for writers. Several may do so at once;
 * all end up with the same id [DS-3]. Not durable before stoa_root_sync, but _stoa is before
 * anything beside it. */
STOA_MUST_USE stoa_status stoa_root_create(const char *path, struct stoa_root *out_root,
                                           stoa_error *err);

/* Makes the directories and the format file durable, inside out, up to the file system's
 * root: before the first version is committed [DS-31]. `path` as given to create. */
STOA_MUST_USE stoa_status stoa_root_sync(const struct stoa_root *root, const char *path,
                                         stoa_error *err);

void stoa_root_close(struct stoa_root *root); /* idempotent */

/* Opens the directory that is or will be above the dataset: a place for spool files before
 * the dataset exists. */
STOA_MUST_USE stoa_status stoa_root_open_parent(const char *path,
                                                struct stoa_file *out_directory,
                                                stoa_error *err);

/* Reads and checks the format file; its id goes to `out_id`. */
STOA_MUST_USE stoa_status stoa_root_check_format(const struct stoa_root *root,
                                                 uint8_t out_id[STOA_ID_SIZE],
                                                 stoa_error *err);

#endif
