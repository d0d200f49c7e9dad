/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public face of a lone new file (include/stoa/output_file.h), which gathers what is written
 * into large writes. Called by `stoa export`.
 */
#include "stoa/output_file.h"

#include <string.h>

#include "common/alloc.h"
#include "dataset/new_file.h"

enum { GATHER_SIZE = 256 << 10 };

struct stoa_output_file {
    struct stoa_new_file file;
    size_t gathered;
    uint8_t bytes[GATHER_SIZE];
};

stoa_status stoa_output_file_create(const char *path, stoa_output_file **out_file,
                                    stoa_error *err)
{
    stoa_output_file *file = stoa_alloc(sizeof *file);
    if (!file)
        return stoa_fail_memory(err, sizeof *file);
    file->gathered = 0;
    const stoa_status status = stoa_new_file_create(path, &file->file, err);
    if (status != STOA_OK) {
        stoa_free(file);
        return status;
    }
    *out_file = file;
    return STOA_OK;
}

static stoa_status flush(stoa_output_file *file, stoa_error *err)
{
    const size_t size = file->gathered;
    file->gathered = 0;
    return size > 0 ? stoa_io_write(&file->file.file, file->bytes, size, err) : STOA_OK;
}

stoa_status stoa_output_file_write(void *context, const void *bytes, size_t size,
                                   stoa_error *err)
{
    stoa_output_file *file = context;
    if (size > GATHER_SIZE - file->gathered)
        STOA_TRY(flush(file, err));
    if (size > GATHER_SIZE)
        return stoa_io_write(&file->file.file, bytes, size, err);
    memcpy(file->bytes + file->gathered, bytes, size);
    file->gathered += size;
    return STOA_OK;
}

stoa_status stoa_output_file_keep(stoa_output_file *file, stoa_error *err)
{
    STOA_TRY(flush(file, err));
    STOA_TRY(stoa_new_file_close(&file->file, err));
    return stoa_new_file_keep(&file->file, err);
}

void stoa_output_file_free(stoa_output_file *file)
{
    if (!file)
        return;
    stoa_new_file_done(&file->file);
    stoa_free(file);
}
