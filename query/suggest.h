/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean": the nearest known name to one that is not known, by edit distance without
 * regard to case. For columns, functions and types.
 */
#ifndef STOA_QUERY_SUGGEST_H
#define STOA_QUERY_SUGGEST_H

#include <stddef.h>

/* A search in progress; start with {.word = the unknown name}. */
struct stoa_suggest {
    const char *word;
    const char *best;     /* nearest so far; NULL: none is near enough */
    size_t best_distance; /* of best */
};

/* Looks at one more known name (borrowed). Near enough: a distance of at most a third of the
 * word's length, rounded up. Ties go to the first. */
void stoa_suggest_offer(struct stoa_suggest *suggest, const char *name);

#endif
