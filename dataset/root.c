/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and making a dataset's directories. The format file is text, so that a person who
 * finds such a directory can read what it is; it is accepted only byte by byte, so that no
 * bit of it can change unseen.
 */
#include "dataset/root.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"

enum { FORMAT_TEXT_SIZE = 128, FORMAT_READ_SIZE = 4096 };

static const char format_first_line[] = "stoa dataset\n";

/* The whole format file [DS-2]; returns its length. */
static size_t format_text(const uint8_t id[STOA_ID_SIZE], char out[FORMAT_TEXT_SIZE])
{
    char id_text[STOA_ID_TEXT_SIZE];
    stoa_id_text(id, id_text);
    const int length =
        snprintf(out, FORMAT_TEXT_SIZE, "%sformat 0\nid %s\n", format_first_line, id_text);
    const uint64_t check = stoa_hash64(out, (size_t)length, 0);
    const int rest = snprintf(out + length, FORMAT_TEXT_SIZE - (size_t)length,
                              "check %016llx\n", (unsigned long long)check);
    return (size_t)(length + rest);
}

/* True if the last line is the right checksum: then the rest is as somebody meant it. */
static bool format_check_is_right(const char *text, size_t length)
{
    char expected[32];
    const int line = snprintf(expected, sizeof expected, "check %016llx\n", 0ULL);
    if (length < (size_t)line)
        return false;
    const size_t body = length - (size_t)line;
    (void)snprintf(expected, sizeof expected, "check %016llx\n",
                   (unsigned long long)stoa_hash64(text, body, 0));
    return memcmp(text + body, expected, (size_t)line) == 0;
}

static bool hex_digit(char c, uint8_t *out)
{
    if (c >= '0' && c <= '9')
        *out = (uint8_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
        *out = (uint8_t)(c - 'a' + 10);
    else
        return false;
    return true;
}

static stoa_status format_parse(const char *text, size_t length,
                                uint8_t out_id[STOA_ID_SIZE], stoa_error *err)
{
    char expected[FORMAT_TEXT_SIZE];
    uint8_t id[STOA_ID_SIZE] = {0};
    const size_t expected_length = format_text(id, expected);
    const size_t id_at = (size_t)(strstr(expected, "\nid ") + 4 - expected);
    if (length == expected_length) {
        for (size_t i = 0; i < STOA_ID_SIZE; i++) {
            uint8_t high = 0;
            uint8_t low = 0;
            if (!hex_digit(text[id_at + 2 * i], &high) ||
                !hex_digit(text[id_at + 2 * i + 1], &low))
                break;
            id[i] = (uint8_t)(high << 4 | low);
        }
        (void)format_text(id, expected);
        if (memcmp(text, expected, length) == 0) {
            memcpy(out_id, id, STOA_ID_SIZE);
            return STOA_OK;
        }
    }
    const size_t first = sizeof format_first_line - 1;
    if (length > first && memcmp(text, format_first_line, first) == 0 &&
        format_check_is_right(text, length))
        return stoa_fail(err, STOA_E_NEWER,
                         "expected dataset format 0, found one this program does not know");
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected a format file of %zu bytes, found %zu "
                     "bytes that are none",
                     expected_length, length);
}

stoa_status stoa_root_check_format(const struct stoa_root *root,
                                   uint8_t out_id[STOA_ID_SIZE], stoa_error *err)
{
    char text[FORMAT_READ_SIZE];
    struct stoa_file file = STOA_FILE_CLOSED;
    size_t got = 0;
    STOA_TRY(stoa_path_open(&root->directory, "_stoa/format", STOA_OPEN_READ, &file, err));
    stoa_status status = stoa_io_read_some_at(&file, 0, text, sizeof text, &got, err);
    if (status == STOA_OK)
        status = format_parse(text, got, out_id, err);
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s", file.name);
    stoa_io_discard(&file);
    return status;
}

