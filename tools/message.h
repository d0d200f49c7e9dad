/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything the command says on standard error, and how texts from data reach a terminal: the only
 * place that writes there. stdout is data, stderr is talk.
 */
#ifndef STOA_TOOLS_MESSAGE_H
#define STOA_TOOLS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "stoa/status.h"

/* Whether standard error (2) or output (1) is a terminal. */
int message_is_terminal(int fd);

/* Quiet: notes and summaries are left out; errors are not. */
void message_set_quiet(int quiet);

/* "label    text": a line of talk. The text is made harmless. Nothing when quiet. */
void message_note(const char *label, const char *fmt, ...) STOA_PRINTF(2, 3);

/* "error E200: ..." and where to find help; returns the exit code, 2. */
int message_usage(const char *command, const char *fmt, ...) STOA_PRINTF(2, 3);

int message_no_memory(void);

/* What is said at the end of a failure: is the data safe, what to do. NULL: the line is
 * left out, or for `next` what the status's own explanation says. */
struct message_outcome {
    const char *what;
    const char *safe;
    const char *next;
};

/* The error block with place, excerpt, hint and outcome; returns the exit code of its status. */
int message_error(const stoa_error *err, const struct message_outcome *outcome);

/* A damage found by verify: the block without an outcome. */
void message_damage(const stoa_error *err);

/* A line that is overwritten by the next one or by message_progress_end; for terminals. */
void message_progress(const char *fmt, ...) STOA_PRINTF(1, 2);
void message_progress_end(void);

/* `size` with thousands separators, "1,197,655". */
#define MESSAGE_COUNT_MAX 32
const char *message_count(uint64_t count, char out[MESSAGE_COUNT_MAX]);
/* "96.4 MB" */
const char *message_size(uint64_t bytes, char out[MESSAGE_COUNT_MAX]);

#endif
