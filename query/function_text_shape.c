/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that make new texts: case, joining, replacing, padding. Every made text is
 * bounded (16 MiB) and lives in the evaluation's arena.
 */
#include "format/text.h"
#include "query/call.h"
#include "query/utf8_text.h"

struct shape_function {
    struct stoa_signature signature;
    stoa_row_fn row;
};

static bool resolve_shape(const struct stoa_function *function,
                          struct stoa_expr *const *args, uint32_t arg_count,
                          stoa_type *out_type, stoa_type *out_arg_types)
{
    const struct shape_function *shape = function->data;
    return stoa_signature_resolve(&shape->signature, args, arg_count, out_type,
                                  out_arg_types);
}

static stoa_status eval_shape(struct stoa_call *call, stoa_error *err)
{
    const struct shape_function *shape = call->expr->function->data;
    return stoa_call_each(call, shape->row, err);
}

static struct stoa_view text_arg(const struct stoa_call *call, uint32_t arg, uint32_t row)
{
    return call->args[arg]->values.views[row];
}

/* ---- case ---- */

/* The case of one character, given whether it stands inside of a word. */
typedef uint32_t (*case_fn)(uint32_t code, bool in_word);

static uint32_t to_lower(uint32_t code, bool in_word)
{
    STOA_UNUSED(in_word);
    return stoa_char_lower(code);
}

static uint32_t to_upper(uint32_t code, bool in_word)
{
    STOA_UNUSED(in_word);
    return stoa_char_upper(code);
}

static uint32_t to_title(uint32_t code, bool in_word)
{
    return in_word ? stoa_char_lower(code) : stoa_char_upper(code);
}

/* Maps every character into `out`, NULL to count only; returns the bytes. */
static size_t map_chars(struct stoa_view text, case_fn map, uint8_t *out)
{
    size_t used = 0;
    bool in_word = false;
    for (size_t i = 0; i < text.length; i += stoa_char_size(text.data[i])) {
        const uint32_t code = stoa_char_decode(text.data + i);
        uint8_t bytes[4];
        const size_t size = stoa_char_encode(map(code, in_word), bytes);
        if (out)
            memcpy(out + used, bytes, size);
        used += size;
        in_word = stoa_char_is_word(code);
    }
    return used;
}

/* A mapping may need another number of bytes than the character (U+023A has two, its lower
 * case three). */
static stoa_status map_case(struct stoa_call *call, uint32_t row, case_fn map,
                            stoa_error *err)
{
    const struct stoa_view text = text_arg(call, 0, row);
    const size_t size = map_chars(text, map, NULL);
    uint8_t *out = NULL;
    STOA_TRY(stoa_call_text(call, size, &out, err));
    stoa_call_set_view(call, row, out, map_chars(text, map, out));
    return STOA_OK;
}

/* lower and upper: texts of ASCII, which are nearly all, go without decoding. */
static stoa_status map_letters(struct stoa_call *call, uint32_t row, uint8_t first,
                               case_fn map, stoa_error *err)
{
    const struct stoa_view text = text_arg(call, 0, row);
    if (!stoa_text_is_ascii(text))
        return map_case(call, row, map, err);
    uint8_t *out = NULL;
    STOA_TRY(stoa_call_text(call, text.length, &out, err));
    stoa_ascii_swap_case(text, first, out);
    stoa_call_set_view(call, row, out, text.length);
    return STOA_OK;
}

static stoa_status row_lower(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    return map_letters(call, row, 'A', to_lower, err);
}

static stoa_status row_upper(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    return map_letters(call, row, 'a', to_upper, err);
}

static stoa_status row_initcap(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    return map_case(call, row, to_title, err);
}

/* ---- joining ---- */

/* Copies a text to `out`; returns its bytes. */
static size_t put(uint8_t *out, struct stoa_view text)
{
    if (text.length > 0)
        memcpy(out, text.data, text.length);
    return text.length;
}

static stoa_status row_join(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    size_t size = 0;
    for (uint32_t a = 0; a < call->expr->arg_count; a++) {
        if (!stoa_vector_is_null(call->args[a], row))
            size += text_arg(call, a, row).length;
    }
    uint8_t *out = NULL;
    STOA_TRY(stoa_call_text(call, size, &out, err));
    size_t used = 0;
    for (uint32_t a = 0; a < call->expr->arg_count; a++) {
        if (!stoa_vector_is_null(call->args[a], row))
            used += put(out + used, text_arg(call, a, row));
    }
    stoa_call_set_view(call, row, out, used);
    return STOA_OK;
}

