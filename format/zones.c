/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zone records to bytes and back, and whether they pay (format/zones.h). A record has no offset in
 * it, so that whoever copies a row group copies its zones with it [FMT-93].
 *
 * Ranges alone do not tell whether zones pay: the ranges of random values with a long tail are narrow
 * in most zones, and yet each zone holds what is looked for. So values are looked for.
 */
#include "format/zones.h"

#include <inttypes.h>
#include <string.h>

#include "common/bits.h"
#include "format/stats_record.h"

enum {
    COUNTS_SIZE = 8,
    KEY_SIZE = 8,
    WIDE_KEY_SIZE = 16,
    SUM_SIZE = 16,
    PREFIX_MAX = STOA_MAX_BOUND_BYTES - WIDE_KEY_SIZE, /* so that bounds fit */
    LOOKS = 4 /* values of a zone that are looked for */
};

/* ---- sizes ---- */

static bool has_wide_keys(enum stoa_phys phys)
{
    return phys == STOA_PHYS_I128 || phys == STOA_PHYS_BYTES || phys == STOA_PHYS_FIXED16;
}

static size_t key_size(enum stoa_phys phys)
{
    return has_wide_keys(phys) ? WIDE_KEY_SIZE : KEY_SIZE;
}

static bool has_sums(enum stoa_phys phys)
{
    return phys != STOA_PHYS_BYTES && phys != STOA_PHYS_FIXED16;
}

size_t stoa_zone_record_size(enum stoa_phys phys)
{
    return COUNTS_SIZE + 2 * key_size(phys) + (has_sums(phys) ? SUM_SIZE : 0);
}

/* ---- writing ---- */

struct stoa_view stoa_zone_prefix(const struct stoa_stats *block)
{
    struct stoa_view prefix = {.data = block->min_bytes, .length = 0};
    if (block->phys != STOA_PHYS_BYTES || !block->has_bounds || block->max_is_open)
        return prefix;
    const struct stoa_view min = block->min.bytes;
    const struct stoa_view max = block->max.bytes;
    while (prefix.length < PREFIX_MAX && prefix.length < min.length &&
           prefix.length < max.length && min.data[prefix.length] == max.data[prefix.length])
        prefix.length++;
    return prefix;
}

/* A text that comes back when the zeros behind its key are dropped. */
static bool key_holds_text(struct stoa_view text, struct stoa_view prefix)
{
    return text.length <= prefix.length + WIDE_KEY_SIZE &&
           (text.length == prefix.length || text.data[text.length - 1] != 0);
}

static bool has_prefix(struct stoa_view text, struct stoa_view prefix)
{
    return text.length >= prefix.length &&
           (prefix.length == 0 || memcmp(text.data, prefix.data, prefix.length) == 0);
}

/* The bytes behind the prefix, which the text has. */
static void put_text(struct stoa_view text, struct stoa_view prefix, uint8_t *key)
{
    const uint32_t rest = text.length - prefix.length;
    const uint32_t size = rest < WIDE_KEY_SIZE ? rest : WIDE_KEY_SIZE;
    if (size > 0)
        memcpy(key, text.data + prefix.length, size);
}

/* [FMT-92] The key as a number plus one; false when there is no such key. */
static bool raise_key(uint8_t key[WIDE_KEY_SIZE])
{
    unsigned i = WIDE_KEY_SIZE;
    while (i > 0 && key[i - 1] == 0xff)
        i--;
    if (i == 0)
        return false;
    key[i - 1]++;
    memset(key + i, 0, WIDE_KEY_SIZE - i);
    return true;
}

/* [FMT-92] The prefix is that of all values, but a max that was raised may have lost it. */
static uint16_t put_texts(const struct stoa_stats *stats, struct stoa_view prefix,
                          uint16_t flags, uint8_t *min, uint8_t *max)
{
    put_text(stats->min.bytes, prefix, min);
    if (!key_holds_text(stats->min.bytes, prefix))
        flags &= (uint16_t)~STOA_RECORD_MIN_EXACT;
    bool is_open = stats->max_is_open || !has_prefix(stats->max.bytes, prefix);
    if (!is_open) {
        put_text(stats->max.bytes, prefix, max);
        if (key_holds_text(stats->max.bytes, prefix))
            return flags;
        is_open = !raise_key(max);
    }
    flags &= (uint16_t)~STOA_RECORD_MAX_EXACT;
    if (is_open) {
        memset(max, 0xff, WIDE_KEY_SIZE);
        flags |= STOA_RECORD_MAX_OPEN;
    }
    return flags;
}

