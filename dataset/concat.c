/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See concat.h. A damaged source is refused, not mended: its tails must hold and be those of
 * its footer, and every payload is checked while it goes over.
 */
#include "dataset/concat.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/new_file.h"

/* ---- schemas ---- */

static stoa_status fail_fields(const struct stoa_reader *reader, size_t column,
                               const stoa_field *expected, const stoa_field *found,
                               stoa_error *err)
{
    char expected_type[STOA_TYPE_TEXT_MAX];
    char found_type[STOA_TYPE_TEXT_MAX];
    stoa_fail(err, STOA_E_DRIFT,
              "expected column %zu to be field %" PRIu32 " \"%.100s\", %s%s, found field "
              "%" PRIu32 " \"%.100s\", %s%s",
              column + 1, expected->id, expected->name,
              stoa_type_text(expected->type, expected_type),
              expected->nullable ? "" : " not null", found->id, found->name,
              stoa_type_text(found->type, found_type), found->nullable ? "" : " not null");
    stoa_error_set_place(err, "%s", stoa_reader_name(reader));
    return STOA_E_DRIFT;
}

/* The schema sections must be equal byte by byte: the tails name their hash. */
static stoa_status check_schema(const struct stoa_file_writer *writer,
                                struct stoa_reader *reader, stoa_error *err)
{
    const stoa_schema *expected = stoa_file_writer_schema(writer);
    const stoa_schema *found = NULL;
    STOA_TRY(stoa_reader_schema(reader, &found, err));
    if (expected->field_count != found->field_count) {
        stoa_fail(err, STOA_E_DRIFT, "expected a file of %zu columns, found %zu",
                  expected->field_count, found->field_count);
        stoa_error_set_place(err, "%s", stoa_reader_name(reader));
        return STOA_E_DRIFT;
    }
    for (size_t i = 0; i < found->field_count; i++) {
        const stoa_field *a = &expected->fields[i];
        const stoa_field *b = &found->fields[i];
        if (a->id != b->id || !stoa_type_equal(a->type, b->type) ||
            a->nullable != b->nullable || strcmp(a->name, b->name) != 0)
            return fail_fields(reader, i, a, b, err);
    }
    return STOA_OK;
}

/* ---- row groups ---- */

/* What is read of a row group, in memory that serves the next one too. */
struct group_parts {
    struct stoa_buf tail;
    struct stoa_buf zones;
    uint64_t *zone_ends;          /* one per column */
    struct stoa_sketch *sketches; /* of the file, one per column; NULL: it has none */
};

static stoa_status append_group(struct stoa_file_writer *writer, struct stoa_reader *reader,
                                uint32_t group, struct group_parts *parts, stoa_error *err)
{
    struct stoa_row_group_info info;
    struct stoa_group_source source = {.file = stoa_reader_file(reader), .number = group};
    uint64_t size = 0;
    STOA_TRY(stoa_reader_row_group(reader, group, &info, err));
    STOA_TRY(stoa_reader_group_place(reader, group, &source.offset, &size, err));
    STOA_TRY(stoa_reader_read_tail(reader, group, &parts->tail, err));
    STOA_TRY(stoa_reader_group_zones(reader, group, &parts->zones, parts->zone_ends, err));
    source.tail = parts->tail.data;
    source.tail_size = parts->tail.size;
    source.zones = parts->zones.data;
    source.zone_ends = parts->zone_ends;
    source.sketches = parts->sketches;
    source.first_row = info.first_row;
    return stoa_file_writer_copy(writer, &source, err);
}

/* Leaves parts->sketches NULL when the file has none. */
static stoa_status read_sketches(struct stoa_reader *reader, struct group_parts *parts,
                                 stoa_error *err)
{
    const size_t columns = stoa_reader_columns(reader);
    bool has = false;
    if (columns > STOA_SKETCH_COLUMNS)
        return STOA_OK;
    struct stoa_sketch *sketches = stoa_alloc_array(columns, sizeof *sketches);
    if (sketches == NULL)
        return stoa_fail_memory(err, columns * sizeof *sketches);
    const stoa_status status = stoa_reader_sketches(reader, &has, sketches, err);
    if (status == STOA_OK && has)
        parts->sketches = sketches;
    else
        stoa_free(sketches);
    return status;
}

stoa_status stoa_concat_append(struct stoa_file_writer *writer, struct stoa_reader *reader,
                               stoa_error *err)
{
    struct group_parts parts;
    stoa_status status = STOA_OK;
    const uint32_t columns = stoa_reader_columns(reader);
    STOA_TRY(check_schema(writer, reader, err));
    parts.zone_ends = stoa_alloc_array(columns, sizeof *parts.zone_ends);
    if (parts.zone_ends == NULL)
        return stoa_fail_memory(err, columns * sizeof *parts.zone_ends);
    stoa_buf_init(&parts.tail, SIZE_MAX / 4); /* both are inside their file */
    stoa_buf_init(&parts.zones, SIZE_MAX / 4);
    parts.sketches = NULL;
    status = read_sketches(reader, &parts, err);
    for (uint32_t g = 0; g < stoa_reader_row_groups(reader) && status == STOA_OK; g++)
        status = append_group(writer, reader, g, &parts, err);
    stoa_buf_done(&parts.tail);
    stoa_buf_done(&parts.zones);
    stoa_free(parts.zone_ends);
    stoa_free(parts.sketches);
    return status;
}

/* ---- a whole file ---- */

static stoa_status write_file(const struct stoa_file *file,
                              struct stoa_reader *const *readers, size_t count,
                              stoa_error *err)
{
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_BALANCED};
    const stoa_schema *schema = NULL;
    struct stoa_file_writer *writer = NULL;
    struct stoa_file_summary summary;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_reader_schema(readers[0], &schema, err));
    STOA_TRY(stoa_file_writer_create(file, schema, &options, &writer, err));
    for (size_t i = 0; i < count; i++)
        STOA_TRY_CLEANUP(stoa_concat_append(writer, readers[i], err));
    STOA_TRY_CLEANUP(stoa_file_writer_finish(writer, &summary, err));
cleanup:
    stoa_file_writer_free(writer);
    return status;
}

/* What was written, read back: all checksums and all structure. */
static stoa_status check_file(const struct stoa_new_file *new_file, stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_reader *reader = NULL;
    STOA_TRY(stoa_new_file_open(new_file, &file, err));
    STOA_TRY(stoa_reader_open(&file, NULL, &reader, err));
    const stoa_status status = stoa_reader_verify(reader, false, NULL, NULL, NULL, err);
    stoa_reader_close(reader);
    return status;
}

stoa_status stoa_concat_create(const char *path, struct stoa_reader *const *readers,
                               size_t count, stoa_error *err)
{
    struct stoa_new_file file;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_new_file_create(path, &file, err));
    STOA_TRY_CLEANUP(write_file(&file.file, readers, count, err));
    STOA_TRY_CLEANUP(stoa_new_file_close(&file, err));
    STOA_TRY_CLEANUP(check_file(&file, err));
    STOA_TRY_CLEANUP(stoa_new_file_keep(&file, err));
cleanup:
    stoa_new_file_done(&file);
    return status;
}
