/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of byte streams [STREAM-1..4], inside a node made for the purpose. */
#include "tests/unit/format/node_check.h"

#include <stdlib.h>
#include <string.h>

#include "format/enc/stream.h"

enum { RAW_SIZE = 200000 };

static uint8_t raw[RAW_SIZE];

static void fill_text(uint64_t seed)
{
    struct test_random random = test_random_start(seed);
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)("etaoin shrdlu\n"[test_random_below(&random, 14)]);
}

/* A node header and a stream behind it. */
static struct stoa_buf make_node_of(enum stoa_profile profile, enum stoa_stream_kind kind,
                                    size_t size, size_t frame_size)
{
    struct stoa_buf out;
    stoa_error err;
    size_t start = 0;
    stoa_buf_init(&out, (size_t)1 << 24);
    assert_ok(stoa_node_begin(stoa_encoding_find(STOA_ENC_RAW), STOA_PHYS_I64, 1, &out,
                              &start, &err),
              &err);
    const struct stoa_stream_use use = {.profile = profile, .kind = kind};
    assert_ok(stoa_stream_write(&use, raw, size, frame_size, &out, &err), &err);
    assert_int_equal(out.size % 8, 0);
    assert_ok(stoa_node_finish(&out, start, &err), &err);
    return out;
}

static struct stoa_buf make_node(enum stoa_profile profile, size_t size, size_t frame_size)
{
    return make_node_of(profile, STOA_STREAM_NUMBERS, size, frame_size);
}

/* An opened stream with its memory; bytes are an exact copy, so that overreads show. */
struct opened_stream {
    struct stoa_arena arena;
    struct stoa_enc_context context;
    struct stoa_node node;
    struct stoa_stream stream;
    uint8_t *bytes;
};

static stoa_status open_stream(const struct stoa_buf *bytes, struct opened_stream *out,
                               stoa_error *err)
{
    out->bytes = malloc(bytes->size);
    assert_non_null(out->bytes);
    memcpy(out->bytes, bytes->data, bytes->size);
    stoa_arena_init(&out->arena, (size_t)1 << 26);
    out->context =
        (struct stoa_enc_context){.arena = &out->arena, .kernels = stoa_kernels_best()};
    out->node = (struct stoa_node){.encoding = stoa_encoding_find(STOA_ENC_RAW),
                                   .phys = STOA_PHYS_I64,
                                   .count = 1,
                                   .bytes = out->bytes,
                                   .size = bytes->size,
                                   .context = &out->context};
    struct stoa_parts parts = stoa_parts_make(&out->node, 1);
    STOA_TRY(stoa_stream_open(&parts, &out->stream, err));
    return stoa_parts_end(&parts, err);
}

static void close_stream(struct opened_stream *opened)
{
    stoa_arena_done(&opened->arena);
    free(opened->bytes);
}

static void test_stream_gives_back_any_range(void **state)
{
    STOA_UNUSED(state);
    static const size_t sizes[] = {0, 1, 63, 64, 1000, 65536, 65537, RAW_SIZE};
    static const size_t frames[] = {1000, 16384, 65536};
    struct test_random random = test_random_start(1701);
    fill_text(1702);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] * 18; i++) {
        const size_t size = sizes[i / 18];
        struct stoa_buf bytes =
            make_node_of((enum stoa_profile)(i % 3), (enum stoa_stream_kind)(i / 9 % 2),
                         size, frames[i / 3 % 3]);
        struct opened_stream opened;
        stoa_error err;
        assert_ok(open_stream(&bytes, &opened, &err), &err);
        assert_int_equal(opened.stream.raw_size, size);
        assert_true(size < 1000 || i % 3 == STOA_PROFILE_FAST || bytes.size < size);
        for (int k = 0; k < 10; k++) {
            const uint32_t first = (uint32_t)test_random_below(&random, size + 1);
            const uint32_t length = (uint32_t)test_random_below(&random, size - first + 1);
            const uint8_t *found = NULL;
            assert_ok(stoa_stream_touch(&opened.stream, first, length, &found, &err), &err);
            assert_bytes(found, raw + first, length);
        }
        close_stream(&opened);
        stoa_buf_done(&bytes);
    }
}

static void test_stream_decompresses_only_what_is_touched(void **state)
{
    STOA_UNUSED(state);
    fill_text(1703);
    struct stoa_buf bytes = make_node(STOA_PROFILE_BALANCED, RAW_SIZE, 10000);
    struct opened_stream opened;
    const uint8_t *found = NULL;
    stoa_error err;
    assert_ok(open_stream(&bytes, &opened, &err), &err);
    assert_int_equal(opened.stream.frame_count, 20);
    assert_ok(stoa_stream_touch(&opened.stream, 39999, 2, &found, &err), &err);
    assert_int_equal(opened.stream.done[0], 1 << 3 | 1 << 4);
    assert_ok(stoa_stream_touch(&opened.stream, RAW_SIZE, 0, &found, &err), &err);
    assert_ok(stoa_stream_touch(&opened.stream, RAW_SIZE - 1, 1, &found, &err), &err);
    assert_int_equal(opened.stream.done[0], 1 << 3 | 1 << 4 | 1 << 19);
    close_stream(&opened);
    stoa_buf_done(&bytes);
}

