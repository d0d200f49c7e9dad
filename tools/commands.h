/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands, one file each (cmd_*.c); stoa.c holds the table.
 */
#ifndef STOA_TOOLS_COMMANDS_H
#define STOA_TOOLS_COMMANDS_H

#include "tools/options.h"

extern const struct command cmd_convert;
extern const struct command cmd_query;
extern const struct command cmd_info;
extern const struct command cmd_head;
extern const struct command cmd_log;
extern const struct command cmd_verify;
extern const struct command cmd_gc;
extern const struct command cmd_repair;
extern const struct command cmd_export;
extern const struct command cmd_bench;
extern const struct command cmd_help;
extern const struct command cmd_version;

/* Row `i` of the table in help order, or NULL past its end. */
const struct command *command_at(size_t i);
const struct command *command_find(const char *name);

#endif
