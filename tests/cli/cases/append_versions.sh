# SPDX-License-Identifier: Apache-2.0
# Appending makes versions; older ones stay readable; a source seen before is a warning.
printf 'a,b\n1,x\n2,y\n' > one.csv
printf 'b,a\nz,3\n' > two.csv
stoa convert one.csv -o d
stoa convert two.csv -o d
stoa convert two.csv -o d --dry-run
stoa query "SELECT a, b FROM d ORDER BY a"
stoa query "SELECT count(*) FROM 'd@1'"
stoa query "SELECT count(*) FROM 'd@9'"
