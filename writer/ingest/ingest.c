/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of ingest.h: keeps the order of calls, owns sources and union, and drives the
 * formats through their table. Called by the dataset layer; it knows no CSV itself.
 */
#include "writer/ingest/ingest.h"

#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "format/types.h"
#include "writer/ingest/ingest_source.h"
#include "writer/ingest/input_format.h"

enum { BAD_ROW_LIMIT = 1000, FIRST_INPUTS = 8 };
#define MEMORY_DEFAULT ((size_t)64 << 20)

/* ---- options ---- */

static stoa_status fail_usage(stoa_error *err, const char *what, unsigned byte)
{
    return stoa_fail(err, STOA_E_USAGE,
                     "expected %s of one ASCII character, found byte 0x%02X", what, byte);
}

/* A delimiter must not be what ends records, quotes or numbers. */
static stoa_status check_dialect(const struct stoa_ingest_options *options, stoa_error *err)
{
    const uint8_t delimiter = (uint8_t)options->delimiter;
    const uint8_t quote = options->has_no_quote ? 0 : (uint8_t)options->quote;
    if (delimiter >= 0x80 || delimiter == '\n' || delimiter == '\r')
        return fail_usage(err, "a delimiter", delimiter);
    if (quote >= 0x80 || quote == '\n' || quote == '\r')
        return fail_usage(err, "a quote", quote);
    if (delimiter != 0 &&
        (delimiter == quote || (quote == 0 && !options->has_no_quote && delimiter == '"')))
        return stoa_fail(err, STOA_E_USAGE,
                         "expected a delimiter other than the quote, found '%c' for both",
                         delimiter);
    return STOA_OK;
}

static stoa_status check_options(const struct stoa_ingest_options *options, stoa_error *err)
{
    STOA_TRY(check_dialect(options, err));
    if (options->format && !stoa_input_format_find(options->format))
        return stoa_fail(err, STOA_E_USAGE, "expected the format csv, found \"%s\"",
                         options->format);
    if (options->encoding)
        STOA_TRY(stoa_encoding_check(options->encoding, err));
    for (size_t i = 0; i < options->type_count; i++) {
        if (!stoa_type_is_valid(options->types[i].type))
            return stoa_fail(err, STOA_E_TYPE,
                             "expected a type for column \"%s\", found none",
                             options->types[i].name);
    }
    return STOA_OK;
}

stoa_status stoa_ingest_create(const struct stoa_ingest_options *options,
                               struct stoa_ingest **out_ingest, stoa_error *err)
{
    STOA_TRY(check_options(options, err));
    struct stoa_ingest *ingest = stoa_alloc_zeroed(1, sizeof *ingest);
    if (!ingest)
        return stoa_fail_memory(err, sizeof *ingest);
    ingest->options = *options;
    if (ingest->options.memory == 0)
        ingest->options.memory = MEMORY_DEFAULT;
    if (ingest->options.bad_row_limit == 0)
        ingest->options.bad_row_limit = BAD_ROW_LIMIT;
    ingest->format = options->format ? stoa_input_format_find(options->format) : NULL;
    stoa_union_init(&ingest->all);
    *out_ingest = ingest;
    return STOA_OK;
}

static void input_done(struct stoa_input *input)
{
    stoa_source_done(input);
    stoa_free(input->columns);
    stoa_free((char *)(uintptr_t)input->info.name); /* owned; const for those who look */
}

void stoa_ingest_free(struct stoa_ingest *ingest)
{
    if (!ingest)
        return;
    for (uint32_t i = 0; i < ingest->input_count; i++)
        input_done(&ingest->inputs[i]);
    stoa_free(ingest->inputs);
    stoa_union_done(&ingest->all);
    stoa_free(ingest->fields);
    stoa_free(ingest->shown);
    stoa_free(ingest->notices);
    stoa_free(ingest);
}

/* ---- sources ---- */

static stoa_status grow_inputs(struct stoa_ingest *ingest, stoa_error *err)
{
    const uint32_t capacity =
        ingest->input_capacity ? 2 * ingest->input_capacity : FIRST_INPUTS;
    void *grown = stoa_realloc(ingest->inputs, capacity * sizeof *ingest->inputs);
    if (!grown)
        return stoa_fail_memory(err, capacity * sizeof *ingest->inputs);
    ingest->inputs = grown;
    ingest->input_capacity = capacity;
    return STOA_OK;
}

