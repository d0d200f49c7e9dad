/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schema drift. All differences are listed, since people fix sources in one go; values are
 * blamed for the first few columns only, because each costs a pass over the sources.
 */
#include "dataset/drift.h"

#include <inttypes.h>
#include <string.h>

enum { BLAMED_MAX = 3, EXCERPT_ROOM = 480 };

/* The report in the making. */
struct report {
    const struct stoa_manifest *manifest;
    uint32_t differences;
    uint32_t blamed;
    struct stoa_buf lines; /* the excerpt */
    stoa_error first;      /* message, place and hint of the first difference */
};

/* Whatever the locale says about other letters. */
static bool equal_but_for_ascii_case(const char *a, const char *b)
{
    for (; *a != '\0' || *b != '\0'; a++, b++) {
        const char left = *a >= 'A' && *a <= 'Z' ? (char)(*a + 32) : *a;
        const char right = *b >= 'A' && *b <= 'Z' ? (char)(*b + 32) : *b;
        if (left != right)
            return false;
    }
    return true;
}

bool stoa_schema_find(const stoa_schema *schema, const char *name, uint32_t *out_field)
{
    /* The same place first: tables mostly keep their order, and then this is linear. */
    if (*out_field < schema->field_count &&
        strcmp(schema->fields[*out_field].name, name) == 0)
        return true;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        if (strcmp(schema->fields[i].name, name) == 0) {
            *out_field = i;
            return true;
        }
    }
    for (uint32_t i = 0; i < schema->field_count; i++) {
        if (equal_but_for_ascii_case(schema->fields[i].name, name)) {
            *out_field = i;
            return true;
        }
    }
    return false;
}

/* Adds a line to the excerpt while there is room; `line` is formatted into by the caller. */
static stoa_status add_line(struct report *report, const struct stoa_buf *line,
                            stoa_error *err)
{
    if (report->lines.size + line->size > EXCERPT_ROOM)
        return STOA_OK;
    return stoa_buf_append(&report->lines, line->data, line->size, err);
}

/* A column that only one side has: `mark` and `word` say which in the excerpt, `found` in the
 * message, where the column's name follows. */
struct one_sided {
    const char *name;
    stoa_type type;
    const struct stoa_ingest_source *source; /* whose header is blamed */
    char mark;
    const char *word;
    bool names_source;
    const char *found;
    const char *hint;
};

static stoa_status report_one_sided(struct report *report, const struct one_sided *column,
                                    stoa_error *err)
{
    const struct stoa_ingest_source *source = column->source;
    char type[STOA_TYPE_TEXT_MAX];
    struct stoa_buf line;
    stoa_buf_init(&line, SIZE_MAX / 2);
    stoa_status status =
        stoa_buf_printf(&line, err, "  %c %.80s  %s  %s", column->mark, column->name,
                        stoa_type_text(column->type, type), column->word);
    if (status == STOA_OK && column->names_source)
        status = stoa_buf_printf(&line, err, ", first in %.100s:%" PRIu64, source->name,
                                 source->header_line);
    if (status == STOA_OK)
        status = stoa_buf_append_byte(&line, '\n', err);
    if (status == STOA_OK)
        status = add_line(report, &line, err);
    stoa_buf_done(&line);
    if (report->differences++ > 0)
        return status;
    (void)stoa_fail(&report->first, STOA_E_DRIFT,
                    "expected the columns of version %" PRIu64 ", found %s \"%.200s\"",
                    report->manifest->version, column->found, column->name);
    stoa_error_set_place(&report->first, "%s:%" PRIu64, source->name, source->header_line);
    stoa_error_set_hint(&report->first, "%s", column->hint);
    return status;
}

/* A new column: named by the source that has it first. */
static stoa_status report_new(struct report *report, const struct stoa_ingest *ingest,
                              uint32_t c, stoa_error *err)
{
    const struct stoa_ingest_column *column = stoa_ingest_column(ingest, c);
    const struct one_sided one = {
        .name = column->name,
        .type = column->type,
        .source = stoa_ingest_source(ingest, column->first_source),
        .mark = '+',
        .word = "new",
        .names_source = true,
        .found = "a new column",
        .hint = "remove the column from the source, or convert into a new dataset",
    };
    return report_one_sided(report, &one, err);
}

