/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verify, deep: a block is decoded like a scan would do it, and counts, raw size and statistics
 * of what comes out must be those of its record, to the bit. A wrong min or max is the worst
 * damage a file can have, since no checksum sees it and pruning believes it.
 */
#include <inttypes.h>
#include <string.h>

#include "reader/verify_state.h"

static stoa_status take_vector(struct stoa_verify *verify, enum stoa_phys phys,
                               struct stoa_vector **out_vector, stoa_error *err)
{
    if (!verify->has_vector[phys]) {
        STOA_TRY(stoa_vector_init(&verify->vectors[phys], phys, err));
        verify->has_vector[phys] = true;
    }
    *out_vector = &verify->vectors[phys];
    return STOA_OK;
}

static stoa_status decode(struct stoa_verify *verify,
                          const struct stoa_block_record *record,
                          struct stoa_column_builder *builder, stoa_error *err)
{
    struct stoa_vector *vector = NULL;
    STOA_TRY(take_vector(verify, builder->phys, &vector, err));
    return stoa_block_decode_all(&verify->slot.block, record->raw_size, vector, builder,
                                 err);
}

/* [FMT-4] [FMT-66] [FMT-70] */
static stoa_status check_values(struct stoa_verify *verify,
                                const struct stoa_block_site *site,
                                const struct stoa_block_record *record,
                                const struct stoa_column *column, stoa_error *err)
{
    struct stoa_stats stats;
    struct stoa_stats zones[STOA_BLOCK_ZONES];
    struct stoa_core_bytes found;
    const uint64_t raw_size = stoa_column_raw_size(column);
    stoa_stats_compute_zones(&stats, column, NULL, zones);
    if (raw_size != record->raw_size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu64 " raw bytes, as decoded, found %" PRIu32,
                         raw_size, record->raw_size);
    if (stats.null_count != record->null_count || stats.nan_count != record->nan_count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu64 " NULLs and %" PRIu64
                         " NaNs, as decoded, found %" PRIu32 " and %" PRIu32,
                         stats.null_count, stats.nan_count, record->null_count,
                         record->nan_count);
    STOA_TRY(stoa_verify_read_core(verify, column->phys, &record->core, &found, err));
    STOA_TRY(stoa_verify_compare_core(&stats, &found, err));
    return stoa_verify_block_zones(verify, site, &stats, zones, err);
}

stoa_status stoa_verify_block(struct stoa_verify *verify,
                              const struct stoa_block_site *site,
                              const struct stoa_block_record *record, stoa_error *err)
{
    stoa_status status = STOA_OK;
    struct stoa_column_builder builder;
    stoa_column_builder_init(&builder, stoa_type_phys(site->column_record.type));
    STOA_TRY_CLEANUP(stoa_reader_load(verify->reader, site->column, site->group,
                                      site->block, &verify->slot, err));
    STOA_TRY_CLEANUP(decode(verify, record, &builder, err));
    const struct stoa_column column = stoa_column_builder_view(&builder);
    stoa_verify_sketch_block(verify, site->column, &column);
    STOA_TRY_CLEANUP(stoa_verify_block_filter(verify, site, &column, err));
    STOA_TRY_CLEANUP(check_values(verify, site, record, &column, err));
cleanup:
    stoa_column_builder_done(&builder);
    return status;
}
