/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the CAST encoding [CAST-1..15]. */
#include "tests/unit/format/node_check.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "format/enc/enc_cast.h"
#include "format/text.h"

/* ---- columns ---- */

static void add(struct stoa_column_builder *builder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct stoa_column_builder *builder, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const struct stoa_value value = {
        .bytes = {.data = (const uint8_t *)text, .length = (uint32_t)size}
    };
    assert_ok(stoa_column_builder_append(builder, &value, NULL), NULL);
}

static bool is_cast(const struct stoa_column *column)
{
    struct stoa_enc_input input = {.column = column, .depth = 1, .limit = INFINITY};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
    stoa_error err;
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_encoding_find(STOA_ENC_CAST)->estimate(&input, &estimate, &err), &err);
    return estimate.size != STOA_ENC_NEVER;
}

/* What the node says of itself, up to its children. */
static void check_description(const struct stoa_column *column, const char *expected)
{
    struct stoa_buf bytes;
    struct stoa_buf text;
    struct opened_node opened;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    stoa_buf_init(&text, 4096);
    node_encode(STOA_ENC_CAST, column, STOA_PROFILE_BALANCED, &bytes);
    assert_ok(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, column->length, NULL, true,
                        &opened, &err),
              &err);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    if (strncmp((const char *)text.data, expected, strlen(expected)) != 0)
        fail_msg("expected \"%s ..\", found \"%s\"", expected, (const char *)text.data);
    node_close(&opened);
    stoa_buf_done(&text);
    stoa_buf_done(&bytes);
}

/* One spelling each; `number` is any of 64 bits. */
typedef void (*spell_fn)(struct stoa_column_builder *builder, uint64_t number);

static void spell_uuid(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "%08x-%04x-%04x-%04x-%012" PRIx64, (unsigned)(n >> 32),
        (unsigned)(n >> 16 & 0xFFFF), (unsigned)(n & 0xFFFF), (unsigned)(n >> 48),
        n * 31 & UINT64_C(0xFFFFFFFFFFFF));
}

static void spell_upper_uuid(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "{%08X-%04X-%04X-%04X-%012" PRIX64 "}", (unsigned)(n >> 32),
        (unsigned)(n >> 16 & 0xFFFF), (unsigned)(n & 0xFFFF), (unsigned)(n >> 48),
        n * 31 & UINT64_C(0xFFFFFFFFFFFF));
}

static void spell_bare_uuid(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "%016" PRIx64 "%016" PRIx64, n, n * 31);
}

static void spell_hash(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "sha1:%016" PRIx64 "%016" PRIx64 "%08" PRIx64, n, n * 31, n * 77 >> 32);
}

static void spell_odd_bytes(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "%016" PRIX64 "%06" PRIX64, n, n * 31 >> 40);
}

static void spell_short_hex(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "0x%05" PRIx64, n >> 44);
}

static void spell_word_hex(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "%016" PRIX64, n);
}

static void spell_integer(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "%" PRIu64, n >> (n % 64));
}

static void spell_signed(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "%" PRId64, (int64_t)n >> (n % 64));
}

static void spell_user(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "user_%" PRIu64 "@\xC3\xA4.example", n >> 40);
}

static void spell_invoice(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "INV-%06" PRIu64, n % 1000000);
}

static void spell_long_padded(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "A1-%019" PRIu64, n / 2);
}

static void spell_money(struct stoa_column_builder *builder, uint64_t n)
{
    add(builder, "$%s%" PRIu64 ".%02u", n & 1 ? "-" : "", (n >> 8) % 100000 + 1,
        (unsigned)(n % 100));
}

static void spell_groups(struct stoa_column_builder *builder, uint64_t n)
{
    const unsigned number = (unsigned)(n >> (35 + n % 28)) % 1000000000;
    if (number >= 1000000)
        add(builder, "%u,%03u,%03u.5", number / 1000000, number / 1000 % 1000,
            number % 1000);
    else if (number >= 1000)
        add(builder, "%u,%03u.5", number / 1000, number % 1000);
    else
        add(builder, "%u.5", number);
}

