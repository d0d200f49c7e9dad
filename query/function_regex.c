/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions in SQL: ~ and its family, regexp_like, regexp_count, regexp_substr,
 * regexp_replace, substring(text, pattern). Names, flags, positions and the search for
 * further matches are PostgreSQL's; the engine is query/regex.c.
 *
 * A constant pattern is checked when the statement is bound and compiled once per
 * evaluator; a pattern out of a column is compiled again only when it changes from one row
 * to the next.
 */
#include "common/alloc.h"
#include "common/buf.h"
#include "query/call.h"
#include "query/regex.h"
#include "query/utf8_text.h"

enum { MAX_REGEX_ARGS = 6, ABSENT = MAX_REGEX_ARGS };

/* What a row of the table is made of. */
struct regex_function {
    uint8_t min_args, max_args;
    uint8_t args[MAX_REGEX_ARGS]; /* stoa_type_id; the pattern is the second */
    uint8_t result;
    uint8_t start, nth, flags, group; /* numbers of arguments, or ABSENT */
    bool any_case, negated, takes_global;
    stoa_row_fn row;
};

/* One evaluator's. */
struct regex_own {
    struct stoa_regex *regex; /* of `pattern` and `flags`; NULL: none yet */
    bool is_fixed;            /* the pattern and its flags are constant */
    unsigned flags;
    struct stoa_buf pattern;
    struct stoa_buf made; /* a replaced text under construction */
};

static bool resolve_regex(const struct stoa_function *function,
                          struct stoa_expr *const *args, uint32_t arg_count,
                          stoa_type *out_type, stoa_type *out_arg_types)
{
    const struct regex_function *how = function->data;
    if (arg_count < how->min_args || arg_count > how->max_args)
        return false;
    for (uint32_t i = 0; i < arg_count; i++) {
        out_arg_types[i] = stoa_type_of((stoa_type_id)how->args[i]);
        if (!stoa_cast_is_implicit(args[i], out_arg_types[i]))
            return false;
    }
    *out_type = stoa_type_of((stoa_type_id)how->result);
    return true;
}

/* ---- patterns ---- */

/* The letters of PostgreSQL's flags; *out_global only where the function takes it. */
static stoa_status parse_flags(const struct stoa_expr *expr, struct stoa_view text,
                               unsigned *out_flags, bool *out_global, stoa_error *err)
{
    const struct regex_function *how = expr->function->data;
    unsigned flags = how->any_case ? STOA_REGEX_ANY_CASE : 0;
    bool is_global = false;
    for (size_t i = 0; i < text.length; i++) {
        switch (text.data[i]) {
        case 'i': flags |= STOA_REGEX_ANY_CASE; break;
        case 'c': flags &= ~(unsigned)STOA_REGEX_ANY_CASE; break;
        case 'n':
        case 'm': flags |= STOA_REGEX_LINES; break;
        case 's': flags &= ~(unsigned)STOA_REGEX_LINES; break;
        case 'x': flags |= STOA_REGEX_EXPANDED; break;
        case 't': flags &= ~(unsigned)STOA_REGEX_EXPANDED; break;
        case 'q': flags |= STOA_REGEX_PLAIN; break;
        case 'g': is_global = true; break;
        default:
            return stoa_fail(
                err, STOA_E_BAD_VALUE,
                "%s: expected flags out of cgimnqstx, found \"%.*s\"", expr->function->name,
                (int)(text.length < 20 ? text.length : 20), (const char *)text.data);
        }
    }
    if (is_global && !how->takes_global)
        return stoa_fail(err, STOA_E_BAD_VALUE, "%s does not take the flag g",
                         expr->function->name);
    *out_flags = flags;
    *out_global = is_global;
    return STOA_OK;
}

static bool is_known(const struct stoa_expr *expr, unsigned arg)
{
    return arg >= expr->arg_count || (expr->args[arg]->kind == STOA_EXPR_CONSTANT &&
                                      !expr->args[arg]->constant.is_null);
}

