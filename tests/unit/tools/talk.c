/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See talk.h: the descriptor is pointed at an unnamed file for a while.
 */
#include "tests/unit/tools/talk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test_support.h"

static struct {
    int fd, saved;
    FILE *file;
    char text[16384];
} caught;

void talk_catch(int fd)
{
    fflush(stdout);
    fflush(stderr);
    caught.fd = fd;
    caught.saved = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    caught.file = tmpfile();
    assert_true(caught.saved >= 0 && caught.file);
    assert_true(dup2(fileno(caught.file), fd) == fd);
}

const char *talk_end(void)
{
    fflush(stdout);
    fflush(stderr);
    rewind(caught.file);
    const size_t size = fread(caught.text, 1, sizeof caught.text - 1, caught.file);
    caught.text[size] = '\0';
    (void)dup2(caught.saved, caught.fd);
    close(caught.saved);
    fclose(caught.file);
    return caught.text;
}
