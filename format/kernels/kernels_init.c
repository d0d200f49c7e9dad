/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ladder from CPU level to kernel table: the only file that asks what the machine can do.
 * Decoders get one table through their context, so no kernel checks anything per call.
 */
#include "format/kernels/kernels.h"

/* Levels that this build leaves out stay NULL. */
static const struct stoa_kernels *const tables[STOA_CPU_LEVEL_COUNT] = {
    [STOA_CPU_REF] = &stoa_kernels_ref,
#ifdef STOA_KERNELS_X86
    [STOA_CPU_AVX2] = &stoa_kernels_avx2,
    [STOA_CPU_AVX512] = &stoa_kernels_avx512,
#endif
#ifdef STOA_KERNELS_ARM
    [STOA_CPU_NEON] = &stoa_kernels_neon,
#endif
};

const struct stoa_kernels *stoa_kernels_for(enum stoa_cpu_level level)
{
    if ((unsigned)level >= STOA_CPU_LEVEL_COUNT || level > stoa_cpu_best())
        return NULL;
    return tables[level];
}

const struct stoa_kernels *stoa_kernels_best(void)
{
    for (int level = (int)stoa_cpu_level(); level > STOA_CPU_REF; level--) {
        if (tables[level])
            return tables[level];
    }
    return &stoa_kernels_ref;
}
