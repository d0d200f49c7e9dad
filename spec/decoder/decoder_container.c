/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header, schema section and trailer (format.md 2 and 6), in the order of [FMT-8] and [FMT-80]:
 * magic, checksum, version, features, then the rest.
 */
#include "decoder_nodes.h"

#include <string.h>

#define HEADER_SIZE  64u
#define TRAILER_SIZE 128u

static void check_version(const struct decoder *d, const uint8_t *p)
{
    const uint32_t major = get16(p);
    const uint32_t minor = get16(p + 2);
    if (major != 0 || minor != 2)
        refuse(d, "expected version 0.2, found version %u.%u", major, minor);
}

/* [FMT-9] Compatible bits may be anything. */
static void check_features(const struct decoder *d, uint64_t incompatible)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        if (incompatible >> bit & 1)
            refuse(d, "needs feature bit %u, which version 0.2 does not have", bit);
    }
}

static void read_header(struct decoder *d)
{
    static const uint8_t magic[8] = {0x53, 0x54, 0x4f, 0x41, 0x0d, 0x0a, 0x1a, 0x0a};
    const uint8_t *p = d->bytes;
    if (d->size < 8 || memcmp(p, magic, 8) != 0)
        refuse(d, "not a Stoa file: the first 8 bytes are not its magic");
    if (d->size < HEADER_SIZE + TRAILER_SIZE || d->size % 8 != 0)
        refuse(d, "a file of %llu bytes is cut off", (unsigned long long)d->size);
    if (xxh3(p, 56, 0) != get64(p + 56))
        refuse(d, "header: the checksum does not fit");
    check_version(d, p + 8);
    if (get32(p + 12) != HEADER_SIZE)
        refuse(d, "header: expected size 64, found %u", get32(p + 12));
    check_features(d, get64(p + 16));
    d->identity = p + 32;
    d->schema_size = get64(p + 48);
    if (d->schema_size % 8 != 0 || d->schema_size > d->size - HEADER_SIZE - TRAILER_SIZE)
        refuse(d, "header: a schema section of %llu bytes does not fit",
               (unsigned long long)d->schema_size);
}

static void read_trailer(struct decoder *d)
{
    const uint8_t *header = d->bytes;
    const uint8_t *p = d->bytes + d->size - TRAILER_SIZE;
    if (memcmp(p + 120, "STOAEND\n", 8) != 0)
        refuse(d, "cut off: the last 8 bytes are not the trailer's magic");
    if (xxh3(p, 112, 0) != get64(p + 112))
        refuse(d, "trailer: the checksum does not fit");
    if (memcmp(p + 48, header + 16, 32) != 0 || memcmp(p + 96, header + 8, 4) != 0)
        refuse(d, "trailer: features, identity and version differ from the header's");
    require_zero(d, p + 100, 12, "trailer");
    d->footer_offset = get64(p);
    d->footer_size = get64(p + 8);
    d->rows = get64(p + 16);
    d->column_count = get32(p + 24);
    d->group_count = get32(p + 28);
    d->block_count = get32(p + 32);
    const uint64_t behind_schema = HEADER_SIZE + d->schema_size;
    const uint64_t end = d->size - TRAILER_SIZE;
    /* [FMT-7] The trailer starts where the footer ends. */
    if (d->footer_offset < behind_schema || d->footer_offset > end ||
        d->footer_size != end - d->footer_offset || d->footer_offset % 8 != 0)
        refuse(d, "trailer: a footer of %llu bytes at %llu does not end at %llu",
               (unsigned long long)d->footer_size, (unsigned long long)d->footer_offset,
               (unsigned long long)end);
    if (d->column_count == 0 || d->column_count > MAX_COLUMNS)
        refuse(d, "trailer: expected 1 to 2^20 columns, found %u", d->column_count);
    if (d->rows > (uint64_t)1 << 40)
        refuse(d, "trailer: expected at most 2^40 rows, found %llu",
               (unsigned long long)d->rows);
}

/* [FMT-21] The physical kind that holds a logical type; 0 for what is no type. */
unsigned kind_of_type(unsigned type, unsigned precision)
{
    static const unsigned kinds[] = {
        0, KIND_BOOL, KIND_I64, KIND_I64, KIND_I64, KIND_I64,   KIND_U64,   KIND_F64,
        0, KIND_I64,  KIND_I64, KIND_I64, KIND_I64, KIND_BYTES, KIND_BYTES, KIND_FIXED16};
    if (type == TYPE_DECIMAL)
        return precision <= 18 ? KIND_I64 : KIND_I128;
    return type < sizeof kinds / sizeof kinds[0] ? kinds[type] : 0;
}

