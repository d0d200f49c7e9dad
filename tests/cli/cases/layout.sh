# SPDX-License-Identifier: Apache-2.0
# How columns are encoded, what was expected and what came next. Few columns whose encodings are plain.
(echo id,b,nothing,k; for i in 1 2 3 4 5 6 7 8 9 10; do echo "$i,true,,7"; echo "1$i,false,,7"; done) > t.csv
stoa convert t.csv -o d --quiet --types k=int64 --explain | awk -F'│' '{print $1 $2 $3}'
echo "-- info"
stoa info d --layout --format json | sed -E 's/"(sample_|next_)?(bytes|estimate|bits_per_value)": [0-9.]+/"\1\2": N/g; s/"next": "[a-z-]*"/"next": X/g'
stoa info d --format json; echo "exit $?"
stoa info d --layout --files; echo "exit $?"
