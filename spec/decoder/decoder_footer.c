/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The footer (format.md 5): pages into a stream, the directory, and every section that does not
 * need decoded rows: column records, name table, field ids, row-group records.
 */
#include "decoder.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE   4096u
#define PAGE_STREAM 4088u

static const char *const section_names[SECTION_COUNT] = {"",
                                                         "block records",
                                                         "row-group statistics",
                                                         "file statistics",
                                                         "dictionary records",
                                                         "heap",
                                                         "field ids",
                                                         "column records",
                                                         "name table",
                                                         "row-group records",
                                                         [SECTION_ZONES] = "zones",
                                                         [SECTION_FILTERS] = "filters",
                                                         [SECTION_SKETCHES] = "sketches"};

/* [FMT-60] Joins the pages' stream bytes, checking each; [FMT-61] checks the content identity. */
static void read_pages(struct decoder *d, struct heap *heap)
{
    const uint8_t *trailer = d->bytes + d->size - 128;
    const uint64_t pages = (d->footer_size + PAGE_SIZE - 1) / PAGE_SIZE;
    if (d->footer_size < 8 * pages + 1 || d->footer_size - (pages - 1) * PAGE_SIZE < 9)
        refuse(d, "footer: %llu bytes are no pages", (unsigned long long)d->footer_size);
    d->stream_size = d->footer_size - 8 * pages;
    d->stream = allocate(heap, d->stream_size, 1);
    for (uint64_t k = 0; k < pages; k++) {
        const uint8_t *page = d->bytes + d->footer_offset + k * PAGE_SIZE;
        const uint64_t left = d->stream_size - k * PAGE_STREAM;
        const uint64_t size = left < PAGE_STREAM ? left : PAGE_STREAM;
        uint8_t place[24] = {0};
        memcpy(place, trailer + 80, 16);
        for (unsigned i = 0; i < 8; i++)
            place[16 + i] = (uint8_t)(k >> 8 * i);
        if (xxh3(page, size, xxh3(place, 24, 0)) != get64(page + size))
            refuse(d, "footer: the checksum of page %llu does not fit",
                   (unsigned long long)k);
        memcpy(d->stream + k * PAGE_STREAM, page, size);
    }
    uint8_t identity[16];
    xxh3_128(d->stream, d->stream_size, identity);
    if (memcmp(identity, trailer + 80, 16) != 0)
        refuse(d, "footer: it does not have the content identity of the trailer");
}

/* Sections 1 .. 9, and those that only help a reader. */
static bool is_known(uint32_t id)
{
    return (id > 0 && id <= SECTION_GROUPS) ||
           (id >= SECTION_ZONES && id <= SECTION_SKETCHES);
}

/* [FMT-62] One directory entry; returns where its section ends. */
static uint64_t read_entry(struct decoder *d, const uint8_t *p, uint64_t end,
                           uint64_t limit)
{
    const uint32_t id = get32(p);
    const uint32_t flags = get32(p + 4);
    const uint64_t offset = get64(p + 8);
    const uint64_t size = get64(p + 16);
    const uint64_t start = (end + 7) / 8 * 8;
    if (offset != start || offset > limit || size > limit - offset || size == 0)
        refuse(d, "directory: section %u of %llu bytes at %llu does not follow %llu", id,
               (unsigned long long)size, (unsigned long long)offset,
               (unsigned long long)end);
    require_zero(d, d->stream + end, start - end, "footer padding");
    if (!is_known(id)) {
        if (flags & 1)
            refuse(d, "directory: section %u is required and unknown", id);
        return offset + size;
    }
    if (flags != (id <= SECTION_GROUPS))
        refuse(d, "directory: section %u has flags %08x, expected %d", id, flags,
               id <= SECTION_GROUPS);
    if (d->sections[id].bytes)
        refuse(d, "directory: section %u occurs twice", id);
    d->sections[id].bytes = d->stream + offset;
    d->sections[id].size = size;
    return offset + size;
}