static void add_time(struct stoa_column_builder *builder, const char *format, uint64_t n)
{
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    stoa_date_to_civil((int64_t)(n % 40000) - 10000, &year, &month, &day);
    const unsigned clock = (unsigned)(n / 40000 % 86400);
    const unsigned hour = clock / 3600;
    char text[64];
    size_t at = 0;
    for (const char *p = format; *p; p++) {
        char *to = text + at;
        const size_t room = sizeof text - at;
        switch (*p) {
        case 'Y': at += (size_t)snprintf(to, room, "%04u", (unsigned)year); break;
        case 'M': at += (size_t)snprintf(to, room, "%02u", month); break;
        case 'm': at += (size_t)snprintf(to, room, "%u", month); break;
        case 'D': at += (size_t)snprintf(to, room, "%02u", day); break;
        case 'd': at += (size_t)snprintf(to, room, "%u", day); break;
        case 'B':
            at += (size_t)snprintf(
                to, room, "%.3s", &"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * (month - 1)]);
            break;
        case 'H': at += (size_t)snprintf(to, room, "%02u", hour); break;
        case 'h': at += (size_t)snprintf(to, room, "%u", hour); break;
        case 'k': at += (size_t)snprintf(to, room, "%u", (hour + 11) % 12 + 1); break;
        case 'P': at += (size_t)snprintf(to, room, "%s", hour < 12 ? "AM" : "PM"); break;
        case 'N': at += (size_t)snprintf(to, room, "%02u", clock / 60 % 60); break;
        case 'S': at += (size_t)snprintf(to, room, "%02u", clock % 60); break;
        case 'F':
            at += (size_t)snprintf(to, room, "%03u", (unsigned)(n >> 40) % 1000);
            break;
        default:
            text[at++] = *p;
            text[at] = 0;
            break;
        }
    }
    add(builder, "%s", text);
}

static const char *const time_formats[] = {
    "Y-M-D",         "Y/M/D H:N", "Y-M-DTH:N:S.FZ", "m/d/Y",
    "M/D/Y k:N:S P", "m/d/Y h:N", "D.M.Y",          "[D/B/Y:H:N:S +0000]",
    "B d, Y",        "YMD",       "Y-M-D H:N:S+00", "H:N:S",
    "d-m-Y",
};

/* What the node must say of a column of each. */
static const struct spelling {
    spell_fn spell;
    const char *description;
} spellings[] = {
    {spell_uuid,        "cast uuid > "                           },
    {spell_upper_uuid,  "cast uuid between 1 and 1 bytes > "     },
    {spell_bare_uuid,   "cast uuid > "                           },
    {spell_hash,        "cast hex 40 between 5 and 0 bytes > "   },
    {spell_odd_bytes,   "cast hex 22 > "                         },
    {spell_short_hex,   "cast hex 5 between 2 and 0 bytes > "    },
    {spell_word_hex,    "cast hex 16 > "                         },
    {spell_integer,     "cast number > "                         },
    {spell_signed,      "cast number > "                         },
    {spell_user,        "cast number between 5 and 11 bytes > "  },
    {spell_invoice,     "cast padded 6 between 4 and 0 bytes > " },
    {spell_long_padded, "cast padded 19 between 3 and 0 bytes > "},
    {spell_money,       "cast number 2 between 1 and 0 bytes > " },
    {spell_groups,      "cast number 1 > "                       },
};

enum { SPELLINGS = sizeof spellings / sizeof spellings[0] };
enum { TIMES = sizeof time_formats / sizeof time_formats[0] };

static void make_column(struct test_random *random, size_t which, uint32_t rows,
                        struct stoa_column_builder *out)
{
    stoa_column_builder_init(out, STOA_PHYS_BYTES);
    for (uint32_t row = 0; row < rows; row++) {
        const uint64_t number = test_random_next(random);
        if (which < SPELLINGS)
            spellings[which].spell(out, number);
        else
            add_time(out, time_formats[which - SPELLINGS], number >> 1);
    }
}

static void test_cast_gives_back_every_form(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {1, 2, 7, 64, 65, 1023, 1024, 1025, 5003};
    struct test_random random = test_random_start(1901);
    for (size_t which = 0; which < SPELLINGS + TIMES; which++) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            struct stoa_column_builder builder;
            make_column(&random, which, lengths[i], &builder);
            const struct stoa_column column = stoa_column_builder_view(&builder);
            if (is_cast(&column))
                node_round_trip(STOA_ENC_CAST, &column, (enum stoa_profile)(i % 3),
                                &random);
            else if (lengths[i] > 64)
                fail_msg("spelling %zu with %u rows was not recognised", which, lengths[i]);
            stoa_column_builder_done(&builder);
        }
    }
}

