/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing byte streams [STREAM-n]. Compressing costs more than all other encoding together, so a
 * stream whose first frames hardly shrink is written raw without trying the others.
 */
#include <string.h>

#include "common/alloc.h"
#include "format/enc/stream.h"

/* Frames looked at before a stream is given up, evenly spread. */
enum { TRIAL_FRAMES = 2 };

/* Numbers gain nothing from level 3 over level 1, and sometimes lose: its short matches cost more
 * than the literals they replace. Text under LZ4 takes half as much again as under zstd's quickest
 * level, more than any reader saves. Records of files lose another 2 % at level 12, at several times
 * the work. */
struct stoa_stream_choice stoa_stream_choice_for(enum stoa_profile profile,
                                                 enum stoa_stream_kind kind)
{
    static const struct {
        enum stoa_codec_id codec;
        int level;
        size_t history;
    } codecs[][3] = {
        [STOA_PROFILE_BALANCED] = {[STOA_STREAM_NUMBERS] = {STOA_CODEC_ZSTD, 1, 0},
                                   [STOA_STREAM_TEXT] = {STOA_CODEC_ZSTD, 3, 1},
                                   [STOA_STREAM_RECORDS] = {STOA_CODEC_ZSTD, 6, 1}},
        [STOA_PROFILE_FAST] = {[STOA_STREAM_NUMBERS] = {STOA_CODEC_LZ4, 1, 0},
                                   [STOA_STREAM_TEXT] = {STOA_CODEC_ZSTD, 1, 1},
                                   [STOA_STREAM_RECORDS] = {STOA_CODEC_ZSTD, 6, 1}},
        [STOA_PROFILE_COMPACT] = {[STOA_STREAM_NUMBERS] = {STOA_CODEC_ZSTD, 12, 0},
                                   [STOA_STREAM_TEXT] = {STOA_CODEC_ZSTD, 19, 4},
                                   [STOA_STREAM_RECORDS] = {STOA_CODEC_ZSTD, 6, 1}},
    };
    const struct stoa_codec *codec = stoa_codec_find(codecs[profile][kind].codec);
    const double worth = stoa_profile_kappa(profile) * codec->decode_cycles / 8;
    return (struct stoa_stream_choice){.codec = codec,
                                       .level = codecs[profile][kind].level,
                                       .history = codecs[profile][kind].history,
                                       .worth = worth > 0.05 ? worth : 0.05};
}

/* ---- one stream being written ---- */

struct stream_writer {
    struct stoa_stream_choice choice;
    const uint8_t *raw;
    size_t size;
    size_t frame_size;
    size_t frame_count;
    size_t history;                     /* frames; 0: every frame stands alone */
    struct stoa_compress_memory memory; /* the codec's */
    uint8_t *frame; /* of `bound` bytes; holds frame `compressed`, if stored is not 0 */
    size_t bound;
    size_t compressed;
    size_t stored;
    uint8_t
        *behind;   /* the frames of the history, and room for the one behind it; or NULL */
    size_t learnt; /* frames of the history that the codec knows */
};

static void writer_done(struct stream_writer *writer)
{
    stoa_compress_memory_done(&writer->memory);
    stoa_free(writer->frame);
    stoa_free(writer->behind);
}

/* A stream of one frame has no history. */
static size_t history_frames(const struct stream_writer *writer)
{
    const size_t most = writer->choice.history;
    return most < writer->frame_count ? most : writer->frame_count - 1;
}

static stoa_status writer_init(struct stream_writer *writer,
                               const struct stoa_stream_use *use, const uint8_t *raw,
                               size_t size, size_t frame_size, stoa_error *err)
{
    const struct stoa_stream_choice choice =
        stoa_stream_choice_for(use->profile, use->kind);
    *writer = (struct stream_writer){
        .choice = choice,
        .raw = raw,
        .size = size,
        .frame_size = frame_size,
        .frame_count = (size + frame_size - 1) / frame_size,
        .bound = choice.codec->bound(frame_size < size ? frame_size : size)};
    writer->history = history_frames(writer);
    const size_t behind = writer->history > 0 ? (writer->history + 1) * frame_size : 0;
    STOA_TRY(stoa_compress_memory_take(use->compressor, choice.codec, choice.level,
                                       &writer->memory, err));
    writer->frame = stoa_alloc(writer->bound);
    writer->behind = behind > 0 ? stoa_alloc(behind) : NULL;
    if (writer->frame && (writer->behind || behind == 0))
        return STOA_OK;
    const size_t wanted = writer->bound + behind;
    writer_done(writer);
    return stoa_fail_memory(err, wanted);
}

