/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One damaged file for each check of reader/ and format/layout: a field is changed, the sums are
 * made anew (they find accidents, not forgers [FMT-2]), and then everything that reads a file is
 * run over it [FMT-80]. What must come out is the code and the words of exactly that check;
 * verify must never call such a file sound.
 */
#include "tests/corrupt/corrupt_file.h"
#include "tests/corrupt/corrupt_run.h"
#include "tests/tables/test_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bits.h"
#include "common/hash.h"

enum base {
    SMALL,  /* 5,000 rows in one block, 6 columns, field ids that do not ascend */
    BLOCKS, /* 70,000 rows in two blocks: has file statistics */
    GROUPS, /* two row groups of several blocks: has row-group statistics */
    BASE_COUNT
};

enum { ROWS = 5000 };

/* "b": column 5, and so on; the numbers below count on it. */
static const struct test_column_spec small_specs[] = {
    {"i", {STOA_TYPE_INT64, 0, 0},     TEST_VALUES_NARROW, TEST_NULLS_NONE},
    {"t", {STOA_TYPE_TEXT, 0, 0},      TEST_VALUES_FEW,    TEST_NULLS_SOME},
    {"f", {STOA_TYPE_FLOAT64, 0, 0},   TEST_VALUES_WIDE,   TEST_NULLS_HALF},
    {"d", {STOA_TYPE_DECIMAL, 38, 10}, TEST_VALUES_NARROW, TEST_NULLS_NONE},
    {"n", {STOA_TYPE_INT32, 0, 0},     TEST_VALUES_WIDE,   TEST_NULLS_ALL },
    {"b", {STOA_TYPE_BOOL, 0, 0},      TEST_VALUES_WIDE,   TEST_NULLS_NONE},
};
static const uint32_t small_ids[] = {10, 5, 7, 8, 9, 3};
static const struct test_column_spec blocks_specs[] = {
    {"i", {STOA_TYPE_INT64, 0, 0}, TEST_VALUES_FEW,      TEST_NULLS_NONE},
    {"u", {STOA_TYPE_UUID, 0, 0},  TEST_VALUES_CONSTANT, TEST_NULLS_NONE},
};
static const struct test_column_spec groups_specs[] = {
    {"b", {STOA_TYPE_BOOL, 0, 0}, TEST_VALUES_CONSTANT, TEST_NULLS_NONE},
    {"i", {STOA_TYPE_INT8, 0, 0}, TEST_VALUES_CONSTANT, TEST_NULLS_NONE},
};

struct fixture {
    struct test_directory directory;
    uint8_t *bytes[BASE_COUNT];
    size_t size[BASE_COUNT];
};

static void make_base(struct fixture *fixture, enum base base,
                      const struct test_column_spec *specs, size_t columns, uint32_t rows)
{
    static const struct test_write_options options = {.profile = STOA_PROFILE_BALANCED};
    struct test_random random = {.state = 20261122};
    struct test_table table;
    test_table_make(&table, &random, specs, columns, rows);
    for (size_t i = 0; base == SMALL && i < columns; i++)
        table.fields[i].id = small_ids[i];
    test_table_write(&table, &fixture->directory, "base.stoa", &options, NULL);
    fixture->bytes[base] =
        test_file_read(&fixture->directory, "base.stoa", &fixture->size[base]);
    assert_int_equal(unlinkat(fixture->directory.fd, "base.stoa", 0), 0);
    test_table_done(&table);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    test_directory_make(&fixture.directory);
    make_base(&fixture, SMALL, small_specs, 6, ROWS);
    make_base(&fixture, BLOCKS, blocks_specs, 2, 70000);
    make_base(&fixture, GROUPS, groups_specs, 2, 1048576 + 66000);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < BASE_COUNT; i++)
        free(fixture->bytes[i]);
    test_directory_remove(&fixture->directory);
    return 0;
}

static void test_the_base_files_are_sound(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < BASE_COUNT; i++) {
        struct corrupt_hunt hunt = {.message = NULL};
        struct corrupt_file file;
        size_t size = 0;
        /* Taken apart and put together again, so that the tool is right too. */
        corrupt_take(&file, fixture->bytes[i], fixture->size[i]);
        uint8_t *bytes = corrupt_give(&file, CORRUPT_SUM_ALL, &size);
        assert_int_equal(size, fixture->size[i]);
        assert_bytes(bytes, fixture->bytes[i], size);
        corrupt_run(&fixture->directory, bytes, size, &hunt);
        if (hunt.errors > 0)
            fail_msg("a sound file gives %s", hunt.last);
        free(bytes);
        corrupt_done(&file);
    }
}

/* ---- one field ---- */

enum change { SET, ADD, XOR };

struct corrupt_case {
    const char *name;
    enum base base;
    enum corrupt_part part;
    size_t offset;
    unsigned size;
    enum change change;
    uint64_t value;
    unsigned without; /* sums that are not made anew */
    stoa_status status;
    const char *message;
};

enum { COLUMN = 64, GROUP = 64, BLOCK = 80, STATS = 80, ENTRY = 24 }; /* record sizes */
#define HUGE_OFFSET (UINT64_C(1) << 40)

