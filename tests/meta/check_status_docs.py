#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every status code has its row, with texts that `stoa help CODE` can print.

Codes are read from include/stoa/status.h, rows from common/status_table.c. Any other page
that names a code ("E104") must name one that exists.
"""
import os
import re

import meta_tree as tree

CHECK = 'check_status_docs'
HEADER, TABLE, HELP = 'include/stoa/status.h', 'common/status_table.c', 'tools/cmd_help.c'
EXIT_CODES = set(range(0, 13)) | {99, 124, 130, 143}


def codes():
    text = tree.strip_c(tree.read_text(HEADER))
    pairs = re.findall(r'\b(STOA_(?:OK|E_\w+))\s*=\s*(\d+)', text)
    return {name: int(number) for name, number in pairs}


def rows(text):
    """(code, line, exit code, texts) of each row `{STOA_E_X, exit, "name", "title", "explain"}`."""
    constants = dict(re.findall(r'\b(EXIT_\w+)\s*=\s*(\d+)', text))
    for match in re.finditer(r'\{\s*(?:\.status\s*=\s*)?(STOA_(?:OK|E_\w+))\s*,(.*?)\}\s*[,;}]',
                             text, re.S):
        body = match.group(2)
        # Adjacent literals are one text; fields are parted by commas outside literals.
        bare = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: '"' * (len(m.group(0)) > 2), body)
        fields = [part.strip() for part in bare.split(',') if part.strip()]
        first = fields[0] if fields else ''
        number = re.search(r'-?\d+', constants.get(first, first))
        texts = [f for f in fields[1:] if '"' in f]
        yield (match.group(1), text.count('\n', 0, match.start()) + 1,
               int(number.group(0)) if number else None, texts)


def check_rows(known):
    text = tree.strip_c(tree.read_text(TABLE), keep_strings=True)
    violations, seen, last = [], {}, -1
    for code, line, exit_code, texts in rows(text):
        place = f'{TABLE}:{line}'
        if code not in known:
            violations.append(f'{place}: {code} is not a code of {HEADER}')
            continue
        if code in seen:
            violations.append(f'{place}: {code} has a row already')
        if known[code] <= last:
            violations.append(f'{place}: {code} is out of ascending order')
        if exit_code not in EXIT_CODES:
            violations.append(f'{place}: {code} has exit code {exit_code}, which is not documented')
        if len(texts) != 3:
            violations.append(f'{place}: {code} needs a name, a title and an explanation, '
                              f'found {len(texts)} texts')
        seen[code], last = line, max(last, known[code])
    violations += [f'{HEADER}:1: {code} has no row in {TABLE}' for code in known if code not in seen]
    return violations


def check_mentions(known):
    numbers = set(known.values())
    violations = []
    for name in tree.select(tree.tree_files(), '.md'):
        for index, line in enumerate(tree.read_text(name).split('\n'), 1):
            for code in re.findall(r'\bE([1-9]\d\d)\b', line):
                if int(code) not in numbers:
                    violations.append(f'{name}:{index}: E{code} is not a code of {HEADER}')
    return violations


def main():
    known = codes()
    violations = []
    if len(set(known.values())) != len(known):
        violations.append(f'{HEADER}:1: two codes share a number')
    if not os.path.exists(os.path.join(tree.ROOT, TABLE)):
        print(f'{CHECK}: no {TABLE} yet, its rows were not checked')
    else:
        violations += check_rows(known)
    if not os.path.exists(os.path.join(tree.ROOT, HELP)):
        print(f'{CHECK}: no {HELP} yet, it was not checked')
    elif not re.search(r'stoa_status_(find|at)', tree.read_text(HELP)):
        violations.append(f'{HELP}:1: expected the explanations to come from stoa_status_find')
    violations += check_mentions(known)
    tree.report(CHECK, f'{len(known)} codes', violations)


if __name__ == '__main__':
    main()
