/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of options (tools/option_value.h). One function per kind in a table; numbers are
 * read digit by digit with an overflow check, so that neither locale nor a stray letter can
 * change them.
 */
#include "tools/option_value.h"

#include <stdint.h>
#include <string.h>

#include "stoa/memory.h"
#include "tools/message.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    {"",    1         },
    {"b",   1         },
    {"k",   1000      },
    {"kb",  1000      },
    {"kib", 1024      },
    {"m",   1000000   },
    {"mb",  1000000   },
    {"mib", 1048576   },
    {"g",   1000000000},
    {"gb",  1000000000},
    {"gib", 1073741824},
    {NULL,  0         }
};

static const struct unit duration_units[] = {
    {"",   1    },
    {"s",  1    },
    {"m",  60   },
    {"h",  3600 },
    {"d",  86400},
    {NULL, 0    }
};

static const struct unit plain_units[] = {
    {"",   1},
    {NULL, 0}
};

static int equal_ignoring_case(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        const int lower = *a >= 'A' && *a <= 'Z' ? *a - 'A' + 'a' : *a;
        if (lower != *b)
            return 0;
    }
    return *a == *b;
}

/* "64MB" -> 64,000,000. Returns 0 when it is no number with a known unit, or too large. */
static int parse_number(const char *text, const struct unit *units, uint64_t *out)
{
    const char *p = text;
    uint64_t value = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return 0;
    }
    if (p == text)
        return 0;
    for (const struct unit *unit = units; unit->name; unit++) {
        if (equal_ignoring_case(p, unit->name))
            return !__builtin_mul_overflow(value, unit->factor, out);
    }
    return 0;
}

static int store_number(const struct command *command, const struct option *option,
                        const char *value, const struct unit *units, const char *example,
                        void *target)
{
    uint64_t number = 0;
    if (!parse_number(value, units, &number))
        return message_usage(command->name, "--%s: expected %s, found \"%s\"", option->name,
                             example, value);
    *(uint64_t *)target = number;
    return -1;
}

static int store_threads(const struct command *command, const struct option *option,
                         const char *value, void *target)
{
    enum { MOST = 1024 };
    const int result =
        store_number(command, option, value, plain_units, "a whole number", target);
    const uint64_t count = result == -1 ? *(uint64_t *)target : 0;
    if (count > MOST)
        return message_usage(command->name, "--%s: expected at most %d, found %llu",
                             option->name, MOST, (unsigned long long)count);
    return result;
}

static int store_byte(const struct command *command, const struct option *option,
                      const char *value, void *target)
{
    static const struct {
        const char *name;
        char byte;
    } names[] = {
        {"tab",       '\t'},
        {"\\t",       '\t'},
        {"comma",     ',' },
        {"semicolon", ';' },
        {"pipe",      '|' },
        {"space",     ' ' }
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (equal_ignoring_case(value, names[i].name)) {
            *(char *)target = names[i].byte;
            return -1;
        }
    }
    if (value[0] == '\0' || value[1] != '\0' || (unsigned char)value[0] > 0x7e)
        return message_usage(command->name,
                             "--%s: expected one ASCII character, or tab, found \"%s\"",
                             option->name, value);
    *(char *)target = value[0];
    return -1;
}

static int store_choice(const struct command *command, const struct option *option,
                        const char *value, void *target)
{
    size_t count = 0;
    for (; option->choices[count]; count++) {
        if (strcmp(option->choices[count], value) == 0) {
            *(int *)target = (int)count;
            return -1;
        }
    }
    const char *nearest = options_nearest(value, option->choices, count);
    return message_usage(command->name, "--%s: expected %s, found \"%s\"%s%s%s",
                         option->name, option->value_name, value,
                         nearest ? "; did you mean " : "", nearest ? nearest : "",
                         nearest ? "?" : "");
}

static int list_push(struct text_list *list, const char *item, size_t capacity)
{
    if (!list->items) {
        list->items = stoa_memory_get(capacity * sizeof *list->items);
        if (!list->items)
            return message_no_memory();
    }
    list->items[list->count++] = item;
    return -1;
}

/* Cuts at commas outside parentheses ("amount=decimal(12,2),id=int64"); "\," is a comma. */
static int store_names(const struct command *command, const struct option *option,
                       char *value, size_t capacity, struct text_list *list)
{
    char *item = value;
    char *out = value;
    int depth = 0;
    for (char *p = value;; p++) {
        if (*p == '\\' && p[1] == ',') {
            *out++ = *++p;
            continue;
        }
        depth += (*p == '(') - (*p == ')');
        if (*p != '\0' && !(*p == ',' && depth <= 0)) {
            *out++ = *p;
            continue;
        }
        const char end = *p;
        *out = '\0';
        if (*item == '\0')
            return message_usage(command->name, "--%s: an empty name in the list",
                                 option->name);
        const int result = list_push(list, item, capacity);
        if (result != -1 || end == '\0')
            return result;
        item = ++out;
    }
}

static int store_text(const struct command *command, const struct option *option,
                      const char *value, void *target)
{
    if (value[0] == '\0')
        return message_usage(command->name, "--%s: expected %s, found an empty text",
                             option->name, option->value_name);
    *(const char **)target = value;
    return -1;
}

int option_value_store(const struct command *command, const struct option *option,
                       char *value, size_t capacity, void *settings)
{
    void *target = (char *)settings + option->offset;
    switch (option->kind) {
    case OPTION_FLAG: return -1;
    case OPTION_TEXT: return store_text(command, option, value, target);
    case OPTION_LIST: return list_push(target, value, capacity);
    case OPTION_NAMES: return store_names(command, option, value, capacity, target);
    case OPTION_BYTE: return store_byte(command, option, value, target);
    case OPTION_COUNT:
        return store_number(command, option, value, plain_units, "a whole number", target);
    case OPTION_THREADS: return store_threads(command, option, value, target);
    case OPTION_SIZE:
        return store_number(command, option, value, size_units, "a size like 256MB",
                            target);
    case OPTION_DURATION:
        return store_number(command, option, value, duration_units, "a time like 24h",
                            target);
    case OPTION_CHOICE: return store_choice(command, option, value, target);
    }
    return -1;
}