static const struct stoa_input_format *choose_format(const struct stoa_ingest *ingest,
                                                     const struct stoa_input_head *head)
{
    const struct stoa_input_format *format = ingest->format;
    for (size_t i = 0; !format && stoa_input_format_at(i); i++) {
        if (stoa_input_format_at(i)->matches(head))
            format = stoa_input_format_at(i);
    }
    return format;
}

/* The format by content, then its own opening. */
static stoa_status open_format(struct stoa_ingest *ingest, uint32_t number, stoa_error *err)
{
    enum { HEAD_BYTES = 4096 };
    struct stoa_input *input = &ingest->inputs[number];
    struct stoa_input_head head;
    struct stoa_buf buf;
    stoa_buf_init(&buf, HEAD_BYTES + STOA_CSV_PADDING);
    stoa_status status = stoa_source_head(input, HEAD_BYTES, &buf, &head, err);
    if (status == STOA_OK) {
        input->format = choose_format(ingest, &head);
        status = input->format ? input->format->open(ingest, number, &head, err)
                               : stoa_fail(err, STOA_E_SOURCE_FORMAT,
                                           "expected a known format, found none");
    }
    stoa_buf_done(&buf);
    return status;
}

stoa_status stoa_ingest_add(struct stoa_ingest *ingest, const char *path, stoa_error *err)
{
    if (ingest->stage != STOA_STAGE_ADDING)
        return stoa_fail(err, STOA_E_USAGE, "sources can be added before infer only");
    if (ingest->input_count == ingest->input_capacity)
        STOA_TRY(grow_inputs(ingest, err));
    const uint32_t number = ingest->input_count;
    const uint32_t columns = ingest->all.count;
    const uint32_t notices = ingest->notice_count;
    struct stoa_input *input = &ingest->inputs[number];
    *input = (struct stoa_input){.spool = STOA_FILE_CLOSED};
    input->info.name = stoa_strdup(path);
    if (!input->info.name)
        return stoa_fail_memory(err, strlen(path) + 1);
    stoa_status status = stoa_source_open(ingest, input, err);
    if (status == STOA_OK)
        status = open_format(ingest, number, err);
    if (status != STOA_OK) {
        stoa_error_set_place(err, "%s", path);
        input_done(input);
        stoa_union_cut(&ingest->all, columns); /* as if it had never been added */
        ingest->notice_count = notices;
        return status;
    }
    ingest->input_count++;
    return STOA_OK;
}

/* Passes `status` on; an error without a place is at least at this source. */
static stoa_status at_source(const struct stoa_ingest *ingest, uint32_t input,
                             stoa_status status, stoa_error *err)
{
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s", ingest->inputs[input].info.name);
    return status;
}

/* ---- pass 1 ---- */

static stoa_status fail_column(const struct stoa_ingest *ingest, const char *name,
                               stoa_error *err)
{
    char names[300];
    size_t used = 0;
    for (uint32_t i = 0; i < ingest->all.count && used + 40 < sizeof names; i++) {
        const int n = snprintf(names + used, sizeof names - used, "%s%.30s", i ? ", " : "",
                               ingest->all.columns[i].name);
        used += n > 0 ? (size_t)n : 0;
    }
    const stoa_status status =
        stoa_fail(err, STOA_E_COLUMN, "expected the name of a column, found \"%s\"", name);
    stoa_error_set_hint(err, "the columns are: %s", names);
    return status;
}

/* [ING-35] */
static stoa_status force_types(struct stoa_ingest *ingest, stoa_error *err)
{
    const struct stoa_ingest_options *options = &ingest->options;
    for (uint32_t i = 0; options->all_text && i < ingest->all.count; i++)
        ingest->all.columns[i].is_forced = true; /* the type is text from the start */
    for (size_t i = 0; i < options->type_count; i++) {
        const char *name = options->types[i].name;
        const uint32_t column = stoa_union_find(&ingest->all, name, strlen(name));
        if (column == UINT32_MAX)
            return fail_column(ingest, name, err);
        ingest->all.columns[column].is_forced = true;
        ingest->all.columns[column].type = options->types[i].type;
    }
    return STOA_OK;
}

static void begin_pass(struct stoa_ingest *ingest, int pass)
{
    ingest->pass = pass;
    ingest->bytes_done = 0;
    ingest->bytes_total = 0;
    for (uint32_t i = 0; i < ingest->input_count; i++)
        ingest->bytes_total += ingest->inputs[i].text_size - ingest->inputs[i].data_offset;
}

