/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling in a stoa_error and passing a status on: the only error helpers in the tree.
 *
 * Rule: the function that first sees the failure calls stoa_fail(); everybody above uses
 * STOA_TRY or STOA_TRY_CLEANUP and may add a place that only it knows.
 */
#ifndef STOA_COMMON_ERROR_H
#define STOA_COMMON_ERROR_H

#include "stoa/status.h"

/* Returns from the function at once; for functions that hold nothing. */
#define STOA_TRY(expr)                                                                     \
    do {                                                                                   \
        const stoa_status try_status_ = (expr);                                            \
        if (try_status_ != STOA_OK)                                                        \
            return try_status_;                                                            \
    } while (0)

/* Stores the status in the local `status` and jumps to the one label `cleanup`. */
#define STOA_TRY_CLEANUP(expr)                                                             \
    do {                                                                                   \
        status = (expr);                                                                   \
        if (status != STOA_OK)                                                             \
            goto cleanup;                                                                  \
    } while (0)

#define STOA_UNUSED(x) ((void)(x))

/*
 * The texts below may carry names and values out of hostile files: control bytes and bytes
 * that are not UTF-8 are stored as \xNN (line breaks and tabs stay in excerpt and hint), and a
 * text that does not fit is cut at a whole character and ends in "...". Arguments may point
 * into the error that is being written.
 */

/* Clears `err` (NULL allowed), sets status and message, and returns `status`. The message
 * says "expected X, found Y" without the place and without a full stop at the end. */
stoa_status stoa_fail(stoa_error *err, stoa_status status, const char *fmt, ...)
    STOA_PRINTF(3, 4);

/* As stoa_fail, with ": <what errno_value means>" behind the message; picks STOA_E_NOT_FOUND,
 * STOA_E_EXISTS, STOA_E_NO_SPACE, STOA_E_NO_MEMORY or STOA_E_IO by the errno. */
stoa_status stoa_fail_errno(stoa_error *err, int errno_value, const char *fmt, ...)
    STOA_PRINTF(3, 4);

/* STOA_E_NO_MEMORY with the size that could not be had. */
stoa_status stoa_fail_memory(stoa_error *err, size_t size);

/* Sets one part of an error that already has a status; NULL allowed. The place is set only
 * if none is there yet: the innermost caller knows best. */
void stoa_error_set_place(stoa_error *err, const char *fmt, ...) STOA_PRINTF(2, 3);
void stoa_error_set_excerpt(stoa_error *err, const char *fmt, ...) STOA_PRINTF(2, 3);
void stoa_error_set_hint(stoa_error *err, const char *fmt, ...) STOA_PRINTF(2, 3);
void stoa_error_set_offset(stoa_error *err, uint64_t offset);

#endif
