/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of logical types: name, physical kind, parameters, and the SQL spellings that
 * people know. Called by everybody who shows or reads a type; owns nothing.
 *
 * "int8" is our 8-bit integer, not PostgreSQL's 64-bit alias: what stoa_type_text prints must
 * read back. For the same reason the ambiguous aliases int1, int2 and int4 do not exist.
 */
#include "format/types.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"

enum {
    TYPE_COUNT = 16, /* ids are 1 .. 15 */
    DECIMAL_DIGITS = 38,
    DECIMAL_I64_DIGITS = 18,
    SHOWN_BYTES = 40
};

struct type_row {
    const char *name;
    enum stoa_phys phys; /* decimal: depends on the precision */
};

/* [FMT-20] [FMT-21] */
static const struct type_row type_rows[TYPE_COUNT] = {
    [STOA_TYPE_BOOL] = {"bool",        STOA_PHYS_BOOL   },
    [STOA_TYPE_INT8] = {"int8",        STOA_PHYS_I64    },
    [STOA_TYPE_INT16] = {"int16",       STOA_PHYS_I64    },
    [STOA_TYPE_INT32] = {"int32",       STOA_PHYS_I64    },
    [STOA_TYPE_INT64] = {"int64",       STOA_PHYS_I64    },
    [STOA_TYPE_UINT64] = {"uint64",      STOA_PHYS_U64    },
    [STOA_TYPE_FLOAT64] = {"float64",     STOA_PHYS_F64    },
    [STOA_TYPE_DECIMAL] = {"decimal",     STOA_PHYS_I128   },
    [STOA_TYPE_DATE] = {"date",        STOA_PHYS_I64    },
    [STOA_TYPE_TIME] = {"time",        STOA_PHYS_I64    },
    [STOA_TYPE_TIMESTAMP] = {"timestamp",   STOA_PHYS_I64    },
    [STOA_TYPE_TIMESTAMPTZ] = {"timestamptz", STOA_PHYS_I64    },
    [STOA_TYPE_TEXT] = {"text",        STOA_PHYS_BYTES  },
    [STOA_TYPE_BINARY] = {"binary",      STOA_PHYS_BYTES  },
    [STOA_TYPE_UUID] = {"uuid",        STOA_PHYS_FIXED16},
};

struct synonym {
    const char *name; /* lower case, words separated by one blank */
    stoa_type_id id;
};

static const struct synonym synonyms[] = {
    {"boolean",                     STOA_TYPE_BOOL       },
    {"tinyint",                     STOA_TYPE_INT8       },
    {"smallint",                    STOA_TYPE_INT16      },
    {"int",                         STOA_TYPE_INT32      },
    {"integer",                     STOA_TYPE_INT32      },
    {"bigint",                      STOA_TYPE_INT64      },
    {"ubigint",                     STOA_TYPE_UINT64     },
    {"float",                       STOA_TYPE_FLOAT64    },
    {"float8",                      STOA_TYPE_FLOAT64    },
    {"double",                      STOA_TYPE_FLOAT64    },
    {"double precision",            STOA_TYPE_FLOAT64    },
    {"real",                        STOA_TYPE_FLOAT64    },
    {"numeric",                     STOA_TYPE_DECIMAL    },
    {"dec",                         STOA_TYPE_DECIMAL    },
    {"time without time zone",      STOA_TYPE_TIME       },
    {"datetime",                    STOA_TYPE_TIMESTAMP  },
    {"timestamp without time zone", STOA_TYPE_TIMESTAMP  },
    {"timestamp with time zone",    STOA_TYPE_TIMESTAMPTZ},
    {"string",                      STOA_TYPE_TEXT       },
    {"varchar",                     STOA_TYPE_TEXT       },
    {"character varying",           STOA_TYPE_TEXT       },
    {"utf8",                        STOA_TYPE_TEXT       },
    {"bytea",                       STOA_TYPE_BINARY     },
    {"blob",                        STOA_TYPE_BINARY     },
    {"varbinary",                   STOA_TYPE_BINARY     },
    {"bytes",                       STOA_TYPE_BINARY     },
};

bool stoa_type_is_valid(stoa_type type)
{
    const unsigned id = (unsigned)type.id;
    if (id == 0 || id >= TYPE_COUNT)
        return false;
    if (type.id != STOA_TYPE_DECIMAL)
        return type.precision == 0 && type.scale == 0;
    return type.precision >= 1 && type.precision <= DECIMAL_DIGITS &&
           type.scale <= type.precision;
}

enum stoa_phys stoa_type_phys(stoa_type type)
{
    assert(stoa_type_is_valid(type));
    if (type.id == STOA_TYPE_DECIMAL && type.precision <= DECIMAL_I64_DIGITS)
        return STOA_PHYS_I64;
    return type_rows[type.id].phys;
}

