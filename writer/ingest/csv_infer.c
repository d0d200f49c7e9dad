/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pass 1 over one CSV source: the facts of every column over all rows, the ledger's counts, and
 * what is wrong. Called through the table of input formats.
 *
 * Tasks gather the facts of one chunk; they are joined in chunk order, so that what is remembered
 * (and reported) does not depend on the chunks.
 */
#include <string.h>

#include "writer/ingest/column_infer.h"
#include "writer/ingest/csv_input.h"
#include "writer/ingest/csv_pass.h"

static void prepare(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot)
{
    const uint32_t columns = pass->input->info.column_count;
    slot->suspects = (struct stoa_csv_suspects){.count = 0};
    for (uint32_t c = 0; c < columns; c++) {
        const struct stoa_union_column *own =
            &pass->ingest->all.columns[pass->input->columns[c]];
        stoa_facts_init(&slot->facts[c]);
        slot->is_settled[c] = own->facts.is_settled || own->is_forced;
    }
}

static stoa_status infer_window(struct stoa_csv_slot *slot,
                                const struct stoa_csv_window *window, stoa_error *err)
{
    const struct stoa_csv_dialect *dialect = &slot->pass->input->dialect;
    const struct stoa_ingest_options *options = &slot->pass->ingest->options;
    const struct stoa_null_texts nulls = {.texts = options->nulls,
                                          .count = options->null_count};
    STOA_UNUSED(err);
    stoa_csv_suspect(&slot->rows, window, &slot->suspects);
    for (uint32_t c = 0; c < window->columns; c++) {
        struct stoa_facts *facts = &slot->facts[c];
        if (slot->is_settled[c] || facts->is_settled) {
            const uint32_t count =
                stoa_csv_count_nulls(window, dialect, c, &nulls, slot->refs);
            facts->nulls += count;
            facts->values += window->row_count - count;
            continue;
        }
        const uint32_t count = stoa_csv_fields(window, dialect, c, &nulls, slot->refs);
        stoa_column_infer(facts, window->text, slot->refs, window->row_count, count);
    }
    return STOA_OK;
}

/* [ING-43] keeps the first places and counts on, up to the limit. */
static void note_fault(struct stoa_csv_pass *pass, const struct stoa_csv_slot *slot,
                       const struct stoa_csv_fault *fault)
{
    struct stoa_bad_rows *bad = &pass->ingest->bad;
    if (bad->count == 0)
        (void)stoa_csv_fault_error(pass, slot, fault, &bad->first);
    if (bad->count < STOA_BAD_PLACES) {
        const struct stoa_csv_place place = stoa_csv_fault_place(pass, slot, fault);
        bad->places[bad->count] = (struct stoa_bad_place){.input = pass->input_number,
                                                          .line = place.line,
                                                          .column = place.column,
                                                          .code = fault->code};
    }
    bad->count++;
}

static struct stoa_value_place place_of(const struct stoa_csv_pass *pass,
                                        const struct stoa_csv_slot *slot, uint64_t at,
                                        struct stoa_csv_line_cursor *cursor)
{
    return (struct stoa_value_place){
        .offset = slot->buffer.offset + at,
        .line = stoa_csv_offset_line(pass, slot, (size_t)at, cursor),
        .input = pass->input_number,
    };
}

/* Joins one column; the lines of what is new are found while their text is still here. */
static void merge_column(const struct stoa_csv_pass *pass, const struct stoa_csv_slot *slot,
                         uint32_t column, struct stoa_csv_line_cursor *cursor)
{
    struct stoa_union_column *own =
        &pass->ingest->all.columns[pass->input->columns[column]];
    struct stoa_facts *facts = &own->facts;
    const bool had_first = facts->first_kind != STOA_KIND_COUNT;
    const bool had_odd = facts->odd_kind != STOA_KIND_COUNT;
    stoa_facts_merge(facts, &slot->facts[column]);
    if (!had_first && facts->first_kind != STOA_KIND_COUNT)
        own->first = place_of(pass, slot, facts->first, cursor);
    if (!had_odd && facts->odd_kind != STOA_KIND_COUNT)
        own->odd = place_of(pass, slot, facts->odd, cursor);
}

/* What pass 1 finds out about the source itself. */
struct infer_context {
    uint64_t suspects;
    uint64_t suspect_line;
    uint64_t suspect_lines;
};

static void merge_suspects(const struct stoa_csv_pass *pass,
                           const struct stoa_csv_slot *slot, struct infer_context *context)
{
    if (slot->suspects.count != 0 && context->suspects == 0) {
        context->suspect_line =
            stoa_csv_offset_place(pass, slot, slot->suspects.first).line;
        context->suspect_lines = slot->suspects.lines;
    }
    context->suspects += slot->suspects.count;
}

static stoa_status consume(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot,
                           bool *out_stop, stoa_error *err)
{
    struct stoa_ingest *ingest = pass->ingest;
    const struct stoa_csv_fault_list *faults = &slot->rows.faults;
    struct stoa_csv_line_cursor cursor = {.offset = 0};
    STOA_UNUSED(err);
    for (uint32_t c = 0; c < pass->input->info.column_count && slot->row_count != 0; c++)
        merge_column(pass, slot, c, &cursor);
    merge_suspects(pass, slot, pass->context);
    if (ingest->options.policy != STOA_BAD_ROW_FAIL)
        return STOA_OK;
    for (size_t i = 0; i < faults->count && !*out_stop; i++) {
        note_fault(pass, slot, &faults->items[i]);
        *out_stop = ingest->bad.count >= ingest->options.bad_row_limit;
    }
    return STOA_OK;
}

stoa_status stoa_csv_infer(struct stoa_ingest *ingest, uint32_t input, stoa_error *err)
{
    static const struct stoa_csv_visitor visitor = {
        .prepare = prepare, .window = infer_window, .consume = consume};
    struct stoa_input *own = &ingest->inputs[input];
    struct infer_context context = {.suspects = 0};
    struct stoa_csv_pass pass = {.ingest = ingest,
                                 .input = own,
                                 .input_number = input,
                                 .visitor = &visitor,
                                 .context = &context,
                                 .keeps_identity = true,
                                 .has_facts = true};
    STOA_TRY(stoa_csv_pass_run(&pass, err));
    own->info.rows_read = pass.record_count;
    own->info.lines = pass.lines + pass.has_open_line;
    own->info.rows_rejected = pass.fault_count;
    own->info.blank_lines += pass.blank_lines;
    if (context.suspects == 0)
        return STOA_OK;
    return stoa_notice_add(
        ingest, UINT32_MAX, input, err,
        "%s:%llu: a quoted value holds %llu line ends, and the lines between look like rows of "
        "their own: is a quote missing there? (%llu such rows)",
        own->info.name, (unsigned long long)context.suspect_line,
        (unsigned long long)context.suspect_lines, (unsigned long long)context.suspects);
}
