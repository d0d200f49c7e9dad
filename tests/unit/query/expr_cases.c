/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notation of expr_cases.h: reading values and calls, evaluating them as columns and as
 * constants, comparing what comes out.
 */
#include "tests/unit/query/expr_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/text.h"
#include "query/function.h"

enum {
    MAX_ARGS = 8,
    CASE_ROWS = 70, /* more than a word of rows */
    TEXT_ROOM = 4096,
    TEXT_BUFFERS = 4
};

/* One argument as read. */
struct argument {
    stoa_type type;
    struct stoa_value value;
    bool is_untyped;
    bool is_constant;
};

static stoa_type type_of(const char *text)
{
    stoa_type type;
    stoa_error err;
    assert_ok(stoa_type_parse(text, &type, &err), &err);
    return type;
}

static struct stoa_value null_value(void)
{
    return (struct stoa_value){.is_null = true};
}

/* 'it''s' to its bytes, in the arena. */
static struct stoa_view read_quoted(struct stoa_arena *arena, const char *text, size_t size)
{
    assert_true(size >= 2 && text[0] == '\'' && text[size - 1] == '\'');
    uint8_t *bytes = stoa_arena_alloc(arena, size);
    assert_non_null(bytes);
    size_t used = 0;
    for (size_t i = 1; i + 1 < size; i++) {
        bytes[used++] = (uint8_t)text[i];
        if (text[i] == '\'')
            i++;
    }
    return (struct stoa_view){.data = bytes, .length = (uint32_t)used};
}

static struct stoa_value read_binary(struct stoa_arena *arena, struct stoa_view text)
{
    struct stoa_buf bytes;
    stoa_error err;
    stoa_buf_init(&bytes, TEXT_ROOM);
    assert_ok(stoa_text_parse_hex((const char *)text.data, text.length, &bytes, &err),
              &err);
    uint8_t *copy = stoa_arena_alloc(arena, bytes.size + 1);
    assert_non_null(copy);
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    const struct stoa_view view = {.data = copy, .length = (uint32_t)bytes.size};
    stoa_buf_done(&bytes);
    return (struct stoa_value){.is_null = false, .bytes = view};
}

static struct stoa_value read_literal(struct stoa_arena *arena, stoa_type type,
                                      const char *text, size_t size)
{
    struct stoa_value value = {.is_null = false};
    stoa_error err;
    if (size == 4 && memcmp(text, "NULL", 4) == 0)
        return null_value();
    if (type.id == STOA_TYPE_TEXT || type.id == STOA_TYPE_BINARY) {
        value.bytes = read_quoted(arena, text, size);
        return type.id == STOA_TYPE_TEXT ? value : read_binary(arena, value.bytes);
    }
    assert_ok(stoa_text_parse(type, text, size, &value, &err), &err);
    value.is_null = false;
    return value;
}

static struct argument read_value(struct stoa_arena *arena, const char *text, size_t size)
{
    struct argument arg = {.is_constant = size > 0 && text[0] == '#'};
    text += arg.is_constant;
    size -= arg.is_constant;
    const bool is_null = size == 4 && memcmp(text, "NULL", 4) == 0;
    if (is_null || (size > 0 && text[0] == '\'')) {
        arg.is_untyped = true;
        arg.is_constant = true;
        arg.type = (stoa_type){.id = STOA_TYPE_TEXT};
        arg.value = read_literal(arena, arg.type, text, size);
        return arg;
    }
    const char *blank = memchr(text, ' ', size);
    char type[STOA_TYPE_TEXT_MAX] = "";
    assert_non_null(blank);
    assert_true((size_t)(blank - text) < sizeof type);
    memcpy(type, text, (size_t)(blank - text));
    arg.type = type_of(type);
    arg.value = read_literal(arena, arg.type, blank + 1, size - (size_t)(blank + 1 - text));
    return arg;
}

/* ---- trees ---- */

static struct stoa_expr *new_expr(struct stoa_arena *arena, enum stoa_expr_kind kind,
                                  stoa_type type)
{
    struct stoa_expr *expr = stoa_arena_alloc_zeroed(arena, 1, sizeof *expr);
    assert_non_null(expr);
    expr->kind = kind;
    expr->type = type;
    expr->sql_offset = UINT32_MAX;
    return expr;
}

struct stoa_expr *expr_column(struct stoa_arena *arena, uint32_t column, const char *type)
{
    struct stoa_expr *expr = new_expr(arena, STOA_EXPR_COLUMN, type_of(type));
    expr->column = column;
    return expr;
}

