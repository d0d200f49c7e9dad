/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stoa_dataset_layout: opens every block of a column, describes its tree, and sorts the blocks by
 * the shape of that. The first block of each shape is decoded and offered to all encodings, the
 * way the writer did it: estimates are a function of values and profile, so what comes out is
 * what was compared when the file was written, but for dictionaries, which a row group decides.
 */
#include "stoa/column_layout.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/snapshot.h"
#include "format/block.h"

enum { MAX_PARTS = 64, TREE_SIZE = 256 };

struct part {
    char shape[TREE_SIZE]; /* the tree without its numbers */
    char tree[TREE_SIZE];
    stoa_layout_part info;
};

struct layout {
    stoa_dataset *dataset;
    enum stoa_profile profile;
    struct stoa_block_slot slot;
    struct stoa_vector vector;
    struct stoa_column_builder builder;
    struct stoa_buf text;
    struct part *parts; /* of the column; owned, MAX_PARTS of them */
    size_t count;
};

/* ---- one block ---- */

static stoa_status describe(struct layout *layout, char tree[TREE_SIZE], stoa_error *err)
{
    const struct stoa_block *block = &layout->slot.block;
    layout->text.size = 0;
    if (block->root)
        STOA_TRY(stoa_node_describe(block->root, &layout->text, err));
    const size_t size =
        layout->text.size < TREE_SIZE - 1 ? layout->text.size : TREE_SIZE - 1;
    if (size > 0)
        memcpy(tree, layout->text.data, size);
    tree[size] = '\0';
    return STOA_OK;
}

static void find_shape(const char *tree, char shape[TREE_SIZE])
{
    size_t used = 0;
    for (; *tree; tree++) {
        if ((*tree < '0' || *tree > '9') && *tree != '.' && *tree != '-')
            shape[used++] = *tree;
    }
    shape[used] = '\0';
}

static const char *find_reason(const struct stoa_enc_bids *bids, uint8_t encoding,
                               uint64_t size, const struct stoa_enc_bid **out_own,
                               const struct stoa_enc_bid **out_next)
{
    *out_own = NULL;
    *out_next = NULL;
    for (uint32_t i = 0; i < bids->count; i++) {
        const struct stoa_enc_bid *bid = &bids->items[i];
        if ((unsigned)bid->encoding->id == encoding)
            *out_own = bid;
        else if (!*out_next)
            *out_next = bid;
    }
    if (encoding == 0)
        return "all rows are NULL";
    if (encoding == STOA_ENC_CONST)
        return "all values are equal";
    if (encoding == STOA_ENC_DICT)
        return *out_next && (*out_next)->size < size
                   ? "a dictionary pays for the row group, if not for this block"
                   : "a dictionary pays for the row group";
    if (encoding == STOA_ENC_SAME)
        return "another column tells it";
    if (!*out_own)
        return "chosen otherwise";
    if (!*out_next)
        return "nothing else can hold it";
    if ((*out_own)->cost > (*out_next)->cost)
        return "chosen for another profile";
    return (*out_own)->size <= (*out_next)->size ? "smallest" : "quicker to decode";
}

/* Decodes the block and asks what else could have held it. */
static stoa_status ask(struct layout *layout, const struct stoa_block_info *block,
                       stoa_layout_part *info, stoa_error *err)
{
    struct stoa_enc_bids bids;
    const struct stoa_enc_bid *own = NULL;
    const struct stoa_enc_bid *next = NULL;
    stoa_column_builder_clear(&layout->builder);
    STOA_TRY(stoa_block_decode_all(&layout->slot.block, block->raw_size, &layout->vector,
                                   &layout->builder, err));
    const struct stoa_column column = stoa_column_builder_view(&layout->builder);
    STOA_TRY(stoa_block_bids(&column, layout->profile, &bids, err));
    info->sample_rows = block->rows;
    info->sample_bytes = layout->slot.block.root ? layout->slot.block.root->size : 0;
    info->why = find_reason(&bids, block->encoding, info->sample_bytes, &own, &next);
    info->sample_estimate = own ? own->size : 0;
    info->next = next ? next->encoding->name : "";
    info->next_estimate = next ? next->size : 0;
    return STOA_OK;
}

/* The part of this shape, new or known; beyond MAX_PARTS all go to the last. */
static struct part *find_part(struct layout *layout, const char *tree, bool *out_new)
{
    char shape[TREE_SIZE];
    find_shape(tree, shape);
    *out_new = false;
    for (size_t i = 0; i < layout->count; i++) {
        if (strcmp(layout->parts[i].shape, shape) == 0)
            return &layout->parts[i];
    }
    if (layout->count == MAX_PARTS)
        return &layout->parts[MAX_PARTS - 1];
    struct part *part = &layout->parts[layout->count++];
    memset(part, 0, sizeof *part);
    memcpy(part->shape, shape, sizeof shape);
    memcpy(part->tree, tree, TREE_SIZE);
    *out_new = true;
    return part;
}

