/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing an encoding: facts in one pass, sizes by arithmetic (near exact), cost = bits per value +
 * kappa x decode cycles per value, the profile's kappa saying what a cycle is worth. The
 * same input gives the same choice everywhere: only sums, products and comparisons of
 * doubles, ties to the lower id.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "format/enc/enc_hint.h"
#include "format/enc/enc_parts.h"

/* What a block may cost more than the one that the hint is from. */
#define HINT_SLACK 1.05

double stoa_profile_kappa(enum stoa_profile profile)
{
    static const double kappas[] = {
        [STOA_PROFILE_BALANCED] = 0.25,
        [STOA_PROFILE_FAST] = 1.0,
        [STOA_PROFILE_COMPACT] = 0.05,
    };
    return kappas[profile];
}

stoa_status stoa_profile_find(const char *name, enum stoa_profile *out, stoa_error *err)
{
    static const char *const names[] = {[STOA_PROFILE_BALANCED] = "balanced",
                                        [STOA_PROFILE_FAST] = "fast",
                                        [STOA_PROFILE_COMPACT] = "compact"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum stoa_profile)i;
            return STOA_OK;
        }
    }
    return stoa_fail(err, STOA_E_USAGE,
                     "expected profile balanced, fast or compact, found \"%s\"", name);
}

/* ---- facts ---- */

static uint32_t count_runs_64(const uint64_t *values, uint32_t count)
{
    uint32_t changes = 0;
    for (uint32_t i = 1; i < count; i++)
        changes += values[i] != values[i - 1];
    return changes + 1;
}

static uint32_t count_runs_32(const uint32_t *values, uint32_t count)
{
    uint32_t changes = 0;
    for (uint32_t i = 1; i < count; i++)
        changes += values[i] != values[i - 1];
    return changes + 1;
}

static uint32_t count_runs_128(const stoa_u128 *values, uint32_t count)
{
    uint32_t changes = 0;
    for (uint32_t i = 1; i < count; i++)
        changes += values[i] != values[i - 1];
    return changes + 1;
}

static uint32_t count_runs_bool(const uint64_t *words, uint32_t count)
{
    uint32_t changes = 0;
    uint64_t last = words[0] & 1;
    for (uint32_t i = 0; i < count; i += 64) {
        const uint64_t word = words[i / 64];
        const uint64_t valid = stoa_low_mask(count - i);
        changes += (uint32_t)__builtin_popcountll((word ^ (word << 1 | last)) & valid);
        last = word >> 63;
    }
    return changes + 1;
}

static uint32_t count_runs_text(const struct stoa_column *column)
{
    uint32_t changes = 0;
    for (uint32_t i = 1; i < column->length; i++)
        changes +=
            !stoa_view_equal(stoa_column_view(column, i - 1), stoa_column_view(column, i));
    return changes + 1;
}

static uint32_t count_runs(const struct stoa_column *column, const uint32_t *codes)
{
    if (codes)
        return count_runs_32(codes, column->length);
    if (column->phys == STOA_PHYS_BOOL)
        return count_runs_bool(column->values, column->length);
    if (column->phys == STOA_PHYS_BYTES)
        return count_runs_text(column);
    if (stoa_phys_width(column->phys) == 16)
        return count_runs_128(column->values, column->length);
    return count_runs_64(column->values, column->length);
}

/* The kernel compares signed, which is right when no value has its top bit set. */
static void find_bounds_u64(const struct stoa_column *column, struct stoa_enc_facts *facts)
{
    const uint64_t *values = stoa_column_u64(column);
    int64_t low = 0;
    int64_t high = 0;
    stoa_kernels_best()->min_max_i64(stoa_column_i64(column), column->length, &low, &high);
    uint64_t min = (uint64_t)low;
    uint64_t max = (uint64_t)high;
    if (low < 0) {
        min = max = values[0];
        for (uint32_t i = 1; i < column->length; i++) {
            min = values[i] < min ? values[i] : min;
            max = values[i] > max ? values[i] : max;
        }
    }
    facts->min.u64 = min;
    facts->max.u64 = max;
}

