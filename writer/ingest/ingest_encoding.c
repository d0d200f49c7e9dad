/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other encodings to UTF-8, once, into the spool: the only file that calls iconv. Both passes
 * then read UTF-8 and know no encodings, at the price of temporary space. [ING-3]
 */
#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "common/alloc.h"
#include "writer/ingest/ingest_source.h"

enum { BLOCK_BYTES = 64 << 10 };

const char *stoa_encoding_of_mark(const uint8_t *bytes, size_t size)
{
    if (size >= 4 && memcmp(bytes, "\xFF\xFE\0\0", 4) == 0)
        return "UTF-32LE";
    if (size >= 4 && memcmp(bytes, "\0\0\xFE\xFF", 4) == 0)
        return "UTF-32BE";
    if (size >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0)
        return "UTF-16LE";
    if (size >= 2 && memcmp(bytes, "\xFE\xFF", 2) == 0)
        return "UTF-16BE";
    return NULL;
}

/* Without regard to ASCII case, whatever the locale; `word` is in lower case. */
static bool is_word(const char *name, const char *word)
{
    for (; *name != '\0'; name++, word++) {
        const char lower = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
        if (lower != *word)
            return false;
    }
    return *word == '\0';
}

bool stoa_encoding_is_utf8(const char *name)
{
    static const char *const names[] = {"utf-8", "utf8", "ascii", "us-ascii"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (is_word(name, names[i]))
            return true;
    }
    return false;
}

const char *stoa_encoding_guess(const uint8_t *bytes, size_t size, uint64_t offset)
{
    size_t zeros[2] = {0, 0};
    for (size_t i = 0; i < size; i++)
        zeros[(offset + i) % 2] += bytes[i] == 0;
    if (zeros[1] > size / 4 && zeros[0] <= size / 8)
        return "UTF-16LE";
    if (zeros[0] > size / 4 && zeros[1] <= size / 8)
        return "UTF-16BE";
    return zeros[0] + zeros[1] > 0 ? NULL : "windows-1252";
}

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* iconv drops other bytes from a name, and takes what is empty then, and "char", for the locale's
 * encoding; a suffix like "//IGNORE" would drop what cannot be decoded without a word. */
static bool is_charset_name(const char *name)
{
    if (!is_letter_or_digit(*name) || is_word(name, "char"))
        return false;
    for (; *name != '\0'; name++) {
        if (!is_letter_or_digit(*name) && !strchr("-_.:+", *name))
            return false;
    }
    return true;
}

/* STOA_E_USAGE when there is none. */
static stoa_status open_converter(const char *name, iconv_t *out_converter, stoa_error *err)
{
    *out_converter = is_charset_name(name) ? iconv_open("UTF-8", name) : (iconv_t)-1;
    if (*out_converter == (iconv_t)-1)
        return stoa_fail(err, STOA_E_USAGE,
                         "expected the name of an encoding, found \"%s\"", name);
    return STOA_OK;
}

stoa_status stoa_encoding_check(const char *name, stoa_error *err)
{
    iconv_t converter;
    if (stoa_encoding_is_utf8(name))
        return STOA_OK;
    STOA_TRY(open_converter(name, &converter, err));
    (void)iconv_close(converter);
    return STOA_OK;
}

/* One decoding under way. */
struct decoding {
    iconv_t converter;
    const struct stoa_file *to;
    uint64_t written;
    uint8_t *out; /* BLOCK_BYTES */
};

static stoa_status flush_out(struct decoding *decoding, size_t size, stoa_error *err)
{
    decoding->written += size;
    return size ? stoa_io_write(decoding->to, decoding->out, size, err) : STOA_OK;
}

/* Decodes [*in, *in + *left) as far as it goes; what remains is an incomplete character. */
static stoa_status decode_block(struct decoding *decoding, char **in, size_t *left,
                                bool *out_is_bad, stoa_error *err)
{
    *out_is_bad = false;
    for (;;) {
        char *out = (char *)decoding->out;
        size_t room = BLOCK_BYTES;
        const size_t result = iconv(decoding->converter, in, left, &out, &room);
        const int failure = errno;
        STOA_TRY(flush_out(decoding, BLOCK_BYTES - room, err));
        if (result != (size_t)-1 || failure == EINVAL)
            return STOA_OK;
        if (failure != E2BIG) {
            *out_is_bad = true;
            return STOA_OK;
        }
    }
}

static stoa_status fail_bytes(const char *name, const struct stoa_file *from,
                              uint64_t offset, stoa_error *err)
{
    const stoa_status status = stoa_fail(
        err, STOA_E_ENCODING, "expected %s, found bytes that are not, at offset %llu", name,
        (unsigned long long)offset);
    stoa_error_set_place(err, "%s", from->name);
    stoa_error_set_offset(err, offset);
    return status;
}

stoa_status stoa_encoding_decode(const char *name, const struct stoa_file *from,
                                 const struct stoa_file *to, struct stoa_hasher *hasher,
                                 uint64_t *out_size, stoa_error *err)
{
    stoa_status status = STOA_OK;
    struct decoding decoding = {.to = to};
    STOA_TRY(open_converter(name, &decoding.converter, err));
    uint8_t *in = stoa_alloc(BLOCK_BYTES);
    decoding.out = stoa_alloc(BLOCK_BYTES);
    if (!in || !decoding.out) {
        status = stoa_fail_memory(err, BLOCK_BYTES);
        goto cleanup;
    }
    uint64_t offset = 0; /* of in[0] */
    size_t kept = 0;
    for (size_t got = 1; got != 0;) {
        bool is_bad = false;
        STOA_TRY_CLEANUP(stoa_io_read_some_at(from, offset + kept, in + kept,
                                              BLOCK_BYTES - kept, &got, err));
        stoa_hasher_update(hasher, in + kept, got);
        char *next = (char *)in;
        size_t left = kept + got;
        STOA_TRY_CLEANUP(decode_block(&decoding, &next, &left, &is_bad, err));
        const size_t used = (size_t)((uint8_t *)next - in);
        /* A character needs a few bytes, so what is left over is small unless it is damage. */
        if (is_bad || (got == 0 && left != 0) || left > BLOCK_BYTES / 2) {
            status = fail_bytes(name, from, offset + used, err);
            goto cleanup;
        }
        memmove(in, next, left);
        offset += used;
        kept = left;
    }
    *out_size = decoding.written;
cleanup:
    stoa_free(in);
    stoa_free(decoding.out);
    (void)iconv_close(decoding.converter);
    return status;
}
