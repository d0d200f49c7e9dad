/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one writing operation has put on disk so far: its lease, its data files, the
 * directories it touched and the statistics of its files. Until commit.c links a manifest that
 * names them, nobody sees any of it, and free removes it [DS-30..33]. One thread at a time.
 */
#ifndef STOA_DATASET_TRANSACTION_H
#define STOA_DATASET_TRANSACTION_H

#include "dataset/manifest.h"
#include "dataset/name_map.h"
#include "dataset/root.h"

enum { STOA_PENDING_FILES = 64 };

struct stoa_transaction {
    const struct stoa_root *root; /* borrowed */
    uint8_t id[STOA_ID_SIZE];
    char id_text[STOA_ID_TEXT_SIZE];
    struct stoa_file lease;
    struct stoa_arena arena; /* paths and values of the files */
    struct stoa_name_map
        touched; /* directories that got a new name in them; "" is the root */
    struct stoa_manifest_file
        *files; /* owned; created files, all of them finished but the last */
    uint32_t file_count, file_capacity;
    struct {
        struct stoa_file file;
        uint32_t number;           /* in files */
    } pending[STOA_PENDING_FILES]; /* written, not yet durable */
    uint32_t pending_count;
    uint64_t pending_raw;   /* raw size of the largest pending file; its writer keeps it */
    struct stoa_pool *pool; /* borrowed; checks run on it. NULL: the calling thread */
    uint64_t check_memory;  /* bytes that checks at once may take; 0: one at a time */
    stoa_schema
        schema; /* of the files; borrowed, from the first stoa_transaction_end_file on */
    struct stoa_stat_table stats;
    bool has_stats;
    bool keep; /* the files may be committed: never remove them */
    /* Asked now and then by the calling thread, before the link only; an error stops the
     * operation and is its error. NULL: nobody is asked. */
    stoa_status (*on_step)(void *context, stoa_error *err);
    void *step_context;
};

/* Asks on_step. */
STOA_MUST_USE stoa_status stoa_transaction_ask(const struct stoa_transaction *transaction,
                                               stoa_error *err);

/* Takes a lease, so that gc leaves the operation's files alone. */
STOA_MUST_USE stoa_status stoa_transaction_begin(const struct stoa_root *root,
                                                 struct stoa_transaction *out_transaction,
                                                 stoa_error *err);

/* Removes the files unless `keep`, and the lease. Idempotent; a zeroed one is allowed. */
void stoa_transaction_done(struct stoa_transaction *transaction);

/* Creates the next data file in `directory` ("" or "a=x/b=y") with these partition values
 * (copied). *out_number is its number in files; its path is set. */
STOA_MUST_USE stoa_status stoa_transaction_create_file(
    struct stoa_transaction *transaction, const char *directory,
    const struct stoa_partition_value *values, uint32_t value_count,
    struct stoa_file *out_file, uint32_t *out_number, stoa_error *err);

/* Takes over a data file that is written and whose size, rows and hash are in files[number].
 * It becomes durable and is checked now or with others, together, since a file system makes
 * several files durable in hardly more time than one. */
STOA_MUST_USE stoa_status stoa_transaction_end_file(struct stoa_transaction *transaction,
                                                    struct stoa_file *file, uint32_t number,
                                                    const stoa_schema *schema,
                                                    stoa_error *err);

/* Syncs and closes what is pending, through the descriptors that wrote it, and reads it back
 * [DS-30]. */
STOA_MUST_USE stoa_status stoa_transaction_settle(struct stoa_transaction *transaction,
                                                  stoa_error *err);

/* Makes all touched directories durable, children first [DS-32]. */
STOA_MUST_USE stoa_status stoa_transaction_sync(struct stoa_transaction *transaction,
                                                stoa_error *err);

#endif
