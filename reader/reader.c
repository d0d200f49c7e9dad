/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and closing a file. Open reads the header and the file's last 8 KiB, which hold the
 * trailer, the directory and, in small files, the whole footer; it checks what the first 64
 * and last 128 bytes say about the file's shape, and leaves everything else to first use
 * [FMT-80]. Called by the dataset layer, once per file.
 */
#include "reader/reader.h"

#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/checked.h"
#include "reader/reader_state.h"

enum {
    TAIL_READ = 8192, /* two pages and the trailer, in most files */
    SMALLEST_FILE = STOA_HEADER_SIZE + STOA_TRAILER_SIZE,
    SMALLEST_SCHEMA = STOA_SCHEMA_HEADER_SIZE + STOA_SCHEMA_NODE_SIZE + 8
};

static stoa_status check_size(struct stoa_reader *reader,
                              const struct stoa_reader_options *options, stoa_error *err)
{
    struct stat facts;
    STOA_TRY(stoa_io_stat(&reader->file, &facts, err));
    if (!S_ISREG(facts.st_mode))
        return stoa_fail(err, STOA_E_NOT_STOA,
                         "expected a regular file, found something else");
    reader->size = (uint64_t)facts.st_size;
    if (options->expected_size != 0 && options->expected_size != reader->size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a file of %" PRIu64 " bytes, found %" PRIu64,
                         options->expected_size, reader->size);
    return STOA_OK;
}

static stoa_status read_header(struct stoa_reader *reader, stoa_error *err)
{
    uint8_t bytes[STOA_HEADER_SIZE] = {0};
    const size_t size =
        reader->size < STOA_HEADER_SIZE ? (size_t)reader->size : STOA_HEADER_SIZE;
    STOA_TRY(stoa_io_read_at(&reader->file, 0, bytes, size, err));
    if (reader->size < SMALLEST_FILE && memcmp(bytes, STOA_HEAD_MAGIC, 4) == 0) {
        stoa_fail(err, STOA_E_CORRUPT, "expected at least %d bytes, found %" PRIu64,
                  SMALLEST_FILE, reader->size);
        stoa_error_set_hint(err, "the file was cut short, or its writer did not finish");
        return STOA_E_CORRUPT;
    }
    return stoa_header_read(bytes, &reader->header, err);
}

/* The trailer must tell the same as the header. */
static stoa_status check_ends_agree(const struct stoa_reader *reader, stoa_error *err)
{
    const struct stoa_header *header = &reader->header;
    const struct stoa_trailer *trailer = &reader->trailer;
    if (header->incompatible != trailer->incompatible ||
        header->compatible != trailer->compatible ||
        header->identity.low != trailer->identity.low ||
        header->identity.high != trailer->identity.high)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the trailer of schema %016" PRIx64 "%016" PRIx64
                         ", found that of %016" PRIx64 "%016" PRIx64
                         " or other feature bits",
                         header->identity.high, header->identity.low,
                         trailer->identity.high, trailer->identity.low);
    return STOA_OK;
}

/* [FMT-7] */
static stoa_status check_shape(const struct stoa_reader *reader, stoa_error *err)
{
    const uint64_t schema_size = reader->header.schema_size;
    const uint64_t room = reader->trailer.footer_offset - STOA_HEADER_SIZE;
    if (schema_size < SMALLEST_SCHEMA || schema_size > room)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a schema section of %d to %" PRIu64
                         " bytes, found %" PRIu64,
                         SMALLEST_SCHEMA, room, schema_size);
    if (reader->trailer.row_groups == 0 && schema_size != room)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected no bytes between schema section and footer of a file "
                         "without rows, found %" PRIu64,
                         room - schema_size);
    return STOA_OK;
}

