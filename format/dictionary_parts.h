/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of building a dictionary: find the distinct values, sort them. Used by
 * dictionary_build.c, which decides whether the result is worth keeping.
 */
#ifndef STOA_FORMAT_DICTIONARY_PARTS_H
#define STOA_FORMAT_DICTIONARY_PARTS_H

#include "format/block.h"

/* Distinct text kept at most, so that a build with its tables stays below 64 MiB. */
#define STOA_DICTIONARY_MAX_TEXT ((uint64_t)24 << 20)

/* The distinct values of a column in the order of their first appearance. */
struct stoa_distinct {
    const struct stoa_column *column; /* borrowed */
    uint32_t valid_count;             /* rows that are not NULL */
    uint32_t count;                   /* distinct values */
    uint32_t *rows;                   /* first row of each */
    uint32_t *ids;                    /* per row: number of its value; 0 behind NULLs */
    uint64_t text_bytes;              /* BYTES: of the distinct values */
};

/* Finds them. *out_found is false, and nothing has to be freed, as soon as it shows that there
 * are too many for a dictionary to pay: exact counts, looked at after 4,096 rows and then each
 * time rows have quadrupled. Deterministic. */
STOA_MUST_USE stoa_status stoa_distinct_find(const struct stoa_column *column,
                                             bool *out_found,
                                             struct stoa_distinct *out_distinct,
                                             stoa_error *err);
void stoa_distinct_done(struct stoa_distinct *distinct);

/* Sorts: out_order[k] is the number of the k-th value in storage order; room for count. */
STOA_MUST_USE stoa_status stoa_distinct_sort(const struct stoa_distinct *distinct,
                                             uint32_t *out_order, stoa_error *err);

#endif
