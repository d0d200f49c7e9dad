/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of format/kernels: every level that the machine can run against a model written from
 * the header and spec/encodings/packing.md, over all widths, odd addresses and edge inputs.
 * Runs with STOA_CPU at each level.
 */
#include "tests/unit/format/kernel_levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t mask_of(unsigned width)
{
    return width == 0 ? 0 : ~UINT64_C(0) >> (64 - width);
}

/* ---- packing ---- */

/* [PACK-4] bit by bit. */
static void model_pack(unsigned width, const uint64_t *in, uint8_t *out)
{
    const size_t lane_bits = stoa_lane_bits(width);
    const size_t lanes = ROWS / lane_bits;
    memset(out, 0, (size_t)128 * width);
    for (size_t i = 0; i < ROWS; i++) {
        const size_t lane = i % lanes;
        const size_t number = i / lanes;
        for (unsigned bit = 0; bit < width; bit++) {
            const size_t at = number * width + bit; /* in the lane's string */
            const size_t word = at / lane_bits;
            const size_t to = (word * lanes + lane) * lane_bits + at % lane_bits;
            out[to / 8] |= (uint8_t)((in[i] >> bit & 1) << to % 8);
        }
    }
}

/* [PACK-5] one value, without the others. */
static uint64_t model_read(unsigned width, const uint8_t *packed, size_t i)
{
    const size_t lane_bits = stoa_lane_bits(width);
    const size_t lanes = ROWS / lane_bits;
    const size_t bit = i / lanes * width;
    const size_t word = bit / lane_bits * lanes + i % lanes;
    const size_t shift = bit % lane_bits;
    uint64_t value = read_lane(packed, (unsigned)lane_bits, word) >> shift;
    if (shift + width > lane_bits)
        value |= read_lane(packed, (unsigned)lane_bits, word + lanes)
                 << (lane_bits - shift);
    return value & mask_of(width);
}

static void check_packing(const struct stoa_kernels *kernels, unsigned width,
                          const uint64_t *values)
{
    uint8_t expected[128 * 64 + 1];
    uint8_t *packed_block;
    uint8_t *lanes_block;
    const unsigned lane_bits = stoa_lane_bits(width);
    uint8_t *packed = odd_buffer((size_t)128 * width, &packed_block);
    uint8_t *lanes = odd_buffer((size_t)ROWS * lane_bits / 8, &lanes_block);
    model_pack(width, values, expected);
    kernels->pack(width, values, packed);
    assert_bytes(packed, expected, (size_t)128 * width);
    kernels->unpack(width, packed, lanes);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(read_lane(lanes, lane_bits, i), values[i] & mask_of(width));
    for (size_t i = 0; width > 0 && i < ROWS; i++)
        assert_int_equal(model_read(width, packed, i), values[i] & mask_of(width));
    assert_int_equal(packed_block[0], 0xA5);
    assert_int_equal(lanes_block[0], 0xA5);
    stoa_free(packed_block);
    stoa_free(lanes_block);
}

/* [PACK-1] */
static void test_packing_of_every_width_is_as_specified(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(301);
    uint64_t values[ROWS];
    for
        EACH_LEVEL(level)
        {
            for (unsigned width = 0; level_at(level) && width <= 64; width++) {
                for (size_t i = 0; i < ROWS; i++)
                    values[i] = test_random_next(&random) & mask_of(width);
                check_packing(level_at(level), width, values);
            }
        }
}

static void test_packing_of_all_ones_and_of_too_high_bits(void **state)
{
    STOA_UNUSED(state);
    uint64_t values[ROWS];
    memset(values, 0xFF, sizeof values);
    for
        EACH_LEVEL(level)
        {
            for (unsigned width = 0; level_at(level) && width <= 64; width++)
                check_packing(level_at(level), width, values);
        }
}

