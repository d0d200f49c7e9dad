/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CAST: texts that are numbers, times, UUIDs or hex digits between two constants, kept as those
 * (spec/encodings/cast.md). A template says how a value becomes a text; a form is one way of doing
 * it, in its own file. Every template is a bijection between the values of its domain and texts, so
 * that a text is found among the values by reading it once.
 */
#ifndef STOA_FORMAT_ENC_CAST_H
#define STOA_FORMAT_ENC_CAST_H

#include "format/enc/enc_parts.h"

enum stoa_cast_form_id { /* [CAST-2] */
                         STOA_CAST_UUID = 1,
                         STOA_CAST_HEX = 2,
                         STOA_CAST_NUMBER = 3,
                         STOA_CAST_PADDED = 4,
                         STOA_CAST_TIME = 5,
                         STOA_CAST_FORM_LIMIT = 6
};

enum { STOA_CAST_CHILD_VALUES = 0, STOA_CAST_CHILD_GAPS = 1, STOA_CAST_CHILD_TEXTS = 2 };

enum {
    STOA_CAST_UPPER = 1,     /* UUID, HEX: digits A to F */
    STOA_CAST_BARE = 2,      /* UUID: no dashes */
    STOA_CAST_SIGNED = 1,    /* NUMBER: kind I64, else U64 */
    STOA_CAST_THOUSANDS = 2, /* NUMBER: a comma between groups of three digits */
};

enum {
    STOA_CAST_MAX_AFFIX = 64,
    STOA_CAST_MAX_PATTERN = 32,
    STOA_CAST_MAX_HEX = 128,  /* digits */
    STOA_CAST_MAX_TEXT = 256, /* affixes and what stands between them */
    STOA_CAST_SLACK = 64,     /* bytes that printing may write behind a text */
};

struct stoa_cast_form;

/* One step of a TIME template: a field, and the character behind it. */
struct stoa_cast_field {
    uint8_t kind;    /* how it is written, enc_cast_time.c */
    uint8_t source;  /* which number it is */
    uint8_t literal; /* 0: none */
};

struct stoa_cast_template {
    const struct stoa_cast_form *form;
    uint8_t options;
    uint8_t width; /* HEX, PADDED: digits; NUMBER: scale */
    uint8_t prefix_size;
    uint8_t suffix_size;
    uint8_t pattern_size;
    uint8_t prefix[STOA_CAST_MAX_AFFIX]; /* zero behind its size, as the others */
    uint8_t suffix[STOA_CAST_MAX_AFFIX];
    uint8_t pattern[STOA_CAST_MAX_PATTERN];

    /* What follows from these, by stoa_cast_prepare. */
    enum stoa_phys phys; /* of the values */
    bool is_ordered;     /* texts ascend as values do */
    bool is_full;        /* the domain is the whole kind */
    uint32_t max_body;   /* bytes of the longest text without affixes */
    uint32_t value_size; /* BYTES: of each value */
    int64_t low, high;   /* I64: the domain */
    uint64_t limit;      /* U64: the domain is 0 .. limit */
    uint64_t per_day;    /* TIME: units of a day */
    uint8_t field_count;
    uint8_t fraction_digits;
    bool has_date;
    struct stoa_cast_field fields[STOA_CAST_MAX_PATTERN];
};

struct stoa_cast_form {
    enum stoa_cast_form_id id;
    const char *name;
    double cycles; /* to print a value; measured by bench/format */
    bool is_exact; /* parse takes only what print gives */
    /* Checks options, width and pattern, and sets what follows from them. */
    bool (*prepare)(struct stoa_cast_template *t);
    /* The value of a text without affixes, if it can have one; BYTES go to `room`. Lenient unless
     * is_exact: who needs to know prints the value and compares. */
    bool (*parse)(const struct stoa_cast_template *t, const uint8_t *text, uint32_t size,
                  struct stoa_value *out, uint8_t *room);
    /* Texts of `count` values of the domain one behind the other, and a view of each. Writes up to
     * STOA_CAST_SLACK bytes more. */
    void (*print)(const struct stoa_cast_template *t, const void *values, uint32_t count,
                  uint8_t *out, struct stoa_view *views);
    /* Bytes of the longest text, without affixes, of values from low to high; NULL: max_body. */
    uint32_t (*measure)(const struct stoa_cast_template *t, int64_t low, int64_t high);
};

