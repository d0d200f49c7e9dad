/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV's row of the table of input formats. Every text can be read as CSV, at worst with one
 * column, so this row must stay the last of those that are asked by content.
 */
#include "writer/ingest/csv_input.h"

static bool matches(const struct stoa_input_head *head)
{
    STOA_UNUSED(head);
    return true;
}

const struct stoa_input_format *stoa_input_csv(void)
{
    static const struct stoa_input_format format = {.name = "csv",
                                                    .matches = matches,
                                                    .open = stoa_csv_open,
                                                    .infer = stoa_csv_infer,
                                                    .read = stoa_csv_read,
                                                    .find_misfit = stoa_csv_find_misfit};
    return &format;
}