/* Compiles a pattern that is constant; *out_regex stays NULL when it is not. */
static stoa_status compile_constant(const struct stoa_expr *expr,
                                    struct stoa_regex **out_regex, stoa_error *err)
{
    const struct regex_function *how = expr->function->data;
    unsigned flags = 0;
    bool is_global = false;
    if (!is_known(expr, 1) || !is_known(expr, how->flags))
        return STOA_OK;
    const struct stoa_view letters = how->flags < expr->arg_count
                                         ? expr->args[how->flags]->constant.bytes
                                         : (struct stoa_view){NULL, 0};
    STOA_TRY(parse_flags(expr, letters, &flags, &is_global, err));
    return stoa_regex_create(expr->args[1]->constant.bytes, flags, out_regex, err);
}

static stoa_status prepare_regex(struct stoa_expr *expr, struct stoa_arena *arena,
                                 stoa_error *err)
{
    STOA_UNUSED(arena);
    struct stoa_regex *regex = NULL;
    STOA_TRY(compile_constant(expr, &regex, err));
    stoa_regex_free(regex);
    return STOA_OK;
}

static void close_regex(void *context)
{
    struct regex_own *own = context;
    stoa_regex_free(own->regex);
    stoa_buf_done(&own->pattern);
    stoa_buf_done(&own->made);
    stoa_free(own);
}

static stoa_status open_regex(const struct stoa_expr *expr, void **out_own, stoa_error *err)
{
    struct regex_own *own = stoa_alloc_zeroed(1, sizeof *own);
    if (!own)
        return stoa_fail_memory(err, sizeof *own);
    stoa_buf_init(&own->pattern, STOA_MAX_VALUE_BYTES);
    stoa_buf_init(&own->made, STOA_MAX_VALUE_BYTES);
    const stoa_status status = compile_constant(expr, &own->regex, err);
    if (status != STOA_OK) {
        close_regex(own);
        return status;
    }
    own->is_fixed = own->regex != NULL;
    *out_own = own;
    return STOA_OK;
}

static struct stoa_view text_arg(const struct stoa_call *call, unsigned arg, uint32_t row)
{
    return call->args[arg]->values.views[row];
}

static bool has_arg(const struct stoa_call *call, unsigned arg)
{
    return arg < call->expr->arg_count;
}

/* Makes own->regex that of a row's pattern. */
static stoa_status recompile(struct regex_own *own, struct stoa_view pattern,
                             unsigned flags, stoa_error *err)
{
    if (own->regex && own->flags == flags && own->pattern.size == pattern.length &&
        (pattern.length == 0 ||
         memcmp(own->pattern.data, pattern.data, pattern.length) == 0))
        return STOA_OK;
    stoa_regex_free(own->regex);
    own->regex = NULL;
    own->flags = flags;
    own->pattern.size = 0;
    STOA_TRY(stoa_buf_append(&own->pattern, pattern.data, pattern.length, err));
    return stoa_regex_create(pattern, flags, &own->regex, err);
}

/* The compiled pattern of a row; *out_global whether its flags have a g. */
static stoa_status row_pattern(struct stoa_call *call, uint32_t row,
                               struct stoa_regex **out_regex, bool *out_global,
                               stoa_error *err)
{
    const struct regex_function *how = call->expr->function->data;
    struct regex_own *own = call->own;
    unsigned flags = 0;
    const struct stoa_view letters = has_arg(call, how->flags)
                                         ? text_arg(call, how->flags, row)
                                         : (struct stoa_view){NULL, 0};
    STOA_TRY(parse_flags(call->expr, letters, &flags, out_global, err));
    if (!own->is_fixed)
        STOA_TRY(recompile(own, text_arg(call, 1, row), flags, err));
    *out_regex = own->regex;
    return STOA_OK;
}

/* ---- searching ---- */

