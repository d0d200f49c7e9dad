# SPDX-License-Identifier: Apache-2.0
# SQL mistakes: a caret, a hint, exit code 2.
printf 'state,age\nCA,1\nTX,2\n' > t.csv
stoa convert t.csv -o t --quiet
try() { echo "\$ stoa query \"$1\"" >&2; stoa query "$1"; echo "exit $?" >&2; }
try "SELECT stat FROM t"
try "SELECT state FORM t"
try "SELECT state, count(*) FROM t"
try "SELECT nope(age) FROM t"
try "SELECT * FROM missing"
try "SELECT age / 0 FROM t"
try "SELECT * FROM t JOIN t AS u ON true"
try "SELECT * FROM t WHERE age = 'x'"
try "SELECT sum(state) FROM t"
try "DELETE FROM t"
try "WITH x AS (SELECT 1) SELECT * FROM x"
try "SELECT age FROM t ORDER BY 3"
try ""
