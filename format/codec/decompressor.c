/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Working memory for decompression, kept by whoever reads many blocks: the slots of a reader,
 * the threads of a verification. Memory is made per codec on first use, since most blocks need
 * none.
 */
#include "common/alloc.h"
#include "format/codec/codec.h"

void stoa_decompressor_init(struct stoa_decompressor *decompressor)
{
    *decompressor = (struct stoa_decompressor){.memory = {NULL}};
}

void stoa_decompressor_done(struct stoa_decompressor *decompressor)
{
    for (unsigned id = 0; id < STOA_CODEC_COUNT; id++)
        stoa_free(decompressor->memory[id]);
    stoa_decompressor_init(decompressor);
}

static stoa_status take_memory(struct stoa_decompressor *decompressor,
                               const struct stoa_codec *codec, void **out, stoa_error *err)
{
    const size_t size = codec->decompress_memory();
    void **memory = &decompressor->memory[codec->id];
    if (!*memory && size > 0) {
        *memory = stoa_alloc_zeroed(1, size);
        if (!*memory)
            return stoa_fail_memory(err, size);
    }
    *out = *memory;
    return STOA_OK;
}

static stoa_status decompress_with(void *memory, const struct stoa_codec *codec,
                                   const uint8_t *history, size_t history_size,
                                   const uint8_t *bytes, size_t size, uint8_t *out_raw,
                                   size_t raw_size, stoa_error *err)
{
    if (history_size == 0)
        return codec->decompress(memory, bytes, size, out_raw, raw_size, err);
    return codec->decompress_behind(memory, history, history_size, bytes, size, out_raw,
                                    raw_size, err);
}

stoa_status stoa_decompress(struct stoa_decompressor *decompressor,
                            const struct stoa_codec *codec, const uint8_t *history,
                            size_t history_size, const uint8_t *bytes, size_t size,
                            uint8_t *out_raw, size_t raw_size, stoa_error *err)
{
    struct stoa_decompressor own;
    void *memory = NULL;
    stoa_status status = STOA_OK;
    stoa_decompressor_init(&own);
    STOA_TRY_CLEANUP(take_memory(decompressor ? decompressor : &own, codec, &memory, err));
    STOA_TRY_CLEANUP(decompress_with(memory, codec, history, history_size, bytes, size,
                                     out_raw, raw_size, err));
cleanup:
    stoa_decompressor_done(&own);
    return status;
}