static stoa_status eval_join(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_join, err);
}

/* concat_ws(separator, ...): NULLs are left out, with their separator. */
static stoa_status row_join_with(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    if (stoa_vector_is_null(call->args[0], row)) {
        stoa_call_set_null(call, row);
        return STOA_OK;
    }
    const struct stoa_view separator = text_arg(call, 0, row);
    size_t size = 0;
    for (uint32_t a = 1; a < call->expr->arg_count; a++) {
        if (!stoa_vector_is_null(call->args[a], row))
            size += text_arg(call, a, row).length + (size_t)separator.length;
    }
    uint8_t *out = NULL;
    STOA_TRY(stoa_call_text(call, size > 0 ? size - separator.length : 0, &out, err));
    size_t used = 0;
    bool is_first = true;
    for (uint32_t a = 1; a < call->expr->arg_count; a++) {
        if (stoa_vector_is_null(call->args[a], row))
            continue;
        if (!is_first)
            used += put(out + used, separator);
        used += put(out + used, text_arg(call, a, row));
        is_first = false;
    }
    stoa_call_set_view(call, row, out, used);
    return STOA_OK;
}

static stoa_status eval_join_with(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_join_with, err);
}

/* Arguments of any type are printed as by CAST. */
static bool resolve_join(const struct stoa_function *function,
                         struct stoa_expr *const *args, uint32_t arg_count,
                         stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    STOA_UNUSED(args);
    for (uint32_t i = 0; i < arg_count; i++)
        out_arg_types[i] = stoa_type_of(STOA_TYPE_TEXT);
    *out_type = stoa_type_of(STOA_TYPE_TEXT);
    return arg_count > 0;
}

static bool resolve_join_with(const struct stoa_function *function,
                              struct stoa_expr *const *args, uint32_t arg_count,
                              stoa_type *out_type, stoa_type *out_arg_types)
{
    return arg_count >= 2 && args[0]->type.id == STOA_TYPE_TEXT &&
           resolve_join(function, args, arg_count, out_type, out_arg_types);
}

/* binary || binary; a literal without a type beside a binary is one too. */
static bool resolve_join_binary(const struct stoa_function *function,
                                struct stoa_expr *const *args, uint32_t arg_count,
                                stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    const stoa_type binary = stoa_type_of(STOA_TYPE_BINARY);
    bool has_binary = false;
    for (uint32_t i = 0; i < arg_count; i++) {
        if (!args[i]->is_untyped && args[i]->type.id != STOA_TYPE_BINARY)
            return false;
        has_binary |= !args[i]->is_untyped;
        out_arg_types[i] = binary;
    }
    *out_type = binary;
    return arg_count == 2 && has_binary;
}

/* One of the two is a text: 1 || 2 is a mistake rather than '12'. */
static bool resolve_join_two(const struct stoa_function *function,
                             struct stoa_expr *const *args, uint32_t arg_count,
                             stoa_type *out_type, stoa_type *out_arg_types)
{
    return arg_count == 2 &&
           (args[0]->type.id == STOA_TYPE_TEXT || args[1]->type.id == STOA_TYPE_TEXT) &&
           resolve_join(function, args, arg_count, out_type, out_arg_types);
}

/* ---- replacing ---- */

static stoa_status row_replace(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct stoa_view text = text_arg(call, 0, row);
    const struct stoa_view from = text_arg(call, 1, row);
    const struct stoa_view to = text_arg(call, 2, row);
    size_t count = 0;
    for (size_t at = from.length ? stoa_text_find(text, from, 0) : SIZE_MAX; at != SIZE_MAX;
         at = stoa_text_find(text, from, at + from.length))
        count++;
    if (count == 0) {
        call->out->values.views[row] = text;
        return STOA_OK;
    }
    /* Both factors are below 2^24, so the product fits. */
    const size_t size = text.length - count * from.length + count * (size_t)to.length;
    uint8_t *out = NULL;
    STOA_TRY(stoa_call_text(call, size, &out, err));
    size_t used = 0;
    size_t done = 0;
    for (size_t at = stoa_text_find(text, from, 0); at != SIZE_MAX;
         at = stoa_text_find(text, from, done)) {
        memcpy(out + used, text.data + done, at - done);
        used += at - done;
        if (to.length > 0)
            memcpy(out + used, to.data, to.length);
        used += to.length;
        done = at + from.length;
    }
    memcpy(out + used, text.data + done, text.length - done);
    stoa_call_set_view(call, row, out, size);
    return STOA_OK;
}

