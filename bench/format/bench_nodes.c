/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What decoding one value costs in each encoding, in cycles: where the `decode_cycles` of the rows
 * in format/enc come from. Each encoding is made to hold a column it is meant for, whether it
 * would be chosen or not, and decoded from cache; "own" leaves out what its children take that are
 * decoded along, and "point" is one value of a random row alone. A cycle is a third of a 64-bit
 * multiplication that waits for the one before.
 *
 * Beside it stand nanoseconds of a value for a sum, a range that takes four values of ten, and a test of
 * every second text of a dictionary, on encoded data. Below the table is what of this is promised;
 * --require exits 1 when a floor is missed.
 *
 *   bench_nodes [--require] [name ...]
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/format/bench_support.h"
#include "common/alloc.h"
#include "format/enc/enc_choose.h"

enum { ROWS = 65536, ENTRIES = 5000, CHAIN = 1 << 21, ROUNDS = 9 };

/* Seconds of a cycle, the best of some runs. */
static double cycle_seconds(void)
{
    double best = 1;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t x = 3;
        const double start = seconds();
        for (int i = 0; i < CHAIN; i++) {
            x *= x;
            __asm__ volatile("" : "+r"(x));
        }
        const double spent = (seconds() - start) / CHAIN / 3;
        best = spent < best ? spent : best;
    }
    return best;
}

/* ---- columns ---- */

typedef int64_t (*number_fn)(uint32_t row);

static int64_t number_steady(uint32_t row)
{
    return (int64_t)row * 1000 + (int64_t)below(1000);
}

static int64_t number_line(uint32_t row)
{
    return (int64_t)row * 7;
}

static int64_t number_price(uint32_t row)
{
    (void)row;
    return (int64_t)below(10000000);
}

static int64_t number_runs(uint32_t row)
{
    return (int64_t)(row / 13 * 7919 % 4001);
}

static int64_t number_long_runs(uint32_t row)
{
    return (int64_t)(row / 130 * 7919 % 4001);
}

static int64_t number_rare(uint32_t row)
{
    (void)row;
    return below(20) ? 5 : (int64_t)below(10000);
}

static int64_t number_noise(uint32_t row)
{
    (void)row;
    return (int64_t)next_random();
}

static int64_t number_code(uint32_t row)
{
    (void)row;
    return (int64_t)below(ENTRIES);
}

static int64_t number_few_codes(uint32_t row)
{
    (void)row;
    return (int64_t)below(200);
}

static int64_t number_one(uint32_t row)
{
    (void)row;
    return 77;
}

/* ---- texts ---- */

/* Writes the text of a number to `out`, which has room. */
typedef int (*spell_fn)(char *out, size_t room, int64_t number);

static int spell_word(char *out, size_t room, int64_t number)
{
    return snprintf(out, room, "text %08" PRId64, number);
}

static int spell_user(char *out, size_t room, int64_t number)
{
    return snprintf(out, room, "user_%" PRId64, number);
}

static int spell_money(char *out, size_t room, int64_t number)
{
    return snprintf(out, room, "$%" PRId64 ".%02d", number / 100, (int)(number % 100));
}

static int spell_uuid(char *out, size_t room, int64_t number)
{
    return snprintf(out, room, "%08" PRIx64 "-12d3-4e56-a789-%012" PRIx64, number * 429,
                    number * 28147497);
}

static int spell_hash(char *out, size_t room, int64_t number)
{
    return snprintf(out, room, "%020" PRIx64 "%020" PRIx64, number * 429496,
                    number * 281474971);
}

static int spell_time(char *out, size_t room, int64_t number)
{
    return snprintf(out, room, "20%02d-%02d-%02dT%02d:%02d:%02dZ", (int)(number % 100),
                    (int)(number / 100 % 12) + 1, (int)(number / 1000 % 28) + 1,
                    (int)(number / 10 % 24), (int)(number / 7 % 60),
                    (int)(number / 3 % 60));
}

struct bench_node {
    const char *name;
    unsigned encoding;
    enum stoa_phys phys;
    number_fn number;
    unsigned null_percent; /* DENSE alone */
    unsigned first_child;  /* children before it are used up when a node is opened */
    spell_fn spell;        /* BYTES: NULL for spell_word */
};

