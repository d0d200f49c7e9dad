/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be saved of a damaged file: the schema, and the row groups whose records hold, found
 * by the footer where it is whole, else by walking for tails [FMT-45]. Says where everything
 * lies; copies and decodes nothing. Called by the dataset layer's repair. One thread.
 */
#ifndef STOA_READER_SALVAGE_H
#define STOA_READER_SALVAGE_H

#include "format/tail.h"
#include "reader/reader.h"

struct stoa_salvage;

#define STOA_SALVAGE_UNKNOWN UINT64_MAX

struct stoa_salvage_group {
    uint64_t offset;    /* in the file */
    uint64_t size;      /* bytes, tail included */
    uint64_t first_row; /* number in the file, or STOA_SALVAGE_UNKNOWN */
    uint32_t rows;
    uint32_t number; /* as the footer counts, else among those that were found */
};

/* Opens the file at `path`. Each damage that is met (header, schema section, footer, trailer)
 * goes to `report`. STOA_E_CORRUPT when no schema can be found that anything in the file
 * confirms: then there is nothing to be saved. STOA_E_NOT_STOA, STOA_E_NEWER, I/O. */
STOA_MUST_USE stoa_status stoa_salvage_open(const char *path, stoa_damage_fn report,
                                            void *context,
                                            struct stoa_salvage **out_salvage,
                                            stoa_error *err);
void stoa_salvage_close(struct stoa_salvage *salvage); /* NULL allowed */

const stoa_schema *stoa_salvage_schema(const struct stoa_salvage *salvage);
/* The hash of the schema section, as row groups name it: its low half at least. */
struct stoa_hash128 stoa_salvage_identity(const struct stoa_salvage *salvage);
const struct stoa_file *stoa_salvage_file(const struct stoa_salvage *salvage);
/* Row groups in the order of the file; they do not overlap. */
uint32_t stoa_salvage_groups(const struct stoa_salvage *salvage);
const struct stoa_salvage_group *stoa_salvage_group(const struct stoa_salvage *salvage,
                                                    uint32_t i);
/* Where row groups begin, and where they end at the latest: bytes between that belong to none
 * are lost. */
uint64_t stoa_salvage_start(const struct stoa_salvage *salvage);
uint64_t stoa_salvage_end(const struct stoa_salvage *salvage);
/* Rows that the file had, by its trailer; STOA_SALVAGE_UNKNOWN without one. */
uint64_t stoa_salvage_rows(const struct stoa_salvage *salvage);
/* Whether the footer is sound enough to go by. */
bool stoa_salvage_has_footer(const struct stoa_salvage *salvage);

/* The row group's tail: from the file, or made from the footer when the file's is damaged,
 * which goes to `report`. STOA_E_CORRUPT when neither is left: then nothing in it can be used. */
STOA_MUST_USE stoa_status stoa_salvage_tail(struct stoa_salvage *salvage, uint32_t i,
                                            stoa_damage_fn report, void *context,
                                            struct stoa_buf *out, stoa_error *err);
/* Its zone records, as stoa_reader_group_zones; false when there are none to be had. */
bool stoa_salvage_zones(struct stoa_salvage *salvage, uint32_t i, struct stoa_buf *out,
                        uint64_t *out_ends);

/* The file's sketches, one per column [FMT-102]: for a copy of all its row groups. false when
 * there are none to be had. */
bool stoa_salvage_sketches(struct stoa_salvage *salvage, struct stoa_sketch *out_sketches);

/* Reads every payload of a row group, whose tail is open, and calls `take` with those whose
 * checksum does not hold, or that cannot be read; the error has its place. An error that is no
 * damage (memory) comes back. */
typedef stoa_status (*stoa_salvage_fn)(void *context,
                                       const struct stoa_tail_payload *payload,
                                       const stoa_error *damage, stoa_error *err);
STOA_MUST_USE stoa_status stoa_salvage_check(struct stoa_salvage *salvage, uint32_t i,
                                             const struct stoa_tail *tail,
                                             stoa_salvage_fn take, void *context,
                                             stoa_error *err);

#endif
