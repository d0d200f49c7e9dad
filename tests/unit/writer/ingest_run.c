/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helper of ingest_run.h. Uses libc's heap, so that failing allocations of the library
 * do not hit it.
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/text.h"

/* A growing text. */
struct shown {
    char *text;
    size_t size;
    size_t capacity;
};

static void add_bytes(struct shown *shown, const void *bytes, size_t size)
{
    if (shown->size + size + 1 > shown->capacity) {
        shown->capacity = 2 * (shown->size + size + 64);
        shown->text = realloc(shown->text, shown->capacity);
        assert_non_null(shown->text);
    }
    memcpy(shown->text + shown->size, bytes, size);
    shown->size += size;
    shown->text[shown->size] = '\0';
}

static void add_text(struct shown *shown, const char *text)
{
    add_bytes(shown, text, strlen(text));
}

STOA_PRINTF(2, 3) static void add_format(struct shown *shown, const char *fmt, ...)
{
    char text[8192];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof text);
    add_text(shown, text);
}

/* ---- the sink ---- */

struct sink_state {
    struct shown shown; /* the schema and the rows */
    struct shown rejected;
    struct stoa_ingest *ingest;
    const stoa_schema *schema;
    bool checks_lines;
    uint64_t rows[RUN_SOURCES];
    uint64_t rejects[RUN_SOURCES];
};

static void add_cell(struct shown *shown, stoa_type type, const struct stoa_value *value)
{
    char text[STOA_VALUE_TEXT_MAX];
    if (value->is_null) {
        add_text(shown, "~");
    } else if (type.id == STOA_TYPE_TEXT || type.id == STOA_TYPE_BINARY) {
        add_text(shown, "\"");
        add_bytes(shown, value->bytes.data, value->bytes.length);
        add_text(shown, "\"");
    } else {
        add_bytes(shown, text, stoa_text_write(type, value, text));
    }
}

static stoa_status on_batch(void *context, const struct stoa_column *columns, uint32_t rows,
                            uint32_t source, uint64_t first_line, stoa_error *err)
{
    struct sink_state *state = context;
    (void)err;
    assert_true(rows > 0);
    for (uint32_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < state->schema->field_count; c++) {
            const struct stoa_value value = stoa_column_get(&columns[c], r);
            add_text(&state->shown, c ? "|" : "");
            add_cell(&state->shown, state->schema->fields[c].type, &value);
        }
        add_text(&state->shown, "\n");
    }
    if (state->checks_lines)
        assert_int_equal(first_line, stoa_column_get(&columns[0], 0).i64);
    state->rows[source] += rows;
    return STOA_OK;
}

/* [ING-44] */
static stoa_status on_reject(void *context, const struct stoa_ingest_reject *reject,
                             stoa_error *err)
{
    struct sink_state *state = context;
    (void)err;
    add_format(&state->rejected, "!E%d line %llu at %llu:%llu \"", (int)reject->code,
               (unsigned long long)reject->line, (unsigned long long)reject->place_line,
               (unsigned long long)reject->place_column);
    add_bytes(&state->rejected, reject->raw.data, reject->raw.length);
    add_text(&state->rejected, "\"\n");
    assert_true(reject->message[0] != '\0');
    assert_false(reject->is_cut);
    const struct stoa_hash128 hash = stoa_hash128(reject->raw.data, reject->raw.length);
    assert_true(hash.low == reject->hash.low && hash.high == reject->hash.high);
    state->rejects[reject->source]++;
    return STOA_OK;
}

/* ---- one run ---- */

static const char *source_name(const struct run_case *run, size_t i)
{
    static const char *const names[] = {"a.csv", "b.csv", "c.csv", "d.csv"};
    return run->sources[i].name ? run->sources[i].name : names[i];
}

static void add_schema(struct shown *shown, const stoa_schema *schema)
{
    for (size_t c = 0; c < schema->field_count; c++) {
        char type[STOA_TYPE_TEXT_MAX];
        add_format(shown, "%s%s:%s", c ? " " : "", schema->fields[c].name,
                   stoa_type_text(schema->fields[c].type, type));
    }
    add_text(shown, "\n");
}

/* Appends a text without the temporary directory's path in it. */
static void add_bare(struct shown *shown, const char *text,
                     const struct test_directory *directory)
{
    const char *found;
    while ((found = strstr(text, directory->path)) != NULL) {
        add_bytes(shown, text, (size_t)(found - text));
        text = found + strlen(directory->path) + 1;
    }
    add_text(shown, text);
}

