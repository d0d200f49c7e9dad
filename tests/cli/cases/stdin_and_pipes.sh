# SPDX-License-Identifier: Apache-2.0
# Standard input as a source and a statement; a closed pipe is quiet; a full disk is not.
printf 'a;b\n1;x\n2;y\n' | stoa convert - -o d
seq 1 20000 | sed '1i n' > n.csv
stoa convert n.csv -o n --quiet
stoa query "SELECT n FROM n" | head -2
echo 'SELECT sum(n) FROM n' | stoa query -f -
echo 'SELECT max(n) FROM n' > q.sql
stoa query --file q.sql
stoa query "SELECT n FROM n" > /dev/full
echo "exit $?"
