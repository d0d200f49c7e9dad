/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checked wrappers on open files: loops over interruptions and short transfers, errno
 * turned into an error that names the file. Names and directories are in io_names.c, the
 * system calls themselves in io_system.c.
 *
 * A failed fsync is never repeated: Linux marks the pages clean when it reports the failure,
 * so a second call says "fine" about data that never reached the disk (Rebello et al., "Can
 * Applications Recover from fsync Failures?", ATC 2020). A failed close is not repeated
 * either: the descriptor is gone.
 */
#include "common/io_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/checked.h"

/* Larger requests are cut by Linux anyway; a bound keeps every result inside ssize_t. */
#define TRANSFER_MAX ((size_t)1 << 30)

static stoa_status file_fail_errno(const struct stoa_file *file, int errno_value,
                                   const char *action, stoa_error *err)
{
    const stoa_status status = stoa_fail_errno(err, errno_value, "cannot %s", action);
    stoa_error_set_place(err, "%s", file->name);
    return status;
}

static const char *kind_of_mode(mode_t mode)
{
    if (S_ISREG(mode))
        return "a regular file";
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a pipe";
    if (S_ISLNK(mode))
        return "a symbolic link";
    return "a device or socket";
}

/* Refuses what the mode does not allow, before anybody reads from it. */
static stoa_status check_kind(const struct stoa_file *file, enum stoa_open_mode mode,
                              stoa_error *err)
{
    struct stat facts = {0};
    if (mode != STOA_OPEN_READ && mode != STOA_OPEN_STREAM)
        return STOA_OK;
    STOA_TRY(stoa_io_stat(file, &facts, err));
    if (mode == STOA_OPEN_READ ? S_ISREG(facts.st_mode) : !S_ISDIR(facts.st_mode))
        return STOA_OK;
    const stoa_status status =
        stoa_fail(err, STOA_E_IO, "expected %s, found %s",
                  mode == STOA_OPEN_READ ? "a regular file" : "a file or a pipe",
                  kind_of_mode(facts.st_mode));
    stoa_error_set_place(err, "%s", file->name);
    return status;
}

/* READ opens without blocking, so that a pipe is refused and not waited for; STREAM, so that
 * the wait for a writer is stoa_io_read_ready's, which can be given up. */
static int flags_of_mode(enum stoa_open_mode mode)
{
    static const int flags[] = {
        [STOA_OPEN_READ] = O_RDONLY | O_NOCTTY | O_NONBLOCK,
        [STOA_OPEN_CREATE_NEW] = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
        [STOA_OPEN_DIRECTORY] = O_RDONLY | O_DIRECTORY,
        [STOA_OPEN_STREAM] = O_RDONLY | O_NOCTTY | O_NONBLOCK,
    };
    return flags[mode];
}

static const char *action_of_mode(enum stoa_open_mode mode)
{
    return mode == STOA_OPEN_CREATE_NEW  ? "create the file"
           : mode == STOA_OPEN_DIRECTORY ? "open the directory"
                                         : "open the file";
}

stoa_status stoa_io_open(int dirfd, const char *path, enum stoa_open_mode mode,
                         const char *shown, struct stoa_file *out_file, stoa_error *err)
{
    assert((unsigned)mode <= STOA_OPEN_STREAM);
    struct stoa_io_target target;
    struct stoa_file file = STOA_FILE_CLOSED;
    if (shown == NULL)
        shown = path;
    STOA_TRY(stoa_io_walk(dirfd, path, shown, &target, err));

    /* The name first: after O_CREAT a failure would leave a file behind. */
    stoa_status status = STOA_OK;
    file.name = stoa_strdup(shown);
    if (file.name == NULL) {
        status = stoa_fail_memory(err, strlen(shown) + 1);
        goto cleanup;
    }
    file.fd = stoa_io_openat(target.fd, target.name,
                             flags_of_mode(mode) | (target.beneath ? O_NOFOLLOW : 0), 0666);
    if (file.fd < 0) {
        status = file_fail_errno(&file, errno, action_of_mode(mode), err);
        goto cleanup;
    }
    STOA_TRY_CLEANUP(check_kind(&file, mode, err));
    *out_file = file;
    file = STOA_FILE_CLOSED;
cleanup:
    stoa_io_discard(&file);
    stoa_io_walk_done(&target);
    return status;
}

/* The way for file systems without O_TMPFILE: a new name, removed at once. */
static int open_and_unlink(int dirfd)
{
    const struct stoa_io_ops *ops = stoa_io_current();
    char name[64];
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof name, ".stoa-%ld-%u", (long)getpid(), i);
        const int fd =
            stoa_io_openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0 || ops->unlinkat(dirfd, name, 0) == 0)
            return fd;
        const int failure = errno;
        (void)ops->close(fd);
        errno = failure;
        return -1;
    }
    errno = EEXIST;
    return -1;
}

