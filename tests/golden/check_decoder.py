#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the independent decoder over every golden file: check_decoder.py STOA_DECODE.

Each tests/golden/X.stoa must give exactly the rows of X.txt. A golden file without its text is a
failure too; without any golden file the test is skipped.
"""
import difflib
import glob
import os
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))


def check(decoder, path):
    """What is wrong with one golden file, "" when nothing is."""
    expected = path[:-len('.stoa')] + '.txt'
    if not os.path.exists(expected):
        return f'{os.path.basename(expected)} is missing'
    done = subprocess.run([decoder, path], capture_output=True)
    if done.returncode != 0:
        return f'refused: {done.stderr.decode(errors="replace").strip()}'
    with open(expected, 'rb') as file:
        want = file.read()
    if done.stdout == want:
        return ''
    lines = difflib.unified_diff(want.decode(errors='replace').split('\n'),
                                 done.stdout.decode(errors='replace').split('\n'),
                                 os.path.basename(expected), 'stoa-decode', n=1, lineterm='')
    return 'the rows differ\n' + '\n'.join(list(lines)[:20])


def main():
    paths = sorted(glob.glob(os.path.join(FOLDER, '*.stoa')))
    if not paths:
        print('check_decoder: skipped: there are no golden files')
        sys.exit(77)
    failures = 0
    for path in paths:
        what = check(sys.argv[1], path)
        if what:
            print(f'{os.path.relpath(path, FOLDER)}: {what}')
            failures += 1
    print(f'check_decoder: {len(paths)} golden files, {failures} failed')
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