size_t stoa_zone_write(const struct stoa_stats *stats, struct stoa_view prefix,
                       uint8_t out[STOA_ZONE_RECORD_MAX])
{
    const size_t size = stoa_zone_record_size(stats->phys);
    uint8_t *min = out + COUNTS_SIZE;
    uint8_t *max = min + key_size(stats->phys);
    struct stoa_stats_core core;
    uint8_t bounds[STOA_STATS_BOUNDS_MAX];
    memset(out, 0, size);
    stoa_stats_to_core(stats, &core, bounds);
    uint16_t flags = core.flags;
    if (!stats->has_bounds) {
        /* the keys stay zero */
    } else if (stats->phys == STOA_PHYS_BYTES) {
        flags = put_texts(stats, prefix, flags, min, max);
    } else if (has_wide_keys(stats->phys)) {
        memcpy(min, bounds, 2 * (size_t)WIDE_KEY_SIZE);
    } else {
        stoa_store_le64(min, core.min_key);
        stoa_store_le64(max, core.max_key);
    }
    stoa_store_le16(out, (uint16_t)stats->null_count);
    stoa_store_le16(out + 2, (uint16_t)stats->nan_count);
    stoa_store_le16(out + 4, flags);
    if (has_sums(stats->phys))
        memcpy(out + size - SUM_SIZE, core.sum, SUM_SIZE);
    return size;
}

/* ---- reading ---- */

/* A bound as a record of the other levels has it: key, size, and what lies in the heap. */
struct bound_parts {
    uint64_t key;
    uint8_t size;
    uint8_t heap_size;
    uint8_t bytes[STOA_MAX_BOUND_BYTES];
};

/* The prefix, then the key without the zeros behind it: 64 bytes at most. */
static void take_text(const uint8_t *key, struct stoa_view prefix, struct bound_parts *out)
{
    uint8_t size = WIDE_KEY_SIZE;
    while (size > 0 && key[size - 1] == 0)
        size--;
    if (prefix.length > 0)
        memcpy(out->bytes, prefix.data, prefix.length);
    memcpy(out->bytes + prefix.length, key, size);
    out->size = (uint8_t)(prefix.length + size);
    const struct stoa_value value = {
        .bytes = {.data = out->bytes, .length = out->size}
    };
    out->key = stoa_value_key(STOA_PHYS_BYTES, &value);
    out->heap_size = out->size > KEY_SIZE ? out->size : 0;
}

static void take_key(enum stoa_phys phys, const uint8_t *key, struct stoa_view prefix,
                     struct bound_parts *out)
{
    struct stoa_value value = {.is_null = false};
    *out = (struct bound_parts){.size = 0};
    if (phys == STOA_PHYS_BYTES) {
        take_text(key, prefix, out);
    } else if (has_wide_keys(phys)) {
        memcpy(value.fixed16, key, WIDE_KEY_SIZE); /* the union's i128 is the same bytes */
        memcpy(out->bytes, key, WIDE_KEY_SIZE);
        out->key = stoa_value_key(phys, &value);
        out->size = WIDE_KEY_SIZE;
        out->heap_size = WIDE_KEY_SIZE;
    } else {
        out->key = stoa_load_le64(key);
    }
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t all = 0;
    for (size_t i = 0; i < size; i++)
        all |= bytes[i];
    return all == 0;
}

static bool is_open_key(const uint8_t *bytes)
{
    uint8_t all = 0xff;
    for (unsigned i = 0; i < WIDE_KEY_SIZE; i++)
        all &= bytes[i];
    return all == 0xff;
}

/* [FMT-91] What is not in the other levels' records. */
static stoa_status check_record(enum stoa_phys phys, const uint8_t *bytes, unsigned flags,
                                stoa_error *err)
{
    const size_t keys = 2 * key_size(phys);
    if (flags & ~(unsigned)STOA_RECORD_STATS_FLAGS || stoa_load_le16(bytes + 6) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected flags within %04x and zero behind them in a zone, found "
                         "%04x and %04x",
                         STOA_RECORD_STATS_FLAGS, flags,
                         (unsigned)stoa_load_le16(bytes + 6));
    if (!(flags & STOA_RECORD_HAS_BOUNDS) &&
        (flags & (STOA_RECORD_MIN_EXACT | STOA_RECORD_MAX_EXACT | STOA_RECORD_MAX_OPEN) ||
         !is_zero(bytes + COUNTS_SIZE, keys)))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected no keys of a zone without bounds, found some");
    if (flags & STOA_RECORD_MAX_OPEN &&
        (phys != STOA_PHYS_BYTES || !is_open_key(bytes + COUNTS_SIZE + WIDE_KEY_SIZE)))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the largest key of an open max, found another one");
    return STOA_OK;
}

