/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffered columns -> encoded row group. Columns go through in batches of about 8 MiB raw; one
 * step runs, on all threads of the pool, the blocks of one batch and the dictionary builds of
 * the next, so that at most two batches of dictionaries are in memory:
 *
 *   step 0: dictionaries 0 | step 1: blocks 0, dictionaries 1 | step 2: blocks 1, ...
 *
 * Columns that may refer to others of their batch are encoded in a second run, when it is known what
 * those have become. In each run first blocks go before the rest, which try what the first
 * one has become before they search.
 *
 * After each step the calling thread appends the batch's payloads in column and block order:
 * the bytes depend on neither threads nor timing [FMT-5].
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "format/codec/codec.h"
#include "format/enc/enc_reference.h"
#include "format/stats_record.h"
#include "format/zones.h"
#include "writer/file/reference_plan.h"
#include "writer/file/writer_state.h"

enum {
    BATCH_RAW = 8 << 20,    /* raw bytes of a batch, unless it is one column */
    BATCH_COLUMNS = 256,    /* bounds the jobs of wide tables */
    PARALLEL_RAW = 1 << 18, /* smaller row groups are not worth waking threads for */
    SKETCH_ROWS = 1 << 17,  /* a first row group of so many rows or raw bytes */
    SKETCH_RAW = 32 << 20,
    RELEASE_BODY = 24 << 20, /* encoded bytes from which on encoded columns are freed */
    RELEASE_COLUMNS = 4096,  /* so many columns: freed in any case */
    TRIM_RAW = 4 << 20       /* freed bytes that are worth giving back */
};

/* One block to encode. */
struct block_job {
    uint32_t column;
    uint32_t block;
    struct stoa_buf payload;
    struct stoa_block_choice choice;
    uint32_t raw_size;
    struct stoa_stats stats;
    uint8_t zones[STOA_BLOCK_ZONES * STOA_ZONE_RECORD_MAX]; /* records without gaps */
    struct stoa_zone_votes votes;
    struct stoa_sketch
        *sketch; /* of the values, where there is no dictionary; NULL: not wanted */
};

/* One column's dictionary. */
struct column_job {
    struct stoa_dictionary_build *dictionary; /* NULL: none is worth it */
    struct stoa_buf payload;
    uint8_t encoding;
    struct stoa_sketch *sketch; /* of the dictionary's values; NULL: not wanted */
    struct stoa_enc_hint hint;  /* for the first block */
};

struct batch {
    uint32_t first; /* column */
    uint32_t count; /* columns; 0: behind the last batch */
    struct column_job *jobs;
};

struct encoder {
    struct stoa_file_writer *writer;
    struct stoa_encoded_group *group;
    struct batch next;            /* dictionaries are being built */
    struct batch current;         /* blocks are being encoded */
    struct block_job *blocks;     /* of the current batch, column-major */
    struct stoa_sketch *sketches; /* of all jobs; NULL: not wanted */
    struct stoa_reference_plan plan;
    bool is_second_run; /* of the current batch's blocks */
    uint64_t released;  /* raw bytes freed and not yet given back to the system */
    struct stoa_compressor *compressors; /* owned; lent to tasks */
    unsigned compressor_count;
    bool is_rest; /* of each column the blocks behind the first, which it hints at */
};

void stoa_encoded_group_init(struct stoa_encoded_group *group)
{
    /* The buffers hold what was made from buffered rows, whose size is bounded already. */
    *group = (struct stoa_encoded_group){.rows = 0};
    stoa_buf_init(&group->body, SIZE_MAX / 4);
    stoa_buf_init(&group->heap, UINT32_MAX);
    stoa_buf_init(&group->stats, SIZE_MAX / 4);
    stoa_buf_init(&group->stats_heap, UINT32_MAX);
    stoa_buf_init(&group->zones, SIZE_MAX / 4);
    stoa_buf_init(&group->filters, SIZE_MAX / 4);
}

void stoa_encoded_group_done(struct stoa_encoded_group *group)
{
    stoa_buf_done(&group->body);
    stoa_buf_done(&group->heap);
    stoa_buf_done(&group->stats);
    stoa_buf_done(&group->stats_heap);
    stoa_buf_done(&group->zones);
    stoa_buf_done(&group->filters);
    stoa_free(group->records);
    stoa_free(group->dictionaries);
    stoa_free(group->zone_ends);
    stoa_free(group->filter_ends);
    group->records = NULL;
    group->dictionaries = NULL;
    group->zone_ends = NULL;
    group->filter_ends = NULL;
}

