# SPDX-License-Identifier: Apache-2.0
# Rows far larger than the memory a query may hold stream through it, and sort when only few are asked for.
awk 'BEGIN { print "id,text"; for (i = 1; i <= 60000; i++) { s = sprintf("%d", i * 7919 % 100003); t = ""; for (j = 0; j < 300; j++) t = t s "-"; print i "," t } }' > wide.csv
stoa convert wide.csv -o wide --quiet
stoa query "SELECT * FROM wide" --memory 80MB | wc -l
stoa query "SELECT id, text FROM wide ORDER BY text DESC, id LIMIT 1" --memory 80MB | cut -c1-30
stoa query "SELECT text, count(*) FROM wide GROUP BY text ORDER BY 2 DESC" --memory 20MB
