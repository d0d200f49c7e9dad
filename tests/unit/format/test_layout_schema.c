/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/layout_schema.c: the schema section byte by byte, the name table by looking every name
 * up, the field ids by looking every id up, and the sizes of sections [FMT-62].
 */
#include "tests/support/test_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "format/layout_schema.h"

static void test_schema_section_has_the_bytes_of_the_specification(void **state)
{
    static const stoa_field fields[] = {
        {"id",    9, {STOA_TYPE_INT64, 0, 0},    false},
        {"price", 4, {STOA_TYPE_DECIMAL, 12, 2}, true },
    };
    const stoa_schema schema = {.fields = fields, .field_count = 2};
    struct stoa_buf out;
    stoa_error error;
    (void)state;
    stoa_buf_init(&out, 1000);
    assert_ok(stoa_schema_section_append(&schema, &out, &error), &error);
    assert_int_equal(out.size, 16 + 2 * 32 + 8);
    assert_int_equal(stoa_load_le32(out.data), 2);
    assert_int_equal(stoa_load_le32(out.data + 4), 7);
    assert_int_equal(stoa_load_le64(out.data + 8), 0);
    const uint8_t *node = out.data + 16 + 32;
    assert_int_equal(stoa_load_le32(node), 4);
    assert_int_equal(stoa_load_le32(node + 4), UINT32_MAX);
    assert_bytes(node + 8, "\x01\x08\x0c\x02\x01\0\0\0", 8);
    assert_int_equal(stoa_load_le32(node + 16), 2);
    assert_int_equal(stoa_load_le32(node + 20), 5);
    assert_int_equal(stoa_load_le64(node + 24), 0);
    assert_int_equal(out.data[16 + 12], 0); /* not nullable */
    assert_bytes(out.data + 80, "idprice\0", 8);
    stoa_buf_done(&out);
}

/* `count` columns "c0", "c1", .. with ids of their own. */
static stoa_field *make_fields(uint32_t count)
{
    stoa_field *fields = calloc(count, sizeof *fields);
    char *names = calloc(count, 16);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names + (size_t)i * 16, 16, "c%u", i);
        fields[i] = (stoa_field){
            .name = names + (size_t)i * 16,
            .id = 1 + i * 7919 % 100003,
            .type = {STOA_TYPE_BOOL, 0, 0},
            .nullable = true
        };
    }
    return fields;
}

static void free_fields(stoa_field *fields)
{
    free((void *)(uintptr_t)fields[0].name);
    free(fields);
}

/* [FMT-64] done literally: the slots from the hash on, up to an empty one. */
static uint32_t look_up(const uint8_t *table, uint32_t slots, const stoa_field *fields,
                        const char *name)
{
    const uint64_t hash = stoa_hash64(name, strlen(name), 0);
    for (uint64_t i = 0; i < slots; i++) {
        const uint32_t column = stoa_load_le32(table + (hash + i) % slots * 4);
        if (column == UINT32_MAX || strcmp(fields[column].name, name) == 0)
            return column;
    }
    return UINT32_MAX;
}

/* [FMT-10] What is read is what was written; what is not a section is refused. */
static void test_schema_section_is_read_back(void **state)
{
    (void)state;
    static const stoa_field fields[] = {
        {"id",                7,  {.id = STOA_TYPE_UINT64},                               false},
        {"a long name",       2,  {.id = STOA_TYPE_DECIMAL, .precision = 12, .scale = 3}, true },
        {"\xc3\xa9t\xc3\xa9", 90, {.id = STOA_TYPE_TEXT},                                 true },
    };
    const stoa_schema schema = {fields, 3};
    struct stoa_buf section;
    stoa_schema *found = NULL;
    uint64_t size = 0;
    stoa_error error;
    stoa_buf_init(&section, 1 << 20);
    assert_ok(stoa_schema_section_append(&schema, &section, &error), &error);
    const size_t whole = section.size;
    assert_ok(stoa_buf_append(&section, "behind it", 9, &error), &error);
    assert_ok(stoa_schema_section_read(section.data, section.size, &found, &size, &error),
              &error);
    assert_int_equal(size, whole);
    assert_int_equal(found->field_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(found->fields[i].name, fields[i].name);
        assert_int_equal(found->fields[i].id, fields[i].id);
        assert_int_equal(found->fields[i].nullable, fields[i].nullable);
        assert_true(stoa_type_equal(found->fields[i].type, fields[i].type));
    }
    stoa_free(found);
    for (size_t left = 0; left < whole; left++)
        assert_fails(stoa_schema_section_read(section.data, left, &found, &size, &error),
                     STOA_E_CORRUPT, &error);
    struct test_random random = test_random_start(10);
    for (int i = 0; i < 5000; i++) { /* one byte wrong: refused or another schema */
        const size_t at = test_random_below(&random, whole);
        const uint8_t before = section.data[at];
        section.data[at] = (uint8_t)test_random_next(&random);
        found = NULL;
        if (stoa_schema_section_read(section.data, whole, &found, &size, &error) == STOA_OK)
            assert_int_equal(size, whole);
        stoa_free(found);
        section.data[at] = before;
    }
    stoa_buf_done(&section);
}

