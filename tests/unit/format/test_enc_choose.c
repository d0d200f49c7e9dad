/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of choosing encodings: facts, what wins where, rules of trees, round trips of every kind. */
#include "tests/unit/format/node_check.h"

#include "format/enc/enc_hint.h"
#include <math.h>
#include <string.h>

/* Encodes by choice; the bytes are the caller's. */
static struct stoa_buf encode(const struct stoa_column *column, enum stoa_profile profile)
{
    struct stoa_enc_input input = {
        .column = column, .profile = profile, .depth = 1, .limit = INFINITY};
    struct stoa_buf bytes;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 26);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_enc_encode_best(&input, &bytes, &err), &err);
    return bytes;
}

static void test_facts_are_right(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2001);
    for (int i = 0; i < 7 * 40; i++) {
        const enum stoa_phys phys = (enum stoa_phys)(1 + i % 7);
        struct stoa_column_builder builder;
        struct stoa_enc_facts facts;
        const uint32_t rows = 1 + (uint32_t)test_random_below(&random, 300);
        random_column(&random, phys, rows, 0, 1 + i % 3, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        stoa_enc_collect_facts(&column, NULL, &facts);
        uint32_t runs = 1;
        struct stoa_value min = stoa_column_get(&column, 0);
        struct stoa_value max = min;
        for (uint32_t row = 1; row < rows; row++) {
            const struct stoa_value last = stoa_column_get(&column, row - 1);
            const struct stoa_value value = stoa_column_get(&column, row);
            runs += stoa_value_compare_exact(phys, &last, &value) != 0;
            min = stoa_value_compare(phys, &value, &min) < 0 ? value : min;
            max = stoa_value_compare(phys, &value, &max) > 0 ? value : max;
        }
        assert_int_equal(facts.run_count, runs);
        assert_int_equal(facts.is_constant, runs == 1);
        if (phys == STOA_PHYS_I64 || phys == STOA_PHYS_U64 || phys == STOA_PHYS_I128) {
            assert_int_equal(stoa_value_compare(phys, &facts.min, &min), 0);
            assert_int_equal(stoa_value_compare(phys, &facts.max, &max), 0);
        }
        stoa_column_builder_done(&builder);
    }
}

static void test_choice_is_what_the_shape_asks_for(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        enum stoa_phys phys;
        enum shape shape;
        unsigned encoding;
    } cases[] = {
        {STOA_PHYS_I64,     SHAPE_CONSTANT,      STOA_ENC_CONST},
        {STOA_PHYS_BYTES,   SHAPE_CONSTANT,      STOA_ENC_CONST},
        {STOA_PHYS_BOOL,    SHAPE_CONSTANT,      STOA_ENC_CONST},
        {STOA_PHYS_I64,     SHAPE_NARROW,        STOA_ENC_FFOR },
        {STOA_PHYS_U64,     SHAPE_HIGH_OUTLIERS, STOA_ENC_FFOR },
        {STOA_PHYS_I128,    SHAPE_NARROW,        STOA_ENC_FFOR },
        {STOA_PHYS_I64,     SHAPE_WIDE,          STOA_ENC_RAW  },
        {STOA_PHYS_F64,     SHAPE_WIDE,          STOA_ENC_RAW  },
        {STOA_PHYS_FIXED16, SHAPE_WIDE,          STOA_ENC_RAW  },
        {STOA_PHYS_I64,     SHAPE_LONG_RUNS,     STOA_ENC_RLE  },
        {STOA_PHYS_BYTES,   SHAPE_LONG_RUNS,     STOA_ENC_RLE  },
        {STOA_PHYS_BOOL,    SHAPE_LONG_RUNS,     STOA_ENC_RLE  },
        {STOA_PHYS_BOOL,    SHAPE_WIDE,          STOA_ENC_BOOL },
    };
    struct test_random random = test_random_start(2002);
    /* Balanced and fast; compact squeezes the last half bit out of some by a codec. */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] * 2; i++) {
        struct stoa_column_builder builder;
        shape_column(&random, cases[i / 2].phys, cases[i / 2].shape, 10000, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        struct stoa_buf bytes = encode(&column, (enum stoa_profile)(i % 2));
        if (bytes.data[0] != cases[i / 2].encoding)
            fail_msg("case %zu, profile %zu: expected encoding %u, found %u", i / 2, i % 2,
                     cases[i / 2].encoding, bytes.data[0]);
        stoa_buf_done(&bytes);
        stoa_column_builder_done(&builder);
    }
}

