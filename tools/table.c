/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The aligned table (tools/table.h), by libsmartcols: widths, wide characters and padding
 * are its work; this file escapes and cuts cells and draws the rule below the header.
 */
#include "tools/table.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stoa/memory.h"
#include "tools/escape.h"

#define SEPARATOR " \xe2\x94\x82 " /* U+2502 between blanks */
#define CUT_MARK  "\xe2\x80\xa6"   /* U+2026 */
enum { MAX_CELL_BYTES = 4096 };

struct table {
    struct libscols_table *grid;
    size_t columns;
    size_t max_cell;  /* characters shown of a cell */
    size_t head_rows; /* lines above the rule, without the names */
    int has_cut;
    stoa_cell cell; /* scratch */
};

static stoa_status no_memory(stoa_error *err)
{
    stoa_error_clear(err);
    if (err) {
        err->status = STOA_E_NO_MEMORY;
        snprintf(err->message, sizeof err->message, "memory is short for the table");
    }
    return STOA_E_NO_MEMORY;
}

static int is_number(stoa_type type)
{
    return type.id >= STOA_TYPE_INT8 && type.id <= STOA_TYPE_DECIMAL;
}

/* Escapes into `out` and cuts after max_cell characters; returns whether it was cut. */
static int escape_cell(const struct table *table, const char *text, size_t size,
                       char out[MAX_CELL_BYTES])
{
    size_t used = 0;
    size_t shown = 0;
    while (size > 0 && shown < table->max_cell &&
           used + ESCAPE_MAX + sizeof CUT_MARK < MAX_CELL_BYTES) {
        size_t taken = 0;
        used += escape_step(text, size, ESCAPE_LINE, out + used, &taken);
        text += taken;
        size -= taken;
        shown++;
    }
    out[used] = '\0';
    if (size > 0)
        memcpy(out + used, CUT_MARK, sizeof CUT_MARK);
    return size > 0;
}

static stoa_status set_cell(struct table *table, struct libscols_line *line, size_t column,
                            const char *text, size_t size, stoa_error *err)
{
    char shown[MAX_CELL_BYTES];
    if (escape_cell(table, text, size, shown))
        table->has_cut = 1;
    if (scols_line_set_data(line, column, shown) != 0)
        return no_memory(err);
    return STOA_OK;
}

static stoa_status add_column(struct table *table, const char *name, int is_right,
                              stoa_error *err)
{
    char shown[MAX_CELL_BYTES];
    escape_cell(table, name, strlen(name), shown);
    struct libscols_column *column =
        scols_table_new_column(table->grid, shown, 0, is_right ? SCOLS_FL_RIGHT : 0);
    /* Cells are escaped already; the library would escape their backslashes again. */
    if (!column || scols_column_set_safechars(column, "\\") != 0)
        return no_memory(err);
    table->columns++;
    return STOA_OK;
}

static stoa_status table_begin(size_t max_cell, struct table **out_table, stoa_error *err)
{
    struct table *table = stoa_memory_get(sizeof *table);
    if (!table)
        return no_memory(err);
    table->max_cell = max_cell;
    table->grid = scols_new_table();
    if (!table->grid || scols_table_set_column_separator(table->grid, SEPARATOR) != 0) {
        table_free(table);
        return no_memory(err);
    }
    /* Widths come from the cells alone: a terminal scrolls or wraps as it likes. */
    scols_table_set_termforce(table->grid, SCOLS_TERMFORCE_NEVER);
    *out_table = table;
    return STOA_OK;
}

static stoa_status add_types(struct table *table, const stoa_schema *schema,
                             stoa_error *err)
{
    struct libscols_line *line = scols_table_new_line(table->grid, NULL);
    if (!line)
        return no_memory(err);
    for (size_t i = 0; i < schema->field_count; i++) {
        char text[STOA_TYPE_TEXT_MAX];
        stoa_type_text(schema->fields[i].type, text);
        if (scols_line_set_data(line, i, text) != 0)
            return no_memory(err);
    }
    table->head_rows = 1;
    return STOA_OK;
}

stoa_status table_create(const stoa_schema *schema, int with_types, size_t max_cell,
                         struct table **out_table, stoa_error *err)
{
    struct table *table = NULL;
    stoa_status status = table_begin(max_cell, &table, err);
    for (size_t i = 0; status == STOA_OK && i < schema->field_count; i++)
        status = add_column(table, schema->fields[i].name,
                            is_number(schema->fields[i].type), err);
    if (status == STOA_OK && with_types)
        status = add_types(table, schema, err);
    if (status != STOA_OK) {
        table_free(table);
        return status;
    }
    *out_table = table;
    return STOA_OK;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    scols_unref_table(table->grid);
    stoa_cell_done(&table->cell);
    stoa_memory_release(table);
}

