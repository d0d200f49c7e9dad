/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cutter of csv_chunks.h. Called by csv_pass.c only.
 *
 * A record that no buffer holds is walked over with the resumable machine of csv_record.c, to
 * tell what is wrong with it: an unclosed quote (which would swallow the file) gives up one
 * line, anything else the record.
 */
#include "writer/ingest/csv_chunks.h"

#include <string.h>

#include "common/alloc.h"

enum { WALK_BYTES = 256 << 10, LARGE_FACTOR = 4, LARGE_BYTES = 64 << 10 };

stoa_status stoa_csv_chunks_open(struct stoa_csv_chunks *chunks,
                                 const struct stoa_input *input, size_t chunk_size,
                                 size_t buffer_max, stoa_error *err)
{
    *chunks = (struct stoa_csv_chunks){.input = input,
                                       .kernels = stoa_csv_kernels_best(),
                                       .dialect = input->dialect,
                                       .chunk_size = chunk_size,
                                       .buffer_max = buffer_max};
    return stoa_text_open(input, &chunks->reader, err);
}

void stoa_csv_chunks_close(struct stoa_csv_chunks *chunks)
{
    stoa_text_close(&chunks->reader);
}

void stoa_csv_buffer_done(struct stoa_csv_buffer *buffer)
{
    stoa_free(buffer->bytes);
    *buffer = (struct stoa_csv_buffer){.capacity = 0};
}

/* Room for `size` bytes and the padding; gives memory back that a giant record needed. */
static stoa_status reserve(const struct stoa_csv_chunks *chunks,
                           struct stoa_csv_buffer *buffer, size_t size, stoa_error *err)
{
    const size_t needed = size + STOA_CSV_PADDING;
    const bool is_wasteful =
        buffer->capacity / LARGE_FACTOR > needed + chunks->chunk_size + LARGE_BYTES;
    if (needed <= buffer->capacity && !is_wasteful)
        return STOA_OK;
    void *moved = stoa_realloc(buffer->bytes, needed);
    if (!moved)
        return stoa_fail_memory(err, needed);
    buffer->bytes = moved;
    buffer->capacity = needed;
    return STOA_OK;
}

/* Reads [hashed, data_offset): the header and what was skipped before it. */
static stoa_status read_preamble(struct stoa_csv_chunks *chunks, uint8_t *bytes,
                                 size_t size, stoa_error *err)
{
    const uint64_t end = chunks->input->data_offset;
    uint64_t at = 0;
    while (at < end) {
        const size_t step = end - at < size ? (size_t)(end - at) : size;
        size_t got = 0;
        STOA_TRY(stoa_text_read(&chunks->reader, at, bytes, step, &got, err));
        if (got < step)
            return stoa_source_fail_changed(chunks->input, err);
        at += got;
    }
    chunks->offset = end;
    return STOA_OK;
}

/* ---- where to cut ---- */

/* Behind the last line end in [0, limit); 0 when there is none. No byte is a quote. */
static size_t last_line(const uint8_t *text, size_t limit)
{
    const uint8_t *lf = memrchr(text, '\n', limit);
    const size_t behind = lf ? (size_t)(lf - text) + 1 : 0;
    const uint8_t *cr = memrchr(text + behind, '\r', limit - behind);
    return cr ? (size_t)(cr - text) + 1 : behind;
}

/* Behind the last record that is complete for certain; 0 when there is none. */
static size_t last_record(const struct stoa_csv_chunks *chunks, const uint8_t *text,
                          size_t size)
{
    const struct stoa_csv_dialect *dialect = &chunks->dialect;
    /* Whether a CR at the end stands alone is not known yet. */
    const size_t limit = size > 0 && text[size - 1] == '\r' ? size - 1 : size;
    struct stoa_csv_scan scan = {.text = text, .end = limit};
    size_t complete = 0;
    if (!dialect->has_quote || !memchr(text, dialect->quote, limit))
        return last_line(text, limit);
    stoa_csv_scan_seek(&scan, 0);
    for (;;) {
        struct stoa_csv_record record;
        scan.has_line_end = false;
        chunks->kernels->split(dialect, &scan);
        if (scan.has_line_end)
            complete = stoa_csv_behind(text, scan.last_line_end);
        if (!scan.is_odd)
            return complete;
        stoa_csv_record_begin(&record, complete);
        stoa_csv_record_feed(dialect, &record, text + complete, complete, size - complete,
                             false, NULL, 0);
        if (record.state != STOA_CSV_DONE)
            return complete;
        complete = (size_t)record.next;
        if (complete >= limit)
            return complete;
        stoa_csv_scan_seek(&scan, complete);
    }
}

