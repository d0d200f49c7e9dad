/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verify: sketches lie one behind the other in column order [FMT-102] and can be read; deep, they are
 * what the decoded values give [FMT-101], which stoa_verify_sketch_block has gathered block by block.
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "reader/verify_state.h"

stoa_status stoa_verify_sketches_begin(struct stoa_verify *verify, stoa_error *err)
{
    const uint32_t columns = verify->reader->trailer.columns;
    if (!verify->is_deep || columns > STOA_SKETCH_COLUMNS ||
        verify->reader->sections[STOA_SECTION_SKETCHES].size == 0)
        return STOA_OK;
    verify->sketches = stoa_alloc_zeroed(columns, sizeof *verify->sketches);
    return verify->sketches ? STOA_OK
                            : stoa_fail_memory(err, columns * sizeof *verify->sketches);
}

void stoa_verify_sketch_block(struct stoa_verify *verify, uint32_t column,
                              const struct stoa_column *values)
{
    if (verify->sketches)
        stoa_sketch_add_column(&verify->sketches[column], values);
}

/* What comes before has been found sound, so that the gathered values are all there are. */
static stoa_status compare(const struct stoa_verify *verify, uint32_t column,
                           const struct stoa_sketch *found, stoa_error *err)
{
    if (!verify->sketches || verify->first != STOA_OK ||
        memcmp(&verify->sketches[column], found, sizeof *found) == 0)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected the sketch of the decoded values, about %" PRIu64
                     " different ones, found another one of about %" PRIu64,
                     stoa_sketch_estimate(&verify->sketches[column]),
                     stoa_sketch_estimate(found));
}

static stoa_status check_column(struct stoa_verify *verify, uint32_t column,
                                const struct stoa_column_record *record, uint64_t *next,
                                stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    const uint64_t offset = (uint64_t)record->sketch_offset * STOA_PAYLOAD_ALIGN;
    const uint8_t *bytes = NULL;
    struct stoa_sketch sketch;
    size_t size = 0;
    if (offset != *next)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the sketch at offset %" PRIu64
                         " of its section, found %" PRIu64,
                         *next, offset);
    STOA_TRY(stoa_sketch_bytes_get(reader, record, &bytes, &size, err));
    STOA_TRY(stoa_sketch_read(bytes, &sketch, err));
    *next += size;
    return compare(verify, column, &sketch, err);
}

stoa_status stoa_verify_sketches(struct stoa_verify *verify, stoa_error *err)
{
    static const struct stoa_section_check check = {.section = STOA_SECTION_SKETCHES,
                                                    .flag = STOA_COLUMN_HAS_SKETCH,
                                                    .what = "sketches",
                                                    .part = "sketch",
                                                    .part_end = check_column};
    return stoa_verify_section(verify, &check, err);
}
