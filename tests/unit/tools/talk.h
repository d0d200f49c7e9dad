/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a piece of the command says on standard error or prints on standard output, caught in a file.
 */
#ifndef STOA_TESTS_TOOLS_TALK_H
#define STOA_TESTS_TOOLS_TALK_H

/* Everything written to descriptor `fd` (1 or 2) from here on is caught. One at a time. */
void talk_catch(int fd);
/* Ends that; what was caught, NUL terminated, until the next talk_catch. */
const char *talk_end(void);

#endif