static void check_type(const struct decoder *d, const struct column *c)
{
    if (kind_of_type(c->type, c->precision) == 0)
        refuse(d, "schema section: %u is no type", c->type);
    const bool is_decimal = c->type == TYPE_DECIMAL;
    if (is_decimal ? c->precision < 1 || c->precision > 38 || c->scale > c->precision
                   : c->precision != 0 || c->scale != 0)
        refuse(d, "schema section: type %u cannot have precision %u and scale %u", c->type,
               c->precision, c->scale);
}

static void read_node(struct decoder *d, const uint8_t *p, const uint8_t *names,
                      uint32_t size, struct column *c)
{
    const uint32_t name_offset = get32(p + 16);
    c->name_size = get32(p + 20);
    if (c->name_size == 0 || c->name_size > MAX_NAME_SIZE || name_offset > size ||
        c->name_size > size - name_offset)
        refuse(d, "schema section: a name of %u bytes at %u does not fit in %u",
               c->name_size, name_offset, size);
    c->name = names + name_offset;
    c->field_id = get32(p);
    c->type = p[9];
    c->precision = p[10];
    c->scale = p[11];
    c->kind = kind_of_type(c->type, c->precision);
    c->is_nullable = p[12] & 1;
    if (c->field_id == 0)
        refuse(d, "schema section: a field id is 0");
    /* [FMT-10] Only top-level scalars in this version. */
    if (get32(p + 4) != NONE || p[8] != 1)
        refuse(d, "schema section: expected a top-level scalar, found kind %u", p[8]);
    if (p[12] > 1)
        refuse(d, "schema section: unknown flags %02x", p[12]);
    require_zero(d, p + 13, 3, "schema section");
    require_zero(d, p + 24, 8, "schema section");
    check_type(d, c);
    if (!is_utf8(c->name, c->name_size) || memchr(c->name, 0, c->name_size))
        refuse(d, "schema section: a name is not UTF-8 without NUL");
}

/* [FMT-11] A section that begins with 0 columns is a stream of one. */
static void unpack_schema(struct decoder *d, struct heap *heap, struct span *s)
{
    const struct tree tree = {.d = d, .heap = heap};
    uint32_t size = 0;
    if (s->left < 16 || get32(s->at) != 0)
        return;
    const uint8_t *head = take(d, s, 16, "schema section");
    require_zero(d, head + 4, 4, "packed schema section");
    if (xxh3(s->at, s->left, 0) != get64(head + 8))
        refuse(d, "packed schema section: the checksum does not fit");
    const uint8_t *bytes = decode_stream(&tree, s, &size);
    if (s->left != 0)
        refuse(d, "schema section: %llu bytes too many", (unsigned long long)s->left);
    *s = span_of(arranged_schema(d, bytes, size, heap), size);
}

static void read_schema(struct decoder *d, struct heap *heap)
{
    struct span s = span_of(d->bytes + HEADER_SIZE, d->schema_size);
    unpack_schema(d, heap, &s);
    uint8_t identity[16];
    xxh3_128(s.at, s.left, identity);
    if (memcmp(identity, d->identity, 16) != 0)
        refuse(d, "schema section: it does not have the header's identity");
    const uint8_t *head = take(d, &s, 16, "schema section");
    const uint32_t names_size = get32(head + 4);
    require_zero(d, head + 8, 8, "schema section");
    if (get32(head) != d->column_count)
        refuse(d, "schema section: expected %u nodes, found %u", d->column_count,
               get32(head));
    const uint8_t *nodes =
        take(d, &s, (uint64_t)32 * d->column_count, "schema section: nodes");
    const uint8_t *names = take(d, &s, names_size, "schema section: names");
    take_padding(d, &s, "schema section: padding");
    if (s.left != 0)
        refuse(d, "schema section: %llu bytes too many", (unsigned long long)s.left);
    d->columns = allocate(heap, d->column_count, sizeof *d->columns);
    uint64_t name_end = 0;
    for (uint32_t i = 0; i < d->column_count; i++) {
        read_node(d, nodes + (size_t)32 * i, names, names_size, &d->columns[i]);
        /* Names lie one behind the other in node order. */
        if ((uint64_t)(d->columns[i].name - names) != name_end)
            refuse(d, "schema section: the names of columns %u leave a gap", i);
        name_end += d->columns[i].name_size;
    }
    if (name_end != names_size)
        refuse(d, "schema section: expected %u bytes of names, found %llu", names_size,
               (unsigned long long)name_end);
}

void read_container(struct decoder *d, struct heap *heap)
{
    read_header(d);
    read_trailer(d);
    read_schema(d, heap);
}
