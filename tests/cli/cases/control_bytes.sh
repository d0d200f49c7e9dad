# SPDX-License-Identifier: Apache-2.0
# Control bytes in data never reach a table or JSON as they are.
printf 'a\nx\033[31my\n' > c.csv
stoa convert c.csv -o c --quiet
stoa query "SELECT a FROM c" --format table
stoa query "SELECT a, a || 'z' AS b FROM c" --format json
