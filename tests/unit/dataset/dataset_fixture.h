/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small datasets for tests, made without ingest: the dataset layer's own pieces, called as
 * convert.c calls them. Columns: id int64, region text, amount float64, day date.
 */
#ifndef STOA_TESTS_DATASET_FIXTURE_H
#define STOA_TESTS_DATASET_FIXTURE_H

#include "tests/support/test_support.h"

#include "dataset/commit.h"
#include "dataset/router.h"
#include "stoa/dataset.h"

enum { FIXTURE_ID, FIXTURE_REGION, FIXTURE_AMOUNT, FIXTURE_DAY, FIXTURE_FIELDS };

extern const stoa_field fixture_fields[FIXTURE_FIELDS];

struct fixture_options {
    const char *path;
    uint32_t rows;
    uint64_t first;         /* id of the first row; all other values follow from the id */
    uint32_t regions;       /* different regions; 0: NULL in every row */
    uint32_t partitions[2]; /* fields */
    uint32_t partition_count;
    uint32_t batch; /* rows of a batch; 0: 1,000 */
    size_t memory;  /* of the router */
    uint64_t roll;  /* raw size at which files end; 0: the usual */
    struct stoa_pool *pool;
    bool must_create;
    const char *source; /* name in the ledger; NULL: "test" */
};

/* A folder with a CSV source and the path of a dataset that is still to be made. */
struct fixture_place {
    struct test_directory directory;
    char dataset[300]; /* ds in it */
    char source[300];  /* feed.csv in it; not there yet */
};
void fixture_place_make(struct fixture_place *place);
void fixture_place_write(const struct fixture_place *place, const char *csv);
void fixture_place_done(struct fixture_place *place);

/* Value of region for row `id`: "", NULL, then "r1", "R1", "r2", "R2" ... */
const char *fixture_region(uint64_t id, uint32_t regions);

/* Commits one version. */
stoa_status fixture_commit(const struct fixture_options *options, uint64_t *out_version,
                           stoa_error *err);

/* Fails the test unless the dataset (NULL: by path) holds exactly the ids of `count` ranges
 * [first, first + rows), each once, with the values that follow from them. */
struct fixture_range {
    uint64_t first, rows;
};
void fixture_check(const char *path, const struct fixture_range *ranges, size_t count,
                   uint32_t regions);

/* A fingerprint of all rows in order: equal for equal tables. The first form fails the test on
 * any error. */
uint64_t fixture_fingerprint(const char *path);
stoa_status fixture_hash(const char *path, uint64_t *out_hash, stoa_error *err);

#endif
