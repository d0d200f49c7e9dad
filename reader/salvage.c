/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See salvage.h. What is known of a file is kept in several places, so each can be lost: the
 * schema in its section and in the footer's column records, where the row groups are in the
 * footer and in their tails. A part is believed only when another one confirms it: the schema
 * section by the header's identity or by a tail, the footer's schema by the trailer's identity.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/checked.h"
#include "format/pack.h"
#include "reader/salvage_state.h"

enum { MAX_FOUND = 8 };

/* Damages that are met while the file is looked at: told only when something can be saved, since
 * of a file that is none of ours they would be noise. */
struct report {
    const char *name;
    stoa_error *found; /* MAX_FOUND of them */
    size_t count;
};

static bool is_damage(stoa_status status)
{
    return status == STOA_E_CORRUPT || status == STOA_E_NOT_STOA ||
           status == STOA_E_NEWER || status == STOA_E_CODEC;
}

/* Turns a damage into a report and *out_is_good; other failures come back. */
static stoa_status note(struct report *report, const char *part, stoa_status status,
                        stoa_error *damage, bool *out_is_good, stoa_error *err)
{
    *out_is_good = status == STOA_OK;
    if (status == STOA_OK)
        return STOA_OK;
    if (!is_damage(status)) {
        if (err)
            *err = *damage;
        return status;
    }
    stoa_error_set_place(damage, "%s: %s", report->name, part);
    if (report->count < MAX_FOUND)
        report->found[report->count++] = *damage;
    return STOA_OK;
}

/* ---- header and trailer ---- */

static stoa_status read_header(struct stoa_salvage *salvage, struct report *report,
                               stoa_error *err)
{
    uint8_t bytes[STOA_HEADER_SIZE];
    stoa_error damage;
    stoa_error_clear(&damage);
    if (salvage->size < STOA_HEADER_SIZE)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a header of %d bytes, found a file of %" PRIu64
                         ": nothing can be saved",
                         STOA_HEADER_SIZE, salvage->size);
    STOA_TRY(stoa_io_read_at(&salvage->file, 0, bytes, sizeof bytes, err));
    const stoa_status status = stoa_header_read(bytes, &salvage->header, &damage);
    if (status == STOA_E_NEWER) { /* another version: its bytes mean something else */
        if (err)
            *err = damage;
        return status;
    }
    return note(report, "header", status, &damage, &salvage->has_header, err);
}

/* Believed when it agrees with the header, if there is one. */
static stoa_status read_trailer(struct stoa_salvage *salvage, stoa_error *err)
{
    uint8_t bytes[STOA_TRAILER_SIZE];
    struct stoa_trailer trailer;
    if (salvage->size < STOA_HEADER_SIZE + STOA_TRAILER_SIZE)
        return STOA_OK;
    STOA_TRY(stoa_io_read_at(&salvage->file, salvage->size - sizeof bytes, bytes,
                             sizeof bytes, err));
    if (stoa_trailer_read(bytes, salvage->size, &trailer, NULL) != STOA_OK)
        return STOA_OK; /* opening the reader tells */
    if (salvage->has_header && trailer.identity.low != salvage->header.identity.low)
        return STOA_OK;
    salvage->trailer = trailer;
    salvage->has_trailer = true;
    return STOA_OK;
}

/* ---- the reader, for what it can still do ---- */

static stoa_status open_reader(struct stoa_salvage *salvage, const char *path,
                               struct report *report, stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error damage;
    bool is_good = false;
    stoa_error_clear(&damage);
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_READ, NULL, &file, err));
    stoa_status status = stoa_reader_open(&file, NULL, &salvage->reader, &damage);
    if (status != STOA_OK)
        salvage->reader = NULL;
    const size_t known = report->count;
    STOA_TRY(note(report, "footer", status, &damage, &is_good, err));
    if (!salvage->has_header)
        report->count = known; /* it is the damage of the header once more */
    if (!is_good)
        return STOA_OK;
    for (uint32_t g = 0; g < stoa_reader_row_groups(salvage->reader) && is_good; g++) {
        struct stoa_row_group_info info;
        stoa_error_clear(&damage);
        status = stoa_reader_row_group(salvage->reader, g, &info, &damage);
        STOA_TRY(note(report, "footer", status, &damage, &is_good, err));
    }
    salvage->has_footer = is_good;
    return STOA_OK;
}