static void find_bounds_i128(const struct stoa_column *column, struct stoa_enc_facts *facts)
{
    const stoa_i128 *values = stoa_column_i128(column);
    stoa_i128 min = values[0];
    stoa_i128 max = values[0];
    for (uint32_t i = 1; i < column->length; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    facts->min.i128 = min;
    facts->max.i128 = max;
}

static uint64_t find_scale(const struct stoa_column *column,
                           const struct stoa_enc_facts *facts)
{
    const stoa_u128 min = (stoa_u128)stoa_value_number(column->phys, &facts->min);
    const stoa_u128 max = (stoa_u128)stoa_value_number(column->phys, &facts->max);
    return max - min > UINT64_MAX ? 0 : stoa_enc_common_scale(column, (uint64_t)min);
}

void stoa_enc_collect_facts(const struct stoa_column *column, const uint32_t *codes,
                            struct stoa_enc_facts *out_facts)
{
    struct stoa_enc_facts facts = {.run_count = count_runs(column, codes)};
    facts.is_constant = facts.run_count == 1;
    if (column->phys == STOA_PHYS_I64)
        stoa_kernels_best()->min_max_i64(stoa_column_i64(column), column->length,
                                         &facts.min.i64, &facts.max.i64);
    else if (column->phys == STOA_PHYS_U64)
        find_bounds_u64(column, &facts);
    else if (column->phys == STOA_PHYS_I128)
        find_bounds_i128(column, &facts);
    else if (column->phys == STOA_PHYS_BYTES)
        facts.text_bytes = column->offsets[column->length] - column->offsets[0];
    if (stoa_phys_is_integer(column->phys))
        facts.scale = find_scale(column, &facts);
    *out_facts = facts;
}

struct stoa_enc_input stoa_enc_child_input(const struct stoa_enc_input *parent, unsigned id,
                                           unsigned slot, const struct stoa_column *column)
{
    struct stoa_enc_input child = {
        .column = column,
        .profile = parent->profile,
        .compressor = parent->compressor,
        .depth = parent->depth + 1,
        .parent_mask = parent->parent_mask | UINT32_C(1) << id,
        /* What it takes alone, the parent takes at least. */
        .limit = parent->limit * parent->column->length / column->length,
        .place = stoa_hint_child(parent->place, slot),
        .hint = parent->hint,
        .found = parent->found,
        .is_sample = parent->is_sample,
    };
    stoa_enc_collect_facts(column, NULL, &child.facts);
    return child;
}

/* ---- choosing ---- */

double stoa_enc_cost(enum stoa_profile profile, const struct stoa_enc_estimate *estimate,
                     uint32_t count)
{
    return (double)estimate->size * 8 / count +
           stoa_profile_kappa(profile) * estimate->decode_cycles;
}

static double cost_of(const struct stoa_enc_input *input,
                      const struct stoa_enc_estimate *estimate)
{
    return stoa_enc_cost(input->profile, estimate, input->column->length);
}

/* Whoever offers a dictionary has found that it pays for the row group. Blocks where it does
 * not are rare, and finding out would cost more than the rest of encoding; integers alone have an
 * alternative that is as quick to estimate. */
static bool beats_dictionary(const struct stoa_encoding *encoding)
{
    return encoding->id == STOA_ENC_DICT || encoding->id == STOA_ENC_CONST ||
           encoding->id == STOA_ENC_FFOR || encoding->id == STOA_ENC_SAME;
}

/* [ENC-5] [ENC-6] */
static bool is_candidate(const struct stoa_encoding *encoding,
                         const struct stoa_enc_input *input)
{
    if (input->codes ? !beats_dictionary(encoding) : encoding->id == STOA_ENC_DICT)
        return false;
    if (encoding->id == STOA_ENC_DENSE && !input->validity)
        return false;
    if (encoding->id == STOA_ENC_SAME && input->reference_count == 0)
        return false;
    return (encoding->phys_mask & STOA_PHYS_BIT(input->column->phys)) &&
           !(input->parent_mask >> encoding->id & 1) &&
           !(encoding->has_children && input->depth >= STOA_NODE_MAX_DEPTH) &&
           (encoding->id == STOA_ENC_CONST || !input->facts.is_constant);
}

/* The best candidate so far. */
struct choice {
    const struct stoa_encoding *encoding; /* NULL: none holds the input */
    struct stoa_enc_estimate estimate;
    uint32_t asked;             /* bit per encoding id */
    struct stoa_enc_hint below; /* what it found out about its children */
};

static void choice_init(struct choice *choice)
{
    choice->encoding = NULL;
    choice->estimate = (struct stoa_enc_estimate){.size = STOA_ENC_NEVER};
    choice->asked = 0;
}

static const struct stoa_enc_known *find_known(const struct stoa_enc_input *input)
{
    const struct stoa_enc_known *known =
        input->hint ? &input->hint->places[input->place] : NULL;
    return known && known->encoding != 0 ? known : NULL;
}

/* What is known of children is of those of one encoding. */
static const struct stoa_enc_hint *hint_for(const struct stoa_enc_input *input,
                                            const struct stoa_encoding *encoding)
{
    const struct stoa_enc_known *known = find_known(input);
    return known && known->encoding == encoding->id ? input->hint : NULL;
}

/* Asks one encoding; what it is compared with, and may give up against, is trial->limit. */
static stoa_status ask(const struct stoa_encoding *encoding, struct stoa_enc_input *trial,
                       struct choice *choice, stoa_error *err)
{
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER,
                                         .decode_cycles = encoding->decode_cycles};
    struct stoa_enc_hint below;
    struct stoa_enc_input asked = *trial;
    choice->asked |= UINT32_C(1) << encoding->id;
    asked.hint = hint_for(trial, encoding);
    asked.found = &below;
    stoa_hint_copy_below(NULL, trial->place, &below);
    STOA_TRY(encoding->estimate(&asked, &estimate, err));
    if (estimate.size == STOA_ENC_NEVER)
        return STOA_OK;
    const double cost = cost_of(trial, &estimate);
    const bool is_tie = choice->encoding && !(cost < trial->limit || cost > trial->limit);
    if (!choice->encoding || cost < trial->limit ||
        (is_tie && encoding->id < choice->encoding->id)) {
        trial->limit = cost < trial->limit ? cost : trial->limit;
        choice->encoding = encoding;
        choice->estimate = estimate;
        stoa_hint_copy_below(&below, trial->place, &choice->below);
    }
    return STOA_OK;
}

