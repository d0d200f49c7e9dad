/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stoa_repair: for a file cut at any byte, and for damage in each of its parts, what can be
 * saved is saved, what cannot is named, nothing else is in the new file, and the old one is as
 * it was.
 */
#include "tests/tables/test_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/concat.h"
#include "format/layout.h"
#include "format/value.h"
#include "stoa/repair.h"
#include "tests/support/fault_io.h"

enum { MAX_GROUPS = 8, MAX_RANGES = 64, COLUMNS = 3 };

static stoa_error error;
static bool is_long; /* every byte of all golden files, not only of the small ones */

/* A file of several row groups, and its rows. */
struct source {
    struct test_directory directory;
    struct test_table table; /* all rows */
    uint8_t *bytes;
    size_t size;
    uint32_t groups;
    struct {
        uint64_t offset, end, first_row;
        uint32_t rows;
    } group[MAX_GROUPS];
    uint64_t footer;
};

static const struct test_column_spec specs[COLUMNS] = {
    {"id",   {.id = STOA_TYPE_INT64},   TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
    {"name", {.id = STOA_TYPE_TEXT},    TEST_VALUES_FEW,      TEST_NULLS_SOME},
    {"x",    {.id = STOA_TYPE_FLOAT64}, TEST_VALUES_WIDE,     TEST_NULLS_NONE},
};

static void write_part(const struct source *source, const char *name, uint32_t first,
                       uint32_t rows)
{
    struct test_random none = {0};
    struct test_table part;
    struct stoa_file_summary summary;
    test_table_make(&part, &none, specs, COLUMNS, 0);
    for (size_t c = 0; c < COLUMNS; c++) {
        const struct stoa_column column =
            stoa_column_builder_view(&source->table.columns[c]);
        assert_ok(
            stoa_column_builder_append_rows(&part.columns[c], &column, first, rows, &error),
            &error);
    }
    part.rows = rows;
    test_table_write(&part, &source->directory, name,
                     &(struct test_write_options){.profile = STOA_PROFILE_BALANCED},
                     &summary);
    test_table_done(&part);
}

static void look_at(struct source *source, const char *name)
{
    struct stoa_reader *reader = NULL;
    struct stoa_trailer trailer;
    assert_ok(test_reader_open(&source->directory, name, &reader, &error), &error);
    source->groups = stoa_reader_row_groups(reader);
    for (uint32_t g = 0; g < source->groups; g++) {
        struct stoa_row_group_info info;
        uint64_t size = 0;
        assert_ok(stoa_reader_row_group(reader, g, &info, &error), &error);
        assert_ok(
            stoa_reader_group_place(reader, g, &source->group[g].offset, &size, &error),
            &error);
        source->group[g].end = source->group[g].offset + size;
        source->group[g].first_row = info.first_row;
        source->group[g].rows = info.rows;
    }
    stoa_reader_close(reader);
    source->bytes = test_file_read(&source->directory, name, &source->size);
    assert_ok(stoa_trailer_read(source->bytes + source->size - STOA_TRAILER_SIZE,
                                source->size, &trailer, &error),
              &error);
    source->footer = trailer.footer_offset;
}

/* One row group for each count. */
static void make(struct source *source, uint64_t seed, const uint32_t *counts, size_t count)
{
    struct test_random random = test_random_start(seed);
    struct stoa_reader *readers[MAX_GROUPS];
    uint32_t rows = 0;
    test_directory_make(&source->directory);
    for (size_t i = 0; i < count; i++)
        rows += counts[i];
    test_table_make(&source->table, &random, specs, COLUMNS, rows);
    rows = 0;
    for (size_t i = 0; i < count; rows += counts[i++]) {
        char name[32];
        (void)snprintf(name, sizeof name, "part%zu.stoa", i);
        write_part(source, name, rows, counts[i]);
        assert_ok(test_reader_open(&source->directory, name, &readers[i], &error), &error);
    }
    assert_ok(stoa_concat_create(test_path(&source->directory, "whole.stoa"), readers,
                                 count, &error),
              &error);
    for (size_t i = 0; i < count; i++)
        stoa_reader_close(readers[i]);
    look_at(source, "whole.stoa");
    assert_int_equal(source->groups, count);
}

static void unmake(struct source *source)
{
    free(source->bytes);
    test_table_done(&source->table);
    test_directory_remove(&source->directory);
}

/* ---- one repair ---- */

struct outcome {
    stoa_status status;
    stoa_repair_report report;
    size_t damages;
    stoa_error damage; /* the first */
    size_t count;
    struct {
        stoa_repair_range range;
        char reason[256];
    } ranges[MAX_RANGES];
};

static void on_damage(void *context, const stoa_error *damage)
{
    struct outcome *outcome = context;
    assert_int_equal(outcome->count, 0); /* damages come first */
    assert_true(damage->place[0] != '\0' && damage->message[0] != '\0');
    if (outcome->damages++ == 0)
        outcome->damage = *damage;
}

static void on_range(void *context, const stoa_repair_range *range)
{
    struct outcome *outcome = context;
    assert_true(outcome->count < MAX_RANGES);
    outcome->ranges[outcome->count].range = *range;
    (void)snprintf(outcome->ranges[outcome->count].reason, 256, "%s", range->reason);
    assert_int_equal(range->kept, range->reason[0] == '\0');
    outcome->count++;
}

static void repair(const struct source *source, bool skips, bool is_dry,
                   struct outcome *outcome)
{
    const stoa_repair_options options = {.dry_run = is_dry,
                                         .skip_corrupt = skips,
                                         .on_damage = on_damage,
                                         .on_range = on_range,
                                         .context = outcome};
    outcome->damages = 0;
    outcome->count = 0;
    stoa_error_clear(&error);
    outcome->status = stoa_repair(test_path(&source->directory, "bad.stoa"),
                                  test_path(&source->directory, "saved.stoa"), &options,
                                  &outcome->report, &error);
    assert_int_equal(test_file_exists(&source->directory, "saved.stoa"),
                     outcome->report.is_written);
    assert_int_equal(outcome->damages, outcome->report.damages);
}

/* The kept ranges must be the new file's rows, in order, and nothing else. */
static void check_saved(const struct source *source, const struct outcome *outcome)
{
    struct stoa_reader *reader = NULL;
    struct test_table saved;
    if (!outcome->report.is_written)
        return;
    assert_ok(test_reader_open(&source->directory, "saved.stoa", &reader, &error), &error);
    assert_ok(stoa_reader_verify(reader, true, NULL, NULL, NULL, &error), &error);
    assert_ok(test_table_read(&saved, reader, &error), &error);
    assert_int_equal(saved.rows, outcome->report.rows_kept);
    for (size_t c = 0; c < COLUMNS; c++) {
        const struct stoa_column expected =
            stoa_column_builder_view(&source->table.columns[c]);
        const struct stoa_column found = stoa_column_builder_view(&saved.columns[c]);
        uint32_t row = 0;
        for (size_t i = 0; i < outcome->count; i++) {
            const stoa_repair_range *range = &outcome->ranges[i].range;
            for (uint64_t r = 0; range->kept && r < range->rows; r++, row++) {
                const struct stoa_value a =
                    stoa_column_get(&expected, (uint32_t)(range->first_row + r));
                const struct stoa_value b = stoa_column_get(&found, row);
                assert_int_equal(a.is_null, b.is_null);
                assert_true(a.is_null || stoa_value_compare_exact(found.phys, &a, &b) == 0);
            }
        }
        assert_int_equal(row, saved.rows);
    }
    test_table_done(&saved);
    stoa_reader_close(reader);
}

static void remove_saved(const struct source *source)
{
    if (test_file_exists(&source->directory, "saved.stoa"))
        assert_int_equal(remove(test_path(&source->directory, "saved.stoa")), 0);
}

/* ---- cut files ---- */

static void check_cut(const struct source *source, size_t size, struct outcome *outcome)
{
    uint64_t rows = 0;
    uint32_t groups = 0;
    test_file_write(&source->directory, "bad.stoa", source->bytes, size);
    while (groups < source->groups && source->group[groups].end <= size)
        rows += source->group[groups++].rows;
    repair(source, false, false, outcome);
    const stoa_repair_report *report = &outcome->report;
    assert_int_equal(report->is_written, groups > 0);
    assert_int_equal(report->rows_kept, rows);
    assert_int_equal(report->row_groups_kept, groups);
    assert_int_equal(report->row_groups_lost, 0);
    if (groups == 0) {
        assert_true(outcome->status == STOA_E_CORRUPT ||
                    outcome->status == STOA_E_NOT_STOA);
    } else if (size == source->size) {
        size_t saved_size = 0;
        char *saved = test_file_read(&source->directory, "saved.stoa", &saved_size);
        assert_ok(outcome->status, &error);
        assert_int_equal(saved_size, size);
        assert_bytes(saved, source->bytes, size);
        free(saved);
    } else if (outcome->status == STOA_OK) {
        assert_true(size > source->footer); /* the records showed that nothing followed */
    } else {
        assert_int_equal(outcome->status, STOA_E_CORRUPT);
        assert_true(report->may_lack_rows);
        assert_int_equal(report->bytes_lost, size - source->group[groups - 1].end);
        assert_true(outcome->damages > 0);
    }
    check_saved(source, outcome);
    remove_saved(source);
}

static void test_a_file_cut_anywhere_gives_the_row_groups_before_the_cut(void **state)
{
    (void)state;
    const uint32_t counts[] = {5, 1, 40};
    struct source source;
    struct outcome *outcome = malloc(sizeof *outcome);
    assert_non_null(outcome);
    make(&source, 61, counts, 3);
    for (size_t size = 0; size <= source.size; size++)
        check_cut(&source, size, outcome);
    size_t size = 0;
    char *bytes = test_file_read(&source.directory, "bad.stoa", &size);
    assert_int_equal(size, source.size);
    assert_bytes(bytes, source.bytes, size); /* it was only read */
    free(bytes);
    unmake(&source);
    free(outcome);
}

/* Files of all kinds: never more than a clean answer. */
static void cut_golden(const char *name, struct outcome *outcome)
{
    struct source source = {.groups = 0};
    struct stoa_reader *reader = NULL;
    char path[64];
    (void)snprintf(path, sizeof path, "tests/golden/%s.stoa", name);
    test_directory_make(&source.directory);
    FILE *in = fopen(test_source_path(path), "rb");
    assert_non_null(in);
    source.bytes = malloc(1 << 20);
    assert_non_null(source.bytes);
    source.size = fread(source.bytes, 1, 1 << 20, in);
    assert_int_equal(fclose(in), 0);
    test_file_write(&source.directory, "whole.stoa", source.bytes, source.size);
    free(source.bytes);
    look_at(&source, "whole.stoa");
    for (size_t size = 0; size <= source.size; size++) {
        test_file_write(&source.directory, "bad.stoa", source.bytes, size);
        repair(&source, size % 2, false, outcome);
        const bool has_rows = source.groups > 0 && size >= source.group[0].end;
        const bool is_whole = size == source.size;
        assert_int_equal(outcome->report.is_written, has_rows || is_whole);
        assert_int_equal(outcome->report.rows_kept, has_rows ? source.group[0].rows : 0);
        if (is_whole)
            assert_ok(outcome->status, &error);
        else if (outcome->status != STOA_OK)
            assert_true(outcome->status == STOA_E_CORRUPT ||
                        outcome->status == STOA_E_NOT_STOA);
        if (outcome->report.is_written) {
            assert_ok(test_reader_open(&source.directory, "saved.stoa", &reader, &error),
                      &error);
            stoa_reader_close(reader);
        }
        remove_saved(&source);
    }
    free(source.bytes);
    test_directory_remove(&source.directory);
}

static void test_golden_files_cut_at_every_byte_are_saved_or_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "empty",     "nulls",   "periodic",     "zones",        "all-null", "columns",
        "encodings", "numbers", "few-balanced", "wide-compact", "wide-fast"};
    const size_t count = is_long ? sizeof names / sizeof names[0] : 2;
    struct outcome *outcome = malloc(sizeof *outcome);
    assert_non_null(outcome);
    for (size_t i = 0; i < count; i++)
        cut_golden(names[i], outcome);
    free(outcome);
}

