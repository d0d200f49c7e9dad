# SPDX-License-Identifier: Apache-2.0
# A dataset and answers as text, in files that are whole or not there.
try() { echo "\$ stoa $*" >&2; stoa "$@"; echo "exit $?" >&2; }
stoa convert "$EXAMPLES/orders.csv" -o o --quiet
try export o -o orders.csv
cmp orders.csv "$EXAMPLES/orders.csv" && echo "the same bytes"
try export o -o orders.csv
try export o "SELECT order_id, note FROM o WHERE note IS NOT NULL LIMIT 2" -o notes.JSONL
cat notes.JSONL
try export "SELECT country, count(*) AS n FROM o GROUP BY country ORDER BY n DESC, country LIMIT 2" --delimiter ';' --no-header
try export o "SELECT NULL AS a, '=1+1' AS b FROM o LIMIT 1" --null NA --guard-formulas
try export o --format json --no-header
try export o --delimiter .
try export o "SELECT nothing FROM o" -o none.csv
try export o -o o/in.csv
try export o -o missing/out.csv
try export nowhere -o none.csv
try export o -o /dev/full
try export
ls
