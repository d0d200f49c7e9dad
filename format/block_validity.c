/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing and opening validity sections (spec/block.md). The forms that are not a bitmap are
 * turned into one when they are opened: it has 8 KiB at most, and every vector then costs a
 * copy of 128 bytes.
 */
#include "format/block_validity.h"

#include <inttypes.h>

#include "common/bitmap.h"
#include "common/bits.h"
#include "common/cursor.h"

/* ---- writing ---- */

/* Rows that end a run of NULL or valid rows: the last one, and those that differ from the next. */
static uint32_t count_run_ends(const uint64_t *validity, uint32_t rows)
{
    uint32_t ends = 1;
    uint64_t before = validity[0] & 1;
    for (uint32_t row = 0; row < rows; row += 64) {
        const uint64_t word = validity[row / 64];
        const uint64_t changes = (word ^ (word << 1 | before)) & stoa_low_mask(rows - row);
        ends += (uint32_t)__builtin_popcountll(changes);
        before = word >> 63;
    }
    return ends;
}

static size_t padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

/* [BLK-5] the smallest, of equal ones the lowest number. */
static enum stoa_validity_kind choose_kind(const uint64_t *validity, uint32_t rows,
                                           uint32_t valid_count, uint32_t run_count)
{
    if (!validity || valid_count == rows)
        return STOA_VALIDITY_NONE;
    if (valid_count == 0)
        return STOA_VALIDITY_ALL_NULL;
    const size_t sizes[STOA_VALIDITY_KIND_COUNT] = {
        [STOA_VALIDITY_BITMAP] = stoa_bitmap_words(rows) * 8,
        [STOA_VALIDITY_SPARSE_NULL] = padded((size_t)(rows - valid_count) * 2),
        [STOA_VALIDITY_SPARSE_VALID] = padded((size_t)valid_count * 2),
        [STOA_VALIDITY_RUNS] = padded((size_t)run_count * 2),
    };
    unsigned best = STOA_VALIDITY_BITMAP;
    for (unsigned kind = best + 1; kind < STOA_VALIDITY_KIND_COUNT; kind++)
        best = sizes[kind] < sizes[best] ? kind : best;
    return (enum stoa_validity_kind)best;
}

static stoa_status append_bitmap(const uint64_t *validity, uint32_t rows,
                                 struct stoa_buf *out, stoa_error *err)
{
    const uint32_t whole = rows / 64;
    STOA_TRY(stoa_buf_append(out, validity, (size_t)whole * 8, err));
    if (rows % 64 == 0)
        return STOA_OK;
    return stoa_buf_append_le64(out, validity[whole] & stoa_low_mask(rows % 64),
                                err); /* [BLK-3] */
}

static stoa_status append_rows(const uint64_t *validity, uint32_t rows, bool valid,
                               struct stoa_buf *out, stoa_error *err)
{
    for (uint32_t row = 0; row < rows; row++) {
        if ((stoa_bit_get(validity, row) != 0) == valid)
            STOA_TRY(stoa_buf_append_le16(out, (uint16_t)row, err));
    }
    return STOA_OK;
}

static stoa_status append_runs(const uint64_t *validity, uint32_t rows,
                               struct stoa_buf *out, stoa_error *err)
{
    for (uint32_t row = 0; row < rows; row++) {
        if (row + 1 == rows ||
            stoa_bit_get(validity, row) != stoa_bit_get(validity, row + 1))
            STOA_TRY(stoa_buf_append_le16(out, (uint16_t)row, err));
    }
    return STOA_OK;
}

