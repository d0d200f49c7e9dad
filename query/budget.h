/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory one query may hold in tables that grow with its data. Shared by its threads;
 * giving up is a clear error, never the operating system's.
 */
#ifndef STOA_QUERY_BUDGET_H
#define STOA_QUERY_BUDGET_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct stoa_budget {
    atomic_size_t used; /* bytes */
    size_t limit;
};

/* Takes `size` bytes or fails with STOA_E_MEMORY_LIMIT, taking none. */
static inline stoa_status stoa_budget_take(struct stoa_budget *budget, size_t size,
                                           stoa_error *err)
{
    const size_t before = atomic_fetch_add(&budget->used, size);
    if (before <= budget->limit && size <= budget->limit - before)
        return STOA_OK;
    atomic_fetch_sub(&budget->used, size);
    const stoa_status status = stoa_fail(
        err, STOA_E_MEMORY_LIMIT,
        "the query needs more than the %zu MiB of memory it may hold", budget->limit >> 20);
    stoa_error_set_hint(err, "give it more with --memory, or group, sort or select less");
    return status;
}

static inline void stoa_budget_give(struct stoa_budget *budget, size_t size)
{
    atomic_fetch_sub(&budget->used, size);
}

#endif
