/* SPDX-License-Identifier: Apache-2.0 */
/* Random values and columns; see random_column.h. */
#include "tests/unit/format/random_column.h"

#include <math.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int64_t random_i64(struct test_random *random)
{
    static const int64_t special[] = {INT64_MIN, INT64_MIN + 1, -1,       0,
                                      1,         INT64_MAX - 1, INT64_MAX};
    if (test_random_below(random, 4) == 0)
        return special[test_random_below(random, COUNT_OF(special))];
    if (test_random_below(random, 4) == 0)
        return (int64_t)test_random_next(random);
    return (int64_t)test_random_below(random, 41) - 20;
}

static double random_f64(struct test_random *random)
{
    static const double special[] = {
        0.0,    -0.0,    1e-310,           -1e-310,          1.5,
        -1e308, 1.7e308, (double)INFINITY, -(double)INFINITY};
    const uint64_t choice = test_random_below(random, 16);
    if (choice == 0) {
        const uint64_t bits = UINT64_C(0x7FF0000000000001) |
                              (test_random_next(random) & UINT64_C(0x800FFFFFFFFFFFFF));
        double nan;
        memcpy(&nan, &bits, sizeof nan);
        return nan;
    }
    if (choice < 5)
        return special[test_random_below(random, COUNT_OF(special))];
    return (double)((int64_t)test_random_below(random, 41) - 20) / 4;
}

/* Bytes from a pool, so that texts share prefixes; lengths gather around 8 and 64. */
static struct stoa_view random_text(struct test_random *random)
{
    static const char pool[] =
        "abababababababababababababababababababababababababababababababab\xC3\xA9\xC3\xA9"
        "\xED\x9F\xBF\xF4\x8F\xBF\xBF\xFF\xFF\xFF\x00\x01\x80\x80\x80\x80zzzzzzzz"
        "\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F\xE2\x82\xAC\xE2"
        "\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
        "the end of the pool, which is long enough for texts above the limit of a bound";
    static const uint32_t lengths[] = {0, 1, 2, 3, 7, 8, 9, 16, 61, 63, 64, 65, 66, 67, 90};
    const uint32_t length = lengths[test_random_below(random, COUNT_OF(lengths))];
    const uint64_t first = test_random_below(random, sizeof pool - length);
    return (struct stoa_view){.data = (const uint8_t *)pool + first, .length = length};
}

static stoa_i128 random_i128(struct test_random *random)
{
    const stoa_i128 high = (stoa_i128)random_i64(random);
    if (test_random_below(random, 2))
        return high;
    return high * ((stoa_i128)1 << 32) + (stoa_i128)test_random_below(random, 3);
}

struct stoa_value random_value(struct test_random *random, enum stoa_phys phys)
{
    struct stoa_value value = {.is_null = false};
    switch (phys) {
    case STOA_PHYS_BOOL: value.boolean = test_random_below(random, 2); break;
    case STOA_PHYS_I64: value.i64 = random_i64(random); break;
    case STOA_PHYS_U64: value.u64 = (uint64_t)random_i64(random); break;
    case STOA_PHYS_F64: value.f64 = random_f64(random); break;
    case STOA_PHYS_I128: value.i128 = random_i128(random); break;
    case STOA_PHYS_BYTES: value.bytes = random_text(random); break;
    case STOA_PHYS_FIXED16:
        memset(value.fixed16, 0, sizeof value.fixed16);
        value.fixed16[test_random_below(random, 16)] = (uint8_t)test_random_next(random);
        break;
    case STOA_PHYS_COUNT: break;
    }
    return value;
}

/* What lies behind a NULL must not matter: anything but texts may lie there. */
static void spoil_null_slots(struct test_random *random,
                             struct stoa_column_builder *builder)
{
    const size_t width = stoa_phys_width(builder->phys);
    for (uint32_t row = 0; row < builder->length; row++) {
        if (stoa_bit_get(builder->validity, row))
            continue;
        if (builder->phys == STOA_PHYS_BOOL && test_random_below(random, 2))
            stoa_bit_set(builder->values, row);
        else if (width > 0)
            test_random_bytes(random, (uint8_t *)builder->values + row * width, width);
    }
}

void random_column(struct test_random *random, enum stoa_phys phys, uint32_t rows,
                   unsigned null_percent, unsigned distinct,
                   struct stoa_column_builder *out_builder)
{
    struct stoa_value values[64];
    const unsigned count = distinct < 1 ? 1 : distinct > 64 ? 64 : distinct;
    for (unsigned i = 0; i < count; i++)
        values[i] = random_value(random, phys);
    stoa_column_builder_init(out_builder, phys);
    for (uint32_t row = 0; row < rows; row++) {
        struct stoa_value value = values[test_random_below(random, count)];
        value.is_null = test_random_below(random, 100) < null_percent;
        assert_ok(stoa_column_builder_append(out_builder, &value, NULL), NULL);
    }
    spoil_null_slots(random, out_builder);
}

void vector_from_column(const struct stoa_column *column, struct stoa_vector *out_vector)
{
    const uint32_t length =
        column->length < STOA_VECTOR_ROWS ? column->length : STOA_VECTOR_ROWS;
    const size_t width = stoa_phys_width(column->phys);
    assert_ok(stoa_vector_init(out_vector, column->phys, NULL), NULL);
    out_vector->length = length;
    for (uint32_t row = 0; row < length; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        if (value.is_null) {
            stoa_bit_clear(out_vector->validity, row);
            out_vector->has_nulls = true;
        } else if (column->phys == STOA_PHYS_BYTES) {
            out_vector->values.views[row] = value.bytes;
        } else if (column->phys == STOA_PHYS_BOOL) {
            if (value.boolean)
                stoa_bit_set(out_vector->values.bits, row);
        } else {
            memcpy(out_vector->values.fixed16 + row * width, value.fixed16, width);
        }
    }
}
