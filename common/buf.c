/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growable byte buffer. Capacity doubles (so n appends cost O(n)) but never passes the
 * maximum named at init; formatted text may take one byte more, for the NUL of vsnprintf,
 * which is never part of `size`.
 */
#include "common/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/checked.h"

#define BUF_CAPACITY_FIRST 64

void stoa_buf_init(struct stoa_buf *buf, size_t maximum)
{
    *buf = (struct stoa_buf){.maximum = maximum};
}

void stoa_buf_done(struct stoa_buf *buf)
{
    stoa_free(buf->data);
    stoa_buf_init(buf, buf->maximum);
}

/* Capacity for at least `need` bytes. */
static stoa_status buf_grow(struct stoa_buf *buf, size_t need, stoa_error *err)
{
    if (need <= buf->capacity)
        return STOA_OK;
    size_t capacity = BUF_CAPACITY_FIRST;
    if (buf->capacity >= BUF_CAPACITY_FIRST && !stoa_mul_size(buf->capacity, 2, &capacity))
        capacity = need;
    if (capacity > buf->maximum)
        capacity = buf->maximum;
    if (capacity < need)
        capacity = need;
    uint8_t *data = stoa_realloc(buf->data, capacity);
    if (data == NULL)
        return stoa_fail_memory(err, capacity);
    buf->data = data;
    buf->capacity = capacity;
    return STOA_OK;
}

/* Room for `extra` more bytes of content and `slack` bytes behind them. */
static stoa_status buf_room(struct stoa_buf *buf, size_t extra, size_t slack,
                            stoa_error *err)
{
    size_t need = 0;
    if (extra > buf->maximum - buf->size || !stoa_add_size(buf->size + extra, slack, &need))
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most %zu bytes, found %zu and %zu more", buf->maximum,
                         buf->size, extra);
    return buf_grow(buf, need, err);
}

stoa_status stoa_buf_reserve(struct stoa_buf *buf, size_t extra, stoa_error *err)
{
    return buf_room(buf, extra, 0, err);
}

stoa_status stoa_buf_append(struct stoa_buf *buf, const void *bytes, size_t size,
                            stoa_error *err)
{
    if (size == 0)
        return STOA_OK;
    STOA_TRY(buf_room(buf, size, 0, err));
    memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    return STOA_OK;
}

stoa_status stoa_buf_append_zeros(struct stoa_buf *buf, size_t size, stoa_error *err)
{
    if (size == 0)
        return STOA_OK;
    STOA_TRY(buf_room(buf, size, 0, err));
    memset(buf->data + buf->size, 0, size);
    buf->size += size;
    return STOA_OK;
}

stoa_status stoa_buf_append_byte(struct stoa_buf *buf, uint8_t byte, stoa_error *err)
{
    return stoa_buf_append(buf, &byte, sizeof byte, err);
}

stoa_status stoa_buf_append_le16(struct stoa_buf *buf, uint16_t v, stoa_error *err)
{
    uint8_t bytes[sizeof v];
    stoa_store_le16(bytes, v);
    return stoa_buf_append(buf, bytes, sizeof bytes, err);
}

stoa_status stoa_buf_append_le32(struct stoa_buf *buf, uint32_t v, stoa_error *err)
{
    uint8_t bytes[sizeof v];
    stoa_store_le32(bytes, v);
    return stoa_buf_append(buf, bytes, sizeof bytes, err);
}

stoa_status stoa_buf_append_le64(struct stoa_buf *buf, uint64_t v, stoa_error *err)
{
    uint8_t bytes[sizeof v];
    stoa_store_le64(bytes, v);
    return stoa_buf_append(buf, bytes, sizeof bytes, err);
}

STOA_PRINTF(4, 0)
static stoa_status buf_print(struct stoa_buf *buf, stoa_error *err, size_t length,
                             const char *fmt, va_list args)
{
    STOA_TRY(buf_room(buf, length, 1, err));
    const int got = vsnprintf((char *)buf->data + buf->size, length + 1, fmt, args);
    if (got < 0 || (size_t)got != length)
        return stoa_fail(err, STOA_E_INTERNAL, "expected %zu formatted bytes, found %d",
                         length, got);
    buf->size += length;
    return STOA_OK;
}

stoa_status stoa_buf_printf(struct stoa_buf *buf, stoa_error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (length < 0)
        return stoa_fail(err, STOA_E_INTERNAL, "expected formatted text, found result %d",
                         length);
    va_start(args, fmt);
    const stoa_status status = buf_print(buf, err, (size_t)length, fmt, args);
    va_end(args);
    return status;
}

stoa_status stoa_buf_align(struct stoa_buf *buf, size_t step, stoa_error *err)
{
    assert(step != 0 && (step & (step - 1)) == 0);
    const size_t over = buf->size & (step - 1);
    return stoa_buf_append_zeros(buf, over != 0 ? step - over : 0, err);
}

uint8_t *stoa_buf_take(struct stoa_buf *buf, size_t *out_size)
{
    uint8_t *data = buf->data;
    *out_size = buf->size;
    stoa_buf_init(buf, buf->maximum);
    return data;
}
