/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Speed of every kernel at every level the machine can run, on data in the first cache: what
 * the decode_cycles of encodings and the choice of intrinsics rest on. Prints one line per kernel
 * and level. An argument keeps the lines that contain it: `bench_kernels unpack`.
 *
 * Each figure is the best of several rounds of some milliseconds: a kernel has no variance of
 * its own, so the best round is the one that was disturbed least.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "format/kernels/kernels.h"
#include "format/value.h"

enum { ROWS = STOA_KERNEL_ROWS, ROUNDS = 7, TEXT_BYTES = 16384 };

static const double round_seconds = 0.004;

/* What a kernel under test reads and writes. */
struct buffers {
    uint64_t values[ROWS];
    double floats[ROWS];
    uint8_t packed[ROWS * 8];
    uint8_t lanes[ROWS * 8];
    uint64_t out[ROWS];
    uint64_t bits[16];
    uint32_t ends[ROWS];            /* of runs of 16 rows */
    uint8_t codes_of_set[ROWS * 4]; /* of 8, 16 or 32 bits */
    unsigned set_size;              /* which they are below */
    uint64_t set[1 << 14];
    uint64_t masks[16][16]; /* of random rows, so many of 16 */
    uint8_t text[TEXT_BYTES];
    uint8_t prose[TEXT_BYTES]; /* letters as frequent as in English */
    struct stoa_view views[ROWS];
    struct stoa_fsst_table symbols;
    uint8_t codes[2][TEXT_BYTES / 4]; /* without escapes, and with one in 16 */
    uint32_t places[TEXT_BYTES / 4];
    uint8_t decoded[TEXT_BYTES * 2 + STOA_FSST_ROOM];
};

static const uint8_t needle[] = "ssing wi";
enum { needle_size = sizeof needle - 1 };

static struct buffers buffers __attribute__((aligned(64)));

/* One thing to measure: `run` handles `count` values and touches `bytes` bytes. */
struct bench_case {
    const char *name;
    void (*run)(const struct stoa_kernels *kernels, unsigned argument);
    unsigned argument; /* width or lane bits */
    unsigned count;
    double (*bytes)(unsigned argument);
};

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* other work does not count */
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Keeps the compiler from dropping calls whose result nobody reads. */
static void use_memory(void)
{
    __asm__ volatile("" ::: "memory");
}

/* ---- the kernels ---- */

static void run_pack(const struct stoa_kernels *kernels, unsigned width)
{
    kernels->pack(width, buffers.values, buffers.packed);
}

static void run_unpack(const struct stoa_kernels *kernels, unsigned width)
{
    kernels->unpack(width, buffers.packed, buffers.lanes);
}

static void run_widen(const struct stoa_kernels *kernels, unsigned lane)
{
    kernels->widen(lane, buffers.lanes, ROWS, 12345, 1, buffers.out);
}

/* Values that were added up are differences for the next time. */
static void run_add_up(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)argument;
    kernels->add_up(buffers.out, ROWS, 12345);
}

static void run_scale(const struct stoa_kernels *kernels, unsigned lane)
{
    kernels->widen(lane, buffers.lanes, ROWS, 12345, 100, buffers.out);
}

static void run_decode(const struct stoa_kernels *kernels, unsigned width)
{
    kernels->unpack(width, buffers.packed, buffers.lanes);
    kernels->widen(stoa_lane_bits(width), buffers.lanes, ROWS, 12345, 1, buffers.out);
}

static void run_filter(const struct stoa_kernels *kernels, unsigned width)
{
    kernels->unpack(width, buffers.packed, buffers.lanes);
    kernels->select_lanes(stoa_lane_bits(width), buffers.lanes, 3, 200, buffers.bits);
}

static void run_select_lanes(const struct stoa_kernels *kernels, unsigned lane)
{
    kernels->select_lanes(lane, buffers.lanes, 3, 200, buffers.bits);
}

static void fill_set_codes(unsigned lane, unsigned size)
{
    for (size_t i = 0; i < ROWS; i++) {
        const uint32_t code = (uint32_t)(buffers.values[i] % size);
        memcpy(buffers.codes_of_set + i * (lane / 8), &code, lane / 8);
    }
    buffers.set_size = size;
}

/* Of a set with so many numbers; lanes are below it. */
static void run_select_set(const struct stoa_kernels *kernels, unsigned size)
{
    const unsigned lane = size <= 256 ? 8 : size <= 65536 ? 16 : 32;
    if (size != buffers.set_size)
        fill_set_codes(lane, size);
    buffers.out[0] =
        kernels->select_set(lane, buffers.codes_of_set, 0, buffers.set, size, buffers.bits);
}

