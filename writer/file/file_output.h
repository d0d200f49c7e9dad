/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the file writer's bytes go: an open file, how many bytes it has by now, and the hash of
 * all of them. Every byte of a Stoa file passes stoa_file_output_write exactly once and in
 * order, so the whole file's hash costs no second pass.
 */
#ifndef STOA_WRITER_FILE_OUTPUT_H
#define STOA_WRITER_FILE_OUTPUT_H

#include "common/hash.h"
#include "common/io.h"

struct stoa_file_output {
    const struct stoa_file *file; /* borrowed */
    struct stoa_hasher *hasher;   /* owned; NULL before init and after done */
    uint64_t offset;              /* bytes written */
};

STOA_MUST_USE stoa_status stoa_file_output_init(struct stoa_file_output *output,
                                                const struct stoa_file *file,
                                                stoa_error *err);
void stoa_file_output_done(struct stoa_file_output *output);
STOA_MUST_USE stoa_status stoa_file_output_write(struct stoa_file_output *output,
                                                 const void *bytes, size_t size,
                                                 stoa_error *err);

#endif
