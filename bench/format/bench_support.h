/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks of encodings share: repeatable numbers and a clock. One translation unit each, so
 * everything is static.
 */
#ifndef STOA_BENCH_FORMAT_BENCH_SUPPORT_H
#define STOA_BENCH_FORMAT_BENCH_SUPPORT_H

#include <stdint.h>
#include <time.h>

static uint64_t random_state = 42;

/* SplitMix64. */
static uint64_t next_random(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t below(uint64_t limit)
{
    return next_random() % limit;
}

/* Of this thread's own time, so that a busy machine does not show. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
