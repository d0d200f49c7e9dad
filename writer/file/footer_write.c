/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The footer (spec/format.md section 5) and the trailer, from what the row groups left behind.
 * The stream is made twice, once to hash it and once to write it: a page's checksum needs the
 * hash of the whole stream [FMT-60], and the second making costs less than the memory of a
 * second copy of all block records. Called by stoa_file_writer_finish.
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/checked.h"
#include "format/layout_schema.h"
#include "format/stats_record.h"
#include "writer/file/writer_state.h"

enum { SINK_PAGES = 16 };

/* Takes the stream; hashes it, or cuts it into pages and writes them. */
struct footer_sink {
    struct stoa_hasher *hasher;      /* NULL: pages are written */
    struct stoa_file_output *output; /* for pages */
    struct stoa_hash128 content;     /* for pages */
    uint64_t position;               /* bytes of stream taken */
    uint64_t page;                   /* number of the page being filled */
    size_t in_page;                  /* stream bytes in it */
    size_t start;                    /* where it begins in buffer */
    uint8_t *buffer;                 /* SINK_PAGES pages */
};

struct footer {
    const struct stoa_file_writer *writer;
    struct footer_sink sink;
    enum stoa_phys phys;  /* of the column being visited */
    uint64_t bounds_next; /* heap offset of the next bounds */
    uint64_t names_size;
    uint64_t sizes[STOA_SECTION_ID_LIMIT];
    uint32_t section_count;
    uint64_t directory_offset;
    struct stoa_stats_record *file_stats; /* one per column; bounds_offset in file_heap */
    struct stoa_buf file_heap;
    uint32_t *dictionary_next; /* per row group: its next dictionary record */
};

/* ---- sink ---- */

static stoa_status sink_flush(struct footer_sink *sink, stoa_error *err)
{
    const size_t size = sink->start;
    sink->start = 0;
    if (sink->hasher) {
        stoa_hasher_update(sink->hasher, sink->buffer, size);
        return STOA_OK;
    }
    return stoa_file_output_write(sink->output, sink->buffer, size, err);
}

static stoa_status sink_end_page(struct footer_sink *sink, stoa_error *err)
{
    uint8_t *page = sink->buffer + sink->start;
    sink->start += sink->in_page;
    if (!sink->hasher) {
        stoa_store_le64(page + sink->in_page,
                        stoa_page_checksum(page, sink->in_page, sink->content, sink->page));
        sink->start += 8;
    }
    sink->in_page = 0;
    sink->page++;
    if (sink->start > (SINK_PAGES - 1) * STOA_PAGE_SIZE)
        return sink_flush(sink, err);
    return STOA_OK;
}

static stoa_status sink_put(struct footer_sink *sink, const void *bytes, size_t size,
                            stoa_error *err)
{
    const uint8_t *from = bytes;
    sink->position += size;
    while (size > 0) {
        const size_t room = STOA_PAGE_STREAM_SIZE - sink->in_page;
        const size_t step = size < room ? size : room;
        memcpy(sink->buffer + sink->start + sink->in_page, from, step);
        sink->in_page += step;
        from += step;
        size -= step;
        if (sink->in_page == STOA_PAGE_STREAM_SIZE)
            STOA_TRY(sink_end_page(sink, err));
    }
    return STOA_OK;
}

static stoa_status sink_align(struct footer_sink *sink, stoa_error *err)
{
    static const uint8_t zeros[STOA_PAYLOAD_ALIGN];
    const uint64_t end = stoa_align_up(sink->position, STOA_PAYLOAD_ALIGN);
    return sink_put(sink, zeros, (size_t)(end - sink->position), err);
}

static stoa_status sink_finish(struct footer_sink *sink, stoa_error *err)
{
    if (sink->in_page > 0)
        STOA_TRY(sink_end_page(sink, err));
    return sink_flush(sink, err);
}

/* ---- records as the row groups kept them ---- */

