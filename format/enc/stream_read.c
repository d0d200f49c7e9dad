/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading byte streams [STREAM-n]. The raw bytes of all frames get one contiguous buffer, so
 * that values may straddle frames; only the frames that are touched are decompressed into it.
 */
#include <assert.h>
#include <inttypes.h>

#include "format/enc/stream.h"

/* ---- opening ---- */

static stoa_status check_header(const struct stoa_stream *stream, const uint8_t *header,
                                stoa_error *err)
{
    if (!stream->codec)
        return stoa_fail(err, STOA_E_CODEC,
                         "expected a codec this build knows (none, zstd, lz4), found id %u",
                         header[0]);
    if (stoa_load_le16(header + 2) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "stream: expected 0 behind the history, found %u",
                         stoa_load_le16(header + 2));
    if (stream->raw_size > STOA_STREAM_MAX_RAW)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "stream: expected at most %zu raw bytes, found %" PRIu32,
                         STOA_STREAM_MAX_RAW, stream->raw_size);
    if (stream->codec->id == STOA_CODEC_NONE) {
        if (stream->frame_size != 0 || stream->data_size != stream->raw_size)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "stream: expected no frames and %" PRIu32
                             " stored bytes without a codec, found frames of %" PRIu32
                             " and %" PRIu32 " bytes",
                             stream->raw_size, stream->frame_size, stream->data_size);
    } else if (stream->frame_size == 0 || stream->frame_size > STOA_FRAME_RAW_SIZE) {
        return stoa_fail(err, STOA_E_CORRUPT,
                         "stream: expected frames of 1 to %d raw bytes, found %" PRIu32,
                         STOA_FRAME_RAW_SIZE, stream->frame_size);
    } else if (stream->raw_size == 0) {
        return stoa_fail(err, STOA_E_CORRUPT,
                         "stream: expected raw bytes under a codec, found none");
    }
    return STOA_OK;
}

static uint32_t frame_start(const struct stoa_stream *stream, uint32_t frame)
{
    return frame == 0 ? 0 : stoa_load_le32(stream->starts + (size_t)(frame - 1) * 4);
}

static uint32_t frame_end(const struct stoa_stream *stream, uint32_t frame)
{
    return frame + 1 == stream->frame_count ? stream->data_size
                                            : frame_start(stream, frame + 1);
}

static uint32_t frame_raw(const struct stoa_stream *stream, uint32_t frame)
{
    const uint32_t left = stream->raw_size - frame * stream->frame_size;
    return left < stream->frame_size ? left : stream->frame_size;
}

/* [STREAM-4] */
static stoa_status check_history(const struct stoa_stream *stream, stoa_error *err)
{
    if (stream->history == 0)
        return STOA_OK;
    if (!stream->codec->decompress_behind)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "stream: expected no history under codec %s, found %" PRIu32
                         " frames",
                         stream->codec->name, stream->history);
    if (stream->history >= stream->frame_count ||
        (uint64_t)stream->history * stream->frame_size > STOA_HISTORY_MAX)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "stream: expected a history of at most %d bytes and fewer than %" PRIu32
            " frames, found %" PRIu32 " frames of %" PRIu32 " bytes",
            STOA_HISTORY_MAX, stream->frame_count, stream->history, stream->frame_size);
    return STOA_OK;
}

/* [STREAM-2] [STREAM-3] */
static stoa_status check_frames(const struct stoa_stream *stream, stoa_error *err)
{
    for (uint32_t frame = 0; frame < stream->frame_count; frame++) {
        const uint32_t start = frame_start(stream, frame);
        const uint32_t end = frame_end(stream, frame);
        if (end <= start || end - start > frame_raw(stream, frame))
            return stoa_fail(err, STOA_E_CORRUPT,
                             "stream: expected frame %" PRIu32 " to take 1 to %" PRIu32
                             " bytes, found %" PRIu32 " to %" PRIu32,
                             frame, frame_raw(stream, frame), start, end);
    }
    return STOA_OK;
}

