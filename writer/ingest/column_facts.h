/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What pass 1 remembers of a column, and the type that follows from it ([ING-30..34]).
 *
 * Facts are a join: adding values in any order and merging chunks in any grouping gives the
 * same facts, so types depend on neither. A column that no type but text can hold is
 * *settled*: nothing but its NULLs is looked at from then on.
 */
#ifndef STOA_WRITER_COLUMN_FACTS_H
#define STOA_WRITER_COLUMN_FACTS_H

#include "stoa/schema.h"
#include "writer/ingest/value_kind.h"

struct stoa_facts {
    uint64_t values; /* not NULL */
    uint64_t nulls;
    stoa_i128 int_min; /* INT; int_min > int_max before the first */
    stoa_i128 int_max;
    uint64_t first; /* where the first value stands */
    uint64_t odd;   /* where the first one stands that no type holds beside the first */
    uint32_t kinds; /* set of enum stoa_kind, up to and with the odd one */
    uint32_t whole_digits; /* FRACTION: most digits before the point */
    uint32_t scale_min;    /* FRACTION: UINT32_MAX before the first */
    uint32_t scale_max;
    uint8_t first_kind; /* STOA_KIND_COUNT: none yet */
    uint8_t odd_kind;
    bool is_float_inexact; /* some number is no shortest float64 */
    bool is_settled; /* text for certain; everything but the counts is as it was then */
};

void stoa_facts_init(struct stoa_facts *facts);

/* Adds one value that is not NULL, without counting it (columns are counted in bulk); `at` is
 * where it stands, ascending. The empty text is the quoted one. The text is padded with 8
 * readable bytes. Nothing happens once settled. */
void stoa_facts_add(struct stoa_facts *facts, const uint8_t *text, uint32_t length,
                    uint64_t at);

/* Adds the facts of a piece that comes behind all that `facts` has seen. Takes over `first` and
 * `odd` as they are, if they are new: whoever merges knows what they count from. */
void stoa_facts_merge(struct stoa_facts *facts, const struct stoa_facts *piece);

/* Settles the column if its kinds and numbers leave text only. */
void stoa_facts_check(struct stoa_facts *facts);

/* The type; text when there is no value. */
stoa_type stoa_facts_type(const struct stoa_facts *facts);

/* [ING-34] every value can be stored as `type` and loses nothing. */
bool stoa_facts_fit(const struct stoa_facts *facts, stoa_type type);

/* The same question for one value, not NULL. */
bool stoa_facts_value_fits(const uint8_t *text, uint32_t length, stoa_type type);

/* True if every value of type `from` is a value of `to`: widening by type alone. */
bool stoa_type_widens(stoa_type from, stoa_type to);

#endif
