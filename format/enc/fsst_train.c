/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding a symbol table: a few generations, each of which compresses a growing part of a sample
 * with the table before, counts symbols and pairs of them, and keeps the symbols and
 * concatenations that would have saved most (Boncz, Neumann, Leis, PVLDB 13, 2020, algorithm 3).
 * Called by the encoder; owns nothing after a call.
 */
#include <assert.h>

#include "common/alloc.h"
#include "format/enc/fsst.h"

enum {
    GENERATIONS = 5,
    IDS = 512,          /* codes, then 256 + each byte */
    BYTE_IDS = 256,     /* where those begin */
    CANDIDATES = 12288, /* what passes the threshold is less */
    SLOTS = 16384,      /* of the hash table over them, a power of two */
    NO_ID = IDS
};

/* Eighths of the sample that each generation looks at. */
static const uint32_t eighths[GENERATIONS] = {1, 3, 4, 6, 8};

struct candidate {
    uint64_t word;
    uint32_t gain;
    uint32_t length;
};

struct trainer {
    struct stoa_fsst_matcher *matcher;
    uint32_t counts[IDS];
    uint16_t pairs[IDS][IDS];
    uint32_t candidate_count;
    struct candidate candidates[CANDIDATES];
    uint16_t slots[SLOTS]; /* candidate + 1, 0: free */
    uint32_t best_count;
    uint32_t best[STOA_FSST_SYMBOLS]; /* candidates, a heap whose first is the worst */
};

/* ---- samples ---- */

/* A column's text that is sampled whole, and the bytes of a piece otherwise. */
enum { SAMPLE_WHOLE = 32768, PIECE_BYTES = 2048 };

struct stoa_fsst_sample stoa_fsst_sample_make(const struct stoa_column *column)
{
    struct stoa_fsst_sample sample = {.column = column};
    const uint32_t rows = column->length;
    const uint32_t text = column->offsets[rows] - column->offsets[0];
    const bool is_whole = text <= SAMPLE_WHOLE;
    uint64_t used = 0;
    for (uint32_t k = 0; k < STOA_FSST_PIECES; k++) {
        const uint32_t first = (uint32_t)((uint64_t)rows * k / STOA_FSST_PIECES);
        const uint32_t last = (uint32_t)((uint64_t)rows * (k + 1) / STOA_FSST_PIECES);
        const uint32_t size = column->offsets[last] - column->offsets[first];
        struct stoa_fsst_piece piece = {first, !is_whole && size > PIECE_BYTES ? PIECE_BYTES
                                                                               : size};
        if (is_whole || k % 2 == 0) {
            sample.train[is_whole ? k : k / 2] = piece;
            used += piece.size;
        }
        if (is_whole || k % 2 == 1)
            sample.trial[is_whole ? k : k / 2] = piece;
    }
    sample.count = is_whole ? STOA_FSST_PIECES : STOA_FSST_PIECES / 2;
    sample.train_share = text > 0 ? (double)used / text : 1;
    return sample;
}

/* ---- counting ---- */

static void count_text(struct trainer *trainer, const uint8_t *text, size_t left,
                       const uint8_t *end)
{
    const struct stoa_fsst_matcher *matcher = trainer->matcher;
    unsigned before = NO_ID;
    while (left > 0) {
        const uint64_t word = stoa_fsst_load(text, left, end);
        const unsigned byte = BYTE_IDS + (unsigned)(word & 0xFF);
        const unsigned code = stoa_fsst_match(matcher, word, left);
        const unsigned id = code == STOA_FSST_NONE ? byte : code;
        const unsigned length = matcher->lengths[code];
        trainer->counts[id]++;
        trainer->counts[byte] += length > 1;
        if (before != NO_ID) {
            trainer->pairs[before][id]++;
            if (length > 1)
                trainer->pairs[before][byte]++;
        }
        before = id;
        text += length;
        left -= length;
    }
}

