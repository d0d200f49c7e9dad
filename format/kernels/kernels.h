/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inner loops, as a table of function pointers: one plain body (kernels_body.h) compiled
 * per instruction set, intrinsics only where a benchmark justifies them. kernels_ref is the
 * definition of correct; tests compare every level with it. kernels_init.c alone looks at the
 * CPU. Kernels never allocate, never fail, and touch exactly the bytes they name.
 */
#ifndef STOA_FORMAT_KERNELS_H
#define STOA_FORMAT_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cpu.h"

enum { STOA_KERNEL_ROWS = 1024 };

struct stoa_view; /* format/value.h */

/* The lane that values of `width` <= 64 bits are packed in and unpacked to [PACK-2]. */
static inline unsigned stoa_lane_bits(unsigned width)
{
    return width <= 8 ? 8 : width <= 16 ? 16 : width <= 32 ? 32 : 64;
}

/* Symbols by step: entry c is that of code c, its first lengths[c] bytes in words[c]; entry
 * 256 + b is the byte b, as it stands behind the escape. Codes without a symbol, the escape 255
 * among them, have length 0. */
struct stoa_fsst_table {
    uint64_t words[512];
    uint8_t lengths[512];
    unsigned count; /* symbols; codes 0 .. count - 1 have one */
};
enum {
    STOA_FSST_ESCAPE = 255,
    STOA_FSST_ROOM = 64 /* bytes behind what fsst_decode may give that it may write to */
};
#define STOA_FSST_INSIDE UINT32_MAX /* not between two codes */

/* Pointers to bytes and lanes need no alignment (64 bytes is fastest); inputs and outputs do
 * not overlap. */
struct stoa_kernels {
    const char *name; /* "ref", "avx2", "avx512", "neon" */

