/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last resort of float reading: exact comparison with big integers. Private to
 * format/text_float.c.
 */
#ifndef STOA_FORMAT_TEXT_BIG_H
#define STOA_FORMAT_TEXT_BIG_H

#include <stddef.h>
#include <stdint.h>

#include "format/text_float.h"

/* The bits of the float64 nearest to the magnitude of the literal `text`, which was scanned as
 * `number` (not zero, exponent between -361 and 308); ties to even. Pure. */
uint64_t stoa_big_round(const char *text, size_t length, const struct stoa_number *number);

#endif
