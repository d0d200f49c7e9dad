/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names inside a dataset. Encoding is a whitelist: whatever is not plainly harmless on every
 * file system is written as %XX, so no value can be a path separator, a dot name, a control
 * byte or somebody's shell syntax. '~' is in nobody's encoding and marks hashes and suffixes.
 */
#include "dataset/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "format/text.h"

static const char null_name[] = "__HIVE_DEFAULT_PARTITION__";

static bool is_plain(uint8_t byte, bool is_first)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' ||
           (byte == '.' && !is_first);
}

/* Appends "~" and the hash of the bytes that would have been too long. */
static stoa_status append_hash(struct stoa_buf *out, const char *bytes, size_t length,
                               stoa_error *err)
{
    const struct stoa_hash128 hash = stoa_hash128(bytes, length);
    return stoa_buf_printf(out, err, "~%016llx%016llx", (unsigned long long)hash.high,
                           (unsigned long long)hash.low);
}

/* Percent-encodes, with `guards_first` the first byte in any case; what would be longer than
 * `limit` becomes its hash [DS-23]. */
static stoa_status append_encoded(struct stoa_buf *out, const char *bytes, size_t length,
                                  size_t limit, bool guards_first, stoa_error *err)
{
    static const char digits[] = "0123456789ABCDEF";
    const size_t start = out->size;
    for (size_t i = 0; i < length; i++) {
        const uint8_t byte = (uint8_t)bytes[i];
        if (is_plain(byte, i == 0) && !(guards_first && i == 0)) {
            STOA_TRY(stoa_buf_append_byte(out, byte, err));
        } else {
            const char code[3] = {'%', digits[byte >> 4], digits[byte & 15]};
            STOA_TRY(stoa_buf_append(out, code, sizeof code, err));
        }
        if (out->size - start > limit) {
            out->size = start;
            return append_hash(out, bytes, length, err);
        }
    }
    return STOA_OK;
}

stoa_status stoa_partition_component(const char *key,
                                     const struct stoa_partition_value *value,
                                     struct stoa_buf *out, stoa_error *err)
{
    const size_t start = out->size;
    /* [DS-21] No partition directory looks like the dataset's own. */
    const bool looks_own = strncmp(key, "_stoa", 5) == 0;
    STOA_TRY(append_encoded(out, key, strlen(key), STOA_KEY_LIMIT, looks_own, err));
    STOA_TRY(stoa_buf_append_byte(out, '=', err));
    if (value->text == NULL)
        return stoa_buf_append(out, null_name, sizeof null_name - 1, err);
    const size_t left = STOA_COMPONENT_LIMIT - (out->size - start);
    /* [DS-22] A text that spells the name of NULL must not become it. */
    const bool looks_null = value->length == sizeof null_name - 1 &&
                            memcmp(value->text, null_name, value->length) == 0;
    return append_encoded(out, value->text, value->length, left, looks_null, err);
}

static bool part_is_valid(const char *part, size_t length)
{
    if (length == 0 || length > STOA_NAME_LIMIT)
        return false;
    if (length <= 2 && part[0] == '.' && (length == 1 || part[1] == '.'))
        return false;
    return true;
}

bool stoa_path_is_valid(const char *path, size_t length)
{
    static const char reserved[] = "_stoa";
    if (length == 0 || length > STOA_PATH_LIMIT || memchr(path, '\0', length) != NULL ||
        !stoa_utf8_is_valid((const uint8_t *)path, length))
        return false;
    size_t start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && path[i] != '/')
            continue;
        if (!part_is_valid(path + start, i - start))
            return false;
        if (start == 0 && i == sizeof reserved - 1 && memcmp(path, reserved, i) == 0)
            return false;
        start = i + 1;
    }
    return true;
}

stoa_status stoa_path_open(const struct stoa_file *root, const char *path,
                           enum stoa_open_mode mode, struct stoa_file *out_file,
                           stoa_error *err)
{
    const size_t size = strlen(root->name) + 1 + strlen(path) + 1;
    char *shown = stoa_alloc(size);
    if (shown == NULL)
        return stoa_fail_memory(err, size);
    (void)snprintf(shown, size, "%s/%s", root->name, path);
    const stoa_status status = stoa_io_open(root->fd, path, mode, shown, out_file, err);
    stoa_free(shown);
    return status;
}

