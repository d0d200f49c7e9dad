/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether new data fits the columns a dataset has, and if not, the report that says what
 * changed, where it is first seen and what to do. Called by convert.c between the passes.
 */
#ifndef STOA_DATASET_DRIFT_H
#define STOA_DATASET_DRIFT_H

#include "dataset/manifest.h"
#include "writer/ingest/ingest.h"

/* STOA_OK when the sources have exactly the dataset's columns (matched by name, in any order)
 * and every value fits its type without loss. Else STOA_E_DRIFT with all differences in the
 * excerpt and the first one in message and place. May read the sources once more. */
STOA_MUST_USE stoa_status stoa_drift_check(struct stoa_ingest *ingest,
                                           const struct stoa_manifest *manifest,
                                           stoa_error *err);

/* The number of the field of that name: exactly, else without regard to ASCII case.
 * *out_field holds a guess before the call. */
bool stoa_schema_find(const stoa_schema *schema, const char *name, uint32_t *out_field);

#endif
