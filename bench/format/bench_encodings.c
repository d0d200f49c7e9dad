/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures blocks of typical columns: what encoding and decoding cost per value, which tree was
 * chosen and how large it came out, and how long a filter on the encoded form takes. One
 * line per column; run by hand or by `meson test --benchmark`.
 *
 *   bench_encodings [--profile balanced|fast|compact] [name ...]
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/format/bench_support.h"
#include "common/alloc.h"
#include "format/block.h"

enum { GROUP_BLOCKS = 16, ROWS = GROUP_BLOCKS * STOA_BLOCK_ROWS };

/* ---- columns ---- */

/* Text of row `row` into `out`; returns its length. */
typedef uint32_t (*text_fn)(uint32_t row, char *out, size_t room);
typedef int64_t (*number_fn)(uint32_t row);

static int64_t number_keys(uint32_t row)
{
    return 1000000 + row;
}

static int64_t number_small(uint32_t row)
{
    (void)row;
    return (int64_t)below(50);
}

static int64_t number_prices(uint32_t row)
{
    (void)row;
    return 90000 + (int64_t)below(10000000);
}

static int64_t number_outliers(uint32_t row)
{
    (void)row;
    return below(100) == 0 ? (int64_t)below(UINT64_C(1) << 50) : (int64_t)below(200);
}

static int64_t number_times(uint32_t row)
{
    return INT64_C(1700000000000000) + ((int64_t)row * 250 + (int64_t)below(30000)) * 1000;
}

static int64_t number_runs(uint32_t row)
{
    return (int64_t)(row / 37) % 400;
}

static int64_t number_noise(uint32_t row)
{
    (void)row;
    return (int64_t)next_random();
}

static int64_t number_sparse_ids(uint32_t row)
{
    (void)row;
    return (int64_t)(below(3000) * UINT64_C(123456789123));
}

static uint32_t text_country(uint32_t row, char *out, size_t room)
{
    static const char *const names[] = {"Germany", "France", "Austria", "Spain",
                                        "Poland",  "Norway", "Italy",   "Japan"};
    (void)row;
    return (uint32_t)snprintf(out, room, "%s", names[below(8)]);
}

static uint32_t text_city(uint32_t row, char *out, size_t room)
{
    const uint64_t a = below(5000);
    (void)row;
    return (uint32_t)snprintf(out, room, "City of %" PRIx64, (a * a) % 20011);
}

static uint32_t text_url(uint32_t row, char *out, size_t room)
{
    (void)row;
    return (uint32_t)snprintf(out, room,
                              "https://www.example.com/shop/item/%" PRIu64 "?ref=%" PRIx64,
                              below(200000), below(4096));
}

static uint32_t text_comment(uint32_t row, char *out, size_t room)
{
    static const char *const words[] = {"carefully ", "final ",   "deposits ", "sleep ",
                                        "quickly ",   "regular ", "pending ",  "accounts ",
                                        "above ",     "the ",     "blithely ", "ironic ",
                                        "packages ",  "even "};
    uint32_t size = 0;
    (void)row;
    for (uint64_t n = 3 + below(8); n > 0 && size + 16 < room; n--)
        size += (uint32_t)snprintf(out + size, room - size, "%s", words[below(14)]);
    return size;
}

static uint32_t text_uuid(uint32_t row, char *out, size_t room)
{
    (void)row;
    const uint64_t a = next_random();
    const uint64_t b = next_random();
    return (uint32_t)snprintf(out, room, "%08x-%04x-%04x-%04x-%012" PRIx64,
                              (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xFFFF),
                              (unsigned)(a & 0xFFFF), (unsigned)(b >> 48),
                              b & 0xFFFFFFFFFFFF);
}

struct bench_column {
    const char *name;
    enum stoa_phys phys;
    number_fn number;
    text_fn text;
    unsigned null_percent;
};

