/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HyperLogLog (Flajolet, Fusy, Gandouet, Meunier: "HyperLogLog", 2007). The estimate is the one of
 * Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, section 4: no tables
 * and no ranges to switch between, and the same bits everywhere, since it needs nothing but additions,
 * products, quotients and square roots.
 */
#include "format/sketch.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/bitmap.h"
#include "common/bits.h"
#include "common/hash.h"
#include "format/types.h"

enum {
    INDEX_BITS = 10,
    RANK_MAX = 64 - INDEX_BITS + 1,
    RANK_BITS = 6,
    HEAD_SIZE = 2,
    ENTRY_SIZE = 2,
    DENSE_SIZE = STOA_SKETCH_REGISTERS * RANK_BITS / 8,
    DENSE_HEAD = 0xffff,
    SPARSE_MAX =
        DENSE_SIZE / ENTRY_SIZE - 1 /* entries that are smaller than all registers */
};

/* ---- hashes ---- */

/* [FMT-100] */
static uint64_t canonical_bits(double x)
{
    uint64_t bits;
    if (x != x)
        return UINT64_C(0x7FF8000000000000);
    x += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static uint64_t hash_word(uint64_t word)
{
    uint8_t bytes[8];
    stoa_store_le64(bytes, word);
    return stoa_hash64(bytes, sizeof bytes, 0);
}

uint64_t stoa_value_hash(enum stoa_phys phys, const struct stoa_value *value)
{
    switch (phys) {
    case STOA_PHYS_BOOL: return hash_word(value->boolean);
    case STOA_PHYS_I64:
    case STOA_PHYS_U64: return hash_word(value->u64);
    case STOA_PHYS_F64: return hash_word(canonical_bits(value->f64));
    case STOA_PHYS_I128:
    case STOA_PHYS_FIXED16: /* the union's i128 is the same bytes */
        return stoa_hash64(value->fixed16, sizeof value->fixed16, 0);
    case STOA_PHYS_BYTES: return stoa_hash64(value->bytes.data, value->bytes.length, 0);
    case STOA_PHYS_COUNT: break;
    }
    return 0;
}

void stoa_column_hash(const struct stoa_column *column,
                      void (*add)(void *context, uint64_t hash), void *context)
{
    for (uint32_t row = 0; row < column->length; row++) {
        if (column->validity && !stoa_bit_get(column->validity, row))
            continue;
        const struct stoa_value value = stoa_column_get(column, row);
        add(context, stoa_value_hash(column->phys, &value));
    }
}

/* ---- registers ---- */

/* [FMT-101] */
void stoa_sketch_add(struct stoa_sketch *sketch, uint64_t hash)
{
    const uint64_t rest = hash << INDEX_BITS;
    const uint8_t rank = rest ? (uint8_t)(__builtin_clzll(rest) + 1) : RANK_MAX;
    uint8_t *slot = &sketch->registers[hash >> (64 - INDEX_BITS)];
    *slot = rank > *slot ? rank : *slot;
}

/* Values of 8 bytes, hashed in batches. */
static void add_words(struct stoa_sketch *sketch, const struct stoa_column *column)
{
    enum { BATCH = 256 };
    const uint64_t *words = column->values;
    uint64_t canonical[BATCH];
    uint64_t hashes[BATCH];
    for (uint32_t first = 0; first < column->length; first += BATCH) {
        const uint32_t left = column->length - first;
        const uint32_t count = left < BATCH ? left : BATCH;
        const uint64_t *batch = words + first;
        if (column->phys == STOA_PHYS_F64) {
            for (uint32_t i = 0; i < count; i++)
                canonical[i] = canonical_bits(stoa_column_f64(column)[first + i]);
            batch = canonical;
        }
        stoa_hash64_words(batch, count, hashes);
        for (uint32_t i = 0; i < count; i++) {
            if (!column->validity || stoa_bit_get(column->validity, first + i))
                stoa_sketch_add(sketch, hashes[i]);
        }
    }
}

/* One of two values, over and over. */
static void add_bits(struct stoa_sketch *sketch, const struct stoa_column *column)
{
    const uint64_t *values = column->values;
    const uint64_t words = stoa_bitmap_words(column->length);
    bool has[2] = {false, false};
    for (uint64_t word = 0; word < words && !(has[0] && has[1]); word++) {
        const uint64_t left = column->length - word * 64;
        const uint64_t valid = (column->validity ? column->validity[word] : UINT64_MAX) &
                               stoa_low_mask((unsigned)(left < 64 ? left : 64));
        has[0] |= (~values[word] & valid) != 0;
        has[1] |= (values[word] & valid) != 0;
    }
    for (uint64_t value = 0; value < 2; value++) {
        if (has[value])
            stoa_sketch_add(sketch, hash_word(value));
    }
}

static void add_texts(struct stoa_sketch *sketch, const struct stoa_column *column)
{
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_view text = stoa_column_view(column, row);
        if (!column->validity || stoa_bit_get(column->validity, row))
            stoa_sketch_add(sketch, stoa_hash64(text.data, text.length, 0));
    }
}