/* An optional argument that counts from `least`. */
static stoa_status count_arg(const struct stoa_call *call, unsigned arg, uint32_t row,
                             int64_t least, int64_t otherwise, int64_t *out,
                             stoa_error *err)
{
    *out = has_arg(call, arg) ? call->args[arg]->values.i64[row] : otherwise;
    if (*out >= least)
        return STOA_OK;
    return stoa_fail(
        err, STOA_E_BAD_VALUE, "%s: expected %lld or more for argument %u, found %lld",
        call->expr->function->name, (long long)least, arg + 1, (long long)*out);
}

/* One text being searched from a start position on. */
struct search {
    struct stoa_regex *regex;
    struct stoa_view text;
    size_t next;     /* where the next match may begin; behind the end: nowhere */
    size_t from, to; /* of the latest match */
};

static stoa_status search_open(struct stoa_call *call, uint32_t row, struct search *out,
                               bool *out_global, stoa_error *err)
{
    const struct regex_function *how = call->expr->function->data;
    int64_t start = 1;
    *out = (struct search){.text = text_arg(call, 0, row)};
    STOA_TRY(row_pattern(call, row, &out->regex, out_global, err));
    STOA_TRY(count_arg(call, how->start, row, 1, 1, &start, err));
    out->next = stoa_char_offset(out->text, (size_t)start - 1);
    if (out->next == out->text.length && (size_t)start - 1 > stoa_char_count(out->text))
        out->next = SIZE_MAX;
    return STOA_OK;
}

/* After an empty match the search goes on one character further, or it would be found again. */
static stoa_status search_next(struct search *search, bool *out_found, stoa_error *err)
{
    *out_found = false;
    if (search->next > search->text.length)
        return STOA_OK;
    STOA_TRY(stoa_regex_find(search->regex, search->text, search->next, out_found, err));
    if (!*out_found)
        return STOA_OK;
    (void)stoa_regex_group(search->regex, 0, &search->from, &search->to);
    search->next = search->to;
    if (search->from == search->to)
        search->next += search->to < search->text.length
                            ? stoa_char_size(search->text.data[search->to])
                            : 1;
    return STOA_OK;
}

static stoa_status search_nth(struct search *search, int64_t nth, bool *out_found,
                              stoa_error *err)
{
    do {
        STOA_TRY(search_next(search, out_found, err));
    } while (*out_found && --nth > 0);
    return STOA_OK;
}

/* ---- the functions ---- */

static stoa_status row_matches(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct regex_function *how = call->expr->function->data;
    struct search search;
    bool is_global = false;
    bool found = false;
    STOA_TRY(search_open(call, row, &search, &is_global, err));
    STOA_TRY(stoa_regex_find(search.regex, search.text, 0, &found, err));
    stoa_call_set_bool(call, row, found != how->negated);
    return STOA_OK;
}

static stoa_status row_count(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    struct search search;
    bool is_global = false;
    bool found = true;
    int64_t count = -1;
    STOA_TRY(search_open(call, row, &search, &is_global, err));
    for (; found; count++)
        STOA_TRY(search_next(&search, &found, err));
    call->out->values.i64[row] = count;
    return STOA_OK;
}

/* A group of the latest match, or NULL when it took no part. */
static void set_group(struct stoa_call *call, uint32_t row, const struct search *search,
                      unsigned group)
{
    size_t from = 0;
    size_t to = 0;
    if (!stoa_regex_group(search->regex, group, &from, &to))
        stoa_call_set_null(call, row);
    else
        stoa_call_set_view(call, row, from < to ? search->text.data + from : NULL,
                           to - from);
}

static stoa_status row_substr(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct regex_function *how = call->expr->function->data;
    struct search search;
    bool is_global = false;
    bool found = false;
    int64_t nth = 1;
    int64_t group = 0;
    STOA_TRY(search_open(call, row, &search, &is_global, err));
    STOA_TRY(count_arg(call, how->nth, row, 1, 1, &nth, err));
    STOA_TRY(count_arg(call, how->group, row, 0, 0, &group, err));
    STOA_TRY(search_nth(&search, nth, &found, err));
    if (found && group <= stoa_regex_group_count(search.regex))
        set_group(call, row, &search, (unsigned)group);
    else
        stoa_call_set_null(call, row);
    return STOA_OK;
}