/* ---- damage ---- */

static void write_bad(const struct source *source, size_t at, size_t size)
{
    uint8_t *bytes = malloc(source->size);
    assert_non_null(bytes);
    memcpy(bytes, source->bytes, source->size);
    for (size_t i = at; i < at + size; i++)
        bytes[i] ^= 0x5a;
    test_file_write(&source->directory, "bad.stoa", bytes, source->size);
    free(bytes);
}

/* One byte: at most its row group is lost, and every row is accounted for. */
static void test_one_damaged_byte_costs_one_row_group_at_most(void **state)
{
    (void)state;
    const uint32_t counts[] = {5, 1, 40};
    struct source source;
    struct outcome *outcome = malloc(sizeof *outcome);
    assert_non_null(outcome);
    make(&source, 62, counts, 3);
    for (size_t at = 0; at < source.size; at++) {
        uint64_t lost = 0;
        write_bad(&source, at, 1);
        repair(&source, false, false, outcome);
        for (uint32_t g = 0; g < source.groups; g++) {
            if (at >= source.group[g].offset && at < source.group[g].end)
                lost = source.group[g].rows;
        }
        if (at >= 8 && at < 16 && outcome->status == STOA_E_NEWER)
            continue; /* another version, were its checksum right */
        if (outcome->report.rows_lost == 0)
            lost = 0; /* tails are made anew */
        assert_true(outcome->report.is_written);
        assert_int_equal(outcome->report.rows_kept, 46 - lost);
        assert_int_equal(outcome->report.rows_lost, lost);
        assert_true(outcome->damages > 0);
        assert_false(outcome->report.may_lack_rows && outcome->status == STOA_OK);
        check_saved(&source, outcome);
        remove_saved(&source);
    }
    unmake(&source);
    free(outcome);
}

