#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the subjects of the last commits: "area: imperative summary", at most 72 characters, no
# full stop. STOA_COMMITS sets how many are looked at (default 50). Skipped without git history.
set -u
top=$(dirname "$0")/../..
count=${STOA_COMMITS:-50}
subjects=$(git -c safe.directory='*' -C "$top" log --no-merges -n "$count" \
    --format='%h %s' 2>/dev/null) || { echo 'check_commits: skipped: no git history'; exit 77; }
printf '%s\n' "$subjects" | awk '
function fault(what) { print $1 ":1: " what ": " subject; faults++ }
NF {
    looked++
    subject = substr($0, length($1) + 2)
    if (length(subject) > 72)
        fault("expected at most 72 characters, found " length(subject))
    if (subject !~ /^[a-z][a-z0-9_\/,.-]*( [a-z0-9_\/-]+)?: [^ ]/)
        fault("expected \"area: summary\"")
    if (subject ~ /[.]$/)
        fault("ends with a full stop")
    if ($3 ~ /^(add|fix|update|chang|remov|mak|us|implement|introduc|creat|mov|renam|allow|support)(s|es|ed|d|ing)$/ && $3 != "used")
        fault("expected an imperative, found \"" $3 "\"")
}
END {
    print "check_commits: looked at " looked + 0 " commits"
    if (faults) print "check_commits: " faults " violation(s)"
    exit faults > 0
}'
