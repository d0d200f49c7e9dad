/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a Stoa file: opened, looked up, scanned and verified. Nothing may crash, read
 * where it must not, or take memory out of proportion. In a fuzzing build all checksums are
 * believed, so the fuzzer gets behind them.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/alloc.h"
#include "reader/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void scan_block(struct stoa_block_slot *slot, struct stoa_vector *vectors)
{
    struct stoa_vector *vector = &vectors[slot->block.phys];
    for (uint32_t row = 0; row < slot->block.rows; row += STOA_VECTOR_ROWS) {
        const stoa_status status =
            stoa_block_decode(&slot->block, row / STOA_VECTOR_ROWS, vector, NULL);
        for (uint32_t i = 0; status == STOA_OK && i < vector->length; i += 101) {
            const struct stoa_value value = stoa_vector_get(vector, i);
            if (!value.is_null && vector->phys == STOA_PHYS_BYTES && value.bytes.length > 0)
                (void)*(const volatile uint8_t *)&value.bytes.data[value.bytes.length - 1];
        }
    }
}

static void scan_group(struct stoa_reader *reader, uint32_t column, uint32_t group,
                       struct stoa_block_slot *slot, struct stoa_vector *vectors)
{
    struct stoa_row_group_info info;
    struct stoa_stats stats;
    (void)!stoa_reader_group_stats(reader, column, group, &stats, NULL);
    if (stoa_reader_row_group(reader, group, &info, NULL) != STOA_OK)
        return;
    for (uint32_t b = 0; b < info.blocks; b++) {
        (void)!stoa_reader_block_stats(reader, column, group, b, &stats, NULL);
        if (stoa_reader_load(reader, column, group, b, slot, NULL) == STOA_OK)
            scan_block(slot, vectors);
    }
}

static void scan(struct stoa_reader *reader, struct stoa_vector *vectors)
{
    struct stoa_block_slot slot;
    const stoa_schema *schema = NULL;
    stoa_block_slot_init(&slot);
    (void)!stoa_reader_schema(reader, &schema, NULL);
    for (uint32_t c = 0; c < stoa_reader_columns(reader); c++) {
        struct stoa_stats stats;
        bool found = false;
        uint32_t column = 0;
        if (schema)
            (void)!stoa_reader_find(reader, schema->fields[c].name, &found, &column, NULL);
        (void)!stoa_reader_find_id(reader, c * 3 + 1, &found, &column, NULL);
        (void)!stoa_reader_file_stats(reader, c, &stats, NULL);
        for (uint32_t g = 0; g < stoa_reader_row_groups(reader); g++)
            scan_group(reader, c, g, &slot, vectors);
    }
    stoa_block_slot_done(&slot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stoa_file file = {.fd = memfd_create("input", MFD_CLOEXEC),
                             .name = stoa_strdup("input")};
    struct stoa_vector vectors[STOA_PHYS_COUNT];
    struct stoa_reader *reader = NULL;
    if (file.fd < 0 || write(file.fd, data, size) != (ssize_t)size) {
        stoa_io_discard(&file);
        return 0;
    }
    for (int phys = 1; phys < STOA_PHYS_COUNT; phys++) {
        if (stoa_vector_init(&vectors[phys], (enum stoa_phys)phys, NULL) != STOA_OK)
            return 0;
    }
    if (stoa_reader_open(&file, NULL, &reader, NULL) == STOA_OK) {
        scan(reader, vectors);
        (void)!stoa_reader_verify(reader, true, NULL, NULL, NULL, NULL);
    }
    stoa_reader_close(reader);
    for (int phys = 1; phys < STOA_PHYS_COUNT; phys++)
        stoa_vector_done(&vectors[phys]);
    return 0;
}
