/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A condition on one column in the form that statistics, dictionaries and encoded data can
 * answer. Built by the query layer, evaluated by format and reader. NULL rows never match,
 * except for IS NULL; the caller masks with validity, encodings ignore it.
 */
#ifndef STOA_FORMAT_PREDICATE_H
#define STOA_FORMAT_PREDICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "format/stats.h"
#include "format/value.h"
#include "format/vector.h"

enum stoa_predicate_kind {
    STOA_PREDICATE_RANGE, /* low <(=) x <(=) high in query order */
    STOA_PREDICATE_SET,   /* x is one of `set` */
    STOA_PREDICATE_TEST,  /* an opaque pure function of the value: LIKE and the like */
    STOA_PREDICATE_IS_NULL,
    STOA_PREDICATE_IS_NOT_NULL
};

struct stoa_predicate {
    enum stoa_predicate_kind kind;
    enum stoa_phys phys; /* of the column and of every value here */
    bool negated;        /* RANGE, SET, TEST: matches the other non-NULL rows */
    /* RANGE; has_low/has_high false: open end. With no high, NaN matches ([FMT-30] order). */
    bool has_low, has_high;
    bool low_inclusive, high_inclusive;
    struct stoa_value low, high;
    /* SET: ascending in query order, no NULL, no two equal */
    const struct stoa_value *set;
    size_t set_count;
    /* TEST */
    bool (*test)(const void *context, const struct stoa_value *value);
    const void *test_context;
    /* TEST over BYTES: what it asks is whether the value holds these bytes; NULL: something else,
     * which `test` alone knows. Lets whole heaps be searched instead of asking. */
    const struct stoa_view *part;
};

/* Whether a non-NULL value satisfies the predicate. */
bool stoa_predicate_match(const struct stoa_predicate *predicate,
                          const struct stoa_value *value);

/* Evaluates over a decoded vector: sets exactly the matching bits of the first vector->length
 * rows in `out_bits` (other bits 0). NULL rows give 0, except under IS NULL. */
void stoa_predicate_eval(const struct stoa_predicate *predicate,
                         const struct stoa_vector *vector,
                         uint64_t out_bits[STOA_VECTOR_WORDS]);

/* The same over `length` <= 1,024 values of a fixed kind but BOOL as they lie in memory, none of
 * them NULL. False where only a decoded vector will do; out_bits are then untouched. */
bool stoa_predicate_eval_values(const struct stoa_predicate *predicate, const void *values,
                                uint32_t length, uint64_t out_bits[STOA_VECTOR_WORDS]);

/* A RANGE predicate over F64, its negation ignored: numbers from low to high, both included where
 * takes_numbers is set (none when low > high), and NaN where takes_nan is. */
struct stoa_float_range {
    double low, high;
    bool takes_numbers;
    bool takes_nan;
};
struct stoa_float_range stoa_predicate_floats(const struct stoa_predicate *predicate);

/* What statistics say about all rows they cover. */
enum stoa_prune {
    STOA_PRUNE_NONE,  /* proven: no row matches; skip */
    STOA_PRUNE_MAYBE, /* read it */
    STOA_PRUNE_ALL    /* proven: every row matches */
};

/* Three-valued: a missing or inexact statistic can only lead to MAYBE. Pure. */
enum stoa_prune stoa_prune(const struct stoa_predicate *predicate,
                           const struct stoa_stats *stats);

#endif
