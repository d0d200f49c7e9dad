/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which columns of a row group get a filter, and the filter [FMT-110]: those that were asked for, and
 * by rule high-cardinality keys whose values are long. Called by row_group_encode.c, column after
 * column, while the buffered values are there.
 */
#include "common/alloc.h"
#include "format/filter.h"
#include "writer/file/writer_state.h"

enum {
    DISTINCT_SHARE = 10, /* one value in so many must be different */
    STORED_SHARE = 20    /* a filter by rule may have one byte for so many stored ones */
};
/* What filters of a file may come to: they are in memory until the footer is written. */
#define FILTERS_MAX ((size_t)64 << 20)

/* Keys are looked for one by one; zones or a dictionary find them without a filter. */
static bool pays(const struct stoa_file_writer *writer,
                 const struct stoa_filter_facts *facts)
{
    const stoa_type_id id = writer->fields[facts->column].type.id;
    const bool is_key = (id >= STOA_TYPE_INT8 && id <= STOA_TYPE_UINT64) ||
                        id == STOA_TYPE_TEXT || id == STOA_TYPE_UUID;
    if (!is_key || facts->has_zones || facts->has_dictionary || !facts->sketch)
        return false;
    const uint64_t distinct = stoa_sketch_estimate(facts->sketch);
    return distinct >= facts->values->length / DISTINCT_SHARE &&
           distinct * 9 / 8 * STORED_SHARE <= facts->stored_size;
}

struct hashes {
    uint64_t *items;
    uint32_t count;
};

static void add_hash(void *context, uint64_t hash)
{
    struct hashes *hashes = context;
    hashes->items[hashes->count++] = hash;
}

stoa_status stoa_row_group_filter(struct stoa_file_writer *writer,
                                  const struct stoa_filter_facts *facts,
                                  struct stoa_buf *filters, stoa_error *err)
{
    const struct stoa_column *values = facts->values;
    const bool is_wanted = writer->wants_filter && writer->wants_filter[facts->column];
    struct hashes hashes = {.count = 0};
    if ((!is_wanted && !pays(writer, facts)) || writer->filter_bytes >= FILTERS_MAX)
        return STOA_OK;
    hashes.items = stoa_alloc_array(values->length, sizeof *hashes.items);
    if (!hashes.items)
        return stoa_fail_memory(err, values->length * sizeof *hashes.items);
    const size_t before = filters->size;
    stoa_column_hash(values, add_hash, &hashes);
    stoa_status status = STOA_OK;
    if (hashes.count > 0)
        status = stoa_filter_build(hashes.items, hashes.count, filters, err);
    stoa_free(hashes.items);
    writer->filter_bytes += filters->size - before;
    writer->has_filters[facts->column] |= filters->size > before;
    return status;
}
