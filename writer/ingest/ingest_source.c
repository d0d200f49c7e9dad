/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, spooling and reading sources. Called when a source is added and by every pass; an
 * input owns its spool, a reader its descriptor for the time of a pass, so that thousands of
 * sources need no thousands of descriptors.
 */
#include "writer/ingest/ingest_source.h"

#include <fcntl.h>
#include <string.h>

#include "common/alloc.h"

enum { COPY_BYTES = 256 << 10, MAGIC_BYTES = 64 << 10, WAIT_MILLISECONDS = 200 };

void stoa_source_done(struct stoa_input *input)
{
    stoa_io_discard(&input->spool);
}

/* ---- spooling ---- */

static stoa_status open_spool(const struct stoa_ingest *ingest, struct stoa_file *out_file,
                              stoa_error *err)
{
    struct stoa_file directory = STOA_FILE_CLOSED;
    if (ingest->options.spool_directory)
        return stoa_io_open_temporary(ingest->options.spool_directory->fd, out_file, err);
    STOA_TRY(stoa_io_open(AT_FDCWD, "/tmp", STOA_OPEN_DIRECTORY, NULL, &directory, err));
    const stoa_status status = stoa_io_open_temporary(directory.fd, out_file, err);
    stoa_io_discard(&directory);
    return status;
}

/* Somebody at the other end may never write: the caller is asked while nothing comes. */
static stoa_status copy_stream(const struct stoa_ingest *ingest,
                               const struct stoa_file *from, const struct stoa_file *to,
                               struct stoa_hasher *hasher, uint64_t *out_size,
                               stoa_error *err)
{
    const struct stoa_ingest_options *options = &ingest->options;
    uint8_t *block = stoa_alloc(COPY_BYTES);
    stoa_status status = STOA_OK;
    uint64_t size = 0;
    if (!block)
        return stoa_fail_memory(err, COPY_BYTES);
    for (;;) {
        size_t got = 0;
        bool is_waiting = false;
        STOA_TRY_CLEANUP(stoa_io_read_ready(from, WAIT_MILLISECONDS, block, COPY_BYTES,
                                            &got, &is_waiting, err));
        if (got == 0 && !is_waiting)
            break;
        STOA_TRY_CLEANUP(stoa_io_write(to, block, got, err));
        stoa_hasher_update(hasher, block, got);
        size += got;
        if (options->on_progress)
            STOA_TRY_CLEANUP(
                options->on_progress(options->progress_context, 1, size, 0, err));
    }
    *out_size = size;
cleanup:
    stoa_free(block);
    return status;
}

/* What came through a pipe, as it came. */
static stoa_status spool_stream(const struct stoa_ingest *ingest, struct stoa_input *input,
                                const struct stoa_file *from, stoa_error *err)
{
    struct stoa_hasher *hasher = stoa_hasher_create();
    stoa_status status = STOA_OK;
    if (!hasher)
        return stoa_fail_memory(err, 0);
    STOA_TRY_CLEANUP(open_spool(ingest, &input->spool, err));
    STOA_TRY_CLEANUP(
        copy_stream(ingest, from, &input->spool, hasher, &input->info.size, err));
    input->info.hash = stoa_hasher_digest(hasher);
    input->text_size = input->info.size;
cleanup:
    stoa_hasher_free(hasher);
    return status;
}

/* Replaces the text by its decoded form; `from` is the source or its spool. */
static stoa_status decode_text(const struct stoa_ingest *ingest, struct stoa_input *input,
                               const struct stoa_file *from, const char *encoding,
                               stoa_error *err)
{
    struct stoa_file decoded = STOA_FILE_CLOSED;
    struct stoa_hasher *hasher = stoa_hasher_create();
    stoa_status status = STOA_OK;
    if (!hasher)
        return stoa_fail_memory(err, 0);
    STOA_TRY_CLEANUP(open_spool(ingest, &decoded, err));
    STOA_TRY_CLEANUP(
        stoa_encoding_decode(encoding, from, &decoded, hasher, &input->text_size, err));
    input->info.hash = stoa_hasher_digest(hasher);
    stoa_io_discard(&input->spool);
    input->spool = decoded;
    decoded = STOA_FILE_CLOSED;
cleanup:
    stoa_io_discard(&decoded);
    stoa_hasher_free(hasher);
    return status;
}

/* ---- opening ---- */

/* Looks at the first bytes: a format that is no text, or an encoding to decode. */
static stoa_status inspect(const struct stoa_ingest *ingest, struct stoa_input *input,
                           const struct stoa_file *text, stoa_error *err)
{
    const char *encoding = ingest->options.encoding;
    uint8_t *bytes = stoa_alloc(MAGIC_BYTES);
    size_t size = 0;
    stoa_status status = STOA_OK;
    if (!bytes)
        return stoa_fail_memory(err, MAGIC_BYTES);
    STOA_TRY_CLEANUP(stoa_io_read_some_at(text, 0, bytes, MAGIC_BYTES, &size, err));
    if (size == 0) {
        status =
            stoa_fail(err, STOA_E_EMPTY_SOURCE, "expected rows, found an empty source");
        goto cleanup;
    }
    if (!ingest->format)
        STOA_TRY_CLEANUP(stoa_input_check_magic(bytes, size, err));
    if (!encoding)
        encoding = stoa_encoding_of_mark(bytes, size);
    if (encoding && !stoa_encoding_is_utf8(encoding))
        STOA_TRY_CLEANUP(decode_text(ingest, input, text, encoding, err));
cleanup:
    stoa_free(bytes);
    return status;
}

