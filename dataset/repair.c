/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stoa_repair: looks at every row group that can be found (pass 1), copies those that are whole
 * and, when asked, the rows of the others that are (pass 2), and tells of every stretch of the
 * file what became of it. The new file is verified, values and statistics too, before it may
 * stay: a repair that makes something worse than it found would be the last straw.
 */
#include "stoa/repair.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/new_file.h"
#include "dataset/paths.h"
#include "dataset/repair_rows.h"
#include "dataset/target.h"
#include "reader/salvage.h"

enum { REASON_SIZE = 200 };

/* What pass 1 finds out about a row group. */
struct group_state {
    bool has_tail; /* else nothing in it can be used */
    uint16_t bad;  /* bit b: block b is damaged in some column */
    uint32_t first_column[STOA_ROW_GROUP_BLOCKS]; /* that is damaged in block b */
    uint32_t columns[STOA_ROW_GROUP_BLOCKS];      /* how many are */
};

struct repair {
    const stoa_repair_options *options;
    stoa_repair_report *report;
    struct stoa_salvage *salvage;
    struct group_state *groups; /* owned */
    uint32_t current;           /* row group being looked at */
    struct stoa_tail tail;      /* of it */
    struct stoa_buf tail_bytes;
    struct stoa_buf zones;
    uint64_t *zone_ends;          /* owned */
    struct stoa_sketch *sketches; /* owned; NULL: the new file has none */
    struct stoa_new_file file;
    struct stoa_file_writer *writer;
    bool is_complete; /* nothing followed the last row group */
};

static void on_damage(void *context, const stoa_error *damage)
{
    struct repair *repair = context;
    repair->report->damages++;
    if (repair->options->on_damage)
        repair->options->on_damage(repair->options->context, damage);
}

static bool is_damage(stoa_status status)
{
    return status == STOA_E_CORRUPT || status == STOA_E_NEWER || status == STOA_E_CODEC;
}

static uint16_t all_blocks(const struct stoa_salvage_group *group)
{
    return (uint16_t)((1u << stoa_group_blocks(group->rows)) - 1);
}

static uint64_t block_first_row(const struct stoa_salvage_group *group, uint32_t block)
{
    if (group->first_row == STOA_SALVAGE_UNKNOWN)
        return STOA_REPAIR_UNKNOWN;
    return group->first_row + (uint64_t)block * STOA_BLOCK_ROWS;
}

/* ---- pass 1 ---- */

static void mark_block(struct group_state *state, uint32_t column, uint32_t block)
{
    if (!(state->bad >> block & 1))
        state->first_column[block] = column;
    state->bad |= (uint16_t)(1u << block);
    state->columns[block]++;
}

/* A damaged dictionary costs the blocks that use it [FMT-81]. */
static void mark_payload(struct repair *repair, const struct stoa_tail_payload *payload)
{
    struct group_state *state = &repair->groups[repair->current];
    if (payload->block != STOA_DICTIONARY_NUMBER) {
        mark_block(state, payload->column, payload->block);
        return;
    }
    for (uint32_t b = 0; b < repair->tail.end.blocks; b++) {
        struct stoa_block_record record;
        stoa_tail_block(&repair->tail, payload->column, b, &record);
        if (record.core.flags & STOA_RECORD_USES_DICTIONARY)
            mark_block(state, payload->column, b);
    }
}

static stoa_status take_payload(void *context, const struct stoa_tail_payload *payload,
                                const stoa_error *damage, stoa_error *err)
{
    STOA_UNUSED(err);
    on_damage(context, damage);
    mark_payload(context, payload);
    return STOA_OK;
}

/* Opens the tail of row group `i`; *out_is_good false when it is damaged, which is told. */
static stoa_status open_tail(struct repair *repair, uint32_t i, bool tells,
                             bool *out_is_good, stoa_error *err)
{
    struct stoa_salvage *salvage = repair->salvage;
    const struct stoa_hash128 identity = stoa_salvage_identity(salvage);
    stoa_error damage;
    stoa_error_clear(&damage);
    repair->current = i;
    stoa_status status = stoa_salvage_tail(salvage, i, tells ? on_damage : NULL, repair,
                                           &repair->tail_bytes, &damage);
    if (status == STOA_OK)
        status = stoa_tail_open(repair->tail_bytes.data, repair->tail_bytes.size,
                                stoa_salvage_schema(salvage), identity.low, &repair->tail,
                                &damage);
    *out_is_good = status == STOA_OK;
    if (status == STOA_OK)
        return STOA_OK;
    if (!is_damage(status)) {
        if (err)
            *err = damage;
        return status;
    }
    stoa_error_set_place(&damage, "%s: row group %" PRIu32,
                         stoa_salvage_file(salvage)->name,
                         stoa_salvage_group(salvage, i)->number);
    if (tells)
        on_damage(repair, &damage);
    return STOA_OK;
}

