/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pruning from the manifest down to blocks (query/morsel.h); zones are looked at by those who read
 * the block (scan_zones.c).
 */
#include "query/morsel.h"

#include "common/alloc.h"
#include "query/filter_prune.h"
#include "query/stats_fold.h"
#include "query/verdict.h"

/* ---- making ---- */

static void count_totals(struct stoa_morsel_source *source)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(source->plan->dataset);
    source->counters.files = info->file_count;
    source->counters.partitions = info->partition_count;
    source->counters.partitions_pruned = info->partition_count;
    source->counters.bytes_total = info->bytes;
}

stoa_status stoa_morsel_source_init(struct stoa_morsel_source *source,
                                    const struct stoa_plan *plan, stoa_error *err)
{
    *source = (struct stoa_morsel_source){.plan = plan};
    source->conjunct_blocks_pruned =
        stoa_alloc_zeroed(plan->conjunct_count + (size_t)1, sizeof(uint64_t));
    if (!source->conjunct_blocks_pruned)
        return stoa_fail_memory(err, plan->conjunct_count * sizeof(uint64_t));
    if (!plan->dataset)
        return STOA_OK;
    count_totals(source);
    const size_t partitions = stoa_dataset_get_info(plan->dataset)->partition_count;
    source->partitions_kept = stoa_alloc_zeroed(partitions + 1, 1);
    if (!source->partitions_kept)
        return stoa_fail_memory(err, partitions + 1);
    return STOA_OK;
}

static void close_file(const struct stoa_morsel_source *source, struct stoa_open_file *file)
{
    stoa_dataset_release(source->plan->dataset, file->file, file->reader);
    stoa_free(file->columns);
    stoa_free(file);
}

void stoa_morsel_source_done(struct stoa_morsel_source *source)
{
    while (source->files) {
        struct stoa_open_file *file = source->files;
        source->files = file->next;
        close_file(source, file);
    }
    stoa_free(source->conjunct_blocks_pruned);
    stoa_free(source->partitions_kept);
    source->conjunct_blocks_pruned = NULL;
    source->partitions_kept = NULL;
}

void stoa_morsel_release(struct stoa_morsel_source *source)
{
    if (!source->files)
        return;
    struct stoa_open_file *file = source->files->next;
    source->files->next = NULL;
    while (file) {
        struct stoa_open_file *next = file->next;
        close_file(source, file);
        file = next;
    }
}

/* ---- files ---- */

static stoa_status map_columns(const struct stoa_plan *plan, struct stoa_open_file *file,
                               stoa_error *err)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(plan->dataset);
    file->columns =
        stoa_alloc_array(plan->scan_column_count + (size_t)1, sizeof *file->columns);
    if (!file->columns)
        return stoa_fail_memory(err, plan->scan_column_count * sizeof *file->columns);
    for (uint32_t i = 0; i < plan->scan_column_count; i++) {
        const stoa_field *field = &info->schema.fields[plan->scan_columns[i]];
        stoa_field found;
        bool has = false;
        STOA_TRY(
            stoa_reader_find_id(file->reader, field->id, &has, &file->columns[i], err));
        if (has)
            STOA_TRY(stoa_reader_field(file->reader, file->columns[i], &found, err));
        if (!has || !stoa_type_equal(found.type, field->type)) {
            const stoa_status status =
                stoa_fail(err, STOA_E_CORRUPT,
                          "expected column \"%s\" with the type of the table, found %s",
                          field->name, has ? "another type" : "no such column");
            stoa_error_set_place(err, "%s", stoa_reader_name(file->reader));
            return status;
        }
    }
    return STOA_OK;
}

static stoa_status open_file(struct stoa_morsel_source *source, size_t number,
                             stoa_error *err)
{
    struct stoa_open_file *file = stoa_alloc_zeroed(1, sizeof *file);
    if (!file)
        return stoa_fail_memory(err, sizeof *file);
    file->file = number;
    source->is_opening = true;
    stoa_status status =
        stoa_dataset_acquire(source->plan->dataset, number, &file->reader, err);
    if (status != STOA_OK) {
        stoa_free(file);
        return status;
    }
    file->next = source->files;
    source->files = file;
    STOA_TRY(map_columns(source->plan, file, err));
    source->is_opening = false;
    source->has_file = true;
    source->group = 0;
    source->block_count = 0;
    source->next_row = 0;
    return STOA_OK;
}