static void add_any(void *context, uint64_t hash)
{
    stoa_sketch_add(context, hash);
}

void stoa_sketch_add_column(struct stoa_sketch *sketch, const struct stoa_column *column)
{
    if (column->phys == STOA_PHYS_BYTES)
        add_texts(sketch, column);
    else if (column->phys == STOA_PHYS_BOOL)
        add_bits(sketch, column);
    else if (stoa_phys_width(column->phys) == 8)
        add_words(sketch, column);
    else
        stoa_column_hash(column, add_any, sketch);
}

void stoa_sketch_add_vector(struct stoa_sketch *sketch, const struct stoa_vector *vector)
{
    for (uint32_t row = 0; row < vector->length; row++) {
        const struct stoa_value value = stoa_vector_get(vector, row);
        if (!value.is_null)
            stoa_sketch_add(sketch, stoa_value_hash(vector->phys, &value));
    }
}

void stoa_sketch_merge(struct stoa_sketch *into, const struct stoa_sketch *more)
{
    for (size_t i = 0; i < STOA_SKETCH_REGISTERS; i++) {
        const uint8_t rank = more->registers[i];
        into->registers[i] = rank > into->registers[i] ? rank : into->registers[i];
    }
}

/* ---- the estimate ---- */

static double sigma(double x)
{
    double y = 1;
    double z = x;
    double before;
    if (x == 1)
        return (double)INFINITY;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

static double tau(double x)
{
    double y = 1;
    double z = 1 - x;
    double before;
    if (x == 0 || x == 1)
        return 0;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

uint64_t stoa_sketch_estimate(const struct stoa_sketch *sketch)
{
    static const double alpha = 0.72134752044448170368; /* 1 / (2 ln 2) */
    const double m = STOA_SKETCH_REGISTERS;
    uint32_t counts[RANK_MAX + 1] = {0};
    for (size_t i = 0; i < STOA_SKETCH_REGISTERS; i++)
        counts[sketch->registers[i]]++;
    double z = m * tau(1 - counts[RANK_MAX] / m);
    for (int rank = RANK_MAX - 1; rank > 0; rank--)
        z = 0.5 * (z + counts[rank]);
    z += m * sigma(counts[0] / m);
    const double total = alpha * m * m / z + 0.5; /* of 55 everywhere: infinite */
    return total < 0x1p63 ? (uint64_t)total : INT64_MAX;
}

/* ---- bytes ---- */

static uint32_t count_entries(const struct stoa_sketch *sketch)
{
    uint32_t count = 0;
    for (size_t i = 0; i < STOA_SKETCH_REGISTERS; i++)
        count += sketch->registers[i] > 0;
    return count;
}

static void put_dense(const struct stoa_sketch *sketch, uint8_t *out)
{
    for (size_t i = 0; i < STOA_SKETCH_REGISTERS; i++) {
        const size_t bit = i * RANK_BITS;
        const uint32_t shifted = (uint32_t)sketch->registers[i] << bit % 8;
        out[bit / 8] |= (uint8_t)shifted;
        if (bit % 8 + RANK_BITS > 8)
            out[bit / 8 + 1] |= (uint8_t)(shifted >> 8);
    }
}

/* [FMT-102] */
size_t stoa_sketch_write(const struct stoa_sketch *sketch,
                         uint8_t out[STOA_SKETCH_BYTES_MAX])
{
    const uint32_t count = count_entries(sketch);
    memset(out, 0, STOA_SKETCH_BYTES_MAX);
    if (count > SPARSE_MAX) {
        stoa_store_le16(out, DENSE_HEAD);
        put_dense(sketch, out + HEAD_SIZE);
        return STOA_SKETCH_BYTES_MAX;
    }
    uint8_t *entry = out + HEAD_SIZE;
    stoa_store_le16(out, (uint16_t)count);
    for (uint32_t i = 0; i < STOA_SKETCH_REGISTERS; i++) {
        if (sketch->registers[i] == 0)
            continue;
        stoa_store_le16(entry, (uint16_t)(i << RANK_BITS | sketch->registers[i]));
        entry += ENTRY_SIZE;
    }
    return stoa_sketch_size(out);
}

size_t stoa_sketch_size(const uint8_t head[8])
{
    const unsigned count = stoa_load_le16(head);
    if (count == DENSE_HEAD)
        return STOA_SKETCH_BYTES_MAX;
    return count > SPARSE_MAX ? 0 : (HEAD_SIZE + (size_t)count * ENTRY_SIZE + 7) / 8 * 8;
}

static bool get_dense(const uint8_t *bytes, struct stoa_sketch *out)
{
    bool is_sound = true;
    for (size_t i = 0; i < STOA_SKETCH_REGISTERS; i++) {
        const size_t bit = i * RANK_BITS;
        uint32_t window = bytes[bit / 8];
        if (bit % 8 + RANK_BITS > 8)
            window |= (uint32_t)bytes[bit / 8 + 1] << 8;
        out->registers[i] = window >> bit % 8 & ((1 << RANK_BITS) - 1);
        is_sound &= out->registers[i] <= RANK_MAX;
    }
    return is_sound;
}

static bool get_sparse(const uint8_t *bytes, unsigned count, struct stoa_sketch *out)
{
    unsigned next = 0;
    for (unsigned i = 0; i < count; i++) {
        const unsigned entry = stoa_load_le16(bytes + (size_t)i * ENTRY_SIZE);
        const unsigned index = entry >> RANK_BITS;
        const unsigned rank = entry & ((1 << RANK_BITS) - 1);
        if (index < next || rank == 0 || rank > RANK_MAX)
            return false;
        out->registers[index] = (uint8_t)rank;
        next = index + 1;
    }
    return true;
}

/* There is one form for each sketch, so what is read must write back as it was. */
stoa_status stoa_sketch_read(const uint8_t *bytes, struct stoa_sketch *out_sketch,
                             stoa_error *err)
{
    struct stoa_sketch sketch = {{0}};
    uint8_t again[STOA_SKETCH_BYTES_MAX];
    const unsigned count = stoa_load_le16(bytes);
    const bool is_sound = count == DENSE_HEAD
                              ? get_dense(bytes + HEAD_SIZE, &sketch)
                              : get_sparse(bytes + HEAD_SIZE, count, &sketch);
    const size_t size = stoa_sketch_write(&sketch, again);
    if (!is_sound || size != stoa_sketch_size(bytes) || memcmp(again, bytes, size) != 0)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected a sketch of ascending registers up to %d in its shortest "
            "form, found other bytes",
            RANK_MAX);
    *out_sketch = sketch;
    return STOA_OK;
}
