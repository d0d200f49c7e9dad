/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values by row number: nanoseconds for one row of a loaded block by stoa_block_at, encoding
 * by encoding, and how many rows of a vector cost as much as decoding it (what vector_worth of
 * an encoding goes by). Rows are random, the block is in cache. Text under zstd is also read
 * with every frame still compressed.
 *
 *   bench_points [--require]
 */
#include <math.h>
#include <stdlib.h>

#include "bench/format/bench_support.h"
#include "bench/format/bench_verdict.h"
#include "format/block.h"

enum { ROWS = STOA_BLOCK_ROWS, READS = 100000, ENTRIES = 5000, TEXT_MAX = 400 };

/* ---- columns ---- */

static struct stoa_value make_narrow(uint32_t row, char *text)
{
    (void)row, (void)text;
    return (struct stoa_value){.i64 = 700000 + (int64_t)below(1 << 20)};
}

static struct stoa_value make_outliers(uint32_t row, char *text)
{
    (void)row, (void)text;
    return (struct stoa_value){
        .i64 = (int64_t)(below(50) ? below(1 << 12) : next_random() >> 8)};
}

static struct stoa_value make_any(uint32_t row, char *text)
{
    (void)row, (void)text;
    return (struct stoa_value){.u64 = next_random()};
}

static struct stoa_value make_steady(uint32_t row, char *text)
{
    (void)text;
    return (struct stoa_value){.i64 = (int64_t)row * 1000 + (int64_t)below(900)};
}

static struct stoa_value make_sequence(uint32_t row, char *text)
{
    (void)text;
    return (struct stoa_value){.i64 = 17 + 3 * (int64_t)row};
}

static struct stoa_value make_constant(uint32_t row, char *text)
{
    (void)row, (void)text;
    return (struct stoa_value){.i64 = 17};
}

static struct stoa_value make_runs(uint32_t row, char *text)
{
    (void)text;
    return (struct stoa_value){.i64 = (int64_t)(row / 12 * 40503 % 65521)};
}

static struct stoa_value make_rare(uint32_t row, char *text)
{
    (void)row, (void)text;
    return (struct stoa_value){.i64 = below(20) ? 3 : (int64_t)below(100000)};
}

static struct stoa_value make_price(uint32_t row, char *text)
{
    (void)row, (void)text;
    return (struct stoa_value){.f64 = (double)below(1000000) / 100};
}

static struct stoa_value make_noise(uint32_t row, char *text)
{
    (void)row, (void)text;
    return (struct stoa_value){.f64 = 1 + (double)next_random() / 0x1p64};
}

static struct stoa_value make_bit(uint32_t row, char *text)
{
    (void)row, (void)text;
    return (struct stoa_value){.boolean = below(2)};
}

static struct stoa_value make_word(uint32_t row, char *text)
{
    (void)row;
    const unsigned number = (unsigned)below(ENTRIES);
    const int length =
        snprintf(text, TEXT_MAX, "word-%05u-%u", number, number * 40503 % 65521);
    return (struct stoa_value){
        .bytes = {(const uint8_t *)text, (uint32_t)length}
    };
}

static struct stoa_value make_url(uint32_t row, char *text)
{
    (void)row;
    const int length = snprintf(text, TEXT_MAX, "https://shop.example/items/%u?ref=%u",
                                (unsigned)below(10000000), (unsigned)below(1000));
    return (struct stoa_value){
        .bytes = {(const uint8_t *)text, (uint32_t)length}
    };
}

/* Sentences of about a hundred bytes. */
static struct stoa_value make_prose(uint32_t row, char *text)
{
    static const char *const words[] = {
        "order", "shipped", "to",     "the", "customer", "after", "a",         "delay",
        "of",    "payment", "failed", "and", "retried",  "later", "warehouse", "stock"};
    (void)row;
    uint32_t length = 0;
    for (uint64_t i = 12 + below(10); i > 0; i--)
        length += (uint32_t)snprintf(text + length, TEXT_MAX - length, "%s ",
                                     words[below(sizeof words / sizeof words[0])]);
    return (struct stoa_value){
        .bytes = {(const uint8_t *)text, length}
    };
}

