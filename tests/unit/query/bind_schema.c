/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema of bind_schema.h.
 */
#include "tests/unit/query/bind_schema.h"

static const stoa_field fields[] = {
    {"id",        1,  {.id = STOA_TYPE_INT64},                                false},
    {"a",         2,  {.id = STOA_TYPE_INT32},                                true },
    {"b",         3,  {.id = STOA_TYPE_FLOAT64},                              true },
    {"s",         4,  {.id = STOA_TYPE_TEXT},                                 true },
    {"Name",      5,  {.id = STOA_TYPE_TEXT},                                 true },
    {"d",         6,  {.id = STOA_TYPE_DATE},                                 true },
    {"ts",        7,  {.id = STOA_TYPE_TIMESTAMP},                            true },
    {"tz",        8,  {.id = STOA_TYPE_TIMESTAMPTZ},                          true },
    {"m",         9,  {.id = STOA_TYPE_DECIMAL, .precision = 12, .scale = 2}, true },
    {"w",         10, {.id = STOA_TYPE_DECIMAL, .precision = 30, .scale = 5}, true },
    {"u",         11, {.id = STOA_TYPE_UINT64},                               true },
    {"f",         12, {.id = STOA_TYPE_BOOL},                                 true },
    {"user.name", 13, {.id = STOA_TYPE_TEXT},                                 true },
    {"k",         14, {.id = STOA_TYPE_INT8},                                 true },
    {"g",         15, {.id = STOA_TYPE_UUID},                                 true },
    {"x",         16, {.id = STOA_TYPE_BINARY},                               true },
    {"h",         17, {.id = STOA_TYPE_TIME},                                 true },
    {"\"p.q\"",   18, {.id = STOA_TYPE_INT16},                                true },
};

const stoa_schema stoa_bind_schema = {.fields = fields,
                                      .field_count = sizeof fields / sizeof fields[0]};
