# SPDX-License-Identifier: Apache-2.0
# Files of no version go once they are old enough, and only they.
printf 'a\n1\n' > a.csv
stoa convert a.csv -o d --quiet
cp d/*-000000.stoa d/00000000000000000000000000000000-000000.stoa
stoa gc d
stoa gc d --grace 0s --force --dry-run
stoa gc d --grace 0s --force
stoa query "SELECT count(*) FROM d"