static void test_cast_recognises_what_it_is_made_for(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1902);
    for (size_t which = 0; which < SPELLINGS + TIMES; which++) {
        struct stoa_column_builder builder;
        make_column(&random, which, 1500, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        check_description(&column,
                          which < SPELLINGS ? spellings[which].description : "cast time ");
        stoa_column_builder_done(&builder);
    }
}

/* ---- texts that nearly fit ---- */

static const char *const near_texts[] = {
    "0",
    "-0",
    "+1",
    "007",
    "1e5",
    "-1",
    "-00",
    "1.",
    ".5",
    "0.5",
    "-0.50",
    "1,000",
    "10,00",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999",
    "123456789012345678901234567890",
    "",
    "2024-02-30",
    "2024-02-29",
    "2023-02-29",
    "2024-2-9",
    "0000-01-01",
    "9999-12-31",
    "10000-01-01",
    "2024-13-01",
    "2024-00-10",
    "2024-01-00",
    "1/5/2024",
    "01/05/2024",
    "13/13/2024",
    "24:00:00",
    "23:59:60",
    "23:59:59",
    "12:00:00 AM",
    "0:00:00 AM",
    "13:00:00 PM",
    "2024-01-01T00:00:00.000Z",
    "2024-01-01t00:00:00.000Z",
    "Jan 5, 2024",
    "jan 5, 2024",
    "Feb 30, 2024",
    "DEADBEEF",
    "deadbeef",
    "DeadBeef",
    "0xff",
    "ff",
    "fg",
    "123e4567-e89b-12d3-a456-426614174000",
    "123E4567-e89b-12d3-a456-426614174000",
    "123e4567e89b12d3a456426614174000",
    "123e4567-e89b-12d3-a456-42661417400",
    "\xF0\x9F\x98\x80",
    "7\xF0\x9F\x98\x80",
    "INV-",
    "INV-000",
    "INV-0000000",
    "inv-000001",
    " 1",
    "1 ",
    "$",
    "$-",
    "$-1.00",
    "-$1.00",
    "$1.005",
    "user_@x",
    "n/a",
};
enum { NEAR = sizeof near_texts / sizeof near_texts[0] };

static void add_near(struct stoa_column_builder *builder, struct test_random *random,
                     struct stoa_view typical)
{
    uint8_t text[300] = {0};
    const uint64_t kind = test_random_below(random, 4);
    struct stoa_value value = {
        .bytes = {.data = text, .length = typical.length}
    };
    memcpy(text, typical.data, typical.length);
    if (kind == 0) {
        add(builder, "%s", near_texts[test_random_below(random, NEAR)]);
        return;
    }
    const uint32_t at = (uint32_t)test_random_below(random, typical.length);
    if (kind == 1) { /* any other byte, also 0 */
        text[at] = (uint8_t)test_random_next(random);
    } else if (kind == 2) { /* one less */
        memmove(text + at, text + at + 1, typical.length - at);
        value.bytes.length--;
    } else { /* one more */
        memmove(text + at + 1, text + at, typical.length - at);
        text[at] = (uint8_t) "0 -1\0aZ\xC3"[test_random_below(random, 8)];
        value.bytes.length++;
    }
    assert_ok(stoa_column_builder_append(builder, &value, NULL), NULL);
}

