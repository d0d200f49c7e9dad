/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a table like TPC-H's lineitem at scale factor 1 to standard output, 16 columns, by the rules of
 * the TPC-H specification (4.2.3): sparse ascending order keys, 1 to 7 lines an order, prices that
 * follow from the part, ship, commit and receipt dates that follow from the order's, flags that
 * follow from the dates, comments cut from a text that a grammar of words makes (4.2.2.10, 4.2.2.14).
 * The random numbers are our own. The same arguments give the same bytes.
 *
 *   lineitem_csv ROWS
 */
#include "bench/data/csv_writer.h"

enum {
    PARTS = 200000,
    SUPPLIERS = 10000,
    FIRST_ORDER = 8035, /* 1992-01-01 */
    LAST_ORDER = 10440, /* 1998-08-02: 151 days before the end of 1998 */
    CURRENT_DAY = 9298, /* 1995-06-17 */
    TEXT_SIZE = 1 << 26
};

static const char *const nouns[] = {
    "foxes",        "ideas",       "theodolites",    "pinto beans", "instructions",
    "dependencies", "excuses",     "platelets",      "asymptotes",  "courts",
    "dolphins",     "multipliers", "sauternes",      "warthogs",    "frets",
    "dinos",        "attainments", "somas",          "Tiresias",    "patterns",
    "forges",       "braids",      "hockey players", "frays",       "warhorses",
    "dugouts",      "notornis",    "epitaphs",       "pearls",      "tithes",
    "waters",       "orbits",      "gifts",          "sheaves",     "depths",
    "sentiments",   "decoys",      "realms",         "pains",       "grouches",
    "escapades",    "packages",    "requests",       "accounts",    "deposits"};
static const char *const verbs[] = {
    "sleep",  "wake",   "are",       "cajole",   "haggle", "nag",   "use",     "boost",
    "affix",  "detect", "integrate", "maintain", "nod",    "was",   "lose",    "sublate",
    "solve",  "thrash", "promise",   "engage",   "hinder", "print", "x-ray",   "breach",
    "eat",    "grow",   "impress",   "mold",     "poach",  "serve", "run",     "dazzle",
    "snooze", "doze",   "unwind",    "kindle",   "play",   "hang",  "believe", "doubt"};
static const char *const adjectives[] = {
    "furious", "sly",     "careful",  "blithe",    "quick",    "fluffy",
    "slow",    "quiet",   "ruthless", "thin",      "close",    "dogged",
    "daring",  "brave",   "stealthy", "permanent", "enticing", "idle",
    "busy",    "regular", "final",    "ironic",    "even",     "bold",
    "silent",  "special", "pending",  "express",   "unusual"};
static const char *const adverbs[] = {
    "sometimes",   "always",     "never",    "furiously", "slyly",     "carefully",
    "blithely",    "quickly",    "fluffily", "slowly",    "quietly",   "ruthlessly",
    "thinly",      "closely",    "doggedly", "daringly",  "bravely",   "stealthily",
    "permanently", "enticingly", "idly",     "busily",    "regularly", "finally",
    "ironically",  "evenly",     "boldly",   "silently"};
static const char *const prepositions[] = {
    "about",   "above",        "according to", "across",     "after",   "against",
    "along",   "alongside of", "among",        "around",     "at",      "atop",
    "before",  "behind",       "beneath",      "beside",     "besides", "between",
    "beyond",  "by",           "despite",      "during",     "except",  "for",
    "from",    "in place of",  "inside",       "instead of", "into",    "near",
    "of",      "on",           "outside",      "over",       "past",    "since",
    "through", "throughout",   "to",           "toward",     "under",   "until",
    "up",      "upon",         "without",      "with",       "within"};
static const char *const auxiliaries[] = {
    "do",           "may",          "might",         "shall",         "will",
    "would",        "can",          "could",         "should",        "ought to",
    "must",         "will have to", "shall have to", "could have to", "should have to",
    "must have to", "need to",      "try to"};
static const char *const terminators[] = {".", ";", ":", "?", "!", "--"};

static const char *const instructions[] = {"DELIVER IN PERSON", "COLLECT COD", "NONE",
                                           "TAKE BACK RETURN"};
static const char *const modes[] = {"REG AIR", "AIR",  "RAIL", "SHIP",
                                    "TRUCK",   "MAIL", "FOB"};

/* ---- comments ---- */

