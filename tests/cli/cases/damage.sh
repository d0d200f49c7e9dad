# SPDX-License-Identifier: Apache-2.0
# One changed byte is found and the exit code says so.
printf 'a,b\n1,x\n2,y\n' > one.csv
stoa convert one.csv -o d --quiet
stoa verify d
file=$(ls d/*.stoa)
printf 'Z' | dd of="$file" bs=1 seek=200 conv=notrunc 2>/dev/null
stoa verify d 2>/dev/null
echo "exit $?"
