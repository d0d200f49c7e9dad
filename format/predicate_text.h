/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of predicate evaluation that knows texts; for predicate.c alone.
 */
#ifndef STOA_FORMAT_PREDICATE_TEXT_H
#define STOA_FORMAT_PREDICATE_TEXT_H

#include "format/predicate.h"

/* Clears the bits of rows that do not match; only rows whose bit is set are looked at. False where
 * it has no way but to ask row by row; `bits` are then untouched. The vector is of kind BYTES. */
bool stoa_predicate_eval_text(const struct stoa_predicate *predicate,
                              const struct stoa_vector *vector,
                              uint64_t bits[STOA_VECTOR_WORDS]);

#endif