/* ---- the tasks of a step ---- */

static void set_place(const struct encoder *encoder, uint32_t column, stoa_error *err)
{
    const struct stoa_file_writer *writer = encoder->writer;
    stoa_error_set_place(err, "%s: column \"%s\", row group %" PRIu32,
                         writer->output.file->name, writer->fields[column].name,
                         writer->group_count);
}

static stoa_status build_dictionary(struct encoder *encoder, size_t i,
                                    struct stoa_compressor *compressor, stoa_error *err)
{
    const struct stoa_encode_means means = {encoder->writer->profile, compressor};
    const uint32_t c = encoder->next.first + (uint32_t)i;
    const struct stoa_plan_column *planned = stoa_reference_plan_find(&encoder->plan, c);
    const struct stoa_column column =
        stoa_column_builder_view(&encoder->writer->columns[c]);
    struct column_job *job = &encoder->next.jobs[i];
    job->hint = (struct stoa_enc_hint){0};
    if (planned && planned->needs_no_dictionary)
        return STOA_OK;
    const stoa_status status =
        stoa_dictionary_build_or_hint(&column, &means, &job->dictionary, &job->hint, err);
    if (status != STOA_OK)
        set_place(encoder, c, err);
    return status;
}

/* The payload is thrown away when no block turns out to use the dictionary: waiting for that
 * would keep the other threads waiting too. */
static stoa_status encode_dictionary(struct encoder *encoder, size_t i,
                                     struct stoa_compressor *compressor, stoa_error *err)
{
    const struct stoa_encode_means means = {encoder->writer->profile, compressor};
    struct column_job *job = &encoder->current.jobs[i];
    if (!job->dictionary)
        return STOA_OK;
    if (job->sketch) {
        const struct stoa_column values = stoa_dictionary_build_values(job->dictionary);
        *job->sketch = (struct stoa_sketch){{0}};
        stoa_sketch_add_column(job->sketch, &values);
    }
    const stoa_status status = stoa_dictionary_build_encode(
        job->dictionary, &means, &job->payload, &job->encoding, err);
    if (status != STOA_OK)
        set_place(encoder, encoder->current.first + (uint32_t)i, err);
    return status;
}

/* Statistics of the block and of its zones, and whether the zones would be of use. */
static stoa_status compute_stats(struct block_job *job, const struct stoa_column *column,
                                 const struct stoa_coded *coded, bool wants_zones,
                                 stoa_error *err)
{
    struct stoa_stats zones[STOA_BLOCK_ZONES];
    const size_t size = stoa_zone_record_size(column->phys);
    job->votes = (struct stoa_zone_votes){.possible = 0};
    stoa_stats_compute_zones(&job->stats, column, coded->codes ? coded : NULL,
                             wants_zones ? zones : NULL);
    if (!wants_zones)
        return STOA_OK;
    const struct stoa_view prefix = stoa_zone_prefix(&job->stats);
    for (uint32_t z = 0; z < stoa_zone_count(column->length); z++) {
        uint8_t *record = job->zones + z * size;
        const uint32_t rows = (uint32_t)zones[z].rows;
        stoa_zone_write(&zones[z], prefix, record);
        STOA_TRY(stoa_zone_read(column->phys, rows, prefix, record, &zones[z], err));
    }
    stoa_zone_votes_add(&job->votes, column, zones);
    return STOA_OK;
}

/* ---- references to other columns ---- */

/* What a block may refer to, with the columns that the references point to. */
struct references {
    struct stoa_enc_reference list[STOA_PLAN_USE_COUNT];
    struct stoa_column columns[STOA_PLAN_USE_COUNT];
    uint32_t count;
};

/* A base whose rows are still buffered, some of them not NULL in this block. */
static void add_reference(const struct encoder *encoder, const struct block_job *job,
                          const struct stoa_plan_column *base, enum stoa_plan_use use,
                          struct references *out)
{
    static const uint32_t forms[] = {
        [STOA_PLAN_EQUAL] = 1 << STOA_SAME_EQUAL,
        [STOA_PLAN_OFFSET] = 1 << STOA_SAME_OFFSET,
        [STOA_PLAN_MAP] = 1 << STOA_SAME_NUMBER | 1 << STOA_SAME_CODE,
    };
    const struct stoa_column whole =
        stoa_column_builder_view(&encoder->writer->columns[base->column]);
    const uint32_t first = job->block * STOA_BLOCK_ROWS;
    const uint8_t encoding = base->encodings[job->block];
    if (whole.length != encoder->group->rows || encoding == 0)
        return;
    struct stoa_column *column = &out->columns[out->count];
    *column = stoa_column_slice(&whole, first, stoa_block_rows(whole.length, job->block));
    out->list[out->count++] = (struct stoa_enc_reference){
        .number = base->column,
        .forms = forms[use],
        .column = column,
        .codes = base->codes && encoding == STOA_ENC_DICT ? base->codes + first : NULL,
        .decode_cycles = base->cycles[job->block],
    };
}

