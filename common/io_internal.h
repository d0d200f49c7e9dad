/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the three files of the I/O shim share: the table in force, the walk to a name without
 * following links, and the bound on retries. Nobody else includes this.
 */
#ifndef STOA_COMMON_IO_INTERNAL_H
#define STOA_COMMON_IO_INTERNAL_H

#include <errno.h>
#include <limits.h>

#include "common/io.h"

/* Interrupted calls are repeated this often in a row, then reported: a call that is always
 * interrupted must end in an error, not in a loop. */
#define STOA_IO_RETRIES_MAX 100

const struct stoa_io_ops *stoa_io_current(void);

/* After a failed call: true if it was interrupted and may be made again. */
static inline bool stoa_io_again(unsigned *retries)
{
    return errno == EINTR && ++*retries < STOA_IO_RETRIES_MAX;
}

/* poll for bytes or the end of one descriptor: 1, 0 after `milliseconds`, -1 with errno. Not in the
 * table: it moves no bytes. */
int stoa_io_poll(int fd, int milliseconds);

/* The last step of a path: call the system on (fd, name). */
struct stoa_io_target {
    int fd;           /* the directory that holds the name */
    bool owned;       /* fd was opened by the walk */
    bool beneath;     /* the name must not be followed if it is a link */
    const char *name; /* `component`, or the caller's path */
    char component[NAME_MAX + 1];
};

/* Walks to the directory that holds the last component of `path`. Under AT_FDCWD the path is
 * the user's own and is taken as it is; under a directory it must stay beneath it: not
 * absolute, no "..", no empty or "." component (the path "." alone is fine), and no link on
 * the way. `shown` is the name for messages. */
STOA_MUST_USE stoa_status stoa_io_walk(int dirfd, const char *path, const char *shown,
                                       struct stoa_io_target *out_target, stoa_error *err);
void stoa_io_walk_done(struct stoa_io_target *target);

/* openat with the retries above and O_CLOEXEC; -1 with errno. */
int stoa_io_openat(int dirfd, const char *path, int flags, mode_t mode);

#endif