static stoa_status run_all(const struct run_case *run,
                           const struct test_directory *directory, struct sink_state *state,
                           stoa_error *err)
{
    const struct stoa_ingest_sink sink = {
        .context = state, .on_batch = on_batch, .on_reject = on_reject};
    STOA_TRY(stoa_ingest_create(&run->options, &state->ingest, err));
    for (size_t i = 0; i < run->source_count; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", directory->path, source_name(run, i));
        STOA_TRY(stoa_ingest_add(state->ingest, path, err));
    }
    STOA_TRY(stoa_ingest_infer(state->ingest, err));
    state->schema = run->target ? run->target : stoa_ingest_schema(state->ingest);
    return stoa_ingest_read(state->ingest, run->target, &sink, err);
}

/* [ING-40] */
static void check_ledger(const struct sink_state *state, size_t source_count)
{
    for (uint32_t i = 0; i < source_count; i++) {
        const struct stoa_ingest_source *source = stoa_ingest_source(state->ingest, i);
        assert_int_equal(source->rows_delivered, state->rows[i]);
        assert_int_equal(source->rows_rejected, state->rejects[i]);
        assert_int_equal(source->rows_read, state->rows[i] + state->rejects[i]);
    }
}

char *run_show_sized(const struct run_case *run, size_t *out_size)
{
    struct test_directory directory;
    struct sink_state state = {.checks_lines = run->checks_lines};
    struct shown all = {.size = 0};
    stoa_error error;
    stoa_error_clear(&error);
    test_directory_make(&directory);
    for (size_t i = 0; i < run->source_count; i++)
        test_file_write(&directory, source_name(run, i), run->sources[i].bytes,
                        run->sources[i].size);
    const stoa_status status = run_all(run, &directory, &state, &error);
    if (status == STOA_OK) {
        check_ledger(&state, run->source_count);
        add_schema(&all, state.schema);
        add_bytes(&all, state.rejected.text ? state.rejected.text : "",
                  state.rejected.size);
        add_bytes(&all, state.shown.text ? state.shown.text : "", state.shown.size);
    } else {
        assert_int_equal(status, error.status);
        add_format(&all, "E%d ", (int)status);
        add_bare(&all, error.place, &directory);
        add_text(&all, ": ");
        add_bare(&all, error.message, &directory);
        add_text(&all, "\n");
    }
    free(state.shown.text);
    free(state.rejected.text);
    stoa_ingest_free(state.ingest);
    test_directory_remove(&directory);
    if (out_size)
        *out_size = all.size;
    return all.text;
}

char *run_show(const struct run_case *run)
{
    return run_show_sized(run, NULL);
}

char *run_text(const char *text, const struct stoa_ingest_options *options)
{
    struct run_case run = {.sources = {{.bytes = text, .size = strlen(text)}},
                           .source_count = 1};
    if (options)
        run.options = *options;
    return run_show(&run);
}

void run_expect(const char *text, const struct stoa_ingest_options *options,
                const char *expected)
{
    char *found = run_text(text, options);
    assert_string_equal(found, expected);
    free(found);
}

void run_open(struct run_open *open, const char *text,
              const struct stoa_ingest_options *options)
{
    static const struct stoa_ingest_options none = {.delimiter = 0};
    stoa_error error;
    test_directory_make(&open->directory);
    test_file_write(&open->directory, "a.csv", text, strlen(text));
    assert_ok(stoa_ingest_create(options ? options : &none, &open->ingest, &error), &error);
    assert_ok(stoa_ingest_add(open->ingest, test_path(&open->directory, "a.csv"), &error),
              &error);
    assert_ok(stoa_ingest_infer(open->ingest, &error), &error);
}

void run_close(struct run_open *open)
{
    stoa_ingest_free(open->ingest);
    test_directory_remove(&open->directory);
}

char *run_notices(const struct run_open *open)
{
    struct shown shown = {.size = 0};
    const struct stoa_ingest_notice *notice;
    add_text(&shown, "");
    for (uint32_t i = 0; (notice = stoa_ingest_notice(open->ingest, i)) != NULL; i++) {
        add_bare(&shown, notice->text, &open->directory);
        add_text(&shown, "\n");
    }
    return shown.text;
}