/* ---- cases ---- */

struct bench_case {
    const char *name;
    unsigned encoding;
    enum stoa_phys phys;
    struct stoa_value (*make)(uint32_t row, char *text);
    double goal; /* nanoseconds; 0: none */
    unsigned null_percent;
};

static const struct bench_case cases[] = {
    {"integer, ffor 20 bits",      STOA_ENC_FFOR,   STOA_PHYS_I64,   make_narrow,   200,  0 },
    {"integer, ffor exceptions",   STOA_ENC_FFOR,   STOA_PHYS_I64,   make_outliers, 200,  0 },
    {"integer, raw",               STOA_ENC_RAW,    STOA_PHYS_I64,   make_any,      200,  0 },
    {"integer, const",             STOA_ENC_CONST,  STOA_PHYS_I64,   make_constant, 200,  0 },
    {"integer, seq",               STOA_ENC_SEQ,    STOA_PHYS_I64,   make_sequence, 200,  0 },
    {"integer, bytes",             STOA_ENC_BYTES,  STOA_PHYS_I64,   make_narrow,   200,  0 },
    {"integer, dense 25 % NULL",   STOA_ENC_DENSE,  STOA_PHYS_I64,   make_narrow,   200,  25},
    {"integer, sparse",            STOA_ENC_SPARSE, STOA_PHYS_I64,   make_rare,     200,  0 },
    {"integer, delta",             STOA_ENC_DELTA,  STOA_PHYS_I64,   make_steady,   1000, 0 },
    {"integer, rle",               STOA_ENC_RLE,    STOA_PHYS_I64,   make_runs,     1000, 0 },
    {"float, alp",                 STOA_ENC_ALP,    STOA_PHYS_F64,   make_price,    200,  0 },
    {"float, alp-rd",              STOA_ENC_ALP_RD, STOA_PHYS_F64,   make_noise,    200,  0 },
    {"truth value",                STOA_ENC_BOOL,   STOA_PHYS_BOOL,  make_bit,      200,  0 },
    {"dictionary text",            STOA_ENC_DICT,   STOA_PHYS_BYTES, make_word,     300,  0 },
    {"fsst text",                  STOA_ENC_FSST,   STOA_PHYS_BYTES, make_url,      1000, 0 },
    {"zstd text, frames in cache", STOA_ENC_STR,    STOA_PHYS_BYTES, make_prose,    0,    0 },
};

/* ---- one block ---- */

struct bench {
    struct stoa_column_builder builder;
    struct stoa_dictionary_build *build;
    struct stoa_buf dictionary_payload;
    struct stoa_dictionary dictionary;
    struct stoa_buf payload;
    struct stoa_arena arena, dictionary_arena;
    struct stoa_decompressor decompressor;
    struct stoa_vector vector;
    struct stoa_block block;
    uint32_t null_count;
    uint64_t seen; /* so that no read is left out */
};

static stoa_status make_column(struct bench *bench, const struct bench_case *what,
                               stoa_error *err)
{
    char text[TEXT_MAX];
    stoa_column_builder_init(&bench->builder, what->phys);
    for (uint32_t row = 0; row < ROWS; row++) {
        struct stoa_value value = what->make(row, text);
        value.is_null = below(100) < what->null_percent;
        bench->null_count += value.is_null;
        STOA_TRY(stoa_column_builder_append(&bench->builder, &value, err));
    }
    return STOA_OK;
}