static const struct bench_node cases[] = {
    {"raw",          STOA_ENC_RAW,    STOA_PHYS_I64,   number_noise,     0,  0, NULL       },
    {"const",        STOA_ENC_CONST,  STOA_PHYS_I64,   number_one,       0,  0, NULL       },
    {"ffor",         STOA_ENC_FFOR,   STOA_PHYS_I64,   number_price,     0,  0, NULL       },
    {"ffor 128",     STOA_ENC_FFOR,   STOA_PHYS_I128,  number_price,     0,  0, NULL       },
    {"bytes",        STOA_ENC_BYTES,  STOA_PHYS_I64,   number_price,     0,  0, NULL       },
    {"bytes planes", STOA_ENC_BYTES,  STOA_PHYS_F64,   number_noise,     0,  0, NULL       },
    {"dict words",   STOA_ENC_DICT,   STOA_PHYS_I64,   number_code,      0,  0, NULL       },
    {"dict texts",   STOA_ENC_DICT,   STOA_PHYS_BYTES, number_code,      0,  0, NULL       },
    {"dict few",     STOA_ENC_DICT,   STOA_PHYS_BYTES, number_few_codes, 0,  0, NULL       },
    {"rle",          STOA_ENC_RLE,    STOA_PHYS_I64,   number_runs,      0,  1, NULL       },
    {"rle long",     STOA_ENC_RLE,    STOA_PHYS_I64,   number_long_runs, 0,  1, NULL       },
    {"bool",         STOA_ENC_BOOL,   STOA_PHYS_BOOL,  number_noise,     0,  0, NULL       },
    {"str",          STOA_ENC_STR,    STOA_PHYS_BYTES, number_price,     0,  0, NULL       },
    {"delta",        STOA_ENC_DELTA,  STOA_PHYS_I64,   number_steady,    0,  1, NULL       },
    {"alp",          STOA_ENC_ALP,    STOA_PHYS_F64,   number_price,     0,  0, NULL       },
    {"alp-rd",       STOA_ENC_ALP_RD, STOA_PHYS_F64,   number_noise,     0,  0, NULL       },
    {"fsst",         STOA_ENC_FSST,   STOA_PHYS_BYTES, number_price,     0,  0, NULL       },
    {"sparse",       STOA_ENC_SPARSE, STOA_PHYS_I64,   number_rare,      0,  2, NULL       },
    {"seq",          STOA_ENC_SEQ,    STOA_PHYS_I64,   number_line,      0,  0, NULL       },
    {"dense 25 %",   STOA_ENC_DENSE,  STOA_PHYS_I64,   number_price,     25, 0, NULL       },
    {"dense 90 %",   STOA_ENC_DENSE,  STOA_PHYS_I64,   number_price,     90, 0, NULL       },
    {"dense texts",  STOA_ENC_DENSE,  STOA_PHYS_BYTES, number_price,     25, 0, NULL       },
    {"dense 128",    STOA_ENC_DENSE,  STOA_PHYS_I128,  number_price,     25, 0, NULL       },
    {"prefix",       STOA_ENC_PREFIX, STOA_PHYS_BYTES, number_line,      0,  0, spell_uuid },
    {"cast padded",  STOA_ENC_CAST,   STOA_PHYS_BYTES, number_price,     0,  0, spell_word },
    {"cast number",  STOA_ENC_CAST,   STOA_PHYS_BYTES, number_price,     0,  0, spell_user },
    {"cast money",   STOA_ENC_CAST,   STOA_PHYS_BYTES, number_price,     0,  0, spell_money},
    {"cast uuid",    STOA_ENC_CAST,   STOA_PHYS_BYTES, number_price,     0,  0, spell_uuid },
    {"cast hash",    STOA_ENC_CAST,   STOA_PHYS_BYTES, number_price,     0,  0, spell_hash },
    {"cast time",    STOA_ENC_CAST,   STOA_PHYS_BYTES, number_price,     0,  0, spell_time },
};

/* ---- one node ---- */

struct bench {
    struct stoa_column_builder builder;
    struct stoa_column_builder entries; /* of DICT */
    struct stoa_buf bytes;
    struct stoa_arena arena;
    struct stoa_vector vector;
    struct stoa_enc_context context;
    struct stoa_dictionary dictionary;
    struct stoa_node *node;
    uint32_t codes[ROWS];
};

