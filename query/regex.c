/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions by PCRE2 (query/regex.h); the one file that includes it. Owns the
 * compiled code and the data of the latest match. Compiled to machine code where the system
 * allows that, which is about ten times as fast; the interpreter gives the same answers.
 */
#include "query/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"

enum {
    MAX_PATTERN = 64 << 10,
    MAX_STEPS = 2000000,     /* about 20 ms for one text */
    MAX_HEAP_KIB = 16 << 10, /* of the interpreter, for one text */
    MACHINE_STACK_FIRST = 32 << 10,
    MACHINE_STACK_MOST = 1 << 20,
    MESSAGE_SIZE = 160,
    MAX_ESCAPE = 16 /* bytes that an escape becomes, at most */
};

struct stoa_regex {
    pcre2_general_context *memory;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack; /* NULL: interpreted */
    uint32_t group_count;
};

/* ---- memory ---- */

static void *take(PCRE2_SIZE size, void *context)
{
    STOA_UNUSED(context);
    return stoa_alloc(size);
}

static void give_back(void *block, void *context)
{
    STOA_UNUSED(context);
    stoa_free(block);
}

void stoa_regex_free(struct stoa_regex *regex)
{
    if (!regex)
        return;
    pcre2_jit_stack_free(regex->stack);
    pcre2_match_context_free(regex->limits);
    pcre2_match_data_free(regex->match);
    pcre2_code_free(regex->code);
    pcre2_general_context_free(regex->memory);
    stoa_free(regex);
}

/* ---- PostgreSQL's escapes ---- */

/* What PCRE2 calls the escape, or NULL when it has the same name. */
static const char *escape_of(uint8_t letter)
{
    static const char *const escapes[][2] = {
        {"y", "\\b"        },
        {"Y", "\\B"        },
        {"m", "\\b(?=\\w)" },
        {"M", "\\b(?<=\\w)"},
        {"Z", "\\z"        },
    };
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        if ((uint8_t)escapes[i][0][0] == letter)
            return escapes[i][1];
    }
    return NULL;
}

/* A pattern on its way from one spelling to the other. */
struct translation {
    const uint8_t *p, *end;
    struct stoa_buf *out;
};

static stoa_status copy(struct translation *t, size_t size, stoa_error *err)
{
    STOA_TRY(stoa_buf_append(t->out, t->p, size, err));
    t->p += size;
    return STOA_OK;
}

/* At a backslash. \uXXXX and \UXXXXXXXX are code points in classes too. */
static stoa_status copy_escape(struct translation *t, bool in_class, stoa_error *err)
{
    const size_t left = (size_t)(t->end - t->p);
    if (left < 2)
        return copy(t, left, err);
    const uint8_t letter = t->p[1];
    const size_t digits = letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    const char *escape = in_class ? NULL : escape_of(letter);
    if (digits > 0 && left >= 2 + digits) {
        STOA_TRY(
            stoa_buf_printf(t->out, err, "\\x{%.*s}", (int)digits, (const char *)t->p + 2));
        t->p += 2 + digits;
        return STOA_OK;
    }
    if (!escape)
        return copy(t, 2, err);
    t->p += 2;
    return stoa_buf_append(t->out, escape, strlen(escape), err);
}

/* [:alpha:] and the like inside of a class. */
static stoa_status copy_named_class(struct translation *t, stoa_error *err)
{
    const uint8_t *p = t->p + 2;
    while (p + 1 < t->end && !(p[0] == t->p[1] && p[1] == ']'))
        p++;
    return copy(t, p + 1 < t->end ? (size_t)(p + 2 - t->p) : 1, err);
}

