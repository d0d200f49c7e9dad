/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters: a row group's values of one column as a binary fuse filter with 8-bit fingerprints
 * [FMT-110]..[FMT-113]. It never denies a value that is there; of those that are not it lets one in
 * 256 through. About 9.1 bits a value; a question touches three bytes. Built by the file writer, asked
 * by the reader; pure.
 */
#ifndef STOA_FORMAT_FILTER_H
#define STOA_FORMAT_FILTER_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"

enum {
    STOA_FILTER_HEAD_SIZE = 16,
    STOA_FILTER_PROBES = 3,
    STOA_FILTER_SEGMENT_MAX = 1 << 18
};

struct stoa_filter_head {
    uint64_t seed;
    uint32_t segment_size;  /* fingerprints; a power of two */
    uint32_t segment_count; /* of those that a first probe may fall into; two more follow */
};

/* Bytes of a filter with this head, padding included. */
uint64_t stoa_filter_size(const struct stoa_filter_head *head);

void stoa_filter_head_write(const struct stoa_filter_head *head,
                            uint8_t out[STOA_FILTER_HEAD_SIZE]);
/* `size`: bytes of the whole filter, which the head must give. */
STOA_MUST_USE stoa_status stoa_filter_head_read(const uint8_t bytes[STOA_FILTER_HEAD_SIZE],
                                                uint64_t size,
                                                struct stoa_filter_head *out_head,
                                                stoa_error *err);

/* Where a value's fingerprints lie, counted from the end of the head; they are different. Returns
 * what the three bytes there give when they are xor-ed, if the value is in. */
uint8_t stoa_filter_probe(const struct stoa_filter_head *head, uint64_t hash,
                          uint32_t out_places[STOA_FILTER_PROBES]);

/* Whether the filter, in memory, may hold a value with this hash. */
bool stoa_filter_may_hold(const struct stoa_filter_head *head, const uint8_t *fingerprints,
                          uint64_t hash);

/* Appends the filter of these hashes (count > 0, at most 2^20), which are sorted in place, equal ones
 * once. Nothing is appended when no seed will do, which does not happen. Deterministic. */
STOA_MUST_USE stoa_status stoa_filter_build(uint64_t *hashes, uint32_t count,
                                            struct stoa_buf *out, stoa_error *err);

#endif
