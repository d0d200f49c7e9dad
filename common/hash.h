/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XXH3 hashing: checksums, identities and hash tables. hash.c is the only file that includes
 * xxhash. Pure functions; thread-safe.
 */
#ifndef STOA_COMMON_HASH_H
#define STOA_COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

struct stoa_hash128 {
    uint64_t low;
    uint64_t high;
};

/* XXH3-64 of the bytes with this seed. */
uint64_t stoa_hash64(const void *bytes, size_t size, uint64_t seed);
/* The same of the 8 bytes (little-endian) of each word, without seed. */
void stoa_hash64_words(const uint64_t *words, size_t count, uint64_t *out);
struct stoa_hash128 stoa_hash128(const void *bytes, size_t size);

/* A cheap 64-bit mix for fixed-width keys in hash tables (not an on-disk hash). */
static inline uint64_t stoa_hash_mix(uint64_t v)
{
    v ^= v >> 32;
    v *= UINT64_C(0xd6e8feb86659fd93);
    v ^= v >> 32;
    v *= UINT64_C(0xd6e8feb86659fd93);
    return v ^ (v >> 32);
}

/* Streaming XXH3-128, for files hashed while they are written. */
struct stoa_hasher;                           /* opaque */
struct stoa_hasher *stoa_hasher_create(void); /* NULL when memory is short */
void stoa_hasher_update(struct stoa_hasher *hasher, const void *bytes, size_t size);
struct stoa_hash128 stoa_hasher_digest(const struct stoa_hasher *hasher);
void stoa_hasher_free(struct stoa_hasher *hasher);

#endif
