#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks lengths of files and functions, first lines, purpose comments and unique names.

A function is what clang-format leaves: `{` and `}` alone at the start of a line. It counts
from the first line of its signature. *_data.c files (generated tables) have no length limit.
"""
import os

import meta_tree as tree

CHECK = 'check_sizes'
C_LINES, H_LINES, FUNCTION_LINES, PURPOSE_LINES = 800, 300, 100, 12
C_SPDX = '/* SPDX-License-Identifier: Apache-2.0 */'
HASH_SPDX = '# SPDX-License-Identifier: Apache-2.0'
SHARED_NAMES = ('meson.build', 'README.md')


def functions(text):
    """(first line, last line) of each function body, from 1."""
    lines = tree.strip_c(text).split('\n')
    start = None
    for index, line in enumerate(lines):
        if line == '{':
            start = index
            while start > 0 and lines[start - 1].strip() and not ends_declaration(lines[start - 1]):
                start -= 1
        elif line.startswith('}') and start is not None:
            yield start + 1, index + 1
            start = None


def ends_declaration(line):
    return line[0] in '#}' or line.rstrip().endswith((';', '\\', '*/'))


def check_length(name, text):
    lines = text.count('\n')
    limit = H_LINES if name.endswith('.h') else C_LINES
    if name.endswith('_data.c'):
        return []
    found = []
    if lines > limit:
        found.append(f'{name}:{limit + 1}: expected at most {limit} lines, found {lines}')
    for first, last in functions(text):
        if last - first + 1 > FUNCTION_LINES:
            found.append(f'{name}:{first}: expected functions of at most {FUNCTION_LINES} '
                         f'lines, found {last - first + 1}')
    return found


def check_c_head(name, text):
    lines = text.split('\n')
    if lines[0] != C_SPDX:
        return [f'{name}:1: expected {C_SPDX}, found {lines[0]!r}']
    if len(lines) < 2 or not lines[1].startswith('/*'):
        return [f'{name}:2: expected the purpose comment']
    end = next((i for i, line in enumerate(lines[1:], 2) if '*/' in line), len(lines))
    body = [line for line in lines[1:end] if line.strip(' /*')]
    if not body:
        return [f'{name}:2: the purpose comment is empty']
    if end - 1 > PURPOSE_LINES + 2:
        return [f'{name}:2: expected a purpose comment of at most {PURPOSE_LINES} lines, '
                f'found {end - 3}']
    return []


def check_hash_head(name, text):
    lines = text.split('\n')
    first = 1 if lines[0].startswith('#!') else 0
    if len(lines) <= first or lines[first] != HASH_SPDX:
        return [f'{name}:{first + 1}: expected {HASH_SPDX}']
    rest = lines[first + 1] if len(lines) > first + 1 else ''
    if name.endswith(('.py', '.sh')) and not rest.startswith(('"""', '#', "'''")):
        return [f'{name}:{first + 2}: expected the purpose as a comment or docstring']
    return []


def check_unique(names):
    seen, found = {}, []
    for name in tree.select(names, '.c', '.h', '.py', '.sh'):
        base = os.path.basename(name)
        if base in seen:
            found.append(f'{name}:1: the file name is taken by {seen[base]}')
        seen.setdefault(base, name)
    return found


def main():
    names = tree.tree_files()
    c_names = tree.select(names, '.c', '.h')
    hash_names = tree.select(names, '.py', '.sh', 'meson.build', 'meson_options.txt', 'Makefile')
    hash_names += [n for n in names if n.startswith(('scripts/', '.ci/'))
                   and n not in hash_names and not n.endswith('.md')]
    violations = []
    for name in c_names:
        text = tree.read_text(name)
        violations += check_c_head(name, text) + check_length(name, text)
    for name in hash_names:
        violations += check_hash_head(name, tree.read_text(name))
    violations += check_unique(names)
    tree.report(CHECK, f'{len(c_names)} C files, {len(hash_names)} scripts and build files',
                violations)


if __name__ == '__main__':
    main()
