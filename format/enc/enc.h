/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one encoding is: a table of functions, one file, one row in enc_table.c, one page in
 * spec/encodings. An encoded column is a tree of nodes, at most three deep: each node is an
 * encoding over `count` values of one physical kind, its children hold codes, lengths, run
 * ends and the like.
 *
 *   node := 16-byte header [ENC-1], parameters, buffers, children; length a multiple of 8
 *
 * Encodings never see NULL: the block layer keeps validity apart and fills NULL slots.
 * Writing goes estimate -> encode; reading goes open -> decode/select. open() checks every
 * byte of structure once, with messages; what runs afterwards may assume it, and can only fail
 * for memory, inside a compressed frame, or for a code, length or text out of bounds [ENC-9].
 */
#ifndef STOA_FORMAT_ENC_H
#define STOA_FORMAT_ENC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "format/codec/codec.h"
#include "format/kernels/kernels.h"
#include "format/predicate.h"
#include "format/types.h"
#include "format/vector.h"

/* On-disk ids [ENC-2]; never renumber. Gaps are for encodings to come. */
enum stoa_encoding_id {
    STOA_ENC_RAW = 1,
    STOA_ENC_CONST = 2,
    STOA_ENC_FFOR = 3,
    STOA_ENC_BYTES = 4,
    STOA_ENC_DICT = 5,
    STOA_ENC_RLE = 6,
    STOA_ENC_BOOL = 7,
    STOA_ENC_STR = 8,
    STOA_ENC_DELTA = 9,
    STOA_ENC_ALP = 10,
    STOA_ENC_ALP_RD = 11,
    STOA_ENC_FSST = 12,
    STOA_ENC_SPARSE = 13,
    STOA_ENC_SEQ = 14,
    STOA_ENC_PREFIX = 15,
    STOA_ENC_CAST = 16,
    STOA_ENC_SAME = 17,
    STOA_ENC_DENSE = 18,
    STOA_ENC_ID_LIMIT = 32
};

enum { STOA_NODE_HEADER_SIZE = 16, STOA_NODE_MAX_DEPTH = 3, STOA_NODE_MAX_CHILDREN = 3 };

enum stoa_profile {
    STOA_PROFILE_BALANCED = 0,
    STOA_PROFILE_FAST = 1,
    STOA_PROFILE_COMPACT = 2
};

/* A sorted set of distinct values of one column of one row group (storage order). */
struct stoa_dictionary {
    enum stoa_phys phys;
    uint32_t count;                /* entries; codes are 0 .. count-1 */
    const void *values;            /* fixed kinds: array of count */
    const struct stoa_view *views; /* BYTES: count views */
    /* What predicates came to in codes, kept over the blocks of the row group; NULL: each
     * block keeps its own. Used by one thread at a time. */
    struct stoa_dictionary_memo *memo;
};

/* ---- writing ---- */

/* One pass over a block's values; what every estimate starts from. Values behind NULLs have
 * been filled already and count as values here. */
struct stoa_enc_facts {
    uint32_t run_count; /* maximal runs of equal (bitwise) values */
    bool is_constant;
    struct stoa_value min, max; /* I64, U64, I128 only */
    uint64_t scale;      /* of those: divides every distance from min; 0: too far apart */
    uint64_t text_bytes; /* BYTES: total length */
};

/* What estimates of one column leave to those behind and to encode, so that nothing is found
 * twice; owned by who chooses. */
struct stoa_enc_kept {
    double codec_share;             /* of text under the profile's codec; 0: not known */
    struct stoa_fsst_matcher *fsst; /* NULL: none */
};

struct stoa_enc_estimate {
    uint64_t size;        /* bytes, header included; STOA_ENC_NEVER: cannot or should not */
    double decode_cycles; /* per value; the encoding's own unless it says otherwise */
};
#define STOA_ENC_NEVER UINT64_MAX

/* What has been found out about one node of a tree. */
struct stoa_enc_known {
    uint8_t encoding; /* the best; 0: nothing is known */
    bool is_exact;    /* of the very values; else of some of them, or of others like them */
    uint32_t count;   /* of values it was asked for */
    uint32_t spared; /* bit per encoding id that need not be asked while it costs no more */
    struct stoa_enc_estimate
        estimate; /* its size is STOA_ENC_NEVER when it has to be asked */
};
/* The same of a whole tree: the root at 0, child `slot` of place p at 3 p + 1 + slot. A plain
 * value that owns nothing; enc_hint.h has what is done with it. */
enum { STOA_HINT_PLACES = 1 + STOA_NODE_MAX_CHILDREN * (1 + STOA_NODE_MAX_CHILDREN) };
struct stoa_enc_hint {
    struct stoa_enc_known places[STOA_HINT_PLACES];
};

/* enc_reference.h: what a block may say of other columns. */
struct stoa_enc_reference;
struct stoa_reference_source;

