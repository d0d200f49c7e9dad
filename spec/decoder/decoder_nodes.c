/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes of the encoding tree (encodings/): one function for each page, some of them in
 * decoder_numbers.c and decoder_cast.c, and one row for each id.
 */
#include "decoder_nodes.h"

#include <string.h>

static bool is_wide(unsigned kind)
{
    return kind == KIND_I128 || kind == KIND_FIXED16;
}

uint32_t value_size(unsigned kind)
{
    return is_wide(kind) ? 16 : 8;
}

static struct value value_at(const uint8_t *p, unsigned kind)
{
    struct value v = {0};
    if (kind == KIND_FIXED16) {
        v.text = p;
        v.size = 16;
        return v;
    }
    v.low = get64(p);
    if (is_wide(kind))
        v.high = get64(p + 8);
    return v;
}

void put(struct value *out, struct value v)
{
    v.is_null = out->is_null;
    *out = v;
}

/* base + scale x number: the product modulo 2^64, the sum modulo 2^64 or 2^128 [FFOR-1]. */
static struct value scaled(struct value base, uint64_t scale, uint64_t number,
                           unsigned kind)
{
    const uint64_t product = scale * number;
    struct value v = base;
    v.low += product;
    if (kind == KIND_I128 && v.low < product)
        v.high++;
    return v;
}

void require_no_flags(const struct tree *t, const struct node *n, const char *name)
{
    if (n->flags_a != 0 || n->flags_b != 0)
        refuse(t->d, "%s: unexpected flags %02x %02x", name, n->flags_a, n->flags_b);
}

/* raw.md */
static void decode_raw(const struct tree *t, struct node *n, struct value *out)
{
    const uint32_t size = value_size(n->kind);
    require_no_flags(t, n, "RAW");
    if (n->parameter != 0)
        refuse(t->d, "RAW: unexpected parameter %u", n->parameter);
    const uint8_t *p =
        take(t->d, &n->body, (uint64_t)size * n->count, "RAW values"); /* [RAW-1] */
    for (uint32_t i = 0; i < n->count; i++)
        put(&out[i], value_at(p + (size_t)size * i, n->kind));
}

/* const.md */
static void decode_const(const struct tree *t, struct node *n, struct value *out)
{
    struct value v = {0};
    const uint32_t size = n->parameter;
    require_no_flags(t, n, "CONST");
    const uint32_t expected = n->kind == KIND_BOOL ? 1 : value_size(n->kind);
    if (n->kind == KIND_BYTES ? size > MAX_VALUE_SIZE : size != expected) /* [CONST-1] */
        refuse(t->d, "CONST: a value of %u bytes for kind %u", size, n->kind);
    const uint8_t *p = take(t->d, &n->body, size, "CONST value");
    take_padding(t->d, &n->body, "CONST padding"); /* [CONST-2] */
    if (n->kind == KIND_BYTES) {
        v.text = p;
        v.size = size;
    } else if (n->kind == KIND_BOOL) {
        v.low = p[0];
        if (p[0] > 1)
            refuse(t->d, "CONST: expected 0 or 1, found %u", p[0]);
    } else {
        v = value_at(p, n->kind);
    }
    for (uint32_t i = 0; i < n->count; i++)
        put(&out[i], v);
}

/* The parts of an FFOR node that have an entry for each vector. */
struct ffor {
    uint64_t scale;
    struct value reference;
    const uint8_t *offsets;
    unsigned offset_size;
    const uint8_t *counts; /* NULL without exceptions */
    const uint8_t *widths;
};

uint32_t vector_length(const struct node *n, uint32_t vector)
{
    const uint32_t left = n->count - vector * VECTOR_ROWS;
    return left < VECTOR_ROWS ? left : VECTOR_ROWS;
}

static uint64_t unsigned_at(const uint8_t *p, unsigned size)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < size; i++)
        number |= (uint64_t)p[i] << 8 * i;
    return number;
}

