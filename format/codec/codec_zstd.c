/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zstandard frames: content size in the header, no checksum (the block has one), no dictionary
 * id; a history is a dictionary of raw content. The only file that includes zstd.
 *
 * The contexts are zstd's static ones inside the caller's memory: a pointer says whether
 * they have been set up, the workspaces lie behind it. What a level needs differs by input
 * size in steps, so the workspace fits the largest of them up to 64 KiB.
 */
#define ZSTD_STATIC_LINKING_ONLY /* for static contexts */
#include <zstd.h>

#include <string.h>

#include "common/alloc.h"
#include "common/checked.h"
#include "format/codec/codec.h"

enum { LEVEL_MIN = 1, LEVEL_MAX = 19, HEAD_SIZE = STOA_CODEC_HEAD };

/* The start of working memory; zero at first. */
struct zstd_head {
    /* ZSTD_CCtx or ZSTD_DCtx inside the memory; NULL before the first call */
    void *context;
    const ZSTD_CDict *history; /* what has been learnt, inside the memory; or NULL */
};
_Static_assert(sizeof(struct zstd_head) <= HEAD_SIZE, "the workspace begins behind it");

static size_t zstd_bound(size_t raw)
{
    return ZSTD_compressBound(raw);
}

/* Of a frame behind `history` bytes. */
static ZSTD_compressionParameters history_parameters(int level, size_t history)
{
    return ZSTD_getCParams(level, STOA_FRAME_RAW_SIZE, history);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t compress_context(int level)
{
    static const size_t raw_sizes[] = {1024, 4096, 8192, 16384, 32768, STOA_FRAME_RAW_SIZE};
    size_t size = 0;
    for (size_t i = 0; i < sizeof raw_sizes / sizeof raw_sizes[0]; i++)
        size = larger(size, ZSTD_estimateCCtxSize_usingCParams(
                                ZSTD_getCParams(level, raw_sizes[i], 0)));
    for (size_t at = STOA_FRAME_RAW_SIZE; at <= STOA_HISTORY_MAX; at += STOA_FRAME_RAW_SIZE)
        size =
            larger(size, ZSTD_estimateCCtxSize_usingCParams(history_parameters(level, at)));
    return (size_t)stoa_align_up(size, HEAD_SIZE);
}

static size_t compress_history(int level)
{
    size_t size = 0;
    for (size_t at = STOA_FRAME_RAW_SIZE; at <= STOA_HISTORY_MAX; at += STOA_FRAME_RAW_SIZE)
        size = larger(size, ZSTD_estimateCDictSize_advanced(
                                at, history_parameters(level, at), ZSTD_dlm_byRef));
    return size;
}

/* Head, context, history. */
static size_t zstd_compress_memory(int level)
{
    return HEAD_SIZE + compress_context(level) + compress_history(level);
}

static size_t decompress_context(void)
{
    return (size_t)stoa_align_up(ZSTD_estimateDCtxSize(), HEAD_SIZE);
}

/* Head, context, history. */
static size_t zstd_decompress_memory(void)
{
    return HEAD_SIZE + decompress_context() + ZSTD_estimateDDictSize(0, ZSTD_dlm_byRef);
}

/* ---- compressing ---- */

/* `history` is NULL for a frame on its own. */
static stoa_status compress_with(ZSTD_CCtx *context, const ZSTD_CDict *history,
                                 const uint8_t *raw, size_t raw_size, int level,
                                 uint8_t *out, size_t out_capacity, size_t *out_size,
                                 stoa_error *err)
{
    size_t result = ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
    if (!ZSTD_isError(result))
        result = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(result) && history)
        result = ZSTD_CCtx_refCDict(context, history);
    if (!ZSTD_isError(result))
        result = ZSTD_compress2(context, out, out_capacity, raw, raw_size);
    if (ZSTD_isError(result))
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected zstd to compress %zu bytes at level %d, found: %s",
                         raw_size, level, ZSTD_getErrorName(result));
    *out_size = result;
    return STOA_OK;
}

static stoa_status check_input(size_t raw_size, int level, stoa_error *err)
{
    if (raw_size > STOA_FRAME_RAW_SIZE || level < LEVEL_MIN || level > LEVEL_MAX)
        return stoa_fail(
            err, STOA_E_INTERNAL,
            "expected at most %d bytes and a zstd level of %d to %d, found %zu "
            "and %d",
            STOA_FRAME_RAW_SIZE, LEVEL_MIN, LEVEL_MAX, raw_size, level);
    return STOA_OK;
}

static stoa_status set_up_compressor(struct zstd_head *head, int level, stoa_error *err)
{
    if (!head->context)
        head->context =
            ZSTD_initStaticCCtx((uint8_t *)head + HEAD_SIZE, compress_context(level));
    if (!head->context)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected zstd to set up a context for level %d, found none",
                         level);
    return STOA_OK;
}

static stoa_status zstd_compress(void *memory, const uint8_t *raw, size_t raw_size,
                                 int level, uint8_t *out, size_t out_capacity,
                                 size_t *out_size, stoa_error *err)
{
    STOA_TRY(check_input(raw_size, level, err));
    struct zstd_head *head = memory;
    if (!head)
        head = stoa_alloc_zeroed(1, zstd_compress_memory(level));
    if (!head)
        return stoa_fail_memory(err, zstd_compress_memory(level));
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(set_up_compressor(head, level, err));
    STOA_TRY_CLEANUP(compress_with(head->context, NULL, raw, raw_size, level, out,
                                   out_capacity, out_size, err));
cleanup:
    if (!memory)
        stoa_free(head);
    return status;
}