static void run_select_i64(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)argument;
    kernels->select_i64((const int64_t *)buffers.values, ROWS, 3, 200, buffers.bits);
}

static void run_select_f64(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)argument;
    kernels->select_f64(buffers.floats, ROWS, 3, 200, buffers.bits);
}

static void run_divide(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)argument;
    kernels->divide_i64((const int64_t *)buffers.values, ROWS, 1e6, buffers.floats);
}

/* `share` rows of 16 have a value, in no order. */
static void run_spread_32(const struct stoa_kernels *kernels, unsigned share)
{
    kernels->spread_32(buffers.masks[share], ROWS, (const uint32_t *)buffers.values, 7,
                       (uint32_t *)buffers.out);
}

static void run_spread_64(const struct stoa_kernels *kernels, unsigned share)
{
    kernels->spread_64(buffers.masks[share], ROWS, buffers.values, 7, buffers.out);
}

static void run_spread_bits(const struct stoa_kernels *kernels, unsigned share)
{
    kernels->spread_bits(buffers.masks[share], buffers.values, buffers.bits);
}

static void run_sum(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)argument;
    __int128 sum;
    kernels->sum_i64((const int64_t *)buffers.values, ROWS, &sum);
    buffers.out[0] = (uint64_t)sum;
}

static void run_sum_masked(const struct stoa_kernels *kernels, unsigned share)
{
    __int128 sum;
    kernels->sum_masked(buffers.values, true, buffers.masks[share], ROWS, &sum);
    buffers.out[0] = (uint64_t)sum;
}

static void run_sum_lanes(const struct stoa_kernels *kernels, unsigned lane)
{
    unsigned __int128 sum;
    kernels->sum_lanes(lane, buffers.lanes, ROWS, &sum);
    buffers.out[0] = (uint64_t)sum;
}

static void run_sum_packed(const struct stoa_kernels *kernels, unsigned width)
{
    unsigned __int128 sum;
    kernels->unpack(width, buffers.packed, buffers.lanes);
    kernels->sum_lanes(stoa_lane_bits(width), buffers.lanes, ROWS, &sum);
    buffers.out[0] = (uint64_t)sum;
}

static void run_sum_runs(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)argument;
    __int128 sum;
    kernels->sum_runs(buffers.values, true, buffers.ends, ROWS, 0, &sum);
    buffers.out[0] = (uint64_t)sum;
}

static void run_sum_f64(const struct stoa_kernels *kernels, unsigned share)
{
    static double pairs[2][8];
    buffers.out[0] =
        kernels->sum_f64(buffers.floats, buffers.masks[share], ROWS, pairs[0], pairs[1]);
}

static void run_min_max(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)argument;
    int64_t low;
    int64_t high;
    kernels->min_max_i64((const int64_t *)buffers.values, ROWS, &low, &high);
    buffers.out[0] = (uint64_t)low ^ (uint64_t)high;
}

static void run_ascii(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)argument;
    buffers.out[0] = kernels->is_ascii(buffers.text, TEXT_BYTES);
}

static void run_fsst(const struct stoa_kernels *kernels, unsigned escapes)
{
    buffers.out[0] =
        kernels->fsst_decode(&buffers.symbols, buffers.codes[escapes], TEXT_BYTES / 4,
                             buffers.decoded, TEXT_BYTES * 2, buffers.places);
}

/* What LIKE '%ssing wi%' is: in the heap of 512 texts of 32 bytes, or in each of them. */
static void run_find(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)argument;
    buffers.out[0] = kernels->find_bytes(buffers.prose, TEXT_BYTES, needle, needle_size);
}

static void run_memmem(const struct stoa_kernels *kernels, unsigned argument)
{
    (void)kernels;
    uint64_t found = 0;
    for (size_t i = 0; i < TEXT_BYTES; i += argument)
        found += memmem(buffers.prose + i, argument, needle, needle_size) != NULL;
    buffers.out[0] = found;
}

static void run_select_text(const struct stoa_kernels *kernels, unsigned argument)
{
    const struct stoa_view text = {.data = buffers.prose + 64, .length = argument};
    memset(buffers.bits, 0xFF, sizeof buffers.bits);
    kernels->select_text(buffers.views, ROWS, &text, true, buffers.bits);
}

/* ---- bytes read and written per call ---- */

static double lane_bytes(unsigned lane)
{
    return ROWS * (double)lane / 8;
}

static double unpack_bytes(unsigned width)
{
    return 128.0 * width + lane_bytes(stoa_lane_bits(width));
}

static double pack_bytes(unsigned width)
{
    return 128.0 * width + lane_bytes(64);
}

static double widen_bytes(unsigned lane)
{
    return lane_bytes(lane) + lane_bytes(64);
}