static void list_references(struct encoder *encoder, const struct block_job *job,
                            struct references *out)
{
    const struct stoa_plan_column *planned =
        stoa_reference_plan_find(&encoder->plan, job->column);
    out->count = 0;
    for (int use = 0; planned && planned->refers && use < STOA_PLAN_USE_COUNT; use++) {
        const uint8_t base = planned->bases[use];
        if (base != STOA_PLAN_NONE && encoder->plan.columns[base].is_encoded)
            add_reference(encoder, job, &encoder->plan.columns[base],
                          (enum stoa_plan_use)use, out);
    }
}

/* Whether the column has to wait for one of its own batch. */
static bool is_second(struct encoder *encoder, uint32_t column)
{
    const struct stoa_plan_column *planned =
        stoa_reference_plan_find(&encoder->plan, column);
    for (int use = 0; planned && planned->refers && use < STOA_PLAN_USE_COUNT; use++) {
        const uint8_t base = planned->bases[use];
        if (base != STOA_PLAN_NONE &&
            encoder->plan.columns[base].column >= encoder->current.first)
            return true;
    }
    return false;
}

/* The codes of a column that others may be determined by, in 2 bytes each. */
static stoa_status keep_codes(struct encoder *encoder, struct stoa_plan_column *base,
                              const struct stoa_dictionary_build *dictionary,
                              stoa_error *err)
{
    const uint32_t rows = encoder->group->rows;
    if (!base->is_base_of_map || !dictionary || encoder->plan.kept == STOA_PLAN_CODES ||
        stoa_dictionary_build_count(dictionary) > UINT16_MAX)
        return STOA_OK;
    const uint32_t *codes = stoa_dictionary_build_codes(dictionary);
    base->codes = stoa_alloc_array(rows, sizeof *base->codes);
    if (!base->codes)
        return stoa_fail_memory(err, rows * sizeof *base->codes);
    encoder->plan.kept++;
    for (uint32_t row = 0; row < rows; row++)
        base->codes[row] = (uint16_t)codes[row];
    return STOA_OK;
}

/* After the first run: what its bases have become. */
static stoa_status note_bases(struct encoder *encoder, stoa_error *err)
{
    const uint32_t blocks = encoder->group->blocks;
    for (uint32_t i = 0; i < encoder->current.count; i++) {
        struct stoa_plan_column *base =
            stoa_reference_plan_find(&encoder->plan, encoder->current.first + i);
        if (!base || !base->is_base)
            continue;
        for (uint32_t b = 0; b < blocks; b++) {
            const struct block_job *job = &encoder->blocks[(size_t)i * blocks + b];
            base->encodings[b] = job->choice.encoding;
            base->cycles[b] = job->choice.decode_cycles;
        }
        base->is_encoded = true;
        STOA_TRY(keep_codes(encoder, base, encoder->current.jobs[i].dictionary, err));
    }
    return STOA_OK;
}

/* Codes that no column behind this batch needs. */
static void drop_codes(struct encoder *encoder)
{
    const uint32_t end = encoder->current.first + encoder->current.count;
    for (uint32_t i = 0; i < encoder->plan.count; i++) {
        struct stoa_plan_column *base = &encoder->plan.columns[i];
        if (!base->codes || base->last_user >= end)
            continue;
        stoa_free(base->codes);
        base->codes = NULL;
        encoder->plan.kept--;
    }
}

/* What other blocks of the column tell of this one, or what its dictionary's judge found out. */
static const struct stoa_enc_hint *find_hint(const struct encoder *encoder,
                                             const struct block_job *job)
{
    return job->block > 0
               ? &(job - job->block)->choice.hint
               : &encoder->current.jobs[job->column - encoder->current.first].hint;
}