static void test_choice_gives_back_every_kind_and_shape(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {1, 3, 1024, 1500, 4097};
    struct test_random random = test_random_start(2003);
    for (int i = 0; i < 7 * SHAPE_COUNT * 5; i++) {
        const enum stoa_phys phys = (enum stoa_phys)(1 + i % 7);
        struct stoa_column_builder builder;
        struct opened_node opened;
        stoa_error err;
        shape_column(&random, phys, (enum shape)(i / 7 % SHAPE_COUNT),
                     lengths[i / 7 / SHAPE_COUNT], &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        struct stoa_buf bytes = encode(&column, (enum stoa_profile)(i % 3));
        struct stoa_buf again = encode(&column, (enum stoa_profile)(i % 3));
        assert_int_equal(bytes.size, again.size);
        assert_bytes(again.data, bytes.data, bytes.size);
        assert_ok(node_open(bytes.data, bytes.size, phys, column.length, NULL, false,
                            &opened, &err),
                  &err);
        node_check(opened.node, &column, &random);
        node_close(&opened);
        stoa_buf_done(&bytes);
        stoa_buf_done(&again);
        stoa_column_builder_done(&builder);
    }
}

/* Never much larger than the values as they are, whatever they are. */
static void test_choice_never_grows_the_values(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2004);
    for (int i = 0; i < 7 * SHAPE_COUNT; i++) {
        const enum stoa_phys phys = (enum stoa_phys)(1 + i % 7);
        struct stoa_column_builder builder;
        shape_column(&random, phys, (enum shape)(i / 7), 3000, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        struct stoa_buf bytes = encode(&column, STOA_PROFILE_BALANCED);
        assert_true(bytes.size <= stoa_column_raw_size(&column) + 128);
        stoa_buf_done(&bytes);
        stoa_column_builder_done(&builder);
    }
}

static unsigned tree_depth(const struct stoa_node *node, uint32_t parents)
{
    unsigned depth = 0;
    assert_false(parents >> node->encoding->id & 1); /* [ENC-6] */
    for (unsigned i = 0; i < STOA_NODE_MAX_CHILDREN && node->children[i]; i++) {
        const unsigned child =
            tree_depth(node->children[i], parents | UINT32_C(1) << node->encoding->id);
        depth = child > depth ? child : depth;
    }
    return depth + 1;
}

static void test_trees_keep_the_rules(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2005);
    for (int i = 0; i < 7 * SHAPE_COUNT; i++) {
        const enum stoa_phys phys = (enum stoa_phys)(1 + i % 7);
        struct stoa_column_builder builder;
        struct opened_node opened;
        stoa_error err;
        shape_column(&random, phys, (enum shape)(i / 7), 6000, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        struct stoa_buf bytes = encode(&column, STOA_PROFILE_COMPACT);
        assert_ok(node_open(bytes.data, bytes.size, phys, column.length, NULL, false,
                            &opened, &err),
                  &err);
        assert_true(tree_depth(opened.node, 0) <= 3);
        node_close(&opened);
        stoa_buf_done(&bytes);
        stoa_column_builder_done(&builder);
    }
}

static stoa_status encode_runs(void *context, stoa_error *err)
{
    const struct stoa_column *column = context;
    struct stoa_enc_input input = {.column = column, .depth = 1, .limit = INFINITY};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    const stoa_status status = stoa_enc_encode_best(&input, &bytes, err);
    stoa_buf_done(&bytes);
    return status;
}

/* That `encoding` without cycles takes `bits` a value. */
static struct stoa_enc_hint make_hint(uint8_t encoding, double bits)
{
    return (struct stoa_enc_hint){
        .places = {{.encoding = encoding,
                    .count = 8192,
                    .spared = UINT32_MAX,
                    .estimate = {.size = (uint64_t)(bits * 1024)}}}};
}

/* Encodes with a hint and says what the root has become. */
static uint8_t root_by_hint(const struct stoa_column *column,
                            const struct stoa_enc_hint *hint)
{
    struct stoa_enc_input input = {.column = column,
                                   .profile = STOA_PROFILE_BALANCED,
                                   .depth = 1,
                                   .limit = INFINITY,
                                   .hint = hint};
    struct stoa_enc_hint found;
    struct stoa_buf bytes;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 26);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_enc_encode_finding(&input, &bytes, &found, &err), &err);
    const uint8_t root = bytes.data[0];
    assert_int_equal(found.places[0].encoding, root);
    assert_int_equal(found.places[0].count, column->length);
    stoa_buf_done(&bytes);
    return root;
}

