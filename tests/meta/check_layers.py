#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that includes obey layers.json, the one table of layers and external libraries.

Also: no `extern` prototypes in .c files outside *_table.c and kernels_init.c, and the layer
table of README.md equals layers.json. `--write` rewrites the README's table.
"""
import json
import os
import re
import sys

import meta_tree as tree

CHECK = 'check_layers'
BEGIN, END = '<!-- layers:begin -->', '<!-- layers:end -->'
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
EXTERN = re.compile(r'^[ \t]*extern\b(?!\s*")[^;{]*[;{]', re.M)
EXTERN_ALLOWED = ('_table.c', 'kernels_init.c')


def load_table():
    with open(os.path.join(tree.ROOT, 'tests/meta/layers.json'), encoding='utf-8') as file:
        return json.load(file)


def check_quoted(table, name, header, folders):
    """One `#include "..."`: rooted at the repository, and of a layer that may be used."""
    own = name.split('/')[0]
    target = 'include' if header.startswith('stoa/') else header.split('/')[0]
    if own == 'spec':
        if '/' in header:
            return f'the independent decoder shares no header, found "{header}"'
        return None
    if own == 'tests' and '/' not in header:
        return None
    if '/' not in header or target not in folders and target != 'tests':
        return f'include paths begin at the repository root, found "{header}"'
    if target == own or target in folders[own]:
        return None
    return f'{own} may include {", ".join(folders[own]) or "no layer"}; found "{header}"'


def check_angled(table, name, header, users):
    """One `#include <...>`: a system header, or an external one in its one file."""
    own = name.split('/')[0]
    if own == 'include' and header not in table['public_system']:
        return f'public headers include only {table["public_system"]}, found <{header}>'
    if header in table['system']:
        return None
    if header in table['external_beside'].get(own, []):
        return None
    for entry in table['external']:
        if header in entry['headers']:
            users.setdefault(entry['library'], set()).add(name)
            if name.startswith(entry['within']):
                return None
            return f'{entry["library"]} belongs to {entry["within"]}, found <{header}>'
    return f'expected a header named in tests/meta/layers.json, found <{header}>'


def check_file(table, name, folders, users):
    text = tree.strip_c(tree.read_text(name), keep_strings=True)
    found = []
    for match in INCLUDE.finditer(text):
        line = text.count('\n', 0, match.start()) + 1
        if match.group(1) == '"':
            what = check_quoted(table, name, match.group(2), folders)
        else:
            what = check_angled(table, name, match.group(2), users)
        if what:
            found.append(f'{name}:{line}: {what}')
    if name.endswith('.c') and not name.endswith(EXTERN_ALLOWED) and not name.startswith('tests/'):
        bare = tree.strip_c(text)
        for match in EXTERN.finditer(bare):
            line = bare.count('\n', 0, match.start()) + 1
            found.append(f'{name}:{line}: `extern` in a .c file; put the prototype in a header')
    return found


def readme_table(table):
    rows = ['| folder | holds | may include |', '|---|---|---|']
    for layer in table['layers']:
        allowed = ', '.join(f'`{f}`' for f in layer['may_include']) or 'libc only'
        rows.append(f'| `{layer["folder"]}/` | {layer["holds"]} | {allowed} |')
    return '\n'.join(rows)


def check_readme(table, write):
    path = os.path.join(tree.ROOT, 'README.md')
    if not os.path.exists(path):
        print(f'{CHECK}: no README.md yet, its layer table was not compared')
        return []
    text = tree.read_text('README.md')
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        return [f'README.md:1: expected one {BEGIN} and one {END} around the layer table']
    head, rest = text.split(BEGIN)
    old, tail = rest.split(END)
    new = '\n' + readme_table(table) + '\n'
    if old == new:
        return []
    if write:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(head + BEGIN + new + END + tail)
        print(f'{CHECK}: rewrote the layer table of README.md')
        return []
    line = head.count('\n') + 1
    return [f'README.md:{line}: the layer table differs from tests/meta/layers.json; '
            'run tests/meta/check_layers.py --write']


def main():
    table = load_table()
    folders = {entry['folder']: entry['may_include']
               for entry in table['layers'] + table['beside']}
    names = tree.select(tree.tree_files(), '.c', '.h', '.cc', '.cpp', under=folders)
    violations, users = [], {}
    for name in names:
        violations += check_file(table, name, folders, users)
    for library, files in sorted(users.items()):
        for name in sorted(files)[1:]:
            violations.append(f'{name}:1: {library} is included in {sorted(files)[0]} already; '
                              'an external library has one file')
    violations += check_readme(table, '--write' in sys.argv[1:])
    tree.report(CHECK, f'{len(names)} C files and README.md', violations)


if __name__ == '__main__':
    main()
