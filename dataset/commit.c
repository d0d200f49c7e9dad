/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit. Data files are durable when this begins (stoa_transaction_settle). link() is the
 * one atomic step: unlike rename() it fails when the name exists, so two writers can never
 * both own a version. Losers rebase the manifest, never the data.
 *
 * The state diagram in README.md names these functions.
 */
#include "dataset/commit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "dataset/log.h"

enum { LOSSES_MAX = 100, BACKOFF_MAX_MS = 100 };

struct commit {
    struct stoa_transaction *transaction;
    const struct stoa_commit_request *request;
    struct stoa_commit_base *base;
    char tmp_name[STOA_FILE_NAME_SIZE]; /* in _stoa/tmp; of the current try */
    uint64_t first_version;             /* that the run began with; 0: none */
    bool *dropped; /* owned; of the base's files; NULL: nothing is replaced */
    struct stoa_commit_result result;
};

enum link_result { LINK_WON, LINK_LOST };

stoa_status stoa_commit_base_load(const struct stoa_root *root,
                                  struct stoa_commit_base *out_base, stoa_error *err)
{
    struct stoa_commit_base base = {0};
    uint64_t head = 0;
    STOA_TRY(stoa_log_list_head(root, &head, err));
    if (head != 0)
        STOA_TRY(stoa_log_load(root, head, &base.manifest, &base.hash, err));
    *out_base = base;
    return STOA_OK;
}

void stoa_commit_base_done(struct stoa_commit_base *base)
{
    stoa_manifest_free(base->manifest);
    base->manifest = NULL;
}

static uint64_t base_version(const struct stoa_commit_base *base)
{
    return base->manifest != NULL ? base->manifest->version : 0;
}

