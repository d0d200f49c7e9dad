/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encodings/same.md: a column by reference to one before it, whose rows of the same block have
 * been decoded already.
 */
#include "decoder_nodes.h"

enum { FORM_EQUAL = 0, FORM_OFFSET = 1, FORM_NUMBER = 2, FORM_CODE = 3 };

#define BIT(kind) (1u << (kind))
#define WORDS     (BIT(KIND_I64) | BIT(KIND_U64))
#define FIXED     (WORDS | BIT(KIND_F64) | BIT(KIND_I128) | BIT(KIND_FIXED16))
#define ANY       (FIXED | BIT(KIND_BOOL) | BIT(KIND_BYTES))

/* The node's parameters and the base it names. */
struct same {
    unsigned form;
    uint32_t exceptions;
    uint32_t keys;
    uint64_t low;
    uint32_t number; /* of the base */
    const struct column *column;
    const struct value *base;
    const struct dictionary *dictionary; /* of the base; count 0: its root is not DICT */
};

/* [SAME-1] [SAME-2] */
static void find_base(const struct tree *t, const struct node *n, struct same *s)
{
    const struct decoder *d = t->d;
    const struct before *before = t->before;
    uint32_t nulls = 0;
    if (!before || before->has_same[before->count])
        refuse(d, "SAME: in a dictionary, or twice in a tree");
    before->has_same[before->count] = true;
    if (n->count != t->row_count)
        refuse(d, "SAME: %u values in a block of %u rows", n->count, t->row_count);
    if (n->parameter >= before->count)
        refuse(d, "SAME: column %u refers to column %u", before->count, n->parameter);
    if (before->has_same[n->parameter])
        refuse(d, "SAME: column %u, which it refers to, refers on", n->parameter);
    s->number = n->parameter;
    s->column = &d->columns[s->number];
    s->base = before->columns[s->number];
    s->dictionary = before->dictionaries[s->number];
    for (uint32_t i = 0; i < n->count; i++)
        nulls += s->base[i].is_null;
    if (nulls == n->count)
        refuse(d, "SAME: column %u, which it refers to, is NULL in all rows", s->number);
}

/* [SAME-2] [SAME-4] [SAME-5] */
static void check_form(const struct tree *t, const struct node *n, const struct same *s)
{
    static const unsigned kinds[] = {ANY, WORDS, FIXED, FIXED};
    const struct decoder *d = t->d;
    const bool has_map = s->form >= FORM_NUMBER;
    if (!(kinds[s->form] & BIT(n->kind)))
        refuse(d, "SAME: form %u of kind %u", s->form, n->kind);
    if (!has_map && n->kind != s->column->kind)
        refuse(d, "SAME: kind %u by kind %u", n->kind, s->column->kind);
    if (s->form == FORM_EQUAL && d->at_column->type == TYPE_TEXT && n->kind == KIND_BYTES &&
        s->column->type != TYPE_TEXT)
        refuse(d, "SAME: text by binary");
    if (s->form == FORM_NUMBER && !(WORDS & BIT(s->column->kind)))
        refuse(d, "SAME: by numbers of kind %u", s->column->kind);
    if (s->form == FORM_CODE && s->low >= s->dictionary->count)
        refuse(d, "SAME: codes from %llu on of %u", (unsigned long long)s->low,
               s->dictionary->count);
    if (has_map ? s->keys == 0 || s->keys > 65536 : s->keys != 0 || s->low != 0)
        refuse(d, "SAME: %u keys from %llu on in form %u", s->keys,
               (unsigned long long)s->low, s->form);
    if (s->exceptions >= n->count || (s->form == FORM_OFFSET && s->exceptions != 0))
        refuse(d, "SAME: %u exceptions in %u rows", s->exceptions, n->count);
}

/* [SAME-3] */
static struct value base_value(const struct same *s, uint32_t row)
{
    static const uint8_t zeros[16];
    struct value v = {0};
    if (!s->base[row].is_null)
        return s->base[row];
    if (s->column->kind == KIND_FIXED16) {
        v.text = zeros;
        v.size = 16;
    }
    return v;
}

/* [SAME-3] [SAME-4] A code is the rank of the value in the dictionary. */
static uint32_t key_of(const struct tree *t, const struct same *s, uint32_t row)
{
    const struct value *v = &s->base[row];
    uint64_t number = v->low;
    if (v->is_null)
        return 0;
    if (s->form == FORM_CODE) {
        uint32_t low = 0;
        uint32_t high = s->dictionary->count;
        while (high - low > 1) {
            const uint32_t middle = low + (high - low) / 2;
            if (compare_storage(s->column->kind, &s->dictionary->entries[middle], v) <= 0)
                low = middle;
            else
                high = middle;
        }
        number = low;
    }
    if (number - s->low >= s->keys)
        refuse(t->d, "SAME: row %u has key %llu of %u", row,
               (unsigned long long)(number - s->low), s->keys);
    return (uint32_t)(number - s->low);
}

/* [SAME-5] */
static void put_exceptions(const struct tree *t, struct node *n, const struct same *s,
                           struct value *out)
{
    const struct value *gaps = decode_child(t, n, KIND_U64, s->exceptions);
    const struct value *values = decode_child(t, n, n->kind, s->exceptions);
    uint32_t row = 0;
    for (uint32_t k = 0; k < s->exceptions; k++, row++) {
        if (gaps[k].low >= n->count - row)
            refuse(t->d, "SAME: gap %llu before row %u of %u",
                   (unsigned long long)gaps[k].low, row, n->count);
        row += (uint32_t)gaps[k].low;
        put(&out[row], values[k]);
    }
}

void decode_same(const struct tree *t, struct node *n, struct value *out)
{
    struct same s = {0};
    s.form = n->flags_a;
    if (s.form > FORM_CODE || n->flags_b != 0)
        refuse(t->d, "SAME: unexpected flags %02x %02x", n->flags_a, n->flags_b);
    const uint8_t *p = take(t->d, &n->body, 16, "SAME parameters");
    s.exceptions = get32(p);
    s.keys = get32(p + 4);
    s.low = get64(p + 8);
    find_base(t, n, &s);
    check_form(t, n, &s);
    const struct value *more = NULL;
    if (s.form == FORM_OFFSET)
        more = decode_child(t, n, KIND_I64, n->count);
    else if (s.form >= FORM_NUMBER)
        more = decode_child(t, n, n->kind, s.keys);
    for (uint32_t i = 0; i < n->count; i++) {
        struct value v = s.form >= FORM_NUMBER ? more[key_of(t, &s, i)] : base_value(&s, i);
        if (s.form == FORM_OFFSET)
            v.low += more[i].low;
        put(&out[i], v);
    }
    if (s.exceptions > 0)
        put_exceptions(t, n, &s, out);
}