static const struct bench_column columns[] = {
    {"keys",            STOA_PHYS_I64,   number_keys,       NULL,         0 },
    {"small",           STOA_PHYS_I64,   number_small,      NULL,         0 },
    {"small_nulls",     STOA_PHYS_I64,   number_small,      NULL,         20},
    {"prices",          STOA_PHYS_I64,   number_prices,     NULL,         0 },
    {"outliers",        STOA_PHYS_I64,   number_outliers,   NULL,         0 },
    {"times",           STOA_PHYS_I64,   number_times,      NULL,         0 },
    {"runs",            STOA_PHYS_I64,   number_runs,       NULL,         0 },
    {"noise",           STOA_PHYS_I64,   number_noise,      NULL,         0 },
    {"sparse_ids",      STOA_PHYS_I64,   number_sparse_ids, NULL,         0 },
    {"decimals",        STOA_PHYS_I128,  number_prices,     NULL,         0 },
    {"floats",          STOA_PHYS_F64,   number_prices,     NULL,         0 },
    {"floats_noise",    STOA_PHYS_F64,   number_noise,      NULL,         0 },
    {"flags",           STOA_PHYS_BOOL,  number_small,      NULL,         0 },
    {"countries",       STOA_PHYS_BYTES, NULL,              text_country, 0 },
    {"countries_nulls", STOA_PHYS_BYTES, NULL,              text_country, 30},
    {"cities",          STOA_PHYS_BYTES, NULL,              text_city,    0 },
    {"urls",            STOA_PHYS_BYTES, NULL,              text_url,     0 },
    {"comments",        STOA_PHYS_BYTES, NULL,              text_comment, 0 },
    {"uuids",           STOA_PHYS_BYTES, NULL,              text_uuid,    0 },
};

static stoa_status make_column(const struct bench_column *what,
                               struct stoa_column_builder *builder, stoa_error *err)
{
    char text[256];
    stoa_column_builder_init(builder, what->phys);
    for (uint32_t row = 0; row < ROWS; row++) {
        struct stoa_value value = {.is_null = below(100) < what->null_percent};
        if (what->text) {
            value.bytes.length = what->text(row, text, sizeof text);
            value.bytes.data = (const uint8_t *)text;
        } else if (what->phys == STOA_PHYS_F64) {
            value.f64 = (double)what->number(row) / 100;
        } else if (what->phys == STOA_PHYS_I128) {
            value.i128 = what->number(row);
        } else if (what->phys == STOA_PHYS_BOOL) {
            value.boolean = what->number(row) & 1;
        } else {
            value.i64 = what->number(row);
        }
        STOA_TRY(stoa_column_builder_append(builder, &value, err));
    }
    return STOA_OK;
}

/* ---- one row group ---- */

struct bench_group {
    const struct stoa_column *column;
    enum stoa_profile profile;
    struct stoa_dictionary_build *build;
    struct stoa_buf dictionary_payload;
    struct stoa_buf payloads[GROUP_BLOCKS];
    uint32_t null_counts[GROUP_BLOCKS];
    struct stoa_arena arena;
    struct stoa_decompressor decompressor;
    struct stoa_dictionary dictionary;
    struct stoa_vector vector;
    double build_time, encode_time, decode_time, select_time;
    char tree[160];
};

static stoa_status build_dictionary(struct bench_group *group, stoa_error *err)
{
    uint8_t encoding;
    stoa_dictionary_build_free(group->build);
    group->build = NULL;
    group->dictionary_payload.size = 0;
    STOA_TRY(
        stoa_dictionary_build_create(group->column, group->profile, &group->build, err));
    return group->build
               ? stoa_dictionary_build_encode(
                     group->build, &(struct stoa_encode_means){.profile = group->profile},
                     &group->dictionary_payload, &encoding, err)
               : STOA_OK;
}

static stoa_status encode_blocks(struct bench_group *group, stoa_error *err)
{
    const struct stoa_dictionary_build *build = group->build;
    uint8_t encoding;
    bool uses;
    for (uint32_t b = 0; b < GROUP_BLOCKS; b++) {
        const struct stoa_column block =
            stoa_column_slice(group->column, b * STOA_BLOCK_ROWS, STOA_BLOCK_ROWS);
        const uint32_t *codes =
            build ? stoa_dictionary_build_codes(build) + b * STOA_BLOCK_ROWS : NULL;
        group->payloads[b].size = 0;
        STOA_TRY(
            stoa_block_encode(&block, codes, codes ? stoa_dictionary_build_count(build) : 0,
                              group->profile, &group->payloads[b], &encoding, &uses, err));
    }
    return STOA_OK;
}

