/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that all tests of format/text*.c share: one text, one type, one expectation. */
#ifndef STOA_TESTS_TEXT_CHECK_H
#define STOA_TESTS_TEXT_CHECK_H

#include "tests/support/test_support.h"

#include "format/text.h"

/* The value prints as `text`, which reads back, leniently and canonically, to the same bits. */
void check_canonical(stoa_type type, const struct stoa_value *value, const char *text);

/* As check_canonical with whatever the value prints as. */
void check_prints_and_reads_back(stoa_type type, const struct stoa_value *value);

/* `text` is not canonical but reads leniently as what `canonical` means. */
void check_lenient(stoa_type type, const char *text, const char *canonical);

/* `text` is read by neither form; the lenient one fails with `code` and names the text. */
void check_refused(stoa_type type, const char *text, stoa_status code);

#endif
