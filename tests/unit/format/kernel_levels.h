/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of kernels share: going through the levels that the machine can run, buffers at odd
 * addresses, single lanes.
 */
#ifndef STOA_TESTS_KERNEL_LEVELS_H
#define STOA_TESTS_KERNEL_LEVELS_H

#include "tests/support/test_support.h"

#include <string.h>

#include "common/alloc.h"
#include "format/kernels/kernels.h"

enum { ROWS = STOA_KERNEL_ROWS };

/* A buffer of exactly `size` bytes at an odd address, for the sanitizer; guarded in front. */
static inline uint8_t *odd_buffer(size_t size, uint8_t **out_block)
{
    *out_block = stoa_alloc(size + 1);
    assert_non_null(*out_block);
    memset(*out_block, 0xA5, size + 1);
    return *out_block + 1;
}

static inline const struct stoa_kernels *level_at(int level)
{
    return stoa_kernels_for((enum stoa_cpu_level)level);
}

#define EACH_LEVEL(level) (int level = 0; level < STOA_CPU_LEVEL_COUNT; level++)

static inline uint64_t read_lane(const void *lanes, unsigned lane_bits, size_t i)
{
    uint64_t value = 0;
    memcpy(&value, (const uint8_t *)lanes + i * (lane_bits / 8), lane_bits / 8);
    return value;
}

#endif
