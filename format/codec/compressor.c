/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Working memory for compression, kept by the tasks that encode a row group. A column is looked at
 * through dozens of small samples, and setting a zstd context up for each took a ninth of
 * encoding small tables.
 */
#include <string.h>

#include "common/alloc.h"
#include "format/codec/codec.h"

struct stoa_compressor *stoa_compressor_lend(struct stoa_compressor *set, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!atomic_flag_test_and_set_explicit(&set[i].is_lent, memory_order_acquire))
            return &set[i];
    }
    return NULL;
}

void stoa_compressor_give_back(struct stoa_compressor *compressor)
{
    if (compressor)
        atomic_flag_clear_explicit(&compressor->is_lent, memory_order_release);
}

stoa_status stoa_compressors_create(unsigned count, struct stoa_compressor **out_set,
                                    stoa_error *err)
{
    struct stoa_compressor *set = stoa_alloc_zeroed(count, sizeof *set);
    if (!set)
        return stoa_fail_memory(err, count * sizeof *set);
    *out_set = set;
    return STOA_OK;
}

void stoa_compressors_free(struct stoa_compressor *set, unsigned count)
{
    for (unsigned i = 0; set && i < count; i++) {
        for (unsigned k = 0; k < STOA_COMPRESSOR_KEPT; k++)
            stoa_free(set[i].kept[k].memory);
    }
    stoa_free(set);
}

/* With a head of zeros, as codecs want it the first time. */
static stoa_status make_memory(const struct stoa_codec *codec, int level, void **out,
                               stoa_error *err)
{
    const size_t size = codec->compress_memory(level);
    void *memory = stoa_alloc(size);
    if (!memory)
        return stoa_fail_memory(err, size);
    memset(memory, 0, size < STOA_CODEC_HEAD ? size : STOA_CODEC_HEAD);
    *out = memory;
    return STOA_OK;
}

stoa_status stoa_compress_memory_take(struct stoa_compressor *compressor,
                                      const struct stoa_codec *codec, int level,
                                      struct stoa_compress_memory *out, stoa_error *err)
{
    const bool is_kept = compressor && level <= codec->kept_level;
    unsigned k = 0;
    *out = (struct stoa_compress_memory){.is_own = true};
    while (is_kept && k < STOA_COMPRESSOR_KEPT && compressor->kept[k].codec &&
           (compressor->kept[k].codec != codec || compressor->kept[k].level != level))
        k++;
    if (!is_kept || k == STOA_COMPRESSOR_KEPT)
        return make_memory(codec, level, &out->memory, err);
    if (!compressor->kept[k].codec) {
        STOA_TRY(make_memory(codec, level, &compressor->kept[k].memory, err));
        compressor->kept[k].codec = codec;
        compressor->kept[k].level = level;
    }
    *out = (struct stoa_compress_memory){.memory = compressor->kept[k].memory};
    return STOA_OK;
}

void stoa_compress_memory_done(struct stoa_compress_memory *memory)
{
    if (memory->is_own)
        stoa_free(memory->memory);
    *memory = (struct stoa_compress_memory){.memory = NULL};
}
