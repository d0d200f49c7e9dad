/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quoted values that look as if their opening quote were stray: a quote that was never closed and
 * happens to meet another one, so that the records between them became one value. No rule can
 * tell that from a value that holds CSV text, so it is a notice and never an error [ING-46].
 */
#ifndef STOA_WRITER_CSV_SUSPECT_H
#define STOA_WRITER_CSV_SUSPECT_H

#include "writer/ingest/csv_rows.h"

struct stoa_csv_suspects {
    uint64_t count;
    size_t first;   /* offset of the first such record in the chunk */
    uint64_t lines; /* line ends in it */
};

/* Adds the rows of a window in which two whole lines or more each have as many fields as the
 * source has columns. */
void stoa_csv_suspect(const struct stoa_csv_rows *rows,
                      const struct stoa_csv_window *window,
                      struct stoa_csv_suspects *suspects);

#endif
