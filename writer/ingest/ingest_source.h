/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the bytes of a source come from: a file read in place, or an unlinked temporary file
 * that holds what came through a pipe or out of another encoding [ING-1, ING-3].
 */
#ifndef STOA_WRITER_INGEST_SOURCE_H
#define STOA_WRITER_INGEST_SOURCE_H

#include "writer/ingest/input_format.h"

/* Opens the source named input->info.name, spools and decodes it if it has to, and fills in
 * what is known without its rows. On failure the input is as stoa_source_done left it. */
STOA_MUST_USE stoa_status stoa_source_open(const struct stoa_ingest *ingest,
                                           struct stoa_input *input, stoa_error *err);
void stoa_source_done(struct stoa_input *input);

/* The first `size` bytes of decoded text (fewer if there are no more) in `buf`, padded;
 * out_head borrows them. */
STOA_MUST_USE stoa_status stoa_source_head(const struct stoa_input *input, size_t size,
                                           struct stoa_buf *buf,
                                           struct stoa_input_head *out_head,
                                           stoa_error *err);

/* One pass over the decoded text from its first byte. Hashes what it reads, once and in order,
 * when the text is the source itself. */
struct stoa_text_reader {
    const struct stoa_input *input;
    struct stoa_file file;
    bool is_owned;              /* the file is closed by stoa_text_close */
    struct stoa_hasher *hasher; /* NULL: the hash is known from spooling */
    uint64_t hashed;            /* bytes of the source hashed so far */
};

STOA_MUST_USE stoa_status stoa_text_open(const struct stoa_input *input,
                                         struct stoa_text_reader *out_reader,
                                         stoa_error *err);
void stoa_text_close(struct stoa_text_reader *reader);

/* Reads up to `size` bytes at `offset`; *out_got < size only at the end. Bytes at the first place
 * not hashed yet are hashed. */
STOA_MUST_USE stoa_status stoa_text_read(struct stoa_text_reader *reader, uint64_t offset,
                                         uint8_t *bytes, size_t size, size_t *out_got,
                                         stoa_error *err);

/* At the end of pass 1: keeps size and hash in the input. */
void stoa_text_keep_identity(const struct stoa_text_reader *reader,
                             struct stoa_input *input);
/* At the end of a later pass: STOA_E_SOURCE_CHANGED when they are not the ones kept [ING-4]. */
STOA_MUST_USE stoa_status stoa_text_check_identity(const struct stoa_text_reader *reader,
                                                   stoa_error *err);
STOA_MUST_USE stoa_status stoa_source_fail_changed(const struct stoa_input *input,
                                                   stoa_error *err);

/* ---- ingest_encoding.c ---- */

/* The encoding that a byte order mark names, for iconv; NULL for none and for UTF-8. */
const char *stoa_encoding_of_mark(const uint8_t *bytes, size_t size);

/* True for the names of UTF-8 and ASCII, which need no decoding. */
bool stoa_encoding_is_utf8(const char *name);

/* A guess at what a text is that is not UTF-8, from some bytes at `offset` of it; for a hint. Static
 * text; NULL when zeros stand there that are no halves of characters. */
const char *stoa_encoding_guess(const uint8_t *bytes, size_t size, uint64_t offset);

/* STOA_E_USAGE when it is no plain name, or iconv does not know it. The locale plays no part. */
STOA_MUST_USE stoa_status stoa_encoding_check(const char *name, stoa_error *err);

/* Decodes all of `from` into `to` as UTF-8; hashes the bytes of `from` with `hasher`. STOA_E_ENCODING
 * with the byte offset when they are not in that encoding. */
STOA_MUST_USE stoa_status stoa_encoding_decode(const char *name,
                                               const struct stoa_file *from,
                                               const struct stoa_file *to,
                                               struct stoa_hasher *hasher,
                                               uint64_t *out_size, stoa_error *err);

#endif
