# SPDX-License-Identifier: Apache-2.0
# Mistakes on the command line: what was expected, what was found, where help is.
try() { echo "\$ stoa $*" >&2; stoa "$@"; echo "exit $?" >&2; }
try conver
try query --formt csv "SELECT 1"
try query --format cvs "SELECT 1"
try query
try convert a.csv
try convert -o x
try head d -n ten
try convert a.csv -o x --memory lots
try convert a.csv -o x --types a=strange
try convert a.csv -o x --explain --dry-run
try gc d --grace 1m
try help nothing
