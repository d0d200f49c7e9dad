/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system that fails on purpose: an I/O table that counts, fails, shortens and records calls,
 * and otherwise passes them to the system. Everything the library does to files goes through
 * common/io.h, so one loop over this (struct fault_loop, below) proves what a whole command
 * does about each error of each call.
 *
 * Thread-safe while armed; arming and disarming happen while no I/O runs. Test use only.
 */
#ifndef STOA_TESTS_FAULT_IO_H
#define STOA_TESTS_FAULT_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One bit for each function of struct stoa_io_ops. */
enum fault_call {
    FAULT_OPENAT = 1 << 0,
    FAULT_READ = 1 << 1,
    FAULT_PREAD = 1 << 2,
    FAULT_WRITE = 1 << 3,
    FAULT_PWRITE = 1 << 4,
    FAULT_FSYNC = 1 << 5,
    FAULT_FSTAT = 1 << 6,
    FAULT_FSTATAT = 1 << 7,
    FAULT_FTRUNCATE = 1 << 8,
    FAULT_LINKAT = 1 << 9,
    FAULT_RENAMEAT = 1 << 10,
    FAULT_UNLINKAT = 1 << 11,
    FAULT_MKDIRAT = 1 << 12,
    FAULT_FLOCK = 1 << 13,
    FAULT_CLOSE = 1 << 14,
    FAULT_FDOPENDIR = 1 << 15,
    FAULT_READDIR = 1 << 16,
    FAULT_CLOSEDIR = 1 << 17,
    FAULT_ALL_CALLS = (1 << 18) - 1
};

/* "openat", "read", ...; "?" for anything but one bit. */
const char *fault_call_name(enum fault_call call);

enum fault_effect {
    FAULT_EFFECT_ERRNO,     /* the call is not made; -1 (NULL) with errno_value */
    FAULT_EFFECT_SHORT,     /* a transfer moves half of what was asked, at least one byte */
    FAULT_EFFECT_ZERO,      /* a write moves nothing and returns 0 */
    FAULT_EFFECT_AFTERWARDS /* the call is made and then reported as failed: what close does, */
                            /* and what a network file system may do on link and rename */
};

/* One way to fail, and the calls it makes sense for. */
struct fault_kind {
    const char *name; /* "EIO", "short", "close", ... */
    enum fault_effect effect;
    int errno_value; /* for ERRNO and AFTERWARDS */
    unsigned calls;  /* mask of enum fault_call; only these are counted */
};

/* Kind `i` of the standard set, NULL past its end: EIO ENOSPC EDQUOT EMFILE EINTR EROFS EACCES
 * short zero-write fsync close link-unknown. */
const struct fault_kind *fault_kind_at(size_t i);

/* What one call did, for traces and simulators. Strings and bytes are valid in the call only. */
struct fault_record {
    enum fault_call call;
    int fd;           /* descriptor or directory descriptor; -1 for readdir and closedir */
    const char *path; /* or NULL */
    int fd2;          /* second directory of linkat and renameat, else -1 */
    const char *path2;
    int flags;         /* of openat, fstatat, unlinkat, linkat, flock */
    uint64_t offset;   /* of pread, pwrite; the size for ftruncate */
    size_t size;       /* bytes asked for */
    const void *bytes; /* of write and pwrite: `result` of them were written */
    int64_t result;    /* what the caller saw: count, descriptor, 0 or -1 */
    int errno_value;   /* when result is -1 (NULL for readdir: 0 is the end) */
    bool injected;     /* the fault fired here */
};
typedef void (*fault_observer_fn)(void *context, const struct fault_record *record);

/* Installs the table. The `at`-th call (from 1) of those in kind->calls fails, and all after it
 * when `for_ever`; at = 0 fails none and only counts and records. Counters start at 0.
 * `kind` (NULL: count all calls) and `observer` (NULL: none; called under a lock) are borrowed. */
void fault_io_start(const struct fault_kind *kind, uint64_t at, bool for_ever,
                    fault_observer_fn observer, void *context);
/* Restores the system. The counters below stay readable. */
void fault_io_stop(void);

uint64_t fault_io_calls(void); /* counted calls since the start */
uint64_t fault_io_fired(void); /* faults injected since the start */
/* Descriptors and directory streams opened and not closed since the start: 0, or a leak. */
int64_t fault_io_open_files(void);

/* --- the recorded trace ----------------------------------------------------------------- */

/* A growing text of one line a call, "write fd=5 size=4096 -> 4096" or
 * "openat dir=3 tmp/x flags=0x.. -> -1 errno=28 injected": use fault_trace_observe as observer
 * and a zeroed struct as context. By malloc: fault_trace_done frees. */
struct fault_trace {
    char *text; /* NUL-terminated once there is a line */
    size_t size;
    size_t lines;
};
void fault_trace_observe(void *context, const struct fault_record *record);
void fault_trace_done(struct fault_trace *trace);

/* --- the loop --------------------------------------------------------------------------- */

/*
 * Walks through kind x {once, for ever} x k = 1, 2, 3 ... until no fault fires any more:
 *
 *     struct fault_loop loop = FAULT_LOOP_START;
 *     while (fault_loop_next(&loop)) {
 *         prepare();                         // undisturbed
 *         fault_loop_arm(&loop);
 *         status = convert(...);             // its k-th call fails in this run
 *         fault_loop_disarm(&loop);          // all descriptors closed, or the test fails
 *         check(status, loop.fired, loop.name);  // "ENOSPC at call 7 for ever"
 *     }
 *
 * With several threads the k-th call differs from run to run; the loop still ends.
 */
struct fault_loop {
    uint64_t step; /* k advances by this; 0 means 1. Thins long loops, deterministically */
    uint64_t last; /* k stops here; 0 means no bound */
    const char *only; /* name of one kind, or NULL for all */
    /* Set by the loop: */
    char name[96]; /* what is injected in this run, for messages */
    const struct fault_kind *kind;
    size_t kind_index;
    uint64_t k;
    bool for_ever;
    bool fired;    /* the fault fired in this run; if not, the run was undisturbed */
    uint64_t runs; /* runs in which it fired */
    bool begun;
};
#define FAULT_LOOP_START ((struct fault_loop){.step = 1})

bool fault_loop_next(struct fault_loop *loop);
void fault_loop_arm(struct fault_loop *loop);
/* Fails the test if a descriptor is left open. */
void fault_loop_disarm(struct fault_loop *loop);

#endif
