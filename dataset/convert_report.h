/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building the public stoa_convert_report: one arena behind it, freed by
 * stoa_convert_report_free. Called by convert.c.
 */
#ifndef STOA_DATASET_CONVERT_REPORT_H
#define STOA_DATASET_CONVERT_REPORT_H

#include "dataset/manifest.h"
#include "stoa/convert.h"
#include "writer/ingest/ingest.h"

/* An empty report. */
STOA_MUST_USE stoa_status stoa_convert_report_create(stoa_convert_report **out_report,
                                                     stoa_error *err);

/* Copies sources (with their rows) and notices, and finds sources that `parent` (NULL: none)
 * already holds. */
STOA_MUST_USE stoa_status stoa_convert_report_sources(stoa_convert_report *report,
                                                      const struct stoa_ingest *ingest,
                                                      const struct stoa_manifest *parent,
                                                      stoa_error *err);

STOA_MUST_USE stoa_status stoa_convert_report_schema(stoa_convert_report *report,
                                                     const stoa_schema *schema,
                                                     stoa_error *err);

/* The ledger's entries for the sources; texts (made UTF-8) and array in the report. */
STOA_MUST_USE stoa_status stoa_convert_report_ledger(
    stoa_convert_report *report, const struct stoa_ingest *ingest,
    const struct stoa_manifest_source **out_sources, stoa_error *err);

#endif