/* The value of each row alone, in any order. */
static void check_at(const struct stoa_column *column, struct test_random *random)
{
    struct stoa_buf bytes;
    struct opened_node opened;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 26);
    node_encode(STOA_ENC_CAST, column, STOA_PROFILE_BALANCED, &bytes);
    assert_ok(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, column->length, NULL,
                        false, &opened, &err),
              &err);
    for (uint32_t i = 0; i < 300; i++) {
        struct stoa_value found;
        const uint32_t row = (uint32_t)test_random_below(random, column->length);
        const struct stoa_value expected = stoa_column_get(column, row);
        assert_ok(stoa_node_at(opened.node, row, &found, &err), &err);
        assert_int_equal(stoa_value_compare(STOA_PHYS_BYTES, &expected, &found), 0);
    }
    node_close(&opened);
    stoa_buf_done(&bytes);
}

/* Texts of one spelling with a few that nearly are come back as they were, and filters on any of
 * them give what brute force gives. */
static void test_cast_gives_back_what_nearly_fits(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1903);
    uint32_t taken = 0;
    for (size_t i = 0; i < 4 * (SPELLINGS + TIMES); i++) {
        const size_t which = i % (SPELLINGS + TIMES);
        struct stoa_column_builder typical;
        struct stoa_column_builder builder;
        make_column(&random, which, 1500, &typical);
        stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
        const struct stoa_column from = stoa_column_builder_view(&typical);
        for (uint32_t row = 0; row < from.length; row++) {
            if (test_random_below(&random, 100) == 0)
                add_near(&builder, &random, stoa_column_view(&from, row));
            else
                assert_ok(stoa_column_builder_append_rows(&builder, &from, row, 1, NULL),
                          NULL);
        }
        const struct stoa_column column = stoa_column_builder_view(&builder);
        if (is_cast(&column)) {
            taken++;
            node_round_trip(STOA_ENC_CAST, &column, STOA_PROFILE_BALANCED, &random);
            check_at(&column, &random);
        }
        stoa_column_builder_done(&builder);
        stoa_column_builder_done(&typical);
    }
    assert_true(taken > 2 * (SPELLINGS + TIMES));
}

/* Digits are read eight at a time: any byte in any place but the ones spelled is refused. */
static void check_digits(const struct stoa_cast_form *form, uint8_t options,
                         const char *text)
{
    const char *digits =
        options & STOA_CAST_UPPER ? "0123456789ABCDEF" : "0123456789abcdef";
    const uint32_t size = (uint32_t)strlen(text);
    struct stoa_cast_template t = {.form = form, .options = options};
    uint8_t changed[STOA_CAST_MAX_HEX], room[STOA_CAST_MAX_HEX / 2];
    struct stoa_value value;
    const struct stoa_view view = {.data = changed, .length = size};
    t.width = form == &stoa_cast_hex ? (uint8_t)size : 0;
    assert_true(stoa_cast_prepare(&t));
    for (uint32_t i = 0; i < size * 256; i++) {
        const char *good = text[i / 256] == '-' ? "-" : digits;
        memcpy(changed, text, size);
        changed[i / 256] = (uint8_t)i;
        const bool fits = (uint8_t)i && strchr(good, (uint8_t)i);
        assert_int_equal(stoa_cast_parse(&t, view, &value, room), fits);
    }
}

