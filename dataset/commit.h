/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turning a transaction into the next version: the protocol of spec/dataset.md section 6,
 * whose order is the whole proof that a version which can be seen is durable and complete.
 */
#ifndef STOA_DATASET_COMMIT_H
#define STOA_DATASET_COMMIT_H

#include "dataset/manifest.h"
#include "dataset/replace.h"
#include "dataset/transaction.h"

/* A version that a commit builds on. */
struct stoa_commit_base {
    struct stoa_manifest *manifest; /* owned; NULL: no version yet */
    struct stoa_hash128 hash;       /* of its file */
};

/* Loads the newest version. STOA_E_CORRUPT when it is damaged: never an older one instead. */
STOA_MUST_USE stoa_status stoa_commit_base_load(const struct stoa_root *root,
                                                struct stoa_commit_base *out_base,
                                                stoa_error *err);
void stoa_commit_base_done(struct stoa_commit_base *base); /* idempotent */

struct stoa_commit_request {
    const char *path; /* of the dataset, as the user gave it */
    bool must_create; /* fail with STOA_E_EXISTS rather than append */
    uint64_t rows_read, rows_written, rows_rejected;
    stoa_schema schema;
    const uint32_t *partitions;
    uint32_t partition_count;
    const struct stoa_manifest_source *sources;
    uint32_t source_count;
    const struct stoa_manifest_batch *batch; /* id, hash and rows; NULL: none */
    unsigned replaces;                       /* set of enum stoa_replace */
};

/* What became of a commit. */
struct stoa_commit_result {
    uint64_t version; /* that holds the rows */
    bool is_repeat;   /* another run had committed the batch: this one committed nothing */
    uint64_t rows_replaced; /* rows of the version before that are gone */
};

/*
 * Commits the transaction's files on top of `base`, or, when others were faster, of what they made
 * of it; `base` is then the version that was built on. Sets transaction->keep as soon as the files
 * may be named by a durable manifest.
 * STOA_E_COMMIT_CONFLICT after 100 lost races, when the winner's schema is another one, or when
 * rows would be replaced that were not there at the start [DS-55]; STOA_E_BATCH_CONFLICT;
 * STOA_E_EXISTS; STOA_E_UNKNOWN_OUTCOME, with how to find out.
 */
STOA_MUST_USE stoa_status stoa_commit(struct stoa_transaction *transaction,
                                      const struct stoa_commit_request *request,
                                      struct stoa_commit_base *base,
                                      struct stoa_commit_result *out_result,
                                      stoa_error *err);

#endif