static uint8_t root_with_hint(const struct stoa_column *column, uint8_t encoding,
                              double bits)
{
    const struct stoa_enc_hint hint = make_hint(encoding, bits);
    return root_by_hint(column, &hint);
}

static void test_hint_is_taken_while_it_costs_about_the_same(void **state)
{
    enum { ROWS = 4096 };
    static int64_t values[ROWS];
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2007);
    for (size_t i = 0; i < ROWS; i++) /* FFOR in 10 bits is the best there is */
        values[i] = (int64_t)test_random_below(&random, 1024);
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = ROWS, .values = values};
    struct stoa_enc_input input = {.column = &column, .depth = 1, .limit = INFINITY};
    struct stoa_enc_estimate estimate;
    struct stoa_enc_hint best;
    stoa_error err;
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    assert_ok(stoa_enc_find_best(&input, &estimate, &best, &err), &err);
    assert_int_equal(best.places[0].encoding, STOA_ENC_FFOR);
    const double cost = stoa_enc_cost(STOA_PROFILE_BALANCED, &estimate, ROWS);
    assert_true(cost > 10 && cost < 12);
    assert_int_equal(root_with_hint(&column, STOA_ENC_FFOR, cost), STOA_ENC_FFOR);
    assert_int_equal(root_with_hint(&column, STOA_ENC_RAW, 65), STOA_ENC_RAW);
    assert_int_equal(root_with_hint(&column, STOA_ENC_RAW, 60), STOA_ENC_FFOR);
    /* What cannot hold the values, is not known, or is no candidate does not count. */
    assert_int_equal(root_with_hint(&column, STOA_ENC_SEQ, 1000), STOA_ENC_FFOR);
    assert_int_equal(root_with_hint(&column, 0, 1000), STOA_ENC_FFOR);
    assert_int_equal(root_with_hint(&column, STOA_ENC_STR, 1000), STOA_ENC_FFOR);
    assert_int_equal(root_with_hint(&column, STOA_ENC_DICT, 1000), STOA_ENC_FFOR);
    memset(values, 0, sizeof values);
    assert_int_equal(root_with_hint(&column, STOA_ENC_RAW, 65), STOA_ENC_CONST);
}

/* What is exact is not asked for again, whatever it cost: nor are the encodings it spares. */
static void test_exact_hint_is_taken_at_once(void **state)
{
    enum { ROWS = 4096 };
    static int64_t values[ROWS];
    STOA_UNUSED(state);
    for (size_t i = 0; i < ROWS; i++)
        values[i] = (int64_t)i;
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = ROWS, .values = values};
    struct stoa_enc_hint hint = make_hint(STOA_ENC_RAW, 1);
    assert_int_equal(root_by_hint(&column, &hint), STOA_ENC_SEQ);
    hint.places[0].is_exact = true;
    assert_int_equal(root_by_hint(&column, &hint), STOA_ENC_RAW);
    hint.places[0].spared = ~(UINT32_C(1) << STOA_ENC_SEQ);
    hint.places[0].estimate.size = (uint64_t)65 * 1024;
    assert_int_equal(root_by_hint(&column, &hint), STOA_ENC_SEQ);
    stoa_hint_loosen(&hint);
    assert_false(hint.places[0].is_exact);
}

