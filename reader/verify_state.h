/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of stoa_reader_verify, shared by its files: verify.c drives and re-reads both ends and
 * all pages, verify_footer.c checks what the footer says about schema and columns,
 * verify_stats.c that upper statistics follow from the blocks', verify_zones.c the zones section, verify_sketches.c sketches,
 * verify_group.c payloads and tails, verify_block.c decoded values. Each part notes its damages and goes on where it can;
 * a part returns a failure only when the run cannot go on (memory).
 */
#ifndef STOA_READER_VERIFY_STATE_H
#define STOA_READER_VERIFY_STATE_H

#include "format/stats_record.h"
#include "reader/reader_state.h"

struct stoa_verify {
    struct stoa_reader *reader;
    bool is_deep;
    stoa_damage_fn report; /* or NULL */
    void *context;
    stoa_status first;       /* the first damage, or STOA_OK */
    stoa_error *first_error; /* where it goes; or NULL */
    uint64_t damaged_pages;  /* of the footer */
    bool has_seen_pages;     /* all were checked; uses of a damaged one are no news */
    struct stoa_block_slot slot;
    struct stoa_vector vectors[STOA_PHYS_COUNT]; /* deep: for each kind, once needed */
    bool has_vector[STOA_PHYS_COUNT];
    struct stoa_sketch *sketches; /* deep: one per column, when the file has any; owned */
};

/* Takes the outcome of a check, whose error is in `err` (never NULL in these files): reports a
 * damage and returns STOA_OK, so that the run goes on; STOA_E_NO_MEMORY and the like come
 * back. */
STOA_MUST_USE stoa_status stoa_verify_note(struct stoa_verify *verify, stoa_status status,
                                           stoa_error *err);

STOA_MUST_USE stoa_status stoa_verify_schema(struct stoa_verify *verify, stoa_error *err);
STOA_MUST_USE stoa_status stoa_verify_stats(struct stoa_verify *verify, stoa_error *err);
/* One optional section of the footer: parts of columns, in order and without gaps. */
struct stoa_section_check {
    enum stoa_section_id section;
    unsigned flag;    /* of the column records that have a part */
    const char *what; /* "zones": in "bytes of zones" */
    const char *part; /* "zones": in the place of an error */
    /* Checks the part that must begin at *next, and sets that to its end. */
    stoa_status (*part_end)(struct stoa_verify *verify, uint32_t column,
                            const struct stoa_column_record *record, uint64_t *next,
                            stoa_error *err);
    /* Reads what is in it, noting damages itself; NULL: part_end has. */
    stoa_status (*read_part)(struct stoa_verify *verify, uint32_t column, stoa_error *err);
};
STOA_MUST_USE stoa_status stoa_verify_section(struct stoa_verify *verify,
                                              const struct stoa_section_check *check,
                                              stoa_error *err);

STOA_MUST_USE stoa_status stoa_verify_zones(struct stoa_verify *verify, stoa_error *err);
/* `block` and `expected`: of the block and of its zones, from its values. */
STOA_MUST_USE stoa_status stoa_verify_block_zones(struct stoa_verify *verify,
                                                  const struct stoa_block_site *site,
                                                  const struct stoa_stats *block,
                                                  const struct stoa_stats *expected,
                                                  stoa_error *err);
STOA_MUST_USE stoa_status stoa_verify_filters(struct stoa_verify *verify, stoa_error *err);
/* Deep: asks the row group's filter for all decoded values of the block. */
STOA_MUST_USE stoa_status stoa_verify_block_filter(struct stoa_verify *verify,
                                                   const struct stoa_block_site *site,
                                                   const struct stoa_column *values,
                                                   stoa_error *err);
STOA_MUST_USE stoa_status stoa_verify_sketches_begin(struct stoa_verify *verify,
                                                     stoa_error *err);
/* Takes the decoded values of one block. */
void stoa_verify_sketch_block(struct stoa_verify *verify, uint32_t column,
                              const struct stoa_column *values);
STOA_MUST_USE stoa_status stoa_verify_sketches(struct stoa_verify *verify, stoa_error *err);
STOA_MUST_USE stoa_status stoa_verify_group(struct stoa_verify *verify, uint32_t group,
                                            stoa_error *err);
/* Decodes a block and compares what it holds with its record. Fails with the damage. */
STOA_MUST_USE stoa_status stoa_verify_block(struct stoa_verify *verify,
                                            const struct stoa_block_site *site,
                                            const struct stoa_block_record *record,
                                            stoa_error *err);

/* A core with the bytes of its full bounds, as a record and its heap hold them. */
struct stoa_core_bytes {
    struct stoa_stats_core core;
    uint8_t bounds[STOA_STATS_BOUNDS_MAX];
    size_t bounds_size;
};
/* The parts of a record with its bounds out of the footer's heap. */
STOA_MUST_USE stoa_status stoa_verify_read_core(struct stoa_verify *verify,
                                                enum stoa_phys phys,
                                                const struct stoa_stats_core *core,
                                                struct stoa_core_bytes *out,
                                                stoa_error *err);
/* STOA_E_CORRUPT when `found` is not the core of `stats`; places and flags that are no
 * statistics apart. */
STOA_MUST_USE stoa_status stoa_verify_compare_core(const struct stoa_stats *stats,
                                                   const struct stoa_core_bytes *found,
                                                   stoa_error *err);

#endif
