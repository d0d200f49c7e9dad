/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile references of SAME [SAME-2]: the field is changed, the sums are made anew, and everything
 * that reads a file is run over it.
 */
#include "tests/corrupt/corrupt_file.h"
#include "tests/corrupt/corrupt_run.h"
#include "tests/tables/test_correlated.h"

#include <stdlib.h>
#include <string.h>

#include "common/bits.h"
#include "common/hash.h"

enum { DAY, RECEIVED, ITEM, LABEL, PRICE, KEY, COPY };
enum { ROWS = 3000, RECORD = 80, VALIDITY = 8 };

struct fixture {
    struct test_directory directory;
    uint8_t *bytes;
    size_t size;
};

static int set_up(void **state)
{
    static const struct test_write_options options = {.profile = STOA_PROFILE_BALANCED};
    static struct fixture fixture;
    struct test_random random = {.state = 20261125};
    struct test_table table;
    test_directory_make(&fixture.directory);
    test_table_correlated(&table, &random, ROWS, 0, false);
    test_table_write(&table, &fixture.directory, "base.stoa", &options, NULL);
    fixture.bytes =
        (uint8_t *)test_file_read(&fixture.directory, "base.stoa", &fixture.size);
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

/* Where the root node of a column's only block lies in the body. */
static size_t root_of(struct corrupt_file *file, uint32_t column)
{
    return corrupt_get(file, CORRUPT_GROUPS, 0, 8) - 64 +
           corrupt_get(file, CORRUPT_BLOCKS, (size_t)RECORD * column, 8) + VALIDITY;
}

static void sum_payload(struct corrupt_file *file, uint32_t column)
{
    const size_t record = (size_t)RECORD * column;
    const size_t payload = root_of(file, column) - VALIDITY;
    const size_t size = (corrupt_get(file, CORRUPT_BLOCKS, record + 8, 4) + 7) / 8 * 8;
    uint8_t key[16];
    stoa_store_le32(
        key, (uint32_t)corrupt_get(file, CORRUPT_COLUMNS, (size_t)64 * column + 8, 4));
    stoa_store_le32(key + 4, 0);
    stoa_store_le64(key + 8, corrupt_get(file, CORRUPT_GROUPS, 48, 8));
    corrupt_set(file, CORRUPT_BLOCKS, record + 72, 8,
                stoa_hash64(file->body + payload, size, stoa_hash64(key, 16, 0)));
}

struct change {
    const char *name;
    uint32_t column;
    size_t offset;  /* in the node SAME, which is the root, or the child of DICT */
    uint8_t before; /* what must stand there, so that the test is about what it says */
    uint8_t byte;
    const char *message;
};

static void check_change(struct fixture *fixture, const struct change *change)
{
    struct corrupt_hunt hunt = {.status = STOA_E_CORRUPT, .message = change->message};
    struct corrupt_file file;
    size_t size = 0;
    corrupt_take(&file, fixture->bytes, fixture->size);
    size_t node = root_of(&file, change->column);
    if (file.body[node] == 5) /* DICT */
        node += 16;
    assert_int_equal(file.body[node], 17);
    if (file.body[node + change->offset] != change->before)
        fail_msg("%s: expected byte %u, found %u", change->name, change->before,
                 file.body[node + change->offset]);
    file.body[node + change->offset] = change->byte;
    sum_payload(&file, change->column);
    uint8_t *bytes = corrupt_give(&file, CORRUPT_SUM_ALL, &size);
    corrupt_run(&fixture->directory, bytes, size, &hunt);
    if (!hunt.found)
        fail_msg("%s: expected \"%s\", found %s", change->name, change->message, hunt.last);
    free(bytes);
    corrupt_done(&file);
}

static void test_the_file_is_sound(void **state)
{
    struct fixture *fixture = *state;
    struct corrupt_hunt hunt = {.message = NULL};
    corrupt_run(&fixture->directory, fixture->bytes, fixture->size, &hunt);
    if (hunt.errors > 0)
        fail_msg("a sound file gives %s", hunt.last);
}

static void test_each_hostile_reference_is_refused(void **state)
{
    static const struct change changes[] = {
        {"itself",          RECEIVED, 12, DAY,  RECEIVED,
         "a column before this one, number 1, found 1"                                               },
        {"a later one",     RECEIVED, 12, DAY,  COPY,
         "a column before this one, number 1, found 6"                                               },
        {"far away",        RECEIVED, 15, 0,    1,        "number 1, found 16777216"                 },
        {"one that refers", PRICE,    12, ITEM, RECEIVED,
         "column \"received\", which this one refers to: same node: expected one at most"            },
        {"another kind",    COPY,     12, KEY,  DAY,      "kinds that form 0 can hold, found 6 by 2" },
        {"another key",     PRICE,    12, ITEM, DAY,      "same node: expected keys below"           },
        {"not by code",     LABEL,    2,  2,    3,        "same node: expected kinds that form 3 can"},
        {"a form",          COPY,     2,  0,    4,        "same node: expected form 0 to 3"          },
        {"text by float",   COPY,     12, KEY,  PRICE,
         "column \"price\", which this one refers to"                                                },
        {"other values",    RECEIVED, 24, 0,    1,        "same node: expected no keys, found 0"     },
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        check_change(fixture, &changes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_file_is_sound),
        cmocka_unit_test(test_each_hostile_reference_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
