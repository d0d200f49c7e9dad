/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verify: one row group. Payloads must lie one behind the other up to the tail [FMT-41] and hold
 * under their checksums; the tail must be, byte by byte, what the footer's records give [FMT-45],
 * which also proves the row group's seed. All payloads are read in file order.
 */
#include <inttypes.h>

#include "common/checked.h"
#include "reader/verify_state.h"

struct group_check {
    struct stoa_verify *verify;
    struct stoa_block_site site; /* of the block being checked */
    uint64_t next_offset;        /* where the next payload must begin */
    uint64_t raw_size;           /* of the blocks so far */
    uint32_t dictionary_count;   /* of the columns so far */
    bool is_complete;            /* every record could be read */
};

static stoa_status group_fail(const struct group_check *check, stoa_status status,
                              const char *part, stoa_error *err)
{
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s: row group %" PRIu32 "%s",
                             check->verify->reader->file.name, check->site.group, part);
    return status;
}

/* ---- where payloads lie ---- */

static stoa_status check_offset(struct group_check *check, uint64_t offset,
                                uint32_t stored_size, stoa_error *err)
{
    const uint64_t expected = check->next_offset;
    check->next_offset = offset + stoa_align_up(stored_size, STOA_PAYLOAD_ALIGN);
    if (offset == expected)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected the payload at offset %" PRIu64
                     " of the row group, behind the one before, found %" PRIu64,
                     expected, offset);
}

/* ---- blocks ---- */

/* The payload under its checksum and, when deep, what it holds. */
static stoa_status check_content(struct group_check *check,
                                 const struct stoa_block_record *record,
                                 bool has_good_dictionary, stoa_error *err)
{
    struct stoa_verify *verify = check->verify;
    const uint8_t *bytes = NULL;
    const bool needs_dictionary = record->core.flags & STOA_RECORD_USES_DICTIONARY;
    if (verify->is_deep && (has_good_dictionary || !needs_dictionary))
        return stoa_verify_block(verify, &check->site, record, err);
    return stoa_payload_read(verify->reader, &check->site, check->site.block,
                             record->offset, record->stored_size, record->checksum,
                             &verify->slot.payload, &bytes, err);
}

static stoa_status verify_block(struct group_check *check, bool has_good_dictionary,
                                bool *uses_dictionary, stoa_error *err)
{
    struct stoa_verify *verify = check->verify;
    struct stoa_block_record record;
    stoa_status status =
        stoa_reader_block_record(verify->reader, &check->site, &record, err);
    if (status != STOA_OK) {
        check->is_complete = false;
        return stoa_verify_note(verify, status, err);
    }
    check->raw_size += record.raw_size;
    *uses_dictionary |= (record.core.flags & STOA_RECORD_USES_DICTIONARY) != 0;
    status = check_offset(check, record.offset, record.stored_size, err);
    STOA_TRY(stoa_verify_note(
        verify, stoa_site_fail(verify->reader, &check->site, status, err), err));
    status = check_content(check, &record, has_good_dictionary, err);
    return stoa_verify_note(verify,
                            stoa_site_fail(verify->reader, &check->site, status, err), err);
}

/* ---- dictionaries ---- */

static stoa_status check_dictionary(struct group_check *check,
                                    const struct stoa_dictionary_record *record,
                                    stoa_error *err)
{
    struct stoa_verify *verify = check->verify;
    const uint8_t *bytes = NULL;
    check->dictionary_count++;
    STOA_TRY(check_offset(check, record->offset, record->stored_size, err));
    if (verify->is_deep)
        return stoa_slot_load_dictionary(verify->reader, &check->site, &verify->slot, err);
    return stoa_payload_read(verify->reader, &check->site, STOA_DICTIONARY_NUMBER,
                             record->offset, record->stored_size, record->checksum,
                             &verify->slot.payload, &bytes, err);
}

/* *out_exists: there is one here; *out_is_good: and it can be used. */
static stoa_status verify_dictionary(struct group_check *check, bool *out_exists,
                                     bool *out_is_good, stoa_error *err)
{
    struct stoa_reader *reader = check->verify->reader;
    struct stoa_dictionary_record record;
    *out_exists = false;
    *out_is_good = false;
    stoa_status status = stoa_reader_dictionary_record(reader, &check->site, &record, err);
    if (status != STOA_OK) {
        check->is_complete = false;
        return stoa_verify_note(check->verify, status, err);
    }
    if (record.count == 0)
        return STOA_OK;
    *out_exists = true;
    status = check_dictionary(check, &record, err);
    *out_is_good = status == STOA_OK;
    status = stoa_site_fail_dictionary(reader, &check->site, status, err);
    return stoa_verify_note(check->verify, status, err);
}

