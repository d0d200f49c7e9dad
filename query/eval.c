/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluation of bound expressions over vectors (query/expr.h): one scratch vector per node, allocated
 * once. Selections are bitmaps; every node computes only the rows that reach it, so that CASE and
 * AND/OR guard what stands behind them. Connectives are here, functions in function_*.c.
 */
#include <string.h>

#include "common/alloc.h"
#include "query/expr.h"
#include "query/function.h"

enum { MAX_EXPR_DEPTH = 200 };
/* Texts made for one vector of one expression. */
#define MAX_MADE_TEXT ((size_t)128 << 20)

typedef uint64_t bits[STOA_VECTOR_WORDS];

/* One node's state; mirrors the expression tree. */
struct eval_node {
    const struct stoa_expr *expr;
    struct stoa_vector out;             /* not allocated for COLUMN nodes */
    struct eval_node *args;             /* expr->arg_count of them */
    const struct stoa_vector **results; /* of the args; scratch for calls */
    void *own;                          /* CALL: what function->open made */
};

struct stoa_evaluator {
    struct eval_node root;
    struct stoa_arena texts;
    const struct stoa_rows *rows; /* of the evaluation in progress */
};

/* ---- making and freeing ---- */

static void node_done(struct eval_node *node)
{
    stoa_vector_done(&node->out);
    if (node->own)
        node->expr->function->close(node->own);
    for (uint32_t i = 0; node->args && i < node->expr->arg_count; i++)
        node_done(&node->args[i]);
    stoa_free(node->args);
    stoa_free((void *)node->results);
}

static void set_constant_rows(struct stoa_vector *out, const struct stoa_value *value)
{
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        switch (out->phys) {
        case STOA_PHYS_BOOL:
            if (value->boolean)
                stoa_bit_set(out->values.bits, i);
            break;
        case STOA_PHYS_I64: out->values.i64[i] = value->i64; break;
        case STOA_PHYS_U64: out->values.u64[i] = value->u64; break;
        case STOA_PHYS_F64: out->values.f64[i] = value->f64; break;
        case STOA_PHYS_I128: out->values.i128[i] = value->i128; break;
        case STOA_PHYS_BYTES: out->values.views[i] = value->bytes; break;
        case STOA_PHYS_FIXED16:
            memcpy(out->values.fixed16 + 16 * (size_t)i, value->fixed16, 16);
            break;
        case STOA_PHYS_COUNT: break;
        }
    }
}

static void fill_constant(struct stoa_vector *out, const struct stoa_value *value)
{
    out->has_nulls = value->is_null;
    memset(out->validity, value->is_null ? 0 : 0xff, sizeof out->validity);
    if (!value->is_null)
        set_constant_rows(out, value);
}

static size_t values_size(enum stoa_phys phys)
{
    if (phys == STOA_PHYS_BOOL)
        return STOA_VECTOR_WORDS * sizeof(uint64_t);
    if (phys == STOA_PHYS_BYTES)
        return STOA_VECTOR_ROWS * sizeof(struct stoa_view);
    return STOA_VECTOR_ROWS * stoa_phys_width(phys);
}

static stoa_status node_init(struct eval_node *node, const struct stoa_expr *expr,
                             unsigned depth, stoa_error *err)
{
    node->expr = expr;
    if (depth > MAX_EXPR_DEPTH)
        return stoa_fail(err, STOA_E_LIMIT, "expressions nest at most %d deep",
                         MAX_EXPR_DEPTH);
    if (expr->kind == STOA_EXPR_COLUMN)
        return STOA_OK;
    const enum stoa_phys phys = stoa_type_phys(expr->type);
    STOA_TRY(stoa_vector_init(&node->out, phys, err));
    memset(node->out.values.raw, 0, values_size(phys));
    if (expr->kind == STOA_EXPR_CONSTANT) {
        fill_constant(&node->out, &expr->constant);
        return STOA_OK;
    }
    if (expr->kind == STOA_EXPR_CALL && expr->function->open)
        STOA_TRY(expr->function->open(expr, &node->own, err));
    if (expr->arg_count == 0)
        return STOA_OK;
    node->args = stoa_alloc_zeroed(expr->arg_count, sizeof *node->args);
    node->results = stoa_alloc_zeroed(expr->arg_count, sizeof *node->results);
    if (!node->args || !node->results) {
        stoa_free(node->args);
        node->args = NULL;
        return stoa_fail_memory(err, expr->arg_count * sizeof *node->args);
    }
    for (uint32_t i = 0; i < expr->arg_count; i++)
        node->args[i].expr = expr->args[i]; /* so that a half-made tree can be freed */
    for (uint32_t i = 0; i < expr->arg_count; i++)
        STOA_TRY(node_init(&node->args[i], expr->args[i], depth + 1, err));
    return STOA_OK;
}

