/* SPDX-License-Identifier: Apache-2.0 */
/* See spelled_text.h. */
#include "tests/tables/spelled_text.h"

#include <inttypes.h>
#include <stdio.h>

enum { ROOM = 96, OTHER_ROWS = 90 };

typedef int (*spell_fn)(char out[ROOM], uint64_t n);

static int spell_uuid(char out[ROOM], uint64_t n)
{
    return snprintf(out, ROOM, "%08x-%04x-%04x-a%03x-%012" PRIx64, (unsigned)(n >> 32),
                    (unsigned)(n >> 16 & 0xFFFF), (unsigned)(n & 0xFFFF),
                    (unsigned)(n >> 52), n * 31 & UINT64_C(0xFFFFFFFFFFFF));
}

static int spell_upper_uuid(char out[ROOM], uint64_t n)
{
    return snprintf(out, ROOM, "{%016" PRIX64 "%016" PRIX64 "}", n, n * 31);
}

static int spell_hash(char out[ROOM], uint64_t n)
{
    return snprintf(out, ROOM, "%016" PRIx64 "%016" PRIx64 "%08" PRIx64, n, n * 31,
                    n * 77 >> 32);
}

static int spell_color(char out[ROOM], uint64_t n)
{
    return snprintf(out, ROOM, "#%06" PRIX64, n >> 40);
}

static int spell_signed(char out[ROOM], uint64_t n)
{
    return snprintf(out, ROOM, "%" PRId64, (int64_t)n >> n % 64);
}

static int spell_user(char out[ROOM], uint64_t n)
{
    return snprintf(out, ROOM, "user_%" PRIu64 "@\xC3\xA4.example", n >> 48);
}

static int spell_invoice(char out[ROOM], uint64_t n)
{
    return snprintf(out, ROOM, "INV-%06" PRIu64, n % 1000000);
}

static int spell_money(char out[ROOM], uint64_t n)
{
    const unsigned whole = (unsigned)(n >> 40) % 1000000 >> n % 20;
    if (whole < 1000)
        return snprintf(out, ROOM, "$%u.%02u", whole, (unsigned)(n >> 8) % 100);
    return snprintf(out, ROOM, "$%u,%03u.%02u", whole / 1000, whole % 1000,
                    (unsigned)(n >> 8) % 100);
}

/* Days of any year have the same names, so that no calendar is needed here. */
struct moment {
    unsigned year, month, day, hour, minute, second;
};

static struct moment moment_of(uint64_t n)
{
    return (struct moment){.year = 1890 + (unsigned)(n >> 8) % 200,
                           .month = 1 + (unsigned)(n >> 16) % 12,
                           .day = 1 + (unsigned)(n >> 24) % 28,
                           .hour = (unsigned)(n >> 32) % 24,
                           .minute = (unsigned)(n >> 40) % 60,
                           .second = (unsigned)(n >> 48) % 60};
}

static int spell_american(char out[ROOM], uint64_t n)
{
    const struct moment m = moment_of(n);
    return snprintf(out, ROOM, "%u/%u/%04u %u:%02u", m.month, m.day, m.year, m.hour,
                    m.minute);
}

static int spell_iso(char out[ROOM], uint64_t n)
{
    const struct moment m = moment_of(n);
    return snprintf(out, ROOM, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", m.year, m.month,
                    m.day, m.hour, m.minute, m.second, (unsigned)(n >> 54) % 1000);
}

static int spell_twelve(char out[ROOM], uint64_t n)
{
    const struct moment m = moment_of(n);
    return snprintf(out, ROOM, "%02u.%02u.%04u %u:%02u:%02u %cM", m.day, m.month, m.year,
                    (m.hour + 11) % 12 + 1, m.minute, m.second, m.hour < 12 ? 'A' : 'P');
}

static int spell_log(char out[ROOM], uint64_t n)
{
    const struct moment m = moment_of(n);
    return snprintf(out, ROOM, "[%02u/%.3s/%04u:%02u:%02u:%02u +0000]", m.day,
                    &"JanFebMarAprMayJunJulAugSepOctNovDec"[(size_t)(m.month - 1) * 3],
                    m.year, m.hour, m.minute, m.second);
}

static const struct {
    const char *name;
    spell_fn spell;
} spellings[SPELLING_COUNT] = {
    {"uuid",     spell_uuid      },
    {"guid",     spell_upper_uuid},
    {"hash",     spell_hash      },
    {"color",    spell_color     },
    {"signed",   spell_signed    },
    {"user",     spell_user      },
    {"invoice",  spell_invoice   },
    {"money",    spell_money     },
    {"american", spell_american  },
    {"iso",      spell_iso       },
    {"twelve",   spell_twelve    },
    {"log",      spell_log       },
};

static void fill_column(struct stoa_column_builder *builder, struct test_random *random,
                        size_t which, uint32_t rows)
{
    const bool has_nulls = which % 3 == 2;
    stoa_column_builder_clear(builder);
    for (uint32_t row = 0; row < rows; row++) {
        char text[ROOM];
        const uint64_t number = test_random_next(random);
        const bool is_other = !has_nulls && row % OTHER_ROWS == which;
        const int size = is_other ? snprintf(text, sizeof text, "none (%u)", row)
                                  : spellings[which].spell(text, number);
        const struct stoa_value value = {
            .is_null = has_nulls && test_random_below(random, 20) == 0,
            .bytes = {.data = (const uint8_t *)text, .length = (uint32_t)size}
        };
        assert_ok(stoa_column_builder_append(builder, &value, NULL), NULL);
    }
}

void spelled_table_make(struct test_table *table, struct test_random *random, uint32_t rows)
{
    struct test_column_spec specs[SPELLING_COUNT];
    for (size_t i = 0; i < SPELLING_COUNT; i++)
        specs[i] = (struct test_column_spec){spellings[i].name,
                                             {.id = STOA_TYPE_TEXT},
                                             TEST_VALUES_CONSTANT,
                                             TEST_NULLS_SOME};
    test_table_make(table, random, specs, SPELLING_COUNT, rows);
    for (size_t i = 0; i < SPELLING_COUNT; i++)
        fill_column(&table->columns[i], random, i, rows);
}
