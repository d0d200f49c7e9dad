/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Predicates translated into codes of a dictionary. Entries ascend, so a range is two binary
 * searches and stays a range of codes; anything else becomes a bit per code, made once and kept
 * for the vectors to come: LIKE over a million rows tests each distinct text once.
 *
 * Owned by the dictionary (or by the one block that made it), in an arena; one thread.
 */
#ifndef STOA_FORMAT_DICTIONARY_MEMO_H
#define STOA_FORMAT_DICTIONARY_MEMO_H

#include "common/arena.h"
#include "format/enc/enc.h"

enum stoa_code_set_kind {
    STOA_CODES_RANGE, /* low <= code <= high; low above high: none */
    STOA_CODES_FEW,   /* one of few[0 .. few_count) */
    STOA_CODES_TABLE  /* the bit of the code is set in members */
};

enum { STOA_CODES_FEW_MAX = 8 };

/* Which codes match. */
struct stoa_code_set {
    enum stoa_code_set_kind kind;
    bool negated; /* all the others instead */
    uint32_t low, high;
    uint32_t few_count;
    uint32_t few[STOA_CODES_FEW_MAX]; /* ascending */
    const uint64_t *members;          /* a bit for each of `size` codes */
    uint32_t size;
};

/* An empty memo for a dictionary of `count` entries. */
STOA_MUST_USE stoa_status stoa_dictionary_memo_create(
    struct stoa_arena *arena, struct stoa_dictionary_memo **out_memo, stoa_error *err);

/* The codes that satisfy a RANGE, SET or TEST predicate. A predicate is recognised by its
 * address and its fields: as long as the memo lives, what it points to must not change. Valid
 * until the next call. */
STOA_MUST_USE stoa_status stoa_dictionary_memo_find(
    struct stoa_dictionary_memo *memo, const struct stoa_dictionary *dictionary,
    const struct stoa_predicate *predicate, struct stoa_code_set *out_set, stoa_error *err);

/* Entry `code` as a scalar; bytes are borrowed. */
struct stoa_value stoa_dictionary_value(const struct stoa_dictionary *dictionary,
                                        uint32_t code);

#endif
