/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one immutable manifest per version, named by its number, each holding the hash of the
 * one before. Finding the newest, loading one, walking back, and the public stoa_dataset_log.
 * Rules: spec/dataset.md, section 5 [DS-26..28].
 *
 * A damaged newest manifest is an error and never a reason to use the one before: that would
 * lose a commit somebody was told is safe.
 */
#ifndef STOA_DATASET_LOG_H
#define STOA_DATASET_LOG_H

#include <stdint.h>

#include "dataset/manifest.h"
#include "dataset/root.h"

/* The newest version; 0 when none was ever committed. Starts at the hint, which may be wrong
 * or missing, probes upwards, and lists the directory only when the hint is no use [DS-28]. */
STOA_MUST_USE stoa_status stoa_log_find_head(const struct stoa_root *root,
                                             uint64_t *out_version, stoa_error *err);

/* The same from a listing: STOA_E_CORRUPT when a version is missing below another, or the one
 * that the hint names. */
STOA_MUST_USE stoa_status stoa_log_list_head(const struct stoa_root *root,
                                             uint64_t *out_version, stoa_error *err);

/* Loads version `version`. `out_hash` (NULL: not wanted) gets the XXH3-128 of its bytes, and
 * then all of them are verified: who asks for the hash builds on it. STOA_E_VERSION when there
 * is no such version. */
STOA_MUST_USE stoa_status stoa_log_load(const struct stoa_root *root, uint64_t version,
                                        struct stoa_manifest **out_manifest,
                                        struct stoa_hash128 *out_hash, stoa_error *err);

/* Loads version after version from `head` down to 1, checks that each is the parent the next
 * one names, and calls `each`, which may set *stop. */
typedef stoa_status (*stoa_log_fn)(void *context, const struct stoa_manifest *manifest,
                                   bool *stop, stoa_error *err);
STOA_MUST_USE stoa_status stoa_log_walk(const struct stoa_root *root, uint64_t head,
                                        stoa_log_fn each, void *context, stoa_error *err);

/* STOA_E_CORRUPT unless `hash` is what `child` says about its parent [DS-27]. */
STOA_MUST_USE stoa_status stoa_log_check_chain(const struct stoa_manifest *child,
                                               struct stoa_hash128 hash, stoa_error *err);

/* Replaces the hint; best effort. */
void stoa_log_write_hint(const struct stoa_root *root, uint64_t version);

#endif
