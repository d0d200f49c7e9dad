/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ladder of the structural scan: picks the best table that this build holds and this
 * machine runs. The only file that looks at the CPU for it.
 */
#include "writer/ingest/csv_scan.h"
#include "writer/ingest/csv_scan_levels.h"

const struct stoa_csv_kernels *stoa_csv_kernels_for(enum stoa_cpu_level level)
{
    if (level > stoa_cpu_best())
        return NULL;
#if defined(__x86_64__)
    if (level == STOA_CPU_AVX512)
        return stoa_csv_kernels_avx512();
    if (level == STOA_CPU_AVX2)
        return stoa_csv_kernels_avx2();
#endif
    return level == STOA_CPU_REF ? stoa_csv_kernels_ref() : NULL;
}

const struct stoa_csv_kernels *stoa_csv_kernels_best(void)
{
    const struct stoa_csv_kernels *kernels = stoa_csv_kernels_for(stoa_cpu_level());
    return kernels ? kernels : stoa_csv_kernels_ref();
}
