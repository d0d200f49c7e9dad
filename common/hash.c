/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XXH3 behind four functions; the only file that includes xxhash, and inlined so that the
 * library needs no shared object for its checksums. Block checksums, file identities and the
 * hash tables of the query layer all come here.
 */
#include "common/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/alloc.h"

struct stoa_hasher {
    XXH3_state_t state; /* wants 64-byte alignment */
};

static struct stoa_hash128 from_xxh128(XXH128_hash_t hash)
{
    return (struct stoa_hash128){.low = hash.low64, .high = hash.high64};
}

uint64_t stoa_hash64(const void *bytes, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}

struct stoa_hash128 stoa_hash128(const void *bytes, size_t size)
{
    return from_xxh128(XXH3_128bits(bytes, size));
}

struct stoa_hasher *stoa_hasher_create(void)
{
    struct stoa_hasher *hasher = stoa_alloc_aligned(sizeof *hasher);
    if (hasher == NULL)
        return NULL;
    XXH3_INITSTATE(&hasher->state);
    (void)XXH3_128bits_reset(&hasher->state); /* fails for NULL only */
    return hasher;
}

void stoa_hasher_update(struct stoa_hasher *hasher, const void *bytes, size_t size)
{
    if (size != 0)
        (void)XXH3_128bits_update(&hasher->state, bytes, size);
}

struct stoa_hash128 stoa_hasher_digest(const struct stoa_hasher *hasher)
{
    return from_xxh128(XXH3_128bits_digest(&hasher->state));
}

void stoa_hasher_free(struct stoa_hasher *hasher)
{
    stoa_free_aligned(hasher);
}
