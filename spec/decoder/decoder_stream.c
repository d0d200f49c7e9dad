/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte streams (encodings/README.md, [STREAM-1] to [STREAM-4]): raw bytes in frames, each stored as it
 * is or compressed. The one file of the decoder that includes zstd and lz4.
 */
#include "decoder_nodes.h"

#include <lz4.h>
#include <string.h>
#include <zstd.h>

enum { CODEC_NONE = 0, CODEC_ZSTD = 1, CODEC_LZ4 = 2 };
enum { MAX_HISTORY = 524288 };

/* A zstd frame behind `history` raw bytes at `before` [STREAM-4]. */
static size_t decompress_zstd(const struct decoder *d, const uint8_t *before,
                              size_t history, const uint8_t *stored, size_t stored_size,
                              uint8_t *out, size_t raw_size)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (!context)
        refuse(d, "zstd: no memory");
    /* A prefix is always raw content, whatever its first bytes look like. */
    size_t got = history > 0 ? ZSTD_DCtx_refPrefix(context, before, history) : 0;
    if (!ZSTD_isError(got))
        got = ZSTD_decompressDCtx(context, out, raw_size, stored, stored_size);
    ZSTD_freeDCtx(context);
    return got;
}

/* [STREAM-3] A compressed frame gives exactly its raw bytes and uses all of its own. */
static void decompress(const struct decoder *d, unsigned codec, const uint8_t *before,
                       size_t history, const uint8_t *stored, uint32_t stored_size,
                       uint8_t *out, uint32_t raw_size)
{
    if (codec == CODEC_LZ4) {
        const int got = LZ4_decompress_safe((const char *)stored, (char *)out,
                                            (int)stored_size, (int)raw_size);
        if (got < 0 || (uint32_t)got != raw_size)
            refuse(d, "LZ4 frame: expected %u bytes, found %d", raw_size, got);
        return;
    }
    const size_t whole = ZSTD_findFrameCompressedSize(stored, stored_size);
    if (ZSTD_isError(whole) || whole != stored_size)
        refuse(d, "zstd frame: %u bytes are not one frame", stored_size);
    const size_t got =
        decompress_zstd(d, before, history, stored, stored_size, out, raw_size);
    if (ZSTD_isError(got))
        refuse(d, "zstd frame: %s", ZSTD_getErrorName(got));
    if (got != raw_size)
        refuse(d, "zstd frame: expected %u bytes, found %zu", raw_size, got);
}

/* Frame k is stored at [begin, end) of the data [STREAM-2]. */
static void read_frames(const struct decoder *d, unsigned codec, const uint8_t *starts,
                        uint32_t frames, uint32_t frame_size, uint32_t history,
                        const uint8_t *data, uint32_t data_size, uint8_t *out,
                        uint32_t raw_size)
{
    uint32_t begin = 0;
    for (uint32_t k = 0; k < frames; k++) {
        const uint32_t end = k + 1 < frames ? get32(starts + (size_t)4 * k) : data_size;
        const uint32_t done = k * frame_size;
        const uint32_t raw = raw_size - done < frame_size ? raw_size - done : frame_size;
        if (end <= begin || end > data_size || end - begin > raw)
            refuse(d, "stream: frame %u of %u raw bytes cannot lie at %u to %u", k, raw,
                   begin, end);
        if (end - begin == raw)
            memcpy(out + done, data + begin, raw);
        else
            decompress(d, codec, out, (size_t)(k < history ? k : history) * frame_size,
                       data + begin, end - begin, out + done, raw);
        begin = end;
    }
}

const uint8_t *decode_stream(const struct tree *tree, struct span *s, uint32_t *size)
{
    const struct decoder *d = tree->d;
    const uint8_t *head = take(d, s, 16, "stream");
    const unsigned codec = head[0];
    const uint32_t frame_size = get32(head + 4);
    const uint32_t raw_size = get32(head + 8);
    const uint32_t data_size = get32(head + 12);
    const unsigned history = head[1];
    require_zero(d, head + 2, 2, "stream");
    if (codec > CODEC_LZ4)
        refuse(d, "stream: codec %u is unknown", codec);
    if (raw_size > MAX_GROUP_RAW)
        refuse(d, "stream: expected at most %u raw bytes, found %u", MAX_GROUP_RAW,
               raw_size);
    if (history > 0 && codec != CODEC_ZSTD)
        refuse(d, "stream: a history under codec %u", codec);
    *size = raw_size;
    if (codec == CODEC_NONE) {
        if (frame_size != 0 || data_size != raw_size)
            refuse(d, "stream: without a codec frames of %u and %u bytes for %u",
                   frame_size, data_size, raw_size);
        const uint8_t *data = take(d, s, data_size, "stream data");
        take_padding(d, s, "stream padding");
        return data;
    }
    if (frame_size == 0 || frame_size > 65536 || raw_size == 0)
        refuse(d, "stream: frames of %u bytes for %u", frame_size, raw_size);
    const uint32_t frames = (raw_size - 1) / frame_size + 1;
    if (history > 0 && (history >= frames || history > MAX_HISTORY / frame_size))
        refuse(d, "stream: a history of %u frames of %u bytes among %u", history,
               frame_size, frames);
    const uint8_t *starts = take(d, s, (uint64_t)4 * (frames - 1), "stream frames");
    take_padding(d, s, "stream padding");
    const uint8_t *data = take(d, s, data_size, "stream data");
    take_padding(d, s, "stream padding");
    uint8_t *out = allocate(tree->heap, raw_size, 1);
    read_frames(d, codec, starts, frames, frame_size, history, data, data_size, out,
                raw_size);
    return out;
}
