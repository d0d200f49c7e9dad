/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressors that tasks keep: what comes out of used memory is what comes out of fresh memory, byte for
 * byte, whatever it compressed before; they are lent to one task at a time; failing allocations
 * leave nothing behind.
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "format/codec/codec.h"
#include "format/enc/stream.h"

enum { STREAMS = 400, RAW_MOST = 200000 };

static stoa_error error;
static uint8_t raw[RAW_MOST];

/* Words of a small vocabulary, numbers or noise. */
static size_t draw_raw(struct test_random *random)
{
    static const char *const words[] = {"alpha ", "beta,",    "gamma\n",
                                        "42",     "https://", "a"};
    const size_t size =
        1 + test_random_below(random, test_random_below(random, 4) ? 3000 : RAW_MOST);
    const unsigned kind = (unsigned)test_random_below(random, 3);
    size_t at = 0;
    while (kind == 0 && at < size) {
        const char *word = words[test_random_below(random, 6)];
        for (; *word && at < size; word++)
            raw[at++] = (uint8_t)*word;
    }
    for (; at < size; at++)
        raw[at] = kind == 1 ? (uint8_t)(at / 7 % 19) : (uint8_t)test_random_next(random);
    return size;
}

static struct stoa_buf write_stream(const struct stoa_stream_use *use, size_t size,
                                    size_t frame_size, double *out_share)
{
    struct stoa_buf out;
    stoa_buf_init(&out, 1 << 24);
    assert_ok(stoa_stream_sample(use, raw, size, 4096, out_share, &error), &error);
    assert_ok(stoa_stream_write(use, raw, size, frame_size, &out, &error), &error);
    return out;
}

static void test_used_memory_gives_the_bytes_of_fresh_memory(void **state)
{
    STOA_UNUSED(state);
    struct stoa_compressor *set = NULL;
    struct test_random random = test_random_start(20261125);
    assert_ok(stoa_compressors_create(1, &set, &error), &error);
    for (int i = 0; i < STREAMS; i++) {
        struct stoa_stream_use use = {
            .profile =
                test_random_below(&random, 2) ? STOA_PROFILE_BALANCED : STOA_PROFILE_FAST,
            .kind = (enum stoa_stream_kind)test_random_below(&random, 3)};
        const size_t size = draw_raw(&random);
        const size_t frame_size = test_random_below(&random, 2) ? 65536 : 8192;
        double fresh_share = 0;
        double used_share = 0;
        struct stoa_buf fresh = write_stream(&use, size, frame_size, &fresh_share);
        use.compressor = set;
        struct stoa_buf used = write_stream(&use, size, frame_size, &used_share);
        assert_true(fresh_share >= used_share && fresh_share <= used_share);
        assert_int_equal(fresh.size, used.size);
        assert_memory_equal(fresh.data, used.data, fresh.size);
        stoa_buf_done(&fresh);
        stoa_buf_done(&used);
    }
    stoa_compressors_free(set, 1);
}

static void test_each_is_lent_once(void **state)
{
    STOA_UNUSED(state);
    struct stoa_compressor *set = NULL;
    assert_ok(stoa_compressors_create(2, &set, &error), &error);
    struct stoa_compressor *first = stoa_compressor_lend(set, 2);
    struct stoa_compressor *second = stoa_compressor_lend(set, 2);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    assert_null(stoa_compressor_lend(set, 2));
    stoa_compressor_give_back(second);
    assert_ptr_equal(stoa_compressor_lend(set, 2), second);
    stoa_compressor_give_back(first);
    stoa_compressor_give_back(second);
    stoa_compressor_give_back(NULL);
    stoa_compressors_free(set, 2);
    stoa_compressors_free(NULL, 0);
}

/* Memory is kept by codec and level; levels whose bytes could depend on it are not kept. */
static void test_memory_is_kept_where_it_may_be(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_codec *zstd = stoa_codec_find(STOA_CODEC_ZSTD);
    const struct stoa_codec *lz4 = stoa_codec_find(STOA_CODEC_LZ4);
    struct stoa_compressor *set = NULL;
    struct stoa_compress_memory memory;
    assert_ok(stoa_compressors_create(1, &set, &error), &error);
    void *seen[3];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            assert_ok(stoa_compress_memory_take(set, i == 2 ? lz4 : zstd, i == 1 ? 3 : 1,
                                                &memory, &error),
                      &error);
            assert_false(memory.is_own);
            if (round == 1)
                assert_ptr_equal(memory.memory, seen[i]);
            seen[i] = memory.memory;
            stoa_compress_memory_done(&memory);
        }
    }
    static const int own_levels[] = {2, 6, 12, 19}; /* the set is full; not to be kept */
    for (size_t i = 0; i < sizeof own_levels / sizeof own_levels[0]; i++) {
        assert_ok(stoa_compress_memory_take(set, zstd, own_levels[i], &memory, &error),
                  &error);
        assert_true(memory.is_own);
        stoa_compress_memory_done(&memory);
    }
    assert_ok(stoa_compress_memory_take(NULL, zstd, 1, &memory, &error), &error);
    assert_true(memory.is_own);
    stoa_compress_memory_done(&memory);
    stoa_compressors_free(set, 1);
}

static stoa_status use_set(void *context, stoa_error *err)
{
    const struct stoa_codec *zstd = stoa_codec_find(STOA_CODEC_ZSTD);
    struct stoa_compressor *set = NULL;
    struct stoa_compress_memory kept;
    struct stoa_compress_memory own;
    STOA_UNUSED(context);
    STOA_TRY(stoa_compressors_create(2, &set, err));
    stoa_status status = stoa_compress_memory_take(&set[1], zstd, 3, &kept, err);
    if (status == STOA_OK)
        status = stoa_compress_memory_take(&set[1], zstd, 6, &own, err);
    if (status == STOA_OK)
        stoa_compress_memory_done(&own);
    stoa_compressors_free(set, 2);
    return status;
}

static void test_failing_allocations_leave_nothing(void **state)
{
    STOA_UNUSED(state);
    assert_true(test_allocation_failures(use_set, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_used_memory_gives_the_bytes_of_fresh_memory),
        cmocka_unit_test(test_each_is_lent_once),
        cmocka_unit_test(test_memory_is_kept_where_it_may_be),
        cmocka_unit_test(test_failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
