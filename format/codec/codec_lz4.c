/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LZ4 blocks (without LZ4's own frame format: sizes are ours to keep). The only file that
 * includes lz4. The level is LZ4's acceleration: 1 is the densest. Decompression needs no
 * working memory; LZ4 tells errors by a negative number, the place in the input.
 */
#include <limits.h>
#include <lz4.h>

#include "common/alloc.h"
#include "format/codec/codec.h"

enum { LEVEL_MAX = 64 };

static size_t lz4_bound(size_t raw)
{
    return raw > LZ4_MAX_INPUT_SIZE ? 0 : (size_t)LZ4_compressBound((int)raw);
}

static size_t lz4_compress_memory(int level)
{
    STOA_UNUSED(level);
    return (size_t)LZ4_sizeofState();
}

static size_t lz4_decompress_memory(void)
{
    return 0;
}

static stoa_status lz4_compress(void *memory, const uint8_t *raw, size_t raw_size,
                                int level, uint8_t *out, size_t out_capacity,
                                size_t *out_size, stoa_error *err)
{
    if (raw_size > STOA_FRAME_RAW_SIZE || level < 1 || level > LEVEL_MAX)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected at most %d bytes and an lz4 level of 1 to %d, found %zu "
                         "and %d",
                         STOA_FRAME_RAW_SIZE, LEVEL_MAX, raw_size, level);
    const size_t state_size = lz4_compress_memory(level);
    void *state = memory ? memory : stoa_alloc(state_size);
    if (!state)
        return stoa_fail_memory(err, state_size);
    const int capacity = out_capacity > INT_MAX ? INT_MAX : (int)out_capacity;
    /* This variant resets the state itself, so what comes out depends on the input alone. */
    const int size = LZ4_compress_fast_extState(state, (const char *)raw, (char *)out,
                                                (int)raw_size, capacity, level);
    if (!memory)
        stoa_free(state);
    if (size <= 0)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected lz4 to compress %zu bytes into %zu, found code %d",
                         raw_size, out_capacity, size);
    *out_size = (size_t)size;
    return STOA_OK;
}

static stoa_status lz4_decompress(void *memory, const uint8_t *bytes, size_t size,
                                  uint8_t *out_raw, size_t raw_size, stoa_error *err)
{
    STOA_UNUSED(memory);
    if (size > INT_MAX || raw_size > INT_MAX)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected an lz4 block below 2 GiB, found %zu bytes for %zu", size,
                         raw_size);
    const int found =
        LZ4_decompress_safe((const char *)bytes, (char *)out_raw, (int)size, (int)raw_size);
    if (found < 0)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected an lz4 block of %zu bytes for %zu, found malformed input "
            "(lz4 code %d)",
            size, raw_size, found);
    if ((size_t)found != raw_size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected an lz4 block of %zu bytes raw, found %d", raw_size,
                         found);
    return STOA_OK;
}

const struct stoa_codec stoa_codec_lz4 = {
    .id = STOA_CODEC_LZ4,
    .name = "lz4",
    .min_level = 1,
    .max_level = LEVEL_MAX,
    .kept_level = LEVEL_MAX,
    .decode_cycles = 1.0,
    .bound = lz4_bound,
    .compress_memory = lz4_compress_memory,
    .decompress_memory = lz4_decompress_memory,
    .compress = lz4_compress,
    .decompress = lz4_decompress,
};