/* [PACK-2] [PACK-3] */
static void test_lanes_are_the_smallest_that_hold_the_width(void **state)
{
    STOA_UNUSED(state);
    for (unsigned width = 0; width <= 64; width++) {
        unsigned lane = 8;
        while (lane < width)
            lane *= 2;
        assert_int_equal(stoa_lane_bits(width), lane);
    }
    for
        EACH_LEVEL(level)
        {
            uint64_t values[ROWS];
            uint8_t lanes[ROWS];
            memset(values, 0xFF, sizeof values);
            memset(lanes, 0xFF, sizeof lanes);
            if (!level_at(level))
                continue;
            level_at(level)->pack(0, values, NULL); /* no bytes */
            level_at(level)->unpack(0, NULL, lanes);
            for (size_t i = 0; i < ROWS; i++)
                assert_int_equal(lanes[i], 0);
        }
}

/* The examples of spec/encodings/packing.md. */
static void test_packing_matches_the_specification_examples(void **state)
{
    STOA_UNUSED(state);
    static const uint8_t rows_of_12[4][16] = {
        {0x00, 0x00, 0x01, 0x10, 0x02, 0x20, 0x03, 0x30, 0x04, 0x40, 0x05, 0x50, 0x06, 0x60,
         0x07, 0x70},
        {0x04, 0x80, 0x04, 0x81, 0x04, 0x82, 0x04, 0x83, 0x04, 0x84, 0x04, 0x85, 0x04, 0x86,
         0x04, 0x87},
        {0x00, 0x0c, 0x10, 0x0c, 0x20, 0x0c, 0x30, 0x0c, 0x40, 0x0c, 0x50, 0x0c, 0x60, 0x0c,
         0x70, 0x0c},
        {0x83, 0x3f, 0x93, 0x3f, 0xa3, 0x3f, 0xb3, 0x3f, 0xc3, 0x3f, 0xd3, 0x3f, 0xe3, 0x3f,
         0xf3, 0x3f},
    };
    static const size_t starts[4] = {0, 128, 256, 1520};
    static const uint8_t bytes_of_3[3] = {0x88, 0xc6, 0xfa};
    uint64_t values[ROWS];
    uint8_t packed[128 * 12];
    for
        EACH_LEVEL(level)
        {
            if (!level_at(level))
                continue;
            for (size_t i = 0; i < ROWS; i++)
                values[i] = i / 128;
            level_at(level)->pack(3, values, packed);
            for (size_t i = 0; i < 384; i++)
                assert_int_equal(packed[i], bytes_of_3[i / 128]);
            for (size_t i = 0; i < ROWS; i++)
                values[i] = i;
            level_at(level)->pack(12, values, packed);
            for (size_t i = 0; i < 4; i++)
                assert_bytes(packed + starts[i], rows_of_12[i], 16);
        }
}

/* ---- widening ---- */

static void check_widen(const struct stoa_kernels *kernels, unsigned lane_bits,
                        size_t count, uint64_t base, uint64_t scale,
                        struct test_random *random)
{
    uint8_t *block;
    uint8_t *lanes = odd_buffer(count * lane_bits / 8, &block);
    uint64_t *out = stoa_alloc(count * sizeof *out);
    test_random_bytes(random, lanes, count * lane_bits / 8);
    kernels->widen(lane_bits, lanes, count, base, scale, out);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(out[i], base + scale * read_lane(lanes, lane_bits, i));
    stoa_free(block);
    stoa_free(out);
}

static void test_widen_adds_base_and_scale_modulo_2_64(void **state)
{
    STOA_UNUSED(state);
    static const uint64_t scales[] = {
        0, 1, 2, 100, UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX};
    static const size_t counts[] = {0, 1, 7, 63, 64, 65, 1000, 1024};
    struct test_random random = test_random_start(302);
    for
        EACH_LEVEL(level)
        {
            for (unsigned lane = 8; level_at(level) && lane <= 64; lane *= 2) {
                for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
                    for (size_t j = 0; j < sizeof counts / sizeof counts[0]; j++)
                        check_widen(level_at(level), lane, counts[j],
                                    test_random_next(&random), scales[i], &random);
                }
            }
        }
}

