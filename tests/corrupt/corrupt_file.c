/* SPDX-License-Identifier: Apache-2.0 */
/* See corrupt_file.h. Offsets are those of spec/format.md sections 2.1, 5.1 and 6. */
#include "tests/corrupt/corrupt_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/bits.h"
#include "common/hash.h"
#include "tests/support/test_support.h"

enum { HEADER = 64, TRAILER = 128, PAGE = 4096, PAGE_STREAM = 4088, ENTRY = 24 };

static void *copy(const void *bytes, size_t size)
{
    void *made = malloc(size + 1);
    assert_non_null(made);
    memcpy(made, bytes, size);
    return made;
}

static void take_stream(struct corrupt_file *file, const uint8_t *footer, size_t size)
{
    file->stream = malloc(size);
    assert_non_null(file->stream);
    for (size_t at = 0; at < size; at += PAGE) {
        const size_t page = (size - at < PAGE ? size - at : PAGE) - 8;
        memcpy(file->stream + file->stream_size, footer + at, page);
        file->stream_size += page;
    }
}

static void take_directory(struct corrupt_file *file)
{
    const size_t directory = stoa_load_le64(file->trailer + 40);
    const uint32_t count = stoa_load_le32(file->trailer + 36);
    file->section_offset[CORRUPT_DIRECTORY] = directory;
    file->section_size[CORRUPT_DIRECTORY] = (size_t)count * ENTRY;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = file->stream + directory + (size_t)i * ENTRY;
        const uint32_t id = stoa_load_le32(entry);
        file->section_offset[id] = stoa_load_le64(entry + 8);
        file->section_size[id] = stoa_load_le64(entry + 16);
    }
}

void corrupt_take(struct corrupt_file *file, const uint8_t *bytes, size_t size)
{
    memset(file, 0, sizeof *file);
    memcpy(file->header, bytes, HEADER);
    memcpy(file->trailer, bytes + size - TRAILER, TRAILER);
    const size_t footer_offset = stoa_load_le64(file->trailer);
    file->body_size = footer_offset - HEADER;
    file->body = copy(bytes + HEADER, file->body_size);
    take_stream(file, bytes + footer_offset, size - TRAILER - footer_offset);
    take_directory(file);
}

void corrupt_done(struct corrupt_file *file)
{
    free(file->body);
    free(file->stream);
}

uint8_t *corrupt_at(struct corrupt_file *file, enum corrupt_part part, size_t offset)
{
    switch (part) {
    case CORRUPT_HEADER: return file->header + offset;
    case CORRUPT_TRAILER: return file->trailer + offset;
    case CORRUPT_BODY: return file->body + offset;
    default:
        assert_true(offset < file->section_size[part]);
        return file->stream + file->section_offset[part] + offset;
    }
}

uint64_t corrupt_get(struct corrupt_file *file, enum corrupt_part part, size_t offset,
                     unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, corrupt_at(file, part, offset), size);
    return value;
}

void corrupt_set(struct corrupt_file *file, enum corrupt_part part, size_t offset,
                 unsigned size, uint64_t value)
{
    memcpy(corrupt_at(file, part, offset), &value, size);
}

static uint64_t page_sum(const struct corrupt_file *file, const uint8_t *bytes, size_t size,
                         uint64_t page)
{
    uint8_t key[24];
    memcpy(key, file->trailer + 80, 16);
    stoa_store_le64(key + 16, page);
    return stoa_hash64(bytes, size, stoa_hash64(key, sizeof key, 0));
}

/* The stream as pages behind `out`; returns their size. */
static size_t put_pages(const struct corrupt_file *file, bool sum, uint8_t *out)
{
    size_t put = 0;
    for (size_t at = 0; at < file->stream_size; at += PAGE_STREAM) {
        const size_t left = file->stream_size - at;
        const size_t size = left < PAGE_STREAM ? left : PAGE_STREAM;
        memcpy(out + put, file->stream + at, size);
        const uint64_t found = page_sum(file, file->stream + at, size, at / PAGE_STREAM);
        stoa_store_le64(out + put + size, sum ? found : found ^ 1);
        put += size + 8;
    }
    return put;
}

uint8_t *corrupt_give(struct corrupt_file *file, unsigned sums, size_t *out_size)
{
    const size_t pages = (file->stream_size + PAGE_STREAM - 1) / PAGE_STREAM;
    uint8_t *bytes =
        malloc(HEADER + file->body_size + file->stream_size + 8 * pages + TRAILER);
    assert_non_null(bytes);
    if (sums & CORRUPT_SUM_HEADER)
        stoa_store_le64(file->header + 56, stoa_hash64(file->header, 56, 0));
    if (sums & CORRUPT_SUM_CONTENT) {
        const struct stoa_hash128 content = stoa_hash128(file->stream, file->stream_size);
        stoa_store_le64(file->trailer + 80, content.low);
        stoa_store_le64(file->trailer + 88, content.high);
    }
    if (sums & CORRUPT_SUM_TRAILER)
        stoa_store_le64(file->trailer + 112, stoa_hash64(file->trailer, 112, 0));
    memcpy(bytes, file->header, HEADER);
    memcpy(bytes + HEADER, file->body, file->body_size);
    size_t size = HEADER + file->body_size;
    size += put_pages(file, sums & CORRUPT_SUM_PAGES, bytes + size);
    memcpy(bytes + size, file->trailer, TRAILER);
    *out_size = size + TRAILER;
    return bytes;
}