static stoa_status encode_block(struct encoder *encoder, size_t i,
                                struct stoa_compressor *compressor, stoa_error *err)
{
    struct block_job *job = &encoder->blocks[i];
    struct references references;
    const struct stoa_file_writer *writer = encoder->writer;
    const struct stoa_dictionary_build *dictionary =
        encoder->current.jobs[job->column - encoder->current.first].dictionary;
    if (is_second(encoder, job->column) != encoder->is_second_run ||
        (job->block > 0) != encoder->is_rest)
        return STOA_OK;
    const struct stoa_column whole =
        stoa_column_builder_view(&writer->columns[job->column]);
    const uint32_t first = job->block * STOA_BLOCK_ROWS;
    const struct stoa_column column =
        stoa_column_slice(&whole, first, stoa_block_rows(whole.length, job->block));
    struct stoa_coded coded = {0};
    if (dictionary) {
        coded.codes = stoa_dictionary_build_codes(dictionary) + first;
        coded.values = stoa_dictionary_build_values(dictionary);
    }
    job->raw_size = (uint32_t)stoa_column_raw_size(&column);
    STOA_TRY(compute_stats(job, &column, &coded, whole.length > STOA_ZONE_ROWS, err));
    if (job->sketch && !dictionary) { /* else its entries are all values there are */
        *job->sketch = (struct stoa_sketch){{0}};
        stoa_sketch_add_column(job->sketch, &column);
    }
    list_references(encoder, job, &references);
    const struct stoa_block_input input = {
        .column = &column,
        .codes = coded.codes,
        .dictionary_count = dictionary ? coded.values.length : 0,
        .profile = writer->profile,
        .references = references.list,
        .reference_count = references.count,
        .hint = find_hint(encoder, job),
        .compressor = compressor,
    };
    const stoa_status status =
        stoa_block_encode_by(&input, &job->payload, &job->choice, err);
    if (status != STOA_OK)
        set_place(encoder, job->column, err);
    return status;
}

static stoa_status run_with(struct encoder *encoder, size_t index,
                            struct stoa_compressor *compressor, stoa_error *err)
{
    if (encoder->is_second_run || encoder->is_rest)
        return encode_block(encoder, index, compressor, err);
    if (index < encoder->next.count)
        return build_dictionary(encoder, index, compressor, err);
    index -= encoder->next.count;
    if (index < encoder->current.count)
        return encode_dictionary(encoder, index, compressor, err);
    return encode_block(encoder, index - encoder->current.count, compressor, err);
}

static stoa_status run_task(void *context, size_t index, stoa_error *err)
{
    struct encoder *encoder = context;
    struct stoa_compressor *compressor =
        stoa_compressor_lend(encoder->compressors, encoder->compressor_count);
    const stoa_status status = run_with(encoder, index, compressor, err);
    stoa_compressor_give_back(compressor);
    return status;
}

/* ---- collecting a batch, in order ---- */

/* [FMT-41] [FMT-42] */
static stoa_status append_payload(struct encoder *encoder, const struct stoa_buf *payload,
                                  uint64_t *out_offset, stoa_error *err)
{
    struct stoa_buf *body = &encoder->group->body;
    const uint64_t offset = body->size;
    STOA_TRY(stoa_buf_append(body, payload->data, payload->size, err));
    STOA_TRY(stoa_buf_align(body, STOA_PAYLOAD_ALIGN, err));
    *out_offset = offset;
    return STOA_OK;
}

/* [FMT-3] What an encoding adds to the raw size is far below the MiB that is left for it. */
static stoa_status check_payload_size(size_t size, stoa_error *err)
{
    if (size > STOA_MAX_PAYLOAD_BYTES)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected a payload of at most %zu bytes, found %zu",
                         STOA_MAX_PAYLOAD_BYTES, size);
    return STOA_OK;
}

static stoa_status collect_dictionary(struct encoder *encoder, uint32_t c,
                                      const struct column_job *job, stoa_error *err)
{
    struct stoa_encoded_group *group = encoder->group;
    STOA_TRY(check_payload_size(job->payload.size, err));
    struct stoa_dictionary_record record = {
        .stored_size = (uint32_t)job->payload.size,
        .count = stoa_dictionary_build_count(job->dictionary),
        .column = c,
        .encoding = job->encoding,
    };
    STOA_TRY(append_payload(encoder, &job->payload, &record.offset, err));
    group->dictionaries[group->dictionary_count++] = record;
    encoder->writer->has_dictionary[c] = true;
    encoder->writer->stored_bytes[c] += record.stored_size;
    return STOA_OK;
}

