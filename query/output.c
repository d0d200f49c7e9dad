/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streaming batches through a format to a callback (include/stoa/output.h): rows are
 * gathered in a buffer that is passed on whenever it is full enough.
 */
#include "stoa/output.h"

#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/name_map.h"
#include "query/output_format.h"

enum { FLUSH_BYTES = 64 << 10 };
/* One row: a million columns of names and values are far below. */
#define MAX_PENDING ((size_t)1 << 31)

struct stoa_output {
    const struct stoa_output_format *format;
    struct stoa_output_style style;
    stoa_field *fields; /* names belong to the output */
    stoa_schema schema;
    stoa_output_write_fn write;
    void *context;
    struct stoa_buf pending;
    int has_rows;
};

static stoa_status copy_schema(stoa_output *output, const stoa_schema *schema,
                               stoa_error *err)
{
    output->fields = stoa_alloc_zeroed(schema->field_count + 1, sizeof *output->fields);
    if (!output->fields)
        return stoa_fail_memory(err, schema->field_count * sizeof *output->fields);
    for (size_t i = 0; i < schema->field_count; i++) {
        output->fields[i] = schema->fields[i];
        output->fields[i].name = stoa_strdup(schema->fields[i].name);
        output->schema.field_count = i + 1;
        if (!output->fields[i].name)
            return stoa_fail_memory(err, strlen(schema->fields[i].name));
    }
    output->schema.fields = output->fields;
    return STOA_OK;
}

/* The first of "name_2", "name_3", .. that no column has; by the allocator. */
static stoa_status other_name(struct stoa_name_map *names, const char *name,
                              const char **out_name, stoa_error *err)
{
    const size_t room = strlen(name) + 24;
    char *other = stoa_alloc(room);
    bool is_new = false;
    uint32_t number = 0;
    if (!other)
        return stoa_fail_memory(err, room);
    for (unsigned suffix = 2; !is_new; suffix++) {
        (void)snprintf(other, room, "%s_%u", name, suffix);
        const stoa_status status =
            stoa_name_map_put(names, other, strlen(other), &number, &is_new, err);
        if (status != STOA_OK) {
            stoa_free(other);
            return status;
        }
    }
    *out_name = other;
    return STOA_OK;
}

static stoa_status rename_repeated(stoa_output *output, struct stoa_name_map *names,
                                   stoa_error *err)
{
    const size_t count = output->schema.field_count;
    bool is_new = false;
    uint32_t number = 0;
    for (size_t i = 0; i < count; i++)
        STOA_TRY(stoa_name_map_put(names, output->fields[i].name,
                                   strlen(output->fields[i].name), &number, &is_new, err));
    if (names->count == count)
        return STOA_OK;
    uint32_t seen = 0; /* names below this have been met */
    for (size_t i = 0; i < count; i++) {
        const char *name = output->fields[i].name;
        const char *other = NULL;
        if (!stoa_name_map_find(names, name, strlen(name), &number) || number >= seen) {
            seen = number + 1;
            continue;
        }
        STOA_TRY(other_name(names, name, &other, err));
        stoa_free((void *)(uintptr_t)name);
        output->fields[i].name = other;
    }
    return STOA_OK;
}

static stoa_status make_names_unique(stoa_output *output, stoa_error *err)
{
    struct stoa_name_map names;
    STOA_TRY(stoa_name_map_init(&names, MAX_PENDING, err));
    const stoa_status status = rename_repeated(output, &names, err);
    stoa_name_map_done(&names);
    return status;
}

static stoa_status flush(stoa_output *output, stoa_error *err)
{
    if (output->pending.size == 0)
        return STOA_OK;
    const stoa_status status =
        output->write(output->context, output->pending.data, output->pending.size, err);
    output->pending.size = 0;
    return status;
}

static stoa_status unknown_format(const char *format, stoa_error *err)
{
    char known[128] = "";
    for (size_t i = 0; stoa_output_format_row(i); i++) {
        if (i > 0)
            strncat(known, ", ", sizeof known - strlen(known) - 1);
        strncat(known, stoa_output_format_row(i)->name, sizeof known - strlen(known) - 1);
    }
    return stoa_fail(err, STOA_E_USAGE, "expected an output format of %s, found \"%s\"",
                     known, format);
}