static stoa_status open_named(struct stoa_input *input, struct stoa_file *out_file,
                              bool *out_is_stream, stoa_error *err)
{
    struct stat facts;
    if (strcmp(input->info.name, "-") == 0) {
        char *name = stoa_strdup("-");
        if (!name)
            return stoa_fail_memory(err, 2);
        *out_file = (struct stoa_file){.fd = 0, .name = name};
        *out_is_stream = true;
        return STOA_OK;
    }
    STOA_TRY(
        stoa_io_open(AT_FDCWD, input->info.name, STOA_OPEN_STREAM, NULL, out_file, err));
    STOA_TRY(stoa_io_stat(out_file, &facts, err));
    *out_is_stream = !S_ISREG(facts.st_mode);
    input->info.size = (uint64_t)facts.st_size;
    input->text_size = input->info.size;
    input->info.mtime_ns =
        (int64_t)facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec;
    return STOA_OK;
}

/* Standard input stays open: it belongs to the process. */
static void release_named(const struct stoa_input *input, struct stoa_file *file)
{
    if (strcmp(input->info.name, "-") == 0)
        file->fd = -1;
    stoa_io_discard(file);
}

stoa_status stoa_source_open(const struct stoa_ingest *ingest, struct stoa_input *input,
                             stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    bool is_stream = false;
    input->spool = STOA_FILE_CLOSED;
    stoa_status status = open_named(input, &file, &is_stream, err);
    if (status == STOA_OK && is_stream)
        status = spool_stream(ingest, input, &file, err);
    if (status == STOA_OK)
        status = inspect(ingest, input, is_stream ? &input->spool : &file, err);
    release_named(input, &file);
    if (status != STOA_OK) {
        stoa_error_set_place(err, "%s", input->info.name);
        stoa_source_done(input);
    }
    return status;
}

stoa_status stoa_source_head(const struct stoa_input *input, size_t size,
                             struct stoa_buf *buf, struct stoa_input_head *out_head,
                             stoa_error *err)
{
    struct stoa_text_reader reader;
    size_t got = 0;
    buf->size = 0;
    STOA_TRY(stoa_buf_reserve(buf, size + STOA_CSV_PADDING, err));
    STOA_TRY(stoa_text_open(input, &reader, err));
    const stoa_status status =
        stoa_io_read_some_at(&reader.file, 0, buf->data, size, &got, err);
    stoa_text_close(&reader);
    STOA_TRY(status);
    memset(buf->data + got, 0, STOA_CSV_PADDING);
    buf->size = got;
    *out_head =
        (struct stoa_input_head){.bytes = buf->data, .size = got, .is_whole = got < size};
    return STOA_OK;
}

/* ---- reading ---- */

stoa_status stoa_text_open(const struct stoa_input *input,
                           struct stoa_text_reader *out_reader, stoa_error *err)
{
    struct stoa_text_reader reader = {.input = input, .file = input->spool};
    if (input->spool.fd < 0) {
        reader.is_owned = true;
        STOA_TRY(stoa_io_open(AT_FDCWD, input->info.name, STOA_OPEN_READ, NULL,
                              &reader.file, err));
        reader.hasher = stoa_hasher_create();
        if (!reader.hasher) {
            stoa_io_discard(&reader.file);
            return stoa_fail_memory(err, 0);
        }
    }
    *out_reader = reader;
    return STOA_OK;
}

void stoa_text_close(struct stoa_text_reader *reader)
{
    if (reader->is_owned)
        stoa_io_discard(&reader->file);
    stoa_hasher_free(reader->hasher);
    *reader = (struct stoa_text_reader){.file = STOA_FILE_CLOSED};
}

stoa_status stoa_text_read(struct stoa_text_reader *reader, uint64_t offset, uint8_t *bytes,
                           size_t size, size_t *out_got, stoa_error *err)
{
    STOA_TRY(stoa_io_read_some_at(&reader->file, offset, bytes, size, out_got, err));
    const uint64_t end = offset + *out_got;
    if (reader->hasher && offset <= reader->hashed && end > reader->hashed) {
        const size_t known = (size_t)(reader->hashed - offset);
        stoa_hasher_update(reader->hasher, bytes + known, *out_got - known);
        reader->hashed = end;
    }
    return STOA_OK;
}

void stoa_text_keep_identity(const struct stoa_text_reader *reader,
                             struct stoa_input *input)
{
    if (!reader->hasher)
        return;
    input->info.hash = stoa_hasher_digest(reader->hasher);
    input->info.size = reader->hashed;
    input->text_size = reader->hashed;
}

stoa_status stoa_source_fail_changed(const struct stoa_input *input, stoa_error *err)
{
    const stoa_status status =
        stoa_fail(err, STOA_E_SOURCE_CHANGED,
                  "expected the bytes that were read before, found others");
    stoa_error_set_place(err, "%s", input->info.name);
    stoa_error_set_hint(err,
                        "somebody writes to this source; run again when it is complete");
    return status;
}

stoa_status stoa_text_check_identity(const struct stoa_text_reader *reader, stoa_error *err)
{
    if (!reader->hasher)
        return STOA_OK;
    const struct stoa_hash128 hash = stoa_hasher_digest(reader->hasher);
    const struct stoa_ingest_source *info = &reader->input->info;
    if (reader->hashed == info->size && hash.low == info->hash.low &&
        hash.high == info->hash.high)
        return STOA_OK;
    return stoa_source_fail_changed(reader->input, err);
}