static stoa_status report_missing(struct report *report, const struct stoa_ingest *ingest,
                                  const stoa_field *field, stoa_error *err)
{
    const struct one_sided one = {
        .name = field->name,
        .type = field->type,
        .source = stoa_ingest_source(ingest, 0),
        .mark = '-',
        .word = "missing",
        .found = "none named",
        .hint = "add the column to the source (empty fields will do), or convert into a "
                "new dataset",
    };
    return report_one_sided(report, &one, err);
}

/* A column whose values do not all fit: with the first that does not. */
static stoa_status report_type(struct report *report, struct stoa_ingest *ingest,
                               uint32_t c, const stoa_field *field, stoa_error *err)
{
    const struct stoa_ingest_column *column = stoa_ingest_column(ingest, c);
    struct stoa_ingest_misfit misfit = {0};
    char type[STOA_TYPE_TEXT_MAX];
    char found[STOA_TYPE_TEXT_MAX];
    struct stoa_buf line;
    stoa_type_text(field->type, type);
    stoa_type_text(column->type, found);
    stoa_buf_init(&line, SIZE_MAX / 2);
    if (report->blamed++ < BLAMED_MAX)
        STOA_TRY(stoa_ingest_find_misfit(ingest, c, field->type, &misfit, err));
    stoa_status status =
        stoa_buf_printf(&line, err, "  ~ %.80s  %s -> %s", field->name, type, found);
    if (status == STOA_OK && misfit.count > 0)
        status = stoa_buf_printf(
            &line, err,
            "  first %.100s:%" PRIu64 ":%" PRIu64 " \"%.60s\", %" PRIu64 " of %" PRIu64,
            stoa_ingest_source(ingest, misfit.source)->name, misfit.line,
            misfit.line_column, misfit.value, misfit.count, misfit.values);
    if (status == STOA_OK)
        status = stoa_buf_append_byte(&line, '\n', err);
    if (status == STOA_OK)
        status = add_line(report, &line, err);
    stoa_buf_done(&line);
    if (report->differences++ > 0)
        return status;
    (void)stoa_fail(&report->first, STOA_E_DRIFT,
                    "expected column \"%.100s\" as %s, as in version %" PRIu64
                    ", found %" PRIu64 " of %" PRIu64 " values that do not fit, the first "
                    "\"%.128s\"",
                    field->name, type, report->manifest->version, misfit.count,
                    misfit.values, misfit.value);
    stoa_error_set_place(&report->first, "%s:%" PRIu64 ":%" PRIu64,
                         stoa_ingest_source(ingest, misfit.source)->name, misfit.line,
                         misfit.line_column);
    stoa_error_set_hint(
        &report->first,
        "fix the source, or convert all of it into a new dataset with --types "
        "'%.100s=%s'",
        field->name, found);
    return status;
}

static stoa_status compare(struct report *report, struct stoa_ingest *ingest,
                           stoa_error *err)
{
    const stoa_schema have = stoa_manifest_schema(report->manifest);
    const stoa_schema *found = stoa_ingest_schema(ingest);
    for (uint32_t i = 0; i < have.field_count; i++) {
        uint32_t c = i;
        if (!stoa_schema_find(found, have.fields[i].name, &c))
            STOA_TRY(report_missing(report, ingest, &have.fields[i], err));
        else if (!stoa_ingest_fits(ingest, c, have.fields[i].type))
            STOA_TRY(report_type(report, ingest, c, &have.fields[i], err));
    }
    for (uint32_t c = 0; c < found->field_count; c++) {
        uint32_t i = c;
        if (!stoa_schema_find(&have, found->fields[c].name, &i))
            STOA_TRY(report_new(report, ingest, c, err));
    }
    return STOA_OK;
}

stoa_status stoa_drift_check(struct stoa_ingest *ingest,
                             const struct stoa_manifest *manifest, stoa_error *err)
{
    struct report report = {.manifest = manifest};
    stoa_buf_init(&report.lines, SIZE_MAX / 2);
    stoa_error_clear(&report.first);
    stoa_status status = compare(&report, ingest, err);
    if (status == STOA_OK && report.differences > 0) {
        status = STOA_E_DRIFT;
        if (err != NULL)
            *err = report.first;
        stoa_error_set_excerpt(err, "%.*s", (int)report.lines.size,
                               report.lines.size > 0 ? (const char *)report.lines.data
                                                     : "");
    }
    stoa_buf_done(&report.lines);
    return status;
}
