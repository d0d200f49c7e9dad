/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one file that names the system calls on files: the table of real calls, and the pointer
 * to the table in force. io.c and io_names.c call through it; tests/support/fault_io.c puts
 * its own in the place. The pointer is the only mutable global of the I/O layer, and it is
 * changed only by tests and only between operations.
 */
#include "common/io_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/* openat is variadic; the table's entry is not. */
static int system_openat(int dirfd, const char *path, int flags, mode_t mode)
{
    return openat(dirfd, path, flags, mode);
}

static const struct stoa_io_ops system_ops = {
    .openat = system_openat,
    .read = read,
    .pread = pread,
    .write = write,
    .pwrite = pwrite,
    .fsync = fsync,
    .fstat = fstat,
    .fstatat = fstatat,
    .ftruncate = ftruncate,
    .linkat = linkat,
    .renameat = renameat,
    .unlinkat = unlinkat,
    .mkdirat = mkdirat,
    .flock = flock,
    .close = close,
    .fdopendir = fdopendir,
    .readdir = readdir,
    .closedir = closedir,
};

static const struct stoa_io_ops *current_ops = &system_ops;

const struct stoa_io_ops *stoa_io_system(void)
{
    return &system_ops;
}

const struct stoa_io_ops *stoa_io_current(void)
{
    return current_ops;
}

void stoa_io_set_ops(const struct stoa_io_ops *ops)
{
    current_ops = ops != NULL ? ops : &system_ops;
}

int stoa_io_poll(int fd, int milliseconds)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, milliseconds);
}
