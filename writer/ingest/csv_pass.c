/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline of csv_pass.h. Called by the three passes (csv_infer.c, csv_read.c,
 * csv_misfit.c); owns the slots.
 *
 * Memory is bounded by the number of slots times the size of a chunk and of what a chunk can
 * turn into: at worst a one-byte field becomes a 16-byte value. A buffer that a giant record
 * made large is worked on alone.
 */
#include "writer/ingest/csv_pass.h"

#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"

enum {
    BUILDER_BYTES = 160, /* what a column builder takes for its first rows */
    BYTES_PER_BYTE = 18, /* buffer, offsets and values per byte of text, at worst */
    CHUNK_MIN = 16 << 10,
    CHUNK_MAX = 512 << 10
};
/* Chunks are addressed with 32 bits, and a reference needs the top bit. */
#define BUFFER_MAX ((size_t)1 << 30)

/* ---- slots ---- */

struct stoa_column_plan stoa_csv_column_plan(const struct stoa_csv_pass *pass,
                                             uint32_t column)
{
    const struct stoa_union_column *own =
        &pass->ingest->all.columns[pass->input->columns[column]];
    return (struct stoa_column_plan){.type = own->type,
                                     .is_forced = own->is_forced,
                                     .quote = pass->input->dialect.quote};
}

static void slot_done(struct stoa_csv_slot *slot, uint32_t field_count)
{
    stoa_csv_buffer_done(&slot->buffer);
    stoa_csv_rows_done(&slot->rows);
    stoa_free(slot->refs);
    stoa_free(slot->bad);
    stoa_buf_done(&slot->scratch);
    stoa_free(slot->facts);
    stoa_free(slot->is_settled);
    stoa_free(slot->marks);
    for (uint32_t i = 0; slot->builders && i < field_count; i++)
        stoa_column_builder_done(&slot->builders[i]);
    stoa_free(slot->builders);
}

/* On failure what was allocated stays in the slot. */
static stoa_status slot_init(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot,
                             stoa_error *err)
{
    const uint32_t columns = pass->input->info.column_count;
    slot->pass = pass;
    stoa_buf_init(&slot->scratch, 3 * STOA_MAX_VALUE_BYTES);
    STOA_TRY(stoa_csv_rows_init(&slot->rows, &pass->input->dialect, columns, err));
    const size_t rows = slot->rows.scan.end_capacity;
    slot->refs = stoa_alloc_array(rows, sizeof *slot->refs);
    slot->bad = stoa_alloc_array(stoa_bitmap_words(rows), sizeof *slot->bad);
    if (!slot->refs || !slot->bad)
        return stoa_fail_memory(err, rows * sizeof *slot->refs);
    if (pass->has_facts) {
        slot->facts = stoa_alloc_array(columns, sizeof *slot->facts);
        slot->is_settled = stoa_alloc_array(columns, sizeof *slot->is_settled);
        if (!slot->facts || !slot->is_settled)
            return stoa_fail_memory(err, columns * sizeof *slot->facts);
    }
    if (pass->field_count) {
        slot->builders = stoa_alloc_array(pass->field_count, sizeof *slot->builders);
        if (!slot->builders)
            return stoa_fail_memory(err, pass->field_count * sizeof *slot->builders);
        for (uint32_t i = 0; i < pass->field_count; i++)
            stoa_column_builder_init(&slot->builders[i],
                                     stoa_type_phys(pass->field_types[i]));
    }
    return STOA_OK;
}

/* Bytes that a slot holds whatever is in a chunk. */
static size_t slot_overhead(const struct stoa_csv_pass *pass)
{
    const size_t columns = pass->input->info.column_count;
    const size_t per_column = pass->has_facts ? sizeof(struct stoa_facts) + 1 : 0;
    return stoa_csv_rows_size((uint32_t)columns) + columns * per_column +
           pass->field_count * (sizeof(struct stoa_column_builder) + BUILDER_BYTES);
}

static stoa_status fail_wide(const struct stoa_csv_pass *pass, size_t needed,
                             stoa_error *err)
{
    const stoa_status status =
        stoa_fail(err, STOA_E_MEMORY_LIMIT,
                  "expected at least %zu bytes of memory for reading %u columns, found %zu",
                  needed, pass->input->info.column_count, pass->ingest->options.memory);
    stoa_error_set_hint(err, "give it more with --memory");
    return status;
}

