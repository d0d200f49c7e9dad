/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growable byte buffer that names its maximum when it is made, so that no input can make it
 * grow without end. Owned by one thread at a time.
 *
 * On failure the content is kept; the caller calls stoa_buf_done() as always.
 */
#ifndef STOA_COMMON_BUF_H
#define STOA_COMMON_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct stoa_buf {
    uint8_t *data;   /* owned; NULL while capacity is 0 */
    size_t size;     /* bytes in use */
    size_t capacity; /* bytes allocated */
    size_t maximum;  /* size never exceeds this */
};

void stoa_buf_init(struct stoa_buf *buf, size_t maximum);
void stoa_buf_done(struct stoa_buf *buf); /* frees; the buffer is as after init */

/* Makes room for `extra` more bytes without changing size. STOA_E_LIMIT above the maximum,
 * STOA_E_NO_MEMORY when memory is short. */
STOA_MUST_USE stoa_status stoa_buf_reserve(struct stoa_buf *buf, size_t extra,
                                           stoa_error *err);
STOA_MUST_USE stoa_status stoa_buf_append(struct stoa_buf *buf, const void *bytes,
                                          size_t size, stoa_error *err);
STOA_MUST_USE stoa_status stoa_buf_append_zeros(struct stoa_buf *buf, size_t size,
                                                stoa_error *err);
STOA_MUST_USE stoa_status stoa_buf_append_byte(struct stoa_buf *buf, uint8_t byte,
                                               stoa_error *err);
/* Little-endian integers of the given width. */
STOA_MUST_USE stoa_status stoa_buf_append_le16(struct stoa_buf *buf, uint16_t v,
                                               stoa_error *err);
STOA_MUST_USE stoa_status stoa_buf_append_le32(struct stoa_buf *buf, uint32_t v,
                                               stoa_error *err);
STOA_MUST_USE stoa_status stoa_buf_append_le64(struct stoa_buf *buf, uint64_t v,
                                               stoa_error *err);
/* Formatted text without its NUL. The arguments must not point into the buffer. */
STOA_MUST_USE stoa_status stoa_buf_printf(struct stoa_buf *buf, stoa_error *err,
                                          const char *fmt, ...) STOA_PRINTF(3, 4);
/* Appends zeros up to the next multiple of `step` (a power of two). */
STOA_MUST_USE stoa_status stoa_buf_align(struct stoa_buf *buf, size_t step,
                                         stoa_error *err);

/* Hands the bytes to the caller (to be freed by stoa_free; NULL when nothing was ever reserved)
 * and leaves the buffer empty. */
uint8_t *stoa_buf_take(struct stoa_buf *buf, size_t *out_size);

#endif
