/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading blocks [BLK-1]: opens the validity section and the root node, decodes vectors with
 * their validity, and selects rows with NULLs handled. Called by the reader after the
 * checksum has been verified; the block borrows the payload and lives in the caller's arena.
 */
#include <assert.h>
#include <inttypes.h>

#include "format/block.h"
#include "format/block_validity.h"
#include "format/enc/enc_parts.h"

/* ---- opening ---- */

static stoa_status open_root(struct stoa_block *block, const uint8_t *bytes, size_t size,
                             stoa_error *err)
{
    struct stoa_node *root = NULL;
    if (block->null_count == block->rows) {
        if (size != 0) /* [BLK-1] */
            return stoa_fail(err, STOA_E_CORRUPT,
                             "block: expected nothing behind the validity of %" PRIu32
                             " NULLs, found %zu bytes",
                             block->rows, size);
        return STOA_OK;
    }
    STOA_TRY(stoa_node_open(bytes, size, block->phys, block->rows, 1, block->context, &root,
                            err));
    if (root->size != size) /* [BLK-1] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "block: expected the root node to have %zu bytes, found %zu", size,
                         root->size);
    block->root = root;
    return STOA_OK;
}

stoa_status stoa_block_open(const uint8_t *payload, size_t size, enum stoa_phys phys,
                            bool is_utf8, uint32_t rows, uint32_t null_count,
                            const struct stoa_dictionary *dictionary,
                            struct stoa_reference_source *references,
                            const struct stoa_kernels *kernels, struct stoa_arena *arena,
                            struct stoa_decompressor *decompressor,
                            struct stoa_block *out_block, stoa_error *err)
{
    struct stoa_validity *validity = NULL;
    size_t root = 0;
    if (rows == 0 || rows > STOA_BLOCK_ROWS || null_count > rows) /* [BLK-2] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "block: expected 1 to %d rows and no more NULLs, found %" PRIu32
                         " and %" PRIu32,
                         STOA_BLOCK_ROWS, rows, null_count);
    struct stoa_enc_context *context = stoa_arena_alloc_zeroed(arena, 1, sizeof *context);
    if (!context)
        return stoa_arena_fail(arena, sizeof *context, err);
    context->arena = arena;
    context->dictionary = dictionary;
    context->references = references;
    context->kernels = kernels;
    context->decompressor = decompressor;
    context->is_utf8 = is_utf8;
    struct stoa_block block = {
        .phys = phys, .rows = rows, .null_count = null_count, .context = context};
    STOA_TRY(
        stoa_validity_open(payload, size, rows, null_count, arena, &validity, &root, err));
    block.validity = validity;
    if (validity) {
        context->validity = validity->bits;
        context->rows = rows;
        context->valid_count = rows - null_count;
    }
    STOA_TRY(open_root(&block, payload + root, size - root, err));
    *out_block = block;
    return STOA_OK;
}

/* ---- decoding ---- */

static void load_validity(const struct stoa_block *block, uint32_t vector, uint32_t length,
                          uint64_t out[STOA_VECTOR_WORDS])
{
    const struct stoa_validity *validity = block->validity;
    stoa_bits_set_all(out, length, block->root != NULL);
    if (validity)
        memcpy(out, validity->bits + (size_t)vector * STOA_VECTOR_WORDS * 8,
               stoa_bitmap_words(length) * 8);
}

/* A vector of NULLs: the slots hold something, whatever the caller does with them. */
static void clear_values(struct stoa_vector *vector)
{
    const struct stoa_value nothing = {.is_null = false};
    stoa_vector_repeat(vector, 0, vector->length, &nothing);
}

stoa_status stoa_block_decode(struct stoa_block *block, uint32_t vector,
                              struct stoa_vector *out, stoa_error *err)
{
    assert(vector < stoa_vector_count(block->rows) && out->phys == block->phys);
    if (block->root) {
        STOA_TRY(stoa_node_decode(block->root, vector, out, err));
    } else {
        out->length = stoa_vector_length(block->rows, vector);
        clear_values(out);
    }
    load_validity(block, vector, out->length, out->validity);
    out->has_nulls = block->null_count > 0;
    return STOA_OK;
}

/* ---- selecting ---- */

stoa_status stoa_block_select(struct stoa_block *block, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              struct stoa_vector *scratch,
                              uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    assert(vector < stoa_vector_count(block->rows) && scratch->phys == block->phys);
    const uint32_t length = stoa_vector_length(block->rows, vector);
    uint64_t valid[STOA_VECTOR_WORDS];
    load_validity(block, vector, length, valid);
    if (predicate->kind == STOA_PREDICATE_IS_NULL ||
        predicate->kind == STOA_PREDICATE_IS_NOT_NULL || !block->root) {
        const bool wants_null = predicate->kind == STOA_PREDICATE_IS_NULL;
        if (wants_null)
            stoa_bits_negate(valid, length);
        memcpy(out_bits, valid, sizeof valid);
        return STOA_OK;
    }
    STOA_TRY(stoa_node_select(block->root, vector, predicate, scratch, out_bits, err));
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++)
        out_bits[word] &= valid[word];
    return STOA_OK;
}