/* The core of a record; its full bounds go to the end of `heap`. */
static stoa_status put_core(const struct stoa_stats *stats, struct stoa_stats_core *core,
                            struct stoa_buf *heap, stoa_error *err)
{
    uint8_t bounds[STOA_STATS_BOUNDS_MAX];
    const size_t size = stoa_stats_to_core(stats, core, bounds);
    if (size > 0)
        core->bounds_offset = (uint32_t)heap->size; /* the heap ends below 4 GiB */
    return stoa_buf_append(heap, bounds, size, err);
}

stoa_status stoa_group_stats_add(struct stoa_file_writer *writer, uint32_t column,
                                 uint32_t blocks, const struct stoa_stats *stats,
                                 struct stoa_buf *records, struct stoa_buf *heap,
                                 stoa_error *err)
{
    stoa_stats_merge(&writer->stats[column], stats);
    if (blocks == 1)
        return STOA_OK;
    struct stoa_stats_record record = {
        .rows = stats->rows,
        .null_count = stats->null_count,
        .nan_count = stats->nan_count,
    };
    STOA_TRY(put_core(stats, &record.core, heap, err));
    uint8_t bytes[STOA_STATS_RECORD_SIZE];
    stoa_stats_record_write(&record, bytes);
    return stoa_buf_append(records, bytes, sizeof bytes, err);
}

static stoa_status collect_block(struct encoder *encoder, const struct block_job *job,
                                 stoa_error *err)
{
    struct stoa_encoded_group *group = encoder->group;
    STOA_TRY(check_payload_size(job->payload.size, err));
    struct stoa_block_record record = {
        .stored_size = (uint32_t)job->payload.size,
        .rows = (uint32_t)job->stats.rows,
        .null_count = (uint32_t)job->stats.null_count,
        .nan_count = (uint32_t)job->stats.nan_count,
        .raw_size = job->raw_size,
        .encoding = job->choice.encoding,
    };
    STOA_TRY(put_core(&job->stats, &record.core, &group->heap, err));
    if (job->choice.uses_dictionary)
        record.core.flags |= STOA_RECORD_USES_DICTIONARY;
    STOA_TRY(append_payload(encoder, &job->payload, &record.offset, err));
    group->records[(size_t)job->column * group->blocks + job->block] = record;
    encoder->writer->stored_bytes[job->column] += record.stored_size;
    return STOA_OK;
}

static stoa_status collect_stats(struct encoder *encoder, uint32_t c,
                                 const struct block_job *jobs, stoa_error *err)
{
    struct stoa_encoded_group *group = encoder->group;
    struct stoa_stats stats;
    stoa_stats_init(&stats, jobs[0].stats.phys);
    for (uint32_t b = 0; b < group->blocks; b++)
        stoa_stats_merge(&stats, &jobs[b].stats);
    return stoa_group_stats_add(encoder->writer, c, group->blocks, &stats, &group->stats,
                                &group->stats_heap, err);
}

/* [FMT-90] Zones are kept or left out for the whole column of the row group. */
static stoa_status collect_zones(struct encoder *encoder, uint32_t c,
                                 const struct block_job *jobs, stoa_error *err)
{
    struct stoa_encoded_group *group = encoder->group;
    struct stoa_zone_votes votes = {.possible = 0};
    for (uint32_t b = 0; b < group->blocks; b++) {
        votes.looked_at += jobs[b].votes.looked_at;
        votes.possible += jobs[b].votes.possible;
        votes.zones += jobs[b].votes.zones;
        votes.constant += jobs[b].votes.constant;
    }
    if (stoa_zone_votes_pay(&votes)) {
        const size_t size = stoa_zone_record_size(jobs[0].stats.phys);
        for (uint32_t b = 0; b < group->blocks; b++)
            STOA_TRY(stoa_buf_append(
                &group->zones, jobs[b].zones,
                size * stoa_zone_count(stoa_block_rows(group->rows, b)), err));
        encoder->writer->has_zones[c] = true;
    }
    group->zone_ends[c] = group->zones.size;
    return STOA_OK;
}