static void test_cast_reads_digits_as_they_are_spelled(void **state)
{
    STOA_UNUSED(state);
    check_digits(&stoa_cast_uuid, 0, "09af1b2c-3d4e-5f60-7182-93a4b5c6d7e8");
    check_digits(&stoa_cast_uuid, STOA_CAST_UPPER, "09AF1B2C-3D4E-5F60-7182-93A4B5C6D7E8");
    check_digits(&stoa_cast_uuid, STOA_CAST_BARE, "09af1b2c3d4e5f60718293a4b5c6d7e8");
    check_digits(&stoa_cast_hex, 0, "0f9a1");
    check_digits(&stoa_cast_hex, 0, "0f9a1b2c3d4e5f60718293");
}

/* Exceptions at the start, at both ends, and a whole run of them. */
static void test_cast_keeps_other_texts_anywhere(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 5000 };
    static const uint32_t runs[][2] = {
        {0,    1   },
        {20,   60  },
        {1000, 60  },
        {4999, 1   },
        {1023, 2   },
        {0,    5000}
    };
    struct test_random random = test_random_start(1904);
    for (size_t k = 0; k < sizeof runs / sizeof runs[0]; k++) {
        struct stoa_column_builder builder;
        stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
        for (uint32_t row = 0; row < ROWS; row++) {
            const bool is_other = runs[k][1] == ROWS ? row % 100 == 7 || row % 1999 == 0
                                                     : row - runs[k][0] < runs[k][1];
            add(&builder, is_other ? "other %u" : "INV-%06u",
                (unsigned)test_random_below(&random, 100000));
        }
        const struct stoa_column column = stoa_column_builder_view(&builder);
        assert_true(is_cast(&column));
        node_round_trip(STOA_ENC_CAST, &column, STOA_PROFILE_BALANCED, &random);
        check_at(&column, &random);
        stoa_column_builder_done(&builder);
    }
}

static void test_cast_leaves_ordinary_text_alone(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1905);
    for (unsigned kind = 0; kind < 5; kind++) {
        struct stoa_column_builder builder;
        stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
        for (uint32_t row = 0; row < 2000; row++) {
            const unsigned number = (unsigned)test_random_below(&random, 100000);
            if (kind == 0)
                add(&builder, "%u main street no %u", number, number % 77);
            else if (kind == 1)
                add(&builder, "10.0.%u.%u", number % 256, number / 256 % 256);
            else if (kind == 2) /* numbers, but one in ten is none */
                add(&builder, number % 10 ? "%u" : "n%u", number);
            else if (kind == 3)
                add(&builder, "%s", "");
            else
                add(&builder, "word %c", 'a' + (int)(number % 26));
        }
        const struct stoa_column column = stoa_column_builder_view(&builder);
        if (is_cast(&column))
            fail_msg("kind %u of ordinary texts was taken", kind);
        stoa_column_builder_done(&builder);
    }
    struct stoa_column_builder builder;
    random_column(&random, STOA_PHYS_BYTES, 3000, 0, 64, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    struct stoa_buf out;
    stoa_error err;
    struct stoa_enc_input input = {.column = &column, .depth = 1};
    stoa_buf_init(&out, 4096);
    assert_false(is_cast(&column));
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    assert_fails(stoa_encoding_find(STOA_ENC_CAST)->encode(&input, &out, &err),
                 STOA_E_INTERNAL, &err);
    stoa_buf_done(&out);
    stoa_column_builder_done(&builder);
}

