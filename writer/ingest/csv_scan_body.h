/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of the structural scan, included by each csv_scan_<level>.c after it has defined
 *   struct scan_needles, scan_needles_make(), scan_masks(), scan_emit().
 * Everything is static, so that code for one instruction set never leaks into another.
 *
 * Quote parity by prefix sums is how simdjson (Langdale and Lemire, "Parsing gigabytes of JSON
 * per second", 2019, section 3.1.1) finds strings; the check of every quote's neighbours is
 * what makes it exact for CSV, where a quote inside a plain field means itself.
 */
#include "common/bits.h"
#include "writer/ingest/csv_scan.h"

/* One bit per byte of a block. */
struct scan_block {
    uint64_t delimiter;
    uint64_t quote;
    uint64_t lf;
    uint64_t cr;
    uint64_t special; /* NUL or above 0x7F */
};

static struct scan_needles scan_needles_make(const struct stoa_csv_dialect *dialect);
static struct scan_block scan_masks(const struct scan_needles *needles, const uint8_t *p);
static uint32_t *scan_emit(uint32_t *out, uint32_t base, uint64_t bits);

/* Bit i of the result is the parity of bits 0..i. */
static inline uint64_t scan_prefix_xor(uint64_t bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    return bits;
}

static inline struct scan_block scan_cut(struct scan_block block, uint64_t valid)
{
    block.delimiter &= valid;
    block.quote &= valid;
    block.lf &= valid;
    block.cr &= valid;
    block.special &= valid;
    return block;
}

/* What one block says about structure. */
struct scan_found {
    uint64_t fields;  /* field ends */
    uint64_t records; /* record ends, a subset */
    uint64_t odd;     /* quotes (or bytes behind them) out of place */
};

/* Advances the carried state by `size` bytes (1..64) described by `block`. */
static inline struct scan_found scan_step(struct stoa_csv_scan *scan,
                                          const struct scan_block *block, unsigned size)
{
    const uint64_t breaks = block->lf | block->cr;
    const uint64_t quotes = block->quote;
    const unsigned last = size - 1;
    struct scan_found found = {.odd = 0};
    uint64_t outside = ~UINT64_C(0);
    if (quotes | scan->quoted | scan->closed) {
        const uint64_t inside = scan_prefix_xor(quotes) ^ scan->quoted;
        const uint64_t edges = block->delimiter | breaks | quotes;
        const uint64_t closing = quotes & ~inside;
        found.odd = quotes & inside & ~(edges << 1 | scan->edge);
        found.odd |= (closing << 1 | scan->closed) & ~edges & stoa_low_mask(size);
        outside = ~inside;
        scan->quoted = 0 - (inside >> 63);
        scan->closed = closing >> last & 1;
        scan->has_quotes = true;
    }
    const uint64_t cr = block->cr & outside;
    found.records = breaks & outside & ~(block->lf & (cr << 1 | scan->cr));
    /* Without a delimiter '\n' stands in for it, and the LF of a CR LF ends no field. */
    found.fields = found.records | (block->delimiter & ~breaks & outside);
    scan->cr = cr >> last & 1;
    scan->edge = (block->delimiter | breaks | quotes) >> last & 1;
    return found;
}

/* The next block: whole, or what remains (the rest of the bits 0). */
static inline struct scan_block scan_next(const struct scan_needles *needles,
                                          const struct stoa_csv_scan *scan,
                                          unsigned *out_size)
{
    const size_t left = scan->end - scan->at;
    const struct scan_block block = scan_masks(needles, scan->text + scan->at);
    *out_size = left < 64 ? (unsigned)left : 64;
    return left < 64 ? scan_cut(block, stoa_low_mask((unsigned)left)) : block;
}

static void scan_index(const struct stoa_csv_dialect *dialect, struct stoa_csv_scan *scan)
{
    const struct scan_needles needles = scan_needles_make(dialect);
    struct stoa_csv_scan s = *scan; /* a copy, so that it can live in registers */
    uint64_t special = 0;
    while (s.at < s.end && s.end_capacity - s.end_count >= STOA_CSV_ENDS_SLACK) {
        unsigned size = 0;
        const struct scan_block block = scan_next(&needles, &s, &size);
        struct scan_found found = scan_step(&s, &block, size);
        special |= block.special;
        if (found.odd) {
            const uint64_t before = stoa_low_mask((unsigned)__builtin_ctzll(found.odd));
            found.fields &= before;
            found.records &= before;
            s.is_odd = true;
        }
        for (uint64_t bits = found.records; bits; bits &= bits - 1) {
            const uint64_t up_to = bits ^ (bits - 1); /* the lowest bit and all below */
            s.records[s.record_count++] =
                (uint32_t)s.end_count +
                (uint32_t)__builtin_popcountll(found.fields & up_to);
        }
        s.end_count =
            (size_t)(scan_emit(s.ends + s.end_count, (uint32_t)s.at, found.fields) -
                     s.ends);
        if (s.is_odd)
            break;
        s.at += size;
    }
    s.has_special |= special != 0;
    *scan = s;
}

static void scan_split(const struct stoa_csv_dialect *dialect, struct stoa_csv_scan *scan)
{
    const struct scan_needles needles = scan_needles_make(dialect);
    struct stoa_csv_scan s = *scan;
    while (s.at < s.end) {
        unsigned size = 0;
        const struct scan_block block = scan_next(&needles, &s, &size);
        struct scan_found found = scan_step(&s, &block, size);
        if (found.odd) {
            found.records &= stoa_low_mask((unsigned)__builtin_ctzll(found.odd));
            s.is_odd = true;
        }
        if (found.records) {
            s.last_line_end = s.at + 63 - (size_t)__builtin_clzll(found.records);
            s.has_line_end = true;
        }
        if (s.is_odd)
            break;
        s.at += size;
    }
    *scan = s;
}

static size_t scan_count_lines(const uint8_t *text, size_t size)
{
    const struct stoa_csv_dialect none = {.delimiter = '\n'};
    const struct scan_needles needles = scan_needles_make(&none);
    uint64_t cr = 0;
    size_t lines = 0;
    for (size_t at = 0; at < size; at += 64) {
        struct scan_block block = scan_masks(&needles, text + at);
        if (size - at < 64)
            block = scan_cut(block, stoa_low_mask((unsigned)(size - at)));
        const uint64_t second = block.lf & (block.cr << 1 | cr);
        lines += (size_t)__builtin_popcountll((block.lf | block.cr) & ~second);
        cr = block.cr >> 63;
    }
    return lines;
}
