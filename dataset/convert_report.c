/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of a conversion. Texts are copied, since ingest and manifests are gone when the
 * caller reads it.
 */
#include "dataset/convert_report.h"

#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "format/text.h"

#define ARENA_LIMIT ((size_t)512 << 20)

struct report {
    stoa_convert_report public; /* first: the caller's pointer is ours */
    struct stoa_arena arena;
};

static struct stoa_arena *arena_of(stoa_convert_report *report)
{
    return &((struct report *)report)->arena;
}

stoa_status stoa_convert_report_create(stoa_convert_report **out_report, stoa_error *err)
{
    struct report *report = stoa_alloc_zeroed(1, sizeof *report);
    if (report == NULL)
        return stoa_fail_memory(err, sizeof *report);
    stoa_arena_init(&report->arena, ARENA_LIMIT);
    *out_report = &report->public;
    return STOA_OK;
}

void stoa_convert_report_free(stoa_convert_report *report)
{
    if (report == NULL)
        return;
    stoa_arena_done(arena_of(report));
    stoa_free(report);
}

static stoa_status copy_text(stoa_convert_report *report, const char *text,
                             const char **out, stoa_error *err)
{
    const size_t length = strlen(text);
    char *copy = stoa_arena_strndup(arena_of(report), text, length);
    if (copy == NULL)
        return stoa_arena_fail(arena_of(report), length + 1, err);
    *out = copy;
    return STOA_OK;
}

/* The version that first took in these very bytes, or 0. */
static uint64_t committed_before(const struct stoa_manifest *parent,
                                 const struct stoa_ingest_source *source)
{
    for (uint32_t i = 0; parent != NULL && i < parent->source_count; i++) {
        const struct stoa_manifest_source *known = &parent->sources[i];
        if (known->size == source->size && known->hash.low == source->hash.low &&
            known->hash.high == source->hash.high)
            return known->version;
    }
    return 0;
}

static stoa_status copy_sources(stoa_convert_report *report,
                                const struct stoa_ingest *ingest,
                                const struct stoa_manifest *parent, stoa_error *err)
{
    const uint32_t count = stoa_ingest_source_count(ingest);
    stoa_convert_source *sources =
        stoa_arena_alloc_zeroed(arena_of(report), count, sizeof *sources);
    if (sources == NULL)
        return stoa_arena_fail(arena_of(report), count * sizeof *sources, err);
    for (uint32_t i = 0; i < count; i++) {
        const struct stoa_ingest_source *from = stoa_ingest_source(ingest, i);
        stoa_convert_source *to = &sources[i];
        STOA_TRY(copy_text(report, from->name, &to->name, err));
        STOA_TRY(copy_text(report, from->format, &to->format, err));
        to->delimiter = from->delimiter;
        to->quote = from->quote;
        to->has_header = from->has_header;
        to->has_bom = from->has_bom;
        to->size = from->size;
        to->rows_read = from->rows_read;
        to->rows_written = from->rows_delivered;
        to->rows_rejected = from->rows_rejected;
        to->committed_before = committed_before(parent, from);
        report->bytes_source += from->size;
    }
    report->sources = sources;
    report->source_count = count;
    return STOA_OK;
}

/* The earlier source of this conversion with the very bytes of source `i`, or `i`. Nothing can
 * come twice out of an empty one. */
static uint32_t same_bytes(const struct stoa_ingest *ingest, uint32_t i)
{
    const struct stoa_ingest_source *source = stoa_ingest_source(ingest, i);
    for (uint32_t k = 0; source->size > 0 && k < i; k++) {
        const struct stoa_ingest_source *other = stoa_ingest_source(ingest, k);
        if (other->size == source->size && other->hash.low == source->hash.low &&
            other->hash.high == source->hash.high)
            return k;
    }
    return i;
}

static stoa_status note_same_bytes(stoa_convert_report *report,
                                   const struct stoa_ingest *ingest, uint32_t i,
                                   const char **out, stoa_error *err)
{
    const uint32_t k = same_bytes(ingest, i);
    struct stoa_buf text;
    if (k == i)
        return STOA_OK;
    stoa_buf_init(&text, ARENA_LIMIT);
    stoa_status status = stoa_buf_printf(&text, err,
                                         "%s holds the very bytes of source %s: their rows "
                                         "come twice",
                                         stoa_ingest_source(ingest, i)->name,
                                         stoa_ingest_source(ingest, k)->name);
    if (status == STOA_OK)
        status = stoa_buf_append_byte(&text, 0, err);
    if (status == STOA_OK)
        status = copy_text(report, (const char *)text.data, out, err);
    stoa_buf_done(&text);
    return status;
}

