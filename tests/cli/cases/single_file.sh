# SPDX-License-Identifier: Apache-2.0
# A lone .stoa file is a table.
printf 'a,b\n1,x\n2,y\n' > one.csv
stoa convert one.csv -o d --quiet
cp d/*.stoa lone.stoa
stoa query "SELECT * FROM 'lone.stoa'"
stoa info lone.stoa | head -1
stoa verify lone.stoa