static void count_piece(struct trainer *trainer, const struct stoa_column *column,
                        const struct stoa_fsst_piece *piece)
{
    const uint8_t *end = column->bytes + column->offsets[column->length];
    uint32_t left = piece->size;
    for (uint32_t row = piece->first_row; left > 0; row++) {
        const struct stoa_view view = stoa_column_view(column, row);
        const uint32_t size = view.length < left ? view.length : left;
        count_text(trainer, view.data, size, end);
        left -= size;
    }
}

/* Counts over the first pieces of the sample in an order that goes all over it. */
static void count_sample(struct trainer *trainer, const struct stoa_fsst_sample *sample,
                         uint32_t pieces)
{
    for (unsigned id = 0; id < IDS; id++) { /* most ids of short samples do not occur */
        if (trainer->counts[id] > 0)
            memset(trainer->pairs[id], 0, sizeof trainer->pairs[id]);
    }
    memset(trainer->counts, 0, sizeof trainer->counts);
    for (uint32_t i = 0; i < pieces; i++)
        count_piece(trainer, sample->column, &sample->train[i * 5 % sample->count]);
}

/* ---- candidates ---- */

static uint32_t slot_of(uint64_t word, uint32_t length)
{
    return (uint32_t)((word * 9 + length) * UINT64_C(0x9E3779B97F4A7C15) >> 50);
}

/* Symbols come from several pairs; what each saves adds up. */
static void add_candidate(struct trainer *trainer, uint64_t word, uint32_t length,
                          uint32_t gain)
{
    uint32_t slot = slot_of(word, length);
    for (; trainer->slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        struct candidate *known = &trainer->candidates[trainer->slots[slot] - 1];
        if (known->word == word && known->length == length) {
            known->gain += gain;
            return;
        }
    }
    if (trainer->candidate_count == CANDIDATES)
        return;
    trainer->candidates[trainer->candidate_count++] =
        (struct candidate){.word = word, .gain = gain, .length = length};
    trainer->slots[slot] = (uint16_t)trainer->candidate_count;
}

static uint64_t word_of(const struct trainer *trainer, unsigned id)
{
    return id >= BYTE_IDS ? id - BYTE_IDS : trainer->matcher->symbols.words[id];
}

static uint32_t length_of(const struct trainer *trainer, unsigned id)
{
    return id >= BYTE_IDS ? 1 : trainer->matcher->lengths[id];
}

/* Symbols of one byte save the escape, and keep text out of it that no longer symbol fits. */
enum { SINGLE_WEIGHT = 8 };

static void add_pairs(struct trainer *trainer, unsigned id, uint32_t threshold)
{
    const uint32_t length = length_of(trainer, id);
    const uint64_t word = word_of(trainer, id);
    const uint16_t *pairs = trainer->pairs[id];
    for (unsigned group = 0; group < IDS; group += 4) {
        if (stoa_load_le64(pairs + group) == 0)
            continue;
        for (unsigned next = group; next < group + 4; next++) {
            if (pairs[next] < threshold)
                continue;
            const uint32_t sum = length + length_of(trainer, next);
            const uint32_t joined = sum < STOA_FSST_LENGTH ? sum : STOA_FSST_LENGTH;
            add_candidate(trainer, word | word_of(trainer, next) << 8 * length, joined,
                          pairs[next] * joined);
        }
    }
}

/* The last generation joins no more symbols: nothing would tell what the new ones are worth. */
static void collect_candidates(struct trainer *trainer, uint32_t threshold, bool is_last)
{
    trainer->candidate_count = 0;
    memset(trainer->slots, 0, sizeof trainer->slots);
    for (unsigned id = 0; id < IDS; id++) {
        const uint32_t count = trainer->counts[id];
        const uint32_t length = count > 0 ? length_of(trainer, id) : 0;
        if (count == 0)
            continue;
        if (length > 1 ? count >= threshold : count * SINGLE_WEIGHT >= threshold)
            add_candidate(trainer, word_of(trainer, id), length,
                          count * (length > 1 ? length : SINGLE_WEIGHT));
        if (!is_last && length < STOA_FSST_LENGTH)
            add_pairs(trainer, id, threshold);
    }
}

