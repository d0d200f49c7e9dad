/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What in a file follows from its schema and its counts alone: the schema section, the name
 * table, the field ids and the sizes of the sections of fixed records. The file writer writes
 * these bytes, the reader's verify makes them again and compares. Pure functions.
 */
#ifndef STOA_FORMAT_LAYOUT_SCHEMA_H
#define STOA_FORMAT_LAYOUT_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "format/layout.h"
#include "stoa/schema.h"

/* Checks a schema that is to be written: number of columns, types, ids, and names that are
 * UTF-8 of 1 to 4,096 bytes [FMT-10]. That ids and names are unique shows below. */
STOA_MUST_USE stoa_status stoa_schema_check(const stoa_schema *schema, stoa_error *err);

/* Appends the schema section of a checked schema, padded to a multiple of 8. */
STOA_MUST_USE stoa_status stoa_schema_section_append(const stoa_schema *schema,
                                                     struct stoa_buf *out, stoa_error *err);

/* The schema in a schema section, which begins at `bytes` and of which at most `left` bytes are
 * there; *out_size is what it takes. One allocation, freed by stoa_free. STOA_E_CORRUPT without
 * a place. That names and ids are unique is not checked. */
STOA_MUST_USE stoa_status stoa_schema_section_read(const uint8_t *bytes, uint64_t left,
                                                   stoa_schema **out_schema,
                                                   uint64_t *out_size, stoa_error *err);

/* Slots of the name table, and the table itself as it lies in the file [FMT-64]: 4 bytes a slot
 * at `out`. Returns the first column whose name an earlier one has, or STOA_NO_INDEX. */
uint32_t stoa_name_slots(uint32_t columns);
uint32_t stoa_name_table_fill(const stoa_schema *schema, uint8_t *out);

/* Whether the file needs no field-id section: ids ascend strictly [FMT-62]. */
bool stoa_field_ids_ascend(const stoa_schema *schema);
/* The field-id section as it lies in the file [FMT-65]: 8 bytes a column at `out`. Returns a
 * column whose id another one has, or STOA_NO_INDEX. */
uint32_t stoa_field_ids_fill(const stoa_schema *schema, uint8_t *out);

/* Bytes of a section whose size follows from the counts alone, 0 where it is left out: all
 * known ones but dictionaries, heap and field ids. The counts are within their limits. */
uint64_t stoa_section_fixed_size(enum stoa_section_id id, uint32_t columns,
                                 uint32_t row_groups, uint32_t total_blocks);

#endif
