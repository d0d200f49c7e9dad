/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGINT and SIGTERM as a flag that long work asks for: the handlers do nothing else, so that nothing
 * is cleaned up in signal context. A second signal ends the process at once.
 */
#ifndef STOA_TOOLS_INTERRUPT_H
#define STOA_TOOLS_INTERRUPT_H

/* Installs the handlers; SIGPIPE becomes the error EPIPE. */
void interrupt_install(void);

/* Nonzero once a signal has come. Fits the is_cancelled callbacks of the library. */
int interrupt_is_pending(void *context);

/* 128 + the signal's number, or 0. */
int interrupt_exit_code(void);

#endif
