/* SPDX-License-Identifier: Apache-2.0 */
/* See corrupt_run.h. */
#include "tests/corrupt/corrupt_run.h"

#include <stdio.h>
#include <string.h>

#include "tests/tables/test_table.h"

static void note(struct corrupt_hunt *hunt, stoa_status status, const stoa_error *error)
{
    if (status == STOA_OK)
        return;
    hunt->errors++;
    assert_int_equal(status, error->status);
    if (strncmp(error->place, "x.stoa", 6) != 0 && status != STOA_E_USAGE)
        fail_msg("no place in error \"%s\"", error->message);
    if (status == hunt->status && strstr(error->message, hunt->message))
        hunt->found = true;
    else
        snprintf(hunt->last, sizeof hunt->last, "E%d %s (%s)", (int)status, error->message,
                 error->place);
}

static void note_damage(void *context, const stoa_error *damage)
{
    note(context, damage->status, damage);
}

/* What decodes must not crash; that its values are wrong is for verify to say. */
static void decode_block(struct stoa_block_slot *slot, stoa_error *err)
{
    struct stoa_vector vector;
    assert_ok(stoa_vector_init(&vector, slot->block.phys, err), err);
    for (uint32_t row = 0; row < slot->block.rows; row += STOA_VECTOR_ROWS) {
        if (stoa_block_decode(&slot->block, row / STOA_VECTOR_ROWS, &vector, err) !=
            STOA_OK)
            break;
    }
    stoa_vector_done(&vector);
}

static void run_blocks(struct stoa_reader *reader, uint32_t c, uint32_t g,
                       struct stoa_block_slot *slot, struct corrupt_hunt *hunt)
{
    struct stoa_row_group_info group;
    struct stoa_stats stats;
    stoa_error error;
    const stoa_status status = stoa_reader_row_group(reader, g, &group, &error);
    note(hunt, status, &error);
    note(hunt, stoa_reader_group_stats(reader, c, g, &stats, &error), &error);
    const uint64_t hashes[] = {0, UINT64_MAX, UINT64_C(0x123456789abcdef0)};
    bool may = false;
    note(hunt, stoa_reader_may_hold(reader, c, g, hashes, 3, &may, &error), &error);
    for (uint32_t b = 0; status == STOA_OK && b < group.blocks; b++) {
        struct stoa_block_info info;
        note(hunt, stoa_reader_block_info(reader, c, g, b, &info, &error), &error);
        note(hunt, stoa_reader_block_stats(reader, c, g, b, &stats, &error), &error);
        struct stoa_stats zones[STOA_BLOCK_ZONES];
        uint32_t zone_count = 0;
        note(hunt, stoa_reader_block_zones(reader, c, g, b, zones, &zone_count, &error),
             &error);
        const stoa_status loaded = stoa_reader_load(reader, c, g, b, slot, &error);
        note(hunt, loaded, &error);
        if (loaded == STOA_OK)
            decode_block(slot, &error);
    }
}

static void run_columns(struct stoa_reader *reader, struct corrupt_hunt *hunt)
{
    struct stoa_block_slot slot;
    stoa_block_slot_init(&slot);
    for (uint32_t c = 0; c < stoa_reader_columns(reader); c++) {
        stoa_field field;
        struct stoa_stats stats;
        stoa_error error;
        bool found = false;
        uint32_t column = 0;
        const stoa_status status = stoa_reader_field(reader, c, &field, &error);
        note(hunt, status, &error);
        if (status == STOA_OK) {
            note(hunt, stoa_reader_find(reader, field.name, &found, &column, &error),
                 &error);
            note(hunt, stoa_reader_find_id(reader, field.id, &found, &column, &error),
                 &error);
        }
        note(hunt, stoa_reader_file_stats(reader, c, &stats, &error), &error);
        struct stoa_sketch sketch;
        note(hunt, stoa_reader_sketch(reader, c, &found, &sketch, &error), &error);
        for (uint32_t g = 0; g < stoa_reader_row_groups(reader); g++)
            run_blocks(reader, c, g, &slot, hunt);
    }
    stoa_block_slot_done(&slot);
}

void corrupt_run(const struct test_directory *directory, const uint8_t *bytes, size_t size,
                 struct corrupt_hunt *hunt)
{
    struct stoa_reader *reader = NULL;
    stoa_error error;
    /* A new file each time: ext4 flushes one that is cut to nothing and written again. */
    assert_ok(stoa_io_remove(directory->fd, "x.stoa", &error), &error);
    test_file_write(directory, "x.stoa", bytes, size);
    const stoa_status status = test_reader_open(directory, "x.stoa", &reader, &error);
    note(hunt, status, &error);
    if (status != STOA_OK)
        return;
    run_columns(reader, hunt);
    const stoa_status verdict =
        stoa_reader_verify(reader, true, NULL, note_damage, hunt, &error);
    if (verdict == STOA_OK && hunt->message)
        fail_msg("verify calls the file sound (looking for \"%s\")", hunt->message);
    note(hunt, verdict, &error);
    stoa_reader_close(reader);
}