static void check_all_saved(const struct source *source, struct outcome *outcome)
{
    repair(source, false, false, outcome);
    assert_ok(outcome->status, &error);
    assert_int_equal(outcome->report.rows_kept, source->table.rows);
    assert_int_equal(outcome->report.row_groups_kept, source->groups);
    assert_true(outcome->damages > 0);
    check_saved(source, outcome);
    remove_saved(source);
}

static void test_each_part_that_is_kept_twice_may_be_lost_once(void **state)
{
    (void)state;
    const uint32_t counts[] = {300, 20, 1500};
    struct source source;
    struct outcome *outcome = malloc(sizeof *outcome);
    assert_non_null(outcome);
    make(&source, 63, counts, 3);
    write_bad(&source, 0, STOA_HEADER_SIZE); /* header */
    check_all_saved(&source, outcome);
    write_bad(&source, 64, (size_t)source.group[0].offset - 64); /* schema section */
    check_all_saved(&source, outcome);
    write_bad(&source, (size_t)source.footer,
              source.size - STOA_TRAILER_SIZE - source.footer);
    check_all_saved(&source, outcome);
    for (uint32_t g = 0; g < source.groups; g++) { /* tail ends */
        write_bad(&source, (size_t)source.group[g].end - 64, 64);
        check_all_saved(&source, outcome);
    }
    write_bad(&source, source.size - STOA_TRAILER_SIZE, STOA_TRAILER_SIZE);
    check_all_saved(&source, outcome); /* the footer's pages show that nothing is missing */
    unmake(&source);
    free(outcome);
}

