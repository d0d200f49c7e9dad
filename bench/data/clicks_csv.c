/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a clickstream of 20 mixed columns to standard output: what a web shop logs. Some thousand sessions are
 * open at a time; each has a user, a place, a device and a referrer that stay; time stamps in milliseconds are nearly
 * sorted; URLs, search words and notes are free text; prices and quantities are there for some events
 * only. The same arguments give the same bytes.
 *
 *   clicks_csv ROWS
 */
#include "bench/data/csv_writer.h"

enum { SESSIONS = 3000, FIRST_ID = 31000000 };

static const char *const words[] = {
    "red",      "running",  "shoes",   "waterproof",  "jacket",  "for",     "kids",
    "garden",   "table",    "wooden",  "lamp",        "usb",     "charger", "fast",
    "coffee",   "machine",  "filter",  "replacement", "battery", "phone",   "case",
    "leather",  "wallet",   "small",   "travel",      "bag",     "the",     "price",
    "changed",  "when",     "I",       "came",        "back",    "please",  "tell",
    "me",       "where",    "my",      "order",       "is",      "great",   "service",
    "would",    "buy",      "again",   "size",        "too",     "large",   "colour",
    "not",      "as",       "shown",   "delivery",    "took",    "two",     "weeks",
    "can",      "you",      "send",    "an",          "invoice", "to",      "our",
    "office",   "discount", "code",    "does",        "work",    "with",    "gift",
    "card",     "thanks",   "bicycle", "helmet",      "yoga",    "mat",     "steel",
    "bottle",   "winter",   "gloves",  "desk",        "chair",   "monitor", "arm",
    "keyboard", "mouse",    "quiet",   "cheap"};
static const char *const kinds[] = {"view",     "view",  "view",        "scroll",
                                    "search",   "click", "add_to_cart", "checkout",
                                    "purchase", "error"};
static const char *const countries[] = {"US", "DE", "GB", "FR", "IN", "BR", "JP", "ES",
                                        "IT", "PL", "NL", "MX", "CA", "SE", "AU", "TR",
                                        "KR", "CH", "AT", "BE", "DK", "NO", "FI", "PT"};
static const char *const languages[] = {"en-US", "de-DE", "en-GB", "fr-FR", "pt-BR",
                                        "ja-JP", "es-ES", "it-IT", "pl-PL", "nl-NL"};
static const char *const referrers[] = {
    "https://www.google.com/", "https://duckduckgo.com/", "https://www.bing.com/",
    "https://t.co/", "https://news.ycombinator.com/item?id="};
static const char *const campaigns[] = {"spring", "newsletter", "brand", "retarget",
                                        "video"};
static const char *const sections[] = {"shop", "sale", "help", "account", "blog", "search"};

struct session {
    uint64_t id_high;
    uint64_t id_low;
    uint32_t user; /* 0: nobody has logged in */
    uint32_t country;
    uint32_t city;
    uint32_t agent;
    uint32_t version;
    uint32_t referrer; /* COUNT_OF(referrers): none */
    uint32_t referrer_number;
    uint32_t experiment;
    uint32_t left; /* events to come */
};
static struct session sessions[SESSIONS];

static void start_session(struct session *session)
{
    *session = (struct session){
        .id_high = next_random(),
        .id_low = next_random(),
        .user = below(3) == 0 ? 0 : 10000 + skewed(900000),
        .country = skewed(COUNT_OF(countries)),
        .city = skewed(60),
        .agent = skewed(6),
        .version = skewed(40),
        .referrer = skewed(2 * COUNT_OF(referrers)),
        .referrer_number = 30000000 + below(9000000),
        .experiment = below(4),
        .left = 1 + skewed(60),
    };
}