static stoa_status read_block(const struct footer *footer, uint32_t column, uint32_t group,
                              uint32_t block, struct stoa_block_record *out_record,
                              stoa_error *err)
{
    const struct stoa_kept_group *kept = &footer->writer->groups[group];
    const size_t index = (size_t)column * kept->record.blocks + block;
    return stoa_block_record_read(kept->tail + index * STOA_BLOCK_RECORD_SIZE, out_record,
                                  err);
}

/* The row group's statistics of a column and the heap their bounds lie in. */
static stoa_status read_group_stats(const struct footer *footer, uint32_t column,
                                    uint32_t group, struct stoa_stats_record *out_record,
                                    const uint8_t **out_heap, stoa_error *err)
{
    const struct stoa_kept_group *kept = &footer->writer->groups[group];
    if (kept->stats) {
        *out_heap =
            kept->stats + footer->writer->schema.field_count * STOA_STATS_RECORD_SIZE;
        return stoa_stats_record_read(kept->stats + (size_t)column * STOA_STATS_RECORD_SIZE,
                                      out_record, err);
    }
    struct stoa_block_record block; /* [FMT-63] one block: they are the block's */
    STOA_TRY(read_block(footer, column, group, 0, &block, err));
    *out_record = (struct stoa_stats_record){
        .rows = block.rows,
        .null_count = block.null_count,
        .nan_count = block.nan_count,
        .core = block.core,
    };
    out_record->core.flags &= STOA_RECORD_STATS_FLAGS;
    *out_heap = kept->tail + kept->heap_start;
    return STOA_OK;
}

/* Gives the bounds their place in the footer's heap [FMT-73]. */
static void relocate(struct footer *footer, struct stoa_stats_core *core)
{
    const size_t size = stoa_stats_bounds_size(footer->phys, core);
    core->bounds_offset = size > 0 ? (uint32_t)footer->bounds_next : 0;
    footer->bounds_next += size;
}

typedef stoa_status (*block_fn)(struct footer *footer, uint32_t group,
                                struct stoa_block_record *record, stoa_error *err);
typedef stoa_status (*stats_fn)(struct footer *footer, struct stoa_stats_record *record,
                                const uint8_t *heap, stoa_error *err);

/* All blocks of one column of one row group, in order. */
static stoa_status visit_group_blocks(struct footer *footer, uint32_t column,
                                      uint32_t group, block_fn visit, stoa_error *err)
{
    for (uint32_t b = 0; b < footer->writer->groups[group].record.blocks; b++) {
        struct stoa_block_record record;
        STOA_TRY(read_block(footer, column, group, b, &record, err));
        STOA_TRY(visit(footer, group, &record, err));
    }
    return STOA_OK;
}

/* All block records in the order of the section. */
static stoa_status visit_blocks(struct footer *footer, block_fn visit, stoa_error *err)
{
    for (uint32_t c = 0; c < footer->writer->schema.field_count; c++) {
        footer->phys = footer->writer->columns[c].phys;
        for (uint32_t g = 0; g < footer->writer->group_count; g++)
            STOA_TRY(visit_group_blocks(footer, c, g, visit, err));
    }
    return STOA_OK;
}

/* All row-group statistics in the order of the section, if there is one. */
static stoa_status visit_group_stats(struct footer *footer, stats_fn visit, stoa_error *err)
{
    if (footer->sizes[STOA_SECTION_GROUP_STATS] == 0)
        return STOA_OK;
    for (uint32_t c = 0; c < footer->writer->schema.field_count; c++) {
        footer->phys = footer->writer->columns[c].phys;
        for (uint32_t g = 0; g < footer->writer->group_count; g++) {
            struct stoa_stats_record record;
            const uint8_t *heap = NULL;
            STOA_TRY(read_group_stats(footer, c, g, &record, &heap, err));
            STOA_TRY(visit(footer, &record, heap, err));
        }
    }
    return STOA_OK;
}

