/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How columns lie in their files, as a table or JSON: for `info --layout` and
 * `convert --explain`.
 */
#ifndef STOA_TOOLS_LAYOUT_TABLE_H
#define STOA_TOOLS_LAYOUT_TABLE_H

#include "stoa/column_layout.h"
#include "tools/stdout_sink.h"

/* `profile`: for the estimates; NULL: balanced. */
stoa_status layout_print(stoa_dataset *dataset, const char *profile, int is_json,
                         struct stdout_sink *sink, stoa_error *err);

#endif