/* ---- floats ---- */

/* Numbers around every power of two and of ten, and multiples of the divisor and their neighbours,
 * where the conversion and the quotient round either way. */
static int64_t number_to_divide(struct test_random *random, double divisor, size_t i)
{
    const uint64_t near = test_random_below(random, 5) - 2;
    uint64_t number = test_random_next(random) >> test_random_below(random, 64);
    if (i % 4 == 0)
        number = (UINT64_C(1) << i / 4 % 64) + near;
    else if (i % 4 == 1 && divisor < 1e15)
        number = number % 1000 * (uint64_t)divisor + near;
    else if (i % 4 == 2 && divisor < 1e15)
        number = (number % 1000 * 2 + 1) * (uint64_t)divisor / 2 + near;
    return (int64_t)(i % 3 ? number : -number);
}

static void check_divide(const struct stoa_kernels *kernels, double divisor, size_t count,
                         struct test_random *random)
{
    int64_t values[ROWS];
    double out[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        values[i] = number_to_divide(random, divisor, i);
    memcpy(out, values, sizeof values); /* in place, as decoders do */
    kernels->divide_i64((const int64_t *)(const void *)out, count, divisor, out);
    for (size_t i = 0; i < ROWS; i++) {
        const double expected = (double)values[i] / divisor;
        const void *bytes = i < count ? (const void *)&expected : &values[i];
        if (memcmp(&out[i], bytes, sizeof out[i]) != 0)
            fail_msg("%s: %lld / %g: expected %a, found %a", kernels->name,
                     (long long)values[i], divisor, expected, out[i]);
    }
}

static void test_divide_i64_gives_what_a_division_gives(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(307);
    double divisor = 1;
    for (int power = 0; power <= 22; power++, divisor *= 10) { /* exact */
        for
            EACH_LEVEL(level)
            {
                for (size_t round = 0; level_at(level) && round < 20; round++)
                    check_divide(level_at(level), divisor, ROWS - round * 37 % ROWS,
                                 &random);
            }
    }
}

/* ---- spreading ---- */

static bool mask_bit(const uint64_t *mask, size_t i)
{
    return mask[i / 64] >> i % 64 & 1;
}

/* `kept` of exactly as many values as bits are set, so that the sanitizer sees a read too far. */
static void check_spread(const struct stoa_kernels *kernels, const uint64_t mask[16],
                         size_t rows, struct test_random *random)
{
    size_t count = 0;
    for (size_t i = 0; i < rows; i++)
        count += mask_bit(mask, i);
    uint32_t *kept_32 = stoa_alloc_array(count, sizeof *kept_32);
    uint64_t *kept_64 = stoa_alloc_array(count, sizeof *kept_64);
    uint32_t *out_32 = stoa_alloc_array(rows, sizeof *out_32);
    uint64_t *out_64 = stoa_alloc_array(rows, sizeof *out_64);
    uint64_t kept_bits[16];
    uint64_t out_bits[16];
    test_random_bytes(random, kept_32, count * sizeof *kept_32);
    test_random_bytes(random, kept_64, count * sizeof *kept_64);
    test_random_bytes(random, kept_bits, sizeof kept_bits);
    kernels->spread_32(mask, rows, kept_32, 77, out_32);
    kernels->spread_64(mask, rows, kept_64, UINT64_MAX - 5, out_64);
    kernels->spread_bits(mask, kept_bits, out_bits);
    for (size_t i = 0, k = 0; i < ROWS; i++) {
        const bool is_set = mask_bit(mask, i);
        assert_int_equal(mask_bit(out_bits, i), is_set && mask_bit(kept_bits, k));
        if (i < rows) {
            assert_int_equal(out_32[i], is_set ? kept_32[k] : 77);
            assert_true(out_64[i] == (is_set ? kept_64[k] : UINT64_MAX - 5));
        }
        k += is_set;
    }
    stoa_free(kept_32);
    stoa_free(kept_64);
    stoa_free(out_32);
    stoa_free(out_64);
}

static void test_spreading_puts_values_to_the_set_bits(void **state)
{
    STOA_UNUSED(state);
    static const size_t lengths[] = {1, 7, 8, 9, 63, 64, 65, 500, 1023, 1024};
    struct test_random random = test_random_start(308);
    for (int k = 0; k < 60; k++) {
        const size_t rows = lengths[k % 10];
        uint64_t mask[16] = {0};
        for (size_t i = 0; i < rows; i++) {
            const bool in_block = k % 3 == 0 && i / 100 % 2; /* whole words too */
            if (in_block || test_random_below(&random, (uint64_t)k / 6 + 1) == 0)
                mask[i / 64] |= UINT64_C(1) << i % 64;
        }
        for
            EACH_LEVEL(level)
            {
                if (level_at(level))
                    check_spread(level_at(level), mask, rows, &random);
            }
    }
}

/* ---- selecting ---- */

static void check_select_lanes(const struct stoa_kernels *kernels, unsigned lane_bits,
                               const uint8_t *lanes, uint64_t low, uint64_t high)
{
    uint64_t bits[16];
    memset(bits, 0x33, sizeof bits);
    kernels->select_lanes(lane_bits, lanes, low, high, bits);
    for (size_t i = 0; i < ROWS; i++) {
        const uint64_t lane = read_lane(lanes, lane_bits, i);
        assert_int_equal(bits[i / 64] >> i % 64 & 1, lane >= low && lane <= high);
    }
}

static void test_select_lanes_compares_without_sign(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(303);
    for (unsigned lane = 8; lane <= 64; lane *= 2) {
        uint8_t *block;
        uint8_t *lanes = odd_buffer((size_t)ROWS * lane / 8, &block);
        test_random_bytes(&random, lanes, (size_t)ROWS * lane / 8);
        const uint64_t top = mask_of(lane);
        const uint64_t some = read_lane(lanes, lane, 500);
        const uint64_t other = read_lane(lanes, lane, 77);
        const uint64_t ranges[][2] = {
            {0,           top           },
            {0,           UINT64_MAX    },
            {some,        some          },
            {top / 2,     top / 2 + 1   },
            {top,         top           },
            {1,           top - 1       },
            {5,           4             },
            {top,         0             },
            {0,           0             },
            {top / 4,     top / 4 * 3   },
            {some,        UINT64_MAX    },
            {other / 2,   other         },
            {top / 2 + 1, top           },
            {UINT64_MAX,  UINT64_MAX    },
            {top - 3,     UINT64_MAX - 3}
        };
        for
            EACH_LEVEL(level)
            {
                for (size_t i = 0; level_at(level) && i < sizeof ranges / sizeof ranges[0];
                     i++)
                    check_select_lanes(level_at(level), lane, lanes, ranges[i][0],
                                       ranges[i][1]);
            }
        stoa_free(block);
    }
}

static void check_select_i64(const struct stoa_kernels *kernels, const int64_t *values,
                             size_t count, int64_t low, int64_t high)
{
    uint64_t bits[16];
    memset(bits, 0x33, sizeof bits);
    kernels->select_i64(values, count, low, high, bits);
    for (size_t i = 0; i < ROWS; i++) {
        const bool expected = i < count && values[i] >= low && values[i] <= high;
        assert_int_equal(bits[i / 64] >> i % 64 & 1, expected);
    }
}

static bool is_member(const uint64_t *set, uint64_t size, uint64_t first, uint64_t lane)
{
    return lane < UINT32_MAX && first + lane < size &&
           (set[(first + lane) / 64] >> (first + lane) % 64 & 1);
}

/* Memory for sets, with a page behind it that must not be read. */
struct guarded {
    uint8_t *memory;
    size_t size; /* without that page */
};

static struct guarded guarded_make(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t whole = (size + page - 1) / page * page;
    uint8_t *memory = mmap(NULL, whole + page, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + whole, page, PROT_NONE), 0);
    return (struct guarded){.memory = memory, .size = whole};
}

