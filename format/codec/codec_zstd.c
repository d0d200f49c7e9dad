/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zstandard frames: content size in the header, no checksum (the block has one), no
 * dictionary. The only file that includes zstd.
 *
 * The contexts are zstd's static ones inside the caller's memory: a pointer says whether
 * they have been set up, the workspace lies behind it. What a level needs differs by input
 * size in steps, so the workspace fits the largest of them up to 64 KiB.
 */
#define ZSTD_STATIC_LINKING_ONLY /* for static contexts */
#include <zstd.h>

#include "common/alloc.h"
#include "format/codec/codec.h"

enum { LEVEL_MIN = 1, LEVEL_MAX = 19, HEAD_SIZE = 64 };

/* The start of working memory; all zero at first. */
struct zstd_head {
    void
        *context; /* ZSTD_CCtx or ZSTD_DCtx inside the memory; NULL before the first call */
};
_Static_assert(sizeof(struct zstd_head) <= HEAD_SIZE, "the workspace begins behind it");

static size_t zstd_bound(size_t raw)
{
    return ZSTD_compressBound(raw);
}

static size_t zstd_compress_memory(int level)
{
    static const size_t raw_sizes[] = {1024, 4096, 8192, 16384, 32768, STOA_FRAME_RAW_SIZE};
    size_t largest = 0;
    for (size_t i = 0; i < sizeof raw_sizes / sizeof raw_sizes[0]; i++) {
        const ZSTD_compressionParameters parameters =
            ZSTD_getCParams(level, raw_sizes[i], 0);
        const size_t size = ZSTD_estimateCCtxSize_usingCParams(parameters);
        largest = size > largest ? size : largest;
    }
    return HEAD_SIZE + largest;
}

static size_t zstd_decompress_memory(void)
{
    return HEAD_SIZE + ZSTD_estimateDCtxSize();
}

static stoa_status compress_with(ZSTD_CCtx *context, const uint8_t *raw, size_t raw_size,
                                 int level, uint8_t *out, size_t out_capacity,
                                 size_t *out_size, stoa_error *err)
{
    if (!context)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected zstd to set up a context for level %d, found none",
                         level);
    size_t result = ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
    if (!ZSTD_isError(result))
        result = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(result))
        result = ZSTD_compress2(context, out, out_capacity, raw, raw_size);
    if (ZSTD_isError(result))
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected zstd to compress %zu bytes at level %d, found: %s",
                         raw_size, level, ZSTD_getErrorName(result));
    *out_size = result;
    return STOA_OK;
}

static stoa_status zstd_compress(void *memory, const uint8_t *raw, size_t raw_size,
                                 int level, uint8_t *out, size_t out_capacity,
                                 size_t *out_size, stoa_error *err)
{
    if (raw_size > STOA_FRAME_RAW_SIZE || level < LEVEL_MIN || level > LEVEL_MAX)
        return stoa_fail(
            err, STOA_E_INTERNAL,
            "expected at most %d bytes and a zstd level of %d to %d, found %zu "
            "and %d",
            STOA_FRAME_RAW_SIZE, LEVEL_MIN, LEVEL_MAX, raw_size, level);
    const size_t size = zstd_compress_memory(level);
    struct zstd_head *head = memory ? memory : stoa_alloc(size);
    if (!head)
        return stoa_fail_memory(err, size);
    if (!memory || !head->context)
        head->context = ZSTD_initStaticCCtx((uint8_t *)head + HEAD_SIZE, size - HEAD_SIZE);
    const stoa_status status = compress_with(head->context, raw, raw_size, level, out,
                                             out_capacity, out_size, err);
    if (!memory)
        stoa_free(head);
    return status;
}

/* zstd itself would also take several frames in a row, and frames that name no size. */
static stoa_status check_frame(const uint8_t *bytes, size_t size, size_t raw_size,
                               stoa_error *err)
{
    const unsigned long long content = ZSTD_getFrameContentSize(bytes, size);
    if (content != raw_size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a zstd frame of %zu bytes raw, found %s", raw_size,
                         content == ZSTD_CONTENTSIZE_ERROR     ? "no zstd frame"
                         : content == ZSTD_CONTENTSIZE_UNKNOWN ? "no size in it"
                                                               : "another size in it");
    const size_t frame = ZSTD_findFrameCompressedSize(bytes, size);
    if (ZSTD_isError(frame))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a zstd frame of %zu bytes, found: %s", size,
                         ZSTD_getErrorName(frame));
    if (frame != size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a zstd frame of %zu bytes, found one of %zu", size,
                         frame);
    return STOA_OK;
}

static stoa_status decompress_with(ZSTD_DCtx *context, const uint8_t *bytes, size_t size,
                                   uint8_t *out_raw, size_t raw_size, stoa_error *err)
{
    if (!context)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected zstd to set up a context, found none");
    const size_t result = ZSTD_decompressDCtx(context, out_raw, raw_size, bytes, size);
    if (ZSTD_isError(result))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a zstd frame of %zu bytes for %zu, found: %s", size,
                         raw_size, ZSTD_getErrorName(result));
    if (result != raw_size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a zstd frame of %zu bytes raw, found %zu", raw_size,
                         result);
    return STOA_OK;
}

static stoa_status zstd_decompress(void *memory, const uint8_t *bytes, size_t size,
                                   uint8_t *out_raw, size_t raw_size, stoa_error *err)
{
    STOA_TRY(check_frame(bytes, size, raw_size, err));
    const size_t needed = zstd_decompress_memory();
    struct zstd_head *head = memory ? memory : stoa_alloc(needed);
    if (!head)
        return stoa_fail_memory(err, needed);
    if (!memory || !head->context)
        head->context =
            ZSTD_initStaticDCtx((uint8_t *)head + HEAD_SIZE, needed - HEAD_SIZE);
    const stoa_status status =
        decompress_with(head->context, bytes, size, out_raw, raw_size, err);
    if (!memory)
        stoa_free(head);
    return status;
}

const struct stoa_codec stoa_codec_zstd = {
    .id = STOA_CODEC_ZSTD,
    .name = "zstd",
    .min_level = LEVEL_MIN,
    .max_level = LEVEL_MAX,
    .decode_cycles = 2.7,
    .bound = zstd_bound,
    .compress_memory = zstd_compress_memory,
    .decompress_memory = zstd_decompress_memory,
    .compress = zstd_compress,
    .decompress = zstd_decompress,
};
