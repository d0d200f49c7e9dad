/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checked wrappers on names: walking to them, directories, links, renames, lists.
 *
 * A name under a directory fd comes from a manifest or from a partition value, so it may be
 * hostile: every component is opened with O_NOFOLLOW and checked by itself. That costs one
 * openat per level and works on every kernel, which openat2(RESOLVE_BENEATH) does not. Calls
 * that change a name (link, rename) are not repeated after an interruption, because whether
 * they happened is then unknown and a repeat would misreport it.
 */
#include "common/io_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "common/checked.h"

/* One directory list: more names than any dataset should hold in one place, and a bound on
 * the memory that a hostile directory can take. */
#define LIST_NAMES_MAX ((size_t)1 << 22)
#define LIST_BYTES_MAX ((size_t)1 << 28)

int stoa_io_openat(int dirfd, const char *path, int flags, mode_t mode)
{
    unsigned retries = 0;
    int fd = 0;
    do {
        fd = stoa_io_current()->openat(dirfd, path, flags | O_CLOEXEC, mode);
    } while (fd < 0 && stoa_io_again(&retries));
    return fd;
}

static stoa_status name_fail_errno(const char *path, int errno_value, const char *action,
                                   stoa_error *err)
{
    const stoa_status status = stoa_fail_errno(err, errno_value, "cannot %s", action);
    stoa_error_set_place(err, "%s", path);
    return status;
}

static stoa_status component_fail(const char *shown, const char *found, stoa_error *err)
{
    const stoa_status status = stoa_fail(
        err, STOA_E_BAD_VALUE, "expected a path inside its directory, found %s", found);
    stoa_error_set_place(err, "%s", shown);
    return status;
}

/* Takes the next component off `*path` into `out`; *path is NULL behind the last one. */
static stoa_status component_next(const char **path, const char *shown,
                                  char out[NAME_MAX + 1], stoa_error *err)
{
    const char *slash = strchr(*path, '/');
    const size_t length = slash != NULL ? (size_t)(slash - *path) : strlen(*path);
    if (length == 0)
        return component_fail(shown, "an absolute path or an empty component", err);
    if (length > NAME_MAX)
        return name_fail_errno(shown, ENAMETOOLONG, "use the path", err);
    memcpy(out, *path, length);
    out[length] = '\0';
    if (strcmp(out, "..") == 0 || strcmp(out, ".") == 0)
        return component_fail(shown, "a \".\" or \"..\" component", err);
    *path = slash != NULL ? slash + 1 : NULL;
    return STOA_OK;
}

/* One step down; the walk then stands in `component`. */
static stoa_status walk_enter(struct stoa_io_target *target, const char *shown,
                              stoa_error *err)
{
    const int fd =
        stoa_io_openat(target->fd, target->component, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0)
        return name_fail_errno(shown, errno, "reach the directory", err);
    stoa_io_walk_done(target);
    target->fd = fd;
    target->owned = true;
    return STOA_OK;
}

stoa_status stoa_io_walk(int dirfd, const char *path, const char *shown,
                         struct stoa_io_target *out_target, stoa_error *err)
{
    struct stoa_io_target *target = out_target;
    target->fd = dirfd;
    target->owned = false;
    target->beneath = dirfd != AT_FDCWD;
    target->name = path;
    if (!target->beneath || strcmp(path, ".") == 0)
        return STOA_OK;

    stoa_status status = STOA_OK;
    target->name = target->component;
    STOA_TRY_CLEANUP(component_next(&path, shown, target->component, err));
    while (path != NULL) {
        STOA_TRY_CLEANUP(walk_enter(target, shown, err));
        STOA_TRY_CLEANUP(component_next(&path, shown, target->component, err));
    }
cleanup:
    if (status != STOA_OK)
        stoa_io_walk_done(target);
    return status;
}

void stoa_io_walk_done(struct stoa_io_target *target)
{
    if (target->owned)
        (void)stoa_io_current()->close(target->fd);
    target->owned = false;
}

/* fstatat with retries: 0, or -1 with errno. */
static int target_stat(const struct stoa_io_target *target, int flags, struct stat *out)
{
    unsigned retries = 0;
    int got = 0;
    do {
        got = stoa_io_current()->fstatat(target->fd, target->name, out, flags);
    } while (got != 0 && stoa_io_again(&retries));
    return got;
}

