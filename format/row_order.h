/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row numbers in any order, made ascending: those who take rows by number visit vectors, blocks and
 * row groups one after the other, and give the answers in the order that was asked for.
 */
#ifndef STOA_FORMAT_ROW_ORDER_H
#define STOA_FORMAT_ROW_ORDER_H

#include <stdint.h>

#include "common/error.h"

/* Places in `rows` by ascending row number, equal ones in their order. *out_order is NULL when the
 * rows ascend already (equal neighbours allowed); free with stoa_free. */
STOA_MUST_USE stoa_status stoa_row_order_make(const uint64_t *rows, uint32_t count,
                                              uint32_t **out_order, stoa_error *err);

/* Turns an order around in place: where each of the ascending rows went. `scratch` has `count`
 * entries. */
void stoa_row_order_invert(uint32_t *order, uint32_t count, uint32_t *scratch);

#endif