/* ---- columns ---- */

static stoa_status verify_column(struct group_check *check, uint32_t column,
                                 stoa_error *err)
{
    struct stoa_verify *verify = check->verify;
    struct stoa_block_site *site = &check->site;
    bool has_dictionary = false;
    bool has_good_dictionary = false;
    bool uses_dictionary = false;
    site->column = column;
    site->block = 0;
    stoa_status status =
        stoa_reader_column_record(verify->reader, column, &site->column_record, err);
    if (status != STOA_OK) { /* noted with the columns */
        check->is_complete = false;
        return stoa_verify_note(verify, STOA_OK, err);
    }
    STOA_TRY(verify_dictionary(check, &has_dictionary, &has_good_dictionary, err));
    for (; site->block < site->group_record.blocks; site->block++)
        STOA_TRY(verify_block(check, has_good_dictionary, &uses_dictionary, err));
    if (has_dictionary == uses_dictionary || !check->is_complete)
        return STOA_OK;
    status = stoa_fail(err, STOA_E_CORRUPT,
                       "expected a dictionary exactly where a block uses it, found %s",
                       has_dictionary ? "an unused one" : "none");
    status = stoa_site_fail_dictionary(verify->reader, site, status, err);
    return stoa_verify_note(verify, status, err);
}

/* ---- the row group ---- */

static stoa_status check_totals(const struct group_check *check, stoa_error *err)
{
    const struct stoa_group_record *group = &check->site.group_record;
    const uint64_t end = group->size - group->tail_size;
    if (!check->is_complete)
        return STOA_OK;
    if (check->next_offset != end)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected payloads up to the tail at offset %" PRIu64
                         ", found their end at %" PRIu64,
                         end, check->next_offset);
    if (check->raw_size != group->raw_size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu64
                         " raw bytes, as the blocks say, found %" PRIu64,
                         check->raw_size, group->raw_size);
    if (check->dictionary_count != group->dictionaries)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu32 " dictionaries, found %" PRIu32,
                         check->dictionary_count, group->dictionaries);
    return STOA_OK;
}

static stoa_status compare_tails(const struct stoa_buf *expected,
                                 const struct stoa_buf *found, stoa_error *err)
{
    size_t at = 0;
    while (at < found->size && expected->data[at] == found->data[at])
        at++;
    if (at < found->size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected byte %02x at offset %zu, as the footer's records say, "
                         "found %02x",
                         expected->data[at], at, found->data[at]);
    return STOA_OK;
}

/* Read anew and, if all records can be read, byte by byte what they give. */
static stoa_status check_tail(struct group_check *check, stoa_error *err)
{
    stoa_status status = STOA_OK;
    struct stoa_reader *reader = check->verify->reader;
    struct stoa_buf expected;
    struct stoa_buf found;
    stoa_buf_init(&expected, SIZE_MAX / 4); /* both are as large as the record says */
    stoa_buf_init(&found, SIZE_MAX / 4);
    STOA_TRY_CLEANUP(stoa_reader_read_tail(reader, check->site.group, &found, err));
    if (check->is_complete) {
        STOA_TRY_CLEANUP(stoa_reader_make_tail(reader, check->site.group, &expected, err));
        STOA_TRY_CLEANUP(compare_tails(&expected, &found, err));
    }
cleanup:
    stoa_buf_done(&expected);
    stoa_buf_done(&found);
    return status;
}

static stoa_status verify_records(struct group_check *check, stoa_error *err)
{
    struct stoa_verify *verify = check->verify;
    for (uint32_t c = 0; c < verify->reader->trailer.columns; c++)
        STOA_TRY(verify_column(check, c, err));
    stoa_status status = check_totals(check, err);
    STOA_TRY(stoa_verify_note(verify, group_fail(check, status, "", err), err));
    status = check_tail(check, err);
    return stoa_verify_note(verify, group_fail(check, status, ", tail", err), err);
}

stoa_status stoa_verify_group(struct stoa_verify *verify, uint32_t group, stoa_error *err)
{
    struct group_check check = {.verify = verify, .is_complete = true};
    check.site.group = group;
    const stoa_status found =
        stoa_reader_group_record(verify->reader, group, &check.site.group_record, err);
    if (found != STOA_OK)
        return stoa_verify_note(verify, found, err);
    return verify_records(&check, err);
}
