/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state machine behind csv_record.h. Called for records that the structural scan cannot
 * decide, for headers, for dialect detection and to find the end of giant records.
 *
 * Faults resynchronise at a physical line end, so that a stray quote costs one line: a quote
 * that never closes, or that closes on a later line with text behind it (it was closed by
 * somebody else's quote), gives up the line that opened it; other garbage its own line.
 */
#include "writer/ingest/csv_record.h"

void stoa_csv_record_begin(struct stoa_csv_record *record, uint64_t at)
{
    *record = (struct stoa_csv_record){.state = STOA_CSV_FIELD,
                                       .begin = at,
                                       .field_begin = at,
                                       .break_end = STOA_CSV_NOWHERE,
                                       .garbage = STOA_CSV_NOWHERE};
}

/* Where the machine writes field ends; shared by its steps. */
struct record_output {
    uint32_t *ends;
    size_t capacity;
};

static void end_field(struct stoa_csv_record *record, uint64_t at,
                      const struct record_output *output)
{
    if (record->fields < output->capacity)
        output->ends[record->fields] = (uint32_t)at;
    record->fields++;
    if (at - record->field_begin > record->longest) {
        record->longest = at - record->field_begin;
        record->longest_begin = record->field_begin;
    }
    record->field_begin = at + 1;
}

static bool is_break(uint8_t byte)
{
    return byte == '\n' || byte == '\r';
}

/* A delimiter or line end behind a complete field. */
static void finish_field(struct stoa_csv_record *record, uint8_t byte, uint64_t at,
                         const struct record_output *output)
{
    end_field(record, at, output);
    record->state = STOA_CSV_FIELD;
    if (!is_break(byte))
        return;
    record->end = at;
    record->next = at + 1;
    record->state = byte == '\r' ? STOA_CSV_CR : STOA_CSV_DONE;
}

/* [ING-8] the opening quote is at fault: its own line is given up. */
static void fail_quote(struct stoa_csv_record *record, uint64_t garbage)
{
    record->fault = STOA_E_UNCLOSED_QUOTE;
    record->place = record->quote;
    record->garbage = garbage;
    record->end = record->break_end;
    record->next = record->break_next;
    record->state = STOA_CSV_DONE;
}

static void after_quote(const struct stoa_csv_dialect *dialect,
                        struct stoa_csv_record *record, uint8_t byte, uint64_t at,
                        const struct record_output *output)
{
    if (byte == dialect->quote) {
        record->state = STOA_CSV_QUOTED;
    } else if (byte == dialect->delimiter || is_break(byte)) {
        finish_field(record, byte, at, output);
    } else if (record->break_end != STOA_CSV_NOWHERE) {
        fail_quote(record, at);
    } else { /* [ING-9] */
        record->fault = STOA_E_QUOTE_GARBAGE;
        record->place = at;
        record->garbage = at;
        record->state = STOA_CSV_SKIP;
    }
}

/* A byte inside quotes; line ends are remembered in case the quote turns out to be stray. */
static void inside_quotes(const struct stoa_csv_dialect *dialect,
                          struct stoa_csv_record *record, uint8_t byte, uint64_t at)
{
    if (byte == dialect->quote) {
        record->state = STOA_CSV_CLOSED;
    } else if (is_break(byte) && record->break_end == STOA_CSV_NOWHERE) {
        record->break_end = at;
        record->break_next = at + 1;
        record->break_is_cr = byte == '\r';
    } else if (byte == '\n' && record->break_is_cr && at == record->break_next) {
        record->break_next = at + 1;
        record->break_is_cr = false;
    }
}

static void skip_line(struct stoa_csv_record *record, uint8_t byte, uint64_t at)
{
    if (!is_break(byte))
        return;
    record->end = at;
    record->next = at + 1;
    record->state = byte == '\r' ? STOA_CSV_CR : STOA_CSV_DONE;
}

/* Nothing follows: what is open ends here. */
static void finish_record(struct stoa_csv_record *record, uint64_t at,
                          const struct record_output *output)
{
    if (record->state == STOA_CSV_DONE)
        return;
    if (record->state == STOA_CSV_QUOTED) {
        if (record->break_end == STOA_CSV_NOWHERE)
            record->break_end = record->break_next = at;
        fail_quote(record, STOA_CSV_NOWHERE);
        return;
    }
    if (record->state != STOA_CSV_CR) {
        record->end = at;
        record->next = at;
    }
    if (record->state != STOA_CSV_CR && record->state != STOA_CSV_SKIP)
        end_field(record, at, output);
    record->state = STOA_CSV_DONE;
}

static void plain_byte(const struct stoa_csv_dialect *dialect,
                       struct stoa_csv_record *record, uint8_t byte, uint64_t at,
                       const struct record_output *output)
{
    if (record->state == STOA_CSV_FIELD && dialect->has_quote && byte == dialect->quote) {
        record->quote = at;
        record->break_end = STOA_CSV_NOWHERE;
        record->break_is_cr = false;
        record->state = STOA_CSV_QUOTED;
    } else if (byte == dialect->delimiter || is_break(byte)) {
        finish_field(record, byte, at, output);
    } else {
        record->state = STOA_CSV_PLAIN;
    }
}

void stoa_csv_record_feed(const struct stoa_csv_dialect *dialect,
                          struct stoa_csv_record *record, const uint8_t *bytes, uint64_t at,
                          size_t size, bool is_last, uint32_t *ends, size_t capacity)
{
    const struct record_output output = {.ends = ends, .capacity = ends ? capacity : 0};
    const uint64_t end = at + size;
    for (; at < end && record->state != STOA_CSV_DONE; at++) {
        const uint8_t byte = *bytes++;
        switch (record->state) {
        case STOA_CSV_FIELD:
        case STOA_CSV_PLAIN: plain_byte(dialect, record, byte, at, &output); break;
        case STOA_CSV_QUOTED: inside_quotes(dialect, record, byte, at); break;
        case STOA_CSV_CLOSED: after_quote(dialect, record, byte, at, &output); break;
        case STOA_CSV_SKIP: skip_line(record, byte, at); break;
        case STOA_CSV_CR:
            record->next += byte == '\n';
            record->state = STOA_CSV_DONE;
            break;
        case STOA_CSV_DONE: break;
        }
    }
    if (is_last)
        finish_record(record, end, &output);
}