/* Sketches merge in any order; without a dictionary that of the first block becomes the row group's. */
static const struct stoa_sketch *collect_sketch(struct encoder *encoder, uint32_t c,
                                                const struct column_job *column,
                                                const struct block_job *jobs)
{
    struct stoa_sketch *sketches = encoder->writer->sketches;
    if (!sketches)
        return NULL;
    struct stoa_sketch *own = column->dictionary ? column->sketch : jobs[0].sketch;
    for (uint32_t b = 1; !column->dictionary && b < encoder->group->blocks; b++)
        stoa_sketch_merge(own, jobs[b].sketch);
    stoa_sketch_merge(&sketches[c], own);
    return own;
}

static stoa_status collect_filter(struct encoder *encoder, uint32_t c,
                                  const struct column_job *column,
                                  const struct block_job *jobs, stoa_error *err)
{
    struct stoa_encoded_group *group = encoder->group;
    const struct stoa_column values =
        stoa_column_builder_view(&encoder->writer->columns[c]);
    struct stoa_filter_facts facts = {.column = c,
                                      .values = &values,
                                      .sketch = collect_sketch(encoder, c, column, jobs),
                                      .has_zones = group->zone_ends[c] >
                                                   (c > 0 ? group->zone_ends[c - 1] : 0),
                                      .has_dictionary = column->dictionary != NULL};
    for (uint32_t b = 0; b < group->blocks; b++)
        facts.stored_size += jobs[b].payload.size;
    STOA_TRY(stoa_row_group_filter(encoder->writer, &facts, &group->filters, err));
    group->filter_ends[c] = group->filters.size;
    return STOA_OK;
}

/* [FMT-40] The dictionary, then the blocks. */
static stoa_status collect_column(struct encoder *encoder, uint32_t i, stoa_error *err)
{
    const uint32_t c = encoder->current.first + i;
    const uint32_t blocks = encoder->group->blocks;
    const struct block_job *jobs = encoder->blocks + (size_t)i * blocks;
    bool uses_dictionary = false;
    for (uint32_t b = 0; b < blocks; b++)
        uses_dictionary |= jobs[b].choice.uses_dictionary;
    if (uses_dictionary)
        STOA_TRY(collect_dictionary(encoder, c, &encoder->current.jobs[i], err));
    for (uint32_t b = 0; b < blocks; b++)
        STOA_TRY(collect_block(encoder, &jobs[b], err));
    STOA_TRY(collect_zones(encoder, c, jobs, err));
    STOA_TRY(collect_filter(encoder, c, &encoder->current.jobs[i], jobs, err));
    return collect_stats(encoder, c, jobs, err);
}

static void drop_dictionaries(struct batch *batch)
{
    for (uint32_t i = 0; batch->jobs && i < batch->count; i++) {
        stoa_dictionary_build_free(batch->jobs[i].dictionary);
        batch->jobs[i].dictionary = NULL;
        stoa_buf_done(&batch->jobs[i].payload);
    }
}

/* Rows that hardly shrink: what is encoded takes the place of what was buffered, so that both
 * together stay below the raw limit and 24 MiB. Of wide tables the records take it: they are
 * much of what such a row group becomes. */
static void release_batch(struct encoder *encoder)
{
    const struct batch *batch = &encoder->current;
    const bool is_large = encoder->group->body.size > RELEASE_BODY;
    if (!is_large && encoder->writer->schema.field_count <= RELEASE_COLUMNS)
        return;
    for (uint32_t i = 0; i < batch->count; i++) {
        const uint32_t c = batch->first + i;
        struct stoa_column_builder *builder = &encoder->writer->columns[c];
        const struct stoa_plan_column *planned =
            stoa_reference_plan_find(&encoder->plan, c);
        if (!is_large && planned && planned->is_base)
            continue; /* of some tens of columns at most */
        const struct stoa_column column = stoa_column_builder_view(builder);
        encoder->released += stoa_column_raw_size(&column);
        stoa_column_builder_done(builder);
    }
    if (encoder->released >= TRIM_RAW) {
        stoa_alloc_trim();
        encoder->released = 0;
    }
}

static stoa_status collect_batch(struct encoder *encoder, stoa_error *err)
{
    struct batch *batch = &encoder->current;
    for (uint32_t i = 0; i < batch->count; i++)
        STOA_TRY(collect_column(encoder, i, err));
    drop_dictionaries(batch);
    drop_codes(encoder);
    release_batch(encoder);
    return STOA_OK;
}

/* ---- the steps ---- */