/* A name was taken: fine if by a directory. A user's own path may be a link to one. */
static stoa_status check_directory(const struct stoa_io_target *target, const char *path,
                                   stoa_error *err)
{
    struct stat facts = {0};
    if (target_stat(target, target->beneath ? AT_SYMLINK_NOFOLLOW : 0, &facts) != 0)
        return name_fail_errno(path, errno, "get the facts of the directory", err);
    if (S_ISDIR(facts.st_mode))
        return STOA_OK;
    const stoa_status status = stoa_fail(
        err, STOA_E_EXISTS, "expected a directory, found something else of that name");
    stoa_error_set_place(err, "%s", path);
    return status;
}

stoa_status stoa_io_make_directory(int dirfd, const char *path, bool *out_created,
                                   stoa_error *err)
{
    struct stoa_io_target target;
    STOA_TRY(stoa_io_walk(dirfd, path, path, &target, err));
    stoa_status status = STOA_OK;
    unsigned retries = 0;
    int got = 0;
    do {
        got = stoa_io_current()->mkdirat(target.fd, target.name, 0777);
    } while (got != 0 && stoa_io_again(&retries));
    const bool created = got == 0;
    if (!created && errno == EEXIST)
        status = check_directory(&target, path, err);
    else if (!created)
        status = name_fail_errno(path, errno, "make the directory", err);
    if (status == STOA_OK && out_created != NULL)
        *out_created = created;
    stoa_io_walk_done(&target);
    return status;
}

/* True for errors of link() that a server gives before it does anything. After any other, as
 * EIO, ESTALE or ETIMEDOUT of a network file system, the link may be there, or come later. */
static bool link_was_refused(int errno_value)
{
    static const int refusals[] = {ENOSPC, EDQUOT, EACCES, EPERM,
                                   EROFS,  EMLINK, ENOENT, EXDEV};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (refusals[i] == errno_value)
            return true;
    }
    return false;
}

static stoa_status link_fail(const char *path, int errno_value, stoa_error *err)
{
    stoa_status status =
        name_fail_errno(path, errno_value, "link the file to this name", err);
    if (link_was_refused(errno_value))
        return status;
    status = STOA_E_UNKNOWN_OUTCOME;
    if (err != NULL)
        err->status = status;
    return status;
}

stoa_status stoa_io_link(int olddirfd, const char *oldpath, int newdirfd,
                         const char *newpath, bool *out_exists, stoa_error *err)
{
    struct stoa_io_target from;
    struct stoa_io_target to;
    STOA_TRY(stoa_io_walk(olddirfd, oldpath, oldpath, &from, err));
    stoa_status status = stoa_io_walk(newdirfd, newpath, newpath, &to, err);
    if (status != STOA_OK) {
        stoa_io_walk_done(&from);
        return status;
    }
    if (stoa_io_current()->linkat(from.fd, from.name, to.fd, to.name, 0) == 0)
        *out_exists = false;
    else if (errno == EEXIST)
        *out_exists = true;
    else
        status = link_fail(newpath, errno, err);
    stoa_io_walk_done(&from);
    stoa_io_walk_done(&to);
    return status;
}

stoa_status stoa_io_rename(int olddirfd, const char *oldpath, int newdirfd,
                           const char *newpath, stoa_error *err)
{
    struct stoa_io_target from;
    struct stoa_io_target to;
    STOA_TRY(stoa_io_walk(olddirfd, oldpath, oldpath, &from, err));
    stoa_status status = stoa_io_walk(newdirfd, newpath, newpath, &to, err);
    if (status != STOA_OK) {
        stoa_io_walk_done(&from);
        return status;
    }
    if (stoa_io_current()->renameat(from.fd, from.name, to.fd, to.name) != 0)
        status = name_fail_errno(newpath, errno, "rename the file to this name", err);
    stoa_io_walk_done(&from);
    stoa_io_walk_done(&to);
    return status;
}

