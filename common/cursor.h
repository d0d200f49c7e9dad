/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded little-endian reader with sticky failure: after the first read past the end every
 * read gives 0 and `failed` stays set, so that a parser checks once per object.
 */
#ifndef STOA_COMMON_CURSOR_H
#define STOA_COMMON_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bits.h"

struct stoa_cursor {
    const uint8_t *next; /* borrowed */
    size_t left;         /* bytes that remain */
    bool failed;         /* sticky */
};

static inline struct stoa_cursor stoa_cursor_make(const void *bytes, size_t size)
{
    return (struct stoa_cursor){.next = bytes, .left = size, .failed = false};
}

/* The next `size` bytes, borrowed, or NULL when fewer remain. */
static inline const uint8_t *stoa_cursor_take(struct stoa_cursor *cursor, size_t size)
{
    if (cursor->failed || size > cursor->left) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *bytes = cursor->next;
    cursor->next += size;
    cursor->left -= size;
    return bytes;
}

static inline uint8_t stoa_cursor_u8(struct stoa_cursor *cursor)
{
    const uint8_t *p = stoa_cursor_take(cursor, 1);
    return p ? *p : 0;
}

static inline uint16_t stoa_cursor_le16(struct stoa_cursor *cursor)
{
    const uint8_t *p = stoa_cursor_take(cursor, 2);
    return p ? stoa_load_le16(p) : 0;
}

static inline uint32_t stoa_cursor_le32(struct stoa_cursor *cursor)
{
    const uint8_t *p = stoa_cursor_take(cursor, 4);
    return p ? stoa_load_le32(p) : 0;
}

static inline uint64_t stoa_cursor_le64(struct stoa_cursor *cursor)
{
    const uint8_t *p = stoa_cursor_take(cursor, 8);
    return p ? stoa_load_le64(p) : 0;
}

#endif
