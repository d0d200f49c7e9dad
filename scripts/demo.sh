#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demonstration behind `make demo`: a CSV becomes a partitioned dataset, then answers three
# queries. Prints each command before its output; writes below BUILD/demo only.
set -eu
build=${1:-build}
cd "$(dirname "$0")/.."
out=$build/demo/orders
rm -rf "$build/demo"
mkdir -p "$build/demo"

show() # command and its arguments
{
    line=
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./=@:-]*) line="$line '$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'" ;;
        *) line="$line $word" ;;
        esac
    done
    printf '\n$%s\n' "$line"
    "$@"
}

show "$build/stoa" convert examples/orders.csv -o "$out" \
    --partition-by country
show "$build/stoa" query "$out" "select country, count(*) as orders, sum(quantity * unit_price) as revenue
from orders group by country order by revenue desc limit 5"
show "$build/stoa" query "$out" "select product, avg(quantity) as per_order, count(note) as notes
from orders where ordered_at >= '2026-03-01' and category = 'kitchen' group by product order by product"
show "$build/stoa" query "$out" "select count(*) as late from orders where shipped_on > cast(ordered_at as date) + 7"
