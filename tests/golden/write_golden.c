/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes all golden files and their texts into a folder: write_golden FOLDER. Run by hand when
 * the format changes; files that exist are replaced.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/golden/golden_tables.h"

static int write_text(const char *folder, const char *name, const struct stoa_buf *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.txt", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file)
        return 1;
    const size_t written = fwrite(text->data, 1, text->size, file);
    return fclose(file) != 0 || written != text->size;
}

static int write_one(const char *folder, int dirfd, const struct golden_file *golden)
{
    struct test_table table;
    struct stoa_buf text;
    struct stoa_file_summary summary;
    struct test_directory directory = {.fd = dirfd};
    stoa_error error;
    char name[128];
    const struct test_write_options options = {.profile = golden->profile,
                                               .keeps_sketches =
                                                   golden_keeps_sketches(golden),
                                               .filters = golden_filters(golden)};
    snprintf(name, sizeof name, "%s.stoa", golden->name);
    stoa_buf_init(&text, SIZE_MAX / 4);
    golden_table_make(golden, &table);
    test_table_print(&table, &text);
    stoa_status status = stoa_io_remove(dirfd, name, &error);
    if (status == STOA_OK)
        status = test_table_try_write(&table, &directory, name, &options, &summary, &error);
    if (status != STOA_OK)
        fprintf(stderr, "write_golden: %s: %s\n", name, error.message);
    const int failed = status != STOA_OK || write_text(folder, golden->name, &text);
    stoa_buf_done(&text);
    test_table_done(&table);
    return failed;
}

int main(int argc, char **argv)
{
    struct stoa_file folder = STOA_FILE_CLOSED;
    int failures = 0;
    if (argc != 2 || stoa_io_open(AT_FDCWD, argv[1], STOA_OPEN_DIRECTORY, NULL, &folder,
                                  NULL) != STOA_OK) {
        fprintf(stderr, "usage: write_golden FOLDER\n");
        return 2;
    }
    for (size_t i = 0; golden_file_at(i); i++)
        failures += write_one(argv[1], folder.fd, golden_file_at(i));
    stoa_io_discard(&folder);
    return failures > 0;
}
