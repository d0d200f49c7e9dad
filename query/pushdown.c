/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits WHERE and pushes what can be pushed (pushdown.h). Called once per statement by
 * plan.c.
 *
 *   WHERE -> pieces (AND, NOT OR) -> truth of each -> pieces on one column met -> predicates
 *
 * A piece is pushed exactly, only for pruning (several ranges: their span), or not at all.
 * A condition in WHERE only has to be true, so NULL and false are one here.
 */
#include "query/pushdown.h"

#include "query/function.h"
#include "query/shown.h"
#include "query/text_test.h"
#include "query/truth.h"

/* One AND-ed part on its way to a conjunct. */
struct piece {
    struct stoa_expr *expr;
    struct stoa_truth truth;
    const char *reason; /* NULL: truth is known */
    bool is_dropped;    /* met with an earlier piece, or always true */
};

struct splitter {
    struct stoa_plan *plan;
    struct stoa_arena *arena;
    struct piece *pieces;
    uint32_t count;
    uint32_t capacity;
    stoa_error *err;
};

static const stoa_type bool_type = {.id = STOA_TYPE_BOOL};

/* ---- splitting ---- */

static stoa_status add_piece(struct splitter *s, struct stoa_expr *expr)
{
    if (s->count == s->capacity) {
        const uint32_t capacity = s->capacity ? 2 * s->capacity : 8;
        struct piece *pieces = stoa_arena_alloc_zeroed(s->arena, capacity, sizeof *pieces);
        if (!pieces)
            return stoa_arena_fail(s->arena, capacity * sizeof *pieces, s->err);
        for (uint32_t i = 0; i < s->count; i++)
            pieces[i] = s->pieces[i];
        s->pieces = pieces;
        s->capacity = capacity;
    }
    s->pieces[s->count++] = (struct piece){.expr = expr};
    return STOA_OK;
}

/* NULL when memory is short. */
static struct stoa_expr *make_node(struct splitter *s, enum stoa_expr_kind kind,
                                   uint32_t arg_count, uint32_t offset)
{
    struct stoa_expr *expr = stoa_arena_alloc_zeroed(s->arena, 1, sizeof *expr);
    struct stoa_expr **args = stoa_arena_alloc_zeroed(s->arena, arg_count, sizeof *args);
    if (!expr || !args)
        return NULL;
    *expr = (struct stoa_expr){.kind = kind,
                               .type = bool_type,
                               .sql_offset = offset,
                               .args = args,
                               .arg_count = arg_count};
    return expr;
}

static stoa_status fail_node(struct splitter *s)
{
    return stoa_arena_fail(s->arena, sizeof(struct stoa_expr), s->err);
}

/* first AND second, as one flat list. */
static stoa_status make_and(struct splitter *s, struct stoa_expr *first,
                            struct stoa_expr *second, struct stoa_expr **out)
{
    const bool is_list = first->kind == STOA_EXPR_AND;
    const uint32_t count = is_list ? first->arg_count : 1;
    struct stoa_expr *expr = make_node(s, STOA_EXPR_AND, count + 1, first->sql_offset);
    if (!expr)
        return fail_node(s);
    for (uint32_t i = 0; i < count; i++)
        expr->args[i] = is_list ? first->args[i] : first;
    expr->args[count] = second;
    *out = expr;
    return STOA_OK;
}

static stoa_status split(struct splitter *s, struct stoa_expr *expr);

/* A constant condition, which has to be `wanted`. */
static stoa_status take_constant(struct splitter *s, const struct stoa_value *value,
                                 bool wanted)
{
    if (value->is_null || value->boolean != wanted)
        s->plan->never_matches = true;
    return STOA_OK;
}

/* NOT (a OR b) is NOT a AND NOT b. */
static stoa_status split_not(struct splitter *s, struct stoa_expr *expr)
{
    struct stoa_expr *arg = expr->args[0];
    if (arg->kind == STOA_EXPR_NOT)
        return split(s, arg->args[0]);
    if (arg->kind == STOA_EXPR_CONSTANT)
        return take_constant(s, &arg->constant, false);
    if (arg->kind != STOA_EXPR_OR)
        return add_piece(s, expr);
    for (uint32_t i = 0; i < arg->arg_count; i++) {
        struct stoa_expr *negated = make_node(s, STOA_EXPR_NOT, 1, expr->sql_offset);
        if (!negated)
            return fail_node(s);
        negated->args[0] = arg->args[i];
        STOA_TRY(split(s, negated));
    }
    return STOA_OK;
}