/* substring(text, pattern): what the first group matched, the whole when there is none. */
static stoa_status row_substring(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    struct search search;
    bool is_global = false;
    bool found = false;
    STOA_TRY(search_open(call, row, &search, &is_global, err));
    STOA_TRY(search_next(&search, &found, err));
    if (found)
        set_group(call, row, &search, stoa_regex_group_count(search.regex) > 0);
    else
        stoa_call_set_null(call, row);
    return STOA_OK;
}

static stoa_status append_view(struct stoa_buf *out, struct stoa_view text, size_t from,
                               size_t to, stoa_error *err)
{
    return from < to ? stoa_buf_append(out, text.data + from, to - from, err) : STOA_OK;
}

/* The replacement of one match: \1 .. \9 are groups, \& the whole, \\ a backslash. */
static stoa_status append_replacement(struct stoa_buf *out, const struct search *search,
                                      struct stoa_view replacement, stoa_error *err)
{
    size_t done = 0;
    for (size_t i = 0; i + 1 < replacement.length; i++) {
        const uint8_t letter = replacement.data[i + 1];
        const bool is_group = letter == '&' || (letter >= '1' && letter <= '9');
        size_t from = 0;
        size_t to = 0;
        if (replacement.data[i] != '\\' || (!is_group && letter != '\\'))
            continue;
        STOA_TRY(append_view(out, replacement, done, i, err));
        if (!is_group)
            STOA_TRY(stoa_buf_append_byte(out, '\\', err));
        else if (stoa_regex_group(search->regex, letter == '&' ? 0 : letter - '0', &from,
                                  &to))
            STOA_TRY(append_view(out, search->text, from, to, err));
        done = ++i + 1;
    }
    return append_view(out, replacement, done, replacement.length, err);
}

/* Builds the text with match number `nth` replaced, all of them for 0; *out_changed false
 * when there is none. */
static stoa_status replace(struct search *search, int64_t nth, struct stoa_view replacement,
                           struct stoa_buf *out, bool *out_changed, stoa_error *err)
{
    size_t done = 0;
    bool found = false;
    *out_changed = false;
    STOA_TRY(search_nth(search, nth, &found, err));
    while (found) {
        *out_changed = true;
        STOA_TRY(append_view(out, search->text, done, search->from, err));
        STOA_TRY(append_replacement(out, search, replacement, err));
        done = search->to;
        if (nth > 0)
            break;
        STOA_TRY(search_next(search, &found, err));
    }
    return append_view(out, search->text, done, search->text.length, err);
}

static stoa_status row_replace(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct regex_function *how = call->expr->function->data;
    struct regex_own *own = call->own;
    struct search search;
    bool is_global = false;
    bool is_changed = false;
    int64_t nth = 1;
    STOA_TRY(search_open(call, row, &search, &is_global, err));
    STOA_TRY(count_arg(call, how->nth, row, 0, 1, &nth, err));
    if (is_global && !has_arg(call, how->nth))
        nth = 0;
    own->made.size = 0;
    STOA_TRY(replace(&search, nth, text_arg(call, 2, row), &own->made, &is_changed, err));
    if (!is_changed) {
        call->out->values.views[row] = search.text;
        return STOA_OK;
    }
    uint8_t *made = NULL;
    STOA_TRY(stoa_call_text(call, own->made.size, &made, err));
    if (own->made.size > 0)
        memcpy(made, own->made.data, own->made.size);
    stoa_call_set_view(call, row, made, own->made.size);
    return STOA_OK;
}

static stoa_status eval_regex(struct stoa_call *call, stoa_error *err)
{
    const struct regex_function *how = call->expr->function->data;
    return stoa_call_each(call, how->row, err);
}

/* ---- the table ---- */

#define TEXT   STOA_TYPE_TEXT
#define NUMBER STOA_TYPE_INT64
#define TRUTH  STOA_TYPE_BOOL