static void test_a_row_group_without_tail_and_footer_is_lost_and_counted(void **state)
{
    (void)state;
    const uint32_t counts[] = {300, 20, 1500};
    struct source source;
    struct outcome *outcome = malloc(sizeof *outcome);
    assert_non_null(outcome);
    make(&source, 64, counts, 3);
    uint8_t *bytes = malloc(source.size);
    assert_non_null(bytes);
    memcpy(bytes, source.bytes, source.size);
    memset(bytes + source.group[1].end - 64, 0, 64);
    memset(bytes + source.footer, 0, source.size - STOA_TRAILER_SIZE - source.footer);
    test_file_write(&source.directory, "bad.stoa", bytes, source.size);
    repair(&source, false, false, outcome);
    assert_int_equal(outcome->status, STOA_E_CORRUPT);
    assert_int_equal(outcome->report.rows_kept, 1800);
    assert_int_equal(outcome->report.rows_lost, 20); /* by the trailer */
    assert_int_equal(outcome->report.bytes_lost,
                     source.group[1].end - source.group[1].offset);
    assert_int_equal(outcome->count, 3);
    assert_int_equal(outcome->ranges[1].range.row_group, STOA_REPAIR_UNKNOWN);
    assert_int_equal(outcome->ranges[1].range.offset, source.group[1].offset);
    assert_int_equal(outcome->ranges[2].range.row_group, 2);
    assert_int_equal(outcome->ranges[2].range.first_row, 320);
    check_saved(&source, outcome);
    remove_saved(&source);
    free(bytes);
    unmake(&source);
    free(outcome);
}

