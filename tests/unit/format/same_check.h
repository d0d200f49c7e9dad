/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of SAME share: a column that is referred to with its block, encoding and opening
 * a column by it, comparing all that the node gives back, and columns that go together.
 */
#ifndef STOA_TESTS_SAME_CHECK_H
#define STOA_TESTS_SAME_CHECK_H

#include "tests/unit/format/node_check.h"

#include "format/block.h"
#include "format/enc/enc_reference.h"

enum { SAME_BASE = 3, SAME_OWN = 5 }; /* numbers of the two columns */
enum { SAME_ROWS = 2600, SAME_KEYS = 40 };

/* The column that is referred to. */
struct same_base {
    struct stoa_column_builder builder;
    struct stoa_column column;
    struct stoa_dictionary_build *build; /* NULL: without a dictionary */
    struct stoa_buf dictionary_payload;
    struct stoa_arena dictionary_arena;
    struct stoa_dictionary dictionary;
    struct stoa_buf payload;
    struct stoa_block_choice choice;
    uint16_t *codes; /* NULL: its root is not DICT */
    struct stoa_arena arena;
    struct stoa_block block;
    struct stoa_reference_source source;
    bool is_text;
    uint32_t opened; /* times */
};

/* Encodes and keeps the column; takes the builder over. */
void same_base_make(struct same_base *base, const struct stoa_column_builder *builder,
                    bool is_text);
void same_base_done(struct same_base *base);
struct stoa_enc_reference same_reference(const struct same_base *base, uint32_t forms);
uint32_t same_null_count(const struct stoa_column *column);

/* Appends the column as a SAME node in the best of `forms`. */
void same_encode(const struct same_base *base, const struct stoa_column *column,
                 uint32_t forms, struct stoa_buf *out);
/* Opens one; close with node_close whatever the status. */
stoa_status same_open(struct same_base *base, const uint8_t *bytes, size_t size,
                      const struct stoa_column *column, struct opened_node *out,
                      stoa_error *err);

/* What the node gives for the rows that are not NULL is what the column holds. */
void same_check_rows(struct stoa_node *node, const struct stoa_column *column);
void same_check_selects(struct stoa_node *node, const struct stoa_column *column,
                        struct test_random *random);
/* Sums count the slots of NULLs too: compared with what decoding gives. */
void same_check_sums(struct stoa_node *node, const struct stoa_column *column,
                     struct test_random *random);
/* All of it; `bytes` are left with the node. */
void same_check(struct same_base *base, const struct stoa_column *column, uint32_t forms,
                struct test_random *random, struct stoa_buf *bytes);

/* `column` with some of its values replaced by others and some rows NULL. */
void same_vary(struct test_random *random, const struct stoa_column *column,
               unsigned exception_percent, unsigned null_percent,
               struct stoa_column_builder *out);
/* SAME_ROWS rows of SAME_KEYS different numbers or texts. */
void same_keys(struct test_random *random, enum stoa_phys phys, unsigned null_percent,
               struct stoa_column_builder *out);
/* A value for each key, and a few others. */
void same_determine(struct test_random *random, const struct stoa_column *keys,
                    enum stoa_phys phys, unsigned null_percent,
                    struct stoa_column_builder *out);

#endif
