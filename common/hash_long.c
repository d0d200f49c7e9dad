/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XXH3-64 of long inputs with wide vectors: compiled for AVX2 and for AVX-512, called by hash.c for
 * payloads, which the library alone would hash at half and three quarters of the speed. The
 * result is the library's, bit for bit (tests compare them over all lengths).
 *
 * Each stripe of 64 bytes adds a product and, with neighbours exchanged, its own words to eight
 * sums. Exchanging is linear, so the words are summed first and exchanged once a block.
 */
#include <immintrin.h>
#include <string.h>

#include "common/bits.h"
#include "common/hash_long.h"

#define PRIME32_1 UINT64_C(0x9E3779B1)
#define PRIME32_2 UINT64_C(0x85EBCA77)
#define PRIME32_3 UINT64_C(0xC2B2AE3D)
#define PRIME64_1 UINT64_C(0x9E3779B185EBCA87)
#define PRIME64_2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define PRIME64_3 UINT64_C(0x165667B19E3779F9)
#define PRIME64_4 UINT64_C(0x85EBCA77C2B2AE63)
#define PRIME64_5 UINT64_C(0x27D4EB2F165667C5)

enum {
    STRIPE = 64,
    STRIPE_STEP = 8, /* in the secret, from stripe to stripe */
    BLOCK = (STOA_HASH_SECRET - STRIPE) / STRIPE_STEP * STRIPE,
    LAST_SECRET = STOA_HASH_SECRET - STRIPE - 7,
    MERGE_SECRET = 11,
#ifdef __AVX512F__
    VECTOR_BYTES = 64,
#else
    VECTOR_BYTES = 32,
#endif
    VECTORS = STRIPE / VECTOR_BYTES
};

typedef uint64_t __attribute__((vector_size(VECTOR_BYTES), aligned(1), may_alias)) hash_vec;

#ifdef __AVX512F__
#define MULTIPLY_32(a, b) ((hash_vec)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#define EXCHANGE(v)       ((hash_vec)_mm512_shuffle_epi32((__m512i)(v), _MM_PERM_BADC))
#else
#define MULTIPLY_32(a, b) ((hash_vec)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#define EXCHANGE(v)       ((hash_vec)_mm256_shuffle_epi32((__m256i)(v), 0x4E))
#endif

/* Keeps a vector in a register and in its place among others. Left alone, gcc loads stripes twice
 * and out of order, which takes a sixth longer where they come from the second cache. */
#define KEEP_ORDER(v) __asm__ volatile("" : "+v"(v))

static inline __attribute__((always_inline)) void
add_stripes(hash_vec sums[VECTORS], const uint8_t *in, const uint8_t *secret, size_t count)
{
    hash_vec products[VECTORS] = {{0}};
    hash_vec words[VECTORS] = {{0}};
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < VECTORS; j++) {
            const size_t at = j * VECTOR_BYTES;
            hash_vec word = *(const hash_vec *)(in + i * STRIPE + at);
            KEEP_ORDER(word);
            const hash_vec key = word ^ *(const hash_vec *)(secret + i * STRIPE_STEP + at);
            products[j] += MULTIPLY_32(key, key >> 32);
            words[j] += word;
            KEEP_ORDER(products[j]);
            KEEP_ORDER(words[j]);
        }
    }
    for (size_t j = 0; j < VECTORS; j++)
        sums[j] += products[j] + EXCHANGE(words[j]);
}

static void scramble(hash_vec sums[VECTORS], const uint8_t *secret)
{
    const uint8_t *end = secret + STOA_HASH_SECRET - STRIPE;
    for (size_t j = 0; j < VECTORS; j++) {
        const hash_vec mixed =
            sums[j] ^ sums[j] >> 47 ^ *(const hash_vec *)(end + j * VECTOR_BYTES);
        sums[j] = mixed * PRIME32_1;
    }
}

static uint64_t fold_product(uint64_t a, uint64_t b)
{
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t merge(const uint64_t sums[8], const uint8_t *secret, uint64_t start)
{
    uint64_t hash = start;
    for (size_t i = 0; i < 8; i += 2)
        hash += fold_product(sums[i] ^ stoa_load_le64(secret + i * 8),
                             sums[i + 1] ^ stoa_load_le64(secret + i * 8 + 8));
    hash ^= hash >> 37;
    hash *= UINT64_C(0x165667919E3779F9);
    return hash ^ hash >> 32;
}

static void seed_secret(const uint8_t *secret, uint64_t seed, uint8_t *out)
{
    for (size_t i = 0; i < STOA_HASH_SECRET; i += 16) {
        stoa_store_le64(out + i, stoa_load_le64(secret + i) + seed);
        stoa_store_le64(out + i + 8, stoa_load_le64(secret + i + 8) - seed);
    }
}

uint64_t STOA_HASH_LONG(const uint8_t *bytes, size_t size, uint64_t seed,
                        const uint8_t *default_secret)
{
    uint64_t words[8] = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3,
                         PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};
    uint8_t secret[STOA_HASH_SECRET] __attribute__((aligned(64)));
    hash_vec sums[VECTORS];
    const uint8_t *in = bytes;
    size_t left = size;
    seed_secret(default_secret, seed, secret);
    memcpy(sums, words, sizeof sums);
    for (; left > BLOCK; left -= BLOCK, in += BLOCK) {
        add_stripes(sums, in, secret, BLOCK / STRIPE);
        scramble(sums, secret);
    }
    add_stripes(sums, in, secret, (left - 1) / STRIPE);
    add_stripes(sums, bytes + size - STRIPE, secret + LAST_SECRET, 1);
    memcpy(words, sums, sizeof words);
    return merge(words, secret + MERGE_SECRET, size * PRIME64_1);
}
