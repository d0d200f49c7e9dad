/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a column holds over all files, for `stoa info`: from footers, column by column, when it is
 * asked for. Different values are counted apart from the rest, since those of small files must
 * be read for it.
 */
#include <pthread.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/snapshot_state.h"
#include "format/enc/enc.h"
#include "format/text.h"

enum { DECODED_ROWS = 1 << 20 };

struct column_text {
    bool is_loaded;
    stoa_column_info info;
    char *min, *max, *encodings; /* owned */
    bool is_counted;
    bool has_distinct;
    uint64_t distinct;
};

struct stoa_column_cache {
    pthread_mutex_t lock; /* for columns; each is filled once and then constant */
    struct column_text *columns;
    size_t count;
};

/* Different values over the files. */
struct values {
    struct stoa_sketch sketch;
    bool is_whole;         /* it covers all files so far */
    uint64_t rows_decoded; /* for it */
};

/* Sums over the files. */
struct sums {
    struct stoa_stats stats;
    uint64_t stored_bytes;
    uint64_t by_encoding[STOA_ENC_ID_LIMIT];
};

stoa_status stoa_column_cache_create(size_t field_count,
                                     struct stoa_column_cache **out_cache, stoa_error *err)
{
    struct stoa_column_cache *cache = stoa_alloc_zeroed(1, sizeof *cache);
    if (cache == NULL)
        return stoa_fail_memory(err, sizeof *cache);
    cache->columns = stoa_alloc_zeroed(field_count, sizeof *cache->columns);
    if (cache->columns == NULL || pthread_mutex_init(&cache->lock, NULL) != 0) {
        stoa_free(cache->columns);
        stoa_free(cache);
        return stoa_fail_memory(err, field_count * sizeof *cache->columns);
    }
    cache->count = field_count;
    *out_cache = cache;
    return STOA_OK;
}

void stoa_column_cache_free(struct stoa_column_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->count; i++) {
        stoa_free(cache->columns[i].min);
        stoa_free(cache->columns[i].max);
        stoa_free(cache->columns[i].encodings);
    }
    (void)pthread_mutex_destroy(&cache->lock);
    stoa_free(cache->columns);
    stoa_free(cache);
}

static stoa_status add_blocks(struct stoa_reader *reader, uint32_t column,
                              struct sums *sums, stoa_error *err)
{
    for (uint32_t g = 0; g < stoa_reader_row_groups(reader); g++) {
        struct stoa_row_group_info group;
        uint64_t dictionary = 0;
        STOA_TRY(stoa_reader_row_group(reader, g, &group, err));
        STOA_TRY(stoa_reader_dictionary_size(reader, column, g, &dictionary, err));
        sums->stored_bytes += dictionary;
        for (uint32_t b = 0; b < group.blocks; b++) {
            struct stoa_block_info block;
            STOA_TRY(stoa_reader_block_info(reader, column, g, b, &block, err));
            sums->stored_bytes += block.stored_size;
            if (block.encoding < STOA_ENC_ID_LIMIT)
                sums->by_encoding[block.encoding] += block.stored_size;
        }
    }
    return STOA_OK;
}

static stoa_status sketch_block(struct stoa_block *block, struct stoa_vector *vector,
                                struct stoa_sketch *sketch, stoa_error *err)
{
    for (uint32_t row = 0; row < block->rows; row += STOA_VECTOR_ROWS) {
        STOA_TRY(stoa_block_decode(block, row / STOA_VECTOR_ROWS, vector, err));
        stoa_sketch_add_vector(sketch, vector);
    }
    return STOA_OK;
}

/* Values of a file that has no sketch. */
static stoa_status sketch_values(struct stoa_reader *reader, uint32_t column,
                                 enum stoa_phys phys, struct stoa_sketch *sketch,
                                 stoa_error *err)
{
    struct stoa_block_slot slot;
    struct stoa_vector vector;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_vector_init(&vector, phys, err));
    stoa_block_slot_init(&slot);
    for (uint32_t g = 0; g < stoa_reader_row_groups(reader); g++) {
        struct stoa_row_group_info group;
        STOA_TRY_CLEANUP(stoa_reader_row_group(reader, g, &group, err));
        for (uint32_t b = 0; b < group.blocks; b++) {
            STOA_TRY_CLEANUP(stoa_reader_load(reader, column, g, b, &slot, err));
            STOA_TRY_CLEANUP(sketch_block(&slot.block, &vector, sketch, err));
        }
    }