stoa_status stoa_zone_read(enum stoa_phys phys, uint32_t rows, struct stoa_view prefix,
                           const uint8_t *bytes, struct stoa_stats *out_stats,
                           stoa_error *err)
{
    const unsigned flags = stoa_load_le16(bytes + 4);
    const size_t size = stoa_zone_record_size(phys);
    uint8_t bounds[STOA_STATS_BOUNDS_MAX];
    struct stoa_stats_core core = {.flags = (uint16_t)flags};
    STOA_TRY(check_record(phys, bytes, flags, err));
    if (has_sums(phys))
        memcpy(core.sum, bytes + size - SUM_SIZE, SUM_SIZE);
    if (flags & STOA_RECORD_HAS_BOUNDS) {
        struct bound_parts min;
        struct bound_parts max;
        take_key(phys, bytes + COUNTS_SIZE, prefix, &min);
        take_key(phys, bytes + COUNTS_SIZE + key_size(phys), prefix, &max);
        core.min_key = min.key;
        core.min_size = min.size;
        memcpy(bounds, min.bytes, min.heap_size);
        core.max_key = flags & STOA_RECORD_MAX_OPEN ? UINT64_MAX : max.key;
        core.max_size = flags & STOA_RECORD_MAX_OPEN ? 0 : max.size;
        memcpy(bounds + min.heap_size, max.bytes, max.heap_size);
    }
    return stoa_stats_from_core(phys, rows, stoa_load_le16(bytes),
                                stoa_load_le16(bytes + 2), &core, bounds, out_stats, err);
}

/* ---- whether they pay ---- */

static bool may_hold(const struct stoa_stats *zone, const struct stoa_value *value)
{
    if (value->is_null)
        return zone->null_count > 0;
    if (zone->phys == STOA_PHYS_F64 && value->f64 != value->f64)
        return zone->nan_count > 0;
    return zone->has_bounds && stoa_value_compare(zone->phys, value, &zone->min) >= 0 &&
           (zone->max_is_open || stoa_value_compare(zone->phys, value, &zone->max) <= 0);
}

static bool is_constant(const struct stoa_stats *zone)
{
    if (zone->null_count == zone->rows)
        return true;
    return zone->null_count == 0 && zone->nan_count == 0 && zone->has_bounds &&
           !zone->max_is_open &&
           stoa_value_compare(zone->phys, &zone->min, &zone->max) == 0;
}

static void look_for(struct stoa_zone_votes *votes, const struct stoa_value *value,
                     const struct stoa_stats *zones, uint32_t count)
{
    for (uint32_t z = 0; z < count; z++)
        votes->looked_at += may_hold(&zones[z], value);
    votes->possible += count;
}

void stoa_zone_votes_add(struct stoa_zone_votes *votes, const struct stoa_column *block,
                         const struct stoa_stats *zones)
{
    const uint32_t count = stoa_zone_count(block->length);
    uint32_t constant = 0;
    for (uint32_t z = 0; z < count; z++) {
        const uint32_t rows = (uint32_t)zones[z].rows;
        for (uint32_t i = 0; i < LOOKS; i++) {
            const uint32_t row = z * STOA_ZONE_ROWS + rows * (2 * i + 1) / (2 * LOOKS);
            const struct stoa_value value = stoa_column_get(block, row);
            look_for(votes, &value, zones, count);
        }
        constant += is_constant(&zones[z]);
    }
    votes->zones += count;
    votes->constant += constant < count ? constant : 0;
}

/* A search must be spared three zones in ten; or a quarter of the zones hold one value each, as where
 * rare values come in clusters. */
bool stoa_zone_votes_pay(const struct stoa_zone_votes *votes)
{
    return 10 * votes->looked_at < 7 * votes->possible ||
           (votes->constant > 0 && 4 * (uint64_t)votes->constant >= votes->zones);
}
