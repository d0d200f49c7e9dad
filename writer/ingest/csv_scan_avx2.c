/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structural scan with 32-byte compares. Built with -mavx2 -mbmi -mpopcnt and called only
 * where stoa_cpu_level() allows it. Positions are written eight at a time without looking at
 * their number, which a branch per field would have to guess.
 */
#include "writer/ingest/csv_scan_levels.h"

#include <immintrin.h>

#include "writer/ingest/csv_scan.h"

struct scan_needles {
    __m256i delimiter;
    __m256i quote;
    uint64_t quote_mask;
};

#include "writer/ingest/csv_scan_body.h"

static struct scan_needles scan_needles_make(const struct stoa_csv_dialect *dialect)
{
    return (struct scan_needles){
        .delimiter = _mm256_set1_epi8((char)dialect->delimiter),
        .quote = _mm256_set1_epi8((char)dialect->quote),
        .quote_mask = dialect->has_quote ? ~UINT64_C(0) : 0,
    };
}

static inline uint64_t mask_of(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t equal_mask(__m256i low, __m256i high, __m256i needle)
{
    return mask_of(_mm256_cmpeq_epi8(low, needle), _mm256_cmpeq_epi8(high, needle));
}

static inline struct scan_block scan_masks(const struct scan_needles *needles,
                                           const uint8_t *p)
{
    const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    const __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    const __m256i one = _mm256_set1_epi8(1);
    return (struct scan_block){
        .delimiter = equal_mask(low, high, needles->delimiter),
        .quote = equal_mask(low, high, needles->quote) & needles->quote_mask,
        .lf = equal_mask(low, high, _mm256_set1_epi8('\n')),
        .cr = equal_mask(low, high, _mm256_set1_epi8('\r')),
        /* Signed: below 1 are 0 and everything with the high bit. */
        .special = mask_of(_mm256_cmpgt_epi8(one, low), _mm256_cmpgt_epi8(one, high)),
    };
}

/* Writes up to 64 places; what lies behind the result is overwritten by the next call. */
static inline uint32_t *scan_emit(uint32_t *out, uint32_t base, uint64_t bits)
{
    uint32_t *const end = out + _mm_popcnt_u64(bits);
    do {
        for (unsigned i = 0; i < 8; i++) {
            out[i] = base + (uint32_t)_tzcnt_u64(bits);
            bits = _blsr_u64(bits);
        }
        out += 8;
    } while (bits);
    return end;
}

const struct stoa_csv_kernels *stoa_csv_kernels_avx2(void)
{
    static const struct stoa_csv_kernels kernels = {.name = "avx2",
                                                    .index = scan_index,
                                                    .split = scan_split,
                                                    .count_lines = scan_count_lines};
    return &kernels;
}