stoa_status stoa_evaluator_create(const struct stoa_expr *expr,
                                  struct stoa_evaluator **out_evaluator, stoa_error *err)
{
    struct stoa_evaluator *evaluator = stoa_alloc_zeroed(1, sizeof *evaluator);
    if (!evaluator)
        return stoa_fail_memory(err, sizeof *evaluator);
    stoa_arena_init(&evaluator->texts, MAX_MADE_TEXT);
    const stoa_status status = node_init(&evaluator->root, expr, 1, err);
    if (status != STOA_OK) {
        stoa_evaluator_free(evaluator);
        return status;
    }
    *out_evaluator = evaluator;
    return STOA_OK;
}

void stoa_evaluator_free(struct stoa_evaluator *evaluator)
{
    if (!evaluator)
        return;
    node_done(&evaluator->root);
    stoa_arena_done(&evaluator->texts);
    stoa_free(evaluator);
}

/* ---- selections ---- */

static void bits_copy(bits to, const uint64_t *from)
{
    memcpy(to, from, sizeof(bits));
}

static bool bits_any(const bits b)
{
    uint64_t any = 0;
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
        any |= b[i];
    return any != 0;
}

static void bits_first(bits out, uint32_t count)
{
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        const uint32_t from = (uint32_t)i * 64;
        out[i] = count <= from ? 0 : stoa_low_mask(count - from < 64 ? count - from : 64);
    }
}

/* Rows of a bool vector that are true; *null_bits those that are NULL, both within `active`. */
static void split_bool(const struct stoa_vector *vector, const bits active, bits true_bits,
                       bits null_bits)
{
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        const uint64_t valid = vector->has_nulls ? vector->validity[i] : ~UINT64_C(0);
        true_bits[i] = active[i] & valid & vector->values.bits[i];
        null_bits[i] = active[i] & ~valid;
    }
}

/* Sets a bool result from its true and NULL rows. */
static void join_bool(struct stoa_vector *out, const bits true_bits, const bits null_bits)
{
    out->has_nulls = bits_any(null_bits);
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        out->values.bits[i] = true_bits[i];
        out->validity[i] = ~null_bits[i];
    }
}

/* ---- nodes ---- */

static stoa_status eval_node(struct stoa_evaluator *evaluator, struct eval_node *node,
                             const bits active, const struct stoa_vector **out,
                             stoa_error *err);

/*
 * AND and OR by Kleene's logic: a row is decided as soon as one argument gives the dominant value
 * (false for AND, true for OR); later arguments see only rows that are not decided.
 */
static stoa_status eval_connective(struct stoa_evaluator *evaluator, struct eval_node *node,
                                   const bits active, stoa_error *err)
{
    const bool is_and = node->expr->kind == STOA_EXPR_AND;
    bits open;
    bits unknown = {0};
    bits decided = {0};
    bits_copy(open, active);
    for (uint32_t a = 0; a < node->expr->arg_count && bits_any(open); a++) {
        const struct stoa_vector *arg = NULL;
        STOA_TRY(eval_node(evaluator, &node->args[a], open, &arg, err));
        bits true_bits;
        bits null_bits;
        split_bool(arg, open, true_bits, null_bits);
        for (size_t i = 0; i < STOA_VECTOR_WORDS; i++) {
            const uint64_t dominant =
                is_and ? open[i] & ~true_bits[i] & ~null_bits[i] : true_bits[i];
            unknown[i] |= null_bits[i];
            decided[i] |= dominant;
            open[i] &= ~dominant;
        }
    }
    bits true_bits;
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        unknown[i] &= ~decided[i];
        true_bits[i] = is_and ? active[i] & ~decided[i] & ~unknown[i] : decided[i];
    }
    join_bool(&node->out, true_bits, unknown);
    return STOA_OK;
}