#define OPERATOR(is_any_case, is_negated)                                                  \
    {                                                                                      \
        .min_args = 2, .max_args = 2, .args = {TEXT, TEXT}, .result = TRUTH,               \
        .start = ABSENT, .nth = ABSENT, .flags = ABSENT, .group = ABSENT,                  \
        .any_case = (is_any_case), .negated = (is_negated), .row = row_matches             \
    }

static const struct regex_function matches = OPERATOR(false, false);
static const struct regex_function matches_not = OPERATOR(false, true);
static const struct regex_function matches_any_case = OPERATOR(true, false);
static const struct regex_function matches_not_any_case = OPERATOR(true, true);

static const struct regex_function like = {
    .min_args = 2,
    .max_args = 3,
    .args = {TEXT, TEXT, TEXT},
    .result = TRUTH,
    .start = ABSENT,
    .nth = ABSENT,
    .flags = 2,
    .group = ABSENT,
    .row = row_matches
};
static const struct regex_function count = {
    .min_args = 2,
    .max_args = 4,
    .args = {TEXT, TEXT, NUMBER, TEXT},
    .result = NUMBER,
    .start = 2,
    .nth = ABSENT,
    .flags = 3,
    .group = ABSENT,
    .row = row_count
};
static const struct regex_function substr = {
    .min_args = 2,
    .max_args = 6,
    .args = {TEXT, TEXT, NUMBER, NUMBER, TEXT, NUMBER},
    .result = TEXT,
    .start = 2,
    .nth = 3,
    .flags = 4,
    .group = 5,
    .row = row_substr
};
static const struct regex_function substring = {
    .min_args = 2,
    .max_args = 2,
    .args = {TEXT, TEXT},
    .result = TEXT,
    .start = ABSENT,
    .nth = ABSENT,
    .flags = ABSENT,
    .group = ABSENT,
    .row = row_substring
};
static const struct regex_function replace_flags = {
    .min_args = 3,
    .max_args = 4,
    .args = {TEXT, TEXT, TEXT, TEXT},
    .result = TEXT,
    .start = ABSENT,
    .nth = ABSENT,
    .flags = 3,
    .group = ABSENT,
    .takes_global = true,
    .row = row_replace
};
static const struct regex_function replace_start = {
    .min_args = 4,
    .max_args = 6,
    .args = {TEXT, TEXT, TEXT, NUMBER, NUMBER, TEXT},
    .result = TEXT,
    .start = 3,
    .nth = 4,
    .flags = 5,
    .group = ABSENT,
    .takes_global = true,
    .row = row_replace
};

#define ROW(word, text, how, more)                                                         \
    {                                                                                      \
        .name = word, .help = text, .flags = more, .resolve = resolve_regex,               \
        .prepare = prepare_regex, .eval = eval_regex, .open = open_regex,                  \
        .close = close_regex, .data = &how                                                 \
    }

const struct stoa_function stoa_functions_regex[] = {
    ROW("~", "text ~ pattern -> bool", matches, 0),
    ROW("!~", "text !~ pattern -> bool", matches_not, 0),
    ROW("~*", "text ~* pattern -> bool, in any case", matches_any_case, 0),
    ROW("!~*", "text !~* pattern -> bool, in any case", matches_not_any_case, 0),
    ROW("regexp_like", "regexp_like(text, pattern [, flags]) -> bool", like, 0),
    ROW("regexp_count", "regexp_count(text, pattern [, start [, flags]]) -> int64", count,
        0),
    ROW("regexp_substr",
        "regexp_substr(text, pattern [, start [, n-th match [, flags [, group]]]]) -> text",
        substr, STOA_FUNCTION_NULLABLE),
    ROW("substring", "substring(text, pattern) -> text: its first group, or the match",
        substring, STOA_FUNCTION_NULLABLE),
    ROW("regexp_replace",
        "regexp_replace(text, pattern, replacement [, flags]) -> text; flag g: every match",
        replace_flags, 0),
    ROW("regexp_replace",
        "regexp_replace(text, pattern, replacement, start [, n-th match, 0: every [, flags]]) "
        "-> text",
        replace_start, 0),
    {.name = NULL},
};
