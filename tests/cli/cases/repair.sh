# SPDX-License-Identifier: Apache-2.0
# A file cut at its end, a damaged block, and what cannot be repaired. Offsets are the encoder's business.
places() { sed -E 's/[0-9,]+ bytes from byte [0-9,]+/N bytes from byte N/; s/"(offset|bytes|bytes_lost)": [0-9]+/"\1": N/g'; }
cut_to() { head -c $(($(stat -c %s part.stoa) $1)) part.stoa > cut.stoa; }
repair() { stoa repair "$@" > report.txt; echo "exit $?"; places < report.txt; }
(echo n; seq 1 1600000 | awk '{print $1 * 7919 % 1000}') > n.csv
stoa convert n.csv -o d --quiet
cp d/*.stoa part.stoa
echo "-- cut in the second row group"
cut_to "* 85 / 100"
repair cut.stoa -o saved.stoa
stoa query saved.stoa 'SELECT count(*), max(n) FROM saved'
echo "-- cut in the trailer"
cut_to "- 50"
repair cut.stoa -o all.stoa
stoa query all.stoa 'SELECT count(*), sum(n) FROM "all"'
echo "-- whole"
repair part.stoa -o copy.stoa
cmp part.stoa copy.stoa && echo same bytes
echo "-- cut in the first row group"
cut_to "* 30 / 100"
repair cut.stoa -o none.stoa
ls none.stoa 2> /dev/null
echo "-- a damaged block"
(echo n; awk 'BEGIN {for (x = i = 1; i <= 70000; i++) print x = x * 16807 % 2147483647}') > n.csv
stoa convert n.csv -o e --quiet
cp e/*.stoa bad.stoa
printf Z | dd of=bad.stoa bs=1 seek=$(($(stat -c %s bad.stoa) / 2)) conv=notrunc 2> /dev/null
repair bad.stoa -o none.stoa 2> /dev/null
ls none.stoa 2> /dev/null
repair bad.stoa --dry-run --skip-corrupt --format json 2> /dev/null
repair bad.stoa -o half.stoa --skip-corrupt 2> /dev/null
stoa verify half.stoa --deep
stoa query half.stoa 'SELECT count(*) FROM half'
echo "-- refused"
stoa repair bad.stoa; echo "exit $?"
stoa repair d -o other.stoa; echo "exit $?"
stoa repair d/*.stoa -o d/other.stoa; echo "exit $?"
stoa repair n.csv -o other.stoa; echo "exit $?"
stoa repair d@1 -o other.stoa; echo "exit $?"
stoa repair bad.stoa -o -; echo "exit $?"
ls -A . | grep -e '^-$' -e '\.tmp$' -e '^other' || echo nothing left behind