/* The character at `p` mapped by its place in `from`: the one at that place in `to`, none
 * when `to` is shorter, itself when it is not in `from`. */
static struct stoa_view translate_char(const uint8_t *p, struct stoa_view from,
                                       struct stoa_view to)
{
    const uint32_t size = (uint32_t)stoa_char_size(*p);
    size_t other = 0; /* byte in `to` of the place that `i` has in `from` */
    for (size_t i = 0; i < from.length; i += stoa_char_size(from.data[i])) {
        if (from.data[i] == *p && memcmp(from.data + i, p, size) == 0)
            return other < to.length
                       ? (struct stoa_view){to.data + other,
                                            (uint32_t)stoa_char_size(to.data[other])}
                       : (struct stoa_view){NULL, 0};
        if (other < to.length)
            other += stoa_char_size(to.data[other]);
    }
    return (struct stoa_view){p, size};
}

static stoa_status row_translate(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct stoa_view text = text_arg(call, 0, row);
    const struct stoa_view from = text_arg(call, 1, row);
    const struct stoa_view to = text_arg(call, 2, row);
    uint8_t *out = NULL;
    size_t size = 0;
    for (size_t i = 0; i < text.length; i += stoa_char_size(text.data[i]))
        size += translate_char(text.data + i, from, to).length;
    STOA_TRY(stoa_call_text(call, size, &out, err));
    size_t used = 0;
    for (size_t i = 0; i < text.length; i += stoa_char_size(text.data[i]))
        used += put(out + used, translate_char(text.data + i, from, to));
    stoa_call_set_view(call, row, out, used);
    return STOA_OK;
}

static stoa_status row_reverse(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct stoa_view text = text_arg(call, 0, row);
    uint8_t *out = NULL;
    STOA_TRY(stoa_call_text(call, text.length, &out, err));
    size_t end = text.length;
    for (size_t i = 0; i < text.length;) {
        const size_t size = stoa_char_size(text.data[i]);
        end -= size;
        memcpy(out + end, text.data + i, size);
        i += size;
    }
    stoa_call_set_view(call, row, out, text.length);
    return STOA_OK;
}

/* Writes `fill`, which is not empty, over and over: by doubling what is there already. */
static void fill_bytes(struct stoa_view fill, size_t size, uint8_t *out)
{
    size_t used = size < fill.length ? size : fill.length;
    memcpy(out, fill.data, used);
    while (used < size) {
        const size_t more = size - used < used ? size - used : used;
        memcpy(out + used, out, more);
        used += more;
    }
}

static stoa_status row_repeat(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct stoa_view text = text_arg(call, 0, row);
    const int64_t asked = call->args[1]->values.i64[row];
    const size_t count = asked < 0 || text.length == 0 ? 0 : (size_t)asked;
    size_t size = 0;
    if (!stoa_mul_size(text.length, count, &size))
        size = SIZE_MAX;
    uint8_t *out = NULL;
    STOA_TRY(stoa_call_text(call, size, &out, err));
    if (size > 0)
        fill_bytes(text, size, out);
    stoa_call_set_view(call, row, out, size);
    return STOA_OK;
}