stoa_status stoa_io_remove(int dirfd, const char *path, stoa_error *err)
{
    struct stoa_io_target target;
    STOA_TRY(stoa_io_walk(dirfd, path, path, &target, err));
    stoa_status status = STOA_OK;
    unsigned retries = 0;
    int got = 0;
    do {
        got = stoa_io_current()->unlinkat(target.fd, target.name, 0);
    } while (got != 0 && stoa_io_again(&retries));
    if (got != 0 && errno != ENOENT)
        status = name_fail_errno(path, errno, "remove the file", err);
    stoa_io_walk_done(&target);
    return status;
}

stoa_status stoa_io_stat_at(int dirfd, const char *path, bool *out_exists,
                            struct stat *out_stat, stoa_error *err)
{
    struct stoa_io_target target;
    struct stat facts = {0};
    stoa_error walk_error;
    stoa_status status = stoa_io_walk(dirfd, path, path, &target, &walk_error);
    if (status == STOA_E_NOT_FOUND) { /* no directory, so no file in it */
        *out_exists = false;
        return STOA_OK;
    }
    if (status != STOA_OK) {
        if (err != NULL)
            *err = walk_error;
        return status;
    }
    if (target_stat(&target, AT_SYMLINK_NOFOLLOW, &facts) == 0) {
        *out_exists = true;
        *out_stat = facts;
    } else if (errno == ENOENT) {
        *out_exists = false;
    } else {
        status = name_fail_errno(path, errno, "get the facts of the file", err);
    }
    stoa_io_walk_done(&target);
    return status;
}

/* Collects the names, each with its NUL, in directory order. */
static stoa_status read_names(DIR *dir, const char *path, struct stoa_buf *names,
                              size_t *out_count, stoa_error *err)
{
    size_t count = 0;
    unsigned retries = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = stoa_io_current()->readdir(dir);
        if (entry == NULL && stoa_io_again(&retries))
            continue;
        if (entry == NULL && errno != 0)
            return name_fail_errno(path, errno, "list the directory", err);
        if (entry == NULL)
            break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (++count > LIST_NAMES_MAX) {
            const stoa_status status =
                stoa_fail(err, STOA_E_LIMIT, "expected at most %zu names, found more",
                          LIST_NAMES_MAX);
            stoa_error_set_place(err, "%s", path);
            return status;
        }
        STOA_TRY(stoa_buf_append(names, entry->d_name, strlen(entry->d_name) + 1, err));
    }
    *out_count = count;
    return STOA_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One block: the pointers, then the bytes they point to. */
static char **names_pack(const struct stoa_buf *names, size_t count)
{
    size_t bytes = 0;
    if (!stoa_mul_size(count, sizeof(char *), &bytes) ||
        !stoa_add_size(bytes, names->size, &bytes))
        return NULL;
    char **list = stoa_alloc(bytes);
    if (list == NULL || count == 0)
        return list;
    char *text = (char *)(list + count);
    memcpy(text, names->data, names->size);
    for (size_t i = 0; i < count; i++) {
        list[i] = text;
        text += strlen(text) + 1;
    }
    qsort(list, count, sizeof *list, compare_names);
    return list;
}

stoa_status stoa_io_list(int dirfd, const char *path, char ***out_names, size_t *out_count,
                         stoa_error *err)
{
    const struct stoa_io_ops *ops = stoa_io_current();
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_buf names;
    size_t count = 0;
    stoa_buf_init(&names, LIST_BYTES_MAX);
    STOA_TRY(stoa_io_open(dirfd, path, STOA_OPEN_DIRECTORY, NULL, &file, err));

    stoa_status status = STOA_OK;
    DIR *dir = ops->fdopendir(file.fd);
    if (dir == NULL) {
        status = name_fail_errno(path, errno, "list the directory", err);
        goto cleanup;
    }
    file.fd = -1; /* the stream's now */
    STOA_TRY_CLEANUP(read_names(dir, path, &names, &count, err));
    char **list = names_pack(&names, count);
    if (list == NULL) {
        status = stoa_fail_memory(err, names.size + count * sizeof *list);
        goto cleanup;
    }
    *out_names = list;
    *out_count = count;
cleanup:
    if (dir != NULL)
        (void)ops->closedir(dir);
    stoa_io_discard(&file);
    stoa_buf_done(&names);
    return status;
}