static struct stoa_expr *constant_of(struct stoa_arena *arena, const struct argument *arg)
{
    struct stoa_expr *expr = new_expr(arena, STOA_EXPR_CONSTANT, arg->type);
    expr->constant = arg->value;
    expr->is_untyped = arg->is_untyped;
    return expr;
}

struct stoa_expr *expr_value(struct stoa_arena *arena, const char *value)
{
    const struct argument arg = read_value(arena, value, strlen(value));
    return constant_of(arena, &arg);
}

static struct stoa_expr **take_args(struct stoa_arena *arena, uint32_t arg_count,
                                    va_list list)
{
    struct stoa_expr **args = stoa_arena_alloc_zeroed(arena, arg_count + 1, sizeof *args);
    assert_non_null(args);
    for (uint32_t i = 0; i < arg_count; i++)
        args[i] = va_arg(list, struct stoa_expr *);
    return args;
}

struct stoa_expr *expr_call(struct stoa_arena *arena, const char *name, uint32_t arg_count,
                            ...)
{
    va_list list;
    va_start(list, arg_count);
    struct stoa_expr **args = take_args(arena, arg_count, list);
    va_end(list);
    struct stoa_expr *call = NULL;
    stoa_error err;
    assert_ok(stoa_function_bind(name, args, arg_count, UINT32_MAX, arena, &call, &err),
              &err);
    return call;
}

struct stoa_expr *expr_node(struct stoa_arena *arena, enum stoa_expr_kind kind,
                            uint32_t arg_count, ...)
{
    va_list list;
    va_start(list, arg_count);
    struct stoa_expr **args = take_args(arena, arg_count, list);
    va_end(list);
    struct stoa_expr *expr = new_expr(arena, kind, (stoa_type){.id = STOA_TYPE_BOOL});
    if (kind == STOA_EXPR_CASE)
        expr->type = args[1]->type;
    expr->args = args;
    expr->arg_count = arg_count;
    return expr;
}

/* ---- vectors ---- */

static void make_vector(struct stoa_vector *vector, stoa_type type, uint32_t length)
{
    stoa_error err;
    assert_ok(stoa_vector_init(vector, stoa_type_phys(type), &err), &err);
    vector->length = length;
    vector->has_nulls = false;
    memset(vector->validity, 0xff, sizeof vector->validity);
    const size_t width = vector->phys == STOA_PHYS_BYTES ? sizeof(struct stoa_view)
                                                         : stoa_phys_width(vector->phys);
    memset(vector->values.raw, 0,
           vector->phys == STOA_PHYS_BOOL ? STOA_VECTOR_ROWS / 8
                                          : width * STOA_VECTOR_ROWS);
}

void vector_make(struct stoa_vector *vector, const char *type, uint32_t length)
{
    make_vector(vector, type_of(type), length);
}

void vector_set_null(struct stoa_vector *vector, uint32_t row)
{
    stoa_bit_clear(vector->validity, row);
    vector->has_nulls = true;
}

static void set_row(struct stoa_vector *vector, uint32_t row,
                    const struct stoa_value *value)
{
    if (value->is_null) {
        vector_set_null(vector, row);
        return;
    }
    switch (vector->phys) {
    case STOA_PHYS_BOOL:
        stoa_bit_clear(vector->values.bits, row);
        if (value->boolean)
            stoa_bit_set(vector->values.bits, row);
        break;
    case STOA_PHYS_I64: vector->values.i64[row] = value->i64; break;
    case STOA_PHYS_U64: vector->values.u64[row] = value->u64; break;
    case STOA_PHYS_F64: vector->values.f64[row] = value->f64; break;
    case STOA_PHYS_I128: vector->values.i128[row] = value->i128; break;
    case STOA_PHYS_BYTES: vector->values.views[row] = value->bytes; break;
    case STOA_PHYS_FIXED16:
        memcpy(vector->values.fixed16 + 16 * (size_t)row, value->fixed16, 16);
        break;
    case STOA_PHYS_COUNT: break;
    }
}

void vector_set(struct stoa_vector *vector, uint32_t row, const char *value)
{
    struct stoa_arena arena;
    stoa_arena_init(&arena, TEXT_ROOM);
    const struct argument arg = read_value(&arena, value, strlen(value));
    set_row(vector, row, &arg.value);
    /* Bytes must outlive the arena: they point into the notation instead. */
    if (vector->phys == STOA_PHYS_BYTES && !arg.value.is_null) {
        const char *quote = strchr(value, '\'');
        assert_null(memchr(arg.value.bytes.data, '\'', arg.value.bytes.length));
        vector->values.views[row].data = (const uint8_t *)quote + 1;
    }
    stoa_arena_done(&arena);
}

