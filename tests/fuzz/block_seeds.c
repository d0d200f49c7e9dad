/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seeds for fuzz_block out of Stoa files: `block_seeds FOLDER LIMIT FILE...` writes the payload of every
 * block of at most LIMIT bytes to FOLDER, named by what it holds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bits.h"
#include "reader/reader.h"

static int write_seed(const char *folder, const char *base, uint32_t column, uint32_t block,
                      const struct stoa_block_slot *slot,
                      const struct stoa_block_info *info, bool is_text)
{
    char path[4096];
    uint8_t head[8] = {(uint8_t)slot->block.phys,
                       (uint8_t)(is_text | (info->uses_dictionary ? 2 : 0))};
    stoa_store_le16(head + 2, (uint16_t)info->null_count);
    stoa_store_le32(head + 4, info->rows);
    snprintf(path, sizeof path, "%s/%s-c%u-b%u-e%u", folder, base, column, block,
             info->encoding);
    FILE *out = fopen(path, "wb");
    if (!out)
        return 1;
    const bool is_written = fwrite(head, sizeof head, 1, out) == 1 &&
                            fwrite(slot->payload.data, info->stored_size, 1, out) == 1;
    return fclose(out) != 0 || !is_written;
}

static int write_column(struct stoa_reader *reader, const char *folder, const char *base,
                        uint32_t limit, uint32_t column, struct stoa_block_slot *slot)
{
    stoa_field field;
    struct stoa_row_group_info group;
    struct stoa_block_info info;
    if (stoa_reader_field(reader, column, &field, NULL) != STOA_OK ||
        stoa_reader_row_group(reader, 0, &group, NULL) != STOA_OK)
        return 1;
    for (uint32_t b = 0; b < group.blocks; b++) {
        if (stoa_reader_block_info(reader, column, 0, b, &info, NULL) != STOA_OK ||
            stoa_reader_load(reader, column, 0, b, slot, NULL) != STOA_OK)
            return 1;
        if (info.stored_size > 0 && info.stored_size <= limit &&
            write_seed(folder, base, column, b, slot, &info,
                       field.type.id == STOA_TYPE_TEXT))
            return 1;
    }
    return 0;
}

static int write_seeds(const char *folder, uint32_t limit, const char *path)
{
    struct stoa_file file;
    struct stoa_reader *reader = NULL;
    struct stoa_block_slot slot;
    char base[256];
    const char *name = strrchr(path, '/');
    snprintf(base, sizeof base, "%s", name ? name + 1 : path);
    base[strcspn(base, ".")] = '\0';
    if (stoa_io_open(AT_FDCWD, path, STOA_OPEN_READ, path, &file, NULL) != STOA_OK ||
        stoa_reader_open(&file, NULL, &reader, NULL) != STOA_OK)
        return 1;
    stoa_block_slot_init(&slot);
    int failed = 0;
    for (uint32_t c = 0;
         c < stoa_reader_columns(reader) && stoa_reader_row_groups(reader) > 0; c++)
        failed |= write_column(reader, folder, base, limit, c, &slot);
    stoa_block_slot_done(&slot);
    stoa_reader_close(reader);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = argc < 4;
    for (int i = 3; i < argc; i++)
        failed |= write_seeds(argv[1], (uint32_t)strtoul(argv[2], NULL, 10), argv[i]);
    if (failed)
        fprintf(stderr, "usage: block_seeds FOLDER LIMIT FILE...; or a file could not be "
                        "read\n");
    return failed;
}
