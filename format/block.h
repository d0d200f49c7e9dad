/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block: up to 65,536 rows of one column, or one row group's dictionary. Validity section
 * first, then the root node of the encoding tree [BLK-1]. This is the seam between the
 * container (which sees payloads and records) and the encodings (which see values).
 */
#ifndef STOA_FORMAT_BLOCK_H
#define STOA_FORMAT_BLOCK_H

#include "format/enc/enc_choose.h"

/* ---- writing ---- */

/* Encodes one block and appends the payload to `out`. `codes` (one per row, meaningless behind
 * NULLs) and `dictionary_count` offer a row-group dictionary as one more candidate; NULL: none.
 * *out_encoding is the root's id, *out_uses_dictionary whether it was chosen. Deterministic,
 * thread-safe. */
STOA_MUST_USE stoa_status stoa_block_encode(const struct stoa_column *column,
                                            const uint32_t *codes,
                                            uint32_t dictionary_count,
                                            enum stoa_profile profile, struct stoa_buf *out,
                                            uint8_t *out_encoding,
                                            bool *out_uses_dictionary, stoa_error *err);

/* The same with columns before this one that it may be kept by. */
struct stoa_block_input {
    const struct stoa_column *column;
    const uint32_t *codes;
    uint32_t dictionary_count;
    enum stoa_profile profile;
    const struct stoa_enc_reference *references;
    uint32_t reference_count;
    const struct stoa_enc_hint
        *hint; /* of the rows, or another block of them; NULL: search */
    struct stoa_compressor *compressor; /* kept from block to block; NULL: none is */
};
struct stoa_block_choice {
    uint8_t encoding; /* id of the root */
    bool uses_dictionary;
    double decode_cycles;      /* about, per value */
    struct stoa_enc_hint hint; /* for other blocks of the column */
};
STOA_MUST_USE stoa_status stoa_block_encode_by(const struct stoa_block_input *input,
                                               struct stoa_buf *out,
                                               struct stoa_block_choice *out_choice,
                                               stoa_error *err);

/* What each encoding would take for the block's values, without a dictionary, as
 * stoa_block_encode compares them; none when all rows are NULL. For showing, not for writing. */
STOA_MUST_USE stoa_status stoa_block_bids(const struct stoa_column *column,
                                          enum stoa_profile profile,
                                          struct stoa_enc_bids *out_bids, stoa_error *err);

/*
 * The dictionary of a whole row group, when it pays: sorted distinct values and the code of
 * each row. Decides on exact distinct counts, gives up early, and never uses more than
 * 64 MiB. *out_build is NULL when no dictionary is worth it.
 */
struct stoa_dictionary_build;
STOA_MUST_USE stoa_status
stoa_dictionary_build_create(const struct stoa_column *column, enum stoa_profile profile,
                             struct stoa_dictionary_build **out_build, stoa_error *err);
/* What dictionaries are judged and encoded with. */
struct stoa_encode_means {
    enum stoa_profile profile;
    struct stoa_compressor *compressor; /* as in stoa_block_input */
};
/* The same; *out_hint is what was found out about the rows, with the dictionary or, where there is
 * none, without it: for blocks of the column. */
STOA_MUST_USE stoa_status stoa_dictionary_build_or_hint(
    const struct stoa_column *column, const struct stoa_encode_means *means,
    struct stoa_dictionary_build **out_build, struct stoa_enc_hint *out_hint,
    stoa_error *err);
void stoa_dictionary_build_free(struct stoa_dictionary_build *build);
uint32_t stoa_dictionary_build_count(const struct stoa_dictionary_build *build);
const uint32_t *stoa_dictionary_build_codes(const struct stoa_dictionary_build *build);
/* The sorted values, none NULL; borrowed. */
struct stoa_column stoa_dictionary_build_values(const struct stoa_dictionary_build *build);
/* Appends the dictionary block's payload; *out_encoding is its root's id. */
STOA_MUST_USE stoa_status stoa_dictionary_build_encode(
    const struct stoa_dictionary_build *build, const struct stoa_encode_means *means,
    struct stoa_buf *out, uint8_t *out_encoding, stoa_error *err);

/* ---- reading ---- */

