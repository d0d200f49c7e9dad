/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row groups by their tails [FMT-45]: every multiple of 8 may be a tail end. A candidate is
 * believed when its tail opens with the file's schema. Payloads may hold whole Stoa files, so a
 * row group that covers ones believed before takes their place. Work is bounded: hashing and
 * unpacking of false tails stops at a multiple of the file's size.
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "format/pack.h"
#include "reader/salvage_state.h"

enum {
    READ_BYTES = 1 << 20,
    FALSE_TAILS =
        16 /* bytes of tails that did not hold, unpacked too, in sizes of the file */
};

struct walk {
    struct stoa_salvage *salvage;
    struct stoa_buf stored; /* a tail as it lies in the file */
    struct stoa_buf tail;   /* and unpacked */
    uint64_t wasted;        /* bytes gone through for candidates that were none */
};

/* The row groups that `group` covers are gone; false when it overlaps another one. */
static bool make_place(struct stoa_salvage *salvage, const struct stoa_salvage_group *group)
{
    uint32_t count = salvage->count;
    while (count > 0 && salvage->groups[count - 1].offset >= group->offset)
        count--;
    if (count > 0 &&
        salvage->groups[count - 1].offset + salvage->groups[count - 1].size > group->offset)
        return false;
    salvage->count = count;
    return true;
}

static stoa_status take_tail(struct walk *walk, uint64_t end, uint64_t group_size,
                             const struct stoa_tail *tail, stoa_error *err)
{
    const struct stoa_salvage_group group = {
        .offset = end - group_size,
        .size = group_size,
        .first_row = STOA_SALVAGE_UNKNOWN,
        .rows = tail->end.rows,
    };
    if (!make_place(walk->salvage, &group))
        return STOA_OK;
    return stoa_salvage_add(walk->salvage, &group, err);
}

static bool is_no_tail(stoa_status status)
{
    return status != STOA_E_NO_MEMORY && status != STOA_E_IO;
}

/* The tail end at `at`, of which the bytes are `bytes`, if it is one. */
static stoa_status try_tail(struct walk *walk, uint64_t at, const uint8_t *bytes,
                            stoa_error *err)
{
    struct stoa_salvage *salvage = walk->salvage;
    struct stoa_tail tail;
    const uint64_t end = at + STOA_TAIL_END_SIZE;
    const uint64_t room = end - salvage->start;
    const uint64_t group_size = stoa_load_le64(bytes + 8);
    const uint64_t tail_size = stoa_load_le64(bytes + 16);
    if (group_size > room || tail_size > group_size || tail_size < STOA_TAIL_END_SIZE ||
        stoa_load_le64(bytes + 48) != salvage->identity.low ||
        walk->wasted / FALSE_TAILS > salvage->size)
        return STOA_OK;
    STOA_TRY(stoa_buf_reserve(&walk->stored, (size_t)tail_size, err));
    STOA_TRY(stoa_io_read_at(&salvage->file, end - tail_size, walk->stored.data,
                             (size_t)tail_size, err));
    stoa_error why;
    stoa_error_clear(&why);
    walk->tail.size = 0;
    stoa_status status =
        stoa_tail_unpack(walk->stored.data, (size_t)tail_size, &walk->tail, &why);
    if (status == STOA_OK)
        status = stoa_tail_open(walk->tail.data, walk->tail.size, salvage->schema,
                                salvage->identity.low, &tail, &why);
    if (status == STOA_OK)
        return take_tail(walk, end, group_size, &tail, err);
    walk->wasted += stoa_tail_unpack_work(walk->stored.data, (size_t)tail_size);
    if (is_no_tail(status))
        return STOA_OK;
    if (err)
        *err = why;
    return status;
}

/* Tail ends that begin in [from, from + size); the bytes are there up to 56 behind. */
static stoa_status search(struct walk *walk, uint64_t from, const uint8_t *bytes,
                          size_t size, size_t available, stoa_error *err)
{
    uint64_t magic;
    memcpy(&magic, STOA_TAIL_MAGIC, sizeof magic);
    for (size_t at = 0; at < size && available - at >= STOA_TAIL_END_SIZE; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof word);
        if (word == magic)
            STOA_TRY(try_tail(walk, from + at, bytes + at, err));
    }
    return STOA_OK;
}

/* Numbers, and first rows as far as they are known: from the front up to the first gap, and
 * from the back up to the last one where the trailer tells how many rows there were. */
static void number_groups(struct stoa_salvage *salvage)
{
    uint64_t next = salvage->start;
    uint64_t row = 0;
    for (uint32_t i = 0; i < salvage->count; i++)
        salvage->groups[i].number = i;
    for (uint32_t i = 0; i < salvage->count && salvage->groups[i].offset == next; i++) {
        salvage->groups[i].first_row = row;
        row += salvage->groups[i].rows;
        next += salvage->groups[i].size;
    }
    next = salvage->end;
    row = salvage->has_trailer ? salvage->trailer.rows : 0;
    for (uint32_t i = salvage->count; salvage->has_trailer && i > 0; i--) {
        struct stoa_salvage_group *group = &salvage->groups[i - 1];
        if (group->offset + group->size != next || group->rows > row ||
            salvage->count - i >= salvage->trailer.row_groups)
            break;
        row -= group->rows;
        next = group->offset;
        group->first_row = row;
        group->number = salvage->trailer.row_groups - (salvage->count - (i - 1));
    }
}

stoa_status stoa_salvage_walk(struct stoa_salvage *salvage, stoa_error *err)
{
    struct walk walk = {.salvage = salvage};
    stoa_status status = STOA_OK;
    const size_t buffer_size = READ_BYTES + STOA_TAIL_END_SIZE;
    uint8_t *bytes = stoa_alloc(buffer_size);
    if (!bytes)
        return stoa_fail_memory(err, buffer_size);
    stoa_buf_init(&walk.stored, SIZE_MAX / 4); /* a tail is inside the file */
    stoa_buf_init(&walk.tail, SIZE_MAX / 4);
    salvage->count = 0;
    for (uint64_t at = salvage->start; at < salvage->end; at += READ_BYTES) {
        const uint64_t left = salvage->end - at;
        const size_t available = left < buffer_size ? (size_t)left : buffer_size;
        STOA_TRY_CLEANUP(stoa_io_read_at(&salvage->file, at, bytes, available, err));
        STOA_TRY_CLEANUP(search(&walk, at, bytes,
                                available < READ_BYTES ? available : READ_BYTES, available,
                                err));
    }
    number_groups(salvage);
cleanup:
    stoa_buf_done(&walk.stored);
    stoa_buf_done(&walk.tail);
    stoa_free(bytes);
    return status;
}
