/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The failing, counting, recording I/O table of the tests (fault_io.h). Each entry asks
 * fault_of() what to do, does it through the system's table, and reports a record. One static
 * state behind one lock: struct stoa_io_ops carries no context, and there is one system.
 */
#include "tests/support/fault_io.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "tests/support/test_support.h"

#define CALL_COUNT 18

static const char *const call_names[CALL_COUNT] = {
    "openat",  "read",    "pread",     "write",     "pwrite",   "fsync",
    "fstat",   "fstatat", "ftruncate", "linkat",    "renameat", "unlinkat",
    "mkdirat", "flock",   "close",     "fdopendir", "readdir",  "closedir",
};

#define TRANSFERS (FAULT_READ | FAULT_PREAD | FAULT_WRITE | FAULT_PWRITE)
#define WRITES    (FAULT_WRITE | FAULT_PWRITE)
#define NEW_NAMES (FAULT_LINKAT | FAULT_RENAMEAT | FAULT_MKDIRAT)
/* What the kernel can refuse at all: a close or a directory stream's end frees what it has. */
#define REFUSABLE (FAULT_ALL_CALLS & ~(FAULT_CLOSE | FAULT_CLOSEDIR))

static const struct fault_kind kinds[] = {
    {"EIO",          FAULT_EFFECT_ERRNO,      EIO,    REFUSABLE                    },
    {"ENOSPC",       FAULT_EFFECT_ERRNO,      ENOSPC,
     FAULT_OPENAT | WRITES | FAULT_FSYNC | FAULT_FTRUNCATE | NEW_NAMES             },
    {"EDQUOT",       FAULT_EFFECT_ERRNO,      EDQUOT,
     FAULT_OPENAT | WRITES | FAULT_FSYNC | FAULT_FTRUNCATE | NEW_NAMES             },
    {"EMFILE",       FAULT_EFFECT_ERRNO,      EMFILE, FAULT_OPENAT                 },
    {"EINTR",        FAULT_EFFECT_ERRNO,      EINTR,  REFUSABLE                    },
    {"EROFS",        FAULT_EFFECT_ERRNO,      EROFS,
     FAULT_OPENAT | WRITES | FAULT_FTRUNCATE | NEW_NAMES | FAULT_UNLINKAT          },
    {"EACCES",       FAULT_EFFECT_ERRNO,      EACCES,
     FAULT_OPENAT | FAULT_FSTATAT | NEW_NAMES | FAULT_UNLINKAT                     },
    {"short",        FAULT_EFFECT_SHORT,      0,      TRANSFERS                    },
    {"zero-write",   FAULT_EFFECT_ZERO,       0,      WRITES                       },
    {"fsync",        FAULT_EFFECT_ERRNO,      EIO,    FAULT_FSYNC                  },
    {"close",        FAULT_EFFECT_AFTERWARDS, EIO,    FAULT_CLOSE                  },
    {"link-unknown", FAULT_EFFECT_AFTERWARDS, EIO,    FAULT_LINKAT | FAULT_RENAMEAT},
};

