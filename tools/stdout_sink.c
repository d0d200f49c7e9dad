/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output (tools/stdout_sink.h). A failed write must never look like success: stdio's
 * error flag is asked after each write and at the end.
 */
#include "tools/stdout_sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/escape.h"
#include "tools/message.h"

void stdout_sink_init(struct stdout_sink *sink)
{
    sink->is_terminal = message_is_terminal(1);
    sink->is_closed = 0;
}

static stoa_status write_failed(struct stdout_sink *sink, int errno_value, stoa_error *err)
{
    stoa_error_clear(err);
    sink->is_closed = errno_value == EPIPE;
    err->status = sink->is_closed         ? STOA_E_INTERRUPTED
                  : errno_value == ENOSPC ? STOA_E_NO_SPACE
                                          : STOA_E_IO;
    snprintf(err->message, sizeof err->message, "cannot write standard output: %s",
             strerror(errno_value));
    return err->status;
}

stoa_status stdout_sink_write(void *context, const void *bytes, size_t size,
                              stoa_error *err)
{
    struct stdout_sink *sink = context;
    errno = 0;
    if (sink->is_terminal)
        escape_print(stdout, bytes, size, ESCAPE_TEXT);
    else
        fwrite(bytes, 1, size, stdout);
    return ferror(stdout) ? write_failed(sink, errno, err) : STOA_OK;
}

stoa_status stdout_sink_text(struct stdout_sink *sink, const char *text, stoa_error *err)
{
    errno = 0;
    fputs(text, stdout);
    return ferror(stdout) ? write_failed(sink, errno, err) : STOA_OK;
}

stoa_status stdout_sink_finish(struct stdout_sink *sink, stoa_error *err)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout))
        return write_failed(sink, errno ? errno : EIO, err);
    return STOA_OK;
}

int stdout_sink_end(struct stdout_sink *sink, stoa_status status, stoa_error *err)
{
    if (status == STOA_OK)
        status = stdout_sink_finish(sink, err);
    return status == STOA_OK || sink->is_closed ? 0 : message_error(err, NULL);
}