void stoa_root_close(struct stoa_root *root)
{
    stoa_io_discard(&root->tmp);
    stoa_io_discard(&root->log);
    stoa_io_discard(&root->meta);
    stoa_io_discard(&root->directory);
}

static stoa_status not_dataset(const char *path, const char *found, stoa_error *err)
{
    const stoa_status status =
        stoa_fail(err, STOA_E_NOT_DATASET, "expected a dataset, found %s", found);
    stoa_error_set_place(err, "%s", path);
    return status;
}

static stoa_status probe_directory(const struct stoa_file *directory,
                                   enum stoa_root_state *out_state, stoa_error *err)
{
    char **names = NULL;
    size_t count = 0;
    struct stat facts;
    bool exists = false;
    STOA_TRY(stoa_io_stat_at(directory->fd, "_stoa/format", &exists, &facts, err));
    if (exists) {
        *out_state = STOA_ROOT_PRESENT;
        return STOA_OK;
    }
    STOA_TRY(stoa_io_stat_at(directory->fd, "_stoa", &exists, &facts, err));
    if (!exists) {
        STOA_TRY(stoa_io_list(directory->fd, ".", &names, &count, err));
        stoa_free(names);
        *out_state = STOA_ROOT_ABSENT;
        return count == 0 ? STOA_OK
                          : not_dataset(directory->name,
                                        "a directory that holds other things", err);
    }
    *out_state = STOA_ROOT_STARTED;
    STOA_TRY(stoa_io_stat_at(directory->fd, "_stoa/log", &exists, &facts, err));
    if (!exists)
        return STOA_OK;
    STOA_TRY(stoa_io_list(directory->fd, "_stoa/log", &names, &count, err));
    stoa_free(names);
    if (count == 0)
        return STOA_OK;
    const stoa_status status =
        stoa_fail(err, STOA_E_CORRUPT,
                  "expected a format file beside %zu manifests, found none", count);
    stoa_error_set_place(err, "%s/_stoa", directory->name);
    return status;
}

/* Passes on an error that was held back until it was clear that it is one. */
static stoa_status report(const stoa_error *held, stoa_error *err)
{
    if (err != NULL)
        *err = *held;
    return held->status;
}

stoa_status stoa_root_probe(const char *path, enum stoa_root_state *out_state,
                            stoa_error *err)
{
    struct stoa_file directory = STOA_FILE_CLOSED;
    struct stat facts;
    bool exists = false;
    STOA_TRY(stoa_io_stat_at(AT_FDCWD, path, &exists, &facts, err));
    if (!exists) {
        *out_state = STOA_ROOT_ABSENT;
        return STOA_OK;
    }
    if (!S_ISDIR(facts.st_mode)) {
        (void)stoa_fail(err, STOA_E_EXISTS,
                        "expected a directory for the dataset, found a file");
        stoa_error_set_place(err, "%s", path);
        return STOA_E_EXISTS;
    }
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_DIRECTORY, NULL, &directory, err));
    const stoa_status status = probe_directory(&directory, out_state, err);
    stoa_io_discard(&directory);
    return status;
}

/* Opens the directories below root->directory; `make`: creates them. */
static stoa_status open_parts(struct stoa_root *root, bool make, stoa_error *err)
{
    static const char *const parts[] = {"_stoa", "_stoa/log", "_stoa/tmp", "_stoa/leases"};
    for (size_t i = 0; make && i < sizeof parts / sizeof parts[0]; i++)
        STOA_TRY(stoa_io_make_directory(root->directory.fd, parts[i], NULL, err));
    STOA_TRY(
        stoa_path_open(&root->directory, "_stoa", STOA_OPEN_DIRECTORY, &root->meta, err));
    STOA_TRY(stoa_path_open(&root->directory, "_stoa/log", STOA_OPEN_DIRECTORY, &root->log,
                            err));
    stoa_error held;
    const stoa_status status = stoa_path_open(&root->directory, "_stoa/tmp",
                                              STOA_OPEN_DIRECTORY, &root->tmp, &held);
    if (status == STOA_OK || (status == STOA_E_NOT_FOUND && !make))
        return STOA_OK;
    return report(&held, err);
}

