/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zone records: statistics of 8,192 rows in 40 or 56 bytes [FMT-90]..[FMT-93], and the rule by which
 * the writer keeps them: only where they would spare a reader rows that the block's bounds do not.
 * Called by the file writer and the reader; pure.
 */
#ifndef STOA_FORMAT_ZONES_H
#define STOA_FORMAT_ZONES_H

#include "format/stats.h"
#include "format/vector.h"

enum { STOA_ZONE_RECORD_MAX = 56 };

/* Zones of `rows` rows. */
static inline uint32_t stoa_zone_count(uint32_t rows)
{
    return rows / STOA_ZONE_ROWS + (rows % STOA_ZONE_ROWS != 0);
}

/* Bytes of a record of the kind. */
size_t stoa_zone_record_size(enum stoa_phys phys);

/* What all texts of a block begin with, as far as its bounds show; keys leave it out [FMT-92]. Empty
 * for other kinds. Borrows `block`. */
struct stoa_view stoa_zone_prefix(const struct stoa_stats *block);

/* Writes the record of a zone with these statistics; returns its size. */
size_t stoa_zone_write(const struct stoa_stats *stats, struct stoa_view prefix,
                       uint8_t out[STOA_ZONE_RECORD_MAX]);

/* The statistics of a record of a zone of `rows` rows: bounds that the keys cannot hold are wider
 * and not exact. STOA_E_CORRUPT when it contradicts itself, the kind or the count; *out_stats is
 * then untouched. */
STOA_MUST_USE stoa_status stoa_zone_read(enum stoa_phys phys, uint32_t rows,
                                         struct stoa_view prefix, const uint8_t *bytes,
                                         struct stoa_stats *out_stats, stoa_error *err);

/* What a few values of each zone say about how many zones of their block a search for them would
 * have to look at. */
struct stoa_zone_votes {
    uint64_t looked_at;
    uint64_t possible;
    uint32_t zones;
    uint32_t constant; /* zones of one value, in blocks of several */
};

/* Adds a block's rows; `zones` are as stoa_zone_read gives them. */
void stoa_zone_votes_add(struct stoa_zone_votes *votes, const struct stoa_column *block,
                         const struct stoa_stats *zones);

/* Whether zones are worth their bytes. */
bool stoa_zone_votes_pay(const struct stoa_zone_votes *votes);

#endif
