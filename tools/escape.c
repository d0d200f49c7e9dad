/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Terminal-safe texts (tools/escape.h). The sets are C0, DEL, C1, the bidirectional controls,
 * LS/PS and whatever is not well-formed UTF-8 (CWE-150).
 */
#include "tools/escape.h"

#include <stdint.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at `text`, or 0; its code point in *out_code. */
static size_t decode_utf8(const unsigned char *text, size_t size, uint32_t *out_code)
{
    const unsigned char first = text[0];
    if (first < 0x80) {
        *out_code = first;
        return 1;
    }
    const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || length > size)
        return 0;
    uint32_t code = first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    const uint32_t smallest = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
    if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *out_code = code;
    return length;
}

static int is_harmful(uint32_t code, enum escape_mode mode)
{
    if (code == '\n' || code == '\t')
        return mode == ESCAPE_LINE;
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

size_t escape_step(const char *text, size_t size, enum escape_mode mode,
                   char out[ESCAPE_MAX], size_t *out_taken)
{
    uint32_t code = 0;
    const size_t length = decode_utf8((const unsigned char *)text, size, &code);
    if (length == 0) {
        *out_taken = 1;
        return (size_t)snprintf(out, ESCAPE_MAX, "\\x%02x", (unsigned char)text[0]);
    }
    *out_taken = length;
    if (!is_harmful(code, mode)) {
        memcpy(out, text, length);
        return length;
    }
    if (mode == ESCAPE_LINE && (code == '\n' || code == '\t'))
        return (size_t)snprintf(out, ESCAPE_MAX, "\\%c", code == '\n' ? 'n' : 't');
    if (code < 0x80)
        return (size_t)snprintf(out, ESCAPE_MAX, "\\x%02x", (unsigned)code);
    return (size_t)snprintf(out, ESCAPE_MAX, "\\u{%x}", (unsigned)code);
}

void escape_print(FILE *stream, const char *text, size_t size, enum escape_mode mode)
{
    char step[ESCAPE_MAX];
    while (size > 0) {
        size_t taken = 0;
        const size_t length = escape_step(text, size, mode, step, &taken);
        fwrite(step, 1, length, stream);
        text += taken;
        size -= taken;
    }
}