stoa_status stoa_path_make_directories(const struct stoa_file *root, const char *path,
                                       stoa_error *err)
{
    const size_t length = strlen(path);
    for (size_t i = 1; i <= length; i++) {
        char prefix[STOA_PATH_LIMIT + 1];
        bool created = false;
        if (path[i] != '/' && path[i] != '\0')
            continue;
        if (i > STOA_PATH_LIMIT)
            return stoa_fail(err, STOA_E_LIMIT, "expected a path of at most %d bytes",
                             STOA_PATH_LIMIT);
        memcpy(prefix, path, i);
        prefix[i] = '\0';
        const stoa_status status = stoa_io_make_directory(root->fd, prefix, &created, err);
        if (status != STOA_OK) {
            stoa_error_set_place(err, "%s/%s", root->name, prefix);
            return status;
        }
    }
    return STOA_OK;
}

void stoa_path_try_remove(int dirfd, const char *path)
{
    if (stoa_io_remove(dirfd, path, NULL) != STOA_OK)
        return; /* gc will find it */
}

stoa_status stoa_id_create(uint8_t out_id[STOA_ID_SIZE], stoa_error *err)
{
    size_t got = 0;
    while (got < STOA_ID_SIZE) {
        const ssize_t n = getrandom(out_id + got, STOA_ID_SIZE - got, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return stoa_fail_errno(err, n < 0 ? errno : EIO, "cannot get random bytes");
        got += (size_t)n;
    }
    return STOA_OK;
}

void stoa_id_text(const uint8_t id[STOA_ID_SIZE], char out_text[STOA_ID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < STOA_ID_SIZE; i++) {
        out_text[2 * i] = digits[id[i] >> 4];
        out_text[2 * i + 1] = digits[id[i] & 15];
    }
    out_text[STOA_ID_TEXT_SIZE - 1] = '\0';
}

void stoa_manifest_name(uint64_t version, char out_name[STOA_FILE_NAME_SIZE])
{
    (void)snprintf(out_name, STOA_FILE_NAME_SIZE, "%016llu.stoa",
                   (unsigned long long)version);
}

bool stoa_manifest_name_parse(const char *name, uint64_t *out_version)
{
    uint64_t version = 0;
    for (size_t i = 0; i < 16; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        version = version * 10 + (uint64_t)(name[i] - '0');
    }
    if (version == 0 || strcmp(name + 16, ".stoa") != 0)
        return false;
    *out_version = version;
    return true;
}

void stoa_data_file_name(const uint8_t operation[STOA_ID_SIZE], uint32_t sequence,
                         char out_name[STOA_FILE_NAME_SIZE])
{
    char text[STOA_ID_TEXT_SIZE];
    stoa_id_text(operation, text);
    (void)snprintf(out_name, STOA_FILE_NAME_SIZE, "%s-%06u.stoa", text, (unsigned)sequence);
}

bool stoa_operation_parse(const char *name, char out_operation[STOA_ID_TEXT_SIZE])
{
    for (size_t i = 0; i < STOA_ID_TEXT_SIZE - 1; i++) {
        const char c = name[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        out_operation[i] = c;
    }
    out_operation[STOA_ID_TEXT_SIZE - 1] = '\0';
    return true;
}

bool stoa_data_file_name_parse(const char *name, char out_operation[STOA_ID_TEXT_SIZE])
{
    if (!stoa_operation_parse(name, out_operation) || name[32] != '-')
        return false;
    size_t digits = 0;
    while (name[33 + digits] >= '0' && name[33 + digits] <= '9')
        digits++;
    return digits >= 6 && digits <= 10 && strcmp(name + 33 + digits, ".stoa") == 0;
}

bool stoa_path_split_version(const char *path, size_t *out_at, uint64_t *out_version)
{
    const char *at = strrchr(path, '@');
    if (at == NULL || at == path || at[1] == '\0')
        return false;
    uint64_t version = 0;
    for (const char *p = at + 1; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || p - at > 16)
            return false;
        version = version * 10 + (uint64_t)(*p - '0');
    }
    *out_at = (size_t)(at - path);
    *out_version = version;
    return true;
}