/* [ING-43] the first bad row with the others counted. */
static stoa_status fail_bad_rows(const struct stoa_ingest *ingest, stoa_error *err)
{
    const struct stoa_bad_rows *bad = &ingest->bad;
    char more[400] = "";
    size_t used = 0;
    for (uint64_t i = 1; i < bad->count && i < STOA_BAD_PLACES; i++) {
        const struct stoa_bad_place *place = &bad->places[i];
        const int n = snprintf(more + used, sizeof more - used, "%s%s:%llu:%llu E%d",
                               i > 1 ? ", " : "", ingest->inputs[place->input].info.name,
                               (unsigned long long)place->line,
                               (unsigned long long)place->column, (int)place->code);
        if (n < 0 || used + (size_t)n >= sizeof more) {
            more[used] = '\0';
            break;
        }
        used += (size_t)n;
    }
    if (err)
        *err = bad->first;
    if (err && bad->count > 1) {
        char message[sizeof err->message + 64];
        const bool is_all = bad->count < ingest->options.bad_row_limit;
        (void)snprintf(message, sizeof message, "%s (%s%llu bad rows; next: %s)",
                       bad->first.message, is_all ? "" : "stopped at ",
                       (unsigned long long)bad->count, more);
        (void)snprintf(err->message, sizeof err->message, "%.*s",
                       (int)sizeof err->message - 1, message);
    }
    return bad->first.status;
}

static uint64_t rows_with_column(const struct stoa_ingest *ingest, uint32_t column)
{
    const struct stoa_facts *facts = &ingest->all.columns[column].facts;
    return facts->values + facts->nulls;
}

static stoa_status make_schema(struct stoa_ingest *ingest, stoa_error *err)
{
    const uint32_t count = ingest->all.count;
    uint64_t rows = 0;
    for (uint32_t i = 0; i < ingest->input_count; i++)
        rows += ingest->inputs[i].info.rows_read - ingest->inputs[i].info.rows_rejected;
    ingest->fields = stoa_alloc_array(count, sizeof *ingest->fields);
    ingest->shown = stoa_alloc_array(count, sizeof *ingest->shown);
    if (!ingest->fields || !ingest->shown)
        return stoa_fail_memory(err, count * sizeof *ingest->shown);
    for (uint32_t i = 0; i < count; i++) {
        struct stoa_union_column *column = &ingest->all.columns[i];
        if (!column->is_forced)
            column->type = stoa_facts_type(&column->facts);
        column->absent = rows - rows_with_column(ingest, i);
        ingest->fields[i] = (stoa_field){
            .name = column->name, .id = i + 1, .type = column->type, .nullable = true};
        ingest->shown[i] = (struct stoa_ingest_column){.name = column->name,
                                                       .type = column->type,
                                                       .is_forced = column->is_forced,
                                                       .values = column->facts.values,
                                                       .nulls = column->facts.nulls,
                                                       .absent = column->absent,
                                                       .first_source = column->first_source,
                                                       .position = column->position};
    }
    ingest->schema = (stoa_schema){.fields = ingest->fields, .field_count = count};
    return STOA_OK;
}

static stoa_status infer_all(struct stoa_ingest *ingest, stoa_error *err)
{
    STOA_TRY(force_types(ingest, err));
    begin_pass(ingest, 1);
    for (uint32_t i = 0; i < ingest->input_count; i++) {
        STOA_TRY(
            at_source(ingest, i, ingest->inputs[i].format->infer(ingest, i, err), err));
        if (ingest->bad.count >= ingest->options.bad_row_limit)
            break;
    }
    if (ingest->bad.count != 0)
        return fail_bad_rows(ingest, err);
    STOA_TRY(make_schema(ingest, err));
    return stoa_notice_columns(ingest, err);
}

stoa_status stoa_ingest_infer(struct stoa_ingest *ingest, stoa_error *err)
{
    if (ingest->stage != STOA_STAGE_ADDING)
        return stoa_fail(err, STOA_E_USAGE, "infer runs once");
    const stoa_status status = infer_all(ingest, err);
    ingest->stage = status == STOA_OK ? STOA_STAGE_INFERRED : STOA_STAGE_FAILED;
    return status;
}

/* ---- questions ---- */

const stoa_schema *stoa_ingest_schema(const struct stoa_ingest *ingest)
{
    return &ingest->schema;
}

const struct stoa_ingest_column *stoa_ingest_column(const struct stoa_ingest *ingest,
                                                    uint32_t i)
{
    return i < ingest->schema.field_count ? &ingest->shown[i] : NULL;
}

