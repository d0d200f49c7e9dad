/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The I/O shim: every system call on files and directories that the library makes. Tests
 * replace the table to fail, shorten, record or simulate any call; no other file may call
 * open, read, write, rename, ... (tests/meta checks the objects' imports).
 *
 * The functions below the table are what callers use: they loop over short transfers and (a
 * bounded number of times) EINTR, turn errno into a stoa_error with the path as its place, and
 * never repeat a failed fsync, close, link or rename.
 */
#ifndef STOA_COMMON_IO_H
#define STOA_COMMON_IO_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/error.h"

/* The raw calls, with the meaning, results and errno of the POSIX functions of that name. */
struct stoa_io_ops {
    int (*openat)(int dirfd, const char *path, int flags, mode_t mode);
    ssize_t (*read)(int fd, void *bytes, size_t size);
    ssize_t (*pread)(int fd, void *bytes, size_t size, off_t offset);
    ssize_t (*write)(int fd, const void *bytes, size_t size);
    ssize_t (*pwrite)(int fd, const void *bytes, size_t size, off_t offset);
    int (*fsync)(int fd);
    int (*fstat)(int fd, struct stat *out);
    int (*fstatat)(int dirfd, const char *path, struct stat *out, int flags);
    int (*ftruncate)(int fd, off_t size);
    int (*linkat)(int olddirfd, const char *oldpath, int newdirfd, const char *newpath,
                  int flags);
    int (*renameat)(int olddirfd, const char *oldpath, int newdirfd, const char *newpath);
    int (*unlinkat)(int dirfd, const char *path, int flags);
    int (*mkdirat)(int dirfd, const char *path, mode_t mode);
    int (*flock)(int fd, int operation);
    int (*close)(int fd);
    DIR *(*fdopendir)(int fd);
    struct dirent *(*readdir)(DIR *dir);
    int (*closedir)(DIR *dir);
};

/* The real system calls. */
const struct stoa_io_ops *stoa_io_system(void);

/* Test hook: all calls go through `ops` from now on; NULL restores the system. Not
 * thread-safe against running I/O. */
void stoa_io_set_ops(const struct stoa_io_ops *ops);

/*
 * Paths. Under AT_FDCWD a path is the user's own: taken as it is, links followed. Under a
 * directory fd it must stay beneath that directory: absolute paths and empty, "." or ".."
 * components are STOA_E_BAD_VALUE ("." alone is fine), and no component may be a link.
 */

/* An open file and the name it is reported by. */
struct stoa_file {
    int fd;     /* -1 when closed */
    char *name; /* owned; for messages only */
};
#define STOA_FILE_CLOSED ((struct stoa_file){.fd = -1, .name = NULL})

enum stoa_open_mode {
    STOA_OPEN_READ,       /* an existing regular file; never waits for a pipe */
    STOA_OPEN_CREATE_NEW, /* O_CREAT|O_EXCL|O_NOFOLLOW for writing and reading, mode 0666 */
    STOA_OPEN_DIRECTORY,  /* an existing directory */
    STOA_OPEN_STREAM /* as READ, but pipes and devices are allowed: stoa_io_read_ready */
};

/* Opens `path` relative to `dirfd` (AT_FDCWD for the working directory); `shown` is the name
 * used in messages (NULL: path). READ refuses anything but a regular file. */
STOA_MUST_USE stoa_status stoa_io_open(int dirfd, const char *path,
                                       enum stoa_open_mode mode, const char *shown,
                                       struct stoa_file *out_file, stoa_error *err);

/* An unlinked temporary file inside directory `dirfd`, readable and writable. */
STOA_MUST_USE stoa_status stoa_io_open_temporary(int dirfd, struct stoa_file *out_file,
                                                 stoa_error *err);

/* Closes; a failed close is an error for files that were written. Idempotent. */
STOA_MUST_USE stoa_status stoa_io_close(struct stoa_file *file, stoa_error *err);
/* Closes without a word: error paths and files only read. Idempotent. */
void stoa_io_discard(struct stoa_file *file);

/* Reads up to `size` bytes at the current position; *out_got < size only at the end. */
STOA_MUST_USE stoa_status stoa_io_read(const struct stoa_file *file, void *bytes,
                                       size_t size, size_t *out_got, stoa_error *err);
/* Reads what a pipe, a device or a file has next, at most `size` bytes, and waits for it no
 * longer than `milliseconds`, or until a signal: then *out_is_waiting, so that the caller
 * can ask whether to go on. A named pipe waits for its first writer too. At the end
 * *out_got is 0. */
STOA_MUST_USE stoa_status stoa_io_read_ready(const struct stoa_file *file, int milliseconds,
                                             void *bytes, size_t size, size_t *out_got,
                                             bool *out_is_waiting, stoa_error *err);
/* Reads exactly [offset, offset + size); STOA_E_CORRUPT if the file ends before. */
STOA_MUST_USE stoa_status stoa_io_read_at(const struct stoa_file *file, uint64_t offset,
                                          void *bytes, size_t size, stoa_error *err);
/* Reads up to `size` bytes at offset; *out_got < size only at the end. */
STOA_MUST_USE stoa_status stoa_io_read_some_at(const struct stoa_file *file,
                                               uint64_t offset, void *bytes, size_t size,
                                               size_t *out_got, stoa_error *err);
STOA_MUST_USE stoa_status stoa_io_write(const struct stoa_file *file, const void *bytes,
                                        size_t size, stoa_error *err);
STOA_MUST_USE stoa_status stoa_io_write_at(const struct stoa_file *file, uint64_t offset,
                                           const void *bytes, size_t size, stoa_error *err);
STOA_MUST_USE stoa_status stoa_io_sync(const struct stoa_file *file, stoa_error *err);
/* The same, but fine where the file system cannot (EINVAL, EROFS): for what others made. */
STOA_MUST_USE stoa_status stoa_io_sync_if_possible(const struct stoa_file *file,
                                                   stoa_error *err);
STOA_MUST_USE stoa_status stoa_io_size(const struct stoa_file *file, uint64_t *out_size,
                                       stoa_error *err);
STOA_MUST_USE stoa_status stoa_io_stat(const struct stoa_file *file, struct stat *out_stat,
                                       stoa_error *err);

/* Makes directory `path` under dirfd (not those above it); an existing directory is fine, and
 * *out_created (NULL allowed) tells. */
STOA_MUST_USE stoa_status stoa_io_make_directory(int dirfd, const char *path,
                                                 bool *out_created, stoa_error *err);
/* Put-if-absent: *out_exists is true, with STOA_OK, when the new name was taken.
 * STOA_E_UNKNOWN_OUTCOME when the error leaves open whether the link was made; all other errors
 * mean that it was not. */
STOA_MUST_USE stoa_status stoa_io_link(int olddirfd, const char *oldpath, int newdirfd,
                                       const char *newpath, bool *out_exists,
                                       stoa_error *err);
STOA_MUST_USE stoa_status stoa_io_rename(int olddirfd, const char *oldpath, int newdirfd,
                                         const char *newpath, stoa_error *err);
/* Removes a file; a missing one is fine. */
STOA_MUST_USE stoa_status stoa_io_remove(int dirfd, const char *path, stoa_error *err);
/* *out_stat of the name itself (links not followed); *out_exists false when it or a directory
 * on the way is absent. */
STOA_MUST_USE stoa_status stoa_io_stat_at(int dirfd, const char *path, bool *out_exists,
                                          struct stat *out_stat, stoa_error *err);

/* All names in directory `path` under `dirfd`, sorted bytewise, without "." and "..". The
 * list is one allocation freed by stoa_free. STOA_E_LIMIT above 4,194,304 names or 256 MiB of
 * them. */
STOA_MUST_USE stoa_status stoa_io_list(int dirfd, const char *path, char ***out_names,
                                       size_t *out_count, stoa_error *err);

/* Non-blocking exclusive lock; *out_locked false when somebody else holds it. Where the file
 * system has no locks, nobody holds one. */
STOA_MUST_USE stoa_status stoa_io_lock(const struct stoa_file *file, bool *out_locked,
                                       stoa_error *err);

#endif