static size_t clamp(size_t value, size_t low, size_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* [ING-45] as many slots as keep the pool busy, fewer for very wide sources; chunks from what is
 * left. One buffer may grow to half of the memory, for a giant record. */
static stoa_status choose_sizes(struct stoa_csv_pass *pass, size_t *out_chunk,
                                size_t *out_buffer, stoa_error *err)
{
    const struct stoa_ingest_options *options = &pass->ingest->options;
    const size_t overhead = slot_overhead(pass);
    const unsigned threads = options->pool ? stoa_pool_threads(options->pool) : 1;
    unsigned slots = threads > 1 ? threads + 2 : 1;
    while (slots > 1 && overhead > options->memory / 2 / slots)
        slots--;
    if (overhead > options->memory / 4 * 3)
        return fail_wide(pass, overhead / 3 * 4, err);
    const size_t left = options->memory - slots * overhead;
    size_t chunk = clamp(left / BYTES_PER_BYTE / slots, CHUNK_MIN, CHUNK_MAX);
    if (options->chunk_size)
        chunk = clamp(options->chunk_size, 1, BUFFER_MAX);
    *out_buffer = clamp(options->memory / 2, chunk, BUFFER_MAX);
    *out_chunk = chunk;
    pass->slot_count = slots;
    return STOA_OK;
}

/* ---- the work on a chunk ---- */

/* [ING-35] E104 for values of forced columns that are not of their type. */
static stoa_status check_forced(struct stoa_csv_slot *slot,
                                const struct stoa_csv_window *window, uint32_t column,
                                const struct stoa_column_plan *plan, stoa_error *err)
{
    const struct stoa_csv_dialect *dialect = &slot->pass->input->dialect;
    const struct stoa_ingest_options *options = &slot->pass->ingest->options;
    const struct stoa_null_texts nulls = {.texts = options->nulls,
                                          .count = options->null_count};
    (void)stoa_csv_fields(window, dialect, column, &nulls, slot->refs);
    for (uint32_t r = 0; r < window->row_count; r++) {
        const struct stoa_ref ref = slot->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        struct stoa_value value;
        if (ref.length == 0 || stoa_bit_get(slot->bad, r) ||
            stoa_value_cast(plan->type, window->text + ref.begin, length, &slot->scratch,
                            &value, NULL) == STOA_OK)
            continue;
        const size_t begin = window->begins[r];
        const struct stoa_csv_fault fault = {
            .begin = begin,
            .end = window->ends[(size_t)(r + 1) * window->columns - 1],
            .place = ref.begin,
            .value_end = ref.begin + length,
            .line = window->lines +
                    slot->rows.kernels->count_lines(window->text + window->text_begin,
                                                    begin - window->text_begin),
            .code = STOA_E_CAST,
            .column = column,
        };
        stoa_bit_set(slot->bad, r);
        STOA_TRY(stoa_csv_faults_add(&slot->rows.faults, &fault, err));
    }
    return STOA_OK;
}

/* [ING-18] takes out the rows that have the right width and are bad all the same. */
static stoa_status keep_good(struct stoa_csv_slot *slot, struct stoa_csv_window *window,
                             stoa_error *err)
{
    struct stoa_csv_fault_list *faults = &slot->rows.faults;
    const size_t before = faults->count;
    STOA_TRY(stoa_csv_check_text(&slot->rows, window, slot->bad, faults, err));
    for (uint32_t c = 0; c < window->columns && slot->pass->has_forced; c++) {
        const struct stoa_column_plan plan = stoa_csv_column_plan(slot->pass, c);
        if (plan.is_forced && plan.type.id != STOA_TYPE_TEXT)
            STOA_TRY(check_forced(slot, window, c, &plan, err));
    }
    if (faults->count > before)
        stoa_csv_window_drop(window, slot->bad);
    return STOA_OK;
}

/* A chunk that is one record too large to look at. */
static stoa_status take_condemned(struct stoa_csv_slot *slot, stoa_error *err)
{
    slot->rows.faults.count = 0;
    slot->rows.blank_lines = 0;
    slot->rows.record_count = 1;
    slot->rows.lines = slot->buffer.fault_lines;
    return stoa_csv_faults_add(&slot->rows.faults, &slot->buffer.fault, err);
}

static stoa_status work(void *context, size_t index, stoa_error *err)
{
    struct stoa_csv_slot *slot = context;
    struct stoa_csv_rows *rows = &slot->rows;
    STOA_UNUSED(index);
    slot->row_count = 0;
    slot->mark_count = 0;
    if (slot->buffer.is_condemned)
        return take_condemned(slot, err);
    stoa_csv_rows_start(rows, &slot->buffer.chunk);
    for (bool more = true; more;) {
        struct stoa_csv_window window;
        const size_t first_fault = rows->faults.count;
        STOA_TRY(stoa_csv_rows_next(rows, &window, &more, err));
        if (window.row_count != 0)
            STOA_TRY(keep_good(slot, &window, err));
        if (rows->faults.count - first_fault > 1)
            stoa_csv_faults_sort(&rows->faults, first_fault);
        if (window.row_count != 0)
            STOA_TRY(slot->pass->visitor->window(slot, &window, err));
        slot->row_count += window.row_count;
    }
    return STOA_OK;
}

/* ---- the pipeline ---- */

static stoa_status report_progress(struct stoa_csv_pass *pass, size_t bytes,
                                   stoa_error *err)
{
    struct stoa_ingest *ingest = pass->ingest;
    const struct stoa_ingest_options *options = &ingest->options;
    ingest->bytes_done += bytes;
    if (!options->on_progress)
        return STOA_OK;
    return options->on_progress(options->progress_context, ingest->pass, ingest->bytes_done,
                                ingest->bytes_total, err);
}

/* Hands a finished slot to the visitor. */
static stoa_status consume(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot,
                           bool *out_stop, stoa_error *err)
{
    STOA_TRY(pass->visitor->consume(pass, slot, out_stop, err));
    pass->lines += slot->rows.lines;
    pass->record_count += slot->rows.record_count;
    pass->fault_count += slot->rows.faults.count;
    const uint8_t last = slot->buffer.bytes[slot->buffer.chunk.end - 1];
    pass->has_open_line = last != '\n' && last != '\r';
    pass->blank_lines += slot->rows.blank_lines;
    return report_progress(pass, slot->buffer.chunk.end, err);
}

/* The slots under way: a ring, oldest first. */
struct flight {
    unsigned first;
    unsigned count;
    bool is_stopped;
};

static stoa_status land_oldest(struct stoa_csv_pass *pass, struct flight *flight,
                               stoa_error *err)
{
    struct stoa_csv_slot *slot = &pass->slots[flight->first];
    flight->first = (flight->first + 1) % pass->slot_count;
    flight->count--;
    STOA_TRY(stoa_pool_wait(pass->ingest->options.pool, &slot->task, err));
    return flight->is_stopped ? STOA_OK : consume(pass, slot, &flight->is_stopped, err);
}

/* Waits for everything that was started; what came out of it no longer matters. */
static void abandon(struct stoa_csv_pass *pass, struct flight *flight)
{
    while (flight->count > 0) {
        struct stoa_csv_slot *slot = &pass->slots[flight->first];
        const stoa_status status =
            stoa_pool_wait(pass->ingest->options.pool, &slot->task, NULL);
        STOA_UNUSED(status);
        flight->first = (flight->first + 1) % pass->slot_count;
        flight->count--;
    }
}

/* Fills the next free slot and starts it, or does all of it here when it has to be alone. */
static stoa_status launch(struct stoa_csv_pass *pass, struct flight *flight, bool *out_more,
                          stoa_error *err)
{
    struct stoa_csv_slot *slot =
        &pass->slots[(flight->first + flight->count) % pass->slot_count];
    STOA_TRY(stoa_csv_chunks_next(&pass->chunks, &slot->buffer, out_more, err));
    if (!*out_more)
        return STOA_OK;
    const bool is_alone = pass->slot_count == 1 || slot->buffer.is_large;
    while (is_alone && flight->count > 0)
        STOA_TRY(land_oldest(pass, flight, err));
    if (flight->is_stopped)
        return STOA_OK;
    if (pass->visitor->prepare)
        pass->visitor->prepare(pass, slot);
    if (is_alone) {
        flight->first = (unsigned)(slot - pass->slots); /* and again for the next chunk */
        STOA_TRY(work(slot, 0, err));
        return consume(pass, slot, &flight->is_stopped, err);
    }
    stoa_pool_start(pass->ingest->options.pool, &slot->task, work, slot, 0);
    flight->count++;
    return STOA_OK;
}

static stoa_status fly(struct stoa_csv_pass *pass, struct flight *flight, stoa_error *err)
{
    for (bool more = true; more && !flight->is_stopped;) {
        /* The tail of the newest chunk must outlive the filling of the next. */
        if (flight->count == pass->slot_count)
            STOA_TRY(land_oldest(pass, flight, err));
        if (!flight->is_stopped)
            STOA_TRY(launch(pass, flight, &more, err));
    }
    while (flight->count > 0)
        STOA_TRY(land_oldest(pass, flight, err));
    return STOA_OK;
}

stoa_status stoa_csv_pass_run(struct stoa_csv_pass *pass, stoa_error *err)
{
    struct flight flight = {.first = 0};
    size_t chunk_size = 0;
    size_t buffer_max = 0;
    stoa_status status = STOA_OK;
    STOA_TRY(choose_sizes(pass, &chunk_size, &buffer_max, err));
    pass->lines = pass->input->data_lines;
    pass->has_open_line = pass->input->has_open_line;
    for (uint32_t c = 0; c < pass->input->info.column_count; c++)
        pass->has_forced |= stoa_csv_column_plan(pass, c).is_forced;
    pass->slots = stoa_alloc_zeroed(pass->slot_count, sizeof *pass->slots);
    if (!pass->slots)
        return stoa_fail_memory(err, pass->slot_count * sizeof *pass->slots);
    STOA_TRY_CLEANUP(
        stoa_csv_chunks_open(&pass->chunks, pass->input, chunk_size, buffer_max, err));
    for (unsigned i = 0; i < pass->slot_count; i++)
        STOA_TRY_CLEANUP(slot_init(pass, &pass->slots[i], err));
    STOA_TRY_CLEANUP(fly(pass, &flight, err));
    if (pass->keeps_identity)
        stoa_text_keep_identity(&pass->chunks.reader, pass->input);
    else if (!flight.is_stopped)
        STOA_TRY_CLEANUP(stoa_text_check_identity(&pass->chunks.reader, err));
cleanup:
    abandon(pass, &flight);
    for (unsigned i = 0; i < pass->slot_count; i++)
        slot_done(&pass->slots[i], pass->field_count);
    stoa_free(pass->slots);
    pass->slots = NULL;
    stoa_csv_chunks_close(&pass->chunks);
    return status;
}
