/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/codec: round trips of every codec and level, working memory, damage. */
#include "tests/support/test_support.h"

#include <string.h>

#include "common/alloc.h"
#include "format/codec/codec.h"

enum { FRAME = STOA_FRAME_RAW_SIZE };

static uint8_t raw[FRAME + 1];

/* Text-like bytes that every codec can shrink. */
static void fill_raw(uint64_t seed)
{
    struct test_random random = test_random_start(seed);
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)("etaoin shrdlu\n"[test_random_below(&random, 14)]);
}

/* Only the head of working memory is zero at first. */
static void *filled_memory(size_t size, uint8_t fill)
{
    uint8_t *memory = size ? stoa_alloc(size) : NULL;
    if (memory) {
        memset(memory, fill, size);
        memset(memory, 0, size < STOA_CODEC_HEAD ? size : STOA_CODEC_HEAD);
    }
    return memory;
}

static void *working_memory(size_t size)
{
    return filled_memory(size, 0xA5);
}

static void check_round_trip(const struct stoa_codec *codec, int level, size_t raw_size,
                             void *compress_memory, void *decompress_memory)
{
    const size_t capacity = codec->bound(raw_size);
    uint8_t *out = stoa_alloc(capacity);
    uint8_t *again = stoa_alloc(capacity);
    uint8_t *back = stoa_alloc(raw_size);
    size_t size = 0;
    size_t size_again = 0;
    stoa_error err;
    assert_ok(
        codec->compress(compress_memory, raw, raw_size, level, out, capacity, &size, &err),
        &err);
    assert_true(size <= capacity);
    /* The bytes do not depend on where the working memory comes from. */
    assert_ok(
        codec->compress(NULL, raw, raw_size, level, again, capacity, &size_again, &err),
        &err);
    assert_int_equal(size_again, size);
    assert_bytes(again, out, size);
    assert_ok(codec->decompress(decompress_memory, out, size, back, raw_size, &err), &err);
    assert_bytes(back, raw, raw_size);
    stoa_free(out);
    stoa_free(again);
    stoa_free(back);
}

static void test_codecs_give_back_every_size(void **state)
{
    STOA_UNUSED(state);
    static const size_t sizes[] = {0, 1, 2, 100, 1000, 4097, 16384, 16385, 65535, FRAME};
    fill_raw(401);
    for (unsigned id = 0; id < STOA_CODEC_COUNT; id++) {
        const struct stoa_codec *codec = stoa_codec_find(id);
        void *to = working_memory(codec->compress_memory(codec->min_level));
        void *from = working_memory(codec->decompress_memory());
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            check_round_trip(codec, codec->min_level, sizes[i], to, from);
        stoa_free(to);
        stoa_free(from);
    }
}

static void test_codec_memory_suffices_for_every_level(void **state)
{
    STOA_UNUSED(state);
    static const size_t sizes[] = {0, 1, 300, 2000, 9000, 20000};
    fill_raw(402);
    for (unsigned id = 0; id < STOA_CODEC_COUNT; id++) {
        const struct stoa_codec *codec = stoa_codec_find(id);
        for (int level = codec->min_level; level <= codec->max_level; level++) {
            void *to = working_memory(codec->compress_memory(level));
            for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
                check_round_trip(codec, level, sizes[i], to, NULL);
            stoa_free(to);
        }
    }
}

/* [STREAM-4] whatever the history looks like; memory serves one history after
 * the other, and frames without one in between. */
static void test_zstd_compresses_behind_a_history(void **state)
{
    STOA_UNUSED(state);
    static const size_t histories[] = {1, 7, 1000, FRAME, STOA_HISTORY_MAX};
    static const int levels[] = {1, 3, 12, 19};
    static const uint8_t magic[] = {0x37, 0xA4, 0x30, 0xEC}; /* of a trained dictionary */
    static uint8_t history[STOA_HISTORY_MAX];
    static uint8_t out[FRAME * 2];
    static uint8_t back[FRAME];
    const struct stoa_codec *zstd = stoa_codec_find(STOA_CODEC_ZSTD);
    struct stoa_decompressor decompressor;
    stoa_decompressor_init(&decompressor);
    fill_raw(410);
    for (size_t i = 0; i < sizeof history; i++)
        history[i] = (uint8_t)(raw[i % 5000] ^ i >> 13);
    memcpy(history, magic, sizeof magic);
    for (size_t k = 0; k < sizeof levels / sizeof levels[0]; k++) {
        const int level = levels[k];
        void *memory = working_memory(zstd->compress_memory(level));
        for (size_t i = 0; i < sizeof histories / sizeof histories[0]; i++) {
            size_t size = 0;
            stoa_error err;
            assert_ok(zstd->learn(memory, history, histories[i], level, &err), &err);
            assert_ok(zstd->compress_behind(memory, raw, 20000, level, out, sizeof out,
                                            &size, &err),
                      &err);
            assert_ok(stoa_decompress(&decompressor, zstd, history, histories[i], out, size,
                                      back, 20000, &err),
                      &err);
            assert_bytes(back, raw, 20000);
            check_round_trip(zstd, level, 3000, memory, NULL);
        }
        stoa_free(memory);
    }
    stoa_decompressor_done(&decompressor);
}

