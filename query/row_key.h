/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as byte strings that are equal exactly when SQL calls the values not distinct:
 * NULLs equal, -0.0 is 0.0, every NaN is NaN. One byte of null flag, then the value: fixed
 * width, or length and bytes. A row's key is its values' keys one behind the other.
 */
#ifndef STOA_QUERY_ROW_KEY_H
#define STOA_QUERY_ROW_KEY_H

#include "common/buf.h"
#include "format/value.h"

/* A float as GROUP BY sees it. */
static inline double stoa_float_normal(double x)
{
    return x != x ? (double)__builtin_nanf("") : x + 0.0;
}

/* Appends a value of kind `phys` to `key`. */
STOA_MUST_USE stoa_status stoa_row_key_append(struct stoa_buf *key, enum stoa_phys phys,
                                              const struct stoa_value *value,
                                              stoa_error *err);

/* Takes the next value of kind `phys` off the key at *io_key; bytes borrow the key. */
struct stoa_value stoa_row_key_take(enum stoa_phys phys, const uint8_t **io_key);

#endif
