/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The look behind csv_suspect.h. Called by pass 1 for windows with quotes; rows without a line end
 * in them cost one comparison of counts.
 */
#include "writer/ingest/csv_suspect.h"

#include <string.h>

enum { LINES_MIN = 2 };

/* True if the line [begin, end) is a record of the source's width. */
static bool is_record(const struct stoa_csv_rows *rows, const uint8_t *text, size_t begin,
                      size_t end)
{
    struct stoa_csv_record record;
    stoa_csv_record_begin(&record, begin);
    stoa_csv_record_feed(&rows->dialect, &record, text + begin, begin, end - begin, true,
                         NULL, 0);
    return record.fault == STOA_OK && record.fields == rows->columns && record.end == end;
}

static size_t line_end(const uint8_t *text, size_t at, size_t end)
{
    while (at < end && text[at] != '\n' && text[at] != '\r')
        at++;
    return at;
}

/* Whole lines inside the row that are records; 0 as soon as one is not. */
static uint64_t count_inner_records(const struct stoa_csv_rows *rows,
                                    const struct stoa_csv_window *window, uint32_t row)
{
    const uint8_t *text = window->text;
    const size_t end = window->ends[(size_t)(row + 1) * window->columns - 1];
    size_t at = line_end(text, window->begins[row], end);
    uint64_t count = 0;
    while (at < end) {
        const size_t begin = stoa_csv_behind(text, at);
        at = line_end(text, begin < end ? begin : end, end);
        if (at == end)
            break;
        if (!is_record(rows, text, begin, at))
            return 0;
        count++;
    }
    return count;
}

void stoa_csv_suspect(const struct stoa_csv_rows *rows,
                      const struct stoa_csv_window *window,
                      struct stoa_csv_suspects *suspects)
{
    const size_t size = window->text_end - window->text_begin;
    if (!window->has_quotes || window->columns < 2 ||
        rows->kernels->count_lines(window->text + window->text_begin, size) <=
            window->row_count)
        return;
    for (uint32_t r = 0; r < window->row_count; r++) {
        const uint64_t lines = count_inner_records(rows, window, r);
        if (lines < LINES_MIN)
            continue;
        if (suspects->count++ == 0) {
            suspects->first = window->begins[r];
            suspects->lines = lines + 1;
        }
    }
}
