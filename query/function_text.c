/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that measure, search and cut texts. Positions and lengths count characters from
 * 1, as in PostgreSQL; cut texts are views into their argument and cost no copy.
 */
#include "query/call.h"
#include "query/utf8_text.h"

/* What a row of this table is made of. */
struct text_function {
    struct stoa_signature signature;
    stoa_row_fn row;
};

static bool resolve_text(const struct stoa_function *function,
                         struct stoa_expr *const *args, uint32_t arg_count,
                         stoa_type *out_type, stoa_type *out_arg_types)
{
    const struct text_function *text = function->data;
    return stoa_signature_resolve(&text->signature, args, arg_count, out_type,
                                  out_arg_types);
}

static stoa_status eval_text(struct stoa_call *call, stoa_error *err)
{
    const struct text_function *text = call->expr->function->data;
    return stoa_call_each(call, text->row, err);
}

static struct stoa_view text_arg(const struct stoa_call *call, uint32_t arg, uint32_t row)
{
    return call->args[arg]->values.views[row];
}

static int64_t int_arg(const struct stoa_call *call, uint32_t arg, uint32_t row)
{
    return call->args[arg]->values.i64[row];
}

/* ---- measures and searches ---- */

static stoa_status row_length(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    call->out->values.i64[row] = (int64_t)stoa_char_count(text_arg(call, 0, row));
    return STOA_OK;
}

static stoa_status row_octet_length(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    call->out->values.i64[row] = text_arg(call, 0, row).length;
    return STOA_OK;
}

static stoa_status row_strpos(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    struct stoa_view text = text_arg(call, 0, row);
    const size_t found = stoa_text_find(text, text_arg(call, 1, row), 0);
    text.length = found == SIZE_MAX ? 0 : (uint32_t)found;
    call->out->values.i64[row] = found == SIZE_MAX ? 0 : (int64_t)stoa_char_count(text) + 1;
    return STOA_OK;
}

static stoa_status row_starts_with(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct stoa_view text = text_arg(call, 0, row);
    const struct stoa_view start = text_arg(call, 1, row);
    stoa_call_set_bool(call, row,
                       start.length == 0 ||
                           (start.length <= text.length &&
                            memcmp(text.data, start.data, start.length) == 0));
    return STOA_OK;
}

static stoa_status row_ends_with(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct stoa_view text = text_arg(call, 0, row);
    const struct stoa_view end = text_arg(call, 1, row);
    stoa_call_set_bool(call, row,
                       end.length == 0 || (end.length <= text.length &&
                                           memcmp(text.data + text.length - end.length,
                                                  end.data, end.length) == 0));
    return STOA_OK;
}

static stoa_status row_contains(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    stoa_call_set_bool(call, row,
                       stoa_text_find(text_arg(call, 0, row), text_arg(call, 1, row), 0) !=
                           SIZE_MAX);
    return STOA_OK;
}

static stoa_status row_ascii(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct stoa_view text = text_arg(call, 0, row);
    call->out->values.i64[row] = text.length == 0 ? 0 : stoa_char_decode(text.data);
    return STOA_OK;
}

/* ---- cuts ---- */

static void set_slice(struct stoa_call *call, uint32_t row, struct stoa_view text,
                      size_t from, size_t to)
{
    stoa_call_set_view(call, row, from < to ? text.data + from : NULL,
                       from < to ? to - from : 0);
}

/* Characters [first, last) of the text, 0-based; both may lie outside. */
static void set_chars(struct stoa_call *call, uint32_t row, struct stoa_view text,
                      int64_t first, int64_t last)
{
    first = first < 0 ? 0 : first;
    if (last <= first) {
        stoa_call_set_view(call, row, NULL, 0);
        return;
    }
    const size_t from = stoa_char_offset(text, (size_t)first);
    const struct stoa_view rest = {.data = text.data + from,
                                   .length = text.length - (uint32_t)from};
    const size_t size = stoa_char_offset(rest, (size_t)(last - first));
    set_slice(call, row, text, from, from + size);
}