/* So many words, which end where the page begins. */
static uint64_t *guarded_words(const struct guarded *guarded, size_t count)
{
    return (uint64_t *)(void *)(guarded->memory + guarded->size - count * 8);
}

static void guarded_done(const struct guarded *guarded)
{
    (void)munmap(guarded->memory, guarded->size + (size_t)sysconf(_SC_PAGESIZE));
}

/* Sets of every size around the tables', some full, some empty, and lanes below, at and far above
 * their end; nothing is read behind the set. */
static void test_select_set_takes_members_alone(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t sizes[] = {0,    1,    7,    63,   64,   65,    255,   256,
                                     257,  600,  1000, 1023, 1024, 1025,  2048,  2049,
                                     3000, 4096, 4500, 5000, 6144, 6145,  7168,  7169,
                                     8128, 8129, 8191, 8192, 8193, 65535, 65536, 70001};
    struct test_random random = test_random_start(321);
    const struct guarded guarded = guarded_make(70001 / 8 + 8);
    for (size_t k = 0; k < 3 * sizeof sizes / sizeof sizes[0]; k++) {
        const uint64_t size = sizes[k / 3];
        uint64_t *set = guarded_words(&guarded, (size + 63) / 64);
        uint8_t lanes[4 * ROWS + 1];
        const uint64_t first = k % 3 == 0 ? 0 : test_random_below(&random, size + 70);
        for (size_t i = 0; i < (size + 63) / 64; i++)
            set[i] = k % 5 == 0 ? UINT64_MAX : k % 7 == 0 ? 0 : test_random_next(&random);
        for (unsigned lane_bits = 8; lane_bits <= 32; lane_bits *= 2) {
            for (size_t i = 0; i < ROWS; i++) {
                const uint64_t lane = k % 3 == 2 && first < size
                                          ? test_random_below(&random, size - first)
                                      : i % 3 == 0 ? test_random_next(&random)
                                                   : test_random_below(&random, size + 3);
                memcpy(lanes + 1 + i * (lane_bits / 8), &lane, lane_bits / 8);
            }
            for
                EACH_LEVEL(level)
                {
                    uint64_t bits[16];
                    if (!level_at(level))
                        continue;
                    bool is_all = true;
                    for (size_t i = 0; i < ROWS; i++)
                        is_all &= read_lane(lanes + 1, lane_bits, i) + first < size;
                    assert_int_equal(level_at(level)->select_set(lane_bits, lanes + 1,
                                                                 first, set, size, bits),
                                     is_all);
                    for (size_t i = 0; i < ROWS; i++)
                        assert_int_equal(bits[i / 64] >> i % 64 & 1,
                                         is_member(set, size, first,
                                                   read_lane(lanes + 1, lane_bits, i)));
                }
        }
    }
    guarded_done(&guarded);
}