static void append_literal(struct stoa_buf *out, stoa_type type,
                           const struct stoa_value *value)
{
    stoa_error err;
    const bool is_quoted = type.id == STOA_TYPE_TEXT || type.id == STOA_TYPE_BINARY;
    struct stoa_buf plain;
    stoa_buf_init(&plain, TEXT_ROOM);
    assert_ok(stoa_text_append(type, value, &plain, &err), &err);
    if (is_quoted)
        assert_ok(stoa_buf_append_byte(out, '\'', &err), &err);
    for (size_t i = 0; i < plain.size; i++) {
        if (is_quoted && plain.data[i] == '\'')
            assert_ok(stoa_buf_append_byte(out, '\'', &err), &err);
        assert_ok(stoa_buf_append_byte(out, plain.data[i], &err), &err);
    }
    if (is_quoted)
        assert_ok(stoa_buf_append_byte(out, '\'', &err), &err);
    stoa_buf_done(&plain);
}

const char *vector_text(const struct stoa_vector *vector, stoa_type type, uint32_t row)
{
    static char texts[TEXT_BUFFERS][TEXT_ROOM];
    static unsigned next;
    char *text = texts[next++ % TEXT_BUFFERS];
    char type_text[STOA_TYPE_TEXT_MAX];
    struct stoa_buf out;
    stoa_error err;
    stoa_buf_init(&out, TEXT_ROOM);
    assert_ok(stoa_buf_printf(&out, &err, "%s ", stoa_type_text(type, type_text)), &err);
    if (vector->has_nulls && !stoa_bit_get(vector->validity, row)) {
        assert_ok(stoa_buf_printf(&out, &err, "NULL"), &err);
    } else {
        const struct stoa_value value = stoa_vector_get(vector, row);
        append_literal(&out, type, &value);
    }
    assert_true(out.size < TEXT_ROOM);
    memcpy(text, out.data, out.size);
    text[out.size] = '\0';
    stoa_buf_done(&out);
    return text;
}

/* ---- calls ---- */

struct parsed_call {
    char name[64];
    struct argument args[MAX_ARGS];
    uint32_t arg_count;
    bool is_cast;
    bool is_explicit;
    stoa_type cast_type;
};

/* The first ", " at or behind `p` that is not in quotes, or `end`. */
static const char *find_comma(const char *p, const char *end)
{
    bool is_quoted = false;
    for (; p + 1 < end; p++) {
        is_quoted ^= *p == '\'';
        if (!is_quoted && p[0] == ',' && p[1] == ' ')
            return p;
    }
    return end;
}

static const char *find_last_as(const char *p, const char *end)
{
    for (const char *q = end - 4; q > p; q--) {
        if (memcmp(q, " as ", 4) == 0)
            return q;
    }
    return NULL;
}

static void parse_call(struct stoa_arena *arena, const char *text, struct parsed_call *out)
{
    const char *open = strchr(text, '(');
    const char *end = strrchr(text, ')');
    assert_true(open && end && (size_t)(open - text) < sizeof out->name);
    *out = (struct parsed_call){.arg_count = 0};
    memcpy(out->name, text, (size_t)(open - text));
    out->is_explicit = strcmp(out->name, "cast") == 0;
    out->is_cast = out->is_explicit || strcmp(out->name, "implicit") == 0;
    const char *p = open + 1;
    if (out->is_cast) {
        const char *as = find_last_as(p, end);
        char type[STOA_TYPE_TEXT_MAX] = "";
        assert_non_null(as);
        memcpy(type, as + 4, (size_t)(end - as - 4));
        /* "decimal" alone leaves the digits to the value. */
        if (strcmp(type, "decimal") == 0)
            out->cast_type = (stoa_type){.id = STOA_TYPE_DECIMAL};
        else
            out->cast_type = type_of(type);
        end = as;
    }
    while (p < end) {
        const char *comma = find_comma(p, end);
        assert_true(out->arg_count < MAX_ARGS);
        out->args[out->arg_count++] = read_value(arena, p, (size_t)(comma - p));
        p = comma < end ? comma + 2 : end;
    }
}

static const char *error_name(stoa_status status)
{
    switch ((int)status) {
    case STOA_E_OVERFLOW: return "!overflow";
    case STOA_E_DIVISION_BY_ZERO: return "!division";
    case STOA_E_BAD_VALUE: return "!value";
    case STOA_E_FUNCTION: return "!function";
    case STOA_E_TYPE: return "!type";
    case STOA_E_LIMIT: return "!limit";
    default: break;
    }
    return "!other";
}

