/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window cutter of csv_rows.h. Both passes call it from their tasks; it owns the offset
 * arrays and the fault list of one task.
 *
 * The offset array never grows: when one record fills it, the record has more fields than
 * twice the columns, so the surplus is only counted. That bounds memory for any input.
 */
#include "writer/ingest/csv_rows.h"

#include <string.h>

#include "common/alloc.h"

enum {
    WINDOW_BYTES = 32 << 10, /* with its offsets half of a 48 KiB first-level cache */
    FIRST_FAULTS = 16
};

/* Places in the offset arrays: two rows, or what a window usually holds. */
static size_t places_for(uint32_t columns)
{
    const size_t two_rows = 2 * ((size_t)columns + 1);
    const size_t usual = WINDOW_BYTES / 2;
    return (two_rows > usual ? two_rows : usual) + STOA_CSV_ENDS_SLACK;
}

size_t stoa_csv_rows_size(uint32_t columns)
{
    /* Three arrays of offsets here, and a reference per row beside them. */
    return places_for(columns) * (3 * sizeof(uint32_t) + 2 * sizeof(uint32_t) + 1);
}

stoa_status stoa_csv_rows_init(struct stoa_csv_rows *rows,
                               const struct stoa_csv_dialect *dialect, uint32_t columns,
                               stoa_error *err)
{
    *rows = (struct stoa_csv_rows){
        .kernels = stoa_csv_kernels_best(), .dialect = *dialect, .columns = columns};
    const size_t capacity = places_for(columns);
    rows->scan.end_capacity = capacity;
    rows->scan.ends = stoa_alloc_array(capacity, sizeof(uint32_t));
    rows->scan.records = stoa_alloc_array(capacity, sizeof(uint32_t));
    rows->begins = stoa_alloc_array(capacity, sizeof(uint32_t));
    if (rows->scan.ends && rows->scan.records && rows->begins)
        return STOA_OK;
    stoa_csv_rows_done(rows);
    return stoa_fail_memory(err, 3 * capacity * sizeof(uint32_t));
}

void stoa_csv_rows_done(struct stoa_csv_rows *rows)
{
    stoa_free(rows->scan.ends);
    stoa_free(rows->scan.records);
    stoa_free(rows->begins);
    stoa_free(rows->faults.items);
    *rows = (struct stoa_csv_rows){.columns = 0};
}

void stoa_csv_rows_start(struct stoa_csv_rows *rows, const struct stoa_csv_chunk *chunk)
{
    rows->chunk = *chunk;
    rows->scan.text = chunk->text;
    rows->scan.has_quotes = false;
    rows->scan.has_special = false;
    stoa_csv_scan_seek(&rows->scan, chunk->begin);
    rows->next = chunk->begin;
    rows->leftover = 0;
    rows->leftover_count = 0;
    rows->dropped = 0;
    rows->is_odd = false;
    rows->lines = 0;
    rows->blank_lines = 0;
    rows->record_count = 0;
    rows->faults.count = 0;
}

/* ---- faults ---- */

stoa_status stoa_csv_faults_add(struct stoa_csv_fault_list *faults,
                                const struct stoa_csv_fault *fault, stoa_error *err)
{
    if (faults->count == faults->capacity) {
        const size_t capacity = faults->capacity ? 2 * faults->capacity : FIRST_FAULTS;
        void *grown = stoa_realloc(faults->items, capacity * sizeof *faults->items);
        if (!grown)
            return stoa_fail_memory(err, capacity * sizeof *faults->items);
        faults->items = grown;
        faults->capacity = capacity;
    }
    faults->items[faults->count++] = *fault;
    return STOA_OK;
}

/* Shell sort: no memory, and a record has one fault, so the order is unique. */
void stoa_csv_faults_sort(struct stoa_csv_fault_list *faults, size_t first)
{
    struct stoa_csv_fault *items = faults->items + first;
    const size_t count = faults->count - first;
    size_t gap = 1;
    while (gap < count / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3) {
        for (size_t i = gap; i < count; i++) {
            const struct stoa_csv_fault fault = items[i];
            size_t j = i;
            for (; j >= gap && items[j - gap].begin > fault.begin; j -= gap)
                items[j] = items[j - gap];
            items[j] = fault;
        }
    }
}

/* ---- collecting records ---- */

/* Where the record behind those collected so far begins. */
static size_t record_begin(const struct stoa_csv_rows *rows)
{
    const struct stoa_csv_scan *scan = &rows->scan;
    if (scan->record_count == 0)
        return rows->next;
    return stoa_csv_behind(scan->text,
                           scan->ends[scan->records[scan->record_count - 1] - 1]);
}

/* Offsets of the record under way. */
static size_t open_count(const struct stoa_csv_scan *scan)
{
    return scan->end_count -
           (scan->record_count ? scan->records[scan->record_count - 1] : 0);
}

