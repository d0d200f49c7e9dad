/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGINT and SIGTERM as a flag that long work asks for: the handlers do nothing else, so that nothing
 * is cleaned up in signal context. A second signal ends the process at once.
 */
#ifndef STOA_TOOLS_INTERRUPT_H
#define STOA_TOOLS_INTERRUPT_H

/* For every command, at its start: SIGPIPE and SIGXFSZ become the errors EPIPE and EFBIG,
 * and descriptors 0 to 2 that are closed become /dev/null, so that no file of ours can get
 * their numbers. */
void interrupt_prepare(void);

/* For commands that have to stop in order: installs the handlers of SIGINT and SIGTERM,
 * unless they are ignored (nohup). The others die of the signal, which harms nothing. */
void interrupt_install(void);

/* Nonzero once a signal has come. Fits the is_cancelled callbacks of the library. */
int interrupt_is_pending(void *context);

/* 128 + the signal's number, or 0. */
int interrupt_exit_code(void);

#endif