/* At [; a bracket that comes first is one of the class. */
static stoa_status copy_class(struct translation *t, stoa_error *err)
{
    STOA_TRY(copy(t, 1, err));
    if (t->p < t->end && *t->p == '^')
        STOA_TRY(copy(t, 1, err));
    if (t->p < t->end && *t->p == ']')
        STOA_TRY(copy(t, 1, err));
    while (t->p < t->end && *t->p != ']') {
        if (*t->p == '\\')
            STOA_TRY(copy_escape(t, true, err));
        else if (*t->p == '[' && t->p + 1 < t->end && strchr(":.=", t->p[1]) && t->p[1])
            STOA_TRY(copy_named_class(t, err));
        else
            STOA_TRY(copy(t, 1, err));
    }
    return STOA_OK;
}

/* Copies the pattern with PostgreSQL's own escapes as PCRE2 spells them. */
static stoa_status translate(struct stoa_view pattern, struct stoa_buf *out,
                             stoa_error *err)
{
    if (pattern.length == 0)
        return STOA_OK;
    struct translation t = {
        .p = pattern.data, .end = pattern.data + pattern.length, .out = out};
    while (t.p < t.end) {
        if (*t.p == '\\')
            STOA_TRY(copy_escape(&t, false, err));
        else if (*t.p == '[')
            STOA_TRY(copy_class(&t, err));
        else
            STOA_TRY(copy(&t, 1, err));
    }
    return STOA_OK;
}

/* ---- compiling ---- */

static uint32_t options_of(unsigned flags)
{
    uint32_t options =
        PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
    options |= flags & STOA_REGEX_LINES ? PCRE2_MULTILINE : PCRE2_DOTALL;
    if (flags & STOA_REGEX_ANY_CASE)
        options |= PCRE2_CASELESS;
    if (flags & STOA_REGEX_EXPANDED)
        options |= PCRE2_EXTENDED;
    return options;
}

static stoa_status fail_compile(int code, stoa_error *err)
{
    PCRE2_UCHAR message[MESSAGE_SIZE] = "";
    if (code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAP_FAILED)
        return stoa_fail_memory(err, sizeof(struct stoa_regex));
    (void)pcre2_get_error_message(code, message, sizeof message);
    return stoa_fail(err, STOA_E_BAD_VALUE, "the regular expression is not well-formed: %s",
                     (const char *)message);
}

static stoa_status compile(struct stoa_regex *regex, const uint8_t *pattern, size_t size,
                           uint32_t options, stoa_error *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(regex->memory);
    if (!context)
        return stoa_fail_memory(err, size);
    int code = 0;
    PCRE2_SIZE offset = 0;
    regex->code = pcre2_compile(pattern, size, options, &code, &offset, context);
    pcre2_compile_context_free(context);
    return regex->code ? STOA_OK : fail_compile(code, err);
}

/* Room for matches, limits, machine code. Without the last one it works as well. */
static stoa_status make_ready(struct stoa_regex *regex, stoa_error *err)
{
    regex->match = pcre2_match_data_create_from_pattern(regex->code, regex->memory);
    regex->limits = pcre2_match_context_create(regex->memory);
    if (!regex->match || !regex->limits)
        return stoa_fail_memory(err, sizeof *regex);
    (void)pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->group_count);
    (void)pcre2_set_match_limit(regex->limits, MAX_STEPS);
    (void)pcre2_set_heap_limit(regex->limits, MAX_HEAP_KIB);
    if (pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0) {
        regex->stack =
            pcre2_jit_stack_create(MACHINE_STACK_FIRST, MACHINE_STACK_MOST, regex->memory);
        if (!regex->stack)
            return stoa_fail_memory(err, MACHINE_STACK_MOST);
        pcre2_jit_stack_assign(regex->limits, NULL, regex->stack);
    }
    return STOA_OK;
}

/* A literal takes few other options, and the rest mean nothing to it. */
static stoa_status compile_plain(struct stoa_regex *regex, struct stoa_view pattern,
                                 unsigned flags, stoa_error *err)
{
    const uint32_t kept = options_of(flags) & (PCRE2_UTF | PCRE2_CASELESS);
    return compile(regex, pattern.length ? pattern.data : (const uint8_t *)"",
                   pattern.length, PCRE2_LITERAL | kept, err);
}

