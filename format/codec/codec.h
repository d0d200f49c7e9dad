/* SPDX-License-Identifier: Apache-2.0 */
/*
 * General-purpose compression of byte streams: one file and one row in codec_table.c each.
 * Frames hold at most 64 KiB raw [STREAM-2], so that a point read decompresses little.
 *
 * Working memory is the caller's: making a zstd context for every frame costs 7 % of compression
 * and 22 % of decompression (frames of 64 KiB, level 3), and memory that needs no destructor
 * can lie in an arena. Pass NULL where that does not matter.
 */
#ifndef STOA_FORMAT_CODEC_H
#define STOA_FORMAT_CODEC_H

#include <stdatomic.h>
#include <stdbool.h>
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

enum { STOA_CODEC_HEAD = 64 };
enum { STOA_FRAME_RAW_SIZE = 65536 }; /* most raw bytes of one frame [STREAM-2] */
enum {
    STOA_HISTORY_MAX = 8 * STOA_FRAME_RAW_SIZE
}; /* most bytes of a history [STREAM-4] */

/*
 * `memory` in the calls below: the number of bytes that the *_memory function names, 16-byte
 * aligned, the first STOA_CODEC_HEAD of them zero before the first call (the rest may hold
 * anything: it is more than a frame's own size), then passed again unchanged; used by one thread at a
 * time, for one codec, one direction and one level, and dropped without ceremony. NULL: the call
 * allocates and frees its own. The bytes that come out never depend on it.
 */
struct stoa_codec {
    enum stoa_codec_id id;
    const char *name;
    int min_level; /* the codec's own scale; compress refuses other levels */
    int max_level;
    /* Levels up to this one make the same bytes in memory that has compressed other things before, in
     * every version of the library; above it memory is for one stream (zstd's row hash is salted). */
    int kept_level;
    double decode_cycles; /* per raw byte, for the choice */
    /* Largest possible compressed size of `raw` bytes. */
    size_t (*bound)(size_t raw);
    /* Bytes of working memory; 0: it needs none. */
    size_t (*compress_memory)(int level);
    size_t (*decompress_memory)(void);
    /* Compresses raw_size <= STOA_FRAME_RAW_SIZE bytes into `out` (room for bound(raw_size)).
     * Deterministic. */
    stoa_status (*compress)(void *memory, const uint8_t *raw, size_t raw_size, int level,
                            uint8_t *out, size_t out_capacity, size_t *out_size,
                            stoa_error *err);
    /* Must give exactly raw_size bytes and use exactly `size`; STOA_E_CORRUPT otherwise, with
     * `out_raw` in any state. */
    stoa_status (*decompress)(void *memory, const uint8_t *bytes, size_t size,
                              uint8_t *out_raw, size_t raw_size, stoa_error *err);
    /* A history: at most STOA_HISTORY_MAX bytes that a frame is compressed behind, as if they came
     * right before its own. NULL in all three: the codec has none. The compressor learns it once for
     * many frames and borrows its bytes; frames that lie right behind it in memory are faster. Memory
     * must be given. */
    stoa_status (*learn)(void *memory, const uint8_t *history, size_t history_size,
                         int level, stoa_error *err);
    stoa_status (*compress_behind)(void *memory, const uint8_t *raw, size_t raw_size,
                                   int level, uint8_t *out, size_t out_capacity,
                                   size_t *out_size, stoa_error *err);
    stoa_status (*decompress_behind)(void *memory, const uint8_t *history,
                                     size_t history_size, const uint8_t *bytes, size_t size,
                                     uint8_t *out_raw, size_t raw_size, stoa_error *err);
};

/* The row for an id, or NULL when unknown. */
const struct stoa_codec *stoa_codec_find(unsigned id);

/*
 * What one thread decompresses with: the working memory of each codec, made when it is first
 * needed and kept until done. Setting a zstd context up asks the CPU what it can do, which a
 * virtual machine answers through its host: for small files that took a third of reading them.
 */
struct stoa_decompressor {
    void *memory[STOA_CODEC_COUNT]; /* owned; NULL until first used */
};

void stoa_decompressor_init(struct stoa_decompressor *decompressor);
void stoa_decompressor_done(struct stoa_decompressor *decompressor);
/* The codec's decompress with that memory, behind a history when history_size is not 0;
 * `decompressor` NULL: with memory for this call. */
STOA_MUST_USE stoa_status stoa_decompress(struct stoa_decompressor *decompressor,
                                          const struct stoa_codec *codec,
                                          const uint8_t *history, size_t history_size,
                                          const uint8_t *bytes, size_t size,
                                          uint8_t *out_raw, size_t raw_size,
                                          stoa_error *err);

/*
 * What one task compresses with, for the same reason: memory by codec and level, made on first use,
 * kept until done. Those of a set are lent to tasks, whatever thread they run on; all zero is one
 * that is free and has nothing yet.
 */
enum { STOA_COMPRESSOR_KEPT = 3 };
struct stoa_compressor {
    struct {
        const struct stoa_codec *codec; /* NULL: unused */
        int level;
        void *memory; /* owned */
    } kept[STOA_COMPRESSOR_KEPT];
    atomic_flag is_lent;
};

/* One that is free of `count` in the set, or NULL when all are lent. Any thread. */
struct stoa_compressor *stoa_compressor_lend(struct stoa_compressor *set, unsigned count);
void stoa_compressor_give_back(struct stoa_compressor *compressor); /* NULL allowed */
/* A set of `count`, all free. */
STOA_MUST_USE stoa_status stoa_compressors_create(unsigned count,
                                                  struct stoa_compressor **out_set,
                                                  stoa_error *err);
/* Frees it with what it has kept; none may be lent. NULL allowed. */
void stoa_compressors_free(struct stoa_compressor *set, unsigned count);

/* Working memory for one stream: kept, or its own. Given back by stoa_compress_memory_done. The
 * `compressor` may be NULL. */
struct stoa_compress_memory {
    void *memory; /* as the codec's compress wants it */
    bool is_own;
};
STOA_MUST_USE stoa_status stoa_compress_memory_take(struct stoa_compressor *compressor,
                                                    const struct stoa_codec *codec,
                                                    int level,
                                                    struct stoa_compress_memory *out,
                                                    stoa_error *err);
void stoa_compress_memory_done(struct stoa_compress_memory *memory);

/* The rows; their own files define them, codec_table.c lists them. */
extern const struct stoa_codec stoa_codec_none;
extern const struct stoa_codec stoa_codec_zstd;
extern const struct stoa_codec stoa_codec_lz4;

#endif
