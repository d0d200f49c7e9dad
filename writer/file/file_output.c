/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequential output with a running XXH3-128: see file_output.h. Called by file_writer.c,
 * row_group_write.c and footer_write.c; owns the hasher only.
 */
#include "writer/file/file_output.h"

stoa_status stoa_file_output_init(struct stoa_file_output *output,
                                  const struct stoa_file *file, stoa_error *err)
{
    struct stoa_hasher *hasher = stoa_hasher_create();
    if (!hasher)
        return stoa_fail(err, STOA_E_NO_MEMORY,
                         "expected memory for the state of a hash, found none");
    *output = (struct stoa_file_output){.file = file, .hasher = hasher, .offset = 0};
    return STOA_OK;
}

void stoa_file_output_done(struct stoa_file_output *output)
{
    stoa_hasher_free(output->hasher);
    output->hasher = NULL;
}

stoa_status stoa_file_output_write(struct stoa_file_output *output, const void *bytes,
                                   size_t size, stoa_error *err)
{
    STOA_TRY(stoa_io_write(output->file, bytes, size, err));
    stoa_hasher_update(output->hasher, bytes, size);
    output->offset += size;
    return STOA_OK;
}
