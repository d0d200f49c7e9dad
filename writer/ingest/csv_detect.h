/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which delimiter and quote a CSV text has and whether its first record names the columns,
 * from its first 64 KiB ([ING-13], [ING-14]). A guess, so it is reported and never loses a
 * line; types are not guessed here, they come from all rows.
 */
#ifndef STOA_WRITER_CSV_DETECT_H
#define STOA_WRITER_CSV_DETECT_H

#include "writer/ingest/csv_record.h"
#include "writer/ingest/input_format.h"

/* What detection looks at. The sample begins with a record that is not blank. */
struct stoa_csv_sample {
    const uint8_t *bytes; /* padded */
    size_t begin;
    size_t size;
    bool is_whole; /* the text ends at `size` */
};

/* Fills in what the options leave open. */
struct stoa_csv_dialect stoa_csv_detect_dialect(const struct stoa_ingest_options *options,
                                                const struct stoa_csv_sample *sample);

/* What speaks against a source having one column. */
struct stoa_csv_doubt {
    uint8_t delimiter;
    uint32_t records; /* with it outside quotes; 0: nothing speaks against it */
    size_t first;     /* where the first of them begins */
};

/* The candidate that most records behind the first have, the most frequent one. `dialect` is a
 * detected one without delimiter, so it is not in the first record. */
struct stoa_csv_doubt stoa_csv_doubt_one_column(const struct stoa_csv_dialect *dialect,
                                                const struct stoa_csv_sample *sample);

/* True if the first record is a header. */
STOA_MUST_USE stoa_status stoa_csv_detect_header(const struct stoa_csv_dialect *dialect,
                                                 const struct stoa_csv_sample *sample,
                                                 bool *out_has_header, stoa_error *err);

#endif
