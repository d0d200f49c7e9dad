/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments of columns in a temporary file. Per column: one byte "has validity", padding, the
 * validity words, then values, or offsets and bytes; every part begins at a multiple of 16, so
 * that columns can point into the buffer.
 */
#include "dataset/spill.h"

#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/hash.h"

enum { ALIGNMENT = 16 };
#define SEGMENT_LIMIT ((size_t)1 << 32)

stoa_status stoa_spill_init(struct stoa_spill *spill, const struct stoa_file *directory,
                            stoa_error *err)
{
    memset(spill, 0, sizeof *spill);
    spill->file = STOA_FILE_CLOSED;
    stoa_buf_init(&spill->buf, SEGMENT_LIMIT);
    spill->segment_limit = UINT32_MAX / 2;
    return stoa_io_open_temporary(directory->fd, &spill->file, err);
}

void stoa_spill_done(struct stoa_spill *spill)
{
    if (spill->buf.maximum == 0)
        return; /* never initialised */
    stoa_io_discard(&spill->file);
    stoa_buf_done(&spill->buf);
    stoa_free(spill->segments);
    memset(spill, 0, sizeof *spill);
    spill->file = STOA_FILE_CLOSED;
}

static size_t values_size(enum stoa_phys phys, uint32_t rows)
{
    if (phys == STOA_PHYS_BOOL)
        return stoa_bitmap_words(rows) * 8;
    if (phys == STOA_PHYS_BYTES)
        return ((size_t)rows + 1) * 4;
    return stoa_phys_width(phys) * rows;
}

static stoa_status put(struct stoa_buf *buf, const void *bytes, size_t size,
                       stoa_error *err)
{
    STOA_TRY(stoa_buf_append(buf, bytes, size, err));
    return stoa_buf_align(buf, ALIGNMENT, err);
}

static stoa_status put_column(struct stoa_buf *buf, const struct stoa_column *column,
                              uint32_t rows, stoa_error *err)
{
    const uint8_t has_validity = column->validity != NULL;
    STOA_TRY(put(buf, &has_validity, 1, err));
    if (has_validity)
        STOA_TRY(put(buf, column->validity, stoa_bitmap_words(rows) * 8, err));
    if (column->phys != STOA_PHYS_BYTES)
        return put(buf, column->values, values_size(column->phys, rows), err);
    STOA_TRY(put(buf, column->offsets, values_size(column->phys, rows), err));
    if (column->offsets[rows] == column->offsets[0])
        return STOA_OK;
    return put(buf, column->bytes + column->offsets[0],
               column->offsets[rows] - column->offsets[0], err);
}

/* Room for one segment more. */
static stoa_status grow_segments(struct stoa_spill *spill, stoa_error *err)
{
    if (spill->segment_count < spill->segment_capacity)
        return STOA_OK;
    if (spill->segment_count >= spill->segment_limit)
        return stoa_fail(err, STOA_E_MEMORY_LIMIT,
                         "expected at most %" PRIu32
                         " pieces of partitions to be put aside, found more",
                         spill->segment_limit);
    uint32_t capacity = spill->segment_capacity == 0 ? 256 : spill->segment_capacity;
    capacity = capacity < spill->segment_limit / 2 ? capacity * 2 : spill->segment_limit;
    void *segments = stoa_realloc(spill->segments, capacity * sizeof *spill->segments);
    if (segments == NULL)
        return stoa_fail_memory(err, capacity * sizeof *spill->segments);
    spill->segments = segments;
    spill->segment_capacity = capacity;
    return STOA_OK;
}

stoa_status stoa_spill_write(struct stoa_spill *spill, const struct stoa_column *columns,
                             uint32_t count, uint32_t rows, uint32_t *out_number,
                             stoa_error *err)
{
    struct stoa_buf *buf = &spill->buf;
    STOA_TRY(grow_segments(spill, err));
    buf->size = 0;
    for (uint32_t c = 0; c < count; c++)
        STOA_TRY(put_column(buf, &columns[c], rows, err));
    STOA_TRY(stoa_io_write_at(&spill->file, spill->size, buf->data, buf->size, err));
    spill->segments[spill->segment_count] =
        (struct stoa_spill_segment){.offset = spill->size,
                                    .size = buf->size,
                                    .hash = stoa_hash64(buf->data, buf->size, spill->size),
                                    .rows = rows,
                                    .next = UINT32_MAX};
    spill->size += buf->size;
    *out_number = spill->segment_count++;
    return STOA_OK;
}

/* The next part of the segment, `size` bytes; NULL past its end. */
static const uint8_t *take(const struct stoa_buf *buf, size_t *at, size_t size)
{
    if (size > buf->size - *at)
        return NULL;
    const uint8_t *part = buf->data + *at;
    const size_t padded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *at = padded > buf->size - *at ? buf->size : *at + padded;
    return part;
}

/* The checksum has been verified, so a part that is missing is a bug, not damage. */
static bool take_column(const struct stoa_buf *buf, size_t *at, uint32_t rows,
                        struct stoa_column *column)
{
    const uint8_t *has_validity = take(buf, at, 1);
    if (has_validity == NULL)
        return false;
    column->length = rows;
    column->validity = NULL;
    column->bytes = NULL;
    column->offsets = NULL;
    column->values = NULL;
    if (*has_validity) {
        column->validity = (const void *)take(buf, at, stoa_bitmap_words(rows) * 8);
        if (column->validity == NULL)
            return false;
    }
    const uint8_t *values = take(buf, at, values_size(column->phys, rows));
    if (values == NULL)
        return false;
    if (column->phys != STOA_PHYS_BYTES) {
        column->values = values;
        return true;
    }
    column->offsets = (const void *)values;
    column->bytes = take(buf, at, column->offsets[rows]);
    return column->bytes != NULL;
}

stoa_status stoa_spill_read(struct stoa_spill *spill, uint32_t number,
                            struct stoa_column *columns, uint32_t count, stoa_error *err)
{
    const struct stoa_spill_segment *segment = &spill->segments[number];
    struct stoa_buf *buf = &spill->buf;
    size_t at = 0;
    buf->size = 0;
    STOA_TRY(stoa_buf_reserve(buf, segment->size, err));
    STOA_TRY(stoa_io_read_at(&spill->file, segment->offset, buf->data, segment->size, err));
    buf->size = segment->size;
    if (stoa_hash64(buf->data, buf->size, segment->offset) != segment->hash)
        return stoa_fail(err, STOA_E_IO,
                         "expected the %" PRIu64 " spilled bytes at offset %" PRIu64
                         " as they were written, read others back",
                         segment->size, segment->offset);
    for (uint32_t c = 0; c < count; c++) {
        if (!take_column(buf, &at, segment->rows, &columns[c]))
            return stoa_fail(err, STOA_E_INTERNAL,
                             "expected column %u in a spilled segment", c);
    }
    return STOA_OK;
}