static stoa_status make_dictionary(struct bench *bench, const struct stoa_column *column,
                                   stoa_error *err)
{
    uint8_t encoding = 0;
    STOA_TRY(
        stoa_dictionary_build_create(column, STOA_PROFILE_BALANCED, &bench->build, err));
    if (!bench->build)
        return stoa_fail(err, STOA_E_INTERNAL, "expected a dictionary, found none");
    STOA_TRY(stoa_dictionary_build_encode(
        bench->build, &(struct stoa_encode_means){.profile = STOA_PROFILE_BALANCED},
        &bench->dictionary_payload, &encoding, err));
    return stoa_dictionary_open(
        bench->dictionary_payload.data, bench->dictionary_payload.size, column->phys, true,
        stoa_dictionary_build_count(bench->build), stoa_kernels_best(),
        &bench->dictionary_arena, NULL, &bench->dictionary, err);
}

/* Blocks with NULLs and with dictionaries choose for themselves; the others are forced. */
static stoa_status encode(struct bench *bench, const struct bench_case *what,
                          stoa_error *err)
{
    const struct stoa_column column = stoa_column_builder_view(&bench->builder);
    struct stoa_enc_input input = {
        .column = &column, .profile = STOA_PROFILE_BALANCED, .depth = 1, .limit = INFINITY};
    uint8_t encoding = 0;
    bool uses_dictionary = false;
    if (what->encoding == STOA_ENC_DICT)
        STOA_TRY(make_dictionary(bench, &column, err));
    if (bench->build || column.validity)
        return stoa_block_encode(
            &column, bench->build ? stoa_dictionary_build_codes(bench->build) : NULL,
            bench->build ? stoa_dictionary_build_count(bench->build) : 0,
            STOA_PROFILE_BALANCED, &bench->payload, &encoding, &uses_dictionary, err);
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    STOA_TRY(stoa_buf_append_zeros(&bench->payload, 8, err)); /* [BLK-1] no NULLs */
    return stoa_encoding_find(what->encoding)->encode(&input, &bench->payload, err);
}

static stoa_status open_block(struct bench *bench, enum stoa_phys phys, stoa_error *err)
{
    stoa_arena_reset(&bench->arena);
    return stoa_block_open(bench->payload.data, bench->payload.size, phys, true, ROWS,
                           bench->null_count, bench->build ? &bench->dictionary : NULL,
                           NULL, stoa_kernels_best(), &bench->arena, &bench->decompressor,
                           &bench->block, err);
}

static void look_at(struct bench *bench, const struct stoa_value *value)
{
    if (value->is_null)
        return;
    bench->seen += bench->block.phys == STOA_PHYS_BYTES
                       ? value->bytes.length + value->bytes.data[0]
                       : value->fixed16[0];
}

/* ---- measuring ---- */

static uint32_t random_rows[READS];

static stoa_status time_points(struct bench *bench, double *out_seconds, stoa_error *err)
{
    double best = INFINITY;
    for (int run = 0; run < 4; run++) { /* the first one warms */
        const double start = seconds();
        for (uint32_t i = 0; i < READS; i++) {
            struct stoa_value value;
            STOA_TRY(stoa_block_at(&bench->block, random_rows[i], &value, err));
            look_at(bench, &value);
        }
        const double time = (seconds() - start) / READS;
        best = time < best ? time : best;
    }
    *out_seconds = best;
    return STOA_OK;
}

static stoa_status time_vectors(struct bench *bench, double *out_seconds, stoa_error *err)
{
    double best = INFINITY;
    for (int run = 0; run < 6; run++) {
        const double start = seconds();
        for (uint32_t vector = 0; vector < STOA_BLOCK_VECTORS; vector++)
            STOA_TRY(stoa_block_decode(&bench->block, vector, &bench->vector, err));
        const double time = (seconds() - start) / STOA_BLOCK_VECTORS;
        best = time < best ? time : best;
    }
    *out_seconds = best;
    return STOA_OK;
}

