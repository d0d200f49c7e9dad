/* SPDX-License-Identifier: Apache-2.0 */
/*
 * General-purpose compression of byte streams: one file and one row in codec_table.c each.
 * Frames hold at most 64 KiB raw [STREAM-2], so that a point read decompresses little.
 */
#ifndef STOA_FORMAT_CODEC_H
#define STOA_FORMAT_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* On-disk ids [STREAM-1]; never renumber. */
enum stoa_codec_id {
    STOA_CODEC_NONE = 0,
    STOA_CODEC_ZSTD = 1,
    STOA_CODEC_LZ4 = 2,
    STOA_CODEC_COUNT
};

struct stoa_codec {
    enum stoa_codec_id id;
    const char *name;
    double decode_cycles; /* per raw byte, for the choice */
    /* Largest possible compressed size of `raw` bytes. */
    size_t (*bound)(size_t raw);
    /* Compresses into `out` (room for bound(raw_size)); level is the codec's own scale. */
    stoa_status (*compress)(const uint8_t *raw, size_t raw_size, int level, uint8_t *out,
                            size_t out_capacity, size_t *out_size, stoa_error *err);
    /* Must give exactly raw_size bytes and use exactly `size`; STOA_E_CORRUPT otherwise. */
    stoa_status (*decompress)(const uint8_t *bytes, size_t size, uint8_t *out_raw,
                              size_t raw_size, stoa_error *err);
};

/* The row for an id, or NULL when unknown. */
const struct stoa_codec *stoa_codec_find(unsigned id);

#endif
