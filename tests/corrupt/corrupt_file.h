/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Stoa file taken apart so that a test can change a field and sum everything up again: what
 * a hostile editor does, and what no checksum shows. Knows the byte tables of spec/format.md
 * on its own, so that a mistake in format/layout cannot hide itself.
 */
#ifndef STOA_TESTS_CORRUPT_FILE_H
#define STOA_TESTS_CORRUPT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parts that a field can be in. Footer sections are 1 .. 9 and 16 .. 18 as in the directory. */
enum corrupt_part {
    CORRUPT_BLOCKS = 1,
    CORRUPT_GROUP_STATS = 2,
    CORRUPT_FILE_STATS = 3,
    CORRUPT_DICTIONARIES = 4,
    CORRUPT_HEAP = 5,
    CORRUPT_FIELD_IDS = 6,
    CORRUPT_COLUMNS = 7,
    CORRUPT_NAMES = 8,
    CORRUPT_GROUPS = 9,
    CORRUPT_DIRECTORY = 10,
    CORRUPT_HEADER = 11,
    CORRUPT_TRAILER = 12,
    CORRUPT_BODY = 13, /* everything from the schema section to the last tail */
    CORRUPT_ZONES = 16,
    CORRUPT_FILTERS = 17,
    CORRUPT_SKETCHES = 18
};

struct corrupt_file {
    uint8_t header[64];
    uint8_t *body; /* bytes 64 .. footer_offset of the file */
    size_t body_size;
    uint8_t *stream; /* of the footer */
    size_t stream_size;
    uint8_t trailer[128];
    size_t section_offset[32]; /* in the stream, by id; 10: the directory */
    size_t section_size[32];   /* 0: left out */
};

/* Takes a sound file apart (copies). */
void corrupt_take(struct corrupt_file *file, const uint8_t *bytes, size_t size);
void corrupt_done(struct corrupt_file *file);

/* Where byte `offset` of a part is. */
uint8_t *corrupt_at(struct corrupt_file *file, enum corrupt_part part, size_t offset);
/* Reads and writes a little-endian field of 1, 2, 4 or 8 bytes. */
uint64_t corrupt_get(struct corrupt_file *file, enum corrupt_part part, size_t offset,
                     unsigned size);
void corrupt_set(struct corrupt_file *file, enum corrupt_part part, size_t offset,
                 unsigned size, uint64_t value);

/* Which sums to make anew. */
enum corrupt_sums {
    CORRUPT_SUM_NOTHING = 0,
    CORRUPT_SUM_HEADER = 1,
    CORRUPT_SUM_TRAILER = 2,
    CORRUPT_SUM_CONTENT = 4, /* content identity, into the trailer */
    CORRUPT_SUM_PAGES = 8,
    CORRUPT_SUM_ALL = 15
};

/* The file's bytes by malloc, put together and summed up. */
uint8_t *corrupt_give(struct corrupt_file *file, unsigned sums, size_t *out_size);

#endif
