/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which directory a partition tuple's files go to. Keeps apart tuples whose directory names
 * differ only by case (they would meet on a case-insensitive file system), within a commit
 * and against the version it builds on [DS-24]. Owned by one thread.
 */
#ifndef STOA_DATASET_PARTITION_DIRS_H
#define STOA_DATASET_PARTITION_DIRS_H

#include "dataset/manifest.h"
#include "dataset/name_map.h"

struct stoa_partition_dirs {
    struct stoa_name_map lower; /* lower-case prefixes, "a=x" and "a=x/b=y" */
    struct stoa_name_map exact; /* number i is the real spelling of lower's number i */
};

/* `parent` (NULL: none) tells the names in use. */
STOA_MUST_USE stoa_status stoa_partition_dirs_init(struct stoa_partition_dirs *dirs,
                                                   const struct stoa_manifest *parent,
                                                   stoa_error *err);
void stoa_partition_dirs_done(struct stoa_partition_dirs *dirs);

/* Appends the directory "key=value/key=value", without NUL. */
STOA_MUST_USE stoa_status
stoa_partition_dirs_name(struct stoa_partition_dirs *dirs, const char *const *keys,
                         const struct stoa_partition_value *values, uint32_t count,
                         struct stoa_buf *out, stoa_error *err);

#endif