static stoa_status open_frames(struct stoa_parts *parts, struct stoa_stream *stream,
                               stoa_error *err)
{
    stream->frame_count = (stream->raw_size - 1) / stream->frame_size + 1;
    STOA_TRY(stoa_parts_take(parts, (uint64_t)(stream->frame_count - 1) * 4, "frame index",
                             &stream->starts, err));
    STOA_TRY(stoa_parts_align(parts, err));
    struct stoa_arena *arena = stream->context->arena;
    const size_t words = stoa_bitmap_words(stream->frame_count);
    stream->done = stoa_arena_alloc_zeroed(arena, words, sizeof *stream->done);
    return stream->done ? STOA_OK : stoa_arena_fail(arena, words * 8, err);
}

stoa_status stoa_stream_open(struct stoa_parts *parts, struct stoa_stream *out_stream,
                             stoa_error *err)
{
    const uint8_t *header = NULL;
    STOA_TRY(
        stoa_parts_take(parts, STOA_STREAM_HEADER_SIZE, "stream header", &header, err));
    struct stoa_stream stream = {
        .context = parts->node->context,
        .codec = stoa_codec_find(header[0]),
        .history = header[1],
        .frame_size = stoa_load_le32(header + 4),
        .raw_size = stoa_load_le32(header + 8),
        .data_size = stoa_load_le32(header + 12),
    };
    STOA_TRY(check_header(&stream, header, err));
    if (stream.codec->id != STOA_CODEC_NONE)
        STOA_TRY(open_frames(parts, &stream, err));
    STOA_TRY(check_history(&stream, err));
    STOA_TRY(stoa_parts_take(parts, stream.data_size, "stream data", &stream.data, err));
    STOA_TRY(check_frames(&stream, err));
    STOA_TRY(stoa_parts_align(parts, err));
    *out_stream = stream;
    return STOA_OK;
}

/* ---- looking at bytes ---- */

/* How many frames frame `frame` needs before it. */
static uint32_t frames_before(const struct stoa_stream *stream, uint32_t frame)
{
    return frame < stream->history ? frame : stream->history;
}

/* [STREAM-4] Those before it have been decompressed. */
static stoa_status decompress_frame(struct stoa_stream *stream, uint32_t frame,
                                    stoa_error *err)
{
    const size_t history = (size_t)frames_before(stream, frame) * stream->frame_size;
    const uint32_t start = frame_start(stream, frame);
    const uint32_t stored = frame_end(stream, frame) - start;
    const uint32_t raw = frame_raw(stream, frame);
    uint8_t *out = stream->raw + (size_t)frame * stream->frame_size;
    if (stored == raw)
        memcpy(out, stream->data + start, raw);
    else
        STOA_TRY(stoa_decompress(stream->context->decompressor, stream->codec, stream->raw,
                                 history, stream->data + start, stored, out, raw, err));
    stoa_bit_set(stream->done, frame);
    return STOA_OK;
}

static stoa_status touch_frame(struct stoa_stream *stream, uint32_t frame, stoa_error *err)
{
    if (stoa_bit_get(stream->done, frame))
        return STOA_OK;
    for (uint32_t k = 0; k < frames_before(stream, frame); k++) {
        if (!stoa_bit_get(stream->done, k))
            STOA_TRY(decompress_frame(stream, k, err));
    }
    return decompress_frame(stream, frame, err);
}

stoa_status stoa_stream_touch(struct stoa_stream *stream, uint32_t first, uint32_t size,
                              const uint8_t **out, stoa_error *err)
{
    assert(first <= stream->raw_size && size <= stream->raw_size - first);
    if (stream->codec->id == STOA_CODEC_NONE) {
        *out = stream->data + first;
        return STOA_OK;
    }
    if (!stream->raw) {
        stream->raw = stoa_arena_alloc(stream->context->arena, stream->raw_size);
        if (!stream->raw)
            return stoa_arena_fail(stream->context->arena, stream->raw_size, err);
    }
    const uint32_t last = size == 0 ? 0 : (first + size - 1) / stream->frame_size;
    for (uint32_t frame = first / stream->frame_size; size > 0 && frame <= last; frame++)
        STOA_TRY(touch_frame(stream, frame, err));
    *out = stream->raw + first;
    return STOA_OK;
}

stoa_status stoa_stream_describe(const struct stoa_stream *stream, struct stoa_buf *out,
                                 stoa_error *err)
{
    if (stream->codec->id == STOA_CODEC_NONE)
        return STOA_OK;
    return stoa_buf_printf(out, err, " %s %.0f %%", stream->codec->name,
                           100.0 * stream->data_size / stream->raw_size);
}
