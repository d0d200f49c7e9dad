#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the ABI: libstoa.so exports exactly tests/meta/symbols.txt, all of it documented.

Usage: check_symbols.py libstoa.so [--write]. A symbol is documented when a public header
declares it with STOA_API in a group of declarations that begins with a comment.
"""
import os
import re
import subprocess
import sys

import meta_tree as tree

CHECK = 'check_symbols'
LIST = 'tests/meta/symbols.txt'


def exported(path):
    done = subprocess.run(['nm', '-D', '--defined-only', path], capture_output=True, text=True,
                          check=True)
    symbols = {line.split()[-1].split('@')[0] for line in done.stdout.split('\n') if line.strip()}
    return symbols


def declared(names):
    """symbol -> (place, documented) of every STOA_API declaration."""
    found = {}
    for name in names:
        text = tree.read_text(name)
        for match in re.finditer(r'^STOA_API\b[^;{]*?\b(stoa_\w+)\s*(?:\(|\[|;)', text, re.M):
            line = text.count('\n', 0, match.start()) + 1
            before = text[:match.start()].rstrip('\n')
            gap = text[len(before):match.start()]
            group = re.split(r'\n[ \t]*\n', before)[-1].lstrip() if gap == '\n' else ''
            documented = '*/' in group or group.startswith('/*')
            found[match.group(1)] = (f'{name}:{line}', documented)
    return found


def listed():
    if not os.path.exists(os.path.join(tree.ROOT, LIST)):
        return set()
    lines = tree.read_text(LIST).split('\n')
    return {line.strip() for line in lines if line.strip() and not line.startswith('#')}


def main():
    paths = [a for a in sys.argv[1:] if a != '--write']
    if not paths or not os.path.exists(paths[0]):
        tree.skip(CHECK, 'libstoa.so is not built')
    symbols = exported(paths[0])
    if '--write' in sys.argv[1:]:
        with open(os.path.join(tree.ROOT, LIST), 'w', encoding='utf-8') as file:
            file.write('# SPDX-License-Identifier: Apache-2.0\n'
                       '# What libstoa.so exports; written by check_symbols.py --write.\n')
            file.writelines(s + '\n' for s in sorted(symbols))
    known = listed()
    headers = declared(tree.select(tree.tree_files(), '.h', under=['include']))
    violations = [f'{LIST}:1: {s} is exported but not listed' for s in sorted(symbols - known)]
    violations += [f'{LIST}:1: {s} is listed but not exported' for s in sorted(known - symbols)]
    for symbol in sorted(symbols - set(headers)):
        violations.append(f'{LIST}:1: {symbol} is exported but no header of include/stoa declares it')
    for symbol, (place, documented) in sorted(headers.items()):
        if symbol not in symbols:
            violations.append(f'{place}: {symbol} is declared STOA_API but not exported')
        if not documented:
            violations.append(f'{place}: {symbol} has no comment above it')
    tree.report(CHECK, f'{len(symbols)} exported and {len(headers)} declared symbols', violations)


if __name__ == '__main__':
    main()
