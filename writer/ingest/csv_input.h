/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions behind CSV's row of the table of input formats (input_csv.c), one file each.
 */
#ifndef STOA_WRITER_CSV_INPUT_H
#define STOA_WRITER_CSV_INPUT_H

#include "writer/ingest/input_format.h"

/* csv_open.c */
STOA_MUST_USE stoa_status stoa_csv_open(struct stoa_ingest *ingest, uint32_t input,
                                        const struct stoa_input_head *head,
                                        stoa_error *err);
/* csv_infer.c */
STOA_MUST_USE stoa_status stoa_csv_infer(struct stoa_ingest *ingest, uint32_t input,
                                         stoa_error *err);
/* csv_read.c */
STOA_MUST_USE stoa_status stoa_csv_read(struct stoa_ingest *ingest, uint32_t input,
                                        const stoa_schema *target, const uint32_t *fields,
                                        const struct stoa_ingest_sink *sink,
                                        stoa_error *err);
/* csv_misfit.c */
STOA_MUST_USE stoa_status stoa_csv_find_misfit(struct stoa_ingest *ingest, uint32_t input,
                                               const struct stoa_misfit_query *query,
                                               struct stoa_ingest_misfit *misfit,
                                               stoa_error *err);

#endif