static stoa_status split(struct splitter *s, struct stoa_expr *expr)
{
    if (expr->kind == STOA_EXPR_CONSTANT)
        return take_constant(s, &expr->constant, true);
    if (expr->kind == STOA_EXPR_NOT)
        return split_not(s, expr);
    if (expr->kind != STOA_EXPR_AND)
        return add_piece(s, expr);
    for (uint32_t i = 0; i < expr->arg_count; i++)
        STOA_TRY(split(s, expr->args[i]));
    return STOA_OK;
}

/* ---- meeting ---- */

static bool has_mixed_null(const struct stoa_region *region)
{
    return region->has_null && !stoa_region_is_empty(region);
}

/* Whether one predicate says all of the region. */
static stoa_status is_one_predicate(struct splitter *s, const struct stoa_domain *domain,
                                    const struct stoa_region *region, bool *out)
{
    struct stoa_predicate predicate;
    *out = !has_mixed_null(region);
    if (!*out || stoa_region_is_empty(region))
        return STOA_OK;
    return stoa_region_predicate(domain, region, s->arena, &predicate, out, s->err);
}

/* a >= 1 AND a <= 5 are one range: joins piece `i` to an earlier one on the same column, if both
 * together are one predicate still. */
static stoa_status meet(struct splitter *s, uint32_t i)
{
    struct piece *piece = &s->pieces[i];
    for (uint32_t k = 0; k < i; k++) {
        struct piece *earlier = &s->pieces[k];
        if (earlier->reason || earlier->is_dropped ||
            earlier->truth.column != piece->truth.column)
            continue;
        struct stoa_region met;
        bool is_one;
        STOA_TRY(stoa_region_intersect(&piece->truth.domain, &earlier->truth.when_true,
                                       &piece->truth.when_true, s->arena, &met, s->err));
        STOA_TRY(is_one_predicate(s, &piece->truth.domain, &met, &is_one));
        if (!is_one)
            continue;
        earlier->truth.when_true = met;
        piece->is_dropped = true;
        return make_and(s, earlier->expr, piece->expr, &earlier->expr);
    }
    return STOA_OK;
}

static stoa_status analyse_pieces(struct splitter *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct piece *piece = &s->pieces[i];
        STOA_TRY(
            stoa_truth_of(piece->expr, s->arena, &piece->truth, &piece->reason, s->err));
        if (piece->reason)
            continue;
        const struct stoa_region *region = &piece->truth.when_true;
        piece->is_dropped = region->has_null && stoa_region_is_full(region);
        if (!piece->is_dropped)
            STOA_TRY(meet(s, i));
    }
    return STOA_OK;
}

/* LIKE 'ab%c' implies a range, which prunes where the pattern cannot. */
static stoa_status add_prefixes(struct splitter *s)
{
    const uint32_t count = s->count;
    for (uint32_t i = 0; i < count; i++) {
        struct stoa_expr *expr = s->pieces[i].expr;
        const struct stoa_view prefix = stoa_text_test_prefix(expr);
        if (prefix.length == 0 || !s->pieces[i].reason)
            continue;
        struct stoa_expr *literal = stoa_arena_alloc_zeroed(s->arena, 1, sizeof *literal);
        struct stoa_expr **args = stoa_arena_alloc_zeroed(s->arena, 2, sizeof *args);
        if (!literal || !args)
            return stoa_arena_fail(s->arena, sizeof *literal, s->err);
        *literal = *expr->args[1];
        literal->constant.bytes = prefix;
        args[0] = expr->args[0];
        args[1] = literal;
        struct stoa_expr *call = NULL;
        STOA_TRY(stoa_function_bind("starts_with", args, 2, expr->sql_offset, s->arena,
                                    &call, s->err));
        STOA_TRY(add_piece(s, call));
    }
    return STOA_OK;
}