static double set_bytes(unsigned size)
{
    return lane_bytes(size <= 256 ? 8 : size <= 65536 ? 16 : 32);
}

static double value_bytes(unsigned argument)
{
    (void)argument;
    return lane_bytes(64);
}

static double text_bytes(unsigned argument)
{
    (void)argument;
    return TEXT_BYTES;
}

/* What decoding gives. */
static double fsst_bytes(unsigned escapes)
{
    run_fsst(&stoa_kernels_ref, escapes);
    return (double)buffers.out[0];
}

static const struct bench_case cases[] = {
    {"pack",           run_pack,         1,       ROWS,           pack_bytes  },
    {"pack",           run_pack,         12,      ROWS,           pack_bytes  },
    {"pack",           run_pack,         20,      ROWS,           pack_bytes  },
    {"pack",           run_pack,         40,      ROWS,           pack_bytes  },
    {"unpack",         run_unpack,       1,       ROWS,           unpack_bytes},
    {"unpack",         run_unpack,       3,       ROWS,           unpack_bytes},
    {"unpack",         run_unpack,       8,       ROWS,           unpack_bytes},
    {"unpack",         run_unpack,       12,      ROWS,           unpack_bytes},
    {"unpack",         run_unpack,       20,      ROWS,           unpack_bytes},
    {"unpack",         run_unpack,       27,      ROWS,           unpack_bytes},
    {"unpack",         run_unpack,       40,      ROWS,           unpack_bytes},
    {"unpack",         run_unpack,       64,      ROWS,           unpack_bytes},
    {"widen",          run_widen,        8,       ROWS,           widen_bytes },
    {"widen",          run_widen,        16,      ROWS,           widen_bytes },
    {"widen",          run_widen,        32,      ROWS,           widen_bytes },
    {"widen",          run_widen,        64,      ROWS,           widen_bytes },
    {"add up",         run_add_up,       64,      ROWS,           widen_bytes },
    {"widen by 100",   run_scale,        8,       ROWS,           widen_bytes },
    {"widen by 100",   run_scale,        32,      ROWS,           widen_bytes },
    {"widen by 100",   run_scale,        64,      ROWS,           widen_bytes },
    {"unpack, widen",  run_decode,       12,      ROWS,           pack_bytes  },
    {"unpack, widen",  run_decode,       27,      ROWS,           pack_bytes  },
    {"unpack, select", run_filter,       3,       ROWS,           unpack_bytes},
    {"unpack, select", run_filter,       12,      ROWS,           unpack_bytes},
    {"unpack, select", run_filter,       27,      ROWS,           unpack_bytes},
    {"select lanes",   run_select_lanes, 8,       ROWS,           lane_bytes  },
    {"select lanes",   run_select_lanes, 16,      ROWS,           lane_bytes  },
    {"select lanes",   run_select_lanes, 32,      ROWS,           lane_bytes  },
    {"select lanes",   run_select_lanes, 64,      ROWS,           lane_bytes  },
    {"select set",     run_select_set,   64,      ROWS,           set_bytes   },
    {"select set",     run_select_set,   256,     ROWS,           set_bytes   },
    {"select set",     run_select_set,   1024,    ROWS,           set_bytes   },
    {"select set",     run_select_set,   5000,    ROWS,           set_bytes   },
    {"select set",     run_select_set,   65536,   ROWS,           set_bytes   },
    {"select set",     run_select_set,   1000000, ROWS,           set_bytes   },
    {"select i64",     run_select_i64,   64,      ROWS,           value_bytes },
    {"select f64",     run_select_f64,   64,      ROWS,           value_bytes },
    {"divide i64",     run_divide,       64,      ROWS,           value_bytes },
    {"spread 32",      run_spread_32,    2,       ROWS,           value_bytes },
    {"spread 32",      run_spread_32,    12,      ROWS,           value_bytes },
    {"spread 64",      run_spread_64,    2,       ROWS,           value_bytes },
    {"spread 64",      run_spread_64,    12,      ROWS,           value_bytes },
    {"spread bits",    run_spread_bits,  12,      ROWS,           value_bytes },
    {"sum i64",        run_sum,          64,      ROWS,           value_bytes },
    {"sum masked",     run_sum_masked,   12,      ROWS,           value_bytes },
    {"sum lanes",      run_sum_lanes,    8,       ROWS,           lane_bytes  },
    {"sum lanes",      run_sum_lanes,    16,      ROWS,           lane_bytes  },
    {"sum lanes",      run_sum_lanes,    32,      ROWS,           lane_bytes  },
    {"sum lanes",      run_sum_lanes,    64,      ROWS,           lane_bytes  },
    {"unpack, sum",    run_sum_packed,   3,       ROWS,           unpack_bytes},
    {"unpack, sum",    run_sum_packed,   12,      ROWS,           unpack_bytes},
    {"unpack, sum",    run_sum_packed,   20,      ROWS,           unpack_bytes},
    {"unpack, sum",    run_sum_packed,   40,      ROWS,           unpack_bytes},
    {"sum runs",       run_sum_runs,     64,      ROWS,           value_bytes },
    {"sum f64",        run_sum_f64,      12,      ROWS,           value_bytes },
    {"min max i64",    run_min_max,      64,      ROWS,           value_bytes },
    {"is ascii",       run_ascii,        8,       TEXT_BYTES,     text_bytes  },
    {"find in heap",   run_find,         0,       TEXT_BYTES,     text_bytes  },
    {"memmem in each", run_memmem,       32,      TEXT_BYTES,     text_bytes  },
    {"select prefix",  run_select_text,  4,       ROWS,           text_bytes  },
    {"fsst decode",    run_fsst,         0,       TEXT_BYTES / 4, fsst_bytes  },
    {"fsst escapes",   run_fsst,         1,       TEXT_BYTES / 4, fsst_bytes  },
};

