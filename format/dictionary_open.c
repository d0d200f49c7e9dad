/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a dictionary block [BLK-7]: all entries are decoded at once and their order is
 * checked, so that binary search and ranges of codes can be relied on. Called by the reader
 * once per row group and column that needs it.
 */
#include <inttypes.h>

#include "format/block.h"
#include "format/block_validity.h"
#include "format/enc/dictionary_memo.h"
#include "format/enc/enc_parts.h"

/* A dictionary being opened. */
struct opener {
    struct stoa_enc_context *context;
    struct stoa_node *root;
    struct stoa_dictionary dictionary;
    void *values; /* views or fixed values of all entries */
    size_t width;
};

static stoa_status open_root(struct opener *opener, const uint8_t *payload, size_t size,
                             stoa_error *err)
{
    struct stoa_validity *validity = NULL;
    size_t root = 0;
    STOA_TRY(stoa_validity_open(payload, size, opener->dictionary.count, 0,
                                opener->context->arena, &validity, &root, err));
    STOA_TRY(stoa_node_open(payload + root, size - root, opener->dictionary.phys,
                            opener->dictionary.count, 1, opener->context, &opener->root,
                            err));
    if (opener->root->size != size - root)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dictionary: expected the root node to have %zu bytes, found %zu",
                         size - root, opener->root->size);
    return STOA_OK;
}

static stoa_status decode_entries(struct opener *opener, stoa_error *err)
{
    const uint32_t count = opener->dictionary.count;
    const size_t size = count * opener->width;
    struct stoa_vector *vector = NULL;
    uint8_t *values = stoa_arena_alloc(opener->context->arena, size);
    if (!values)
        return stoa_arena_fail(opener->context->arena, size, err);
    STOA_TRY(stoa_node_scratch(opener->root, &vector, err));
    for (uint32_t v = 0; v < stoa_vector_count(count); v++) {
        STOA_TRY(stoa_node_decode(opener->root, v, vector, err));
        memcpy(values + (size_t)v * STOA_VECTOR_ROWS * opener->width, vector->values.raw,
               vector->length * opener->width);
    }
    opener->values = values;
    if (opener->dictionary.phys == STOA_PHYS_BYTES)
        opener->dictionary.views = opener->values;
    else
        opener->dictionary.values = opener->values;
    return STOA_OK;
}

static stoa_status check_order(const struct stoa_dictionary *dictionary, stoa_error *err)
{
    struct stoa_value last = stoa_dictionary_value(dictionary, 0);
    for (uint32_t code = 1; code < dictionary->count; code++) {
        const struct stoa_value value = stoa_dictionary_value(dictionary, code);
        if (stoa_value_compare_exact(dictionary->phys, &last, &value) >= 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "dictionary: expected entry %" PRIu32
                             " above the one before, found it below or equal",
                             code);
        last = value;
    }
    return STOA_OK;
}

static stoa_status check_arguments(enum stoa_phys phys, uint32_t count, stoa_error *err)
{
    if (count == 0 || count > STOA_ROW_GROUP_ROWS)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dictionary: expected 1 to %d entries, found %" PRIu32,
                         STOA_ROW_GROUP_ROWS, count);
    if (phys == STOA_PHYS_BOOL)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dictionary: expected a kind other than BOOL, found BOOL");
    return STOA_OK;
}

stoa_status stoa_dictionary_open(const uint8_t *payload, size_t size, enum stoa_phys phys,
                                 bool is_utf8, uint32_t count,
                                 const struct stoa_kernels *kernels,
                                 struct stoa_arena *arena,
                                 struct stoa_decompressor *decompressor,
                                 struct stoa_dictionary *out_dictionary, stoa_error *err)
{
    STOA_TRY(check_arguments(phys, count, err));
    struct stoa_enc_context *context = stoa_arena_alloc_zeroed(arena, 1, sizeof *context);
    if (!context)
        return stoa_arena_fail(arena, sizeof *context, err);
    context->arena = arena;
    context->kernels = kernels;
    context->decompressor = decompressor;
    context->is_utf8 = is_utf8;
    struct opener opener = {
        .context = context,
        .dictionary = {.phys = phys, .count = count},
        .width = phys == STOA_PHYS_BYTES ? sizeof(struct stoa_view) : stoa_phys_width(phys),
    };
    STOA_TRY(open_root(&opener, payload, size, err));
    STOA_TRY(decode_entries(&opener, err));
    STOA_TRY(check_order(&opener.dictionary, err));
    STOA_TRY(stoa_dictionary_memo_create(arena, &opener.dictionary.memo, err));
    *out_dictionary = opener.dictionary;
    return STOA_OK;
}