/* [STREAM-4] a frame needs those of the history before it, and no others. */
static void test_stream_decompresses_the_history_first(void **state)
{
    STOA_UNUSED(state);
    fill_text(1710);
    struct stoa_buf bytes =
        make_node_of(STOA_PROFILE_COMPACT, STOA_STREAM_TEXT, RAW_SIZE, 10000);
    struct opened_stream opened;
    const uint8_t *found = NULL;
    stoa_error err;
    assert_ok(open_stream(&bytes, &opened, &err), &err);
    assert_int_equal(opened.stream.history, 4);
    assert_ok(stoa_stream_touch(&opened.stream, 10000, 1, &found, &err), &err);
    assert_int_equal(opened.stream.done[0], 1 << 1 | 1 << 0);
    assert_ok(stoa_stream_touch(&opened.stream, 90000, 1, &found, &err), &err);
    assert_bytes(found, raw + 90000, 10000);
    assert_int_equal(opened.stream.done[0], 1 << 9 | 0xf);
    close_stream(&opened);
    stoa_buf_done(&bytes);
}

/* What has been there in the first frame costs nearly nothing in the others. */
static void test_stream_finds_repeats_in_the_history(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1711);
    fill_text(1712);
    test_random_bytes(&random, raw, 20000);
    for (size_t i = 1; i < 5; i++)
        memcpy(raw + i * 30000, raw, 20000);
    struct stoa_buf alone = make_node(STOA_PROFILE_BALANCED, 150000, 30000);
    struct stoa_buf behind =
        make_node_of(STOA_PROFILE_BALANCED, STOA_STREAM_TEXT, 150000, 30000);
    assert_true(alone.size > 100000);
    assert_true(behind.size < 20000 + 5 * 10000);
    stoa_buf_done(&alone);
    stoa_buf_done(&behind);
}

static void test_stream_keeps_noise_raw(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1704);
    test_random_bytes(&random, raw, sizeof raw);
    struct stoa_buf bytes = make_node(STOA_PROFILE_COMPACT, RAW_SIZE, 65536);
    assert_int_equal(bytes.data[16], STOA_CODEC_NONE);
    assert_int_equal(bytes.size, 32 + RAW_SIZE);
    stoa_buf_done(&bytes);
}

/* [STREAM-3] text, then noise: the frames of noise are kept as they are. */
static void test_stream_mixes_raw_and_compressed_frames(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1705);
    fill_text(1706);
    test_random_bytes(&random, raw + 65536, 65536);
    struct stoa_buf bytes = make_node(STOA_PROFILE_BALANCED, 131072, 65536);
    struct opened_stream opened;
    const uint8_t *found = NULL;
    stoa_error err;
    assert_int_equal(bytes.data[16], STOA_CODEC_ZSTD);
    assert_ok(open_stream(&bytes, &opened, &err), &err);
    assert_int_equal(opened.stream.data_size - stoa_load_le32(opened.stream.starts), 65536);
    assert_ok(stoa_stream_touch(&opened.stream, 0, 131072, &found, &err), &err);
    assert_bytes(found, raw, 131072);
    close_stream(&opened);
    stoa_buf_done(&bytes);
}

static const struct stoa_stream_use numbers = {.profile = STOA_PROFILE_BALANCED,
                                               .kind = STOA_STREAM_NUMBERS};
static const struct stoa_stream_use text = {.profile = STOA_PROFILE_FAST,
                                            .kind = STOA_STREAM_TEXT};

static void test_stream_samples_like_it_writes(void **state)
{
    STOA_UNUSED(state);
    double share = 0;
    stoa_error err;
    fill_text(1707);
    assert_ok(stoa_stream_sample(&numbers, raw, RAW_SIZE, 32768, &share, &err), &err);
    struct stoa_buf bytes = make_node(STOA_PROFILE_BALANCED, RAW_SIZE, 65536);
    assert_true(share > 0.9 * (double)bytes.size / RAW_SIZE);
    assert_true(share < 1.1 * (double)bytes.size / RAW_SIZE);
    assert_ok(stoa_stream_sample(&numbers, raw, 10, 32768, &share, &err), &err);
    assert_true(share == 1);
    assert_ok(stoa_stream_sample(&numbers, raw, 1000, 32768, &share, &err), &err);
    assert_true(share < 0.8);
    stoa_buf_done(&bytes);
}

