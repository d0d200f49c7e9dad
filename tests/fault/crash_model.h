/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a power loss may leave behind: a model of a directory tree in which file bytes and each
 * directory entry become durable separately, by fsync of that file or that directory and by
 * nothing else (what POSIX promises; ALICE, OSDI 2014, shows that file systems use the freedom).
 * Feed it the calls that fault_io.h records; ask it for crash states and write them to disk.
 *
 * A *pending* thing is a directory entry made or removed, or a file written, since the last
 * fsync that covers it. A crash state keeps some of them.
 */
#ifndef STOA_TESTS_CRASH_MODEL_H
#define STOA_TESTS_CRASH_MODEL_H

#include "tests/support/fault_io.h"
#include "tests/support/test_support.h"

struct crash_node;

struct crash_model {
    char base[256];           /* path of the tree's root on disk, durable from the start */
    struct crash_node *root;  /* owned, with all below it */
    struct crash_node *nodes; /* all ever made; chained */
    struct {
        struct crash_node *node; /* NULL: not of this tree */
        uint64_t position;
    } fds[1024];
};

/* Takes the tree at `base` as it is now on disk, all of it durable. */
void crash_model_init(struct crash_model *model, const char *base);
void crash_model_done(struct crash_model *model);

/* Applies one call. Returns true if it changed what a crash could leave. */
bool crash_model_apply(struct crash_model *model, const struct fault_record *record);

/* What an fsync record is about, for mutants that drop some. */
enum crash_sync {
    CRASH_SYNC_NONE,
    CRASH_SYNC_LOG,
    CRASH_SYNC_DIRECTORY,
    CRASH_SYNC_MANIFEST,
    CRASH_SYNC_DATA,
    CRASH_SYNC_OTHER
};
enum crash_sync crash_model_sync_kind(const struct crash_model *model,
                                      const struct fault_record *record);

/* Which pending things survive. */
enum crash_mode {
    CRASH_ALL,
    CRASH_NONE,
    CRASH_ALL_BUT_ONE, /* thing number `one` is lost */
    CRASH_ONLY_ONE,    /* thing number `one` alone survives */
    CRASH_RANDOM       /* each by `random`; lost file bytes may be torn, zero or garbage */
};
struct crash_choice {
    enum crash_mode mode;
    size_t one;
    struct test_random random;
};

size_t crash_model_pending(const struct crash_model *model);

/* A hash of the tree that the choice leaves: equal for equal trees. */
uint64_t crash_model_hash(const struct crash_model *model, struct crash_choice choice);

/* Writes that tree to the existing empty directory `path`. */
void crash_model_write(const struct crash_model *model, struct crash_choice choice,
                       const char *path);

#endif