/* ---- the schema ---- */

/* Bytes of the schema section, by its own counts. */
static stoa_status measure_section(const struct stoa_salvage *salvage, uint64_t *out_size,
                                   stoa_error *damage)
{
    uint8_t bytes[STOA_SCHEMA_START_SIZE];
    const uint64_t room = salvage->size - STOA_HEADER_SIZE;
    if (room < sizeof bytes)
        return stoa_fail(damage, STOA_E_CORRUPT,
                         "expected a schema section, found a file that ends after %" PRIu64
                         " bytes of it",
                         room);
    STOA_TRY(
        stoa_io_read_at(&salvage->file, STOA_HEADER_SIZE, bytes, sizeof bytes, damage));
    const uint64_t size = stoa_schema_section_size(bytes);
    if (size > room || (salvage->has_header && size != salvage->header.schema_size))
        return stoa_fail(damage, STOA_E_CORRUPT,
                         "expected a schema section within %" PRIu64
                         " bytes and as long as the header says, found one of %" PRIu64,
                         room, size);
    *out_size = size;
    return STOA_OK;
}

/* Appends the section, unpacked. */
static stoa_status unpack_section(const struct stoa_salvage *salvage, size_t size,
                                  struct stoa_buf *out, stoa_error *damage)
{
    struct stoa_buf stored;
    uint64_t used = 0;
    stoa_status status = STOA_OK;
    stoa_buf_init(&stored, SIZE_MAX / 4);
    STOA_TRY_CLEANUP(stoa_buf_reserve(&stored, size, damage));
    STOA_TRY_CLEANUP(
        stoa_io_read_at(&salvage->file, STOA_HEADER_SIZE, stored.data, size, damage));
    STOA_TRY_CLEANUP(stoa_schema_section_unpack(stored.data, size, out, &used, damage));
cleanup:
    stoa_buf_done(&stored);
    return status;
}

static stoa_status load_section(const struct stoa_salvage *salvage, struct stoa_buf *bytes,
                                stoa_schema **out_schema, uint64_t *out_size,
                                struct stoa_hash128 *out_identity, stoa_error *damage)
{
    const struct stoa_hash128 *expected = &salvage->header.identity;
    uint64_t unpacked_size = 0;
    STOA_TRY(measure_section(salvage, out_size, damage));
    STOA_TRY(unpack_section(salvage, (size_t)*out_size, bytes, damage));
    *out_identity = stoa_hash128(bytes->data, bytes->size);
    if (salvage->has_header &&
        (out_identity->low != expected->low || out_identity->high != expected->high))
        return stoa_fail(damage, STOA_E_CORRUPT,
                         "expected a schema section with identity %016" PRIx64 "%016" PRIx64
                         ", as the header says, found %016" PRIx64 "%016" PRIx64,
                         expected->high, expected->low, out_identity->high,
                         out_identity->low);
    return stoa_schema_section_read(bytes->data, bytes->size, out_schema, &unpacked_size,
                                    damage);
}

/* The schema in its section; *out_schema NULL when it is damaged. */
static stoa_status read_section(struct stoa_salvage *salvage, struct report *report,
                                stoa_schema **out_schema, uint64_t *out_size,
                                struct stoa_hash128 *out_identity, stoa_error *err)
{
    struct stoa_buf bytes;
    stoa_error damage;
    bool is_good = false;
    stoa_error_clear(&damage);
    stoa_buf_init(&bytes, SIZE_MAX / 4); /* inside the file */
    *out_schema = NULL;
    const stoa_status status =
        load_section(salvage, &bytes, out_schema, out_size, out_identity, &damage);
    stoa_buf_done(&bytes);
    return note(report, "schema section", status, &damage, &is_good, err);
}

/* Fields and names in one allocation of our own. */
static stoa_status copy_schema(const stoa_schema *from, stoa_schema **out_schema,
                               uint64_t *out_size, struct stoa_hash128 *out_identity,
                               stoa_error *err)
{
    struct stoa_buf section;
    stoa_status status = STOA_OK;
    stoa_buf_init(&section, SIZE_MAX / 4);
    STOA_TRY_CLEANUP(stoa_schema_section_append(from, &section, err));
    STOA_TRY_CLEANUP(
        stoa_schema_section_read(section.data, section.size, out_schema, out_size, err));
    *out_identity = stoa_hash128(section.data, section.size);
cleanup:
    stoa_buf_done(&section);
    return status;
}

