/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing schema sections and tails [FMT-11] [FMT-47]: both come back as they were, small ones are
 * left as they are, and no changed bit goes unnoticed.
 */
#include "tests/support/test_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bits.h"
#include "format/layout_schema.h"
#include "format/pack.h"

enum { MOST_COLUMNS = 300 };

static stoa_error error;

static struct stoa_buf empty_buf(void)
{
    struct stoa_buf buf;
    stoa_buf_init(&buf, (size_t)1 << 24);
    return buf;
}

static struct stoa_buf make_section(size_t columns)
{
    static char names[MOST_COLUMNS][32];
    static stoa_field fields[MOST_COLUMNS];
    const stoa_schema schema = {.fields = fields, .field_count = columns};
    struct stoa_buf section = empty_buf();
    for (size_t i = 0; i < columns; i++) {
        snprintf(names[i], sizeof names[i], "object.part.%zu", i);
        fields[i] = (stoa_field){
            .name = names[i], .id = (uint32_t)i + 1, .type = {.id = STOA_TYPE_INT64}};
    }
    assert_ok(stoa_schema_section_append(&schema, &section, &error), &error);
    return section;
}

/* A tail of `records` records of one column each, sized as if `room` bytes of payloads stood before. */
static struct stoa_buf make_tail(uint32_t records, uint64_t room)
{
    struct stoa_buf tail = empty_buf();
    for (uint32_t i = 0; i < records * 10; i++)
        assert_ok(stoa_buf_append_le64(&tail, i % 10 == 0 ? i * 8 : i % 3, &error), &error);
    assert_ok(stoa_buf_append_zeros(&tail, STOA_TAIL_END_SIZE, &error), &error);
    const struct stoa_tail_end end = {.group_size = room + tail.size,
                                      .tail_size = tail.size,
                                      .rows = 7,
                                      .blocks = 1,
                                      .columns = records,
                                      .seed = 99,
                                      .schema_hash = 5};
    stoa_tail_end_write(&end, tail.data);
    return tail;
}

static void test_sections_come_back_as_they_were(void **state)
{
    STOA_UNUSED(state);
    static const size_t counts[] = {1, 63, 64, MOST_COLUMNS};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct stoa_buf section = make_section(counts[i]);
        struct stoa_buf packed = empty_buf();
        struct stoa_buf back = empty_buf();
        uint64_t used = 0;
        assert_ok(stoa_schema_section_pack(section.data, section.size, counts[i], &packed,
                                           &error),
                  &error);
        assert_true(counts[i] < 64 ? packed.size == section.size
                                   : packed.size < section.size / 2);
        assert_int_equal(stoa_schema_section_size(packed.data), packed.size);
        const size_t size = packed.size;
        assert_ok(stoa_buf_append_zeros(&packed, 80, &error), &error); /* what follows */
        assert_ok(
            stoa_schema_section_unpack(packed.data, packed.size, &back, &used, &error),
            &error);
        assert_int_equal(used, size);
        assert_int_equal(back.size, section.size);
        assert_bytes(back.data, section.data, section.size);
        stoa_buf_done(&section);
        stoa_buf_done(&packed);
        stoa_buf_done(&back);
    }
}

static void test_tails_come_back_as_they_were(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t counts[] = {1, 63, 64, 3000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct stoa_buf tail = make_tail(counts[i], 8000);
        struct stoa_buf packed = empty_buf();
        struct stoa_buf back = empty_buf();
        struct stoa_tail_end end;
        assert_ok(stoa_tail_pack(tail.data, tail.size, &packed, &error), &error);
        assert_ok(stoa_tail_end_read(packed.data, packed.size, &end, &error), &error);
        assert_int_equal(end.is_packed, counts[i] >= 64);
        assert_int_equal(end.group_size, 8000 + packed.size);
        assert_true(end.is_packed ? packed.size < tail.size / 2 : packed.size == tail.size);
        assert_ok(stoa_tail_unpack(packed.data, packed.size, &back, &error), &error);
        assert_int_equal(back.size, tail.size);
        assert_bytes(back.data, tail.data, tail.size);
        stoa_buf_done(&tail);
        stoa_buf_done(&packed);
        stoa_buf_done(&back);
    }
}

