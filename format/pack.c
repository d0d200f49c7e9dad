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

/* ---- streams outside of nodes ---- */

static stoa_status append_stream(const uint8_t *raw, size_t size, struct stoa_buf *out,
                                 stoa_error *err)
{
    return stoa_stream_write(STOA_PROFILE_BALANCED, STOA_STREAM_TEXT, raw, size,
                             STOA_FRAME_RAW_SIZE, out, err);
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

stoa_status stoa_schema_section_pack(const uint8_t *section, size_t size, size_t columns,
                                     struct stoa_buf *out, stoa_error *err)
{
    const size_t start = out->size;
    if (columns >= STOA_PACK_COLUMNS && size <= STOA_STREAM_MAX_RAW) {
        STOA_TRY(stoa_buf_append_zeros(out, STOA_SCHEMA_HEADER_SIZE, err));
        STOA_TRY(append_stream(section, size, out, err));
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

/* A section that is a stream: its own checksum covers bytes that the identity does not. */
static stoa_status unpack_section(const uint8_t *bytes, size_t left, struct stoa_buf *out,
                                  uint64_t *out_size, stoa_error *err)
{
    const uint64_t size = stoa_schema_section_size(bytes);
    size_t used = 0;
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
    STOA_TRY(unpack_stream(bytes + STOA_SCHEMA_HEADER_SIZE,
                           (size_t)size - STOA_SCHEMA_HEADER_SIZE, out, &used, err));
    *out_size = STOA_SCHEMA_HEADER_SIZE + used;
    return STOA_OK;
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

stoa_status stoa_tail_pack(const uint8_t *tail, size_t size, struct stoa_buf *out,
                           stoa_error *err)
{
    struct stoa_tail_end end;
    const size_t body = size - STOA_TAIL_END_SIZE;
    const size_t start = out->size;
    STOA_TRY(stoa_tail_end_read(tail, size, &end, err));
    if ((uint64_t)end.columns * end.blocks < STOA_PACK_RECORDS ||
        body > STOA_STREAM_MAX_RAW)
        return stoa_buf_append(out, tail, size, err);
    STOA_TRY(append_stream(tail, body, out, err));
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

stoa_status stoa_tail_unpack(const uint8_t *bytes, size_t size, struct stoa_buf *out,
                             stoa_error *err)
{
    struct stoa_tail_end end;
    const size_t start = out->size;
    size_t used = 0;
    STOA_TRY(stoa_tail_end_read(bytes, size, &end, err));
    if (!end.is_packed)
        return stoa_buf_append(out, bytes, size, err);
    const size_t body = size - STOA_TAIL_END_SIZE;
    STOA_TRY(unpack_stream(bytes, body, out, &used, err));
    if (used != body || (out->size - start) % STOA_PAYLOAD_ALIGN != 0 ||
        end.group_size < size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a packed tail of %zu bytes inside its row group, found "
                         "%zu bytes in %" PRIu64,
                         body, used, end.group_size);
    STOA_TRY(stoa_buf_append_zeros(out, STOA_TAIL_END_SIZE, err));
    end.tail_size = out->size - start;
    end.group_size += end.tail_size - size;
    end.is_packed = false;
    stoa_tail_end_write(&end, out->data + start);
    return STOA_OK;
}
