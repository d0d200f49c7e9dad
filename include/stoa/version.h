/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this build is and what it runs on. All texts are static. Thread-safe.
 */
#ifndef STOA_VERSION_H
#define STOA_VERSION_H

#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0" */
STOA_API const char *stoa_version(void);
/* The file format that this build writes and reads: "0.2". */
STOA_API const char *stoa_format_version(void);
/* The instruction-set level in force: "ref", "avx2", "avx512", "neon". */
STOA_API const char *stoa_cpu_name(void);
/* Processors this process may use, at least 1: what `threads = 0` means. */
STOA_API unsigned stoa_processor_count(void);

/* STOA_E_USAGE when an environment variable that Stoa reads (STOA_CPU) has a value that means
 * nothing. Programs call it once at their start; without the call such a value is ignored. */
STOA_API STOA_MUST_USE stoa_status stoa_environment_check(stoa_error *err);

#ifdef __cplusplus
}
#endif
#endif
