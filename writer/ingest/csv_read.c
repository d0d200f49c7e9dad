/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pass 2 over one CSV source: typed columns, delivered in row order. Called through the table of
 * input formats.
 *
 * Tasks parse a chunk into column builders of their slot; the calling thread hands them to the
 * sink, bad rows first. Fields that the source has no column for share one piece of zeros.
 */
#include <string.h>

#include "common/alloc.h"
#include "writer/ingest/csv_input.h"
#include "writer/ingest/csv_pass.h"

/* A target field in this source. */
struct field_plan {
    uint32_t column; /* of the source; UINT32_MAX: absent */
    struct stoa_column_plan how;
};

struct read_context {
    const struct stoa_ingest_sink *sink;
    struct field_plan *plans;    /* owned; one per target field */
    stoa_type *types;            /* owned; the same, for the builders */
    struct stoa_column *columns; /* owned; what the sink sees */
    struct stoa_column *slice;   /* owned; a part of it */
    void *zeros;                 /* owned; values, offsets and validity of absent fields */
    uint64_t delivered;
    uint64_t rejected;
};

/* ---- parsing ---- */

static void prepare(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot)
{
    const size_t large = 4 * pass->chunks.chunk_size + ((size_t)64 << 10);
    for (uint32_t i = 0; i < pass->field_count; i++) {
        struct stoa_column_builder *builder = &slot->builders[i];
        if (builder->byte_capacity > large) /* a giant value made it so */
            stoa_column_builder_done(builder);
        stoa_column_builder_clear(builder);
    }
}

/* Remembers where each row that begins a batch stands. */
static stoa_status mark_batches(struct stoa_csv_slot *slot,
                                const struct stoa_csv_window *window, stoa_error *err)
{
    while (slot->mark_count * STOA_CSV_BATCH_ROWS < slot->row_count + window->row_count) {
        const uint64_t row = slot->mark_count * STOA_CSV_BATCH_ROWS - slot->row_count;
        if (slot->mark_count == slot->mark_capacity) {
            const size_t capacity = slot->mark_capacity ? 2 * slot->mark_capacity : 8;
            void *grown = stoa_realloc(slot->marks, capacity * sizeof *slot->marks);
            if (!grown)
                return stoa_fail_memory(err, capacity * sizeof *slot->marks);
            slot->marks = grown;
            slot->mark_capacity = capacity;
        }
        slot->marks[slot->mark_count++] = window->begins[row];
    }
    return STOA_OK;
}

static stoa_status parse_window(struct stoa_csv_slot *slot,
                                const struct stoa_csv_window *window, stoa_error *err)
{
    const struct stoa_csv_pass *pass = slot->pass;
    const struct read_context *context = pass->context;
    const struct stoa_ingest_options *options = &pass->ingest->options;
    const struct stoa_null_texts nulls = {.texts = options->nulls,
                                          .count = options->null_count};
    STOA_TRY(mark_batches(slot, window, err));
    for (uint32_t i = 0; i < pass->field_count; i++) {
        const struct field_plan *plan = &context->plans[i];
        if (plan->column == UINT32_MAX)
            continue;
        const uint32_t count = stoa_csv_fields(window, &pass->input->dialect, plan->column,
                                               &nulls, slot->refs);
        STOA_TRY(stoa_column_parse(&slot->builders[i], &plan->how, window->text, slot->refs,
                                   window->row_count, count, err));
    }
    return STOA_OK;
}

/* ---- delivering ---- */

