/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stoa-decode FILE: prints every row of a Stoa file as text, or says what is wrong with it and exits
 * with 1. The independent decoder of spec/: see decoder.h and README.md.
 */
#include "decoder.h"
#include "decoder_extras.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_file(struct decoder *d, struct heap *heap)
{
    FILE *file = fopen(d->path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        refuse(d, "cannot be read: %s", strerror(errno));
    const long size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0)
        refuse(d, "cannot be read: %s", strerror(errno));
    d->size = (uint64_t)size;
    d->bytes = allocate(heap, d->size, 1);
    if (fread(d->bytes, 1, (size_t)d->size, file) != d->size)
        refuse(d, "cannot be read: %s", strerror(errno));
    fclose(file);
}

/* The dictionary of the column in the row group at hand [BLK-7], [BLK-8]. */
static struct dictionary read_dictionary(struct decoder *d, uint32_t column,
                                         struct heap *heap)
{
    struct dictionary dictionary = {NULL, 0};
    const struct dictionary none = {NULL, 0};
    if (d->columns[column].first_dictionary == NONE)
        return none;
    const uint8_t *p = dictionary_record(d, column, d->at_group);
    const uint32_t count = get32(p + 20);
    if (count == 0)
        return none;
    if (count > MAX_GROUP_ROWS)
        refuse(d, "dictionary record: expected at most %u entries, found %u",
               MAX_GROUP_ROWS, count);
    d->at_column = &d->columns[column];
    dictionary.count = count;
    dictionary.entries = allocate(heap, count, sizeof *dictionary.entries);
    const uint32_t nulls =
        decode_payload(d, d->groups[d->at_group].bytes + get64(p), get32(p + 16), count,
                       p[28], &none, NULL, heap, dictionary.entries);
    if (nulls != 0)
        refuse(d, "dictionary: %u of its entries are NULL", nulls);
    for (uint32_t i = 1; i < count; i++) {
        if (compare_storage(d->at_column->kind, &dictionary.entries[i - 1],
                            &dictionary.entries[i]) >= 0)
            refuse(d, "dictionary: entry %u does not ascend", i);
    }
    d->at_column = NULL;
    return dictionary;
}

/* One block of one column; its statistics are compared and returned. */
static struct statistics read_block(struct decoder *d, uint32_t column,
                                    const struct dictionary *dictionary,
                                    struct before *before, struct heap *heap,
                                    struct heap *bounds)
{
    static const struct dictionary none = {NULL, 0};
    struct value *out = before->columns[column];
    const struct group *g = &d->groups[d->at_group];
    const struct column *c = &d->columns[column];
    const uint8_t *p = block_record(d, column, g->first_block + d->at_block);
    const uint32_t left = g->rows - d->at_block * BLOCK_ROWS;
    const uint32_t rows = left < BLOCK_ROWS ? left : BLOCK_ROWS;
    const bool uses_dictionary = get16(p + 32) & 256; /* [FMT-67] */
    d->at_column = c;
    if (get32(p + 12) != rows)
        refuse(d, "block record: expected %u rows, found %u", rows, get32(p + 12));
    if (uses_dictionary != (p[28] == 5)) /* DICT, a root only [ENC-6] */
        refuse(d, "block record: encoding %u and flags %04x contradict", p[28],
               get16(p + 32));
    before->count = column;
    before->dictionaries[column] = uses_dictionary ? dictionary : &none;
    const uint32_t nulls = decode_payload(d, g->bytes + get64(p), get32(p + 8), rows, p[28],
                                          before->dictionaries[column], before, heap, out);
    if (nulls != get32(p + 16)) /* [BLK-4] */
        refuse(d, "expected %u NULLs, found %u", get32(p + 16), nulls);
    if (nulls != 0 && !c->is_nullable) /* [FMT-66] */
        refuse(d, "%u NULLs in a column that is not nullable", nulls);
    const struct statistics s = statistics_of_values(c, out, rows, bounds);
    statistics_compare(d, c, &s, p, true);
    if (c->has_sketch)
        add_to_sketch(&d->columns[column], out, rows);
    if (c->has_filters)
        check_block_filter(d, c, out, rows);
    if (c->has_zones)
        check_block_zones(d, c, &s, out, rows);
    d->at_column = NULL;
    return s;
}

static void print_rows(const struct decoder *d, struct value **columns, uint32_t rows)
{
    for (uint32_t r = 0; r < rows; r++) {
        for (uint32_t c = 0; c < d->column_count; c++) {
            if (c > 0)
                putchar('\t');
            print_value(&d->columns[c], &columns[c][r]);
        }
        putchar('\n');
    }
}

/* Bounds outlive the block they are from: copies them. */
static void keep_bound(struct value *v, struct heap *heap)
{
    if (!v->text)
        return;
    uint8_t *copy = allocate(heap, v->size, 1);
    memcpy(copy, v->text, v->size);
    v->text = copy;
}

