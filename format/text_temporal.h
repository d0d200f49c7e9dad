/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ISO 8601 dates, times and instants in the exact forms that CSV inference accepts, besides the
 * canonical one: 'T' or a blank between date and time, no seconds, trailing zeros in the
 * fraction, any zone offset. Pure functions; thread-safe.
 */
#ifndef STOA_FORMAT_TEXT_TEMPORAL_H
#define STOA_FORMAT_TEXT_TEMPORAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STOA_MICROS_PER_SECOND INT64_C(1000000)
#define STOA_MICROS_PER_DAY    (INT64_C(86400) * STOA_MICROS_PER_SECOND)

/* "YYYY-MM-DD" with exactly ten characters (an eleventh in front for years before 0). */
bool stoa_date_parse_iso(const char *text, size_t length, int64_t *out_days);

/* "HH:MM:SS[.f...]" of one day; fraction digits behind the sixth must be 0. */
bool stoa_time_parse_iso(const char *text, size_t length, int64_t *out_micros);

/* "YYYY-MM-DD(T| )HH:MM[:SS[.f...]][Z|(+|-)HH[[:]MM]]". The result is UTC if there is a zone,
 * as written otherwise; fraction digits behind the sixth must be 0. */
bool stoa_timestamp_parse_iso(const char *text, size_t length, bool *out_has_zone,
                              int64_t *out_micros);

#endif
