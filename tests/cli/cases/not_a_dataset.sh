# SPDX-License-Identifier: Apache-2.0
# Paths that are no datasets are refused by what they are.
try() { echo "\$ stoa $*" >&2; stoa "$@"; echo "exit $?" >&2; }
mkdir empty full
: > full/file
printf 'a\n1\n' > a.csv
try info empty
try log full
try convert a.csv -o full
try convert a.csv -o a.csv
try query "SELECT * FROM 'a.csv'"
try verify missing
try gc empty
