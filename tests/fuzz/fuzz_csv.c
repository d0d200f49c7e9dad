/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a CSV source, read twice: in one piece and in small chunks. Both must give the
 * same rows, rejects and errors, rows must balance, and nothing may crash. The first byte of
 * the input chooses options, the second the chunk size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/alloc.h"
#include "writer/ingest/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a reading came to, as hashes of everything it delivered. */
struct outcome {
    stoa_status status;
    uint64_t rows;
    uint64_t rejects;
    uint64_t values; /* hash over all cells in order */
    uint64_t faults; /* hash over all rejects in order */
    size_t columns;
};

static uint64_t add_value(uint64_t hash, const struct stoa_column *column, uint32_t row)
{
    const struct stoa_value value = stoa_column_get(column, row);
    if (value.is_null)
        return stoa_hash_mix(hash + 1);
    if (column->phys == STOA_PHYS_BYTES)
        return stoa_hash64(value.bytes.data, value.bytes.length, hash);
    if (column->phys == STOA_PHYS_BOOL)
        return stoa_hash_mix(hash + 2 + value.boolean);
    return stoa_hash64(value.fixed16, stoa_phys_width(column->phys), hash);
}

static stoa_status on_batch(void *context, const struct stoa_column *columns, uint32_t rows,
                            uint32_t source, uint64_t first_line, stoa_error *err)
{
    struct outcome *outcome = context;
    (void)source, (void)first_line, (void)err;
    for (uint32_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < outcome->columns; c++)
            outcome->values = add_value(outcome->values, &columns[c], r);
    }
    outcome->rows += rows;
    return STOA_OK;
}

static stoa_status on_reject(void *context, const struct stoa_ingest_reject *reject,
                             stoa_error *err)
{
    struct outcome *outcome = context;
    const uint64_t place[] = {
        reject->line,   reject->place_line,     reject->place_column, reject->byte_offset,
        reject->column, (uint64_t)reject->code, reject->hash.low};
    (void)err;
    outcome->faults = stoa_hash64(place, sizeof place, outcome->faults);
    outcome->faults =
        stoa_hash64(reject->message, strlen(reject->message), outcome->faults);
    outcome->rejects++;
    return STOA_OK;
}

static struct outcome read_all(const char *path, const struct stoa_ingest_options *options)
{
    struct outcome outcome = {.status = STOA_OK};
    const struct stoa_ingest_sink sink = {
        .context = &outcome, .on_batch = on_batch, .on_reject = on_reject};
    struct stoa_ingest *ingest = NULL;
    outcome.status = stoa_ingest_create(options, &ingest, NULL);
    if (outcome.status == STOA_OK)
        outcome.status = stoa_ingest_add(ingest, path, NULL);
    if (outcome.status == STOA_OK)
        outcome.status = stoa_ingest_infer(ingest, NULL);
    if (outcome.status == STOA_OK) {
        outcome.columns = stoa_ingest_schema(ingest)->field_count;
        outcome.status = stoa_ingest_read(ingest, NULL, &sink, NULL);
        const struct stoa_ingest_source *source = stoa_ingest_source(ingest, 0);
        if (outcome.status != STOA_OK ||
            source->rows_read != outcome.rows + outcome.rejects)
            abort();
    }
    stoa_ingest_free(ingest);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = {0, ',', ';', '\t'};
    if (size < 2)
        return 0;
    struct stoa_ingest_options options = {
        .format = "csv",
        .delimiter = delimiters[data[0] & 3],
        .header = (enum stoa_ingest_header)((data[0] >> 2 & 3) % 3),
        .policy = (enum stoa_ingest_policy)(data[0] >> 4 & 1),
        .all_text = data[0] >> 5 & 1,
        .has_no_quote = (data[0] >> 6) == 3,
    };
    const int fd = memfd_create("input", MFD_CLOEXEC);
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd < 0 || write(fd, data + 2, size - 2) != (ssize_t)(size - 2))
        abort();
    const struct outcome whole = read_all(path, &options);
    options.chunk_size = data[1] + (size_t)1;
    const struct outcome pieces = read_all(path, &options);
    if (memcmp(&whole, &pieces, sizeof whole) != 0)
        abort();
    (void)close(fd);
    return 0;
}