static struct {
    pthread_mutex_t lock;
    const struct fault_kind *kind;
    uint64_t at;
    bool for_ever;
    fault_observer_fn observer;
    void *context;
    uint64_t calls;
    uint64_t fired;
    int64_t open_files;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

const char *fault_call_name(enum fault_call call)
{
    for (int i = 0; i < CALL_COUNT; i++) {
        if ((unsigned)call == 1u << i)
            return call_names[i];
    }
    return "?";
}

const struct fault_kind *fault_kind_at(size_t i)
{
    return i < sizeof kinds / sizeof kinds[0] ? &kinds[i] : NULL;
}

/* Counts the call; the kind to inject into it, or NULL. */
static const struct fault_kind *fault_of(enum fault_call call)
{
    const struct fault_kind *fault = NULL;
    pthread_mutex_lock(&state.lock);
    if (state.kind == NULL || (state.kind->calls & (unsigned)call) != 0) {
        const uint64_t number = ++state.calls;
        if (state.kind != NULL && state.at != 0 && number >= state.at &&
            (number == state.at || state.for_ever)) {
            fault = state.kind;
            state.fired++;
        }
    }
    pthread_mutex_unlock(&state.lock);
    return fault;
}

static bool is_refused(const struct fault_kind *fault)
{
    return fault != NULL && fault->effect == FAULT_EFFECT_ERRNO;
}

/* Ends a call: the result the caller sees, `errno` set for it, the record delivered. `opened`
 * is what the call did to the number of open files. */
static int64_t finish(const struct fault_kind *fault, struct fault_record *record,
                      int64_t result, int opened)
{
    int failure = errno;
    if (is_refused(fault) || (fault != NULL && fault->effect == FAULT_EFFECT_AFTERWARDS)) {
        result = -1;
        failure = fault->errno_value;
    }
    record->result = result;
    record->errno_value = result == -1 ? failure : 0;
    record->injected = fault != NULL;
    pthread_mutex_lock(&state.lock);
    state.open_files += opened;
    if (state.observer != NULL)
        state.observer(state.context, record);
    pthread_mutex_unlock(&state.lock);
    errno = failure;
    return result;
}

/* The size a transfer really asks for. */
static size_t transfer_size(const struct fault_kind *fault, size_t size)
{
    if (fault == NULL || fault->effect != FAULT_EFFECT_SHORT || size <= 1)
        return size;
    return size / 2;
}

static int fault_openat(int dirfd, const char *path, int flags, mode_t mode)
{
    const struct fault_kind *fault = fault_of(FAULT_OPENAT);
    struct fault_record record = {
        .call = FAULT_OPENAT, .fd = dirfd, .path = path, .fd2 = -1, .flags = flags};
    int fd = -1;
    if (!is_refused(fault))
        fd = stoa_io_system()->openat(dirfd, path, flags, mode);
    return (int)finish(fault, &record, fd, fd >= 0);
}

static ssize_t fault_read(int fd, void *bytes, size_t size)
{
    const struct fault_kind *fault = fault_of(FAULT_READ);
    struct fault_record record = {.call = FAULT_READ, .fd = fd, .fd2 = -1, .size = size};
    ssize_t got = -1;
    if (!is_refused(fault))
        got = stoa_io_system()->read(fd, bytes, transfer_size(fault, size));
    return finish(fault, &record, got, 0);
}

static ssize_t fault_pread(int fd, void *bytes, size_t size, off_t offset)
{
    const struct fault_kind *fault = fault_of(FAULT_PREAD);
    struct fault_record record = {
        .call = FAULT_PREAD, .fd = fd, .fd2 = -1, .offset = (uint64_t)offset, .size = size};
    ssize_t got = -1;
    if (!is_refused(fault))
        got = stoa_io_system()->pread(fd, bytes, transfer_size(fault, size), offset);
    return finish(fault, &record, got, 0);
}

static ssize_t fault_write(int fd, const void *bytes, size_t size)
{
    const struct fault_kind *fault = fault_of(FAULT_WRITE);
    struct fault_record record = {
        .call = FAULT_WRITE, .fd = fd, .fd2 = -1, .size = size, .bytes = bytes};
    ssize_t got = fault != NULL && fault->effect == FAULT_EFFECT_ZERO ? 0 : -1;
    if (!is_refused(fault) && got != 0)
        got = stoa_io_system()->write(fd, bytes, transfer_size(fault, size));
    return finish(fault, &record, got, 0);
}

static ssize_t fault_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    const struct fault_kind *fault = fault_of(FAULT_PWRITE);
    struct fault_record record = {.call = FAULT_PWRITE,
                                  .fd = fd,
                                  .fd2 = -1,
                                  .offset = (uint64_t)offset,
                                  .size = size,
                                  .bytes = bytes};
    ssize_t got = fault != NULL && fault->effect == FAULT_EFFECT_ZERO ? 0 : -1;
    if (!is_refused(fault) && got != 0)
        got = stoa_io_system()->pwrite(fd, bytes, transfer_size(fault, size), offset);
    return finish(fault, &record, got, 0);
}

static int fault_fsync(int fd)
{
    const struct fault_kind *fault = fault_of(FAULT_FSYNC);
    struct fault_record record = {.call = FAULT_FSYNC, .fd = fd, .fd2 = -1};
    const int got = is_refused(fault) ? -1 : stoa_io_system()->fsync(fd);
    return (int)finish(fault, &record, got, 0);
}

static int fault_fstat(int fd, struct stat *out)
{
    const struct fault_kind *fault = fault_of(FAULT_FSTAT);
    struct fault_record record = {.call = FAULT_FSTAT, .fd = fd, .fd2 = -1};
    const int got = is_refused(fault) ? -1 : stoa_io_system()->fstat(fd, out);
    return (int)finish(fault, &record, got, 0);
}

static int fault_fstatat(int dirfd, const char *path, struct stat *out, int flags)
{
    const struct fault_kind *fault = fault_of(FAULT_FSTATAT);
    struct fault_record record = {
        .call = FAULT_FSTATAT, .fd = dirfd, .path = path, .fd2 = -1, .flags = flags};
    const int got =
        is_refused(fault) ? -1 : stoa_io_system()->fstatat(dirfd, path, out, flags);
    return (int)finish(fault, &record, got, 0);
}

