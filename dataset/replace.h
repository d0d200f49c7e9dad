/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches, and commits that take rows away: which data files of the parent version a commit replaces
 * [DS-50..55]. Files are replaced whole, since a file holds rows of one partition and one commit.
 * Called by commit.c for each version that it tries to build on; pure but for allocation.
 */
#ifndef STOA_DATASET_REPLACE_H
#define STOA_DATASET_REPLACE_H

#include "dataset/manifest.h"

/* What goes when the new files come. A set of bits. */
enum stoa_replace {
    STOA_REPLACE_NOTHING = 0,
    STOA_REPLACE_BATCH = 1,      /* the rows of the batch with the same id */
    STOA_REPLACE_PARTITIONS = 2, /* the partitions that the new files are in */
    STOA_REPLACE_ALL = 4
};

enum { STOA_BATCH_ID_MAX = 255 }; /* bytes [DS-50] */

/* A batch id is the caller's: 1 to 255 bytes of UTF-8 without control characters. STOA_E_USAGE. */
STOA_MUST_USE stoa_status stoa_batch_check_id(const char *id, stoa_error *err);

/* The batch of that id, or NULL; `manifest` may be NULL. */
const struct stoa_manifest_batch *stoa_batch_find(const struct stoa_manifest *manifest,
                                                  const char *id);

/* [DS-51] What the sources of a batch are, whatever their order, names and times: XXH3-128 over
 * their sizes and hashes. */
STOA_MUST_USE stoa_status stoa_batch_hash(const struct stoa_manifest_source *sources,
                                          uint32_t count, struct stoa_hash128 *out_hash,
                                          stoa_error *err);

/* STOA_E_BATCH_CONFLICT: the batch is there with other sources. Names one of each, and `path` of the
 * dataset as the place. */
stoa_status stoa_batch_conflict(const struct stoa_manifest *manifest,
                                const struct stoa_manifest_batch *batch,
                                const struct stoa_manifest_source *sources, uint32_t count,
                                const char *path, stoa_error *err);

struct stoa_replace_query {
    unsigned what;                          /* set of enum stoa_replace */
    const char *batch;                      /* NULL: none */
    const struct stoa_manifest_file *files; /* new ones */
    uint32_t file_count;
};

/* [DS-53] Marks the parent's files that go: dropped[i] for file i, manifest->file_count of them. */
void stoa_replace_mark(const struct stoa_manifest *manifest,
                       const struct stoa_replace_query *query, bool *dropped);

/* [DS-54] True if rows of that version are left: it added no file, or one that stays. `dropped` may be
 * NULL: nothing goes. */
bool stoa_replace_survives(const struct stoa_manifest *manifest, const bool *dropped,
                           uint64_t version);

#endif
