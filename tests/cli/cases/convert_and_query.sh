# SPDX-License-Identifier: Apache-2.0
# A small file with NULLs, quotes and leading zeros through every output format.
cat > people.csv <<'END'
id,name,zip,born,height,is_member
1,Ana,02134,1990-01-31,1.70,true
2,"Bo ""B"" Li",10115,1985-12-01,1.82,false
3,,00501,,,true
4,"",99999,2001-07-07,1.65,
END
stoa convert people.csv -o people
stoa query "SELECT * FROM 'people'"
stoa query "SELECT name, height * 2 AS twice FROM people WHERE is_member ORDER BY id DESC"
stoa query people "SELECT count(*), count(name), min(born), max(height), avg(height) FROM people" --format json
stoa head people -n 2 --format ndjson
stoa query people "SELECT zip, name FROM people ORDER BY 1" --format tsv
stoa query people "SELECT id, name, born FROM people" --format table
