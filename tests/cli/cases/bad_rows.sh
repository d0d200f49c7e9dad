# SPDX-License-Identifier: Apache-2.0
# Each kind of bad input names its place and commits nothing.
try() { echo "\$ stoa $*" >&2; stoa "$@"; echo "exit $?" >&2; }
printf 'a,b,c\n1,2,3\n4,5\n6,7,8\n9,10,11,12\n' > ragged.csv
try convert ragged.csv -o d
printf 'a,b\n1,"x\n2,y\n3,z\n' > quote.csv
try convert quote.csv -o d
printf 'a,b\n1,"x"y\n' > garbage.csv
try convert garbage.csv -o d
printf 'a,b\n1,\377\376\n' > encoding.csv
try convert encoding.csv -o d
printf 'a,b\n1,x\000y\n' > nul.csv
try convert nul.csv -o d
: > empty.csv
try convert empty.csv -o d
try convert missing.csv -o d
printf '\037\213\010\000' > feed.csv.gz
try convert feed.csv.gz -o d
printf 'a\n1\nx\n' > cast.csv
try convert cast.csv -o d --types a=int64
test ! -e d/_stoa/log/0000000000000001.stoa && echo "no version" >&2
