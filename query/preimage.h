/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of a column for which a function of it falls into a given set: what turns
 * CAST(ts AS date) = d or x > 1.5 into a range of the column. Only for functions that never
 * fall while their argument rises; exact, never approximate.
 */
#ifndef STOA_QUERY_PREIMAGE_H
#define STOA_QUERY_PREIMAGE_H

#include "query/expr.h"
#include "query/region.h"

/* `operand` is a COLUMN or such a function over one; `region` is a set of its values (its has_null
 * is not looked at). *out_known is false for any other expression. */
STOA_MUST_USE stoa_status stoa_preimage(const struct stoa_expr *operand,
                                        const struct stoa_region *region,
                                        struct stoa_arena *arena,
                                        struct stoa_region *out_region, bool *out_known,
                                        stoa_error *err);

#endif
