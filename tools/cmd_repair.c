/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa repair`: what is whole of a damaged file, in a new one, and what was lost.
 */
#include <stdio.h>
#include <string.h>

#include "stoa/repair.h"
#include "tools/commands.h"
#include "tools/message.h"
#include "tools/stdout_sink.h"
#include "tools/text_buffer.h"

static const char *const formats[] = {"text", "json", NULL};

struct settings {
    const char *output;
    int dry_run;
    int skip_corrupt;
    int format;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"output", 'o', OPTION_TEXT, offsetof(struct settings, output), "FILE", NULL,
     "the new file; must not exist"},
    {"skip-corrupt", 0, OPTION_FLAG, offsetof(struct settings, skip_corrupt), NULL, NULL,
     "save the rows outside damaged blocks too, decoded and written anew"},
    {"dry-run", 0, OPTION_FLAG, offsetof(struct settings, dry_run), NULL, NULL,
     "only show what would be saved; -o is not needed"},
    {"format", 0, OPTION_CHOICE, offsetof(struct settings, format), "text|json", formats,
     "of the report (default text)"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

struct listing {
    int is_json;
    struct text_buffer text; /* the report */
    size_t ranges;
};

static void on_damage(void *context, const stoa_error *damage)
{
    (void)context;
    message_damage(damage);
}

/* ---- as text ---- */

static void put_rows(struct text_buffer *text, const stoa_repair_range *range)
{
    char first[MESSAGE_COUNT_MAX];
    char last[MESSAGE_COUNT_MAX];
    if (range->rows == STOA_REPAIR_UNKNOWN)
        return;
    if (range->first_row == STOA_REPAIR_UNKNOWN)
        text_buffer_printf(text, ", %s rows", message_count(range->rows, first));
    else
        text_buffer_printf(text, ", rows %s to %s", message_count(range->first_row, first),
                           message_count(range->first_row + range->rows - 1, last));
}

static void put_range(struct text_buffer *text, const stoa_repair_range *range)
{
    char bytes[MESSAGE_COUNT_MAX];
    char offset[MESSAGE_COUNT_MAX];
    text_buffer_printf(text, "%s  ", range->kept ? "kept" : "lost");
    if (range->row_group == STOA_REPAIR_UNKNOWN)
        text_buffer_printf(text, "%s bytes from byte %s on",
                           message_count(range->bytes, bytes),
                           message_count(range->offset, offset));
    else
        text_buffer_printf(text, "row group %llu", (unsigned long long)range->row_group);
    put_rows(text, range);
    if (range->reason[0])
        text_buffer_printf(text, ": %s", range->reason);
    text_buffer_printf(text, "\n");
}

/* ---- as JSON ---- */

static void put_number(struct text_buffer *json, const char *name, uint64_t value)
{
    if (value == STOA_REPAIR_UNKNOWN)
        text_buffer_printf(json, ", \"%s\": null", name);
    else
        text_buffer_printf(json, ", \"%s\": %llu", name, (unsigned long long)value);
}

static void put_json_range(struct listing *listing, const stoa_repair_range *range)
{
    struct text_buffer *json = &listing->text;
    text_buffer_printf(json, "%s\n  {\"kept\": %s", listing->ranges > 0 ? "," : "",
                       range->kept ? "true" : "false");
    put_number(json, "row_group", range->row_group);
    put_number(json, "offset", range->offset);
    put_number(json, "bytes", range->bytes);
    put_number(json, "first_row", range->first_row);
    put_number(json, "rows", range->rows);
    text_buffer_printf(json, ", \"reason\": ");
    text_buffer_json(json, range->reason);
    text_buffer_printf(json, "}");
}

static void put_json_head(struct listing *listing, const char *path)
{
    text_buffer_printf(&listing->text, "{\"file\": ");
    text_buffer_json(&listing->text, path);
    text_buffer_printf(&listing->text, ", \"ranges\": [");
}

static void put_json_end(struct listing *listing, const struct settings *settings,
                         const stoa_repair_report *report)
{
    struct text_buffer *json = &listing->text;
    text_buffer_printf(json, "],\n \"output\": ");
    if (report->is_written)
        text_buffer_json(json, settings->output);
    else
        text_buffer_printf(json, "null");
    put_number(json, "damages", report->damages);
    put_number(json, "row_groups_kept", report->row_groups_kept);
    put_number(json, "row_groups_cut", report->row_groups_cut);
    put_number(json, "row_groups_lost", report->row_groups_lost);
    put_number(json, "rows_kept", report->rows_kept);
    put_number(json, "rows_lost", report->rows_lost);
    put_number(json, "bytes_lost", report->bytes_lost);
    text_buffer_printf(json, ", \"may_lack_rows\": %s, \"is_in_dataset\": %s}\n",
                       report->may_lack_rows ? "true" : "false",
                       report->is_in_dataset ? "true" : "false");
}

/* ---- the run ---- */

static void on_range(void *context, const stoa_repair_range *range)
{
    struct listing *listing = context;
    if (listing->is_json)
        put_json_range(listing, range);
    else
        put_range(&listing->text, range);
    listing->ranges++;
}

/* Prints the report; returns the exit code of the printing. */
static int print_listing(struct listing *listing)
{
    struct stdout_sink sink;
    stoa_error err;
    stoa_error_clear(&err);
    if (listing->text.has_failed)
        return message_no_memory();
    stdout_sink_init(&sink);
    const stoa_status status =
        listing->text.length > 0
            ? stdout_sink_write(&sink, listing->text.text, listing->text.length, &err)
            : STOA_OK;
    return stdout_sink_end(&sink, status, &err);
}

static void note_saved(const struct settings *settings, const stoa_repair_report *report)
{
    char rows[MESSAGE_COUNT_MAX];
    char lost[MESSAGE_COUNT_MAX];
    const char *verb = settings->dry_run ? "would save" : "saved";
    if (settings->dry_run)
        message_note("repair", "%s %s rows, lose %s%s", verb,
                     message_count(report->rows_kept, rows),
                     message_count(report->rows_lost, lost),
                     report->may_lack_rows ? " or more" : "");
    else if (report->is_written)
        message_note("repair", "%s %s rows in %s, lost %s%s", verb,
                     message_count(report->rows_kept, rows), settings->output,
                     message_count(report->rows_lost, lost),
                     report->may_lack_rows ? " or more" : "");
    if (report->is_in_dataset)
        message_note(
            "note", "the file belongs to a dataset, whose versions know it by its content: "
                    "put back a copy of it, or load its batch again");
}

/* What to do about rows that were lost. */
static int fail(const struct settings *settings, const stoa_repair_report *report,
                const stoa_error *err)
{
    char what[160];
    const int has_more =
        report->row_groups_lost > 0 && !settings->skip_corrupt && report->rows_lost > 0;
    struct message_outcome outcome = {.safe = "yes: the file was only read"};
    if (report->rows_lost > 0)
        snprintf(what, sizeof what, "%llu rows %s lost",
                 (unsigned long long)report->rows_lost,
                 settings->dry_run ? "would be" : "are");
    else if (report->may_lack_rows && report->rows_kept > 0)
        snprintf(what, sizeof what,
                 "the file has no whole footer: rows may have followed those found");
    else
        snprintf(what, sizeof what, "nothing was saved");
    outcome.what = what;
    if (report->damages > 0 || report->rows_lost > 0)
        outcome.next = has_more ? "--skip-corrupt may save more rows of lost row groups; "
                                  "else restore the file from a copy"
                                : "restore the file from a copy, or load its source again";
    return message_error(err, &outcome);
}

static int run_repair(const struct settings *settings, const char *path)
{
    struct listing listing = {.is_json = settings->format == 1};
    const stoa_repair_options repair_options = {.dry_run = settings->dry_run,
                                                .skip_corrupt = settings->skip_corrupt,
                                                .on_damage = on_damage,
                                                .on_range = on_range,
                                                .context = &listing};
    stoa_repair_report report = {0};
    stoa_error err;
    stoa_error_clear(&err);
    if (listing.is_json)
        put_json_head(&listing, path);
    const stoa_status status =
        stoa_repair(path, settings->output, &repair_options, &report, &err);
    int code = 0;
    if (listing.is_json && (status == STOA_OK || status == STOA_E_CORRUPT))
        put_json_end(&listing, settings, &report);
    if (status == STOA_OK || status == STOA_E_CORRUPT)
        code = print_listing(&listing);
    if (code == 0)
        note_saved(settings, &report);
    if (code == 0 && status != STOA_OK)
        code = fail(settings, &report, &err);
    text_buffer_done(&listing.text);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {0};
    size_t paths = 0;
    const int result = options_parse(command, argc, argv, &settings, &paths);
    if (result != -1)
        return result;
    if (!settings.output && !settings.dry_run)
        return message_usage(command->name,
                             "-o FILE is missing: the new file, since the damaged one is "
                             "left as it is");
    if (settings.output && strcmp(settings.output, "-") == 0)
        return message_usage(
            command->name,
            "-o takes the name of a new file, not \"-\": it is read back and "
            "verified before it stays");
    return run_repair(&settings, argv[0]);
}

const struct command cmd_repair = {
    .name = "repair",
    .summary = "save what is whole of a damaged or truncated file",
    .usage = "FILE -o NEWFILE [--skip-corrupt] [--dry-run]",
    .examples =
        "  stoa repair part.stoa --dry-run                        what could be saved\n"
        "  stoa repair part.stoa -o saved.stoa                    whole row groups\n"
        "  stoa repair part.stoa -o saved.stoa --skip-corrupt     and rows outside damaged blocks\n",
    .notes =
        "FILE is only read. Row groups are found by the footer or, where that is damaged, by the\n"
        "records behind each of them; those whose checksums hold are copied byte by byte. The\n"
        "report names every stretch that was kept or lost; the new file is verified before it\n"
        "gets its name.\n"
        "Exit 0: every row was saved. Exit 9: rows were lost, or may have been.\n"
        "A file of a dataset is not put back: versions know their files by content. Query the\n"
        "dataset with --skip-corrupt, or convert what query prints of the new file.\n",
    .options = options,
    .min_paths = 1,
    .max_paths = 1,
    .run = run,
};