stoa_status stoa_validity_write(const uint64_t *validity, uint32_t rows,
                                struct stoa_buf *out, stoa_error *err)
{
    const uint32_t valid_count =
        validity ? (uint32_t)stoa_bitmap_count(validity, rows) : rows;
    const uint32_t run_count = validity ? count_run_ends(validity, rows) : 1;
    const enum stoa_validity_kind kind =
        choose_kind(validity, rows, valid_count, run_count);
    const uint32_t entries = kind == STOA_VALIDITY_SPARSE_NULL    ? rows - valid_count
                             : kind == STOA_VALIDITY_SPARSE_VALID ? valid_count
                             : kind == STOA_VALIDITY_RUNS         ? run_count
                                                                  : 0;
    const size_t start = out->size;
    uint8_t header[STOA_VALIDITY_HEADER_SIZE] = {(uint8_t)kind};
    if (kind == STOA_VALIDITY_RUNS)
        header[1] = (uint8_t)stoa_bit_get(validity, 0);
    stoa_store_le32(header + 4, entries);
    STOA_TRY(stoa_buf_append(out, header, sizeof header, err));
    if (kind == STOA_VALIDITY_BITMAP)
        STOA_TRY(append_bitmap(validity, rows, out, err));
    else if (kind == STOA_VALIDITY_RUNS)
        STOA_TRY(append_runs(validity, rows, out, err));
    else if (entries > 0)
        STOA_TRY(append_rows(validity, rows, kind == STOA_VALIDITY_SPARSE_VALID, out, err));
    return stoa_buf_append_zeros(out, -(out->size - start) & 7, err);
}

/* ---- opening ---- */

/* A section being opened. */
struct opener {
    struct stoa_cursor cursor;
    struct stoa_arena *arena;
    uint32_t rows;
    unsigned kind;
    unsigned first_state; /* runs */
    uint32_t entries;
    uint64_t *words; /* the bitmap being made of entries */
};

static stoa_status fail_short(const struct opener *opener, stoa_error *err)
{
    return stoa_fail(err, STOA_E_CORRUPT,
                     "validity: expected the body of kind %u for %" PRIu32
                     " rows, found the end of the payload",
                     opener->kind, opener->rows);
}

static stoa_status check_head(const struct opener *opener, const uint8_t *head,
                              uint32_t null_count, stoa_error *err)
{
    const unsigned kind = opener->kind;
    if (kind >= STOA_VALIDITY_KIND_COUNT)
        return stoa_fail(err, STOA_E_CORRUPT, "validity: expected kind 0 to %d, found %u",
                         STOA_VALIDITY_KIND_COUNT - 1, kind);
    if (head[1] > (kind == STOA_VALIDITY_RUNS) || stoa_load_le16(head + 2) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "validity: expected 0 behind kind %u, found %u %u", kind, head[1],
                         stoa_load_le16(head + 2));
    const bool has_entries = kind >= STOA_VALIDITY_SPARSE_NULL;
    if (has_entries != (opener->entries > 0) || opener->entries > opener->rows)
        return stoa_fail(
            err, STOA_E_CORRUPT, "validity: expected %s entries in kind %u, found %" PRIu32,
            has_entries ? "1 or more (at most the rows)" : "no", kind, opener->entries);
    const uint32_t expected = kind == STOA_VALIDITY_NONE ? 0 : opener->rows;
    const bool agrees = kind <= STOA_VALIDITY_ALL_NULL
                            ? null_count == expected
                            : null_count > 0 && null_count < opener->rows;
    if (!agrees) /* [BLK-4] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "validity: expected a kind for %" PRIu32 " NULLs in %" PRIu32
                         " rows, found kind %u",
                         null_count, opener->rows, kind);
    return STOA_OK;
}

static stoa_status make_words(struct opener *opener, stoa_error *err)
{
    const size_t words = stoa_bitmap_words(opener->rows);
    opener->words = stoa_arena_alloc_zeroed(opener->arena, words, sizeof *opener->words);
    return opener->words ? STOA_OK : stoa_arena_fail(opener->arena, words * 8, err);
}

/* Entry `i` from the body; [BLK-3] strictly ascending, below the rows. */
static stoa_status next_entry(const struct opener *opener, const uint8_t *body, uint32_t i,
                              int32_t last, int32_t *out, stoa_error *err)
{
    const int32_t row = stoa_load_le16(body + (size_t)i * 2);
    if (row <= last || row >= (int32_t)opener->rows)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "validity: expected entry %" PRIu32 " behind %" PRId32
                         " and below %" PRIu32 ", found %" PRId32,
                         i, last, opener->rows, row);
    *out = row;
    return STOA_OK;
}

static stoa_status open_sparse(struct opener *opener, const uint8_t *body, stoa_error *err)
{
    const bool valid = opener->kind == STOA_VALIDITY_SPARSE_VALID;
    int32_t last = -1;
    if (!valid)
        stoa_bitmap_fill(opener->words, opener->rows);
    for (uint32_t i = 0; i < opener->entries; i++) {
        STOA_TRY(next_entry(opener, body, i, last, &last, err));
        if (valid)
            stoa_bit_set(opener->words, (uint32_t)last);
        else
            stoa_bit_clear(opener->words, (uint32_t)last);
    }
    return STOA_OK;
}

