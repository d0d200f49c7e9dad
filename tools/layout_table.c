/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See layout_table.h. Bits a value are of all blocks of a part; estimates are of its first block.
 */
#include "tools/layout_table.h"

#include <stdio.h>
#include <string.h>

#include "tools/message.h"
#include "tools/table.h"
#include "tools/text_buffer.h"

struct listing {
    struct table *table; /* one of the two */
    struct text_buffer json;
    size_t parts;
    stoa_status status;
    stoa_error *err;
};

static double bits(uint64_t bytes, uint64_t rows)
{
    return rows == 0 ? 0 : (double)bytes * 8 / (double)rows;
}

/* ---- as a table ---- */

static int add_row(void *context, const stoa_layout_part *part)
{
    struct listing *listing = context;
    const uint64_t bytes = part->bytes + part->dictionary_bytes;
    char blocks[MESSAGE_COUNT_MAX];
    char size[MESSAGE_COUNT_MAX];
    char per_value[32];
    char expected[32] = "";
    char next[96] = "";
    snprintf(per_value, sizeof per_value, "%.2f", bits(bytes, part->rows));
    if (part->sample_estimate > 0)
        snprintf(expected, sizeof expected, "%.2f of %.2f",
                 bits(part->sample_estimate, part->sample_rows),
                 bits(part->sample_bytes, part->sample_rows));
    if (part->next[0])
        snprintf(next, sizeof next, "%.40s %.2f", part->next,
                 bits(part->next_estimate, part->sample_rows));
    const char *cells[] = {part->column,
                           part->encoding,
                           message_count(part->blocks, blocks),
                           message_count(bytes, size),
                           per_value,
                           expected,
                           next,
                           part->why};
    listing->status = table_add_texts(listing->table, cells, sizeof cells / sizeof cells[0],
                                      listing->err);
    return listing->status != STOA_OK;
}

static stoa_status print_table(stoa_dataset *dataset, const char *profile,
                               struct stdout_sink *sink, stoa_error *err)
{
    static const stoa_field fields[] = {
        {.name = "column",     .type = {.id = STOA_TYPE_TEXT} },
        {.name = "encoding",   .type = {.id = STOA_TYPE_TEXT} },
        {.name = "blocks",     .type = {.id = STOA_TYPE_INT64}},
        {.name = "bytes",      .type = {.id = STOA_TYPE_INT64}},
        {.name = "bits/value", .type = {.id = STOA_TYPE_INT64}},
        {.name = "expected",   .type = {.id = STOA_TYPE_TEXT} },
        {.name = "next best",  .type = {.id = STOA_TYPE_TEXT} },
        {.name = "why",        .type = {.id = STOA_TYPE_TEXT} },
    };
    static const stoa_schema head = {fields, sizeof fields / sizeof fields[0]};
    struct listing listing = {.status = STOA_OK, .err = err};
    stoa_status status = table_create(&head, 0, 120, &listing.table, err);
    if (status == STOA_OK)
        status = stoa_dataset_layout(dataset, profile, add_row, &listing, err);
    if (status == STOA_OK)
        status = listing.status;
    if (status == STOA_OK)
        status = table_print(listing.table, sink, err);
    table_free(listing.table);
    return status;
}

/* ---- as JSON ---- */

static void put_text(struct text_buffer *json, const char *name, const char *value)
{
    text_buffer_printf(json, "\"%s\": ", name);
    text_buffer_json(json, value);
    text_buffer_printf(json, ", ");
}

static void put_count(struct text_buffer *json, const char *name, uint64_t value)
{
    text_buffer_printf(json, "\"%s\": %llu, ", name, (unsigned long long)value);
}

static int add_object(void *context, const stoa_layout_part *part)
{
    struct listing *listing = context;
    struct text_buffer *json = &listing->json;
    text_buffer_printf(json, "%s\n {", listing->parts++ > 0 ? "," : "");
    put_text(json, "column", part->column);
    put_text(json, "encoding", part->encoding);
    put_count(json, "blocks", part->blocks);
    put_count(json, "rows", part->rows);
    put_count(json, "bytes", part->bytes);
    put_count(json, "dictionary_bytes", part->dictionary_bytes);
    text_buffer_printf(json, "\"bits_per_value\": %.3f, ",
                       bits(part->bytes + part->dictionary_bytes, part->rows));
    put_count(json, "sample_rows", part->sample_rows);
    put_count(json, "sample_bytes", part->sample_bytes);
    put_count(json, "sample_estimate", part->sample_estimate);
    put_text(json, "next", part->next);
    put_count(json, "next_estimate", part->next_estimate);
    text_buffer_printf(json, "\"why\": ");
    text_buffer_json(json, part->why);
    text_buffer_printf(json, "}");
    return json->has_failed;
}

static stoa_status print_json(stoa_dataset *dataset, const char *profile,
                              struct stdout_sink *sink, stoa_error *err)
{
    struct listing listing = {.status = STOA_OK, .err = err};
    text_buffer_printf(&listing.json, "[");
    stoa_status status = stoa_dataset_layout(dataset, profile, add_object, &listing, err);
    text_buffer_printf(&listing.json, "]\n");
    if (status == STOA_OK && listing.json.has_failed) {
        status = STOA_E_NO_MEMORY;
        err->status = status;
    }
    if (status == STOA_OK)
        status = stdout_sink_write(sink, listing.json.text, listing.json.length, err);
    text_buffer_done(&listing.json);
    return status;
}

stoa_status layout_print(stoa_dataset *dataset, const char *profile, int is_json,
                         struct stdout_sink *sink, stoa_error *err)
{
    return is_json ? print_json(dataset, profile, sink, err)
                   : print_table(dataset, profile, sink, err);
}