/* All file statistics in the order of the section, if there is one. */
static stoa_status visit_file_stats(struct footer *footer, stats_fn visit, stoa_error *err)
{
    if (footer->sizes[STOA_SECTION_FILE_STATS] == 0)
        return STOA_OK;
    for (uint32_t c = 0; c < footer->writer->schema.field_count; c++) {
        footer->phys = footer->writer->columns[c].phys;
        struct stoa_stats_record record = footer->file_stats[c];
        STOA_TRY(visit(footer, &record, footer->file_heap.data, err));
    }
    return STOA_OK;
}

/* ---- sections, in the order of their ids ---- */

static stoa_status put_block(struct footer *footer, uint32_t group,
                             struct stoa_block_record *record, stoa_error *err)
{
    uint8_t bytes[STOA_BLOCK_RECORD_SIZE];
    STOA_UNUSED(group);
    relocate(footer, &record->core);
    stoa_block_record_write(record, bytes);
    return sink_put(&footer->sink, bytes, sizeof bytes, err);
}

static stoa_status put_blocks(struct footer *footer, stoa_error *err)
{
    return visit_blocks(footer, put_block, err);
}

static stoa_status put_stats(struct footer *footer, struct stoa_stats_record *record,
                             const uint8_t *heap, stoa_error *err)
{
    uint8_t bytes[STOA_STATS_RECORD_SIZE];
    STOA_UNUSED(heap);
    relocate(footer, &record->core);
    stoa_stats_record_write(record, bytes);
    return sink_put(&footer->sink, bytes, sizeof bytes, err);
}

static stoa_status put_group_stats(struct footer *footer, stoa_error *err)
{
    return visit_group_stats(footer, put_stats, err);
}

static stoa_status put_file_stats(struct footer *footer, stoa_error *err)
{
    return visit_file_stats(footer, put_stats, err);
}

/* The record of `column` in row group `group`: its next one if it is the column's, else an
 * empty one [FMT-72]. Columns come in ascending order. */
static stoa_status put_dictionary(struct footer *footer, uint32_t column, uint32_t group,
                                  stoa_error *err)
{
    const struct stoa_kept_group *kept = &footer->writer->groups[group];
    const uint64_t blocks =
        (uint64_t)footer->writer->schema.field_count * kept->record.blocks;
    struct stoa_dictionary_record record = {.column = column};
    uint8_t bytes[STOA_DICTIONARY_RECORD_SIZE];
    if (footer->dictionary_next[group] < kept->record.dictionaries) {
        const uint64_t at =
            blocks * STOA_BLOCK_RECORD_SIZE +
            (uint64_t)footer->dictionary_next[group] * STOA_DICTIONARY_RECORD_SIZE;
        struct stoa_dictionary_record next;
        STOA_TRY(stoa_dictionary_record_read(kept->tail + at, &next, err));
        if (next.column == column) {
            record = next;
            footer->dictionary_next[group]++;
        }
    }
    stoa_dictionary_record_write(&record, bytes);
    return sink_put(&footer->sink, bytes, sizeof bytes, err);
}

static stoa_status put_dictionaries(struct footer *footer, stoa_error *err)
{
    const struct stoa_file_writer *writer = footer->writer;
    for (uint32_t g = 0; g < writer->group_count; g++)
        footer->dictionary_next[g] = 0;
    for (uint32_t c = 0; c < writer->schema.field_count; c++) {
        for (uint32_t g = 0; writer->has_dictionary[c] && g < writer->group_count; g++)
            STOA_TRY(put_dictionary(footer, c, g, err));
    }
    return STOA_OK;
}

static stoa_status put_block_bounds(struct footer *footer, uint32_t group,
                                    struct stoa_block_record *record, stoa_error *err)
{
    const struct stoa_kept_group *kept = &footer->writer->groups[group];
    return sink_put(&footer->sink,
                    kept->tail + kept->heap_start + record->core.bounds_offset,
                    stoa_stats_bounds_size(footer->phys, &record->core), err);
}