static stoa_status look_at_groups(struct repair *repair, stoa_error *err)
{
    const uint32_t count = stoa_salvage_groups(repair->salvage);
    repair->groups = stoa_alloc_zeroed(count + (size_t)1, sizeof *repair->groups);
    if (repair->groups == NULL)
        return stoa_fail_memory(err, count * sizeof *repair->groups);
    for (uint32_t i = 0; i < count; i++) {
        STOA_TRY(open_tail(repair, i, true, &repair->groups[i].has_tail, err));
        if (repair->groups[i].has_tail)
            STOA_TRY(stoa_salvage_check(repair->salvage, i, &repair->tail, take_payload,
                                        repair, err));
    }
    return STOA_OK;
}

/* Whether something of the row group goes into the new file. */
static bool is_wanted(const struct repair *repair, uint32_t i)
{
    const struct group_state *state = &repair->groups[i];
    const struct stoa_salvage_group *group = stoa_salvage_group(repair->salvage, i);
    if (!state->has_tail)
        return false;
    return state->bad == 0 ||
           (repair->options->skip_corrupt && state->bad != all_blocks(group));
}

static bool is_anything_wanted(const struct repair *repair)
{
    for (uint32_t i = 0; i < stoa_salvage_groups(repair->salvage); i++) {
        if (is_wanted(repair, i))
            return true;
    }
    return stoa_salvage_rows(repair->salvage) == 0; /* a file without rows is one, too */
}

/* ---- pass 2 ---- */

static void on_undecodable(void *context, uint32_t column, uint32_t block,
                           stoa_error *damage)
{
    struct repair *repair = context;
    const struct stoa_salvage_group *group =
        stoa_salvage_group(repair->salvage, repair->current);
    damage->place[0] = '\0'; /* it is that of the temporary copy */
    stoa_error_set_place(
        damage, "%s: column \"%.120s\", row group %" PRIu32 ", block %" PRIu32,
        stoa_salvage_file(repair->salvage)->name,
        stoa_salvage_schema(repair->salvage)->fields[column].name, group->number, block);
    on_damage(repair, damage);
    mark_block(&repair->groups[repair->current], column, block);
}

static stoa_status write_group(struct repair *repair, uint32_t i, stoa_error *err)
{
    struct stoa_salvage *salvage = repair->salvage;
    const struct stoa_salvage_group *group = stoa_salvage_group(salvage, i);
    struct group_state *state = &repair->groups[i];
    bool is_good = false;
    STOA_TRY(open_tail(repair, i, false, &is_good, err));
    if (!is_good)
        return stoa_fail(err, STOA_E_SOURCE_CHANGED,
                         "expected row group %" PRIu32 " as it was, found it changed",
                         group->number);
    struct stoa_group_source source = {
        .file = stoa_salvage_file(salvage),
        .offset = group->offset,
        .tail = repair->tail_bytes.data,
        .tail_size = repair->tail_bytes.size,
        .number = group->number,
        .first_row = group->first_row,
    };
    if (state->bad == 0) {
        if (stoa_salvage_zones(salvage, i, &repair->zones, repair->zone_ends)) {
            source.zones = repair->zones.data;
            source.zone_ends = repair->zone_ends;
        }
        source.sketches = repair->sketches;
        return stoa_file_writer_copy(repair->writer, &source, err);
    }
    struct stoa_repair_rows rows = {
        .directory = repair->file.directory.fd,
        .source = &source,
        .bad = state->bad,
        .on_damage = on_undecodable,
        .context = repair,
    };
    return stoa_repair_rows(&rows, repair->writer, err);
}

/* They are those of all values of the file, so all of it must go over. */
static stoa_status find_sketches(struct repair *repair, stoa_error *err)
{
    const size_t columns = stoa_salvage_schema(repair->salvage)->field_count;
    bool is_whole = columns <= STOA_SKETCH_COLUMNS;
    for (uint32_t i = 0; i < stoa_salvage_groups(repair->salvage); i++)
        is_whole &= repair->groups[i].has_tail && repair->groups[i].bad == 0;
    if (!is_whole)
        return STOA_OK;
    struct stoa_sketch *sketches = stoa_alloc_array(columns, sizeof *sketches);
    if (sketches == NULL)
        return stoa_fail_memory(err, columns * sizeof *sketches);
    if (stoa_salvage_sketches(repair->salvage, sketches))
        repair->sketches = sketches;
    else
        stoa_free(sketches);
    return STOA_OK;
}

