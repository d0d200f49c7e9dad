/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a salvage: salvage.c opens and reads, salvage_walk.c finds row groups by their
 * tails. Shared by these two only.
 */
#ifndef STOA_READER_SALVAGE_STATE_H
#define STOA_READER_SALVAGE_STATE_H

#include "format/layout_schema.h"
#include "reader/salvage.h"

struct stoa_salvage {
    struct stoa_file file;      /* owned */
    uint64_t size;              /* of the file */
    struct stoa_reader *reader; /* owned; NULL: header, trailer or directory is damaged */
    bool has_footer;            /* the reader's row-group records can all be read */
    bool has_header;
    struct stoa_header header;
    bool has_trailer;
    struct stoa_trailer trailer;
    stoa_schema *schema;               /* owned */
    struct stoa_hash128 identity;      /* the schema section's hash */
    uint64_t start, end;               /* where row groups may be */
    struct stoa_salvage_group *groups; /* owned */
    uint32_t count, capacity;
};

/* Adds a row group behind the others. */
STOA_MUST_USE stoa_status stoa_salvage_add(struct stoa_salvage *salvage,
                                           const struct stoa_salvage_group *group,
                                           stoa_error *err);
/* Finds row groups by their tails, with salvage->schema and ->identity, in [start, end). */
STOA_MUST_USE stoa_status stoa_salvage_walk(struct stoa_salvage *salvage, stoa_error *err);

#endif
