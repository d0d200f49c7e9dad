/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing schema sections and tails: see pack.h. A packed section begins with what no section
 * begins with, a count of 0; a packed tail has a flag in its end.
 */
#include "format/pack.h"

#include <inttypes.h>
#include <string.h>

#include "common/arena.h"
#include "common/bits.h"
#include "common/checked.h"
#include "format/enc/stream.h"
#include "format/layout_schema.h"
#include "format/pack_records.h"

/* ---- streams outside of nodes ---- */

/* Larger parts are packed at the speed of text. */
enum { SMALL_PART = 1 << 20 };

static stoa_status append_stream(const uint8_t *raw, size_t size, struct stoa_buf *out,
                                 stoa_error *err)
{
    const struct stoa_stream_use use = {.profile = STOA_PROFILE_BALANCED,
                                        .kind = size < SMALL_PART ? STOA_STREAM_RECORDS
                                                                  : STOA_STREAM_TEXT};
    return stoa_stream_write(&use, raw, size, STOA_FRAME_RAW_SIZE, out, err);
}

/* Only names the part in messages. */
static const struct stoa_encoding packed_part = {.name = "packed"};

/* The stream that begins at `bytes`; *out_size is what it takes of the `left` bytes. */
static stoa_status unpack_stream(const uint8_t *bytes, size_t left, struct stoa_buf *out,
                                 size_t *out_size, stoa_error *err)
{
    struct stoa_arena arena;
    stoa_status status = STOA_OK;
    struct stoa_stream stream;
    const uint8_t *raw = NULL;
    stoa_arena_init(&arena, STOA_STREAM_MAX_RAW + (1 << 20));
    struct stoa_enc_context context = {.arena = &arena};
    struct stoa_node node = {
        .encoding = &packed_part, .bytes = bytes, .size = left, .context = &context};
    struct stoa_parts parts = {.node = &node};
    STOA_TRY_CLEANUP(stoa_stream_open(&parts, &stream, err));
    STOA_TRY_CLEANUP(stoa_stream_touch(&stream, 0, stream.raw_size, &raw, err));
    STOA_TRY_CLEANUP(stoa_buf_append(out, raw, stream.raw_size, err));
    *out_size = parts.at;
cleanup:
    stoa_arena_done(&arena);
    return status;
}

/* ---- schema sections [FMT-11] ---- */

/* The stream of a section of `count` nodes, arranged. */
static stoa_status append_section(const uint8_t *section, size_t size, size_t count,
                                  struct stoa_buf *out, stoa_error *err)
{
    struct stoa_buf work;
    stoa_status status = STOA_OK;
    stoa_buf_init(&work, 2 * size);
    STOA_TRY_CLEANUP(stoa_buf_reserve(&work, 2 * size, err));
    STOA_TRY_CLEANUP(stoa_buf_append(&work, section, size, err));
    STOA_TRY_CLEANUP(stoa_buf_append_zeros(&work, size, err));
    stoa_nodes_arrange(work.data, size, count, work.data + size);
    STOA_TRY_CLEANUP(append_stream(work.data + size, size, out, err));
cleanup:
    stoa_buf_done(&work);
    return status;
}

stoa_status stoa_schema_section_pack(const uint8_t *section, size_t size, size_t columns,
                                     struct stoa_buf *out, stoa_error *err)
{
    const size_t start = out->size;
    if (columns >= STOA_PACK_COLUMNS && size <= STOA_STREAM_MAX_RAW) {
        STOA_TRY(stoa_buf_append_zeros(out, STOA_SCHEMA_HEADER_SIZE, err));
        STOA_TRY(append_section(section, size, columns, out, err));
        const size_t stored = out->size - start - STOA_SCHEMA_HEADER_SIZE;
        stoa_store_le64(
            out->data + start + 8,
            stoa_hash64(out->data + start + STOA_SCHEMA_HEADER_SIZE, stored, 0));
        if (out->size - start < size)
            return STOA_OK;
        out->size = start;
    }
    return stoa_buf_append(out, section, size, err);
}

/* Bytes of a stream with this header. */
static uint64_t stream_size(const uint8_t *header)
{
    const uint64_t frame_size = stoa_load_le32(header + 4);
    const uint64_t raw_size = stoa_load_le32(header + 8);
    const uint64_t frames =
        frame_size == 0 || raw_size == 0 ? 1 : (raw_size - 1) / frame_size + 1;
    return STOA_STREAM_HEADER_SIZE + stoa_align_up((frames - 1) * 4, 8) +
           stoa_align_up(stoa_load_le32(header + 12), 8);
}

