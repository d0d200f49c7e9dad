/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a CSV of 20 mixed columns to standard output: what an order or click feed looks like, with NULLs, near-sorted time
 * stamps, dictionaries, free text and identifiers. The same arguments give the same bytes.
 *
 *   mixed_csv BYTES [SEED]        about BYTES bytes, whole rows
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016). */
static uint64_t next_random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static uint32_t below(uint32_t limit)
{
    return (uint32_t)((next_random() >> 32) * limit >> 32);
}

/* Skewed: small numbers are much more frequent, as in real keys. */
static uint32_t skewed(uint32_t limit)
{
    const uint32_t a = below(limit);
    const uint32_t b = below(limit);
    return (uint32_t)((uint64_t)a * b / limit);
}

static const char *const words[] = {
    "the",    "order",  "was",      "late",      "again",   "please",  "call",    "before",
    "parcel", "left",   "at",       "door",      "damaged", "box",     "replace", "quickly",
    "happy",  "with",   "service",  "thanks",    "very",    "good",    "quality", "but",
    "slow",   "refund", "customer", "wants",     "blue",    "instead", "of",      "green",
    "second", "floor",  "ring",     "neighbour", "invoice", "missing", "gift",    "wrap"};
enum { WORD_COUNT = sizeof words / sizeof words[0] };

static const char *const countries[] = {"DE", "FR", "ES", "IT", "PL", "NL", "SE", "AT",
                                        "BE", "DK", "PT", "CZ", "GR", "FI", "IE", "RO"};
static const char *const statuses[] = {"open", "paid", "shipped", "delivered", "returned"};
static const char *const channels[] = {"web", "app", "shop", "phone"};

/* The row in the making; longer than any row. */
static char row[8192];
static size_t used;

__attribute__((format(printf, 1, 2))) static void put(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int size = vsnprintf(row + used, sizeof row - used, fmt, args);
    va_end(args);
    if (size < 0 || (size_t)size >= sizeof row - used)
        abort(); /* the row above is too short: a mistake in this file */
    used += (size_t)size;
}

/* Days since 1970-01-01 as "YYYY-MM-DD" (Hinnant, "chrono-compatible low-level date algorithms"). */
static void put_date(int64_t days)
{
    const int64_t z = days + 719468;
    const int64_t era = z / 146097;
    const int64_t doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    const int64_t day = doy - (153 * mp + 2) / 5 + 1;
    const int64_t month = mp < 10 ? mp + 3 : mp - 9;
    const int64_t year = yoe + era * 400 + (month <= 2);
    put("%04d-%02d-%02d", (int)year, (int)month, (int)day);
}

static void put_text(void)
{
    const uint32_t count = 2 + below(9);
    const bool is_quoted = below(8) == 0;
    put("%s", is_quoted ? "\"" : "");
    for (uint32_t i = 0; i < count; i++)
        put("%s%s",
            i == 0                ? ""
            : is_quoted && i == 2 ? ", "
                                  : " ",
            words[skewed(WORD_COUNT)]);
    put("%s\n", is_quoted ? "\"" : "");
}

/* Optional numbers are empty now and then. */
static void put_optional(bool is_there, const char *before, uint32_t value)
{
    if (is_there)
        put("%s%02u,", before, value);
    else
        put(",");
}

static void put_row(uint64_t id, uint64_t ms)
{
    const int64_t days = (int64_t)(ms / 86400000);
    const unsigned of_day = (unsigned)(ms % 86400000);
    used = 0;
    put("%" PRIu64 ",%u,%s,city-%03u,", id, 100000 + skewed(2000000), countries[skewed(16)],
        skewed(400));
    put_date(days);
    put(" %02u:%02u:%02u.%03u,", of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60,
        of_day % 1000);
    put_date(days + 1 + below(30));
    put(",%s,%s,%s,", statuses[skewed(5)], channels[below(4)], below(3) ? "true" : "false");
    put("SKU-%05u,%u,%u.%02u,", skewed(30000), 1 + skewed(20), skewed(50000), below(100));
    put_optional(below(5) != 0, "0.", below(30));
    put("%.6f,%.6f,", 40.0 + below(20000000) / 1e6, -5.0 + below(30000000) / 1e6);
    put("%.*g,", 5 + (int)below(8), (double)below(1u << 30) / 7919.0);
    put_optional(below(4) != 0, "", 10 + below(40));
    put("%016" PRIx64 ",/shop/%s/%s?item=%u&ref=%s,", next_random(),
        words[skewed(WORD_COUNT)], words[skewed(WORD_COUNT)], skewed(100000),
        channels[below(4)]);
    put_text();
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: mixed_csv BYTES [SEED]\n");
        return 2;
    }
    const uint64_t wanted = strtoull(argv[1], NULL, 10);
    state = argc == 3 ? strtoull(argv[2], NULL, 10) * 2 + 1 : 88172645463325252u;
    uint64_t written = (uint64_t)printf(
        "order_id,customer_id,country,city,created_at,ship_date,status,channel,is_gift,product,"
        "quantity,amount,discount,latitude,longitude,score,rating,session,url,comment\n");
    uint64_t ms = UINT64_C(1700000000000);
    for (uint64_t id = 1; written < wanted; id++) {
        ms += below(2000);
        put_row(id, ms);
        if (fwrite(row, 1, used, stdout) != used)
            return 1;
        written += used;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
