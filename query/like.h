/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LIKE patterns: matching and classification, shared by the LIKE functions and by pushdown
 * (a prefix is a range).
 */
#ifndef STOA_QUERY_LIKE_H
#define STOA_QUERY_LIKE_H

#include "common/arena.h"
#include "format/value.h"

enum stoa_like_kind {
    STOA_LIKE_GENERAL,
    STOA_LIKE_WHOLE,  /* no wildcard: equals literal */
    STOA_LIKE_PREFIX, /* literal% */
    STOA_LIKE_SUFFIX, /* %literal */
    STOA_LIKE_PART    /* %literal%, and % alone with an empty literal */
};

/* A compiled constant pattern; texts live in the arena it was compiled into, or are the pattern's. */
struct stoa_like {
    enum stoa_like_kind kind;
    bool ignores_case; /* always GENERAL */
    struct stoa_view pattern;
    struct stoa_view literal; /* without escapes; all kinds but GENERAL */
};

STOA_MUST_USE stoa_status stoa_like_compile(struct stoa_view pattern, bool ignores_case,
                                            struct stoa_arena *arena,
                                            struct stoa_like *out_like, stoa_error *err);
/* Whether the text matches. Pure. */
bool stoa_like_test(const struct stoa_like *like, struct stoa_view text);
/* The same for a pattern that is not compiled. Both are well-formed UTF-8. */
bool stoa_like_match(struct stoa_view text, struct stoa_view pattern, bool ignores_case);

#endif
