/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many files' row groups in one file, without decoding a value [FMT-46]: what compaction does
 * with small files. Reader finds the row groups, writer copies them; they do not know each
 * other, so it is done here. Filters do not go over [FMT-113]; zones do, and sketches where all
 * files have them.
 */
#ifndef STOA_DATASET_CONCAT_H
#define STOA_DATASET_CONCAT_H

#include "reader/reader.h"
#include "writer/file/file_writer.h"

/* Appends all row groups of `reader`'s file to a file that is being written, as they are. The
 * rows are those of the file, in its order, behind those the writer has. STOA_E_DRIFT, with the
 * first difference, unless both have the same fields, ids, types and names in the same order;
 * STOA_E_CORRUPT with the place of a damage in the source. After a failure the writer can only
 * be freed, unless it was STOA_E_DRIFT. */
STOA_MUST_USE stoa_status stoa_concat_append(struct stoa_file_writer *writer,
                                             struct stoa_reader *reader, stoa_error *err);

/* Makes the file `path` out of the row groups of `count` >= 1 files, in order. The file is new,
 * durable and checked; after a failure there is none. Same sources, same bytes. */
STOA_MUST_USE stoa_status stoa_concat_create(const char *path,
                                             struct stoa_reader *const *readers,
                                             size_t count, stoa_error *err);

#endif
