/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See replace.h. Files and sources of a manifest are in the order of the versions that added them
 * [DS-13], so that those of one version are found by bisection.
 */
#include "dataset/replace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "format/text.h"

stoa_status stoa_batch_check_id(const char *id, stoa_error *err)
{
    const size_t length = strlen(id);
    bool is_plain = length > 0 && length <= STOA_BATCH_ID_MAX &&
                    stoa_utf8_is_valid((const uint8_t *)id, length);
    for (size_t i = 0; is_plain && i < length; i++)
        is_plain = (uint8_t)id[i] >= 0x20 && id[i] != 0x7f;
    if (is_plain)
        return STOA_OK;
    return stoa_fail(err, STOA_E_USAGE,
                     "expected a batch id of 1 to %d bytes of UTF-8 without control "
                     "characters, found %zu bytes",
                     STOA_BATCH_ID_MAX, length);
}

const struct stoa_manifest_batch *stoa_batch_find(const struct stoa_manifest *manifest,
                                                  const char *id)
{
    for (uint32_t i = 0; manifest != NULL && i < manifest->batch_count; i++) {
        if (strcmp(manifest->batches[i].id, id) == 0)
            return &manifest->batches[i];
    }
    return NULL;
}

struct fingerprint {
    uint8_t bytes[24]; /* size, hash */
};

static int compare_fingerprints(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct fingerprint));
}

stoa_status stoa_batch_hash(const struct stoa_manifest_source *sources, uint32_t count,
                            struct stoa_hash128 *out_hash, stoa_error *err)
{
    struct fingerprint *prints = stoa_alloc_array(count, sizeof *prints);
    if (prints == NULL)
        return stoa_fail_memory(err, count * sizeof *prints);
    for (uint32_t i = 0; i < count; i++) {
        stoa_store_le64(prints[i].bytes, sources[i].size);
        stoa_store_le64(prints[i].bytes + 8, sources[i].hash.low);
        stoa_store_le64(prints[i].bytes + 16, sources[i].hash.high);
    }
    qsort(prints, count, sizeof *prints, compare_fingerprints);
    *out_hash = stoa_hash128(prints, count * sizeof *prints);
    stoa_free(prints);
    return STOA_OK;
}

stoa_status stoa_batch_conflict(const struct stoa_manifest *manifest,
                                const struct stoa_manifest_batch *batch,
                                const struct stoa_manifest_source *sources, uint32_t count,
                                const char *path, stoa_error *err)
{
    const struct stoa_manifest_source *was = NULL;
    uint32_t was_count = 0;
    for (uint32_t i = 0; i < manifest->source_count; i++) {
        if (manifest->sources[i].version != batch->version)
            continue;
        was = was_count++ == 0 ? &manifest->sources[i] : was;
    }
    (void)stoa_fail(err, STOA_E_BATCH_CONFLICT,
                    "expected the sources that batch \"%s\" was committed with in version "
                    "%" PRIu64 " (%u, the first \"%.60s\" of %" PRIu64
                    " bytes), found others (%u, the first \"%.60s\" of %" PRIu64 " bytes)",
                    batch->id, batch->version, was_count, was != NULL ? was->name : "",
                    was != NULL ? was->size : 0, count, count > 0 ? sources[0].name : "",
                    count > 0 ? sources[0].size : 0);
    stoa_error_set_place(err, "%s", path);
    stoa_error_set_hint(
        err,
        "--replace-batch puts these rows in the place of the batch's %" PRIu64 ", at once",
        batch->rows_written);
    return STOA_E_BATCH_CONFLICT;
}

static bool same_partition(const struct stoa_manifest_file *a,
                           const struct stoa_manifest_file *b, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        const struct stoa_partition_value *x = &a->values[k];
        const struct stoa_partition_value *y = &b->values[k];
        if ((x->text == NULL) != (y->text == NULL))
            return false;
        if (x->text != NULL &&
            (x->length != y->length || memcmp(x->text, y->text, x->length) != 0))
            return false;
    }
    return true;
}

static bool is_replaced(const struct stoa_manifest *manifest,
                        const struct stoa_replace_query *query,
                        const struct stoa_manifest_batch *batch,
                        const struct stoa_manifest_file *file)
{
    if (query->what & STOA_REPLACE_ALL)
        return true;
    if ((query->what & STOA_REPLACE_BATCH) && batch != NULL &&
        file->version == batch->version)
        return true;
    if (!(query->what & STOA_REPLACE_PARTITIONS))
        return false;
    for (uint32_t i = 0; i < query->file_count; i++) {
        if (same_partition(file, &query->files[i], manifest->partition_count))
            return true;
    }
    return false;
}

void stoa_replace_mark(const struct stoa_manifest *manifest,
                       const struct stoa_replace_query *query, bool *dropped)
{
    const struct stoa_manifest_batch *batch =
        query->batch != NULL ? stoa_batch_find(manifest, query->batch) : NULL;
    for (uint32_t i = 0; i < manifest->file_count; i++)
        dropped[i] = is_replaced(manifest, query, batch, &manifest->files[i]);
}

bool stoa_replace_survives(const struct stoa_manifest *manifest, const bool *dropped,
                           uint64_t version)
{
    uint32_t low = 0;
    uint32_t high = manifest->file_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (manifest->files[middle].version < version)
            low = middle + 1;
        else
            high = middle;
    }
    bool has_files = false;
    for (; low < manifest->file_count && manifest->files[low].version == version; low++) {
        if (dropped == NULL || !dropped[low])
            return true;
        has_files = true;
    }
    return !has_files;
}