stoa_status stoa_io_open_temporary(int dirfd, struct stoa_file *out_file, stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    file.name = stoa_strdup("temporary file");
    if (file.name == NULL)
        return stoa_fail_memory(err, sizeof "temporary file");
    file.fd = stoa_io_openat(dirfd, ".", O_RDWR | O_TMPFILE, 0600);
    /* What kernels and file systems that lack it answer. */
    if (file.fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        file.fd = open_and_unlink(dirfd);
    if (file.fd < 0) {
        const stoa_status status = file_fail_errno(&file, errno, "create the file", err);
        stoa_io_discard(&file);
        return status;
    }
    *out_file = file;
    return STOA_OK;
}

stoa_status stoa_io_close(struct stoa_file *file, stoa_error *err)
{
    stoa_status status = STOA_OK;
    if (file->fd >= 0 && stoa_io_current()->close(file->fd) != 0)
        status = file_fail_errno(file, errno, "close the file", err);
    file->fd = -1;
    stoa_io_discard(file);
    return status;
}

void stoa_io_discard(struct stoa_file *file)
{
    if (file->fd >= 0)
        (void)stoa_io_current()->close(file->fd);
    stoa_free(file->name);
    *file = STOA_FILE_CLOSED;
}

/* Reads until `size` bytes or the end; `offset` NULL means the current position. */
static stoa_status read_loop(const struct stoa_file *file, const uint64_t *offset,
                             uint8_t *bytes, size_t size, size_t *out_got, stoa_error *err)
{
    const struct stoa_io_ops *ops = stoa_io_current();
    size_t done = 0;
    unsigned retries = 0;
    while (done < size) {
        const size_t step = size - done < TRANSFER_MAX ? size - done : TRANSFER_MAX;
        const ssize_t got = offset != NULL ? ops->pread(file->fd, bytes + done, step,
                                                        (off_t)(*offset + done))
                                           : ops->read(file->fd, bytes + done, step);
        if (got < 0 && stoa_io_again(&retries))
            continue;
        if (got < 0)
            return file_fail_errno(file, errno, "read", err);
        if (got == 0)
            break;
        done += (size_t)got;
        retries = 0;
    }
    *out_got = done;
    return STOA_OK;
}

stoa_status stoa_io_read(const struct stoa_file *file, void *bytes, size_t size,
                         size_t *out_got, stoa_error *err)
{
    return read_loop(file, NULL, bytes, size, out_got, err);
}

stoa_status stoa_io_read_ready(const struct stoa_file *file, int milliseconds, void *bytes,
                               size_t size, size_t *out_got, bool *out_is_waiting,
                               stoa_error *err)
{
    unsigned retries = 0;
    ssize_t got = 0;
    *out_got = 0;
    const int ready = stoa_io_poll(file->fd, milliseconds);
    *out_is_waiting = ready == 0 || (ready < 0 && errno == EINTR);
    if (*out_is_waiting)
        return STOA_OK;
    if (ready < 0)
        return file_fail_errno(file, errno, "wait for bytes", err);
    do {
        got = stoa_io_current()->read(file->fd, bytes,
                                      size < TRANSFER_MAX ? size : TRANSFER_MAX);
    } while (got < 0 && stoa_io_again(&retries));
    /* Another reader of the same pipe may have been faster. */
    *out_is_waiting = got < 0 && errno == EAGAIN;
    if (got < 0 && !*out_is_waiting)
        return file_fail_errno(file, errno, "read", err);
    *out_got = got > 0 ? (size_t)got : 0;
    return STOA_OK;
}

stoa_status stoa_io_read_some_at(const struct stoa_file *file, uint64_t offset, void *bytes,
                                 size_t size, size_t *out_got, stoa_error *err)
{
    if (offset > INT64_MAX) { /* past the end of any file */
        *out_got = 0;
        return STOA_OK;
    }
    if (size > INT64_MAX - offset)
        size = (size_t)(INT64_MAX - offset);
    return read_loop(file, &offset, bytes, size, out_got, err);
}

stoa_status stoa_io_read_at(const struct stoa_file *file, uint64_t offset, void *bytes,
                            size_t size, stoa_error *err)
{
    size_t got = 0;
    STOA_TRY(stoa_io_read_some_at(file, offset, bytes, size, &got, err));
    if (got == size)
        return STOA_OK;
    const stoa_status status =
        stoa_fail(err, STOA_E_CORRUPT,
                  "expected %zu bytes at offset %llu, found %zu: the file ends too early",
                  size, (unsigned long long)offset, got);
    stoa_error_set_place(err, "%s", file->name);
    stoa_error_set_offset(err, offset);
    return status;
}

/* Writes all `size` bytes; `offset` NULL means the current position. */
static stoa_status write_loop(const struct stoa_file *file, const uint64_t *offset,
                              const uint8_t *bytes, size_t size, stoa_error *err)
{
    const struct stoa_io_ops *ops = stoa_io_current();
    size_t done = 0;
    unsigned retries = 0;
    while (done < size) {
        const size_t step = size - done < TRANSFER_MAX ? size - done : TRANSFER_MAX;
        const ssize_t got = offset != NULL ? ops->pwrite(file->fd, bytes + done, step,
                                                         (off_t)(*offset + done))
                                           : ops->write(file->fd, bytes + done, step);
        if (got < 0 && stoa_io_again(&retries))
            continue;
        if (got < 0)
            return file_fail_errno(file, errno, "write", err);
        if (got == 0) { /* POSIX allows it; repeating it could go on for ever */
            const stoa_status status = stoa_fail(
                err, STOA_E_IO, "expected %zu bytes to be written, found %zu", size, done);
            stoa_error_set_place(err, "%s", file->name);
            return status;
        }
        done += (size_t)got;
        retries = 0;
    }
    return STOA_OK;
}

stoa_status stoa_io_write(const struct stoa_file *file, const void *bytes, size_t size,
                          stoa_error *err)
{
    return write_loop(file, NULL, bytes, size, err);
}

stoa_status stoa_io_write_at(const struct stoa_file *file, uint64_t offset,
                             const void *bytes, size_t size, stoa_error *err)
{
    if (!stoa_range_fits(offset, size, INT64_MAX))
        return file_fail_errno(file, EFBIG, "write", err);
    return write_loop(file, &offset, bytes, size, err);
}

stoa_status stoa_io_sync(const struct stoa_file *file, stoa_error *err)
{
    if (stoa_io_current()->fsync(file->fd) == 0)
        return STOA_OK;
    return file_fail_errno(file, errno, "make the data durable", err);
}

stoa_status stoa_io_sync_if_possible(const struct stoa_file *file, stoa_error *err)
{
    if (stoa_io_current()->fsync(file->fd) == 0 || errno == EINVAL || errno == EROFS)
        return STOA_OK;
    return file_fail_errno(file, errno, "make the data durable", err);
}

stoa_status stoa_io_stat(const struct stoa_file *file, struct stat *out_stat,
                         stoa_error *err)
{
    struct stat facts = {0};
    unsigned retries = 0;
    int got = 0;
    do {
        got = stoa_io_current()->fstat(file->fd, &facts);
    } while (got != 0 && stoa_io_again(&retries));
    if (got != 0)
        return file_fail_errno(file, errno, "get the facts of the file", err);
    *out_stat = facts;
    return STOA_OK;
}

stoa_status stoa_io_size(const struct stoa_file *file, uint64_t *out_size, stoa_error *err)
{
    struct stat facts = {0};
    STOA_TRY(stoa_io_stat(file, &facts, err));
    *out_size = facts.st_size > 0 ? (uint64_t)facts.st_size : 0;
    return STOA_OK;
}

stoa_status stoa_io_lock(const struct stoa_file *file, bool *out_locked, stoa_error *err)
{
    unsigned retries = 0;
    int got = 0;
    do {
        got = stoa_io_current()->flock(file->fd, LOCK_EX | LOCK_NB);
    } while (got != 0 && stoa_io_again(&retries));
    const bool has_locks =
        got == 0 || (errno != ENOLCK && errno != EOPNOTSUPP && errno != ENOSYS);
    if (got != 0 && has_locks && errno != EWOULDBLOCK)
        return file_fail_errno(file, errno, "lock the file", err);
    *out_locked = got == 0 || !has_locks;
    return STOA_OK;
}