/* [ING-44] */
static stoa_status deliver_reject(struct stoa_csv_pass *pass,
                                  const struct stoa_csv_slot *slot,
                                  const struct stoa_csv_fault *fault, stoa_error *err)
{
    enum { VALUE_BYTES = 256, RAW_BYTES = 64 << 10 };
    const struct read_context *context = pass->context;
    const uint8_t *text = slot->buffer.bytes;
    const size_t raw = fault->end - fault->begin;
    const size_t value = fault->value_end - fault->place;
    const struct stoa_csv_place place = stoa_csv_fault_place(pass, slot, fault);
    stoa_error error;
    (void)stoa_csv_fault_error(pass, slot, fault, &error);
    const struct stoa_ingest_reject reject = {
        .source = pass->input_number,
        .line = place.record_line,
        .place_line = place.line,
        .place_column = place.column,
        .byte_offset = slot->buffer.offset + fault->begin,
        .column =
            fault->column == UINT32_MAX ? UINT32_MAX : pass->input->columns[fault->column],
        .code = fault->code,
        .message = error.message,
        .hint = error.hint,
        .excerpt = error.excerpt,
        .value = {.data = text + fault->place,
                  .length = (uint32_t)(value < VALUE_BYTES ? value : VALUE_BYTES)},
        .raw = {.data = text + fault->begin,
                  .length = (uint32_t)(raw < RAW_BYTES ? raw : RAW_BYTES)        },
        .is_cut = raw > RAW_BYTES,
        .hash = slot->buffer.is_condemned ? slot->buffer.fault_hash
                                          : stoa_hash128(text + fault->begin, raw),
    };
    return context->sink->on_reject(context->sink->context, &reject, err);
}

/* The columns of the whole chunk. */
static void view_columns(const struct stoa_csv_pass *pass, const struct stoa_csv_slot *slot,
                         uint32_t rows)
{
    const struct read_context *context = pass->context;
    for (uint32_t i = 0; i < pass->field_count; i++) {
        if (context->plans[i].column != UINT32_MAX) {
            context->columns[i] = stoa_column_builder_view(&slot->builders[i]);
            continue;
        }
        context->columns[i] =
            (struct stoa_column){.phys = stoa_type_phys(context->types[i]),
                                 .length = rows,
                                 .validity = context->zeros,
                                 .values = context->zeros,
                                 .offsets = context->zeros,
                                 .bytes = context->zeros};
    }
}

/* Rows [first, first + count): absent fields have zeros for one batch only. */
static void slice_columns(const struct stoa_csv_pass *pass, uint32_t first, uint32_t count)
{
    const struct read_context *context = pass->context;
    for (uint32_t i = 0; i < pass->field_count; i++) {
        context->slice[i] = context->columns[i];
        context->slice[i].length = count;
        if (context->plans[i].column != UINT32_MAX)
            context->slice[i] = stoa_column_slice(&context->columns[i], first, count);
    }
}

static stoa_status deliver_rows(struct stoa_csv_pass *pass,
                                const struct stoa_csv_slot *slot, stoa_error *err)
{
    struct read_context *context = pass->context;
    const uint32_t rows = (uint32_t)slot->row_count;
    view_columns(pass, slot, rows);
    for (uint32_t first = 0; first < rows; first += STOA_CSV_BATCH_ROWS) {
        const uint32_t left = rows - first;
        const uint32_t count = left < STOA_CSV_BATCH_ROWS ? left : STOA_CSV_BATCH_ROWS;
        const size_t begin = (size_t)slot->marks[first / STOA_CSV_BATCH_ROWS];
        const uint64_t line = stoa_csv_offset_place(pass, slot, begin).line;
        slice_columns(pass, first, count);
        STOA_TRY(context->sink->on_batch(context->sink->context, context->slice, count,
                                         pass->input_number, line, err));
        context->delivered += count;
    }
    return STOA_OK;
}

static stoa_status consume(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot,
                           bool *out_stop, stoa_error *err)
{
    struct read_context *context = pass->context;
    const struct stoa_csv_fault_list *faults = &slot->rows.faults;
    STOA_UNUSED(out_stop);
    if (faults->count != 0 && pass->ingest->options.policy == STOA_BAD_ROW_FAIL)
        return stoa_source_fail_changed(pass->input, err); /* pass 1 found none */
    for (size_t i = 0; i < faults->count; i++) {
        STOA_TRY(deliver_reject(pass, slot, &faults->items[i], err));
        context->rejected++;
    }
    return slot->row_count ? deliver_rows(pass, slot, err) : STOA_OK;
}

