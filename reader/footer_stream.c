/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The footer's stream, page by page (spec/format.md section 5.1): a page is read and its
 * checksum verified when somebody first touches it, and its stream bytes are laid beside those
 * of its neighbours, so that a record never straddles anything. Called by all of reader/. The
 * stream's memory is as large as the footer, but only touched pages of it become resident: an
 * open costs the same for ten columns and for a hundred thousand.
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "reader/reader_state.h"

enum { RUN_PAGES = 16 }; /* pages read by one call at most */

/* [FMT-60] */
stoa_status stoa_stream_init(struct stoa_reader *reader, stoa_error *err)
{
    const uint64_t size = reader->trailer.footer_size;
    const uint64_t pages = size / STOA_PAGE_SIZE + (size % STOA_PAGE_SIZE != 0);
    const uint64_t last = size % STOA_PAGE_SIZE;
    if (size == 0 || (last != 0 && last <= 8) || (size - 8 * pages) % 8 != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a footer of pages with 1 to %d bytes and a checksum, "
                         "found %" PRIu64 " bytes",
                         STOA_PAGE_STREAM_SIZE, size);
    reader->stream_size = size - 8 * pages; /* below the file's size, as the trailer says */
    reader->page_count = pages;
    reader->stream = stoa_alloc((size_t)reader->stream_size + 8); /* read_in_place */
    reader->pages = stoa_alloc_zeroed(stoa_bitmap_words((size_t)pages), sizeof(uint64_t));
    if (!reader->stream || !reader->pages)
        return stoa_fail_memory(err, (size_t)reader->stream_size);
    return STOA_OK;
}

void stoa_stream_done(struct stoa_reader *reader)
{
    stoa_free(reader->stream);
    stoa_free(reader->pages);
}

static bool has_page(const struct stoa_reader *reader, uint64_t page)
{
    const uint64_t word =
        atomic_load_explicit(&reader->pages[page / 64], memory_order_acquire);
    return word >> page % 64 & 1;
}

/* Bytes of a page in the file, checksum included. */
static size_t page_size(const struct stoa_reader *reader, uint64_t page)
{
    const uint64_t left = reader->trailer.footer_size - page * STOA_PAGE_SIZE;
    return left < STOA_PAGE_SIZE ? (size_t)left : STOA_PAGE_SIZE;
}

static bool page_holds(const struct stoa_reader *reader, uint64_t page,
                       const uint8_t *bytes)
{
    const size_t size = page_size(reader, page) - 8;
    const uint64_t found = stoa_page_checksum(bytes, size, reader->trailer.content, page);
    return stoa_checksum_holds(stoa_load_le64(bytes + size), found);
}

/* Where the page's bytes go. */
static uint8_t *page_place(const struct stoa_reader *reader, uint64_t page)
{
    return reader->stream + page * STOA_PAGE_STREAM_SIZE;
}

/* Publishes a page that holds and is in its place. Nobody else writes it: the lock is held, or
 * the reader is not shared yet. */
static void add_page(struct stoa_reader *reader, uint64_t page)
{
    atomic_fetch_or_explicit(&reader->pages[page / 64], UINT64_C(1) << page % 64,
                             memory_order_release);
}

static void copy_page(struct stoa_reader *reader, uint64_t page, const uint8_t *bytes)
{
    memcpy(page_place(reader, page), bytes, page_size(reader, page) - 8);
    add_page(reader, page);
}

void stoa_stream_offer(struct stoa_reader *reader, const uint8_t *bytes, uint64_t offset,
                       size_t size)
{
    for (uint64_t k = reader->page_count; k-- > 0;) {
        const uint64_t start = reader->trailer.footer_offset + k * STOA_PAGE_SIZE;
        if (start < offset || start - offset + page_size(reader, k) > size)
            return;
        if (page_holds(reader, k, bytes + (start - offset)))
            copy_page(reader, k, bytes + (start - offset));
    }
}

static stoa_status check_page(const struct stoa_reader *reader, uint64_t page,
                              const uint8_t *bytes, stoa_error *err)
{
    if (page_holds(reader, page, bytes))
        return STOA_OK;
    stoa_fail(err, STOA_E_CORRUPT,
              "expected a footer page that its checksum covers, "
              "found other bytes");
    stoa_error_set_place(err, "%s: footer page %" PRIu64, reader->file.name, page);
    stoa_error_set_offset(err, reader->trailer.footer_offset + page * STOA_PAGE_SIZE);
    return STOA_E_CORRUPT;
}