/* ---- the best of them ---- */

static bool is_worse(const struct trainer *trainer, uint32_t a, uint32_t b)
{
    const struct candidate *x = &trainer->candidates[a];
    const struct candidate *y = &trainer->candidates[b];
    if (x->gain != y->gain)
        return x->gain < y->gain;
    if (x->word != y->word)
        return x->word > y->word;
    return x->length > y->length;
}

/* Lets best[at] sink among the first `count`. */
static void sink(struct trainer *trainer, uint32_t at, uint32_t count)
{
    uint32_t *best = trainer->best;
    const uint32_t moved = best[at];
    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && is_worse(trainer, best[child + 1], best[child]))
            child++;
        if (!is_worse(trainer, best[child], moved))
            break;
        best[at] = best[child];
        at = child;
    }
    best[at] = moved;
}

/* Leaves the best candidates in trainer->best, the very best first. */
static void rank_candidates(struct trainer *trainer)
{
    uint32_t *best = trainer->best;
    const uint32_t all = trainer->candidate_count;
    const uint32_t count = all < STOA_FSST_SYMBOLS ? all : STOA_FSST_SYMBOLS;
    for (uint32_t i = 0; i < count; i++)
        best[i] = i;
    for (uint32_t at = count / 2; at > 0; at--)
        sink(trainer, at - 1, count);
    for (uint32_t i = count; i < all; i++) {
        if (!is_worse(trainer, best[0], i))
            continue;
        best[0] = i;
        sink(trainer, 0, count);
    }
    trainer->best_count = count;
    for (uint32_t left = count; left > 1; left--) {
        const uint32_t worst = best[0];
        best[0] = best[left - 1];
        best[left - 1] = worst;
        sink(trainer, 0, left - 1);
    }
}

/* Whether a symbol saves more of the whole column than it takes in the table. */
static bool is_worth_its_bytes(const struct candidate *candidate, double train_share)
{
    const uint32_t count =
        candidate->gain / (candidate->length > 1 ? candidate->length : SINGLE_WEIGHT);
    const uint32_t saved = candidate->length > 1 ? candidate->length - 1 : 1;
    return (double)count * saved > train_share * (candidate->length + 1);
}

static void take_best(struct trainer *trainer, double train_share, bool is_last)
{
    struct stoa_fsst_symbols *symbols = &trainer->matcher->symbols;
    uint8_t slots[STOA_FSST_HEADS] = {0};
    symbols->count = 0;
    for (uint32_t i = 0; i < trainer->best_count; i++) {
        const struct candidate *candidate = &trainer->candidates[trainer->best[i]];
        uint8_t *used = &slots[stoa_fsst_head(candidate->word)];
        if (is_last && !is_worth_its_bytes(candidate, train_share))
            continue;
        if (candidate->length >= 3 && *used >= STOA_FSST_SLOTS)
            continue;
        if (candidate->length >= 3)
            ++*used;
        symbols->words[symbols->count] = candidate->word;
        symbols->lengths[symbols->count] = (uint8_t)candidate->length;
        symbols->count++;
    }
    stoa_fsst_matcher_init(trainer->matcher);
}

/* ---- generations ---- */

stoa_status stoa_fsst_train(const struct stoa_fsst_sample *sample,
                            struct stoa_fsst_matcher *out_matcher, stoa_error *err)
{
    struct trainer *trainer = stoa_alloc(sizeof *trainer);
    if (!trainer)
        return stoa_fail_memory(err, sizeof *trainer);
    trainer->matcher = out_matcher;
    memset(trainer->counts, 0, sizeof trainer->counts);
    memset(trainer->pairs, 0, sizeof trainer->pairs);
    out_matcher->symbols.count = 0;
    stoa_fsst_matcher_init(out_matcher);
    for (unsigned i = 0; i < GENERATIONS; i++) {
        const bool is_last = i + 1 == GENERATIONS;
        const uint32_t threshold = 5 * eighths[i] / 8;
        count_sample(trainer, sample, sample->count * eighths[i] / 8);
        collect_candidates(trainer, threshold > 0 ? threshold : 1, is_last);
        rank_candidates(trainer);
        take_best(trainer, sample->train_share, is_last);
    }
    stoa_free(trainer);
    return STOA_OK;
}

