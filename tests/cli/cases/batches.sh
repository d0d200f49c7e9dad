# SPDX-License-Identifier: Apache-2.0
# A load that is tried again, one whose source was corrected, and rows in the place of others.
try() { echo "\$ stoa $*" >&2; stoa "$@"; echo "exit $?" >&2; }
printf 'd,n\n2026-01-01,1\n2026-01-01,2\n2026-01-02,3\n' > a.csv
printf 'd,n\n2026-01-02,30\n2026-01-03,40\n' > b.csv
printf 'd,n\n' > empty.csv
try convert a.csv -o lake --partition-by d --batch-id 2026-01-02
try convert a.csv -o lake --batch-id 2026-01-02
try convert a.csv -o lake --batch-id 2026-01-02 --dry-run
try convert b.csv -o lake --batch-id 2026-01-02
try convert b.csv -o lake --batch-id 2026-01-02 --replace-batch
try convert a.csv -o lake --mode overwrite-partitions
stoa query "SELECT * FROM lake ORDER BY n"
try convert empty.csv -o lake --mode overwrite
try convert b.csv -o lake --replace-batch
try convert b.csv -o lake --batch-id "$(printf 'a\nb')"
stoa log lake | sed 's/ *│ */|/g' | cut -d '|' -f 1,3-8
