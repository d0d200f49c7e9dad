/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte streams inside nodes [STREAM-n]: raw bytes, or frames of at most 64 KiB under zstd or
 * LZ4 that are decompressed when something in them is first looked at, so that a point read
 * pays for one frame, and once for the first ones when the others are compressed behind them. BYTES
 * and STR keep their bulk in them.
 */
#ifndef STOA_FORMAT_STREAM_H
#define STOA_FORMAT_STREAM_H

#include "format/enc/enc_parts.h"

enum { STOA_STREAM_HEADER_SIZE = 16 };
#define STOA_STREAM_MAX_RAW STOA_MAX_ROW_GROUP_RAW

/* ---- writing ---- */

/* What the bytes of a stream are. */
enum stoa_stream_kind {
    STOA_STREAM_NUMBERS, /* frames on their own: what is alike lies close together */
    STOA_STREAM_TEXT,    /* frames with a history, where the profile has one */
    STOA_STREAM_RECORDS  /* the file's own, few and read once: the same in all profiles */
};

/* What a profile compresses with, and when that pays. */
struct stoa_stream_choice {
    const struct stoa_codec *codec; /* the profile's */
    int level;
    size_t history; /* frames that the others are compressed behind [STREAM-4] */
    double worth;   /* share of a byte that must be saved: kappa x cycles, at least 5 % */
};
struct stoa_stream_choice stoa_stream_choice_for(enum stoa_profile profile,
                                                 enum stoa_stream_kind kind);

/* Whose stream is written, and with what. */
struct stoa_stream_use {
    enum stoa_profile profile;
    enum stoa_stream_kind kind;
    struct stoa_compressor *compressor; /* NULL: memory for this stream */
};
static inline struct stoa_stream_use stoa_stream_use_for(const struct stoa_enc_input *input,
                                                         enum stoa_stream_kind kind)
{
    return (struct stoa_stream_use){input->profile, kind, input->compressor};
}

/* Share of `size` bytes that the profile's codec leaves, judged by at most `sample` bytes in
 * two pieces; 1 when compressing does not pay. Deterministic. */
STOA_MUST_USE stoa_status stoa_stream_sample(const struct stoa_stream_use *use,
                                             const uint8_t *raw, size_t size, size_t sample,
                                             double *out_share, stoa_error *err);

/* Appends a stream of `size` <= STOA_STREAM_MAX_RAW raw bytes in frames of `frame_size` raw
 * bytes (1 .. 65,536), compressed where it pays. `out` must be at a multiple of 8 from the
 * node's start, and is so afterwards. */
STOA_MUST_USE stoa_status stoa_stream_write(const struct stoa_stream_use *use,
                                            const uint8_t *raw, size_t size,
                                            size_t frame_size, struct stoa_buf *out,
                                            stoa_error *err);

/* ---- reading ---- */

/* An opened stream; lives in the block's arena and borrows the payload. */
struct stoa_stream {
    struct stoa_enc_context *context;
    const struct stoa_codec *codec;
    const uint8_t *data;   /* stored bytes */
    const uint8_t *starts; /* u32 of frame 1, 2, .. in data */
    uint32_t data_size;
    uint32_t raw_size;
    uint32_t frame_size; /* raw bytes; 0 for codec none */
    uint32_t frame_count;
    uint32_t history; /* first frames that the others need before them; 0: none */
    uint8_t *raw;     /* raw_size bytes, from the first touch on; NULL: data is raw */
    uint64_t *done;   /* bit per frame that is decompressed */
};

/* Opens the stream that begins at the part, checking all of its structure. */
STOA_MUST_USE stoa_status stoa_stream_open(struct stoa_parts *parts,
                                           struct stoa_stream *out_stream, stoa_error *err);

/* Makes raw bytes [first, first + size) readable; *out is where they begin. Contiguous over
 * frames, and valid as long as the block. The range must lie inside the stream. */
STOA_MUST_USE stoa_status stoa_stream_touch(struct stoa_stream *stream, uint32_t first,
                                            uint32_t size, const uint8_t **out,
                                            stoa_error *err);

/* ", zstd 34 %" for describe. */
STOA_MUST_USE stoa_status stoa_stream_describe(const struct stoa_stream *stream,
                                               struct stoa_buf *out, stoa_error *err);

#endif