static struct ffor read_ffor(const struct tree *t, struct node *n)
{
    const struct decoder *d = t->d;
    struct ffor f = {0};
    const unsigned o = n->flags_a;
    if ((o != 0 && o != 1 && o != 2 && o != 4 && o != 8) || n->flags_b > 1)
        refuse(d, "FFOR: unexpected flags %02x %02x", n->flags_a, n->flags_b);
    if ((n->flags_b == 1) != (n->parameter > 0)) /* [FFOR-6] */
        refuse(d, "FFOR: flag %u with %u exceptions", n->flags_b, n->parameter);
    f.offset_size = o;
    f.scale = get64(take(d, &n->body, 8, "FFOR scale"));
    if (f.scale == 0)
        refuse(d, "FFOR: the scale is 0");
    f.reference =
        value_at(take(d, &n->body, value_size(n->kind), "FFOR reference"), n->kind);
    f.offsets = take(d, &n->body, (uint64_t)o * n->vectors, "FFOR base offsets");
    if (n->flags_b)
        f.counts = take(d, &n->body, (uint64_t)2 * n->vectors, "FFOR exception counts");
    f.widths = take(d, &n->body, n->vectors, "FFOR widths");
    take_padding(d, &n->body, "FFOR padding");
    return f;
}

/* One vector's lanes: [FFOR-2] full, [FFOR-3] short. */
static void decode_lanes(const struct tree *t, struct node *n, const struct ffor *f,
                         uint32_t vector, struct value *out)
{
    uint64_t lanes[VECTOR_ROWS];
    const uint32_t count = vector_length(n, vector);
    const unsigned width = f->widths[vector];
    if (width > 64)
        refuse(t->d, "FFOR: vector %u has width %u", vector, width);
    const uint32_t used = (count * width + 7) / 8;
    const uint32_t size = count == VECTOR_ROWS ? 128 * width : (used + 7) / 8 * 8;
    const uint8_t *packed = take(t->d, &n->body, size, "FFOR lanes");
    if (count == VECTOR_ROWS) {
        unpack_vector(packed, width, lanes);
    } else {
        unpack_tail(packed, width, count, lanes);
        require_zero(t->d, packed + used, size - used, "FFOR lanes");
        if (count * width % 8 != 0 && packed[used - 1] >> count * width % 8 != 0)
            refuse(t->d, "FFOR: bits behind the last lane of vector %u are set", vector);
    }
    const uint64_t offset =
        unsigned_at(f->offsets + (size_t)f->offset_size * vector, f->offset_size);
    const struct value base = scaled(f->reference, f->scale, offset, n->kind);
    for (uint32_t i = 0; i < count; i++) {
        struct value v = scaled(base, f->scale, lanes[i], n->kind);
        put(&out[i], v);
    }
}

/* [FFOR-5] Exceptions, vector by vector: all positions, then all values. */
static void decode_exceptions(const struct tree *t, struct node *n, const struct ffor *f,
                              struct value *out)
{
    const struct decoder *d = t->d;
    const uint32_t size = value_size(n->kind);
    const uint8_t *positions =
        take(d, &n->body, (uint64_t)2 * n->parameter, "FFOR positions");
    take_padding(d, &n->body, "FFOR padding");
    const uint8_t *values =
        take(d, &n->body, (uint64_t)size * n->parameter, "FFOR exceptions");
    uint32_t used = 0;
    for (uint32_t v = 0; v < n->vectors; v++) {
        const uint32_t count = get16(f->counts + (size_t)2 * v);
        const struct value base = scaled(
            f->reference, f->scale,
            unsigned_at(f->offsets + (size_t)f->offset_size * v, f->offset_size), n->kind);
        if (count > vector_length(n, v) || count > n->parameter - used)
            refuse(d, "FFOR: vector %u cannot have %u exceptions", v, count);
        uint32_t next = 0;
        for (uint32_t k = 0; k < count; k++, used++) {
            const uint32_t position = get16(positions + (size_t)2 * used);
            if (position < next || position >= vector_length(n, v))
                refuse(d, "FFOR: exception %u of vector %u is at %u", k, v, position);
            struct value *slot = &out[v * VECTOR_ROWS + position];
            if (slot->low != base.low || slot->high != base.high)
                refuse(d, "FFOR: the lane behind exception %u of vector %u is not 0", k, v);
            put(slot, value_at(values + (size_t)size * used, n->kind));
            next = position + 1;
        }
    }
    if (used != n->parameter)
        refuse(d, "FFOR: expected %u exceptions, found %u", n->parameter, used);
}