static void read_directory(struct decoder *d)
{
    const uint8_t *trailer = d->bytes + d->size - 128;
    const uint32_t count = get32(trailer + 36);
    const uint64_t directory = get64(trailer + 40);
    if (count == 0 || count > 64 || directory > d->stream_size ||
        d->stream_size - directory != (uint64_t)24 * count)
        refuse(d, "directory: %u entries at %llu do not end the stream of %llu bytes",
               count, (unsigned long long)directory, (unsigned long long)d->stream_size);
    uint64_t end = 0;
    uint32_t last_known = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = d->stream + directory + (size_t)24 * i;
        end = read_entry(d, entry, end, directory);
        if (is_known(get32(entry))) {
            if (get32(entry) < last_known)
                refuse(d, "directory: section %u stands behind section %u", get32(entry),
                       last_known);
            last_known = get32(entry);
        }
    }
    if (directory != (end + 7) / 8 * 8)
        refuse(d, "directory: it starts at %llu, expected behind %llu",
               (unsigned long long)directory, (unsigned long long)end);
    require_zero(d, d->stream + end, directory - end, "footer padding");
}

static void require_size(const struct decoder *d, unsigned id, bool is_present,
                         uint64_t size)
{
    const struct section *s = &d->sections[id];
    if ((s->bytes != NULL) != is_present)
        refuse(d, "directory: the %s are %s", section_names[id],
               is_present ? "missing" : "there but not wanted");
    if (is_present && s->size != size)
        refuse(d, "directory: expected %llu bytes of %s, found %llu",
               (unsigned long long)size, section_names[id], (unsigned long long)s->size);
}

/* The table of [FMT-62]: which sections there are, and how large. */
static void check_sections(const struct decoder *d)
{
    const uint64_t columns = d->column_count;
    const uint64_t groups = d->group_count;
    const uint64_t blocks = d->block_count;
    uint64_t slots = 2;
    while (2 * slots < 3 * (uint64_t)columns)
        slots *= 2;
    require_size(d, SECTION_BLOCKS, d->rows > 0, 80 * columns * blocks);
    require_size(d, SECTION_GROUP_STATISTICS, groups > 1 && blocks > groups,
                 80 * columns * groups);
    require_size(d, SECTION_FILE_STATISTICS, blocks > 1, 80 * columns);
    require_size(d, SECTION_COLUMNS, true, 64 * columns);
    require_size(d, SECTION_NAMES, true, 4 * slots);
    require_size(d, SECTION_GROUPS, d->rows > 0, 64 * groups);
    require_size(d, SECTION_HEAP, true, d->sections[SECTION_HEAP].size);
    if ((d->rows == 0) != (groups == 0) || (d->rows == 0) != (blocks == 0))
        refuse(d, "trailer: %llu rows, %u row groups and %u blocks contradict",
               (unsigned long long)d->rows, d->group_count, d->block_count);
}