static stoa_status append(struct stoa_column_builder *builder, int64_t number, bool is_null,
                          spell_fn spell, stoa_error *err)
{
    char text[64];
    struct stoa_value value = {.is_null = is_null};
    if (builder->phys == STOA_PHYS_F64) {
        value.f64 = (double)number / 100;
    } else if (builder->phys == STOA_PHYS_I128) {
        value.i128 = number;
    } else if (builder->phys == STOA_PHYS_BOOL) {
        value.boolean = number & 1;
    } else if (builder->phys == STOA_PHYS_BYTES) {
        value.bytes.data = (const uint8_t *)text;
        value.bytes.length =
            (uint32_t)(spell ? spell : spell_word)(text, sizeof text, number);
    } else {
        value.i64 = number;
    }
    return stoa_column_builder_append(builder, &value, err);
}

/* The dictionary of all codes, and the codes of the rows. */
static stoa_status make_dictionary(struct bench *bench, enum stoa_phys phys,
                                   stoa_error *err)
{
    for (int64_t entry = 0; entry < ENTRIES; entry++)
        STOA_TRY(append(&bench->entries, entry, false, NULL, err));
    const struct stoa_column column = stoa_column_builder_view(&bench->entries);
    struct stoa_view *views =
        stoa_arena_alloc_zeroed(&bench->arena, ENTRIES, sizeof *views);
    if (!views)
        return stoa_arena_fail(&bench->arena, ENTRIES * sizeof *views, err);
    for (uint32_t i = 0; phys == STOA_PHYS_BYTES && i < ENTRIES; i++)
        views[i] = stoa_column_view(&column, i);
    bench->dictionary = (struct stoa_dictionary){
        .phys = phys, .count = ENTRIES, .values = column.values, .views = views};
    bench->context.dictionary = &bench->dictionary;
    return STOA_OK;
}

static stoa_status make_node(struct bench *bench, const struct bench_node *what,
                             stoa_error *err)
{
    for (uint32_t row = 0; row < ROWS; row++) {
        const int64_t number = what->number(row);
        bench->codes[row] = (uint32_t)number;
        STOA_TRY(append(&bench->builder, number, below(100) < what->null_percent,
                        what->spell, err));
    }
    const struct stoa_column column = stoa_column_builder_view(&bench->builder);
    struct stoa_enc_input input = {.column = &column,
                                   .depth = 1,
                                   .validity = column.validity,
                                   .limit = (double)INFINITY};
    if (what->encoding == STOA_ENC_DICT) {
        STOA_TRY(make_dictionary(bench, what->phys, err));
        input.codes = bench->codes;
        input.dictionary_count = ENTRIES;
    }
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    STOA_TRY(stoa_encoding_find(what->encoding)->encode(&input, &bench->bytes, err));
    bench->context.validity = (const uint8_t *)column.validity;
    bench->context.rows = ROWS;
    bench->context.valid_count = ROWS - bench->builder.null_count;
    return stoa_node_open(bench->bytes.data, bench->bytes.size, what->phys, ROWS, 1,
                          &bench->context, &bench->node, err);
}

/* Seconds to decode all of the node, the best of some runs. */
static stoa_status time_node(struct stoa_node *node, double *out_seconds, stoa_error *err)
{
    struct stoa_vector vector;
    double best = 1;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_vector_init(&vector, node->phys, err));
    for (int round = 0; status == STOA_OK && round < ROUNDS; round++) {
        const double start = seconds();
        for (int pass = 0; pass < 4; pass++) {
            for (uint32_t v = 0; v * STOA_VECTOR_ROWS < node->count; v++)
                STOA_TRY_CLEANUP(stoa_node_decode(node, v, &vector, err));
        }
        const double spent = (seconds() - start) / 4;
        best = spent < best ? spent : best;
    }
    *out_seconds = best;
cleanup:
    stoa_vector_done(&vector);
    return status;
}

/* The same for codes alone, which is what filters, GROUP BY and DISTINCT ask of DICT. */
static stoa_status time_codes(struct stoa_node *node, double *out_seconds, stoa_error *err)
{
    static uint32_t codes[STOA_VECTOR_ROWS];
    double best = 1;
    for (int round = 0; round < ROUNDS; round++) {
        const double start = seconds();
        for (int pass = 0; pass < 4; pass++) {
            for (uint32_t v = 0; v * STOA_VECTOR_ROWS < node->count; v++)
                STOA_TRY(node->encoding->codes(node, v, codes, err));
        }
        const double spent = (seconds() - start) / 4;
        best = spent < best ? spent : best;
    }
    *out_seconds = best;
    return STOA_OK;
}