static stoa_status put_stats_bounds(struct footer *footer, struct stoa_stats_record *record,
                                    const uint8_t *heap, stoa_error *err)
{
    const size_t size = stoa_stats_bounds_size(footer->phys, &record->core);
    if (size == 0)
        return STOA_OK;
    return sink_put(&footer->sink, heap + record->core.bounds_offset, size, err);
}

/* [FMT-73] */
static stoa_status put_heap(struct footer *footer, stoa_error *err)
{
    const stoa_schema *schema = &footer->writer->schema;
    for (size_t c = 0; c < schema->field_count; c++)
        STOA_TRY(sink_put(&footer->sink, schema->fields[c].name,
                          strlen(schema->fields[c].name), err));
    STOA_TRY(visit_blocks(footer, put_block_bounds, err));
    STOA_TRY(visit_group_stats(footer, put_stats_bounds, err));
    return visit_file_stats(footer, put_stats_bounds, err);
}

static stoa_status put_field_ids(struct footer *footer, stoa_error *err)
{
    const size_t size = (size_t)footer->sizes[STOA_SECTION_FIELD_IDS];
    uint8_t *pairs = stoa_alloc(size);
    if (!pairs)
        return stoa_fail_memory(err, size);
    stoa_field_ids_fill(&footer->writer->schema, pairs); /* unique: checked by create */
    const stoa_status status = sink_put(&footer->sink, pairs, size, err);
    stoa_free(pairs);
    return status;
}

static stoa_status put_zone_bytes(void *context, const void *bytes, size_t size,
                                  stoa_error *err)
{
    return sink_put(context, bytes, size, err);
}

static stoa_status put_zones(struct footer *footer, stoa_error *err)
{
    return stoa_zones_put(footer->writer, put_zone_bytes, &footer->sink, err);
}

static stoa_status put_filters(struct footer *footer, stoa_error *err)
{
    return stoa_filters_put(footer->writer, put_zone_bytes, &footer->sink, err);
}

/* [FMT-102] */
static stoa_status put_sketches(struct footer *footer, stoa_error *err)
{
    const struct stoa_file_writer *writer = footer->writer;
    for (size_t c = 0; c < writer->schema.field_count; c++) {
        uint8_t bytes[STOA_SKETCH_BYTES_MAX];
        const size_t size = stoa_sketch_write(&writer->sketches[c], bytes);
        STOA_TRY(sink_put(&footer->sink, bytes, size, err));
    }
    return STOA_OK;
}

/* Where a column's sketch begins, in units; goes on behind it. */
static uint32_t sketch_offset(const struct stoa_file_writer *writer, uint32_t column,
                              uint32_t *next)
{
    uint8_t bytes[STOA_SKETCH_BYTES_MAX];
    const uint32_t offset = *next;
    if (!writer->sketches)
        return 0;
    *next += (uint32_t)(stoa_sketch_write(&writer->sketches[column], bytes) /
                        STOA_PAYLOAD_ALIGN);
    return offset;
}

static void measure_sketches(struct footer *footer)
{
    const struct stoa_file_writer *writer = footer->writer;
    uint32_t next = 0;
    for (uint32_t c = 0; writer->sketches && c < writer->schema.field_count; c++)
        sketch_offset(writer, c, &next);
    footer->sizes[STOA_SECTION_SKETCHES] = (uint64_t)next * STOA_PAYLOAD_ALIGN;
}

/* [FMT-91] [FMT-111] Where a column's part of `size` bytes begins, in units; goes on behind it. */
static uint32_t part_offset(uint64_t size, uint64_t *next)
{
    const uint64_t offset = size > 0 ? *next : 0;
    *next += size / STOA_PAYLOAD_ALIGN;
    return (uint32_t)offset; /* plan has bounded the section */
}

