/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of one column of a window as a plain array, without their quotes: what the column
 * loops of both passes run over, so that they know neither quotes nor strides.
 */
#ifndef STOA_WRITER_CSV_FIELDS_H
#define STOA_WRITER_CSV_FIELDS_H

#include "common/buf.h"
#include "writer/ingest/csv_rows.h"

/* One field. `length` is 0 for NULL; a quoted field has STOA_REF_QUOTED set, so that the
 * quoted empty string is not 0 [ING-16]. Doubled quotes are still doubled. */
struct stoa_ref {
    uint32_t begin;
    uint32_t length;
};

#define STOA_REF_QUOTED UINT32_C(0x80000000)

static inline uint32_t stoa_ref_length(struct stoa_ref ref)
{
    return ref.length & ~STOA_REF_QUOTED;
}

/* Texts that mean NULL besides the unquoted empty field; borrowed. */
struct stoa_null_texts {
    const char *const *texts;
    size_t count;
};

/* Writes one ref per row; returns the number of NULLs. */
uint32_t stoa_csv_fields(const struct stoa_csv_window *window,
                         const struct stoa_csv_dialect *dialect, uint32_t column,
                         const struct stoa_null_texts *nulls, struct stoa_ref *out_refs);

/* The number of NULLs alone. */
uint32_t stoa_csv_count_nulls(const struct stoa_csv_window *window,
                              const struct stoa_csv_dialect *dialect, uint32_t column,
                              const struct stoa_null_texts *nulls,
                              struct stoa_ref *scratch_refs);

/* Copies a quoted field with its doubled quotes halved; `out` has room for length bytes.
 * Returns the bytes written. */
uint32_t stoa_csv_unquote(const uint8_t *text, uint32_t length, uint8_t quote,
                          uint8_t *out);

/* Bytes of the value behind the ref. */
uint32_t stoa_csv_value_length(const uint8_t *text, struct stoa_ref ref, uint8_t quote);

/*
 * Looks at all bytes of the window's rows: NUL [ING-12], UTF-8 [ING-12] and the length of values
 * [ING-11]. Marks bad rows in `bad` (row_count bits, cleared here) and appends their faults.
 */
STOA_MUST_USE stoa_status stoa_csv_check_text(const struct stoa_csv_rows *rows,
                                              const struct stoa_csv_window *window,
                                              uint64_t *bad,
                                              struct stoa_csv_fault_list *faults,
                                              stoa_error *err);

/* Takes the rows marked in `bad` out of the window. */
void stoa_csv_window_drop(struct stoa_csv_window *window, const uint64_t *bad);

#endif