/* One row a case: aligned, the table would be 200 columns wide. */
/* clang-format off */
static const struct corrupt_case cases[] = {
    /* [FMT-8] [FMT-9] header */
    {"magic", SMALL, CORRUPT_HEADER, 0, 1, SET, 'X', 0, STOA_E_NOT_STOA, "53544f41"},
    {"magic in text mode", SMALL, CORRUPT_HEADER, 4, 1, SET, '\n', 0, STOA_E_CORRUPT,
     "magic bytes 0d0a1a0a"},
    {"checksum", SMALL, CORRUPT_HEADER, 56, 8, XOR, 1, CORRUPT_SUM_HEADER, STOA_E_CORRUPT,
     "header checksum"},
    {"major version", SMALL, CORRUPT_HEADER, 8, 2, SET, 1, 0, STOA_E_NEWER,
     "found version 1.2"},
    {"minor version", SMALL, CORRUPT_HEADER, 10, 2, SET, 3, 0, STOA_E_NEWER,
     "found version 0.3"},
    {"header size", SMALL, CORRUPT_HEADER, 12, 4, SET, 72, 0, STOA_E_CORRUPT,
     "header size 64, found 72"},
    {"feature bit", SMALL, CORRUPT_HEADER, 16, 8, SET, 32, 0, STOA_E_NEWER,
     "feature bit 5"},
    {"compatible bit in one end", SMALL, CORRUPT_HEADER, 24, 8, SET, 1, 0, STOA_E_CORRUPT,
     "other feature bits"},
    {"identity", SMALL, CORRUPT_HEADER, 32, 8, XOR, 1, 0, STOA_E_CORRUPT,
     "trailer of schema"},
    {"schema size not of 8", SMALL, CORRUPT_HEADER, 48, 8, ADD, 4, 0, STOA_E_CORRUPT,
     "multiple of 8"},
    {"schema size above file", SMALL, CORRUPT_HEADER, 48, 8, SET, HUGE_OFFSET, 0,
     STOA_E_CORRUPT, "schema section of 56"},
    {"schema size of nothing", SMALL, CORRUPT_HEADER, 48, 8, SET, 0, 0, STOA_E_CORRUPT,
     "schema section of 56"},
    {"schema size more", SMALL, CORRUPT_HEADER, 48, 8, ADD, 8, 0, STOA_E_CORRUPT,
     "row groups without gaps"},
    /* section 6: trailer */
    {"end magic", SMALL, CORRUPT_TRAILER, 120, 1, SET, 'X', 0, STOA_E_CORRUPT, "end magic"},
    {"checksum", SMALL, CORRUPT_TRAILER, 112, 8, XOR, 1, CORRUPT_SUM_TRAILER,
     STOA_E_CORRUPT, "trailer checksum"},
    {"version", SMALL, CORRUPT_TRAILER, 98, 2, SET, 7, 0, STOA_E_NEWER, "version 0.7"},
    {"feature bit", SMALL, CORRUPT_TRAILER, 48, 8, SET, UINT64_C(1) << 63, 0, STOA_E_NEWER,
     "feature bit 63"},
    {"reserved", SMALL, CORRUPT_TRAILER, 104, 1, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes"},
    {"footer offset", SMALL, CORRUPT_TRAILER, 0, 8, ADD, 8, 0, STOA_E_CORRUPT,
     "footer that ends at"},
    {"footer offset wraps", SMALL, CORRUPT_TRAILER, 0, 8, SET, UINT64_MAX - 7, 0,
     STOA_E_CORRUPT, "footer that ends at"},
    {"no columns", SMALL, CORRUPT_TRAILER, 24, 4, SET, 0, 0, STOA_E_CORRUPT,
     "1 to 1048576 columns"},
    {"too many columns", SMALL, CORRUPT_TRAILER, 24, 4, SET, 1 << 21, 0, STOA_E_CORRUPT,
     "1 to 1048576 columns"},
    {"one column more", SMALL, CORRUPT_TRAILER, 24, 4, ADD, 1, 0, STOA_E_CORRUPT,
     "bytes in footer section 1"},
    {"too many rows", SMALL, CORRUPT_TRAILER, 16, 8, SET, UINT64_C(1) << 41, 0,
     STOA_E_CORRUPT, "at most 1099511627776 rows"},
    {"more row groups than blocks", SMALL, CORRUPT_TRAILER, 28, 4, SET, 9, 0,
     STOA_E_CORRUPT, "counts that fit together"},
    {"no blocks", SMALL, CORRUPT_TRAILER, 32, 4, SET, 0, 0, STOA_E_CORRUPT,
     "counts that fit together"},
    {"one block more", SMALL, CORRUPT_TRAILER, 32, 4, SET, 2, 0, STOA_E_CORRUPT,
     "bytes in footer section 1"},
    {"one row more", SMALL, CORRUPT_TRAILER, 16, 8, ADD, 1, 0, STOA_E_CORRUPT,
     "row groups without gaps"},
    {"too many sections", SMALL, CORRUPT_TRAILER, 36, 4, SET, 65, 0, STOA_E_CORRUPT,
     "at most 64 sections"},
    {"one section more", SMALL, CORRUPT_TRAILER, 36, 4, ADD, 1, 0, STOA_E_CORRUPT,
     "directory of 8 sections"},
    {"directory elsewhere", SMALL, CORRUPT_TRAILER, 40, 8, ADD, 24, 0, STOA_E_CORRUPT,
     "directory of 7 sections"},
    {"directory behind the end", SMALL, CORRUPT_TRAILER, 40, 8, SET, HUGE_OFFSET, 0,
     STOA_E_CORRUPT, "directory of 7 sections"},
    /* [FMT-61] */
    {"content identity", SMALL, CORRUPT_TRAILER, 80, 8, XOR, 1, CORRUPT_SUM_CONTENT,
     STOA_E_CORRUPT, "content identity"},
    /* [FMT-60] [FMT-62] pages and directory; sections 1 4 5 6 7 8 9 are there */
    {"page checksum", SMALL, CORRUPT_HEAP, 0, 1, XOR, 0, CORRUPT_SUM_PAGES, STOA_E_CORRUPT,
     "footer page that its checksum covers"},
    {"unknown flag", SMALL, CORRUPT_DIRECTORY, 4, 4, SET, 3, 0, STOA_E_CORRUPT,
     "flags 0 or 1"},
    {"known section not required", SMALL, CORRUPT_DIRECTORY, 4, 4, SET, 0, 0,
     STOA_E_CORRUPT, "flagged as required"},
    {"unknown section required", SMALL, CORRUPT_DIRECTORY, 0, 4, SET, 77, 0, STOA_E_NEWER,
     "section 77"},
    {"section with id 0", SMALL, CORRUPT_DIRECTORY, 0, 4, SET, 0, 0, STOA_E_NEWER,
     "section 0"},
    {"gap", SMALL, CORRUPT_DIRECTORY, ENTRY + 8, 8, ADD, 8, 0, STOA_E_CORRUPT,
     "section 4 at offset"},
    {"empty section", SMALL, CORRUPT_DIRECTORY, 16, 8, SET, 0, 0, STOA_E_CORRUPT,
     "not empty"},
    {"section behind the end", SMALL, CORRUPT_DIRECTORY, 16, 8, SET, UINT64_MAX - 7, 0,
     STOA_E_CORRUPT, "section 1 at offset 0"},
    {"section twice", SMALL, CORRUPT_DIRECTORY, ENTRY, 4, SET, 1, 0, STOA_E_CORRUPT,
     "ascending order, found 1 behind 1"},
    {"sections out of order", SMALL, CORRUPT_DIRECTORY, 0, 4, SET, 5, 0, STOA_E_CORRUPT,
     "ascending order, found 4 behind 5"},
    {"last section short", SMALL, CORRUPT_DIRECTORY, 6 * ENTRY + 16, 8, ADD, (uint64_t)-8,
     0, STOA_E_CORRUPT, "expected the directory at offset"},
    {"heap short", SMALL, CORRUPT_DIRECTORY, 2 * ENTRY + 16, 8, ADD, (uint64_t)-1, 0,
     STOA_E_CORRUPT, "expected a heap of"},
    /* section 5.2: column records */
    {"name hash", SMALL, CORRUPT_COLUMNS, 0, 8, XOR, 1, 0, STOA_E_CORRUPT,
     "name with hash"},
    {"field id 0", SMALL, CORRUPT_COLUMNS, 8, 4, SET, 0, 0, STOA_E_CORRUPT,
     "field id above 0"},
    {"field id other", SMALL, CORRUPT_COLUMNS, 8, 4, SET, 11, 0, STOA_E_CORRUPT,
     "of the schema section, as the column records say"},
    {"field id twice", SMALL, CORRUPT_COLUMNS, 8, 4, SET, 5, 0, STOA_E_CORRUPT,
     "unique field ids, found 5"},
    {"name outside the heap", SMALL, CORRUPT_COLUMNS, 12, 4, SET, UINT32_MAX, 0,
     STOA_E_CORRUPT, "name within"},
    {"empty name", SMALL, CORRUPT_COLUMNS, 16, 2, SET, 0, 0, STOA_E_CORRUPT,
     "name of 1 to 4096 bytes"},
    {"long name", SMALL, CORRUPT_COLUMNS, 16, 2, SET, 4097, 0, STOA_E_CORRUPT,
     "name of 1 to 4096 bytes"},
    {"type", SMALL, CORRUPT_COLUMNS, 18, 1, SET, 99, 0, STOA_E_NEWER, "type id 99"},
    {"precision", SMALL, CORRUPT_COLUMNS, 3 * COLUMN + 19, 1, SET, 39, 0, STOA_E_NEWER,
     "parameters 39 and 10"},
    {"flags", SMALL, CORRUPT_COLUMNS, 21, 1, SET, 32, 0, STOA_E_CORRUPT, "flags below 32"},
    {"dictionary without index", SMALL, CORRUPT_COLUMNS, 21, 1, SET, 2, 0, STOA_E_CORRUPT,
     "dictionary index where"},
    {"reserved 22", SMALL, CORRUPT_COLUMNS, 22, 2, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes of a column"},
    {"reserved 44", SMALL, CORRUPT_COLUMNS, 44, 4, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes of a column"},
    {"sketch without flag", SMALL, CORRUPT_COLUMNS, 52, 4, SET, 1, 0, STOA_E_CORRUPT,
     "no sketch where no flag says so"},
    {"filters without flag", SMALL, CORRUPT_COLUMNS, 56, 4, SET, 1, 0, STOA_E_CORRUPT,
     "no filters where no flag says so"},
    {"reserved 60", SMALL, CORRUPT_COLUMNS, 60, 1, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes of a column"},
    {"reserved 56", SMALL, CORRUPT_COLUMNS, 63, 1, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes of a column"},
    {"stored size", SMALL, CORRUPT_COLUMNS, 24, 8, ADD, 1, 0, STOA_E_CORRUPT,
     "stored bytes and"},
    {"NULLs in a column without", SMALL, CORRUPT_COLUMNS, 32, 8, SET, 5, 0, STOA_E_CORRUPT,
     "not nullable, found 5"},
    {"NULLs above rows", SMALL, CORRUPT_COLUMNS, COLUMN + 32, 8, SET, ROWS + 1, 0,
     STOA_E_CORRUPT, "at most 5000 NULLs"},
    {"NULLs other", SMALL, CORRUPT_COLUMNS, COLUMN + 32, 8, ADD, 1, 0, STOA_E_CORRUPT,
     "NULLs, as the blocks say"},
    {"dictionary index", SMALL, CORRUPT_COLUMNS, COLUMN + 40, 4, SET, 9, 0, STOA_E_CORRUPT,
     "dictionary records within 1"},
    /* [FMT-65] */
    {"field id entry", SMALL, CORRUPT_FIELD_IDS, 0, 4, ADD, 1, 0, STOA_E_CORRUPT,
     "as the column records say"},
    {"field id column", SMALL, CORRUPT_FIELD_IDS, 4, 4, SET, 99, 0, STOA_E_CORRUPT,
     "in the field ids, found 99"},
    /* [FMT-7] section 5.7: row-group records */
    {"offset not of 8", SMALL, CORRUPT_GROUPS, 0, 8, ADD, 4, 0, STOA_E_CORRUPT,
     "row group at multiples of 8"},
    {"offset before", SMALL, CORRUPT_GROUPS, 0, 8, ADD, (uint64_t)-8, 0, STOA_E_CORRUPT,
     "row groups without gaps"},
    {"offset behind the footer", SMALL, CORRUPT_GROUPS, 0, 8, SET, HUGE_OFFSET, 0,
     STOA_E_CORRUPT, "row group within the file"},
    {"size more", SMALL, CORRUPT_GROUPS, 8, 8, ADD, 8, 0, STOA_E_CORRUPT,
     "row group within the file"},
    {"size less", SMALL, CORRUPT_GROUPS, 8, 8, ADD, (uint64_t)-8, 0, STOA_E_CORRUPT,
     "row groups without gaps"},
    {"first row", SMALL, CORRUPT_GROUPS, 16, 8, SET, 1, 0, STOA_E_CORRUPT,
     "row group within the file"},
    {"second group's first row", GROUPS, CORRUPT_GROUPS, GROUP + 16, 8, ADD, (uint64_t)-1,
     0, STOA_E_CORRUPT, "row groups without gaps"},
    {"no rows", SMALL, CORRUPT_GROUPS, 24, 4, SET, 0, 0, STOA_E_CORRUPT,
     "1 to 1048576 rows"},
    {"one row less", SMALL, CORRUPT_GROUPS, 24, 4, ADD, UINT32_MAX, 0, STOA_E_CORRUPT,
     "row groups without gaps"},
    {"blocks", SMALL, CORRUPT_GROUPS, 28, 4, SET, 2, 0, STOA_E_CORRUPT, "in 2 blocks"},
    {"first block", SMALL, CORRUPT_GROUPS, 32, 4, SET, 1, 0, STOA_E_CORRUPT,
     "row group within the file"},
    {"dictionaries too many", SMALL, CORRUPT_GROUPS, 36, 4, SET, 7, 0, STOA_E_CORRUPT,
     "row group within the file"},
    {"dictionaries other", SMALL, CORRUPT_GROUPS, 36, 4, SET, 0, 0, STOA_E_CORRUPT,
     "dictionaries, found 0"},
    {"tail too small", SMALL, CORRUPT_GROUPS, 40, 8, SET, 64, 0, STOA_E_CORRUPT,
     "tail with room"},
    {"tail above the row group", SMALL, CORRUPT_GROUPS, 40, 8, SET, HUGE_OFFSET, 0,
     STOA_E_CORRUPT, "multiples of 8 with its tail"},
    {"tail longer", SMALL, CORRUPT_GROUPS, 40, 8, ADD, 8, 0, STOA_E_CORRUPT,
     "tail checksum"},
    {"seed", SMALL, CORRUPT_GROUPS, 48, 8, XOR, 1, 0, STOA_E_CORRUPT,
     "found bytes that give"},
    {"raw size above limit", SMALL, CORRUPT_GROUPS, 56, 8, SET, 67108865, 0, STOA_E_CORRUPT,
     "at most 67108864 raw bytes"},
    {"raw size other", SMALL, CORRUPT_GROUPS, 56, 8, ADD, 1, 0, STOA_E_CORRUPT,
     "raw bytes, as the blocks say"},
    /* section 5.4: block records */
    {"offset not of 8", SMALL, CORRUPT_BLOCKS, 0, 8, ADD, 4, 0, STOA_E_CORRUPT,
     "payload at a multiple of 8"},
    {"offset behind the tail", SMALL, CORRUPT_BLOCKS, 0, 8, SET, HUGE_OFFSET, 0,
     STOA_E_CORRUPT, "payload within"},
    /* [FMT-40] [FMT-41] [FMT-42] */
    {"offset other", SMALL, CORRUPT_BLOCKS, 0, 8, ADD, 8, 0, STOA_E_CORRUPT,
     "behind the one before"},
    {"stored size", SMALL, CORRUPT_BLOCKS, 8, 4, SET, UINT32_MAX, 0, STOA_E_CORRUPT,
     "payload within"},
    {"no rows", SMALL, CORRUPT_BLOCKS, 12, 4, SET, 0, 0, STOA_E_CORRUPT,
     "1 to 65536 rows in a block"},
    {"one row less", SMALL, CORRUPT_BLOCKS, 12, 4, SET, ROWS - 1, 0, STOA_E_CORRUPT,
     "5000 rows in the block, found 4999"},
    {"NULLs above rows", SMALL, CORRUPT_BLOCKS, BLOCK + 16, 4, SET, ROWS + 1, 0,
     STOA_E_CORRUPT, "NULLs and NaNs within 5000 rows"},
    {"NULLs in a column without", SMALL, CORRUPT_BLOCKS, 16, 4, SET, 1, 0, STOA_E_CORRUPT,
     "not nullable, found 1"},
    {"NULLs other", SMALL, CORRUPT_BLOCKS, 2 * BLOCK + 16, 4, ADD, 1, 0, STOA_E_CORRUPT,
     "NULLs"},
    {"NaN of integers", SMALL, CORRUPT_BLOCKS, 20, 4, SET, 1, 0, STOA_E_CORRUPT,
     "NULLs and NaNs within"},
    {"NaNs other", SMALL, CORRUPT_BLOCKS, 2 * BLOCK + 20, 4, ADD, 1, 0, STOA_E_CORRUPT,
     "NaNs, as decoded"},
    {"raw size of integers", SMALL, CORRUPT_BLOCKS, 24, 4, ADD, 1, 0, STOA_E_CORRUPT,
     "expected 40000 raw bytes, found 40001"},
    {"raw size of texts", SMALL, CORRUPT_BLOCKS, BLOCK + 24, 4, ADD, 1, 0, STOA_E_CORRUPT,
     "raw bytes, as decoded"},
    {"raw size of texts too small", SMALL, CORRUPT_BLOCKS, BLOCK + 24, 4, SET, 19999, 0,
     STOA_E_CORRUPT, "20000 raw bytes or more"},
    {"raw size above the row group's", SMALL, CORRUPT_BLOCKS, BLOCK + 24, 4, SET, 1 << 30,
     0, STOA_E_CORRUPT, "at most the row group's"},
    {"encoding 0", SMALL, CORRUPT_BLOCKS, 28, 1, SET, 0, 0, STOA_E_CORRUPT,
     "encoding 0 exactly"},
    {"encoding of NULLs", SMALL, CORRUPT_BLOCKS, 4 * BLOCK + 28, 1, SET, 1, 0,
     STOA_E_CORRUPT, "encoding 0 exactly"},
    {"encoding other", SMALL, CORRUPT_BLOCKS, 28, 1, SET, 31, 0, STOA_E_CORRUPT,
     "encoding 31 as the block's record says"},
    {"min size above 64", SMALL, CORRUPT_BLOCKS, 29, 1, SET, 65, 0, STOA_E_CORRUPT,
     "bounds that agree"},
    {"min size of integers", SMALL, CORRUPT_BLOCKS, 29, 1, SET, 5, 0, STOA_E_CORRUPT,
     "min that fits its kind"},
    {"max size of decimals", SMALL, CORRUPT_BLOCKS, 3 * BLOCK + 30, 1, SET, 15, 0,
     STOA_E_CORRUPT, "max that fits its kind"},
    {"reserved 31", SMALL, CORRUPT_BLOCKS, 31, 1, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes of a statistics"},
    {"unknown flag", SMALL, CORRUPT_BLOCKS, 32, 2, XOR, 64, 0, STOA_E_CORRUPT,
     "flags within 011f"},
    {"no bounds but keys", SMALL, CORRUPT_BLOCKS, 32, 2, SET, 16, 0, STOA_E_CORRUPT,
     "bounds that agree"},
    {"no sum but a sum", SMALL, CORRUPT_BLOCKS, 32, 2, XOR, 16, 0, STOA_E_CORRUPT,
     "reserved bytes of a statistics"},
    {"open max of integers", SMALL, CORRUPT_BLOCKS, 32, 2, XOR, 8, 0, STOA_E_CORRUPT,
     "open max that fits its kind"},
    {"bounds without values", SMALL, CORRUPT_BLOCKS, 4 * BLOCK + 32, 2, SET, 1, 0,
     STOA_E_CORRUPT, "no bounds of 5000 rows without a value"},
    {"min not exact", SMALL, CORRUPT_BLOCKS, 32, 2, XOR, 2, 0, STOA_E_CORRUPT,
     "expected statistics with flags"},
    {"sum of texts", SMALL, CORRUPT_BLOCKS, BLOCK + 32, 2, XOR, 16, 0, STOA_E_CORRUPT,
     "no sum for physical kind 6"},
    {"dictionary in a column without", SMALL, CORRUPT_BLOCKS, 32, 2, XOR, 256, 0,
     STOA_E_CORRUPT, "no use of a dictionary"},
    {"dictionary not used", SMALL, CORRUPT_BLOCKS, BLOCK + 32, 2, XOR, 256, 0,
     STOA_E_CORRUPT, "dictionary exactly where a block uses it, found an unused one"},
    {"reserved 34", SMALL, CORRUPT_BLOCKS, 34, 2, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes of a statistics"},
    {"bounds outside the heap", SMALL, CORRUPT_BLOCKS, 3 * BLOCK + 36, 4, SET, UINT32_MAX,
     0, STOA_E_CORRUPT, "footer section 5"},
    {"bounds elsewhere", SMALL, CORRUPT_BLOCKS, 3 * BLOCK + 36, 4, ADD, 1, 0,
     STOA_E_CORRUPT, "bounds at offset"},
    {"bounds offset without bounds", SMALL, CORRUPT_BLOCKS, 36, 4, SET, 1, 0,
     STOA_E_CORRUPT, "bounds at offset 0"},
    {"min above max", SMALL, CORRUPT_BLOCKS, 40, 8, SET, UINT64_MAX, 0, STOA_E_CORRUPT,
     "bounds that agree"},
    {"min lower", SMALL, CORRUPT_BLOCKS, 40, 8, ADD, UINT64_MAX, 0, STOA_E_CORRUPT,
     "expected statistics with flags"},
    {"max higher", SMALL, CORRUPT_BLOCKS, 48, 8, ADD, 1, 0, STOA_E_CORRUPT,
     "expected statistics with flags"},
    {"bool above true", SMALL, CORRUPT_BLOCKS, 5 * BLOCK + 48, 8, SET, 2, 0, STOA_E_CORRUPT,
     "max that fits its kind"},
    {"max NaN", SMALL, CORRUPT_BLOCKS, 2 * BLOCK + 48, 8, SET, UINT64_MAX, 0,
     STOA_E_CORRUPT, "max that fits its kind"},
    {"key other than the bound's", SMALL, CORRUPT_BLOCKS, 3 * BLOCK + 40, 8, ADD,
     UINT64_MAX, 0, STOA_E_CORRUPT, "min that fits its kind"},
    {"sum", SMALL, CORRUPT_BLOCKS, 56, 8, ADD, 1, 0, STOA_E_CORRUPT,
     "expected statistics with flags"},
    {"checksum", SMALL, CORRUPT_BLOCKS, 72, 8, XOR, 1, 0, STOA_E_CORRUPT,
     "found bytes that give"},
    /* section 5.6: dictionary records; the one record is of column 1 */
    {"dictionary offset not of 8", SMALL, CORRUPT_DICTIONARIES, 0, 8, ADD, 4, 0,
     STOA_E_CORRUPT, "dictionary at a multiple of 8"},
    {"dictionary offset", SMALL, CORRUPT_DICTIONARIES, 0, 8, SET, HUGE_OFFSET, 0,
     STOA_E_CORRUPT, "payload within"},
    {"dictionary checksum", SMALL, CORRUPT_DICTIONARIES, 8, 8, XOR, 1, 0, STOA_E_CORRUPT,
     "found bytes that give"},
    {"dictionary stored size", SMALL, CORRUPT_DICTIONARIES, 16, 4, SET, UINT32_MAX, 0,
     STOA_E_CORRUPT, "payload within"},
    {"dictionary too long", SMALL, CORRUPT_DICTIONARIES, 20, 4, SET, 1 << 21, 0,
     STOA_E_CORRUPT, "dictionary of at most 1048576"},
    {"dictionary longer than rows", SMALL, CORRUPT_DICTIONARIES, 20, 4, SET, ROWS + 1, 0,
     STOA_E_CORRUPT, "at most 5000 entries"},
    {"dictionary without entries", SMALL, CORRUPT_DICTIONARIES, 20, 4, SET, 0, 0,
     STOA_E_CORRUPT, "found 0 in"},
    {"dictionary of another column", SMALL, CORRUPT_DICTIONARIES, 24, 4, SET, 0, 0,
     STOA_E_CORRUPT, "dictionary record of column 1, found one of column 0"},
    {"dictionary encoding", SMALL, CORRUPT_DICTIONARIES, 28, 1, XOR, 1, 0, STOA_E_CORRUPT,
     "as the dictionary's record says"},
    {"dictionary reserved", SMALL, CORRUPT_DICTIONARIES, 31, 1, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes of a dictionary"},
    /* section 5.5: statistics records */
    {"file rows", BLOCKS, CORRUPT_FILE_STATS, 0, 8, ADD, 1, 0, STOA_E_CORRUPT,
     "statistics of 70000 rows, found 70001"},
    {"file NULLs above rows", BLOCKS, CORRUPT_FILE_STATS, 8, 8, SET, 70001, 0,
     STOA_E_CORRUPT, "NULLs and NaNs within 70000"},
    {"file NULLs other", BLOCKS, CORRUPT_FILE_STATS, 8, 8, SET, 1, 0, STOA_E_CORRUPT,
     "as the level below says"},
    {"file reserved 24", BLOCKS, CORRUPT_FILE_STATS, 28, 1, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes of a statistics"},
    {"file reserved 72", BLOCKS, CORRUPT_FILE_STATS, 72, 8, SET, 1, 0, STOA_E_CORRUPT,
     "reserved bytes of a statistics"},
    {"file flags", BLOCKS, CORRUPT_FILE_STATS, 32, 2, XOR, 256, 0, STOA_E_CORRUPT,
     "flags within 001f"},
    {"file min", BLOCKS, CORRUPT_FILE_STATS, 40, 8, ADD, UINT64_MAX, 0, STOA_E_CORRUPT,
     "expected statistics with flags"},
    {"file bounds", BLOCKS, CORRUPT_FILE_STATS, STATS + 36, 4, ADD, UINT32_MAX, 0,
     STOA_E_CORRUPT, "bounds at offset"},
    {"row group rows", GROUPS, CORRUPT_GROUP_STATS, 0, 8, ADD, 1, 0, STOA_E_CORRUPT,
     "statistics of 1048576 rows"},
    {"row group sum", GROUPS, CORRUPT_GROUP_STATS, STATS + 56, 8, ADD, 1, 0, STOA_E_CORRUPT,
     "expected statistics with flags"},
    /* [FMT-73] heap; section 4: what is not in the footer */
    {"name byte", SMALL, CORRUPT_HEAP, 0, 1, XOR, 1, 0, STOA_E_CORRUPT, "name with hash"},
    {"schema section", SMALL, CORRUPT_BODY, 16, 1, XOR, 1, 0, STOA_E_CORRUPT,
     "schema section that gives"},
};
/* clang-format on */

static uint64_t changed(const struct corrupt_case *item, uint64_t value)
{
    switch (item->change) {
    case SET: return item->value;
    case ADD: return value + item->value;
    case XOR: return value ^ item->value;
    }
    return 0;
}

static void check_bytes(struct fixture *fixture, const char *name,
                        struct corrupt_file *file, unsigned sums, stoa_status status,
                        const char *message)
{
    struct corrupt_hunt hunt = {.status = status, .message = message};
    size_t size = 0;
    uint8_t *bytes = corrupt_give(file, sums, &size);
    corrupt_run(&fixture->directory, bytes, size, &hunt);
    if (!hunt.found)
        fail_msg("%s: expected E%d \"%s\", found %s", name, (int)status, message,
                 hunt.errors > 0 ? hunt.last : "no error");
    free(bytes);
}

static void test_each_changed_field_is_found(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct corrupt_case *item = &cases[i];
        struct corrupt_file file;
        corrupt_take(&file, fixture->bytes[item->base], fixture->size[item->base]);
        const uint64_t before = corrupt_get(&file, item->part, item->offset, item->size);
        corrupt_set(&file, item->part, item->offset, item->size, changed(item, before));
        check_bytes(fixture, item->name, &file, CORRUPT_SUM_ALL & ~item->without,
                    item->status, item->message);
        corrupt_done(&file);
    }
}

/* ---- more than one field ---- */

/* [FMT-10] */
static void rename_column(struct corrupt_file *file, size_t column, char name)
{
    corrupt_set(file, CORRUPT_HEAP, column, 1, (uint8_t)name);
    corrupt_set(file, CORRUPT_COLUMNS, column * COLUMN, 8, stoa_hash64(&name, 1, 0));
}

static void name_twice(struct corrupt_file *file)
{
    rename_column(file, 1, 'i');
}

static void name_not_utf8(struct corrupt_file *file)
{
    rename_column(file, 2, (char)0xFF);
}

static void name_with_nul(struct corrupt_file *file)
{
    rename_column(file, 2, '\0');
}

static void names_in_wrong_slots(struct corrupt_file *file)
{
    for (size_t i = 0; i < file->section_size[CORRUPT_NAMES]; i += 4)
        corrupt_set(file, CORRUPT_NAMES, i, 4, 99);
}

static void name_table_without_names(struct corrupt_file *file)
{
    memset(corrupt_at(file, CORRUPT_NAMES, 0), 0xFF, file->section_size[CORRUPT_NAMES]);
}

/* The two sections change places with their names: ids stay in order. */
static void names_swapped(struct corrupt_file *file)
{
    corrupt_set(file, CORRUPT_COLUMNS, 12, 4, 1);
    corrupt_set(file, CORRUPT_COLUMNS, 0, 8, stoa_hash64("t", 1, 0));
}

static void footer_padding(struct corrupt_file *file)
{
    const size_t size = file->section_size[CORRUPT_HEAP];
    assert_true(size % 8 != 0);
    corrupt_at(file, CORRUPT_HEAP, 0)[size] = 1;
}

/* Makes the schema section's hash hold again everywhere but in the tail. */
static void schema_section_with_sums(struct corrupt_file *file)
{
    const size_t size = stoa_load_le64(file->header + 48);
    file->body[16 + 12] ^= 1; /* nullable of node 0 */
    const struct stoa_hash128 identity = stoa_hash128(file->body, size);
    memcpy(file->header + 32, &identity, 16);
    memcpy(file->trailer + 64, &identity, 16);
}

/* [FMT-45] */
static size_t tail_offset(struct corrupt_file *file)
{
    const size_t end =
        corrupt_get(file, CORRUPT_GROUPS, 0, 8) + corrupt_get(file, CORRUPT_GROUPS, 8, 8);
    return end - corrupt_get(file, CORRUPT_GROUPS, 40, 8) - 64;
}

static void tail_magic(struct corrupt_file *file)
{
    file->body[file->body_size - 64] ^= 1;
}

static void tail_checksum(struct corrupt_file *file)
{
    file->body[tail_offset(file) + 3] ^= 1;
}

static void sum_tail(struct corrupt_file *file)
{
    const size_t start = tail_offset(file);
    const size_t size = file->body_size - start;
    const uint64_t seed = stoa_load_le64(file->body + file->body_size - 24);
    stoa_store_le64(file->body + file->body_size - 8,
                    stoa_hash64(file->body + start, size - 8, seed));
}

static void tail_with_sum(struct corrupt_file *file)
{
    file->body[tail_offset(file) + 12] ^= 1; /* rows of the first block */
    sum_tail(file);
}

static void tail_size_with_sum(struct corrupt_file *file)
{
    file->body[file->body_size - 48] ^= 8; /* bytes of the tail */
    sum_tail(file);
}

/* A bound that no key shows, in the footer only: the tail differs, the values differ. */
static void bound_byte(struct corrupt_file *file)
{
    const size_t at = corrupt_get(file, CORRUPT_BLOCKS, 3 * BLOCK + 36, 4);
    corrupt_set(file, CORRUPT_HEAP, at, 1, corrupt_get(file, CORRUPT_HEAP, at, 1) ^ 1);
}

/* Sets the checksum of column 0's payload anew, in the footer. */
static void sum_payload(struct corrupt_file *file)
{
    uint8_t key[16];
    const size_t group = corrupt_get(file, CORRUPT_GROUPS, 0, 8) - 64;
    const size_t offset = group + corrupt_get(file, CORRUPT_BLOCKS, 0, 8);
    const size_t size = (corrupt_get(file, CORRUPT_BLOCKS, 8, 4) + 7) / 8 * 8;
    stoa_store_le32(key, (uint32_t)corrupt_get(file, CORRUPT_COLUMNS, 8, 4));
    stoa_store_le32(key + 4, 0);
    stoa_store_le64(key + 8, corrupt_get(file, CORRUPT_GROUPS, 48, 8));
    corrupt_set(file, CORRUPT_BLOCKS, 72, 8,
                stoa_hash64(file->body + offset, size, stoa_hash64(key, 16, 0)));
}

/* The payload says it is a byte shorter, so that its last byte is padding. */
static void payload_padding(struct corrupt_file *file)
{
    const size_t group = corrupt_get(file, CORRUPT_GROUPS, 0, 8) - 64;
    const size_t offset = group + corrupt_get(file, CORRUPT_BLOCKS, 0, 8);
    const size_t size = corrupt_get(file, CORRUPT_BLOCKS, 8, 4);
    assert_true(size % 8 == 0);
    file->body[offset + size - 1] = 1;
    corrupt_set(file, CORRUPT_BLOCKS, 8, 4, size - 1);
    sum_payload(file);
}

/* The unknown section is skipped, so the blocks are missing. */
static void unknown_section(struct corrupt_file *file)
{
    corrupt_set(file, CORRUPT_DIRECTORY, 0, 4, 77);
    corrupt_set(file, CORRUPT_DIRECTORY, 4, 4, 0);
}

static void dictionary_count_more(struct corrupt_file *file)
{
    corrupt_set(file, CORRUPT_DICTIONARIES, 20, 4,
                corrupt_get(file, CORRUPT_DICTIONARIES, 20, 4) + 1);
}

/* All columns say they have no dictionary; the record is left over. */
static void dictionary_record_left_over(struct corrupt_file *file)
{
    corrupt_set(file, CORRUPT_COLUMNS, COLUMN + 21, 1, 1);
    corrupt_set(file, CORRUPT_COLUMNS, COLUMN + 40, 4, UINT32_MAX);
}

static void footer_offset_not_of_8(struct corrupt_file *file)
{
    corrupt_set(file, CORRUPT_TRAILER, 0, 8, corrupt_get(file, CORRUPT_TRAILER, 0, 8) + 4);
    corrupt_set(file, CORRUPT_TRAILER, 8, 8, corrupt_get(file, CORRUPT_TRAILER, 8, 8) - 4);
}

/* A footer of 4,096 n + 8 bytes: a page without a byte of stream. */
static void footer_of_an_empty_page(struct corrupt_file *file)
{
    const uint64_t end =
        corrupt_get(file, CORRUPT_TRAILER, 0, 8) + corrupt_get(file, CORRUPT_TRAILER, 8, 8);
    corrupt_set(file, CORRUPT_TRAILER, 0, 8, end - 8);
    corrupt_set(file, CORRUPT_TRAILER, 8, 8, 8);
}

static void test_each_changed_group_of_fields_is_found(void **state)
{
    static const struct {
        const char *name;
        void (*change)(struct corrupt_file *file);
        stoa_status status;
        const char *message;
    } items[] = {
        {"name twice",          name_twice,                  STOA_E_CORRUPT, "unique column names, found \"i\""},
        {"name not UTF-8",      name_not_utf8,               STOA_E_CORRUPT, "UTF-8 without NUL"               },
        {"name with NUL",       name_with_nul,               STOA_E_CORRUPT, "UTF-8 without NUL"               },
        {"slots",               names_in_wrong_slots,        STOA_E_CORRUPT, "in the name table, found 99"     },
        {"no slots",            name_table_without_names,    STOA_E_CORRUPT, "as the column records say"       },
        {"names swapped",       names_swapped,               STOA_E_CORRUPT, "behind the one before, found 1"  },
        {"footer padding",      footer_padding,              STOA_E_CORRUPT, "zeros behind section 5"          },
        {"schema section",      schema_section_with_sums,    STOA_E_CORRUPT,
         "of the schema section, as the column records say"                                                    },
        {"schema hash in tail", schema_section_with_sums,    STOA_E_CORRUPT,
         "as the footer's records say"                                                                         },
        {"tail magic",          tail_magic,                  STOA_E_CORRUPT, "tail magic"                      },
        {"tail checksum",       tail_checksum,               STOA_E_CORRUPT, "tail checksum"                   },
        {"tail record",         tail_with_sum,               STOA_E_CORRUPT, "as the footer's records say"     },
        {"tail size",           tail_size_with_sum,          STOA_E_CORRUPT, "one that says"                   },
        {"bound",               bound_byte,                  STOA_E_CORRUPT, "expected statistics with flags"  },
        {"seed by bound",       bound_byte,                  STOA_E_CORRUPT, "expected seed"                   },
        {"payload padding",     payload_padding,             STOA_E_CORRUPT, "zeros behind the payload"        },
        {"unknown section",     unknown_section,             STOA_E_CORRUPT, "bytes in footer section 1"       },
        {"dictionary count",    dictionary_count_more,       STOA_E_CORRUPT, "expected"                        },
        {"dictionary record",   dictionary_record_left_over, STOA_E_CORRUPT,
         "expected 0 dictionary records, found 1"                                                              },
        {"footer offset",       footer_offset_not_of_8,      STOA_E_CORRUPT, "multiple of 8 behind"            },
        {"empty page",          footer_of_an_empty_page,     STOA_E_CORRUPT, "footer of pages with 1"          },
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        struct corrupt_file file;
        corrupt_take(&file, fixture->bytes[SMALL], fixture->size[SMALL]);
        items[i].change(&file);
        check_bytes(fixture, items[i].name, &file, CORRUPT_SUM_ALL, items[i].status,
                    items[i].message);
        corrupt_done(&file);
    }
}

/* [FMT-82] The column's other blocks, had it any, and all other columns stay readable. */
static void test_an_unknown_encoding_costs_the_blocks_that_use_it(void **state)
{
    struct fixture *fixture = *state;
    struct stoa_reader *reader = NULL;
    struct stoa_block_slot slot;
    struct corrupt_file file;
    stoa_error error;
    size_t size = 0;
    corrupt_take(&file, fixture->bytes[SMALL], fixture->size[SMALL]);
    const size_t payload = corrupt_get(&file, CORRUPT_GROUPS, 0, 8) - 64 +
                           corrupt_get(&file, CORRUPT_BLOCKS, 0, 8);
    file.body[payload + 8] = 31; /* behind a validity section of 8 bytes: the root's id */
    corrupt_set(&file, CORRUPT_BLOCKS, 28, 1, 31);
    sum_payload(&file);
    uint8_t *bytes = corrupt_give(&file, CORRUPT_SUM_ALL, &size);
    test_file_write(&fixture->directory, "x.stoa", bytes, size);
    assert_ok(test_reader_open(&fixture->directory, "x.stoa", &reader, &error), &error);
    stoa_block_slot_init(&slot);
    assert_fails(stoa_reader_load(reader, 0, 0, 0, &slot, &error), STOA_E_NEWER, &error);
    assert_contains(error.message, "found id 31");
    assert_contains(error.place, "column \"i\"");
    for (uint32_t c = 1; c < 6; c++)
        assert_ok(stoa_reader_load(reader, c, 0, 0, &slot, &error), &error);
    stoa_block_slot_done(&slot);
    stoa_reader_close(reader);
    free(bytes);
    corrupt_done(&file);
}

/* [FMT-9] A compatible bit that nobody knows changes nothing. */
static void test_unknown_compatible_features_are_ignored(void **state)
{
    struct fixture *fixture = *state;
    struct corrupt_hunt hunt = {.message = NULL};
    struct corrupt_file file;
    size_t size = 0;
    corrupt_take(&file, fixture->bytes[SMALL], fixture->size[SMALL]);
    corrupt_set(&file, CORRUPT_HEADER, 24, 8, 1 << 9);
    corrupt_set(&file, CORRUPT_TRAILER, 56, 8, 1 << 9);
    uint8_t *bytes = corrupt_give(&file, CORRUPT_SUM_ALL, &size);
    corrupt_run(&fixture->directory, bytes, size, &hunt);
    if (hunt.errors > 0)
        fail_msg("found %s", hunt.last);
    free(bytes);
    corrupt_done(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_base_files_are_sound),
        cmocka_unit_test(test_each_changed_field_is_found),
        cmocka_unit_test(test_each_changed_group_of_fields_is_found),
        cmocka_unit_test(test_an_unknown_encoding_costs_the_blocks_that_use_it),
        cmocka_unit_test(test_unknown_compatible_features_are_ignored),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
