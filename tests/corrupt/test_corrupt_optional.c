/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damage in what a file can do without: the sections that only spare a reader work. A wrong zone
 * hides rows, so it must be found like damage anywhere else [FMT-83] [FMT-91] [FMT-92], and so does a
 * filter that denies a value [FMT-111] [FMT-113].
 */
#include "tests/corrupt/corrupt_file.h"
#include "tests/corrupt/corrupt_run.h"
#include "tests/tables/test_table.h"

#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 20000, COLUMN = 64, ENTRY = 24, COLUMNS = 2 };

static const struct test_column_spec specs[COLUMNS] = {
    {"i", {STOA_TYPE_INT64, 0, 0}, TEST_VALUES_SEQUENCE, TEST_NULLS_SOME     },
    {"t", {STOA_TYPE_TEXT, 0, 0},  TEST_VALUES_SEQUENCE, TEST_NULLS_BUT_FIRST},
};

struct fixture {
    struct test_directory directory;
    uint8_t *bytes;
    size_t size;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    static const bool filters[COLUMNS] = {true, false};
    static const struct test_write_options options = {
        .profile = STOA_PROFILE_BALANCED, .keeps_sketches = true, .filters = filters};
    struct test_random random = {.state = 20261123};
    struct test_table table;
    test_directory_make(&fixture.directory);
    test_table_make(&table, &random, specs, COLUMNS, ROWS);
    test_table_write(&table, &fixture.directory, "base.stoa", &options, NULL);
    fixture.bytes = test_file_read(&fixture.directory, "base.stoa", &fixture.size);
    assert_int_equal(unlinkat(fixture.directory.fd, "base.stoa", 0), 0);
    test_table_done(&table);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    free(fixture->bytes);
    test_directory_remove(&fixture->directory);
    return 0;
}

/* Runs the file as changed; with a message it must come, else nothing may. */
static void check(struct fixture *fixture, struct corrupt_file *file, const char *name,
                  const char *message)
{
    struct corrupt_hunt hunt = {.status = STOA_E_CORRUPT, .message = message};
    size_t size = 0;
    uint8_t *bytes = corrupt_give(file, CORRUPT_SUM_ALL, &size);
    corrupt_run(&fixture->directory, bytes, size, &hunt);
    if (message && !hunt.found)
        fail_msg("%s: expected \"%s\", last found %s", name, message, hunt.last);
    if (!message && hunt.errors > 0)
        fail_msg("%s: a sound file gives %s", name, hunt.last);
    free(bytes);
}

enum change { NOTHING, SET, ADD, XOR };

static void apply(struct corrupt_file *file, enum corrupt_part part, size_t offset,
                  unsigned size, enum change change, uint64_t value)
{
    const uint64_t old = change == NOTHING ? 0 : corrupt_get(file, part, offset, size);
    if (change != NOTHING)
        corrupt_set(file, part, offset, size,
                    change == SET   ? value
                    : change == ADD ? old + value
                                    : old ^ value);
}

/* The part of column 0: one entry, padding, three records of 40 bytes; then that of column 1. */
enum { RECORDS = 8, RECORD = 40, PART = RECORDS + 3 * RECORD };