static stoa_status add_block(struct layout *layout, struct stoa_reader *reader,
                             uint32_t column, uint32_t group, uint32_t number,
                             stoa_error *err)
{
    const struct stoa_block_slot *slot = &layout->slot;
    const uint64_t before = slot->bytes_read;
    struct stoa_block_info block;
    char tree[TREE_SIZE];
    bool is_new = false;
    STOA_TRY(stoa_reader_block_info(reader, column, group, number, &block, err));
    STOA_TRY(stoa_reader_load(reader, column, group, number, &layout->slot, err));
    STOA_TRY(describe(layout, tree, err));
    struct part *part = find_part(layout, tree, &is_new);
    if (is_new)
        STOA_TRY(ask(layout, &block, &part->info, err));
    part->info.blocks++;
    part->info.rows += block.rows;
    part->info.bytes += block.stored_size;
    /* The first block of a row group that needs the dictionary is read with it. */
    const uint64_t others = slot->base ? slot->base->bytes_read : 0;
    if (block.uses_dictionary)
        part->info.dictionary_bytes +=
            slot->bytes_read - before - block.stored_size - others;
    return STOA_OK;
}

/* ---- a column over all files ---- */

static stoa_status add_file(struct layout *layout, struct stoa_reader *reader,
                            uint32_t field_id, stoa_error *err)
{
    bool has = false;
    uint32_t column = 0;
    STOA_TRY(stoa_reader_find_id(reader, field_id, &has, &column, err));
    for (uint32_t g = 0; has && g < stoa_reader_row_groups(reader); g++) {
        struct stoa_row_group_info group;
        STOA_TRY(stoa_reader_row_group(reader, g, &group, err));
        for (uint32_t b = 0; b < group.blocks; b++)
            STOA_TRY(add_block(layout, reader, column, g, b, err));
    }
    return STOA_OK;
}

static int by_bytes(const void *a, const void *b)
{
    const stoa_layout_part *left = &((const struct part *)a)->info;
    const stoa_layout_part *right = &((const struct part *)b)->info;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return strcmp(((const struct part *)a)->shape, ((const struct part *)b)->shape);
}

static stoa_status add_files(struct layout *layout, const stoa_field *field,
                             stoa_error *err)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(layout->dataset);
    for (size_t i = 0; i < info->file_count; i++) {
        struct stoa_reader *reader = NULL;
        STOA_TRY(stoa_dataset_acquire(layout->dataset, i, &reader, err));
        const stoa_status status = add_file(layout, reader, field->id, err);
        stoa_dataset_release(layout->dataset, i, reader);
        STOA_TRY(status);
    }
    return STOA_OK;
}

/* *out_stop: the caller has had enough. */
static stoa_status lay_out_column(struct layout *layout, const stoa_field *field,
                                  int (*each)(void *context, const stoa_layout_part *part),
                                  void *context, bool *out_stop, stoa_error *err)
{
    const enum stoa_phys phys = stoa_type_phys(field->type);
    layout->count = 0;
    STOA_TRY(stoa_vector_init(&layout->vector, phys, err));
    stoa_column_builder_init(&layout->builder, phys);
    const stoa_status status = add_files(layout, field, err);
    stoa_vector_done(&layout->vector);
    stoa_column_builder_done(&layout->builder);
    STOA_TRY(status);
    qsort(layout->parts, layout->count, sizeof *layout->parts, by_bytes);
    for (size_t i = 0; i < layout->count && !*out_stop; i++) {
        struct part *part = &layout->parts[i];
        part->info.column = field->name;
        part->info.encoding = part->tree;
        *out_stop = each(context, &part->info) != 0;
    }
    return STOA_OK;
}

stoa_status stoa_dataset_layout(stoa_dataset *dataset, const char *profile,
                                int (*each)(void *context, const stoa_layout_part *part),
                                void *context, stoa_error *err)
{
    struct layout layout = {.dataset = dataset};
    stoa_status status = STOA_OK;
    bool is_stopped = false;
    if (dataset == NULL || each == NULL)
        return stoa_fail(err, STOA_E_USAGE,
                         "expected a dataset and a function, found NULL");
    STOA_TRY(stoa_profile_find(profile ? profile : "balanced", &layout.profile, err));
    const stoa_schema *schema = &stoa_dataset_get_info(dataset)->schema;
    layout.parts = stoa_alloc_array(MAX_PARTS, sizeof *layout.parts);
    if (layout.parts == NULL)
        return stoa_fail_memory(err, MAX_PARTS * sizeof *layout.parts);
    stoa_block_slot_init(&layout.slot);
    stoa_buf_init(&layout.text, 1 << 20);
    for (size_t i = 0; i < schema->field_count && status == STOA_OK && !is_stopped; i++)
        status =
            lay_out_column(&layout, &schema->fields[i], each, context, &is_stopped, err);
    stoa_block_slot_done(&layout.slot);
    stoa_buf_done(&layout.text);
    stoa_free(layout.parts);
    return status;
}
