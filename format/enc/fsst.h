/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of FSST share: symbol tables, and the two halves of writing, finding a table
 * and compressing with it. After Boncz, Neumann and Leis, "FSST: Fast Random Access String
 * Compression", PVLDB 13, 2020. Only the fsst files include this.
 */
#ifndef STOA_FORMAT_FSST_H
#define STOA_FORMAT_FSST_H

#include "format/enc/enc_parts.h"

enum { STOA_FSST_CHILD_LENGTHS = 0 };

enum {
    STOA_FSST_SYMBOLS = 255, /* at most; code 255 is the escape */
    STOA_FSST_LENGTH = 8     /* at most, of a symbol */
};

/* A table as it is written: symbol c is the low lengths[c] bytes of words[c], the rest 0. */
struct stoa_fsst_symbols {
    uint32_t count;
    uint8_t lengths[STOA_FSST_SYMBOLS];
    uint64_t words[STOA_FSST_SYMBOLS];
};

/* ---- writing ---- */

enum {
    STOA_FSST_NONE = 255, /* no symbol, where a code would be; it is the escape */
    STOA_FSST_HEADS = 4096,
    STOA_FSST_SLOTS = 4, /* symbols that share a head */
    STOA_FSST_BUCKETS = STOA_FSST_SYMBOLS + 1
};

/* Symbols of three bytes and more whose first three share a head, the longest first. */
struct stoa_fsst_bucket {
    uint64_t
        words[STOA_FSST_SLOTS]; /* of free slots: what no text with this head begins with */
    uint64_t masks[STOA_FSST_SLOTS];
    uint8_t codes[STOA_FSST_SLOTS];
    uint8_t fits[STOA_FSST_LENGTH + 1]; /* slots of at most so many bytes, as bits */
};

/* A table to compress with. Which symbol matches is found without a branch that text decides, but
 * for whether it is longer than two bytes. */
struct stoa_fsst_matcher {
    struct stoa_fsst_symbols symbols;
    uint8_t lengths[256]; /* by code; 1 for none */
    uint8_t one[256];     /* code of a byte */
    uint8_t heads[STOA_FSST_HEADS];
    struct stoa_fsst_bucket buckets[STOA_FSST_BUCKETS]; /* the first one is empty */
    uint8_t two[65536]; /* code of two bytes, else of the first */
};

/* Which head of a matcher a symbol with these first three bytes hangs on. */
static inline uint32_t stoa_fsst_head(uint64_t word)
{
    return (uint32_t)(word & 0xFFFFFF) * UINT32_C(2654435769) >> 20;
}

/* The code of the longest symbol that begins the `left` >= 1 bytes in `word`, or none. */
static inline unsigned stoa_fsst_match(const struct stoa_fsst_matcher *matcher,
                                       uint64_t word, size_t left)
{
    const struct stoa_fsst_bucket *bucket =
        &matcher->buckets[matcher->heads[stoa_fsst_head(word)]];
    unsigned found = 0;
    for (unsigned k = 0; k < STOA_FSST_SLOTS; k++)
        found |= (unsigned)(((word ^ bucket->words[k]) & bucket->masks[k]) == 0) << k;
    found &= bucket->fits[left < STOA_FSST_LENGTH ? left : STOA_FSST_LENGTH];
    if (found)
        return bucket->codes[__builtin_ctz(found)];
    return left >= 2 ? matcher->two[word & 0xFFFF] : matcher->one[word & 0xFF];
}

/* The next bytes of a text with `left` >= 1 to go; nothing at or behind `end` is read. */
static inline uint64_t stoa_fsst_load(const uint8_t *text, size_t left, const uint8_t *end)
{
    uint64_t word = 0;
    if (end - text >= 8)
        return stoa_load_le64(text);
    memcpy(&word, text, left < 8 ? left : 8);
    return word;
}

/* Fills the rest of a matcher whose symbols are set; at most STOA_FSST_SLOTS share a head. */
void stoa_fsst_matcher_init(struct stoa_fsst_matcher *matcher);

/* Compresses one value [FSST-5] to `out`, which has room for twice its size, and returns the
 * size of that. */
size_t stoa_fsst_compress(const struct stoa_fsst_matcher *matcher, const uint8_t *text,
                          size_t size, const uint8_t *end, uint8_t *out);

/* The same for rows [first, last) of the column, first < last: sets lengths[row] to the size of each,
 * and returns that of all; `out` has room for twice their text. */
size_t stoa_fsst_compress_rows(const struct stoa_fsst_matcher *matcher,
                               const struct stoa_column *column, uint32_t first,
                               uint32_t last, uint64_t *lengths, uint8_t *out);

/* Places of a column that a table is made from, or tried on: consecutive rows. */
struct stoa_fsst_piece {
    uint32_t first_row;
    uint32_t size; /* bytes, the last value may be cut */
};
enum { STOA_FSST_PIECES = 16 };

/* All of a small column for both; else eight pieces for one and the eight between them for the
 * other. */
struct stoa_fsst_sample {
    const struct stoa_column *column;
    struct stoa_fsst_piece train[STOA_FSST_PIECES];
    struct stoa_fsst_piece trial[STOA_FSST_PIECES];
    uint32_t count;     /* of each */
    double train_share; /* of the column's bytes */
};
struct stoa_fsst_sample stoa_fsst_sample_make(const struct stoa_column *column);

/* The table that shortens the sample most, ready to match with. Deterministic. */
STOA_MUST_USE stoa_status stoa_fsst_train(const struct stoa_fsst_sample *sample,
                                          struct stoa_fsst_matcher *out_matcher,
                                          stoa_error *err);

/* The estimate and encode functions of the table's row. */
stoa_status stoa_fsst_estimate(const struct stoa_enc_input *input,
                               struct stoa_enc_estimate *out_estimate, stoa_error *err);
stoa_status stoa_fsst_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                             stoa_error *err);

/* ---- reading ---- */

struct stoa_fsst_filter;

/* An opened node. */
struct stoa_fsst_state {
    struct stoa_fsst_table *table;
    const uint8_t *ends;  /* 8 bytes per vector [FSST-3] */
    const uint8_t *codes; /* of all values */
    uint8_t *raw; /* all values and room behind each vector, from the first decode on */
    uint32_t *lengths; /* 1,024: codes of each value of `lengths_vector` */
    uint32_t *places;  /* for the kernel, one for each code of a step and one more */
    uint64_t *checked; /* bit per vector whose text has been checked */
    uint8_t *point;    /* the value that `at` was asked for */
    uint32_t point_room;
    uint32_t lengths_vector;
    struct stoa_fsst_filter *filter; /* NULL until first used */
};

/* Where the codes of a vector begin and end among all codes. */
struct stoa_fsst_span {
    uint32_t begin;
    uint32_t end;
};
struct stoa_fsst_span stoa_fsst_codes_of(const struct stoa_fsst_state *state,
                                         uint32_t vector);

/* Brings the lengths of the vector's values to state->lengths, checked to add up to its codes. */
STOA_MUST_USE stoa_status stoa_fsst_lengths(struct stoa_node *node, uint32_t vector,
                                            stoa_error *err);

/* Says what is wrong with the codes of a value of the vector. */
STOA_MUST_USE stoa_status stoa_fsst_refuse(const struct stoa_node *node, uint32_t vector,
                                           const uint8_t *codes, uint32_t count,
                                           stoa_error *err);

/* The select function of the table's row. */
stoa_status stoa_fsst_select(struct stoa_node *node, uint32_t vector,
                             const struct stoa_predicate *predicate,
                             struct stoa_vector *scratch,
                             uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err);

#endif
