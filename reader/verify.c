/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every byte of a file [FMT-6]: header, schema section, payloads, tails, footer pages, trailer,
 * and that nothing lies between them. Called by the `verify` command and by the dataset layer
 * before a commit. All bytes are read from the file again, also those that the reader holds
 * already: what is asked is whether the file is sound, not whether it was.
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/checked.h"
#include "reader/verify_state.h"

enum { READ_PAGES = 16 };

/* ---- noting damage ---- */

static bool is_damage(stoa_status status)
{
    return status != STOA_E_NO_MEMORY && status != STOA_E_MEMORY_LIMIT &&
           status != STOA_E_INTERRUPTED && status != STOA_E_INTERNAL;
}

/* A damaged page turns up again wherever one of its records is needed. Its error is the only
 * one with an offset in the footer. */
static bool is_known_page(const struct stoa_verify *verify, const stoa_error *damage)
{
    const struct stoa_trailer *trailer = &verify->reader->trailer;
    return verify->has_seen_pages && damage->offset >= trailer->footer_offset &&
           damage->offset - trailer->footer_offset < trailer->footer_size;
}

stoa_status stoa_verify_note(struct stoa_verify *verify, stoa_status status,
                             stoa_error *err)
{
    if (status == STOA_OK || !is_damage(status))
        return status;
    if (is_known_page(verify, err))
        return STOA_OK;
    stoa_error_set_place(err, "%s", verify->reader->file.name);
    if (verify->first == STOA_OK) {
        verify->first = status;
        if (verify->first_error)
            *verify->first_error = *err;
    }
    if (verify->report)
        verify->report(verify->context, err);
    return STOA_OK;
}

/* ---- the two ends ---- */