static stoa_status put_columns(struct footer *footer, stoa_error *err)
{
    const struct stoa_file_writer *writer = footer->writer;
    uint64_t zones_next = 0;
    uint64_t filters_next = 0;
    uint32_t sketch_next = 0;
    uint32_t name_offset = 0;
    uint32_t dictionary_index = 0;
    for (size_t c = 0; c < writer->schema.field_count; c++) {
        const stoa_field *field = &writer->fields[c];
        const size_t name_size = strlen(field->name);
        const bool has_dictionary = writer->has_dictionary[c];
        const struct stoa_column_record record = {
            .name_hash = stoa_hash64(field->name, name_size, 0),
            .field_id = field->id,
            .name_offset = name_offset,
            .name_size = (uint16_t)name_size,
            .flags = (uint8_t)((field->nullable ? STOA_COLUMN_NULLABLE : 0) |
                               (has_dictionary ? STOA_COLUMN_HAS_DICTIONARY : 0) |
                               (writer->has_zones[c] ? STOA_COLUMN_HAS_ZONES : 0) |
                               (writer->sketches ? STOA_COLUMN_HAS_SKETCH : 0) |
                               (writer->has_filters[c] ? STOA_COLUMN_HAS_FILTERS : 0)),
            .type = field->type,
            .stored_size = writer->stored_bytes[c],
            .null_count = writer->stats[c].null_count,
            .dictionary_index = has_dictionary ? dictionary_index : STOA_NO_INDEX,
            .zones_offset = part_offset(stoa_zones_size(writer, (uint32_t)c), &zones_next),
            .filters_offset =
                part_offset(stoa_filters_size(writer, (uint32_t)c), &filters_next),
            .sketch_offset = sketch_offset(writer, (uint32_t)c, &sketch_next),
        };
        uint8_t bytes[STOA_COLUMN_RECORD_SIZE];
        stoa_column_record_write(&record, bytes);
        STOA_TRY(sink_put(&footer->sink, bytes, sizeof bytes, err));
        name_offset += (uint32_t)name_size;
        dictionary_index += has_dictionary ? writer->group_count : 0;
    }
    return STOA_OK;
}

static stoa_status put_names(struct footer *footer, stoa_error *err)
{
    return sink_put(&footer->sink, footer->writer->name_table,
                    (size_t)footer->sizes[STOA_SECTION_NAMES], err);
}

static stoa_status put_groups(struct footer *footer, stoa_error *err)
{
    for (uint32_t g = 0; g < footer->writer->group_count; g++) {
        uint8_t bytes[STOA_GROUP_RECORD_SIZE];
        stoa_group_record_write(&footer->writer->groups[g].record, bytes);
        STOA_TRY(sink_put(&footer->sink, bytes, sizeof bytes, err));
    }
    return STOA_OK;
}

static stoa_status put_directory(struct footer *footer, stoa_error *err)
{
    uint64_t offset = 0;
    for (uint32_t id = 1; id < STOA_SECTION_ID_LIMIT; id++) {
        const struct stoa_section section = {
            .id = id,
            .flags = stoa_section_is_required(id) ? STOA_SECTION_REQUIRED : 0,
            .offset = offset,
            .size = footer->sizes[id],
        };
        uint8_t bytes[STOA_SECTION_SIZE];
        if (section.size == 0)
            continue;
        stoa_section_write(&section, bytes);
        STOA_TRY(sink_put(&footer->sink, bytes, sizeof bytes, err));
        offset = stoa_align_up(offset + section.size, STOA_PAYLOAD_ALIGN);
    }
    return STOA_OK;
}

/* ---- the whole ---- */