/* ---- matching ---- */

/* Bytes that do not begin a text with this head. */
static uint64_t word_without_head(uint32_t head)
{
    uint64_t word = 0;
    while (stoa_fsst_head(word) == head)
        word++;
    return word;
}

static void clear_bucket(struct stoa_fsst_bucket *bucket, uint32_t head)
{
    *bucket = (struct stoa_fsst_bucket){.fits = {0}};
    for (unsigned k = 0; k < STOA_FSST_SLOTS; k++) {
        bucket->words[k] = word_without_head(head);
        bucket->masks[k] = UINT64_MAX;
        bucket->codes[k] = STOA_FSST_NONE;
    }
}

/* Puts a symbol behind those of the bucket that are at least as long. */
static void put_symbol(struct stoa_fsst_matcher *matcher, struct stoa_fsst_bucket *bucket,
                       unsigned code)
{
    const uint8_t *lengths = matcher->symbols.lengths;
    unsigned at = STOA_FSST_SLOTS - 1;
    assert(bucket->codes[at] == STOA_FSST_NONE);
    for (; at > 0; at--) {
        const unsigned before = bucket->codes[at - 1];
        if (before != STOA_FSST_NONE && lengths[before] >= lengths[code])
            break;
        bucket->words[at] = bucket->words[at - 1];
        bucket->masks[at] = bucket->masks[at - 1];
        bucket->codes[at] = bucket->codes[at - 1];
    }
    bucket->words[at] = matcher->symbols.words[code];
    bucket->masks[at] = stoa_low_mask(8u * lengths[code]);
    bucket->codes[at] = (uint8_t)code;
}

static void make_buckets(struct stoa_fsst_matcher *matcher)
{
    const struct stoa_fsst_symbols *symbols = &matcher->symbols;
    unsigned count = 1;
    memset(matcher->heads, 0, sizeof matcher->heads);
    clear_bucket(&matcher->buckets[0], STOA_FSST_HEADS);
    for (unsigned code = 0; code < symbols->count; code++) {
        const uint32_t head = stoa_fsst_head(symbols->words[code]);
        if (symbols->lengths[code] < 3)
            continue;
        if (matcher->heads[head] == 0) {
            clear_bucket(&matcher->buckets[count], head);
            matcher->heads[head] = (uint8_t)count++;
        }
        put_symbol(matcher, &matcher->buckets[matcher->heads[head]], code);
    }
    for (unsigned i = 1; i < count; i++) {
        struct stoa_fsst_bucket *bucket = &matcher->buckets[i];
        for (unsigned k = 0; k < STOA_FSST_SLOTS; k++) {
            const unsigned code = bucket->codes[k];
            unsigned left =
                code == STOA_FSST_NONE ? STOA_FSST_LENGTH + 1 : symbols->lengths[code];
            for (; left <= STOA_FSST_LENGTH; left++)
                bucket->fits[left] |= (uint8_t)(1u << k);
        }
    }
}