/* What the manifest says of a file. */
static stoa_status judge_file(const struct stoa_morsel_source *source, size_t file,
                              struct stoa_verdict *verdict, stoa_error *err)
{
    const struct stoa_plan *plan = source->plan;
    *verdict = (struct stoa_verdict){.is_pruned = plan->never_matches};
    for (uint32_t c = 0; c < plan->conjunct_count && !verdict->is_pruned; c++) {
        const struct stoa_conjunct *conjunct = &plan->conjuncts[c];
        struct stoa_stats stats;
        bool is_known = false;
        if (conjunct->push == STOA_PUSH_NONE)
            continue;
        STOA_TRY(stoa_dataset_file_stats(plan->dataset, file,
                                         plan->scan_columns[conjunct->column], &is_known,
                                         &stats, err));
        if (is_known)
            stoa_verdict_judge(plan, c, &stats, verdict);
    }
    return STOA_OK;
}

stoa_status stoa_morsel_file_stats(void *context, uint32_t column, bool *out_known,
                                   struct stoa_stats *out_stats, stoa_error *err)
{
    const struct stoa_morsel_file *of = context;
    const bool counts_rows = column == UINT32_MAX;
    STOA_TRY(stoa_dataset_file_stats(of->plan->dataset, of->number,
                                     counts_rows ? 0 : of->plan->scan_columns[column],
                                     out_known, out_stats, err));
    if (counts_rows)
        out_stats->null_count = 0;
    *out_known = *out_known || counts_rows;
    return STOA_OK;
}

/* Sketches are in the file alone. */
static stoa_status file_sketch(void *context, uint32_t column, bool *out_has,
                               struct stoa_sketch *out_sketch, stoa_error *err)
{
    const struct stoa_morsel_file *of = context;
    return stoa_reader_sketch(of->open->reader, of->open->columns[column], out_has,
                              out_sketch, err);
}

/* The file's statistics and sketches, for which it is opened; closed again if they answer. */
static stoa_status fold_open_file(struct stoa_morsel_source *source, size_t file,
                                  bool *out_done, stoa_error *err)
{
    struct stoa_morsel_file of = {.plan = source->plan, .number = file};
    STOA_TRY(open_file(source, file, err));
    of.open = source->files;
    STOA_TRY(stoa_stats_fold_file(source->totals, stoa_morsel_file_stats, file_sketch, &of,
                                  out_done, err));
    if (!*out_done)
        return STOA_OK;
    struct stoa_open_file *opened = source->files;
    source->files = opened->next;
    source->has_file = false;
    close_file(source, opened);
    return STOA_OK;
}

/* Whether the manifest answers for the whole file: *out_done. Totals have it then;
 * *out_morsel is it for groups. */
static stoa_status fold_file(struct stoa_morsel_source *source, size_t file,
                             const struct stoa_verdict *verdict,
                             struct stoa_morsel *out_morsel, bool *out_done,
                             stoa_error *err)
{
    struct stoa_morsel_file of = {.plan = source->plan, .number = file};
    struct stoa_stats rows;
    bool is_known = false;
    *out_done = false;
    if (!source->totals || !stoa_verdict_covers(source->plan, verdict->proven))
        return STOA_OK;
    if (source->plan->group_count == 0 && stoa_plan_wants_sketches(source->plan)) {
        STOA_TRY(fold_open_file(source, file, out_done, err));
    } else if (source->plan->group_count == 0) {
        STOA_TRY(stoa_stats_fold(source->totals, false, stoa_morsel_file_stats, &of,
                                 out_done, err));
    } else {
        STOA_TRY(stoa_stats_fold_group(source->totals, stoa_morsel_file_stats, &of,
                                       out_done, err));
        stoa_group_state_clear(source->totals);
    }
    if (!*out_done)
        return STOA_OK;
    STOA_TRY(stoa_morsel_file_stats(&of, UINT32_MAX, &is_known, &rows, err));
    source->counters.rows_from_statistics += rows.rows;
    *out_morsel =
        (struct stoa_morsel){.is_file = source->plan->group_count > 0, .number = file};
    return STOA_OK;
}

static void keep_partition(struct stoa_morsel_source *source, size_t file)
{
    const size_t partition = stoa_dataset_file_partition(source->plan->dataset, file);
    const size_t count = stoa_dataset_get_info(source->plan->dataset)->partition_count;
    if (partition >= count || source->partitions_kept[partition])
        return;
    source->partitions_kept[partition] = 1;
    source->counters.partitions_pruned--;
}