static int fault_ftruncate(int fd, off_t size)
{
    const struct fault_kind *fault = fault_of(FAULT_FTRUNCATE);
    struct fault_record record = {
        .call = FAULT_FTRUNCATE, .fd = fd, .fd2 = -1, .offset = (uint64_t)size};
    const int got = is_refused(fault) ? -1 : stoa_io_system()->ftruncate(fd, size);
    return (int)finish(fault, &record, got, 0);
}

static int fault_linkat(int olddirfd, const char *oldpath, int newdirfd,
                        const char *newpath, int flags)
{
    const struct fault_kind *fault = fault_of(FAULT_LINKAT);
    struct fault_record record = {.call = FAULT_LINKAT,
                                  .fd = olddirfd,
                                  .path = oldpath,
                                  .fd2 = newdirfd,
                                  .path2 = newpath,
                                  .flags = flags};
    int got = -1;
    if (!is_refused(fault))
        got = stoa_io_system()->linkat(olddirfd, oldpath, newdirfd, newpath, flags);
    return (int)finish(fault, &record, got, 0);
}

static int fault_renameat(int olddirfd, const char *oldpath, int newdirfd,
                          const char *newpath)
{
    const struct fault_kind *fault = fault_of(FAULT_RENAMEAT);
    struct fault_record record = {.call = FAULT_RENAMEAT,
                                  .fd = olddirfd,
                                  .path = oldpath,
                                  .fd2 = newdirfd,
                                  .path2 = newpath};
    int got = -1;
    if (!is_refused(fault))
        got = stoa_io_system()->renameat(olddirfd, oldpath, newdirfd, newpath);
    return (int)finish(fault, &record, got, 0);
}

static int fault_unlinkat(int dirfd, const char *path, int flags)
{
    const struct fault_kind *fault = fault_of(FAULT_UNLINKAT);
    struct fault_record record = {
        .call = FAULT_UNLINKAT, .fd = dirfd, .path = path, .fd2 = -1, .flags = flags};
    const int got = is_refused(fault) ? -1 : stoa_io_system()->unlinkat(dirfd, path, flags);
    return (int)finish(fault, &record, got, 0);
}

static int fault_mkdirat(int dirfd, const char *path, mode_t mode)
{
    const struct fault_kind *fault = fault_of(FAULT_MKDIRAT);
    struct fault_record record = {
        .call = FAULT_MKDIRAT, .fd = dirfd, .path = path, .fd2 = -1};
    const int got = is_refused(fault) ? -1 : stoa_io_system()->mkdirat(dirfd, path, mode);
    return (int)finish(fault, &record, got, 0);
}

static int fault_flock(int fd, int operation)
{
    const struct fault_kind *fault = fault_of(FAULT_FLOCK);
    struct fault_record record = {
        .call = FAULT_FLOCK, .fd = fd, .fd2 = -1, .flags = operation};
    const int got = is_refused(fault) ? -1 : stoa_io_system()->flock(fd, operation);
    return (int)finish(fault, &record, got, 0);
}

/* The descriptor is gone whatever close says, as on Linux. */
static int fault_close(int fd)
{
    const struct fault_kind *fault = fault_of(FAULT_CLOSE);
    struct fault_record record = {.call = FAULT_CLOSE, .fd = fd, .fd2 = -1};
    const int got = stoa_io_system()->close(fd);
    return (int)finish(fault, &record, got, -1);
}

static DIR *fault_fdopendir(int fd)
{
    const struct fault_kind *fault = fault_of(FAULT_FDOPENDIR);
    struct fault_record record = {.call = FAULT_FDOPENDIR, .fd = fd, .fd2 = -1};
    DIR *dir = is_refused(fault) ? NULL : stoa_io_system()->fdopendir(fd);
    (void)finish(fault, &record, dir != NULL ? 0 : -1, 0);
    return dir;
}

static struct dirent *fault_readdir(DIR *dir)
{
    const struct fault_kind *fault = fault_of(FAULT_READDIR);
    struct fault_record record = {.call = FAULT_READDIR, .fd = -1, .fd2 = -1};
    struct dirent *entry = is_refused(fault) ? NULL : stoa_io_system()->readdir(dir);
    if (entry != NULL)
        record.path = entry->d_name;
    (void)finish(fault, &record, entry != NULL ? 0 : -1, 0);
    return entry;
}

/* Closes the stream's descriptor too, which fdopendir took over. */
static int fault_closedir(DIR *dir)
{
    const struct fault_kind *fault = fault_of(FAULT_CLOSEDIR);
    struct fault_record record = {.call = FAULT_CLOSEDIR, .fd = -1, .fd2 = -1};
    const int got = stoa_io_system()->closedir(dir);
    return (int)finish(fault, &record, got, -1);
}

