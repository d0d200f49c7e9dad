/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structural scan in plain C: the definition of correct, and what machines without AVX2
 * run. Eight bytes at a time in one 64-bit word (Mycroft's zero-byte test in its exact form).
 */
#include "writer/ingest/csv_scan_levels.h"

#include "common/bits.h"
#include "writer/ingest/csv_scan.h"

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

struct scan_needles {
    uint64_t delimiter; /* the byte in every place */
    uint64_t quote;
    uint64_t quote_mask; /* 0 without quotes */
};

#include "writer/ingest/csv_scan_body.h"

static struct scan_needles scan_needles_make(const struct stoa_csv_dialect *dialect)
{
    return (struct scan_needles){.delimiter = dialect->delimiter * ONES,
                                 .quote = dialect->quote * ONES,
                                 .quote_mask = dialect->has_quote ? ~UINT64_C(0) : 0};
}

/* The high bits of eight bytes as eight bits: byte i gives bit i. */
static inline uint64_t gather_highs(uint64_t highs)
{
    return (highs >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* Bit i set where byte i of `word` is 0. */
static inline uint64_t zero_bytes(uint64_t word)
{
    const uint64_t low = (word & ~HIGHS) + ~HIGHS; /* high bit: the low seven are not 0 */
    return gather_highs(~(low | word) & HIGHS);
}

static struct scan_block scan_masks(const struct scan_needles *needles, const uint8_t *p)
{
    struct scan_block block = {.quote = 0};
    for (unsigned i = 0; i < 64; i += 8) {
        const uint64_t word = stoa_load_le64(p + i);
        block.delimiter |= zero_bytes(word ^ needles->delimiter) << i;
        block.quote |= zero_bytes(word ^ needles->quote) << i;
        block.lf |= zero_bytes(word ^ '\n' * ONES) << i;
        block.cr |= zero_bytes(word ^ '\r' * ONES) << i;
        block.special |= (zero_bytes(word) | gather_highs(word & HIGHS)) << i;
    }
    block.quote &= needles->quote_mask;
    return block;
}

static uint32_t *scan_emit(uint32_t *out, uint32_t base, uint64_t bits)
{
    for (; bits; bits &= bits - 1)
        *out++ = base + (uint32_t)__builtin_ctzll(bits);
    return out;
}

const struct stoa_csv_kernels *stoa_csv_kernels_ref(void)
{
    static const struct stoa_csv_kernels kernels = {.name = "ref",
                                                    .index = scan_index,
                                                    .split = scan_split,
                                                    .count_lines = scan_count_lines};
    return &kernels;
}
