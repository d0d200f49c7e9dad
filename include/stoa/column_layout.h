/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the columns of a table lie in its files: which encodings hold them, in how many bytes, and
 * what the next best encoding would have taken. Reads and decodes blocks, so it costs a scan.
 */
#ifndef STOA_COLUMN_LAYOUT_H
#define STOA_COLUMN_LAYOUT_H

#include <stdint.h>

#include "stoa/dataset.h"
#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The blocks of a column whose encodings have the same shape, as "ffor 12 bits" and "ffor 13
 * bits" have. What was estimated is of the first of them alone, the sample. */
typedef struct stoa_layout_part {
    const char *column;
    /* The sample's tree: "dict 300 entries > ffor 9 bits"; "" when all rows are NULL. */
    const char *encoding;
    uint64_t blocks;
    uint64_t rows;
    uint64_t bytes;            /* payloads of the blocks */
    uint64_t dictionary_bytes; /* payloads of the dictionaries they use */
    uint64_t sample_rows;
    uint64_t sample_bytes;    /* of its values; NULLs apart */
    uint64_t sample_estimate; /* what the choice expected the sample to take; 0: not known,
                                 as for codes of a dictionary */
    const char *next;         /* name of the encoding that would come next; "": none */
    uint64_t next_estimate;   /* bytes it would take for the sample */
    const char *why;          /* "smallest", "quicker to decode", ... */
} stoa_layout_part;

/* Calls `each` for every part, columns in order, parts by bytes; nonzero from it ends the walk with
 * STOA_OK. Estimates are those of `profile`, "balanced" (NULL), "fast" or "compact". All is borrowed for
 * the call. */
STOA_API STOA_MUST_USE stoa_status
stoa_dataset_layout(stoa_dataset *dataset, const char *profile,
                    int (*each)(void *context, const stoa_layout_part *part), void *context,
                    stoa_error *err);

#ifdef __cplusplus
}
#endif
#endif