static int64_t now_us(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What the next version's manifest says it is. */
static const char *operation_name(const struct commit *commit)
{
    const unsigned replaces = commit->request->replaces;
    if (commit->base->manifest == NULL)
        return "create";
    if (replaces & (STOA_REPLACE_ALL | STOA_REPLACE_PARTITIONS))
        return "overwrite";
    return commit->result.rows_replaced > 0 ? "replace" : "append";
}

/* W6, first half: the manifest of the next version, aside and durable. */
static stoa_status stage_manifest(const struct commit *commit, stoa_error *err)
{
    const struct stoa_commit_request *request = commit->request;
    struct stoa_transaction *transaction = commit->transaction;
    const struct stoa_manifest_draft draft = {
        .parent = commit->base->manifest,
        .parent_hash = commit->base->hash,
        .operation = operation_name(commit),
        .committed_us = now_us(),
        .rows_read = request->rows_read,
        .rows_written = request->rows_written,
        .rows_rejected = request->rows_rejected,
        .schema = request->schema,
        .partitions = request->partitions,
        .partition_count = request->partition_count,
        .sources = request->sources,
        .source_count = request->source_count,
        .batch = request->batch,
        .dropped = commit->dropped,
        .files = transaction->files,
        .file_count = transaction->file_count,
        .stats = transaction->has_stats ? &transaction->stats : NULL,
    };
    struct stoa_manifest_draft named = draft;
    memcpy(named.dataset, transaction->root->id, STOA_ID_SIZE);
    memcpy(named.commit, transaction->id, STOA_ID_SIZE);
    struct stoa_file file = STOA_FILE_CLOSED;
    STOA_TRY(stoa_io_open(transaction->root->tmp.fd, commit->tmp_name, STOA_OPEN_CREATE_NEW,
                          NULL, &file, err));
    stoa_status status = stoa_manifest_write(&named, &file, err);
    if (status == STOA_OK)
        status = stoa_io_sync(&file, err);
    if (status == STOA_OK)
        status = stoa_io_close(&file, err);
    if (status != STOA_OK)
        stoa_error_set_place(err, "_stoa/tmp/%s", commit->tmp_name);
    stoa_io_discard(&file);
    return status;
}

/* W6, second half: what was written loads. A manifest that does not would make the dataset
 * unreadable for everybody. */
static stoa_status check_manifest(const struct commit *commit, stoa_error *err)
{
    const struct stoa_root *root = commit->transaction->root;
    struct stoa_manifest *manifest = NULL;
    struct stoa_file file = STOA_FILE_CLOSED;
    STOA_TRY(
        stoa_io_open(root->tmp.fd, commit->tmp_name, STOA_OPEN_READ, NULL, &file, err));
    STOA_TRY(stoa_manifest_load(&file, base_version(commit->base) + 1, root->id, &manifest,
                                err));
    stoa_manifest_free(manifest);
    return STOA_OK;
}

static stoa_status unknown_outcome(const struct commit *commit, const stoa_error *cause,
                                   stoa_error *err)
{
    const uint64_t version = base_version(commit->base) + 1;
    commit->transaction->keep = true;
    (void)stoa_fail(err, STOA_E_UNKNOWN_OUTCOME,
                    "version %" PRIu64 " (commit %s) may or may not be committed: %s",
                    version, commit->transaction->id_text, cause->message);
    stoa_error_set_place(err, "%s", commit->request->path);
    stoa_error_set_hint(
        err,
        "stoa log %s shows whether version %" PRIu64
        " holds these sources; run the conversion again only if it does not",
        commit->request->path, version);
    return STOA_E_UNKNOWN_OUTCOME;
}

/* [DS-35, DS-36] After a link that said EEXIST or failed: a network file system may have done
 * it all the same and lost the answer. *out_exists: there is such a version, *out_mine: it is
 * ours. */
static stoa_status look_at_next(const struct commit *commit, bool *out_exists,
                                bool *out_mine, stoa_error *err)
{
    const struct stoa_root *root = commit->transaction->root;
    const uint64_t version = base_version(commit->base) + 1;
    char name[STOA_FILE_NAME_SIZE];
    struct stat facts;
    struct stoa_manifest *manifest = NULL;
    stoa_manifest_name(version, name);
    *out_mine = false;
    STOA_TRY(stoa_io_stat_at(root->log.fd, name, out_exists, &facts, err));
    if (!*out_exists)
        return STOA_OK;
    STOA_TRY(stoa_log_load(root, version, &manifest, NULL, err));
    *out_mine = memcmp(manifest->commit, commit->transaction->id, STOA_ID_SIZE) == 0;
    stoa_manifest_free(manifest);
    return STOA_OK;
}

/* W7, W8. */
static stoa_status link_manifest(const struct commit *commit, enum link_result *out_result,
                                 stoa_error *err)
{
    const struct stoa_root *root = commit->transaction->root;
    char name[STOA_FILE_NAME_SIZE];
    bool exists = false;
    bool mine = false;
    stoa_error cause;
    stoa_error looking;
    uint64_t head = 0;
    /* The predecessor's name first: else a power loss could leave a hole in the log below a
     * version that was reported as safe. */
    STOA_TRY(stoa_io_sync(&root->log, err));
    /* Into a hole in the log nothing is linked: versions above it would be hidden or hide it. */
    STOA_TRY(stoa_log_list_head(root, &head, err));
    if (head > base_version(commit->base)) {
        *out_result = LINK_LOST;
        return STOA_OK;
    }
    stoa_manifest_name(base_version(commit->base) + 1, name);
    const stoa_status linked =
        stoa_io_link(root->tmp.fd, commit->tmp_name, root->log.fd, name, &exists, &cause);
    if (linked == STOA_OK && !exists) {
        commit->transaction->keep = true;
        *out_result = LINK_WON;
        return STOA_OK;
    }
    if (linked != STOA_OK && linked != STOA_E_UNKNOWN_OUTCOME) {
        if (err != NULL)
            *err = cause;
        return linked;
    }
    const stoa_status looked = look_at_next(commit, &exists, &mine, &looking);
    if (looked != STOA_OK)
        return unknown_outcome(commit, linked == STOA_OK ? &looking : &cause, err);
    if (linked == STOA_OK && !exists)
        (void)stoa_fail(&cause, STOA_E_UNKNOWN_OUTCOME,
                        "expected the version that was in the way of the link, found none");
    /* Absent now does not mean absent for ever: a link on its way may still arrive. */
    if (!exists)
        return unknown_outcome(commit, &cause, err);
    commit->transaction->keep = mine;
    *out_result = mine ? LINK_WON : LINK_LOST;
    return STOA_OK;
}

/* 1 .. 100 ms, longer on average after each loss, at random, so that losers part. */
static void back_off(unsigned losses)
{
    uint8_t id[STOA_ID_SIZE] = {0};
    const unsigned limit = losses < 6 ? 1u << losses : BACKOFF_MAX_MS;
    if (stoa_id_create(id, NULL) != STOA_OK)
        id[0] = (uint8_t)losses;
    const unsigned ms = 1 + stoa_load_le32(id) % limit;
    const struct timespec pause = {.tv_nsec = (long)ms * 1000000};
    (void)nanosleep(&pause, NULL);
}

static bool same_schema(const struct stoa_commit_request *request,
                        const struct stoa_manifest *manifest)
{
    if (request->schema.field_count != manifest->field_count ||
        request->partition_count != manifest->partition_count)
        return false;
    for (uint32_t i = 0; i < manifest->field_count; i++) {
        const stoa_field *a = &request->schema.fields[i];
        const stoa_field *b = &manifest->fields[i];
        if (a->id != b->id || strcmp(a->name, b->name) != 0 ||
            !stoa_type_equal(a->type, b->type) || a->nullable != b->nullable)
            return false;
    }
    for (uint32_t i = 0; i < manifest->partition_count; i++) {
        if (request->partitions[i] != manifest->partitions[i])
            return false;
    }
    return true;
}

static stoa_status replace_conflict(const struct commit *commit, uint64_t version,
                                    stoa_error *err)
{
    (void)stoa_fail(err, STOA_E_COMMIT_CONFLICT,
                    "expected to replace rows of version %" PRIu64
                    " and before, found some of version %" PRIu64
                    " that another writer committed in the meantime",
                    commit->first_version, version);
    stoa_error_set_place(err, "%s", commit->request->path);
    stoa_error_set_hint(err, "run the conversion again");
    return STOA_E_COMMIT_CONFLICT;
}

/* [DS-53, DS-55] Marks what goes. Nobody's rows go unseen: those that came after the run began are a
 * conflict. */
static stoa_status mark_dropped(struct commit *commit, stoa_error *err)
{
    const struct stoa_manifest *manifest = commit->base->manifest;
    const struct stoa_commit_request *request = commit->request;
    const struct stoa_replace_query query = {
        .what = request->replaces,
        .batch = request->batch != NULL ? request->batch->id : NULL,
        .files = commit->transaction->files,
        .file_count = commit->transaction->file_count};
    commit->result.rows_replaced = 0;
    stoa_free(commit->dropped);
    commit->dropped = NULL;
    if (request->replaces == STOA_REPLACE_NOTHING)
        return STOA_OK;
    commit->dropped = stoa_alloc_array(manifest->file_count, sizeof *commit->dropped);
    if (commit->dropped == NULL)
        return stoa_fail_memory(err, manifest->file_count * sizeof *commit->dropped);
    stoa_replace_mark(manifest, &query, commit->dropped);
    for (uint32_t i = 0; i < manifest->file_count; i++) {
        const struct stoa_manifest_file *file = &manifest->files[i];
        if (commit->dropped[i] && file->version > commit->first_version)
            return replace_conflict(commit, file->version, err);
        commit->result.rows_replaced += commit->dropped[i] ? file->rows : 0;
    }
    return STOA_OK;
}

/* [DS-52] The batch is there already: by another run of the same task, or by another use of its id. */
static stoa_status check_batch(struct commit *commit, stoa_error *err)
{
    const struct stoa_commit_request *request = commit->request;
    const struct stoa_manifest *manifest = commit->base->manifest;
    const struct stoa_manifest_batch *batch =
        request->batch != NULL ? stoa_batch_find(manifest, request->batch->id) : NULL;
    if (batch == NULL || ((request->replaces & STOA_REPLACE_BATCH) &&
                          batch->version <= commit->first_version))
        return STOA_OK;
    if (batch->hash.low != request->batch->hash.low ||
        batch->hash.high != request->batch->hash.high)
        return stoa_batch_conflict(manifest, batch, request->sources, request->source_count,
                                   request->path, err);
    commit->result.is_repeat = true;
    commit->result.version = batch->version;
    return STOA_OK;
}

/* An append goes on top of anything with the same schema. */
static stoa_status check_rebase(struct commit *commit, stoa_error *err)
{
    stoa_status status = STOA_OK;
    STOA_TRY(check_batch(commit, err));
    if (commit->result.is_repeat)
        return STOA_OK;
    if (commit->request->must_create)
        status = stoa_fail(err, STOA_E_EXISTS,
                           "expected to create the dataset, found version %" PRIu64
                           " that another writer committed in the meantime",
                           base_version(commit->base));
    else if (!same_schema(commit->request, commit->base->manifest))
        status =
            stoa_fail(err, STOA_E_COMMIT_CONFLICT,
                      "expected the columns this conversion began with, found others in "
                      "version %" PRIu64 " that another writer committed in the meantime",
                      base_version(commit->base));
    if (status == STOA_OK)
        return mark_dropped(commit, err);
    stoa_error_set_place(err, "%s", commit->request->path);
    stoa_error_set_hint(err, "run the conversion again");
    return status;
}

/* Follows the log from the base to the newest version, link by link of the chain. */
static stoa_status rebase(struct commit *commit, stoa_error *err)
{
    const struct stoa_root *root = commit->transaction->root;
    struct stoa_commit_base *base = commit->base;
    uint64_t head = 0;
    STOA_TRY(stoa_log_list_head(root, &head, err));
    while (base_version(base) < head) {
        struct stoa_commit_base next = {0};
        STOA_TRY(
            stoa_log_load(root, base_version(base) + 1, &next.manifest, &next.hash, err));
        if (base->manifest != NULL) {
            const stoa_status status = stoa_log_check_chain(next.manifest, base->hash, err);
            if (status != STOA_OK) {
                stoa_commit_base_done(&next);
                return status;
            }
        }
        stoa_commit_base_done(base);
        *base = next;
    }
    return check_rebase(commit, err);
}

/* W6 .. W8, until won. */
static stoa_status win(struct commit *commit, stoa_error *err)
{
    const struct stoa_root *root = commit->transaction->root;
    for (unsigned losses = 0; losses < LOSSES_MAX; losses++) {
        enum link_result result = LINK_LOST;
        STOA_TRY(stoa_transaction_ask(commit->transaction, err));
        (void)snprintf(commit->tmp_name, sizeof commit->tmp_name, "%s-%u.stoa",
                       commit->transaction->id_text, losses);
        stoa_status status = stage_manifest(commit, err);
        if (status == STOA_OK)
            status = check_manifest(commit, err);
        if (status == STOA_OK)
            status = link_manifest(commit, &result, err);
        if (status == STOA_OK && result == LINK_WON)
            return STOA_OK;
        if (status != STOA_E_UNKNOWN_OUTCOME)
            stoa_path_try_remove(root->tmp.fd, commit->tmp_name);
        STOA_TRY(status);
        back_off(losses);
        STOA_TRY(rebase(commit, err));
        if (commit->result.is_repeat)
            return STOA_OK;
    }
    const stoa_status status = stoa_fail(
        err, STOA_E_COMMIT_CONFLICT,
        "expected to commit within %d tries, found another writer faster each time",
        LOSSES_MAX);
    stoa_error_set_place(err, "%s", commit->request->path);
    stoa_error_set_hint(err, "run the conversion again");
    return status;
}

/* W4 .. W10. */
static stoa_status make_version(struct commit *commit, stoa_error *err)
{
    struct stoa_transaction *transaction = commit->transaction;
    const struct stoa_root *root = transaction->root;
    const struct stoa_commit_base *base = commit->base;
    stoa_error cause;
    /* W4 */
    STOA_TRY(stoa_transaction_sync(transaction, err));
    if (base->manifest == NULL)
        STOA_TRY(stoa_root_sync(root, commit->request->path, err));
    STOA_TRY(win(commit, err));
    if (commit->result.is_repeat)
        return STOA_OK;
    /* W9: from here on the version can be seen, and it is not ours to take back. */
    const stoa_status synced = stoa_io_sync(&root->log, &cause);
    if (synced != STOA_OK)
        return unknown_outcome(commit, &cause, err);
    /* W10: leftovers of it are harmless. */
    stoa_path_try_remove(root->tmp.fd, commit->tmp_name);
    stoa_log_write_hint(root, base_version(base) + 1);
    commit->result.version = base_version(base) + 1;
    return STOA_OK;
}

stoa_status stoa_commit(struct stoa_transaction *transaction,
                        const struct stoa_commit_request *request,
                        struct stoa_commit_base *base,
                        struct stoa_commit_result *out_result, stoa_error *err)
{
    struct commit commit = {.transaction = transaction,
                            .request = request,
                            .base = base,
                            .first_version = base_version(base)};
    stoa_status status = STOA_OK;
    if (base->manifest != NULL)
        status = check_rebase(&commit, err);
    if (status == STOA_OK && !commit.result.is_repeat)
        status = make_version(&commit, err);
    stoa_free(commit.dropped);
    if (status == STOA_OK)
        *out_result = commit.result;
    return status;
}