    /* Vertical packing of 1,024 values below 2^width [PACK-4]; the packed size is 128 * width
     * bytes [PACK-1], none for width 0. Higher bits of a value are dropped. */
    void (*pack)(unsigned width, const uint64_t *in, uint8_t *out);
    /* Unpacks to lanes of stoa_lane_bits(width) bits in row order: 1,024 of them. */
    void (*unpack)(unsigned width, const uint8_t *in, void *out_lanes);
    /* out[i] = base + scale * lane[i], wrapping; lane_bits is 8, 16, 32 or 64. */
    void (*widen)(unsigned lane_bits, const void *lanes, size_t count, uint64_t base,
                  uint64_t scale, uint64_t *out);
    /* values[i] += more[i], wrapping. */
    void (*add_64)(uint64_t *values, const uint64_t *more, size_t count);
    /* values[i] = start + values[0] + .. + values[i], wrapping. */
    void (*add_up)(uint64_t *values, size_t count, uint64_t start);
    /* Bit i of out = low <= lane[i] <= high (unsigned), over 1,024 lanes. */
    void (*select_lanes)(unsigned lane_bits, const void *lanes, uint64_t low, uint64_t high,
                         uint64_t out_bits[16]);
    /* Bit i of out = whether first + lane[i] is in the set, over 1,024 lanes of 8, 16 or 32 bits:
     * the set has a bit for each number below `size` <= 2^31, in whole words; what is not below it is
     * not in the set, and makes the result false. first < 2^31. */
    bool (*select_set)(unsigned lane_bits, const void *lanes, uint64_t first,
                       const uint64_t *set, uint64_t size, uint64_t out_bits[16]);
    /* Bit i of out = low <= value[i] <= high over `count` <= 1024 values; rest 0. */
    void (*select_i64)(const int64_t *values, size_t count, int64_t low, int64_t high,
                       uint64_t out_bits[16]);
    /* Numeric comparison; NaN matches never. */
    void (*select_f64)(const double *values, size_t count, double low, double high,
                       uint64_t out_bits[16]);
    /* out[i] = in[i] / divisor as doubles: the conversion and the quotient are each rounded to
     * nearest, to even. The divisor is a power of ten up to 10^22. `out` may be `in`. */
    void (*divide_i64)(const int64_t *in, size_t count, double divisor, double *out);
    /* Spreads the values of `kept`, in order, over the rows whose bit is set, `fill` over the
     * others: `rows` <= 1,024 of them, no bit set behind. Reads no more of `kept` than bits are
     * set. */
    void (*spread_32)(const uint64_t *mask, size_t rows, const uint32_t *kept,
                      uint32_t fill, uint32_t *out);
    void (*spread_64)(const uint64_t *mask, size_t rows, const uint64_t *kept,
                      uint64_t fill, uint64_t *out);
    /* The same for bits, which begin at bit 0 of `kept`; 0 where the mask is. All 16 words. */
    void (*spread_bits)(const uint64_t mask[16], const uint64_t kept[16], uint64_t out[16]);
    /* Exact sum of `count` values. */
    void (*sum_i64)(const int64_t *values, size_t count, __int128 *out_sum);
    /* Exact sum of the values whose bit is set, of `count` <= 1,024; no bit is set behind. */
    void (*sum_masked)(const uint64_t *values, bool is_signed, const uint64_t *mask,
                       size_t count, __int128 *out_sum);
    /* Exact sum of `count` <= 1,024 unsigned lanes of 8, 16, 32 or 64 bits. */
    void (*sum_lanes)(unsigned lane_bits, const void *lanes, size_t count,
                      unsigned __int128 *out_sum);
    /* Exact sum of `count` <= 1,024 runs, value times length: run i has the rows from the end of
     * the one before (`begin` for the first) to ends[i], at most 65,536 in all. */
    void (*sum_runs)(const uint64_t *values, bool is_signed, const uint32_t *ends,
                     size_t count, uint32_t begin, __int128 *out_sum);
    /* Adds value i to the pair high[i % 8], low[i % 8] where its bit is set, as stoa_float_sum_add
     * does [FMT-35], over `count` <= 1,024 values, no bit set behind. True when one of them is not
     * finite. */
    bool (*sum_f64)(const double *values, const uint64_t *mask, size_t count,
                    double high[8], double low[8]);
    /* Smallest and largest of `count` >= 1 values. */
    void (*min_max_i64)(const int64_t *values, size_t count, int64_t *out_min,
                        int64_t *out_max);
    /* Smallest and largest of `count` >= 1 unsigned lanes of 8, 16, 32 or 64 bits. */
    void (*min_max_lanes)(unsigned lane_bits, const void *lanes, size_t count,
                          uint64_t *out_min, uint64_t *out_max);
    /* Decodes `count` codes [FSST-2] and returns how many bytes they give, SIZE_MAX when one has no
     * symbol or the last is an escape. Stops at more than `limit` < 2^31 bytes, and returns more
     * then; `out` has room for STOA_FSST_ROOM bytes behind them. places[i], unless NULL, becomes the
     * bytes before code i, STOA_FSST_INSIDE for a byte behind an escape. */
    size_t (*fsst_decode)(const struct stoa_fsst_table *table, const uint8_t *codes,
                          size_t count, uint8_t *out, size_t limit, uint32_t *places);
    /* True when all `size` bytes are below 0x80. */
    bool (*is_ascii)(const uint8_t *bytes, size_t size);
    /* Where the needle first stands in the bytes, 0 when it is empty; SIZE_MAX: nowhere. Meant for
     * many bytes: a heap of texts rather than each of them. */
    size_t (*find_bytes)(const uint8_t *bytes, size_t size, const uint8_t *needle,
                         size_t needle_size);
    /* Clears the bits of views that are not the text, or do not begin with it; only those whose bit
     * is set are looked at, none of them behind the first `count` <= 1,024. */
    void (*select_text)(const struct stoa_view *views, size_t count,
                        const struct stoa_view *text, bool is_prefix, uint64_t bits[16]);
};

/* The table of a level; NULL when this build or machine cannot run it. */
const struct stoa_kernels *stoa_kernels_for(enum stoa_cpu_level level);
/* The table of stoa_cpu_level(), never NULL. */
const struct stoa_kernels *stoa_kernels_best(void);

/* The tables; the two x86 ones exist where STOA_KERNELS_X86 is set, that of 64-bit ARM where
 * STOA_KERNELS_ARM is. Call the functions above. */
extern const struct stoa_kernels stoa_kernels_ref;
extern const struct stoa_kernels stoa_kernels_avx2;
extern const struct stoa_kernels stoa_kernels_avx512;
extern const struct stoa_kernels stoa_kernels_neon;

#endif