static stoa_status write_groups(struct repair *repair, uint64_t *out_rows, stoa_error *err)
{
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_BALANCED};
    const stoa_schema *schema = stoa_salvage_schema(repair->salvage);
    struct stoa_file_summary summary;
    repair->zone_ends = stoa_alloc_array(schema->field_count, sizeof *repair->zone_ends);
    if (repair->zone_ends == NULL)
        return stoa_fail_memory(err, schema->field_count * sizeof *repair->zone_ends);
    STOA_TRY(find_sketches(repair, err));
    STOA_TRY(stoa_file_writer_create(&repair->file.file, schema, &options, &repair->writer,
                                     err));
    for (uint32_t i = 0; i < stoa_salvage_groups(repair->salvage); i++) {
        if (is_wanted(repair, i))
            STOA_TRY(write_group(repair, i, err));
    }
    STOA_TRY(stoa_file_writer_finish(repair->writer, &summary, err));
    *out_rows = summary.rows;
    return STOA_OK;
}

static stoa_status open_new(const struct repair *repair, struct stoa_reader **out_reader,
                            stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    STOA_TRY(stoa_new_file_open(&repair->file, &file, err));
    return stoa_reader_open(&file, NULL, out_reader, err);
}

/* Whether what lies at `offset` is a footer's stream that begins with these bytes [FMT-60]; the
 * pages' checksums are of the whole stream, of which not all may be there. */
static stoa_status compare_footer(const struct repair *repair, uint64_t offset,
                                  const uint8_t *bytes, uint64_t size, bool *out_equal,
                                  stoa_error *err)
{
    uint8_t page[STOA_PAGE_STREAM_SIZE];
    *out_equal = false;
    for (uint64_t at = 0; at < size; at += sizeof page, offset += STOA_PAGE_SIZE) {
        const size_t wanted = size - at < sizeof page ? (size_t)(size - at) : sizeof page;
        size_t got = 0;
        STOA_TRY(stoa_io_read_some_at(stoa_salvage_file(repair->salvage), offset, page,
                                      wanted, &got, err));
        if (got < wanted || memcmp(page, bytes + at, wanted) != 0)
            return STOA_OK;
    }
    *out_equal = true;
    return STOA_OK;
}

/* A file that was cut inside its footer lacks no row: the new footer begins as the old one did,
 * since all records, and the heap with the names, follow from the row groups. With one more row
 * group they would lie elsewhere. */
static stoa_status look_for_footer(struct repair *repair, struct stoa_reader *reader,
                                   stoa_error *err)
{
    const uint8_t *bytes = NULL;
    uint64_t size = 0;
    uint64_t end = stoa_salvage_start(repair->salvage);
    if (stoa_salvage_rows(repair->salvage) != STOA_SALVAGE_UNKNOWN)
        return STOA_OK;
    for (uint32_t i = 0; i < stoa_salvage_groups(repair->salvage); i++) {
        const struct stoa_salvage_group *group = stoa_salvage_group(repair->salvage, i);
        if (group->offset != end || repair->groups[i].bad != 0 ||
            !repair->groups[i].has_tail)
            return STOA_OK;
        end += group->size;
    }
    STOA_TRY(stoa_reader_footer_start(reader, &bytes, &size, err));
    return compare_footer(repair, end, bytes, size, &repair->is_complete, err);
}

static stoa_status check_new(struct repair *repair, stoa_error *err)
{
    struct stoa_reader *reader = NULL;
    STOA_TRY(open_new(repair, &reader, err));
    stoa_status status = stoa_reader_verify(reader, true, NULL, NULL, NULL, err);
    if (status == STOA_OK)
        status = look_for_footer(repair, reader, err);
    stoa_reader_close(reader);
    return status;
}

/* A file that lost all its rows is no file that was saved. */
static stoa_status write_new(struct repair *repair, stoa_error *err)
{
    uint64_t rows = 0;
    STOA_TRY(write_groups(repair, &rows, err));
    if (rows == 0 && stoa_salvage_rows(repair->salvage) != 0)
        return STOA_OK;
    STOA_TRY(stoa_new_file_close(&repair->file, err));
    STOA_TRY(check_new(repair, err));
    STOA_TRY(stoa_new_file_keep(&repair->file, err));
    repair->report->rows_kept = rows;
    repair->report->is_written = 1;
    return STOA_OK;
}