/* ffor.md */
static void decode_ffor(const struct tree *t, struct node *n, struct value *out)
{
    const struct ffor f = read_ffor(t, n);
    for (uint32_t v = 0; v < n->vectors; v++)
        decode_lanes(t, n, &f, v, out + (size_t)v * VECTOR_ROWS);
    if (n->flags_b)
        decode_exceptions(t, n, &f, out);
}

/* bytes.md */
static void decode_bytes(const struct tree *t, struct node *n, struct value *out)
{
    const struct decoder *d = t->d;
    const unsigned w = n->flags_a;
    const bool is_whole = n->kind == KIND_F64 || is_wide(n->kind);
    const bool is_number = w <= 8 && n->kind != KIND_F64 && n->kind != KIND_FIXED16;
    if (n->flags_b > 1 || n->parameter != 0)
        refuse(d, "BYTES: unexpected flags %02x or parameter %u", n->flags_b, n->parameter);
    if (w == 0 || !(is_number || (is_whole && w == value_size(n->kind)))) /* [BYTES-1] */
        refuse(d, "BYTES: %u bytes a value of kind %u", w, n->kind);
    const uint64_t scale = get64(take(d, &n->body, 8, "BYTES scale"));
    const uint8_t *base_bytes = take(d, &n->body, value_size(n->kind), "BYTES base");
    const struct value base = value_at(base_bytes, n->kind);
    if (scale == 0 || (!is_number && scale != 1))
        refuse(d, "BYTES: unexpected scale %llu", (unsigned long long)scale);
    if (!is_number)
        require_zero(d, base_bytes, value_size(n->kind), "BYTES base");
    const unsigned planes = n->flags_b ? w : 1;
    const uint32_t plane_size = n->count * (w / planes);
    uint8_t *numbers =
        allocate(t->heap, n->count, w); /* whole values, whatever the file has */
    for (unsigned k = 0; k < planes; k++) {
        uint32_t size = 0;
        const uint8_t *stream = decode_stream(t, &n->body, &size);
        if (size != plane_size)
            refuse(d, "BYTES: expected a stream of %u bytes, found %u", plane_size, size);
        for (uint32_t i = 0; i < size; i++) /* [BYTES-2], [BYTES-3] */
            numbers[planes == 1 ? i : (size_t)i * w + k] = stream[i];
    }
    for (uint32_t i = 0; i < n->count; i++) { /* [BYTES-4] */
        const uint8_t *p = numbers + (size_t)w * i;
        put(&out[i], is_number ? scaled(base, scale, unsigned_at(p, w), n->kind)
                               : value_at(p, n->kind));
    }
}

/* dict.md */
static void decode_dict(const struct tree *t, struct node *n, struct value *out)
{
    require_no_flags(t, n, "DICT");
    if (t->depth != 1) /* [ENC-6], [BLK-7] */
        refuse(t->d, "DICT: it is a root only, found at depth %u", t->depth);
    if (n->parameter != t->dictionary->count || n->parameter == 0) /* [DICT-1] */
        refuse(t->d, "DICT: expected %u entries, found %u", t->dictionary->count,
               n->parameter);
    struct tree child = *t;
    child.depth++;
    struct value *codes = allocate(t->heap, n->count, sizeof *codes);
    decode_node(child, &n->body, KIND_U64, n->count, codes);
    for (uint32_t i = 0; i < n->count; i++) {
        if (codes[i].low >= t->dictionary->count) /* [DICT-2] */
            refuse(t->d, "DICT: code %llu of %u entries", (unsigned long long)codes[i].low,
                   t->dictionary->count);
        put(&out[i], t->dictionary->entries[codes[i].low]);
    }
}

/* rle.md */
static void decode_rle(const struct tree *t, struct node *n, struct value *out)
{
    const uint32_t m = n->parameter;
    require_no_flags(t, n, "RLE");
    if (m == 0 || m > n->count)
        refuse(t->d, "RLE: %u runs for %u values", m, n->count);
    struct tree child = *t;
    child.depth++;
    struct value *lengths = allocate(t->heap, m, sizeof *lengths);
    struct value *values = allocate(t->heap, m, sizeof *values);
    decode_node(child, &n->body, KIND_U64, m, lengths);
    decode_node(child, &n->body, n->kind, m, values);
    uint32_t row = 0;
    for (uint32_t r = 0; r < m; r++) { /* [RLE-1] */
        if (lengths[r].low == 0 || lengths[r].low > n->count - row)
            refuse(t->d, "RLE: run %u of %llu values at %u of %u", r,
                   (unsigned long long)lengths[r].low, row, n->count);
        for (uint64_t i = 0; i < lengths[r].low; i++)
            put(&out[row++], values[r]);
    }
    if (row != n->count)
        refuse(t->d, "RLE: expected %u values, found %u", n->count, row);
}

