/* SPDX-License-Identifier: Apache-2.0 */
/* Texts made of other values by a template: cast.md. The table is in decoder_nodes.c. */
#include <stdio.h>
#include <string.h>

#include "decoder_nodes.h"

enum { FORM_UUID = 1, FORM_HEX = 2, FORM_NUMBER = 3, FORM_PADDED = 4, FORM_TIME = 5 };

/* A template [CAST-1]. */
struct form {
    unsigned id;
    unsigned options;
    unsigned width;
    unsigned prefix_size, suffix_size, pattern_size;
    const uint8_t *prefix, *suffix, *pattern;
    unsigned kind;    /* of the values */
    unsigned longest; /* body */
    /* TIME */
    bool has_date;
    uint64_t per_day;
    unsigned digits; /* of the fraction */
};

/* ---- hex digits ---- */

static unsigned put_hex(const uint8_t *bytes, unsigned digits, bool is_upper, char *out)
{
    for (unsigned i = 0; i < digits; i++)
        out[i] =
            (is_upper ? "0123456789ABCDEF"
                      : "0123456789abcdef")[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
    return digits;
}

/* [CAST-4] */
static unsigned write_uuid(const struct form *f, const struct value *v, char *out)
{
    char digits[32];
    unsigned size = 0;
    put_hex(v->text, 32, f->options & 1, digits);
    for (unsigned i = 0; i < 32; i++) {
        if (!(f->options & 2) && (i == 8 || i == 12 || i == 16 || i == 20))
            out[size++] = '-';
        out[size++] = digits[i];
    }
    return size;
}

/* [CAST-5] */
static unsigned write_hex(const struct form *f, const struct value *v, char *out)
{
    if (f->kind == KIND_BYTES)
        return put_hex(v->text, f->width, f->options & 1, out);
    return (unsigned)snprintf(out, 32, f->options & 1 ? "%0*llX" : "%0*llx", (int)f->width,
                              (unsigned long long)v->low);
}

/* ---- numbers ---- */

/* [CAST-6] */
static unsigned write_number(const struct form *f, const struct value *v, char *out)
{
    char digits[64];
    unsigned size = 0;
    const bool is_negative = (f->options & 1) && v->low >> 63;
    const uint64_t magnitude = is_negative ? 0 - v->low : v->low;
    const int length = snprintf(digits, sizeof digits, "%0*llu", (int)f->width + 1,
                                (unsigned long long)magnitude);
    const unsigned whole = (unsigned)length - f->width;
    if (is_negative)
        out[size++] = '-';
    for (unsigned i = 0; i < (unsigned)length; i++) {
        if (i == whole)
            out[size++] = '.';
        else if ((f->options & 2) && i > 0 && i < whole && (whole - i) % 3 == 0)
            out[size++] = ',';
        out[size++] = digits[i];
    }
    return size;
}

/* [CAST-7] */
static unsigned write_padded(const struct form *f, const struct value *v, char *out)
{
    return (unsigned)snprintf(out, 32, "%0*llu", (int)f->width, (unsigned long long)v->low);
}

/* ---- times ---- */

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return lengths[month - 1] + (month == 2 && is_leap);
}

/* Years and months are counted off from the start of year 0, which is 719,528 days before 1970. */
static void find_date(int64_t day, int *year, int *month, int *of_month)
{
    int64_t left = day + 719528;
    *year = 0;
    *month = 1;
    for (int length; left >= (length = 337 + month_length(*year, 2)); (*year)++)
        left -= length;
    for (; left >= month_length(*year, *month); (*month)++)
        left -= month_length(*year, *month);
    *of_month = (int)left + 1;
}

/* What the letters of [CAST-9] stand for. */
struct moment {
    int year, month, day;
    unsigned hour, minute, second;
    uint64_t fraction;
};

static struct moment find_moment(const struct form *f, int64_t value)
{
    struct moment m = {0};
    const int64_t units = (int64_t)f->per_day;
    int64_t day = value / units;
    if (value % units < 0)
        day--;
    uint64_t left = (uint64_t)value - (uint64_t)day * f->per_day;
    if (f->has_date)
        find_date(day, &m.year, &m.month, &m.day);
    for (unsigned i = 0; i < f->digits; i++)
        left /= 10;
    if (f->digits > 0)
        m.fraction = ((uint64_t)value - (uint64_t)day * f->per_day) % (f->per_day / 86400);
    if (f->per_day >= 86400) {
        m.second = (unsigned)(left % 60);
        left /= 60;
    }
    if (f->per_day >= 1440) {
        m.minute = (unsigned)(left % 60);
        m.hour = (unsigned)(left / 60);
    }
    return m;
}