static stoa_status copy_notices(stoa_convert_report *report,
                                const struct stoa_ingest *ingest, stoa_error *err)
{
    const uint32_t sources = stoa_ingest_source_count(ingest);
    uint32_t count = 0;
    while (stoa_ingest_notice(ingest, count) != NULL)
        count++;
    const size_t bytes = ((size_t)count + sources) * sizeof(const char *);
    const char **notices = stoa_arena_alloc(arena_of(report), bytes);
    if (notices == NULL)
        return stoa_arena_fail(arena_of(report), bytes, err);
    for (uint32_t i = 0; i < count; i++)
        STOA_TRY(copy_text(report, stoa_ingest_notice(ingest, i)->text, &notices[i], err));
    for (uint32_t i = 0; i < sources; i++) {
        notices[count] = NULL;
        STOA_TRY(note_same_bytes(report, ingest, i, &notices[count], err));
        count += notices[count] != NULL;
    }
    report->notices = notices;
    report->notice_count = count;
    return STOA_OK;
}

stoa_status stoa_convert_report_sources(stoa_convert_report *report,
                                        const struct stoa_ingest *ingest,
                                        const struct stoa_manifest *parent, stoa_error *err)
{
    STOA_TRY(copy_sources(report, ingest, parent, err));
    return copy_notices(report, ingest, err);
}

stoa_status stoa_convert_report_schema(stoa_convert_report *report,
                                       const stoa_schema *schema, stoa_error *err)
{
    const size_t count = schema->field_count;
    stoa_field *fields = stoa_arena_alloc_zeroed(arena_of(report), count, sizeof *fields);
    if (fields == NULL)
        return stoa_arena_fail(arena_of(report), count * sizeof *fields, err);
    for (size_t i = 0; i < count; i++) {
        fields[i] = schema->fields[i];
        STOA_TRY(copy_text(report, schema->fields[i].name, &fields[i].name, err));
    }
    report->schema = (stoa_schema){.fields = fields, .field_count = count};
    report->column_count = count;
    return STOA_OK;
}

/* File names are bytes; the ledger is a text column: what is not UTF-8 becomes \xNN. */
static stoa_status copy_name(stoa_convert_report *report, const char *name,
                             const char **out, stoa_error *err)
{
    struct stoa_buf buf;
    const uint8_t *bytes = (const uint8_t *)name;
    size_t left = strlen(name);
    stoa_status status = STOA_OK;
    stoa_buf_init(&buf, SIZE_MAX / 2);
    while (left > 0 && status == STOA_OK) {
        const size_t valid = stoa_utf8_valid_prefix(bytes, left);
        status = stoa_buf_append(&buf, bytes, valid, err);
        bytes += valid;
        left -= valid;
        if (left == 0 || status != STOA_OK)
            break;
        status = stoa_buf_printf(&buf, err, "\\x%02x", *bytes);
        bytes++;
        left--;
    }
    if (status == STOA_OK)
        status = stoa_buf_append_byte(&buf, 0, err);
    if (status == STOA_OK)
        status = copy_text(report, (const char *)buf.data, out, err);
    stoa_buf_done(&buf);
    return status;
}

stoa_status stoa_convert_report_ledger(stoa_convert_report *report,
                                       const struct stoa_ingest *ingest,
                                       const struct stoa_manifest_source **out_sources,
                                       stoa_error *err)
{
    const uint32_t count = stoa_ingest_source_count(ingest);
    struct stoa_manifest_source *sources =
        stoa_arena_alloc_zeroed(arena_of(report), count, sizeof *sources);
    if (sources == NULL)
        return stoa_arena_fail(arena_of(report), count * sizeof *sources, err);
    for (uint32_t i = 0; i < count; i++) {
        const struct stoa_ingest_source *from = stoa_ingest_source(ingest, i);
        STOA_TRY(copy_name(report, from->name, &sources[i].name, err));
        sources[i].size = from->size;
        sources[i].mtime_ns = from->mtime_ns;
        sources[i].hash = from->hash;
        sources[i].rows_read = from->rows_read;
        sources[i].rows_written = from->rows_delivered;
        sources[i].rows_rejected = from->rows_rejected;
    }
    *out_sources = sources;
    return STOA_OK;
}