static void test_name_table_finds_every_name(void **state)
{
    static const uint32_t counts[] = {1, 2, 3, 100, 5000};
    (void)state;
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        stoa_field *fields = make_fields(counts[k]);
        const stoa_schema schema = {.fields = fields, .field_count = counts[k]};
        const uint32_t slots = stoa_name_slots(counts[k]);
        uint8_t *table = malloc((size_t)slots * 4);
        assert_true(2 * slots >= 3 * counts[k] && slots < 3 * counts[k] + 1);
        assert_int_equal(slots & (slots - 1), 0);
        assert_int_equal(stoa_name_table_fill(&schema, table), STOA_NO_INDEX);
        for (uint32_t i = 0; i < counts[k]; i++)
            assert_int_equal(look_up(table, slots, fields, fields[i].name), i);
        assert_int_equal(look_up(table, slots, fields, "absent"), UINT32_MAX);
        free(table);
        free_fields(fields);
    }
}

static void test_name_table_tells_the_first_name_that_comes_twice(void **state)
{
    stoa_field *fields = make_fields(10);
    const stoa_schema schema = {.fields = fields, .field_count = 10};
    uint8_t table[32 * 4];
    (void)state;
    const char *name = fields[6].name;
    fields[6].name = fields[2].name;
    assert_int_equal(stoa_name_table_fill(&schema, table), 6);
    fields[6].name = name;
    free_fields(fields);
}

static void test_field_ids_are_sorted_pairs(void **state)
{
    enum { COUNT = 1000 };
    stoa_field *fields = make_fields(COUNT);
    const stoa_schema schema = {.fields = fields, .field_count = COUNT};
    static uint8_t pairs[COUNT * 8];
    (void)state;
    assert_false(stoa_field_ids_ascend(&schema));
    assert_int_equal(stoa_field_ids_fill(&schema, pairs), STOA_NO_INDEX);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t id = stoa_load_le32(pairs + (size_t)i * 8);
        assert_int_equal(fields[stoa_load_le32(pairs + (size_t)i * 8 + 4)].id, id);
        assert_true(i == 0 || id > stoa_load_le32(pairs + (size_t)i * 8 - 8));
    }
    fields[500].id = fields[20].id;
    assert_int_equal(stoa_field_ids_fill(&schema, pairs), 500);
    for (uint32_t i = 0; i < COUNT; i++)
        fields[i].id = 3 * i + 1;
    assert_true(stoa_field_ids_ascend(&schema));
    fields[9].id = fields[8].id;
    assert_false(stoa_field_ids_ascend(&schema));
    free_fields(fields);
}

static void test_sections_are_left_out_where_a_level_says_nothing_new(void **state)
{
    static const struct {
        uint32_t groups, blocks;
        uint64_t block_records, group_stats, file_stats, group_records;
    } cases[] = {
        {0, 0,  0,     0,    0,   0  },
        {1, 1,  800,   0,    0,   64 },
        {1, 16, 12800, 0,    800, 64 },
        {5, 5,  4000,  0,    800, 320},
        {2, 17, 13600, 1600, 800, 128},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint32_t groups = cases[i].groups;
        const uint32_t blocks = cases[i].blocks;
        assert_int_equal(stoa_section_fixed_size(STOA_SECTION_BLOCKS, 10, groups, blocks),
                         cases[i].block_records);
        assert_int_equal(
            stoa_section_fixed_size(STOA_SECTION_GROUP_STATS, 10, groups, blocks),
            cases[i].group_stats);
        assert_int_equal(
            stoa_section_fixed_size(STOA_SECTION_FILE_STATS, 10, groups, blocks),
            cases[i].file_stats);
        assert_int_equal(stoa_section_fixed_size(STOA_SECTION_GROUPS, 10, groups, blocks),
                         cases[i].group_records);
        assert_int_equal(stoa_section_fixed_size(STOA_SECTION_COLUMNS, 10, groups, blocks),
                         640);
        assert_int_equal(stoa_section_fixed_size(STOA_SECTION_NAMES, 10, groups, blocks),
                         64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_section_has_the_bytes_of_the_specification),
        cmocka_unit_test(test_schema_section_is_read_back),
        cmocka_unit_test(test_name_table_finds_every_name),
        cmocka_unit_test(test_name_table_tells_the_first_name_that_comes_twice),
        cmocka_unit_test(test_field_ids_are_sorted_pairs),
        cmocka_unit_test(test_sections_are_left_out_where_a_level_says_nothing_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