void stoa_fsst_matcher_init(struct stoa_fsst_matcher *matcher)
{
    const struct stoa_fsst_symbols *symbols = &matcher->symbols;
    memset(matcher->one, STOA_FSST_NONE, sizeof matcher->one);
    memset(matcher->lengths, 1, sizeof matcher->lengths);
    memcpy(matcher->lengths, symbols->lengths, symbols->count);
    for (unsigned code = 0; code < symbols->count; code++) {
        if (symbols->lengths[code] == 1)
            matcher->one[symbols->words[code]] = (uint8_t)code;
    }
    for (unsigned second = 0; second < 256; second++)
        memcpy(matcher->two + second * 256, matcher->one, sizeof matcher->one);
    for (unsigned code = 0; code < symbols->count; code++) {
        if (symbols->lengths[code] == 2)
            matcher->two[symbols->words[code]] = (uint8_t)code;
    }
    make_buckets(matcher);
}

/* ---- compressing ---- */

/* Writes the next code of a text with `left` >= 1 bytes to go, and returns how many it takes. An
 * escape is written as any code is, and so is the byte behind it, which the next code overwrites
 * where there was none. */
static inline size_t put_code(const struct stoa_fsst_matcher *matcher, const uint8_t *text,
                              size_t left, const uint8_t *end, uint8_t **out)
{
    const uint64_t word = stoa_fsst_load(text, left, end);
    const unsigned code = stoa_fsst_match(matcher, word, left);
    (*out)[0] = (uint8_t)code;
    (*out)[1] = (uint8_t)word;
    *out += 1 + (code == STOA_FSST_NONE);
    return matcher->lengths[code];
}

size_t stoa_fsst_compress(const struct stoa_fsst_matcher *matcher, const uint8_t *text,
                          size_t size, const uint8_t *end, uint8_t *out)
{
    const uint8_t *begin = out;
    while (size > 0) {
        const size_t length = put_code(matcher, text, size, end, &out);
        text += length;
        size -= length;
    }
    return (size_t)(out - begin);
}

/* Rows on their way from `row` to `last`. */
struct lane {
    const uint8_t *text; /* of the row, and what is left of it */
    size_t left;
    uint8_t *out;
    uint8_t *begin; /* the row's codes */
    uint32_t row;
    uint32_t last;
};

static struct lane lane_start(const struct stoa_column *column, uint32_t first,
                              uint32_t last, uint8_t *out)
{
    const struct stoa_view view = stoa_column_view(column, first);
    return (struct lane){.text = view.data,
                         .left = view.length,
                         .out = out,
                         .begin = out,
                         .row = first,
                         .last = last};
}

/* One code, or over to the next row. */
static inline void lane_step(const struct stoa_fsst_matcher *matcher,
                             const struct stoa_column *column, const uint8_t *end,
                             uint64_t *lengths, struct lane *lane)
{
    if (lane->left > 0) {
        const size_t length = put_code(matcher, lane->text, lane->left, end, &lane->out);
        lane->text += length;
        lane->left -= length;
        return;
    }
    lengths[lane->row++] = (uint64_t)(lane->out - lane->begin);
    lane->begin = lane->out;
    if (lane->row < lane->last)
        lane->left = column->offsets[lane->row + 1] - column->offsets[lane->row];
}

/* Each code waits for the one before, and mostly for memory: two halves go on at once. */
size_t stoa_fsst_compress_rows(const struct stoa_fsst_matcher *matcher,
                               const struct stoa_column *column, uint32_t first,
                               uint32_t last, uint64_t *lengths, uint8_t *out)
{
    const uint8_t *end = column->bytes + column->offsets[column->length];
    const uint32_t middle = first + (last - first) / 2;
    uint8_t *second = out + (size_t)2 * (column->offsets[middle] - column->offsets[first]);
    struct lane a = lane_start(column, first, middle, out);
    struct lane b = lane_start(column, middle, last, second);
    while (a.row < a.last && b.row < b.last) {
        lane_step(matcher, column, end, lengths, &a);
        lane_step(matcher, column, end, lengths, &b);
    }
    while (a.row < a.last)
        lane_step(matcher, column, end, lengths, &a);
    while (b.row < b.last)
        lane_step(matcher, column, end, lengths, &b);
    memmove(a.out, second, (size_t)(b.out - second));
    return (size_t)(a.out - out) + (size_t)(b.out - second);
}
