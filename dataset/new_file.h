/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lone new file at a path of the user's: made where nothing was, durable when it is there to
 * stay, and gone without a trace when it is not. Used by repair and by concat; data files of a
 * dataset belong to a transaction instead.
 */
#ifndef STOA_DATASET_NEW_FILE_H
#define STOA_DATASET_NEW_FILE_H

#include <stdbool.h>

#include "common/io.h"

struct stoa_new_file {
    struct stoa_file directory; /* that holds it */
    struct stoa_file file;      /* open for writing until it is kept */
    char *path;                 /* owned */
    bool is_there;              /* made, and not yet kept */
};

/* STOA_E_EXISTS when the name is taken; STOA_E_USAGE inside a dataset, whose files belong to
 * its versions [DS-6]. */
STOA_MUST_USE stoa_status stoa_new_file_create(const char *path,
                                               struct stoa_new_file *out_file,
                                               stoa_error *err);
/* Makes the bytes durable and closes the file; it can still be dropped. */
STOA_MUST_USE stoa_status stoa_new_file_close(struct stoa_new_file *file, stoa_error *err);
/* Makes the name durable: the file stays. */
STOA_MUST_USE stoa_status stoa_new_file_keep(struct stoa_new_file *file, stoa_error *err);
/* Frees, and removes a file that was not kept. A zeroed one is allowed. */
void stoa_new_file_done(struct stoa_new_file *file);

#endif