struct stoa_enc_input {
    const struct stoa_column
        *column; /* no NULLs; 1 to 65,536 rows (dictionary pages: 2^20) */
    struct stoa_enc_facts facts;
    enum stoa_profile profile;
    unsigned depth;       /* 1 for a root */
    uint32_t parent_mask; /* bit per encoding id already in the chain: never twice */
    const uint32_t
        *codes; /* with a row-group dictionary: the code of each row; else NULL */
    uint32_t dictionary_count;
    const uint64_t
        *validity; /* of the rows, while they are those of the block; NULL: all */
    double limit;  /* cost per value in bits of the best found so far; not worth more */
    struct stoa_enc_kept *kept;                  /* NULL: nothing is kept */
    const struct stoa_enc_reference *references; /* what SAME may refer to; NULL: nothing */
    uint32_t reference_count;
    uint32_t place;                     /* in the trees below; a root's is 0 */
    const struct stoa_enc_hint *hint;   /* spares a search that has been made; NULL: none */
    struct stoa_enc_hint *found;        /* gets what was found out; NULL: nobody asks */
    struct stoa_compressor *compressor; /* the task's; NULL: memory for each stream */
    bool is_sample; /* the values are some of those that will be encoded, or like them */
};

/* ---- reading ---- */

struct stoa_enc_context {
    struct stoa_arena *arena; /* node state and decompressed frames: block lifetime */
    const struct stoa_dictionary *dictionary; /* of this row group and column, or NULL */
    const struct stoa_kernels *kernels;
    bool is_utf8;            /* BYTES values must be well-formed UTF-8 */
    const uint8_t *validity; /* bit per row of the block, in whole words; NULL: no NULLs */
    uint32_t rows;           /* of the block, where validity is not NULL */
    uint32_t valid_count;    /* of them */
    struct stoa_decompressor *decompressor;   /* the caller's; NULL: none is kept */
    struct stoa_reference_source *references; /* NULL: the block may not refer to others */
};

/* An opened node. Used by one thread at a time (frames are decompressed on first touch). */
struct stoa_node {
    const struct stoa_encoding *encoding;
    enum stoa_phys phys;
    uint32_t count;       /* values */
    const uint8_t *bytes; /* the node with its header; borrowed from the block */
    size_t size;
    struct stoa_enc_context *context;
    void *state; /* the encoding's own, in the arena */
    struct stoa_node *children[STOA_NODE_MAX_CHILDREN];
    struct stoa_vector *scratch; /* a vector of this kind, NULL until first used */
};

struct stoa_number_range; /* enc_values.h */

struct stoa_encoding {
    enum stoa_encoding_id id;
    const char *name;     /* "rle" */
    const char *spec;     /* "spec/encodings/rle.md" */
    uint32_t phys_mask;   /* bit per stoa_phys it can hold */
    bool has_children;    /* never at the deepest level */
    bool sum_skips_nulls; /* sums and extremes leave out rows that are NULL in the block */
    bool is_asked_last;   /* estimates by a codec, which a low `limit` may spare it */
    double decode_cycles; /* per value, for the choice; measured by bench/format */
    /* Rows of a vector that cost as much read alone as decoding it, at least; 0: 8. By
     * bench/format/bench_points. */
    uint32_t vector_worth;

    /* What this encoding would take, near exact; out_estimate comes set to never and
     * decode_cycles. Deterministic; fails only for memory. */
    stoa_status (*estimate)(const struct stoa_enc_input *input,
                            struct stoa_enc_estimate *out_estimate, stoa_error *err);
    /* Appends the whole node. Deterministic. */
    stoa_status (*encode)(const struct stoa_enc_input *input, struct stoa_buf *out,
                          stoa_error *err);
    /* Checks everything behind the common header and sets node->state and children. Hostile
     * bytes: every length against what remains, every count against bytes present. */
    stoa_status (*open)(struct stoa_node *node, unsigned depth, stoa_error *err);
    /* Decodes rows [vector * 1024, ...) into `out`: length, values (validity untouched). */
    stoa_status (*decode)(struct stoa_node *node, uint32_t vector, struct stoa_vector *out,
                          stoa_error *err);
    /* Match bits of the vector's rows, NULLs ignored, without decoding more than needed; NULL:
     * the generic decode + stoa_predicate_eval. `scratch` is a vector of node->phys. Never
     * called with IS NULL or IS NOT NULL. */
    stoa_status (*select)(struct stoa_node *node, uint32_t vector,
                          const struct stoa_predicate *predicate,
                          struct stoa_vector *scratch, uint64_t out_bits[STOA_VECTOR_WORDS],
                          stoa_error *err);
    /* U64 nodes: the vector's values as 32-bit numbers, STOA_E_CORRUPT when one does not fit;
     * NULL: generic. For codes, which are many and small. */
    stoa_status (*narrow)(struct stoa_node *node, uint32_t vector, uint32_t *out,
                          stoa_error *err);
    /* U64 nodes: the rows whose value has its bit set in `members`, which has `size` bits in whole
     * words; STOA_E_CORRUPT when a value is not below that. *out_done false, or NULL: by narrow. */
    stoa_status (*select_members)(struct stoa_node *node, uint32_t vector,
                                  const uint64_t *members, uint32_t size,
                                  uint64_t out_bits[STOA_VECTOR_WORDS], bool *out_done,
                                  stoa_error *err);
    /* I64 and U64: numbers that no value of the vector lies outside of, without decoding it; false
     * when that cannot be told. NULL: never. */
    bool (*bounds)(const struct stoa_node *node, uint32_t vector, stoa_i128 *out_low,
                   stoa_i128 *out_high);
    /* The value of row `row` < count alone, in work that does not grow with the block: what it takes
     * is O(1), one frame of 64 KiB, or one vector. What decoding gives, and the same status where that
     * fails, but for damage that lies in other rows only: some row of the node shows it. Allocates at
     * most once a block. Bytes are borrowed from the block, or from node->scratch or a child's until
     * the next call. NULL: the generic decode of its vector. */
    stoa_status (*at)(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                      stoa_error *err);
    /* I64 and U64: adds the values of rows [first, first + count) to *sum, which cannot overflow;
     * NULL: the generic decode. What rows behind NULLs hold counts, except where sum_skips_nulls. */
    stoa_status (*sum)(struct stoa_node *node, uint32_t first, uint32_t count,
                       stoa_i128 *sum, stoa_error *err);
    /* I64 and U64: widens *range to hold the values of rows [first, first + count); NULL: the generic
     * decode. What rows behind NULLs hold counts, except where sum_skips_nulls. */
    stoa_status (*extremes)(struct stoa_node *node, uint32_t first, uint32_t count,
                            struct stoa_number_range *range, stoa_error *err);
    /* Codes into node's dictionary, for GROUP BY and DISTINCT; NULL: it has none. */
    stoa_status (*codes)(struct stoa_node *node, uint32_t vector, uint32_t *out_codes,
                         stoa_error *err);
    /* One line for `info --layout`: parameters of this node, without its children. */
    stoa_status (*describe)(const struct stoa_node *node, struct stoa_buf *out,
                            stoa_error *err);
};

