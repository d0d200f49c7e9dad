/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversions behind CAST, one function row each: called by cast.c alone.
 */
#ifndef STOA_QUERY_CAST_H
#define STOA_QUERY_CAST_H

#include "query/function.h"

/* cast_number.c */
extern const struct stoa_function stoa_cast_exact_to_exact; /* ints, uint64, decimals */
extern const struct stoa_function stoa_cast_exact_to_float;
extern const struct stoa_function stoa_cast_float_to_exact;
extern const struct stoa_function stoa_cast_bool_to_int;
extern const struct stoa_function stoa_cast_int_to_bool;
extern const struct stoa_function stoa_cast_temporal; /* date, timestamp, timestamptz */
extern const struct stoa_function stoa_cast_to_time;

/* cast_text.c */
extern const struct stoa_function stoa_cast_to_text;
extern const struct stoa_function stoa_cast_from_text;
extern const struct stoa_function stoa_cast_text_to_binary;

/* "\x.." as bytes, any other text as its own bytes; made bytes live in `arena`. */
STOA_MUST_USE stoa_status stoa_cast_binary_literal(struct stoa_view text,
                                                   struct stoa_arena *arena,
                                                   struct stoa_view *out, stoa_error *err);

#endif