static stoa_status compile_expression(struct stoa_regex *regex, struct stoa_view pattern,
                                      unsigned flags, stoa_error *err)
{
    struct stoa_buf translated;
    stoa_buf_init(&translated, (size_t)MAX_PATTERN * MAX_ESCAPE);
    stoa_status status = translate(pattern, &translated, err);
    if (status == STOA_OK)
        status = compile(regex, translated.size ? translated.data : (const uint8_t *)"",
                         translated.size, options_of(flags), err);
    stoa_buf_done(&translated);
    return status;
}

static stoa_status create(struct stoa_regex *regex, struct stoa_view pattern,
                          unsigned flags, stoa_error *err)
{
    regex->memory = pcre2_general_context_create(take, give_back, NULL);
    if (!regex->memory)
        return stoa_fail_memory(err, sizeof *regex);
    STOA_TRY(flags & STOA_REGEX_PLAIN ? compile_plain(regex, pattern, flags, err)
                                      : compile_expression(regex, pattern, flags, err));
    return make_ready(regex, err);
}

stoa_status stoa_regex_create(struct stoa_view pattern, unsigned flags,
                              struct stoa_regex **out_regex, stoa_error *err)
{
    if (pattern.length > MAX_PATTERN)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected a regular expression of at most %d bytes, found %u",
                         MAX_PATTERN, pattern.length);
    struct stoa_regex *regex = stoa_alloc_zeroed(1, sizeof *regex);
    if (!regex)
        return stoa_fail_memory(err, sizeof *regex);
    const stoa_status status = create(regex, pattern, flags, err);
    if (status != STOA_OK) {
        stoa_regex_free(regex);
        return status;
    }
    *out_regex = regex;
    return STOA_OK;
}

/* ---- matching ---- */

static stoa_status fail_match(int code, stoa_error *err)
{
    PCRE2_UCHAR message[MESSAGE_SIZE] = "";
    if (code == PCRE2_ERROR_NOMEMORY)
        return stoa_fail_memory(err, MAX_HEAP_KIB);
    if (code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT ||
        code == PCRE2_ERROR_HEAPLIMIT || code == PCRE2_ERROR_JIT_STACKLIMIT) {
        const stoa_status status =
            stoa_fail(err, STOA_E_LIMIT,
                      "the regular expression takes too many steps for one of the texts");
        stoa_error_set_hint(err, "repetitions inside of repetitions, as in (a+)+, try very "
                                 "many ways");
        return status;
    }
    (void)pcre2_get_error_message(code, message, sizeof message);
    return stoa_fail(err, STOA_E_INTERNAL, "matching failed: %s", (const char *)message);
}

stoa_status stoa_regex_find(struct stoa_regex *regex, struct stoa_view text, size_t from,
                            bool *out_found, stoa_error *err)
{
    const uint8_t *data = text.data ? text.data : (const uint8_t *)"";
    const int count = pcre2_match(regex->code, data, text.length, from, PCRE2_NO_UTF_CHECK,
                                  regex->match, regex->limits);
    if (count < 0 && count != PCRE2_ERROR_NOMATCH)
        return fail_match(count, err);
    *out_found = count > 0;
    return STOA_OK;
}

unsigned stoa_regex_group_count(const struct stoa_regex *regex)
{
    return regex->group_count;
}

bool stoa_regex_group(const struct stoa_regex *regex, unsigned group, size_t *out_from,
                      size_t *out_to)
{
    const PCRE2_SIZE *spans = pcre2_get_ovector_pointer(regex->match);
    if (group > regex->group_count || spans[2 * group] == PCRE2_UNSET)
        return false;
    *out_from = spans[2 * group];
    *out_to = spans[2 * group + 1];
    return true;
}