/* The whole stream into the sink; the same bytes every time. */
static stoa_status put_stream(struct footer *footer, stoa_error *err)
{
    static stoa_status (*const put_section[STOA_SECTION_ID_LIMIT])(struct footer *,
                                                                   stoa_error *) = {
        [STOA_SECTION_BLOCKS] = put_blocks,
        [STOA_SECTION_GROUP_STATS] = put_group_stats,
        [STOA_SECTION_FILE_STATS] = put_file_stats,
        [STOA_SECTION_DICTIONARIES] = put_dictionaries,
        [STOA_SECTION_HEAP] = put_heap,
        [STOA_SECTION_FIELD_IDS] = put_field_ids,
        [STOA_SECTION_COLUMNS] = put_columns,
        [STOA_SECTION_NAMES] = put_names,
        [STOA_SECTION_GROUPS] = put_groups,
        [STOA_SECTION_ZONES] = put_zones,
        [STOA_SECTION_FILTERS] = put_filters,
        [STOA_SECTION_SKETCHES] = put_sketches,
    };
    footer->bounds_next = footer->names_size;
    for (uint32_t id = 1; id < STOA_SECTION_ID_LIMIT; id++) {
        if (footer->sizes[id] == 0)
            continue;
        STOA_TRY(put_section[id](footer, err));
        STOA_TRY(sink_align(&footer->sink, err));
    }
    STOA_TRY(put_directory(footer, err));
    return sink_finish(&footer->sink, err);
}

static stoa_status make_file_stats(struct footer *footer, stoa_error *err)
{
    const struct stoa_file_writer *writer = footer->writer;
    const size_t columns = writer->schema.field_count;
    footer->file_stats = stoa_alloc_array(columns, sizeof *footer->file_stats);
    if (!footer->file_stats)
        return stoa_fail_memory(err, columns * sizeof *footer->file_stats);
    for (size_t c = 0; c < columns; c++) {
        const struct stoa_stats *stats = &writer->stats[c];
        footer->file_stats[c] = (struct stoa_stats_record){
            .rows = stats->rows,
            .null_count = stats->null_count,
            .nan_count = stats->nan_count,
        };
        uint8_t bounds[STOA_STATS_BOUNDS_MAX];
        const size_t size = stoa_stats_to_core(stats, &footer->file_stats[c].core, bounds);
        if (size > 0)
            footer->file_stats[c].core.bounds_offset = (uint32_t)footer->file_heap.size;
        STOA_TRY(stoa_buf_append(&footer->file_heap, bounds, size, err));
    }
    return STOA_OK;
}

/* Sizes that do not follow from the counts alone. */
static stoa_status measure_heap(struct footer *footer, stoa_error *err)
{
    const struct stoa_file_writer *writer = footer->writer;
    uint64_t size = 0;
    for (size_t c = 0; c < writer->schema.field_count; c++)
        size += strlen(writer->fields[c].name);
    footer->names_size = size;
    for (uint32_t g = 0; g < writer->group_count; g++) {
        const struct stoa_kept_group *kept = &writer->groups[g];
        size += kept->heap_size;
        if (footer->sizes[STOA_SECTION_GROUP_STATS] == 0)
            continue;
        size += kept->stats ? kept->stats_size - writer->schema.field_count *
                                                     (size_t)STOA_STATS_RECORD_SIZE
                            : kept->heap_size;
    }
    if (footer->sizes[STOA_SECTION_FILE_STATS] > 0)
        size += footer->file_heap.size;
    if (size > UINT32_MAX)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most %" PRIu32
                         " bytes of names and bounds in a footer, found %" PRIu64,
                         UINT32_MAX, size);
    footer->sizes[STOA_SECTION_HEAP] = size;
    return STOA_OK;
}