/* substr('abcdef', 0, 3) is 'ab': positions before the text count. */
static stoa_status row_substr(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const int64_t start = int_arg(call, 1, row);
    int64_t end = INT64_MAX;
    if (call->expr->arg_count == 3) {
        const int64_t count = int_arg(call, 2, row);
        if (count < 0)
            return stoa_fail(err, STOA_E_BAD_VALUE,
                             "substr: expected a count of 0 or more, found %lld",
                             (long long)count);
        if (!stoa_add_i64(start, count, &end))
            end = INT64_MAX;
    }
    /* From 1-based to 0-based; a text is far shorter than both limits. */
    set_chars(call, row, text_arg(call, 0, row), start > INT64_MIN ? start - 1 : start,
              end > INT64_MIN && end < INT64_MAX ? end - 1 : end);
    return STOA_OK;
}

/* A negative count leaves so many characters out at the other end. */
static stoa_status row_left(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct stoa_view text = text_arg(call, 0, row);
    int64_t count = int_arg(call, 1, row);
    if (count < 0)
        count += (int64_t)stoa_char_count(text);
    set_chars(call, row, text, 0, count);
    return STOA_OK;
}

static stoa_status row_right(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct stoa_view text = text_arg(call, 0, row);
    const int64_t size = (int64_t)stoa_char_count(text);
    const int64_t count = int_arg(call, 1, row);
    int64_t first = 0;
    if (count < 0)
        first = count == INT64_MIN ? size : -count;
    else
        first = size - count; /* below 0 when it is the whole text */
    set_chars(call, row, text, first, size);
    return STOA_OK;
}

/* Whether the character at `p` is one of `set`. */
static bool is_in_set(const uint8_t *p, struct stoa_view set)
{
    const size_t size = stoa_char_size(*p);
    for (size_t i = 0; i < set.length; i += stoa_char_size(set.data[i])) {
        if (stoa_char_size(set.data[i]) == size && memcmp(set.data + i, p, size) == 0)
            return true;
    }
    return false;
}

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

static void trim(struct stoa_call *call, uint32_t row, int sides)
{
    static const uint8_t blank[] = " ";
    const struct stoa_view text = text_arg(call, 0, row);
    const struct stoa_view set = call->expr->arg_count == 2
                                     ? text_arg(call, 1, row)
                                     : (struct stoa_view){.data = blank, .length = 1};
    size_t from = 0;
    size_t to = text.length;
    while ((sides & TRIM_LEFT) && from < to && is_in_set(text.data + from, set))
        from += stoa_char_size(text.data[from]);
    while ((sides & TRIM_RIGHT) && to > from) {
        size_t last = to - 1;
        while (last > from && (text.data[last] & 0xc0) == 0x80)
            last--;
        if (!is_in_set(text.data + last, set))
            break;
        to = last;
    }
    set_slice(call, row, text, from, to);
}

static stoa_status row_btrim(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    trim(call, row, TRIM_LEFT | TRIM_RIGHT);
    return STOA_OK;
}

static stoa_status row_ltrim(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    trim(call, row, TRIM_LEFT);
    return STOA_OK;
}

static stoa_status row_rtrim(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    trim(call, row, TRIM_RIGHT);
    return STOA_OK;
}

/* Field n of the text cut at the delimiter; from the end when n is negative. */
static stoa_status row_split_part(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct stoa_view text = text_arg(call, 0, row);
    const struct stoa_view delimiter = text_arg(call, 1, row);
    int64_t wanted = int_arg(call, 2, row);
    if (wanted == 0)
        return stoa_fail(err, STOA_E_BAD_VALUE, "split_part: field numbers start at 1");
    if (wanted < 0) {
        int64_t count = 1;
        for (size_t at = stoa_text_find(text, delimiter, 0);
             at != SIZE_MAX && delimiter.length > 0;
             at = stoa_text_find(text, delimiter, at + delimiter.length))
            count++;
        wanted = wanted < -count ? 0 : wanted + count + 1;
    }
    size_t from = 0;
    size_t to = delimiter.length > 0 ? stoa_text_find(text, delimiter, 0) : SIZE_MAX;
    while (wanted > 1 && to != SIZE_MAX) {
        from = to + delimiter.length;
        to = stoa_text_find(text, delimiter, from);
        wanted--;
    }
    if (wanted != 1)
        from = text.length;
    set_slice(call, row, text, from, to == SIZE_MAX || wanted != 1 ? text.length : to);
    return STOA_OK;
}