/* Opens the next file that may match; *out_morsel is a whole file instead if the manifest answers for it and groups want it.
 * *out_has false when there is neither. */
static stoa_status next_file(struct stoa_morsel_source *source,
                             struct stoa_morsel *out_morsel, bool *out_has, stoa_error *err)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(source->plan->dataset);
    *out_has = false;
    *out_morsel = (struct stoa_morsel){.is_file = false};
    while (source->next_file < info->file_count && !*out_has) {
        const size_t file = source->next_file++;
        struct stoa_verdict verdict;
        bool is_done = false;
        STOA_TRY(judge_file(source, file, &verdict, err));
        if (verdict.is_pruned) {
            source->counters.files_pruned++;
            continue;
        }
        keep_partition(source, file);
        STOA_TRY(fold_file(source, file, &verdict, out_morsel, &is_done, err));
        *out_has = !is_done || source->plan->group_count > 0;
        if (!is_done && !source->has_file)
            STOA_TRY(open_file(source, file, err));
    }
    return STOA_OK;
}

/* ---- row groups and blocks ---- */

static stoa_status judge_group(const struct stoa_morsel_source *source,
                               struct stoa_verdict *verdict, stoa_error *err)
{
    const struct stoa_plan *plan = source->plan;
    *verdict = (struct stoa_verdict){0};
    for (uint32_t c = 0; c < plan->conjunct_count && !verdict->is_pruned; c++) {
        if (plan->conjuncts[c].push == STOA_PUSH_NONE)
            continue;
        struct stoa_stats stats;
        STOA_TRY(stoa_reader_group_stats(source->files->reader,
                                         source->files->columns[plan->conjuncts[c].column],
                                         source->group, &stats, err));
        stoa_verdict_judge(plan, c, &stats, verdict);
    }
    return STOA_OK;
}

static stoa_status judge_block(const struct stoa_morsel_source *source, uint32_t block,
                               struct stoa_verdict *verdict, stoa_error *err)
{
    const struct stoa_plan *plan = source->plan;
    *verdict = (struct stoa_verdict){.proven = source->group_proven};
    for (uint32_t c = 0; c < plan->conjunct_count && !verdict->is_pruned; c++) {
        if (plan->conjuncts[c].push == STOA_PUSH_NONE ||
            stoa_verdict_has(verdict->proven, c))
            continue;
        struct stoa_stats stats;
        STOA_TRY(stoa_reader_block_stats(source->files->reader,
                                         source->files->columns[plan->conjuncts[c].column],
                                         source->group, block, &stats, err));
        stoa_verdict_judge(plan, c, &stats, verdict);
    }
    return STOA_OK;
}

/* Looks at the next row group; leaves block_count 0 when it is pruned. */
static stoa_status enter_group(struct stoa_morsel_source *source, stoa_error *err)
{
    struct stoa_row_group_info info;
    struct stoa_verdict verdict;
    STOA_TRY(stoa_reader_row_group(source->files->reader, source->group, &info, err));
    STOA_TRY(judge_group(source, &verdict, err));
    if (!verdict.is_pruned) {
        STOA_TRY(stoa_filters_judge(source->plan, source->files, source->group, &verdict,
                                    &source->counters.aids_damaged, err));
        source->counters.row_groups_filtered += verdict.is_pruned;
    }
    source->next_row = info.first_row + info.rows;
    source->counters.row_groups++;
    if (verdict.is_pruned) {
        source->counters.row_groups_pruned++;
        source->conjunct_blocks_pruned[verdict.pruned_by] += info.blocks;
        source->group++;
        return STOA_OK;
    }
    source->block = 0;
    source->block_count = info.blocks;
    source->group_proven = verdict.proven;
    return STOA_OK;
}

