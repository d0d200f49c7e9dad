/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sketches of distinct values: HyperLogLog with 1,024 registers over the hashes of canonical values
 * [FMT-100]..[FMT-102]. Sketches of parts merge into that of the whole, exactly, so that a file's and a
 * scan's are the same. Written by the file writer, read by the reader, estimated by queries; pure.
 */
#ifndef STOA_FORMAT_SKETCH_H
#define STOA_FORMAT_SKETCH_H

#include "format/value.h"
#include "format/vector.h"

enum {
    STOA_SKETCH_REGISTERS = 1024,
    STOA_SKETCH_BYTES_MAX = 776, /* written: head, registers of 6 bits, padding */
    STOA_SKETCH_COLUMNS = 4096   /* files with more columns have none */
};

struct stoa_sketch {
    uint8_t registers[STOA_SKETCH_REGISTERS]; /* zeros: of no value */
};

/* XXH3-64 of the value's canonical bytes: -0.0 is 0.0, all NaN are one. Not NULL. */
uint64_t stoa_value_hash(enum stoa_phys phys, const struct stoa_value *value);

/* Calls `add` with the hash of each row that is not NULL, in order. */
void stoa_column_hash(const struct stoa_column *column,
                      void (*add)(void *context, uint64_t hash), void *context);

void stoa_sketch_add(struct stoa_sketch *sketch, uint64_t hash);
/* All rows that are not NULL. */
void stoa_sketch_add_column(struct stoa_sketch *sketch, const struct stoa_column *column);
void stoa_sketch_add_vector(struct stoa_sketch *sketch, const struct stoa_vector *vector);
void stoa_sketch_merge(struct stoa_sketch *into, const struct stoa_sketch *more);

/* The number of different values, to 3.3 % (one standard deviation), at most 2^63 - 1. */
uint64_t stoa_sketch_estimate(const struct stoa_sketch *sketch);

/* The one form it has in a file, padded to a multiple of 8; returns the size. */
size_t stoa_sketch_write(const struct stoa_sketch *sketch,
                         uint8_t out[STOA_SKETCH_BYTES_MAX]);
/* Bytes of the sketch that begins with these 8 bytes; 0 when none can. */
size_t stoa_sketch_size(const uint8_t head[8]);
/* `bytes` are stoa_sketch_size of them. STOA_E_CORRUPT when no sketch is written so. */
STOA_MUST_USE stoa_status stoa_sketch_read(const uint8_t *bytes,
                                           struct stoa_sketch *out_sketch, stoa_error *err);

#endif
