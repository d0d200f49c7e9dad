/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one text is, looked at alone: the kinds that type inference joins over a column
 * ([ING-20..28]). The exact and slow form; the column loops of column_infer.c have fast ones for
 * the common shapes and come here for the rest. Pure functions.
 */
#ifndef STOA_WRITER_VALUE_KIND_H
#define STOA_WRITER_VALUE_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "common/checked.h"

/* Numbers are bit positions in sets of kinds. */
enum stoa_kind {
    STOA_KIND_BOOL,
    STOA_KIND_INT,      /* canonical, at most 38 digits */
    STOA_KIND_FRACTION, /* digits, point, digits */
    STOA_KIND_FLOAT,    /* a number only a float can keep: signed exponent, minus zero */
    STOA_KIND_DATE,
    STOA_KIND_TIME,
    STOA_KIND_TIMESTAMP, /* without zone */
    STOA_KIND_TIMESTAMPTZ,
    STOA_KIND_UUID,
    STOA_KIND_TEXT, /* everything else */
    STOA_KIND_COUNT
};

static inline uint32_t stoa_kind_bit(enum stoa_kind kind)
{
    return UINT32_C(1) << kind;
}

/* Sets that belong together: a column may mix kinds of one family only. */
#define STOA_KINDS_NUMBER                                                                  \
    (1U << STOA_KIND_INT | 1U << STOA_KIND_FRACTION | 1U << STOA_KIND_FLOAT)
#define STOA_KINDS_CIVIL (1U << STOA_KIND_DATE | 1U << STOA_KIND_TIMESTAMP)

/* Set for the kinds INT and FRACTION. */
struct stoa_kind_detail {
    stoa_i128 integer;     /* INT */
    uint32_t whole_digits; /* FRACTION: before the point, without a lone 0 */
    uint32_t scale;        /* FRACTION: behind the point */
};

/* `length` >= 1; the text is padded with 8 readable bytes. */
enum stoa_kind stoa_kind_of(const uint8_t *text, uint32_t length,
                            struct stoa_kind_detail *out_detail);

/* True if the number (INT, FRACTION or FLOAT) is the shortest spelling, or an equal decimal, of its
 * nearest float64 [ING-31]. */
bool stoa_kind_is_float(const uint8_t *text, uint32_t length);

struct stoa_fraction;
/* The nearest float64 of a fraction scanned from `text`, and whether it is exact as above. */
double stoa_fraction_float(const struct stoa_fraction *fraction, const uint8_t *text,
                           uint32_t length, bool *out_is_exact);

/* "int64"-like words for messages: "a boolean", "an integer", ... */
const char *stoa_kind_name(enum stoa_kind kind);

#endif
