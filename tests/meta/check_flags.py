#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every flag a message, an explanation or a document names is one that the command has.

Flags are the names in the option tables of tools/cmd_*.c. Looked at: the string literals of the library and of the
command, README.md, docs/ and spec/*.md; lines of documents that show other programs' commands are left out.
"""
import re
import sys

import meta_tree as tree

CHECK = 'check_flags'
FLAG = re.compile(r'(?<![\w-])--([a-z][a-z-]+)')
OTHERS = re.compile(r'\b(pkg-config|pip|apt-get|git|meson|ninja|scripts/|tests/|bench/|python3|clang-format)')
ALWAYS = {'help', 'version'}


def known_flags():
    flags = set(ALWAYS)
    for name in tree.tree_files():
        if re.fullmatch(r'tools/cmd_\w+\.c', name):
            flags |= set(re.findall(r'^ *\{"([a-z][a-z-]*)", (?:0|\'.\'),', tree.read_text(name), re.M))
    return flags


def literals(text):
    """(line, text) of the string literals of a C file; comments hold no literals that matter."""
    for number, line in enumerate(text.split('\n'), 1):
        for literal in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
            yield number, literal


def mentions(name):
    text = tree.read_text(name)
    if name.endswith('.c'):
        yield from literals(text)
    else:
        for number, line in enumerate(text.split('\n'), 1):
            if not OTHERS.search(line):
                yield number, line


def main():
    flags = known_flags()
    names = [name for name in tree.tree_files()
             if re.match(r'(common|format|reader|writer|dataset|query|tools)/.*\.c$', name)
             or name == 'README.md' or re.match(r'(docs/.*|spec/\w+)\.md$', name)]
    violations = [f'{name}:{line}: the command has no flag --{flag}'
                  for name in names for line, text in mentions(name)
                  for flag in FLAG.findall(text) if flag not in flags]
    return tree.report(CHECK, f'{len(flags)} flags in {len(names)} files', violations)


if __name__ == '__main__':
    sys.exit(main())
