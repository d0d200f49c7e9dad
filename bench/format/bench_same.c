/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SAME costs beside the column that it refers to, for the cycles in enc_same_write.c: 65,536
 * rows from cache, each form over a base in FFOR, decoded, filtered by a range and read one by one.
 *
 *   bench_same
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/format/bench_support.h"
#include "format/block.h"
#include "format/enc/enc_reference.h"

enum { ROWS = 65536, ROUNDS = 9, POINTS = 20000 };

struct bench {
    int64_t base_values[ROWS];
    int64_t values[ROWS];
    struct stoa_arena base_arena;
    struct stoa_buf base_bytes;
    struct stoa_block_choice base_choice;
    struct stoa_block base;
    struct stoa_arena arena;
    struct stoa_buf bytes;
    struct stoa_enc_context context;
    struct stoa_reference_source source;
};

static struct bench bench; /* too large for the stack */

static stoa_status open_base(struct stoa_reference_source *source, uint32_t column,
                             struct stoa_block **out_block, stoa_error *err)
{
    (void)column;
    (void)err;
    snprintf(source->label, sizeof source->label, "base");
    *out_block = &bench.base;
    return STOA_OK;
}

static stoa_status make_base(stoa_error *err)
{
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = ROWS, .values = bench.base_values};
    const struct stoa_block_input input = {.column = &column};
    for (uint32_t i = 0; i < ROWS; i++)
        bench.base_values[i] = 8000 + (int64_t)below(2500);
    STOA_TRY(stoa_block_encode_by(&input, &bench.base_bytes, &bench.base_choice, err));
    return stoa_block_open(bench.base_bytes.data, bench.base_bytes.size, STOA_PHYS_I64,
                           false, ROWS, 0, NULL, NULL, stoa_kernels_best(),
                           &bench.base_arena, NULL, &bench.base, err);
}

/* Fills the values such that the form holds them, one in a hundred an exception in form 0. */
static void make_values(unsigned form)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        const int64_t base = bench.base_values[i];
        bench.values[i] = form == STOA_SAME_OFFSET   ? base + 1 + (int64_t)below(30)
                          : form == STOA_SAME_NUMBER ? base * base % 9973
                          : below(100) > 0           ? base
                                                     : (int64_t)below(9973);
    }
}

static stoa_status make_node(unsigned form, struct stoa_node **out_node, stoa_error *err)
{
    const struct stoa_column base = {
        .phys = STOA_PHYS_I64, .length = ROWS, .values = bench.base_values};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = ROWS, .values = bench.values};
    const struct stoa_enc_reference reference = {.forms = UINT32_C(1) << form,
                                                 .column = &base};
    struct stoa_enc_input input = {.column = &column,
                                   .depth = 1,
                                   .limit = (double)INFINITY,
                                   .references = &reference,
                                   .reference_count = 1};
    make_values(form);
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    bench.bytes.size = 0;
    STOA_TRY(stoa_encoding_find(STOA_ENC_SAME)->encode(&input, &bench.bytes, err));
    bench.source = (struct stoa_reference_source){.column = 1, .open = open_base};
    bench.context = (struct stoa_enc_context){
        .arena = &bench.arena, .kernels = stoa_kernels_best(), .references = &bench.source};
    return stoa_node_open(bench.bytes.data, bench.bytes.size, STOA_PHYS_I64, ROWS, 1,
                          &bench.context, out_node, err);
}

/* Nanoseconds a value, the best of some runs. */
static stoa_status time_vectors(struct stoa_node *node,
                                const struct stoa_predicate *predicate, double *out,
                                stoa_error *err)
{
    struct stoa_vector vector;
    uint64_t bits[STOA_VECTOR_WORDS];
    stoa_status status = STOA_OK;
    *out = 1e9;
    STOA_TRY(stoa_vector_init(&vector, STOA_PHYS_I64, err));
    for (int round = 0; round < ROUNDS; round++) {
        const double start = seconds();
        for (uint32_t v = 0; v < ROWS / STOA_VECTOR_ROWS; v++) {
            if (predicate)
                STOA_TRY_CLEANUP(stoa_node_select(node, v, predicate, &vector, bits, err));
            else
                STOA_TRY_CLEANUP(stoa_node_decode(node, v, &vector, err));
        }
        const double spent = (seconds() - start) * 1e9 / ROWS;
        *out = spent < *out ? spent : *out;
    }
cleanup:
    stoa_vector_done(&vector);
    return status;
}

static stoa_status time_points(struct stoa_node *node, double *out, stoa_error *err)
{
    const double start = seconds();
    for (int i = 0; i < POINTS; i++) {
        struct stoa_value value;
        STOA_TRY(stoa_node_at(node, (uint32_t)below(ROWS), &value, err));
    }
    *out = (seconds() - start) * 1e9 / POINTS;
    return STOA_OK;
}

static stoa_status print_line(const char *name, struct stoa_node *node, stoa_error *err)
{
    const struct stoa_predicate range = {.kind = STOA_PREDICATE_RANGE,
                                         .phys = STOA_PHYS_I64,
                                         .has_low = true,
                                         .has_high = true,
                                         .low.i64 = 9000,
                                         .high.i64 = 9500};
    double decode = 0;
    double select = 0;
    double point = 0;
    struct stoa_buf text;
    STOA_TRY(time_vectors(node, NULL, &decode, err));
    STOA_TRY(time_vectors(node, &range, &select, err));
    STOA_TRY(time_points(node, &point, err));
    stoa_buf_init(&text, 4096);
    const stoa_status status = stoa_node_describe(node, &text, err);
    printf("%-10s %8.3f %8.3f %8.1f %8.2f  %.*s\n", name, decode, select, point,
           (double)node->size * 8 / ROWS, (int)text.size, (const char *)text.data);
    stoa_buf_done(&text);
    return status;
}

static stoa_status run(stoa_error *err)
{
    static const struct {
        const char *name;
        unsigned form;
    } cases[] = {
        {"equal",     STOA_SAME_EQUAL },
        {"offset",    STOA_SAME_OFFSET},
        {"by number", STOA_SAME_NUMBER},
    };
    STOA_TRY(make_base(err));
    STOA_TRY(print_line("base", bench.base.root, err));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stoa_node *node = NULL;
        STOA_TRY(make_node(cases[i].form, &node, err));
        STOA_TRY(print_line(cases[i].name, node, err));
        stoa_arena_reset(&bench.arena);
    }
    return STOA_OK;
}

int main(void)
{
    stoa_error err;
    stoa_arena_init(&bench.base_arena, (size_t)1 << 28);
    stoa_arena_init(&bench.arena, (size_t)1 << 28);
    stoa_buf_init(&bench.base_bytes, (size_t)1 << 28);
    stoa_buf_init(&bench.bytes, (size_t)1 << 28);
    printf("kernels %s; ns a value, ns a point, bits a value\n", stoa_kernels_best()->name);
    printf("%-10s %8s %8s %8s %8s  %s\n", "form", "decode", "select", "point", "bits",
           "tree");
    const stoa_status status = run(&err);
    if (status != STOA_OK)
        fprintf(stderr, "%s\n", err.message);
    stoa_arena_done(&bench.base_arena);
    stoa_arena_done(&bench.arena);
    stoa_buf_done(&bench.base_bytes);
    stoa_buf_done(&bench.bytes);
    return status == STOA_OK ? 0 : 1;
}
