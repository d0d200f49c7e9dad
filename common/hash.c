/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XXH3 behind four functions; the only file that includes xxhash, and inlined so that the
 * library needs no shared object for its checksums. Block checksums, file identities and the
 * hash tables of the query layer all come here.
 * Long inputs take the vectors that the machine has (hash_long.c).
 */
#include "common/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/cpu.h"
#include "common/hash_long.h"

struct stoa_hasher {
    XXH3_state_t state; /* wants 64-byte alignment */
};

static struct stoa_hash128 from_xxh128(XXH128_hash_t hash)
{
    return (struct stoa_hash128){.low = hash.low64, .high = hash.high64};
}

#ifdef STOA_HASH_X86
/* From here on a call through the level is worth it. */
enum { LONG_BYTES = 1024 };

static uint64_t hash_long(const void *bytes, size_t size, uint64_t seed)
{
    const enum stoa_cpu_level level = stoa_cpu_level();
    if (level == STOA_CPU_AVX512)
        return stoa_hash_long_avx512(bytes, size, seed, XXH3_kSecret);
    if (level == STOA_CPU_AVX2)
        return stoa_hash_long_avx2(bytes, size, seed, XXH3_kSecret);
    return XXH3_64bits_withSeed(bytes, size, seed);
}
#endif

uint64_t stoa_hash64(const void *bytes, size_t size, uint64_t seed)
{
#ifdef STOA_HASH_X86
    if (size >= LONG_BYTES)
        return hash_long(bytes, size, seed);
#endif
    return XXH3_64bits_withSeed(bytes, size, seed);
}

/* A size that is known spares what the hash asks about it. */
void stoa_hash64_words(const uint64_t *words, size_t count, uint64_t *out)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[8];
        stoa_store_le64(bytes, words[i]);
        out[i] = XXH3_64bits(bytes, sizeof bytes);
    }
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
