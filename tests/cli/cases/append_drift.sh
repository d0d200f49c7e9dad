# SPDX-License-Identifier: Apache-2.0
# Rows that do not fit the columns of an existing dataset are refused, with what would help.
printf 'id,amount\n1,10\n2,20\n' > one.csv
stoa convert one.csv -o d --quiet
try() { echo "\$ stoa $*" >&2; stoa "$@"; echo "exit $?" >&2; }
printf 'id,amount\n3,abc\n' > text.csv
try convert text.csv -o d
printf 'id,amount,extra\n3,30,1\n' > more.csv
try convert more.csv -o d
printf 'id\n3\n' > less.csv
try convert less.csv -o d
try convert one.csv -o d --partition-by id
try convert one.csv -o d --mode create
stoa query "SELECT count(*) FROM d"