static void test_every_bit_of_a_packed_part_counts(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf section = make_section(64);
    struct stoa_buf tail = make_tail(64, 0);
    struct stoa_buf packed_section = empty_buf();
    struct stoa_buf packed_tail = empty_buf();
    struct stoa_buf back = empty_buf();
    assert_ok(
        stoa_schema_section_pack(section.data, section.size, 64, &packed_section, &error),
        &error);
    assert_ok(stoa_tail_pack(tail.data, tail.size, &packed_tail, &error), &error);
    for (size_t bit = 0; bit < packed_section.size * 8; bit++) {
        uint64_t used = 0;
        back.size = 0;
        packed_section.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const stoa_status status = stoa_schema_section_unpack(
            packed_section.data, packed_section.size, &back, &used, &error);
        /* A count that is not 0 says that the section is not packed: its identity fails. */
        assert_true(status == STOA_E_CORRUPT || (status == STOA_OK && bit < 32));
        packed_section.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < packed_tail.size * 8; bit++) {
        packed_tail.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_fails(stoa_tail_unpack(packed_tail.data, packed_tail.size, &back, &error),
                     STOA_E_CORRUPT, &error);
        packed_tail.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    stoa_buf_done(&section);
    stoa_buf_done(&tail);
    stoa_buf_done(&packed_section);
    stoa_buf_done(&packed_tail);
    stoa_buf_done(&back);
}

/* Exact copies, so that overreads show under the address sanitizer. */
static void test_cut_parts_are_refused(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf section = make_section(64);
    struct stoa_buf packed = empty_buf();
    struct stoa_buf back = empty_buf();
    assert_ok(stoa_schema_section_pack(section.data, section.size, 64, &packed, &error),
              &error);
    for (size_t size = 0; size < packed.size; size++) {
        uint64_t used = 0;
        uint8_t *copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy, packed.data, size);
        assert_fails(stoa_schema_section_unpack(copy, size, &back, &used, &error),
                     STOA_E_CORRUPT, &error);
        free(copy);
    }
    stoa_buf_done(&section);
    stoa_buf_done(&packed);
    stoa_buf_done(&back);
}

/* The checksum holds, the counts do not. */
static void test_counts_that_do_not_fit_are_refused(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf tail = make_tail(100, 0);
    struct stoa_buf packed = empty_buf();
    struct stoa_buf back = empty_buf();
    struct stoa_tail_end end;
    assert_ok(stoa_tail_pack(tail.data, tail.size, &packed, &error), &error);
    assert_ok(stoa_tail_end_read(packed.data, packed.size, &end, &error), &error);
    const struct stoa_tail_end sound = end;
    static const uint32_t columns[] = {101, UINT32_MAX};
    for (size_t i = 0; i < 2; i++) {
        end = sound;
        end.columns = columns[i];
        stoa_tail_end_write(&end, packed.data);
        assert_fails(stoa_tail_unpack(packed.data, packed.size, &back, &error),
                     STOA_E_CORRUPT, &error);
        end = sound;
        end.dictionaries = columns[i];
        stoa_tail_end_write(&end, packed.data);
        assert_fails(stoa_tail_unpack(packed.data, packed.size, &back, &error),
                     STOA_E_CORRUPT, &error);
    }
    assert_int_equal(back.size, 0);
    stoa_buf_done(&tail);
    stoa_buf_done(&packed);
    stoa_buf_done(&back);
}

static stoa_status pack_and_unpack(void *context, stoa_error *err)
{
    const struct stoa_buf *tail = context;
    struct stoa_buf packed = empty_buf();
    struct stoa_buf back = empty_buf();
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(stoa_tail_pack(tail->data, tail->size, &packed, err));
    STOA_TRY_CLEANUP(stoa_tail_unpack(packed.data, packed.size, &back, err));
cleanup:
    stoa_buf_done(&packed);
    stoa_buf_done(&back);
    return status;
}

/* What a search for tails may spend on one counts what it says it unpacks to. */
static void test_the_work_of_unpacking_counts_what_it_gives(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf tail = make_tail(STOA_PACK_RECORDS, 4096);
    struct stoa_buf packed = empty_buf();
    assert_ok(stoa_tail_pack(tail.data, tail.size, &packed, &error), &error);
    assert_true(packed.size < tail.size);
    assert_int_equal(stoa_tail_unpack_work(tail.data, tail.size), tail.size);
    assert_int_equal(stoa_tail_unpack_work(packed.data, packed.size),
                     packed.size + tail.size - STOA_TAIL_END_SIZE);
    packed.data[packed.size - 1] ^= 1; /* no tail: nothing is unpacked */
    assert_int_equal(stoa_tail_unpack_work(packed.data, packed.size), packed.size);
    assert_int_equal(stoa_tail_unpack_work(packed.data, 3), 3);
    stoa_buf_done(&packed);
    stoa_buf_done(&tail);
}

static void test_packing_reports_short_memory(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf tail = make_tail(100, 0);
    assert_true(test_allocation_failures(pack_and_unpack, &tail) >= 4);
    stoa_buf_done(&tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_come_back_as_they_were),
        cmocka_unit_test(test_tails_come_back_as_they_were),
        cmocka_unit_test(test_every_bit_of_a_packed_part_counts),
        cmocka_unit_test(test_cut_parts_are_refused),
        cmocka_unit_test(test_the_work_of_unpacking_counts_what_it_gives),
        cmocka_unit_test(test_counts_that_do_not_fit_are_refused),
        cmocka_unit_test(test_packing_reports_short_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
