/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codec that stores bytes as they are, so that stream code needs no special case.
 */
#include <string.h>

#include "format/codec/codec.h"

static size_t none_bound(size_t raw)
{
    return raw;
}

static size_t none_compress_memory(int level)
{
    STOA_UNUSED(level);
    return 0;
}

static size_t none_decompress_memory(void)
{
    return 0;
}

static stoa_status none_compress(void *memory, const uint8_t *raw, size_t raw_size,
                                 int level, uint8_t *out, size_t out_capacity,
                                 size_t *out_size, stoa_error *err)
{
    STOA_UNUSED(memory);
    STOA_UNUSED(level);
    if (out_capacity < raw_size)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected room for %zu bytes of output, found %zu", raw_size,
                         out_capacity);
    if (raw_size)
        memcpy(out, raw, raw_size);
    *out_size = raw_size;
    return STOA_OK;
}

static stoa_status none_decompress(void *memory, const uint8_t *bytes, size_t size,
                                   uint8_t *out_raw, size_t raw_size, stoa_error *err)
{
    STOA_UNUSED(memory);
    if (size != raw_size)
        return stoa_fail(err, STOA_E_CORRUPT, "expected %zu plain bytes, found %zu",
                         raw_size, size);
    if (size)
        memcpy(out_raw, bytes, size);
    return STOA_OK;
}

const struct stoa_codec stoa_codec_none = {
    .id = STOA_CODEC_NONE,
    .name = "none",
    .min_level = 0,
    .max_level = 0,
    .decode_cycles = 0.03,
    .bound = none_bound,
    .compress_memory = none_compress_memory,
    .decompress_memory = none_decompress_memory,
    .compress = none_compress,
    .decompress = none_decompress,
};