/* The row for an id, or NULL when this version knows no such encoding. */
const struct stoa_encoding *stoa_encoding_find(unsigned id);
/* Row `i` of the table, or NULL past the end: for lists, tests and docs. */
const struct stoa_encoding *stoa_encoding_at(size_t i);

/* Number of values of vector `vector` in a node of `count` [ENC-7]. */
static inline uint32_t stoa_vector_length(uint32_t count, uint32_t vector)
{
    const uint32_t left = count - vector * STOA_VECTOR_ROWS;
    return left < STOA_VECTOR_ROWS ? left : STOA_VECTOR_ROWS;
}

/* Parses the common header at `bytes`, where `size` bytes remain, checks kind and count against
 * what the parent expects, then runs the encoding's open(). *out_node, whose size says where
 * it ends, lives in the context's arena. */
STOA_MUST_USE stoa_status stoa_node_open(const uint8_t *bytes, size_t size,
                                         enum stoa_phys phys, uint32_t count,
                                         unsigned depth, struct stoa_enc_context *context,
                                         struct stoa_node **out_node, stoa_error *err);
STOA_MUST_USE stoa_status stoa_node_decode(struct stoa_node *node, uint32_t vector,
                                           struct stoa_vector *out, stoa_error *err);
STOA_MUST_USE stoa_status stoa_node_select(struct stoa_node *node, uint32_t vector,
                                           const struct stoa_predicate *predicate,
                                           struct stoa_vector *scratch,
                                           uint64_t out_bits[STOA_VECTOR_WORDS],
                                           stoa_error *err);
/* See `narrow` above; `out` has room for 1,024. */
STOA_MUST_USE stoa_status stoa_node_narrow(struct stoa_node *node, uint32_t vector,
                                           uint32_t *out, stoa_error *err);
/* See `at`, `sum` and `extremes` above. */
STOA_MUST_USE stoa_status stoa_node_at(struct stoa_node *node, uint32_t row,
                                       struct stoa_value *out, stoa_error *err);
STOA_MUST_USE stoa_status stoa_node_sum(struct stoa_node *node, uint32_t first,
                                        uint32_t count, stoa_i128 *sum, stoa_error *err);
STOA_MUST_USE stoa_status stoa_node_extremes(struct stoa_node *node, uint32_t first,
                                             uint32_t count,
                                             struct stoa_number_range *range,
                                             stoa_error *err);
/* "dict 12 entries > ffor 4 bits", the tree in one line. */
STOA_MUST_USE stoa_status stoa_node_describe(const struct stoa_node *node,
                                             struct stoa_buf *out, stoa_error *err);

/* Writes the 16-byte header with a length of 0 and returns its offset; stoa_node_finish pads
 * to 8 bytes and fills the length in. */
STOA_MUST_USE stoa_status stoa_node_begin(const struct stoa_encoding *encoding,
                                          enum stoa_phys phys, uint32_t count,
                                          struct stoa_buf *out, size_t *out_start,
                                          stoa_error *err);
STOA_MUST_USE stoa_status stoa_node_finish(struct stoa_buf *out, size_t start,
                                           stoa_error *err);

#endif