static stoa_status eval_not(struct stoa_evaluator *evaluator, struct eval_node *node,
                            const bits active, stoa_error *err)
{
    const struct stoa_vector *arg = NULL;
    STOA_TRY(eval_node(evaluator, &node->args[0], active, &arg, err));
    bits true_bits;
    bits null_bits;
    split_bool(arg, active, true_bits, null_bits);
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
        true_bits[i] = active[i] & ~true_bits[i] & ~null_bits[i];
    join_bool(&node->out, true_bits, null_bits);
    return STOA_OK;
}

static stoa_status eval_is_null(struct stoa_evaluator *evaluator, struct eval_node *node,
                                const bits active, stoa_error *err)
{
    static const bits no_nulls = {0};
    const struct stoa_vector *arg = NULL;
    STOA_TRY(eval_node(evaluator, &node->args[0], active, &arg, err));
    bits result;
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        const uint64_t valid = arg->has_nulls ? arg->validity[i] : ~UINT64_C(0);
        result[i] = active[i] & (node->expr->negated ? valid : ~valid);
    }
    join_bool(&node->out, result, no_nulls);
    return STOA_OK;
}

static bool set_holds(const struct stoa_expr *expr, enum stoa_phys phys,
                      const struct stoa_value *value)
{
    uint32_t low = 0;
    uint32_t high = expr->set_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = stoa_value_compare(phys, value, &expr->set[middle]);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool set_holds_i64(const struct stoa_expr *expr, int64_t x)
{
    uint32_t low = 0;
    uint32_t high = expr->set_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (expr->set[middle].i64 < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low < expr->set_count && expr->set[low].i64 == x;
}

static bool row_is_in(const struct stoa_expr *expr, const struct stoa_vector *arg,
                      uint32_t row)
{
    if (arg->phys == STOA_PHYS_I64)
        return set_holds_i64(expr, arg->values.i64[row]);
    const struct stoa_value value = stoa_vector_get(arg, row);
    return set_holds(expr, arg->phys, &value);
}

/* x IN (..., NULL) is NULL, not false, where x is not found. */
static stoa_status eval_in(struct stoa_evaluator *evaluator, struct eval_node *node,
                           const bits active, stoa_error *err)
{
    const struct stoa_expr *expr = node->expr;
    const struct stoa_vector *arg = NULL;
    STOA_TRY(eval_node(evaluator, &node->args[0], active, &arg, err));
    bits true_bits;
    bits null_bits;
    for (size_t w = 0; w < STOA_VECTOR_WORDS; w++) {
        const uint64_t valid = arg->has_nulls ? arg->validity[w] : ~UINT64_C(0);
        uint64_t found = 0;
        for (uint64_t left = active[w] & valid; left != 0; left &= left - 1) {
            const unsigned bit = (unsigned)__builtin_ctzll(left);
            found |= (uint64_t)row_is_in(expr, arg, (uint32_t)w * 64 + bit) << bit;
        }
        const uint64_t missing = active[w] & valid & ~found;
        null_bits[w] = (active[w] & ~valid) | (expr->set_has_null ? missing : 0);
        true_bits[w] = expr->negated ? missing & ~null_bits[w] : found;
    }
    join_bool(&node->out, true_bits, null_bits);
    return STOA_OK;
}

static void copy_row(struct stoa_vector *to, const struct stoa_vector *from, uint32_t row)
{
    switch (to->phys) {
    case STOA_PHYS_BOOL:
        if (stoa_bit_get(from->values.bits, row))
            stoa_bit_set(to->values.bits, row);
        else
            stoa_bit_clear(to->values.bits, row);
        break;
    case STOA_PHYS_I64:
    case STOA_PHYS_U64:
    case STOA_PHYS_F64: to->values.u64[row] = from->values.u64[row]; break;
    case STOA_PHYS_I128: to->values.i128[row] = from->values.i128[row]; break;
    case STOA_PHYS_BYTES: to->values.views[row] = from->values.views[row]; break;
    case STOA_PHYS_FIXED16:
        memcpy(to->values.fixed16 + 16 * (size_t)row,
               from->values.fixed16 + 16 * (size_t)row, 16);
        break;
    case STOA_PHYS_COUNT: break;
    }
}

/* Copies the rows of `which` with their validity. */
static void copy_rows(struct stoa_vector *to, const struct stoa_vector *from,
                      const bits which)
{
    for (size_t w = 0; w < STOA_VECTOR_WORDS; w++) {
        const uint64_t valid = from->has_nulls ? from->validity[w] : ~UINT64_C(0);
        to->validity[w] = (to->validity[w] & ~which[w]) | (which[w] & valid);
        for (uint64_t left = which[w] & valid; left != 0; left &= left - 1)
            copy_row(to, from, (uint32_t)w * 64 + (unsigned)__builtin_ctzll(left));
    }
}

/* Rows that nobody asks for count as valid, so that has_nulls means what it says. */
static void finish_copies(struct stoa_vector *out, const bits active)
{
    uint64_t nulls = 0;
    for (size_t w = 0; w < STOA_VECTOR_WORDS; w++) {
        nulls |= active[w] & ~out->validity[w];
        out->validity[w] |= ~active[w];
    }
    out->has_nulls = nulls != 0;
}

static stoa_status eval_case(struct stoa_evaluator *evaluator, struct eval_node *node,
                             const bits active, stoa_error *err)
{
    const uint32_t count = node->expr->arg_count;
    const struct stoa_vector *result = NULL;
    bits open;
    bits_copy(open, active);
    memset(node->out.validity, 0, sizeof node->out.validity);
    uint32_t a = 0;
    for (; a + 1 < count && bits_any(open); a += 2) {
        const struct stoa_vector *condition = NULL;
        STOA_TRY(eval_node(evaluator, &node->args[a], open, &condition, err));
        bits true_bits;
        bits null_bits;
        split_bool(condition, open, true_bits, null_bits);
        if (!bits_any(true_bits))
            continue;
        STOA_TRY(eval_node(evaluator, &node->args[a + 1], true_bits, &result, err));
        copy_rows(&node->out, result, true_bits);
        for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
            open[i] &= ~true_bits[i];
    }
    if (count % 2 == 1 && bits_any(open)) {
        STOA_TRY(eval_node(evaluator, &node->args[count - 1], open, &result, err));
        copy_rows(&node->out, result, open);
    }
    finish_copies(&node->out, active);
    return STOA_OK;
}

/* COALESCE: each argument is asked only for rows that are still NULL. */
static stoa_status eval_coalesce(struct stoa_evaluator *evaluator, struct eval_node *node,
                                 const bits active, stoa_error *err)
{
    bits open;
    bits_copy(open, active);
    memset(node->out.validity, 0, sizeof node->out.validity);
    for (uint32_t a = 0; a < node->expr->arg_count && bits_any(open); a++) {
        const struct stoa_vector *arg = NULL;
        STOA_TRY(eval_node(evaluator, &node->args[a], open, &arg, err));
        copy_rows(&node->out, arg, open);
        for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
            open[i] &= ~node->out.validity[i];
    }
    finish_copies(&node->out, active);
    return STOA_OK;
}

/* For strict functions: rows with a NULL argument are NULL and not computed. */
static void mask_nulls(struct eval_node *node, const bits active, bits out_active)
{
    bits valid;
    memset(valid, 0xff, sizeof valid);
    for (uint32_t a = 0; a < node->expr->arg_count; a++) {
        if (!node->results[a]->has_nulls)
            continue;
        for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
            valid[i] &= node->results[a]->validity[i];
    }
    uint64_t nulls = 0;
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        out_active[i] = active[i] & valid[i];
        nulls |= active[i] & ~valid[i];
        node->out.validity[i] = valid[i] | ~active[i];
    }
    node->out.has_nulls = nulls != 0;
}

static stoa_status eval_call(struct stoa_evaluator *evaluator, struct eval_node *node,
                             const bits active, stoa_error *err)
{
    const struct stoa_expr *expr = node->expr;
    if (expr->function->flags & STOA_FUNCTION_LAZY)
        return eval_coalesce(evaluator, node, active, err);
    for (uint32_t a = 0; a < expr->arg_count; a++)
        STOA_TRY(eval_node(evaluator, &node->args[a], active, &node->results[a], err));
    bits rows;
    if (expr->function->flags & STOA_FUNCTION_NOT_STRICT) {
        bits_copy(rows, active);
        memset(node->out.validity, 0xff, sizeof node->out.validity);
        node->out.has_nulls = false;
    } else {
        mask_nulls(node, active, rows);
    }
    struct stoa_call call = {.expr = expr,
                             .args = node->results,
                             .rows = evaluator->rows->length,
                             .active = rows,
                             .out = &node->out,
                             .texts = &evaluator->texts,
                             .own = node->own};
    const stoa_status status = expr->function->eval(&call, err);
    if (status != STOA_OK && err && err->offset == UINT64_MAX)
        stoa_error_set_offset(err, expr->sql_offset == UINT32_MAX ? UINT64_MAX
                                                                  : expr->sql_offset);
    return status;
}

static stoa_status eval_column(const struct stoa_evaluator *evaluator,
                               const struct eval_node *node, const struct stoa_vector **out,
                               stoa_error *err)
{
    const struct stoa_vector *column = evaluator->rows->columns[node->expr->column];
    if (!column)
        return stoa_fail(err, STOA_E_INTERNAL, "column %u was not loaded",
                         node->expr->column);
    *out = column;
    return STOA_OK;
}

static stoa_status eval_node(struct stoa_evaluator *evaluator, struct eval_node *node,
                             const bits active, const struct stoa_vector **out,
                             stoa_error *err)
{
    stoa_status status = STOA_OK;
    node->out.length = evaluator->rows->length;
    *out = &node->out;
    switch (node->expr->kind) {
    case STOA_EXPR_COLUMN: return eval_column(evaluator, node, out, err);
    case STOA_EXPR_CONSTANT: return STOA_OK;
    case STOA_EXPR_CALL: status = eval_call(evaluator, node, active, err); break;
    case STOA_EXPR_AND:
    case STOA_EXPR_OR: status = eval_connective(evaluator, node, active, err); break;
    case STOA_EXPR_NOT: status = eval_not(evaluator, node, active, err); break;
    case STOA_EXPR_IS_NULL: status = eval_is_null(evaluator, node, active, err); break;
    case STOA_EXPR_IN: status = eval_in(evaluator, node, active, err); break;
    case STOA_EXPR_CASE: status = eval_case(evaluator, node, active, err); break;
    }
    return status;
}

/* ---- entry points ---- */

stoa_status stoa_evaluate(struct stoa_evaluator *evaluator, const struct stoa_rows *rows,
                          const uint64_t *active, const struct stoa_vector **out_vector,
                          stoa_error *err)
{
    bits wanted;
    bits_first(wanted, rows->length);
    for (size_t i = 0; active && i < STOA_VECTOR_WORDS; i++)
        wanted[i] &= active[i];
    stoa_arena_reset(&evaluator->texts);
    evaluator->rows = rows;
    return eval_node(evaluator, &evaluator->root, wanted, out_vector, err);
}

stoa_status stoa_evaluate_filter(struct stoa_evaluator *evaluator,
                                 const struct stoa_rows *rows, const uint64_t *active,
                                 uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct stoa_vector *result = NULL;
    STOA_TRY(stoa_evaluate(evaluator, rows, active, &result, err));
    bits wanted;
    bits null_bits;
    bits_first(wanted, rows->length);
    for (size_t i = 0; active && i < STOA_VECTOR_WORDS; i++)
        wanted[i] &= active[i];
    split_bool(result, wanted, out_bits, null_bits);
    return STOA_OK;
}