/* ---- conjuncts ---- */

/* Pushes a piece whose truth is known. */
static stoa_status push_truth(struct splitter *s, const struct piece *piece,
                              struct stoa_conjunct *conjunct)
{
    const struct stoa_region *region = &piece->truth.when_true;
    conjunct->column = piece->truth.column;
    if (stoa_region_is_empty(region) && !region->has_null) {
        s->plan->never_matches = true;
        conjunct->reason = "true for no value";
        return STOA_OK;
    }
    if (has_mixed_null(region)) {
        conjunct->reason = "keeps NULL beside some values";
        return STOA_OK;
    }
    bool is_exact;
    STOA_TRY(stoa_region_predicate(&piece->truth.domain, region, s->arena,
                                   &conjunct->predicate, &is_exact, s->err));
    conjunct->push = is_exact ? STOA_PUSH_EXACT : STOA_PUSH_PRUNE;
    conjunct->reason = is_exact ? "" : "several ranges";
    return STOA_OK;
}

static stoa_status push_piece(struct splitter *s, const struct piece *piece,
                              const char *const *names, struct stoa_conjunct *conjunct)
{
    *conjunct = (struct stoa_conjunct){.expr = piece->expr, .reason = piece->reason};
    STOA_TRY(stoa_expr_shown(piece->expr, names, s->arena, &conjunct->text, s->err));
    if (!piece->reason)
        return push_truth(s, piece, conjunct);
    bool is_test;
    STOA_TRY(
        stoa_text_test_make(piece->expr, s->arena, &conjunct->predicate, &is_test, s->err));
    if (is_test) {
        conjunct->push = STOA_PUSH_EXACT;
        conjunct->column = stoa_expr_columns(piece->expr).column;
        conjunct->reason = "";
    }
    return STOA_OK;
}

/* The cheapest way to decide a conjunct first; execution keeps the order, so that
 * expressions see only rows that every predicate has let through. */
static unsigned cost(const struct stoa_conjunct *conjunct)
{
    if (conjunct->push == STOA_PUSH_NONE)
        return 4;
    if (conjunct->push == STOA_PUSH_PRUNE)
        return 3;
    if (conjunct->predicate.kind == STOA_PREDICATE_TEST)
        return 2;
    return conjunct->predicate.phys == STOA_PHYS_BYTES ? 1 : 0;
}

static void order_by_cost(struct stoa_plan *plan)
{
    for (uint32_t i = 1; i < plan->conjunct_count; i++) {
        const struct stoa_conjunct moved = plan->conjuncts[i];
        uint32_t k = i;
        for (; k > 0 && cost(&plan->conjuncts[k - 1]) > cost(&moved); k--)
            plan->conjuncts[k] = plan->conjuncts[k - 1];
        plan->conjuncts[k] = moved;
    }
}

stoa_status stoa_pushdown(struct stoa_plan *plan, struct stoa_expr *where,
                          const char *const *names, stoa_error *err)
{
    struct splitter s = {.plan = plan, .arena = &plan->arena, .err = err};
    if (!where)
        return STOA_OK;
    STOA_TRY(split(&s, where));
    const uint32_t written = s.count;
    STOA_TRY(analyse_pieces(&s));
    STOA_TRY(add_prefixes(&s));
    for (uint32_t i = written; i < s.count; i++)
        STOA_TRY(stoa_truth_of(s.pieces[i].expr, s.arena, &s.pieces[i].truth,
                               &s.pieces[i].reason, err));
    plan->conjuncts =
        stoa_arena_alloc_zeroed(&plan->arena, (size_t)s.count + 1, sizeof *plan->conjuncts);
    if (!plan->conjuncts)
        return stoa_arena_fail(&plan->arena, (s.count + 1) * sizeof *plan->conjuncts, err);
    for (uint32_t i = 0; i < s.count; i++) {
        if (!s.pieces[i].is_dropped)
            STOA_TRY(push_piece(&s, &s.pieces[i], names,
                                &plan->conjuncts[plan->conjunct_count++]));
    }
    order_by_cost(plan);
    return STOA_OK;
}
