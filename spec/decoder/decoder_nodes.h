/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The independent decoder: nodes of the encoding tree (encodings/). decoder_nodes.c, decoder_numbers.c,
 * decoder_cast.c, decoder_same.c and decoder_fsst.c have a function for each page; decoder_stream.c and
 * decoder_packing.c what several pages share; decoder_block.c begins with the root.
 */
#ifndef STOA_DECODER_NODES_H
#define STOA_DECODER_NODES_H

#include "decoder.h"

/* What a tree of nodes is decoded with. */
struct tree {
    const struct decoder *d;
    const struct dictionary *dictionary; /* count 0: DICT is refused */
    const struct before *before;         /* NULL: SAME is refused */
    struct heap *heap;
    unsigned depth;           /* of the node at hand; the root has 1 */
    const struct value *rows; /* of the block, their is_null set */
    uint32_t row_count;
    uint32_t null_count;
};

/* The node at hand: its header's fields and, in `body`, what lies behind the header. */
struct node {
    unsigned kind;
    unsigned flags_a;
    unsigned flags_b;
    uint32_t count;
    uint32_t parameter;
    uint32_t vectors;
    struct span body;
};

/* decoder_nodes.c: the node at the front of `s` [ENC-1]. */
void decode_node(struct tree tree, struct span *s, unsigned kind, uint32_t count,
                 struct value *out);
/* decoder_nodes.c: keeps is_null, which the validity section has set. */
void put(struct value *out, struct value v);
uint32_t value_size(unsigned kind); /* [ENC-8]; BOOL has none of its own */
uint32_t vector_length(const struct node *n, uint32_t vector);
void require_no_flags(const struct tree *t, const struct node *n, const char *name);
/* decoder_numbers.c: the child at the front of the node's body, in memory of its own. */
struct value *decode_child(const struct tree *t, struct node *n, unsigned kind,
                           uint32_t count);
/* decoder_numbers.c, _cast.c, _same.c, _fsst.c: one page each. */
void decode_seq(const struct tree *t, struct node *n, struct value *out);
void decode_delta(const struct tree *t, struct node *n, struct value *out);
void decode_sparse(const struct tree *t, struct node *n, struct value *out);
void decode_dense(const struct tree *t, struct node *n, struct value *out);
void decode_alp(const struct tree *t, struct node *n, struct value *out);
void decode_alp_rd(const struct tree *t, struct node *n, struct value *out);
void decode_cast(const struct tree *t, struct node *n, struct value *out);
void decode_same(const struct tree *t, struct node *n, struct value *out);
void decode_fsst(const struct tree *t, struct node *n, struct value *out);
/* decoder_stream.c: the raw bytes of the stream at the front of `s`; *size of them. */
const uint8_t *decode_stream(const struct tree *tree, struct span *s, uint32_t *size);
/* decoder_packing.c: `count` numbers of `width` bits. */
void unpack_vector(const uint8_t *packed, unsigned width, uint64_t out[VECTOR_ROWS]);
void unpack_tail(const uint8_t *packed, unsigned width, uint32_t count, uint64_t *out);

#endif
