/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary fuse filters (Graf, Lemire: "Binary Fuse Filters: Fast and Smaller Than Xor Filters", ACM
 * JEA 27, 2022): three places a key in three neighbouring segments; fingerprints are set in the
 * reverse of the order in which keys with a place of their own can be taken away. Sizes follow the
 * paper's, rounded by whole powers of two instead of logarithms, so that they are the same everywhere.
 */
#include "format/filter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/checked.h"

enum { SEEDS = 64, LEAST_KEYS = 16, PAD = 8 };

/* ---- shape ---- */

static uint64_t place_count(const struct stoa_filter_head *head)
{
    return ((uint64_t)head->segment_count + STOA_FILTER_PROBES - 1) * head->segment_size;
}

uint64_t stoa_filter_size(const struct stoa_filter_head *head)
{
    return STOA_FILTER_HEAD_SIZE + stoa_align_up(place_count(head), PAD);
}

/* Segments of 2^(log2 n / log2 3.33 + 2.25) places, 0.875 + 5 / log2 n places a key. */
static struct stoa_filter_head make_shape(uint32_t count)
{
    const uint64_t keys = count < LEAST_KEYS ? LEAST_KEYS : count;
    const unsigned log = 63 - (unsigned)__builtin_clzll(keys);
    const unsigned bits = (log * 5762 + 22500) / 10000;
    struct stoa_filter_head head = {.segment_size = UINT32_C(1) << bits};
    if (head.segment_size > STOA_FILTER_SEGMENT_MAX)
        head.segment_size = STOA_FILTER_SEGMENT_MAX;
    const uint64_t places = keys * 7 / 8 + keys * 5 / log;
    const uint64_t segments = (places + head.segment_size - 1) / head.segment_size;
    head.segment_count = segments > STOA_FILTER_PROBES - 1
                             ? (uint32_t)segments - (STOA_FILTER_PROBES - 1)
                             : 1;
    return head;
}

void stoa_filter_head_write(const struct stoa_filter_head *head,
                            uint8_t out[STOA_FILTER_HEAD_SIZE])
{
    stoa_store_le64(out, head->seed);
    stoa_store_le32(out + 8, head->segment_size);
    stoa_store_le32(out + 12, head->segment_count);
}

stoa_status stoa_filter_head_read(const uint8_t bytes[STOA_FILTER_HEAD_SIZE], uint64_t size,
                                  struct stoa_filter_head *out_head, stoa_error *err)
{
    const struct stoa_filter_head head = {.seed = stoa_load_le64(bytes),
                                          .segment_size = stoa_load_le32(bytes + 8),
                                          .segment_count = stoa_load_le32(bytes + 12)};
    const bool is_power =
        head.segment_size > 0 && (head.segment_size & (head.segment_size - 1)) == 0;
    if (!is_power || head.segment_size > STOA_FILTER_SEGMENT_MAX ||
        head.segment_count == 0 || place_count(&head) > UINT32_MAX ||
        stoa_filter_size(&head) != size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a filter of %" PRIu64 " bytes, found %" PRIu32
                         " and 2 segments of %" PRIu32,
                         size, head.segment_count, head.segment_size);
    *out_head = head;
    return STOA_OK;
}

/* ---- asking ---- */

/* The finalizer of MurmurHash3, as the paper's authors mix seeds in. */
static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    h *= UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ (h >> 33);
}

/* [FMT-112] */
uint8_t stoa_filter_probe(const struct stoa_filter_head *head, uint64_t hash,
                          uint32_t out_places[STOA_FILTER_PROBES])
{
    const uint64_t h = mix(hash + head->seed);
    const uint32_t mask = head->segment_size - 1;
    const uint64_t range = (uint64_t)head->segment_count * head->segment_size;
    const uint32_t first = (uint32_t)(((unsigned __int128)h * range) >> 64);
    out_places[0] = first;
    out_places[1] = (first + head->segment_size) ^ ((uint32_t)(h >> 18) & mask);
    out_places[2] = (first + 2 * head->segment_size) ^ ((uint32_t)h & mask);
    return (uint8_t)(h ^ (h >> 32));
}

bool stoa_filter_may_hold(const struct stoa_filter_head *head, const uint8_t *fingerprints,
                          uint64_t hash)
{
    uint32_t places[STOA_FILTER_PROBES];
    const uint8_t wanted = stoa_filter_probe(head, hash, places);
    return (fingerprints[places[0]] ^ fingerprints[places[1]] ^ fingerprints[places[2]]) ==
           wanted;
}