/* ---- measuring ---- */

/* Seconds of one call: the best round. */
static double measure(const struct bench_case *one, const struct stoa_kernels *kernels)
{
    double best = 1;
    unsigned long calls = 16;
    for (int round = 0; round < ROUNDS;) {
        const double start = seconds_now();
        for (unsigned long i = 0; i < calls; i++) {
            one->run(kernels, one->argument);
            use_memory();
        }
        const double spent = seconds_now() - start;
        if (spent < round_seconds) {
            calls *= 2; /* not long enough to be believed */
            continue;
        }
        best = spent / (double)calls < best ? spent / (double)calls : best;
        round++;
    }
    return best;
}

/* Symbols of 1 to 5 bytes, 3 on average; an escape takes two codes. */
static void fill_codes(void)
{
    struct stoa_fsst_table *symbols = &buffers.symbols;
    uint64_t state = 7;
    symbols->count = 255;
    for (unsigned i = 0; i < 256; i++) {
        symbols->lengths[i] = i < 255 ? (uint8_t)(1 + i % 5) : 0;
        symbols->words[i] = UINT64_C(0x6867666564636261);
        symbols->lengths[256 + i] = 1;
        symbols->words[256 + i] = i;
    }
    for (size_t i = 0; i < sizeof buffers.codes[0]; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        buffers.codes[0][i] = (uint8_t)((state >> 40) % 255);
        buffers.codes[1][i] = buffers.codes[0][i];
        if (i % 2 == 0 && i + 2 < sizeof buffers.codes[0] && state >> 61 == 0)
            buffers.codes[1][i] = STOA_FSST_ESCAPE;
    }
}

static void fill_buffers(void)
{
    uint64_t state = 1;
    for (size_t i = 0; i < ROWS; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        buffers.values[i] = state >> 40;
        buffers.ends[i] = (uint32_t)(i + 1) * 16;
        buffers.floats[i] = (double)(state >> 54);
        for (unsigned share = 0; share < 16; share++)
            buffers.masks[share][i / 64] |= (uint64_t)(state >> 60 < share) << i % 64;
    }
    for (size_t i = 0; i < sizeof buffers.set / 8; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        buffers.set[i] = state >> 7 ^ state << 40;
    }
    memset(buffers.text, 'a', sizeof buffers.text);
    for (size_t i = 0; i < TEXT_BYTES; i++) {
        static const char letters[] =
            "eeeeeeetttttaaaaaoooonnnniiiissssrrrhhhdddlllucmfywgpbvk"
            "          ";
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        buffers.prose[i] = (uint8_t)letters[(state >> 33) % (sizeof letters - 1)];
    }
    for (size_t i = 0; i < ROWS; i++)
        buffers.views[i] = (struct stoa_view){.data = buffers.prose + i * 16, .length = 16};
    fill_codes();
}

int main(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : "";
    fill_buffers();
    printf("%-16s %5s %-7s %12s %10s\n", "kernel", "bits", "level", "G values/s", "GB/s");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (strstr(cases[i].name, wanted) == NULL)
            continue;
        for (int level = 0; level < STOA_CPU_LEVEL_COUNT; level++) {
            const struct stoa_kernels *kernels =
                stoa_kernels_for((enum stoa_cpu_level)level);
            if (kernels == NULL)
                continue;
            const double seconds = measure(&cases[i], kernels);
            printf("%-16s %5u %-7s %12.1f %10.1f\n", cases[i].name, cases[i].argument,
                   kernels->name, cases[i].count / seconds / 1e9,
                   cases[i].bytes(cases[i].argument) / seconds / 1e9);
        }
    }
    return 0;
}