/* Seconds to read one value, rows in random order, the best of some runs. */
static stoa_status time_points(struct stoa_node *node, double *out_seconds, stoa_error *err)
{
    enum { POINTS = 2000 };
    double best = 1;
    for (int round = 0; round < ROUNDS; round++) {
        const double start = seconds();
        for (int i = 0; i < POINTS; i++) {
            struct stoa_value value;
            STOA_TRY(stoa_node_at(node, (uint32_t)below(node->count), &value, err));
        }
        const double spent = (seconds() - start) / POINTS;
        best = spent < best ? spent : best;
    }
    *out_seconds = best;
    return STOA_OK;
}

/* ---- on encoded data ---- */

static stoa_status time_sum(struct stoa_node *node, double *out_seconds, stoa_error *err)
{
    double best = 1;
    for (int round = 0; round < ROUNDS; round++) {
        stoa_i128 sum = 0;
        const double start = seconds();
        for (int pass = 0; pass < 16; pass++)
            STOA_TRY(stoa_node_sum(node, 0, node->count, &sum, err));
        const double spent = (seconds() - start) / 16;
        __asm__ volatile("" : : "r"(&sum) : "memory");
        best = spent < best ? spent : best;
    }
    *out_seconds = best;
    return STOA_OK;
}

static bool is_odd_text(const void *context, const struct stoa_value *value)
{
    (void)context;
    return value->bytes.data[value->bytes.length - 1] & 1;
}

static stoa_status time_select(struct stoa_node *node,
                               const struct stoa_predicate *predicate, double *out_seconds,
                               stoa_error *err)
{
    struct stoa_vector vector;
    uint64_t bits[STOA_VECTOR_WORDS];
    double best = 1;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_vector_init(&vector, node->phys, err));
    for (int round = 0; round < ROUNDS; round++) {
        const double start = seconds();
        for (int pass = 0; pass < 4; pass++) {
            for (uint32_t v = 0; v * STOA_VECTOR_ROWS < node->count; v++)
                STOA_TRY_CLEANUP(stoa_node_select(node, v, predicate, &vector, bits, err));
        }
        const double spent = (seconds() - start) / 4;
        best = spent < best ? spent : best;
    }
    *out_seconds = best;
cleanup:
    stoa_vector_done(&vector);
    return status;
}

/* A range that takes the middle of number_price, or the test of texts; 0: neither applies. */
static stoa_status time_predicate(struct stoa_node *node, double *out_seconds,
                                  stoa_error *err)
{
    struct stoa_predicate predicate = {.kind = STOA_PREDICATE_RANGE,
                                       .phys = node->phys,
                                       .has_low = true,
                                       .has_high = true,
                                       .low_inclusive = true,
                                       .high_inclusive = true};
    *out_seconds = 0;
    if (node->phys == STOA_PHYS_I64) {
        predicate.low.i64 = 3000000;
        predicate.high.i64 = 7000000;
    } else if (node->phys == STOA_PHYS_F64) {
        predicate.low.f64 = 30000;
        predicate.high.f64 = 70000;
    } else if (node->encoding->id == STOA_ENC_DICT) {
        predicate = (struct stoa_predicate){
            .kind = STOA_PREDICATE_TEST, .phys = node->phys, .test = is_odd_text};
    } else {
        return STOA_OK;
    }
    return time_select(node, &predicate, out_seconds, err);
}

/* ---- what is promised ---- */

enum measure { DECODE, SUM, SELECT, MEASURES };

struct promise {
    const char *name;
    enum measure measure;
    double floor, goal; /* GB/s of 8-byte values, or G rows/s */
    double found;
};

static struct promise promises[] = {
    {"ffor",       DECODE, 30, 80, 0},
    {"alp",        DECODE, 8,  20, 0},
    {"ffor",       SELECT, 5,  10, 0},
    {"dict few",   SELECT, 5,  10, 0},
    {"dict texts", SELECT, 5,  10, 0},
    {"rle",        SUM,    20, 20, 0},
    {"rle long",   SUM,    20, 20, 0},
};

static void note_promises(const char *name, const double spent[MEASURES])
{
    for (size_t i = 0; i < sizeof promises / sizeof promises[0]; i++) {
        struct promise *promise = &promises[i];
        const double bytes = promise->measure == DECODE ? 8 : 1;
        if (strcmp(promise->name, name) == 0 && spent[promise->measure] > 0)
            promise->found = ROWS * bytes / spent[promise->measure] / 1e9;
    }
}