uint64_t stoa_schema_section_size(const uint8_t bytes[STOA_SCHEMA_START_SIZE])
{
    const uint64_t columns = stoa_load_le32(bytes);
    if (columns == 0)
        return STOA_SCHEMA_HEADER_SIZE + stream_size(bytes + STOA_SCHEMA_HEADER_SIZE);
    return stoa_align_up(STOA_SCHEMA_HEADER_SIZE + columns * STOA_SCHEMA_NODE_SIZE +
                             stoa_load_le32(bytes + 4),
                         STOA_PAYLOAD_ALIGN);
}

/* Appends the section that these raw bytes of a stream stand for. */
static stoa_status restore_section(const struct stoa_buf *raw, struct stoa_buf *out,
                                   stoa_error *err)
{
    const size_t start = out->size;
    const uint64_t count =
        raw->size < STOA_SCHEMA_HEADER_SIZE ? UINT32_MAX : stoa_load_le32(raw->data);
    if (STOA_SCHEMA_HEADER_SIZE + count * STOA_SCHEMA_NODE_SIZE > raw->size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a packed schema section of %" PRIu64
                         " nodes, found %zu bytes",
                         count, raw->size);
    STOA_TRY(stoa_buf_append_zeros(out, raw->size, err));
    stoa_nodes_restore(raw->data, raw->size, (size_t)count, out->data + start);
    return STOA_OK;
}

/* A section that is a stream: its own checksum covers bytes that the identity does not. */
static stoa_status unpack_section(const uint8_t *bytes, size_t left, struct stoa_buf *out,
                                  uint64_t *out_size, stoa_error *err)
{
    const uint64_t size = stoa_schema_section_size(bytes);
    size_t used = 0;
    struct stoa_buf raw;
    stoa_status status = STOA_OK;
    if (stoa_load_le32(bytes + 4) != 0 || size > left)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a packed schema section within %zu bytes, found one of "
                         "%" PRIu64,
                         left, size);
    const uint64_t sum = stoa_hash64(bytes + STOA_SCHEMA_HEADER_SIZE,
                                     (size_t)size - STOA_SCHEMA_HEADER_SIZE, 0);
    if (!stoa_checksum_holds(stoa_load_le64(bytes + 8), sum))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a packed schema section with checksum %016" PRIx64
                         ", found bytes that give %016" PRIx64,
                         stoa_load_le64(bytes + 8), sum);
    stoa_buf_init(&raw, STOA_STREAM_MAX_RAW);
    STOA_TRY_CLEANUP(unpack_stream(bytes + STOA_SCHEMA_HEADER_SIZE,
                                   (size_t)size - STOA_SCHEMA_HEADER_SIZE, &raw, &used,
                                   err));
    STOA_TRY_CLEANUP(restore_section(&raw, out, err));
    *out_size = STOA_SCHEMA_HEADER_SIZE + used;
cleanup:
    stoa_buf_done(&raw);
    return status;
}

stoa_status stoa_schema_section_unpack(const uint8_t *bytes, uint64_t left,
                                       struct stoa_buf *out, uint64_t *out_size,
                                       stoa_error *err)
{
    if (left < STOA_SCHEMA_START_SIZE)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a schema section of %d bytes or more, found %" PRIu64,
                         STOA_SCHEMA_START_SIZE, left);
    if (stoa_load_le32(bytes) != 0) {
        *out_size = stoa_schema_section_size(bytes);
        if (*out_size > left)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected a schema section within %" PRIu64
                             " bytes, found one of %" PRIu64,
                             left, *out_size);
        return stoa_buf_append(out, bytes, (size_t)*out_size, err);
    }
    return unpack_section(bytes, (size_t)left, out, out_size, err);
}

/* ---- tails [FMT-47] ---- */

/* What a tail is made of whose records and heap take `body` bytes unpacked. */
static stoa_status shape_of_tail(const struct stoa_tail_end *end, size_t body,
                                 struct stoa_tail_shape *out_shape, stoa_error *err)
{
    const uint64_t records = (uint64_t)end->columns * end->blocks * STOA_BLOCK_RECORD_SIZE +
                             (uint64_t)end->dictionaries * STOA_DICTIONARY_RECORD_SIZE;
    if (records > body || body % STOA_PAYLOAD_ALIGN != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a tail with %" PRIu64
                         " bytes of records and a padded heap, found %zu bytes",
                         records, body);
    *out_shape = (struct stoa_tail_shape){.columns = end->columns,
                                          .blocks = end->blocks,
                                          .dictionaries = end->dictionaries,
                                          .heap_size = body - (size_t)records};
    return STOA_OK;
}