static void count_nulls(struct bench_group *group)
{
    for (uint32_t row = 0; group->column->validity && row < ROWS; row++)
        group->null_counts[row / STOA_BLOCK_ROWS] +=
            !stoa_bit_get(group->column->validity, row);
}

/* The best of some runs of each step. */
static stoa_status encode_group(struct bench_group *group, stoa_error *err)
{
    group->build_time = group->encode_time = 1e9;
    for (int run = 0; run < 4; run++) {
        const double start = seconds();
        STOA_TRY(build_dictionary(group, err));
        const double middle = seconds();
        STOA_TRY(encode_blocks(group, err));
        const double end = seconds();
        if (middle - start < group->build_time)
            group->build_time = middle - start;
        if (end - middle < group->encode_time)
            group->encode_time = end - middle;
    }
    count_nulls(group);
    return STOA_OK;
}

static stoa_status open_block(struct bench_group *group, uint32_t b,
                              struct stoa_arena *arena, struct stoa_block *out,
                              stoa_error *err)
{
    return stoa_block_open(
        group->payloads[b].data, group->payloads[b].size, group->column->phys, true,
        STOA_BLOCK_ROWS, group->null_counts[b], group->build ? &group->dictionary : NULL,
        NULL, stoa_kernels_best(), arena, &group->decompressor, out, err);
}

static stoa_status read_group(struct bench_group *group,
                              const struct stoa_predicate *predicate, stoa_error *err)
{
    struct stoa_arena arena;
    stoa_status status = STOA_OK;
    stoa_arena_init(&arena, (size_t)1 << 28);
    for (uint32_t b = 0; b < GROUP_BLOCKS; b++) {
        struct stoa_block block;
        stoa_arena_reset(&arena);
        STOA_TRY_CLEANUP(open_block(group, b, &arena, &block, err));
        for (uint32_t v = 0; v < STOA_BLOCK_VECTORS; v++) {
            uint64_t bits[STOA_VECTOR_WORDS];
            if (predicate)
                STOA_TRY_CLEANUP(
                    stoa_block_select(&block, v, predicate, &group->vector, bits, err));
            else
                STOA_TRY_CLEANUP(stoa_block_decode(&block, v, &group->vector, err));
        }
    }
cleanup:
    stoa_arena_done(&arena);
    return status;
}

/* The best of some runs, in seconds. */
static stoa_status time_reads(struct bench_group *group,
                              const struct stoa_predicate *predicate, double *out_time,
                              stoa_error *err)
{
    double best = 1e9;
    for (int run = 0; run < 5; run++) {
        const double start = seconds();
        STOA_TRY(read_group(group, predicate, err));
        const double time = seconds() - start;
        best = time < best ? time : best;
    }
    *out_time = best;
    return STOA_OK;
}

/* value >= the one in the middle row */
static struct stoa_predicate make_predicate(const struct stoa_column *column)
{
    struct stoa_predicate predicate = {.kind = STOA_PREDICATE_RANGE,
                                       .phys = column->phys,
                                       .has_low = true,
                                       .low_inclusive = true};
    for (uint32_t row = ROWS / 2; row < ROWS; row++) {
        predicate.low = stoa_column_get(column, row);
        if (!predicate.low.is_null)
            break;
    }
    return predicate;
}

static stoa_status describe_tree(struct bench_group *group, stoa_error *err)
{
    struct stoa_arena arena;
    struct stoa_buf text;
    struct stoa_block block;
    stoa_status status = STOA_OK;
    stoa_arena_init(&arena, (size_t)1 << 28);
    stoa_buf_init(&text, sizeof group->tree - 1);
    STOA_TRY_CLEANUP(open_block(group, 0, &arena, &block, err));
    if (block.root && stoa_node_describe(block.root, &text, NULL) == STOA_OK)
        memcpy(group->tree, text.data, text.size);
cleanup:
    stoa_buf_done(&text);
    stoa_arena_done(&arena);
    return status;
}