static size_t frame_raw_size(const struct stream_writer *writer, size_t index)
{
    const size_t left = writer->size - index * writer->frame_size;
    return left < writer->frame_size ? left : writer->frame_size;
}

/* Compresses frame `index` on its own into writer->frame. */
static stoa_status compress_alone(struct stream_writer *writer, size_t index,
                                  stoa_error *err)
{
    writer->stored = 0;
    STOA_TRY(writer->choice.codec->compress(
        writer->memory.memory, writer->raw + index * writer->frame_size,
        frame_raw_size(writer, index), writer->choice.level, writer->frame, writer->bound,
        &writer->stored, err));
    writer->compressed = index;
    return STOA_OK;
}

/* [STREAM-4] Teaches the codec the first `frames` frames. */
static stoa_status learn(struct stream_writer *writer, size_t frames, stoa_error *err)
{
    const struct stoa_codec *codec = writer->choice.codec;
    if (writer->learnt == frames)
        return STOA_OK;
    memcpy(writer->behind, writer->raw, frames * writer->frame_size);
    STOA_TRY(codec->learn(writer->memory.memory, writer->behind,
                          frames * writer->frame_size, writer->choice.level, err));
    writer->learnt = frames;
    return STOA_OK;
}

/* Compresses frame `index` into writer->frame, behind its history. */
static stoa_status compress_behind(struct stream_writer *writer, size_t index,
                                   stoa_error *err)
{
    const size_t frames = index < writer->history ? index : writer->history;
    const size_t raw_size = frame_raw_size(writer, index);
    STOA_TRY(learn(writer, frames, err));
    uint8_t *raw = writer->behind + frames * writer->frame_size;
    memcpy(raw, writer->raw + index * writer->frame_size, raw_size);
    writer->stored = 0;
    STOA_TRY(writer->choice.codec->compress_behind(writer->memory.memory, raw, raw_size,
                                                   writer->choice.level, writer->frame,
                                                   writer->bound, &writer->stored, err));
    writer->compressed = index;
    return STOA_OK;
}

/* Compresses frame `index` into writer->frame, unless the trial left it there. */
static stoa_status compress_frame(struct stream_writer *writer, size_t index,
                                  size_t *out_size, stoa_error *err)
{
    if (index > 0 && writer->history > 0)
        STOA_TRY(compress_behind(writer, index, err));
    else if (writer->stored == 0 || writer->compressed != index)
        STOA_TRY(compress_alone(writer, index, err));
    *out_size = writer->stored;
    return STOA_OK;
}

/* Whether frames shrink enough, by one from the start and one from the middle. */
static stoa_status try_frames(struct stream_writer *writer, bool *out_pays, stoa_error *err)
{
    const size_t stride =
        writer->frame_count > TRIAL_FRAMES ? writer->frame_count / TRIAL_FRAMES : 1;
    *out_pays = false;
    for (size_t k = 0; k < TRIAL_FRAMES && k * stride < writer->frame_count; k++) {
        size_t stored = 0;
        STOA_TRY(compress_frame(writer, k * stride, &stored, err));
        const size_t raw = frame_raw_size(writer, k * stride);
        if ((double)stored <= (double)raw * (1 - writer->choice.worth)) {
            *out_pays = true;
            return STOA_OK;
        }
    }
    return STOA_OK;
}

/* [STREAM-3] a frame that does not shrink is kept raw. */
static stoa_status append_frame(struct stream_writer *writer, size_t index,
                                struct stoa_buf *out, stoa_error *err)
{
    const size_t raw = frame_raw_size(writer, index);
    size_t stored = 0;
    STOA_TRY(compress_frame(writer, index, &stored, err));
    if (stored < raw)
        return stoa_buf_append(out, writer->frame, stored, err);
    return stoa_buf_append(out, writer->raw + index * writer->frame_size, raw, err);
}