static void test_cast_is_chosen_and_small(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 20000 };
    static const struct {
        size_t which;
        double most_bits; /* a value */
    } cases[] = {
        {0,             130},
        {3,             164},
        {10,            22 },
        {12,            27 },
        {SPELLINGS + 0, 18 },
        {SPELLINGS + 1, 28 },
    };
    struct test_random random = test_random_start(1906);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stoa_column_builder builder;
        struct stoa_buf bytes;
        stoa_error err;
        stoa_buf_init(&bytes, (size_t)1 << 24);
        make_column(&random, cases[i].which, ROWS, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        struct stoa_enc_input input = {.column = &column, .depth = 1, .limit = INFINITY};
        stoa_enc_collect_facts(&column, NULL, &input.facts);
        assert_ok(stoa_enc_encode_best(&input, &bytes, &err), &err);
        assert_int_equal(bytes.data[0], STOA_ENC_CAST);
        if ((double)bytes.size * 8 / ROWS > cases[i].most_bits)
            fail_msg("spelling %zu takes %.2f bits", cases[i].which,
                     (double)bytes.size * 8 / ROWS);
        stoa_buf_done(&bytes);
        stoa_column_builder_done(&builder);
    }
}

/* ---- the specified bytes ---- */

static const char example[] = "10 06 04 00 03 00 00 00  78 00 00 00 01 00 00 00 "
                              "02 01 00 00 00 00 00 00  23 00 00 00 00 00 00 00 "
                              "01 03 00 00 03 00 00 00  28 00 00 00 00 00 00 00 "
                              "07 00 00 00 00 00 00 00  07 00 00 00 00 00 00 00 "
                              "0c 00 00 00 00 00 00 00 "
                              "01 03 00 00 01 00 00 00  18 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00 "
                              "02 06 00 00 01 00 00 00  18 00 00 00 04 00 00 00 "
                              "6e 6f 6e 65 00 00 00 00";

static struct stoa_buf make_node(const char *hex)
{
    uint8_t bytes[256];
    struct stoa_buf out;
    stoa_error err;
    stoa_buf_init(&out, 4096);
    assert_ok(stoa_buf_append(&out, bytes, hex_bytes(hex, bytes, sizeof bytes), &err),
              &err);
    return out;
}

static const struct stoa_column example_column = {
    .phys = STOA_PHYS_BYTES,
    .length = 3,
    .offsets = (const uint32_t[]){0, 3, 7, 10},
    .bytes = (const uint8_t *)"#07none#12",
};

static void test_cast_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1907);
    struct stoa_buf bytes = make_node(example);
    struct stoa_buf text;
    struct opened_node opened;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 3, NULL, true, &opened, &err),
        &err);
    node_check(opened.node, &example_column, &random);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data,
                        "cast padded 2 between 1 and 0 bytes, 1 others (raw, raw, const)");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_cast_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,   1, {0},    STOA_E_CORRUPT, "cast node: expected a form from 1 to 5, found 0"      },
        {2,   1, {6},    STOA_E_CORRUPT, "cast node: expected a form from 1 to 5, found 6"      },
        {3,   1, {1},    STOA_E_CORRUPT, "template of form padded, found options 1, width 2"    },
        {16,  1, {0},    STOA_E_CORRUPT, "template of form padded, found options 0, width 0"    },
        {16,  1, {20},   STOA_E_CORRUPT, "template of form padded, found options 0, width 20"   },
        {17,  1, {65},   STOA_E_CORRUPT, "expected at most 64 bytes around texts"               },
        {18,  1, {65},   STOA_E_CORRUPT, "expected at most 64 bytes around texts"               },
        {19,  1, {33},   STOA_E_CORRUPT, "32 of pattern and then 0, found 1, 0, 33 and 0"       },
        {20,  1, {1},    STOA_E_CORRUPT, "and then 0, found 1, 0, 0 and 1"                      },
        {19,  1, {1},    STOA_E_CORRUPT, "width 2 and a pattern of 1 bytes that make none"      },
        {24,
         1,      {0xC3},
         STOA_E_CORRUPT,                 "cast node: expected well-formed UTF-8 around texts"   },
        {25,  1, {1},    STOA_E_CORRUPT, "cast node: expected padding of 0, found 1"            },
        {33,  1, {2},    STOA_E_CORRUPT, "raw node: expected physical kind 3, found 2"          },
        {48,
         1,      {100},
         STOA_E_CORRUPT,                 "cast node: expected values of form padded, found one" },
        {71,
         1,      {0x80},
         STOA_E_CORRUPT,                 "cast node: expected values of form padded, found one" },
        {12,
         1,      {3},
         STOA_E_CORRUPT,                 "cast node: expected fewer than 3 other texts, found 3"},
        {12,  1, {2},    STOA_E_CORRUPT, "raw node: expected 2 values, found 1"                 },
        {12,  1, {0},    STOA_E_CORRUPT, "cast node: expected 72 bytes, found 120"              },
        {88,  1, {3},    STOA_E_CORRUPT, "cast node: expected gap 0 below 3, found 3"           },
        {112, 1, {0xFF}, STOA_E_CORRUPT, "UTF-8"                                                },
    };
    struct stoa_buf bytes = make_node(example);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BYTES, 3, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_BYTES, 3, NULL);
    stoa_buf_done(&bytes);
}

