/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of the user's that is whole or not there: written under a temporary name beside its own,
 * and given that name when all of it is durable. Where an output (stoa/output.h) goes that is
 * not a pipe. One file belongs to one thread.
 */
#ifndef STOA_OUTPUT_FILE_H
#define STOA_OUTPUT_FILE_H

#include <stddef.h>

#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct stoa_output_file stoa_output_file;

/* Starts a file at `path`, where nothing may be yet. STOA_E_EXISTS when the name is taken,
 * STOA_E_USAGE inside a dataset, STOA_E_IO and STOA_E_NO_SPACE by the file system. */
STOA_API STOA_MUST_USE stoa_status stoa_output_file_create(const char *path,
                                                           stoa_output_file **out_file,
                                                           stoa_error *err);
/* Appends `size` bytes; fits stoa_output_write_fn, with the file as its context. */
STOA_API stoa_status stoa_output_file_write(void *file, const void *bytes, size_t size,
                                            stoa_error *err);
/* Makes the bytes and the name durable. After a failure nothing has the name. */
STOA_API STOA_MUST_USE stoa_status stoa_output_file_keep(stoa_output_file *file,
                                                         stoa_error *err);
/* Frees; without stoa_output_file_keep before it, nothing of the file stays. NULL allowed. */
STOA_API void stoa_output_file_free(stoa_output_file *file);

#ifdef __cplusplus
}
#endif
#endif