/* clang-format off */
static const struct {
    const char *name;
    enum corrupt_part part;
    size_t offset;
    unsigned size;
    enum change change;
    uint64_t value;
    const char *message;
} cases[] = {
    {"nothing", CORRUPT_ZONES, 0, 0, NOTHING, 0, NULL},
    {"outside", CORRUPT_COLUMNS, 48, 4, SET, UINT32_MAX, "zones within"},
    {"elsewhere", CORRUPT_COLUMNS, 48, 4, ADD, 1, "zones at offset 0 of their section, found 8"},
    {"without flag", CORRUPT_COLUMNS, COLUMN + 21, 1, XOR, 4, "no zones where no flag says so"},
    {"flag lost", CORRUPT_COLUMNS, 21, 1, XOR, 4, "zones at offset 0 of their section, found 128"},
    {"reserved", CORRUPT_COLUMNS, 60, 4, SET, 1, "reserved bytes of a column"},
    {"entry", CORRUPT_ZONES, 0, 4, SET, 1, "from record 0 on, found 1"},
    {"entry outside", CORRUPT_ZONES, 0, 4, SET, 0xfffffffe, "within the"},
    {"no entry", CORRUPT_ZONES, 0, 4, SET, UINT32_MAX, "in some row group where the column's flag"},
    {"padding", CORRUPT_ZONES, 4, 1, SET, 1, "zeros before zone records"},
    {"NULLs", CORRUPT_ZONES, RECORDS, 2, ADD, 1, "NaNs, as the block has, found"},
    {"NULLs above rows", CORRUPT_ZONES, RECORDS, 2, SET, 8193, "NaNs within 8192 rows"},
    {"NULLs above the last rows", CORRUPT_ZONES, RECORDS + 2 * RECORD, 2, SET, 3617, "within 3616 rows"},
    {"NaNs", CORRUPT_ZONES, RECORDS + 2, 2, SET, 1, "NULLs and NaNs within"},
    {"flags", CORRUPT_ZONES, RECORDS + 4, 2, XOR, 32, "flags within 001f"},
    {"min higher", CORRUPT_ZONES, RECORDS + 8, 8, ADD, 1, "record of zone 0 as its decoded rows give"},
    {"max lower", CORRUPT_ZONES, RECORDS + RECORD + 16, 8, ADD, UINT64_MAX, "record of zone 1 as"},
    {"min above max", CORRUPT_ZONES, RECORDS + 8, 8, SET, UINT64_MAX, "min up to the max"},
    {"sum", CORRUPT_ZONES, RECORDS + 2 * RECORD + 24, 8, ADD, 1, "record of zone 2 as"},
    {"min of texts", CORRUPT_ZONES, PART + RECORDS + 8, 1, ADD, 1, "record of zone 0 as"},
    {"filters outside", CORRUPT_COLUMNS, 56, 4, SET, UINT32_MAX, "filters within"},
    {"filters elsewhere", CORRUPT_COLUMNS, 56, 4, ADD, 1, "filter"},
    {"filters without flag", CORRUPT_COLUMNS, COLUMN + 56, 4, SET, 1, "no filters where no flag says so"},
    {"flag of filters lost", CORRUPT_COLUMNS, 21, 1, XOR, 16, "expected 0 bytes of filters"},
    {"filter outside", CORRUPT_FILTERS, 0, 4, SET, UINT32_MAX, "filter within"},
    {"filter elsewhere", CORRUPT_FILTERS, 0, 4, ADD, UINT32_MAX, "filter"},
    {"no filter", CORRUPT_FILTERS, 0, 8, SET, 0, "filter in some row group where the column's flag"},
    {"size of a filter", CORRUPT_FILTERS, 4, 4, ADD, UINT32_MAX, "expected a filter of"},
    {"seed", CORRUPT_FILTERS, 8, 8, XOR, 1, "filter that lets all values through, found"},
    {"segment size", CORRUPT_FILTERS, 16, 4, ADD, 1, "expected a filter of"},
    {"segment count", CORRUPT_FILTERS, 20, 4, SET, 0, "expected a filter of"},
    {"fingerprints", CORRUPT_FILTERS, 24 + 8000, 8, XOR, 0x0101010101010101, "filter that lets all values through, found"},
    {"sketch outside", CORRUPT_COLUMNS, 52, 4, SET, UINT32_MAX, "footer section 18"},
    {"sketch elsewhere", CORRUPT_COLUMNS, COLUMN + 52, 4, ADD, UINT32_MAX, "sketch at offset 776 of its section, found 768"},
    {"sketch lost", CORRUPT_COLUMNS, COLUMN + 21, 1, XOR, 8, "no sketch where no flag says so"},
    {"size of a sketch", CORRUPT_SKETCHES, 0, 2, SET, 384, "size of a sketch, found 0180"},
    {"shape of a sketch", CORRUPT_SKETCHES, 0, 2, SET, 383, "sketch of ascending registers"},
    {"register", CORRUPT_SKETCHES, 2, 1, XOR, 1, "expected the sketch of the decoded values"},
    {"register above 55", CORRUPT_SKETCHES, 2, 1, SET, 63, "sketch of ascending registers up to 55"},
    {"sparse register", CORRUPT_SKETCHES, 776 + 2, 2, XOR, 64, "expected the sketch of the decoded values"},
    {"exact flag of texts", CORRUPT_ZONES, PART + RECORDS + 4, 2, XOR, 2, "record of zone 0 as"},
};
/* clang-format on */

static void test_each_changed_field_is_found(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct corrupt_file file;
        corrupt_take(&file, fixture->bytes, fixture->size);
        apply(&file, cases[i].part, cases[i].offset, cases[i].size, cases[i].change,
              cases[i].value);
        check(fixture, &file, cases[i].name, cases[i].message);
        corrupt_done(&file);
    }
}

/* [FMT-62] The last section of the directory is the zones'. */
static void set_section_flags(struct corrupt_file *file, size_t id, uint64_t flags)
{
    for (size_t at = 0; at < file->section_size[CORRUPT_DIRECTORY]; at += ENTRY) {
        if (corrupt_get(file, CORRUPT_DIRECTORY, at, 4) == id)
            corrupt_set(file, CORRUPT_DIRECTORY, at + 4, 4, flags);
    }
}

static void test_optional_sections_must_not_be_required(void **state)
{
    struct fixture *fixture = *state;
    struct corrupt_file file;
    corrupt_take(&file, fixture->bytes, fixture->size);
    set_section_flags(&file, CORRUPT_ZONES, 1);
    check(fixture, &file, "flags", "expected section 16 not to be flagged as required");
    corrupt_done(&file);
    corrupt_take(&file, fixture->bytes, fixture->size);
    set_section_flags(&file, CORRUPT_FILTERS, 1);
    check(fixture, &file, "flags", "expected section 17 not to be flagged as required");
    corrupt_done(&file);
    corrupt_take(&file, fixture->bytes, fixture->size);
    set_section_flags(&file, CORRUPT_SKETCHES, 1);
    check(fixture, &file, "flags", "expected section 18 not to be flagged as required");
    corrupt_done(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_changed_field_is_found),
        cmocka_unit_test(test_optional_sections_must_not_be_required),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