/* Blocks of a column are mostly alike, and asking every encoding takes longer than encoding. What
 * has been found for the very values is the answer; what others have become is kept while it costs
 * about the same. */
static stoa_status try_known(const struct stoa_enc_known *known,
                             struct stoa_enc_input *trial, struct choice *choice,
                             bool *out_is_taken, stoa_error *err)
{
    const struct stoa_encoding *encoding = stoa_encoding_find(known->encoding);
    const double limit = trial->limit;
    *out_is_taken = false;
    if (!encoding || !is_candidate(encoding, trial))
        return STOA_OK;
    if (known->is_exact) {
        choice->encoding = encoding;
        choice->estimate = known->estimate;
        stoa_hint_copy_below(trial->hint, trial->place, &choice->below);
        trial->limit = cost_of(trial, &known->estimate);
        *out_is_taken = true;
        return STOA_OK;
    }
    STOA_TRY(ask(encoding, trial, choice, err));
    *out_is_taken =
        choice->encoding &&
        cost_of(trial, &choice->estimate) <=
            HINT_SLACK * stoa_enc_cost(trial->profile, &known->estimate, known->count);
    if (!*out_is_taken) {
        choice_init(choice);
        trial->limit = limit;
    }
    return STOA_OK;
}

/* Asks those that have not been, but for the spared: first those that estimate by arithmetic, so that
 * the dear estimates have something to give up against. */
static stoa_status ask_others(struct stoa_enc_input *trial, uint32_t spared,
                              struct choice *choice, stoa_error *err)
{
    const struct stoa_encoding *encoding;
    for (int last = 0; last < 2; last++) {
        for (size_t i = 0; (encoding = stoa_encoding_at(i)) != NULL; i++) {
            if (encoding->is_asked_last == (last == 1) &&
                !((spared | choice->asked) >> encoding->id & 1) &&
                is_candidate(encoding, trial))
                STOA_TRY(ask(encoding, trial, choice, err));
        }
    }
    return STOA_OK;
}

static void note_choice(const struct stoa_enc_input *input, const struct choice *choice,
                        uint32_t spared, struct stoa_enc_hint *out)
{
    out->places[input->place] = (struct stoa_enc_known){
        .encoding = choice->encoding ? (uint8_t)choice->encoding->id : 0,
        .is_exact = !input->is_sample,
        .count = input->column->length,
        .spared = spared | choice->asked,
        .estimate = choice->estimate};
    if (choice->encoding)
        stoa_hint_copy_below(&choice->below, input->place, out);
}

/* The cheapest candidate. */
static stoa_status choose(const struct stoa_enc_input *input, struct choice *out_choice,
                          stoa_error *err)
{
    struct stoa_enc_input trial = *input;
    const struct stoa_enc_known *known = find_known(input);
    uint32_t spared = known ? known->spared : 0;
    assert(input->column->length > 0);
    choice_init(out_choice);
    if (known && known->estimate.size != STOA_ENC_NEVER) {
        bool is_taken = false;
        STOA_TRY(try_known(known, &trial, out_choice, &is_taken, err));
        spared = is_taken ? spared | UINT32_C(1) << known->encoding : 0;
    }
    STOA_TRY(ask_others(&trial, spared, out_choice, err));
    if (!out_choice->encoding && spared != 0)
        STOA_TRY(ask_others(&trial, 0, out_choice, err));
    if (input->found)
        note_choice(input, out_choice, spared, input->found);
    return STOA_OK;
}

/* Keeps the bids in order; few enough for insertion. */
static void add_bid(struct stoa_enc_bids *bids, struct stoa_enc_bid bid)
{
    uint32_t at = bids->count++;
    for (; at > 0 && bid.cost < bids->items[at - 1].cost; at--)
        bids->items[at] = bids->items[at - 1];
    bids->items[at] = bid;
}