/* [DS-3] No dataset, unless there are manifests: then the file was lost. */
static stoa_status without_format(const struct stoa_file *directory, const char *path,
                                  stoa_error *err)
{
    enum stoa_root_state state = STOA_ROOT_ABSENT;
    stoa_error held;
    const stoa_status status = probe_directory(directory, &state, &held);
    return status == STOA_OK || status == STOA_E_NOT_DATASET
               ? not_dataset(path, "a directory without _stoa/format", err)
               : report(&held, err);
}

stoa_status stoa_root_open(const char *path, struct stoa_root *out_root, stoa_error *err)
{
    struct stoa_root root = STOA_ROOT_CLOSED;
    struct stat facts;
    bool exists = false;
    stoa_status status =
        stoa_io_open(AT_FDCWD, path, STOA_OPEN_DIRECTORY, NULL, &root.directory, err);
    if (status != STOA_OK)
        return status;
    STOA_TRY_CLEANUP(
        stoa_io_stat_at(root.directory.fd, "_stoa/format", &exists, &facts, err));
    if (!exists) {
        status = without_format(&root.directory, path, err);
        goto cleanup;
    }
    STOA_TRY_CLEANUP(stoa_root_check_format(&root, root.id, err));
    STOA_TRY_CLEANUP(open_parts(&root, false, err));
    *out_root = root;
cleanup:
    if (status != STOA_OK)
        stoa_root_close(&root);
    return status;
}

/* Writes the format file aside and links it into place; whoever comes second keeps the
 * first one's [DS-3]. */
static stoa_status put_format(const struct stoa_root *root, stoa_error *err)
{
    uint8_t id[STOA_ID_SIZE];
    char text[FORMAT_TEXT_SIZE];
    char name[STOA_FILE_NAME_SIZE];
    char id_text[STOA_ID_TEXT_SIZE];
    struct stoa_file file = STOA_FILE_CLOSED;
    bool exists = false;
    STOA_TRY(stoa_id_create(id, err));
    stoa_id_text(id, id_text);
    (void)snprintf(name, sizeof name, "%s.format", id_text);
    const size_t length = format_text(id, text);
    STOA_TRY(stoa_io_open(root->tmp.fd, name, STOA_OPEN_CREATE_NEW, NULL, &file, err));
    stoa_status status = stoa_io_write(&file, text, length, err);
    if (status == STOA_OK)
        status = stoa_io_sync(&file, err);
    if (status == STOA_OK)
        status = stoa_io_close(&file, err);
    if (status == STOA_OK)
        status = stoa_io_link(root->tmp.fd, name, root->meta.fd, "format", &exists, err);
    if (status == STOA_E_UNKNOWN_OUTCOME) {
        /* Nothing hangs on it: whoever comes next takes the file if it is there. */
        status = STOA_E_IO;
        if (err != NULL)
            err->status = status;
    }
    stoa_io_discard(&file);
    stoa_path_try_remove(root->tmp.fd, name);
    return status;
}

/* Makes the directories of the user's own path, which may contain anything mkdir takes. */
static stoa_status make_path(const char *path, stoa_error *err)
{
    const size_t length = strlen(path);
    char *prefix = stoa_strdup(path);
    stoa_status status = STOA_OK;
    if (prefix == NULL)
        return stoa_fail_memory(err, length + 1);
    for (size_t i = 1; i <= length && status == STOA_OK; i++) {
        if ((path[i] != '/' && path[i] != '\0') || path[i - 1] == '/')
            continue;
        prefix[i] = '\0';
        status = stoa_io_make_directory(AT_FDCWD, prefix, NULL, err);
        prefix[i] = path[i];
    }
    stoa_free(prefix);
    return status;
}