/* ---- the pass ---- */

static void context_done(struct read_context *context)
{
    stoa_free(context->plans);
    stoa_free(context->types);
    stoa_free(context->columns);
    stoa_free(context->slice);
    stoa_free(context->zeros);
}

static stoa_status context_alloc(struct read_context *context, size_t fields,
                                 stoa_error *err)
{
    context->plans = stoa_alloc_array(fields, sizeof *context->plans);
    context->types = stoa_alloc_array(fields, sizeof *context->types);
    context->columns = stoa_alloc_array(fields, sizeof *context->columns);
    context->slice = stoa_alloc_array(fields, sizeof *context->slice);
    if (context->plans && context->types && context->columns && context->slice)
        return STOA_OK;
    return stoa_fail_memory(err, fields * sizeof *context->plans);
}

/* The zeros of absent fields, if there are any. */
static stoa_status make_zeros(struct read_context *context, size_t fields, stoa_error *err)
{
    const size_t size = (STOA_CSV_BATCH_ROWS + 1) * sizeof(stoa_i128);
    for (size_t i = 0; i < fields && !context->zeros; i++) {
        if (context->plans[i].column != UINT32_MAX)
            continue;
        context->zeros = stoa_alloc_zeroed(1, size);
        if (!context->zeros)
            return stoa_fail_memory(err, size);
    }
    return STOA_OK;
}

/* Which column of this source feeds each field, and how it is read. */
static stoa_status plan_fields(const struct stoa_csv_pass *pass,
                               struct read_context *context, const stoa_schema *target,
                               const uint32_t *fields, stoa_error *err)
{
    const struct stoa_input *input = pass->input;
    const uint32_t all = pass->ingest->all.count;
    uint32_t *own = stoa_alloc_array(all, sizeof *own);
    if (!own)
        return stoa_fail_memory(err, all * sizeof *own);
    memset(own, 0xFF, all * sizeof *own);
    for (uint32_t c = 0; c < input->info.column_count; c++)
        own[input->columns[c]] = c;
    for (size_t i = 0; i < target->field_count; i++) {
        struct field_plan *plan = &context->plans[i];
        *plan = (struct field_plan){.column = fields[i] == UINT32_MAX ? UINT32_MAX
                                                                      : own[fields[i]]};
        if (plan->column != UINT32_MAX)
            plan->how = stoa_csv_column_plan(pass, plan->column);
        plan->how.type = target->fields[i].type;
        context->types[i] = target->fields[i].type;
    }
    stoa_free(own);
    return STOA_OK;
}

stoa_status stoa_csv_read(struct stoa_ingest *ingest, uint32_t input,
                          const stoa_schema *target, const uint32_t *fields,
                          const struct stoa_ingest_sink *sink, stoa_error *err)
{
    static const struct stoa_csv_visitor visitor = {
        .prepare = prepare, .window = parse_window, .consume = consume};
    struct stoa_input *own = &ingest->inputs[input];
    struct read_context context = {.sink = sink};
    struct stoa_csv_pass pass = {.ingest = ingest,
                                 .input = own,
                                 .input_number = input,
                                 .visitor = &visitor,
                                 .context = &context,
                                 .field_count = (uint32_t)target->field_count};
    stoa_status status = context_alloc(&context, target->field_count, err);
    if (status == STOA_OK)
        status = plan_fields(&pass, &context, target, fields, err);
    if (status == STOA_OK)
        status = make_zeros(&context, target->field_count, err);
    pass.field_types = context.types;
    if (status == STOA_OK)
        status = stoa_csv_pass_run(&pass, err);
    own->info.rows_delivered = context.delivered;
    own->info.rows_rejected = context.rejected;
    context_done(&context);
    return status;
}