/* Column records (5.2) agree with the schema section; names open the heap [FMT-73]. */
static void read_columns(struct decoder *d, struct heap *heap_of_all)
{
    const struct section *heap = &d->sections[SECTION_HEAP];
    uint64_t name_end = 0;
    uint64_t with_dictionary = 0;
    for (uint32_t i = 0; i < d->column_count; i++) {
        struct column *c = &d->columns[i];
        const uint8_t *p = d->sections[SECTION_COLUMNS].bytes + (size_t)64 * i;
        d->at_column = c;
        const unsigned flags = p[21];
        if (get32(p + 8) != c->field_id || p[18] != c->type || p[19] != c->precision ||
            p[20] != c->scale || (flags & 1) != c->is_nullable ||
            get16(p + 16) != c->name_size)
            refuse(d, "column record: it differs from the schema section");
        if (flags > 31)
            refuse(d, "column record: unknown flags %02x", flags);
        if (get32(p + 12) != name_end || c->name_size > heap->size - name_end ||
            memcmp(heap->bytes + name_end, c->name, c->name_size) != 0)
            refuse(d, "column record: its name is not at %llu of the heap",
                   (unsigned long long)name_end);
        name_end += c->name_size;
        if (get64(p) != xxh3(c->name, c->name_size, 0))
            refuse(d, "column record: the hash of its name does not fit");
        require_zero(d, p + 22, 2, "column record");
        require_zero(d, p + 44, 4, "column record");
        require_zero(d, p + 60, 4, "column record");
        c->has_filters = flags & 16;
        c->filters = (uint64_t)get32(p + 56) * 8;
        if (!c->has_filters)
            require_zero(d, p + 56, 4, "column record without filters");
        c->has_sketch = flags & 8;
        c->sketch = (uint64_t)get32(p + 52) * 8;
        if (c->has_sketch && d->column_count > 4096)
            refuse(d, "column record: a sketch beside %u columns", d->column_count);
        if (c->has_sketch)
            c->registers = allocate(heap_of_all, 1024, 1);
        else
            require_zero(d, p + 52, 4, "column record without a sketch");
        c->has_zones = flags & 4;
        c->zones = (uint64_t)get32(p + 48) * 8;
        if (!c->has_zones)
            require_zero(d, p + 48, 4, "column record without zones");
        /* [FMT-72] One record for each row group. */
        c->first_dictionary = get32(p + 40);
        const uint32_t expected =
            flags & 2 ? (uint32_t)(with_dictionary++ * d->group_count) : NONE;
        if (c->first_dictionary != expected)
            refuse(d, "column record: expected dictionary record %u, found %u", expected,
                   c->first_dictionary);
    }
    d->at_column = NULL;
    require_size(d, SECTION_DICTIONARIES, with_dictionary > 0,
                 32 * d->group_count * with_dictionary);
}

/* [FMT-64] The table that entering the columns in order gives, byte by byte. */
static void check_name_table(const struct decoder *d)
{
    const struct section *s = &d->sections[SECTION_NAMES];
    const uint64_t slots = s->size / 4;
    struct heap heap = {NULL};
    uint32_t *table = allocate(&heap, slots, sizeof *table);
    memset(table, 0xff, slots * sizeof *table);
    for (uint32_t i = 0; i < d->column_count; i++) {
        uint64_t slot = xxh3(d->columns[i].name, d->columns[i].name_size, 0) % slots;
        while (table[slot] != NONE)
            slot = (slot + 1) % slots;
        table[slot] = i;
    }
    for (uint64_t slot = 0; slot < slots; slot++) {
        if (get32(s->bytes + 4 * slot) != table[slot])
            refuse(d, "name table: expected %08x in slot %llu, found %08x", table[slot],
                   (unsigned long long)slot, get32(s->bytes + 4 * slot));
    }
    heap_empty(&heap);
}

static int compare_ids(const void *a, const void *b)
{
    const struct column *x = *(const struct column *const *)a;
    const struct column *y = *(const struct column *const *)b;
    return (x->field_id > y->field_id) - (x->field_id < y->field_id);
}

static int compare_names(const void *a, const void *b)
{
    const struct column *x = *(const struct column *const *)a;
    const struct column *y = *(const struct column *const *)b;
    const uint32_t size = x->name_size < y->name_size ? x->name_size : y->name_size;
    const int order = memcmp(x->name, y->name, size);
    return order != 0 ? order
                      : (x->name_size > y->name_size) - (x->name_size < y->name_size);
}