/* ---- building ---- */

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint32_t sort_unique(uint64_t *hashes, uint32_t count)
{
    uint32_t kept = 0;
    qsort(hashes, count, sizeof *hashes, compare_hashes);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || hashes[i] != hashes[i - 1])
            hashes[kept++] = hashes[i];
    }
    return kept;
}

/* How many keys a place has, and the xor of their hashes: of the only one its hash. */
struct place {
    uint64_t hashes;
    uint32_t count;
    uint32_t unused;
};

/* A key that was taken away, and the place it had alone. */
struct taken {
    uint64_t hash;
    uint32_t place;
    uint32_t unused;
};

struct builder {
    struct stoa_filter_head head;
    struct place *places;
    struct taken *taken; /* in order */
    uint32_t *alone;     /* places that may have one key, a stack */
};

static void add_keys(struct builder *builder, const uint64_t *hashes, uint32_t count)
{
    memset(builder->places, 0, place_count(&builder->head) * sizeof *builder->places);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at[STOA_FILTER_PROBES];
        stoa_filter_probe(&builder->head, hashes[i], at);
        for (int p = 0; p < STOA_FILTER_PROBES; p++) {
            builder->places[at[p]].count++;
            builder->places[at[p]].hashes ^= hashes[i];
        }
    }
}

/* Takes keys away as long as one has a place alone; all of them: the seed will do. */
static bool take_keys(struct builder *builder, uint32_t count)
{
    const uint32_t places = (uint32_t)place_count(&builder->head);
    uint32_t alone = 0;
    uint32_t done = 0;
    for (uint32_t i = 0; i < places; i++) {
        if (builder->places[i].count == 1)
            builder->alone[alone++] = i;
    }
    while (alone > 0) {
        const uint32_t place = builder->alone[--alone];
        if (builder->places[place].count != 1)
            continue;
        const uint64_t hash = builder->places[place].hashes;
        uint32_t at[STOA_FILTER_PROBES];
        builder->taken[done++] = (struct taken){.hash = hash, .place = place};
        stoa_filter_probe(&builder->head, hash, at);
        for (int p = 0; p < STOA_FILTER_PROBES; p++) {
            struct place *other = &builder->places[at[p]];
            other->count--;
            other->hashes ^= hash;
            if (other->count == 1) /* counts fall, so that each comes here once */
                builder->alone[alone++] = at[p];
        }
    }
    return done == count;
}

/* The last key taken is set first: the other places of each are final before its own. */
static void set_fingerprints(const struct builder *builder, uint32_t count, uint8_t *out)
{
    for (uint32_t i = count; i > 0; i--) {
        const struct taken *taken = &builder->taken[i - 1];
        uint32_t at[STOA_FILTER_PROBES];
        const uint8_t wanted = stoa_filter_probe(&builder->head, taken->hash, at);
        out[taken->place] = 0;
        out[taken->place] = (uint8_t)(wanted ^ out[at[0]] ^ out[at[1]] ^ out[at[2]]);
    }
}

static stoa_status append(const struct builder *builder, uint32_t count,
                          struct stoa_buf *out, stoa_error *err)
{
    const size_t start = out->size;
    STOA_TRY(stoa_buf_append_zeros(out, (size_t)stoa_filter_size(&builder->head), err));
    stoa_filter_head_write(&builder->head, out->data + start);
    set_fingerprints(builder, count, out->data + start + STOA_FILTER_HEAD_SIZE);
    return STOA_OK;
}

stoa_status stoa_filter_build(uint64_t *hashes, uint32_t count, struct stoa_buf *out,
                              stoa_error *err)
{
    stoa_status status = STOA_OK;
    const uint32_t keys = sort_unique(hashes, count);
    struct builder builder = {.head = make_shape(keys)};
    const size_t places = (size_t)place_count(&builder.head);
    builder.places = stoa_alloc_array(places, sizeof *builder.places);
    builder.alone = stoa_alloc_array(places, sizeof *builder.alone);
    builder.taken = stoa_alloc_array(keys, sizeof *builder.taken);
    if (!builder.places || !builder.alone || !builder.taken)
        STOA_TRY_CLEANUP(stoa_fail_memory(err, places * sizeof *builder.places));
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        builder.head.seed = mix(seed);
        add_keys(&builder, hashes, keys);
        if (!take_keys(&builder, keys))
            continue;
        status = append(&builder, keys, out, err);
        break;
    }
cleanup:
    stoa_free(builder.places);
    stoa_free(builder.alone);
    stoa_free(builder.taken);
    return status;
}
