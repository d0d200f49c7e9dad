/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals as a flag (tools/interrupt.h).
 */
#include "tools/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t pending_signal;

static void on_signal(int number)
{
    pending_signal = number;
}

void interrupt_prepare(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    int fd = 0;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= 2);
    if (fd > 2)
        close(fd);
}

static void install(int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN)
        return;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    /* SA_RESETHAND: the second Ctrl-C kills. No SA_RESTART needed: all I/O loops over EINTR. */
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(number, &action, NULL);
}

void interrupt_install(void)
{
    install(SIGINT);
    install(SIGTERM);
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
