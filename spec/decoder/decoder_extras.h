/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What checks the sections that files can do without (format.md 5.9 on): each is made anew from the
 * decoded values.
 */
#ifndef STOA_DECODER_EXTRAS_H
#define STOA_DECODER_EXTRAS_H

#include "decoder.h"

/* decoder_zones.c: where the parts lie, and one block's records from its values. */
void check_zone_parts(struct decoder *d);
void check_block_zones(const struct decoder *d, const struct column *column,
                       const struct statistics *block, const struct value *values,
                       uint32_t rows);
/* decoder_sketches.c: the values of one block, and at the end all sketches. */
void add_to_sketch(struct column *column, const struct value *values, uint32_t rows);
void check_sketches(struct decoder *d);
uint64_t hash_value(unsigned kind, const struct value *v); /* [FMT-100] */
/* decoder_filters.c: where the parts lie, and the values of one block. */
void check_filter_parts(struct decoder *d);
void check_block_filter(const struct decoder *d, const struct column *column,
                        const struct value *values, uint32_t rows);

#endif