static stoa_status append_frames(struct stream_writer *writer, size_t header,
                                 struct stoa_buf *out, stoa_error *err)
{
    const size_t index_size = (writer->frame_count - 1) * 4;
    STOA_TRY(stoa_buf_append_zeros(out, (size_t)stoa_align_up(index_size, 8), err));
    const size_t data = out->size;
    for (size_t i = 0; i < writer->frame_count; i++) {
        if (i > 0)
            stoa_store_le32(out->data + header + STOA_STREAM_HEADER_SIZE + (i - 1) * 4,
                            (uint32_t)(out->size - data));
        STOA_TRY(append_frame(writer, i, out, err));
    }
    stoa_store_le32(out->data + header + 12, (uint32_t)(out->size - data));
    return STOA_OK;
}

static stoa_status append_raw(const struct stream_writer *writer, size_t header,
                              struct stoa_buf *out, stoa_error *err)
{
    stoa_store_le32(out->data + header + 12, (uint32_t)writer->size);
    return stoa_buf_append(out, writer->raw, writer->size, err);
}

static stoa_status append_stream(struct stream_writer *writer, bool pays,
                                 struct stoa_buf *out, stoa_error *err)
{
    uint8_t header[STOA_STREAM_HEADER_SIZE] = {0};
    if (pays) {
        header[0] = (uint8_t)writer->choice.codec->id;
        header[1] = (uint8_t)writer->history;
        stoa_store_le32(header + 4, (uint32_t)writer->frame_size);
    }
    stoa_store_le32(header + 8, (uint32_t)writer->size);
    const size_t at = out->size;
    STOA_TRY(stoa_buf_append(out, header, sizeof header, err));
    STOA_TRY(pays ? append_frames(writer, at, out, err) : append_raw(writer, at, out, err));
    return stoa_buf_append_zeros(out, -(out->size - at) & 7, err);
}

/* Fewer bytes than this do not pay for a frame's own header. */
enum { SMALLEST_FRAME = 64 };

stoa_status stoa_stream_write(const struct stoa_stream_use *use, const uint8_t *raw,
                              size_t size, size_t frame_size, struct stoa_buf *out,
                              stoa_error *err)
{
    if (size > STOA_STREAM_MAX_RAW)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most %zu bytes in a stream, found %zu",
                         STOA_STREAM_MAX_RAW, size);
    struct stream_writer writer = {.raw = raw, .size = size};
    if (size < SMALLEST_FRAME)
        return append_stream(&writer, false, out, err);
    STOA_TRY(writer_init(&writer, use, raw, size, frame_size, err));
    bool pays = false;
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(try_frames(&writer, &pays, err));
    STOA_TRY_CLEANUP(append_stream(&writer, pays, out, err));
cleanup:
    writer_done(&writer);
    return status;
}

stoa_status stoa_stream_sample(const struct stoa_stream_use *use, const uint8_t *raw,
                               size_t size, size_t sample, double *out_share,
                               stoa_error *err)
{
    const size_t piece = size <= sample ? size : sample / TRIAL_FRAMES;
    double share = 1;
    if (size >= SMALLEST_FRAME) {
        struct stream_writer writer = {.raw = raw};
        STOA_TRY(writer_init(&writer, use, raw, size, piece, err));
        const size_t last = piece == size ? 0 : writer.frame_count / TRIAL_FRAMES;
        size_t first_size = 0;
        size_t last_size = 0;
        stoa_status status = STOA_OK;
        STOA_TRY_CLEANUP(compress_frame(&writer, 0, &first_size, err));
        last_size = first_size;
        if (last > 0)
            STOA_TRY_CLEANUP(compress_frame(&writer, last, &last_size, err));
        /* All frames but the first are like the last one here when there is a history. */
        if (writer.history > 0)
            share = (double)last_size / (double)frame_raw_size(&writer, last);
        else
            share = (double)(first_size + last_size) /
                    (double)(frame_raw_size(&writer, 0) + frame_raw_size(&writer, last));
        if (share > 1 - writer.choice.worth)
            share = 1;
    cleanup:
        writer_done(&writer);
        STOA_TRY(status);
    }
    *out_share = share;
    return STOA_OK;
}
