/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bump arena: many small allocations with one lifetime, freed together. Owned by one thread
 * at a time. Used per file (metadata), per statement (plan) and per batch (decoded values).
 *
 *   chunk list:  [ used | free ]  <-  [ full ]  <-  [ full ]
 */
#ifndef STOA_COMMON_ARENA_H
#define STOA_COMMON_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct stoa_arena_chunk;

struct stoa_arena {
    struct stoa_arena_chunk *head; /* newest chunk; NULL before the first allocation */
    size_t used;                   /* bytes handed out since init or reset */
    size_t maximum;                /* used never exceeds this */
};

void stoa_arena_init(struct stoa_arena *arena, size_t maximum);
void stoa_arena_done(struct stoa_arena *arena); /* frees all */
void stoa_arena_reset(
    struct stoa_arena *arena); /* forgets all, keeps one chunk for reuse */

/* `size` bytes, 16-byte aligned, not initialised. NULL when over the maximum or out of
 * memory; stoa_arena_fail() then says which. */
void *stoa_arena_alloc(struct stoa_arena *arena, size_t size);
void *stoa_arena_alloc_zeroed(struct stoa_arena *arena, size_t count, size_t size);
char *stoa_arena_strndup(struct stoa_arena *arena, const char *text, size_t length);

/* The error for a NULL from the functions above. */
stoa_status stoa_arena_fail(const struct stoa_arena *arena, size_t size, stoa_error *err);

#endif