static stoa_status row_chr(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const int64_t code = call->args[0]->values.i64[row];
    if (code < 1 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return stoa_fail(err, STOA_E_BAD_VALUE, "chr: %lld is no character",
                         (long long)code);
    uint8_t *out = NULL;
    STOA_TRY(stoa_call_text(call, 4, &out, err));
    stoa_call_set_view(call, row, out, stoa_char_encode((uint32_t)code, out));
    return STOA_OK;
}

/* ---- padding ---- */

/* Bytes of `count` characters of `fill`, over and over. Below 2^48: both factors are below 2^24. */
static size_t fill_size(struct stoa_view fill, size_t count)
{
    const size_t chars = stoa_char_count(fill);
    return count / chars * fill.length + stoa_char_offset(fill, count % chars);
}

/* Pads to a number of characters, or cuts to it on the right. */
static stoa_status pad(struct stoa_call *call, uint32_t row, bool is_left, stoa_error *err)
{
    static const uint8_t blank[] = " ";
    const struct stoa_view text = text_arg(call, 0, row);
    const struct stoa_view fill = call->expr->arg_count == 3
                                      ? text_arg(call, 2, row)
                                      : (struct stoa_view){.data = blank, .length = 1};
    const int64_t asked = call->args[1]->values.i64[row];
    const size_t wanted = asked < 0 ? 0 : (size_t)asked;
    const size_t count = stoa_char_count(text);
    if (wanted <= count || fill.length == 0) {
        const size_t size = wanted <= count ? stoa_char_offset(text, wanted) : text.length;
        stoa_call_set_view(call, row, text.data, size);
        return STOA_OK;
    }
    uint8_t *out = NULL;
    if (wanted > STOA_MAX_VALUE_BYTES)
        return stoa_call_text(call, wanted, &out, err);
    const size_t size = fill_size(fill, wanted - count);
    STOA_TRY(stoa_call_text(call, size + text.length, &out, err));
    fill_bytes(fill, size, is_left ? out : out + text.length);
    if (text.length > 0)
        memcpy(is_left ? out + size : out, text.data, text.length);
    stoa_call_set_view(call, row, out, size + text.length);
    return STOA_OK;
}

static stoa_status row_lpad(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    return pad(call, row, true, err);
}

static stoa_status row_rpad(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    return pad(call, row, false, err);
}

#define TEXT   STOA_TYPE_TEXT
#define NUMBER STOA_TYPE_INT64

static const struct shape_function shape_lower = {
    {1, 1, {TEXT}, TEXT},
    row_lower
};
static const struct shape_function shape_upper = {
    {1, 1, {TEXT}, TEXT},
    row_upper
};
static const struct shape_function shape_initcap = {
    {1, 1, {TEXT}, TEXT},
    row_initcap
};
static const struct shape_function shape_replace = {
    {3, 3, {TEXT, TEXT, TEXT}, TEXT},
    row_replace
};
static const struct shape_function shape_translate = {
    {3, 3, {TEXT, TEXT, TEXT}, TEXT},
    row_translate
};
static const struct shape_function shape_reverse = {
    {1, 1, {TEXT}, TEXT},
    row_reverse
};
static const struct shape_function shape_repeat = {
    {2, 2, {TEXT, NUMBER}, TEXT},
    row_repeat
};
static const struct shape_function shape_chr = {
    {1, 1, {NUMBER}, TEXT},
    row_chr
};
static const struct shape_function shape_lpad = {
    {2, 3, {TEXT, NUMBER, TEXT}, TEXT},
    row_lpad
};
static const struct shape_function shape_rpad = {
    {2, 3, {TEXT, NUMBER, TEXT}, TEXT},
    row_rpad
};

#define ROW(word, how, arguments)                                                          \
    {                                                                                      \
        .name = word, .help = word arguments, .resolve = resolve_shape,                    \
        .eval = eval_shape, .data = &how                                                   \
    }

const struct stoa_function stoa_functions_text_shape[] = {
    ROW("lower", shape_lower, "(text) -> text"),
    ROW("upper", shape_upper, "(text) -> text"),
    ROW("initcap", shape_initcap, "(text) -> text"),
    ROW("replace", shape_replace, "(text, from, to) -> text"),
    ROW("translate", shape_translate, "(text, characters, characters) -> text"),
    ROW("reverse", shape_reverse, "(text) -> text"),
    ROW("repeat", shape_repeat, "(text, count) -> text"),
    ROW("chr", shape_chr, "(code point) -> text"),
    ROW("lpad", shape_lpad, "(text, length [, fill]) -> text"),
    ROW("rpad", shape_rpad, "(text, length [, fill]) -> text"),
    {.name = "||",
                                                             .help = "binary || binary -> binary",
                                                             .resolve = resolve_join_binary,
                                                             .eval = eval_join},
    {.name = "||",
                                                             .help = "text || any -> text",
                                                             .flags = STOA_FUNCTION_PRINTS,
                                                             .resolve = resolve_join_two,
                                                             .eval = eval_join},
    {.name = "concat",
                                                             .help = "concat(any, ...) -> text; NULLs are left out",
                                                             .flags = STOA_FUNCTION_NOT_STRICT | STOA_FUNCTION_PRINTS,
                                                             .resolve = resolve_join,
                                                             .eval = eval_join},
    {.name = "concat_ws",
                                                             .help = "concat_ws(separator, any, ...) -> text; NULLs are left out",
                                                             .flags = STOA_FUNCTION_NOT_STRICT | STOA_FUNCTION_PRINTS,
                                                             .resolve = resolve_join_with,
                                                             .eval = eval_join_with},
    {.name = NULL   },
};
