/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads from the file into a slot: one pread, one XXH3, then the block layer [FMT-81]. A slot
 * keeps its buffers, so after the first blocks nothing is allocated here; a dictionary is read
 * once per column and row group. Called by scans, for each block that pruning has left.
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/checked.h"
#include "format/enc/enc_reference.h"
#include "reader/reader_state.h"

enum {
    /* Node states and decompressed frames of one block: at most the raw size of a row group,
     * with a view for each text, and as much again. */
    ARENA_MAXIMUM = 256 << 20,
    CACHE_LINE = 64
};

void stoa_block_slot_init(struct stoa_block_slot *slot)
{
    *slot = (struct stoa_block_slot){.has_dictionary = false};
    stoa_arena_init(&slot->dictionary_arena, ARENA_MAXIMUM);
    stoa_buf_init(&slot->dictionary_payload, SIZE_MAX / 4); /* records bound it */
    stoa_arena_init(&slot->arena, ARENA_MAXIMUM);
    stoa_buf_init(&slot->payload, SIZE_MAX / 4);
    stoa_decompressor_init(&slot->own_decompressor);
}

void stoa_block_slot_done(struct stoa_block_slot *slot)
{
    stoa_arena_done(&slot->dictionary_arena);
    stoa_buf_done(&slot->dictionary_payload);
    stoa_arena_done(&slot->arena);
    stoa_buf_done(&slot->payload);
    stoa_decompressor_done(&slot->own_decompressor);
    slot->has_dictionary = false;
    slot->has_block = false;
    if (slot->base) /* which has none itself */
        stoa_block_slot_done(slot->base);
    stoa_free(slot->base);
    slot->base = NULL;
}

static struct stoa_decompressor *decompressor_of(struct stoa_block_slot *slot)
{
    return slot->decompressor ? slot->decompressor : &slot->own_decompressor;
}

/* Empties the block arena. When the last block needed more than one chunk, one as large as all
 * of them takes their place, so that the next block like it allocates nothing. */
static void reset_arena(struct stoa_block_slot *slot)
{
    struct stoa_arena *arena = &slot->arena;
    if (arena->used > slot->arena_room) {
        const size_t wanted = arena->used + arena->used / 8;
        const size_t room = wanted < arena->maximum ? wanted : arena->maximum;
        stoa_arena_done(arena);
        slot->arena_room =
            stoa_arena_alloc(arena, room) ? room : 0; /* else it grows anew */
    }
    stoa_arena_reset(arena);
}

/* [FMT-41] */
static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t all = 0;
    for (size_t i = 0; i < size; i++)
        all |= bytes[i];
    return all == 0;
}

static stoa_status check_payload_bytes(const struct stoa_reader *reader,
                                       const uint8_t *bytes, size_t size, size_t padded,
                                       uint64_t checksum, uint64_t seed, stoa_error *err)
{
    const uint64_t found =
        reader->skip_checksums ? checksum : stoa_hash64(bytes, padded, seed);
    if (!stoa_checksum_holds(checksum, found))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected checksum %016" PRIx64
                         ", found bytes that give %016" PRIx64,
                         checksum, found);
    if (!is_zero(bytes + size, padded - size))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected zeros behind the payload, found other bytes");
    return STOA_OK;
}

stoa_status stoa_payload_read(struct stoa_reader *reader,
                              const struct stoa_block_site *site, uint32_t number,
                              uint64_t offset, uint32_t stored_size, uint64_t checksum,
                              struct stoa_buf *payload, const uint8_t **out_bytes,
                              stoa_error *err)
{
    const struct stoa_group_record *group = &site->group_record;
    const uint64_t seed =
        stoa_payload_seed(site->column_record.field_id, number, group->seed);
    const size_t padded = stoa_align_up(stored_size, STOA_PAYLOAD_ALIGN);
    payload->size = 0;
    /* Room to begin at a cache line, where hashing is a third faster; an empty payload has an
     * address too. */
    STOA_TRY(stoa_buf_reserve(payload, padded + CACHE_LINE, err));
    uint8_t *bytes = payload->data + (-(uintptr_t)payload->data & (CACHE_LINE - 1));
    STOA_TRY(stoa_io_read_at(&reader->file, group->offset + offset, bytes, padded, err));
    STOA_TRY(check_payload_bytes(reader, bytes, stored_size, padded, checksum, seed, err));
    *out_bytes = bytes;
    return STOA_OK;
}

