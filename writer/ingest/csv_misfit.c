/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blame in a drift report: which value of a column does not fit a type, and how many. One
 * more pass, made only when a commit is refused. Called through the table of input formats.
 */
#include <string.h>

#include "format/text.h"
#include "writer/ingest/csv_input.h"
#include "writer/ingest/csv_pass.h"

struct misfit_context {
    uint32_t column; /* of the source */
    stoa_type type;
    struct stoa_ingest_misfit *result;
};

static void prepare(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot)
{
    STOA_UNUSED(pass);
    slot->misfit = (struct stoa_ingest_misfit){.count = 0};
    slot->misfit_at = 0;
}

/* The value as it would be shown, cut to fit at a whole character. */
static void keep_value(struct stoa_ingest_misfit *misfit, const uint8_t *text,
                       uint32_t length)
{
    const size_t room = sizeof misfit->value - 1;
    size_t size = length;
    if (size > room)
        size = stoa_utf8_valid_prefix(text, room);
    memcpy(misfit->value, text, size);
    misfit->value[size] = '\0';
}

static stoa_status look(struct stoa_csv_slot *slot, const struct stoa_csv_window *window,
                        stoa_error *err)
{
    const struct misfit_context *context = slot->pass->context;
    const struct stoa_ingest_options *options = &slot->pass->ingest->options;
    const struct stoa_column_plan plan = stoa_csv_column_plan(slot->pass, context->column);
    const struct stoa_null_texts nulls = {.texts = options->nulls,
                                          .count = options->null_count};
    STOA_UNUSED(err);
    (void)stoa_csv_fields(window, &slot->pass->input->dialect, context->column, &nulls,
                          slot->refs);
    for (uint32_t r = 0; r < window->row_count; r++) {
        const struct stoa_ref ref = slot->refs[r];
        const uint8_t *text = window->text + ref.begin;
        const uint32_t length = stoa_ref_length(ref);
        struct stoa_value value;
        if (ref.length == 0)
            continue;
        slot->misfit.values++;
        if (plan.is_forced ? stoa_value_cast(context->type, text, length, &slot->scratch,
                                             &value, NULL) == STOA_OK
                           : stoa_facts_value_fits(text, length, context->type))
            continue;
        if (slot->misfit.count++ == 0) {
            slot->misfit_at = ref.begin;
            keep_value(&slot->misfit, text, length);
        }
    }
    return STOA_OK;
}

static stoa_status consume(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot,
                           bool *out_stop, stoa_error *err)
{
    const struct misfit_context *context = pass->context;
    struct stoa_ingest_misfit *result = context->result;
    const struct stoa_ingest_misfit *found = &slot->misfit;
    STOA_UNUSED(out_stop);
    STOA_UNUSED(err);
    if (found->count != 0 && result->count == 0) {
        const struct stoa_csv_place place =
            stoa_csv_offset_place(pass, slot, slot->misfit_at);
        result->source = pass->input_number;
        result->line = place.line;
        result->line_column = place.column;
        memcpy(result->value, found->value, sizeof result->value);
    }
    result->count += found->count;
    result->values += found->values;
    return STOA_OK;
}

stoa_status stoa_csv_find_misfit(struct stoa_ingest *ingest, uint32_t input,
                                 const struct stoa_misfit_query *query,
                                 struct stoa_ingest_misfit *misfit, stoa_error *err)
{
    static const struct stoa_csv_visitor visitor = {
        .prepare = prepare, .window = look, .consume = consume};
    struct stoa_input *own = &ingest->inputs[input];
    struct misfit_context context = {.type = query->type, .result = misfit};
    while (context.column < own->info.column_count &&
           own->columns[context.column] != query->column)
        context.column++;
    if (context.column == own->info.column_count)
        return STOA_OK;
    struct stoa_csv_pass pass = {.ingest = ingest,
                                 .input = own,
                                 .input_number = input,
                                 .visitor = &visitor,
                                 .context = &context};
    return stoa_csv_pass_run(&pass, err);
}