/* ---- telling ---- */

static void tell(const struct repair *repair, const stoa_repair_range *range)
{
    if (repair->options->on_range)
        repair->options->on_range(repair->options->context, range);
}

static void write_reason(const struct repair *repair, const struct group_state *state,
                         uint32_t block, char reason[REASON_SIZE])
{
    const stoa_schema *schema = stoa_salvage_schema(repair->salvage);
    const char *name = schema->fields[state->first_column[block]].name;
    if (state->columns[block] == 1)
        (void)snprintf(reason, REASON_SIZE, "column \"%.120s\" is damaged", name);
    else
        (void)snprintf(reason, REASON_SIZE,
                       "column \"%.120s\" and %" PRIu32 " more are damaged", name,
                       state->columns[block] - 1);
}

/* A row group of which some blocks are lost: a range for each run of one kind. */
static void tell_blocks(const struct repair *repair, uint32_t i, stoa_repair_range *range)
{
    const struct stoa_salvage_group *group = stoa_salvage_group(repair->salvage, i);
    const struct group_state *state = &repair->groups[i];
    const uint32_t blocks = stoa_group_blocks(group->rows);
    char reason[REASON_SIZE];
    for (uint32_t b = 0; b < blocks; b++) {
        range->kept = !(state->bad >> b & 1);
        range->first_row = block_first_row(group, b);
        range->rows = stoa_block_rows(group->rows, b);
        range->reason = "";
        if (range->kept) {
            for (; b + 1 < blocks && !(state->bad >> (b + 1) & 1); b++)
                range->rows += stoa_block_rows(group->rows, b + 1);
        } else {
            write_reason(repair, state, b, reason);
            range->reason = reason;
        }
        tell(repair, range);
        if (range->kept)
            repair->report->rows_kept += repair->report->is_written ? 0 : range->rows;
        else
            repair->report->rows_lost += range->rows;
    }
}

static uint32_t first_bad(const struct group_state *state)
{
    uint32_t block = 0;
    while (block < STOA_ROW_GROUP_BLOCKS && !(state->bad >> block & 1))
        block++;
    return block;
}

static void tell_group(const struct repair *repair, uint32_t i)
{
    const struct stoa_salvage_group *group = stoa_salvage_group(repair->salvage, i);
    const struct group_state *state = &repair->groups[i];
    stoa_repair_report *report = repair->report;
    char reason[REASON_SIZE] = "the records of its blocks are damaged";
    stoa_repair_range range = {
        .kept = 1,
        .row_group = group->number,
        .offset = group->offset,
        .bytes = group->size,
        .first_row = block_first_row(group, 0),
        .rows = group->rows,
        .reason = "",
    };
    if (state->has_tail && state->bad == 0) {
        report->row_groups_kept++;
        report->rows_kept += report->is_written ? 0 : group->rows;
        tell(repair, &range);
    } else if (is_wanted(repair, i)) {
        report->row_groups_cut++;
        tell_blocks(repair, i, &range);
    } else {
        if (state->has_tail)
            write_reason(repair, state, first_bad(state), reason);
        range.kept = 0;
        range.reason = reason;
        report->row_groups_lost++;
        report->rows_lost += group->rows;
        tell(repair, &range);
    }
}

/* Bytes [from, to) belong to no whole row group. */
static void tell_gap(const struct repair *repair, uint64_t from, uint64_t to)
{
    const bool is_end = to == stoa_salvage_end(repair->salvage) &&
                        stoa_salvage_rows(repair->salvage) == STOA_SALVAGE_UNKNOWN;
    const stoa_repair_range range = {
        .row_group = STOA_REPAIR_UNKNOWN,
        .offset = from,
        .bytes = to - from,
        .first_row = STOA_REPAIR_UNKNOWN,
        .rows = STOA_REPAIR_UNKNOWN,
        .reason = is_end ? "the file ends without a whole row group or footer here"
                         : "no whole row group lies here",
    };
    if (from == to || (is_end && repair->is_complete))
        return;
    repair->report->bytes_lost += range.bytes;
    tell(repair, &range);
}