static bool is_utf8(const struct stoa_block_site *site)
{
    return site->column_record.type.id == STOA_TYPE_TEXT;
}

static bool has_this_dictionary(const struct stoa_reader *reader,
                                const struct stoa_block_site *site,
                                const struct stoa_block_slot *slot)
{
    return slot->has_dictionary && slot->content.low == reader->trailer.content.low &&
           slot->content.high == reader->trailer.content.high &&
           slot->column == site->column && slot->group == site->group;
}

static stoa_status load_dictionary(struct stoa_reader *reader,
                                   const struct stoa_block_site *site,
                                   struct stoa_block_slot *slot, stoa_error *err)
{
    struct stoa_dictionary_record record;
    const uint8_t *bytes = NULL;
    STOA_TRY(stoa_reader_dictionary_record(reader, site, &record, err));
    if (record.count == 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a dictionary in the row group, found none");
    STOA_TRY(stoa_payload_read(reader, site, STOA_DICTIONARY_NUMBER, record.offset,
                               record.stored_size, record.checksum,
                               &slot->dictionary_payload, &bytes, err));
    slot->bytes_read += record.stored_size;
    stoa_arena_reset(&slot->dictionary_arena);
    STOA_TRY(stoa_dictionary_open(bytes, record.stored_size,
                                  stoa_type_phys(site->column_record.type), is_utf8(site),
                                  record.count, reader->kernels, &slot->dictionary_arena,
                                  decompressor_of(slot), &slot->dictionary, err));
    /* [BLK-7] [ENC-1] Behind a validity section of 8 bytes lies the root node, its id first. */
    const unsigned encoding = bytes[8];
    if (encoding != record.encoding)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected encoding %u as the dictionary's record says, found %u",
                         (unsigned)record.encoding, encoding);
    return STOA_OK;
}

stoa_status stoa_slot_load_dictionary(struct stoa_reader *reader,
                                      const struct stoa_block_site *site,
                                      struct stoa_block_slot *slot, stoa_error *err)
{
    if (has_this_dictionary(reader, site, slot))
        return STOA_OK;
    slot->has_dictionary = false;
    slot->has_block = false; /* it may borrow the one before */
    const stoa_status status = load_dictionary(reader, site, slot, err);
    if (status != STOA_OK)
        return stoa_site_fail_dictionary(reader, site, status, err);
    slot->content = reader->trailer.content;
    slot->column = site->column;
    slot->group = site->group;
    slot->has_dictionary = true;
    return STOA_OK;
}

/* The encoding in the record is what pruning and `info` go by. An id that nobody knows has
 * failed before, in the block layer, and cost this block only [FMT-82]. */
static stoa_status check_encoding(const struct stoa_block *block, uint8_t encoding,
                                  stoa_error *err)
{
    const unsigned found = block->root ? (unsigned)block->root->encoding->id : 0;
    if (found == encoding)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected encoding %u as the block's record says, found %u",
                     (unsigned)encoding, found);
}

static stoa_status load(struct stoa_reader *reader, const struct stoa_block_site *site,
                        bool may_refer, struct stoa_block_slot *slot, stoa_error *err);

/* ---- other columns ---- */

/* How a block gets at the columns before its own [SAME-6]; lives in the slot's arena. */
struct references {
    struct stoa_reference_source source; /* first: what the encoding sees of it */
    struct stoa_reader *reader;
    struct stoa_block_slot *slot; /* of the block that refers */
    uint32_t group;
    uint32_t block;
};

static stoa_status take_base_slot(struct stoa_block_slot *slot, stoa_error *err)
{
    if (slot->base)
        return STOA_OK;
    slot->base = stoa_alloc(sizeof *slot->base);
    if (!slot->base)
        return stoa_fail_memory(err, sizeof *slot->base);
    stoa_block_slot_init(slot->base);
    return STOA_OK;
}