static stoa_status check_header(struct stoa_reader *reader, stoa_error *err)
{
    uint8_t found[STOA_HEADER_SIZE];
    uint8_t expected[STOA_HEADER_SIZE];
    struct stoa_header header;
    STOA_TRY(stoa_io_read_at(&reader->file, 0, found, sizeof found, err));
    STOA_TRY(stoa_header_read(found, &header, err));
    stoa_header_write(&reader->header, expected);
    if (memcmp(found, expected, sizeof found) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the header that was there at open, found another one");
    return STOA_OK;
}

static stoa_status check_trailer(struct stoa_reader *reader, stoa_error *err)
{
    uint8_t found[STOA_TRAILER_SIZE];
    uint8_t expected[STOA_TRAILER_SIZE];
    struct stoa_trailer trailer;
    uint64_t size = 0;
    STOA_TRY(stoa_io_size(&reader->file, &size, err));
    if (size != reader->size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the %" PRIu64
                         " bytes that were there at open, found %" PRIu64,
                         reader->size, size);
    STOA_TRY(
        stoa_io_read_at(&reader->file, size - STOA_TRAILER_SIZE, found, sizeof found, err));
    STOA_TRY(stoa_trailer_read(found, size, &trailer, err));
    stoa_trailer_write(&reader->trailer, expected);
    if (memcmp(found, expected, sizeof found) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the trailer that was there at open, found another one");
    return STOA_OK;
}

static stoa_status set_place(const struct stoa_verify *verify, stoa_status status,
                             const char *part, stoa_error *err)
{
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s: %s", verify->reader->file.name, part);
    return status;
}

static stoa_status verify_ends(struct stoa_verify *verify, stoa_error *err)
{
    stoa_status status = check_header(verify->reader, err);
    status = set_place(verify, status, "header", err);
    STOA_TRY(stoa_verify_note(verify, status, err));
    status = check_trailer(verify->reader, err);
    status = set_place(verify, status, "trailer", err);
    return stoa_verify_note(verify, status, err);
}

/* ---- footer pages ---- */

static stoa_status check_page(struct stoa_verify *verify, uint64_t page,
                              const uint8_t *bytes, size_t size, stoa_error *err)
{
    const struct stoa_trailer *trailer = &verify->reader->trailer;
    const uint64_t expected = stoa_load_le64(bytes + size - 8);
    const uint64_t found = stoa_page_checksum(bytes, size - 8, trailer->content, page);
    if (stoa_checksum_holds(expected, found))
        return STOA_OK;
    verify->damaged_pages++;
    stoa_fail(err, STOA_E_CORRUPT,
              "expected page checksum %016" PRIx64 ", found bytes that give %016" PRIx64,
              expected, found);
    stoa_error_set_place(err, "%s: footer page %" PRIu64, verify->reader->file.name, page);
    stoa_error_set_offset(err, trailer->footer_offset + page * STOA_PAGE_SIZE);
    return STOA_E_CORRUPT;
}

/* The pages in the `size` bytes from page `first` on. */
static stoa_status check_pages(struct stoa_verify *verify, struct stoa_hasher *hasher,
                               uint64_t first, const uint8_t *bytes, size_t size,
                               stoa_error *err)
{
    for (size_t at = 0; at < size; at += STOA_PAGE_SIZE) {
        const size_t page = size - at < STOA_PAGE_SIZE ? size - at : STOA_PAGE_SIZE;
        stoa_hasher_update(hasher, bytes + at, page - 8);
        STOA_TRY(stoa_verify_note(
            verify, check_page(verify, first + at / STOA_PAGE_SIZE, bytes + at, page, err),
            err));
    }
    return STOA_OK;
}

static stoa_status read_pages(struct stoa_verify *verify, struct stoa_hasher *hasher,
                              uint8_t *bytes, stoa_error *err)
{
    const struct stoa_trailer *trailer = &verify->reader->trailer;
    const size_t step = (size_t)READ_PAGES * STOA_PAGE_SIZE;
    for (uint64_t at = 0; at < trailer->footer_size; at += step) {
        const uint64_t left = trailer->footer_size - at;
        const size_t size = left < step ? (size_t)left : step;
        STOA_TRY(stoa_io_read_at(&verify->reader->file, trailer->footer_offset + at, bytes,
                                 size, err));
        STOA_TRY(check_pages(verify, hasher, at / STOA_PAGE_SIZE, bytes, size, err));
    }
    return STOA_OK;
}

/* [FMT-61] */
static stoa_status check_content(struct stoa_verify *verify,
                                 const struct stoa_hasher *hasher, stoa_error *err)
{
    const struct stoa_hash128 expected = verify->reader->trailer.content;
    const struct stoa_hash128 found = stoa_hasher_digest(hasher);
    if (verify->damaged_pages > 0 || (stoa_checksum_holds(expected.low, found.low) &&
                                      stoa_checksum_holds(expected.high, found.high)))
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected content identity %016" PRIx64 "%016" PRIx64
                     ", found a footer that gives %016" PRIx64 "%016" PRIx64,
                     expected.high, expected.low, found.high, found.low);
}

static stoa_status verify_pages(struct stoa_verify *verify, stoa_error *err)
{
    stoa_status status = STOA_OK;
    const size_t size = (size_t)READ_PAGES * STOA_PAGE_SIZE;
    struct stoa_hasher *hasher = stoa_hasher_create();
    uint8_t *bytes = stoa_alloc(size);
    if (!hasher || !bytes)
        STOA_TRY_CLEANUP(stoa_fail_memory(err, size));
    status = read_pages(verify, hasher, bytes, err);
    if (status == STOA_OK)
        status = check_content(verify, hasher, err);
    status = stoa_verify_note(verify, set_place(verify, status, "footer", err), err);
    verify->has_seen_pages = true;
cleanup:
    stoa_free(bytes);
    stoa_hasher_free(hasher);
    return status;
}

/* ---- the run ---- */

static stoa_status run(struct stoa_verify *verify, stoa_error *err)
{
    STOA_TRY(verify_ends(verify, err));
    STOA_TRY(verify_pages(verify, err));
    STOA_TRY(stoa_verify_schema(verify, err));
    STOA_TRY(stoa_verify_sketches_begin(verify, err));
    for (uint32_t g = 0; g < verify->reader->trailer.row_groups; g++)
        STOA_TRY(stoa_verify_group(verify, g, err));
    STOA_TRY(stoa_verify_stats(verify, err));
    STOA_TRY(stoa_verify_zones(verify, err));
    STOA_TRY(stoa_verify_filters(verify, err));
    return stoa_verify_sketches(verify, err);
}

stoa_status stoa_reader_verify(struct stoa_reader *reader, bool deep,
                               struct stoa_decompressor *decompressor,
                               stoa_damage_fn report, void *context, stoa_error *err)
{
    struct stoa_verify verify = {
        .reader = reader,
        .is_deep = deep,
        .report = report,
        .context = context,
        .first_error = err,
    };
    stoa_error current;
    stoa_error_clear(&current);
    stoa_block_slot_init(&verify.slot);
    verify.slot.decompressor = decompressor;
    const stoa_status status = run(&verify, &current);
    stoa_block_slot_done(&verify.slot);
    stoa_free(verify.sketches);
    for (int phys = 0; phys < STOA_PHYS_COUNT; phys++) {
        if (verify.has_vector[phys])
            stoa_vector_done(&verify.vectors[phys]);
    }
    if (status == STOA_OK)
        return verify.first;
    stoa_error_set_place(&current, "%s", reader->file.name);
    if (err)
        *err = current;
    return status;
}
