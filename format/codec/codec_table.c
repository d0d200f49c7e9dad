/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of codecs by on-disk id [STREAM-1]. To add one: a file, a row here, a row in
 * spec/encodings, a test.
 */
#include "format/codec/codec.h"

static const struct stoa_codec *const codecs[] = {
    [STOA_CODEC_NONE] = &stoa_codec_none,
    [STOA_CODEC_ZSTD] = &stoa_codec_zstd,
    [STOA_CODEC_LZ4] = &stoa_codec_lz4,
};
_Static_assert(sizeof codecs / sizeof codecs[0] == STOA_CODEC_COUNT,
               "add a row, a file, a spec page and a test");

const struct stoa_codec *stoa_codec_find(unsigned id)
{
    return id < STOA_CODEC_COUNT ? codecs[id] : NULL;
}