#define TEXT   STOA_TYPE_TEXT
#define NUMBER STOA_TYPE_INT64
#define TRUTH  STOA_TYPE_BOOL

static const struct text_function text_length = {
    {1, 1, {TEXT}, NUMBER},
    row_length
};
static const struct text_function text_octets = {
    {1, 1, {TEXT}, NUMBER},
    row_octet_length
};
static const struct text_function binary_octets = {
    {1, 1, {STOA_TYPE_BINARY}, NUMBER},
    row_octet_length
};
static const struct text_function text_strpos = {
    {2, 2, {TEXT, TEXT}, NUMBER},
    row_strpos
};
static const struct text_function text_starts = {
    {2, 2, {TEXT, TEXT}, TRUTH},
    row_starts_with
};
static const struct text_function text_ends = {
    {2, 2, {TEXT, TEXT}, TRUTH},
    row_ends_with
};
static const struct text_function text_contains = {
    {2, 2, {TEXT, TEXT}, TRUTH},
    row_contains
};
static const struct text_function text_ascii = {
    {1, 1, {TEXT}, NUMBER},
    row_ascii
};
static const struct text_function text_substr = {
    {2, 3, {TEXT, NUMBER, NUMBER}, TEXT},
    row_substr
};
static const struct text_function text_left = {
    {2, 2, {TEXT, NUMBER}, TEXT},
    row_left
};
static const struct text_function text_right = {
    {2, 2, {TEXT, NUMBER}, TEXT},
    row_right
};
static const struct text_function text_btrim = {
    {1, 2, {TEXT, TEXT}, TEXT},
    row_btrim
};
static const struct text_function text_ltrim = {
    {1, 2, {TEXT, TEXT}, TEXT},
    row_ltrim
};
static const struct text_function text_rtrim = {
    {1, 2, {TEXT, TEXT}, TEXT},
    row_rtrim
};
static const struct text_function text_split = {
    {3, 3, {TEXT, TEXT, NUMBER}, TEXT},
    row_split_part
};

#define ROW(word, how, arguments)                                                          \
    {                                                                                      \
        .name = word, .help = word arguments, .resolve = resolve_text, .eval = eval_text,  \
        .data = &how                                                                       \
    }

const struct stoa_function stoa_functions_text[] = {
    ROW("length", text_length, "(text) -> int64, in characters"),
    ROW("char_length", text_length, "(text) -> int64, in characters"),
    ROW("character_length", text_length, "(text) -> int64, in characters"),
    ROW("octet_length", text_octets, "(text) -> int64, in bytes"),
    ROW("octet_length", binary_octets, "(binary) -> int64, in bytes"),
    ROW("length", binary_octets, "(binary) -> int64, in bytes"),
    ROW("strpos", text_strpos, "(text, part) -> int64: position from 1, 0 when absent"),
    ROW("position", text_strpos, "(text, part) -> int64: position from 1, 0 when absent"),
    ROW("starts_with", text_starts, "(text, start) -> bool"),
    ROW("ends_with", text_ends, "(text, end) -> bool"),
    ROW("contains", text_contains, "(text, part) -> bool"),
    ROW("ascii", text_ascii, "(text) -> int64: code point of the first character"),
    ROW("substr", text_substr, "(text, start [, count]) -> text"),
    ROW("substring", text_substr, "(text, start [, count]) -> text"),
    ROW("left", text_left, "(text, count) -> text"),
    ROW("right", text_right, "(text, count) -> text"),
    ROW("trim", text_btrim, "(text [, characters]) -> text"),
    ROW("btrim", text_btrim, "(text [, characters]) -> text"),
    ROW("ltrim", text_ltrim, "(text [, characters]) -> text"),
    ROW("rtrim", text_rtrim, "(text [, characters]) -> text"),
    ROW("split_part", text_split, "(text, delimiter, field) -> text"),
    {.name = NULL},
};
