/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Casts to and from text (query/cast.h), by the one definition of spellings in format/text.h.
 */
#include "format/text.h"
#include "query/call.h"
#include "query/cast.h"

/* Longest text that can be a value of a type other than text and binary. */
enum { MAX_SCALAR_TEXT = 4096 };

static stoa_status row_to_text(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    char text[STOA_VALUE_TEXT_MAX];
    const struct stoa_value value = stoa_vector_get(call->args[0], row);
    const size_t size = stoa_text_write(call->expr->args[0]->type, &value, text);
    uint8_t *bytes = NULL;
    STOA_TRY(stoa_call_text(call, size, &bytes, err));
    memcpy(bytes, text, size);
    stoa_call_set_view(call, row, bytes, size);
    return STOA_OK;
}

static char hex_digit(unsigned v)
{
    return (char)(v < 10 ? '0' + v : 'a' + v - 10);
}

/* "\x" and lower-case hex. */
static stoa_status row_binary_to_text(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct stoa_view from = call->args[0]->values.views[row];
    uint8_t *bytes = NULL;
    STOA_TRY(stoa_call_text(call, 2 + 2 * (size_t)from.length, &bytes, err));
    bytes[0] = '\\';
    bytes[1] = 'x';
    for (size_t i = 0; i < from.length; i++) {
        bytes[2 + 2 * i] = (uint8_t)hex_digit(from.data[i] >> 4);
        bytes[3 + 2 * i] = (uint8_t)hex_digit(from.data[i] & 15u);
    }
    stoa_call_set_view(call, row, bytes, 2 + 2 * (size_t)from.length);
    return STOA_OK;
}

static stoa_status eval_to_text(struct stoa_call *call, stoa_error *err)
{
    const bool is_binary = call->expr->args[0]->type.id == STOA_TYPE_BINARY;
    return stoa_call_each(call, is_binary ? row_binary_to_text : row_to_text, err);
}

static void set_value(struct stoa_vector *out, uint32_t row, const struct stoa_value *value)
{
    switch (out->phys) {
    case STOA_PHYS_BOOL:
        if (value->boolean)
            stoa_bit_set(out->values.bits, row);
        else
            stoa_bit_clear(out->values.bits, row);
        break;
    case STOA_PHYS_I64: out->values.i64[row] = value->i64; break;
    case STOA_PHYS_U64: out->values.u64[row] = value->u64; break;
    case STOA_PHYS_F64: out->values.f64[row] = value->f64; break;
    case STOA_PHYS_I128: out->values.i128[row] = value->i128; break;
    case STOA_PHYS_FIXED16:
        memcpy(out->values.fixed16 + 16 * (size_t)row, value->fixed16, 16);
        break;
    case STOA_PHYS_BYTES:
    case STOA_PHYS_COUNT: break;
    }
}

static stoa_status row_from_text(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct stoa_view text = call->args[0]->values.views[row];
    struct stoa_value value = {.is_null = false};
    if (text.length > MAX_SCALAR_TEXT) {
        char type[STOA_TYPE_TEXT_MAX];
        return stoa_fail(err, STOA_E_BAD_VALUE, "a text of %u bytes is no %s", text.length,
                         stoa_type_text(call->expr->type, type));
    }
    STOA_TRY(stoa_text_parse(call->expr->type, (const char *)text.data, text.length, &value,
                             err));
    set_value(call->out, row, &value);
    return STOA_OK;
}

static stoa_status eval_from_text(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_from_text, err);
}

stoa_status stoa_cast_binary_literal(struct stoa_view text, struct stoa_arena *arena,
                                     struct stoa_view *out, stoa_error *err)
{
    if (text.length < 2 || text.data[0] != '\\' || text.data[1] != 'x') {
        *out = text;
        return STOA_OK;
    }
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, STOA_MAX_VALUE_BYTES);
    stoa_status status =
        stoa_text_parse_hex((const char *)text.data, text.length, &bytes, err);
    if (status == STOA_OK) {
        uint8_t *copy = stoa_arena_alloc(arena, bytes.size + 1);
        if (copy) {
            if (bytes.size > 0)
                memcpy(copy, bytes.data, bytes.size);
            *out = (struct stoa_view){.data = copy, .length = (uint32_t)bytes.size};
        } else {
            status = stoa_arena_fail(arena, bytes.size + 1, err);
        }
    }
    stoa_buf_done(&bytes);
    return status;
}

static stoa_status row_text_to_binary(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    return stoa_cast_binary_literal(call->args[0]->values.views[row], call->texts,
                                    &call->out->values.views[row], err);
}

static stoa_status eval_text_to_binary(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_text_to_binary, err);
}

const struct stoa_function stoa_cast_to_text = {.name = "cast", .eval = eval_to_text};
const struct stoa_function stoa_cast_from_text = {.name = "cast", .eval = eval_from_text};
const struct stoa_function stoa_cast_text_to_binary = {.name = "cast",
                                                       .eval = eval_text_to_binary};
