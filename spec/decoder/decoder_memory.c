/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory, bounded reading, refusals and hashes of the independent decoder (format.md 1).
 * The one file of the decoder that includes xxhash.
 */
#include "decoder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct heap_piece {
    struct heap_piece *next;
    uint64_t align; /* keeps what follows aligned for any value */
};

void *allocate(struct heap *heap, uint64_t count, uint64_t size)
{
    struct heap_piece *piece = NULL;
    if (size == 0 || count <= (SIZE_MAX - sizeof *piece) / size)
        piece = calloc(1, sizeof *piece + (size_t)(count * size));
    if (!piece) {
        fprintf(stderr, "stoa-decode: no memory for %llu x %llu bytes\n",
                (unsigned long long)count, (unsigned long long)size);
        exit(1);
    }
    piece->next = heap->pieces;
    heap->pieces = piece;
    return piece + 1;
}

void heap_empty(struct heap *heap)
{
    while (heap->pieces) {
        struct heap_piece *next = heap->pieces->next;
        free(heap->pieces);
        heap->pieces = next;
    }
}

void refuse(const struct decoder *d, const char *format, ...)
{
    fflush(stdout);
    fprintf(stderr, "stoa-decode: %s: ", d->path);
    if (d->at_column)
        fprintf(stderr, "column \"%.*s\": ", (int)d->at_column->name_size,
                (const char *)d->at_column->name);
    if (d->at_group != NONE)
        fprintf(stderr, "row group %u: ", d->at_group);
    if (d->at_block != NONE)
        fprintf(stderr, "block %u: ", d->at_block);
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

void require_zero(const struct decoder *d, const uint8_t *p, uint64_t size,
                  const char *what)
{
    for (uint64_t i = 0; i < size; i++) {
        if (p[i] != 0)
            refuse(d, "%s: expected zero, found byte %02x", what, p[i]);
    }
}

struct span span_of(const uint8_t *bytes, uint64_t size)
{
    const struct span s = {bytes, bytes, size};
    return s;
}

const uint8_t *take(const struct decoder *d, struct span *s, uint64_t size,
                    const char *what)
{
    if (size > s->left)
        refuse(d, "%s: expected %llu bytes, found %llu", what, (unsigned long long)size,
               (unsigned long long)s->left);
    const uint8_t *p = s->at;
    s->at += size;
    s->left -= size;
    return p;
}

void take_padding(const struct decoder *d, struct span *s, const char *what)
{
    const uint64_t past = (uint64_t)(s->at - s->begin) % 8;
    if (past != 0)
        require_zero(d, take(d, s, 8 - past, what), 8 - past, what);
}

uint64_t xxh3(const uint8_t *bytes, uint64_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, (size_t)size, seed);
}

void xxh3_128(const uint8_t *bytes, uint64_t size, uint8_t out[16])
{
    const XXH128_hash_t hash = XXH3_128bits(bytes, (size_t)size);
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(hash.low64 >> 8 * i);
        out[8 + i] = (uint8_t)(hash.high64 >> 8 * i);
    }
}
