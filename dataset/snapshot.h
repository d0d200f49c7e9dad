/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One version of a table as the query layer sees it: schema, files with their typed partition
 * values and statistics from the manifest, and readers opened on demand. The public
 * `stoa_dataset` (include/stoa/dataset.h) is this very object.
 *
 * Every data file holds every column of the schema, matched by field id; partition columns are in
 * the files too (as constants), so that a scan needs no special case. All functions are
 * thread-safe after stoa_dataset_open.
 */
#ifndef STOA_DATASET_SNAPSHOT_H
#define STOA_DATASET_SNAPSHOT_H

#include "format/stats.h"
#include "format/value.h"
#include "reader/reader.h"
#include "stoa/dataset.h"

/* Statistics of column `column` (number in the schema) over all of file `file`: exact for
 * partition columns (min = max = the value), from the manifest where it has them, otherwise
 * without bounds (counts of rows only; null_count UINT64_MAX means "unknown"). Never opens the
 * data file. *out_known is false when nothing but the row count is known. */
STOA_MUST_USE stoa_status stoa_dataset_file_stats(const stoa_dataset *dataset, size_t file,
                                                  uint32_t column, bool *out_known,
                                                  struct stoa_stats *out_stats,
                                                  stoa_error *err);

/* Number of the partition tuple a file belongs to, 0 .. partition_count-1 (0 when the table is not
 * partitioned): for counting pruned partitions. */
size_t stoa_dataset_file_partition(const stoa_dataset *dataset, size_t file);

/* Opens file `file`, checking its size against the manifest; opened readers are kept (at most
 * some hundred, least recently used first out once nobody holds them) and shared. Release each with
 * stoa_dataset_release. */
STOA_MUST_USE stoa_status stoa_dataset_acquire(stoa_dataset *dataset, size_t file,
                                               struct stoa_reader **out_reader,
                                               stoa_error *err);
void stoa_dataset_release(stoa_dataset *dataset, size_t file, struct stoa_reader *reader);

#endif
