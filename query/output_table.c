/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of output formats (query/output_format.h).
 */
#include <string.h>

#include "query/output_format.h"

static const struct stoa_output_format *const rows[] = {
    &stoa_output_csv, &stoa_output_tsv, &stoa_output_json, &stoa_output_ndjson};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

const struct stoa_output_format *stoa_output_format_row(size_t i)
{
    return i < ROW_COUNT ? rows[i] : NULL;
}

const struct stoa_output_format *stoa_output_format_find(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i]->name, name) == 0)
            return rows[i];
    }
    return NULL;
}

const char *stoa_output_format_at(size_t i)
{
    return i < ROW_COUNT ? rows[i]->name : NULL;
}
