/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as byte strings that are equal exactly when SQL calls the rows not distinct: NULLs equal, -0.0
 * is 0.0, every NaN is NaN. One byte of null flag, then the value: fixed width, or length and bytes.
 */
#ifndef STOA_QUERY_ROW_KEY_H
#define STOA_QUERY_ROW_KEY_H

#include "common/buf.h"
#include "format/vector.h"

/* Appends row `row` of the `count` vectors to `key`. */
STOA_MUST_USE stoa_status stoa_row_key_append(const struct stoa_vector *const *vectors,
                                              uint32_t count, uint32_t row,
                                              struct stoa_buf *key, stoa_error *err);

/* Takes the next value of kind `phys` off the key at *io_key; bytes borrow the key. */
struct stoa_value stoa_row_key_take(enum stoa_phys phys, const uint8_t **io_key);

#endif