/* [CAST-8] to [CAST-10] */
static unsigned write_time(const struct form *f, const struct value *v, char *out)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t value;
    memcpy(&value, &v->low, sizeof value);
    const struct moment m = find_moment(f, value);
    int size = 0;
    for (unsigned i = 0; i < f->pattern_size; i++) {
        char *to = out + size;
        const unsigned twelve = m.hour % 12 == 0 ? 12 : m.hour % 12;
        switch (f->pattern[i]) {
        case 'Y': size += sprintf(to, "%04d", m.year); break;
        case 'M': size += sprintf(to, "%02d", m.month); break;
        case 'm': size += sprintf(to, "%d", m.month); break;
        case 'B': size += sprintf(to, "%s", names[m.month - 1]); break;
        case 'D': size += sprintf(to, "%02d", m.day); break;
        case 'd': size += sprintf(to, "%d", m.day); break;
        case 'H': size += sprintf(to, "%02u", m.hour); break;
        case 'h': size += sprintf(to, "%u", m.hour); break;
        case 'K': size += sprintf(to, "%02u", twelve); break;
        case 'k': size += sprintf(to, "%u", twelve); break;
        case 'P': size += sprintf(to, "%s", m.hour < 12 ? "AM" : "PM"); break;
        case 'N': size += sprintf(to, "%02u", m.minute); break;
        case 'S': size += sprintf(to, "%02u", m.second); break;
        case 'F':
            size += sprintf(to, "%0*llu", (int)f->digits, (unsigned long long)m.fraction);
            i += f->digits - 1;
            break;
        default: out[size++] = (char)f->pattern[i]; break;
        }
    }
    return (unsigned)size;
}

/* How often a letter occurs. */
static unsigned occurs(const struct form *f, char letter)
{
    unsigned count = 0;
    for (unsigned i = 0; i < f->pattern_size; i++)
        count += f->pattern[i] == (uint8_t)letter;
    return count;
}

/* [CAST-10], [CAST-11]; counts the longest body. */
static bool check_characters(struct form *f)
{
    f->longest = 0;
    for (unsigned i = 0; i < f->pattern_size; i++) {
        const uint8_t c = f->pattern[i];
        const bool is_letter = c != 0 && strchr("YMmBDdHhKkPNSF", c) != NULL;
        const bool is_other =
            c == 'T' || c == '_' || (c >= 0x20 && c <= 0x2f) || (c >= 0x3a && c <= 0x40);
        if (!is_letter && !is_other)
            return false;
        if (is_letter && i > 0 && strchr("mdhk", f->pattern[i - 1]))
            return false;
        if (c == 'F' && i > 0 && f->pattern[i - 1] != 'F' &&
            memchr(f->pattern, 'F', i) != NULL)
            return false;
        f->longest += c == 'Y' ? 4 : c == 'B' ? 3 : c == 'F' || is_other ? 1 : 2;
    }
    return true;
}

/* [CAST-11], [CAST-12] */
static bool check_time(struct form *f)
{
    const unsigned years = occurs(f, 'Y');
    const unsigned months = occurs(f, 'M') + occurs(f, 'm') + occurs(f, 'B');
    const unsigned days = occurs(f, 'D') + occurs(f, 'd');
    const unsigned twelves = occurs(f, 'K') + occurs(f, 'k');
    const unsigned hours = occurs(f, 'H') + occurs(f, 'h') + twelves;
    const unsigned minutes = occurs(f, 'N');
    const unsigned seconds = occurs(f, 'S');
    f->digits = occurs(f, 'F');
    f->has_date = years == 1;
    f->per_day = minutes ? 1440 : 1;
    f->per_day *= seconds ? 60 : 1;
    for (unsigned i = 0; i < f->digits; i++)
        f->per_day *= 10;
    return f->pattern_size > 0 && check_characters(f) && years <= 1 && months == years &&
           days == years && hours <= 1 && minutes == hours && seconds <= minutes &&
           occurs(f, 'P') == twelves && f->digits <= 9 &&
           (f->digits == 0 || seconds == 1) && years + hours > 0;
}

/* ---- templates ---- */

/* [CAST-2] to [CAST-7], [CAST-11]: whether it is one, the kind of its values, the longest body. */
static bool check_form(struct form *f)
{
    const bool has_pattern = f->pattern_size > 0;
    if (f->id != FORM_TIME && has_pattern)
        return false;
    switch (f->id) {
    case FORM_UUID:
        f->kind = KIND_FIXED16;
        f->longest = f->options & 2 ? 32 : 36;
        return f->options <= 3 && f->width == 0;
    case FORM_HEX:
        f->kind = f->width <= 16 ? KIND_U64 : KIND_BYTES;
        f->longest = f->width;
        return f->options <= 1 && f->width >= 1 && f->width <= 128 && f->width != 32 &&
               (f->width <= 16 || f->width % 2 == 0);
    case FORM_NUMBER:
        f->kind = f->options & 1 ? KIND_I64 : KIND_U64;
        f->longest = (f->options & 1) + 20 + (f->width > 0);
        f->longest += f->options & 2 ? (20 - f->width - 1) / 3 : 0;
        return f->options <= 3 && f->width <= 18;
    case FORM_PADDED:
        f->kind = KIND_U64;
        f->longest = f->width;
        return f->options == 0 && f->width >= 1 && f->width <= 19;
    case FORM_TIME:
        f->kind = KIND_I64;
        return f->options == 0 && f->width == 0 && check_time(f);
    default: return false;
    }
}

