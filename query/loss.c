/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See loss.h.
 */
#include "query/loss.h"

#include <string.h>

#include "common/alloc.h"

bool stoa_loss_is_damage(stoa_status status)
{
    return status == STOA_E_CORRUPT || status == STOA_E_NOT_STOA || status == STOA_E_CODEC;
}

stoa_status stoa_loss_set(struct stoa_loss *loss, const struct stoa_plan *plan,
                          const char *file, uint32_t column, uint64_t first_row,
                          uint64_t rows, stoa_error *err)
{
    const stoa_schema *schema = &stoa_dataset_get_info(plan->dataset)->schema;
    loss->file = stoa_strdup(file);
    if (!loss->file)
        return stoa_fail_memory(err, strlen(file) + 1);
    loss->column = column < plan->scan_column_count
                       ? schema->fields[plan->scan_columns[column]].name
                       : NULL;
    loss->first_row = first_row;
    loss->rows = rows;
    loss->is_set = true;
    return STOA_OK;
}

void stoa_loss_clear(struct stoa_loss *loss)
{
    stoa_free(loss->file);
    loss->file = NULL;
    loss->is_set = false;
}

void stoa_loss_tell(struct stoa_loss *loss, const stoa_query_options *options,
                    uint64_t *rows_skipped)
{
    if (!loss->is_set)
        return;
    const stoa_skipped_rows skipped = {
        .file = loss->file,
        .column = loss->column,
        .first_row = loss->first_row,
        .rows = loss->rows,
        .damage = &loss->damage,
    };
    *rows_skipped += loss->rows;
    if (options->on_skip)
        options->on_skip(options->skip_context, &skipped);
    stoa_loss_clear(loss);
}