stoa_status stoa_enc_ask_all(const struct stoa_enc_input *input,
                             struct stoa_enc_bids *out_bids, stoa_error *err)
{
    struct stoa_enc_kept kept = {.fsst = NULL};
    struct stoa_enc_input trial = *input;
    const struct stoa_encoding *encoding;
    stoa_status status = STOA_OK;
    out_bids->count = 0;
    trial.kept = &kept;
    for (size_t i = 0; (encoding = stoa_encoding_at(i)) != NULL && status == STOA_OK; i++) {
        struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER,
                                             .decode_cycles = encoding->decode_cycles};
        if (!is_candidate(encoding, input))
            continue;
        trial.limit = INFINITY; /* nobody gives up: what is shown is whole */
        status = encoding->estimate(&trial, &estimate, err);
        if (status == STOA_OK && estimate.size != STOA_ENC_NEVER)
            add_bid(out_bids, (struct stoa_enc_bid){.encoding = encoding,
                                                    .size = estimate.size,
                                                    .cost = cost_of(&trial, &estimate)});
    }
    stoa_free(kept.fsst);
    return status;
}

/* The one candidate there is, or NULL: then nothing has to be estimated. */
static const struct stoa_encoding *only_candidate(const struct stoa_enc_input *input)
{
    const struct stoa_encoding *only = NULL;
    const struct stoa_encoding *encoding;
    for (size_t i = 0; (encoding = stoa_encoding_at(i)) != NULL; i++) {
        if (!is_candidate(encoding, input))
            continue;
        if (only)
            return NULL;
        only = encoding;
    }
    return only;
}

/* Chooses with something to keep findings in, which the caller frees. */
static stoa_status choose_keeping(const struct stoa_enc_input *input,
                                  struct stoa_enc_kept *kept, struct choice *out_choice,
                                  stoa_error *err)
{
    struct stoa_enc_input keeping = *input;
    keeping.kept = kept;
    return choose(&keeping, out_choice, err);
}

stoa_status stoa_enc_estimate_best(const struct stoa_enc_input *input,
                                   struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    struct choice choice;
    struct stoa_enc_kept kept = {.fsst = NULL};
    const stoa_status status = choose_keeping(input, &kept, &choice, err);
    stoa_free(kept.fsst);
    STOA_TRY(status);
    *out_estimate = choice.estimate;
    return STOA_OK;
}

stoa_status stoa_enc_find_best(const struct stoa_enc_input *input,
                               struct stoa_enc_estimate *out_estimate,
                               struct stoa_enc_hint *out_hint, stoa_error *err)
{
    struct stoa_enc_input finding = *input;
    *out_hint = (struct stoa_enc_hint){0};
    finding.found = out_hint;
    return stoa_enc_estimate_best(&finding, out_estimate, err);
}

/* Encodes as chosen, with what the choice has left. */
static stoa_status encode_chosen(const struct stoa_enc_input *input,
                                 const struct choice *choice, struct stoa_enc_kept *kept,
                                 struct stoa_buf *out, stoa_error *err)
{
    struct stoa_enc_input chosen = *input;
    chosen.kept = kept;
    chosen.hint = &choice->below; /* and notes what its children become */
    if (choice->encoding)
        return choice->encoding->encode(&chosen, out, err);
    return stoa_fail(err, STOA_E_LIMIT,
                     "expected an encoding for %u values of kind %d, found none",
                     input->column->length, (int)input->column->phys);
}

stoa_status stoa_enc_encode_best(const struct stoa_enc_input *input, struct stoa_buf *out,
                                 stoa_error *err)
{
    struct choice choice;
    struct stoa_enc_kept kept = {.fsst = NULL};
    struct stoa_enc_input asked = *input;
    stoa_status status = STOA_OK;
    asked.limit = INFINITY; /* it has to become something */
    choice_init(&choice);
    choice.encoding = only_candidate(&asked);
    if (choice.encoding) {
        choice.estimate.decode_cycles = choice.encoding->decode_cycles;
        stoa_hint_copy_below(hint_for(input, choice.encoding), input->place, &choice.below);
        if (input->found)
            note_choice(input, &choice, 0, input->found);
    } else {
        status = choose_keeping(&asked, &kept, &choice, err);
    }
    if (status == STOA_OK)
        status = encode_chosen(&asked, &choice, &kept, out, err);
    stoa_free(kept.fsst);
    return status;
}

stoa_status stoa_enc_encode_finding(const struct stoa_enc_input *input,
                                    struct stoa_buf *out, struct stoa_enc_hint *out_hint,
                                    stoa_error *err)
{
    struct stoa_enc_input finding = *input;
    *out_hint = (struct stoa_enc_hint){0};
    finding.found = out_hint;
    return stoa_enc_encode_best(&finding, out, err);
}
