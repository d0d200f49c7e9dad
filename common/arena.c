/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bump arena. Chunks double from 4 KiB to 1 MiB, so that a small plan costs one small
 * block and a large footer few large ones; a request that would waste a chunk gets one of its
 * own, linked behind the head so that the head's free space stays in use.
 *
 * Under AddressSanitizer what was not handed out is poisoned: without that a bump allocator
 * would hide every overflow.
 */
#include "common/arena.h"

#include <stdalign.h>
#include <string.h>

#include "common/alloc.h"
#include "common/checked.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define ARENA_ALIGNMENT   16
#define ARENA_CHUNK_FIRST 4096u
#define ARENA_CHUNK_LAST  (1u << 20)

struct stoa_arena_chunk {
    struct stoa_arena_chunk *next; /* older chunk, owned */
    size_t size;                   /* bytes in data */
    size_t used;                   /* bytes handed out; a multiple of ARENA_ALIGNMENT */
    alignas(ARENA_ALIGNMENT) uint8_t data[];
};

void stoa_arena_init(struct stoa_arena *arena, size_t maximum)
{
    *arena = (struct stoa_arena){.maximum = maximum};
}

static void chunk_free(struct stoa_arena_chunk *chunk)
{
    ASAN_UNPOISON_MEMORY_REGION(chunk->data, chunk->size);
    stoa_free(chunk);
}

static void chunks_free(struct stoa_arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct stoa_arena_chunk *next = chunk->next;
        chunk_free(chunk);
        chunk = next;
    }
}

void stoa_arena_done(struct stoa_arena *arena)
{
    chunks_free(arena->head);
    arena->head = NULL;
    arena->used = 0;
}

void stoa_arena_reset(struct stoa_arena *arena)
{
    struct stoa_arena_chunk *kept = arena->head;
    arena->used = 0;
    if (kept == NULL)
        return;
    chunks_free(kept->next);
    kept->next = NULL;
    kept->used = 0;
    ASAN_POISON_MEMORY_REGION(kept->data, kept->size);
}

static struct stoa_arena_chunk *chunk_create(size_t size)
{
    size_t bytes = 0;
    if (!stoa_add_size(size, sizeof(struct stoa_arena_chunk), &bytes))
        return NULL;
    struct stoa_arena_chunk *chunk = stoa_alloc(bytes);
    if (chunk == NULL)
        return NULL;
    chunk->next = NULL;
    chunk->size = size;
    chunk->used = 0;
    ASAN_POISON_MEMORY_REGION(chunk->data, size);
    return chunk;
}

/* A chunk with room for `need` bytes: the head, or a new one. */
static struct stoa_arena_chunk *chunk_for(struct stoa_arena *arena, size_t need)
{
    struct stoa_arena_chunk *head = arena->head;
    if (head != NULL && need <= head->size - head->used)
        return head;
    size_t size = ARENA_CHUNK_FIRST;
    while (size < ARENA_CHUNK_LAST && size <= arena->used)
        size *= 2;
    const bool alone = need > size / 4;
    struct stoa_arena_chunk *chunk = chunk_create(alone ? need : size);
    if (chunk == NULL)
        return NULL;
    if (alone && head != NULL) {
        chunk->next = head->next;
        head->next = chunk;
    } else {
        chunk->next = head;
        arena->head = chunk;
    }
    return chunk;
}

/* What a request for `size` bytes costs: whole units, and one even for nothing, so that every
 * pointer is different. */
static bool request_cost(const struct stoa_arena *arena, size_t size, size_t *out_cost)
{
    size_t rounded = 0;
    if (!stoa_add_size(size != 0 ? size : 1, ARENA_ALIGNMENT - 1, &rounded))
        return false;
    *out_cost = rounded & ~(size_t)(ARENA_ALIGNMENT - 1);
    return *out_cost <= arena->maximum - arena->used;
}

void *stoa_arena_alloc(struct stoa_arena *arena, size_t size)
{
    size_t cost = 0;
    if (!request_cost(arena, size, &cost))
        return NULL;
    struct stoa_arena_chunk *chunk = chunk_for(arena, cost);
    if (chunk == NULL)
        return NULL;
    uint8_t *bytes = chunk->data + chunk->used;
    chunk->used += cost;
    arena->used += cost;
    ASAN_UNPOISON_MEMORY_REGION(bytes, size);
    return bytes;
}

void *stoa_arena_alloc_zeroed(struct stoa_arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    void *block =
        stoa_mul_size(count, size, &bytes) ? stoa_arena_alloc(arena, bytes) : NULL;
    if (block != NULL)
        memset(block, 0, bytes);
    return block;
}

char *stoa_arena_strndup(struct stoa_arena *arena, const char *text, size_t length)
{
    size_t bytes = 0;
    char *copy = stoa_add_size(length, 1, &bytes) ? stoa_arena_alloc(arena, bytes) : NULL;
    if (copy == NULL)
        return NULL;
    if (length != 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

stoa_status stoa_arena_fail(const struct stoa_arena *arena, size_t size, stoa_error *err)
{
    size_t cost = 0;
    if (request_cost(arena, size, &cost))
        return stoa_fail_memory(err, size);
    return stoa_fail(
        err, STOA_E_LIMIT,
        "expected at most %zu bytes in this arena, found %zu in use and %zu more",
        arena->maximum, arena->used, size);
}