static stoa_status plan(struct footer *footer, stoa_error *err)
{
    const struct stoa_file_writer *writer = footer->writer;
    const uint32_t columns = (uint32_t)writer->schema.field_count;
    STOA_TRY(make_file_stats(footer, err));
    for (uint32_t id = 1; id < STOA_SECTION_ID_LIMIT; id++)
        footer->sizes[id] = stoa_section_fixed_size((enum stoa_section_id)id, columns,
                                                    writer->group_count, writer->blocks);
    for (uint32_t c = 0; c < columns; c++) {
        if (writer->has_dictionary[c])
            footer->sizes[STOA_SECTION_DICTIONARIES] +=
                (uint64_t)STOA_DICTIONARY_RECORD_SIZE * writer->group_count;
    }
    for (uint32_t c = 0; c < columns; c++) {
        footer->sizes[STOA_SECTION_ZONES] += stoa_zones_size(writer, c);
        footer->sizes[STOA_SECTION_FILTERS] += stoa_filters_size(writer, c);
    }
    if (footer->sizes[STOA_SECTION_ZONES] / STOA_PAYLOAD_ALIGN > UINT32_MAX)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most 32 GiB of zones in a footer, found %" PRIu64
                         " bytes",
                         footer->sizes[STOA_SECTION_ZONES]);
    measure_sketches(footer);
    if (!stoa_field_ids_ascend(&writer->schema))
        footer->sizes[STOA_SECTION_FIELD_IDS] = (uint64_t)STOA_FIELD_ID_SIZE * columns;
    STOA_TRY(measure_heap(footer, err));
    for (uint32_t id = 1; id < STOA_SECTION_ID_LIMIT; id++) {
        footer->section_count += footer->sizes[id] > 0;
        footer->directory_offset += stoa_align_up(footer->sizes[id], STOA_PAYLOAD_ALIGN);
    }
    return STOA_OK;
}

static stoa_status allocate(struct footer *footer, stoa_error *err)
{
    stoa_buf_init(&footer->file_heap, UINT32_MAX);
    const size_t buffer_size = (size_t)SINK_PAGES * STOA_PAGE_SIZE;
    footer->sink.buffer = stoa_alloc(buffer_size);
    footer->sink.hasher = stoa_hasher_create();
    footer->dictionary_next =
        stoa_alloc_array(footer->writer->group_count, sizeof *footer->dictionary_next);
    if (!footer->sink.buffer || !footer->sink.hasher || !footer->dictionary_next)
        return stoa_fail_memory(err, buffer_size);
    return STOA_OK;
}

/* Pass 1: the content identity [FMT-61]; then the sink is ready for pass 2. */
static stoa_status hash_stream(struct footer *footer, stoa_error *err)
{
    struct footer_sink *sink = &footer->sink;
    STOA_TRY(put_stream(footer, err));
    sink->content = stoa_hasher_digest(sink->hasher);
    stoa_hasher_free(sink->hasher);
    sink->hasher = NULL;
    sink->position = 0;
    sink->page = 0;
    return STOA_OK;
}

static stoa_status write_trailer(struct stoa_file_writer *writer,
                                 const struct footer *footer, uint64_t footer_offset,
                                 stoa_error *err)
{
    const struct stoa_trailer trailer = {
        .footer_offset = footer_offset,
        .footer_size = writer->output.offset - footer_offset,
        .rows = writer->rows,
        .columns = (uint32_t)writer->schema.field_count,
        .row_groups = writer->group_count,
        .total_blocks = writer->blocks,
        .section_count = footer->section_count,
        .directory_offset = footer->directory_offset,
        .identity = writer->identity,
        .content = footer->sink.content,
    };
    uint8_t bytes[STOA_TRAILER_SIZE];
    writer->content = trailer.content;
    stoa_trailer_write(&trailer, bytes);
    return stoa_file_output_write(&writer->output, bytes, sizeof bytes, err);
}

stoa_status stoa_footer_write(struct stoa_file_writer *writer, stoa_error *err)
{
    const uint64_t footer_offset = writer->output.offset;
    struct footer footer = {.writer = writer, .sink = {.output = &writer->output}};
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(allocate(&footer, err));
    STOA_TRY_CLEANUP(plan(&footer, err));
    STOA_TRY_CLEANUP(hash_stream(&footer, err));
    STOA_TRY_CLEANUP(put_stream(&footer, err));
    STOA_TRY_CLEANUP(write_trailer(writer, &footer, footer_offset, err));
cleanup:
    stoa_hasher_free(footer.sink.hasher);
    stoa_free(footer.sink.buffer);
    stoa_free(footer.dictionary_next);
    stoa_free(footer.file_stats);
    stoa_buf_done(&footer.file_heap);
    return status;
}