/* Texts that change on the way, so that it is worth cutting a block in two. */
static void fill_changing(uint8_t *bytes, size_t size, uint64_t seed)
{
    static const char *const alphabets[] = {"etaoin shrdlu\n", "0123456789,.-$"};
    struct test_random random = test_random_start(seed);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)alphabets[i / 20000 % 2][test_random_below(&random, 14)];
}

/* What was in working memory before, of this stream or of another, is not seen in a frame. */
static void test_zstd_frames_behind_a_history_do_not_depend_on_memory(void **state)
{
    STOA_UNUSED(state);
    static const size_t histories[] = {FRAME, 2 * FRAME, STOA_HISTORY_MAX};
    static const int levels[] = {1, 3, 12, 19};
    static const uint8_t fills[] = {0x00, 0x01, 0xA5, 0xFF};
    static uint8_t history[STOA_HISTORY_MAX];
    static uint8_t frames[2][FRAME * 2];
    const struct stoa_codec *zstd = stoa_codec_find(STOA_CODEC_ZSTD);
    fill_changing(history, sizeof history, 411);
    fill_changing(raw, sizeof raw, 412);
    for (size_t at = 0; at < sizeof levels * 3 / sizeof levels[0]; at++) {
        const int level = levels[at / 3];
        const size_t history_size = histories[at % 3];
        size_t sizes[2] = {0};
        for (size_t f = 0; f < sizeof fills; f++) {
            void *memory = filled_memory(zstd->compress_memory(level), fills[f]);
            const size_t to = f > 0;
            stoa_error err;
            assert_ok(zstd->learn(memory, history, history_size, level, &err), &err);
            assert_ok(zstd->compress_behind(memory, raw, FRAME, level, frames[to],
                                            sizeof frames[to], &sizes[to], &err),
                      &err);
            assert_int_equal(sizes[to], sizes[0]);
            assert_bytes(frames[to], frames[0], sizes[0]);
            stoa_free(memory);
        }
    }
}

static void test_zstd_refuses_histories_it_cannot_learn(void **state)
{
    STOA_UNUSED(state);
    static uint8_t out[FRAME];
    const struct stoa_codec *zstd = stoa_codec_find(STOA_CODEC_ZSTD);
    void *memory = working_memory(zstd->compress_memory(3));
    size_t size = 0;
    stoa_error err;
    assert_fails(zstd->compress_behind(memory, raw, 100, 3, out, sizeof out, &size, &err),
                 STOA_E_INTERNAL, &err);
    assert_fails(zstd->learn(memory, raw, 0, 3, &err), STOA_E_INTERNAL, &err);
    assert_fails(zstd->learn(memory, raw, STOA_HISTORY_MAX + 1, 3, &err), STOA_E_INTERNAL,
                 &err);
    stoa_free(memory);
}

static void test_codecs_refuse_levels_and_frames_out_of_range(void **state)
{
    STOA_UNUSED(state);
    static uint8_t out[FRAME * 2];
    size_t size = 77;
    stoa_error err;
    for (unsigned id = STOA_CODEC_ZSTD; id < STOA_CODEC_COUNT; id++) {
        const struct stoa_codec *codec = stoa_codec_find(id);
        assert_fails(codec->compress(NULL, raw, 10, codec->min_level - 1, out, sizeof out,
                                     &size, &err),
                     STOA_E_INTERNAL, &err);
        assert_fails(codec->compress(NULL, raw, 10, codec->max_level + 1, out, sizeof out,
                                     &size, &err),
                     STOA_E_INTERNAL, &err);
        assert_fails(codec->compress(NULL, raw, FRAME + 1, codec->min_level, out,
                                     sizeof out, &size, &err),
                     STOA_E_INTERNAL, &err);
        assert_int_equal(size, 77);
    }
}

static void test_codecs_report_too_little_room(void **state)
{
    STOA_UNUSED(state);
    uint8_t out[20];
    size_t size = 77;
    stoa_error err;
    fill_raw(403);
    for (unsigned id = 0; id < STOA_CODEC_COUNT; id++) {
        const struct stoa_codec *codec = stoa_codec_find(id);
        assert_fails(codec->compress(NULL, raw, 1000, codec->min_level, out, sizeof out,
                                     &size, &err),
                     STOA_E_INTERNAL, &err);
        assert_int_equal(size, 77);
    }
}