/* The middle block of three, in a column whose blocks are found by their payload. */
static void damage_block(const struct source *source, uint32_t column, uint32_t block)
{
    struct stoa_reader *reader = NULL;
    struct stoa_block_info info;
    assert_ok(test_reader_open(&source->directory, "whole.stoa", &reader, &error), &error);
    assert_ok(stoa_reader_block_info(reader, column, 0, block, &info, &error), &error);
    stoa_reader_close(reader);
    write_bad(source, (size_t)info.offset + info.stored_size / 2, 1);
}

static void test_rows_outside_a_damaged_block_are_saved_when_asked(void **state)
{
    (void)state;
    const uint32_t counts[] = {2 * STOA_BLOCK_ROWS + 100, 50};
    struct source source;
    struct outcome *outcome = malloc(sizeof *outcome);
    assert_non_null(outcome);
    make(&source, 65, counts, 2);
    damage_block(&source, 2, 1);
    repair(&source, false, false, outcome);
    assert_int_equal(outcome->status, STOA_E_CORRUPT);
    assert_int_equal(outcome->report.rows_kept, 50);
    assert_int_equal(outcome->report.rows_lost, counts[0]);
    assert_string_equal(outcome->ranges[0].reason, "column \"x\" is damaged");
    assert_contains(outcome->damage.place,
                    "column \"x\", row group 0, block 1, rows 65536 to "
                    "131071");
    check_saved(&source, outcome);
    remove_saved(&source);

    repair(&source, true, true, outcome); /* a dry run says the same and writes nothing */
    assert_int_equal(outcome->report.rows_kept, 50 + STOA_BLOCK_ROWS + 100);
    assert_int_equal(outcome->report.rows_lost, STOA_BLOCK_ROWS);

    repair(&source, true, false, outcome);
    assert_int_equal(outcome->status, STOA_E_CORRUPT);
    assert_int_equal(outcome->report.rows_kept, 50 + STOA_BLOCK_ROWS + 100);
    assert_int_equal(outcome->report.rows_lost, STOA_BLOCK_ROWS);
    assert_int_equal(outcome->report.row_groups_cut, 1);
    assert_int_equal(outcome->count, 4);
    assert_int_equal(outcome->ranges[1].range.first_row, STOA_BLOCK_ROWS);
    assert_int_equal(outcome->ranges[1].range.rows, STOA_BLOCK_ROWS);
    check_saved(&source, outcome);
    remove_saved(&source);
    unmake(&source);
    free(outcome);
}

static void test_a_damaged_dictionary_costs_the_blocks_that_use_it(void **state)
{
    (void)state;
    const uint32_t counts[] = {STOA_BLOCK_ROWS + 100, 50};
    struct source source;
    struct outcome *outcome = malloc(sizeof *outcome);
    assert_non_null(outcome);
    make(&source, 66, counts, 2);
    struct stoa_reader *reader = NULL;
    struct stoa_block_info info;
    assert_ok(test_reader_open(&source.directory, "whole.stoa", &reader, &error), &error);
    assert_ok(stoa_reader_block_info(reader, 1, 0, 0, &info, &error), &error);
    stoa_reader_close(reader);
    assert_true(info.uses_dictionary);
    write_bad(&source, (size_t)info.offset - 9, 1); /* the dictionary lies before block 0 */
    repair(&source, true, false, outcome);
    assert_int_equal(outcome->report.rows_kept, 50);
    assert_int_equal(outcome->report.rows_lost, counts[0]);
    assert_contains(outcome->damage.place, "column \"name\", row group 0, dictionary");
    check_saved(&source, outcome);
    remove_saved(&source);
    unmake(&source);
    free(outcome);
}