/* At least the size of a ZSTD_CDict: what a history without content and nearly without tables
 * takes. */
static size_t history_head(void)
{
    const ZSTD_compressionParameters least = {.windowLog = ZSTD_WINDOWLOG_MIN,
                                              .chainLog = ZSTD_CHAINLOG_MIN,
                                              .hashLog = ZSTD_HASHLOG_MIN,
                                              .searchLog = ZSTD_SEARCHLOG_MIN,
                                              .minMatch = ZSTD_MINMATCH_MAX,
                                              .strategy = ZSTD_fast};
    return ZSTD_estimateCDictSize_advanced(0, least, ZSTD_dlm_byRef);
}

static stoa_status zstd_learn(void *memory, const uint8_t *history, size_t history_size,
                              int level, stoa_error *err)
{
    struct zstd_head *head = memory;
    STOA_TRY(check_input(0, level, err));
    head->history = NULL;
    if (history_size > 0 && history_size <= STOA_HISTORY_MAX) {
        uint8_t *at = (uint8_t *)memory + HEAD_SIZE + compress_context(level);
        /* zstd 1.5.4 leaves the level in a static ZSTD_CDict as it finds it, and later cuts
         * blocks by it: the frame would depend on what was in the memory. */
        memset(at, 0, history_head());
        head->history = ZSTD_initStaticCDict(
            at, compress_history(level), history, history_size, ZSTD_dlm_byRef,
            ZSTD_dct_rawContent, history_parameters(level, history_size));
    }
    if (!head->history)
        return stoa_fail(
            err, STOA_E_INTERNAL,
            "expected zstd to learn a history of %zu bytes, found that it cannot",
            history_size);
    return STOA_OK;
}

static stoa_status zstd_compress_behind(void *memory, const uint8_t *raw, size_t raw_size,
                                        int level, uint8_t *out, size_t out_capacity,
                                        size_t *out_size, stoa_error *err)
{
    struct zstd_head *head = memory;
    STOA_TRY(check_input(raw_size, level, err));
    if (!head->history)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected a history to compress behind, found none");
    STOA_TRY(set_up_compressor(head, level, err));
    return compress_with(head->context, head->history, raw, raw_size, level, out,
                         out_capacity, out_size, err);
}

/* ---- decompressing ---- */

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

/* `history` is NULL for a frame on its own. */
static stoa_status decompress_with(ZSTD_DCtx *context, const ZSTD_DDict *history,
                                   const uint8_t *bytes, size_t size, uint8_t *out_raw,
                                   size_t raw_size, stoa_error *err)
{
    const size_t result =
        history
            ? ZSTD_decompress_usingDDict(context, out_raw, raw_size, bytes, size, history)
            : ZSTD_decompressDCtx(context, out_raw, raw_size, bytes, size);
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

static stoa_status set_up_decompressor(struct zstd_head *head, stoa_error *err)
{
    if (!head->context)
        head->context =
            ZSTD_initStaticDCtx((uint8_t *)head + HEAD_SIZE, decompress_context());
    return head->context ? STOA_OK
                         : stoa_fail(err, STOA_E_INTERNAL,
                                     "expected zstd to set up a context, found none");
}

static stoa_status zstd_decompress(void *memory, const uint8_t *bytes, size_t size,
                                   uint8_t *out_raw, size_t raw_size, stoa_error *err)
{
    STOA_TRY(check_frame(bytes, size, raw_size, err));
    struct zstd_head *head = memory;
    if (!head)
        head = stoa_alloc_zeroed(1, zstd_decompress_memory());
    if (!head)
        return stoa_fail_memory(err, zstd_decompress_memory());
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(set_up_decompressor(head, err));
    STOA_TRY_CLEANUP(
        decompress_with(head->context, NULL, bytes, size, out_raw, raw_size, err));
cleanup:
    if (!memory)
        stoa_free(head);
    return status;
}

static stoa_status zstd_decompress_behind(void *memory, const uint8_t *history,
                                          size_t history_size, const uint8_t *bytes,
                                          size_t size, uint8_t *out_raw, size_t raw_size,
                                          stoa_error *err)
{
    struct zstd_head *head = memory;
    STOA_TRY(check_frame(bytes, size, raw_size, err));
    STOA_TRY(set_up_decompressor(head, err));
    /* Nothing is read from the history here, so that this is quick. */
    const ZSTD_DDict *dictionary =
        ZSTD_initStaticDDict((uint8_t *)memory + HEAD_SIZE + decompress_context(),
                             ZSTD_estimateDDictSize(0, ZSTD_dlm_byRef), history,
                             history_size, ZSTD_dlm_byRef, ZSTD_dct_rawContent);
    if (!dictionary)
        return stoa_fail(
            err, STOA_E_INTERNAL,
            "expected zstd to take a history of %zu bytes, found that it cannot",
            history_size);
    return decompress_with(head->context, dictionary, bytes, size, out_raw, raw_size, err);
}

const struct stoa_codec stoa_codec_zstd = {
    .id = STOA_CODEC_ZSTD,
    .name = "zstd",
    .min_level = LEVEL_MIN,
    .max_level = LEVEL_MAX,
    .kept_level = 4, /* strategies fast and dfast */
    .decode_cycles = 2.7,
    .bound = zstd_bound,
    .compress_memory = zstd_compress_memory,
    .decompress_memory = zstd_decompress_memory,
    .compress = zstd_compress,
    .decompress = zstd_decompress,
    .learn = zstd_learn,
    .compress_behind = zstd_compress_behind,
    .decompress_behind = zstd_decompress_behind,
};