static const struct stoa_io_ops fault_ops = {
    .openat = fault_openat,
    .read = fault_read,
    .pread = fault_pread,
    .write = fault_write,
    .pwrite = fault_pwrite,
    .fsync = fault_fsync,
    .fstat = fault_fstat,
    .fstatat = fault_fstatat,
    .ftruncate = fault_ftruncate,
    .linkat = fault_linkat,
    .renameat = fault_renameat,
    .unlinkat = fault_unlinkat,
    .mkdirat = fault_mkdirat,
    .flock = fault_flock,
    .close = fault_close,
    .fdopendir = fault_fdopendir,
    .readdir = fault_readdir,
    .closedir = fault_closedir,
};

void fault_io_start(const struct fault_kind *kind, uint64_t at, bool for_ever,
                    fault_observer_fn observer, void *context)
{
    pthread_mutex_lock(&state.lock);
    state.kind = kind;
    state.at = at;
    state.for_ever = for_ever;
    state.observer = observer;
    state.context = context;
    state.calls = 0;
    state.fired = 0;
    state.open_files = 0;
    pthread_mutex_unlock(&state.lock);
    stoa_io_set_ops(&fault_ops);
}

void fault_io_stop(void)
{
    stoa_io_set_ops(NULL);
}

uint64_t fault_io_calls(void)
{
    return state.calls;
}

uint64_t fault_io_fired(void)
{
    return state.fired;
}

int64_t fault_io_open_files(void)
{
    return state.open_files;
}

static void trace_line(struct fault_trace *trace, const char *line)
{
    const size_t length = strlen(line);
    char *text = realloc(trace->text, trace->size + length + 2);
    if (text == NULL)
        return;
    memcpy(text + trace->size, line, length);
    memcpy(text + trace->size + length, "\n", 2);
    trace->text = text;
    trace->size += length + 1;
    trace->lines++;
}

void fault_trace_observe(void *context, const struct fault_record *record)
{
    char line[1024];
    char second[512] = "";
    char failure[32] = "";
    if (record->path2 != NULL)
        (void)snprintf(second, sizeof second, " dir2=%d %.400s", record->fd2,
                       record->path2);
    if (record->result == -1)
        (void)snprintf(failure, sizeof failure, " errno=%d", record->errno_value);
    (void)snprintf(
        line, sizeof line,
        "%s fd=%d%s%.400s%s flags=0x%x offset=%" PRIu64 " size=%zu -> %" PRId64 "%s%s",
        fault_call_name(record->call), record->fd, record->path != NULL ? " " : "",
        record->path != NULL ? record->path : "", second, (unsigned)record->flags,
        record->offset, record->size, record->result, failure,
        record->injected ? " injected" : "");
    trace_line(context, line);
}

void fault_trace_done(struct fault_trace *trace)
{
    free(trace->text);
    *trace = (struct fault_trace){0};
}

/* The next kind that is wanted, from `loop->kind_index` on. */
static bool loop_kind(struct fault_loop *loop)
{
    for (;; loop->kind_index++) {
        loop->kind = fault_kind_at(loop->kind_index);
        if (loop->kind == NULL)
            return false;
        if (loop->only == NULL || strcmp(loop->only, loop->kind->name) == 0)
            return true;
    }
}

bool fault_loop_next(struct fault_loop *loop)
{
    const uint64_t step = loop->step != 0 ? loop->step : 1;
    if (loop->begun && loop->fired && (loop->last == 0 || loop->k + step <= loop->last)) {
        loop->k += step;
    } else if (loop->begun && !loop->for_ever) {
        loop->for_ever = true;
        loop->k = 1;
    } else {
        loop->kind_index += loop->begun;
        loop->for_ever = false;
        loop->k = 1;
        if (!loop_kind(loop))
            return false;
    }
    loop->begun = true;
    loop->fired = false;
    (void)snprintf(loop->name, sizeof loop->name, "%s at call %" PRIu64 "%s",
                   loop->kind->name, loop->k, loop->for_ever ? " for ever" : "");
    return true;
}

void fault_loop_arm(struct fault_loop *loop)
{
    fault_io_start(loop->kind, loop->k, loop->for_ever, NULL, NULL);
}

void fault_loop_disarm(struct fault_loop *loop)
{
    fault_io_stop();
    loop->fired = fault_io_fired() != 0;
    loop->runs += loop->fired;
    if (fault_io_open_files() != 0)
        fail_msg("%s: expected all files to be closed, found %" PRId64 " open", loop->name,
                 fault_io_open_files());
}