static stoa_status load_base(const struct references *references, uint32_t column,
                             stoa_error *err)
{
    struct stoa_block_site site;
    struct stoa_block_slot *slot = references->slot->base;
    slot->block = (struct stoa_block){.rows = 0};
    slot->bytes_read = 0;
    slot->decompressor = decompressor_of(references->slot);
    STOA_TRY(stoa_site_find(references->reader, column, references->group,
                            references->block, &site, err));
    return load(references->reader, &site, false, slot, err);
}

static stoa_status open_base(struct stoa_reference_source *source, uint32_t column,
                             struct stoa_block **out_block, stoa_error *err)
{
    struct references *references = (struct references *)source;
    struct stoa_block_slot *slot = references->slot;
    const struct stoa_column_label label = stoa_reader_label(references->reader, column);
    memcpy(source->label, label.text, sizeof source->label);
    STOA_TRY(take_base_slot(slot, err));
    const stoa_status status = load_base(references, column, err);
    slot->bytes_read += slot->base->bytes_read;
    *out_block = &slot->base->block;
    if (status == STOA_OK || !err)
        return status;
    return stoa_fail(err, status, "column %s, which this one refers to: %s", label.text,
                     err->message);
}

static stoa_status make_references(struct stoa_reader *reader,
                                   const struct stoa_block_site *site,
                                   struct stoa_block_slot *slot,
                                   struct stoa_reference_source **out, stoa_error *err)
{
    struct references *references =
        stoa_arena_alloc_zeroed(&slot->arena, 1, sizeof *references);
    if (!references)
        return stoa_arena_fail(&slot->arena, sizeof *references, err);
    references->source.column = site->column;
    references->source.open = open_base;
    references->reader = reader;
    references->slot = slot;
    references->group = site->group;
    references->block = site->block;
    *out = &references->source;
    return STOA_OK;
}

/* ---- blocks ---- */

static stoa_status load(struct stoa_reader *reader, const struct stoa_block_site *site,
                        bool may_refer, struct stoa_block_slot *slot, stoa_error *err)
{
    struct stoa_reference_source *references = NULL;
    struct stoa_block_record record;
    const uint8_t *bytes = NULL;
    STOA_TRY(stoa_reader_block_record(reader, site, &record, err));
    const bool uses_dictionary = record.core.flags & STOA_RECORD_USES_DICTIONARY;
    if (uses_dictionary)
        STOA_TRY(stoa_slot_load_dictionary(reader, site, slot, err));
    STOA_TRY(stoa_payload_read(reader, site, site->block, record.offset, record.stored_size,
                               record.checksum, &slot->payload, &bytes, err));
    slot->bytes_read += record.stored_size;
    reset_arena(slot);
    if (may_refer)
        STOA_TRY(make_references(reader, site, slot, &references, err));
    STOA_TRY(stoa_block_open(
        bytes, record.stored_size, stoa_type_phys(site->column_record.type), is_utf8(site),
        record.rows, record.null_count, uses_dictionary ? &slot->dictionary : NULL,
        references, reader->kernels, &slot->arena, decompressor_of(slot), &slot->block,
        err));
    return check_encoding(&slot->block, record.encoding, err);
}

stoa_status stoa_reader_load(struct stoa_reader *reader, uint32_t column, uint32_t group,
                             uint32_t block, struct stoa_block_slot *slot, stoa_error *err)
{
    struct stoa_block_site site;
    slot->block = (struct stoa_block){.rows = 0};
    slot->has_block = false;
    if (slot->base)
        slot->base->bytes_read = 0;
    STOA_TRY(stoa_site_find(reader, column, group, block, &site, err));
    const stoa_status status = load(reader, &site, true, slot, err);
    if (status != STOA_OK)
        return stoa_site_fail(reader, &site, status, err);
    slot->block_content = reader->trailer.content;
    slot->block_column = column;
    slot->block_group = group;
    slot->block_number = block;
    slot->has_block = true;
    return STOA_OK;
}

bool stoa_slot_holds(const struct stoa_reader *reader, const struct stoa_block_site *site,
                     const struct stoa_block_slot *slot)
{
    return slot->has_block && slot->block_content.low == reader->trailer.content.low &&
           slot->block_content.high == reader->trailer.content.high &&
           slot->block_column == site->column && slot->block_group == site->group &&
           slot->block_number == site->block;
}