static void drop_open(struct stoa_csv_scan *scan)
{
    scan->end_count -= open_count(scan);
}

/* Lets the first record of the window keep one field too many and counts the rest. */
static void trim_open(struct stoa_csv_rows *rows)
{
    const size_t kept = (size_t)rows->columns + 1;
    if (rows->scan.record_count != 0 || rows->scan.end_count <= kept)
        return;
    rows->dropped += rows->scan.end_count - kept;
    rows->scan.end_count = kept;
}

static stoa_status add_quote_fault(struct stoa_csv_rows *rows,
                                   const struct stoa_csv_record *record, stoa_error *err)
{
    rows->record_count++;
    const size_t before = (size_t)record->begin - rows->next;
    const struct stoa_csv_fault fault = {
        .begin = (size_t)record->begin,
        .end = (size_t)record->end,
        .place = (size_t)record->place,
        .value_end = (size_t)record->place,
        .line =
            rows->lines + rows->kernels->count_lines(rows->scan.text + rows->next, before),
        .detail = record->garbage,
        .code = record->fault,
        .column = record->fields < rows->columns ? (uint32_t)record->fields : UINT32_MAX,
    };
    return stoa_csv_faults_add(&rows->faults, &fault, err);
}

/* Reads the record under way byte by byte. *out_cut: the window must end before the place
 * where the next record begins, rows->next. */
static stoa_status collect_odd(struct stoa_csv_rows *rows, size_t *out_next, bool *out_cut,
                               stoa_error *err)
{
    struct stoa_csv_scan *scan = &rows->scan;
    const size_t begin = record_begin(rows);
    const size_t kept = (size_t)rows->columns + 1;
    struct stoa_csv_record record;
    drop_open(scan);
    *out_next = begin;
    *out_cut = true;
    rows->is_odd = true; /* in case the window is cut before it */
    if (scan->end_capacity - scan->end_count <= kept)
        return STOA_OK;
    stoa_csv_record_begin(&record, begin);
    stoa_csv_record_feed(&rows->dialect, &record, scan->text + begin, begin,
                         rows->chunk.filled - begin, rows->chunk.is_last,
                         scan->ends + scan->end_count, kept);
    if (record.state != STOA_CSV_DONE)
        return stoa_fail(err, STOA_E_INTERNAL, "a chunk of CSV ends inside a record");
    if (record.fault == STOA_OK && record.fields > kept && scan->record_count != 0)
        return STOA_OK;
    rows->is_odd = false;
    scan->has_quotes = true; /* nobody looked at the bytes: assume everything */
    scan->has_special = true;
    *out_next = (size_t)record.next;
    stoa_csv_scan_seek(scan, *out_next);
    if (record.fault != STOA_OK)
        return add_quote_fault(rows, &record, err);
    scan->end_count += record.fields < kept ? (size_t)record.fields : kept;
    if (record.fields > kept) { /* the record's own end must come last */
        scan->ends[scan->end_count++] = (uint32_t)record.end;
        rows->dropped = record.fields - kept - 1;
    }
    scan->records[scan->record_count++] = (uint32_t)scan->end_count;
    *out_cut = false;
    return STOA_OK;
}

/* The chunk's text is used up: ends a last record that has no line end. */
static void collect_tail(struct stoa_csv_rows *rows)
{
    struct stoa_csv_scan *scan = &rows->scan;
    if (record_begin(rows) >= rows->chunk.end)
        return;
    if (scan->quoted) {
        scan->is_odd = true;
        return;
    }
    scan->ends[scan->end_count++] = (uint32_t)rows->chunk.end;
    scan->records[scan->record_count++] = (uint32_t)scan->end_count;
}

/* Fills ends and records with at least one record, if there is one; *out_next is where the
 * records not collected begin. */
static stoa_status collect(struct stoa_csv_rows *rows, size_t *out_next, stoa_error *err)
{
    struct stoa_csv_scan *scan = &rows->scan;
    bool is_cut = false;
    scan->end = rows->next;
    scan->is_odd = rows->is_odd;
    while (!is_cut) {
        if (scan->is_odd) {
            STOA_TRY(collect_odd(rows, out_next, &is_cut, err));
            continue;
        }
        if (scan->at == rows->chunk.end || (scan->at >= scan->end && scan->record_count))
            break;
        if (scan->at >= scan->end)
            scan->end = rows->chunk.end - scan->at < WINDOW_BYTES ? rows->chunk.end
                                                                  : scan->at + WINDOW_BYTES;
        rows->kernels->index(&rows->dialect, scan);
        if (scan->is_odd)
            continue;
        if (scan->at < scan->end && scan->record_count)
            break; /* no room for more offsets */
        trim_open(rows);
        if (scan->at == rows->chunk.end)
            collect_tail(rows);
    }
    if (!is_cut)
        *out_next = record_begin(rows);
    return STOA_OK;
}