/* The schema of the footer's column records; *out_schema NULL when it is not that of the
 * trailer. */
static stoa_status read_footer_schema(struct stoa_salvage *salvage, struct report *report,
                                      stoa_schema **out_schema, uint64_t *out_size,
                                      stoa_error *err)
{
    const stoa_schema *found = NULL;
    struct stoa_hash128 identity = {0};
    stoa_error damage;
    bool is_good = false;
    stoa_error_clear(&damage);
    *out_schema = NULL;
    if (!salvage->reader)
        return STOA_OK;
    const stoa_status status = stoa_reader_schema(salvage->reader, &found, &damage);
    STOA_TRY(note(report, "footer", status, &damage, &is_good, err));
    if (!is_good)
        return STOA_OK;
    STOA_TRY(copy_schema(found, out_schema, out_size, &identity, err));
    if (identity.low == salvage->trailer.identity.low &&
        identity.high == salvage->trailer.identity.high)
        return STOA_OK;
    stoa_free(*out_schema);
    *out_schema = NULL;
    return STOA_OK;
}

static stoa_status fail_without_schema(const struct stoa_salvage *salvage, stoa_error *err)
{
    if (!salvage->has_header && !salvage->reader)
        return stoa_fail(err, STOA_E_NOT_STOA,
                         "expected a Stoa file with a header or a footer, found neither: "
                         "nothing can be saved");
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected a schema section or a footer that tells the columns, found "
                     "neither whole: nothing can be saved");
}

static stoa_status find_schema(struct stoa_salvage *salvage, struct report *report,
                               stoa_error *err)
{
    struct stoa_hash128 identity = {0};
    uint64_t size = 0;
    STOA_TRY(read_section(salvage, report, &salvage->schema, &size, &identity, err));
    if (!salvage->schema) {
        STOA_TRY(read_footer_schema(salvage, report, &salvage->schema, &size, err));
        identity = salvage->trailer.identity;
    }
    if (!salvage->schema)
        return fail_without_schema(salvage, err);
    salvage->identity = identity;
    salvage->start = STOA_HEADER_SIZE + size;
    salvage->end = salvage->has_trailer ? salvage->trailer.footer_offset : salvage->size;
    if (salvage->end < salvage->start)
        salvage->end = salvage->start;
    return STOA_OK;
}

/* ---- row groups ---- */

stoa_status stoa_salvage_add(struct stoa_salvage *salvage,
                             const struct stoa_salvage_group *group, stoa_error *err)
{
    if (salvage->count == salvage->capacity) {
        const size_t capacity = salvage->capacity ? (size_t)salvage->capacity * 2 : 16;
        void *groups = stoa_realloc(salvage->groups, capacity * sizeof *salvage->groups);
        if (!groups)
            return stoa_fail_memory(err, capacity * sizeof *salvage->groups);
        salvage->groups = groups;
        salvage->capacity = (uint32_t)capacity;
    }
    salvage->groups[salvage->count++] = *group;
    return STOA_OK;
}

static stoa_status list_groups(struct stoa_salvage *salvage, stoa_error *err)
{
    for (uint32_t g = 0; g < stoa_reader_row_groups(salvage->reader); g++) {
        struct stoa_row_group_info info;
        struct stoa_salvage_group group = {.number = g};
        STOA_TRY(stoa_reader_row_group(salvage->reader, g, &info, err));
        STOA_TRY(
            stoa_reader_group_place(salvage->reader, g, &group.offset, &group.size, err));
        group.first_row = info.first_row;
        group.rows = info.rows;
        STOA_TRY(stoa_salvage_add(salvage, &group, err));
    }
    return STOA_OK;
}

static stoa_status look(struct stoa_salvage *salvage, const char *path,
                        struct report *report, stoa_error *err)
{
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_READ, NULL, &salvage->file, err));
    STOA_TRY(stoa_io_size(&salvage->file, &salvage->size, err));
    STOA_TRY(read_header(salvage, report, err));
    STOA_TRY(read_trailer(salvage, err));
    STOA_TRY(open_reader(salvage, path, report, err));
    STOA_TRY(find_schema(salvage, report, err));
    if (salvage->has_footer)
        return list_groups(salvage, err);
    STOA_TRY(stoa_salvage_walk(salvage, err));
    /* A schema that nothing names is a guess. */
    if (!salvage->has_header && salvage->count == 0 &&
        !(salvage->has_trailer && salvage->trailer.identity.low == salvage->identity.low))
        return fail_without_schema(salvage, err);
    return STOA_OK;
}