static void test_select_i64_of_every_length_clears_the_rest(void **state)
{
    STOA_UNUSED(state);
    static const int64_t ends[] = {INT64_MIN, -5, 0, 5, INT64_MAX};
    struct test_random random = test_random_start(304);
    for (size_t count = 0; count <= ROWS; count += count < 70 ? 1 : 53) {
        int64_t *values = stoa_alloc_array(count, sizeof *values);
        for (size_t i = 0; i < count; i++)
            values[i] = i % 9 == 0 ? ends[test_random_below(&random, 5)]
                                   : (int64_t)test_random_below(&random, 21) - 10;
        for
            EACH_LEVEL(level)
            {
                for (size_t k = 0; level_at(level) && k < 25; k++)
                    check_select_i64(level_at(level), values, count, ends[k / 5],
                                     ends[k % 5]);
            }
        stoa_free(values);
    }
}

static void test_select_f64_never_takes_nan(void **state)
{
    STOA_UNUSED(state);
    const double ends[] = {-(double)INFINITY, -0.0,       0.0, 2.5,
                           (double)INFINITY,  (double)NAN};
    struct test_random random = test_random_start(305);
    for (size_t count = 0; count <= ROWS; count += count < 70 ? 1 : 59) {
        double *values = stoa_alloc_array(count, sizeof *values);
        for (size_t i = 0; i < count; i++)
            values[i] = i % 3 == 0 ? ends[test_random_below(&random, 6)]
                                   : (double)test_random_below(&random, 9) - 4;
        for
            EACH_LEVEL(level)
            {
                for (size_t k = 0; level_at(level) && k < 36; k++) {
                    const double low = ends[k / 6];
                    const double high = ends[k % 6];
                    uint64_t bits[16];
                    memset(bits, 0x33, sizeof bits);
                    level_at(level)->select_f64(values, count, low, high, bits);
                    for (size_t i = 0; i < ROWS; i++)
                        assert_int_equal(bits[i / 64] >> i % 64 & 1, i < count &&
                                                                         values[i] >= low &&
                                                                         values[i] <= high);
                }
            }
        stoa_free(values);
    }
}

