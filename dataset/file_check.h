/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a data file is what its manifest says: size, whole-file hash, structure, checksums,
 * schema, counts and statistics. Used on new files before they are committed and by verify.
 */
#ifndef STOA_DATASET_FILE_CHECK_H
#define STOA_DATASET_FILE_CHECK_H

#include "common/hash.h"
#include "common/io.h"
#include "dataset/manifest.h"
#include "reader/reader.h"

/* XXH3-128 of all bytes of an open file, and how many there are. */
STOA_MUST_USE stoa_status stoa_file_hash(const struct stoa_file *file,
                                         struct stoa_hash128 *out_hash, uint64_t *out_size,
                                         stoa_error *err);

/* STOA_E_CORRUPT unless the file is the one the manifest means, by its content identity (its
 * name and size alone would let one committed file pass for another), and has exactly these
 * fields (by id and type, any order of names' spelling ignored) and this many rows. Reads
 * nothing that opening has not read, but the schema. */
STOA_MUST_USE stoa_status stoa_file_check_entry(struct stoa_reader *reader,
                                                const struct stoa_manifest_file *entry,
                                                const stoa_schema *schema, stoa_error *err);

/* Opens a data file of `size` bytes below `root` through the reader. */
STOA_MUST_USE stoa_status stoa_file_open_data(const struct stoa_file *root,
                                              const char *path, uint64_t size,
                                              struct stoa_reader **out_reader,
                                              stoa_error *err);

/* Re-reads a new file before it is committed: size and hash of its bytes, header, footer, all
 * checksums, schema, and the values of a sample of its blocks. Runs of STOA_E_CORRUPT here
 * mean that memory or disk changed what was written. */
STOA_MUST_USE stoa_status stoa_file_check_new(const struct stoa_file *root,
                                              const struct stoa_manifest_file *file,
                                              const stoa_schema *schema, stoa_error *err);

#endif
