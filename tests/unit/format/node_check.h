/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of encodings share: columns of typical shapes, encoding and opening a node,
 * comparing what it gives back with the column, random predicates against brute force, and
 * damage: every byte changed, and named changes with the message they must give.
 */
#ifndef STOA_TESTS_NODE_CHECK_H
#define STOA_TESTS_NODE_CHECK_H

#include "tests/unit/format/random_column.h"

#include "format/enc/enc_choose.h"

/* Shapes that encodings care about. */
enum shape {
    SHAPE_CONSTANT,
    SHAPE_ASCENDING,
    SHAPE_NARROW,
    SHAPE_HIGH_OUTLIERS, /* one in fifty is far above the others */
    SHAPE_LOW_OUTLIERS,  /* one in fifty is far below */
    SHAPE_SCALED,        /* multiples of 1,000 */
    SHAPE_WIDE,          /* any bits */
    SHAPE_RUNS,          /* of 1 to 40 */
    SHAPE_LONG_RUNS,     /* of 1 to 4,000 */
    SHAPE_EXTREMES,      /* smallest and largest values */
    SHAPE_SKEWED,        /* few values, some much more frequent */
    SHAPE_COUNT
};

/* `rows` rows of the shape, without NULLs. Free with stoa_column_builder_done. */
void shape_column(struct test_random *random, enum stoa_phys phys, enum shape shape,
                  uint32_t rows, struct stoa_column_builder *out_builder);

/* Appends the column's node as a root in this very encoding. */
void node_encode(unsigned encoding, const struct stoa_column *column,
                 enum stoa_profile profile, struct stoa_buf *out);

/* An opened node with its memory. */
struct opened_node {
    struct stoa_arena arena;
    struct stoa_enc_context context;
    struct stoa_node *node;
};

/* Opens; close with node_close whatever the status. */
stoa_status node_open(const uint8_t *bytes, size_t size, enum stoa_phys phys,
                      uint32_t count, const struct stoa_dictionary *dictionary,
                      bool is_utf8, struct opened_node *out, stoa_error *err);
void node_close(struct opened_node *opened);

/* The node gives back the column, vector by vector (also in a shuffled order) and row by row in
 * between, and answers random predicates like brute force. */
void node_check(struct stoa_node *node, const struct stoa_column *column,
                struct test_random *random);

/* Encodes twice (same bytes), opens, node_check. */
void node_round_trip(unsigned encoding, const struct stoa_column *column,
                     enum stoa_profile profile, struct test_random *random);

/* All shapes and many lengths of the kind through the encoding. */
void node_round_trip_shapes(unsigned encoding, enum stoa_phys phys, uint64_t seed);

/* A random predicate whose constants come from the column (RANGE, SET, TEST; maybe negated). It
 * stays as it is for the next 63 calls: blocks remember predicates by their address. */
const struct stoa_predicate *random_predicate(struct test_random *random,
                                              const struct stoa_column *column);

/* Changes every byte of the node in several ways; opening, decoding and selecting may fail but
 * must stay within bounds (the sanitizers watch) and must say why; rows alone agree. */
void node_check_damage(const struct stoa_buf *bytes, enum stoa_phys phys, uint32_t count,
                       const struct stoa_dictionary *dictionary);

/* One named damage: `size` bytes at `offset` are replaced; opening (or decoding all vectors) must
 * fail with `code` and a message that contains `message`. Size 0: cut to `offset` bytes. */
struct node_damage {
    size_t offset;
    size_t size;
    uint8_t bytes[8];
    stoa_status code;
    const char *message;
};
void node_check_message(const struct stoa_buf *bytes, enum stoa_phys phys, uint32_t count,
                        const struct stoa_dictionary *dictionary,
                        const struct node_damage *damage);

/* The bytes of a hex dump with blanks, for the examples of the specification. */
size_t hex_bytes(const char *hex, uint8_t *out, size_t room);
/* The same in a buffer, which is the caller's: at most 4,096 bytes. */
struct stoa_buf node_from_hex(const char *hex);

#endif
