/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structural scan with 64-byte compares straight into masks, and positions written by
 * compression sixteen at a time, without a branch on their number. Built with the AVX-512
 * flags in meson.build and called only where stoa_cpu_level() allows it.
 */
#include "writer/ingest/csv_scan_levels.h"

#include <immintrin.h>

#include "writer/ingest/csv_scan.h"

struct scan_needles {
    __m512i delimiter;
    __m512i quote;
    uint64_t quote_mask;
};

#include "writer/ingest/csv_scan_body.h"

static struct scan_needles scan_needles_make(const struct stoa_csv_dialect *dialect)
{
    return (struct scan_needles){
        .delimiter = _mm512_set1_epi8((char)dialect->delimiter),
        .quote = _mm512_set1_epi8((char)dialect->quote),
        .quote_mask = dialect->has_quote ? ~UINT64_C(0) : 0,
    };
}

static inline struct scan_block scan_masks(const struct scan_needles *needles,
                                           const uint8_t *p)
{
    const __m512i bytes = _mm512_loadu_si512(p);
    return (struct scan_block){
        .delimiter = _mm512_cmpeq_epi8_mask(bytes, needles->delimiter),
        .quote = _mm512_mask_cmpeq_epi8_mask(needles->quote_mask, bytes, needles->quote),
        .lf = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')),
        .cr = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r')),
        /* Signed: below 1 are 0 and everything with the high bit. */
        .special = _mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(1)),
    };
}

/* Writes up to 80 places; what lies behind the result is overwritten by the next call. */
static inline uint32_t *scan_emit(uint32_t *out, uint32_t base, uint64_t bits)
{
    const __m512i step = _mm512_set1_epi32(16);
    __m512i offsets = _mm512_add_epi32(
        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
        _mm512_set1_epi32((int)base));
    for (unsigned i = 0; i < 4; i++) {
        const __mmask16 part = (__mmask16)(bits >> 16 * i);
        _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(part, offsets));
        out += _mm_popcnt_u32(part);
        offsets = _mm512_add_epi32(offsets, step);
    }
    return out;
}

const struct stoa_csv_kernels *stoa_csv_kernels_avx512(void)
{
    static const struct stoa_csv_kernels kernels = {.name = "avx512",
                                                    .index = scan_index,
                                                    .split = scan_split,
                                                    .count_lines = scan_count_lines};
    return &kernels;
}