/* The end of the file by one call: the trailer, and what came with it. */
static stoa_status read_end(struct stoa_reader *reader, stoa_error *err)
{
    stoa_status status = STOA_OK;
    const size_t size = reader->size < TAIL_READ ? (size_t)reader->size : TAIL_READ;
    const uint64_t offset = reader->size - size;
    uint8_t *bytes = stoa_alloc(size);
    if (!bytes)
        return stoa_fail_memory(err, size);
    STOA_TRY_CLEANUP(stoa_io_read_at(&reader->file, offset, bytes, size, err));
    STOA_TRY_CLEANUP(stoa_trailer_read(bytes + (size - STOA_TRAILER_SIZE), reader->size,
                                       &reader->trailer, err));
    STOA_TRY_CLEANUP(check_ends_agree(reader, err));
    STOA_TRY_CLEANUP(check_shape(reader, err));
    STOA_TRY_CLEANUP(stoa_stream_init(reader, err));
    stoa_stream_offer(reader, bytes, offset, size - STOA_TRAILER_SIZE);
cleanup:
    stoa_free(bytes);
    return status;
}

static stoa_status open_reader(struct stoa_reader *reader,
                               const struct stoa_reader_options *options, stoa_error *err)
{
    STOA_TRY(check_size(reader, options, err));
    STOA_TRY(read_header(reader, err));
    STOA_TRY(read_end(reader, err));
    STOA_TRY(stoa_directory_read(reader, err));
    const uint32_t columns =
        reader->trailer.columns; /* as many records are in the footer */
    const uint32_t parts = columns / STOA_READER_NAMES + 1;
    reader->names = stoa_alloc_zeroed(parts, sizeof *reader->names);
    if (!reader->names)
        return stoa_fail_memory(err, parts * sizeof *reader->names);
    return STOA_OK;
}

/* Each name once, with its NUL and what the arena rounds up. */
static size_t arena_maximum(const struct stoa_reader *reader)
{
    return (size_t)(reader->stream_size + (uint64_t)reader->trailer.columns * 64 +
                    (1 << 16));
}

stoa_status stoa_reader_open(struct stoa_file *file,
                             const struct stoa_reader_options *options,
                             struct stoa_reader **out_reader, stoa_error *err)
{
    static const struct stoa_reader_options defaults = {.expected_size = 0};
    struct stoa_reader *reader = stoa_alloc_zeroed(1, sizeof *reader);
    if (!reader) {
        stoa_io_discard(file);
        return stoa_fail_memory(err, sizeof *reader);
    }
    reader->file = *file;
    *file = STOA_FILE_CLOSED;
    options = options ? options : &defaults;
    reader->skip_checksums = options->skip_checksums;
    reader->kernels = options->kernels ? options->kernels : stoa_kernels_best();
    pthread_mutex_init(&reader->lock, NULL); /* cannot fail on Linux without attributes */
    stoa_arena_init(&reader->arena, 0);
    const stoa_status status = open_reader(reader, options, err);
    if (status != STOA_OK) {
        stoa_error_set_place(err, "%s", reader->file.name);
        stoa_reader_close(reader);
        return status;
    }
    stoa_arena_init(&reader->arena, arena_maximum(reader));
    *out_reader = reader;
    return STOA_OK;
}

void stoa_reader_close(struct stoa_reader *reader)
{
    if (!reader)
        return;
    stoa_io_discard(&reader->file);
    stoa_stream_done(reader);
    stoa_free(reader->names);
    stoa_free(atomic_load(&reader->schema));
    stoa_arena_done(&reader->arena);
    pthread_mutex_destroy(&reader->lock);
    stoa_free(reader);
}

const char *stoa_reader_name(const struct stoa_reader *reader)
{
    return reader->file.name;
}

uint64_t stoa_reader_rows(const struct stoa_reader *reader)
{
    return reader->trailer.rows;
}

uint32_t stoa_reader_columns(const struct stoa_reader *reader)
{
    return reader->trailer.columns;
}

uint32_t stoa_reader_row_groups(const struct stoa_reader *reader)
{
    return reader->trailer.row_groups;
}

uint64_t stoa_reader_file_size(const struct stoa_reader *reader)
{
    return reader->size;
}

struct stoa_hash128 stoa_reader_content(const struct stoa_reader *reader)
{
    return reader->trailer.content;
}

struct stoa_hash128 stoa_reader_identity(const struct stoa_reader *reader)
{
    return reader->header.identity;
}

const struct stoa_file *stoa_reader_file(const struct stoa_reader *reader)
{
    return &reader->file;
}
