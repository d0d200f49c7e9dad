/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table that binder and pushdown are tested with: a column of every type, a dotted name, a name that
 * needs its case.
 */
#ifndef STOA_TESTS_QUERY_BIND_SCHEMA_H
#define STOA_TESTS_QUERY_BIND_SCHEMA_H

#include "stoa/schema.h"

extern const stoa_schema stoa_bind_schema;

#endif