/* The next block of the current row group; *out_has false when it has no more. */
static stoa_status next_block(struct stoa_morsel_source *source, struct stoa_morsel *out,
                              bool *out_has, stoa_error *err)
{
    struct stoa_row_group_info info;
    STOA_TRY(stoa_reader_row_group(source->files->reader, source->group, &info, err));
    *out_has = false;
    while (source->block < source->block_count) {
        const uint32_t block = source->block++;
        struct stoa_verdict verdict;
        STOA_TRY(judge_block(source, block, &verdict, err));
        source->counters.blocks++;
        if (verdict.is_pruned) {
            source->counters.blocks_pruned++;
            source->conjunct_blocks_pruned[verdict.pruned_by]++;
            continue;
        }
        const uint32_t left = info.rows - block * STOA_BLOCK_ROWS;
        *out = (struct stoa_morsel){.file = source->files,
                                    .group = source->group,
                                    .block = block,
                                    .rows = left < STOA_BLOCK_ROWS ? left : STOA_BLOCK_ROWS,
                                    .proven = verdict.proven,
                                    .is_covered =
                                        stoa_verdict_covers(source->plan, verdict.proven)};
        *out_has = true;
        return STOA_OK;
    }
    source->group++;
    source->block_count = 0;
    return STOA_OK;
}

static stoa_status next_morsel(struct stoa_morsel_source *source,
                               struct stoa_morsel *out_morsel, bool *out_has,
                               stoa_error *err)
{
    *out_has = false;
    for (;;) {
        if (!source->has_file) {
            bool has_more = false;
            STOA_TRY(next_file(source, out_morsel, &has_more, err));
            *out_has = out_morsel->is_file;
            if (!has_more || *out_has)
                return STOA_OK;
        }
        if (source->block_count == 0) {
            if (source->group >= stoa_reader_row_groups(source->files->reader)) {
                source->has_file = false;
                continue;
            }
            STOA_TRY(enter_group(source, err));
            continue;
        }
        STOA_TRY(next_block(source, out_morsel, out_has, err));
        if (*out_has)
            return STOA_OK;
    }
}

/* ---- damage ---- */

/* A file that could not be opened. */
static stoa_status lose_file(struct stoa_morsel_source *source, stoa_error *err)
{
    stoa_dataset_file_info info;
    source->is_opening = false;
    STOA_TRY(stoa_dataset_file(source->plan->dataset, source->next_file - 1, &info, err));
    return stoa_loss_set(source->loss, source->plan, info.path, UINT32_MAX, 0, info.rows,
                         err);
}

/* A row group, or all that is left of the file when it does not tell where the next one is. */
static stoa_status lose_group(struct stoa_morsel_source *source, stoa_error *err)
{
    struct stoa_reader *reader = source->files->reader;
    struct stoa_row_group_info info = {
        .first_row = source->next_row,
    };
    uint64_t rows = stoa_reader_rows(reader) - source->next_row;
    if (stoa_reader_row_group(reader, source->group, &info, NULL) == STOA_OK)
        rows = info.rows;
    else
        source->has_file = false;
    source->group++;
    source->next_row += rows;
    return stoa_loss_set(source->loss, source->plan, stoa_reader_name(reader), UINT32_MAX,
                         info.first_row, rows, err);
}

/* The block that was looked at last. */
static stoa_status lose_block(struct stoa_morsel_source *source, stoa_error *err)
{
    struct stoa_reader *reader = source->files->reader;
    struct stoa_row_group_info info;
    const uint64_t skipped = (uint64_t)(source->block - 1) * STOA_BLOCK_ROWS;
    STOA_TRY(stoa_reader_row_group(reader, source->group, &info, err));
    const uint64_t left = info.rows - skipped;
    return stoa_loss_set(source->loss, source->plan, stoa_reader_name(reader), UINT32_MAX,
                         info.first_row + skipped,
                         left < STOA_BLOCK_ROWS ? left : STOA_BLOCK_ROWS, err);
}

stoa_status stoa_morsel_next(struct stoa_morsel_source *source,
                             struct stoa_morsel *out_morsel, bool *out_has, stoa_error *err)
{
    if (!source->loss)
        return next_morsel(source, out_morsel, out_has, err);
    stoa_error *damage = &source->loss->damage;
    stoa_error_clear(damage);
    const stoa_status status = next_morsel(source, out_morsel, out_has, damage);
    if (status == STOA_OK)
        return STOA_OK;
    if (!stoa_loss_is_damage(status) || (!source->is_opening && !source->has_file)) {
        if (err)
            *err = *damage;
        return status;
    }
    *out_morsel = (struct stoa_morsel){.is_lost = true};
    *out_has = true;
    if (source->is_opening)
        return lose_file(source, err);
    return source->block_count == 0 ? lose_group(source, err) : lose_block(source, err);
}