struct stoa_block {
    enum stoa_phys phys;
    uint32_t rows;
    uint32_t null_count;
    struct stoa_node *root; /* NULL when every row is NULL */
    void *validity;         /* opened validity section, in the arena; NULL: no NULLs */
    struct stoa_enc_context *context; /* of all nodes, in the arena */
    struct stoa_vector *taken; /* in the arena; NULL until stoa_block_take first needs it */
};

/* Opens a payload whose checksum has been verified. `rows` and `null_count` come from the
 * block's record and must agree with the bytes. Everything lives in `arena` and borrows
 * `payload`, `dictionary`, `references` (NULL: it may not refer to other columns) and
 * `decompressor` (NULL: none is kept). One thread at a time. */
STOA_MUST_USE stoa_status stoa_block_open(
    const uint8_t *payload, size_t size, enum stoa_phys phys, bool is_utf8, uint32_t rows,
    uint32_t null_count, const struct stoa_dictionary *dictionary,
    struct stoa_reference_source *references, const struct stoa_kernels *kernels,
    struct stoa_arena *arena, struct stoa_decompressor *decompressor,
    struct stoa_block *out_block, stoa_error *err);

/* Decodes vector `vector` with its validity. Views borrow the block. */
STOA_MUST_USE stoa_status stoa_block_decode(struct stoa_block *block, uint32_t vector,
                                            struct stoa_vector *out, stoa_error *err);

/* Decodes all rows to the end of `builder`; `vector` is scratch, both are of the block's kind.
 * STOA_E_CORRUPT when they take more than `raw_size` raw bytes [FMT-4] or are not as many as
 * the block has. */
STOA_MUST_USE stoa_status stoa_block_decode_all(struct stoa_block *block, uint64_t raw_size,
                                                struct stoa_vector *vector,
                                                struct stoa_column_builder *builder,
                                                stoa_error *err);

/* Match bits of a vector, NULLs handled: exact. `scratch` is any vector of the block's kind. The
 * predicate and what it points to must stay as they are while the block and its dictionary are
 * open: what it came to in codes is remembered under its address. */
STOA_MUST_USE stoa_status stoa_block_select(struct stoa_block *block, uint32_t vector,
                                            const struct stoa_predicate *predicate,
                                            struct stoa_vector *scratch,
                                            uint64_t out_bits[STOA_VECTOR_WORDS],
                                            stoa_error *err);

/* Row `row` < rows alone, NULL or not. Bytes are borrowed from the block until the next call. */
STOA_MUST_USE stoa_status stoa_block_at(struct stoa_block *block, uint32_t row,
                                        struct stoa_value *out, stoa_error *err);

/* Appends the named rows, in any order and as often as they are named. Each vector is decoded once
 * at most. A failed call leaves `out` as it was. */
STOA_MUST_USE stoa_status stoa_block_take(struct stoa_block *block, const uint32_t *rows,
                                          uint32_t count, struct stoa_column_builder *out,
                                          stoa_error *err);
/* I64 and U64: the exact sum of the values that are not NULL, and how many they are, of `vectors`
 * vectors from `first_vector` on; on encoded data where the encoding can. */
STOA_MUST_USE stoa_status stoa_block_sum(struct stoa_block *block, uint32_t first_vector,
                                         uint32_t vectors, uint64_t *out_valid,
                                         stoa_i128 *out_sum, stoa_error *err);

/* Widens *low and *high to hold the values of the vector's rows whose bit is set: I64 and U64. */
void stoa_extremes_of_rows(const struct stoa_vector *values,
                           const uint64_t rows[STOA_VECTOR_WORDS], stoa_i128 *low,
                           stoa_i128 *high);
/* As stoa_block_sum the smallest and the largest of them; untouched where *out_valid is 0. */
STOA_MUST_USE stoa_status stoa_block_extremes(struct stoa_block *block,
                                              uint32_t first_vector, uint32_t vectors,
                                              uint64_t *out_valid, stoa_i128 *out_low,
                                              stoa_i128 *out_high, stoa_error *err);

/* Opens a dictionary block into `out_dictionary` (all entries decoded, strictly ascending in
 * storage order checked). Lives in `arena`; the decompressor is not needed afterwards. */
STOA_MUST_USE stoa_status
stoa_dictionary_open(const uint8_t *payload, size_t size, enum stoa_phys phys, bool is_utf8,
                     uint32_t count, const struct stoa_kernels *kernels,
                     struct stoa_arena *arena, struct stoa_decompressor *decompressor,
                     struct stoa_dictionary *out_dictionary, stoa_error *err);

#endif