cleanup:
    stoa_block_slot_done(&slot);
    stoa_vector_done(&vector);
    return status;
}

/* All else about a column is known without its values, so damage in them only hides how many are
 * different. */
static stoa_status try_values(struct stoa_reader *reader, uint32_t column,
                              enum stoa_phys phys, struct stoa_sketch *sketch,
                              bool *out_has, stoa_error *err)
{
    stoa_error failure;
    stoa_error_clear(&failure);
    const stoa_status status = sketch_values(reader, column, phys, sketch, &failure);
    *out_has = status == STOA_OK;
    if (status == STOA_OK || status == STOA_E_CORRUPT || status == STOA_E_CODEC)
        return STOA_OK;
    if (err)
        *err = failure;
    return status;
}

static stoa_status add_sketch(struct stoa_reader *reader, uint32_t column,
                              enum stoa_phys phys, struct values *values, stoa_error *err)
{
    const uint64_t rows = stoa_reader_rows(reader);
    struct stoa_sketch sketch = {{0}};
    bool has = false;
    STOA_TRY(stoa_reader_sketch(reader, column, &has, &sketch, err));
    if (!has && rows <= DECODED_ROWS - values->rows_decoded) {
        values->rows_decoded += rows;
        STOA_TRY(try_values(reader, column, phys, &sketch, &has, err));
    }
    stoa_sketch_merge(&values->sketch, &sketch);
    values->is_whole = has;
    return STOA_OK;
}

static stoa_status add_file(struct stoa_reader *reader, uint32_t column, struct sums *sums,
                            stoa_error *err)
{
    struct stoa_stats stats;
    STOA_TRY(stoa_reader_file_stats(reader, column, &stats, err));
    stoa_stats_merge(&sums->stats, &stats);
    return add_blocks(reader, column, sums, err);
}

/* A bound as export prints it; what is not the whole value ends in U+2026. */
static stoa_status bound_text(stoa_type type, const struct stoa_value *value, bool is_exact,
                              char **out, stoa_error *err)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    struct stoa_value shown = *value;
    struct stoa_buf text;
    stoa_buf_init(&text, 4096);
    if (type.id == STOA_TYPE_TEXT)
        shown.bytes.length =
            (uint32_t)stoa_utf8_valid_prefix(value->bytes.data, value->bytes.length);
    stoa_status status = stoa_text_append(type, &shown, &text, err);
    if (status == STOA_OK && !is_exact)
        status = stoa_buf_append(&text, ellipsis, sizeof ellipsis - 1, err);
    if (status == STOA_OK)
        status = stoa_buf_append_byte(&text, 0, err);
    if (status == STOA_OK) {
        size_t size = 0;
        *out = (char *)stoa_buf_take(&text, &size);
    }
    stoa_buf_done(&text);
    return status;
}

/* Names of the encodings in use, most bytes first. */
static stoa_status encodings_text(const struct sums *sums, char **out, stoa_error *err)
{
    uint64_t left[STOA_ENC_ID_LIMIT];
    struct stoa_buf text;
    stoa_status status = STOA_OK;
    memcpy(left, sums->by_encoding, sizeof left);
    stoa_buf_init(&text, 4096);
    for (;;) {
        uint32_t most = 0;
        for (uint32_t id = 1; id < STOA_ENC_ID_LIMIT; id++) {
            if (left[id] > left[most] || most == 0)
                most = left[id] > 0 ? id : most;
        }
        if (most == 0 || status != STOA_OK)
            break;
        const struct stoa_encoding *encoding = stoa_encoding_find(most);
        status = stoa_buf_printf(&text, err, "%s%s", text.size > 0 ? ", " : "",
                                 encoding != NULL ? encoding->name : "unknown");
        left[most] = 0;
    }
    if (status == STOA_OK)
        status = stoa_buf_append_byte(&text, 0, err);
    if (status == STOA_OK) {
        size_t size = 0;
        *out = (char *)stoa_buf_take(&text, &size);
    }
    stoa_buf_done(&text);
    return status;
}