static void put_agent(const struct session *session)
{
    static const char *const forms[] = {
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/%u.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_%u like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/%u.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:%u.0) Gecko/20100101 Firefox/120.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:%u.0) Gecko/20100101 Firefox/119.0",
        "Mozilla/5.0 (compatible; PageBot/2.%u; +https://bot.example.com/)"};
    static const uint32_t firsts[] = {90, 1, 90, 95, 95, 0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    put("\"");
    put(forms[session->agent], firsts[session->agent] + session->version);
    put("\",");
#pragma GCC diagnostic pop
}

static void put_words(uint32_t count, const char *between_words)
{
    for (uint32_t i = 0; i < count; i++)
        put("%s%s", i == 0 ? "" : between_words, words[skewed(COUNT_OF(words))]);
}

static void put_url(void)
{
    const uint32_t section = skewed(COUNT_OF(sections));
    put("https://www.shop.example/%s/", sections[section]);
    if (section < 2) {
        put_words(2 + below(2), "-");
        put("-%u", 100000 + skewed(80000));
    } else {
        put("%s", words[skewed(COUNT_OF(words))]);
    }
    if (below(3) == 0)
        put("?utm_source=%s&utm_id=%u", campaigns[skewed(COUNT_OF(campaigns))],
            below(5000));
    put(",");
}

static void put_referrer(const struct session *session)
{
    if (session->referrer < COUNT_OF(referrers))
        put("%s", referrers[session->referrer]);
    if (session->referrer + 1 == COUNT_OF(referrers))
        put("%u", session->referrer_number);
    put(",");
}

/* A phone reports where it is: some kilometres around the city. */
static void put_place(const struct session *session)
{
    const double latitude = 30 + session->country * 1.37 + session->city * 0.11;
    const double longitude = -10 + session->country * 2.11 + session->city * 0.23;
    put("%.6f,%.6f,", latitude + ((int)below(100000) - 50000) / 1e6,
        longitude + ((int)below(160000) - 80000) / 1e6);
}

static void put_sale(bool is_sale)
{
    if (is_sale)
        put("%u.%02u,%u,", 1 + skewed(400), below(4) ? 99 : below(100), 1 + skewed(4));
    else
        put(",,");
}

static void put_note(bool is_there)
{
    if (is_there) {
        put("\"");
        put_words(3 + below(14), " ");
        put("%s\"", below(3) ? "" : ", please");
    }
}

static void put_event(uint64_t number, uint64_t ms, struct session *session)
{
    const uint32_t kind = skewed(COUNT_OF(kinds));
    put("%" PRIu64 ",", FIRST_ID + number);
    put_time(ms);
    put(",%016" PRIx64 "%016" PRIx64 ",", session->id_high, session->id_low);
    if (session->user > 0)
        put("%u", session->user);
    put(",%s,", kinds[kind]);
    put_url();
    put_referrer(session);
    put_agent(session);
    put("%s,%s-%02u,%s,", countries[session->country], countries[session->country],
        session->city, languages[session->country % COUNT_OF(languages)]);
    put_place(session);
    put("%s,%s,", session->agent == 1 || session->agent == 2 ? "true" : "false",
        session->user > 0 ? "true" : "false");
    put_sale(kind >= 6 && kind <= 8);
    put("%u,%u,", 20 + skewed(900) + (below(50) == 0 ? below(9000) : 0),
        session->experiment);
    put_note(below(8) == 0);
    end_row();
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: clicks_csv ROWS\n");
        return 2;
    }
    const uint64_t rows = strtoull(argv[1], NULL, 10);
    put("event_id,event_time,session_id,user_id,event_type,url,referrer,user_agent,country,city,"
        "language,latitude,longitude,is_mobile,is_logged_in,price,quantity,load_ms,experiment,note");
    end_row();
    uint64_t ms = UINT64_C(1735689600000); /* 2025-01-01 */
    for (uint64_t i = 0; i < rows; i++) {
        struct session *session = &sessions[below(SESSIONS)];
        if (session->left == 0)
            start_session(session);
        session->left--;
        ms += skewed(60);
        /* Events arrive a little late now and then. */
        put_event(i, ms - (below(10) == 0 ? below(2000) : 0), session);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