static stoa_status bind_call(struct stoa_arena *arena, const struct parsed_call *call,
                             bool as_columns, struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr **args =
        stoa_arena_alloc_zeroed(arena, call->arg_count + 1, sizeof *args);
    assert_non_null(args);
    for (uint32_t i = 0; i < call->arg_count; i++) {
        const struct argument *arg = &call->args[i];
        if (as_columns && !arg->is_constant) {
            args[i] = new_expr(arena, STOA_EXPR_COLUMN, arg->type);
            args[i]->column = i;
        } else {
            args[i] = constant_of(arena, arg);
        }
    }
    if (call->is_cast)
        return stoa_cast_bind(args[0], call->cast_type, call->is_explicit, arena, out, err);
    return stoa_function_bind(call->name, args, call->arg_count, 0, arena, out, err);
}

/* All rows must agree; gives their text or the error's name. */
static const char *evaluate_columns(struct stoa_arena *arena,
                                    const struct parsed_call *call)
{
    struct stoa_expr *expr = NULL;
    struct stoa_vector vectors[MAX_ARGS];
    const struct stoa_vector *columns[MAX_ARGS];
    const struct stoa_vector *result = NULL;
    const char *text = NULL;
    stoa_error err;
    stoa_status status = bind_call(arena, call, true, &expr, &err);
    if (status != STOA_OK)
        return error_name(status);
    for (uint32_t i = 0; i < call->arg_count; i++) {
        make_vector(&vectors[i], call->args[i].type, CASE_ROWS);
        columns[i] = &vectors[i];
        for (uint32_t row = 0; row < CASE_ROWS; row++)
            set_row(&vectors[i], row, &call->args[i].value);
    }
    struct stoa_evaluator *evaluator = NULL;
    assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
    const struct stoa_rows rows = {.length = CASE_ROWS, .columns = columns};
    status = stoa_evaluate(evaluator, &rows, NULL, &result, &err);
    if (status == STOA_OK) {
        text = vector_text(result, expr->type, 0);
        for (uint32_t row = 1; row < CASE_ROWS; row++)
            assert_string_equal(vector_text(result, expr->type, row), text);
        text = vector_text(result, expr->type, 0);
    }
    stoa_evaluator_free(evaluator);
    for (uint32_t i = 0; i < call->arg_count; i++)
        stoa_vector_done(&vectors[i]);
    return text ? text : error_name(status);
}

static const char *evaluate_constants(struct stoa_arena *arena,
                                      const struct parsed_call *call)
{
    struct stoa_expr *expr = NULL;
    stoa_error err;
    stoa_status status = bind_call(arena, call, false, &expr, &err);
    if (status == STOA_OK)
        status = stoa_expr_fold(expr, arena, &err);
    if (status != STOA_OK)
        return error_name(status);
    assert_int_equal(expr->kind, STOA_EXPR_CONSTANT);
    struct stoa_vector vector;
    make_vector(&vector, expr->type, 1);
    set_row(&vector, 0, &expr->constant);
    const char *text = vector_text(&vector, expr->type, 0);
    stoa_vector_done(&vector);
    return text;
}

/* Without zeros at the end of a fraction. */
static size_t significant(const char *number)
{
    size_t size = strlen(number);
    while (strchr(number, '.') && size > 0 && number[size - 1] == '0')
        size--;
    return size > 0 && number[size - 1] == '.' ? size - 1 : size;
}

/* Constants may have a decimal type of their own digits: only the number counts there. */
static bool same_value(const char *a, const char *b)
{
    const char *number_a = strchr(a, ' ');
    const char *number_b = strchr(b, ' ');
    if (strncmp(a, "decimal(", 8) != 0 || strncmp(b, "decimal(", 8) != 0 || !number_a ||
        !number_b)
        return strcmp(a, b) == 0;
    const size_t size = significant(number_a);
    return size == significant(number_b) && memcmp(number_a, number_b, size) == 0;
}

void expr_cases_check(const struct expr_case *cases, size_t count)
{
    size_t failures = 0;
    for (size_t i = 0; i < count; i++) {
        struct stoa_arena arena;
        struct parsed_call call;
        stoa_arena_init(&arena, (size_t)64 << 20);
        parse_call(&arena, cases[i].call, &call);
        const char *found = evaluate_columns(&arena, &call);
        if (strcmp(found, cases[i].expected) != 0) {
            print_error("%s\n  expected %s\n  found    %s (columns)\n", cases[i].call,
                        cases[i].expected, found);
            failures++;
        }
        found = evaluate_constants(&arena, &call);
        if (!same_value(found, cases[i].expected)) {
            print_error("%s\n  expected %s\n  found    %s (constants)\n", cases[i].call,
                        cases[i].expected, found);
            failures++;
        }
        stoa_arena_done(&arena);
    }
    assert_int_equal(failures, 0);
}