uint32_t stoa_ingest_source_count(const struct stoa_ingest *ingest)
{
    return ingest->input_count;
}

const struct stoa_ingest_source *stoa_ingest_source(const struct stoa_ingest *ingest,
                                                    uint32_t i)
{
    return i < ingest->input_count ? &ingest->inputs[i].info : NULL;
}

const struct stoa_ingest_notice *stoa_ingest_notice(const struct stoa_ingest *ingest,
                                                    uint32_t i)
{
    return i < ingest->notice_count ? &ingest->notices[i] : NULL;
}

bool stoa_ingest_fits(const struct stoa_ingest *ingest, uint32_t column, stoa_type type)
{
    if (column >= ingest->schema.field_count)
        return false;
    const struct stoa_union_column *own = &ingest->all.columns[column];
    if (!own->is_forced)
        return stoa_facts_fit(&own->facts, type);
    return own->facts.values == 0 || type.id == STOA_TYPE_TEXT ||
           stoa_type_widens(own->type, type);
}

stoa_status stoa_ingest_find_misfit(struct stoa_ingest *ingest, uint32_t column,
                                    stoa_type type, struct stoa_ingest_misfit *out_misfit,
                                    stoa_error *err)
{
    struct stoa_ingest_misfit misfit = {.count = 0};
    const struct stoa_misfit_query query = {.column = column, .type = type};
    if (ingest->stage != STOA_STAGE_INFERRED || column >= ingest->schema.field_count)
        return stoa_fail(err, STOA_E_USAGE, "misfits are those of a column after infer");
    begin_pass(ingest, 3);
    for (uint32_t i = 0; i < ingest->input_count; i++)
        STOA_TRY(at_source(
            ingest, i,
            ingest->inputs[i].format->find_misfit(ingest, i, &query, &misfit, err), err));
    *out_misfit = misfit;
    return STOA_OK;
}

/* ---- pass 2 ---- */

/* Which column of the union feeds each field [ING-36]. */
static stoa_status map_fields(const struct stoa_ingest *ingest, const stoa_schema *target,
                              uint32_t *fields, stoa_error *err)
{
    for (size_t i = 0; i < target->field_count; i++) {
        const stoa_field *field = &target->fields[i];
        char wanted[STOA_TYPE_TEXT_MAX];
        char found[STOA_TYPE_TEXT_MAX];
        fields[i] = stoa_union_find(&ingest->all, field->name, strlen(field->name));
        if (fields[i] == UINT32_MAX || stoa_ingest_fits(ingest, fields[i], field->type))
            continue;
        const stoa_status status =
            stoa_fail(err, STOA_E_DRIFT, "expected column \"%s\" to hold %s, found %s",
                      field->name, stoa_type_text(field->type, wanted),
                      stoa_type_text(ingest->all.columns[fields[i]].type, found));
        stoa_error_set_place(err, "column \"%s\"", field->name);
        return status;
    }
    return STOA_OK;
}

stoa_status stoa_ingest_read(struct stoa_ingest *ingest, const stoa_schema *target,
                             const struct stoa_ingest_sink *sink, stoa_error *err)
{
    if (ingest->stage != STOA_STAGE_INFERRED)
        return stoa_fail(err, STOA_E_USAGE, "read runs once, after infer");
    if (ingest->options.policy == STOA_BAD_ROW_REJECT && !sink->on_reject)
        return stoa_fail(err, STOA_E_USAGE, "expected on_reject for rejected rows");
    const stoa_schema *schema = target ? target : &ingest->schema;
    uint32_t *fields = stoa_alloc_array(schema->field_count, sizeof *fields);
    if (!fields)
        return stoa_fail_memory(err, schema->field_count * sizeof *fields);
    stoa_status status = map_fields(ingest, schema, fields, err);
    if (status == STOA_OK) {
        ingest->stage = STOA_STAGE_READ;
        begin_pass(ingest, 2);
    }
    for (uint32_t i = 0; status == STOA_OK && i < ingest->input_count; i++) {
        status = at_source(
            ingest, i, ingest->inputs[i].format->read(ingest, i, schema, fields, sink, err),
            err);
        const struct stoa_ingest_source *info = &ingest->inputs[i].info;
        if (status == STOA_OK &&
            info->rows_delivered + info->rows_rejected != info->rows_read)
            status = stoa_source_fail_changed(&ingest->inputs[i], err); /* [ING-40] */
    }
    stoa_free(fields);
    return status;
}
