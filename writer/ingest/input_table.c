/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE table of input formats, in the order in which content is asked. Called by ingest.c when
 * a source is added.
 */
#include <string.h>

#include "writer/ingest/input_format.h"

typedef const struct stoa_input_format *(*format_row)(void);

static const format_row rows[] = {
    stoa_input_csv,
};

const struct stoa_input_format *stoa_input_format_at(size_t i)
{
    return i < sizeof rows / sizeof *rows ? rows[i]() : NULL;
}

const struct stoa_input_format *stoa_input_format_find(const char *name)
{
    const struct stoa_input_format *format;
    for (size_t i = 0; (format = stoa_input_format_at(i)) != NULL; i++) {
        if (strcmp(format->name, name) == 0)
            return format;
    }
    return NULL;
}
