/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the payload of a block: opened, and every way of looking at it compared with
 * decoding: one value, a sum, a filter. Nothing may crash, read where it must not, or answer
 * otherwise than the decoded values do.
 *
 *   input := u8 kind, u8 flags (1: text, 2: with a dictionary), u16 NULLs, u32 rows, payload
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "format/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_SIZE = 8, DICTIONARY_COUNT = 5, MAX_VECTORS = 64, ARENA_MAX = 1 << 28 };

/* What decoding said about the block. */
struct decoded {
    struct stoa_block *block;
    struct stoa_vector *vector;
    struct stoa_vector *scratch;
    bool is_whole; /* every vector could be decoded */
    stoa_i128 sum; /* of I64 and U64 */
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool same_value(enum stoa_phys phys, const struct stoa_value *a,
                       const struct stoa_value *b)
{
    return stoa_value_compare_exact(phys, a, b) == 0;
}

static void check_points(struct decoded *decoded, uint32_t first)
{
    const struct stoa_vector *vector = decoded->vector;
    struct stoa_node *root = decoded->block->root;
    for (uint32_t i = 0; i < vector->length; i += 1 + i / 7) {
        struct stoa_value found = {0};
        const struct stoa_value wanted = stoa_vector_get(vector, i);
        if (wanted.is_null)
            continue;
        check(stoa_node_at(root, first + i, &found, NULL) == STOA_OK);
        check(same_value(vector->phys, &wanted, &found));
    }
}

static void check_predicate(struct decoded *decoded, uint32_t number,
                            const struct stoa_predicate *predicate)
{
    uint64_t wanted[STOA_VECTOR_WORDS];
    uint64_t found[STOA_VECTOR_WORDS];
    stoa_predicate_eval(predicate, decoded->vector, wanted);
    check(stoa_block_select(decoded->block, number, predicate, decoded->scratch, found,
                            NULL) == STOA_OK);
    check(memcmp(wanted, found, (decoded->vector->length + 63) / 64 * 8) == 0);
}

/* Equal to a value that occurs, and everything up to it. They live as long as the block. */
static void check_filters(struct decoded *decoded, uint32_t number,
                          struct stoa_predicate *predicates)
{
    const struct stoa_vector *vector = decoded->vector;
    const struct stoa_value pivot = stoa_vector_get(vector, vector->length / 3);
    if (!pivot.is_null && !predicates[0].has_low) {
        for (int i = 0; i < 2; i++)
            predicates[i] = (struct stoa_predicate){.kind = STOA_PREDICATE_RANGE,
                                                    .phys = vector->phys,
                                                    .has_low = i == 0,
                                                    .has_high = true,
                                                    .low_inclusive = true,
                                                    .high_inclusive = i == 0,
                                                    .low = pivot,
                                                    .high = pivot};
    }
    for (int i = 0; i < 2 && predicates[0].has_low; i++)
        check_predicate(decoded, number, &predicates[i]);
}

static void add_values(struct decoded *decoded)
{
    const struct stoa_vector *vector = decoded->vector;
    for (uint32_t i = 0; i < vector->length; i++) {
        if (vector->phys == STOA_PHYS_I64)
            decoded->sum += vector->values.i64[i];
        else if (vector->phys == STOA_PHYS_U64)
            decoded->sum += vector->values.u64[i];
    }
}

static void check_block(struct decoded *decoded)
{
    struct stoa_block *block = decoded->block;
    struct stoa_predicate predicates[2] = {{0}, {0}};
    const uint32_t vectors = (block->rows + STOA_VECTOR_ROWS - 1) / STOA_VECTOR_ROWS;
    decoded->is_whole = true;
    for (uint32_t v = 0; v < vectors && v < MAX_VECTORS; v++) {
        if (stoa_block_decode(block, v, decoded->vector, NULL) != STOA_OK) {
            decoded->is_whole = false;
            continue;
        }
        add_values(decoded);
        if (!block->root)
            continue;
        check_filters(decoded, v, predicates);
        check_points(decoded, v * STOA_VECTOR_ROWS);
    }
    const bool is_number = block->phys == STOA_PHYS_I64 || block->phys == STOA_PHYS_U64;
    if (is_number && decoded->is_whole && block->null_count == 0 && block->root) {
        stoa_i128 sum = 0;
        check(stoa_node_sum(block->root, 0, block->rows, &sum, NULL) == STOA_OK);
        check(sum == decoded->sum);
    }
}

/* Five values of any kind, ascending. */
static struct stoa_dictionary make_dictionary(enum stoa_phys phys)
{
    static const stoa_i128 wide[] = {-3, 0, 1, 5, 99};
    static const int64_t numbers[] = {-3, 0, 1, 5, 99};
    static const double floats[] = {-3, -0.0, 1, 5, 99};
    static const uint8_t fixed[DICTIONARY_COUNT][16] = {{0}, {1}, {2}, {3}, {4}};
    static const struct stoa_view views[] = {
        {(const uint8_t *)"",      0},
        {(const uint8_t *)"a",     1},
        {(const uint8_t *)"abc",   3},
        {(const uint8_t *)"b",     1},
        {(const uint8_t *)"zebra", 5}
    };
    const void *values = phys == STOA_PHYS_I128      ? (const void *)wide
                         : phys == STOA_PHYS_F64     ? (const void *)floats
                         : phys == STOA_PHYS_FIXED16 ? (const void *)fixed
                         : phys == STOA_PHYS_U64     ? (const void *)(numbers + 1)
                                                     : (const void *)numbers;
    return (struct stoa_dictionary){.phys = phys,
                                    .count =
                                        DICTIONARY_COUNT - (phys == STOA_PHYS_U64 ? 1 : 0),
                                    .values = values,
                                    .views = views};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_SIZE || data[0] == 0 || data[0] >= STOA_PHYS_COUNT)
        return 0;
    const enum stoa_phys phys = (enum stoa_phys)data[0];
    const bool is_utf8 = phys == STOA_PHYS_BYTES && (data[1] & 1);
    const uint32_t null_count = stoa_load_le16(data + 2);
    const uint32_t rows = stoa_load_le32(data + 4);
    if (rows == 0 || rows > STOA_BLOCK_ROWS || null_count > rows)
        return 0;
    /* In memory of its own, so that a read past its end is seen. */
    uint8_t *payload = stoa_alloc(size - HEAD_SIZE + 1);
    if (!payload)
        return 0;
    memcpy(payload, data + HEAD_SIZE, size - HEAD_SIZE);
    struct stoa_dictionary dictionary = make_dictionary(phys);
    struct stoa_vector vectors[2];
    struct stoa_arena arena;
    struct stoa_block block;
    stoa_arena_init(&arena, ARENA_MAX);
    check(stoa_vector_init(&vectors[0], phys, NULL) == STOA_OK);
    check(stoa_vector_init(&vectors[1], phys, NULL) == STOA_OK);
    if (stoa_block_open(payload, size - HEAD_SIZE, phys, is_utf8, rows, null_count,
                        data[1] & 2 ? &dictionary : NULL, NULL, stoa_kernels_best(), &arena,
                        NULL, &block, NULL) == STOA_OK) {
        struct decoded decoded = {
            .block = &block, .vector = &vectors[0], .scratch = &vectors[1]};
        check_block(&decoded);
    }
    stoa_vector_done(&vectors[0]);
    stoa_vector_done(&vectors[1]);
    stoa_arena_done(&arena);
    stoa_free(payload);
    return 0;
}
