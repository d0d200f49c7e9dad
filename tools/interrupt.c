/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals as a flag (tools/interrupt.h).
 */
#include "tools/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

static volatile sig_atomic_t pending_signal;

static void on_signal(int number)
{
    pending_signal = number;
}

void interrupt_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    /* SA_RESETHAND: the second Ctrl-C kills. No SA_RESTART needed: all I/O loops over EINTR. */
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int interrupt_is_pending(void *context)
{
    (void)context;
    return pending_signal != 0;
}

int interrupt_exit_code(void)
{
    return pending_signal ? 128 + pending_signal : 0;
}
