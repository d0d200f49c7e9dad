/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source is when it is no text table: known formats by their first bytes, so that the
 * error says what to do instead of showing garbage as a row. Called when a source is added,
 * before any text is looked at. [ING-2]
 */
#include <string.h>

#include "writer/ingest/input_format.h"

struct magic {
    const char *bytes;
    uint8_t length;
    uint16_t offset;
    const char *what;
    const char *hint;
};

#define UNPACK "unpack it and pass the text, for example through a pipe: "

static const struct magic magics[] = {
    {"\x1f\x8b",                         2,  0,   "gzip",                        UNPACK "zcat FILE | stoa convert -"   },
    {"\x28\xb5\x2f\xfd",                 4,  0,   "zstd",                        UNPACK "zstdcat FILE | stoa convert -"},
    {"\xfd"
     "7zXZ\0",                      6,  0,   "xz",                          UNPACK "xzcat FILE | stoa convert -"  },
    {"BZh",                              3,  0,   "bzip2",                       UNPACK "bzcat FILE | stoa convert -"  },
    {"\x04\x22\x4d\x18",                 4,  0,   "lz4",                         UNPACK "lz4cat FILE | stoa convert -" },
    {"7z\xbc\xaf\x27\x1c",               6,  0,   "a 7-zip archive",             "unpack it first"                     },
    {"Rar!\x1a\x07",                     6,  0,   "a RAR archive",               "unpack it first"                     },
    {"ustar",                            5,  257, "a tar archive",               "unpack it first"                     },
    {"PAR1",                             4,  0,   "Parquet",                     "export it as CSV first"              },
    {"ORC",                              3,  0,   "ORC",                         "export it as CSV first"              },
    {"Obj\x01",                          4,  0,   "Avro",                        "export it as CSV first"              },
    {"ARROW1",                           6,  0,   "an Arrow file",               "export it as CSV first"              },
    {"FEA1",                             4,  0,   "Feather",                     "export it as CSV first"              },
    {"SQLite format 3",                  16, 0,   "an SQLite database",          "export a table of it as CSV first"   },
    {"\x89HDF",                          4,  0,   "HDF5",                        "export it as CSV first"              },
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8,  0,   "an old Excel or Office file",
     "save the sheet as CSV first"                                                                                     },
    {"%PDF",                             4,  0,   "PDF",                         ""                                    },
    {"STOA\r\n\x1a\n",                   8,  0,   "a Stoa file already",         "query it as it is"                   },
    {"\x7f"
     "ELF",                         4,  0,   "a program",                   ""                                    },
};

static bool has_magic(const struct magic *magic, const uint8_t *bytes, size_t size)
{
    return size >= (size_t)magic->offset + magic->length &&
           memcmp(bytes + magic->offset, magic->bytes, magic->length) == 0;
}

static stoa_status fail_format(stoa_error *err, const char *what, const char *hint)
{
    const stoa_status status = stoa_fail(
        err, STOA_E_SOURCE_FORMAT, "expected CSV text, found what looks like %s", what);
    stoa_error_set_hint(err, "%s", hint);
    return status;
}

/* A spreadsheet is a zip archive whose members have well-known names. */
static stoa_status check_zip(const uint8_t *bytes, size_t size, stoa_error *err)
{
    static const char sheet[] = "[Content_Types].xml";
    const bool is_sheet = memmem(bytes, size, sheet, sizeof sheet - 1) != NULL ||
                          memmem(bytes, size, "xl/", 3) != NULL;
    if (size < 4 || bytes[0] != 'P' || bytes[1] != 'K' || bytes[2] > 8 || bytes[3] > 8)
        return STOA_OK;
    if (is_sheet)
        return fail_format(err, "an Excel workbook", "save the sheet as CSV first");
    return fail_format(err, "a zip archive",
                       UNPACK "unzip -p FILE MEMBER | stoa convert -");
}

static size_t skip_blanks(const uint8_t *bytes, size_t at, size_t size)
{
    while (at < size && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\n' ||
                         bytes[at] == '\r'))
        at++;
    return at;
}

/* An object, or an array of anything but plain words: "[id],[name]" is a CSV header. */
static bool is_json(const uint8_t *bytes, size_t size)
{
    size_t at = skip_blanks(bytes, 0, size);
    if (at == size || (bytes[at] != '{' && bytes[at] != '['))
        return false;
    const bool is_object = bytes[at] == '{';
    at = skip_blanks(bytes, at + 1, size);
    if (at == size)
        return false;
    return is_object ? bytes[at] == '"' || bytes[at] == '}'
                     : bytes[at] == '{' || bytes[at] == '[';
}

/* Without regard to case; `word` is in lower case. */
static bool begins_with(const uint8_t *bytes, size_t size, const char *word)
{
    const size_t at = skip_blanks(bytes, 0, size);
    const size_t length = strlen(word);
    if (size - at < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        const uint8_t byte = bytes[at + i];
        if ((byte >= 'A' && byte <= 'Z' ? byte + 32 : byte) != (uint8_t)word[i])
            return false;
    }
    return true;
}

stoa_status stoa_input_check_magic(const uint8_t *bytes, size_t size, stoa_error *err)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (has_magic(&magics[i], bytes, size))
            return fail_format(err, magics[i].what, magics[i].hint);
    }
    STOA_TRY(check_zip(bytes, size, err));
    if (is_json(bytes, size))
        return fail_format(err, "JSON", "convert it to CSV first");
    if (begins_with(bytes, size, "<!doctype html") || begins_with(bytes, size, "<html"))
        return fail_format(err, "an HTML page",
                           "a download that needs a login often delivers a page instead");
    if (begins_with(bytes, size, "<?xml"))
        return fail_format(err, "XML", "");
    return STOA_OK;
}
