/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking data files. The read-back of new files costs one more look at bytes that are still
 * in the page cache; what it buys is that a codec bug or a bad memory cell is found while the
 * source is still at hand.
 */
#include "dataset/file_check.h"

#include <inttypes.h>

#include "common/alloc.h"
#include "dataset/row_scan.h"

enum { HASH_CHUNK = 1 << 18 };

stoa_status stoa_file_hash(const struct stoa_file *file, struct stoa_hash128 *out_hash,
                           uint64_t *out_size, stoa_error *err)
{
    struct stoa_hasher *hasher = stoa_hasher_create();
    uint8_t *chunk = stoa_alloc(HASH_CHUNK);
    uint64_t size = 0;
    size_t got = HASH_CHUNK;
    stoa_status status = STOA_OK;
    if (hasher == NULL || chunk == NULL) {
        status = stoa_fail_memory(err, HASH_CHUNK);
        goto cleanup;
    }
    while (got == HASH_CHUNK) {
        STOA_TRY_CLEANUP(stoa_io_read_some_at(file, size, chunk, HASH_CHUNK, &got, err));
        stoa_hasher_update(hasher, chunk, got);
        size += got;
    }
    *out_hash = stoa_hasher_digest(hasher);
    *out_size = size;
cleanup:
    stoa_hasher_free(hasher);
    stoa_free(chunk);
    return status;
}

static stoa_status check_content(const struct stoa_reader *reader,
                                 struct stoa_hash128 expected, stoa_error *err)
{
    const struct stoa_hash128 found = stoa_reader_content(reader);
    if (found.low == expected.low && found.high == expected.high)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected the content identity of the manifest, %016" PRIx64
                     "%016" PRIx64 ", found %016" PRIx64 "%016" PRIx64,
                     expected.high, expected.low, found.high, found.low);
}

/* [DS-17] */
stoa_status stoa_file_check_entry(struct stoa_reader *reader,
                                  const struct stoa_manifest_file *entry,
                                  const stoa_schema *schema, stoa_error *err)
{
    const stoa_schema *found = NULL;
    STOA_TRY(check_content(reader, entry->content, err));
    if (stoa_reader_rows(reader) != entry->rows)
        return stoa_fail(err, STOA_E_CORRUPT, "expected %" PRIu64 " rows, found %" PRIu64,
                         entry->rows, stoa_reader_rows(reader));
    STOA_TRY(stoa_reader_schema(reader, &found, err));
    if (found->field_count != schema->field_count)
        return stoa_fail(err, STOA_E_CORRUPT, "expected %zu columns, found %zu",
                         schema->field_count, found->field_count);
    for (size_t i = 0; i < schema->field_count; i++) {
        const stoa_field *a = &schema->fields[i];
        const stoa_field *b = &found->fields[i];
        if (a->id != b->id || !stoa_type_equal(a->type, b->type))
            return stoa_fail(
                err, STOA_E_CORRUPT,
                "expected field %u in column %zu (\"%s\") with the type of the "
                "dataset, found field %u",
                a->id, i + 1, a->name, b->id);
    }
    return STOA_OK;
}

stoa_status stoa_file_open_data(const struct stoa_file *root, const char *path,
                                uint64_t size, struct stoa_reader **out_reader,
                                stoa_error *err)
{
    const struct stoa_reader_options options = {.expected_size = size};
    struct stoa_file file = STOA_FILE_CLOSED;
    STOA_TRY(stoa_path_open(root, path, STOA_OPEN_READ, &file, err));
    return stoa_reader_open(&file, &options, out_reader, err);
}

/* Decodes one block of every column: another one in each column, so that wide files are
 * sampled all over. The reader checks counts and structure while it does so. */
static stoa_status decode_sample(struct stoa_reader *reader, stoa_error *err)
{
    const uint32_t groups = stoa_reader_row_groups(reader);
    for (uint32_t c = 0; groups > 0 && c < stoa_reader_columns(reader); c++) {
        struct stoa_row_group_info info;
        struct stoa_row_scan scan = {0};
        STOA_TRY(stoa_reader_row_group(reader, c % groups, &info, err));
        const uint32_t block = c % info.blocks;
        const uint64_t first = info.first_row + (uint64_t)block * STOA_BLOCK_ROWS;
        const uint64_t left = info.first_row + info.rows - first;
        const uint64_t end = first + (left < STOA_BLOCK_ROWS ? left : STOA_BLOCK_ROWS);
        stoa_status status = stoa_row_scan_init(&scan, reader, &c, 1, err);
        for (uint64_t row = first; row < end && status == STOA_OK; row += STOA_VECTOR_ROWS)
            status = stoa_row_scan_seek(&scan, row, err);
        stoa_row_scan_done(&scan);
        STOA_TRY(status);
    }
    return STOA_OK;
}

static stoa_status check_bytes(const struct stoa_file *root,
                               const struct stoa_manifest_file *expected, stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_hash128 hash = {0};
    uint64_t size = 0;
    STOA_TRY(stoa_path_open(root, expected->path, STOA_OPEN_READ, &file, err));
    stoa_status status = stoa_file_hash(&file, &hash, &size, err);
    if (status == STOA_OK && (size != expected->size || hash.low != expected->hash.low ||
                              hash.high != expected->hash.high))
        status = stoa_fail(err, STOA_E_CORRUPT,
                           "expected the %" PRIu64
                           " bytes that were written, read back %" PRIu64 " other ones",
                           expected->size, size);
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s", file.name);
    stoa_io_discard(&file);
    return status;
}

stoa_status stoa_file_check_new(const struct stoa_file *root,
                                const struct stoa_manifest_file *file,
                                const stoa_schema *schema, stoa_error *err)
{
    struct stoa_reader *reader = NULL;
    STOA_TRY(check_bytes(root, file, err));
    STOA_TRY(stoa_file_open_data(root, file->path, file->size, &reader, err));
    stoa_status status = stoa_file_check_entry(reader, file, schema, err);
    if (status == STOA_OK)
        status = stoa_reader_verify(reader, false, NULL, NULL, NULL, err);
    if (status == STOA_OK)
        status = decode_sample(reader, err);
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s/%s", root->name, file->path);
    stoa_reader_close(reader);
    return status;
}