/* ---- records that no buffer holds ---- */

/* Reads on from `filled` until the record is done. */
static stoa_status walk_record(struct stoa_csv_chunks *chunks,
                               const struct stoa_csv_buffer *buffer, size_t filled,
                               struct stoa_csv_record *record, stoa_error *err)
{
    uint8_t *block = stoa_alloc(WALK_BYTES);
    stoa_status status = STOA_OK;
    if (!block)
        return stoa_fail_memory(err, WALK_BYTES);
    stoa_csv_record_begin(record, 0);
    stoa_csv_record_feed(&chunks->dialect, record, buffer->bytes, 0, filled, false, NULL,
                         0);
    uint64_t at = filled;
    while (record->state != STOA_CSV_DONE) {
        size_t got = 0;
        STOA_TRY_CLEANUP(stoa_io_read_some_at(&chunks->reader.file, buffer->offset + at,
                                              block, WALK_BYTES, &got, err));
        stoa_csv_record_feed(&chunks->dialect, record, block, at, got, got < WALK_BYTES,
                             NULL, 0);
        at += got;
    }
cleanup:
    stoa_free(block);
    return status;
}

/* Counts and hashes the record's bytes behind `filled`, up to `next`. */
static stoa_status pass_over(struct stoa_csv_chunks *chunks, struct stoa_csv_buffer *buffer,
                             size_t filled, const struct stoa_csv_record *record,
                             struct stoa_hasher *hasher, stoa_error *err)
{
    uint8_t *block = stoa_alloc(WALK_BYTES + STOA_CSV_PADDING);
    stoa_status status = STOA_OK;
    if (!block)
        return stoa_fail_memory(err, WALK_BYTES);
    bool ends_with_cr = buffer->bytes[filled - 1] == '\r';
    for (uint64_t at = filled; at < record->next;) {
        const uint64_t left = record->next - at;
        const size_t step = left < WALK_BYTES ? (size_t)left : WALK_BYTES;
        size_t got = 0;
        STOA_TRY_CLEANUP(
            stoa_text_read(&chunks->reader, buffer->offset + at, block, step, &got, err));
        if (got < step) {
            status = stoa_source_fail_changed(chunks->input, err);
            goto cleanup;
        }
        memset(block + got, 0, STOA_CSV_PADDING);
        if (record->end > at)
            stoa_hasher_update(hasher, block,
                               record->end - at < got ? (size_t)(record->end - at) : got);
        buffer->fault_lines += chunks->kernels->count_lines(block, got);
        buffer->fault_lines -= ends_with_cr && block[0] == '\n';
        ends_with_cr = block[got - 1] == '\r';
        at += got;
    }
cleanup:
    stoa_free(block);
    return status;
}

/* The code of a record that is larger than the buffer; STOA_OK: only memory is short. */
static stoa_status giant_code(const struct stoa_csv_record *record)
{
    /* Quoted, a value of 16 MiB may take twice as much. */
    const uint64_t longest = 2 * (uint64_t)STOA_MAX_VALUE_BYTES + 2;
    if (record->fault != STOA_OK)
        return record->fault;
    if (record->longest > longest || record->end > STOA_CSV_RECORD_MAX)
        return STOA_E_TOO_LONG;
    return STOA_OK;
}

static struct stoa_csv_fault giant_fault(const struct stoa_csv_record *record,
                                         stoa_status code, size_t filled)
{
    const uint64_t place = code == STOA_E_TOO_LONG ? record->longest_begin : record->place;
    const size_t end = record->end < filled ? (size_t)record->end : filled;
    return (struct stoa_csv_fault){
        .end = end,
        .place = place < end ? (size_t)place : 0,
        .value_end = place < end ? (size_t)place : 0,
        .detail = code == STOA_E_TOO_LONG ? record->longest : record->garbage,
        .code = code,
        .column = UINT32_MAX,
    };
}