/* ---- from records to rows ---- */

static stoa_status add_width_fault(struct stoa_csv_rows *rows, size_t record, size_t begin,
                                   uint64_t fields, stoa_error *err)
{
    const struct stoa_csv_scan *scan = &rows->scan;
    const size_t first = record ? scan->records[record - 1] : 0;
    const size_t end = scan->ends[scan->records[record] - 1];
    const bool is_long = fields > rows->columns;
    const struct stoa_csv_fault fault = {
        .begin = begin,
        .end = end,
        .place = is_long ? scan->ends[first + rows->columns - 1] + 1 : end,
        .value_end = is_long ? scan->ends[first + rows->columns] : end,
        .line = rows->lines +
                rows->kernels->count_lines(scan->text + rows->next, begin - rows->next),
        .detail = fields,
        .code = is_long ? STOA_E_TOO_MANY_FIELDS : STOA_E_TOO_FEW_FIELDS,
        .column = UINT32_MAX,
    };
    return stoa_csv_faults_add(&rows->faults, &fault, err);
}

/* Drops blank lines [ING-7] and sets aside records of the wrong width [ING-10]. */
static stoa_status keep_regular(struct stoa_csv_rows *rows, uint32_t *out_rows,
                                stoa_error *err)
{
    struct stoa_csv_scan *scan = &rows->scan;
    const uint32_t columns = rows->columns;
    size_t kept = 0;
    size_t begin = rows->next;
    for (size_t i = 0; i < scan->record_count; i++) {
        const size_t first = i ? scan->records[i - 1] : 0;
        const size_t count = scan->records[i] - first;
        const size_t end = scan->ends[scan->records[i] - 1];
        if (count == columns) {
            rows->begins[kept] = (uint32_t)begin;
            /* Never beyond `first`: kept <= i rows of `columns` offsets, or fewer offsets. */
            for (size_t c = 0; c < columns; c++)
                scan->ends[kept * columns + c] = scan->ends[first + c];
            kept++;
        } else if (count == 1 && end == begin) {
            rows->blank_lines++;
            rows->record_count--;
        } else {
            STOA_TRY(
                add_width_fault(rows, i, begin, count + (i == 0 ? rows->dropped : 0), err));
        }
        begin = stoa_csv_behind(scan->text, end);
    }
    *out_rows = (uint32_t)kept;
    return STOA_OK;
}

/* The common case, in which every record has the right width. */
static bool is_regular(const struct stoa_csv_rows *rows)
{
    const struct stoa_csv_scan *scan = &rows->scan;
    uint32_t expected = 0;
    uint32_t difference = 0;
    for (size_t i = 0; i < scan->record_count; i++) {
        expected += rows->columns;
        difference |= scan->records[i] ^ expected;
    }
    return difference == 0;
}

static void find_begins(struct stoa_csv_rows *rows)
{
    const struct stoa_csv_scan *scan = &rows->scan;
    size_t begin = rows->next;
    for (size_t i = 0; i < scan->record_count; i++) {
        rows->begins[i] = (uint32_t)begin;
        begin = stoa_csv_behind(scan->text, scan->ends[(i + 1) * rows->columns - 1]);
    }
}

stoa_status stoa_csv_rows_next(struct stoa_csv_rows *rows,
                               struct stoa_csv_window *out_window, bool *out_more,
                               stoa_error *err)
{
    struct stoa_csv_scan *scan = &rows->scan;
    size_t next = rows->next;
    uint32_t row_count = 0;
    memmove(scan->ends, scan->ends + rows->leftover,
            rows->leftover_count * sizeof(uint32_t));
    scan->end_count = rows->leftover_count;
    scan->record_count = 0;
    STOA_TRY(collect(rows, &next, err));
    if (next > rows->chunk.end) /* a last record without line end */
        next = rows->chunk.end;
    rows->record_count += scan->record_count;
    if (is_regular(rows)) {
        find_begins(rows);
        row_count = (uint32_t)scan->record_count;
    } else {
        STOA_TRY(keep_regular(rows, &row_count, err));
    }
    *out_window = (struct stoa_csv_window){
        .text = scan->text,
        .ends = scan->ends,
        .begins = rows->begins,
        .row_count = row_count,
        .columns = rows->columns,
        .text_begin = rows->next,
        .text_end = next,
        .lines = rows->lines,
        .has_quotes = scan->has_quotes,
        .has_special = scan->has_special,
    };
    *out_more = next > rows->next;
    rows->leftover_count = open_count(scan);
    rows->leftover = scan->end_count - rows->leftover_count;
    if (scan->record_count != 0)
        rows->dropped = 0;
    rows->lines += rows->kernels->count_lines(scan->text + rows->next, next - rows->next);
    rows->next = next;
    return STOA_OK;
}
