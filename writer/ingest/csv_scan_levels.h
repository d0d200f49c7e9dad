/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The levels of the structural scan, for csv_scan_init.c alone: everybody else asks
 * stoa_csv_kernels_best(). A level exists only where its file is built (see meson.build).
 */
#ifndef STOA_WRITER_CSV_SCAN_LEVELS_H
#define STOA_WRITER_CSV_SCAN_LEVELS_H

struct stoa_csv_kernels;

const struct stoa_csv_kernels *stoa_csv_kernels_ref(void);
const struct stoa_csv_kernels *stoa_csv_kernels_avx2(void);
const struct stoa_csv_kernels *stoa_csv_kernels_avx512(void);

#endif