static void test_is_ascii_finds_one_high_byte_anywhere(void **state)
{
    STOA_UNUSED(state);
    for (size_t size = 0; size < 600; size += size < 80 ? 1 : 37) {
        uint8_t *block;
        uint8_t *bytes = odd_buffer(size, &block);
        memset(bytes, 0x7F, size);
        for
            EACH_LEVEL(level)
            {
                if (!level_at(level))
                    continue;
                assert_true(level_at(level)->is_ascii(bytes, size));
                for (size_t at = 0; at < size; at++) {
                    bytes[at] = 0x80;
                    assert_false(level_at(level)->is_ascii(bytes, size));
                    bytes[at] = 0x7F;
                }
            }
        stoa_free(block);
    }
}

/* ---- FSST ---- */

enum { CODES_MOST = 300 };

/* [FSST-2] Code by code; SIZE_MAX for what the kernel refuses. */
static size_t model_fsst(const struct stoa_fsst_table *table, const uint8_t *codes,
                         size_t count, uint8_t *out, uint32_t *places)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        places[i] = (uint32_t)size;
        if (codes[i] == STOA_FSST_ESCAPE) {
            if (++i == count)
                return SIZE_MAX;
            places[i] = STOA_FSST_INSIDE;
            out[size++] = codes[i];
        } else if (codes[i] < table->count) {
            memcpy(out + size, &table->words[codes[i]], table->lengths[codes[i]]);
            size += table->lengths[codes[i]];
        } else {
            return SIZE_MAX;
        }
    }
    return size;
}

static void make_symbols(struct test_random *random, unsigned count,
                         struct stoa_fsst_table *table)
{
    memset(table, 0, sizeof *table);
    table->count = count;
    for (unsigned i = 0; i < 256; i++) {
        if (i < count)
            table->lengths[i] = (uint8_t)(1 + test_random_below(random, 8));
        table->words[i] = test_random_next(random) & mask_of(8u * table->lengths[i]);
        table->lengths[256 + i] = 1;
        table->words[256 + i] = i;
    }
}

/* Codes of the table, escapes as often as `escapes` of 16 say, and for a sixteenth one that has no
 * symbol. */
static void make_codes(struct test_random *random, unsigned symbols, unsigned escapes,
                       size_t count, uint8_t *codes)
{
    for (size_t i = 0; i < count; i++) {
        codes[i] = symbols ? (uint8_t)test_random_below(random, symbols) : STOA_FSST_ESCAPE;
        if (test_random_below(random, 16) < escapes)
            codes[i] = STOA_FSST_ESCAPE;
    }
    if (count > 0 && test_random_below(random, 16) == 0)
        codes[test_random_below(random, count)] = (uint8_t)test_random_below(random, 256);
}

