/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output as the library's output callback: escaped when it is a terminal, quiet when the reader
 * has gone (`stoa query ... | head`), an error when the disk is full.
 */
#ifndef STOA_TOOLS_STDOUT_SINK_H
#define STOA_TOOLS_STDOUT_SINK_H

#include <stddef.h>

#include "stoa/status.h"

struct stdout_sink {
    int is_terminal;
    int is_closed; /* the reader has gone: stop, and say nothing */
};

void stdout_sink_init(struct stdout_sink *sink);

/* A stoa_output_write_fn; `context` is the sink. STOA_E_INTERRUPTED with is_closed set when
 * the reader has gone. */
stoa_status stdout_sink_write(void *context, const void *bytes, size_t size,
                              stoa_error *err);

/* Flushes and reports a failed write, once, at the end. */
stoa_status stdout_sink_finish(struct stdout_sink *sink, stoa_error *err);

/* Ends a command that prints there: flushes when `status` is good, reports what failed, and
 * returns the exit code. A reader that has gone is no failure. */
int stdout_sink_end(struct stdout_sink *sink, stoa_status status, stoa_error *err);

/* Text of the command's own (help, tables): escaped already. */
stoa_status stdout_sink_text(struct stdout_sink *sink, const char *text, stoa_error *err);

#endif
