/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays inputs through a fuzz target without a fuzzing engine: each argument is a file, or a
 * folder whose files are taken in order of their names. Every build runs all targets over
 * their seeds and over every input that ever crashed them.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replayed;

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "cannot open %s\n", path);
        return 1;
    }
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(size > 0 ? (size_t)size : 1);
    const int failed =
        size < 0 || !bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size;
    fclose(file);
    if (!failed)
        LLVMFuzzerTestOneInput(bytes, (size_t)size);
    replayed++;
    free(bytes);
    return failed;
}

static int replay_folder(const char *path)
{
    struct dirent **names = NULL;
    int failures = 0;
    const int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            failures += replay_file(inner);
        free(names[i]);
    }
    free(names);
    return failures;
}

int main(int argc, char **argv)
{
    int failures = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (folder)
            closedir(folder);
        failures += folder ? replay_folder(argv[i]) : replay_file(argv[i]);
    }
    printf("replayed %lu inputs\n", replayed);
    return failures > 0 || replayed == 0;
}