stoa_status stoa_root_create(const char *path, struct stoa_root *out_root, stoa_error *err)
{
    struct stoa_root root = STOA_ROOT_CLOSED;
    struct stat facts;
    bool exists = false;
    stoa_status status = STOA_OK;
    STOA_TRY(make_path(path, err));
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_DIRECTORY, NULL, &root.directory, err));
    STOA_TRY_CLEANUP(open_parts(&root, true, err));
    STOA_TRY_CLEANUP(stoa_io_stat_at(root.meta.fd, "format", &exists, &facts, err));
    if (!exists) {
        STOA_TRY_CLEANUP(put_format(&root, err));
        /* [DS-31] Before any partition's directory is made: one that survived a crash without
         * _stoa would look like somebody else's. */
        STOA_TRY_CLEANUP(stoa_io_sync(&root.directory, err));
    }
    STOA_TRY_CLEANUP(stoa_root_check_format(&root, root.id, err));
    *out_root = root;
cleanup:
    if (status != STOA_OK)
        stoa_root_close(&root);
    return status;
}

/* Syncs the directory named by the first `length` bytes of the user's path. One that cannot be
 * opened, or on a file system that cannot sync, is an error only if it is the dataset's own
 * parent: further up it was not made by us, since who makes a directory can read it. */
static stoa_status sync_ancestor(const char *path, size_t length, bool is_parent,
                                 stoa_error *err)
{
    struct stoa_file directory = STOA_FILE_CLOSED;
    stoa_error held;
    char *prefix = length == 0 ? stoa_strdup(".") : stoa_strndup(path, length);
    if (prefix == NULL)
        return stoa_fail_memory(err, length + 1);
    const stoa_status opened =
        stoa_io_open(AT_FDCWD, prefix, STOA_OPEN_DIRECTORY, NULL, &directory, &held);
    stoa_free(prefix);
    if (opened != STOA_OK)
        return is_parent || opened == STOA_E_NO_MEMORY ? report(&held, err) : STOA_OK;
    const stoa_status status = is_parent ? stoa_io_sync(&directory, err)
                                         : stoa_io_sync_if_possible(&directory, err);
    stoa_io_discard(&directory);
    return status;
}

stoa_status stoa_root_sync(const struct stoa_root *root, const char *path, stoa_error *err)
{
    size_t length = strlen(path);
    bool is_parent = true;
    STOA_TRY(stoa_io_sync(&root->meta, err));
    STOA_TRY(stoa_io_sync(&root->directory, err));
    while (length > 0) {
        while (length > 1 && path[length - 1] == '/')
            length--;
        while (length > 0 && path[length - 1] != '/')
            length--;
        STOA_TRY(sync_ancestor(path, length, is_parent, err));
        is_parent = false;
        if (length == 1)
            break; /* "/" */
    }
    return STOA_OK;
}

stoa_status stoa_root_open_parent(const char *path, struct stoa_file *out_directory,
                                  stoa_error *err)
{
    size_t length = strlen(path);
    char *prefix = stoa_strdup(path);
    stoa_error held;
    stoa_status status = STOA_E_NOT_FOUND;
    if (prefix == NULL)
        return stoa_fail_memory(err, length + 1);
    while (status == STOA_E_NOT_FOUND) {
        while (length > 1 && prefix[length - 1] == '/')
            length--;
        while (length > 0 && prefix[length - 1] != '/')
            length--;
        prefix[length] = '\0';
        status = stoa_io_open(AT_FDCWD, length == 0 ? "." : prefix, STOA_OPEN_DIRECTORY,
                              NULL, out_directory, &held);
        if (length <= 1)
            break;
    }
    stoa_free(prefix);
    return status == STOA_OK ? STOA_OK : report(&held, err);
}