static bool is_delimiter(char c)
{
    return strchr("\t,;|~^!#$%&'()*/<=>?@[]_`{}", c) != NULL;
}

/* The format's style with the wishes of the caller. */
static stoa_status choose_style(const struct stoa_output_format *format,
                                const stoa_output_options *options,
                                struct stoa_output_style *out_style, stoa_error *err)
{
    const bool is_plain = !options->null_text && !options->delimiter &&
                          !options->no_header && !options->guard_formulas;
    *out_style = format->style;
    if (!format->is_delimited && !is_plain)
        return stoa_fail(
            err, STOA_E_USAGE,
            "expected csv or tsv for a delimiter, a text for NULL, no header or "
            "guarded formulas, found %s",
            format->name);
    if (options->delimiter && format != &stoa_output_csv)
        return stoa_fail(err, STOA_E_USAGE, "expected csv for a delimiter, found %s",
                         format->name);
    if (options->delimiter && !is_delimiter(options->delimiter))
        return stoa_fail(err, STOA_E_USAGE,
                         "expected as delimiter a tab or a punctuation mark that is in no "
                         "number, date or quote, found byte 0x%02X",
                         (unsigned)(unsigned char)options->delimiter);
    if (options->delimiter)
        out_style->delimiter = (uint8_t)options->delimiter;
    if (options->null_text) {
        out_style->null_text = options->null_text;
        out_style->null_size = strlen(options->null_text);
    }
    out_style->has_header = format->style.has_header && !options->no_header;
    out_style->guards_formulas = options->guard_formulas != 0;
    return STOA_OK;
}

stoa_status stoa_output_create(const stoa_output_options *options,
                               const stoa_schema *schema, stoa_output_write_fn write,
                               void *context, stoa_output **out_output, stoa_error *err)
{
    const struct stoa_output_format *found = stoa_output_format_find(options->format);
    struct stoa_output_style style;
    if (!found)
        return unknown_format(options->format, err);
    STOA_TRY(choose_style(found, options, &style, err));
    stoa_output *output = stoa_alloc_zeroed(1, sizeof *output);
    if (!output)
        return stoa_fail_memory(err, sizeof *output);
    output->format = found;
    output->style = style;
    output->write = write;
    output->context = context;
    stoa_buf_init(&output->pending, MAX_PENDING);
    stoa_status status = copy_schema(output, schema, err);
    if (status == STOA_OK && found->needs_unique_names)
        status = make_names_unique(output, err);
    if (status == STOA_OK && found->begin)
        status = found->begin(&output->schema, &output->style, &output->pending, err);
    if (status != STOA_OK) {
        stoa_output_free(output);
        return status;
    }
    *out_output = output;
    return STOA_OK;
}

stoa_status stoa_output_batch(stoa_output *output, const stoa_batch *batch, stoa_error *err)
{
    if (batch->column_count != output->schema.field_count)
        return stoa_fail(err, STOA_E_USAGE, "expected a batch of %zu columns, found %zu",
                         output->schema.field_count, batch->column_count);
    for (size_t row = 0; row < batch->rows; row++) {
        STOA_TRY(output->format->row(&output->schema, &output->style, batch, row,
                                     !output->has_rows, &output->pending, err));
        output->has_rows = 1;
        if (output->pending.size >= FLUSH_BYTES)
            STOA_TRY(flush(output, err));
    }
    return STOA_OK;
}

stoa_status stoa_output_finish(stoa_output *output, stoa_error *err)
{
    if (output->format->end)
        STOA_TRY(output->format->end(!output->has_rows, &output->pending, err));
    return flush(output, err);
}

void stoa_output_free(stoa_output *output)
{
    if (!output)
        return;
    for (size_t i = 0; i < output->schema.field_count; i++)
        stoa_free((void *)(uintptr_t)output->fields[i].name);
    stoa_free(output->fields);
    stoa_buf_done(&output->pending);
    stoa_free(output);
}