static void tell_ranges(struct repair *repair)
{
    struct stoa_salvage *salvage = repair->salvage;
    stoa_repair_report *report = repair->report;
    uint64_t at = stoa_salvage_start(salvage);
    for (uint32_t i = 0; i < stoa_salvage_groups(salvage); i++) {
        const struct stoa_salvage_group *group = stoa_salvage_group(salvage, i);
        tell_gap(repair, at, group->offset);
        tell_group(repair, i);
        at = group->offset + group->size;
    }
    tell_gap(repair, at, stoa_salvage_end(salvage));
    const uint64_t rows = stoa_salvage_rows(salvage);
    if (rows != STOA_SALVAGE_UNKNOWN && rows >= report->rows_kept)
        report->rows_lost = rows - report->rows_kept;
    report->may_lack_rows = rows == STOA_SALVAGE_UNKNOWN && !repair->is_complete;
}

/* ---- the whole ---- */

static stoa_status run(struct repair *repair, const char *path, stoa_error *err)
{
    STOA_TRY(stoa_salvage_open(path, on_damage, repair, &repair->salvage, err));
    STOA_TRY(look_at_groups(repair, err));
    if (!repair->options->dry_run && is_anything_wanted(repair))
        STOA_TRY(write_new(repair, err));
    tell_ranges(repair);
    if (repair->report->rows_lost > 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected to save every row, found %" PRIu64 " lost",
                         repair->report->rows_lost);
    if (repair->report->may_lack_rows)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected a footer that says how many rows there were, found none");
    return STOA_OK;
}

/* "lake/orders@42" is none of the names that repair takes, though others do. */
static bool names_version(const char *path)
{
    size_t length = 0;
    uint64_t version = 0;
    return stoa_path_split_version(path, &length, &version);
}

static stoa_status check_arguments(const char *path, const char *output,
                                   const stoa_repair_options *options,
                                   stoa_repair_report *report, stoa_error *err)
{
    struct stat facts;
    bool exists = false;
    bool is_inside = false;
    if (path == NULL || (output == NULL && !options->dry_run))
        return stoa_fail(err, STOA_E_USAGE, "expected a file and an output, found NULL");
    STOA_TRY(stoa_io_stat_at(AT_FDCWD, path, &exists, &facts, err));
    if (exists && S_ISDIR(facts.st_mode)) {
        stoa_fail(err, STOA_E_USAGE, "expected one .stoa file, found a directory");
        stoa_error_set_place(err, "%s", path);
        stoa_error_set_hint(err, "stoa verify names the damaged files of a dataset; repair "
                                 "saves the rows of one of them");
        return STOA_E_USAGE;
    }
    if (!exists && names_version(path)) {
        stoa_fail(err, STOA_E_USAGE,
                  "expected one .stoa file, found a version of a dataset");
        stoa_error_set_place(err, "%s", path);
        stoa_error_set_hint(err,
                            "stoa verify names the damaged files of its versions; repair "
                            "saves the rows of one of them");
        return STOA_E_USAGE;
    }
    STOA_TRY(stoa_target_is_inside(path, &is_inside, err));
    report->is_in_dataset = is_inside;
    return STOA_OK;
}

stoa_status stoa_repair(const char *path, const char *output,
                        const stoa_repair_options *options, stoa_repair_report *out_report,
                        stoa_error *err)
{
    static const stoa_repair_options defaults = {.dry_run = 0};
    stoa_repair_report report = {.damages = 0};
    struct repair repair = {
        .options = options ? options : &defaults,
        .report = &report,
        .file = {.directory = STOA_FILE_CLOSED, .file = STOA_FILE_CLOSED}
    };
    stoa_status status = STOA_OK;
    if (out_report == NULL)
        return stoa_fail(err, STOA_E_USAGE, "expected a report, found NULL");
    stoa_buf_init(&repair.tail_bytes, SIZE_MAX / 4); /* inside the file */
    stoa_buf_init(&repair.zones, SIZE_MAX / 4);
    STOA_TRY_CLEANUP(check_arguments(path, output, repair.options, &report, err));
    if (!repair.options->dry_run)
        STOA_TRY_CLEANUP(stoa_new_file_create(output, &repair.file, err));
    STOA_TRY_CLEANUP(run(&repair, path, err));
cleanup:
    if (status != STOA_OK && path != NULL)
        stoa_error_set_place(err, "%s", path);
    stoa_file_writer_free(repair.writer);
    stoa_new_file_done(&repair.file);
    stoa_salvage_close(repair.salvage);
    stoa_buf_done(&repair.tail_bytes);
    stoa_buf_done(&repair.zones);
    stoa_free(repair.zone_ends);
    stoa_free(repair.sketches);
    stoa_free(repair.groups);
    *out_report = report;
    return status;
}