static stoa_status make_texts(struct column_text *column, stoa_type type,
                              const struct sums *sums, stoa_error *err)
{
    const struct stoa_stats *stats = &sums->stats;
    column->info.null_count = stats->null_count;
    column->info.stored_bytes = sums->stored_bytes;
    column->info.has_bounds = stats->has_bounds && !stats->max_is_open;
    if (column->info.has_bounds) {
        STOA_TRY(bound_text(type, &stats->min, stats->min_is_exact, &column->min, err));
        STOA_TRY(bound_text(type, &stats->max, stats->max_is_exact, &column->max, err));
    }
    STOA_TRY(encodings_text(sums, &column->encodings, err));
    column->info.min = column->min != NULL ? column->min : "";
    column->info.max = column->max != NULL ? column->max : "";
    column->info.encodings = column->encodings;
    column->is_loaded = true;
    return STOA_OK;
}

/* Under the lock. */
static stoa_status load(stoa_dataset *dataset, uint32_t number, stoa_error *err)
{
    struct column_text *column = &dataset->columns->columns[number];
    const stoa_type type = dataset->info.schema.fields[number].type;
    struct sums sums = {.stored_bytes = 0};
    stoa_stats_init(&sums.stats, stoa_type_phys(type));
    for (size_t i = 0; i < dataset->info.file_count; i++) {
        struct stoa_reader *reader = NULL;
        STOA_TRY(stoa_dataset_acquire(dataset, i, &reader, err));
        const stoa_status status = add_file(reader, number, &sums, err);
        stoa_dataset_release(dataset, i, reader);
        STOA_TRY(status);
    }
    struct column_text text = {0};
    const stoa_status status = make_texts(&text, type, &sums, err);
    if (status != STOA_OK) {
        stoa_free(text.min);
        stoa_free(text.max);
        stoa_free(text.encodings);
        return status;
    }
    *column = text;
    return STOA_OK;
}

/* Under the lock, of a loaded column. There are no more different values than values. */
static stoa_status count(stoa_dataset *dataset, uint32_t number, stoa_error *err)
{
    struct column_text *column = &dataset->columns->columns[number];
    const enum stoa_phys phys = stoa_type_phys(dataset->info.schema.fields[number].type);
    struct values values = {.is_whole = true};
    for (size_t i = 0; i < dataset->info.file_count && values.is_whole; i++) {
        struct stoa_reader *reader = NULL;
        STOA_TRY(stoa_dataset_acquire(dataset, i, &reader, err));
        const stoa_status status = add_sketch(reader, number, phys, &values, err);
        stoa_dataset_release(dataset, i, reader);
        STOA_TRY(status);
    }
    const uint64_t most = dataset->info.rows - column->info.null_count;
    const uint64_t distinct = values.is_whole ? stoa_sketch_estimate(&values.sketch) : 0;
    column->has_distinct = values.is_whole;
    column->distinct = distinct < most ? distinct : most;
    column->is_counted = true;
    return STOA_OK;
}

static stoa_status check_number(const stoa_dataset *dataset, size_t column, stoa_error *err)
{
    if (column < dataset->info.schema.field_count)
        return STOA_OK;
    return stoa_fail(err, STOA_E_USAGE, "expected a column number below %zu, found %zu",
                     dataset->info.schema.field_count, column);
}

stoa_status stoa_dataset_column(stoa_dataset *dataset, size_t column,
                                stoa_column_info *out_info, stoa_error *err)
{
    struct stoa_column_cache *cache = dataset->columns;
    stoa_status status = STOA_OK;
    STOA_TRY(check_number(dataset, column, err));
    (void)pthread_mutex_lock(&cache->lock);
    if (!cache->columns[column].is_loaded)
        status = load(dataset, (uint32_t)column, err);
    (void)pthread_mutex_unlock(&cache->lock);
    if (status == STOA_OK)
        *out_info = cache->columns[column].info;
    return status;
}

stoa_status stoa_dataset_distinct(stoa_dataset *dataset, size_t column, int *out_known,
                                  uint64_t *out_distinct, stoa_error *err)
{
    struct stoa_column_cache *cache = dataset->columns;
    stoa_column_info info;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_dataset_column(dataset, column, &info, err));
    struct column_text *found = &cache->columns[column];
    (void)pthread_mutex_lock(&cache->lock);
    if (!found->is_counted)
        status = count(dataset, (uint32_t)column, err);
    (void)pthread_mutex_unlock(&cache->lock);
    if (status != STOA_OK)
        return status;
    *out_known = found->has_distinct;
    *out_distinct = found->distinct;
    return STOA_OK;
}
