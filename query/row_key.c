/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as byte strings (query/row_key.h). Never stored in a file, so the layout is free and native.
 */
#include "query/row_key.h"

#include <string.h>

enum { KEY_NULL = 0, KEY_VALUE = 1 };

static stoa_status append_fixed(struct stoa_buf *key, const void *value, size_t size,
                                stoa_error *err)
{
    uint8_t bytes[17];
    bytes[0] = KEY_VALUE;
    memcpy(bytes + 1, value, size);
    return stoa_buf_append(key, bytes, size + 1, err);
}

static stoa_status append_view(struct stoa_buf *key, struct stoa_view view, stoa_error *err)
{
    uint8_t bytes[5];
    bytes[0] = KEY_VALUE;
    memcpy(bytes + 1, &view.length, 4);
    STOA_TRY(stoa_buf_append(key, bytes, 5, err));
    return view.length > 0 ? stoa_buf_append(key, view.data, view.length, err) : STOA_OK;
}

stoa_status stoa_row_key_append(struct stoa_buf *key, enum stoa_phys phys,
                                const struct stoa_value *value, stoa_error *err)
{
    if (value->is_null)
        return stoa_buf_append_byte(key, KEY_NULL, err);
    switch (phys) {
    case STOA_PHYS_BOOL: {
        const uint8_t bit = value->boolean;
        return append_fixed(key, &bit, 1, err);
    }
    case STOA_PHYS_I64:
    case STOA_PHYS_U64: return append_fixed(key, &value->u64, 8, err);
    case STOA_PHYS_F64: {
        const double x = stoa_float_normal(value->f64);
        return append_fixed(key, &x, 8, err);
    }
    case STOA_PHYS_I128: return append_fixed(key, &value->i128, 16, err);
    case STOA_PHYS_BYTES: return append_view(key, value->bytes, err);
    case STOA_PHYS_FIXED16: return append_fixed(key, value->fixed16, 16, err);
    case STOA_PHYS_COUNT: break;
    }
    return stoa_fail(err, STOA_E_INTERNAL, "a value without a kind");
}

struct stoa_value stoa_row_key_take(enum stoa_phys phys, const uint8_t **io_key)
{
    struct stoa_value value = {.is_null = true};
    const uint8_t *key = *io_key;
    if (*key++ == KEY_NULL) {
        *io_key = key;
        return value;
    }
    value.is_null = false;
    size_t size = 8;
    switch (phys) {
    case STOA_PHYS_BOOL:
        value.boolean = *key != 0;
        size = 1;
        break;
    case STOA_PHYS_I64:
    case STOA_PHYS_U64:
    case STOA_PHYS_F64: memcpy(&value.u64, key, 8); break;
    case STOA_PHYS_I128:
        memcpy(&value.i128, key, 16);
        size = 16;
        break;
    case STOA_PHYS_FIXED16:
        memcpy(value.fixed16, key, 16);
        size = 16;
        break;
    case STOA_PHYS_BYTES:
        memcpy(&value.bytes.length, key, 4);
        value.bytes.data = key + 4;
        size = 4 + (size_t)value.bytes.length;
        break;
    case STOA_PHYS_COUNT: break;
    }
    *io_key = key + size;
    return value;
}