size_t stoa_phys_width(enum stoa_phys phys)
{
    static const uint8_t widths[STOA_PHYS_COUNT] = {
        [STOA_PHYS_I64] = 8,   [STOA_PHYS_U64] = 8,      [STOA_PHYS_F64] = 8,
        [STOA_PHYS_I128] = 16, [STOA_PHYS_FIXED16] = 16,
    };
    return widths[phys];
}

bool stoa_type_equal(stoa_type a, stoa_type b)
{
    return a.id == b.id && a.precision == b.precision && a.scale == b.scale;
}

const char *stoa_type_text(stoa_type type, char out[STOA_TYPE_TEXT_MAX])
{
    const unsigned id = (unsigned)type.id;
    if (id == 0 || id >= TYPE_COUNT)
        snprintf(out, STOA_TYPE_TEXT_MAX, "type %u", id);
    else if (type.id == STOA_TYPE_DECIMAL)
        snprintf(out, STOA_TYPE_TEXT_MAX, "decimal(%u,%u)", (unsigned)type.precision,
                 (unsigned)type.scale);
    else
        snprintf(out, STOA_TYPE_TEXT_MAX, "%s", type_rows[id].name);
    return out;
}

/* ---- parsing ---- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Lower-cases the words in front of '(' or the end into `out`, one blank between them; returns
 * where it stopped, or NULL when they do not fit (no known name is that long). */
static const char *take_words(const char *text, char *out, size_t room)
{
    size_t at = 0;
    const char *p = text;
    for (; *p != '\0' && *p != '('; p++) {
        const char c = is_blank(*p) ? ' ' : *p;
        if (c == ' ' && (at == 0 || out[at - 1] == ' '))
            continue;
        if (at + 1 >= room)
            return NULL;
        out[at++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    if (at > 0 && out[at - 1] == ' ')
        at--;
    out[at] = '\0';
    return p;
}

static stoa_type_id find_name(const char *name)
{
    for (unsigned id = 1; id < TYPE_COUNT; id++) {
        if (strcmp(type_rows[id].name, name) == 0)
            return (stoa_type_id)id;
    }
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
        if (strcmp(synonyms[i].name, name) == 0)
            return synonyms[i].id;
    }
    return (stoa_type_id)0;
}

static const char *skip_blanks(const char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

/* One or two digits with blanks around them; NULL when there are none or more. */
static const char *take_number(const char *p, uint8_t *out)
{
    unsigned v = 0;
    unsigned count = 0;
    p = skip_blanks(p);
    for (; *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (unsigned)(*p - '0');
        if (++count > 2)
            return NULL;
    }
    *out = (uint8_t)v;
    return count ? skip_blanks(p) : NULL;
}

/* "(p)" or "(p,s)" and nothing behind it. */
static bool parse_parameters(const char *p, stoa_type *type)
{
    if (*p != '(')
        return false;
    p = take_number(p + 1, &type->precision);
    if (p && *p == ',')
        p = take_number(p + 1, &type->scale);
    return p && *p == ')' && *skip_blanks(p + 1) == '\0' && stoa_type_is_valid(*type);
}

static stoa_status fail_unknown(const char *text, stoa_error *err)
{
    return stoa_fail(
        err, STOA_E_TYPE,
        "expected a type (bool, int8, int16, int32, int64, uint64, float64, "
        "decimal(p,s), date, time, timestamp, timestamptz, text, binary, uuid), "
        "found \"%.*s\"",
        SHOWN_BYTES, text);
}

stoa_status stoa_type_parse(const char *text, stoa_type *out_type, stoa_error *err)
{
    char name[32];
    if (!text || !out_type)
        return stoa_fail(err, STOA_E_USAGE, "expected a type's text, found none");
    const char *rest = take_words(text, name, sizeof name);
    stoa_type type = {.id = rest ? find_name(name) : (stoa_type_id)0};
    if (type.id == 0)
        return fail_unknown(text, err);
    if (type.id == STOA_TYPE_DECIMAL) {
        if (!parse_parameters(rest, &type))
            return stoa_fail(err, STOA_E_TYPE,
                             "expected decimal(p,s) with 1 <= p <= 38 and 0 <= s <= p, "
                             "found \"%.*s\"",
                             SHOWN_BYTES, text);
    } else if (*rest != '\0') {
        /* Taking varchar(20) and not keeping to 20 would be a silent wrong answer. */
        return stoa_fail(err, STOA_E_TYPE, "expected %s without parameters, found \"%.*s\"",
                         type_rows[type.id].name, SHOWN_BYTES, text);
    }
    *out_type = type;
    return STOA_OK;
}
