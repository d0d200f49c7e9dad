/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a path the user gave names: a dataset, one version of it, or a lone .stoa file. Used by
 * snapshot.c and dataset_verify.c.
 */
#ifndef STOA_DATASET_TARGET_H
#define STOA_DATASET_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct stoa_target {
    char *path;       /* owned; without "@N" */
    bool has_version; /* "@N" was given */
    uint64_t version;
    bool is_file;
};

/* "path@42" is version 42, unless a path of that very name exists [DS-5]. STOA_E_NOT_FOUND. */
STOA_MUST_USE stoa_status stoa_target_resolve(const char *path,
                                              struct stoa_target *out_target,
                                              stoa_error *err);
void stoa_target_done(struct stoa_target *target);

/* Whether a file that is there lies in a dataset's directory, at any depth. */
STOA_MUST_USE stoa_status stoa_target_is_inside(const char *path, bool *out_inside,
                                                stoa_error *err);

/* STOA_E_USAGE for a path at which no dataset may be made: inside another one [DS-6], or where
 * it would hide a version of one, as "events@1" beside "events" does [DS-5]. */
STOA_MUST_USE stoa_status stoa_target_check_new(const char *path, stoa_error *err);

#endif