/* Beside NULLs the best of the values becomes DENSE's child, and is asked itself. */
static void test_hint_is_spread_over_nulls(void **state)
{
    STOA_UNUSED(state);
    struct stoa_enc_hint hint = make_hint(STOA_ENC_RLE, 3);
    hint.places[0].is_exact = true;
    hint.places[stoa_hint_child(0, 1)] =
        (struct stoa_enc_known){.encoding = STOA_ENC_DELTA, .is_exact = true};
    hint.places[stoa_hint_child(stoa_hint_child(0, 1), 0)].encoding = STOA_ENC_FFOR;
    stoa_hint_spread(&hint, 0);
    const struct stoa_enc_known *root = &hint.places[0];
    assert_int_equal(root->encoding, STOA_ENC_DENSE);
    assert_true(root->estimate.size == STOA_ENC_NEVER);
    assert_false(root->spared >> STOA_ENC_DENSE & 1);
    assert_false(root->spared >> STOA_ENC_RLE & 1);
    assert_true(root->spared >> STOA_ENC_BYTES & 1);
    const uint32_t values = stoa_hint_child(0, 0);
    assert_int_equal(hint.places[values].encoding, STOA_ENC_RLE);
    assert_false(hint.places[values].is_exact);
    assert_int_equal(hint.places[stoa_hint_child(values, 1)].encoding, STOA_ENC_DELTA);
    assert_int_equal(hint.places[stoa_hint_child(0, 1)].encoding, 0);
    struct stoa_enc_hint nothing = {0};
    stoa_hint_spread(&nothing, 0);
    assert_int_equal(nothing.places[0].encoding, 0);
}

/* Searching first and encoding by what was found gives what encoding alone gives, all through the
 * tree. */
static void test_found_tree_encodes_the_same(void **state)
{
    enum { ROWS = 6000 };
    static int64_t values[ROWS];
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2011);
    for (size_t i = 0; i < ROWS; i++)
        values[i] = i > 0 && test_random_below(&random, 12)
                        ? values[i - 1]
                        : (int64_t)(i * i + test_random_below(&random, 9));
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = ROWS, .values = values};
    struct stoa_enc_input input = {.column = &column, .depth = 1, .limit = INFINITY};
    struct stoa_enc_estimate estimate;
    struct stoa_enc_hint found;
    struct stoa_buf plain;
    struct stoa_buf hinted;
    stoa_error err;
    stoa_buf_init(&plain, (size_t)1 << 26);
    stoa_buf_init(&hinted, (size_t)1 << 26);
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    assert_ok(stoa_enc_encode_best(&input, &plain, &err), &err);
    assert_ok(stoa_enc_find_best(&input, &estimate, &found, &err), &err);
    assert_true(found.places[0].is_exact);
    assert_int_not_equal(found.places[stoa_hint_child(0, 0)].encoding, 0);
    input.hint = &found;
    assert_ok(stoa_enc_encode_best(&input, &hinted, &err), &err);
    assert_int_equal(plain.size, hinted.size);
    assert_memory_equal(plain.data, hinted.data, plain.size);
    stoa_buf_done(&plain);
    stoa_buf_done(&hinted);
}

static void test_choice_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2006);
    static const enum stoa_phys kinds[] = {STOA_PHYS_I64, STOA_PHYS_F64, STOA_PHYS_BYTES};
    for (size_t i = 0; i < 3; i++) {
        struct stoa_column_builder builder;
        shape_column(&random, kinds[i], i == 1 ? SHAPE_SKEWED : SHAPE_RUNS, 3000, &builder);
        struct stoa_column column = stoa_column_builder_view(&builder);
        assert_true(test_allocation_failures(encode_runs, &column) > 5);
        stoa_column_builder_done(&builder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_are_right),
        cmocka_unit_test(test_choice_is_what_the_shape_asks_for),
        cmocka_unit_test(test_choice_gives_back_every_kind_and_shape),
        cmocka_unit_test(test_choice_never_grows_the_values),
        cmocka_unit_test(test_trees_keep_the_rules),
        cmocka_unit_test(test_hint_is_taken_while_it_costs_about_the_same),
        cmocka_unit_test(test_exact_hint_is_taken_at_once),
        cmocka_unit_test(test_hint_is_spread_over_nulls),
        cmocka_unit_test(test_found_tree_encodes_the_same),
        cmocka_unit_test(test_choice_survives_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