/* True when no floor is missed by what was measured. */
static bool print_promises(void)
{
    static const char *const measures[MEASURES] = {"decode", "sum", "select"};
    bool is_kept = true;
    for (size_t i = 0; i < sizeof promises / sizeof promises[0]; i++) {
        const struct promise *promise = &promises[i];
        if (promise->found <= 0)
            continue;
        const bool holds = promise->found >= promise->floor;
        is_kept &= holds;
        printf("%-11s %-7s %7.1f %-8s  %s (floor %.0f, goal %.0f)\n", promise->name,
               measures[promise->measure], promise->found,
               promise->measure == DECODE ? "GB/s" : "G rows/s",
               promise->found >= promise->goal ? "goal"
               : holds                         ? "floor"
                                               : "BELOW FLOOR",
               promise->floor, promise->goal);
    }
    return is_kept;
}

static stoa_status print_node(struct bench *bench, const struct bench_node *what,
                              double cycle, stoa_error *err)
{
    struct stoa_buf text;
    double total = 0;
    double children = 0;
    double point = 0;
    double spent[MEASURES] = {0};
    STOA_TRY(time_node(bench->node, &total, err));
    STOA_TRY(time_points(bench->node, &point, err));
    for (unsigned i = what->first_child; i < STOA_NODE_MAX_CHILDREN; i++) {
        double child = 0;
        if (bench->node->children[i])
            STOA_TRY(time_node(bench->node->children[i], &child, err));
        children += child;
    }
    if (bench->node->encoding->codes) {
        double codes = 0;
        STOA_TRY(time_codes(bench->node, &codes, err));
        printf("%-14s %7.2f %7.2f\n", "  codes alone", codes / cycle / ROWS,
               (codes - children) / cycle / ROWS);
    }
    spent[DECODE] = total;
    if (what->phys == STOA_PHYS_I64)
        STOA_TRY(time_sum(bench->node, &spent[SUM], err));
    STOA_TRY(time_predicate(bench->node, &spent[SELECT], err));
    note_promises(what->name, spent);
    stoa_buf_init(&text, 4096);
    const stoa_status status = stoa_node_describe(bench->node, &text, err);
    printf("%-14s %7.2f %7.2f %7.2f %7.3f %7.3f %8.0f  %.*s\n", what->name,
           total / cycle / ROWS, (total - children) / cycle / ROWS, total * 1e9 / ROWS,
           spent[SUM] * 1e9 / ROWS, spent[SELECT] * 1e9 / ROWS, point * 1e9, (int)text.size,
           (const char *)text.data);
    stoa_buf_done(&text);
    return status;
}

static stoa_status run(const struct bench_node *what, double cycle, stoa_error *err)
{
    static struct bench bench; /* too large for the stack */
    memset(&bench, 0, sizeof bench);
    stoa_status status = STOA_OK;
    stoa_column_builder_init(&bench.builder, what->phys);
    stoa_column_builder_init(&bench.entries, what->phys);
    stoa_buf_init(&bench.bytes, (size_t)1 << 28);
    stoa_arena_init(&bench.arena, (size_t)1 << 28);
    bench.context.arena = &bench.arena;
    bench.context.kernels = stoa_kernels_best();
    STOA_TRY_CLEANUP(make_node(&bench, what, err));
    STOA_TRY_CLEANUP(print_node(&bench, what, cycle, err));
cleanup:
    stoa_column_builder_done(&bench.builder);
    stoa_column_builder_done(&bench.entries);
    stoa_buf_done(&bench.bytes);
    stoa_arena_done(&bench.arena);
    return status;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return argc < 2;
}

int main(int argc, char **argv)
{
    const bool is_required = argc > 1 && strcmp(argv[1], "--require") == 0;
    const double cycle = cycle_seconds();
    argc -= is_required;
    argv += is_required;
    printf("kernels %s, %.2f GHz; per value\n", stoa_kernels_best()->name, 1e-9 / cycle);
    printf("%-14s %7s %7s %7s %7s %7s %8s  %s\n", "encoding", "cycles", "own", "ns", "sum",
           "select", "point ns", "tree");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stoa_error err;
        if (is_wanted(cases[i].name, argc, argv) &&
            run(&cases[i], cycle, &err) != STOA_OK) {
            fprintf(stderr, "%s: %s\n", cases[i].name, err.message);
            return 1;
        }
    }
    const bool is_kept = print_promises();
    return is_kept || !is_required ? 0 : 1;
}