static char *text; /* TEXT_SIZE bytes and room for a sentence */
static size_t text_size;

static void say(const char *words)
{
    const size_t size = strlen(words);
    memcpy(text + text_size, words, size);
    text_size += size;
}

#define ONE_OF(array) ((array)[below(COUNT_OF(array))])

static void say_noun_phrase(void)
{
    const uint32_t kind = below(4);
    if (kind == 3) {
        say(ONE_OF(adverbs));
        say(" ");
    }
    if (kind > 0) {
        say(ONE_OF(adjectives));
        say(kind == 2 ? ", " : " ");
    }
    if (kind == 2) {
        say(ONE_OF(adjectives));
        say(" ");
    }
    say(ONE_OF(nouns));
}

static void say_verb_phrase(void)
{
    const uint32_t kind = below(4);
    if (kind & 1) {
        say(ONE_OF(auxiliaries));
        say(" ");
    }
    say(ONE_OF(verbs));
    if (kind & 2) {
        say(" ");
        say(ONE_OF(adverbs));
    }
}

static void say_preposition_phrase(void)
{
    say(" ");
    say(ONE_OF(prepositions));
    say(" the ");
    say_noun_phrase();
}

static void say_sentence(void)
{
    const uint32_t kind = below(5);
    say_noun_phrase();
    if (kind == 2 || kind == 4)
        say_preposition_phrase();
    say(" ");
    say_verb_phrase();
    if (kind == 3 || kind == 4)
        say_preposition_phrase();
    if (kind == 1) {
        say(" ");
        say_noun_phrase();
    }
    say(ONE_OF(terminators));
    say(" ");
}

static void put_comment(void)
{
    const uint32_t length = between(10, 43);
    const char *from = text + below(TEXT_SIZE - length);
    const bool is_quoted =
        memchr(from, ',', length) || from[0] == ' ' || from[length - 1] == ' ';
    put(is_quoted ? "\"%.*s\"" : "%.*s", (int)length, from);
}

/* ---- rows ---- */

static void put_money(uint32_t cents)
{
    put("%u.%02u,", cents / 100, cents % 100);
}

static void put_line(uint32_t order, uint32_t line, uint32_t order_day)
{
    const uint32_t part = between(1, PARTS);
    const uint32_t supplier =
        (part + below(4) * (SUPPLIERS / 4 + (part - 1) / SUPPLIERS)) % SUPPLIERS + 1;
    const uint32_t quantity = between(1, 50);
    const uint32_t price = 90000 + part / 10 % 20001 + 100 * (part % 1000);
    const uint32_t ship = order_day + between(1, 121);
    const uint32_t commit = order_day + between(30, 90);
    const uint32_t receipt = ship + between(1, 30);
    put("%u,%u,%u,%u,%u,", order, part, supplier, line, quantity);
    put_money(quantity * price);
    put_money(below(11));
    put_money(below(9));
    put("%s,", receipt > CURRENT_DAY ? "N" : below(2) ? "R" : "A");
    put("%s,", ship > CURRENT_DAY ? "O" : "F");
    put_date(ship);
    put(",");
    put_date(commit);
    put(",");
    put_date(receipt);
    put(",%s,%s,", ONE_OF(instructions), ONE_OF(modes));
    put_comment();
    end_row();
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: lineitem_csv ROWS\n");
        return 2;
    }
    const uint64_t rows = strtoull(argv[1], NULL, 10);
    text = malloc(TEXT_SIZE + 4096);
    if (!text)
        return 1;
    while (text_size < TEXT_SIZE)
        say_sentence();
    put("l_orderkey,l_partkey,l_suppkey,l_linenumber,l_quantity,l_extendedprice,l_discount,l_tax,"
        "l_returnflag,l_linestatus,l_shipdate,l_commitdate,l_receiptdate,l_shipinstruct,"
        "l_shipmode,l_comment");
    end_row();
    uint64_t written = 0;
    for (uint32_t number = 0; written < rows; number++) {
        /* 8 of every 32 keys are in use. */
        const uint32_t order = (number & ~UINT32_C(7)) * 4 + (number & 7) + 1;
        const uint32_t order_day = between(FIRST_ORDER, LAST_ORDER);
        const uint32_t lines = between(1, 7);
        for (uint32_t line = 1; line <= lines && written < rows; line++, written++)
            put_line(order, line, order_day);
    }
    free(text);
    return fflush(stdout) == 0 ? 0 : 1;
}
