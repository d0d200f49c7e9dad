/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates whatever their form: the table of forms, texts with their affixes to values and back.
 * Reading is lenient and checked by printing, so that what is the text of no value is never taken
 * for one.
 */
#include "format/enc/enc_cast.h"

static const struct stoa_cast_form *const forms[STOA_CAST_FORM_LIMIT] = {
    [STOA_CAST_UUID] = &stoa_cast_uuid,     [STOA_CAST_HEX] = &stoa_cast_hex,
    [STOA_CAST_NUMBER] = &stoa_cast_number, [STOA_CAST_PADDED] = &stoa_cast_padded,
    [STOA_CAST_TIME] = &stoa_cast_time,
};

const struct stoa_cast_form *stoa_cast_form_find(unsigned id)
{
    return id < STOA_CAST_FORM_LIMIT ? forms[id] : NULL;
}

bool stoa_cast_prepare(struct stoa_cast_template *t)
{
    return t->prefix_size <= STOA_CAST_MAX_AFFIX && t->suffix_size <= STOA_CAST_MAX_AFFIX &&
           t->pattern_size <= STOA_CAST_MAX_PATTERN && t->form->prepare(t);
}

struct stoa_view stoa_cast_print_one(const struct stoa_cast_template *t,
                                     const struct stoa_value *value,
                                     uint8_t room[STOA_CAST_MAX_TEXT + STOA_CAST_SLACK])
{
    struct stoa_view view;
    t->form->print(
        t, t->phys == STOA_PHYS_BYTES ? (const void *)&value->bytes : value->fixed16, 1,
        room, &view);
    return view;
}

static bool has_affixes(const struct stoa_cast_template *t, struct stoa_view text)
{
    return text.length >= (uint32_t)t->prefix_size + t->suffix_size &&
           text.length <= stoa_cast_max_text(t) &&
           memcmp(text.data, t->prefix, t->prefix_size) == 0 &&
           memcmp(text.data + text.length - t->suffix_size, t->suffix, t->suffix_size) == 0;
}

static bool is_in_domain(const struct stoa_cast_template *t, const struct stoa_value *value)
{
    if (t->phys == STOA_PHYS_I64)
        return value->i64 >= t->low && value->i64 <= t->high;
    return t->phys != STOA_PHYS_U64 || value->u64 <= t->limit;
}

bool stoa_cast_parse(const struct stoa_cast_template *t, struct stoa_view text,
                     struct stoa_value *out, uint8_t room[STOA_CAST_MAX_HEX / 2])
{
    uint8_t printed[STOA_CAST_MAX_TEXT + STOA_CAST_SLACK];
    if (text.length == 0 || !has_affixes(t, text))
        return false;
    const uint32_t size = text.length - t->prefix_size - t->suffix_size;
    if (!t->form->parse(t, text.data + t->prefix_size, size, out, room) ||
        !is_in_domain(t, out))
        return false;
    return t->form->is_exact || stoa_view_equal(stoa_cast_print_one(t, out, printed), text);
}
