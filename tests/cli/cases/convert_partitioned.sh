# SPDX-License-Identifier: Apache-2.0
# Hive-style directories, pruning explained, deep verify and the log.
cp "$EXAMPLES/orders.csv" .
stoa convert orders.csv -o orders --partition-by country --quiet
ls orders | sort
stoa query "SELECT country, count(*) AS n FROM 'orders' GROUP BY country ORDER BY n DESC, country LIMIT 3"
stoa query "EXPLAIN SELECT count(*) FROM orders WHERE country = 'DE' AND lower(product) = 'kettle'"
stoa verify orders --deep
stoa log orders