static void check_fsst(const struct stoa_kernels *kernels,
                       const struct stoa_fsst_table *table, const uint8_t *codes,
                       size_t count)
{
    uint8_t model[CODES_MOST * 8];
    uint32_t model_places[CODES_MOST];
    uint32_t places[CODES_MOST];
    uint8_t *block;
    const size_t expected = model_fsst(table, codes, count, model, model_places);
    const size_t limit = expected == SIZE_MAX ? count * 8 : expected;
    uint8_t *out = odd_buffer(limit + STOA_FSST_ROOM, &block);
    for (int with_places = 0; with_places < 2; with_places++) {
        const size_t found = kernels->fsst_decode(table, codes, count, out, limit,
                                                  with_places ? places : NULL);
        assert_true(found == expected);
        if (expected == SIZE_MAX)
            continue;
        assert_bytes(out, model, expected);
        if (with_places)
            assert_bytes(places, model_places, count * sizeof *places);
        if (expected > 0) /* less room: the kernel stops, and says so */
            assert_true(kernels->fsst_decode(table, codes, count, out, expected - 1,
                                             with_places ? places : NULL) > expected - 1);
    }
    stoa_free(block);
}

static void test_fsst_decode_gives_what_codes_stand_for(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(307);
    static const unsigned symbols[] = {255, 255, 254, 100, 1, 0};
    for (size_t round = 0; round < 1200; round++) {
        struct stoa_fsst_table table;
        uint8_t *block;
        const size_t count = test_random_below(&random, round % 2 ? CODES_MOST : 20);
        uint8_t *codes = odd_buffer(count, &block);
        make_symbols(&random, symbols[round % 6], &table);
        make_codes(&random, table.count, (unsigned)(round / 6 % 3 * 3), count, codes);
        for
            EACH_LEVEL(level)
            {
                if (level_at(level))
                    check_fsst(level_at(level), &table, codes, count);
            }
        stoa_free(block);
    }
}

/* ---- the ladder ---- */

static void test_best_kernels_follow_the_environment(void **state)
{
    STOA_UNUSED(state);
    const char *wanted = getenv("STOA_CPU");
    const struct stoa_kernels *best = stoa_kernels_best();
    assert_non_null(best);
    assert_ptr_equal(best, stoa_kernels_for(stoa_cpu_level()));
    assert_string_equal(best->name, stoa_cpu_level_name(stoa_cpu_level()));
    if (wanted && strcmp(wanted, "ref") == 0)
        assert_string_equal(best->name, "ref");
}

static void test_levels_above_the_machine_have_no_kernels(void **state)
{
    STOA_UNUSED(state);
    assert_non_null(stoa_kernels_for(STOA_CPU_REF));
    assert_null(stoa_kernels_for(STOA_CPU_LEVEL_COUNT));
    for
        EACH_LEVEL(level)
        {
            if (level > (int)stoa_cpu_best())
                assert_null(level_at(level));
            else if (level_at(level))
                assert_string_equal(level_at(level)->name,
                                    stoa_cpu_level_name((enum stoa_cpu_level)level));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packing_of_every_width_is_as_specified),
        cmocka_unit_test(test_packing_of_all_ones_and_of_too_high_bits),
        cmocka_unit_test(test_lanes_are_the_smallest_that_hold_the_width),
        cmocka_unit_test(test_packing_matches_the_specification_examples),
        cmocka_unit_test(test_widen_adds_base_and_scale_modulo_2_64),
        cmocka_unit_test(test_divide_i64_gives_what_a_division_gives),
        cmocka_unit_test(test_spreading_puts_values_to_the_set_bits),
        cmocka_unit_test(test_select_lanes_compares_without_sign),
        cmocka_unit_test(test_select_set_takes_members_alone),
        cmocka_unit_test(test_select_i64_of_every_length_clears_the_rest),
        cmocka_unit_test(test_select_f64_never_takes_nan),
        cmocka_unit_test(test_is_ascii_finds_one_high_byte_anywhere),
        cmocka_unit_test(test_fsst_decode_gives_what_codes_stand_for),
        cmocka_unit_test(test_best_kernels_follow_the_environment),
        cmocka_unit_test(test_levels_above_the_machine_have_no_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
