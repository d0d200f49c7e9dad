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
echo "-- a damaged filter costs no row"
(echo k; awk 'BEGIN {for (x = i = 1; i <= 20000; i++) print x = x * 16807 % 2147483647}') > k.csv
stoa convert k.csv -o f --quiet --filter k
file=$(ls f/*.stoa)
for back in 20000 16000 12000 8000; do printf Z | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") - back)) conv=notrunc 2> /dev/null; done
stoa query "SELECT k FROM f WHERE k = 282475249" 2> /dev/null
echo "exit $?"
stoa query "SELECT k FROM f WHERE k = 282475249" --skip-corrupt 2>&1
echo "exit $?"
echo "-- nor do damaged zones, wherever they lie in the footer"
awk 'BEGIN {for (i = 0; i <= 20000; i++) {for (c = 1; c <= 150; c++) printf "%s%s", (c > 1 ? "," : ""), (i ? int(i / 8192) * 1000 + i % 900 : "c" c); print ""}}' > z.csv
stoa convert z.csv -o z --quiet
for back in $(seq 4000 4000 28000); do
    cp z/*.stoa z.stoa
    printf ZZZ | dd of=z.stoa bs=1 seek=$(($(stat -c %s z.stoa) - back)) conv=notrunc 2> /dev/null
    for c in 1 30 60 90 120 150; do
        stoa query z.stoa "SELECT count(*), sum(c$c) AS s FROM z WHERE c$c > 2400" --skip-corrupt > zones.txt 2>&1 && grep -q "zones or filters:" zones.txt && cat zones.txt
    done
done | sort -u
