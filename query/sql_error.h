/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors in SQL text: a status, a message and the byte they belong to. The excerpt with the caret
 * is added once, at the top (stoa_sql_excerpt in plan.h).
 */
#ifndef STOA_QUERY_SQL_ERROR_H
#define STOA_QUERY_SQL_ERROR_H

#include "common/error.h"

/* stoa_fail with err->offset set. */
stoa_status stoa_sql_fail(stoa_error *err, stoa_status status, uint32_t offset,
                          const char *fmt, ...) STOA_PRINTF(4, 5);

#endif