/* ---- a file inside a file ---- */

/* A binary value that holds a whole file with the same schema: its row group is none of ours. */
static void test_row_groups_inside_values_are_not_taken_for_the_files_own(void **state)
{
    (void)state;
    const stoa_field field = {.name = "b", .id = 1, .type = {.id = STOA_TYPE_BINARY}};
    const stoa_schema schema = {&field, 1};
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_FAST};
    struct source source = {.groups = 0};
    struct outcome *outcome = malloc(sizeof *outcome);
    assert_non_null(outcome);
    size_t inner_size = 0;
    uint8_t *inner = NULL;
    test_directory_make(&source.directory);
    for (int level = 0; level < 2; level++) {
        struct stoa_file file;
        struct stoa_file_writer *writer = NULL;
        struct stoa_file_summary summary;
        /* Padded so that the file inside begins at a multiple of 8, whatever comes before it. */
        for (size_t shift = 0; shift < 8; shift++) {
            const char *name = level == 0 ? "inner.stoa" : "bad.stoa";
            uint8_t *value = malloc(inner_size + 16);
            assert_non_null(value);
            memset(value, 'x', inner_size + 16);
            if (inner_size > 0)
                memcpy(value + shift, inner, inner_size);
            const uint32_t offsets[] = {0, (uint32_t)(inner_size + 16)};
            const struct stoa_column column = {
                .phys = STOA_PHYS_BYTES, .length = 1, .offsets = offsets, .bytes = value};
            (void)remove(test_path(&source.directory, name));
            assert_ok(stoa_io_open(source.directory.fd, name, STOA_OPEN_CREATE_NEW, NULL,
                                   &file, &error),
                      &error);
            assert_ok(stoa_file_writer_create(&file, &schema, &options, &writer, &error),
                      &error);
            assert_ok(stoa_file_writer_append(writer, &column, 1, &error), &error);
            assert_ok(stoa_file_writer_finish(writer, &summary, &error), &error);
            stoa_file_writer_free(writer);
            assert_ok(stoa_io_close(&file, &error), &error);
            free(value);
            if (level == 0)
                break;
            size_t size = 0;
            uint8_t *bytes = test_file_read(&source.directory, "bad.stoa", &size);
            memset(bytes + size - 200, 0, 200); /* no footer: tails alone */
            test_file_write(&source.directory, "bad.stoa", bytes, size);
            free(bytes);
            repair(&source, false, false, outcome);
            assert_int_equal(outcome->report.rows_kept, 1);
            assert_int_equal(outcome->report.row_groups_kept, 1);
            assert_true(outcome->ranges[0].range.bytes > inner_size);
            remove_saved(&source);
        }
        if (level == 0)
            inner = test_file_read(&source.directory, "inner.stoa", &inner_size);
    }
    free(inner);
    test_directory_remove(&source.directory);
    free(outcome);
}

/* ---- usage ---- */

static void test_what_cannot_be_repaired_is_said(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_repair_report report;
    char out[300];
    test_directory_make(&directory);
    (void)snprintf(out, sizeof out, "%s", test_path(&directory, "saved.stoa"));
    stoa_error_clear(&error);
    assert_fails(stoa_repair(directory.path, out, NULL, &report, &error), STOA_E_USAGE,
                 &error);
    assert_string_equal(error.message, "expected one .stoa file, found a directory");
    stoa_error_clear(&error);
    assert_fails(stoa_repair(test_path(&directory, "none"), out, NULL, &report, &error),
                 STOA_E_NOT_FOUND, &error);
    test_file_write(&directory, "text", "a,b\n1,2\n", 8);
    stoa_error_clear(&error);
    assert_fails(stoa_repair(test_path(&directory, "text"), out, NULL, &report, &error),
                 STOA_E_CORRUPT, &error);
    assert_contains(error.message, "nothing can be saved");
    char long_text[5000];
    memset(long_text, 'a', sizeof long_text);
    test_file_write(&directory, "text", long_text, sizeof long_text);
    stoa_error_clear(&error);
    assert_fails(stoa_repair(test_path(&directory, "text"), out, NULL, &report, &error),
                 STOA_E_NOT_STOA, &error);
    assert_contains(error.message, "nothing can be saved");
    assert_false(test_file_exists(&directory, "saved.stoa"));
    test_file_write(&directory, "saved.stoa", "mine", 4);
    stoa_error_clear(&error);
    assert_fails(stoa_repair(test_path(&directory, "text"), out, NULL, &report, &error),
                 STOA_E_EXISTS, &error);
    test_directory_remove(&directory);
}