/* The columns behind `first` that make a batch. */
static uint32_t batch_size(const struct stoa_file_writer *writer, uint32_t first)
{
    const uint32_t columns = (uint32_t)writer->schema.field_count;
    uint64_t raw = 0;
    uint32_t count = 0;
    while (first + count < columns && count < BATCH_COLUMNS) {
        const struct stoa_column column =
            stoa_column_builder_view(&writer->columns[first + count]);
        raw += stoa_column_raw_size(&column);
        if (count > 0 && raw > BATCH_RAW)
            break;
        count++;
    }
    return count;
}

static void prepare_blocks(struct encoder *encoder)
{
    const uint32_t blocks = encoder->group->blocks;
    for (uint32_t i = 0; i < encoder->current.count * blocks; i++) {
        struct block_job *job = &encoder->blocks[i];
        job->column = encoder->current.first + i / blocks;
        job->block = i % blocks;
        job->payload.size = 0; /* its memory serves the next batch */
        job->choice = (struct stoa_block_choice){.encoding = 0};
    }
}

/* Blocks behind the first ones of their columns. */
static stoa_status run_rest(struct encoder *encoder, struct stoa_pool *pool,
                            stoa_error *err)
{
    const size_t blocks = (size_t)encoder->current.count * encoder->group->blocks;
    if (encoder->group->blocks == 1)
        return STOA_OK;
    encoder->is_rest = true;
    const stoa_status status = stoa_pool_run(pool, blocks, run_task, encoder, err);
    encoder->is_rest = false;
    return status;
}

/* The current batch's blocks and the next one's dictionaries. */
static stoa_status run_batch(struct encoder *encoder, struct stoa_pool *pool,
                             stoa_error *err)
{
    const size_t blocks = (size_t)encoder->current.count * encoder->group->blocks;
    bool has_second = false;
    prepare_blocks(encoder);
    encoder->is_second_run = false;
    STOA_TRY(stoa_pool_run(pool, encoder->next.count + encoder->current.count + blocks,
                           run_task, encoder, err));
    STOA_TRY(run_rest(encoder, pool, err));
    STOA_TRY(note_bases(encoder, err));
    for (uint32_t i = 0; i < encoder->current.count; i++)
        has_second |= is_second(encoder, encoder->current.first + i);
    encoder->is_second_run = true;
    if (!has_second)
        return STOA_OK;
    STOA_TRY(stoa_pool_run(pool, blocks, run_task, encoder, err));
    return run_rest(encoder, pool, err);
}

static stoa_status run_steps(struct encoder *encoder, struct stoa_pool *pool,
                             stoa_error *err)
{
    encoder->next.count = batch_size(encoder->writer, 0);
    while (encoder->next.count > 0 || encoder->current.count > 0) {
        STOA_TRY(run_batch(encoder, pool, err));
        STOA_TRY(collect_batch(encoder, err));
        const struct batch done = encoder->current;
        encoder->current = encoder->next;
        encoder->next.first = encoder->current.first + encoder->current.count;
        encoder->next.count = batch_size(encoder->writer, encoder->next.first);
        encoder->next.jobs = done.jobs;
    }
    return STOA_OK;
}

static stoa_status make_column_jobs(uint32_t count, struct column_job **out_jobs,
                                    stoa_error *err)
{
    struct column_job *jobs = stoa_alloc_zeroed(count, sizeof *jobs);
    if (!jobs)
        return stoa_fail_memory(err, count * sizeof *jobs);
    for (uint32_t i = 0; i < count; i++)
        stoa_buf_init(&jobs[i].payload, SIZE_MAX / 4);
    *out_jobs = jobs;
    return STOA_OK;
}

static stoa_status make_jobs(struct encoder *encoder, uint32_t columns, stoa_error *err)
{
    const uint32_t count = columns < BATCH_COLUMNS ? columns : BATCH_COLUMNS;
    const size_t block_count = (size_t)count * encoder->group->blocks;
    STOA_TRY(make_column_jobs(count, &encoder->next.jobs, err));
    STOA_TRY(make_column_jobs(count, &encoder->current.jobs, err));
    encoder->blocks = stoa_alloc_zeroed(block_count, sizeof *encoder->blocks);
    if (!encoder->blocks)
        return stoa_fail_memory(err, block_count * sizeof *encoder->blocks);
    for (size_t i = 0; i < block_count; i++)
        stoa_buf_init(&encoder->blocks[i].payload, SIZE_MAX / 4);
    return STOA_OK;
}