/* bool.md */
static void decode_bool(const struct tree *t, struct node *n, struct value *out)
{
    const uint32_t bits = (n->count + 63) / 64 * 64;
    require_no_flags(t, n, "BOOL");
    if (n->parameter != 0)
        refuse(t->d, "BOOL: unexpected parameter %u", n->parameter);
    const uint8_t *p = take(t->d, &n->body, bits / 8, "BOOL words");
    for (uint32_t i = 0; i < bits; i++) {
        struct value v = {0};
        v.low = p[i / 8] >> i % 8 & 1;
        if (i < n->count)
            put(&out[i], v);
        else if (v.low) /* [BOOL-1] */
            refuse(t->d, "BOOL: bit %u of %u values is set", i, n->count);
    }
}

/* str.md */
static void decode_str(const struct tree *t, struct node *n, struct value *out)
{
    const struct decoder *d = t->d;
    require_no_flags(t, n, "STR");
    if (n->parameter != 0)
        refuse(d, "STR: unexpected parameter %u", n->parameter);
    const uint8_t *starts = take(d, &n->body, (uint64_t)4 * (n->vectors - 1), "STR starts");
    take_padding(d, &n->body, "STR padding");
    struct tree child = *t;
    child.depth++;
    struct value *lengths = allocate(t->heap, n->count, sizeof *lengths);
    decode_node(child, &n->body, KIND_U64, n->count, lengths);
    uint32_t heap_size = 0;
    const uint8_t *heap = decode_stream(t, &n->body, &heap_size);
    uint32_t at = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        const uint32_t vector = i / VECTOR_ROWS;
        const uint32_t start = vector == 0 ? 0 : get32(starts + (size_t)4 * (vector - 1));
        if (i % VECTOR_ROWS == 0 && start != at) /* [STR-2] */
            refuse(d, "STR: vector %u starts at %u, expected %u", vector, start, at);
        if (lengths[i].low > MAX_VALUE_SIZE ||
            lengths[i].low > heap_size - at) /* [STR-1] */
            refuse(d, "STR: value %u of %llu bytes at %u of %u", i,
                   (unsigned long long)lengths[i].low, at, heap_size);
        struct value v = {0};
        v.text = heap + at;
        v.size = (uint32_t)lengths[i].low;
        put(&out[i], v);
        at += v.size;
    }
    if (at != heap_size)
        refuse(d, "STR: the values take %u of %u bytes", at, heap_size);
}

/* prefix.md */
static void decode_prefix(const struct tree *t, struct node *n, struct value *out)
{
    const struct decoder *d = t->d;
    require_no_flags(t, n, "PREFIX");
    if (n->parameter > MAX_GROUP_RAW)
        refuse(d, "PREFIX: %u bytes of text", n->parameter);
    const uint8_t *starts =
        take(d, &n->body, (uint64_t)4 * (n->vectors - 1), "PREFIX starts");
    take_padding(d, &n->body, "PREFIX padding");
    const struct value *shared = decode_child(t, n, KIND_U64, n->count);
    const struct value *rests = decode_child(t, n, KIND_BYTES, n->count);
    uint8_t *texts = allocate(t->heap, (uint64_t)n->parameter + 1, 1);
    uint32_t at = 0;
    struct value v = {0};
    for (uint32_t i = 0; i < n->count; i++) {
        const uint32_t vector = i / VECTOR_ROWS;
        const uint32_t start = vector == 0 ? 0 : get32(starts + (size_t)4 * (vector - 1));
        if (i % VECTOR_ROWS == 0 && start != at) /* [PREFIX-3] */
            refuse(d, "PREFIX: vector %u starts at %u, expected %u", vector, start, at);
        if (shared[i].low > (i % 16 == 0 ? 0 : v.size)) /* [PREFIX-1], [PREFIX-2] */
            refuse(d, "PREFIX: value %u shares %llu bytes with %u before it", i,
                   (unsigned long long)shared[i].low, v.size);
        const uint64_t size = shared[i].low + rests[i].size;
        if (size > MAX_VALUE_SIZE || size > n->parameter - at)
            refuse(d, "PREFIX: value %u of %llu bytes at %u of %u", i,
                   (unsigned long long)size, at, n->parameter);
        if (shared[i].low > 0)
            memcpy(texts + at, v.text, shared[i].low);
        if (rests[i].size > 0)
            memcpy(texts + at + shared[i].low, rests[i].text, rests[i].size);
        v.text = texts + at;
        v.size = (uint32_t)size;
        put(&out[i], v);
        at += v.size;
    }
    if (at != n->parameter) /* [PREFIX-3] */
        refuse(d, "PREFIX: the values take %u of %u bytes", at, n->parameter);
}

