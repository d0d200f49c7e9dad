/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 validation (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). Called for
 * every text that enters the system; plain ASCII, the common case, goes 32 bytes at a step.
 */
#include "common/bits.h"
#include "format/text.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Offset of the first byte at or behind `at` with its high bit set, or `size`. */
static size_t skip_ascii(const uint8_t *bytes, size_t at, size_t size)
{
    while (size - at >= 32) {
        const uint64_t any = stoa_load_le64(bytes + at) | stoa_load_le64(bytes + at + 8) |
                             stoa_load_le64(bytes + at + 16) |
                             stoa_load_le64(bytes + at + 24);
        if (any & HIGH_BITS)
            break;
        at += 32;
    }
    while (size - at >= 8) {
        const uint64_t high = stoa_load_le64(bytes + at) & HIGH_BITS;
        if (high)
            return at + (size_t)__builtin_ctzll(high) / 8;
        at += 8;
    }
    while (at < size && bytes[at] < 0x80)
        at++;
    return at;
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Length of the well-formed sequence that begins with a non-ASCII byte, or 0. The bounds of
 * the second byte are those of the Unicode standard's table 3-7. */
static size_t sequence_length(const uint8_t *p, size_t left)
{
    const uint8_t lead = p[0];
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (left < length)
        return 0;
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    if (lead == 0xE0)
        low = 0xA0;
    else if (lead == 0xED)
        high = 0x9F;
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (!is_continuation(p[i]))
            return 0;
    }
    return length;
}

size_t stoa_utf8_valid_prefix(const uint8_t *bytes, size_t size)
{
    size_t at = skip_ascii(bytes, 0, size);
    while (at < size) {
        const size_t length = sequence_length(bytes + at, size - at);
        if (length == 0)
            return at;
        at += length;
        if (at < size && bytes[at] < 0x80)
            at = skip_ascii(bytes, at, size);
    }
    return size;
}

bool stoa_utf8_is_valid(const uint8_t *bytes, size_t size)
{
    return stoa_utf8_valid_prefix(bytes, size) == size;
}