/* The stream of a tail's records and heap, arranged. */
static stoa_status append_records(const uint8_t *records, size_t size,
                                  const struct stoa_tail_shape *shape, struct stoa_buf *out,
                                  stoa_error *err)
{
    struct stoa_buf work;
    stoa_status status = STOA_OK;
    stoa_buf_init(&work, 2 * size);
    STOA_TRY_CLEANUP(stoa_buf_reserve(&work, 2 * size, err));
    STOA_TRY_CLEANUP(stoa_buf_append(&work, records, size, err));
    STOA_TRY_CLEANUP(stoa_buf_append_zeros(&work, size, err));
    stoa_records_arrange(work.data, shape, work.data + size);
    STOA_TRY_CLEANUP(append_stream(work.data + size, size, out, err));
cleanup:
    stoa_buf_done(&work);
    return status;
}

stoa_status stoa_tail_pack(const uint8_t *tail, size_t size, struct stoa_buf *out,
                           stoa_error *err)
{
    struct stoa_tail_end end;
    struct stoa_tail_shape shape;
    const size_t start = out->size;
    STOA_TRY(stoa_tail_end_read(tail, size, &end, err));
    const size_t body = size - STOA_TAIL_END_SIZE;
    if ((uint64_t)end.columns * end.blocks < STOA_PACK_RECORDS ||
        body > STOA_STREAM_MAX_RAW)
        return stoa_buf_append(out, tail, size, err);
    STOA_TRY(shape_of_tail(&end, body, &shape, err));
    STOA_TRY(append_records(tail, body, &shape, out, err));
    if (out->size - start >= body) {
        out->size = start;
        return stoa_buf_append(out, tail, size, err);
    }
    STOA_TRY(stoa_buf_append_zeros(out, STOA_TAIL_END_SIZE, err));
    end.tail_size = out->size - start;
    end.group_size -= size - end.tail_size;
    end.is_packed = true;
    stoa_tail_end_write(&end, out->data + start);
    return STOA_OK;
}

uint64_t stoa_tail_unpack_work(const uint8_t *bytes, size_t size)
{
    struct stoa_tail_end end;
    const size_t least = STOA_STREAM_HEADER_SIZE + STOA_TAIL_END_SIZE;
    if (size < least || stoa_tail_end_read(bytes, size, &end, NULL) != STOA_OK ||
        !end.is_packed)
        return size;
    const uint64_t raw = stoa_load_le32(bytes + 8);
    return size + (raw < STOA_STREAM_MAX_RAW ? raw : STOA_STREAM_MAX_RAW);
}

/* Appends records and heap out of the raw bytes of a stream. */
static stoa_status restore_tail(const struct stoa_tail_end *end, const struct stoa_buf *raw,
                                struct stoa_buf *out, stoa_error *err)
{
    struct stoa_tail_shape shape;
    const size_t start = out->size;
    STOA_TRY(shape_of_tail(end, raw->size, &shape, err));
    STOA_TRY(stoa_buf_append_zeros(out, raw->size, err));
    if (raw->size > 0)
        stoa_records_restore(raw->data, &shape, out->data + start);
    return STOA_OK;
}

stoa_status stoa_tail_unpack(const uint8_t *bytes, size_t size, struct stoa_buf *out,
                             stoa_error *err)
{
    struct stoa_tail_end end;
    struct stoa_buf raw;
    const size_t start = out->size;
    stoa_status status = STOA_OK;
    size_t used = 0;
    STOA_TRY(stoa_tail_end_read(bytes, size, &end, err));
    if (!end.is_packed)
        return stoa_buf_append(out, bytes, size, err);
    const size_t body = size - STOA_TAIL_END_SIZE;
    stoa_buf_init(&raw, STOA_STREAM_MAX_RAW);
    STOA_TRY_CLEANUP(unpack_stream(bytes, body, &raw, &used, err));
    if (used != body || end.group_size < size)
        STOA_TRY_CLEANUP(stoa_fail(err, STOA_E_CORRUPT,
                                   "expected a packed tail of %zu bytes inside its row "
                                   "group, found %zu bytes in %" PRIu64,
                                   body, used, end.group_size));
    STOA_TRY_CLEANUP(restore_tail(&end, &raw, out, err));
    STOA_TRY_CLEANUP(stoa_buf_append_zeros(out, STOA_TAIL_END_SIZE, err));
    end.tail_size = out->size - start;
    end.group_size += end.tail_size - size;
    end.is_packed = false;
    stoa_tail_end_write(&end, out->data + start);
cleanup:
    stoa_buf_done(&raw);
    return status;
}