static void test_stream_refuses_more_than_64_mib(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf out;
    stoa_error err;
    stoa_buf_init(&out, 4096);
    assert_fails(stoa_stream_write(&text, raw, STOA_STREAM_MAX_RAW + 1, 65536, &out, &err),
                 STOA_E_LIMIT, &err);
    stoa_buf_done(&out);
}

/* Offsets in the node: codec 16, frame size 20, raw size 24, data size 28, index 32. */
static void test_stream_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {16,
         1,     {3},
         STOA_E_CODEC,                           "expected a codec this build knows (none, zstd, lz4), found id 3" },
        {17,
         1,     {3},
         STOA_E_CORRUPT,                         "expected a history of at most 524288 bytes and fewer than 3 frames, "
         "found 3 frames of 1000 bytes"                                                    },
        {16,
         2,     {2, 1},
         STOA_E_CORRUPT,                         "stream: expected no history under codec lz4, found 1 frames"     },
        {18, 1, {1},             STOA_E_CORRUPT, "stream: expected 0 behind the history, found 1"                  },
        {16,
         1,     {0},
         STOA_E_CORRUPT,                         "stream: expected no frames and 3000 stored bytes without a codec"},
        {20,
         2,     {0, 0},
         STOA_E_CORRUPT,                         "stream: expected frames of 1 to 65536 raw bytes, found 0"        },
        {22,
         1,     {2},
         STOA_E_CORRUPT,                         "stream: expected frames of 1 to 65536 raw bytes, found 132072"   },
        {24,
         2,     {0, 0},
         STOA_E_CORRUPT,                         "stream: expected raw bytes under a codec, found none"            },
        {24,
         4,     {1, 0, 0, 4},
         STOA_E_CORRUPT,                         "expected at most 67108864 raw bytes, found 67108865"             },
        {24, 4, {0, 0, 0, 4},    STOA_E_CORRUPT, "bytes of frame index, found"                                     },
        {32,
         4,     {0, 0, 0, 0},
         STOA_E_CORRUPT,                         "expected frame 0 to take 1 to 1000 bytes, found 0 to 0"          },
        {32,
         4,     {0xE9, 3, 0, 0},
         STOA_E_CORRUPT,                         "expected frame 0 to take 1 to 1000 bytes, found 0 to 1001"       },
        {36, 4, {1, 0, 0, 0},    STOA_E_CORRUPT, "expected frame 1 to take 1 to 1000 bytes"                        },
        {31, 1, {1},             STOA_E_CORRUPT, "bytes of stream data, found"                                     },
        {28, 2, {1, 0},          STOA_E_CORRUPT, "expected frame 2 to take 1 to 1000 bytes"                        },
    };
    fill_text(1708);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct stoa_buf bytes = make_node(STOA_PROFILE_BALANCED, 3000, 1000);
        struct opened_stream opened;
        stoa_error err;
        memcpy(bytes.data + damages[i].offset, damages[i].bytes, damages[i].size);
        assert_fails(open_stream(&bytes, &opened, &err), damages[i].code, &err);
        assert_contains(err.message, damages[i].message);
        close_stream(&opened);
        stoa_buf_done(&bytes);
    }
}

static void test_stream_survives_any_changed_byte(void **state)
{
    STOA_UNUSED(state);
    fill_text(1709);
    for (int i = 0; i < 3; i++) { /* zstd, lz4, zstd with a history */
        struct stoa_buf bytes =
            make_node_of((enum stoa_profile)(i % 2),
                         i < 2 ? STOA_STREAM_NUMBERS : STOA_STREAM_TEXT, 500, 250);
        for (size_t k = 16; k < bytes.size * 4; k++) {
            struct opened_stream opened;
            const uint8_t *found = NULL;
            stoa_error err;
            bytes.data[k / 4] ^= (uint8_t)(0x81 >> k % 4);
            stoa_status status = open_stream(&bytes, &opened, &err);
            if (status == STOA_OK)
                status = stoa_stream_touch(&opened.stream, 0, opened.stream.raw_size,
                                           &found, &err);
            assert_true(status == STOA_OK || status == STOA_E_CORRUPT ||
                        status == STOA_E_CODEC);
            bytes.data[k / 4] ^= (uint8_t)(0x81 >> k % 4);
            close_stream(&opened);
        }
        stoa_buf_done(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_gives_back_any_range),
        cmocka_unit_test(test_stream_decompresses_only_what_is_touched),
        cmocka_unit_test(test_stream_decompresses_the_history_first),
        cmocka_unit_test(test_stream_finds_repeats_in_the_history),
        cmocka_unit_test(test_stream_keeps_noise_raw),
        cmocka_unit_test(test_stream_mixes_raw_and_compressed_frames),
        cmocka_unit_test(test_stream_samples_like_it_writes),
        cmocka_unit_test(test_stream_refuses_more_than_64_mib),
        cmocka_unit_test(test_stream_refuses_wrong_bytes),
        cmocka_unit_test(test_stream_survives_any_changed_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