/* One chunk for all, as a reader's slot has after its first block. */
static stoa_status make_room(struct bench *bench, stoa_error *err)
{
    const size_t room = bench->arena.used + bench->arena.used / 8;
    stoa_arena_done(&bench->arena);
    return stoa_arena_alloc(&bench->arena, room)
               ? STOA_OK
               : stoa_arena_fail(&bench->arena, room, err);
}

/* Each read decompresses its frame: the block is opened anew when some may have been seen. */
static stoa_status time_frames(struct bench *bench, double *out_seconds, stoa_error *err)
{
    enum { FRESH = 64, STRIDE = ROWS / FRESH };
    double total = 0;
    uint32_t reads = 0;
    STOA_TRY(make_room(bench, err));
    for (int run = 0; run < 20; run++) {
        STOA_TRY(open_block(bench, STOA_PHYS_BYTES, err));
        for (uint32_t i = 0; i < FRESH; i++, reads++) {
            const uint32_t row = (i * 29 % FRESH) * STRIDE + (uint32_t)below(STRIDE / 4);
            struct stoa_value value;
            const double start = seconds();
            STOA_TRY(stoa_block_at(&bench->block, row, &value, err));
            total += seconds() - start;
            look_at(bench, &value);
        }
    }
    *out_seconds = total / reads;
    return STOA_OK;
}

static stoa_status measure(struct bench *bench, const struct bench_case *what,
                           stoa_error *err)
{
    double point = 0;
    double vector = 0;
    double frame = 0;
    struct stoa_buf tree;
    stoa_buf_init(&tree, 1 << 16);
    STOA_TRY(stoa_vector_init(&bench->vector, what->phys, err));
    STOA_TRY(make_column(bench, what, err));
    STOA_TRY(encode(bench, what, err));
    STOA_TRY(open_block(bench, what->phys, err));
    STOA_TRY(stoa_node_describe(bench->block.root, &tree, err));
    STOA_TRY(time_points(bench, &point, err));
    STOA_TRY(time_vectors(bench, &vector, err));
    print_figure(what->name, point * 1e9, "ns", what->goal);
    printf("    a vector is worth %.0f rows; %.*s\n", vector / point, (int)tree.size,
           (const char *)tree.data);
    stoa_buf_done(&tree);
    if (what->encoding != STOA_ENC_STR)
        return STOA_OK;
    STOA_TRY(time_frames(bench, &frame, err));
    print_figure("zstd text", frame * 1e6, "us", 60);
    return STOA_OK;
}

static stoa_status run(const struct bench_case *what, stoa_error *err)
{
    static struct bench bench;
    bench = (struct bench){.null_count = 0};
    stoa_buf_init(&bench.payload, (size_t)1 << 30);
    stoa_buf_init(&bench.dictionary_payload, (size_t)1 << 30);
    stoa_arena_init(&bench.arena, (size_t)1 << 30);
    stoa_arena_init(&bench.dictionary_arena, (size_t)1 << 30);
    stoa_decompressor_init(&bench.decompressor);
    const stoa_status status = measure(&bench, what, err);
    stoa_dictionary_build_free(bench.build);
    stoa_column_builder_done(&bench.builder);
    stoa_vector_done(&bench.vector);
    stoa_decompressor_done(&bench.decompressor);
    stoa_arena_done(&bench.dictionary_arena);
    stoa_arena_done(&bench.arena);
    stoa_buf_done(&bench.dictionary_payload);
    stoa_buf_done(&bench.payload);
    return status;
}

int main(int argc, char **argv)
{
    for (uint32_t i = 0; i < READS; i++)
        random_rows[i] = (uint32_t)below(ROWS);
    printf("one value of a loaded block, kernels %s\n", stoa_kernels_best()->name);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stoa_error err;
        if (!stoa_encoding_find(cases[i].encoding))
            continue;
        if (run(&cases[i], &err) != STOA_OK) {
            fprintf(stderr, "%s: %s\n", cases[i].name, err.message);
            return 1;
        }
    }
    return judge(argc, argv);
}