/* ---- faults ---- */

static stoa_status repair_once(void *context, stoa_error *err)
{
    const struct source *source = context;
    const stoa_repair_options options = {.skip_corrupt = 1};
    stoa_repair_report report;
    const stoa_status status =
        stoa_repair(test_path(&source->directory, "bad.stoa"),
                    test_path(&source->directory, "saved.stoa"), &options, &report, err);
    assert_int_equal(test_file_exists(&source->directory, "saved.stoa"), report.is_written);
    remove_saved(source);
    return status == STOA_E_CORRUPT && report.rows_lost == 40 ? STOA_OK : status;
}

static void test_no_failing_allocation_leaves_anything_behind(void **state)
{
    (void)state;
    const uint32_t counts[] = {30, 40, 7};
    struct source source;
    make(&source, 67, counts, 3);
    write_bad(&source, (size_t)source.group[1].offset + 3, 1);
    assert_true(test_allocation_failures(repair_once, &source) > 50);
    unmake(&source);
}

static void test_no_failing_call_harms_the_file_or_leaves_half_a_new_one(void **state)
{
    (void)state;
    const uint32_t counts[] = {30, 40};
    struct source source;
    struct outcome *outcome = malloc(sizeof *outcome);
    struct fault_loop loop = FAULT_LOOP_START;
    size_t size = 0;
    assert_non_null(outcome);
    make(&source, 68, counts, 2);
    write_bad(&source, (size_t)source.group[0].offset + 3, 1);
    char *before = test_file_read(&source.directory, "bad.stoa", &size);
    while (fault_loop_next(&loop)) {
        const stoa_repair_options options = {.on_range = on_range, .context = outcome};
        const size_t entries = test_directory_entries(&source.directory);
        outcome->count = 0;
        stoa_error_clear(&error);
        fault_loop_arm(&loop);
        outcome->status = stoa_repair(test_path(&source.directory, "bad.stoa"),
                                      test_path(&source.directory, "saved.stoa"), &options,
                                      &outcome->report, &error);
        fault_loop_disarm(&loop);
        check_saved(&source, outcome);
        if (!outcome->report.is_written &&
            test_file_exists(&source.directory, "saved.stoa") &&
            (loop.kind->calls & FAULT_UNLINKAT) == 0)
            fail_msg("%s: a file was left behind", loop.name);
        if (!outcome->report.is_written && (loop.kind->calls & FAULT_UNLINKAT) == 0)
            assert_int_equal(test_directory_entries(&source.directory), entries);
        remove_saved(&source);
        char *after = test_file_read(&source.directory, "bad.stoa", &size);
        assert_bytes(after, before, size);
        free(after);
    }
    assert_true(loop.runs > 100);
    free(before);
    unmake(&source);
    free(outcome);
}

/* What a kill between two system calls would leave. */
struct watch {
    const struct source *source;
    size_t whole;    /* bytes of the file when it is done */
    size_t calls;    /* at which the name was absent */
    size_t partials; /* at which it was there and not whole */
};

static void watch_call(void *context, const struct fault_record *record)
{
    struct watch *watch = context;
    struct stat facts;
    char path[300];
    STOA_UNUSED(record);
    (void)snprintf(path, sizeof path, "%s",
                   test_path(&watch->source->directory, "saved.stoa"));
    if (stat(path, &facts) != 0)
        watch->calls++;
    else if ((size_t)facts.st_size != watch->whole)
        watch->partials++;
}