static void read_group(struct decoder *d, struct statistics *file, struct heap *kept)
{
    const struct group *g = &d->groups[d->at_group];
    struct heap heap = {NULL}; /* of the row group: dictionaries */
    struct dictionary *dictionaries =
        allocate(&heap, d->column_count, sizeof *dictionaries);
    struct statistics *total = allocate(&heap, d->column_count, sizeof *total);
    struct before before = {0};
    before.columns = allocate(&heap, d->column_count, sizeof *before.columns);
    before.dictionaries = allocate(&heap, d->column_count, sizeof *before.dictionaries);
    uint64_t raw_size = 0;
    for (uint32_t c = 0; c < d->column_count; c++) {
        dictionaries[c] = read_dictionary(d, c, &heap);
        total[c] = statistics_empty(&d->columns[c]);
    }
    for (d->at_block = 0; d->at_block < g->blocks; d->at_block++) {
        struct heap block = {NULL};
        before.has_same = allocate(&block, d->column_count, sizeof *before.has_same);
        const uint32_t left = g->rows - d->at_block * BLOCK_ROWS;
        const uint32_t rows = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        for (uint32_t c = 0; c < d->column_count; c++) {
            before.columns[c] = allocate(&block, rows, sizeof **before.columns);
            struct statistics s = read_block(d, c, &dictionaries[c], &before, &block, kept);
            keep_bound(&s.min, kept);
            keep_bound(&s.max, kept);
            statistics_merge(&d->columns[c], &total[c], &s);
        }
        print_rows(d, before.columns, rows);
        heap_empty(&block);
    }
    d->at_block = NONE;
    const struct section *section = &d->sections[SECTION_GROUP_STATISTICS];
    for (uint32_t c = 0; c < d->column_count; c++) {
        d->at_column = &d->columns[c];
        if (section->bytes)
            statistics_compare(
                d, d->at_column, &total[c],
                section->bytes + 80 * ((size_t)c * d->group_count + d->at_group), false);
        statistics_merge(d->at_column, &file[c], &total[c]);
        raw_size += total[c].raw_size;
    }
    d->at_column = NULL;
    if (raw_size != g->raw_size || (raw_size > MAX_GROUP_RAW && g->rows > 1)) /* [FMT-4] */
        refuse(d, "expected raw size %llu, found %llu", (unsigned long long)raw_size,
               (unsigned long long)g->raw_size);
    heap_empty(&heap);
}

/* Payload bytes of a column without padding, as its column record has them. */
static uint64_t payload_bytes(const struct decoder *d, uint32_t column)
{
    uint64_t size = 0;
    for (uint32_t b = 0; b < d->block_count; b++)
        size += get32(block_record(d, column, b) + 8);
    if (d->columns[column].first_dictionary != NONE) {
        for (uint32_t g = 0; g < d->group_count; g++)
            size += get32(dictionary_record(d, column, g) + 16);
    }
    return size;
}

static void check_file_statistics(struct decoder *d, const struct statistics *file)
{
    const struct section *section = &d->sections[SECTION_FILE_STATISTICS];
    for (uint32_t c = 0; c < d->column_count; c++) {
        const uint8_t *record = d->sections[SECTION_COLUMNS].bytes + (size_t)64 * c;
        d->at_column = &d->columns[c];
        if (section->bytes)
            statistics_compare(d, d->at_column, &file[c], section->bytes + (size_t)80 * c,
                               false);
        if (get64(record + 32) != file[c].nulls)
            refuse(d, "column record: expected %llu NULLs, found %llu",
                   (unsigned long long)file[c].nulls,
                   (unsigned long long)get64(record + 32));
        if (get64(record + 24) != payload_bytes(d, c))
            refuse(d, "column record: expected %llu payload bytes, found %llu",
                   (unsigned long long)payload_bytes(d, c),
                   (unsigned long long)get64(record + 24));
    }
    d->at_column = NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: stoa-decode FILE\n", stderr);
        return 2;
    }
    struct heap heap = {NULL};
    struct decoder d = {.path = argv[1], .at_group = NONE, .at_block = NONE};
    read_file(&d, &heap);
    read_container(&d, &heap);
    read_footer(&d, &heap);
    check_groups(&d, &heap);
    check_zone_parts(&d);
    check_filter_parts(&d);
    print_heading(&d);
    struct statistics *file = allocate(&heap, d.column_count, sizeof *file);
    for (uint32_t c = 0; c < d.column_count; c++)
        file[c] = statistics_empty(&d.columns[c]);
    for (d.at_group = 0; d.at_group < d.group_count; d.at_group++)
        read_group(&d, file, &heap);
    d.at_group = NONE;
    check_file_statistics(&d, file);
    check_sketches(&d);
    heap_empty(&heap);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "stoa-decode: standard output: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}