static stoa_status open_runs(struct opener *opener, const uint8_t *body, stoa_error *err)
{
    int32_t last = -1;
    bool valid = opener->first_state != 0;
    for (uint32_t i = 0; i < opener->entries; i++, valid = !valid) {
        const uint32_t first = (uint32_t)(last + 1);
        STOA_TRY(next_entry(opener, body, i, last, &last, err));
        if (valid)
            stoa_bitmap_set_range(opener->words, first, (uint32_t)last + 1 - first);
    }
    if (last != (int32_t)opener->rows - 1)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "validity: expected the last run to end at row %" PRIu32
                         ", found %" PRId32,
                         opener->rows - 1, last);
    return STOA_OK;
}

/* The bitmap of kinds 2 to 5. */
static stoa_status open_bits(struct opener *opener, const uint8_t **out_bits,
                             stoa_error *err)
{
    const bool is_bitmap = opener->kind == STOA_VALIDITY_BITMAP;
    const size_t size =
        is_bitmap ? stoa_bitmap_words(opener->rows) * 8 : (size_t)opener->entries * 2;
    const uint8_t *body = stoa_cursor_take(&opener->cursor, size);
    const uint8_t *padding = stoa_cursor_take(&opener->cursor, -size & 7);
    if (!body || !padding)
        return fail_short(opener, err);
    for (size_t i = 0; i < (-size & 7); i++) {
        if (padding[i] != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "validity: expected padding of 0, found %u", padding[i]);
    }
    if (is_bitmap) {
        *out_bits = body;
        return STOA_OK;
    }
    STOA_TRY(make_words(opener, err));
    STOA_TRY(opener->kind == STOA_VALIDITY_RUNS ? open_runs(opener, body, err)
                                                : open_sparse(opener, body, err));
    *out_bits = (const uint8_t *)opener->words;
    return STOA_OK;
}

/* [BLK-3] [BLK-4] */
static stoa_status check_bits(const uint8_t *bits, uint32_t rows, uint32_t null_count,
                              stoa_error *err)
{
    uint32_t valid = 0;
    const size_t words = stoa_bitmap_words(rows);
    for (size_t i = 0; i < words; i++)
        valid += (uint32_t)__builtin_popcountll(stoa_load_le64(bits + i * 8));
    const uint64_t last = stoa_load_le64(bits + (words - 1) * 8);
    if (rows % 64 != 0 && last >> rows % 64 != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "validity: expected bits of 0 behind row %" PRIu32
                         ", found %" PRIx64,
                         rows, last >> rows % 64);
    if (rows - valid != null_count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "validity: expected %" PRIu32 " NULLs, found %" PRIu32, null_count,
                         rows - valid);
    return STOA_OK;
}

stoa_status stoa_validity_open(const uint8_t *payload, size_t size, uint32_t rows,
                               uint32_t null_count, struct stoa_arena *arena,
                               struct stoa_validity **out_validity, size_t *out_size,
                               stoa_error *err)
{
    struct opener opener = {
        .cursor = stoa_cursor_make(payload, size), .arena = arena, .rows = rows};
    const uint8_t *head = stoa_cursor_take(&opener.cursor, STOA_VALIDITY_HEADER_SIZE);
    struct stoa_validity *validity = NULL;
    if (!head)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "validity: expected a header of %d bytes, found %zu",
                         STOA_VALIDITY_HEADER_SIZE, size);
    opener.kind = head[0];
    opener.first_state = head[1];
    opener.entries = stoa_load_le32(head + 4);
    STOA_TRY(check_head(&opener, head, null_count, err));
    if (opener.kind >= STOA_VALIDITY_BITMAP) {
        validity = stoa_arena_alloc_zeroed(arena, 1, sizeof *validity);
        if (!validity)
            return stoa_arena_fail(arena, sizeof *validity, err);
        STOA_TRY(open_bits(&opener, &validity->bits, err));
        STOA_TRY(check_bits(validity->bits, rows, null_count, err));
    }
    *out_validity = validity;
    *out_size = size - opener.cursor.left;
    return STOA_OK;
}