#define BIT(kind) (1u << (kind))
#define FIXED                                                                              \
    (BIT(KIND_I64) | BIT(KIND_U64) | BIT(KIND_F64) | BIT(KIND_I128) | BIT(KIND_FIXED16))
#define ANY      (FIXED | BIT(KIND_BOOL) | BIT(KIND_BYTES))
#define INTEGERS (BIT(KIND_I64) | BIT(KIND_U64) | BIT(KIND_I128))
#define WORDS    (BIT(KIND_I64) | BIT(KIND_U64))

/* [ENC-2] The table of encodings/README.md. */
static const struct {
    const char *name;
    unsigned kinds;
    void (*decode)(const struct tree *t, struct node *n, struct value *out);
} encodings[] = {
    {NULL,     0,                     NULL         },
    {"RAW",    FIXED,                 decode_raw   },
    {"CONST",  ANY,                   decode_const },
    {"FFOR",   INTEGERS,              decode_ffor  },
    {"BYTES",  FIXED,                 decode_bytes },
    {"DICT",   ANY & ~BIT(KIND_BOOL), decode_dict  },
    {"RLE",    ANY,                   decode_rle   },
    {"BOOL",   BIT(KIND_BOOL),        decode_bool  },
    {"STR",    BIT(KIND_BYTES),       decode_str   },
    {"DELTA",  WORDS,                 decode_delta },
    {"ALP",    BIT(KIND_F64),         decode_alp   },
    {"ALP-RD", BIT(KIND_F64),         decode_alp_rd},
    {"FSST",   BIT(KIND_BYTES),       decode_fsst  },
    {"SPARSE", ANY,                   decode_sparse},
    {"SEQ",    WORDS,                 decode_seq   },
    {"PREFIX", BIT(KIND_BYTES),       decode_prefix},
    {"CAST",   BIT(KIND_BYTES),       decode_cast  },
    {"SAME",   ANY,                   decode_same  },
    {"DENSE",  ANY,                   decode_dense },
};

/* [ENC-1], [ENC-3] A node ends where its header says, after its padding. */
void decode_node(struct tree tree, struct span *s, unsigned kind, uint32_t count,
                 struct value *out)
{
    const struct decoder *d = tree.d;
    const uint8_t *head = take(d, s, 16, "node");
    const unsigned id = head[0];
    const uint32_t size = get32(head + 8);
    if (tree.depth > 3) /* [ENC-5] */
        refuse(d, "a node at depth %u", tree.depth);
    if (id >= sizeof encodings / sizeof encodings[0] ||
        !encodings[id].decode) /* [FMT-82] */
        refuse(d, "encoding %u is unknown", id);
    if (head[1] != kind || !(encodings[id].kinds & BIT(kind))) /* [ENC-4] */
        refuse(d, "%s: expected kind %u, found %u", encodings[id].name, kind, head[1]);
    if (get32(head + 4) != count || count == 0)
        refuse(d, "%s: expected %u values, found %u", encodings[id].name, count,
               get32(head + 4));
    if (size < 16 || size % 8 != 0)
        refuse(d, "%s: a node of %u bytes", encodings[id].name, size);
    struct node n = {kind,
                     head[2],
                     head[3],
                     count,
                     get32(head + 12),
                     (count + VECTOR_ROWS - 1) / VECTOR_ROWS,
                     span_of(take(d, s, size - 16, encodings[id].name), size - 16)};
    encodings[id].decode(&tree, &n, out);
    take_padding(d, &n.body, "node padding");
    if (n.body.left != 0)
        refuse(d, "%s: %llu bytes behind its last part", encodings[id].name,
               (unsigned long long)n.body.left);
}