static void test_codecs_refuse_wrong_sizes(void **state)
{
    STOA_UNUSED(state);
    static uint8_t out[FRAME];
    static uint8_t back[FRAME];
    stoa_error err;
    fill_raw(404);
    for (unsigned id = 0; id < STOA_CODEC_COUNT; id++) {
        const struct stoa_codec *codec = stoa_codec_find(id);
        size_t size = 0;
        assert_ok(codec->compress(NULL, raw, 5000, codec->min_level, out, sizeof out, &size,
                                  &err),
                  &err);
        out[size] = 0;
        assert_fails(codec->decompress(NULL, out, size, back, 4999, &err), STOA_E_CORRUPT,
                     &err);
        assert_fails(codec->decompress(NULL, out, size, back, 5001, &err), STOA_E_CORRUPT,
                     &err);
        assert_fails(codec->decompress(NULL, out, size - 1, back, 5000, &err),
                     STOA_E_CORRUPT, &err);
        assert_fails(codec->decompress(NULL, out, size + 1, back, 5000, &err),
                     STOA_E_CORRUPT, &err);
        assert_fails(codec->decompress(NULL, out, 0, back, 5000, &err), STOA_E_CORRUPT,
                     &err);
    }
}

/* A frame in two parts is what zstd itself would take. */
static void test_zstd_refuses_two_frames_for_one(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_codec *codec = stoa_codec_find(STOA_CODEC_ZSTD);
    uint8_t out[4000];
    uint8_t back[2000];
    size_t first = 0;
    size_t second = 0;
    stoa_error err;
    fill_raw(405);
    assert_ok(codec->compress(NULL, raw, 1000, 1, out, sizeof out, &first, &err), &err);
    assert_ok(
        codec->compress(NULL, raw, 0, 1, out + first, sizeof out - first, &second, &err),
        &err);
    assert_fails(codec->decompress(NULL, out, first + second, back, 1000, &err),
                 STOA_E_CORRUPT, &err);
}

static void test_codec_errors_keep_the_library_text(void **state)
{
    STOA_UNUSED(state);
    uint8_t out[2000];
    uint8_t back[1000];
    size_t size = 0;
    stoa_error err;
    const struct stoa_codec *zstd = stoa_codec_find(STOA_CODEC_ZSTD);
    const struct stoa_codec *lz4 = stoa_codec_find(STOA_CODEC_LZ4);
    fill_raw(406);
    assert_ok(zstd->compress(NULL, raw, 1000, 1, out, sizeof out, &size, &err), &err);
    assert_fails(zstd->decompress(NULL, out, size - 3, back, 1000, &err), STOA_E_CORRUPT,
                 &err);
    assert_contains(err.message, "Src size is incorrect");
    memset(out, 0xFF, 100);
    assert_fails(lz4->decompress(NULL, out, 100, back, 1000, &err), STOA_E_CORRUPT, &err);
    assert_contains(err.message, "lz4 code -");
}

/* Damaged input may give wrong bytes but never touches others (the sanitizer watches). */
static void test_codecs_survive_random_damage(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(407);
    fill_raw(408);
    for (unsigned id = STOA_CODEC_ZSTD; id < STOA_CODEC_COUNT; id++) {
        const struct stoa_codec *codec = stoa_codec_find(id);
        void *memory = working_memory(codec->decompress_memory());
        for (int round = 0; round < 200; round++) {
            uint8_t out[4096];
            uint8_t *back = stoa_alloc(3000);
            size_t size = 0;
            assert_ok(codec->compress(NULL, raw, 3000, codec->min_level, out, sizeof out,
                                      &size, NULL),
                      NULL);
            uint8_t *bytes = stoa_alloc(size);
            memcpy(bytes, out, size);
            bytes[test_random_below(&random, size)] ^=
                (uint8_t)(1 + test_random_below(&random, 255));
            const stoa_status status =
                codec->decompress(memory, bytes, size, back, 3000, NULL);
            assert_true(status == STOA_OK || status == STOA_E_CORRUPT);
            stoa_free(bytes);
            stoa_free(back);
        }
        /* The memory is as good as before. */
        check_round_trip(codec, codec->min_level, 3000, NULL, memory);
        stoa_free(memory);
    }
}

static stoa_status both_ways(void *context, stoa_error *err)
{
    const struct stoa_codec *codec = context;
    static uint8_t out[FRAME];
    static uint8_t back[FRAME];
    size_t size = 0;
    STOA_TRY(
        codec->compress(NULL, raw, 5000, codec->min_level, out, sizeof out, &size, err));
    return codec->decompress(NULL, out, size, back, 5000, err);
}

