/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of options: texts to checked settings. Called by options.c only.
 */
#ifndef STOA_TOOLS_OPTION_VALUE_H
#define STOA_TOOLS_OPTION_VALUE_H

#include "tools/options.h"

/* Stores `value` (argv's own, may be cut at commas) as the option's kind says. `capacity` is
 * enough for any list. Returns -1, or the exit code after reporting what is wrong. */
int option_value_store(const struct command *command, const struct option *option,
                       char *value, size_t capacity, void *settings);

#endif
