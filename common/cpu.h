/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which instruction-set level the kernels may use. Detected once; the environment variable
 * STOA_CPU (ref, avx2, avx512, neon) can only lower it. Thread-safe.
 */
#ifndef STOA_COMMON_CPU_H
#define STOA_COMMON_CPU_H

#include "common/error.h"

enum stoa_cpu_level {
    STOA_CPU_REF = 0, /* plain C, the definition of correct */
    STOA_CPU_AVX2 = 1,
    STOA_CPU_AVX512 = 2,
    STOA_CPU_NEON = 3, /* 64-bit ARM, all of which have it */
    STOA_CPU_LEVEL_COUNT
};

/* The level in force: the machine's best, lowered by STOA_CPU when that is set and valid; a level
 * of another kind of machine lowers it to ref. */
enum stoa_cpu_level stoa_cpu_level(void);

/* The machine's best level, whatever STOA_CPU says. */
enum stoa_cpu_level stoa_cpu_best(void);

/* "ref", "avx2", "avx512", "neon". */
const char *stoa_cpu_level_name(enum stoa_cpu_level level);

/* STOA_E_USAGE when STOA_CPU is set to something that is no level. The command checks this
 * once at its start, so that a typing error is not ignored silently. */
STOA_MUST_USE stoa_status stoa_cpu_check_environment(stoa_error *err);

/* Number of processors this process may use (affinity and cgroup quota), at least 1. */
unsigned stoa_cpu_count(void);

/* Processors that the text of a cgroup's cpu.max ("150000 100000", "max 100000") allows,
 * rounded up; 0 for no limit and for anything malformed. Apart for its test. */
unsigned stoa_cpu_quota_parse(const char *text);

#endif