/* [FMT-102] The first row group decides for the file. */
static stoa_status make_sketches(struct encoder *encoder, uint32_t columns, stoa_error *err)
{
    struct stoa_file_writer *writer = encoder->writer;
    const uint32_t rows = encoder->group->rows;
    const bool is_large = writer->keeps_sketches || rows >= SKETCH_ROWS ||
                          stoa_cut_raw_size(&writer->cut) >= SKETCH_RAW;
    if (writer->group_count == 0 && is_large && columns <= STOA_SKETCH_COLUMNS) {
        writer->sketches = stoa_alloc_zeroed(columns, sizeof *writer->sketches);
        if (!writer->sketches)
            return stoa_fail_memory(err, columns * sizeof *writer->sketches);
        writer->kept_bytes += columns * sizeof *writer->sketches;
    }
    if (!writer->sketches)
        return STOA_OK;
    const uint32_t count = columns < BATCH_COLUMNS ? columns : BATCH_COLUMNS;
    const size_t blocks = (size_t)count * encoder->group->blocks;
    encoder->sketches = stoa_alloc_array(blocks + 2 * count, sizeof *encoder->sketches);
    if (!encoder->sketches)
        return stoa_fail_memory(err, (blocks + 2 * count) * sizeof *encoder->sketches);
    for (size_t i = 0; i < blocks; i++)
        encoder->blocks[i].sketch = &encoder->sketches[i];
    for (size_t i = 0; i < count; i++) {
        encoder->next.jobs[i].sketch = &encoder->sketches[blocks + i];
        encoder->current.jobs[i].sketch = &encoder->sketches[blocks + count + i];
    }
    return STOA_OK;
}

static void free_jobs(struct encoder *encoder, uint32_t columns)
{
    const uint32_t count = columns < BATCH_COLUMNS ? columns : BATCH_COLUMNS;
    drop_dictionaries(&encoder->current);
    drop_dictionaries(&encoder->next);
    stoa_free(encoder->current.jobs);
    stoa_free(encoder->next.jobs);
    stoa_free(encoder->sketches);
    for (size_t i = 0; encoder->blocks && i < (size_t)count * encoder->group->blocks; i++)
        stoa_buf_done(&encoder->blocks[i].payload);
    stoa_free(encoder->blocks);
}

static stoa_status make_records(struct stoa_encoded_group *group, uint32_t columns,
                                stoa_error *err)
{
    const size_t count = (size_t)columns * group->blocks;
    group->records = stoa_alloc_array(count, sizeof *group->records);
    group->dictionaries = stoa_alloc_array(columns, sizeof *group->dictionaries);
    group->zone_ends = stoa_alloc_zeroed(columns, sizeof *group->zone_ends);
    group->filter_ends = stoa_alloc_zeroed(columns, sizeof *group->filter_ends);
    if (!group->records || !group->dictionaries || !group->zone_ends || !group->filter_ends)
        return stoa_fail_memory(err, count * sizeof *group->records);
    return STOA_OK;
}

stoa_status stoa_row_group_encode(struct stoa_file_writer *writer,
                                  struct stoa_encoded_group *out_group, stoa_error *err)
{
    const uint32_t columns = (uint32_t)writer->schema.field_count;
    const bool is_small = stoa_cut_raw_size(&writer->cut) < PARALLEL_RAW;
    out_group->rows = writer->cut.rows;
    out_group->blocks = stoa_group_blocks(writer->cut.rows);
    /* A task that finds none, since a wait runs others on its stack, does without. */
    struct encoder encoder = {.writer = writer,
                              .group = out_group,
                              .compressor_count = stoa_pool_threads(writer->pool)};
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(make_records(out_group, columns, err));
    STOA_TRY_CLEANUP(stoa_buf_reserve(&out_group->body, STOA_PAYLOAD_ALIGN, err));
    STOA_TRY_CLEANUP(make_jobs(&encoder, columns, err));
    STOA_TRY_CLEANUP(make_sketches(&encoder, columns, err));
    STOA_TRY_CLEANUP(
        stoa_compressors_create(encoder.compressor_count, &encoder.compressors, err));
    STOA_TRY_CLEANUP(stoa_reference_plan_make(writer->columns, &writer->schema,
                                              out_group->rows, &encoder.plan, err));
    STOA_TRY_CLEANUP(run_steps(&encoder, is_small ? NULL : writer->pool, err));
cleanup:
    stoa_compressors_free(encoder.compressors, encoder.compressor_count);
    free_jobs(&encoder, columns);
    stoa_reference_plan_done(&encoder.plan);
    return status;
}