/* TIME over a CONST: what is written in the pattern, and the limits of the domain. */
static void test_cast_refuses_wrong_patterns(void **state)
{
    STOA_UNUSED(state);
    static const char *const good[] = {
        "Y-M-D",         "d/m/Y", "YMDHNS",      "H:N", "B d, Y h:N:S.FFFFFFFFF",
        "M/D/Y K:N:S P", "Pk:N",  "::Y,,M,,D::",
    };
    static const char *const bad[] = {
        "Y",         "Y-M",    "Y-M-D H",   "Y-M-D N", "H:N.F", "H:N:S.FFFFFFFFFF",
        "Y-M-M",     "mdY",    "YdM",       "Y-M-D P", "k:N",   "H:K:N P",
        "H:N:S.F.F", "Y-M-DZ", "Y-M-D\x7F", "Y-M-D:S", "-",     "Y-M-D 1",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0] + sizeof bad / sizeof bad[0]; i++) {
        const bool is_good = i < sizeof good / sizeof good[0];
        const char *pattern = is_good ? good[i] : bad[i - sizeof good / sizeof good[0]];
        uint8_t node[88] = {STOA_ENC_CAST, STOA_PHYS_BYTES, 5, 0, 1};
        struct opened_node opened;
        stoa_error err;
        const size_t size = strlen(pattern);
        const size_t at = 24 + (size + 7) / 8 * 8;
        node[8] = (uint8_t)(at + 24);
        node[19] = (uint8_t)size;
        memcpy(node + 24, pattern, size);
        memcpy(node + at,
               (const uint8_t[]){2, STOA_PHYS_I64, 0, 0, 1, 0, 0, 0, 24, 0, 0, 0, 8}, 13);
        const stoa_status status =
            node_open(node, at + 24, STOA_PHYS_BYTES, 1, NULL, true, &opened, &err);
        if ((status == STOA_OK) != is_good)
            fail_msg("pattern %s: status %d", pattern, (int)status);
        if (is_good) {
            struct stoa_value value;
            assert_ok(stoa_node_at(opened.node, 0, &value, &err), &err);
        } else {
            assert_contains(err.message, "cast node: expected a template of form time");
        }
        node_close(&opened);
    }
}

/* Any bytes of longer nodes: a pattern, bytes as values, exceptions of a STR child. */
static void test_cast_survives_any_changed_byte(void **state)
{
    STOA_UNUSED(state);
    static const size_t cases[] = {0, 3, 8, 12, SPELLINGS + 1, SPELLINGS + 4};
    struct test_random random = test_random_start(1908);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stoa_column_builder builder;
        struct stoa_buf bytes;
        stoa_buf_init(&bytes, 65536);
        make_column(&random, cases[i], 128, &builder);
        add(&builder, "other %zu", i);
        add(&builder, "another one");
        const struct stoa_column column = stoa_column_builder_view(&builder);
        node_encode(STOA_ENC_CAST, &column, STOA_PROFILE_FAST, &bytes);
        node_check_damage(&bytes, STOA_PHYS_BYTES, 130, NULL);
        stoa_buf_done(&bytes);
        stoa_column_builder_done(&builder);
    }
}