static stoa_status measure_reads(struct bench_group *group, stoa_error *err)
{
    const struct stoa_predicate predicate = make_predicate(group->column);
    if (group->build)
        STOA_TRY(stoa_dictionary_open(group->dictionary_payload.data,
                                      group->dictionary_payload.size, group->column->phys,
                                      true, stoa_dictionary_build_count(group->build),
                                      stoa_kernels_best(), &group->arena,
                                      &group->decompressor, &group->dictionary, err));
    STOA_TRY(stoa_vector_init(&group->vector, group->column->phys, err));
    STOA_TRY(time_reads(group, NULL, &group->decode_time, err));
    STOA_TRY(time_reads(group, &predicate, &group->select_time, err));
    return describe_tree(group, err);
}

static void print_group(const struct bench_group *group, const char *name)
{
    uint64_t size = group->dictionary_payload.size;
    const double raw = (double)stoa_column_raw_size(group->column);
    for (uint32_t b = 0; b < GROUP_BLOCKS; b++)
        size += group->payloads[b].size;
    printf("%-16s %8.2f %6.1f %6.1f %8.0f %8.3f %8.3f  %s\n", name,
           8.0 * (double)size / ROWS, group->build_time * 1e9 / ROWS,
           group->encode_time * 1e9 / ROWS,
           raw / (group->build_time + group->encode_time) / 1e6,
           group->decode_time * 1e9 / ROWS, group->select_time * 1e9 / ROWS, group->tree);
}

static stoa_status run_column(const struct bench_column *what, enum stoa_profile profile,
                              stoa_error *err)
{
    struct stoa_column_builder builder;
    struct bench_group group = {.profile = profile};
    stoa_status status = STOA_OK;
    stoa_arena_init(&group.arena, (size_t)1 << 28);
    stoa_buf_init(&group.dictionary_payload, (size_t)1 << 28);
    for (uint32_t b = 0; b < GROUP_BLOCKS; b++)
        stoa_buf_init(&group.payloads[b], (size_t)1 << 28);
    STOA_TRY_CLEANUP(make_column(what, &builder, err));
    const struct stoa_column column = stoa_column_builder_view(&builder);
    group.column = &column;
    STOA_TRY_CLEANUP(encode_group(&group, err));
    STOA_TRY_CLEANUP(measure_reads(&group, err));
    print_group(&group, what->name);
cleanup:
    stoa_vector_done(&group.vector);
    stoa_arena_done(&group.arena);
    stoa_decompressor_done(&group.decompressor);
    stoa_dictionary_build_free(group.build);
    stoa_buf_done(&group.dictionary_payload);
    for (uint32_t b = 0; b < GROUP_BLOCKS; b++)
        stoa_buf_done(&group.payloads[b]);
    stoa_column_builder_done(&builder);
    return status;
}

static bool is_wanted(const char *name, int argc, char **argv, int first)
{
    for (int i = first; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return first >= argc;
}

int main(int argc, char **argv)
{
    static const char *const profiles[] = {"balanced", "fast", "compact"};
    enum stoa_profile profile = STOA_PROFILE_BALANCED;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--profile") == 0) {
        for (unsigned i = 0; i < 3; i++) {
            if (strcmp(argv[2], profiles[i]) == 0)
                profile = (enum stoa_profile)i;
        }
        first = 3;
    }
    printf("profile %s, kernels %s; ns per value\n", profiles[profile],
           stoa_kernels_best()->name);
    printf("%-16s %8s %6s %6s %8s %8s %8s  %s\n", "column", "bits", "dict", "encode",
           "MB/s in", "decode", "filter", "tree");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        stoa_error err;
        if (is_wanted(columns[i].name, argc, argv, first) &&
            run_column(&columns[i], profile, &err) != STOA_OK) {
            fprintf(stderr, "%s: %s\n", columns[i].name, err.message);
            return 1;
        }
    }
    return 0;
}
