/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread's part of a scan: reads the blocks of a morsel as they are needed, filters
 * vector by vector on encoded data first, and decodes only what the survivors ask for.
 */
#ifndef STOA_QUERY_SCAN_WORKER_H
#define STOA_QUERY_SCAN_WORKER_H

#include "query/morsel.h"
#include "query/tuple_map.h"
#include "query/verdict.h"

enum { STOA_ZONE_VECTORS = STOA_ZONE_ROWS / STOA_VECTOR_ROWS };

/* The columns an expression reads. */
struct stoa_column_list {
    uint32_t *columns; /* scan columns, ascending; owned */
    uint32_t count;
};

STOA_MUST_USE stoa_status stoa_column_list_make(const struct stoa_expr *const *exprs,
                                                uint32_t expr_count, uint32_t column_count,
                                                struct stoa_column_list *out_list,
                                                stoa_error *err);
void stoa_column_list_done(struct stoa_column_list *list);

/* One scan column of the current morsel. */
struct stoa_scan_column {
    struct stoa_block_slot slot;
    bool is_loaded;            /* the slot holds the morsel's block */
    bool has_range;            /* low and span have been looked up */
    uint32_t decoded;          /* number of the vector in `vector`, or UINT32_MAX */
    struct stoa_vector vector; /* the vector decoded last */
    uint32_t *codes;           /* of 1,024 rows; NULL until first used */
    uint64_t code_validity[STOA_VECTOR_WORDS];
    int64_t low;
    uint64_t span;            /* 0: not known */
    bool has_zones;           /* they have been looked up: zone_count of them, 0 for none */
    struct stoa_stats *zones; /* room for a block's; NULL until first used */
    uint32_t zone_count;
};

/* What is known of a conjunct from the rows it has seen. */
struct stoa_scan_filter {
    struct stoa_evaluator *evaluator; /* NULL where the predicate is exact */
    struct stoa_column_list columns;  /* that it reads */
    uint64_t rows_in, rows_out;
    double rank; /* cost of dropping a row */
    uint64_t zones_pruned;
};

struct stoa_scan_worker {
    const struct stoa_plan *plan;
    struct stoa_scan_column *columns; /* per scan column */
    uint32_t column_count;            /* that are initialised */
    const struct stoa_vector *
        *inputs; /* what expressions see; entries are columns[i].vector */
    struct stoa_scan_filter *filters; /* per conjunct */
    uint32_t *order;                  /* of the conjuncts, best first */
    const struct stoa_morsel *morsel;
    uint32_t failed_column; /* scan column of the morsel that could not be read */
    bool has_zones;         /* what is in `zones` holds for the morsel */
    struct stoa_verdict zones[STOA_BLOCK_ZONES];
    uint64_t zones_seen, zones_pruned;     /* running totals */
    uint64_t zones_damaged;                /* likewise: blocks of a column */
    struct stoa_decompressor decompressor; /* of all slots */
    uint64_t rows_scanned, rows_matched;   /* running totals */
};

STOA_MUST_USE stoa_status stoa_scan_worker_init(struct stoa_scan_worker *worker,
                                                const struct stoa_plan *plan,
                                                stoa_error *err);
void stoa_scan_worker_done(struct stoa_scan_worker *worker);

/* Starts a morsel: zones are judged, blocks are not read yet. */
STOA_MUST_USE stoa_status stoa_scan_begin(struct stoa_scan_worker *worker,
                                          const struct stoa_morsel *morsel,
                                          stoa_error *err);

/* Whether no row of the vector's zone can match. */
bool stoa_scan_skips(const struct stoa_scan_worker *worker, uint32_t vector);
/* The conjuncts that hold for every row of the vector's zone, as in the morsel. */
uint64_t stoa_scan_proven(const struct stoa_scan_worker *worker, uint32_t vector);
/* Statistics of the zones of a column's block; *out_count 0: it keeps none. Borrowed until the next
 * morsel. */
STOA_MUST_USE stoa_status stoa_scan_zone_stats(struct stoa_scan_worker *worker,
                                               uint32_t column,
                                               const struct stoa_stats **out_zones,
                                               uint32_t *out_count, stoa_error *err);

/* Rows of vector `vector` of the morsel that satisfy WHERE; *out_count how many. */
STOA_MUST_USE stoa_status stoa_scan_filter(struct stoa_scan_worker *worker, uint32_t vector,
                                           uint64_t out_bits[STOA_VECTOR_WORDS],
                                           uint32_t *out_count, stoa_error *err);

/* Decodes the columns of `list` for the vector; worker->inputs then hold them. */
STOA_MUST_USE stoa_status stoa_scan_decode(struct stoa_scan_worker *worker, uint32_t vector,
                                           const struct stoa_column_list *list,
                                           stoa_error *err);

/* The column as a source of keys for the vector: dictionary codes where its block has them,
 * else decoded. */
STOA_MUST_USE stoa_status stoa_scan_source(struct stoa_scan_worker *worker, uint32_t vector,
                                           uint32_t column,
                                           struct stoa_key_source *out_source,
                                           stoa_error *err);

/* What values come to that are not NULL. */
struct stoa_scan_sum {
    uint64_t count;
    stoa_i128 sum; /* 0 unless it was asked for: columns of kind I64 and U64 */
};

/* The smallest and the largest of values that are not NULL. */
struct stoa_scan_extremes {
    uint64_t count;
    stoa_i128 low, high; /* where count > 0 */
};
/* Of a column of kind I64 or U64 over the rows of `bits` of a vector; NULL: over all rows of the
 * morsel. */
STOA_MUST_USE stoa_status stoa_scan_extremes(struct stoa_scan_worker *worker,
                                             uint32_t vector, uint32_t column,
                                             const uint64_t *bits,
                                             struct stoa_scan_extremes *out,
                                             stoa_error *err);

/* Of a column over all rows of the morsel, or over the rows of `bits` of a vector. */
STOA_MUST_USE stoa_status stoa_scan_sum_morsel(struct stoa_scan_worker *worker,
                                               uint32_t column, bool wants_sum,
                                               struct stoa_scan_sum *out, stoa_error *err);
STOA_MUST_USE stoa_status stoa_scan_sum_vector(struct stoa_scan_worker *worker,
                                               uint32_t vector, uint32_t column,
                                               bool wants_sum,
                                               const uint64_t bits[STOA_VECTOR_WORDS],
                                               struct stoa_scan_sum *out, stoa_error *err);

/* Payload bytes read so far. */
uint64_t stoa_scan_bytes_read(const struct stoa_scan_worker *worker);

#endif