/* Three children of a few bytes must not become gigabytes of text. */
static void test_cast_refuses_too_much_text(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 1 << 20 };
    uint8_t node[112] = {STOA_ENC_CAST, STOA_PHYS_BYTES, 4, 0, 0, 0, 16, 0, 112};
    struct opened_node opened;
    stoa_error err;
    node[16] = 19;
    node[17] = 64;
    memset(node + 24, 'x', 64);
    memcpy(node + 88,
           (const uint8_t[]){2, STOA_PHYS_U64, 0, 0, 0, 0, 16, 0, 24, 0, 0, 0, 8}, 13);
    assert_fails(
        node_open(node, sizeof node, STOA_PHYS_BYTES, ROWS, NULL, true, &opened, &err),
        STOA_E_CORRUPT, &err);
    assert_contains(err.message, "expected texts of at most 67108864 bytes together, found "
                                 "1048576 of up to 83");
    node_close(&opened);
}

static stoa_status encode_and_read(void *context, stoa_error *err)
{
    const struct stoa_column *column = context;
    struct stoa_buf bytes;
    struct stoa_vector vector = {.values = {.raw = NULL}};
    struct opened_node opened = {.node = NULL};
    struct stoa_enc_input input = {.column = column, .depth = 1, .limit = INFINITY};
    uint64_t bits[STOA_VECTOR_WORDS];
    const struct stoa_value low = {
        .bytes = {.data = (const uint8_t *)"INV-000300", .length = 10}
    };
    const struct stoa_predicate range = {
        .kind = STOA_PREDICATE_RANGE, .phys = STOA_PHYS_BYTES, .has_low = true, .low = low};
    stoa_status status = STOA_OK;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    stoa_arena_init(&opened.arena, (size_t)1 << 24);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    STOA_TRY_CLEANUP(stoa_enc_encode_best(&input, &bytes, err));
    STOA_TRY_CLEANUP(stoa_vector_init(&vector, STOA_PHYS_BYTES, err));
    STOA_TRY_CLEANUP(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, column->length,
                               NULL, true, &opened, err));
    STOA_TRY_CLEANUP(stoa_node_select(opened.node, 0, &range, &vector, bits, err));
    STOA_TRY_CLEANUP(stoa_node_decode(opened.node, 1, &vector, err));
cleanup:
    node_close(&opened);
    stoa_vector_done(&vector);
    stoa_buf_done(&bytes);
    return status;
}

static void test_cast_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1909);
    struct stoa_column_builder builder;
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    for (unsigned row = 0; row < 1200; row++)
        add(&builder, row % 300 == 8 ? "none %u" : "INV-%06u",
            (unsigned)test_random_below(&random, 1000));
    struct stoa_column column = stoa_column_builder_view(&builder);
    assert_true(test_allocation_failures(encode_and_read, &column) > 10);
    stoa_column_builder_done(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cast_gives_back_every_form),
        cmocka_unit_test(test_cast_recognises_what_it_is_made_for),
        cmocka_unit_test(test_cast_gives_back_what_nearly_fits),
        cmocka_unit_test(test_cast_reads_digits_as_they_are_spelled),
        cmocka_unit_test(test_cast_keeps_other_texts_anywhere),
        cmocka_unit_test(test_cast_leaves_ordinary_text_alone),
        cmocka_unit_test(test_cast_is_chosen_and_small),
        cmocka_unit_test(test_cast_reads_the_specified_bytes),
        cmocka_unit_test(test_cast_refuses_wrong_bytes),
        cmocka_unit_test(test_cast_refuses_wrong_patterns),
        cmocka_unit_test(test_cast_survives_any_changed_byte),
        cmocka_unit_test(test_cast_refuses_too_much_text),
        cmocka_unit_test(test_cast_survives_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
