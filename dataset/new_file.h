/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lone new file at a path of the user's: written under a temporary name beside it and linked
 * when it is whole and durable, so that a crash at any time leaves no part of it under its own
 * name, and nothing that was there is replaced. Used by repair and by concat; data files of a
 * dataset belong to a transaction instead.
 */
#ifndef STOA_DATASET_NEW_FILE_H
#define STOA_DATASET_NEW_FILE_H

#include <stdbool.h>

#include "common/io.h"

enum { STOA_NEW_FILE_NAME_SIZE = 48 };

struct stoa_new_file {
    struct stoa_file directory;              /* that holds it */
    struct stoa_file file;                   /* open for writing until it is kept */
    char *path;                              /* that it will have; owned */
    char temporary[STOA_NEW_FILE_NAME_SIZE]; /* its name in the directory until then */
    bool is_there;                           /* under the temporary name */
    bool is_linked;                          /* under its own, and not yet kept */
};

/* STOA_E_EXISTS when the name is taken; STOA_E_USAGE inside a dataset, whose files belong to
 * its versions [DS-6]. */
STOA_MUST_USE stoa_status stoa_new_file_create(const char *path,
                                               struct stoa_new_file *out_file,
                                               stoa_error *err);
/* Makes the bytes durable and closes the file; it can still be dropped. */
STOA_MUST_USE stoa_status stoa_new_file_close(struct stoa_new_file *file, stoa_error *err);
/* Opens what was written and closed, for a look before it is kept. */
STOA_MUST_USE stoa_status stoa_new_file_open(const struct stoa_new_file *file,
                                             struct stoa_file *out_file, stoa_error *err);
/* Gives the file its own name, durably: it stays. STOA_E_EXISTS when that was taken meanwhile. */
STOA_MUST_USE stoa_status stoa_new_file_keep(struct stoa_new_file *file, stoa_error *err);
/* Frees, and removes a file that was not kept. A zeroed one is allowed. */
void stoa_new_file_done(struct stoa_new_file *file);

#endif