/* The buffer is full and holds no complete record: condemns its first one. */
static stoa_status condemn(struct stoa_csv_chunks *chunks, struct stoa_csv_buffer *buffer,
                           size_t filled, stoa_error *err)
{
    struct stoa_csv_record record;
    STOA_TRY(walk_record(chunks, buffer, filled, &record, err));
    const stoa_status code = giant_code(&record);
    if (code == STOA_OK) {
        const stoa_status status = stoa_fail(
            err, STOA_E_MEMORY_LIMIT,
            "expected a record of at most %zu bytes (half the memory for reading), found %llu",
            chunks->buffer_max, (unsigned long long)record.end);
        stoa_error_set_place(err, "%s: offset %llu", chunks->input->info.name,
                             (unsigned long long)buffer->offset);
        stoa_error_set_hint(err, "give it more with --memory");
        return status;
    }
    struct stoa_hasher *hasher = stoa_hasher_create();
    stoa_status status = STOA_OK;
    if (!hasher)
        return stoa_fail_memory(err, 0);
    const size_t next = record.next < filled ? (size_t)record.next : filled;
    buffer->is_condemned = true;
    buffer->fault = giant_fault(&record, code, filled);
    buffer->fault_lines = chunks->kernels->count_lines(buffer->bytes, next);
    stoa_hasher_update(hasher, buffer->bytes, buffer->fault.end);
    if (record.next > filled) {
        STOA_TRY_CLEANUP(pass_over(chunks, buffer, filled, &record, hasher, err));
        chunks->offset = buffer->offset + record.next;
    }
    buffer->fault_hash = stoa_hasher_digest(hasher);
    buffer->chunk.end = next;
cleanup:
    stoa_hasher_free(hasher);
    return status;
}

/* ---- filling ---- */

/* Takes over what the previous chunk left. */
static stoa_status take_tail(struct stoa_csv_chunks *chunks, struct stoa_csv_buffer *buffer,
                             stoa_error *err)
{
    struct stoa_csv_buffer *previous = chunks->previous;
    const size_t begin = previous ? previous->chunk.end : 0;
    const size_t tail = previous ? previous->filled - begin : 0;
    const size_t size = tail + chunks->chunk_size;
    if (previous == buffer) {
        memmove(buffer->bytes, buffer->bytes + begin, tail);
        STOA_TRY(reserve(chunks, buffer, size, err));
    } else {
        STOA_TRY(reserve(chunks, buffer, size, err));
        if (tail)
            memcpy(buffer->bytes, previous->bytes + begin, tail);
    }
    buffer->filled = tail;
    buffer->offset = chunks->offset - tail;
    return STOA_OK;
}

/* Makes the buffer hold `target` bytes, unless the text ends before. */
static stoa_status read_up_to(struct stoa_csv_chunks *chunks,
                              struct stoa_csv_buffer *buffer, size_t target,
                              stoa_error *err)
{
    if (target <= buffer->filled || chunks->is_last)
        return STOA_OK;
    const size_t want = target - buffer->filled;
    size_t got = 0;
    STOA_TRY(reserve(chunks, buffer, target, err));
    STOA_TRY(stoa_text_read(&chunks->reader, chunks->offset, buffer->bytes + buffer->filled,
                            want, &got, err));
    buffer->filled += got;
    chunks->offset += got;
    chunks->is_last = got < want;
    return STOA_OK;
}

/* Looks at the buffer in growing steps until there is a complete record in what it knows. */
static stoa_status find_chunk(struct stoa_csv_chunks *chunks,
                              struct stoa_csv_buffer *buffer, stoa_error *err)
{
    struct stoa_csv_chunk *chunk = &buffer->chunk;
    size_t known = 0;
    *chunk = (struct stoa_csv_chunk){.end = 0};
    while (chunk->end == 0) {
        const size_t step = known > chunks->chunk_size ? known : chunks->chunk_size;
        const size_t room = chunks->buffer_max - known;
        if (room == 0)
            return condemn(chunks, buffer, known, err);
        STOA_TRY(read_up_to(chunks, buffer, known + (step < room ? step : room), err));
        known = known + step < buffer->filled ? known + step : buffer->filled;
        chunk->is_last = chunks->is_last && known == buffer->filled;
        chunk->filled = known;
        chunk->end = chunk->is_last ? known : last_record(chunks, buffer->bytes, known);
        if (chunk->is_last)
            break;
    }
    return STOA_OK;
}

stoa_status stoa_csv_chunks_next(struct stoa_csv_chunks *chunks,
                                 struct stoa_csv_buffer *buffer, bool *out_more,
                                 stoa_error *err)
{
    STOA_TRY(take_tail(chunks, buffer, err));
    if (!chunks->previous && chunks->offset < chunks->input->data_offset) {
        STOA_TRY(read_preamble(chunks, buffer->bytes, buffer->capacity, err));
        buffer->offset = chunks->offset;
    }
    chunks->previous = NULL;
    buffer->is_condemned = false;
    STOA_TRY(find_chunk(chunks, buffer, err));
    buffer->chunk.text = buffer->bytes;
    memset(buffer->bytes + buffer->filled, 0, STOA_CSV_PADDING);
    buffer->is_large = buffer->capacity / LARGE_FACTOR > chunks->chunk_size + LARGE_BYTES;
    chunks->previous = buffer;
    *out_more = buffer->chunk.end > 0;
    return STOA_OK;
}