static void test_codecs_report_short_memory(void **state)
{
    STOA_UNUSED(state);
    struct stoa_codec zstd = *stoa_codec_find(STOA_CODEC_ZSTD);
    struct stoa_codec lz4 = *stoa_codec_find(STOA_CODEC_LZ4);
    fill_raw(409);
    assert_true(test_allocation_failures(both_ways, &zstd) >= 2);
    assert_true(test_allocation_failures(both_ways, &lz4) >= 1);
}

/* One frame of each codec, in a row, with one decompressor. */
static stoa_status decompress_all(void *context, stoa_error *err)
{
    struct stoa_decompressor *decompressor = context;
    static uint8_t out[FRAME];
    static uint8_t back[FRAME];
    for (unsigned id = 0; id < STOA_CODEC_COUNT; id++) {
        const struct stoa_codec *codec = stoa_codec_find(id);
        size_t size = 0;
        STOA_TRY(codec->compress(NULL, raw, 5000, codec->min_level, out, sizeof out, &size,
                                 err));
        memset(back, 0, 5000);
        STOA_TRY(stoa_decompress(decompressor, codec, NULL, 0, out, size, back, 5000, err));
        assert_bytes(back, raw, 5000);
    }
    return STOA_OK;
}

static stoa_status decompress_anew(void *context, stoa_error *err)
{
    STOA_UNUSED(context);
    struct stoa_decompressor decompressor;
    stoa_decompressor_init(&decompressor);
    const stoa_status status = decompress_all(&decompressor, err);
    stoa_decompressor_done(&decompressor);
    return status;
}

static void test_decompressor_reports_short_memory(void **state)
{
    STOA_UNUSED(state);
    fill_raw(410);
    assert_true(test_allocation_failures(decompress_anew, NULL) >= 3);
    assert_true(test_allocation_failures(decompress_all, NULL) >= 3);
}

/* A failure leaves it as good as new, and a second frame finds its memory there. */
static void test_decompressor_makes_memory_once(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_codec *zstd = stoa_codec_find(STOA_CODEC_ZSTD);
    static uint8_t out[FRAME];
    static uint8_t back[FRAME];
    struct stoa_decompressor decompressor;
    size_t size = 0;
    stoa_error err;
    fill_raw(411);
    stoa_decompressor_init(&decompressor);
    assert_ok(zstd->compress(NULL, raw, 5000, 1, out, sizeof out, &size, &err), &err);
    stoa_alloc_fail_at(1, false);
    assert_fails(stoa_decompress(&decompressor, zstd, NULL, 0, out, size, back, 5000, &err),
                 STOA_E_NO_MEMORY, &err);
    stoa_alloc_fail_at(0, false);
    for (int round = 0; round < 3; round++) {
        assert_ok(
            stoa_decompress(&decompressor, zstd, NULL, 0, out, size, back, 5000, &err),
            &err);
        assert_bytes(back, raw, 5000);
        assert_int_equal(stoa_alloc_count(), 1);
    }
    stoa_decompressor_done(&decompressor);
}

static void test_codec_table_knows_its_ids_only(void **state)
{
    STOA_UNUSED(state);
    for (unsigned id = 0; id < STOA_CODEC_COUNT; id++)
        assert_int_equal(stoa_codec_find(id)->id, id);
    assert_null(stoa_codec_find(STOA_CODEC_COUNT));
    assert_null(stoa_codec_find(255));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codecs_give_back_every_size),
        cmocka_unit_test(test_codec_memory_suffices_for_every_level),
        cmocka_unit_test(test_zstd_compresses_behind_a_history),
        cmocka_unit_test(test_zstd_frames_behind_a_history_do_not_depend_on_memory),
        cmocka_unit_test(test_zstd_refuses_histories_it_cannot_learn),
        cmocka_unit_test(test_codecs_refuse_levels_and_frames_out_of_range),
        cmocka_unit_test(test_codecs_report_too_little_room),
        cmocka_unit_test(test_codecs_refuse_wrong_sizes),
        cmocka_unit_test(test_zstd_refuses_two_frames_for_one),
        cmocka_unit_test(test_codec_errors_keep_the_library_text),
        cmocka_unit_test(test_codecs_survive_random_damage),
        cmocka_unit_test(test_codecs_report_short_memory),
        cmocka_unit_test(test_decompressor_reports_short_memory),
        cmocka_unit_test(test_decompressor_makes_memory_once),
        cmocka_unit_test(test_codec_table_knows_its_ids_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
