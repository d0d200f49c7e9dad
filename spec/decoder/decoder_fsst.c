/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FSST (encodings/fsst.md): text as codes of a node's own symbols, decoded one code at a time.
 */
#include "decoder_nodes.h"

#include <string.h>

struct symbols {
    unsigned count;
    const uint8_t *lengths;
    const uint8_t *bytes[255];
};

/* [FSST-1] */
static struct symbols read_symbols(const struct tree *t, struct node *n)
{
    struct symbols s;
    s.count = n->flags_a;
    if (n->flags_b != 0 || n->parameter != 0)
        refuse(t->d, "FSST: unexpected flags %02x or parameter %u", n->flags_b,
               n->parameter);
    s.lengths = take(t->d, &n->body, s.count, "FSST symbol lengths");
    for (unsigned c = 0; c < s.count; c++) {
        if (s.lengths[c] < 1 || s.lengths[c] > 8)
            refuse(t->d, "FSST: symbol %u of %u bytes", c, s.lengths[c]);
        s.bytes[c] = take(t->d, &n->body, s.lengths[c], "FSST symbols");
    }
    take_padding(t->d, &n->body, "FSST padding");
    return s;
}

/* [FSST-2] `count` codes to at most `room` bytes; returns how many. */
static uint32_t expand(const struct tree *t, const struct symbols *s, const uint8_t *codes,
                       uint32_t count, uint8_t *out, uint32_t room)
{
    uint32_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *bytes = NULL;
        uint32_t length = 1;
        if (codes[i] == 255) {
            if (++i == count)
                refuse(t->d, "FSST: a value ends with an escape");
            bytes = codes + i;
        } else if (codes[i] < s->count) {
            bytes = s->bytes[codes[i]];
            length = s->lengths[codes[i]];
        } else {
            refuse(t->d, "FSST: code %u of %u symbols", codes[i], s->count);
        }
        if (length > room - size)
            refuse(t->d, "FSST: more than %u bytes", room);
        memcpy(out + size, bytes, length);
        size += length;
    }
    return size;
}

/* [FSST-3] Checks the ends of all vectors. */
static void check_ends(const struct tree *t, const struct node *n, const uint8_t *ends)
{
    uint32_t codes = 0;
    uint32_t bytes = 0;
    for (uint32_t v = 0; v < n->vectors; v++) {
        const uint32_t codes_end = get32(ends + (size_t)8 * v);
        const uint32_t bytes_end = get32(ends + (size_t)8 * v + 4);
        if (codes_end < codes || bytes_end < bytes ||
            bytes_end - bytes > (uint64_t)8 * (codes_end - codes) ||
            bytes_end > MAX_GROUP_RAW)
            refuse(t->d, "FSST: vector %u ends at %u codes and %u bytes", v, codes_end,
                   bytes_end);
        codes = codes_end;
        bytes = bytes_end;
    }
}

void decode_fsst(const struct tree *t, struct node *n, struct value *out)
{
    const struct decoder *d = t->d;
    const struct symbols symbols = read_symbols(t, n);
    const uint8_t *ends = take(d, &n->body, (uint64_t)8 * n->vectors, "FSST ends");
    check_ends(t, n, ends);
    const uint8_t *last = ends + (size_t)8 * (n->vectors - 1);
    const uint8_t *codes = take(d, &n->body, get32(last), "FSST codes");
    take_padding(d, &n->body, "FSST padding");
    struct tree child = *t;
    child.depth++;
    struct value *lengths = allocate(t->heap, n->count, sizeof *lengths);
    decode_node(child, &n->body, KIND_U64, n->count, lengths);
    uint8_t *text = allocate(t->heap, (uint64_t)get32(last + 4) + 1, 1);
    uint32_t code = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < n->count; i++) { /* [FSST-4] */
        const uint8_t *end = ends + (size_t)8 * (i / VECTOR_ROWS);
        if (lengths[i].low > get32(end) - code)
            refuse(d, "FSST: value %u of %llu codes at %u", i,
                   (unsigned long long)lengths[i].low, code);
        struct value v = {0};
        v.text = text + at;
        v.size = expand(t, &symbols, codes + code, (uint32_t)lengths[i].low, text + at,
                        get32(end + 4) - at);
        if (v.size > MAX_VALUE_SIZE)
            refuse(d, "FSST: value %u of %u bytes", i, v.size);
        put(&out[i], v);
        code += (uint32_t)lengths[i].low;
        at += v.size;
        if ((i + 1 == n->count || (i + 1) % VECTOR_ROWS == 0) &&
            (code != get32(end) || at != get32(end + 4)))
            refuse(d, "FSST: vector %u has %u codes and %u bytes up to its end",
                   i / VECTOR_ROWS, code, at);
    }
}
