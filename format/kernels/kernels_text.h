/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searching and comparing text. Included by kernels_body.h alone; all static. A search compares the
 * first and the last byte of what is sought at 64 places at once, and the rest only where both are
 * right (Mula, "SIMD-friendly algorithms for substring searching", 2016): two bytes are rarely
 * right by chance, and a load and a comparison each is all that a place costs. The level's file
 * says how: PAIR_MATCHES(p, q, first, last) has bit i set where p[i] is first and q[i] is last, of
 * 64 bytes each.
 */
#ifndef STOA_FORMAT_KERNELS_TEXT_H
#define STOA_FORMAT_KERNELS_TEXT_H

#include "format/kernels/kernels_packing.h"
#include "format/value.h"

enum {
    PAIR_PLACES = 64,
    LONG_NEEDLE = 256 /* from here on the library's search, whose time has a better bound */
};

#ifndef PAIR_MATCHES
#define PAIR_MATCHES(p, q, first, last) pair_matches(p, q, first, last)

/* Bytes that differ from both are not 0; 0x80 where a byte is 0, exactly. */
static uint64_t zero_bytes(uint64_t word)
{
    const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);
    return ~(((word & low) + low) | word | low);
}

/* The eight tops of bytes are brought together by a product. */
static uint64_t pair_matches(const uint8_t *p, const uint8_t *q, uint8_t first,
                             uint8_t last)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t bits = 0;
    for (size_t i = 0; i < PAIR_PLACES; i += 8) {
        const uint64_t zeros = zero_bytes((*(const any_u64 *)(p + i) ^ first * ones) |
                                          (*(const any_u64 *)(q + i) ^ last * ones));
        bits |= ((zeros >> 7) * UINT64_C(0x0102040810204080) >> 56) << i;
    }
    return bits;
}
#endif

/* The first of the places whose bit is set where all of the needle stands; SIZE_MAX: none. */
static size_t first_of_places(const uint8_t *bytes, uint64_t places, const uint8_t *needle,
                              size_t needle_size)
{
    for (; places != 0; places &= places - 1) {
        const size_t place = (size_t)__builtin_ctzll(places);
        if (needle_size <= 2 || memcmp(bytes + place + 1, needle + 1, needle_size - 2) == 0)
            return place;
    }
    return SIZE_MAX;
}

/* What is left over is shorter than 64 places, or ends with 64 of which some have been seen. */
static size_t find_in_rest(const uint8_t *bytes, size_t at, size_t starts,
                           const uint8_t *needle, size_t needle_size)
{
    const size_t back = needle_size - 1;
    uint64_t places = 0;
    size_t first = at;
    if (starts >= PAIR_PLACES && at < starts) {
        first = starts - PAIR_PLACES;
        places =
            PAIR_MATCHES(bytes + first, bytes + first + back, needle[0], needle[back]) &
            ~UINT64_C(0) << (at - first);
    }
    for (size_t i = at; starts < PAIR_PLACES && i < starts; i++)
        places |= (uint64_t)(bytes[i] == needle[0] && bytes[i + back] == needle[back]) << i;
    const size_t place = first_of_places(bytes + first, places, needle, needle_size);
    return place == SIZE_MAX ? SIZE_MAX : first + place;
}

static size_t kernel_find_bytes(const uint8_t *bytes, size_t size, const uint8_t *needle,
                                size_t needle_size)
{
    if (needle_size > size)
        return SIZE_MAX;
    if (needle_size == 0)
        return 0;
    if (needle_size >= LONG_NEEDLE) {
        const uint8_t *found = memmem(bytes, size, needle, needle_size);
        return found ? (size_t)(found - bytes) : SIZE_MAX;
    }
    const size_t starts = size - needle_size + 1; /* places where the needle has room */
    const size_t back = needle_size - 1;
    size_t at = 0;
    for (; starts - at >= PAIR_PLACES; at += PAIR_PLACES) {
        const uint64_t places =
            PAIR_MATCHES(bytes + at, bytes + at + back, needle[0], needle[back]);
        if (places == 0)
            continue;
        const size_t place = first_of_places(bytes + at, places, needle, needle_size);
        if (place != SIZE_MAX)
            return at + place;
    }
    return find_in_rest(bytes, at, starts, needle, needle_size);
}

/* Most texts are ruled out by their lengths, without a look at their bytes. */
static void kernel_select_text(const struct stoa_view *views, size_t count,
                               const struct stoa_view *text, bool is_prefix,
                               uint64_t bits[16])
{
    const uint32_t least = text->length;
    const uint32_t most = is_prefix ? UINT32_MAX : least;
    for (size_t first = 0; first < count; first += 64) {
        const size_t rows = count - first < 64 ? count - first : 64;
        uint64_t places = 0;
        for (size_t i = 0; i < rows; i++) {
            const uint32_t length = views[first + i].length;
            places |= (uint64_t)(length >= least && length <= most) << i;
        }
        places &= bits[first / 64];
        bits[first / 64] = places;
        for (; places != 0 && least > 0; places &= places - 1) {
            const uint8_t *data = views[first + (size_t)__builtin_ctzll(places)].data;
            if (memcmp(data, text->data, least) != 0)
                bits[first / 64] ^= places & -places;
        }
    }
}

#endif
