/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How records lie inside packed schema sections and tails [FMT-11] [FMT-48]: numbers that follow
 * from others are kept as what differs from them, 0 in what our writer makes, and like stands
 * beside like. A wide table's tail is a quarter smaller under zstd for it, its schema section nearly
 * half. Called by pack.c alone. Pure.
 *
 * Whatever the bytes are, unpacking gives back what was packed: nothing here has to be checked but
 * that the counts fit in the size.
 */
#ifndef STOA_FORMAT_PACK_RECORDS_H
#define STOA_FORMAT_PACK_RECORDS_H

#include <stddef.h>
#include <stdint.h>

/* What a tail is made of: records, then `heap_size` bytes. */
struct stoa_tail_shape {
    size_t columns;
    size_t blocks; /* of each column */
    size_t dictionaries;
    size_t heap_size;
};

/* A section of `count` nodes; `out` has room for its `size` bytes, `section` is changed on the way. */
void stoa_nodes_arrange(uint8_t *section, size_t size, size_t count, uint8_t *out);
void stoa_nodes_restore(const uint8_t *arranged, size_t size, size_t count, uint8_t *out);

/* Records and heap of a tail, likewise. */
void stoa_records_arrange(uint8_t *records, const struct stoa_tail_shape *shape,
                          uint8_t *out);
void stoa_records_restore(const uint8_t *arranged, const struct stoa_tail_shape *shape,
                          uint8_t *out);

#endif
