/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes that make numbers of other numbers, or put values where they belong: seq.md, delta.md,
 * sparse.md, dense.md, alp.md and alp-rd.md, one function for each page. The table is in
 * decoder_nodes.c.
 */
#include <string.h>

#include "decoder_nodes.h"

static void require_no_parameter(const struct tree *t, const struct node *n,
                                 const char *name)
{
    require_no_flags(t, n, name);
    if (n->parameter != 0)
        refuse(t->d, "%s: unexpected parameter %u", name, n->parameter);
}

struct value *decode_child(const struct tree *t, struct node *n, unsigned kind,
                           uint32_t count)
{
    struct tree child = *t;
    struct value *values = allocate(t->heap, count, sizeof *values);
    child.depth++;
    decode_node(child, &n->body, kind, count, values);
    return values;
}

static struct value number(uint64_t bits)
{
    struct value v = {0};
    v.low = bits;
    return v;
}

/* seq.md */
void decode_seq(const struct tree *t, struct node *n, struct value *out)
{
    require_no_parameter(t, n, "SEQ");
    uint64_t value = get64(take(t->d, &n->body, 8, "SEQ base"));
    const uint64_t step = get64(take(t->d, &n->body, 8, "SEQ step"));
    for (uint32_t i = 0; i < n->count; i++, value += step) /* [SEQ-1] */
        put(&out[i], number(value));
}

/* delta.md */
void decode_delta(const struct tree *t, struct node *n, struct value *out)
{
    require_no_parameter(t, n, "DELTA");
    const struct value *anchors = decode_child(t, n, n->kind, (n->count + 255) / 256);
    const struct value *differences = decode_child(t, n, KIND_I64, n->count);
    uint64_t last = anchors[0].low;
    put(&out[0], anchors[0]);
    if (differences[0].low != (n->count > 1 ? differences[1].low : 0)) /* [DELTA-3] */
        refuse(t->d, "DELTA: difference 0 is not that of value 1");
    for (uint32_t i = 1; i < n->count; i++) {
        last += differences[i].low;                       /* [DELTA-2] */
        if (i % 256 == 0 && anchors[i / 256].low != last) /* [DELTA-1], [DELTA-3] */
            refuse(t->d, "DELTA: anchor %u is not the value before it and difference %u",
                   i / 256, i);
        put(&out[i], number(last));
    }
}

/* sparse.md */
void decode_sparse(const struct tree *t, struct node *n, struct value *out)
{
    const uint32_t m = n->parameter;
    require_no_flags(t, n, "SPARSE");
    if (m == 0 || m >= n->count) /* [SPARSE-1] */
        refuse(t->d, "SPARSE: %u other values among %u", m, n->count);
    const struct value *top = decode_child(t, n, n->kind, 1);
    const struct value *gaps = decode_child(t, n, KIND_U64, m);
    const struct value *values = decode_child(t, n, n->kind, m);
    for (uint32_t i = 0; i < n->count; i++) /* [SPARSE-3] */
        put(&out[i], top[0]);
    uint32_t row = 0;
    for (uint32_t k = 0; k < m; k++, row++) { /* [SPARSE-2] */
        if (gaps[k].low >= n->count - row)
            refuse(t->d, "SPARSE: gap %llu before row %u of %u",
                   (unsigned long long)gaps[k].low, row, n->count);
        row += (uint32_t)gaps[k].low;
        put(&out[row], values[k]);
    }
}

/* dense.md */
void decode_dense(const struct tree *t, struct node *n, struct value *out)
{
    require_no_parameter(t, n, "DENSE");
    if (t->null_count == 0 || n->count != t->row_count) /* [DENSE-1] */
        refuse(t->d, "DENSE: %u values in a block of %u rows with %u NULLs", n->count,
               t->row_count, t->null_count);
    const struct value *values = decode_child(t, n, n->kind, t->row_count - t->null_count);
    uint32_t used = 0;
    for (uint32_t i = 0; i < n->count; i++) /* [DENSE-2] */
        put(&out[i], t->rows[i].is_null ? number(0) : values[used++]);
}

/* ---- ALP and ALP-RD ---- */

/* Exceptions of either page [ALP-3]. */
struct exceptions {
    const uint8_t *counts; /* NULL: none */
    const uint8_t *positions;
    const uint8_t *values;
};

static struct exceptions read_exceptions(const struct tree *t, struct node *n,
                                         uint32_t value_bytes)
{
    const struct decoder *d = t->d;
    struct exceptions e = {NULL, NULL, NULL};
    if (n->parameter == 0)
        return e;
    e.counts = take(d, &n->body, (uint64_t)2 * n->vectors, "exception counts");
    take_padding(d, &n->body, "exception counts");
    e.positions = take(d, &n->body, (uint64_t)2 * n->parameter, "exception positions");
    take_padding(d, &n->body, "exception positions");
    e.values = take(d, &n->body, (uint64_t)value_bytes * n->parameter, "exception values");
    take_padding(d, &n->body, "exception values");
    return e;
}