/* Reads one page to where it belongs, which halves the memory touched when pages lie far apart. Its
 * checksum comes to lie where the next page begins, so that one must not be there yet. */
static stoa_status read_in_place(struct stoa_reader *reader, uint64_t page, stoa_error *err)
{
    uint8_t *bytes = page_place(reader, page);
    STOA_TRY(stoa_io_read_at(&reader->file,
                             reader->trailer.footer_offset + page * STOA_PAGE_SIZE, bytes,
                             page_size(reader, page), err));
    STOA_TRY(check_page(reader, page, bytes, err));
    add_page(reader, page);
    return STOA_OK;
}

static bool can_read_in_place(const struct stoa_reader *reader, uint64_t page)
{
    return page + 1 == reader->page_count || !has_page(reader, page + 1);
}

/* Reads pages [first, first + count) by one call. */
static stoa_status read_pages(struct stoa_reader *reader, uint64_t first, uint64_t count,
                              stoa_error *err)
{
    stoa_status status = STOA_OK;
    const size_t size =
        (size_t)(count - 1) * STOA_PAGE_SIZE + page_size(reader, first + count - 1);
    uint8_t *bytes = stoa_alloc(size);
    if (!bytes)
        return stoa_fail_memory(err, size);
    STOA_TRY_CLEANUP(stoa_io_read_at(&reader->file,
                                     reader->trailer.footer_offset + first * STOA_PAGE_SIZE,
                                     bytes, size, err));
    for (uint64_t k = 0; k < count; k++) {
        STOA_TRY_CLEANUP(check_page(reader, first + k, bytes + k * STOA_PAGE_SIZE, err));
        copy_page(reader, first + k, bytes + k * STOA_PAGE_SIZE);
    }
cleanup:
    stoa_free(bytes);
    return status;
}

/* The length of the run of missing pages at `page`, at most up to `end`. */
static uint64_t missing_run(const struct stoa_reader *reader, uint64_t page, uint64_t end)
{
    uint64_t run = 0;
    while (page + run < end && run < RUN_PAGES && !has_page(reader, page + run))
        run++;
    return run;
}

static stoa_status load_pages(struct stoa_reader *reader, uint64_t first, uint64_t end,
                              stoa_error *err)
{
    stoa_status status = STOA_OK;
    pthread_mutex_lock(&reader->lock);
    for (uint64_t page = first; page < end;) {
        const uint64_t run = missing_run(reader, page, end);
        if (run == 1 && can_read_in_place(reader, page))
            STOA_TRY_CLEANUP(read_in_place(reader, page, err));
        else if (run > 0)
            STOA_TRY_CLEANUP(read_pages(reader, page, run, err));
        page += run > 0 ? run : 1;
    }
cleanup:
    pthread_mutex_unlock(&reader->lock);
    return status;
}

stoa_status stoa_stream_get(struct stoa_reader *reader, uint64_t offset, uint64_t size,
                            const uint8_t **out_bytes, stoa_error *err)
{
    const uint64_t first = offset / STOA_PAGE_STREAM_SIZE;
    const uint64_t end =
        size == 0 ? first : (offset + size - 1) / STOA_PAGE_STREAM_SIZE + 1;
    for (uint64_t page = first; page < end; page++) {
        if (!has_page(reader, page)) {
            STOA_TRY(load_pages(reader, page, end, err));
            break;
        }
    }
    *out_bytes = reader->stream + offset;
    return STOA_OK;
}

stoa_status stoa_reader_footer_start(struct stoa_reader *reader, const uint8_t **out_bytes,
                                     uint64_t *out_size, stoa_error *err)
{
    const struct stoa_section *heap = &reader->sections[STOA_SECTION_HEAP];
    *out_size = heap->offset + heap->size;
    return stoa_stream_get(reader, 0, *out_size, out_bytes, err);
}

stoa_status stoa_section_get(struct stoa_reader *reader, enum stoa_section_id id,
                             uint64_t offset, uint64_t size, const uint8_t **out_bytes,
                             stoa_error *err)
{
    const struct stoa_section *section = &reader->sections[id];
    if (!stoa_range_fits(offset, size, section->size)) {
        stoa_fail(err, STOA_E_CORRUPT,
                  "expected bytes within the %" PRIu64 " of footer section %d, found "
                  "offset %" PRIu64 " and %" PRIu64 " bytes",
                  section->size, (int)id, offset, size);
        stoa_error_set_place(err, "%s: footer", reader->file.name);
        return STOA_E_CORRUPT;
    }
    return stoa_stream_get(reader, section->offset + offset, size, out_bytes, err);
}