stoa_status stoa_salvage_open(const char *path, stoa_damage_fn report, void *context,
                              struct stoa_salvage **out_salvage, stoa_error *err)
{
    struct report found = {.name = path};
    stoa_status status = STOA_OK;
    struct stoa_salvage *salvage = stoa_alloc_zeroed(1, sizeof *salvage);
    found.found = stoa_alloc_array(MAX_FOUND, sizeof *found.found);
    if (!salvage || !found.found) {
        stoa_free(salvage);
        stoa_free(found.found);
        return stoa_fail_memory(err, MAX_FOUND * sizeof *found.found);
    }
    salvage->file = STOA_FILE_CLOSED;
    STOA_TRY_CLEANUP(look(salvage, path, &found, err));
    for (size_t i = 0; report && i < found.count; i++)
        report(context, &found.found[i]);
    *out_salvage = salvage;
    salvage = NULL;
cleanup:
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s", path);
    stoa_free(found.found);
    stoa_salvage_close(salvage);
    return status;
}

void stoa_salvage_close(struct stoa_salvage *salvage)
{
    if (!salvage)
        return;
    stoa_io_discard(&salvage->file);
    stoa_reader_close(salvage->reader);
    stoa_free(salvage->schema);
    stoa_free(salvage->groups);
    stoa_free(salvage);
}

/* ---- what was found ---- */

const stoa_schema *stoa_salvage_schema(const struct stoa_salvage *salvage)
{
    return salvage->schema;
}

struct stoa_hash128 stoa_salvage_identity(const struct stoa_salvage *salvage)
{
    return salvage->identity;
}

const struct stoa_file *stoa_salvage_file(const struct stoa_salvage *salvage)
{
    return &salvage->file;
}

uint32_t stoa_salvage_groups(const struct stoa_salvage *salvage)
{
    return salvage->count;
}

const struct stoa_salvage_group *stoa_salvage_group(const struct stoa_salvage *salvage,
                                                    uint32_t i)
{
    return &salvage->groups[i];
}

uint64_t stoa_salvage_start(const struct stoa_salvage *salvage)
{
    return salvage->start;
}

uint64_t stoa_salvage_end(const struct stoa_salvage *salvage)
{
    return salvage->end;
}

uint64_t stoa_salvage_rows(const struct stoa_salvage *salvage)
{
    return salvage->has_trailer ? salvage->trailer.rows : STOA_SALVAGE_UNKNOWN;
}

bool stoa_salvage_has_footer(const struct stoa_salvage *salvage)
{
    return salvage->has_footer;
}

/* The tail as it lies in the file. */
static stoa_status read_tail(struct stoa_salvage *salvage, uint32_t i, struct stoa_buf *out,
                             stoa_error *err)
{
    const struct stoa_salvage_group *group = &salvage->groups[i];
    uint8_t bytes[STOA_TAIL_END_SIZE];
    if (salvage->has_footer)
        return stoa_reader_read_tail(salvage->reader, group->number, out, err);
    const uint64_t end = group->offset + group->size;
    STOA_TRY(stoa_io_read_at(&salvage->file, end - sizeof bytes, bytes, sizeof bytes, err));
    const uint64_t size = stoa_load_le64(bytes + 16);
    if (size > group->size) /* the file changed since it was walked */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the tail that was there before, found another one");
    struct stoa_buf stored;
    stoa_status status = STOA_OK;
    out->size = 0;
    stoa_buf_init(&stored, SIZE_MAX / 4); /* inside the file */
    STOA_TRY_CLEANUP(stoa_buf_reserve(&stored, (size_t)size, err));
    STOA_TRY_CLEANUP(
        stoa_io_read_at(&salvage->file, end - size, stored.data, (size_t)size, err));
    STOA_TRY_CLEANUP(stoa_tail_unpack(stored.data, (size_t)size, out, err));
cleanup:
    stoa_buf_done(&stored);
    return status;
}