/* [FMT-65] Ids in ascending order, left out when the columns have it; [FMT-10] names are unique. */
static void check_field_ids(const struct decoder *d)
{
    struct heap heap = {NULL};
    const struct column **sorted = allocate(&heap, d->column_count, sizeof *sorted);
    bool is_ascending = true;
    for (uint32_t i = 0; i < d->column_count; i++) {
        sorted[i] = &d->columns[i];
        is_ascending &= i == 0 || d->columns[i - 1].field_id < d->columns[i].field_id;
    }
    qsort(sorted, d->column_count, sizeof *sorted, compare_names);
    for (uint32_t i = 1; i < d->column_count; i++) {
        if (compare_names(&sorted[i - 1], &sorted[i]) == 0)
            refuse(d, "schema section: two columns have the name \"%.*s\"",
                   (int)sorted[i]->name_size, (const char *)sorted[i]->name);
    }
    require_size(d, SECTION_FIELD_IDS, !is_ascending, (uint64_t)8 * d->column_count);
    qsort(sorted, d->column_count, sizeof *sorted, compare_ids);
    for (uint32_t i = 0; i < d->column_count && !is_ascending; i++) {
        const uint8_t *p = d->sections[SECTION_FIELD_IDS].bytes + (size_t)8 * i;
        if (i > 0 && sorted[i - 1]->field_id == sorted[i]->field_id)
            refuse(d, "schema section: field id %u occurs twice", sorted[i]->field_id);
        if (get32(p) != sorted[i]->field_id ||
            get32(p + 4) != (uint32_t)(sorted[i] - d->columns))
            refuse(d, "field ids: expected field %u of column %u, found %u of %u",
                   sorted[i]->field_id, (uint32_t)(sorted[i] - d->columns), get32(p),
                   get32(p + 4));
    }
    heap_empty(&heap);
}

/* Row-group records (5.7); [FMT-7] the groups fill the file from the schema to the footer. */
static void read_groups(struct decoder *d, struct heap *heap)
{
    uint64_t offset = 64 + d->schema_size;
    uint64_t rows = 0;
    uint64_t blocks = 0;
    d->groups = allocate(heap, d->group_count, sizeof *d->groups);
    for (uint32_t i = 0; i < d->group_count; i++) {
        const uint8_t *p = d->sections[SECTION_GROUPS].bytes + (size_t)64 * i;
        struct group *g = &d->groups[i];
        d->at_group = i;
        g->size = get64(p + 8);
        g->first_row = get64(p + 16);
        g->rows = get32(p + 24);
        g->blocks = get32(p + 28);
        g->first_block = get32(p + 32);
        g->dictionaries = get32(p + 36);
        g->tail_size = get64(p + 40);
        g->seed = get64(p + 48);
        g->raw_size = get64(p + 56);
        if (get64(p) != offset || g->size > d->footer_offset - offset || g->size % 8 != 0)
            refuse(d, "%llu bytes at %llu do not follow %llu", (unsigned long long)g->size,
                   (unsigned long long)get64(p), (unsigned long long)offset);
        if (g->rows == 0 || g->rows > MAX_GROUP_ROWS ||
            g->blocks != (g->rows + BLOCK_ROWS - 1) / BLOCK_ROWS)
            refuse(d, "%u rows cannot be in %u blocks", g->rows, g->blocks);
        if (g->first_row != rows || g->first_block != blocks)
            refuse(d, "expected first row %llu and block %llu", (unsigned long long)rows,
                   (unsigned long long)blocks);
        if (g->tail_size > g->size || g->tail_size < 64)
            refuse(d, "a tail of %llu bytes does not fit",
                   (unsigned long long)g->tail_size);
        g->bytes = d->bytes + offset;
        offset += g->size;
        rows += g->rows;
        blocks += g->blocks;
    }
    d->at_group = NONE;
    if (offset != d->footer_offset || rows != d->rows || blocks != d->block_count)
        refuse(
            d,
            "the row groups end at %llu with %llu rows and %llu blocks, the trailer differs",
            (unsigned long long)offset, (unsigned long long)rows,
            (unsigned long long)blocks);
}

void read_footer(struct decoder *d, struct heap *heap)
{
    read_pages(d, heap);
    read_directory(d);
    check_sections(d);
    read_columns(d, heap);
    check_name_table(d);
    check_field_ids(d);
    read_groups(d, heap);
}