stoa_status table_add_batch_row(struct table *table, const stoa_batch *batch, size_t row,
                                stoa_error *err)
{
    struct libscols_line *line = scols_table_new_line(table->grid, NULL);
    if (!line)
        return no_memory(err);
    for (size_t i = 0; i < batch->column_count; i++) {
        stoa_status status = stoa_batch_cell(batch, i, row, &table->cell, err);
        if (status == STOA_OK && table->cell.is_null)
            status = set_cell(table, line, i, "NULL", 4, err);
        else if (status == STOA_OK)
            status = set_cell(table, line, i, table->cell.text, table->cell.length, err);
        if (status != STOA_OK)
            return status;
    }
    return STOA_OK;
}

stoa_status table_add_texts(struct table *table, const char *const *texts, size_t count,
                            stoa_error *err)
{
    struct libscols_line *line = scols_table_new_line(table->grid, NULL);
    if (!line)
        return no_memory(err);
    for (size_t i = 0; i < count && i < table->columns; i++) {
        const stoa_status status =
            set_cell(table, line, i, texts[i], strlen(texts[i]), err);
        if (status != STOA_OK)
            return status;
    }
    return STOA_OK;
}

int table_has_cut(const struct table *table)
{
    return table->has_cut;
}

/* A rule as long as the line, with crosses where the line has separators. */
static stoa_status print_rule(struct stdout_sink *sink, const char *line, size_t size,
                              size_t width, stoa_error *err)
{
    stoa_status status = STOA_OK;
    size_t shown = 0;
    for (size_t i = 0; i < size && status == STOA_OK; i++) {
        if (((unsigned char)line[i] & 0xc0) == 0x80)
            continue;
        const int is_cross = i + 3 <= size && memcmp(line + i, &SEPARATOR[1], 3) == 0;
        status = stdout_sink_text(sink, is_cross ? "\xe2\x94\xbc" : "\xe2\x94\x80", err);
        shown++;
    }
    for (; shown < width && status == STOA_OK; shown++)
        status = stdout_sink_text(sink, "\xe2\x94\x80", err);
    return status == STOA_OK ? stdout_sink_text(sink, "\n", err) : status;
}

static size_t line_width(const char *line, size_t size)
{
    size_t width = 0;
    for (size_t i = 0; i < size; i++)
        width += ((unsigned char)line[i] & 0xc0) != 0x80;
    return width;
}

/* The finished text line by line, the rule behind the head. */
static stoa_status print_lines(const struct table *table, const char *text,
                               struct stdout_sink *sink, stoa_error *err)
{
    size_t width = 0;
    for (const char *line = text; *line;) {
        const size_t size = strcspn(line, "\n");
        const size_t here = line_width(line, size);
        width = here > width ? here : width;
        line += size + (line[size] == '\n');
    }
    size_t number = 0;
    stoa_status status = STOA_OK;
    for (const char *line = text; *line && status == STOA_OK; number++) {
        const size_t size = strcspn(line, "\n");
        fwrite(line, 1, size, stdout);
        status = stdout_sink_text(sink, "\n", err);
        if (status == STOA_OK && number == table->head_rows)
            status = print_rule(sink, line, size, width, err);
        line += size + (line[size] == '\n');
    }
    return status;
}

stoa_status table_print(struct table *table, struct stdout_sink *sink, stoa_error *err)
{
    if (scols_table_get_nlines(table->grid) == 0)
        return STOA_OK;
    char *text = NULL;
    if (scols_print_table_to_string(table->grid, &text) != 0 || !text)
        return no_memory(err);
    const stoa_status status = print_lines(table, text, sink, err);
    free(text); /* libsmartcols' own */
    return status;
}

stoa_status table_print_texts(const char *const *headers, size_t columns, unsigned right,
                              const char *const *cells, size_t rows,
                              struct stdout_sink *sink, stoa_error *err)
{
    struct table *table = NULL;
    stoa_status status = table_begin(200, &table, err);
    for (size_t i = 0; status == STOA_OK && i < columns; i++)
        status = add_column(table, headers[i], (right >> i) & 1u, err);
    for (size_t i = 0; status == STOA_OK && i < rows; i++)
        status = table_add_texts(table, cells + i * columns, columns, err);
    if (status == STOA_OK)
        status = table_print(table, sink, err);
    table_free(table);
    return status;
}
