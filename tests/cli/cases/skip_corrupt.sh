# SPDX-License-Identifier: Apache-2.0
# A damaged block: the query fails and says what to do; with the flag it answers from the rest.
(echo n,w; awk 'BEGIN {for (x = i = 1; i <= 70000; i++) { x = x * 16807 % 2147483647; print x "," i }}') > n.csv
stoa convert n.csv -o d --quiet
cp d/*.stoa t.stoa
# Column n comes first and is nearly all of the file; its first block is hit.
printf Z | dd of=t.stoa bs=1 seek=$(($(stat -c %s t.stoa) / 3)) conv=notrunc 2> /dev/null
masked() { sed -E 's/[0-9a-f]{16}/HASH/g'; }
ask() { stoa query t.stoa "$@" 2> talk.txt; echo "exit $?"; masked < talk.txt; }
ask "SELECT count(*), max(w) FROM t WHERE n % 2 < 2"
ask --skip-corrupt "SELECT count(*), max(w) FROM t WHERE n % 2 < 2"
echo "-- other columns are whole"
ask --skip-corrupt "SELECT count(*), max(w) FROM t"
echo "-- head"
stoa head t.stoa -n 2 --skip-corrupt 2> talk.txt; echo "exit $?"; masked < talk.txt