/* The row of each exception, in order; checks counts and positions. */
static uint32_t *exception_rows(const struct tree *t, const struct node *n,
                                const struct exceptions *e)
{
    uint32_t *rows = allocate(t->heap, (uint64_t)n->parameter + 1, sizeof *rows);
    uint32_t used = 0;
    for (uint32_t v = 0; e->counts && v < n->vectors; v++) {
        const uint32_t count = get16(e->counts + (size_t)2 * v);
        uint32_t next = 0;
        if (count > vector_length(n, v) || count > n->parameter - used)
            refuse(t->d, "vector %u cannot have %u exceptions", v, count);
        for (uint32_t k = 0; k < count; k++) {
            const uint32_t position = get16(e->positions + (size_t)2 * used);
            if (position < next || position >= vector_length(n, v))
                refuse(t->d, "exception %u of vector %u is at %u", k, v, position);
            rows[used++] = v * VECTOR_ROWS + position;
            next = position + 1;
        }
    }
    if (used != n->parameter)
        refuse(t->d, "expected %u exceptions, found %u", n->parameter, used);
    return rows;
}

/* [ALP-1] */
static uint64_t decimal_double(uint64_t integer, unsigned d)
{
    int64_t whole;
    uint64_t bits;
    double power = 1;
    memcpy(&whole, &integer, sizeof whole);
    for (; d > 0; d--)
        power *= 10; /* exact up to 10^22 */
    const double value = (double)whole / power;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* [ALP-4] The numbers at exceptions' rows are those before them, or the vector's first. */
static void check_stand_ins(const struct tree *t, const struct node *n,
                            const struct value *numbers, const bool *is_exception)
{
    for (uint32_t v = 0; v < n->vectors; v++) {
        const uint32_t first = v * VECTOR_ROWS;
        const uint32_t end = first + vector_length(n, v);
        uint32_t regular = first;
        while (regular < end && is_exception[regular])
            regular++;
        const uint64_t leading = regular < end ? numbers[regular].low : 0;
        for (uint32_t i = first; i < end; i++) {
            const uint64_t expected = i <= regular ? leading : numbers[i - 1].low;
            if (is_exception[i] && numbers[i].low != expected)
                refuse(t->d, "ALP: the number behind the exception of row %u is unexpected",
                       i);
        }
    }
}

/* alp.md */
void decode_alp(const struct tree *t, struct node *n, struct value *out)
{
    const struct decoder *d = t->d;
    require_no_flags(t, n, "ALP");
    const uint8_t *decimals = take(d, &n->body, n->vectors, "ALP decimals");
    take_padding(d, &n->body, "ALP padding");
    for (uint32_t v = 0; v < n->vectors; v++) { /* [ALP-2] */
        if (decimals[v] > 22)
            refuse(d, "ALP: %u decimals", decimals[v]);
    }
    const struct exceptions e = read_exceptions(t, n, 8);
    const uint32_t *rows = exception_rows(t, n, &e);
    const struct value *numbers = decode_child(t, n, KIND_I64, n->count);
    bool *is_exception = allocate(t->heap, n->count, sizeof *is_exception);
    for (uint32_t i = 0; i < n->count; i++)
        put(&out[i], number(decimal_double(numbers[i].low, decimals[i / VECTOR_ROWS])));
    for (uint32_t k = 0; k < n->parameter; k++) { /* [ALP-3] */
        is_exception[rows[k]] = true;
        put(&out[rows[k]], number(get64(e.values + (size_t)8 * k)));
    }
    check_stand_ins(t, n, numbers, is_exception);
}

/* alp-rd.md */
void decode_alp_rd(const struct tree *t, struct node *n, struct value *out)
{
    const struct decoder *d = t->d;
    const unsigned r = n->flags_a;
    const unsigned entries = n->flags_b;
    if (r < 48 || r > 63 || entries == 0 || entries > 8)
        refuse(d, "ALP-RD: %u left parts of %u bits", entries, 64 - r);
    const uint8_t *lefts = take(d, &n->body, 2 * entries, "ALP-RD left parts");
    take_padding(d, &n->body, "ALP-RD padding");
    for (unsigned k = 0; k < entries; k++) {
        if (get16(lefts + 2 * k) >> (64 - r) != 0)
            refuse(d, "ALP-RD: left part %x of %u bits", get16(lefts + 2 * k), 64 - r);
    }
    const struct exceptions e = read_exceptions(t, n, 2);
    const uint32_t *rows = exception_rows(t, n, &e);
    const struct value *codes = decode_child(t, n, KIND_U64, n->count);
    const struct value *rights = decode_child(t, n, KIND_U64, n->count);
    for (uint32_t i = 0; i < n->count; i++) {
        if (codes[i].low >= entries || rights[i].low >> r != 0) /* [RD-3] */
            refuse(d, "ALP-RD: code %llu or right part %llx of row %u",
                   (unsigned long long)codes[i].low, (unsigned long long)rights[i].low, i);
        const uint64_t left = get16(lefts + 2 * codes[i].low);
        put(&out[i], number(left << r | rights[i].low)); /* [RD-1] */
    }
    for (uint32_t k = 0; k < n->parameter; k++) { /* [RD-2] */
        const uint64_t left = get16(e.values + (size_t)2 * k);
        if (left >> (64 - r) != 0 || codes[rows[k]].low != 0)
            refuse(d, "ALP-RD: exception %u has left part %llx", k,
                   (unsigned long long)left);
        put(&out[rows[k]], number(left << r | rights[rows[k]].low));
    }
}