extern const struct stoa_cast_form stoa_cast_uuid;   /* enc_cast_hex.c */
extern const struct stoa_cast_form stoa_cast_hex;    /* enc_cast_hex.c */
extern const struct stoa_cast_form stoa_cast_number; /* enc_cast_number.c */
extern const struct stoa_cast_form stoa_cast_padded; /* enc_cast_number.c */
extern const struct stoa_cast_form stoa_cast_time;   /* enc_cast_time.c */

/* The form of an id, or NULL. */
const struct stoa_cast_form *stoa_cast_form_find(unsigned id);

/* Whether the template is one [CAST-3]; sets what follows from it. */
bool stoa_cast_prepare(struct stoa_cast_template *t);

static inline uint32_t stoa_cast_max_text(const struct stoa_cast_template *t)
{
    return t->prefix_size + t->max_body + t->suffix_size;
}

/* The value whose text this is, and no other; BYTES values lie in `room`. */
bool stoa_cast_parse(const struct stoa_cast_template *t, struct stoa_view text,
                     struct stoa_value *out, uint8_t room[STOA_CAST_MAX_HEX / 2]);

/* The text of one value of the domain. */
struct stoa_view stoa_cast_print_one(const struct stoa_cast_template *t,
                                     const struct stoa_value *value,
                                     uint8_t room[STOA_CAST_MAX_TEXT + STOA_CAST_SLACK]);

/* Templates that most of some rows fit, the most wanted first. The first step looks at a few rows,
 * so that ordinary text costs nothing. */
enum { STOA_CAST_CANDIDATES = 6 };
unsigned stoa_cast_learn(const struct stoa_enc_input *input,
                         struct stoa_cast_template out[STOA_CAST_CANDIDATES]);

/* ---- writing ---- */

STOA_MUST_USE stoa_status stoa_cast_estimate(const struct stoa_enc_input *input,
                                             struct stoa_enc_estimate *out_estimate,
                                             stoa_error *err);
STOA_MUST_USE stoa_status stoa_cast_encode(const struct stoa_enc_input *input,
                                           struct stoa_buf *out, stoa_error *err);

/* ---- printing ---- */

/* Copies whole steps, over the end: constants of a template are filled up to the largest. */
static inline uint8_t *stoa_cast_put(uint8_t *out, const uint8_t *bytes, uint32_t size)
{
    memcpy(out, bytes, 16);
    if (size > 16)
        memcpy(out + 16, bytes + 16, STOA_CAST_MAX_AFFIX - 16);
    return out + size;
}

/* Defines a form's `print`: what is between the affixes is `put(t, values, i, at)`. The template is
 * copied, so that nothing written can change it. */
#define STOA_CAST_DEFINE_PRINT(name, put)                                                  \
    static void name(const struct stoa_cast_template *t, const void *values,               \
                     uint32_t count, uint8_t *out, struct stoa_view *views)                \
    {                                                                                      \
        const struct stoa_cast_template copy = *t;                                         \
        for (uint32_t i = 0; i < count; i++) {                                             \
            uint8_t *at = stoa_cast_put(out, copy.prefix, copy.prefix_size);               \
            at = put(&copy, values, i, at);                                                \
            at = stoa_cast_put(at, copy.suffix, copy.suffix_size);                         \
            views[i] = (struct stoa_view){.data = out, .length = (uint32_t)(at - out)};    \
            out = at;                                                                      \
        }                                                                                  \
    }

#endif