/* [CAST-3] */
static bool is_allowed(const struct form *f, const struct value *v)
{
    if (f->id == FORM_HEX)
        return f->kind == KIND_BYTES ? v->size == f->width / 2
                                     : f->width == 16 || v->low >> 4 * f->width == 0;
    if (f->id == FORM_PADDED) {
        uint64_t limit = 1;
        for (unsigned i = 0; i < f->width; i++)
            limit *= 10;
        return v->low < limit;
    }
    if (f->id == FORM_TIME) {
        int64_t value;
        memcpy(&value, &v->low, sizeof value);
        int64_t day = value / (int64_t)f->per_day;
        if (value % (int64_t)f->per_day < 0)
            day--;
        return f->has_date ? day >= -719528 && day <= 2932896 : day == 0;
    }
    return true;
}

static struct form read_form(const struct tree *t, struct node *n)
{
    const struct decoder *d = t->d;
    struct form f = {0};
    const uint8_t *head = take(d, &n->body, 8, "CAST template");
    f.id = n->flags_a;
    f.options = n->flags_b;
    f.width = head[0];
    f.prefix_size = head[1];
    f.suffix_size = head[2];
    f.pattern_size = head[3];
    require_zero(d, head + 4, 4, "CAST template");
    if (f.prefix_size > 64 || f.suffix_size > 64 || f.pattern_size > 32)
        refuse(d, "CAST: affixes of %u and %u bytes, a pattern of %u", f.prefix_size,
               f.suffix_size, f.pattern_size);
    f.prefix = take(d, &n->body, f.prefix_size, "CAST prefix");
    f.suffix = take(d, &n->body, f.suffix_size, "CAST suffix");
    f.pattern = take(d, &n->body, f.pattern_size, "CAST pattern");
    take_padding(d, &n->body, "CAST padding");
    if (!check_form(&f))
        refuse(d, "CAST: form %u with options %u and width %u is no template", f.id,
               f.options, f.width);
    if ((uint64_t)(f.prefix_size + f.longest + f.suffix_size) * n->count >
        MAX_GROUP_RAW) /* [CAST-15] */
        refuse(d, "CAST: %u texts of up to %u bytes", n->count,
               f.prefix_size + f.longest + f.suffix_size);
    return f;
}

/* [CAST-1] */
static struct value make_text(const struct tree *t, const struct form *f,
                              const struct value *from)
{
    static unsigned (*const writers[])(const struct form *f, const struct value *v,
                                       char *out) = {
        NULL, write_uuid, write_hex, write_number, write_padded, write_time};
    char body[256];
    struct value v = {0};
    const unsigned size = writers[f->id](f, from, body);
    uint8_t *text =
        allocate(t->heap, (uint64_t)f->prefix_size + size + f->suffix_size + 1, 1);
    memcpy(text, f->prefix, f->prefix_size);
    memcpy(text + f->prefix_size, body, size);
    memcpy(text + f->prefix_size + size, f->suffix, f->suffix_size);
    v.text = text;
    v.size = f->prefix_size + size + f->suffix_size;
    return v;
}

/* [CAST-13] */
static void put_others(const struct tree *t, struct node *n, struct value *out)
{
    const uint32_t m = n->parameter;
    const struct value *gaps = decode_child(t, n, KIND_U64, m);
    const struct value *texts = decode_child(t, n, KIND_BYTES, m);
    uint32_t row = 0;
    for (uint32_t k = 0; k < m; k++, row++) {
        if (gaps[k].low >= n->count - row)
            refuse(t->d, "CAST: gap %llu before row %u of %u",
                   (unsigned long long)gaps[k].low, row, n->count);
        row += (uint32_t)gaps[k].low;
        put(&out[row], texts[k]);
    }
}

/* cast.md */
void decode_cast(const struct tree *t, struct node *n, struct value *out)
{
    const struct form f = read_form(t, n);
    if (n->parameter >= n->count) /* [CAST-13] */
        refuse(t->d, "CAST: %u other texts among %u", n->parameter, n->count);
    const struct value *values = decode_child(t, n, f.kind, n->count);
    for (uint32_t i = 0; i < n->count; i++) {
        if (!is_allowed(&f, &values[i]))
            refuse(t->d, "CAST: the value of row %u is none of its form", i);
        put(&out[i], make_text(t, &f, &values[i]));
    }
    if (n->parameter > 0)
        put_others(t, n, out);
}