stoa_status stoa_salvage_tail(struct stoa_salvage *salvage, uint32_t i,
                              stoa_damage_fn report, void *context, struct stoa_buf *out,
                              stoa_error *err)
{
    stoa_error damage;
    stoa_error_clear(&damage);
    const stoa_status status = read_tail(salvage, i, out, &damage);
    if (status == STOA_OK)
        return STOA_OK;
    if (!is_damage(status)) {
        if (err)
            *err = damage;
        return status;
    }
    if (report)
        report(context, &damage);
    if (!salvage->has_footer)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the tail that was there before, found another one");
    return stoa_reader_make_tail(salvage->reader, salvage->groups[i].number, out, err);
}

bool stoa_salvage_zones(struct stoa_salvage *salvage, uint32_t i, struct stoa_buf *out,
                        uint64_t *out_ends)
{
    return salvage->has_footer &&
           stoa_reader_group_zones(salvage->reader, salvage->groups[i].number, out,
                                   out_ends, NULL) == STOA_OK;
}

bool stoa_salvage_sketches(struct stoa_salvage *salvage, struct stoa_sketch *out_sketches)
{
    bool has = false;
    return salvage->has_footer &&
           stoa_reader_sketches(salvage->reader, &has, out_sketches, NULL) == STOA_OK &&
           has;
}

/* ---- payloads ---- */

static void place_payload(const struct stoa_salvage *salvage, uint32_t i,
                          const struct stoa_tail_payload *payload, stoa_error *damage)
{
    const struct stoa_salvage_group *group = &salvage->groups[i];
    const bool is_dictionary = payload->block == STOA_DICTIONARY_NUMBER;
    const uint64_t skipped = is_dictionary ? 0 : (uint64_t)payload->block * STOA_BLOCK_ROWS;
    const uint32_t rows =
        is_dictionary ? group->rows : stoa_block_rows(group->rows, payload->block);
    const uint64_t first = group->first_row + skipped;
    char part[32] = "dictionary";
    char range[64] = "";
    if (!is_dictionary)
        snprintf(part, sizeof part, "block %" PRIu32, payload->block);
    if (group->first_row != STOA_SALVAGE_UNKNOWN)
        snprintf(range, sizeof range, ", rows %" PRIu64 " to %" PRIu64, first,
                 first + rows - 1);
    stoa_error_set_place(damage, "%s: column \"%.120s\", row group %" PRIu32 ", %s%s",
                         salvage->file.name, salvage->schema->fields[payload->column].name,
                         group->number, part, range);
}

static stoa_status check_payload(struct stoa_salvage *salvage, uint32_t i,
                                 const struct stoa_tail *tail,
                                 const struct stoa_tail_payload *payload,
                                 struct stoa_buf *bytes, stoa_error *damage)
{
    const size_t padded = stoa_align_up(payload->stored_size, STOA_PAYLOAD_ALIGN);
    bytes->size = 0;
    STOA_TRY(stoa_buf_reserve(bytes, padded + 1, damage));
    STOA_TRY(stoa_io_read_at(&salvage->file, salvage->groups[i].offset + payload->offset,
                             bytes->data, padded, damage));
    return stoa_tail_check_payload(tail, payload, bytes->data, damage);
}

stoa_status stoa_salvage_check(struct stoa_salvage *salvage, uint32_t i,
                               const struct stoa_tail *tail, stoa_salvage_fn take,
                               void *context, stoa_error *err)
{
    struct stoa_tail_cursor cursor = {.column = 0};
    struct stoa_tail_payload payload;
    struct stoa_buf bytes;
    stoa_status status = STOA_OK;
    stoa_buf_init(&bytes, STOA_MAX_PAYLOAD_BYTES + 2 * STOA_PAYLOAD_ALIGN);
    while (stoa_tail_next(tail, &cursor, &payload)) {
        stoa_error damage;
        stoa_error_clear(&damage);
        status = check_payload(salvage, i, tail, &payload, &bytes, &damage);
        if (status == STOA_OK)
            continue;
        /* A sector that cannot be read is as lost as one with other bytes in it. */
        if (status != STOA_E_CORRUPT && status != STOA_E_IO) {
            if (err)
                *err = damage;
            break;
        }
        damage.place[0] = 0;
        place_payload(salvage, i, &payload, &damage);
        STOA_TRY_CLEANUP(take(context, &payload, &damage, err));
    }
cleanup:
    stoa_buf_done(&bytes);
    return status;
}