static void test_a_kill_at_any_call_leaves_no_part_under_the_final_name(void **state)
{
    (void)state;
    const uint32_t counts[] = {30, 40};
    struct source source;
    stoa_repair_report report;
    struct watch watch = {.source = &source};
    char path[2][300];
    make(&source, 69, counts, 2);
    write_bad(&source, (size_t)source.group[0].offset + 3, 1);
    (void)snprintf(path[0], sizeof path[0], "%s", test_path(&source.directory, "bad.stoa"));
    (void)snprintf(path[1], sizeof path[1], "%s",
                   test_path(&source.directory, "saved.stoa"));
    assert_fails(stoa_repair(path[0], path[1], NULL, &report, &error), STOA_E_CORRUPT,
                 &error);
    assert_true(report.is_written);
    free(test_file_read(&source.directory, "saved.stoa", &watch.whole));
    remove_saved(&source);
    const size_t entries = test_directory_entries(&source.directory);
    fault_io_start(NULL, 0, false, watch_call, &watch);
    const stoa_status status = stoa_repair(path[0], path[1], NULL, &report, &error);
    fault_io_stop();
    assert_int_equal(status, STOA_E_CORRUPT);
    assert_true(report.is_written);
    assert_true(watch.calls > 10);
    assert_int_equal(watch.partials, 0);
    assert_int_equal(test_directory_entries(&source.directory), entries + 1);
    unmake(&source);
}

/* The name that a second writer takes meanwhile stays the second writer's. */
static void take_name(void *context, const struct fault_record *record)
{
    const struct source *source = context;
    if (record->call == FAULT_FSYNC && !test_file_exists(&source->directory, "saved.stoa"))
        test_file_write(&source->directory, "saved.stoa", "mine", 4);
}

static void test_a_name_taken_meanwhile_is_not_replaced(void **state)
{
    (void)state;
    const uint32_t counts[] = {30};
    struct source source;
    stoa_repair_report report;
    char path[2][300];
    size_t size = 0;
    make(&source, 70, counts, 1);
    test_file_write(&source.directory, "bad.stoa", source.bytes, source.size);
    (void)snprintf(path[0], sizeof path[0], "%s", test_path(&source.directory, "bad.stoa"));
    (void)snprintf(path[1], sizeof path[1], "%s",
                   test_path(&source.directory, "saved.stoa"));
    const size_t entries = test_directory_entries(&source.directory);
    fault_io_start(NULL, 0, false, take_name, &source);
    stoa_error_clear(&error);
    const stoa_status status = stoa_repair(path[0], path[1], NULL, &report, &error);
    fault_io_stop();
    assert_int_equal(status, STOA_E_EXISTS);
    assert_string_equal(error.message, "expected a new file, found one there");
    assert_false(report.is_written);
    char *found = test_file_read(&source.directory, "saved.stoa", &size);
    assert_int_equal(size, 4);
    assert_memory_equal(found, "mine", 4);
    free(found);
    assert_int_equal(test_directory_entries(&source.directory), entries + 1);
    unmake(&source);
}

/* With an argument also the long part. */
int main(int argc, char **argv)
{
    STOA_UNUSED(argv);
    is_long = argc > 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_cut_anywhere_gives_the_row_groups_before_the_cut),
        cmocka_unit_test(test_golden_files_cut_at_every_byte_are_saved_or_refused),
        cmocka_unit_test(test_one_damaged_byte_costs_one_row_group_at_most),
        cmocka_unit_test(test_each_part_that_is_kept_twice_may_be_lost_once),
        cmocka_unit_test(test_a_row_group_without_tail_and_footer_is_lost_and_counted),
        cmocka_unit_test(test_rows_outside_a_damaged_block_are_saved_when_asked),
        cmocka_unit_test(test_a_damaged_dictionary_costs_the_blocks_that_use_it),
        cmocka_unit_test(test_row_groups_inside_values_are_not_taken_for_the_files_own),
        cmocka_unit_test(test_what_cannot_be_repaired_is_said),
        cmocka_unit_test(test_no_failing_allocation_leaves_anything_behind),
        cmocka_unit_test(test_no_failing_call_harms_the_file_or_leaves_half_a_new_one),
        cmocka_unit_test(test_a_kill_at_any_call_leaves_no_part_under_the_final_name),
        cmocka_unit_test(test_a_name_taken_meanwhile_is_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
